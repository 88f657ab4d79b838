"""Public suffixes: the names below which anyone can register (https://publicsuffix.org/list/).

The list is the one that the package ``publicsuffixlist`` carries and keeps up to date. Its own parser
takes a tenth of a second to punycode every line, so the file is read here, on first use.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources


class Section(StrEnum):
    """``ICANN``: run by a registry. ``PRIVATE``: run by a company that hands out names to its users."""

    ICANN = "ICANN"
    PRIVATE = "PRIVATE"


@dataclass(frozen=True, slots=True)
class PublicSuffix:
    """The longest public suffix of a name. ``listed`` is false for a top-level domain nobody lists."""

    name: str
    section: Section
    listed: bool = True


@cache
def _rules(*, international: bool) -> dict[str, Section]:
    """Rule → section, in A-labels: ``com``, ``*.ck``, ``!www.ck``.

    The ``international`` rules cost more to read than all others, and only a name that has such a label
    itself can meet one.
    """
    rules: dict[str, Section] = {}
    section = Section.ICANN
    path = resources.files("publicsuffixlist").joinpath("public_suffix_list.dat")
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("//"):
            if "===BEGIN PRIVATE DOMAINS===" in line:
                section = Section.PRIVATE
        elif line:
            rule = line.split()[0].lower()
            if rule.isascii():
                rules[rule] = section
            elif international:
                rules[_ascii(rule)] = section
    return rules


def _ascii(rule: str) -> str:
    """Only the labels that need it, for the codec is slow and knows neither ``*`` nor ``!``."""
    return ".".join(label if label.isascii() else label.encode("idna").decode() for label in rule.split("."))


@cache
def _first_below() -> dict[str, str]:
    """Name → the first suffix that lies below it: ``jp`` → ``2-d.jp``, ``kawasaki.jp`` → ``*.kawasaki.jp``."""
    below: dict[str, str] = {}
    for rule in sorted(_rules(international=True)):
        labels = rule.split(".")
        for start in range(1, 1 if rule.startswith("!") else len(labels)):
            below.setdefault(".".join(labels[start:]), rule)
    return below


def suffix_below(name: str) -> str | None:
    """A public suffix below ``name``, which a wildcard over ``name`` therefore covers whole; or None."""
    return _first_below().get(name)


def public_suffix(name: str) -> PublicSuffix:
    """The public suffix of ``name``, given in lower-case A-labels.

    The published algorithm: an exception rule wins, then the longest rule, then ``*``.
    """
    rules = _rules(international="xn--" in name)
    labels = name.split(".")
    for start in range(len(labels)):
        candidate = ".".join(labels[start:])
        parent = ".".join(labels[start + 1 :])
        if f"!{candidate}" in rules:
            return PublicSuffix(parent, rules[f"!{candidate}"])
        if candidate in rules:
            return PublicSuffix(candidate, rules[candidate])
        if parent and f"*.{parent}" in rules:
            return PublicSuffix(candidate, rules[f"*.{parent}"])
    return PublicSuffix(labels[-1], Section.ICANN, listed=False)
