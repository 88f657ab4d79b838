"""Sets of DNS queries are a set of names for every type."""

from __future__ import annotations

import pytest

from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet
from agent_perimeter.queries import ALL_QUERIES, NO_QUERIES, QUERY_TYPES, Query, QuerySet

PYPI = QuerySet.of(NameSet.exact("pypi.org"), ["A", "AAAA"])
BELOW = QuerySet.of(NameSet.ending("pypi.org"), ["A", "TXT"])
QUERIES = tuple(Query(name, kind) for name in ("", "pypi.org", "x.pypi.org", "other") for kind in (*QUERY_TYPES, "LOC"))
SETS = (NO_QUERIES, ALL_QUERIES, PYPI, BELOW, ALL_QUERIES - PYPI, QuerySet.of(ALL_NAMES, ["OTHER"]))


def members(queries: QuerySet) -> set[Query]:
    return {query for query in QUERIES if query in queries}


@pytest.mark.parametrize("left", range(len(SETS)))
@pytest.mark.parametrize("right", range(len(SETS)))
def test_operations_are_those_of_sets(left: int, right: int) -> None:
    one, other = SETS[left], SETS[right]
    assert members(one | other) == members(one) | members(other)
    assert members(one & other) == members(one) & members(other)
    assert members(one - other) == members(one) - members(other)
    assert QuerySet.union([one, other]) == one | other
    assert (one <= other) is (members(one) <= members(other))
    assert (one == other) is (members(one) == members(other))
    assert bool(one) is bool(members(one))


def test_a_type_that_is_not_told_apart_is_other() -> None:
    assert Query("a", "LOC") in QuerySet.of(NameSet.exact("a"), ["OTHER"])
    assert QuerySet.of(NameSet.exact("a"), ["A"]).names("LOC") == NO_NAMES
    with pytest.raises(ValueError, match=r"query types are A, AAAA, .*, OTHER, not LOC"):
        QuerySet.of(ALL_NAMES, ["A", "LOC"])
    assert "A pypi.org" not in ALL_QUERIES


def test_a_witness_is_of_the_first_type_that_has_any() -> None:
    assert str(ALL_QUERIES.witness()) == "A evil.example"
    assert str((BELOW - QuerySet.of(ALL_NAMES, ["A"])).witness()) == "TXT evil.pypi.org"
    assert str(QuerySet.of(NameSet.exact(""), ["NS"]).witness()) == "NS ."
    assert NO_QUERIES.witness() is None
