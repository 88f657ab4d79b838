"""Sets of host names: exactly those that rules can describe, which are names and ends of names.

Firewalls compare names with whole strings (an SNI, a Host) and with ends of strings, DNS Firewall with names
and with everything below a name. ``NameSet`` is the Boolean algebra that these generate, no more and no less;
equal sets are equal objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent_perimeter.tries import BOOLEANS, EVERYTHING, ITSELF, LONGER, NOTHING, Trie, spelled
from agent_perimeter.values import DomainPattern

LONGEST = 255
"""Characters of the longest text that a set is made of: a domain name's 253 (RFC 1035), Suricata's 255 of a content."""

_HOST = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class NameSet:
    """A set of lower-case strings. The empty string stands for "no name at all"."""

    trie: Trie[bool]

    @classmethod
    def exact(cls, *names: str) -> NameSet:
        """These names. Raises ``ValueError`` for a text of more than 255 characters, as do the next three."""
        return cls(spelled((_text(name), ITSELF) for name in names))

    @classmethod
    def ending(cls, *suffixes: str) -> NameSet:
        """Every string with such an end, itself included: ``e.com`` holds ``evile.com`` too."""
        return cls(spelled((_text(suffix), EVERYTHING) for suffix in suffixes))

    @classmethod
    def below(cls, *names: str) -> NameSet:
        """Every name below one of these at any depth and never itself: DNS Firewall's ``*.name``."""
        return cls(spelled((_text("." + name), LONGER) for name in names))

    @classmethod
    def of(cls, patterns: Iterable[DomainPattern]) -> NameSet:
        """What domain patterns stand for."""
        return cls(
            spelled(
                (_text("." + pattern.name), LONGER) if pattern.wildcard else (_text(pattern.name), ITSELF)
                for pattern in patterns
            )
        )

    @classmethod
    def union(cls, sets: Iterable[NameSet]) -> NameSet:
        """The union of any number of sets, in time linear in what they are made of."""
        return cls(BOOLEANS.union(names.trie for names in sets))

    def __or__(self, other: NameSet) -> NameSet:
        return NameSet(BOOLEANS.union((self.trie, other.trie)))

    def __and__(self, other: NameSet) -> NameSet:
        return NameSet(BOOLEANS.intersection(self.trie, other.trie))

    def __sub__(self, other: NameSet) -> NameSet:
        return NameSet(BOOLEANS.difference(self.trie, other.trie))

    def __invert__(self) -> NameSet:
        return ALL_NAMES - self

    def __le__(self, other: NameSet) -> bool:
        return not self - other

    def __bool__(self) -> bool:
        return self.trie != NOTHING

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.trie[name.lower()]

    def witness(self) -> str | None:
        """A name of the set: a valid host name where there is one, and one that tells a reader why it is there.

        ``evil.example`` where any name would do, ``evil.pypi.org`` for what is below a name, ``evilpypi.org`` for
        a mere end of a string. The empty string only when nothing else is in the set; None for the empty set.
        """
        return _witness(self)

    def patterns(self) -> Iterator[str]:
        """The set in words, sorted: ``pypi.org``, ``*.pypi.org``, ``*pypi.org`` (any string with that end),
        ``any name``, ``any name but …``, ``no name`` (for a packet that bears none). Nothing for the empty set.
        """  # noqa: D205 the list of forms is the sentence
        yield from sorted(_patterns("", self.trie))


@lru_cache(maxsize=256)
def _witness(names: NameSet) -> str | None:
    """Remembered, for packets of many kinds are shown with one name that stands for a large set."""
    found: str | None = None
    for name in _candidates(names):
        if name in names:
            if _HOST.fullmatch(name):
                return name
            found = found or name
    return "" if found is None and "" in names else found


def _candidates(names: NameSet) -> Iterator[str]:
    """Names to try: some are in the set unless it is empty, and host names if it has any."""
    yield from ("evil.example", "www.evil.example", "evil.test", "rogue.example")
    nodes = list(names.trie.nodes())
    for end, node in nodes:
        if node.rest:
            yield from ("evil." + end, "evil" + end)
    yield from (name for name, node in nodes if node.here and name)
    for end, node in nodes:
        if node.rest:
            yield from (letter + end for letter in _LETTERS)
            yield from ("evil-" + end, "e-" + end, "e." + end)
            yield next(chr(code) + end for code in range(33, 0x110000) if chr(code) not in node.edges)


def _text(name: str) -> str:
    if len(name) > LONGEST:
        raise ValueError(f"a name has at most {LONGEST} characters, and {name[:20]!r}… has {len(name)}")
    return name.lower()


def _patterns(end: str, node: Trie[bool]) -> Iterator[str]:
    if node.rest:
        yield _cone(end, node)
        if not end and node.here:
            yield "no name"
        return
    if node.here:
        yield end or "no name"
    for label, child in node.edges.values():
        yield from _patterns(label[::-1] + end, child)


def _cone(end: str, node: Trie[bool]) -> str:
    """Everything that ends so, but for what is excepted below."""
    whole = "*" + end if end else "any name"
    excepted: list[str] = []
    if not node.here and end and not end.startswith("."):
        excepted.append(end)
    for label, child in node.edges.values():
        excepted += _patterns(label[::-1] + end, BOOLEANS.difference(EVERYTHING, child))
    if not excepted:
        return whole
    excepted.sort()
    more = f" and {len(excepted) - _SHOWN} more" if len(excepted) > _SHOWN else ""
    return f"{whole} but {', '.join(excepted[:_SHOWN])}{more}"


NO_NAMES = NameSet(NOTHING)
ALL_NAMES = NameSet(EVERYTHING)
SOME_NAME = NameSet(LONGER)
