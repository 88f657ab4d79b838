"""Security groups: what each rule says, and how many there are."""

from __future__ import annotations

import pytest

from agent_perimeter.lower.groups import lower_groups
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import GroupRef, GroupRule, Peer, PrefixList, Role, SecurityGroup
from agent_perimeter.source import Origin
from agent_perimeter.values import Protocol
from tests.unit.lower.agents import Reach, address, agent, at, intent, name, service


def peer(of: Peer) -> str:
    match of:
        case GroupRef(group):
            return group
        case PrefixList(listed):
            return f"prefix list of {listed}"
        case _:
            return str(of)


def rows(rules: tuple[GroupRule, ...]) -> list[tuple[str, str, str, str]]:
    """Protocol, ports, peer and lines of each rule."""
    return [(rule.protocol.value, str(rule.ports), peer(rule.peer), rule.origin.short) for rule in rules]


def group_of(*reaches: Reach) -> SecurityGroup:
    return next(group for group in lower_groups(intent(agent("bot", *reaches)))[0] if group.agent == "bot")


EGRESS: dict[str, tuple[tuple[Reach, ...], list[tuple[str, str, str, str]]]] = {
    "nothing": ((), []),
    "a name is any address": ((name(2),), [("TCP", "443", "0.0.0.0/0", "bot.yaml:2")]),
    "a name with pins is those": (
        (name(2, pins=("203.0.113.0/28", "203.0.113.32/28")),),
        [("TCP", "443", "203.0.113.0/28", "bot.yaml:2"), ("TCP", "443", "203.0.113.32/28", "bot.yaml:2")],
    ),
    "an address rule as written": (
        (address(2, "198.51.100.0/25", port="5432-5440"),),
        [("TCP", "5432-5440", "198.51.100.0/25", "bot.yaml:2")],
    ),
    "UDP": (
        (address(2, "198.51.100.7/32", port="123", protocol=Protocol.UDP),),
        [("UDP", "123", "198.51.100.7/32", "bot.yaml:2")],
    ),
    "a gateway service is its prefix list": (
        (service(2, "s3"),),
        [("TCP", "443", "prefix list of s3", "bot.yaml:2")],
    ),
    "an interface service is its endpoint's group": (
        (service(2, "sts"),),
        [("TCP", "443", "group/endpoint/sts", "bot.yaml:2")],
    ),
    "a service of two rules names both lines": (
        (service(2, "s3"), service(3, "s3", ("s3:PutObject",))),
        [("TCP", "443", "prefix list of s3", "bot.yaml:2 bot.yaml:3")],
    ),
    "endpoints, then gateways, then the internet": (
        (name(2), service(3, "s3"), service(4, "sts")),
        [
            ("TCP", "443", "group/endpoint/sts", "bot.yaml:4"),
            ("TCP", "443", "prefix list of s3", "bot.yaml:3"),
            ("TCP", "443", "0.0.0.0/0", "bot.yaml:2"),
        ],
    ),
}


@pytest.mark.parametrize(("reaches", "expected"), EGRESS.values(), ids=EGRESS)
def test_an_agents_group_lets_out(reaches: tuple[Reach, ...], expected: list[tuple[str, str, str, str]]) -> None:
    group = group_of(*reaches)
    assert rows(group.egress) == expected
    assert group.ingress == ()


def test_an_endpoints_group_takes_https_from_its_users_and_lets_nothing_out() -> None:
    groups, _ = lower_groups(
        intent(agent("bot", service(2, "sts")), agent("cat", service(3, "sts")), agent("dog", name(2)))
    )
    endpoint = next(group for group in groups if group.role is Role.ENDPOINT)
    assert (endpoint.id, endpoint.service, endpoint.agent) == ("group/endpoint/sts", "sts", None)
    assert rows(endpoint.ingress) == [
        ("TCP", "443", "group/agent/bot", "bot.yaml:2"),
        ("TCP", "443", "group/agent/cat", "bot.yaml:3"),
    ]
    assert endpoint.egress == ()
    assert endpoint.origin == at(2) | at(3)


def test_a_person_reads_in_a_rule_whom_it_is_for() -> None:
    group = group_of(name(2), address(3, "192.0.2.0/24"), service(4, "s3"), service(5, "sts"))
    assert [rule.description for rule in group.egress] == [
        "bot to the sts endpoint",
        "bot to s3 through its gateway endpoint",
        "names on the allowlist, held by the firewall: bot.yaml",
        "addresses: bot.yaml",
    ]
    assert group.description == "Agent bot: no ingress, egress as its policy says"
    assert group.origin == Origin((agent("bot").span,))


def test_groups_stand_by_id_and_are_counted_with_the_default_one() -> None:
    groups, uses = lower_groups(
        intent(agent("cat", service(2, "sts")), agent("bot", name(2), address(3, "192.0.2.0/24", "198.51.100.0/24")))
    )
    assert [group.id for group in groups] == ["group/agent/bot", "group/agent/cat", "group/endpoint/sts"]
    assert uses == (
        Use("vpc-security-groups", 4),
        Use("group-rules", 3, "group/agent/bot"),
        Use("group-rules", 1, "group/agent/cat"),
        Use("group-rules", 1, "group/endpoint/sts"),
    )


def test_without_agents_there_is_only_the_default_group() -> None:
    assert lower_groups(intent()) == ((), (Use("vpc-security-groups", 1),))
