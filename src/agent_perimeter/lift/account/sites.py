"""Whose an endpoint or an interface is: what AWS makes for a firewall, a gateway or an endpoint goes by its owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from agent_perimeter.lift.account.reading import Account
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Doubt

FIREWALL: Final = "network-firewall:DescribeFirewall"
ASSOCIATION: Final = "network-firewall:DescribeVpcEndpointAssociation"


@dataclass(frozen=True, slots=True)
class Sites:
    """What stands behind the ids of endpoints.

    ``firewall_of_endpoint``: a firewall's ARN by the id of each of its endpoints. ``tables_of_endpoint``: the route
    tables (record ids) of each gateway endpoint. ``owners``: ids of NAT gateways, endpoints and attachments, in whose
    name AWS keeps interfaces, with the interfaces that they name themselves. ``unread``: why there may be more of a
    kind than is known, by how their ids begin; ``firewall`` for endpoints that may be a firewall's.
    """

    firewall_of_endpoint: Mapping[str, str]
    load_balancer_endpoints: frozenset[str]
    tables_of_endpoint: Mapping[str, tuple[str, ...]]
    owners: Mapping[str, frozenset[str]]
    unread: Mapping[str, Doubt]

    @classmethod
    def of(cls, account: Account, conflicts: Iterable[tuple[str, Doubt]]) -> Sites:
        """``conflicts``: calls whose answers are not whole, each with why."""
        firewalls = dict(_endpoints_of_firewalls(account))
        listed = account.listed("ec2:DescribeVpcEndpoints")
        owners = {name: frozenset(_texts(one.at("NetworkInterfaceIds"))) for name, one in listed}
        for name, nat in account.listed("ec2:DescribeNatGateways"):
            addresses = nat.at("NatGatewayAddresses").items()
            owners[name] = frozenset(
                interface for one in addresses if isinstance(interface := one.at("NetworkInterfaceId").text(), str)
            )
        for name in (*firewalls, *(name for name, _ in account.listed("ec2:DescribeTransitGatewayVpcAttachments"))):
            owners.setdefault(name, frozenset())
        return cls(
            firewall_of_endpoint=firewalls,
            load_balancer_endpoints=frozenset(
                name for name, one in listed if one.at("VpcEndpointType").text() == "GatewayLoadBalancer"
            ),
            tables_of_endpoint={
                name: tuple(account.alias(table) for table in _texts(one.at("RouteTableIds")))
                for name, one in listed
                if one.at("VpcEndpointType").text() == "Gateway"
            },
            owners=owners,
            unread=dict(_unread(account, dict(conflicts))),
        )

    def firewall_perhaps(self, endpoint: str) -> Doubt | None:
        """Why a Gateway Load Balancer endpoint that is no firewall's, as far as is known, may be one's."""
        return None if endpoint in self.firewall_of_endpoint else self.unread.get("firewall")


_CALLS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "firewall": (
            "network-firewall:ListFirewalls",
            FIREWALL,
            "network-firewall:ListVpcEndpointAssociations",
            ASSOCIATION,
        ),
        "nat": ("ec2:DescribeNatGateways",),
        "tgw-attach": ("ec2:DescribeTransitGatewayVpcAttachments",),
        "vpce": ("ec2:DescribeVpcEndpoints",),
    }
)
"""What tells of each kind."""


def _unread(account: Account, conflicts: Mapping[str, Doubt]) -> Iterator[tuple[str, Doubt]]:
    for kind, calls in _CALLS.items():
        for call in calls:
            yield from ((kind, Doubt(str(one), account.path(account.vpc))) for one in account.snapshot.unread_of(call))
            if call in conflicts:
                yield kind, conflicts[call]


def described_firewalls(account: Account) -> Iterator[tuple[str, Property | Doubt]]:
    """Every firewall with an endpoint in the VPC, by its ARN, with the answer about it or why there is none."""
    found = {arn for arn, _ in account.listed("network-firewall:ListFirewalls")}
    for _, answer in described_associations(account):
        if isinstance(answer, Property) and answer.at("VpcEndpointAssociation", "VpcId").text() == account.vpc:
            owner = answer.at("VpcEndpointAssociation", "FirewallArn").text()
            found |= {owner} if isinstance(owner, str) else set()
    for arn in sorted(found):
        yield arn, account.about(FIREWALL, "FirewallArn", arn)


def described_associations(account: Account) -> Iterator[tuple[str, Property | Doubt]]:
    """Every endpoint that a firewall has by an association of its own, as ``described_firewalls``."""
    for arn, _ in account.listed("network-firewall:ListVpcEndpointAssociations"):
        yield arn, account.about(ASSOCIATION, "VpcEndpointAssociationArn", arn)


def _endpoints_of_firewalls(account: Account) -> Iterator[tuple[str, str]]:
    for arn, answer in described_firewalls(account):
        if isinstance(answer, Property):
            for name in _attached(answer.at("FirewallStatus", "SyncStates")):
                yield name, arn
    for _, answer in described_associations(account):
        if isinstance(answer, Property):
            owner = answer.at("VpcEndpointAssociation", "FirewallArn").text()
            for name in _attached(answer.at("VpcEndpointAssociationStatus", "AssociationSyncState")):
                if isinstance(owner, str):
                    yield name, owner


def _attached(zones: Property) -> Iterator[str]:
    """The endpoints in each zone (Network Firewall API, SyncState and Attachment)."""
    states = zones.entries()
    for state in states.values() if isinstance(states, Mapping) else ():
        name = state.at("Attachment", "EndpointId").text()
        if isinstance(name, str):
            yield name


def _texts(listed: Property) -> Iterator[str]:
    return (text for text in listed.texts() if isinstance(text, str))
