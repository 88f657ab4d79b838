"""Suricata's rule language, as far as a perimeter speaks it: text, and what may stand in it.

Syntax follows Suricata 7 with the exceptions of Network Firewall (Network Firewall guide, "Limitations
and caveats for stateful rules"): one line a rule, no ``gid``, no ``priority``, variables in the header
only. Every ``tcp``, ``udp`` and ``ip`` rule has a ``flow`` keyword; without one Suricata decides on the
first packet of a flow for the whole of it, ahead of every rule that waits for a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from agent_perimeter.lower.partition import numbered
from agent_perimeter.network import SuricataRule
from agent_perimeter.source import Origin, merged
from agent_perimeter.values import Cidr, PortRange

HOME, EXTERNAL, ANY = "$HOME_NET", "$EXTERNAL_NET", "any"

LIST_BUDGET = 3_000
AGENT_BUDGET = 3_500
PORT_BUDGET = 500
"""Characters of one line that its lists may take. With the longest name three times over, a line then
stays below the 8,175 that Network Firewall leaves of Suricata's 8,192."""

_LABEL_LENGTH = 64
_LINES_SHOWN = 8
_NAMES_IN_MESSAGE = 3
_UNSAFE = re.compile(r"[^A-Za-z0-9._:-]")
_VARIABLE = re.compile(r"\$([A-Z][A-Z0-9_]*)")

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule before it has its number.

    ``match`` are the options that decide; ``what`` says to a person what is allowed or denied. ``key``
    is what the number is drawn from: it must name the rule, and nothing that changes for other reasons.
    ``agents`` maps those it lets out, or is about, to the policy lines that say so.
    """

    action: Literal["pass", "drop", "reject"]
    protocol: str
    source: str
    destination: str
    port: str
    match: tuple[str, ...]
    what: str
    key: str
    agents: tuple[tuple[str, Origin], ...] = ()

    @property
    def origin(self) -> Origin:
        return merged([origin for _, origin in self.agents])


def written(drafts: Iterable[Draft], numbers: range) -> tuple[SuricataRule, ...]:
    """The drafts as rules, in their order, each with a number out of ``numbers``."""
    listed = tuple(drafts)
    sids = numbered((draft.key for draft in listed), numbers)
    return tuple(
        SuricataRule(
            text=_line(draft, sids[draft.key]),
            sid=sids[draft.key],
            allow=draft.action == "pass",
            agents=tuple(agent for agent, _ in draft.agents) if draft.action == "pass" else (),
            origin=draft.origin,
        )
        for draft in listed
    )


def _line(draft: Draft, sid: int) -> str:
    header = f"{draft.action} {draft.protocol} {draft.source} any -> {draft.destination} {draft.port}"
    metadata = ", ".join(_metadata(draft.agents))
    options = (
        f'msg:"{_message(draft)}"',
        *draft.match,
        *((f"metadata:{metadata}",) if metadata else ()),
        f"sid:{sid}",
        "rev:1",
    )
    return f"{header} ({'; '.join(options)};)"


def _message(draft: Draft) -> str:
    """``agent-perimeter: allow api.example.com for reader (reader.yaml:7)``, which the alert log shows."""
    verb = "allow" if draft.action == "pass" else "deny"
    who = f" for {_some(agent for agent, _ in draft.agents)}" if draft.agents else ""
    lines = f" ({_some(span.short for span in draft.origin.spans)})" if draft.agents else ""
    return f"agent-perimeter: {verb} {draft.what}{who}{lines}"


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _NAMES_IN_MESSAGE
    shown = ", ".join(label(name) for name in listed[:_NAMES_IN_MESSAGE])
    return f"{shown} and {more} more" if more > 0 else shown


def _metadata(agents: Iterable[tuple[str, Origin]]) -> Iterator[str]:
    for agent, origin in agents:
        yield f"agent {label(agent)}"
        yield from (f"policy {label(span.short)}" for span in origin.spans[:_LINES_SHOWN])


def label(text: str) -> str:
    """``text`` without anything that could mean something to a parser, and not too long.

    File names are chosen by whoever commits a policy. A quote, a semicolon, a dollar or a line break in
    one must not end a message and begin a rule.
    """
    return _UNSAFE.sub("_", text)[-_LABEL_LENGTH:]


def variable(agent: str) -> str:
    """The IP set of an agent's subnets: ``AGENT_RESEARCH_BOT`` for ``research-bot``."""
    return re.sub(r"[^A-Z0-9]", "_", f"AGENT_{agent}".upper())


def either(parts: Iterable[str]) -> str:
    """Any of ``parts``, in a rule's header. There must be one at least."""
    first, *rest = parts
    return f"[{','.join((first, *rest))}]" if rest else first


def port_text(ports: PortRange) -> str:
    """A port, or a range as Suricata writes it: ``5432:5440``."""
    return str(ports.first) if ports.first == ports.last else f"{ports.first}:{ports.last}"


def packed(parts: Iterable[Part], width: Callable[[Part], int], budget: int) -> Iterator[tuple[Part, ...]]:
    """The parts in their order, cut into pieces of at most ``budget`` characters.

    A part that is wider than the budget alone is a piece of its own.
    """
    piece: list[Part] = []
    used = 0
    for part in parts:
        if piece and used + width(part) > budget:
            yield tuple(piece)
            piece, used = [], 0
        piece.append(part)
        used += width(part)
    if piece:
        yield tuple(piece)


def agent_width(subnets: Iterable[Cidr], agent: str, origin: Origin) -> int:
    """How many characters an agent takes in a line: its expanded variable and its metadata."""
    expanded = sum(len(str(block)) + 1 for block in subnets) + 3
    return expanded + sum(len(entry) + 2 for entry in _metadata(((agent, origin),)))


def mentioned(rule: str) -> set[str]:
    """The variables that the rule uses."""
    return set(_VARIABLE.findall(rule))


def expanded(rule: str, variables: Mapping[str, Iterable[Cidr]]) -> str:
    """The rule with its variables written out, as Network Firewall counts it.

    ``variables`` must hold ``HOME_NET``, which ``EXTERNAL_NET`` is the inverse of. Raises ``KeyError``
    for a variable that nobody defined.
    """
    spelled = rule.replace(EXTERNAL, f"!{HOME}")
    return _VARIABLE.sub(lambda found: f"[{','.join(map(str, variables[found[1]]))}]", spelled)
