"""Sets of addresses and ports, exact and canonical: two equal sets are equal objects.

Both are unions of inclusive integer intervals, kept sorted, disjoint and never adjacent, so every
operation is one linear sweep.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from agent_perimeter.values import Cidr, PortRange


@dataclass(frozen=True, slots=True)
class Intervals:
    """A set of non-negative integers as sorted, disjoint, non-adjacent inclusive intervals."""

    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int]]) -> Intervals:
        """The union of any intervals, in any order, overlapping or not."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted(spans):
            if merged and first <= merged[-1][1] + 1:
                if last > merged[-1][1]:
                    merged[-1] = (merged[-1][0], last)
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def union(cls, sets: Iterable[Intervals]) -> Intervals:
        """The union of any number of sets."""
        return cls.of(span for intervals in sets for span in intervals.spans)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __contains__(self, value: int) -> bool:
        index = bisect_right(self.spans, value, key=itemgetter(0)) - 1
        return index >= 0 and value <= self.spans[index][1]

    @property
    def size(self) -> int:
        return sum(last - first + 1 for first, last in self.spans)

    def __or__(self, other: Intervals) -> Intervals:
        return Intervals.of((*self.spans, *other.spans))

    def __and__(self, other: Intervals) -> Intervals:
        found: list[tuple[int, int]] = []
        left, right = 0, 0
        while left < len(self.spans) and right < len(other.spans):
            first = max(self.spans[left][0], other.spans[right][0])
            last = min(self.spans[left][1], other.spans[right][1])
            if first <= last:
                found.append((first, last))
            if self.spans[left][1] < other.spans[right][1]:
                left += 1
            else:
                right += 1
        return Intervals(tuple(found))

    def __sub__(self, other: Intervals) -> Intervals:
        found: list[tuple[int, int]] = []
        index = 0
        for start, last in self.spans:
            first = start
            while index < len(other.spans) and other.spans[index][1] < first:
                index += 1
            cut = index
            while cut < len(other.spans) and other.spans[cut][0] <= last:
                if first < other.spans[cut][0]:
                    found.append((first, other.spans[cut][0] - 1))
                first = other.spans[cut][1] + 1
                cut += 1
            if first <= last:
                found.append((first, last))
        return Intervals(tuple(found))

    def __le__(self, other: Intervals) -> bool:
        return not self - other


@dataclass(frozen=True, slots=True)
class PortSet:
    """A set of ports of one protocol."""

    ports: Intervals = field(default_factory=Intervals)

    @classmethod
    def of(cls, ranges: Iterable[PortRange]) -> PortSet:
        return cls(Intervals.of((ports.first, ports.last) for ports in ranges))

    def ranges(self) -> tuple[PortRange, ...]:
        """The fewest ranges that hold exactly this set, ascending."""
        return tuple(PortRange(first, last) for first, last in self.ports.spans)

    def __bool__(self) -> bool:
        return bool(self.ports)

    def __contains__(self, port: int) -> bool:
        return port in self.ports

    def __or__(self, other: PortSet) -> PortSet:
        return PortSet(self.ports | other.ports)

    def __and__(self, other: PortSet) -> PortSet:
        return PortSet(self.ports & other.ports)

    def __sub__(self, other: PortSet) -> PortSet:
        return PortSet(self.ports - other.ports)

    def __le__(self, other: PortSet) -> bool:
        return self.ports <= other.ports

    def __str__(self) -> str:
        return ",".join(str(ports) for ports in self.ranges())


@dataclass(frozen=True, slots=True)
class AddressSet:
    """A set of IPv4 and IPv6 addresses."""

    v4: Intervals = field(default_factory=Intervals)
    v6: Intervals = field(default_factory=Intervals)

    @classmethod
    def of(cls, blocks: Iterable[Cidr]) -> AddressSet:
        listed = tuple(blocks)
        return cls(
            Intervals.of((block.base, block.last) for block in listed if block.version == 4),
            Intervals.of((block.base, block.last) for block in listed if block.version == 6),
        )

    def cidrs(self) -> tuple[Cidr, ...]:
        """The fewest blocks that hold exactly this set: IPv4 first, ascending."""
        return tuple(self._blocks())

    def _blocks(self) -> Iterator[Cidr]:
        for first, last in self.v4.spans:
            yield from Cidr.of_range(4, first, last)
        for first, last in self.v6.spans:
            yield from Cidr.of_range(6, first, last)

    def __bool__(self) -> bool:
        return bool(self.v4) or bool(self.v6)

    def __or__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 | other.v4, self.v6 | other.v6)

    def __and__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 & other.v4, self.v6 & other.v6)

    def __sub__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 - other.v4, self.v6 - other.v6)

    def __le__(self, other: AddressSet) -> bool:
        return self.v4 <= other.v4 and self.v6 <= other.v6

    def __str__(self) -> str:
        return ", ".join(str(block) for block in self._blocks())
