"""Address ranges that are no internet destination (RFC 6890 and the IANA special-purpose registries).

The documentation ranges 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 (RFC 5737) are left out:
examples use them, and nothing answers there.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_perimeter.packets import AddressSet
from agent_perimeter.values import ANY_IPV4, Cidr

AS_OF = "2026-11-01"


@dataclass(frozen=True, slots=True)
class SpecialRange:
    """A block and what it is, in the words of a finding."""

    cidr: Cidr
    what: str
    source: str


def _range(cidr: str, what: str, source: str) -> SpecialRange:
    return SpecialRange(Cidr.parse(cidr), what, source)


METADATA_SERVICES: tuple[SpecialRange, ...] = (
    _range("169.254.169.254/32", "the instance metadata service", "EC2 user guide, IMDS"),
    _range("169.254.170.2/32", "the ECS task metadata and credentials service", "ECS developer guide, task metadata"),
    _range("169.254.170.23/32", "the EKS Pod Identity agent", "EKS user guide, Pod Identity"),
    _range("169.254.169.123/32", "the Amazon Time Sync Service", "EC2 user guide, Time Sync"),
    _range("169.254.169.253/32", "the VPC resolver", "VPC user guide, DNS"),
    _range("100.100.100.200/32", "another cloud's metadata service", "Alibaba Cloud ECS, instance metadata"),
    _range("fd00:ec2::254/128", "the instance metadata service", "EC2 user guide, IMDS"),
    _range("fd00:ec2::23/128", "the EKS Pod Identity agent", "EKS user guide, Pod Identity"),
)
"""Services on the link itself. Security groups and firewalls never see the traffic to them."""

SPECIAL_RANGES: tuple[SpecialRange, ...] = (
    _range("0.0.0.0/8", "this network", "RFC 791"),
    _range("10.0.0.0/8", "private address space", "RFC 1918"),
    _range("100.64.0.0/10", "shared address space (carrier-grade NAT)", "RFC 6598"),
    _range("127.0.0.0/8", "loopback", "RFC 1122"),
    _range("169.254.0.0/16", "link-local", "RFC 3927"),
    _range("172.16.0.0/12", "private address space", "RFC 1918"),
    _range("192.0.0.0/24", "IETF protocol assignments", "RFC 6890"),
    _range("192.88.99.0/24", "the withdrawn 6to4 relay", "RFC 7526"),
    _range("192.168.0.0/16", "private address space", "RFC 1918"),
    _range("198.18.0.0/15", "benchmarking", "RFC 2544"),
    _range("224.0.0.0/4", "multicast", "RFC 5771"),
    _range("240.0.0.0/4", "reserved", "RFC 1112"),
)
"""IPv4 only: every IPv6 destination is refused anyway."""

PUBLIC = AddressSet.of((ANY_IPV4, Cidr.parse("2000::/3"))) - AddressSet.of(special.cidr for special in SPECIAL_RANGES)
"""What is left of IPv4, about 3.7 billion addresses, and the global unicast space of IPv6 (RFC 4291)."""
