"""CloudFormation's functions of values: join, split, select, find in a map, cut a CIDR.

Pure and three-valued: an argument that is one of several gives one of several, an unknown one a ``Doubt``.
What refers to something by name (``Ref``, ``Fn::GetAtt``, ``Fn::If``) is in ``scope``. Semantics follow the
CloudFormation template reference, "Intrinsic function reference".
"""

from __future__ import annotations

import base64
import ipaddress
import itertools
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from agent_perimeter.lift.document import Plain
from agent_perimeter.lift.node import Absent, Node, OneOf, Pointer, choices, pointer, shown, whole, written
from agent_perimeter.observed import Doubt

MAX_OPTIONS: Final = 64
"""Combinations of uncertain arguments that are followed up; beyond, the result is a ``Doubt``."""

MAX_TEXT: Final = 1 << 20
"""Characters of a joined text; a template is no longer itself."""

_PLACEHOLDER = re.compile(r"(\$\{[^}]*\})")
_DYNAMIC = "{{resolve:"

_ENDPOINTS = frozenset({"EndpointIds", "EndpointId"})
"""A firewall's endpoints come as ``<zone>:<endpoint id>`` (AWS::NetworkFirewall::Firewall, return values)."""


def either(options: Iterable[Node], doubt: Doubt) -> Node:
    """One of the options; themselves flattened, equal ones once."""
    distinct = {repr(choice): choice for option in options for choice in choices(option)}
    found = tuple(distinct.values())
    return found[0] if len(found) == 1 else OneOf(found, doubt)


def over(arguments: Sequence[Node], path: str, compute: Callable[[tuple[Node, ...]], Node]) -> Node:
    """``compute`` on every combination of what the arguments may be; it never sees a ``Doubt`` or ``OneOf``."""
    doubts: list[Doubt] = []
    for argument in arguments:
        if isinstance(argument, Doubt):
            return argument
        if isinstance(argument, OneOf):
            doubts.append(argument.doubt)
    if not doubts:
        return compute(tuple(arguments))
    options = [tuple(choices(argument)) for argument in arguments]
    if math.prod(map(len, options)) > MAX_OPTIONS:
        return Doubt(f"this has more than {MAX_OPTIONS} possible values: {doubts[0].reason}", path, doubts[0].remedy)

    def computed(combination: tuple[Node, ...]) -> Node:
        return next((part for part in combination if isinstance(part, Doubt)), None) or compute(combination)

    return either(map(computed, itertools.product(*options)), doubts[0])


def settled(text: str, path: str) -> Node:
    """Text as a value: a ``Pointer`` where it is nothing but a resource's placeholder."""
    if _DYNAMIC in text:
        return Doubt("a dynamic reference is resolved at deployment only", path)
    if len(text) > MAX_TEXT:
        return Doubt(f"the text is longer than {MAX_TEXT:,} characters", path)
    target = pointer(text, path) if text.startswith("${") else None
    return target if isinstance(target, Pointer) else text


def is_open(text: str) -> bool:
    """Whether part of the text is known at deployment only."""
    return "${" in text


def deployment(text: str, path: str) -> Doubt:
    """The doubt about text of which a part is known at deployment only."""
    pseudo = re.search(r"\$\{(AWS::[A-Za-z]+)[:}]", text)
    return Doubt(f"{shown(text)} is known at deployment only", path, f"--parameter {pseudo[1]}=…" if pseudo else "")


def concatenated(parts: Sequence[Node], path: str, delimiter: str = "") -> Node:
    """The parts as one text; absent ones are left out. Parts are single values."""

    def compute(known: tuple[Node, ...]) -> Node:
        found: list[str] = []
        for part in known:
            if isinstance(part, Absent):
                continue
            text = written(part)
            if text is None:
                return Doubt(f"{shown(part)} stands inside text", path)
            found.append(text)
        return settled(delimiter.join(found), path)

    return over(parts, path, compute)


