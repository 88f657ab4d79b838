"""Small templates, lifted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.template import lift
from agent_perimeter.observed import Doubt, ObservedNetwork

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Resources = Mapping[str, tuple[str, dict[str, Json]]]

FILE = "net.template.json"
AT = f"{FILE}#/Resources"


def template(resources: Resources, **sections: Json) -> str:
    """A template of (type, properties) by logical id. ``Condition`` among the properties belongs to the resource."""
    written: dict[str, Json] = {}
    for name, (kind, properties) in resources.items():
        inner: Json = {key: value for key, value in properties.items() if key != "Condition"}
        body: dict[str, Json] = {"Type": kind, "Properties": inner}
        if "Condition" in properties:
            body["Condition"] = properties["Condition"]
        written[name] = body
    return json.dumps({"Resources": written, **sections})


def lifted(resources: Resources, **sections: Json) -> ObservedNetwork:
    """The network of the stack ``net`` with these resources."""
    return lifted_text(template(resources, **sections))


def lifted_in(region: str, resources: Resources) -> ObservedNetwork:
    """As ``lifted``, deployed to a region that is known."""
    text = template(resources)
    return lift(assembly_of([FILE], lambda path: text.encode() if path == FILE else None, {"AWS::Region": region}))


def lifted_text(text: str) -> ObservedNetwork:
    return lift(assembly_of([FILE], lambda path: text.encode() if path == FILE else None))


def ref(name: str) -> Json:
    return {"Ref": name}


def attribute(name: str, of: str) -> Json:
    return {"Fn::GetAtt": [name, of]}


MAYBE: dict[str, Json] = {
    "Parameters": {"Mode": {"Type": "String", "Default": "on"}},
    "Conditions": {"On": {"Fn::Equals": [{"Ref": "Mode"}, "on"]}},
}
"""Sections with a condition ``On`` that a parameter decides."""

VPC: Resources = {"Vpc": ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"})}
SUBNET: Resources = {
    **VPC,
    "Subnet": ("AWS::EC2::Subnet", {"VpcId": ref("Vpc"), "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-1a"}),
}


def doubts(value: object) -> Iterator[Doubt]:
    """Every doubt anywhere in a record or network."""
    if isinstance(value, Doubt):
        yield value
    elif isinstance(value, tuple):
        for element in value:
            yield from doubts(element)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from doubts(getattr(value, field.name))
