"""The table that drift is found by has a row for everything that can be observed."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass
from enum import Enum

import pytest

from agent_perimeter import observed
from agent_perimeter.drift.table import FIELDS, PARTS, SECTIONS, Part, Shape
from agent_perimeter.observed import Doubt, ObservedNetwork, Record

RECORDS = [
    found
    for _, found in inspect.getmembers(observed, inspect.isclass)
    if found.__module__ == observed.__name__
    and is_dataclass(found)
    and found not in (Doubt, Record, ObservedNetwork)
    and not issubclass(found, Enum)
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_a_record_has_a_place(record: type) -> None:
    assert list(FIELDS[record]) == [field.name for field in fields(record)]


def test_the_table_speaks_of_nothing_else() -> None:
    assert set(FIELDS) == set(RECORDS)


def test_every_field_of_a_network_is_a_section() -> None:
    assert [*SECTIONS, "doubts"] == [field.name for field in fields(ObservedNetwork)]


def test_what_does_not_decide_says_why() -> None:
    silent = [
        (record.__name__, name)
        for record, places in FIELDS.items()
        for name, place in places.items()
        if place.part is not Part.DECIDES and not place.why
    ]
    assert silent == []


def test_every_field_of_parts_says_how_they_are_paired() -> None:
    parts = {
        (record, name)
        for record, places in FIELDS.items()
        for name, place in places.items()
        if place.shape is Shape.PARTS
    }
    assert parts == set(PARTS)


@pytest.mark.parametrize("section", [*SECTIONS.values(), *PARTS.values()], ids=lambda section: section.called)
def test_records_are_paired_by_fields_that_they_have(section: object) -> None:
    assert isinstance(section, type(SECTIONS["vpcs"]))
    assert {name for key in section.keys for name in key} <= set(FIELDS[section.of])
