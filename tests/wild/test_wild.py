"""A reviewer's reading of each template from the wild, and ours."""

from __future__ import annotations

import pytest

from agent_perimeter.verdict import Gap, Layer, Proof, Status
from tests.mutations.judge import prove
from tests.wild.expected import HERE, NEVER_PROVEN, NEVER_REFUTED, WILD, Wild


def _judged(wild: Wild, *, policy: bool = True) -> Proof:
    return prove(
        wild.template.read_text(encoding="utf-8"),
        wild.policies if policy else (),
        name=wild.file,
        subnets=(wild.subnet,),
        groups=(wild.group,),
        parameters=wild.parameters,
    )


def _gaps(proof: Proof, wild: Wild) -> list[Gap]:
    return [gap for agent in proof.agents for layer in agent.layers if layer.layer is wild.layer for gap in layer.gaps]


@pytest.mark.parametrize("wild", WILD.values(), ids=WILD)
def test_it_is_refuted_with_the_witness_that_a_reviewer_expects(wild: Wild) -> None:
    proof = _judged(wild)
    assert proof.status in wild.status
    gaps = _gaps(proof, wild)
    fitting = [gap for gap in gaps if gap.kind is wild.kind and gap.witness in wild.witness]
    assert fitting, f"of {[f'{gap.kind} {gap.witness}' for gap in gaps]}"
    if proof.status is Status.REFUTED and wild.status == (Status.REFUTED,):
        assert any(gap.certain for gap in fitting)


@pytest.mark.parametrize(
    "wild", [wild for wild in WILD.values() if wild.by], ids=[name for name, wild in WILD.items() if wild.by]
)
def test_the_resource_that_lets_it_out_is_named(wild: Wild) -> None:
    gaps = [gap for gap in _gaps(_judged(wild), wild) if gap.witness in wild.witness]
    paths = [step.origin.path for gap in gaps for step in gap.steps]
    assert any(f"/Resources/{wild.by}/" in f"{path}/" for path in paths), paths


@pytest.mark.parametrize("wild", WILD.values(), ids=WILD)
def test_without_a_policy_it_says_what_can_be_reached(wild: Wild) -> None:
    proof = _judged(wild, policy=False)
    assert not proof.judged
    said = "\n".join(f"{reached.where} {reached.how}" for agent in proof.agents for reached in agent.reach)
    for words in wild.reaches:
        assert words in said


@pytest.mark.parametrize(("file", "subnet", "group", "policy"), NEVER_REFUTED.values(), ids=NEVER_REFUTED)
def test_a_sound_template_gives_no_finding(file: str, subnet: str, group: str, policy: str) -> None:
    text = (HERE / "templates" / file).read_text(encoding="utf-8")
    proof = prove(text, [HERE / "policies" / f"{policy}.yaml"], name=file, subnets=(subnet,), groups=(group,))
    gaps = [
        f"{layer.layer}: {gap.kind} {gap.witness}"
        for agent in proof.agents
        for layer in agent.layers
        for gap in layer.gaps
    ]
    assert gaps == []
    assert proof.status is not Status.REFUTED
    if proof.status is Status.UNKNOWN:
        doubts = [*proof.doubts, *(doubt for agent in proof.agents for layer in agent.layers for doubt in layer.doubts)]
        assert doubts
        assert all(doubt.reason for doubt in doubts)


@pytest.mark.parametrize(("file", "subnet", "group", "policy"), NEVER_PROVEN.values(), ids=NEVER_PROVEN)
def test_what_a_reviewer_would_not_sign_is_not_proven(file: str, subnet: str, group: str, policy: str) -> None:
    text = (HERE / "templates" / file).read_text(encoding="utf-8")
    proof = prove(text, [HERE / "policies" / f"{policy}.yaml"], name=file, subnets=(subnet,), groups=(group,))
    on_the_way = {Layer.ROUTES, Layer.FIREWALL, Layer.END_TO_END}
    statuses = {layer.status for agent in proof.agents for layer in agent.layers if layer.layer in on_the_way}
    assert statuses & {Status.REFUTED, Status.UNKNOWN}


def test_every_template_is_used() -> None:
    used = {wild.file for wild in WILD.values()} | {
        file for file, *_ in [*NEVER_REFUTED.values(), *NEVER_PROVEN.values()]
    }
    assert used == {path.name for path in (HERE / "templates").iterdir()}
