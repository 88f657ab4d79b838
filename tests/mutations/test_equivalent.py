"""Each reason of the register covers what its sentence says, and not the change beside it that lets something out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.mutations.equivalent import PLACING, PLACING_TAGS, REASONS, reason_for
from tests.mutations.generate import mutants
from tests.mutations.mutant import Mutant
from tests.mutations.subject import AGENT, Subject
from tests.mutations.tree import get

SUBJECT = Subject.read(Path(__file__).parent / "subjects" / "filtered.template.json")
FOUND = list(mutants(SUBJECT))
ISOLATED = Subject.read(Path(__file__).parents[1] / "golden" / "isolated-agent.template.json")
BOTH = [*FOUND, *mutants(ISOLATED)]

COVERED: dict[str, tuple[str, str, str, str | None]] = {
    "a Name tag": ("remove property", "AWS::EC2::Subnet", "Properties/Tags/3/Value", "label"),
    "the description of a group": ("from elsewhere", "AWS::EC2::SecurityGroup", "Properties/GroupDescription", "label"),
    "the description of a rule of it": (
        "remove property",
        "AWS::EC2::SecurityGroup",
        "Properties/SecurityGroupEgress/0/Description",
        "label",
    ),
    "not the port of a rule": ("remove property", "AWS::EC2::SecurityGroupEgress", "Properties/ToPort", None),
    "a flow log": ("remove property", "AWS::EC2::FlowLog", "Properties/TrafficType", "evidence"),
    "not a flow log that became something else": ("resource of an unknown type", "AWS::EC2::FlowLog", "", None),
    "the order of a group's rules": ("reorder", "AWS::EC2::SecurityGroup", "Properties/SecurityGroupEgress", "set"),
    "not a rule that is gone": ("remove element", "AWS::EC2::SecurityGroup", "Properties/SecurityGroupEgress/0", None),
    "not the order of ports": ("change ports", "AWS::EC2::NetworkAclEntry", "Properties/PortRange", None),
    "protection against change": (
        "negate",
        "AWS::NetworkFirewall::Firewall",
        "Properties/DeleteProtection",
        "protection",
    ),
    "not another policy": ("from elsewhere", "AWS::NetworkFirewall::Firewall", "Properties/FirewallPolicyArn", None),
    "a default that is not written": (
        "remove property",
        "AWS::EC2::Subnet",
        "Properties/MapPublicIpOnLaunch",
        "default",
    ),
    "not its opposite": ("negate", "AWS::EC2::VPC", "Properties/EnableDnsSupport", None),
    "not a default action": (
        "remove element",
        "AWS::NetworkFirewall::FirewallPolicy",
        "Properties/FirewallPolicy/StatefulDefaultActions/0",
        None,
    ),
    "the time after which a flow is forgotten": (
        "change number",
        "AWS::NetworkFirewall::FirewallPolicy",
        "Properties/FirewallPolicy/StatefulEngineOptions/FlowTimeouts/TcpIdleTimeoutSeconds",
        "idle time",
    ),
    "what CloudFormation makes first": ("remove property", "AWS::EC2::NatGateway", "DependsOn", "order of creation"),
}


@pytest.mark.parametrize(("operator", "kind", "path", "reason"), COVERED.values(), ids=COVERED)
def test_it_covers(operator: str, kind: str, path: str, reason: str | None) -> None:
    found = [
        mutant
        for mutant in FOUND
        if (mutant.operator, mutant.kind, "/".join(map(str, mutant.path))) == (operator, kind, path)
    ]
    assert found, "there is no such mutant"
    assert {_name(mutant) for mutant in found} == {reason}


RULES: dict[str, tuple[str, str, str | None]] = {
    "a message": ("rule: remove option", "line 1, 0 msg", "rule label"),
    "the flow's direction of a pass": ("rule: remove option", "line 1, 2 flow", "to the server"),
    "two passes that change places": ("rule: swap lines", "line 1", "same run"),
    "not passes after drops": ("rule: add wide pass", "line 1, pass ip", None),
    "reject in place of drop": ("rule: change action", "line 1, reject", "drop or reject"),
    "not pass in place of drop": ("rule: change action", "line 1, pass", None),
}


@pytest.mark.parametrize(("operator", "detail", "reason"), RULES.values(), ids=RULES)
def test_it_covers_rules(operator: str, detail: str, reason: str | None) -> None:
    found = [mutant for mutant in FOUND if mutant.operator == operator and mutant.detail.startswith(detail)]
    assert found, "there is no such mutant"
    assert reason in {_name(mutant) for mutant in found}
    if reason is None:
        assert {_name(mutant) for mutant in found} == {None}


def test_an_acl_entry_keeps_its_place_or_does_not() -> None:
    numbers = {
        mutant.detail: _name(mutant)
        for mutant in FOUND
        if mutant.path[-1:] == ("RuleNumber",) and mutant.operator == "change number" and DENY in mutant.resource
    }
    assert numbers["109"] == "same decisions"
    assert numbers["65535"] is None  # behind the entries that allow what it denies
    assert numbers["0"] is None  # before the entry that allows what it denies


DENY = "aclsaclegressegress110"


def test_every_reason_is_the_first_for_something() -> None:
    first = Counter(_name(mutant) for mutant in BOTH)
    assert {reason.name for reason in REASONS} <= set(first)
    assert max(count for name, count in first.items() if name) < len(BOTH) / 3


def test_no_tag_that_places_something_is_a_label() -> None:
    placing = [
        mutant
        for mutant in FOUND
        if mutant.operator == "retag"
        and mutant.kind in PLACING
        and SUBJECT.tag(mutant.resource, AGENT)
        and get(SUBJECT.template, ("Resources", mutant.resource, *mutant.path[:-1], "Key")) in PLACING_TAGS
    ]
    assert len(placing) > 10
    assert {_name(mutant) for mutant in placing if mutant.layer != "evidence"} == {None}


def test_most_resources_that_are_added_have_no_reason() -> None:
    added = [mutant for mutant in FOUND if mutant.operator == "add resource"]
    named = {reason for mutant in added if (reason := _name(mutant))}
    assert named == {
        "asked never", "capped", "leads nowhere", "no IPv6", "no gateway", "only inward", "own resolver", "redundant egress",
        "same decisions",
        "wait handle",
    }  # fmt: skip
    assert sum(_name(mutant) is None for mutant in added) > 150


def _name(mutant: Mutant) -> str | None:
    reason = reason_for(mutant)
    return reason.name if reason else None
