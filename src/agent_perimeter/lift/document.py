"""Template text → a plain tree, the same for JSON and YAML. Short tags become the functions that they stand for.

CloudFormation takes a text for JSON first and for YAML after that; so does this. Its YAML is version 1.1,
without timestamps ("Template formats" in the CloudFormation user guide), so ``yes`` is true and ``010`` is 8.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NoReturn, Protocol

import yaml

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]

MAX_BYTES: Final = 8 << 20
"""CloudFormation takes 1 MB ("Quotas"); the rest is room for indentation."""

MAX_DEPTH: Final = 60
"""Nested lists and mappings; real templates stay below 30."""

MAX_NODES: Final = 1_000_000
"""With YAML's aliases expanded."""

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class TemplateError(ValueError):
    """A template or assembly that cannot be read: where, why, and what to do about it. ``line`` 0 is no line."""

    def __init__(self, reason: str, file: str, line: int = 0, remedy: str = "") -> None:
        self.reason = reason
        self.file = file
        self.line = line
        self.remedy = remedy
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {reason}" + (f"; try {remedy}" if remedy else ""))


def decoded(raw: bytes, file: str) -> str:
    """The text of a template. Raises ``TemplateError`` where it is too large or no text."""
    if len(raw) > MAX_BYTES:
        raise TemplateError(
            f"{len(raw):,} bytes are too many for a template: CloudFormation takes 1 MB, this reads {MAX_BYTES:,}",
            file,
            remedy="splitting it into nested stacks",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TemplateError("this is not UTF-8 text, so no template", file, line) from error


def parsed(text: str, file: str) -> Plain:
    """The tree of a JSON or YAML text. Raises ``TemplateError``."""
    if not text.lstrip().startswith("{"):
        return _yaml(text, file)
    try:
        return _json(text, file)
    except json.JSONDecodeError as error:
        try:
            return _yaml(text, file)  # YAML in flow style, or JSON with a comma too many
        except TemplateError:
            raise TemplateError(f"this is not JSON: {error.msg}, column {error.colno}", file, error.lineno) from error


class _Duplicate(Exception):
    """The key that stands twice in one object."""

    def __init__(self, key: str) -> None:
        self.key = key


def _json(text: str, file: str) -> Plain:
    try:
        tree: Plain = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_a_number)
    except json.JSONDecodeError:
        raise
    except _Duplicate as duplicate:
        raise _twice(duplicate.key, file, _second_line(text, duplicate.key)) from duplicate
    except RecursionError as error:
        raise _too_deep(file) from error
    except ValueError as error:
        raise TemplateError(f"a number that cannot be read: {error}", file) from error
    layer: list[Plain] = [tree]
    for _ in range(MAX_DEPTH):
        layer = [child for node in layer for child in _children(node)]
        if not layer:
            return tree
    raise _too_deep(file)


def _children(node: Plain) -> list[Plain]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [child for child in children if isinstance(child, (dict, list))]


def _unique(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Duplicate(next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1))
    return found


def _not_a_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number in JSON")


def _second_line(text: str, key: str) -> int:
    """Where the key stands for the second time, if it stands nowhere else."""
    places = [found.start() for found in re.finditer(re.escape(json.dumps(key)) + r"\s*:", text)]
    return text.count("\n", 0, places[1]) + 1 if len(places) == 2 else 0


def _twice(key: str, file: str, line: int) -> TemplateError:
    return TemplateError(f"the key {key!r} stands twice in one mapping", file, line, "removing one of the two")


def _too_deep(file: str, line: int = 0) -> TemplateError:
    return TemplateError(f"lists and mappings are nested more than {MAX_DEPTH} deep", file, line)


