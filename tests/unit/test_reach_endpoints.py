"""VPC endpoints: what an agent can do through them, with whose credentials, and what it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.observed import Condition, Doubt, Endpoint, ObservedNetwork, RouteTable, Statement, Vpc
from agent_perimeter.reach.endpoints import (
    carries,
    decide_call,
    endpoints_of,
    judge_endpoint,
    missing_endpoints,
    service_of,
)
from agent_perimeter.reach.iam import Grant
from agent_perimeter.reach.iam_conditions import Truth
from agent_perimeter.reach.index import Choice
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Call, Gap, Kind, Layer, Outcome, Step

ACCOUNT = "${AWS::AccountId}"
LOST = Doubt("a parameter decides", "t#/Parameters/X")
AGENT = (Cidr.parse("10.0.0.0/27"), Cidr.parse("10.0.1.0/27"))
OTHERS = (Cidr.parse("10.0.2.0/27"),)
LINES = Origin((Span("policies/a.yaml", 7, 3),))
CORPUS = Grant(("s3:GetObject",), ("arn:aws:s3:::corpus/*",), LINES)

OWN_ACCOUNT = Condition("StringEquals", "aws:PrincipalAccount", (ACCOUNT,))
OWN_RESOURCE = Condition("StringEquals", "aws:ResourceAccount", (ACCOUNT,))
FROM_AGENT = Condition("IpAddress", "aws:VpcSourceIp", ("10.0.0.0/27", "10.0.1.0/27"))


def allow(
    actions: tuple[str | Doubt, ...] = CORPUS.actions,
    resources: tuple[str | Doubt, ...] = CORPUS.resources,
    conditions: tuple[Condition, ...] = (OWN_ACCOUNT, FROM_AGENT),
) -> Statement:
    return Statement(
        sid="Corpus",
        allow=True,
        principals=(("*", "*"),),
        actions=actions,
        resources=resources,
        conditions=conditions,
        origin=Origin(path="t#/S3/Statement/0"),
    )


def endpoint(
    *statements: Statement,
    service: str | Doubt = "com.amazonaws.${AWS::Region}.s3",
    policy: tuple[Statement, ...] | Doubt | None = (),
) -> Endpoint:
    return Endpoint(
        id="stack/S3",
        origin=Origin(path="t#/S3"),
        vpc="stack/Vpc",
        service_name=service,
        kind="gateway",
        policy=statements or policy,
        route_tables=("stack/Table",),
        subnets=(),
        groups=(),
        private_dns=False,
    )


SOUND = endpoint(allow())


def shown(gaps: tuple[Gap, ...]) -> list[str]:
    """Every gap as a person reads it."""
    return [f"{gap.kind}{'' if gap.certain else ' perhaps'}: {gap.witness}" for gap in gaps]


BUCKET = "arn:aws:s3:::any-other-bucket/key"
THROUGH = "through the s3 endpoint"
ANOTHERS = "with credentials of another account"
NOBODYS = "unsigned"
READS = f"s3:GetObject on arn:aws:s3:::corpus/anything {THROUGH}"
WRITES = f"s3:PutObject on {BUCKET} {THROUGH}"

JUDGED: dict[str, tuple[Endpoint, tuple[Cidr, ...], tuple[Grant, ...], list[str]]] = {
    "just what is meant": (SOUND, AGENT, (CORPUS,), []),
    "another agent's statement": (SOUND, OTHERS, (), []),
    "another agent's endpoint": (SOUND, OTHERS, (CORPUS,), [f"missing: {READS}"]),
    "an agent that must not use it": (SOUND, AGENT, (), [f"excess: {READS}"]),
    "a statement for one of two subnets": (
        endpoint(allow(conditions=(OWN_ACCOUNT, Condition("IpAddress", "aws:VpcSourceIp", ("10.0.0.0/27",))))),
        AGENT,
        (CORPUS,),
        [f"missing: {READS}"],
    ),
    "a statement for part of a subnet": (
        endpoint(allow(conditions=(OWN_ACCOUNT, Condition("IpAddress", "aws:VpcSourceIp", ("10.0.0.0/28",))))),
        OTHERS[:0] + AGENT[:1],
        (CORPUS,),
        [f"missing: {READS}"],
    ),
    "a statement for part of another agent's subnet": (
        endpoint(allow(conditions=(OWN_ACCOUNT, Condition("IpAddress", "aws:VpcSourceIp", ("10.0.2.16/28",))))),
        OTHERS,
        (),
        [f"excess: {READS}"],
    ),
    "addresses that are not known": (SOUND, (), (CORPUS,), [f"missing perhaps: {READS}"]),
    "addresses that are not known, for another agent": (SOUND, (), (), [f"excess perhaps: {READS}"]),
    "the default policy": (
        endpoint(policy=None),
        AGENT,
        (CORPUS,),
        [f"excess: {WRITES}", f"excess: {WRITES} {ANOTHERS}", f"excess: {WRITES} {NOBODYS}"],
    ),
    "a policy that was not read": (
        endpoint(policy=LOST),
        AGENT,
        (CORPUS,),
        [
            f"excess perhaps: {WRITES}",
            f"missing perhaps: {READS}",
            f"excess perhaps: {WRITES} {ANOTHERS}",
            f"excess perhaps: {WRITES} {NOBODYS}",
        ],
    ),
    "no statement at all": (endpoint(), AGENT, (CORPUS,), [f"missing: {READS}"]),
    "any account's credentials": (
        endpoint(allow(conditions=(FROM_AGENT,))),
        AGENT,
        (CORPUS,),
        [f"excess: {READS} {ANOTHERS}", f"excess: {READS} {NOBODYS}"],
    ),
    "credentials of an organization": (
        endpoint(allow(conditions=(FROM_AGENT, Condition("StringEquals", "aws:PrincipalOrgID", ("o-1",))))),
        AGENT,
        (CORPUS,),
        [f"missing perhaps: {READS}", f"excess perhaps: {READS} {ANOTHERS}"],
    ),
    "everybody's addresses": (endpoint(allow(conditions=(OWN_ACCOUNT,))), OTHERS, (), [f"excess: {READS}"]),
    "all actions": (
        endpoint(allow(("*",))),
        AGENT,
        (CORPUS,),
        [f"excess: s3:PutObject on arn:aws:s3:::corpus/anything {THROUGH}"],
    ),
    "a wildcard that others' buckets match too": (
        endpoint(allow(resources=("arn:aws:s3:::corp-*",))),
        AGENT,
        (Grant(("s3:GetObject",), ("arn:aws:s3:::corp-*",)),),
        [f"excess: s3:GetObject on arn:aws:s3:::corp-anything {THROUGH}"],
    ),
    "a wildcard tied to the own account": (
        endpoint(allow(resources=("arn:aws:s3:::corp-*",), conditions=(OWN_ACCOUNT, OWN_RESOURCE, FROM_AGENT))),
        AGENT,
        (Grant(("s3:GetObject",), ("arn:aws:s3:::corp-*",)),),
        [],
    ),
    "a bucket by name within what is meant": (
        endpoint(
            allow(resources=("arn:aws:s3:::corp-a/*",)),
            allow(resources=("arn:aws:s3:::corp-*",), conditions=(OWN_ACCOUNT, OWN_RESOURCE, FROM_AGENT)),
        ),
        AGENT,
        (Grant(("s3:GetObject",), ("arn:aws:s3:::corp-*",)),),
        [],
    ),
    "every action is every action of the service": (
        endpoint(allow(("*",))),
        AGENT,
        (Grant(("s3:*",), CORPUS.resources),),
        [],
    ),
    "perhaps missing from one subnet and surely from the other": (
        endpoint(
            allow(conditions=(OWN_ACCOUNT, Condition("StringEquals", "s3:prefix", ("x",)))),
            replace(
                allow(("*",), ("*",), (Condition("IpAddress", "aws:VpcSourceIp", ("10.0.1.0/27",)),)), allow=False
            ),
        ),
        AGENT,
        (CORPUS,),
        [f"missing: {READS}"],
    ),
    "another account's queue that the policy names": (
        endpoint(
            allow(("sqs:SendMessage",), ("arn:aws:sqs:us-east-1:444455556666:q",)),
            service="com.amazonaws.us-east-1.sqs",
        ),
        AGENT,
        (Grant(("sqs:SendMessage",), ("arn:aws:sqs:us-east-1:444455556666:q",)),),
        [],
    ),
    "any queue": (
        endpoint(allow(("sqs:*",), ("*",)), service="com.amazonaws.us-east-1.sqs"),
        AGENT,
        (),
        [
            "excess: sqs:SendMessage on arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:anything "
            "through the sqs endpoint"
        ],
    ),
    "an endpoint that may not be there": (replace(endpoint(policy=None), maybe=LOST), AGENT, (), [
        f"excess perhaps: {WRITES}",
        f"excess perhaps: {WRITES} {ANOTHERS}",
        f"excess perhaps: {WRITES} {NOBODYS}",
    ]),
    "an endpoint of somebody else": (
        endpoint(allow(), service="com.amazonaws.vpce.us-east-1.vpce-svc-01"),
        AGENT,
        (),
        ["excess: s3:GetObject on arn:aws:s3:::corpus/anything through the com.amazonaws.vpce.us-east-1.vpce-svc-01 endpoint"],
    ),
    "a Gateway Load Balancer endpoint carries no calls": (
        replace(endpoint(policy=None), kind="gateway-load-balancer"),
        AGENT,
        (),
        [],
    ),
    "a resource endpoint": (
        replace(endpoint(service="arn:r", policy=None), kind="resource"),
        AGENT,
        (),
        ["excess perhaps: any connection on anything behind it through the arn:r endpoint"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("judged", "sources", "intended", "expected"), JUDGED.values(), ids=JUDGED)
def test_an_endpoint_is_held_to_the_intent(
    judged: Endpoint, sources: tuple[Cidr, ...], intended: tuple[Grant, ...], expected: list[str]
) -> None:
    gaps = judge_endpoint(judged, sources, intended)
    assert shown(gaps) == expected
    for gap in gaps:
        assert [step.layer for step in gap.steps] == [Layer.ENDPOINTS]
        assert gap.certain is not bool(gap.doubts)


def test_a_gap_says_by_which_statement_and_for_whom() -> None:
    [excess] = judge_endpoint(SOUND, AGENT, ())
    assert excess.scope == "s3:GetObject on arn:aws:s3:::corpus/*"
    assert excess.steps[0].rule == "the statement Corpus allows it"
    assert excess.origin.path == "t#/S3/Statement/0"
    [missing] = judge_endpoint(SOUND, OTHERS, (CORPUS,))
    assert missing.steps[0].rule == "no statement allows it"
    assert missing.origin == LINES
    [others] = judge_endpoint(endpoint(allow(resources=("*-corpus",))), AGENT, (Grant(CORPUS.actions, ("*-corpus",)),))
    assert others.scope == "s3:GetObject on *-corpus, also where another account owns it"
    assert others.kind is Kind.EXCESS


def test_the_own_account_can_be_given_by_its_number() -> None:
    condition = replace(OWN_ACCOUNT, values=("111122223333",))
    numbered = endpoint(allow(conditions=(condition, FROM_AGENT)))
    assert not judge_endpoint(numbered, AGENT, (CORPUS,), "111122223333")
    assert [gap.certain for gap in judge_endpoint(numbered, AGENT, (CORPUS,))] == [False, False]


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("com.amazonaws.${AWS::Region}.s3", "s3"),
        ("com.amazonaws.us-gov-west-1.ecr.api", "ecr.api"),
        ("cn.com.amazonaws.cn-north-1.ec2", "ec2"),
        ("com.amazonaws.vpce.us-east-1.vpce-svc-01", None),
        ("aws.sagemaker.us-east-1.notebook", None),
        (LOST, None),
    ],
)
def test_the_service_of_an_endpoint(name: str | Doubt, service: str | None) -> None:
    assert service_of(endpoint(service=name)) == service


def test_endpoints_of_a_vpc_are_those_that_may_be_in_it() -> None:
    unsure, elsewhere = replace(SOUND, id="b", vpc=LOST), replace(SOUND, id="c", vpc="stack/Other")
    network = ObservedNetwork(endpoints=(SOUND, unsure, elsewhere))
    assert endpoints_of(network, VPC) == (SOUND, unsure)


def table(name: str) -> RouteTable:
    return RouteTable(id=name, origin=Origin(), vpc="stack/Vpc", main=False)


ON, OFF = Choice((table("stack/Table"),)), Choice((table("stack/Other"),))
EITHER = Choice((*ON.candidates, *OFF.candidates), (LOST,))


def test_a_gateway_endpoint_carries_what_its_route_tables_bring() -> None:
    assert carries(SOUND, ON) is Truth.TRUE
    assert carries(SOUND, OFF) is Truth.FALSE
    assert carries(SOUND, EITHER) is Truth.PERHAPS
    assert carries(SOUND, replace(ON, open=True)) is Truth.PERHAPS
    assert carries(SOUND, Choice((), open=True)) is Truth.PERHAPS
    assert carries(replace(SOUND, route_tables=(LOST,)), OFF) is Truth.PERHAPS
    assert carries(replace(SOUND, kind="interface"), OFF) is Truth.TRUE


VPC = Vpc(id="stack/Vpc", origin=Origin(), cidrs=(), ipv6_cidrs=(), dns_support=True, dns_hostnames=True)
OFF_THE_TABLE = "the endpoint is not on the route table of the agent's subnet"
PERHAPS_OFF = "the endpoint may not be on the route table of the agent's subnet"
NO_NAMES_HERE = "the VPC has no DNS support or no DNS host names, so the endpoint has no private DNS"
ALONG: dict[str, tuple[Endpoint, Vpc, tuple[Choice[RouteTable], ...], str | None, bool]] = {
    "a gateway endpoint on another table": (SOUND, VPC, (OFF,), OFF_THE_TABLE, True),
    "on the table of one subnet of two": (SOUND, VPC, (ON, OFF), OFF_THE_TABLE, True),
    "on one of two tables that it may be": (SOUND, VPC, (EITHER,), PERHAPS_OFF, False),
    "on a table that was not read": (replace(SOUND, route_tables=(LOST,)), VPC, (OFF,), PERHAPS_OFF, False),
    "a gateway endpoint where it is needed": (SOUND, VPC, (ON,), None, True),
    "an interface endpoint without DNS host names": (
        replace(SOUND, kind="interface", private_dns=True),
        replace(VPC, dns_hostnames=False),
        (OFF,),
        NO_NAMES_HERE,
        True,
    ),
    "without DNS support": (
        replace(SOUND, kind="interface", private_dns=True),
        replace(VPC, dns_support=False),
        (OFF,),
        NO_NAMES_HERE,
        True,
    ),
    "perhaps without DNS host names": (
        replace(SOUND, kind="interface", private_dns=True),
        replace(VPC, dns_hostnames=LOST),
        (OFF,),
        "the endpoint may have no private DNS",
        False,
    ),
}


@pytest.mark.parametrize(("endpoint", "vpc", "tables", "rule", "certain"), ALONG.values(), ids=ALONG)
def test_an_endpoint_answers_where_routes_and_names_lead_to_it(
    endpoint: Endpoint, vpc: Vpc, tables: tuple[Choice[RouteTable], ...], rule: str | None, *, certain: bool
) -> None:
    gaps = missing_endpoints((endpoint,), {"s3": (CORPUS,)}, vpc, tables)
    assert [(gap.steps[0].rule, gap.certain) for gap in gaps] == ([] if rule is None else [(rule, certain)])
    assert all(gap.doubts == (() if certain else (LOST,)) for gap in gaps)


def test_without_a_subnet_it_is_not_known_what_the_routes_bring() -> None:
    [gap] = missing_endpoints((SOUND,), {"s3": (CORPUS,)}, VPC, ())
    assert (gap.steps[0].rule, gap.certain) == (PERHAPS_OFF, False)


INTERFACE = replace(SOUND, kind="interface", private_dns=True)

ANSWERS: dict[str, tuple[tuple[Endpoint, ...], str | None, bool]] = {
    "a gateway endpoint": ((SOUND,), None, True),
    "an interface endpoint with private DNS": ((INTERFACE,), None, True),
    "an interface endpoint without": (
        (replace(INTERFACE, private_dns=False),),
        "the endpoint has no private DNS: the service's name leads to public addresses",
        True,
    ),
    "one with and one without": ((replace(INTERFACE, private_dns=False), INTERFACE), None, True),
    "an interface endpoint perhaps without": (
        (replace(INTERFACE, private_dns=LOST),),
        "the endpoint may have no private DNS",
        False,
    ),
    "an endpoint that may not be there": ((replace(SOUND, maybe=LOST),), "the endpoint may not be there", False),
    "none": ((), "the network has no endpoint for the service", True),
    "one for another service": (
        (endpoint(service="com.amazonaws.us-east-1.sqs"),),
        "the network has no endpoint for the service",
        True,
    ),
    "one for a service that was not read": (
        (endpoint(service=LOST),),
        "an endpoint of an unknown service",
        False,
    ),
}


@pytest.mark.parametrize(("endpoints", "rule", "certain"), ANSWERS.values(), ids=ANSWERS)
def test_a_service_needs_an_endpoint_that_answers_to_its_name(
    endpoints: tuple[Endpoint, ...], rule: str | None, *, certain: bool
) -> None:
    gaps = missing_endpoints(endpoints, {"s3": (CORPUS,)}, VPC, (ON,))
    if rule is None:
        assert not gaps
        return
    [gap] = gaps
    assert (gap.kind, gap.certain, gap.steps[0].rule) == (Kind.MISSING, certain, rule)
    assert gap.witness == Call("s3", "s3:GetObject", "arn:aws:s3:::corpus/*")
    assert gap.origin == LINES
    assert gap.doubts == (() if certain else (LOST,))


def test_one_call_is_explained() -> None:
    call = Call("s3", "s3:GetObject", "arn:aws:s3:::corpus/a")
    step = decide_call(SOUND, AGENT[0], call)
    assert step == Step(Layer.ENDPOINTS, Outcome.ALLOWS, "the statement Corpus allows it", allow().origin)
    assert decide_call(SOUND, OTHERS[0], call).outcome is Outcome.DENIES
    assert decide_call(SOUND, AGENT[0], replace(call, principal="another account")).outcome is Outcome.DENIES
    unsure = decide_call(replace(SOUND, maybe=LOST), AGENT[0], call)
    assert (unsure.outcome, unsure.doubts) == (Outcome.PERHAPS, (LOST,))
    homeless = decide_call(replace(SOUND, vpc=LOST), OTHERS[0], call)
    assert (homeless.outcome, homeless.rule) == (Outcome.DENIES, "no statement allows it")
