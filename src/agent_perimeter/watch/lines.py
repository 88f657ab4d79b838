"""What a run of the watch writes to its log: one line of JSON for each departure, and its figures as metrics.

Metrics travel in the log as CloudWatch's embedded metric format: no call that can fail, no permission to publish
others' metrics, and every figure stands beside the line that explains it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent_perimeter.drift.model import Departure, Drift, Meaning
from agent_perimeter.forms import Json
from agent_perimeter.verdict import Status
from agent_perimeter.watch.facts import about, place, short
from agent_perimeter.watch.ledger import complete

NAMESPACE: Final = "AgentPerimeter"
DIMENSION: Final = "Perimeter"

COUNTED: Final = {
    "Widening": Meaning.WIDENS,
    "Weakening": Meaning.WEAKENS,
    "Narrowing": Meaning.NARROWS,
    "Unclear": Meaning.UNCLEAR,
}
"""Metrics that count departures of one meaning. What is not certain counts as unclear."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a run went, apart from what it found. ``failed``: outputs that did not take what they were told."""

    perimeter: str
    request: str
    calls: int = 0
    milliseconds: int = 0
    failed: int = 0


def line(level: str, event: str, run: Run, **facts: Json) -> str:
    """One line of the log. ``level`` is ``INFO``, ``WARN`` or ``ERROR``; ``event`` says which of our lines it is."""
    head = {"level": level, "event": event, "perimeter": run.perimeter, "request": run.request}
    return json.dumps(head | facts, sort_keys=False, separators=(",", ":"), ensure_ascii=False)


def departure_line(departure: Departure, drift: Drift, run: Run) -> str:
    """A departure, open or not announced again: the log has it in every run in which it is seen."""
    level = "INFO" if departure.meaning is Meaning.COSMETIC else "WARN"
    return line(level, "departure", run, **(place(drift) | about(departure, drift.region)))


def check_line(drift: Drift, run: Run) -> str:
    """What the whole check came to, and what it could not read."""
    unread: list[Json] = [short(str(doubt)) for doubt in drift.unread]
    level = "INFO" if drift.status is Status.PROVEN else "WARN"
    facts: dict[str, Json] = {"status": drift.status.value, "complete": complete(drift), "unread": unread}
    return line(level, "check", run, **(place(drift) | facts))


def failure_line(reason: str, run: Run) -> str:
    """A check that did not come about."""
    return line("ERROR", "failure", run, reason=short(reason))


def metrics(drift: Drift | None, run: Run, now: datetime) -> str:
    """The figures of a run as an embedded metric document. ``drift`` None: there was no check to speak of.

    ``DriftOpen`` counts what is more than cosmetic, and is never 0 where the check is refuted. ``Checks`` is 1 only for
    a check that read and understood everything; an alarm on its absence is an alarm on silence.
    """
    figures = _counts(drift) | {
        "Incomplete": int(drift is None or not complete(drift)),
        "Checks": int(drift is not None and complete(drift)),
        "DeliveryFailed": run.failed,
        "CallsMade": run.calls,
        "DurationMs": run.milliseconds,
    }
    named: list[Json] = [
        {"Name": name, "Unit": "Milliseconds" if name == "DurationMs" else "Count"} for name in figures
    ]
    document: dict[str, Json] = {
        "_aws": {
            "Timestamp": int(now.timestamp() * 1000),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": named}],
        },
        DIMENSION: run.perimeter,
        "event": "metrics",
        "request": run.request,
        **figures,
    }
    return json.dumps(document, separators=(",", ":"))


def _counts(drift: Drift | None) -> dict[str, int]:
    """None of a check that did not come about: nothing was seen, which is not the same as that nothing is there."""
    if drift is None:
        return {}
    open_ = [one for one in drift.departures if one.meaning is not Meaning.COSMETIC]
    meanings = [one.meaning if one.certain else Meaning.UNCLEAR for one in open_]
    counted = {name: meanings.count(meaning) for name, meaning in COUNTED.items()}
    return {"DriftOpen": max(len(open_), int(drift.status is Status.REFUTED)), **counted}
