"""A drift as JSON, for programs and as evidence. The shape is public (``drift_schema``): a change is a changelog entry.

Every key is always there; what is empty is ``""``, ``[]`` or null. The same drift gives the same bytes: the time in it
is that of the snapshot.
"""

from __future__ import annotations

import json

from agent_perimeter.drift.codes import code_of
from agent_perimeter.drift.model import Actor, AgentGap, Change, Departure, Drift
from agent_perimeter.report.drift_remedy import remedy
from agent_perimeter.report.drift_words import by_meaning, holding, verdict_of
from agent_perimeter.report.places import Locate, nowhere
from agent_perimeter.report.proof_json import Json, Shape
from agent_perimeter.verdict import Proof

DRIFT_FORMAT = "agent-perimeter/drift/1"


def drift_json(drift: Drift, locate: Locate = nowhere) -> str:
    """The whole check, with the proof of the live network. ``locate`` adds the lines of template paths."""
    shape = Shape(locate)
    document = {
        "format": DRIFT_FORMAT,
        "verdict": verdict_of(drift).lower(),
        "perimeter": drift.perimeter,
        "stack": drift.stack,
        "account": drift.account,
        "region": drift.region,
        "vpc": drift.vpc,
        "taken": drift.taken,
        "expected": drift.proof.source,
        "counts": by_meaning(drift),
        "departures": [departure_object(departure, drift.proof, locate) for departure in drift.departures],
        "unread": shape.doubts(drift.unread),
        "proof": shape.proof(drift.proof),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def departure_object(departure: Departure, proof: Proof, locate: Locate = nowhere) -> Json:
    """One departure, as it stands in ``departures``. ``proof`` is its drift's, and says which layers still hold."""
    shape = Shape(locate)
    code = code_of(departure)
    return {
        "id": departure.id,
        "code": code.code,
        "name": code.name,
        "meaning": departure.meaning.value,
        "certain": departure.certain,
        "expired": departure.expired,
        "sentence": departure.sentence,
        "agents": list(departure.agents),
        "change": _change(departure.change) if departure.change is not None else None,
        "gaps": [_gap(one, shape) for one in departure.gaps],
        "holds": [
            {"agent": agent, "layers": [layer.value for layer in layers]} for agent, layers in holding(departure, proof)
        ],
        "doubts": shape.doubts(departure.doubts),
        "origin": shape.origin(departure.origin),
        "actors": [_actor(actor) for actor in departure.actors],
        "remedy": remedy(departure),
    }


def _change(change: Change) -> Json:
    return {
        "alteration": change.alteration.value,
        "type": change.type,
        "record": change.record,
        "detail": change.detail,
        "field": change.field,
        "before": change.before,
        "after": change.after,
    }


def _gap(one: AgentGap, shape: Shape) -> Json:
    return {"agent": one.agent, "layer": one.layer.value, "gap": shape.gap(one.gap)}


def _actor(actor: Actor) -> Json:
    return {
        "who": actor.who,
        "event": actor.event,
        "when": actor.when,
        "sourceAddress": actor.source_address,
        "eventId": actor.event_id,
    }
