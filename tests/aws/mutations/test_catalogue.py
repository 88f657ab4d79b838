"""Every operation that can open a hole is exercised and found, or somebody has said why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from agent_perimeter.drift.model import Meaning
from agent_perimeter.verdict import Layer
from tests.aws.mutations.catalogue import APART_FROM_IT, NOT_EXERCISED, exercised, mutating, operations_of
from tests.aws.mutations.detect import detect
from tests.aws.mutations.unexercised import APART, UNEXERCISED
from tests.aws.mutations.world import Exercise

FOUND = exercised()
EXERCISED = operations_of(FOUND)


def test_every_mutating_operation_is_exercised_or_listed_with_a_reason() -> None:
    new = mutating() - EXERCISED - APART_FROM_IT - NOT_EXERCISED
    assert not new, "AWS has operations that nobody has looked at yet: exercise them, or list them with a reason"


def test_nothing_is_listed_that_aws_does_not_have() -> None:
    assert not (EXERCISED | APART_FROM_IT | NOT_EXERCISED) - mutating()


def test_nothing_is_both_exercised_and_listed() -> None:
    assert not EXERCISED & (APART_FROM_IT | NOT_EXERCISED)
    assert not APART_FROM_IT & NOT_EXERCISED


def test_nothing_is_listed_twice() -> None:
    names = [
        f"{service}:{name}"
        for reason in (*APART, *UNEXERCISED)
        for service, listed in reason.operations.items()
        for name in listed
    ]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_opening_says_which_witness_shows_it() -> None:
    assert [one.sentence for one in FOUND if one.meaning is Meaning.WIDENS and not one.says] == []


@pytest.mark.parametrize("exercise", FOUND, ids=lambda one: f"{one.operation}: {one.sentence}")
@pytest.mark.usefixtures("local_aws")
def test_the_change_is_found_and_means_what_it_means(exercise: Exercise) -> None:
    detection = detect(exercise)
    assert detection.called >= {exercise.operation, *exercise.also}, "it calls what it is listed as"
    said = "\n".join(f"{one.meaning}: {one.sentence}" for one in detection.drift.departures)
    assert not detection.drift.unread, "\n".join(map(str, detection.drift.unread))
    assert detection.found is exercise.meaning, f"of {detection.record}: {said}"
    assert detection.holds, f"{exercise.says} is not in, or not true of: {detection.said}"


@pytest.mark.usefixtures("local_aws")
def test_an_exercise_that_changes_nothing_is_not_found() -> None:
    """The catalogue can fail: with any expectation, and with a witness that was let out before."""
    for meaning in Meaning:
        idle = Exercise("ec2:CreateRoute", "nothing happens", meaning, lambda world: world["vpc"], "")
        assert not detect(idle).holds


@pytest.mark.usefixtures("local_aws")
def test_a_witness_that_does_not_leave_is_not_believed() -> None:
    made = detect(next(one for one in FOUND if one.make.__name__ == "past_the_firewall"))
    [shown] = {one for one in made.witnesses if one.agent == "reader" and one.layer is Layer.END_TO_END}
    assert made.is_true(shown)
    assert not replace(made, after=made.before).is_true(shown)
    assert not replace(made, before=made.after).is_true(shown)
