"""IAM: the boundary's versions, and the roles that bear it."""

from __future__ import annotations

import json

from agent_perimeter.drift.model import Meaning
from tests.aws.mutations.world import World, exercise

WIDENS = Meaning.WIDENS
ROLE = "worker"
"""Of a workload of the reader, and the name of its instance profile."""
_OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@exercise("iam:CreatePolicyVersion", WIDENS, says="s3:PutObject on arn:aws:s3:::any-other-bucket/key")
def a_version_that_allows_all(world: World) -> str:
    """A new default version of the boundary allows everything."""
    world.iam.create_policy_version(
        PolicyArn=world["boundary/reader"], PolicyDocument=json.dumps(_OPEN), SetAsDefault=True
    )
    return world["boundary/reader"]


@exercise("iam:CreatePolicyVersion", None)
def a_version_that_nobody_uses(world: World) -> str:
    """A version that is not the default."""
    world.iam.create_policy_version(
        PolicyArn=world["boundary/reader"], PolicyDocument=json.dumps(_OPEN), SetAsDefault=False
    )
    return world["boundary/reader"]


@exercise("iam:SetDefaultPolicyVersion", WIDENS, says="s3:PutObject on arn:aws:s3:::any-other-bucket/key")
def another_default(world: World) -> str:
    """A version made earlier becomes the default."""
    made = world.iam.create_policy_version(
        PolicyArn=world["boundary/reader"], PolicyDocument=json.dumps(_OPEN), SetAsDefault=False
    )["PolicyVersion"]["VersionId"]
    world.iam.set_default_policy_version(PolicyArn=world["boundary/reader"], VersionId=made)
    return world["boundary/reader"]


@exercise("iam:DeletePolicyVersion", None)
def an_unused_version_goes(world: World) -> str:
    """A version that is not the default is deleted."""
    made = world.iam.create_policy_version(
        PolicyArn=world["boundary/reader"], PolicyDocument=json.dumps(_OPEN), SetAsDefault=False
    )["PolicyVersion"]["VersionId"]
    world.iam.delete_policy_version(PolicyArn=world["boundary/reader"], VersionId=made)
    return world["boundary/reader"]


_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def workload(world: World, *, boundary: bool) -> tuple[str, str]:
    """An instance in the reader's subnet with a role, under its boundary or not: (instance, role)."""
    bounded = {"PermissionsBoundary": world["boundary/reader"]} if boundary else {}
    world.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_TRUST, **bounded)
    world.iam.create_instance_profile(InstanceProfileName=ROLE)
    world.iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    image = world.ec2.describe_images()["Images"][0]["ImageId"]
    made = world.ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        SubnetId=world["subnet/agent/reader/0"],
        SecurityGroupIds=[world["group/agent/reader"]],
        IamInstanceProfile={"Name": ROLE},
    )["Instances"][0]["InstanceId"]
    return made, ROLE


@exercise("iam:CreateRole", WIDENS, says=r"sts:AssumeRole on \*")
def a_workload_without_boundary(world: World) -> str:
    """An agent's workload runs as a role that nothing caps."""
    workload(world, boundary=False)
    return ROLE


@exercise("iam:DeleteRolePermissionsBoundary", WIDENS, says=r"sts:AssumeRole on \*")
def no_boundary(world: World) -> str:
    """The boundary of a workload's role is taken away."""
    _, role = workload(world, boundary=True)
    world.iam.delete_role_permissions_boundary(RoleName=role)
    return role


@exercise("iam:PutRolePermissionsBoundary", WIDENS, says="s3:PutObject on arn:aws:s3:::any-other-bucket/key")
def a_looser_boundary(world: World) -> str:
    """A workload's role gets a boundary that allows everything."""
    _, role = workload(world, boundary=True)
    loose = world.iam.create_policy(PolicyName="loose", PolicyDocument=json.dumps(_OPEN))["Policy"]["Arn"]
    world.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=loose)
    return role


@exercise("iam:TagPolicy", None)
def a_tag(world: World) -> str:
    """A tag on the boundary."""
    world.iam.tag_policy(PolicyArn=world["boundary/reader"], Tags=[{"Key": "owner", "Value": "network"}])
    return world["boundary/reader"]


@exercise("iam:UntagPolicy", None)
def a_tag_less(world: World) -> str:
    """A tag less on the boundary."""
    world.iam.untag_policy(PolicyArn=world["boundary/reader"], TagKeys=["owner"])
    return world["boundary/reader"]


def free(world: World) -> str:
    """A role that nothing caps, and no profile holds."""
    world.iam.create_role(RoleName="free", AssumeRolePolicyDocument=_TRUST)
    return "free"


@exercise(
    "iam:AddRoleToInstanceProfile", WIDENS, says=r"sts:AssumeRole on \*", also=("iam:RemoveRoleFromInstanceProfile",)
)
def another_role_in_the_profile(world: World) -> str:
    """The profile of a running workload holds another role, which nothing caps."""
    _, role = workload(world, boundary=True)
    world.iam.remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=role)
    world.iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName=free(world))
    return "free"


@exercise("iam:DeletePolicy", Meaning.WEAKENS, says="was removed")
def a_boundary_less(world: World) -> str:
    """A boundary that no role bears is deleted."""
    world.iam.delete_policy(PolicyArn=world["boundary/writer"])
    return world["boundary/writer"]


@exercise(
    "iam:PutRolePolicy",
    None,
    also=("iam:AttachRolePolicy", "iam:CreatePolicy", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
)
def everything_within_the_boundary(world: World) -> str:
    """A role is granted everything, in two ways, one of them taken back: its boundary caps both."""
    _, role = workload(world, boundary=True)
    every = world.iam.create_policy(PolicyName="every", PolicyDocument=json.dumps(_OPEN))["Policy"]["Arn"]
    world.iam.attach_role_policy(RoleName=role, PolicyArn=every)
    for name in ("first", "second"):
        world.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(_OPEN))
    world.iam.delete_role_policy(RoleName=role, PolicyName="first")
    world.iam.detach_role_policy(RoleName=role, PolicyArn=every)
    world.iam.attach_role_policy(RoleName=role, PolicyArn=every)
    return role


@exercise(
    "iam:DeleteRole",
    None,
    also=(
        "ec2:DisassociateIamInstanceProfile",
        "ec2:StartInstances",
        "ec2:StopInstances",
        "ec2:TerminateInstances",
        "iam:CreateInstanceProfile",
        "iam:DeleteInstanceProfile",
    ),
)
def a_workload_and_its_role_go(world: World) -> str:
    """A workload stops, starts and ends, and its role and profile go with it."""
    instance, role = workload(world, boundary=True)
    world.ec2.stop_instances(InstanceIds=[instance])
    world.ec2.start_instances(InstanceIds=[instance])
    [association] = world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    world.ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    world.ec2.terminate_instances(InstanceIds=[instance])
    world.iam.remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=role)
    world.iam.delete_instance_profile(InstanceProfileName=ROLE)
    world.iam.delete_role(RoleName=role)
    return role
