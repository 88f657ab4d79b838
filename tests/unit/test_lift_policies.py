"""IAM documents wherever they stand: endpoint policies, boundaries; whose roles they cap."""

from __future__ import annotations

import json

import pytest

from agent_perimeter.observed import Condition, Doubt, Endpoint, Role, Statement
from tests.unit.lifted import AT, MAYBE, SUBNET, Json, Resources, attribute, doubts, lifted, ref

UNKNOWN: Json = {"Fn::ImportValue": "x"}


def endpoint(properties: dict[str, Json], **sections: Json) -> Endpoint:
    written: dict[str, Json] = {"VpcId": ref("Vpc"), "ServiceName": "com.amazonaws.eu-west-1.s3", **properties}
    table: Resources = {"Table": ("AWS::EC2::RouteTable", {"VpcId": ref("Vpc")})}
    return lifted({**SUBNET, **table, "End": ("AWS::EC2::VPCEndpoint", written)}, **sections).endpoints[0]


def test_an_endpoint_without_type_and_policy_is_a_gateway_that_allows_everything() -> None:
    found = endpoint({"RouteTableIds": [ref("Table"), "rtb-1"]})
    assert (found.kind, found.policy, found.groups, found.private_dns, found.service_name) == (
        "gateway",
        None,
        (),
        False,
        "com.amazonaws.eu-west-1.s3",
    )
    assert found.route_tables[0] == "net/Table"
    assert isinstance(found.route_tables[1], Doubt)


def test_an_interface_endpoint_bears_the_default_group_where_none_is_named() -> None:
    found = endpoint({"VpcEndpointType": "Interface", "SubnetIds": [ref("Subnet")]})
    assert (found.kind, found.subnets, found.groups) == ("interface", ("net/Subnet",), ("net/Vpc/default-group",))
    assert isinstance(found.private_dns, Doubt)
    lost = endpoint({"VpcEndpointType": "Interface", "VpcId": "vpc-1", "PrivateDnsEnabled": True})
    assert isinstance(lost.groups[0], Doubt)
    assert lost.private_dns is True


@pytest.mark.parametrize("kind", ["Tunnel", UNKNOWN])
def test_an_endpoint_of_a_kind_that_is_not_known(kind: Json) -> None:
    assert isinstance(endpoint({"VpcEndpointType": kind}).kind, Doubt)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        (
            {"ServiceName": "s3", "ServiceNetworkArn": "arn:x"},
            "an endpoint leads to a service, a resource or a service network",
        ),
        ({"ResourceConfigurationArn": "arn:x", "ServiceNetworkArn": "arn:y"}, "an endpoint leads to a service"),
    ],
)
def test_an_endpoint_that_leads_to_several_things_is_a_doubt(properties: dict[str, Json], reason: str) -> None:
    found = endpoint(properties).service_name
    assert isinstance(found, Doubt)
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(("written", "known"), [("ipv4", True), ("dualstack", True), ("ipv6", False), ("odd", False)])
def test_an_endpoint_for_ipv6_alone_is_not_judged(written: str, *, known: bool) -> None:
    found = endpoint({"ServiceName": "s3", "IpAddressType": written}).kind
    assert found == "gateway" if known else isinstance(found, Doubt)


def test_an_endpoints_statement_names_its_principals() -> None:
    statement: Json = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    found = endpoint({"ServiceName": "s3", "PolicyDocument": {"Statement": [statement]}}).policy
    assert isinstance(found, Doubt)
    assert found.reason == "a statement of an endpoint's policy names no principal"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("ipv4", ""),
        ("DualStack", ""),
        ("ipv6", "whether an endpoint of type ipv6 takes IPv4 is not judged"),
        (UNKNOWN, "x is exported by no stack here"),
    ],
)
def test_an_endpoint_that_may_not_take_ipv4_is_of_no_known_kind(kind: Json, reason: str) -> None:
    found = endpoint({"VpcEndpointType": "Interface", "IpAddressType": kind}).kind
    assert (found.reason if isinstance(found, Doubt) else "") == reason


def test_an_endpoint_that_leads_to_two_things_leads_to_no_known_one() -> None:
    found = endpoint({"ServiceNetworkArn": "arn"}).service_name
    assert isinstance(found, Doubt)
    assert found.reason == "an endpoint leads to a service, a resource or a service network, not to several"
    assert found.path == f"{AT}/End/Properties/ServiceNetworkArn"


