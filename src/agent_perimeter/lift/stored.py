"""A network as a document: to store beside a report, attach to a ticket, and prove again later.

It is all that the judge reads and nothing else: no template, no secret parameter, no code or environment of a function.
``forms`` says how each record stands in it. A document is of exactly one version; another is refused, for a field that
was never written has no safe value.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal, cast

from agent_perimeter.forms import Json, Mismatch, form_of
from agent_perimeter.observed import ObservedNetwork

FORMAT: Final = "agent-perimeter/network/2"
"""A record that changes changes the format: count on."""

_OURS = "agent-perimeter/"
_SAYING = rb'"format"\s*:\s*"agent-perimeter/'
_SAYS_SOMEWHERE = re.compile(_SAYING)
_SAYS_FIRST = re.compile(rb"\s*\{\s*" + _SAYING)


class StoredError(ValueError):
    """A document that is no stored network of this version: where, why, and what to do about it."""

    def __init__(self, reason: str, file: str, pointer: str = "", remedy: str = "") -> None:
        place = f"{file}#{pointer}" if pointer else file
        super().__init__(f"{place}: {reason}" + (f"; try {remedy}" if remedy else ""))


@dataclass(frozen=True, slots=True)
class Stored:
    """A network, and what it was read from, as named then."""

    source: str
    network: ObservedNetwork


@dataclass(frozen=True, slots=True)
class _Document:
    format: Literal["agent-perimeter/network/2"]
    source: str
    network: ObservedNetwork


def store(network: ObservedNetwork, source: str) -> str:
    """The document of a network, the same for the same network, in ASCII. ``source`` is what it was read from."""
    return json.dumps(form_of(_Document).write(_Document(FORMAT, source, network)), indent=2) + "\n"


def stored(raw: bytes, file: str) -> Stored | None:
    """The network in a document; None where it is something else, such as a template.

    Raises ``StoredError`` for a document of ours that is another format or version, or not of the form. ``file`` is its
    name for messages.
    """
    document = _ours(raw, file)
    if document is None:
        return None
    if document["format"] != FORMAT:
        remedy = "a network that verify --store wrote with this version"
        raise StoredError(f"its format is {document['format']!a}; what is read here is {FORMAT}", file, "", remedy)
    try:
        read = cast("_Document", form_of(_Document).read(document))
    except Mismatch as mismatch:
        raise StoredError(mismatch.reason, file, mismatch.pointer) from mismatch
    return Stored(read.source, read.network)


def network_schema() -> str:
    """The JSON Schema (draft 2020-12) of the document."""
    definitions: dict[str, Json] = {}
    reference = form_of(_Document).schema(definitions)
    schema: dict[str, Json] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A stored network, {FORMAT}",
        **reference,
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=2) + "\n"


class _Twice(Exception):
    """The key that stands twice in one object."""


def _ours(raw: bytes, file: str) -> dict[str, Json] | None:
    """The tree of a document that says it is ours, by its format; None for all else, which others read or refuse."""
    if not _SAYS_SOMEWHERE.search(raw):
        return None
    try:
        tree: Json = json.loads(raw, object_pairs_hook=_unique)
    except _Twice as twice:
        raise StoredError(f"the key {twice.args[0]!a} stands twice in one object", file) from twice
    except (ValueError, RecursionError) as error:
        if _SAYS_FIRST.match(raw):
            raise StoredError(f"this is not JSON: {error}", file) from error
        return None
    said = tree.get("format") if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) and isinstance(said, str) and said.startswith(_OURS) else None


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return found
