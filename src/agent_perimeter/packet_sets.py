"""Sets of packets: where they go, by which protocol and port, what they claim to be, and how their address was found.

A packet here is one way out: from an agent's subnet to a destination. Every layer of a perimeter passes a set of
such packets, and all questions about a perimeter are inclusions of such sets. The sets are exact and canonical:
equal sets are equal objects. They are closed under union, intersection and difference, and an operation on the
sets of a large perimeter takes milliseconds.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import itemgetter

from agent_perimeter.apps import (
    ALL_APPS,
    BARE_APPS,
    NO_APPS,
    TCP_APPS,
    UDP_APPS,
    App,
    AppSet,
    Traffic,
)
from agent_perimeter.names import ALL_NAMES, NameSet
from agent_perimeter.packets import AddressSet, Intervals
from agent_perimeter.piecewise import REMEMBERED, Piecewise
from agent_perimeter.tries import Trie
from agent_perimeter.values import Cidr

__all__ = [
    "ALL_APPS",
    "ALL_PROTOCOLS",
    "BARE_APPS",
    "EVERY_PORT",
    "NO_APPS",
    "NO_PACKETS",
    "TCP_APPS",
    "UDP_APPS",
    "UNIVERSE",
    "App",
    "AppSet",
    "Box",
    "Destinations",
    "Packet",
    "PacketSet",
    "SymbolSet",
]

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
ALL_PROTOCOLS = Intervals(((0, 255),))
EVERY_PORT = Intervals(((0, 65535),))
_ALL_V4 = Intervals(((0, (1 << 32) - 1),))
_ALL_V6 = Intervals(((0, (1 << 128) - 1),))


@dataclass(frozen=True, slots=True)
class SymbolSet:
    """A set of symbols that is finite, or all but a finite one (``inverted``)."""

    listed: frozenset[str] = frozenset()
    inverted: bool = False

    @classmethod
    def of(cls, *symbols: str) -> SymbolSet:
        return cls(frozenset(symbols))

    @classmethod
    def all(cls) -> SymbolSet:
        return cls(inverted=True)

    @classmethod
    def none(cls) -> SymbolSet:
        return cls()

    @classmethod
    def union(cls, sets: Iterable[SymbolSet]) -> SymbolSet:
        return reduce(cls.__or__, sets, cls())

    def __invert__(self) -> SymbolSet:
        return SymbolSet(self.listed, not self.inverted)

    def __and__(self, other: SymbolSet) -> SymbolSet:
        match self.inverted, other.inverted:
            case True, True:
                return SymbolSet(self.listed | other.listed, inverted=True)
            case True, False:
                return SymbolSet(other.listed - self.listed)
            case False, True:
                return SymbolSet(self.listed - other.listed)
            case _:
                return SymbolSet(self.listed & other.listed)

    def __or__(self, other: SymbolSet) -> SymbolSet:
        return ~(~self & ~other)

    def __sub__(self, other: SymbolSet) -> SymbolSet:
        return self & ~other

    def __le__(self, other: SymbolSet) -> bool:
        return not self - other

    def __bool__(self) -> bool:
        return self.inverted or bool(self.listed)

    def __contains__(self, symbol: object) -> bool:
        return (symbol in self.listed) is not self.inverted

    def __str__(self) -> str:
        names = ", ".join(sorted(self.listed))
        if not self.inverted:
            return names
        return f"every symbol but {names}" if names else "every symbol"


@dataclass(frozen=True, slots=True)
class Destinations:
    """A set of addresses, and of symbols for destinations whose addresses are not known.

    Symbols are disjoint from all addresses. ``list:s3``: addresses of a prefix list that AWS keeps, reached as such;
    ``endpoint:<record id>``: the interfaces of an interface endpoint; ``members:<record id>``: other interfaces that
    bear a security group.
    """

    v4: Intervals = field(default_factory=Intervals)
    v6: Intervals = field(default_factory=Intervals)
    symbols: SymbolSet = field(default_factory=SymbolSet)

    @classmethod
    def of(cls, blocks: Iterable[Cidr]) -> Destinations:
        """The addresses of the blocks, no symbols."""
        found = AddressSet.of(blocks)
        return cls(found.v4, found.v6)

    @classmethod
    def any_v4(cls) -> Destinations:
        """Every IPv4 address, no symbols."""
        return cls(v4=_ALL_V4)

    @classmethod
    def any_v6(cls) -> Destinations:
        """Every IPv6 address, no symbols."""
        return cls(v6=_ALL_V6)

    @classmethod
    def anywhere(cls) -> Destinations:
        """Every address and every symbol."""
        return cls(_ALL_V4, _ALL_V6, SymbolSet.all())

    @classmethod
    def symbol(cls, *symbols: str) -> Destinations:
        return cls(symbols=SymbolSet.of(*symbols))

    @classmethod
    def union(cls, sets: Iterable[Destinations]) -> Destinations:
        listed = list(sets)
        return cls(
            Intervals.union(found.v4 for found in listed),
            Intervals.union(found.v6 for found in listed),
            SymbolSet.union(found.symbols for found in listed),
        )

    def __or__(self, other: Destinations) -> Destinations:
        return Destinations(self.v4 | other.v4, self.v6 | other.v6, self.symbols | other.symbols)

    def __and__(self, other: Destinations) -> Destinations:
        return Destinations(self.v4 & other.v4, self.v6 & other.v6, self.symbols & other.symbols)

    def __sub__(self, other: Destinations) -> Destinations:
        return Destinations(self.v4 - other.v4, self.v6 - other.v6, self.symbols - other.symbols)

    def __le__(self, other: Destinations) -> bool:
        return not self - other

    def __bool__(self) -> bool:
        return bool(self.v4) or bool(self.v6) or bool(self.symbols)

    def __contains__(self, destination: object) -> bool:
        """Whether it holds a symbol, or all addresses of a block."""
        match destination:
            case str():
                return destination in self.symbols
            case Cidr():
                return Destinations.of([destination]) <= self
            case _:
                return False

    def __str__(self) -> str:
        words = []
        for every, found, name in ((_ALL_V4, self.v4, "every IPv4 address"), (_ALL_V6, self.v6, "every IPv6 address")):
            if found == every:
                words.append(name)
            elif found:
                version = 4 if every is _ALL_V4 else 6
                words.append(str(AddressSet(v4=found) if version == 4 else AddressSet(v6=found)))
        if self.symbols:
            words.append(str(self.symbols))
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. ``protocol``: its IANA number. ``destination``: one address (/32, /128) or a symbol.

    ``port``: of TCP and UDP; for ICMP and ICMPv6 type * 256 + code; 0 for all other protocols. ``name``: the SNI or
    the Host, lower-case, "" where there is none. ``resolved``: the name for which the VPC's resolver gave the address
    out, "" where it never did.
    """

    protocol: int
    destination: Cidr | str
    port: int
    app: App
    name: str = ""
    resolved: str = ""

    def __str__(self) -> str:
        words = [self._url()]
        match self.app:
            case App.TLS:
                words.append(f"sni={self.name}" if self.name else "tls without sni")
            case App.HTTP:
                words.append(f"host={self.name}" if self.name else "http without host")
            case App.OTHER:
                pass
            case _:
                words.append(str(self.app))
        if self.resolved:
            words.append(f"resolved-for={self.resolved}")
        return " ".join(words)

    def _url(self) -> str:
        host = _host(self.destination)
        match self.protocol:
            case 6 | 17:
                return f"{'tcp' if self.protocol == TCP else 'udp'}://{host}:{self.port}"
            case 1 | 58:
                name = "icmp" if self.protocol == ICMP else "icmpv6"
                return f"{name}://{host} type {self.port >> 8} code {self.port & 255}"
            case _:
                return f"ip-{self.protocol}://{host}"


