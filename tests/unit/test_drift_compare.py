"""Structural drift: which differences there are, how they are told, and which are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.drift.compare import compare
from agent_perimeter.drift.model import Alteration, Meaning
from agent_perimeter.observed import (
    DomainRules,
    Doubt,
    FiveTupleRule,
    Gateway,
    GroupRef,
    GroupUse,
    Icmp,
    ListRef,
    ManagedList,
    ObservedNetwork,
    PrefixList,
    RuleGroup,
    Target,
    TargetKind,
)
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, PortRange
from tests.unit.drift_networks import (
    CASES,
    LIVE,
    VPC,
    Case,
    Change,
    added,
    at,
    both,
    changed,
    deployed,
    entry,
    interface,
    plus,
    removed,
    rule,
    statement,
    without,
)

UNREAD = Doubt("AWS did not say", "eu-west-1/x")
PARAMETER = Doubt("a parameter decides")
LONG = tuple(Cidr.parse(f"192.0.2.{number}") for number in range(5))
NARROW = PrefixList(id="pl-1", origin=LIVE, entries=LONG)
FIVE = FiveTupleRule(
    action="PASS",
    protocol="TCP",
    source="ANY",
    source_port="ANY",
    direction="FORWARD",
    destination="ANY",
    destination_port="443",
    options=(("sid", ("1",)),),
    origin=LIVE,
)
FIVES = RuleGroup(
    id="rg-1", origin=LIVE, stateful=True, rule_order="STRICT_ORDER", ip_sets=(), port_sets=(), source=(FIVE,)
)


def same(network: ObservedNetwork) -> ObservedNetwork:
    return network


NO_DRIFT: dict[str, tuple[Change, Change]] = {
    "nothing": (same, same),
    "rules of a group in another order with other ids": (
        same,
        changed(
            "security_groups",
            "AgentGroup",
            egress=lambda rules: tuple(replace(one, id=f"sgr-{one.id}", origin=LIVE) for one in reversed(rules)),
        ),
    ),
    "an association with an id of AWS's": (
        same,
        lambda network: replace(
            network,
            acl_associations=tuple(replace(one, id=f"aclassoc-{one.id}") for one in network.acl_associations),
        ),
    ),
    "a record that a condition decides is not there": (
        lambda network: replace(network, logs=(replace(network.logs[0], maybe=PARAMETER),)),
        lambda network: replace(network, logs=()),
    ),
    "a part that a condition decides is not there": (
        changed("acls", "AgentAcl", entries=at(0, maybe=PARAMETER)),
        changed("acls", "AgentAcl", entries=without(0)),
    ),
    "a rule whose peer a parameter decides": (
        changed("security_groups", "AgentGroup", egress=at(3, peer=PARAMETER)),
        changed("security_groups", "AgentGroup", egress=at(3, peer=Cidr.parse("192.0.2.0/24"))),
    ),
    "a number that a parameter decides": (
        changed("acls", "AgentAcl", entries=at(0, number=PARAMETER)),
        changed("acls", "AgentAcl", entries=at(0, number=7)),
    ),
    "a protection that the template leaves to AWS": (
        changed("firewalls", "Firewall", delete_protection=PARAMETER),
        changed("firewalls", "Firewall", delete_protection=False),
    ),
    "an interface of an agent's own workload": (same, added("interfaces", interface())),
    "an interface that is gone": (added("interfaces", interface(public=True)), same),
    "interfaces of a service that was deployed": (
        added("interfaces", interface(subnet="net/OutsideSubnet")),
        added("interfaces", replace(interface(subnet="net/OutsideSubnet", what="y"), id="eni-2")),
    ),
    "domains in another order": (
        same,
        changed("dns_groups", "Dns", rules=at(0, domains=("broker.example.org", "api.example.com"))),
    ),
}


@pytest.mark.parametrize(("before", "after"), NO_DRIFT.values(), ids=NO_DRIFT)
def test_no_drift_is(before: Change, after: Change) -> None:
    assert compare(before(deployed()), after(deployed())) == ()


TOLD: dict[str, tuple[Change, Change, list[str]]] = {
    "an interface that forwards": (
        same,
        added("interfaces", interface(forwards=True)),
        ["network interface eni-1 was added: in net/AgentSubnet with net/AgentGroup"],
    ),
    "an interface of which it is not known where it stands": (
        same,
        added("interfaces", interface(subnet=UNREAD)),
        ["network interface eni-1 was added: in not known (AWS did not say) with net/AgentGroup"],
    ),
    "an interface without a group": (
        same,
        added("interfaces", interface(groups=())),
        ["network interface eni-1 was added: in net/AgentSubnet"],
    ),
    "a changed interface of the template": (
        added("interfaces", interface(subnet="net/OutsideSubnet")),
        added("interfaces", interface(subnet="net/OutsideSubnet", public=True)),
        ["network interface eni-1: public is on, was off"],
    ),
    "a DNS rule with another priority": (
        same,
        changed("dns_groups", "Dns", rules=at(0, priority=150)),
        ["DNS rule net/Dns priority 150: priority is 150, was 100"],
    ),
    "a DNS rule about all names but one type": (
        same,
        changed("dns_groups", "Dns", rules=at(2, qtype="TXT")),
        ["DNS rule net/Dns priority 900: query type is TXT, was not set"],
    ),
    "a DNS rule more": (
        same,
        changed(
            "dns_groups",
            "Dns",
            rules=lambda rules: (*rules, replace(rules[0], priority=50, domains=("evil.example",))),
        ),
        ["DNS rule net/Dns priority 50 was added: ALLOW evil.example (A)"],
    ),
    "a DNS rule of names that nobody could read": (
        same,
        changed(
            "dns_groups",
            "Dns",
            rules=lambda rules: (*rules, replace(rules[0], priority=50, domains=UNREAD, qtype=None)),
        ),
        ["DNS rule net/Dns priority 50 was added: ALLOW not known (AWS did not say)"],
    ),
    "a DNS rule about a threat": (
        changed(
            "dns_groups", "Dns", rules=lambda rules: (*rules, replace(rules[2], priority=5, domains=None, threat="DGA"))
        ),
        same,
        ["DNS rule net/Dns priority 5 was removed: BLOCK DGA"],
    ),
    "an entry that denies what it allowed": (
        same,
        changed("acls", "AgentAcl", entries=at(0, allow=False)),
        ["network ACL entry net/AgentAcl egress 100: allow is off, was on"],
    ),
    "an entry whose action could not be read": (
        same,
        changed("acls", "AgentAcl", entries=plus(replace(entry(1), allow=UNREAD, egress=UNREAD, protocol=47))),
        ["network ACL entry net/AgentAcl 1 was added: allow or deny protocol 47 0.0.0.0/0"],
    ),
    "rules for every kind of peer": (
        same,
        changed(
            "security_groups",
            "AgentGroup",
            egress=lambda rules: (
                *rules,
                replace(rule(1, None), ports=Icmp(8, None), peer=GroupRef("sg-9")),
                replace(rule(6, None), peer=ListRef("pl-1")),
                replace(rule(17, PortRange(53, 53)), peer=ManagedList("s3")),
                replace(rule(), protocol=UNREAD),
            ),
        ),
        [
            "security group rule net/AgentGroup egress icmp type 8 code any to sg-9 was added",
            "security group rule net/AgentGroup egress tcp to pl-1 was added",
            "security group rule net/AgentGroup egress udp 53 to AWS's prefix list s3 was added",
            "security group rule net/AgentGroup egress not known (AWS did not say) to 0.0.0.0/0 was added",
        ],
    ),
    "a rule group in the firewall's policy": (
        same,
        changed("firewall_policies", "Engine", stateful=plus(GroupUse("rg-9", 1, "DROP_TO_ALERT"))),
        ["firewall policy net/Engine stateful rule group rg-9 was added: priority 1 overridden by DROP_TO_ALERT"],
    ),
    "a rule group with another priority": (
        same,
        changed("firewall_policies", "Engine", stateful=at(0, priority=300)),
        ["firewall policy net/Engine stateful rule group net/Pass: priority is 300, was 100"],
    ),
    "resolved-IP validation that only alerts": (
        same,
        changed("firewall_policies", "Engine", resolved_ip=lambda known: replace(known, action="ALERT")),
        [
            "firewall policy net/Engine: resolved-IP validation is action ALERT expiry REJECT dns group net/Dns bypass "
            "198.51.100.0/25 sources 10.0.0.0/16, was action REJECT expiry REJECT dns group net/Dns bypass "
            "198.51.100.0/25 sources 10.0.0.0/16"
        ],
    ),
    "a prefix list of many blocks": (
        added("prefix_lists", NARROW),
        added("prefix_lists", replace(NARROW, entries=(*LONG[1:], Cidr.parse("0.0.0.0/1")))),
        ["prefix list pl-1: entries are 5 blocks, without 192.0.2.0/32 and with 0.0.0.0/1, were 5 blocks"],
    ),
    "a prefix list that lost most of its blocks": (
        added("prefix_lists", NARROW),
        added("prefix_lists", replace(NARROW, entries=LONG[:1])),
        [
            "prefix list pl-1: entries are 1 block, without 192.0.2.1/32; 192.0.2.2/32; 192.0.2.3/32 and 1 more, were 5 "
            "blocks"
        ],
    ),
    "Suricata rules in another order": (
        same,
        changed(
            "rule_groups",
            "Deny",
            source=lambda source: replace(source, text="\n".join(reversed(source.text.splitlines()))),
        ),
        ["rule group net/Deny: source is 11 rules, in another order, was 11 rules"],
    ),
    "a standard rule": (
        added("rule_groups", FIVES),
        added("rule_groups", replace(FIVES, source=(replace(FIVE, destination_port="ANY"),))),
        [
            "rule group rg-1: source is action PASS protocol TCP source ANY source port ANY direction FORWARD "
            "destination ANY destination port ANY options sid, 1, was action PASS protocol TCP source ANY source port "
            "ANY direction FORWARD destination ANY destination port 443 options sid, 1"
        ],
    ),
    "a gateway that stands nowhere": (
        same,
        added("gateways", Gateway(id="igw-9", origin=LIVE, kind=TargetKind.INTERNET_GATEWAY, vpc=None)),
        ["internet gateway igw-9 was added"],
    ),
    "a table that a gateway's incoming traffic uses": (
        same,
        lambda network: replace(
            network,
            table_associations=(
                *network.table_associations,
                replace(network.table_associations[0], id="x", subnet=None, edge="net/Gateway"),
            ),
        ),
        ["route table association net/Gateway was added: net/AgentTable"],
    ),
    "a route to nowhere": (
        same,
        changed("routes", "AgentRoute", target=Target(TargetKind.BLACKHOLE)),
        ["route net/AgentTable to 0.0.0.0/0: target is blackhole, was firewall endpoint net/Firewall"],
    ),
    "a DNS Firewall association with another id": (
        same,
        lambda network: replace(
            network, dns_associations=(replace(network.dns_associations[0], id="rslvr-2", priority=9000),)
        ),
        ["DNS Firewall association net/Dns: priority is 9000, was 101"],
    ),
}


@pytest.mark.parametrize(("before", "after", "said"), TOLD.values(), ids=TOLD)
def test_what_is_told_of(before: Change, after: Change, said: list[str]) -> None:
    assert [str(found.change) for found in compare(before(deployed()), after(deployed()))] == said


def test_statements_are_told_in_words() -> None:
    policy = (
        replace(
            statement("bedrock:*", principals=(("AWS", "arn:aws:iam::1:root"), ("*", "*"))),
            allow=False,
            not_actions=True,
            not_resources=True,
            not_principals=True,
        ),
        replace(statement(), allow=UNREAD),
    )
    (found,) = compare(deployed(), changed("endpoints", "Bedrock", policy=policy)(deployed()))
    assert found.change.after == (
        "Deny all but bedrock:* on all but * to all but AWS arn:aws:iam::1:root, everyone, Allow or Deny * on *"
    )


def test_a_source_of_another_kind_is_a_difference() -> None:
    listed = DomainRules("ALLOWLIST", ("TLS_SNI",), (".evil.example",), LIVE)
    (found,) = compare(deployed(), changed("rule_groups", "Pass", source=listed)(deployed()))
    assert found.change.after == "action ALLOWLIST types TLS_SNI targets .evil.example"
    assert found.change.before.startswith("pass tls 10.0.1.0/24")


def test_what_could_not_be_read_is_no_certain_difference() -> None:
    (found,) = compare(deployed(), changed("firewalls", "Firewall", delete_protection=UNREAD)(deployed()))
    assert str(found.change) == "firewall net/Firewall: delete protection is not known (AWS did not say), was on"
    assert (found.certain, found.floor) == (False, Meaning.UNCLEAR)


def test_a_live_record_that_may_not_be_there_is_no_certain_difference() -> None:
    gateway = Gateway(id="nat-9", origin=LIVE, maybe=UNREAD, kind=TargetKind.NAT_GATEWAY, vpc=VPC, public=True)
    (found,) = compare(deployed(), added("gateways", gateway)(deployed()))
    assert not found.certain


def test_a_key_that_was_not_read_is_paired_with_what_is_left() -> None:
    live = changed("acls", "AgentAcl", entries=at(0, number=UNREAD))(deployed())
    (found,) = compare(deployed(), live)
    assert (found.change.field, found.change.before, found.certain) == ("number", "100", False)


def test_a_stronger_protection_is_cosmetic() -> None:
    weak = changed("firewalls", "Firewall", delete_protection=False)(deployed())
    (found,) = compare(weak, deployed())
    assert found.floor is Meaning.COSMETIC
    assert found.why == ""


def test_nothing_is_known_to_be_gone_from_what_was_not_read() -> None:
    assert compare(deployed(), replace(deployed(), logs=(), routes=()), {"logs", "routes"}) == ()


def test_what_was_read_of_a_field_is_compared_though_the_rest_was_not() -> None:
    live = changed("firewalls", "Firewall", delete_protection=False)(deployed())
    (found,) = compare(deployed(), live, {"firewalls"})
    assert found.floor is Meaning.WEAKENS


def test_the_policy_lines_are_the_deployed_ones_and_the_place_is_the_account() -> None:
    line = Span("bot.yaml", 5, 7)
    known = changed("firewalls", "Firewall", origin=Origin((line,), "net.template.json#/Resources/Firewall"))
    live = changed("firewalls", "Firewall", delete_protection=False, origin=Origin(path="eu-west-1/arn"))
    (found,) = compare(known(deployed()), live(deployed()))
    assert found.change.origin == Origin((line,), "eu-west-1/arn")
    (gone,) = compare(known(deployed()), removed("firewalls", "Firewall")(deployed()))
    assert gone.change.origin == Origin((line,), "net.template.json#/Resources/Firewall")
    assert gone.change.alteration is Alteration.REMOVED


def test_differences_of_one_resource_belong_together() -> None:
    live = both(
        changed("security_groups", "AgentGroup", ingress=plus(rule()), name="x"),
        changed("acls", "AgentAcl", entries=plus(entry(1))),
    )(deployed())
    resources = [found.resource for found in compare(deployed(), live)]
    assert len(resources) == 3
    assert len(set(resources)) == 2


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_order_is_the_same_in_every_run(case: Case) -> None:
    live = case.change(deployed())
    assert compare(deployed(), live) == compare(deployed(), live)
