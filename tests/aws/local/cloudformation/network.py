"""The VPC and what its packets travel on: subnets, route tables, routes, gateways and addresses."""

from __future__ import annotations

from typing import Any

from tests.aws.local.cloudformation.ec2_tags import at_creation, retag
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties
from tests.aws.local.cloudformation.refused import Refused

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGETS = (
    *("CarrierGatewayId", "CoreNetworkArn", "EgressOnlyInternetGatewayId", "GatewayId", "InstanceId", "LocalGatewayId"),
    *("NatGatewayId", "NetworkInterfaceId", "TransitGatewayId", "VpcEndpointId", "VpcPeeringConnectionId"),
)


class Vpc(Model, kind="AWS::EC2::VPC"):
    def create(self, wanted: Properties) -> Made:
        vpc = self.aws(
            "ec2:CreateVpc",
            **wanted.only("CidrBlock", "InstanceTenancy"),
            TagSpecifications=at_creation("vpc", wanted),
        )["Vpc"]["VpcId"]
        self._settle(vpc, wanted)
        return Made(vpc, self._attributes(vpc))

    def update(self, wanted: Properties) -> Made:
        self._settle(self.made.id, wanted)
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteVpc", VpcId=self.made.id)

    def _settle(self, vpc: str, wanted: Properties) -> None:
        support = wanted.flag("EnableDnsSupport", default=True)
        names = wanted.flag("EnableDnsHostnames", default=False)
        self.aws("ec2:ModifyVpcAttribute", VpcId=vpc, EnableDnsSupport={"Value": support})
        self.aws("ec2:ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": names})

    def _attributes(self, vpc: str) -> dict[str, Any]:
        of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
        default = [*of_vpc, {"Name": "group-name", "Values": ["default"]}]
        (group,) = self.aws("ec2:DescribeSecurityGroups", Filters=default)["SecurityGroups"]
        default = [*of_vpc, {"Name": "default", "Values": ["true"]}]
        (acl,) = self.aws("ec2:DescribeNetworkAcls", Filters=default)["NetworkAcls"]
        (described,) = self.aws("ec2:DescribeVpcs", VpcIds=[vpc])["Vpcs"]
        return {
            "VpcId": vpc,
            "CidrBlock": described["CidrBlock"],
            "DefaultSecurityGroup": group["GroupId"],
            "DefaultNetworkAcl": acl["NetworkAclId"],
        }


class Subnet(Model, kind="AWS::EC2::Subnet"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "ec2:CreateSubnet",
            **wanted.only("VpcId", "CidrBlock", "AvailabilityZone", "Ipv6CidrBlock"),
            TagSpecifications=at_creation("subnet", wanted),
        )["Subnet"]
        self._settle(made["SubnetId"], wanted)
        attributes = {name: made[name] for name in ("SubnetId", "VpcId", "CidrBlock", "AvailabilityZone")}
        return Made(made["SubnetId"], attributes)

    def update(self, wanted: Properties) -> Made:
        self._settle(self.made.id, wanted)
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteSubnet", SubnetId=self.made.id)

    def _settle(self, subnet: str, wanted: Properties) -> None:
        public = wanted.flag("MapPublicIpOnLaunch", default=False)
        self.aws("ec2:ModifySubnetAttribute", SubnetId=subnet, MapPublicIpOnLaunch={"Value": public})


class RouteTable(Model, kind="AWS::EC2::RouteTable"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "ec2:CreateRouteTable", VpcId=wanted["VpcId"], TagSpecifications=at_creation("route-table", wanted)
        )["RouteTable"]["RouteTableId"]
        return Made(made, {"RouteTableId": made})

    def update(self, wanted: Properties) -> Made:
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteRouteTable", RouteTableId=self.made.id)


