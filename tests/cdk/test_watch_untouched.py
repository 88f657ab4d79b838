"""Nothing that an agent's boundary allows touches the watch: every call that changes it, for every example agent."""

from __future__ import annotations

from datetime import date

import botocore.session
import pytest

from agent_perimeter.catalogue.control_actions import Control, control_of
from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.template import lift
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.reach.boundary import decide_call
from agent_perimeter.verdict import Call, Outcome
from agent_perimeter_cdk.proof import file_content
from tests.cdk.templates import Template, Value, synthesize
from tests.cdk.watches import ROOT, build_one

ACCOUNT = "arn:aws:{}:us-east-1:111122223333:{}"
WAYS = {
    "Lambda::Function": ("lambda", "lambda", ACCOUNT.format("lambda", "function:{}")),
    "Events::Rule": ("events", "events", ACCOUNT.format("events", "rule/{}")),
    "Scheduler::Schedule": ("scheduler", "scheduler", ACCOUNT.format("scheduler", "schedule/default/{}")),
    "CloudWatch::Alarm": ("cloudwatch", "cloudwatch", ACCOUNT.format("cloudwatch", "alarm:{}")),
    "SNS::Topic": ("sns", "sns", ACCOUNT.format("sns", "{}")),
    "SQS::Queue": ("sqs", "sqs", ACCOUNT.format("sqs", "{}")),
    "S3::Bucket": ("s3", "s3", "arn:aws:s3:::{}"),
    "KMS::Key": ("kms", "kms", ACCOUNT.format("kms", "key/{}")),
    "Logs::LogGroup": ("logs", "logs", ACCOUNT.format("logs", "log-group:{}:*")),
    "IAM::Role": ("iam", "iam", "arn:aws:iam::111122223333:role/{}"),
}
"""By type: the IAM prefix, botocore's name, and the ARN of a resource by its name."""


@pytest.fixture(scope="module", params=["policies", "examples"])
def network(request: pytest.FixtureRequest) -> ObservedNetwork:
    return lift(assembly_of([str(ROOT / "tests" / "golden" / f"{request.param}.template.json")], file_content))


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The logical id of a resource of each type that the watch is made of; they differ by their random part only."""
    assembly = synthesize(tmp_path_factory.mktemp("watch"), lambda app: build_one(app, "full"))
    raw: dict[str, Value] = dict(Template(assembly, "full", "p").raw["Resources"])
    return {one["Type"].removeprefix("AWS::"): logical for logical, one in raw.items()}


@pytest.mark.parametrize("kind", WAYS)
def test_no_boundary_allows_a_call_on_anything_of_the_watch(
    kind: str, network: ObservedNetwork, resources: dict[str, str]
) -> None:
    prefix, model, arn = WAYS[kind]
    endpoints = tuple(endpoint.id for endpoint in network.endpoints)
    allowed = set()
    for operation in botocore.session.Session().get_service_model(model).operation_names:
        call = Call("", f"{prefix}:{operation}", arn.format(f"full-{resources[kind]}-1A2B3C4D5E6F"))
        for boundary in network.boundaries:
            steps = decide_call(boundary, network.vpcs[0], call, endpoints)
            if {step.outcome for step in steps} != {Outcome.DENIES}:
                allowed.add((boundary.agent, call.action))
    assert len({boundary.agent for boundary in network.boundaries}) >= 3
    assert not allowed


def test_a_boundary_that_does_would_be_found(network: ObservedNetwork) -> None:
    """The same question about what an agent may do has another answer."""
    allowed = {
        step.outcome
        for boundary in network.boundaries
        for call in (
            Call("", "logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/agents/isolated-agent:*"),
            Call("", "s3:GetObject", "arn:aws:s3:::example-corpus/key"),
            Call("", "s3:GetObject", "arn:aws:s3:::example-claims/key"),
            Call("", "bedrock:InvokeModel", "*"),
        )
        for step in decide_call(boundary, network.vpcs[0], call, tuple(one.id for one in network.endpoints))
    }
    assert allowed > {Outcome.DENIES}


TAMPERING = [
    "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:PutFunctionConcurrency",
    "lambda:DeleteFunction", "lambda:RemovePermission", "lambda:PutFunctionEventInvokeConfig", "events:DisableRule",
    "events:RemoveTargets", "events:PutRule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule",
    "cloudwatch:DisableAlarmActions", "cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState",
    "sns:SetTopicAttributes", "sns:DeleteTopic", "sns:Unsubscribe", "kms:DisableKey", "kms:ScheduleKeyDeletion",
    "logs:DeleteLogGroup", "iam:PutRolePolicy", "cloudformation:DeleteStack",
]  # fmt: skip


@pytest.mark.parametrize("action", TAMPERING)
def test_such_an_action_is_one_that_reaches_behind_the_perimeter(action: str) -> None:
    """AP116 refuses a policy for it, whatever resource it names: the watch's have no fixed names."""
    assert control_of(action) is Control.EDITS


@pytest.mark.parametrize("action", ["lambda:PutFunctionConcurrency", "scheduler:DeleteSchedule", "sns:Unsubscribe"])
def test_a_policy_that_asks_for_it_is_refused(action: str) -> None:
    service = action.partition(":")[0]
    text = (
        "version: 1\nagent: bot\nnetwork_policy:\n  egress:\n"
        f"    - aws_service: {service}\n"
        f'      actions: ["{action}"]\n      resources: ["arn:aws:{service}:us-east-1:111122223333:its-own"]\n'
    )
    policies, loaded = load_perimeter([("bot.yaml", text.encode())])
    said = [*loaded, *lint(policies, date(2026, 11, 22), resolved_ip_validation=True)]
    assert [finding.code.code for finding in said if finding.is_error] == ["AP116"]
