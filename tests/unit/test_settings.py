from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_perimeter.policy.shape import Section
from agent_perimeter.settings import (
    NOTIFY,
    SETTINGS,
    WATCH,
    Notify,
    Settings,
    Watch,
    Workload,
    load_settings,
    settings_from_mapping,
)
from agent_perimeter.values import Cidr


def cdk(settings: str) -> bytes:
    """``cdk.json`` with our settings from line 3, column 24."""
    return f'{{\n  "app": "python app.py",\n  "context": {{"agent-perimeter": {settings}}}\n}}\n'.encode()


def said(text: bytes) -> list[str]:
    return [str(finding).removeprefix("cdk.json:") for finding in load_settings(text, "cdk.json")[1]]


def read(settings: str) -> Settings:
    found, findings = load_settings(cdk(settings), "cdk.json")
    assert found is not None, [str(finding) for finding in findings]
    return found


DEFAULTS = {
    "an empty file of settings": b"{}",
    "a context without us": b'{"context": {"other": 1}}',
    "nothing said": cdk("{}"),
    "a byte order mark": "\ufeff{}".encode(),
}


@pytest.mark.parametrize("text", DEFAULTS.values(), ids=DEFAULTS.keys())
def test_what_is_not_said_has_its_default(text: bytes) -> None:
    assert load_settings(text, "cdk.json") == (Settings(), ())


def test_the_defaults_are_the_careful_ones() -> None:
    settings = Settings()
    assert settings.resolved_ip_validation
    assert not settings.maintenance
    assert settings.proof
    assert settings.zones == (None, None)
    assert settings.log_retention_days == 365
    assert settings.watch.enabled
    assert settings.watch.on_change
    assert settings.watch.every_minutes <= 15


