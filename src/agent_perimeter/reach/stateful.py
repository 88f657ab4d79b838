"""The stateful part of a firewall policy: Suricata rules in their order, and the default action.

Network Firewall guide, "Evaluation order for stateful rules" and "Stateful default actions". A rule decides by what
a packet shows; a connection's bytes flow only where its handshake does. Three things break the plain order of the
rules, and each of them only ever widens what may pass: a ``pass`` that decides for a whole flow before a request is
complete, one that is decided by the server's answer, and traffic picked up in the middle of a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import assert_never

from agent_perimeter.apps import TCP_APPS, AppSet
from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Chain, Decided, Decision, Link
from agent_perimeter.observed import (
    DomainRules,
    Doubt,
    FirewallPolicy,
    FiveTupleRule,
    GroupUse,
    Ref,
    RuleGroup,
    RulesString,
)
from agent_perimeter.packet_sets import ALL_PROTOCOLS, NO_PACKETS, App, Packet, PacketSet
from agent_perimeter.packets import Intervals
from agent_perimeter.reach.domain_lists import of_five_tuple, of_list
from agent_perimeter.reach.stateless import anywhere
from agent_perimeter.reach.suricata_keywords import Haste
from agent_perimeter.reach.suricata_match import Matched, Matcher
from agent_perimeter.reach.suricata_rules import Action, Rule, parsed
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr

STRICT, BY_ACTION = "STRICT_ORDER", "DEFAULT_ACTION_ORDER"

_TCP = Intervals(((6, 6),))
_OPENINGS = AppSet.of(App.HANDSHAKE, App.EARLY)
HANDSHAKES = PacketSet.box(protocols=_TCP, apps=AppSet.of(App.HANDSHAKE))
EARLY = PacketSet.box(protocols=_TCP, apps=AppSet.of(App.EARLY))
BYTES = PacketSet.box(protocols=_TCP, apps=TCP_APPS - _OPENINGS)
"""What flows on a connection once it is open."""
UNRECOGNISED = PacketSet.box(protocols=_TCP, apps=AppSet.of(App.OTHER))
FRAGMENTS = PacketSet.box(apps=AppSet.of(App.FRAGMENT))
OTHER_PROTOCOLS = PacketSet.box(protocols=ALL_PROTOCOLS - Intervals.of(((1, 1), (6, 6), (17, 17), (58, 58))))
"""Neither TCP, UDP nor ICMP: of these alone does AWS say what its default actions do."""

_DROPS = {
    "aws:drop_strict",
    "aws:drop_established",
    "aws:drop_established_app_layer",
    "aws:drop_established_app_layer_to_server",
}
_ALERTS = {action.replace("drop", "alert") for action in _DROPS}
_ONLY_ALERTS = "DROP_TO_ALERT"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules of one group as Suricata rules, read once for all sources.

    ``strict`` and ``priority`` are the group's own; ``doubts``: why its place among the others is not known.
    """

    use: GroupUse
    rules: tuple[tuple[Rule, Origin], ...]
    matcher: Matcher
    maybe: Doubt | None
    unread: Doubt | None
    managed: bool
    doubts: tuple[Doubt, ...]


def managed(group: Ref) -> bool:
    """Whether the reference is surely to a rule group that AWS keeps: threat signatures and domains, which only deny.

    Their ARNs have ``aws-managed`` in the account's place.
    """
    return isinstance(group, str) and ":aws-managed:" in group


def rule_book(use: GroupUse, groups: Mapping[str, RuleGroup], order: str | Doubt, matcher: Matcher) -> RuleBook:
    """What a policy's reference to a stateful rule group stands for."""
    group = None if isinstance(use.group, Doubt) else groups.get(use.group)
    unread: Doubt | None = None
    rules: tuple[tuple[Rule, Origin], ...] = ()
    doubts: list[Doubt] = []
    if isinstance(use.priority, Doubt):
        doubts.append(use.priority)
    if group is None:
        unread = use.group if isinstance(use.group, Doubt) else Doubt(f"the rule group {use.group} is not known")
    else:
        if isinstance(order, str) and group.rule_order != order:
            said = group.rule_order if isinstance(group.rule_order, str) else "an order that is not known"
            doubts.append(Doubt(f"the rule group has {said} and the policy {order}", group.origin.path, "one order"))
        try:
            rules = tuple(_rules(group, strict=order != BY_ACTION))
        except ValueError as error:
            unread = Doubt(str(error), group.origin.path, "a rule that `suricata -T` takes")
        if isinstance(group.source, Doubt):
            unread = group.source
    maybe = group.maybe if group is not None else None
    return RuleBook(use, rules, matcher, maybe, unread, managed(use.group), tuple(doubts))


