"""A perimeter that is deployed and watched, for tests of the watch."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.awsrequest import AWSResponse

from agent_perimeter.aws.outputs import Outputs
from agent_perimeter.drift.parts import Part
from agent_perimeter.files import read_policies
from agent_perimeter.handler import Invocation, Watch
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.verification import lifted
from agent_perimeter.watch.evidence import LEDGER
from agent_perimeter.watch.frozen import FORMAT, Frozen
from agent_perimeter.watch.ledger import Ledger, read_ledger
from tests.aws.deploy import golden, resources

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
STACK = "AgentPerimeter-agents"
SCHEDULE = {"source": "agent-perimeter.schedule"}


@dataclass
class Context:
    """An invocation as Lambda describes it."""

    aws_request_id: str = "11111111-2222-3333-4444-555555555555"
    milliseconds: int = 120_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass
class Watched:
    """What was deployed, where the watch writes, and who listens."""

    session: boto3.Session
    watch: Watch
    queue: str
    """The URL of a queue that hears what the topic is told."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """Entries that the bus was given since somebody last asked."""
    trail: list[dict[str, Any]] = field(default_factory=list)
    """What CloudTrail answers."""
    runs: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    """What the last run printed."""

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def later(self, by: timedelta) -> None:
        """The clock goes on."""
        now = datetime.now(UTC) + by
        self.watch = replace(self.watch, clock=lambda: now)

    def run(self, event: Mapping[str, Any] | None = None, *, request: str = "", milliseconds: int = 120_000) -> Any:
        """One invocation, whose log is kept even where it fails."""
        self.runs += 1
        printed = io.StringIO()
        context = Context(request or f"run-{self.runs}", milliseconds)
        try:
            with redirect_stdout(printed):
                return Invocation(self.watch, context).run(event or SCHEDULE)
        finally:
            self.log = [json.loads(line) for line in printed.getvalue().splitlines()]

    @property
    def figures(self) -> dict[str, Any]:
        (document,) = self.lines("metrics")
        return document

    def lines(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.log if line["event"] == event]

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and detail of what the bus was given since somebody last asked."""
        told = [(entry["DetailType"], json.loads(entry["Detail"])) for entry in self.told]
        self.told.clear()
        return told

    def notices(self) -> list[tuple[str, str]]:
        """Subject and text of what the topic was told since somebody last asked."""
        sqs, heard = self.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                body = json.loads(message["Body"])
                heard.append((body["Subject"], body["Message"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return heard

    def findings(self) -> list[dict[str, Any]]:
        """What Security Hub has."""
        found: list[dict[str, Any]] = self.client("securityhub").get_findings()["Findings"]
        return found

    def ledger(self) -> Ledger:
        bucket = self.watch.outputs.bucket
        return read_ledger(self.client("s3").get_object(Bucket=bucket, Key=LEDGER)["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        listed = self.client("s3").list_objects_v2(Bucket=self.watch.outputs.bucket, Prefix=prefix)
        return [found["Key"] for found in listed.get("Contents", [])]


@cache
def frozen(parts: tuple[Part, ...] = (), watch_stack: str = "") -> Frozen:
    """The perimeter of the tests, as the watch is given it at synth."""
    source = f"{STACK}.template.json"
    found = lifted([source], {source: json.dumps(golden()).encode()}.get)
    policies, findings = load_perimeter(read_policies([POLICIES]))
    assert not [one for one in findings if one.is_error]
    return Frozen(FORMAT, "policies", STACK, watch_stack, source, tuple(policies), found.network, (), parts)


def watched(region: str) -> Watched:
    """A watch of the deployed perimeter, with outputs of its own and somebody behind each to hear what it is told."""
    session = boto3.Session(region_name=region)
    outputs, queue = listeners(session)
    found = Watched(session, Watch(frozen(), outputs, lambda: boto3.Session(region_name=region)), queue)
    listen(found)
    return found


def listen(to: Watched) -> None:
    """Take down what the bus is given, and answer for CloudTrail, whose events moto does not keep.

    Moto hands events to a queue only with a library that nothing else here needs.
    """

    def tell(params: Mapping[str, Any], **_: Any) -> None:
        to.told.extend(params["Entries"])

    def look_up(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("", 200, {}, None), {"Events": to.trail}

    make = to.watch.session

    def session() -> boto3.Session:
        made = make()
        made.events.register("provide-client-params.events.PutEvents", tell)
        made.events.register("before-call.cloudtrail.LookupEvents", look_up)
        return made

    to.watch = replace(to.watch, session=session)


def listeners(session: boto3.Session) -> tuple[Outputs, str]:
    """Where a watch writes, all of it new; and the URL of a queue that hears its topic."""
    name = f"watch-{uuid4()}"
    where = {} if session.region_name == "us-east-1" else {"LocationConstraint": session.region_name}
    session.client("s3").create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
    sqs, sns = session.client("sqs"), session.client("sns")
    queue: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic: str = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return Outputs(name, topic, "default", security_hub=True), queue


def physical(session: boto3.Session, name: str) -> str:
    """The one resource of the perimeter whose logical id is made from that name."""
    found = resources(session, STACK).items()
    (id_,) = (id_ for logical, id_ in found if re.fullmatch(f"{name}[0-9A-F]{{8}}", logical))
    return id_
