"""Which packets of one source a Suricata rule matches, surely and perhaps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent_perimeter.apps import NO_APPS, AppSet
from agent_perimeter.bounds import Bounds
from agent_perimeter.names import ALL_NAMES
from agent_perimeter.observed import Doubt
from agent_perimeter.packet_sets import EVERY_PORT, NO_PACKETS, App, Destinations, PacketSet
from agent_perimeter.packets import Intervals
from agent_perimeter.reach.suricata_headers import Headers, Ports, Read
from agent_perimeter.reach.suricata_keywords import OTHERS, TCP, UDP, Reading, read
from agent_perimeter.reach.suricata_rules import Action, Rule
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr

NOTHING = Bounds.exactly(NO_PACKETS)
_FRAGMENTS = AppSet.of(App.FRAGMENT)
_EPHEMERAL, _ANY_SENDER = Intervals(((1024, 65535),)), Intervals(((1, 65535),))


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule over the packets of one source.

    ``asked``: the packets that it matches. ``answered``: those whose answers it matches, for a rule that sees the
    other side. ``doubts``: why the two ends of either differ.
    """

    rule: Rule
    reading: Reading
    asked: Bounds[PacketSet]
    answered: Bounds[PacketSet]
    origin: Origin
    doubts: tuple[Doubt, ...]

    @property
    def words(self) -> str:
        """``pass rule 1397449217, line 3: agent-perimeter: allow …``."""
        where = f", line {self.rule.line}" if self.rule.line else ""
        said = self.rule.message or f"{self.rule.protocol} to {self.rule.destination} {self.rule.destination_port}"
        return f"{self.rule.action} rule {self.rule.sid}{where}: {said}"


@dataclass(frozen=True, slots=True)
class _Stands:
    """Whether a source is on one side of a header; ``doubts``: why it is not surely so."""

    surely: bool
    perhaps: bool
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class Matcher:
    """Matches the rules of one group, whose headers are read once for all sources.

    ``resolves``: whether ``aws_route_53_resolved_domain`` works at all, which the policy's resolved-IP validation
    decides; a rule with that keyword is inactive without it.
    """

    headers: Headers
    resolves: bool | Doubt
    _sides: dict[tuple[str, str, Cidr, bool], _Stands] = field(default_factory=dict)
    _headers: dict[Cidr, dict[tuple[str, str, str, str, bool], tuple[_Stands, _Stands]]] = field(default_factory=dict)
    _regions: dict[tuple[Rule, bool], tuple[Bounds[PacketSet], tuple[Doubt, ...]]] = field(default_factory=dict)

    def match(self, rule: Rule, source: Cidr, origin: Origin) -> Matched | None:
        """What the rule matches from this source; None where it surely is about others."""
        # A thousand rules have a few headers between them, most of which are about other sources.
        seen = self._headers.setdefault(source, {})
        header = (rule.source, rule.source_port, rule.destination, rule.destination_port, rule.action.denies)
        if header not in seen:
            ahead = self._stands(rule.source, rule.source_port, source, rule.action)
            behind = self._stands(rule.destination, rule.destination_port, source, rule.action)
            seen[header] = ahead, behind
        ahead, behind = seen[header]
        if not ahead.perhaps and not behind.perhaps:
            return None
        reading = read(rule)
        if self.headers.version not in reading.versions:
            return None
        asked, answered, doubts = NOTHING, NOTHING, list[Doubt]()
        for turned, stands in ((False, ahead), (True, behind)):
            if not stands.perhaps:
                continue
            region, why = self._region(reading, turned=turned)
            found = region if stands.surely else Bounds(NO_PACKETS, region.most)
            why = why if stands.surely else (*stands.doubts, *why)
            if reading.asks and (not turned or rule.both):
                asked |= found
                doubts += why
            if reading.answers and (turned or rule.both):
                answered |= found
        if not asked.most and not answered.most:
            return None
        place = Origin(spans_of(rule), f"{origin.path}#L{rule.line}" if rule.line else origin.path)
        return Matched(rule, reading, asked, answered, place | origin, _placed(doubts, place.path))

    def _stands(self, addresses: str, ports: str, source: Cidr, action: Action) -> _Stands:
        """Whether the source is one of a header's side."""
        key = (addresses, ports, source, action.denies)
        if key not in self._sides:
            where, ways = self.headers.addresses(addresses), self.headers.ports(ports)
            found, through = where.addresses, ways.ports
            block = Destinations.of([source])
            # A client may choose the port it sends from; as a rule it is an ephemeral one.
            needed = _ANY_SENDER if action.denies else _EPHEMERAL
            self._sides[key] = _Stands(
                surely=block <= found.least and needed <= through.least,
                perhaps=bool(block & found.most) and bool(through.most),
                doubts=(*where.doubts, *ways.doubts) or (Doubt(f"the rule is not about all that {source} sends"),),
            )
        return self._sides[key]

    def _region(self, reading: Reading, *, turned: bool) -> tuple[Bounds[PacketSet], tuple[Doubt, ...]]:
        key = (reading.rule, turned)
        if key not in self._regions:
            rule = reading.rule
            where = self.headers.addresses(rule.source if turned else rule.destination)
            ports = self.headers.ports(rule.source_port if turned else rule.destination_port)
            self._regions[key] = self._boxes(reading, where, ports)
        return self._regions[key]

    def _boxes(self, reading: Reading, where: Read, ports: Ports) -> tuple[Bounds[PacketSet], tuple[Doubt, ...]]:
        doubts = [*where.doubts, *ports.doubts]
        doubts += (_unknown(reading, keyword) for keyword in reading.unknown)
        if reading.resolved is not None:
            if self.resolves is False:
                return NOTHING, ()
            if isinstance(self.resolves, Doubt):
                doubts.append(self.resolves)
        most = _box(reading, where.addresses.most, ports.ports.most, surely=False)
        if doubts:
            uncertain = reading.unknown or (reading.resolved is not None and isinstance(self.resolves, Doubt))
            least = NO_PACKETS if uncertain else _box(reading, where.addresses.least, ports.ports.least, surely=True)
            return Bounds(least, most), tuple(doubts)
        least = _box(reading, where.addresses.least, ports.ports.least, surely=True)
        return Bounds(least, most), ()


