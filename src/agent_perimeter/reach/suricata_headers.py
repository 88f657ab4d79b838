"""The addresses and ports of a rule's header: lists, negations, ranges and variables.

A set is read for one IP version at a time, as the engine does: a list that only excludes addresses of a version
begins from all of that version, and one that names none of them holds none (Suricata 7 user guide, "Rules Format").
What a variable holds may be unknown; a set is therefore known from both sides.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent_perimeter.bounds import Bounds
from agent_perimeter.observed import Doubt
from agent_perimeter.packet_sets import EVERY_PORT, Destinations, SymbolSet
from agent_perimeter.packets import Intervals
from agent_perimeter.values import Cidr

Definition = tuple[str | Doubt, ...]
"""What a variable holds: each element as it could stand in a header."""

NOWHERE = Destinations()
_DEPTH = 8
"""How deep variables may refer to variables."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The IP sets and port sets that a rule group's headers can name, ``HOME_NET`` and ``EXTERNAL_NET`` among them."""

    addresses: Mapping[str, Definition]
    ports: Mapping[str, Definition]


@dataclass(frozen=True, slots=True)
class Read:
    """A set of a header, and what about it could not be read."""

    addresses: Bounds[Destinations]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Ports:
    """A set of ports, and what about it could not be read."""

    ports: Bounds[Intervals]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Headers:
    """Reads the headers of one rule group for one IP version; every text once.

    ``places``: the blocks in which the addresses behind a symbol lie. A block holds such a symbol surely when it
    covers them, perhaps when it overlaps them; symbols without a place belong to the block ``/0`` alone.
    """

    variables: Variables
    version: Literal[4, 6]
    places: Mapping[str, tuple[Cidr, ...]] = field(default_factory=dict)
    _addresses: dict[str, Read] = field(default_factory=dict)
    _ports: dict[str, Ports] = field(default_factory=dict)

    @property
    def everywhere(self) -> Destinations:
        every = Destinations.any_v4() if self.version == 4 else Destinations.any_v6()
        return every | Destinations(symbols=SymbolSet.all())

    def addresses(self, text: str) -> Read:
        """The addresses that a header's field stands for."""
        if text not in self._addresses:
            doubts: list[Doubt] = []
            found = self._list(self._signed(text, 0, doubts))
            self._addresses[text] = Read(found, tuple(dict.fromkeys(doubts)))
        return self._addresses[text]

    def ports(self, text: str) -> Ports:
        """The ports that a header's field stands for."""
        if text not in self._ports:
            doubts: list[Doubt] = []
            signed = list(self._signed_ports(text, 0, doubts))
            wanted = _union_ports(ports for negated, ports in signed if not negated)
            unwanted = _union_ports(ports for negated, ports in signed if negated)
            if all(negated for negated, _ in signed):
                wanted = Bounds.exactly(EVERY_PORT)
            self._ports[text] = Ports(wanted - unwanted, tuple(dict.fromkeys(doubts)))
        return self._ports[text]

    def _list(self, signed: Iterator[tuple[bool, Bounds[Destinations]]]) -> Bounds[Destinations]:
        """Everything wanted but the unwanted; from all addresses where only unwanted ones are named."""
        listed = list(signed)
        wanted = _union(found for negated, found in listed if not negated)
        unwanted = _union(found for negated, found in listed if negated)
        if unwanted.most and not wanted.most:
            wanted = Bounds.exactly(self.everywhere)
        return wanted - unwanted

    def _signed(self, text: str, depth: int, doubts: list[Doubt]) -> Iterator[tuple[bool, Bounds[Destinations]]]:
        """The elements of a field. Lists and variables that are not negated count as if written out."""
        for negated, element in elements(text):
            if element.startswith("["):
                inner = self._signed(element[1:-1], depth, doubts)
                yield from [(True, self._list(inner))] if negated else inner
            elif element.startswith("$"):
                inner = self._variable(element[1:], depth, doubts)
                yield from [(True, self._list(inner))] if negated else inner
            else:
                yield negated, self._element(element, doubts)

    def _variable(self, name: str, depth: int, doubts: list[Doubt]) -> Iterator[tuple[bool, Bounds[Destinations]]]:
        definition = self.variables.addresses.get(name)
        if definition is None or depth >= _DEPTH:
            doubts.append(Doubt(f"the IP set ${name} is not defined"))
            yield False, self._untold
            return
        for element in definition:
            if isinstance(element, Doubt):
                doubts.append(element)
                yield False, self._untold
            else:
                yield from self._signed(element, depth + 1, doubts)

    @property
    def _untold(self) -> Bounds[Destinations]:
        return Bounds(NOWHERE, self.everywhere)

    def _element(self, element: str, doubts: list[Doubt]) -> Bounds[Destinations]:
        if element.lower() == "any":
            return Bounds.exactly(self.everywhere)
        blocks = _blocks(element)
        if blocks is None:
            reason = "holds addresses that only AWS knows" if element.startswith("@") else "is no address"
            doubts.append(Doubt(f"{element} {reason}"))
            return self._untold
        return _union(self._block(block) for block in blocks if block.version == self.version)

    def _block(self, block: Cidr) -> Bounds[Destinations]:
        if block.prefix == 0:
            return Bounds.exactly(self.everywhere)
        surely, perhaps = set[str](), set[str]()
        for symbol, places in self.places.items():
            here = [place for place in places if place.version == self.version]
            if here and all(place in block for place in here):
                surely.add(symbol)
            if any(place.overlaps(block) for place in here):
                perhaps.add(symbol)
        found = Destinations.of([block])
        return Bounds(found | Destinations.symbol(*surely), found | Destinations.symbol(*perhaps))

    def _signed_ports(self, text: str, depth: int, doubts: list[Doubt]) -> Iterator[tuple[bool, Bounds[Intervals]]]:
        for negated, element in elements(text):
            if element.startswith("["):
                inner = self._signed_ports(element[1:-1], depth, doubts)
                yield from ((negated is not other, ports) for other, ports in inner)
            elif element.startswith("$"):
                inner = self._port_variable(element[1:], depth, doubts)
                yield from ((negated is not other, ports) for other, ports in inner)
            else:
                ports = _range(element)
                if ports is None:
                    doubts.append(Doubt(f"{element} is no port"))
                yield negated, Bounds(Intervals(), EVERY_PORT) if ports is None else Bounds.exactly(ports)

    def _port_variable(self, name: str, depth: int, doubts: list[Doubt]) -> Iterator[tuple[bool, Bounds[Intervals]]]:
        definition = self.variables.ports.get(name)
        if definition is None or depth >= _DEPTH:
            doubts.append(Doubt(f"the port set ${name} is not defined"))
            yield False, Bounds(Intervals(), EVERY_PORT)
            return
        for element in definition:
            if isinstance(element, Doubt):
                doubts.append(element)
                yield False, Bounds(Intervals(), EVERY_PORT)
            else:
                yield from self._signed_ports(element, depth + 1, doubts)


