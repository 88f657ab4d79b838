"""What starts a check: the clock, and what CloudTrail reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as function
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from agent_perimeter_cdk.watch_events import Pattern, boundary_changes, network_changes, tampering
from agent_perimeter_cdk.watch_outputs import Outputs, render_queue_policy, tags
from agent_perimeter_cdk.watch_role import render_scheduler_role

SCHEDULED: Final = {"source": "schedule"}
"""What the schedule hands over. Every other event is one of CloudTrail's, as EventBridge delivers it."""

EVENT_AGE: Final = 3600
"""Seconds after which an event is given up: the schedule has long checked what it would have."""
RETRIES: Final = 2


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule and its pattern, which takes what a resource is called from whoever asks."""

    rule: events.CfnRule
    pattern: Callable[[Callable[[CfnResource], str]], Pattern]


def render_schedule(
    scope: Construct, perimeter: str, minutes: int, checks: function.CfnFunction, outputs: Outputs
) -> scheduler.CfnSchedule:
    """A check every so many minutes, on the minute it is due and with a role of its own."""
    role = render_scheduler_role(scope, perimeter, checks.attr_arn, outputs)
    return scheduler.CfnSchedule(
        scope,
        "schedule",
        description=f"Checks the perimeter {perimeter}",
        schedule_expression=f"rate({minutes} {'minute' if minutes == 1 else 'minutes'})",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        state="ENABLED",
        target=scheduler.CfnSchedule.TargetProperty(
            arn=checks.attr_arn,
            role_arn=role.attr_arn,
            input=json.dumps(SCHEDULED),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=minutes * 60, maximum_retry_attempts=RETRIES
            ),
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=outputs.dead_letters.attr_arn),
        ),
    )


def render_rules(
    scope: Construct,
    perimeter: str,
    checks: function.CfnFunction,
    schedule: scheduler.CfnSchedule,
    outputs: Outputs,
    *,
    on_change: bool,
) -> tuple[Trigger, ...]:
    """The rules, and who may use what they use. Without ``on_change`` there is none, and the queue takes none's."""

    def render(name: str, says: str, pattern: Callable[[Callable[[CfnResource], str]], Pattern]) -> Trigger:
        return Trigger(_render_rule(scope, perimeter, name, says, pattern(_ref), checks, outputs), pattern)

    triggers: tuple[Trigger, ...] = ()
    if on_change:
        triggers = (
            render("network", "A change of a network", lambda _: network_changes()),
            render("boundaries", "A change of a boundary or its bearers", lambda _: boundary_changes()),
        )
        named = (schedule, *(trigger.rule for trigger in triggers))

        def tampered(name: Callable[[CfnResource], str]) -> Pattern:
            return tampering(
                function=checks,
                named=named,
                topic=outputs.topic,
                bucket=outputs.bucket,
                key=outputs.key,
                stack=Stack.of(scope).stack_name,
                name=name,
            )

        triggers = (*triggers, render("watch", "A change of the watch itself", tampered))
    render_queue_policy(scope, outputs.dead_letters, [trigger.rule.attr_arn for trigger in triggers])
    return triggers


def _ref(resource: CfnResource) -> str:
    return resource.ref


def _render_rule(
    scope: Construct,
    perimeter: str,
    name: str,
    says: str,
    pattern: Pattern,
    checks: function.CfnFunction,
    outputs: Outputs,
) -> events.CfnRule:
    rule = events.CfnRule(
        scope,
        f"change/{name}",
        description=f"{says} starts a check of the perimeter {perimeter}",
        state="ENABLED",
        event_pattern=pattern,
        targets=[
            events.CfnRule.TargetProperty(
                id="watch",
                arn=checks.attr_arn,
                retry_policy=events.CfnRule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=EVENT_AGE, maximum_retry_attempts=RETRIES
                ),
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=outputs.dead_letters.attr_arn),
            )
        ],
        tags=tags(perimeter, f"change/{name}"),
    )
    function.CfnPermission(
        scope,
        f"change/{name}/permission",
        action="lambda:InvokeFunction",
        function_name=checks.ref,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )
    return rule
