"""The real engine, where this machine has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.engine import Engine


@pytest.fixture(scope="session")
def engine(suricata: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(suricata, tmp_path_factory.mktemp("suricata"))
