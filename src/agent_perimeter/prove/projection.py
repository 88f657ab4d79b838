"""The intent as sets of packets and queries, as far as each layer can express it.

Every layer is held between two sets. ``allowed`` is the most that it may let out; ``required`` is the
least that it must, or the agent cannot do its work. They differ where a name is all that the intent
knows: an honest client resolves the name and connects to what it was told, and that must work; which
address an allowed name is shown to is, without help from the resolver, beyond what a layer can see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.catalogue.special_ranges import PUBLIC
from agent_perimeter.intent import AgentIntent, Claim, NameReach
from agent_perimeter.names import ALL_NAMES, NameSet
from agent_perimeter.packet_sets import ALL_APPS, App, AppSet, Destinations, PacketSet, SymbolSet
from agent_perimeter.packets import AddressSet, Intervals, PortSet
from agent_perimeter.queries import QuerySet
from agent_perimeter.values import ANY_IPV4, EPHEMERAL_PORTS, PortRange, Protocol

ANSWERED_TYPES = ("A", "AAAA")
"""What a client needs to connect. Other types carry data both ways (TXT, NULL) or hide names (HTTPS, type 65)."""

REGION = "${AWS::Region}"
"""How text names the region where it is not known, or is any."""

_TCP = Intervals(((6, 6),))
_HTTPS = PortSet.of((PortRange.single(443),)).ports
_EPHEMERAL = PortSet.of((EPHEMERAL_PORTS,)).ports
_ANY_V4 = AddressSet.of((ANY_IPV4,))
_UNRESOLVED = NameSet.exact("")
"""Nobody asks the resolver for an address that the policy already names."""
_WHOLE_CONNECTION = ALL_APPS - AppSet.of(App.EARLY, App.FRAGMENT)
"""What a client of an address must be able to send. Bytes in the SYN and fragments are allowed, and not owed."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a layer may let out at most, and what it must let out at least."""

    allowed: PacketSet
    required: PacketSet

    @classmethod
    def union(cls, some: Iterable[Held]) -> Held:
        listed = tuple(some)
        return cls(PacketSet.union(held.allowed for held in listed), PacketSet.union(held.required for held in listed))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the intent's words mean in one network.

    ``local``: the VPC's IPv4 blocks. ``endpoints``: the symbols of interface endpoints by service.
    ``endpoint_blocks``: the blocks of the subnets that they stand in, by service. ``lists``: the symbols
    of the AWS-managed prefix lists. ``symbols``: all others, of endpoints and of the members of groups.
    ``region``: where the VPC is, as text in the network names it.
    """

    local: AddressSet
    endpoints: Mapping[str, tuple[str, ...]]
    endpoint_blocks: Mapping[str, AddressSet]
    lists: tuple[str, ...]
    symbols: tuple[str, ...]
    region: str = REGION

    @property
    def known_symbols(self) -> SymbolSet:
        """All symbols that stand for something."""
        return SymbolSet.of(*self.lists, *self.symbols)


def list_symbol(service: str) -> str:
    """How the algebra names the addresses of an AWS-managed prefix list."""
    return f"list:{service}"


def end_to_end(agent: AgentIntent, around: Surroundings) -> Held:
    """The intent itself: packets with their names, and with what the resolver said."""
    # A name on another port opens that port of a service's addresses, too. What lies behind a gateway endpoint is
    # the service whatever the port, and the endpoint's policy holds it.
    services = {reach.service for reach in agent.services if SERVICES[reach.service].kind == "gateway"}
    behind = PacketSet.box(Destinations.symbol(*map(list_symbol, services)), _TCP)
    exact = Held.union((_named(agent, around), addressed(agent, around), _serviced(agent, around)))
    return Held(exact.allowed | behind, exact.required)


def through_firewall(agent: AgentIntent, around: Surroundings) -> Held:
    """What of the intent a firewall on the way to the internet sees: names and addresses, no services."""
    return Held.union((_named(agent, around), addressed(agent, around)))


def headers(agent: AgentIntent, around: Surroundings) -> Held:
    """What a layer can hold that knows peers, protocols and ports: a security group."""
    named = Held(_anywhere_for_names(agent) | _beside(agent, around), _named(agent, around).required)
    return Held.union((named, addressed(agent, around), _serviced(agent, around)))


def blocks(agent: AgentIntent, around: Surroundings) -> Held:
    """What a layer can hold that knows blocks, protocols and ports only: a network ACL.

    It cannot name a prefix list, so a gateway service is port 443 anywhere; it cannot name a group, so
    an interface endpoint is the subnets that the endpoint stands in.
    """
    services = (
        _box(_peers(service, around), _TCP, _HTTPS) for service in sorted({reach.service for reach in agent.services})
    )
    held = headers(agent, around)
    # It can deny the VPC's own addresses, which a group that allows every address cannot.
    inside = PacketSet.box(_at(around.local))
    return Held(held.allowed - inside | PacketSet.union(services), held.required)


def _peers(service: str, around: Surroundings) -> Destinations:
    if SERVICES[service].kind == "gateway":
        return _somewhere(around) - _at(around.local)
    return _at(around.endpoint_blocks.get(service, AddressSet()))


def destinations(held: Held) -> Held:
    """What a layer can hold that knows destinations only: routes."""
    return Held(_by_destination(held.allowed), _by_destination(held.required))


def _by_destination(packets: PacketSet) -> PacketSet:
    return PacketSet.union(PacketSet.box(destinations=box.destinations) for box in packets.boxes())


def _named(agent: AgentIntent, around: Surroundings) -> Held:
    allowed: list[PacketSet] = []
    required: list[PacketSet] = []
    outside = _somewhere(around) - _at(around.local)
    public = _at(AddressSet(v4=PUBLIC.v4) - around.local)
    for (claim, ports, pins), names in _by_place(agent.names).items():
        port = PortSet.of((ports,)).ports
        to = _at(pins) if pins else outside
        must = _at(AddressSet(v4=pins.v4) - around.local) if pins else public
        if claim is Claim.RESOLVED:
            known = ALL_NAMES if pins else names
            allowed.append(_box(to, _TCP, port, resolved=known))
            required.append(_box(must, _TCP, port, _WHOLE_CONNECTION, names))
            continue
        spell = AppSet.tls_names if claim is Claim.TLS else AppSet.http_names
        opened = AppSet.of(App.HANDSHAKE)
        allowed.append(_box(to, _TCP, port, spell(names | _nameless(names)) | opened))
        required.append(_box(must, _TCP, port, spell(names) | opened, names))
    return Held(PacketSet.union(allowed), PacketSet.union(required))


def _nameless(names: NameSet) -> NameSet:
    """``.example.com`` where all below ``example.com`` is meant: engines match it, and nobody can have such a name."""
    return NameSet.exact(*(pattern[1:] for pattern in names.patterns() if pattern.startswith("*.")))


def _by_place(reaches: Iterable[NameReach]) -> dict[tuple[Claim, PortRange, AddressSet], NameSet]:
    """Names that share a place are one set: a thousand names are one box, not a thousand."""
    found: dict[tuple[Claim, PortRange, AddressSet], list[NameReach]] = {}
    for reach in reaches:
        found.setdefault((reach.claim, reach.ports, reach.pins), []).append(reach)
    return {place: NameSet.of(reach.name for reach in some) for place, some in found.items()}


def _anywhere_for_names(agent: AgentIntent) -> PacketSet:
    """Names without pins are every peer on their ports: a block of all addresses holds the VPC's own, too."""
    everyone = Destinations(v4=_ANY_V4.v4, symbols=SymbolSet.all())
    return PacketSet.union(
        _box(_at(reach.pins) if reach.pins else everyone, _TCP, PortSet.of((reach.ports,)).ports)
        for reach in agent.names
    )


