"""What a difference means, by what the proof says gets out with it alone."""

from __future__ import annotations

import pytest

from tests.unit.drift_networks import CASES, told


@pytest.mark.parametrize("name", CASES)
def test_a_change_means(name: str) -> None:
    case = CASES[name]
    (found,) = (one for one in told(name) if one.sentence.startswith(case.sentence))
    assert found.meaning is case.meaning
    assert found.certain
    if case.layer is not None:
        first = found.gaps[0]
        assert first.gap.certain
        assert first.layer is case.layer
        assert case.witness in str(first.gap.witness)
