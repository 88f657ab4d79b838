"""Whether two values mean the same, one deployed, the other live."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.drift.alike import Likeness, canonical, likeness
from agent_perimeter.drift.table import Shape
from agent_perimeter.observed import Condition, Doubt, RulesString, StatelessRule, Statement, Target, TargetKind
from agent_perimeter.source import Origin

SAME, UNSURE, OTHER = Likeness.SAME, Likeness.UNSURE, Likeness.OTHER
PARAMETER, UNREAD = Doubt("a parameter decides"), Doubt("AWS did not say")
HERE, THERE = Origin(path="a.json#/Resources/X"), Origin(path="eu-west-1/x")
EVERYTHING = Statement(
    sid="",
    allow=True,
    principals=(("*", "*"),),
    actions=("*",),
    resources=("*",),
    conditions=(),
    origin=HERE,
)
STATELESS = StatelessRule(
    priority=1,
    actions=("aws:pass",),
    sources=(),
    destinations=(),
    source_ports=(),
    destination_ports=(),
    protocols=(6,),
    flags=(),
    origin=HERE,
)

TABLE: dict[str, tuple[object, object, Shape, Likeness]] = {
    "equal values": (443, 443, Shape.VALUE, SAME),
    "other values": (443, 444, Shape.VALUE, OTHER),
    "a truth is no number": (True, 1, Shape.VALUE, OTHER),
    "what a parameter decides is met by every value": (PARAMETER, "anything", Shape.VALUE, SAME),
    "what could not be read is perhaps the same": ("known", UNREAD, Shape.VALUE, UNSURE),
    "what a parameter decides and nobody read": (PARAMETER, UNREAD, Shape.VALUE, SAME),
    "something where nothing was": (None, "evil", Shape.VALUE, OTHER),
    "the order of a set": (("a", "b"), ("b", "a"), Shape.SET, SAME),
    "the repetition in a set": (("a", "b"), ("b", "a", "a"), Shape.SET, SAME),
    "the order of a list": (("a", "b"), ("b", "a"), Shape.LIST, OTHER),
    "a list that grew": (("a",), ("a", "b"), Shape.LIST, OTHER),
    "a list with one more that was not read": (("a",), ("a", UNREAD), Shape.LIST, UNSURE),
    "two lists of nothing but parameters": ((PARAMETER,), ("a",), Shape.LIST, SAME),
    "a set that grew": (("a",), ("a", "b"), Shape.SET, OTHER),
    "a set that shrank": (("a", "b"), ("a",), Shape.SET, OTHER),
    "a set of which one was not read": (("a", "b"), ("a", UNREAD), Shape.SET, UNSURE),
    "a set that grew beside one that was not read": (("a",), ("a", "evil", UNREAD), Shape.SET, OTHER),
    "a parameter stands for one of a set": (("a", PARAMETER), ("a", "b"), Shape.SET, SAME),
    "a parameter stands for none of a set": (("a", PARAMETER), ("a",), Shape.SET, SAME),
    "a parameter stands for no two of a set": (("a", PARAMETER), ("a", "b", "c"), Shape.SET, OTHER),
    "an empty set that grew": ((), ("a",), Shape.SET, OTHER),
    "a set is no single value": (("a",), "a", Shape.SET, OTHER),
    "named sets": ((("NET", ("a", "b")),), (("NET", ("b", "a")),), Shape.ROWS, SAME),
    "another value of a named set": ((("NET", ("a",)),), (("NET", ("b",)),), Shape.ROWS, OTHER),
    "a named set that a parameter decides": ((("NET", (PARAMETER,)),), (("NET", ("b",)),), Shape.ROWS, SAME),
    "a named set of which one was not read": ((("NET", ("a",)),), (("NET", (UNREAD,)),), Shape.ROWS, UNSURE),
    "a named set that could not be read at all": ((UNREAD,), (("NET", ("a",)),), Shape.ROWS, SAME),
    "comments and space in rules": ("pass a\n  # why\n\ndrop b  \n", "pass a\ndrop b", Shape.TEXT, SAME),
    "a blank before a rule": ("pass a\ndrop b", "pass a\n drop b", Shape.TEXT, OTHER),
    "a comment that ends early for some": ("pass a\ndrop b", "pass a\n# why\u2028drop b", Shape.TEXT, OTHER),
    "the order of rules": ("pass a\ndrop b", "drop b\npass a", Shape.TEXT, OTHER),
    "rules in their records": (RulesString("pass a\n", HERE), RulesString("pass a", THERE), Shape.VALUE, SAME),
    "other rules in their records": (RulesString("pass a", HERE), RulesString("pass b", HERE), Shape.VALUE, OTHER),
    "no endpoint policy is AWS's own": (None, (replace(EVERYTHING, sid="x", origin=THERE),), Shape.POLICY, SAME),
    "an endpoint policy that denies everything": (None, (), Shape.POLICY, OTHER),
    "the order within a statement": (
        (replace(EVERYTHING, actions=("s3:GetObject", "s3:PutObject")),),
        (replace(EVERYTHING, actions=("s3:PutObject", "s3:GetObject")),),
        Shape.SET,
        SAME,
    ),
    "a condition less": (
        (replace(EVERYTHING, conditions=(Condition("StringEquals", "aws:SourceVpc", ("vpc-1",)),)),),
        (EVERYTHING,),
        Shape.SET,
        OTHER,
    ),
    "a condition with a value that AWS fills in": (
        Condition("StringEquals", "aws:PrincipalAccount", ("${AWS::AccountId}",)),
        Condition("StringEquals", "aws:PrincipalAccount", ("123456789012",)),
        Shape.VALUE,
        SAME,
    ),
    "a placeholder of a resource": ("arn:aws:s3:::${net/Bucket}/x", "arn:aws:s3:::b-1/x", Shape.VALUE, SAME),
    "a placeholder holds its place only": ("arn:aws:s3:::${net/Bucket}/x", "arn:aws:s3:::b-1/y", Shape.VALUE, OTHER),
    "a variable of IAM is text": ("home/${aws:username}", "home/evil", Shape.VALUE, OTHER),
    "a variable of IAM with a stroke is text": ("${aws:PrincipalTag/team}", "evil", Shape.VALUE, OTHER),
    "a route's target that a parameter decides": (
        Target(TargetKind.INTERFACE, PARAMETER),
        Target(TargetKind.INTERFACE, "eni-1"),
        Shape.VALUE,
        SAME,
    ),
    "another kind of target": (
        Target(TargetKind.INTERFACE, PARAMETER),
        Target(TargetKind.PEERING, "pcx-1"),
        Shape.VALUE,
        OTHER,
    ),
    "the order of stateless rules, which have priorities": (
        (STATELESS, replace(STATELESS, priority=2)),
        (replace(STATELESS, priority=2), replace(STATELESS, origin=THERE)),
        Shape.LIST,
        SAME,
    ),
    "a stateless rule that a parameter decides": (
        (replace(STATELESS, priority=PARAMETER),),
        (replace(STATELESS, priority=2),),
        Shape.LIST,
        SAME,
    ),
}


@pytest.mark.parametrize(("expected", "live", "shape", "found"), TABLE.values(), ids=TABLE)
def test_likeness_of(expected: object, live: object, shape: Shape, found: Likeness) -> None:
    assert likeness(expected, live, shape) is found


@pytest.mark.parametrize(("expected", "live", "shape", "found"), TABLE.values(), ids=TABLE)
def test_what_is_canonically_equal_is_the_same(expected: object, live: object, shape: Shape, found: Likeness) -> None:
    if canonical(expected, shape) == canonical(live, shape):
        assert found is SAME
