"""The footprint that `check` prints, held to what is really synthesized."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from aws_cdk import App

from agent_perimeter.lower.footprint import footprint
from agent_perimeter.network import Network
from agent_perimeter.perimeter import design
from agent_perimeter.settings import Settings
from stacks.perimeter import PerimeterStack
from tests.cdk.templates import synthesize

TODAY = date(2026, 11, 22)
SERVICES = """\
    - aws_service: s3
      actions: [s3:GetObject]
      resources: ["arn:aws:s3:::corpus-{agent}/*"]
    - aws_service: dynamodb
      actions: [dynamodb:GetItem]
      resources: ["arn:aws:dynamodb:us-east-1:111122223333:table/{agent}"]
    - aws_service: bedrock-runtime
      actions: [bedrock:InvokeModel]
      resources: ["arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0"]
"""


def network_of(agents: int, names: int, services: str = "", settings: Settings | None = None) -> Network:
    files = []
    for number in range(agents):
        agent = f"agent-{number:02}"
        rules = "".join(f"    - domain: api-{name}.{agent}.example.com\n" for name in range(names))
        text = f"version: 1\nagent: {agent}\nnetwork_policy:\n  egress:\n{rules}{services.format(agent=agent)}"
        files.append((f"{agent}.yaml", text.encode()))
    perimeter = design(files, settings or Settings(), TODAY)
    assert not perimeter.refused, [str(finding) for finding in perimeter.findings if finding.is_error]
    assert perimeter.lowered
    assert perimeter.lowered.network
    return perimeter.lowered.network


NETWORKS = {
    "twenty agents with fifty names and three services each": (20, 50, SERVICES, Settings()),
    "one agent with services only": (1, 0, SERVICES, Settings()),
    "one agent with one name, in three zones, with a log key": (
        1, 1, "", Settings(zones=(None, None, None), log_key="create"),
    ),
    "a thousand names": (1, 1000, "", Settings()),
}  # fmt: skip


@pytest.mark.parametrize(("agents", "names", "services", "settings"), NETWORKS.values(), ids=NETWORKS)
def test_resources_are_counted_exactly_and_bytes_between_once_and_twice(
    agents: int, names: int, services: str, settings: Settings, tmp_path: Path
) -> None:
    network = network_of(agents, names, services, settings)

    def build(app: App) -> None:
        PerimeterStack(app, "measured", network=network, prefix_lists={}, protected=True)

    text = (synthesize(tmp_path, build) / "measured.template.json").read_text()
    uses = {use.quota: use.used for use in footprint(network)}
    assert uses["stack-resources"] == len(json.loads(text)["Resources"])
    assert len(text) <= uses["template-bytes"] <= 2 * len(text)
