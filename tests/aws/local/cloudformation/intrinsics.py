"""CloudFormation's intrinsic functions (template reference, "Intrinsic functions"), conditions and rules, strictly.

What a function does not know is refused: never left out and never passed on unresolved, as moto's own would.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.aws.local.cloudformation.refused import Refused

NO_VALUE = object()
SUBSTITUTED = re.compile(r"\$\{(!?)([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a template's functions can name. The callables raise `Refused` for what they do not know."""

    region: str
    ref: Callable[[str], Any]
    attribute: Callable[[str, str], Any]
    conditions: Mapping[str, Any]
    mappings: Mapping[str, Any]
    exports: Mapping[str, Any]


def resolve(value: Any, scope: Scope) -> Any:
    """The value with every function in it resolved."""
    if isinstance(value, list):
        resolved = [resolve(member, scope) for member in value]
        return [member for member in resolved if member is not NO_VALUE]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref" or name.startswith("Fn::"):
            return _function(name, argument, scope)
    members = {name: resolve(member, scope) for name, member in value.items()}
    return {name: member for name, member in members.items() if member is not NO_VALUE}


def _function(name: str, argument: Any, scope: Scope) -> Any:
    match name, argument:
        case "Ref", str():
            return NO_VALUE if argument == "AWS::NoValue" else scope.ref(argument)
        case "Fn::GetAtt", [resource, attribute]:
            return scope.attribute(resource, resolve(attribute, scope))
        case "Fn::GetAtt", str():
            return scope.attribute(*argument.split(".", 1))
        case "Fn::If", [condition, yes, no]:
            return resolve(yes if holds({"Condition": condition}, scope) else no, scope)
        case "Fn::Sub", [text, values]:
            return _substituted(text, resolve(values, scope), scope)
        case "Fn::Sub", str():
            return _substituted(argument, {}, scope)
        case _ if name in FUNCTIONS:
            return FUNCTIONS[name](resolve(argument, scope), scope)
        case _:
            raise Refused(f"{name} cannot be resolved: {json.dumps(argument)[:200]}")


def holds(condition: Any, scope: Scope) -> bool:
    """Whether a condition, or an assertion of a rule, holds."""
    match condition:
        case {"Condition": str(name)} if name in scope.conditions:
            return holds(scope.conditions[name], scope)
        case {"Fn::Equals": [left, right]}:
            return str(resolve(left, scope)) == str(resolve(right, scope))
        case {"Fn::Not": [inner]}:
            return not holds(inner, scope)
        case {"Fn::And": [*inner]}:
            return all(holds(each, scope) for each in inner)
        case {"Fn::Or": [*inner]}:
            return any(holds(each, scope) for each in inner)
        case {"Fn::Contains": [choices, value]}:
            return resolve(value, scope) in resolve(choices, scope)
        case _:
            raise Refused(f"the condition cannot be resolved: {json.dumps(condition)[:200]}")


def named(value: Any) -> Iterator[str]:
    """Everything that a value's functions name: resources, parameters and pseudo parameters."""
    if isinstance(value, list):
        for member in value:
            yield from named(member)
    elif isinstance(value, Mapping):
        match value:
            case {"Ref": str(name)} if len(value) == 1:
                yield name
            case {"Fn::GetAtt": [str(name), *_]} if len(value) == 1:
                yield name
            case {"Fn::GetAtt": str(path)} if len(value) == 1:
                yield path.split(".")[0]
            case {"Fn::Sub": str(text) | [str(text), *_]} if len(value) == 1:
                yield from (name.split(".")[0] for literal, name in SUBSTITUTED.findall(text) if not literal)
        for member in value.values():
            yield from named(member)


def _substituted(text: str, values: Mapping[str, Any], scope: Scope) -> str:
    def put(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:
            return f"${{{name}}}"
        if name in values:
            return str(values[name])
        return str(scope.attribute(*name.split(".", 1)) if "." in name else scope.ref(name))

    return SUBSTITUTED.sub(put, text)


def _selected(argument: list[Any], _: Scope) -> Any:
    index, choices = int(argument[0]), argument[1]
    if not 0 <= index < len(choices):
        raise Refused(f"Fn::Select: there is no number {index} in {choices}")
    return choices[index]


def _found(mapping: Mapping[str, Any], path: list[str]) -> Any:
    found: Any = mapping
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            raise Refused(f"there is no {' / '.join(path)}")
        found = found[key]
    return found


def _joined(argument: list[Any], _: Scope) -> str:
    glue, parts = argument
    return str(glue).join(str(part) for part in parts)


def _zones(argument: Any, scope: Scope) -> list[str]:
    return [f"{argument or scope.region}{zone}" for zone in "abc"]


# Those that need nothing but their resolved argument, and at most the template's tables.
FUNCTIONS: Mapping[str, Callable[[Any, Scope], Any]] = {
    "Fn::Base64": lambda argument, _: base64.b64encode(str(argument).encode()).decode(),
    "Fn::FindInMap": lambda argument, scope: _found(scope.mappings, argument),
    "Fn::GetAZs": _zones,
    "Fn::ImportValue": lambda argument, scope: _found(scope.exports, [argument]),
    "Fn::Join": _joined,
    "Fn::Select": _selected,
    "Fn::Split": lambda argument, _: str(argument[1]).split(argument[0]),
    "Fn::ToJsonString": lambda argument, _: json.dumps(argument),
}
