"""IAM's wildcard patterns as languages: exact inclusion, overlap, and an example of what is left over.

``*`` matches any characters, colons and slashes too, and ``?`` any single one; everything else is itself
(IAM user guide, IAM JSON policy elements: Action, Resource). AWS lets a ``*`` cross a colon where it ends
an ARN segment; here it always does, in every pattern alike.

A placeholder such as ``${AWS::AccountId}`` or ``${stack/Vpc}`` is one letter of its own: equal to itself
only, and covered by ``*``. What holds for such letters holds for whatever text AWS puts in their place, so
``covers`` is sure; that two patterns do *not* cover or meet each other is only sure once the placeholders
are given up with ``loosened``.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

ANYTHING = "*"

_STATES = 4_000
"""How many states of the product automaton are visited at most. Real policies need some hundreds."""

_TOKEN = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
_VARIABLE = re.compile(r"\$\{[A-Za-z0-9-]+:(?!:)[^}]*\}")
_ESCAPED = {"${*}": "*", "${?}": "?", "${$}": "$"}
_ANY, _ONE = "any", "one"
"""Two tokens that no character can be mistaken for: they are longer than one, and begin with no ``$``."""

_LENGTHS = {"${AWS::AccountId}": 12}
"""Placeholders whose values have a known number of characters."""


class GaveUp(Exception):
    """The patterns are too many to compare exactly; the answer is unknown."""


@lru_cache(maxsize=4096)
def tokens(pattern: str) -> tuple[str, ...]:
    """A pattern letter by letter; ``${*}``, ``${?}`` and ``${$}`` are the characters themselves."""
    return tuple(_token(found) for found in _TOKEN.findall(pattern))


def _token(text: str) -> str:
    if text == "*":
        return _ANY
    return _ONE if text == "?" else _ESCAPED.get(text, text)


def literal(text: str) -> str:
    """The pattern that matches only ``text``: what StringEquals and the like compare with."""
    return "".join("${" + letter + "}" if letter in {"*", "?"} else letter for letter in _TOKEN.findall(text))


def has_variable(pattern: str) -> bool:
    """Whether a policy variable (``${aws:username}``) makes the pattern depend on the request."""
    return _VARIABLE.search(pattern) is not None


def without_variables(pattern: str) -> str:
    """The pattern with every policy variable open."""
    return _VARIABLE.sub(ANYTHING, pattern)


def loosened(pattern: str) -> str:
    """The pattern with every placeholder open: matches whatever the pattern can turn out to match."""
    return "".join(
        found if found in _ESCAPED or not found.startswith("${") else "?" * _LENGTHS.get(found, 0) or ANYTHING
        for found in _TOKEN.findall(pattern)
    )


@lru_cache(maxsize=16384)
def covers(wide: str, narrow: str) -> bool:
    """Whether every string that ``narrow`` matches is surely one that ``wide`` matches.

    Exact, but for patterns with so many wildcards that comparing them is given up: then nothing is sure.
    """
    if wide in (ANYTHING, narrow):
        return True
    if _is_text(narrow):
        return _accepts(tokens(wide), tokens(narrow))
    # What comes before the first wildcard has to stand in both; where only a "*" follows, that is all.
    start = _text_before_wildcards(tokens(wide))
    if tokens(narrow)[: len(start)] != start:
        return False
    if tokens(wide)[len(start) :] == (_ANY,):
        return True
    try:
        return all(matched for _, (matched,) in _walk(narrow, (wide,)))
    except GaveUp:
        return False


@lru_cache(maxsize=16384)
def overlaps(one: str, other: str) -> bool:
    """Whether some string matches both: whether two walks, one through each pattern, can end together."""
    first, second = tokens(one), tokens(other)
    waiting = [(0, 0)]
    seen = {(0, 0)}
    while waiting:
        here = waiting.pop()
        if here == (len(first), len(second)):
            return True
        for following in _both(first, second, *here):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return False


def _both(first: tuple[str, ...], second: tuple[str, ...], left: int, right: int) -> Iterator[tuple[int, int]]:
    """Where two walks can go from two positions by one letter or past one ``*``."""
    one = first[left] if left < len(first) else ""
    other = second[right] if right < len(second) else ""
    if one == _ANY or (other == _ANY and one):
        yield left + 1, right
    if other == _ANY or (one == _ANY and other):
        yield left, right + 1
    if one and other and (one == other or (one == _ONE and len(other) == 1) or (other == _ONE and len(one) == 1)):
        yield left + 1, right + 1


def may_overlap(one: str, other: str) -> bool:
    """Whether some string can match both once AWS has filled in the placeholders."""
    return overlaps(loosened(one), loosened(other))


def examples(
    inside: str, patterns: Sequence[str], readable: Sequence[str] = ()
) -> Iterator[tuple[str, tuple[bool, ...]]]:
    """Strings of ``inside``, one for each way of matching ``patterns``: the string, and which of them it matches.

    Strings of ``readable`` come first where they fit, then ``inside`` with words for its wildcards, then the
    shortest. Complete: a combination that does not come up cannot. Raises ``GaveUp`` beyond a bounded search.
    """
    seen: set[tuple[bool, ...]] = set()
    for text in (*(text for text in readable if covers(inside, text)), *_filled(inside)):
        matched = tuple(covers(pattern, text) for pattern in patterns)
        if matched not in seen:
            seen.add(matched)
            yield text, matched
    if _is_text(inside):
        return
    always = [covers(pattern, inside) for pattern in patterns]
    partly = [index for index, pattern in enumerate(patterns) if not always[index] and overlaps(pattern, inside)]
    if not partly:
        return  # All strings of the pattern are alike.
    for text, found in _walk(inside, tuple(patterns[index] for index in partly)):
        answers = list(always)
        for index, matched_one in zip(partly, found, strict=True):
            answers[index] = matched_one
        matched = tuple(answers)
        if matched not in seen:
            seen.add(matched)
            yield text, matched


def _filled(pattern: str) -> Iterator[str]:
    """The pattern's text with a word for each wildcard."""
    for word in ("anything", "x"):
        yield "".join({_ANY: word, _ONE: "x"}.get(token) or _spelled(token) for token in tokens(pattern))