def join(delimiter: Node, elements: Node, path: str) -> Node:
    """``Fn::Join``. A list that AWS assigns stays the list's pointer."""

    def compute(known: tuple[Node, ...]) -> Node:
        between, listed = written(known[0]), known[1]
        if between is None:
            return Doubt(f"the delimiter is {shown(known[0])}", path)
        if isinstance(listed, Pointer):
            return listed
        return concatenated(listed if isinstance(listed, tuple) else (listed,), path, between)

    return over((delimiter, elements), path, compute)


def split(delimiter: Node, text: Node, path: str) -> Node:
    """``Fn::Split``. A ``Doubt`` where what AWS assigns could hold the delimiter."""

    def compute(known: tuple[Node, ...]) -> Node:
        between, source = written(known[0]), known[1]
        if not between:
            return Doubt(f"the delimiter is {shown(known[0])}", path)
        if isinstance(source, Pointer) and source.attribute in _ENDPOINTS and between == ":":
            return (Doubt("a firewall endpoint's zone is known at deployment only", path), source)
        if isinstance(source, Pointer) and source.attribute and between == ",":
            return source  # a list again, if it was one
        joined = written(source)
        if joined is None:
            return Doubt(f"{shown(source)} cannot be split", path)
        return _cut(joined, between, path)

    return over((delimiter, text), path, compute)


def _cut(text: str, delimiter: str, path: str) -> Node:
    """Placeholders stay whole: no id of a resource holds a comma, no pseudo parameter more than ``a-z0-9.-``."""
    parts = [""]
    for piece in _PLACEHOLDER.split(text):
        if not _PLACEHOLDER.fullmatch(piece):
            first, *rest = piece.split(delimiter)
            parts[-1] += first
            parts += rest
        elif delimiter == "," or (not re.search(r"/|StackId", piece) and not re.search(r"[\w.-]", delimiter)):
            parts[-1] += piece
        else:
            return Doubt(f"{piece} may hold {delimiter!r}, at which this is split", path)
    return tuple(settled(part, path) for part in parts)


def select(index: Node, elements: Node, path: str) -> Node:
    """``Fn::Select``. From a list that AWS assigns it is ``<attribute>.<index>``; a firewall's endpoints are alike."""

    def compute(known: tuple[Node, ...]) -> Node:
        place, listed = whole(known[0], path), known[1]
        if not isinstance(place, int) or place < 0:
            return Doubt(f"the index is {shown(known[0])}", path)
        match listed:
            case Pointer(attribute=attribute) if attribute in _ENDPOINTS:
                return listed
            case Pointer(resource, attribute) if attribute:
                return Pointer(resource, f"{attribute}.{place}")
            case tuple() if place < len(listed):
                before = [choice for element in listed[: place + 1] for choice in choices(element)]
                if any(isinstance(choice, Absent) for choice in before):
                    return Doubt(f"it is not certain which element is number {place}", path)
                return listed[place]
            case tuple():
                return Doubt(f"the list has {len(listed)} elements, none is number {place}", path)
            case _:
                return Doubt(f"{shown(listed)} is no list to select from", path)

    return over((index, elements), path, compute)


def find(rows: Mapping[str, Mapping[str, Node]], top: Node, second: Node, default: Node, path: str) -> Node:
    """``Fn::FindInMap``. A key that is known at deployment only may be any. ``default`` may be ``Absent``."""
    by_region = {row: columns[second] for row, columns in rows.items() if isinstance(second, str) and second in columns}
    if top == "${AWS::Region}" and by_region and isinstance(default, Absent):
        return OneOf(tuple(by_region.values()), deployment("${AWS::Region}", path), tuple(by_region))
    found: list[Node] = []
    why: Doubt | None = None
    for first in _keys(top, path):
        if isinstance(first, Doubt):
            why = why or first
        for row in rows if isinstance(first, Doubt) else [first]:
            for key in _keys(second, path):
                if isinstance(key, Doubt):
                    why = why or key
                for column in rows.get(row, {}) if isinstance(key, Doubt) else [key]:
                    value = rows.get(row, {}).get(column, default)
                    if not isinstance(value, Absent):
                        found.append(value)
                    elif not isinstance(first, Doubt):
                        found.append(Doubt(f"the mapping has no {row}, {column}", path))
        if isinstance(first, Doubt) and not isinstance(default, Absent):
            found.append(default)
    if not found:
        return why or Doubt("the mapping has no such key", path)
    uncertain = [key.doubt for key in (top, second) if isinstance(key, OneOf)]
    return either(found, why or next(iter(uncertain), Doubt("the mapping's key is not known", path)))


