"""One round over one snapshot: the order in which it remembers, stores, tells and settles."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from agent_perimeter.aws.announce import Round
from agent_perimeter.aws.memory import Memory
from agent_perimeter.aws.outputs import Outputs
from agent_perimeter.drift.model import Meaning
from agent_perimeter.snapshot import Snapshot
from agent_perimeter.watch.ledger import Kind, Ledger
from tests.aws.conftest import LocalAws
from tests.aws.watched import listeners
from tests.unit.watch_news import EVE, departure, drift

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
HOLE = departure()


@pytest.fixture
def session(local_aws: LocalAws) -> boto3.Session:
    """One of its own, for tests that listen in on it."""
    return boto3.Session(region_name=local_aws.region)


@pytest.fixture
def round_(session: boto3.Session) -> Round:
    session.client("securityhub").enable_security_hub()
    snapshot = Snapshot("2026-11-22T20:00:00+00:00", "111122223333", "eu-west-1", "aws", "vpc-1", "s", "agents")
    return Round(session, listeners(session)[0], snapshot, "r-1", NOW)


def ledger(of: Round) -> Ledger:
    return Memory(of.session.client("s3"), of.outputs.bucket).change(lambda found: (found, found))


def test_what_is_new_is_told_and_remembered(round_: Round) -> None:
    said = round_.announce(drift(HOLE), [("sg-1", EVE)], search=False)
    assert [one.kind for one in said.news] == [Kind.OPENED]
    assert said.failures == ()
    assert said.drift.departures[0].actors == (EVE,)
    assert said.news[0].departure == said.drift.departures[0], "who did it is told too"
    (entry,) = ledger(round_).entries
    assert (entry.announcements, entry.undertaking) == (1, None)


def test_what_cannot_be_settled_is_a_failure_and_due_again(session: boto3.Session, round_: Round) -> None:
    """It was told, and whoever comes next cannot know: at least once, so perhaps twice."""
    writes = 0

    def breaks(params: dict[str, Any], **_: Any) -> None:
        nonlocal writes
        writes += params["url_path"].endswith("/state/ledger.json")
        if writes == 2:
            raise EndpointConnectionError(endpoint_url="https://s3")

    session.events.register("before-call.s3.PutObject", breaks)
    said = round_.announce(drift(HOLE), (), search=False)
    assert said.failures == ('the ledger: Could not connect to the endpoint URL: "https://s3"',)
    (entry,) = ledger(round_).entries
    assert entry.undertaking is not None
    assert entry.undertaking.run == "r-1"
    assert len(round_.announce(drift(HOLE), (), search=False).news) == 1
    assert ledger(round_).entries[0].undertaking is None


def test_without_news_the_ledger_is_left_alone(session: boto3.Session, round_: Round) -> None:
    round_.announce(drift(HOLE), (), search=False)
    s3 = session.client("s3")
    before = s3.head_object(Bucket=round_.outputs.bucket, Key="state/ledger.json")["LastModified"]
    round_.announce(drift(HOLE), (), search=False)
    assert s3.head_object(Bucket=round_.outputs.bucket, Key="state/ledger.json")["LastModified"] == before


def test_an_output_that_was_never_there_is_not_waited_for(round_: Round) -> None:
    quiet = Round(
        round_.session,
        Outputs(round_.outputs.bucket, "", "", security_hub=False),
        round_.snapshot,
        round_.request,
        NOW,
    )
    quiet.announce(drift(departure(Meaning.NARROWS)), (), search=False)
    assert ledger(quiet).entries[0].announcements == 1
