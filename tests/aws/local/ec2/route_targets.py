"""What a route may lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call


@dataclass(frozen=True)
class Target:
    """One of these, as moto's own record, or its id where moto keeps none."""

    gateway: Any = None
    """An internet gateway or a virtual private gateway."""
    nat: Any = None
    egress_only: Any = None
    transit: Any = None
    interface: Any = None
    instance: Any = None
    peering: Any = None
    carrier: Any = None
    endpoint: str | None = None
    core_network: str | None = None
    local_gateway: str | None = None


def asked_target(call: Call, table: Any) -> Target:
    """The target that the request names; a refusal where it names none, several, or one that is not there."""
    given = [member for member in _TARGETS if member in call.asked]
    if len(given) != 1:
        raise Refused("InvalidParameterCombination", "A route has exactly one target")
    return _TARGETS[given[0]](call, table, call.asked[given[0]])


def _gateway(call: Call, table: Any, identity: str) -> Target:
    backend = asked_ec2(call)
    if identity.startswith("vpce-"):
        return _endpoint(call, table, identity)
    if identity.startswith("vgw-"):
        gateway = backend.get_vpn_gateway(identity)
        attached = table.vpc_id in gateway.attachments
    elif identity.startswith("igw-"):
        gateway = backend.get_internet_gateway(identity)
        attached = bool(gateway.vpc and gateway.vpc.id == table.vpc_id)
    else:
        raise Refused("InvalidGatewayID.NotFound", f"The gateway ID '{identity}' does not exist")
    if not attached:
        raise Refused(
            "InvalidParameterValue",
            f"route table {table.id} and network gateway {identity} belong to different networks",
        )
    return Target(gateway=gateway)


def _endpoint(call: Call, table: Any, identity: str) -> Target:
    endpoint = asked_ec2(call).get_vpc_end_point(identity)
    if endpoint.vpc_endpoint_type != "GatewayLoadBalancer":
        raise Refused(
            "RouteNotSupported", f"A route cannot lead to {identity}, which is no Gateway Load Balancer endpoint"
        )
    if endpoint.vpc_id != table.vpc_id:
        raise Refused("InvalidParameterValue", f"{identity} is in another VPC than {table.id}")
    return Target(endpoint=identity)


def _nat(call: Call, _: Any, identity: str) -> Target:
    gateway = asked_ec2(call).nat_gateways.get(identity)
    if gateway is None or gateway.state != "available":
        raise Refused("InvalidNatGatewayID.NotFound", f"The natGateway ID '{identity}' does not exist")
    return Target(nat=gateway)


def _transit(call: Call, table: Any, identity: str) -> Target:
    backend = asked_ec2(call)
    gateway = backend.transit_gateways.get(identity)
    attachments = backend.transit_gateway_attachments.values()
    if gateway is None or not any(
        (held.transit_gateway_id, held.resource_id, held.state) == (identity, table.vpc_id, "available")
        for held in attachments
    ):
        raise Refused("InvalidTransitGatewayID.NotFound", f"Transit Gateway {identity} was deleted or does not exist.")
    return Target(transit=gateway)


def _carrier(call: Call, _: Any, identity: str) -> Target:
    gateway = asked_ec2(call).carrier_gateways.get(identity)
    if gateway is None:
        raise Refused("InvalidCarrierGatewayID.NotFound", f"The carrier gateway ID '{identity}' does not exist")
    return Target(carrier=gateway)


def _instance(call: Call, _: Any, identity: str) -> Target:
    """AWS shows the instance and its interface both."""
    instance = asked_ec2(call).get_instance(identity)
    return Target(instance=instance, interface=instance.nics[0])


def _unimplemented(_: Call, __: Any, identity: str) -> Target:
    raise NotImplementedError(f"The local AWS has no Oracle Database@AWS network: {identity}")


_TARGETS: Mapping[str, Callable[[Call, Any, str], Target]] = {
    "CarrierGatewayId": _carrier,
    "CoreNetworkArn": lambda _, __, arn: Target(core_network=arn),
    "EgressOnlyInternetGatewayId": lambda call, _, identity: Target(
        egress_only=asked_ec2(call).get_egress_only_igw(identity)
    ),
    "GatewayId": _gateway,
    "InstanceId": _instance,
    "LocalGatewayId": lambda _, __, identity: Target(local_gateway=identity),
    "NatGatewayId": _nat,
    "NetworkInterfaceId": lambda call, _, identity: Target(interface=asked_ec2(call).get_network_interface(identity)),
    "OdbNetworkArn": _unimplemented,
    "TransitGatewayId": _transit,
    "VpcEndpointId": _endpoint,
    "VpcPeeringConnectionId": lambda call, _, identity: Target(
        peering=asked_ec2(call).get_vpc_peering_connection(identity)
    ),
}
