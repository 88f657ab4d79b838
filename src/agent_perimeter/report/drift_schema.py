"""The JSON Schema (draft 2020-12) of the JSON that ``drift`` and the scheduled watch write. Public, like the shape."""

from __future__ import annotations

from agent_perimeter.drift.model import MEANINGS, Alteration, Meaning
from agent_perimeter.report.drift_json import DRIFT_FORMAT
from agent_perimeter.report.json_schema import (
    Json,
    document,
    flag,
    list_of,
    one_of,
    record,
    ref,
    ref_or_null,
    text,
    texts,
)
from agent_perimeter.report.proof_schema import DEFINITIONS, PROOF


def drift_schema() -> str:
    """The schema of ``drift_json``."""
    properties: Json = {
        "format": {"const": DRIFT_FORMAT},
        "verdict": {
            "description": "`drift`: something departs for certain. `clean`: all was read, and nothing departs.",
            "enum": ["clean", "drift", "unknown"],
        },
        "perimeter": text("The value of the VPC's agent-perimeter:perimeter tag, or empty."),
        "stack": text("The CloudFormation stack that made the VPC, or empty."),
        "account": text(),
        "region": text(),
        "vpc": text(),
        "taken": text("When the first call was made: ISO 8601, UTC."),
        "expected": text("What the expected network was read from."),
        "counts": record({meaning.value: _COUNT for meaning in MEANINGS}, "How many departures have each meaning."),
        "departures": list_of("departure", "The worst first."),
        "unread": list_of("doubt", "What was not read; with any, nothing is clean."),
        "proof": ref("proof", "Of the live network, held to the policies on the day of the check."),
    }
    return document("A check by agent-perimeter drift", properties, {**DEFINITIONS, **_DEFINITIONS})


_COUNT: Json = {"type": "integer", "minimum": 0}
_DEFINITIONS: Json = {
    "proof": record(PROOF),
    "departure": record(
        {
            "id": text("The same for the same departure in every run."),
            "code": {"description": "As in docs/findings.md.", "type": "string", "pattern": "^AP6[0-9]{2}$"},
            "name": text("The code's name, in kebab-case."),
            "meaning": one_of(Meaning, "What it means for egress, worst first."),
            "certain": flag("False: only a doubt makes it."),
            "expired": flag("A policy rule whose last day is over, and which is still built."),
            "sentence": text("What happened, in a line."),
            "agents": texts("Those that it concerns."),
            "change": ref_or_null("change", "Null where it departs in meaning alone."),
            "gaps": list_of("agentGap", "What it opens or closes, end to end first."),
            "holds": list_of("holds", "Which layers still hold the agents that it concerns."),
            "doubts": list_of("doubt"),
            "origin": ref("origin"),
            "actors": list_of("actor", "Who made it, where CloudTrail could be read."),
            "remedy": text("What to do, for people."),
        }
    ),
    "change": record(
        {
            "alteration": one_of(Alteration, "What became of it."),
            "type": text("What it is, such as `security group rule`."),
            "record": text("The id of the resource to open in the console."),
            "detail": text("Which part of it, or empty."),
            "field": text("Which property, where one changed."),
            "before": text("In words; empty where there was nothing."),
            "after": text("In words; empty where there is nothing."),
        }
    ),
    "agentGap": record({"agent": text(), "layer": ref("layerName"), "gap": ref("gap")}),
    "holds": record({"agent": text(), "layers": {"type": "array", "items": ref("layerName")}}),
    "actor": record(
        {
            "who": text("The ARN of the identity."),
            "event": text("The API operation."),
            "when": text("ISO 8601, UTC."),
            "sourceAddress": text("Where the call came from, or empty."),
            "eventId": text("CloudTrail's id of the event, or empty."),
        }
    ),
}
