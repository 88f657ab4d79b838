"""Holding what was lowered against the quotas: how much is used, and what would not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_perimeter.catalogue.quotas import QUOTAS, Quota
from agent_perimeter.finding import Finding, Severity, code

QUOTA_EXCEEDED = code(
    "AP401",
    "quota-exceeded",
    Severity.ERROR,
    "An AWS quota would be exceeded",
    "CloudFormation would fail half-way through the deployment. Where AWS raises the quota on request, "
    "tell the perimeter under `quotas` in the settings once the account has it.",
)
QUOTA_NEAR = code(
    "AP402",
    "quota-near",
    Severity.NOTE,
    "An AWS quota is nearly used up",
    "More than nine tenths of a quota are in use: the next policies may not fit.",
)


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a quota one thing uses. ``where`` names the thing.

    ``limit`` is set where the limit is the perimeter's own and follows from its settings.
    """

    quota: str
    used: int
    where: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """The largest use of one quota in a perimeter, beside its limit in this account."""

    quota: Quota
    used: int
    limit: int
    where: str

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit


def meter(uses: Iterable[Use], raised: Mapping[str, int]) -> tuple[Meter, ...]:
    """For each quota that is used at all, the place that uses most of it. Sorted by quota name."""
    most: dict[str, Use] = {}
    for use in uses:
        if use.quota not in most or use.used > most[use.quota].used:
            most[use.quota] = use
    return tuple(Meter(QUOTAS[name], use.used, _limit(use, raised), use.where) for name, use in sorted(most.items()))


def _limit(use: Use, raised: Mapping[str, int]) -> int:
    return use.limit if use.limit is not None else raised.get(use.quota, QUOTAS[use.quota].limit)


def judge(meters: Iterable[Meter]) -> tuple[Finding, ...]:
    """An error for each quota that would be exceeded, a note for each that is nearly used up."""
    findings = []
    for use in meters:
        place = f" ({use.where})" if use.where else ""
        allowed = f"{use.limit}"
        ceiling = use.quota.ceiling
        if ceiling is not None and use.limit < ceiling:
            allowed += f" (AWS raises it to {ceiling} on request; then set quotas.{use.quota.name})"
        if use.exceeded:
            message = f"the quota {use.quota.name}, {use.quota.title}, would be exceeded{place}"
            findings.append(Finding(QUOTA_EXCEEDED, message, got=str(use.used), allowed=allowed, hint=use.quota.advice))
        elif use.used * 10 > use.limit * 9 and not use.quota.spread:
            message = f"the quota {use.quota.name}, {use.quota.title}, is nearly used up{place}"
            findings.append(Finding(QUOTA_NEAR, message, got=str(use.used), allowed=allowed, hint=use.quota.advice))
    return tuple(findings)
