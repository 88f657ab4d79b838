"""Paths into answers."""

from __future__ import annotations

import pytest

from agent_perimeter.aws.paths import found, objects, texts
from agent_perimeter.forms import Json

ANSWER: dict[str, Json] = {
    "Tables": [{"Id": "a", "Routes": [{"To": "x", "Main": True}, {"To": 1}]}, {"Id": "b"}, "no object"],
    "Name": "n",
}

FOUND: dict[str, tuple[str, list[Json]]] = {
    "a member": ("Name", ["n"]),
    "through lists": ("Tables.Id", ["a", "b"]),
    "through lists of lists": ("Tables.Routes.To", ["x", 1]),
    "a member that is not there": ("Tables.Nothing", []),
    "below what has nothing below": ("Name.First", []),
    "the items of a list": ("Tables.Routes", [{"To": "x", "Main": True}, {"To": 1}]),
}


@pytest.mark.parametrize(("path", "expected"), FOUND.values(), ids=FOUND)
def test_what_is_at_a_path(path: str, expected: list[Json]) -> None:
    assert list(found(ANSWER, path)) == expected


def test_the_empty_path_is_the_thing_itself() -> None:
    assert list(found(ANSWER, "")) == [ANSWER]


def test_only_objects_and_only_texts() -> None:
    assert [item["Id"] for item in objects(ANSWER, "Tables")] == ["a", "b"]
    assert list(texts(ANSWER, "Tables.Routes.To")) == ["x"]
