from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest

from agent_perimeter.policy.document import Kind, Mapping, Node, Scalar, Sequence, decode, parse
from agent_perimeter.policy.load import load
from agent_perimeter.policy.schema import (
    ADDRESS,
    AGENT_NAME,
    DOMAIN,
    NETWORK_POLICY,
    POLICY,
    PORT,
    SERVICE,
    json_schema,
    schema_of,
)
from agent_perimeter.policy.shape import Section
from agent_perimeter.settings import SETTINGS

POLICIES = sorted((Path(__file__).parents[3] / "policies").glob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def plain(node: Node) -> object:
    """What an editor sees."""
    match node:
        case Mapping():
            return {entry.name: plain(entry.value) for entry in node.entries}
        case Sequence():
            return [plain(item) for item in node.items]
        case Scalar(kind=Kind.NULL):
            return None
        case Scalar(kind=Kind.BOOLEAN):
            return node.text.lower() == "true"
        case Scalar(kind=Kind.INTEGER):
            return int(node.text)
        case Scalar(kind=Kind.FLOAT):
            return float(node.text)
        case Scalar():
            return node.text


def seen(text: bytes) -> object:
    decoded = decode(text, "f.yaml")
    assert isinstance(decoded, str)
    root = parse(decoded, "f.yaml")
    assert isinstance(root, Mapping | Sequence | Scalar)
    return plain(root)


def errors(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(seen(text.encode()))]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_the_example_policies_fit(path: Path) -> None:
    VALIDATOR.validate(seen(path.read_bytes()))


FITS = {
    "nothing": "network_policy: {}\n",
    "the runtime's own keys": "name: x\nimage: {a: [1]}\nnetwork_policy: {}\n",
    "an IPv6 block, which the lint refuses": "network_policy: {egress: [{ip_block: '2001:db8::/32'}]}\n",
    "a bare address": "network_policy: {egress: [{ip_block: 198.51.100.7}]}\n",
    "a block without ports, which the lint refuses": "network_policy: {egress: [{ip_block: 198.51.100.0/24}]}\n",
    "a U-label": "network_policy: {allowed_domains: [bücher.example]}\n",
}


@pytest.mark.parametrize("text", FITS.values(), ids=FITS.keys())
def test_what_the_loader_reads_fits(text: str) -> None:
    assert errors(text) == []
    assert [str(finding) for finding in load(text.encode(), "f.yaml", "bot")[1] if finding.is_error] == []


def rule(text: str) -> str:
    return f"network_policy: {{egress: [{{{text}}}]}}\n"


REFUSED = {
    "a list": "- a\n",
    "no policy": "name: x\n",
    "a policy of nothing": "network_policy:\n",
    "another version": "version: 2\nnetwork_policy: {}\n",
    "an agent with capitals": "agent: Bot\nnetwork_policy: {}\n",
    "an agent of 25 characters": f"agent: {'a' * 25}\nnetwork_policy: {{}}\n",
    "an unknown key": "network_policy: {egres: []}\n",
    "rules that are a mapping": "network_policy: {egress: {}}\n",
    "a rule of no kind": rule("reason: x"),
    "a rule of two kinds": rule("domain: a.example, ip_block: 198.51.100.0/24"),
    "an unknown key of a rule": rule("domain: a.example, colour: red"),
    "a key of another kind of rule": rule("domain: a.example, except: []"),
    "a name that is a number": rule("domain: 42"),
    "an empty name": rule("domain: ''"),
    "a URL": rule("domain: 'https://a.example'"),
    "a wildcard inside": rule("domain: 'a.*.example'"),
    "everything": rule("domain: '*'"),
    "a block that is none": rule("ip_block: a.example"),
    "a block out of range": rule("ip_block: 300.1.1.1/8"),
    "a prefix out of range": rule("ip_block: 1.0.0.0/33"),
    "a port out of range": rule("ip_block: 198.51.100.0/24, ports: [{protocol: TCP, port: 65536}]"),
    "a port without a protocol": rule("ip_block: 198.51.100.0/24, ports: [{port: 1}]"),
    "a protocol that is none": rule("ip_block: 198.51.100.0/24, ports: [{protocol: tcp, port: 1}]"),
    "an empty list of ports": rule("ip_block: 198.51.100.0/24, ports: []"),
    "an empty list of pins": rule("domain: a.example, addresses: []"),
    "no actions": rule("aws_service: s3, resources: ['*']"),
    "no resources": rule("aws_service: s3, actions: ['s3:GetObject']"),
    "an action without its service": rule("aws_service: s3, actions: ['GetObject'], resources: ['*']"),
    "a resource that is no ARN": rule("aws_service: s3, actions: ['s3:GetObject'], resources: [corpus]"),
    "a date in words": rule("domain: a.example, expires: tomorrow"),
    "an error that is accepted": rule("domain: a.example, accept: {AP101: we know about this}"),
    "a reason that is too short": rule("domain: a.example, accept: {AP204: because}"),
    "an acceptance that is a list": rule("domain: a.example, accept: [AP204]"),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_in_shape_is_refused_by_schema_and_loader_alike(text: str) -> None:
    assert errors(text)
    assert any(finding.is_error for finding in load(text.encode(), "f.yaml", "bot")[1])


def test_the_settings_have_a_schema_alike() -> None:
    schema = schema_of(SETTINGS)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    fits: tuple[dict[str, object], ...] = (
        {},
        {"zones": 2},
        {"zones": [None, "us-east-1b"]},
        {"maintenance": True},
        {"log_key": None},
    )
    wrong: tuple[dict[str, object], ...] = (
        {"zones": 4},
        {"zones": "2"},
        {"maintenance": "yes"},
        {"log_retention_days": 2},
        {"log_key": 7},
    )
    for value in fits:
        validator.validate(value)
    for value in wrong:
        assert not validator.is_valid(value), value


SECTIONS = (POLICY, NETWORK_POLICY, DOMAIN, ADDRESS, SERVICE, PORT)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_every_key_is_explained_in_one_line_with_an_example_that_loads(section: Section) -> None:
    for key in section.keys:
        assert re.fullmatch(r"[A-Z].*\.", key.doc), key.name
        wanted = {PORT: "port: 1, protocol: TCP", DOMAIN: "domain: a.example", ADDRESS: "ip_block: 198.51.100.0/24",
                  SERVICE: "aws_service: s3, actions: [s3:GetObject], resources: ['*']",
                  NETWORK_POLICY: "", POLICY: "network_policy: {}"}[section]  # fmt: skip
        others = ", ".join(part for part in re.split(r", (?=[a-z_]+:)", wanted) if not part.startswith(f"{key.name}:"))
        entry = ", ".join(part for part in (others, f"{key.name}: {key.example}") if part)
        text = {
            "a port rule": f"network_policy: {{egress: [{{ip_block: 198.51.100.0/24, ports: [{{{entry}}}]}}]}}",
            "the network policy": f"network_policy: {{{entry}}}",
            "the policy file": f"{{{entry}}}",
        }.get(section.title, f"network_policy: {{egress: [{{{entry}}}]}}")
        found = [str(finding) for finding in load(text.encode(), "f.yaml", "bot")[1] if finding.is_error]
        assert found == [], text


def test_an_agents_name_fits_a_suricata_variable() -> None:
    longest = "a" * 24
    assert re.fullmatch(AGENT_NAME, longest)
    assert not re.fullmatch(AGENT_NAME, longest + "a")
    assert len("AGENT_" + longest) <= 32
