"""Functions from integers to sets that change at a few points only: one set for every interval.

They are kept sorted, disjoint, without empty sets and with no two equal neighbours, so equal functions are equal
objects, every operation is one sweep, and such functions are sets again that others can be made of.

The layers of a perimeter say much the same to many destinations and for many agents: every operation is remembered,
and asked again it costs one look-up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Generic, Protocol, Self, TypeVar


class Valued(Protocol):
    """What a piece may hold: a set that compares by what is in it. The false one is empty."""

    def __or__(self, other: Self, /) -> Self: ...
    def __and__(self, other: Self, /) -> Self: ...
    def __sub__(self, other: Self, /) -> Self: ...
    def __bool__(self) -> bool: ...
    def __hash__(self) -> int: ...


_NEVER = 1 << 129
"""Past every place: no address, port or protocol is that large."""

REMEMBERED = 4096
"""Operations of one kind that are remembered: some times those that a large perimeter asks for."""

V = TypeVar("V", bound=Valued)
X = TypeVar("X", bound=Valued)


class Piecewise(Generic[V]):
    """Immutable pieces ``(first, last, value)``, inclusive. Outside of them all the value is the empty set."""

    __slots__ = ("_code", "pieces")

    _code: int | None

    def __init__(self, pieces: tuple[tuple[int, int, V], ...] = ()) -> None:
        self.pieces = pieces
        self._code = None

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return self.pieces == other.pieces if isinstance(other, Piecewise) else NotImplemented

    def __hash__(self) -> int:
        if self._code is None:
            self._code = hash(self.pieces)
        return self._code

    @classmethod
    def of(cls, pieces: Iterable[tuple[int, int, V]]) -> Piecewise[V]:
        """From ascending disjoint pieces, neighbours and empty ones among them."""
        joined: list[tuple[int, int, V]] = []
        for first, last, value in pieces:
            if not value:
                continue
            if joined and joined[-1][1] + 1 == first and (joined[-1][2] is value or joined[-1][2] == value):
                joined[-1] = (joined[-1][0], last, value)
            else:
                joined.append((first, last, value))
        return cls(tuple(joined))

    @classmethod
    def union(cls, functions: Iterable[Piecewise[V]], unite: Callable[[list[V]], V]) -> Piecewise[V]:
        """The union of any number of functions, given that of any number of values.

        Pieces over the same interval are united at once, which is what makes a thousand rules of one kind cheap;
        what is left is united in halves.
        """
        same: dict[tuple[int, int], list[V]] = {}
        for function in functions:
            for first, last, value in function.pieces:
                same.setdefault((first, last), []).append(value)
        pieces = [(*ends, values[0] if len(values) == 1 else unite(values)) for ends, values in sorted(same.items())]
        return cls._united(pieces)

    @classmethod
    def _united(cls, pieces: list[tuple[int, int, V]]) -> Piecewise[V]:
        if all(pieces[index][1] < pieces[index + 1][0] for index in range(len(pieces) - 1)):
            return cls.of(pieces)
        half = len(pieces) // 2
        return cls._united(pieces[:half]) | cls._united(pieces[half:])

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def __getitem__(self, place: int) -> V | None:
        """The value at a place, None where it is empty."""
        index = bisect_right(self.pieces, (place, _NEVER)) - 1
        if index < 0 or self.pieces[index][1] < place:
            return None
        return self.pieces[index][2]

    def __or__(self, other: Piecewise[V]) -> Piecewise[V]:
        if self is other or not other:
            return self
        if not self:
            return other
        return _union(self, other)

    def __and__(self, other: Piecewise[V]) -> Piecewise[V]:
        if self is other or not self:
            return self
        return _intersection(self, other)

    def __sub__(self, other: Piecewise[V]) -> Piecewise[V]:
        if not self or not other:
            return self
        if self is other:
            return Piecewise()
        return _difference(self, other)

    def map(self, function: Callable[[V], X]) -> Piecewise[X]:
        """What the function makes of every value; it is asked once for each object."""
        known: dict[int, X] = {}
        for _, _, value in self.pieces:
            if id(value) not in known:
                known[id(value)] = function(value)
        return Piecewise.of((first, last, known[id(value)]) for first, last, value in self.pieces)


@lru_cache(maxsize=REMEMBERED)
def _union(left: Piecewise[V], right: Piecewise[V]) -> Piecewise[V]:
    pieces: list[tuple[int, int, V]] = []
    unite = _once_a_pair(lambda one, two: one | two)
    for first, last, one, two in _sweep(left.pieces, right.pieces):
        if one is None or two is None:
            pieces += [(first, last, value) for value in (one, two) if value is not None]
        else:
            pieces.append((first, last, unite(one, two)))
    return Piecewise.of(pieces)


@lru_cache(maxsize=REMEMBERED)
def _intersection(left: Piecewise[V], right: Piecewise[V]) -> Piecewise[V]:
    intersect = _once_a_pair(lambda one, two: one & two)
    return Piecewise.of(
        (first, last, intersect(one, two))
        for first, last, one, two in _sweep(left.pieces, right.pieces)
        if one is not None and two is not None
    )


@lru_cache(maxsize=REMEMBERED)
def _difference(left: Piecewise[V], right: Piecewise[V]) -> Piecewise[V]:
    subtract = _once_a_pair(lambda one, two: one - two)
    return Piecewise.of(
        (first, last, one if two is None else subtract(one, two))
        for first, last, one, two in _sweep(left.pieces, right.pieces)
        if one is not None
    )


def _once_a_pair(operate: Callable[[V, V], V]) -> Callable[[V, V], V]:
    """Few different values stand on many intervals: each pair of them is worked out once.

    Objects are told apart by identity, which holds for as long as the operands of a sweep live.
    """
    known: dict[tuple[int, int], V] = {}

    def remembered(left: V, right: V) -> V:
        key = (id(left), id(right))
        if key not in known:
            known[key] = operate(left, right)
        return known[key]

    return remembered


def _sweep(
    lefts: tuple[tuple[int, int, V], ...], rights: tuple[tuple[int, int, V], ...]
) -> Iterator[tuple[int, int, V | None, V | None]]:
    """The intervals on which neither function changes, ascending, with both values; None is empty."""
    ends = (_NEVER, _NEVER, None)
    left_pieces, right_pieces = iter(lefts), iter(rights)
    left_first, left_last, left = next(left_pieces, ends)
    right_first, right_last, right = next(right_pieces, ends)
    while left is not None or right is not None:
        if left_last < right_first:
            yield left_first, left_last, left, None
            left_first, left_last, left = next(left_pieces, ends)
        elif right_last < left_first:
            yield right_first, right_last, None, right
            right_first, right_last, right = next(right_pieces, ends)
        elif left_first < right_first:
            yield left_first, right_first - 1, left, None
            left_first = right_first
        elif right_first < left_first:
            yield right_first, left_first - 1, None, right
            right_first = left_first
        else:
            last = min(left_last, right_last)
            yield left_first, last, left, right
            left_first = right_first = last + 1
            if left_last == last:
                left_first, left_last, left = next(left_pieces, ends)
            if right_last == last:
                right_first, right_last, right = next(right_pieces, ends)
