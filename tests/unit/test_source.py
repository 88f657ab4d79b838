"""Provenance: places, and how those of several rules are put together."""

from __future__ import annotations

from agent_perimeter.source import Origin, Span, merged

HERE, THERE = Span("policies/bot.yaml", 12, 7), Span("policies/bot.yaml", 14, 7)


def test_a_place_is_written_so_that_an_editor_opens_it() -> None:
    assert str(HERE) == "policies/bot.yaml:12:7"


def test_where_room_is_scarce_a_place_has_no_folder_and_no_column() -> None:
    assert HERE.short == "bot.yaml:12"
    assert Span("bot.yaml", 3, 1).short == "bot.yaml:3"


def test_an_origin_lists_its_lines_and_then_its_path() -> None:
    assert (
        str(Origin((HERE, THERE), "Resources/Group"))
        == "policies/bot.yaml:12:7, policies/bot.yaml:14:7, Resources/Group"
    )
    assert Origin((HERE, THERE)).short == "bot.yaml:12 bot.yaml:14"
    assert str(Origin()) == ""


def test_two_origins_become_one_with_each_line_once_in_order() -> None:
    assert Origin((THERE,)) | Origin((HERE, THERE)) == Origin((HERE, THERE))


def test_the_first_path_that_there_is_stays() -> None:
    assert (Origin((), "a") | Origin((), "b")).path == "a"
    assert (Origin() | Origin((), "b")).path == "b"


def test_many_origins_become_one_with_each_line_once_in_order() -> None:
    assert merged([Origin((THERE,)), Origin(), Origin((HERE,)), Origin((THERE,))]) == Origin((HERE, THERE))
    assert merged([]) == Origin()
