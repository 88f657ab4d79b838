"""The address plan: where subnets lie, and why an agent's never move without a word."""

from __future__ import annotations

from itertools import combinations

import pytest

from agent_perimeter.finding import Severity
from agent_perimeter.lower.addresses import SLOT_MOVED, SLOT_TAKEN, plan_addresses
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import Zone
from agent_perimeter.settings import Settings
from agent_perimeter.values import Cidr

VPCS = {
    "a /16 in one zone": ("10.42.0.0/16", 1),
    "a /16 in two zones": ("10.42.0.0/16", 2),
    "a /16 in three zones": ("10.42.0.0/16", 3),
    "a /20 in one zone": ("10.42.16.0/20", 1),
    "a /20 in two zones": ("10.42.16.0/20", 2),
    "a /20 in three zones": ("10.42.16.0/20", 3),
}

SIXTEEN = Settings(vpc_cidr=Cidr.parse("10.42.0.0/20"), agent_subnet_prefix=26)
"""Sixteen places. ``bot`` draws the thirteenth, as does ``web-15``; ``coder`` and ``zoe-8`` the next one."""

ONE = Settings(vpc_cidr=Cidr.parse("10.42.0.0/20"), agent_subnet_prefix=22)


def settings(slots: dict[str, int], base: Settings = SIXTEEN) -> Settings:
    return Settings(vpc_cidr=base.vpc_cidr, agent_subnet_prefix=base.agent_subnet_prefix, slots=slots)


@pytest.mark.parametrize(("vpc", "zones"), VPCS.values(), ids=VPCS)
def test_every_tier_and_agent_has_a_block_in_every_zone_and_none_overlaps(vpc: str, zones: int) -> None:
    chosen = Settings(vpc_cidr=Cidr.parse(vpc), zones=(None,) * zones)
    plan, _, findings = plan_addresses(["bot", "coder"], chosen)
    assert not findings
    tiers = (plan.endpoint, plan.firewall, plan.egress, plan.agents["bot"], plan.agents["coder"])
    assert [len(tier) for tier in tiers] == [zones] * 5
    assert [tier[0].prefix for tier in tiers] == [26, 28, 28, 27, 27]
    blocks = [block for tier in tiers for block in tier]
    assert all(block in plan.vpc for block in blocks)
    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))


def test_the_plan_of_the_default_settings() -> None:
    """Public: where an agent lives may not change between versions."""
    plan, uses, findings = plan_addresses(["bot"], Settings())
    assert {name: list(map(str, blocks)) for name, blocks in plan.agents.items()} == {
        "bot": ["10.42.59.128/27", "10.42.123.128/27"]
    }
    assert list(map(str, plan.endpoint)) == ["10.42.192.0/26", "10.42.192.64/26"]
    assert list(map(str, plan.firewall)) == ["10.42.193.0/28", "10.42.193.16/28"]
    assert list(map(str, plan.egress)) == ["10.42.193.64/28", "10.42.193.80/28"]
    assert list(map(str, plan.agent_area)) == ["10.42.0.0/17"]
    assert list(map(str, plan.endpoint_area)) == ["10.42.192.0/25"]
    assert uses == (Use("agent-slots", 1, "/27 subnets in 10.42.0.0/16", limit=512),)
    assert findings == ()


AREAS = {
    "one zone": (1, ["10.42.0.0/18"], ["10.42.192.0/26"]),
    "two zones, which are neighbours": (2, ["10.42.0.0/17"], ["10.42.192.0/25"]),
    "three zones": (3, ["10.42.0.0/17", "10.42.128.0/18"], ["10.42.192.0/25", "10.42.192.128/26"]),
}


@pytest.mark.parametrize(("zones", "agents", "endpoints"), AREAS.values(), ids=AREAS)
def test_an_area_holds_every_place_in_the_zones_in_the_fewest_blocks(
    zones: int, agents: list[str], endpoints: list[str]
) -> None:
    plan, _, _ = plan_addresses(["bot"], Settings(zones=(None,) * zones))
    assert list(map(str, plan.agent_area)) == agents
    assert list(map(str, plan.endpoint_area)) == endpoints
    assert all(any(block in area for area in plan.agent_area) for block in plan.agents["bot"])


def test_zones_keep_their_names_and_their_order() -> None:
    plan, _, _ = plan_addresses([], Settings(zones=("eu-central-1c", None)))
    assert plan.zones == (Zone(0, "eu-central-1c"), Zone(1, None))
    assert plan.agents == {}


