"""The set algebra against Python's own sets, on universes small enough to count."""

from __future__ import annotations

import contextlib
import ipaddress
import operator
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from time import process_time
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_perimeter.intent import Intent
from agent_perimeter.lower.headers import Cell, count, cover, disjoint, project
from agent_perimeter.packets import AddressSet, Intervals, PortSet
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol
from tests.strategies import intents

UNIVERSE = 41
PORTS = range(UNIVERSE)

spans = st.tuples(st.integers(0, UNIVERSE - 1), st.integers(0, UNIVERSE - 1)).map(lambda pair: (min(pair), max(pair)))
span_lists = st.lists(spans, max_size=8)

BASE = 0x0A000000
ADDRESSES = range(BASE, BASE + 16)


@st.composite
def tiny_blocks(draw: st.DrawFn) -> Cidr:
    """A block inside 10.0.0.0/28."""
    prefix = draw(st.integers(28, 32))
    return Cidr.parse("10.0.0.0/28").subnet(prefix, draw(st.integers(0, (1 << (prefix - 28)) - 1)))


block_lists = st.lists(tiny_blocks(), max_size=8)

OPERATIONS = {"union": operator.or_, "intersection": operator.and_, "difference": operator.sub}
by_operation = pytest.mark.parametrize("name", OPERATIONS)


def numbers(listed: Iterable[tuple[int, int]]) -> set[int]:
    return {number for first, last in listed for number in range(first, last + 1)}


def addresses(blocks: Iterable[Cidr]) -> set[int]:
    return numbers((block.base, block.last) for block in blocks)


def is_canonical(found: Intervals) -> bool:
    """Sorted, and at least one number apart: there is one way to write a set."""
    return all(first <= last for first, last in found.spans) and all(
        left[1] + 1 < right[0] for left, right in pairwise(found.spans)
    )


class TestIntervals:
    @by_operation
    @given(span_lists, span_lists)
    def test_an_operation_is_that_of_sets(
        self, name: str, left: list[tuple[int, int]], right: list[tuple[int, int]]
    ) -> None:
        operate: Callable[..., Intervals] = OPERATIONS[name]
        found = operate(Intervals.of(left), Intervals.of(right))
        assert numbers(found.spans) == OPERATIONS[name](numbers(left), numbers(right))
        assert is_canonical(found)

    @given(span_lists, span_lists)
    def test_inside_size_truth_and_membership_are_those_of_sets(
        self, left: list[tuple[int, int]], right: list[tuple[int, int]]
    ) -> None:
        found = Intervals.of(left)
        assert (found <= Intervals.of(right)) is (numbers(left) <= numbers(right))
        assert found.size == len(numbers(left))
        assert bool(found) is bool(left)
        assert {number for number in PORTS if number in found} == numbers(left)

    @given(span_lists)
    def test_equal_sets_are_equal_objects(self, listed: list[tuple[int, int]]) -> None:
        one_by_one = [(number, number) for number in sorted(numbers(listed), reverse=True)]
        assert Intervals.of(listed) == Intervals.of(one_by_one)
        assert hash(Intervals.of(listed)) == hash(Intervals.of(one_by_one))


class TestPortSet:
    @by_operation
    @given(span_lists, span_lists)
    def test_an_operation_is_that_of_sets(
        self, name: str, left: list[tuple[int, int]], right: list[tuple[int, int]]
    ) -> None:
        operate: Callable[..., PortSet] = OPERATIONS[name]
        one, other = (PortSet.of(PortRange(*span) for span in listed) for listed in (left, right))
        found = operate(one, other)
        assert {port for port in PORTS if port in found} == OPERATIONS[name](numbers(left), numbers(right))
        assert PortSet.of(found.ranges()) == found
        assert (one <= other) is (numbers(left) <= numbers(right))
        assert bool(found) is bool(OPERATIONS[name](numbers(left), numbers(right)))


