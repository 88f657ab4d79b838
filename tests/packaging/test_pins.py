"""The pins are complete, say where nothing comes from, and follow from what the project asks for."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tools import lock

ROOT = Path(__file__).resolve().parents[2]
every_file = pytest.mark.parametrize("file", lock.FILES)


@every_file
def test_every_requirement_is_pinned_and_hashed(file: str) -> None:
    text = (ROOT / file).read_text().replace("\\\n", "")
    requirements = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(requirements) > 20
    loose = [line for line in requirements if not re.match(r"\S+==\S+ .*--hash=sha256:", line)]
    assert loose == []


@every_file
def test_no_requirement_file_names_a_package_index(file: str) -> None:
    assert re.findall(r".*(?:://|--index|--find-links).*", (ROOT / file).read_text()) == []


def test_the_cdk_cli_is_pinned_by_integrity_and_not_by_address() -> None:
    lockfile = json.loads((ROOT / "package-lock.json").read_text())
    packages = {path: package for path, package in lockfile["packages"].items() if path}
    assert "node_modules/aws-cdk" in packages
    assert [path for path, package in packages.items() if "resolved" in package or "integrity" not in package] == []


@pytest.mark.slow
def test_the_requirement_files_follow_from_pyproject() -> None:
    assert lock.stale(ROOT) == "", "run `make lock`"


@pytest.mark.slow
def test_a_dependency_that_nobody_pinned_makes_them_stale(tmp_path: Path) -> None:
    for file in ("pyproject.toml", *lock.FILES):
        shutil.copy(ROOT / file, tmp_path)
    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text().replace('"pyyaml>=6.0.2"', '"pyyaml>=6.0.2",\n  "rich"'))
    difference = lock.stale(tmp_path)
    assert "+++ requirements.txt, compiled anew" in difference
    assert re.search(r"^\+rich==", difference, re.MULTILINE)
