"""Subnets and routes for each shape of a perimeter."""

from __future__ import annotations

import pytest

from agent_perimeter.intent import Intent
from agent_perimeter.lower.routes import (
    Paths,
    agent_table,
    gateway_services,
    interface_services,
    lower_routes,
)
from agent_perimeter.network import InternetGateway, NatGateway, Role, Zone
from agent_perimeter.source import Origin
from tests.unit.lower.agents import Reach, agent, intent, name, plan, service

ACLS = {name: f"acl/{name}" for name in ("agent/bot", "agent/cat", *Role)}


def lowered(of: Intent, zones: int = 2) -> Paths:
    return lower_routes(of, plan(of, zones), ACLS)


def routes(paths: Paths) -> dict[str, list[tuple[str, str]]]:
    """Destination and target of every route, by table."""
    return {table.id: [(str(r.destination), r.target) for r in table.routes] for table in paths.route_tables}


def test_a_perimeter_without_agents_has_no_subnets_and_no_gateways() -> None:
    assert lowered(intent()) == Paths((), (), None, ())


def test_an_agent_that_reaches_nothing_lives_in_subnets_without_a_way_out() -> None:
    paths = lowered(intent(agent("bot")))
    assert [(s.id, s.role, s.agent, s.acl) for s in paths.subnets] == [
        ("subnet/agent/bot/0", Role.AGENT, "bot", "acl/agent/bot"),
        ("subnet/agent/bot/1", Role.AGENT, "bot", "acl/agent/bot"),
    ]
    assert routes(paths) == {"table/agent/local/0": [], "table/agent/local/1": []}
    assert (paths.internet_gateway, paths.nat_gateways) == (None, ())


def test_gateway_services_alone_need_no_subnets_of_their_own() -> None:
    paths = lowered(intent(agent("bot", service(2, "s3"))), zones=1)
    assert [subnet.id for subnet in paths.subnets] == ["subnet/agent/bot/0"]
    assert routes(paths) == {"table/agent/s3/0": []}


def test_interface_services_alone_bring_the_endpoints_subnets_and_no_internet() -> None:
    paths = lowered(intent(agent("bot", service(2, "sts"))), zones=1)
    assert [(subnet.id, str(subnet.cidr)) for subnet in paths.subnets] == [
        ("subnet/agent/bot/0", str(plan(intent(agent("bot")), 1).agents["bot"][0])),
        ("subnet/endpoint/0", "10.42.192.0/26"),
    ]
    assert routes(paths) == {"table/agent/local/0": [], "table/endpoint/0": []}
    assert paths.internet_gateway is None


def test_the_internet_is_reached_through_the_firewall_of_the_zone_and_answers_come_back_through_it() -> None:
    of = intent(agent("bot", name(2)), agent("cat", service(2, "s3")))
    paths = lowered(of)
    bot = [str(block) for block in plan(of).agents["bot"]]
    assert routes(paths) == {
        "table/agent/internet/0": [("0.0.0.0/0", "firewall/0")],
        "table/agent/internet/1": [("0.0.0.0/0", "firewall/1")],
        "table/agent/s3/0": [],
        "table/agent/s3/1": [],
        "table/egress/0": [("0.0.0.0/0", "internet-gateway"), (bot[0], "firewall/0")],
        "table/egress/1": [("0.0.0.0/0", "internet-gateway"), (bot[1], "firewall/1")],
        "table/firewall/0": [("0.0.0.0/0", "nat/0")],
        "table/firewall/1": [("0.0.0.0/0", "nat/1")],
    }
    assert paths.internet_gateway == InternetGateway("internet-gateway")
    assert paths.nat_gateways == (
        NatGateway("nat/0", Zone(0), "subnet/egress/0"),
        NatGateway("nat/1", Zone(1), "subnet/egress/1"),
    )


@pytest.mark.parametrize("zones", [1, 2, 3])
def test_every_zone_has_the_same_tiers(zones: int) -> None:
    paths = lowered(intent(agent("bot", name(2), service(3, "sts"), service(4, "s3"))), zones)
    for zone in range(zones):
        assert [subnet.id for subnet in paths.subnets if subnet.zone == Zone(zone)] == [
            f"subnet/agent/bot/{zone}",
            f"subnet/egress/{zone}",
            f"subnet/endpoint/{zone}",
            f"subnet/firewall/{zone}",
        ]
    assert len(paths.nat_gateways) == zones


TABLES: dict[str, tuple[tuple[Reach, ...], str]] = {
    "nothing": ((), "table/agent/local/0"),
    "an interface service, which is an address in the VPC": ((service(2, "sts"),), "table/agent/local/0"),
    "the internet": ((name(2),), "table/agent/internet/0"),
    "a gateway service": ((service(2, "s3"),), "table/agent/s3/0"),
    "a gateway service twice": ((service(2, "s3"), service(3, "s3")), "table/agent/s3/0"),
    "both gateway services": ((service(2, "s3"), service(3, "dynamodb")), "table/agent/dynamodb+s3/0"),
    "the internet and a gateway service": ((name(2), service(3, "s3")), "table/agent/internet+s3/0"),
}


@pytest.mark.parametrize(("reaches", "table"), TABLES.values(), ids=TABLES)
def test_agents_with_the_same_routes_share_a_table(reaches: tuple[Reach, ...], table: str) -> None:
    assert agent_table(agent("bot", *reaches), Zone(0)) == table


def test_services_are_told_apart_by_how_they_are_reached() -> None:
    bot = agent("bot", service(2, "sts"), service(3, "s3"), service(4, "dynamodb"), service(5, "s3"))
    assert gateway_services(bot) == ("dynamodb", "s3")
    assert interface_services(bot) == ("sts",)


def test_what_belongs_to_an_agent_names_its_file_and_the_rest_no_line() -> None:
    bot = agent("bot", name(2))
    paths = lowered(intent(bot), zones=1)
    spans = {subnet.id: subnet.origin for subnet in paths.subnets}
    assert spans == {
        "subnet/agent/bot/0": Origin((bot.span,)),
        "subnet/egress/0": Origin(),
        "subnet/firewall/0": Origin(),
    }
    back = {route.id: route.origin for table in paths.route_tables for route in table.routes}
    assert back["table/egress/0/back/bot"] == Origin((bot.span,))
    assert back["table/egress/0/default"] == Origin()
