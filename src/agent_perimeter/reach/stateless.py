"""The stateless part of a firewall policy: what it passes past the stateful rules, forwards to them, or drops.

Network Firewall guide, "Stateless rule groups" and "Stateless default actions". Only the way out is judged: a packet
that is passed here leaves, whatever the stateful rules say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from agent_perimeter.apps import ALL_APPS, AppSet
from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Chain, Link
from agent_perimeter.observed import Doubt, FirewallPolicy, GroupUse, RuleGroup, StatelessRule
from agent_perimeter.packet_sets import ALL_PROTOCOLS, EVERY_PORT, NO_PACKETS, App, Destinations, PacketSet
from agent_perimeter.packets import Intervals
from agent_perimeter.reach.suricata_headers import Definition, Headers
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange

PASS, FORWARD, DROP = "aws:pass", "aws:forward_to_sfe", "aws:drop"
_FRAGMENT = AppSet.of(App.FRAGMENT)
_TCP, _UDP = Intervals(((6, 6),)), Intervals(((17, 17),))
_PORTLESS = ALL_PROTOCOLS - _TCP - _UDP
_ANY_SENDER = Intervals(((1, 65535),))


@dataclass(frozen=True)
class Stateless:
    """``passing``: what leaves at once. ``forwarding``: what the stateful rules get to see.

    ``answers`` are the same two over the packets whose answers come back so; None where no rule tells them apart.
    """

    passing: Chain[PacketSet]
    forwarding: Chain[PacketSet]
    answers: tuple[Chain[PacketSet], Chain[PacketSet]] | None = None

    @cached_property
    def astray(self) -> PacketSet:
        """The packets whose answers may come back another way, or not at all.

        The stateful rules know a connection only if they see both of its directions (Network Firewall guide,
        "Stream exception policy").
        """
        if self.answers is None:
            return NO_PACKETS
        passed, forwarded = (chain.permitted.least for chain in self.answers)
        return (self.passing.permitted.most - passed) | (self.forwarding.permitted.most - forwarded)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule with its place, None where that is not known."""

    place: tuple[int, int] | None
    match: Bounds[PacketSet]
    answers: Bounds[PacketSet]
    action: str | Doubt
    rule: str
    origin: Origin
    doubts: tuple[Doubt, ...]

    def link(self, wanted: str) -> Iterator[Link[PacketSet]]:
        """What the rule is in the chain of those that do what is wanted: two links where its action is not known."""
        if isinstance(self.action, Doubt):
            match = Bounds(NO_PACKETS, self.match.most)
            for allow in (True, False):
                yield Link(match, allow, self.rule, self.origin, (*self.doubts, self.action))
        else:
            yield Link(self.match, self.action == wanted, self.rule, self.origin, self.doubts)

    @property
    def turned(self) -> _Rule:
        """The rule as answers meet it."""
        return replace(self, match=self.answers)


def stateless(policy: FirewallPolicy, groups: Mapping[str, RuleGroup], headers: Headers, source: Cidr) -> Stateless:
    """What the stateless part does to packets from the source."""
    everything = PacketSet.box(headers.everywhere)
    rules = [rule for use in policy.stateless for rule in _of_group(use, groups, headers, source)]
    rules.sort(key=lambda rule: rule.place or (0, 0))
    defaults = tuple(_defaults(policy, everything))
    back = [rule.turned for rule in rules]
    return Stateless(
        _chain(PASS, rules, defaults, everything),
        _chain(FORWARD, rules, defaults, everything),
        (_chain(PASS, back, defaults, everything), _chain(FORWARD, back, defaults, everything)) if rules else None,
    )


def _chain(wanted: str, rules: list[_Rule], defaults: tuple[_Rule, ...], everything: PacketSet) -> Chain[PacketSet]:
    """Rules without a known place may stand before all others or behind them."""
    placed = [link for rule in rules if rule.place is not None for link in rule.link(wanted)]
    adrift = [link for rule in rules if rule.place is None for link in rule.link(wanted)]
    first, *last = ([*rule.link(wanted)] for rule in defaults)
    links = (*first, *anywhere(adrift), *placed, *adrift, *(link for listed in last for link in listed))
    return Chain(links, Link.always(everything, "the stateless default action"))


def anywhere(links: list[Link[PacketSet]]) -> Iterator[Link[PacketSet]]:
    """What the links would do in front of all others, if that is where they stand."""
    for link in links:
        yield Link(Bounds(NO_PACKETS, link.match.most), link.allow, link.rule, link.origin, link.doubts)


def _defaults(policy: FirewallPolicy, everything: PacketSet) -> Iterator[_Rule]:
    """Fragments of other protocols than UDP AWS drops silently, whatever the rules: they come first.

    Those of UDP have a default of their own.
    """
    fragments = everything & PacketSet.box(apps=_FRAGMENT)
    udp = fragments & PacketSet.box(protocols=_UDP)
    where = policy.origin

    def rule(match: PacketSet, action: str | Doubt, words: str) -> _Rule:
        return _Rule(None, Bounds.exactly(match), Bounds.exactly(match), action, words, where, ())

    yield rule(fragments - udp, DROP, "fragments of other protocols than UDP, which Network Firewall drops")
    action = _action(policy.fragment_actions)
    yield rule(udp, action, f"the stateless default action for fragments, {_said(action)}")
    action = _action(policy.stateless_actions)
    yield rule(everything, action, f"the stateless default action, {_said(action)}")


def _said(action: str | Doubt) -> str:
    return "which is not known" if isinstance(action, Doubt) else action


