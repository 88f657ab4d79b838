"""What may cross a subnet's edge, and how much of it a network ACL's few entries can hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.packet_sets import EVERY_PORT, Destinations, PacketSet
from agent_perimeter.packets import AddressSet, Intervals, PortSet
from agent_perimeter.values import EPHEMERAL_PORTS

EPHEMERAL = PortSet.of((EPHEMERAL_PORTS,)).ports
"""The ports that replies come back to."""

_ENTRIES = QUOTAS["acl-entries"].limit - 2
"""Entries in one direction that are left beside AWS's own last one and one that denies the VPC's own blocks."""


@dataclass(frozen=True, slots=True)
class Edges:
    """What may cross a subnet's edge: packets to a far end on its port, and from a far end to a port here."""

    out: PacketSet
    into: PacketSet


def expressible(edges: Edges, local: AddressSet) -> Edges:
    """What a list with so few entries can hold: where the exact blocks are too many, the protocols outside the VPC."""
    if max(_entries(edges.out, local), _entries(edges.into, local)) <= _ENTRIES:
        return edges
    outside = Destinations(v4=(AddressSet(v4=Destinations.any_v4().v4) - local).v4)
    beyond = PacketSet.box(outside)
    return Edges(
        edges.out | protocols_of(edges.out & beyond, outside), edges.into | protocols_of(edges.into & beyond, outside)
    )


def _entries(packets: PacketSet, local: AddressSet) -> int:
    """How many allowing entries hold exactly this, with one between them that denies the rest of the VPC.

    For every range of ports with the same peers, the fewest blocks that hold these peers.
    """
    inside = PacketSet.box(Destinations(v4=local.v4))
    within = sum(len(peers.cidrs()) for peers in _peers(packets & inside))
    # Behind the entry that denies it, the VPC may lie inside a larger block.
    beyond = _peers(packets - inside)
    return within + sum(min(len(peers.cidrs()), len((peers | local).cidrs())) for peers in beyond)


def _peers(packets: PacketSet) -> Iterator[AddressSet]:
    """The peers of every range of ports; neighbouring ranges with the same peers are one."""
    boxes = list(packets.boxes())
    for protocol in sorted({first for box in boxes for first, _ in box.protocols.spans}):
        mine = [box for box in boxes if protocol in box.protocols]
        edges = sorted({edge for box in mine for first, last in box.ports.spans for edge in (first, last + 1)})
        before = AddressSet()
        for port in edges:
            here = AddressSet(v4=Destinations.union(box.destinations for box in mine if port in box.ports).v4)
            if here and here != before:
                yield here
            before = here


def protocols_of(packets: PacketSet, outside: Destinations) -> PacketSet:
    """The protocols that go outside, to any port there, and from outside to the ports that clients send from."""
    return PacketSet.union(PacketSet.box(outside, box.protocols, _hull(box.ports)) for box in packets.boxes())


def _hull(ports: Intervals) -> Intervals:
    return EPHEMERAL if ports <= EPHEMERAL and ports.size == EPHEMERAL.size else EVERY_PORT
