"""Findings: the registry, the sentence, the order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent_perimeter.finding import CODES, Code, Finding, Severity, code, ordered
from agent_perimeter.source import Span


@pytest.fixture(autouse=True)
def _registry() -> Iterator[None]:
    """Codes made here are gone afterwards: the registry is what the documentation is made from."""
    before = dict(CODES)
    yield
    CODES.clear()
    CODES.update(before)


def make(identifier: str = "AP999", name: str = "made-up", severity: Severity = Severity.WARNING) -> Code:
    return code(identifier, name, severity, "Made up", "For this test.")


def test_a_code_is_found_in_the_registry() -> None:
    made = make()
    assert CODES["AP999"] is made


@pytest.mark.parametrize(("identifier", "name"), [("AP999", "another-name"), ("AP998", "made-up")])
def test_neither_a_code_nor_its_name_can_be_given_twice(identifier: str, name: str) -> None:
    make()
    with pytest.raises(ValueError, match=rf"^finding code {identifier} \({name}\) is registered twice$"):
        make(identifier, name)


PLACE = Span("bot.yaml", 12, 7)
KNOWN = Code("AP999", "made-up", Severity.WARNING, "Made up", "For this test.")

SENTENCES = {
    "everything": (
        Finding(KNOWN, "it is open", PLACE, "0.0.0.0/0", "a /8 or longer", "naming the hosts"),
        "bot.yaml:12:7: AP999 it is open — got 0.0.0.0/0, allowed a /8 or longer; try naming the hosts",
    ),
    "no place": (
        Finding(KNOWN, "it is open", got="0.0.0.0/0"),
        "AP999 it is open — got 0.0.0.0/0",
    ),
    "only what is allowed": (
        Finding(KNOWN, "it is open", PLACE, allowed="a /8"),
        "bot.yaml:12:7: AP999 it is open — allowed a /8",
    ),
    "only a way out": (
        Finding(KNOWN, "it is open", PLACE, hint="naming the hosts"),
        "bot.yaml:12:7: AP999 it is open — try naming the hosts",
    ),
    "no more than the message": (Finding(KNOWN, "it is open"), "AP999 it is open"),
    "a remedy has lines of its own and stands elsewhere": (
        Finding(KNOWN, "it is open", remedy="version: 1\n"),
        "AP999 it is open",
    ),
}


@pytest.mark.parametrize(("finding", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_a_finding_is_one_sentence(finding: Finding, sentence: str) -> None:
    assert str(finding) == sentence


def test_a_finding_is_as_severe_as_its_code() -> None:
    error = Finding(make("AP998", "an-error", Severity.ERROR), "so")
    note = Finding(make("AP999", "a-note", Severity.NOTE), "so")
    assert (error.severity, error.is_error) == (Severity.ERROR, True)
    assert (note.severity, note.is_error) == (Severity.NOTE, False)


def test_a_warning_is_accepted_with_its_reason_and_stays_what_it_was() -> None:
    warning = Finding(make(), "plain HTTP", PLACE)
    accepted = warning.accept("the mirror has no TLS")
    assert (accepted.accepted, accepted.code, accepted.span) == ("the mirror has no TLS", warning.code, PLACE)
    assert warning.accepted is None


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.NOTE])
def test_only_a_warning_can_be_accepted(severity: Severity) -> None:
    with pytest.raises(ValueError, match=f"^AP999 is a {severity} and cannot be accepted$"):
        Finding(make(severity=severity), "so").accept("because")


def test_findings_stand_by_place_then_code_then_message_and_once() -> None:
    first, second = make("AP980", "first"), make("AP981", "second")
    sorted_by_hand = [
        Finding(first, "without a place"),
        Finding(first, "a", Span("a.yaml", 2, 1)),
        Finding(first, "b", Span("a.yaml", 2, 1)),
        Finding(second, "a", Span("a.yaml", 2, 1)),
        Finding(first, "a", Span("a.yaml", 2, 9)),
        Finding(first, "a", Span("a.yaml", 10, 1)),
        Finding(first, "a", Span("b.yaml", 1, 1)),
    ]
    assert ordered([*reversed(sorted_by_hand), *sorted_by_hand]) == tuple(sorted_by_hand)


def test_every_registered_code_says_what_it_is() -> None:
    assert all(known.title and known.explanation.endswith(".") for known in CODES.values())
