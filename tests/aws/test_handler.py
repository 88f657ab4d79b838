"""The Lambda's code on a deployed perimeter: what it says, to whom, how often, and what it never keeps to itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from agent_perimeter import handler
from agent_perimeter.aws.memory import Contended
from agent_perimeter.aws.select import TargetError
from agent_perimeter.handler import Incomplete, Undelivered, begin
from agent_perimeter.watch.frozen import FILE, freeze
from agent_perimeter.watch.ledger import INCOMPLETE, Ledger
from tests.aws.deploy import deploy, golden
from tests.aws.local import install, install_cloudformation
from tests.aws.watched import SCHEDULE, STACK, Context, Watched, frozen, physical, watched

REGION = "eu-west-1"
HOLE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


@pytest.fixture(scope="module")
def perimeter() -> Iterator[str]:
    """A perimeter that is deployed once; whoever opens a hole closes it. Its research agent's security group."""
    install()
    install_cloudformation()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.delenv("AWS_PROFILE", raising=False)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setenv("AWS_REGION", REGION)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        session = boto3.Session(region_name=REGION)
        session.client("securityhub").enable_security_hub()
        deploy(session, STACK, golden())
        yield physical(session, "Perimetergroupagentresearchagent")


@pytest.fixture
def watch(perimeter: str) -> Watched:  # noqa: ARG001 - it is what is watched
    return watched(REGION)


@contextmanager
def hole(group: str) -> Iterator[None]:
    """Everything may leave by the group."""
    ec2 = boto3.client("ec2", region_name=REGION)
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=HOLE)
    try:
        yield
    finally:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=HOLE)


