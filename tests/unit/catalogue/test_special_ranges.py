from __future__ import annotations

import ipaddress

import pytest

from agent_perimeter.catalogue.special_ranges import METADATA_SERVICES, PUBLIC, SPECIAL_RANGES, SpecialRange
from agent_perimeter.packets import AddressSet
from agent_perimeter.values import Cidr

DOCUMENTATION = [Cidr.parse(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


@pytest.mark.parametrize("special", SPECIAL_RANGES, ids=lambda special: str(special.cidr))
def test_python_agrees_that_the_range_is_not_global(special: SpecialRange) -> None:
    network = ipaddress.ip_network(str(special.cidr))
    # Python counts multicast as global, for it may cross networks, and so it does the withdrawn 6to4 relay;
    # of the protocol assignments it knows the parts that are in use.
    assert not network.is_global or network.is_multicast or str(network) in ("192.88.99.0/24", "192.0.0.0/24")


def test_what_python_calls_private_is_here_or_for_documentation() -> None:
    known = AddressSet.of([*(special.cidr for special in SPECIAL_RANGES), *DOCUMENTATION])
    for network in ipaddress._IPv4Constants._private_networks:  # type: ignore[attr-defined]
        assert AddressSet.of([Cidr.parse(str(network))]) <= known, network


def test_documentation_ranges_may_be_used_in_examples() -> None:
    assert AddressSet.of(DOCUMENTATION) <= PUBLIC


def test_metadata_services_are_not_public() -> None:
    services = AddressSet.of(service.cidr for service in METADATA_SERVICES)
    assert not services & PUBLIC
    assert all(service.cidr.prefix in (32, 128) for service in METADATA_SERVICES)


def test_most_of_ipv4_is_public() -> None:
    assert 3_700_000_000 < PUBLIC.v4.size < 3_710_000_000
    assert PUBLIC.v6.size == 2**125
