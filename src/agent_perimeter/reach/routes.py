"""Routes: which way a packet takes from a subnet, until it leaves the VPC or is lost.

From a firewall endpoint and from a NAT gateway a packet goes on by the table of the subnet that these stand
in. A way is followed with the destinations that take it: a doubt takes them out of ``least`` and leaves them
in ``most``. Two questions about a way are not about its destinations and are answered beside them: which
subnets' edges are crossed (``hops``, for the ACLs), and whether replies pass the same firewalls (``back``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, assert_never

from agent_perimeter.bounds import Bounds
from agent_perimeter.observed import Doubt, Gateway, Ref, RouteTable, TargetKind
from agent_perimeter.packet_sets import Destinations, Packet, PacketSet
from agent_perimeter.reach.acls import Direction, Hop
from agent_perimeter.reach.addresses import ANYWHERE, IPV4, IPV6, NOWHERE, Source, interface_symbols
from agent_perimeter.reach.index import Choice, Index, doubts_of
from agent_perimeter.reach.returns import returns
from agent_perimeter.reach.tables import Way, target_name, ways
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Layer, Outcome, Step


class End(StrEnum):
    """Where a way ends.

    ``OTHER_NETWORK``: a peering connection, transit gateway, VPN, …: what is there is not known.
    ``APPLIANCE``: something that forwards as it likes. ``SERVICE``: an AWS service, by a gateway endpoint.
    ``UNKNOWN``: the route's target could not be read.
    """

    INTERNET = "the internet"
    OTHER_NETWORK = "another network"
    APPLIANCE = "an appliance"
    SERVICE = "an AWS service"
    LOCAL = "the VPC"
    NOWHERE = "nowhere"
    UNKNOWN = "a target that is not known"


@dataclass(frozen=True, slots=True)
class Path:
    """A way from the agent's subnet to its end.

    ``firewalls`` are record ids in the order in which they are passed, ``senders`` what each of them sees as
    the source: beyond a NAT gateway, the gateway's subnet. ``steps`` are the routes taken. ``back`` says of the
    replies that they pass the same firewall (ALLOWS), surely not (DENIES), perhaps (PERHAPS), or that there is
    no firewall to pass (SKIPS).
    """

    end: End
    destinations: Bounds[Destinations]
    hops: tuple[Hop, ...]
    firewalls: tuple[str, ...]
    senders: tuple[Source, ...]
    endpoint: str | None
    steps: tuple[Step, ...]
    back: Step
    layer: ClassVar[Layer] = Layer.ROUTES

    @property
    def leaves(self) -> bool:
        """Whether packets leave the VPC, as far as is known."""
        return self.end not in (End.LOCAL, End.NOWHERE)

    @property
    def delivers(self) -> bool:
        """Whether packets arrive where they are addressed to. What other networks do with them is not known."""
        return self.end in (End.INTERNET, End.SERVICE)

    @property
    def permitted(self) -> Bounds[PacketSet]:
        """All packets to its destinations."""
        least = PacketSet.box(destinations=self.destinations.least)
        return Bounds(least, PacketSet.box(destinations=self.destinations.most))

    def decide(self, packet: Packet) -> Step:
        """Whether the packet goes this way, and by which routes."""
        if packet.destination not in self.destinations.most:
            return Step(
                self.layer, Outcome.DENIES, f"no packet to it takes the way to {self.end}", self.steps[0].origin
            )
        outcome = Outcome.ALLOWS if packet.destination in self.destinations.least else Outcome.PERHAPS
        if self.end is End.NOWHERE:
            outcome = Outcome.DENIES
        doubts = () if outcome is not Outcome.PERHAPS else (doubt for step in self.steps for doubt in step.doubts)
        origin = self.steps[0].origin
        rule = f"{'; '.join(step.rule for step in self.steps)}: {self.end}"
        return Step(self.layer, outcome, rule, origin, tuple(dict.fromkeys(doubts)))


@dataclass(frozen=True, slots=True)
class _Trail:
    """How far a packet has come: where it is, what it has passed, and the destinations that came this way."""

    subnet: str
    carried: Bounds[Destinations]
    source: Source
    hops: tuple[Hop, ...] = ()
    firewalls: tuple[str, ...] = ()
    senders: tuple[Source, ...] = ()
    steps: tuple[Step, ...] = ()
    nat: Source | None = None
    nat_public: bool | Doubt = True
    before_nat: int = 0
    """How many of the firewalls stand before the NAT gateway."""
    seen: frozenset[str] = frozenset()

    def across(self, direction: Direction, subnet: str) -> _Trail:
        """Over a subnet's edge."""
        return replace(self, hops=(*self.hops, Hop((subnet,), direction, self.nat)))

    def to(self, subnet: str) -> _Trail:
        """Into another subnet. Who stays in one comes upon the same table again: a loop."""
        return replace(self.across(Direction.OUT, self.subnet).across(Direction.IN, subnet), subnet=subnet)

    def only(self, least: Destinations, most: Destinations) -> _Trail:
        """Go on with a part of the destinations."""
        return replace(self, carried=self.carried & Bounds(least, most))

    def perhaps(self, *doubts: Doubt) -> _Trail:
        """Go on with a doubt, if there is one."""
        if not doubts:
            return self
        last = self.steps[-1]
        known = replace(last, outcome=Outcome.PERHAPS, doubts=tuple(dict.fromkeys((*last.doubts, *doubts))))
        return replace(self.only(NOWHERE, ANYWHERE), steps=(*self.steps[:-1], known))

    @property
    def sender(self) -> Source:
        return self.nat or self.source


