"""The whole network from an intent: which layers there are, what is refused, what is metered."""

from __future__ import annotations

import pytest

from agent_perimeter.intent import AgentIntent
from agent_perimeter.lower import Lowered, lower
from agent_perimeter.lower.quotas import Meter
from agent_perimeter.network import LogKind, Network, Topology
from agent_perimeter.settings import Settings
from agent_perimeter.values import Cidr
from tests.unit.lower.agents import address, agent, intent, name, service

SCATTERED = tuple(f"198.51.100.{2 * number}/32" for number in range(70))
"""Seventy single addresses, of which no two make a block."""

ONE_PLACE = Settings(vpc_cidr=Cidr.parse("10.42.0.0/20"), agent_subnet_prefix=22)


def network_of(*agents: AgentIntent, settings: Settings | None = None) -> Network:
    lowered = lower(intent(*agents), settings or Settings())
    assert lowered.network is not None
    return lowered.network


def meters(lowered: Lowered) -> dict[str, Meter]:
    return {meter.quota.name: meter for meter in lowered.meters}


def errors(lowered: Lowered) -> list[str]:
    return [str(finding) for finding in lowered.findings if finding.is_error]


SHAPES: dict[str, tuple[tuple[AgentIntent, ...], Topology, list[str]]] = {
    "no agents": ((), Topology.ISOLATED, []),
    "an agent that reaches nothing": ((agent("bot"),), Topology.ISOLATED, []),
    "a gateway service": ((agent("bot", service(2, "s3")),), Topology.ISOLATED, ["gateway"]),
    "an interface service": ((agent("bot", service(2, "sts")),), Topology.ISOLATED, ["interface"]),
    "a name": ((agent("bot", name(2)),), Topology.FILTERED, []),
    "an address": ((agent("bot", address(2, "198.51.100.7/32")),), Topology.FILTERED, []),
    "all of it, over two agents": (
        (agent("bot", name(2), service(3, "s3")), agent("cat", service(2, "sts"))),
        Topology.FILTERED,
        ["gateway", "interface"],
    ),
}


@pytest.mark.parametrize(("agents", "topology", "kinds"), SHAPES.values(), ids=SHAPES)
def test_the_intent_chooses_the_topology(agents: tuple[AgentIntent, ...], topology: Topology, kinds: list[str]) -> None:
    network = network_of(*agents)
    filtered = topology is Topology.FILTERED
    assert network.topology is topology
    assert [endpoint.kind for endpoint in network.endpoints] == kinds
    assert [firewall.id for firewall in network.firewalls] == (["firewall/0", "firewall/1"] if filtered else [])
    assert (network.firewall_policy is not None) is filtered
    assert (network.internet_gateway is not None) is filtered
    assert network.agents == tuple(found.name for found in agents)
    assert {log.kind for log in network.logs} == {
        LogKind.DNS_QUERY,
        LogKind.VPC_FLOW,
        *((LogKind.FIREWALL_ALERT, LogKind.FIREWALL_FLOW) if filtered else ()),
    }


def test_a_firewall_is_protected_but_for_maintenance() -> None:
    bot = agent("bot", name(2))
    assert {firewall.protected for firewall in network_of(bot).firewalls} == {True}
    assert {firewall.protected for firewall in network_of(bot, settings=Settings(maintenance=True)).firewalls} == {
        False
    }


def test_settings_reach_the_logs_and_the_name() -> None:
    network = network_of(settings=Settings(name="lab", log_retention_days=7, log_key="create"))
    assert (network.name, network.log_key) == ("lab", "create")
    assert {log.retention_days for log in network.logs} == {7}


def test_a_firewall_stands_in_its_zones_own_subnet() -> None:
    network = network_of(agent("bot", name(2)), settings=Settings(zones=(None, None, None)))
    zones = {subnet.id: subnet.zone for subnet in network.subnets}
    assert [zones[firewall.subnet] for firewall in network.firewalls] == [
        firewall.zone for firewall in network.firewalls
    ]
    assert len(network.firewalls) == 3


def test_more_agents_than_places_are_refused_with_both_numbers() -> None:
    lowered = lower(intent(agent("bot"), agent("cat")), ONE_PLACE)
    assert lowered.network is None
    assert lowered.refused
    assert errors(lowered) == [
        "AP401 the quota agent-slots, places for agents in the address plan, would be exceeded "
        "(/22 subnets in 10.42.0.0/20) — got 2, allowed 1; try giving the VPC a larger block"
    ]


def test_a_pin_that_cannot_be_given_is_refused() -> None:
    lowered = lower(intent(agent("bot")), Settings(slots={"bot": 512}))
    assert lowered.network is None
    assert [finding.code.code for finding in lowered.findings] == ["AP303"]


def test_a_quota_that_would_be_exceeded_refuses_the_network_and_raising_it_does_not() -> None:
    bot = agent("bot", address(2, *SCATTERED))
    refused = lower(intent(bot), Settings())
    assert refused.refused
    assert [line.split(",")[0] for line in errors(refused)] == ["AP401 the quota group-rules"]
    raised = lower(intent(bot), Settings(quotas={"group-rules": 100}))
    assert not raised.refused
    assert (meters(raised)["group-rules"].used, meters(raised)["group-rules"].limit) == (70, 100)


def test_raising_the_entries_of_an_acl_makes_it_exact() -> None:
    bot = agent("bot", address(2, *SCATTERED[:30]))
    assert "AP502" in {finding.code.code for finding in lower(intent(bot), Settings()).findings}
    raised = lower(intent(bot), Settings(quotas={"acl-entries": 40}))
    assert "AP502" not in {finding.code.code for finding in raised.findings}
    assert meters(raised)["acl-entries"].used == 33


def test_an_acl_is_never_said_to_be_nearly_full() -> None:
    """What does not fit is covered, so the next policy fits all the same."""
    lowered = lower(intent(agent("bot", address(2, *SCATTERED[:17]))), Settings())
    assert meters(lowered)["acl-entries"].used == 20
    assert "AP402" not in {finding.code.code for finding in lowered.findings}


def test_a_table_counts_the_local_route_its_own_and_those_of_gateway_endpoints() -> None:
    agents = [agent(f"bot-{number}", name(2), service(3, "s3"), service(4, "dynamodb")) for number in range(3)]
    found = meters(lower(intent(*agents), Settings()))
    routes = found["route-table-routes"]
    assert (routes.used, routes.where) == (5, "table/egress/0"), "local, default, and one back to each agent"
    alone = meters(lower(intent(agents[0]), Settings()))["route-table-routes"]
    assert (alone.used, alone.where) == (4, "table/agent/internet+dynamodb+s3/0"), "local, default, two gateways"
    assert found["vpc-subnets"].used == 3 * 2 + 2 * 2
    assert found["vpc-route-tables"].used == 2 + 2 * 2 + 1


def test_twenty_agents_with_fifty_names_each_fit() -> None:
    agents = [
        agent(
            f"bot-{number}",
            *(name(line, f"host-{line}.agent-{number}.example.com") for line in range(50)),
            service(60, "s3"),
            service(61, "bedrock-runtime", ("bedrock:InvokeModel",)),
        )
        for number in range(20)
    ]
    lowered = lower(intent(*agents), Settings())
    assert errors(lowered) == []
    assert not lowered.refused
