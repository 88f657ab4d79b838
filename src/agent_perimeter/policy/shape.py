"""Shapes: what a mapping may hold, said once, for the loader, the JSON Schema and the documentation.

``check`` reports everything that departs from a shape, all at once. ``Fields`` then hands out the
parts that did not, so whoever builds values never sees a wrong type.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.document import (
    INVISIBLE,
    Entry,
    Kind,
    Mapping,
    Node,
    Scalar,
    Sequence,
    describe,
    shown,
)
from agent_perimeter.source import Span

MAX_DIGITS = 18
"""More digits than any number here needs; Python refuses to read more than 4,300."""


@dataclass(frozen=True, slots=True)
class Text:
    """``what`` finishes "allowed …". ``pattern`` serves editors only: the loader parses for itself."""

    what: str
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    shortest: int = 1
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``low`` to ``high``, or one of ``choices``."""

    low: int
    high: int
    choices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """``true`` or ``false``."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; ``shortest`` 1 refuses the empty one."""

    item: Shape
    shortest: int = 0
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with keys that the user chooses. ``key`` finishes "allowed …"."""

    key: Text
    value: Shape


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section. ``doc`` is one line of documentation, ``example`` YAML for its value."""

    name: str
    shape: Shape
    doc: str
    example: str
    required: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping with known keys. An ``open`` one leaves unknown keys to their owner."""

    title: str
    keys: tuple[Key, ...]
    open: bool = False

    def key(self, name: str) -> Key | None:
        return next((key for key in self.keys if key.name == name), None)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A mapping whose kind is told by which of the ``variants``' first keys it has."""

    title: str
    variants: tuple[Section, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        return tuple(variant.keys[0].name for variant in self.variants)


@dataclass(frozen=True, slots=True)
class Either:
    """A number or a list: what is tried is told by the node's own kind."""

    scalar: Whole
    listed: ListOf


Shape = Text | Whole | Truth | ListOf | MapOf | Section | OneOf | Either


def allowed(shape: Shape) -> str:
    """What a shape takes, as the end of "allowed …"."""
    match shape:
        case Text(choices=()):
            return shape.what
        case Text():
            return " | ".join(shape.choices)
        case Whole(choices=()):
            return f"a number from {shape.low} to {shape.high}"
        case Whole():
            return ", ".join(map(str, shape.choices))
        case Truth():
            return "true or false"
        case ListOf():
            return "a list"
        case MapOf() | Section() | OneOf():
            return "a mapping"
        case Either():
            return f"{allowed(shape.scalar)}, or a list"
        case _:
            assert_never(shape)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)), None)


def check(node: Node, shape: Shape, path: str) -> Iterator[Finding]:
    """Everything about ``node`` that departs from ``shape``. ``path`` names it: ``egress[2].ports``."""
    if node.tag is not None:
        yield Finding(codes.TAG, f"{path} carries a YAML tag", node.span, node.tag, "no tags", "removing the tag")
    yield from _departures(node, shape, path)


def _departures(node: Node, shape: Shape, path: str) -> Iterator[Finding]:
    match shape:
        case Text():
            yield from _text(node, shape, path)
        case Whole():
            yield from _whole(node, shape, path)
        case Truth():
            yield from _truth(node, shape, path)
        case ListOf():
            yield from _list(node, shape, path)
        case MapOf():
            yield from _map(node, shape, path)
        case Section():
            yield from _section(node, shape, path)
        case OneOf():
            yield from _one_of(node, shape, path)
        case Either():
            yield from _either(node, shape, path)
        case _:
            assert_never(shape)


def _wrong_type(node: Node, shape: Shape, path: str) -> Finding:
    hint = None
    match node, shape:
        case Scalar(kind=Kind.NULL), ListOf(shortest=0):
            hint = "[] where nothing is meant"
        case Scalar(kind=Kind.NULL), Section() | MapOf():
            hint = "{} where nothing is meant"
        case Scalar(kind=kind), Text() if kind is not Kind.NULL:
            hint = f'quotes: "{node.text}"'
        case Scalar(kind=Kind.TEXT), Whole() if node.text.isascii() and node.text.isdecimal():
            hint = f"{int(node.text[:MAX_DIGITS])} without quotes"
        case Scalar(), Truth() if node.text.lower() in ("yes", "on", "true", "1"):
            hint = "true"
        case Scalar(), Truth() if node.text.lower() in ("no", "off", "false", "0"):
            hint = "false"
        case Scalar() | Mapping(), ListOf():
            hint = "a list: each entry after a dash"
        case _:
            pass
    return Finding(codes.WRONG_TYPE, f"{path} has the wrong type", node.span, describe(node), allowed(shape), hint)


