"""DNS of a VPC: which queries get out, by which rule, and what a doubt does to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet
from agent_perimeter.observed import (
    DhcpOptions,
    DnsAssociation,
    DnsRule,
    DnsRuleGroup,
    DnsSettings,
    Doubt,
    ObservedNetwork,
    ResolverRule,
    Vpc,
)
from agent_perimeter.queries import ALL_QUERIES, NO_QUERIES, Query, QuerySet
from agent_perimeter.reach.dns import DnsLayer, Forward, dns_layer, unwatched
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome

LOST = Doubt("a parameter decides", "t#/Parameters/X")
VPC = Vpc(
    id="stack/Vpc",
    origin=Origin(path="t#/Resources/Vpc"),
    cidrs=(Cidr.parse("10.0.0.0/16"), LOST),
    ipv6_cidrs=(),
    dns_support=True,
    dns_hostnames=True,
)
NETWORK = ObservedNetwork(vpcs=(VPC,))


def rule(
    action: str | Doubt = "ALLOW",
    *domains: str | Doubt,
    priority: int | Doubt = 10,
    qtype: str | Doubt | None = None,
    threat: str | Doubt | None = None,
    response: str | None = None,
    trust: bool | Doubt = True,
    maybe: Doubt | None = None,
) -> DnsRule:
    return DnsRule(
        id=f"rule-{priority}-{action}",
        origin=Origin(path=f"t#/Rules/{priority}"),
        maybe=maybe,
        priority=priority,
        action=action,
        domains=None if threat is not None else domains,
        threat=threat,
        qtype=qtype,
        response=response,
        override="trap.example" if response == "OVERRIDE" else None,
        trust_redirection=trust,
    )


BLOCK_ALL = rule("BLOCK", "*", priority=900)
PYPI = rule("ALLOW", "pypi.org", "*.python.org")


def group(*rules: DnsRule, name: str = "Group", maybe: Doubt | None = None) -> DnsRuleGroup:
    return DnsRuleGroup(id=name, origin=Origin(path=f"t#/{name}"), maybe=maybe, rules=rules)


def association(
    name: str = "Group",
    priority: int | Doubt = 101,
    vpc: str | Doubt = VPC.id,
    maybe: Doubt | None = None,
    group_ref: str | Doubt | None = None,
) -> DnsAssociation:
    return DnsAssociation(
        id=f"association-{name}",
        origin=Origin(path=f"t#/association-{name}"),
        maybe=maybe,
        vpc=vpc,
        group=group_ref or name,
        priority=priority,
        mutation_protection=True,
    )


def layer(*rules: DnsRule) -> DnsLayer:
    """The DNS of a VPC with one rule group."""
    return dns_layer(replace(NETWORK, dns_groups=(group(*rules),), dns_associations=(association(),)), VPC)


ALLOWS, DENIES, MAY = Outcome.ALLOWS, Outcome.DENIES, Outcome.PERHAPS
NO_MATCH = "no DNS Firewall rule matches, so the query is resolved"

DECISIONS: dict[str, tuple[tuple[DnsRule, ...], Query, Outcome, str]] = {
    "an exact name": ((PYPI, BLOCK_ALL), Query("pypi.org", "A"), ALLOWS, "rule 10 allows 2 domains"),
    "a name has no case and may end in a dot": (
        (PYPI, BLOCK_ALL),
        Query("PyPI.org.", "A"),
        ALLOWS,
        "rule 10 allows 2 domains",
    ),
    "a rule has no case and may end in a dot": (
        (rule("ALLOW", "PyPI.org."), BLOCK_ALL),
        Query("pypi.org", "A"),
        ALLOWS,
        "rule 10 allows PyPI.org.",
    ),
    "below an exact name": ((PYPI, BLOCK_ALL), Query("a.pypi.org", "A"), DENIES, "rule 900 blocks every name"),
    "below a wildcard": ((PYPI, BLOCK_ALL), Query("a.b.python.org", "A"), ALLOWS, "rule 10 allows 2 domains"),
    "the wildcard's own name": ((PYPI, BLOCK_ALL), Query("python.org", "A"), DENIES, "rule 900 blocks every name"),
    "a longer word": ((PYPI, BLOCK_ALL), Query("evilpython.org", "A"), DENIES, "rule 900 blocks every name"),
    "no rule matches": ((PYPI,), Query("evil.example", "TXT"), ALLOWS, NO_MATCH),
    "alert lets out": (
        (rule("ALERT", "*"),),
        Query("evil.example", "A"),
        ALLOWS,
        "rule 10 lets out and reports every name",
    ),
    "alert ends the inspection": (
        (rule("ALERT", "evil.example"), BLOCK_ALL),
        Query("evil.example", "A"),
        ALLOWS,
        "rule 10 lets out and reports evil.example",
    ),
    "the lower priority decides": (
        (rule("ALLOW", "*", priority=20), rule("BLOCK", "evil.example", priority=5)),
        Query("evil.example", "A"),
        DENIES,
        "rule 5 blocks evil.example",
    ),
    "a query type": (
        (rule("ALLOW", "pypi.org", qtype="A"), BLOCK_ALL),
        Query("pypi.org", "AAAA"),
        DENIES,
        "rule 900 blocks every name",
    ),
    "a query type by its number": (
        (rule("ALLOW", "pypi.org", qtype="TYPE28"), BLOCK_ALL),
        Query("pypi.org", "AAAA"),
        ALLOWS,
        "rule 10 allows TYPE28 queries for pypi.org",
    ),
    "a query type that is not told apart": (
        (rule("ALLOW", "pypi.org", qtype="NAPTR"), BLOCK_ALL),
        Query("pypi.org", "NAPTR"),
        MAY,
        "rule 10 allows NAPTR queries for pypi.org; rule 900 blocks every name",
    ),
    "a query type that was not read": (
        (rule("ALLOW", "pypi.org", qtype=LOST), BLOCK_ALL),
        Query("pypi.org", "A"),
        MAY,
        "rule 10 allows pypi.org; rule 900 blocks every name",
    ),
    "an entry that is no domain": (
        (rule("ALLOW", "pypi.org", "*x.example"), BLOCK_ALL),
        Query("ax.example", "A"),
        MAY,
        "rule 10 allows 2 domains; rule 900 blocks every name",
    ),
    "an entry that was not read does not blur the others": (
        (rule("ALLOW", "pypi.org", LOST), BLOCK_ALL),
        Query("pypi.org", "A"),
        ALLOWS,
        "rule 10 allows 2 domains",
    ),
    "a list that was not read, in a block": (
        (replace(rule("BLOCK"), domains=LOST),),
        Query("evil.example", "A"),
        MAY,
        f"rule 10 blocks an unknown domain list; {NO_MATCH}",
    ),
    "a rule that matches nothing known": (
        (replace(rule("ALLOW"), domains=None), BLOCK_ALL),
        Query("evil.example", "A"),
        MAY,
        "rule 10 allows an unknown domain list; rule 900 blocks every name",
    ),
    "an action that was not read": (
        (rule(LOST, "pypi.org"),),
        Query("pypi.org", "A"),
        MAY,
        f"rule 10 allows pypi.org; rule 10 blocks pypi.org; {NO_MATCH}",
    ),
    "an action that is unknown": (
        (rule("SHRUG", "pypi.org"), BLOCK_ALL),
        Query("pypi.org", "A"),
        MAY,
        "rule 10 allows pypi.org; rule 10 blocks pypi.org; rule 900 blocks every name",
    ),
    "a block that may not be there": (
        (replace(BLOCK_ALL, maybe=LOST),),
        Query("evil.example", "A"),
        MAY,
        f"rule 900 blocks every name; {NO_MATCH}",
    ),
    "an allow at an unknown place may come first": (
        (rule("ALLOW", "evil.example", priority=LOST), BLOCK_ALL),
        Query("evil.example", "A"),
        MAY,
        "rule ? allows evil.example; rule 900 blocks every name",
    ),
    "a block at an unknown place may come first": (
        (rule("BLOCK", "pypi.org", priority=LOST), PYPI, BLOCK_ALL),
        Query("pypi.org", "A"),
        MAY,
        "rule ? blocks pypi.org; rule 10 allows 2 domains",
    ),
    "a block at an unknown place blocks what nothing else allows": (
        (rule("BLOCK", "*", priority=LOST), PYPI),
        Query("evil.example", "A"),
        DENIES,
        "rule ? blocks every name",
    ),
    "a threat that blocks leaves a name allowed": (
        (rule("BLOCK", threat="DGA", priority=1), PYPI, BLOCK_ALL),
        Query("pypi.org", "A"),
        ALLOWS,
        "rule 10 allows 2 domains; unless it looks like DGA, which is blocked first",
    ),
    "a threat that blocks makes nothing safer": (
        (rule("BLOCK", threat="DGA", priority=1),),
        Query("xkqjzhv.example", "A"),
        ALLOWS,
        f"{NO_MATCH}; unless it looks like DGA, which is blocked first",
    ),
    "a threat that alerts lets out what looks like it": (
        (rule("ALERT", threat="DGA", priority=1), BLOCK_ALL),
        Query("xkqjzhv.example", "A"),
        MAY,
        "rule 1 lets out queries that look like DGA; rule 900 blocks every name",
    ),
    "a threat with an action that was not read": (
        (rule(LOST, threat=LOST, priority=1), BLOCK_ALL),
        Query("xkqjzhv.example", "A"),
        MAY,
        "rule 1 lets out queries that look like a threat; rule 900 blocks every name",
    ),
    "an override": (
        (replace(rule("BLOCK", "*", response="OVERRIDE")),),
        Query("evil.example", "A"),
        DENIES,
        "rule 10 blocks every name, and sends the client to trap.example instead",
    ),
    "redirections that are inspected": (
        (rule("ALLOW", "pypi.org", trust=False), BLOCK_ALL),
        Query("pypi.org", "A"),
        ALLOWS,
        "rule 10 allows pypi.org, where every name that it is redirected to is allowed too",
    ),
    "a name with a placeholder is a name of its own": (
        (rule("ALLOW", "*.s3.${AWS::Region}.${AWS::URLSuffix}"), BLOCK_ALL),
        Query("corpus.s3.${AWS::Region}.${AWS::URLSuffix}", "A"),
        ALLOWS,
        "rule 10 allows *.s3.${AWS::Region}.${AWS::URLSuffix}",
    ),
}


@pytest.mark.parametrize(("rules", "query", "outcome", "words"), DECISIONS.values(), ids=DECISIONS)
def test_a_query_is_decided(rules: tuple[DnsRule, ...], query: Query, outcome: Outcome, words: str) -> None:
    found = layer(*rules)
    step = found.decide(query)
    assert (step.layer, step.outcome, step.rule) == (Layer.DNS, outcome, words)
    assert bool(step.doubts) is (outcome is MAY)
    asked = Query(query.name.lower().removesuffix("."), query.type)
    assert (asked in found.permitted.least) is (outcome is ALLOWS)
    assert (asked in found.permitted.most) is (outcome is not DENIES)


def test_a_step_says_where_its_rule_stands() -> None:
    assert layer(PYPI, BLOCK_ALL).decide(Query("pypi.org", "A")).origin == PYPI.origin
    assert layer(PYPI).decide(Query("evil.example", "A")).origin.path == VPC.origin.path


def test_names_that_get_an_address_are_those_of_a_and_aaaa_queries() -> None:
    found = layer(
        rule("ALLOW", "four.example", qtype="A"),
        rule("ALLOW", "six.example", qtype="AAAA", priority=11),
        rule("ALLOW", "text.example", qtype="TXT", priority=12),
        rule("ALLOW", "perhaps.example", priority=13, maybe=LOST),
        BLOCK_ALL,
    )
    assert found.resolvable.least == NameSet.exact("four.example", "six.example")
    assert found.resolvable.most == NameSet.exact("four.example", "six.example", "perhaps.example")


def test_without_dns_firewall_everything_resolves() -> None:
    found = dns_layer(NETWORK, VPC)
    assert not found.present
    assert found.layer is Layer.DNS
    assert found.permitted.least == ALL_QUERIES
    assert found.decide(Query("evil.example", "TXT")).rule == NO_MATCH


GROUPS = (group(PYPI, name="First"), group(BLOCK_ALL, name="Second"))


def associated(*associations: DnsAssociation) -> DnsLayer:
    return dns_layer(replace(NETWORK, dns_groups=GROUPS, dns_associations=associations), VPC)


PERMITTED: dict[str, tuple[tuple[DnsAssociation, ...], Outcome, Outcome]] = {
    # what happens to pypi.org, and to evil.example
    "both, in order": ((association("First", 101), association("Second", 102)), ALLOWS, DENIES),
    "both, in reverse": ((association("First", 102), association("Second", 101)), DENIES, DENIES),
    "both, in an unknown order": ((association("First", LOST), association("Second", 102)), MAY, DENIES),
    "the second somewhere": ((association("First", 101), association("Second", LOST)), MAY, DENIES),
    "the second may not be there": (
        (association("First", 101), association("Second", 102, maybe=LOST)),
        ALLOWS,
        MAY,
    ),
    "the second may be on another VPC": (
        (association("First", 101), association("Second", 102, vpc=LOST)),
        ALLOWS,
        MAY,
    ),
    "the second is on another VPC": (
        (association("First", 101), association("Second", 102, vpc="stack/Other")),
        ALLOWS,
        ALLOWS,
    ),
    "an unknown group before": (
        (association("Lost", 100), association("First", 101), association("Second", 102)),
        MAY,
        MAY,
    ),
    "an unknown group behind": (
        (association("First", 101), association("Second", 102), association("Lost", 103)),
        ALLOWS,
        DENIES,
    ),
    "an unknown group somewhere": (
        (association("First", 101), association("Second", 102), association("X", LOST, group_ref=LOST)),
        MAY,
        MAY,
    ),
}


@pytest.mark.parametrize(("associations", "pypi", "evil"), PERMITTED.values(), ids=PERMITTED)
def test_rule_groups_are_asked_by_priority(
    associations: tuple[DnsAssociation, ...], pypi: Outcome, evil: Outcome
) -> None:
    found = associated(*associations)
    assert found.present
    assert found.decide(Query("pypi.org", "A")).outcome is pypi
    assert found.decide(Query("evil.example", "A")).outcome is evil


def test_of_groups_that_share_a_priority_either_may_be_asked_first() -> None:
    opening, closing = rule("ALLOW", "*", priority=5), rule("BLOCK", "*", priority=5)
    network = replace(
        NETWORK,
        dns_groups=(group(closing, name="A"), group(opening, name="B")),
        dns_associations=(association("A"), association("B")),
    )
    step = dns_layer(network, VPC).decide(Query("evil.example", "A"))
    assert step.outcome is MAY
    assert "2 rule groups have the priority 101" in {doubt.reason for doubt in step.doubts}


def test_a_group_that_may_not_be_there_decides_nothing_for_sure() -> None:
    groups = (group(BLOCK_ALL, maybe=LOST),)
    found = dns_layer(replace(NETWORK, dns_groups=groups, dns_associations=(association(),)), VPC)
    assert found.decide(Query("evil.example", "A")).doubts == (LOST,)


def test_a_rule_group_that_was_not_found_is_named() -> None:
    step = associated(association("Lost", 101)).decide(Query("evil.example", "A"))
    assert step.doubts == (Doubt("the rule group Lost was not found", "t#/association-Lost"),)


class TestFailOpen:
    @staticmethod
    def found(*, fail_open: bool | Doubt, associations: tuple[DnsAssociation, ...]) -> DnsLayer:
        settings = DnsSettings(id="s", origin=Origin(path="t#/S"), vpc=VPC.id, fail_open=fail_open)
        network = replace(NETWORK, dns_groups=GROUPS, dns_associations=associations, dns_settings=(settings,))
        return dns_layer(network, VPC)

    def test_lets_everything_out_while_dns_firewall_is_impaired(self) -> None:
        step = self.found(fail_open=True, associations=(association("Second"),)).decide(Query("evil.example", "A"))
        assert step.outcome is MAY
        assert step.rule == "DNS Firewall fails open; rule 900 blocks every name"
        assert step.doubts == (Doubt("DNS Firewall fails open: while it is impaired, every name resolves", "t#/S"),)

    def test_may_be_on_behind_a_doubt(self) -> None:
        step = self.found(fail_open=LOST, associations=(association("Second"),)).decide(Query("evil.example", "A"))
        assert (step.outcome, step.doubts) == (MAY, (LOST,))

    def test_off_changes_nothing(self) -> None:
        assert self.found(fail_open=False, associations=(association("Second"),)).permitted.most == NO_QUERIES

    def test_means_nothing_without_dns_firewall(self) -> None:
        assert self.found(fail_open=True, associations=()).permitted.least == ALL_QUERIES


def test_a_vpc_without_dns_support_has_no_resolver() -> None:
    found = dns_layer(NETWORK, replace(VPC, dns_support=False))
    assert found.permitted.most == NO_QUERIES
    assert found.decide(Query("a.example", "A")).rule == "the VPC has no resolver (enableDnsSupport is off)"
    unsure = dns_layer(NETWORK, replace(VPC, dns_support=LOST))
    assert (unsure.permitted.least, unsure.permitted.most) == (NO_QUERIES, ALL_QUERIES)


def resolver_rule(domain: str | Doubt, kind: str | Doubt = "FORWARD", vpc: str | Doubt = VPC.id) -> ResolverRule:
    return ResolverRule(
        id=f"forward-{domain}", origin=Origin(path="t#/F"), vpc=vpc, domain=domain, kind=kind, targets=("10.9.9.9",)
    )


def test_forwarding_rules_are_listed_with_where_they_lead() -> None:
    rules = (
        resolver_rule("Corp.Example."),
        resolver_rule("."),
        resolver_rule("local", "SYSTEM"),
        resolver_rule("other.example", vpc="stack/Other"),
    )
    found = dns_layer(replace(NETWORK, resolver_rules=rules), VPC)
    assert found.forwards == (
        Forward("corp.example", ("10.9.9.9",), Origin(path="t#/F")),
        Forward(".", ("10.9.9.9",), Origin(path="t#/F")),
    )
    assert found.forwards[0].names == NameSet.exact("corp.example") | NameSet.below("corp.example")
    assert found.forwards[1].names == ALL_NAMES
    assert not found.doubts
    assert not found.present


def test_a_profile_may_bring_forwarding_and_firewall_rules_of_its_own() -> None:
    network = replace(
        NETWORK,
        dns_groups=GROUPS,
        dns_associations=(association("Second"),),
        resolver_rules=(replace(resolver_rule(LOST, LOST), targets=(LOST,)),),
    )
    found = dns_layer(network, VPC)
    assert found.forwards == (Forward(".", (), Origin(path="t#/F"), (LOST,)),)
    assert found.doubts == (LOST,)
    assert found.decide(Query("evil.example", "A")).outcome is MAY


def test_other_name_servers_are_those_that_are_not_the_vpcs_resolver() -> None:
    servers = ("AmazonProvidedDNS", "169.254.169.253", "10.0.0.2", "9.9.9.9", LOST)
    options = DhcpOptions(id="d", origin=Origin(path="t#/D"), vpc=VPC.id, servers=servers)
    elsewhere = replace(options, id="e", vpc="stack/Other", servers=("8.8.8.8",))
    found = dns_layer(replace(NETWORK, dhcp_options=(options, elsewhere)), VPC)
    assert found.other_servers == ("9.9.9.9",)
    assert found.doubts == (LOST,)


def test_names_whose_redirections_are_inspected() -> None:
    inspected = rule("ALLOW", "pypi.org", trust=False)
    trusted = rule("ALLOW", "github.com", priority=11)
    assert layer(inspected, trusted, BLOCK_ALL).inspected == NameSet.exact("pypi.org")
    assert layer(rule("ALLOW", "pypi.org", trust=LOST), BLOCK_ALL).inspected == NameSet.exact("pypi.org")
    # Where nothing is blocked, no redirection is either.
    assert layer(inspected).inspected == NO_NAMES
    assert layer(trusted, BLOCK_ALL).inspected == NO_NAMES


def test_a_rule_that_is_never_asked_inspects_nothing() -> None:
    """Behind one that decides for every name; of what others decide before it, it sees only what they leave."""
    late = rule("ALLOW", "*", trust=False, priority=950)
    assert layer(PYPI, BLOCK_ALL, late).inspected == NO_NAMES
    blocks_evil = rule("BLOCK", "evil.example", priority=900)
    open_group = layer(rule("ALLOW", "pypi.org", priority=10), blocks_evil, late)
    assert "pypi.org" not in open_group.inspected
    assert "evil.example" not in open_group.inspected
    anywhere = rule("ALLOW", "pypi.org", trust=False, priority=LOST)
    assert layer(PYPI, BLOCK_ALL, anywhere).inspected == NameSet.exact("pypi.org")


domains = st.sampled_from(["*", "a.example", "*.a.example", "b.a.example", "*.example", "b.example"])
rules = st.lists(
    st.tuples(st.sampled_from(["ALLOW", "ALERT", "BLOCK"]), domains, st.sampled_from([None, "A", "TXT"])), max_size=4
).map(
    lambda found: [rule(action, name, priority=index, qtype=type_) for index, (action, name, type_) in enumerate(found)]
)


@given(rules, st.integers(0, 4), domains)
def test_an_allow_never_shrinks_what_gets_out_and_a_block_never_grows_it(
    listed: list[DnsRule], place: int, domain: str
) -> None:
    before = layer(*listed).permitted.most
    where = Doubt("somewhere") if place == 4 else place * 2 - 1
    spread = [replace(each, priority=index * 2) for index, each in enumerate(listed)]
    with_allow = layer(*spread, rule("ALLOW", domain, priority=where)).permitted
    with_block = layer(*spread, rule("BLOCK", domain, priority=where)).permitted
    assert before <= with_allow.most
    assert with_block.most <= before
    assert with_block.least <= with_allow.most


@given(rules, st.data())
def test_a_doubt_encloses_what_it_can_turn_out_to_be(listed: list[DnsRule], data: st.DataObject) -> None:
    if not listed:
        return
    index = data.draw(st.integers(0, len(listed) - 1))
    doubted = data.draw(
        st.sampled_from(
            [
                replace(listed[index], action=LOST),
                replace(listed[index], domains=LOST),
                replace(listed[index], domains=(LOST,)),
                replace(listed[index], qtype=LOST),
                replace(listed[index], priority=LOST),
                replace(listed[index], maybe=LOST),
            ]
        )
    )
    exact = layer(*listed).permitted.most
    unsure = layer(*listed[:index], doubted, *listed[index + 1 :]).permitted
    assert unsure.least <= exact <= unsure.most
    assert QuerySet.union((unsure.least, exact, unsure.most)) == unsure.most


TUNNEL = rule("BLOCK", threat="DNS_TUNNELING", priority=1)
MADE_UP = (rule("BLOCK", threat="DGA", priority=2), rule("BLOCK", threat="DICTIONARY_DGA", priority=3))

UNWATCHED: dict[str, tuple[tuple[DnsRule, ...], tuple[str, ...]]] = {
    "all three are blocked first": ((TUNNEL, *MADE_UP, PYPI, BLOCK_ALL), ()),
    "one is missing": ((*MADE_UP, PYPI, BLOCK_ALL), ("DNS_TUNNELING",)),
    "one comes after what is allowed": ((rule("BLOCK", threat="DNS_TUNNELING", priority=11), *MADE_UP, PYPI), ("DNS_TUNNELING",)),
    "one only reports, and lets out": ((rule("ALERT", threat="DNS_TUNNELING", priority=4), *MADE_UP, PYPI), ("DNS_TUNNELING",)),
    "one that reports stands before the others": ((rule("ALERT", threat="DNS_TUNNELING", priority=1), *MADE_UP, PYPI), ("DGA", "DICTIONARY_DGA", "DNS_TUNNELING")),
    "one may not be there": ((replace(TUNNEL, maybe=LOST), *MADE_UP, PYPI), ("DNS_TUNNELING",)),
    "one stands nobody knows where": ((replace(TUNNEL, priority=LOST), *MADE_UP, PYPI), ("DNS_TUNNELING",)),
    "an allow stands nobody knows where": ((TUNNEL, *MADE_UP, replace(PYPI, priority=LOST)), ("DGA", "DICTIONARY_DGA", "DNS_TUNNELING")),
    "nothing is allowed": ((TUNNEL, *MADE_UP, BLOCK_ALL), ()),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "threats"), UNWATCHED.values(), ids=UNWATCHED)
def test_threats_are_watched_where_they_are_blocked_before_names_are_allowed(
    rules: tuple[DnsRule, ...], threats: tuple[str, ...]
) -> None:
    network = replace(NETWORK, dns_groups=(group(*rules),), dns_associations=(association(),))
    assert unwatched(network, VPC) == threats


def test_a_group_of_another_vpc_watches_nothing_here() -> None:
    network = replace(NETWORK, dns_groups=(group(TUNNEL, *MADE_UP),), dns_associations=(association(vpc=LOST),))
    assert unwatched(network, VPC) == ("DGA", "DICTIONARY_DGA", "DNS_TUNNELING")


def test_a_block_that_answers_with_another_name_and_says_none_is_a_doubt() -> None:
    lost = replace(rule("BLOCK", "*", priority=900), response="OVERRIDE", override=None)
    step = layer(PYPI, lost).decide(Query("evil.example", "A"))
    assert step.outcome is Outcome.PERHAPS
    assert "BLOCK with OVERRIDE and no BlockOverrideDomain" in step.doubts[0].reason
