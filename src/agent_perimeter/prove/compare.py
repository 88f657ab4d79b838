"""Holding what a layer permits between what it may and what it must let out: the gaps, each with a witness.

One witness is not enough where a layer fails in several ways, and all of them would be too many: a gap is
shown once for each protocol and kind of bytes, with a witness, and says how much it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from agent_perimeter.bounds import Bounds
from agent_perimeter.names import ALL_NAMES, NameSet
from agent_perimeter.packet_sets import UNIVERSE, App, AppSet, Destinations, Packet, PacketSet
from agent_perimeter.packets import Intervals
from agent_perimeter.prove.projection import Held
from agent_perimeter.prove.words import how, where
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Gap, Kind, Layer, LayerVerdict, Outcome, Status, Step

WITNESSES = 4
"""How many gaps of one kind are shown for one layer. More tell a reader nothing new."""

_SHOWN = 3

Explain = Callable[[Packet], tuple[Step, ...]]
"""What the layers in question do with a packet."""
Lines = Callable[[Packet], Origin]
"""The policy lines that speak of a packet."""


def gaps(
    permitted: Bounds[PacketSet],
    works: Bounds[PacketSet],
    held: Held,
    explain: Explain,
    lines: Lines,
    meant: PacketSet = UNIVERSE,
) -> tuple[Gap, ...]:
    """Every way in which a layer departs from the intent.

    ``permitted`` is what leaves, which must not exceed ``held.allowed``; ``works`` is what an honest client
    can use, which must not fall short of ``held.required``. Certain gaps hide uncertain ones of the same packets.
    ``meant`` is what the intent itself would send, where a layer knows less of a packet: what is missing is shown by
    one of those.
    """
    excess = permitted.least - held.allowed
    perhaps = (permitted.most - held.allowed) - excess
    missing = held.required - works.most
    lacking = (held.required - works.least) - missing
    return tuple(
        _gap(kind, certain, packet, part, explain, lines)
        for kind, certain, packets in (
            (Kind.EXCESS, True, excess),
            (Kind.EXCESS, False, perhaps),
            (Kind.MISSING, True, missing),
            (Kind.MISSING, False, lacking),
        )
        for packet, part in _parts(packets, UNIVERSE if kind is Kind.EXCESS else meant)
    )


def _gap(kind: Kind, certain: bool, packet: Packet, part: PacketSet, explain: Explain, lines: Lines) -> Gap:
    steps = explain(packet)
    origin = opened_by(steps) if kind is Kind.EXCESS else lines(packet)
    return Gap(kind, certain, packet, scope(part), steps, origin)


def opened_by(steps: tuple[Step, ...]) -> Origin:
    """The rules that let a packet out; its place is the firewall's rule, which says most about it, or the first one."""
    found = Origin()
    for step in sorted(steps, key=lambda step: step.layer is not Layer.FIREWALL):
        if step.outcome in (Outcome.ALLOWS, Outcome.PERHAPS):
            found |= step.origin
    return found


def _parts(packets: PacketSet, wanted: PacketSet) -> Iterator[tuple[Packet, PacketSet]]:
    """Witnesses of different kinds, wanted ones where there are any: with what else is of their protocol and kind.

    Where a witness could say anything at all, kinds of bytes are no difference, and its protocol is one part.
    """
    rest = packets
    for _ in range(WITNESSES):
        packet = (rest & wanted).witness() or rest.witness()
        if packet is None:
            return
        protocol = Intervals(((packet.protocol, packet.protocol),))
        whole = PacketSet.box(protocols=protocol)
        alike = PacketSet.box(protocols=protocol, apps=AppSet.of(packet.app))
        here = PacketSet.box(_at(packet), protocol, Intervals(((packet.port, packet.port),)))
        if here.forget_resolved() <= (rest & here).forget_resolved():
            alike = whole
        yield packet, rest & alike
        # What opens only to carry these bytes is no news of its own.
        rest = rest - alike - _opening(packet)


def _at(packet: Packet) -> Destinations:
    if isinstance(packet.destination, str):
        return Destinations.symbol(packet.destination)
    return Destinations.of((packet.destination,))


def _opening(packet: Packet) -> PacketSet:
    openings = AppSet.of(App.HANDSHAKE) if packet.app is not App.HANDSHAKE else AppSet.of(App.HANDSHAKE, App.EARLY)
    return PacketSet.box(protocols=Intervals(((packet.protocol, packet.protocol),)), apps=openings)


def scope(packets: PacketSet) -> str:
    """A set of packets in a few words: where to, by what, and which names where only some are meant."""
    lines: list[str] = []
    for box in islice(packets.boxes(), _SHOWN + 1):
        names = [names for names in (box.apps.tls, box.apps.http) if names and names != ALL_NAMES]
        named = f" for {_listed(names[0])}" if names else ""
        lines.append(f"{where(box.destinations)} by {how(box)}{named}")
    unique = list(dict.fromkeys(lines))
    return "; ".join(unique[:_SHOWN]) + ("; and more" if len(lines) > _SHOWN else "")


def _listed(names: NameSet) -> str:
    listed = list(islice(names.patterns(), _SHOWN + 1))
    return ", ".join(listed[:_SHOWN]) + (" and more" if len(listed) > _SHOWN else "")


def status_of(found: tuple[Gap, ...], doubts: tuple[object, ...] = ()) -> Status:
    """Refuted by a certain gap, unknown by any other or by a doubt, proven otherwise."""
    if any(gap.certain for gap in found):
        return Status.REFUTED
    return Status.UNKNOWN if found or doubts else Status.PROVEN


def verdict(layer: Layer, found: tuple[Gap, ...], note: str = "") -> LayerVerdict:
    """A layer's verdict, all gaps alike shown once."""
    unique: dict[tuple[Kind, bool, str], Gap] = {}
    for gap in found:
        unique.setdefault((gap.kind, gap.certain, str(gap.witness)), gap)
    return LayerVerdict(layer, status_of(found), tuple(unique.values()), (), note)
