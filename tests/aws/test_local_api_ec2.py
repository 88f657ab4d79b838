"""EC2 of the local AWS: what moto lacks or has otherwise, as AWS has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from agent_perimeter.catalogue.prefix_lists import PREFIX_LISTS
from tests.aws.conftest import REGION, LocalAws

EVERYWHERE = "0.0.0.0/0"
INSIDE = "10.0.0.0/16"


class World:
    """A VPC with a subnet in each of two zones, a route table, an ACL and an internet gateway."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws, self.ec2 = aws, aws.client("ec2")
        self.vpc = self.create_vpc(INSIDE)
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{at}.0/24", AvailabilityZone=f"{REGION}{zone}")
            for at, zone in enumerate("ab")
        ]
        self.subnets = [made["Subnet"]["SubnetId"] for made in self.subnets]
        self.table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.acl = self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"]
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)

    def create_vpc(self, cidr: str) -> str:
        vpc: str = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        return vpc

    def filter(self) -> list[Any]:
        return [{"Name": "vpc-id", "Values": [self.vpc]}]

    def route(self, destination: str = EVERYWHERE, **target: Any) -> None:
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock=destination, **target)

    def routes(self) -> list[Any]:
        tables = self.ec2.describe_route_tables(RouteTableIds=[self.table])["RouteTables"]
        return [route for route in tables[0]["Routes"] if route.get("GatewayId") != "local"]

    def entry(self, number: int = 100, **more: Any) -> None:
        entry = {"Protocol": "tcp", "RuleAction": "allow", "Egress": True, "CidrBlock": EVERYWHERE}
        ports = {"PortRange": {"From": 443, "To": 443}}
        self.ec2.create_network_acl_entry(**({"NetworkAclId": self.acl, "RuleNumber": number} | entry | ports | more))

    def entries(self, acl: str) -> list[tuple[bool, int, str]]:
        found = self.ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
        return [(entry["Egress"], entry["RuleNumber"], entry["RuleAction"]) for entry in found]

    def create_nat(self) -> str:
        allocation = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = self.ec2.create_nat_gateway(SubnetId=self.subnets[0], AllocationId=allocation)
        identity: str = made["NatGateway"]["NatGatewayId"]
        return identity

    def create_endpoint(self, service: str, **more: Any) -> str:
        made = self.ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=f"com.amazonaws.{REGION}.{service}", **more)
        identity: str = made["VpcEndpoint"]["VpcEndpointId"]
        return identity

    def endpoint(self, identity: str) -> Any:
        return self.ec2.describe_vpc_endpoints(VpcEndpointIds=[identity])["VpcEndpoints"][0]

    def interfaces(self) -> list[Any]:
        found: list[Any] = self.ec2.describe_network_interfaces(Filters=self.filter())["NetworkInterfaces"]
        return found

    def create_list(self, *cidrs: str) -> str:
        made = self.ec2.create_managed_prefix_list(
            PrefixListName="l", AddressFamily="IPv4", MaxEntries=2, Entries=[{"Cidr": cidr} for cidr in cidrs]
        )
        identity: str = made["PrefixList"]["PrefixListId"]
        return identity

    def transit(self) -> str:
        gateway: str = self.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
        self.ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=gateway,
            VpcId=self.vpc,
            SubnetIds=self.subnets[:1],
            TagSpecifications=[
                {"ResourceType": "transit-gateway-attachment", "Tags": [{"Key": "k", "Value": "v"}]},
            ],
        )
        return gateway

    def peering(self) -> str:
        peer = self.create_vpc("10.9.0.0/16")
        made = self.ec2.create_vpc_peering_connection(VpcId=self.vpc, PeerVpcId=peer)
        identity: str = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=identity)
        return identity

    def vpn(self) -> str:
        gateway: str = self.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
        self.ec2.attach_vpn_gateway(VpnGatewayId=gateway, VpcId=self.vpc)
        return gateway

    def interface(self) -> str:
        made = self.ec2.create_network_interface(SubnetId=self.subnets[0])
        identity: str = made["NetworkInterface"]["NetworkInterfaceId"]
        return identity

    def instance(self) -> str:
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        made = self.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=self.subnets[0])
        identity: str = made["Instances"][0]["InstanceId"]
        return identity

    def carrier(self) -> str:
        identity: str = self.ec2.create_carrier_gateway(VpcId=self.vpc)["CarrierGateway"]["CarrierGatewayId"]
        return identity


@pytest.fixture
def world(local_aws: LocalAws) -> World:
    return World(local_aws)


