"""When somebody is called, and what there is to look at.

The figures are the function's own, written as log lines (CloudWatch embedded metric format) into ``AgentPerimeter``,
and AWS's about the function and the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from agent_perimeter.settings import Watch
from agent_perimeter_cdk.watch_outputs import tags

NAMESPACE: Final = "AgentPerimeter"
DIMENSION: Final = "Perimeter"


About = Literal["perimeter", "function", "queue"]
"""What a figure is about."""

Dimensions = Mapping[About, tuple[str, str]]
"""The dimension that tells each from others: its name and value."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm: ``statistic`` of ``metric`` over ``seconds``, ``periods`` times in a row, against ``threshold``.

    ``missing`` is what a period without a figure counts as: ``breaching`` where silence is the fault, ``ignore`` where
    only the next check can tell, ``notBreaching`` where a fault would have made a figure.
    """

    id: str
    says: str
    namespace: str
    metric: str
    about: About
    statistic: Literal["Maximum", "Sum"]
    seconds: int
    missing: Literal["breaching", "ignore", "notBreaching"]
    periods: int = 1
    threshold: int = 1
    comparison: Literal["GreaterThanOrEqualToThreshold", "LessThanThreshold"] = "GreaterThanOrEqualToThreshold"


def alarms(watch: Watch) -> tuple[Alarm, ...]:
    """All alarms.

    Drift and incomplete reads are judged check by check, within a minute of it, and stay until a check says otherwise.
    """
    fast, interval = 60, watch.every_minutes * 60
    silent = watch.silence_periods * watch.every_minutes
    return (
        Alarm(
            "drift", "the account departs from what was deployed, or from what the policies mean today",
            NAMESPACE, "DriftOpen", "perimeter", "Maximum", fast, "ignore",
        ),
        Alarm(
            "incomplete", "a check could not read everything, so nothing was found clean",
            NAMESPACE, "Incomplete", "perimeter", "Maximum", fast, "ignore",
        ),
        Alarm(
            "silence", f"no complete check for {silent} minutes",
            NAMESPACE, "Checks", "perimeter", "Sum", interval, "breaching",
            periods=watch.silence_periods, comparison="LessThanThreshold",
        ),
        # Whoever may write to any log can write figures of ours, but none of AWS's: this one nobody forges.
        Alarm(
            "stopped", f"the function was not started for {silent} minutes",
            "AWS/Lambda", "Invocations", "function", "Sum", interval, "breaching",
            periods=watch.silence_periods, comparison="LessThanThreshold",
        ),
        Alarm(
            "delivery", "a check could not write one of its outputs",
            NAMESPACE, "DeliveryFailed", "perimeter", "Sum", 300, "notBreaching",
        ),
        Alarm(
            "errors", "the function failed",
            "AWS/Lambda", "Errors", "function", "Sum", 300, "notBreaching",
        ),
        Alarm(
            "dead-letters", "an event that should have started a check was given up",
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", "queue", "Maximum", 300, "notBreaching",
        ),
    )  # fmt: skip


def render_alarms(
    scope: Construct, perimeter: str, wanted: Iterable[Alarm], dimensions: Dimensions, topics: Sequence[str]
) -> tuple[tuple[Alarm, cloudwatch.CfnAlarm], ...]:
    """The alarms, each telling the topics when it goes off and when it is over."""
    return tuple(
        (
            alarm,
            cloudwatch.CfnAlarm(
                scope,
                f"alarm/{alarm.id}",
                alarm_description=f"Agent perimeter {perimeter}: {alarm.says}",
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=[_dimension(*dimensions[alarm.about])],
                statistic=alarm.statistic,
                period=alarm.seconds,
                evaluation_periods=alarm.periods,
                threshold=alarm.threshold,
                comparison_operator=alarm.comparison,
                treat_missing_data=alarm.missing,
                actions_enabled=True,
                alarm_actions=list(topics),
                ok_actions=list(topics),
                tags=tags(perimeter, f"alarm/{alarm.id}"),
            ),
        )
        for alarm in wanted
    )


def _dimension(name: str, value: str) -> cloudwatch.CfnAlarm.DimensionProperty:
    return cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)


def render_dashboard(scope: Construct, perimeter: str, watch: Watch, wanted: Iterable[str], log: str) -> None:
    """One page: the alarms, what is open, whether checks come, and the last findings.

    ``wanted`` are the ARNs of the alarms, ``log`` the name of the log group.
    """
    interval = watch.every_minutes * 60
    found = ("DriftOpen", "Widening", "Weakening", "Narrowing", "Unclear")
    widgets = [
        {"type": "alarm", **_at(0, 0, 24, 3), "properties": {"title": "Alarms", "alarms": list(wanted)}},
        _chart("Open departures", perimeter, found, "Maximum", interval, (3, 0)),
        _chart("Complete checks", perimeter, ("Checks", "Incomplete", "DeliveryFailed"), "Sum", interval, (3, 8)),
        _chart("Time of a check", perimeter, ("DurationMs",), "Maximum", interval, (3, 16)),
        {
            "type": "log",
            **_at(9, 0, 24, 8),
            "properties": {
                "title": "Findings",
                "region": Aws.REGION,
                "view": "table",
                "query": Fn.sub(
                    "SOURCE '${Log}' | fields @timestamp, meaning, sentence, resource, by.0.who "
                    "| filter event = 'departure' | sort @timestamp desc | limit 50",
                    {"Log": log},
                ),
            },
        },
    ]
    cloudwatch.CfnDashboard(
        scope,
        "dashboard",
        dashboard_body=Stack.of(scope).to_json_string({"widgets": widgets}),
        tags=tags(perimeter, "dashboard"),
    )


def _at(y: int, x: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "width": width, "height": height}


def _chart(
    title: str, perimeter: str, metrics: Sequence[str], statistic: str, seconds: int, place: tuple[int, int]
) -> dict[str, object]:
    y, x = place
    return {
        "type": "metric",
        **_at(y, x, 8, 6),
        "properties": {
            "title": title,
            "region": Aws.REGION,
            "stat": statistic,
            "period": seconds,
            "yAxis": {"left": {"min": 0}},
            "metrics": [[NAMESPACE, metric, DIMENSION, perimeter] for metric in metrics],
        },
    }
