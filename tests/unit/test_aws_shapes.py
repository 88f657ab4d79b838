"""What is kept of an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from agent_perimeter.aws.shapes import (
    DOCUMENT,
    VALUE,
    VALUES,
    Address,
    ByKey,
    Fields,
    Kept,
    Malformed,
    each,
    fields,
    kept,
)
from agent_perimeter.forms import Json

KEPT: dict[str, tuple[object, Kept, Json]] = {
    "a time is text in UTC": (
        datetime(2026, 11, 22, 14, tzinfo=timezone(timedelta(hours=2))),
        VALUE,
        "2026-11-22T12:00:00+00:00",
    ),
    "numbers and booleans stay": ([1, 0.5, True], VALUES, [1, 0.5, True]),
    "an e-mail address stays": ("ops@example.com", Address(), "ops@example.com"),
    "of a URL its host stays": ("https://hooks.example.com/T0/secret?token=1", Address(), "https://hooks.example.com"),
    "of a URL with a password its host stays": ("https://me:secret@example.com", Address(), "https://example.com"),
    "a URL that names nobody": ("https:///secret", Address(), "https://"),
    "a number where an address stands": (17, Address(), 17),
    "fields that are not there are not made up": ({"A": 1}, fields("A B"), {"A": 1}),
    "fields that are not named are left out": ({"A": 1, "Z": "secret"}, fields("A"), {"A": 1}),
    "free keys": (
        {"eu-west-1a": {"Status": "READY", "Z": 1}},
        ByKey(fields("Status")),
        {"eu-west-1a": {"Status": "READY"}},
    ),
    "a document is kept whole": (
        {"Statement": [{"Sid": "A", "Since": datetime(2026, 1, 1, tzinfo=UTC)}], "Id": None},
        DOCUMENT,
        {"Statement": [{"Sid": "A", "Since": "2026-01-01T00:00:00+00:00"}], "Id": None},
    ),
    "a list of objects": ([{"Key": "a", "Value": "b"}], each("Key Value"), [{"Key": "a", "Value": "b"}]),
}


@pytest.mark.parametrize(("value", "shape", "expected"), KEPT.values(), ids=KEPT)
def test_what_is_kept(value: object, shape: Kept, expected: Json) -> None:
    assert kept(value, shape, "it") == expected


MALFORMED: dict[str, tuple[object, Kept, str]] = {
    "nothing for a value": (None, VALUE, "it is nothing, not a plain value"),
    "a list for a value": ([], VALUE, "it is a list, not a plain value"),
    "an object for a value": ({"A": {}}, fields("A"), "it.A is an object, not a plain value"),
    "text for a list": ({"A": "a"}, fields(A=VALUES), "it.A is a plain value, not a list"),
    "text for an object": ([1], each("A"), "it[0] is a plain value, not an object"),
    "a list for free keys": ([], ByKey(VALUE), "it is a list, not an object"),
    "a required member that is not there": ({}, Fields({"A": VALUE}, frozenset({"A"})), "it has no A"),
    "bytes in a document": ({"A": [b"a"]}, DOCUMENT, "it.A is a plain value, not a plain value"),
}


@pytest.mark.parametrize(("value", "shape", "message"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed(value: object, shape: Kept, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        kept(value, shape, "it")
    assert str(caught.value) == message