Make = Callable[[World], str]
TARGETS: dict[str, tuple[str, Make, Callable[[World, str], object] | None]] = {
    "an internet gateway": (
        "GatewayId",
        lambda world: str(world.gateway),
        lambda world, _: world.ec2.detach_internet_gateway(InternetGatewayId=world.gateway, VpcId=world.vpc),
    ),
    "a virtual private gateway": (
        "GatewayId",
        World.vpn,
        lambda world, made: world.ec2.detach_vpn_gateway(VpnGatewayId=made, VpcId=world.vpc),
    ),
    "a NAT gateway": (
        "NatGatewayId",
        World.create_nat,
        lambda world, made: world.ec2.delete_nat_gateway(NatGatewayId=made),
    ),
    "a transit gateway": ("TransitGatewayId", World.transit, None),
    "a peering connection": (
        "VpcPeeringConnectionId",
        World.peering,
        lambda world, made: world.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=made),
    ),
    "an interface": (
        "NetworkInterfaceId",
        World.interface,
        lambda world, made: world.ec2.delete_network_interface(NetworkInterfaceId=made),
    ),
    "an instance": (
        "InstanceId",
        World.instance,
        lambda world, made: world.ec2.stop_instances(InstanceIds=[made]),
    ),
    "a carrier gateway": (
        "CarrierGatewayId",
        World.carrier,
        lambda world, made: world.ec2.delete_carrier_gateway(CarrierGatewayId=made),
    ),
    "a core network": (
        "CoreNetworkArn",
        lambda _: "arn:aws:networkmanager::123456789012:core-network/core-network-0",
        None,
    ),
    "a local gateway": ("LocalGatewayId", lambda _: "lgw-0123456789abcdef0", None),
}


@pytest.mark.parametrize(("member", "make", "lose"), TARGETS.values(), ids=TARGETS.keys())
def test_a_route_leads_to(world: World, member: str, make: Make, lose: Callable[[World, str], object] | None) -> None:
    made = make(world)
    world.route(**{member: made})
    assert [(route[member], route["State"]) for route in world.routes()] == [(made, "active")]
    if lose is not None:
        lose(world, made)
        assert [(route[member], route["State"]) for route in world.routes()] == [(made, "blackhole")]


def test_a_replaced_route_keeps_nothing_of_its_old_target(world: World) -> None:
    world.route(GatewayId=world.gateway)
    nat = world.create_nat()
    world.ec2.replace_route(RouteTableId=world.table, DestinationCidrBlock=EVERYWHERE, NatGatewayId=nat)
    assert [(route.get("GatewayId"), route["NatGatewayId"]) for route in world.routes()] == [(None, nat)]


def test_a_route_may_go_to_ipv6_or_to_a_prefix_list(world: World) -> None:
    egress = world.ec2.create_egress_only_internet_gateway(VpcId=world.vpc)["EgressOnlyInternetGateway"]
    target = {"EgressOnlyInternetGatewayId": egress["EgressOnlyInternetGatewayId"]}
    world.ec2.create_route(RouteTableId=world.table, DestinationIpv6CidrBlock="::/0", **target)
    listed = world.create_list("192.0.2.0/24")
    interface = world.interface()
    world.ec2.create_route(RouteTableId=world.table, DestinationPrefixListId=listed, NetworkInterfaceId=interface)
    assert [route.get("DestinationIpv6CidrBlock") for route in world.routes()] == ["::/0", None]
    assert world.routes()[1]["DestinationPrefixListId"] == listed
    world.ec2.delete_route(RouteTableId=world.table, DestinationIpv6CidrBlock="::/0")
    world.ec2.delete_route(RouteTableId=world.table, DestinationPrefixListId=listed)
    assert world.routes() == []


def test_host_bits_of_a_destination_are_cleared(world: World) -> None:
    world.route("100.68.0.18/18", GatewayId=world.gateway)
    assert [route["DestinationCidrBlock"] for route in world.routes()] == ["100.68.0.0/18"]


def test_inside_the_vpc_a_route_leads_from_one_whole_subnet_to_an_appliance(world: World) -> None:
    interface = world.interface()
    world.route("10.0.1.0/24", NetworkInterfaceId=interface)
    assert [route["NetworkInterfaceId"] for route in world.routes()] == [interface]


def test_the_local_route_can_be_led_to_an_appliance_and_back(world: World) -> None:
    key = {"RouteTableId": world.table, "DestinationCidrBlock": INSIDE}
    world.ec2.replace_route(**key, NetworkInterfaceId=world.interface())
    assert [route["DestinationCidrBlock"] for route in world.routes()] == [INSIDE]
    world.ec2.replace_route(**key, LocalTarget=True)
    assert world.routes() == []


