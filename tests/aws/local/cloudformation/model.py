"""What a CloudFormation resource type is to the local AWS: how it is made, changed and deleted by calls."""

from __future__ import annotations

import secrets
import string
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.aws.local.cloudformation.calls import Aws
from tests.aws.local.cloudformation.properties import Properties
from tests.aws.local.cloudformation.refused import Refused


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is deployed, and the calls that reach there."""

    aws: Aws
    account: str
    stack: str
    stack_id: str
    logical_id: str
    kind: str

    @property
    def region(self) -> str:
        return self.aws.region

    def name(self, *, longest: int = 128) -> str:
        """A name as CloudFormation makes them up: stack, logical id, and letters that nobody else has."""
        end = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))
        return f"{self.stack}-{self.logical_id}"[: longest - 13].rstrip("-") + f"-{end}"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Made:
    """What stands: its physical id, which Ref gives unless told otherwise, and what Fn::GetAtt gives."""

    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    ref: str | None = None


class Model(ABC):
    """One resource type. A model raises `Refused`, or lets botocore's errors through, and the stack fails with that."""

    types: ClassVar[dict[str, type[Model]]] = {}

    def __init_subclass__(cls, kind: str = "") -> None:
        if kind:
            Model.types[kind] = cls

    def __init__(self, place: Place, made: Made, before: Properties) -> None:
        """``made`` and ``before``: what stands and the properties that it has, where something does."""
        self.place = place
        self.aws = place.aws
        self.made = made
        self.before = before

    @abstractmethod
    def create(self, wanted: Properties) -> Made: ...

    def update(self, wanted: Properties) -> Made:
        """Change what stands, by reading whatever may have changed; the physical id stays."""
        raise Refused(f"nothing of {self.place.kind} is updated in place: {sorted(wanted.unread())}")

    @abstractmethod
    def delete(self) -> None: ...


def model_of(place: Place, made: Made | None = None, before: Properties | None = None) -> Model:
    """The model of a place's resource type. Raises `Refused` where there is none."""
    kind = "Custom::*" if place.kind.startswith("Custom::") else place.kind
    if kind not in Model.types:
        raise Refused(f"no model of {place.kind}: write one in tests/aws/local/cloudformation")
    return Model.types[kind](place, made or Made(""), before or Properties({}))
