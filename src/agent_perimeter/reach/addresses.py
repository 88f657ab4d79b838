"""What rules say about addresses, protocols and ports, as bounds of sets.

A symbol stands for addresses that are not known as numbers: those of an AWS-managed prefix list, of an
interface endpoint, or of the other interfaces that bear a group. Symbols are IPv4 addresses: a CIDR of all
of IPv4 holds them all. A narrower one holds an endpoint's surely when it covers the endpoint's subnets, and
perhaps when it overlaps them; a managed list's addresses are compared by the list's name alone.

The packets of security group rules and ACL entries are read alike: for protocols other than TCP, UDP, ICMP
and ICMPv6 all ports match, whatever the rule says (EC2 API reference, IpPermission and CreateNetworkAclEntry).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import assert_never

from agent_perimeter.bounds import Bounds
from agent_perimeter.observed import (
    Doubt,
    Endpoint,
    GroupRef,
    Icmp,
    Interface,
    ListRef,
    ManagedList,
    Peer,
    Ref,
    SecurityGroup,
)
from agent_perimeter.packet_sets import NO_PACKETS, Destinations, PacketSet, SymbolSet
from agent_perimeter.packets import Intervals
from agent_perimeter.reach.index import Index
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange

TCP = 6
UDP = 17
ICMP = 1
ICMPV6 = 58

ALL_PROTOCOLS = Intervals(((0, 255),))
ALL_PORTS = Intervals(((0, 65535),))
NOWHERE = Destinations.of(())
ANYWHERE = Destinations.anywhere()
IPV4 = Destinations(Intervals(((0, (1 << 32) - 1),)), Intervals(), SymbolSet.all())
"""All IPv4 addresses, those that only a symbol stands for too."""
IPV6 = Destinations(Intervals(), Intervals(((0, (1 << 128) - 1),)), SymbolSet.none())


def list_symbol(service: str) -> str:
    """The addresses of an AWS-managed prefix list."""
    return f"list:{service}"


def endpoint_parts(endpoint: Endpoint) -> tuple[tuple[str, Endpoint], ...]:
    """The interfaces of an interface endpoint, one in each of its subnets: a symbol, and the endpoint as it is there.

    An endpoint with one subnet is ``endpoint:<record id>``, of others the subnet is named too.
    """
    if len(endpoint.subnets) <= 1:
        return ((f"endpoint:{endpoint.id}", endpoint),)
    subnets = [(ref if isinstance(ref, str) else str(number), ref) for number, ref in enumerate(endpoint.subnets, 1)]
    return tuple((f"endpoint:{endpoint.id} in {name}", replace(endpoint, subnets=(ref,))) for name, ref in subnets)


def _parts(endpoints: Iterable[Endpoint]) -> Iterator[tuple[str, Endpoint]]:
    return (part for endpoint in endpoints for part in endpoint_parts(endpoint))


def members_symbol(group: str) -> str:
    """The addresses of interfaces that bear a group, by record id; those of endpoints are not among them."""
    return f"members:{group}"


@dataclass(frozen=True, slots=True)
class Matched:
    """The destinations that a rule's peer stands for, and why they are not known better."""

    destinations: Bounds[Destinations]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where packets come from: the addresses of a subnet, and the groups that the sender bears.

    Addresses are all of the block or a part that no rule tells apart. None: no address of that version.
    ``has_v6``: it surely has IPv6 addresses, though it may not be known which.
    """

    subnet: str
    v4: Cidr | Doubt | None
    v6: Cidr | Doubt | None
    groups: tuple[Ref, ...]
    has_v6: bool = False

    @classmethod
    def of(cls, index: Index, subnet: str, groups: Iterable[Ref] = ()) -> Source:
        """The whole subnet. An unknown subnet is a doubt of either version."""
        found = index.subnets.get(subnet)
        if found is None:
            doubt = Doubt(f"{subnet} is not in sight")
            return cls(subnet, doubt, doubt, tuple(groups))
        return cls(subnet, found.cidr, found.ipv6_cidr, tuple(groups), found.has_ipv6)

    @property
    def sends(self) -> Bounds[Destinations]:
        """The destinations of the IP versions that it has addresses of.

        An IPv4 block that is not known is there all the same; an IPv6 block may be missing.
        """
        v4 = NOWHERE if self.v4 is None else IPV4
        least = v4 | IPV6 if isinstance(self.v6, Cidr) or self.has_v6 else v4
        return Bounds(least, least if self.v6 is None else least | IPV6)

    def within(self, cidr: Cidr | Doubt) -> Matched:
        """The destinations towards which packets of this source come from inside ``cidr``."""
        if isinstance(cidr, Doubt):
            return Matched(Bounds(NOWHERE, ANYWHERE), (cidr,))
        own, part = (self.v4, IPV4) if cidr.version == 4 else (self.v6, IPV6)
        match own:
            case None:
                return Matched(Bounds.exactly(NOWHERE))
            case Doubt():
                return Matched(Bounds.exactly(part)) if cidr.prefix == 0 else Matched(Bounds(NOWHERE, part), (own,))
            case Cidr() if own in cidr:
                return Matched(Bounds.exactly(part))
            case Cidr() if own.overlaps(cidr):
                doubt = Doubt(f"{cidr} holds a part of {own} and not all of it")
                return Matched(Bounds(NOWHERE, part), (doubt,))
            case Cidr():
                return Matched(Bounds.exactly(NOWHERE))
            case _:
                assert_never(own)


def peer_destinations(index: Index, peer: Peer) -> Matched:
    """The destinations that a peer stands for."""
    match peer:
        case Cidr():
            return cidr_destinations(index, peer)
        case ManagedList(service):
            return Matched(Bounds.exactly(Destinations.symbol(list_symbol(service))))
        case ListRef(name):
            return _listed(index, name)
        case GroupRef(name):
            return _bearing(index, name)
        case Doubt():
            return Matched(Bounds(NOWHERE, ANYWHERE), (peer,))
        case _:
            assert_never(peer)


@lru_cache(maxsize=1024)
def cidr_destinations(index: Index, cidr: Cidr) -> Matched:
    """A block's own addresses, and the symbols that lie in it."""
    if cidr.prefix == 0:
        return Matched(Bounds.exactly(IPV4 if cidr.version == 4 else IPV6))
    numbers = Destinations.of((cidr,))
    if cidr.version == 6:
        return Matched(Bounds.exactly(numbers))
    surely, perhaps = [], []
    for symbol, blocks in symbol_blocks(index):
        if blocks and all(isinstance(block, Cidr) and block in cidr for block in blocks):
            surely.append(symbol)
        elif not blocks or any(not isinstance(block, Cidr) or block.overlaps(cidr) for block in blocks):
            perhaps.append(symbol)
    least = numbers | Destinations.symbol(*surely)
    doubts = tuple(Doubt(f"{cidr} may hold addresses of {symbol}, and may not hold all") for symbol in perhaps)
    return Matched(Bounds(least, least | Destinations.symbol(*perhaps)), doubts)


