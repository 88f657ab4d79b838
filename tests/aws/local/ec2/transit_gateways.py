"""Attachments of transit gateways: an interface in each of their subnets, and the tags that moto loses."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.interfaces import add_service_interface
from tests.aws.local.ec2.state import tags
from tests.aws.local.operations import Answer, Call, operation

ec2 = operation(EC2Response)


@ec2
def create_transit_gateway_vpc_attachment(call: Call) -> Answer:
    backend = asked_ec2(call)
    attachment = backend.create_transit_gateway_vpc_attachment(
        call.asked["TransitGatewayId"],
        call.asked["VpcId"],
        call.asked["SubnetIds"],
        tags=tags(call, "transit-gateway-attachment"),
        options=call.get("Options"),
    )
    for subnet in call.asked["SubnetIds"]:
        description = f"Network Interface for Transit Gateway Attachment {attachment.id}"
        add_service_interface(backend, backend.get_subnet(subnet), "transit_gateway", description)
    return ActionResult({"TransitGatewayVpcAttachment": attachment})


@ec2
def delete_transit_gateway_vpc_attachment(call: Call) -> Answer:
    backend, identity = asked_ec2(call), call.asked["TransitGatewayAttachmentId"]
    gone = [eni.id for eni in backend.enis.values() if eni.description.endswith(f" {identity}")]
    answered = call.stock()
    for interface in gone:
        del backend.enis[interface]
    return answered
