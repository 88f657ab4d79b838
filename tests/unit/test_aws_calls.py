"""One call: its pages, what is kept of them, and every way in which it can fail to answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import botocore
import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from agent_perimeter.aws import calls
from agent_perimeter.aws.calls import Clients, ask
from agent_perimeter.aws.read import Read
from agent_perimeter.aws.reads import READS
from agent_perimeter.aws.shapes import Fields
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Answer, Unread
from tests.unit.aws_wire import Refused, Said, Wire

TABLE = {read.call: read for read in READS}
URL = "https://ec2.eu-west-1.amazonaws.com/"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries wait between attempts, and adaptive ones before them too; here they need not."""
    monkeypatch.setattr("time.sleep", lambda *_: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_, **__: True)


def made(call: str, parameters: Mapping[str, Json], *said: Said | Refused, vpc: str = "") -> Answer | Unread:
    read = TABLE[call]
    wire = Wire(**{read.operation: list(said)})
    return ask(Clients(wire.session), read, parameters, vpc)


def firewalls(*names: str, more: str | None = None) -> dict[str, Any]:
    found = [{"FirewallName": name, "FirewallArn": f"arn:{name}"} for name in names]
    return {"Firewalls": found} | ({} if more is None else {"NextToken": more})


def test_the_pages_of_a_list_are_joined_in_order() -> None:
    answer = made(
        "network-firewall:ListFirewalls",
        {"VpcIds": ["vpc-1"]},
        firewalls("a", more="1"),
        firewalls(more="2"),
        firewalls("b"),
    )
    assert answer == Answer(
        "network-firewall",
        "ListFirewalls",
        {"VpcIds": ["vpc-1"]},
        {"Firewalls": [{"FirewallName": "a", "FirewallArn": "arn:a"}, {"FirewallName": "b", "FirewallArn": "arn:b"}]},
    )


def test_what_is_not_named_is_not_kept() -> None:
    answer = made(
        "lambda:GetFunctionConfiguration",
        {"FunctionName": "f"},
        {"FunctionName": "f", "Timeout": 3, "Environment": {"Variables": {"TOKEN": "secret"}}},
    )
    assert isinstance(answer, Answer)
    assert answer.result == {"FunctionName": "f", "Timeout": 3}


def exclusions(*ids: str, more: str = "") -> str:
    items = "".join(f"<item><exclusionId>{one}</exclusionId></item>" for one in ids)
    return f"<R><vpcBlockPublicAccessExclusionSet>{items}</vpcBlockPublicAccessExclusionSet><nextToken>{more}</nextToken></R>"


def test_a_list_without_a_paginator_is_read_to_its_end_too() -> None:
    call = "ec2:DescribeVpcBlockPublicAccessExclusions"
    answer = made(call, {}, exclusions("a", more="1"), exclusions("b"))
    assert isinstance(answer, Answer)
    assert answer.result == {"VpcBlockPublicAccessExclusions": [{"ExclusionId": "a"}, {"ExclusionId": "b"}]}


def test_a_list_that_aws_cannot_filter_keeps_what_is_of_the_vpc() -> None:
    def gateway(name: str, vpc: str) -> str:
        at = f"<attachmentSet><item><vpcId>{vpc}</vpcId></item></attachmentSet>"
        return f"<item><egressOnlyInternetGatewayId>{name}</egressOnlyInternetGatewayId>{at}</item>"

    body = f"<R><egressOnlyInternetGatewaySet>{gateway('a', 'vpc-1')}{gateway('b', 'vpc-2')}</egressOnlyInternetGatewaySet></R>"
    answer = made("ec2:DescribeEgressOnlyInternetGateways", {}, body, vpc="vpc-2")
    assert isinstance(answer, Answer)
    assert answer.result == {
        "EgressOnlyInternetGateways": [{"EgressOnlyInternetGatewayId": "b", "Attachments": [{"VpcId": "vpc-2"}]}]
    }


def test_an_error_that_says_that_there_is_none_is_an_answer() -> None:
    missing = "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code><Message>none</Message></Error>"
    answer = made("s3:GetPublicAccessBlock", {"Bucket": "b"}, _Xml(missing, 404))
    assert answer == Answer("s3", "GetPublicAccessBlock", {"Bucket": "b"}, {})


class _Xml(Refused):
    def __init__(self, body: str, status: int) -> None:
        super().__init__("", "", status)
        self._body = body

    def __str__(self) -> str:
        return self._body


FIREWALLS = "network-firewall:ListFirewalls"
SUBNETS = "ec2:DescribeSubnets"
DENIED = Refused("AccessDeniedException", "you shall not pass", 403)