def _keys(node: Node, path: str) -> list[str | Doubt]:
    found: list[str | Doubt] = []
    for choice in choices(node):
        text = written(choice)
        if isinstance(choice, Doubt):
            found.append(choice)
        elif text is None:
            found.append(Doubt(f"{shown(choice)} is no key of a mapping", path))
        else:
            found.append(deployment(text, path) if is_open(text) else text)
    return found


def cidr(block: Node, count: Node, bits: Node, path: str) -> Node:
    """``Fn::Cidr``: the first ``count`` blocks of ``bits`` host bits inside ``block``."""

    def compute(known: tuple[Node, ...]) -> Node:
        source, number, host = written(known[0]), whole(known[1], path), whole(known[2], path)
        if source is None or not isinstance(number, int) or not isinstance(host, int):
            return Doubt(f"{', '.join(map(shown, known))} is no block, count and host bits", path)
        if is_open(source):
            return Doubt("the addresses are assigned by AWS", path)
        try:
            network = ipaddress.ip_network(source)
        except ValueError:
            return Doubt(f"{shown(source)} is no CIDR", path)
        room = network.max_prefixlen - network.prefixlen - host
        if host < 1 or room < 0 or not 1 <= number <= min(256, 1 << room):
            return Doubt(f"{source} does not hold {number} blocks of {host} host bits", path)
        blocks = network.subnets(prefixlen_diff=room)
        return tuple(str(part) for part in itertools.islice(blocks, number))

    return over((block, count, bits), path, compute)


def encoded(text: Node, path: str) -> Node:
    """``Fn::Base64``."""

    def compute(known: tuple[Node, ...]) -> Node:
        source = written(known[0])
        if source is None or is_open(source):
            return Doubt(f"the Base64 text of {shown(known[0])} is known at deployment only", path)
        return base64.b64encode(source.encode()).decode("ascii")

    return over((text,), path, compute)


def length(elements: Node, path: str) -> Node:
    """``Fn::Length``."""

    def compute(known: tuple[Node, ...]) -> Node:
        listed = known[0]
        if not isinstance(listed, tuple):
            return Doubt(f"the length of {shown(listed)} is not known", path)
        if any(isinstance(choice, Absent) for element in listed for choice in choices(element)):
            return Doubt("the length of a list with elements that may not be there is not known", path)
        return len(listed)

    return over((elements,), path, compute)


def as_json(node: Node) -> Node:
    """``Fn::ToJsonString``, compact, in the order of the template."""
    plain = _plain(node)
    return plain if isinstance(plain, Doubt) else json.dumps(plain, separators=(",", ":"), ensure_ascii=False)


def _plain(node: Node) -> Plain | Doubt:
    match node:
        case Mapping():
            fields: dict[str, Plain] = {}
            for key, value in node.items():
                plain = _plain(value)
                if isinstance(plain, Doubt):
                    return plain
                fields[key] = plain
            return fields
        case tuple():
            elements: list[Plain] = []
            for value in node:
                plain = _plain(value)
                if isinstance(plain, Doubt):
                    return plain
                elements.append(plain)
            return elements
        case OneOf(doubt=doubt):
            return doubt
        case Pointer():
            return written(node)
        case Absent():
            return Doubt("AWS::NoValue stands inside JSON")
        case _:
            return node
