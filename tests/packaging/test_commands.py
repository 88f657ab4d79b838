"""The commands that the README gives: `make` says what it can do, and the CDK CLI and library are a working pair."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_make_help_lists_every_target_with_a_sentence() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    listed = dict(re.findall(r"^  make ([a-z]+) +(\S.*)$", _run("make", "help"), re.MULTILINE))
    assert set(listed) == set(targets[1].split())


def test_make_alone_is_make_help() -> None:
    assert _run("make") == _run("make", "help")


@pytest.mark.slow
def test_make_synth_ends_with_the_verdict(tmp_path: Path) -> None:
    for name in ("app.py", "cdk.json", "policies"):
        (tmp_path / name).symlink_to(ROOT / name)
    tools = Path(sys.executable).parent
    said = _run(
        "make",
        "--no-print-directory",
        "-f",
        str(ROOT / "Makefile"),
        "-o",
        ".venv/synth",
        f"BIN={tools}",
        "synth",
        folder=tmp_path,
    )
    assert re.fullmatch(r"proven · 4 agents \(4 proven\), \d+ residual risks, cdk\.out", said.splitlines()[-1])
    assert (tmp_path / "cdk.out" / "manifest.json").exists()


@pytest.mark.slow
def test_the_pinned_cdk_cli_runs_the_app_and_reads_its_assembly(tmp_path: Path) -> None:
    """A CLI older than the library's assembly schema refuses it ("Cloud assembly schema version mismatch")."""
    _cdk("synth", "--quiet", "--output", str(tmp_path))
    stacks = [
        artifact["properties"].get("stackName", name)
        for name, artifact in json.loads((tmp_path / "manifest.json").read_text())["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    ]
    assert stacks
    assert sorted(_cdk("list", "--app", str(tmp_path)).split()) == sorted(stacks)


def _cdk(*arguments: str) -> str:
    cli = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    assert cli.exists(), "run `make test`, which installs it, or `make node_modules/.cdk`"
    return _run(os.environ["JSII_NODE"], str(cli), *arguments, "--no-notices")


def _run(*command: str, folder: Path = ROOT) -> str:
    # `make test` runs this: without its own variables, a make in here speaks as it does to a person.
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    env = {name: value for name, value in os.environ.items() if name not in outer}
    env["CDK_DISABLE_CLI_TELEMETRY"] = "true"
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
