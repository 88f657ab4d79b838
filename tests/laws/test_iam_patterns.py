"""IAM patterns and statements against brute force over every short string of a tiny alphabet."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_perimeter.observed import Condition, Doubt, Statement
from agent_perimeter.reach.iam import Grant, allowed, excess, missing
from agent_perimeter.reach.iam_conditions import Request
from agent_perimeter.reach.iam_patterns import (
    GaveUp,
    covers,
    examples,
    has_variable,
    literal,
    loosened,
    may_overlap,
    overlaps,
    without_variables,
)
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Outcome

REQUEST = Request("stack/Vpc")
TEXTS = ["".join(letters) for size in range(6) for letters in itertools.product("abx", repeat=size)]
SHORT = ["".join(letters) for size in range(4) for letters in itertools.product("abx", repeat=size)]
"""Long enough for every pattern of up to three letters; ``x`` stands for all that no pattern mentions."""

patterns = st.text("ab*?", max_size=4)
short_patterns = st.text("ab*?", min_size=1, max_size=2)


def matches(pattern: str, text: str) -> bool:
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(letter) or re.escape(letter) for letter in pattern), text) is not None


@given(patterns, patterns)
def test_inclusion_and_overlap_are_those_of_the_matched_strings(one: str, other: str) -> None:
    assert covers(one, other) == all(matches(one, text) for text in TEXTS if matches(other, text))
    assert overlaps(one, other) == any(matches(one, text) and matches(other, text) for text in TEXTS)
    assert may_overlap(one, other) == overlaps(one, other)


@given(patterns, st.lists(patterns, max_size=3))
def test_examples_show_every_way_to_match_and_no_other(inside: str, others: list[str]) -> None:
    found = list(examples(inside, others))
    for text, matched in found:
        assert matches(inside, text)
        assert matched == tuple(matches(other, text) for other in others)
    ways = {tuple(matches(other, text) for other in others) for text in TEXTS if matches(inside, text)}
    assert {matched for _, matched in found} >= ways
    assert len(found) == len({matched for _, matched in found})


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("arn:aws:s3:::corpus/*", "arn:aws:s3:::corpus/*", True),
        ("arn:*:s3:::corpus/*", "arn:${AWS::Partition}:s3:::corpus/a", True),
        ("arn:${AWS::Partition}:s3:::corpus/*", "arn:aws:s3:::corpus/a", False),
        ("a?c", "a${AWS::Region}c", False),
        ("a${AWS::Region}c", "a${AWS::Region}c", True),
        ("${AWS::AccountId}", "${AWS::Region}", False),
        ("a*", "a${*}", True),
        ("a${*}", "a*", False),
    ],
)
def test_a_placeholder_is_itself_and_nothing_else(wide: str, narrow: str, *, expected: bool) -> None:
    assert covers(wide, narrow) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("arn:${AWS::Partition}:s3:::a", "arn:aws:s3:::a", True),
        ("arn:${AWS::Partition}:s3:::a", "arn:aws:s3:::b", False),
        ("${AWS::AccountId}", "111122223333", True),
        ("${AWS::AccountId}", "anonymous", False),
        ("a${*}", "a*", True),
        ("a${*}", "ab", False),
    ],
)
def test_a_placeholder_may_turn_out_to_be_anything_of_its_length(one: str, other: str, *, expected: bool) -> None:
    assert may_overlap(one, other) is expected
    assert may_overlap(other, one) is expected


def test_a_policy_variable_depends_on_the_request_and_a_placeholder_does_not() -> None:
    assert has_variable("arn:aws:s3:::home/${aws:username}/*")
    assert has_variable("${aws:PrincipalTag/team}")
    assert not has_variable("${AWS::AccountId}")
    assert not has_variable("${stack/Bucket}")
    assert without_variables("home/${aws:username}/${AWS::Region}") == "home/*/${AWS::Region}"


def test_literal_text_has_no_wildcards() -> None:
    assert literal("a*b?c${AWS::Region}") == "a${*}b${?}c${AWS::Region}"
    assert loosened(literal("a*") + "${AWS::Region}") == "a${*}*"


def test_readable_examples_come_first_where_they_fit() -> None:
    found = [text for text, _ in examples("s3:*", ("s3:getobject",), ("sqs:sendmessage", "s3:putobject"))]
    assert found == ["s3:putobject", "s3:getobject"]


def test_a_comparison_that_grows_too_large_is_given_up() -> None:
    others = [f"*{letter}{'?' * 18}" for letter in "abcdefgh"]
    with pytest.raises(GaveUp):
        list(examples("*" + "y" * 3 + "*", others))
    assert not covers("*" + "a??????????????" + "*", "*" + "?a??????????????" + "*b"), "nothing is sure then"


@st.composite
def statements(draw: st.DrawFn, *, allow: bool | None = None) -> Statement:
    return Statement(
        sid="",
        allow=draw(st.booleans()) if allow is None else allow,
        principals=(),
        actions=tuple(draw(st.lists(short_patterns, min_size=1, max_size=2))),
        resources=tuple(draw(st.lists(short_patterns, min_size=1, max_size=2))),
        conditions=(),
        not_actions=draw(st.booleans()),
        not_resources=draw(st.booleans()),
        origin=Origin(),
    )


grants = st.builds(
    Grant,
    st.lists(short_patterns, min_size=1, max_size=2).map(tuple),
    st.lists(short_patterns, min_size=1, max_size=2).map(tuple),
)

Call = tuple[str, str]
CALLS: list[Call] = [(action, resource) for action in SHORT for resource in SHORT]


def named(statement: Statement, call: Call) -> bool:
    action = any(matches(str(pattern), call[0]) for pattern in statement.actions)
    resource = any(matches(str(pattern), call[1]) for pattern in statement.resources)
    return action != statement.not_actions and resource != statement.not_resources


def evaluated(listed: list[Statement], call: Call) -> bool:
    """IAM's evaluation logic, as its user guide has it."""
    if any(not statement.allow and named(statement, call) for statement in listed):
        return False
    return any(statement.allow and named(statement, call) for statement in listed)