def test_a_table_may_learn_routes_from_a_virtual_private_gateway(world: World) -> None:
    gateway = world.vpn()
    world.ec2.enable_vgw_route_propagation(RouteTableId=world.table, GatewayId=gateway)
    world.ec2.enable_vgw_route_propagation(RouteTableId=world.table, GatewayId=gateway)
    read = world.ec2.describe_route_tables(RouteTableIds=[world.table])["RouteTables"][0]
    assert read["PropagatingVgws"] == [{"GatewayId": gateway}]
    world.ec2.disable_vgw_route_propagation(RouteTableId=world.table, GatewayId=gateway)
    read = world.ec2.describe_route_tables(RouteTableIds=[world.table])["RouteTables"][0]
    assert read["PropagatingVgws"] == []


def test_a_vpc_has_a_main_table_a_default_acl_and_a_default_group(world: World) -> None:
    tables = world.ec2.describe_route_tables(
        Filters=[*world.filter(), {"Name": "association.main", "Values": ["true"]}]
    )
    assert [table["Associations"][0]["Main"] for table in tables["RouteTables"]] == [True]
    acls = world.ec2.describe_network_acls(Filters=[*world.filter(), {"Name": "default", "Values": ["true"]}])
    acl = acls["NetworkAcls"][0]
    assert {association["SubnetId"] for association in acl["Associations"]} == set(world.subnets)
    assert world.entries(acl["NetworkAclId"]) == [
        (True, 100, "allow"),
        (True, 32767, "deny"),
        (False, 100, "allow"),
        (False, 32767, "deny"),
    ]
    groups = world.ec2.describe_security_groups(Filters=world.filter())["SecurityGroups"]
    assert [group["GroupName"] for group in groups] == ["default"]


def test_every_acl_ends_in_denials_and_keeps_its_entries_in_order(world: World) -> None:
    world.entry(200)
    world.entry(100)
    ends = [(True, 32767, "deny"), (False, 32767, "deny")]
    assert world.entries(world.acl) == [(True, 100, "allow"), (True, 200, "allow"), *ends]
    world.ec2.delete_network_acl_entry(NetworkAclId=world.acl, RuleNumber=100, Egress=True)
    world.ec2.replace_network_acl_entry(
        NetworkAclId=world.acl,
        RuleNumber=200,
        Protocol="1",
        RuleAction="deny",
        Egress=True,
        CidrBlock=EVERYWHERE,
        IcmpTypeCode={"Type": 8, "Code": -1},
    )
    assert world.entries(world.acl) == [(True, 200, "deny"), *ends]
    read = world.ec2.describe_network_acls(NetworkAclIds=[world.acl])["NetworkAcls"][0]["Entries"][0]
    assert (read["Protocol"], read["IcmpTypeCode"]) == ("1", {"Type": 8, "Code": -1})
    world.ec2.associate_vpc_cidr_block(VpcId=world.vpc, AmazonProvidedIpv6CidrBlock=True)
    assert [number for _, number, _ in world.entries(world.acl)] == [200, 32767, 32768, 32767, 32768]


def test_a_gateway_endpoint_is_a_route_in_each_of_its_tables(world: World) -> None:
    endpoint = world.create_endpoint("s3", RouteTableIds=[world.table])
    assert world.endpoint(endpoint)["VpcEndpointType"] == "Gateway"
    lists = world.ec2.describe_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": [f"com.amazonaws.{REGION}.s3"]}]
    )["PrefixLists"]
    key = {"RouteTableId": world.table, "DestinationPrefixListId": lists[0]["PrefixListId"]}
    assert [(route["GatewayId"], route["DestinationPrefixListId"]) for route in world.routes()] == [
        (endpoint, lists[0]["PrefixListId"])
    ]
    with pytest.raises(ClientError, match="cannot modify VPC endpoint route"):
        world.ec2.delete_route(**key)
    world.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveRouteTableIds=[world.table])
    assert world.routes() == []
    world.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[world.table])
    assert world.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] == []
    assert world.routes() == []
    assert world.ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_an_interface_endpoint_has_an_interface_in_each_of_its_subnets(world: World) -> None:
    group = world.ec2.create_security_group(GroupName="g", Description="d", VpcId=world.vpc)["GroupId"]
    endpoint = world.create_endpoint(
        "bedrock-runtime", VpcEndpointType="Interface", SubnetIds=world.subnets, SecurityGroupIds=[group]
    )
    assert world.endpoint(endpoint)["PrivateDnsEnabled"]
    found = [(one["InterfaceType"], one["RequesterManaged"], one["SubnetId"]) for one in world.interfaces()]
    assert found == [("vpc_endpoint", True, subnet) for subnet in world.subnets]
    assert [one["PrivateIpAddress"] for one in world.interfaces()] == ["10.0.0.4", "10.0.1.4"]
    other = world.ec2.create_security_group(GroupName="h", Description="d", VpcId=world.vpc)["GroupId"]
    world.ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint,
        RemoveSubnetIds=world.subnets[:1],
        AddSecurityGroupIds=[other],
        RemoveSecurityGroupIds=[group],
        PrivateDnsEnabled=False,
    )
    assert [one["SubnetId"] for one in world.interfaces()] == world.subnets[1:]
    assert [one["Groups"] for one in world.interfaces()] == [[{"GroupId": other, "GroupName": "h"}]]
    read = world.endpoint(endpoint)
    assert (read["Groups"], read["PrivateDnsEnabled"]) == ([{"GroupId": other, "GroupName": "h"}], False)
    world.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSubnetIds=world.subnets[:1])
    assert len(world.interfaces()) == 2
    world.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert world.interfaces() == []


