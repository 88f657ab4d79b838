"""Lists of rules of which the first that matches decides: ACLs, firewall rules, DNS rules, security groups.

A rule may match more or less than it is known to. ``permitted`` encloses what passes whichever way every doubt
turns out; ``decide`` says the same of one packet, and which rules said so. Both are exact for a single packet: what
can pass one way and not pass the other, and nothing else, is left open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from agent_perimeter.bounds import Bounds, SetAlgebra
from agent_perimeter.observed import Doubt
from agent_perimeter.source import Origin


class DecidableSet(SetAlgebra, Protocol):
    """A set of which one can ask whether something is in it."""

    def __contains__(self, point: object, /) -> bool: ...


S = TypeVar("S", bound=DecidableSet)


class Decided(StrEnum):
    """What a chain does with one packet or query: the words of ``verdict.Outcome``."""

    ALLOWS = "allows"
    DENIES = "denies"
    PERHAPS = "may allow"


@dataclass(frozen=True, slots=True)
class Link(Generic[S]):
    """One rule: what it surely and perhaps matches, what it does with that, and the rule in words.

    ``doubts``: why ``match.least`` and ``match.most`` differ, where they do.
    """

    match: Bounds[S]
    allow: bool
    rule: str
    origin: Origin = field(default_factory=Origin)
    doubts: tuple[Doubt, ...] = ()

    @classmethod
    def always(cls, universe: S, rule: str, *, allow: bool = False, origin: Origin | None = None) -> Link[S]:
        """A rule that matches everything, such as a list's default action."""
        return cls(Bounds.exactly(universe), allow, rule, origin or Origin())


@dataclass(frozen=True, slots=True)
class Decision(Generic[S]):
    """What happens, and by which links: the one that decides last, before it those that perhaps decide otherwise.

    For ``PERHAPS`` the links are all that may decide, in their order.
    """

    outcome: Decided
    links: tuple[Link[S], ...]

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """The doubts of its links, once each."""
        return tuple(dict.fromkeys(doubt for link in self.links for doubt in link.doubts))


@dataclass(frozen=True, slots=True)
class Chain(Generic[S]):
    """Links in the order in which they are asked, and the default that matches all that is left."""

    links: tuple[Link[S], ...]
    default: Link[S]

    @property
    def permitted(self) -> Bounds[S]:
        """What surely passes and what may pass.

        Worked out from the last link to the first: a link that allows adds what it matches to what the links after
        it permit, and one that denies takes it away, which are just the operations of bounds.
        """
        nothing = self.default.match.most - self.default.match.most
        permitted = Bounds.exactly(nothing)
        for allow, run in groupby((self.default, *reversed(self.links)), key=_allows):
            match = Bounds.union(link.match for link in run)
            permitted = permitted | match if allow else permitted - match
        return permitted

    def decide(self, point: object) -> Decision[S]:
        """What happens to a point: ALLOWS if and only if it is in ``permitted.least``, DENIES if not in ``most``."""
        asked: list[Link[S]] = []
        for link in (*self.links, self.default):
            if point in link.match.most:
                asked.append(link)
            if point in link.match.least:
                break
        verdicts = {link.allow for link in asked}
        if len(verdicts) > 1:
            return Decision(Decided.PERHAPS, tuple(asked))
        return Decision(Decided.ALLOWS if verdicts == {True} else Decided.DENIES, tuple(asked[-1:]))


def _allows(link: Link[S]) -> bool:
    return link.allow
