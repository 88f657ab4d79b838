"""The stateless part of a firewall policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent_perimeter.observed import Doubt, FiveTupleRule, GroupUse, StatelessRule
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.reach.firewall import FirewallLayer, firewall_layer
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange
from agent_perimeter.verdict import Outcome
from tests.firewalls import AGENT, STRANGER, context, firewall_policy, rule_group, rules, tcp, udp

A, D, P = Outcome.ALLOWS, Outcome.DENIES, Outcome.PERHAPS
UNKNOWN = Doubt("the parameter has no default", "template#/Parameters/X")
HERE = Cidr.parse(f"{STRANGER}/32")
PING = Packet(1, HERE, 2048, App.OTHER)
FRAGMENT = udp(App.FRAGMENT)
FIVE_TUPLE = FiveTupleRule("PASS", "IP", "ANY", "ANY", "ANY", "ANY", "ANY", (), Origin())
LATER = Packet(47, HERE, 0, App.FRAGMENT)


def rule(action: str | Doubt = "aws:pass", priority: int | Doubt = 1, **changes: Any) -> StatelessRule:
    plain = StatelessRule(priority, (action,), (), (), (), (), (), (), Origin(path=f"template#/Stateless/{priority}"))
    return replace(plain, **changes)


def stateless(
    *listed: StatelessRule, priority: int | Doubt = 1, maybe: Doubt | None = None, **changes: Any
) -> FirewallLayer:
    """Whatever is forwarded to the stateful rules is dropped there: what leaves was passed."""
    group = rule_group("stateless", listed, stateful=False, maybe=maybe)
    closed = rule_group("closed", rules("drop ip any any -> any any (sid:1;)"))
    policy = firewall_policy(
        **{
            "stateless": (GroupUse("stateless", priority),),
            "stateful": (GroupUse("closed", 1),),
            "stateful_actions": ("aws:drop_strict",),
            **changes,
        }
    )
    return firewall_layer(policy, context(group, closed), AGENT)


def block(text: str) -> tuple[Cidr, ...]:
    return (Cidr.parse(text),)


MATCHES: dict[str, tuple[dict[str, Any], str]] = {
    # syn, bytes, UDP 53, ping, UDP fragment, fragment of another protocol
    "everything": ({}, "AAAAAD"),
    "TCP": ({"protocols": (6,)}, "AADDDD"),
    "UDP": ({"protocols": (17,)}, "DDADAD"),
    "ICMP": ({"protocols": (1,)}, "DDDADD"),
    "a port": ({"destination_ports": (PortRange.single(53),)}, "DDAPPD"),
    "another port": ({"destination_ports": (PortRange.single(54),), "protocols": (17,)}, "DDDDPD"),
    "a port of TCP": ({"destination_ports": (PortRange(1, 500),), "protocols": (6,)}, "AADDDD"),
    "the agent's own address": ({"sources": block("10.42.0.0/24")}, "AAAAAD"),
    "somebody else's address": ({"sources": block("10.42.1.0/24")}, "DDDDDD"),
    "some of the agent's addresses": ({"sources": block("10.42.0.0/28")}, "PPPPPD"),
    "an address that is not known": ({"sources": (UNKNOWN,)}, "PPPPPD"),
    "the destination": ({"destinations": block("203.0.113.0/24")}, "AAAAAD"),
    "another destination": ({"destinations": block("198.51.100.0/24")}, "DDDDDD"),
    "a destination that is not known": ({"destinations": (UNKNOWN,)}, "PPPPPD"),
    "every source port": ({"source_ports": (PortRange(0, 65535),), "protocols": (6,)}, "AADDDD"),
    "a source port": ({"source_ports": (PortRange.single(53),), "protocols": (6,)}, "PPDDDD"),
    "a source port that is not known": ({"source_ports": (UNKNOWN,), "protocols": (6,)}, "PPDDDD"),
    "a port that is not known": ({"destination_ports": (UNKNOWN,), "protocols": (6,)}, "PPDDDD"),
    "a protocol that is not known": ({"protocols": (UNKNOWN,)}, "PPPPPD"),
    "TCP flags": ({"flags": ("SYN", "SYN,ACK")}, "PPDDDD"),
}  # fmt: skip
PACKETS = (tcp(App.HANDSHAKE), tcp(App.OTHER), udp(), PING, FRAGMENT, LATER)


@pytest.mark.parametrize(("match", "wanted"), MATCHES.values(), ids=MATCHES)
def test_what_a_rule_passes_leaves(match: dict[str, Any], wanted: str) -> None:
    found = stateless(rule(**match))
    assert "".join({A: "A", D: "D", P: "P"}[found.decide(packet).outcome] for packet in PACKETS) == wanted


@pytest.mark.parametrize(("match", "wanted"), MATCHES.values(), ids=MATCHES)
def test_what_a_rule_drops_does_not(match: dict[str, Any], wanted: str) -> None:
    """The contrary, but for fragments of other protocols than UDP, which never leave."""
    found = stateless(rule("aws:drop", **match), stateless_actions=("aws:pass",), fragment_actions=("aws:pass",))
    letters = "".join({A: "D", D: "A", P: "P"}[found.decide(packet).outcome] for packet in PACKETS[:-1])
    assert letters == wanted[:-1]
    assert found.decide(LATER).outcome is D


def test_the_rule_that_decides_is_named() -> None:
    step = stateless(rule(priority=7, protocols=(17,))).decide(udp())
    assert (step.outcome, step.rule, step.origin.path) == (
        A,
        "stateless rule 7 of stateless: aws:pass",
        "template#/Stateless/7",
    )
    step = stateless(rule("aws:drop")).decide(udp())
    assert (step.outcome, step.rule) == (D, "stateless rule 1 of stateless: aws:drop")


def test_the_lowest_priority_decides_first() -> None:
    listed = (rule("aws:drop", 5), rule("aws:pass", 4, protocols=(17,)), rule("aws:drop", 3, protocols=(1,)))
    found = stateless(*listed, stateless_actions=("aws:pass",))
    assert [found.decide(packet).outcome for packet in (udp(), PING, tcp(App.OTHER))] == [A, D, D]


def test_groups_come_in_the_order_of_their_priorities() -> None:
    first, second = (
        rule_group(name, (rule(action),), stateful=False) for name, action in (("a", "aws:pass"), ("b", "aws:drop"))
    )
    for places, wanted in (((1, 2), A), ((2, 1), D)):
        uses = tuple(GroupUse(name, place) for name, place in zip("ab", places, strict=True))
        found = firewall_layer(firewall_policy(stateless=uses), context(first, second), AGENT)
        assert found.decide(udp()).outcome is wanted


@pytest.mark.parametrize(
    ("actions", "fragments", "wanted"),
    [
        (("aws:pass",), ("aws:drop",), (A, D)),
        (("aws:pass", "counted"), ("counted", "aws:pass"), (A, A)),
        (("aws:drop",), ("aws:pass",), (D, A)),
        (("aws:forward_to_sfe",), ("aws:forward_to_sfe",), (D, D)),
        ((UNKNOWN,), (UNKNOWN,), (P, P)),
        (("counted",), ("aws:pass", "aws:drop"), (P, P)),
    ],
)
def test_default_actions(
    actions: tuple[str | Doubt, ...], fragments: tuple[str | Doubt, ...], wanted: tuple[Outcome, Outcome]
) -> None:
    found = stateless(stateless_actions=actions, fragment_actions=fragments)
    assert (found.decide(udp()).outcome, found.decide(FRAGMENT).outcome) == wanted


def test_a_default_that_is_none_says_so() -> None:
    step = stateless(stateless_actions=("counted",)).decide(udp())
    assert step.rule == "the stateless default action, which is not known"
    assert [doubt.reason for doubt in step.doubts] == ["0 standard stateless actions instead of one"]


@pytest.mark.parametrize("unclear", ["the group's place", "the rule's place", "the rule's action", "the group itself"])
def test_a_doubt_can_go_either_way(unclear: str) -> None:
    """A pass before a drop of everything, and a drop before a pass of everything."""
    for action, other in (("aws:pass", "aws:drop"), ("aws:drop", "aws:pass")):
        doubted = rule(
            UNKNOWN if unclear == "the rule's action" else action, UNKNOWN if unclear == "the rule's place" else 1
        )
        found = stateless(
            doubted,
            rule(other, 2),
            priority=UNKNOWN if unclear == "the group's place" else 1,
            maybe=UNKNOWN if unclear == "the group itself" else None,
        )
        step = found.decide(udp())
        assert (step.outcome, UNKNOWN in step.doubts) == (P, True)


def test_a_rule_whose_place_is_not_known_still_decides_alone() -> None:
    assert stateless(rule(priority=UNKNOWN)).decide(udp()).outcome is A


@pytest.mark.parametrize("place", [1, UNKNOWN])
@pytest.mark.parametrize(
    ("reference", "source", "why"),
    [
        (UNKNOWN, (), "the parameter has no default"),
        ("elsewhere", (), "the stateless rule group elsewhere is not known"),
        ("stateless", UNKNOWN, "the parameter has no default"),
        ("stateless", (FIVE_TUPLE,), "stateless is no stateless rule group"),
        ("stateless", rules("pass ip any any -> any any (sid:1;)"), "stateless is no stateless rule group"),
    ],
)
def test_a_group_that_cannot_be_read_may_pass_anything(
    place: int | Doubt, reference: str | Doubt, source: Any, why: str
) -> None:
    group = rule_group("stateless", source, stateful=False)
    policy = firewall_policy(stateless=(GroupUse(reference, place),), stateless_actions=("aws:drop",))
    step = firewall_layer(policy, context(group), AGENT).decide(udp())
    assert (step.outcome, step.rule) == (P, "a rule group that is not known")
    assert [doubt.reason for doubt in step.doubts][:1] == [why]


ANSWERS: dict[str, tuple[tuple[StatelessRule, ...], bool]] = {
    "no rule at all": ((), False),
    "all packets, and so the answers": ((rule(protocols=(6,)),), False),
    "what goes to a port, but not what comes from there": (
        (rule(protocols=(6,), destination_ports=(PortRange.single(443),)),),
        True,
    ),
    "both directions, each by a rule": (
        (
            rule(protocols=(6,), destination_ports=(PortRange.single(443),)),
            rule(protocols=(6,), source_ports=(PortRange.single(443),), priority=2),
        ),
        False,
    ),
    "what goes out forwarded, and answers dropped": (
        (
            rule("aws:forward_to_sfe", protocols=(6,), destination_ports=(PortRange.single(443),)),
            rule("aws:drop", protocols=(6,), source_ports=(PortRange.single(443),), priority=2),
        ),
        True,
    ),
}


@pytest.mark.parametrize(("listed", "astray"), ANSWERS.values(), ids=ANSWERS)
def test_answers_that_take_another_way_may_not_come_back(listed: tuple[StatelessRule, ...], astray: bool) -> None:
    """The stateful rules know a connection only if they see both of its directions."""
    passing = rule_group("open", rules("pass ip any any -> any any (sid:1;)"))
    group = rule_group("stateless", listed, stateful=False)
    policy = firewall_policy(
        stateless=(GroupUse("stateless", 1),), stateful=(GroupUse("open", 1),), stateful_actions=("aws:drop_strict",)
    )
    found = firewall_layer(policy, context(group, passing), AGENT)
    packet = tcp(App.OTHER)
    assert (packet in found.astray, packet in found.works.least) == (astray, not astray)
    assert packet in found.works.most
    first, *rest = found.steps(packet)
    assert first == found.decide(packet)
    assert [(step.outcome, step.rule) for step in rest] == (
        [(P, "answers may not come back through the stateful rules")] if astray else []
    )
    assert [doubt.remedy for step in rest for doubt in step.doubts] == ["the same action for both directions"] * len(
        rest
    )
    assert tcp(App.HANDSHAKE) not in found.astray
