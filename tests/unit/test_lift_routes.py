"""Routes, their tables and what they point at; gateways and their VPCs."""

from __future__ import annotations

import pytest

from agent_perimeter.observed import Doubt, Gateway, ListRef, ObservedNetwork, Route, Target, TargetKind
from agent_perimeter.values import ANY_IPV4, ANY_IPV6, Cidr
from tests.unit.lifted import AT, MAYBE, SUBNET, Json, Resources, attribute, lifted, ref

FIREWALL: Resources = {
    "Firewall": (
        "AWS::NetworkFirewall::Firewall",
        {
            "VpcId": ref("Vpc"),
            "FirewallName": "f",
            "FirewallPolicyArn": ref("Policy"),
            "SubnetMappings": [{"SubnetId": ref("Subnet")}],
        },
    ),
    "Policy": ("AWS::NetworkFirewall::FirewallPolicy", {"FirewallPolicyName": "p", "FirewallPolicy": {}}),
}
NET: Resources = {**SUBNET, **FIREWALL, "Table": ("AWS::EC2::RouteTable", {"VpcId": ref("Vpc")})}
ENDPOINT: Json = {"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, attribute("Firewall", "EndpointIds")]}]}]}


def route(properties: dict[str, Json], more: Resources | None = None) -> Route:
    written: dict[str, Json] = {"RouteTableId": ref("Table"), **properties}
    if not any(key.startswith("Destination") for key in properties):
        written["DestinationCidrBlock"] = "0.0.0.0/0"
    (found,) = lifted({**NET, **(more or {}), "Route": ("AWS::EC2::Route", written)}).routes
    return found


@pytest.mark.parametrize(
    ("key", "kind", "type_name"),
    [
        ("GatewayId", TargetKind.INTERNET_GATEWAY, "AWS::EC2::InternetGateway"),
        ("GatewayId", TargetKind.VPN_GATEWAY, "AWS::EC2::VPNGateway"),
        ("NatGatewayId", TargetKind.NAT_GATEWAY, "AWS::EC2::NatGateway"),
        ("EgressOnlyInternetGatewayId", TargetKind.EGRESS_ONLY_GATEWAY, "AWS::EC2::EgressOnlyInternetGateway"),
        ("TransitGatewayId", TargetKind.TRANSIT_GATEWAY, "AWS::EC2::TransitGateway"),
        ("VpcPeeringConnectionId", TargetKind.PEERING, "AWS::EC2::VPCPeeringConnection"),
        ("CarrierGatewayId", TargetKind.CARRIER_GATEWAY, "AWS::EC2::CarrierGateway"),
        ("NetworkInterfaceId", TargetKind.INTERFACE, "AWS::EC2::NetworkInterface"),
        ("InstanceId", TargetKind.INSTANCE, "AWS::EC2::Instance"),
    ],
)
def test_a_target_is_told_by_its_property_and_by_what_it_points_at(key: str, kind: TargetKind, type_name: str) -> None:
    found = route({key: ref("Gate")}, {"Gate": (type_name, {"SubnetId": ref("Subnet"), "VpcId": ref("Vpc")})})
    assert found.target == Target(kind, "net/Gate")
    assert (found.table, found.destination) == ("net/Table", ANY_IPV4)
    assert found.origin.path == f"{AT}/Route"


def test_firewall_endpoints_and_load_balancer_endpoints() -> None:
    assert route({"VpcEndpointId": ENDPOINT}).target == Target(TargetKind.FIREWALL, "net/Firewall")
    association: Resources = {
        "More": (
            "AWS::NetworkFirewall::VpcEndpointAssociation",
            {"FirewallArn": attribute("Firewall", "FirewallArn"), "SubnetMapping": {"SubnetId": ref("Second")}},
        ),
        "Second": ("AWS::EC2::Subnet", {"VpcId": ref("Vpc")}),
    }
    found = route({"VpcEndpointId": attribute("More", "EndpointId")}, association)
    assert found.target == Target(TargetKind.FIREWALL, "net/Firewall")
    assert lifted({**NET, **association}).firewalls[0].subnets == ("net/Subnet", "net/Second")
    balancer: Resources = {
        "Gwlb": ("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "GatewayLoadBalancer", "ServiceName": "s"})
    }
    assert route({"VpcEndpointId": ref("Gwlb")}, balancer).target == Target(
        TargetKind.LOAD_BALANCER_ENDPOINT, "net/Gwlb"
    )
    assert route({"GatewayId": "local"}).target == Target(TargetKind.LOCAL)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({}, "one target, not 0: none"),
        ({"GatewayId": "local", "NatGatewayId": "nat-1"}, "one target, not 2: NatGatewayId, GatewayId"),
        ({"GatewayId": "igw-1"}, "not a gateway or endpoint of this assembly"),
        ({"VpcEndpointId": ref("Interface")}, "not a gateway or endpoint of this assembly"),
        ({"VpcEndpointId": attribute("Firewall", "FirewallId")}, "not a gateway or endpoint of this assembly"),
        ({"GatewayId": ref("Table")}, "not a gateway or endpoint of this assembly"),
    ],
)
def test_targets_that_are_not_known(properties: dict[str, Json], reason: str) -> None:
    interface: Resources = {"Interface": ("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Interface"})}
    found = route(properties, interface).target
    assert isinstance(found, Doubt)
    assert reason in found.reason


