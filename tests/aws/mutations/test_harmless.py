"""No change that opens nothing is reported as more than cosmetic, and the perimeter stays proven."""

from __future__ import annotations

import pytest

from agent_perimeter.drift.model import Drift, Meaning
from agent_perimeter.verdict import Status
from tests.aws.mutations.detect import drift_of, snapshot_of, world
from tests.aws.mutations.harmless import HARMLESS, Harmless


def assert_clean(drift: Drift) -> None:
    serious = [one.sentence for one in drift.departures if one.meaning is not Meaning.COSMETIC]
    assert serious == []
    assert list(map(str, drift.unread)) == []
    assert drift.status is Status.PROVEN


@pytest.mark.parametrize("make", HARMLESS, ids=lambda make: make.__doc__.strip().rstrip("."))
@pytest.mark.usefixtures("local_aws")
def test_it_means_nothing(make: Harmless) -> None:
    one = world()
    make(one)
    assert_clean(drift_of(snapshot_of(one)))
