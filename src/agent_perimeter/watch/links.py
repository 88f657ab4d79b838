"""Where a person opens a resource in the AWS console."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

_PLACES: Final = (
    ("sg-", "vpcconsole", "SecurityGroup:groupId="),
    ("rtb-", "vpcconsole", "RouteTableDetails:RouteTableId="),
    ("acl-", "vpcconsole", "NetworkAclDetails:networkAclId="),
    ("subnet-", "vpcconsole", "SubnetDetails:subnetId="),
    ("vpc-", "vpcconsole", "VpcDetails:VpcId="),
    ("igw-", "vpcconsole", "InternetGateway:internetGatewayId="),
    ("nat-", "vpcconsole", "NatGatewayDetails:natGatewayId="),
    ("vpce-", "vpcconsole", "EndpointDetails:vpcEndpointId="),
    ("pcx-", "vpcconsole", "PeeringConnectionDetails:VpcPeeringConnectionId="),
    ("eni-", "ec2", "NetworkInterface:networkInterfaceId="),
)
"""Prefixes of ids, the console and the fragment of its URL; every console has another."""


def console(record: str, region: str) -> str:
    """The URL of a resource's page, or empty where no page is known for its kind of id."""
    for prefix, service, fragment in _PLACES:
        if record.startswith(prefix) and "/" not in record:
            return f"https://{region}.{_domain(region)}/{service}/home?region={region}#{fragment}{quote(record)}"
    return ""


def _domain(region: str) -> str:
    """Every partition has a console of its own."""
    match region.split("-")[:2]:
        case ["cn", *_]:
            return "console.amazonaws.cn"
        case ["us", "gov"]:
            return "console.amazonaws-us-gov.com"
        case _:
            return "console.aws.amazon.com"