def paths(index: Index, source: Source) -> tuple[Path, ...]:
    """All ways from the source, each with the destinations that take it; LOCAL and NOWHERE included."""
    return tuple(path for path in _onward(index, _Trail(source.subnet, source.sends, source)) if path.destinations.most)


def _onward(index: Index, trail: _Trail) -> tuple[Path, ...]:
    """From a subnet by its table, or by each that may be its table."""
    if trail.subnet in trail.seen:
        return (_end(index, trail, End.NOWHERE, f"a loop: back in {trail.subnet}"),)
    trail = replace(trail, seen=trail.seen | {trail.subnet})
    choice = index.table_of(trail.subnet)
    options = [_by_table(index, trail, table) for table in choice.candidates]
    if choice.open:
        step = Step(Layer.ROUTES, Outcome.PERHAPS, "a route table that is not known", doubts=choice.doubts)
        unknown = replace(trail, steps=(*trail.steps, step)).only(NOWHERE, ANYWHERE)
        options.append((_end(index, unknown, End.UNKNOWN),))
    return _either(options, choice.doubts)


def _by_table(index: Index, trail: _Trail, table: RouteTable) -> tuple[Path, ...]:
    found: list[Path] = []
    for way in ways(index, table):
        carried = trail.carried & way.destinations
        if not carried.most:
            continue
        sure = carried.least == carried.most
        outcome, doubts = (Outcome.ALLOWS, ()) if sure else (Outcome.PERHAPS, way.doubts)
        step = Step(Layer.ROUTES, outcome, f"{table.id}: {way.rule}", way.origin, doubts)
        found.extend(_by_way(index, replace(trail, carried=carried, steps=(*trail.steps, step)), way))
    return tuple(path for path in found if path.destinations.most)


def _by_way(index: Index, trail: _Trail, way: Way) -> tuple[Path, ...]:
    if way.endpoint is not None:
        return (_end(index, trail.across(Direction.OUT, trail.subnet), End.SERVICE, endpoint=way.endpoint),)
    target = way.target
    if isinstance(target, Doubt):
        return (_end(index, trail.perhaps(target), End.UNKNOWN),)
    gateway, doubts = _gateway(index, trail, target.ref)
    match target.kind:
        case TargetKind.LOCAL:
            return (_end(index, trail, End.LOCAL),)
        case TargetKind.BLACKHOLE:
            return (_end(index, trail, End.NOWHERE),)
        case TargetKind.FIREWALL:
            return _firewall(index, trail, target.ref)
        case TargetKind.NAT_GATEWAY:
            return _nat(index, trail.perhaps(*doubts), gateway)
        case TargetKind.INTERNET_GATEWAY:
            return _internet(index, trail.perhaps(*doubts), gateway)
        case TargetKind.EGRESS_ONLY_GATEWAY:
            # It takes no IPv4, and what comes from a NAT gateway is IPv4.
            v6 = NOWHERE if trail.nat is not None else IPV6
            return _detached(index, trail, gateway) or (
                _end(index, trail.perhaps(*doubts).only(v6, v6).across(Direction.OUT, trail.subnet), End.INTERNET),
            )
        case TargetKind.INTERFACE | TargetKind.INSTANCE | TargetKind.LOAD_BALANCER_ENDPOINT:
            doubt = Doubt(f"what {target_name(target)} forwards is not known", way.origin.path)
            return (_end(index, trail.perhaps(doubt), End.APPLIANCE),)
        case _:
            return _detached(index, trail, gateway) or (
                _end(index, trail.perhaps(*doubts).across(Direction.OUT, trail.subnet), End.OTHER_NETWORK),
            )


