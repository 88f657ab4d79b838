"""The sound templates that are mutated are what the project builds today."""

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

HERE = Path(__file__).parent


def test_filtered(tmp_path: Path, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """One zone, two agents, every kind of rule: small enough that each of its mutants can be proved in one go."""
    monkeypatch.chdir(HERE)  # rules name the policy files as they were given
    perimeter = design(read_policies(["filtered"]), Settings(name="filtered", zones=(None,)), date(2026, 11, 22))
    assert not perimeter.refused, perimeter.findings
    network = perimeter.network
    assert network

    def build(app: App) -> None:
        PerimeterStack(app, "filtered", network=network, prefix_lists={}, protected=True)

    template = synthesize(tmp_path, build) / "filtered.template.json"
    golden(HERE / "filtered.template.json", template.read_text() + "\n")