def _rules(group: RuleGroup, *, strict: bool) -> Iterator[tuple[Rule, Origin]]:
    match group.source:
        case RulesString(text, origin):
            yield from ((rule, origin) for rule in parsed(text))
        case DomainRules() as listed:
            yield from ((rule, listed.origin) for rule in of_list(listed, strict=strict))
        case tuple() as listed_rules:
            for rule in listed_rules:
                if not isinstance(rule, FiveTupleRule):
                    raise ValueError(f"{group.id} is no stateful rule group")  # noqa: TRY004 - what the caller reads
                yield from ((made, rule.origin) for made in of_five_tuple(rule))
        case Doubt():
            pass
        case _:
            assert_never(group.source)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A link in its place, and the rule behind it, where there is one."""

    link: Link[PacketSet]
    matched: Matched | None = None


@dataclass(frozen=True)
class Stateful:
    """The stateful part over the packets of one source. ``everything`` are all that there can be."""

    everything: PacketSet
    placed: tuple[_Placed, ...]
    defaults: tuple[Link[PacketSet], ...]
    default: Link[PacketSet]
    midstream: Doubt | None

    @cached_property
    def chain(self) -> Chain[PacketSet]:
        """The rules in their order."""
        return Chain((*(placed.link for placed in self.placed), *self.defaults), self.default)

    @cached_property
    def permitted(self) -> Bounds[PacketSet]:
        """What leaves. ``least``: for a request that comes in one segment and a server that answers."""
        plain = self.chain.permitted
        most = plain.most
        for race in self._races:
            most |= (race.permitted.most - HANDSHAKES) & plain.most.forget_app()
        most = flowing(most)
        if self.midstream is not None:
            most |= self.adrift.permitted.most & UNRECOGNISED
        return Bounds(flowing(plain.least) - self._unanswered, most)

    @cached_property
    def hasty(self) -> Chain[PacketSet]:
        """The passes that decide for a flow before its request is complete, against the drops that are as quick."""
        return self._race(_ahead, lambda matched: not matched.reading.applies)

    @cached_property
    def flowwise(self) -> Chain[PacketSet]:
        """The passes that decide for a flow by its request, against the drops that do.

        A drop that stands before them but looks at single packets takes the request and not the flow: what is sent
        again leaves.
        """
        return self._race(_at_last, lambda _: True)

    @property
    def _races(self) -> list[Chain[PacketSet]]:
        races = (self.hasty, self.flowwise) if self._mixed else (self.hasty,)
        return [race for race in races if race.links]

    @property
    def _mixed(self) -> bool:
        """Whether a pass stands behind a drop: where all passes come first, their requests are not held up."""
        verdicts = [placed.link.allow for placed in self.placed if placed.matched is not None]
        return any(later and not earlier for earlier, later in pairwise(verdicts))

    def _race(self, wins: Callable[[Matched], PacketSet], quick: Callable[[Matched], bool]) -> Chain[PacketSet]:
        links: list[Link[PacketSet]] = []
        for placed in self.placed:
            matched, link = placed.matched, placed.link
            if link.allow:
                won = NO_PACKETS if matched is None else wins(matched)
                if won:
                    links.append(Link(Bounds(NO_PACKETS, won), True, link.rule, link.origin, link.doubts))
            elif matched is None or quick(matched):
                lasting = matched is None or matched.reading.applies
                surely = link.match.least if lasting else link.match.least - BYTES
                links.append(Link(Bounds(surely, link.match.most), False, link.rule, link.origin, link.doubts))
        if not any(link.allow for link in links):
            links = []
        return Chain(tuple(links), Link.always(self.everything, "no rule decides for the whole flow"))

    @cached_property
    def adrift(self) -> Chain[PacketSet]:
        """What rules and default do without knowing the flow that a packet belongs to."""
        links = [
            placed.link
            for placed in self.placed
            if placed.matched is None or placed.link.allow or not placed.matched.reading.contextual
        ]
        strict = self.default.allow is False and not self.defaults
        doubts = () if self.midstream is None else (self.midstream,)
        rule = "the stream exception policy lets rules go on without the context that they need"
        default = self.default if strict else Link(Bounds.exactly(self.everything), True, rule, Origin(), doubts)
        return Chain(tuple(links), default)

    @cached_property
    def undecided(self) -> PacketSet:
        """Bytes that leave while the engine has not decided of what protocol they are: the drops that wait for it."""
        links = tuple(placed.link for placed in self.placed if placed.matched is None or not _waits(placed.matched))
        default = self.default
        if any(link.match.most & UNRECOGNISED for link in self.defaults):
            default = Link.always(self.everything, default.rule, allow=True)
        waiting = Chain(links, default).permitted.most & UNRECOGNISED
        return flowing(waiting | (self.permitted.most & HANDSHAKES)) & UNRECOGNISED

    @cached_property
    def _unanswered(self) -> PacketSet:
        """Connections that may not get on, because a rule may drop the server's answers."""
        return PacketSet.union([NO_PACKETS, *(link.match.most for link in self._stopping)])

    @cached_property
    def _stopping(self) -> tuple[Link[PacketSet], ...]:
        """The rules that may drop the server's answers, over the bytes that then may not flow."""
        doubt = Doubt("the server's answers may be dropped, and then the connection does not get on")
        stopping = [
            Link(Bounds(NO_PACKETS, stopped), False, placed.link.rule, placed.link.origin, (doubt,))
            for placed in self.placed
            if placed.matched is not None and placed.matched.rule.action.denies
            if (stopped := placed.matched.answered.most & BYTES)
        ]
        if not self.default.allow and not self.defaults:
            heard = PacketSet.union(
                [NO_PACKETS]
                + [
                    (matched.asked.least if matched.reading.haste is Haste.OPENING else NO_PACKETS)
                    | matched.answered.least
                    for placed in self.placed
                    if (matched := placed.matched) is not None and matched.rule.action is Action.PASS
                ]
            )
            unheard = Bounds(NO_PACKETS, BYTES - heard.headers())
            stopping.append(Link(unheard, False, self.default.rule, self.default.origin, (doubt,)))
        return tuple(stopping)

    def decide(self, packet: Packet) -> Decision[PacketSet]:
        """What happens to a packet, and by which rules: those about its handshake where that is denied."""
        permitted = self.permitted
        surely, perhaps = packet in permitted.least, packet in permitted.most
        outcome = Decided.ALLOWS if surely else Decided.PERHAPS if perhaps else Decided.DENIES
        plain = self.chain.decide(packet)
        if plain.outcome is outcome:
            return plain
        opening = Packet(packet.protocol, packet.destination, packet.port, App.HANDSHAKE, "", packet.resolved)
        others = [self.chain.decide(opening)] if packet in BYTES and plain.outcome is not Decided.DENIES else []
        if outcome is Decided.PERHAPS:
            others += (race.decide(packet) for race in self._races)
        if outcome is Decided.PERHAPS and self.midstream is not None:
            others.append(self.adrift.decide(packet))
        wanted = Decided.DENIES if outcome is Decided.DENIES else Decided.PERHAPS
        links = next((other.links for other in others if other.outcome is wanted), plain.links)
        if plain.outcome is Decided.ALLOWS and outcome is Decided.PERHAPS:
            links = (*links, *(link for link in self._stopping if packet in link.match.most))
        return Decision(outcome, links)


