"""The examples: each workload in its agent's subnets and group, its role under its agent's boundary."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk import aws_ec2 as ec2

from agent_perimeter.files import read_policies
from agent_perimeter.perimeter import design
from agent_perimeter.settings import Settings
from examples.app import AgentsStack, build
from tests.cdk.templates import Template, Value, synthesize
from tests.cdk.test_linters import complaints

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Template:
    assembly = synthesize(tmp_path_factory.mktemp("example"), lambda app: build(app, today=TODAY))
    return Template(assembly, "Agents", "Perimeter")


def subnets(agent: str) -> list[str]:
    return [f"<subnet/agent/{agent}/{zone}>" for zone in (0, 1)]


def group(agent: str) -> list[str]:
    return [f"<group/agent/{agent}>.GroupId"]


def only(template: Template, kind: str) -> Value:
    (found,) = template.of(kind).values()
    return found.properties


def boundary_of(template: Template, role: str) -> Value:
    (found,) = (item for path, item in template.of("IAM::Role").items() if f"<{path}>.Arn" == role)
    return found.properties.get("PermissionsBoundary")


def test_the_runtime_is_placed_as_the_researcher(example: Template) -> None:
    runtime = only(example, "BedrockAgentCore::Runtime")
    assert runtime["NetworkConfiguration"] == {
        "NetworkMode": "VPC",
        "NetworkModeConfig": {"SecurityGroups": group("researcher"), "Subnets": subnets("researcher")},
    }
    assert boundary_of(example, runtime["RoleArn"]) == "<boundary/researcher>"


def test_the_service_is_placed_as_the_builder(example: Template) -> None:
    assert only(example, "ECS::Service")["NetworkConfiguration"] == {
        "AwsvpcConfiguration": {
            "AssignPublicIp": "DISABLED",
            "SecurityGroups": group("builder"),
            "Subnets": subnets("builder"),
        }
    }


def test_the_task_s_role_is_the_agent_s_and_its_execution_role_is_not(example: Template) -> None:
    task = only(example, "ECS::TaskDefinition")
    assert boundary_of(example, task["TaskRoleArn"]) == "<boundary/builder>"
    assert task["ExecutionRoleArn"] != task["TaskRoleArn"]
    assert boundary_of(example, task["ExecutionRoleArn"]) is None


def test_the_function_is_placed_as_the_notifier(example: Template) -> None:
    (function,) = (
        item.properties for path, item in example.of("Lambda::Function").items() if "default-group" not in path
    )
    assert function["VpcConfig"] == {"SecurityGroupIds": group("notifier"), "SubnetIds": subnets("notifier")}
    assert boundary_of(example, function["Role"]) == "<boundary/notifier>"


def test_what_somebody_adds_to_the_example_is_held_to_its_policies(tmp_path: Path) -> None:
    def holed(app: App) -> None:
        build(app, today=TODAY)
        stack = app.node.find_child("Agents")
        assert isinstance(stack, AgentsStack)
        group = next(one for one in stack.node.find_all() if isinstance(one, ec2.CfnSecurityGroup))
        ec2.CfnSecurityGroupEgress(stack, "Hole", group_id=group.attr_group_id, ip_protocol="-1", cidr_ip="0.0.0.0/0")

    with pytest.raises(RuntimeError, match="security group: lets out what the policy does not allow"):
        synthesize(tmp_path, holed)


@pytest.mark.parametrize(
    ("agent", "sids"),
    [
        ("notifier", {"LambdaNetworkInterfaces", "LambdaLogs"}),
        ("researcher", {"AgentCoreLogs", "AgentCoreImage", "AgentCoreImageToken"}),
    ],
)
def test_the_boundary_allows_what_runs_the_agent(agent: str, sids: set[str], example: Template) -> None:
    statements = example[f"boundary/{agent}"].properties["PolicyDocument"]["Statement"]
    assert sids <= {statement["Sid"] for statement in statements}


def test_the_example_s_policies_leave_nothing_to_warn_about() -> None:
    files = read_policies([Path(__file__).resolve().parents[2] / "examples" / "policies"])
    found = design(files, Settings(), TODAY).findings
    assert [str(finding) for finding in found if finding.severity != "note" and finding.accepted is None] == []


def test_no_workload_brings_a_group_or_a_subnet_of_its_own(example: Template) -> None:
    ours = ("group/", "subnet/")
    others = [*example.of("EC2::SecurityGroup"), *example.of("EC2::Subnet"), *example.of("EC2::SecurityGroupEgress")]
    assert [path for path in others if not path.startswith(ours)] == []


def test_cfn_lint_complains_only_about_a_dependency_that_the_cdk_s_own_constructs_write_twice(
    example: Template,
) -> None:
    found = complaints(example.raw)
    assert {rule for rule, _, _ in found} == {"W3005"}
    assert not [path for _, path, _ in found if "Perimeter" in path]
