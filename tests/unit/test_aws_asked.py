"""Which calls a line of the table comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.aws.asked import Outcome, asked
from agent_perimeter.aws.read import Read, Source
from agent_perimeter.aws.shapes import Fields
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Answer, Unread

PLACES = {"vpc": "vpc-1", "stack": "live", "watch_stack": ""}
NOTHING = Fields({})
LISTS = Answer(
    "ec2",
    "DescribeLists",
    {},
    {
        "Lists": [
            {"Id": "pl-2", "Owner": "AWS"},
            {"Id": "pl-3", "Owner": "1"},
            {"Id": "pl-1", "Owner": "1"},
            "no object",
        ]
    },
)
MORE_LISTS = Answer("ec2", "DescribeLists", {"Page": 2}, {"Lists": [{"Id": "pl-1", "Owner": "1"}, {"Owner": "1"}]})
LOST = Unread("ec2", "DescribeLists", {}, "AccessDenied", "no", "ec2:DescribeLists")
IDS = Source("ec2:DescribeLists", "Lists", {"id": "Id"})


def entries(template: dict[str, Json], *sources: Source, batch: int = 200) -> Read:
    return Read("ec2", "GetEntries", NOTHING, parameters=(template,), sources=sources, batch=batch)


def stack(name: str, *resources: tuple[str, str]) -> Answer:
    listed: list[Json] = [{"ResourceType": type_, "PhysicalResourceId": id_} for type_, id_ in resources]
    return Answer("cloudformation", "ListStackResources", {"StackName": name}, {"StackResourceSummaries": listed})


def of_stack(place: str) -> Source:
    return Source(
        "cloudformation:ListStackResources",
        "StackResourceSummaries",
        {"id": "PhysicalResourceId"},
        where={"ResourceType": "Rule"},
        stack=place,
    )


CASES: dict[str, tuple[Read, list[Outcome], list[dict[str, Json]]]] = {
    "the target's places are filled in": (
        Read("ec2", "X", NOTHING, parameters=({"Filters": [{"Name": "vpc-id", "Values": ["{vpc}"]}], "Deep": True},)),
        [],
        [{"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}], "Deep": True}],
    ),
    "a place that is not given makes no call": (
        Read("ec2", "X", NOTHING, parameters=({"StackName": "{watch_stack}"}, {"StackName": ["{watch_stack}"]})),
        [],
        [],
    ),
    "one call for each item, each once, sorted": (
        entries({"Id": "{id}"}, IDS),
        [LISTS, MORE_LISTS],
        [{"Id": "pl-1"}, {"Id": "pl-2"}, {"Id": "pl-3"}],
    ),
    "no call for what is not there": (entries({"Id": "{id}"}, IDS), [], []),
    "items of some kind only": (
        entries({"Id": "{id}"}, Source("ec2:DescribeLists", "Lists", {"id": "Id"}, where={"Owner": r"(?!AWS$).+"})),
        [LISTS],
        [{"Id": "pl-1"}, {"Id": "pl-3"}],
    ),
    "of this VPC only": (
        entries({"Id": "{id}"}, Source("ec2:DescribeLists", "Lists", {"id": "Id"}, where={"Id": "{vpc}"})),
        [LISTS],
        [],
    ),
    "a part of the text": (
        entries({"Id": "{id}"}, Source("ec2:DescribeLists", "Lists", {"id": "Id"}, pattern=r"pl-([12])")),
        [LISTS],
        [{"Id": "1"}, {"Id": "2"}],
    ),
    "all of them at once, in batches": (
        entries({"Ids": ["{all}"]}, Source("ec2:DescribeLists", "Lists", {"all": "Id"}), batch=2),
        [LISTS],
        [{"Ids": ["pl-1", "pl-2"]}, {"Ids": ["pl-3"]}],
    ),
    "all of none": (entries({"Ids": ["{all}"]}, Source("ec2:DescribeLists", "Lists", {"all": "Id"})), [], []),
    "two texts of one item belong together": (
        entries({"A": "{id}", "B": "{owner}"}, Source("ec2:DescribeLists", "Lists", {"id": "Id", "owner": "Owner"})),
        [MORE_LISTS],
        [{"A": "pl-1", "B": "1"}],
    ),
    "an item is what makes the call, though nothing of it is asked for": (
        entries({}, IDS),
        [LISTS],
        [{}],
    ),
    "the resources of the perimeter's stack": (
        entries({"Id": "{id}"}, of_stack("{stack}")),
        [stack("live", ("Rule", "a"), ("Role", "b")), stack("watch", ("Rule", "c"))],
        [{"Id": "a"}],
    ),
    "the watch's stack where none is named": (
        entries({"Id": "{id}"}, of_stack("{watch_stack}")),
        [stack("live", ("Rule", "a"))],
        [],
    ),
}


@pytest.mark.parametrize(("read", "known", "expected"), CASES.values(), ids=CASES)
def test_the_calls_of_a_line(read: Read, known: list[Outcome], expected: list[dict[str, Json]]) -> None:
    calls = asked(read, PLACES, known)
    assert list(calls.parameters) == expected
    assert calls.skipped == ()


def test_what_needs_a_call_that_failed_is_skipped_and_the_rest_is_asked() -> None:
    other = Source("ec2:DescribeRoutes", "Routes", {"id": "Id"})
    calls = asked(entries({"Id": "{id}"}, IDS, other), PLACES, [LOST, MORE_LISTS])
    assert calls.parameters == ({"Id": "pl-1"},)
    why = "it needs the answer of ec2:DescribeLists (AccessDenied)"
    assert calls.skipped == (Unread("ec2", "GetEntries", {}, "Skipped", why, "ec2:GetEntries"),)


def test_what_needs_a_policy_that_is_not_there_is_not_skipped_for_there_is_nothing_to_ask() -> None:
    policies = Source("iam:GetPolicy", "Policy", {"id": "Arn"})
    gone = Unread("iam", "GetPolicy", {"PolicyArn": "arn:gone"}, "NoSuchEntity", "not found", "iam:GetPolicy")
    calls = asked(entries({"Id": "{id}"}, policies), PLACES, [gone])
    assert (calls.parameters, calls.skipped) == ((), ())
    assert asked(entries({"Id": "{id}"}, policies), PLACES, [replace(gone, code="Throttling")]).skipped != ()


def test_a_stack_that_is_not_ours_skips_nothing() -> None:
    lost = Unread("cloudformation", "ListStackResources", {"StackName": "watch"}, "AccessDenied", "no", "")
    assert asked(entries({"Id": "{id}"}, of_stack("{stack}")), PLACES, [lost]).skipped == ()
    assert asked(entries({"Id": "{id}"}, of_stack("{watch_stack}")), PLACES, [lost]).skipped == ()
    watched = {**PLACES, "watch_stack": "watch"}
    assert asked(entries({"Id": "{id}"}, of_stack("{watch_stack}")), watched, [lost]).skipped != ()
