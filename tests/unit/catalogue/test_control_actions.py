"""Actions that reach behind the perimeter, held against the service models that botocore carries."""

from __future__ import annotations

import botocore.session
import pytest

from agent_perimeter.catalogue.control_actions import Control, control_of

MODELS = {"ec2": "ec2", "network-firewall": "network-firewall", "route53resolver": "route53resolver", "iam": "iam"}
READS = ("Describe", "Get", "List", "Search", "BatchGet", "Lookup")


@pytest.mark.parametrize(
    ("action", "control"),
    [
        ("s3:GetObject", None),
        ("ec2:DescribeInstances", None),
        ("EC2:describeinstances", None),
        ("ec2:Describe*", None),
        ("ec2:CreateRoute", Control.EDITS),
        ("ec2:*", Control.EDITS),
        ("ec2:?escribeInstances", Control.EDITS),
        ("*", Control.EDITS),
        ("e*:DescribeInstances", Control.EDITS),
        ("e?2:DescribeInstances", Control.EDITS),
        (":x", Control.EDITS),
        ("lambda:InvokeFunction", None),
        ("lambda:UpdateFunctionCode", Control.EDITS),
        ("lambda:update*", Control.EDITS),
        ("scheduler:UpdateSchedule", Control.EDITS),
        ("scheduler:GetSchedule", None),
        ("cloudwatch:DisableAlarmActions", Control.EDITS),
        ("cloudwatch:PutMetricData", None),
        ("sns:Publish", None),
        ("logs:PutLogEvents", None),
        ("logs:Put*", Control.EDITS),
        ("logs:DeleteLogGroup", Control.EDITS),
        ("sts:GetCallerIdentity", None),
        ("sts:AssumeRole", Control.LEAVES),
        ("sts:*", Control.LEAVES),
        ("ecs:RunTask", Control.LEAVES),
        ("ecs:DescribeTasks", None),
    ],
)
def test_an_action_pattern_is_judged_by_the_worst_it_matches(action: str, control: Control | None) -> None:
    assert control_of(action) is control


@pytest.mark.parametrize("service", sorted(MODELS))
def test_whatever_is_not_a_reading_call_edits(service: str) -> None:
    """A newer botocore brings new verbs; they must fall on the safe side without anybody looking."""
    operations = botocore.session.Session().get_service_model(service).operation_names
    assert operations
    for operation in operations:
        expected = None if operation.startswith(READS) else Control.EDITS
        assert control_of(f"{MODELS[service]}:{operation}") is expected, operation


@pytest.mark.parametrize(
    ("prefix", "model"),
    [("lambda", "lambda"), ("logs", "logs"), ("events", "events"), ("ssm", "ssm"), ("sts", "sts"), ("ecs", "ecs"),
     ("codebuild", "codebuild"), ("glue", "glue"), ("states", "stepfunctions"), ("sagemaker", "sagemaker"),
     ("kms", "kms"), ("sns", "sns"), ("cloudwatch", "cloudwatch"), ("securityhub", "securityhub")],
)  # fmt: skip
def test_every_listed_action_exists_in_its_service(prefix: str, model: str) -> None:
    """A misspelt entry would guard nothing."""
    from agent_perimeter.catalogue import control_actions

    operations = {name.lower() for name in botocore.session.Session().get_service_model(model).operation_names}
    listed = {
        action.partition(":")[2]
        for action in control_actions._EDITS | control_actions._LEAVES
        if action.partition(":")[0] == prefix
    }
    assert listed
    assert listed <= operations
