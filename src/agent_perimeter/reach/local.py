"""Inside the VPC: which of its interfaces take in what the agent sends.

A destination in the VPC is reached when the route is ``local``, the ACLs of both subnets let the packet
through, and a group of the destination takes it in. Three kinds of destination are told apart: interface
endpoints (``endpoint:``), interfaces that bear a group (``members:``), and plain addresses, behind which there
may be anything that bears a group of this VPC. The last are never reached for sure.

What has no security group (the VPC's resolver, instance metadata) is not asked about here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from agent_perimeter.bounds import Bounds
from agent_perimeter.observed import Doubt, Endpoint, Interface, Ref, Vpc
from agent_perimeter.packet_sets import NO_PACKETS, Destinations, Packet, PacketSet
from agent_perimeter.reach.acls import OPEN, AclLayer, Direction, Hop, walls
from agent_perimeter.reach.addresses import ANYWHERE, NOWHERE, Source, endpoint_parts, members_symbol
from agent_perimeter.reach.groups import GroupLayer, ingress
from agent_perimeter.reach.index import Index, default_group, doubts_of
from agent_perimeter.reach.routes import End, Path
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome, Step

_NOTHING = Bounds.exactly(NO_PACKETS)


@dataclass(frozen=True, slots=True)
class Place:
    """Destinations in one subnet that the same groups guard."""

    destinations: Bounds[Destinations]
    acls: AclLayer
    guard: GroupLayer

    @property
    def packets(self) -> Bounds[PacketSet]:
        """All packets to it."""
        least = PacketSet.box(destinations=self.destinations.least)
        return Bounds(least, PacketSet.box(destinations=self.destinations.most))

    @property
    def permitted(self) -> Bounds[PacketSet]:
        """What reaches it, as far as ACLs and its own groups decide."""
        return self.packets & self.acls.permitted & self.guard.permitted

    @property
    def works(self) -> Bounds[PacketSet]:
        """What of that is answered, whatever port the client has."""
        return self.permitted & self.acls.answered


@dataclass(frozen=True, slots=True)
class LocalLayer:
    """Everything in the VPC that may take something in.

    ``permitted`` is what routes, ACLs and the destinations' groups let through, ``works`` what of that is
    answered; ``walls`` what ACLs alone let through there and back, of the places that take anything in;
    ``routed`` everything that is addressed to these.
    """

    places: tuple[Place, ...]
    routed: Bounds[PacketSet]
    permitted: Bounds[PacketSet]
    walls: Bounds[PacketSet]
    works: Bounds[PacketSet]
    layer: ClassVar[Layer] = Layer.SECURITY_GROUP

    def steps(self, packet: Packet) -> tuple[Step, ...]:
        """The ACLs and the destination's group, at the place that comes closest to letting it in."""
        at = [place for place in self.places if packet in place.packets.most]
        if not at:
            rule = "nothing in the VPC that is known to take anything in has this address"
            return (Step(self.layer, Outcome.DENIES, rule, Origin()),)
        best = min(at, key=lambda place: (packet not in place.permitted.least, packet not in place.permitted.most))
        taken = best.guard.decide(packet)
        if taken.outcome is Outcome.ALLOWS and packet not in best.packets.least:
            there = Doubt("what stands at this address, and behind which groups, is not known")
            taken = replace(taken, outcome=Outcome.PERHAPS, doubts=(*taken.doubts, there))
        return (best.acls.decide(packet), taken)


def local(index: Index, source: Source, paths: Iterable[Path]) -> LocalLayer:
    """What the source may reach in its VPC, by those of its ``paths`` that stay there."""
    routed = _routed(paths)
    vpc = index.vpc_of(source.subnet)
    places = tuple(_places(index, source, vpc))
    # Where nothing is taken in there is nothing behind the ACLs either.
    taking = [place for place in places if place.guard.permitted.most]
    permitted = [_NOTHING, *(place.permitted for place in taking)]
    acls = [_NOTHING, *(place.packets & place.acls.permitted & place.acls.answered for place in taking)]
    works = [_NOTHING, *(place.works for place in taking)]
    addressed = [_NOTHING, *(place.packets for place in taking)]
    return LocalLayer(places, *(routed & Bounds.union(some) for some in (addressed, permitted, acls, works)))


