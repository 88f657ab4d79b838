"""Verdicts: what beats what, and how a call reads."""

from __future__ import annotations

from itertools import permutations

import pytest

from agent_perimeter.observed import Doubt
from agent_perimeter.prove.compare import opened_by, status_of, verdict
from agent_perimeter.source import Origin, Span
from agent_perimeter.verdict import (
    AgentVerdict,
    Call,
    Gap,
    Kind,
    Layer,
    LayerVerdict,
    Outcome,
    Proof,
    Status,
    Step,
    worst,
)

PROVEN, REFUTED, UNKNOWN, ABSENT = Status.PROVEN, Status.REFUTED, Status.UNKNOWN, Status.ABSENT
DOUBT = Doubt("a parameter", "t.json#/Parameters/P")


def agent(*statuses: Status) -> AgentVerdict:
    layers = tuple(LayerVerdict(layer, status) for layer, status in zip(Layer, statuses, strict=False))
    return AgentVerdict("bot", (), (), layers, (), (), ())


def gap(*, certain: bool, witness: str = "a", steps: tuple[Step, ...] = ()) -> Gap:
    return Gap(Kind.EXCESS, certain, Call("s3", "s3:GetObject", witness), "", steps, Origin())


class TestTheWorst:
    @pytest.mark.parametrize(
        ("statuses", "status"),
        [
            ((), UNKNOWN),
            ((PROVEN,), PROVEN),
            ((ABSENT,), UNKNOWN),
            ((PROVEN, ABSENT), PROVEN),
            ((PROVEN, UNKNOWN), UNKNOWN),
            ((PROVEN, UNKNOWN, REFUTED), REFUTED),
            ((ABSENT, REFUTED), REFUTED),
        ],
    )
    def test_decides_in_any_order(self, statuses: tuple[Status, ...], status: Status) -> None:
        for order in permutations(statuses):
            assert worst(order) is status
            assert agent(*order).status is status


class TestAProof:
    def test_of_nobody_is_unknown(self) -> None:
        assert Proof("t.json", True, ()).status is UNKNOWN

    def test_with_a_doubt_about_everything_is_never_proven(self) -> None:
        assert Proof("t.json", True, (agent(PROVEN),)).status is PROVEN
        assert Proof("t.json", True, (agent(PROVEN),), (DOUBT,)).status is UNKNOWN

    def test_that_is_refuted_stays_so_whatever_else_is_not_known(self) -> None:
        assert Proof("t.json", True, (agent(PROVEN), agent(REFUTED)), (DOUBT,)).status is REFUTED


class TestALayer:
    def test_is_refuted_by_a_certain_gap_and_unknown_by_any_other(self) -> None:
        assert status_of(()) is PROVEN
        assert status_of((), (DOUBT,)) is UNKNOWN
        assert status_of((gap(certain=False),)) is UNKNOWN
        assert status_of((gap(certain=False), gap(certain=True)), (DOUBT,)) is REFUTED

    def test_shows_the_same_gap_once_and_keeps_the_order(self) -> None:
        found = verdict(
            Layer.ROUTES, (gap(certain=True, witness="b"), gap(certain=True), gap(certain=True, witness="b"))
        )
        assert [str(one.witness) for one in found.gaps] == [
            str(gap(certain=True, witness=name).witness) for name in "ba"
        ]


class TestAGap:
    def test_has_the_doubts_of_its_steps_once_each(self) -> None:
        other = Doubt("another")
        steps = tuple(Step(Layer.ROUTES, Outcome.PERHAPS, "r", doubts=doubts) for doubts in ((DOUBT,), (other, DOUBT)))
        assert gap(certain=False, steps=steps).doubts == (DOUBT, other)

    def test_is_opened_by_the_rules_that_let_it_out_the_firewalls_first(self) -> None:
        def step(layer: Layer, outcome: Outcome, name: str) -> Step:
            return Step(layer, outcome, name, Origin((Span(f"{name}.yaml", 1, 1),), f"t.json#/{name}"))

        found = opened_by(
            (
                step(Layer.SECURITY_GROUP, Outcome.ALLOWS, "group"),
                step(Layer.ROUTES, Outcome.DENIES, "route"),
                step(Layer.FIREWALL, Outcome.PERHAPS, "wall"),
            )
        )
        assert found.path == "t.json#/wall"
        assert [span.file for span in found.spans] == ["group.yaml", "wall.yaml"]


class TestACall:
    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (Call("s3", "s3:GetObject", "arn:x"), "s3:GetObject on arn:x through the s3 endpoint"),
            (Call("", "s3:GetObject", "arn:x"), "s3:GetObject on arn:x"),
            (Call("s3", "s3:GetObject", "*", "nobody"), "s3:GetObject on * through the s3 endpoint unsigned"),
        ],
    )  # fmt: skip
    def test_reads_as_a_sentence(self, call: Call, words: str) -> None:
        assert str(call) == words
