"""Gateways: whatever a route can point at apart from firewalls, with the VPC that each is attached to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agent_perimeter.lift.account.reading import Account, standing
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Doubt, Gateway, Ref, TargetKind

_ATTACHED: Final = (
    ("ec2:DescribeInternetGateways", "Attachments", TargetKind.INTERNET_GATEWAY),
    ("ec2:DescribeEgressOnlyInternetGateways", "Attachments", TargetKind.EGRESS_ONLY_GATEWAY),
    ("ec2:DescribeVpnGateways", "VpcAttachments", TargetKind.VPN_GATEWAY),
)


def gateways(account: Account) -> tuple[Gateway, ...]:
    """Every gateway of the VPC. One that is on its way, or on its way out, is there perhaps."""
    return (*_attached(account), *_transit(account), *_nat(account), *_carrier(account), *_peerings(account))


def _attached(account: Account) -> Iterator[Gateway]:
    for call, member, kind in _ATTACHED:
        for name, gateway in account.listed(call):
            for attachment in gateway.at(member).items():
                # An internet gateway that is attached is shown as available (EC2 API, InternetGatewayAttachment).
                state = standing(attachment.at("State"), settled={"attached", "available"}, over={"detached"})
                if state.gone or attachment.at("VpcId").text() not in {account.vpc, None}:
                    continue
                yield Gateway(
                    id=name,
                    origin=account.origin(name),
                    maybe=attachment.maybe or state.maybe,
                    kind=kind,
                    vpc=attachment.at("VpcId").needed_text(),
                )


def _transit(account: Account) -> Iterator[Gateway]:
    """A transit gateway by its attachment to the VPC: routes name the gateway."""
    for name, attachment in account.listed("ec2:DescribeTransitGatewayVpcAttachments"):
        state = standing(attachment.at("State"), settled={"available"}, over={"deleted", "failed", "rejected"})
        gateway = attachment.at("TransitGatewayId").needed_text()
        if not state.gone:
            yield Gateway(
                id=gateway if isinstance(gateway, str) else name,
                origin=account.origin(name),
                maybe=state.maybe or (gateway if isinstance(gateway, Doubt) else None),
                kind=TargetKind.TRANSIT_GATEWAY,
                vpc=attachment.at("VpcId").needed_text(),
            )


def _nat(account: Account) -> Iterator[Gateway]:
    for name, nat in account.listed("ec2:DescribeNatGateways"):
        state = standing(nat.at("State"), settled={"available"}, over={"deleted", "failed"})
        if not state.gone:
            yield Gateway(
                id=name,
                origin=account.origin(name),
                maybe=state.maybe,
                kind=TargetKind.NAT_GATEWAY,
                vpc=nat.at("VpcId").needed_text(),
                subnet=nat.at("SubnetId").text(),
                public=_public(nat.at("ConnectivityType")),
            )


def _public(kind: Property) -> bool | Doubt:
    text = kind.needed_text()
    if isinstance(text, Doubt):
        return text
    unknown = Doubt(f"{text!r} is no connectivity of a NAT gateway", kind.path)
    return {"public": True, "private": False}.get(text, unknown)


def _carrier(account: Account) -> Iterator[Gateway]:
    for name, gateway in account.listed("ec2:DescribeCarrierGateways"):
        state = standing(gateway.at("State"), settled={"available"}, over={"deleted"})
        if not state.gone:
            yield Gateway(
                id=name,
                origin=account.origin(name),
                maybe=state.maybe,
                kind=TargetKind.CARRIER_GATEWAY,
                vpc=gateway.at("VpcId").needed_text(),
            )


def _peerings(account: Account) -> Iterator[Gateway]:
    """Peerings that either side has asked for."""
    over = {"deleted", "expired", "failed", "rejected"}
    for name, peering in account.listed("ec2:DescribeVpcPeeringConnections"):
        state = standing(peering.at("Status", "Code"), settled={"active"}, over=over)
        if not state.gone:
            sides = peering.at("RequesterVpcInfo"), peering.at("AccepterVpcInfo")
            other = sides[1] if sides[0].at("VpcId").text() == account.vpc else sides[0]
            yield Gateway(
                id=name,
                origin=account.origin(name),
                maybe=state.maybe,
                kind=TargetKind.PEERING,
                vpc=account.vpc,
                peer=_peer(account, other),
            )


def _peer(account: Account, other: Property) -> Ref:
    here = (("OwnerId", account.snapshot.account), ("Region", account.snapshot.region))
    for key, own in here:
        if other.at(key).text() != own:
            return Doubt("the peer is in another account or region", other.at(key).path)
    return other.at("VpcId").needed_text()
