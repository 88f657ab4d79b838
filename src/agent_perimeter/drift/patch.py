"""A deployed network with some of its differences made in it, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar, cast

from agent_perimeter.drift.compare import Difference, Edit
from agent_perimeter.observed import Doubt, ObservedNetwork, Record

T = TypeVar("T")


def applied(expected: ObservedNetwork, *differences: Difference) -> ObservedNetwork:
    """The network that ``compare`` found the differences in, with these and what comes with them."""
    by_field: dict[str, list[Edit]] = defaultdict(list)
    for edit in dict.fromkeys(edit for one in differences for edit in (one.edit, *one.along)):
        by_field[edit.field].append(edit)
    edited: dict[str, object] = {}
    for field, edits in by_field.items():
        records: tuple[Record, ...] = _edited(getattr(expected, field), edits, lambda edit: edit.index, _record)
        edited[field] = tuple(sorted(records, key=lambda record: record.id))
    return _with(expected, edited)


def lent(network: ObservedNetwork, field: str, why: Doubt | None, expected: ObservedNetwork) -> ObservedNetwork:
    """The network with the deployed records of a field beside its own; with ``why``, each may be there or not."""
    own: tuple[Record, ...] = getattr(network, field)
    ids = {record.id for record in own}
    more = (replace(record, maybe=why) for record in getattr(expected, field) if record.id not in ids)
    return _with(network, {field: tuple(sorted((*own, *more), key=lambda record: record.id))})


def _edited(
    items: tuple[T, ...],
    edits: Iterable[Edit],
    place: Callable[[Edit], int | None],
    made: Callable[[T, list[Edit]], T | None],
) -> tuple[T, ...]:
    """Each item with its own edits, and those that come behind."""
    own: dict[int | None, list[Edit]] = defaultdict(list)
    for edit in edits:
        own[place(edit)].append(edit)
    left = (made(item, own[index]) if index in own else item for index, item in enumerate(items))
    new = (cast("T", edit.value) for edit in own[None])
    return (*(item for item in left if item is not None), *new)


def _record(record: Record, edits: list[Edit]) -> Record | None:
    """The record with the edits of its own fields and of its parts; None where one takes it away."""
    parts: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        if edit.inner:
            parts[edit.inner].append(edit)
    whole = _set(record, [edit for edit in edits if not edit.inner])
    if whole is None:
        return None
    changed = {name: _edited(getattr(record, name), some, lambda edit: edit.part, _set) for name, some in parts.items()}
    return _with(whole, changed)


def _set(value: T, edits: list[Edit]) -> T | None:
    """The value with other fields; None where an edit names no field, for then it goes."""
    if any(not edit.name for edit in edits):
        return None
    return _with(value, {edit.name: edit.value for edit in edits})


def _with(value: T, values: Mapping[str, object]) -> T:
    """``dataclasses.replace`` of a record, of which the types know no more than that it is one."""
    return cast("_Replace[T]", replace)(value, **values)


class _Replace(Protocol[T]):
    def __call__(self, value: T, /, **values: object) -> T: ...
