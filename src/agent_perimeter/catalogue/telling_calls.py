"""For some services, the call that a reader of a report understands at once: it takes something out, or brings it in.

Only examples: what a policy allows is computed without this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TELLING_CALLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bedrock": ("bedrock:InvokeModel",),
        "dynamodb": ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Scan"),
        "ecr": ("ecr:PutImage",),
        "events": ("events:PutEvents",),
        "firehose": ("firehose:PutRecord",),
        "kinesis": ("kinesis:PutRecord",),
        "kms": ("kms:Decrypt",),
        "lambda": ("lambda:InvokeFunction",),
        "logs": ("logs:PutLogEvents",),
        "s3": ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"),
        "secretsmanager": ("secretsmanager:GetSecretValue",),
        "sns": ("sns:Publish",),
        "sqs": ("sqs:SendMessage",),
        "ssm": ("ssm:GetParameter",),
        "sts": ("sts:AssumeRole",),
    }
)
"""Actions by IAM prefix, the most telling first."""