FAILURES: dict[str, tuple[str, Said | Refused, str, str]] = {
    "a permission that is missing": (FIREWALLS, DENIED, "AccessDeniedException", "you shall not pass"),
    "throttling that does not end": (FIREWALLS, Refused("ThrottlingException"), "ThrottlingException", "no"),
    "an error of AWS's own": (FIREWALLS, Refused("InternalServerError", status=500), "InternalServerError", "no"),
    "a resource that is gone": (FIREWALLS, Refused("ResourceNotFoundException"), "ResourceNotFoundException", "no"),
    "no answer in time": (
        FIREWALLS,
        ReadTimeoutError(endpoint_url=URL),
        "TimedOut",
        f'Read timeout on endpoint URL: "{URL}"',
    ),
    "no connection in time": (
        FIREWALLS,
        ConnectTimeoutError(endpoint_url=URL),
        "TimedOut",
        f'Connect timeout on endpoint URL: "{URL}"',
    ),
    "no connection": (
        FIREWALLS,
        EndpointConnectionError(endpoint_url=URL),
        "Unreachable",
        f'Could not connect to the endpoint URL: "{URL}"',
    ),
    "a connection that breaks": (
        FIREWALLS,
        ConnectionClosedError(endpoint_url=URL),
        "Unreachable",
        f'Connection was closed before we received a valid response from endpoint URL: "{URL}".',
    ),
    "an answer that is no XML": (SUBNETS, "<html>hello", "Malformed", "Unable to parse response"),
    "an answer that is no JSON": (FIREWALLS, "hello", "Malformed", "ListFirewalls has no Firewalls"),
    "an answer without what was asked": (FIREWALLS, {}, "Malformed", "ListFirewalls has no Firewalls"),
    "a list that is an object": (
        FIREWALLS,
        {"Firewalls": {"a": 1}},
        "Malformed",
        "the answer cannot be read: 'str' object",
    ),
    "an item that is text": (FIREWALLS, {"Firewalls": ["a"]}, "Malformed", "the answer cannot be read: 'str' object"),
    "a number that is a word": (
        SUBNETS,
        "<R><subnetSet><item><availableIpAddressCount>few</availableIpAddressCount></item></subnetSet></R>",
        "Malformed",
        "the answer cannot be read: invalid literal for int()",
    ),
    "a text that is a list": (
        FIREWALLS,
        {"Firewalls": [{"FirewallArn": ["a"]}]},
        "Malformed",
        "ListFirewalls.Firewalls[0].FirewallArn is a list, not a plain value",
    ),
    "a page that is always the next": (
        FIREWALLS,
        firewalls("a", more="1"),
        "Truncated",
        "Error during pagination: The same next token",
    ),
    "a last page that is not the last": (
        "iam:ListEntitiesForPolicy",
        "<R><ListEntitiesForPolicyResult><PolicyRoles/><PolicyUsers/><IsTruncated>true</IsTruncated></ListEntitiesForPolicyResult></R>",
        "Truncated",
        "the last page says that there is more, and not how to get it",
    ),
    "a VPC without an attribute that every VPC has": (
        "ec2:DescribeVpcAttribute",
        "<R><vpcId>vpc-1</vpcId></R>",
        "Malformed",
        "there is no EnableDnsSupport.Value|EnableDnsHostnames.Value in it, which AWS always gives",
    ),
    "a VPC without a main route table": (
        "ec2:DescribeRouteTables",
        "<R><routeTableSet><item><associationSet><item><main>false</main></item></associationSet></item></routeTableSet></R>",
        "Malformed",
        "there is no RouteTables.Associations.Main=True in it, which AWS always gives",
    ),
    "a VPC without a default ACL": (
        "ec2:DescribeNetworkAcls",
        "<R><networkAclSet><item><default>false</default></item></networkAclSet></R>",
        "Malformed",
        "there is no NetworkAcls.IsDefault=True in it, which AWS always gives",
    ),
    "a VPC without a default group": (
        "ec2:DescribeSecurityGroups",
        "<R><securityGroupInfo/></R>",
        "Malformed",
        "there is no SecurityGroups.GroupName=default in it, which AWS always gives",
    ),
}

PARAMETERS: dict[str, dict[str, Json]] = {
    "iam:ListEntitiesForPolicy": {"PolicyArn": "arn:aws:iam::123456789012:policy/p"},
    "ec2:DescribeVpcAttribute": {"VpcId": "vpc-1", "Attribute": "enableDnsSupport"},
}


@pytest.mark.parametrize(("call", "said", "code", "message"), FAILURES.values(), ids=FAILURES)
def test_what_does_not_answer_is_unread(call: str, said: Said | Refused, code: str, message: str) -> None:
    parameters = PARAMETERS.get(call, {})
    unread = made(call, parameters, said)
    assert isinstance(unread, Unread)
    assert (unread.call, unread.parameters, unread.code, unread.permission) == (call, parameters, code, call)
    assert unread.message.startswith(message)


