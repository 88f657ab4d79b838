"""Whose account it is, and what its identities may do: boundaries, and the roles of what runs in the VPC."""

from __future__ import annotations

from typing import Final

from agent_perimeter.aws.read import TAGS, Read, Source, in_stack
from agent_perimeter.aws.shapes import DOCUMENT, VALUE, VALUES, answer, each, fields

_IAM: Final = "arn:${AWS::Partition}:iam::${AWS::AccountId}"
_ROLE: Final = r"arn:[^:]+:iam::\d+:role/(?:.+/)?([^/]+)"
_BOUNDARY: Final = fields("PermissionsBoundaryType PermissionsBoundaryArn")

IDENTITY: Final[tuple[Read, ...]] = (
    Read("sts", "GetCallerIdentity", answer(Account=VALUE), nonempty=(r"Account=\d{12}",), resources=()),
    Read(
        "iam",
        "ListEntitiesForPolicy",
        answer(PolicyRoles=each("RoleName RoleId"), PolicyUsers=each("UserName UserId")),
        parameters=({"PolicyArn": "{policy}", "PolicyUsageFilter": "PermissionsBoundary"},),
        sources=(in_stack("AWS::IAM::ManagedPolicy", "policy"),),
        resources=(f"{_IAM}:policy/*",),
    ),
    Read(
        "iam",
        "GetInstanceProfile",
        answer(InstanceProfile=fields("InstanceProfileName Arn", Roles=each("RoleName Arn"))),
        parameters=({"InstanceProfileName": "{profile}"},),
        sources=(
            Source(
                "ec2:DescribeInstances",
                "Reservations.Instances.IamInstanceProfile",
                {"profile": "Arn"},
                pattern=r"arn:[^:]+:iam::\d+:instance-profile/(?:.+/)?([^/]+)",
            ),
        ),
        resources=(f"{_IAM}:instance-profile/*",),
        nonempty=("InstanceProfile.InstanceProfileName",),
        about="InstanceProfile.InstanceProfileName",
    ),
    Read(
        # All of them, kept are those of the VPC: an interface that several functions share bears the name of one.
        "lambda",
        "ListFunctions",
        answer(
            Functions=each(
                "FunctionName FunctionArn Role",
                VpcConfig=fields("VpcId", SubnetIds=VALUES, SecurityGroupIds=VALUES),
            )
        ),
        parameters=({},),
        sources=(
            Source("ec2:DescribeNetworkInterfaces", "NetworkInterfaces", {"kind": "InterfaceType"}, pattern="(lambda)"),
        ),
        only=("Functions", "VpcConfig.VpcId"),
    ),
    Read(
        "iam",
        "GetRole",
        answer(Role=fields("RoleName RoleId Arn Path", PermissionsBoundary=_BOUNDARY, Tags=TAGS)),
        parameters=({"RoleName": "{role}"},),
        sources=(
            in_stack("AWS::IAM::Role", "role"),
            Source("iam:ListEntitiesForPolicy", "PolicyRoles", {"role": "RoleName"}),
            Source("iam:GetInstanceProfile", "InstanceProfile.Roles", {"role": "RoleName"}),
            Source("lambda:ListFunctions", "Functions", {"role": "Role"}, pattern=_ROLE),
        ),
        resources=(f"{_IAM}:role/*",),
        nonempty=("Role.RoleName",),
        about="Role.RoleName",
    ),
    Read(
        "iam",
        "GetPolicy",
        answer(Policy=fields("PolicyName Arn Path DefaultVersionId PermissionsBoundaryUsageCount", Tags=TAGS)),
        parameters=({"PolicyArn": "{policy}"},),
        sources=(
            in_stack("AWS::IAM::ManagedPolicy", "policy"),
            Source("iam:GetRole", "Role.PermissionsBoundary", {"policy": "PermissionsBoundaryArn"}),
        ),
        resources=(f"{_IAM}:policy/*", "arn:${AWS::Partition}:iam::aws:policy/*"),
        nonempty=("Policy.Arn",),
        about="Policy.Arn",
    ),
    Read(
        "iam",
        "GetPolicyVersion",
        answer(PolicyVersion=fields("VersionId IsDefaultVersion CreateDate", Document=DOCUMENT)),
        parameters=({"PolicyArn": "{policy}", "VersionId": "{version}"},),
        sources=(Source("iam:GetPolicy", "Policy", {"policy": "Arn", "version": "DefaultVersionId"}),),
        nonempty=("PolicyVersion.Document", "PolicyVersion.VersionId"),
        resources=(f"{_IAM}:policy/*", "arn:${AWS::Partition}:iam::aws:policy/*"),
        about="PolicyVersion.VersionId",
    ),
)
