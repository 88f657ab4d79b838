"""What rules say about addresses, protocols and ports; most of it shows in the tables of groups and ACLs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.bounds import Bounds
from agent_perimeter.observed import Doubt, Icmp, ListRef, ObservedNetwork, PrefixList
from agent_perimeter.packet_sets import UNIVERSE, Destinations, PacketSet
from agent_perimeter.packets import Intervals
from agent_perimeter.reach.addresses import (
    ANYWHERE,
    IPV4,
    IPV6,
    NOWHERE,
    Source,
    cidr_destinations,
    interface_symbols,
    own_symbols,
    packets_of,
    peer_destinations,
    peer_name,
    protocol_name,
)
from agent_perimeter.reach.index import Index
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange
from tests.unit.reach_networks import UNREAD, at, endpoint, group, interface, subnet, vpc

NETWORK = ObservedNetwork(
    vpcs=(vpc(), vpc("far", "10.9.0.0/16")),
    subnets=(subnet("agent", "10.0.1.0/24"), subnet("inner", "10.0.2.0/24"), subnet("blurred", UNREAD)),
    security_groups=(group("service"), group("members"), group("adrift", of=UNREAD)),
    endpoints=(
        endpoint("e", "logs", subnets=("inner",), groups=("service",)),
        endpoint("two", "kms", subnets=("inner", "agent"), groups=("service",)),
        endpoint("blurred", "sts", subnets=("blurred",), groups=("service",)),
        endpoint("nowhere", "sqs", of=UNREAD, groups=("service",)),
        endpoint("far", "sns", of="far", groups=("service",)),
    ),
    interfaces=(interface("i", "inner", "members"),),
)
INDEX = Index(NETWORK)


@pytest.mark.parametrize(
    ("block", "surely", "perhaps"),
    [
        (
            "10.0.2.0/24",
            {"endpoint:e", "endpoint:two in inner", "members:members"},
            {"endpoint:blurred", "endpoint:nowhere"},
        ),
        (
            "10.0.0.0/22",
            {"endpoint:e", "endpoint:two in inner", "endpoint:two in agent", "members:members"},
            {"endpoint:blurred", "endpoint:nowhere"},
        ),
        (
            "10.0.2.8/29",
            set(),
            {"endpoint:e", "endpoint:two in inner", "endpoint:blurred", "endpoint:nowhere", "members:members"},
        ),
        ("203.0.113.0/24", set(), {"endpoint:blurred", "endpoint:nowhere"}),
    ],
)
def test_the_symbols_in_a_block(block: str, surely: set[str], perhaps: set[str]) -> None:
    found = cidr_destinations(INDEX, Cidr.parse(block)).destinations
    numbers = Destinations.of((Cidr.parse(block),))
    others = {"members:adrift", "members:service"}
    assert numbers <= found.least
    assert set(found.least.symbols.listed) - others == surely
    assert set(found.most.symbols.listed) - others == surely | perhaps


def test_an_ipv6_block_holds_no_symbols() -> None:
    block = Cidr.parse("2001:db8::/32")
    assert cidr_destinations(INDEX, block).destinations == Bounds.exactly(Destinations.of((block,)))


def test_everything_of_one_version() -> None:
    assert cidr_destinations(INDEX, Cidr.parse("0.0.0.0/0")).destinations == Bounds.exactly(IPV4)
    assert cidr_destinations(INDEX, Cidr.parse("::/0")).destinations == Bounds.exactly(IPV6)
    assert IPV4 | IPV6 == ANYWHERE


def test_the_symbols_of_a_vpc() -> None:
    own = own_symbols(INDEX, "vpc")
    assert "endpoint:e" in own.least
    assert "endpoint:far" not in own.most
    assert "endpoint:nowhere" in own.most
    assert "endpoint:nowhere" not in own.least
    assert own.most <= interface_symbols(INDEX)
    assert "endpoint:far" in interface_symbols(INDEX)


def test_a_prefix_list_is_the_union_of_its_entries() -> None:
    entries = (Cidr.parse("203.0.113.0/25"), Cidr.parse("203.0.113.128/25"), UNREAD)
    lists = (PrefixList(id="list", origin=at("list"), entries=entries),)
    found = peer_destinations(Index(replace(NETWORK, prefix_lists=lists)), ListRef("list"))
    assert Destinations.of((Cidr.parse("203.0.113.0/24"),)) <= found.destinations.least
    assert found.destinations.most == ANYWHERE
    assert UNREAD in found.doubts


@pytest.mark.parametrize(
    ("protocol", "ports", "least", "most"),
    [
        (6, PortRange(80, 90), ((6, 6), (80, 90)), None),
        (6, None, ((6, 6), (0, 65535)), None),
        (1, Icmp(3, 4), ((1, 1), (772, 772)), None),
        (58, Icmp(128, None), ((58, 58), (32768, 33023)), None),
        (58, Icmp(None, 7), ((58, 58), (0, 65535)), None),
        (50, Icmp(1, 1), ((50, 50), (0, 65535)), None),
        (None, PortRange(1, 1), ((0, 255), (0, 65535)), None),
        (6, Icmp(8, 0), None, ((6, 6), (0, 65535))),
        (17, UNREAD, None, ((17, 17), (0, 65535))),
        (UNREAD, PortRange(1, 1), None, ((0, 255), (0, 65535))),
    ],
)
def test_protocols_and_ports(
    protocol: int | Doubt | None,
    ports: PortRange | Icmp | Doubt | None,
    least: tuple[tuple[int, int], tuple[int, int]] | None,
    most: tuple[tuple[int, int], tuple[int, int]] | None,
) -> None:
    def box(spans: tuple[tuple[int, int], tuple[int, int]] | None) -> PacketSet:
        if spans is None:
            return UNIVERSE - UNIVERSE
        return PacketSet.box(protocols=Intervals((spans[0],)), ports=Intervals((spans[1],)))

    found = packets_of(Bounds.exactly(ANYWHERE), protocol, ports)
    assert found.least == box(least)
    assert found.most == box(most or least)


@pytest.mark.parametrize(
    ("v4", "v6", "least", "most"),
    [
        (Cidr.parse("10.0.1.0/24"), None, IPV4, IPV4),
        (UNREAD, None, IPV4, IPV4),
        (None, Cidr.parse("2001:db8::/64"), IPV6, IPV6),
        (Cidr.parse("10.0.1.0/24"), UNREAD, IPV4, ANYWHERE),
        (None, None, NOWHERE, NOWHERE),
    ],
)
def test_a_source_sends_by_the_versions_that_it_has(
    v4: Cidr | Doubt | None, v6: Cidr | Doubt | None, least: Destinations, most: Destinations
) -> None:
    assert Source("agent", v4, v6, ()).sends == Bounds(least, most)


def test_a_source_out_of_sight_has_unknown_addresses() -> None:
    found = Source.of(INDEX, "gone")
    assert found.v4 == found.v6 == Doubt("gone is not in sight")


@pytest.mark.parametrize(
    ("protocol", "ports", "words"),
    [
        (None, None, "all traffic"),
        (UNREAD, None, "an unknown protocol"),
        (6, PortRange(80, 90), "TCP 80-90"),
        (58, Icmp(128, 0), "ICMPv6 type 128 code 0"),
        (1, Icmp(None, None), "all ICMP"),
        (50, None, "all protocol 50"),
        (17, UNREAD, "UDP on unknown ports"),
    ],
)
def test_protocols_in_words(protocol: int | Doubt | None, ports: PortRange | Icmp | Doubt | None, words: str) -> None:
    assert protocol_name(protocol, ports) == words


def test_peers_in_words() -> None:
    assert peer_name(Cidr.parse("10.0.0.0/8")) == "10.0.0.0/8"
    assert peer_name(UNREAD) == "an unknown address"
    assert Origin() == Origin()
