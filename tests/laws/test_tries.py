"""Tries whose worths are sets themselves, against Python's own sets of pairs of strings.

Names are of two characters at most in patterns, and known by their strings of four; see ``test_names``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet
from agent_perimeter.tries import Algebra, Trie

RELATION: Algebra[NameSet] = Algebra(NO_NAMES, ALL_NAMES, operator.or_, operator.and_, operator.sub)
STRINGS = tuple("".join(letters) for length in range(5) for letters in product("a.z", repeat=length))
WORTHS = ("", "a", "b", "c")
"""``c`` occurs in no set of worths and stands for all other names."""

Model = frozenset[tuple[str, str]]
Both = tuple[Trie[NameSet], Model]

texts = st.text("a.", max_size=2)
names = st.one_of(
    st.just(ALL_NAMES),
    texts.map(NameSet.exact),
    texts.map(NameSet.ending),
    texts.map(lambda text: ~NameSet.exact(text)),
)
worths = st.sampled_from(
    (ALL_NAMES, NameSet.exact("a"), NameSet.exact("a", "b"), NameSet.exact(""), ~NameSet.exact("a"))
)


def related(names: NameSet, worth: NameSet) -> Both:
    """Every name with every worth."""
    return (
        names.trie.map(lambda inside: worth if inside else NO_NAMES),
        frozenset((name, found) for name in STRINGS if name in names for found in WORTHS if found in worth),
    )


OPERATIONS: dict[
    str, tuple[Callable[[Trie[NameSet], Trie[NameSet]], Trie[NameSet]], Callable[[Model, Model], Model]]
] = {
    "union": (lambda left, right: RELATION.union([left, right]), operator.or_),
    "intersection": (RELATION.intersection, operator.and_),
    "difference": (RELATION.difference, operator.sub),
}


def combined(pair: tuple[str, Both, Both]) -> Both:
    name, (left, left_model), (right, right_model) = pair
    operate, operate_models = OPERATIONS[name]
    return operate(left, right), operate_models(left_model, right_model)


relations: st.SearchStrategy[Both] = st.recursive(
    st.builds(related, names, worths),
    lambda inner: st.tuples(st.sampled_from(sorted(OPERATIONS)), inner, inner).map(combined),
    max_leaves=8,
)


def members(trie: Trie[NameSet]) -> Model:
    return frozenset((name, worth) for name in STRINGS for worth in WORTHS if worth in trie[name])


@pytest.mark.parametrize("name", OPERATIONS)
@given(relations, relations)
def test_an_operation_is_that_of_sets_of_pairs(name: str, left: Both, right: Both) -> None:
    found, model = combined((name, left, right))
    assert members(found) == model


@given(relations, relations)
def test_equal_relations_are_equal_objects_and_others_are_not(left: Both, right: Both) -> None:
    assert (left[0] == right[0]) is (left[1] == right[1])
    again = RELATION.union([RELATION.difference(left[0], right[0]), RELATION.intersection(left[0], right[0])])
    assert again == left[0]
    assert hash(again) == hash(left[0])


@given(st.lists(relations, max_size=6))
def test_a_union_of_many_is_that_of_all_pairs(listed: list[Both]) -> None:
    found = RELATION.union(trie for trie, _ in listed)
    assert members(found) == frozenset().union(*(model for _, model in listed))


@given(relations)
def test_preimages_share_out_all_strings_by_their_worth(both: Both) -> None:
    trie = both[0]
    found = {worth: NameSet(strings) for worth, strings in trie.preimages().items()}
    assert set(found) == trie.worths()
    for name in STRINGS:
        assert [worth for worth, strings in found.items() if name in strings] == [trie[name]]
    assert NameSet.union(found.values()) == ALL_NAMES


@given(relations)
def test_a_mapped_trie_is_worth_what_the_function_makes_of_it(both: Both) -> None:
    mapped = both[0].map(bool)
    assert all(mapped[name] is bool(both[0][name]) for name in STRINGS)
    assert NameSet(mapped) == NameSet.union(NameSet(found) for worth, found in both[0].preimages().items() if worth)
