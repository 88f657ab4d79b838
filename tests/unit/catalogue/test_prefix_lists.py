from __future__ import annotations

import re
from collections import Counter

import pytest

from agent_perimeter.catalogue.prefix_lists import PREFIX_LISTS
from agent_perimeter.catalogue.services import SERVICES

ROWS = [(service, region, id_) for service, regions in PREFIX_LISTS.items() for region, id_ in regions.items()]


def test_the_gateway_services_are_those_that_have_a_prefix_list() -> None:
    assert set(PREFIX_LISTS) == {service.name for service in SERVICES.values() if service.kind == "gateway"}


@pytest.mark.parametrize(("service", "region", "id_"), ROWS)
def test_every_row_is_a_region_and_an_id(service: str, region: str, id_: str) -> None:
    assert re.fullmatch(r"[a-z]{2}-[a-z]+-\d", region), (service, region)
    assert re.fullmatch(r"pl-[0-9a-f]{8}", id_), (service, region)


def test_the_rows_are_sorted() -> None:
    assert list(PREFIX_LISTS) == sorted(PREFIX_LISTS)
    assert all(list(regions) == sorted(regions) for regions in PREFIX_LISTS.values())


def test_no_id_stands_twice_for_a_service_but_where_aws_itself_uses_it_twice() -> None:
    """A repeated id is the usual sign of a copied row. AWS gives S3 one id in two regions; its own output says so."""
    twice = {
        (service, id_, tuple(region for region, other in regions.items() if other == id_))
        for service, regions in PREFIX_LISTS.items()
        for id_, count in Counter(regions.values()).items()
        if count > 1
    }
    assert twice == {("s3", "pl-78a54011", ("ap-northeast-2", "ap-south-1"))}


def test_no_region_has_one_id_for_both_services() -> None:
    s3, dynamodb = PREFIX_LISTS["s3"], PREFIX_LISTS["dynamodb"]
    assert [region for region in s3 if s3[region] == dynamodb.get(region)] == []


@pytest.mark.parametrize(
    ("service", "region"),
    [
        pytest.param("s3", "eu-south-2", id="S3 in Spain, for which only one secondary source was found"),
        pytest.param("dynamodb", "ap-northeast-3", id="DynamoDB in Osaka, for which none was found"),
        pytest.param("s3", "us-gov-west-1", id="another partition"),
    ],
)
def test_an_id_without_a_good_source_is_not_listed(service: str, region: str) -> None:
    assert region not in PREFIX_LISTS[service]
