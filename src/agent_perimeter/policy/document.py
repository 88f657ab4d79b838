"""YAML text → a tree in which every node knows its line and column.

Only PyYAML's *events* are used, so no tag is ever acted on, and the tree is built here without
recursion. Plain scalars follow the core schema of YAML 1.2.2 (10.3.2), so ``no`` is text and
``2027-03-31`` is text. JSON is read by the same code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, assert_never

import yaml

from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.source import Span

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_ALIASED_NODES = 10_000

LOADERS = (yaml.CSafeLoader, yaml.SafeLoader) if yaml.__with_libyaml__ else (yaml.SafeLoader,)
"""libyaml first where it is there: it is twelve times as fast. Both give the same tree."""

YamlLoader = type[yaml.SafeLoader] | type[yaml.CSafeLoader]

INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
"""Controls, line separators that editors do not count, bidirectional overrides, lone surrogates."""


_SURROGATE = re.compile("[\ud800-\udfff]")


class _Mark(Protocol):
    """What PyYAML's two parsers have in common to say where something is; both count from 0."""

    line: int
    column: int


class Kind(StrEnum):
    """What a scalar is, in the words of a finding."""

    NULL = "nothing"
    BOOLEAN = "a boolean"
    INTEGER = "a number"
    FLOAT = "a fraction"
    TEXT = "text"


_KINDS = re.compile(
    r"(?P<NULL>~|null|Null|NULL|)"
    r"|(?P<BOOLEAN>true|True|TRUE|false|False|FALSE)"
    # Readers of YAML 1.1 take 0443 for octal, so a leading zero makes text, which is then refused.
    r"|(?P<TEXT>[-+]?0[0-9]+)"
    r"|(?P<INTEGER>[-+]?[0-9]+)"
    r"|(?P<FLOAT>[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))"
)
_QUOTED = frozenset("'\"|>")


def kind_of(plain: str) -> Kind:
    """What an unquoted scalar is."""
    found = _KINDS.fullmatch(plain)
    return Kind[found.lastgroup] if found and found.lastgroup else Kind.TEXT


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. ``tag`` is the explicit tag, if one was written."""

    text: str
    kind: Kind
    span: Span
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    span: Span
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value. YAML lets a key be anything; ours are words."""

    key: Node
    value: Node

    @property
    def name(self) -> str | None:
        """The key as a word, or None where it is a list, a mapping or nothing."""
        return self.key.text if isinstance(self.key, Scalar) and self.key.kind is not Kind.NULL else None


@dataclass(frozen=True, slots=True)
class Mapping:
    """Entries in the order of the file, duplicates included."""

    entries: tuple[Entry, ...]
    span: Span
    tag: str | None = None

    def get(self, name: str) -> Entry | None:
        """The first entry of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)


Node = Scalar | Sequence | Mapping


def describe(node: Node) -> str:
    """What stands there, in a few words for a finding's ``got``."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(kind=Kind.NULL):
            return "nothing"
        case Scalar(kind=Kind.TEXT):
            return f"text {shown(node.text)}"
        case Scalar(kind=Kind.BOOLEAN):
            return node.text
        case Scalar():
            return f"the number {shortened(node.text)}"
        case _:
            assert_never(node)


def shortened(text: str) -> str:
    """At most 60 characters of the text."""
    return text if len(text) <= 60 else text[:57] + "..."


def shown(text: str) -> str:
    """Text in quotes, safe to print: invisible characters are escaped, long ones cut."""
    return repr(shortened(text))


