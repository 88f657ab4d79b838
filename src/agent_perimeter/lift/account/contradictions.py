"""Answers that cannot all be whole: one names what another, which lists such things, does not.

An empty page looks like an account with nothing in it, and nobody can tell by that answer alone. But a NAT gateway
names its interface, a route its gateway, and every subnet has an ACL: where two answers disagree, the one that lists
less is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from agent_perimeter.forms import Json
from agent_perimeter.lift.account.interfaces import OWNER
from agent_perimeter.lift.account.reading import Account
from agent_perimeter.observed import Doubt

Place = tuple[str, str]
"""A call, and the path to names in its answers: dots go into objects, lists are passed through."""

LISTED: Final[Mapping[str, tuple[Place, ...]]] = MappingProxyType(
    {
        "arn": (
            ("network-firewall:ListFirewalls", "Firewalls.FirewallArn"),
            ("network-firewall:DescribeVpcEndpointAssociation", "VpcEndpointAssociation.FirewallArn"),
        ),
        "cagw": (("ec2:DescribeCarrierGateways", "CarrierGateways.CarrierGatewayId"),),
        "dopt": (("ec2:DescribeDhcpOptions", "DhcpOptions.DhcpOptionsId"),),
        "eigw": (("ec2:DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways.EgressOnlyInternetGatewayId"),),
        "eni": (("ec2:DescribeNetworkInterfaces", "NetworkInterfaces.NetworkInterfaceId"),),
        "i": (("ec2:DescribeInstances", "Reservations.Instances.InstanceId"),),
        "igw": (("ec2:DescribeInternetGateways", "InternetGateways.InternetGatewayId"),),
        "nat": (("ec2:DescribeNatGateways", "NatGateways.NatGatewayId"),),
        "pcx": (("ec2:DescribeVpcPeeringConnections", "VpcPeeringConnections.VpcPeeringConnectionId"),),
        "pl": (("ec2:DescribeManagedPrefixLists", "PrefixLists.PrefixListId"),),
        "rtb": (("ec2:DescribeRouteTables", "RouteTables.RouteTableId"),),
        "sg": (
            ("ec2:DescribeSecurityGroups", "SecurityGroups.GroupId"),
            # Groups of other VPCs.
            ("ec2:DescribeSecurityGroupVpcAssociations", "SecurityGroupVpcAssociations.GroupId"),
        ),
        "subnet": (("ec2:DescribeSubnets", "Subnets.SubnetId"),),
        "tgw": (("ec2:DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments.TransitGatewayId"),),
        "tgw-attach": (
            ("ec2:DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments.TransitGatewayAttachmentId"),
        ),
        "vgw": (("ec2:DescribeVpnGateways", "VpnGateways.VpnGatewayId"),),
        "vpc": (("ec2:DescribeVpcs", "Vpcs.VpcId"),),
        "vpce": (("ec2:DescribeVpcEndpoints", "VpcEndpoints.VpcEndpointId"),),
    }
)
"""What lists the resources with each kind of id; the first is not whole where none of them has one that is named."""

_ACLS: Final = (("ec2:DescribeNetworkAcls", "NetworkAcls.Associations.SubnetId"),)
_ID: Final = re.compile(r"\b(?P<kind>tgw-attach|[a-z]+)-[0-9a-f]+\b|^(?P<arn>arn):.*")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where an answer names what another one lists.

    ``at`` is the path to objects, ``names`` are paths in each to text with ids. ``where`` are texts that an object must
    have at a path, if it has any there: only what is settled is surely shown by every answer. ``own``: the path to the
    account that must be ours, for what belongs to others is not ours to see. ``places`` stand for those of ``LISTED``.
    ``form`` is how ids stand in the text.
    """

    call: str
    at: str
    names: tuple[str, ...]
    where: Mapping[str, str] = field(default_factory=dict)
    own: str = ""
    places: tuple[Place, ...] = ()
    form: re.Pattern[str] = _ID


_AVAILABLE: Final = MappingProxyType({"State": "available"})
_OURS: Final = MappingProxyType({"RequesterManaged": "True"})
_TARGETS: Final = (
    "CarrierGatewayId",
    "DestinationPrefixListId",
    "EgressOnlyInternetGatewayId",
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
)