def flowing(packets: PacketSet) -> PacketSet:
    """The packets without the bytes of connections that cannot be opened."""
    return (packets - BYTES) | (packets & BYTES & (packets & HANDSHAKES).forget_app())


def _waits(matched: Matched) -> bool:
    return matched.rule.action.denies and matched.reading.applies


def _at_last(matched: Matched) -> PacketSet:
    """The packets that a pass lets out by what their request says."""
    return matched.asked.most if matched.reading.applies and matched.reading.haste is Haste.LATE else NO_PACKETS


def _ahead(matched: Matched) -> PacketSet:
    """The packets that a pass may let out by deciding for their flow before they are seen."""
    found: list[PacketSet] = []
    reading = matched.reading
    if reading.haste is Haste.OPENING:
        found.append(matched.asked.most.forget_app())
    elif reading.haste is Haste.BYTES:
        found.append(matched.asked.most)
    if reading.haste is Haste.OPENING or reading.applies:
        found.append(matched.answered.most.forget_app())
    return PacketSet.union([NO_PACKETS, *found])


def stateful(
    policy: FirewallPolicy,
    books: Iterable[RuleBook],
    source: Cidr,
    first: Iterable[Link[PacketSet]],
    everything: PacketSet,
) -> Stateful:
    """What the stateful part does to packets from the source. ``first``: what stands before all rules.

    Where the place of a group's rules is not known, they may stand before all others or behind them.
    """
    front = tuple(_Placed(link) for link in first)
    shelves = [(book, tuple(_placed(book, source, everything))) for book in books]
    order = policy.rule_order
    unclear = (order,) if isinstance(order, Doubt) else ()
    lost = [
        _doubted(placed, (*book.doubts, *unclear))
        for book, listed in shelves
        if book.doubts or unclear
        for placed in listed
    ]
    known = [(book, listed) for book, listed in shelves if not (book.doubts or unclear)]
    if order == STRICT:
        known.sort(key=lambda shelf: shelf[0].use.priority if isinstance(shelf[0].use.priority, int) else 0)
    rules = [placed for _, listed in known for placed in listed]
    if order == BY_ACTION:
        rules.sort(key=lambda placed: not placed.link.allow)
    defaults, default = _default(policy, everything)
    placed = (*front, *map(_Placed, anywhere([placed.link for placed in lost])), *rules, *lost)
    return Stateful(everything, placed, defaults, default, _midstream(policy))


