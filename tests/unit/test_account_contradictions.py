"""Answers that cannot all be whole: what one names and the other lacks makes the other unread, and nothing certain."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.lift.account.contradictions import LISTED, MENTIONS
from agent_perimeter.lift.account.reading import FIELDS
from tests.unit.accounts import ACCOUNT, AT, VPC, Answers, lived, unread

Object = dict[str, Json]

FIREWALL = "arn:aws:network-firewall:eu-west-1:111122223333:firewall/net"
SUBNET: Object = {"SubnetId": "subnet-0a", "VpcId": VPC}
NAT: Object = {"NatGatewayId": "nat-0a", "VpcId": VPC, "State": "available", "ConnectivityType": "public"}
ENDPOINT: Object = {
    "VpcEndpointId": "vpce-0a",
    "VpcEndpointType": "Interface",
    "State": "available",
    "ServiceName": "s",
    "SubnetIds": [],
    "Groups": [],
}
INTERFACE: Object = {"NetworkInterfaceId": "eni-0a", "OwnerId": ACCOUNT, "Groups": []}
MADE = {**ENDPOINT, "VpcEndpointType": "GatewayLoadBalancer", "RequesterManaged": True}


def tables(**table: Json) -> Answers:
    return {"ec2:DescribeRouteTables": [{"RouteTableId": "rtb-0a", "VpcId": VPC, **table}]}


def routes(**route: Json) -> Answers:
    return tables(Routes=[{"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **route}])


def endpoints(**endpoint: Json) -> Answers:
    return {"ec2:DescribeVpcEndpoints": [{**ENDPOINT, **endpoint}]}


def interfaces(**interface: Json) -> Answers:
    return {
        "ec2:DescribeSubnets": [SUBNET],
        "ec2:DescribeNetworkInterfaces": [{**INTERFACE, "SubnetId": "subnet-0a", **interface}],
    }


CASES: dict[str, tuple[Answers, str, str, str]] = {
    "the subnet of a table": (
        tables(Associations=[{"SubnetId": "subnet-0a", "AssociationState": {"State": "associated"}}]),
        "ec2:DescribeRouteTables",
        "subnet-0a",
        "ec2:DescribeSubnets",
    ),
    "the gateway of an edge table": (
        tables(Associations=[{"GatewayId": "igw-0a"}]),
        "ec2:DescribeRouteTables",
        "igw-0a",
        "ec2:DescribeInternetGateways",
    ),
    "the gateway of a propagated route": (
        tables(PropagatingVgws=[{"GatewayId": "vgw-0a"}]),
        "ec2:DescribeRouteTables",
        "vgw-0a",
        "ec2:DescribeVpnGateways",
    ),
    "the internet gateway of a route": (
        routes(GatewayId="igw-0a"),
        "ec2:DescribeRouteTables",
        "igw-0a",
        "ec2:DescribeInternetGateways",
    ),
    "the NAT gateway of a route": (
        routes(NatGatewayId="nat-0a"),
        "ec2:DescribeRouteTables",
        "nat-0a",
        "ec2:DescribeNatGateways",
    ),
    "the transit gateway of a route": (
        routes(TransitGatewayId="tgw-0a"),
        "ec2:DescribeRouteTables",
        "tgw-0a",
        "ec2:DescribeTransitGatewayVpcAttachments",
    ),
    "the endpoint of a route": (
        routes(GatewayId="vpce-0a"),
        "ec2:DescribeRouteTables",
        "vpce-0a",
        "ec2:DescribeVpcEndpoints",
    ),
    "the list of a route": (
        routes(DestinationPrefixListId="pl-0a", GatewayId="local"),
        "ec2:DescribeRouteTables",
        "pl-0a",
        "ec2:DescribeManagedPrefixLists",
    ),
    "the subnet of an ACL": (
        {"ec2:DescribeNetworkAcls": [{"NetworkAclId": "acl-0a", "Associations": [{"SubnetId": "subnet-0a"}]}]},
        "ec2:DescribeNetworkAcls",
        "subnet-0a",
        "ec2:DescribeSubnets",
    ),
    "a subnet without any ACL": (
        {"ec2:DescribeSubnets": [{**SUBNET, "OwnerId": ACCOUNT}]},
        "ec2:DescribeSubnets",
        "subnet-0a",
        "ec2:DescribeNetworkAcls",
    ),
    "the VPC of a subnet": (
        {"ec2:DescribeVpcs": [], "ec2:DescribeSubnets": [SUBNET]},
        "ec2:DescribeSubnets",
        VPC,
        "ec2:DescribeVpcs",
    ),
    "the list of a rule": (
        {
            "ec2:DescribeSecurityGroups": [
                {"GroupId": "sg-0a", "IpPermissionsEgress": [{"PrefixListIds": [{"PrefixListId": "pl-0a"}]}]}
            ]
        },
        "ec2:DescribeSecurityGroups",
        "pl-0a",
        "ec2:DescribeManagedPrefixLists",
    ),
    "the group of an interface": (
        interfaces(Groups=[{"GroupId": "sg-0a"}]),
        "ec2:DescribeNetworkInterfaces",
        "sg-0a",
        "ec2:DescribeSecurityGroups",
    ),
    "the subnet of an interface": (
        {"ec2:DescribeNetworkInterfaces": [{**INTERFACE, "SubnetId": "subnet-0b"}]},
        "ec2:DescribeNetworkInterfaces",
        "subnet-0b",
        "ec2:DescribeSubnets",
    ),
    "for what AWS keeps an interface": (
        interfaces(RequesterManaged=True, Description="Interface for NAT Gateway nat-0a"),
        "ec2:DescribeNetworkInterfaces",
        "nat-0a",
        "ec2:DescribeNatGateways",
    ),
    "the machine of an interface": (
        interfaces(Attachment={"InstanceId": "i-0a", "InstanceOwnerId": ACCOUNT}),
        "ec2:DescribeNetworkInterfaces",
        "i-0a",
        "ec2:DescribeInstances",
    ),
    "the interface of a NAT gateway": (
        {"ec2:DescribeNatGateways": [{**NAT, "NatGatewayAddresses": [{"NetworkInterfaceId": "eni-0a"}]}]},
        "ec2:DescribeNatGateways",
        "eni-0a",
        "ec2:DescribeNetworkInterfaces",
    ),
    "the interface of an endpoint": (
        endpoints(NetworkInterfaceIds=["eni-0a"]),
        "ec2:DescribeVpcEndpoints",
        "eni-0a",
        "ec2:DescribeNetworkInterfaces",
    ),
    "the table of an endpoint": (
        endpoints(RouteTableIds=["rtb-0a"]),
        "ec2:DescribeVpcEndpoints",
        "rtb-0a",
        "ec2:DescribeRouteTables",
    ),
    "the firewall of an endpoint": (
        {"ec2:DescribeVpcEndpoints": [{**MADE, "Tags": [{"Key": "Firewall", "Value": FIREWALL}]}]},
        "ec2:DescribeVpcEndpoints",
        FIREWALL,
        "network-firewall:ListFirewalls",
    ),
    "the interface of an Instance Connect endpoint": (
        {
            "ec2:DescribeInstanceConnectEndpoints": {
                "InstanceConnectEndpoints": [{"State": "create-complete", "NetworkInterfaceIds": ["eni-0a"]}]
            }
        },
        "ec2:DescribeInstanceConnectEndpoints",
        "eni-0a",
        "ec2:DescribeNetworkInterfaces",
    ),
    "the subnet of a firewall": (
        {
            f"network-firewall:DescribeFirewall FirewallArn={FIREWALL}": {
                "Firewall": {"VpcId": VPC, "SubnetMappings": [{"SubnetId": "subnet-0a"}]}
            }
        },
        "network-firewall:DescribeFirewall",
        "subnet-0a",
        "ec2:DescribeSubnets",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_one_answer_names_and_the_other_lacks_leaves_the_other_unread(case: str) -> None:
    answers, call, name, listing = CASES[case]
    said = f"{AT}{VPC}: {call} names {name}, and {listing} does not: one of the two answers is not whole"
    fields = {field for field, doubt in lived(answers).unread if str(doubt) == said}
    assert fields == set(FIELDS[listing])


CONSISTENT: dict[str, Answers] = {
    "a VPC with nothing in it": {},
    "a route whose gateway is gone": routes(NatGatewayId="nat-0a", State="blackhole"),
    "a table that leaves a subnet": tables(
        Associations=[{"SubnetId": "subnet-0a", "AssociationState": {"State": "disassociated"}}]
    ),
    "a route that leads nowhere else": routes(GatewayId="local"),
    "an endpoint that is on its way": endpoints(State="pending", NetworkInterfaceIds=["eni-0a"]),
    "a NAT gateway that AWS keeps in every zone": {
        "ec2:DescribeNatGateways": [{**NAT, "AvailabilityMode": "regional", "SubnetId": "subnet-0a"}]
    },
    "the group of somebody else's interface": interfaces(OwnerId="999999999999", Groups=[{"GroupId": "sg-0a"}]),
    "a group of another VPC": {
        **interfaces(Groups=[{"GroupId": "sg-0a"}]),
        "ec2:DescribeSecurityGroupVpcAssociations": [{"GroupId": "sg-0a", "VpcId": VPC, "State": "associated"}],
    },
    "what a person says that an interface is for": interfaces(RequesterManaged=False, Description="like nat-0a"),
    "an endpoint that a person calls a firewall's": {
        "ec2:DescribeVpcEndpoints": [
            {**MADE, "RequesterManaged": False, "Tags": [{"Key": "Firewall", "Value": FIREWALL}]}
        ]
    },
    "a firewall that stands in another VPC": {
        f"network-firewall:DescribeFirewall FirewallArn={FIREWALL}": {
            "Firewall": {"VpcId": "vpc-0b", "SubnetMappings": [{"SubnetId": "subnet-0b"}]}
        }
    },
    "a subnet with its ACL": {
        "ec2:DescribeSubnets": [{**SUBNET, "OwnerId": ACCOUNT}],
        "ec2:DescribeNetworkAcls": [{"NetworkAclId": "acl-0a", "Associations": [{"SubnetId": "subnet-0a"}]}],
    },
}


@pytest.mark.parametrize("case", CONSISTENT)
def test_answers_that_agree_are_whole(case: str) -> None:
    assert [doubt for _, doubt in lived(CONSISTENT[case]).unread if " names " in str(doubt)] == []


def test_several_names_are_said_once() -> None:
    found = lived(endpoints(NetworkInterfaceIds=["eni-0b", "eni-0a", "eni-0c"])).unread
    assert {str(doubt).partition(", and")[0] for _, doubt in found} == {
        f"{AT}{VPC}: ec2:DescribeVpcEndpoints names eni-0a and 2 more"
    }


def test_a_listing_that_was_not_read_is_not_blamed_twice() -> None:
    found = lived(routes(NatGatewayId="nat-0a"), unread("ec2:DescribeNatGateways")).unread
    assert [str(doubt) for _, doubt in found if " names " in str(doubt)] == []
    assert "gateways" in dict(found)


def test_every_listing_that_can_be_contradicted_has_fields() -> None:
    places = [places[0] for places in (*LISTED.values(), *(one.places for one in MENTIONS if one.places))]
    assert [call for call, _ in places if not FIELDS.get(call)] == []


# What the owner of an interface, an endpoint or a route is, where that was not read.


@pytest.mark.parametrize(
    ("answers", "lost", "field"),
    [
        (
            interfaces(RequesterManaged=True, Description="Interface for NAT Gateway nat-0a"),
            "ec2:DescribeNatGateways",
            "interfaces",
        ),
        (
            interfaces(RequesterManaged=True, Description="VPC Endpoint Interface vpce-0a"),
            "ec2:DescribeVpcEndpoints",
            "interfaces",
        ),
        (routes(DestinationPrefixListId="pl-0a", GatewayId="vpce-0a"), "ec2:DescribeVpcEndpoints", "routes"),
        ({"ec2:DescribeVpcEndpoints": [MADE]}, "network-firewall:ListFirewalls", "endpoints"),
        ({"ec2:DescribeVpcEndpoints": [MADE]}, "network-firewall:ListVpcEndpointAssociations", "endpoints"),
    ],
)
def test_what_may_be_somebody_elses_is_there_perhaps(answers: Answers, lost: str, field: str) -> None:
    whole, partly = lived(answers).network, lived(answers, unread(lost)).network
    (before,), (after,) = getattr(whole, field), getattr(partly, field)
    assert before.maybe is None or " names " in str(before.maybe)
    assert f"{lost} was not read: AccessDenied: no" in str(after.maybe)


def test_a_route_to_what_may_be_a_firewall_leads_nobody_knows_where() -> None:
    answers: Answers = {**routes(GatewayId="vpce-0a"), "ec2:DescribeVpcEndpoints": [MADE]}
    (route,) = lived(answers, unread("network-firewall:ListFirewalls")).network.routes
    assert route.maybe is None
    assert "network-firewall:ListFirewalls was not read" in str(route.target)


def test_a_role_that_was_not_read_is_there_perhaps() -> None:
    (role,) = lived({}, unread("iam:GetRole RoleName=worker")).network.roles
    assert "iam:GetRole of worker was not read" in str(role.maybe)
