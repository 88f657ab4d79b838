"""Sets that are not wholly known: between what is surely inside and what may be.

What a template leaves open makes a set uncertain. ``least`` and ``most`` enclose every set that it can turn out
to be, and every operation keeps them enclosed, so a doubt widens what may pass and narrows what surely passes,
never the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar


class SetAlgebra(Protocol):
    """Sets with exact operations, such as ``PacketSet``, ``QuerySet``, ``NameSet`` and ``Intervals``."""

    @classmethod
    def union(cls, sets: Iterable[Self], /) -> Self: ...
    def __or__(self, other: Self, /) -> Self: ...
    def __and__(self, other: Self, /) -> Self: ...
    def __sub__(self, other: Self, /) -> Self: ...
    def __le__(self, other: Self, /) -> bool: ...
    def __bool__(self) -> bool: ...


S = TypeVar("S", bound=SetAlgebra)


@dataclass(frozen=True, slots=True)
class Bounds(Generic[S]):
    """``least``: what is surely in the set; ``most``: what may be in it. ``least <= most`` is the maker's duty."""

    least: S
    most: S

    @classmethod
    def exactly(cls, known: S) -> Bounds[S]:
        return cls(known, known)

    @classmethod
    def at_most(cls, most: S) -> Bounds[S]:
        """What may be in the set, though nothing surely is."""
        return cls(most - most, most)

    @classmethod
    def union(cls, listed: Iterable[Bounds[S]]) -> Bounds[S]:
        """The union of any number. Raises ``ValueError`` for none: nothing would say of what the empty set is one."""
        bounds = list(listed)
        if not bounds:
            raise ValueError("the union of no bounds is the empty set of no algebra")
        kind = type(bounds[0].least)
        return cls(kind.union(bound.least for bound in bounds), kind.union(bound.most for bound in bounds))

    @property
    def certain(self) -> bool:
        """Whether the set is known."""
        return self.most <= self.least

    def __or__(self, other: Bounds[S]) -> Bounds[S]:
        return Bounds(self.least | other.least, self.most | other.most)

    def __and__(self, other: Bounds[S]) -> Bounds[S]:
        return Bounds(self.least & other.least, self.most & other.most)

    def __sub__(self, other: Bounds[S]) -> Bounds[S]:
        return Bounds(self.least - other.most, self.most - other.least)

    def __bool__(self) -> bool:
        """Whether anything may be in the set."""
        return bool(self.most)
