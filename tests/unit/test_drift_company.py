"""What comes and goes with something else is a departure of that, and of nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.drift.company import doubts_in, named
from agent_perimeter.drift.compare import compare
from agent_perimeter.drift.patch import applied
from agent_perimeter.observed import Doubt, ListRef, Log, LogKind, ObservedNetwork, PrefixList
from agent_perimeter.values import Cidr
from tests.unit.drift_networks import LIVE, added, both, changed, deployed, one, plus, removed, rule

UNREAD = Doubt("AWS did not say", "eu-west-1/x")
LOG = Log(id="fw-log", origin=LIVE, kind=LogKind.FIREWALL_ALERT, watched="net/Firewall", destination="alerts")
LIST = PrefixList(id="pl-1", origin=LIVE, entries=(Cidr.parse("192.0.2.0/24"),))
LISTED = replace(rule(), peer=ListRef("pl-1"))


def gone(network: ObservedNetwork, *fields: str) -> ObservedNetwork:
    return replace(network, **dict.fromkeys(fields, ()))


def told(expected: ObservedNetwork, live: ObservedNetwork, *unread: str) -> list[str]:
    return [str(found.change) for found in compare(expected, live, unread)]


NO_FIREWALL = gone(deployed(), "firewalls", "firewall_policies", "rule_groups")


def test_what_a_firewall_used_goes_with_it() -> None:
    assert told(deployed(), NO_FIREWALL) == ["firewall net/Firewall was removed"]
    watched = replace(deployed(), logs=(LOG,))
    assert told(watched, replace(NO_FIREWALL, logs=())) == ["firewall net/Firewall was removed"]


def test_what_a_firewall_that_was_not_read_used_is_not_known_to_be_gone_with_it() -> None:
    watched = replace(deployed(), logs=(LOG,))
    found = told(watched, replace(NO_FIREWALL, logs=()), "firewalls")
    assert found == ["firewall policy net/Engine was removed", "firewall alert log net/Firewall was removed: to alerts"]


def test_a_policy_that_its_firewall_still_has_was_removed() -> None:
    assert told(deployed(), gone(deployed(), "firewall_policies", "rule_groups")) == [
        "firewall policy net/Engine was removed"
    ]


def test_the_associations_of_a_subnet_go_with_it() -> None:
    live = both(
        removed("subnets", "AgentSubnet"),
        removed("acl_associations", "AgentUsesAcl"),
        lambda network: replace(
            network,
            table_associations=tuple(one for one in network.table_associations if one.subnet != "net/AgentSubnet"),
        ),
    )(deployed())
    assert len(live.table_associations) < len(deployed().table_associations)
    assert told(deployed(), live) == ["subnet net/AgentSubnet was removed"]


def other(network: ObservedNetwork) -> ObservedNetwork:
    """Another policy of the firewall with a rule group of its own, and the group read through it."""
    policy, group = one(network, "firewall_policies", "Engine"), one(network, "rule_groups", "Deny")
    use = replace(policy.stateful[0], group="net/Mine")
    return replace(
        changed("firewalls", "Firewall", policy="net/Other")(network),
        firewall_policies=(replace(policy, id="net/Other", stateful=(use,)),),
        rule_groups=(replace(group, id="net/Mine"),),
    )


def test_another_policy_comes_with_its_rule_groups() -> None:
    live = other(deployed())
    (found,) = compare(deployed(), live)
    assert str(found.change) == "firewall net/Firewall: policy is net/Other, was net/Engine"
    assert [edit.field for edit in found.along] == ["firewall_policies", "rule_groups"]
    made = applied(deployed(), found)
    assert {policy.id for policy in made.firewall_policies} == {"net/Engine", "net/Other"}
    assert {group.id for group in made.rule_groups} == {"net/Deny", "net/Mine", "net/Pass"}


def test_what_two_things_name_comes_with_both_and_once() -> None:
    live = both(
        added("prefix_lists", LIST),
        changed("security_groups", "AgentGroup", egress=plus(LISTED)),
        changed("security_groups", "EndpointGroup", egress=plus(LISTED)),
    )(deployed())
    found = compare(deployed(), live)
    assert [len(one.along) for one in found] == [1, 1]
    assert applied(deployed(), *found).prefix_lists == (LIST,)


def test_what_nothing_new_names_is_a_departure_of_its_own() -> None:
    """A group that was deployed with a policy, and that nobody could read then."""
    lost = gone(deployed(), "rule_groups")
    assert told(lost, deployed()) == ["rule group net/Deny was added", "rule group net/Pass was added"]


@pytest.mark.parametrize("field", ["firewall_policies", "rule_groups", "dns_groups", "prefix_lists"])
def test_what_nobody_uses_is_not_compared(field: str) -> None:
    records = {
        "firewall_policies": replace(deployed().firewall_policies[0], id="net/Spare"),
        "rule_groups": replace(deployed().rule_groups[0], id="net/Spare"),
        "dns_groups": replace(deployed().dns_groups[0], id="net/Spare"),
        "prefix_lists": LIST,
    }
    spare = added(field, records[field])(deployed())
    assert told(deployed(), spare) == []
    assert told(spare, deployed()) == []


def test_all_names_and_all_doubts_of_a_value() -> None:
    value = (replace(LISTED, maybe=UNREAD), ("a", ("b",)), 1, None)
    assert {"pl-1", "a", "b"} <= set(named(value))
    assert "AWS did not say" not in set(named(value))
    assert list(doubts_in(value)) == [UNREAD]