def _text(node: Node, shape: Text, path: str) -> Iterator[Finding]:
    if isinstance(node, Scalar) and node.kind is Kind.NULL and shape.nullable:
        return
    if not isinstance(node, Scalar) or node.kind is not Kind.TEXT:
        yield _wrong_type(node, shape, path)
        return
    hidden = INVISIBLE.search(node.text)
    if hidden:
        yield Finding(
            codes.FORBIDDEN_CHARACTER,
            f"{path} holds a character that cannot be seen",
            node.span,
            f"U+{ord(hidden.group()):04X}",
            "printable characters",
        )
    elif shape.choices and node.text not in shape.choices:
        folded = {choice.lower(): choice for choice in shape.choices}
        yield Finding(
            codes.BAD_VALUE,
            f"{path} is not one of the values it takes",
            node.span,
            shown(node.text),
            allowed(shape),
            folded.get(node.text.lower()) or nearest(node.text, shape.choices),
        )
    elif len(node.text.strip()) < shape.shortest:
        yield Finding(codes.BAD_VALUE, f"{path} is too short", node.span, shown(node.text), allowed(shape))


def _whole(node: Node, shape: Whole, path: str) -> Iterator[Finding]:
    if not isinstance(node, Scalar) or node.kind is not Kind.INTEGER:
        yield _wrong_type(node, shape, path)
        return
    if len(node.text) > MAX_DIGITS or not shape.low <= int(node.text) <= shape.high:
        yield Finding(codes.BAD_VALUE, f"{path} is out of range", node.span, shown(node.text)[1:-1], allowed(shape))
    elif shape.choices and int(node.text) not in shape.choices:
        closest = min(shape.choices, key=lambda choice: abs(choice - int(node.text)))
        yield Finding(
            codes.BAD_VALUE,
            f"{path} is not one of the values it takes",
            node.span,
            node.text,
            allowed(shape),
            str(closest),
        )


def _truth(node: Node, shape: Truth, path: str) -> Iterator[Finding]:
    if not (isinstance(node, Scalar) and node.kind is Kind.BOOLEAN):
        yield _wrong_type(node, shape, path)


def _either(node: Node, shape: Either, path: str) -> Iterator[Finding]:
    if isinstance(node, Sequence):
        yield from _list(node, shape.listed, path)
    elif isinstance(node, Scalar) and node.kind is Kind.INTEGER:
        yield from _whole(node, shape.scalar, path)
    else:
        yield _wrong_type(node, shape, path)


def _list(node: Node, shape: ListOf, path: str) -> Iterator[Finding]:
    if not isinstance(node, Sequence):
        yield _wrong_type(node, shape, path)
        return
    if len(node.items) < shape.shortest:
        yield Finding(
            codes.BAD_VALUE,
            f"{path} is empty",
            node.span,
            "[]",
            "at least one entry",
            "leaving the key out, if it may be",
        )
    if shape.longest is not None and len(node.items) > shape.longest:
        yield Finding(
            codes.BAD_VALUE, f"{path} is too long", node.span, f"{len(node.items)} entries", f"at most {shape.longest}"
        )
    for index, item in enumerate(node.items):
        yield from check(item, shape.item, f"{path}[{index}]")


def _keys(node: Mapping, path: str, *, lenient: bool = False) -> Iterator[Finding]:
    """Keys that are no words, merge keys and duplicates, whatever the shape."""
    first: dict[str, Span] = {}
    for entry in node.entries:
        name = entry.name
        if name is None:
            if not lenient:
                yield Finding(
                    codes.BAD_KEY, f"a key of {path} is no word", entry.key.span, describe(entry.key), "plain text"
                )
            continue
        if entry.key.tag is not None and not lenient:
            yield Finding(codes.TAG, f"a key of {path} carries a YAML tag", entry.key.span, entry.key.tag, "no tags")
        if name == "<<":
            yield Finding(codes.MERGE_KEY, f"{path} has a merge key", entry.key.span, "<<", hint="writing the keys out")
        elif name in first:
            yield Finding(
                codes.DUPLICATE_KEY,
                f"the key {shown(name)} of {path} is written twice, first at {first[name]}",
                entry.key.span,
                hint="removing one of the two",
            )
        else:
            first[name] = entry.key.span


def _map(node: Node, shape: MapOf, path: str) -> Iterator[Finding]:
    if not isinstance(node, Mapping):
        yield _wrong_type(node, shape, path)
        return
    yield from _keys(node, path)
    for entry in node.entries:
        if entry.name is not None and entry.name != "<<":
            # A key such as 42 is text here: nobody can mean anything else.
            key = Scalar(entry.name, Kind.TEXT, entry.key.span)
            yield from _text(key, shape.key, f"the key {shown(entry.name)} of {path}")
            yield from check(entry.value, shape.value, f"{path}.{entry.name}")


def _section(node: Node, shape: Section, path: str) -> Iterator[Finding]:
    if not isinstance(node, Mapping):
        yield _wrong_type(node, shape, path)
        return
    yield from _keys(node, path, lenient=shape.open)
    yield from _known(node, shape, path, others=())