def _host(destination: Cidr | str) -> str:
    if isinstance(destination, str):
        return destination
    if destination.version == 4:
        return str(ipaddress.IPv4Address(destination.base))
    return f"[{ipaddress.IPv6Address(destination.base)}]"


# Protocol and port are one line of places, on which all protocols without ports lie side by side.

_AREAS = {TCP: 1 << 16, UDP: 2 << 16, ICMP: 3 << 16, ICMP6: 4 << 16}
_PORTLESS = Intervals(((0, 255),)) - Intervals.of((number, number) for number in _AREAS)


def _place(protocol: int, port: int) -> int | None:
    """The place of a protocol and port, None where there are no such packets."""
    if protocol in _AREAS:
        return _AREAS[protocol] + port if 0 <= port <= 65535 else None
    return protocol if 0 <= protocol <= 255 and port == 0 else None


def _ends(first: int, last: int) -> Iterator[tuple[Intervals, Intervals]]:
    """The protocols and ports of an interval of places."""
    for number, start in _AREAS.items():
        ports = Intervals(((first, last),)) & Intervals(((start, start + 65535),))
        if ports:
            yield Intervals(((number, number),)), Intervals(((ports.spans[0][0] - start, ports.spans[0][1] - start),))
    bare = Intervals(((first, last),)) & ALL_PROTOCOLS
    if bare:
        yield bare, Intervals(((0, 0),))


