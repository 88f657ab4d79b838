"""VPC endpoints: who may do what through each of them."""

from __future__ import annotations

import json

import pytest

from agent_perimeter.intent import Intent
from agent_perimeter.lower.endpoints import (
    lower_endpoints,
    policy_document,
    policy_length,
    sid,
)
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import Condition, Endpoint, Statement
from agent_perimeter.source import Origin
from tests.unit.lower.agents import agent, at, intent, name, plan, service

ACCOUNT = ("${AWS::AccountId}",)


def endpoints_of(of: Intent, zones: int = 2) -> tuple[Endpoint, ...]:
    return lower_endpoints(of, plan(of, zones))[0]


def test_without_services_there_are_no_endpoints() -> None:
    of = intent(agent("bot", name(2)))
    assert lower_endpoints(of, plan(of)) == ((), (Use("gateway-endpoints", 0), Use("interface-endpoints", 0)))


def test_a_gateway_endpoint_stands_in_the_tables_of_its_agents_and_in_no_others() -> None:
    (s3,) = endpoints_of(intent(agent("bot", service(2, "s3")), agent("cat", name(2))))
    assert s3 == Endpoint(
        id="endpoint/s3",
        service="s3",
        service_name="com.amazonaws.${AWS::Region}.s3",
        kind="gateway",
        statements=s3.statements,
        route_tables=("table/agent/s3/0", "table/agent/s3/1"),
        subnets=(),
        security_group=None,
        private_dns=False,
        origin=at(2),
    )


def test_an_interface_endpoint_has_a_subnet_in_every_zone_its_own_group_and_private_dns() -> None:
    (sts,) = endpoints_of(intent(agent("bot", service(2, "sts")), agent("cat", service(3, "sts"))))
    assert sts == Endpoint(
        id="endpoint/sts",
        service="sts",
        service_name="com.amazonaws.${AWS::Region}.sts",
        kind="interface",
        statements=sts.statements,
        route_tables=(),
        subnets=("subnet/endpoint/0", "subnet/endpoint/1"),
        security_group="group/endpoint/sts",
        private_dns=True,
        origin=at(2) | at(3),
    )


def test_each_agent_may_do_its_own_actions_from_its_own_subnets_with_credentials_of_the_account() -> None:
    of = intent(
        agent("bot", service(2, "s3", ("s3:GetObject",), ("arn:aws:s3:::corpus/*",))),
        agent("cat", service(3, "s3", ("s3:PutObject",), ("arn:aws:s3:::drop/*",)), service(4, "s3")),
    )
    (s3,) = endpoints_of(of)
    homes = {found: tuple(map(str, blocks)) for found, blocks in plan(of).agents.items()}

    def statement(sid: str, who: str, action: str, bucket: str, line: int) -> Statement:
        conditions = (
            Condition("StringEquals", "aws:PrincipalAccount", ACCOUNT),
            Condition("IpAddress", "aws:VpcSourceIp", homes[who]),
        )
        return Statement(sid, True, (action,), (f"arn:aws:s3:::{bucket}/*",), conditions, "*", at(line))

    assert s3.statements == (
        statement("BotRule0", "bot", "s3:GetObject", "corpus", 2),
        statement("CatRule1", "cat", "s3:PutObject", "drop", 3),
        statement("CatRule2", "cat", "s3:GetObject", "corpus", 4),
    )


OWNERS = {
    "one bucket, which has one owner": (("arn:aws:s3:::corpus/*",), False),
    "the bucket itself": (("arn:aws:s3:::corpus",), False),
    "everything": (("*",), True),
    "every bucket": (("arn:aws:s3:::*",), True),
    "every object of every bucket": (("arn:aws:s3:::*/*",), True),
    "buckets that begin alike, which anybody can create": (("arn:aws:s3:::corp-*",), True),
    "buckets but for one letter": (("arn:aws:s3:::corpu?/x",), True),
    "the named account": (("arn:aws:sqs:eu-west-1:111122223333:*",), False),
    "any account": (("arn:aws:sqs:eu-west-1:*:queue",), True),
    "accounts that begin alike": (("arn:aws:sqs:eu-west-1:1111*:queue",), True),
    "AWS's own foundation models": (("arn:aws:bedrock:*::foundation-model/anthropic.*",), False),
    "wildcards where the account should stand": (("arn:aws:s3*",), True),
    "one open resource among closed ones": (("arn:aws:s3:::corpus/*", "arn:aws:s3:::*"), True),
}


