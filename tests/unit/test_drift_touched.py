"""Whom a change can touch, and that all others are the same with it and without."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from agent_perimeter.drift.compare import compare
from agent_perimeter.drift.patch import applied
from agent_perimeter.drift.standing import standing
from agent_perimeter.drift.touched import touched
from agent_perimeter.intent import resolve
from agent_perimeter.lift.placement import placements
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.prove import prove
from agent_perimeter.verification import lifted
from tests.unit.drift_networks import (
    Change,
    added,
    both,
    changed,
    deployed,
    interface,
    one,
    plus,
    removed,
    rule,
    statement,
)
from tests.unit.perimeters import TODAY

ROOT = Path(__file__).parents[2]
UNREAD = Doubt("AWS did not say", "eu-west-1/x")
OPENED = changed("security_groups", "AgentGroup", egress=plus(rule()))

TOUCHED: dict[str, tuple[Change, Change, set[str] | None]] = {
    "what an agent's group lets out": (lambda network: network, OPENED, {"bot"}),
    "what it takes in is what others send": (
        lambda network: network,
        changed("security_groups", "AgentGroup", ingress=plus(rule())),
        None,
    ),
    "the group of an endpoint": (
        lambda network: network,
        changed("security_groups", "EndpointGroup", egress=plus(rule())),
        None,
    ),
    "a group that an interface bears": (
        added("interfaces", interface()),
        both(added("interfaces", interface()), OPENED),
        None,
    ),
    "a group that an interface may bear": (
        added("interfaces", interface(groups=(UNREAD,))),
        both(added("interfaces", interface(groups=(UNREAD,))), OPENED),
        None,
    ),
    "the default group, which an interface without one bears": (
        added("interfaces", interface(groups=())),
        both(
            added("interfaces", interface(groups=())),
            changed("security_groups", "Vpc/default-group", egress=plus(rule(6))),
        ),
        None,
    ),
    "a boundary": (lambda network: network, changed("boundaries", "Boundary", statements=(statement(),)), {"bot"}),
    "a role": (lambda network: network, changed("roles", "Role", boundary=None), {"bot"}),
    "a role that is another agent's now": (lambda network: network, changed("roles", "Role", agent="other"), None),
    "a boundary of an agent that is not known": (
        changed("boundaries", "Boundary", agent=UNREAD),
        changed("boundaries", "Boundary", agent=UNREAD, statements=(statement(),)),
        None,
    ),
    "one more role": (
        lambda network: network,
        lambda network: added("roles", replace(one(network, "roles", "Role"), id="other"))(network),
        None,
    ),
    "an ACL": (lambda network: network, removed("acl_associations", "AgentUsesAcl"), None),
    "a group and an ACL": (lambda network: network, both(OPENED, removed("acl_associations", "AgentUsesAcl")), None),
}


@pytest.mark.parametrize(("before", "after", "found"), TOUCHED.values(), ids=TOUCHED)
def test_agents_that_a_change_touches(before: Change, after: Change, found: set[str] | None) -> None:
    expected = before(deployed())
    differences = compare(expected, after(deployed()))
    assert differences
    assert touched(differences, expected, placements(expected)) == found


@cache
def example() -> ObservedNetwork:
    """The example perimeter, with four agents."""
    file = ROOT / "tests" / "golden" / "policies.template.json"
    region = {"AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}
    return lifted([file.name], {file.name: file.read_bytes()}.get, region).network


@pytest.mark.parametrize("field", ["security_groups", "boundaries"])
def test_agents_that_are_not_touched_are_proven_as_before(field: str) -> None:
    network = example()
    first = getattr(network, field)[0]
    changes = {"egress": (*first.egress, rule())} if field == "security_groups" else {"statements": (statement(),)}
    live = replace(network, **{field: (replace(first, **changes), *getattr(network, field)[1:])})
    differences = compare(network, live)
    agents = touched(differences, network, placements(network))
    assert agents == frozenset((first.agent,))
    folder = sorted((ROOT / "policies").glob("*.yaml"))
    policies, _ = load_perimeter([(file.name, file.read_bytes()) for file in folder])
    intent = resolve(policies, TODAY)
    whole = applied(network, *differences)
    places = standing(whole, placements(network))
    after = {agent.agent: agent.layers for agent in prove(whole, places, intent, "x").agents}
    before = {agent.agent: agent.layers for agent in prove(network, placements(network), intent, "x").agents}
    assert {name for name in before if before[name] != after[name]} == {first.agent}
    (alone,) = prove(whole, places, intent, "x", only=agents, listed=False).agents
    assert alone.layers == after[first.agent]
    assert (alone.reach, alone.allowed) == ((), ())
