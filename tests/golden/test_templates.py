"""The templates of the policies that come with the project, whole: what would be deployed is read by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from aws_cdk import App

from agent_perimeter.files import read_policies
from agent_perimeter.perimeter import design
from agent_perimeter.settings import Settings
from stacks.perimeter import PerimeterStack
from tests.cdk.templates import synthesize

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TODAY = date(2026, 11, 22)

POLICIES = {
    "policies": "policies",
    "isolated-agent": "policies/isolated-agent.yaml",
    "examples": "examples/policies",
}


@pytest.mark.parametrize("name", POLICIES)
def test_template(
    name: str, tmp_path: Path, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # rules and reasons name the policy files as they were given
    perimeter = design(read_policies([POLICIES[name]]), Settings(name=name), TODAY)
    assert perimeter.lowered
    network = perimeter.lowered.network
    assert network
    assert not perimeter.refused

    def build(app: App) -> None:
        PerimeterStack(app, name, network=network, prefix_lists={}, protected=True)

    template = synthesize(tmp_path, build) / f"{name}.template.json"
    golden(HERE / f"{name}.template.json", template.read_text() + "\n")