def test_a_call_is_tried_again() -> None:
    busy: Said | Refused = Refused("ThrottlingException")
    wire = Wire(ListFirewalls=[busy, busy, firewalls("a")])
    assert isinstance(ask(Clients(wire.session), TABLE[FIREWALLS], {}), Answer)
    assert wire.calls == ["ListFirewalls"] * 3


def test_pages_that_go_round_in_circles_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_PAGES", 5)
    circle: list[Said | Refused] = [firewalls("a", more=one) for one in "121212"]
    wire = Wire(ListFirewalls=circle)
    unread = ask(Clients(wire.session), TABLE[FIREWALLS], {})
    assert isinstance(unread, Unread)
    assert (unread.code, unread.message) == ("Truncated", "there are more than 5 pages")
    assert len(wire.calls) == 5


def test_a_long_message_is_cut() -> None:
    unread = made(FIREWALLS, {}, Refused("AccessDenied", "encoded " * 100))
    assert isinstance(unread, Unread)
    assert len(unread.message) == 300


def test_an_error_without_a_code_says_what_it_can() -> None:
    unread = made(FIREWALLS, {}, _Xml("the proxy says hello", 418))
    assert isinstance(unread, Unread)
    assert unread.code == "418"


@pytest.mark.parametrize(
    ("service", "operation", "message"),
    [
        ("route53profilesx", "ListProfileAssociations", "Unknown service: 'route53profilesx'"),
        (
            "ec2",
            "DescribeTunnels",
            f"botocore {botocore.__version__} has no ec2:DescribeTunnels; a newer boto3 knows it",
        ),
    ],
)
def test_what_an_older_botocore_does_not_know_is_unread(service: str, operation: str, message: str) -> None:
    unread = ask(Clients(Wire().session), Read(service, operation, Fields({})), {})
    assert isinstance(unread, Unread)
    assert unread.code == "Unsupported"
    assert unread.message.startswith(message)


OLDER = {
    "a field": ("ec2:DescribeSubnets", ("Subnets",), "Ipv6Native", "Subnets.Ipv6Native"),
    "a field deep in the answer": (
        "network-firewall:DescribeFirewallPolicy",
        ("FirewallPolicy",),
        "StatefulEngineOptions",
        "FirewallPolicy.StatefulEngineOptions",
    ),
}


@pytest.mark.parametrize(("call", "way", "field", "said"), OLDER.values(), ids=OLDER)
def test_a_call_with_a_field_that_an_older_botocore_does_not_know_is_unread(
    call: str, way: tuple[str, ...], field: str, said: str
) -> None:
    """Its parser would drop the field, and the rest would look whole."""
    wire, read = Wire(), TABLE[call]
    clients = Clients(wire.session)
    shape = clients.of(read.service).meta.service_model.operation_model(read.operation).output_shape
    for step in way:
        shape = shape.members[step]
        shape = getattr(shape, "member", shape)
    del shape.members[field]
    for _ in range(2):
        assert ask(clients, read, {}) == Unread(
            read.service,
            read.operation,
            {},
            "Unsupported",
            f"botocore {botocore.__version__} has no {said} of {call}; a newer boto3 knows it",
            read.permission,
        )
    assert wire.calls == []


def test_what_botocore_knows_is_looked_at_once_for_all_calls_of_an_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Fields] = []

    def look(shape: Fields, _: object) -> tuple[str, ...]:
        looked.append(shape)
        return ()

    monkeypatch.setattr(calls, "lacking", look)
    clients = Clients(Wire(ListFirewalls=firewalls("a")).session)
    assert isinstance(ask(clients, TABLE[FIREWALLS], {}), Answer)
    assert isinstance(ask(clients, TABLE[FIREWALLS], {}), Answer)
    assert looked == [TABLE[FIREWALLS].result]


def test_a_parameter_that_an_older_botocore_does_not_know_is_left_out() -> None:
    read = TABLE["ec2:DescribeNetworkInterfaces"]
    wire = Wire(DescribeNetworkInterfaces="<R><networkInterfaceSet/></R>")
    clients = Clients(wire.session)
    known = clients.of("ec2").meta.service_model.operation_model(read.operation).input_shape.members
    assert isinstance(ask(clients, read, {}), Answer)
    del known["IncludeManagedResources"]
    assert isinstance(ask(clients, read, {}), Answer)
    assert ["IncludeManagedResources" in body for _, body in wire.requests] == [True, False]


def test_parameters_that_botocore_refuses_are_unread() -> None:
    unread = made(FIREWALLS, {"VpcIds": "vpc-1"})
    assert isinstance(unread, Unread)
    assert unread.code == "ParamValidationError"


