"""What the watch says: log lines, metrics, notifications, events, findings, and where evidence goes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agent_perimeter.drift.model import AgentGap, Departure, Drift, Meaning
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Gap, Layer, Status
from agent_perimeter.verdict import Kind as Found
from agent_perimeter.watch.cloudtrail import happened, made_by
from agent_perimeter.watch.events import event
from agent_perimeter.watch.evidence import report_key, snapshot_key
from agent_perimeter.watch.findings import finding
from agent_perimeter.watch.ledger import INCOMPLETE, Announcement, Entry, Kind, Ledger, advance
from agent_perimeter.watch.lines import Run, check_line, departure_line, failure_line, metrics
from agent_perimeter.watch.links import console
from agent_perimeter.watch.notice import SHOWN, Notice, notice
from tests.unit.watch_news import EVE, UNREAD, announcement, departure, drift

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
RUN = Run("agents", "r-1", 61, 2000)
REPORT = "s3://b/reports/2026/11/22/200000Z-refuted.json"
HOLE = departure(actors=(EVE,))
SILENT = replace(
    HOLE,
    gaps=(
        AgentGap(
            "bot",
            Layer.ROUTES,
            Gap(Found.EXCESS, True, Packet(47, Cidr.parse("2001:db8::9"), 0, App.OTHER), "", (), Origin()),
        ),
    ),
)
"""A protocol that no common tool sends over IPv6."""


class TestALogLine:
    def test_of_a_departure_says_what_it_means_and_how_to_see_it(self) -> None:
        said = json.loads(departure_line(HOLE, drift(HOLE), RUN))
        assert (said["level"], said["event"], said["request"], said["meaning"]) == (
            "WARN",
            "departure",
            "r-1",
            "widens",
        )
        assert said["witness"]["try"].startswith("curl ")
        assert said["by"] == [{"who": EVE.who, "event": EVE.event, "when": EVE.when, "address": EVE.source_address}]
        assert said["console"].endswith("groupId=sg-1")

    def test_of_a_cosmetic_one_alarms_nobody(self) -> None:
        assert json.loads(departure_line(departure(Meaning.COSMETIC), drift(), RUN))["level"] == "INFO"

    def test_of_one_in_meaning_alone_names_no_resource(self) -> None:
        said = json.loads(departure_line(Departure(Meaning.WIDENS, "a rule expired"), drift(), RUN))
        assert (said["resource"], said["from"], said["to"], said["witness"], said["console"]) == ("", "", "", None, "")

    def test_is_no_longer_than_a_log_takes(self) -> None:
        said = json.loads(departure_line(departure(after="x" * 10**6), drift(), RUN))
        assert len(said["to"]) == 1000
        assert said["to"].endswith("…")

    @pytest.mark.parametrize(
        ("found", "level", "complete"),
        [(drift(), "INFO", True), (drift(HOLE), "WARN", True), (drift(unread=(UNREAD,)), "WARN", False)],
    )
    def test_of_a_check_says_whether_it_was_complete(self, found: Drift, level: str, complete: bool) -> None:
        said = json.loads(check_line(found, RUN))
        assert (said["level"], said["complete"]) == (level, complete)
        assert said["unread"] == [str(doubt) for doubt in found.unread]

    def test_of_a_failure_is_an_error(self) -> None:
        assert json.loads(failure_line("no VPC", RUN)) == {
            "level": "ERROR",
            "event": "failure",
            "perimeter": "agents",
            "request": "r-1",
            "reason": "no VPC",
        }


class TestTheFigures:
    @pytest.mark.parametrize(
        ("found", "figures"),
        [
            pytest.param(drift(), {"DriftOpen": 0, "Checks": 1, "Incomplete": 0}, id="of a clean check"),
            pytest.param(
                drift(departure(Meaning.COSMETIC)), {"DriftOpen": 0, "Checks": 1}, id="leave out what is cosmetic"
            ),
            pytest.param(
                drift(HOLE, departure(Meaning.NARROWS, record="acl-1"), departure(Meaning.WEAKENS, record="rtb-1")),
                {"DriftOpen": 3, "Widening": 1, "Weakening": 1, "Narrowing": 1, "Unclear": 0, "Checks": 1},
                id="count by meaning",
            ),
            pytest.param(
                drift(departure(certain=False), proven=Status.UNKNOWN),
                {"DriftOpen": 1, "Widening": 0, "Unclear": 1, "Incomplete": 1, "Checks": 0},
                id="count what is not certain as unclear",
            ),
            pytest.param(
                drift(departure(Meaning.COSMETIC, certain=False), proven=Status.UNKNOWN),
                {"DriftOpen": 0, "Unclear": 0},
                id="but not what is cosmetic in any case",
            ),
            pytest.param(drift(proven=Status.REFUTED), {"DriftOpen": 1}, id="are never 0 where the check is refuted"),
            pytest.param(drift(unread=(UNREAD,)), {"Checks": 0, "Incomplete": 1}, id="tell an incomplete check"),
            pytest.param(None, {"Checks": 0, "Incomplete": 1}, id="and one that did not come about"),
        ],
    )
    def test_of_a_run(self, found: Drift | None, figures: dict[str, int]) -> None:
        said = json.loads(metrics(found, RUN, NOW))
        assert {name: said[name] for name in figures} == figures

    def test_claim_nothing_that_was_not_seen(self) -> None:
        assert "DriftOpen" not in json.loads(metrics(None, RUN, NOW))

    def test_are_an_embedded_metric_document(self) -> None:
        said = json.loads(metrics(drift(), replace(RUN, failed=2), NOW))
        (directive,) = said["_aws"]["CloudWatchMetrics"]
        assert said["_aws"]["Timestamp"] == 1795377600000
        assert directive["Namespace"] == "AgentPerimeter"
        assert directive["Dimensions"] == [["Perimeter"]]
        assert said["Perimeter"] == "agents"
        assert {metric["Name"] for metric in directive["Metrics"]} <= said.keys()
        assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}["DurationMs"] == "Milliseconds"
        assert (said["DeliveryFailed"], said["CallsMade"], said["DurationMs"]) == (2, 61, 2000)


class TestANotification:
    def text(self, *said: Announcement, of: Drift | None = None) -> str:
        return str(json.loads(self.notice(*said, of=of).message)["default"])

    def notice(self, *said: Announcement, of: Drift | None = None) -> Notice:
        return notice(said, of or drift(HOLE), REPORT)

    def test_says_what_happened_how_to_see_it_who_did_it_and_what_to_do(self) -> None:
        text = self.text(announcement(of=HOLE))
        for part in (
            "OPENED · widens",
            "security group rule sg-1 egress to 0.0.0.0/0 was added",
            "excess, end to end: ",
            "try it from bot: curl --max-time 5 --resolve evil.example:443:203.0.113.9 https://evil.example/",
            f"by: {EVE.who}, AuthorizeSecurityGroupEgress, 2026-11-22T19:59:00Z from 198.51.100.7",
            "do: ",
            "open it: https://eu-west-1.console.aws.amazon.com/vpcconsole/home?region=eu-west-1#SecurityGroup:groupId=sg-1",
            REPORT,
        ):
            assert part in text

    def test_of_what_closed_says_since_when_it_was_open(self) -> None:
        text = self.text(announcement(Kind.CLOSED))
        assert "CLOSED · widens" in text
        assert "since: 2026-11-22T20:00:00Z" in text
        assert "do: " not in text

    def test_of_what_lets_nothing_out_has_no_witness(self) -> None:
        text = self.text(announcement(of=departure(Meaning.NARROWS)))
        assert "excess" not in text
        assert "do: " in text

    def test_gives_no_line_to_send_where_no_tool_sends_it(self) -> None:
        assert "try it" not in self.text(announcement(of=SILENT))

    def test_shows_a_name_from_the_account_as_it_is(self) -> None:
        text = self.text(announcement(of=departure(after="\x1b[2J\u202eyes")))
        assert r"\x1b[2J\u202eyes" in text

    @pytest.mark.parametrize(
        ("said", "subject"),
        [
            ([announcement()], "[agents] widens: security group rule sg-1 egress to 0.0.0.0/0 was added: all traffic"),
            (
                [announcement(Kind.STILL_OPEN)],
                "[agents] still open: widens: security group rule sg-1 egress to 0.0.0.0/0 was added: all traffic",
            ),
            (
                [announcement(), announcement(Kind.CLOSED, departure(record="sg-2"))],
                "[agents] 1 opened, 1 closed; worst: widens: security group rule sg-1 egress to 0.0.0.0/0 was add...",
            ),
            (
                [announcement(of=departure(record="é\n\u202e"))],
                r"[agents] widens: security group rule ?\n\u202e egress to 0.0.0.0/0 was added: all traffic",
            ),
        ],
    )
    def test_has_a_subject_that_sns_takes(self, said: list[Announcement], subject: str) -> None:
        found = self.notice(*said).subject
        assert found == subject
        assert len(found) < 100
        assert found.isascii()
        assert found.isprintable()

    def test_can_be_filtered_by(self) -> None:
        found = self.notice(announcement(), announcement(Kind.CLOSED, departure(Meaning.WEAKENS)))
        assert dict(found.attributes) == {"kinds": "closed,opened", "perimeter": "agents", "worst": "widens"}

    def test_of_a_network_without_a_name_is_named_by_its_vpc(self) -> None:
        found = self.notice(announcement(), of=replace(drift(HOLE), perimeter=""))
        assert found.subject.startswith("[vpc-1] ")
        assert dict(found.attributes)["perimeter"] == "vpc-1"

    def test_fits_whatever_there_is_to_say(self) -> None:
        said = [announcement(of=departure(record=f"sg-{number}", after="x" * 10**5)) for number in range(500)]
        found = self.notice(*said)
        assert len(found.message.encode()) < 256 * 1024
        assert f"and {500 - SHOWN} more, in the report" in found.message

    def test_is_shown_in_a_chat(self) -> None:
        said = json.loads(json.loads(self.notice(announcement(of=HOLE), announcement(Kind.CLOSED)).message)["https"])
        assert (said["version"], said["source"], said["content"]["textType"]) == ("1.0", "custom", "client-markdown")
        assert "*opened* · widens: security group rule sg-1" in said["content"]["description"]
        assert len(said["content"]["nextSteps"]) == 1

    def test_mentions_nobody_in_a_chat(self) -> None:
        said = json.loads(
            self.notice(announcement(of=departure(after="<!channel> [x](https://evil.example) `"))).message
        )
        assert "(!channel) (x)(https://evil.example) '" in json.loads(said["https"])["content"]["description"]


class TestAnEvent:
    @pytest.mark.parametrize(
        ("said", "type_"),
        [
            (announcement(), "Drift Opened"),
            (announcement(Kind.STILL_OPEN), "Drift Still Open"),
            (announcement(Kind.CLOSED), "Drift Closed"),
        ],
    )
    def test_is_of_a_type_to_route_by(self, said: Announcement, type_: str) -> None:
        found = event(said, drift(HOLE), REPORT)
        detail = json.loads(found.detail)
        assert found.type == type_
        assert found.resources == ("vpc-1", "sg-1")
        assert detail["id"] == said.entry.id
        assert detail["meaning"] == "widens"
        assert detail["opened"] == "2026-11-22T20:00:00Z"
        assert detail["report"] == REPORT

    def test_of_an_incomplete_check_says_what_was_not_read(self) -> None:
        found = drift(unread=(UNREAD,))
        (said,) = advance(Ledger(), found, "r-1", NOW)[1]
        told = event(said, found, REPORT)
        assert told.type == "Check Incomplete"
        assert told.resources == ("vpc-1",)
        assert json.loads(told.detail)["unread"] == [str(UNREAD)]


class TestAFinding:
    def of(self, said: Announcement) -> dict[str, Any]:
        return finding(said, drift(HOLE), "aws", "2026-11-22T20:00:00Z", REPORT)

    def test_is_the_same_one_from_beginning_to_end(self) -> None:
        opened, closed = self.of(announcement(of=HOLE)), self.of(announcement(Kind.CLOSED, HOLE))
        assert opened["Id"] == closed["Id"] == f"agent-perimeter/eu-west-1/111122223333/vpc-1/{announcement().entry.id}"
        assert (opened["RecordState"], opened["Workflow"], opened["Compliance"]) == (
            "ACTIVE",
            {"Status": "NEW"},
            {"Status": "FAILED"},
        )
        assert (closed["RecordState"], closed["Workflow"], closed["Compliance"]) == (
            "ARCHIVED",
            {"Status": "RESOLVED"},
            {"Status": "PASSED"},
        )

    def test_says_what_who_and_what_to_do(self) -> None:
        said = self.of(announcement(of=HOLE))
        assert said["Title"].startswith("Agent perimeter widens: security group rule sg-1")
        assert "Witness: " in said["Description"]
        assert f"By: {EVE.who}" in said["Description"]
        assert said["Remediation"]["Recommendation"]["Url"].endswith("groupId=sg-1")
        assert said["ProductFields"] == {"perimeter": "agents", "vpc": "vpc-1", "report": REPORT, "agents": "bot"}
        assert said["Resources"] == [
            {
                "Type": "AwsEc2SecurityGroup",
                "Id": "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1",
                "Partition": "aws",
                "Region": "eu-west-1",
            }
        ]

    def test_of_another_kind_of_resource_names_it_as_it_is(self) -> None:
        arn = "arn:aws:network-firewall:eu-west-1:111122223333:firewall/f"
        said = self.of(announcement(of=departure(record=arn)))
        assert said["Resources"][0] | {"Partition": "", "Region": ""} == {
            "Type": "Other",
            "Id": arn,
            "Partition": "",
            "Region": "",
        }
        assert "Url" not in said["Remediation"]["Recommendation"]

    def test_of_no_resource_is_of_the_vpc(self) -> None:
        said = self.of(announcement(of=Departure(Meaning.NARROWS, "a rule expired")))
        assert said["Resources"][0]["Id"].endswith(":vpc/vpc-1")
        assert "Witness" not in said["Description"]

    @pytest.mark.parametrize(
        ("meaning", "label"),
        [
            (Meaning.WIDENS, "CRITICAL"),
            (Meaning.WEAKENS, "HIGH"),
            (Meaning.UNCLEAR, "MEDIUM"),
            (Meaning.NARROWS, "LOW"),
        ],
    )
    def test_is_as_severe_as_what_it_means(self, meaning: Meaning, label: str) -> None:
        said = self.of(announcement(of=departure(meaning)))
        assert said["Severity"] == {"Label": label}
        # Of a finding that is there already Security Hub takes a new severity from here alone.
        assert said["FindingProviderFields"] == {"Severity": {"Label": label}, "Types": said["Types"]}

    def test_is_no_longer_than_the_format_takes(self) -> None:
        said = self.of(announcement(of=departure(after="x" * 10**5)))
        assert (len(said["Title"]), len(said["Description"])) == (256, 1024)


class TestALink:
    @pytest.mark.parametrize(
        ("record", "region", "url"),
        [
            (
                "rtb-1",
                "us-east-1",
                "https://us-east-1.console.aws.amazon.com/vpcconsole/home?region=us-east-1#RouteTableDetails:RouteTableId=rtb-1",
            ),
            (
                "eni-1",
                "cn-north-1",
                "https://cn-north-1.console.amazonaws.cn/ec2/home?region=cn-north-1#NetworkInterface:networkInterfaceId=eni-1",
            ),
            (
                "vpc-1",
                "us-gov-west-1",
                "https://us-gov-west-1.console.amazonaws-us-gov.com/vpcconsole/home?region=us-gov-west-1#VpcDetails:VpcId=vpc-1",
            ),
            ("vpc-1/default-acl", "us-east-1", ""),
            ("arn:aws:iam::111122223333:policy/p", "us-east-1", ""),
            ("", "us-east-1", ""),
        ],
    )
    def test_leads_to_the_console_of_its_partition(self, record: str, region: str, url: str) -> None:
        assert console(record, region) == url


class TestEvidence:
    def test_of_a_day_stands_together(self) -> None:
        assert report_key("2026-11-22T20:00:01+00:00", Status.REFUTED) == "reports/2026/11/22/200001Z-refuted.json"
        assert report_key("2026-11-23T00:30:00+02:00", Status.PROVEN) == "reports/2026/11/22/223000Z-proven.json"
        assert snapshot_key("2026-11-22T20:00:01Z") == "snapshots/2026/11/22/200001Z.json"


class TestWhoMadeIt:
    def event(self, **detail: Any) -> dict[str, Any]:
        call = {
            "eventName": "CreateRoute",
            "eventTime": "2026-11-22T20:00:00Z",
            "sourceIPAddress": "198.51.100.7",
            "eventID": "e-1",
            "userIdentity": {"type": "IAMUser", "arn": EVE.who},
            "requestParameters": {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "dryRun": False},
            "responseElements": {"requestId": "q", "items": [{"id": "x-1"}, 1, None]},
        }
        return {"detail-type": "AWS API Call via CloudTrail", "detail": call | detail}

    def test_is_said_of_everything_that_the_call_names(self) -> None:
        made = dict(made_by(self.event()))
        assert list(made) == ["rtb-1", "0.0.0.0/0", "q", "x-1"]
        assert made["rtb-1"].who == EVE.who
        assert (made["rtb-1"].event, made["rtb-1"].event_id) == ("CreateRoute", "e-1")

    @pytest.mark.parametrize(
        ("identity", "who"),
        [
            ({"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"}, "cloudformation.amazonaws.com"),
            ({"type": "Unknown", "principalId": "AIDA"}, "AIDA"),
            ({"type": "Unknown"}, "Unknown"),
            ({}, "unknown"),
            ("eve", "unknown"),
        ],
    )
    def test_is_said_as_well_as_it_is_known(self, identity: Any, who: str) -> None:
        assert {actor.who for _, actor in made_by(self.event(userIdentity=identity))} == {who}

    @pytest.mark.parametrize(
        "other",
        [
            {},
            {"source": "agent-perimeter.schedule"},
            {"detail-type": "AWS API Call via CloudTrail"},
            {"detail-type": "AWS Console Sign In via CloudTrail", "detail": {"requestParameters": {"a": "b"}}},
        ],
    )
    def test_is_not_said_by_another_event(self, other: dict[str, Any]) -> None:
        assert made_by(other) == ()

    def test_has_a_time_where_cloudtrail_says_one(self) -> None:
        assert happened(self.event()) == datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
        without: list[dict[str, Any]] = [{}, {"detail": {}}]
        for unsaid in (self.event(eventTime="yesterday"), self.event(eventTime=None), *without):
            assert happened(unsaid) is None
        assert happened({"detail-type": "AWS API Call via CloudTrail", "detail": "a call"}) is None

    def test_is_nobody_where_aws_refused_the_call(self) -> None:
        assert made_by(self.event(errorCode="Client.UnauthorizedOperation")) == ()

    def test_is_said_of_nothing_where_the_call_names_nothing(self) -> None:
        assert made_by(self.event(requestParameters=None, responseElements=None, eventTime=7)) == ()


def test_an_incomplete_check_needs_no_departure() -> None:
    entry = Entry(INCOMPLETE, Meaning.UNCLEAR, "1 part was not read", "", "2026-11-22T20:00:00Z")
    said = json.loads(event(Announcement(Kind.OPENED, entry, None), drift(unread=(UNREAD,)), REPORT).detail)
    assert (said["kind"], said["sentence"], said["resource"]) == ("opened", "1 part was not read", "")