Flows = Piecewise[Traffic]
"""What may flow to one destination, by place."""
_NO_FLOWS: Flows = Piecewise()


@lru_cache(maxsize=REMEMBERED)
def _flows(protocols: Intervals, ports: Intervals, apps: AppSet, resolved: NameSet) -> Flows:
    """A product, as far as there are such packets."""
    pieces: list[tuple[int, int, Traffic]] = []
    if 0 in ports:
        bare = Traffic.of(apps & BARE_APPS, resolved)
        pieces += [(first, last, bare) for first, last in (protocols & _PORTLESS).spans]
    for number, existing in ((TCP, TCP_APPS), (UDP, UDP_APPS), (ICMP, BARE_APPS), (ICMP6, BARE_APPS)):
        if number in protocols:
            traffic = Traffic.of(apps & existing, resolved)
            start = _AREAS[number]
            pieces += [(start + first, start + last, traffic) for first, last in (ports & EVERY_PORT).spans]
    return Piecewise.of(pieces)


def _united(listed: Iterable[Flows]) -> Flows:
    different = tuple(dict.fromkeys(flows for flows in listed if flows))
    return _union(different) if len(different) > 1 else next(iter(different), _NO_FLOWS)


@lru_cache(maxsize=REMEMBERED)
def _union(listed: tuple[Flows, ...]) -> Flows:
    return Piecewise.union(listed, Traffic.union)


@dataclass(frozen=True, slots=True)
class Box:
    """A product: every destination by every protocol to every port, with every claim and every resolved name."""

    destinations: Destinations
    protocols: Intervals
    ports: Intervals
    apps: AppSet
    resolved: NameSet

    def __str__(self) -> str:
        how = f"{_protocols(self.protocols)}{_ports(self.protocols, self.ports)} {self.apps}"
        if self.resolved != ALL_NAMES:
            how += f" resolved for {', '.join(self.resolved.patterns())}"
        return f"{self.destinations} by {how}"


_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmpv6"}


def _protocols(protocols: Intervals) -> str:
    if protocols == _PORTLESS:
        return "other protocols"
    return ",".join(
        _PROTOCOLS.get(first, f"ip-{first}") if first == last else f"ip-{first}-{last}"
        for first, last in protocols.spans
    )


def _ports(protocols: Intervals, ports: Intervals) -> str:
    if ports == EVERY_PORT or protocols.spans[0][0] not in _AREAS:
        return ""
    return "/" + ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ports.spans)