def _gateway(index: Index, trail: _Trail, ref: Ref | None) -> tuple[Gateway | None, tuple[Doubt, ...]]:
    """A route's gateway, and why it is not sure that it stands where the route needs it."""
    if isinstance(ref, Doubt):
        return None, (ref,)
    gateway = index.gateways.get(ref or "")
    if gateway is None:
        return None, (Doubt(f"{ref} is not in sight", trail.steps[-1].origin.path),)
    doubts = doubts_of(gateway, gateway.vpc)
    vpc = index.vpc_of(trail.subnet)
    if isinstance(gateway.vpc, str) and vpc is not None and vpc.id not in (gateway.vpc, gateway.peer):
        doubts = (*doubts, Doubt(f"{gateway.id} is not attached to {vpc.id}", gateway.origin.path))
    return gateway, doubts


def _detached(index: Index, trail: _Trail, gateway: Gateway | None) -> tuple[Path, ...]:
    """A gateway of no VPC takes nothing. Those that are attached by other means are not asked."""
    attached = (TargetKind.INTERNET_GATEWAY, TargetKind.EGRESS_ONLY_GATEWAY, TargetKind.VPN_GATEWAY)
    if gateway is None or gateway.kind not in attached or gateway.vpc is not None:
        return ()
    return (_end(index, trail, End.NOWHERE, f"{gateway.id} is attached to no VPC"),)


def _firewall(index: Index, trail: _Trail, ref: Ref | None) -> tuple[Path, ...]:
    """Through any of the firewall's endpoints: the route names one, the template rarely says which."""
    firewall = index.firewalls.get(ref) if isinstance(ref, str) else None
    if firewall is None:
        doubt = ref if isinstance(ref, Doubt) else Doubt(f"the firewall {ref} is not in sight")
        return (_end(index, trail.perhaps(doubt), End.UNKNOWN),)
    trail = trail.perhaps(*doubts_of(firewall))
    passed = replace(trail, firewalls=(*trail.firewalls, firewall.id), senders=(*trail.senders, trail.sender))
    options: list[tuple[Path, ...]] = []
    for subnet in firewall.subnets:
        if isinstance(subnet, str):
            options.append(_onward(index, passed.to(subnet)))
        else:
            options.append((_end(index, passed.perhaps(subnet), End.UNKNOWN),))
    if not options:
        doubt = Doubt(f"it is not known where the endpoints of {firewall.id} stand", firewall.origin.path)
        return (_end(index, passed.perhaps(doubt), End.UNKNOWN),)
    return _either(options, (Doubt(f"it is not known which endpoint of {firewall.id} this is", firewall.origin.path),))


def _nat(index: Index, trail: _Trail, gateway: Gateway | None) -> tuple[Path, ...]:
    """On by the table of the subnet in which the NAT gateway stands, with an address of that subnet.

    It translates IPv4, and IPv6 only towards 64:ff9b::/96 (VPC user guide, NAT64): perhaps.
    """
    if gateway is None or not isinstance(gateway.subnet, str):
        subnet = None if gateway is None else gateway.subnet
        doubt = subnet if isinstance(subnet, Doubt) else Doubt("it is not known where the NAT gateway stands")
        return (_end(index, trail.perhaps(doubt), End.INTERNET),)
    there = replace(
        trail.to(gateway.subnet).only(IPV4, ANYWHERE),
        nat=Source.of(index, gateway.subnet),
        nat_public=gateway.public,
        before_nat=len(trail.firewalls),
    )
    return _onward(index, there)


def _internet(index: Index, trail: _Trail, gateway: Gateway | None) -> tuple[Path, ...]:
    """Out, for those who have a public IPv4 address or an IPv6 address; never to private addresses."""
    detached = _detached(index, trail, gateway)
    if detached:
        return detached
    out = trail.only(ANYWHERE - interface_symbols(index), ANYWHERE - interface_symbols(index))
    out = out.across(Direction.OUT, trail.subnet)
    public = _public(index, trail)
    match public:
        case True:
            return (_end(index, out, End.INTERNET, edge=gateway),)
        case False:
            lost = _end(index, trail, End.NOWHERE, "a private NAT gateway has no way to the internet")
            return (lost,)
        case Doubt():
            v6 = out.only(IPV6, IPV6)
            v4 = out.only(IPV4, IPV4).perhaps(public)
            return (_end(index, v4, End.INTERNET, edge=gateway), _end(index, v6, End.INTERNET, edge=gateway))
        case _:
            assert_never(public)


