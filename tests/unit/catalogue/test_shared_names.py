from __future__ import annotations

import re
from datetime import date

import pytest

from agent_perimeter.catalogue.shared_names import (
    _APEX,
    _BELOW,
    AS_OF,
    LOCAL_SUFFIXES,
    METADATA_NAMES,
    SHARED_NAMES,
    Category,
    SharedName,
    shared_below,
    shared_name,
)

FOUND = {
    "github.io": "github.io",
    "someone.github.io": "github.io",
    "a.b.blob.core.windows.net": "blob.core.windows.net",
    "x.core.windows.net": "core.windows.net",
    "github.com": "github.com",
    "gist.github.com": "gist.github.com",
    "x.gist.github.com": "gist.github.com",
    "codeload.github.com": None,
    "example.com": None,
    "notgithub.io": None,
}


@pytest.mark.parametrize(("name", "suffix"), FOUND.items())
def test_the_nearest_entry_at_or_above_a_name(name: str, suffix: str | None) -> None:
    assert shared_name(name) == (SHARED_NAMES[suffix] if suffix else None)


def test_entries_below_a_name_are_those_that_a_wildcard_covers() -> None:
    assert shared_below("bitbucket.org") == (SharedName("api.bitbucket.org", Category.CODE_HOST, apex_only=True),)
    assert {shared.suffix for shared in shared_below("core.windows.net")} >= {"blob.core.windows.net"}
    assert shared_below("example.com") == ()


def test_the_table_is_dated_and_written_once() -> None:
    assert date.fromisoformat(AS_OF) <= date(2026, 12, 31)
    listed = [name for table in (_BELOW, _APEX) for names in table.values() for name in names.split()]
    assert sorted({name for name in listed if listed.count(name) > 1}) == []
    assert set(listed) == set(SHARED_NAMES)
    for name in listed:
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name), name


@pytest.mark.parametrize("category", Category)
def test_every_category_says_why(category: Category) -> None:
    assert re.fullmatch(r"[a-z].*[^.]", category.why)
    assert any(shared.category is category for shared in SHARED_NAMES.values())


def test_what_only_passes_things_on_is_refused() -> None:
    assert {category for category in Category if category.refused} == {
        Category.TUNNEL,
        Category.WEBHOOK,
        Category.PASTE,
        Category.RESOLVER,
    }


def test_local_names_are_no_public_ones() -> None:
    assert "example" not in LOCAL_SUFFIXES
    assert {"localhost", "local", "internal"} <= set(LOCAL_SUFFIXES)
    assert "metadata.google.internal" in METADATA_NAMES
