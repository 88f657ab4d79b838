"""One exercise from beginning to end: deploy, change, read, judge."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from botocore.model import OperationModel

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.select import Target
from agent_perimeter.drift.check import check
from agent_perimeter.drift.model import AgentGap, Departure, Drift, Meaning
from agent_perimeter.drift.standing import standing
from agent_perimeter.drift.yardstick import alike, gaps_of
from agent_perimeter.explain import Question, by_network
from agent_perimeter.files import read_policies
from agent_perimeter.intent import resolve
from agent_perimeter.lift.anchor import anchor, with_owners
from agent_perimeter.lift.placement import Placement, placements
from agent_perimeter.lift.snapshot import lift_snapshot
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.packet_sets import Packet
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import Policy
from agent_perimeter.prove import judged
from agent_perimeter.queries import Query
from agent_perimeter.snapshot import Snapshot
from agent_perimeter.verdict import Call, Kind, Outcome, Status
from agent_perimeter.verification import lifted
from tests.aws.deploy import deploy, resources
from tests.aws.local.kept import kept
from tests.aws.local.sessions import session
from tests.aws.mutations.world import REGION, STACK, Exercise, World

SUBJECT = Path(__file__).parents[2] / "mutations/subjects/filtered.template.json"
POLICIES = SUBJECT.parent / "filtered"
TODAY = date(2026, 11, 22)


@cache
def template() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(SUBJECT.read_text(encoding="utf-8"))
    return loaded


@cache
def expected() -> ObservedNetwork:
    return lifted([str(SUBJECT)], lambda path: Path(path).read_bytes() if Path(path).is_file() else None).network


@cache
def policies() -> tuple[Policy, ...]:
    found, findings = load_perimeter(read_policies([POLICIES]))
    assert not [one for one in findings if one.is_error]
    return tuple(found)


def world() -> World:
    """The subject as it was deployed, and nothing else, in the local AWS that is running."""
    return World(session(REGION), _deployed())


@kept
def _deployed() -> Mapping[str, str]:
    deploy(session(REGION), STACK, template())
    return resources(session(REGION), STACK)


def snapshot_of(one: World) -> Snapshot:
    """Everything that a check reads of the perimeter as it is now."""
    return collect(one.session, Target(stack=STACK))


def drift_of(snapshot: Snapshot) -> Drift:
    """What the check makes of it."""
    return check(snapshot, expected(), policies(), TODAY, source="filtered")


@dataclass(frozen=True)
class Side:
    """The perimeter as it was deployed, or as it is now: what it lets out is asked of the network, not of the drift."""

    network: ObservedNetwork
    places: tuple[Placement, ...]

    def lets_out(self, agent: str, witness: Packet | Query) -> bool:
        """Whether every layer surely lets the witness through, one after the other."""
        if agent not in {place.agent for place in self.places}:
            return False
        case = judged(self.network, self.places, resolve(policies(), TODAY), agent)
        query, packet = (witness, None) if isinstance(witness, Query) else (None, witness)
        steps = by_network(case, Question(query, packet, witness))
        return bool(steps) and all(step.outcome in (Outcome.ALLOWS, Outcome.SKIPS) for step in steps)


def sides(snapshot: Snapshot) -> tuple[Side, Side]:
    """Before the change and after it."""
    deployed, adrift = anchor(expected(), snapshot)
    assert not adrift
    live = with_owners(lift_snapshot(snapshot).network, deployed)
    places = placements(deployed)
    return Side(deployed, places), Side(live, standing(live, places))


@dataclass(frozen=True)
class Detection:
    """What an exercise came to. ``record`` is what it changed, ``called`` every operation that it called to do so."""

    exercise: Exercise
    called: frozenset[str]
    record: str
    drift: Drift
    before: Side
    after: Side

    @property
    def serious(self) -> tuple[Departure, ...]:
        """The departures that are more than cosmetic, worst first."""
        return tuple(one for one in self.drift.departures if one.meaning is not Meaning.COSMETIC)

    @property
    def named(self) -> tuple[Departure, ...]:
        """Those of them that name what was changed, worst first. A sentence calls an ARN by its last part."""
        last = self.record.rpartition("/")[2]
        return tuple(
            one
            for one in self.serious
            if last in (one.sentence if one.change is None else f"{one.change.record} {one.change}")
        )

    @property
    def found(self) -> Meaning | None:
        """What the change was found as."""
        return self.named[0].meaning if self.named else None

    @property
    def telling(self) -> tuple[Departure, ...]:
        return tuple(one for one in self.named if one.meaning is self.found)

    @property
    def witnesses(self) -> tuple[AgentGap, ...]:
        """What surely gets out now, as the telling departures show it, that the exercise says should."""
        pattern = re.compile(self.exercise.says)
        return tuple(
            one
            for departure in self.telling
            for one in departure.gaps
            if one.gap.kind is Kind.EXCESS and one.gap.certain and pattern.search(str(one.gap.witness))
        )

    @property
    def said(self) -> str:
        """Everything that the telling departures say and show."""
        return "\n".join(
            text
            for one in self.telling
            for text in (one.sentence, *map(str, one.doubts), *(str(shown.gap.witness) for shown in one.gaps))
        )

    @property
    def holds(self) -> bool:
        """Whether it is found, as what the exercise says, at what it changed, with what is shown to be true."""
        if self.drift.unread or self.found is not self.exercise.meaning:
            return False
        if self.found is Meaning.WIDENS:
            return any(map(self.is_true, self.witnesses))
        if self.found is None:
            return not self.serious and self.drift.status is Status.PROVEN
        opened = any(one.meaning is Meaning.WIDENS for one in self.serious)
        return not opened and re.search(self.exercise.says, self.said) is not None

    def is_true(self, shown: AgentGap) -> bool:
        """Whether a witness leaves the live network, and did not leave the deployed one.

        A call meets no packet's layers: there the proof of the whole live network has it, and what was deployed is
        proven to keep the policies.
        """
        witness = shown.gap.witness
        if isinstance(witness, Call):
            return alike(shown) in {alike(one) for one in gaps_of(self.drift.proof)}
        return self.after.lets_out(shown.agent, witness) and not self.before.lets_out(shown.agent, witness)


def detect(exercise: Exercise) -> Detection:
    """Make the change in a perimeter of its own. The local AWS must be running, and empty."""
    one = world()
    called: set[str] = set()

    def note(model: OperationModel, **_: object) -> None:
        called.add(f"{model.service_model.service_name}:{model.name}")

    one.session.events.register("before-call", note)
    record = exercise.make(one)
    one.session.events.unregister("before-call", note)
    snapshot = snapshot_of(one)
    return Detection(exercise, frozenset(called), record, drift_of(snapshot), *sides(snapshot))
