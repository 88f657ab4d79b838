"""The default group is empty where code that is known empties it, and where anything is unlike it nobody knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.lifted import VPC, Json, attribute, lifted, ref

GOLDEN = Path(__file__).parent.parent / "golden" / "isolated-agent.template.json"
((CODE,),) = (
    [
        one["Properties"]["Code"]["ZipFile"]
        for one in json.loads(GOLDEN.read_text())["Resources"].values()
        if one["Type"] == "AWS::Lambda::Function"
    ],
)
FUNCTION: dict[str, Json] = {
    "Code": {"ZipFile": CODE},
    "Handler": "index.handler",
    "Runtime": "python3.14",
    "Role": attribute("Role", "Arn"),
}
CLOSER: dict[str, Json] = {
    "ServiceToken": attribute("Fn", "Arn"),
    "GroupId": attribute("Vpc", "DefaultSecurityGroup"),
}
UNKNOWN: Json = {"Fn::ImportValue": "x"}
ON: dict[str, Json] = {
    "Parameters": {"Mode": {"Type": "String"}},
    "Conditions": {"On": {"Fn::Equals": [ref("Mode"), "on"]}},
}


def rules(function: dict[str, Json] | None = None, closer: dict[str, Json] | None = None) -> int:
    """How many rules the default group is left with."""
    network = lifted(
        {
            **VPC,
            "Other": ("AWS::EC2::SecurityGroup", {"GroupDescription": "g", "VpcId": ref("Vpc")}),
            "Role": ("AWS::IAM::Role", {}),
            "Fn": ("AWS::Lambda::Function", {**FUNCTION, **(function or {})}),
            "It": ("Custom::Anything", {**CLOSER, **(closer or {})}),
        },
        **ON,
    )
    (group,) = (group for group in network.security_groups if group.id == "net/Vpc/default-group")
    return len(group.egress) + len(group.ingress)


def test_code_that_is_known_empties_the_default_group() -> None:
    assert rules() == 0


UNLIKE: dict[str, tuple[dict[str, Json], dict[str, Json]]] = {
    "code that is changed": ({"Code": {"ZipFile": CODE + "\n"}}, {}),
    "code that is not known": ({"Code": {"ZipFile": UNKNOWN}}, {}),
    "code from elsewhere": ({"Code": {"S3Bucket": "b", "S3Key": "k"}}, {}),
    "code and an image": ({"Code": {"ZipFile": CODE, "ImageUri": "i"}}, {}),
    "another handler": ({"Handler": "index.main"}, {}),
    "a handler that is not known": ({"Handler": UNKNOWN}, {}),
    "another runtime": ({"Runtime": "nodejs22.x"}, {}),
    "a runtime that is not known": ({"Runtime": UNKNOWN}, {}),
    "a layer, which may hide modules": ({"Layers": ["arn"]}, {}),
    "a variable, which may change what Python loads": ({"Environment": {"Variables": {"PYTHONPATH": "x"}}}, {}),
    "a function that may not be there": ({"Condition": "On"}, {}),
    "a resource that may not be there": ({}, {"Condition": "On"}),
    "another group": ({}, {"GroupId": attribute("Other", "GroupId")}),
    "the VPC, which is no group": ({}, {"GroupId": ref("Vpc")}),
    "a group that is not known": ({}, {"GroupId": UNKNOWN}),
    "no group": ({}, {"GroupId": ref("AWS::NoValue")}),
    "a function from elsewhere": ({}, {"ServiceToken": "arn:elsewhere"}),
}


@pytest.mark.parametrize(("function", "closer"), UNLIKE.values(), ids=UNLIKE)
def test_what_is_unlike_it_leaves_the_group_as_aws_made_it(function: dict[str, Json], closer: dict[str, Json]) -> None:
    assert rules(function, closer) >= 2
