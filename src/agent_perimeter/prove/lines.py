"""Which lines of a policy speak of a packet, a query or a call."""

from __future__ import annotations

from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.catalogue.url_suffixes import URL_SUFFIX, url_suffix
from agent_perimeter.intent import AgentIntent, Claim, NameReach
from agent_perimeter.names import NameSet
from agent_perimeter.packet_sets import App, Destinations, Packet
from agent_perimeter.prove.projection import REGION, Surroundings, service_symbols
from agent_perimeter.queries import Query
from agent_perimeter.source import Origin, merged
from agent_perimeter.values import Cidr, Protocol


def of_packet(agent: AgentIntent, packet: Packet, around: Surroundings) -> Origin:
    """The lines that allow the packet, or a part of the connection that it belongs to."""
    found = [reach.origin for reach in agent.names if _names(reach, packet)]
    for reach in agent.addresses:
        ports = packet.port in reach.ports or reach.protocol not in (Protocol.TCP, Protocol.UDP)
        if reach.protocol.number == packet.protocol and ports and _inside(packet, reach.addresses.cidrs()):
            found.append(reach.origin)
    found.extend(
        reach.origin
        for reach in agent.services
        if packet.protocol == 6 and packet.port == 443 and packet.destination in service_symbols(reach.service, around)
    )
    return merged(found)


def _names(reach: NameReach, packet: Packet) -> bool:
    if packet.protocol != 6 or packet.port not in reach.ports:
        return False
    if reach.pins and not _inside(packet, reach.pins.cidrs()):
        return False
    names = NameSet.of((reach.name,))
    match packet.app, reach.claim:
        case (App.HANDSHAKE, _):
            return not packet.resolved or packet.resolved in names
        case (App.TLS, Claim.TLS) | (App.HTTP, Claim.HTTP):
            return packet.name in names
        case (_, Claim.RESOLVED):
            return packet.resolved in names or bool(reach.pins)
        case _:
            return False


def _inside(packet: Packet, blocks: tuple[Cidr, ...]) -> bool:
    return not isinstance(packet.destination, str) and packet.destination in Destinations.of(blocks)


def of_query(agent: AgentIntent, query: Query, around: Surroundings) -> Origin:
    """The lines whose name is asked for, or whose service's host is."""
    found = [reach.origin for reach in agent.names if query.name in NameSet.of((reach.name,))]
    found += [reach.origin for reach in agent.services if query.name in hosts(reach.service, around)]
    return merged(found)


def hosts(service: str, around: Surroundings) -> NameSet:
    """The names that clients of a service's endpoint ask for, as DNS Firewall spells them."""
    suffix = url_suffix(around.region)
    names = tuple(host.replace(REGION, around.region).replace(URL_SUFFIX, suffix) for host in SERVICES[service].hosts)
    below = NameSet.below(*(name[2:] for name in names if name.startswith("*.")))
    return below | NameSet.exact(*(name for name in names if not name.startswith("*.")))
