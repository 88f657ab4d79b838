"""The way back: whether replies pass the firewalls of the way out.

A stateful firewall that sees only one half of a connection drops it (Network Firewall guide, asymmetric
routing). Replies arrive at a NAT gateway, whose subnet's table must name the sender's block, for otherwise
``local`` takes them; or at an internet gateway, whose own table (an edge association) must.
"""

from __future__ import annotations

from agent_perimeter.observed import Doubt, RouteTable, Target, TargetKind
from agent_perimeter.packet_sets import Destinations
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.index import Choice, Index
from agent_perimeter.reach.tables import Way, ways
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome, Step


def returns(index: Index, choice: Choice[RouteTable], to: Source, firewalls: tuple[str, ...]) -> Step:
    """Whether packets to a source pass these firewalls backwards and then reach it, beginning with a table.

    ALLOWS: surely all of them. DENIES: surely none. PERHAPS otherwise.
    """
    block = to.v4 or to.v6
    if not isinstance(block, Cidr):
        doubt = block or Doubt(f"{to.subnet} has no address to come back to")
        return Step(Layer.ROUTES, Outcome.PERHAPS, "the block that replies go to is not known", doubts=(doubt,))
    wanted = Destinations.of((block,))
    passed: list[str] = []
    origins: list[Origin] = []
    for name in (*reversed(firewalls), None):
        taken = [(at, way) for at in choice.candidates for way in ways(index, at) if way.destinations.most & wanted]
        wrong = [f"{at.id}: {way.rule}" for at, way in taken if not _leads_to(way, name)]
        passed.extend(f"{at.id}: {way.rule}" for at, way in taken if _leads_to(way, name))
        origins.extend(way.origin for _, way in taken)
        unsure = [why for _, way in taken if not wanted <= way.destinations.least for why in way.doubts]
        unread = [why for _, way in taken for why in (_unread(way.target),) if why is not None]
        doubts = [*choice.doubts, *unsure, *unread]
        if not doubts and len(wrong) == len(taken):
            return Step(Layer.ROUTES, Outcome.DENIES, _missed(name, wrong), origins[-1] if taken else Origin())
        if wrong:
            doubts.append(Doubt(_missed(name, ["perhaps, or in part", *wrong]), origins[-1].path))
        endpoints = () if name is None else index.firewalls[name].subnets
        if name is not None and (len(endpoints) != 1 or not isinstance(endpoints[0], str)):
            why = f"it is not known which endpoint of {name} replies pass"
            doubts.append(Doubt(why, index.firewalls[name].origin.path))
        if doubts:
            rule = f"replies may come back by {'; '.join(passed) or 'a way that is not known'}"
            origin = origins[0] if origins else Origin(path=doubts[0].path)
            return Step(Layer.ROUTES, Outcome.PERHAPS, rule, origin, tuple(dict.fromkeys(doubts)))
        choice = index.table_of(str(endpoints[0])) if endpoints else choice
    return Step(Layer.ROUTES, Outcome.ALLOWS, f"replies come back by {'; '.join(passed)}", origins[0])


def _missed(name: str | None, wrong: list[str]) -> str:
    by = "; ".join(wrong) or "no table sends them there"
    return f"replies do not reach the sender: {by}" if name is None else f"replies go around {name}: {by}"


def _unread(target: Target | Doubt) -> Doubt | None:
    """Why it is not known where a route leads."""
    if isinstance(target, Target):
        return target.ref if isinstance(target.ref, Doubt) else None
    return target


def _leads_to(way: Way, name: str | None) -> bool:
    """To the firewall of this name, or, without one, to interfaces of the VPC."""
    if not isinstance(way.target, Target) or way.endpoint is not None:
        return False
    if name is None:
        return way.target.kind is TargetKind.LOCAL
    return way.target.kind is TargetKind.FIREWALL and way.target.ref == name