class TestAddressSet:
    @by_operation
    @given(block_lists, block_lists)
    def test_an_operation_is_that_of_sets(self, name: str, left: list[Cidr], right: list[Cidr]) -> None:
        operate: Callable[..., AddressSet] = OPERATIONS[name]
        one, other = AddressSet.of(left), AddressSet.of(right)
        found = operate(one, other)
        assert addresses(found.cidrs()) == OPERATIONS[name](addresses(left), addresses(right))
        assert (one <= other) is (addresses(left) <= addresses(right))
        assert bool(found) is bool(addresses(found.cidrs()))

    @given(block_lists)
    def test_equal_sets_are_equal_objects_with_the_fewest_blocks(self, blocks: list[Cidr]) -> None:
        singles = [Cidr(4, address, 32) for address in addresses(blocks)]
        assert AddressSet.of(blocks) == AddressSet.of(singles)
        by_python = ipaddress.collapse_addresses(ipaddress.IPv4Network(str(block)) for block in blocks)
        assert [str(block) for block in AddressSet.of(blocks).cidrs()] == [str(block) for block in by_python]

    @given(block_lists, block_lists)
    def test_the_versions_do_not_touch(self, four: list[Cidr], six: list[Cidr]) -> None:
        as_six = [Cidr(6, block.base << 96, block.prefix) for block in six]
        both = AddressSet.of([*four, *as_six])
        assert (both - AddressSet.of(as_six)) == AddressSet.of(four)
        assert AddressSet.of(both.cidrs()) == both


class TestBlocks:
    @given(st.integers(0, 63), st.integers(0, 63), st.sampled_from((4, 6)))
    def test_the_blocks_of_a_range_are_exact_and_the_fewest(
        self, first: int, last: int, version: Literal[4, 6]
    ) -> None:
        blocks = Cidr.of_range(version, first, last)
        assert addresses(blocks) == set(range(first, last + 1))
        assert sum(block.size for block in blocks) == max(last - first + 1, 0), "blocks overlap"
        assert list(blocks) == sorted(blocks)
        assert len(blocks) == _fewest(first, last)

    @given(tiny_blocks(), tiny_blocks())
    def test_holding_overlapping_and_the_common_block_are_those_of_sets(self, one: Cidr, other: Cidr) -> None:
        assert (one in other) is (addresses([one]) <= addresses([other]))
        assert one.overlaps(other) is bool(addresses([one]) & addresses([other]))
        common = one.common(other)
        assert one in common
        assert other in common
        halves = [common.subnet(common.prefix + 1, half) for half in (0, 1)] if common.prefix < 32 else []
        assert not any(one in half and other in half for half in halves)

    @given(tiny_blocks())
    def test_the_supernet_is_the_smallest_larger_block(self, block: Cidr) -> None:
        assert block in block.supernet()
        assert block.supernet().size == 2 * block.size

    @given(st.integers(0, 32), st.integers(0, (1 << 32) - 1))
    def test_what_a_block_is_written_as_reads_back(self, prefix: int, address: int) -> None:
        size = 1 << (32 - prefix)
        block = Cidr(4, address // size * size, prefix)
        assert Cidr.parse(str(block)) == block


def _fewest(first: int, last: int) -> int:
    """The fewest aligned powers of two that make up the range, by trying every first one."""
    needed = [0] * max(last - first + 2, 1)
    for start in range(last, first - 1, -1):
        sizes = [1 << power for power in range(7) if start % (1 << power) == 0 and start + (1 << power) - 1 <= last]
        needed[start - first] = 1 + min(needed[start + size - first] for size in sizes)
    return needed[0]


characters = st.text(alphabet="0123456789./:abcdefABCDEF% -x*eth\n\u0661\uff11", max_size=24)
near_blocks = st.from_regex(r"\A[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9./]{1,5})?\Z")


class TestReading:
    @given(characters | near_blocks | st.ip_addresses().map(str))
    @example("10.0.0.0/255.0.0.0")
    @example("fe80::%eth0/64")
    def test_no_block_is_read_that_ipaddress_refuses_and_it_means_the_same(self, text: str) -> None:
        try:
            block = Cidr.parse(text)
        except ValueError as refusal:
            assert text in str(refusal) or repr(text) in str(refusal)  # noqa: PT017 -- many texts are no error
            return
        network = ipaddress.ip_network(text)
        assert (block.version, block.base, block.size) == (
            network.version,
            int(network.network_address),
            network.num_addresses,
        )

    @given(characters | near_blocks)
    def test_no_block_is_refused_that_is_plain_cidr_notation(self, text: str) -> None:
        with contextlib.suppress(ValueError):
            network = ipaddress.ip_network(text)
            if str(network) == text and "%" not in text:
                assert str(Cidr.parse(text)) == text

    @given(
        st.text(alphabet="abcXYZ019-_.*é \n\"';/", max_size=20)
        | st.lists(st.sampled_from(("a" * 63, "a" * 64, "b", "-b")), min_size=1, max_size=6).map(".".join),
        st.booleans(),
    )
    def test_no_name_is_read_that_rfc_1035_refuses(self, text: str, wildcard: bool) -> None:
        try:
            pattern = DomainPattern(text, wildcard)
        except ValueError:
            return
        labels = pattern.name.split(".")
        # Underscores are the one character beyond RFC 1035, 2.3.1: RFC 8552 names need them.
        assert all(re.fullmatch(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", label, re.ASCII) for label in labels)
        assert all(len(label) <= 63 for label in labels)
        assert len(str(pattern)) <= 253


# The cells of security groups and ACLs, on the universe 10.0.0.0/28 x ports 0 to 40.


@st.composite
def tiny_cells(draw: st.DrawFn) -> list[Cell]:
    """Cells that overlap; each has a line of its own."""
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from((Protocol.TCP, Protocol.UDP)), spans, st.lists(tiny_blocks(), max_size=4)),
            max_size=6,
        )
    )
    return [
        Cell(protocol, PortRange(*ports), AddressSet.of(blocks), Origin((Span("bot.yaml", line, 1),)))
        for line, (protocol, ports, blocks) in enumerate(drawn, start=1)
    ]