def _known(node: Mapping, shape: Section, path: str, others: tuple[Section, ...]) -> Iterator[Finding]:
    missing = {key.name: key for key in shape.keys if key.required}
    checked: set[str] = set()
    for entry in node.entries:
        name = entry.name
        if name is None or name == "<<" or name in checked:
            continue
        checked.add(name)
        missing.pop(name, None)
        key = shape.key(name)
        if key is not None:
            yield from check(entry.value, key.shape, name if shape.open else f"{path}.{name}")
        elif owner := next((other for other in others if other.key(name)), None):
            yield Finding(
                codes.KEY_OF_OTHER_RULE,
                f"`{name}` has no meaning in {shape.title}",
                entry.key.span,
                name,
                ", ".join(known.name for known in shape.keys),
                f"it in {owner.title} only",
            )
        elif not shape.open:
            yield unknown_key(entry, shape.title, [known.name for known in shape.keys])
    for key in missing.values():
        similar = _misspelt(node, key.name) if shape.open else None
        yield Finding(
            codes.MISSING_KEY,
            f"{shape.title} lacks `{key.name}`",
            node.span,
            f"`{similar}`" if similar else None,
            f"`{key.name}`: {allowed(key.shape)}",
            f"`{key.name}: {key.example}`",
        )


def _misspelt(node: Mapping, name: str) -> str | None:
    """A key of the runtime that looks as if ours was meant."""
    folded = {entry.name.lower().replace("-", "").replace("_", ""): entry.name for entry in node.entries if entry.name}
    return folded.get(name.replace("_", "")) or nearest(name, folded.values())


def unknown_key(entry: Entry, title: str, known: list[str]) -> Finding:
    """The finding for a key that nobody knows, with the one that was probably meant."""
    name = entry.name or ""
    return Finding(
        codes.UNKNOWN_KEY,
        f"{shown(name)} is not a key of {title}",
        entry.key.span,
        shown(name),
        ", ".join(known),
        nearest(name, known),
    )


def _one_of(node: Node, shape: OneOf, path: str) -> Iterator[Finding]:
    if not isinstance(node, Mapping):
        yield _wrong_type(node, shape, path)
        return
    yield from _keys(node, path)
    names = {entry.name for entry in node.entries if entry.name}
    present = [variant for variant in shape.variants if variant.keys[0].name in names]
    if len(present) == 1:
        others = tuple(variant for variant in shape.variants if variant is not present[0])
        yield from _known(node, present[0], path, others)
        return
    heads = ", ".join(shape.heads)
    everything = sorted({key.name for variant in shape.variants for key in variant.keys})
    unknown = [entry for entry in node.entries if entry.name and entry.name not in (*everything, "<<")]
    for entry in unknown:
        yield unknown_key(entry, shape.title, everything)
    got = " and ".join(f"`{variant.keys[0].name}`" for variant in present) or "none of them"
    guess = next((near for entry in unknown if (near := nearest(entry.name or "", shape.heads))), None)
    yield Finding(
        codes.RULE_KIND,
        f"{path} must name exactly one kind of destination",
        node.span,
        got,
        f"one of {heads}",
        guess or ("one entry for each" if present else None),
    )


class Fields:
    """The values of a mapping by key, each only where it has the type that is asked for."""

    def __init__(self, node: Mapping) -> None:
        self.node = node
        self._values: dict[str, Node] = {}
        for entry in node.entries:
            if entry.name is not None:
                self._values.setdefault(entry.name, entry.value)

    def has(self, name: str) -> bool:
        return name in self._values

    def span(self, name: str) -> Span:
        """The place of the value, or of the mapping where the key is missing."""
        return self._values.get(name, self.node).span

    def text(self, name: str) -> Scalar | None:
        value = self._values.get(name)
        return as_text(value) if value else None

    def whole(self, name: str) -> int | None:
        value = self._values.get(name)
        return as_whole(value) if value else None

    def truth(self, name: str) -> bool | None:
        value = self._values.get(name)
        if isinstance(value, Scalar) and value.kind is Kind.BOOLEAN:
            return value.text.lower() == "true"
        return None

    def items(self, name: str) -> tuple[Node, ...]:
        value = self._values.get(name)
        return value.items if isinstance(value, Sequence) else ()

    def texts(self, name: str) -> tuple[Scalar, ...]:
        return tuple(text for item in self.items(name) if (text := as_text(item)))

    def section(self, name: str) -> Fields | None:
        value = self._values.get(name)
        return Fields(value) if isinstance(value, Mapping) else None

    def pairs(self, name: str) -> tuple[tuple[str, Entry], ...]:
        """The entries of a mapping whose keys the user chose."""
        value = self._values.get(name)
        entries = value.entries if isinstance(value, Mapping) else ()
        return tuple((entry.name, entry) for entry in entries if entry.name)


def as_text(node: Node) -> Scalar | None:
    """The scalar, where it is text that can be seen."""
    if isinstance(node, Scalar) and node.kind is Kind.TEXT and node.text.strip() and not INVISIBLE.search(node.text):
        return node
    return None


def as_whole(node: Node) -> int | None:
    """The number, where it is one of a sensible length."""
    if isinstance(node, Scalar) and node.kind is Kind.INTEGER and len(node.text) <= MAX_DIGITS:
        return int(node.text)
    return None
