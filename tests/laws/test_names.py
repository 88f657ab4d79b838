"""Sets of names against Python's own sets, on all short strings over three characters.

Patterns are at most three characters long, and ``below`` puts a dot before them. So a set is known when it is known
which strings of five characters and fewer it holds: ``z`` occurs in no pattern and stands for all other characters.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from functools import reduce
from itertools import product
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_perimeter.names import ALL_NAMES, NO_NAMES, SOME_NAME, NameSet
from agent_perimeter.tries import Trie
from agent_perimeter.values import DomainPattern

W = TypeVar("W")

STRINGS = frozenset("".join(letters) for length in range(6) for letters in product("a.z", repeat=length))

texts = st.text("a.", max_size=3)

Model = frozenset[str]
Both = tuple[NameSet, Model]


def held(test: Callable[[str], bool]) -> Model:
    return frozenset(filter(test, STRINGS))


exacts = texts.map(lambda text: (NameSet.exact(text), held(lambda name: name == text)))
endings = texts.map(lambda text: (NameSet.ending(text), held(lambda name: name.endswith(text))))
belows = texts.map(
    lambda text: (NameSet.below(text), held(lambda name: name.endswith("." + text) and name != "." + text))
)

OPERATIONS: dict[str, Callable[..., object]] = {
    "union": operator.or_,
    "intersection": operator.and_,
    "difference": operator.sub,
}
by_operation = pytest.mark.parametrize("name", OPERATIONS)


def combined(pair: tuple[str, Both, Both]) -> Both:
    name, (left, left_model), (right, right_model) = pair
    operate: Callable[..., NameSet] = OPERATIONS[name]  # type: ignore[assignment]
    operate_models: Callable[..., Model] = OPERATIONS[name]  # type: ignore[assignment]
    return operate(left, right), operate_models(left_model, right_model)


sets: st.SearchStrategy[Both] = st.recursive(
    exacts
    | endings
    | belows
    | st.sampled_from([(ALL_NAMES, STRINGS), (NO_NAMES, frozenset()), (SOME_NAME, STRINGS - {""})]),
    lambda inner: st.tuples(st.sampled_from(sorted(OPERATIONS)), inner, inner).map(combined),
    max_leaves=8,
)


def members(names: NameSet) -> Model:
    return held(lambda name: name in names)


def is_canonical(trie: Trie[W]) -> bool:
    """No edge says what the rest says anyway, and none could be longer."""
    for _, node in trie.nodes():
        for first, (label, child) in node.edges.items():
            idle = child.here == node.rest and child.rest == node.rest
            if label[:1] != first or (idle and len(child.edges) < 2):
                return False
    return True


@by_operation
@given(sets, sets)
def test_an_operation_is_that_of_sets(name: str, left: Both, right: Both) -> None:
    found, model = combined((name, left, right))
    assert members(found) == model
    assert is_canonical(found.trie)


@given(sets, sets)
def test_equal_sets_are_equal_objects_and_others_are_not(left: Both, right: Both) -> None:
    assert (left[0] == right[0]) is (left[1] == right[1])
    assert (left[0] <= right[0]) is (left[1] <= right[1])
    assert bool(left[0]) is bool(left[1])


@given(sets, sets)
def test_the_way_to_a_set_leaves_no_trace(left: Both, right: Both) -> None:
    one, other = left[0], right[0]
    for again in ((one - other) | (one & other), ~~one, ~(~one & (~one | other)), one | (one & other)):
        assert again == one
        assert hash(again) == hash(one)


@given(st.lists(sets, max_size=6))
def test_a_union_of_many_is_one_after_the_other_in_any_order(listed: list[Both]) -> None:
    found = NameSet.union(names for names, _ in listed)
    assert members(found) == frozenset().union(*(model for _, model in listed))
    assert found == reduce(operator.or_, (names for names, _ in reversed(listed)), NO_NAMES)


@given(st.lists(texts, max_size=6))
def test_many_texts_at_once_are_the_union_of_each(listed: list[str]) -> None:
    for make in (NameSet.exact, NameSet.ending, NameSet.below):
        assert make(*listed) == NameSet.union(make(text) for text in listed)


@given(sets)
def test_a_witness_is_in_its_set_and_there_is_one_unless_it_is_empty(both: Both) -> None:
    names, model = both
    witness = names.witness()
    assert (witness is None) is (not model)
    if witness is not None:
        assert witness in names
        assert (witness == "") is (model == {""})


HOST = re.compile(r"[az]+(\.[az]+)*")


@given(sets)
def test_a_witness_is_a_host_name_where_the_set_holds_any(both: Both) -> None:
    names, model = both
    if any(HOST.fullmatch(name) for name in model):
        assert re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", names.witness() or "")


@given(sets)
def test_the_words_for_a_set_are_none_only_for_the_empty_one(both: Both) -> None:
    listed = list(both[0].patterns())
    assert bool(listed) is bool(both[1])
    assert listed == sorted(set(listed))


patterns = st.builds(DomainPattern, st.sampled_from(["a", "b.a", "ba", "c.b.a"]), st.booleans())


@given(
    st.lists(patterns, max_size=4),
    st.sampled_from(["", "a", "b.a", "ba", "c.b.a", "x.c.b.a", "x.ba", "cba", "A", "B.a"]),
)
def test_domain_patterns_hold_what_they_cover(listed: Iterable[DomainPattern], name: str) -> None:
    expected = any(
        name.lower() == pattern.name if not pattern.wildcard else name.lower().endswith("." + pattern.name)
        for pattern in listed
    )
    assert (name in NameSet.of(listed)) is expected
