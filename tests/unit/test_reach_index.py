"""Look-ups: which table and which ACL hold, and who bears a group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent_perimeter.observed import Doubt, ObservedNetwork, TargetKind
from agent_perimeter.reach.index import Index
from agent_perimeter.values import Cidr
from tests.unit.reach_networks import (
    UNREAD,
    acl,
    endpoint,
    group,
    interface,
    route,
    subnet,
    table,
    target,
    uses,
    vpc,
    walled,
)

BASE = ObservedNetwork(
    vpcs=(vpc(),),
    subnets=(subnet("agent", "10.0.1.0/24", agent="bot"), subnet("lost", None, of=UNREAD, agent=UNREAD)),
    route_tables=(table("main", main=True), table("own")),
    acls=(acl("default", default=True), acl("own-acl")),
)


def index(**more: Any) -> Index:
    return Index(replace(BASE, **more))


TABLES: dict[str, tuple[dict[str, Any], tuple[str, ...], bool, str]] = {
    "the association's": ({"table_associations": (uses("agent", "own"),)}, ("own",), False, ""),
    "without one the main table": ({}, ("main",), False, ""),
    "of two either": (
        {"table_associations": (uses("agent", "main"), uses("agent", "own"))},
        ("main", "own"),
        False,
        "there is more than one association: main, own",
    ),
    "an association that may not exist leaves the main table": (
        {"table_associations": (uses("agent", "own", maybe=UNREAD),)},
        ("main", "own"),
        False,
        UNREAD.reason,
    ),
    "an association of an unknown subnet may be ours": (
        {"table_associations": (uses(UNREAD, "own"),)},
        ("main", "own"),
        False,
        UNREAD.reason,
    ),
    "an unknown table": ({"table_associations": (uses("agent", UNREAD),)}, ("main",), True, UNREAD.reason),
    "a table out of sight": ({"table_associations": (uses("agent", "gone"),)}, ("main",), True, "gone is not in sight"),
    "no main table": ({"route_tables": ()}, (), True, "the main route table of vpc is not known"),
    "two main tables": (
        {"route_tables": (table("main", main=True), table("second", main=True))},
        ("main", "second"),
        False,
        "the main route table of vpc is not known",
    ),
}


@pytest.mark.parametrize("sentence", TABLES)
def test_the_table_of_a_subnet(sentence: str) -> None:
    more, names, unseen, doubt = TABLES[sentence]
    choice = index(**more).table_of("agent")
    assert tuple(one.id for one in choice.candidates) == names
    assert choice.open is unseen
    assert ([one.reason for one in choice.doubts] or [""])[0] == doubt
    assert choice.certain is (not doubt)


def test_the_acl_of_a_subnet() -> None:
    assert [one.id for one in index().acl_of("agent").candidates] == ["default"]
    assert [one.id for one in index(acl_associations=(walled("agent", "own-acl"),)).acl_of("agent").candidates] == [
        "own-acl"
    ]


def test_of_an_unknown_vpc_any_main_table_may_hold() -> None:
    choice = index().table_of("lost")
    assert [one.id for one in choice.candidates] == ["main"]
    assert choice.open


def test_the_vpc_of_a_subnet() -> None:
    found = index().vpc_of("agent")
    assert found is not None
    assert found.id == "vpc"
    assert index().vpc_of("lost") is None
    assert index().vpc_of("gone") is None
    assert index().blocks(found, 4) == (Cidr.parse("10.0.0.0/16"),)
    assert index().blocks(found, 6) == ()


def test_tags_that_cannot_be_read_may_name_anybody() -> None:
    found = index(security_groups=(group("mine", agent="bot"), group("theirs", agent="other")))
    assert [one.id for one in found.subnets_of_agent("bot")] == ["agent", "lost"]
    assert [one.id for one in found.subnets_of_agent("nobody")] == ["lost"]
    assert [one.id for one in found.groups_of_agent("bot")] == ["mine"]
    assert [one.id for one in found.subnets_of_vpc("vpc")] == ["agent", "lost"]


def test_the_edge_table_of_a_gateway() -> None:
    assert index().edge_table("igw") is None
    choice = index(table_associations=(uses(None, "own", edge="igw"),)).edge_table("igw")
    assert choice is not None
    assert choice.certain
    doubtful = index(table_associations=(uses(None, UNREAD, edge="igw"),)).edge_table("igw")
    assert doubtful is not None
    assert (doubtful.candidates, doubtful.open) == ((), True)


def test_routes_of_an_unknown_table_are_perhaps_in_each() -> None:
    blackhole = target(TargetKind.BLACKHOLE)
    found = index(routes=(route("own", "10.9.0.0/16", blackhole), route(UNREAD, "10.8.0.0/16", blackhole)))
    assert [(one.id, doubts) for one, doubts in found.routes_of("own")] == [
        ("own-10.9.0.0/16", ()),
        (f"{UNREAD}-10.8.0.0/16", (UNREAD,)),
    ]


BEARERS = index(
    security_groups=(
        group("a"), group("b"), group("c"), group("d"), group("tagged", agent="bot"), group("vpc/default-group"),
    ),
    endpoints=(
        endpoint("e", "logs", groups=("a", "tagged")),
        endpoint("u", "kms", groups=(UNREAD,)),
        endpoint("bare", "sts"),
        endpoint("s3", "s3", gateway=True),
    ),
    interfaces=(interface("i", "agent", "b"), interface("j", "lost"), interface("k", "gone")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "bearers", "members"),
    [
        ("a", {"e": 0, "u": 1, "j": 1, "k": 1}, True),
        ("b", {"i": 0, "u": 1, "j": 1, "k": 1}, True),
        ("vpc/default-group", {"bare": 0, "u": 1, "j": 1, "k": 1}, True),
        ("tagged", {"e": 0, "u": 1, "j": 1, "k": 1}, True),
    ],
)
def test_who_bears_a_group(name: str, bearers: dict[str, int], members: bool) -> None:
    found = {bearer.id: len(doubts) for bearer, doubts in BEARERS.bearers(name)}
    assert found.keys() == bearers.keys()
    assert BEARERS.has_members(name) is members


@pytest.mark.parametrize(
    ("groups", "members"), [(("a",), False), ((UNREAD,), True), ((), True)], ids=["surely", "perhaps", "nobody"]
)
def test_what_only_endpoints_bear_has_no_members(groups: tuple[str | Doubt, ...], members: bool) -> None:
    found = index(
        security_groups=(group("a"), group("vpc/default-group")), endpoints=(endpoint("e", "logs", groups=groups),)
    )
    assert found.has_members("a") is members


def test_a_tagged_group_has_its_agent_for_a_member() -> None:
    found = index(security_groups=(group("a", agent="bot"),), endpoints=(endpoint("e", "logs", groups=("a",)),))
    assert found.has_members("a")


def test_where_interfaces_may_be() -> None:
    inside = Cidr.parse("10.0.1.0/24")
    whole = Cidr.parse("10.0.0.0/16")
    found = index()
    assert found.blocks_under(interface("i", "agent")) == (inside,)
    assert found.blocks_under(endpoint("e", "logs", subnets=("agent",))) == (inside,)
    assert found.blocks_under(endpoint("e", "logs", subnets=(UNREAD,))) == (whole,)
    assert found.blocks_under(endpoint("e", "logs")) == (whole,)
    (doubt,) = found.blocks_under(interface("i", UNREAD))
    assert isinstance(doubt, Doubt)
