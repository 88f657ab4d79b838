"""The scheduled Lambda: read the account, judge it, say what is new.

It runs every few minutes and whenever CloudTrail tells of a call that can change the perimeter. Every run is a whole
check, so one that is missed, repeated or overtaken does no harm. A run that could not check never looks like one that
found nothing: it counts as incomplete, says why, and fails where trying again can help.

What is imported here is what reading takes. The judge is loaded while AWS answers, so that it costs a cold start
nothing: see ``_judge``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import boto3

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.outputs import Outputs
from agent_perimeter.aws.select import Target, TargetError, Unanswered
from agent_perimeter.aws.session import CredentialsError, open_session
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Snapshot
from agent_perimeter.watch.frozen import FILE, Frozen, thaw

if TYPE_CHECKING:
    from agent_perimeter.drift.model import Drift
    from agent_perimeter.watch.lines import Run

ROOT = Path(__file__).parents[1]
"""Where the asset was unpacked: the package, and what was frozen beside it."""

RESERVE: Final = timedelta(seconds=15)
"""Of a run's time, what is kept for saying what was found."""

SETTLED: Final = timedelta(seconds=60)
"""How old a change must be for a reading to show it: EC2's answers are eventually consistent."""


class Context(Protocol):
    """What Lambda says of an invocation, as far as it is used here."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


def _now() -> datetime:
    return datetime.now(UTC)


class Incomplete(Exception):
    """Something was not read, and may be the next time."""


class Undelivered(Exception):
    """Some output did not take what it was told, or nothing could be remembered. Trying again does the rest."""


@dataclass(slots=True)
class Recent:
    """When the last complete check of this execution environment began, if there was one.

    A deployment makes a hundred changes in a minute, and CloudTrail tells of each: one check answers for all that were
    settled when it began. It is remembered here and nowhere else, for what others can write, others can forge. The
    schedule's events are never answered for.
    """

    began: datetime | None = None

    def answers(self, event: Mapping[str, Json]) -> bool:
        """Whether the event tells of a change that the last check has seen."""
        from agent_perimeter.watch.cloudtrail import happened

        changed = happened(event)
        return changed is not None and self.began is not None and changed + SETTLED < self.began


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched, and where to write. ``session`` makes the session with AWS, ``clock`` tells the time in UTC."""

    frozen: Frozen
    outputs: Outputs
    session: Callable[[], boto3.Session]
    clock: Callable[[], datetime] = _now
    recent: Recent = field(default_factory=Recent)


def handler(event: Mapping[str, Json], context: Context) -> dict[str, Json]:
    """Check once. The event is the schedule's, or CloudTrail's as EventBridge hands it on.

    Raises what kept it from checking, ``Incomplete`` and ``Undelivered``: Lambda tries again, and then leaves the
    event in the dead-letter queue.
    """
    return Invocation(_watch(), context).run(event)


@cache
def _watch() -> Watch:
    """The watch of this execution environment, which serves many invocations."""
    return begin(ROOT, os.environ)


def begin(root: Path, environment: Mapping[str, str]) -> Watch:
    """Thaw what is watched and read the environment. Raises ``ValueError`` for what cannot be used, ``OSError``."""
    frozen = thaw((root / FILE).read_text("utf-8"))
    bucket, topic, bus, hub = (
        environment.get(f"AGENT_PERIMETER_{name}", "") for name in ("BUCKET", "TOPIC", "BUS", "SECURITY_HUB")
    )
    if not bucket:
        raise ValueError("AGENT_PERIMETER_BUCKET names no bucket")
    if hub not in {"", "on"}:
        raise ValueError(f"AGENT_PERIMETER_SECURITY_HUB is {hub!a}; it is `on` or not set")
    # Lambda always sets AWS_REGION; boto3 reads AWS_DEFAULT_REGION alone.
    session = partial(open_session, region=environment.get("AWS_REGION"))
    return Watch(frozen, Outputs(bucket, topic, bus, hub == "on"), session)


