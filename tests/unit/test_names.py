"""What sets of names show to a reader: witnesses and words."""

from __future__ import annotations

import pytest

from agent_perimeter.names import ALL_NAMES, LONGEST, NO_NAMES, SOME_NAME, NameSet
from agent_perimeter.tries import NOTHING
from agent_perimeter.values import DomainPattern

exact, ending, below = NameSet.exact, NameSet.ending, NameSet.below

DEEP = ".".join(["a" * 49] * 5)
"""249 characters."""

WITNESSES = {
    "where any name will do, one that nobody owns": (ALL_NAMES, "evil.example"),
    "also where a name is needed": (SOME_NAME, "evil.example"),
    "another one where that is excepted": (~exact("evil.example"), "www.evil.example"),
    "and yet another where all of its kind are": (~ending("evil.example", "evil.test"), "rogue.example"),
    "a name below a domain": (below("pypi.org"), "evil.pypi.org"),
    "a mere end of a string shows as a name below it": (ending("pypi.org"), "evil.pypi.org"),
    "and as a stranger's name where what is below is allowed": (
        ending("pypi.org") - below("pypi.org") - exact("pypi.org"),
        "evilpypi.org",
    ),
    "an exact name": (exact("pypi.org", "files.pypi.org"), "pypi.org"),
    "a host name rather than a string that is none": (exact("-", "a_b.example"), "a_b.example"),
    "a string that is no host name where there is no other": (exact("not a host"), "not a host"),
    "a letter where every word before the end is excepted": (ending("x") - ending("evil.x", "evilx") - exact("x"), "ax"),
    "a hyphen where all letters are excepted": (
        ending("x") - ending(*(letter + "x" for letter in "abcdefghijklmnopqrstuvwxyz0123456789.")) - exact("x"),
        "evil-x",
    ),
    "something before an end of which no host name ends so": (ending("..") - exact(".."), "evil..."),
    "no name only where there is nothing else": (exact(""), ""),
    "a name rather than none": (exact("", "b"), "b"),
    "nothing of the empty set": (NO_NAMES, None),
    "short ones below names that leave no room": (below(DEEP), "a." + DEEP),
}  # fmt: skip


@pytest.mark.parametrize("case", WITNESSES)
def test_a_witness_is(case: str) -> None:
    names, expected = WITNESSES[case]
    assert names.witness() == expected
    assert expected is None or expected in names


WORDS = {
    "all": (ALL_NAMES, ["any name", "no name"]),
    "all but none": (SOME_NAME, ["any name"]),
    "a packet without a name": (exact(""), ["no name"]),
    "nothing": (NO_NAMES, []),
    "a domain and what is below it": (exact("pypi.org") | below("pypi.org"), ["*.pypi.org", "pypi.org"]),
    "ends of strings": (ending("pypi.org"), ["*pypi.org"]),
    "an end of strings without itself": (ending("pypi.org") - exact("pypi.org"), ["*pypi.org but pypi.org"]),
    "an end that begins with a dot": (ending(".pypi.org"), ["*.pypi.org"]),
    "all but some": (~exact("a", "b"), ["any name but a, b", "no name"]),
    "all but many": (~exact(*"abcde"), ["any name but a, b, c and 2 more", "no name"]),
    "an exception with an exception": (~(below("a") - exact("b.a")), ["any name but *.a but b.a", "no name"]),
}


@pytest.mark.parametrize("case", WORDS)
def test_the_words_for(case: str) -> None:
    names, expected = WORDS[case]
    assert list(names.patterns()) == expected


def test_names_are_compared_without_case() -> None:
    assert exact("PyPI.org") == exact("pypi.org")
    assert "PYPI.ORG" in exact("pypi.org")
    assert "Files.PyPI.org" in below("pypi.org")


@pytest.mark.parametrize("make", [exact, ending, below])
def test_a_text_too_long_to_be_a_name_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=r"a name has at most 255 characters, and '[.]?a+'… has 25[67]"):
        make("a" * (LONGEST + 1))


def test_the_longest_texts_do_not_go_too_deep() -> None:
    chains = [("ab" * 128)[: LONGEST - length] for length in range(LONGEST)]
    names = exact(*chains) | ending(*(text[1:] for text in chains))
    assert not names - ALL_NAMES
    assert ~~names == names
    assert hash(names) == hash(~~names)
    assert NameSet.union(exact(text) for text in chains) <= names
    assert names.witness()


def test_domain_patterns_are_names_and_what_is_below_names() -> None:
    assert NameSet.of([DomainPattern("pypi.org"), DomainPattern("a.example", wildcard=True)]) == exact(
        "pypi.org"
    ) | below("a.example")


def test_only_a_trie_equals_a_trie_and_only_a_text_is_a_name() -> None:
    assert NOTHING != "nothing"
    assert 7 not in ALL_NAMES
