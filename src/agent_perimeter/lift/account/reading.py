"""A snapshot, ready to be asked: AWS's answers as properties with a path, and what stands behind each kind of id.

Everything here is total. A member that is missing or of another type is a ``Doubt`` where it is read; an object without
its id is one too (``nameless``), and a list call that did not answer makes fields of the network unread (``unread``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from agent_perimeter.forms import Json
from agent_perimeter.lift.node import Node
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Doubt
from agent_perimeter.snapshot import Snapshot
from agent_perimeter.source import Origin


@dataclass(frozen=True, slots=True)
class Listing:
    """A call that lists resources: the member that holds them, the member of each that is its id, and what they become.

    ``key`` is empty where what is listed has no id of its own.
    ``fields`` are those of ``ObservedNetwork`` that are not whole while the call is unread. ``always``: it is made for
    every VPC, so that a snapshot without an answer to it is not whole either.
    """

    call: str
    member: str
    key: str
    fields: tuple[str, ...]
    always: bool = True


LISTINGS: Final = tuple(
    Listing(*row)
    for row in (
        ("ec2:DescribeVpcs", "Vpcs", "VpcId", ("vpcs", "dhcp_options", "foreign")),
        ("ec2:DescribeSubnets", "Subnets", "SubnetId", ("subnets",)),
        ("ec2:DescribeRouteTables", "RouteTables", "RouteTableId", ("route_tables", "table_associations", "routes")),
        ("ec2:DescribeNetworkAcls", "NetworkAcls", "NetworkAclId", ("acls", "acl_associations")),
        ("ec2:DescribeSecurityGroups", "SecurityGroups", "GroupId", ("security_groups",)),
        ("ec2:DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId", ("interfaces", "foreign")),
        ("ec2:DescribeInternetGateways", "InternetGateways", "InternetGatewayId", ("gateways",)),
        (
            "ec2:DescribeEgressOnlyInternetGateways",
            "EgressOnlyInternetGateways",
            "EgressOnlyInternetGatewayId",
            ("gateways",),
        ),
        ("ec2:DescribeNatGateways", "NatGateways", "NatGatewayId", ("gateways",)),
        (
            "ec2:DescribeVpcPeeringConnections",
            "VpcPeeringConnections",
            "VpcPeeringConnectionId",
            ("gateways",),
        ),
        (
            "ec2:DescribeTransitGatewayVpcAttachments",
            "TransitGatewayVpcAttachments",
            "TransitGatewayAttachmentId",
            ("gateways",),
        ),
        ("ec2:DescribeVpnGateways", "VpnGateways", "VpnGatewayId", ("gateways",)),
        ("ec2:DescribeCarrierGateways", "CarrierGateways", "CarrierGatewayId", ("gateways",)),
        ("ec2:DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId", ("endpoints",)),
        ("ec2:DescribeManagedPrefixLists", "PrefixLists", "PrefixListId", ("prefix_lists",), False),
        ("ec2:DescribeDhcpOptions", "DhcpOptions", "DhcpOptionsId", ("dhcp_options",), False),
        ("ec2:DescribeFlowLogs", "FlowLogs", "FlowLogId", ("logs",)),
        ("ec2:DescribeInstances", "Reservations", "", ("roles",), False),
        ("lambda:ListFunctions", "Functions", "", ("roles",), False),
        ("ec2:DescribeVpcBlockPublicAccessExclusions", "VpcBlockPublicAccessExclusions", "ExclusionId", ("foreign",)),
        ("ec2:DescribeSecurityGroupVpcAssociations", "SecurityGroupVpcAssociations", "", ("foreign",)),
        ("ec2:DescribeTrafficMirrorSessions", "TrafficMirrorSessions", "TrafficMirrorSessionId", ("foreign",)),
        ("vpc-lattice:ListServiceNetworkVpcAssociations", "items", "arn", ("foreign",)),
        ("route53:ListHostedZonesByVPC", "HostedZoneSummaries", "HostedZoneId", ("foreign",)),
        (
            "network-firewall:ListFirewalls",
            "Firewalls",
            "FirewallArn",
            ("firewalls", "firewall_policies", "rule_groups", "logs"),
        ),
        (
            "network-firewall:ListVpcEndpointAssociations",
            "VpcEndpointAssociations",
            "VpcEndpointAssociationArn",
            ("firewalls",),
            False,
        ),
        (
            "route53resolver:ListFirewallRuleGroupAssociations",
            "FirewallRuleGroupAssociations",
            "Id",
            ("dns_associations", "dns_groups"),
        ),
        ("route53resolver:ListResolverRuleAssociations", "ResolverRuleAssociations", "Id", ("resolver_rules",)),
        (
            "route53resolver:ListResolverQueryLogConfigAssociations",
            "ResolverQueryLogConfigAssociations",
            "Id",
            ("logs",),
        ),
        ("route53profiles:ListProfileAssociations", "ProfileAssociations", "Id", ("resolver_rules", "foreign")),
    )
)
"""Every call whose answer is a list of records, apart from those about one resource."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({one.call: one.fields for one in LISTINGS})
"""What is not whole while a call is not."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ec2:GetManagedPrefixListEntries": ("prefix_lists",),
        "iam:GetInstanceProfile": ("roles",),
        "iam:GetPolicy": ("boundaries",),
        "iam:GetPolicyVersion": ("boundaries",),
        "iam:GetRole": ("roles",),
        "iam:ListEntitiesForPolicy": ("roles",),
        "network-firewall:DescribeFirewall": ("firewalls",),
        "network-firewall:DescribeFirewallPolicy": ("firewall_policies",),
        "network-firewall:DescribeLoggingConfiguration": ("logs",),
        "network-firewall:DescribeRuleGroup": ("rule_groups",),
        "network-firewall:DescribeVpcEndpointAssociation": ("firewalls",),
        "route53resolver:GetResolverQueryLogConfig": ("logs",),
        "route53resolver:GetResolverRule": ("resolver_rules",),
        "route53resolver:ListFirewallDomains": ("dns_groups",),
        "route53resolver:ListFirewallRules": ("dns_groups",),
    }
)
"""Every call about one resource. One that failed is a doubt in the resource's record; one that was not even made, as
nobody knew about which, leaves the fields unread."""

GONE: Final = frozenset({"NoSuchEntity", "NoSuchEntityException", "ResourceNotFoundException"})
"""Codes that say that what was asked for is not there: an answer, too."""


def node_of(json: Json) -> Node:
    """JSON as a node: lists as tuples."""
    if isinstance(json, list):
        return tuple(map(node_of, json))
    if isinstance(json, dict):
        return {key: node_of(value) for key, value in json.items()}
    return json


def elements(listed: Property) -> tuple[Property, ...]:
    """The elements of a list that AWS always gives, if only an empty one; where it is missing, nobody knows what."""
    return (Property(listed.missing, listed.path, listed.missing),) if listed.absent else listed.items()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a resource in some state is there: surely, perhaps (``maybe`` says why), or not (``gone``)."""

    gone: bool = False
    maybe: Doubt | None = None


