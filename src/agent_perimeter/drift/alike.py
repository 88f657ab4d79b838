"""Whether two values mean the same, one as it was deployed, the other as it is.

A deployed value that AWS or a parameter decides is met by every live one. A live value that could not be read is not
known to be the deployed one, and not known to be another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from enum import IntEnum
from typing import Final

from agent_perimeter.drift.table import FIELDS, Part, Place, Shape
from agent_perimeter.observed import Doubt, StatelessRule, Statement
from agent_perimeter.reach.suricata_rules import rule_lines
from agent_perimeter.source import Origin


class Likeness(IntEnum):
    """The greater, the less alike."""

    SAME = 0
    UNSURE = 1
    OTHER = 2


_EVERYTHING: Final = Statement(
    sid="",
    allow=True,
    principals=(("*", "*"),),
    actions=("*",),
    resources=("*",),
    conditions=(),
    origin=Origin(),
)
"""The policy of an endpoint that was given none (AWS PrivateLink guide, "Default endpoint policy")."""

_PLACEHOLDER = re.compile(r"\$\{(?:AWS::\w+|[^}:]*/[^}]*)\}")
"""What only AWS fills in: a pseudo parameter, or something of a record, whose id in a template holds a stroke. A
variable of IAM (``${aws:username}``) is text like any other."""

_UNKNOWN: Final = ("unknown",)


def meant(record: object) -> Iterable[tuple[str, Place]]:
    """The fields that say what a record does."""
    return ((name, place) for name, place in FIELDS[type(record)].items() if _counts(place))


def _counts(place: Place) -> bool:
    return place.part in (Part.DECIDES, Part.PROTECTS)


def canonical(value: object, shape: Shape = Shape.VALUE) -> Hashable:
    """The same for values that mean the same, whatever their order, origin and description."""
    value = settled(value, shape)
    if isinstance(value, Doubt):
        return _UNKNOWN
    if isinstance(value, tuple):
        items = [_row(item) if shape is Shape.ROWS else canonical(item) for item in value]
        return frozenset(items) if _unordered(value, shape) else tuple(items)
    if type(value) in FIELDS:
        inner = (canonical(getattr(value, name), place.shape) for name, place in meant(value))
        return (type(value).__name__, *inner)
    return (type(value).__name__, value)


def settled(value: object, shape: Shape) -> object:
    """The value as it works: of a text the lines that are rules; where no policy is given, AWS's own."""
    if shape is Shape.POLICY and value is None:
        return (_EVERYTHING,)
    if shape is Shape.TEXT and isinstance(value, str):
        return tuple(line for _, line in rule_lines(value))
    return value


def _row(item: object) -> Hashable:
    """A named set."""
    if isinstance(item, tuple) and len(item) == 2:
        return (item[0], canonical(item[1], Shape.SET))
    return canonical(item)


def _unordered(value: tuple[object, ...], shape: Shape) -> bool:
    # Stateless rules have priorities; their order in the list says nothing.
    return shape in (Shape.SET, Shape.ROWS, Shape.POLICY, Shape.PARTS) or isinstance(
        next(iter(value), None), StatelessRule
    )


def likeness(expected: object, live: object, shape: Shape = Shape.VALUE) -> Likeness:
    """How alike a deployed value and a live one are."""
    expected, live = settled(expected, shape), settled(live, shape)
    if isinstance(expected, Doubt):
        return Likeness.SAME
    if isinstance(live, Doubt):
        return Likeness.UNSURE
    if canonical(expected, shape) == canonical(live, shape):
        return Likeness.SAME
    if isinstance(expected, str) and isinstance(live, str):
        return Likeness.SAME if _fits(expected, live) else Likeness.OTHER
    if isinstance(expected, tuple) and isinstance(live, tuple):
        inner = Shape.SET if shape is Shape.ROWS else Shape.VALUE
        if _unordered(expected or live, shape):
            return _of_sets(expected, live, lambda one, other: _of_items(one, other, inner))
        return _of_items(expected, live, inner)
    if type(expected) is type(live) and type(expected) in FIELDS:
        return max(
            likeness(getattr(expected, name), getattr(live, name), place.shape) for name, place in meant(expected)
        )
    return Likeness.OTHER


def _of_items(expected: object, live: object, inner: Shape) -> Likeness:
    """Of lists item by item, of all else as a whole."""
    if not isinstance(expected, tuple) or not isinstance(live, tuple):
        return likeness(expected, live)
    if len(expected) != len(live):
        return Likeness.UNSURE if any(isinstance(item, Doubt) for item in live) else Likeness.OTHER
    return max((likeness(one, other, inner) for one, other in zip(expected, live, strict=True)), default=Likeness.SAME)


def _fits(expected: str, live: str) -> bool:
    """Whether the text is the deployed one with its placeholders filled in, whatever with."""
    parts = _PLACEHOLDER.split(expected)
    return len(parts) > 1 and re.fullmatch(".*".join(map(re.escape, parts)), live) is not None


def _of_sets(
    expected: tuple[object, ...], live: tuple[object, ...], like: Callable[[object, object], Likeness]
) -> Likeness:
    left, rest = only(expected, live), only(live, expected)
    unread = any(isinstance(item, Doubt) for item in rest)
    rest = [item for item in rest if not isinstance(item, Doubt)]
    found = Likeness.UNSURE if unread else Likeness.SAME
    for item in sorted(left, key=lambda one: isinstance(one, Doubt)):
        near = min(((like(item, other), index) for index, other in enumerate(rest)), default=None)
        if near is not None and near[0] is not Likeness.OTHER:
            found = max(found, near[0])
            del rest[near[1]]
        elif not unread and not isinstance(item, Doubt):
            return Likeness.OTHER
    return Likeness.OTHER if rest else found


def only(these: tuple[object, ...], those: tuple[object, ...]) -> list[object]:
    """The items of the first that the second does not have."""
    known = {canonical(item) for item in those}
    return [item for item in these if isinstance(item, Doubt) or canonical(item) not in known]
