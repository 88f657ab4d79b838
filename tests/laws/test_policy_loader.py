"""Whatever the bytes: findings or a policy, never an exception, and every place lies inside the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.document import LOADERS, decode, parse
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load
from agent_perimeter.policy.model import AddressRule, DomainRule, Policy, Rule, ServiceRule
from agent_perimeter.policy.names import parse_name
from agent_perimeter.policy.remedy import policy_to_write
from agent_perimeter.settings import load_settings, settings_from_mapping
from agent_perimeter.source import Span
from tests.strategies import policies

TODAY = date(2026, 11, 22)
FILE = "f.yaml"

ROOT = Path(__file__).parents[2]
EXAMPLES = [path.read_text() for path in sorted((ROOT / "policies").glob("*.yaml"))]
EXAMPLES += [path.read_text() for path in sorted((ROOT / "tests/fixtures/policies/quickstart").glob("*.yaml"))]

WORDS = st.sampled_from(
    [
        "version",
        "agent",
        "network_policy",
        "egress",
        "allowed_domains",
        "domain",
        "ip_block",
        "aws_service",
        "except",
        "ports",
        "addresses",
        "protocol",
        "port",
        "end_port",
        "actions",
        "resources",
        "reason",
        "expires",
        "accept",
        "AP204",
        "AP101",
        "TCP",
        "UDP",
        "tcp",
        "s3",
        "s3:GetObject",
        "*",
        "*.com",
        "a.example",
        "1",
        "443",
        "65536",
        "-1",
        "0x1",
        "1.5",
        "true",
        "~",
        "null",
        "2027-03-31",
        "0.0.0.0/0",
        "::/0",
        "10.0.0.1/8",
        "198.51.100.0/24",
        "<<",
        "&",
        "&a",
        "*a",
        "!t",
        "!",
        "|",
        ">",
        "-",
        "?",
        ":",
        "#",
        ",",
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        "\\",
        "%",
        "@",
        "`",
        "---",
        "...",
        "xn--a",
        "bücher.de",
        "gооgle.com",
        "\t",
        "\ufeff",
        "\u2028",
    ]
)
GLUE = st.sampled_from(["", " ", "\n", "\n  ", "\n    ", "\n      ", "\n- ", "\n    - ", ": ", ", ", "\r\n"])
YAMLISH = st.lists(st.tuples(WORDS, GLUE), max_size=60).map(lambda parts: "".join(word + glue for word, glue in parts))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real policy with some of its lines cut, doubled, moved, or with a piece replaced."""
    lines = draw(st.sampled_from(EXAMPLES)).splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        assume(lines)
        index = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["cut", "double", "dedent", "indent", "replace", "splice"])):
            case "cut":
                del lines[index]
            case "double":
                lines.insert(index, lines[index])
            case "dedent":
                lines[index] = lines[index].lstrip(" ")
            case "indent":
                lines[index] = "  " + lines[index]
            case "replace":
                start = draw(st.integers(0, len(lines[index])))
                lines[index] = lines[index][:start] + draw(WORDS) + lines[index][start + draw(st.integers(0, 9)) :]
            case _:
                lines[index] += draw(YAMLISH)
    return "".join(lines)


def spans(policy: Policy) -> Iterator[Span]:
    yield policy.span
    for rule in policy.rules:
        yield from _rule_spans(rule)


def _rule_spans(rule: Rule) -> Iterator[Span]:
    yield rule.span
    if rule.about.expires_span:
        yield rule.about.expires_span
    yield from (acceptance.span for acceptance in rule.about.accepts)
    match rule:
        case DomainRule():
            yield rule.name_span
            yield from (port.span for port in rule.ports)
            yield from (pin.span for pin in rule.addresses)
        case AddressRule():
            yield from (port.span for port in rule.ports)
            yield from (block.span for block in (rule.block, *rule.excepts))
        case ServiceRule():
            yield rule.service_span


def inside(span: Span, text: str) -> bool:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return span.file == FILE and 1 <= span.line <= len(lines) and 1 <= span.column <= len(lines[span.line - 1]) + 1


def judged(raw: bytes) -> tuple[Policy | None, tuple[Finding, ...]]:
    policy, findings = load(raw, FILE, "bot")
    if policy is None:
        assert any(finding.is_error for finding in findings)
        return None, findings
    return policy, (*findings, *lint([policy], TODAY, resolved_ip_validation=False))