def test_a_statement_of_an_endpoint_policy_names_its_principals() -> None:
    found = policy({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    assert isinstance(found, Doubt)
    assert found.reason == "a statement of an endpoint's policy names no principal"


def test_an_endpoint_may_lead_to_a_resource_or_nowhere() -> None:
    leading = lifted(
        {"End": ("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Resource", "ResourceConfigurationArn": "arn"})}
    )
    assert (leading.endpoints[0].kind, leading.endpoints[0].service_name) == ("resource", "arn")
    assert isinstance(lifted({"End": ("AWS::EC2::VPCEndpoint", {})}).endpoints[0].service_name, Doubt)


def policy(document: Json, **sections: Json) -> tuple[Statement, ...] | Doubt | None:
    return endpoint({"PolicyDocument": document}, **sections).policy


def statement(written: dict[str, Json], **sections: Json) -> Statement:
    found = policy({"Version": "2012-10-17", "Statement": written}, **sections)
    assert isinstance(found, tuple), found
    return found[0]


ALLOW: dict[str, Json] = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


def test_a_statement() -> None:
    found = statement(
        {
            **ALLOW,
            "Sid": "One",
            "Condition": {
                "StringEqualsIfExists": {"aws:PrincipalAccount": ref("AWS::AccountId")},
                "Null": {"aws:SourceVpc": False},
                "ForAnyValue:StringLike": {"aws:TagKeys": ["a", UNKNOWN]},
            },
        }
    )
    assert (found.sid, found.allow, found.principals, found.actions, found.resources) == (
        "One",
        True,
        (("*", "*"),),
        ("s3:GetObject",),
        ("*",),
    )
    assert found.conditions[:2] == (
        Condition("StringEqualsIfExists", "aws:PrincipalAccount", ("${AWS::AccountId}",)),
        Condition("Null", "aws:SourceVpc", ("false",)),
    )
    assert found.conditions[2].values[0] == "a"
    assert isinstance(found.conditions[2].values[1], Doubt)
    assert found.origin.path == f"{AT}/End/Properties/PolicyDocument/Statement"


def test_the_forms_of_a_statement() -> None:
    found = statement(
        {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": ["*", "arn:1"], "Service": "s3.amazonaws.com"},
            "NotAction": ["a:*"],
            "NotResource": ["r"],
        }
    )
    assert (found.allow, found.not_principals, found.not_actions, found.not_resources) == (False, True, True, True)
    assert found.principals == (("*", "*"), ("AWS", "arn:1"), ("Service", "s3.amazonaws.com"))
    assert isinstance(statement({**ALLOW, "Effect": UNKNOWN}).allow, Doubt)
    assert isinstance(statement({**ALLOW, "Effect": "allow"}).allow, Doubt)


def test_a_document_as_text() -> None:
    found = policy(json.dumps({"Statement": [ALLOW, {**ALLOW, "Effect": "Deny"}]}))
    assert isinstance(found, tuple)
    assert [each.allow for each in found] == [True, False]
    assert found[1].origin.path.endswith("/PolicyDocument/Statement/1")


def test_a_statement_that_may_not_be_there_neither_allows_nor_denies_surely() -> None:
    found = policy({"Statement": [{"Fn::If": ["On", ALLOW, ref("AWS::NoValue")]}]}, **MAYBE)
    assert isinstance(found, tuple)
    assert isinstance(found[0].allow, Doubt)


@pytest.mark.parametrize(
    "document",
    [
        UNKNOWN,
        {},
        [1],
        "{",
        "[" * 100_000,
        {"Statement": [], "Extra": 1},
        {"Statement": ["text"]},
        {"Statement": UNKNOWN},
        {"Statement": [{**ALLOW, "Extra": 1}]},
        {"Statement": [{**ALLOW, "NotAction": "b"}]},
        {"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*"}]},
        {"Statement": [{**ALLOW, "Principal": "arn:1"}]},
        {"Statement": [{**ALLOW, "Condition": UNKNOWN}]},
        {"Statement": [{**ALLOW, "Condition": {"Null": "x"}}]},
        {"Statement": [{**ALLOW, "Condition": {"Fn::If": ["On", {"Null": {"k": "v"}}, ref("AWS::NoValue")]}}]},
        {"Statement": [{**ALLOW, "Condition": {"Null": {"k": {"Fn::If": ["On", "v", ref("AWS::NoValue")]}}}}]},
        {"Fn::If": ["On", {"Statement": [ALLOW]}, ref("AWS::NoValue")]},
    ],
)
def test_documents_that_are_not_known(document: Json) -> None:
    assert isinstance(policy(document, **MAYBE), Doubt)


CAP: Resources = {"Cap": ("AWS::IAM::ManagedPolicy", {"PolicyDocument": {"Statement": [ALLOW]}})}
TAG: Json = {"agent-perimeter:agent": "bot"}


def parameter(name: str, value: Json, tags: Json = TAG) -> tuple[str, dict[str, Json]]:
    return "AWS::SSM::Parameter", {"Name": name, "Value": value, "Tags": tags, "Type": "String"}


