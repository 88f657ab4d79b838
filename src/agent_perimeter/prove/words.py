"""Destinations and ports as a person would list them."""

from __future__ import annotations

from collections.abc import Iterable

from agent_perimeter.catalogue.special_ranges import PUBLIC
from agent_perimeter.names import ALL_NAMES
from agent_perimeter.packet_sets import AppSet, Box, Destinations
from agent_perimeter.packets import AddressSet
from agent_perimeter.values import Cidr

_BLOCKS = 3
"""How many blocks are listed; of more, only how many there are."""

NOWHERE = AddressSet.of(map(Cidr.parse, ("127.0.0.0/8", "255.255.255.255/32", "::1/128")))
"""Where nothing arrives: loopback stays on the host (RFC 1122), and a VPC has no broadcast (VPC user guide)."""

_FOURTH = (("IPv4", AddressSet(v4=Destinations.any_v4().v4)), ("public IPv4", AddressSet(v4=PUBLIC.v4)))
_SIXTH = (("IPv6", AddressSet(v6=Destinations.any_v6().v6)),)


def how(box: Box) -> str:
    """Protocol and ports, such as ``tcp/443``."""
    return str(Box(box.destinations, box.protocols, box.ports, AppSet(), ALL_NAMES)).rpartition(" by ")[2].strip()


def where(destinations: Destinations) -> str:
    """Destinations as a person would list them."""
    words: list[str] = []
    if destinations.v4:
        words.append(_nearly(AddressSet(v4=destinations.v4), _FOURTH))
    if destinations.v6:
        words.append(_nearly(AddressSet(v6=destinations.v6), _SIXTH))
    if destinations.symbols.inverted:
        words.append("interfaces in the VPC")
    else:
        # AWS's own lists are addresses too: where nearly every address is meant, they go without saying.
        most = words[:1] and words[0].startswith("every ")
        listed = sorted(destinations.symbols.listed)
        words += [_symbol(symbol) for symbol in listed if not (most and symbol.startswith("list:"))]
    return ", ".join(words)


def _nearly(addresses: AddressSet, families: Iterable[tuple[str, AddressSet]]) -> str:
    """Everything of a family but a few blocks, or the blocks."""
    for family, every in families:
        rest = every - addresses - NOWHERE
        # Of what is nearly everything, what is left out says more than the hundreds of blocks that are in.
        if addresses <= every and len(rest.v4.spans) + len(rest.v6.spans) <= _BLOCKS and _holds_most(addresses, rest):
            return f"every {family} address" + (f" but {_blocks(rest)}" if rest else "")
    return _blocks(addresses)


def _holds_most(addresses: AddressSet, rest: AddressSet) -> bool:
    return addresses.v4.size + addresses.v6.size > rest.v4.size + rest.v6.size


def _blocks(addresses: AddressSet) -> str:
    listed: tuple[Cidr, ...] = addresses.cidrs()
    shown = ", ".join(map(str, listed[:_BLOCKS]))
    return shown if len(listed) <= _BLOCKS else f"{shown} and {len(listed) - _BLOCKS} more blocks"


def _symbol(symbol: str) -> str:
    kind, _, name = symbol.partition(":")
    match kind:
        case "list":
            return f"AWS {name} through its gateway endpoint"
        case "endpoint":
            return f"the endpoint {name}"
        case _:
            return f"interfaces that bear {name}"