def _box(reading: Reading, where: Destinations, ports: Intervals, *, surely: bool) -> PacketSet:
    """The packets to these addresses and ports with what the rule asks for.

    A rule with ports does not see a fragment, which has none, but may see the datagram that the engine puts together
    from its fragments. What it makes of protocols that have no ports is not documented.
    """
    resolved = ALL_NAMES if reading.resolved is None else reading.resolved
    protocols = reading.protocols.least if surely else reading.protocols.most
    every = ports == EVERY_PORT
    tcp, udp, bare = ((apps.least if surely else apps.most) for apps in (reading.tcp, reading.udp, reading.bare))
    parts = (
        (TCP, ports, tcp),
        (UDP, ports, udp if every else udp - _FRAGMENTS),
        (UDP, EVERY_PORT, NO_APPS if every or surely else udp & _FRAGMENTS),
        (OTHERS, EVERY_PORT if every or not surely else Intervals(), bare),
    )
    boxes = [
        PacketSet.box(where, protocols & some, through, apps, resolved)
        for some, through, apps in parts
        if where and protocols & some and through and apps
    ]
    return boxes[0] if len(boxes) == 1 else PacketSet.union(boxes)


def _unknown(reading: Reading, keyword: str) -> Doubt:
    effect = "cannot be counted on to deny" if reading.rule.action.denies else "may allow more than it says"
    return Doubt(f"rule {reading.rule.sid}: what {keyword} matches is not known here, so the rule {effect}")


def _placed(doubts: list[Doubt], path: str) -> tuple[Doubt, ...]:
    return tuple(dict.fromkeys(doubt if doubt.path else Doubt(doubt.reason, path, doubt.remedy) for doubt in doubts))


_LINE = re.compile(r"(?:^|,)\s*policy ([^\s,]+):([1-9]\d*)\s*(?=,|$)")


def spans_of(rule: Rule) -> tuple[Span, ...]:
    """The policy lines that a rule's metadata names: ``policy reader.yaml:12``."""
    found = _LINE.findall(rule.option("metadata") or "")
    return tuple(Span(file, int(line), 1) for file, line in found)
