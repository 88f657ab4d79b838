"""Reading the local AWS: what was deployed and what people added, wholly, once, and nothing else."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto import mock_aws

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.select import Target, deployed_template
from agent_perimeter.snapshot import Snapshot, read_snapshot, write_snapshot
from tests.aws.conftest import ACCOUNT, REGION
from tests.aws.deploy import deploy, golden, resources
from tests.aws.local import install

STACK = "AgentPerimeter-policies"
VPC = "PerimetervpcF8E1CDA1"

CALLS = 66
"""Of a whole check of the example perimeter, choosing it included. One more is a decision, not an accident."""


class Calls:
    """Every call that a session's clients make."""

    def __init__(self, session: boto3.Session, delay: float = 0) -> None:
        self.made: list[tuple[str, str]] = []
        self._delay = delay
        self._lock = Lock()
        session.events.register("before-call", self._made)

    def _made(self, model: Any, params: Mapping[str, Any], **_: object) -> None:
        with self._lock:
            self.made.append((f"{model.service_model.service_name}:{model.name}", str(params["body"])))
            number = len(self.made)
        time.sleep(self._delay * (number % 7))


def read(target: Target, delay: float = 0) -> tuple[Snapshot, Calls]:
    session = boto3.Session(region_name=REGION)
    calls = Calls(session, delay)
    return collect(session, target), calls


def without_time(snapshot: Snapshot) -> str:
    return write_snapshot(replace(snapshot, taken=""))


@pytest.fixture(scope="module")
def perimeter() -> Iterator[str]:
    """The example perimeter, deployed once, for tests that change nothing; its VPC."""
    install()
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.delenv("AWS_PROFILE", raising=False)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        session = boto3.Session(region_name=REGION)
        deploy(session, STACK, golden())
        yield resources(session, STACK)[VPC]


def test_the_perimeter_as_it_was_deployed_is_read_wholly(perimeter: str) -> None:
    snapshot, calls = read(Target(stack=STACK))
    assert snapshot.unread == ()
    assert (snapshot.vpc, snapshot.stack, snapshot.perimeter) == (perimeter, STACK, "policies")
    assert (snapshot.account, snapshot.region, snapshot.partition) == (ACCOUNT, REGION, "aws")
    assert read_snapshot(write_snapshot(snapshot).encode(), "snapshot.json") == snapshot
    assert len(calls.made) == CALLS
    assert Counter(calls.made).most_common(1)[0][1] == 1, "a call was made twice"


@pytest.mark.usefixtures("perimeter")
def test_the_order_of_the_threads_is_not_seen() -> None:
    first, _ = read(Target(stack=STACK))
    second, _ = read(Target(stack=STACK), delay=0.01)
    assert without_time(first) == without_time(second)


def test_by_stack_by_tag_and_by_id_it_is_the_same_perimeter(perimeter: str) -> None:
    by_stack, _ = read(Target(stack=STACK))
    by_id, calls = read(Target(vpc=perimeter))
    assert without_time(by_id) == without_time(by_stack)
    assert len(calls.made) == CALLS
    by_tag, _ = read(Target(tags={"agent-perimeter:perimeter": "policies"}))
    (more,) = (answer for answer in by_tag.answers if answer not in by_stack.answers)
    assert more.parameters == {"Filters": [{"Name": "tag:agent-perimeter:perimeter", "Values": ["policies"]}]}
    assert [answer for answer in by_stack.answers if answer not in by_tag.answers] == []


@pytest.mark.usefixtures("perimeter")
def test_the_template_that_was_deployed_can_be_read_back() -> None:
    assert json.loads(deployed_template(boto3.Session(region_name=REGION), STACK)) == golden()


@pytest.mark.usefixtures("perimeter")
def test_progress_tells_what_was_read() -> None:
    told: list[str] = []
    snapshot = collect(boto3.Session(region_name=REGION), Target(stack=STACK), told.append)
    assert len(told) == len(snapshot.answers) - 1  # but for the one that chose the VPC
    assert told[-1].endswith("; 0 calls under way")


@pytest.mark.usefixtures("perimeter")
def test_what_depends_on_a_call_that_was_denied_is_skipped_and_everything_else_is_read() -> None:
    session = boto3.Session(region_name=REGION)
    whole = collect(session, Target(stack=STACK))

    def refuse(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        body = b"<R><Error><Code>AccessDenied</Code><Message>no</Message></Error></R>"
        return AWSResponse(request.url, 403, {}, _Raw(body))

    session.events.register_first("before-send.iam.GetPolicy", refuse)
    snapshot = collect(session, Target(stack=STACK))
    assert Counter((one.call, one.code) for one in snapshot.unread) == {
        ("iam:GetPolicy", "AccessDenied"): 4,
        ("iam:GetPolicyVersion", "Skipped"): 1,
    }
    assert str(snapshot.unread[-1]) == (
        "iam:GetPolicyVersion was not read: Skipped: it needs the answer of iam:GetPolicy (AccessDenied)"
    )
    assert snapshot.answers == tuple(
        answer for answer in whole.answers if answer.call not in {"iam:GetPolicy", "iam:GetPolicyVersion"}
    )


@pytest.mark.usefixtures("perimeter")
@pytest.mark.parametrize(("also", "account"), [("ec2.DescribeSubnets", ACCOUNT), ("ec2.DescribeVpcs", "")])
def test_the_account_is_the_owner_of_the_vpc_where_nobody_says_whose_credentials_these_are(
    also: str, account: str
) -> None:
    session = boto3.Session(region_name=REGION)

    def refuse(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        body = b"<R><Errors><Error><Code>AccessDenied</Code><Message>no</Message></Error></Errors></R>"
        return AWSResponse(request.url, 403, {}, _Raw(body))

    for call in ("sts.GetCallerIdentity", also):
        session.events.register_first(f"before-send.{call}", refuse)
    snapshot = collect(session, Target(stack=STACK))
    assert snapshot.account == account
    assert "sts:GetCallerIdentity" in {one.call for one in snapshot.unread}


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> list[bytes]:
        return [self._body]