def test_two_agents_that_draw_the_same_place_are_told_so() -> None:
    plan, _, findings = plan_addresses(["bot", "web-15"], SIXTEEN)
    assert plan.agents["bot"] == plan_addresses(["bot"], SIXTEEN)[0].agents["bot"]
    (note,) = findings
    assert note.code is SLOT_MOVED
    assert note.severity is Severity.NOTE
    assert note.message == "agent web-15 moves aside in the address plan: agent bot has the place that its name draws"
    assert note.hint == 'pinning it: "slots": {"web-15": 13} in the settings'


def test_an_agent_that_moves_aside_never_pushes_another_out_of_its_own_place() -> None:
    """``web-15`` draws the place of ``bot`` and would take the next one, which is that of ``zoe-8``."""
    both, _, notes = plan_addresses(["bot", "web-15", "zoe-8"], SIXTEEN)
    assert both.agents["zoe-8"] == plan_addresses(["zoe-8"], SIXTEEN)[0].agents["zoe-8"]
    assert ["web-15" in note.message for note in notes] == [True]


def test_a_pin_gives_the_place_and_ends_the_note() -> None:
    plan, _, findings = plan_addresses(["bot", "web-15"], settings({"web-15": 9}))
    assert plan.agents["web-15"][0] == Cidr.parse("10.42.0.0/22").subnet(26, 9)
    assert findings == ()


def test_a_pin_goes_before_a_name_and_the_name_is_told() -> None:
    home = 12
    plan, _, (note,) = plan_addresses(["aaa", "bot"], settings({"aaa": home}))
    assert plan.agents["aaa"][0] == Cidr.parse("10.42.0.0/22").subnet(26, home)
    assert note.message == "agent bot moves aside in the address plan: agent aaa has the place that its name draws"


def test_a_pin_of_an_agent_that_is_not_there_takes_no_place() -> None:
    assert plan_addresses(["bot"], settings({"gone": 12}))[0] == plan_addresses(["bot"], SIXTEEN)[0]


PINS = {
    "the first place": ({"bot": 0}, None),
    "the last place": ({"bot": 15}, None),
    "past the last": ({"bot": 16}, "agent bot cannot have slot 16: it is outside the plan"),
    "below the first": ({"bot": -1}, "agent bot cannot have slot -1: it is outside the plan"),
    "one that another agent is pinned to": ({"bot": 5, "coder": 5}, "agent coder cannot have slot 5: agent bot has it"),
}


@pytest.mark.parametrize(("slots", "why"), PINS.values(), ids=PINS)
def test_a_pin_is_held_to_the_plan(slots: dict[str, int], why: str | None) -> None:
    plan, _, findings = plan_addresses(["bot", "coder"], settings(slots))
    assert [finding.message for finding in findings if finding.code is SLOT_TAKEN] == ([why] if why else [])
    assert ("coder" in plan.agents, "bot" in plan.agents) == (
        "coder" not in (why or ""),
        not (why or "").startswith("agent bot"),
    )


def test_a_refused_pin_is_an_error_with_a_place_that_is_free() -> None:
    plan, _, (error,) = plan_addresses(["bot", "coder"], settings({"bot": 5, "coder": 5}))
    assert error.severity is Severity.ERROR
    assert (error.got, error.allowed) == ("5", "a free slot from 0 to 15")
    assert error.hint is not None
    again = plan_addresses(["bot", "coder"], settings({"bot": 5, "coder": int(error.hint.split()[2].rstrip("}"))}))
    assert again[2] == ()
    assert set(again[0].agents) == {"bot", "coder"} > set(plan.agents)


def test_where_no_place_is_free_none_is_offered() -> None:
    plan, _, (error,) = plan_addresses(["bot", "coder"], settings({"bot": 0, "coder": 0}, ONE))
    assert (error.code, error.hint) == (SLOT_TAKEN, None)
    assert list(plan.agents) == ["bot"]


def test_more_agents_than_places_leaves_some_without_and_the_meter_says_how_many() -> None:
    plan, uses, notes = plan_addresses([f"bot-{number}" for number in range(20)], SIXTEEN)
    assert len(plan.agents) == 16
    assert len(set(plan.agents.values())) == 16
    assert {note.message.split()[1] for note in notes} < set(plan.agents), "no note speaks of who got no place"
    assert uses == (Use("agent-slots", 20, "/26 subnets in 10.42.0.0/20", limit=16),)


def test_five_hundred_and_twelve_agents_fill_the_default_plan() -> None:
    plan, _, findings = plan_addresses([f"bot-{number}" for number in range(512)], Settings())
    assert len(set(plan.agents.values())) == 512
    assert {finding.code for finding in findings} == {SLOT_MOVED}
