"""Where a path of a template stands in its text: line and column, for whoever opens the file.

Only what is reported is looked up, so the tree itself carries no positions.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Final

import yaml

from agent_perimeter.lift.document import MAX_DEPTH

_DECODER: Final = json.JSONDecoder()
_BLANK: Final = re.compile(r"[ \t\n\r]*")
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def locate(text: str, pointer: str) -> tuple[int, int]:
    """Line and column, from 1, of what a JSON pointer (RFC 6901) names in a JSON or YAML text.

    A mapping's entry stands where its key does. Where the path goes on beyond the text, it is the place of
    the longest part of it that is there; ``(1, 1)`` where there is none.
    """
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    if _is_json(text):
        place = _in_json(text, keys)
        return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    try:
        return _in_yaml(_composed(text), keys)
    except yaml.YAMLError:
        return 1, 1


@lru_cache(maxsize=8)
def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _in_json(text: str, keys: list[str]) -> int:
    """The offset; values on the way are skipped by the decoder."""
    place = start = _after_blank(text, 0)
    for key in keys:
        found = _member(text, start, key) if text[start : start + 1] == "{" else _element(text, start, key)
        if found is None:
            break
        place, start = found
    return place


def _after_blank(text: str, start: int) -> int:
    found = _BLANK.match(text, start)
    return found.end() if found else start


def _member(text: str, start: int, wanted: str) -> tuple[int, int] | None:
    """Where a key of the object at ``start`` stands, and where its value does."""
    place = _after_blank(text, start + 1)
    while text[place : place + 1] == '"':
        key, end = _DECODER.raw_decode(text, place)
        value = _after_blank(text, _after_blank(text, end) + 1)
        if key == wanted:
            return place, value
        place = _next(text, value)
    return None


def _element(text: str, start: int, wanted: str) -> tuple[int, int] | None:
    """Where an element of the list at ``start`` stands, twice; None where there is no list or no such element."""
    if text[start : start + 1] != "[" or not wanted.isdecimal():
        return None
    place = _after_blank(text, start + 1)
    for _ in range(int(wanted)):
        if text[place : place + 1] in {"]", ""}:
            return None
        place = _next(text, place)
    return None if text[place : place + 1] in {"]", ""} else (place, place)


def _next(text: str, value: int) -> int:
    """Where the entry after the value stands, or the bracket that closes."""
    _, end = _DECODER.raw_decode(text, value)
    end = _after_blank(text, end)
    return _after_blank(text, end + 1) if text[end : end + 1] == "," else end


@lru_cache(maxsize=8)
def _composed(text: str) -> yaml.Node | None:
    """The nodes of a text that is not nested deeper than templates are: libyaml's composer recurses on C's stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return None
    return yaml.compose(text, Loader=_LOADER)


def _in_yaml(root: yaml.Node | None, keys: list[str]) -> tuple[int, int]:
    place, node = root, root
    for key in keys:
        if node is not None and node.tag in {f"!{key}", f"!{key.removeprefix('Fn::')}"}:
            continue  # the short form of a function is the tag of its argument
        if isinstance(node, yaml.MappingNode):
            place, node = _entry(node, key) or (place, None)
        elif isinstance(node, yaml.SequenceNode) and key.isdecimal() and int(key) < len(node.value):
            place = node = node.value[int(key)]
        else:
            break
    mark = place.start_mark if place is not None else None
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _entry(node: yaml.MappingNode, wanted: str) -> tuple[yaml.Node, yaml.Node] | None:
    """An entry's key and value; one that ``<<`` merges in comes after the mapping's own."""
    merged: list[yaml.Node] = []
    for key, value in node.value:
        if key.value == wanted:
            return key, value
        if key.value == "<<":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
    found = (_entry(source, wanted) for source in merged if isinstance(source, yaml.MappingNode))
    return next(filter(None, found), None)
