"""The IAM boundary: what a role can do at most."""

from __future__ import annotations

import fnmatch

import pytest

from agent_perimeter.lower.boundaries import boundary_id, lower_boundaries
from agent_perimeter.lower.endpoints import policy_length
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import Boundary, Condition, Statement
from agent_perimeter.settings import Workload
from agent_perimeter.source import Origin
from tests.unit.lower.agents import Reach, agent, at, intent, name, service

IN_VPC = (Condition("StringEquals", "aws:SourceVpc", ("${Vpc}",)),)
VIA_SERVICE = (Condition("Bool", "aws:ViaAWSService", ("true",)),)
NOTHING = Statement("NoAwsAction", False, ("*",), ("*",), (), None, Origin())


def boundary_of(*reaches: Reach, workload: Workload | None = None) -> Boundary:
    workloads = {"bot": workload} if workload else {}
    ((boundary,), _) = lower_boundaries(intent(agent("bot", *reaches)), workloads)
    return boundary


def test_without_agents_there_are_no_boundaries() -> None:
    assert lower_boundaries(intent(), {}) == ((), ())


DENIED: dict[str, tuple[tuple[Reach, ...], Workload | None]] = {
    "an agent that reaches nothing": ((), None),
    "an agent with names only": ((name(2),), None),
    "the same, said to run somewhere else": ((name(2),), Workload.OTHER),
    "a task on Fargate, whose execution role does the rest": ((), Workload.FARGATE),
}


@pytest.mark.parametrize(("reaches", "workload"), DENIED.values(), ids=DENIED)
def test_an_agent_without_services_is_denied_every_action(
    reaches: tuple[Reach, ...], workload: Workload | None
) -> None:
    boundary = boundary_of(*reaches, workload=workload)
    assert boundary == Boundary("boundary/bot", "bot", (NOTHING,), Origin((agent("bot").span,)))


def test_a_grant_holds_from_the_vpc_or_through_an_aws_service() -> None:
    """One statement each: within a statement both would have to hold."""
    boundary = boundary_of(service(2, "s3", ("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::corpus/*",)))
    actions, resources = ("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::corpus/*",)
    assert boundary.statements == (
        Statement("BotRule0InVpc", True, actions, resources, IN_VPC, None, at(2)),
        Statement("BotRule0ViaService", True, actions, resources, VIA_SERVICE, None, at(2)),
    )
    assert boundary.origin == at(2)


def test_each_rule_has_statements_of_its_own() -> None:
    boundary = boundary_of(service(2, "s3"), service(3, "sts", ("sts:GetCallerIdentity",), ("*",)))
    assert [(statement.sid, statement.origin.short) for statement in boundary.statements] == [
        ("BotRule0InVpc", "bot.yaml:2"),
        ("BotRule0ViaService", "bot.yaml:2"),
        ("BotRule1InVpc", "bot.yaml:3"),
        ("BotRule1ViaService", "bot.yaml:3"),
    ]
    assert boundary.origin == at(2) | at(3)


RUNTIMES: dict[str, tuple[Workload, dict[str, tuple[Condition, ...]]]] = {
    "Lambda": (
        Workload.LAMBDA,
        {
            "LambdaNetworkInterfaces": (Condition("Null", "lambda:SourceFunctionArn", ("true",)),),
            "LambdaLogs": (),
        },
    ),
    "AgentCore": (Workload.AGENTCORE, {"AgentCoreLogs": (), "AgentCoreImage": (), "AgentCoreImageToken": ()}),
}


@pytest.mark.parametrize(("workload", "expected"), RUNTIMES.values(), ids=RUNTIMES)
def test_what_runs_the_agent_may_do_its_own_work(
    workload: Workload, expected: dict[str, tuple[Condition, ...]]
) -> None:
    alone = boundary_of(workload=workload)
    assert {statement.sid: statement.conditions for statement in alone.statements} == expected
    assert all(statement.allow and statement.principal is None for statement in alone.statements)
    beside = boundary_of(service(2, "s3"), workload=workload)
    assert beside.statements[2:] == alone.statements


@pytest.mark.parametrize("workload", Workload)
def test_no_runtime_grant_is_wide_but_where_aws_knows_no_resource(workload: Workload) -> None:
    on_everything = {
        "LambdaNetworkInterfaces",  # held to Lambda's own calls by its condition
        "AgentCoreImageToken",  # the token opens nothing that AgentCoreImage does not name
    }
    for statement in boundary_of(service(2, "s3"), workload=workload).statements:
        assert not any("*" in action for action in statement.actions)
        assert ("*" not in statement.resources) or statement.sid in on_everything


EDITS = (
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:CreateRoute",
    "ec2:ModifyVpcEndpoint",
    "ec2:ReplaceNetworkAclEntry",
    "ec2:RunInstances",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PassRole",
    "lambda:UpdateFunctionCode",
    "network-firewall:UpdateFirewallPolicy",
    "route53resolver:DisassociateFirewallRuleGroup",
    "cloudformation:UpdateStack",
    "logs:DeleteLogGroup",
)


@pytest.mark.parametrize("action", EDITS)
@pytest.mark.parametrize("workload", Workload)
def test_no_boundary_lets_an_agent_edit_its_perimeter(workload: Workload, action: str) -> None:
    for statement in boundary_of(service(2, "s3"), workload=workload).statements:
        assert not any(fnmatch.fnmatchcase(action, pattern) for pattern in statement.actions if statement.allow)


def test_every_agent_has_one_measured_without_white_space() -> None:
    boundaries, uses = lower_boundaries(intent(agent("bot"), agent("cat", service(2, "s3"))), {})
    assert [boundary.id for boundary in boundaries] == [boundary_id("bot"), boundary_id("cat")]
    assert uses == tuple(
        Use("boundary-characters", policy_length(boundary.statements, spaced=False), boundary.id)
        for boundary in boundaries
    )
