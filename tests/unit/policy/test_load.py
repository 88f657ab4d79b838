from __future__ import annotations

from datetime import date

import pytest

from agent_perimeter.policy import codes
from agent_perimeter.policy.load import load, load_perimeter
from agent_perimeter.policy.model import (
    About,
    Acceptance,
    AddressRule,
    Block,
    DomainRule,
    Policy,
    PortRule,
    ServiceRule,
)
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol


def at(line: int, column: int) -> Span:
    return Span("bot.yaml", line, column)


def read(text: str) -> Policy:
    """The policy, which must come without an error."""
    policy, findings = load(text.encode(), "bot.yaml", "bot")
    assert policy is not None
    assert [str(finding) for finding in findings if finding.is_error] == []
    return policy


def said(text: str, stem: str = "bot") -> list[str]:
    """All findings as ``line:column CODE message — …``."""
    _, findings = load(text.encode(), "bot.yaml", stem)
    return [str(finding).removeprefix("bot.yaml:") for finding in findings]


WHOLE = """\
version: 1
agent: research-bot
network_policy:
  egress:
    - domain: api.example.com
      reason: >-
        model
        API
      owner: ai
      ticket: SEC-1
      expires: 2027-03-31
      accept: {AP204: we know about this}
    - domain: "*.example.org"
      ports:
        - {protocol: TCP, port: 443}
        - {protocol: TCP, port: 8080, end_port: 8089}
      addresses: [203.0.113.0/28, 203.0.113.77]
    - ip_block: 198.51.100.0/24
      except: [198.51.100.128/25]
      ports: [{protocol: UDP, port: 123}]
    - aws_service: s3
      actions: [s3:GetObject, "s3:List*"]
      resources: ["arn:aws:s3:::corpus/*", "*"]
  allowed_domains: [pypi.org]
  accept: {AP203: a file-wide reason}
"""


def test_every_key_of_the_language_is_read_with_its_place() -> None:
    https = PortRange.single(443)
    assert read(WHOLE) == Policy(
        "research-bot",
        (
            DomainRule(
                DomainPattern("api.example.com"),
                (PortRule(Protocol.TCP, https, at(5, 15)),),
                ports_given=False,
                addresses=(),
                about=About(
                    "model API",
                    "ai",
                    "SEC-1",
                    date(2027, 3, 31),
                    at(11, 16),
                    (Acceptance("AP204", "we know about this", at(12, 16)),),
                ),
                span=at(5, 7),
                name_span=at(5, 15),
            ),
            DomainRule(
                DomainPattern("example.org", wildcard=True),
                (
                    PortRule(Protocol.TCP, https, at(15, 11)),
                    PortRule(Protocol.TCP, PortRange(8080, 8089), at(16, 11)),
                ),
                ports_given=True,
                addresses=(
                    Block(Cidr.parse("203.0.113.0/28"), at(17, 19)),
                    Block(Cidr.parse("203.0.113.77/32"), at(17, 35)),
                ),
                about=About(),
                span=at(13, 7),
                name_span=at(13, 15),
            ),
            AddressRule(
                Block(Cidr.parse("198.51.100.0/24"), at(18, 17)),
                (Block(Cidr.parse("198.51.100.128/25"), at(19, 16)),),
                (PortRule(Protocol.UDP, PortRange.single(123), at(20, 15)),),
                About(),
                at(18, 7),
            ),
            ServiceRule(
                "s3",
                ("s3:GetObject", "s3:List*"),
                ("arn:aws:s3:::corpus/*", "*"),
                About(),
                at(21, 7),
                at(21, 20),
            ),
            DomainRule(
                DomainPattern("pypi.org"),
                (PortRule(Protocol.TCP, https, at(24, 21)),),
                ports_given=False,
                addresses=(),
                about=About(),
                span=at(24, 21),
                name_span=at(24, 21),
                listed=True,
            ),
        ),
        at(2, 8),
        (Acceptance("AP203", "a file-wide reason", at(25, 12)),),
    )