def _beside(agent: AgentIntent, around: Surroundings) -> PacketSet:
    """The VPC's own interfaces, where a block of the intent holds addresses of the VPC: a group lets out the block."""
    inside = Destinations(symbols=SymbolSet.of(*around.symbols))
    ways = [(_TCP, PortSet.of((reach.ports,)).ports) for reach in agent.names if reach.pins & around.local]
    ways += [
        (Intervals(((reach.protocol.number, reach.protocol.number),)), reach.ports.ports)
        for reach in agent.addresses
        if reach.addresses & around.local
    ]
    return PacketSet.union(_box(inside, protocol, ports) for protocol, ports in ways)


def addressed(agent: AgentIntent, around: Surroundings) -> Held:
    """What the intent names by address, whatever is spoken there. Addresses of the VPC itself are owed to nobody."""
    allowed: list[PacketSet] = []
    required: list[PacketSet] = []
    for reach in agent.addresses:
        protocol = Intervals(((reach.protocol.number, reach.protocol.number),))
        ports = reach.ports.ports if reach.protocol in (Protocol.TCP, Protocol.UDP) else Intervals(((0, 65535),))
        allowed.append(_box(_at(reach.addresses), protocol, ports))
        owed = _at(AddressSet(v4=reach.addresses.v4) - around.local)
        required.append(_box(owed, protocol, ports, _WHOLE_CONNECTION, _UNRESOLVED))
    return Held(PacketSet.union(allowed), PacketSet.union(required))


def _serviced(agent: AgentIntent, around: Surroundings) -> Held:
    boxes: list[PacketSet] = []
    for service in sorted({reach.service for reach in agent.services}):
        symbols = service_symbols(service, around)
        if symbols:
            boxes.append(_box(Destinations.symbol(*symbols), _TCP, _HTTPS))
    reached = PacketSet.union(boxes)
    honest = reached & PacketSet.box(apps=_WHOLE_CONNECTION, resolved=_UNRESOLVED)
    return Held(reached, honest)


def service_symbols(service: str, around: Surroundings) -> tuple[str, ...]:
    """The destinations that a service is: its prefix list, or the interfaces of its endpoints."""
    if SERVICES[service].kind == "gateway":
        return (list_symbol(service),)
    return around.endpoints.get(service, ())


def replies(held: Held) -> Held:
    """What comes back: from the same peers, to the ports that clients send from (read as peer and local port)."""
    return Held(_replies(held.allowed), _replies(held.required))


def _replies(packets: PacketSet) -> PacketSet:
    return PacketSet.union(
        PacketSet.box(box.destinations, box.protocols, _EPHEMERAL) for box in packets.headers().boxes()
    )


def asked(agents: Iterable[AgentIntent], hosts: NameSet, types: tuple[str, ...] = ANSWERED_TYPES) -> QuerySet:
    """The queries that the intent speaks of: its names, and ``hosts``, the endpoints' own names."""
    names = NameSet.union((*(NameSet.of(reach.name for reach in agent.names) for agent in agents), hosts))
    return QuerySet.of(names, types)


def _somewhere(around: Surroundings) -> Destinations:
    """Every IPv4 address, those of AWS's own lists among them."""
    return Destinations(v4=_ANY_V4.v4, symbols=SymbolSet.of(*around.lists))


def _at(addresses: AddressSet) -> Destinations:
    return Destinations(v4=addresses.v4, v6=addresses.v6)


def _box(
    to: Destinations, protocols: Intervals, ports: Intervals, apps: AppSet = ALL_APPS, resolved: NameSet = ALL_NAMES
) -> PacketSet:
    return PacketSet.box(to, protocols, ports, apps, resolved)
