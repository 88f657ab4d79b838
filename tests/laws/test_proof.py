"""Laws of the proof: what is built for a policy is proven for it, for no other one, and a doubt proves nothing.

The first law closes the circle over the whole project. It holds the builder and the judge, which share no code, to
each other: ``reach(lift(synth(lower(p)))) == intent(p)``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, assume, event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.intent import AgentIntent, resolve
from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.placement import Placement, placements
from agent_perimeter.lift.template import lift
from agent_perimeter.lower import lower
from agent_perimeter.network import Network
from agent_perimeter.observed import Doubt, ObservedNetwork, Record
from agent_perimeter.packets import AddressSet
from agent_perimeter.policy.model import Block, DomainRule, Policy, Rule, ServiceRule
from agent_perimeter.prove import prove
from agent_perimeter.prove.projection import Surroundings, end_to_end
from agent_perimeter.settings import Settings
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Kind, Layer, Proof, Status
from tests.strategies import TODAY, perimeters, settings
from tests.unit.lifted import Resources
from tests.unit.perimeters import (
    EGRESS,
    POLICY,
    SOUND,
    document,
    group_rule,
    having,
    intent,
    lacking,
    read,
    statement,
)

SYNTHESES = 12
"""A stack takes a second to synthesize and to prove."""

once_in_a_while = hypothesis_settings(
    max_examples=SYNTHESES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Built:
    """A policy, and the network of the template that was made for it. ``covering``: agents whose ACL was widened."""

    policies: tuple[Policy, ...]
    network: ObservedNetwork
    places: tuple[Placement, ...]
    widened: bool

    def judged(self, policies: tuple[Policy, ...]) -> Proof:
        return prove(self.network, self.places, resolve(policies, TODAY), "law")


def build(policies: tuple[Policy, ...], chosen: Settings) -> Built | None:
    """Lowered, synthesized and lifted again; None where the policy cannot be built within AWS's quotas."""
    lowered = lower(resolve(policies, TODAY), chosen)
    if lowered.refused or lowered.network is None:
        return None
    template = synthesized(lowered.network)
    network = lift(assembly_of(["law.template.json"], {"law.template.json": template}.get))
    widened = any("the network ACL of" in finding.message for finding in lowered.findings)
    return Built(policies, network, placements(network), widened)


def synthesized(network: Network) -> bytes:
    from aws_cdk import App

    from stacks.perimeter import PerimeterStack
    from tests.cdk.templates import synthesize

    def stack(app: App) -> None:
        PerimeterStack(app, "law", network=network, prefix_lists={}, protected=True)

    with tempfile.TemporaryDirectory() as folder:
        return (synthesize(Path(folder), stack) / "law.template.json").read_bytes()


def broken(proof: Proof) -> dict[str, list[str]]:
    return {
        f"{agent.agent}: {layer.layer}": [str(gap.witness) for gap in layer.gaps]
        + [str(doubt) for doubt in layer.doubts]
        for agent in proof.agents
        for layer in agent.layers
        if layer.status not in (Status.PROVEN, Status.ABSENT)
    }


def kinds(proof: Proof) -> set[tuple[Kind, bool]]:
    return {(gap.kind, gap.certain) for agent in proof.agents for layer in agent.layers for gap in layer.gaps}


def sensible() -> st.SearchStrategy[tuple[Policy, ...]]:
    """Policies without what the lint refuses: private addresses, and resources of another service."""
    return perimeters(2).map(
        lambda found: tuple(
            replace(policy, rules=tuple(rule for rule in policy.rules if _is_sensible(rule))) for policy in found
        )
    )


def _is_sensible(rule: Rule) -> bool:
    match rule:
        case ServiceRule():
            prefix = f"arn:aws:{SERVICES[rule.service].iam[0]}:"
            return all(resource == "*" or resource.startswith(prefix) for resource in rule.resources)
        case DomainRule():
            return all(_is_public(block) for block in rule.addresses)
        case _:
            return _is_public(rule.block)


def _is_public(block: Block) -> bool:
    return not AddressSet.of((block.cidr,)) & PRIVATE


PRIVATE = AddressSet.of(map(Cidr.parse, ("10.0.0.0/8", "255.255.255.255/32", "0.0.0.0/8")))


@pytest.mark.slow
class TestWhatIsBuiltForAPolicy:
    @given(sensible(), settings())
    @once_in_a_while
    def test_is_proven_for_it(self, policies: tuple[Policy, ...], chosen: Settings) -> None:
        built = build(policies, chosen)
        assume(built is not None and policies)
        assert built is not None
        event(f"{sum(len(policy.rules) for policy in policies)} rules")
        found = broken(built.judged(policies))
        if built.widened:
            found = {layer: gaps for layer, gaps in found.items() if not layer.endswith(Layer.NETWORK_ACL)}
        assert found == {}

    @given(sensible(), settings(), st.data())
    @once_in_a_while
    def test_is_refuted_by_an_excess_where_the_policy_loses_a_rule(
        self, policies: tuple[Policy, ...], chosen: Settings, data: st.DataObject
    ) -> None:
        built = build(policies, chosen)
        assume(built is not None and any(policy.rules for policy in policies))
        assert built is not None
        victim = data.draw(st.sampled_from([policy for policy in policies if policy.rules]))
        gone = data.draw(st.sampled_from(victim.rules))
        less = replace(victim, rules=tuple(rule for rule in victim.rules if rule is not gone))
        others = tuple(less if policy is victim else policy for policy in policies)
        assume(tells_apart(policies, others))
        assert (Kind.EXCESS, True) in kinds(built.judged(others))

    @given(sensible(), settings(), st.data())
    @once_in_a_while
    def test_is_refuted_by_something_missing_where_the_policy_gains_a_rule(
        self, policies: tuple[Policy, ...], chosen: Settings, data: st.DataObject
    ) -> None:
        assume(any(policy.rules for policy in policies))
        victim = data.draw(st.sampled_from([policy for policy in policies if policy.rules]))
        new = data.draw(st.sampled_from(victim.rules))
        less = replace(victim, rules=tuple(rule for rule in victim.rules if rule is not new))
        fewer = tuple(less if policy is victim else policy for policy in policies)
        assume(tells_apart(policies, fewer))
        built = build(fewer, chosen)
        assume(built is not None)
        assert built is not None
        assert (Kind.MISSING, True) in kinds(built.judged(policies))