MENTIONS: Final = (
    Mention("ec2:DescribeVpcs", "Vpcs", ("DhcpOptionsId",)),
    Mention("ec2:DescribeSubnets", "Subnets", ("VpcId",)),
    # A subnet has one ACL, always (VPC user guide, network ACLs).
    Mention("ec2:DescribeSubnets", "Subnets", ("SubnetId",), own="OwnerId", places=_ACLS),
    Mention("ec2:DescribeRouteTables", "RouteTables", ("VpcId", "PropagatingVgws.GatewayId")),
    Mention(
        "ec2:DescribeRouteTables",
        "RouteTables.Associations",
        ("SubnetId", "GatewayId"),
        where={"AssociationState.State": "associated"},
    ),
    # Of a gateway that is gone, its routes say so (EC2 API, Route: blackhole).
    Mention("ec2:DescribeRouteTables", "RouteTables.Routes", _TARGETS, where={"State": "active"}),
    Mention("ec2:DescribeNetworkAcls", "NetworkAcls", ("VpcId", "Associations.SubnetId")),
    Mention(
        "ec2:DescribeSecurityGroups",
        "SecurityGroups",
        ("VpcId", "IpPermissions.PrefixListIds.PrefixListId", "IpPermissionsEgress.PrefixListIds.PrefixListId"),
    ),
    Mention("ec2:DescribeNetworkInterfaces", "NetworkInterfaces", ("SubnetId", "Groups.GroupId"), own="OwnerId"),
    Mention("ec2:DescribeNetworkInterfaces", "NetworkInterfaces", ("Description",), _OURS, "OwnerId", form=OWNER),
    Mention("ec2:DescribeNetworkInterfaces", "NetworkInterfaces.Attachment", ("InstanceId",), own="InstanceOwnerId"),
    Mention(
        "ec2:DescribeNatGateways",
        "NatGateways",
        ("SubnetId", "NatGatewayAddresses.NetworkInterfaceId"),
        where={"State": "available", "AvailabilityMode": "zonal"},
    ),
    Mention(
        "ec2:DescribeVpcEndpoints",
        "VpcEndpoints",
        ("SubnetIds", "NetworkInterfaceIds", "RouteTableIds", "Groups.GroupId"),
        where=_AVAILABLE,
    ),
    # AWS tags the endpoints that it makes for a firewall with the firewall's ARN.
    Mention("ec2:DescribeVpcEndpoints", "VpcEndpoints", ("Tags.Firewall",), where={**_AVAILABLE, **_OURS}),
    Mention("ec2:DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments", ("SubnetIds",), _AVAILABLE),
    Mention(
        "ec2:DescribeInstanceConnectEndpoints",
        "InstanceConnectEndpoints",
        ("SubnetId", "SecurityGroupIds", "NetworkInterfaceIds"),
        where={"State": "create-complete"},
    ),
    Mention("network-firewall:DescribeFirewall", "Firewall", ("SubnetMappings.SubnetId",), where={"VpcId": "{vpc}"}),
)
"""Every name in an answer that must stand in another one. The resources of a stack are none of these: one that nothing
else names was removed."""


def contradictions(account: Account) -> Iterator[tuple[str, Doubt]]:
    """Listings that are not whole though they were answered: the call, and the two answers that say so.

    One that was not read is passed over: that is said anyway.
    """
    for mention in MENTIONS:
        missing: dict[str, list[str]] = {}
        for name, kind in _named(account, mention):
            places = mention.places or LISTED.get(kind, ())
            unread = any(account.snapshot.unread_of(call) for call, _ in places)
            if places and not unread and name not in _listed(account, places):
                missing.setdefault(places[0][0], []).append(name)
        for call, names in missing.items():
            more = f" and {len(set(names)) - 1} more" if len(set(names)) > 1 else ""
            said = f"{mention.call} names {min(names)}{more}, and {call} does not: one of the two answers is not whole"
            yield call, Doubt(said, account.path(account.vpc))


def _named(account: Account, mention: Mention) -> Iterator[tuple[str, str]]:
    """Every id that a mention is about, and its kind."""
    for answer in account.snapshot.answers_to(mention.call):
        for item in _found(dict(answer.result), mention.at):
            if _meant(account, item, mention):
                for path in mention.names:
                    for text in _found(item, path):
                        for one in mention.form.finditer(str(text)):
                            yield one[0], one["kind"] or one["arn"]


def _meant(account: Account, item: Json, mention: Mention) -> bool:
    places = {"{vpc}": account.vpc}
    settled = all(
        str(text) == places.get(wanted, wanted) for path, wanted in mention.where.items() for text in _found(item, path)
    )
    return settled and (not mention.own or account.snapshot.account in _found(item, mention.own))


def _listed(account: Account, places: tuple[Place, ...]) -> set[Json]:
    return {
        text
        for call, path in places
        for answer in account.snapshot.answers_to(call)
        for text in _found(dict(answer.result), path)
        if isinstance(text, str)
    }


def _found(value: Json, path: str) -> Iterator[Json]:
    """Everything at a path. A list of tags is an object of their values, too."""
    if isinstance(value, list):
        for item in value:
            yield from _found(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        name, _, rest = path.partition(".")
        if value.get("Key") == name:
            yield from _found(value.get("Value"), rest)
        elif name in value:
            yield from _found(value[name], rest)
