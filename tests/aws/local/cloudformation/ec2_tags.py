"""Tags of EC2 resources, at creation and afterwards."""

from __future__ import annotations

from typing import Any

from tests.aws.local.cloudformation.calls import Aws
from tests.aws.local.cloudformation.properties import Properties


def at_creation(kind: str, wanted: Properties) -> list[dict[str, Any]] | None:
    """What a create operation takes: the tags for the one kind of resource that it makes, such as ``subnet``."""
    tags = wanted.get("Tags", [])
    return [{"ResourceType": kind, "Tags": tags}] if tags else None


def retag(aws: Aws, resource: str, before: Properties, wanted: Properties) -> None:
    """Give a resource the tags that it should have now, and take those that it should not."""
    old, new = before.get("Tags", []), wanted.get("Tags", [])
    keys = {tag["Key"] for tag in new}
    if gone := [{"Key": tag["Key"]} for tag in old if tag["Key"] not in keys]:
        aws("ec2:DeleteTags", Resources=[resource], Tags=gone)
    if added := [tag for tag in new if tag not in old]:
        aws("ec2:CreateTags", Resources=[resource], Tags=added)