@pytest.mark.parametrize(("resources", "open_to_all"), OWNERS.values(), ids=OWNERS)
def test_where_a_wildcard_leaves_the_owner_open_it_must_be_the_account(
    resources: tuple[str, ...], open_to_all: bool
) -> None:
    """Or an agent's own credentials could carry data into an attacker's bucket that lets them in."""
    (endpoint,) = endpoints_of(intent(agent("bot", service(2, "s3", ("s3:PutObject",), resources))))
    (statement,) = endpoint.statements
    owner = Condition("StringEquals", "aws:ResourceAccount", ACCOUNT)
    assert (owner in statement.conditions) is open_to_all
    assert statement.resources == resources


IDS = {
    "a word": (("bot", 0, ""), "BotRule0"),
    "hyphens": (("my-data-bot", 12, ""), "MyDataBotRule12"),
    "digits": (("bot-2", 1, "InVpc"), "Bot2Rule1InVpc"),
}


@pytest.mark.parametrize(("parts", "expected"), IDS.values(), ids=IDS)
def test_a_statement_id_has_letters_and_digits_only(parts: tuple[str, int, str], expected: str) -> None:
    assert sid(*parts) == expected


def test_agents_whose_names_differ_in_a_hyphen_have_statements_of_their_own() -> None:
    """IAM refuses a policy with the same id twice."""
    (s3,) = endpoints_of(intent(agent("bot-1", service(2, "s3")), agent("bot1", service(3, "s3"))))
    assert [statement.sid for statement in s3.statements] == ["Bot1Rule0", "Bot1Rule1"]


def test_a_policy_document_is_what_iam_reads() -> None:
    allow = Statement(
        "One",
        True,
        ("s3:GetObject",),
        ("*",),
        (
            Condition("StringEquals", "aws:PrincipalAccount", ACCOUNT),
            Condition("StringEquals", "aws:ResourceAccount", ACCOUNT),
            Condition("IpAddress", "aws:VpcSourceIp", ("10.42.0.0/27",)),
        ),
        "*",
        Origin(),
    )
    deny = Statement("Two", False, ("*",), ("*",), (), None, Origin())
    assert policy_document([allow, deny]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "One",
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject"],
                "Resource": ["*"],
                "Condition": {
                    "StringEquals": {
                        "aws:PrincipalAccount": ["${AWS::AccountId}"],
                        "aws:ResourceAccount": ["${AWS::AccountId}"],
                    },
                    "IpAddress": {"aws:VpcSourceIp": ["10.42.0.0/27"]},
                },
            },
            {"Sid": "Two", "Effect": "Deny", "Action": ["*"], "Resource": ["*"]},
        ],
    }


def test_a_policy_is_measured_as_it_will_be_with_the_longest_values_filled_in() -> None:
    def statement(arn: str, vpc: str) -> list[Statement]:
        conditions = (Condition("StringEquals", "aws:SourceVpc", (vpc,)),)
        return [Statement("One", True, ("s3:GetObject",), (arn,), conditions, None, Origin())]

    arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:x"
    longest = statement("arn:aws-us-gov:logs:ap-southeast-2:111122223333:log-group:x", "vpc-0123456789abcdef0")
    assert policy_length(statement(arn, "${Vpc}"), spaced=False) == len(
        json.dumps(policy_document(longest), separators=(",", ":"))
    )
    assert policy_length(statement(arn, "${Vpc}"), spaced=True) == len(json.dumps(policy_document(longest)))


def test_endpoints_are_counted_by_kind_and_measured_one_by_one() -> None:
    of = intent(
        agent("bot", service(2, "s3"), service(3, "sts"), service(4, "dynamodb"), service(5, "bedrock-runtime"))
    )
    found, uses = lower_endpoints(of, plan(of))
    assert [endpoint.id for endpoint in found] == [
        "endpoint/bedrock-runtime",
        "endpoint/dynamodb",
        "endpoint/s3",
        "endpoint/sts",
    ]
    assert uses == (
        Use("gateway-endpoints", 2),
        Use("interface-endpoints", 2),
        *(
            Use("endpoint-policy-characters", policy_length(endpoint.statements, spaced=True), endpoint.id)
            for endpoint in found
        ),
    )
