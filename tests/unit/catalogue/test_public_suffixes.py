from __future__ import annotations

from importlib import resources

import pytest
from publicsuffixlist import PublicSuffixList

from agent_perimeter.catalogue.public_suffixes import PublicSuffix, Section, public_suffix, suffix_below

CASES = {
    "com": PublicSuffix("com", Section.ICANN),
    "a.b.example.com": PublicSuffix("com", Section.ICANN),
    "a.co.uk": PublicSuffix("co.uk", Section.ICANN),
    "a.b.kawasaki.jp": PublicSuffix("b.kawasaki.jp", Section.ICANN),
    "kawasaki.jp": PublicSuffix("jp", Section.ICANN),
    "a.city.kawasaki.jp": PublicSuffix("kawasaki.jp", Section.ICANN),
    "www.ck": PublicSuffix("ck", Section.ICANN),
    "other.ck": PublicSuffix("other.ck", Section.ICANN),
    "someone.github.io": PublicSuffix("github.io", Section.PRIVATE),
    "b.s3.amazonaws.com": PublicSuffix("s3.amazonaws.com", Section.PRIVATE),
    "a.xn--55qx5d.cn": PublicSuffix("xn--55qx5d.cn", Section.ICANN),
    "a.nosuchtld": PublicSuffix("nosuchtld", Section.ICANN, listed=False),
}


@pytest.mark.parametrize(("name", "suffix"), CASES.items())
def test_the_suffix_of_a_name(name: str, suffix: PublicSuffix) -> None:
    assert public_suffix(name) == suffix


def test_the_package_that_carries_the_list_agrees_on_every_line_of_it() -> None:
    oracle = PublicSuffixList()
    path = resources.files("publicsuffixlist").joinpath("public_suffix_list.dat")
    lines = [line.split()[0] for line in path.read_text("utf-8").splitlines() if line and not line.startswith("//")]
    assert len(lines) > 9000
    for line in lines:
        rule = line.lstrip("!").replace("*", "star").encode("idna").decode()
        for name in (rule, f"b.{rule}", f"a.b.{rule}"):
            assert public_suffix(name).name == oracle.publicsuffix(name), name


BELOW = {
    "com": True,
    "ck": True,
    "kawasaki.jp": True,
    "core.windows.net": True,
    "github.io": False,
    "example.com": False,
    "city.kawasaki.jp": False,
}


@pytest.mark.parametrize(("name", "covers"), BELOW.items())
def test_a_wildcard_over_a_name_may_cover_whole_suffixes(name: str, covers: bool) -> None:
    found = suffix_below(name)
    assert (found is not None) is covers
    assert found is None or found.endswith(f".{name}")
