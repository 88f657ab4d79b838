"""What a drift check comes to: each departure from what was deployed, what it means, and who made it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from agent_perimeter.observed import Doubt
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Gap, Layer, Proof, Status, worst


class Alteration(StrEnum):
    """What became of a record or of one of its fields."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Meaning(StrEnum):
    """What a departure means for egress, worst first.

    ``WIDENS``: something leaves end to end that did not (with a witness). ``WEAKENS``: a layer, a protection or a log
    is gone or lets out more, while other layers still hold. ``NARROWS``: the agent lost something that it is allowed.
    ``UNCLEAR``: what it means cannot be known. ``COSMETIC``: nothing of all this.
    """

    WIDENS = "widens"
    WEAKENS = "weakens"
    NARROWS = "narrows"
    UNCLEAR = "unclear"
    COSMETIC = "cosmetic"


MEANINGS = tuple(Meaning)
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the expected network and the live one.

    ``type`` is what it is, in words (``security group rule``, ``route``, ``DNS rule``, ``firewall policy``).
    ``record`` is the id of the resource that a person would open in the console (the group of a rule, the table of a
    route). ``detail`` names the part of it: ``egress tcp 443 to 0.0.0.0/0``, or empty where the whole resource came or
    went. ``field`` is set for CHANGED: which property. ``before`` and ``after`` are in words; empty where there was or
    is nothing. ``origin``: policy lines of the expected side where known; the path is the account's, or where the
    record is gone the template's.
    """

    alteration: Alteration
    type: str
    record: str
    detail: str
    field: str
    before: str
    after: str
    origin: Origin

    def __str__(self) -> str:
        what = f"{self.type} {self.record}" + (f" {self.detail}" if self.detail else "")
        match self.alteration:
            case Alteration.CHANGED:
                # AWS's names of properties are no words.
                plural = self.field.endswith("s") and self.field[0].islower()
                now, then = ("are", "were") if plural else ("is", "was")
                return f"{what}: {self.field} {now} {self.after or 'not set'}, {then} {self.before or 'not set'}"
            case Alteration.ADDED:
                return f"{what} was added" + (f": {self.after}" if self.after else "")
            case _:
                return f"{what} was removed" + (f": {self.before}" if self.before else "")


def _structure(change: Change) -> tuple[str, ...]:
    return (change.alteration, change.type, change.record, change.detail, change.field)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a change and when, from a CloudTrail management event.

    ``who`` is the ARN of the identity, ``event`` such as ``AuthorizeSecurityGroupEgress``, ``when`` ISO 8601 in UTC.
    """

    who: str
    event: str
    when: str
    source_address: str = ""
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class AgentGap:
    """A gap of one agent in one layer, as the proof found it."""

    agent: str
    layer: Layer
    gap: Gap


@dataclass(frozen=True, slots=True)
class Departure:
    """One departure: structural (``change``), or in meaning alone (an expired rule, several changes together).

    ``gaps`` are those that this departure makes, end to end first; for ``WIDENS`` the first has the witness to show.
    ``certain`` False: only a doubt makes it. ``sentence`` is one line for a person: what happened, without the witness.
    """

    meaning: Meaning
    sentence: str
    certain: bool = True
    change: Change | None = None
    gaps: tuple[AgentGap, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    origin: Origin = field(default_factory=Origin)
    actors: tuple[Actor, ...] = ()
    expired: bool = False

    @property
    def agents(self) -> tuple[str, ...]:
        return tuple(sorted({one.agent for one in self.gaps}))

    @property
    def id(self) -> str:
        """The same for the same departure in every run: 16 hexadecimal digits. Actors and witnesses do not count."""
        change = self.change
        parts = ("", self.sentence) if change is None else (*_structure(change), change.before, change.after)
        return hashlib.sha256("\0".join((self.meaning, *parts)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Drift:
    """A whole check. ``taken``, ``account``, ``region``, ``vpc``, ``stack`` are the snapshot's.

    ``departures`` are sorted worst first. ``unread``: in words, what was not read; with any, nothing is ever clean.
    ``proof`` is of the live network against the policies on the day of the check.
    """

    perimeter: str
    stack: str
    account: str
    region: str
    vpc: str
    taken: str
    departures: tuple[Departure, ...]
    unread: tuple[Doubt, ...]
    proof: Proof

    @property
    def status(self) -> Status:
        """REFUTED where a certain departure is more than cosmetic, PROVEN where all was read and nothing departs.

        Cosmetic departures are listed and leave the status alone. One that is certain and of unclear meaning is drift:
        somebody made it.
        """
        found = [departure for departure in self.departures if departure.meaning is not Meaning.COSMETIC]
        unread = [Status.UNKNOWN] if self.unread else []
        departed = [Status.REFUTED if departure.certain else Status.UNKNOWN for departure in found]
        return worst([self.proof.status, *unread, *departed])
