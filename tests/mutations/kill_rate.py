"""Prove mutants and count: ``python -m tests.mutations.kill_rate --help``. What it prints, docs/kill-rate.md publishes."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from agent_perimeter.verdict import Proof, Status
from tests.mutations.equivalent import REASONS, reason_for
from tests.mutations.generate import mutants, sample
from tests.mutations.mutant import Mutant
from tests.mutations.subject import Subject

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PAGE = ROOT / "docs" / "kill-rate.md"


@dataclass(frozen=True)
class Source:
    """A sound template, and the policies that it is proved against, as the project's root sees them."""

    template: Path
    policies: str
    root: Path = ROOT

    def subject(self) -> Subject:
        return Subject.read(self.template)


SOURCES: dict[str, Source] = {
    "filtered": Source(HERE / "subjects" / "filtered.template.json", "filtered", HERE / "subjects"),
    "isolated-agent": Source(ROOT / "tests/golden/isolated-agent.template.json", "policies/isolated-agent.yaml"),
    "policies": Source(ROOT / "tests/golden/policies.template.json", "policies"),
}


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    ``verdict``: refuted, unknown, named (proven, and the report names a residual risk that the sound template does
    not have), proven, or error where the judge failed.
    """

    source: str
    name: str
    operator: str
    kind: str
    layer: str
    verdict: str
    reason: str
    """Of the register; empty where it has none."""
    because: str = ""

    @property
    def survived(self) -> bool:
        return self.verdict == "error" or (self.verdict == "proven" and not self.reason)

    @property
    def stale(self) -> bool:
        """A reason covers it, and the judge disagrees for certain."""
        return self.verdict == "refuted" and bool(self.reason)


def fate(source: str, mutant: Mutant) -> Fate:
    """Prove one mutant. A judge that fails on it has not killed it."""
    from tests.mutations.judge import prove

    origin = SOURCES[source]
    reason = reason_for(mutant)
    try:
        proof = prove(mutant.template, [origin.root / origin.policies], name=origin.template.name)
        verdict, because = proof.status.value, because_of(proof)
        more = sorted(risks(proof) - accepted(source))
        if verdict == "proven" and more:
            verdict, because = "named", ", ".join(more)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        verdict, because = "error", f"{type(error).__name__}: {error}"
    return Fate(
        source,
        mutant.name,
        mutant.operator,
        mutant.kind,
        mutant.layer,
        verdict,
        reason.name if reason else "",
        because,
    )


def risks(proof: Proof) -> frozenset[str]:
    """The residual risks that a report names, each with the agent that bears it."""
    return frozenset(f"{risk.name} of {agent.agent}" for agent in proof.agents for risk in agent.residuals)


@cache
def accepted(source: str) -> frozenset[str]:
    """The residual risks of the sound template."""
    return risks(proved(source))


def proved(name: str) -> Proof:
    """The proof of the template that is mutated."""
    from tests.mutations.judge import prove

    source = SOURCES[name]
    return prove(source.subject().template, [source.root / source.policies], name=source.template.name)


def because_of(proof: Proof) -> str:
    """The first gap or doubt of a proof, in words."""
    for agent in proof.agents:
        for layer in agent.layers:
            if layer.status is Status.REFUTED and layer.gaps:
                gap = layer.gaps[0]
                return f"{agent.agent}, {layer.layer}: {gap.kind} {gap.witness}"
    for agent in proof.agents:
        for layer in agent.layers:
            if layer.status is Status.UNKNOWN:
                doubts = [*layer.doubts, *(doubt for gap in layer.gaps for doubt in gap.doubts)]
                return f"{agent.agent}, {layer.layer}: {doubts[0] if doubts else 'no doubt given'}"
    return str(proof.doubts[0]) if proof.doubts else ""


@dataclass
class Tally:
    """Counts of fates, and those that a person must look at. ``made``: how many mutants each source has in all."""

    fates: list[Fate] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)

    @property
    def survivors(self) -> list[Fate]:
        return [fate for fate in self.fates if fate.survived]

    @property
    def stale(self) -> list[Fate]:
        return [fate for fate in self.fates if fate.stale]

    def rows(self, key: str) -> Iterator[tuple[str, int, int, int, int, int, int]]:
        """By operator or layer: mutants, refuted, unknown, named, equivalent, survived."""
        names = sorted({getattr(fate, key) for fate in self.fates})
        for name in names:
            yield (name, *_counts(fate for fate in self.fates if getattr(fate, key) == name))

    @property
    def total(self) -> tuple[int, int, int, int, int, int]:
        return _counts(self.fates)

    @property
    def reasons(self) -> Counter[str]:
        return Counter(fate.reason for fate in self.fates if fate.verdict == "proven" and fate.reason)


def _counts(fates: Iterable[Fate]) -> tuple[int, int, int, int, int, int]:
    listed = list(fates)
    verdicts = Counter(fate.verdict for fate in listed)
    survived = sum(fate.survived for fate in listed)
    equivalent = sum(fate.verdict == "proven" and bool(fate.reason) for fate in listed)
    return len(listed), verdicts["refuted"], verdicts["unknown"], verdicts["named"], equivalent, survived


def run(
    sources: Sequence[str],
    *,
    each: int | None = None,
    full: Sequence[str] = (),
    seed: int = 0,
    operator: str = "",
    jobs: int = 1,
) -> Tally:
    """Prove the mutants of some sources: all of them, or ``each`` of every operator on every type.

    Of the sources in ``full`` it is always all.

    Raises ``ValueError`` for a source that is not proven itself: against that, every mutant would look killed.
    """
    for name in sources:
        sound(name)
    tasks = [
        (name, None if name in full else each, seed, operator, part, jobs) for name in sources for part in range(jobs)
    ]
    if jobs == 1:
        parts = [_part(task) for task in tasks]
    else:
        with multiprocessing.get_context("spawn").Pool(jobs) as pool:
            parts = list(pool.imap_unordered(_part, tasks))
    found = sorted((fate for fates, _, _ in parts for fate in fates), key=lambda fate: (fate.source, fate.name))
    return Tally(found, {name: made for _, name, made in parts if made})


def sound(name: str) -> None:
    """Raises ``ValueError`` unless the template that is mutated is proven."""
    proof = proved(name)
    if proof.status.value != "proven":
        raise ValueError(f"{name} is {proof.status} before anything is changed: {because_of(proof)}")


def _part(task: tuple[str, int | None, int, str, int, int]) -> tuple[list[Fate], str, int]:
    """One process's share, every n-th mutant, and how many the source has in all (told by the first process alone).

    Each makes its mutants itself, which costs less than to send them.
    """
    name, each, seed, operator, part, jobs = task
    found = [mutant for mutant in mutants(SOURCES[name].subject()) if operator in mutant.operator]
    chosen = found if each is None else sample(found, each, seed)
    return [fate(name, mutant) for mutant in chosen[part::jobs]], name, len(found) if part == 0 else 0


def page(tally: Tally, sources: Sequence[str]) -> str:
    """The published page. It holds nothing that two runs of the same code would not both say."""
    count, refuted, unknown, named, equivalent, survived = tally.total
    live = count - equivalent
    proved = Counter(fate.source for fate in tally.fates)
    scopes = [
        f"all {proved[name]:,} of `{name}`"
        if proved[name] == tally.made[name]
        else f"a sample of `{name}`, {proved[name]:,} of its {tally.made[name]:,}, by operator and type"
        for name in sources
    ]
    rate = f"{100 * (refuted + unknown + named) / live:.2f} %" if live else "no mutants"
    return "\n".join(
        [
            "# Kill rate",
            "",
            "<!-- Written by `make mutants`. -->",
            "",
            "A sound template is changed in one place, by machine, and proved again. A change that the verdict does not",
            "notice is a bug of the judge, unless it changes nothing that a packet could tell. Operators are in",
            "`tests/mutations/operators/`; each is applied at every property, at every depth, of every resource.",
            "",
            f"**{count:,} mutants** ({'; '.join(scopes)}): {refuted:,} refuted with a witness, "
            f"{unknown:,} unknown with a reason, {named:,} proven with a residual risk that the sound template's report "
            f"does not name, {equivalent:,} equivalent for a reason below, **{survived:,} survived**. Noticed of those "
            f"that are not equivalent: **{rate}**",
            "",
            "## By layer",
            "",
            *_table("Layer", tally.rows("layer")),
            "",
            "## By operator",
            "",
            *_table("Operator", tally.rows("operator")),
            "",
            "## Equivalent mutants",
            "",
            "Proven, and rightly so. Each rule looks at the two templates, never at the judge, and is written in",
            "`tests/mutations/equivalent.py`.",
            "",
            "| Reason | Mutants | Why |",
            "| --- | ---: | --- |",
            *(
                f"| {reason.name} | {tally.reasons[reason.name]:,} | {reason.sentence} |"
                for reason in REASONS
                if tally.reasons[reason.name]
            ),
            "",
            *(
                ["## Survivors", "", *(f"- `{fate.name}` ({fate.source})" for fate in tally.survivors), ""]
                if survived
                else []
            ),
        ]
    )


def _table(title: str, rows: Iterable[tuple[str, int, int, int, int, int, int]]) -> Iterator[str]:
    yield f"| {title} | Mutants | Refuted | Unknown | Risk named | Equivalent | Survived |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, *numbers in rows:
        yield f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 where a mutant survived."""
    parser = argparse.ArgumentParser(prog="kill_rate", description=__doc__)
    parser.add_argument("sources", nargs="*", default=["filtered", "isolated-agent"], help=f"of {', '.join(SOURCES)}")
    parser.add_argument("--each", type=int, help="at most so many of every operator on every type; default: all")
    parser.add_argument(
        "--full", action="append", default=[], metavar="SOURCE", help="all mutants of this one in spite of --each"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--operator", default="", help="only operators with this in their name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--update", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument(
        "--show", default="", help="list fates: survivors (always shown), stale, refuted, unknown, named, proven"
    )
    arguments = parser.parse_args(argv)
    if unheard := set(arguments.sources) - set(SOURCES):
        parser.error(f"no source is called {', '.join(sorted(unheard))}")
    tally = run(
        arguments.sources,
        each=arguments.each,
        full=arguments.full,
        seed=arguments.seed,
        operator=arguments.operator,
        jobs=arguments.jobs,
    )
    text = page(tally, arguments.sources)
    if arguments.update:
        if arguments.operator:
            parser.error("--update publishes every operator: leave --operator out")
        PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    for fate_ in tally.fates:
        shown = fate_.stale if arguments.show == "stale" else fate_.verdict == arguments.show
        if fate_.survived or shown:
            sys.stderr.write(f"{fate_.verdict:8} {fate_.source} {fate_.name}  [{fate_.reason}] {fate_.because}\n")
    sys.stderr.write(f"{len(tally.stale)} refuted in spite of a reason (--show stale)\n")
    return 1 if tally.survivors else 0


if __name__ == "__main__":
    sys.exit(main())
