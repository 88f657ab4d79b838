"""What a wall of addresses and ports can express of an intent. The laws stand in tests/laws/test_algebra.py."""

from __future__ import annotations

import pytest

from agent_perimeter.intent import AgentIntent
from agent_perimeter.lower.headers import EVERYWHERE, Cell, count, cover, disjoint, project
from agent_perimeter.source import Origin
from agent_perimeter.values import Protocol
from tests.unit.lower.agents import address, agent, at, blocks, name, ports, service

Row = tuple[str, str, str, str]


def rows(cells: tuple[Cell, ...]) -> list[Row]:
    """Protocol, ports, addresses and lines of each cell."""
    return [(cell.protocol.value, str(cell.ports), str(cell.addresses), cell.origin.short) for cell in cells]


PROJECTIONS: dict[str, tuple[list[AgentIntent], list[Row]]] = {
    "nothing": ([agent("bot")], []),
    "services are not the internet": ([agent("bot", service(2, "s3"), service(3, "sts"))], []),
    "a name is every address on its port": ([agent("bot", name(2))], [("TCP", "443", "0.0.0.0/0", "bot.yaml:2")]),
    "a name with pins is those addresses": (
        [agent("bot", name(2, pins=("203.0.113.0/28",)))],
        [("TCP", "443", "203.0.113.0/28", "bot.yaml:2")],
    ),
    "two names on one port are one cell of both lines": (
        [agent("bot", name(2), name(3, "pypi.org"))],
        [("TCP", "443", "0.0.0.0/0", "bot.yaml:2 bot.yaml:3")],
    ),
    "TCP before UDP": (
        [agent("bot", address(2, "192.0.2.0/24", port="53", protocol=Protocol.UDP), name(3))],
        [("TCP", "443", "0.0.0.0/0", "bot.yaml:3"), ("UDP", "53", "192.0.2.0/24", "bot.yaml:2")],
    ),
    "overlapping ranges are cut where they overlap": (
        [agent("bot", address(2, "192.0.2.0/25", port="10-20"), address(3, "192.0.2.128/25", port="15-30"))],
        [
            ("TCP", "10-14", "192.0.2.0/25", "bot.yaml:2"),
            ("TCP", "15-20", "192.0.2.0/24", "bot.yaml:2 bot.yaml:3"),
            ("TCP", "21-30", "192.0.2.128/25", "bot.yaml:3"),
        ],
    ),
    "a range inside another cuts it in three": (
        [agent("bot", address(2, "192.0.2.0/24", port="10-30"), address(3, "198.51.100.0/24", port="20"))],
        [
            ("TCP", "10-19", "192.0.2.0/24", "bot.yaml:2"),
            ("TCP", "20", "192.0.2.0/24, 198.51.100.0/24", "bot.yaml:2 bot.yaml:3"),
            ("TCP", "21-30", "192.0.2.0/24", "bot.yaml:2"),
        ],
    ),
    "neighbouring ranges to the same addresses become one": (
        [agent("bot", address(2, "192.0.2.0/24", port="10-19"), address(3, "192.0.2.0/24", port="20-30"))],
        [("TCP", "10-30", "192.0.2.0/24", "bot.yaml:2 bot.yaml:3")],
    ),
    "a gap keeps them apart": (
        [agent("bot", address(2, "192.0.2.0/24", port="10-19"), address(3, "192.0.2.0/24", port="21-30"))],
        [("TCP", "10-19", "192.0.2.0/24", "bot.yaml:2"), ("TCP", "21-30", "192.0.2.0/24", "bot.yaml:3")],
    ),
    "several agents add up": (
        [agent("a", address(2, "192.0.2.0/25")), agent("b", address(3, "192.0.2.128/25"))],
        [("TCP", "5432", "192.0.2.0/24", "bot.yaml:2 bot.yaml:3")],
    ),
    "the last port there is": (
        [agent("bot", address(2, "192.0.2.0/24", port="65535"))],
        [("TCP", "65535", "192.0.2.0/24", "bot.yaml:2")],
    ),
}


@pytest.mark.parametrize(("agents", "expected"), PROJECTIONS.values(), ids=PROJECTIONS)
def test_an_intent_projects_to(agents: list[AgentIntent], expected: list[Row]) -> None:
    assert rows(project(agents)) == expected


