"""Routes: a sentence, what it adds to a network, and where the agent's packets then end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from agent_perimeter.observed import (
    Doubt,
    ListRef,
    ManagedList,
    ObservedNetwork,
    PrefixList,
    TargetKind,
)
from agent_perimeter.packet_sets import Destinations
from agent_perimeter.reach.acls import Direction
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.index import Index
from agent_perimeter.reach.routes import End, Path, paths
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Outcome
from tests.unit.reach_networks import (
    FILTERED,
    INTERNET_GATEWAY,
    TO_FIREWALL,
    TO_INTERNET,
    TO_NAT,
    UNREAD,
    at,
    endpoint,
    firewall,
    gateway,
    group,
    interface,
    route,
    subnet,
    table,
    target,
    tcp,
    uses,
    vpc,
)

PLAIN = ObservedNetwork(
    vpcs=(vpc(),),
    subnets=(subnet("agent", "10.0.1.0/24", public=True),),
    route_tables=(table("agent-table"),),
    table_associations=(uses("agent", "agent-table"),),
    gateways=(INTERNET_GATEWAY,),
)
"""An agent with a table and nothing in it."""


def with_(network: ObservedNetwork, **more: tuple[Any, ...]) -> ObservedNetwork:
    """The network with further records; one of an id that it has takes that one's place."""
    fields = {}
    for name, records in more.items():
        merged = {record.id: record for record in (*getattr(network, name), *records)}
        fields[name] = tuple(merged[one] for one in sorted(merged))
    return replace(network, **fields)


def found(network: ObservedNetwork, *groups: str) -> tuple[Path, ...]:
    index = Index(network)
    return paths(index, Source.of(index, "agent", groups))


def taken(network: ObservedNetwork, to: str, *groups: str) -> dict[End, tuple[str, Path]]:
    """By which ways a destination is reached: ``surely`` or ``perhaps``."""
    place: Cidr | str = Cidr.parse(to) if to[0].isdigit() else to
    ends = {}
    for path in found(network, *groups):
        if place in path.destinations.most:
            ends[path.end] = ("surely" if place in path.destinations.least else "perhaps", path)
    return ends


@dataclass(frozen=True)
class Case:
    network: ObservedNetwork
    to: str
    ends: dict[End, str]
    said: str
    """In a rule or a doubt of the first end's path."""


OPEN_ROUTE = route("agent-table", "0.0.0.0/0", TO_INTERNET)
SIX = subnet("agent", "10.0.1.0/24", v6="2001:db8:0:1::/64", public=True)
SIX_VPC = vpc(v6=("2001:db8::/56",))
PEER = target(TargetKind.PEERING, "peer")
PEERED = gateway("peer", TargetKind.PEERING)
EIGW = target(TargetKind.EGRESS_ONLY_GATEWAY, "eigw")
VGW = target(TargetKind.VPN_GATEWAY, "vgw")