def standing(state: Property, *, settled: Collection[str], over: Collection[str]) -> Standing:
    """By AWS's word for the state. A word that is neither settled nor over, or missing, leaves it open."""
    word = state.needed_text()
    if isinstance(word, Doubt):
        return Standing(maybe=word)
    if word.lower() in over:
        return Standing(gone=True)
    return Standing(maybe=None if word.lower() in settled else Doubt(f"its state is {word}", state.path))


class Account:
    """The answers of a snapshot, by call and by the id of what they are about."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.vpc = snapshot.vpc
        self._listed = {listing.call: tuple(self._objects(listing)) for listing in LISTINGS}
        self._alias = dict(self._aliases())
        self.groups = frozenset(self.alias(name) for name, _ in self.listed("ec2:DescribeSecurityGroups"))

    def path(self, name: str, part: str = "") -> str:
        """``<region>/<id>``, and ``#<part>`` behind it."""
        return f"{self.snapshot.region}/{name}" + (f"#{part}" if part else "")

    def origin(self, name: str, part: str = "") -> Origin:
        return Origin(path=self.path(name, part))

    def property(self, json: Json, name: str) -> Property:
        """An answer about the resource with this id."""
        return Property(node_of(json), f"{self.path(name)}#")

    def listed(self, call: str) -> tuple[tuple[str, Property], ...]:
        """The resources that a call lists, each with its id, in the order of the ids."""
        return self._listed[call]

    def alias(self, name: str) -> str:
        """The id of a record: the judge's own for what AWS makes with a VPC, AWS's for everything else."""
        return self._alias.get(name, name)

    def about(self, call: str, key: str, name: str) -> Property | Doubt:
        """The answer to a call about one resource, or why there is none."""
        for answer in self.snapshot.answers_to(call):
            if answer.parameters.get(key) == name:
                return self.property(dict(answer.result), name)
        for one in self.snapshot.unread_of(call):
            if one.parameters.get(key) == name:
                return Doubt(str(one), self.path(name))
        return Doubt(f"{call} was not asked about {name}", self.path(name))

    def gone(self, call: str, key: str, name: str) -> bool:
        """Whether AWS said that what the call is about does not exist."""
        return any(one.parameters.get(key) == name and one.code in GONE for one in self.snapshot.unread_of(call))

    def nameless(self) -> tuple[Doubt, ...]:
        """A doubt for each listed object that says nothing about which resource it is."""
        return tuple(
            Doubt(f"{listing.call} lists something without {listing.key or 'anything'}", self.path(self.vpc))
            for listing in LISTINGS
            for item in self._items(listing)
            if not isinstance(item, dict) or (listing.key and not _name(item, listing.key))
        )

    def unread(self) -> Iterator[tuple[str, Doubt]]:
        """The fields of the network that are not whole, each with why."""
        for listing in LISTINGS:
            for doubt in self._silences(listing):
                for name in listing.fields:
                    yield name, doubt
        for call, fields in PARTS.items():
            for one in self.snapshot.unread_of(call):
                if not one.parameters:
                    for name in fields:
                        yield name, Doubt(str(one), self.path(self.vpc))

    def _silences(self, listing: Listing) -> Iterator[Doubt]:
        lost = self.snapshot.unread_of(listing.call)
        yield from (Doubt(str(one), self.path(self.vpc)) for one in lost)
        answers = self.snapshot.answers_to(listing.call)
        if listing.always and not lost and not answers:
            yield Doubt(f"{listing.call} was not asked", self.path(self.vpc))
        if any(not isinstance(answer.result.get(listing.member), list) for answer in answers):
            yield Doubt(f"the answer to {listing.call} holds no list {listing.member}", self.path(self.vpc))

    def _items(self, listing: Listing) -> Iterator[Json]:
        for answer in self.snapshot.answers_to(listing.call):
            found = answer.result.get(listing.member)
            yield from found if isinstance(found, list) else ()

    def _objects(self, listing: Listing) -> Iterator[tuple[str, Property]]:
        found: dict[str, Json] = {}
        for item in self._items(listing):
            if isinstance(item, dict) and (name := _name(item, listing.key)):
                found[name] = item
        for name in sorted(found):
            yield name, self.property(found[name], name)

    def _aliases(self) -> Iterator[tuple[str, str]]:
        """What AWS makes with a VPC: its main route table, its default ACL and its default group."""
        for name, table in self.listed("ec2:DescribeRouteTables"):
            if any(one.at("Main").truth(default=False) is True for one in table.at("Associations").items()):
                yield name, f"{self.vpc}/main-route-table"
        for name, acl in self.listed("ec2:DescribeNetworkAcls"):
            if acl.at("IsDefault").truth(default=False) is True:
                yield name, f"{self.vpc}/default-acl"
        for name, group in self.listed("ec2:DescribeSecurityGroups"):
            if group.at("GroupName").text() == "default" and group.at("VpcId").text() == self.vpc:
                yield name, f"{self.vpc}/default-group"


def _name(item: Mapping[str, Json], key: str) -> str:
    """The id of an object; empty where it says none."""
    found = item.get(key)
    return found if isinstance(found, str) else ""
