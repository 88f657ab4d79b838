"""One route table: which destinations go which way.

The longest prefix that matches decides. Among equal ones ``local`` and static routes win over those to a
customer-managed prefix list, and these over propagated ones (VPC user guide, route priority). A gateway
endpoint puts a route to its service's prefix list into the tables that it names.

What a doubt could divert is perhaps on both ways: in ``most`` of each, in ``least`` of none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import assert_never

from agent_perimeter.bounds import Bounds
from agent_perimeter.observed import Doubt, ListRef, ManagedList, Route, RouteTable, Target, TargetKind, Vpc
from agent_perimeter.packet_sets import Destinations, SymbolSet
from agent_perimeter.reach.addresses import (
    ANYWHERE,
    NOWHERE,
    Matched,
    cidr_destinations,
    interface_symbols,
    list_symbol,
    own_symbols,
    peer_destinations,
    peer_name,
)
from agent_perimeter.reach.index import Index, doubts_of
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr


@dataclass(frozen=True, slots=True)
class Way:
    """One target of a table and the destinations that go there; ``endpoint``: of a gateway endpoint's route."""

    target: Target | Doubt
    destinations: Bounds[Destinations]
    rule: str
    origin: Origin
    doubts: tuple[Doubt, ...] = ()
    endpoint: str | None = None


