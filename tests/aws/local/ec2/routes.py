"""Routes: every kind of target, and what a route may not be.

https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from moto.ec2.models.route_tables import Route
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.route_targets import Target, asked_target
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation

ec2 = operation(EC2Response)

_ROUTE: Any = Route
_DESTINATIONS = {
    "DestinationCidrBlock": "destination_cidr_block",
    "DestinationIpv6CidrBlock": "destination_ipv6_cidr_block",
    "DestinationPrefixListId": "destination_prefix_list_id",
}
"""By member of the API, moto's name for it."""


@ec2
def create_route(call: Call) -> Fields:
    table = _table(call)
    member, destination = _destination(call)
    if _find(table, member, destination) is not None:
        raise Refused("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    target = asked_target(call, table)
    _check_inside_vpc(call, table, destination, target)
    _write(call, table, member, destination, target)
    return {"Return": True}


@ec2
def replace_route(call: Call) -> Fields:
    table = _table(call)
    member, destination = _destination(call)
    route = _find(table, member, destination)
    if route is None:
        raise Refused("InvalidParameterValue", f"There is no route defined for '{destination}' in the route table.")
    _refuse_endpoints_own(route)
    if call.get("LocalTarget"):
        table._routes[route.id] = _new(call, table, member, destination, Target(), local=True)
        return {}
    target = asked_target(call, table)
    _check_inside_vpc(call, table, destination, target)
    _write(call, table, member, destination, target)
    return {}


@ec2
def delete_route(call: Call) -> Fields:
    table = _table(call)
    member, destination = _destination(call)
    route = _find(table, member, destination)
    if route is None:
        raise Refused(
            "InvalidRoute.NotFound", f"no route with destination-cidr-block {destination} in route table {table.id}"
        )
    if route.local:
        raise Refused("InvalidParameterValue", f"cannot remove local route {destination} in route table {table.id}")
    _refuse_endpoints_own(route)
    del table._routes[route.id]
    return {}


@ec2
def associate_route_table(call: Call) -> Answer:
    subnet = call.get("SubnetId")
    for table in asked_ec2(call).route_tables.values():
        if subnet and subnet in table._associations.values() and table.id != call.asked["RouteTableId"]:
            raise Refused(
                "Resource.AlreadyAssociated", f"the specified association for route table {table.id} conflicts"
            )
    return call.stock()


@ec2
def enable_vgw_route_propagation(call: Call) -> Fields:
    table, gateway = _table(call), asked_ec2(call).get_vpn_gateway(call.asked["GatewayId"])
    if table.vpc_id not in gateway.attachments:
        raise Refused("Gateway.NotAttached", f"{gateway.id} is not attached to {table.vpc_id}")
    table.propagating_vgws = [*_other_propagations(call, table), {"GatewayId": gateway.id}]
    return {}


@ec2
def disable_vgw_route_propagation(call: Call) -> Fields:
    table = _table(call)
    table.propagating_vgws = _other_propagations(call, table)
    return {}


def _other_propagations(call: Call, table: Any) -> list[Fields]:
    now: list[Fields] = getattr(table, "propagating_vgws", [])
    return [gateway for gateway in now if gateway["GatewayId"] != call.asked["GatewayId"]]


def _table(call: Call) -> Any:
    return asked_ec2(call).get_route_table(call.asked["RouteTableId"])


def _destination(call: Call) -> tuple[str, str]:
    """The member that holds the destination, and the destination, its host bits cleared."""
    given = [(member, call.asked[member]) for member in _DESTINATIONS if member in call.asked]
    if len(given) != 1:
        raise Refused("InvalidParameterCombination", f"Give one of {', '.join(_DESTINATIONS)}")
    member, destination = given[0]
    if member == "DestinationPrefixListId":
        if destination not in asked_ec2(call).managed_prefix_lists:
            raise Refused("InvalidPrefixListID.NotFound", f"The prefix list ID '{destination}' does not exist")
        return member, destination
    try:
        return member, str(ip_network(destination, strict=False))
    except ValueError:
        raise Refused(
            "InvalidParameterValue", f"Value ({destination}) for parameter destinationCidrBlock is invalid."
        ) from None


def _find(table: Any, member: str, destination: str) -> Any | None:
    attribute = _DESTINATIONS[member]
    return next((route for route in table.routes if getattr(route, attribute) == destination), None)


def _refuse_endpoints_own(route: Any) -> None:
    """The route of a gateway endpoint comes and goes with the endpoint's list of route tables."""
    if route.destination_prefix_list_id and (route.gateway_id or "").startswith("vpce-"):
        raise Refused("InvalidParameterValue", f"cannot modify VPC endpoint route {route.destination_prefix_list_id}")


def _check_inside_vpc(call: Call, table: Any, destination: str, target: Target) -> None:
    """Inside the VPC a route is that of one whole subnet, and leads to something that may pass the traffic on."""
    if destination.startswith("pl-"):
        return
    backend, wanted = asked_ec2(call), ip_network(destination)
    vpc = backend.get_vpc(table.vpc_id)
    blocks = [ip_network(block["cidr_block"]) for block in vpc.get_cidr_block_association_set(ipv6=wanted.version == 6)]
    if wanted in blocks or not any(wanted.subnet_of(block) for block in blocks):  # type: ignore[arg-type]
        return
    subnets = {
        subnet.cidr_block for zone in backend.subnets.values() for subnet in zone.values() if subnet.vpc_id == vpc.id
    }
    if wanted.version == 4 and destination not in subnets:
        raise Refused("InvalidParameterValue", f"The destination CIDR block {destination} is no subnet of the VPC")
    if not (target.endpoint or target.interface or target.instance or target.nat):
        raise Refused(
            "InvalidParameterValue", "Inside the VPC a route leads to an appliance, an endpoint or a NAT gateway"
        )


def _write(call: Call, table: Any, member: str, destination: str, target: Target) -> None:
    route = _new(call, table, member, destination, target)
    table._routes[route.id] = route


def _new(call: Call, table: Any, member: str, destination: str, target: Target, *, local: bool = False) -> Any:
    lists = asked_ec2(call).managed_prefix_lists
    route = _ROUTE(
        table,
        destination_cidr_block=destination if member == "DestinationCidrBlock" else None,
        destination_ipv6_cidr_block=destination if member == "DestinationIpv6CidrBlock" else None,
        destination_prefix_list=lists[destination] if member == "DestinationPrefixListId" else None,
        local=local,
        gateway=target.gateway,
        instance=target.instance,
        nat_gateway=target.nat,
        egress_only_igw=target.egress_only,
        transit_gateway=target.transit,
        interface=target.interface,
        vpc_pcx=target.peering,
        carrier_gateway=target.carrier,
        vpc_endpoint_id=target.endpoint,
    )
    route.instance_owner_id = call.account if target.instance else None
    route.core_network_arn, route.local_gateway_id = target.core_network, target.local_gateway
    return route
