"""What leaves in one network and not in another, end to end, though the intent cannot tell it from what it means.

An intent that knows names cannot tell who answers to one, so a connection to somebody else's address under an allowed
name is no excess. That it got out nowhere before, and does now, is news all the same. Only addresses are anybody's, and
only those that the resolver did not give out for an allowed name: what lies behind an endpoint, at an address of the
intent or at one that was asked for is held to the intent exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from agent_perimeter.bounds import Bounds
from agent_perimeter.names import NameSet
from agent_perimeter.packet_sets import NO_PACKETS, UNIVERSE, Destinations, PacketSet
from agent_perimeter.prove.compare import gaps
from agent_perimeter.prove.layers import Judged, seen
from agent_perimeter.prove.projection import Held, end_to_end, through_firewall
from agent_perimeter.verdict import Gap

_ANYBODY = Bounds.exactly(
    PacketSet.box(Destinations(Destinations.any_v4().v4, Destinations.any_v6().v6), resolved=NameSet.exact(""))
)


def grown(before: Judged, after: Judged) -> tuple[Gap, ...]:
    """What one agent surely sends to anybody after a change and could not before, apart from what it was owed.

    An agent that stood nowhere before has got its place, and nothing to compare it with.
    """
    if not before.workload.standpoints:
        return ()
    possible = before.workload.permitted.most
    known = possible | _addressed(after) | _owed(before, possible)
    return tuple({str(gap.witness): gap for gap in _beyond(known, after)}.values())


def _addressed(judged: Judged) -> PacketSet:
    """What the intent names by address, with a name or without."""
    agent = judged.agent
    pinned = replace(agent, names=tuple(reach for reach in agent.names if reach.pins))
    return through_firewall(pinned, judged.around).allowed


def _owed(judged: Judged, possible: PacketSet) -> PacketSet:
    """What an honest client was kept from. Who gives it back gives a dishonest one the same bytes, to wherever."""
    missed = end_to_end(judged.agent, judged.around).required - possible
    return PacketSet.union(
        PacketSet.box(protocols=box.protocols, ports=box.ports, apps=box.apps) for box in missed.boxes()
    )


def _beyond(known: PacketSet, after: Judged) -> Iterator[Gap]:
    held = Held(known, NO_PACKETS)
    for standpoint in after.workload.standpoints:
        least = (seen(standpoint.permitted, after.around) & _ANYBODY).least
        nothing = Bounds(NO_PACKETS, UNIVERSE)
        yield from gaps(Bounds.exactly(least), nothing, held, partial(after.steps, standpoint), after.lines)