CASES = {
    "without a route there is no way out": Case(PLAIN, "203.0.113.9", {End.NOWHERE: "surely"}, "agent-table: no route"),
    "a default route to the internet gateway reaches the internet": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,)), "203.0.113.9", {End.INTERNET: "surely"}, "0.0.0.0/0 to internet gateway igw"
    ),
    "an address of the VPC stays there, for its prefix is longer": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,)), "10.0.9.9", {End.LOCAL: "surely"}, "local in vpc"
    ),
    "a second block of the VPC is local too": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), vpcs=(vpc("vpc", "10.0.0.0/16", "10.1.0.0/16"),)),
        "10.1.0.1",
        {End.LOCAL: "surely"},
        "local in vpc",
    ),
    "a longer prefix inside the VPC wins over local": Case(
        with_(PLAIN, routes=(route("agent-table", "10.0.9.0/24", PEER),), gateways=(PEERED,)),
        "10.0.9.9",
        {End.OTHER_NETWORK: "surely"},
        "10.0.9.0/24 to VPC peering connection peer",
    ),
    "a route that names the VPC's own block may replace local": Case(
        with_(PLAIN, routes=(route("agent-table", "10.0.0.0/16", PEER),), gateways=(PEERED,)),
        "10.0.9.9",
        {End.LOCAL: "perhaps", End.OTHER_NETWORK: "perhaps"},
        "local in vpc",
    ),
    "the longest prefix wins whatever the order of the routes": Case(
        with_(PLAIN, routes=(OPEN_ROUTE, route("agent-table", "203.0.113.0/24", PEER)), gateways=(PEERED,)),
        "203.0.113.9",
        {End.OTHER_NETWORK: "surely"},
        "203.0.113.0/24 to VPC peering connection peer",
    ),
    "a blackhole loses what it takes": Case(
        with_(PLAIN, routes=(OPEN_ROUTE, route("agent-table", "203.0.113.0/24", target(TargetKind.BLACKHOLE)))),
        "203.0.113.9",
        {End.NOWHERE: "surely"},
        "203.0.113.0/24 to blackhole",
    ),
    "a static route wins over a propagated one of the same prefix": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE, route("agent-table", "0.0.0.0/0", VGW, propagated=True, name="p")),
            gateways=(gateway("vgw", TargetKind.VPN_GATEWAY),),
        ),
        "203.0.113.9",
        {End.INTERNET: "surely"},
        "0.0.0.0/0 to internet gateway igw",
    ),
    "a longer propagated route wins over a shorter static one": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE, route("agent-table", "203.0.113.0/24", VGW, propagated=True, name="p")),
            gateways=(gateway("vgw", TargetKind.VPN_GATEWAY),),
        ),
        "203.0.113.9",
        {End.OTHER_NETWORK: "surely"},
        "203.0.113.0/24 to virtual private gateway vgw",
    ),
    "a static route wins over a prefix list's of the same prefix": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE, route("agent-table", ListRef("list"), PEER)),
            prefix_lists=(PrefixList(id="list", origin=at("list"), entries=(Cidr.parse("0.0.0.0/0"),)),),
            gateways=(PEERED,),
        ),
        "203.0.113.9",
        {End.INTERNET: "surely"},
        "igw",
    ),
    "a prefix list's entries are routes of their own lengths": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE, route("agent-table", ListRef("list"), PEER)),
            prefix_lists=(PrefixList(id="list", origin=at("list"), entries=(Cidr.parse("203.0.113.0/24"),)),),
            gateways=(PEERED,),
        ),
        "203.0.113.9",
        {End.OTHER_NETWORK: "surely"},
        "the prefix list list to VPC peering connection peer",
    ),
    "an entry of a prefix list that cannot be read may take anything": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE, route("agent-table", ListRef("list"), PEER)),
            prefix_lists=(PrefixList(id="list", origin=at("list"), entries=(UNREAD,)),),
            gateways=(PEERED,),
        ),
        "203.0.113.9",
        {End.OTHER_NETWORK: "perhaps", End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "a prefix list out of sight may hold anything": Case(
        with_(PLAIN, routes=(OPEN_ROUTE, route("agent-table", ListRef("gone"), PEER)), gateways=(PEERED,)),
        "203.0.113.9",
        {End.OTHER_NETWORK: "perhaps", End.INTERNET: "perhaps"},
        "the prefix list gone is not in sight",
    ),
    "two targets for one destination: either": Case(
        with_(PLAIN, routes=(OPEN_ROUTE, route("agent-table", "0.0.0.0/0", PEER, name="r2")), gateways=(PEERED,)),
        "203.0.113.9",
        {End.INTERNET: "perhaps", End.OTHER_NETWORK: "perhaps"},
        "0.0.0.0/0",
    ),
    "the same route twice is one route": Case(
        with_(PLAIN, routes=(OPEN_ROUTE, route("agent-table", "0.0.0.0/0", TO_INTERNET, name="r2"))),
        "203.0.113.9",
        {End.INTERNET: "surely"},
        "0.0.0.0/0",
    ),
    "a route to a destination that cannot be read may take anything": Case(
        with_(PLAIN, routes=(OPEN_ROUTE, route("agent-table", UNREAD, PEER)), gateways=(PEERED,)),
        "203.0.113.9",
        {End.OTHER_NETWORK: "perhaps", End.INTERNET: "perhaps"},
        "a destination that is not known to VPC peering connection peer",
    ),
    "a route whose target cannot be read leads nobody knows where": Case(
        with_(PLAIN, routes=(route("agent-table", "0.0.0.0/0", UNREAD),)),
        "203.0.113.9",
        {End.UNKNOWN: "perhaps"},
        "a target that is not known",
    ),
    "a route behind a condition takes perhaps": Case(
        with_(PLAIN, routes=(route("agent-table", "0.0.0.0/0", TO_INTERNET, maybe=UNREAD),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps", End.NOWHERE: "perhaps"},
        "a parameter without a value",
    ),
    "a route of an unknown table is perhaps in this one": Case(
        with_(PLAIN, routes=(route(UNREAD, "0.0.0.0/0", TO_INTERNET),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps", End.NOWHERE: "perhaps"},
        "a parameter without a value",
    ),
    "without an association the main table holds": Case(
        with_(
            replace(PLAIN, table_associations=()),
            route_tables=(table("main", main=True),),
            routes=(route("main", "0.0.0.0/0", TO_INTERNET),),
        ),
        "203.0.113.9",
        {End.INTERNET: "surely"},
        "main: 0.0.0.0/0",
    ),
    "without an association or a main table nobody knows": Case(
        with_(replace(PLAIN, table_associations=())), "203.0.113.9", {End.UNKNOWN: "perhaps"}, "main route table of vpc"
    ),
    "an association behind a condition leaves the main table possible": Case(
        with_(
            PLAIN,
            route_tables=(table("main", main=True),),
            table_associations=(uses("agent", "agent-table", maybe=UNREAD),),
            routes=(route("main", "0.0.0.0/0", TO_INTERNET),),
        ),
        "203.0.113.9",
        {End.NOWHERE: "perhaps", End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "two possible tables that agree are as good as one": Case(
        with_(
            PLAIN,
            route_tables=(table("main", main=True),),
            table_associations=(uses("agent", "agent-table", maybe=UNREAD),),
            routes=(OPEN_ROUTE, route("main", "0.0.0.0/0", TO_INTERNET)),
        ),
        "203.0.113.9",
        {End.INTERNET: "surely"},
        "0.0.0.0/0",
    ),
    "an association with a table out of sight may route anywhere": Case(
        with_(PLAIN, table_associations=(uses("agent", "agent-table"), uses("agent", "gone"))),
        "203.0.113.9",
        {End.NOWHERE: "perhaps", End.UNKNOWN: "perhaps"},
        "gone is not in sight",
    ),
    "an unattached internet gateway takes nothing": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), gateways=(gateway("igw", TargetKind.INTERNET_GATEWAY, of=None),)),
        "203.0.113.9",
        {End.NOWHERE: "surely"},
        "igw is attached to no VPC",
    ),
    "an internet gateway that may be attached takes perhaps": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), gateways=(gateway("igw", TargetKind.INTERNET_GATEWAY, of=UNREAD),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "an internet gateway of another VPC takes perhaps": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), gateways=(gateway("igw", TargetKind.INTERNET_GATEWAY, of="other"),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "igw is not attached to vpc",
    ),
    "an internet gateway out of sight takes perhaps": Case(
        with_(replace(PLAIN, gateways=()), routes=(OPEN_ROUTE,)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "igw is not in sight",
    ),
    "an internet gateway that may not exist takes perhaps": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), gateways=(gateway("igw", TargetKind.INTERNET_GATEWAY, maybe=UNREAD),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "without public addresses the internet is reached by who gets one": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), subnets=(subnet("agent", "10.0.1.0/24"),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "a public address may be given out in agent",
    ),
    "whether a subnet gives out public addresses may be unknown": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), subnets=(subnet("agent", "10.0.1.0/24", public=UNREAD),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "no internet gateway forwards to an interface of a VPC": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE,),
            vpcs=(vpc("other", "10.7.0.0/16"),),
            endpoints=(endpoint("e", "logs", of="other"),),
        ),
        "endpoint:e",
        {},
        "",
    ),
    "an interface endpoint of this VPC is local": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), endpoints=(endpoint("e", "logs", subnets=("agent",)),)),
        "endpoint:e",
        {End.LOCAL: "surely"},
        "local in vpc",
    ),
    "an interface endpoint that may be in another VPC is local perhaps": Case(
        with_(PLAIN, endpoints=(endpoint("e", "logs", of=UNREAD),)),
        "endpoint:e",
        {End.LOCAL: "perhaps", End.NOWHERE: "perhaps"},
        "local in vpc",
    ),
    "a managed list's addresses follow the default route": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,)), "list:s3", {End.INTERNET: "surely"}, "0.0.0.0/0"
    ),
    "a gateway endpoint takes its service's addresses from the default route": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE,),
            endpoints=(endpoint("s3", "com.amazonaws.us-east-1.s3", gateway=True, tables=("agent-table",)),),
        ),
        "list:s3",
        {End.SERVICE: "surely"},
        "the prefix list of s3 to s3",
    ),
    "a gateway endpoint serves the tables that it names": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE,),
            endpoints=(endpoint("s3", "com.amazonaws.us-east-1.s3", gateway=True, tables=("another",)),),
        ),
        "list:s3",
        {End.INTERNET: "surely"},
        "0.0.0.0/0",
    ),
    "a gateway endpoint with a table that cannot be read serves this one perhaps": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE,),
            endpoints=(endpoint("s3", "com.amazonaws.us-east-1.s3", gateway=True, tables=(UNREAD,)),),
        ),
        "list:s3",
        {End.SERVICE: "perhaps", End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "a gateway endpoint for an unknown service may serve any": Case(
        with_(PLAIN, routes=(OPEN_ROUTE,), endpoints=(endpoint("e", UNREAD, gateway=True, tables=("agent-table",)),)),
        "list:s3",
        {End.SERVICE: "perhaps", End.INTERNET: "perhaps"},
        "a service that is not known",
    ),
    "an endpoint of an unknown kind may be a gateway's": Case(
        with_(
            PLAIN,
            routes=(OPEN_ROUTE,),
            endpoints=(endpoint("e", "com.amazonaws.us-east-1.s3", kind=UNREAD, tables=("agent-table",)),),
        ),
        "list:s3",
        {End.SERVICE: "perhaps", End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "a managed list may be a route's destination": Case(
        with_(PLAIN, routes=(OPEN_ROUTE, route("agent-table", ManagedList("s3"), PEER)), gateways=(PEERED,)),
        "list:s3",
        {End.OTHER_NETWORK: "surely"},
        "the prefix list of s3 to VPC peering connection peer",
    ),
    "IPv6 needs an IPv6 block": Case(
        with_(PLAIN, routes=(route("agent-table", "::/0", TO_INTERNET),)), "2001:db8:ffff::1", {}, ""
    ),
    "IPv6 leaves by an internet gateway without a public IPv4 address": Case(
        with_(
            PLAIN,
            vpcs=(SIX_VPC,),
            subnets=(replace(SIX, maps_public_ip=False),),
            routes=(route("agent-table", "::/0", TO_INTERNET),),
        ),
        "2001:db8:ffff::1",
        {End.INTERNET: "surely"},
        "::/0 to internet gateway igw",
    ),
    "IPv6 leaves by an egress-only gateway": Case(
        with_(
            PLAIN,
            vpcs=(SIX_VPC,),
            subnets=(SIX,),
            routes=(route("agent-table", "::/0", EIGW),),
            gateways=(gateway("eigw", TargetKind.EGRESS_ONLY_GATEWAY),),
        ),
        "2001:db8:ffff::1",
        {End.INTERNET: "surely"},
        "::/0 to egress-only internet gateway eigw",
    ),
    "an egress-only gateway takes no IPv4": Case(
        with_(
            PLAIN,
            routes=(route("agent-table", "0.0.0.0/0", EIGW),),
            gateways=(gateway("eigw", TargetKind.EGRESS_ONLY_GATEWAY),),
        ),
        "203.0.113.9",
        {},
        "",
    ),
    "an IPv6 block that may be there lets IPv6 out perhaps": Case(
        with_(
            PLAIN,
            vpcs=(vpc(v6=(UNREAD,)),),
            subnets=(replace(SIX, ipv6_cidr=UNREAD),),
            routes=(route("agent-table", "::/0", TO_INTERNET),),
        ),
        "2001:db8:ffff::1",
        {End.INTERNET: "perhaps"},
        "::/0",
    ),
    "a VPC whose block is not known keeps private addresses perhaps": Case(
        with_(PLAIN, vpcs=(vpc("vpc", UNREAD),), routes=(OPEN_ROUTE,)),
        "10.9.9.9",
        {End.LOCAL: "perhaps", End.INTERNET: "perhaps"},
        "local in vpc",
    ),
    "a VPC whose block is not known keeps no public address": Case(
        with_(PLAIN, vpcs=(vpc("vpc", UNREAD),), routes=(OPEN_ROUTE,)),
        "203.0.113.9",
        {End.INTERNET: "surely"},
        "0.0.0.0/0",
    ),
    "a table of a VPC out of sight keeps private addresses perhaps": Case(
        with_(PLAIN, route_tables=(table("agent-table", of="gone"),), routes=(OPEN_ROUTE,)),
        "10.9.9.9",
        {End.LOCAL: "perhaps", End.INTERNET: "perhaps"},
        "it is not known of which VPC agent-table is",
    ),
    "an instance forwards what it likes": Case(
        with_(PLAIN, routes=(route("agent-table", "0.0.0.0/0", target(TargetKind.INSTANCE, "box")),)),
        "203.0.113.9",
        {End.APPLIANCE: "perhaps"},
        "what instance box forwards is not known",
    ),
    "a Gateway Load Balancer endpoint forwards what it likes": Case(
        with_(PLAIN, routes=(route("agent-table", "0.0.0.0/0", target(TargetKind.LOAD_BALANCER_ENDPOINT, "lb")),)),
        "203.0.113.9",
        {End.APPLIANCE: "perhaps"},
        "what Gateway Load Balancer endpoint lb forwards is not known",
    ),
    "an unattached virtual private gateway takes nothing": Case(
        with_(
            PLAIN,
            routes=(route("agent-table", "0.0.0.0/0", VGW),),
            gateways=(gateway("vgw", TargetKind.VPN_GATEWAY, of=None),),
        ),
        "203.0.113.9",
        {End.NOWHERE: "surely"},
        "vgw is attached to no VPC",
    ),
    "firewall, NAT gateway, internet gateway": Case(
        FILTERED, "203.0.113.9", {End.INTERNET: "surely"}, "agent-table: 0.0.0.0/0 to firewall endpoint wall"
    ),
    "a firewall that may not exist lets through perhaps": Case(
        with_(FILTERED, firewalls=(firewall("wall", "firewall", maybe=UNREAD),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "a firewall out of sight leads nobody knows where": Case(
        replace(FILTERED, firewalls=()), "203.0.113.9", {End.UNKNOWN: "perhaps"}, "the firewall wall is not in sight"
    ),
    "a route to one of several firewalls leads nobody knows where": Case(
        with_(PLAIN, routes=(route("agent-table", "0.0.0.0/0", target(TargetKind.FIREWALL, UNREAD)),)),
        "203.0.113.9",
        {End.UNKNOWN: "perhaps"},
        "a parameter without a value",
    ),
    "a firewall in a subnet that cannot be read leads nobody knows where": Case(
        with_(FILTERED, firewalls=(firewall("wall", UNREAD),)),
        "203.0.113.9",
        {End.UNKNOWN: "perhaps"},
        "a parameter without a value",
    ),
    "a firewall without a subnet leads nobody knows where": Case(
        with_(FILTERED, firewalls=(firewall("wall"),)),
        "203.0.113.9",
        {End.UNKNOWN: "perhaps"},
        "it is not known where the endpoints of wall stand",
    ),
    "a NAT gateway behind a condition takes perhaps": Case(
        with_(FILTERED, gateways=(gateway("nat", TargetKind.NAT_GATEWAY, place="egress", maybe=UNREAD),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "a NAT gateway that stands nobody knows where reaches the internet perhaps": Case(
        with_(FILTERED, gateways=(gateway("nat", TargetKind.NAT_GATEWAY, place=UNREAD),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "a NAT gateway without a subnet reaches the internet perhaps": Case(
        with_(FILTERED, gateways=(gateway("nat", TargetKind.NAT_GATEWAY),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "it is not known where the NAT gateway stands",
    ),
    "a private NAT gateway has no way to the internet": Case(
        with_(FILTERED, gateways=(gateway("nat", TargetKind.NAT_GATEWAY, place="egress", public=False),)),
        "203.0.113.9",
        {End.NOWHERE: "surely"},
        "a private NAT gateway has no way to the internet",
    ),
    "whether a NAT gateway is public may be unknown": Case(
        with_(FILTERED, gateways=(gateway("nat", TargetKind.NAT_GATEWAY, place="egress", public=UNREAD),)),
        "203.0.113.9",
        {End.INTERNET: "perhaps"},
        "a parameter without a value",
    ),
    "a NAT gateway in the agent's own subnet sends to itself": Case(
        with_(
            PLAIN,
            routes=(route("agent-table", "0.0.0.0/0", TO_NAT),),
            gateways=(gateway("nat", TargetKind.NAT_GATEWAY, place="agent"),),
        ),
        "203.0.113.9",
        {End.NOWHERE: "surely"},
        "a loop: back in agent",
    ),
    "a route through a firewall to another subnet of the VPC stays local": Case(
        with_(FILTERED, routes=(route("agent-table", "10.0.3.0/28", TO_FIREWALL, name="x"),)),
        "10.0.3.4",
        {End.LOCAL: "surely"},
        "10.0.3.0/28 to firewall endpoint wall",
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_where_packets_end(sentence: str) -> None:
    case = CASES[sentence]
    ends = taken(case.network, case.to)
    assert {end: certainty for end, (certainty, _) in ends.items()} == case.ends
    for _, path in list(ends.values())[:1]:
        said = [text for step in path.steps for text in (step.rule, *map(str, step.doubts))]
        assert any(case.said in text for text in said), said


def test_a_known_interface_with_a_public_address_reaches_the_internet() -> None:
    network = with_(
        PLAIN,
        subnets=(subnet("agent", "10.0.1.0/24"),),
        routes=(OPEN_ROUTE,),
        security_groups=(group("mine"),),
        interfaces=(interface("i", "agent", "mine", public=True),),
    )
    assert taken(network, "203.0.113.9", "mine")[End.INTERNET][0] == "surely"
    assert taken(network, "203.0.113.9", "another")[End.INTERNET][0] == "perhaps"


def test_a_subnet_out_of_sight_routes_anywhere() -> None:
    index = Index(PLAIN)
    (path,) = paths(index, Source.of(index, "gone"))
    assert path.end is End.UNKNOWN
    assert path.destinations.most == Destinations.anywhere()
    assert not path.destinations.least
    assert path.steps[0].doubts == (Doubt("it is not known in which VPC gone is"),)


def test_the_ways_partition_all_destinations() -> None:
    index = Index(with_(FILTERED, endpoints=(endpoint("s3", "x.s3", gateway=True, tables=("agent-table",)),)))
    listed = paths(index, Source.of(index, "agent"))
    assert [path.end for path in listed] == [End.SERVICE, End.LOCAL, End.INTERNET]
    assert all(path.destinations.certain for path in listed)
    assert listed[0].destinations.most == Destinations.symbol("list:s3")
    for one in listed:
        for other in listed:
            assert one is other or not one.destinations.most & other.destinations.most


def test_hops_are_the_edges_that_are_crossed() -> None:
    path = taken(FILTERED, "203.0.113.9")[End.INTERNET][1]
    assert [(hop.subnets, hop.direction, hop.nat is not None) for hop in path.hops] == [
        (("agent",), Direction.OUT, False),
        (("firewall",), Direction.IN, False),
        (("firewall",), Direction.OUT, False),
        (("egress",), Direction.IN, False),
        (("egress",), Direction.OUT, True),
    ]
    assert path.firewalls == ("wall",)
    assert [sender.subnet for sender in path.senders] == ["agent"]


def test_a_decision_names_the_routes_taken() -> None:
    path = taken(FILTERED, "203.0.113.9")[End.INTERNET][1]
    step = path.decide(tcp("203.0.113.9"))
    assert step.outcome is Outcome.ALLOWS
    assert step.origin == at("agent-table-0.0.0.0/0")
    assert step.rule == (
        "agent-table: 0.0.0.0/0 to firewall endpoint wall; firewall-table: 0.0.0.0/0 to NAT gateway nat; "
        "egress-table: 0.0.0.0/0 to internet gateway igw: the internet"
    )
    assert path.leaves
    assert path.delivers
    assert tcp("203.0.113.9") in path.permitted.least
    assert path.decide(tcp("10.0.0.1")).outcome is Outcome.DENIES


def test_a_decision_in_doubt_says_why() -> None:
    path = taken(CASES["a route behind a condition takes perhaps"].network, "203.0.113.9")[End.INTERNET][1]
    step = path.decide(tcp("203.0.113.9"))
    assert (step.outcome, step.doubts) == (Outcome.PERHAPS, (UNREAD,))


def test_no_route_is_a_denial() -> None:
    path = taken(PLAIN, "203.0.113.9")[End.NOWHERE][1]
    assert path.decide(tcp("203.0.113.9")).outcome is Outcome.DENIES
    assert not path.leaves
    assert not path.delivers


def two_zones(*, alike: bool = True) -> ObservedNetwork:
    """One firewall with an endpoint in each of two zones, which go on by NAT gateways of their own."""
    return with_(
        FILTERED,
        subnets=(subnet("egress-b", "10.0.3.16/28"), subnet("firewall-b", "10.0.2.16/28")),
        firewalls=(firewall("wall", "firewall", "firewall-b"),),
        route_tables=(table("firewall-b-table"), table("egress-b-table")),
        table_associations=(uses("firewall-b", "firewall-b-table"), uses("egress-b", "egress-b-table")),
        routes=(
            route("firewall-b-table", "0.0.0.0/0", target(TargetKind.NAT_GATEWAY, "nat-b") if alike else PEER),
            route("egress-b-table", "0.0.0.0/0", TO_INTERNET),
            route("egress-b-table", "10.0.1.0/24", TO_FIREWALL),
        ),
        gateways=(gateway("nat-b", TargetKind.NAT_GATEWAY, place="egress-b"), PEERED),
    )


def test_endpoints_that_go_on_alike_are_one_way() -> None:
    certainty, path = taken(two_zones(), "203.0.113.9")[End.INTERNET]
    assert certainty == "surely"
    assert [hop.subnets for hop in path.hops] == [
        ("agent",),
        ("firewall", "firewall-b"),
        ("firewall", "firewall-b"),
        ("egress", "egress-b"),
        ("egress", "egress-b"),
    ]


def test_endpoints_that_go_on_differently_are_two_possible_ways() -> None:
    ends = taken(two_zones(alike=False), "203.0.113.9")
    assert {end: certainty for end, (certainty, _) in ends.items()} == {
        End.INTERNET: "perhaps",
        End.OTHER_NETWORK: "perhaps",
    }
    assert "it is not known which endpoint of wall this is" in [
        doubt.reason for doubt in ends[End.INTERNET][1].steps[-1].doubts
    ]


BEYOND = with_(
    PLAIN,
    subnets=(subnet("agent", "10.0.1.0/24", public=True), subnet("firewall", "10.0.2.0/28")),
    route_tables=(table("firewall-table"), table("edge-table")),
    table_associations=(uses("firewall", "firewall-table"), uses(None, "edge-table", edge="igw")),
    routes=(
        route("agent-table", "0.0.0.0/0", TO_FIREWALL),
        route("firewall-table", "0.0.0.0/0", TO_INTERNET),
        route("edge-table", "10.0.1.0/24", TO_FIREWALL),
    ),
    firewalls=(firewall("wall", "firewall"),),
)
"""Public addresses behind a firewall: the internet gateway's own table sends replies through it."""

NAT_FIRST = with_(
    PLAIN,
    subnets=(subnet("egress", "10.0.3.0/28"), subnet("firewall", "10.0.2.0/28")),
    route_tables=(table("egress-table"), table("firewall-table"), table("edge-table")),
    table_associations=(
        uses("egress", "egress-table"),
        uses("firewall", "firewall-table"),
        uses(None, "edge-table", edge="igw"),
    ),
    routes=(
        route("agent-table", "0.0.0.0/0", TO_NAT),
        route("egress-table", "0.0.0.0/0", TO_FIREWALL),
        route("firewall-table", "0.0.0.0/0", TO_INTERNET),
        route("edge-table", "10.0.3.0/28", TO_FIREWALL),
    ),
    gateways=(gateway("nat", TargetKind.NAT_GATEWAY, place="egress"),),
    firewalls=(firewall("wall", "firewall"),),
)
"""A firewall between the NAT gateway and the internet."""


def without(network: ObservedNetwork, name: str) -> ObservedNetwork:
    return replace(network, routes=tuple(one for one in network.routes if one.id != name))


BACK = {
    "the NAT gateway's table sends replies back through the firewall": (
        FILTERED,
        Outcome.ALLOWS,
        "replies come back by egress-table: 10.0.1.0/24 to firewall endpoint wall; firewall-table: local in vpc",
    ),
    "without a route back, local takes the replies around the firewall": (
        without(FILTERED, "egress-table-10.0.1.0/24"),
        Outcome.DENIES,
        "replies go around wall: egress-table: local in vpc",
    ),
    "a route back for a part of the subnet leaves the rest to local": (
        with_(
            without(FILTERED, "egress-table-10.0.1.0/24"), routes=(route("egress-table", "10.0.1.0/25", TO_FIREWALL),)
        ),
        Outcome.PERHAPS,
        "replies go around wall: perhaps, or in part; egress-table: local in vpc",
    ),
    "a route back behind a condition comes back perhaps": (
        with_(FILTERED, routes=(route("egress-table", "10.0.1.0/24", TO_FIREWALL, maybe=UNREAD),)),
        Outcome.PERHAPS,
        "a parameter without a value",
    ),
    "a route back whose target cannot be read comes back perhaps": (
        with_(FILTERED, routes=(route("egress-table", "10.0.1.0/24", UNREAD),)),
        Outcome.PERHAPS,
        "a parameter without a value",
    ),
    "a route back to one of several firewalls comes back perhaps": (
        with_(FILTERED, routes=(route("egress-table", "10.0.1.0/24", target(TargetKind.FIREWALL, UNREAD)),)),
        Outcome.PERHAPS,
        "a parameter without a value",
    ),
    "a route back to another firewall goes around this one": (
        with_(
            FILTERED,
            routes=(route("egress-table", "10.0.1.0/24", target(TargetKind.FIREWALL, "other")),),
            firewalls=(firewall("other", "firewall"),),
        ),
        Outcome.DENIES,
        "replies go around wall: egress-table: 10.0.1.0/24 to firewall endpoint other",
    ),
    "a firewall's table that sends replies elsewhere loses them": (
        with_(FILTERED, routes=(route("firewall-table", "10.0.1.0/24", target(TargetKind.BLACKHOLE)),)),
        Outcome.DENIES,
        "replies do not reach the sender: firewall-table: 10.0.1.0/24 to blackhole",
    ),
    "of several endpoints nobody knows which one replies pass": (
        two_zones(),
        Outcome.PERHAPS,
        "it is not known which endpoint of wall replies pass",
    ),
    "an unknown block of the sender comes back perhaps": (
        with_(FILTERED, subnets=(subnet("agent", UNREAD),)),
        Outcome.PERHAPS,
        "a parameter without a value",
    ),
    "the internet gateway's own table sends replies through the firewall": (
        BEYOND,
        Outcome.ALLOWS,
        "replies come back by edge-table: 10.0.1.0/24 to firewall endpoint wall; firewall-table: local in vpc",
    ),
    "without a table of its own the internet gateway delivers directly": (
        replace(BEYOND, table_associations=BEYOND.table_associations[:-1]),
        Outcome.DENIES,
        "replies go around wall: ",
    ),
    "an unknown internet gateway may have any table": (
        replace(BEYOND, gateways=()),
        Outcome.PERHAPS,
        "the internet gateway is not known",
    ),
    "a firewall beyond the NAT gateway needs a route to the gateway's subnet": (
        NAT_FIRST,
        Outcome.ALLOWS,
        "replies come back by edge-table: 10.0.3.0/28 to firewall endpoint wall; firewall-table: local in vpc",
    ),
    "without one, replies go around it": (
        without(NAT_FIRST, "edge-table-10.0.3.0/28"),
        Outcome.DENIES,
        "replies go around wall: edge-table: local in vpc",
    ),
    "without a firewall there is nothing to pass": (
        CASES["a default route to the internet gateway reaches the internet"].network,
        Outcome.SKIPS,
        "no firewall to come back through",
    ),
    "a peering connection's replies come by a way that is not known": (
        with_(FILTERED, routes=(route("firewall-table", "0.0.0.0/0", PEER),), gateways=(PEERED,)),
        Outcome.PERHAPS,
        "it is not known by which way replies come back from another network",
    ),
}


@pytest.mark.parametrize("sentence", BACK)
def test_the_way_back(sentence: str) -> None:
    network, outcome, said = BACK[sentence]
    (path,) = (path for _, path in taken(network, "203.0.113.9").values())
    assert path.back.outcome is outcome
    assert any(text.startswith(said) for text in (path.back.rule, *(doubt.reason for doubt in path.back.doubts))), (
        path.back
    )


def test_a_firewall_beyond_a_nat_gateway_sees_the_gateway() -> None:
    (path,) = (path for _, path in taken(NAT_FIRST, "203.0.113.9").values())
    assert [(sender.subnet, str(sender.v4)) for sender in path.senders] == [("egress", "10.0.3.0/28")]
