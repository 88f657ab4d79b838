"""The real browser, where this machine has one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium, find_chromium
from tests.conftest import IN_CI


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Headless Chromium. Without it a test is skipped, or fails in CI."""
    binary = find_chromium()
    if binary is None:
        if IN_CI:
            pytest.fail("Chromium is not installed: .ci/run installs it with tools/install-chromium")
        pytest.skip("Chromium is not installed: see tools/install-chromium")
    with Chromium(binary, tmp_path_factory.mktemp("profile")) as browser:
        yield browser