@lru_cache(maxsize=1)
def symbol_blocks(index: Index) -> tuple[tuple[str, tuple[Cidr | Doubt | None, ...]], ...]:
    """The symbols of a network's own interfaces, each with the blocks that hold them; no blocks: not known."""
    endpoints = [(symbol, index.blocks_under(part)) for symbol, part in _parts(index.reachable_endpoints)]
    return (*endpoints, *((members_symbol(one.id), _member_blocks(index, one)) for one in index.groups.values()))


def _member_blocks(index: Index, group: SecurityGroup) -> tuple[Cidr | Doubt | None, ...]:
    """The blocks of the interfaces that are known to bear a group, otherwise its VPC's."""
    known = [bearer for bearer, _ in index.bearers(group.id) if isinstance(bearer, Interface)]
    vpc = index.vpcs.get(group.vpc) if isinstance(group.vpc, str) else None
    return tuple(block for bearer in known for block in index.blocks_under(bearer)) or (vpc.cidrs if vpc else ())


def own_symbols(index: Index, vpc: str) -> Bounds[Destinations]:
    """The symbols of all interfaces in the VPC."""
    surely, perhaps = [], []
    for symbol, owner in _symbols(index):
        if owner == vpc:
            surely.append(symbol)
        elif isinstance(owner, Doubt):
            perhaps.append(symbol)
    return Bounds(Destinations.symbol(*surely), Destinations.symbol(*surely, *perhaps))


def interface_symbols(index: Index) -> Destinations:
    """The symbols of all interfaces of all VPCs: private addresses, which no internet gateway forwards to."""
    return Destinations.symbol(*(symbol for symbol, _ in _symbols(index)))


def _symbols(index: Index) -> Iterable[tuple[str, Ref]]:
    yield from ((symbol, part.vpc) for symbol, part in _parts(index.reachable_endpoints))
    yield from ((members_symbol(one.id), one.vpc) for one in index.groups.values())


