"""The picture of a network: what it shows is told from facts, and a doubt never makes it look safer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from agent_perimeter.observed import (
    Doubt,
    Endpoint,
    ListRef,
    ManagedList,
    ObservedNetwork,
    Route,
    RouteTable,
    RouteTableAssociation,
    Target,
    TargetKind,
)
from agent_perimeter.report.topology import Beyond, Node, Picture, Place, Tier, pictures
from agent_perimeter.report.topology_svg import topology_svg
from agent_perimeter.source import Origin
from agent_perimeter.values import ANY_IPV4, ANY_IPV6, Cidr
from agent_perimeter.verdict import Proof, Status
from tests.unit import proofs
from tests.unit.networks import perimeter

A, B = "us-east-1a", "us-east-1b"
AGENTS = Place(A, Tier.AGENT)
NAMES = ("coding-agent", "research-agent")
NOBODY = Proof("x", True, ())
PROOF = Proof("x", True, (proofs.proven(), proofs.refuted()))
WHY = Doubt("a parameter")


def drawn(network: ObservedNetwork, proof: Proof = PROOF) -> Picture:
    (picture,) = pictures(network, proof)
    return picture


def route(
    destination: Cidr | ManagedList | ListRef | Doubt, target: Target | Doubt, table: str = f"table-agent-{A}"
) -> Route:
    return Route(id="z", origin=Origin(), table=table, destination=destination, target=target)


def added(*routes: Route) -> ObservedNetwork:
    network = perimeter(NAMES)
    return replace(network, routes=(*network.routes, *routes))


def arrows(picture: Picture, source: Place = AGENTS) -> dict[Place | Node, tuple[str, bool]]:
    return {arrow.target: (arrow.label, arrow.unfiltered) for arrow in picture.arrows if arrow.source == source}


class TestOurs:
    def test_it_leads_through_the_firewall_to_the_internet_and_back(self) -> None:
        picture = drawn(perimeter(NAMES))
        assert picture.zones == (A, B)
        assert arrows(picture) == {Place(A, Tier.FIREWALL): ("0.0.0.0/0", False)}
        assert arrows(picture, Place(A, Tier.FIREWALL)) == {Place(A, Tier.EGRESS): ("0.0.0.0/0", False)}
        assert arrows(picture, Place(A, Tier.EGRESS)) == {
            Node("internet gateway", Beyond.INTERNET): ("0.0.0.0/0", False),
            Place(A, Tier.FIREWALL): ("10.42.0.0/27 and 1 more", False),
        }

    def test_cards_bear_the_verdict_and_what_stands_in_them(self) -> None:
        picture = drawn(perimeter(NAMES))
        assert [(card.name, card.status) for card in picture.cards[AGENTS]] == [
            ("coding-agent", Status.PROVEN),
            ("research-agent", Status.REFUTED),
        ]
        (firewall,) = picture.cards[Place(A, Tier.FIREWALL)]
        assert (firewall.name, firewall.holds) == ("subnet-firewall-us-east-1a", ("firewall endpoint",))
        (endpoints,) = picture.cards[Place(A, Tier.ENDPOINT)]
        assert endpoints.holds == ("bedrock-runtime", "logs")
        assert picture.services == ("dynamodb", "s3")
        assert picture.resolver == "VPC resolver behind a DNS firewall"

    def test_an_agent_that_nobody_judged_is_an_agent_without_a_verdict(self) -> None:
        assert {card.status for card in drawn(perimeter(NAMES), NOBODY).cards[AGENTS]} == {None}


def test_a_firewall_of_several_zones_is_met_in_the_zone_of_the_subnet() -> None:
    network = perimeter(NAMES)
    first, second = network.firewalls
    both = replace(first, subnets=(*second.subnets, *first.subnets))
    network = replace(network, firewalls=(both,))
    assert set(arrows(drawn(network))) == {Place(A, Tier.FIREWALL)}


WAYS: dict[str, tuple[Route, Place | Node, tuple[str, bool]]] = {
    "past the firewall to a NAT gateway": (
        route(Cidr.parse("198.51.100.0/24"), Target(TargetKind.NAT_GATEWAY, f"nat-{A}")),
        Place(A, Tier.EGRESS),
        ("198.51.100.0/24", True),
    ),
    "to a NAT gateway of another zone": (
        route(ManagedList("s3"), Target(TargetKind.NAT_GATEWAY, f"nat-{B}")),
        Place(B, Tier.EGRESS),
        ("s3", True),
    ),
    "by IPv6 through an egress-only gateway": (
        route(ANY_IPV6, Target(TargetKind.EGRESS_ONLY_GATEWAY, "eigw")),
        Node("egress-only internet gateway", Beyond.INTERNET),
        ("::/0", True),
    ),
    "to a transit gateway": (
        route(ListRef("pl"), Target(TargetKind.TRANSIT_GATEWAY, "tgw")),
        Node("transit gateway", Beyond.NETWORKS),
        ("a prefix list", True),
    ),
    "to a target that is not known": (
        route(WHY, WHY),
        Node("not known", Beyond.UNKNOWN),
        ("not known where", True),
    ),
    "to a firewall that is not in the network": (
        route(ANY_IPV6, Target(TargetKind.FIREWALL, "elsewhere")),
        Node("firewall endpoint", Beyond.UNKNOWN),
        ("::/0", True),
    ),
}


@pytest.mark.parametrize("case", WAYS)
def test_a_way_out_is_drawn(case: str) -> None:
    extra, target, told = WAYS[case]
    assert arrows(drawn(added(extra)))[target] == told


@pytest.mark.parametrize("kind", [TargetKind.LOCAL, TargetKind.BLACKHOLE])
def test_what_leads_nowhere_is_not_drawn(kind: TargetKind) -> None:
    assert arrows(drawn(added(route(ANY_IPV6, Target(kind))))) == arrows(drawn(perimeter(NAMES)))


class TestTables:
    def test_a_subnet_without_an_association_follows_the_main_table(self) -> None:
        network = perimeter(NAMES)
        main = RouteTable(id="main", origin=Origin(), vpc="Perimeter/vpc", main=True)
        out = route(ANY_IPV4, Target(TargetKind.INTERNET_GATEWAY, "igw"), "main")
        mine = f"Perimeter/subnet-agent-coding-agent-{A}"
        network = replace(
            network,
            route_tables=(*network.route_tables, main),
            routes=(*network.routes, out),
            table_associations=tuple(one for one in network.table_associations if one.subnet != mine),
        )
        found = arrows(drawn(network))
        assert found[Node("internet gateway", Beyond.INTERNET)] == ("0.0.0.0/0 (1 of 2 subnets)", True)
        assert found[Place(A, Tier.FIREWALL)] == ("0.0.0.0/0 (1 of 2 subnets)", False)

    def test_a_table_that_is_not_known_is_a_way_out_that_is_not_known(self) -> None:
        network = perimeter(NAMES)
        mine = f"Perimeter/subnet-agent-coding-agent-{A}"
        doubtful = RouteTableAssociation(id="~", origin=Origin(), table=WHY, subnet=mine)
        others = (one for one in network.table_associations if one.subnet != mine)
        found = arrows(drawn(replace(network, table_associations=(*others, doubtful))))
        assert found[Node("route table not known", Beyond.UNKNOWN)] == ("not known where (1 of 2 subnets)", True)


class TestDoubts:
    def test_zone_block_and_vpc_that_are_not_known_are_said_to_be_so(self) -> None:
        network = perimeter(NAMES)
        first = replace(network.subnets[0], zone=WHY, cidr=WHY, vpc=WHY)
        network = replace(network, subnets=(first, *network.subnets[1:]))
        known, unknown = pictures(network, PROOF)
        assert unknown.name == "a VPC that is not known"
        assert unknown.cidr == ""
        (card,) = unknown.cards[Place("zone not known", Tier.AGENT)]
        assert (card.name, card.cidr) == ("coding-agent", "block not known")
        assert len(known.cards[AGENTS]) == 1

    def test_an_endpoint_whose_service_is_not_known(self) -> None:
        endpoint = Endpoint(
            id="e",
            origin=Origin(),
            vpc="Perimeter/vpc",
            service_name=WHY,
            kind="gateway",
            policy=None,
            route_tables=(),
            subnets=(),
            groups=(),
            private_dns=False,
        )
        partner = replace(endpoint, service_name="vpce.partner.example")
        network = perimeter(NAMES)
        picture = drawn(replace(network, endpoints=(*network.endpoints, endpoint, partner)))
        assert picture.services == ("dynamodb", "s3", "service not known", "vpce.partner.example")

    def test_without_a_dns_firewall_it_says_so_and_several_are_counted(self) -> None:
        network = perimeter(NAMES)
        assert drawn(replace(network, dns_associations=())).resolver == "VPC resolver without a DNS firewall"
        assert (
            drawn(replace(network, dns_associations=network.dns_associations * 2)).resolver
            == "VPC resolver behind a DNS firewall of 2 rule groups"
        )

    def test_a_network_without_subnets_has_no_picture(self) -> None:
        assert pictures(ObservedNetwork(), PROOF) == ()


def test_a_subnet_that_is_for_nothing_known_is_still_watched() -> None:
    network = perimeter(NAMES)
    plain = tuple(replace(subnet, agent=None) for subnet in network.subnets)
    out = route(ANY_IPV6, Target(TargetKind.INTERNET_GATEWAY, "igw"))
    picture = drawn(replace(network, subnets=plain, routes=(*network.routes, out)), NOBODY)
    assert arrows(picture, Place(A, Tier.OTHER))[Node("internet gateway", Beyond.INTERNET)] == ("::/0", True)


class TestDrawing:
    def test_the_same_network_is_the_same_drawing(self) -> None:
        assert topology_svg(drawn(perimeter(NAMES)), "t") == topology_svg(drawn(perimeter(NAMES)), "t")

    def test_a_network_without_a_way_out_has_no_gateways(self) -> None:
        isolated = replace(perimeter(NAMES), routes=(), gateways=(), firewalls=())
        text = topology_svg(drawn(isolated), "t").text
        assert "gateway endpoints: dynamodb, s3" in text
        assert "Internet" not in text

    def test_what_is_cut_off_stands_in_a_title(self) -> None:
        name = "a" * 80
        text = topology_svg(drawn(perimeter([name]), NOBODY), "t").text
        assert f"<title>{name}</title>{'a' * 40}" in text

    @pytest.mark.parametrize("zones", [1, 2, 3, 6])
    def test_cards_never_overlap_and_never_leave_their_tier(self, zones: int) -> None:
        agents = [f"agent-{number}" for number in range(20)]
        places = [f"zone-{number}" for number in range(zones)]
        text = topology_svg(drawn(perimeter(agents, places), NOBODY), "t").text
        boxes = list(_boxes(text, "card"))
        assert len(boxes) == zones * 23
        for index, (x, y, width, height) in enumerate(boxes):
            assert width > 100
            for other_x, other_y, _, _ in boxes[index + 1 :]:
                assert abs(x - other_x) >= width or abs(y - other_y) >= height
            assert any(
                left <= x and x + width <= left + room and top <= y and y + height <= top + depth
                for left, top, room, depth in _boxes(text, "tier")
            )

    @pytest.mark.parametrize("case", WAYS)
    def test_every_arrow_is_told_in_words(self, case: str) -> None:
        extra, _, (label, _) = WAYS[case]
        text = topology_svg(drawn(added(extra)), "t").text
        description = text.partition("<desc")[2].partition("</desc>")[0]
        assert f": {label}, past any firewall." in description
        assert 'marker-end="url(#t-unfiltered)"' in text


def _boxes(text: str, kind: str) -> Iterable[tuple[float, float, float, float]]:
    """Left, top, width and height of every rectangle of a kind."""
    pattern = rf'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="\d+" class="{kind}\b'
    for found in re.findall(pattern, text):
        x, y, width, height = map(float, found)
        yield x, y, width, height
