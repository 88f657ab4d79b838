"""The part of an intent that a security group or a network ACL can express: addresses and ports.

Names do not exist for these layers, so a name without pins becomes every IPv4 address. That is the
projection that each of them is held to; the firewall and DNS Firewall hold the names themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import pairwise

from agent_perimeter.intent import AgentIntent
from agent_perimeter.packets import AddressSet
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
        found += (Cell(Protocol.TCP, reach.ports, reach.pins or EVERYWHERE, reach.origin) for reach in agent.names)
        found += (
            Cell(reach.protocol, ports, reach.addresses, reach.origin)
            for reach in agent.addresses
            for ports in reach.ports.ranges()
        )
    return disjoint(found)


def disjoint(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """The same packets with port ranges cut where they overlap: TCP, then UDP, each by ascending ports.

    Neighbours with the same addresses become one. Other protocols are left out: no intent has them.
    """
    listed = tuple(cells)
    return tuple(cell for protocol in (Protocol.TCP, Protocol.UDP) for cell in _disjoint(protocol, listed))


def _disjoint(protocol: Protocol, cells: Iterable[Cell]) -> Iterator[Cell]:
    by_ports: dict[PortRange, list[Cell]] = {}
    for cell in cells:
        if cell.protocol is protocol and cell.addresses:
            by_ports.setdefault(cell.ports, []).append(cell)
    begins: dict[int, list[Cell]] = {}
    ends: dict[int, list[PortRange]] = {}
    for ports, same in by_ports.items():
        begins.setdefault(ports.first, []).append(_union(protocol, ports, same))
        ends.setdefault(ports.last + 1, []).append(ports)
    inside: dict[PortRange, Cell] = {}
    pending: Cell | None = None
    for first, after in pairwise(sorted({*begins, *ends})):
        for ports in ends.get(first, ()):
            del inside[ports]
        inside |= {cell.ports: cell for cell in begins.get(first, ())}
        if not inside:
            continue
        piece = _union(protocol, PortRange(first, after - 1), list(inside.values()))
        if pending and pending.ports.last + 1 == first and pending.addresses == piece.addresses:
            piece = replace(
                piece, ports=PortRange(pending.ports.first, after - 1), origin=pending.origin | piece.origin
            )
        elif pending:
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
    """Disjoint cells that hold at least these packets, in at most ``budget`` rules.

    First the neighbouring blocks are joined whose common block adds the fewest addresses; only where
    every cell is down to one block, the neighbouring port ranges with the smallest gaps. Below one rule
    per protocol and IP version nothing can be joined, whatever the budget.
    """
    if count(cells) <= budget:
        return cells
    joined = _join_blocks(cells, budget)
    surplus = count(joined) - budget
    return joined if surplus <= 0 else _join_blocks(_join_ports(joined, surplus), budget)


def _join_blocks(cells: tuple[Cell, ...], budget: int) -> tuple[Cell, ...]:
    """Join neighbouring blocks of a cell, cheapest first, until there are ``budget`` of them.

    The cheapest common block never holds a third one, for that one would have been cheaper to join.
    """
    listed = [(index, block) for index, cell in enumerate(cells) for block in cell.addresses.cidrs()]
    blocks = [(-1, ANY_IPV4), *listed, (len(cells), ANY_IPV4)]
    # Which block stands before and after each, of those that are left; the two ends are never joined.
    before, after = list(range(-1, len(blocks) - 1)), list(range(1, len(blocks) + 1))
    queue: list[tuple[int, int, int]] = []

    def offer(at: int) -> None:
        cost = _cost(blocks[at], blocks[after[at]])
        if cost is not None:
            heappush(queue, (cost, at, after[at]))

    for at in range(len(listed)):
        offer(at)
    left = len(listed)
    while left > budget and queue:
        cost, at, other = heappop(queue)
        if after[at] != other or _cost(blocks[at], blocks[other]) != cost:
            continue  # one of the two was joined with another since
        index, block = blocks[at]
        blocks[at] = (index, block.common(blocks[other][1]))
        after[at], before[after[other]] = after[other], at
        after[other] = other
        left -= 1
        offer(before[at])
        offer(at)
    held: list[list[Cidr]] = [[] for _ in cells]
    at = after[0]
    while at <= len(listed):
        index, block = blocks[at]
        held[index].append(block)
        at = after[at]
    return tuple(replace(cell, addresses=AddressSet.of(kept)) for cell, kept in zip(cells, held, strict=True))


def _cost(left: tuple[int, Cidr], right: tuple[int, Cidr]) -> int | None:
    """How many addresses joining two neighbours adds; None for neighbours that cannot be joined."""
    if left[0] != right[0] or left[1].version != right[1].version:
        return None
    return left[1].common(right[1]).size - left[1].size - right[1].size


def _join_ports(cells: tuple[Cell, ...], surplus: int) -> tuple[Cell, ...]:
    """Join neighbouring port ranges of one protocol across the ``surplus`` smallest gaps."""
    gaps = sorted(
        (right.ports.first - left.ports.last, at)
        for at, (left, right) in enumerate(pairwise(cells), start=1)
        if left.protocol is right.protocol
    )
    joins = {at for _, at in gaps[:surplus]}
    joined: list[Cell] = []
    for at, cell in enumerate(cells):
        if at in joins:
            last = joined.pop()
            ports = PortRange(last.ports.first, cell.ports.last)
            joined.append(Cell(cell.protocol, ports, last.addresses | cell.addresses, last.origin | cell.origin))
        else:
            joined.append(cell)
    return tuple(joined)
