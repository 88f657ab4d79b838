"""What the watch remembers between runs: which departures are open, and which of them was announced to whom.

Announcing is at least once, and in practice once. A run first *undertakes* an announcement in the ledger, then makes
it, then *settles* it. Runs that overlap read one ledger and write it on condition that nobody wrote it meanwhile, so
one of them undertakes and the others stay silent. Where a run dies in between, what it undertook falls due again after
``LEASE``; where one output failed, the others are noted as told and only the failed one is tried again. What can be
told twice is an announcement whose run died after it spoke and before it settled: better twice than never.

The ledger decides about announcements alone. Metrics, and with them the alarms, are made anew by every run from what
it sees, so nobody who can write the ledger can silence an alarm.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, cast

from agent_perimeter.drift.model import MEANINGS, Departure, Drift, Meaning
from agent_perimeter.forms import Json, form_of
from agent_perimeter.verdict import Status

FORMAT: Final = "agent-perimeter/ledger/1"
LEASE: Final = timedelta(minutes=15)
"""No run of a Lambda function lasts longer; whoever undertook something before that is gone."""
REMIND: Final = timedelta(hours=24)
"""After this much a departure that is still open is announced again."""
INCOMPLETE: Final = "incomplete"
"""The id of the entry for a check that could not read everything."""
UNPROVEN: Final = "unproven"
"""The id of the entry for a network that is refuted although nothing departs from what was deployed."""


class Kind(StrEnum):
    """What an announcement says."""

    OPENED = "opened"
    STILL_OPEN = "still open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Undertaking:
    """An announcement that is being made.

    ``run`` undertook it at ``since`` (ISO 8601); both are empty where its run gave it back unfinished. ``told`` are the
    outputs that have taken it, sorted.
    """

    kind: Kind
    run: str
    since: str
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One open departure.

    ``opened`` and ``announced`` are ISO 8601 in UTC; ``announced`` is empty before the first time. ``record`` is the
    resource, or empty. ``announcements`` counts those that every output took.
    """

    id: str
    meaning: Meaning
    sentence: str
    record: str
    opened: str
    announced: str = ""
    announcements: int = 0
    undertaking: Undertaking | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Entries sorted by id. ``seen`` is when the newest snapshot that changed the ledger was taken (ISO 8601)."""

    format: Literal["agent-perimeter/ledger/1"] = FORMAT
    seen: str = ""
    entries: tuple[Entry, ...] = ()


class LedgerError(ValueError):
    """A document that is no ledger of this version."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something to say, to every output that is not in ``told``.

    ``departure`` is None where it is gone. ``entry`` is as it stood when the announcement was undertaken.
    """

    kind: Kind
    entry: Entry
    departure: Departure | None
    told: tuple[str, ...] = ()


def complete(drift: Drift) -> bool:
    """Whether everything was read and understood, so that what is not there is gone."""
    return (
        not drift.unread
        and drift.proof.status is not Status.UNKNOWN
        and all(departure.certain for departure in drift.departures)
    )


def identity(departure: Departure) -> str:
    """The same for one departure whatever it means: the meaning may change while the departure stands."""
    change = departure.change
    parts = (
        (departure.sentence,)
        if change is None
        else (change.alteration, change.type, change.record, change.detail, change.field, change.before, change.after)
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def advance(ledger: Ledger, drift: Drift, run: str, now: datetime) -> tuple[Ledger, tuple[Announcement, ...]]:
    """The ledger after a check, and what this run has undertaken to announce.

    A departure opens when it is seen for the first time, or has become worse. It closes when a check that has read
    everything does not see it. Where something was not read, nothing closes, and nothing opens that is not certain: it
    may only be out of sight, or the shadow of what is. Cosmetic departures are no news. A check of an older snapshot
    than the ledger has seen is no news at all. A ledger from the future is no memory of anything: it is begun anew, or
    it would keep every run silent until then.
    """
    if any(moment > now + LEASE for moment in _moments(ledger)):
        ledger = Ledger()
    if drift.taken < ledger.seen:
        return ledger, ()
    read = not drift.unread
    known = {entry.id: entry for entry in ledger.entries}
    seen = {one.id: one for one in _sightings(drift)}
    rounds = [_met(known.get(id_), sighting, run, now, read=read) for id_, sighting in seen.items()]
    missing = [entry for id_, entry in known.items() if id_ not in seen]
    rounds += [_missed(entry, run, now) if read else (entry, None) for entry in missing]
    entries = tuple(sorted((entry for entry, _ in rounds if entry is not None), key=lambda entry: entry.id))
    announcements = tuple(said for _, said in rounds if said is not None)
    after = replace(ledger, entries=entries)
    return (ledger if after == ledger else replace(after, seen=drift.taken)), tuple(sorted(announcements, key=_worst))


def settle(
    ledger: Ledger, run: str, told: Mapping[str, Collection[str]], outputs: Collection[str], now: datetime
) -> Ledger:
    """The ledger after a run made its announcements: ``told`` gives, by entry, the outputs that have taken it.

    What all ``outputs`` took is done with: it is announced, or gone where it had closed. The rest is given back, and
    due at once.
    """
    entries = (
        _settled(entry, entry.undertaking, told.get(entry.id, ()), outputs, now)
        if entry.undertaking is not None and entry.undertaking.run == run
        else entry
        for entry in ledger.entries
    )
    return replace(ledger, entries=tuple(entry for entry in entries if entry is not None))


def write_ledger(ledger: Ledger) -> str:
    """The document, the same for the same ledger."""
    return json.dumps(form_of(Ledger).write(ledger), indent=1, sort_keys=True) + "\n"


def read_ledger(raw: bytes) -> Ledger:
    """Read what ``write_ledger`` wrote. Raises ``LedgerError`` for anything else."""
    try:
        tree: Json = json.loads(raw)
        ledger = cast("Ledger", form_of(Ledger).read(tree))
        for entry in ledger.entries:
            _sound(entry)
        _moments(ledger)
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"this is no ledger of this version: {error}") from error
    return ledger


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What a check saw: a departure, or (None) that it could not read everything."""

    id: str
    meaning: Meaning
    sentence: str
    record: str
    certain: bool
    departure: Departure | None