@contextmanager
def denied(watch: Watched, *operations: str, code: str = "AccessDenied") -> Iterator[None]:
    """AWS refuses these calls (``s3.PutObject``) to every session that the watch makes."""
    before = watch.watch

    def refuse(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        said = {"Error": {"Code": code, "Message": "not authorized"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        return AWSResponse("", 403, {}, None), said

    def session() -> boto3.Session:
        made = before.session()
        for operation in operations:
            made.events.register_first(f"before-call.{operation}", refuse)
        return made

    watch.watch = replace(before, session=session)
    try:
        yield
    finally:
        watch.watch = replace(watch.watch, session=before.session)


class TestACleanPerimeter:
    def test_is_checked_and_announced_to_nobody(self, watch: Watched) -> None:
        assert watch.run() == {"status": "proven", "unread": 0, "opened": 0, "still open": 0, "closed": 0}
        assert (watch.figures["Checks"], watch.figures["DriftOpen"], watch.figures["Incomplete"]) == (1, 0, 0)
        assert watch.figures["Perimeter"] == "policies"
        assert watch.figures["CallsMade"] > 40
        assert (watch.events(), watch.notices(), watch.findings()) == ([], [], [])

    def test_leaves_a_report_and_nothing_to_remember(self, watch: Watched) -> None:
        watch.run()
        (report,) = watch.keys("")
        assert report.startswith("reports/20")
        assert report.endswith("-proven.json")


class TestABurstOfChanges:
    def change(self, when: datetime) -> dict[str, Any]:
        return {
            "detail-type": "AWS API Call via CloudTrail",
            "detail": {"eventName": "CreateRoute", "eventTime": when.strftime("%Y-%m-%dT%H:%M:%SZ")},
        }

    def test_is_answered_by_one_check_that_began_after_it(self, watch: Watched) -> None:
        now = datetime.now(UTC)
        early, late = self.change(now - timedelta(minutes=5)), self.change(now + timedelta(seconds=1))
        assert watch.run(early)["status"] == "proven"
        assert watch.run(early) == {"status": "seen by an earlier check"}
        assert watch.log == []
        assert watch.run(late)["status"] == "proven"
        assert watch.run(SCHEDULE)["status"] == "proven"

    def test_is_looked_at_again_where_the_check_was_not_complete(self, watch: Watched) -> None:
        early = self.change(datetime.now(UTC) - timedelta(minutes=5))
        with denied(watch, "ec2.DescribeFlowLogs"):
            assert watch.run(early)["status"] == "unknown"
        assert watch.run(early)["status"] == "proven"


class TestAHole:
    def test_is_announced_when_it_opens_daily_and_when_it_closes(self, watch: Watched, perimeter: str) -> None:
        with hole(perimeter):
            assert watch.run()["opened"] > 0
            assert watch.figures["DriftOpen"] > 0
            (line,) = [
                one for one in watch.lines("departure") if one["resource"] == perimeter and one["level"] == "WARN"
            ]
            assert "0.0.0.0/0" in line["sentence"]
            assert line["witness"]["try"]
            (said,) = [one for kind, one in watch.events() if kind == "Drift Opened" and one["resource"] == perimeter]
            assert said["report"].endswith("-refuted.json")
            ((subject, text),) = watch.notices()
            assert subject.startswith("[policies] w")
            assert "try it from research-agent: " in text
            (finding,) = [one for one in watch.findings() if one["RecordState"] == "ACTIVE"]
            assert finding["Resources"][0]["Id"].endswith(f":security-group/{perimeter}")
            assert len(watch.keys("snapshots/")) == 1

            assert watch.run() == {"status": "refuted", "unread": 0, "opened": 0, "still open": 0, "closed": 0}
            assert watch.figures["DriftOpen"] > 0, "the alarm does not forget what was announced"
            assert (watch.events(), watch.notices()) == ([], [])

            watch.later(timedelta(hours=25))
            assert watch.run()["still open"] == 1
            assert [kind for kind, _ in watch.events()] == ["Drift Still Open"]
            assert "still open" in watch.notices()[0][0]

        assert watch.run()["closed"] == 1
        assert [kind for kind, _ in watch.events()] == ["Drift Closed"]
        assert "CLOSED" in watch.notices()[0][1]
        assert [one["RecordState"] for one in watch.findings() if one["Id"] == finding["Id"]] == ["ARCHIVED"]
        assert watch.ledger().entries == ()
        assert watch.run()["closed"] == 0

    def test_names_who_made_it_as_the_event_says(self, watch: Watched, perimeter: str) -> None:
        who = "arn:aws:sts::123456789012:assumed-role/Admin/eve@example.com"
        event = {
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.ec2",
            "detail": {
                "eventName": "AuthorizeSecurityGroupEgress",
                "eventTime": "2026-11-22T20:00:00Z",
                "sourceIPAddress": "198.51.100.7",
                "eventID": "e-1",
                "userIdentity": {"type": "AssumedRole", "arn": who},
                "requestParameters": {"groupId": perimeter, "ipPermissions": {"items": [{"ipProtocol": "-1"}]}},
            },
        }
        with hole(perimeter):
            watch.run(event)
        said = [one for _, one in watch.events() if one["resource"] == perimeter]
        assert [one["by"] for one in said] == [
            [
                {
                    "who": who,
                    "event": "AuthorizeSecurityGroupEgress",
                    "when": "2026-11-22T20:00:00Z",
                    "address": "198.51.100.7",
                }
            ]
        ]
        assert f"by: {who}" in watch.notices()[0][1]

    def test_names_who_made_it_as_the_trail_says(self, watch: Watched, perimeter: str) -> None:
        record = {"userIdentity": {"arn": "arn:aws:iam::123456789012:user/eve"}, "sourceIPAddress": "198.51.100.7"}
        watch.trail.append(
            {
                "EventId": "e-1",
                "EventName": "AuthorizeSecurityGroupEgress",
                "ReadOnly": "false",
                "EventTime": datetime(2026, 11, 22, 20, tzinfo=UTC),
                "CloudTrailEvent": json.dumps(record),
            }
        )
        with hole(perimeter):
            watch.run()
        assert [by["who"] for _, one in watch.events() for by in one["by"]] == ["arn:aws:iam::123456789012:user/eve"]

    def test_is_found_without_a_name_where_the_trail_is_closed(self, watch: Watched, perimeter: str) -> None:
        with hole(perimeter), denied(watch, "cloudtrail.LookupEvents"):
            assert watch.run()["opened"] == 1
        assert all(one["by"] == [] for _, one in watch.events())

    def test_is_announced_once_by_runs_that_overlap(self, watch: Watched, perimeter: str) -> None:
        """Both have read the same ledger before either writes. S3 compares and writes in one step, moto in two."""
        barrier, one_at_a_time, make = threading.Barrier(2, timeout=300), threading.Lock(), watch.watch.session
        waited: set[int] = set()
        writing: set[int] = set()

        def before(params: Any, **_: Any) -> None:
            if params["url_path"].endswith("/state/ledger.json"):
                if threading.get_ident() not in waited:
                    waited.add(threading.get_ident())
                    barrier.wait()
                one_at_a_time.acquire()
                writing.add(threading.get_ident())

        def after(**_: Any) -> None:
            if threading.get_ident() in writing:
                writing.remove(threading.get_ident())
                one_at_a_time.release()

        def session() -> boto3.Session:
            made = make()
            made.events.register("before-call.s3.PutObject", before)
            made.events.register("after-call.s3.PutObject", after)
            return made

        watch.watch = replace(watch.watch, session=session)
        outcomes: list[dict[str, Any]] = []
        with hole(perimeter):
            threads = [
                threading.Thread(
                    target=lambda name=name: outcomes.append(
                        handler.Invocation(watch.watch, Context(name)).run(SCHEDULE)
                    )
                )
                for name in ("one", "other")
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert sorted(outcome["opened"] for outcome in outcomes) == [0, 1]
        assert [kind for kind, _ in watch.events()] == ["Drift Opened"]
        assert len(watch.notices()) == 1


class TestAFailure:
    def test_of_one_output_is_made_good_by_the_next_run_and_told_to_no_other_again(
        self, watch: Watched, perimeter: str
    ) -> None:
        with hole(perimeter):
            with denied(watch, "sns.Publish"), pytest.raises(Undelivered, match=r"topic: 1 of 1 not taken: .*Publish"):
                watch.run()
            assert watch.figures["DeliveryFailed"] == 1
            assert watch.figures["Checks"] == 1
            assert [kind for kind, _ in watch.events()] == ["Drift Opened"]
            assert watch.notices() == []
            watch.run()
            assert watch.events() == []
            assert len(watch.notices()) == 1

    def test_of_the_bucket_announces_all_the_same(self, watch: Watched, perimeter: str) -> None:
        with (
            hole(perimeter),
            denied(watch, "s3.GetObject", "s3.PutObject"),
            pytest.raises(Undelivered, match=r"the ledger: .*GetObject.*; s3://.*PutObject"),
        ):
            watch.run()
        assert watch.figures["DeliveryFailed"] == 3
        assert [kind for kind, _ in watch.events()] == ["Drift Opened"]

    def test_to_remember_is_a_failure(self, watch: Watched, perimeter: str) -> None:
        with (
            hole(perimeter),
            denied(watch, "s3.PutObject", code="SlowDown"),
            pytest.raises(Undelivered, match="ledger"),
        ):
            watch.run()
        assert len(watch.notices()) == 1

    def test_to_get_a_word_in_is_left_to_the_run_that_did(
        self, watch: Watched, perimeter: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agent_perimeter.aws.memory.TRIES", 2)
        monkeypatch.setattr("agent_perimeter.aws.memory.time.sleep", lambda _: None)
        with (
            hole(perimeter),
            denied(watch, "s3.PutObject", code="PreconditionFailed"),
            pytest.raises(Undelivered, match="was written by others 2 times in a row"),
        ):
            watch.run()
        assert watch.notices() == []
        assert issubclass(Contended, Exception)

    def test_to_read_a_part_is_an_incomplete_check_and_closes_nothing(self, watch: Watched, perimeter: str) -> None:
        with hole(perimeter):
            watch.run()
        watch.events()
        with denied(watch, "ec2.DescribeNetworkAcls", code="UnauthorizedOperation"):
            outcome = watch.run()
        assert outcome["closed"] == 0
        assert outcome["unread"] > 0
        assert (watch.figures["Checks"], watch.figures["Incomplete"]) == (0, 1)
        ((kind, said),) = watch.events()
        assert kind == "Check Incomplete"
        assert "allow ec2:DescribeNetworkAcls" in said["unread"][0]
        assert INCOMPLETE in {entry.id for entry in watch.ledger().entries}
        assert watch.run()["closed"] == 1
        assert INCOMPLETE not in {entry.id for entry in watch.ledger().entries}

    def test_that_may_pass_is_tried_again(self, watch: Watched) -> None:
        with (
            denied(watch, "ec2.DescribeNetworkAcls", code="RequestLimitExceeded"),
            pytest.raises(Incomplete, match="DescribeNetworkAcls"),
        ):
            watch.run()
        assert (watch.figures["Checks"], watch.figures["Incomplete"]) == (0, 1)

    def test_to_find_the_perimeter_is_no_clean_check(self, watch: Watched) -> None:
        watch.watch = replace(watch.watch, frozen=replace(watch.watch.frozen, stack="gone"))
        with pytest.raises(TargetError):
            watch.run()
        assert "gone" in watch.lines("failure")[0]["reason"]
        assert (watch.figures["Checks"], watch.figures["Incomplete"]) == (0, 1)
        assert "DriftOpen" not in watch.figures

    def test_to_read_in_time_is_said_in_time(self, watch: Watched) -> None:
        with pytest.raises(TimeoutError):
            watch.run(milliseconds=10_000)
        assert watch.lines("failure")[0]["reason"] == "the account was not read in time"
        assert watch.figures["Incomplete"] == 1

    def test_to_understand_the_ledger_begins_a_new_one(self, watch: Watched, perimeter: str) -> None:
        watch.client("s3").put_object(Bucket=watch.watch.outputs.bucket, Key="state/ledger.json", Body=b"{}")
        with hole(perimeter):
            assert watch.run()["opened"] == 1
        assert watch.ledger() != Ledger()


ENOUGH = {"AGENT_PERIMETER_BUCKET": "b"}


class TestTheEnvironment:
    def test_says_where_to_write(self, tmp_path: Any) -> None:
        (tmp_path / FILE).write_text(freeze(frozen()))
        found = begin(tmp_path, {**ENOUGH, "AGENT_PERIMETER_TOPIC": "t", "AGENT_PERIMETER_SECURITY_HUB": "on"})
        assert found.frozen == frozen()
        assert found.outputs.names == ("security-hub", "topic")

    @pytest.mark.parametrize(
        ("environment", "reason"),
        [
            ({}, "AGENT_PERIMETER_BUCKET names no bucket"),
            ({**ENOUGH, "AGENT_PERIMETER_SECURITY_HUB": "true"}, "AGENT_PERIMETER_SECURITY_HUB is 'true'"),
        ],
    )
    def test_that_cannot_be_used_is_refused(self, tmp_path: Any, environment: dict[str, str], reason: str) -> None:
        (tmp_path / FILE).write_text(freeze(frozen()))
        with pytest.raises(ValueError, match=reason):
            begin(tmp_path, environment)

    def test_is_read_once_for_many_invocations(
        self, watch: Watched, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / FILE).write_text(freeze(frozen()))
        monkeypatch.setattr(handler, "ROOT", tmp_path)
        monkeypatch.setenv("AGENT_PERIMETER_BUCKET", watch.watch.outputs.bucket)
        assert handler.handler(SCHEDULE, Context())["status"] == "proven"
        (tmp_path / FILE).unlink()
        assert handler.handler(SCHEDULE, Context())["status"] == "proven"
        assert capsys.readouterr().out.count('"Checks":1') == 2
        handler._watch.cache_clear()
