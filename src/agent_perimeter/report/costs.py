"""What a network costs a month before any traffic, estimated from the records that were found."""

from __future__ import annotations

from dataclasses import dataclass

from agent_perimeter.catalogue.prices import (
    DNS_FIREWALL,
    FIREWALL_ENDPOINT,
    GATEWAY_ENDPOINT,
    HOURS_PER_MONTH,
    INTERFACE_ENDPOINT,
    NAT_BEHIND_FIREWALL,
    NAT_GATEWAY,
    PUBLIC_ADDRESS,
    Price,
)
from agent_perimeter.observed import ObservedNetwork, TargetKind

NOT_INCLUDED = (
    "charges by use (the column beside), data transfer, logs and their storage, domain lists, the agents themselves,"
    " transit gateways, VPN and peering; what exists only on a condition is counted"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """``count`` of ``what``, in US dollars a month."""

    what: str
    count: int
    price: Price

    @property
    def monthly(self) -> float:
        return self.count * self.price.hourly * HOURS_PER_MONTH


def monthly_costs(network: ObservedNetwork) -> tuple[Cost, ...]:
    """One line for each kind of thing that is there. A NAT gateway is waived for each firewall endpoint."""
    endpoints = sum(len(firewall.subnets) for firewall in network.firewalls)
    gateways = [gateway for gateway in network.gateways if gateway.kind is TargetKind.NAT_GATEWAY]
    waived = min(len(gateways), endpoints)
    interfaces = sum(len(endpoint.subnets) for endpoint in network.endpoints if endpoint.kind == "interface")
    free = sum(endpoint.kind == "gateway" for endpoint in network.endpoints)
    costs = (
        Cost("Network Firewall endpoints", endpoints, FIREWALL_ENDPOINT),
        Cost("NAT gateways, waived beside a firewall endpoint", waived, NAT_BEHIND_FIREWALL),
        Cost("NAT gateways", len(gateways) - waived, NAT_GATEWAY),
        Cost(
            "public IPv4 addresses of NAT gateways", sum(gateway.public is True for gateway in gateways), PUBLIC_ADDRESS
        ),
        Cost("interface endpoints, in each of their subnets", interfaces, INTERFACE_ENDPOINT),
        Cost("gateway endpoints", free, GATEWAY_ENDPOINT),
        Cost("DNS Firewall associations", len(network.dns_associations), DNS_FIREWALL),
    )
    return tuple(cost for cost in costs if cost.count)
