"""Security groups: what an agent's groups let out, and what a destination's groups take in.

A group only allows, all groups of an interface are one list, and a connection that was allowed one way may
answer (VPC user guide, security group rules and connection tracking). So a chain of allows is all there is,
and replies need no rule. What groups do not see is said in ``notes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Chain, Link
from agent_perimeter.observed import Doubt, GroupRef, GroupRule, ManagedList, Peer, Ref, SecurityGroup
from agent_perimeter.packet_sets import NO_PACKETS, UNIVERSE, Packet, PacketSet
from agent_perimeter.reach.addresses import (
    ANYWHERE,
    NOWHERE,
    Matched,
    Source,
    any_of,
    packets_of,
    peer_destinations,
    peer_name,
    protocol_name,
    unread,
)
from agent_perimeter.reach.index import Index, doubts_of
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome, Step

UNSEEN = (
    "security groups do not filter the VPC's resolver (its second address and 169.254.169.253), instance "
    "metadata (169.254.169.254) and the time service (169.254.169.123)"
)


@dataclass(frozen=True, slots=True)
class GroupLayer:
    """What a set of security groups permits in one direction, and by which rule."""

    groups: tuple[str, ...]
    chain: Chain[PacketSet]
    permitted: Bounds[PacketSet]
    layer: ClassVar[Layer] = Layer.SECURITY_GROUP
    notes: ClassVar[tuple[str, ...]] = (UNSEEN,)

    def decide(self, packet: Packet) -> Step:
        return step(self.layer, self.chain, packet)


def step(layer: Layer, chain: Chain[PacketSet], packet: Packet) -> Step:
    """A chain's decision on a packet: the rule that decides, or the first that may, with all its doubts."""
    decision = chain.decide(packet)
    outcome = Outcome(decision.outcome)
    if outcome is Outcome.PERHAPS:
        first = decision.links[0]
        return Step(layer, outcome, first.rule, first.origin, decision.doubts)
    return Step(layer, outcome, decision.links[-1].rule, decision.links[-1].origin)


def egress(index: Index, groups: Iterable[Ref]) -> GroupLayer:
    """What an interface with these groups may send."""
    return _layer(
        index,
        groups,
        "lets out",
        lambda group: group.egress,
        lambda rule: peer_destinations(index, rule.peer),
    )


def ingress(index: Index, groups: Iterable[Ref], source: Source) -> GroupLayer:
    """What an interface with these groups takes in from the source, whatever address it has itself."""
    return _layer(
        index,
        groups,
        "takes in",
        lambda group: group.ingress,
        lambda rule: _from(index, rule.peer, source),
    )


def _layer(
    index: Index,
    groups: Iterable[Ref],
    verb: str,
    rules: Callable[[SecurityGroup], tuple[GroupRule, ...]],
    matched: Callable[[GroupRule], Matched],
) -> GroupLayer:
    names: list[str] = []
    links: list[Link[PacketSet]] = []
    for ref in groups:
        group = None if isinstance(ref, Doubt) else index.groups.get(ref)
        if group is None:
            links.append(_unseen(ref, verb))
            continue
        names.append(group.id)
        links.extend(_link(group, rule, matched(rule), verb) for rule in rules(group))
    # All links allow, so their order only matters to the reader: rules that surely match come first.
    links.sort(key=lambda link: link.match.least != link.match.most)
    who = " and ".join(names) or "an unknown group"
    default = Link.always(UNIVERSE, f"{who} {verb} nothing like it", origin=_origin(index, names))
    chain = Chain(tuple(links), default)
    return GroupLayer(tuple(names), chain, chain.permitted)


def _link(group: SecurityGroup, rule: GroupRule, matched: Matched, verb: str) -> Link[PacketSet]:
    match = packets_of(matched.destinations, rule.protocol, rule.ports)
    unsure = (*doubts_of(group), *doubts_of(rule))
    if unsure:
        match = Bounds(NO_PACKETS, match.most)
    towards = "to" if verb == "lets out" else "from"
    text = f"{group.id} {verb} {protocol_name(rule.protocol, rule.ports)} {towards} {peer_name(rule.peer)}"
    return Link(
        match,
        allow=True,
        rule=text,
        origin=rule.origin,
        doubts=(*unsure, *unread(rule.protocol, rule.ports, rule.origin), *matched.doubts),
    )


def _unseen(ref: Ref, verb: str) -> Link[PacketSet]:
    doubt = ref if isinstance(ref, Doubt) else Doubt(f"the security group {ref} is not in sight")
    text = f"a security group that is not known {verb} what it likes"
    return Link(Bounds(NO_PACKETS, UNIVERSE), allow=True, rule=text, origin=Origin(path=doubt.path), doubts=(doubt,))


def _origin(index: Index, names: list[str]) -> Origin:
    origin = Origin()
    for name in names:
        origin |= index.groups[name].origin
    return origin


def _from(index: Index, peer: Peer, source: Source) -> Matched:
    """The destinations towards which an ingress rule's peer covers the source."""
    match peer:
        case Cidr() | Doubt():
            return source.within(peer)
        case GroupRef(name):
            if name in source.groups:
                return Matched(Bounds.exactly(ANYWHERE))
            unknown = tuple(ref for ref in source.groups if isinstance(ref, Doubt))
            return Matched(Bounds(NOWHERE, ANYWHERE if unknown else NOWHERE), unknown)
        case ManagedList():
            # AWS-managed lists hold AWS's own public addresses, and the source's are private.
            return Matched(Bounds.exactly(NOWHERE))
        case _:
            found = index.prefix_lists.get(peer.id)
            if found is None:
                return Matched(Bounds(NOWHERE, ANYWHERE), (Doubt(f"the prefix list {peer.id} is not in sight"),))
            return any_of([source.within(entry) for entry in found.entries])
