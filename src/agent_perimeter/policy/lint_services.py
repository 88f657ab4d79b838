"""Judging ``aws_service`` rules: grants wider than what was thought of, or that reach behind the perimeter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from agent_perimeter.catalogue.control_actions import Control, control_of
from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.model import ServiceRule


def judge_service(rule: ServiceRule) -> Iterator[Finding]:
    """One service rule: wildcards in its actions and resources."""
    for action in sorted(set(rule.actions)):
        yield from _control(action, rule)
        if "*" in action or "?" in action:
            yield Finding(
                codes.WILDCARD_ACTION,
                f"{action} grants actions that nobody listed",
                rule.service_span,
                action,
                "actions by name",
                f"the actions that the agent calls, such as {action.partition(':')[0]}:…",
            )
    for resource in sorted(set(rule.resources)):
        if _is_everything(resource):
            yield Finding(
                codes.WILDCARD_RESOURCE,
                f"{resource} is every resource of {rule.service}",
                rule.service_span,
                resource,
                "ARNs of the resources",
                "the ARNs that the agent needs",
            )


def _control(action: str, rule: ServiceRule) -> Iterator[Finding]:
    match control_of(action):
        case Control.EDITS:
            yield Finding(
                codes.EDITS_PERIMETER,
                f"{action} can edit the perimeter or what guards it",
                rule.service_span,
                action,
                f"actions that only read, such as {action.partition(':')[0]}:Describe*, or use the service's own work",
                "removing it, and giving the work to a role outside the perimeter",
            )
        case Control.LEAVES:
            yield Finding(
                codes.LEAVES_PERIMETER,
                f"{action} runs code or takes a role outside the perimeter",
                rule.service_span,
                action,
                hint="`accept` with what holds it there, or a role outside the perimeter for the work",
            )
        case None:
            return
        case control:
            assert_never(control)


def _is_everything(resource: str) -> bool:
    """``*``, or an ARN that leaves its resource part open."""
    return resource == "*" or resource.split(":", 5)[-1] in ("*", "*/*")
