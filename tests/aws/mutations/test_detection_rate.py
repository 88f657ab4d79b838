"""The published page is of this catalogue and of this botocore; what was found of it, `make detection` says."""

from __future__ import annotations

import botocore
import pytest

from agent_perimeter.drift.model import Meaning
from tests.aws.mutations import detection_rate
from tests.aws.mutations.catalogue import exercised
from tests.aws.mutations.detection_rate import PAGE, Fate, fate, key, page, rows
from tests.aws.mutations.harmless import HARMLESS
from tests.aws.mutations.unexercised import APART, UNEXERCISED
from tests.aws.mutations.world import Exercise, World

PUBLISHED = PAGE.read_text(encoding="utf-8")


def fates(*, holds: bool = True) -> tuple[Fate, ...]:
    return tuple(Fate(key(one), holds, "tcp://203.0.113.9:443", "") for one in exercised())


def test_the_page_is_of_this_botocore() -> None:
    assert f"(botocore {botocore.__version__})" in PUBLISHED, "look at what is new, then `make detection`"


def test_the_page_has_the_numbers_of_the_catalogue() -> None:
    """All but what the run itself says: a page of this catalogue differs from the published one in nothing else."""
    assert [str(row) for row in rows() if str(row) not in PUBLISHED] == []
    count = len([one for one in exercised() if one.meaning is not None])
    assert f"**{count} exercises open, weaken or close something: {count} were found (100.0 %)**" in PUBLISHED


def test_the_page_has_every_exercise_as_what_it_is_found_as() -> None:
    shown = [line.split(" | ") for line in PUBLISHED.splitlines() if line.startswith("| `")]
    published = [(line[0].removeprefix("| "), line[1], line[2]) for line in shown]
    assert published == [
        (", ".join(f"`{name}`" for name in (one.operation, *one.also)), one.sentence, str(one.meaning or "nothing"))
        for one in exercised()
    ]


def test_the_page_shows_what_gets_out_of_every_opening() -> None:
    lines = [line for line in PUBLISHED.splitlines() if " | widens | " in line]
    assert len(lines) == sum(one.meaning is Meaning.WIDENS for one in exercised())
    assert [line for line in lines if not line.endswith("` |")] == []


def test_the_page_has_every_reason_and_every_harmless_change() -> None:
    said = [one.sentence for one in (*APART, *UNEXERCISED)] + [(make.__doc__ or "").strip() for make in HARMLESS]
    assert [one for one in said if f"- {one}" not in PUBLISHED] == []


def test_every_operation_is_in_one_column() -> None:
    for row in rows():
        assert row.operations == row.exercised | row.apart | row.unexercised
        assert len(row.operations) == len(row.exercised) + len(row.apart) + len(row.unexercised)


def test_a_page_of_a_run_that_missed_everything_says_so() -> None:
    missed = page(fates(holds=False))
    assert "0 were found (0.0 %)**" in missed
    assert missed.count("**missed**, should be ") == len(exercised())
    assert "**missed**" not in page(fates())
    assert "**missed**" not in PUBLISHED


@pytest.mark.usefixtures("local_aws")
def test_an_exercise_that_fails_is_missed() -> None:
    def fails(_: World) -> str:
        raise RuntimeError("no")

    came = fate(Exercise("ec2:CreateRoute", "It fails", None, fails, ""))
    assert (came.holds, came.because) == (False, "RuntimeError: no")


def test_a_run_with_a_miss_ends_with_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(detection_rate, "run", lambda _: fates(holds=False))
    assert detection_rate.main([]) == 1
    assert "missed ec2:CreateRoute: " in capsys.readouterr().err
    monkeypatch.setattr(detection_rate, "run", lambda _: fates())
    assert detection_rate.main([]) == 0
