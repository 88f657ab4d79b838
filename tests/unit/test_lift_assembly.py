"""Cloud assemblies and single templates: which stacks they hold, and what stacks say to each other."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent_perimeter.lift import assembly
from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.document import Plain, TemplateError
from agent_perimeter.lift.node import Assembly, Node, Pointer, Resource
from agent_perimeter.observed import Doubt

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

Files = dict[str, Plain | bytes]

VPC: Plain = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}


def group(vpc: Plain) -> Plain:
    return {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": vpc}}


def template(resources: dict[str, Plain], **sections: Plain) -> dict[str, Plain]:
    return {"Resources": resources, **sections}


def stack(file: str, environment: str = "aws://unknown-account/unknown-region", **properties: Plain) -> Plain:
    return {
        "type": "aws:cloudformation:stack",
        "environment": environment,
        "properties": {"templateFile": file, **properties},
    }


def manifest(**artifacts: Plain) -> dict[str, Plain]:
    return {"version": "55.0.0", "artifacts": artifacts}


def read(files: Mapping[str, Plain | bytes], *sources: str, parameters: Mapping[str, str] | None = None) -> Assembly:
    raw = {name: file if isinstance(file, bytes) else json.dumps(file).encode() for name, file in files.items()}
    return assembly_of(sources or ("cdk.out",), raw.get, parameters)


def by_id(found: Assembly) -> dict[str, Resource]:
    return {resource.id: resource for resource in found.resources}


EXPORTING = template(
    {"Vpc": VPC},
    Outputs={
        "Out": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "Network:Vpc"}},
        "Plain": {"Value": "x"},
        "Gone": {"Value": "y", "Export": {"Name": "Network:Gone"}, "Condition": "Never"},
        "Listed": {"Value": "y", "Export": {"Name": ["x"]}},
        "Broken": [],
    },
    Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
)
IMPORTING = template({"Group": group({"Fn::ImportValue": "Network:Vpc"})})

NESTED = template(
    {"Group": group({"Ref": "Vpc"})},
    Parameters={
        "Vpc": {"Type": "String"},
        "Kept": {"Type": "String", "Default": "kept"},
        "Left": {"Type": "String"},
    },
    Outputs={"Id": {"Value": {"Fn::GetAtt": ["Group", "GroupId"]}}, "Kept": {"Value": {"Ref": "Kept"}}, "Left": {"Value": {"Ref": "Left"}}},
)  # fmt: skip


def nesting(url: Plain, metadata: dict[str, Plain] | None = None) -> dict[str, Plain]:
    """A template with a nested stack and a rule on what the nested stack makes."""
    outputs: dict[str, Plain] = {
        name: {"Fn::GetAtt": ["Inner", f"Outputs.{name}"]} for name in ("Id", "Kept", "Left", "Nothing")
    }
    return template(
        {
            "Vpc": VPC,
            "Inner": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": url, "Parameters": {"Vpc": {"Ref": "Vpc"}}},
                "Metadata": metadata or {},
            },
            "Probe": {"Type": "Custom::Probe", "Properties": outputs},
        }
    )


class TestSingleTemplates:
    def test_a_template_is_a_stack_named_like_its_file(self) -> None:
        found = read({"a/my net.template.json": template({"Vpc": VPC})}, "a/my net.template.json")
        assert found.source == "a/my net.template.json"
        assert found.files == (("a/my net.template.json", json.dumps(template({"Vpc": VPC}))),)
        assert found.resources == (
            Resource(
                "my-net/Vpc",
                "my-net",
                "Vpc",
                "AWS::EC2::VPC",
                {"CidrBlock": "10.0.0.0/16"},
                "a/my net.template.json#/Resources/Vpc",
            ),
        )

    def test_yaml_is_read_as_well(self) -> None:
        yaml = b"Resources:\n  Group:\n    Type: AWS::EC2::SecurityGroup\n    Properties: {VpcId: !Ref Vpc}\n  Vpc: {Type: AWS::EC2::VPC}\n"
        assert by_id(read({"net.yaml": yaml}, "net.yaml"))["net/Group"].get("VpcId") == Pointer("net/Vpc")

    def test_templates_of_one_name_are_told_apart_and_one_given_twice_is_one(self) -> None:
        files: Files = {
            "a/t.json": template({"Vpc": VPC}),
            "b/t.json": template({"Vpc": VPC}),
            ".json": template({"V": VPC}),
        }
        assert list(by_id(read(files, "a/t.json", "b/t.json", "a/t.json", ".json"))) == [
            "t/Vpc",
            "t-2/Vpc",
            "template/V",
        ]

    def test_templates_import_from_each_other(self) -> None:
        files: Files = {"a.json": EXPORTING, "b.json": IMPORTING}
        assert by_id(read(files, "b.json", "a.json"))["b/Group"].get("VpcId") == Pointer("a/Vpc")

    def test_sections_without_content_are_empty(self) -> None:
        found = read(
            {"a.yaml": b"Parameters:\nConditions:\nResources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties:\n"},
            "a.yaml",
        )
        assert found.resources[0].properties == {}

    def test_a_condition_decides_what_is_there(self) -> None:
        conditions: Plain = {"Never": {"Fn::Equals": ["a", "b"]}, "Open": {"Fn::Equals": [{"Ref": "P"}, "b"]}}
        resources: dict[str, Plain] = {
            "A": {"Type": "X", "Condition": "Never"},
            "B": {"Type": "X", "Condition": "Open"},
            "C": {"Type": "X", "Condition": ["Open"]},
        }
        files: Files = {"a.json": template(resources, Conditions=conditions, Parameters={"P": {"Type": "String"}})}
        found = by_id(read(files, "a.json"))
        assert list(found) == ["a/B", "a/C"]
        assert found["a/B"].maybe == Doubt(
            "condition Open is open: parameter P has no value yet", "a.json#/Parameters/P", "--parameter P=…"
        )
        assert found["a/C"].maybe == Doubt("this is no name of a condition", "a.json#/Resources/C/Condition")
        assert by_id(read(files, "a.json", parameters={"P": "b"}))["a/B"].maybe is None
        assert list(by_id(read(files, "a.json", parameters={"P": "c"}))) == ["a/C"]

    def test_a_loop_makes_resources(self) -> None:
        loop: Plain = ["Name", ["a", "b"], {"Vpc${Name}": VPC}]
        found = read({"a.json": template({"Fn::ForEach::Vpcs": loop}, Transform="AWS::LanguageExtensions")}, "a.json")
        assert [resource.logical_id for resource in found.resources] == ["Vpca", "Vpcb"]
        assert found.doubts == ()


DOUBTS: dict[str, tuple[dict[str, Plain], Doubt]] = {
    "a macro": (
        {"Transform": ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]},
        Doubt(
            "the macro AWS::Serverless-2016-10-31 rewrites the template before it is deployed",
            "a.json#/Transform",
            "giving the processed template",
        ),
    ),
    "a macro with parameters": (
        {"Transform": {"Name": "Mine", "Parameters": {}}},
        Doubt("the macro Mine rewrites the template before it is deployed", "a.json#/Transform", "giving the processed template"),
    ),
    "a section that is not read": ({"Hooks": {}}, Doubt("the section Hooks is not read", "a.json#/Hooks")),
    "a macro among the resources": (
        {"Resources": {"Vpc": VPC, "Fn::Transform": {"Name": "AWS::Include"}}},
        Doubt("Fn::Transform adds to Resources what cannot be seen here", "a.json#/Resources/Fn::Transform"),
    ),
    "a loop that cannot be unrolled": (
        {"Transform": "AWS::LanguageExtensions", "Resources": {"Vpc": VPC, "Fn::ForEach::X": ["N", {"Ref": "Nowhere"}, {}]}},
        Doubt("Fn::ForEach::X runs over a list that is not known", "a.json#/Resources/Fn::ForEach::X"),
    ),
    "a loop without what unrolls loops": (
        {"Transform": [], "Resources": {"Vpc": VPC}, "Mappings": {"M": {"r": {"l": [{"Fn::ForEach::X": ["N", ["a"], {"${N}": 1}]}]}}}},
        Doubt("Fn::ForEach::X means nothing to CloudFormation here", "a.json#", '"Transform": "AWS::LanguageExtensions"'),
    ),
    "a macro in place of a resource": (
        {"Resources": {"Vpc": VPC, "L": {"Type": "AWS::Logs::LogGroup", "Fn::Transform": {"Name": "Mine"}}}},
        Doubt("a macro may make L a resource of another type", "a.json#/Resources/L/Fn::Transform"),
    ),
    "a module": (
        {"Resources": {"Vpc": VPC, "M": {"Type": "My::Net::Vpc::MODULE"}}},
        Doubt("the module M stands for resources that are not here", "a.json#/Resources/M"),
    ),
    "a nested stack from elsewhere": (
        {"Resources": {"Vpc": VPC, "S": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x/y.json"}}}},
        Doubt("the template of the nested stack S is not here", "a.json#/Resources/S", "giving the whole cloud assembly"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sections", "doubt"), DOUBTS.values(), ids=DOUBTS)
def test_what_a_template_leaves_open_as_a_whole_is_said(sections: dict[str, Plain], doubt: Doubt) -> None:
    found = read({"a.json": {"Resources": {"Vpc": VPC}, **sections}}, "a.json")
    assert found.doubts == (doubt,)
    assert found.resources[0].logical_id == "Vpc"


def test_a_macro_on_a_resource_hides_its_properties() -> None:
    body: Plain = {"Type": "AWS::EC2::VPC", "Fn::Transform": {"Name": "M"}, "Properties": {"CidrBlock": "10.0.0.0/16"}}
    (found,) = read({"a.json": template({"Vpc": body})}, "a.json").resources
    expected = Doubt("a macro writes this resource", "a.json#/Resources/Vpc/Fn::Transform")
    assert found.properties == expected
    assert found.get("CidrBlock") == expected


class TestCloudAssemblies:
    def test_all_stacks_are_read_and_import_from_each_other(self) -> None:
        files: Files = {
            "cdk.out/manifest.json": manifest(
                Importing=stack("b.json"),
                Network=stack("a.json", stackName="net"),
                Tree={"type": "cdk:tree"},
                Assets={"type": "cdk:asset-manifest", "properties": {"file": "gone.json"}},
            ),
            "cdk.out/a.json": EXPORTING,
            "cdk.out/b.json": IMPORTING,
        }
        found = read(files)
        assert list(by_id(found)) == ["Importing/Group", "net/Vpc"]
        assert by_id(found)["Importing/Group"].get("VpcId") == Pointer("net/Vpc")
        assert by_id(found)["net/Vpc"].path == "cdk.out/a.json#/Resources/Vpc"
        assert [path for path, _ in found.files] == ["cdk.out/b.json", "cdk.out/a.json"]
        assert found.doubts == ()
        assert read(files, "cdk.out/manifest.json").resources == found.resources

    def test_a_stage_is_an_assembly_within(self) -> None:
        files: Files = {
            "out/manifest.json": manifest(Prod={"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-prod"}}),
            "out/assembly-prod/manifest.json": manifest(Net=stack("a.json", stackName="prod-net")),
            "out/assembly-prod/a.json": template({"Vpc": VPC}),
        }  # fmt: skip
        (found,) = read(files, "out").resources
        assert (found.id, found.path) == ("prod-net/Vpc", "out/assembly-prod/a.json#/Resources/Vpc")

    def test_the_environment_of_a_stack_is_known(self) -> None:
        text: Plain = {"Fn::Sub": "${AWS::AccountId} ${AWS::Region} ${AWS::Partition} ${AWS::StackName}"}
        files: Files = {
            "cdk.out/manifest.json": manifest(
                A=stack("a.json", "aws://123456789012/eu-west-1"),
                B=stack("a.json", "aws://unknown-account/unknown-region"),
            ),
            "cdk.out/a.json": template({"X": {"Type": "X", "Properties": {"T": text}}}),
        }
        found = by_id(read(files, parameters={"AWS::Region": "us-east-1", "AWS::StackName": "other"}))
        assert found["A/X"].get("T") == "123456789012 eu-west-1 ${AWS::Partition} A"
        assert found["B/X"].get("T") == "${AWS::AccountId} us-east-1 ${AWS::Partition} B"

    @pytest.mark.parametrize(
        ("given", "suffix"),
        [
            ({}, "${AWS::URLSuffix}"),
            ({"AWS::Region": "cn-north-1"}, "amazonaws.com.cn"),
            ({"AWS::Region": "eu-west-1"}, "amazonaws.com"),
            ({"AWS::Region": "eu-west-1", "AWS::URLSuffix": "given.example"}, "given.example"),
        ],
    )
    def test_the_region_says_the_url_suffix_where_nobody_else_does(self, given: dict[str, str], suffix: str) -> None:
        text: Plain = {"Fn::Sub": "${AWS::URLSuffix}"}
        files: Files = {"a.json": template({"X": {"Type": "X", "Properties": {"T": text}}})}
        assert by_id(read(files, "a.json", parameters=given))["a/X"].get("T") == suffix

    def test_an_import_comes_from_the_same_environment(self) -> None:
        files: Files = {
            "cdk.out/manifest.json": manifest(
                East=stack("a.json", "aws://1/us-east-1"), West=stack("a.json", "aws://1/us-west-2"), Use=stack("b.json", "aws://1/us-west-2")
            ),
            "cdk.out/a.json": EXPORTING,
            "cdk.out/b.json": IMPORTING,
        }  # fmt: skip
        assert by_id(read(files))["Use/Group"].get("VpcId") == Pointer("West/Vpc")

    def test_an_export_that_two_stacks_have_is_one_of_both(self) -> None:
        files: Files = {
            "cdk.out/manifest.json": manifest(A=stack("a.json"), B=stack("a.json"), Use=stack("b.json")),
            "cdk.out/a.json": EXPORTING,
            "cdk.out/b.json": IMPORTING,
        }
        found = by_id(read(files))["Use/Group"].get("VpcId")
        assert repr(found).startswith(
            "OneOf(options=(Pointer(resource='A/Vpc', attribute=''), Pointer(resource='B/Vpc'"
        )
        assert "several stacks export Network:Vpc" in repr(found)

    @pytest.mark.parametrize("name", ["Network:Gone", "Plain", "Elsewhere"])
    def test_what_nobody_exports_is_a_doubt(self, name: str) -> None:
        importing = template({"Group": group({"Fn::ImportValue": name})})
        found = by_id(read({"a.json": EXPORTING, "b.json": importing}, "a.json", "b.json"))["b/Group"].get("VpcId")
        assert found == Doubt(
            f"{name} is exported by no stack here",
            "b.json#/Resources/Group/Properties/VpcId/Fn::ImportValue",
            "giving the assembly or template that exports it",
        )

    def test_exports_in_circles_are_doubts(self) -> None:
        def imports(name: str, other: str) -> dict[str, Plain]:
            output: Plain = {"Value": {"Fn::ImportValue": other}, "Export": {"Name": name}}
            return template({"Group": group({"Fn::ImportValue": other})}, Outputs={"Out": output})

        found = read({"a.json": imports("A", "B"), "b.json": imports("B", "A")}, "a.json", "b.json")
        reasons = [value.reason for resource in found.resources if isinstance(value := resource.get("VpcId"), Doubt)]
        assert reasons == ["cyclic reference through output Out"] * 2

    def test_parameters_of_the_manifest_are_values(self) -> None:
        files: Files = {
            "cdk.out/manifest.json": manifest(A=stack("a.json", parameters={"P": "x", "Q": 7, "Odd": []})),
            "cdk.out/a.json": template(
                {"X": {"Type": "X", "Properties": {"P": {"Ref": "P"}, "Q": {"Ref": "Q"}}}},
                Parameters={"P": {"Type": "String", "Default": "d"}, "Q": {"Type": "Number"}},
            ),
        }
        assert read(files).resources[0].properties == {"P": "x", "Q": "7"}
        assert read(files, parameters={"P": "y"}).resources[0].properties == {"P": "y", "Q": "7"}

    def test_a_stack_without_resources_is_empty(self) -> None:
        assert read({"cdk.out/manifest.json": manifest(A=stack("a.json")), "cdk.out/a.json": {}}).resources == ()

    def test_what_is_not_known_of_an_assembly_is_said(self) -> None:
        listed = manifest(A=stack("a.json"), B={"type": "cdk:new"}, C={"type": 7}, D=[])
        listed["missing"] = [{"key": "vpc-provider"}]
        found = read({"cdk.out/manifest.json": listed, "cdk.out/a.json": template({"Vpc": VPC})})
        assert [doubt.reason for doubt in found.doubts] == [
            "the assembly was made before lookups in the account were done, so it holds invented values",
            "B is a cdk:new that is not known here",
            "C is a thing that is not known here",
            "D is a thing that is not known here",
        ]
        assert {doubt.path for doubt in found.doubts} == {"cdk.out/manifest.json"}


ASSETS: Plain = {
    "files": {
        "0a1b": {
            "source": {"path": "inner.json"},
            "destinations": {"here": {"objectKey": "0a1b.json"}, "nowhere": {}},
        },
        "nothing": [],
        "no path": {"destinations": {"here": {"objectKey": "x"}}},
    }
}
URL: Plain = {"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/assets-${AWS::AccountId}/0a1b.json"}

NESTINGS: dict[str, tuple[Files, tuple[str, ...]]] = {
    "by the CDK's metadata": (
        {
            "cdk.out/manifest.json": manifest(Net=stack("outer.json")),
            "cdk.out/outer.json": nesting(URL, {"aws:asset:path": "inner.json"}),
            "cdk.out/inner.json": NESTED,
        },
        ("cdk.out",),
    ),
    "by the asset manifest": (
        {
            "cdk.out/manifest.json": manifest(
                Assets={"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}}, Net=stack("outer.json")
            ),
            "cdk.out/assets.json": ASSETS,
            "cdk.out/outer.json": nesting(URL),
            "cdk.out/inner.json": NESTED,
        },
        ("cdk.out",),
    ),
    "by a path beside the template": (
        {"x/Net.json": nesting("./inner.json"), "x/inner.json": NESTED},
        ("x/Net.json",),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "sources"), NESTINGS.values(), ids=NESTINGS)
def test_a_nested_stack_is_found_and_speaks_with_its_parent(files: Files, sources: tuple[str, ...]) -> None:
    found = read(files, *sources)
    assert found.doubts == ()
    resources = by_id(found)
    assert list(resources) == ["Net/Vpc", "Net/Inner", "Net/Probe", "Net/Inner/Group"]
    inner = resources["Net/Inner/Group"]
    assert inner.stack == "Net/Inner"
    assert inner.path.endswith("inner.json#/Resources/Group")
    assert inner.get("VpcId") == Pointer("Net/Vpc")
    probe = resources["Net/Probe"]
    assert probe.get("Id") == Pointer("Net/Inner/Group", "GroupId")
    assert probe.get("Kept") == "kept"
    assert isinstance(left := probe.get("Left"), Doubt)
    assert left.reason == "parameter Left has no value"
    assert isinstance(nothing := probe.get("Nothing"), Doubt)
    assert nothing.reason.endswith("inner.json has no output Nothing")


def test_a_template_that_is_nested_twice_is_two_stacks() -> None:
    outer = nesting("inner.json")
    resources = outer["Resources"]
    assert isinstance(resources, dict)
    resources["Again"] = resources["Inner"]
    found = read({"a.json": outer, "inner.json": NESTED}, "a.json")
    assert [resource.id for resource in found.resources][-2:] == ["a/Inner/Group", "a/Again/Group"]
    assert [path for path, _ in found.files] == ["a.json", "inner.json"]


def test_what_a_nested_stack_from_elsewhere_gives_is_a_doubt() -> None:
    found = by_id(read({"a.json": nesting("https://example.com/inner.json")}, "a.json"))["a/Probe"].get("Id")
    assert found == Doubt(
        "the template of the nested stack Inner is not here", "a.json#/Resources/Probe/Properties/Id/Fn::GetAtt"
    )


PASSED: dict[str, tuple[Plain, Node]] = {
    "a mapping": ({"Vpc": "vpc-1"}, "vpc-1"),
    "nothing": (None, Doubt("parameter Vpc has no value", "inner.json#/Parameters/Vpc")),
    "one of two mappings": ({"Fn::If": ["Yes", {"Vpc": "vpc-1"}, {}]}, "vpc-1"),
}


@pytest.mark.parametrize(("parameters", "expected"), PASSED.values(), ids=PASSED)
def test_parameters_are_passed_to_a_nested_stack(parameters: Plain, expected: Node) -> None:
    inner: Plain = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "inner.json", "Parameters": parameters},
    }
    outer = template({"Inner": inner}, Conditions={"Yes": {"Fn::Equals": ["a", "a"]}})
    found = by_id(read({"a.json": outer, "inner.json": NESTED}, "a.json"))
    assert found["a/Inner/Group"].get("VpcId") == expected


def test_a_list_is_passed_to_a_nested_stack_as_text() -> None:
    joined: Plain = {"Fn::Join": [",", [{"Ref": "Vpc"}, "vpc-1"]]}
    inner: Plain = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "b.json", "Parameters": {"P": joined}},
    }
    files: Files = {
        "a.json": template({"Vpc": VPC, "Inner": inner}),
        "b.json": template({"X": {"Type": "X", "Properties": {"P": {"Ref": "P"}}}}, Parameters={"P": {"Type": "List<AWS::EC2::VPC::Id>"}}),
    }  # fmt: skip
    assert by_id(read(files, "a.json"))["a/Inner/X"].get("P") == (Pointer("a/Vpc"), "vpc-1")


def test_a_chain_of_nested_stacks_ends_in_a_doubt_before_python_does() -> None:
    """Each stack's parameter is the output of the one before it."""
    inner = template({"X": {"Type": "X"}}, Parameters={"P": {"Type": "String"}}, Outputs={"O": {"Value": {"Ref": "P"}}})
    stacks: dict[str, Plain] = {
        f"S{number}": {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {
                "TemplateURL": "inner.json",
                "Parameters": {"P": {"Fn::GetAtt": f"S{number - 1}.Outputs.O"} if number else "start"},
            },
        }
        for number in range(200)
    }
    probe: dict[str, Plain] = {
        f"P{number}": {"Type": "X", "Properties": {"O": {"Fn::GetAtt": f"S{number}.Outputs.O"}}} for number in (20, 199)
    }
    found = by_id(read({"a.json": template({**probe, **stacks}), "inner.json": inner}, "a.json"))
    assert found["a/P20"].get("O") == "start"
    assert isinstance(end := found["a/P199"].get("O"), Doubt)
    assert end.reason == "references and nesting go more than 50 deep"


