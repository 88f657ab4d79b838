"""What CloudFormation's own resource schemas say: which change replaces a resource, and what CloudFormation tags.

The schemas are AWS's, as cfn-lint carries them (CloudFormation CLI user guide, resource type definition schema).
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.aws.local.cloudformation.refused import Refused

REGION = "us-east-1"  # has every type that we use


@cache
def schema(kind: str) -> dict[str, Any]:
    """The schema of a resource type such as ``AWS::EC2::Subnet``. Raises `Refused` for a type that AWS does not have."""
    if kind not in _index():
        raise Refused(f"CloudFormation has no resource type {kind}")
    text = (_schemas() / "resources" / f"{_index()[kind]}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def replaces(kind: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether going from the one to the other makes a new resource, rather than changing the one that stands."""
    paths = [path.removeprefix("/properties/").split("/") for path in schema(kind).get("createOnlyProperties", ())]
    return any(_at(before, path) != _at(after, path) for path in paths)


def system_tags(kind: str) -> str | None:
    """The property that holds a resource's tags, if CloudFormation adds its own to them."""
    tagging = schema(kind).get("tagging", {})
    if not (tagging.get("taggable") and tagging.get("cloudFormationSystemTags")):
        return None
    place: str = tagging.get("tagProperty", "/properties/Tags")
    return place.removeprefix("/properties/")


def holds_tags_as_object(kind: str) -> bool:
    """Whether tags are written ``{key: value}``, as SSM has it, and not as a list of keys and values."""
    tags = schema(kind)["properties"].get(system_tags(kind), {})
    while "$ref" in tags:
        tags = schema(kind)["definitions"][tags["$ref"].rsplit("/", 1)[1]]
    return bool(tags.get("type") == "object")


def _at(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


@cache
def _index() -> dict[str, str]:
    found: dict[str, str] = json.loads((_schemas() / "providers" / f"{REGION}.json").read_text(encoding="utf-8"))
    return found


def _schemas() -> Path:
    """Found without importing cfn-lint, which takes seconds."""
    spec = find_spec("cfnlint")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data" / "schemas"
