"""A network policy whose leading spaces were lost by copy and paste, indented again by the known grammar.

Only whole lines are moved to the right, so every place in the new text is still a place in the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent_perimeter.policy.schema import NETWORK_POLICY, PORT, RULE
from agent_perimeter.source import Span

_HEAD = re.compile(r"network_policy\s*:\s*(#.*)?")
_KEY = re.compile(
    r"(?P<dash>-\s+)?(?P<quote>[\"']?)(?P<key>[A-Za-z_][A-Za-z0-9_]*)(?P=quote)\s*:(?=\s|$)\s*(?P<value>[^#\s].*)?"
)
_TOP = re.compile(r"(version|agent)\s*:")
_CODE = re.compile(r"AP[0-9]+")

_POLICY_KEYS = frozenset(key.name for key in NETWORK_POLICY.keys)
_RULE_KEYS = tuple(tuple(key.name for key in section.keys) for section in RULE.variants)
_PORT_KEYS = frozenset(key.name for key in PORT.keys)


@dataclass(frozen=True, slots=True)
class Reindented:
    """``text`` has the file's line numbers and only the policy's lines; ``added[n]`` spaces went before line n+1.

    ``section`` is the network policy alone, to be pasted. ``span`` is where it begins.
    """

    text: str
    section: str
    added: tuple[int, ...]
    span: Span


def reindent(text: str, file: str) -> Reindented | None:
    """The policy indented again, or None where its indentation was not lost."""
    lines = text.splitlines()
    start = next((index for index, line in enumerate(lines) if _HEAD.fullmatch(line.rstrip())), None)
    if start is None:
        return None
    first = next((line for line in lines[start + 1 :] if line.strip() and not line.startswith("#")), "")
    opening = _KEY.fullmatch(first.rstrip())
    if opening is None or opening["dash"] or opening["key"] not in _POLICY_KEYS:
        return None
    grammar = _Grammar()
    added = [0] * len(lines)
    kept = [line if _TOP.match(line) else "" for line in lines]
    kept[start] = lines[start]
    end = start + 1
    for index in range(start + 1, len(lines)):
        line = lines[index].rstrip()
        if line and not line.startswith("#"):
            depth = grammar.depth(line.strip())
            if depth is None:
                break
            added[index] = max(0, depth - (len(line) - len(line.lstrip())))
        else:
            added[index] = added[index - 1] if line else 0
        kept[index] = " " * added[index] + line
        end = index + 1
    section = "\n".join(kept[start:end]).rstrip() + "\n"
    return Reindented(
        "\n".join(kept) + "\n" * text.endswith(("\n", "\r")), section, tuple(added), Span(file, start + 1, 1)
    )


class _Grammar:
    """Reads stripped lines one after the other and knows how deep each belongs."""

    def __init__(self) -> None:
        self._part = ""
        self._list: str | None = None
        self._keys: set[str] = set()

    def depth(self, line: str) -> int | None:
        """Spaces that belong before the line; None where the policy has ended."""
        found = _KEY.fullmatch(line)
        if found is None:
            return self._item() if line.startswith("-") else None
        key, value = found["key"], bool(found["value"])
        if found["dash"]:
            return self._entry(key, value)
        if self._list == "ports" and key in _PORT_KEYS:
            return 10
        if self._list == "accept" and _CODE.fullmatch(key):
            return 8 if self._part == "egress" else 4
        if self._part == "egress" and key in self._keys:
            self._key(key, value)
            return 6
        if key in _POLICY_KEYS:
            self._part, self._list, self._keys = key, key if key == "accept" else None, set()
            return 2
        return None

    def _item(self) -> int:
        """``- value`` or ``- {…}``."""
        return 8 if self._part == "egress" and self._list else 4

    def _entry(self, key: str, value: bool) -> int:
        """``- key: value`` begins a port, or a rule."""
        if self._list == "ports" and key in _PORT_KEYS:
            return 8
        # A key of another kind of rule, or one seen twice, is the runtime's: `resources:` often is.
        self._keys = next((set(keys) for keys in _RULE_KEYS if keys[0] == key), set().union(*_RULE_KEYS))
        self._key(key, value)
        return 4

    def _key(self, key: str, value: bool) -> None:
        self._keys.discard(key)
        self._list = None if value else key
