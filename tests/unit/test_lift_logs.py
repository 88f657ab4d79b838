"""Logs that a template sets up."""

from __future__ import annotations

import pytest

from agent_perimeter.lift.logs import normalised
from agent_perimeter.observed import Doubt, Log, LogKind
from agent_perimeter.source import Origin
from tests.unit.lifted import AT, MAYBE, SUBNET, VPC, Json, Resources, attribute, lifted, ref

WALL: Resources = {**VPC, "Wall": ("AWS::NetworkFirewall::Firewall", {"VpcId": ref("Vpc")})}
FLOW: dict[str, Json] = {
    "ResourceId": ref("Vpc"),
    "ResourceType": "VPC",
    "TrafficType": "ALL",
    "LogGroupName": ref("Group"),
}
GROUP: Resources = {"Group": ("AWS::Logs::LogGroup", {})}


def logs(resources: Resources, **sections: Json) -> tuple[Log, ...]:
    return lifted({**SUBNET, **GROUP, **resources}, **sections).logs


def flow(**written: Json) -> Log:
    (found,) = logs({"Flow": ("AWS::EC2::FlowLog", FLOW | written)})
    return found


def alerts(*configs: Json, **more: Json) -> tuple[Log, ...]:
    properties: dict[str, Json] = {
        "FirewallArn": attribute("Wall", "FirewallArn"),
        "LoggingConfiguration": {"LogDestinationConfigs": list(configs)},
    }
    kind = "AWS::NetworkFirewall::LoggingConfiguration"
    return logs({**WALL, "Logging": (kind, properties | more)}, **MAYBE)


QUERIES: Resources = {
    "Config": ("AWS::Route53Resolver::ResolverQueryLoggingConfig", {"DestinationArn": attribute("Group", "Arn")}),
    "Tie": (
        "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation",
        {"ResolverQueryLogConfigId": attribute("Config", "Id"), "ResourceId": ref("Vpc")},
    ),
}


class TestFlowLogs:
    def test_a_flow_log_of_a_vpc(self) -> None:
        assert flow() == Log(
            id="net/Flow",
            origin=Origin(path=f"{AT}/Flow"),
            kind=LogKind.FLOW,
            watched="net/Vpc",
            destination="${net/Group}",
        )

    def test_one_of_a_subnet_into_a_bucket(self) -> None:
        found = flow(ResourceId=ref("Subnet"), LogGroupName=None, LogDestination="arn:aws:s3:::evidence")
        assert (found.watched, found.destination) == ("net/Subnet", "arn:aws:s3:::evidence")

    def test_one_of_what_was_refused_is_not_of_everything(self) -> None:
        assert flow(TrafficType="REJECT").everything is False

    def test_one_of_something_elsewhere_is_a_doubt(self) -> None:
        assert isinstance(flow(ResourceId="vpc-0a").watched, Doubt)

    def test_it_touches_the_network_in_no_other_way(self) -> None:
        assert lifted({**VPC, **GROUP, "Flow": ("AWS::EC2::FlowLog", FLOW)}).foreign == ()


class TestFirewallLogs:
    def test_each_kind_is_a_log(self) -> None:
        written: list[Json] = [
            {"LogType": kind, "LogDestinationType": "CloudWatchLogs", "LogDestination": {"logGroup": ref("Group")}}
            for kind in ("ALERT", "FLOW", "TLS")
        ]
        found = alerts(*written)
        assert [(one.id, one.kind, one.watched, one.destination) for one in found] == [
            ("net/Logging/0", LogKind.FIREWALL_ALERT, "net/Wall", "${net/Group}"),
            ("net/Logging/1", LogKind.FIREWALL_FLOW, "net/Wall", "${net/Group}"),
            ("net/Logging/2", LogKind.FIREWALL_TLS, "net/Wall", "${net/Group}"),
        ]
        assert found[0].origin.path == f"{AT}/Logging/Properties/LoggingConfiguration/LogDestinationConfigs/0"

    def test_one_on_a_condition_is_there_perhaps(self) -> None:
        (found,) = alerts({"LogType": "ALERT", "LogDestination": {"logGroup": "x"}}, Condition="On")
        assert isinstance(found.maybe, Doubt)

    def test_a_configuration_without_destinations_is_no_log(self) -> None:
        assert alerts() == ()


class TestQueryLogs:
    def test_a_query_log_of_a_vpc(self) -> None:
        assert logs(QUERIES) == (
            Log(
                id="net/Tie",
                origin=Origin(path=f"{AT}/Tie"),
                kind=LogKind.DNS_QUERY,
                watched="net/Vpc",
                destination="${net/Group.Arn}",
            ),
        )

    def test_a_configuration_that_may_not_be_there_makes_none_that_surely_is(self) -> None:
        kind, properties = QUERIES["Config"]
        (found,) = logs({**QUERIES, "Config": (kind, {**properties, "Condition": "On"})}, **MAYBE)
        assert isinstance(found.maybe, Doubt)

    def test_a_configuration_of_somebody_else_is_a_doubt(self) -> None:
        kind, properties = QUERIES["Tie"]
        (found,) = logs({"Tie": (kind, {**properties, "ResolverQueryLogConfigId": "rqlc-0a"})})
        assert isinstance(found.destination, Doubt)
        assert found.destination.reason == "this query log configuration is not in the assembly"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("agents", "agents"),
        ("arn:aws:logs:eu-west-1:1:log-group:/agents/a:*", "/agents/a"),
        ("arn:aws-cn:logs:cn-north-1:1:log-group:agents", "agents"),
        ("arn:aws:logs:eu-west-1:1:log-group:agents:log-stream:x", "arn:aws:logs:eu-west-1:1:log-group:agents:log-stream:x"),
        ("arn:aws:logs:eu-west-1:2:log-group:agents:*", "arn:aws:logs:eu-west-1:2:log-group:agents:*"),
        ("arn:aws:logs:eu-west-1::log-group:agents:*", "agents"),
        ("arn:aws:s3:::evidence", "arn:aws:s3:::evidence"),
        (Doubt("unknown"), Doubt("unknown")),
    ],
)  # fmt: skip
def test_a_log_group_goes_by_its_name(written: str | Doubt, expected: str | Doubt) -> None:
    assert normalised(written, "1") == expected
