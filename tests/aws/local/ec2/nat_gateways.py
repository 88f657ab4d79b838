"""NAT gateways: an interface of their own in the subnet, which goes when they are deleted."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.interfaces import add_service_interface
from tests.aws.local.ec2.state import now, tags
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation

ec2 = operation(EC2Response)


@ec2
def create_nat_gateway(call: Call) -> Answer:
    backend, kind = asked_ec2(call), call.get("ConnectivityType", "public")
    if call.get("AvailabilityMode", "zonal") != "zonal":
        raise NotImplementedError("The local AWS has zonal NAT gateways only")
    if "SubnetId" not in call.asked:
        raise Refused("MissingParameter", "The request must contain the parameter subnetId")
    if (kind == "public") != ("AllocationId" in call.asked):
        raise Refused("InvalidParameterCombination", "An allocation is for a public NAT gateway, which needs one")
    subnet = backend.get_subnet(call.asked["SubnetId"])
    gateway = backend.create_nat_gateway(subnet.id, call.get("AllocationId"), tags(call, "natgateway"), kind)
    del backend.enis[gateway._eni.id]
    interface = add_service_interface(
        backend, subnet, "nat_gateway", f"Interface for NAT Gateway {gateway.id}", address=call.get("PrivateIpAddress")
    )
    interface.public_ip = gateway._eni.public_ip
    for address in backend.addresses:
        if address.eni is gateway._eni:
            address.eni = interface
    gateway._eni = interface
    gateway.address_set[0] |= {
        "networkInterfaceId": interface.id,
        "privateIp": interface.private_ip_address,
        "IsPrimary": True,
        "Status": "succeeded",
    }
    gateway.availability_mode = "zonal"
    return ActionResult({"NatGateway": gateway})


@ec2
def delete_nat_gateway(call: Call) -> Fields:
    """It is shown as deleted for about an hour; its address is free at once."""
    backend, identity = asked_ec2(call), call.asked["NatGatewayId"]
    gateway = backend.nat_gateways.get(identity)
    if gateway is None or gateway.state == "deleted":
        raise Refused("NatGatewayNotFound", f"The Nat Gateway {identity} was not found")
    _release(backend, gateway)
    gateway.state, gateway.delete_time = "deleted", now()
    return {"NatGatewayId": identity}


def _release(backend: Any, gateway: Any) -> None:
    for address in backend.addresses:
        if address.eni is gateway._eni:
            address.eni, address.association_id = None, None
    del backend.enis[gateway._eni.id]
