"""Gateways, as an account answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import Gateway, TargetKind
from agent_perimeter.source import Origin
from tests.unit.accounts import ACCOUNT, REGION, VPC, live, reason

NAT: dict[str, Json] = {
    "NatGatewayId": "nat-0a",
    "VpcId": VPC,
    "SubnetId": "subnet-0e",
    "State": "available",
    "ConnectivityType": "public",
}


def attachment(state: Json, vpc: Json = VPC) -> Json:
    return [{"State": state, "VpcId": vpc}]


def side(vpc: str, account: str = ACCOUNT, region: str = REGION) -> Json:
    return {"VpcId": vpc, "OwnerId": account, "Region": region}


def peering(state: Json, requester: Json, accepter: Json) -> Json:
    written: dict[str, Json] = {"VpcPeeringConnectionId": "pcx-0a", "Status": {"Code": state}}
    return [{**written, "RequesterVpcInfo": requester, "AccepterVpcInfo": accepter}]


def gateway(kind: TargetKind, name: str, path: str = "", **more: str | bool | None) -> Gateway:
    made = Gateway(id=name, origin=Origin(path=f"eu-west-1/{path or name}"), kind=kind, vpc=VPC)
    return replace(made, **more)  # type: ignore[arg-type]


STANDING: dict[str, tuple[str, Json, Gateway]] = {
    "an internet gateway": (
        "ec2:DescribeInternetGateways",
        [{"InternetGatewayId": "igw-0a", "Attachments": attachment("available")}],
        gateway(TargetKind.INTERNET_GATEWAY, "igw-0a"),
    ),
    "an egress-only internet gateway": (
        "ec2:DescribeEgressOnlyInternetGateways",
        [{"EgressOnlyInternetGatewayId": "eigw-0a", "Attachments": attachment("attached")}],
        gateway(TargetKind.EGRESS_ONLY_GATEWAY, "eigw-0a"),
    ),
    "a virtual private gateway": (
        "ec2:DescribeVpnGateways",
        [{"VpnGatewayId": "vgw-0a", "VpcAttachments": attachment("attached")}],
        gateway(TargetKind.VPN_GATEWAY, "vgw-0a"),
    ),
    "a carrier gateway": (
        "ec2:DescribeCarrierGateways",
        [{"CarrierGatewayId": "cagw-0a", "VpcId": VPC, "State": "available"}],
        gateway(TargetKind.CARRIER_GATEWAY, "cagw-0a"),
    ),
    "a transit gateway by its attachment": (
        "ec2:DescribeTransitGatewayVpcAttachments",
        [
            {
                "TransitGatewayAttachmentId": "tgw-attach-0a",
                "TransitGatewayId": "tgw-0a",
                "VpcId": VPC,
                "State": "available",
            }
        ],
        gateway(TargetKind.TRANSIT_GATEWAY, "tgw-0a", path="tgw-attach-0a"),
    ),
    "a public NAT gateway": (
        "ec2:DescribeNatGateways",
        [NAT],
        gateway(TargetKind.NAT_GATEWAY, "nat-0a", subnet="subnet-0e", public=True),
    ),
    "a private NAT gateway": (
        "ec2:DescribeNatGateways",
        [NAT | {"ConnectivityType": "private"}],
        gateway(TargetKind.NAT_GATEWAY, "nat-0a", subnet="subnet-0e", public=False),
    ),
    "a NAT gateway of a whole VPC": (
        "ec2:DescribeNatGateways",
        [NAT | {"SubnetId": None, "AvailabilityMode": "regional"}],
        gateway(TargetKind.NAT_GATEWAY, "nat-0a", subnet=None, public=True),
    ),
    "a peering that this VPC asked for": (
        "ec2:DescribeVpcPeeringConnections",
        peering("active", side(VPC), side("vpc-0b")),
        gateway(TargetKind.PEERING, "pcx-0a", peer="vpc-0b"),
    ),
    "a peering that another asked for": (
        "ec2:DescribeVpcPeeringConnections",
        peering("active", side("vpc-0b"), side(VPC)),
        gateway(TargetKind.PEERING, "pcx-0a", peer="vpc-0b"),
    ),
}


@pytest.mark.parametrize("name", STANDING)
def test_what_stands_is_a_record(name: str) -> None:
    call, listed, expected = STANDING[name]
    assert live({call: listed}).gateways == (expected,)


GONE: dict[str, tuple[str, Json]] = {
    "a detached gateway": (
        "ec2:DescribeInternetGateways",
        [{"InternetGatewayId": "igw-0a", "Attachments": attachment("detached")}],
    ),
    "a gateway of another VPC": (
        "ec2:DescribeInternetGateways",
        [{"InternetGatewayId": "igw-0a", "Attachments": attachment("available", "vpc-0b")}],
    ),
    "a deleted NAT gateway": ("ec2:DescribeNatGateways", [NAT | {"State": "deleted"}]),
    "a NAT gateway that came to nothing": ("ec2:DescribeNatGateways", [NAT | {"State": "failed"}]),
    "a refused peering": ("ec2:DescribeVpcPeeringConnections", peering("rejected", side(VPC), side("vpc-0b"))),
    "a deleted attachment": (
        "ec2:DescribeTransitGatewayVpcAttachments",
        [{"TransitGatewayAttachmentId": "tgw-attach-0a", "TransitGatewayId": "tgw-0a", "State": "deleted"}],
    ),
    "a deleted carrier gateway": (
        "ec2:DescribeCarrierGateways",
        [{"CarrierGatewayId": "cagw-0a", "VpcId": VPC, "State": "deleted"}],
    ),
}


@pytest.mark.parametrize("name", GONE)
def test_what_is_gone_is_none(name: str) -> None:
    call, listed = GONE[name]
    assert live({call: listed}).gateways == ()


BETWEEN: dict[str, tuple[str, Json, str]] = {
    "a gateway on its way out": (
        "ec2:DescribeInternetGateways",
        [{"InternetGatewayId": "igw-0a", "Attachments": attachment("detaching")}],
        "igw-0a#/Attachments/0/State: its state is detaching",
    ),
    "a gateway without a state": (
        "ec2:DescribeInternetGateways",
        [{"InternetGatewayId": "igw-0a", "Attachments": attachment(None)}],
        "igw-0a#/Attachments/0/State: State is missing",
    ),
    "a NAT gateway that is being deleted": (
        "ec2:DescribeNatGateways",
        [NAT | {"State": "deleting"}],
        "nat-0a#/State: its state is deleting",
    ),
    "a peering that waits": (
        "ec2:DescribeVpcPeeringConnections",
        peering("pending-acceptance", side(VPC), side("vpc-0b")),
        "pcx-0a#/Status/Code: its state is pending-acceptance",
    ),
    "an attachment that does not say to what": (
        "ec2:DescribeTransitGatewayVpcAttachments",
        [{"TransitGatewayAttachmentId": "tgw-attach-0a", "VpcId": VPC, "State": "available"}],
        "tgw-attach-0a#/TransitGatewayId: TransitGatewayId is missing",
    ),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_what_is_between_may_stand(name: str) -> None:
    call, listed, why = BETWEEN[name]
    (found,) = live({call: listed}).gateways
    assert reason(found.maybe) == why


def test_a_gateway_that_does_not_say_to_which_vpc_is_perhaps_of_this_one() -> None:
    listed: Json = [{"InternetGatewayId": "igw-0a", "Attachments": [{"State": "available"}]}]
    (found,) = live({"ec2:DescribeInternetGateways": listed}).gateways
    assert reason(found.vpc) == "igw-0a#/Attachments/0/VpcId: VpcId is missing"


@pytest.mark.parametrize(
    ("kind", "why"),
    [("quantum", "'quantum' is no connectivity of a NAT gateway"), (None, "ConnectivityType is missing")],
)
def test_a_nat_gateway_of_unknown_connectivity_may_be_public(kind: Json, why: str) -> None:
    (found,) = live({"ec2:DescribeNatGateways": [NAT | {"ConnectivityType": kind}]}).gateways
    assert reason(found.public) == f"nat-0a#/ConnectivityType: {why}"


@pytest.mark.parametrize(
    "other", [side("vpc-0b", account="444455556666"), side("vpc-0b", region="us-east-1")], ids=["account", "region"]
)
def test_the_peer_elsewhere_is_a_doubt(other: Json) -> None:
    (found,) = live({"ec2:DescribeVpcPeeringConnections": peering("active", side(VPC), other)}).gateways
    assert reason(found.peer).endswith(": the peer is in another account or region")