@pytest.mark.parametrize("protocol", [Protocol.ICMP, Protocol.ALL])
def test_other_protocols_are_left_out(protocol: Protocol) -> None:
    assert disjoint([Cell(protocol, ports("1"), EVERYWHERE, Origin())]) == ()


def test_a_cell_without_addresses_is_none() -> None:
    assert disjoint([Cell(Protocol.TCP, ports("1"), blocks(), Origin())]) == ()


def test_rules_are_counted_by_block() -> None:
    cells = project([agent("bot", address(2, "192.0.2.0/24", "198.51.100.0/24"), name(3))])
    assert count(cells) == 3
    assert count(()) == 0


def cell(port: str, *texts: str, line: int = 2, protocol: Protocol = Protocol.TCP) -> Cell:
    return Cell(protocol, ports(port), blocks(*texts), at(line))


COVERS: dict[str, tuple[tuple[Cell, ...], int, list[Row]]] = {
    "what fits stays": (
        (cell("22", "192.0.2.0/24", "198.51.100.0/24"),),
        2,
        [("TCP", "22", "192.0.2.0/24, 198.51.100.0/24", "bot.yaml:2")],
    ),
    "the two neighbours with the least between them are joined": (
        (cell("22", "10.0.0.0/24", "10.0.2.0/24", "10.9.0.0/24"),),
        2,
        [("TCP", "22", "10.0.0.0/22, 10.9.0.0/24", "bot.yaml:2")],
    ),
    "of equals the first": (
        (cell("22", "10.0.0.0/32", "10.0.0.2/32", "11.0.0.0/32", "11.0.0.2/32"),),
        3,
        [("TCP", "22", "10.0.0.0/30, 11.0.0.0/32, 11.0.0.2/32", "bot.yaml:2")],
    ),
    "a block that was joined is joined on as what it has become": (
        (cell("22", "10.0.0.1/32", "10.0.0.2/32", "10.0.0.4/32", "10.0.0.8/32", "10.1.0.0/32"),),
        2,
        [("TCP", "22", "10.0.0.0/28, 10.1.0.0/32", "bot.yaml:2")],
    ),
    "blocks of two cells are never joined": (
        (cell("22", "10.0.0.0/32", "10.1.0.0/32"), cell("23", "10.1.0.2/32", line=3)),
        2,
        [("TCP", "22", "10.0.0.0/15", "bot.yaml:2"), ("TCP", "23", "10.1.0.2/32", "bot.yaml:3")],
    ),
    "ports are joined across the smallest gap, and only when every cell is one block": (
        (
            cell("22", "192.0.2.1/32", "192.0.2.9/32"),
            cell("80", "192.0.2.2/32", line=3),
            cell("90", "192.0.2.3/32", line=4),
        ),
        2,
        [("TCP", "22", "192.0.2.0/28", "bot.yaml:2"), ("TCP", "80-90", "192.0.2.2/31", "bot.yaml:3 bot.yaml:4")],
    ),
    "three in a row become one": (
        (cell("1", "192.0.2.1/32"), cell("3", "192.0.2.1/32", line=3), cell("5", "192.0.2.1/32", line=4)),
        1,
        [("TCP", "1-5", "192.0.2.1/32", "bot.yaml:2 bot.yaml:3 bot.yaml:4")],
    ),
    "a protocol is never joined with another": (
        (cell("1", "192.0.2.1/32"), cell("1", "192.0.2.2/32", protocol=Protocol.UDP, line=3)),
        1,
        [("TCP", "1", "192.0.2.1/32", "bot.yaml:2"), ("UDP", "1", "192.0.2.2/32", "bot.yaml:3")],
    ),
    "nor IPv4 with IPv6": (
        (cell("1", "192.0.2.1/32", "192.0.2.4/32", "2001:db8::1", "2001:db8::4"),),
        1,
        [("TCP", "1", "192.0.2.0/29, 2001:db8::/125", "bot.yaml:2")],
    ),
    "a hole in the middle is filled": (
        (cell("22", "10.0.0.0/25", "10.0.0.192/26"),),
        1,
        [("TCP", "22", "10.0.0.0/24", "bot.yaml:2")],
    ),
    "nothing covers nothing": ((), 0, []),
}


@pytest.mark.parametrize(("cells", "budget", "expected"), COVERS.values(), ids=COVERS)
def test_a_cover_gives_away_as_little_as_it_can(cells: tuple[Cell, ...], budget: int, expected: list[Row]) -> None:
    assert rows(cover(cells, budget)) == expected
