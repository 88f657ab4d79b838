"""A drift as SARIF 2.1.0 (OASIS): one result for each departure, at the policy line that it departs from.

What departs for certain is an error, what only a doubt makes and what was not read a warning, what means nothing a
note. The fingerprint is the departure's id, so that the same one is the same result in every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from agent_perimeter.drift.codes import (
    COSMETIC,
    EXPIRED,
    INCOMPLETE,
    NARROWS,
    TAMPERED,
    UNCLEAR,
    WEAKENS,
    WIDENS,
    code_of,
)
from agent_perimeter.drift.model import Departure, Drift, Meaning
from agent_perimeter.observed import Doubt
from agent_perimeter.report.drift_remedy import remedy
from agent_perimeter.report.drift_words import by, holding, verdict_of
from agent_perimeter.report.outcome import what_of
from agent_perimeter.report.places import Locate, nowhere
from agent_perimeter.report.sarif import Json, flow_of, log_of, place_of, result_of, rule_of, sentence
from agent_perimeter.report.sending import command_line
from agent_perimeter.source import Origin

_CODES = (WIDENS, WEAKENS, NARROWS, UNCLEAR, COSMETIC, EXPIRED, INCOMPLETE, TAMPERED)


def drift_sarif(drift: Drift, version: str, locate: Locate = nowhere) -> str:
    """One run. ``version`` is agent-perimeter's own; ``locate`` gives the lines of template paths."""
    rules = (rule_of(code.code, code.title, code.explanation, "warning", code.name) for code in _CODES)
    properties: Json = {
        "verdict": verdict_of(drift).lower(),
        "perimeter": drift.perimeter,
        "account": drift.account,
        "region": drift.region,
        "vpc": drift.vpc,
        "taken": drift.taken,
        "expected": drift.proof.source,
    }
    return log_of(_results(drift, locate), rules, version, properties)


def _results(drift: Drift, locate: Locate) -> Iterator[Json]:
    for departure in drift.departures:
        yield _departure(departure, drift, locate)
    for doubt in drift.unread:
        yield _unread(doubt, drift, locate)


def _departure(departure: Departure, drift: Drift, locate: Locate) -> Json:
    origin = departure.origin
    place = place_of(origin, locate, drift.stack or drift.vpc)
    message = " ".join(_said(departure, drift))
    rule, level = code_of(departure).code, _level(departure)
    result = result_of(rule, level, message, place, origin.spans, departure.id)
    flow = flow_of(departure.gaps[0].gap, locate, drift.stack or drift.vpc) if departure.gaps else {}
    return {**result, **flow}


def _level(departure: Departure) -> str:
    if departure.meaning is Meaning.COSMETIC:
        return "note"
    return "error" if departure.certain else "warning"


def _said(departure: Departure, drift: Drift) -> Iterator[str]:
    yield f"{departure.sentence} ({departure.meaning})."
    if departure.change is not None:
        yield f"{departure.change}."
    if departure.gaps:
        first = departure.gaps[0]
        yield f"{first.agent}: {first.layer} {what_of(first.gap)}: {first.gap.witness}. In all: {first.gap.scope}."
        sent = command_line(first.gap.witness)
        if sent:
            yield f"Try it: {sent}"
    for agent, layers in holding(departure, drift.proof):
        yield f"Still holding {agent}: {', '.join(layers) or 'no layer'}."
    for actor in departure.actors:
        yield f"Made by {by(actor)}."
    for doubt in departure.doubts:
        yield f"Not known: {sentence(doubt)}."
    yield remedy(departure)


def _unread(doubt: Doubt, drift: Drift, locate: Locate) -> Json:
    place = place_of(Origin(path=doubt.path), locate, drift.stack or drift.vpc)
    digest = hashlib.sha256(f"{INCOMPLETE.code}\0{doubt.reason}\0{doubt.path}".encode()).hexdigest()
    return result_of(INCOMPLETE.code, "warning", f"Not read: {sentence(doubt)}.", place, (), digest[:16])
