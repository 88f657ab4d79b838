"""Judging policies: what must not be let through, what somebody should have thought about.

Each part of the lint yields findings about one rule. Here they are put together, and warnings that
the file accepts in writing are marked as accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import assert_never

from agent_perimeter.finding import Finding, Severity, ordered
from agent_perimeter.intent import is_expired
from agent_perimeter.policy import codes
from agent_perimeter.policy.lint_addresses import judge_block, judge_pins, open_egress
from agent_perimeter.policy.lint_names import judge_name, judge_name_ports
from agent_perimeter.policy.lint_overlap import overlaps
from agent_perimeter.policy.lint_services import judge_service
from agent_perimeter.policy.model import Acceptance, AddressRule, DomainRule, Policy, Rule, ServiceRule
from agent_perimeter.policy.remedy import policy_to_write

SOON = timedelta(days=30)


def lint(policies: Iterable[Policy], today: date, *, resolved_ip_validation: bool) -> tuple[Finding, ...]:
    """Everything there is to say about the policies on ``today``, sorted; accepted warnings included."""
    return ordered(
        finding
        for policy in policies
        for finding in _policy(policy, today, resolved_ip_validation=resolved_ip_validation)
    )


def _policy(policy: Policy, today: date, *, resolved_ip_validation: bool) -> Iterator[Finding]:
    used: set[Acceptance] = set()
    judged = [tuple(judge(rule, today, resolved_ip_validation=resolved_ip_validation)) for rule in policy.rules]
    wide_open = open_egress(policy)
    refused = {index: finding for index, found in enumerate(judged) for finding in found if finding.is_error}
    # What is refused goes anyway, so that it also covers something else is no news.
    gone = refused.keys() | (wide_open.rules if wide_open else frozenset())
    overlapping = overlaps(policy, frozenset(index for index in range(len(policy.rules)) if index not in gone), today)
    for index, rule in enumerate(policy.rules):
        accepts = policy.accepts if isinstance(rule, DomainRule) and rule.listed else rule.about.accepts
        yield from _accepted((*judged[index], *overlapping.get(index, ())), accepts, used)
    if wide_open is not None:
        first, *others = wide_open.findings
        yield replace(first, remedy=policy_to_write(policy, refused, wide_open.rules))
        yield from others
    if not policy.rules:
        yield Finding(codes.REACHES_NOTHING, f"the agent {policy.agent} reaches nothing", policy.span)
    for acceptance in (*policy.accepts, *(written for rule in policy.rules for written in rule.about.accepts)):
        if acceptance not in used:
            yield Finding(
                codes.UNUSED_ACCEPTANCE,
                f"{acceptance.code} is accepted here, but nothing raises it",
                acceptance.span,
                hint="removing it",
            )


def judge(rule: Rule, today: date, *, resolved_ip_validation: bool) -> Iterator[Finding]:
    """What there is to say about one rule by itself."""
    match rule:
        case DomainRule():
            yield from judge_name(rule)
            yield from judge_name_ports(rule, resolved_ip_validation=resolved_ip_validation)
            yield from judge_pins(rule)
        case AddressRule():
            yield from judge_block(rule)
        case ServiceRule():
            yield from judge_service(rule)
        case _:
            assert_never(rule)
    yield from _expiry(rule, today)


def _expiry(rule: Rule, today: date) -> Iterator[Finding]:
    expires = rule.about.expires
    if expires is None:
        return
    span = rule.about.expires_span or rule.span
    if is_expired(rule, today):
        yield Finding(
            codes.EXPIRED,
            f"the rule expired {_days(today - expires)} ago and is not built",
            span,
            str(expires),
            f"{today} or later",
            "removing the rule, or a new date",
        )
    elif expires - today <= SOON:
        left = "today" if expires == today else f"in {_days(expires - today)}"
        yield Finding(
            codes.EXPIRES_SOON, f"the rule expires {left}", span, str(expires), hint="a new date, if it is still needed"
        )


def _days(span: timedelta) -> str:
    return "1 day" if span.days == 1 else f"{span.days} days"


def _accepted(findings: Iterable[Finding], accepts: tuple[Acceptance, ...], used: set[Acceptance]) -> Iterator[Finding]:
    by_code = {acceptance.code: acceptance for acceptance in accepts}
    for finding in findings:
        acceptance = by_code.get(finding.code.code)
        if acceptance is not None and finding.severity is Severity.WARNING:
            used.add(acceptance)
            yield finding.accept(acceptance.reason)
        else:
            yield finding