def _action(actions: Definition) -> str | Doubt:
    """The one standard action among those listed; custom actions only count packets."""
    doubts = [action for action in actions if isinstance(action, Doubt)]
    known = [action for action in actions if action in {PASS, FORWARD, DROP}]
    if len(known) == 1:
        return str(known[0])
    if doubts:
        return doubts[0]
    return Doubt(f"{len(known)} standard stateless actions instead of one")


def _of_group(use: GroupUse, groups: Mapping[str, RuleGroup], headers: Headers, source: Cidr) -> Iterator[_Rule]:
    group = None if isinstance(use.group, Doubt) else groups.get(use.group)
    why = use.group if isinstance(use.group, Doubt) else Doubt(f"the stateless rule group {use.group} is not known")
    if group is not None and isinstance(group.source, tuple):
        rules = [rule for rule in group.source if isinstance(rule, StatelessRule)]
        if len(rules) == len(group.source):
            yield from (_of_rule(rule, use, group, headers, source) for rule in rules)
            return
    if group is not None:
        why = group.source if isinstance(group.source, Doubt) else Doubt(f"{group.id} is no stateless rule group")
    place = None if isinstance(use.priority, Doubt) or use.priority is None else (use.priority, 0)
    match = Bounds(NO_PACKETS, PacketSet.box(headers.everywhere))
    yield _Rule(place, match, match, why, "a rule group that is not known", Origin(), (why,))


def _of_rule(rule: StatelessRule, use: GroupUse, group: RuleGroup, headers: Headers, source: Cidr) -> _Rule:
    doubts = [value for value in (use.priority, rule.priority) if isinstance(value, Doubt)]
    place = None
    if isinstance(use.priority, int) and isinstance(rule.priority, int):
        place = (use.priority, rule.priority)
    match, answers = _match(rule, headers, source, doubts), _match(_turned(rule), headers, source, doubts)
    if group.maybe is not None:
        doubts.append(group.maybe)
        match, answers = Bounds(NO_PACKETS, match.most), Bounds(NO_PACKETS, answers.most)
    action = _action(rule.actions)
    number = "?" if isinstance(rule.priority, Doubt) else rule.priority
    words = f"stateless rule {number} of {group.id}: {_said(action)}"
    return _Rule(place, match, answers, action, words, rule.origin, tuple(dict.fromkeys(doubts)))


def _turned(rule: StatelessRule) -> StatelessRule:
    """The rule as if answers went out: they come from where packets are sent to."""
    return replace(
        rule,
        sources=rule.destinations,
        destinations=rule.sources,
        source_ports=rule.destination_ports,
        destination_ports=rule.source_ports,
    )


def _match(rule: StatelessRule, headers: Headers, source: Cidr, doubts: list[Doubt]) -> Bounds[PacketSet]:
    fields = (rule.sources, rule.destinations, rule.source_ports, rule.destination_ports, rule.protocols)
    doubts += (value for values in fields for value in values if isinstance(value, Doubt))
    block = Destinations.of([source])
    senders = _addresses(rule.sources, headers)
    sending = _ports(rule.source_ports)
    where, ports = _addresses(rule.destinations, headers), _ports(rule.destination_ports)
    protocols = _protocols(rule.protocols)
    ported = bool(rule.source_ports or rule.destination_ports)
    surely = block <= senders.least and sending.least >= _ANY_SENDER and not rule.flags
    perhaps = bool(block & senders.most) and bool(sending.most)
    # Without flags a rule sees every packet; a fragment has no ports, nor has a protocol other than TCP and UDP.
    least = (
        PacketSet.box(where.least, protocols.least & _TCP, ports.least)
        | PacketSet.box(where.least, protocols.least & _UDP, ports.least, ALL_APPS - _FRAGMENT if ported else ALL_APPS)
        | (NO_PACKETS if ported else PacketSet.box(where.least, protocols.least & _PORTLESS))
    )
    through = _TCP if rule.flags else ALL_PROTOCOLS
    most = PacketSet.box(where.most, protocols.most & through & (_TCP | _UDP), ports.most) | PacketSet.box(
        where.most, protocols.most & through & _PORTLESS
    )
    if ported:
        most |= PacketSet.box(where.most, protocols.most & through & _UDP, EVERY_PORT, _FRAGMENT)
    return Bounds(least if surely else NO_PACKETS, most if perhaps else NO_PACKETS)


def _addresses(blocks: tuple[Cidr | Doubt, ...], headers: Headers) -> Bounds[Destinations]:
    if not blocks:
        return Bounds.exactly(headers.everywhere)
    return Bounds.union(
        Bounds(Destinations(), headers.everywhere)
        if isinstance(block, Doubt)
        else headers.addresses(str(block)).addresses
        for block in blocks
    )


def _ports(ranges: tuple[PortRange | Doubt, ...]) -> Bounds[Intervals]:
    known = Intervals.of((ports.first, ports.last) for ports in ranges if isinstance(ports, PortRange))
    if not ranges:
        return Bounds.exactly(EVERY_PORT)
    return Bounds(known, EVERY_PORT if any(isinstance(ports, Doubt) for ports in ranges) else known)


def _protocols(numbers: tuple[int | Doubt, ...]) -> Bounds[Intervals]:
    known = Intervals.of((number, number) for number in numbers if isinstance(number, int))
    if not numbers:
        return Bounds.exactly(ALL_PROTOCOLS)
    return Bounds(known, ALL_PROTOCOLS if any(isinstance(number, Doubt) for number in numbers) else known)
