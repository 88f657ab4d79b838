"""Log groups: the evidence of what left and what was refused; and the flow log of the VPC."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Fn, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as cloudwatch
from constructs import Construct

from agent_perimeter.network import Log, LogKind
from agent_perimeter_cdk.documents import allow, grants, trust
from agent_perimeter_cdk.refs import Refs

_FLOW_LOGS = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-flow-log/*"

CREATE_KEY = "create"
"""The value of ``Network.log_key`` that asks for a key of the perimeter's own."""


class LogGroups:
    """The log groups by record. They outlive the stack, so none has a fixed name to collide with later."""

    def __init__(self, scope: Construct, logs: Iterable[Log], key: str | None, refs: Refs) -> None:
        key_arn = _render_key(scope, refs) if key == CREATE_KEY else key
        self._logs = tuple(logs)
        self._groups: dict[str, cloudwatch.CfnLogGroup] = {}
        for log in self._logs:
            group = cloudwatch.CfnLogGroup(
                scope,
                log.id,
                retention_in_days=log.retention_days,
                kms_key_id=key_arn,
                tags=refs.tags(log.id),
            )
            # What happened must still be readable after the perimeter is gone.
            group.apply_removal_policy(RemovalPolicy.RETAIN)
            self._groups[log.id] = group

    def of(self, kind: LogKind) -> tuple[Log, ...]:
        """The logs of one kind; a network without one keeps no such evidence."""
        return tuple(log for log in self._logs if log.kind is kind)

    def name(self, log: Log) -> str:
        return self._groups[log.id].ref

    def arn(self, log: Log) -> str:
        return self._groups[log.id].attr_arn


def _render_key(scope: Construct, refs: Refs) -> str:
    """A rotating key that CloudWatch Logs may use for this stack's log groups only.

    The account keeps full control, or nobody could ever change the key (KMS guide, default key
    policy); the service's statement is the one of the CloudWatch Logs guide, encrypt log data.
    """
    groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AWS::StackName}-*"
    key = kms.CfnKey(
        scope,
        "log-key",
        description=f"Logs of the perimeter {refs.perimeter}",
        enable_key_rotation=True,
        key_policy=grants(
            {
                "Sid": "AccountAdministers",
                "Effect": "Allow",
                "Principal": {"AWS": refs.text("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "LogsEncrypt",
                "Effect": "Allow",
                "Principal": {"Service": refs.text("logs.${AWS::Region}.${AWS::URLSuffix}")},
                "Action": ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": Fn.sub(groups)}},
            },
        ),
        tags=refs.tags("log-key"),
    )
    key.apply_removal_policy(RemovalPolicy.RETAIN)
    return key.attr_arn


def render_flow_log(scope: Construct, log: Log, logs: LogGroups, refs: Refs) -> None:
    """Every connection of the VPC, accepted or refused, minute by minute.

    The role is what the VPC user guide asks for (publish flow logs to CloudWatch Logs), narrowed to
    the one group and, against a confused deputy, to the flow logs of this account.
    """
    role = iam.CfnRole(
        scope,
        f"{log.id}/role",
        assume_role_policy_document=trust(
            "vpc-flow-logs.amazonaws.com",
            {
                "StringEquals": {"aws:SourceAccount": refs.text("${AWS::AccountId}")},
                "ArnLike": {"aws:SourceArn": refs.text(_FLOW_LOGS)},
            },
        ),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="write-flow-log",
                policy_document=grants(
                    allow(
                        ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                        [logs.arn(log)],
                        "WriteFlowLog",
                    )
                ),
            )
        ],
        tags=refs.tags(f"{log.id}/role"),
    )
    ec2.CfnFlowLog(
        scope,
        f"{log.id}/flow-log",
        resource_type="VPC",
        resource_id=refs.vpc,
        traffic_type="ALL",
        max_aggregation_interval=60,
        log_destination_type="cloud-watch-logs",
        log_group_name=logs.name(log),
        deliver_logs_permission_arn=role.attr_arn,
        tags=refs.tags(f"{log.id}/flow-log"),
    )