def test_the_file_names_the_agent_where_nothing_else_does() -> None:
    assert read("network_policy: {}\n") == Policy("bot", (), at(1, 1))


def test_the_stem_is_spelled_as_an_agent_and_the_reader_is_told() -> None:
    policy, findings = load(b"network_policy: {}\n", "x/Agent_Runtime.v2.yaml", "Agent_Runtime.v2")
    assert policy is not None
    assert policy.agent == "agent-runtime-v2"
    assert [str(finding) for finding in findings] == [
        "x/Agent_Runtime.v2.yaml:1:1: AP036 the agent is named agent-runtime-v2 after the file — got Agent_Runtime.v2"
    ]


def test_keys_of_the_runtime_are_left_alone() -> None:
    policy = read(
        "name: &n !runtime/thing x\n"
        "network: {<<: {a: 1}, same: 1, same: 2, ? [complex] : 3}\n"
        "? [k]\n"
        ": *n\n"
        "network_policy: {}\n"
    )
    assert policy.rules == ()


def test_a_rule_can_be_shared_by_an_alias() -> None:
    policy = read(
        "ports: &web [{protocol: TCP, port: 443}]\n"
        "network_policy:\n  egress: [{ip_block: 198.51.100.0/24, ports: *web}]\n"
    )
    (rule,) = policy.rules
    assert isinstance(rule, AddressRule)
    assert rule.ports == (PortRule(Protocol.TCP, PortRange.single(443), at(1, 14)),)


def test_every_action_of_a_service_is_not_every_action_of_aws() -> None:
    policy = read('network_policy: {egress: [{aws_service: s3, actions: ["*"], resources: ["*"]}]}\n')
    (rule,) = policy.rules
    assert isinstance(rule, ServiceRule)
    assert rule.actions == ("s3:*",)


def test_json_is_yaml_enough() -> None:
    assert read('{"network_policy": {"allowed_domains": ["pypi.org"]}}').rules[0].span == at(1, 41)


def rule(text: str) -> str:
    return "network_policy:\n  egress:\n    - " + text + "\n"


TWO_LINES = "network_policy:\n  egress:\n    - {domain: a.example}\n"

