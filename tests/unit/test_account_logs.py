"""Logs, as an account answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import Log, LogKind
from agent_perimeter.source import Origin
from tests.unit.accounts import ACCOUNT, VPC, Answers, live, lived, reason, unread

WALL = f"arn:aws:network-firewall:eu-west-1:{ACCOUNT}:firewall/wall"
LOGGING = f"network-firewall:DescribeLoggingConfiguration FirewallArn={WALL}"
LISTED: Answers = {"network-firewall:ListFirewalls": [{"FirewallArn": WALL}]}
FLOW: dict[str, Json] = {
    "FlowLogId": "fl-0a",
    "ResourceId": VPC,
    "TrafficType": "ALL",
    "FlowLogStatus": "ACTIVE",
    "DeliverLogsStatus": "SUCCESS",
    "LogGroupName": "flows",
}


def flow(**written: Json) -> Log:
    (found,) = live({"ec2:DescribeFlowLogs": [FLOW | written]}).logs
    return found


def configured(*configs: Json) -> tuple[Log, ...]:
    return live({**LISTED, LOGGING: {"LoggingConfiguration": {"LogDestinationConfigs": list(configs)}}}).logs


class TestFlowLogs:
    def test_a_flow_log_of_everything(self) -> None:
        assert flow() == Log(
            id="fl-0a",
            origin=Origin(path="eu-west-1/fl-0a"),
            kind=LogKind.FLOW,
            watched=VPC,
            destination="flows",
        )

    @pytest.mark.parametrize(
        ("written", "destination"),
        [
            ("arn:aws:s3:::evidence/vpc", "arn:aws:s3:::evidence/vpc"),
            (f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:flows", "flows"),
            (f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:flows:*", "flows"),
        ],
    )
    def test_a_destination_by_its_arn(self, written: str, destination: str) -> None:
        assert flow(LogGroupName=None, LogDestination=written).destination == destination

    @pytest.mark.parametrize("kind", ["ACCEPT", "REJECT"])
    def test_one_of_a_part_is_not_of_everything(self, kind: str) -> None:
        assert flow(TrafficType=kind).everything is False

    @pytest.mark.parametrize(
        ("written", "field", "why"),
        [
            ({"TrafficType": "SOME"}, "everything", "/TrafficType: 'SOME' is no kind of traffic of a flow log"),
            ({"TrafficType": None}, "everything", "/TrafficType: TrafficType is missing"),
            ({"FlowLogStatus": "INACTIVE"}, "maybe", "/FlowLogStatus: its state is INACTIVE"),
            ({"LogGroupName": None}, "destination", "/LogDestination: LogDestination is missing"),
            ({"ResourceId": None}, "watched", "/ResourceId: ResourceId is missing"),
        ],
        ids=["an unknown kind", "no kind", "not active", "nowhere", "of nothing"],
    )
    def test_what_cannot_be_read_is_a_doubt(self, written: dict[str, Json], field: str, why: str) -> None:
        assert reason(getattr(flow(**written), field)) == f"fl-0a#{why}"

    @pytest.mark.parametrize("written", [{"FlowLogStatus": "INACTIVE"}, {"DeliverLogsStatus": "FAILED"}])
    def test_one_that_does_not_arrive_goes_nowhere(self, written: dict[str, Json]) -> None:
        assert flow(**written).destination == f"nowhere: its state is {next(iter(written.values()))}"


class TestFirewallLogs:
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [("ALERT", LogKind.FIREWALL_ALERT), ("FLOW", LogKind.FIREWALL_FLOW), ("TLS", LogKind.FIREWALL_TLS)],
    )
    def test_each_kind_is_a_log(self, kind: str, expected: LogKind) -> None:
        assert configured({"LogType": kind, "LogDestination": {"logGroup": "alerts"}}) == (
            Log(
                id=f"{WALL}/{expected}",
                origin=Origin(path=f"eu-west-1/{WALL}#{expected}"),
                kind=expected,
                watched=WALL,
                destination="alerts",
            ),
        )

    @pytest.mark.parametrize(
        ("written", "destination"),
        [
            ({"deliveryStream": "stream"}, "stream"),
            ({"bucketName": "evidence"}, "evidence"),
            ({"bucketName": "evidence", "prefix": "alerts"}, "evidence/alerts"),
        ],
    )
    def test_a_destination(self, written: Json, destination: str) -> None:
        assert configured({"LogType": "ALERT", "LogDestination": written})[0].destination == destination

    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ({}, "bucketName: bucketName is missing"),
            ({"bucketName": "b", "prefix": {}}, "prefix: a mapping is not text"),
        ],
        ids=["none", "a prefix that is no text"],
    )
    def test_a_destination_that_cannot_be_read_is_a_doubt(self, written: Json, why: str) -> None:
        (found,) = configured({"LogType": "ALERT", "LogDestination": written})
        assert reason(found.destination) == f"{WALL}#/LoggingConfiguration/LogDestinationConfigs/0/LogDestination/{why}"

    @pytest.mark.parametrize(
        ("kind", "why"), [("SOUND", "'SOUND' is no log of a firewall"), (None, "LogType is missing")]
    )
    def test_an_unknown_kind_is_a_doubt(self, kind: Json, why: str) -> None:
        (found,) = configured({"LogType": kind, "LogDestination": {"logGroup": "alerts"}})
        assert (found.id, reason(found.kind)) == (
            f"{WALL}/0",
            f"{WALL}#/LoggingConfiguration/LogDestinationConfigs/0/LogType: {why}",
        )

    def test_what_was_not_read_leaves_the_logs_unread(self) -> None:
        found = lived(LISTED, unread(LOGGING))
        assert found.network.logs == ()
        assert [field for field, _ in found.unread] == ["logs"]


class TestQueryLogs:
    CALL = "route53resolver:GetResolverQueryLogConfig ResolverQueryLogConfigId=rqlc-0a"

    def log(self, answer: Json = None, **written: Json) -> Log:
        association: dict[str, Json] = {"Id": "rqlca-0a", "ResolverQueryLogConfigId": "rqlc-0a"}
        listed: Json = [association | {"ResourceId": VPC, "Status": "ACTIVE"} | written]
        answers: dict[str, Json] = {} if answer is None else {self.CALL: {"ResolverQueryLogConfig": answer}}
        (found,) = live({"route53resolver:ListResolverQueryLogConfigAssociations": listed, **answers}).logs
        return found

    def test_a_query_log(self) -> None:
        destination = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:queries:*"
        assert self.log({"DestinationArn": destination}) == Log(
            id="rqlca-0a",
            origin=Origin(path="eu-west-1/rqlca-0a"),
            kind=LogKind.DNS_QUERY,
            watched=VPC,
            destination="queries",
        )

    @pytest.mark.parametrize(
        ("written", "field", "why"),
        [
            ({"Status": "ACTION_NEEDED"}, "maybe", "rqlca-0a#/Status: its state is ACTION_NEEDED"),
            ({"ResolverQueryLogConfigId": None}, "destination", "rqlca-0a#/ResolverQueryLogConfigId: ResolverQueryLogConfigId is missing"),
            ({}, "destination", "rqlc-0a#/ResolverQueryLogConfig/DestinationArn: DestinationArn is missing"),
        ],
        ids=["not active", "no configuration", "no destination"],
    )  # fmt: skip
    def test_what_cannot_be_read_is_a_doubt(self, written: dict[str, Json], field: str, why: str) -> None:
        assert reason(getattr(self.log({}, **written), field)) == why

    @pytest.mark.parametrize(
        ("written", "config", "word"),
        [
            ({"Status": "FAILED"}, {}, "FAILED"),
            ({"Error": "DESTINATION_NOT_FOUND"}, {}, "DESTINATION_NOT_FOUND"),
            ({"Error": "NONE"}, {"Status": "DELETING"}, "DELETING"),
        ],
        ids=["the association", "its error", "the configuration"],
    )
    def test_one_that_does_not_arrive_goes_nowhere(
        self, written: dict[str, Json], config: dict[str, Json], word: str
    ) -> None:
        found = self.log({"DestinationArn": "arn:aws:s3:::evidence", **config}, **written)
        assert found.destination == f"nowhere: its state is {word}"

    def test_a_configuration_that_was_not_read_is_a_doubt(self) -> None:
        assert reason(self.log().destination).endswith("GetResolverQueryLogConfig was not asked about rqlc-0a")
