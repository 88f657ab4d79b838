"""EC2: blocks, subnets, tables, routes and what they lead to."""

from __future__ import annotations

from agent_perimeter.drift.model import Meaning
from tests.aws.mutations.exercises.iam import workload
from tests.aws.mutations.world import OUTSIDE, World, exercise

WIDENS, WEAKENS, NARROWS, UNCLEAR = Meaning.WIDENS, Meaning.WEAKENS, Meaning.NARROWS, Meaning.UNCLEAR
AGENT = "subnet/agent/reader/0"
EVERYWHERE = "0.0.0.0/0"


@exercise("ec2:ReplaceRoute", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example")
def past_the_firewall(world: World) -> str:
    """The agents' default route leads to the NAT gateway, past the firewall."""
    world.ec2.replace_route(
        RouteTableId=world.table_of(AGENT), DestinationCidrBlock=EVERYWHERE, NatGatewayId=world["nat/0"]
    )
    return world.table_of(AGENT)


@exercise("ec2:CreateRoute", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example")
def a_block_past_the_firewall(world: World) -> str:
    """A narrower route leads past the firewall."""
    world.ec2.create_route(
        RouteTableId=world.table_of(AGENT), DestinationCidrBlock="203.0.113.0/24", NatGatewayId=world["nat/0"]
    )
    return world.table_of(AGENT)


@exercise("ec2:DeleteRoute", NARROWS, says="0.0.0.0/0.*lost something")
def no_default_route(world: World) -> str:
    """The agents' default route is gone."""
    world.ec2.delete_route(RouteTableId=world.table_of(AGENT), DestinationCidrBlock=EVERYWHERE)
    return world.table_of(AGENT)


@exercise("ec2:ReplaceRouteTableAssociation", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example")
def another_table(world: World) -> str:
    """An agent's subnet follows the NAT gateway's neighbours instead of the firewall's."""
    world.ec2.replace_route_table_association(
        AssociationId=world.association_of(AGENT), RouteTableId=world.table_of("subnet/firewall/0")
    )
    return world[AGENT]


@exercise("ec2:DisassociateRouteTable", NARROWS, says="lost something")
def the_main_table(world: World) -> str:
    """An agent's subnet falls back to the main table, which leads nowhere."""
    world.ec2.disassociate_route_table(AssociationId=world.association_of(AGENT))
    return world[AGENT]


@exercise(
    "ec2:AssociateRouteTable", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example", also=("ec2:CreateRouteTable",)
)
def a_table_of_ones_own(world: World) -> str:
    """A new table with a route past the firewall, for an agent's subnet."""
    table = world.ec2.create_route_table(VpcId=world["vpc"])["RouteTable"]["RouteTableId"]
    world.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, NatGatewayId=world["nat/0"])
    world.ec2.disassociate_route_table(AssociationId=world.association_of(AGENT))
    world.ec2.associate_route_table(RouteTableId=table, SubnetId=world[AGENT])
    return world[AGENT]


@exercise("ec2:CreateNatGateway", WEAKENS, says="a way out stands ready")
def a_nat_gateway_more(world: World) -> str:
    """A second NAT gateway, that no route leads to."""
    address = world.ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = world.ec2.create_nat_gateway(SubnetId=world["subnet/egress/0"], AllocationId=address)
    return str(made["NatGateway"]["NatGatewayId"])


@exercise("ec2:DeleteNatGateway", NARROWS)
def no_nat_gateway(world: World) -> str:
    """The NAT gateway is gone."""
    world.ec2.delete_nat_gateway(NatGatewayId=world["nat/0"])
    return world["nat/0"]


@exercise("ec2:DetachInternetGateway", NARROWS)
def no_internet_gateway(world: World) -> str:
    """The internet gateway is detached."""
    world.ec2.detach_internet_gateway(InternetGatewayId=world["internet-gateway"], VpcId=world["vpc"])
    return world["internet-gateway"]


@exercise("ec2:DeleteInternetGateway", NARROWS)
def an_internet_gateway_less(world: World) -> str:
    """The internet gateway is deleted."""
    world.ec2.detach_internet_gateway(InternetGatewayId=world["internet-gateway"], VpcId=world["vpc"])
    world.ec2.delete_internet_gateway(InternetGatewayId=world["internet-gateway"])
    return world["internet-gateway"]


@exercise("ec2:AttachInternetGateway", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.example")
def another_internet_gateway(world: World) -> str:
    """The internet gateway is exchanged, an agent's subnet leads straight to it, and its machine has an address."""
    world.ec2.detach_internet_gateway(InternetGatewayId=world["internet-gateway"], VpcId=world["vpc"])
    other = world.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    world.ec2.attach_internet_gateway(InternetGatewayId=other, VpcId=world["vpc"])
    world.ec2.replace_route(RouteTableId=world.table_of(AGENT), DestinationCidrBlock=EVERYWHERE, GatewayId=other)
    workload(world, boundary=True)
    _give_address(world)
    return world.table_of(AGENT)


def _give_address(world: World) -> str:
    address = world.ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = world.ec2.associate_address(AllocationId=address, NetworkInterfaceId=world.interface_in(AGENT))
    return str(made["AssociationId"])


@exercise("ec2:AssociateAddress", WEAKENS, says="public address")
def a_public_address(world: World) -> str:
    """An agent's machine gets a public address; no route uses it yet."""
    workload(world, boundary=True)
    _give_address(world)
    return world.interface_in(AGENT)


@exercise("ec2:DisassociateAddress", None)
def a_public_address_taken_back(world: World) -> str:
    """A public address that was given and taken back."""
    workload(world, boundary=True)
    world.ec2.disassociate_address(AssociationId=_give_address(world))
    return world.interface_in(AGENT)


@exercise(
    "ec2:CreateEgressOnlyInternetGateway", WEAKENS, says="a way out stands ready", also=("ec2:AssociateVpcCidrBlock",)
)
def a_way_out_for_ipv6(world: World) -> str:
    """IPv6 and a gateway for it: no subnet has a block yet."""
    world.ec2.associate_vpc_cidr_block(VpcId=world["vpc"], AmazonProvidedIpv6CidrBlock=True)
    made = world.ec2.create_egress_only_internet_gateway(VpcId=world["vpc"])["EgressOnlyInternetGateway"]
    return str(made["EgressOnlyInternetGatewayId"])


@exercise("ec2:DeleteEgressOnlyInternetGateway", None)
def a_way_out_for_ipv6_closed(world: World) -> str:
    """A gateway for IPv6 that was made and is gone."""
    made = world.ec2.create_egress_only_internet_gateway(VpcId=world["vpc"])["EgressOnlyInternetGateway"]
    gateway = str(made["EgressOnlyInternetGatewayId"])
    world.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=gateway)
    return gateway


@exercise("ec2:AssociateVpcCidrBlock", WEAKENS, says=r"10\.43\.0\.0/16")
def a_second_block(world: World) -> str:
    """The VPC gets a second block, which is local to it and so no business of the firewall's."""
    world.ec2.associate_vpc_cidr_block(VpcId=world["vpc"], CidrBlock="10.43.0.0/16")
    return world["vpc"]


@exercise("ec2:AssociateSubnetCidrBlock", WEAKENS, says="IPv6 is a second internet")
def ipv6_in_the_subnet(world: World) -> str:
    """An agent's subnet speaks IPv6."""
    world.ec2.associate_vpc_cidr_block(VpcId=world["vpc"], AmazonProvidedIpv6CidrBlock=True)
    vpc = world.ec2.describe_vpcs(VpcIds=[world["vpc"]])["Vpcs"][0]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    world.ec2.associate_subnet_cidr_block(SubnetId=world[AGENT], Ipv6CidrBlock=block.replace("/56", "/64"))
    return world[AGENT]


@exercise("ec2:CreateSubnet", UNCLEAR, says="whose subnet it is")
def a_subnet_more(world: World) -> str:
    """A subnet that nobody planned, whose it is nobody knows."""
    made = world.ec2.create_subnet(VpcId=world["vpc"], CidrBlock="10.42.250.0/24")
    return str(made["Subnet"]["SubnetId"])


@exercise("ec2:DeleteSubnet", NARROWS, says="subnet .* was removed")
def a_subnet_less(world: World) -> str:
    """An agent's subnet is gone."""
    world.ec2.delete_subnet(SubnetId=world["subnet/agent/writer/0"])
    return world["subnet/agent/writer/0"]


@exercise("ec2:ModifySubnetAttribute", WEAKENS, says="public")
def addresses_for_all(world: World) -> str:
    """Machines that start in an agent's subnet get a public address."""
    world.ec2.modify_subnet_attribute(SubnetId=world[AGENT], MapPublicIpOnLaunch={"Value": True})
    return world[AGENT]


@exercise("ec2:ModifyVpcAttribute", NARROWS, says="lost something")
def no_resolver(world: World) -> str:
    """The VPC has no resolver any more."""
    world.ec2.modify_vpc_attribute(VpcId=world["vpc"], EnableDnsSupport={"Value": False})
    return world["vpc"]


@exercise("ec2:AssociateDhcpOptions", WEAKENS, says=r"203\.0\.113\.53.*DNS Firewall does not stand before")
def another_resolver(world: World) -> str:
    """Machines are told of a resolver outside."""
    made = world.ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["203.0.113.53"]}]
    )["DhcpOptions"]["DhcpOptionsId"]
    world.ec2.associate_dhcp_options(DhcpOptionsId=made, VpcId=world["vpc"])
    return world["vpc"]


