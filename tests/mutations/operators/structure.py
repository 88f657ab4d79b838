"""Operators that need no knowledge of what a value means: removed, emptied, negated, reordered, counted up and down."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tests.mutations import schema
from tests.mutations.mutant import Change
from tests.mutations.operators.place import Place
from tests.mutations.tree import ABSENT, Value, is_intrinsic

UNTOLD = "PropertyThatNobodyKnows"


def removed(place: Place) -> Iterator[Change]:
    """A property or an element of a list is gone."""
    if place.path:
        yield place.becomes("remove element" if place.in_list else "remove property", ABSENT)


def emptied(place: Place) -> Iterator[Change]:
    """A list, object or text is there, with nothing in it."""
    if isinstance(place.value, list | dict | str) and place.value and not is_intrinsic(place.value):
        yield place.becomes("empty", type(place.value)())


def negated(place: Place) -> Iterator[Change]:
    """True is false, also where it is spelled as text."""
    if isinstance(place.value, bool):
        yield place.becomes("negate", not place.value)
    elif isinstance(place.value, str) and place.value in {"true", "false"}:
        yield place.becomes("negate", "false" if place.value == "true" else "true")


def counted(place: Place) -> Iterator[Change]:
    """A number is one more, one less, nothing, or the largest that a port or priority can be."""
    if isinstance(place.value, int) and not isinstance(place.value, bool):
        for number in sorted({place.value + 1, place.value - 1, 0, 65535} - {place.value}):
            yield place.becomes("change number", number, str(number))


def reordered(place: Place) -> Iterator[Change]:
    """Neighbours of a list change places, and the whole of it is turned round."""
    items = place.value
    if not isinstance(items, list) or len(items) < 2:
        return
    for index in range(len(items) - 1):
        swapped = [*items[:index], items[index + 1], items[index], *items[index + 2 :]]
        yield place.becomes("reorder", swapped, f"{index} and {index + 1}")
    yield place.becomes("reorder", items[::-1], "turned round")


def other_choice(place: Place) -> Iterator[Change]:
    """Each other value of an enumeration of the schema."""
    if isinstance(place.value, str):
        for choice in schema.choices(place.schema):
            if choice != place.value:
                yield place.becomes("other choice", choice, choice)


def swapped_numbers(place: Place) -> Iterator[Change]:
    """Two elements of a list, such as rules, exchange their priorities."""
    items = place.value
    if not isinstance(items, list) or not all(isinstance(item, dict) and "Priority" in item for item in items):
        return
    for index, (first, second) in enumerate(itertools.pairwise(items)):
        swapped = [
            *items[:index],
            {**first, "Priority": second["Priority"]},
            {**second, "Priority": first["Priority"]},
            *items[index + 2 :],
        ]
        yield place.becomes("swap priorities", swapped, f"{index} and {index + 1}")


def told_more(place: Place) -> Iterator[Change]:
    """A property that the schema knows and the template does not use is set, and one that nobody knows."""
    if not isinstance(place.value, dict) or is_intrinsic(place.value):
        return
    for name, known in schema.writable(place.kind, place.path).items():
        if name not in place.value:
            for value in _plausible(name, known):
                yield place.becomes("add property", {**place.value, name: value}, f"{name}={value}")
    if "Tags" not in place.path:
        yield place.becomes("add unknown property", {**place.value, UNTOLD: "x"})


def _plausible(name: str, known: schema.Schema) -> Iterator[Value]:
    """Values that a careless hand would write: every choice, both booleans, everything for an address."""
    if choices := schema.choices(known):
        yield from choices
        return
    kinds = known.get("type")
    match kinds if isinstance(kinds, str) else (kinds or ["string"])[0]:
        case "boolean":
            yield from (True, False)
        case "integer" | "number":
            yield from (0, 1)
        case "array":
            yield []
            yield [_text(name)]
        case "string":
            yield _text(name)
        case _:
            yield {}


def _text(name: str) -> str:
    if "Cidr" in name or "IPRange" in name or name in {"Source", "Destination"}:
        return "::/0" if "Ipv6" in name else "0.0.0.0/0"
    return "*"
