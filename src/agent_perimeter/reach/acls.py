"""Network ACLs on a path: stateless, so replies must be let back in by rules of their own.

An ACL sees what crosses its subnet's edge, compares an entry's CIDR with the *far* end of a packet (the
destination of what goes out, the source of what comes in), and lets the lowest matching number decide (VPC
user guide, network ACLs). Seen from the agent, whose packets go outward, that gives four lists:

===========  ======================================  ======================================
hop          the packet itself                       its reply
===========  ======================================  ======================================
``OUT`` of   egress entries, the remote address,     ingress entries, the remote address,
a subnet     the remote port                         the client's port
``IN`` to    ingress entries, the agent's address,   egress entries, the agent's address,
a subnet     the remote port                         the client's port
===========  ======================================  ======================================

**Which replies matter.** A datagram, an ICMP message, a TCP SYN and whatever is sent before a handshake ends
have left the network when they have left it: a sender who gives data away needs no answer. So those are
permitted by the way out alone. Bytes of an established TCP connection flow only when the SYN-ACK comes back,
so they also need a way back for *some* client port, for the sender picks its own. Beyond a NAT gateway the
port is one of 1024-65535 and the gateway picks it. Before it, one and the same port must pass all hops.

That is ``permitted``. An agent that is *allowed* to talk must be answered whatever port its system picks,
over UDP too: ``answered`` holds in ``least`` the packets whose replies come back to every ephemeral port.

**Doubts.** An entry that may not exist, or may match less, allows perhaps and denies perhaps. An entry whose
number is unknown is put first, matching nothing for sure: there it widens what may pass by all that it could
allow, and narrows what surely passes by all that it could deny, which is the most that it could do anywhere.
Entries that share a number match nothing for sure either, for AWS takes only one of them. An entry whose
action is unknown is two such entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache, reduce
from typing import ClassVar

from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Chain, Link
from agent_perimeter.observed import Acl, AclEntry, Doubt
from agent_perimeter.packet_sets import ALL_APPS, NO_PACKETS, UNIVERSE, App, AppSet, Packet, PacketSet
from agent_perimeter.packets import Intervals
from agent_perimeter.reach.addresses import (
    ALL_PROTOCOLS,
    TCP,
    UDP,
    Matched,
    Source,
    packets_of,
    peer_destinations,
    peer_name,
    protocol_name,
    unread,
)
from agent_perimeter.reach.groups import step
from agent_perimeter.reach.index import Index, doubts_of
from agent_perimeter.source import Origin
from agent_perimeter.values import EPHEMERAL_PORTS, PortRange
from agent_perimeter.verdict import Layer, Outcome, Step

_TCP = Intervals(((TCP, TCP),))
_WITH_PORTS = Intervals.of(((TCP, TCP), (UDP, UDP)))
_PAYLOAD = PacketSet.box(protocols=_TCP, apps=ALL_APPS - AppSet.of(App.HANDSHAKE, App.EARLY))
"""Bytes of an established TCP connection."""
_ONE_WAY = UNIVERSE - _PAYLOAD


def _asked(first: int, last: int) -> PacketSet:
    """Replies to a range of client ports. An echo reply (type 0, code 0) and what has no ports stand at 0."""
    with_ports = PacketSet.box(protocols=_WITH_PORTS, ports=Intervals(((first, last),)))
    return with_ports | PacketSet.box(protocols=ALL_PROTOCOLS - _WITH_PORTS, ports=Intervals(((0, 0),)))


_ASKED = _asked(0, 65535)
"""A sender that means to get out binds to any port."""
_ASKED_OF_NAT = _asked(EPHEMERAL_PORTS.first, EPHEMERAL_PORTS.last)
"""A NAT gateway picks one of these, and so does an ordinary client."""


class Direction(StrEnum):
    """Which way a packet of the agent crosses a subnet's edge."""

    OUT = "out of"
    IN = "into"


@dataclass(frozen=True, slots=True)
class Hop:
    """A packet of the agent crosses the edge of one of ``subnets``.

    ``nat``: where a NAT gateway that it has passed stands, whose address it bears from there on.
    """

    subnets: tuple[str, ...]
    direction: Direction
    nat: Source | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AclList:
    """One direction of an ACL, for packets from one place."""

    chain: Chain[PacketSet]
    permitted: Bounds[PacketSet]


