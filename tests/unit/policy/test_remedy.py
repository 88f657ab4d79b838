from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.load import load
from agent_perimeter.policy.model import About, AddressRule, Block, DomainRule, Policy, PortRule, Rule, ServiceRule
from agent_perimeter.policy.remedy import policy_to_write
from agent_perimeter.source import Span

NOWHERE = Span("", 0, 0)


def read(text: str) -> Policy:
    policy, findings = load(text.encode(), "bot.yaml", "bot")
    assert policy is not None
    assert [str(finding) for finding in findings if finding.is_error] == []
    return policy


def blocks(found: tuple[Block, ...]) -> tuple[Block, ...]:
    return tuple(replace(block, span=NOWHERE) for block in found)


def ports(found: tuple[PortRule, ...]) -> tuple[PortRule, ...]:
    return tuple(replace(port, span=NOWHERE) for port in found)


def about(found: About) -> About:
    accepts = tuple(replace(acceptance, span=NOWHERE) for acceptance in found.accepts)
    return replace(found, expires_span=None, accepts=accepts)


def placeless(rule: Rule) -> Rule:
    """The rule as if it stood nowhere."""
    match rule:
        case DomainRule():
            return replace(
                rule, ports=ports(rule.ports), addresses=blocks(rule.addresses), about=about(rule.about),
                span=NOWHERE, name_span=NOWHERE, listed=False,
            )  # fmt: skip
        case AddressRule():
            return replace(
                rule, block=replace(rule.block, span=NOWHERE), excepts=blocks(rule.excepts), ports=ports(rule.ports),
                about=about(rule.about), span=NOWHERE,
            )  # fmt: skip
        case ServiceRule():
            return replace(rule, about=about(rule.about), span=NOWHERE, service_span=NOWHERE)


WRITTEN = """\
version: 1
agent: research-bot
network_policy:
  egress:
    - domain: api.example.com
      ports: [{protocol: TCP, port: 443}, {protocol: TCP, port: 8080, end_port: 8089}]
      addresses: [203.0.113.0/28, "2001:db8::/64"]
      reason: model API
      owner: "yes"
      ticket: "SEC: 1 # 2"
      expires: 2027-03-31
      accept: {AP204: "it is \\"known\\" – ✓"}
    - domain: "*.example.org"
    - ip_block: 198.51.100.0/24
      except: [198.51.100.128/25]
      ports: [{protocol: UDP, port: 123}]
    - ip_block: 203.0.113.0/24
    - aws_service: s3
      actions: ["s3:GetObject", "s3:List*"]
      resources: ["arn:aws:s3:::corpus/*", "*"]
"""


def test_a_policy_is_written_as_a_person_would() -> None:
    assert policy_to_write(read(WRITTEN), {}, ()) == WRITTEN


def test_what_is_written_says_what_was_read() -> None:
    policy = read(WRITTEN)
    again = read(policy_to_write(policy, {}, ()))
    assert [placeless(rule) for rule in again.rules] == [placeless(rule) for rule in policy.rules]


def test_allowed_domains_become_rules() -> None:
    policy = read("network_policy: {allowed_domains: [a.example, '*.b.example']}\n")
    assert policy_to_write(policy, {}, ()) == (
        'version: 1\nagent: bot\nnetwork_policy:\n  egress:\n    - domain: a.example\n    - domain: "*.b.example"\n'
    )


def test_what_is_dropped_is_gone_and_what_is_refused_stays_as_a_comment() -> None:
    finding = Finding(codes.LOCAL_NAME, "the name is local")
    text = policy_to_write(
        read("network_policy: {allowed_domains: [a.example, b.local, c.example]}\n"), {1: finding}, {0}
    )
    assert text == (
        "version: 1\nagent: bot\nnetwork_policy:\n  egress:\n"
        "    # AP111: the name is local\n    # - domain: b.local\n    - domain: c.example\n"
    )


def test_where_nothing_is_kept_a_skeleton_is_given() -> None:
    finding = Finding(codes.LOCAL_NAME, "the name is local")
    text = policy_to_write(read("network_policy: {allowed_domains: [b.local]}\n"), {0: finding}, ())
    assert "  egress: []\n  # Name each host" in text
    assert text.endswith("    # AP111: the name is local\n    # - domain: b.local\n")
    assert read(text).rules == ()


AWKWARD = [
    "true",
    "No",
    "null",
    "1",
    "1.5",
    "-",
    "a: b",
    "a #b",
    "*x",
    "&x",
    "[x]",
    "é",
    '"',
    "\\",
    "x ",
    "0x1",
    "2027-03-31",
]


@pytest.mark.parametrize("reason", AWKWARD)
def test_text_that_yaml_would_read_otherwise_is_quoted(reason: str) -> None:
    policy = read("network_policy: {egress: [{domain: a.example, reason: x}]}\n")
    rule = replace(policy.rules[0], about=About(reason=reason))
    (again,) = read(policy_to_write(replace(policy, rules=(rule,)), {}, ())).rules
    assert again.about.reason == reason.strip()
