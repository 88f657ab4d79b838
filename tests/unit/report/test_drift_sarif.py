"""SARIF of a drift: valid by the OASIS schema, at the policy line, the same result in every run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from agent_perimeter.drift.model import Drift
from agent_perimeter.report.drift_sarif import drift_sarif
from tests.unit import drifts, proofs
from tests.unit.report.test_sarif import validator


def results(drift: Drift) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(drift_sarif(drift, "0.1.0", proofs.locate))["runs"][0]["results"]
    return found


@pytest.mark.parametrize("case", drifts.ALL)
def test_it_is_sarif(case: str) -> None:
    validator().validate(json.loads(drift_sarif(drifts.ALL[case], "0.1.0", proofs.locate)))
    validator().validate(json.loads(drift_sarif(drifts.ALL[case], "0.1.0")))


def test_every_departure_is_a_result_of_its_code_and_weight() -> None:
    assert [(one["ruleId"], one["level"]) for one in results(drifts.opened())] == [
        ("AP601", "error"),
        ("AP606", "error"),
        ("AP602", "error"),
        ("AP608", "error"),
        ("AP602", "error"),
        ("AP603", "error"),
        ("AP604", "warning"),
        ("AP605", "note"),
    ]


def test_what_was_not_read_is_a_warning() -> None:
    (result,) = results(drifts.incomplete())
    assert (result["ruleId"], result["level"]) == ("AP607", "warning")
    assert "try allowing route53resolver:ListFirewallRules" in result["message"]["text"]


def test_only_rules_that_are_named_are_listed_and_found_by_their_index() -> None:
    run = json.loads(drift_sarif(drifts.opened(), "0.1.0"))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["AP601", "AP602", "AP603", "AP604", "AP605", "AP606", "AP608"]
    assert rules[0]["name"] == "DriftWidens"
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])


def test_a_result_stands_at_the_policy_line_with_the_resource_beside() -> None:
    (place,) = results(drifts.drift(drifts.WIDENED))[0]["locations"]
    assert place == {
        "physicalLocation": {
            "artifactLocation": {"uri": "policies/research-agent.yaml"},
            "region": {"startLine": 7, "startColumn": 7},
        },
        "logicalLocations": [{"fullyQualifiedName": drifts.OPENED.origin.path, "kind": "resource"}],
    }


@pytest.mark.parametrize(
    ("stack", "uri"), [("AgentPerimeter-agents", "AgentPerimeter-agents"), ("", "vpc-0123456789abcdef0")]
)
def test_a_result_without_a_line_stands_at_the_stack_or_the_vpc(stack: str, uri: str) -> None:
    (result,) = results(replace(drifts.drift(drifts.WEAKENED), stack=stack))
    assert result["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": uri}}


def test_the_message_tells_the_witness_who_did_it_and_what_to_do() -> None:
    said = results(drifts.opened())[0]["message"]["text"]
    for part in (
        "Try it: curl --max-time 5",
        "Still holding research-agent: DNS firewall, network ACL, network firewall.",
        "Made by arn:aws:sts::111122223333:assumed-role/Admin/mallory",
        "ec2:RevokeSecurityGroupEgress",
    ):
        assert part in said
    assert "Not known: AWS::Lattice::Gateway" in results(drifts.opened())[6]["message"]["text"]


def test_a_witness_that_no_tool_sends_comes_without_a_line_to_try() -> None:
    (gap,) = proofs.unsendable().layers[0].gaps
    unsendable = replace(drifts.WIDENED, gaps=(replace(drifts.WIDENED.gaps[0], gap=gap),))
    assert "Try it" not in results(drifts.drift(unsendable))[0]["message"]["text"]


def test_the_fingerprint_is_the_departures_id_and_another_thing_unread_has_another() -> None:
    assert results(drifts.opened())[0]["partialFingerprints"] == {"agentPerimeter/v1": drifts.WIDENED.id}
    other = replace(drifts.DENIED, path="eu-west-1/rslvr-frg-2")
    first, second = results(drifts.drift(unread=(drifts.DENIED, other)))
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_the_steps_of_the_witness_are_a_code_flow() -> None:
    (flow,) = results(drifts.opened())[0]["codeFlows"]
    assert len(flow["threadFlows"][0]["locations"]) == len(proofs.STEPS)
    assert "codeFlows" not in results(drifts.drift(drifts.WEAKENED))[0]
