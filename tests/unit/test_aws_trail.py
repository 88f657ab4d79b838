"""Who made a change."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from agent_perimeter.aws.trail import Change, Trail, changes_of
from agent_perimeter.drift.model import Actor
from tests.unit.aws_wire import Refused, Said, Wire

SINCE = datetime(2026, 11, 22, tzinfo=UTC)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda *_: None)


def event(name: str, record: Any, read_only: str = "false", **other: Any) -> dict[str, Any]:
    text = record if isinstance(record, str) else json.dumps(record)
    said = {"EventName": name, "EventId": f"id-{name}", "EventTime": NOON.timestamp(), "ReadOnly": read_only}
    return said | {"CloudTrailEvent": text} | other


ANN = "arn:aws:sts::123456789012:assumed-role/Admin/ann"
ADMIN = {"userIdentity": {"arn": ANN}, "sourceIPAddress": "198.51.100.7"}
SERVICE = {"userIdentity": {"type": "AWSService", "invokedBy": "ram.amazonaws.com"}}


def changes(
    *said: Said | Refused, resources: tuple[str, ...] = ("sg-1",), until: datetime | None = None
) -> tuple[Trail, Wire]:
    wire = Wire(LookupEvents=list(said))
    return changes_of(wire.session, resources, SINCE, until), wire


def actor(name: str, who: str, address: str = "") -> Actor:
    return Actor(who, name, "2026-11-22T12:00:00+00:00", address, f"id-{name}")


def test_who_changed_it_when_and_from_where_newest_first() -> None:
    trail, wire = changes(
        {"Events": [event("RevokeSecurityGroupEgress", ADMIN), event("AuthorizeSecurityGroupEgress", SERVICE)]}
    )
    assert trail == Trail(
        (
            Change("sg-1", actor("RevokeSecurityGroupEgress", ANN, "198.51.100.7")),
            Change("sg-1", actor("AuthorizeSecurityGroupEgress", "ram.amazonaws.com")),
        )
    )
    asked = json.loads(wire.requests[0][1])
    assert asked["LookupAttributes"] == [{"AttributeKey": "ResourceName", "AttributeValue": "sg-1"}]
    assert asked["StartTime"] == SINCE.timestamp()
    assert "EndTime" not in asked


def test_an_end_to_the_time_that_is_looked_at() -> None:
    _, wire = changes({"Events": []}, until=NOON)
    assert json.loads(wire.requests[0][1])["EndTime"] == NOON.timestamp()


def test_reads_and_refused_calls_changed_nothing() -> None:
    trail, _ = changes(
        {
            "Events": [
                event("DescribeSecurityGroups", ADMIN, read_only="true"),
                event("AuthorizeSecurityGroupEgress", ADMIN | {"errorCode": "Client.UnauthorizedOperation"}),
            ]
        }
    )
    assert trail == Trail()


@pytest.mark.parametrize("record", ["no JSON", "[]", "{}"])
def test_an_event_whose_record_says_nothing_has_its_user_s_name(record: str) -> None:
    trail, _ = changes({"Events": [event("DeleteRoute", record, Username="ann")]})
    assert trail.changes == (Change("sg-1", actor("DeleteRoute", "ann")),)


def test_older_pages_are_not_read() -> None:
    _, wire = changes({"Events": [], "NextToken": "more"})
    assert wire.calls == ["LookupEvents"]


def test_each_resource_is_looked_up_once_and_ten_at_most() -> None:
    resources = ("sg-1", "sg-1", *(f"rtb-{number}" for number in range(10)))
    trail, wire = changes({"Events": []}, resources=resources)
    assert len(wire.calls) == 10
    assert trail.notes == ("CloudTrail was asked about 10 of 11 resources",)


def test_without_the_permission_a_note_says_so_and_what_was_found_stays() -> None:
    trail, wire = changes(
        {"Events": [event("DeleteRoute", ADMIN)]},
        Refused("AccessDeniedException", "no", 403),
        resources=("rtb-1", "rtb-2", "rtb-3"),
    )
    assert [change.resource for change in trail.changes] == ["rtb-1"]
    assert trail.notes == (
        "it is not known who did it: cloudtrail:LookupEvents was not read: AccessDeniedException: no; "
        "allow cloudtrail:LookupEvents",
    )
    assert len(wire.calls) == 2


def test_no_answer_is_a_note() -> None:
    trail, _ = changes(ReadTimeoutError(endpoint_url="https://cloudtrail"))
    assert trail.notes == (
        "it is not known who did it: cloudtrail:LookupEvents was not read: TimedOut: "
        'Read timeout on endpoint URL: "https://cloudtrail"',
    )