def _peering(world: World) -> str:
    other = world.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    made = world.ec2.create_vpc_peering_connection(VpcId=world["vpc"], PeerVpcId=other)
    return str(made["VpcPeeringConnection"]["VpcPeeringConnectionId"])


@exercise("ec2:CreateVpcPeeringConnection", WEAKENS, says="a way out stands ready")
def a_neighbour(world: World) -> str:
    """A peering connection is asked for; no route leads to it."""
    return _peering(world)


@exercise("ec2:AcceptVpcPeeringConnection", WIDENS, says=r"10\.99\.0\.1:443")
def a_neighbour_reached(world: World) -> str:
    """A peering connection, and a route to it in the table of the agents."""
    peering = _peering(world)
    world.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    world.ec2.create_route(
        RouteTableId=world.table_of(AGENT), DestinationCidrBlock="10.99.0.0/16", VpcPeeringConnectionId=peering
    )
    return world.table_of(AGENT)


@exercise("ec2:CreateTransitGatewayVpcAttachment", WEAKENS, says="a way out stands ready")
def an_attachment(world: World) -> str:
    """The VPC is attached to a transit gateway; no route leads to it."""
    gateway = str(world.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"])
    world.ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=world["vpc"], SubnetIds=[world[AGENT]]
    )
    return gateway


