"""Announcements on their way out: what each output takes, and what becomes of what it does not take."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.parsers import ResponseParserError

from agent_perimeter.aws.deliver import Courier, store
from agent_perimeter.aws.outputs import Outputs
from agent_perimeter.drift.model import Meaning
from agent_perimeter.watch.ledger import Announcement
from tests.aws.conftest import LocalAws
from tests.aws.watched import listeners
from tests.unit.watch_news import announcement, departure, drift


def courier(session: boto3.Session, outputs: Outputs) -> Courier:
    return Courier(session, outputs, drift(departure()), "aws", "2026-11-22T20:00:00Z", "s3://b/r.json")


def news(count: int, *, told: tuple[str, ...] = ()) -> tuple[Announcement, ...]:
    return tuple(
        announcement(of=departure(Meaning.WEAKENS, record=f"sg-{number}"), told=told) for number in range(count)
    )


@pytest.fixture
def session(local_aws: LocalAws) -> boto3.Session:
    """One of its own, for tests that listen in on it."""
    return boto3.Session(region_name=local_aws.region)


@pytest.fixture
def outputs(session: boto3.Session) -> Outputs:
    session.client("securityhub").enable_security_hub()
    return listeners(session)[0]


@pytest.fixture
def calls(session: boto3.Session) -> dict[str, list[dict[str, Any]]]:
    """What was sent, by operation."""
    sent: dict[str, list[dict[str, Any]]] = {"PutEvents": [], "BatchImportFindings": [], "Publish": []}

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        sent[model.name].append(params)

    for name in ("events.PutEvents", "securityhub.BatchImportFindings", "sns.Publish"):
        session.events.register(f"before-parameter-build.{name}", note)
    return sent


def answers(session: boto3.Session, operation: str, answer: dict[str, Any]) -> None:
    session.events.register(f"before-call.{operation}", lambda **_: (AWSResponse("", 200, {}, None), answer))


def test_every_output_is_told_everything_in_as_few_calls_as_it_takes(
    session: boto3.Session, outputs: Outputs, calls: dict[str, list[dict[str, Any]]]
) -> None:
    said = news(101)
    delivered = courier(session, outputs).deliver(said)
    assert delivered.failures == ()
    assert delivered.told == {one.entry.id: ("bus", "security-hub", "topic") for one in said}
    assert [len(call["Entries"]) for call in calls["PutEvents"]] == [10] * 10 + [1]
    assert [len(call["Findings"]) for call in calls["BatchImportFindings"]] == [100, 1]
    assert len(calls["Publish"]) == 1
    assert calls["PutEvents"][0]["Entries"][0]["Source"] == "agent-perimeter"
    assert len(session.client("securityhub").get_findings(MaxResults=100)["Findings"]) == 100


def test_an_output_that_was_told_is_not_told_again(
    session: boto3.Session, outputs: Outputs, calls: dict[str, list[dict[str, Any]]]
) -> None:
    delivered = courier(session, outputs).deliver(news(1, told=("bus", "topic")))
    assert (len(calls["PutEvents"]), len(calls["BatchImportFindings"]), len(calls["Publish"])) == (0, 1, 0)
    assert set(delivered.told.values()) == {("security-hub",)}


def test_an_output_that_is_not_configured_is_not_missed(session: boto3.Session, outputs: Outputs) -> None:
    delivered = courier(session, Outputs(outputs.bucket, "", "", security_hub=False)).deliver(news(1))
    assert (set(delivered.told.values()), delivered.failures) == ({()}, ())


def test_an_entry_that_the_bus_refuses_in_an_answer_is_not_told(session: boto3.Session, outputs: Outputs) -> None:
    answers(session, "events.PutEvents", {"Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}]})
    said = news(2)
    delivered = courier(session, outputs).deliver(said)
    assert delivered.told[said[0].entry.id] == ("bus", "security-hub", "topic")
    assert delivered.told[said[1].entry.id] == ("security-hub", "topic")
    assert delivered.failures == ("bus: 1 of 2 not taken: refused",)


def test_a_finding_that_security_hub_refuses_in_an_answer_is_not_told(session: boto3.Session, outputs: Outputs) -> None:
    said = news(2)
    refused = {"FailedFindings": [{"Id": f"agent-perimeter/eu-west-1/111122223333/vpc-1/{said[0].entry.id}"}]}
    answers(session, "securityhub.BatchImportFindings", refused)
    delivered = courier(session, outputs).deliver(said)
    assert delivered.told[said[0].entry.id] == ("bus", "topic")
    assert delivered.failures == ("security-hub: 1 of 2 not taken: refused",)


def test_what_was_taken_before_an_output_broke_is_not_sent_again(session: boto3.Session, outputs: Outputs) -> None:
    count = 0

    def breaks(**_: Any) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise ResponseParserError("not what it should be")

    session.events.register("before-call.events.PutEvents", breaks)
    said = news(15)
    delivered = courier(session, outputs).deliver(said)
    assert [one.entry.id for one in said if "bus" in delivered.told[one.entry.id]] == [
        one.entry.id for one in said[:10]
    ]
    assert delivered.failures == ("bus: 5 of 15 not taken: not what it should be",)


def test_evidence_is_json(session: boto3.Session, outputs: Outputs) -> None:
    s3 = session.client("s3")
    assert store(s3, outputs.bucket, "reports/r.json", json.dumps({"a": 1})) == ""
    found = s3.get_object(Bucket=outputs.bucket, Key="reports/r.json")
    assert (json.load(found["Body"]), found["ContentType"]) == ({"a": 1}, "application/json")


def test_evidence_that_cannot_be_kept_is_said(session: boto3.Session) -> None:
    assert store(session.client("s3"), "nobody-s", "r.json", "{}").startswith("s3://nobody-s/r.json: ")
