"""From the files of a perimeter to its design: load, lint, resolve and lower in one step.

Every edge (the command line, the CDK app, a construct in somebody's own app) goes through here, so
that they refuse the same policies for the same reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from agent_perimeter.finding import Finding, ordered
from agent_perimeter.intent import Intent, resolve
from agent_perimeter.lower import Lowered, lower
from agent_perimeter.network import Network
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import Policy
from agent_perimeter.settings import Settings


@dataclass(frozen=True, slots=True)
class Perimeter:
    """A perimeter as designed. ``lowered`` is None where the policies themselves were refused."""

    policies: tuple[Policy, ...]
    intent: Intent | None
    lowered: Lowered | None
    findings: tuple[Finding, ...]

    @property
    def network(self) -> Network | None:
        """The network to build; None where any of it was refused."""
        return None if self.lowered is None or self.lowered.refused else self.lowered.network

    @property
    def refused(self) -> bool:
        return self.network is None


def design(files: Iterable[tuple[str, bytes]], settings: Settings, today: date) -> Perimeter:
    """Design the perimeter of these policy files, given as (name to show, content).

    Nothing is lowered while a policy has an error: the network would not be what the policy says.
    """
    policies, load_findings = load_perimeter(files)
    lint_findings = lint(policies, today, resolved_ip_validation=settings.resolved_ip_validation)
    findings = ordered((*load_findings, *lint_findings))
    if any(finding.is_error for finding in findings):
        return Perimeter(policies, None, None, findings)
    intent = resolve(policies, today)
    lowered = lower(intent, settings)
    return Perimeter(policies, intent, lowered, ordered((*findings, *lowered.findings)))
