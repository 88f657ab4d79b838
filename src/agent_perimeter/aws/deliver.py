"""What the watch writes: reports as evidence, and announcements to people, programs and Security Hub.

Each output stands for itself: one that fails keeps none of the others from being tried, and is the only one that is
tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from agent_perimeter.aws.outputs import BUS, SECURITY_HUB, TOPIC, Outputs
from agent_perimeter.drift.model import Drift
from agent_perimeter.forms import Json
from agent_perimeter.watch.events import SOURCE, event
from agent_perimeter.watch.findings import finding
from agent_perimeter.watch.ledger import INCOMPLETE, Announcement
from agent_perimeter.watch.notice import notice

CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=5,
    read_timeout=10,
    user_agent_extra="agent-perimeter",
)

FAILED: Final = (BotoCoreError, ClientError, ResponseParserError)
"""All that a call can raise: it did not get there, AWS refused it, or the answer cannot be read."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """``told``: by id of the ledger's entry, the outputs that took it. ``failures``: in words, what did not."""

    told: Mapping[str, tuple[str, ...]]
    failures: tuple[str, ...]


def store(s3: BaseClient, bucket: str, key: str, document: str) -> str:
    """Write one document as evidence. Returns what went wrong, or the empty text."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=document.encode(), ContentType="application/json")
    except FAILED as error:
        return f"s3://{bucket}/{key}: {error}"
    return ""


@dataclass(frozen=True, slots=True)
class Courier:
    """Takes the announcements of one check to the outputs. ``report`` is where the whole check is stored."""

    session: boto3.Session
    outputs: Outputs
    drift: Drift
    partition: str
    now: str
    report: str

    def deliver(self, announcements: tuple[Announcement, ...]) -> Delivered:
        """Give each output what it was not told yet. Never raises for what AWS answers."""
        told: dict[str, list[str]] = {one.entry.id: [] for one in announcements}
        failures: list[str] = []
        ways: dict[str, Callable[[tuple[Announcement, ...]], Iterator[str]]] = {
            BUS: self._events,
            SECURITY_HUB: self._findings,
            TOPIC: self._notice,
        }
        for name in self.outputs.names:
            due = tuple(one for one in announcements if name not in one.told)
            news = tuple(one for one in due if _concerns(name, one))
            taken: set[str] = set()
            reason = "refused"
            try:
                if news:
                    taken.update(ways[name](news))
            except FAILED as error:
                reason = str(error)
            for one in due:
                if one not in news or one.entry.id in taken:
                    told[one.entry.id].append(name)
            if len(taken) < len(news):
                failures.append(f"{name}: {len(news) - len(taken)} of {len(news)} not taken: {reason}")
        return Delivered({id_: tuple(names) for id_, names in told.items()}, tuple(failures))

    def _notice(self, news: tuple[Announcement, ...]) -> Iterator[str]:
        """All in one notification: taken together or not at all."""
        said = notice(news, self.drift, self.report)
        self._client("sns").publish(
            TopicArn=self.outputs.topic,
            Subject=said.subject,
            Message=said.message,
            MessageStructure="json",
            MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in said.attributes},
        )
        for one in news:
            yield one.entry.id

    def _events(self, news: tuple[Announcement, ...]) -> Iterator[str]:
        """Ten in a call. An entry that is refused is said so in an answer that is itself a success."""
        client = self._client("events")
        for some in _chunks(news, 10):
            said = [event(one, self.drift, self.report) for one in some]
            answer = client.put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": one.type,
                        "Detail": one.detail,
                        "Resources": list(one.resources),
                        "EventBusName": self.outputs.bus,
                    }
                    for one in said
                ]
            )
            for one, result in zip(some, answer["Entries"], strict=True):
                if "ErrorCode" not in result:
                    yield one.entry.id

    def _findings(self, news: tuple[Announcement, ...]) -> Iterator[str]:
        """A hundred in a call, likewise."""
        client = self._client("securityhub")
        for some in _chunks(news, 100):
            findings: dict[str, dict[str, Json]] = {
                one.entry.id: finding(one, self.drift, self.partition, self.now, self.report) for one in some
            }
            answer = client.batch_import_findings(Findings=list(findings.values()))
            refused = {failed["Id"] for failed in answer.get("FailedFindings", ())}
            yield from (id_ for id_, one in findings.items() if one["Id"] not in refused)

    def _client(self, service: str) -> BaseClient:
        return self.session.client(service, config=CONFIG)


def _concerns(output: str, announcement: Announcement) -> bool:
    """That a check was incomplete is told to programs; people have the alarm on it, which waits for a second one."""
    return output == BUS or announcement.entry.id != INCOMPLETE


def _chunks(news: tuple[Announcement, ...], size: int) -> Iterator[tuple[Announcement, ...]]:
    for start in range(0, len(news), size):
        yield news[start : start + size]
