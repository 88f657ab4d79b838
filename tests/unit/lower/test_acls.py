"""Network ACLs, entry by entry. That they let out what they should is proved in tests/laws/test_lowering.py."""

from __future__ import annotations

import pytest

from agent_perimeter.finding import Severity
from agent_perimeter.intent import AgentIntent
from agent_perimeter.lower.acls import ACL_COVERS, Walls, lower_acls
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import AclEntry, Direction, Role
from agent_perimeter.values import Protocol
from tests.unit.lower.agents import Reach, address, agent, intent, name, plan, service


def walls_of(*agents: AgentIntent, zones: int = 2, entries: int = 20) -> Walls:
    of = intent(*agents)
    return lower_acls(of, plan(of, zones), entries)


def rows(walls: Walls, who: str) -> list[str]:
    """The ACL of an agent or tier as a person would write it down."""
    acl = next(acl for acl in walls.acls if acl.id == walls.assigned[who])
    return [_row(entry) for entry in acl.entries]


def _row(entry: AclEntry) -> str:
    way = "to" if entry.direction is Direction.EGRESS else "from"
    what = f"{entry.protocol} {entry.ports}" if entry.ports else str(entry.protocol)
    return f"{entry.number} {'allow' if entry.allow else 'deny'} {what} {way} {entry.cidr} ({entry.origin.short})"


AGENTS: dict[str, tuple[tuple[Reach, ...], list[str]]] = {
    "nothing: AWS denies the rest": ((), []),
    "a name": (
        (name(2),),
        [
            "100 deny ALL to 10.42.0.0/16 ()",
            "110 allow TCP 443 to 0.0.0.0/0 (bot.yaml:2)",
            "100 deny ALL from 10.42.0.0/16 ()",
            "110 allow TCP 1024-65535 from 0.0.0.0/0 (bot.yaml:2)",
        ],
    ),
    "only an interface service": (
        (service(2, "sts"),),
        [
            "100 allow TCP 443 to 10.42.192.0/25 (bot.yaml:2)",
            "110 deny ALL to 10.42.0.0/16 ()",
            "100 allow TCP 1024-65535 from 10.42.192.0/25 (bot.yaml:2)",
            "110 deny ALL from 10.42.0.0/16 ()",
        ],
    ),
    "only a gateway service": (
        (service(2, "s3"),),
        [
            "100 deny ALL to 10.42.0.0/16 ()",
            "110 allow TCP 443 to 0.0.0.0/0 (bot.yaml:2)",
            "100 deny ALL from 10.42.0.0/16 ()",
            "110 allow TCP 1024-65535 from 0.0.0.0/0 (bot.yaml:2)",
        ],
    ),
    "a gateway service beside ports around 443": (
        (service(2, "s3"), address(3, "192.0.2.0/24", port="440-450")),
        [
            "100 deny ALL to 10.42.0.0/16 ()",
            "110 allow TCP 440-442 to 192.0.2.0/24 (bot.yaml:3)",
            "120 allow TCP 443 to 0.0.0.0/0 (bot.yaml:2 bot.yaml:3)",
            "130 allow TCP 444-450 to 192.0.2.0/24 (bot.yaml:3)",
            "100 deny ALL from 10.42.0.0/16 ()",
            "110 allow TCP 1024-65535 from 0.0.0.0/0 (bot.yaml:2 bot.yaml:3)",
        ],
    ),
    "replies come from where each protocol went": (
        (
            address(2, "192.0.2.0/24", port="22"),
            address(3, "192.0.2.0/24", port="80"),
            address(4, "198.51.100.7/32", port="123", protocol=Protocol.UDP),
        ),
        [
            "100 deny ALL to 10.42.0.0/16 ()",
            "110 allow TCP 22 to 192.0.2.0/24 (bot.yaml:2)",
            "120 allow TCP 80 to 192.0.2.0/24 (bot.yaml:3)",
            "130 allow UDP 123 to 198.51.100.7/32 (bot.yaml:4)",
            "100 deny ALL from 10.42.0.0/16 ()",
            "110 allow TCP 1024-65535 from 192.0.2.0/24 (bot.yaml:2 bot.yaml:3)",
            "120 allow UDP 1024-65535 from 198.51.100.7/32 (bot.yaml:4)",
        ],
    ),
}


@pytest.mark.parametrize(("reaches", "expected"), AGENTS.values(), ids=AGENTS)
def test_an_agents_acl(reaches: tuple[Reach, ...], expected: list[str]) -> None:
    assert rows(walls_of(agent("bot", *reaches)), "agent/bot") == expected