def is_meant(intended: list[Grant], call: Call) -> bool:
    return any(
        any(matches(action, call[0]) for action in grant.actions)
        and any(matches(resource, call[1]) for resource in grant.resources)
        for grant in intended
    )


@given(st.lists(statements(), max_size=3), st.sampled_from(CALLS))
def test_one_call_is_decided_as_iam_decides_it(listed: list[Statement], call: Call) -> None:
    decision = allowed(*call, listed, REQUEST)
    assert decision.outcome is (Outcome.ALLOWS if evaluated(listed, call) else Outcome.DENIES)


@given(st.lists(statements(), max_size=3), st.lists(grants, max_size=2))
def test_excess_is_found_if_and_only_if_there_is_some(listed: list[Statement], intended: list[Grant]) -> None:
    found = list(excess(listed, intended, REQUEST))
    for crossing in found:
        call = crossing.action, crossing.resource
        assert crossing.certain
        assert evaluated(listed, call)
        assert not is_meant(intended, call)
    assert bool(found) >= any(evaluated(listed, call) and not is_meant(intended, call) for call in CALLS)


@given(st.lists(statements(), max_size=3), st.lists(grants, max_size=2))
def test_missing_is_found_if_and_only_if_there_is_some(listed: list[Statement], intended: list[Grant]) -> None:
    found = list(missing(listed, intended, REQUEST))
    for crossing in found:
        call = crossing.action, crossing.resource
        assert crossing.certain
        assert not evaluated(listed, call)
        assert is_meant(intended, call)
    assert bool(found) >= any(not evaluated(listed, call) and is_meant(intended, call) for call in CALLS)


@given(st.lists(statements(), max_size=3), statements(allow=True), st.lists(grants, max_size=2))
def test_another_allow_never_lessens_what_passes(
    listed: list[Statement], more: Statement, intended: list[Grant]
) -> None:
    if list(excess(listed, intended, REQUEST)):
        assert list(excess([*listed, more], intended, REQUEST))
    if not list(missing(listed, intended, REQUEST)):
        assert not list(missing([*listed, more], intended, REQUEST))


@given(st.lists(statements(), max_size=3), statements(allow=False), st.lists(grants, max_size=2))
def test_another_deny_never_adds_to_what_passes(
    listed: list[Statement], more: Statement, intended: list[Grant]
) -> None:
    if not list(excess(listed, intended, REQUEST)):
        assert not list(excess([*listed, more], intended, REQUEST))
    if list(missing(listed, intended, REQUEST)):
        assert list(missing([*listed, more], intended, REQUEST))


@st.composite
def doubted(draw: st.DrawFn, listed: list[Statement]) -> list[Statement]:
    """The same statements, of which one thing could not be read."""
    doubt = Doubt("it could not be read")
    index = draw(st.integers(0, len(listed) - 1))
    statement = listed[index]
    what = draw(st.sampled_from(["allow", "actions", "resources", "conditions"]))
    changed = {
        "allow": replace(statement, allow=doubt),
        "actions": replace(statement, actions=(*statement.actions[:-1], doubt)),
        "resources": replace(statement, resources=(*statement.resources[:-1], doubt)),
        "conditions": replace(statement, conditions=(Condition("StringEquals", "aws:SourceVpc", (doubt,)),)),
    }[what]
    return [*listed[:index], changed, *listed[index + 1 :]]


@given(st.data(), st.lists(statements(), min_size=1, max_size=3), st.lists(grants, max_size=2))
def test_a_doubt_never_hides_a_gap(data: st.DataObject, listed: list[Statement], intended: list[Grant]) -> None:
    unsure = data.draw(doubted(listed))
    if list(excess(listed, intended, REQUEST)):
        assert list(excess(unsure, intended, REQUEST))
    if list(missing(listed, intended, REQUEST)):
        assert list(missing(unsure, intended, REQUEST))


@given(st.data(), st.lists(statements(), min_size=1, max_size=3), st.lists(grants, max_size=2))
def test_what_is_certain_in_spite_of_a_doubt_is_true(
    data: st.DataObject, listed: list[Statement], intended: list[Grant]
) -> None:
    """``listed`` is one of the policies that the doubted one can turn out to be."""
    unsure = data.draw(doubted(listed))
    for crossing in excess(unsure, intended, REQUEST):
        call = crossing.action, crossing.resource
        assert crossing.certain <= (evaluated(listed, call) and not is_meant(intended, call))
        assert crossing.certain is not bool(crossing.doubts)
    for crossing in missing(unsure, intended, REQUEST):
        call = crossing.action, crossing.resource
        assert crossing.certain <= (not evaluated(listed, call) and is_meant(intended, call))
        assert crossing.certain is not bool(crossing.doubts)


@given(st.data(), st.lists(statements(), min_size=1, max_size=3), st.sampled_from(CALLS))
def test_one_call_is_decided_for_sure_only_where_the_doubt_cannot_matter(
    data: st.DataObject, listed: list[Statement], call: Call
) -> None:
    decision = allowed(*call, data.draw(doubted(listed)), REQUEST)
    truth = Outcome.ALLOWS if evaluated(listed, call) else Outcome.DENIES
    assert decision.outcome in {truth, Outcome.PERHAPS}
