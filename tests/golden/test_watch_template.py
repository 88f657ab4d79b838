"""The template of the watch over the policies that come with the project, whole, but for the hash of its code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from aws_cdk import App

from agent_perimeter.settings import Settings
from stacks.watch import WatchStack
from tests.cdk.templates import synthesize
from tests.cdk.watches import NETWORK, STACK, policies

HERE = Path(__file__).parent
NAME = "AgentPerimeterWatch-agents"


def test_template(tmp_path: Path, golden: Callable[[Path, str], None]) -> None:
    def build(app: App) -> None:
        WatchStack(app, NAME, stack=STACK, expected=NETWORK, policies=policies(), settings=Settings())

    text = (synthesize(tmp_path, build) / f"{NAME}.template.json").read_text()
    # The code changes with every change of the judge; what of it is bundled, other tests hold.
    stable, found = re.subn(r'"[0-9a-f]{64}\.zip"', '"CODE.zip"', text)
    assert found == 1
    golden(HERE / "watch.template.json", stable + "\n")
