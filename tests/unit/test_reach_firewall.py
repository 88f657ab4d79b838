"""A firewall policy as a layer: order of rules, default actions, groups, domain lists, resolved-IP validation."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from agent_perimeter.observed import DomainRules, Doubt, FiveTupleRule, GroupUse, StatelessRule
from agent_perimeter.packet_sets import App, Packet, PacketSet
from agent_perimeter.reach.firewall import (
    FirewallContext,
    firewall_layer,
    firewall_layers,
    managed,
    source_boundaries,
    source_classes,
)
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome
from tests.firewalls import (
    AGENT,
    ASSOCIATED,
    DROP_BY_DEFAULT,
    STRANGER,
    context,
    firewall_policy,
    http,
    layer,
    of_rules,
    rule_group,
    rules,
    tcp,
    tls,
    udp,
    validation,
)

A, D, P = Outcome.ALLOWS, Outcome.DENIES, Outcome.PERHAPS
UNKNOWN = Doubt("the parameter has no default", "template#/Parameters/X")
MANAGED = "arn:aws:network-firewall:eu-west-1:aws-managed:stateful-rulegroup/ThreatSignaturesBotnetStrictOrder"

SYN, EARLY, SSH, OTHER = (tcp(app) for app in (App.HANDSHAKE, App.EARLY, App.SSH, App.OTHER))
EVIL = tls("evil.example")
GOOD = tls("good.example")
PING = Packet(1, SYN.destination, 2048, App.OTHER)

GOOD_PASSES = 'pass tls any any -> any any (flow:to_server; tls.sni; content:"good.example"; startswith; endswith; nocase; sid:1;)'
EVIL_DROPS = 'drop tls any any -> any any (flow:to_server; tls.sni; content:"evil.example"; startswith; endswith; nocase; sid:2;)'
ALL_DROPS = "drop ip any any -> any any (flow:to_server; sid:3;)"
OPENS = "pass tcp any any -> any any (flow:to_server,not_established; sid:4;)"
SHUT = "drop ip any any -> any any (sid:9;)"


class TestDefaults:
    ROWS: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        # syn, early bytes, TLS, SSH, unrecognised, UDP, ping, UDP fragment
        "no default action passes": ({"stateful_actions": ()}, "AAAAAAAA"),
        "alerts alone pass": ({"stateful_actions": ("aws:alert_strict", "aws:alert_established")}, "AAAAAAAA"),
        "drop_strict": ({"stateful_actions": ("aws:drop_strict", "aws:alert_strict")}, "DDDDDDDD"),
        "drop_established": ({"stateful_actions": ("aws:drop_established",)}, "APDDDDDP"),
        "drop_established_app_layer": ({"stateful_actions": ("aws:drop_established_app_layer",)}, "APDDPDDP"),
        "drop_established_app_layer_to_server": ({"stateful_actions": DROP_BY_DEFAULT}, "APDDPDDP"),
        "an unknown string": ({"stateful_actions": ("aws:drop_all",)}, "PPPPPPPP"),
        "a string that could not be read": ({"stateful_actions": (UNKNOWN,)}, "PPPPPPPP"),
        "the action order has none": ({"rule_order": "DEFAULT_ACTION_ORDER"}, "AAAAAAAA"),
        "an order that could not be read": (
            {"rule_order": UNKNOWN, "stateful_actions": ("aws:drop_strict",)},
            "PPPPPPPP",
        ),
        "an order that could not be read, without a drop": ({"rule_order": UNKNOWN, "stateful_actions": ()}, "PPPPPPPP"),
    }  # fmt: skip

    @pytest.mark.parametrize(("changes", "wanted"), ROWS.values(), ids=ROWS)
    def test_what_no_rule_matches(self, changes: dict[str, Any], wanted: str) -> None:
        found = layer(**{"fragment_actions": ("aws:forward_to_sfe",), **changes})
        packets = (SYN, EARLY, EVIL, SSH, OTHER, udp(), PING, udp(App.FRAGMENT))
        assert "".join({A: "A", D: "D", P: "P"}[found.decide(packet).outcome] for packet in packets) == wanted

    def test_the_default_is_named(self) -> None:
        step = layer(stateful_actions=("aws:drop_strict",)).decide(EVIL)
        assert (step.layer, step.rule, step.origin.path) == (
            Layer.FIREWALL,
            "the default action aws:drop_strict",
            "template#/Policy",
        )
        step = layer(stateful_actions=("aws:drop_all",)).decide(EVIL)
        assert [str(doubt) for doubt in step.doubts] == [
            "template#/Policy: aws:drop_all is no stateful default action; try aws:drop_established_app_layer_to_server"
        ]

    def test_strict_lets_no_bytes_out_where_the_answer_is_dropped(self) -> None:
        """The server's SYN-ACK is a packet too, and a rule for the client's side alone does not pass it."""
        strict: dict[str, Any] = {"stateful_actions": ("aws:drop_strict",)}
        ours = "pass tcp any any -> any 443 (flow:to_server; sid:1;)"
        theirs = "pass tcp any 443 -> any any (flow:to_client; sid:2;)"
        assert [of_rules(ours, **strict).decide(packet).outcome for packet in (SYN, EVIL)] == [A, P]
        assert [of_rules(ours, theirs, **strict).decide(packet).outcome for packet in (SYN, EVIL)] == [A, A]
        whole = "pass tcp any any -> any 443 (sid:1;)"
        assert of_rules(whole, **strict).decide(EVIL).outcome is A


class TestOrder:
    def test_the_first_rule_decides(self) -> None:
        assert of_rules(GOOD_PASSES, ALL_DROPS).decide(GOOD).rule.startswith("drop rule 3, line 2")
        assert of_rules(GOOD_PASSES, OPENS, ALL_DROPS).decide(GOOD).outcome is A
        assert of_rules(ALL_DROPS, GOOD_PASSES, OPENS).decide(GOOD).outcome is D

    def test_bytes_flow_only_where_the_handshake_does(self) -> None:
        step = of_rules(GOOD_PASSES, "reject tcp any any -> any 443 (flow:to_server; sid:7;)").decide(GOOD)
        assert (step.outcome, step.rule) == (D, "reject rule 7, line 2: tcp to any 443")

    def test_groups_come_by_priority(self) -> None:
        passes, drops = rule_group("passes", rules(OPENS, GOOD_PASSES)), rule_group("drops", rules(ALL_DROPS))
        for places, wanted in (((1, 2), A), ((2, 1), D)):
            uses = (GroupUse("passes", places[0]), GroupUse("drops", places[1]))
            found = layer(passes, drops, stateful=uses)
            assert found.decide(GOOD).outcome is wanted

    def test_by_action_passes_come_first_and_what_matches_nothing_passes(self) -> None:
        by_action: dict[str, Any] = {"rule_order": "DEFAULT_ACTION_ORDER"}
        group = rule_group("rules", rules(EVIL_DROPS.replace("evil", "good"), EVIL_DROPS, GOOD_PASSES), **by_action)
        found = layer(group, **by_action)
        assert [found.decide(packet).outcome for packet in (GOOD, EVIL, SSH, udp())] == [A, D, A, A]

    @pytest.mark.parametrize("order", ["DEFAULT_ACTION_ORDER", UNKNOWN])
    def test_a_group_of_another_order_may_stand_anywhere(self, order: str | Doubt) -> None:
        group = rule_group("passes", rules(OPENS, GOOD_PASSES), rule_order=order)
        found = layer(rule_group("drops", rules(ALL_DROPS)), group)
        step = found.decide(GOOD)
        said = order if isinstance(order, str) else "an order that is not known"
        assert step.outcome is P
        assert f"template#/passes: the rule group has {said} and the policy STRICT_ORDER; try one order" in map(
            str, step.doubts
        )

    def test_a_priority_that_is_not_known(self) -> None:
        passes, drops = rule_group("passes", rules(OPENS, GOOD_PASSES)), rule_group("drops", rules(ALL_DROPS))
        found = layer(passes, drops, stateful=(GroupUse("passes", UNKNOWN), GroupUse("drops", 1)))
        assert (found.decide(GOOD).outcome, UNKNOWN in found.decide(GOOD).doubts) == (P, True)
        found = layer(passes, drops, stateful=(GroupUse("passes", 2), GroupUse("drops", UNKNOWN)))
        assert found.decide(GOOD).outcome is P
        found = layer(passes, drops, stateful=(GroupUse("passes", UNKNOWN),))
        assert found.decide(GOOD).outcome is A

    def test_alerts_decide_nothing_unless_they_lift_the_inspection(self) -> None:
        plain = "alert ip any any -> any any (flow:to_server; sid:8;)"
        lifting = "alert ip any any -> any any (flow:to_server; bypass; sid:8;)"
        assert of_rules(plain, ALL_DROPS).decide(EVIL).outcome is D
        assert of_rules(lifting, ALL_DROPS).decide(EVIL).outcome is P


class TestFlows:
    """Passes that decide for a flow before they see the bytes that a drop before them waits for."""

    OPENED = "pass tcp any any -> any 443 (sid:5;)"

    def test_a_pass_without_flow_decides_on_the_first_packet(self) -> None:
        step = of_rules(EVIL_DROPS, self.OPENED).decide(EVIL)
        assert (step.outcome, step.rule) == (P, "pass rule 5, line 2: tcp to any 443")

    def test_a_pass_with_flow_leaves_each_packet_to_the_order(self) -> None:
        assert of_rules(EVIL_DROPS, self.OPENED.replace("(", "(flow:to_server; ")).decide(EVIL).outcome is D

    def test_a_pass_for_a_protocol_decides_before_the_name_has_come(self) -> None:
        late = "pass tls any any -> any 443 (flow:to_server; sid:5;)"
        assert of_rules(EVIL_DROPS, OPENS, late).decide(EVIL).outcome is P
        assert of_rules(EVIL_DROPS, OPENS, late).decide(http("evil.example", port=443)).outcome is D

    def test_a_pass_that_cannot_open_decides_nothing(self) -> None:
        shut = "drop tcp any any -> any any (flow:to_server; sid:6;)"
        assert of_rules(shut, self.OPENED).decide(EVIL).outcome is D

    def test_a_drop_of_single_packets_does_not_hold_a_request_that_passes_its_flow(self) -> None:
        packets = "drop tcp any any -> any 443 (flow:established,to_server; sid:6;)"
        assert of_rules(packets, OPENS, GOOD_PASSES).decide(GOOD).outcome is P
        assert of_rules(packets, OPENS, GOOD_PASSES).decide(EVIL).outcome is D

    def test_a_pass_for_the_answer_lets_the_rest_out(self) -> None:
        answer = "pass tcp any 443 -> $HOME_NET any (sid:6;)"
        assert of_rules(EVIL_DROPS, OPENS, answer).decide(EVIL).outcome is P
        packets = "pass tcp any 443 -> $HOME_NET any (flow:to_client; sid:6;)"
        assert of_rules(EVIL_DROPS, OPENS, packets).decide(EVIL).outcome is D

    def test_a_drop_of_the_answer_leaves_what_passes_open(self) -> None:
        answer = "drop tcp any any -> $HOME_NET any (flow:to_client; sid:6;)"
        found = of_rules(OPENS, GOOD_PASSES, answer)
        assert [found.decide(packet).outcome for packet in (SYN, GOOD)] == [A, P]
        assert [doubt.reason for doubt in found.decide(GOOD).doubts] == [
            "the server's answers may be dropped, and then the connection does not get on"
        ]

    def test_bytes_that_are_not_recognised_yet_are_told_apart(self) -> None:
        """A drop that waits for the protocol lets them out until then."""
        found = of_rules(
            GOOD_PASSES, OPENS, "drop tcp any any -> any any (app-layer-protocol:!tls; flow:to_server; sid:6;)"
        )
        assert found.decide(OTHER).outcome is D
        assert OTHER in found.undecided
        assert SSH not in found.undecided
        closed = of_rules(GOOD_PASSES, OPENS, "drop tcp any any -> any any (flow:established; sid:6;)")
        assert closed.undecided == PacketSet()
        plain = of_rules(GOOD_PASSES, OPENS, "drop tcp any any -> any any (app-layer-protocol:!tls; sid:6;)", SHUT)
        assert plain.undecided == PacketSet()
        waiting = "drop tcp any any -> any any (app-layer-protocol:!tls; flow:to_server; sid:6;)"
        assert (
            of_rules(GOOD_PASSES, OPENS, waiting, stateful_actions=("aws:drop_established",)).undecided == PacketSet()
        )


class TestStreamException:
    @pytest.mark.parametrize("policy", ["CONTINUE", UNKNOWN])
    def test_without_context_only_plain_rules_hold(self, policy: str | Doubt) -> None:
        changes: dict[str, Any] = {"stream_exception": policy}
        step = of_rules(ALL_DROPS, **changes).decide(OTHER)
        assert step.outcome is P
        assert step.doubts[-1] == (
            policy
            if isinstance(policy, Doubt)
            else Doubt(
                "StreamExceptionPolicy CONTINUE judges packets from the middle of a connection without its context",
                "template#/Policy",
                "DROP or REJECT",
            )
        )
        assert step.doubts[-1] in of_rules(ALL_DROPS, **changes).doubts
        assert of_rules(ALL_DROPS, **changes).decide(EVIL).outcome is D
        assert of_rules(SHUT, **changes).decide(OTHER).outcome is D
        assert of_rules(SHUT.replace("(", "(flow:stateless; "), **changes).decide(OTHER).outcome is D
        assert layer(stateful_actions=("aws:drop_strict",), **changes).decide(OTHER).outcome is D

    @pytest.mark.parametrize("policy", ["DROP", "REJECT"])
    def test_otherwise_nothing_is_taken_from_the_middle(self, policy: str) -> None:
        assert of_rules(ALL_DROPS, stream_exception=policy).decide(OTHER).outcome is D


class TestGroups:
    @pytest.mark.parametrize(
        ("reference", "why"),
        [("elsewhere", "the rule group elsewhere is not known"), (UNKNOWN, "the parameter has no default")],
    )
    def test_a_group_that_is_not_known_may_do_anything(self, reference: str | Doubt, why: str) -> None:
        closed = rule_group("closed", rules(SHUT))
        for place, wanted in ((1, P), (3, D)):
            found = layer(closed, stateful=(GroupUse("closed", 2), GroupUse(reference, place)))
            step = found.decide(EVIL)
            assert step.outcome is wanted
            assert [doubt.reason for doubt in step.doubts] == ([why] if wanted is P else [])
        opened = rule_group("opened", rules("pass ip any any -> any any (sid:1;)"))
        found = layer(opened, stateful=(GroupUse("opened", 2), GroupUse(reference, 1)))
        assert found.decide(EVIL).outcome is P

    def test_a_managed_group_can_only_deny(self) -> None:
        reference = MANAGED
        assert managed(reference)
        closed, opened = (
            rule_group("closed", rules(SHUT)),
            rule_group("opened", rules("pass ip any any -> any any (sid:1;)")),
        )
        found = layer(closed, stateful=(GroupUse(reference, 1), GroupUse("closed", 2)))
        assert found.decide(EVIL).outcome is D
        found = layer(opened, stateful=(GroupUse(reference, 1), GroupUse("opened", 2)))
        assert found.decide(EVIL).outcome is P
        found = layer(opened, stateful=(GroupUse(reference, 1, "DROP_TO_ALERT"), GroupUse("opened", 2)))
        assert found.decide(EVIL).outcome is A

    def test_what_may_be_a_managed_group_may_be_another(self) -> None:
        perhaps = Doubt(f"{MANAGED} is not a resource of this assembly")
        closed = rule_group("closed", rules(SHUT))
        found = layer(closed, stateful=(GroupUse(perhaps, 1), GroupUse("closed", 2)))
        assert not managed(perhaps)
        assert found.decide(EVIL).outcome is P

    def test_an_override_of_somebody_s_own_group_may_take_its_drops_away(self) -> None:
        group = rule_group("rules", rules(GOOD_PASSES, OPENS, EVIL_DROPS))
        found = layer(group, stateful=(GroupUse("rules", 1, "DROP_TO_ALERT"),), stateful_actions=())
        assert [found.decide(packet).outcome for packet in (GOOD, EVIL)] == [A, P]
        assert [doubt.path for doubt in found.decide(EVIL).doubts] == ["template#/Rules"]

    def test_a_group_that_may_not_exist_may_do_nothing(self) -> None:
        maybe = rule_group("maybe", rules("drop ip any any -> any any (sid:1;)"), maybe=UNKNOWN)
        step = layer(maybe, stateful_actions=()).decide(EVIL)
        assert (step.outcome, UNKNOWN in step.doubts) == (P, True)

    def test_a_policy_that_may_not_exist_holds_nothing(self) -> None:
        found = of_rules(SHUT, maybe=UNKNOWN)
        step = found.decide(EVIL)
        assert (step.outcome, step.doubts, UNKNOWN in found.doubts) == (P, (UNKNOWN,), True)

    def test_a_group_whose_rules_could_not_be_read(self) -> None:
        step = layer(rule_group("rules", UNKNOWN)).decide(EVIL)
        assert (step.outcome, UNKNOWN in step.doubts) == (P, True)

    def test_a_stateless_group_among_the_stateful_ones(self) -> None:
        wrong = StatelessRule(1, ("aws:pass",), (), (), (), (), (), (), Origin())
        step = layer(rule_group("rules", (wrong,))).decide(EVIL)
        assert [doubt.reason for doubt in step.doubts] == ["rules is no stateful rule group"]


def domains(
    action: str | Doubt, *types: str | Doubt, targets: tuple[str | Doubt, ...] = (".good.example",)
) -> DomainRules:
    return DomainRules(action, types, targets, Origin(path="template#/List"))


TLS_SNI, HTTP_HOST, RESOLVED = "TLS_SNI", "HTTP_HOST", "AWS_ROUTE_53_RESOLVED_DOMAIN"


class TestDomainLists:
    # good.example, a.good.example, evil.example by TLS, then by HTTP, then SSH.
    ROWS: ClassVar[dict[str, tuple[DomainRules, str, str]]] = {
        "an allowlist": (domains("ALLOWLIST", TLS_SNI, HTTP_HOST), "AADAADD", "AADAADA"),
        "of TLS alone": (domains("ALLOWLIST", TLS_SNI), "AADDDDD", "AADAAAA"),
        "of an exact name": (domains("ALLOWLIST", TLS_SNI, targets=("Good.example",)), "ADDDDDD", "ADDAAAA"),
        "a denylist": (domains("DENYLIST", TLS_SNI, HTTP_HOST), "DDDDDDD", "DDADDAA"),
        "a rejectlist": (domains("REJECTLIST", HTTP_HOST), "DDDDDDD", "AAADDAA"),
        "an alertlist": (domains("ALERTLIST", TLS_SNI, HTTP_HOST), "DDDDDDD", "AAAAAAA"),
        "an allowlist of names that could not be read": (
            domains("ALLOWLIST", TLS_SNI, targets=(UNKNOWN,)),
            "PPPDDDD",
            "PPPAAAA",
        ),
        "an allowlist of a type that could not be read": (domains("ALLOWLIST", UNKNOWN), "PPDPPDD", "PPPPPPA"),
        "a list of an action that could not be read": (domains(UNKNOWN, TLS_SNI), "PPDDDDD", "PPPAAAA"),
        "a list of an unknown action": (domains("BLOCKLIST", TLS_SNI), "PPDDDDD", "PPPAAAA"),
    }  # fmt: skip

    @pytest.mark.parametrize(("listed", "strict", "by_action"), ROWS.values(), ids=ROWS)
    def test_of_names(self, listed: DomainRules, strict: str, by_action: str) -> None:
        names = ("good.example", "a.good.example", "evil.example")
        packets = (*(tls(name) for name in names), *(http(name) for name in names), SSH)
        letters = {A: "A", D: "D", P: "P"}
        found = layer(rule_group("list", listed), stateful_actions=("aws:drop_established",))
        assert "".join(letters[found.decide(packet).outcome] for packet in packets) == strict
        order: dict[str, Any] = {"rule_order": "DEFAULT_ACTION_ORDER"}
        found = layer(rule_group("list", listed, **order), **order)
        assert "".join(letters[found.decide(packet).outcome] for packet in packets) == by_action

    def test_the_list_is_named(self) -> None:
        step = layer(rule_group("list", domains("ALLOWLIST", TLS_SNI))).decide(GOOD)
        assert (step.rule, step.origin.path) == ("pass rule ?: a domain list: .good.example", "template#/List")

    def test_only_for_home_net(self) -> None:
        group = rule_group("list", domains("ALLOWLIST", TLS_SNI), {"HOME_NET": ("10.9.0.0/16",)})
        assert layer(group).decide(GOOD).outcome is D

    def test_resolved_and_named(self) -> None:
        """An allowlist asks for both, a denylist for either, and so does a list of resolved names alone."""
        packets = [
            tls(name, resolved=resolved)
            for name in ("good.example", "evil.example")
            for resolved in ("good.example", "")
        ]

        def outcomes(listed: DomainRules, **changes: Any) -> list[Outcome]:
            found = layer(rule_group("list", listed), resolved_ip=validation(action="ALERT"), **changes)
            return [found.decide(packet).outcome for packet in packets]

        assert outcomes(domains("ALLOWLIST", TLS_SNI, RESOLVED)) == [A, D, D, D]
        assert outcomes(domains("ALLOWLIST", RESOLVED)) == [A, D, A, D]
        assert outcomes(domains("DENYLIST", TLS_SNI, RESOLVED), stateful_actions=()) == [D, D, P, A]
        assert outcomes(domains("DENYLIST", RESOLVED), stateful_actions=()) == [P, A, P, A]
        assert outcomes(domains("ALLOWLIST", RESOLVED, targets=(UNKNOWN,))) == [P, P, P, P]


def five_tuple(**changes: Any) -> FiveTupleRule:
    parts: dict[str, Any] = {
        "action": "PASS",
        "protocol": "TCP",
        "source": "10.42.0.0/16",
        "source_port": "ANY",
        "direction": "FORWARD",
        "destination": "203.0.113.0/24",
        "destination_port": "443",
        "options": (("sid", ("7",)), ("flow", ("to_server",))),
        "origin": Origin(path="template#/Standard/0"),
    }
    return FiveTupleRule(**{**parts, **changes})


class TestStandardRules:
    def test_passes_what_it_says(self) -> None:
        found = layer(rule_group("standard", (five_tuple(),)))
        assert [found.decide(packet).outcome for packet in (EVIL, tcp(App.SSH, port=22), tls(to="198.51.100.1"))] == [
            A,
            D,
            D,
        ]
        step = found.decide(EVIL)
        assert (step.rule, step.origin.path) == ("pass rule 7: tcp to 203.0.113.0/24 443", "template#/Standard/0")

    def test_options_may_carry_their_value_in_the_keyword(self) -> None:
        rule = five_tuple(options=(("sid:9", ()), ("flow:to_server,not_established", ())))
        step = layer(rule_group("standard", (rule,))).decide(SYN)
        assert (step.outcome, step.rule) == (A, "pass rule 9: tcp to 203.0.113.0/24 443")

    def test_lists_may_have_blanks(self) -> None:
        rule = five_tuple(destination="[198.51.100.0/24, 203.0.113.0/24]")
        assert layer(rule_group("standard", (rule,))).decide(EVIL).outcome is A

    def test_both_directions(self) -> None:
        rule = five_tuple(
            direction="ANY", source="203.0.113.0/24", source_port="443", destination="ANY", destination_port="ANY"
        )
        assert layer(rule_group("standard", (rule,))).decide(EVIL).outcome is A

    @pytest.mark.parametrize(
        "part",
        ["action", "protocol", "source", "source_port", "direction", "destination", "destination_port"],
    )
    @pytest.mark.parametrize("drops", [False, True])
    def test_a_part_that_could_not_be_read(self, part: str, drops: bool) -> None:
        """In a pass it may be anything, and a drop cannot be counted on."""
        rule = five_tuple(**{"action": "DROP" if drops else "PASS", part: UNKNOWN})
        found = layer(rule_group("standard", (rule,)), stateful_actions=() if drops else DROP_BY_DEFAULT)
        assert found.decide(EVIL).outcome is P

    def test_an_action_that_is_none(self) -> None:
        assert layer(rule_group("standard", (five_tuple(action="ALLOW"),))).decide(EVIL).outcome is P


class TestResolvedIpValidation:
    OPEN = "pass ip any any -> any any (flow:to_server; sid:1;)"
    HOLE = tls("good.example")
    GIVEN = tls("good.example", resolved="evil.example")

    # What becomes of a destination that the resolver gave out for some name, and of one that it did not.
    ROWS: ClassVar[dict[str, tuple[Any, dict[str, Any], str]]] = {
        "no validation": (None, {}, "AA"),
        "reject": (validation(), {}, "AD"),
        "drop": (validation(action="DROP"), {}, "AD"),
        "alert": (validation(action="ALERT"), {}, "AA"),
        "an action that could not be read": (validation(action=UNKNOWN), {}, "AP"),
        "an action that is none": (validation(action="BLOCK"), {}, "AP"),
        "a validation that could not be read": (UNKNOWN, {}, "AP"),
        "an exempt destination": (validation(bypass=(Cidr.parse("203.0.113.0/28"),)), {}, "AA"),
        "another one": (validation(bypass=(Cidr.parse("198.51.100.0/28"),)), {}, "AD"),
        "exempt destinations that could not be read": (validation(bypass=(UNKNOWN,)), {}, "AP"),
        "the agent's block": (validation(sources=(Cidr.parse("10.42.0.0/24"),)), {}, "AD"),
        "another block": (validation(sources=(Cidr.parse("10.42.1.0/24"),)), {}, "AA"),
        "some of the agent's addresses": (validation(sources=(Cidr.parse("10.42.0.0/28"),)), {}, "AP"),
        "no sources": (validation(sources=()), {}, "AA"),
        "sources that could not be read": (validation(sources=(UNKNOWN,)), {}, "AP"),
        "a VPC block that could not be read": (validation(), {"vpc_blocks": (UNKNOWN,)}, "AP"),
        "a DNS group of another VPC": (validation(), {"dns_associations": ()}, "PD"),
        "a DNS group that could not be read": (validation(dns_group=UNKNOWN), {}, "PD"),
    }  # fmt: skip

    @pytest.mark.parametrize(("found", "surroundings", "wanted"), ROWS.values(), ids=ROWS)
    def test_addresses_that_nobody_gave_out(self, found: Any, surroundings: dict[str, Any], wanted: str) -> None:
        judged = of_rules(self.OPEN, resolved_ip=found, surroundings=surroundings)
        letters = {A: "A", D: "D", P: "P"}
        assert "".join(letters[judged.decide(packet).outcome] for packet in (self.GIVEN, self.HOLE)) == wanted

    def test_it_is_named(self) -> None:
        step = of_rules(self.OPEN, resolved_ip=validation()).decide(self.HOLE)
        assert (step.rule, step.origin.path) == (
            "resolved-IP validation: REJECT what the VPC's resolver did not give out",
            "template#/Validation",
        )

    def test_an_association_that_may_not_exist_does_not_count(self) -> None:
        maybe = ASSOCIATED.__class__(
            id="a", origin=Origin(), maybe=UNKNOWN, vpc="vpc", group="dns-group", priority=1, mutation_protection=True
        )
        judged = of_rules(self.OPEN, resolved_ip=validation(), surroundings={"dns_associations": (maybe,)})
        assert judged.decide(self.GIVEN).outcome is P


def test_notes_say_what_is_not_in_the_verdict() -> None:
    assert layer().notes == ()
    for inspects in (True, UNKNOWN):
        assert layer(tls_inspection=inspects).notes == (
            "TLS inspection may deny more than is shown here: what it decrypts is not modelled",
        )
    assert layer(stateful_actions=("aws:drop_established",)).notes == (
        "aws:drop_established also drops a ClientHello that comes in several segments",
    )
    assert layer(resolved_ip=validation(expiry="CONTINUE")).notes == (
        "resolved-IP validation goes on after a resolution has expired: the address may be another's by then",
    )


INSPECTS = "TLS inspection decrypts, and what the rules make of what is inside is not modelled"


@pytest.mark.parametrize(("inspects", "reason"), [(True, INSPECTS), (UNKNOWN, UNKNOWN.reason)])
def test_with_tls_inspection_no_bytes_pass_for_sure(inspects: bool | Doubt, reason: str) -> None:
    """The rules see what is inside: a pass for HTTP lets out TLS with any name, a pass for TLS may let out nothing."""
    inside = (
        'pass http any any -> any 443 (flow:to_server; http.host; content:"a.example"; startswith; endswith; sid:1;)'
    )
    for line, packet, plain in ((inside, tls("any.example"), D), ("pass tls any any -> any 443 (sid:1;)", tls("a"), A)):
        opening = "pass tcp any any -> any 443 (flow:not_established,to_server; sid:2;)"
        assert of_rules(line, opening).decide(packet).outcome is plain
        found = of_rules(line, opening, tls_inspection=inspects)
        step = found.decide(packet)
        assert (step.outcome, reason in {doubt.reason for doubt in step.doubts}) == (P, True)
        assert reason in {doubt.reason for doubt in found.doubts}
        assert found.decide(tcp(App.HANDSHAKE)).outcome is of_rules(line, opening).decide(tcp(App.HANDSHAKE)).outcome


def test_an_ipv6_source_reaches_ipv6_destinations_alone() -> None:
    source = Cidr.parse("2001:db8::/64")
    found = of_rules("pass ip any any -> any any (flow:to_server; sid:1;)", source=source)
    assert found.decide(udp(to="2001:db8:1::1")).outcome is A
    step = found.decide(udp())
    assert (step.outcome, step.rule) == (D, "a packet of another IP version than its source")
    fourth = of_rules("pass ip4 any any -> any any (flow:to_server; sid:1;)", source=source)
    assert fourth.decide(udp(to="2001:db8:1::1")).outcome is D


def test_a_decision_is_what_the_sets_say() -> None:
    """For packets of every kind, under rules with every kind of doubt."""
    found = of_rules(
        GOOD_PASSES,
        "pass tcp any any -> 198.51.100.0/24 any (sid:11;)",
        "drop tls any any -> any any (flow:to_server; entropy:1; sid:12;)",
        "pass http any any -> any any (flow:to_server; sid:13;)",
        OPENS,
        stream_exception="CONTINUE",
    )
    packets = [
        *(
            tls(name, to, port)
            for name in ("good.example", "x", "")
            for to in (STRANGER, "198.51.100.1")
            for port in (443, 22)
        ),
        *(tcp(app, to) for app in (App.HANDSHAKE, App.EARLY, App.HTTP, App.OTHER) for to in (STRANGER, "198.51.100.1")),
        udp(),
        PING,
    ]
    outcomes = {packet: found.decide(packet).outcome for packet in packets}
    for packet, outcome in outcomes.items():
        assert (packet in found.permitted.least) is (outcome is A)
        assert (packet in found.permitted.most) is (outcome is not D)
    assert set(outcomes.values()) == {A, D, P}


class TestSources:
    GROUP = rule_group(
        "rules",
        rules("pass tcp [10.42.0.0/28,!10.42.0.8/29] any -> 203.0.113.0/24 any (flow:to_server; sid:1;)", SHUT),
        {"PEERS": ("10.42.0.64/26", UNKNOWN)},
    )
    STANDARD = rule_group("standard", (five_tuple(source="10.42.1.0/25"), five_tuple(source=UNKNOWN)))
    STATELESS = rule_group(
        "stateless",
        (StatelessRule(1, ("aws:drop",), (Cidr.parse("10.42.2.0/25"), UNKNOWN), (), (), (), (), (), Origin()),),
        stateful=False,
    )

    def found(self) -> tuple[Any, FirewallContext]:
        unread = rule_group("unread", rules("nonsense"))
        listed = rule_group("list", domains("ALLOWLIST", TLS_SNI))
        uses = tuple(
            GroupUse(name, place) for place, name in enumerate(("rules", "standard", "unread", "list", "gone"), start=1)
        )
        policy = firewall_policy(
            stateful=(*uses, GroupUse(UNKNOWN, 9)),
            stateless=(GroupUse("stateless", 1),),
            home_net=(Cidr.parse("10.42.0.0/17"),),
            resolved_ip=validation(sources=(Cidr.parse("10.42.3.0/25"), UNKNOWN)),
        )
        return policy, context(self.GROUP, self.STANDARD, self.STATELESS, unread, listed)

    def test_every_block_that_tells_sources_apart_is_a_boundary(self) -> None:
        assert [str(block) for block in source_boundaries(*self.found())] == [
            "10.42.0.0/16",
            "10.42.0.0/17",
            "10.42.0.0/28",
            "10.42.0.8/29",
            "10.42.0.64/26",
            "10.42.1.0/25",
            "10.42.2.0/25",
            "10.42.3.0/25",
            "203.0.113.0/24",
        ]

    def test_without_variables_and_validation_the_vpc_s_blocks_are_all(self) -> None:
        assert source_boundaries(firewall_policy(), context()) == (Cidr.parse("10.42.0.0/16"),)

    def test_the_rules_are_read_once_for_all_sources(self) -> None:
        policy, here = firewall_policy(stateful=(GroupUse("rules", 1),)), context(self.GROUP)
        blocks = [Cidr.parse(block) for block in ("10.42.0.0/29", "10.42.0.8/29", "10.42.0.0/30", "2001:db8::/64")]
        found = [one.permitted for one in firewall_layers(policy, here, blocks)]
        assert found == [firewall_layer(policy, here, block).permitted for block in blocks]
        assert found[0] == found[2] != found[1]

    def test_a_subnet_is_cut_where_a_rule_does(self) -> None:
        policy, here = self.found()
        classes = source_classes(policy, here, Cidr.parse("10.42.0.0/25"))
        assert [str(block) for block in classes] == [
            "10.42.0.0/29",
            "10.42.0.8/29",
            "10.42.0.16/28",
            "10.42.0.32/27",
            "10.42.0.64/26",
        ]
        assert source_classes(policy, here, Cidr.parse("10.42.0.64/27")) == (Cidr.parse("10.42.0.64/27"),)
        assert source_classes(policy, here, Cidr.parse("2001:db8::/64")) == (Cidr.parse("2001:db8::/64"),)

    def test_in_a_class_no_rule_is_open_for_its_source(self) -> None:
        policy = firewall_policy(stateful=(GroupUse("rules", 1),))
        here = context(self.GROUP)
        packet = tcp(App.HANDSHAKE, port=22)
        for block, wanted in (("10.42.0.0/28", P), ("10.42.0.0/29", A), ("10.42.0.8/29", D), ("10.42.0.16/28", D)):
            assert firewall_layer(policy, here, Cidr.parse(block)).decide(packet).outcome is wanted


def test_doubts_that_leave_nothing_open_are_none() -> None:
    """The default action is in doubt about early bytes and unrecognised ones, but no packet comes as far as that."""
    assert of_rules(SHUT).doubts == ()
    assert [doubt.path for doubt in layer().doubts] == ["template#/Policy"]


def test_the_layer_is_the_firewall_of_an_agent() -> None:
    found = of_rules(SHUT)
    assert (found.layer, AGENT in Cidr.parse("10.42.0.0/16")) == (Layer.FIREWALL, True)
    assert not found.permitted.most