def test_a_parameter_publishes_the_boundary_of_an_agent() -> None:
    (found,) = lifted({**CAP, "P": parameter("/x/bot/boundary", ref("Cap"))}).boundaries
    assert (found.id, found.agent) == ("net/Cap", "bot")
    assert isinstance(found.statements, tuple)
    assert lifted({**CAP, "P": parameter("/x/bot/other", ref("Cap"))}).boundaries == ()


def test_a_published_boundary_that_is_not_in_the_assembly_is_a_doubt() -> None:
    (found,) = lifted({"P": parameter("/x/bot/boundary", "arn:elsewhere")}).boundaries
    assert (found.id, found.agent) == ("net/P", "bot")
    assert isinstance(found.statements, Doubt)


def test_a_boundary_of_two_agents_is_nobodys_surely() -> None:
    other: Json = {"agent-perimeter:agent": "other"}
    resources: Resources = {
        **CAP,
        "P": parameter("/1/boundary", ref("Cap")),
        "Q": parameter("/2/boundary", ref("Cap"), other),
    }
    assert isinstance(lifted(resources).boundaries[0].agent, Doubt)


LIST_TAGS: Json = [{"Key": "agent-perimeter:agent", "Value": "bot"}, {"Key": "agent-perimeter:role", "Value": "agent"}]


def roles(function: dict[str, Json], role: dict[str, Json], more: Resources | None = None) -> tuple[Role, ...]:
    """The roles around a function in an agent's subnet."""
    return lifted(
        {
            **SUBNET,
            **CAP,
            "Home": ("AWS::EC2::Subnet", {"VpcId": ref("Vpc"), "Tags": LIST_TAGS}),
            "Role": ("AWS::IAM::Role", role),
            "Fn": ("AWS::Lambda::Function", {"VpcConfig": {"SubnetIds": [ref("Home")]}, **function}),
            **(more or {}),
        }
    ).roles


def test_the_role_of_what_stands_in_an_agents_subnet_is_the_agents() -> None:
    (bare,) = roles({"Role": attribute("Role", "Arn")}, {})
    assert (bare.id, bare.agent, bare.boundary) == ("net/Role", "bot", None)
    (capped,) = roles({"Role": attribute("Role", "Arn")}, {"PermissionsBoundary": ref("Cap")})
    assert (capped.agent, capped.boundary) == ("bot", "net/Cap")
    (tagged,) = roles({"Role": attribute("Role", "Arn")}, {"Tags": LIST_TAGS})
    assert (tagged.id, tagged.agent) == ("net/Role", "bot")
    (lost,) = roles({"Role": "arn:elsewhere"}, {})
    assert (lost.id, lost.agent) == ("net/Fn/role", "bot")
    assert isinstance(lost.boundary, Doubt)


def test_a_role_with_a_boundary_has_the_boundarys_agent() -> None:
    published: Resources = {"P": parameter("/x/other/boundary", ref("Cap"), {"agent-perimeter:agent": "other"})}
    (found,) = roles({}, {"PermissionsBoundary": ref("Cap")}, published)
    assert (found.agent, found.boundary) == ("other", "net/Cap")
    both = roles({"Role": attribute("Role", "Arn")}, {"PermissionsBoundary": ref("Cap")}, published)
    assert [(role.id, role.agent) for role in both] == [("net/Role", "other"), ("net/Role/bot", "bot")]
    assert [
        each.id for each in lifted({**CAP, "R": ("AWS::IAM::Role", {"PermissionsBoundary": ref("Cap")})}).boundaries
    ] == ["net/Cap"]


def test_tasks_and_instances_name_their_roles_in_between() -> None:
    more: Resources = {
        "Task": ("AWS::ECS::TaskDefinition", {"TaskRoleArn": attribute("TaskRole", "Arn")}),
        "TaskRole": ("AWS::IAM::Role", {}),
        "Service": (
            "AWS::ECS::Service",
            {
                "TaskDefinition": ref("Task"),
                "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [ref("Home")]}},
            },
        ),
        "Profile": ("AWS::IAM::InstanceProfile", {"Roles": [ref("HostRole")]}),
        "HostRole": ("AWS::IAM::Role", {}),
        "Host": ("AWS::EC2::Instance", {"SubnetId": ref("Home"), "IamInstanceProfile": ref("Profile")}),
        "Lost": ("AWS::EC2::Instance", {"SubnetId": ref("Home"), "IamInstanceProfile": "elsewhere"}),
        "Bare": ("AWS::EC2::Instance", {"SubnetId": ref("Home")}),
    }
    found = roles({}, {}, more)
    assert [(role.id, role.agent) for role in found] == [
        ("net/HostRole", "bot"),
        ("net/Lost/role", "bot"),
        ("net/TaskRole", "bot"),
    ]
    assert len(list(doubts(found))) == 1
