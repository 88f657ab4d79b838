"""What makes the algebra quick: operations are remembered, and equal sets come to be one object."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent_perimeter.apps import AppSet, Traffic
from agent_perimeter.names import ALL_NAMES, NameSet
from agent_perimeter.packets import Intervals
from agent_perimeter.piecewise import Piecewise
from agent_perimeter.tries import Trie

Operation = Callable[[Piecewise[Intervals], Piecewise[Intervals]], Piecewise[Intervals]]


def _steps(*ends: tuple[int, int]) -> Piecewise[Intervals]:
    return Piecewise.of((first, last, Intervals(((first, first),))) for first, last in ends)


def _traffic(name: str) -> Traffic:
    return Traffic.of(AppSet.tls_names(NameSet.ending(name)), ALL_NAMES)


OPERATIONS: dict[str, Operation] = {
    "union": lambda one, two: one | two,
    "intersection": lambda one, two: one & two,
    "difference": lambda one, two: one - two,
}


@pytest.mark.parametrize("operate", OPERATIONS.values(), ids=OPERATIONS)
def test_the_same_operation_on_equal_functions_gives_the_same_object(operate: Operation) -> None:
    first = operate(_steps((1, 5), (8, 9)), _steps((3, 9)))
    assert operate(_steps((1, 5), (8, 9)), _steps((3, 9))) is first
    assert operate(_steps((1, 5), (8, 9)), _steps((3, 7))) is not first


def test_a_function_and_nothing() -> None:
    some, nothing = _steps((1, 5)), Piecewise[Intervals]()
    assert (some | nothing, nothing | some, some - nothing) == (some, some, some)
    assert (nothing & some, nothing - some, some - some) == (nothing, nothing, nothing)


@pytest.mark.parametrize(
    "thing", [_steps((1, 5)), _traffic("a.example"), NameSet.exact("a").trie], ids=lambda one: type(one).__name__
)
def test_a_set_equals_nothing_of_another_kind(thing: object) -> None:
    assert thing != "a"
    assert thing == thing  # noqa: PLR0124 - the same object, without a look inside


def test_equal_traffic_is_equal_however_it_came_about() -> None:
    parts = _traffic("a.example") | _traffic("b.example")
    whole = Traffic.of(AppSet.tls_names(NameSet.ending("a.example", "b.example")), ALL_NAMES)
    assert parts == whole
    assert hash(parts) == hash(whole)
    assert parts != _traffic("a.example")


def test_tries_that_were_found_equal_share_what_is_below_them() -> None:
    one, two = NameSet.exact("a.example", "b.example").trie, NameSet.exact("b.example", "a.example").trie
    assert one.edges is not two.edges
    assert one == two
    assert one.edges is two.edges


def test_tries_of_different_hash_are_told_apart_without_a_look_inside() -> None:
    class Watched(dict[str, tuple[str, Trie[bool]]]):
        def __ne__(self, other: object) -> bool:
            raise AssertionError("looked inside")

    one, two = NameSet.exact("a.example").trie, NameSet.exact("b.example").trie
    assert hash(one) != hash(two)
    one.edges = Watched(one.edges)
    assert one != two
