"""What the watch may do: read what its calls read, write its own outputs, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aws_cdk import Aws, Fn
from aws_cdk import aws_iam as iam
from constructs import Construct

from agent_perimeter.settings import Watch
from agent_perimeter_cdk.documents import Document, allow, grants, trust
from agent_perimeter_cdk.linters import acknowledge, finding_text
from agent_perimeter_cdk.refs import substituted
from agent_perimeter_cdk.watch_outputs import Outputs, tags

if TYPE_CHECKING:
    from agent_perimeter.aws.permissions import Grant

WRITTEN = ("reports", "snapshots", "state")
"""The prefixes in the evidence bucket that the function writes below."""


def render_function_role(scope: Construct, perimeter: str, watch: Watch, outputs: Outputs) -> iam.CfnRole:
    """The function's role. What it reads is generated from the calls that are made (``aws.permissions``)."""
    from agent_perimeter.aws.permissions import TRAIL, read_actions

    reads = (*read_actions(), *((TRAIL,) if watch.trail else ()))
    role = iam.CfnRole(
        scope,
        "role",
        assume_role_policy_document=trust("lambda.amazonaws.com"),
        policies=[
            iam.CfnRole.PolicyProperty(policy_name="read", policy_document=grants(*map(_read, reads))),
            iam.CfnRole.PolicyProperty(policy_name="report", policy_document=grants(*_writes(watch, outputs))),
        ],
        tags=tags(perimeter, "role"),
    )
    bucket = str(outputs.bucket.stack.resolve(outputs.bucket.logical_id))
    reasons = {
        f"AwsSolutions-IAM5[Resource::{finding_text(resource)}]": f"Reading what the policy calls {grant.sid}: which "
        "resources there are is only known once they have been listed."
        for grant in reads
        for resource in grant.resources
        if "*" in resource
    }
    written = {
        f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/{prefix}/*]": "Objects of the watch's own "
        "bucket, below a prefix that nothing else has."
        for prefix in WRITTEN
    }
    acknowledge(role, reasons | written)
    return role


def _read(grant: Grant) -> Document:
    return allow(grant.actions, [_filled(resource) for resource in grant.resources], grant.sid)


def _filled(text: str) -> str:
    body = substituted(text)
    return text if body is None else Fn.sub(body)


def _writes(watch: Watch, outputs: Outputs) -> Iterator[Document]:
    below = {prefix: Fn.join("", [outputs.bucket.attr_arn, f"/{prefix}/*"]) for prefix in WRITTEN}
    yield allow(["s3:PutObject"], list(below.values()), "KeepEvidence")
    yield allow(["s3:GetObject"], [below["state"]], "RememberWhatWasSaid")
    # Without it S3 answers "denied" where it means "not there yet".
    yield allow(["s3:ListBucket"], [outputs.bucket.attr_arn], "KnowWhatIsNotThere")
    yield allow(["sns:Publish"], [outputs.topic.ref], "TellPeople")
    yield allow(["kms:Decrypt", "kms:GenerateDataKey"], [outputs.key.attr_arn], "EncryptWhatIsTold")
    yield allow(["events:PutEvents"], [default_bus()], "TellPrograms")
    yield allow(["sqs:SendMessage"], [outputs.dead_letters.attr_arn], "KeepWhatFailed")
    yield allow(["logs:CreateLogStream", "logs:PutLogEvents"], [outputs.log.attr_arn], "WriteLog")
    if watch.security_hub:
        product = "arn:${AWS::Partition}:securityhub:${AWS::Region}:${AWS::AccountId}:product/${AWS::AccountId}/default"
        yield allow(["securityhub:BatchImportFindings"], [Fn.sub(product)], "TellSecurityHub")


def default_bus() -> str:
    """The account's own event bus."""
    return Fn.sub("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default")


def render_scheduler_role(scope: Construct, perimeter: str, function: str, outputs: Outputs) -> iam.CfnRole:
    """The schedule's role: to invoke this one function, and to leave what it could not deliver.

    Only schedules of this account may assume it (EventBridge Scheduler user guide, confused deputy prevention).
    """
    return iam.CfnRole(
        scope,
        "schedule/role",
        assume_role_policy_document=trust(
            "scheduler.amazonaws.com", {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        ),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="invoke-watch",
                policy_document=grants(
                    allow(["lambda:InvokeFunction"], [function], "InvokeWatch"),
                    allow(["sqs:SendMessage"], [outputs.dead_letters.attr_arn], "KeepWhatFailed"),
                ),
            )
        ],
        tags=tags(perimeter, "schedule/role"),
    )
