"""Laws of the watch: what was deployed is clean, drift is of what changed alone, and a stored reading says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.select import Target
from agent_perimeter.drift.check import Meant, check, judged
from agent_perimeter.drift.model import Drift
from agent_perimeter.files import read_policies
from agent_perimeter.lift.anchor import anchor, with_owners
from agent_perimeter.lift.snapshot import lift_snapshot
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import Policy
from agent_perimeter.snapshot import Snapshot, Unread, read_snapshot, write_snapshot
from agent_perimeter.verdict import Status
from agent_perimeter.verification import lifted
from tests.aws.deploy import ROOT, deploy, golden
from tests.aws.local.kept import kept
from tests.aws.local.sessions import session
from tests.aws.mutations import detect
from tests.aws.mutations.exercises.firewall import no_alert_log, stateless_pass
from tests.aws.mutations.exercises.groups import ALL, everything_out
from tests.aws.mutations.exercises.resolver import a_name_more
from tests.aws.mutations.exercises.vpc import past_the_firewall
from tests.aws.mutations.world import REGION, World
from tests.aws.mutations.world import STACK as PERIMETER

pytestmark = pytest.mark.usefixtures("local_aws")

STACK = "perimeter"
TODAY = date(2026, 11, 22)
TEMPLATES = {
    "policies": ROOT / "policies",
    "examples": ROOT / "examples/policies",
    "isolated-agent": ROOT / "policies/isolated-agent.yaml",
}
"""What each golden template was made from."""


@kept
def stand(template: str) -> Snapshot:
    """A golden template, deployed and read."""
    deploy(session(REGION), STACK, golden(template))
    return read(STACK)


def read(stack: str = PERIMETER) -> Snapshot:
    return collect(session(REGION), Target(stack=stack))


def policies(folder: Path) -> tuple[Policy, ...]:
    found, findings = load_perimeter(read_policies([folder]))
    assert not [one for one in findings if one.is_error]
    return tuple(found)


def network(template: str) -> ObservedNetwork:
    name = f"{template}.template.json"
    text = json.dumps(golden(template)).encode()
    return lifted([name], lambda path: text if path == name else None).network


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_was_deployed_is_clean(template: str) -> None:
    found = check(stand(template), network(template), policies(TEMPLATES[template]), TODAY)
    assert found.departures == ()
    assert found.unread == ()
    assert found.status is Status.PROVEN


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_departs_from_itself(template: str) -> None:
    """What is live is held to itself; whose boundary is whose is the template's to say."""
    snapshot = stand(template)
    live = lift_snapshot(snapshot)
    itself = with_owners(live.network, anchor(network(template), snapshot)[0])
    meant = Meant(policies(TEMPLATES[template]), TODAY, {}, template)
    departures, proof = judged(replace(live, network=itself), itself, meant)
    assert departures == ()
    assert proof.status is Status.PROVEN


CHANGES: tuple[Callable[[World], str], ...] = (
    past_the_firewall,
    everything_out,
    a_name_more,
    stateless_pass,
    no_alert_log,
)


@kept
def opened(changes: tuple[Callable[[World], str], ...] = CHANGES) -> Snapshot:
    """A perimeter with a hole in every layer, as it was read."""
    world = detect.world()
    for change in changes:
        change(world)
    return read()


@cache
def drift() -> Drift:
    return detect.drift_of(opened())


def test_drift_that_is_found_twice_is_found_once() -> None:
    first = [one.id for one in drift().departures]
    assert len(first) >= len(CHANGES)
    assert len(set(first)) == len(first)
    opened()
    assert [one.id for one in detect.drift_of(read()).departures] == first


def test_drift_does_not_depend_on_the_order_of_the_changes() -> None:
    other = detect.drift_of(opened(CHANGES[::-1]))
    assert [one.id for one in other.departures] == [one.id for one in drift().departures]


def test_a_stored_reading_is_the_same_byte_for_byte_and_says_the_same() -> None:
    text = write_snapshot(opened())
    replayed = read_snapshot(text.encode(), "a file")
    assert replayed == opened()
    assert write_snapshot(replayed) == text
    assert detect.drift_of(replayed) == drift()


def test_a_stored_reading_that_is_not_whole_says_so_again() -> None:
    [answer] = opened().answers_to("ec2:DescribeRouteTables")
    denied = Unread("ec2", "DescribeRouteTables", answer.parameters, "AccessDenied", "no", "ec2:DescribeRouteTables")
    kept = tuple(one for one in opened().answers if one != answer)
    partial = replace(opened(), answers=kept, unread=(denied,))
    replayed = read_snapshot(write_snapshot(partial).encode(), "a file")
    assert replayed == partial
    found = detect.drift_of(replayed)
    assert found == detect.drift_of(partial)
    assert [one for one in found.unread if "ec2:DescribeRouteTables" in str(one)]
    assert len(found.departures) < len(drift().departures)


def test_changes_that_are_taken_back_are_clean_again() -> None:
    world = detect.world()
    table = world.table_of("subnet/agent/reader/0")
    described = world.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    [inspected] = [one["GatewayId"] for one in described if one.get("DestinationCidrBlock") == "0.0.0.0/0"]
    logs = world.firewall.describe_logging_configuration(FirewallArn=world["firewall/0"])["LoggingConfiguration"]
    for change in CHANGES:
        change(world)
    assert detect.drift_of(read()).status is Status.REFUTED
    world.ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", VpcEndpointId=inspected)
    world.ec2.revoke_security_group_egress(GroupId=world["group/agent/reader"], IpPermissions=[ALL])
    world.resolver.update_firewall_domains(
        FirewallDomainListId=world["domains/names"], Operation="REMOVE", Domains=["evil.example"]
    )
    world.update_policy(StatelessDefaultActions=["aws:forward_to_sfe"])
    world.firewall.update_logging_configuration(FirewallArn=world["firewall/0"], LoggingConfiguration=logs)
    after = detect.drift_of(read())
    assert after.departures == ()
    assert after.status is Status.PROVEN