def _public(index: Index, trail: _Trail) -> bool | Doubt:
    """Whether an internet gateway can translate what is sent: from a public NAT gateway or a public address.

    Anybody who may start an interface in a subnet may also give it a public address: never a sure no.
    """
    if trail.nat is not None:
        return trail.nat_public
    subnet = index.subnets.get(trail.source.subnet)
    if subnet is None or isinstance(subnet.maps_public_ip, Doubt):
        return subnet.maps_public_ip if subnet and isinstance(subnet.maps_public_ip, Doubt) else Doubt("unknown subnet")
    given = any(
        one.public is True and one.subnet == subnet.id and set(one.groups) & set(trail.source.groups)
        for one in index.interfaces.values()
    )
    return (
        subnet.maps_public_ip or given or Doubt(f"a public address may be given out in {subnet.id}", subnet.origin.path)
    )


def _end(
    index: Index, trail: _Trail, end: End, why: str = "", *, endpoint: str | None = None, edge: Gateway | None = None
) -> Path:
    steps = trail.steps
    if why:
        steps = (*steps, Step(Layer.ROUTES, Outcome.DENIES, why, steps[-1].origin if steps else Origin()))
    return Path(
        end, trail.carried, trail.hops, trail.firewalls, trail.senders, endpoint, steps, _back(index, trail, end, edge)
    )


def _either(options: list[tuple[Path, ...]], doubts: tuple[Doubt, ...]) -> tuple[Path, ...]:
    """One of several continuations holds. What they have in common is sure, apart from the subnets they cross."""
    if len(options) == 1:
        return options[0]
    same: dict[object, dict[int, Path]] = {}
    for at, option in enumerate(options):
        for path in option:
            same.setdefault(_shape(path), {})[at] = path
    merged: list[Path] = []
    for alike in same.values():
        if len(alike) < len(options):
            merged.extend(_unsure(path, doubts) for path in alike.values())
            continue
        first = alike[min(alike)]
        crossed = zip(*(path.hops for path in alike.values()), strict=True)
        hops = (
            replace(edge[0], subnets=tuple(dict.fromkeys(s for hop in edge for s in hop.subnets))) for edge in crossed
        )
        merged.append(replace(first, hops=tuple(hops)))
    return tuple(merged)


def _shape(path: Path) -> object:
    """Two paths of one shape differ only in the subnets whose edges they cross."""
    # What goes out is compared with the remote address: there the address that it bears does not matter.
    edges = tuple(
        (hop.direction, hop.nat is not None, hop.nat if hop.direction is Direction.IN else None) for hop in path.hops
    )
    return (path.end, path.destinations, edges, path.firewalls, path.senders, path.endpoint, path.back.outcome)


def _unsure(path: Path, doubts: tuple[Doubt, ...]) -> Path:
    last = path.steps[-1]
    step = replace(last, outcome=Outcome.PERHAPS, doubts=tuple(dict.fromkeys((*last.doubts, *doubts))))
    return replace(path, destinations=Bounds(NOWHERE, path.destinations.most), steps=(*path.steps[:-1], step))


def _back(index: Index, trail: _Trail, end: End, edge: Gateway | None) -> Step:
    """Whether replies pass the firewalls of the way out: those beyond the NAT gateway, then those before it."""
    if not trail.firewalls:
        return Step(Layer.ROUTES, Outcome.SKIPS, "no firewall to come back through")
    if end is not End.INTERNET:
        doubt = Doubt(f"it is not known by which way replies come back from {end}")
        return Step(Layer.ROUTES, Outcome.PERHAPS, "the way back is not known", doubts=(doubt,))
    before, beyond = trail.firewalls[: trail.before_nat], trail.firewalls[trail.before_nat :]
    steps: list[Step] = []
    if beyond:
        unread = Doubt("the internet gateway is not known")
        unknown: Choice[RouteTable] = Choice((), (unread,), open=True)
        table = unknown if edge is None else index.edge_table(edge.id)
        steps.append(returns(index, table or Choice(()), trail.sender, beyond))
    if before and trail.nat is not None:
        steps.append(returns(index, index.table_of(trail.nat.subnet), trail.source, before))
    ranking = (Outcome.DENIES, Outcome.PERHAPS, Outcome.ALLOWS)
    return min(steps, key=lambda step: ranking.index(step.outcome))