class SubnetRouteTableAssociation(Model, kind="AWS::EC2::SubnetRouteTableAssociation"):
    def create(self, wanted: Properties) -> Made:
        table, subnet = wanted["RouteTableId"], wanted["SubnetId"]
        # A subnet has one association; replacing it moves the subnet without a moment on the main table.
        standing = [
            association["RouteTableAssociationId"]
            for found in self.aws("ec2:DescribeRouteTables", Filters=_about_subnet(subnet))["RouteTables"]
            for association in found["Associations"]
            if association.get("SubnetId") == subnet
        ]
        if standing:
            moved = self.aws("ec2:ReplaceRouteTableAssociation", AssociationId=standing[0], RouteTableId=table)
            return Made(moved["NewAssociationId"], {"Id": moved["NewAssociationId"]})
        made = self.aws("ec2:AssociateRouteTable", RouteTableId=table, SubnetId=subnet)["AssociationId"]
        return Made(made, {"Id": made})

    def delete(self) -> None:
        standing = {
            association["RouteTableAssociationId"]
            for found in self.aws("ec2:DescribeRouteTables", Filters=_about_subnet(self.before["SubnetId"]))[
                "RouteTables"
            ]
            for association in found["Associations"]
        }
        if self.made.id in standing:  # another one took its place otherwise
            self.aws("ec2:DisassociateRouteTable", AssociationId=self.made.id)


def _about_subnet(subnet: str) -> list[dict[str, Any]]:
    return [{"Name": "association.subnet-id", "Values": [subnet]}]


class Route(Model, kind="AWS::EC2::Route"):
    def create(self, wanted: Properties) -> Made:
        self.aws("ec2:CreateRoute", RouteTableId=wanted["RouteTableId"], **self._rest(wanted))
        (destination,) = wanted.only(*DESTINATIONS).values()
        return Made(f"{wanted['RouteTableId']}|{destination}", {"CidrBlock": destination})

    def update(self, wanted: Properties) -> Made:
        self.before.only(*TARGETS)  # one target takes the place of the other
        self.aws("ec2:ReplaceRoute", RouteTableId=wanted["RouteTableId"], **self._rest(wanted))
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteRoute", RouteTableId=self.before["RouteTableId"], **self.before.only(*DESTINATIONS))

    def _rest(self, wanted: Properties) -> dict[str, Any]:
        destination, target = wanted.only(*DESTINATIONS), wanted.only(*TARGETS)
        if len(destination) != 1 or len(target) != 1:
            raise Refused("a route has exactly one destination and one target")
        return destination | target


class InternetGateway(Model, kind="AWS::EC2::InternetGateway"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws("ec2:CreateInternetGateway", TagSpecifications=at_creation("internet-gateway", wanted))
        gateway = made["InternetGateway"]["InternetGatewayId"]
        return Made(gateway, {"InternetGatewayId": gateway})

    def update(self, wanted: Properties) -> Made:
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteInternetGateway", InternetGatewayId=self.made.id)


class VpcGatewayAttachment(Model, kind="AWS::EC2::VPCGatewayAttachment"):
    def create(self, wanted: Properties) -> Made:
        self.aws("ec2:AttachInternetGateway", VpcId=wanted["VpcId"], InternetGatewayId=wanted["InternetGatewayId"])
        return Made(f"IGW|{wanted['VpcId']}", {"AttachmentType": "IGW"})

    def delete(self) -> None:
        self.aws(
            "ec2:DetachInternetGateway", VpcId=self.before["VpcId"], InternetGatewayId=self.before["InternetGatewayId"]
        )


class ElasticIp(Model, kind="AWS::EC2::EIP"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "ec2:AllocateAddress", Domain=wanted.get("Domain"), TagSpecifications=at_creation("elastic-ip", wanted)
        )
        return Made(made["PublicIp"], {name: made[name] for name in ("AllocationId", "PublicIp")})

    def update(self, wanted: Properties) -> Made:
        retag(self.aws, self.made.attributes["AllocationId"], self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:ReleaseAddress", AllocationId=self.made.attributes["AllocationId"])


class NatGateway(Model, kind="AWS::EC2::NatGateway"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "ec2:CreateNatGateway",
            **wanted.only("AllocationId", "ConnectivityType", "SubnetId"),
            TagSpecifications=at_creation("natgateway", wanted),
        )["NatGateway"]["NatGatewayId"]
        return Made(made, {"NatGatewayId": made})

    def update(self, wanted: Properties) -> Made:
        retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("ec2:DeleteNatGateway", NatGatewayId=self.made.id)