def _vpn(world: World) -> str:
    gateway = world.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    world.ec2.attach_vpn_gateway(VpcId=world["vpc"], VpnGatewayId=gateway)
    return str(gateway)


@exercise("ec2:AttachVpnGateway", WEAKENS, says="a way out stands ready")
def a_vpn_gateway(world: World) -> str:
    """A virtual private gateway; no route leads to it."""
    return _vpn(world)


@exercise("ec2:EnableVgwRoutePropagation", UNCLEAR, says="addresses that are not known was added")
def routes_of_others(world: World) -> str:
    """Whoever is behind the VPN writes routes into an agent's table."""
    world.ec2.enable_vgw_route_propagation(GatewayId=_vpn(world), RouteTableId=world.table_of(AGENT))
    return world.table_of(AGENT)


@exercise("ec2:DetachVpnGateway", None)
def a_vpn_gateway_less(world: World) -> str:
    """A virtual private gateway that was attached and is so no more."""
    gateway = _vpn(world)
    world.ec2.detach_vpn_gateway(VpcId=world["vpc"], VpnGatewayId=gateway)
    return gateway


@exercise("ec2:CreateCarrierGateway", WEAKENS, says="a way out stands ready")
def a_carrier_gateway(world: World) -> str:
    """A carrier gateway; no route leads to it."""
    made = world.ec2.create_carrier_gateway(VpcId=world["vpc"])
    return str(made["CarrierGateway"]["CarrierGatewayId"])


@exercise("ec2:ModifyVpcBlockPublicAccessOptions", UNCLEAR)
def all_blocked(world: World) -> str:
    """The account blocks public access both ways."""
    world.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="block-bidirectional")
    return world["vpc"]


@exercise("ec2:CreateVpcBlockPublicAccessExclusion", None)
def all_blocked_but_us(world: World) -> str:
    """An exclusion from a block that is not on."""
    world.ec2.create_vpc_block_public_access_exclusion(
        VpcId=world["vpc"], InternetGatewayExclusionMode="allow-bidirectional"
    )
    return world["vpc"]


@exercise("ec2:CreateFlowLogs", None)
def a_second_flow_log(world: World) -> str:
    """Connections are written twice."""
    world.ec2.create_flow_logs(
        ResourceIds=[world["vpc"]],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::somewhere",
    )
    return world["vpc"]


@exercise("ec2:DeleteFlowLogs", WEAKENS, says="leaves no trace")
def no_flow_log(world: World) -> str:
    """Connections leave no trace."""
    world.ec2.delete_flow_logs(FlowLogIds=[world["log/vpc-flow/flow-log"]])
    return world["vpc"]


@exercise("ec2:CreateTags", None)
def a_tag(world: World) -> str:
    """A tag on a subnet."""
    world.ec2.create_tags(Resources=[world[AGENT]], Tags=[{"Key": "owner", "Value": "network"}])
    return world[AGENT]


