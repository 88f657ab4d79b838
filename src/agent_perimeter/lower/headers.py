"""The part of an intent that a security group or a network ACL can express: addresses and ports.

Names do not exist for these layers, so a name without pins becomes every IPv4 address. That is the
projection that each of them is held to; the firewall and DNS Firewall hold the names themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from agent_perimeter.intent import AgentIntent
from agent_perimeter.packets import AddressSet, PortSet
from agent_perimeter.source import Origin, merged
from agent_perimeter.values import ANY_IPV4, Cidr, PortRange, Protocol

EVERYWHERE = AddressSet.of((ANY_IPV4,))


@dataclass(frozen=True, slots=True)
class Cell:
    """Packets of one protocol to ``addresses`` on ``ports``. Cells of one list never overlap."""

    protocol: Protocol
    ports: PortRange
    addresses: AddressSet
    origin: Origin


def project(agents: Iterable[AgentIntent]) -> tuple[Cell, ...]:
    """The internet-bound intent as disjoint cells: no port stands in two cells of a protocol."""
    found: list[Cell] = []
    for agent in agents:
        found += (
            Cell(Protocol.TCP, reach.ports, reach.pins or EVERYWHERE, reach.origin) for reach in agent.names
        )
        found += (
            Cell(reach.protocol, ports, reach.addresses, reach.origin)
            for reach in agent.addresses
            for ports in reach.ports.ranges()
        )
    return tuple(cell for protocol in (Protocol.TCP, Protocol.UDP) for cell in _disjoint(protocol, found))


def _disjoint(protocol: Protocol, cells: Iterable[Cell]) -> Iterable[Cell]:
    """Cut the port ranges where they overlap; neighbours with the same addresses become one again."""
    by_ports: dict[PortRange, list[Cell]] = {}
    for cell in cells:
        if cell.protocol is protocol:
            by_ports.setdefault(cell.ports, []).append(cell)
    whole = {ports: _union(protocol, ports, same) for ports, same in by_ports.items()}
    edges = sorted({edge for ports in whole for edge in (ports.first, ports.last + 1)})
    pending: Cell | None = None
    for first, after in pairwise(edges):
        inside = [cell for ports, cell in whole.items() if ports.first <= first and after <= ports.last + 1]
        if not inside:
            continue
        piece = _union(protocol, PortRange(first, after - 1), inside)
        if pending and pending.ports.last + 1 == first and pending.addresses == piece.addresses:
            pending = Cell(
                protocol, PortRange(pending.ports.first, after - 1), piece.addresses, pending.origin | piece.origin
            )
            continue
        if pending:
            yield pending
        pending = piece
    if pending:
        yield pending


def _union(protocol: Protocol, ports: PortRange, cells: list[Cell]) -> Cell:
    blocks = [block for cell in dict.fromkeys(cell.addresses for cell in cells) for block in cell.cidrs()]
    return Cell(protocol, ports, AddressSet.of(blocks), merged([cell.origin for cell in cells]))


def count(cells: Iterable[Cell]) -> int:
    """How many rules of one block and one port range the cells take."""
    return sum(len(cell.addresses.cidrs()) for cell in cells)


def cover(cells: tuple[Cell, ...], budget: int) -> tuple[Cell, ...]:
    """Cells that hold at least these packets in at most ``budget`` rules (2 or more).

    Each step gives away the least: first the two neighbouring blocks whose common block adds the
    fewest addresses, and only where every cell is down to one block, two port ranges.
    """
    while count(cells) > budget:
        merged_blocks = _merge_blocks(cells, budget)
        cells = merged_blocks if merged_blocks != cells else _merge_ports(cells)
    return cells


def _merge_blocks(cells: tuple[Cell, ...], budget: int) -> tuple[Cell, ...]:
    blocks = [(index, block) for index, cell in enumerate(cells) for block in cell.addresses.cidrs()]
    costs = [_cost(left, right) for left, right in pairwise(blocks)]
    while len(blocks) > budget:
        cost = min((cost for cost in costs if cost is not None), default=None)
        if cost is None:
            break
        at = costs.index(cost)
        index, left = blocks[at]
        common = _common(left, blocks[at + 1][1])
        first, after = at, at + 2
        while first > 0 and blocks[first - 1][0] == index and blocks[first - 1][1] in common:
            first -= 1
        while after < len(blocks) and blocks[after][0] == index and blocks[after][1] in common:
            after += 1
        blocks[first:after] = [(index, common)]
        start, stop = max(first - 1, 0), min(first + 1, len(blocks) - 1)
        costs[start:after] = [_cost(*pair) for pair in pairwise(blocks[start : stop + 1])]
    return tuple(
        replace(cell, addresses=cell.addresses | AddressSet.of(block for index, block in blocks if index == place))
        for place, cell in enumerate(cells)
    )


def _cost(left: tuple[int, Cidr], right: tuple[int, Cidr]) -> int | None:
    """How many addresses joining two neighbours adds; None for neighbours that cannot be joined."""
    if left[0] != right[0] or left[1].version != right[1].version:
        return None
    return _common(left[1], right[1]).size - left[1].size - right[1].size


def _common(left: Cidr, right: Cidr) -> Cidr:
    while right not in left:
        left = left.supernet()
    return left


def _merge_ports(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Join the two neighbouring port ranges of one protocol with the smallest gap."""
    pairs = [
        (right.ports.first - left.ports.last, index)
        for index, (left, right) in enumerate(pairwise(cells))
        if left.protocol is right.protocol
    ]
    _, index = min(pairs)
    left, right = cells[index : index + 2]
    joined = Cell(
        left.protocol,
        PortRange(left.ports.first, right.ports.last),
        left.addresses | right.addresses,
        left.origin | right.origin,
    )
    return (*cells[:index], joined, *cells[index + 2 :])


def ports_of(cells: Iterable[Cell], protocol: Protocol) -> PortSet:
    """The ports that the cells use of a protocol."""
    return PortSet.of(cell.ports for cell in cells if cell.protocol is protocol)