def test_credentials_that_cannot_be_had_are_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    monkeypatch.setattr(wire.session, "get_credentials", lambda: None)
    wire.session._session._credentials = None
    monkeypatch.setattr(wire.session._session, "get_credentials", lambda: None)
    unread = ask(Clients(wire.session), TABLE[FIREWALLS], {})
    assert isinstance(unread, Unread)
    assert unread.code == "NoCredentialsError"


def test_an_error_of_ours_is_not_hidden() -> None:
    broken = Read("network-firewall", "ListFirewalls", Fields({}), nonempty=(17,))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        ask(Clients(Wire(ListFirewalls={}).session), broken, {})


ACCOUNT_OF = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@pytest.mark.parametrize(
    ("call", "parameters", "said", "why"),
    [
        (
            "network-firewall:DescribeLoggingConfiguration",
            {"FirewallArn": "arn:a"},
            {"FirewallArn": "arn:b"},
            "it is about arn:b, which was not asked for",
        ),
        (
            "route53resolver:ListFirewallRules",
            {"FirewallRuleGroupId": "rslvr-frg-a"},
            {"FirewallRules": [{"FirewallRuleGroupId": "rslvr-frg-a"}, {"FirewallRuleGroupId": "rslvr-frg-b"}]},
            "it is about rslvr-frg-b, which was not asked for",
        ),
        (
            "network-firewall:DescribeFirewall",
            {"FirewallArn": "arn:a"},
            {"Firewall": {}, "FirewallStatus": {}},
            "there is no Firewall.FirewallArn in it, which AWS always gives",
        ),
        (
            "sts:GetCallerIdentity",
            {},
            ACCOUNT_OF.format("17"),
            r"there is no Account=\d{12} in it, which AWS always gives",
        ),
    ],
)
def test_an_answer_about_something_else_is_none(call: str, parameters: dict[str, Json], said: Said, why: str) -> None:
    unread = made(call, parameters, said)
    assert isinstance(unread, Unread)
    assert (unread.code, unread.message) == ("Malformed", why)


@pytest.mark.parametrize("name", ["net", "arn:aws:cloudformation:eu-west-1:1:stack/net/1"])
def test_an_answer_about_what_was_asked_for_by_either_name_is_one(name: str) -> None:
    stack = "<StackName>net</StackName><StackId>arn:aws:cloudformation:eu-west-1:1:stack/net/1</StackId>"
    body = f"<DescribeStacksResponse><DescribeStacksResult><Stacks><member>{stack}</member></Stacks>"
    answer = made(
        "cloudformation:DescribeStacks",
        {"StackName": name},
        f"{body}</DescribeStacksResult></DescribeStacksResponse>",
    )
    assert isinstance(answer, Answer)


def test_a_name_deep_in_the_parameters_was_asked_for() -> None:
    filters: dict[str, Json] = {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}], "MaxResults": 5}
    body = "<R><subnetSet><item><vpcId>{}</vpcId></item></subnetSet></R>"
    assert isinstance(made("ec2:DescribeSubnets", filters, body.format("vpc-1")), Answer)
    assert isinstance(made("ec2:DescribeSubnets", filters, body.format("vpc-2")), Unread)


def zones(*names: str, more: str = "") -> str:
    listed = "".join(
        f"<HostedZoneSummary><HostedZoneId>Z{name}</HostedZoneId><Name>{name}.</Name>"
        "<Owner><OwningAccount>1</OwningAccount></Owner></HostedZoneSummary>"
        for name in names
    )
    return (
        f"<R><HostedZoneSummaries>{listed}</HostedZoneSummaries><MaxItems>2</MaxItems>"
        f"{f'<NextToken>{more}</NextToken>' if more else ''}</R>"
    )


ZONES: Mapping[str, Json] = {"VPCId": "vpc-1", "VPCRegion": "eu-west-1"}


def test_the_private_zones_of_a_vpc_are_read_to_the_last_page() -> None:
    answer = made("route53:ListHostedZonesByVPC", ZONES, zones("a", "b", more="t"), zones("c"))
    assert isinstance(answer, Answer)
    assert answer.result["HostedZoneSummaries"] == [
        {"HostedZoneId": f"Z{name}", "Name": f"{name}.", "Owner": {"OwningAccount": "1"}} for name in "abc"
    ]


def test_service_networks_of_another_vpc_are_no_answer() -> None:
    listed = {"items": [{"arn": "arn:aws:vpc-lattice:a", "status": "ACTIVE", "vpcId": "vpc-2"}]}
    lost = made("vpc-lattice:ListServiceNetworkVpcAssociations", {"vpcIdentifier": "vpc-1"}, listed)
    assert isinstance(lost, Unread)
    assert (lost.code, lost.message) == ("Malformed", "it is about vpc-2, which was not asked for")