@dataclass(frozen=True, slots=True)
class _Named:
    """Flows by symbol, sorted, where they are not those of all ``others``."""

    named: tuple[tuple[str, Flows], ...] = ()
    others: Flows = field(default_factory=Piecewise)

    @classmethod
    def of(cls, named: dict[str, Flows], others: Flows) -> _Named:
        return cls(tuple(sorted((symbol, flows) for symbol, flows in named.items() if flows != others)), others)

    @classmethod
    def on(cls, symbols: SymbolSet, flows: Flows) -> _Named:
        here, elsewhere = (_NO_FLOWS, flows) if symbols.inverted else (flows, _NO_FLOWS)
        return cls.of(dict.fromkeys(symbols.listed, here), elsewhere)

    def __getitem__(self, symbol: str) -> Flows:
        return dict(self.named).get(symbol, self.others)

    def __bool__(self) -> bool:
        return bool(self.named) or bool(self.others)

    def merged(self, other: _Named, operate: Callable[[Flows, Flows], Flows]) -> _Named:
        left, right = dict(self.named), dict(other.named)
        named = {
            symbol: operate(left.get(symbol, self.others), right.get(symbol, other.others)) for symbol in left | right
        }
        return _Named.of(named, operate(self.others, other.others))

    def map(self, function: Callable[[Flows], Flows]) -> _Named:
        return _Named.of({symbol: function(flows) for symbol, flows in self.named}, function(self.others))

    def pieces(self) -> Iterator[tuple[SymbolSet, Flows]]:
        for symbol, flows in self.named:
            if flows:
                yield SymbolSet.of(symbol), flows
        if self.others:
            yield SymbolSet(frozenset(symbol for symbol, _ in self.named), inverted=True), self.others


