"""What the JSON Schemas (draft 2020-12) of our reports are made of: objects that hold their keys and no others."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum

Json = dict[str, object]


def document(title: str, properties: Json, definitions: Json) -> str:
    """A whole schema, as it is published."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **record(properties),
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=2) + "\n"


def record(properties: Json, about: str = "") -> Json:
    """An object: every property is required and no other may be there."""
    return {
        **_described(about),
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def text(about: str = "") -> Json:
    """Any text."""
    return {**_described(about), "type": "string"}


def flag(about: str) -> Json:
    """True or false."""
    return {"description": about, "type": "boolean"}


def number(least: int, most: int, about: str) -> Json:
    """A whole number in a range, both ends included."""
    return {"description": about, "type": "integer", "minimum": least, "maximum": most}


def ref(name: str, about: str = "") -> Json:
    """One of the definitions."""
    return {**_described(about), "$ref": f"#/$defs/{name}"}


def ref_or_null(name: str, about: str = "") -> Json:
    """One of the definitions, or null."""
    return {**_described(about), "anyOf": [ref(name), {"type": "null"}]}


def list_of(name: str, about: str = "") -> Json:
    """A list of one of the definitions."""
    return {**_described(about), "type": "array", "items": ref(name)}


def texts(about: str) -> Json:
    """A list of texts."""
    return {"description": about, "type": "array", "items": {"type": "string"}}


def one_of(values: Iterable[StrEnum], about: str) -> Json:
    """The values of an enumeration."""
    return {"description": about, "enum": [value.value for value in values]}


def _described(about: str) -> Json:
    return {"description": about} if about else {}