def _doubted(placed: _Placed, doubts: tuple[Doubt, ...]) -> _Placed:
    return replace(placed, link=replace(placed.link, doubts=(*placed.link.doubts, *doubts)))


def _midstream(policy: FirewallPolicy) -> Doubt | None:
    """Why packets from the middle of a connection may be judged as if they stood alone."""
    said = policy.stream_exception
    if isinstance(said, Doubt) or said in {"DROP", "REJECT"}:
        return said if isinstance(said, Doubt) else None
    return Doubt(
        f"StreamExceptionPolicy {said} judges packets from the middle of a connection without its context",
        policy.origin.path,
        "DROP or REJECT",
    )


def _placed(book: RuleBook, source: Cidr, everything: PacketSet) -> Iterator[_Placed]:
    if book.unread is not None:
        yield from _unread(book, everything)
        return
    for rule, origin in book.rules:
        if rule.action is Action.ALERT and rule.option("bypass") is None:
            continue
        matched = book.matcher.match(rule, source, origin)
        if matched is not None:
            asked, doubts = matched.asked, matched.doubts
            if book.maybe is not None:
                asked, doubts = Bounds(NO_PACKETS, asked.most), (*doubts, book.maybe)
            if book.use.override == _ONLY_ALERTS and rule.action.denies:
                asked, doubts = Bounds(NO_PACKETS, asked.most), (*doubts, _overridden(origin))
            yield _Placed(Link(asked, not rule.action.denies, matched.words, matched.origin, doubts), matched)


def _overridden(origin: Origin) -> Doubt:
    return Doubt(
        f"{_ONLY_ALERTS} is meant for rule groups that AWS keeps; here it may take the drops away", origin.path
    )


def _unread(book: RuleBook, everything: PacketSet) -> Iterator[_Placed]:
    """A group that cannot be read may do anything; one that AWS keeps can only deny, or just alert."""
    doubt = book.unread
    if doubt is None or (book.managed and book.use.override == _ONLY_ALERTS):
        return
    match = Bounds(NO_PACKETS, everything)
    origin = Origin(path=doubt.path)
    if not book.managed:
        yield _Placed(Link(match, True, "a rule group that cannot be read", origin, (doubt,)))
    yield _Placed(Link(match, False, "a rule group that cannot be read", origin, (doubt,)))


def _default(policy: FirewallPolicy, everything: PacketSet) -> tuple[tuple[Link[PacketSet], ...], Link[PacketSet]]:
    """What becomes of packets that no rule matches.

    Only under strict order there is a default action. AWS does not publish the ``established`` ones as rules: that
    they let bytes before the handshake, fragments and, with ``app_layer``, unrecognised bytes pass is possible.
    """
    origin = policy.origin
    if policy.rule_order == BY_ACTION:
        rule = "no rule matches, and without strict order that passes"
        return (), Link.always(everything, rule, allow=True, origin=origin)
    actions = policy.stateful_actions
    drop = next((action for action in actions if isinstance(action, str) and action in _DROPS), None)
    unclear = [action for action in actions if isinstance(action, Doubt)]
    unclear += [
        Doubt(f"{action} is no stateful default action", origin.path, "aws:drop_established_app_layer_to_server")
        for action in actions
        if isinstance(action, str) and action not in _DROPS | _ALERTS
    ]
    unclear += [policy.rule_order] if isinstance(policy.rule_order, Doubt) else []
    if drop is None:
        rule = "no rule matches, and no default action drops"
        if not unclear:
            return (), Link.always(everything, rule, allow=True, origin=origin)
        perhaps = Link(Bounds(NO_PACKETS, everything), True, rule, origin, tuple(unclear))
        return (perhaps,), Link.always(everything, rule, origin=origin)
    rule = f"the default action {drop}"
    default = Link.always(everything, rule, origin=origin)
    links: list[Link[PacketSet]] = []
    if isinstance(policy.rule_order, Doubt):
        links.append(Link(Bounds(NO_PACKETS, everything), True, "no rule matches", origin, (policy.rule_order,)))
    if drop == "aws:drop_strict":
        return tuple(links), default
    opens = f"{rule} waits until a connection is established"
    links.append(Link(Bounds.exactly(everything & HANDSHAKES), True, opens, origin))
    untold = FRAGMENTS | EARLY | OTHER_PROTOCOLS | (UNRECOGNISED if "app_layer" in drop else NO_PACKETS)
    doubt = Doubt(
        f"whether {drop} drops {'unrecognised bytes, ' if 'app_layer' in drop else ''}fragments, other protocols and "
        "bytes before the handshake is not documented",
        origin.path,
        "a rule that drops them",
    )
    links.append(Link(Bounds(NO_PACKETS, everything & untold), True, rule, origin, (doubt,)))
    return tuple(links), default
