"""IAM conditions and statements: which requests they are about, and what decides a call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.observed import Condition, Doubt, Statement
from agent_perimeter.reach.iam import Decision, Grant, Telling, allowed, applies, doubts_of, excess, missing, named
from agent_perimeter.reach.iam_conditions import (
    ANOTHER,
    NOBODY,
    Place,
    Request,
    Truth,
    account_of,
    depends,
    holds,
    leaves_owner_open,
    source_classes,
)
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome

ACCOUNT = "${AWS::AccountId}"
VPC = "stack/Vpc"
LOST = Doubt("a parameter decides", "t#/Parameters/X")

INSIDE = Request(VPC, endpoints=("stack/S3",), source=Cidr.parse("10.0.0.0/27"))
FOREIGN = replace(INSIDE, principal=ANOTHER)
UNSIGNED = replace(INSIDE, principal=NOBODY)
SERVICE = Request(VPC, place=Place.OUTSIDE, via_service=True)
OUTSIDE = Request(VPC, place=Place.OUTSIDE)
ELSEWHERE = Request(VPC, place=Place.ANOTHER_VPC)


def statement(
    actions: tuple[str | Doubt, ...] = ("s3:GetObject",),
    resources: tuple[str | Doubt, ...] = ("arn:aws:s3:::corpus/*",),
    *conditions: Condition,
    allow: bool | Doubt = True,
    principals: tuple[tuple[str, str | Doubt], ...] = (),
    sid: str = "Corpus",
) -> Statement:
    return Statement(
        sid=sid,
        allow=allow,
        principals=principals,
        actions=actions,
        resources=resources,
        conditions=conditions,
        origin=Origin(path=f"t#/{sid}"),
    )


def asks(operator: str, key: str, *values: str | Doubt) -> Condition:
    return Condition(operator, key, values)


YES, PERHAPS, NO = Truth.TRUE, Truth.PERHAPS, Truth.FALSE

CONDITIONS: dict[str, tuple[Condition, Request, Truth]] = {
    "own credentials": (asks("StringEquals", "aws:PrincipalAccount", ACCOUNT), INSIDE, YES),
    "another account's credentials": (asks("StringEquals", "aws:PrincipalAccount", ACCOUNT), FOREIGN, NO),
    "no credentials": (asks("StringEquals", "aws:PrincipalAccount", ACCOUNT), UNSIGNED, NO),
    "unsigned calls have an account that matches a wildcard": (
        asks("StringLike", "aws:PrincipalAccount", "*"),
        UNSIGNED,
        YES,
    ),
    "an account number may be the own one": (
        asks("StringEquals", "aws:PrincipalAccount", "111122223333"),
        INSIDE,
        PERHAPS,
    ),
    "an account number may be another one": (
        asks("StringEquals", "aws:PrincipalAccount", "111122223333"),
        FOREIGN,
        PERHAPS,
    ),
    "the own number, where it is known": (
        asks("StringEquals", "aws:PrincipalAccount", "111122223333"),
        replace(INSIDE, account="111122223333"),
        YES,
    ),
    "another number, where the own is known": (
        asks("StringEquals", "aws:PrincipalAccount", "444455556666"),
        replace(INSIDE, account="111122223333"),
        NO,
    ),
    "keys have no case": (asks("StringEquals", "AWS:principalaccount", ACCOUNT), INSIDE, YES),
    "operators have no case": (asks("stringequals", "aws:PrincipalAccount", ACCOUNT), INSIDE, YES),
    "any value suffices": (asks("StringEquals", "aws:PrincipalAccount", "444455556666x", ACCOUNT), INSIDE, YES),
    "a value that was not read": (asks("StringEquals", "aws:PrincipalAccount", LOST), INSIDE, PERHAPS),
    "a wildcard is text to StringEquals": (asks("StringEquals", "aws:ViaAWSService", "*"), INSIDE, NO),
    "not another account": (asks("StringNotEquals", "aws:PrincipalAccount", ACCOUNT), FOREIGN, YES),
    "an organization is not known": (asks("StringEquals", "aws:PrincipalOrgID", "o-1"), INSIDE, PERHAPS),
    "unsigned calls are of no organization": (asks("StringEquals", "aws:PrincipalOrgID", "o-1"), UNSIGNED, NO),
    "a role is not known": (asks("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/a"), INSIDE, PERHAPS),
    "a role of the own account is none of another": (
        asks("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*"),
        FOREIGN,
        NO,
    ),
    "unsigned calls have no ARN": (asks("ArnLike", "aws:PrincipalArn", "*"), UNSIGNED, NO),
    "every role": (asks("ArnLike", "aws:PrincipalArn", "*"), INSIDE, YES),
    "a resource without an owner counts as the own account's": (
        asks("StringEquals", "aws:ResourceAccount", ACCOUNT),
        replace(INSIDE, resource="arn:aws:s3:::corp-*"),
        YES,
    ),
    "a resource that names another owner": (
        asks("StringEquals", "aws:ResourceAccount", "444455556666"),
        replace(INSIDE, resource="arn:aws:sqs:us-east-1:444455556666:queue"),
        YES,
    ),
    "another account's resource": (
        asks("StringEquals", "aws:ResourceAccount", ACCOUNT),
        replace(INSIDE, owner=ANOTHER),
        NO,
    ),
    "from the VPC": (asks("StringEquals", "aws:SourceVpc", "${stack/Vpc}"), INSIDE, YES),
    "from the VPC by its attribute": (asks("StringEquals", "aws:SourceVpc", "${stack/Vpc.VpcId}"), INSIDE, YES),
    "from another VPC": (asks("StringEquals", "aws:SourceVpc", "${stack/Vpc}"), ELSEWHERE, NO),
    "a VPC by its number may be this one": (asks("StringEquals", "aws:SourceVpc", "vpc-01"), INSIDE, PERHAPS),
    "a VPC by its number may be the other one": (asks("StringEquals", "aws:SourceVpc", "vpc-01"), ELSEWHERE, PERHAPS),
    "an account's own VPC": (
        asks("StringEquals", "aws:SourceVpc", "vpc-01"),
        replace(INSIDE, vpc="vpc-01"),
        YES,
    ),
    "from outside there is no VPC": (asks("StringEquals", "aws:SourceVpc", "${stack/Vpc}"), OUTSIDE, NO),
    "not that VPC holds outside": (asks("StringNotEquals", "aws:SourceVpc", "${stack/Vpc}"), OUTSIDE, YES),
    "if there is a VPC holds outside": (asks("StringEqualsIfExists", "aws:SourceVpc", "${stack/Vpc}"), OUTSIDE, YES),
    "if there is a VPC, it is this": (asks("StringEqualsIfExists", "aws:SourceVpc", "${stack/Vpc}"), ELSEWHERE, NO),
    "all values of an absent key": (asks("ForAllValues:StringEquals", "aws:SourceVpc", "${stack/Vpc}"), OUTSIDE, YES),
    "any value of an absent key": (asks("ForAnyValue:StringNotEquals", "aws:SourceVpc", "x"), OUTSIDE, NO),
    "through the endpoint": (asks("StringEquals", "aws:SourceVpce", "${stack/S3}"), INSIDE, YES),
    "through one of two endpoints": (
        asks("StringEquals", "aws:SourceVpce", "${stack/S3}"),
        replace(INSIDE, endpoints=("stack/S3", "stack/Sqs")),
        PERHAPS,
    ),
    "through some endpoint": (asks("StringEquals", "aws:SourceVpce", "${stack/S3}"), ELSEWHERE, PERHAPS),
    "an address of the block": (asks("IpAddress", "aws:VpcSourceIp", "10.0.0.0/16"), INSIDE, YES),
    "an address of another block": (asks("IpAddress", "aws:VpcSourceIp", "10.0.0.32/27"), INSIDE, NO),
    "some addresses of the block": (asks("IpAddress", "aws:VpcSourceIp", "10.0.0.0/28"), INSIDE, PERHAPS),
    "not an address of another block": (asks("NotIpAddress", "aws:VpcSourceIp", "10.0.0.32/27"), INSIDE, YES),
    "a block that was not read": (asks("IpAddress", "aws:VpcSourceIp", "${stack/Vpc.CidrBlock}"), INSIDE, PERHAPS),
    "a block behind a doubt": (asks("IpAddress", "aws:VpcSourceIp", LOST), INSIDE, PERHAPS),
    "a read block suffices": (asks("IpAddress", "aws:VpcSourceIp", LOST, "10.0.0.0/8"), INSIDE, YES),
    "an address that is not known": (
        asks("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
        replace(INSIDE, source=None),
        PERHAPS,
    ),
    "no private address from outside": (asks("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"), OUTSIDE, NO),
    "some private address of another VPC": (asks("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"), ELSEWHERE, PERHAPS),
    "no public address through an endpoint": (asks("IpAddress", "aws:SourceIp", "0.0.0.0/0"), INSIDE, NO),
    "some public address from outside": (asks("IpAddress", "aws:SourceIp", "0.0.0.0/0"), OUTSIDE, PERHAPS),
    "by a service": (asks("Bool", "aws:ViaAWSService", "true"), SERVICE, YES),
    "not by a service": (asks("Bool", "aws:ViaAWSService", "true"), INSIDE, NO),
    "a truth value has no case": (asks("Bool", "aws:ViaAWSService", "False"), INSIDE, YES),
    "called by some service": (asks("StringEquals", "aws:CalledVia", "athena.amazonaws.com"), SERVICE, PERHAPS),
    "called by no service": (asks("StringEquals", "aws:CalledVia", "athena.amazonaws.com"), INSIDE, NO),
    "over TLS": (asks("Bool", "aws:SecureTransport", "false"), INSIDE, NO),
    "in the own region": (asks("StringEquals", "aws:RequestedRegion", "${AWS::Region}"), INSIDE, YES),
    "in a region by name": (asks("StringEquals", "aws:RequestedRegion", "eu-west-1"), INSIDE, PERHAPS),
    "by no AWS service of its own": (asks("StringEquals", "aws:SourceAccount", ACCOUNT), INSIDE, NO),
    "by a function's code": (
        asks("Null", "lambda:SourceFunctionArn", "true"),
        replace(INSIDE, function_code=True),
        NO,
    ),
    "by no function": (asks("Null", "lambda:SourceFunctionArn", "true"), replace(INSIDE, function_code=False), YES),
    "perhaps by a function": (asks("Null", "lambda:SourceFunctionArn", "true"), INSIDE, PERHAPS),
    "the key is there": (asks("Null", "aws:PrincipalAccount", "false"), INSIDE, YES),
    "Null of a value that was not read": (asks("Null", "aws:PrincipalAccount", LOST), INSIDE, PERHAPS),
    "a key that is not known": (asks("StringEquals", "s3:prefix", "home/"), INSIDE, PERHAPS),
    "a key that is not known, if it exists": (asks("StringEqualsIfExists", "s3:prefix", "*x"), INSIDE, PERHAPS),
    "anything in a key that may be absent": (asks("StringLike", "s3:prefix", "*"), INSIDE, PERHAPS),
    "anything in a key, if it exists": (asks("StringLikeIfExists", "s3:prefix", "*"), INSIDE, YES),
    "an operator that is not known": (asks("NumericLessThan", "aws:ViaAWSService", "1"), INSIDE, PERHAPS),
    "no operator at all": (asks("", "aws:ViaAWSService", "true"), INSIDE, PERHAPS),
    "a policy variable": (asks("StringEquals", "aws:PrincipalAccount", "${aws:username}"), INSIDE, PERHAPS),
}


@pytest.mark.parametrize(("condition", "request_", "expected"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition(condition: Condition, request_: Request, expected: Truth) -> None:
    assert holds((condition,), request_) is expected
    assert bool(depends((condition,), request_)) is (expected is PERHAPS)


def test_all_conditions_must_hold() -> None:
    yes, no = asks("Bool", "aws:SecureTransport", "true"), asks("Bool", "aws:SecureTransport", "false")
    unknown = asks("StringEquals", "s3:prefix", "x")
    assert holds((), INSIDE) is YES
    assert holds((yes, unknown), INSIDE) is PERHAPS
    assert holds((yes, unknown, no), INSIDE) is NO


PRINCIPALS: dict[str, tuple[tuple[tuple[str, str | Doubt], ...], Request, Truth]] = {
    "none, as in a boundary": ((), INSIDE, YES),
    "everyone": ((("*", "*"),), UNSIGNED, YES),
    "every AWS principal is everyone": ((("AWS", "*"),), UNSIGNED, YES),
    "an account may be its root user only": ((("AWS", f"arn:aws:iam::{ACCOUNT}:root"),), INSIDE, PERHAPS),
    "an own role is nobody of another account": ((("AWS", f"arn:aws:iam::{ACCOUNT}:role/a"),), FOREIGN, NO),
    "an account by its number may be another": ((("AWS", "111122223333"),), FOREIGN, PERHAPS),
    "nobody is no account": ((("AWS", "111122223333"),), UNSIGNED, NO),
    "a service is no agent": ((("Service", "ec2.amazonaws.com"),), INSIDE, NO),
    "a doubt": ((("AWS", LOST),), UNSIGNED, PERHAPS),
    "one of two": ((("Service", "ec2.amazonaws.com"), ("*", "*")), INSIDE, YES),
}


@pytest.mark.parametrize(("principals", "request_", "expected"), PRINCIPALS.values(), ids=PRINCIPALS)
def test_a_principal(principals: tuple[tuple[str, str | Doubt], ...], request_: Request, expected: Truth) -> None:
    assert applies(statement(principals=principals), request_) is expected


def test_not_principal_is_everybody_else() -> None:
    assert applies(replace(statement(principals=(("*", "*"),)), not_principals=True), INSIDE) is NO
    assert applies(replace(statement(principals=(("AWS", "1" * 12),)), not_principals=True), UNSIGNED) is YES
    assert applies(replace(statement(), not_principals=True), INSIDE) is PERHAPS


@pytest.mark.parametrize(
    ("resource", "open_", "account"),
    [
        ("*", True, ""),
        ("arn:aws:s3:::corp-*", True, ""),
        ("arn:aws:s3:::corpus/*", False, ""),
        ("arn:aws:s3:::corpus", False, ""),
        ("arn:aws:sqs:us-east-1:*:queue", True, ""),
        ("arn:aws:sqs:us-east-1:111122223333:*", False, "111122223333"),
        ("arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:queue", False, ACCOUNT),
        ("arn:aws:bedrock:us-east-1::foundation-model/*", False, ""),
    ],
)
def test_whose_a_resource_is(resource: str, *, open_: bool, account: str) -> None:
    assert leaves_owner_open(resource) is open_
    assert account_of(resource) == account


def test_source_addresses_fall_into_the_classes_that_statements_tell_apart() -> None:
    near = statement((), (), asks("IpAddress", "aws:VpcSourceIp", "10.0.0.0/28", "not a block"))
    other = statement((), (), asks("Bool", "aws:SecureTransport", "true"))
    blocks = (Cidr.parse("10.0.1.0/27"), Cidr.parse("10.0.0.0/27"))
    assert [str(block) for block in source_classes(blocks, (near, other))] == [
        "10.0.0.0/28",
        "10.0.0.16/28",
        "10.0.1.0/27",
    ]


CORPUS = statement()
DENY = statement(("s3:*",), ("*",), allow=False, sid="NoS3")
UNSURE = statement(("s3:*",), ("*",), asks("StringEquals", "s3:prefix", "x"), sid="Unsure")

DECISIONS: dict[str, tuple[list[Statement], Decision]] = {
    "nothing allows it": ([], Decision(Outcome.DENIES, "no statement allows it")),
    "a statement allows it": (
        [CORPUS],
        Decision(Outcome.ALLOWS, "the statement Corpus allows it", CORPUS.origin),
    ),
    "a deny wins": ([CORPUS, DENY], Decision(Outcome.DENIES, "the statement NoS3 denies it", DENY.origin)),
    "a statement may allow it": (
        [UNSURE],
        Decision(
            Outcome.PERHAPS,
            "the statement Unsure may allow it",
            UNSURE.origin,
            (Doubt("whether StringEquals s3:prefix holds depends on the request", "t#/Unsure"),),
        ),
    ),
    "a deny may": (
        [CORPUS, replace(UNSURE, allow=False)],
        Decision(
            Outcome.PERHAPS,
            "the statement Corpus allows it, but the statement Unsure may deny it",
            UNSURE.origin,
            (Doubt("whether StringEquals s3:prefix holds depends on the request", "t#/Unsure"),),
        ),
    ),
    "an effect that was not read may be either": (
        [replace(CORPUS, allow=LOST)],
        Decision(
            Outcome.PERHAPS,
            "the statement Corpus allows it, but the statement Corpus may deny it",
            CORPUS.origin,
            (LOST, LOST),
        ),
    ),
}


@pytest.mark.parametrize(("listed", "expected"), DECISIONS.values(), ids=DECISIONS)
def test_a_call_is_decided(listed: list[Statement], expected: Decision) -> None:
    found = allowed("S3:getobject", "arn:aws:s3:::corpus/a", listed, INSIDE)
    assert found == expected
    assert found.step(Layer.ENDPOINTS).rule == expected.rule


def test_a_statement_is_named_by_its_sid() -> None:
    assert named(CORPUS) == "the statement Corpus"
    assert named(replace(CORPUS, sid="")) == "a statement without a Sid"


MEANT = (Grant(("s3:GetObject",), ("arn:aws:s3:::corpus/*",)),)


def shown(listed: list[Statement], request: Request = INSIDE, intended: tuple[Grant, ...] = MEANT) -> list[str]:
    """Every gap as a person reads it."""
    telling = Telling(("s3:PutObject",), ("arn:aws:s3:::elsewhere/key",))
    return [
        f"{kind}{'' if crossing.certain else ' perhaps'}: {crossing.action} on {crossing.resource}"
        for kind, crossings in (
            ("excess", excess(listed, intended, request, telling)),
            ("missing", missing(listed, intended, request, telling)),
        )
        for crossing in crossings
    ]


GAPS: dict[str, tuple[list[Statement], list[str]]] = {
    "just what is meant": ([CORPUS], []),
    "nothing": ([], ["missing: s3:GetObject on arn:aws:s3:::corpus/anything"]),
    "one action more": (
        [statement(("s3:GetObject", "s3:DeleteObject"))],
        ["excess: s3:DeleteObject on arn:aws:s3:::corpus/anything"],
    ),
    "all actions": ([statement(("s3:*",))], ["excess: s3:PutObject on arn:aws:s3:::corpus/anything"]),
    "all resources": (
        [statement(resources=("*",))],
        ["excess: s3:GetObject on arn:aws:s3:::elsewhere/key"],
    ),
    "the same in other case": ([statement(("S3:GETOBJECT",))], []),
    "two statements together": (
        [statement(resources=("arn:aws:s3:::corpus/a*",)), statement(resources=("arn:aws:s3:::corpus/*",))],
        [],
    ),
    "a part of it": (
        [statement(resources=("arn:aws:s3:::corpus/a*",))],
        ["missing: s3:GetObject on arn:aws:s3:::corpus/x"],
    ),
    "more than it, cut by a deny": (
        [statement(resources=("*",)), replace(CORPUS, allow=False, not_resources=True)],
        [],
    ),
    "all of it denied": ([CORPUS, DENY], ["missing: s3:GetObject on arn:aws:s3:::corpus/anything"]),
    "something else denied": ([CORPUS, statement(("s3:PutObject",), allow=False, sid="NoPut")], []),
    "others' resources denied": (
        [CORPUS, replace(DENY, conditions=(asks("StringNotEquals", "aws:ResourceAccount", ACCOUNT),))],
        [],
    ),
    "perhaps denied": (
        [CORPUS, replace(UNSURE, allow=False)],
        ["missing perhaps: s3:GetObject on arn:aws:s3:::corpus/anything"],
    ),
    "perhaps allowed": (
        [replace(CORPUS, conditions=(asks("StringEquals", "s3:prefix", "x"),))],
        ["missing perhaps: s3:GetObject on arn:aws:s3:::corpus/anything"],
    ),
    "a part perhaps allowed, the rest not at all": (
        [statement(("s3:GetObject",), ("*/anything",), asks("StringEquals", "s3:prefix", "x"))],
        [
            "excess perhaps: s3:GetObject on anything/anything",
            "missing: s3:GetObject on arn:aws:s3:::corpus/x",
        ],
    ),
    "perhaps more": (
        [CORPUS, UNSURE],
        ["excess perhaps: s3:PutObject on arn:aws:s3:::elsewhere/key"],
    ),
    "more, perhaps denied": (
        [CORPUS, statement(("s3:PutObject",), sid="Put"), replace(UNSURE, allow=False)],
        [
            "excess perhaps: s3:PutObject on arn:aws:s3:::corpus/anything",
            "missing perhaps: s3:GetObject on arn:aws:s3:::corpus/anything",
        ],
    ),
    "more, of which a part is perhaps denied": (
        [
            CORPUS,
            statement(("s3:PutObject",), sid="Put"),
            statement(("s3:*",), ("*/anything",), asks("StringEquals", "s3:prefix", "x"), allow=False),
        ],
        [
            "excess: s3:PutObject on arn:aws:s3:::corpus/x",
            "missing perhaps: s3:GetObject on arn:aws:s3:::corpus/anything",
        ],
    ),
    "an action that was not read": (
        [statement(("s3:GetObject", LOST))],
        ["excess perhaps: s3:PutObject on arn:aws:s3:::corpus/anything"],
    ),
    "a resource that depends on the user": (
        [CORPUS, statement(resources=("arn:aws:s3:::corpus-${aws:username}",), sid="Home")],
        ["excess perhaps: s3:GetObject on arn:aws:s3:::corpus-anything"],
    ),
    "a placeholder that may be what is meant": (
        [statement(resources=("arn:${AWS::Partition}:s3:::corpus/*",))],
        [
            "excess perhaps: s3:GetObject on arn:${AWS::Partition}:s3:::corpus/anything",
            "missing perhaps: s3:GetObject on arn:aws:s3:::corpus/anything",
        ],
    ),
    "all but one action": (
        [replace(statement(("s3:PutObject",)), not_actions=True)],
        ["excess: anything on arn:aws:s3:::corpus/anything"],
    ),
    "all but an action that was not read": (
        [replace(statement((LOST,)), not_actions=True)],
        [
            "excess perhaps: s3:PutObject on arn:aws:s3:::corpus/anything",
            "missing perhaps: s3:GetObject on arn:aws:s3:::corpus/anything",
        ],
    ),
}


@pytest.mark.parametrize(("listed", "expected"), GAPS.values(), ids=GAPS)
def test_what_departs_from_what_is_meant(listed: list[Statement], expected: list[str]) -> None:
    assert shown(listed) == expected


def test_the_doubts_of_a_statement_are_what_was_not_read_and_what_depends_on_the_request() -> None:
    other = Doubt("it is imported")
    unread = statement((LOST,), (other,), asks("StringEquals", "s3:prefix", "x"), principals=(("AWS", LOST),))
    assert doubts_of(unread, INSIDE) == (
        LOST,
        other,
        Doubt("whether StringEquals s3:prefix holds depends on the request", "t#/Corpus"),
    )


def test_patterns_that_are_too_many_to_compare_are_a_doubt_on_both_sides() -> None:
    # No single pattern holds all of *z, though three do together; the rest makes the comparison long.
    wild = ("z", "?z", "??*z", *(f"*{letter}{'?' * 18}" for letter in "abcdefgh"))
    [over] = excess([statement(resources=("*z",))], (Grant(("s3:GetObject",), wild),), INSIDE)
    [under] = missing([statement(resources=wild)], (Grant(("s3:GetObject",), ("*z",)),), INSIDE)
    for crossing in (over, under):
        assert not crossing.certain
        assert [doubt.reason for doubt in crossing.doubts] == ["the policy has too many wildcards to compare exactly"]
