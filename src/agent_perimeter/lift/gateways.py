"""Gateways: whatever a route can point at apart from firewalls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from agent_perimeter.lift.node import Pointer, Resource
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.lift.resources import Resources, origin
from agent_perimeter.lift.vpc import SUBNET, VPC
from agent_perimeter.observed import Doubt, Gateway, Ref, TargetKind

_OF_ONE_VPC: Mapping[str, TargetKind] = MappingProxyType(
    {
        "AWS::EC2::CarrierGateway": TargetKind.CARRIER_GATEWAY,
        "AWS::EC2::EgressOnlyInternetGateway": TargetKind.EGRESS_ONLY_GATEWAY,
    }
)
_ATTACHED: Mapping[str, tuple[TargetKind, str]] = MappingProxyType(
    {
        "AWS::EC2::InternetGateway": (TargetKind.INTERNET_GATEWAY, "InternetGatewayId"),
        "AWS::EC2::VPNGateway": (TargetKind.VPN_GATEWAY, "VpnGatewayId"),
        "AWS::EC2::TransitGateway": (TargetKind.TRANSIT_GATEWAY, "TransitGatewayId"),
    }
)
_ATTACHMENTS = (
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::TransitGatewayVpcAttachment",
)


def gateways(resources: Resources) -> tuple[Gateway, ...]:
    """Every gateway, with the VPC it is made in or attached to."""
    return tuple(
        gateway
        for part in (_fixed(resources), _attached(resources), _nat(resources), _peerings(resources))
        for gateway in part
    )


def _fixed(resources: Resources) -> Iterator[Gateway]:
    for name, kind in _OF_ONE_VPC.items():
        for resource, properties in resources.of(name):
            yield Gateway(
                id=resource.id,
                origin=origin(resource),
                maybe=resource.maybe,
                kind=kind,
                vpc=resources.ref(properties.at("VpcId"), VPC),
            )


def _attached(resources: Resources) -> Iterator[Gateway]:
    for name, (kind, key) in _ATTACHED.items():
        for resource, _ in resources.of(name):
            vpc, maybe = _attachment(resources, resource, key)
            yield Gateway(
                id=resource.id,
                origin=origin(resource),
                maybe=resource.maybe or maybe,
                kind=kind,
                vpc=vpc,
            )


def _attachment(resources: Resources, gateway: Resource, key: str) -> tuple[Ref | None, Doubt | None]:
    """The VPC that a gateway is attached to, None if to none, and why it may not be attached at all."""
    found: dict[Ref, Doubt | None] = {}
    for attachment, properties in resources.of(*_ATTACHMENTS):
        end = resources.optional_ref(properties.at(key), gateway.type)
        if end == gateway.id or isinstance(end, Doubt):
            vpc = resources.ref(properties.at("VpcId"), VPC)
            found[vpc] = end if isinstance(end, Doubt) else attachment.maybe or _two_ends(properties)
    if len(found) > 1:
        return Doubt("it is attached to several VPCs, or to one that is not known", gateway.path), None
    return next(iter(found.items()), (None, None))


def _two_ends(attachment: Property) -> Doubt | None:
    """An attachment is of one gateway (AWS::EC2::VPCGatewayAttachment)."""
    if any(attachment.at(key).absent for key in ("InternetGatewayId", "VpnGatewayId")):
        return None
    return Doubt("an attachment names an internet gateway or a virtual private one, not both", attachment.path)


def _nat(resources: Resources) -> Iterator[Gateway]:
    for resource, properties in resources.of("AWS::EC2::NatGateway"):
        subnet = resources.optional_ref(properties.at("SubnetId"), SUBNET)
        yield Gateway(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            kind=TargetKind.NAT_GATEWAY,
            vpc=vpc_of(resources, subnet) or resources.ref(properties.at("VpcId"), VPC),
            subnet=subnet,
            public=_public(resources, properties),
        )


def _public(resources: Resources, nat: Property) -> bool | Doubt:
    """Whether a NAT gateway has a public address: by default, and then it needs one (AWS::EC2::NatGateway)."""
    if not nat.at("SubnetId").absent and not nat.at("VpcId").absent:
        return Doubt("a NAT gateway stands in a subnet or serves a whole VPC, not both", nat.at("VpcId").path)
    kind = nat.at("ConnectivityType").text()
    if isinstance(kind, Doubt) or kind == "private":
        return kind if isinstance(kind, Doubt) else False
    if kind not in (None, "public"):
        return Doubt(f"{kind!r} is no connectivity of a NAT gateway", nat.at("ConnectivityType").path)
    address = nat.at("AllocationId")
    pointer = address.pointer()
    if isinstance(pointer, Pointer):
        found = resources.pointee(address, "AWS::EC2::EIP")
        unknown = Doubt("this is no Elastic IP address of the assembly", address.path)
        return unknown if found is None else found.maybe or True
    text = address.needed_text()
    return text if isinstance(text, Doubt) else True


def vpc_of(resources: Resources, subnet: Ref | None) -> Ref | None:
    """The VPC of a subnet of the assembly."""
    if not isinstance(subnet, str):
        return subnet
    return resources.ref(top(resources.by_id[subnet]).at("VpcId"), VPC)


def _peerings(resources: Resources) -> Iterator[Gateway]:
    for resource, properties in resources.of("AWS::EC2::VPCPeeringConnection"):
        yield Gateway(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            kind=TargetKind.PEERING,
            vpc=resources.ref(properties.at("VpcId"), VPC),
            peer=_peer(resources, properties),
        )


def _peer(resources: Resources, properties: Property) -> Ref:
    for key in ("PeerOwnerId", "PeerRegion"):
        if not properties.at(key).absent:
            return Doubt("the peer is in another account or region", properties.at(key).path)
    return resources.ref(properties.at("PeerVpcId"), VPC)