def test_an_endpoint_lets_everything_through_until_it_has_a_policy(world: World) -> None:
    endpoint = world.create_endpoint("s3")
    full = [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]
    assert json.loads(world.endpoint(endpoint)["PolicyDocument"])["Statement"] == full
    world.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument='{"Statement": []}')
    assert json.loads(world.endpoint(endpoint)["PolicyDocument"])["Statement"] == []
    world.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, ResetPolicy=True)
    assert json.loads(world.endpoint(endpoint)["PolicyDocument"])["Statement"] == full


def test_services_take_endpoints_of_certain_types(world: World) -> None:
    names = [f"com.amazonaws.{REGION}.s3", f"com.amazonaws.{REGION}.bedrock-agentcore"]
    details = world.ec2.describe_vpc_endpoint_services(ServiceNames=names)["ServiceDetails"]
    found = sorted((one["ServiceName"].split(".")[-1], one["ServiceType"][0]["ServiceType"]) for one in details)
    assert found == [("bedrock-agentcore", "Interface"), ("s3", "Gateway"), ("s3", "Interface")]
    assert details[0]["AvailabilityZones"] == [f"{REGION}{zone}" for zone in "abc"]


def test_a_nat_gateway_has_an_interface_and_gives_its_address_back(world: World) -> None:
    nat = world.create_nat()
    address = world.ec2.describe_nat_gateways(Filter=world.filter())["NatGateways"][0]["NatGatewayAddresses"][0]
    interface = world.interfaces()[0]
    assert (interface["InterfaceType"], interface["RequesterManaged"]) == ("nat_gateway", True)
    assert (interface["SourceDestCheck"], interface["Groups"]) == (False, [])
    assert (interface["NetworkInterfaceId"], interface["PrivateIpAddress"], interface["Association"]["PublicIp"]) == (
        address["NetworkInterfaceId"],
        address["PrivateIp"],
        address["PublicIp"],
    )
    assert not address["PublicIp"].startswith("127.")
    world.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert world.interfaces() == []
    assert "AssociationId" not in world.ec2.describe_addresses()["Addresses"][0]
    assert world.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] == "deleted"


def test_a_private_nat_gateway_has_no_public_address(world: World) -> None:
    made = world.ec2.create_nat_gateway(SubnetId=world.subnets[0], ConnectivityType="private")["NatGateway"]
    assert (made["ConnectivityType"], made["NatGatewayAddresses"][0].get("PublicIp")) == ("private", None)


def test_a_prefix_list_changes_by_versions(world: World) -> None:
    listed = world.create_list("192.0.2.0/24")
    world.ec2.modify_managed_prefix_list(
        PrefixListId=listed,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "198.51.100.0/24", "Description": "d"}],
        RemoveEntries=[{"Cidr": "192.0.2.0/24"}],
    )
    entries = world.ec2.get_managed_prefix_list_entries(PrefixListId=listed)["Entries"]
    assert entries == [{"Cidr": "198.51.100.0/24", "Description": "d"}]
    filters = [{"Name": "prefix-list-id", "Values": [listed]}]
    read = world.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"][0]
    assert (read["Version"], read["PrefixListName"], read["MaxEntries"]) == (2, "l", 2)
    world.ec2.delete_managed_prefix_list(PrefixListId=listed)
    assert world.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"] == []


