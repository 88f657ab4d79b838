"""Which network a live one is held to, and with which parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from agent_perimeter import annex
from agent_perimeter.deployed import expected, stack_name
from agent_perimeter.files import UsageError
from agent_perimeter.lift.stored import store
from agent_perimeter.snapshot import Answer, Snapshot
from agent_perimeter.values import Cidr
from tests.unit.lifted import ref, template
from tests.unit.networks import perimeter
from tests.unit.perimeters import EGRESS, SOUND, group_rule, having

NETWORK = perimeter(["bot"])
PLAIN = template(SOUND)
WITH_PARAMETER = template(
    having("AgentGroup", SecurityGroupEgress=[*EGRESS, group_rule(5432, "CidrIp", ref("P"))]),
    Parameters={"P": {"Type": "String"}},
)
STACK_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/agents/0a1b2c3d"


def snapshot(stack: str = "agents", *parameters: dict[str, str]) -> Snapshot:
    described = {"Stacks": [{"StackName": "agents", "Parameters": [*parameters]}]}
    answers = (Answer("cloudformation", "DescribeStacks", {"StackName": stack}, described),)  # type: ignore[arg-type]
    return Snapshot("2026-11-22T12:00:00+00:00", "1", "eu-west-1", "aws", "vpc-1", stack, "agents", answers)


def reading(files: Mapping[str, str]) -> Callable[[str], bytes | None]:
    return lambda path: files[path].encode() if path in files else None


def assembly(*stacks: tuple[str, dict[str, Any]]) -> dict[str, str]:
    artifacts: dict[str, Any] = {"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}
    for name, properties in stacks:
        own = {"templateFile": "it.template.json", **properties}
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": own,
        }
    return {
        "cdk.out/manifest.json": json.dumps({"version": "48.0.0", "artifacts": artifacts}),
        "cdk.out/it.template.json": PLAIN,
    }


def asked(stack: str) -> bytes:
    assert stack == "agents"
    return PLAIN.encode()


class TestWhatWasGiven:
    def test_decides_and_aws_is_not_asked(self) -> None:
        files = {"it.json": PLAIN, **assembly(("agents", {}))}
        found = expected(("it.json",), snapshot(), reading(files), pytest.fail)
        assert (found.source, found.kept) == ("it.json", False)
        assert found.locate("it.json#/Resources/AgentGroup") is not None

    def test_may_be_a_stored_network(self) -> None:
        found = expected(("it.json",), snapshot(), reading({"it.json": store(NETWORK, "yesterday")}))
        assert (found.source, found.network) == ("yesterday", NETWORK)

    def test_takes_the_parameters_that_the_stack_was_deployed_with(self) -> None:
        given = snapshot("agents", {"ParameterKey": "P", "ParameterValue": "198.51.100.0/26"})
        assert Cidr.parse("198.51.100.0/26") in _peers(given)

    def test_takes_what_an_ssm_parameter_was_then(self) -> None:
        pair = {"ParameterKey": "P", "ParameterValue": "/blocks/partner", "ResolvedValue": "198.51.100.0/26"}
        assert Cidr.parse("198.51.100.0/26") in _peers(snapshot(STACK_ID, pair))

    @pytest.mark.parametrize(
        "pair",
        [
            pytest.param({"ParameterKey": "P", "ParameterValue": "****"}, id="a secret, which AWS does not show"),
            pytest.param(
                {"ParameterKey": "Q", "ParameterValue": "198.51.100.0/26"}, id="one that no template declares"
            ),
            pytest.param({"ParameterKey": "BootstrapVersion", "ParameterValue": "/cdk"}, id="the CDK's own"),
            pytest.param({"ParameterValue": "198.51.100.0/26"}, id="one without a name"),
            pytest.param({}, id="nothing"),
        ],
    )
    def test_leaves_open_what_is_no_value(self, pair: dict[str, str]) -> None:
        assert _peers(snapshot("agents", pair)) == _peers(snapshot())

    @pytest.mark.parametrize(
        "broken",
        [
            {"Stacks": [{"StackName": "agents", "Parameters": "none"}]},
            {"Stacks": [{"StackName": "agents", "Parameters": ["P"]}]},
            {"Stacks": [{"StackName": "other"}]},
        ],
    )
    def test_survives_an_answer_of_another_shape(self, broken: dict[str, Any]) -> None:
        answers = (Answer("cloudformation", "DescribeStacks", {}, broken),)
        whole = Snapshot("2026-11-22", "1", "eu-west-1", "aws", "vpc-1", "agents", "agents", answers)
        assert expected(("it.json",), whole, reading({"it.json": PLAIN})).source == "it.json"

    def test_is_refused_where_it_is_no_template(self) -> None:
        with pytest.raises(ValueError, match=r"it\.json"):
            expected(("it.json",), snapshot(), reading({"it.json": "[]"}))


class TestNothingGiven:
    @pytest.mark.parametrize(
        ("name", "properties", "stack"),
        [
            pytest.param("agents", {}, "agents", id="by its artifact"),
            pytest.param("Perimeter", {"stackName": "agents"}, "agents", id="by its name"),
            pytest.param("agents", {}, STACK_ID, id="by the stack's id"),
        ],
    )
    def test_cdk_out_is_taken_where_it_holds_the_stack(self, name: str, properties: dict[str, str], stack: str) -> None:
        found = expected((), snapshot(stack), reading(assembly((name, properties))), pytest.fail)
        assert (found.source, found.kept) == ("cdk.out", False)

    @pytest.mark.parametrize(
        "files",
        [
            pytest.param(assembly(("Other", {"stackName": "another"})), id="another stack's"),
            pytest.param({"cdk.out/manifest.json": "[]"}, id="no manifest"),
            pytest.param({"cdk.out/manifest.json": "{"}, id="no JSON"),
            pytest.param(
                {"cdk.out/manifest.json": '{"artifacts": {"a": 1, "b": {"type": "aws:cloudformation:stack"}}}'},
                id="no artifacts",
            ),
            pytest.param({}, id="nothing there"),
        ],
    )
    def test_else_the_deployed_template_is_asked_for_and_kept(self, files: dict[str, str]) -> None:
        found = expected((), snapshot(), reading(files), asked)
        assert found.kept
        assert found.source.startswith("the template that stack agents was deployed from")
        assert found.locate("agents.template#/Resources/AgentGroup") is None, "the file is nobody's to open"
        assert [group.id for group in found.network.security_groups if "Agent" in group.id] == ["agents/AgentGroup"]

    def test_and_even_beside_cdk_out_where_that_is_wanted(self) -> None:
        found = expected((), snapshot(), reading(assembly(("agents", {}))), asked, synthesized=False)
        assert found.kept

    def test_a_snapshot_that_kept_it_is_not_asked_about_again(self) -> None:
        kept = annex.with_deployed(snapshot(), NETWORK)
        found = expected((), kept, reading(assembly(("agents", {}))), pytest.fail)
        assert found.network == NETWORK
        assert found.source == expected((), snapshot(), reading({}), asked).source

    @pytest.mark.parametrize(
        ("stack", "said"),
        [
            ("agents", "what was deployed in vpc-1? cdk.out does not hold its stack agents: give its TEMPLATE"),
            ("", "what was deployed in vpc-1? no CloudFormation stack made it: give its TEMPLATE"),
        ],
    )
    def test_and_nobody_to_ask_is_refused(self, stack: str, said: str) -> None:
        with pytest.raises(UsageError, match=re.escape(said)):
            expected((), snapshot(stack), reading({}))

    def test_a_vpc_without_a_stack_has_no_template_to_ask_for(self) -> None:
        with pytest.raises(UsageError, match="no CloudFormation stack made it"):
            expected((), snapshot(""), reading(assembly(("agents", {}))), pytest.fail)


@pytest.mark.parametrize(
    ("stack", "name"), [("agents", "agents"), (STACK_ID, "agents"), ("arn:aws", "arn:aws"), ("", "")]
)
def test_a_stack_by_name_or_id(stack: str, name: str) -> None:
    assert stack_name(stack) == name


def _peers(given: Snapshot) -> set[object]:
    found = expected(("it.json",), given, reading({"it.json": WITH_PARAMETER}))
    return {rule.peer for group in found.network.security_groups for rule in group.egress}
