"""How large a stack becomes: what was foretold, and twenty agents within what CloudFormation takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path

import pytest
from aws_cdk import App

from agent_perimeter.files import read_policies
from agent_perimeter.lower import Lowered
from agent_perimeter.network import Network
from agent_perimeter.perimeter import design
from agent_perimeter.settings import Settings
from stacks.perimeter import PerimeterStack
from tests.cdk.templates import synthesize

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 22)

Synthesize = Callable[[Network], bytes]

ALWAYS_THERE = 6_000
"""Bytes of the default group's function and of the CDK's bootstrap rule: they matter to no stack near the limit."""


@pytest.fixture
def template(tmp_path: Path) -> Synthesize:
    def synthesized(network: Network) -> bytes:
        def build(app: App) -> None:
            PerimeterStack(app, "s", network=network, prefix_lists={}, protected=True)

        return (synthesize(tmp_path, build) / "s.template.json").read_bytes()

    return synthesized


def lowered(files: Iterable[tuple[str, bytes]], settings: Settings) -> Lowered:
    found = design(files, settings, TODAY)
    assert found.lowered, [str(finding) for finding in found.findings]
    return found.lowered


def foretold(meters: Lowered) -> Mapping[str, int]:
    return {meter.quota.name: meter.used for meter in meters.meters}


def agent(number: int) -> tuple[str, bytes]:
    """An agent with fifty names and three AWS services; every fourth has a block and a port of its own too."""
    name = f"agent-{number:02}"
    block = f"    - {{ip_block: 198.51.{number}.0/24, ports: [{{protocol: TCP, port: {5000 + number}}}]}}\n"
    names = "".join(f"    - domain: api-{index}.{name}.example.com\n" for index in range(50))
    return (
        f"{name}.yaml",
        f"""\
version: 1
agent: {name}
network_policy:
  egress:
{names}{block if number % 4 == 0 else ""}    - aws_service: s3
      actions: ["s3:GetObject"]
      resources: ["arn:aws:s3:::{name}/*"]
    - aws_service: bedrock-runtime
      actions: ["bedrock:InvokeModel"]
      resources: ["arn:aws:bedrock:us-east-1::foundation-model/a-model"]
    - aws_service: sqs
      actions: ["sqs:SendMessage"]
      resources: ["arn:aws:sqs:us-east-1:111122223333:{name}"]
""".encode(),
    )


PERIMETERS: dict[str, tuple[Callable[[], Iterable[tuple[str, bytes]]], Settings]] = {
    "the repository's policies": (lambda: read_policies([ROOT / "policies"]), Settings()),
    "an isolated agent": (lambda: read_policies([ROOT / "policies" / "isolated-agent.yaml"]), Settings()),
    "the examples": (lambda: read_policies([ROOT / "examples" / "policies"]), Settings(log_key="create")),
    "three zones by name": (
        lambda: read_policies([ROOT / "policies"]),
        Settings(zones=("us-east-1a", "us-east-1b", "us-east-1d")),
    ),
    "an agent that reaches nothing": (lambda: [("none.yaml", b"version: 1\nnetwork_policy: {}\n")], Settings()),
}


@pytest.mark.parametrize(("files", "settings"), PERIMETERS.values(), ids=PERIMETERS)
def test_the_size_of_the_stack_is_foretold(
    files: Callable[[], Iterable[tuple[str, bytes]]], settings: Settings, template: Synthesize
) -> None:
    meters = lowered(files(), settings)
    assert meters.network
    written = template(meters.network)
    assert foretold(meters)["stack-resources"] == len(json.loads(written)["Resources"])
    assert len(written) - ALWAYS_THERE <= foretold(meters)["template-bytes"] <= 2 * len(written)


def test_twenty_agents_in_two_zones_fit_into_one_stack(template: Synthesize) -> None:
    meters = lowered([agent(number) for number in range(20)], Settings())
    assert meters.network
    assert not meters.refused
    written = template(meters.network)
    resources = json.loads(written)["Resources"]
    assert len(resources) == foretold(meters)["stack-resources"] <= 500
    assert len(written) <= foretold(meters)["template-bytes"] <= 1_000_000
    assert len(meters.network.agents) == 20
