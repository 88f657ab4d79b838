"""What the layers together do with a witness, and how a report orders what it has to say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent_perimeter.observed import Doubt
from agent_perimeter.verdict import (
    AgentVerdict,
    Gap,
    Kind,
    Layer,
    Outcome,
    Proof,
    Residual,
    Status,
    Step,
)


def outcome_of(steps: Iterable[Step]) -> Outcome:
    """One layer that denies suffices; one that may allow leaves it open; where nobody sees it, nobody allows it.

    What the policy means stops nothing, so it counts only where it is all there is.
    """
    listed = tuple(steps)
    found = {step.outcome for step in listed if step.layer is not Layer.POLICY} or {step.outcome for step in listed}
    for outcome in (Outcome.DENIES, Outcome.PERHAPS, Outcome.ALLOWS):
        if outcome in found:
            return outcome
    return Outcome.SKIPS


def gaps(agent: AgentVerdict) -> dict[Gap, tuple[Layer, ...]]:
    """An agent's gaps with the layers that have them: end to end first, for that is what leaves."""
    found: dict[Gap, list[Layer]] = {}
    for verdict in sorted(agent.layers, key=lambda verdict: verdict.layer is not Layer.END_TO_END):
        for gap in sorted(verdict.gaps, key=lambda gap: (not gap.certain, gap.kind is not Kind.EXCESS)):
            found.setdefault(gap, []).append(verdict.layer)
    return {gap: tuple(layers) for gap, layers in found.items()}


def what_of(gap: Gap) -> str:
    """What a gap comes to, as the rest of a sentence that begins with a layer."""
    if gap.kind is Kind.EXCESS:
        return (
            "lets out what the policy does not allow" if gap.certain else "may let out what the policy does not allow"
        )
    return "stops what the policy allows" if gap.certain else "may stop what the policy allows"


def open_doubts(agent: AgentVerdict) -> dict[Doubt, tuple[Layer, ...]]:
    """Every doubt of an agent that no gap shows, with the layers that it leaves open."""
    found: dict[Doubt, list[Layer]] = {}
    for verdict in agent.layers:
        for doubt in verdict.doubts:
            found.setdefault(doubt, []).append(verdict.layer)
    return {doubt: tuple(layers) for doubt, layers in found.items()}


def urgency(agent: AgentVerdict) -> int:
    """0 proven, 1 unknown, 2 refuted."""
    return (Status.PROVEN, Status.UNKNOWN, Status.REFUTED).index(agent.status)


def all_doubts(proof: Proof) -> frozenset[Doubt]:
    """Every doubt of a run, those behind a gap too."""
    found = set(proof.doubts)
    for agent in proof.agents:
        for verdict in agent.layers:
            found.update(verdict.doubts)
            for gap in verdict.gaps:
                found.update(gap.doubts)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class SharedResidual:
    """A residual risk with every agent that has it in the same words."""

    residual: Residual
    agents: tuple[str, ...]


def shared_residuals(proof: Proof) -> tuple[SharedResidual, ...]:
    """The residual risks of a run, each once, by name."""
    found: dict[tuple[str, str], tuple[Residual, list[str]]] = {}
    for agent in proof.agents:
        for residual in agent.residuals:
            first, agents = found.setdefault((residual.name, residual.sentence), (residual, []))
            agents.append(agent.agent)
            found[residual.name, residual.sentence] = (
                Residual(first.name, first.sentence, first.origin | residual.origin),
                agents,
            )
    shared = (SharedResidual(residual, tuple(agents)) for residual, agents in found.values())
    return tuple(sorted(shared, key=lambda item: (item.residual.name, item.agents, item.residual.sentence)))


def tally(proof: Proof) -> dict[Status, int]:
    """How many agents came to which status; those that none came to are left out."""
    counts = {status: sum(agent.status is status for agent in proof.agents) for status in Status}
    return {status: count for status, count in counts.items() if count}