BARE = Surroundings(AddressSet(), {}, {}, (), ())


def tells_apart(more: tuple[Policy, ...], less: tuple[Policy, ...]) -> bool:
    """Whether an agent of ``more`` must be able to do something that ``less`` does not allow."""
    both = zip(resolve(more, TODAY).agents, resolve(less, TODAY).agents, strict=True)
    return any(_more_than(full, part) for full, part in both)


def _more_than(full: AgentIntent, part: AgentIntent) -> bool:
    services = {reach.service for reach in full.services} - {reach.service for reach in part.services}
    return bool(services or end_to_end(full, BARE).required - end_to_end(part, BARE).allowed)


# A doubt in place of anything that is known.

UNREAD = Doubt("nobody has read this")


def spots(value: object, hint: object) -> Iterator[object]:
    """The value once for each place in it that may be a doubt, with a doubt there."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if Doubt in options and not isinstance(value, Doubt):
        yield UNREAD
    if isinstance(value, tuple):
        for option in options:
            inner = get_args(option)
            if get_origin(option) is tuple and len(inner) == 2 and inner[1] is Ellipsis:
                for index, item in enumerate(value):
                    for changed in spots(item, inner[0]):
                        yield (*value[:index], changed, *value[index + 1 :])
    elif is_dataclass(value) and not isinstance(value, (type, Doubt)):
        hints = get_type_hints(type(value))
        for field in fields(value):
            for changed in spots(getattr(value, field.name), hints[field.name]):
                yield replace(value, **{field.name: changed})


@cache
def doubted(broken_by: str) -> tuple[ObservedNetwork, ...]:
    """A network, once for each of its places with a doubt there."""
    network = read(FAULTS[broken_by]).network
    found = []
    for field in fields(network):
        records = getattr(network, field.name)
        for index, record in enumerate(records):
            found += [
                replace(network, **{field.name: (*records[:index], changed, *records[index + 1 :])})
                for changed in spots(record, type(record))
                if isinstance(record, Record)
            ]
    return tuple(found)


FAULTS: dict[str, Resources] = {
    "nothing": SOUND,
    "the group": having("AgentGroup", SecurityGroupEgress=[*EGRESS, group_rule(22, "CidrIp", "203.0.113.7/32")]),
    "the name servers": having("Names", Domains=["api.example.com", "broker.example.org", "evil.example"]),
    "the route": lacking("BackRoute"),
    "the endpoint": having("S3", PolicyDocument=document(statement("s3:*", "*"))),
}


def judged(network: ObservedNetwork) -> Proof:
    return prove(network, read().places, intent(POLICY), "law")


class TestADoubt:
    def test_has_many_places(self) -> None:
        assert len(doubted("nothing")) > 300

    @given(st.data())
    @hypothesis_settings(max_examples=40, deadline=None)
    def test_leaves_nothing_for_sure_that_should_not_leave(self, data: st.DataObject) -> None:
        # Of an endpoint that may not be there the judge says too much: refuted, where unknown would do.
        endpoints = read().network.endpoints
        known = [network for network in doubted("nothing") if network.endpoints == endpoints]
        proof = judged(data.draw(st.sampled_from(known)))
        assert (Kind.EXCESS, True) not in kinds(proof)
        assert (Kind.MISSING, True) not in kinds(proof)

    @pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "nothing"])
    def test_is_put_into_what_is_refuted_without_it(self, fault: str) -> None:
        assert judged(read(FAULTS[fault]).network).status is Status.REFUTED

    @given(st.data(), st.sampled_from([fault for fault in FAULTS if fault != "nothing"]))
    @hypothesis_settings(max_examples=40, deadline=None)
    def test_never_proves_what_was_not_proven(self, data: st.DataObject, fault: str) -> None:
        assert judged(data.draw(st.sampled_from(doubted(fault)))).status is not Status.PROVEN

    @given(st.data())
    @hypothesis_settings(max_examples=40, deadline=None)
    def test_is_told_wherever_it_decides(self, data: st.DataObject) -> None:
        for agent in judged(data.draw(st.sampled_from(doubted("nothing")))).agents:
            for layer in agent.layers:
                assert all(gap.certain or gap.doubts for gap in layer.gaps)
                assert layer.status is not Status.UNKNOWN or layer.gaps or layer.doubts
