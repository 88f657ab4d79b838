"""``PerimeterStack``: what the application adds to the construct."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from aws_cdk import Environment

from agent_perimeter.network import Network
from agent_perimeter.perimeter import design
from agent_perimeter.settings import Settings
from stacks.perimeter import PerimeterStack
from tests.cdk.templates import Template, synthesize


def outputs(outdir: Path, network: Network) -> dict[str, Any]:
    synthesize(
        outdir,
        lambda app: PerimeterStack(
            app,
            "s",
            network=network,
            prefix_lists={"s3": "pl-11111111"},
            protected=True,
            env=Environment(region="eu-south-2"),
        ),
    )
    found: dict[str, Any] = json.loads((outdir / "s.template.json").read_text())["Outputs"]
    return {name: output["Value"] for name, output in found.items()}


def test_outputs_are_named_after_the_agents(tmp_path: Path, network: Network) -> None:
    found = outputs(tmp_path, network)
    places = ("Subnets", "SecurityGroup", "Boundary")
    assert list(found) == ["Vpc", *(agent + place for agent in ("Reader", "Writer") for place in places)]
    ids = {name: Template(tmp_path, "s", "Perimeter").read(value) for name, value in found.items()}
    assert ids["Vpc"] == "${Vpc}"
    assert ids["ReaderSubnets"] == "<subnet/agent/reader/0>,<subnet/agent/reader/1>"
    assert ids["ReaderSecurityGroup"] == "<group/agent/reader>.GroupId"
    assert ids["WriterBoundary"] == "<boundary/writer>"


def test_agents_whose_names_differ_by_a_hyphen_have_outputs_of_their_own(tmp_path: Path) -> None:
    nothing = b"version: 1\nnetwork_policy: {}\n"
    files = [(f"{agent}.yaml", nothing) for agent in ("agent-1", "agent1", "other")]
    perimeter = design(files, Settings(), date(2026, 11, 22))
    assert perimeter.lowered
    assert perimeter.lowered.network
    found = [name.removesuffix("Subnets") for name in outputs(tmp_path, perimeter.lowered.network) if "Subnets" in name]
    assert found == ["Agent16ff3b3bd", "Agent1cd5078be", "Other"]


def test_the_settings_prefix_list_serves_a_region_that_the_table_lacks(tmp_path: Path, network: Network) -> None:
    outputs(tmp_path, network)
    egress = Template(tmp_path, "s", "Perimeter")["group/agent/reader"].properties["SecurityGroupEgress"]
    assert "pl-11111111" in {rule.get("DestinationPrefixListId") for rule in egress}


def test_the_stack_goes_where_it_is_told_and_is_protected_if_it_is_told(tmp_path: Path, network: Network) -> None:
    outputs(tmp_path, network)
    stack = json.loads((tmp_path / "manifest.json").read_text())["artifacts"]["s"]
    assert stack["environment"] == "aws://unknown-account/eu-south-2"
    assert stack["properties"]["terminationProtection"] is True
