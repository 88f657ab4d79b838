"""Laws of drift: nothing departs from itself, and what is found is what was changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_perimeter.drift.compare import compare
from agent_perimeter.drift.model import Meaning
from agent_perimeter.drift.patch import applied
from agent_perimeter.drift.table import SECTIONS
from agent_perimeter.observed import Doubt, ObservedNetwork, ResolverRule
from agent_perimeter.report.outcome import outcome_of
from agent_perimeter.verdict import Layer, Outcome, Status
from tests.unit.drift_networks import (
    CASES,
    LIVE,
    VPC,
    Case,
    Change,
    added,
    at,
    both,
    departures,
    deployed,
    judge,
    plus,
    rule,
    told,
)
from tests.unit.drift_networks import changed as altered

some_cases = st.lists(st.sampled_from(sorted(CASES)), unique=True, max_size=4)


def changed(names: list[str]) -> ObservedNetwork:
    """All of the changes; those that take records away come last, for nobody can change what is gone."""
    return both(*(CASES[name].change for name in sorted(names, key=_records, reverse=True)))(deployed())


def _records(name: str) -> int:
    network = CASES[name].change(deployed())
    return sum(len(getattr(network, field)) for field in SECTIONS)


LOST = Doubt("AWS did not say", "eu-west-1/x")
UNKNOWN: dict[str, Change] = {
    "whether DNS Firewall fails open": altered("dns_settings", "Vpc/dns-settings", fail_open=LOST),
    "whether the VPC has a resolver": altered("vpcs", "Vpc", dns_support=LOST),
    "where a route leads": altered("routes", "AgentRoute", target=LOST),
    "whether there is a route": altered("routes", "AgentRoute", maybe=LOST),
    "whether a rule is there": altered("security_groups", "AgentGroup", egress=plus(replace(rule(), maybe=LOST))),
    "to whom a group rule leads": altered("security_groups", "AgentGroup", egress=at(0, peer=LOST)),
    "what is validated": altered("firewall_policies", "Engine", resolved_ip=LOST),
    "what the firewall's rules are": altered("rule_groups", "Pass", source=LOST),
    "whether a rule group is there": altered("rule_groups", "Deny", maybe=LOST),
    "what an endpoint allows": altered("endpoints", "Bedrock", policy=LOST),
    "what a boundary allows": altered("boundaries", "Boundary", statements=LOST),
    "which boundary a role has": altered("roles", "Role", boundary=LOST),
    "where an agent's subnet is": altered("subnets", "AgentSubnet", cidr=LOST),
    "what an ACL entry is about": altered("acls", "AgentAcl", entries=at(0, cidr=LOST)),
    "which names a DNS rule is about": altered("dns_groups", "Dns", rules=at(0, domains=LOST)),
    "whether DNS Firewall is there": altered("dns_associations", "DnsUse", maybe=LOST),
    "what a profile brings": added(
        "resolver_rules", ResolverRule(id="rp-1", origin=LIVE, vpc=VPC, domain=LOST, kind=LOST, targets=())
    ),
    "anything at all": lambda network: replace(network, doubts=(LOST,)),
}


@pytest.mark.parametrize("change", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known_is_told_with_its_reason(change: Change) -> None:
    found, proof = judge(change(deployed()))
    told = [one for one in found if one.meaning is not Meaning.COSMETIC]
    assert told
    assert proof.status is not Status.PROVEN or not any(one.certain for one in told)
    assert LOST in {doubt for one in told for doubt in one.doubts}


@settings(max_examples=8, deadline=None)
@given(some_cases, st.lists(st.sampled_from(sorted(UNKNOWN)), max_size=2))
def test_an_account_that_is_not_proven_has_a_departure(names: list[str], unknown: list[str]) -> None:
    live = both(*(CASES[name].change for name in names if "gone" not in name and "without" not in name))(deployed())
    found, proof = judge(both(*(UNKNOWN[name] for name in unknown))(live))
    assert proof.status is Status.PROVEN or any(one.meaning is not Meaning.COSMETIC for one in found)


def test_nothing_departs_from_itself() -> None:
    assert compare(deployed(), deployed()) == ()
    assert departures(deployed()) == ()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_difference_made_in_what_was_deployed_gives_what_is_live(case: Case) -> None:
    live = case.change(deployed())
    differences = compare(deployed(), live)
    assert differences
    made = applied(deployed(), *differences)
    assert compare(made, live) == ()
    assert compare(live, made) == ()


@settings(max_examples=40, deadline=None)
@given(some_cases, some_cases)
def test_drift_is_symmetric(here: list[str], there: list[str]) -> None:
    """Apart from workloads, which come and go: one that is gone is no drift."""
    one, other = (replace(changed(names), interfaces=()) for names in (here, there))
    assert bool(compare(one, other)) is bool(compare(other, one))


@settings(max_examples=40, deadline=None)
@given(some_cases)
def test_differences_are_independent_of_each_other(names: list[str]) -> None:
    """Each made alone, the rest is what was found beside it."""
    live = changed(names)
    differences = compare(deployed(), live)
    for one in differences:
        rest = compare(applied(deployed(), one), live)
        assert {str(other.change) for other in rest} == {str(other.change) for other in differences if other != one}


@settings(max_examples=4, deadline=None)
@given(some_cases)
def test_drift_found_twice_is_found_once(names: list[str]) -> None:
    live = changed(names)
    first, second = departures(live), departures(live)
    assert first == second
    assert len({one.id for one in first}) == len(first)


@settings(max_examples=4, deadline=None)
@given(some_cases)
def test_an_order_is_no_drift(names: list[str]) -> None:
    live = changed(names)
    turned = replace(
        live,
        security_groups=tuple(
            replace(group, egress=group.egress[::-1], ingress=group.ingress[::-1])
            for group in live.security_groups[::-1]
        ),
        acls=tuple(replace(acl, entries=acl.entries[::-1]) for acl in live.acls[::-1]),
        routes=live.routes[::-1],
        endpoints=tuple(replace(one, route_tables=one.route_tables[::-1]) for one in live.endpoints),
    )
    assert compare(live, turned) == ()
    assert {one.id for one in departures(turned)} == {one.id for one in departures(live)}


@pytest.mark.parametrize("name", CASES)
def test_what_widens_has_a_witness_that_its_steps_let_out(name: str) -> None:
    for departure in told(name):
        if departure.meaning is not Meaning.WIDENS:
            continue
        first = departure.gaps[0]
        assert first.layer in (Layer.END_TO_END, Layer.DNS, Layer.ENDPOINTS, Layer.BOUNDARY)
        assert first.gap.certain
        assert first.gap.steps
        assert outcome_of(first.gap.steps) is Outcome.ALLOWS


@settings(max_examples=8, deadline=None)
@given(some_cases)
def test_what_is_worse_in_one_change_is_no_better_among_many(names: list[str]) -> None:
    alone = {one.sentence: one.meaning for name in names for one in told(name)}
    worst = min((tuple(Meaning).index(meaning) for meaning in alone.values()), default=len(Meaning))
    among = min((tuple(Meaning).index(one.meaning) for one in departures(changed(names))), default=len(Meaning))
    assert among <= worst
