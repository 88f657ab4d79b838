"""VPC endpoints, as an account answers."""

from __future__ import annotations

import json

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import Doubt, Endpoint
from agent_perimeter.source import Origin
from tests.unit.accounts import ACCOUNT, VPC, Answers, live, reason

ENDPOINT: dict[str, Json] = {
    "VpcEndpointId": "vpce-0a",
    "VpcEndpointType": "Interface",
    "VpcId": VPC,
    "ServiceName": "com.amazonaws.eu-west-1.logs",
    "State": "available",
    "SubnetIds": ["subnet-0a"],
    "Groups": [{"GroupId": "sg-0a"}],
    "IpAddressType": "ipv4",
    "PrivateDnsEnabled": True,
}
EVERYTHING: Json = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
READING: dict[str, Json] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": ["s3:GetObject"],
    "Resource": ["arn:aws:s3:::b/*"],
}


def endpoints(**written: Json) -> tuple[Endpoint, ...]:
    groups: Json = [{"GroupId": "sg-0a", "GroupName": "x", "VpcId": VPC}]
    tables: Json = [{"RouteTableId": "rtb-0m", "VpcId": VPC, "Associations": [{"Main": True}]}]
    answers: Answers = {"ec2:DescribeSecurityGroups": groups, "ec2:DescribeRouteTables": tables}
    return live({**answers, "ec2:DescribeVpcEndpoints": [ENDPOINT | written]}).endpoints


def endpoint(**written: Json) -> Endpoint:
    (found,) = endpoints(**written)
    return found


def policy(*statements: Json) -> object:
    return endpoint(PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)})).policy


def test_an_interface_endpoint() -> None:
    assert endpoint() == Endpoint(
        id="vpce-0a",
        origin=Origin(path="eu-west-1/vpce-0a"),
        vpc=VPC,
        service_name="com.amazonaws.eu-west-1.logs",
        kind="interface",
        policy=None,
        route_tables=(),
        subnets=("subnet-0a",),
        groups=("sg-0a",),
        private_dns=True,
    )


def test_a_gateway_endpoint_has_tables_and_neither_groups_nor_names() -> None:
    found = endpoint(VpcEndpointType="Gateway", RouteTableIds=["rtb-0a", "rtb-0m", {}])
    assert (found.kind, found.groups, found.private_dns) == ("gateway", (), False)
    assert found.route_tables[:2] == ("rtb-0a", f"{VPC}/main-route-table")
    assert reason(found.route_tables[2]) == "vpce-0a#/RouteTableIds/2: a mapping is not text"


@pytest.mark.parametrize("state", ["deleted", "Deleted", "rejected", "failed", "expired"])
def test_what_is_gone_is_none(state: str) -> None:
    assert endpoints(State=state) == ()


@pytest.mark.parametrize("state", ["pending", "pendingAcceptance", "deleting", "Partial"])
def test_what_is_between_may_stand(state: str) -> None:
    assert reason(endpoint(State=state).maybe) == f"vpce-0a#/State: its state is {state}"


def test_the_endpoint_of_a_firewall_goes_by_the_firewall() -> None:
    wall = f"arn:aws:network-firewall:eu-west-1:{ACCOUNT}:firewall/wall"
    answers: Answers = {
        "network-firewall:ListFirewalls": [{"FirewallArn": wall}],
        f"network-firewall:DescribeFirewall FirewallArn={wall}": {
            "FirewallStatus": {"SyncStates": {"eu-west-1a": {"Attachment": {"EndpointId": "vpce-0a"}}}}
        },
        "ec2:DescribeVpcEndpoints": [ENDPOINT | {"VpcEndpointType": "GatewayLoadBalancer"}],
    }
    assert live(answers).endpoints == ()


@pytest.mark.parametrize(
    ("written", "service"),
    [
        ({"ResourceConfigurationArn": "arn:config", "ServiceName": None}, "arn:config"),
        ({"ServiceNetworkArn": "arn:network", "ServiceName": None}, "arn:network"),
    ],
)
def test_what_leads_to_something_else_goes_by_its_arn(written: dict[str, Json], service: str) -> None:
    assert endpoint(**written).service_name == service


@pytest.mark.parametrize(
    ("written", "field", "why"),
    [
        ({"VpcEndpointType": "Tunnel"}, "kind", "VpcEndpointType: 'Tunnel' is no type of VPC endpoint that is known"),
        ({"VpcEndpointType": None}, "kind", "VpcEndpointType: VpcEndpointType is missing"),
        ({"IpAddressType": "ipv6"}, "kind", "IpAddressType: whether an endpoint of type ipv6 takes IPv4 is not judged"),
        ({"IpAddressType": {}}, "kind", "IpAddressType: a mapping is not text"),
        ({"ServiceName": None}, "service_name", "ServiceName: ServiceName is missing"),
        ({"PrivateDnsEnabled": None}, "private_dns", "PrivateDnsEnabled: PrivateDnsEnabled is missing"),
    ],
    ids=["a new type", "no type", "IPv6", "no text", "no service", "no private DNS"],
)
def test_what_cannot_be_read_is_a_doubt(written: dict[str, Json], field: str, why: str) -> None:
    assert reason(getattr(endpoint(**written), field)) == f"vpce-0a#/{why}"


@pytest.mark.parametrize(
    ("kind", "key", "field"),
    [
        ("Interface", "SubnetIds", "subnets"),
        ("Interface", "Groups", "groups"),
        ("Gateway", "RouteTableIds", "route_tables"),
    ],
)
def test_a_list_that_its_kind_has_may_not_be_missing(kind: str, key: str, field: str) -> None:
    written: dict[str, Json] = {"VpcEndpointType": kind, "RouteTableIds": [], key: None}
    (unknown,) = getattr(endpoint(**written), field)
    assert reason(unknown) == f"vpce-0a#/{key}: {key} is missing"


class TestPolicies:
    def test_the_policy_that_allows_everything_is_the_one_that_aws_gives(self) -> None:
        assert policy(EVERYTHING) is None

    @pytest.mark.parametrize(
        "statements",
        [
            (READING,),
            (EVERYTHING, READING),
            (),
            (READING | {"Action": "*"},),
            (READING | {"Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},),
            (READING | {"Action": "*", "Resource": "*", "Effect": "Deny"},),
        ],
        ids=["narrow", "two statements", "none", "every action", "on a condition", "a denial"],
    )
    def test_any_other_policy_is_its_statements(self, statements: tuple[Json, ...]) -> None:
        found = policy(*statements)
        assert isinstance(found, tuple)
        assert len(found) == len(statements)

    def test_a_statement_without_a_principal_is_a_doubt(self) -> None:
        found = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
        assert isinstance(found, Doubt)
        assert found.reason == "a statement of an endpoint's policy names no principal"

    def test_a_policy_that_is_no_json_is_a_doubt(self) -> None:
        assert reason(endpoint(PolicyDocument="{").policy).startswith(
            "vpce-0a#/PolicyDocument: this policy document is not JSON"
        )
