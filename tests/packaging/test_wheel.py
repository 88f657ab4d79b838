"""The wheel, built and installed as a user would: all of it there, and the core running without the CDK."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]

GOOD = """\
version: 1
agent: research-bot
network_policy:
  egress:
    - domain: api.anthropic.com
      reason: model API
"""
OPEN = """\
version: 1
agent: research-bot
network_policy:
  egress:
    - ip_block: 0.0.0.0/0
      ports: [{protocol: TCP, port: 443}]
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of a new virtual environment that holds the wheel and what it requires, no extra."""
    folder = tmp_path_factory.mktemp("installed")
    uv = (sys.executable, "-m", "uv", "--quiet")
    _run(*uv, "venv", "--python", sys.executable, str(folder))
    python = folder / "bin" / "python"
    pins = ROOT / "requirements.txt"
    _run(*uv, "pip", "install", "--python", str(python), "--constraints", str(pins), str(wheel))
    return folder / "bin"


def test_the_wheel_holds_every_file_of_both_packages(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(root).as_posix()
        for root in (ROOT / "src", ROOT / "constructs")
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"agent_perimeter/py.typed", "agent_perimeter_cdk/py.typed"} <= wanted
    assert held == wanted


def test_the_wheel_carries_the_constructs_where_the_cdk_is_installed(wheel: Path, tmp_path: Path) -> None:
    program = "import agent_perimeter_cdk as it; print(it.__file__)"
    shown = _run(sys.executable, "-c", program, cwd=tmp_path, PYTHONPATH=str(wheel))
    assert shown.stdout.startswith(str(wheel))


def test_the_core_brings_neither_the_cdk_nor_boto3(installed: Path, tmp_path: Path) -> None:
    unwanted = ["agent_perimeter", "aws_cdk", "boto3", "constructs", "jsii"]
    program = f"import importlib.util as u; print([name for name in {unwanted} if u.find_spec(name)])"
    assert _run(str(installed / "python"), "-c", program, cwd=tmp_path).stdout == "['agent_perimeter']\n"


def test_the_console_script_shows_its_commands(installed: Path) -> None:
    shown = _run(str(installed / "agent-perimeter"), "--help").stdout
    assert "check" in shown


def test_check_accepts_a_good_policy(installed: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(GOOD)
    _run(str(installed / "agent-perimeter"), "check", policy.name, cwd=tmp_path)


def test_check_refuses_open_egress_with_its_place(installed: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(OPEN)
    done = _run(str(installed / "agent-perimeter"), "check", policy.name, cwd=tmp_path, expect=2)
    assert "policy.yaml:5:" in done.stdout + done.stderr


def _run(
    *command: str, cwd: Path | None = None, expect: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == expect, f"{command}\n{done.stdout}\n{done.stderr}"
    return done
