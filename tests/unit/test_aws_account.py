"""What CloudTrail is asked about; tests/aws reads real answers."""

from __future__ import annotations

from agent_perimeter.aws.account import _resources
from tests.unit import drifts


def test_the_resources_of_departures_by_aws_own_ids_the_worst_first() -> None:
    found = list(_resources(drifts.drift(drifts.WIDENED, drifts.EXPIRED, drifts.NARROWED, drifts.COSMETIC)))
    assert found == [
        drifts.GROUP,
        "rtb-0f1e2d3c",  # gone from the account, so its place is the template's
        "subnet-0aa",
    ]
