"""Where things stand, made safe to show."""

from __future__ import annotations

import pytest

from agent_perimeter.report.markup import Markup, join, tag
from agent_perimeter.report.places import nowhere, place, places
from agent_perimeter.report.visible import visible
from agent_perimeter.source import Origin, Span


def located(path: str) -> Span | None:
    return Span("a.json", 3, 5) if path.startswith("a.json") else None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(
            "a.json#/Resources/X", "a.json:3:5 (Resources/X)", id="a line, and the path for people who search"
        ),
        pytest.param("a.json", "a.json:3:5", id="a file alone"),
        pytest.param("b.json#/Resources/X", "b.json#/Resources/X", id="what cannot be located speaks for itself"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_place(path: str, text: str) -> None:
    assert place(path, located) == text


def test_the_locate_that_knows_nothing() -> None:
    assert nowhere("a.json#/Resources/X") is None


def test_policy_lines_of_one_file_stand_together_and_a_single_one_can_be_clicked() -> None:
    origin = Origin((Span("p.yaml", 4, 7), Span("p.yaml", 9, 7), Span("q.yaml", 2, 1)), "b.json#/X")
    assert places(origin, located) == ("b.json#/X", "p.yaml:4, 9", "q.yaml:2:1")


def test_many_policy_lines_are_counted() -> None:
    spans = tuple(Span("p.yaml", line, 1) for line in range(1, 16))
    assert places(Origin(spans), nowhere) == ("p.yaml:1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 3 more",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("*.pypi.org – ü", "*.pypi.org – ü", id="letters stay"),
        pytest.param("\x1b[2Jproven", r"\x1b[2Jproven", id="no cursor is moved"),
        pytest.param("a\nb", r"a\nb", id="no line is broken"),
        pytest.param("a\u202eb", r"a\u202eb", id="no line is turned around"),
        pytest.param("a\u200bb", r"a\u200bb", id="nothing is invisible"),
    ],
)
def test_text_that_is_safe_to_show(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert places(Origin(path=text), nowhere) == (shown,)


class TestMarkup:
    def test_text_and_attributes_are_escaped(self) -> None:
        made = tag("p", "<b>&", title="\"'<")
        assert made.text == '<p title="&quot;&#x27;&lt;">&lt;b&gt;&amp;</p>'

    def test_markup_is_not_escaped_twice(self) -> None:
        assert tag("p", tag("b", "<")).text == "<p><b>&lt;</b></p>"
        assert join(Markup.trusted("<hr>"), "<", between=" ").text == "<hr> &lt;"

    def test_attributes_are_spelled_as_html_and_svg_spell_them(self) -> None:
        made = tag("div", class_="a", aria_label="b", viewBox="0 0", open=True, hidden=False, id="", x=0, y=1.25, z=2.0)
        assert made.text == '<div class="a" aria-label="b" viewBox="0 0" open x="0" y="1.2" z="2"></div>'

    def test_an_element_without_content_has_no_end(self) -> None:
        assert tag("meta", charset="utf-8").text == '<meta charset="utf-8">'

    def test_control_characters_of_text_are_shown(self) -> None:
        assert tag("p", "a\x00b").text == r"<p>a\x00b</p>"
