"""JSON trees that are never changed: a changed tree shares with the old one all that lies beside the change."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

Value = Any  # JSON
Path = tuple[str | int, ...]


class Absent(Enum):
    """What stands for no value at all, which JSON cannot say."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


def get(tree: Value, path: Path) -> Value:
    """The value at ``path``, or ``ABSENT``."""
    for step in path:
        match tree, step:
            case dict(), str() if step in tree:
                tree = tree[step]
            case list(), int() if 0 <= step < len(tree):
                tree = tree[step]
            case _:
                return ABSENT
    return tree


def put(tree: Value, path: Path, value: Value) -> Value:
    """``tree`` with ``value`` at ``path``: ``ABSENT`` takes away, objects on the way are made, a list may grow by one."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        old = tree[step] if step < len(tree) else ABSENT
        new = put(old, rest, value)
        return [*tree[:step], *([] if new is ABSENT else [new]), *tree[step + 1 :]]
    there = {} if tree is ABSENT else tree
    new = put(there.get(step, ABSENT), rest, value)
    if new is ABSENT:
        return {key: item for key, item in there.items() if key != step}
    return {**there, step: new}


def walk(tree: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Every value and where it stands, parents first. An intrinsic function is one value: nothing below it is met."""
    yield path, tree
    if is_intrinsic(tree):
        return
    for key, item in children(tree):
        yield from walk(item, (*path, key))


def children(value: Value) -> Iterator[tuple[str | int, Value]]:
    """The properties of an object or the elements of a list, each with its step; nothing of a plain value."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def is_intrinsic(value: Value) -> bool:
    """Whether CloudFormation computes it."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def references(value: Value, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where, inside ``value``, a logical id or parameter is named by Ref, Fn::GetAtt or DependsOn-like text in a Sub."""
    match value:
        case {"Ref": str(name)}:
            yield (*path, "Ref"), name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield (*path, "Fn::GetAtt", 0), name
        case _:
            for key, item in children(value):
                yield from references(item, (*path, key))


def pointer(path: Path) -> str:
    """The path as people read it in CloudFormation: ``Properties/Tags/0/Value``."""
    return "/".join(map(str, path))
