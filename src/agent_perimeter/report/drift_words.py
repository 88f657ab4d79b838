"""What every report of a drift says in the same words: the verdict, the counts, which layers still hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from agent_perimeter.drift.model import MEANINGS, Actor, AgentGap, Alteration, Departure, Drift
from agent_perimeter.drift.yardstick import alike
from agent_perimeter.observed import Doubt
from agent_perimeter.report.outcome import all_doubts, gaps, tally
from agent_perimeter.report.text import plural
from agent_perimeter.verdict import Gap, Layer, Proof, Status

_VERDICTS = {Status.PROVEN: "CLEAN", Status.REFUTED: "DRIFT", Status.UNKNOWN: "UNKNOWN", Status.ABSENT: "UNKNOWN"}

Held = tuple[tuple[str, tuple[Layer, ...]], ...]
"""Agents, each with layers."""


def verdict_of(drift: Drift) -> str:
    """``CLEAN``, ``DRIFT`` or ``UNKNOWN``."""
    return _VERDICTS[drift.status]


def verdict_line(drift: Drift) -> str:
    """The whole verdict in one line: what was found, where and when."""
    said = [f"{count} {meaning}" for meaning, count in by_meaning(drift).items() if count] or ["no departure"]
    standing = sum(one.gap.certain for one in standing_gaps(drift))
    said += [f"{standing} deployed like this"] if standing else []
    said += [f"{len(drift.unread)} not read"] if drift.unread else []
    return " · ".join((verdict_of(drift), ", ".join(said), where_of(drift)))


def where_of(drift: Drift) -> str:
    """``perimeter agents, vpc-0abc, account 111122223333, eu-west-1, 2026-11-22T20:00:00Z``."""
    named = [f"perimeter {drift.perimeter}"] if drift.perimeter else []
    return ", ".join([*named, drift.vpc, f"account {drift.account}", drift.region, drift.taken])


def by_meaning(drift: Drift) -> dict[str, int]:
    """How many departures have each meaning, worst first; those that none has too."""
    found = Counter(departure.meaning for departure in drift.departures)
    return {meaning.value: found[meaning] for meaning in MEANINGS}


def structure(drift: Drift) -> str:
    """The structural answer in words: how many things came, went and changed, as far as it was read."""
    changes = [departure.change.alteration for departure in drift.departures if departure.change is not None]
    counts = [(changes.count(alteration), alteration.value) for alteration in Alteration]
    counts.append((len(drift.departures) - len(changes), "in meaning alone"))
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    as_far = " in what was read" if drift.unread else ""
    return f"{said or 'as expected'}{as_far}, compared with {drift.proof.source}"


def meaning(drift: Drift) -> str:
    """The other answer: what the live network comes to, held to the policies."""
    counts = ", ".join(f"{count} {status}" for status, count in tally(drift.proof).items()) or "no agent was found"
    doubts = plural(len(all_doubts(drift.proof)), "doubt")
    return f"{drift.proof.status}, {plural(len(drift.proof.agents), 'agent')}: {counts}" + (
        f"; {doubts}" if all_doubts(drift.proof) else ""
    )


def holding(departure: Departure, proof: Proof) -> Held:
    """The layers that still hold each agent that a departure concerns, each on its own; none for an unknown agent."""
    agents = {agent.agent: agent for agent in proof.agents}
    return tuple(
        (
            name,
            tuple(
                verdict.layer
                for verdict in agents[name].layers
                if verdict.status is Status.PROVEN and verdict.layer is not Layer.END_TO_END
            ),
        )
        for name in departure.agents
        if name in agents
    )


def by(actor: Actor) -> str:
    """Who did it, with which call, when and from where."""
    source = f" from {actor.source_address}" if actor.source_address else ""
    return f"{actor.who}, {actor.event}, {actor.when}{source}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A gap of an agent that no departure makes, and the layers that have it."""

    agent: str
    gap: Gap
    layers: tuple[Layer, ...]


def standing_gaps(drift: Drift) -> tuple[Standing, ...]:
    """What the proof found and no departure shows: it was deployed like this, or something is not known."""
    shown = {alike(one) for departure in drift.departures for one in departure.gaps}
    found = (Standing(agent.agent, gap, layers) for agent in drift.proof.agents for gap, layers in gaps(agent).items())
    return tuple(
        one for one in found if any(alike(AgentGap(one.agent, layer, one.gap)) not in shown for layer in one.layers)
    )


def open_doubts(drift: Drift) -> tuple[Doubt, ...]:
    """Doubts of the proof that neither an unread call nor a departure says, each once."""
    said = {*drift.unread, *(doubt for departure in drift.departures for doubt in departure.doubts)}
    layers = (doubt for agent in drift.proof.agents for verdict in agent.layers for doubt in verdict.doubts)
    return tuple(dict.fromkeys(doubt for doubt in (*drift.proof.doubts, *layers) if doubt not in said))
