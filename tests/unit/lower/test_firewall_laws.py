"""What holds of the rules of every intent, beside what Suricata says of them in tests/engines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.intent import AddressReach, AgentIntent, Claim, Intent, NameReach
from agent_perimeter.lower.firewall import ALLOW_SIDS, DENY_SIDS, lower_firewall
from agent_perimeter.network import FirewallPolicy, SuricataRule
from agent_perimeter.packets import AddressSet
from agent_perimeter.settings import Settings
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange
from tests.strategies import intents
from tests.unit.lower.agents import plan

law = settings(max_examples=30)

HEADER = re.compile(r"(pass|drop|reject) (tcp|udp|icmp|ip|tls|http) (\S+) any -> (\S+) (\S+) \((.*;)\)")
FORBIDDEN = ("gid", "priority", "dataset", "iprep", "lua", "filestore", "threshold", "xbits", "hostbits", "pcre")
"""Keywords that Network Firewall refuses, always or under strict order, or takes with conditions only."""


def lowered(intent: Intent) -> FirewallPolicy:
    return lower_firewall(intent, plan(intent).agents, Settings())[0]


def rules_of(policy: FirewallPolicy) -> list[SuricataRule]:
    return [rule for group in sorted(policy.groups, key=lambda group: group.priority) for rule in group.rules]


def options(rule: SuricataRule) -> list[str]:
    """The options of a rule, split where no quoted text is cut."""
    found = HEADER.fullmatch(rule.text)
    assert found is not None, rule.text
    return [option.strip() for option in re.findall(r'(?:[^;"]|"[^"]*")+;', found[6])]


def reaches(agent: AgentIntent) -> tuple[NameReach | AddressReach, ...]:
    return (*agent.names, *agent.addresses)


def header(rule: SuricataRule) -> tuple[str, ...]:
    found = HEADER.fullmatch(rule.text)
    assert found is not None, rule.text
    return found.groups()[:5]


@law
@given(intents())
def test_every_pass_stands_before_every_drop(intent: Intent) -> None:
    allow = [rule.allow for rule in rules_of(lowered(intent))]
    assert allow == sorted(allow, reverse=True)


@law
@given(intents())
def test_every_rule_is_one_line_of_a_form_that_network_firewall_takes(intent: Intent) -> None:
    for rule in rules_of(lowered(intent)):
        action, protocol, *_ = header(rule)
        names = [option.partition(":")[0].rstrip(";") for option in options(rule)]
        assert not set(names) & set(FORBIDDEN)
        assert protocol in {"tcp", "tls", "http"} or action != "reject"
        assert "flow" in names
        assert "nocase" not in names or "http.host" not in names
        assert (names[0], names[-2:]) == ("msg", ["sid", "rev"])
        assert f"sid:{rule.sid};" in options(rule)
        assert "$" not in "".join(options(rule)), "variables stand in headers only"
        assert rule.allow is (action == "pass")


@law
@given(intents())
def test_every_pass_carries_its_agents_and_their_policy_lines(intent: Intent) -> None:
    lines = {(agent.name, span) for agent in intent.agents for reach in reaches(agent) for span in reach.origin.spans}
    for rule in rules_of(lowered(intent)):
        if rule.allow:
            assert rule.agents
            assert rule.origin.spans
            metadata = next(option for option in options(rule) if option.startswith("metadata:"))
            assert all(f"agent {agent}," in metadata for agent in rule.agents)
            assert {span.short for span in rule.origin.spans} <= set(re.findall(r"policy ([^,;]+)", metadata))
            assert all(any((agent, span) in lines for agent in rule.agents) for span in rule.origin.spans)


@law
@given(intents())
def test_every_line_of_the_policies_that_can_be_held_has_a_pass(intent: Intent) -> None:
    held = {
        span
        for agent in intent.agents
        for reach in reaches(agent)
        if not (isinstance(reach, NameReach) and reach.claim is Claim.RESOLVED and reach.name.wildcard)
        for span in reach.origin.spans
    }
    passes = [rule for rule in rules_of(lowered(intent)) if rule.allow]
    assert {span for rule in passes for span in rule.origin.spans} == held


@law
@given(intents())
def test_numbers_are_unique_and_tell_passes_from_drops(intent: Intent) -> None:
    rules = rules_of(lowered(intent))
    assert len({rule.sid for rule in rules}) == len(rules)
    assert all(rule.sid in (ALLOW_SIDS if rule.allow else DENY_SIDS) for rule in rules)


@law
@given(intents(), st.integers(0, 10_000))
def test_a_name_more_changes_no_other_rule_of_a_pass(intent: Intent, number: int) -> None:
    """The deny rules may change: they say which agents have names at all."""
    span = Span("policies/new.yaml", 7, 7)
    reach = NameReach(
        DomainPattern(f"new{number}.example"), Claim.TLS, PortRange.single(443), AddressSet(), Origin((span,))
    )
    more = Intent((*intent.agents, AgentIntent("zz-new", (reach,), (), (), span)))
    places = plan(more).agents
    before, after = (
        {rule.sid: rule.text for rule in rules_of(lower_firewall(each, places, Settings())[0]) if rule.allow}
        for each in (intent, more)
    )
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1


@law
@given(intents(), st.integers(1, 3))
def test_no_line_is_too_long(intent: Intent, repeat: int) -> None:
    """With the agents of the intent many times over, each with its own subnets."""
    crowd = Intent(
        tuple(replace(agent, name=f"{agent.name}-{number}") for number in range(repeat * 12) for agent in intent.agents)
    )
    vpc = Cidr.parse("10.0.0.0/8")
    subnets = {
        agent.name: (vpc.subnet(27, 2 * place), vpc.subnet(27, 2 * place + 1))
        for place, agent in enumerate(crowd.agents)
    }
    _, uses, _ = lower_firewall(crowd, subnets, Settings(vpc_cidr=vpc))
    lengths = [use.used for use in uses if use.quota == "firewall-rule-line-characters"]
    assert max(lengths) <= QUOTAS["firewall-rule-line-characters"].limit


@law
@given(intents())
def test_the_same_intent_in_another_order_is_the_same_policy(intent: Intent) -> None:
    def turned(agents: Iterable[AgentIntent]) -> tuple[AgentIntent, ...]:
        return tuple(
            replace(agent, names=agent.names[::-1], addresses=agent.addresses[::-1])
            for agent in reversed(tuple(agents))
        )

    places = plan(intent).agents
    one, other = (
        {rule.sid: rule.text for rule in rules_of(lower_firewall(each, places, Settings())[0]) if rule.allow}
        for each in (intent, Intent(turned(intent.agents)))
    )
    assert one == other
