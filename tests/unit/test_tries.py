"""Relations between names, in small tables; the laws are in ``tests/laws/test_tries.py``."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest

from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet
from agent_perimeter.tries import Algebra, Trie

RELATION: Algebra[NameSet] = Algebra(NO_NAMES, ALL_NAMES, operator.or_, operator.and_, operator.sub)
NAMES = ("", "a", "b", "ba", "c.a", "z")
A, B = NameSet.exact("a"), NameSet.exact("b")


def related(names: NameSet, worth: NameSet) -> Trie[NameSet]:
    return names.trie.map(lambda inside: worth if inside else NO_NAMES)


TRIES: dict[str, Trie[NameSet]] = {
    "nothing": Trie.always(NO_NAMES),
    "everything": Trie.always(ALL_NAMES),
    "all names with one": Trie.always(A),
    "one name with one": related(A, A),
    "an end with another": related(NameSet.ending("a"), B),
    "all but one with all": related(~A, ALL_NAMES),
    "two with one each": RELATION.union([related(A, A), related(B, B)]),
    "two ends with one": related(NameSet.exact("ba", "c.a"), A),
}

OPERATIONS: dict[
    str, tuple[Callable[[Trie[NameSet], Trie[NameSet]], Trie[NameSet]], Callable[[NameSet, NameSet], NameSet]]
] = {
    "union": (lambda left, right: RELATION.union([left, right]), operator.or_),
    "intersection": (RELATION.intersection, operator.and_),
    "difference": (RELATION.difference, operator.sub),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("left", TRIES)
@pytest.mark.parametrize("right", TRIES)
def test_an_operation_is_that_of_the_worths_of_every_name(operation: str, left: str, right: str) -> None:
    operate, on_worths = OPERATIONS[operation]
    found = operate(TRIES[left], TRIES[right])
    assert [found[name] for name in NAMES] == [on_worths(TRIES[left][name], TRIES[right][name]) for name in NAMES]


@pytest.mark.parametrize("case", TRIES)
def test_preimages_share_out_the_names(case: str) -> None:
    trie = TRIES[case]
    found = trie.preimages()
    assert set(found) == trie.worths()
    for name in NAMES:
        assert [worth for worth, names in found.items() if name in NameSet(names)] == [trie[name]]


def test_an_edge_that_says_nothing_is_joined_with_the_next() -> None:
    left = RELATION.union([related(NameSet.exact("ca"), A), related(NameSet.exact("ba"), B)])
    assert RELATION.difference(left, related(NameSet.exact("ca"), A)) == related(NameSet.exact("ba"), B)
    assert left != related(NameSet.exact("ba"), B)
    assert hash(RELATION.union([left, left])) == hash(left)
