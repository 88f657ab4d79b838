"""Network ACLs, their entries, and which subnets they stand before."""

from __future__ import annotations

from typing import Any

from tests.aws.local.cloudformation.ec2_tags import at_creation, retag
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties
from tests.aws.local.cloudformation.refused import Refused


class NetworkAcl(Model, kind="AWS::EC2::NetworkAcl"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "ec2:CreateNetworkAcl", VpcId=wanted["VpcId"], TagSpecifications=at_creation("network-acl", wanted)
        )["NetworkAcl"]["NetworkAclId"]
        return Made(made, {"Id": made})

    def update(self, wanted: Properties) -> Made:
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteNetworkAcl", NetworkAclId=self.made.id)


class NetworkAclEntry(Model, kind="AWS::EC2::NetworkAclEntry"):
    def create(self, wanted: Properties) -> Made:
        self.aws("ec2:CreateNetworkAclEntry", **_entry(wanted))
        name = self.place.name()
        return Made(name, {"Id": name})

    def update(self, wanted: Properties) -> Made:
        self.before.only("CidrBlock", "Ipv6CidrBlock", "Icmp", "PortRange")  # the new entry says all that holds
        self.aws("ec2:ReplaceNetworkAclEntry", **_entry(wanted))
        return self.made

    def delete(self) -> None:
        named = self.before.only("NetworkAclId", "RuleNumber")
        self.aws("ec2:DeleteNetworkAclEntry", **named, Egress=self.before.flag("Egress", default=False))


def _entry(wanted: Properties) -> dict[str, Any]:
    ranges = {name: wanted.part(name).only("From", "To") for name in ("PortRange",) if name in wanted}
    icmp = {"IcmpTypeCode": wanted.part("Icmp").only("Code", "Type")} if "Icmp" in wanted else {}
    return {
        **wanted.only("NetworkAclId", "RuleNumber", "Protocol", "RuleAction", "CidrBlock", "Ipv6CidrBlock"),
        "Egress": wanted.flag("Egress", default=False),
        **ranges,
        **icmp,
    }


class SubnetNetworkAclAssociation(Model, kind="AWS::EC2::SubnetNetworkAclAssociation"):
    def create(self, wanted: Properties) -> Made:
        made = self._move(wanted["SubnetId"], wanted["NetworkAclId"])
        return Made(made, {"AssociationId": made})

    def delete(self) -> None:
        """The subnet goes back to the VPC's default ACL, unless another association has taken it."""
        subnet = self.before["SubnetId"]
        acl, association = self._standing(subnet)
        if association == self.made.id:
            of_vpc = [{"Name": "vpc-id", "Values": [acl["VpcId"]]}, {"Name": "default", "Values": ["true"]}]
            (default,) = self.aws("ec2:DescribeNetworkAcls", Filters=of_vpc)["NetworkAcls"]
            self._move(subnet, default["NetworkAclId"])

    def _move(self, subnet: str, acl: str) -> str:
        _, association = self._standing(subnet)
        moved = self.aws("ec2:ReplaceNetworkAclAssociation", AssociationId=association, NetworkAclId=acl)
        made: str = moved["NewAssociationId"]
        return made

    def _standing(self, subnet: str) -> tuple[dict[str, Any], str]:
        about = [{"Name": "association.subnet-id", "Values": [subnet]}]
        for acl in self.aws("ec2:DescribeNetworkAcls", Filters=about)["NetworkAcls"]:
            for association in acl["Associations"]:
                if association["SubnetId"] == subnet:
                    return acl, association["NetworkAclAssociationId"]
        raise Refused(f"no ACL stands before {subnet}")
