"""What CloudFormation's own schema says may stand at a place: the schemas that cfn-lint ships."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

from tests.mutations.tree import Path, Value

REGION = "us-east-1"

Schema = Mapping[str, Value]


@cache
def resource_schema(kind: str) -> Schema | None:
    """The schema of a resource type; None where there is none (a custom resource)."""
    try:
        return PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema  # type: ignore[no-any-return]
    except ResourceNotFoundError:
        return None


def at(kind: str, path: Path) -> Schema | None:
    """The schema of the value at ``path`` below Properties, references followed; None where the schema is silent."""
    root = resource_schema(kind)
    found: Schema | None = root
    for step in path:
        if root is None or found is None:
            return None
        found = _resolved(root, _below(found, step))
    return found


def _below(schema: Schema, step: str | int) -> Schema | None:
    if isinstance(step, int):
        items = schema.get("items")
        return items if isinstance(items, Mapping) else None
    if step in schema.get("properties", {}):
        below: Schema = schema["properties"][step]
        return below
    return next(iter(schema.get("patternProperties", {}).values()), None)


def _resolved(root: Schema, schema: Schema | None) -> Schema | None:
    while schema is not None and "$ref" in schema:
        found: Value = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found.get(step) if isinstance(found, Mapping) else None
        schema = found
    return schema


def choices(schema: Schema | None) -> tuple[str, ...]:
    """The values of an enumeration, sorted; empty where it is none."""
    listed = schema.get("enum", ()) if schema else ()
    return tuple(sorted(value for value in listed if isinstance(value, str)))


def writable(kind: str, path: Path) -> dict[str, Schema]:
    """The properties that may be written in the object at ``path``, by name."""
    root, schema = resource_schema(kind), at(kind, path)
    if root is None or schema is None:
        return {}
    read_only = {name.removeprefix("/properties/") for name in root.get("readOnlyProperties", ())} if not path else ()
    return {
        name: resolved
        for name, item in sorted(schema.get("properties", {}).items())
        if name not in read_only and (resolved := _resolved(root, item)) is not None
    }