def test_a_gateway_outside_the_assembly_keeps_its_kind() -> None:
    found = route({"NatGatewayId": "nat-0123"}).target
    assert isinstance(found, Target)
    assert found.kind is TargetKind.NAT_GATEWAY
    assert isinstance(found.ref, Doubt)


def test_destinations() -> None:
    target: dict[str, Json] = {"GatewayId": "local"}
    more: Resources = {"List": ("AWS::EC2::PrefixList", {"Entries": [{"Cidr": "192.0.2.0/24"}]})}
    assert route({**target, "DestinationIpv6CidrBlock": "::/0"}).destination == ANY_IPV6
    assert route({**target, "DestinationPrefixListId": ref("List")}, more).destination == ListRef("net/List")
    block = route({**target, "DestinationCidrBlock": attribute("Subnet", "CidrBlock")}).destination
    assert block == Cidr.parse("10.0.1.0/24")
    two = route({**target, "DestinationCidrBlock": "0.0.0.0/0", "DestinationIpv6CidrBlock": "::/0"}).destination
    assert isinstance(two, Doubt)
    assert "one destination, not 2" in two.reason
    assert lifted({**NET, **more}).prefix_lists[0].entries == (Cidr.parse("192.0.2.0/24"),)


def test_a_route_in_a_table_that_is_not_known() -> None:
    found = lifted({**NET, "Route": ("AWS::EC2::Route", {"RouteTableId": "rtb-1", "GatewayId": "local"})}).routes[0]
    assert isinstance(found.table, Doubt)
    assert isinstance(found.destination, Doubt)


def test_associations_of_subnets_and_gateways() -> None:
    network = lifted(
        {
            **NET,
            "Igw": ("AWS::EC2::InternetGateway", {}),
            "A": ("AWS::EC2::SubnetRouteTableAssociation", {"RouteTableId": ref("Table"), "SubnetId": ref("Subnet")}),
            "B": ("AWS::EC2::GatewayRouteTableAssociation", {"RouteTableId": ref("Table"), "GatewayId": ref("Igw")}),
        }
    )
    assert [(found.table, found.subnet, found.edge) for found in network.table_associations] == [
        ("net/Table", "net/Subnet", None),
        ("net/Table", None, "net/Igw"),
    ]


def test_propagated_routes_have_no_known_destination() -> None:
    propagation: dict[str, Json] = {"RouteTableIds": [ref("Table")], "VpnGatewayId": ref("Vgw")}
    network = lifted(
        {
            **NET,
            "Vgw": ("AWS::EC2::VPNGateway", {"Type": "ipsec.1"}),
            "P": ("AWS::EC2::VPNGatewayRoutePropagation", propagation),
        }
    )
    (found,) = network.routes
    assert found.propagated
    assert (found.table, found.target) == ("net/Table", Target(TargetKind.VPN_GATEWAY, "net/Vgw"))
    assert isinstance(found.destination, Doubt)


def gateway(resources: Resources, name: str = "net/Gate", /, **sections: Json) -> Gateway:
    network: ObservedNetwork = lifted({**SUBNET, **resources}, **sections)
    return next(found for found in network.gateways if found.id == name)


IGW: Resources = {"Gate": ("AWS::EC2::InternetGateway", {})}
ATTACHED: dict[str, Json] = {"InternetGatewayId": ref("Gate"), "VpcId": ref("Vpc")}