def packets_of(
    destinations: Bounds[Destinations], protocol: int | Doubt | None, ports: PortRange | Icmp | Doubt | None
) -> Bounds[PacketSet]:
    """The packets to some destinations that a rule's protocol and ports match.

    ICMP packets have type * 256 + code in the place of a port. A value that is not known, or that its
    protocol cannot have, matches nothing for sure and perhaps everything.
    """
    match protocol:
        case Doubt():
            return Bounds(NO_PACKETS, PacketSet.box(destinations=destinations.most))
        case None:
            return _boxes(destinations, ALL_PROTOCOLS, ALL_PORTS)
        case int():
            number = Intervals(((protocol, protocol),))
            matched = _ports(protocol, ports)
            if matched is None:
                return Bounds(NO_PACKETS, PacketSet.box(destinations=destinations.most, protocols=number))
            return _boxes(destinations, number, matched)
        case _:
            assert_never(protocol)


def unread(protocol: int | Doubt | None, ports: PortRange | Icmp | Doubt | None, origin: Origin) -> tuple[Doubt, ...]:
    """Why it is not known which packets a rule's protocol and ports match."""
    doubts = tuple(value for value in (protocol, ports) if isinstance(value, Doubt))
    if not doubts and isinstance(protocol, int) and _ports(protocol, ports) is None:
        return (Doubt(f"{protocol_name(protocol, None)} has no ports {ports}", origin.path),)
    return doubts


def protocol_name(protocol: int | Doubt | None, ports: PortRange | Icmp | Doubt | None) -> str:
    """A rule's protocol and ports in words, such as ``TCP 443``."""
    match protocol:
        case None:
            return "all traffic"
        case Doubt():
            return "an unknown protocol"
        case _:
            name = {TCP: "TCP", UDP: "UDP", ICMP: "ICMP", ICMPV6: "ICMPv6"}.get(protocol, f"protocol {protocol}")
    match ports:
        case PortRange() if protocol in (TCP, UDP):
            return f"{name} {ports}"
        case Icmp(kind, code) if kind is not None:
            return f"{name} type {kind}" + ("" if code is None else f" code {code}")
        case Doubt():
            return f"{name} on unknown ports"
        case _:
            return f"all {name}"


def peer_name(peer: Peer) -> str:
    """A peer in words."""
    match peer:
        case Cidr():
            return str(peer)
        case ManagedList(service):
            return f"the prefix list of {service}"
        case ListRef(name):
            return f"the prefix list {name}"
        case GroupRef(name):
            return f"the group {name}"
        case Doubt():
            return "an unknown address"
        case _:
            assert_never(peer)


def _boxes(destinations: Bounds[Destinations], protocols: Intervals, ports: Intervals) -> Bounds[PacketSet]:
    least = PacketSet.box(destinations=destinations.least, protocols=protocols, ports=ports)
    if destinations.least == destinations.most:
        return Bounds.exactly(least)
    return Bounds(least, PacketSet.box(destinations=destinations.most, protocols=protocols, ports=ports))


def _ports(protocol: int, ports: PortRange | Icmp | Doubt | None) -> Intervals | None:
    """The ports that match; None where that is not known."""
    match protocol, ports:
        case ((6 | 17), PortRange()):
            return Intervals(((ports.first, ports.last),))
        case ((1 | 58), Icmp(kind, code)):
            if kind is None:
                return ALL_PORTS
            first, last = (0, 255) if code is None else (code, code)
            return Intervals(((kind * 256 + first, kind * 256 + last),))
        case ((6 | 17 | 1 | 58), None):
            return ALL_PORTS
        case ((6 | 17 | 1 | 58), _):
            return None
        case _:
            return ALL_PORTS


def _listed(index: Index, name: str) -> Matched:
    found = index.prefix_lists.get(name)
    if found is None:
        return Matched(Bounds(NOWHERE, ANYWHERE), (Doubt(f"the prefix list {name} is not in sight"),))
    parts = [peer_destinations(index, entry) for entry in found.entries]
    return any_of(parts)


def _bearing(index: Index, name: str) -> Matched:
    if name not in index.groups:
        return Matched(Bounds(NOWHERE, ANYWHERE), (Doubt(f"the security group {name} is not in sight"),))
    parts = []
    for bearer, doubts in index.bearers(name):
        if isinstance(bearer, Endpoint):
            here = Destinations.symbol(*(symbol for symbol, _ in endpoint_parts(bearer)))
            parts.append(Matched(Bounds(NOWHERE if doubts else here, here), doubts))
    if index.has_members(name):
        parts.append(Matched(Bounds.exactly(Destinations.symbol(members_symbol(name)))))
    return any_of(parts)


def any_of(parts: Iterable[Matched]) -> Matched:
    """What any of several peers stands for."""
    parts = tuple(parts)
    least, most = NOWHERE, NOWHERE
    for part in parts:
        least |= part.destinations.least
        most |= part.destinations.most
    return Matched(Bounds(least, most), tuple(dict.fromkeys(doubt for part in parts for doubt in part.doubts)))
