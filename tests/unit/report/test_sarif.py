"""SARIF of a proof: valid by the OASIS schema, at the right lines, the same result in every run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent_perimeter.observed import Doubt
from agent_perimeter.report.places import nowhere
from agent_perimeter.report.sarif import proof_sarif, uri
from agent_perimeter.source import Origin, Span
from agent_perimeter.verdict import AgentVerdict, Layer, LayerVerdict, Proof, Residual, Status
from tests.unit import proofs

# The OASIS schema as Microsoft's jest-sarif 1.0.0 (MIT) carries it.
SCHEMA = Path(__file__).parents[2] / "fixtures" / "schemas" / "sarif-2.1.0-rtm.5.json"

PROOFS = {
    "every status": proofs.mixed(),
    "twenty agents": proofs.twenty(),
    "all proven": proofs.sound(),
    "no policy": proofs.unjudged(),
    "no agent": Proof("x", True, ()),
    "names of an attacker": Proof("C:\\a b", True, (proofs.ungainly(), proofs.unsendable())),
}


@cache
def validator() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def run(proof: Proof, locate: Callable[[str], Span | None] = proofs.locate) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(proof_sarif(proof, "0.1.0", locate))["runs"][0]
    return found


def results(proof: Proof, locate: Callable[[str], Span | None] = proofs.locate) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run(proof, locate)["results"]
    return found


@pytest.mark.parametrize("case", PROOFS)
@pytest.mark.parametrize("locate", [proofs.locate, nowhere], ids=["with lines", "without lines"])
def test_it_is_sarif(case: str, locate: Callable[[str], Span | None]) -> None:
    validator().validate(json.loads(proof_sarif(PROOFS[case], "0.1.0", locate)))


def test_the_schema_refuses_what_is_none() -> None:
    broken = json.loads(proof_sarif(proofs.mixed(), "0.1.0"))
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert list(validator().iter_errors(broken))


@pytest.mark.parametrize("case", PROOFS)
def test_every_result_names_a_rule_that_is_there(case: str) -> None:
    found = run(PROOFS[case])
    rules = found["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in found["results"]] == [r["ruleId"] for r in found["results"]]
    assert {rule["id"] for rule in rules} == {result["ruleId"] for result in found["results"]}


def test_what_is_refuted_unknown_and_residual_have_their_levels() -> None:
    proof = replace(proofs.mixed(), doubts=(proofs.FOREIGN,))
    levels = {(result["ruleId"], result["level"]) for result in results(proof)}
    assert levels == {
        ("unknown/network", "warning"),
        ("excess/end-to-end", "error"),
        ("excess/end-to-end", "warning"),
        ("excess/dns-firewall", "error"),
        ("excess/endpoint-policy", "error"),
        ("missing/network-acl", "error"),
        ("unknown/routes", "warning"),
        ("residual/dns-shared-between-agents", "note"),
        ("residual/wildcard-open-to-others", "note"),
    }


def test_a_sound_perimeter_has_notes_only() -> None:
    assert {result["level"] for result in results(proofs.sound())} == {"note"}


class TestPlaces:
    def test_excess_is_at_the_template_line_that_lets_it_out(self) -> None:
        proof = Proof("x", True, (proofs.refuted(),))
        excess = next(result for result in results(proof) if result["ruleId"] == "excess/end-to-end")
        place = excess["locations"][0]
        line = proofs.locate(proofs.at(proofs.GROUP).path)
        assert line is not None
        assert place["physicalLocation"] == {
            "artifactLocation": {"uri": "cdk.out/Perimeter.template.json"},
            "region": {"startLine": line.line, "startColumn": line.column},
        }
        assert place["logicalLocations"][0]["fullyQualifiedName"] == f"{proofs.TEMPLATE}#/Resources/{proofs.GROUP}"

    def test_what_is_missing_is_at_the_rule_that_stops_it_with_the_policy_line_beside(self) -> None:
        proof = Proof("x", True, (proofs.refuted(),))
        missing = next(result for result in results(proof, nowhere) if result["ruleId"] == "missing/network-acl")
        name = missing["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
        assert name.endswith("Perimeteraclsaclagent35373aa16a6188beegress1002FE9F4AE")
        assert missing["relatedLocations"] == [
            {
                "id": 1,
                "message": {"text": "the policy line"},
                "physicalLocation": {
                    "artifactLocation": {"uri": "policies/research-agent.yaml"},
                    "region": {"startLine": 12, "startColumn": 7},
                },
            }
        ]

    @pytest.mark.parametrize(
        ("origin", "where"),
        [
            pytest.param(Origin(path="a.json#/Resources/X"), "a.json", id="the file of a path without a line"),
            pytest.param(Origin((Span("p.yaml", 3, 1),)), "p.yaml", id="the policy line, where there is no path"),
            pytest.param(Origin(path="vpc-0abc"), "cdk.out", id="what was verified, where a path names no file"),
            pytest.param(Origin(), "cdk.out", id="what was verified, where nothing is known"),
        ],
    )
    def test_a_result_always_has_a_place(self, origin: Origin, where: str) -> None:
        agent = AgentVerdict("a", (), (), (), (), (), (Residual("r", "s", origin),))
        (result,) = results(Proof("cdk.out", True, (agent,)), nowhere)
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == where

    def test_the_steps_are_a_code_flow_in_their_order(self) -> None:
        proof = Proof("x", True, (proofs.refuted(),))
        excess = next(result for result in results(proof) if result["ruleId"] == "excess/end-to-end")
        steps = excess["codeFlows"][0]["threadFlows"][0]["locations"]
        said = [step["location"]["message"]["text"] for step in steps]
        assert said[1] == "security group allows: egress rule 0: all traffic to 0.0.0.0/0."
        assert len(said) == len(proofs.STEPS)


class TestFingerprints:
    def test_they_survive_when_lines_move(self) -> None:
        def moved(path: str) -> Span | None:
            found = proofs.locate(path)
            return replace(found, line=found.line + 10) if found else None

        before, after = results(proofs.mixed()), results(proofs.mixed(), moved)
        assert before != after
        assert [r["partialFingerprints"] for r in before] == [r["partialFingerprints"] for r in after]

    def test_no_two_results_share_one(self) -> None:
        found = [result["partialFingerprints"]["agentPerimeter/v1"] for result in results(proofs.twenty())]
        assert len(set(found)) == len(found)

    def test_another_witness_is_another_result(self) -> None:
        gap = proofs.excess()
        other = replace(gap, witness=replace(proofs.WITNESS, port=444))
        (first, second) = (
            AgentVerdict("a", (), (), (LayerVerdict(Layer.ROUTES, Status.REFUTED, (one,)),), (), (), ())
            for one in (gap, other)
        )
        assert (
            results(Proof("x", True, (first,)))[0]["partialFingerprints"]
            != results(Proof("x", True, (second,)))[0]["partialFingerprints"]
        )


def test_braces_are_doubled_in_messages_because_single_ones_are_placeholders() -> None:
    doubt = Doubt("${AWS::Region} is not known", "a.json#/X", "a value")
    (result,) = results(Proof("x", True, (), (doubt,)))
    assert result["message"]["text"] == "Not known (the whole network): ${{AWS::Region}} is not known; try a value."


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("cdk.out/a.json", "cdk.out/a.json"),
        ("./cdk.out/a.json", "cdk.out/a.json"),
        ("a b/ü#?.json", "a%20b/%C3%BC%23%3F.json"),
        ("/srv/a.json", "file:///srv/a.json"),
        ("C:\\work\\a b.json", "file:///C:/work/a%20b.json"),
        ("a:b.json", "a%3Ab.json"),
    ],
)
def test_a_path_as_a_uri(path: str, written: str) -> None:
    assert uri(path) == written
