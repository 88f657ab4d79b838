"""The ledger: what is announced, how often, and by which of several runs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent_perimeter.drift.model import Departure, Drift, Meaning
from agent_perimeter.verdict import Status
from agent_perimeter.watch.ledger import (
    INCOMPLETE,
    LEASE,
    REMIND,
    UNPROVEN,
    Announcement,
    Entry,
    Kind,
    Ledger,
    LedgerError,
    Undertaking,
    advance,
    complete,
    identity,
    read_ledger,
    settle,
    write_ledger,
)
from tests.unit.watch_news import EVE, UNREAD, departure, drift

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OUTPUTS = ("bus", "topic")


class Story:
    """A watch that goes on: every check is advanced, announced to all outputs and settled, unless a test says not."""

    def __init__(self) -> None:
        self.ledger, self.now, self.runs = Ledger(), NOW, 0

    def check(self, found: Drift, *, after: timedelta = 15 * MINUTE) -> list[tuple[Kind, str]]:
        announcements = self.undertake(found, after=after)
        self.settle({one.entry.id: OUTPUTS for one in announcements})
        return [(one.kind, one.entry.id) for one in announcements]

    def undertake(self, found: Drift, *, after: timedelta = 15 * MINUTE, run: str = "") -> tuple[Announcement, ...]:
        self.now += after
        self.runs += 1
        self.run = run or f"run-{self.runs}"
        at = replace(found, taken=self.now.isoformat())
        self.ledger, announcements = advance(self.ledger, at, self.run, self.now)
        assert read_ledger(write_ledger(self.ledger).encode()) == self.ledger
        return announcements

    def settle(self, told: dict[str, tuple[str, ...]], run: str = "") -> None:
        self.ledger = settle(self.ledger, run or self.run, told, OUTPUTS, self.now)

    def entry(self, of: Departure) -> Entry:
        (found,) = (entry for entry in self.ledger.entries if entry.id == identity(of))
        return found


HOLE = departure()
ID = identity(HOLE)
WEAKER = departure(Meaning.WEAKENS)


class TestADeparture:
    def test_is_announced_when_it_opens_once_a_day_and_when_it_closes(self) -> None:
        story = Story()
        assert story.check(drift(HOLE)) == [(Kind.OPENED, ID)]
        for _ in range(95):
            assert story.check(drift(HOLE)) == []
        assert story.check(drift(HOLE)) == [(Kind.STILL_OPEN, ID)]
        assert story.entry(HOLE).announcements == 2
        assert story.check(drift(HOLE)) == []
        assert story.check(drift()) == [(Kind.CLOSED, ID)]
        assert story.ledger.entries == ()
        assert story.check(drift()) == []

    def test_that_comes_back_opens_again(self) -> None:
        story = Story()
        story.check(drift(HOLE))
        story.check(drift())
        assert story.check(drift(HOLE)) == [(Kind.OPENED, ID)]

    def test_is_the_same_whoever_made_it_and_whatever_it_means(self) -> None:
        assert identity(departure(actors=(EVE,))) == ID
        assert identity(departure(Meaning.UNCLEAR, certain=False)) == ID
        assert identity(departure(after="nothing")) != ID
        assert identity(Departure(Meaning.WIDENS, "a rule expired")) != identity(Departure(Meaning.WIDENS, "another"))

    @pytest.mark.parametrize(
        ("before", "after", "announced", "remembered"),
        [
            pytest.param(WEAKER, HOLE, [(Kind.OPENED, ID)], Meaning.WIDENS, id="that got worse is news"),
            pytest.param(HOLE, WEAKER, [], Meaning.WEAKENS, id="that got better is none"),
            pytest.param(
                HOLE,
                departure(Meaning.UNCLEAR, certain=False),
                [],
                Meaning.WIDENS,
                id="nor one that nobody can judge any more",
            ),
            pytest.param(
                WEAKER, departure(certain=False), [], Meaning.WEAKENS, id="nor one that only perhaps got worse"
            ),
        ],
    )
    def test_whose_meaning_changes(
        self, before: Departure, after: Departure, announced: list[tuple[Kind, str]], remembered: Meaning
    ) -> None:
        story = Story()
        story.check(drift(before))
        proven = None if after.certain else Status.UNKNOWN
        assert [one for one in story.check(drift(after, proven=proven)) if one[1] != INCOMPLETE] == announced
        assert story.entry(HOLE).meaning is remembered

    def test_that_is_cosmetic_is_no_news(self) -> None:
        assert Story().check(drift(departure(Meaning.COSMETIC))) == []

    def test_of_the_worst_kind_is_announced_first(self) -> None:
        small, large = departure(Meaning.NARROWS, record="acl-1"), departure(record="sg-9")
        story = Story()
        story.check(drift(small))
        assert story.check(drift(large)) == [(Kind.OPENED, identity(large)), (Kind.CLOSED, identity(small))]

    def test_that_nothing_explains_is_one_too(self) -> None:
        story = Story()
        assert story.check(drift(departure(Meaning.COSMETIC), proven=Status.REFUTED)) == [(Kind.OPENED, UNPROVEN)]
        assert story.check(drift(HOLE, proven=Status.REFUTED)) == [(Kind.OPENED, ID), (Kind.CLOSED, UNPROVEN)]


class TestACheckThatCouldNotReadEverything:
    def test_closes_nothing(self) -> None:
        story = Story()
        story.check(drift(HOLE))
        assert story.check(drift(unread=(UNREAD,))) == [(Kind.OPENED, INCOMPLETE)]
        assert story.entry(HOLE).announcements == 1
        assert story.check(drift()) == [(Kind.CLOSED, ID)]

    def test_opens_what_is_certain_and_nothing_else(self) -> None:
        unsure = departure(Meaning.UNCLEAR, record="acl-1", certain=False)
        assert Story().check(drift(HOLE, unsure, unread=(UNREAD,))) == [(Kind.OPENED, ID), (Kind.OPENED, INCOMPLETE)]

    def test_announces_nothing_anew_because_it_means_something_else(self) -> None:
        story = Story()
        story.check(drift(HOLE))
        story.check(drift(departure(Meaning.WEAKENS), unread=(UNREAD,)))
        assert story.entry(HOLE).meaning is Meaning.WIDENS
        assert story.check(drift(HOLE)) == []

    def test_says_so_once_a_day_and_is_forgotten_when_all_is_read(self) -> None:
        story = Story()
        assert story.check(drift(unread=(UNREAD,))) == [(Kind.OPENED, INCOMPLETE)]
        assert story.ledger.entries[0].sentence == "1 part was not read"
        assert story.check(drift(unread=(UNREAD, UNREAD))) == []
        assert story.check(drift(unread=(UNREAD, UNREAD)), after=REMIND) == [(Kind.STILL_OPEN, INCOMPLETE)]
        assert story.check(drift()) == []
        assert story.ledger.entries == ()

    def test_or_judge_it(self) -> None:
        story = Story()
        assert story.check(drift(proven=Status.UNKNOWN)) == [(Kind.OPENED, INCOMPLETE)]
        assert story.ledger.entries[0].sentence == "not all could be judged"

    @pytest.mark.parametrize(
        ("found", "whole"),
        [
            (drift(), True),
            (drift(HOLE), True),
            (drift(unread=(UNREAD,)), False),
            (drift(proven=Status.UNKNOWN), False),
            (drift(departure(Meaning.UNCLEAR, certain=False)), False),
        ],
    )
    def test_is_not_complete(self, found: Drift, whole: bool) -> None:
        assert complete(found) is whole


class TestRunsThatOverlap:
    def test_announce_once(self) -> None:
        story = Story()
        assert len(story.undertake(drift(HOLE), run="one")) == 1
        assert story.undertake(drift(HOLE), after=MINUTE, run="other") == ()
        story.settle({}, "other")
        story.settle({ID: OUTPUTS}, "one")
        assert story.entry(HOLE).announced

    def test_take_over_from_one_that_died(self) -> None:
        story = Story()
        story.undertake(drift(HOLE), run="one")
        assert story.undertake(drift(HOLE), after=LEASE, run="other") == ()
        assert len(story.undertake(drift(HOLE), after=MINUTE, run="third")) == 1

    def test_leave_closing_to_the_one_that_is_about_it(self) -> None:
        story = Story()
        story.check(drift(HOLE))
        story.undertake(drift(), run="one")
        assert story.undertake(drift(), after=MINUTE, run="other") == ()
        assert [one.kind for one in story.undertake(drift(), after=2 * LEASE, run="third")] == [Kind.CLOSED]

    def test_open_again_what_one_of_them_is_closing(self) -> None:
        story = Story()
        story.check(drift(HOLE))
        story.undertake(drift(), run="one")
        assert [one.kind for one in story.undertake(drift(HOLE), after=MINUTE, run="other")] == [Kind.OPENED]
        story.settle({ID: OUTPUTS}, "one")
        assert story.entry(HOLE).undertaking == Undertaking(Kind.OPENED, "other", story.entry(HOLE).undertaking.since)  # type: ignore[union-attr]

    def test_close_what_one_of_them_says_is_still_open(self) -> None:
        story = Story()
        story.check(drift(HOLE))
        story.undertake(drift(HOLE), after=REMIND, run="one")
        assert [one.kind for one in story.undertake(drift(), after=MINUTE, run="other")] == [Kind.CLOSED]

    def test_do_not_close_what_one_of_them_has_not_announced_yet(self) -> None:
        story = Story()
        story.undertake(drift(HOLE), run="one")
        assert story.undertake(drift(), after=MINUTE, run="other") == ()
        story.settle({ID: OUTPUTS}, "one")
        assert story.check(drift()) == [(Kind.CLOSED, ID)]

    def test_do_not_go_back_to_an_older_snapshot(self) -> None:
        story = Story()
        story.check(drift(HOLE))
        before = story.ledger
        older = replace(drift(), taken=(story.now - MINUTE).isoformat())
        assert advance(before, older, "late", story.now) == (before, ())

    @pytest.mark.parametrize("forged", ["seen", "announced", "since"])
    def test_are_not_kept_silent_by_a_ledger_from_the_future(self, forged: str) -> None:
        """Whoever can write it: nothing is older than what nobody has seen yet, nor announced by it."""
        story = Story()
        story.check(drift(HOLE))
        (entry,) = story.ledger.entries
        match forged:
            case "seen":
                story.ledger = replace(story.ledger, seen="2999-01-01T00:00:00+00:00")
            case "announced":
                story.ledger = replace(story.ledger, entries=(replace(entry, announced="2999-01-01T00:00:00Z"),))
            case _:
                since = Undertaking(Kind.OPENED, "nobody", "2999-01-01T00:00:00Z")
                story.ledger = replace(story.ledger, entries=(replace(entry, undertaking=since),))
        assert story.check(drift(HOLE)) == [(Kind.OPENED, ID)]
        assert story.check(drift(HOLE)) == []


class TestAnOutputThatFails:
    def test_is_tried_again_and_the_others_are_left_in_peace(self) -> None:
        story = Story()
        story.undertake(drift(HOLE))
        story.settle({ID: ("bus",)})
        (again,) = story.undertake(drift(HOLE), after=MINUTE)
        assert (again.kind, again.told) == (Kind.OPENED, ("bus",))
        story.settle({ID: ("topic",)})
        assert story.entry(HOLE).undertaking is None
        assert story.check(drift(HOLE)) == []

    def test_hears_of_the_end_too(self) -> None:
        story = Story()
        story.check(drift(HOLE))
        story.undertake(drift())
        story.settle({ID: ("bus",)})
        (again,) = story.undertake(drift(), after=MINUTE)
        assert (again.kind, again.told) == (Kind.CLOSED, ("bus",))
        story.settle({ID: ("topic",)})
        assert story.ledger.entries == ()

    def test_keeps_nothing_from_the_retry_of_a_run(self) -> None:
        """Lambda retries an event under the same request id."""
        story = Story()
        story.undertake(drift(HOLE), run="one")
        assert len(story.undertake(drift(HOLE), after=MINUTE, run="one")) == 1


class TestTheDocument:
    SOUND = Entry("1", Meaning.WIDENS, "s", "sg-1", "2026-11-22T20:00:00Z", "2026-11-22T20:00:00Z", 1)

    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            (b"", "Expecting value"),
            (b"{}", "this is no ledger"),
            (b"[" * 100_000, "this is no ledger"),
            (write_ledger(Ledger(entries=(replace(SOUND, announced=""),))).encode(), "was never announced"),
            (write_ledger(Ledger(entries=(replace(SOUND, announced="yesterday"),))).encode(), "yesterday"),
            (write_ledger(Ledger(entries=(replace(SOUND, opened="2026-11-22"),))).encode(), "has no time zone"),
            (write_ledger(Ledger(seen="2026-11-22T20:00:00")).encode(), "has no time zone"),
            (write_ledger(Ledger(seen="z")).encode(), "Invalid isoformat"),
        ],
    )
    def test_is_read_strictly(self, raw: bytes, reason: str) -> None:
        with pytest.raises(LedgerError, match=reason):
            read_ledger(raw)

    def test_is_json(self) -> None:
        ledger = Ledger(seen="2026-11-22T20:00:00+00:00", entries=(self.SOUND,))
        assert json.loads(write_ledger(ledger))["format"] == "agent-perimeter/ledger/1"
        assert read_ledger(write_ledger(ledger).encode()) == ledger
