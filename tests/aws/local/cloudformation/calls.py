"""Calls of the local AWS, by the names that AWS gives its operations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StructureShape

from tests.aws.local.sessions import session


class Aws:
    """The services of one region, called as ``aws("ec2:CreateSubnet", VpcId=…)``; parameters that are None are left out.

    CloudFormation takes "true" and "443" where an operation wants a boolean or a number; these are converted. What an
    operation does not know, botocore refuses.
    """

    def __init__(self, region: str) -> None:
        self.region = region

    def __call__(self, operation: str, /, **parameters: Any) -> dict[str, Any]:
        service, name = operation.split(":")
        client = _client(service, self.region)
        shape = client.meta.service_model.operation_model(name).input_shape
        given = {key: value for key, value in parameters.items() if value is not None}
        answer: dict[str, Any] = getattr(client, xform_name(name))(**(as_shape(given, shape) if shape else given))
        return answer


def as_shape(value: Any, shape: Shape) -> Any:
    """The value with texts made the booleans and numbers that the shape asks for; anything else as it is."""
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            return {
                name: as_shape(member, shape.members[name]) if name in shape.members else member
                for name, member in value.items()
            }
        case ListShape() if isinstance(value, list):
            return [as_shape(member, shape.member) for member in value]
        case MapShape() if isinstance(value, Mapping):
            return {name: as_shape(member, shape.value) for name, member in value.items()}
        case _:
            return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    match kind, value:
        case "boolean", "true" | "false":
            return value == "true"
        case "integer" | "long", str() if value.lstrip("-").isdigit():
            return int(value)
        case "float" | "double", str():
            return float(value)
        case "string", bool():
            return str(value).lower()
        case "string", int() | float():
            return str(value)
        case _:
            return value


@cache
def _client(service: str, region: str) -> Any:
    return session(region).client(service)
