"""The intent as Suricata ``pass`` rules: one for each name or block, for all the agents that may use it.

A pass ends the inspection of what it matches, so each is as narrow as the intent: these agents, this name
or these addresses, these ports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import assert_never

from agent_perimeter.intent import AddressReach, Claim, Intent, NameReach
from agent_perimeter.lower.suricata import (
    AGENT_BUDGET,
    EXTERNAL,
    LIST_BUDGET,
    PORT_BUDGET,
    Draft,
    agent_width,
    either,
    packed,
    port_text,
    variable,
)
from agent_perimeter.packets import AddressSet, PortSet
from agent_perimeter.settings import Settings
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, Protocol

TIE_NAMES_TO_ADDRESSES = False
"""Whether TLS and HTTP passes also ask that the address was resolved for this very name.

Validation by the policy asks that it was resolved for *some* name. Tying would also keep an agent that
claims its own name from an address resolved for another agent's. But how the keyword attributes the
addresses behind a chain of CNAMEs is not documented: if it knows them under the last name only, every name
behind a content network would be cut off. Passes on other ports use it, for nothing else holds them there.
"""

_Agents = tuple[tuple[str, Origin], ...]
_Subnets = Mapping[str, tuple[Cidr, ...]]


def held(name: NameReach, settings: Settings) -> bool:
    """Whether the firewall can tell a connection for this name from any other."""
    return name.claim is not Claim.RESOLVED or (settings.resolved_ip_validation and not name.name.wildcard)


def passes(intent: Intent, subnets: _Subnets, settings: Settings) -> Iterator[Draft]:
    """The passes, names first, sorted. A rule becomes several where its line would be too long."""
    names: dict[NameReach, dict[str, Origin]] = {}
    blocks: dict[AddressReach, dict[str, Origin]] = {}
    for agent in intent.agents:
        for name in agent.names:
            if held(name, settings):
                wanted = NameReach(name.name, name.claim, name.ports, name.pins, Origin())
                names.setdefault(wanted, {})[agent.name] = name.origin
        for block in agent.addresses:
            asked = AddressReach(block.addresses, block.protocol, block.ports, Origin())
            blocks.setdefault(asked, {})[agent.name] = block.origin
    for name in sorted(names, key=lambda name: (*name.name.order, name.ports.first, str(name.pins))):
        yield from _name(name, _crowds(names[name], subnets))
    for block in sorted(blocks, key=lambda block: (str(block.addresses), block.protocol, str(block.ports))):
        yield from _block(block, _crowds(blocks[block], subnets))


def _name(name: NameReach, crowds: tuple[_Agents, ...]) -> Iterator[Draft]:
    """Pins take the place of "anywhere outside". Where all of them are IPv6 there is nowhere to go."""
    protocol, match, what = _claim(name)
    destinations = _lists(name.pins) if name.pins else (EXTERNAL,)
    for (crowd, agents), (piece, destination) in product(enumerate(crowds), enumerate(destinations)):
        yield Draft(
            action="pass",
            protocol=protocol,
            source=_sources(agents),
            destination=destination,
            port=port_text(name.ports),
            match=match,
            what=what,
            key=f"{name.claim} {name.name} {name.ports} {name.pins} #{crowd}.{piece}",
            agents=agents,
        )


def _claim(name: NameReach) -> tuple[str, tuple[str, ...], str]:
    """The protocol, the options that recognise the name, and how to call it.

    A wildcard is everything below the name and never the name itself: hence no ``dotprefix``. The Host
    header is inspected in small letters, which our names have, and Suricata refuses ``nocase`` for it.
    ``alert`` logs each connection that TLS or HTTP passes let out; on other ports it would log each packet.
    """
    pattern = name.name
    resolved = f'aws_route_53_resolved_domain:"{pattern}"'
    tie = (resolved,) if TIE_NAMES_TO_ADDRESSES and not pattern.wildcard else ()
    whole = (f'content:".{pattern.name}"',) if pattern.wildcard else (f'content:"{pattern.name}"', "startswith")
    match name.claim:
        case Claim.TLS:
            options = ("alert", "flow:to_server", *tie, "tls.sni", *whole, "endswith", "nocase")
            return "tls", options, str(pattern)
        case Claim.HTTP:
            return "http", ("alert", "flow:to_server", *tie, "http.host", *whole, "endswith"), f"{pattern} over HTTP"
        case Claim.RESOLVED:
            return "tcp", ("flow:to_server", resolved), f"{pattern} on TCP {name.ports}"
        case _:
            assert_never(name.claim)


def _block(block: AddressReach, crowds: tuple[_Agents, ...]) -> Iterator[Draft]:
    protocol, flow = _transport(block.protocol)
    ports = tuple(packed((port_text(ports) for ports in block.ports.ranges()), _width, PORT_BUDGET))
    for (crowd, agents), (piece, destination), (part, some) in product(
        enumerate(crowds), enumerate(_lists(block.addresses)), enumerate(ports)
    ):
        yield Draft(
            action="pass",
            protocol=protocol,
            source=_sources(agents),
            destination=destination,
            port=either(some),
            match=(f"flow:{flow}",),
            what=f"{block.protocol} {_ports(block.ports)} to {_addresses(block.addresses)}",
            key=f"{block.protocol} {block.addresses} {block.ports} #{crowd}.{piece}.{part}",
            agents=agents,
        )


def _transport(protocol: Protocol) -> tuple[str, str]:
    """UDP passes in both directions: after an idle gap the server may be the first to speak again."""
    match protocol:
        case Protocol.TCP:
            return "tcp", "to_server"
        case Protocol.UDP:
            return "udp", "stateless"
        case Protocol.ICMP | Protocol.ALL:
            raise ValueError(f"an address is reached by TCP or UDP, not by {protocol}")
        case _:
            assert_never(protocol)


def _crowds(agents: Mapping[str, Origin], subnets: _Subnets) -> tuple[_Agents, ...]:
    """The agents, as many to a crowd as one line takes."""
    return tuple(packed(sorted(agents.items()), lambda agent: agent_width(subnets[agent[0]], *agent), AGENT_BUDGET))


def _sources(agents: _Agents) -> str:
    return either(f"${variable(agent)}" for agent, _ in agents)


def _lists(addresses: AddressSet) -> tuple[str, ...]:
    """The IPv4 part of a set, as header lists."""
    blocks = (str(block) for block in AddressSet(v4=addresses.v4).cidrs())
    return tuple(either(piece) for piece in packed(blocks, _width, LIST_BUDGET))


def _width(part: str) -> int:
    return len(part) + 1


def _ports(ports: PortSet) -> str:
    ranges = ports.ranges()
    return str(ports) if len(ranges) <= 3 else f"{len(ranges)} port ranges"


def _addresses(addresses: AddressSet) -> str:
    first, *rest = addresses.cidrs()
    return f"{first} and {len(rest)} more" if rest else str(first)
