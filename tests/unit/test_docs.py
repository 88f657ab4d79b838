"""The documents say what the program does: their examples are run, their generated pages regenerated."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from agent_perimeter import cli
from agent_perimeter.policy.lint import lint
from agent_perimeter.policy.load import load
from agent_perimeter.prove import residual

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def excerpt(name: str) -> tuple[str, list[str]]:
    """The command of a marked block, and the lines that are shown of its output."""
    (shown,) = re.findall(rf"<!-- {name} -->\n```console\n(.*?)```", README, re.DOTALL)
    command, *lines = shown.splitlines() if shown.startswith("$ ") else ["", *shown.splitlines()]
    return command.removeprefix("$ "), lines


def not_in(real: str, shown: list[str]) -> list[str]:
    """The lines that are not there, or not in this order."""
    rest = iter(real.splitlines())
    return [line for line in shown if line not in rest]


def test_the_first_screen_shows_a_refuted_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bot.yaml").write_text(blocks("yaml")[0])
    Path("template.yaml").write_text((ROOT / "examples" / "leaky" / "template.yaml").read_text())
    command, shown = excerpt("proof")
    program, *arguments = command.split()
    assert program == "agent-perimeter"
    assert cli.main(arguments) == 1
    assert not_in(capsys.readouterr().out, shown) == []


def test_the_drift_is_an_excerpt_of_the_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bot.yaml").write_text(blocks("yaml")[0])
    for file in (ROOT / "examples" / "opened").iterdir():
        Path(file.name).write_bytes(file.read_bytes())
    command, shown = excerpt("drift")
    program, *arguments = command.split()
    assert program == "agent-perimeter"
    assert cli.main(arguments) == 1
    assert not_in(capsys.readouterr().out, shown) == []


def test_a_refused_policy_is_shown_with_its_real_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (shown,) = (block for block in blocks("console") if block.startswith("$ agent-perimeter check"))
    Path("agent_runtime.yaml").write_text(blocks("yaml")[1])
    assert cli.main(["check", "agent_runtime.yaml"]) == 2
    assert capsys.readouterr().out == shown.partition("\n")[2]


def test_the_plan_is_an_excerpt_of_the_real_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    _, shown = excerpt("plan")
    assert cli.main(["plan", "policies", "--today", "2026-11-22"]) == 0
    assert not_in(capsys.readouterr().out, shown) == []


def test_the_policy_of_the_readme_has_no_error() -> None:
    policy, findings = load(blocks("yaml")[2].encode(), "README.md", "readme")
    assert policy is not None
    linted = lint((policy,), date(2026, 11, 22), resolved_ip_validation=True)
    assert [str(finding) for finding in (*findings, *linted) if finding.is_error] == []


def test_every_residual_risk_is_explained() -> None:
    limits = (ROOT / "docs" / "limits.md").read_text()
    assert [name for name in residual.NAMES if f"`{name}`" not in limits] == []


def test_every_file_that_the_documents_link_to_is_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_generated_pages_are_fresh() -> None:
    command = [sys.executable, str(ROOT / "tools" / "docs.py"), "--check"]
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
