"""What a network costs a month before traffic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.report.costs import monthly_costs
from tests.unit.networks import perimeter


def test_a_perimeter_of_two_zones() -> None:
    found = {cost.what: (cost.count, round(cost.monthly, 2)) for cost in monthly_costs(perimeter(["a"]))}
    assert found == {
        "Network Firewall endpoints": (2, 576.70),
        "NAT gateways, waived beside a firewall endpoint": (2, 0.0),
        "public IPv4 addresses of NAT gateways": (2, 7.30),
        "interface endpoints, in each of their subnets": (4, 29.20),
        "gateway endpoints": (2, 0.0),
        "DNS Firewall associations": (1, 0.0),
    }


def test_a_nat_gateway_without_a_firewall_endpoint_is_paid_for() -> None:
    network = perimeter(["a"])
    found = {cost.what: round(cost.monthly, 2) for cost in monthly_costs(replace(network, firewalls=()))}
    assert found["NAT gateways"] == pytest.approx(65.70)
    assert "NAT gateways, waived beside a firewall endpoint" not in found


def test_nothing_costs_nothing() -> None:
    assert monthly_costs(ObservedNetwork()) == ()
