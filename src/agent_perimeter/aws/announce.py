"""From a judged snapshot to everybody who should know: undertake, attribute, store, tell, settle.

``watch.ledger`` says why in this order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import boto3

from agent_perimeter.aws.deliver import FAILED, Courier, store
from agent_perimeter.aws.memory import Contended, Memory
from agent_perimeter.aws.outputs import Outputs
from agent_perimeter.aws.trail import changes_of
from agent_perimeter.drift.actors import attributed
from agent_perimeter.drift.model import Actor, Drift
from agent_perimeter.report.drift_json import drift_json
from agent_perimeter.snapshot import Snapshot, write_snapshot
from agent_perimeter.watch.evidence import report_key, snapshot_key
from agent_perimeter.watch.ledger import Announcement, Kind, Ledger, advance, identity, settle

LOOK_BACK: Final = timedelta(days=7)
"""How far back CloudTrail is searched for who made a change."""

News = tuple[Announcement, ...]


@dataclass(frozen=True, slots=True)
class Announced:
    """``drift`` with its actors, what this run announced, and in words which outputs did not take it."""

    drift: Drift
    news: News
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One run over one snapshot. ``request`` names the run; a retry of it has the same name. ``now`` is in UTC."""

    session: boto3.Session
    outputs: Outputs
    snapshot: Snapshot
    request: str
    now: datetime

    def announce(self, drift: Drift, made: Iterable[tuple[str, Actor]], *, search: bool) -> Announced:
        """Announce what is new. ``made``: who changed what, as far as the caller knows; ``search`` CloudTrail too.

        Never raises for what AWS answers: whatever fails is in the outcome, and everything else was tried.
        """
        memory = Memory(self.session.client("s3"), self.outputs.bucket)
        news, failures = self._undertaken(memory, drift)
        remembered = not failures
        drift = self._attributed(drift, news, made, search=search)
        known = {identity(departure): departure for departure in drift.departures}
        news = tuple(replace(one, departure=known.get(one.entry.id)) for one in news)
        key = report_key(drift.taken, drift.status)
        failures += self._stored(memory, drift, key, news)
        moment = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        report = f"s3://{self.outputs.bucket}/{key}"
        courier = Courier(self.session, self.outputs, drift, self.snapshot.partition, moment, report)
        delivered = courier.deliver(news)
        failures += delivered.failures
        if news and remembered:
            failures += self._settled(memory, delivered.told)
        return Announced(drift, news, tuple(failures))

    def _undertaken(self, memory: Memory, drift: Drift) -> tuple[News, list[str]]:
        step = partial(advance, drift=drift, run=self.request, now=self.now)
        try:
            return memory.change(step), []
        except FAILED as error:
            # Without a memory all is new: better told again than not at all.
            return step(Ledger())[1], [f"the ledger: {error}"]
        except Contended as error:
            return (), [str(error)]

    def _settled(self, memory: Memory, told: Mapping[str, tuple[str, ...]]) -> list[str]:
        def step(ledger: Ledger) -> tuple[Ledger, None]:
            return settle(ledger, self.request, told, self.outputs.names, self.now), None

        try:
            memory.change(step)
        except (*FAILED, Contended) as error:
            return [f"the ledger: {error}"]
        return []

    def _attributed(self, drift: Drift, news: News, made: Iterable[tuple[str, Actor]], *, search: bool) -> Drift:
        """With who did it, as the event says; where it says nothing of what has just opened, as CloudTrail says."""
        drift = attributed(drift, made)
        opened = {one.entry.id for one in news if one.kind is Kind.OPENED}
        nameless = {
            departure.change.record
            for departure in drift.departures
            if departure.change is not None and not departure.actors and identity(departure) in opened
        }
        if not nameless or not search:
            return drift
        trail = changes_of(self.session, sorted(nameless), self.now - LOOK_BACK)
        return attributed(drift, ((one.resource, one.actor) for one in trail.changes))

    def _stored(self, memory: Memory, drift: Drift, key: str, news: News) -> list[str]:
        """Every report; the snapshot where something opened or closed."""
        documents = {key: drift_json(drift)}
        if any(one.kind is not Kind.STILL_OPEN for one in news):
            documents[snapshot_key(drift.taken)] = write_snapshot(self.snapshot)
        outcomes = (store(memory.s3, self.outputs.bucket, name, text) for name, text in documents.items())
        return [outcome for outcome in outcomes if outcome]