def decode(raw: bytes, file: str) -> str | Finding:
    """The file's text, or why it is none."""
    if len(raw) > MAX_BYTES:
        return Finding(
            codes.TOO_LARGE,
            "the file is too large",
            Span(file, 1, 1),
            f"{len(raw):,} bytes",
            f"{MAX_BYTES:,}",
            "one file for each agent",
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        return Finding(
            codes.NOT_UTF8,
            "the file is not UTF-8",
            Span(file, before.count(b"\n") + 1, column),
            f"byte 0x{raw[error.start]:02x}",
            "UTF-8 text",
            "saving the file as UTF-8",
        )
    text = text.removeprefix("\ufeff")
    found = INVISIBLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        return Finding(
            codes.FORBIDDEN_CHARACTER,
            "the file holds a character that cannot be seen",
            Span(file, line, column),
            f"U+{ord(found.group()):04X}",
            "printable characters, tabs and line breaks",
            "removing it",
        )
    return text


def parse(text: str, file: str, loader: YamlLoader = LOADERS[0], added: tuple[int, ...] = ()) -> Node | Finding | None:
    """The tree of the only document in ``text``; None where there is none; or why it cannot be read.

    ``added`` are spaces that were put before each line of the file to make ``text``; positions are the file's.
    """
    if "\t" in text:
        # The two disagree on tabs inside plain scalars; the pure one, which the standard supports, refuses more.
        loader = LOADERS[-1]
    places = _Places(file, text, added)
    builder = _Builder(places)
    try:
        for event in yaml.parse(text, Loader=loader):
            problem = builder.add(event)
            if problem is not None:
                return problem
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML's own scanner raises the last two for escapes and versions out of range.
        if loader is not LOADERS[-1]:
            told_better = parse(text, file, LOADERS[-1], added)
            if isinstance(told_better, Finding):
                return told_better
        return _syntax(error, places)
    root = builder.root
    nothing = isinstance(root, Scalar) and root.kind is Kind.NULL and not root.text
    return None if nothing else root


class _Places:
    """Marks of the parsers as places in the file."""

    def __init__(self, file: str, text: str, added: tuple[int, ...]) -> None:
        self._file = file
        self._added = added
        self.lines = [*text.splitlines(), ""] if text.endswith(("\n", "\r")) else text.splitlines() or [""]

    def at(self, mark: _Mark | None) -> Span:
        if mark is None:
            return Span(self._file, 1, 1)
        line, column = mark.line, mark.column
        if line >= len(self.lines):
            # libyaml sees a line break at the end of every file.
            line, column = len(self.lines) - 1, len(self.lines[-1])
        moved = self._added[line] if line < len(self._added) else 0
        return Span(self._file, line + 1, max(column - moved, 0) + 1)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read. ``size`` counts nodes with aliases expanded."""

    mapping: bool
    span: Span
    tag: str | None
    anchor: str | None
    children: list[Node]
    size: int = 1

    def close(self) -> Node:
        if self.mapping:
            pairs = zip(self.children[::2], self.children[1::2], strict=True)
            return Mapping(tuple(Entry(key, value) for key, value in pairs), self.span, self.tag)
        return Sequence(tuple(self.children), self.span, self.tag)


class _Builder:
    """Collects events into the tree; ``add`` returns a finding where the document must be refused."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._aliased = 0
        self._documents = 0

    def add(self, event: yaml.Event) -> Finding | None:
        match event:
            case yaml.ScalarEvent():
                return self._scalar(event)
            case yaml.AliasEvent():
                return self._alias(event)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                return self._start(event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                done = self._open.pop()
                self._put(done.close(), done.anchor, done.size)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    return Finding(
                        codes.SEVERAL_DOCUMENTS,
                        "a second YAML document begins here",
                        self._span(event),
                        allowed="one document",
                        hint="one file for each agent",
                    )
            case _:
                pass
        return None

    def _scalar(self, event: yaml.ScalarEvent) -> Finding | None:
        span = self._span(event)
        if not event.value.isascii() and _SURROGATE.search(event.value):
            return Finding(codes.FORBIDDEN_CHARACTER, "an escape makes half a character", span, shown(event.value))
        kind = Kind.TEXT if event.style in _QUOTED else kind_of(event.value)
        self._put(Scalar(event.value, kind, span, event.tag), event.anchor, 1)
        return None

    def _start(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent) -> Finding | None:
        if len(self._open) == MAX_DEPTH:
            return Finding(
                codes.TOO_DEEP,
                "the file is nested too deeply",
                self._span(event),
                f"level {MAX_DEPTH + 1}",
                f"{MAX_DEPTH} levels",
            )
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(mapping, self._span(event), event.tag, event.anchor, []))
        return None

    def _alias(self, event: yaml.AliasEvent) -> Finding | None:
        span = self._span(event)
        if event.anchor not in self._anchors:
            return Finding(
                codes.SYNTAX,
                f"the alias *{event.anchor} names no anchor",
                span,
                hint=f'quotes where a name is meant: "*{event.anchor}"',
            )
        known = self._anchors[event.anchor]
        if known is None:
            return Finding(codes.ALIAS, f"the alias *{event.anchor} contains itself", span, hint="writing it out")
        node, size = known
        self._aliased += size
        if self._aliased > MAX_ALIASED_NODES:
            return Finding(
                codes.ALIAS,
                "the aliases expand too far",
                span,
                f"{self._aliased:,} nodes",
                f"{MAX_ALIASED_NODES:,}",
                "writing the repeated parts out",
            )
        self._put(node, None, size)
        return None

    def _put(self, node: Node, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, size)
        if self._open:
            self._open[-1].children.append(node)
            self._open[-1].size += size
        else:
            self.root = node

    def _span(self, event: yaml.Event) -> Span:
        return self._places.at(event.start_mark)


_STAR = re.compile(r"""(?:^|[\s\[,:-])(\*[^\s,\]}#"']*)""")


def _syntax(error: yaml.YAMLError | ValueError | OverflowError, places: _Places) -> Finding:
    problem, hint, span = "an escape or a version number is out of range", None, places.at(None)
    if isinstance(error, yaml.MarkedYAMLError):
        problem = error.problem or problem
        span = places.at(error.problem_mark)
        star = _STAR.search(places.lines[span.line - 1])
        if error.context == "while scanning an alias" and star:
            hint = f'quotes, for a plain * begins an alias: "{star.group(1)}"'
        elif "\\t" in problem:
            hint = "spaces instead of the tab"
    return Finding(codes.SYNTAX, f"the file is not YAML: {problem}", span, hint=hint)
