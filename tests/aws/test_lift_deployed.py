"""The law of the two lifters: what is read of a deployed perimeter is, record by record, what its template said."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.select import Target
from agent_perimeter.drift.compare import compare
from agent_perimeter.lift.anchor import anchor, with_owners
from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.placement import placements
from agent_perimeter.lift.snapshot import Live, lift_snapshot
from agent_perimeter.lift.template import lift
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.snapshot import Snapshot, read_snapshot, write_snapshot
from agent_perimeter.source import Origin
from tests.aws.conftest import LocalAws
from tests.aws.deploy import deploy, golden, resources

STACK = "Perimeter"
TEMPLATES = ("policies", "examples", "isolated-agent")
PEOPLES = frozenset({"id", "description"})
"""What tells the two sides apart and means nothing: ids of parts, which a template numbers, and text for people."""
OWN_IDS = frozenset(
    {"subnets", "security_groups", "acls", "firewalls", "firewall_policies", "rule_groups", "endpoints", "boundaries"}
)


READ: dict[str, Snapshot] = {}
"""What was read of each template of ours, deployed and untouched: deploying takes longer than all the rest."""


def deployed(aws: LocalAws, name: str) -> tuple[Snapshot, ObservedNetwork]:
    """A template of ours as it was collected from the local AWS, and as it was lifted."""
    template = golden(name)
    if name not in READ:
        deploy(aws.session, STACK, template)
        READ[name] = collect(aws.session, Target(stack=STACK))
    file, text = f"{name}.template.json", json.dumps(template).encode()
    return READ[name], lift(assembly_of([file], lambda path: text if path == file else None))


def meaning(value: Any) -> Hashable:
    """A record without provenance and what is for people; a list by what is in it."""
    if isinstance(value, Doubt):
        return ("not known",)
    if isinstance(value, tuple):
        return frozenset(map(meaning, value))
    if is_dataclass(value) and not isinstance(value, Origin):
        named = (one.name for one in fields(value) if one.name not in PEOPLES)
        return (type(value).__name__, *((name, meaning(getattr(value, name))) for name in named if name != "origin"))
    return value if isinstance(value, Hashable) else repr(value)


def law(snapshot: Snapshot, lifted: ObservedNetwork) -> Iterator[tuple[str, Hashable, Hashable]]:
    """Each field of the network with what it means on either side."""
    live = lift_snapshot(snapshot)
    assert live.unread == ()
    expected, doubts = anchor(lifted, snapshot)
    assert doubts == ()
    network = with_owners(live.network, expected)
    for field in fields(ObservedNetwork):
        one, other = getattr(expected, field.name), getattr(network, field.name)
        if field.name in OWN_IDS:
            assert [record.id for record in one] == [record.id for record in other], field.name
        if field.name != "interfaces":
            yield field.name, meaning(one), meaning(other)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_perimeter_that_nobody_touched_is_what_was_deployed(local_aws: LocalAws, name: str) -> None:
    snapshot, lifted = deployed(local_aws, name)
    assert snapshot.unread == ()
    for field, expected, found in law(snapshot, lifted):
        assert found == expected, field
    expected, _ = anchor(lifted, snapshot)
    live = lift_snapshot(snapshot).network
    assert [
        difference.change for difference in compare(expected, with_owners(live, expected)) if difference.decides
    ] == []


def test_agents_are_where_the_template_put_them_with_their_boundaries(local_aws: LocalAws) -> None:
    snapshot, lifted = deployed(local_aws, "policies")
    expected, _ = anchor(lifted, snapshot)
    found = placements(with_owners(lift_snapshot(snapshot).network, expected))
    assert found == placements(expected)
    assert [(one.agent, one.doubts) for one in found] == [
        (agent, ()) for agent in ("coding-agent", "database-agent", "isolated-agent", "research-agent")
    ]
    assert all(isinstance(one.boundary, str) and one.boundary.startswith("arn:aws:iam::") for one in found)


def test_what_a_person_changes_is_seen_where_it_was_changed(local_aws: LocalAws) -> None:
    deploy(local_aws.session, STACK, golden("isolated-agent"))
    before = lift_snapshot(collect(local_aws.session, Target(stack=STACK)))
    ids = resources(local_aws.session, STACK)
    group = next(
        physical for logical, physical in ids.items() if logical.startswith("Perimetergroupagentisolatedagent")
    )
    anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    local_aws.client("ec2").authorize_security_group_egress(GroupId=group, IpPermissions=[anywhere])
    after = lift_snapshot(collect(local_aws.session, Target(stack=STACK)))
    changed = [field.name for field in fields(ObservedNetwork) if _differ(before, after, field.name)]
    assert changed == ["security_groups"]
    (found,) = (one for one in after.network.security_groups if one.id == group)
    assert f"{group}/egress/all/all/0.0.0.0/0" in {rule.id for rule in found.egress}


def _differ(before: Live, after: Live, field: str) -> bool:
    one: object = getattr(before.network, field)
    other: object = getattr(after.network, field)
    return one != other


def test_a_stored_snapshot_lifts_as_the_one_that_was_read(local_aws: LocalAws) -> None:
    snapshot, _ = deployed(local_aws, "isolated-agent")
    assert lift_snapshot(read_snapshot(write_snapshot(snapshot).encode(), "here")) == lift_snapshot(snapshot)
