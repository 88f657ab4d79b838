"""Make every exercise, count what is found: ``python -m tests.aws.mutations.detection_rate --help``."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import botocore
from moto import mock_aws

from agent_perimeter.drift.model import Meaning
from tests.aws.local import install, install_cloudformation
from tests.aws.mutations.catalogue import WATCHED, exercised, listed, mutating, operations_of
from tests.aws.mutations.detect import Detection, detect
from tests.aws.mutations.harmless import HARMLESS
from tests.aws.mutations.unexercised import APART, UNEXERCISED, Reason
from tests.aws.mutations.world import Exercise

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "detection-rate.md"


@dataclass(frozen=True)
class Fate:
    """What an exercise came to: ``shown`` is the witness that gets out, in words; empty where none is to be shown."""

    exercise: str
    holds: bool
    shown: str
    because: str


def key(one: Exercise) -> str:
    return f"{one.operation}: {one.sentence}"


def fate(one: Exercise) -> Fate:
    """Make one exercise, in a local AWS of its own. A check that fails has found nothing."""
    try:
        with mock_aws():
            detection = detect(one)
            return Fate(key(one), detection.holds, witness(detection), detection.said)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return Fate(key(one), holds=False, shown="", because=f"{type(error).__name__}: {error}")


def witness(detection: Detection) -> str:
    """The first witness that truly leaves, without the ids, which differ from run to run."""
    if detection.found is not Meaning.WIDENS:
        return ""
    shown = [str(one.gap.witness) for one in detection.witnesses if detection.is_true(one)]
    return re.sub(r"vpce-[0-9a-f]+", "vpce-…", shown[0]) if shown else ""


def run(jobs: int) -> tuple[Fate, ...]:
    """Every exercise, in their order."""
    parts = [(part, jobs) for part in range(jobs)]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        found = {one.exercise: one for fates in pool.imap_unordered(_part, parts) for one in fates}
    return tuple(found[key(one)] for one in exercised())


def _part(task: tuple[int, int]) -> list[Fate]:
    part, jobs = task
    install()
    install_cloudformation()
    return [fate(one) for one in exercised()[part::jobs]]


@dataclass(frozen=True)
class Row:
    """One service: its operations that change something, and what became of them."""

    service: str
    operations: frozenset[str]
    exercised: frozenset[str]
    apart: frozenset[str]
    unexercised: frozenset[str]

    def __str__(self) -> str:
        counts = map(len, (self.operations, self.exercised, self.apart, self.unexercised))
        return f"| {self.service} | {' | '.join(f'{count:,}' for count in counts)} |"


def rows() -> tuple[Row, ...]:
    """The catalogue counted, the last row all of it."""
    sets = (mutating(), operations_of(exercised()), listed(APART), listed(UNEXERCISED))
    every = [
        Row(service, *(frozenset(one for one in some if one.partition(":")[0] == service) for some in sets))
        for service in WATCHED
    ]
    return (*every, Row("**all**", *sets))


def page(fates: Iterable[Fate]) -> str:
    """The published page. It holds nothing that two runs of the same code would not both say."""
    known = {one.exercise: one for one in fates}
    opened = [one for one in exercised() if one.meaning is not None]
    idle = [one for one in exercised() if one.meaning is None]
    found = [one for one in opened if known[key(one)].holds]
    quiet = [one for one in idle if known[key(one)].holds]
    total = rows()[-1]
    return "\n".join(
        [
            "# Detection rate",
            "",
            "<!-- Written by `make detection`. -->",
            "",
            "A perimeter is deployed to the local AWS of the tests, one thing in it is changed by AWS's own API, and the",
            "account is read and judged as the watch does it. The operations are those of botocore's service models, so an",
            "operation that AWS adds fails the tests until somebody has looked at it: it is exercised, it is listed as one",
            "that cannot touch what is watched, or it is listed as one that can and is not exercised, with the reason.",
            "",
            f"**{len(total.operations):,} operations that change something** (botocore {botocore.__version__}):",
            f"{len(total.exercised)} exercised, {len(total.apart)} cannot touch a perimeter, "
            f"{len(total.unexercised)} could and are not exercised.",
            f"**{len(opened)} exercises open, weaken or close something: {len(found)} were found "
            f"({100 * len(found) / len(opened):.1f} %)**, each with",
            "the meaning below, at the resource that was changed, with nothing left unread. Where a packet or a query is",
            "said to get out, it was put to every layer of the network as it was before and after: it did not leave, and it",
            "does. A call is looked for in the proof of the whole account.",
            f"{len(idle)} exercises open nothing: {len(quiet)} were reported as nothing more than cosmetic, and so are, in the",
            f"tests, {len(HARMLESS)} bundles of what people do all day in an account.",
            "",
            "An exercise that is missed fails the tests, and those that were missed at first changed the watch. So the rate",
            "says that nothing has come undone; how much it says of AWS, the lists below do, of what is and is not exercised.",
            "The local AWS answers as AWS's documents say; [limits](limits.md) says what rests on that alone.",
            "",
            "## By service",
            "",
            "| Service | Changing operations | Exercised | Cannot touch a perimeter | Not exercised |",
            "| --- | ---: | ---: | ---: | ---: |",
            *map(str, rows()),
            "",
            "## Exercises",
            "",
            "| Operation | What is done | Found as | What gets out |",
            "| --- | --- | --- | --- |",
            *(line(one, known[key(one)]) for one in exercised()),
            "",
            "## Changes that open nothing",
            "",
            *(f"- {(make.__doc__ or '').strip()}" for make in HARMLESS),
            "",
            "## Could touch a perimeter, and not exercised",
            "",
            *reasons(UNEXERCISED),
            "",
            "## Cannot touch a perimeter",
            "",
            "The names are in `tests/aws/mutations/unexercised.py`.",
            "",
            *(f"- {one.sentence} ({count(one)})" for one in APART),
            "",
        ]
    )


def line(one: Exercise, came: Fate) -> str:
    operations = ", ".join(f"`{name}`" for name in (one.operation, *one.also))
    meant = one.meaning or "nothing"
    shown = f"`{came.shown}`" if came.shown else ""
    return f"| {operations} | {one.sentence} | {meant if came.holds else f'**missed**, should be {meant}'} | {shown} |"


def reasons(some: Iterable[Reason]) -> Iterator[str]:
    for one in some:
        names = (f"`{service}:{name}`" for service, given in one.operations.items() for name in given)
        yield f"- {one.sentence} {', '.join(names)}"


def count(reason: Reason) -> str:
    return ", ".join(f"{len(names)} of {service}" for service, names in reason.operations.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 where an exercise was not found as what it is."""
    parser = argparse.ArgumentParser(prog="detection_rate", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--update", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    arguments = parser.parse_args(argv)
    fates = run(arguments.jobs)
    text = page(fates)
    if arguments.update:
        PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    missed = [one for one in fates if not one.holds]
    for one in missed:
        sys.stderr.write(f"missed {one.exercise}\n{one.because}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
