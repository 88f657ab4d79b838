"""What AWS's endpoints are called by region, beside what botocore says."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import Loader

from agent_perimeter.catalogue.url_suffixes import URL_SUFFIX, url_suffix

PARTITIONS: list[dict[str, Any]] = Loader().load_data("partitions")["partitions"]


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda partition: partition["id"])
def test_every_region_that_the_sdk_knows_has_the_suffix_of_its_partition(partition: dict[str, Any]) -> None:
    regions = [region for region in partition["regions"] if not region.endswith("global")]
    assert regions
    assert {url_suffix(region) for region in regions} == {partition["outputs"]["dnsSuffix"]}


def test_a_region_that_is_not_known_keeps_the_placeholder() -> None:
    assert url_suffix("${AWS::Region}") == URL_SUFFIX