_STATIC, _LISTED, _PROPAGATED, _SYMBOLS = range(4)
_UNKNOWN = 129
"""Longer than every prefix: what is not known stands first, where it takes from all others."""
_PRIVATE = Destinations.of(
    Cidr.parse(block) for block in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
)
_ASSIGNED_V6 = Destinations.of((Cidr.parse("2000::/3"), Cidr.parse("fc00::/7"))) - Destinations.of(
    (Cidr.parse("2001:db8::/32"),)
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A destination of a table with its place in the order: longest prefix first, then rank."""

    prefix: int
    rank: int
    matched: Matched
    way: Way


@lru_cache(maxsize=256)
def ways(index: Index, table: RouteTable) -> tuple[Way, ...]:
    """A table's ways, those with the longest prefix first. The last one takes what no route takes, to nowhere."""
    vpc = index.vpcs.get(table.vpc) if isinstance(table.vpc, str) else None
    entries = [*_local(index, vpc, table), *_gateway_endpoints(index, table)]
    for route, doubts in index.routes_of(table.id):
        entries.extend(_route(index, route, doubts))
    lost = Way(Target(TargetKind.BLACKHOLE), Bounds.exactly(NOWHERE), "no route", table.origin)
    entries.append(_Entry(-1, _STATIC, Matched(Bounds.exactly(ANYWHERE)), lost))
    return tuple(_first_match(sorted(entries, key=_order)))


def _order(entry: _Entry) -> tuple[int, int]:
    return (-entry.prefix, entry.rank)


def _first_match(entries: list[_Entry]) -> Iterator[Way]:
    """Each entry takes what those before it have left; entries of one place take from each other perhaps."""
    surely, perhaps = NOWHERE, NOWHERE
    for _, listed in groupby(entries, key=_order):
        level = tuple(listed)
        for entry in level:
            match = entry.matched.destinations
            rivals = (other.matched.destinations.most for other in level if _elsewhere(other.way, entry.way))
            taken = Bounds(match.least - Destinations.union([perhaps, *rivals]), match.most - surely)
            if taken.most:
                doubts = dict.fromkeys((*entry.way.doubts, *entry.matched.doubts))
                yield replace(entry.way, destinations=taken, doubts=tuple(doubts))
        surely |= Destinations.union(entry.matched.destinations.least for entry in level)
        perhaps |= Destinations.union(entry.matched.destinations.most for entry in level)


def _elsewhere(one: Way, other: Way) -> bool:
    return (one.target, one.endpoint) != (other.target, other.endpoint)


def _local(index: Index, vpc: Vpc | None, table: RouteTable) -> Iterator[_Entry]:
    """The routes inside the VPC.

    An IPv4 block that is not known is taken to be a private one (RFC 1918, RFC 6598), an IPv6 block not to be
    documentation's (RFC 3849). Were it another, fewer packets would leave the VPC.
    """
    local = Target(TargetKind.LOCAL)
    if vpc is None:
        doubt = Doubt(f"it is not known of which VPC {table.id} is", table.origin.path)
        way = Way(local, Bounds.exactly(NOWHERE), "local", table.origin)
        somewhere = _PRIVATE | _ASSIGNED_V6 | interface_symbols(index)
        yield _Entry(_UNKNOWN, _STATIC, Matched(Bounds(NOWHERE, somewhere), (doubt,)), way)
        return
    way = Way(local, Bounds.exactly(NOWHERE), f"local in {vpc.id}", vpc.origin)
    prefixes: list[int] = []
    for blocks, unknown in ((vpc.cidrs, _PRIVATE), (vpc.ipv6_cidrs, _ASSIGNED_V6)):
        for block in blocks:
            if isinstance(block, Cidr):
                prefixes.append(block.prefix)
                yield _Entry(block.prefix, _STATIC, cidr_destinations(index, block), way)
            else:
                yield _Entry(_UNKNOWN, _STATIC, Matched(Bounds(NOWHERE, unknown), (block,)), way)
    # Every interface is in some block of its VPC. Which one matters only where a longer prefix holds a part of it.
    yield _Entry(min(prefixes, default=16), _SYMBOLS, Matched(own_symbols(index, vpc.id)), way)


def _gateway_endpoints(index: Index, table: RouteTable) -> Iterator[_Entry]:
    for endpoint in index.network.endpoints:
        listed = table.id in endpoint.route_tables
        unknown = [ref for ref in endpoint.route_tables if isinstance(ref, Doubt)]
        if endpoint.kind != "gateway" and not isinstance(endpoint.kind, Doubt):
            continue
        if not listed and not unknown:
            continue
        doubts = [*doubts_of(endpoint, endpoint.service_name, endpoint.kind), *(() if listed else unknown)]
        if isinstance(endpoint.service_name, Doubt):
            to, name = Destinations(symbols=SymbolSet.all()), "a service that is not known"
        else:
            service = endpoint.service_name.rpartition(".")[2]
            to, name = Destinations.symbol(list_symbol(service)), service
        way = Way(
            Target(TargetKind.LOCAL),
            Bounds.exactly(NOWHERE),
            f"the prefix list of {name} to {endpoint.id}",
            endpoint.origin,
            tuple(doubts),
            endpoint.id,
        )
        yield _Entry(_UNKNOWN, _STATIC, Matched(Bounds(NOWHERE if doubts else to, to)), way)


def _route(index: Index, route: Route, doubts: tuple[Doubt, ...]) -> Iterator[_Entry]:
    rank = _PROPAGATED if route.propagated else _STATIC
    text = f"{_destination(route)} to {target_name(route.target)}"
    way = Way(route.target, Bounds.exactly(NOWHERE), text, route.origin, doubts)

    def entry(prefix: int, rank: int, matched: Matched) -> _Entry:
        bounds = Bounds(NOWHERE, matched.destinations.most) if doubts else matched.destinations
        return _Entry(prefix, rank, Matched(bounds, matched.doubts), way)

    match route.destination:
        case Cidr():
            # A route that names a block of the VPC itself replaces `local`, if AWS takes it at all: rivals.
            yield entry(route.destination.prefix, rank, cidr_destinations(index, route.destination))
        case ManagedList() | Doubt():
            yield entry(_UNKNOWN, rank, peer_destinations(index, route.destination))
        case ListRef(name) if name in index.prefix_lists:
            for block in index.prefix_lists[name].entries:
                known = isinstance(block, Cidr)
                yield entry(
                    block.prefix if isinstance(block, Cidr) else _UNKNOWN,
                    _LISTED if known else rank,
                    peer_destinations(index, block),
                )
        case ListRef():
            yield entry(_UNKNOWN, rank, peer_destinations(index, route.destination))
        case _:
            assert_never(route.destination)


def _destination(route: Route) -> str:
    match route.destination:
        case Cidr() | ManagedList() | ListRef():
            return peer_name(route.destination)
        case _:
            return "a destination that is not known"


def target_name(target: Target | Doubt) -> str:
    """A target in words."""
    if isinstance(target, Doubt):
        return "a target that is not known"
    return f"{target.kind} {target.ref}" if isinstance(target.ref, str) else str(target.kind)