def packets(cells: Iterable[Cell]) -> set[tuple[Protocol, int, int]]:
    return {
        (cell.protocol, port, address)
        for cell in cells
        for port in range(cell.ports.first, cell.ports.last + 1)
        for address in addresses(cell.addresses.cidrs())
    }


def is_sorted_and_disjoint(cells: tuple[Cell, ...]) -> bool:
    return all(
        (left.protocol is Protocol.TCP and right.protocol is Protocol.UDP)
        or (left.protocol is right.protocol and left.ports.last < right.ports.first)
        for left, right in pairwise(cells)
    )


class TestCells:
    @given(tiny_cells())
    def test_disjoint_cells_hold_the_same_packets_and_share_no_port(self, cells: list[Cell]) -> None:
        found = disjoint(cells)
        assert packets(found) == packets(cells)
        assert is_sorted_and_disjoint(found)

    @given(tiny_cells())
    def test_disjoint_cells_do_not_depend_on_the_order_and_are_as_few_as_can_be(self, cells: list[Cell]) -> None:
        found = disjoint(cells)
        assert disjoint(reversed(cells)) == found
        assert disjoint(found) == found
        for left, right in pairwise(found):
            touch = left.protocol is right.protocol and left.ports.last + 1 == right.ports.first
            assert not (touch and left.addresses == right.addresses)

    @given(tiny_cells())
    def test_a_cell_names_exactly_the_lines_that_have_a_part_in_it(self, cells: list[Cell]) -> None:
        for cell in disjoint(cells):
            asked = {span for known in cells if packets([known]) & packets([cell]) for span in known.origin.spans}
            assert set(cell.origin.spans) == asked

    @given(tiny_cells(), st.integers(2, 12))
    def test_a_cover_holds_the_packets_within_its_budget(self, cells: list[Cell], budget: int) -> None:
        exact = disjoint(cells)
        covered = cover(exact, budget)
        assert count(covered) <= budget
        assert packets(covered) >= packets(exact)
        assert is_sorted_and_disjoint(covered)
        assert {span for cell in covered for span in cell.origin.spans} == {
            span for cell in exact for span in cell.origin.spans
        }

    @given(tiny_cells(), st.integers(2, 12))
    def test_what_fits_is_not_widened(self, cells: list[Cell], budget: int) -> None:
        exact = disjoint(cells)
        if count(exact) <= budget:
            assert cover(exact, budget) == exact

    @given(tiny_cells(), st.integers(-1, 1))
    def test_below_one_rule_a_protocol_a_cover_is_as_small_as_can_be(self, cells: list[Cell], budget: int) -> None:
        exact = disjoint(cells)
        covered = cover(exact, budget)
        assert count(covered) == len({cell.protocol for cell in exact})
        assert packets(covered) >= packets(exact)

    @given(tiny_cells(), st.integers(2, 6))
    def test_ports_are_joined_only_where_every_cell_is_down_to_one_block(self, cells: list[Cell], budget: int) -> None:
        exact = disjoint(cells)
        covered = cover(exact, budget)
        if len(covered) < len(exact):
            assert len(exact) > budget

    @given(st.lists(st.sets(st.integers(0, 15), min_size=1), min_size=1, max_size=1))
    def test_the_first_join_is_the_cheapest(self, sets: list[set[int]]) -> None:
        """One rule fewer than needed: no other pair of blocks could have been joined for fewer addresses."""
        whole = AddressSet.of(Cidr(4, BASE + number, 32) for number in sets[0])
        blocks = whole.cidrs()
        if len(blocks) < 2:
            return
        cell = Cell(Protocol.TCP, PortRange.single(22), whole, Origin())
        (covered,) = cover((cell,), len(blocks) - 1)
        cheapest = min(
            len(addresses([one.common(other)]) - addresses(blocks))
            for one in blocks
            for other in blocks
            if one != other
        )
        assert len(addresses(covered.addresses.cidrs())) == len(sets[0]) + cheapest

    @given(intents(2))
    def test_a_projection_is_the_union_of_what_agents_reach(self, intent: Intent) -> None:
        """Its packets are held against a brute-force reading of the intent in test_lowering.py."""
        found = project(intent.agents)
        assert is_sorted_and_disjoint(found)
        assert found == disjoint(cell for agent in intent.agents for cell in project((agent,)))