REFUSED: dict[str, tuple[Files, str]] = {
    "nothing there": ({}, "cdk.out: neither a file nor a folder with a manifest.json; try giving a template, or the folder that cdk synth wrote"),
    "a manifest that lists a missing template": (
        {"cdk.out/manifest.json": manifest(A=stack("a.json"))},
        "cdk.out/a.json: cdk.out/manifest.json lists this file, and it is not there; try cdk synth again, or giving the whole folder",
    ),
    "a manifest that lists a missing stage": (
        {"cdk.out/manifest.json": manifest(A={"type": "cdk:cloud-assembly", "properties": {"directoryName": "b"}})},
        "cdk.out/b/manifest.json: cdk.out/manifest.json lists this file, and it is not there",
    ),
    "a nested template that is missing": (
        {"cdk.out/manifest.json": manifest(A=stack("a.json")), "cdk.out/a.json": nesting(URL, {"aws:asset:path": "b.json"})},
        "cdk.out/b.json: cdk.out/a.json lists this file, and it is not there",
    ),
    "a manifest without a version": ({"cdk.out/manifest.json": {"artifacts": {}}}, "cdk.out/manifest.json: this is not the manifest of a cloud assembly; try cdk synth"),
    "a manifest of an unknown version": ({"cdk.out/manifest.json": {"version": "next", "artifacts": {}}}, "cdk.out/manifest.json: this is not the manifest"),
    "a manifest that is a list": ({"cdk.out/manifest.json": []}, "cdk.out/manifest.json: this is not the manifest"),
    "a manifest without artifacts": ({"cdk.out/manifest.json": {"version": "1.0.0", "artifacts": []}}, "cdk.out/manifest.json: this is not the manifest"),
    "a manifest that is cut off": ({"cdk.out/manifest.json": b'{"version":'}, "cdk.out/manifest.json:1: this is not JSON: Expecting value"),
    "an assembly without a stack": ({"cdk.out/manifest.json": manifest()}, "cdk.out/manifest.json: this cloud assembly has no stack"),
    "an assembly that contains itself": (
        {"cdk.out/manifest.json": manifest(A={"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}})},
        "cdk.out/manifest.json: this cloud assembly contains itself",
    ),
    "a stack without a template": ({"cdk.out/manifest.json": manifest(A={"type": "aws:cloudformation:stack"})}, "cdk.out/manifest.json: the stack A has no templateFile"),
    "a template that is a list": ({"cdk.out": [1]}, "cdk.out: this is not a CloudFormation template: it has no Resources"),
    "an empty file": ({"cdk.out": b""}, "cdk.out: this is not a CloudFormation template: it has no Resources"),
    "a template without resources": ({"cdk.out": {"Parameters": {}}}, "cdk.out: this is not a CloudFormation template: it has no Resources"),
    "resources that are null": ({"cdk.out": {"Resources": None}}, "cdk.out: this is not a CloudFormation template: it has no Resources"),
    "resources that are a list": ({"cdk.out": {"Resources": [1]}}, "cdk.out: Resources is not a mapping, so this is not a CloudFormation template"),
    "conditions that are a list": ({"cdk.out": {"Resources": {"Vpc": VPC}, "Conditions": [1]}}, "cdk.out: Conditions is not a mapping, so this"),
    "a listed template whose resources are null": (
        {"cdk.out/manifest.json": manifest(A=stack("a.json")), "cdk.out/a.json": {"Resources": None}},
        "cdk.out/a.json: Resources is not a mapping",
    ),
    "a resource that is null": ({"cdk.out": b'{"Resources": {\n"A": {"Type": "X"},\n"B": null}}'}, "cdk.out:3: B is no resource: it has no Type"),
    "a resource whose type is a number": ({"cdk.out": b"Resources:\n  A:\n    Type: 7"}, "cdk.out:2: A is no resource: it has no Type"),
    "a stack nested in itself": ({"cdk.out": nesting("cdk.out")}, "cdk.out: the stack Inner is nested in itself"),
    "a binary file": ({"cdk.out": b"\x89PNG\r\n\xff"}, "cdk.out:1: this is not UTF-8 text, so no template"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_by_name(files: Files, message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        read(files)
    assert str(refused.value).startswith(message)


def test_stacks_do_not_multiply_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "MAX_STACKS", 2)
    files: Files = {"a.json": template({"V": VPC}), "b.json": template({"V": VPC}), "c.json": template({"V": VPC})}
    assert len(read(files, "a.json", "b.json").resources) == 2
    with pytest.raises(TemplateError, match=r"^c.json: this has more than 2 stacks$"):
        read(files, "a.json", "b.json", "c.json")


DECLARING = template(
    {"Vpc": VPC},
    Parameters={
        "Stage": {"Type": "String", "AllowedValues": ["dev", "prod", 7]},
        "Zones": {"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]},
    },
)

GIVEN: dict[str, tuple[dict[str, str], str]] = {
    "a name that nobody declares": ({"Stag": "dev"}, "a.json: no template declares a parameter Stag; try one of Stage, Zones"),
    "a pseudo parameter that is none": ({"AWS::Regoin": "x"}, "a.json: no template declares a parameter AWS::Regoin"),
    "a value that is not allowed": ({"Stage": "test"}, "a.json: parameter Stage may only be dev, prod, 7"),
    "an element that is not allowed": ({"Zones": "a, c"}, "a.json: parameter Zones may only be a, b"),
}  # fmt: skip


@pytest.mark.parametrize(("parameters", "message"), GIVEN.values(), ids=GIVEN)
def test_a_parameter_that_cannot_be_given_is_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        read({"a.json": DECLARING}, "a.json", parameters=parameters)
    assert str(refused.value).startswith(message)


def test_parameters_that_can_be_given_are_taken() -> None:
    given = {"Stage": "7", "Zones": "a, b", "AWS::Region": "eu-west-1"}
    assert read({"a.json": DECLARING}, "a.json", parameters=given).doubts == ()
    with pytest.raises(TemplateError, match=r"^b.json: no template declares a parameter Stage$"):
        read({"b.json": template({"Vpc": VPC})}, "b.json", parameters=given)


@pytest.mark.parametrize("name", ["examples", "isolated-agent", "policies"])
def test_nothing_of_our_own_templates_is_left_open(name: str) -> None:
    raw = (GOLDEN / f"{name}.template.json").read_bytes()
    found = read({"a.json": raw}, "a.json")
    assert found.doubts == ()
    assert len(found.resources) == len(json.loads(raw)["Resources"])
    assert "Doubt(" not in repr([resource for resource in found.resources if "OneOf" not in repr(resource)])
    routes = [
        resource
        for resource in found.resources
        if not isinstance(resource.get("VpcEndpointId"), type(resource.get("-")))
    ]
    assert {repr(route.get("VpcEndpointId")).split("attribute=")[1] for route in routes} <= {"'EndpointIds')"}


def test_four_hundred_resources_are_read_at_once() -> None:
    tree = json.loads((GOLDEN / "policies.template.json").read_bytes())
    resources = dict(tree["Resources"])
    for copy in range(3):
        tree["Resources"] |= {f"{name}x{copy}": body for name, body in resources.items()}
    raw = json.dumps(tree, indent=1).encode()
    assert len(raw) > 400_000
    started = time.process_time()
    assert len(read({"a.json": raw}, "a.json").resources) == 4 * len(resources)
    assert time.process_time() - started < 0.6  # 0.03 s on a desk
