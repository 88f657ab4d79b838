"""Functions on strings that look at a string's end: from the last character backwards, as domain names are read.

A function is a trie of reversed strings. Every node says what the string that ends here is worth, what all longer
strings are worth, and along which further characters that is not so. Chains of characters at which nothing happens
are one edge (a radix trie), so a set of names has about as many nodes as names. Tries are canonical: two equal
functions are equal tries. The worths come from an algebra of sets: booleans make a trie a set of strings, sets make
it a relation.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import Generic, TypeVar

W = TypeVar("W")
X = TypeVar("X")


class Trie(Generic[W]):
    """An immutable node and what is below it. ``Trie.of`` keeps it canonical.

    ``here``: the worth of the string spelled by the path to this node. ``rest``: that of all strings that leave the
    edges. ``edges``: by first character the characters (backwards) and the node that they lead to; on the way
    everything is worth ``rest``.
    """

    __slots__ = ("_code", "edges", "here", "rest")

    _code: int | None

    def __init__(self, here: W, rest: W, edges: dict[str, tuple[str, Trie[W]]]) -> None:
        self.here = here
        self.rest = rest
        self.edges = edges
        self._code = None

    @classmethod
    def of(cls, here: W, rest: W, edges: Iterable[tuple[str, Trie[W]]]) -> Trie[W]:
        """The node without edges that say what ``rest`` says anyway, and with as long ones as can be."""
        kept: dict[str, tuple[str, Trie[W]]] = {}
        for edge in edges:
            label, child = edge
            if len(child.edges) > 1 or child.here != rest or child.rest != rest:
                kept[label[0]] = edge
            elif child.edges:
                [(further, grandchild)] = child.edges.values()
                kept[label[0]] = (label + further, grandchild)
        return cls(here, rest, kept)

    @classmethod
    def always(cls, worth: W) -> Trie[W]:
        return cls(worth, worth, {})

    @property
    def constant(self) -> bool:
        """Whether all strings are worth the same."""
        return not self.edges and self.here == self.rest

    def __getitem__(self, text: str) -> W:
        node, backwards, place = self, text[::-1], 0
        while place < len(backwards):
            label, child = node.edges.get(backwards[place], ("", node))
            if not label or not backwards.startswith(label, place):
                return node.rest
            node, place = child, place + len(label)
        return node.here

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Trie):
            return NotImplemented
        if self._code is not None and other._code is not None and self._code != other._code:
            return False
        if self.here != other.here or self.rest != other.rest:
            return False
        if self.edges is not other.edges:
            if self.edges != other.edges:
                return False
            # Equal ones are compared again and again, in relations once for every name: they share from now on.
            other.edges = self.edges
        return True

    def __hash__(self) -> int:
        if self._code is None:
            self._code = hash((self.here, self.rest, frozenset(self.edges.values())))
        return self._code

    def nodes(self) -> Iterator[tuple[str, Trie[W]]]:
        """Every node with the string that it stands for: fewer edges before more, then by the alphabet from the end."""
        level = [("", self)]
        while level:
            yield from level
            level = [
                (label[::-1] + end, child) for end, node in level for _, (label, child) in sorted(node.edges.items())
            ]

    def map(self, function: Callable[[W], X], known: dict[int, Trie[X]] | None = None) -> Trie[X]:
        """The trie of what the function makes of every worth.

        ``known``: what it has made of nodes before, by identity, for tries that share some. They must outlive it.
        """
        known = {} if known is None else known
        if id(self) not in known:
            edges = []
            for label, child in self.edges.values():
                edges.append((label, child.map(function, known)))
            known[id(self)] = Trie.of(function(self.here), function(self.rest), edges)
        return known[id(self)]

    def worths(self, known: dict[int, frozenset[W]] | None = None) -> frozenset[W]:
        """Everything that any string is worth. ``known`` as in ``map``."""
        known = {} if known is None else known
        if id(self) not in known:
            found = {self.here, self.rest}
            for _, child in self.edges.values():
                found |= child.worths(known)
            known[id(self)] = frozenset(found)
        return known[id(self)]

    def preimages(self) -> dict[W, Trie[bool]]:
        """Every worth with the set of strings that are worth it; the sets are disjoint and together hold all.

        Equal tries give them in the same order.
        """
        edges: dict[W, dict[str, tuple[str, Trie[bool]]]] = {self.here: {}, self.rest: {}}
        for first, (label, child) in sorted(self.edges.items()):
            edges[self.rest][first] = (label, NOTHING)
            for worth, strings in child.preimages().items():
                edges.setdefault(worth, {})[first] = (label, strings)
        return {
            worth: Trie.of(self.here == worth, self.rest == worth, found.values()) for worth, found in edges.items()
        }


NOTHING: Trie[bool] = Trie.always(worth=False)
EVERYTHING: Trie[bool] = Trie.always(worth=True)
ITSELF: Trie[bool] = Trie.of(here=True, rest=False, edges=())
LONGER: Trie[bool] = Trie.of(here=False, rest=True, edges=())


def spelled(endings: Iterable[tuple[str, Trie[bool]]]) -> Trie[bool]:
    """The union of ends of names: each a text with ITSELF, LONGER or EVERYTHING for what follows its path."""
    words = sorted(((text[::-1], leaf) for text, leaf in endings), key=operator.itemgetter(0))
    return _spelled(words, 0)


def _spelled(words: list[tuple[str, Trie[bool]]], depth: int) -> Trie[bool]:
    """Of sorted words that agree up to the depth."""
    ended = [leaf for word, leaf in words if len(word) == depth]
    here, rest = any(leaf.here for leaf in ended), any(leaf.rest for leaf in ended)
    edges = []
    if not rest:
        for _, group in groupby(words[len(ended) :], key=lambda entry: entry[0][depth]):
            branch = list(group)
            if len(branch) == 1:
                edges.append((branch[0][0][depth:], branch[0][1]))
            else:
                label = _common([branch[0][0][depth:], branch[-1][0][depth:]])
                edges.append((label, _spelled(branch, depth + len(label))))
    return Trie.of(here, rest, edges)


def _common(labels: list[str]) -> str:
    """The longest beginning that all have: that of the first and the last by the alphabet."""
    first, last = min(labels), max(labels)
    if last.startswith(first):
        return first
    return first[: next(place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)]


@dataclass(frozen=True, slots=True)
class Algebra(Generic[W]):
    """Set operations on tries, by those of their worths. ``none`` and ``all`` are the least and greatest worth."""

    none: W
    all: W
    unite: Callable[[W, W], W]
    intersect: Callable[[W, W], W]
    subtract: Callable[[W, W], W]

    def union(self, tries: Iterable[Trie[W]]) -> Trie[W]:
        """The union of any number of tries at once: every node is visited once."""
        listed: list[Trie[W]] = []
        for trie in tries:
            if trie.constant:
                if trie.here == self.all:
                    return trie
                if trie.here == self.none:
                    continue
            if not listed or trie is not listed[-1]:
                listed.append(trie)
        if not listed:
            return Trie.always(self.none)
        if len(listed) == 1:
            return listed[0]
        branches: dict[str, list[tuple[Trie[W], str, Trie[W]]]] = {}
        for trie in listed:
            for first, (label, child) in trie.edges.items():
                branches.setdefault(first, []).append((trie, label, child))
        cones = [trie for trie in listed if trie.rest != self.none]
        edges = []
        for first, branch in branches.items():
            if len(branch) == 1 and not cones:
                edges.append(branch[0][1:])
                continue
            label = _common([label for _, label, _ in branch])
            below = [_below(*edge, len(label)) for edge in branch]
            below += [Trie.always(cone.rest) for cone in cones if first not in cone.edges]
            edges.append((label, self.union(below)))
        here = reduce(self.unite, (trie.here for trie in listed))
        return Trie.of(here, reduce(self.unite, (cone.rest for cone in cones), self.none), edges)

    def intersection(self, left: Trie[W], right: Trie[W]) -> Trie[W]:
        if left is right:
            return left
        for one, other in ((left, right), (right, left)):
            if one.constant:
                if one.here == self.none:
                    return one
                if one.here == self.all:
                    return other
        left_alone = _fate(right.rest, keep=self.all, drop=self.none)
        right_alone = _fate(left.rest, keep=self.all, drop=self.none)
        return _merged(self.intersection, self.intersect, left, right, left_alone, right_alone)

    def difference(self, left: Trie[W], right: Trie[W]) -> Trie[W]:
        if right.constant and right.here == self.none:
            return left
        if left is right or (right.constant and right.here == self.all):
            return Trie.always(self.none)
        if left.constant and left.here == self.none:
            return left
        left_alone = _fate(right.rest, keep=self.none, drop=self.all)
        right_alone = False if left.rest == self.none else None
        return _merged(self.difference, self.subtract, left, right, left_alone, right_alone)


def _fate(rest: W, *, keep: W, drop: W) -> bool | None:
    """What becomes of an edge that only one trie has, by what the other says there: kept, dropped, or looked into."""
    return True if rest == keep else False if rest == drop else None


def _merged(
    descend: Callable[[Trie[W], Trie[W]], Trie[W]],
    operate: Callable[[W, W], W],
    left: Trie[W],
    right: Trie[W],
    left_alone: bool | None,
    right_alone: bool | None,
) -> Trie[W]:
    edges = []
    for first, (label, child) in left.edges.items():
        if first in right.edges:
            other_label, other = right.edges[first]
            common = _common([label, other_label])
            length = len(common)
            both = descend(_below(left, label, child, length), _below(right, other_label, other, length))
            edges.append((common, both))
        elif left_alone is None:
            edges.append((label, descend(child, Trie.always(right.rest))))
        elif left_alone:
            edges.append((label, child))
    for first, (label, child) in right.edges.items():
        if first in left.edges:
            continue
        if right_alone is None:
            edges.append((label, descend(Trie.always(left.rest), child)))
        elif right_alone:
            edges.append((label, child))
    return Trie.of(operate(left.here, right.here), operate(left.rest, right.rest), edges)


def _below(parent: Trie[W], label: str, child: Trie[W], length: int) -> Trie[W]:
    """What stands after the first characters of an edge: its end, or a place on the way."""
    if length == len(label):
        return child
    return Trie(parent.rest, parent.rest, {label[length]: (label[length:], child)})


BOOLEANS: Algebra[bool] = Algebra(False, True, operator.or_, operator.and_, operator.gt)
"""``>`` of truths is "this and not that"."""
