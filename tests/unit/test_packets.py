"""Sets of addresses and ports. What they compute is proved in tests/laws/test_algebra.py."""

from __future__ import annotations

from agent_perimeter.packets import AddressSet, Intervals, PortSet
from agent_perimeter.values import Cidr, PortRange


def blocks(*texts: str) -> AddressSet:
    return AddressSet.of(Cidr.parse(text) for text in texts)


def test_overlapping_and_adjacent_intervals_become_one() -> None:
    assert Intervals.of([(5, 6), (0, 2), (3, 4), (1, 1), (9, 9)]).spans == ((0, 6), (9, 9))


def test_an_interval_inside_another_changes_nothing() -> None:
    assert Intervals.of([(0, 9), (2, 3)]).spans == ((0, 9),)


def test_the_empty_sets_are_false_and_inside_every_set() -> None:
    assert not Intervals()
    assert not PortSet()
    assert not AddressSet()
    assert PortSet() <= PortSet.of([PortRange.single(443)])
    assert AddressSet() <= AddressSet()


def test_a_set_of_addresses_is_true_whichever_version_it_holds() -> None:
    assert blocks("192.0.2.0/24")
    assert blocks("2001:db8::/32")


def test_a_set_of_addresses_keeps_the_versions_apart() -> None:
    both = blocks("0.0.0.0/1", "::/1")
    assert [str(block) for block in both.cidrs()] == ["0.0.0.0/1", "::/1"]
    assert both - blocks("::/0") == blocks("0.0.0.0/1")
    assert not both <= blocks("0.0.0.0/0")


def test_sets_are_cut_with_each_other() -> None:
    low, high = PortSet.of([PortRange(1, 6)]), PortSet.of([PortRange(4, 5), PortRange(9, 12)])
    assert str(low & high) == "4-5"
    assert str(low | high) == "1-6,9-12"
    assert str(low - high) == "1-3,6"
    assert str(blocks("10.0.0.0/24") & blocks("10.0.0.128/25", "11.0.0.0/8")) == "10.0.0.128/25"


def test_sets_are_written_as_people_write_them() -> None:
    assert str(blocks("10.0.1.0/24", "10.0.0.0/24", "::1")) == "10.0.0.0/23, ::1/128"
    assert str(PortSet.of([PortRange(5432, 5440), PortRange.single(443)])) == "443,5432-5440"


def test_a_set_of_ports_gives_its_ranges_merged_and_ascending() -> None:
    ports = PortSet.of([PortRange(82, 90), PortRange(80, 81), PortRange.single(443)])
    assert ports.ranges() == (PortRange(80, 90), PortRange.single(443))
    assert 90 in ports
    assert 91 not in ports


def test_a_hole_leaves_the_blocks_around_it() -> None:
    rest = blocks("198.51.100.0/24") - blocks("198.51.100.128/25")
    assert rest == blocks("198.51.100.0/25")
    assert rest | blocks("198.51.100.128/25") == blocks("198.51.100.0/24")


def test_ten_thousand_holes_are_cut_in_one_sweep() -> None:
    odd = Intervals.of((number, number) for number in range(1, 20_000, 2))
    even = Intervals(((0, 19_999),)) - odd
    assert even.size == 10_000
    assert not even & odd