def test_the_vpc_is_denied_before_the_world_is_allowed() -> None:
    """Numbered the other way round, an agent with a name could open connections to its neighbours."""
    walls = walls_of(agent("bot", name(2)))
    by_number = sorted(rows(walls, "agent/bot"))
    assert [row.split()[1] for row in by_number] == ["deny", "deny", "allow", "allow"]


def test_the_endpoints_answer_https_to_where_agents_may_live() -> None:
    walls = walls_of(agent("bot", service(2, "sts")), zones=3)
    assert rows(walls, Role.ENDPOINT) == [
        "100 allow TCP 443 from 10.42.0.0/17 ()",
        "110 allow TCP 443 from 10.42.128.0/18 ()",
        "100 allow TCP 1024-65535 to 10.42.0.0/17 ()",
        "110 allow TCP 1024-65535 to 10.42.128.0/18 ()",
    ]


def test_the_firewall_and_egress_subnets_pass_requests_out_and_replies_in() -> None:
    walls = walls_of(agent("bot", name(2), address(3, "198.51.100.7/32", port="123", protocol=Protocol.UDP)))
    expected = [
        "100 allow TCP 1024-65535 to 10.42.0.0/17 ()",
        "110 allow UDP 1024-65535 to 10.42.0.0/17 ()",
        "120 deny ALL to 10.42.0.0/16 ()",
        "130 allow TCP 443 to 0.0.0.0/0 (bot.yaml:2)",
        "140 allow UDP 123 to 198.51.100.7/32 (bot.yaml:3)",
        "100 allow TCP 443 from 10.42.0.0/17 (bot.yaml:2)",
        "110 allow UDP 123 from 10.42.0.0/17 (bot.yaml:3)",
        "120 deny ALL from 10.42.0.0/16 ()",
        "130 allow TCP 1024-65535 from 0.0.0.0/0 (bot.yaml:2)",
        "140 allow UDP 1024-65535 from 198.51.100.7/32 (bot.yaml:3)",
    ]
    assert rows(walls, Role.FIREWALL) == expected
    assert rows(walls, Role.EGRESS) == expected


TIERS: dict[str, tuple[tuple[AgentIntent, ...], set[str]]] = {
    "no agents": ((), set()),
    "an agent that reaches nothing": ((agent("bot"),), {"agent/bot"}),
    "a gateway service": ((agent("bot", service(2, "s3")),), {"agent/bot"}),
    "an interface service": ((agent("bot", service(2, "sts")),), {"agent/bot", "endpoint"}),
    "a name": ((agent("bot", name(2)),), {"agent/bot", "firewall", "egress"}),
    "one agent each": (
        (agent("bot", name(2)), agent("cat", service(2, "sts"))),
        {"agent/bot", "agent/cat", "endpoint", "firewall", "egress"},
    ),
}


@pytest.mark.parametrize(("agents", "assigned"), TIERS.values(), ids=TIERS)
def test_every_subnet_that_there_will_be_has_an_acl_and_no_other_is_made(
    agents: tuple[AgentIntent, ...], assigned: set[str]
) -> None:
    walls = walls_of(*agents)
    assert set(walls.assigned) == assigned
    assert {acl.id for acl in walls.acls} == set(walls.assigned.values())
    assert walls.uses[0] == Use("vpc-acls", len(walls.acls) + 1)


def test_agents_with_the_same_entries_share_an_acl_that_names_the_lines_of_both() -> None:
    walls = walls_of(agent("bot", name(2)), agent("cat", name(3)), agent("dog", name(2, port="80")))
    assert walls.assigned["agent/bot"] == walls.assigned["agent/cat"] != walls.assigned["agent/dog"]
    assert rows(walls, "agent/cat")[1] == "110 allow TCP 443 to 0.0.0.0/0 (bot.yaml:2 bot.yaml:3)"


def test_an_acl_is_called_by_its_content() -> None:
    """Public: a name that changed would replace the ACL. An attacker cannot make two contents meet in 64 bits."""
    assert walls_of(agent("bot", name(2))).assigned["agent/bot"] == "acl/agent/f03d20ae2692583d"
    assert walls_of(agent("bot", name(9))).assigned["agent/bot"] == "acl/agent/f03d20ae2692583d"


SCATTERED = tuple(f"198.51.100.{8 * number}/32" for number in range(20))


def notes(walls: Walls) -> list[str]:
    assert all(finding.code is ACL_COVERS and finding.severity is Severity.NOTE for finding in walls.findings)
    return [str(finding) for finding in walls.findings]


PREFIX_LISTS = (
    "policies/bot.yaml:1:1: AP502 the network ACL of agent bot allows TCP 443 to any address, "
    "for ACLs cannot name the prefix list of "
)
RAISE = "; try raising quotas.acl-entries to at most 40, or fewer and larger blocks"

