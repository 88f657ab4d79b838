"""Operations that moto lacks or gets wrong, written as functions of a call.

botocore's model of the service stands on both sides: it parses the request, as moto's own protocol parsers do,
refuses values that its enumerations, patterns and lengths refuse, and checks the answer, so that no answer here
has a shape that AWS could not give.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator
from moto.core.responses import ActionResult, BaseResponse

from tests.aws.local.errors import Refused
from tests.aws.local.sessions import models

Fields = dict[str, Any]
"""A structure of the API, by member."""
Service = type[BaseResponse]

_REFUSALS: Mapping[str, str] = {
    "ec2": "InvalidParameterValue",
    "iam": "ValidationError",
    "network-firewall": "InvalidRequestException",
    "route53": "InvalidInput",
    "route53profiles": "ValidationException",
    "route53resolver": "ValidationException",
}
"""The code with which a service refuses a value that its model refuses."""


@dataclass(frozen=True)
class Stock:
    """What moto itself answered, in whatever form it has."""

    answer: Any


@dataclass(frozen=True)
class Call:
    """One request: who is asked, and what for.

    ``stock`` runs the operation as moto has it, for a function that adds to it.
    """

    account: str
    region: str
    asked: Fields
    stock: Callable[[], Stock]

    def get(self, member: str, default: Any = None) -> Any:
        return self.asked.get(member, default)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


Answer = Fields | ActionResult | Stock
"""A structure is held to botocore's model; an ActionResult holds moto's records, which moto's serializer describes."""
Function = Callable[[Call], Answer]


@dataclass(frozen=True)
class Operation:
    service: Service
    name: str
    function: Function


_OPERATIONS: list[Operation] = []


def operation(service: Service) -> Callable[[Function], Function]:
    """The decorated function answers the operation of its name, ``create_rule_group`` for ``CreateRuleGroup``."""

    def add(function: Function) -> Function:
        _OPERATIONS.append(Operation(service, function.__name__, function))
        return function

    return add


def operations() -> tuple[Operation, ...]:
    return tuple(_OPERATIONS)


def attach(added: Operation) -> None:
    """Moto finds an operation by the name of a method, so that is what the function becomes."""
    stock = getattr(added.service, added.name, None)

    def method(response: BaseResponse) -> Any:
        model = _model(response.boto3_service_name, response._get_action())
        if not response.automated_parameter_parsing:
            response.parse_parameters(response.normalized_request)
        asked = dict(response.params)
        _refuse_what_the_model_refuses(model, asked)

        def run_stock() -> Stock:
            if stock is None:
                raise NotImplementedError(f"moto has no {added.name}")
            return Stock(stock(response))

        match added.function(Call(response.current_account, response.region, asked, run_stock)):
            case Stock(answered):
                return answered
            case ActionResult() as described:
                return described
            case answer:
                return ActionResult(_possible(model, answer))

    method.__name__ = added.name
    setattr(added.service, added.name, method)


def page(call: Call, key: str, found: Sequence[Any], *, size: int = 100) -> Fields:
    """One page of a list; the token is the place at which the next begins."""
    start = int(call.get("NextToken") or 0)
    end = start + int(call.get("MaxResults") or size)
    more: Fields = {"NextToken": str(end)} if end < len(found) else {}
    return {key: list(found[start:end]), **more}


@cache
def _model(service: str, action: str) -> OperationModel:
    return models().get_service_model(service).operation_model(action)


def _possible(model: OperationModel, answer: Fields) -> Fields:
    """The answer without members that were left None.

    Raises:
        AssertionError: AWS's API has no such answer.
    """
    present: Fields = _without_none(answer)
    if model.output_shape is None:
        assert not present, f"{model.name} answers nothing"
        return present
    report = ParamValidator().validate(present, model.output_shape)
    assert not report.has_errors(), f"{model.name}: {report.generate_report()}"
    return present


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value


def _refuse_what_the_model_refuses(model: OperationModel, asked: Fields) -> None:
    if model.input_shape is None:
        return
    for complaint in _complaints(model.input_shape, asked, model.name):
        raise Refused(_REFUSALS[model.service_model.service_name], complaint)


def _complaints(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What a client does not check by itself; its own checks (types, required members) need no repetition."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for member, item in value.items():
            if member in shape.members:
                yield from _complaints(shape.members[member], item, f"{path}.{member}")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _length(shape, value, path)
        for item in value:
            yield from _complaints(shape.member, item, path)
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _complaints(shape.key, key, path)
            yield from _complaints(shape.value, item, f"{path}.{key}")
    elif isinstance(value, str):
        yield from _length(shape, value, path)
        enumeration = shape.metadata.get("enum")
        if enumeration and value not in enumeration:
            yield f"{path}: {value!r} is none of {', '.join(enumeration)}"
        pattern = shape.metadata.get("pattern")
        if pattern and not re.search(pattern, value):
            yield f"{path}: {value!r} does not match {pattern}"


def _length(shape: Shape, value: Sequence[Any], path: str) -> Iterator[str]:
    longest = shape.metadata.get("max")
    if longest is not None and len(value) > longest:
        yield f"{path}: {len(value)} is longer than {longest}"
