"""The policies that the documentation shows and `make synth` builds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from agent_perimeter.finding import Finding, Severity
from agent_perimeter.policy import codes
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import AddressRule, DomainRule, Policy, ServiceRule

FOLDER = Path(__file__).parents[3] / "policies"


def examples() -> tuple[dict[str, Policy], tuple[Finding, ...]]:
    files = [(f"policies/{path.name}", path.read_bytes()) for path in FOLDER.glob("*.yaml")]
    policies, findings = load_perimeter(files)
    found = (*findings, *lint(policies, date(2026, 11, 22), resolved_ip_validation=True))
    return {policy.agent: policy for policy in policies}, found


def test_they_are_the_four_agents() -> None:
    assert sorted(examples()[0]) == ["coding-agent", "database-agent", "isolated-agent", "research-agent"]


def test_nothing_in_them_is_refused_and_every_warning_is_accepted_with_a_reason() -> None:
    _, findings = examples()
    assert [str(finding) for finding in findings if finding.is_error] == []
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    assert {finding.code for finding in warnings} == {codes.SHARED_NAME}
    assert all(finding.accepted and len(finding.accepted.split()) > 10 for finding in warnings)


def test_every_rule_has_a_reason_and_an_owner() -> None:
    for policy in examples()[0].values():
        for rule in policy.rules:
            if not (isinstance(rule, DomainRule) and rule.listed):
                assert rule.about.reason, rule.span
                assert rule.about.owner, rule.span


def test_between_them_they_use_the_whole_language() -> None:
    rules = [rule for policy in examples()[0].values() for rule in policy.rules]
    domains = [rule for rule in rules if isinstance(rule, DomainRule)]
    blocks = [rule for rule in rules if isinstance(rule, AddressRule)]
    assert any(rule.addresses for rule in domains)
    assert any(rule.listed for rule in domains)
    assert any(rule.ports_given for rule in domains)
    assert any(rule.excepts for rule in blocks)
    assert any(port.ports.first != port.ports.last for rule in blocks for port in rule.ports)
    assert any(rule.about.ticket for rule in rules)
    assert {rule.service for rule in rules if isinstance(rule, ServiceRule)} == {
        "bedrock-runtime",
        "dynamodb",
        "logs",
        "s3",
    }


def test_the_isolated_agent_has_no_way_to_the_internet() -> None:
    assert all(isinstance(rule, ServiceRule) for rule in examples()[0]["isolated-agent"].rules)
