"""What a person reads at a terminal after ``verify`` and ``explain``. Whole reports are golden files."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agent_perimeter.observed import Doubt
from agent_perimeter.report.outcome import outcome_of, shared_residuals
from agent_perimeter.report.proof_text import explain_text, proof_text
from agent_perimeter.report.text import Style
from agent_perimeter.source import Origin
from agent_perimeter.verdict import (
    AgentVerdict,
    Kind,
    Layer,
    LayerVerdict,
    Outcome,
    Proof,
    Reached,
    Residual,
    Status,
    Step,
)
from tests.unit import proofs

PLAIN, COLOUR = Style(colour=False), Style(colour=True)


def last(proof: Proof) -> str:
    return proof_text(proof, PLAIN).splitlines()[-1]


LAST_LINES = {
    "everything holds": (proofs.sound(), "proven · 2 agents (2 proven), 1 residual risk, cdk.out"),
    "one agent does not": (
        proofs.mixed(),
        "refuted · 3 agents (1 proven, 1 refuted, 1 unknown), 4 excess, 1 missing, 2 doubts, 2 residual risks, cdk.out",
    ),
    "a doubt about the whole network": (
        replace(proofs.sound(), doubts=(proofs.FOREIGN,)),
        "unknown · 2 agents (2 proven), 1 doubt, 1 residual risk, cdk.out",
    ),
    "no agent is found": (Proof("cdk.out", True, ()), "unknown · no agent was found, cdk.out"),
    "no policy": (
        proofs.unjudged(),
        "not judged · 1 workload, foreign.yaml: no policy was given, so nothing was judged",
    ),
}


@pytest.mark.parametrize("case", LAST_LINES)
def test_the_last_line_is_the_verdict(case: str) -> None:
    proof, line = LAST_LINES[case]
    assert last(proof) == line


class TestWhatHolds:
    def test_a_proven_agent_takes_two_lines_and_one_for_each_remark(self) -> None:
        text = proof_text(Proof("cdk.out", True, (proofs.proven(),)), PLAIN)
        assert text.split("\n\n")[0].splitlines() == [
            "✓ proven  coding-agent  2 subnets, 1 security group",
            "    each on its own: DNS firewall, security group, network ACL, routes, network firewall, IAM boundary",
            "    network ACL: 12 blocks are covered by 8 entries, within the quota; the other layers hold the difference",
        ]

    def test_what_fails_stands_last_where_the_eye_is(self) -> None:
        agents = (proofs.refuted("a"), proofs.unknown("b"), proofs.proven("c"), proofs.proven("d"))
        text = proof_text(Proof("cdk.out", True, agents), PLAIN)
        heads = [line for line in text.splitlines() if line.startswith(("✓", "?", "✗"))]
        assert [head.split()[2] for head in heads] == ["c", "d", "b", "a"]


class TestGaps:
    def test_one_gap_of_two_layers_is_told_once_with_the_whole_path_first(self) -> None:
        text = proof_text(Proof("x", True, (proofs.refuted(),)), PLAIN)
        assert text.count("excess  end to end, security group: lets out what the policy does not allow") == 1

    def test_the_same_steps_are_not_told_twice(self) -> None:
        gap = proofs.excess()
        layers = (
            LayerVerdict(Layer.SECURITY_GROUP, Status.REFUTED, (replace(gap, scope="less"),)),
            LayerVerdict(Layer.END_TO_END, Status.REFUTED, (gap,)),
        )
        agent = AgentVerdict("a", (), (), layers, (), (), ())
        text = proof_text(Proof("x", True, (agent,)), PLAIN)
        assert text.count("egress rule 0") == 1
        assert "the same steps as above" in text

    @pytest.mark.parametrize(
        ("kind", "certain", "sentence"),
        [
            (Kind.EXCESS, True, "lets out what the policy does not allow"),
            (Kind.EXCESS, False, "may let out what the policy does not allow"),
            (Kind.MISSING, True, "stops what the policy allows"),
            (Kind.MISSING, False, "may stop what the policy allows"),
        ],
    )
    def test_certain_and_uncertain_ones_are_worded_apart(self, kind: Kind, certain: bool, sentence: str) -> None:
        gap = replace(proofs.excess(), kind=kind, certain=certain)
        layers = (LayerVerdict(Layer.ROUTES, Status.REFUTED, (gap,)),)
        text = proof_text(Proof("x", True, (AgentVerdict("a", (), (), layers, (), (), ()),)), PLAIN)
        assert f"{kind}  routes: {sentence}\n" in text

    def test_a_doubt_that_stands_where_its_rule_stands_does_not_repeat_the_place(self) -> None:
        text = proof_text(Proof("x", True, (proofs.unknown(),)), PLAIN)
        assert "SecurityGroupEgress/1\n" in text
        assert text.count("SecurityGroupEgress/1") == 1
        assert "try --parameter PartnerBlocks=198.51.100.0/24" in text

    def test_where_no_tool_sends_the_witness_nothing_is_said_of_one(self) -> None:
        text = proof_text(Proof("x", True, (proofs.unsendable(),)), PLAIN)
        assert "witness  dynamodb:GetItem on *" in text
        assert "try it" not in text


class TestWithoutAPolicy:
    def test_nothing_reachable_is_nothing_only_where_all_is_known(self) -> None:
        doubtful = LayerVerdict(Layer.ROUTES, Status.UNKNOWN, doubts=(Doubt("who knows"),), note="a note")
        known = AgentVerdict("a", (), (), (), (), (), ())
        text = proof_text(Proof("x", False, (known, replace(known, layers=(doubtful,)))), PLAIN)
        assert "  can reach\n    nothing\n" in text
        assert (
            "  can reach\n    nothing that is known\n    routes: a note\n  Not known\n    ? who knows (routes)" in text
        )

    def test_what_only_a_doubt_opens_is_said_to_be_so(self) -> None:
        row = Reached("198.51.100.0/24", "TCP 443", certain=False)
        text = proof_text(Proof("x", False, (AgentVerdict("a", (), (), (), (row,), (), ()),)), PLAIN)
        assert "    198.51.100.0/24  TCP 443  if what is not known opens it\n" in text

    def test_a_long_enumeration_is_cut_and_says_so(self) -> None:
        row = Reached("x" * 250, "TCP 443", certain=True)
        text = proof_text(Proof("x", False, (AgentVerdict("a", (), (), (), (row,), (), ()),)), PLAIN)
        assert "x" * 200 + " … (50 letters more)" in text
        assert "x" * 201 not in text


class TestResiduals:
    def test_one_that_every_agent_has_is_told_once(self) -> None:
        text = proof_text(proofs.sound(), PLAIN)
        assert text.count("dns-shared-between-agents") == 1
        assert "    every agent: A name that one agent" in text

    def test_the_policy_lines_of_all_agents_are_kept(self) -> None:
        first = Residual("r", "s", Origin(proofs.ALLOWED[0].origin.spans))
        second = Residual("r", "s", Origin(proofs.ALLOWED[1].origin.spans))
        agents = [replace(proofs.proven(name), residuals=(one,)) for name, one in (("a", first), ("b", second))]
        (shared,) = shared_residuals(Proof("x", True, tuple(agents)))
        assert shared.agents == ("a", "b")
        assert [span.line for span in shared.residual.origin.spans] == [7, 9]

    def test_a_run_without_any_has_no_such_section(self) -> None:
        text = proof_text(Proof("x", True, (replace(proofs.proven(), residuals=()),)), PLAIN)
        assert "Residual" not in text
        assert last(Proof("x", True, (replace(proofs.proven(), residuals=()),))) == "proven · 1 agent (1 proven), x"


class TestNobodyPaintsTheTerminal:
    def test_names_from_a_template_are_shown_with_their_escapes(self) -> None:
        evil = "\x1b[32m✓ proven\x1b[0m\r\n"
        agent = AgentVerdict(
            evil,
            (),
            (),
            (
                LayerVerdict(
                    Layer.ROUTES,
                    Status.REFUTED,
                    (replace(proofs.excess(), scope=evil),),
                    (Doubt(evil, evil, evil),),
                    evil,
                ),
            ),
            (),
            (),
            (Residual(evil, evil, Origin(path=evil)),),
        )
        for proof in (Proof(evil, True, (agent,), (Doubt(evil),)), Proof(evil, False, (agent,))):
            assert "\x1b" not in proof_text(proof, PLAIN)
            assert "\r" not in proof_text(proof, PLAIN)

    def test_colour_adds_nothing_but_colour(self) -> None:
        painted = proof_text(proofs.mixed(), COLOUR, proofs.locate)
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == proof_text(proofs.mixed(), PLAIN, proofs.locate)
        assert "\x1b[1;31mrefuted\x1b[0m" in painted


def steps(*outcomes: Outcome) -> tuple[Step, ...]:
    return tuple(Step(layer, outcome, "a rule") for layer, outcome in zip(Layer, outcomes, strict=False))


EXPLAINED = {
    "every layer allows": ((Outcome.ALLOWS, Outcome.ALLOWS), "leaves · every layer that sees it allows it"),
    "one layer does not see it": ((Outcome.SKIPS, Outcome.ALLOWS), "leaves · every layer that sees it allows it"),
    "one layer denies": ((Outcome.ALLOWS, Outcome.DENIES), "stopped · denied by security group"),
    "a denial beats a doubt": ((Outcome.PERHAPS, Outcome.DENIES), "stopped · denied by security group"),
    "a doubt beats the rest": ((Outcome.ALLOWS, Outcome.PERHAPS), "may leave · not known: security group"),
    "nobody sees it": ((Outcome.SKIPS,), "not seen · no layer sees it"),
}


@pytest.mark.parametrize("case", EXPLAINED)
def test_the_last_line_of_an_explanation_says_what_becomes_of_it(case: str) -> None:
    outcomes, line = EXPLAINED[case]
    assert explain_text("a", proofs.WITNESS, steps(*outcomes), PLAIN).splitlines()[-1] == line


def test_the_outcome_of_no_steps_is_that_nobody_saw_it() -> None:
    assert outcome_of(()) is Outcome.SKIPS


def test_an_explanation_of_what_no_tool_sends_has_no_line_to_paste() -> None:
    witness = next(gap.witness for gap in proofs.unsendable().layers[0].gaps)
    assert explain_text("a", witness, (), PLAIN).splitlines()[1] == ""
