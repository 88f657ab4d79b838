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

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_first_screen_shows_real_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    policy, shown = blocks("yaml")[0], blocks("console")[0]
    command, _, output = shown.partition("\n")
    assert command == "$ agent-perimeter check agent_runtime.yaml"
    Path("agent_runtime.yaml").write_text(policy)
    assert cli.main(["check", "agent_runtime.yaml"]) == 2
    assert capsys.readouterr().out == output


def test_the_plan_is_an_excerpt_of_the_real_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (shown,) = re.findall(r"<!-- plan -->\n```console\n(.*?)```", README, re.DOTALL)
    assert cli.main(["plan", "policies", "--today", "2026-11-22"]) == 0
    real = capsys.readouterr().out.splitlines()
    rest = iter(real)
    missing = [line for line in shown.splitlines() if line not in rest]
    assert missing == []


def test_the_policy_of_the_readme_has_no_error() -> None:
    policy, findings = load(blocks("yaml")[1].encode(), "README.md", "readme")
    assert policy is not None
    linted = lint((policy,), date(2026, 11, 22), resolved_ip_validation=True)
    assert [str(finding) for finding in (*findings, *linted) if finding.is_error] == []


def test_every_file_that_the_documents_link_to_is_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_generated_pages_are_fresh() -> None:
    command = [sys.executable, str(ROOT / "tools" / "docs.py"), "--check"]
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
