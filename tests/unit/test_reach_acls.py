"""Network ACLs: a sentence, the entries, and what then leaves the agent's subnet, by which entry."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from agent_perimeter.observed import Acl, AclAssociation, AclEntry, Doubt, Icmp, ObservedNetwork
from agent_perimeter.packet_sets import UNIVERSE, App, Packet
from agent_perimeter.reach.acls import OPEN, AclLayer, Direction, Hop, walls
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.index import Index
from agent_perimeter.values import Cidr, PortRange
from agent_perimeter.verdict import Outcome
from tests.unit.reach_networks import UNREAD, acl, at, entry, subnet, tcp, udp, vpc, walled

OUT = (Hop(("agent",), Direction.OUT),)
INTO = (Hop(("inner",), Direction.IN),)
REPLIES = entry(100, False, True, ports=PortRange(1024, 65535))
HTTPS = entry(100, True, True, ports=443)
PAYLOAD, SYN, EARLY = tcp("203.0.113.9"), tcp("203.0.113.9", app=App.HANDSHAKE), tcp("203.0.113.9", app=App.EARLY)
PING = Packet(1, Cidr.parse("203.0.113.9"), 8 * 256, App.OTHER)


def layer(*acls: Acl, uses: tuple[AclAssociation, ...] | None = None, hops: tuple[Hop, ...] = OUT) -> AclLayer:
    network = ObservedNetwork(
        vpcs=(vpc(),),
        subnets=(subnet("agent", "10.0.1.0/24"), subnet("inner", "10.0.2.0/24"), subnet("nat", "10.0.3.0/24")),
        acls=acls,
        acl_associations=uses if uses is not None else tuple(walled(one, "acl") for one in ("agent", "inner", "nat")),
    )
    index = Index(network)
    return walls(index, Source.of(index, "agent"), hops)


def listed(*entries: AclEntry, hops: tuple[Hop, ...] = OUT) -> AclLayer:
    return layer(acl("acl", *entries), hops=hops)


A, D, P = Outcome.ALLOWS, Outcome.DENIES, Outcome.PERHAPS


@dataclass(frozen=True)
class Case:
    layer: AclLayer
    packet: Packet
    outcome: Outcome
    rule: str
    doubt: str = ""


CASES = {
    "an entry lets out what it allows": Case(
        listed(HTTPS, REPLIES), PAYLOAD, A, "acl entry 100 allows TCP 443 to 0.0.0.0/0"
    ),
    "what no entry allows is denied": Case(
        listed(HTTPS, REPLIES), udp("203.0.113.9"), D, "acl denies what no entry allows"
    ),
    "the lowest number decides, whatever the order": Case(
        listed(HTTPS, entry(50, True, False, "203.0.113.0/24"), REPLIES),
        PAYLOAD,
        D,
        "acl entry 50 denies all TCP to 203.0.113.0/24",
    ),
    "a deny after an allow comes too late": Case(
        listed(HTTPS, entry(110, True, False), REPLIES), PAYLOAD, A, "acl entry 100 allows TCP 443 to 0.0.0.0/0"
    ),
    "a connection without replies does not come about": Case(
        listed(HTTPS), PAYLOAD, D, "replies: acl denies what no entry allows"
    ),
    "its SYN leaves all the same": Case(listed(HTTPS), SYN, A, "acl entry 100 allows TCP 443 to 0.0.0.0/0"),
    "and so do bytes before the handshake ends": Case(
        listed(HTTPS), EARLY, A, "acl entry 100 allows TCP 443 to 0.0.0.0/0"
    ),
    "a datagram needs no reply": Case(
        listed(entry(100, True, True, protocol=17, ports=53)),
        udp("203.0.113.9"),
        A,
        "acl entry 100 allows UDP 53 to 0.0.0.0/0",
    ),
    "an ICMP message needs no reply": Case(
        listed(entry(100, True, True, protocol=1, ports=Icmp(8, 0))),
        PING,
        A,
        "acl entry 100 allows ICMP type 8 code 0 to 0.0.0.0/0",
    ),
    "replies to one port are enough for a sender that picks it": Case(
        listed(HTTPS, entry(100, False, True, ports=4444)), PAYLOAD, A, "acl entry 100 allows TCP 443 to 0.0.0.0/0"
    ),
    "replies to a port below the ephemeral ones are enough too": Case(
        listed(HTTPS, entry(100, False, True, ports=80)), PAYLOAD, A, "acl entry 100 allows TCP 443 to 0.0.0.0/0"
    ),
    "replies from elsewhere are none": Case(
        listed(HTTPS, entry(100, False, True, "198.51.100.0/24")),
        PAYLOAD,
        D,
        "replies: acl denies what no entry allows",
    ),
    "beyond a NAT gateway low ports are not used": Case(
        listed(
            HTTPS,
            entry(100, False, True, ports=80),
            hops=(Hop(("agent",), Direction.OUT, Source("nat", None, None, ())),),
        ),
        PAYLOAD,
        D,
        "replies: acl denies what no entry allows",
    ),
    "into a subnet the sender's address counts": Case(
        listed(entry(100, False, True, "10.0.1.0/24", ports=443), entry(100, True, True, "10.0.1.0/24"), hops=INTO),
        PAYLOAD,
        A,
        "acl entry 100 allows TCP 443 from 10.0.1.0/24",
    ),
    "another's address does not": Case(
        listed(entry(100, False, True, "10.0.9.0/24", ports=443), entry(100, True, True), hops=INTO),
        PAYLOAD,
        D,
        "acl denies what no entry allows",
    ),
    "replies out of a subnet go to the sender's address": Case(
        listed(entry(100, False, True, ports=443), entry(100, True, True, "10.0.9.0/24"), hops=INTO),
        PAYLOAD,
        D,
        "replies: acl denies what no entry allows",
    ),
    "beyond a NAT gateway the gateway's address counts": Case(
        listed(
            entry(100, False, True, "10.0.3.0/24", ports=443),
            entry(100, True, True, "10.0.3.0/24"),
            hops=(Hop(("inner",), Direction.IN, Source("nat", Cidr.parse("10.0.3.0/24"), None, ())),),
        ),
        PAYLOAD,
        A,
        "acl entry 100 allows TCP 443 from 10.0.3.0/24",
    ),
    "an entry for half of the senders lets in perhaps": Case(
        listed(entry(100, False, True, "10.0.1.0/25", ports=443), entry(100, True, True), hops=INTO),
        PAYLOAD,
        P,
        "acl entry 100 allows TCP 443 from 10.0.1.0/25",
        "10.0.1.0/25 holds a part of 10.0.1.0/24 and not all of it",
    ),
    "an entry that may not exist allows perhaps": Case(
        listed(replace(HTTPS, maybe=UNREAD), REPLIES),
        PAYLOAD,
        P,
        "acl entry 100 allows TCP 443 to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "and denies perhaps": Case(
        listed(entry(50, True, False, maybe=UNREAD), HTTPS, REPLIES),
        PAYLOAD,
        P,
        "acl entry 50 denies all TCP to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "an action that cannot be read allows and denies perhaps": Case(
        listed(entry(50, True, UNREAD), HTTPS, REPLIES),
        PAYLOAD,
        P,
        "acl entry 50 allows or denies all TCP to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "an action that cannot be read allows perhaps where all else denies": Case(
        listed(entry(50, True, UNREAD), REPLIES),
        PAYLOAD,
        P,
        "acl entry 50 allows or denies all TCP to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "a direction that cannot be read may be either": Case(
        listed(entry(50, UNREAD, False), HTTPS, REPLIES),
        PAYLOAD,
        P,
        "acl entry 50 denies all TCP to or from 0.0.0.0/0",
        UNREAD.reason,
    ),
    "a deny of unknown number may come first": Case(
        listed(entry(UNREAD, True, False), HTTPS, REPLIES),
        PAYLOAD,
        P,
        "acl entry of unknown number denies all TCP to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "an allow of unknown number may come first": Case(
        listed(entry(UNREAD, True, True), entry(1, True, False), REPLIES),
        PAYLOAD,
        P,
        "acl entry of unknown number allows all TCP to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "a block that cannot be read may hold the address": Case(
        listed(entry(50, True, False, UNREAD), HTTPS, REPLIES),
        PAYLOAD,
        P,
        "acl entry 50 denies all TCP to an unknown address",
        UNREAD.reason,
    ),
    "ports that cannot be read may hold the port": Case(
        listed(entry(50, True, False, ports=UNREAD), HTTPS, REPLIES),
        PAYLOAD,
        P,
        "acl entry 50 denies TCP on unknown ports to 0.0.0.0/0",
        UNREAD.reason,
    ),
    "two entries of one number are in each other's way": Case(
        listed(HTTPS, entry(100, True, False, "203.0.113.0/24"), REPLIES),
        PAYLOAD,
        P,
        "acl entry 100 allows TCP 443 to 0.0.0.0/0",
        "acl has more than one entry 100",
    ),
    "replies that perhaps come back make the connection possible": Case(
        listed(HTTPS, replace(REPLIES, maybe=UNREAD)),
        PAYLOAD,
        P,
        "replies: acl entry 100 allows TCP 1024-65535 from 0.0.0.0/0",
        UNREAD.reason,
    ),
    "an ACL out of sight allows perhaps": Case(
        layer(uses=(walled("agent", "gone"),)), PAYLOAD, P, "an ACL that is not known", "gone is not in sight"
    ),
    "of two ACLs either may hold": Case(
        layer(
            acl("acl", HTTPS, REPLIES),
            acl("other", default=True),
            uses=(walled("agent", "acl", maybe=UNREAD),),
        ),
        PAYLOAD,
        P,
        "no client port is surely let back in by all ACLs on the way",
        UNREAD.reason,
    ),
    "without an edge there is no ACL": Case(listed(hops=()), PAYLOAD, Outcome.SKIPS, "no subnet's edge is crossed"),
}


@pytest.mark.parametrize("sentence", CASES)
def test_what_gets_out(sentence: str) -> None:
    case = CASES[sentence]
    step = case.layer.decide(case.packet)
    assert (step.outcome, step.rule) == (case.outcome, case.rule)
    assert (case.doubt in [doubt.reason for doubt in step.doubts]) is bool(case.doubt)
    allowed = case.outcome in {Outcome.ALLOWS, Outcome.SKIPS}
    assert (case.packet in case.layer.permitted.least) is allowed
    assert (case.packet in case.layer.permitted.most) is (allowed or case.outcome is P)


def test_the_deciding_entry_is_where_the_step_points() -> None:
    assert listed(HTTPS, REPLIES).decide(PAYLOAD).origin == at("entry-100")


@pytest.mark.parametrize(
    ("ports", "least", "most"),
    [
        (PortRange(1024, 65535), True, True),
        (PortRange(0, 65535), True, True),
        (PortRange(32768, 60999), False, True),
        (PortRange(0, 1023), False, True),
    ],
)
def test_an_answer_must_come_to_every_ephemeral_port(ports: PortRange, least: bool, most: bool) -> None:
    found = listed(HTTPS, entry(100, False, True, ports=ports), entry(101, False, True, protocol=17, ports=ports))
    for packet in (PAYLOAD, SYN, udp("203.0.113.9")):
        assert (packet in found.answered.least) is least
        assert (packet in found.answered.most) is most


def test_a_ping_is_answered_by_an_echo_reply() -> None:
    assert PING in listed(entry(1, False, True, protocol=1, ports=Icmp(0, None))).answered.least
    assert PING not in listed(entry(1, False, True, protocol=1, ports=Icmp(8, None))).answered.most


def test_one_client_port_must_pass_all_hops() -> None:
    """Two ACLs that let replies in on different ports let none in together."""
    one = acl("one", entry(1, True, True), entry(1, False, True, ports=PortRange(1024, 2000)))
    two = acl("two", entry(1, True, True, ports=PortRange(3000, 4000)), entry(1, False, True))
    both = layer(one, two, uses=(walled("agent", "one"), walled("inner", "two")), hops=(*OUT, *INTO))
    step = both.decide(PAYLOAD)
    assert (step.outcome, step.rule) == (D, "no client port is surely let back in by all ACLs on the way")
    assert PAYLOAD not in both.permitted.most
    assert SYN in both.permitted.least


def test_any_of_several_subnets_may_be_crossed() -> None:
    wide, shut = acl("wide", HTTPS, REPLIES), acl("shut")
    either = layer(
        wide,
        shut,
        uses=(walled("agent", "wide"), walled("inner", "shut")),
        hops=(Hop(("agent", "inner"), Direction.OUT),),
    )
    assert SYN not in either.permitted.least
    assert SYN in either.permitted.most


def test_the_default_acl_holds_without_an_association() -> None:
    assert PAYLOAD in layer(acl("acl", HTTPS, REPLIES, default=True), uses=()).permitted.least


def test_open_is_everything() -> None:
    assert OPEN.permitted.least == OPEN.answered.least == UNIVERSE
    assert Doubt("x") not in OPEN.decide(PAYLOAD).doubts