def _routed(paths: Iterable[Path]) -> Bounds[PacketSet]:
    """What stays in the VPC. Through a firewall on the way it stays perhaps."""
    staying = [path for path in paths if path.end is End.LOCAL]
    least = Destinations.union(path.destinations.least for path in staying if not path.firewalls)
    most = Destinations.union(path.destinations.most for path in staying)
    return Bounds(PacketSet.box(destinations=least), PacketSet.box(destinations=most))


def _places(index: Index, source: Source, vpc: Vpc | None) -> Iterator[Place]:
    for endpoint in index.reachable_endpoints:
        if _in(endpoint.vpc, vpc):
            unsure = endpoint.vpc, endpoint.kind if isinstance(endpoint.kind, Doubt) else None
            guard = ingress(index, _borne(index, endpoint), source)
            for name, part in endpoint_parts(endpoint):
                symbol = _perhaps(name, doubts_of(part, *unsure))
                yield from _behind(index, source, symbol, part.subnets, guard)
    for group in index.groups.values():
        if _in(group.vpc, vpc) and index.has_members(group.id):
            yield from _members(index, source, group.id)
    yield from _addresses(index, source, vpc)


def _members(index: Index, source: Source, group: str) -> Iterator[Place]:
    """The interfaces that are known to bear the group, and others that may: in the source's own subnet, for one."""
    for bearer, doubts in index.bearers(group):
        if isinstance(bearer, Interface):
            symbol = _perhaps(members_symbol(group), doubts)
            guard = ingress(index, dict.fromkeys((group, *_borne(index, bearer))), source)
            yield from _behind(index, source, symbol, (bearer.subnet,), guard)
    unseen = Bounds(NOWHERE, Destinations.symbol(members_symbol(group)))
    yield Place(unseen, OPEN, ingress(index, (group,), source))


def _addresses(index: Index, source: Source, vpc: Vpc | None) -> Iterator[Place]:
    """Plain addresses, subnet by subnet: there may be an interface that bears any of the VPC's groups."""
    if vpc is None:
        unknown = Doubt(f"it is not known what is in the VPC of {source.subnet}")
        yield Place(Bounds(NOWHERE, ANYWHERE), OPEN, ingress(index, (unknown,), source))
        return
    groups = [group.id for group in index.groups.values() if _in(group.vpc, vpc) and index.has_members(group.id)]
    unread = [ref for one in index.interfaces.values() for ref in _borne(index, one) if ref not in index.groups]
    guard = ingress(index, (*groups, *dict.fromkeys(unread)), source)
    for subnet in index.subnets_of_vpc(vpc.id):
        blocks = [block for block in (subnet.cidr, subnet.ipv6_cidr) if block is not None]
        known = Destinations.of(block for block in blocks if isinstance(block, Cidr))
        here = ANYWHERE if any(isinstance(block, Doubt) for block in blocks) else known
        yield from _behind(index, source, Bounds(NOWHERE, here), (subnet.id,), guard)


def _behind(
    index: Index, source: Source, to: Bounds[Destinations], subnets: Iterable[Ref], guard: GroupLayer
) -> Iterator[Place]:
    """Destinations in any of some subnets: in the source's own one no ACL is met.

    Surely reached is what is reached in all of them, which is never more than in the own one.
    """
    refs = tuple(subnets)
    known = tuple(ref for ref in refs if isinstance(ref, str))
    others = tuple(ref for ref in known if ref != source.subnet)
    if not guard.permitted.most or not refs or len(known) < len(refs):
        # Nothing is taken in whatever the ACLs do, or it is not known which ACLs are met.
        yield Place(Bounds(NOWHERE, to.most), OPEN, guard)
        return
    if source.subnet in known:
        yield Place(Bounds(NOWHERE, to.most) if others else to, OPEN, guard)
    if others:
        hops = (Hop((source.subnet,), Direction.OUT), Hop(others, Direction.IN))
        yield Place(to, walls(index, source, hops), guard)


def _borne(index: Index, bearer: Endpoint | Interface) -> tuple[Ref, ...]:
    return bearer.groups or (default_group(bearer, index),)


def _in(ref: Ref, vpc: Vpc | None) -> bool:
    return vpc is None or isinstance(ref, Doubt) or ref == vpc.id


def _perhaps(symbol: str, doubts: tuple[Doubt, ...]) -> Bounds[Destinations]:
    there = Destinations.symbol(symbol)
    return Bounds(NOWHERE if doubts else there, there)
