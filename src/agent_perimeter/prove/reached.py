"""What can be reached, in words: one line for each kind of destination, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from agent_perimeter.bounds import Bounds
from agent_perimeter.intent import AgentIntent, Claim
from agent_perimeter.names import ALL_NAMES, NameSet
from agent_perimeter.packet_sets import ALL_APPS, App, AppSet, Box, Destinations, PacketSet, SymbolSet
from agent_perimeter.prove.compare import opened_by
from agent_perimeter.prove.words import how, where
from agent_perimeter.reach.workload import Workload
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Reached

SHOWN = 200
"""Lines for the names of one kind of destination; the last line then says how many more there are."""

_FEW = 3
_ANY_V4 = Destinations.any_v4()


def reached(workload: Workload, symbols: SymbolSet) -> tuple[Reached, ...]:
    """What surely leaves, then what may. The rules are those that let out a witness of each line.

    ``symbols``: those that stand for something in this network.
    """
    here = Destinations.anywhere() & Destinations(_ANY_V4.v4, Destinations.any_v6().v6, symbols)
    permitted = workload.permitted & Bounds.exactly(PacketSet.box(here))
    lines = [*_lines(permitted.least, workload, certain=True)]
    lines += _lines(permitted.most - permitted.least, workload, certain=False)
    return tuple(dict.fromkeys(lines))


def _lines(packets: PacketSet, workload: Workload, *, certain: bool) -> Iterator[Reached]:
    for part in _split(packets):
        for box in part.boxes():
            for line, way, some in _words(box):
                yield Reached(line, way, certain, _origin(some & packets, workload))


def _split(packets: PacketSet) -> Iterator[PacketSet]:
    """What is tied to a few resolved names apart from the rest, for which it says nothing how an address was found."""
    tied = PacketSet.union(
        PacketSet.box(box.destinations, box.protocols, box.ports, box.apps, box.resolved)
        for box in packets.boxes()
        if _tied(box.resolved)
    )
    yield (packets - tied).forget_resolved()
    yield tied - (packets - tied).forget_resolved()


def _tied(resolved: NameSet) -> bool:
    return "" not in resolved and len(list(islice(resolved.patterns(), _FEW + 1))) <= _FEW


def _origin(packets: PacketSet, workload: Workload) -> Origin:
    """The rules that let a packet out, from the first standpoint that it leaves from."""
    packet = packets.witness()
    ways = (
        opened_by(standpoint.steps(packet))
        for standpoint in workload.standpoints
        if packet is not None and packet in standpoint.permitted.most
    )
    return next(ways, Origin())


def _words(box: Box) -> Iterator[tuple[str, str, PacketSet]]:
    """A line for each name where names are what is held, otherwise one for the addresses; and what it is about."""
    port = how(box)
    to = where(box.destinations)
    found = f", if given out for {', '.join(box.resolved.patterns())}" if _tied(box.resolved) else ""

    def part(apps: AppSet) -> PacketSet:
        return PacketSet.box(box.destinations, box.protocols, box.ports, apps, box.resolved)

    whole: list[str] = []
    for what, names, apps in (
        ("TLS", box.apps.tls, AppSet.tls_names),
        ("HTTP", box.apps.http, AppSet.http_names),
    ):
        if names == ALL_NAMES:
            whole.append(what)
            continue
        listed = list(names.patterns())
        for name in listed[:SHOWN]:
            only = NameSet.below(name[2:]) if name.startswith("*.") else NameSet.exact(name)
            yield name, f"{what} on {port} at {to}{found}", part(apps(only & names or names))
        if len(listed) > SHOWN:
            yield f"and {len(listed) - SHOWN} more names", f"{what} on {port} at {to}{found}", part(apps(names))
    plain = [*whole, *(str(app) for app in App if app in box.apps.plain)]
    if plain:
        everything = part(box.apps) == part(ALL_APPS)
        yield (
            to,
            f"{port}, whatever is said{found}" if everything else f"{port}, {', '.join(plain)} only{found}",
            part(box.apps),
        )


def allowed(agent: AgentIntent) -> tuple[Reached, ...]:
    """What the policy allows, in the same words."""
    ways = {Claim.TLS: "TLS on tcp", Claim.HTTP: "HTTP on tcp", Claim.RESOLVED: "tcp"}
    lines = [
        Reached(
            f"{reach.name}" + (f" at {reach.pins}" if reach.pins else ""),
            f"{ways[reach.claim]}/{reach.ports}",
            certain=True,
            origin=reach.origin,
        )
        for reach in agent.names
    ]
    lines += [
        Reached(str(reach.addresses), f"{reach.protocol.lower()}/{reach.ports}", certain=True, origin=reach.origin)
        for reach in agent.addresses
    ]
    lines += [
        Reached(
            f"AWS {reach.service}",
            f"{', '.join(reach.actions)} on {', '.join(reach.resources)}",
            certain=True,
            origin=reach.origin,
        )
        for reach in agent.services
    ]
    return tuple(lines)