def _sightings(drift: Drift) -> Iterable[_Sighting]:
    for departure in drift.departures:
        if departure.meaning is not Meaning.COSMETIC and (departure.certain or not drift.unread):
            record = departure.change.record if departure.change else ""
            about = (departure.meaning, departure.sentence, record, departure.certain)
            yield _Sighting(identity(departure), *about, departure)
    found = any(one.certain and one.meaning is not Meaning.COSMETIC for one in drift.departures)
    if drift.status is Status.REFUTED and not found:
        sentence = "what is deployed departs from its policies by itself: no change since explains it"
        yield _Sighting(UNPROVEN, Meaning.WEAKENS, sentence, "", True, None)
    if not complete(drift):
        count = len(drift.unread)
        sentence = (
            f"{count} {'part was' if count == 1 else 'parts were'} not read" if count else "not all could be judged"
        )
        yield _Sighting(INCOMPLETE, Meaning.UNCLEAR, sentence, "", False, None)


_Round = tuple[Entry | None, Announcement | None]


def _met(entry: Entry | None, sighting: _Sighting, run: str, now: datetime, *, read: bool) -> _Round:
    """A departure that is there."""
    if entry is None:
        fresh = Entry(sighting.id, sighting.meaning, sighting.sentence, sighting.record, _iso(now))
        return _undertaken(fresh, Kind.OPENED, sighting.departure, run, now)
    worse = sighting.certain and MEANINGS.index(sighting.meaning) < MEANINGS.index(entry.meaning)
    if worse or (read and sighting.certain):
        entry = replace(entry, meaning=sighting.meaning, sentence=sighting.sentence)
    current = entry.undertaking
    if worse or (current is not None and current.kind is Kind.CLOSED):
        return _undertaken(entry, Kind.OPENED, sighting.departure, run, now)
    if current is not None:
        if not _due(current, run, now):
            return entry, None
        return _undertaken(entry, current.kind, sighting.departure, run, now, current.told)
    if now - _moment(entry.announced) < REMIND:
        return entry, None
    return _undertaken(entry, Kind.STILL_OPEN, sighting.departure, run, now)


def _missed(entry: Entry, run: str, now: datetime) -> _Round:
    """A departure that is gone, by a check that would have seen it. That a check is complete again is no news."""
    if entry.id == INCOMPLETE:
        return None, None
    current = entry.undertaking
    if current is not None and current.kind is not Kind.STILL_OPEN and not _due(current, run, now):
        return entry, None
    told = current.told if current is not None and current.kind is Kind.CLOSED else ()
    return _undertaken(entry, Kind.CLOSED, None, run, now, told)


def _undertaken(
    entry: Entry, kind: Kind, departure: Departure | None, run: str, now: datetime, told: tuple[str, ...] = ()
) -> _Round:
    taken = replace(entry, undertaking=Undertaking(kind, run, _iso(now), told))
    return taken, Announcement(kind, taken, departure, told)


def _due(undertaking: Undertaking, run: str, now: datetime) -> bool:
    """Given back, this very run's (Lambda retries an event under the same request id), or its run is long dead."""
    return undertaking.run in {"", run} or now - _moment(undertaking.since) > LEASE


def _settled(
    entry: Entry, undertaking: Undertaking, told: Collection[str], outputs: Collection[str], now: datetime
) -> Entry | None:
    heard = tuple(sorted({*undertaking.told, *told}))
    if not set(outputs) <= set(heard):
        return replace(entry, undertaking=replace(undertaking, run="", since="", told=heard))
    if undertaking.kind is Kind.CLOSED:
        return None
    return replace(entry, announced=_iso(now), announcements=entry.announcements + 1, undertaking=None)


def _worst(announcement: Announcement) -> tuple[int, int, str]:
    """Worst first, and of one meaning what opened before what closed."""
    return (MEANINGS.index(announcement.entry.meaning), tuple(Kind).index(announcement.kind), announcement.entry.id)


def _sound(entry: Entry) -> None:
    """Raises ``ValueError`` where there is no time to count from."""
    if not entry.announced and entry.undertaking is None:
        raise ValueError(f"{entry.id} was never announced, and nobody is about to")


def _moments(ledger: Ledger) -> tuple[datetime, ...]:
    """Every time in it. Raises ``ValueError`` for one that cannot be read, or has no time zone."""
    texts = [ledger.seen]
    for entry in ledger.entries:
        texts += (entry.opened, entry.announced, entry.undertaking.since if entry.undertaking else "")
    moments = tuple(_moment(text) for text in texts if text)
    naive = next((moment for moment in moments if moment.tzinfo is None), None)
    if naive is not None:
        raise ValueError(f"{naive.isoformat()} has no time zone")
    return moments


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