def test_the_lists_of_gateway_endpoints_have_the_ids_of_the_region(world: World) -> None:
    listed = world.ec2.describe_prefix_lists()["PrefixLists"]
    ids = {one["PrefixListName"]: one["PrefixListId"] for one in listed}
    assert ids[f"com.amazonaws.{REGION}.s3"] == PREFIX_LISTS["s3"][REGION]
    assert ids[f"com.amazonaws.{REGION}.dynamodb"] == PREFIX_LISTS["dynamodb"][REGION]


def test_a_vpc_has_the_dhcp_options_of_the_region_until_it_has_its_own(world: World) -> None:
    def options() -> Any:
        chosen = world.ec2.describe_vpcs(VpcIds=[world.vpc])["Vpcs"][0]["DhcpOptionsId"]
        return world.ec2.describe_dhcp_options(DhcpOptionsIds=[chosen])["DhcpOptions"][0]

    default = options()
    assert {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]} in default["DhcpConfigurations"]
    own = world.ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["203.0.113.53"]}],
        TagSpecifications=[{"ResourceType": "dhcp-options", "Tags": [{"Key": "k", "Value": "v"}]}],
    )["DhcpOptions"]["DhcpOptionsId"]
    world.ec2.associate_dhcp_options(DhcpOptionsId=own, VpcId=world.vpc)
    assert options()["DhcpConfigurations"] == [{"Key": "domain-name-servers", "Values": [{"Value": "203.0.113.53"}]}]
    with pytest.raises(ClientError, match="DependencyViolation"):
        world.ec2.delete_dhcp_options(DhcpOptionsId=own)
    world.ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=world.vpc)
    assert options() == default
    world.ec2.delete_dhcp_options(DhcpOptionsId=own)


def test_public_access_is_blocked_for_a_region_and_let_through_by_exclusions(world: World) -> None:
    def modes() -> tuple[str, str]:
        vpc = world.ec2.describe_vpcs(VpcIds=[world.vpc])["Vpcs"][0]
        subnet = world.ec2.describe_subnets(SubnetIds=world.subnets[:1])["Subnets"][0]
        states = (one["BlockPublicAccessStates"]["InternetGatewayBlockMode"] for one in (vpc, subnet))
        return next(states), next(states)

    read = world.ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
    assert (read["State"], read["InternetGatewayBlockMode"], modes()) == ("default-state", "off", ("off", "off"))
    world.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="block-bidirectional")
    assert modes() == ("block-bidirectional", "block-bidirectional")
    made = world.ec2.create_vpc_block_public_access_exclusion(
        SubnetId=world.subnets[0], InternetGatewayExclusionMode="allow-egress"
    )["VpcBlockPublicAccessExclusion"]
    assert modes() == ("block-bidirectional", "block-ingress")
    world.ec2.modify_vpc_block_public_access_exclusion(
        ExclusionId=made["ExclusionId"], InternetGatewayExclusionMode="allow-bidirectional"
    )
    assert modes() == ("block-bidirectional", "off")
    listed = world.ec2.describe_vpc_block_public_access_exclusions()["VpcBlockPublicAccessExclusions"]
    assert [one["ResourceArn"] for one in listed] == [made["ResourceArn"]]
    world.ec2.delete_vpc_block_public_access_exclusion(ExclusionId=made["ExclusionId"])
    assert modes() == ("block-bidirectional", "block-bidirectional")


def test_a_group_may_be_used_in_another_vpc(world: World) -> None:
    other = world.create_vpc("10.1.0.0/16")
    group = world.ec2.create_security_group(GroupName="g", Description="d", VpcId=other)["GroupId"]
    world.ec2.associate_security_group_vpc(GroupId=group, VpcId=world.vpc)
    found = world.ec2.describe_security_group_vpc_associations(Filters=world.filter())["SecurityGroupVpcAssociations"]
    assert [(one["GroupId"], one["State"]) for one in found] == [(group, "associated")]
    world.ec2.disassociate_security_group_vpc(GroupId=group, VpcId=world.vpc)
    assert world.ec2.describe_security_group_vpc_associations()["SecurityGroupVpcAssociations"] == []


def test_an_instance_connect_endpoint_is_a_way_in(world: World) -> None:
    made = world.ec2.create_instance_connect_endpoint(SubnetId=world.subnets[0])["InstanceConnectEndpoint"]
    found = world.ec2.describe_instance_connect_endpoints(Filters=world.filter())["InstanceConnectEndpoints"]
    assert [(one["InstanceConnectEndpointId"], one["State"]) for one in found] == [
        (made["InstanceConnectEndpointId"], "create-complete")
    ]
    assert [one["NetworkInterfaceId"] for one in world.interfaces()] == made["NetworkInterfaceIds"]
    world.ec2.delete_instance_connect_endpoint(InstanceConnectEndpointId=made["InstanceConnectEndpointId"])
    assert world.interfaces() == []


