"""Snapshots as documents: what was written is read again, and nothing else is."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from agent_perimeter.forms import Mismatch, form_of
from agent_perimeter.snapshot import FORMAT, Answer, Snapshot, SnapshotError, Unread, read_snapshot, write_snapshot

WHOLE = Snapshot(
    taken="2026-11-22T20:00:00+00:00",
    account="111122223333",
    region="eu-west-1",
    partition="aws",
    vpc="vpc-1",
    stack="AgentPerimeter-agents",
    perimeter="agents",
    answers=(Answer("ec2", "DescribeVpcs", {"VpcIds": ["vpc-1"]}, {"Vpcs": [{"VpcId": "vpc-1"}]}),),
    unread=(Unread("ec2", "DescribeSubnets", {}, "UnauthorizedOperation", "no", "ec2:DescribeSubnets"),),
)


def document(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(write_snapshot(WHOLE))
    return {**found, **changes}


def test_what_was_written_is_read_again() -> None:
    assert read_snapshot(write_snapshot(WHOLE).encode(), "it.json") == WHOLE


def test_a_call_that_was_denied_says_what_to_allow() -> None:
    (unread,) = WHOLE.unread
    assert str(unread) == "ec2:DescribeSubnets was not read: UnauthorizedOperation: no; allow ec2:DescribeSubnets"


ANSWER = {"service": "ec2", "operation": "DescribeVpcs", "parameters": {}, "result": {}}
REFUSED: dict[str, tuple[object, str]] = {
    "a list": ([], "it.json: an object was expected"),
    "another format": (document(format="agent-perimeter/snapshot/9"), f"what is read here is {FORMAT}"),
    "a key too many": (document(note="mine"), "it.json: unknown key 'note'"),
    "a key too few": ({"format": FORMAT}, "it.json: missing key 'account'"),
    "a number for a text": (document(vpc=7), "it.json: vpc is text"),
    "answers that are no list": (document(answers={}), "it.json: answers is a list"),
    "an answer that is no object": (document(answers=[7]), "it.json#/answers/0: an object was expected"),
    "a result that is no object": (
        document(answers=[{**ANSWER, "result": []}]),
        "it.json#/answers/0: result is an object",
    ),
}


@pytest.mark.parametrize(("tree", "says"), REFUSED.values(), ids=REFUSED)
def test_nothing_else_is_read(tree: object, says: str) -> None:
    with pytest.raises(SnapshotError) as caught:
        read_snapshot(json.dumps(tree).encode(), "it.json")
    assert says in str(caught.value)


@pytest.mark.parametrize("raw", [b"{", b"[" * 100_000])
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(SnapshotError, match=r"it\.json: this is not JSON"):
        read_snapshot(raw, "it.json")


@pytest.mark.parametrize("text", ["20270331", "2027-3-31", "someday"])
def test_a_day_is_written_in_one_way(text: str) -> None:
    with pytest.raises(Mismatch, match="is not a day such as 2027-03-31"):
        form_of(date).read(text)