NOTES: dict[str, tuple[tuple[Reach, ...], list[str]]] = {
    "exact walls need none": ((name(2), address(3, *SCATTERED[:3]), service(4, "sts")), []),
    "a gateway service opens HTTPS": ((service(2, "s3"),), [PREFIX_LISTS + "s3"]),
    "both gateway services": ((service(2, "s3"), service(3, "dynamodb")), [PREFIX_LISTS + "dynamodb or s3"]),
    "a name has opened HTTPS already": ((service(2, "s3"), name(3)), []),
    "a name on another port has not": ((service(2, "s3"), name(3, port="80")), [PREFIX_LISTS + "s3"]),
    "a name with pins has not": ((service(2, "s3"), name(3, pins=("192.0.2.0/24",))), [PREFIX_LISTS + "s3"]),
    "more blocks than entries": (
        (address(2, *SCATTERED),),
        [
            "policies/bot.yaml:1:1: AP502 the network ACL of agent bot covers its rules with larger blocks or port "
            "ranges — got 20 entries in one direction, allowed 18 beside its fixed ones" + RAISE,
            "AP502 the network ACL of the firewall and egress subnets covers its rules with larger blocks or port "
            "ranges — got 20 entries in one direction, allowed 17 beside its fixed ones" + RAISE,
        ],
    ),
}


@pytest.mark.parametrize(("reaches", "expected"), NOTES.values(), ids=NOTES)
def test_where_an_acl_is_wider_than_the_intent_a_note_says_so(reaches: tuple[Reach, ...], expected: list[str]) -> None:
    assert notes(walls_of(agent("bot", *reaches))) == expected


def test_where_only_the_way_in_does_not_fit_the_note_is_there_too() -> None:
    """Twelve ports to one address are twelve entries out, but from the two blocks of three zones 24 in."""
    ports = tuple(address(2, "192.0.2.7/32", port=str(port)) for port in range(10, 24, 2))
    assert notes(walls_of(agent("bot", *ports), zones=2)) == []
    more = tuple(address(2, "192.0.2.7/32", port=str(port)) for port in range(10, 34, 2))
    assert notes(walls_of(agent("bot", *more), zones=3)) == [
        "AP502 the network ACL of the firewall and egress subnets covers its rules with larger blocks or port ranges "
        "— got 24 entries in one direction, allowed 17 beside its fixed ones" + RAISE
    ]


QUOTAS = {"the default": 20, "what AWS raises it to": 40}


@pytest.mark.parametrize("entries", QUOTAS.values(), ids=QUOTAS)
def test_what_does_not_fit_is_covered_within_the_quota(entries: int) -> None:
    many = tuple(f"198.51.{100 + number // 32}.{8 * (number % 32)}/32" for number in range(100))
    walls = walls_of(agent("bot", address(2, *many), service(3, "sts")), zones=3, entries=entries)
    assert entries - 2 <= max(_entries_used(walls)) <= entries
    assert rows(walls, "agent/bot")[:3] == [
        "100 allow TCP 443 to 10.42.192.0/25 (bot.yaml:3)",
        "110 allow TCP 443 to 10.42.192.128/26 (bot.yaml:3)",
        "120 deny ALL to 10.42.0.0/16 ()",
    ]


def _entries_used(walls: Walls) -> list[int]:
    return [use.used for use in walls.uses if use.quota == "acl-entries"]


def test_a_quota_too_small_for_any_wall_is_left_to_the_meter() -> None:
    """No exception, and no wall with a hole in it: the use is above the limit, which is refused."""
    walls = walls_of(agent("bot", name(2), service(3, "sts")), zones=3, entries=3)
    assert max(_entries_used(walls)) == 5
    assert rows(walls, "agent/bot")[3] == "130 allow TCP 443 to 0.0.0.0/0 (bot.yaml:2)"


def test_with_forty_entries_nothing_needs_to_be_covered_that_did_with_twenty() -> None:
    assert len(notes(walls_of(agent("bot", address(2, *SCATTERED))))) == 2
    assert notes(walls_of(agent("bot", address(2, *SCATTERED)), entries=40)) == []


def test_entries_are_counted_by_direction_with_the_default_deny() -> None:
    walls = walls_of(agent("bot", service(2, "sts")))
    acl = walls.assigned["agent/bot"]
    assert walls.uses == (
        Use("vpc-acls", 3),
        Use("acl-entries", 3, f"{acl} ingress"),
        Use("acl-entries", 3, f"{acl} egress"),
        Use("acl-entries", 2, "acl/endpoint ingress"),
        Use("acl-entries", 2, "acl/endpoint egress"),
    )
