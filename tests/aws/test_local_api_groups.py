"""Security groups of the local AWS: every rule is kept with its description, and none is dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.conftest import ACCOUNT, LocalAws

EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


class World:
    """A group with nothing but the egress rule that AWS gives it, another group, and a prefix list."""

    def __init__(self, aws: LocalAws) -> None:
        self.ec2 = aws.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.group, self.other = (
            self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
            for name in ("group", "other")
        )
        self.list = self.ec2.create_managed_prefix_list(PrefixListName="l", AddressFamily="IPv4", MaxEntries=1)[
            "PrefixList"
        ]["PrefixListId"]

    def peers(self) -> dict[str, list[dict[str, str]]]:
        """One peer of each kind, as they are described."""
        return {
            "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "v4"}],
            "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32", "Description": "v6"}],
            "PrefixListIds": [{"PrefixListId": self.list, "Description": "list"}],
            "UserIdGroupPairs": [{"GroupId": self.other, "UserId": ACCOUNT, "Description": "group"}],
        }

    def https(self, **peers: Any) -> list[dict[str, Any]]:
        return [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **(peers or self.peers())}]

    def authorize(self, **peers: Any) -> list[Any]:
        made = self.ec2.authorize_security_group_egress(GroupId=self.group, IpPermissions=self.https(**peers))
        rules: list[Any] = made["SecurityGroupRules"]
        return rules

    def permissions(self, direction: str = "Egress") -> list[Any]:
        group = self.ec2.describe_security_groups(GroupIds=[self.group])["SecurityGroups"][0]
        found: list[Any] = group["IpPermissionsEgress" if direction == "Egress" else "IpPermissions"]
        return found


@pytest.fixture
def world(local_aws: LocalAws) -> World:
    return World(local_aws)


def test_a_group_lets_everything_out_until_that_rule_is_revoked(world: World) -> None:
    assert [{key: value for key, value in one.items() if value} for one in world.permissions()] == [EVERYWHERE]
    world.ec2.revoke_security_group_egress(GroupId=world.group, IpPermissions=[EVERYWHERE])
    assert world.permissions() == []


@pytest.mark.parametrize("direction", ["Egress", "Ingress"])
def test_every_peer_and_every_description_comes_back(world: World, direction: str) -> None:
    world.ec2.revoke_security_group_egress(GroupId=world.group, IpPermissions=[EVERYWHERE])
    authorize = getattr(world.ec2, f"authorize_security_group_{direction.lower()}")
    made = authorize(GroupId=world.group, IpPermissions=world.https())["SecurityGroupRules"]
    assert world.permissions(direction) == world.https()
    assert [rule["Description"] for rule in made] == ["v4", "v6", "list", "group"]
    rules = world.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [world.group]}])
    assert {rule["SecurityGroupRuleId"] for rule in rules["SecurityGroupRules"]} == {
        rule["SecurityGroupRuleId"] for rule in made
    }


def test_rules_are_revoked_by_what_they_say_whatever_their_description(world: World) -> None:
    made = world.authorize()
    world.ec2.revoke_security_group_egress(
        GroupId=world.group, IpPermissions=world.https(UserIdGroupPairs=[{"GroupId": world.other}])
    )
    assert [permission["UserIdGroupPairs"] for permission in world.permissions()] == [[], []]
    world.ec2.revoke_security_group_egress(
        GroupId=world.group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"] for rule in made[:3]]
    )
    assert [permission["IpProtocol"] for permission in world.permissions()] == ["-1"]


def test_descriptions_change(world: World) -> None:
    made = world.authorize()
    world.ec2.update_security_group_rule_descriptions_egress(
        GroupId=world.group,
        IpPermissions=world.https(UserIdGroupPairs=[{"GroupId": world.other, "Description": "changed"}]),
    )
    world.ec2.update_security_group_rule_descriptions_egress(
        GroupId=world.group,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": made[0]["SecurityGroupRuleId"], "Description": "too"}],
    )
    changed = world.permissions()[1]
    assert changed["UserIdGroupPairs"][0]["Description"] == "changed"
    assert changed["IpRanges"][0]["Description"] == "too"


def test_a_rule_is_widened_in_place(world: World) -> None:
    rules = world.authorize(IpRanges=[{"CidrIp": "192.0.2.0/24", "Description": "d"}])
    world.ec2.modify_security_group_rules(
        GroupId=world.group,
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": rules[0]["SecurityGroupRuleId"],
                "SecurityGroupRule": {"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, "CidrIpv4": "0.0.0.0/0"},
            }
        ],
    )
    changed = world.permissions()[1]
    assert (changed["IpProtocol"], changed["FromPort"], changed["ToPort"]) == ("udp", 0, 65535)
    assert changed["IpRanges"] == [{"CidrIp": "0.0.0.0/0", "Description": "d"}]


def test_protocols_and_networks_are_written_one_way(world: World) -> None:
    world.ec2.authorize_security_group_ingress(
        GroupId=world.group,
        IpPermissions=[{"IpProtocol": "6", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "192.0.2.77/24"}]}],
    )
    world.ec2.authorize_security_group_ingress(
        GroupId=world.group, IpProtocol="icmp", FromPort=-1, ToPort=-1, CidrIp="198.51.100.0/24"
    )
    world.ec2.authorize_security_group_ingress(
        GroupId=world.group, IpPermissions=[{"IpProtocol": "47", "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}]
    )
    found = [(one["IpProtocol"], one.get("FromPort"), one["IpRanges"][0]["CidrIp"]) for one in world.permissions("In")]
    assert found == [("tcp", 1, "192.0.2.0/24"), ("icmp", -1, "198.51.100.0/24"), ("47", None, "203.0.113.0/24")]


def _twice(world: World) -> None:
    world.authorize()
    world.authorize(IpRanges=[{"CidrIp": "192.0.2.0/24", "Description": "another"}])


def _in_use(world: World) -> None:
    world.authorize()
    world.ec2.delete_security_group(GroupId=world.other)


def _to_ipv6(world: World) -> None:
    rule = world.authorize(IpRanges=[{"CidrIp": "192.0.2.0/24"}])[0]["SecurityGroupRuleId"]
    changed = {"IpProtocol": "-1", "CidrIpv6": "::/0"}
    world.ec2.modify_security_group_rules(
        GroupId=world.group, SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": changed}]
    )


Act = Callable[[World], object]
REFUSED: dict[str, tuple[Act, str]] = {
    "a rule that is there, under another description": (_twice, "InvalidPermission.Duplicate"),
    "revoking a rule that is not there": (
        lambda world: world.ec2.revoke_security_group_egress(GroupId=world.group, IpPermissions=world.https()),
        "InvalidPermission.NotFound",
    ),
    "a rule by an id that is not there": (
        lambda world: world.ec2.revoke_security_group_egress(GroupId=world.group, SecurityGroupRuleIds=["sgr-0"]),
        "InvalidSecurityGroupRuleId.NotFound",
    ),
    "TCP without ports": (
        lambda world: world.ec2.authorize_security_group_egress(
            GroupId=world.group, IpPermissions=[{"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}]
        ),
        "InvalidParameterValue",
    ),
    "a network that is none": (lambda world: world.authorize(IpRanges=[{"CidrIp": "x"}]), "InvalidParameterValue"),
    "a group that is not there": (
        lambda world: world.authorize(UserIdGroupPairs=[{"GroupId": "sg-0"}]),
        "InvalidGroup.NotFound",
    ),
    "a prefix list that is not there": (
        lambda world: world.authorize(PrefixListIds=[{"PrefixListId": "pl-0"}]),
        "InvalidPrefixListID.NotFound",
    ),
    "more than sixty rules": (
        lambda world: world.authorize(IpRanges=[{"CidrIp": f"192.0.{at}.0/24"} for at in range(60)]),
        "RulesPerSecurityGroupLimitExceeded",
    ),
    "an IPv4 rule that becomes one of IPv6": (_to_ipv6, "InvalidParameterValue"),
    "deleting a group that another group names": (_in_use, "DependencyViolation"),
    "deleting the default group": (
        lambda world: world.ec2.delete_security_group(
            GroupId=world.ec2.describe_security_groups(
                Filters=[{"Name": "vpc-id", "Values": [world.vpc]}, {"Name": "group-name", "Values": ["default"]}]
            )["SecurityGroups"][0]["GroupId"]
        ),
        "CannotDelete",
    ),
}


@pytest.mark.parametrize(("act", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(world: World, act: Act, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        act(world)
    assert refused.value.response["Error"]["Code"] == code