class _Mark(Protocol):
    """Where PyYAML's parsers are; they count from 0."""

    line: int


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read. ``nodes`` and ``height`` count what aliases stand for, too."""

    mapping: bool
    tag: str | None
    anchor: str | None
    children: list[Plain] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    nodes: int = 1
    height: int = 1


_MERGE = "<<"
_TAG = "tag:yaml.org,2002:"
_RESOLVER = yaml.resolver.Resolver()
_CONSTRUCTOR = yaml.constructor.SafeConstructor()


class _Builder:
    """Builds the tree from events: no recursion, no tag acted on, aliases counted as what they stand for."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[_Open] = [_Open(mapping=False, tag=None, anchor=None)]
        self._anchors: dict[str, tuple[Plain, int, int]] = {}
        self.documents = self._open[0].children

    def add(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        match event:
            case yaml.ScalarEvent():
                self._put(self._scalar(event, line), event.anchor, 1, 0, line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(self._open) > MAX_DEPTH:
                    raise _too_deep(self._file, line)
                self._open[-1].lines.append(line)
                self._open.append(_Open(isinstance(event, yaml.MappingStartEvent), event.tag, event.anchor))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                closed = self._open.pop()
                self._open[-1].lines.pop()
                value = _tagged(closed.tag, self._closed(closed))
                self._put(value, closed.anchor, closed.nodes, closed.height, line)
            case yaml.AliasEvent():
                if event.anchor not in self._anchors:
                    raise TemplateError(f"the alias *{event.anchor} stands for nothing before it", self._file, line)
                self._put(self._anchors[event.anchor][0], None, *self._anchors[event.anchor][1:], line)
            case yaml.DocumentStartEvent() if self.documents:
                raise TemplateError("a second document; a template is one", self._file, line)
            case _:
                pass

    def _put(self, value: Plain, anchor: str | None, nodes: int, height: int, line: int) -> None:
        if anchor:
            self._anchors[anchor] = (value, nodes, height)
        parent = self._open[-1]
        parent.nodes += nodes
        parent.height = max(parent.height, height + 1)
        if parent.nodes > MAX_NODES:
            raise TemplateError(f"aliases make this more than {MAX_NODES:,} values", self._file, line)
        if len(self._open) - 1 + height > MAX_DEPTH:
            raise _too_deep(self._file, line)
        parent.children.append(value)
        parent.lines.append(line)

    def _closed(self, closed: _Open) -> Plain:
        if not closed.mapping:
            return closed.children
        found: dict[str, Plain] = {}
        merged: dict[str, Plain] = {}
        for key, value, line in zip(closed.children[::2], closed.children[1::2], closed.lines[::2], strict=True):
            if not isinstance(key, str):
                raise TemplateError("a key is a list or a mapping, where a name is expected", self._file, line)
            if key == _MERGE:
                for source in value if isinstance(value, list) else [value]:
                    merged = {**source, **merged} if isinstance(source, dict) else merged
            elif key in found:
                raise _twice(key, self._file, line)
            else:
                found[key] = value
        return {**merged, **found}

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Plain:
        parent = self._open[-1]
        if parent.mapping and len(parent.children) % 2 == 0:
            return event.value  # a key
        tag = event.tag
        if tag is None:
            resolved = _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
            tag = str(resolved)
        if not tag.startswith(_TAG):
            return _tagged(tag, event.value)
        node = yaml.ScalarNode(tag, event.value)
        try:
            match tag.removeprefix(_TAG):
                case "int":
                    return int(_CONSTRUCTOR.construct_yaml_int(node))
                case "float":
                    return float(_CONSTRUCTOR.construct_yaml_float(node))
                case "bool":
                    return bool(_CONSTRUCTOR.construct_yaml_bool(node))
                case "null":
                    return None
                case "binary" | "set" | "omap" | "pairs" as unsupported:
                    return {f"Fn::{unsupported}": event.value}
                case _:
                    return event.value
        except (ValueError, KeyError) as error:
            raise TemplateError(f"{event.value[:60]!r} is not of the type of its tag", self._file, line) from error


_NOT_FN = {"!Ref": "Ref", "!Condition": "Condition"}


def _tagged(tag: str | None, value: Plain) -> Plain:
    """``!Sub x`` is ``{"Fn::Sub": x}``; a tag that nobody knows becomes a function that nobody knows."""
    if tag is None or tag == "!" or tag in {_TAG + "map", _TAG + "seq", _TAG + "str"}:
        return value
    return {_NOT_FN.get(tag) or "Fn::" + tag.removeprefix(_TAG).removeprefix("!"): value}


def _yaml(text: str, file: str) -> Plain:
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.add(event)
    except yaml.YAMLError as error:
        mark: _Mark | None = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
        raise TemplateError(f"this is not YAML: {problem}", file, mark.line + 1 if mark else 0) from error
    return builder.documents[0] if builder.documents else None
