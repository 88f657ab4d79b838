"""Judging ``aws_service`` rules: grants wider than what was thought of."""

from __future__ import annotations

from collections.abc import Iterator

from agent_perimeter.finding import Finding
from agent_perimeter.policy import codes
from agent_perimeter.policy.model import ServiceRule


def judge_service(rule: ServiceRule) -> Iterator[Finding]:
    """One service rule: wildcards in its actions and resources."""
    for action in sorted(set(rule.actions)):
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


def _is_everything(resource: str) -> bool:
    """``*``, or an ARN that leaves its resource part open."""
    return resource == "*" or resource.split(":", 5)[-1] in ("*", "*/*")