SAID: dict[str, tuple[str, list[str]]] = {
    # the file
    "an empty file": ("", ["1:1: AP013 the policy file lacks `network_policy` — allowed `network_policy`: a mapping"]),
    "a list": ("- a\n", ["1:1: AP014 the file has the wrong type — got a list, allowed a mapping"]),
    "a text": ("hello\n", ["1:1: AP014 the file has the wrong type — got text 'hello', allowed a mapping"]),
    "a file of something else": ("name: x\n", ["1:1: AP013 the policy file lacks `network_policy`"]),
    "a policy under a name that is nearly ours": (
        "networkPolicy: {}\n",
        ["1:1: AP013 the policy file lacks `network_policy` — got `networkPolicy`, allowed"],
    ),
    "a policy under a name that shouts": (
        "NETWORK-POLICY: {}\n",
        ["1:1: AP013 the policy file lacks `network_policy` — got `NETWORK-POLICY`, allowed"],
    ),
    "another misspelling": (
        "network_polcy: {}\n",
        ["1:1: AP013 the policy file lacks `network_policy` — got `network_polcy`"],
    ),
    "bytes that are no text": ("a: \x00", ["1:4: AP003"]),
    "no YAML": ("a: [", ["1:5: AP004 the file is not YAML"]),
    "a policy of nothing": (
        "network_policy:\n",
        [
            "1:16: AP014 network_policy has the wrong type — got nothing, allowed a mapping; try {} where nothing is meant"
        ],
    ),
    "another version": (
        "version: 2\nnetwork_policy: {}\n",
        ["1:10: AP015 version is out of range — got 2, allowed a number from 1 to 1"],
    ),
    "a version in quotes": (
        'version: "1"\nnetwork_policy: {}\n',
        ["1:10: AP014 version has the wrong type — got text '1', allowed a number from 1 to 1; try 1 without quotes"],
    ),
    "a tag on the policy": (
        "network_policy: !!map {}\n",
        [
            "1:17: AP008 network_policy carries a YAML tag — got tag:yaml.org,2002:map, allowed no tags; try removing the tag"
        ],
    ),
    "a tag on a name": (
        rule("domain: !!str a.example"),
        ["3:15: AP008 network_policy.egress[0].domain carries a YAML tag"],
    ),
    "a tag on a key": (
        rule("!!str domain: a.example"),
        ["3:7: AP008 a key of network_policy.egress[0] carries a YAML tag"],
    ),
    "a tag on the root": ("!x\nnetwork_policy: {}\n", ["1:1: AP008 the file carries a YAML tag"]),
    "a merge key at the top": (
        "x: &x {}\n<<: *x\nnetwork_policy: {}\n",
        ["2:1: AP009 the file has a merge key — got <<; try writing the keys out"],
    ),
    "a merge key in a rule": (
        "x: &x {reason: y}\n" + rule("{<<: *x, domain: a.example}"),
        ["4:8: AP009 network_policy.egress[0] has a merge key"],
    ),
    "the policy twice": (
        "network_policy: {}\nnetwork_policy: {}\n",
        ["2:1: AP010 the key 'network_policy' of the file is written twice, first at bot.yaml:1:1"],
    ),
    "a key of a rule twice": (
        rule("{domain: a.example, domain: b.example}"),
        [
            "3:27: AP010 the key 'domain' of network_policy.egress[0] is written twice, first at bot.yaml:3:8 — try removing"
        ],
    ),
    "a key that is a list": (
        rule("{[a]: b, domain: a.example}"),
        ["3:8: AP011 a key of network_policy.egress[0] is no word — got a list, allowed plain text"],
    ),
    "a key that is nothing": (
        rule("{~: b, domain: a.example}"),
        ["3:8: AP011 a key of network_policy.egress[0] is no word — got nothing, allowed plain text"],
    ),
    "a misspelt key": (
        "network_policy: {egres: []}\n",
        [
            "1:18: AP012 'egres' is not a key of the network policy — got 'egres', "
            "allowed egress, allowed_domains, accept; try egress"
        ],
    ),
    "rules at the top level": (
        "network_policy: {}\nallowed_domains: []\n",
        [
            "2:1: AP033 `allowed_domains` stands at the top level, where nobody reads it — "
            "allowed `network_policy.allowed_domains`; try indenting it below network_policy"
        ],
    ),
    # the agent
    "an agent with capitals": (
        "agent: Research_Bot\nnetwork_policy: {}\n",
        [
            "1:8: AP017 the agent's name cannot be used — got 'Research_Bot', "
            "allowed small letters, digits and hyphens, a letter first, at most 24 characters; try `agent: research-bot`"
        ],
    ),
    "an agent of 25 characters": (
        f"agent: {'a' * 25}\nnetwork_policy: {{}}\n",
        ["1:8: AP017 the agent's name cannot be"],
    ),
    "an agent that ends in a hyphen": ("agent: bot-\nnetwork_policy: {}\n", ["1:8: AP017 the agent's name"]),
    "an agent without letters": (
        "agent: '42'\nnetwork_policy: {}\n",
        ["1:8: AP017 the agent's name cannot be used — got '42'"],
    ),
    "an agent that is a number": (
        "agent: 42\nnetwork_policy: {}\n",
        ["1:8: AP014 agent has the wrong type — got the number 42"],
    ),
    # rules
    "rules that are one rule": (
        "network_policy: {egress: {domain: a.example}}\n",
        [
            "1:26: AP014 network_policy.egress has the wrong type — got a mapping, allowed a list; try a list: each entry"
        ],
    ),
    "no rules written as nothing": (
        "network_policy:\n  egress:\n",
        [
            "2:10: AP014 network_policy.egress has the wrong type — got nothing, allowed a list; try [] where nothing is meant"
        ],
    ),
    "a rule that is a text": (
        rule("a.example"),
        ["3:7: AP014 network_policy.egress[0] has the wrong type — got text 'a.example', allowed a mapping"],
    ),
    "a rule of no kind": (
        rule("{reason: x}"),
        [
            "3:7: AP027 network_policy.egress[0] must name exactly one kind of destination — "
            "got none of them, allowed one of domain, ip_block, aws_service"
        ],
    ),
    "a rule of two kinds": (
        rule("{domain: a.example, ip_block: 198.51.100.0/24}"),
        ["3:7: AP027 network_policy.egress[0] must name exactly one kind of destination — got `domain` and `ip_block`"],
    ),
    "a rule of a misspelt kind": (
        rule("{domian: a.example}"),
        [
            "3:7: AP027 network_policy.egress[0] must name exactly one kind of destination — "
            "got none of them, allowed one of domain, ip_block, aws_service; try domain",
            "3:8: AP012 'domian' is not a key of an egress rule",
        ],
    ),
    "a key of another kind of rule": (
        rule("{domain: a.example, except: []}"),
        ["3:27: AP028 `except` has no meaning in a domain rule — got except, allowed domain, ports, addresses"],
    ),
    "an unknown key of a rule": (
        rule("{domain: a.example, owners: x}"),
        ["3:27: AP012 'owners' is not a key of a domain rule — got 'owners', allowed domain, ports"],
    ),
    # domains
    "a name that is a number": (
        rule("domain: 42"),
        [
            "3:15: AP014 network_policy.egress[0].domain has the wrong type — got the number 42, allowed a host name such as "
            'api.example.com or "*.example.com"; try quotes: "42"'
        ],
    ),
    "an empty name": (rule("domain: ''"), ["3:15: AP015 network_policy.egress[0].domain is too short — got ''"]),
    "a name with a hidden character": (
        rule(r'domain: "a\x1b.example"'),
        ["3:15: AP003 network_policy.egress[0].domain holds a character that cannot be seen — got U+001B"],
    ),
    "a URL": (rule("domain: https://a.example/"), ["3:15: AP019 a URL stands where a host name belongs"]),
    "a URL in allowed_domains": (
        "network_policy: {allowed_domains: ['https://a.example/']}\n",
        ["1:36: AP019 a URL stands where a host name belongs"],
    ),
    "a number in allowed_domains": (
        "network_policy: {allowed_domains: [7]}\n",
        ["1:36: AP014 network_policy.allowed_domains[0] has the wrong type — got the number 7"],
    ),
    "a domain over UDP": (
        rule("{domain: a.example, ports: [{protocol: UDP, port: 443}]}"),
        ["3:35: AP031 a domain cannot be reached over UDP — got UDP 443, allowed TCP; try `ip_block`"],
    ),
    "pins that are no list": (
        rule("{domain: a.example, addresses: 203.0.113.0/28}"),
        [
            "3:38: AP014 network_policy.egress[0].addresses has the wrong type — got text '203.0.113.0/28', allowed a list"
        ],
    ),
    "an empty list of pins": (
        rule("{domain: a.example, addresses: []}"),
        ["3:38: AP015 network_policy.egress[0].addresses is empty — got [], allowed at least one entry"],
    ),
    # blocks
    "host bits": (
        rule("{ip_block: 10.1.2.3/8, ports: [{protocol: TCP, port: 1}]}"),
        [
            "3:18: AP021 the block has host bits set — got 10.1.2.3/8, "
            "allowed a network, or one address as /32; try 10.0.0.0/8, or 10.1.2.3/32"
        ],
    ),
    "a name as a block": (
        rule("ip_block: db.example.com"),
        [
            "3:17: AP020 'db.example.com' is not an IP block — got 'db.example.com', allowed CIDR notation such as "
            "198.51.100.0/24; try `domain: db.example.com`"
        ],
    ),
    "rubbish as a block": (rule("ip_block: 300.1.1.1/8"), ["3:17: AP020 '300.1.1.1/8' is not an IP block"]),
    "a block that is a mapping": (
        rule("ip_block: {}"),
        ["3:17: AP014 network_policy.egress[0].ip_block has the wrong type"],
    ),
    "a hole outside": (
        rule("{ip_block: 198.51.100.0/24, except: [203.0.113.0/28]}"),
        [
            "3:44: AP029 the exception lies outside its block — got 203.0.113.0/28, allowed blocks inside 198.51.100.0/24"
        ],
    ),
    "a hole that is none": (rule("{ip_block: 198.51.100.0/24, except: [x]}"), ["3:44: AP020 'x' is not an IP block"]),
    # ports
    "no ports": (
        rule("{ip_block: 198.51.100.0/24, ports: []}"),
        ["3:42: AP015 network_policy.egress[0].ports is empty — got [], allowed at least one entry"],
    ),
    "a port that is a number": (
        rule("{ip_block: 198.51.100.0/24, ports: [443]}"),
        ["3:43: AP014 network_policy.egress[0].ports[0] has the wrong type — got the number 443, allowed a mapping"],
    ),
    "a reversed range": (
        rule("{ip_block: 198.51.100.0/24, ports: [{protocol: TCP, port: 90, end_port: 80}]}"),
        [
            "3:79: AP022 the port range is reversed — got 90-80, "
            "allowed `end_port` not smaller than `port`; try port: 80, end_port: 90"
        ],
    ),
    "a port beyond the last": (
        rule("{ip_block: 198.51.100.0/24, ports: [{protocol: TCP, port: 65536}]}"),
        [
            "3:65: AP015 network_policy.egress[0].ports[0].port is out of range — got 65536, allowed a number from 0 to 65535"
        ],
    ),
    "an end beyond the last": (
        rule("{ip_block: 198.51.100.0/24, ports: [{protocol: TCP, port: 1, end_port: 65536}]}"),
        ["3:78: AP015 network_policy.egress[0].ports[0].end_port is out of range"],
    ),
    "a port of 5,000 digits": (
        rule("{ip_block: 198.51.100.0/24, ports: [{protocol: TCP, port: " + "9" * 5000 + "}]}"),
        ["3:65: AP015 network_policy.egress[0].ports[0].port is out of range"],
    ),
    "a port with a leading zero": (
        rule("{ip_block: 198.51.100.0/24, ports: [{protocol: TCP, port: 0443}]}"),
        [
            "3:65: AP014 network_policy.egress[0].ports[0].port has the wrong type — got text '0443', "
            "allowed a number from 0 to 65535; try 443 without quotes"
        ],
    ),
    "a protocol in small letters": (
        rule("{ip_block: 198.51.100.0/24, ports: [{protocol: tcp, port: 1}]}"),
        [
            "3:54: AP015 network_policy.egress[0].ports[0].protocol is not one of the values it takes — got 'tcp', "
            "allowed TCP | UDP; try TCP"
        ],
    ),
    "an unknown protocol": (
        rule("{ip_block: 198.51.100.0/24, ports: [{protocol: ICMP, port: 1}]}"),
        ["3:54: AP015 network_policy.egress[0].ports[0].protocol is not one of the values it takes — got 'ICMP'"],
    ),
    "a port without its protocol": (
        rule("{ip_block: 198.51.100.0/24, ports: [{port: 1}]}"),
        ["3:43: AP013 a port rule lacks `protocol` — allowed `protocol`: TCP | UDP; try `protocol: TCP`"],
    ),
    "a protocol without a port": (
        rule("{ip_block: 198.51.100.0/24, ports: [{protocol: TCP}]}"),
        ["3:43: AP013 a port rule lacks `port`"],
    ),
    # services
    "a service in capitals": (
        rule("{aws_service: S3, actions: [s3:GetObject], resources: ['*']}"),
        [
            "3:21: AP024 'S3' is not a known AWS service — got 'S3', allowed appconfig,",
        ],
    ),
    "a service that is a list": (
        rule("{aws_service: [s3], actions: [s3:GetObject], resources: ['*']}"),
        [
            "3:21: AP014 network_policy.egress[0].aws_service has the wrong type",
        ],
    ),
    "no actions and no resources": (
        rule("aws_service: s3"),
        [
            '3:7: AP013 a service rule lacks `actions` — allowed `actions`: a list; try `actions: ["s3:GetObject"]`',
            "3:7: AP013 a service rule lacks `resources`",
        ],
    ),
    "an action of another service": (
        rule("{aws_service: s3, actions: [iam:PassRole], resources: ['*']}"),
        [
            "3:35: AP025 'iam:PassRole' is not an action of s3 — got 'iam:PassRole', "
            "allowed s3: and the name of an action; try s3:PassRole"
        ],
    ),
    "an action without its service": (
        rule("{aws_service: s3, actions: [GetObject], resources: ['*']}"),
        [
            "3:35: AP025 'GetObject' is not an action of s3 — got 'GetObject', allowed s3: and the name of an action; try s3:"
        ],
    ),
    "an action with a wildcard for the service": (
        rule("{aws_service: s3, actions: ['*:*'], resources: ['*']}"),
        ["3:35: AP025 '*:*' is not an action of s3"],
    ),
    "rubbish as an action": (
        rule("{aws_service: s3, actions: ['s3:Get Object'], resources: ['*']}"),
        [
            "3:35: AP025 's3:Get Object' is not an action of s3 — got 's3:Get Object', allowed s3: and the name of an action"
        ],
    ),
    "a resource that is no ARN": (
        rule("{aws_service: s3, actions: [s3:GetObject], resources: [corpus]}"),
        [
            "3:62: AP026 'corpus' is not an ARN — got 'corpus', allowed arn:partition:service:region:account:resource, or *"
        ],
    ),
    # about
    "a day that does not exist": (
        rule("{domain: a.example, expires: 2027-02-30}"),
        [
            "3:36: AP023 '2027-02-30' is not a date: day is out of range for month — got '2027-02-30', allowed YYYY-MM-DD"
        ],
    ),
    "a date in words": (
        rule("{domain: a.example, expires: next week}"),
        ["3:36: AP023 'next week' is not a date — got"],
    ),
    "a date without hyphens": (
        rule("{domain: a.example, expires: 20270331}"),
        ["3:36: AP014 network_policy.egress[0].expires has the wrong type — got the number 20270331"],
    ),
    "a ticket that is a number": (
        rule("{domain: a.example, ticket: 1234}"),
        [
            '3:35: AP014 network_policy.egress[0].ticket has the wrong type — got the number 1234, allowed text; try quotes: "1234"'
        ],
    ),
    "an error that is accepted": (
        rule("{domain: a.example, accept: {AP101: we know about this}}"),
        ["3:36: AP030 AP101 is an error and cannot be accepted — got 'AP101', allowed the code of a warning, AP2xx"],
    ),
    "a note that is accepted": (
        rule("{domain: a.example, accept: {AP217: we know about this}}"),
        ["3:36: AP030 AP217 is no such warning and cannot be accepted"],
    ),
    "an unknown code that is accepted": (
        rule("{domain: a.example, accept: {AP2004: we know about this}}"),
        [
            "3:36: AP030 'AP2004' is no code of a warning — got 'AP2004', allowed the code of a warning, AP2xx; try AP204"
        ],
    ),
    "a warning that is accepted by its name": (
        rule("{domain: a.example, accept: {shared-name: we know about this}}"),
        [
            "3:36: AP030 'shared-name' is no code of a warning — got 'shared-name', "
            "allowed the code of a warning, AP2xx; try AP204"
        ],
    ),
    "a reason that is too short": (
        rule("{domain: a.example, accept: {AP204: 'because  '}}"),
        [
            "3:43: AP015 network_policy.egress[0].accept.AP204 is too short — got 'because  ', allowed a reason of at least 10"
        ],
    ),
    "an acceptance without a reason": (
        rule("{domain: a.example, accept: {AP204: }}"),
        [
            "3:43: AP014 network_policy.egress[0].accept.AP204 has the wrong type — got nothing, allowed a reason of at least"
        ],
    ),
    "acceptances as a list": (
        rule("{domain: a.example, accept: [AP204]}"),
        ["3:35: AP014 network_policy.egress[0].accept has the wrong type — got a list, allowed a mapping"],
    ),
    "an acceptance twice": (
        rule("{domain: a.example, accept: {AP204: we know about this, AP204: we know about that}}"),
        ["3:63: AP010 the key 'AP204' of network_policy.egress[0].accept is written twice"],
    ),
    "an acceptance under no word": (
        rule("{domain: a.example, accept: {[AP204]: we know about this}}"),
        ["3:36: AP011 a key of network_policy.egress[0].accept is no word"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SAID.values(), ids=SAID.keys())
def test_what_is_wrong_is_said_with_its_place_and_a_way_out(text: str, expected: list[str]) -> None:
    found = said(text)
    assert len(found) == len(expected), found
    for finding, words in zip(found, expected, strict=True):
        assert finding.startswith(words)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = said(
        "version: 7\n"
        "agent: Bot!\n"
        "network_policy:\n"
        "  egress:\n"
        "    - {domain: 'a b.example', ports: [{protocol: SCTP, port: 99999}], colour: red}\n"
        "    - {ip_block: 10.0.0.1/8, except: [x]}\n"
        "    - {aws_service: s4, actions: [], resources: [y]}\n"
        "  allowed: []\n"
    )
    assert [finding.partition(": ")[2].split()[0] for finding in found] == [
        "AP015", "AP017", "AP019", "AP015", "AP015", "AP012", "AP021", "AP020", "AP024", "AP015", "AP026", "AP012",
    ]  # fmt: skip


def test_a_long_stem_cannot_name_an_agent() -> None:
    assert said("network_policy: {}\n", "a-very-long-name-of-a-file") == [
        "1:1: AP017 the file's stem, which names the agent, cannot be used — got 'a-very-long-name-of-a-file', allowed "
        "small letters, digits and hyphens, a letter first, at most 24 characters; try `agent: a-very-long-name-of-a-fi`"
    ]


def test_a_name_of_the_wrong_type_is_said_once() -> None:
    assert said("agent: 42\nnetwork_policy: {}\n", "a-very-long-name-of-a-file") == [
        "1:8: AP014 agent has the wrong type — got the number 42, allowed small letters, digits and hyphens, "
        'a letter first, at most 24; try quotes: "42"'
    ]


@pytest.mark.parametrize(("stem", "usable"), {"42": "my-agent", "7up": "up", "": "my-agent"}.items())
def test_an_agent_always_has_a_name_that_can_be_used(stem: str, usable: str) -> None:
    policy, findings = load(b"network_policy: {}\n", "f.yaml", stem)
    assert policy is not None
    assert policy.agent == usable
    assert [finding.code for finding in findings] == [codes.AGENT_NAME]


def test_a_folder_is_read_in_the_order_of_its_agents() -> None:
    policies, findings = load_perimeter(
        [("p/z.yaml", b"agent: a\nnetwork_policy: {}\n"), ("p/b.yaml", b"network_policy: {}\n"), ("p/c.yaml", b"\xff")]
    )
    assert [(policy.agent, str(policy.span)) for policy in policies] == [("a", "p/z.yaml:1:8"), ("b", "p/b.yaml:1:1")]
    assert [str(finding.span) for finding in findings] == ["p/c.yaml:1:1"]


def test_two_files_of_one_agent_are_an_error_that_names_both() -> None:
    policies, findings = load_perimeter(
        [("p/b.yaml", b"agent: bot\nnetwork_policy: {}\n"), ("p/bot.yaml", b"network_policy: {}\n")]
    )
    assert len(policies) == 2, "both are linted"
    assert [str(finding) for finding in findings] == [
        "p/bot.yaml:1:1: AP018 the agent bot is already described at p/b.yaml:1:8 — "
        "try another name under `agent`, or one file"
    ]


def test_names_that_cannot_be_used_are_not_compared() -> None:
    _, findings = load_perimeter(
        [
            ("a-very-long-name-of-a-file.yaml", b"network_policy: {}"),
            ("a-very-long-name-of-a-fire.yaml", b"network_policy: {}"),
        ]
    )
    assert [finding.code for finding in findings] == [codes.AGENT_NAME, codes.AGENT_NAME]