def elements(text: str) -> Iterator[tuple[bool, str]]:
    """The parts of a list that stand between its own commas, each with whether it is negated."""
    part, depth = "", 0
    for character in text + ",":
        if character == "," and not depth:
            negated = part.startswith("!")
            yield negated, part.removeprefix("!")
            part = ""
        elif not character.isspace():
            depth += {"[": 1, "]": -1}.get(character, 0)
            part += character


def blocks_in(text: str) -> Iterator[Cidr]:
    """Every block that is written in a header's field, at any depth, variables apart."""
    for _, element in elements(text):
        if element.startswith("["):
            yield from blocks_in(element[1:-1])
        else:
            yield from _blocks(element) or ()


def _blocks(element: str) -> tuple[Cidr, ...] | None:
    """An address, a block (host bits do not matter to the engine) or a range; None for anything else."""
    first, dash, last = element.partition("-")
    try:
        if not dash:
            network = ipaddress.ip_network(element, strict=False)
            return (Cidr(network.version, int(network.network_address), network.prefixlen),)
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        return Cidr.of_range(low.version, int(low), int(high)) if low.version == high.version else None
    except ValueError:
        return None


def _range(element: str) -> Intervals | None:
    """A port, ``80:90``, ``1024:``, ``:1024`` or ``any``."""
    if element.lower() == "any":
        return EVERY_PORT
    first, colon, last = element.partition(":")
    if not colon:
        last = first
    try:
        low, high = int(first or "0"), int(last or "65535")
    except ValueError:
        return None
    return Intervals(((low, high),)) if element and 0 <= low <= high <= 65535 else None


def _union(sets: Iterator[Bounds[Destinations]]) -> Bounds[Destinations]:
    listed = list(sets)
    return Bounds(
        Destinations.union(found.least for found in listed), Destinations.union(found.most for found in listed)
    )


def _union_ports(sets: Iterator[Bounds[Intervals]]) -> Bounds[Intervals]:
    listed = list(sets)
    return Bounds(
        Intervals.of(span for found in listed for span in found.least.spans),
        Intervals.of(span for found in listed for span in found.most.spans),
    )
