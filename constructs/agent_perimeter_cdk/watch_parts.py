"""What must be true of the watch's own resources, for the watch to hold itself to (``drift.parts``)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as function
from aws_cdk import aws_scheduler as scheduler

from agent_perimeter.drift.parts import Part, PartKind
from agent_perimeter.settings import Notify
from agent_perimeter_cdk.watch_alarms import DIMENSION, About, Alarm
from agent_perimeter_cdk.watch_outputs import Outputs
from agent_perimeter_cdk.watch_triggers import Trigger


def parts(
    perimeter: str,
    checks: function.CfnFunction,
    schedule: scheduler.CfnSchedule,
    triggers: Iterable[Trigger],
    alarms: Iterable[tuple[Alarm, cloudwatch.CfnAlarm]],
    outputs: Outputs,
    notify: Notify,
) -> tuple[Part, ...]:
    """Each resource with what its template says, in AWS's words for it; ``${LogicalId}`` names another."""
    return (
        _part(
            "function",
            checks,
            Runtime=str(checks.runtime),
            Handler=str(checks.handler),
            Timeout=_whole(checks.timeout),
            MemorySize=_whole(checks.memory_size),
        ),
        _part(
            "schedule",
            schedule,
            **{
                "State": "ENABLED",
                "ScheduleExpression": schedule.schedule_expression,
                "FlexibleTimeWindow.Mode": "OFF",
                "Target.Arn": named(checks),
                "StartDate": "",
                "EndDate": "",
            },
        ),
        *_rules(triggers, checks),
        *_alarms(alarms, _dimensions(perimeter, checks), outputs, notify),
        _part("topic", outputs.topic, KmsMasterKeyId=named(outputs.key), Subscriptions=_subscriptions(notify)),
        _part(
            "bucket",
            outputs.bucket,
            Status="Enabled",
            BlockPublicAcls="true",
            BlockPublicPolicy="true",
            IgnorePublicAcls="true",
            RestrictPublicBuckets="true",
        ),
        _part("key", outputs.key, KeyState="Enabled"),
    )


def logical(resource: CfnResource) -> str:
    """The logical id, as the template has it."""
    return str(resource.stack.resolve(resource.logical_id))


def named(resource: CfnResource) -> str:
    """How a part names another resource of the watch."""
    return f"${{{logical(resource)}}}"


def _rules(triggers: Iterable[Trigger], checks: CfnResource) -> Iterator[Part]:
    for trigger in triggers:
        pattern = json.dumps(trigger.pattern(named), separators=(",", ":"), sort_keys=True)
        yield _part("rule", trigger.rule, State="ENABLED", EventPattern=pattern, Targets=named(checks))


def _alarms(
    alarms: Iterable[tuple[Alarm, cloudwatch.CfnAlarm]],
    dimensions: Mapping[About, str],
    outputs: Outputs,
    notify: Notify,
) -> Iterator[Part]:
    for alarm, resource in alarms:
        yield _part(
            "alarm",
            resource,
            ActionsEnabled="true",
            AlarmActions=",".join((named(outputs.topic), *notify.topics)),
            Namespace=alarm.namespace,
            MetricName=alarm.metric,
            Statistic=alarm.statistic,
            Period=str(alarm.seconds),
            EvaluationPeriods=str(alarm.periods),
            Threshold=str(alarm.threshold),
            ComparisonOperator=alarm.comparison,
            TreatMissingData=alarm.missing,
            Unit="",
            **({"Dimensions": dimensions[alarm.about]} if alarm.about in dimensions else {}),
        )


def _dimensions(perimeter: str, checks: CfnResource) -> Mapping[About, str]:
    """What alarms are about. A queue's physical id is its address, which says its name in no form that is compared."""
    return {"perimeter": f"{DIMENSION}={perimeter}", "function": f"FunctionName={named(checks)}"}


def _part(kind: PartKind, resource: CfnResource, **attributes: str) -> Part:
    return Part(kind, logical(resource), tuple(sorted(attributes.items())))


def _subscriptions(notify: Notify) -> str:
    """As they are read back: of an endpoint its host alone, for the rest of it may be a secret."""
    hosts = (urlsplit(endpoint).netloc for endpoint in notify.https)
    return ",".join([*(f"email:{email}" for email in notify.emails), *(f"https:https://{host}" for host in hosts)])


def _whole(number: float | None) -> str:
    return "" if number is None else str(int(number))