def _spelled(token: str) -> str:
    return "${" + token + "}" if token in {"*", "?"} else token


def _is_text(pattern: str) -> bool:
    """Whether a pattern has no wildcards and so is one string."""
    return _ANY not in tokens(pattern) and _ONE not in tokens(pattern)


def _text_before_wildcards(pattern: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(takewhile(lambda token: token not in {_ANY, _ONE}, pattern))


def _accepts(pattern: tuple[str, ...], text: tuple[str, ...]) -> bool:
    at = _settled(pattern, frozenset({0}))
    for letter in text:
        if not at:
            return False
        at = _moved(pattern, at, letter)
    return len(pattern) in at


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a walk stands: one position in the pattern that is walked, the possible ones in all the others."""

    inside: int
    others: tuple[frozenset[int], ...]


def _walk(inside: str, patterns: tuple[str, ...]) -> Iterator[tuple[str, tuple[bool, ...]]]:
    """Every way for strings of ``inside`` to match ``patterns``, each with a shortest string, shortest first.

    A breadth-first search through the product of ``inside`` (one path at a time) and the others (all their
    positions at once), over the letters that occur and one that stands for all the rest.
    """
    walked, others = tokens(inside), tuple(map(tokens, patterns))
    alphabet = _alphabet((walked, *others))
    start = _Place(0, tuple(_settled(other, frozenset({0})) for other in others))
    queue: deque[tuple[_Place, str]] = deque([(start, "")])
    seen = {start}
    answered: set[tuple[bool, ...]] = set()
    while queue:
        place, text = queue.popleft()
        if all(token == _ANY for token in walked[place.inside :]):
            matched = tuple(len(other) in at for other, at in zip(others, place.others, strict=True))
            if matched not in answered:
                answered.add(matched)
                yield text, matched
        for position, letter in _steps(walked, place.inside, alphabet):
            moved = tuple(_moved(other, at, letter) for other, at in zip(others, place.others, strict=True))
            following = _Place(position, moved)
            if following in seen:
                continue
            if len(seen) >= _STATES:
                raise GaveUp
            seen.add(following)
            queue.append((following, text + _spelled(letter)))


def _alphabet(patterns: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The letters that patterns tell apart, and first one that they do not."""
    letters = sorted({token for pattern in patterns for token in pattern} - {_ANY, _ONE})
    rest = next(letter for letter in _FRESH if letter not in letters)
    return (rest, *letters)


_FRESH = ("x", *"abcdefghijklmnopqrstuvwyz0123456789", *map(chr, range(0x370, 0x1000)))
"""Candidates for a letter that no pattern mentions; there are more than the letters of any policy."""


def _steps(walked: tuple[str, ...], position: int, alphabet: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Each next letter of a string of the walked pattern, with the position behind it."""
    while position < len(walked) and walked[position] == _ANY:
        yield from ((position, letter) for letter in alphabet)
        position += 1
    if position == len(walked):
        return
    if walked[position] == _ONE:
        yield from ((position + 1, letter) for letter in alphabet if len(letter) == 1)
    else:
        yield position + 1, walked[position]


def _moved(pattern: tuple[str, ...], at: frozenset[int], letter: str) -> frozenset[int]:
    reached = set()
    for position in at:
        if position == len(pattern):
            continue
        token = pattern[position]
        if token == _ANY:
            reached.add(position)
        elif token == letter or (token == _ONE and len(letter) == 1):
            reached.add(position + 1)
    return _settled(pattern, frozenset(reached))


def _settled(pattern: tuple[str, ...], at: frozenset[int]) -> frozenset[int]:
    """The positions with those behind a ``*`` that matches nothing, and without those that no longer matter.

    Before the last ``*`` that was reached nothing matters: what could still match from there passes it too.
    """
    reached = set(at)
    for position in at:
        following = position
        while following < len(pattern) and pattern[following] == _ANY:
            following += 1
            reached.add(following)
    last = max((position for position in reached if position < len(pattern) and pattern[position] == _ANY), default=0)
    return frozenset(position for position in reached if position >= last)
