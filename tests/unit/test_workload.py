"""A workload in its place: standpoints, the ways out of each, what a firewall knows of both IP versions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.bounds import Bounds
from agent_perimeter.names import ALL_NAMES, NO_NAMES
from agent_perimeter.observed import Doubt
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.reach.index import Index
from agent_perimeter.reach.workload import DualStackFirewall, Workload, firewall_at, firewalls_of, workload
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome
from tests.unit.lifted import Resources, ref
from tests.unit.perimeters import DENYING, PASSING, SOUND, also, having, lacking, read, rules

OUT = Packet(6, Cidr.parse("198.51.100.7"), 5432, App.OTHER)
SIXTH = Packet(6, Cidr.parse("2001:db8::9"), 443, App.OTHER)
EVERY_NAME = Bounds(ALL_NAMES, ALL_NAMES)


def standing(resources: Resources = SOUND) -> Workload:
    index = Index(read(resources).network)
    return workload(index, ("net/AgentSubnet",), ("net/AgentGroup",), EVERY_NAME)


class TestStandpoints:
    def test_are_one_where_no_rule_tells_two_addresses_apart(self) -> None:
        (only,) = standing().standpoints
        assert str(only.source.v4) == "10.0.1.0/24"

    def test_are_several_where_a_rule_names_a_part_of_the_subnet(self) -> None:
        half = PASSING.replace("pass tcp 10.0.1.0/24", "pass tcp 10.0.1.0/25")
        found = standing(having("Pass", **rules(half))).standpoints
        assert [str(one.source.v4) for one in found] == ["10.0.1.0/25", "10.0.1.128/25"]
        assert [OUT in one.permitted.least for one in found] == [True, False]
        assert OUT in standing(having("Pass", **rules(half))).permitted.least

    def test_of_nobody_let_nothing_out(self) -> None:
        index = Index(read().network)
        assert not workload(index, (), (), EVERY_NAME).permitted


class TestSteps:
    def test_follow_the_way_that_lets_the_packet_out(self) -> None:
        (only,) = standing().standpoints
        assert [(step.layer, step.outcome) for step in only.steps(OUT)] == [
            (Layer.SECURITY_GROUP, Outcome.ALLOWS),
            (Layer.NETWORK_ACL, Outcome.ALLOWS),
            (Layer.ROUTES, Outcome.ALLOWS),
            (Layer.FIREWALL, Outcome.ALLOWS),
        ]

    def test_end_where_the_way_does(self) -> None:
        (only,) = standing(lacking("WallRoute")).standpoints
        last = only.steps(OUT)[-1]
        assert (last.layer, last.outcome) == (Layer.ROUTES, Outcome.DENIES)
        assert last.rule.endswith("net/WallTable: no route: nowhere")

    def test_say_that_replies_go_around_the_firewall(self) -> None:
        (only,) = standing(lacking("BackRoute")).standpoints
        assert only.steps(OUT)[-1].rule.startswith("replies go around net/Firewall")
        assert OUT in only.permitted.least
        assert OUT not in only.works.most


class TestWhatTheResolverAnswers:
    def test_no_address_was_given_out_for_a_name_that_it_does_not_answer(self) -> None:
        index = Index(read().network)
        mute = workload(index, ("net/AgentSubnet",), ("net/AgentGroup",), Bounds(NO_NAMES, NO_NAMES))
        broker = Packet(6, Cidr.parse("203.0.113.9"), 8883, App.OTHER, resolved="broker.example.org")
        assert broker in standing().permitted.least
        assert broker not in mute.permitted.most
        assert OUT in mute.permitted.least


class TestFirewallsThatAreNotKnown:
    def test_may_let_everything_pass_and_surely_nothing(self) -> None:
        index = Index(read().network)
        (only,) = standing().standpoints
        vpc = index.vpc_of("net/AgentSubnet")
        unread = firewall_at(index, "net/Gone", only.source, vpc)
        assert OUT in unread.permitted.most
        assert not unread.permitted.least
        (step,) = unread.steps(OUT)
        assert [str(doubt) for doubt in step.doubts] == ["the firewall net/Gone is not in what was read"]

    @pytest.mark.parametrize(
        ("policy", "reason"),
        [("net/Nobody", "the policy net/Nobody is not in what was read"), (Doubt("a parameter"), "a parameter")],
    )
    def test_say_which_part_is_missing(self, policy: str | Doubt, reason: str) -> None:
        network = read().network
        (wall,) = network.firewalls
        index = Index(replace(network, firewalls=(replace(wall, policy=policy),)))
        (only,) = standing().standpoints
        step = firewall_at(index, "net/Firewall", only.source, index.vpc_of("net/AgentSubnet")).decide(OUT)
        assert step.outcome is Outcome.PERHAPS
        assert [str(doubt) for doubt in step.doubts] == [reason]

    def test_are_in_every_vpc_where_their_own_is_not_known(self) -> None:
        network = read().network
        (wall,) = network.firewalls
        index = Index(replace(network, firewalls=(replace(wall, vpc=Doubt("a parameter")),)))
        vpc = index.vpc_of("net/AgentSubnet")
        assert vpc is not None
        assert [one.id for one in firewalls_of(index, vpc)] == ["net/Firewall"]

    def test_see_a_source_that_is_not_known(self) -> None:
        index = Index(read().network)
        (only,) = standing().standpoints
        unplaced = replace(only.source, v4=Doubt("a parameter"))
        step = firewall_at(index, "net/Firewall", unplaced, index.vpc_of("net/AgentSubnet")).decide(OUT)
        assert [str(doubt) for doubt in step.doubts] == ["a parameter"]


class TestBothVersions:
    """A subnet with IPv4 and IPv6 meets the firewall twice."""

    @staticmethod
    def dual(resources: Resources = SOUND) -> DualStackFirewall:
        block = also("Sixth", "EC2::VPCCidrBlock", resources, VpcId=ref("Vpc"), Ipv6CidrBlock="2001:db8:1::/56")
        both = having("AgentSubnet", block, Ipv6CidrBlock="2001:db8:1::/64")
        index = Index(read(both).network)
        (only, *_) = workload(index, ("net/AgentSubnet",), ("net/AgentGroup",), EVERY_NAME).standpoints
        found = firewall_at(index, "net/Firewall", only.source, index.vpc_of("net/AgentSubnet"))
        assert isinstance(found, DualStackFirewall)
        return found

    def test_each_is_decided_by_its_own_part(self) -> None:
        wall = self.dual()
        assert wall.decide(OUT).outcome is Outcome.ALLOWS
        assert wall.decide(SIXTH).outcome is Outcome.DENIES
        assert wall.steps(OUT)[-1].outcome is Outcome.ALLOWS

    def test_together_they_let_out_what_either_does(self) -> None:
        wall = self.dual()
        assert OUT in wall.permitted.least
        assert OUT in wall.works.least
        assert SIXTH not in wall.permitted.most
        assert isinstance(wall.notes, tuple)

    def test_an_open_rule_for_one_says_nothing_of_the_other(self) -> None:
        sixth = f"{PASSING}pass ip 2001:db8:1::/64 any -> any any (flow:to_server; sid:9;)\n"
        wall = self.dual(having("Pass", having("Deny", **rules(DENYING)), **rules(sixth)))
        assert SIXTH in wall.permitted.least
        assert Packet(6, Cidr.parse("203.0.113.9"), 22, App.OTHER) not in wall.permitted.most

    def test_of_neither_nothing_passes(self) -> None:
        assert not DualStackFirewall(()).permitted
        assert not DualStackFirewall(()).works
