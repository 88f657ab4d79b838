"""Rules whose last day has passed, while what they allowed still gets out: nobody changed anything, and it is drift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from agent_perimeter.drift.model import AgentGap, Departure, Meaning
from agent_perimeter.drift.subject import Subject
from agent_perimeter.drift.yardstick import Found, Yardstick, found, meaning, ordered
from agent_perimeter.intent import is_expired, resolve
from agent_perimeter.policy.model import AddressRule, DomainRule, Policy, Rule, ServiceRule
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Kind, Layer

PROOFS = 10
"""How many rules are judged one by one. Of more, those of each policy are judged together."""

NEVER = date.min
"""A day on which no rule has expired."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Rules of one policy that have expired."""

    policy: Policy
    rules: tuple[Rule, ...]


def lapsed(policies: tuple[Policy, ...], today: date) -> tuple[Lapsed, ...]:
    """Every expired rule, in the order of the policies; of too many those of each policy together."""
    known = [
        Lapsed(policy, tuple(rule for rule in policy.rules if is_expired(rule, today)))
        for policy in sorted(policies, key=lambda policy: policy.agent)
    ]
    if sum(len(one.rules) for one in known) > PROOFS:
        return tuple(one for one in known if one.rules)
    return tuple(Lapsed(one.policy, (rule,)) for one in known for rule in one.rules)


def expired(
    policies: tuple[Policy, ...],
    today: date,
    live: Subject,
    yardstick: Yardstick,
) -> Iterator[Departure]:
    """A departure for every expired rule whose reach the live network still lets out.

    It is found by taking the rule alone out of the policies as they were: what then exceeds them is its reach.
    """
    gone = lapsed(policies, today)
    if not gone:
        return
    before = found(yardstick.against(live, yardstick.before), yardstick.before)
    for one in gone:
        left = tuple(
            replace(policy, rules=tuple(rule for rule in policy.rules if rule not in one.rules))
            if policy is one.policy
            else policy
            for policy in policies
        )
        intent = resolve(left, NEVER)
        departure = _departure(one, found(yardstick.against(live, intent), intent).beyond(before))
        if departure is not None:
            yield departure


def _departure(one: Lapsed, new: Found) -> Departure | None:
    gaps = frozenset(gap for gap in new.gaps if gap.agent == one.policy.agent and gap.gap.kind is Kind.EXCESS)
    if not gaps:
        return None
    reach = replace(new, gaps=gaps, doubts=frozenset(), risks=frozenset())
    shown = ordered(reach)
    certain, means = bool(reach.certain), meaning(reach)
    said = " and ".join(_said(rule) for rule in one.rules)
    return Departure(
        means,
        f"{said} of {one.policy.agent} {_still(means, shown)}",
        certain=certain,
        gaps=shown,
        doubts=() if certain else tuple(dict.fromkeys(doubt for gap in shown for doubt in gap.gap.doubts)),
        origin=Origin(tuple(rule.span for rule in one.rules)),
        expired=True,
    )


def _still(means: Meaning, gaps: tuple[AgentGap, ...]) -> str:
    if means is Meaning.WIDENS:
        return "still gets out"
    layers = sorted({one.layer for one in gaps if one.gap.certain}, key=tuple(Layer).index)
    return f"is still open in the {' and the '.join(layers)}" if layers else "may still get out"


def _said(rule: Rule) -> str:
    return f"{_words(rule)} ({rule.span}), which expired on {rule.about.expires},"


def _words(rule: Rule) -> str:
    match rule:
        case DomainRule():
            return f"domain {rule.name}"
        case AddressRule():
            return f"ip_block {rule.block.cidr}"
        case ServiceRule():
            return f"aws_service {rule.service}"
        case _:
            assert_never(rule)