@dataclass(slots=True)
class Invocation:
    """One run, and what of it has to be said whatever happens."""

    watch: Watch
    context: Context
    started: float = field(default_factory=time.monotonic)
    snapshot: Snapshot | None = None
    drift: Drift | None = None
    failures: tuple[str, ...] = ("nothing was announced",)
    """Until something is announced, it is not."""

    def run(self, event: Mapping[str, Json]) -> dict[str, Json]:
        """Check and announce; whatever comes of it, write the figures. What was seen is not looked for again."""
        if self.watch.recent.answers(event):
            return {"status": "seen by an earlier check"}
        began = self.watch.clock()
        try:
            session = self.watch.session()
            self.snapshot = self._read(session)
            said = self._judge(session, self.snapshot, event)
        except (TargetError, Unanswered, CredentialsError, TimeoutError) as error:
            from agent_perimeter.watch.lines import failure_line

            _say(failure_line(str(error) or "the account was not read in time", self._run()))
            raise
        finally:
            from agent_perimeter.watch.lines import metrics

            _say(metrics(self.drift, self._run(), self.watch.clock()))
        if self.failures:
            raise Undelivered("; ".join(self.failures))
        passing = [str(one) for one in self.snapshot.unread if _passes(one.code)]
        if passing:
            raise Incomplete("; ".join(passing))
        if self.snapshot.complete:
            self.watch.recent.began = began
        return said

    def _read(self, session: boto3.Session) -> Snapshot:
        """Read the account, and load the judge meanwhile. Raises ``TimeoutError`` in time to say so."""
        frozen = self.watch.frozen
        target = Target(stack=frozen.stack, watch_stack=frozen.watch_stack or None)
        pool = ThreadPoolExecutor(1, thread_name_prefix="read")
        try:
            reading: Future[Snapshot] = pool.submit(collect, session, target)
            _load()
            return reading.result(max(self._left().total_seconds(), 0))
        finally:
            pool.shutdown(wait=False)

    def _judge(self, session: boto3.Session, snapshot: Snapshot, event: Mapping[str, Json]) -> dict[str, Json]:
        """Hold what was read to what is meant, and announce it. Returns how it went, for whoever invokes by hand."""
        from agent_perimeter.aws.announce import Round
        from agent_perimeter.drift.check import check
        from agent_perimeter.watch.cloudtrail import made_by
        from agent_perimeter.watch.ledger import Kind
        from agent_perimeter.watch.lines import check_line, departure_line

        frozen, now = self.watch.frozen, self.watch.clock()
        meant = (frozen.expected, frozen.policies, now.date(), dict(frozen.runtimes), frozen.parts, frozen.source)
        self.drift = check(snapshot, *meant)
        round_ = Round(session, self.watch.outputs, snapshot, self.context.aws_request_id, now)
        announced = round_.announce(self.drift, made_by(event), search=self._left() > timedelta(0))
        self.drift, self.failures = announced.drift, announced.failures
        for departure in self.drift.departures:
            _say(departure_line(departure, self.drift, self._run()))
        _say(check_line(self.drift, self._run()))
        counts: dict[str, Json] = {kind.value: sum(one.kind is kind for one in announced.news) for kind in Kind}
        return {"status": self.drift.status.value, "unread": len(self.drift.unread), **counts}

    def _left(self) -> timedelta:
        return timedelta(milliseconds=self.context.get_remaining_time_in_millis()) - RESERVE

    def _run(self) -> Run:
        from agent_perimeter.watch.lines import Run

        calls = len(self.snapshot.answers) + len(self.snapshot.unread) if self.snapshot else 0
        spent = round((time.monotonic() - self.started) * 1000)
        failed = len(self.failures) if self.drift is not None else 0
        return Run(self.watch.frozen.perimeter, self.context.aws_request_id, calls, spent, failed)


def _load() -> None:
    """Import the judge and what reports. It takes as long as AWS takes to answer, and both can be done at once."""
    import agent_perimeter.aws.announce
    import agent_perimeter.drift.check
    import agent_perimeter.watch.lines  # noqa: F401


_PASSING: Final = (
    *("Internal", "RequestLimit", "SlowDown", "Throttl", "TimedOut", "Timeout", "TooManyRequests", "Unavailable"),
    "Unreachable",
)
"""What the codes have in common by which AWS, or the way there, says: later."""


def _passes(code: str) -> bool:
    """Whether a call that failed so may answer in a minute."""
    return any(word in code for word in _PASSING)


def _say(line: str) -> None:
    """One line of the function's log."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
