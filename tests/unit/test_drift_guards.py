"""What no packet shows and a change may take away all the same: how sure a threat must be, what is held back, or learnt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.drift.compare import compare
from agent_perimeter.drift.model import Meaning
from agent_perimeter.observed import DnsRule, DnsRuleGroup, FirewallPolicy, GroupUse, ObservedNetwork
from agent_perimeter.source import Origin

WEAKENS, COSMETIC = Meaning.WEAKENS, Meaning.COSMETIC
AT = Origin(path="eu-west-1/x")
RULE = DnsRule(
    id="rslvr-frg-0a/DGA",
    origin=AT,
    priority=1,
    action="BLOCK",
    domains=None,
    threat="DGA",
    qtype=None,
    response="NODATA",
    override=None,
    trust_redirection=False,
)
POLICY = FirewallPolicy(
    id="arn:policy",
    origin=AT,
    stateful=(),
    stateless=(),
    home_net=None,
    stateless_actions=("aws:forward_to_sfe",),
    fragment_actions=("aws:drop",),
    stateful_actions=("aws:drop_strict",),
    custom_actions=(),
    rule_order="STRICT_ORDER",
    stream_exception="REJECT",
    resolved_ip=None,
    tls_inspection=True,
)


def rule(confidence: str | None) -> ObservedNetwork:
    held = DnsRuleGroup(id="rslvr-frg-0a", origin=AT, rules=(replace(RULE, confidence=confidence),))
    return ObservedNetwork(dns_groups=(held,))


def policy(*, holding: bool = True, idle: int = 350, learns: bool | None = None) -> ObservedNetwork:
    use = GroupUse("arn:group", 1, None, learns)
    return ObservedNetwork(
        firewall_policies=(replace(POLICY, stateful=(use,), tls_holding=holding, idle_timeout=idle),)
    )


SURER = "a threat must be surer than before to be found"
HELD = "packets reach a server before its name was judged, where TLS is inspected"
LEARNS = "AWS learns no threats from what passes this group"
CASES = {
    "a threat must be surer": (rule("LOW"), rule("MEDIUM"), WEAKENS, SURER),
    "a threat must be surest": (rule("MEDIUM"), rule("HIGH"), WEAKENS, SURER),
    "nobody says how sure": (rule("HIGH"), rule(None), WEAKENS, SURER),
    "a threat may be less sure": (rule("HIGH"), rule("MEDIUM"), COSMETIC, ""),
    "somebody says how sure": (rule(None), rule("HIGH"), COSMETIC, ""),
    "packets are no longer held back": (policy(), policy(holding=False), WEAKENS, HELD),
    "packets are held back": (policy(holding=False), policy(), COSMETIC, ""),
    "silent connections are forgotten later": (policy(), policy(idle=6000), COSMETIC, ""),
    "AWS may not learn": (policy(), policy(learns=False), WEAKENS, LEARNS),
    "AWS may learn, as it does where nobody says": (policy(), policy(learns=True), COSMETIC, ""),
}


@pytest.mark.parametrize(("before", "after", "floor", "why"), CASES.values(), ids=CASES)
def test_a_change_is_seen_and_means_this_at_least(
    before: ObservedNetwork, after: ObservedNetwork, floor: Meaning, why: str
) -> None:
    (found,) = compare(before, after)
    assert (found.floor, found.why) == (floor, why)


@pytest.mark.parametrize("network", [rule("LOW"), policy(learns=True)], ids=["a rule", "a policy"])
def test_what_is_the_same_is_no_change(network: ObservedNetwork) -> None:
    assert compare(network, network) == ()
