"""Route tables, what they are associated with, and routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from agent_perimeter.lift.lists import prefix_list
from agent_perimeter.lift.node import Pointer
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.lift.resources import Resources, origin
from agent_perimeter.lift.vpc import SUBNET, VPC
from agent_perimeter.observed import (
    Doubt,
    ListRef,
    ManagedList,
    Ref,
    Route,
    RouteTable,
    RouteTableAssociation,
    Target,
    TargetKind,
)
from agent_perimeter.values import Cidr

ROUTE_TABLE = "AWS::EC2::RouteTable"

TARGETS: Mapping[str, tuple[TargetKind, str]] = MappingProxyType(
    {
        "CarrierGatewayId": (TargetKind.CARRIER_GATEWAY, "AWS::EC2::CarrierGateway"),
        "CoreNetworkArn": (TargetKind.CORE_NETWORK, "AWS::NetworkManager::CoreNetwork"),
        "EgressOnlyInternetGatewayId": (TargetKind.EGRESS_ONLY_GATEWAY, "AWS::EC2::EgressOnlyInternetGateway"),
        "InstanceId": (TargetKind.INSTANCE, "AWS::EC2::Instance"),
        "LocalGatewayId": (TargetKind.LOCAL_GATEWAY, "AWS::EC2::LocalGateway"),
        "NatGatewayId": (TargetKind.NAT_GATEWAY, "AWS::EC2::NatGateway"),
        "NetworkInterfaceId": (TargetKind.INTERFACE, "AWS::EC2::NetworkInterface"),
        "TransitGatewayId": (TargetKind.TRANSIT_GATEWAY, "AWS::EC2::TransitGateway"),
        "VpcPeeringConnectionId": (TargetKind.PEERING, "AWS::EC2::VPCPeeringConnection"),
    }
)
"""Properties of a route that name a target of one kind only. GatewayId and VpcEndpointId name several."""

EDGES: Mapping[str, TargetKind] = MappingProxyType(
    {
        "AWS::EC2::InternetGateway": TargetKind.INTERNET_GATEWAY,
        "AWS::EC2::VPNGateway": TargetKind.VPN_GATEWAY,
    }
)


def route_tables(resources: Resources) -> tuple[RouteTable, ...]:
    """Every route table, and each VPC's main one, which CloudFormation can neither name nor change."""
    written = [
        RouteTable(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resources.ref(properties.at("VpcId"), VPC),
            main=False,
        )
        for resource, properties in resources.of(ROUTE_TABLE)
    ]
    implied = [
        RouteTable(
            id=f"{resource.id}/main-route-table",
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resource.id,
            main=True,
        )
        for resource, _ in resources.of(VPC)
    ]
    return (*written, *implied)


def table_associations(resources: Resources) -> tuple[RouteTableAssociation, ...]:
    """The tables of subnets and, as edge tables, of gateways."""
    of_subnets = [
        RouteTableAssociation(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            table=resources.ref(properties.at("RouteTableId"), ROUTE_TABLE),
            subnet=resources.ref(properties.at("SubnetId"), SUBNET),
        )
        for resource, properties in resources.of("AWS::EC2::SubnetRouteTableAssociation")
    ]
    of_gateways = [
        RouteTableAssociation(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            table=resources.ref(properties.at("RouteTableId"), ROUTE_TABLE),
            subnet=None,
            edge=resources.ref(properties.at("GatewayId"), *EDGES),
        )
        for resource, properties in resources.of("AWS::EC2::GatewayRouteTableAssociation")
    ]
    return (*of_subnets, *of_gateways)


def routes(resources: Resources) -> tuple[Route, ...]:
    """Every route beside ``local``; a virtual private gateway propagates routes that no template shows."""
    written = [
        Route(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            table=resources.ref(properties.at("RouteTableId"), ROUTE_TABLE),
            destination=_destination(resources, properties),
            target=_target(resources, properties),
        )
        for resource, properties in resources.of("AWS::EC2::Route")
    ]
    return (*written, *_propagated(resources))


def _propagated(resources: Resources) -> Iterator[Route]:
    for resource, properties in resources.of("AWS::EC2::VPNGatewayRoutePropagation"):
        gateway = resources.ref(properties.at("VpnGatewayId"), "AWS::EC2::VPNGateway")
        for index, table in enumerate(properties.at("RouteTableIds").items()):
            yield Route(
                id=f"{resource.id}/{index}",
                origin=table.origin,
                maybe=table.maybe,
                table=resources.ref(table, ROUTE_TABLE),
                destination=Doubt("what a virtual private gateway propagates is not in a template", table.path),
                target=Target(TargetKind.VPN_GATEWAY, gateway),
                propagated=True,
            )


def _destination(resources: Resources, properties: Property) -> Cidr | ManagedList | ListRef | Doubt:
    written = [
        properties.at(key)
        for key in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
        if not properties.at(key).absent
    ]
    if len(written) != 1:
        return Doubt(f"a route has one destination, not {len(written)}", properties.path)
    if written[0].path.endswith("/DestinationPrefixListId"):
        return prefix_list(resources, written[0])
    return resources.needed_cidr(written[0])


def _target(resources: Resources, properties: Property) -> Target | Doubt:
    keys = [key for key in (*TARGETS, "GatewayId", "VpcEndpointId") if not properties.at(key).absent]
    if len(keys) != 1:
        return Doubt(f"a route has one target, not {len(keys)}: {', '.join(keys) or 'none'}", properties.path)
    written = properties.at(keys[0])
    if keys[0] in TARGETS:
        kind, name = TARGETS[keys[0]]
        return Target(kind, resources.ref(written, name))
    return _gateway(resources, written)


def _gateway(resources: Resources, written: Property) -> Target | Doubt:
    """The target that GatewayId or VpcEndpointId names: by the type of what it points at."""
    pointer = written.pointer()
    if isinstance(pointer, Pointer) and pointer.resource in resources.by_id:
        resource = resources.by_id[pointer.resource]
        match resource.type:
            case "AWS::EC2::InternetGateway" | "AWS::EC2::VPNGateway":
                return Target(EDGES[resource.type], resources.target(pointer, written, resource.type))
            case "AWS::NetworkFirewall::Firewall" if pointer.attribute == "EndpointIds":
                return Target(TargetKind.FIREWALL, resource.id)
            case "AWS::NetworkFirewall::VpcEndpointAssociation" if pointer.attribute == "EndpointId":
                return Target(TargetKind.FIREWALL, _associated_firewall(resources, top(resource)))
            case "AWS::EC2::VPCEndpoint" if top(resource).at("VpcEndpointType").text() == "GatewayLoadBalancer":
                return Target(TargetKind.LOAD_BALANCER_ENDPOINT, resources.target(pointer, written, resource.type))
            case _:
                pass
    if written.text() == "local":
        return Target(TargetKind.LOCAL)
    return Doubt("the target of this route is not a gateway or endpoint of this assembly", written.path)


def _associated_firewall(resources: Resources, association: Property) -> Ref:
    return resources.ref(association.at("FirewallArn"), "AWS::NetworkFirewall::Firewall")
