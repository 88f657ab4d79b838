"""What CloudFormation's functions, parameters and conditions come to: a value, several, or a doubt with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from agent_perimeter.lift import intrinsics
from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.document import Plain
from agent_perimeter.lift.node import ABSENT, Assembly, Node, OneOf, Pointer, choices
from agent_perimeter.observed import Doubt

REF_REGION: Plain = {"Ref": "AWS::Region"}
NO_VALUE: Plain = {"Ref": "AWS::NoValue"}

BASE: dict[str, dict[str, Plain]] = {
    "Parameters": {
        "Block": {"Type": "String", "Default": "10.0.0.0/8"},
        "Needed": {"Type": "AWS::EC2::VPC::Id"},
        "Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]},
        "Only": {"Type": "Number", "AllowedValues": [7]},
        "Ports": {"Type": "CommaDelimitedList", "Default": "80, 443"},
        "Image": {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": "/aws/service/ami"},
        "Secret": {"Type": "String", "NoEcho": True, "Default": "hunter2"},
        "Odd": [],
    },
    "Mappings": {
        "Lists": {"us-east-1": {"s3": "pl-1", "ddb": "pl-2"}, "eu-west-1": {"s3": "pl-3"}},
        "Same": {"us-east-1": {"x": "y"}, "eu-west-1": {"x": "y"}},
        "Typed": {"a": {"list": ["1", "2"], "number": 3, "secret": "{{resolve:ssm:x}}"}},
        "Broken": {"a": "text"},
        "Included": {"Fn::Transform": {"Name": "AWS::Include"}},
        "NoMapping": [],
    },
    "Conditions": {
        "Yes": {"Fn::Equals": ["a", "a"]},
        "No": {"Fn::Equals": [1, "2"]},
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "IsStage": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "test"]}]},
        "IsBlock": {"Fn::Equals": [{"Ref": "Block"}, "x"]},
        "IsBlockReversed": {"Fn::Equals": ["x", {"Ref": "Block"}]},
        "InVirginia": {"Fn::Equals": [REF_REGION, "us-east-1"]},
        "SameRegion": {"Fn::Equals": [REF_REGION, REF_REGION]},
        "OfLists": {"Fn::Equals": [["a"], ["a"]]},
        "And": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "No"}]},
        "AndOpen": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "Yes"}]},
        "AndTrue": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "Yes"}]},
        "Or": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "Yes"}]},
        "OrOpen": {"Fn::Or": [{"Condition": "No"}, {"Condition": "IsProd"}]},
        "NotOpen": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Circle": {"Fn::Not": [{"Condition": "Circle"}]},
        "Unknown": {"Fn::Contains": [["a"], "a"]},
        "Nonsense": "true",
        "Undeclared": {"Condition": "Nowhere"},
    },
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Pool": {"Type": "AWS::EC2::VPC", "Properties": {"Ipv4IpamPoolId": "ipam-pool-1"}},
        "Maybe": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Fn::If": ["IsProd", "10.1.0.0/16", NO_VALUE]}}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": {"Fn::GetAtt": "Loop.CidrBlock"}}},
        "Loop": {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": {"Fn::GetAtt": ["Subnet", "CidrBlock"]}}},
        "Firewall": {"Type": "AWS::NetworkFirewall::Firewall"},
        "Gone": {"Type": "AWS::EC2::VPC", "Condition": "No"},
        "Custom": {"Type": "Custom::Thing", "Properties": {"VpcId": "vpc-1"}},
    },
}  # fmt: skip


def lifted(template: Mapping[str, Plain], parameters: Mapping[str, str] | None = None) -> Assembly:
    raw = json.dumps(template).encode()
    return assembly_of(["net.json"], {"net.json": raw}.get, parameters)


def value(expression: Plain, parameters: Mapping[str, str] | None = None, **sections: dict[str, Plain]) -> Node:
    """What the property ``X`` of a resource comes to."""
    template: dict[str, Plain] = {name: {**section, **sections.get(name, {})} for name, section in BASE.items()}
    resources = template["Resources"]
    assert isinstance(resources, dict)
    resources["Probe"] = {"Type": "Custom::Probe", "Properties": {"X": expression}}
    assembly = lifted(template, parameters)
    return next(resource for resource in assembly.resources if resource.logical_id == "Probe").get("X")


FIREWALL = Pointer("net/Firewall", "EndpointIds")
ENDPOINTS: Plain = {"Fn::GetAtt": ["Firewall", "EndpointIds"]}
BLOCKS: Plain = {"Fn::GetAtt": ["Vpc", "Ipv6CidrBlocks"]}

KNOWN: dict[str, tuple[Plain, Node]] = {
    "text": ("a", "a"),
    "a list loses what is absent": (["a", NO_VALUE, 1], ("a", 1)),
    "a mapping loses what is absent": ({"a": NO_VALUE, "b": None}, {"b": None}),
    "no value at all": (NO_VALUE, ABSENT),
    "a mapping with a key called Ref among others": ({"Ref": "Vpc", "x": 1}, {"Ref": "Vpc", "x": 1}),
    "a resource": ({"Ref": "Vpc"}, Pointer("net/Vpc")),
    "a resource named by a function": ({"Ref": {"Fn::Sub": "Vpc"}}, Pointer("net/Vpc")),
    "an attribute": ({"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}, Pointer("net/Vpc", "DefaultSecurityGroup")),
    "an attribute in one word": ({"Fn::GetAtt": "Vpc.DefaultSecurityGroup"}, Pointer("net/Vpc", "DefaultSecurityGroup")),
    "an attribute with dots": ({"Fn::GetAtt": "Custom.A.B"}, Pointer("net/Custom", "A.B")),
    "an attribute that gives a property back": ({"Fn::GetAtt": ["Vpc", "CidrBlock"]}, "10.0.0.0/16"),
    "a property given back that is a resource": ({"Fn::GetAtt": ["Subnet", "VpcId"]}, Pointer("net/Vpc")),
    "a property that is not set": ({"Fn::GetAtt": ["Pool", "CidrBlock"]}, Pointer("net/Pool", "CidrBlock")),
    "a property that may not be set": ({"Fn::GetAtt": ["Maybe", "CidrBlock"]}, Pointer("net/Maybe", "CidrBlock")),
    "what a custom resource answers": ({"Fn::GetAtt": ["Custom", "VpcId"]}, Pointer("net/Custom", "VpcId")),
    "a pseudo parameter": (REF_REGION, "${AWS::Region}"),
    "the stack's name": ({"Ref": "AWS::StackName"}, "${AWS::StackName:net}"),
    "the only allowed value": ({"Ref": "Only"}, "7"),
    "Fn::Sub": ({"Fn::Sub": "a-${AWS::Region}-${Vpc}-${Vpc.CidrBlock}"}, "a-${AWS::Region}-${net/Vpc}-10.0.0.0/16"),
    "Fn::Sub with literals": ({"Fn::Sub": "${!aws:PrincipalTag/x} $ {a} ${!}"}, "${aws:PrincipalTag/x} $ {a} ${}"),
    "Fn::Sub with variables": ({"Fn::Sub": ["${A}/${B}", {"A": 1, "B": {"Ref": "Vpc"}}]}, "1/${net/Vpc}"),
    "a variable hides a resource": ({"Fn::Sub": ["${Vpc}", {"Vpc": "x"}]}, "x"),
    "Fn::Sub of nothing but a resource": ({"Fn::Sub": "${Vpc}"}, Pointer("net/Vpc")),
    "Fn::Join": ({"Fn::Join": ["-", ["a", 1, {"Ref": "Vpc"}]]}, "a-1-${net/Vpc}"),
    "Fn::Join leaves out what is absent": ({"Fn::Join": ["-", ["a", NO_VALUE, "b"]]}, "a-b"),
    "Fn::Join of one text": ({"Fn::Join": ["-", "a"]}, "a"),
    "Fn::Join of a list that AWS assigns": ({"Fn::Join": [",", ENDPOINTS]}, FIREWALL),
    "Fn::Split": ({"Fn::Split": ["-", "a-b-"]}, ("a", "b", "")),
    "Fn::Split at commas": ({"Fn::Split": [",", {"Fn::Sub": "${Vpc},x${Pool}"}]}, (Pointer("net/Vpc"), "x${net/Pool}")),
    "Fn::Split of a service name": ({"Fn::Split": [":", {"Fn::Sub": "arn:${AWS::Partition}:s3:${AWS::Region}"}]}, ("arn", "${AWS::Partition}", "s3", "${AWS::Region}")),
    "Fn::Split of a joined list": ({"Fn::Split": [",", {"Fn::Join": [",", BLOCKS]}]}, Pointer("net/Vpc", "Ipv6CidrBlocks")),
    "Fn::Select": ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
    "Fn::Select of a known parameter": ({"Fn::Select": [0, {"Fn::Split": ["/", "10.0.0.0/8"]}]}, "10.0.0.0"),
    "Fn::Select from a list that AWS assigns": ({"Fn::Select": [1, BLOCKS]}, Pointer("net/Vpc", "Ipv6CidrBlocks.1")),
    "a firewall's endpoint": ({"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, ENDPOINTS]}]}]}, FIREWALL),
    "a firewall's endpoint by way of text": (
        {"Fn::Select": ["1", {"Fn::Split": [":", {"Fn::Select": ["0", {"Fn::Split": [",", {"Fn::Join": [",", ENDPOINTS]}]}]}]}]},
        FIREWALL,
    ),
    "a firewall's endpoint inside Fn::Sub": ({"Fn::Sub": ["${E}", {"E": {"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, ENDPOINTS]}]}]}}]}, FIREWALL),
    "a zone": ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "${AWS::Region}#0"),
    "a zone of the region by name": ({"Fn::Select": ["0", {"Fn::GetAZs": REF_REGION}]}, "${AWS::Region}#0"),
    "a zone of another region": ({"Fn::Select": [2, {"Fn::GetAZs": "eu-west-1"}]}, "eu-west-1#2"),
    "Fn::FindInMap": ({"Fn::FindInMap": ["Lists", "us-east-1", "s3"]}, "pl-1"),
    "Fn::FindInMap of a list": ({"Fn::FindInMap": ["Typed", "a", "list"]}, ("1", "2")),
    "Fn::FindInMap where all rows agree": ({"Fn::FindInMap": ["Same", {"Ref": "Block"}, "x"]}, "y"),
    "Fn::FindInMap with a default": ({"Fn::FindInMap": ["Lists", "us-west-1", "s3", {"DefaultValue": "d"}]}, "d"),
    "Fn::Cidr": ({"Fn::Cidr": ["192.168.0.0/24", "6", 5]}, tuple(f"192.168.0.{host}/27" for host in range(0, 192, 32))),
    "Fn::Cidr of a VPC": ({"Fn::Select": [1, {"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 2, 8]}]}, "10.0.1.0/24"),
    "Fn::Cidr of version 6": ({"Fn::Cidr": ["2001:db8::/56", 2, 64]}, ("2001:db8::/64", "2001:db8:0:1::/64")),
    "Fn::Base64": ({"Fn::Base64": "hi"}, "aGk="),
    "Fn::Length": ({"Fn::Length": ["a", "b"]}, 2),
    "Fn::ToJsonString": ({"Fn::ToJsonString": {"a": [1, True, None, {"Ref": "Vpc"}]}}, '{"a":[1,true,null,"${net/Vpc}"]}'),
    "Fn::If that holds": ({"Fn::If": ["Yes", "a", {"Ref": "Nowhere"}]}, "a"),
    "Fn::If that does not": ({"Fn::If": ["No", {"Ref": "Nowhere"}, "b"]}, "b"),
    "Fn::If with equal branches": ({"Fn::If": ["IsProd", "a", "a"]}, "a"),
    "no allowed value is compared": ({"Fn::If": ["IsStage", "a", "b"]}, "a"),
    "a region is itself": ({"Fn::If": ["SameRegion", "a", "b"]}, "a"),
    "one false settles Fn::And": ({"Fn::If": ["And", "a", "b"]}, "b"),
    "all true settle Fn::And": ({"Fn::If": ["AndTrue", "a", "b"]}, "a"),
    "one true settles Fn::Or": ({"Fn::If": ["Or", "a", "b"]}, "a"),
    "a loop over properties": (
        {"a": 1, "Fn::ForEach::L": ["Name", ["x", "y"], {"k${Name}": {"Ref": "Name"}, "s${Name}": {"Fn::Sub": "${Name}-${Vpc}"}}]},
        {"a": 1, "kx": "x", "sx": "x-${net/Vpc}", "ky": "y", "sy": "y-${net/Vpc}"},
    ),
    "a loop by itself": ({"Fn::ForEach::L": ["Name", ["a.b"], {"&{Name}": ["${Name}", 1]}]}, {"ab": ("a.b", 1)}),
    "a loop in a loop": (
        {"Fn::ForEach::L": ["A", ["1"], {"Fn::ForEach::M": ["B", ["2", "3"], {"${A}${B}": True}]}]},
        {"12": True, "13": True},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), KNOWN.values(), ids=KNOWN)
def test_a_function_has_a_value(expression: Plain, expected: Node) -> None:
    assert repr(value(expression)) == repr(expected)  # tells 1 from true


UNKNOWN: dict[str, tuple[Plain, str]] = {
    "a default may be changed": ({"Ref": "Block"}, "parameter Block may be changed at deployment; by default it is '10.0.0.0/8'"),
    "a default list may be changed": ({"Ref": "Ports"}, "parameter Ports may be changed at deployment; by default it is '80, 443'"),
    "a parameter without a default": ({"Ref": "Needed"}, "parameter Needed has no value yet"),
    "a parameter from the parameter store": ({"Ref": "Image"}, "parameter Image is read from the SSM parameter store at deployment"),
    "a secret is never shown": ({"Ref": "Secret"}, "parameter Secret is secret (NoEcho)"),
    "a parameter that is none": ({"Ref": "Odd"}, "parameter Odd has no value yet"),
    "an unknown name": ({"Ref": "Nowhere"}, "'Nowhere' is neither a parameter nor a resource of the template"),
    "an unknown pseudo parameter": ({"Ref": "AWS::NotificationARNs"}, "'AWS::NotificationARNs' is neither"),
    "a name that is no text": ({"Ref": ["a"]}, "a list is neither"),
    "a resource that is not created": ({"Ref": "Gone"}, "Gone does not exist: its condition is false"),
    "an attribute of nothing": ({"Fn::GetAtt": ["Nowhere", "Arn"]}, "'Nowhere' is no resource of the template"),
    "an attribute without a name": ({"Fn::GetAtt": "Vpc"}, "Fn::GetAtt takes a list of 2 to 2"),
    "attributes in circles": ({"Fn::GetAtt": ["Subnet", "CidrBlock"]}, "cyclic reference through Loop.CidrBlock"),
    "a dynamic reference": ("{{resolve:ssm:/x}}", "a dynamic reference is resolved at deployment only"),
    "a dynamic reference that is put together": ({"Fn::Join": ["", ["{{resolve:", "ssm:/x}}"]]}, "a dynamic reference is resolved"),
    "a dynamic reference in a mapping": ({"Fn::FindInMap": ["Typed", "a", "secret"]}, "a dynamic reference is resolved"),
    "a function that nobody knows": ({"Fn::Foo": 1}, "Fn::Foo is not a function that is known here"),
    "a macro": ({"Fn::Transform": {"Name": "Mine"}}, "the macro Mine writes this"),
    "a macro without a name": ({"Fn::Transform": []}, "a macro writes this"),
    "a macro beside properties": ({"a": 1, "Fn::Transform": {"Name": "Mine"}}, "Fn::Transform writes part of this"),
    "text with an unknown part": ({"Fn::Sub": "a${Block}"}, "parameter Block may be changed at deployment"),
    "Fn::Sub of a list": ({"Fn::Sub": ["a", "b"]}, "Fn::Sub takes text, not a list"),
    "Fn::Sub with a list inside": ({"Fn::Sub": ["${A}", {"A": ["x"]}]}, "a list stands inside text"),
    "Fn::Sub with nothing inside": ({"Fn::Sub": "a${AWS::NoValue}"}, "AWS::NoValue stands inside text"),
    "Fn::Join of one thing": ({"Fn::Join": ["-"]}, "Fn::Join takes a list of 2 to 2"),
    "Fn::Join of lists": ({"Fn::Join": ["-", [["a"]]]}, "a list stands inside text"),
    "Fn::Join by a list": ({"Fn::Join": [["-"], ["a"]]}, "the delimiter is a list"),
    "Fn::Split at nothing": ({"Fn::Split": ["", "a"]}, "the delimiter is ''"),
    "Fn::Split of a list": ({"Fn::Split": ["-", ["a"]]}, "a list cannot be split"),
    "Fn::Split of text": ({"Fn::Split": "a"}, "Fn::Split takes a list of 2 to 2"),
    "Fn::Split of an ARN": ({"Fn::Split": [":", {"Fn::GetAtt": ["Vpc", "Arn"]}]}, "${net/Vpc.Arn} may hold ':', at which this is split"),
    "Fn::Split of a region": ({"Fn::Split": ["-", REF_REGION]}, "${AWS::Region} may hold '-', at which this is split"),
    "Fn::Split of the stack's id": ({"Fn::Split": [":", {"Ref": "AWS::StackId"}]}, "${AWS::StackId:net} may hold ':'"),
    "Fn::Select of nothing": ({"Fn::Select": [2, ["a"]]}, "the list has 1 elements, none is number 2"),
    "Fn::Select of a word": ({"Fn::Select": ["x", ["a"]]}, "the index is 'x'"),
    "Fn::Select from the end": ({"Fn::Select": [-1, ["a"]]}, "the index is the number -1"),
    "Fn::Select from text": ({"Fn::Select": [0, "a"]}, "'a' is no list to select from"),
    "Fn::Select from a resource": ({"Fn::Select": [0, {"Ref": "Vpc"}]}, "${net/Vpc} is no list to select from"),
    "Fn::Select without a list": ({"Fn::Select": [0]}, "Fn::Select takes a list of 2 to 2"),
    "Fn::Select behind what may not be there": ({"Fn::Select": [0, [{"Fn::If": ["IsProd", "a", NO_VALUE]}, "b"]]}, "it is not certain which element is number 0"),
    "the zone that a firewall's endpoint is in": ({"Fn::Select": [0, {"Fn::Split": [":", {"Fn::Select": [0, ENDPOINTS]}]}]}, "a firewall endpoint's zone is known at deployment only"),
    "all zones": ({"Fn::GetAZs": ""}, "how many zones a region has is known at deployment only"),
    "Fn::FindInMap without a key": ({"Fn::FindInMap": ["Lists", "us-east-1"]}, "Fn::FindInMap takes a list of 3 to 4"),
    "Fn::FindInMap of no mapping": ({"Fn::FindInMap": ["Nowhere", "a", "b"]}, "'Nowhere' is no mapping of the template"),
    "Fn::FindInMap of a mapping that is none": ({"Fn::FindInMap": ["NoMapping", "a", "b"]}, "'NoMapping' is no mapping of the template"),
    "Fn::FindInMap of an included mapping": ({"Fn::FindInMap": ["Included", "a", "b"]}, "the mapping has no a, b"),
    "Fn::FindInMap of a row that is none": ({"Fn::FindInMap": ["Broken", "a", "b"]}, "the mapping has no a, b"),
    "Fn::FindInMap of a missing key": ({"Fn::FindInMap": ["Lists", "eu-west-1", "ddb"]}, "the mapping has no eu-west-1, ddb"),
    "Fn::FindInMap of a missing row by an unknown key": ({"Fn::FindInMap": ["Lists", "nowhere", {"Ref": "Block"}]}, "parameter Block may be changed"),
    "Fn::FindInMap where no row has the key": ({"Fn::FindInMap": ["Lists", REF_REGION, "x"]}, "'${AWS::Region}' is known at deployment only"),
    "Fn::Cidr without its bits": ({"Fn::Cidr": ["10.0.0.0/8", 1]}, "Fn::Cidr takes a list of 3 to 3"),
    "Fn::Cidr of text": ({"Fn::Cidr": ["ten", 1, 8]}, "'ten' is no CIDR"),
    "Fn::Cidr of an address inside its block": ({"Fn::Cidr": ["10.0.0.5/24", 1, 4]}, "'10.0.0.5/24' is no CIDR"),
    "Fn::Cidr of a list": ({"Fn::Cidr": [["10.0.0.0/8"], 1, 8]}, "a list, the number 1, the number 8 is no block, count and host bits"),
    "Fn::Cidr that does not fit": ({"Fn::Cidr": ["10.0.0.0/24", 3, 7]}, "10.0.0.0/24 does not hold 3 blocks of 7 host bits"),
    "Fn::Cidr larger than its block": ({"Fn::Cidr": ["10.0.0.0/24", 1, 9]}, "10.0.0.0/24 does not hold 1 blocks of 9 host bits"),
    "Fn::Cidr of no bits": ({"Fn::Cidr": ["10.0.0.0/24", 1, 0]}, "10.0.0.0/24 does not hold 1 blocks of 0 host bits"),
    "Fn::Cidr of too many": ({"Fn::Cidr": ["10.0.0.0/8", 257, 8]}, "10.0.0.0/8 does not hold 257 blocks"),
    "Fn::Cidr of what AWS assigns": ({"Fn::Cidr": [{"Fn::Select": [0, BLOCKS]}, 1, 64]}, "the addresses are assigned by AWS"),
    "Fn::Base64 of what AWS knows": ({"Fn::Base64": REF_REGION}, "the Base64 text of '${AWS::Region}' is known at deployment only"),
    "Fn::Base64 of a list": ({"Fn::Base64": ["a"]}, "the Base64 text of a list is known"),
    "Fn::Length of text": ({"Fn::Length": "a"}, "the length of 'a' is not known"),
    "Fn::Length of what may not be there": ({"Fn::Length": [{"Fn::If": ["IsProd", "a", NO_VALUE]}]}, "the length of a list with elements that may not be there"),
    "Fn::ToJsonString of what is not known": ({"Fn::ToJsonString": [{"Ref": "Block"}]}, "parameter Block may be changed"),
    "Fn::ToJsonString of one of two": ({"Fn::ToJsonString": {"a": {"Fn::If": ["IsProd", 1, 2]}}}, "condition IsProd is open"),
    "Fn::ToJsonString of nothing": ({"Fn::ToJsonString": NO_VALUE}, "AWS::NoValue stands inside JSON"),
    "Fn::If without branches": ({"Fn::If": ["Yes", "a"]}, "Fn::If takes a condition and two values"),
    "an import that nothing exports": ({"Fn::ImportValue": "Other-Vpc"}, "Other-Vpc is exported by no stack here"),
    "an import of a list": ({"Fn::ImportValue": ["a"]}, "a list is no name of an export"),
    "a loop over what is not known": ({"Fn::ForEach::L": ["N", {"Ref": "Ports"}, {"${N}": 1}]}, "Fn::ForEach::L runs over a list that is not known"),
    "a loop over resources": ({"Fn::ForEach::L": ["N", [{"Ref": "Vpc"}], {"${N}": 1}]}, "Fn::ForEach::L runs over a list that is not known"),
    "a loop without a body": ({"Fn::ForEach::L": ["N", ["a"]]}, "Fn::ForEach::L takes a name, a list and a mapping"),
    "a loop inside which one is broken": ({"Fn::ForEach::L": ["N", ["a"], {"Fn::ForEach::M": []}]}, "Fn::ForEach::M takes a name"),
    "a loop without end": ({"Fn::ForEach::L": ["A", [str(n) for n in range(5001)], {"${A}": 1}]}, "Fn::ForEach::L makes more than 5,000 entries"),
}  # fmt: skip


@pytest.mark.parametrize(("expression", "reason"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_known_at_deployment_only_is_a_doubt(expression: Plain, reason: str) -> None:
    found = value(expression)
    assert isinstance(found, Doubt)
    assert found.reason.startswith(reason)
    assert found.path.startswith("net.json#/")
    assert "hunter2" not in str(found)


OPEN = "parameter Stage may be any of 'dev', 'prod'"

EITHER: dict[str, tuple[Plain, tuple[Node, ...], str]] = {
    "an allowed value": ({"Ref": "Stage"}, ("dev", "prod"), OPEN),
    "text with an allowed value": ({"Fn::Sub": "x-${Stage}"}, ("x-dev", "x-prod"), OPEN),
    "a condition on it": ({"Fn::If": ["IsProd", "a", "b"]}, ("a", "b"), f"condition IsProd is open: {OPEN}"),
    "the opposite": ({"Fn::If": ["NotOpen", "a", "b"]}, ("a", "b"), f"condition NotOpen is open: condition IsProd is open: {OPEN}"),
    "an open Fn::And": ({"Fn::If": ["AndOpen", "a", "b"]}, ("a", "b"), "condition AndOpen is open: condition IsProd is open"),
    "an open Fn::Or": ({"Fn::If": ["OrOpen", "a", "b"]}, ("a", "b"), "condition OrOpen is open: condition IsProd is open"),
    "a condition on a default": ({"Fn::If": ["IsBlock", "a", "b"]}, ("a", "b"), "condition IsBlock is open: parameter Block may be changed"),
    "the same the other way round": ({"Fn::If": ["IsBlockReversed", "a", "b"]}, ("a", "b"), "condition IsBlockReversed is open: parameter Block"),
    "a condition on the region": ({"Fn::If": ["InVirginia", "a", "b"]}, ("a", "b"), "condition InVirginia is open: '${AWS::Region}' is known at deployment only"),
    "a condition on lists": ({"Fn::If": ["OfLists", "a", "b"]}, ("a", "b"), "condition OfLists is open: a list and a list are not compared here"),
    "a condition in circles": ({"Fn::If": ["Circle", "a", "b"]}, ("a", "b"), "condition Circle is open: cyclic reference through condition Circle"),
    "a condition that nobody knows": ({"Fn::If": ["Unknown", "a", "b"]}, ("a", "b"), "condition Unknown is open: Fn::Contains is not a condition"),
    "a condition that is none": ({"Fn::If": ["Nonsense", "a", "b"]}, ("a", "b"), "condition Nonsense is open: this is no condition"),
    "a condition on one that is not there": ({"Fn::If": ["Undeclared", "a", "b"]}, ("a", "b"), "condition Undeclared is open: condition Nowhere is not declared"),
    "a condition that is not there": ({"Fn::If": ["Nowhere", "a", "b"]}, ("a", "b"), "condition Nowhere is not declared"),
    "something or nothing": ({"Fn::If": ["IsProd", "a", NO_VALUE]}, ("a", ABSENT), "condition IsProd is open"),
    "branches in branches": ({"Fn::If": ["IsProd", "a", {"Fn::If": ["IsBlock", "b", "a"]}]}, ("a", "b"), "condition IsProd is open"),
    "a name that is one of two": ({"Ref": {"Fn::If": ["IsProd", "Vpc", "Pool"]}}, (Pointer("net/Vpc"), Pointer("net/Pool")), "condition IsProd is open"),
    "text joined or not": ({"Fn::Join": ["-", ["a", {"Fn::If": ["IsProd", "b", NO_VALUE]}]]}, ("a-b", "a"), "condition IsProd is open"),
    "a row for each region": ({"Fn::FindInMap": ["Lists", REF_REGION, "s3"]}, ("pl-1", "pl-3"), "'${AWS::Region}' is known at deployment only"),
    "a row or the default": ({"Fn::FindInMap": ["Lists", REF_REGION, "ddb", {"DefaultValue": "d"}]}, ("pl-2", "d"), "'${AWS::Region}' is known at deployment only"),
    "a column for each key": ({"Fn::FindInMap": ["Lists", "us-east-1", {"Ref": "Block"}]}, ("pl-1", "pl-2"), "parameter Block may be changed"),
    "a column for a key that is none": ({"Fn::FindInMap": ["Lists", "us-east-1", ["x"]]}, ("pl-1", "pl-2"), "a list is no key of a mapping"),
    "a row for each allowed value": ({"Fn::FindInMap": ["Lists", {"Fn::If": ["IsProd", "us-east-1", "eu-west-1"]}, "s3"]}, ("pl-1", "pl-3"), "condition IsProd is open"),
}  # fmt: skip


@pytest.mark.parametrize(("expression", "options", "reason"), EITHER.values(), ids=EITHER)
def test_what_may_be_several_is_all_of_them(expression: Plain, options: tuple[Node, ...], reason: str) -> None:
    found = value(expression)
    assert isinstance(found, OneOf)
    assert found.options == options
    assert found.doubt.reason.startswith(reason)
    assert found.doubt.path.startswith("net.json#/")


def test_rows_by_region_keep_their_regions() -> None:
    found = value({"Fn::FindInMap": ["Same", REF_REGION, "x"]})
    assert isinstance(found, OneOf)
    assert dict(zip(found.regions, found.options, strict=True)) == {"us-east-1": "y", "eu-west-1": "y"}


REMEDIES = {
    "a default": ({"Ref": "Block"}, "--parameter Block=10.0.0.0/8"),
    "no default": ({"Ref": "Needed"}, "--parameter Needed=…"),
    "a condition on a parameter": ({"Fn::If": ["IsProd", "a", "b"]}, "--parameter Stage=…"),
    "a condition on the region": ({"Fn::If": ["InVirginia", "a", "b"]}, "--parameter AWS::Region=…"),
    "a parameter that cannot be given": ({"Ref": "Image"}, ""),
}


@pytest.mark.parametrize(("expression", "remedy"), REMEDIES.values(), ids=REMEDIES)
def test_a_doubt_says_what_to_give(expression: Plain, remedy: str) -> None:
    found = value(expression)
    doubt = found.doubt if isinstance(found, OneOf) else found
    assert isinstance(doubt, Doubt)
    assert doubt.remedy == remedy


GIVEN: dict[str, tuple[Plain, dict[str, str], Node]] = {
    "text": ({"Ref": "Block"}, {"Block": "10.9.0.0/16"}, "10.9.0.0/16"),
    "a list": ({"Ref": "Ports"}, {"Ports": "22, 80"}, ("22", "80")),
    "an element of a list": ({"Fn::Select": [1, {"Ref": "Ports"}]}, {"Ports": "22,80"}, "80"),
    "a condition": ({"Fn::If": ["IsProd", "a", "b"]}, {"Stage": "prod"}, "a"),
    "the region": ({"Fn::FindInMap": ["Lists", REF_REGION, "s3"]}, {"AWS::Region": "eu-west-1"}, "pl-3"),
    "a zone of it": ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, {"AWS::Region": "eu-west-1"}, "eu-west-1#0"),
    "a condition on the region": ({"Fn::If": ["InVirginia", "a", "b"]}, {"AWS::Region": "eu-west-1"}, "b"),
    "the stack's name": ({"Fn::Sub": "${AWS::StackName}-x"}, {"AWS::StackName": "blue"}, "blue-x"),
    "a loop": ({"Fn::ForEach::L": ["N", {"Ref": "Ports"}, {"p${N}": {"Ref": "N"}}]}, {"Ports": "22,80"}, {"p22": "22", "p80": "80"}),
}  # fmt: skip


@pytest.mark.parametrize(("expression", "given", "expected"), GIVEN.values(), ids=GIVEN)
def test_a_given_parameter_decides(expression: Plain, given: dict[str, str], expected: Node) -> None:
    assert value(expression, given) == expected


def test_a_secret_that_was_given_is_still_not_shown() -> None:
    found = value({"Fn::Sub": "x-${Secret}"}, {"Secret": "hunter3"})
    assert isinstance(found, Doubt)
    assert "hunter3" not in str(found)


def test_too_many_combinations_are_a_doubt() -> None:
    found = value({"Fn::Join": ["-", [{"Ref": "Stage"}] * 7]})
    assert isinstance(found, Doubt)
    assert found.reason == f"this has more than 64 possible values: {OPEN}"
    assert len(list(choices(value({"Fn::Join": ["-", [{"Ref": "Stage"}] * 6]})))) == 64


def test_an_option_that_is_not_known_stays_one_among_others() -> None:
    found = value({"Fn::Sub": ["a${V}", {"V": {"Fn::If": ["IsProd", "b", {"Ref": "Needed"}]}}]})
    assert isinstance(found, OneOf)
    assert found.options[0] == "ab"
    assert isinstance(found.options[1], Doubt)
    assert found.options[1].reason == "parameter Needed has no value yet"


def test_what_an_option_compares_to_is_open_where_one_is_not_known() -> None:
    conditions: dict[str, Plain] = {"C": {"Fn::Equals": [{"Fn::If": ["IsProd", "a", {"Ref": "Needed"}]}, "a"]}}
    found = value({"Fn::If": ["C", "x", "y"]}, Conditions=conditions)
    assert isinstance(found, OneOf)
    assert found.doubt.reason == "condition C is open: parameter Needed has no value yet"


def test_text_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intrinsics, "MAX_TEXT", 10)
    found = value({"Fn::Join": ["", ["aaaaaa", "aaaaaa"]]})
    assert isinstance(found, Doubt)
    assert found.reason == "the text is longer than 10 characters"


def test_a_chain_of_conditions_ends_in_a_doubt_before_python_does() -> None:
    chain: dict[str, Plain] = {f"C{n}": {"Fn::Not": [{"Condition": f"C{n + 1}"}]} for n in range(500)}
    chain["C500"] = {"Fn::Equals": ["a", "a"]}
    found = value({"Fn::If": ["C0", "a", "b"]}, Conditions=chain)
    assert isinstance(found, OneOf)
    assert found.doubt.reason.endswith("conditions go more than 50 deep")


def test_a_chain_of_attributes_ends_in_a_doubt_before_python_does() -> None:
    chain: dict[str, Plain] = {
        f"S{n}": {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": {"Fn::GetAtt": [f"S{n + 1}", "CidrBlock"]}}}
        for n in range(500)
    }
    chain["S500"] = {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.0.0.0/24"}}
    found = value({"Fn::GetAtt": "S0.CidrBlock"}, Resources=chain)
    assert isinstance(found, Doubt)
    assert found.reason == "references and nesting go more than 50 deep"


def test_the_path_of_a_doubt_leads_to_the_function() -> None:
    found = value({"Fn::Join": ["", ["a", {"Fn::Sub": ["${V}", {"V": {"Ref": "Nowhere"}}]}]]})
    assert isinstance(found, Doubt)
    assert found.path == "net.json#/Resources/Probe/Properties/X/Fn::Join/1/1/Fn::Sub/1/V/Ref"