def test_every_setting_is_read() -> None:
    assert read(
        '{"name": "prod-agents", "policies": "agents/policies", "vpc_cidr": "172.20.0.0/18",'
        ' "zones": ["eu-west-1a", "eu-west-1c"], "agent_subnet_prefix": 26, "slots": {"bot": 3, "scout": 0},'
        ' "workloads": {"bot": "lambda"}, "resolved_ip_validation": false, "maintenance": true, "proof": false,'
        ' "log_retention_days": 731, "log_key": "arn:aws:kms:eu-west-1:111122223333:key/0a1b-2c",'
        ' "quotas": {"acl-entries": 40}, "prefix_lists": {"s3": "pl-6da54004"},'
        ' "watch": {"enabled": true, "every_minutes": 5, "on_change": false, "silence_periods": 2, "trail": false,'
        ' "security_hub": true, "evidence_retention_days": 3650, "notify": {"emails": ["oncall@example.com"],'
        ' "https": ["https://hooks.example.com/drift"], "topics": ["arn:aws:sns:eu-west-1:111122223333:alerts"]}}}'
    ) == Settings(
        name="prod-agents",
        policies="agents/policies",
        vpc_cidr=Cidr.parse("172.20.0.0/18"),
        zones=("eu-west-1a", "eu-west-1c"),
        agent_subnet_prefix=26,
        slots={"bot": 3, "scout": 0},
        workloads={"bot": Workload.LAMBDA},
        resolved_ip_validation=False,
        maintenance=True,
        proof=False,
        log_retention_days=731,
        log_key="arn:aws:kms:eu-west-1:111122223333:key/0a1b-2c",
        quotas={"acl-entries": 40},
        prefix_lists={"s3": "pl-6da54004"},
        watch=Watch(
            enabled=True,
            every_minutes=5,
            on_change=False,
            silence_periods=2,
            trail=False,
            security_hub=True,
            evidence_retention_days=3650,
            notify=Notify(
                ("oncall@example.com",),
                ("https://hooks.example.com/drift",),
                ("arn:aws:sns:eu-west-1:111122223333:alerts",),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("written", "zones"),
    {
        "1": (None,),
        "3": (None, None, None),
        '["us-east-1a"]': ("us-east-1a",),
        "[null, null]": (None, None),
        '[null, "us-gov-west-1b"]': (None, "us-gov-west-1b"),
    }.items(),
)
def test_zones_are_a_number_or_names(written: str, zones: tuple[str | None, ...]) -> None:
    assert read(f'{{"zones": {written}}}').zones == zones


@pytest.mark.parametrize(("written", "key"), {"null": None, '"create"': "create"}.items())
def test_logs_may_have_no_key_or_one_that_is_made(written: str, key: str | None) -> None:
    assert read(f'{{"log_key": {written}}}').log_key == key


@pytest.mark.parametrize("block", ["10.42.0.0/16", "10.0.0.0/20", "172.31.0.0/16", "192.168.0.0/17", "100.64.0.0/16"])
def test_a_vpc_takes_private_blocks(block: str) -> None:
    assert read(f'{{"vpc_cidr": "{block}"}}').vpc_cidr == Cidr.parse(block)


SAID: dict[str, tuple[bytes, list[str]]] = {
    # the file
    "no text": (b"\xff", ["1:1: AP002 the file is not UTF-8"]),
    "a comma too many": (b'{\n  "a": 1,\n}', ["AP004 the file is not JSON: "]),
    "nothing": (b"", ["1:1: AP004 the file is not JSON: expecting value"]),
    "YAML": (b"context: {}\n", ["1:1: AP004 the file is not JSON: expecting value"]),
    "a number of 5,000 digits": (b"1" * 5000, ["1:1: AP004 the file is not JSON: "]),
    "65 levels": (b"[" * 65 + b"]" * 65, ["1:65: AP006 the file is nested too deeply"]),
    "100,000 levels": (b"[" * 100_000 + b"]" * 100_000, ["1:1: AP006 the file is nested too deeply"]),
    "a list": (b"[]", ["1:1: AP014 the file has the wrong type — got a list, allowed a mapping"]),
    "a context that is a list": (b'{"context": []}', ["1:13: AP014 context has the wrong type — got a list, allowed a"]),
    "settings that are a list": (cdk("[]"), ["3:34: AP014 settings has the wrong type — got a list, allowed a mapping"]),
    "the context twice": (
        b'{"context": {}, "context": {}}',
        ["1:17: AP010 the key 'context' is written twice, first at cdk.json:1:2 — try removing one of the two"],
    ),
    "the settings twice": (
        b'{"context": {"agent-perimeter": {}, "agent-perimeter": {}}}',
        ["1:37: AP010 the key 'agent-perimeter' is written twice, first at cdk.json:1:14"],
    ),
    # keys
    "a misspelt key": (
        cdk('{"vpc-cidr": "10.0.0.0/16"}'),
        ["3:35: AP012 'vpc-cidr' is not a key of the settings — got 'vpc-cidr', allowed name, policies, vpc_cidr, zones,"],
    ),
    "a key twice": (cdk('{"zones": 1, "zones": 2}'), ["3:47: AP010 the key 'zones' of settings is written twice"]),
    "everything at once": (
        cdk('{"zones": 0, "maintenance": 1, "vpc_cidr": "x", "log_key": "y"}'),
        ["3:44: AP015", "3:62: AP014", "3:77: AP302", "3:93: AP301"],
    ),
    # values
    "a name with a dot": (
        cdk('{"name": "my.agents"}'),
        ["3:43: AP301 name cannot be used — got 'my.agents', allowed letters, digits and hyphens, a letter first, at most 32"],
    ),
    "a name of 33 characters": (cdk(f'{{"name": "{"a" * 33}"}}'), ["3:43: AP301 name cannot be used"]),
    "a name that is a number": (cdk('{"name": 7}'), ["3:43: AP014 settings.name has the wrong type — got the number 7"]),
    "no path": (cdk('{"policies": ""}'), ["3:47: AP015 settings.policies is too short — got ''"]),
    "a block with host bits": (
        cdk('{"vpc_cidr": "10.0.0.1/16"}'),
        ["3:47: AP302 10.0.0.1/16 has host bits set; the network is 10.0.0.0/16 — got '10.0.0.1/16', allowed a private"],
    ),
    "a public block": (cdk('{"vpc_cidr": "20.0.0.0/16"}'), ["3:47: AP302 20.0.0.0/16 is not private address space"]),
    "a block half private": (cdk('{"vpc_cidr": "172.0.0.0/16"}'), ["3:47: AP302 172.0.0.0/16 is not private address"]),
    "a block too large": (cdk('{"vpc_cidr": "10.0.0.0/15"}'), ["3:47: AP302 10.0.0.0/15 is not an IPv4 block from /16"]),
    "a block too small": (cdk('{"vpc_cidr": "10.0.0.0/21"}'), ["3:47: AP302 10.0.0.0/21 is not an IPv4 block from /16"]),
    "an IPv6 block": (cdk('{"vpc_cidr": "fd00::/16"}'), ["3:47: AP302 fd00::/16 is not an IPv4 block from /16 to /20"]),
    "no zones": (cdk('{"zones": 0}'), ["3:44: AP015 settings.zones is out of range — got 0, allowed a number from 1 to 3"]),
    "four zones": (cdk('{"zones": [null, null, null, null]}'), ["3:44: AP015 settings.zones is too long — got 4 entries"]),
    "an empty list of zones": (cdk('{"zones": []}'), ["3:44: AP015 settings.zones is empty"]),
    "zones as text": (
        cdk('{"zones": "2"}'),
        ["3:44: AP014 settings.zones has the wrong type — got text '2', allowed a number from 1 to 3, or a list"],
    ),
    "zones as a mapping": (cdk('{"zones": {}}'), ["3:44: AP014 settings.zones has the wrong type — got a mapping"]),
    "a region as a zone": (
        cdk('{"zones": ["us-east-1"]}'),
        ["3:45: AP301 zones cannot be used — got 'us-east-1', allowed the name of an availability zone; try us-east-1a"],
    ),
    "a zone twice": (
        cdk('{"zones": ["us-east-1a", "us-east-1a"]}'),
        ["3:59: AP301 zones cannot be used — got 'us-east-1a', allowed each zone once"],
    ),
    "zones of two regions": (
        cdk('{"zones": ["us-east-1a", "us-west-2b"]}'),
        ["3:59: AP301 zones cannot be used — got 'us-west-2b', allowed zones of one region, as us-east-1a is"],
    ),
    "a subnet too small": (cdk('{"agent_subnet_prefix": 29}'), ["3:58: AP015 settings.agent_subnet_prefix is out of range"]),
    "a slot that is no number": (cdk('{"slots": {"bot": "3"}}'), ["3:52: AP014 settings.slots.bot has the wrong type"]),
    "a slot below zero": (cdk('{"slots": {"bot": -1}}'), ["3:52: AP015 settings.slots.bot is out of range"]),
    "a slot twice": (
        cdk('{"slots": {"bot": 3, "scout": 3}}'),
        ["3:64: AP301 slot 3 is already taken by bot — got 3, allowed each slot once"],
    ),
    "a slot of no agent": (cdk('{"slots": {"Bot": 3}}'), ["3:45: AP301 'Bot' in slots is no agent's name — got 'Bot'"]),
    "a workload of no agent": (cdk('{"workloads": {"Bot": "lambda"}}'), ["3:49: AP301 'Bot' in workloads is no agent's"]),
    "an unknown workload": (
        cdk('{"workloads": {"bot": "Lambda"}}'),
        ["3:56: AP015 settings.workloads.bot is not one of the values it takes — got 'Lambda', "
         "allowed other | lambda | fargate | agentcore; try lambda"],
    ),
    "yes": (
        cdk('{"maintenance": "yes"}'),
        ["3:50: AP014 settings.maintenance has the wrong type — got text 'yes', allowed true or false; try true"],
    ),
    "off": (
        cdk('{"resolved_ip_validation": "off"}'),
        ["3:61: AP014 settings.resolved_ip_validation has the wrong type — got text 'off', allowed true or false; try false"],
    ),
    "maybe": (cdk('{"maintenance": "maybe"}'), ["3:50: AP014 settings.maintenance has the wrong type — got text 'maybe'"]),
    "days that CloudWatch does not know": (
        cdk('{"log_retention_days": 360}'),
        ["3:57: AP015 settings.log_retention_days is not one of the values it takes — got 360, allowed 1, 3, 5, 7,"],
    ),
    "a key that is an alias": (
        cdk('{"log_key": "alias/logs"}'),
        ["3:46: AP301 log_key cannot be used — got 'alias/logs', allowed a KMS key ARN, create, or null"],
    ),
    "an unknown quota": (
        cdk('{"quotas": {"acl-entry": 40}}'),
        ["3:46: AP301 'acl-entry' is not a quota — allowed vpc-subnets, "],
    ),
    "a quota that AWS does not raise": (
        cdk('{"quotas": {"dns-rules-per-group": 200}}'),
        ["3:46: AP301 dns-rules-per-group cannot be raised — allowed vpc-subnets, "],
    ),
    "a quota raised too far": (
        cdk('{"quotas": {"acl-entries": 41}}'),
        ["3:61: AP301 AWS raises acl-entries to 40 at most — allowed up to 40; try 40"],
    ),
    "a quota in quotes": (
        cdk('{"quotas": {"acl-entries": "40"}}'),
        ["3:61: AP014 settings.quotas.acl-entries has the wrong type — got text '40', "
         "allowed a number from 1 to 10000000; try 40 without quotes"],
    ),
    "a prefix list of another service": (
        cdk('{"prefix_lists": {"ec2": "pl-6da54004"}}'),
        ["3:52: AP015 the key 'ec2' of settings.prefix_lists is not one of the values it takes — got 'ec2', allowed s3 |"],
    ),
    "a prefix list that is none": (
        cdk('{"prefix_lists": {"s3": "6da54004"}}'),
        ["3:58: AP301 prefix_lists.s3 cannot be used — got '6da54004', allowed the id of a prefix list, pl-…; try pl-63a5400a"],
    ),
    "a watch that is none": (cdk('{"watch": false}'), ["3:44: AP014 settings.watch has the wrong type — got false,"]),
    "a key that the watch does not have": (
        cdk('{"watch": {"every": 5}}'),
        ["3:45: AP012 'every' is not a key of how the perimeter is watched — got 'every', allowed enabled, every_minutes,"],
    ),
    "a watch that is too slow": (
        cdk('{"watch": {"every_minutes": 61}}'),
        ["3:62: AP015 settings.watch.every_minutes is out of range — got 61, allowed a number from 1 to 60"],
    ),
    "silence at the first delay": (
        cdk('{"watch": {"silence_periods": 1}}'),
        ["3:64: AP015 settings.watch.silence_periods is out of range — got 1, allowed a number from 2 to 24"],
    ),
    "an e-mail address that is none": (
        cdk('{"watch": {"notify": {"emails": ["oncall"]}}}'),
        ["3:67: AP301 watch.notify.emails cannot be used — got 'oncall', allowed an e-mail address; try oncall@example.com"],
    ),
    "an endpoint without TLS": (
        cdk('{"watch": {"notify": {"https": ["http://hooks.example.com"]}}}'),
        ["3:66: AP301 watch.notify.https cannot be used — got 'http://hooks.example.com', allowed an address, https://…"],
    ),
    "an endpoint with a space": (
        cdk('{"watch": {"notify": {"https": ["https://hooks.example.com/a b"]}}}'),
        ["3:66: AP301 watch.notify.https cannot be used"],
    ),
    "an endpoint that is half an address": (
        cdk('{"watch": {"notify": {"https": ["https://[::1"]}}}'),
        ["3:66: AP301 watch.notify.https cannot be used"],
    ),
    "an endpoint of nobody": (
        cdk('{"watch": {"notify": {"https": ["https:///drift"]}}}'),
        ["3:66: AP301 watch.notify.https cannot be used"],
    ),
    "a FIFO topic": (
        cdk('{"watch": {"notify": {"topics": ["arn:aws:sns:eu-west-1:111122223333:alerts.fifo"]}}}'),
        ["3:67: AP301 watch.notify.topics cannot be used — got 'arn:aws:sns:eu-west-1:111122223333:alerts.fifo', "
         "allowed the ARN of a standard topic, for alarms know no FIFO topics"],
    ),
    "a topic by its name": (
        cdk('{"watch": {"notify": {"topics": ["alerts"]}}}'),
        ["3:67: AP301 watch.notify.topics cannot be used — got 'alerts', allowed the ARN of a standard topic"],
    ),
    "a prefix list that is a list": (cdk('{"prefix_lists": {"s3": []}}'), ["3:58: AP014 settings.prefix_lists.s3 has the"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SAID.values(), ids=SAID.keys())
def test_what_is_wrong_is_said_with_its_place_and_a_way_out(text: bytes, expected: list[str]) -> None:
    found = said(text)
    assert len(found) == len(expected), found
    for finding, words in zip(found, expected, strict=True):
        assert words in finding
        assert finding.startswith(words) or words.startswith("AP004")
    assert load_settings(text, "cdk.json")[0] is None


def test_maintenance_is_warned_about_and_allowed() -> None:
    assert said(cdk('{"maintenance": true}')) == [
        "3:50: AP312 the perimeter's protections are off — try false when the work is done",
    ]
    assert said(cdk('{"maintenance": false}')) == []


def test_a_proof_that_is_off_is_warned_about_and_allowed() -> None:
    assert said(cdk('{"proof": false}')) == [
        "3:44: AP313 nothing holds the templates to the policies — try true",
    ]
    assert said(cdk('{"proof": true}')) == []


def test_a_watch_that_is_off_is_warned_about_and_allowed() -> None:
    assert said(cdk('{"watch": {"enabled": false}}')) == [
        "3:56: AP314 nothing watches the deployed perimeter — try true",
    ]
    assert not read('{"watch": {"enabled": false}}').watch.enabled
    assert said(cdk('{"watch": {}}')) == said(cdk('{"watch": {"notify": {}}}')) == []


LONG = "A1b2C3d4E5f6G7h8I9j0K1"
SECRETS = {
    "in a query": f"https://hooks.example.com/drift?token={LONG}",
    "as a password": f"https://watch:{LONG}@hooks.example.com/drift",
    "in a path, as chat webhooks have it": f"https://hooks.example.com/services/T0/B0/{LONG}",
}


@pytest.mark.parametrize("endpoint", SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_in_an_endpoint_is_warned_about_and_not_repeated(endpoint: str) -> None:
    (finding,) = said(cdk(f'{{"watch": {{"notify": {{"https": ["{endpoint}"]}}}}}}'))
    assert finding == (
        "3:66: AP315 an endpoint at hooks.example.com has what looks like a secret in it — "
        "try a topic of your own under watch.notify.topics"
    )


def test_json_may_be_indented_with_tabs() -> None:
    text = b'{\n\t"context": {\n\t\t"agent-perimeter": {\n\t\t\t"zones": 7\n\t\t}\n\t}\n}\n'
    assert said(text) == ["4:13: AP015 settings.zones is out of range — got 7, allowed a number from 1 to 3"]


def test_the_value_that_the_cdk_hands_over_is_read_by_the_same_rules() -> None:
    assert settings_from_mapping({"zones": 3}, "cdk.json") == (Settings(zones=(None,) * 3), ())
    settings, findings = settings_from_mapping({"zones": 0, "colour": "red"}, "cdk.json")
    assert settings is None
    assert sorted(str(finding).partition(" — ")[0] for finding in findings) == [
        "cdk.json:1:1: AP012 'colour' is not a key of the settings",
        "cdk.json:1:1: AP015 settings.zones is out of range",
    ]


CYCLE: list[object] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize("value", [{1, 2}, object(), CYCLE], ids=["a set", "an object", "a cycle"])
def test_a_value_that_is_no_json_is_refused(value: object) -> None:
    settings, (finding,) = settings_from_mapping(value, "cdk.json")
    assert settings is None
    assert str(finding).startswith("cdk.json:1:1: AP014 the settings are no JSON value: ")


def test_the_projects_own_settings_are_read() -> None:
    path = Path(__file__).parents[2] / "cdk.json"
    settings, findings = load_settings(path.read_bytes(), "cdk.json")
    assert [str(finding) for finding in findings] == []
    assert settings is not None


@pytest.mark.parametrize("key", SETTINGS.keys, ids=lambda key: key.name)
def test_every_setting_has_an_example_that_loads(key: object) -> None:
    from agent_perimeter.policy.shape import Key

    assert isinstance(key, Key)
    assert hasattr(Settings(), key.name)
    value = json.loads(key.example)
    settings, findings = settings_from_mapping({key.name: value}, "cdk.json")
    assert settings is not None, [str(finding) for finding in findings]


@pytest.mark.parametrize("section", [WATCH, NOTIFY], ids=lambda section: section.title)
def test_so_has_every_setting_of_the_watch(section: Section) -> None:
    for key in section.keys:
        value: object = {key.name: json.loads(key.example)}
        settings, findings = settings_from_mapping(
            {"watch": value if section is WATCH else {"notify": value}}, "cdk.json"
        )
        assert settings is not None, [str(finding) for finding in findings]
