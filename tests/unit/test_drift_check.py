"""A whole check, from what was read of an account to its departures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.drift.check import check, ordered
from agent_perimeter.drift.compare import compare
from agent_perimeter.drift.judge import Judge
from agent_perimeter.drift.model import Departure, Meaning
from agent_perimeter.drift.subject import Subject
from agent_perimeter.drift.table import SECTIONS
from agent_perimeter.lift.placement import placements
from agent_perimeter.observed import Doubt, Gateway, TargetKind
from agent_perimeter.snapshot import Snapshot, Unread
from agent_perimeter.values import Cidr, PortRange
from agent_perimeter.verdict import Layer, Status
from tests.unit.drift_networks import (
    LIVE,
    VPC,
    added,
    at,
    both,
    changed,
    departures,
    deployed,
    entry,
    judge,
    meant,
    plus,
    policies,
    rule,
    text,
)
from tests.unit.perimeters import TODAY

UNREAD = Doubt("ec2:DescribeRouteTables was not read: AccessDenied", "eu-west-1/vpc-1", "allowing it")
EMPTY = Snapshot(
    taken="2026-11-22T10:00:00Z",
    account="123456789012",
    region="eu-west-1",
    partition="aws",
    vpc="vpc-1",
    stack="net",
    perimeter="agents",
    answers=(),
    unread=(
        Unread("ec2", "DescribeVpcs", {}, "AccessDenied", "not allowed", "ec2:DescribeVpcs"),
        Unread("events", "DescribeRule", {"Name": "x"}, "Throttling", "slower", "events:DescribeRule"),
    ),
)


def test_what_was_deployed_is_clean_and_takes_one_proof() -> None:
    found, proof = judge(deployed())
    assert found == ()
    assert proof.status is Status.PROVEN


def test_an_account_of_which_nothing_was_read_is_unknown() -> None:
    drift = check(EMPTY, deployed(), policies(), TODAY)
    assert drift.departures == ()
    assert drift.status is Status.UNKNOWN
    said = " ".join(map(str, drift.unread))
    assert "ec2:DescribeVpcs was not read: AccessDenied: not allowed; allow ec2:DescribeVpcs" in said
    assert "events:DescribeRule of x was not read" in said
    assert (drift.perimeter, drift.stack, drift.account, drift.vpc) == ("agents", "net", "123456789012", "vpc-1")
    assert drift.proof.source == "the deployed stack"


@pytest.mark.parametrize(
    ("asked", "told"),
    {
        ("GetPolicy",): 0,
        ("GetPolicy", "ListEntitiesForPolicy"): 0,
        ("ListEntitiesForPolicy",): 1,
        ("GetRole",): 1,
    }.items(),
)
def test_that_a_policy_is_not_there_is_read_and_nothing_else_is(asked: tuple[str, ...], told: int) -> None:
    lost = tuple(
        Unread("iam", call, {"PolicyArn": "arn:gone"}, "NoSuchEntity", "not found", f"iam:{call}") for call in asked
    )
    drift = check(replace(EMPTY, unread=lost), deployed(), policies(), TODAY)
    assert sum("NoSuchEntity" in str(one) for one in drift.unread) == told


@pytest.mark.parametrize("field", SECTIONS)
def test_what_was_not_read_is_neither_clean_nor_gone(field: str) -> None:
    found, proof = judge(replace(deployed(), **{field: ()}), [(field, UNREAD)])
    assert proof.status is Status.UNKNOWN
    assert UNREAD in proof.doubts
    assert [one for one in found if one.certain] == []


def test_a_hole_is_found_beside_what_was_not_read() -> None:
    live = changed("rule_groups", "Pass", source=text("api.example.com", "evil.example"))(deployed())
    found, _ = judge(replace(live, logs=()), [("logs", UNREAD)])
    assert [one.meaning for one in found] == [Meaning.WIDENS]
    assert found[0].agents == ("bot",)


def test_a_hole_in_a_field_that_was_not_read_wholly_is_told_by_what_was_read() -> None:
    live = changed("security_groups", "AgentGroup", egress=plus(rule()))(deployed())
    (found,) = departures(live, [("security_groups", UNREAD)])
    assert str(found.change) == "security group rule net/AgentGroup egress all traffic to 0.0.0.0/0 was added"
    assert found.meaning is Meaning.WEAKENS


def test_a_hole_that_a_parameter_opened_is_found_without_a_difference() -> None:
    left = replace(rule(), peer=Doubt("a parameter decides"))
    expected = changed("security_groups", "AgentGroup", egress=plus(left))(deployed())
    live = changed("security_groups", "AgentGroup", egress=plus(rule()))(deployed())
    (found,) = departures(live, expected=expected)
    assert found.change is None
    assert found.meaning is Meaning.WEAKENS
    assert found.sentence == "no difference that was read explains it: bot can send more than the policies allow"


SSH_RULE = "pass tcp 10.0.1.0/24 any -> any 22 (flow:to_server; sid:99;)\n"
SSH = PortRange(22, 22)
OUT = replace(entry(1), protocol=6, ports=SSH)
INTO = replace(OUT, egress=False, cidr=Cidr.parse("10.0.1.0/24"))
LAYERS = [
    changed("rule_groups", "Pass", source=text("pass tls", f"{SSH_RULE}pass tls")),
    changed("security_groups", "AgentGroup", egress=plus(rule(6, SSH))),
    changed("acls", "AgentAcl", entries=plus(OUT)),
    changed("acls", "WallAcl", entries=lambda entries: (*entries, OUT, INTO)),
    changed("acls", "OutsideAcl", entries=lambda entries: (*entries, OUT, INTO)),
]


def test_changes_that_only_together_let_something_out() -> None:
    found = departures(both(*LAYERS)(deployed()))
    (together,) = (one for one in found if one.change is None)
    assert {one.meaning for one in found if one.change is not None} == {Meaning.WEAKENS}
    assert together.meaning is Meaning.WIDENS
    assert together.sentence.startswith(
        "together these changes mean more than each alone: security group rule net/AgentGroup egress tcp 22 to "
        "0.0.0.0/0 was added; network ACL entry net/AgentAcl egress 1 was added: allow tcp 22 0.0.0.0/0; "
    )
    assert together.sentence.endswith("; and 4 more: bot can send more than the policies allow")
    assert together.gaps[0].layer is Layer.END_TO_END
    assert str(together.gaps[0].gap.witness).startswith("tcp://203.0.113.9:22")


def test_of_changes_in_all_layers_but_one_nothing_gets_out() -> None:
    for left in (0, 1):
        found = departures(both(*LAYERS[:left], *LAYERS[left + 1 : 3])(deployed()))
        assert {one.meaning for one in found} == {Meaning.WEAKENS}
        assert all(one.change is not None for one in found)


MOVED = changed("dns_groups", "Dns", rules=at(2, priority=990))
EVIL = changed(
    "dns_groups", "Dns", rules=lambda rules: (*rules, replace(rules[0], priority=950, domains=("evil.example",)))
)


def test_changes_of_one_resource_that_mean_something_only_together() -> None:
    assert [one.meaning for one in departures(MOVED(deployed()))] == [Meaning.COSMETIC]
    assert [one.meaning for one in departures(EVIL(deployed()))] == [Meaning.COSMETIC]
    found = departures(both(MOVED, EVIL)(deployed()))
    assert [one.meaning for one in found] == [Meaning.WIDENS, Meaning.WIDENS]
    assert all(one.sentence.endswith(", judged together with 1 more of the same resource") for one in found)
    assert all("evil.example" in str(one.gaps[0].gap.witness) for one in found)


def test_a_threat_that_is_no_longer_looked_for_is_a_risk() -> None:
    threat = changed(
        "dns_groups",
        "Dns",
        rules=lambda rules: (*rules, replace(rules[2], priority=5, domains=None, threat="DGA")),
    )
    (found,) = departures(deployed(), expected=threat(deployed()))
    assert found.meaning is Meaning.WEAKENS
    assert found.sentence == (
        "DNS rule net/Dns priority 5 was removed: BLOCK DGA: queries that look like DGA are no longer stopped"
    )


def test_beyond_a_number_of_proofs_the_changes_of_a_resource_are_judged_together() -> None:
    live = changed("security_groups", "AgentGroup", egress=plus(rule()), ingress=plus(rule()))(deployed())
    differences = compare(deployed(), live)
    yardstick = meant().yardstick
    subject = Subject(live, placements(live))
    found = yardstick.found(subject)
    apart = list(Judge(deployed(), yardstick).departures(differences, found, subject))
    assert not any("judged together" in one.sentence for one in apart)
    near = list(Judge(deployed(), yardstick, proofs=1).departures(differences, found, subject))
    assert [one.meaning for one in near] == [Meaning.WEAKENS, Meaning.WEAKENS]
    assert all("judged together with 1 more of the same resource" in one.sentence for one in near)


def test_beyond_all_proofs_what_is_left_is_judged_as_one() -> None:
    live = both(LAYERS[1], LAYERS[2], changed("subnets", "AgentSubnet", name="x"))(deployed())
    yardstick = meant().yardstick
    subject = Subject(live, placements(live))
    found = yardstick.found(subject)
    told = list(Judge(deployed(), yardstick, proofs=0).departures(compare(deployed(), live), found, subject))
    assert [one.meaning for one in told] == [Meaning.COSMETIC, Meaning.WEAKENS, Meaning.WEAKENS]
    assert all(one.sentence.endswith(", judged together with 1 more") for one in told[1:])


def test_a_policy_that_was_never_kept() -> None:
    expected = changed("rule_groups", "Pass", source=text("api.example.com", "evil.example"))(deployed())
    found = departures(expected, expected=expected)
    assert [one.sentence.partition(":")[0] for one in found] == [
        "what was deployed never kept the policies, and no change since explains it"
    ]
    assert found[0].meaning is Meaning.WIDENS
    assert "evil.example" in str(found[0].gaps[0].gap.witness)


def test_what_was_deployed_and_is_not_found_leaves_the_policies() -> None:
    live = changed("security_groups", "AgentGroup", egress=plus(rule()))(deployed())
    (alone,) = departures(live, expected=replace(deployed(), vpcs=()))
    assert alone.change is None
    assert alone.meaning is Meaning.WEAKENS
    assert alone.sentence.startswith("what was deployed could not be found in the account: bot can send more than")
    assert departures(deployed(), expected=replace(deployed(), vpcs=())) == ()


def test_an_agent_whose_tags_are_gone_is_still_watched() -> None:
    live = both(
        changed("subnets", "AgentSubnet", agent=None, role=None),
        changed("security_groups", "AgentGroup", agent=None, role=None, egress=plus(rule())),
    )(deployed())
    found, proof = judge(live)
    (opened,) = (one for one in found if "was added" in one.sentence)
    assert opened.gaps[0].layer is Layer.SECURITY_GROUP
    assert [agent.agent for agent in proof.agents] == ["bot"]
    assert proof.agents[0].subnets == ("net/AgentSubnet",)
    said = " ".join(str(doubt) for layer in proof.agents[0].layers for doubt in layer.doubts)
    assert "no tag of the account names bot any more" in said
    assert proof.status is not Status.PROVEN


def test_departures_come_worst_first_and_once() -> None:
    told = [
        Departure(Meaning.COSMETIC, "a"),
        Departure(Meaning.WIDENS, "b", certain=False),
        Departure(Meaning.WIDENS, "z"),
        Departure(Meaning.UNCLEAR, "c"),
        Departure(Meaning.WIDENS, "z"),
    ]
    assert [one.sentence for one in ordered(told)] == ["z", "b", "c", "a"]


def test_a_cosmetic_departure_leaves_a_check_clean() -> None:
    live = changed("security_groups", "AgentGroup", name="other")(deployed())
    found, proof = judge(live)
    assert [one.meaning for one in found] == [Meaning.COSMETIC]
    assert proof.status is Status.PROVEN


def test_what_a_difference_does_not_explain_and_is_not_known_is_a_departure() -> None:
    """A doubt that was there when it was deployed is no difference; that it is one is told all the same."""
    lost = (Doubt("a macro decides", "net.template.json"), Doubt("another macro decides", "net.template.json"))
    unsure = replace(deployed(), doubts=lost)
    (found,) = departures(unsure, expected=unsure)
    assert (found.meaning, found.certain, found.change) == (Meaning.UNCLEAR, False, None)
    assert found.sentence == "what gets out cannot be known: a macro decides, and 1 more"
    assert found.doubts == lost
    (alone,) = departures(unsure, expected=replace(deployed(), vpcs=()))
    assert alone.sentence == found.sentence
    assert departures(unsure, [("logs", lost[0]), ("routes", lost[1])], expected=replace(deployed(), vpcs=())) == ()


def test_an_open_gap_that_was_deployed_like_this_is_told_with_its_reason() -> None:
    unsure = changed("dns_settings", "Vpc/dns-settings", fail_open=UNREAD)(deployed())
    (found,) = departures(unsure, expected=unsure)
    assert (found.meaning, found.certain) == (Meaning.UNCLEAR, False)
    assert found.sentence == f"what gets out cannot be known: {UNREAD.reason}"
    assert found.gaps[0].layer is Layer.DNS
    assert not any(one.gap.certain for one in found.gaps)


CLOSED = changed("acls", "AgentAcl", entries=plus(entry(1, allow=False, cidr="10.9.0.0/24")))
BYPASSED = changed(
    "firewall_policies",
    "Engine",
    resolved_ip=lambda known: replace(known, bypass=(*known.bypass, Cidr.parse("10.9.0.0/24"))),
)


def test_changes_that_only_together_let_an_allowed_name_be_claimed_elsewhere() -> None:
    found = departures(BYPASSED(deployed()), expected=CLOSED(deployed()))
    (together,) = (one for one in found if one.change is None)
    assert {one.meaning for one in found if one.change is not None} <= {Meaning.WEAKENS, Meaning.COSMETIC}
    assert together.meaning is Meaning.WIDENS
    assert together.sentence.endswith(": bot can send what it could not before")
    assert str(together.gaps[0].gap.witness) == "tcp://10.9.0.1:443 sni=api.example.com"


def test_what_is_given_back_is_no_hole() -> None:
    """The firewall has the rule of a name again: it can be claimed towards what another name resolved to, as ever."""
    closed = changed("rule_groups", "Pass", source=text("api.example.com", "nobody.invalid"))(deployed())
    assert [one.meaning for one in departures(deployed(), expected=closed)] == [Meaning.COSMETIC]


def test_an_agent_that_stood_nowhere_is_compared_with_nothing() -> None:
    nowhere = replace(deployed(), subnets=tuple(one for one in deployed().subnets if one.id != "net/AgentSubnet"))
    (found,) = departures(deployed(), expected=nowhere)
    assert found.meaning is Meaning.UNCLEAR
    assert found.gaps == ()
    assert found.sentence.endswith(
        "subnet net/AgentSubnet was added: what it means for egress is not known: no agent's layers were deployed for it"
    )


def test_validation_that_may_be_off_is_no_certain_hole() -> None:
    live = changed("firewall_policies", "Engine", resolved_ip=UNREAD)(deployed())
    (found,) = departures(live)
    assert (found.meaning, found.certain) == (Meaning.UNCLEAR, False)
    assert UNREAD in found.doubts


def test_a_new_record_that_may_not_be_there_says_why() -> None:
    pending = Gateway(id="pcx-1", origin=LIVE, kind=TargetKind.PEERING, vpc=VPC, peer="vpc-2", maybe=UNREAD)
    (found,) = departures(added("gateways", pending)(deployed()))
    assert (found.certain, found.doubts) == (False, (UNREAD,))


def test_a_default_group_that_is_no_longer_empty_holds_nothing() -> None:
    empty = changed("security_groups", "Vpc/default-group", egress=(), ingress=())
    live = changed("security_groups", "Vpc/default-group", ingress=())
    first, *_ = departures(live(deployed()), expected=empty(deployed()))
    assert first.meaning is Meaning.WEAKENS
    assert first.sentence.endswith(
        "was added: the VPC's default security group is not empty, so what is started without a group is not held"
    )
