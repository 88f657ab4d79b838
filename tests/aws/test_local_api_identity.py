"""IAM of the local AWS: who is held by a boundary, and what the boundary says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.conftest import LocalAws

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def policy_of(effect: str) -> str:
    statement = {"Effect": effect, "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class World:
    """A boundary that holds one role and is attached to another."""

    def __init__(self, aws: LocalAws) -> None:
        self.iam = aws.client("iam")
        self.policy = self.iam.create_policy(PolicyName="boundary", PolicyDocument=policy_of("Deny"))["Policy"]["Arn"]
        self.iam.create_role(RoleName="held", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=self.policy)
        self.iam.create_role(RoleName="attached", AssumeRolePolicyDocument=TRUST)
        self.iam.attach_role_policy(RoleName="attached", PolicyArn=self.policy)

    def roles(self, **filters: Any) -> list[str]:
        found = self.iam.list_entities_for_policy(PolicyArn=self.policy, **filters)["PolicyRoles"]
        return sorted(role["RoleName"] for role in found)


@pytest.fixture
def world(local_aws: LocalAws) -> World:
    return World(local_aws)


@pytest.mark.parametrize(
    ("filters", "roles"),
    [
        pytest.param({"PolicyUsageFilter": "PermissionsBoundary"}, ["held"], id="as a boundary"),
        pytest.param({"PolicyUsageFilter": "PermissionsPolicy"}, ["attached"], id="as a policy"),
        pytest.param({}, ["attached", "held"], id="either way"),
        pytest.param({"EntityFilter": "User"}, [], id="users only"),
        pytest.param({"PathPrefix": "/elsewhere/"}, [], id="under another path"),
    ],
)
def test_who_uses_a_policy(world: World, filters: dict[str, str], roles: list[str]) -> None:
    assert world.roles(**filters) == roles


def test_a_boundary_is_put_and_taken_away(world: World) -> None:
    world.iam.delete_role_permissions_boundary(RoleName="held")
    assert world.roles(PolicyUsageFilter="PermissionsBoundary") == []
    world.iam.put_role_permissions_boundary(RoleName="attached", PermissionsBoundary=world.policy)
    assert world.roles(PolicyUsageFilter="PermissionsBoundary") == ["attached"]
    held = world.iam.get_role(RoleName="attached")["Role"]["PermissionsBoundary"]
    assert held["PermissionsBoundaryArn"] == world.policy
    assert world.iam.get_policy(PolicyArn=world.policy)["Policy"]["PermissionsBoundaryUsageCount"] == 1


def test_a_boundary_that_is_not_there_holds_nobody(world: World) -> None:
    nothing = f"{world.policy}-gone"
    with pytest.raises(ClientError, match="NoSuchEntity"):
        world.iam.put_role_permissions_boundary(RoleName="held", PermissionsBoundary=nothing)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        world.iam.list_entities_for_policy(PolicyArn=nothing)


def test_a_boundary_is_what_its_default_version_says(world: World) -> None:
    def says() -> str:
        default = world.iam.get_policy(PolicyArn=world.policy)["Policy"]["DefaultVersionId"]
        version = world.iam.get_policy_version(PolicyArn=world.policy, VersionId=default)["PolicyVersion"]
        effect: str = version["Document"]["Statement"][0]["Effect"]
        return effect

    assert says() == "Deny"
    world.iam.create_policy_version(PolicyArn=world.policy, PolicyDocument=policy_of("Allow"), SetAsDefault=True)
    assert says() == "Allow"
    world.iam.set_default_policy_version(PolicyArn=world.policy, VersionId="v1")
    assert says() == "Deny"


def test_an_instance_has_the_profile_that_was_exchanged_last(local_aws: LocalAws) -> None:
    iam, ec2 = local_aws.client("iam"), local_aws.client("ec2")
    first, second = (
        iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"] for name in ("first", "second")
    )
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "first"})
    named = instance["Instances"][0]["InstanceId"]

    def profile() -> str:
        described = ec2.describe_instances(InstanceIds=[named])["Reservations"][0]["Instances"][0]
        arn: str = described["IamInstanceProfile"]["Arn"]
        return arn

    assert profile() == first
    [association] = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    for asked in ({"Name": "second"}, {"Arn": first}, {"Arn": second}):
        changed = ec2.replace_iam_instance_profile_association(
            AssociationId=association["AssociationId"], IamInstanceProfile=asked
        )
        assert profile() == changed["IamInstanceProfileAssociation"]["IamInstanceProfile"]["Arn"]
    assert profile() == second
