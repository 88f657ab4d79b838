"""The JSON of a proof and of an explanation, held to the schemas that are published."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from agent_perimeter.packet_sets import App
from agent_perimeter.report.proof_json import explain_json, proof_json
from agent_perimeter.report.proof_schema import explain_schema, proof_schema
from agent_perimeter.verdict import Kind, Layer, Outcome, Proof, Status, Witness
from tests.unit import proofs

PROOFS = {
    "every status": proofs.mixed(),
    "twenty agents": proofs.twenty(),
    "all proven": proofs.sound(),
    "no policy": proofs.unjudged(),
    "no agent": Proof("x", True, ()),
    "names of an attacker": Proof("x", True, (proofs.ungainly(), proofs.unsendable())),
}
WITNESSES: dict[str, Witness] = {
    type(gap.witness).__name__: gap.witness
    for agent in proofs.mixed().agents
    for layer in agent.layers
    for gap in layer.gaps
}


def validator(schema: str) -> jsonschema.Draft202012Validator:
    loaded = json.loads(schema)
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


@pytest.mark.parametrize("case", PROOFS)
@pytest.mark.parametrize("locate", [proofs.locate, lambda _: None], ids=["with lines", "without lines"])
def test_a_proof_is_as_the_schema_says(case: str, locate: Callable[[str], None]) -> None:
    validator(proof_schema()).validate(json.loads(proof_json(PROOFS[case], locate)))


@pytest.mark.parametrize("case", WITNESSES)
def test_an_explanation_is_as_the_schema_says(case: str) -> None:
    text = explain_json("research-agent", WITNESSES[case], proofs.STEPS, proofs.locate)
    validator(explain_schema()).validate(json.loads(text))
    assert json.loads(text)["outcome"] == "allows"


def test_every_kind_of_witness_is_tried() -> None:
    assert set(WITNESSES) == {"Packet", "Query", "Call"}


def test_the_same_proof_gives_the_same_text() -> None:
    assert proof_json(proofs.mixed()) == proof_json(proofs.mixed())


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(proof_json(proofs.mixed(), proofs.locate))
    return loaded


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key that nobody knows": lambda it: it.update(extra=1),
    "a key is gone": lambda it: it.pop("judged"),
    "a key is gone far below": lambda it: it["agents"][1]["layers"][1]["gaps"][0]["steps"][0].pop("rule"),
    "a status that there is not": lambda it: it.update(status="fine"),
    "a layer that there is not": lambda it: it["agents"][0]["layers"][0].update(layer="proxy"),
    "another version": lambda it: it.update(format="agent-perimeter/proof/2"),
    "a port that there is not": lambda it: it["agents"][1]["layers"][1]["gaps"][0]["witness"].update(port=65536),
    "a witness of another kind": lambda it: it["agents"][1]["layers"][1]["gaps"][0]["witness"].update(kind="query"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_schema_refuses(case: str) -> None:
    broken = copy.deepcopy(document())
    BROKEN[case](broken)
    assert list(validator(proof_schema()).iter_errors(broken))


def test_the_schema_lists_every_enumeration_whole() -> None:
    definitions = json.loads(proof_schema())["$defs"]
    assert definitions["status"]["enum"] == [status.value for status in Status]
    assert definitions["layerName"]["enum"] == [layer.value for layer in Layer]
    assert definitions["outcome"]["enum"] == [outcome.value for outcome in Outcome]
    assert definitions["gap"]["properties"]["kind"]["enum"] == [kind.value for kind in Kind]
    assert definitions["packet"]["properties"]["app"]["enum"] == [app.value for app in App]


def test_no_object_of_the_schemas_is_open() -> None:
    def objects(schema: object) -> list[dict[str, object]]:
        match schema:
            case dict():
                own = [schema] if schema.get("type") == "object" else []
                return [*own, *(found for value in schema.values() for found in objects(value))]
            case list():
                return [found for value in schema for found in objects(value)]
            case _:
                return []

    for schema in (proof_schema(), explain_schema()):
        found = objects(json.loads(schema))
        assert len(found) > 5
        assert all(one["additionalProperties"] is False for one in found)
        assert all(set(one["required"]) == set(one["properties"]) for one in found)  # type: ignore[call-overload]


def test_lines_are_there_where_they_are_known() -> None:
    witness = document()["agents"][1]["layers"][1]["gaps"][0]
    assert witness["origin"]["line"]["file"] == proofs.TEMPLATE
    assert json.loads(proof_json(proofs.mixed()))["agents"][1]["layers"][1]["gaps"][0]["origin"]["line"] is None
