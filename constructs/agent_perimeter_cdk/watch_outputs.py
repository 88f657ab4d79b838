"""Where the watch's findings go, and what keeps them from others: topic, evidence, log and dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws, CfnTag, Fn, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as cloudwatch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from agent_perimeter.settings import Notify
from agent_perimeter_cdk.documents import Document, grants
from agent_perimeter_cdk.linters import acknowledge
from agent_perimeter_cdk.refs import TAG_PERIMETER

_DEAD_LETTERS_KEPT = 14 * 24 * 3600
_SUPERSEDED_KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the function writes to, and the queue of events that it could not handle."""

    key: kms.CfnKey
    topic: sns.CfnTopic
    bucket: s3.CfnBucket
    dead_letters: sqs.CfnQueue
    log: cloudwatch.CfnLogGroup


def tags(perimeter: str, what: str) -> list[CfnTag]:
    """The tags of the contract, as the perimeter's own resources have them."""
    return [
        CfnTag(key="Name", value=f"{perimeter}/watch/{what}"),
        CfnTag(key=TAG_PERIMETER, value=perimeter),
    ]


def render_outputs(
    scope: Construct,
    perimeter: str,
    notify: Notify,
    *,
    evidence_days: int,
    log_days: int,
    log_key: str | None,
    encrypts_log: bool,
) -> Outputs:
    """Everything but the function. ``encrypts_log``: the watch's own key encrypts its log too."""
    key = _render_key(scope, perimeter, encrypts_log=encrypts_log)
    log = cloudwatch.CfnLogGroup(
        scope,
        "log",
        retention_in_days=log_days,
        kms_key_id=key.attr_arn if encrypts_log else log_key,
        tags=tags(perimeter, "log"),
    )
    # What was found must still be readable after the watch is gone.
    log.apply_removal_policy(RemovalPolicy.RETAIN)
    return Outputs(
        key,
        _render_topic(scope, perimeter, key, notify),
        _render_bucket(scope, perimeter, evidence_days),
        _render_queue(scope, perimeter),
        log,
    )


def _render_key(scope: Construct, perimeter: str, *, encrypts_log: bool) -> kms.CfnKey:
    """A rotating key for the topic.

    An AWS-managed key would not do: its policy cannot be changed, and CloudWatch's alarms could not publish (SNS
    developer guide, compatibility between event sources and encrypted topics).
    """
    statements: list[Document] = [
        {
            "Sid": "AccountAdministers",
            "Effect": "Allow",
            "Principal": {"AWS": Fn.sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "AlarmsPublish",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": _alarms_of_this_stack(),
        },
    ]
    if encrypts_log:
        groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AWS::StackName}-*"
        statements.append(
            {
                "Sid": "LogsEncrypt",
                "Effect": "Allow",
                "Principal": {"Service": Fn.sub("logs.${AWS::Region}.${AWS::URLSuffix}")},
                "Action": ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": Fn.sub(groups)}},
            }
        )
    key = kms.CfnKey(
        scope,
        "key",
        description=f"Findings of the watch over the perimeter {perimeter}",
        enable_key_rotation=True,
        key_policy=grants(*statements),
        tags=tags(perimeter, "key"),
    )
    if encrypts_log:
        key.apply_removal_policy(RemovalPolicy.RETAIN)
    return key


def _alarms_of_this_stack() -> Document:
    """CloudWatch says for which alarm it acts, so no alarm of another stack or account can (confused deputy)."""
    alarms = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AWS::StackName}-*"
    return {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}, "ArnLike": {"aws:SourceArn": Fn.sub(alarms)}}


def _render_topic(scope: Construct, perimeter: str, key: kms.CfnKey, notify: Notify) -> sns.CfnTopic:
    topic = sns.CfnTopic(
        scope,
        "topic",
        display_name=f"Agent perimeter {perimeter}",
        kms_master_key_id=key.ref,
        tags=tags(perimeter, "topic"),
    )
    sns.CfnTopicPolicy(
        scope,
        "topic/policy",
        topics=[topic.ref],
        policy_document=grants(
            {
                "Sid": "AlarmsPublish",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic.ref,
                "Condition": _alarms_of_this_stack(),
            },
            _encrypted_only("sns:Publish", [topic.ref]),
        ),
    )
    for protocol, endpoints in (("email", notify.emails), ("https", notify.https)):
        for endpoint in endpoints:
            sns.CfnSubscription(
                scope, f"topic/{protocol}/{endpoint}", topic_arn=topic.ref, protocol=protocol, endpoint=endpoint
            )
    return topic


def _render_bucket(scope: Construct, perimeter: str, days: int) -> s3.CfnBucket:
    """Reports and snapshots as evidence, and what was announced; nothing of it is ever overwritten unseen."""
    expires = [
        s3.CfnBucket.RuleProperty(id=f"{prefix}-expire", prefix=f"{prefix}/", status="Enabled", expiration_in_days=days)
        for prefix in ("reports", "snapshots")
    ]
    superseded = s3.CfnBucket.RuleProperty(
        id="superseded",
        status="Enabled",
        noncurrent_version_expiration=s3.CfnBucket.NoncurrentVersionExpirationProperty(
            noncurrent_days=_SUPERSEDED_KEPT_DAYS
        ),
        abort_incomplete_multipart_upload=s3.CfnBucket.AbortIncompleteMultipartUploadProperty(days_after_initiation=1),
    )
    bucket = s3.CfnBucket(
        scope,
        "evidence",
        bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(
            server_side_encryption_configuration=[
                s3.CfnBucket.ServerSideEncryptionRuleProperty(
                    server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
                        sse_algorithm="AES256"
                    )
                )
            ]
        ),
        versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
        ),
        ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
            rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
        ),
        lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(rules=[*expires, superseded]),
        tags=tags(perimeter, "evidence"),
    )
    bucket.apply_removal_policy(RemovalPolicy.RETAIN)
    acknowledge(
        bucket,
        {
            "AwsSolutions-S1": "One function writes here and versions are kept; who reads is in CloudTrail's data "
            "events. A log bucket beside it would need one itself."
        },
    )
    s3.CfnBucketPolicy(
        scope,
        "evidence/policy",
        bucket=bucket.ref,
        policy_document=grants(_encrypted_only("s3:*", [bucket.attr_arn, Fn.join("", [bucket.attr_arn, "/*"])])),
    )
    return bucket


def _render_queue(scope: Construct, perimeter: str) -> sqs.CfnQueue:
    queue = sqs.CfnQueue(
        scope,
        "dead-letters",
        message_retention_period=_DEAD_LETTERS_KEPT,
        sqs_managed_sse_enabled=True,
        tags=tags(perimeter, "dead-letters"),
    )
    acknowledge(queue, {"AwsSolutions-SQS3": "This is the dead-letter queue; an alarm says when something is in it."})
    return queue


def render_queue_policy(scope: Construct, queue: sqs.CfnQueue, rules: Sequence[str]) -> None:
    """Let the rules leave what they could not deliver. Function and scheduler do so with roles of their own."""
    delivers: Document = {
        "Sid": "RulesDeliver",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.attr_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": list(rules)}},
    }
    sqs.CfnQueuePolicy(
        scope,
        "dead-letters/policy",
        queues=[queue.ref],
        policy_document=grants(*([delivers] if rules else []), _encrypted_only("sqs:*", [queue.attr_arn])),
    )


def _encrypted_only(action: str, resources: Sequence[str]) -> Document:
    """Nobody, whoever allowed it, without TLS."""
    return {
        "Sid": "EncryptedOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
