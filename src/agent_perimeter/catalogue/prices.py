"""Prices of what a perimeter is made of: us-east-1, US dollars, before taxes and discounts, as of 2026-11.

An estimate for a review, never a bill. Each price says where it comes from and how well that is known:
``CONFIRMED`` by AWS's own page or by several independent ones, ``RECALLED`` by one source or by memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

PRICED_ON = date(2026, 11, 22)
REGION = "us-east-1"
HOURS_PER_MONTH = 730
"""What AWS's own calculator takes a month for."""


class Standing(StrEnum):
    """How well a price is known."""

    CONFIRMED = "confirmed"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars an hour for each, and what is charged by use beside that, in words (empty where nothing is)."""

    hourly: float
    by_use: str
    standing: Standing
    source: str


FIREWALL_ENDPOINT = Price(
    0.395, "$0.065 per GB", Standing.RECALLED, "AWS Network Firewall pricing, as quoted by third parties"
)
NAT_GATEWAY = Price(0.045, "$0.045 per GB", Standing.CONFIRMED, "Amazon VPC pricing, NAT gateways")
NAT_BEHIND_FIREWALL = Price(
    0.0, "", Standing.CONFIRMED, "Network Firewall best practices, cost: waived one to one with endpoints"
)
PUBLIC_ADDRESS = Price(0.005, "", Standing.RECALLED, "Amazon VPC pricing, public IPv4 addresses")
INTERFACE_ENDPOINT = Price(0.01, "$0.01 per GB", Standing.CONFIRMED, "AWS PrivateLink pricing, interface endpoints")
GATEWAY_ENDPOINT = Price(0.0, "", Standing.CONFIRMED, "Amazon VPC user guide, gateway endpoints")
DNS_FIREWALL = Price(0.0, "$0.60 per million queries", Standing.RECALLED, "Amazon Route 53 pricing, DNS Firewall")
