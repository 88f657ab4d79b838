"""Every departure has one code, and every code says what to do."""

from __future__ import annotations

import pytest

from agent_perimeter.drift import codes
from agent_perimeter.drift.codes import code_of
from agent_perimeter.drift.model import Alteration, Change, Departure, Meaning
from agent_perimeter.finding import CODES, Code, Severity
from agent_perimeter.source import Origin

WATCH = Change(Alteration.CHANGED, "watch alarm", "alarm-1", "", "ActionsEnabled", "true", "false", Origin())


@pytest.mark.parametrize(
    ("departure", "code"),
    [
        (Departure(Meaning.WIDENS, "it widens"), codes.WIDENS),
        (Departure(Meaning.WEAKENS, "it weakens"), codes.WEAKENS),
        (Departure(Meaning.NARROWS, "it narrows"), codes.NARROWS),
        (Departure(Meaning.UNCLEAR, "it is unclear"), codes.UNCLEAR),
        (Departure(Meaning.COSMETIC, "it is cosmetic"), codes.COSMETIC),
        (Departure(Meaning.WIDENS, "it expired", expired=True), codes.EXPIRED),
        (Departure(Meaning.WEAKENS, "the watch", change=WATCH), codes.TAMPERED),
    ],
    ids=lambda value: value.code if isinstance(value, Code) else "",
)
def test_the_code_of_a_departure(departure: Departure, code: Code) -> None:
    assert code_of(departure) is code


def test_codes_are_registered_and_only_what_is_cosmetic_is_a_note() -> None:
    own = {identifier: code for identifier, code in CODES.items() if identifier.startswith("AP60")}
    assert sorted(own) == [f"AP60{number}" for number in range(1, 9)]
    assert [code for code, found in own.items() if found.severity is not Severity.ERROR] == ["AP605"]
    assert own["AP607"] is codes.INCOMPLETE