def test_an_internet_gateway_is_of_the_vpc_that_it_is_attached_to() -> None:
    attachment = "AWS::EC2::VPCGatewayAttachment"
    assert gateway(IGW).vpc is None
    assert gateway({**IGW, "A": (attachment, ATTACHED)}).vpc == "net/Vpc"
    maybe = gateway({**IGW, "A": (attachment, {**ATTACHED, "Condition": "On"})}, **MAYBE)
    assert maybe.vpc == "net/Vpc"
    assert maybe.maybe is not None
    lost = gateway({**IGW, "A": (attachment, ATTACHED), "B": (attachment, {**ATTACHED, "VpcId": "vpc-1"})})
    assert isinstance(lost.vpc, Doubt)


def test_nat_gateways_stand_in_a_subnet_and_are_public_by_default() -> None:
    nat = "AWS::EC2::NatGateway"
    found = gateway({"Gate": (nat, {"SubnetId": ref("Subnet"), "AllocationId": "eipalloc-1"})})
    assert (found.kind, found.vpc, found.subnet, found.public) == (
        TargetKind.NAT_GATEWAY,
        "net/Vpc",
        "net/Subnet",
        True,
    )
    assert gateway({"Gate": (nat, {"SubnetId": ref("Subnet"), "ConnectivityType": "private"})}).public is False
    assert isinstance(gateway({"Gate": (nat, {"ConnectivityType": {"Fn::ImportValue": "x"}})}).public, Doubt)
    address: Resources = {"Address": ("AWS::EC2::EIP", {}), "List": ("AWS::EC2::PrefixList", {})}
    for allocated, public in {
        "Address": True,
        "List": Doubt(
            "this is no Elastic IP address of the assembly", "net.template.json#/Resources/Gate/Properties/AllocationId"
        ),
    }.items():
        given: dict[str, Json] = {"SubnetId": ref("Subnet"), "AllocationId": ref(allocated)}
        assert gateway({**address, "Gate": (nat, given)}).public == public


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({}, "AllocationId is missing"),
        ({"ConnectivityType": "both"}, "'both' is no connectivity of a NAT gateway"),
        ({"AllocationId": {"Fn::ImportValue": "x"}}, "x is exported by no stack here"),
    ],
)
def test_a_public_nat_gateway_without_its_address_is_not_sure_to_work(properties: dict[str, Json], reason: str) -> None:
    found = gateway({"Gate": ("AWS::EC2::NatGateway", {"SubnetId": ref("Subnet"), **properties})}).public
    assert isinstance(found, Doubt)
    assert found.reason == reason


def test_an_attachment_of_two_gateways_is_a_doubt() -> None:
    both = {**ATTACHED, "VpnGatewayId": "vgw-1"}
    found = gateway({**IGW, "A": ("AWS::EC2::VPCGatewayAttachment", both)})
    assert found.maybe is not None
    assert "not both" in found.maybe.reason


def test_peerings_and_transit_gateways_know_their_ends() -> None:
    peering = "AWS::EC2::VPCPeeringConnection"
    other: Resources = {"Other": ("AWS::EC2::VPC", {"CidrBlock": "10.9.0.0/16"})}
    ends: dict[str, Json] = {"VpcId": ref("Vpc"), "PeerVpcId": ref("Other")}
    assert gateway({**other, "Gate": (peering, ends)}).peer == "net/Other"
    assert isinstance(gateway({**other, "Gate": (peering, {**ends, "PeerOwnerId": "1"})}).peer, Doubt)
    attachment: dict[str, Json] = {"TransitGatewayId": ref("Gate"), "VpcId": ref("Vpc"), "SubnetIds": [ref("Subnet")]}
    extra: Resources = {"Extra": ("AWS::EC2::TransitGateway", {})}
    assert (
        gateway({**extra, "A": ("AWS::EC2::TransitGatewayAttachment", attachment), "Gate": extra["Extra"]}).vpc
        == "net/Vpc"
    )
    assert (
        gateway(
            {**extra, "A": ("AWS::EC2::TransitGatewayAttachment", attachment), "Gate": extra["Extra"]}, "net/Extra"
        ).vpc
        is None
    )
    found = gateway({"Gate": ("AWS::EC2::TransitGateway", {}), "A": ("AWS::EC2::TransitGatewayAttachment", attachment)})
    assert (found.kind, found.vpc) == (TargetKind.TRANSIT_GATEWAY, "net/Vpc")
    assert gateway({"Gate": ("AWS::EC2::EgressOnlyInternetGateway", {"VpcId": ref("Vpc")})}).vpc == "net/Vpc"
