"""The VPC, its subnets with their explicit route tables and ACLs, its gateways and its routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from agent_perimeter.network import (
    InternetGateway,
    NatGateway,
    Network,
    Role,
    RouteTable,
    Subnet,
    TargetKind,
    Vpc,
)
from agent_perimeter_cdk.linters import accept
from agent_perimeter_cdk.refs import Refs, ipv4


def render_vpc(scope: Construct, vpc: Vpc, refs: Refs) -> ec2.CfnVPC:
    """The VPC: IPv4 only, for no layer behind it judges IPv6."""
    rendered = ec2.CfnVPC(
        scope,
        vpc.id,
        cidr_block=ipv4(vpc.cidr),
        enable_dns_support=vpc.dns_support,
        enable_dns_hostnames=vpc.dns_hostnames,
        tags=refs.tags(vpc.id),
    )
    refs[vpc.id] = rendered.ref
    return rendered


def render_subnets(scope: Construct, network: Network, refs: Refs) -> None:
    """Subnets and route tables. Nothing is left to the VPC's main table or its default ACL, which AWS leaves open."""
    agents = _agents_by_table(network.subnets)
    for table in network.route_tables:
        refs[table.id] = ec2.CfnRouteTable(
            scope, table.id, vpc_id=refs.vpc, tags=refs.tags(table.id, table.role, agents.get(table.id))
        ).ref
    for subnet in network.subnets:
        rendered = ec2.CfnSubnet(
            scope,
            subnet.id,
            vpc_id=refs.vpc,
            cidr_block=ipv4(subnet.cidr),
            availability_zone=refs.zone(subnet.zone),
            map_public_ip_on_launch=False,
            tags=refs.tags(subnet.id, subnet.role, subnet.agent),
        )
        if subnet.zone.name is not None:
            accept(rendered, "W3010", "W3010", "The settings name this zone; others may lack what the agents need.")
        refs[subnet.id] = rendered.ref
        ec2.CfnSubnetRouteTableAssociation(
            scope,
            f"{subnet.id}/route-table",
            subnet_id=refs[subnet.id],
            route_table_id=refs[subnet.route_table],
        )
        ec2.CfnSubnetNetworkAclAssociation(
            scope, f"{subnet.id}/acl", subnet_id=refs[subnet.id], network_acl_id=refs[subnet.acl]
        )


def _agents_by_table(subnets: Iterable[Subnet]) -> dict[str, str]:
    """The one agent that a route table serves. A table that several agents share is nobody's."""
    users: dict[str, set[str]] = {}
    for subnet in subnets:
        if subnet.agent is not None:
            users.setdefault(subnet.route_table, set()).add(subnet.agent)
    return {table: agents.pop() for table, agents in users.items() if len(agents) == 1}


def render_gateways(
    scope: Construct, gateway: InternetGateway | None, nats: Iterable[NatGateway], refs: Refs
) -> ec2.CfnVPCGatewayAttachment | None:
    """The internet gateway and the NAT gateways behind the firewalls. Returns the attachment.

    An Elastic IP or a NAT gateway made before the attachment fails, and an attachment that goes
    before them cannot be removed; CloudFormation sees neither by itself.
    """
    if gateway is None:
        return None
    refs[gateway.id] = ec2.CfnInternetGateway(scope, gateway.id, tags=refs.tags(gateway.id, Role.EGRESS)).ref
    attachment = ec2.CfnVPCGatewayAttachment(
        scope, f"{gateway.id}/attachment", vpc_id=refs.vpc, internet_gateway_id=refs[gateway.id]
    )
    for nat in nats:
        address = ec2.CfnEIP(scope, f"{nat.id}/address", domain="vpc", tags=refs.tags(f"{nat.id}/address", Role.EGRESS))
        address.add_resource_dependency(attachment)
        rendered = ec2.CfnNatGateway(
            scope,
            nat.id,
            connectivity_type="public",
            allocation_id=address.attr_allocation_id,
            subnet_id=refs[nat.subnet],
            tags=refs.tags(nat.id, Role.EGRESS),
        )
        rendered.add_resource_dependency(attachment)
        refs[nat.id] = rendered.ref
    return attachment


def render_routes(
    scope: Construct, tables: Iterable[RouteTable], attachment: ec2.CfnVPCGatewayAttachment | None, refs: Refs
) -> None:
    """The routes, after all that they point at. A route to a firewall waits for its endpoint by naming it."""
    for table in tables:
        for route in table.routes:
            rendered = ec2.CfnRoute(
                scope,
                route.id,
                route_table_id=refs[table.id],
                destination_cidr_block=ipv4(route.destination),
                **_target(route.kind, refs[route.target]),
            )
            if route.kind is TargetKind.INTERNET_GATEWAY and attachment is not None:
                rendered.add_resource_dependency(attachment)


def _target(kind: TargetKind, ref: str) -> dict[str, str]:
    match kind:
        case TargetKind.INTERNET_GATEWAY:
            return {"gateway_id": ref}
        case TargetKind.NAT_GATEWAY:
            return {"nat_gateway_id": ref}
        case TargetKind.FIREWALL:
            return {"vpc_endpoint_id": ref}
        case _:
            assert_never(kind)