@dataclass(frozen=True, slots=True)
class PacketSet:
    """A set of packets: for every destination what may flow there. Made by ``box`` and set operations only."""

    v4: Piecewise[Flows] = field(default_factory=Piecewise)
    v6: Piecewise[Flows] = field(default_factory=Piecewise)
    symbols: _Named = field(default_factory=_Named)

    @classmethod
    def box(
        cls,
        destinations: Destinations | None = None,
        protocols: Intervals = ALL_PROTOCOLS,
        ports: Intervals = EVERY_PORT,
        apps: AppSet = ALL_APPS,
        resolved: NameSet = ALL_NAMES,
    ) -> PacketSet:
        """All packets of a product that can be: UDP bears no TLS, and only ICMP and what has ports has ports."""
        where = Destinations.anywhere() if destinations is None else destinations
        flows = _flows(protocols, ports, apps, resolved)
        return cls(
            Piecewise.of((first, last, flows) for first, last in where.v4.spans),
            Piecewise.of((first, last, flows) for first, last in where.v6.spans),
            _Named.on(where.symbols, flows),
        )

    @classmethod
    def union(cls, sets: Iterable[PacketSet]) -> PacketSet:
        """The union of any number of sets at once, in n log n."""
        listed = list(sets)
        speaking = [packets.symbols for packets in listed if packets.symbols.named]
        silent = _united([packets.symbols.others for packets in listed if not packets.symbols.named])
        symbols = {symbol for flows in speaking for symbol, _ in flows.named}
        return cls(
            Piecewise.union((packets.v4 for packets in listed), _united),
            Piecewise.union((packets.v6 for packets in listed), _united),
            _Named.of(
                {symbol: _united([silent, *(flows[symbol] for flows in speaking)]) for symbol in symbols},
                _united([silent, *(flows.others for flows in speaking)]),
            ),
        )

    def __or__(self, other: PacketSet) -> PacketSet:
        return PacketSet(
            self.v4 | other.v4, self.v6 | other.v6, self.symbols.merged(other.symbols, lambda one, two: one | two)
        )

    def __and__(self, other: PacketSet) -> PacketSet:
        return PacketSet(
            self.v4 & other.v4, self.v6 & other.v6, self.symbols.merged(other.symbols, lambda one, two: one & two)
        )

    def __sub__(self, other: PacketSet) -> PacketSet:
        return PacketSet(
            self.v4 - other.v4, self.v6 - other.v6, self.symbols.merged(other.symbols, lambda one, two: one - two)
        )

    def __le__(self, other: PacketSet) -> bool:
        return not self - other

    def __bool__(self) -> bool:
        return bool(self.v4) or bool(self.v6) or bool(self.symbols)

    def __contains__(self, packet: object) -> bool:
        if not isinstance(packet, Packet):
            return False
        flows = self.to(packet.destination)
        place = _place(packet.protocol, packet.port)
        traffic = None if flows is None or place is None else flows[place]
        return traffic is not None and packet.resolved in traffic.resolved_for(packet.app, packet.name)

    def to(self, destination: Cidr | str) -> Flows | None:
        """What may flow to one destination. Raises ``ValueError`` for a block of more than one address."""
        if isinstance(destination, str):
            return self.symbols[destination]
        if destination.size != 1:
            raise ValueError(f"a packet goes to one address, not to {destination}")
        return (self.v4 if destination.version == 4 else self.v6)[destination.base]

    def destinations(self) -> Destinations:
        """Where any packet of the set goes."""
        return Destinations(
            Intervals.of((first, last) for first, last, _ in self.v4.pieces),
            Intervals.of((first, last) for first, last, _ in self.v6.pieces),
            SymbolSet.union(symbols for symbols, _ in self.symbols.pieces()),
        )

    def boxes(self) -> Iterator[Box]:
        """The set as disjoint boxes, in the order of their first destinations: few, and none empty."""
        for flows, where in self._destinations_by_flows():
            products: dict[tuple[bool, int, Traffic], list[tuple[Intervals, Intervals]]] = {}
            for first, last, traffic in flows.pieces:
                for protocols, ports in _ends(first, last):
                    number = protocols.spans[0][0]
                    key = (number not in _AREAS, number if number in _AREAS else 0, traffic)
                    products.setdefault(key, []).append((protocols, ports))
            for (*_, traffic), ends in products.items():
                protocols = Intervals.union(protocols for protocols, _ in ends)
                ports = Intervals.union(ports for _, ports in ends)
                for apps, resolved in traffic.products():
                    yield Box(where, protocols, ports, apps, resolved)

    def _destinations_by_flows(self) -> Iterator[tuple[Flows, Destinations]]:
        same: dict[Flows, list[Destinations]] = {}
        for first, last, flows in self.v4.pieces:
            same.setdefault(flows, []).append(Destinations(v4=Intervals(((first, last),))))
        for first, last, flows in self.v6.pieces:
            same.setdefault(flows, []).append(Destinations(v6=Intervals(((first, last),))))
        for symbols, flows in self.symbols.pieces():
            same.setdefault(flows, []).append(Destinations(symbols=symbols))
        for flows, where in same.items():
            yield flows, Destinations.union(where)

    def forget_app(self) -> PacketSet:
        """The packets that differ from one of the set in what they claim at most."""
        known: dict[int, frozenset[NameSet]] = {}
        return self._map(lambda traffic: Traffic.of(ALL_APPS, traffic.resolved(known))) & UNIVERSE

    def forget_resolved(self) -> PacketSet:
        """The packets that differ from one of the set in how their address was found at most."""
        known: dict[int, Trie[NameSet]] = {}
        return self._map(lambda traffic: traffic.forget_resolved(known))

    def headers(self) -> PacketSet:
        """The packets that have destination, protocol and port in common with one of the set."""
        everything = Traffic.of(ALL_APPS, ALL_NAMES)
        return self._map(lambda _: everything) & UNIVERSE

    def _map(self, function: Callable[[Traffic], Traffic]) -> PacketSet:
        def mapped(flows: Flows) -> Flows:
            return flows.map(function)

        return PacketSet(self.v4.map(mapped), self.v6.map(mapped), self.symbols.map(mapped))

    def witness(self) -> Packet | None:
        """A packet of the set, always the same one, and the one that a person understands best; None when empty.

        TCP before UDP before ICMP before the rest, port 443, then 80, then the lowest; an address kept for
        documentation (RFC 5737, RFC 3849) before others before symbols; TLS before HTTP before other bytes.
        """
        best = min(self._choices(), key=itemgetter(0), default=None)
        if best is None:
            return None
        _, destination, protocol, port, traffic = best
        app, name, resolved = traffic.witness()
        return Packet(protocol, destination, port, app, name, resolved)

    def _choices(self) -> Iterator[tuple[tuple[int, ...], Cidr | str, int, int, Traffic]]:
        """One packet's ends for every piece, with their rank: the lowest is the best."""
        known: dict[int, tuple[tuple[int, ...], int, int, Traffic]] = {}
        for rank, destination, flows in self._picks():
            if id(flows) not in known:
                known[id(flows)] = min((_picked(*piece) for piece in flows.pieces), key=itemgetter(0))
            place_rank, protocol, port, traffic = known[id(flows)]
            yield (*place_rank, *rank), destination, protocol, port, traffic

    def _picks(self) -> Iterator[tuple[tuple[int, ...], Cidr | str, Flows]]:
        """A destination for every piece, with its rank."""
        for first, last, flows in self.v4.pieces:
            rank, address = _pick_v4(first, last)
            yield (rank, address), Cidr(4, address, 32), flows
        for first, last, flows in self.v6.pieces:
            shown = first <= _SHOWN_V6 <= last
            address = _SHOWN_V6 if shown else first + (last - first > 1)
            yield (4 if shown else 5, address), Cidr(6, address, 128), flows
        for order, (symbols, flows) in enumerate(self.symbols.pieces()):
            yield (8 if symbols.inverted else 7, order), _pick_symbol(symbols), flows


