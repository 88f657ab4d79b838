"""Proofs and explanations as JSON, for programs. The shape is public (``proof_schema``): a change is a changelog entry.

Every key is always there. Lists stand in the order of the proof, which is sorted; what is empty is ``""``, ``[]`` or
null, never left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import assert_never

from agent_perimeter.observed import Doubt
from agent_perimeter.packet_sets import Packet
from agent_perimeter.queries import Query
from agent_perimeter.report.outcome import outcome_of
from agent_perimeter.report.places import Locate, nowhere
from agent_perimeter.report.sending import command_line
from agent_perimeter.source import Origin, Span
from agent_perimeter.verdict import AgentVerdict, Call, Gap, LayerVerdict, Proof, Reached, Residual, Step, Witness

PROOF_FORMAT = "agent-perimeter/proof/1"
EXPLAIN_FORMAT = "agent-perimeter/explain/1"

Json = dict[str, object]


def proof_json(proof: Proof, locate: Locate = nowhere) -> str:
    """The whole proof. ``locate`` adds the lines of template paths."""
    document = {"format": PROOF_FORMAT, **Shape(locate).proof(proof)}
    return json.dumps(document, indent=2, ensure_ascii=False)


def explain_json(agent: str, witness: Witness, steps: tuple[Step, ...], locate: Locate = nowhere) -> str:
    """One witness of one agent, layer by layer."""
    shape = Shape(locate)
    document = {
        "format": EXPLAIN_FORMAT,
        "agent": agent,
        "witness": _witness(witness),
        "outcome": outcome_of(steps).value,
        "steps": [shape.step(step) for step in steps],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


class Shape:
    """Records as JSON objects, with the lines that ``locate`` knows."""

    def __init__(self, locate: Locate) -> None:
        self.locate = locate

    def proof(self, proof: Proof) -> Json:
        return {
            "source": proof.source,
            "judged": proof.judged,
            "status": proof.status.value,
            "agents": [self.agent(agent) for agent in proof.agents],
            "doubts": self.doubts(proof.doubts),
        }

    def agent(self, agent: AgentVerdict) -> Json:
        return {
            "agent": agent.agent,
            "status": agent.status.value,
            "subnets": list(agent.subnets),
            "securityGroups": list(agent.groups),
            "layers": [self.layer(layer) for layer in agent.layers],
            "reach": self.reached(agent.reach),
            "allowed": self.reached(agent.allowed),
            "residuals": [self.residual(residual) for residual in agent.residuals],
        }

    def layer(self, verdict: LayerVerdict) -> Json:
        return {
            "layer": verdict.layer.value,
            "status": verdict.status.value,
            "note": verdict.note,
            "gaps": [self.gap(gap) for gap in verdict.gaps],
            "doubts": self.doubts(verdict.doubts),
        }

    def gap(self, gap: Gap) -> Json:
        return {
            "kind": gap.kind.value,
            "certain": gap.certain,
            "witness": _witness(gap.witness),
            "scope": gap.scope,
            "steps": [self.step(step) for step in gap.steps],
            "origin": self.origin(gap.origin),
        }

    def step(self, step: Step) -> Json:
        return {
            "layer": step.layer.value,
            "outcome": step.outcome.value,
            "rule": step.rule,
            "origin": self.origin(step.origin),
            "doubts": self.doubts(step.doubts),
        }

    def reached(self, rows: Iterable[Reached]) -> list[Json]:
        return [
            {"where": row.where, "how": row.how, "certain": row.certain, "origin": self.origin(row.origin)}
            for row in rows
        ]

    def residual(self, residual: Residual) -> Json:
        return {"name": residual.name, "sentence": residual.sentence, "origin": self.origin(residual.origin)}

    def doubts(self, doubts: Iterable[Doubt]) -> list[Json]:
        return [
            {
                "reason": doubt.reason,
                "path": doubt.path,
                "line": self.line(doubt.path),
                "remedy": doubt.remedy,
            }
            for doubt in doubts
        ]

    def origin(self, origin: Origin) -> Json:
        return {"path": origin.path, "line": self.line(origin.path), "policy": [_span(span) for span in origin.spans]}

    def line(self, path: str) -> Json | None:
        span = self.locate(path) if path else None
        return _span(span) if span else None


def _span(span: Span) -> Json:
    return {"file": span.file, "line": span.line, "column": span.column}


def _witness(witness: Witness) -> Json:
    common: Json = {"text": str(witness), "send": command_line(witness)}
    match witness:
        case Packet():
            return {
                "kind": "packet",
                **common,
                "protocol": witness.protocol,
                "destination": str(witness.destination),
                "port": witness.port,
                "app": witness.app.value,
                "name": witness.name,
                "resolved": witness.resolved,
            }
        case Query():
            return {"kind": "query", **common, "name": witness.name, "type": witness.type}
        case Call():
            return {
                "kind": "call",
                **common,
                "service": witness.service,
                "action": witness.action,
                "resource": witness.resource,
                "principal": witness.principal,
            }
        case _:
            assert_never(witness)
