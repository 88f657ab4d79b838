"""The JSON of a drift, held to the schema that is published."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent_perimeter.drift.model import MEANINGS, Alteration
from agent_perimeter.report.drift_json import departure_object, drift_json
from agent_perimeter.report.drift_schema import drift_schema
from tests.unit import drifts, proofs

SOURCE = Path(__file__).parents[3] / "src"


def validator() -> jsonschema.Draft202012Validator:
    loaded = json.loads(drift_schema())
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


def document(case: str = "opened") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(drift_json(drifts.ALL[case], proofs.locate))
    return loaded


@pytest.mark.parametrize("case", drifts.ALL)
def test_it_is_as_the_schema_says(case: str) -> None:
    validator().validate(document(case))
    validator().validate(json.loads(drift_json(drifts.ALL[case])))


@pytest.mark.parametrize("case", drifts.ALL)
def test_the_same_drift_gives_the_same_bytes(case: str) -> None:
    assert drift_json(drifts.ALL[case]) == drift_json(drifts.ALL[case])


@pytest.mark.parametrize(
    ("case", "verdict"),
    [("clean", "clean"), ("cosmetic", "clean"), ("opened", "drift"), ("incomplete", "unknown")],
)
def test_the_verdict_is_a_word(case: str, verdict: str) -> None:
    assert document(case)["verdict"] == verdict


def test_every_meaning_is_counted_those_that_nothing_has_too() -> None:
    assert document()["counts"] == {"widens": 2, "weakens": 3, "narrows": 1, "unclear": 1, "cosmetic": 1}
    assert document("clean")["counts"] == dict.fromkeys(MEANINGS, 0)


def test_a_departure_is_told_in_full() -> None:
    found = document()["departures"][0]
    assert (found["id"], found["code"], found["name"]) == (drifts.WIDENED.id, "AP601", "drift-widens")
    assert found["change"] == {
        "alteration": "added",
        "type": "security group rule",
        "record": drifts.GROUP,
        "detail": "egress all traffic to 0.0.0.0/0",
        "field": "",
        "before": "",
        "after": "all traffic to 0.0.0.0/0",
    }
    assert found["holds"][1] == {
        "agent": "research-agent",
        "layers": ["DNS firewall", "network ACL", "network firewall"],
    }
    assert found["actors"][0]["who"] == drifts.MALLORY.who
    assert found["gaps"][0]["gap"]["witness"]["send"].startswith("curl ")
    assert "ec2:RevokeSecurityGroupEgress" in found["remedy"]


def test_a_departure_in_meaning_alone_has_no_change() -> None:
    assert document()["departures"][1]["change"] is None
    assert document()["departures"][1]["expired"] is True


def test_one_departure_alone_is_the_same_object() -> None:
    drift = drifts.opened()
    assert departure_object(drift.departures[0], drift.proof, proofs.locate) == document()["departures"][0]


def test_the_proof_is_there_as_verify_writes_it() -> None:
    assert [agent["status"] for agent in document()["proof"]["agents"]] == ["proven", "refuted"]


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key that nobody knows": lambda it: it.update(extra=1),
    "a key is gone": lambda it: it.pop("expected"),
    "a key is gone far below": lambda it: it["departures"][0]["change"].pop("field"),
    "a meaning that there is not": lambda it: it["departures"][0].update(meaning="fine"),
    "a verdict that there is not": lambda it: it.update(verdict="proven"),
    "another version": lambda it: it.update(format="agent-perimeter/drift/2"),
    "a code of another kind": lambda it: it["departures"][0].update(code="AP101"),
    "a count below zero": lambda it: it["counts"].update(widens=-1),
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_schema_refuses(case: str) -> None:
    broken = copy.deepcopy(document())
    BROKEN[case](broken)
    assert list(validator().iter_errors(broken))


def test_the_schema_lists_every_enumeration_whole() -> None:
    definitions = json.loads(drift_schema())["$defs"]
    assert definitions["departure"]["properties"]["meaning"]["enum"] == [meaning.value for meaning in MEANINGS]
    assert definitions["change"]["properties"]["alteration"]["enum"] == [one.value for one in Alteration]


def test_no_object_of_the_schema_is_open() -> None:
    def objects(schema: object) -> list[dict[str, object]]:
        match schema:
            case dict():
                own = [schema] if schema.get("type") == "object" else []
                return [*own, *(found for value in schema.values() for found in objects(value))]
            case list():
                return [found for value in schema for found in objects(value)]
            case _:
                return []

    found = objects(json.loads(drift_schema()))
    assert len(found) > 15
    assert all(one["additionalProperties"] is False for one in found)
    assert all(set(one["required"]) == set(one["properties"]) for one in found)  # type: ignore[call-overload]


def test_it_is_written_without_what_the_function_does_not_carry() -> None:
    """The scheduled watch keeps it as evidence: in its asset are the standard library and boto3, and it starts cold."""
    program = f"""
import sys
sys.path.insert(0, {str(SOURCE)!r})
import agent_perimeter.report.drift_json
foreign = {{"yaml", "idna", "publicsuffixlist", "boto3", "botocore", "aws_cdk"}} & set(sys.modules)
assert not foreign, foreign
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
