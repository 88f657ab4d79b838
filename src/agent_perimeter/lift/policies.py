"""IAM policy documents: their statements, wherever a document stands (IAM user guide, policy grammar)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from agent_perimeter.lift.node import Node
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Condition, Doubt, Statement

_KNOWN = frozenset(
    {
        "Action",
        "Condition",
        "Effect",
        "NotAction",
        "NotPrincipal",
        "NotResource",
        "Principal",
        "Resource",
        "Sid",
    }
)


def statements(document: Property) -> tuple[Statement, ...] | Doubt:
    """The statements of a document, given as an object or as JSON text. A document that may not be there is a doubt."""
    if document.optional:
        return Doubt("this policy document may not be there", document.path)
    parsed = _parsed(document)
    if isinstance(parsed, Doubt):
        return parsed
    entries = parsed.entries()
    if entries is None or isinstance(entries, Doubt):
        return entries or Doubt("a policy document is an object", document.path)
    if "Statement" not in entries or not set(entries) <= {"Version", "Id", "Statement"}:
        return Doubt("a policy document has Version, Id and Statement and nothing else", document.path)
    found: list[Statement] = []
    for item in entries["Statement"].items():
        read = _statement(item)
        if isinstance(read, Doubt):
            return read
        found.append(read)
    return tuple(found)


def _parsed(document: Property) -> Property | Doubt:
    if not isinstance(document.value, str):
        return document
    try:
        value: Node = _frozen(json.loads(document.value, object_pairs_hook=_unique))
    except (ValueError, RecursionError) as error:
        return Doubt(f"this policy document is not JSON: {error}", document.path)
    return Property(value, document.path)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a member that stands twice: one reader takes the first, another the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice in it")
    return found


def _frozen(value: object) -> Node:
    """JSON as a node: lists as tuples."""
    if isinstance(value, list):
        return tuple(_frozen(element) for element in value)
    if isinstance(value, dict):
        return {str(key): _frozen(entry) for key, entry in value.items()}
    return value if isinstance(value, str | int | float | bool) or value is None else Doubt("this is not JSON")


def _statement(written: Property) -> Statement | Doubt:
    entries = written.entries()
    if entries is None or isinstance(entries, Doubt):
        return entries or Doubt("a statement is an object", written.path)
    if unknown := sorted(set(entries) - _KNOWN):
        return Doubt(f"{unknown[0]} is no element of a statement", written.path)
    for key in ("Action", "Resource", "Principal"):
        if key in entries and f"Not{key}" in entries:
            return Doubt(f"a statement has {key} or Not{key}, not both", written.path)
    if not {"Action", "NotAction"} & set(entries):
        return Doubt("a statement without Action or NotAction", written.path)
    if doubt := next((entry for entry in entries.values() if entry.optional and not entry.absent), None):
        return Doubt("this element of a statement may not be there", doubt.path)
    conditions = _conditions(written.at("Condition"))
    principals = _principals(entries.get("Principal", entries.get("NotPrincipal")))
    if isinstance(conditions, Doubt) or isinstance(principals, Doubt):
        return conditions if isinstance(conditions, Doubt) else principals  # type: ignore[return-value]
    effect = written.at("Effect").needed_text()
    sid = written.at("Sid").text()
    return Statement(
        sid=sid if isinstance(sid, str) else "",
        allow=written.maybe or _effect(effect, written.at("Effect").path),
        principals=principals,
        actions=_either(entries, "Action"),
        resources=_either(entries, "Resource"),
        conditions=conditions,
        not_principals="NotPrincipal" in entries,
        not_actions="NotAction" in entries,
        not_resources="NotResource" in entries,
        origin=written.origin,
    )


def _either(entries: Mapping[str, Property], key: str) -> tuple[str | Doubt, ...]:
    written = entries.get(key, entries.get(f"Not{key}"))
    return () if written is None else written.texts()


def _effect(effect: str | Doubt, path: str) -> bool | Doubt:
    if isinstance(effect, Doubt):
        return effect
    found = {"Allow": True, "Deny": False}.get(effect)
    return Doubt(f"{effect!r} is neither Allow nor Deny", path) if found is None else found


def _principals(written: Property | None) -> tuple[tuple[str, str | Doubt], ...] | Doubt:
    """(type, value) pairs. ``{"AWS": "*"}`` is everyone, as ``"*"`` is (IAM user guide, Principal)."""
    if written is None:
        return ()
    if not isinstance(written.value, Mapping):
        everyone = written.needed_text()
        return (("*", "*"),) if everyone == "*" else Doubt("a principal is * or an object", written.path)
    return tuple(_pairs(written.value, written))


def _pairs(value: Mapping[str, Node], written: Property) -> Iterator[tuple[str, str | Doubt]]:
    for kind in value:
        for principal in written.at(kind).texts():
            yield ("*", "*") if (kind, principal) == ("AWS", "*") else (kind, principal)


def _conditions(written: Property) -> tuple[Condition, ...] | Doubt:
    operators = written.entries()
    if operators is None or isinstance(operators, Doubt):
        return () if operators is None else operators
    found: list[Condition] = []
    for operator, keys in operators.items():
        entries = keys.entries()
        if entries is None or isinstance(entries, Doubt):
            return entries or Doubt("a condition operator holds an object", keys.path)
        for key, values in entries.items():
            if values.optional or keys.optional:
                return Doubt("this condition may not be there", values.path)
            found.append(Condition(operator, key, values.texts()))
    return tuple(found)
