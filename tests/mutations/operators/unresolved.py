"""Operators that put a known value where CloudFormation cannot be asked for it: behind conditions and parameters."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator

from tests.mutations.mutant import Change, Edit
from tests.mutations.operators.place import Place
from tests.mutations.tree import Value, is_intrinsic, pointer

SWITCH, CONDITION, PARAMETER = "MutationSwitch", "MutationCondition", "MutationParameter"
SWITCHED: tuple[Edit, ...] = (
    (("Parameters", SWITCH), {"Type": "String", "Default": "on"}),
    (("Conditions", CONDITION), {"Fn::Equals": [{"Ref": SWITCH}, "on"]}),
)
"""A condition that somebody can turn off when they deploy."""

NO_VALUE = {"Ref": "AWS::NoValue"}


def conditional(place: Place) -> Iterator[Change]:
    """There, unless a parameter says otherwise."""
    if place.path:
        yield place.becomes("behind a condition", {"Fn::If": [CONDITION, place.value, NO_VALUE]}, also=SWITCHED)


def parameter(place: Place) -> Iterator[Change]:
    """A parameter with the old value for its default: whoever deploys may change it."""
    match place.value:
        case bool():
            default, kind = str(place.value).lower(), "String"
        case str():
            default, kind = place.value, "String"
        case int():
            default, kind = str(place.value), "Number"
        case [str(), *_] as items if all(isinstance(item, str) and "," not in item for item in items):
            default, kind = ",".join(items), "CommaDelimitedList"
        case _:
            return
    declared = (("Parameters", PARAMETER), {"Type": kind, "Default": default})
    yield place.becomes("from a parameter", {"Ref": PARAMETER}, also=(declared,))


def elsewhere(place: Place) -> Iterator[Change]:
    """A value that another stack gives; and one of the other ways not to know it, a different one from place to place."""
    if not place.path or (isinstance(place.value, dict | list) and not is_intrinsic(place.value) and not place.value):
        return
    turn = zlib.crc32(pointer((place.resource, *place.path)).encode()) % len(OTHERWISE)
    for name in ("another stack", OTHERWISE[turn]):
        yield place.becomes("from elsewhere", ELSEWHERE[name], name)


ELSEWHERE: dict[str, Value] = {
    "another stack": {"Fn::ImportValue": "another-stack:Value"},
    "Parameter Store": "{{resolve:ssm:/mutation/value}}",
    "a macro": {"Fn::Transform": {"Name": "Mutation", "Parameters": {}}},
    "text that depends on it": {"Fn::Join": ["", [{"Fn::ImportValue": "another-stack:Value"}, ""]]},
    "nowhere": {"Ref": "NobodyDeclaredThis"},
    "a function that nobody knows": {"Fn::UnheardOf": json.dumps("x")},
}
OTHERWISE = tuple(ELSEWHERE)[1:]