def hold(text: str) -> None:
    policy, findings = judged(text.encode())
    for finding in findings:
        assert finding.span is not None
        assert inside(finding.span, text), str(finding)
        assert "\n" not in str(finding)
        assert str(finding).isprintable()
        if finding.code is codes.OPEN_EGRESS and finding.remedy is not None:
            _, again = judged(finding.remedy.encode())
            assert [str(other) for other in again if other.is_error] == []
    for span in spans(policy) if policy else ():
        assert inside(span, text), span


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    judged(raw)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    judged(text.encode("utf-8", "surrogatepass"))


@given(YAMLISH)
@settings(max_examples=300)
def test_anything_that_looks_like_yaml(text: str) -> None:
    hold(text)


@given(YAMLISH)
def test_anything_below_a_policy(text: str) -> None:
    hold("network_policy:\n  egress:\n    - " + text)
    hold("network_policy:\negress:\n- " + text)


@given(mutated())
@settings(max_examples=300)
def test_any_mutation_of_a_real_policy(text: str) -> None:
    hold(text)


@given(mutated() | YAMLISH)
@settings(max_examples=300)
def test_where_both_parsers_read_a_text_they_read_the_same(text: str) -> None:
    """libyaml refuses some tags that the pure parser takes, and the other way round; neither reads on after that."""
    decoded = decode(text.encode(), FILE)
    if isinstance(decoded, Finding):
        return
    one, other = (parse(decoded, FILE, loader) for loader in (LOADERS[0], LOADERS[-1]))
    assert isinstance(one, Finding) or isinstance(other, Finding) or one == other


@given(st.text(max_size=80))
def test_any_text_as_a_name(text: str) -> None:
    parsed = parse_name(text, Span(FILE, 1, 1))
    if parsed.pattern is None:
        assert any(finding.is_error for finding in parsed.findings)
    else:
        assert not any(finding.is_error for finding in parsed.findings)
        assert str(parsed.pattern).isascii()
        assert parse_name(str(parsed.pattern), Span(FILE, 1, 1)).pattern == parsed.pattern


@given(mutated())
def test_what_the_remedy_writes_of_a_file_says_what_was_read(text: str) -> None:
    policy, findings = load(text.encode(), FILE, "bot")
    if policy is not None and not any(finding.is_error for finding in findings):
        written_says_the_same(policy)


@given(policies("bot"))
def test_what_the_remedy_writes_of_a_policy_says_the_same(policy: Policy) -> None:
    written_says_the_same(policy)


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*.yaml")), ids=lambda path: path.stem)
def test_what_the_remedy_writes_of_a_real_policy_says_the_same(path: Path) -> None:
    policy, _ = load(path.read_bytes(), FILE, "bot")
    assert policy is not None
    written_says_the_same(policy)


def written_says_the_same(policy: Policy) -> None:
    again, problems = load(policy_to_write(policy, {}, ()).encode(), FILE, "bot")
    assert again is not None
    assert [str(problem) for problem in problems if problem.is_error] == []
    assert [_meaning(rule) for rule in again.rules] == [_meaning(rule) for rule in policy.rules]


def _meaning(rule: Rule) -> tuple[object, ...]:
    about = rule.about
    who = (about.reason, about.owner, about.ticket, about.expires, [(one.code, one.reason) for one in about.accepts])
    match rule:
        case DomainRule():
            ports = [(port.protocol, port.ports) for port in rule.ports]
            return rule.name, ports, [pin.cidr for pin in rule.addresses], who
        case AddressRule():
            ports = [(port.protocol, port.ports) for port in rule.ports]
            return rule.block.cidr, [hole.cidr for hole in rule.excepts], ports, who
        case ServiceRule():
            return rule.service, rule.actions, rule.resources, who


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    ["name", "policies", "vpc_cidr", "zones", "agent_subnet_prefix", "slots", "workloads", "resolved_ip_validation",
     "maintenance", "log_retention_days", "log_key", "quotas", "prefix_lists", "zone"]
)  # fmt: skip


@given(st.binary(max_size=200))
def test_any_bytes_as_settings(raw: bytes) -> None:
    read, findings = load_settings(raw, FILE)
    assert (read is None) == any(finding.is_error for finding in findings)


@given(st.dictionaries(KEYS, JSON, max_size=4) | JSON)
def test_any_value_as_settings(value: object) -> None:
    read, findings = settings_from_mapping(value, FILE)
    assert (read is None) == any(finding.is_error for finding in findings)
    from_text, _ = load_settings(json.dumps({"context": {"agent-perimeter": value}}).encode(), FILE)
    assert from_text == read
