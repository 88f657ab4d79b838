"""The VPC's default security group, closed.

AWS makes a default group with every VPC. It lets its members reach each other and everything else,
and whatever is launched without naming a group becomes a member. It cannot be deleted, and
CloudFormation did not make it, so it can neither own it nor take its rules away: that takes a call
to EC2, and so a function. The function can do nothing but revoke rules of this one group.
"""

from __future__ import annotations

from importlib.resources import files

from aws_cdk import CfnResource, Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as function
from aws_cdk import aws_logs as cloudwatch
from constructs import Construct

from agent_perimeter_cdk.documents import allow, grants, trust
from agent_perimeter_cdk.linters import acknowledge
from agent_perimeter_cdk.refs import Refs

RESOURCE_TYPE = "Custom::AgentPerimeterClosedDefaultGroup"
INLINE_LIMIT = 4096
"""Characters of a function's inline code (Lambda CloudFormation reference, ``Code.ZipFile``)."""

_ID = "default-group"
_SECONDS = 120
_RETENTION_DAYS = 365


def handler_source() -> str:
    """The function's code. It is a module of this package, so that it is linted, typed and tested as such."""
    return files("agent_perimeter_cdk").joinpath("default_group_handler.py").read_text(encoding="utf-8")


def close_default_group(scope: Construct, vpc: ec2.CfnVPC, refs: Refs) -> None:
    """Revoke every rule of the default group now, and again whenever the VPC is replaced."""
    group = vpc.attr_default_security_group
    log = cloudwatch.CfnLogGroup(scope, f"{_ID}/log", retention_in_days=_RETENTION_DAYS, tags=refs.tags(f"{_ID}/log"))
    role = iam.CfnRole(
        scope,
        f"{_ID}/role",
        assume_role_policy_document=trust("lambda.amazonaws.com"),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="close-default-group",
                policy_document=grants(
                    allow(
                        ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
                        [
                            Fn.sub(
                                "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:security-group/${Group}",
                                {"Group": group},
                            )
                        ],
                        "CloseTheGroup",
                    ),
                    # EC2 has no narrower resource for a Describe.
                    allow(["ec2:DescribeSecurityGroups"], ["*"], "ReadItsRules"),
                    allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log.attr_arn], "WriteLog"),
                ),
            )
        ],
        tags=refs.tags(f"{_ID}/role"),
    )
    acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "ec2:DescribeSecurityGroups knows no narrower resource."})
    closer = function.CfnFunction(
        scope,
        f"{_ID}/function",
        description="Revokes the rules of a VPC's default security group",
        runtime="python3.14",
        architectures=["arm64"],
        handler="index.handler",
        code=function.CfnFunction.CodeProperty(zip_file=handler_source()),
        role=role.attr_arn,
        timeout=_SECONDS,
        logging_config=function.CfnFunction.LoggingConfigProperty(log_group=log.ref),
        tags=refs.tags(f"{_ID}/function"),
    )
    CfnResource(
        scope,
        _ID,
        type=RESOURCE_TYPE,
        properties={
            "ServiceToken": closer.attr_arn,
            "GroupId": group,
            # A function that dies without an answer would otherwise hold the deployment for an hour.
            "ServiceTimeout": str(2 * _SECONDS),
        },
    )