def test_route_servers_are_listed(world: World) -> None:
    made = world.ec2.create_route_server(AmazonSideAsn=65000)["RouteServer"]["RouteServerId"]
    assert [one["RouteServerId"] for one in world.ec2.describe_route_servers()["RouteServers"]] == [made]
    world.ec2.delete_route_server(RouteServerId=made)
    assert world.ec2.describe_route_servers()["RouteServers"] == []


def test_a_transit_gateway_stands_in_the_subnets_of_its_attachment(world: World) -> None:
    gateway = world.transit()
    found = world.ec2.describe_transit_gateway_vpc_attachments(Filters=world.filter())["TransitGatewayVpcAttachments"]
    assert [(one["TransitGatewayId"], one["SubnetIds"], one["Tags"]) for one in found] == [
        (gateway, world.subnets[:1], [{"Key": "k", "Value": "v"}])
    ]
    assert [one["InterfaceType"] for one in world.interfaces()] == ["transit_gateway"]
    world.ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=found[0]["TransitGatewayAttachmentId"])
    assert world.interfaces() == []


@pytest.mark.parametrize(("side", "count"), [("requester", 1), ("accepter", 0)])
def test_peering_connections_are_found_by_their_side(world: World, side: str, count: int) -> None:
    world.peering()
    filters = [{"Name": f"{side}-vpc-info.vpc-id", "Values": [world.vpc]}]
    found = world.ec2.describe_vpc_peering_connections(Filters=filters)["VpcPeeringConnections"]
    assert len(found) == count
    assert all(one["AccepterVpcInfo"]["CidrBlockSet"] == [{"CidrBlock": "10.9.0.0/16"}] for one in found)


def test_gateways_of_a_vpc_are_found_by_it(world: World) -> None:
    made = (world.vpn(), world.carrier())
    attached = [{"Name": "attachment.vpc-id", "Values": [world.vpc]}]
    gateways = world.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]
    assert [one["InternetGatewayId"] for one in gateways] == [world.gateway]
    vpns = world.ec2.describe_vpn_gateways(Filters=attached)["VpnGateways"]
    carriers = world.ec2.describe_carrier_gateways(Filters=world.filter())["CarrierGateways"]
    assert (vpns[0]["VpnGatewayId"], carriers[0]["CarrierGatewayId"]) == made


def test_attributes_of_a_vpc_subnet_interface_and_instance_change(world: World) -> None:
    world.ec2.modify_vpc_attribute(VpcId=world.vpc, EnableDnsHostnames={"Value": True})
    world.ec2.modify_vpc_attribute(VpcId=world.vpc, EnableDnsSupport={"Value": False})
    read = {
        name: world.ec2.describe_vpc_attribute(VpcId=world.vpc, Attribute=f"enableDns{name}")[f"EnableDns{name}"]
        for name in ("Hostnames", "Support")
    }
    assert read == {"Hostnames": {"Value": True}, "Support": {"Value": False}}
    world.ec2.modify_subnet_attribute(SubnetId=world.subnets[0], MapPublicIpOnLaunch={"Value": True})
    assert world.ec2.describe_subnets(SubnetIds=world.subnets[:1])["Subnets"][0]["MapPublicIpOnLaunch"]
    group = world.ec2.create_security_group(GroupName="g", Description="d", VpcId=world.vpc)["GroupId"]
    interface = world.interface()
    world.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    world.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    changed = world.interfaces()[0]
    assert (changed["Groups"], changed["SourceDestCheck"]) == ([{"GroupId": group, "GroupName": "g"}], False)
    instance = world.instance()
    world.ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    described = world.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    own = next(one for one in world.interfaces() if one.get("Attachment", {}).get("InstanceId") == instance)
    assert (described["SourceDestCheck"], own["SourceDestCheck"]) == (False, False)


