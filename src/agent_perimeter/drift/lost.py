"""What a field that decides about packets is also good for: the firewall's last resort, and the trace it leaves.

The proof says what gets out with a change. It says nothing of a safeguard behind the rules that no packet meets today,
because the rules before it stop the same; a safeguard that is gone is a change for the worse all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from agent_perimeter.observed import ResolvedIpValidation, RulesString
from agent_perimeter.reach.suricata_rules import rule_lines

Lost = Callable[[object, object], str]
"""What is lost from one value to another, as the end of a sentence; empty for nothing."""

_STOPS, _INSPECTS, _PASSES = "aws:drop", "aws:forward_to_sfe", "aws:pass"
_REPORTS = "aws:alert"
_STREAMS = ("DROP", "REJECT")
_SURENESS = ("LOW", "MEDIUM", "HIGH")


def nothing(_before: object, _after: object) -> str:
    """Of most fields nothing is lost that the proof does not see."""
    return ""


def last_resort(before: object, after: object) -> str:
    """Of stateful default actions (Network Firewall guide, "Stateful default actions")."""
    if _has(before, _STOPS) and not _has(after, _STOPS):
        return "the firewall's last resort is gone: what no rule stops passes"
    if _has(before, _REPORTS) and not _has(after, _REPORTS):
        return "what the firewall drops leaves no trace"
    return ""


def inspection(before: object, after: object) -> str:
    """Of stateless default actions (Network Firewall guide, "Stateless default actions")."""
    if _has(after, _PASSES) and not _has(before, _PASSES):
        return "what no stateless rule decides about passes without inspection"
    return ""


def stream(before: object, after: object) -> str:
    """Of what becomes of a connection that the firewall lost sight of (Network Firewall guide, "Stream exceptions")."""
    if before in _STREAMS and after not in _STREAMS:
        return "a connection of which the firewall missed the beginning goes on"
    return ""


def validation(before: object, after: object) -> str:
    """Of resolved-IP validation: ``CONTINUE`` holds on to addresses whose resolution has expired (``DNSExpiry…``)."""
    kept = isinstance(before, ResolvedIpValidation) and before.expiry in _STREAMS
    if kept and isinstance(after, ResolvedIpValidation) and after.expiry not in _STREAMS:
        return "an address passes that was an allowed name's and may be another's by now"
    return ""


def trace(before: object, after: object) -> str:
    """Of rules: with ``noalert``, or ``pass`` without ``alert``, what a rule decides is not logged (Suricata guide)."""
    told, tells = dict(_rules(before)), dict(_rules(after))
    if any(was and not tells.get(rule, True) for rule, was in told.items()):
        return "what a rule decides leaves no trace"
    return ""


_ALERTS: Final = re.compile(r"(?<=[;(])\s*(?P<no>no)?alert\s*;")


def _rules(source: object) -> Iterator[tuple[str, bool]]:
    """Every rule without the keywords that decide about alerts, and whether it alerts."""
    text = source.text if isinstance(source, RulesString) else ""
    for _, line in rule_lines(text):
        kinds = {found["no"] for found in _ALERTS.finditer(line)}
        yield (
            "".join(_ALERTS.sub("", line).split()),
            "no" not in kinds and (None in kinds or not line.startswith("pass")),
        )


def override(before: object, after: object) -> str:
    """Of a rule group's use: ``DROP_TO_ALERT`` reports what the group drops, and lets it pass."""
    if before is None and after is not None:
        return "the rule group only reports what it was there to drop"
    return ""


def threats(before: object, after: object) -> str:
    """Of the confidence that a DNS rule asks for: ``LOW`` finds the most (Resolver API, ConfidenceThreshold)."""
    if before in _SURENESS and (after not in _SURENESS or _SURENESS.index(after) > _SURENESS.index(before)):
        return "a threat must be surer than before to be found"
    return ""


def _has(actions: object, kind: str) -> bool:
    return isinstance(actions, tuple) and any(isinstance(one, str) and one.startswith(kind) for one in actions)