@exercise("ec2:CreateTags", WIDENS, says=r"203\.0\.113\.9:443 sni=evil\.reader\.example")
def another_agents_tag(world: World) -> str:
    """An agent's subnet is tagged as another's, which would hide it from whoever looks for it by its tag."""
    world.ec2.create_tags(Resources=[world[AGENT]], Tags=[{"Key": "agent-perimeter:agent", "Value": "writer"}])
    return world[AGENT]


@exercise("ec2:DeleteTags", WEAKENS, says="nobody can tell whose it is")
def no_tags(world: World) -> str:
    """An agent's subnet loses the tags that say whose it is."""
    world.ec2.delete_tags(
        Resources=[world[AGENT]], Tags=[{"Key": "agent-perimeter:agent"}, {"Key": "agent-perimeter:role"}]
    )
    return world[AGENT]


@exercise("ec2:CreateTags", None)
def a_name(world: World) -> str:
    """A subnet gets another name."""
    world.ec2.create_tags(Resources=[world[AGENT]], Tags=[{"Key": "Name", "Value": f"towards {OUTSIDE}"}])
    return world[AGENT]


@exercise(
    "ec2:DeleteVpcPeeringConnection",
    None,
    also=(
        "ec2:DeleteCarrierGateway",
        "ec2:DeleteTransitGatewayVpcAttachment",
        "ec2:DisableVgwRoutePropagation",
        "ec2:RejectVpcPeeringConnection",
    ),
)
def ways_out_taken_back(world: World) -> str:
    """Everything that a VPC can be attached to, attached and taken away again."""
    world.ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=_peering(world))
    peering = _peering(world)
    world.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    world.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    transit = world.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    attached = world.ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=transit, VpcId=world["vpc"], SubnetIds=[world[AGENT]]
    )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    world.ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attached)
    gateway = _vpn(world)
    world.ec2.enable_vgw_route_propagation(GatewayId=gateway, RouteTableId=world.table_of(AGENT))
    world.ec2.disable_vgw_route_propagation(GatewayId=gateway, RouteTableId=world.table_of(AGENT))
    world.ec2.detach_vpn_gateway(VpcId=world["vpc"], VpnGatewayId=gateway)
    carrier = world.ec2.create_carrier_gateway(VpcId=world["vpc"])["CarrierGateway"]["CarrierGatewayId"]
    world.ec2.delete_carrier_gateway(CarrierGatewayId=carrier)
    return peering


@exercise(
    "ec2:DisassociateVpcCidrBlock",
    None,
    also=(
        "ec2:DeleteInstanceConnectEndpoint",
        "ec2:DeleteNetworkAcl",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteRouteTable",
        "ec2:DeleteVpcBlockPublicAccessExclusion",
        "ec2:DetachNetworkInterface",
        "ec2:DisassociateSecurityGroupVpc",
        "ec2:DisassociateSubnetCidrBlock",
    ),
)
def parts_taken_back(world: World) -> str:
    """Blocks, interfaces, tables and whatever else a VPC is made of, made and taken away again."""
    vpc, subnet = world["vpc"], world[AGENT]
    made = world.ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    block = world.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    part = world.ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block.replace("/56", "/64"))
    world.ec2.disassociate_subnet_cidr_block(AssociationId=part["Ipv6CidrBlockAssociation"]["AssociationId"])
    world.ec2.disassociate_vpc_cidr_block(AssociationId=made["Ipv6CidrBlockAssociation"]["AssociationId"])
    instance, _ = workload(world, boundary=True)
    interface = world.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    attachment = world.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=1)[
        "AttachmentId"
    ]
    world.ec2.detach_network_interface(AttachmentId=attachment)
    world.ec2.delete_network_interface(NetworkInterfaceId=interface)
    way_in = world.ec2.create_instance_connect_endpoint(SubnetId=subnet)["InstanceConnectEndpoint"]
    world.ec2.delete_instance_connect_endpoint(InstanceConnectEndpointId=way_in["InstanceConnectEndpointId"])
    other = world.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    world.ec2.associate_security_group_vpc(GroupId=world["group/agent/reader"], VpcId=other)
    world.ec2.disassociate_security_group_vpc(GroupId=world["group/agent/reader"], VpcId=other)
    table = world.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    world.ec2.delete_route_table(RouteTableId=table)
    acl = world.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    world.ec2.delete_network_acl(NetworkAclId=acl)
    exclusion = world.ec2.create_vpc_block_public_access_exclusion(
        VpcId=vpc, InternetGatewayExclusionMode="allow-bidirectional"
    )["VpcBlockPublicAccessExclusion"]["ExclusionId"]
    world.ec2.delete_vpc_block_public_access_exclusion(ExclusionId=exclusion)
    return vpc
