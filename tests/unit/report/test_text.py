"""What a person reads: findings, verdicts, tables."""

from __future__ import annotations

import pytest

from agent_perimeter.finding import Finding, Severity
from agent_perimeter.lower.acls import ACL_COVERS
from agent_perimeter.lower.dns import UNDERSCORE
from agent_perimeter.lower.quotas import QUOTA_EXCEEDED
from agent_perimeter.report.text import Style, findings_text, plural, table, verdict_text
from agent_perimeter.source import Span

PLAIN, COLOUR = Style(colour=False), Style(colour=True)
ERROR = Finding(QUOTA_EXCEEDED, "too many", got="70", allowed="60", hint="fewer", remedy="a: 1\n\n  b: 2\n")
WARNING = Finding(UNDERSCORE, "takes no policy", Span("p.yaml", 3, 5))
NOTE = Finding(ACL_COVERS, "covers")


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(1, "name", "1 name"), (0, "name", "0 names"), (2, "policy", "2 policies"), (1, "policy", "1 policy")],
)
def test_plurals(number: int, noun: str, text: str) -> None:
    assert plural(number, noun) == text


def test_a_table_is_as_wide_as_its_widest_cells_and_has_no_trailing_blanks() -> None:
    assert table([("a", "bb", ""), ("ccc", "d", "e")]) == "  a    bb\n  ccc  d   e"


def test_an_empty_table_is_nothing() -> None:
    assert table([]) == ""


class TestFindings:
    def test_an_error_shows_its_remedy_indented(self) -> None:
        assert findings_text([ERROR], PLAIN) == (
            "AP401 error [quota-exceeded] too many — got 70, allowed 60; try fewer\n    a: 1\n\n      b: 2"
        )

    def test_a_finding_with_a_place_begins_with_it(self) -> None:
        assert findings_text([WARNING], PLAIN) == "p.yaml:3:5: AP521 warning [dns-underscore] takes no policy"

    def test_an_accepted_warning_shows_the_reason(self) -> None:
        assert findings_text([WARNING.accept("we know")], PLAIN).endswith("\n    accepted: we know")

    @pytest.mark.parametrize(("finding", "codes"), [(ERROR, "1;31"), (WARNING, "33"), (NOTE, "2")])
    def test_each_severity_has_its_colour(self, finding: Finding, codes: str) -> None:
        mark = f"{finding.code.code} {finding.severity} [{finding.code.name}]"
        assert f"\x1b[{codes}m{mark}\x1b[0m" in findings_text([finding], COLOUR)


class TestVerdict:
    def test_counts_what_nobody_accepted_apart_from_what_somebody_did(self) -> None:
        findings = [WARNING, WARNING.accept("we know it"), NOTE]
        text = verdict_text(3, findings, PLAIN, refused=False)
        assert text == "accepted · 3 policies checked: 1 warning, 1 note, 1 accepted"

    def test_a_refusal_says_so_first(self) -> None:
        assert verdict_text(1, [ERROR], COLOUR, refused=True).startswith("\x1b[1;31mrefused\x1b[0m · 1 policy checked")

    def test_every_severity_is_counted(self) -> None:
        text = verdict_text(1, [ERROR, WARNING, NOTE], PLAIN, refused=True)
        assert all(f"1 {severity}" in text for severity in Severity)