def test_flow_logs_are_described_and_deleted(world: World) -> None:
    world.aws.client("logs").create_log_group(logGroupName="flows")
    made = world.ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[world.vpc],
        TrafficType="ALL",
        LogGroupName="flows",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flows",
    )["FlowLogIds"]
    filters = [{"Name": "resource-id", "Values": [world.vpc]}]
    read = world.ec2.describe_flow_logs(Filter=filters)["FlowLogs"]
    assert [(one["FlowLogStatus"], one["DeliverLogsStatus"], one["TrafficType"]) for one in read] == [
        ("ACTIVE", "SUCCESS", "ALL")
    ]
    world.ec2.delete_flow_logs(FlowLogIds=made)
    assert world.ec2.describe_flow_logs(Filter=filters)["FlowLogs"] == []


def test_what_points_to_a_subnet_goes_with_it(world: World) -> None:
    world.ec2.associate_route_table(RouteTableId=world.table, SubnetId=world.subnets[0])
    world.ec2.delete_subnet(SubnetId=world.subnets[0])
    assert world.ec2.describe_route_tables(RouteTableIds=[world.table])["RouteTables"][0]["Associations"] == []
    acls = world.ec2.describe_network_acls(Filters=world.filter())["NetworkAcls"]
    associated = [association["SubnetId"] for acl in acls for association in acl["Associations"]]
    assert associated == world.subnets[1:]


def _two_tables_for_a_subnet(world: World) -> None:
    for table in (world.table, world.ec2.create_route_table(VpcId=world.vpc)["RouteTable"]["RouteTableId"]):
        world.ec2.associate_route_table(RouteTableId=table, SubnetId=world.subnets[0])


def _twice(world: World) -> None:
    world.route(GatewayId=world.gateway)
    world.route(GatewayId=world.gateway)


def _aws_list(world: World) -> str:
    listed: str = world.ec2.describe_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    return listed


def _list_in_use(world: World) -> None:
    listed = world.create_list()
    world.ec2.create_route(RouteTableId=world.table, DestinationPrefixListId=listed, GatewayId=world.gateway)
    world.ec2.delete_managed_prefix_list(PrefixListId=listed)


def _firewall_endpoint(world: World) -> Any:
    api = world.aws.client("network-firewall")
    actions = {"StatelessDefaultActions": ["aws:drop"], "StatelessFragmentDefaultActions": ["aws:drop"]}
    policy = api.create_firewall_policy(FirewallPolicyName="p", FirewallPolicy=actions)["FirewallPolicyResponse"]
    api.create_firewall(
        FirewallName="f",
        FirewallPolicyArn=policy["FirewallPolicyArn"],
        VpcId=world.vpc,
        SubnetMappings=[{"SubnetId": world.subnets[0]}],
    )
    return world.ec2.describe_vpc_endpoints()["VpcEndpoints"][0]["VpcEndpointId"]