def spread(blocks: int) -> tuple[Cell, ...]:
    """Blocks that cannot be merged, over the whole of IPv4: none is another's neighbour."""
    step = (1 << 24) // blocks
    listed = AddressSet.of(Cidr(4, number * step << 8, 24) for number in range(blocks))
    return (Cell(Protocol.TCP, PortRange.single(22), listed, Origin()),)


def test_two_thousand_blocks_are_covered_in_a_blink_and_always_alike() -> None:
    cells = spread(2_000)
    assert count(cells) == 2_000
    started = process_time()
    covered = cover(cells, 16)
    assert process_time() - started < 2, "quadratic again: it takes some 40 ms"
    assert 2 <= count(covered) <= 16
    assert cells[0].addresses <= covered[0].addresses
    assert cover(spread(2_000), 16) == covered


def test_two_thousand_port_ranges_are_covered_in_a_blink() -> None:
    address = AddressSet.of([Cidr.parse("198.51.100.7/32")])
    cells = tuple(Cell(Protocol.TCP, PortRange.single(port), address, Origin()) for port in range(1, 4_001, 2))
    started = process_time()
    covered = cover(cells, 16)
    assert process_time() - started < 3, "quadratic again: it takes some 100 ms"
    assert count(covered) == 16
    assert packets(cells) <= packets(covered)