_SHOWN_V4 = tuple(Cidr.parse(text).base for text in ("203.0.113.9", "198.51.100.9", "192.0.2.9"))
_SHOWN_V6 = Cidr.parse("2001:db8::9").base
_USUAL_V4 = Intervals(((1 << 24, (224 << 24) - 1),))
"""Without "this network" (RFC 791), multicast and the reserved class E (RFC 1112)."""

_FAMILIAR = {TCP: (443, 80, 22), UDP: (443, 53), ICMP: (8 << 8,), ICMP6: (128 << 8,), -1: (47,)}
"""The ports that a witness has if it can: the best known, of ICMP an echo request, and GRE of all other protocols."""


def _pick_v4(first: int, last: int) -> tuple[int, int]:
    for rank, address in enumerate(_SHOWN_V4):
        if first <= address <= last:
            return rank, address
    usual = Intervals(((first, last),)) & _USUAL_V4
    if not usual:
        return 6, first
    # The middle of what no single block can be; of a block the first address that a host may have.
    [(first, last)] = usual.spans
    if last - first > 1 << 24:
        return 3, (first + last) // 2
    return 3, first + (last - first > 1)


def _pick_symbol(symbols: SymbolSet) -> str:
    """The first of a finite set; of an infinite one a list that nobody named."""
    if not symbols.inverted:
        return min(symbols.listed)
    return next(name for name in map("list:unnamed{}".format, ["", *range(len(symbols.listed))]) if name in symbols)


def _picked(first: int, last: int, traffic: Traffic) -> tuple[tuple[int, ...], int, int, Traffic]:
    """The best protocol and port of an interval of places, after their rank."""
    choices: list[tuple[tuple[int, ...], int, int, Traffic]] = []
    for protocols, ports in _ends(first, last):
        number = protocols.spans[0][0]
        area = number if number in _AREAS else -1
        numbers = protocols if area == -1 else ports
        low, high = numbers.spans[0]
        rank, number = next(
            ((rank, known) for rank, known in enumerate(_FAMILIAR[area]) if low <= known <= high),
            (len(_FAMILIAR[area]), low + (low == 0 < high)),
        )
        protocol, port = (number, 0) if area == -1 else (area, number)
        choices.append(((list(_FAMILIAR).index(area), rank, number), protocol, port, traffic))
    return min(choices, key=itemgetter(0))


NO_PACKETS = PacketSet()
UNIVERSE = PacketSet.box()
"""All packets that can be."""
