"""Reading an account: every call of the table, as soon as the answers that it needs are there.

Calls run side by side, each list is read to its last page, and no call is made for what is not there. Whatever does not
answer is *unread*, and so is what depends on it: the snapshot says so, and whoever judges it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

import boto3
from botocore.exceptions import BotoCoreError

from agent_perimeter.aws.asked import Outcome, asked, text_of
from agent_perimeter.aws.calls import Clients, ask
from agent_perimeter.aws.paths import objects, texts
from agent_perimeter.aws.read import Read
from agent_perimeter.aws.reads import READS
from agent_perimeter.aws.select import PERIMETER_TAG, Target, choose, tags_of
from agent_perimeter.aws.session import THREADS
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Answer, Snapshot, Unread


def silent(_: str) -> None:
    """Progress that nobody follows."""


def collect(session: boto3.Session, target: Target, progress: Callable[[str], None] = silent) -> Snapshot:
    """Read everything that decides the egress of one VPC, and the watch's own parts where its stack is named.

    Raises ``TargetError``, ``Unanswered`` or ``CredentialsError`` while it is not known which VPC; after that, never
    for what AWS does. ``progress`` is told in words what was read, from the thread that called.
    """
    taken = datetime.now(UTC).isoformat(timespec="seconds")
    clients = Clients(session)
    chosen = choose(clients, target)
    region = str(session.region_name)
    places = {"vpc": chosen.vpc, "region": region, "stack": chosen.stack, "watch_stack": target.watch_stack or ""}
    reading = _Reading(clients, places, progress, list(READS), list(chosen.answers))
    reading.run()
    answers = tuple(sorted((one for one in reading.outcomes if isinstance(one, Answer)), key=_order))
    return Snapshot(
        taken=taken,
        account=_account(answers, chosen.vpc),
        region=region,
        partition=session.get_partition_for_region(region),
        vpc=chosen.vpc,
        stack=chosen.stack,
        perimeter=_perimeter(answers, chosen.vpc),
        answers=answers,
        unread=tuple(sorted((one for one in reading.outcomes if isinstance(one, Unread)), key=_order)),
    )


@dataclass(slots=True)
class _Reading:
    """One run through the table: ``waiting`` are the reads whose parameters cannot be made yet."""

    clients: Clients
    places: Mapping[str, str]
    progress: Callable[[str], None]
    waiting: list[Read]
    outcomes: list[Outcome]
    running: dict[Future[Outcome], str] = field(default_factory=dict)

    def run(self) -> None:
        had = {_order(one) for one in self.outcomes}
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="aws")
        try:
            while self.waiting or self.running:
                while ready := self._ready():
                    for read in ready:
                        self.waiting.remove(read)
                        calls = asked(read, self.places, self.outcomes)
                        self.outcomes.extend(calls.skipped)
                        for parameters in calls.parameters:
                            if (read.call, text_of(parameters)) not in had:
                                self._start(pool, read, parameters)
                for future in wait(self.running, return_when=FIRST_COMPLETED).done:
                    call = self.running.pop(future)
                    self.outcomes.append(future.result())
                    self.progress(f"read {call}; {len(self.running)} calls under way")
        finally:
            pool.shutdown(cancel_futures=True)

    def _ready(self) -> Sequence[Read]:
        """Those of which everything that they need was read, or could not be."""
        unfinished = {read.call for read in self.waiting} | set(self.running.values())
        return [read for read in self.waiting if not read.needs & unfinished]

    def _start(self, pool: ThreadPoolExecutor, read: Read, parameters: Mapping[str, Json]) -> None:
        with suppress(BotoCoreError):
            self.clients.of(read.service)  # made in this thread; if it cannot be, the call says so
        self.running[pool.submit(ask, self.clients, read, parameters, self.places["vpc"])] = read.call


def _order(one: Outcome) -> tuple[str, str]:
    return one.call, text_of(one.parameters)


def _perimeter(answers: Sequence[Answer], vpc: str) -> str:
    """The perimeter's name: the value of our tag on the VPC."""
    return tags_of(next(_described(answers, vpc), {})).get(PERIMETER_TAG, "")


def _account(answers: Sequence[Answer], vpc: str) -> str:
    """Whose credentials these are; where that was not read, who owns the VPC. Empty where nobody knows."""
    asked = (text for one in answers if one.service == "sts" for text in texts(one.result, "Account"))
    owners = (text for item in _described(answers, vpc) for text in texts(item, "OwnerId"))
    return next(chain(asked, owners), "")


def _described(answers: Sequence[Answer], vpc: str) -> Iterator[Mapping[str, Json]]:
    return (item for answer in answers for item in objects(answer.result, "Vpcs") if vpc in texts(item, "VpcId"))
