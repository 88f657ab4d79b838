"""Suricata rules as text: one rule a line, a header and options in parentheses.

Only the grammar is here (Suricata 7 user guide, "Rules Format"); what a keyword means is ``suricata_keywords``'s
business and what a variable holds is ``headers``'s. Network Firewall takes no line continuation
(Network Firewall guide, "Limitations and caveats for stateful rules").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Action(StrEnum):
    """What a rule does with what it matches. The kinds of reject differ in whom they tell."""

    PASS = "pass"  # noqa: S105 - an action, not a password
    DROP = "drop"
    REJECT = "reject"
    ALERT = "alert"

    @property
    def denies(self) -> bool:
        return self in {Action.DROP, Action.REJECT}


_ACTIONS = {
    **{action.value: action for action in Action},
    **dict.fromkeys(("rejectsrc", "rejectdst", "rejectboth"), Action.REJECT),
}


@dataclass(frozen=True, slots=True)
class Option:
    """A keyword in small letters, and what stands after its colon as written, or an empty string."""

    keyword: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``both``: its header is read in both directions (``<>``). ``line`` counts from 1."""

    action: Action
    protocol: str
    source: str
    source_port: str
    both: bool
    destination: str
    destination_port: str
    options: tuple[Option, ...]
    line: int

    def option(self, keyword: str) -> str | None:
        """The value of the first such option."""
        return next((option.value for option in self.options if option.keyword == keyword), None)

    @property
    def sid(self) -> str:
        return self.option("sid") or "?"

    @property
    def message(self) -> str:
        return unquoted(self.option("msg") or "")


@lru_cache(maxsize=64)
def parsed(text: str) -> tuple[Rule, ...]:
    """The rules of a RulesString. Raises ``ValueError`` with the line number for one that is no rule."""
    return tuple(_rules(text))


def _rules(text: str) -> Iterator[Rule]:
    for number, line in rule_lines(text):
        try:
            _one_line(line)
            yield _rule(line, number)
        except ValueError as error:
            raise ValueError(f"line {number} is no Suricata rule: {error}") from None


def rule_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not empty and no comments for every reader, numbered from one.

    Suricata ends a line at a line feed alone, and where it is longer than it reads at once; others end it at whatever
    Unicode counts as a line's end. What stands behind such an end is a rule to those, and no part of a comment.
    """
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r").rstrip(" \t")
        comment = line.lstrip(" \t").startswith("#") and not (_too_long(line) or _ENDS.search(line))
        if line and not comment:
            yield number, line


_ENDS: Final = re.compile("[\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_LONGEST: Final = 8190
"""Bytes of a line that Suricata reads at once (``DETECT_MAX_RULE_SIZE``, less a line feed and C's end of text)."""


def _too_long(line: str) -> bool:
    return len(line.encode(errors="surrogatepass")) > _LONGEST


def _one_line(line: str) -> None:
    """Refuse what one reader may take for one rule, and another for two or none.

    Suricata passes over a line that begins with a blank (``DetectLoadSigFile``). What is no printable character may end
    a line for one reader and not for another.
    """
    if line[0] in " \t":
        raise ValueError("a blank stands before it")
    if _too_long(line):
        raise ValueError(f"it has more than {_LONGEST} bytes")
    if stray := re.search(r"[^\t -~\u00a1-\U0010ffff]|[\u2028\u2029]", line):
        raise ValueError(f"it holds the character {stray[0]!a}")


def _rule(line: str, number: int) -> Rule:
    header, opened, rest = line.partition("(")
    if not opened or not rest.rstrip().endswith(")"):
        raise ValueError("its options do not stand in parentheses")
    words = tuple(_words(header))
    if len(words) != 7:
        raise ValueError(f"its header has {len(words)} parts instead of 7")
    action, protocol, source, source_port, direction, destination, destination_port = words
    if action.lower() not in _ACTIONS:
        raise ValueError(f"{action!r} is no action")
    if direction not in {"->", "<>"}:
        raise ValueError(f"{direction!r} is no direction")
    return Rule(
        action=_ACTIONS[action.lower()],
        protocol=protocol.lower(),
        source=source,
        source_port=source_port,
        both=direction == "<>",
        destination=destination,
        destination_port=destination_port,
        options=tuple(_options(rest.rstrip()[:-1])),
        line=number,
    )


def _words(header: str) -> Iterator[str]:
    """The parts of a header: blanks part them, but not inside brackets."""
    word, depth = "", 0
    for character in header + " ":
        depth += {"[": 1, "]": -1}.get(character, 0)
        if depth < 0:
            raise ValueError("a bracket is closed that was never opened")
        if not character.isspace():
            word += character
        elif word and not depth:
            yield word
            word = ""
    if depth:
        raise ValueError("a bracket is not closed")


_OPTION = re.compile(r"((?:[^;\\]|\\.)*);", re.DOTALL)
"""Up to a semicolon. Suricata wants one escaped inside quotes too."""


def _options(text: str) -> Iterator[Option]:
    at = 0
    while found := _OPTION.match(text, at):
        keyword, colon, value = found[1].partition(":")
        name, value = keyword.strip().lower(), value.strip()
        if not name or (colon and not value):
            raise ValueError(f"{found[1].strip()!r} is no option")
        if value.lstrip("! ").startswith('"') and (len(value.lstrip("! ")) < 2 or not value.endswith('"')):
            raise ValueError(f"the quotes of {name} do not close")
        yield Option(name, value)
        at = found.end()
    if text[at:].strip():
        raise ValueError(f"{text[at:].strip()!r} does not end in a semicolon")


def unquoted(value: str) -> str:
    """The value without its quotes, escapes undone."""
    inner = value[1:-1] if len(value) > 1 and value.startswith('"') and value.endswith('"') else value
    return re.sub(r"\\(.)", r"\1", inner)


_HEX = re.compile(r"\|([0-9A-Fa-f\s]*)\|")


def pattern(value: str) -> str:
    """What a ``content`` looks for, ``|0d 0a|`` decoded; bytes beyond ASCII as Latin-1. Raises ``ValueError``."""
    inner = value[1:-1] if len(value) > 1 and value.startswith('"') and value.endswith('"') else value
    parts = re.split(r"((?:\\.)|\|[^|]*\|)", inner)
    decoded = ""
    for part in parts:
        if part.startswith("\\"):
            decoded += part[1:]
        elif part.startswith("|"):
            if not _HEX.fullmatch(part):
                raise ValueError(f"{part} is no hexadecimal pattern")
            decoded += bytes.fromhex(part.strip("|")).decode("latin-1")
        else:
            decoded += part
    if not decoded:
        raise ValueError("an empty content matches nothing")
    return decoded
