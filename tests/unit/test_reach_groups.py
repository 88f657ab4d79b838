"""Security groups: a sentence, the rules, and what they let out or take in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from agent_perimeter.observed import (
    Doubt,
    GroupRef,
    GroupRule,
    Icmp,
    ListRef,
    ManagedList,
    ObservedNetwork,
    PrefixList,
    Ref,
    SecurityGroup,
)
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.groups import UNSEEN, GroupLayer, egress, ingress
from agent_perimeter.reach.index import Index
from agent_perimeter.values import Cidr, PortRange
from agent_perimeter.verdict import Layer, Outcome
from tests.unit.reach_networks import UNREAD, at, endpoint, group, interface, rule, subnet, tcp, udp, vpc

A, D, P = Outcome.ALLOWS, Outcome.DENIES, Outcome.PERHAPS
OUTSIDE = tcp("203.0.113.9")

NETWORK = ObservedNetwork(
    vpcs=(vpc(),),
    subnets=(subnet("agent", "10.0.1.0/24", v6="2001:db8::/64"), subnet("inner", "10.0.2.0/24")),
    prefix_lists=(
        PrefixList(id="list", origin=at("list"), entries=(Cidr.parse("203.0.113.0/24"), Cidr.parse("10.0.1.0/24"))),
    ),
    endpoints=(
        endpoint("e", "logs", subnets=("inner",), groups=("service",)),
        endpoint("maybe", "kms", subnets=("inner",), groups=("service",), maybe=UNREAD),
    ),
    interfaces=(interface("i", "inner", "members"),),
)


def out(*rules: GroupRule, more: tuple[SecurityGroup, ...] = (), bears: tuple[Ref, ...] = ("mine",)) -> GroupLayer:
    network = replace(NETWORK, security_groups=(group("mine", egress=rules), group("members"), group("service"), *more))
    return egress(Index(network), bears)


def into(*rules: GroupRule, bears: tuple[Ref, ...] = ("mine",)) -> GroupLayer:
    index = Index(replace(NETWORK, security_groups=(group("theirs", ingress=rules), group("mine"))))
    return ingress(index, ("theirs",), Source.of(index, "agent", bears))


@dataclass(frozen=True)
class Case:
    layer: GroupLayer
    packet: Packet
    outcome: Outcome
    rule: str
    doubt: str = ""


CASES = {
    "a rule lets out what it names": Case(
        out(rule("203.0.113.0/24")), OUTSIDE, A, "mine lets out TCP 443 to 203.0.113.0/24"
    ),
    "nothing leaves without a rule": Case(out(), OUTSIDE, D, "mine lets out nothing like it"),
    "another port is another matter": Case(
        out(rule("0.0.0.0/0", ports=80)), OUTSIDE, D, "mine lets out nothing like it"
    ),
    "all protocols are all ports": Case(
        out(rule("0.0.0.0/0", None, None)), udp("203.0.113.9"), A, "mine lets out all traffic to 0.0.0.0/0"
    ),
    "a protocol without a range is all of its ports": Case(
        out(rule("0.0.0.0/0", 17, None)), udp("203.0.113.9"), A, "mine lets out all UDP to 0.0.0.0/0"
    ),
    "all ICMP is no TCP": Case(out(rule("0.0.0.0/0", 1, None)), OUTSIDE, D, "mine lets out nothing like it"),
    "an ICMP type is all of its codes": Case(
        out(rule("0.0.0.0/0", 1, Icmp(3, None))),
        Packet(1, Cidr.parse("203.0.113.9"), 3 * 256 + 4, App.OTHER),
        A,
        "mine lets out ICMP type 3 to 0.0.0.0/0",
    ),
    "an ICMP code is no other code": Case(
        out(rule("0.0.0.0/0", 1, Icmp(3, 1))),
        Packet(1, Cidr.parse("203.0.113.9"), 3 * 256 + 4, App.OTHER),
        D,
        "mine lets out nothing like it",
    ),
    "ports of another protocol are ignored": Case(
        out(rule("0.0.0.0/0", 47, PortRange(1, 2))),
        Packet(47, Cidr.parse("203.0.113.9"), 0, App.OTHER),
        A,
        "mine lets out all protocol 47 to 0.0.0.0/0",
    ),
    "ports that a protocol cannot have may mean any": Case(
        out(rule("0.0.0.0/0", 1, PortRange(8, 8))),
        Packet(1, Cidr.parse("203.0.113.9"), 8 * 256, App.OTHER),
        P,
        "mine lets out all ICMP to 0.0.0.0/0",
        "all ICMP has no ports 8",
    ),
    "the second group's rules count as well": Case(
        out(more=(group("second", egress=(rule("0.0.0.0/0"),)),), bears=("mine", "second")),
        OUTSIDE,
        A,
        "second lets out TCP 443 to 0.0.0.0/0",
    ),
    "a certain rule is shown before a doubtful one": Case(
        out(rule("0.0.0.0/0", maybe=UNREAD), rule("203.0.113.0/24")),
        OUTSIDE,
        A,
        "mine lets out TCP 443 to 203.0.113.0/24",
    ),
    "a rule behind a condition lets out perhaps": Case(
        out(rule("0.0.0.0/0", maybe=UNREAD)), OUTSIDE, P, "mine lets out TCP 443 to 0.0.0.0/0", UNREAD.reason
    ),
    "a group behind a condition lets out perhaps": Case(
        out(more=(group("second", egress=(rule("0.0.0.0/0"),), maybe=UNREAD),), bears=("second",)),
        OUTSIDE,
        P,
        "second lets out TCP 443 to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "a protocol that cannot be read is perhaps this one": Case(
        out(rule("0.0.0.0/0", UNREAD)),
        udp("203.0.113.9"),
        P,
        "mine lets out an unknown protocol to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "ports that cannot be read are perhaps these": Case(
        out(rule("0.0.0.0/0", 6, UNREAD)), OUTSIDE, P, "mine lets out TCP on unknown ports to 0.0.0.0/0", UNREAD.reason
    ),
    "unknown ports of TCP are no UDP": Case(
        out(rule("0.0.0.0/0", 6, UNREAD)), udp("203.0.113.9"), D, "mine lets out nothing like it"
    ),
    "a peer that cannot be read is perhaps this address": Case(
        out(rule(UNREAD)), OUTSIDE, P, "mine lets out TCP 443 to an unknown address", UNREAD.reason
    ),
    "a group that cannot be read lets out anything perhaps": Case(
        out(bears=(UNREAD,)), OUTSIDE, P, "a security group that is not known lets out what it likes", UNREAD.reason
    ),
    "so does a group out of sight": Case(
        out(bears=("gone",)),
        OUTSIDE,
        P,
        "a security group that is not known lets out what it likes",
        "the security group gone is not in sight",
    ),
    "a customer's prefix list is its entries": Case(
        out(rule(ListRef("list"))), OUTSIDE, A, "mine lets out TCP 443 to the prefix list list"
    ),
    "a prefix list out of sight is perhaps anything": Case(
        out(rule(ListRef("gone"))),
        OUTSIDE,
        P,
        "mine lets out TCP 443 to the prefix list gone",
        "the prefix list gone is not in sight",
    ),
    "a managed list is itself": Case(
        out(rule(ManagedList("s3"))), tcp("list:s3"), A, "mine lets out TCP 443 to the prefix list of s3"
    ),
    "and no address": Case(out(rule(ManagedList("s3"))), OUTSIDE, D, "mine lets out nothing like it"),
    "all of IPv4 holds every managed list": Case(
        out(rule("0.0.0.0/0")), tcp("list:s3"), A, "mine lets out TCP 443 to 0.0.0.0/0"
    ),
    "all of IPv6 holds none": Case(out(rule("::/0")), tcp("list:s3"), D, "mine lets out nothing like it"),
    "a group stands for the endpoints that bear it": Case(
        out(rule(GroupRef("service"))), tcp("endpoint:e"), A, "mine lets out TCP 443 to the group service"
    ),
    "perhaps for an endpoint that may not exist": Case(
        out(rule(GroupRef("service"))),
        tcp("endpoint:maybe"),
        P,
        "mine lets out TCP 443 to the group service",
        UNREAD.reason,
    ),
    "a group that only endpoints bear has no other members": Case(
        out(rule(GroupRef("service"))), tcp("members:service"), D, "mine lets out nothing like it"
    ),
    "a group stands for the interfaces that bear it": Case(
        out(rule(GroupRef("members"))), tcp("members:members"), A, "mine lets out TCP 443 to the group members"
    ),
    "a referenced group out of sight is perhaps anything": Case(
        out(rule(GroupRef("gone"))),
        OUTSIDE,
        P,
        "mine lets out TCP 443 to the group gone",
        "the security group gone is not in sight",
    ),
    "a CIDR that covers an endpoint's subnet holds it": Case(
        out(rule("10.0.2.0/23")), tcp("endpoint:e"), A, "mine lets out TCP 443 to 10.0.2.0/23"
    ),
    "a CIDR that overlaps it holds it perhaps": Case(
        out(rule("10.0.2.0/25")),
        tcp("endpoint:e"),
        P,
        "mine lets out TCP 443 to 10.0.2.0/25",
        "10.0.2.0/25 may hold addresses of endpoint:e, and may not hold all",
    ),
    "a CIDR elsewhere does not": Case(out(rule("10.0.4.0/24")), tcp("endpoint:e"), D, "mine lets out nothing like it"),
    "a group takes in from its sender's block": Case(
        into(rule("10.0.0.0/16")), OUTSIDE, A, "theirs takes in TCP 443 from 10.0.0.0/16"
    ),
    "and not from elsewhere": Case(into(rule("10.9.0.0/16")), OUTSIDE, D, "theirs takes in nothing like it"),
    "from half of the block perhaps": Case(
        into(rule("10.0.1.0/25")),
        OUTSIDE,
        P,
        "theirs takes in TCP 443 from 10.0.1.0/25",
        "10.0.1.0/25 holds a part of 10.0.1.0/24 and not all of it",
    ),
    "from the sender's group": Case(
        into(rule(GroupRef("mine"))), OUTSIDE, A, "theirs takes in TCP 443 from the group mine"
    ),
    "not from another group": Case(into(rule(GroupRef("another"))), OUTSIDE, D, "theirs takes in nothing like it"),
    "from a group that the sender may bear perhaps": Case(
        into(rule(GroupRef("another")), bears=("mine", UNREAD)),
        OUTSIDE,
        P,
        "theirs takes in TCP 443 from the group another",
        UNREAD.reason,
    ),
    "from a prefix list that holds the sender": Case(
        into(rule(ListRef("list"))), OUTSIDE, A, "theirs takes in TCP 443 from the prefix list list"
    ),
    "from a prefix list out of sight perhaps": Case(
        into(rule(ListRef("gone"))),
        OUTSIDE,
        P,
        "theirs takes in TCP 443 from the prefix list gone",
        "the prefix list gone is not in sight",
    ),
    "a managed list is no sender of ours": Case(
        into(rule(ManagedList("s3"))), OUTSIDE, D, "theirs takes in nothing like it"
    ),
    "from somewhere that cannot be read perhaps": Case(
        into(rule(UNREAD)), OUTSIDE, P, "theirs takes in TCP 443 from an unknown address", UNREAD.reason
    ),
    "IPv6 packets come from IPv6 addresses": Case(
        into(rule("2001:db8::/32")), tcp("2001:db8::9"), A, "theirs takes in TCP 443 from 2001:db8::/32"
    ),
    "and not from IPv4 ones": Case(into(rule("10.0.0.0/16")), tcp("2001:db8::9"), D, "theirs takes in nothing like it"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_what_groups_do(sentence: str) -> None:
    case = CASES[sentence]
    step = case.layer.decide(case.packet)
    assert (step.layer, step.outcome, step.rule) == (Layer.SECURITY_GROUP, case.outcome, case.rule)
    assert (case.doubt in [doubt.reason for doubt in step.doubts]) is bool(case.doubt)
    assert (case.packet in case.layer.permitted.least) is (case.outcome is A)
    assert (case.packet in case.layer.permitted.most) is (case.outcome is not D)


def test_what_groups_do_not_see_is_said() -> None:
    assert out().notes == (UNSEEN,)
    assert "169.254.169.254" in UNSEEN


def test_a_denial_points_at_all_groups() -> None:
    found = out(more=(group("second"),), bears=("mine", "second"))
    assert found.groups == ("mine", "second")
    assert found.decide(OUTSIDE).origin == at("mine")


@pytest.mark.parametrize("own", [None, UNREAD])
def test_a_sender_whose_block_is_unknown(own: Doubt | None) -> None:
    index = Index(
        replace(NETWORK, security_groups=(group("theirs", ingress=(rule("10.0.0.0/16"), rule("0.0.0.0/0", 17, 53))),))
    )
    found = ingress(index, ("theirs",), Source("agent", own, None, ())).permitted
    assert OUTSIDE not in found.least
    assert (OUTSIDE in found.most) is (own is UNREAD)
    assert (udp("203.0.113.9") in found.least) is (own is UNREAD)
