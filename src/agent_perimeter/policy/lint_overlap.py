"""Rules that allow nothing new: written twice, or inside a wider one.

A rule can only be covered by one whose name or block holds its own, so each looks up its own ancestors
and no two unrelated rules are ever compared. Thousands of names take milliseconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import assert_never

from agent_perimeter.finding import Finding
from agent_perimeter.intent import is_expired
from agent_perimeter.packets import AddressSet, PortSet
from agent_perimeter.policy import codes
from agent_perimeter.policy.lint_addresses import reached
from agent_perimeter.policy.model import AddressRule, DomainRule, Policy, PortRule, Rule, ServiceRule
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr, DomainPattern, Protocol

MOST_COMPARED = 64
"""Rules of one and the same name or block that a rule is compared with; nobody writes more by hand."""

_Destination = DomainPattern | Cidr | str


def overlaps(policy: Policy, standing: frozenset[int], today: date) -> dict[int, tuple[Finding]]:
    """The finding for each rule that could go, by index. Only rules ``standing``, not refused, are compared."""
    by_destination: defaultdict[_Destination, list[int]] = defaultdict(list)
    built = [index for index in sorted(standing) if not is_expired(policy.rules[index], today)]
    for index in built:
        by_destination[_destination(policy.rules[index])].append(index)
    found: dict[int, tuple[Finding]] = {}
    for index in built:
        for ancestor in _ancestors(policy.rules[index]):
            finding = _first(policy.rules, index, by_destination.get(ancestor, [])[:MOST_COMPARED])
            if finding is not None:
                found[index] = (finding,)
                break
    return found


def _first(rules: tuple[Rule, ...], index: int, candidates: list[int]) -> Finding | None:
    rule = rules[index]
    for other in candidates:
        if other == index or not _covers(rules[other], rule):
            continue
        if not _covers(rule, rules[other]):
            return Finding(
                codes.SHADOWED,
                f"{_shown(rule)} is already allowed by {_shown(rules[other])} at {rules[other].span}",
                _place(rule),
                hint="removing one of the two",
            )
        if other < index:
            return Finding(
                codes.DUPLICATE,
                f"{_shown(rule)} is written twice, first at {rules[other].span}",
                _place(rule),
                hint="removing one of the two",
            )
    return None


def _destination(rule: Rule) -> _Destination:
    match rule:
        case DomainRule():
            return rule.name
        case AddressRule():
            return rule.block.cidr
        case ServiceRule():
            return rule.service
        case _:
            assert_never(rule)


def _ancestors(rule: Rule) -> Iterator[_Destination]:
    """Destinations of rules that could cover this one, its own first."""
    yield _destination(rule)
    match rule:
        case DomainRule():
            labels = rule.name.name.split(".")
            for start in range(1, len(labels)):
                yield DomainPattern(".".join(labels[start:]), wildcard=True)
        case AddressRule():
            block = rule.block.cidr
            while block.prefix:
                block = block.supernet()
                yield block
        case ServiceRule():
            return
        case _:
            assert_never(rule)


def _covers(wide: Rule, narrow: Rule) -> bool:
    """Whether ``wide`` lets everything out that ``narrow`` does, for at least as long."""
    if not _lasts(wide, narrow):
        return False
    match wide, narrow:
        case DomainRule(), DomainRule():
            return (
                wide.name.covers(narrow.name)
                and _ports_within(narrow.ports, wide.ports)
                and (not wide.addresses or (bool(narrow.addresses) and _pins(narrow) <= _pins(wide)))
            )
        case AddressRule(), AddressRule():
            return reached(narrow) <= reached(wide) and _ports_within(narrow.ports, wide.ports)
        case ServiceRule(), ServiceRule():
            return set(narrow.actions) <= set(wide.actions) and set(narrow.resources) <= set(wide.resources)
        case _:
            return False


def _lasts(wide: Rule, narrow: Rule) -> bool:
    end, needed = wide.about.expires, narrow.about.expires
    return end is None or (needed is not None and needed <= end)


def _pins(rule: DomainRule) -> AddressSet:
    return AddressSet.of(block.cidr for block in rule.addresses)


def _ports_within(narrow: tuple[PortRule, ...], wide: tuple[PortRule, ...]) -> bool:
    return all(_ports(narrow, protocol) <= _ports(wide, protocol) for protocol in (Protocol.TCP, Protocol.UDP))


def _ports(rules: tuple[PortRule, ...], protocol: Protocol) -> PortSet:
    return PortSet.of(port.ports for port in rules if port.protocol is protocol)


def _shown(rule: Rule) -> str:
    return str(_destination(rule))


def _place(rule: Rule) -> Span:
    match rule:
        case DomainRule():
            return rule.name_span
        case AddressRule():
            return rule.block.span
        case ServiceRule():
            return rule.service_span
        case _:
            assert_never(rule)
