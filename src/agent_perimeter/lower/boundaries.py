"""The IAM boundary of each agent: its role can do at most what the intent says.

A boundary only caps. It allows the intent's actions and nothing else, so it also keeps the role from
every call that would edit the perimeter. An action is allowed through the perimeter's VPC endpoints,
or where an AWS service acts with the agent's session (``aws:ViaAWSService``), whose calls carry no
VPC (IAM user guide, global condition keys).

What runs the agent sometimes acts with the agent's own role before any code of the agent runs: it
pulls images, attaches network interfaces, writes logs. Those grants are in ``_RUNTIMES``, each as
narrow as AWS documents it.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent_perimeter.intent import AgentIntent, Intent, origin_of
from agent_perimeter.lower.endpoints import policy_length, sid
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import Boundary, Condition, Statement
from agent_perimeter.settings import Workload
from agent_perimeter.source import Origin

_ACCOUNT_LOGS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"

_NOT_FROM_FUNCTION_CODE = Condition("Null", "lambda:SourceFunctionArn", ("true",))
"""Present only in calls made by a function's own code (Lambda guide, VPC execution role permissions)."""


def _runtime(sid: str, actions: tuple[str, ...], resources: tuple[str, ...], *conditions: Condition) -> Statement:
    return Statement(sid, True, actions, resources, conditions, None, Origin())


_RUNTIMES: Mapping[Workload, tuple[Statement, ...]] = {
    Workload.OTHER: (),
    # A task's images, secrets and logs are the execution role's work, which is not the agent's role.
    Workload.FARGATE: (),
    Workload.LAMBDA: (
        _runtime(
            "LambdaNetworkInterfaces",
            (
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ),
            ("*",),
            _NOT_FROM_FUNCTION_CODE,
        ),
        # Lambda sends this key with its own log calls too, so the log group is the only limit here.
        _runtime(
            "LambdaLogs",
            ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
            (_ACCOUNT_LOGS + "/aws/lambda/*",),
        ),
    ),
    Workload.AGENTCORE: (
        _runtime(
            "AgentCoreLogs",
            ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
            (_ACCOUNT_LOGS + "/aws/bedrock-agentcore/runtimes/*",),
        ),
        _runtime(
            "AgentCoreImage",
            ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
            ("arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/*",),
        ),
        _runtime("AgentCoreImageToken", ("ecr:GetAuthorizationToken",), ("*",)),
    ),
}


def boundary_id(agent: str) -> str:
    """The record id of an agent's boundary."""
    return f"boundary/{agent}"


def lower_boundaries(intent: Intent, workloads: Mapping[str, Workload]) -> tuple[tuple[Boundary, ...], tuple[Use, ...]]:
    """A boundary for every agent, also for one that may call nothing."""
    boundaries = tuple(_boundary(agent, workloads.get(agent.name, Workload.OTHER)) for agent in intent.agents)
    uses = tuple(
        Use("boundary-characters", policy_length(boundary.statements, spaced=False), boundary.id)
        for boundary in boundaries
    )
    return boundaries, uses


def _boundary(agent: AgentIntent, workload: Workload) -> Boundary:
    statements = (*_intent(agent), *_RUNTIMES[workload])
    return Boundary(
        id=boundary_id(agent.name),
        agent=agent.name,
        statements=statements or (_NOTHING,),
        origin=origin_of(*agent.services) if agent.services else Origin((agent.span,)),
    )


_NOTHING = Statement("NoAwsAction", False, ("*",), ("*",), (), None, Origin())


def _intent(agent: AgentIntent) -> list[Statement]:
    ways = (
        ("InVpc", Condition("StringEquals", "aws:SourceVpc", ("${Vpc}",))),
        ("ViaService", Condition("Bool", "aws:ViaAWSService", ("true",))),
    )
    return [
        Statement(
            sid=sid(agent.name, number, suffix),
            allow=True,
            actions=reach.actions,
            resources=reach.resources,
            conditions=(way,),
            principal=None,
            origin=reach.origin,
        )
        for number, reach in enumerate(agent.services)
        for suffix, way in ways
    ]