Act = Callable[[World], object]
REFUSED: dict[str, tuple[Act, str]] = {
    "a second route to one destination": (_twice, "RouteAlreadyExists"),
    "a gateway of another VPC": (
        lambda world: world.route(
            GatewayId=world.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ),
        "InvalidParameterValue",
    ),
    "a NAT gateway that is not there": (
        lambda world: world.route(NatGatewayId="nat-0123456789abcdef0"),
        "InvalidNatGatewayID.NotFound",
    ),
    "a route to an interface endpoint": (
        lambda world: world.route(
            VpcEndpointId=world.create_endpoint(
                "kms", VpcEndpointType="Interface", SubnetIds=world.subnets, PrivateDnsEnabled=False
            )
        ),
        "RouteNotSupported",
    ),
    "a transit gateway without an attachment": (
        lambda world: world.route(
            TransitGatewayId=world.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
        ),
        "InvalidTransitGatewayID.NotFound",
    ),
    "a route without a target": (World.route, "InvalidParameterCombination"),
    "a route inside the VPC that is no subnet's": (
        lambda world: world.route("10.0.9.0/24", NetworkInterfaceId=world.interface()),
        "InvalidParameterValue",
    ),
    "a route inside the VPC to the internet": (
        lambda world: world.route("10.0.1.0/24", GatewayId=world.gateway),
        "InvalidParameterValue",
    ),
    "a destination that is no network": (
        lambda world: world.route("everywhere", GatewayId=world.gateway),
        "InvalidParameterValue",
    ),
    "replacing a route that is not there": (
        lambda world: world.ec2.replace_route(
            RouteTableId=world.table, DestinationCidrBlock=EVERYWHERE, GatewayId=world.gateway
        ),
        "InvalidParameterValue",
    ),
    "deleting a route that is not there": (
        lambda world: world.ec2.delete_route(RouteTableId=world.table, DestinationCidrBlock=EVERYWHERE),
        "InvalidRoute.NotFound",
    ),
    "deleting the local route": (
        lambda world: world.ec2.delete_route(RouteTableId=world.table, DestinationCidrBlock=INSIDE),
        "InvalidParameterValue",
    ),
    "two tables for a subnet": (_two_tables_for_a_subnet, "Resource.AlreadyAssociated"),
    "learning routes from a gateway that is not attached": (
        lambda world: world.ec2.enable_vgw_route_propagation(
            RouteTableId=world.table,
            GatewayId=world.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"],
        ),
        "Gateway.NotAttached",
    ),
    "an ACL entry in the place of the last denial": (lambda world: world.entry(32767), "InvalidParameterValue"),
    "TCP without ports": (
        lambda world: world.ec2.create_network_acl_entry(
            NetworkAclId=world.acl, RuleNumber=1, Protocol="6", RuleAction="allow", Egress=True, CidrBlock=EVERYWHERE
        ),
        "InvalidParameterValue",
    ),
    "an ACL entry that is not there": (
        lambda world: world.ec2.delete_network_acl_entry(NetworkAclId=world.acl, RuleNumber=1, Egress=True),
        "InvalidNetworkAclEntry.NotFound",
    ),
    "an association of an ACL that is not there": (
        lambda world: world.ec2.replace_network_acl_association(AssociationId="aclassoc-0", NetworkAclId=world.acl),
        "InvalidAssociationID.NotFound",
    ),
    "an endpoint for no service": (lambda world: world.create_endpoint("kms"), "InvalidServiceName"),
    "an endpoint policy that is no JSON": (
        lambda world: world.create_endpoint("s3", PolicyDocument="{"),
        "InvalidPolicyDocument",
    ),
    "changing an endpoint of a firewall": (
        lambda world: world.ec2.modify_vpc_endpoint(VpcEndpointId=_firewall_endpoint(world), ResetPolicy=True),
        "OperationNotPermitted",
    ),
    "a public NAT gateway without an address": (
        lambda world: world.ec2.create_nat_gateway(SubnetId=world.subnets[0]),
        "InvalidParameterCombination",
    ),
    "a NAT gateway that is gone": (
        lambda world: world.ec2.delete_nat_gateway(NatGatewayId="nat-0123456789abcdef0"),
        "NatGatewayNotFound",
    ),
    "changing a prefix list of AWS": (
        lambda world: world.ec2.modify_managed_prefix_list(PrefixListId=_aws_list(world), MaxEntries=9),
        "OperationNotPermitted",
    ),
    "changing a prefix list from an older version": (
        lambda world: world.ec2.modify_managed_prefix_list(PrefixListId=world.create_list(), CurrentVersion=7),
        "PrefixListVersionMismatch",
    ),
    "more entries than a prefix list takes": (
        lambda world: world.create_list("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
        "PrefixListMaxEntriesExceeded",
    ),
    "deleting a prefix list that a route names": (_list_in_use, "DependencyViolation"),
    "DHCP options that are not there": (
        lambda world: world.ec2.associate_dhcp_options(DhcpOptionsId="dopt-0123", VpcId=world.vpc),
        "InvalidDhcpOptionID.NotFound",
    ),
    "an exclusion that is not there": (
        lambda world: world.ec2.delete_vpc_block_public_access_exclusion(ExclusionId="vpcbpa-exclude-0"),
        "InvalidVpcBlockPublicAccessExclusionId.NotFound",
    ),
    "an exclusion of nothing": (
        lambda world: world.ec2.create_vpc_block_public_access_exclusion(InternetGatewayExclusionMode="allow-egress"),
        "InvalidParameterCombination",
    ),
    "a filter that the operation does not know": (
        lambda world: world.ec2.describe_vpc_peering_connections(Filters=[{"Name": "vpc", "Values": ["x"]}]),
        "InvalidParameterValue",
    ),
    "deleting a subnet in which something stands": (
        lambda world: (world.interface(), world.ec2.delete_subnet(SubnetId=world.subnets[0])),
        "DependencyViolation",
    ),
}


@pytest.mark.parametrize(("act", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(world: World, act: Act, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        act(world)
    assert refused.value.response["Error"]["Code"] == code


def test_endpoints_of_a_firewall_are_not_deleted_by_hand(world: World) -> None:
    endpoint = _firewall_endpoint(world)
    refused = world.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint, "vpce-0123"])["Unsuccessful"]
    assert [(one["ResourceId"], one["Error"]["Code"]) for one in refused] == [
        (endpoint, "InvalidParameter"),
        ("vpce-0123", "InvalidVpcEndpoint.NotFound"),
    ]
    assert world.endpoint(endpoint)["State"] == "available"
