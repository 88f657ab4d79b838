"""Security groups and their rules."""

from __future__ import annotations

from typing import Any

from tests.aws.local.cloudformation.ec2_tags import at_creation, retag
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties
from tests.aws.local.cloudformation.refused import Refused

ANYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}  # the rule that EC2 gives to a new group
# Property of a rule, by direction, and where EC2 wants it: member of the permission, member of its record.
PEERS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}


class SecurityGroup(Model, kind="AWS::EC2::SecurityGroup"):
    def create(self, wanted: Properties) -> Made:
        group = self.aws(
            "ec2:CreateSecurityGroup",
            GroupName=wanted.get("GroupName") or self.place.name(),
            Description=wanted["GroupDescription"],
            VpcId=wanted["VpcId"],
            TagSpecifications=at_creation("security-group", wanted),
        )["GroupId"]
        egress = _permissions(wanted, "SecurityGroupEgress")
        if egress:  # an empty list is none: EC2's rule stays
            self._revoke("Egress", group, [_permission(Properties(ANYWHERE))])
            self._authorize("Egress", group, egress)
        self._authorize("Ingress", group, _permissions(wanted, "SecurityGroupIngress"))
        return Made(group, {"GroupId": group, "Id": group, "VpcId": wanted["VpcId"]})

    def update(self, wanted: Properties) -> Made:
        """Rules change one by one; those of resources of their own are left alone."""
        for direction in ("Egress", "Ingress"):
            old, new = (_permissions(each, f"SecurityGroup{direction}") for each in (self.before, wanted))
            if direction == "Egress":
                old, new = (rules or [_permission(Properties(ANYWHERE))] for rules in (old, new))
            self._revoke(direction, self.made.id, [rule for rule in old if rule not in new])
            self._authorize(direction, self.made.id, [rule for rule in new if rule not in old])
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteSecurityGroup", GroupId=self.made.id)

    def _authorize(self, direction: str, group: str, rules: list[dict[str, Any]]) -> None:
        if rules:
            self.aws(f"ec2:AuthorizeSecurityGroup{direction}", GroupId=group, IpPermissions=rules)

    def _revoke(self, direction: str, group: str, rules: list[dict[str, Any]]) -> None:
        if rules:
            self.aws(f"ec2:RevokeSecurityGroup{direction}", GroupId=group, IpPermissions=rules)


class SecurityGroupEgress(Model, kind="AWS::EC2::SecurityGroupEgress"):
    direction = "Egress"

    def create(self, wanted: Properties) -> Made:
        (made,) = self.aws(
            f"ec2:AuthorizeSecurityGroup{self.direction}",
            GroupId=wanted["GroupId"],
            IpPermissions=[_permission(wanted)],
        )["SecurityGroupRules"]
        return Made(made["SecurityGroupRuleId"], {"Id": made["SecurityGroupRuleId"]})

    def update(self, wanted: Properties) -> Made:
        self.aws(
            f"ec2:UpdateSecurityGroupRuleDescriptions{self.direction}",
            GroupId=wanted["GroupId"],
            IpPermissions=[_permission(wanted)],
        )
        self.before.get("Description")
        return self.made

    def delete(self) -> None:
        self.aws(
            f"ec2:RevokeSecurityGroup{self.direction}",
            GroupId=self.before["GroupId"],
            SecurityGroupRuleIds=[self.made.id],
        )


class SecurityGroupIngress(SecurityGroupEgress, kind="AWS::EC2::SecurityGroupIngress"):
    direction = "Ingress"


def _permissions(wanted: Properties, name: str) -> list[dict[str, Any]]:
    return [_permission(rule) for rule in wanted.parts(name)]


def _permission(rule: Properties) -> dict[str, Any]:
    """A rule as EC2's operations take it; ports are in it where the rule has them."""
    peers = rule.only(*PEERS)
    if len(peers) != 1:
        raise Refused(f"a rule has exactly one peer, not {sorted(peers)}")
    ((name, peer),) = peers.items()
    member, key = PEERS[name]
    return {
        "IpProtocol": str(rule["IpProtocol"]),
        **{port: int(value) for port, value in rule.only("FromPort", "ToPort").items()},
        member: [{key: peer, **rule.only("Description")}],
    }