@dataclass(frozen=True, slots=True)
class Wall:
    """The ACL at one hop; several candidates where it is not known which, and ``doubts`` say why.

    ``out`` holds each candidate's list for packets, ``back`` for their replies: there the port of a packet is
    the client's. ``trials`` are client ports that tell all entries apart, the most usual first.
    """

    hop: Hop
    out: tuple[AclList, ...]
    back: tuple[AclList, ...]
    trials: tuple[int, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class AclLayer:
    """All ACLs of a path.

    ``permitted``: what gets out. ``answered``: packets that are answered on every ephemeral port (``least``),
    or may be on some port (``most``); it says nothing about the way out.
    """

    walls: tuple[Wall, ...]
    permitted: Bounds[PacketSet]
    answered: Bounds[PacketSet]
    layer: ClassVar[Layer] = Layer.NETWORK_ACL

    def decide(self, packet: Packet) -> Step:
        """What all ACLs together make of the packet: the entry that decides, otherwise the first one's."""
        steps = [*self._way_out(packet), *self._way_back(packet)]
        if not steps:
            return Step(self.layer, Outcome.SKIPS, "no subnet's edge is crossed")
        outcome = _outcome(self.permitted, packet)
        deciding = [one for one in steps if one.outcome is outcome]
        if deciding and outcome is not Outcome.PERHAPS:
            return deciding[0]
        rule = deciding[0].rule if deciding else "no client port is surely let back in by all ACLs on the way"
        doubts = [
            *(doubt for one in steps for doubt in one.doubts),
            *(why for wall in self.walls for why in wall.doubts),
        ]
        shown = deciding[0] if deciding else steps[0]
        return Step(self.layer, outcome, rule, shown.origin, tuple(dict.fromkeys(doubts)))

    def _way_out(self, packet: Packet) -> Iterator[Step]:
        for wall in self.walls:
            for found in wall.out:
                yield step(self.layer, found.chain, packet)

    def _way_back(self, packet: Packet) -> Iterator[Step]:
        """Of TCP payload: what each list does with replies, on the client port that gets furthest."""
        if packet not in _PAYLOAD:
            return
        for wall in self.walls:
            for found in wall.back:
                tried = (step(self.layer, found.chain, replace(packet, port=port)) for port in wall.trials)
                best = _easiest(tried)
                yield replace(best, rule=f"replies: {best.rule}")


_EASE = (Outcome.ALLOWS, Outcome.PERHAPS, Outcome.DENIES)


def _easiest(tried: Iterable[Step]) -> Step:
    """The first of those that let the most through. What is allowed outright need not be tried again."""
    seen: list[Step] = []
    for one in tried:
        if one.outcome is Outcome.ALLOWS:
            return one
        seen.append(one)
    return min(seen, key=lambda one: _EASE.index(one.outcome))


OPEN = AclLayer((), Bounds.exactly(UNIVERSE), Bounds.exactly(UNIVERSE))
"""No ACL at all, as within a subnet."""


def walls(index: Index, source: Source, hops: Iterable[Hop]) -> AclLayer:
    """The ACLs that packets of ``source`` meet at ``hops``. Without a hop everything passes."""
    found = tuple(_wall(index, source, hop) for hop in hops)
    if not found:
        return OPEN
    return AclLayer(found, *_through(tuple((wall.out, wall.back, wall.hop.nat is not None) for wall in found)))


@lru_cache(maxsize=256)
def _through(
    edges: tuple[tuple[tuple[AclList, ...], tuple[AclList, ...], bool], ...],
) -> tuple[Bounds[PacketSet], Bounds[PacketSet]]:
    """What passes all walls, and what is answered. Many agents meet the same lists: remembered."""
    out = _all([_either(out) for out, _, _ in edges])
    before = _all([_either(back) for _, back, natted in edges if not natted])
    beyond = _all([_either(back) for _, back, natted in edges if natted])
    least = _on_some(before.least, _ASKED) & _on_some(beyond.least, _ASKED_OF_NAT)
    most = _on_some(before.most, _ASKED) & _on_some(beyond.most, _ASKED_OF_NAT)
    permitted = out & Bounds(_ONE_WAY | least, _ONE_WAY | most)
    return permitted, Bounds(_on_every(before.least & beyond.least, _ASKED_OF_NAT), most)


def _wall(index: Index, source: Source, hop: Hop) -> Wall:
    acls: dict[str, Acl] = {}
    doubts: list[Doubt] = []
    unseen = False
    for subnet in hop.subnets:
        choice = index.acl_of(subnet)
        acls |= {acl.id: acl for acl in choice.candidates}
        doubts.extend(choice.doubts)
        unseen |= choice.open
    outward = hop.direction is Direction.OUT
    sender = hop.nat or source
    out = [_asked_list(index, acl, sender, egress=outward, far=outward) for acl in acls.values()]
    back = [_asked_list(index, acl, sender, egress=not outward, far=outward) for acl in acls.values()]
    if unseen:
        out.append(_unseen(tuple(doubts)))
        back.append(_unseen(tuple(doubts)))
    return Wall(hop, tuple(out), tuple(back), _trials(acls.values(), hop), tuple(dict.fromkeys(doubts)))


def _asked_list(index: Index, acl: Acl, source: Source, *, egress: bool, far: bool) -> AclList:
    """One direction of an ACL; ``far``: its CIDRs are compared with the remote address, not with the sender's."""
    matched = (peer_destinations(index, entry.cidr) if far else source.within(entry.cidr) for entry in acl.entries)
    return _list(acl, egress, tuple(matched))


@lru_cache(maxsize=256)
def _list(acl: Acl, egress: bool, matched: tuple[Matched, ...]) -> AclList:
    """One direction's entries in order; ``matched`` is what the CIDR of each entry stands for."""
    entries = [
        (entry, there)
        for entry, there in zip(acl.entries, matched, strict=True)
        if entry.egress is egress or isinstance(entry.egress, Doubt)
    ]
    numbers = Counter(entry.number for entry, _ in entries)
    links: list[Link[PacketSet]] = []
    for entry, there in sorted(entries, key=lambda pair: _position(pair[0])):
        match = packets_of(there.destinations, entry.protocol, entry.ports)
        doubts = [*doubts_of(entry), *_unread(entry), *there.doubts]
        if numbers[entry.number] > 1 and not isinstance(entry.number, Doubt):
            doubts.append(Doubt(f"{acl.id} has more than one entry {entry.number}", entry.origin.path))
        placed = isinstance(entry.number, int) and isinstance(entry.egress, bool) and isinstance(entry.allow, bool)
        if entry.maybe is not None or not placed or numbers[entry.number] > 1:
            match = Bounds(NO_PACKETS, match.most)
        text = _text(acl, entry)
        actions = (False, True) if isinstance(entry.allow, Doubt) else (entry.allow,)
        links.extend(Link(match, allow, text, entry.origin, tuple(doubts)) for allow in actions)
    chain = Chain(tuple(links), Link.always(UNIVERSE, f"{acl.id} denies what no entry allows", origin=acl.origin))
    return AclList(chain, chain.permitted)


def _unseen(doubts: tuple[Doubt, ...]) -> AclList:
    origin = Origin(path=doubts[0].path if doubts else "")
    text = "an ACL that is not known"
    perhaps = Link(Bounds(NO_PACKETS, UNIVERSE), allow=True, rule=text, origin=origin, doubts=doubts)
    chain = Chain((perhaps,), Link.always(UNIVERSE, text, origin=origin))
    return AclList(chain, chain.permitted)


def _position(entry: AclEntry) -> int:
    """An entry of an unknown number does the most where it stands first."""
    return entry.number if isinstance(entry.number, int) else -1


def _unread(entry: AclEntry) -> list[Doubt]:
    values = [value for value in (entry.number, entry.egress, entry.allow) if isinstance(value, Doubt)]
    return [*values, *unread(entry.protocol, entry.ports, entry.origin)]


def _text(acl: Acl, entry: AclEntry) -> str:
    number = "of unknown number" if isinstance(entry.number, Doubt) else str(entry.number)
    match entry.allow:
        case True:
            verb = "allows"
        case False:
            verb = "denies"
        case _:
            verb = "allows or denies"
    match entry.egress:
        case True:
            side = "to"
        case False:
            side = "from"
        case _:
            side = "to or from"
    what = protocol_name(entry.protocol, entry.ports)
    return f"{acl.id} entry {number} {verb} {what} {side} {peer_name(entry.cidr)}"


def _trials(acls: Iterable[Acl], hop: Hop) -> tuple[int, ...]:
    ranges = [entry.ports for acl in acls for entry in acl.entries if isinstance(entry.ports, PortRange)]
    edges = sorted({port for ports in ranges for port in (ports.first, ports.last + 1)})
    lowest = EPHEMERAL_PORTS.first if hop.nat is not None else 0
    return tuple(dict.fromkeys(port for port in (49152, lowest, *edges) if lowest <= port <= 65535))


def _outcome(bounds: Bounds[PacketSet], packet: Packet) -> Outcome:
    if packet in bounds.least:
        return Outcome.ALLOWS
    return Outcome.PERHAPS if packet in bounds.most else Outcome.DENIES


def _all(parts: list[Bounds[PacketSet]]) -> Bounds[PacketSet]:
    return reduce(Bounds.__and__, parts) if parts else Bounds.exactly(UNIVERSE)


def _either(lists: tuple[AclList, ...]) -> Bounds[PacketSet]:
    """One of the lists holds, and it is not known which."""
    if len(lists) == 1:
        return lists[0].permitted
    least = reduce(PacketSet.__and__, (one.permitted.least for one in lists))
    return Bounds(least, PacketSet.union(one.permitted.most for one in lists))


def _on_some(replies: PacketSet, asked: PacketSet) -> PacketSet:
    """The packets, whatever their port, that any of the replies that are asked about comes back for."""
    return PacketSet.union(
        PacketSet.box(destinations=box.destinations, protocols=box.protocols) for box in (replies & asked).boxes()
    )


def _on_every(replies: PacketSet, asked: PacketSet) -> PacketSet:
    """The packets, whatever their port, that each of the replies that are asked about comes back for."""
    return UNIVERSE - _on_some(asked - replies, asked)
