"""Quotas: which place uses most of each, and what is said about it."""

from __future__ import annotations

import pytest

from agent_perimeter.catalogue.quotas import QUOTAS, Quota
from agent_perimeter.finding import Finding, Severity
from agent_perimeter.lower.quotas import QUOTA_EXCEEDED, QUOTA_NEAR, Meter, Use, judge, meter

RULES, SUBNETS, DOMAINS = QUOTAS["group-rules"], QUOTAS["vpc-subnets"], QUOTAS["dns-domains-per-list"]


def test_a_quota_is_metered_where_it_is_used_most_and_the_first_of_equals() -> None:
    uses = (Use("group-rules", 3, "a"), Use("group-rules", 9, "b"), Use("group-rules", 9, "c"), Use("vpc-subnets", 4))
    assert meter(uses, {}) == (Meter(RULES, 9, 60, "b"), Meter(SUBNETS, 4, 200, ""))


def test_meters_stand_by_name_and_only_for_what_is_used() -> None:
    found = meter((Use("vpc-subnets", 1), Use("acl-entries", 1), Use("group-rules", 0)), {})
    assert [use.quota.name for use in found] == ["acl-entries", "group-rules", "vpc-subnets"]
    assert meter((), {}) == ()


LIMITS = {
    "AWS's default": (Use("group-rules", 1), {}, 60),
    "raised in the settings": (Use("group-rules", 1), {"group-rules": 150}, 150),
    "another one raised": (Use("group-rules", 1), {"vpc-subnets": 300}, 60),
    "the perimeter's own": (Use("agent-slots", 1, limit=512), {}, 512),
    "the perimeter's own, which nobody raises": (Use("agent-slots", 1, limit=512), {"agent-slots": 9}, 512),
    "the perimeter's own, though there is none": (Use("agent-slots", 1, limit=0), {}, 0),
}


@pytest.mark.parametrize(("use", "raised", "limit"), LIMITS.values(), ids=LIMITS)
def test_the_limit_is(use: Use, raised: dict[str, int], limit: int) -> None:
    assert [found.limit for found in meter((use,), raised)] == [limit]


def findings(quota: Quota, used: int, limit: int | None = None, where: str = "") -> tuple[Finding, ...]:
    return judge([Meter(quota, used, quota.limit if limit is None else limit, where)])


LEVELS = {
    "nothing": (0, None),
    "nine tenths": (54, None),
    "more than nine tenths": (55, QUOTA_NEAR),
    "all of it": (60, QUOTA_NEAR),
    "one more": (61, QUOTA_EXCEEDED),
}


@pytest.mark.parametrize(("used", "code"), LEVELS.values(), ids=LEVELS)
def test_a_quota_is_spoken_of_when_it_is_nearly_used_up(used: int, code: object) -> None:
    assert [finding.code for finding in findings(RULES, used)] == ([code] if code else [])


def test_a_quota_that_nothing_may_use_is_exceeded_by_anything_and_by_nothing_not() -> None:
    assert [finding.code for finding in findings(QUOTAS["agent-slots"], 1, limit=0)] == [QUOTA_EXCEEDED]
    assert findings(QUOTAS["agent-slots"], 0, limit=0) == ()


SENTENCES = {
    "one that AWS raises": (
        findings(RULES, 61, where="group/agent/bot"),
        "AP401 the quota group-rules, rules per security group and direction, would be exceeded (group/agent/bot) "
        "— got 61, allowed 60 (AWS raises it to 200 on request; then set quotas.group-rules); "
        "try writing larger or adjacent blocks, or fewer `except` holes, so that they merge",
    ),
    "one that AWS has raised already": (
        findings(RULES, 101, limit=100),
        "AP401 the quota group-rules, rules per security group and direction, would be exceeded "
        "— got 101, allowed 100 (AWS raises it to 200 on request; then set quotas.group-rules); "
        "try writing larger or adjacent blocks, or fewer `except` holes, so that they merge",
    ),
    "one that AWS raises no further": (
        findings(RULES, 201, limit=200),
        "AP401 the quota group-rules, rules per security group and direction, would be exceeded "
        "— got 201, allowed 200; "
        "try writing larger or adjacent blocks, or fewer `except` holes, so that they merge",
    ),
    "one that is fixed": (
        findings(DOMAINS, 1001),
        "AP401 the quota dns-domains-per-list, domains per request and so per list, would be exceeded "
        "— got 1001, allowed 1000; try splitting the policies over two perimeters (two folders, two stacks)",
    ),
    "one that is nearly used up": (
        findings(SUBNETS, 190),
        "AP402 the quota vpc-subnets, subnets per VPC, is nearly used up — got 190, allowed 200 (AWS raises it to 500 "
        "on request; then set quotas.vpc-subnets); try splitting the policies over two perimeters (two folders, two stacks)",
    ),
}


@pytest.mark.parametrize(("found", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_a_quota_finding_has_the_number_the_limit_its_name_and_a_way_out(
    found: tuple[Finding, ...], sentence: str
) -> None:
    assert [str(finding) for finding in found] == [sentence]


def test_exceeding_a_quota_is_an_error_and_coming_near_a_note() -> None:
    assert QUOTA_EXCEEDED.severity is Severity.ERROR
    assert QUOTA_NEAR.severity is Severity.NOTE


@pytest.mark.parametrize("quota", QUOTAS.values(), ids=QUOTAS)
def test_a_quota_in_the_table_can_be_explained_and_met(quota: Quota) -> None:
    assert quota.title
    assert quota.advice
    assert QUOTAS[quota.name] is quota
    assert quota.ceiling is None or 0 < quota.limit < quota.ceiling


def test_a_quota_that_is_spread_is_spoken_of_only_when_it_is_exceeded() -> None:
    assert findings(DOMAINS, 1000) == ()
    assert [finding.code for finding in findings(DOMAINS, 1001)] == [QUOTA_EXCEEDED]
