"""A sample of the mutants is proved in every run of the tests; `make mutants` proves them all."""

from __future__ import annotations

import pytest

from tests.mutations.generate import mutants, sample
from tests.mutations.kill_rate import SOURCES, Fate, Source, Tally, fate, page, run, sound
from tests.mutations.mutant import Mutant


@pytest.mark.parametrize("name", SOURCES)
def test_the_sound_template_is_proven(name: str) -> None:
    sound(name)


def test_a_template_that_is_not_sound_is_not_mutated(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Source(SOURCES["isolated-agent"].template, "policies/coding-agent.yaml")
    monkeypatch.setitem(SOURCES, "isolated-agent", other)
    with pytest.raises(ValueError, match="isolated-agent is refuted before anything is changed"):
        run(["isolated-agent"], each=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["filtered", "isolated-agent"])
def test_no_mutant_of_a_sample_survives(name: str) -> None:
    """A fifth of one mutant for every operator on every type. `make mutants` proves what docs/kill-rate.md says."""
    chosen = sample(mutants(SOURCES[name].subject()), 1)[::5]
    assert len(chosen) > 60
    assert [f"{one.name} {one.because}" for one in (fate(name, mutant) for mutant in chosen) if one.survived] == []


def _fate(verdict: str, reason: str = "") -> Fate:
    return Fate("s", f"remove x {verdict} {reason}", "remove", "T", "routes", verdict, reason)


def test_a_proven_mutant_without_a_reason_has_survived() -> None:
    tally = Tally(
        [_fate("proven"), _fate("proven", "label"), _fate("refuted"), _fate("unknown"), _fate("error", "label")]
    )
    assert [fate.verdict for fate in tally.survivors] == ["proven", "error"]
    assert tally.total == (5, 1, 1, 0, 1, 2)


def test_a_proven_mutant_with_a_risk_more_is_noticed() -> None:
    tally = Tally([_fate("named"), _fate("named", "label")])
    assert tally.survivors == []
    assert tally.total == (2, 0, 0, 2, 0, 0)


def test_a_reason_that_the_judge_refutes_is_stale() -> None:
    assert [fate.verdict for fate in Tally([_fate("refuted", "label"), _fate("unknown", "label")]).stale] == ["refuted"]


def test_the_page_counts_and_names_the_survivors() -> None:
    shown = page(
        Tally([_fate("proven"), _fate("proven", "label"), _fate("refuted"), _fate("unknown")], made={"s": 9}), ["s"]
    )
    assert (
        "**4 mutants** (a sample of `s`, 4 of its 9, by operator and type): 1 refuted with a witness, 1 unknown with a reason, 0 proven with a residual"
        in shown
    )
    assert "1 equivalent for a reason below, **1 survived**" in shown
    assert "Noticed of those that are not equivalent: **66.67 %**" in shown
    assert "| routes | 4 | 1 | 1 | 0 | 1 | 1 |" in shown
    assert "- `remove x proven ` (s)" in shown


def test_a_judge_that_fails_has_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.mutations import judge, kill_rate

    def fails(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(judge, "prove", fails)
    first: Mutant = next(mutants(SOURCES["filtered"].subject()))
    found = kill_rate.fate("filtered", first)
    assert (found.verdict, found.because, found.survived) == ("error", "RecursionError: too deep", True)
