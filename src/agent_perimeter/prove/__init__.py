"""Proving: what every agent of a network can reach, held to what its policy allows.

The judge works from what was found (``ObservedNetwork``) and from what is meant (``Intent``) and from nothing
else; it has never seen how a perimeter is built.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from agent_perimeter.bounds import Bounds
from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.intent import AgentIntent, Intent
from agent_perimeter.lift.placement import Placement
from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet
from agent_perimeter.observed import Doubt, ManagedList, ObservedNetwork, Ref, Vpc
from agent_perimeter.packet_sets import Destinations, PacketSet
from agent_perimeter.packets import AddressSet, Intervals
from agent_perimeter.prove import layers, services
from agent_perimeter.prove.layers import Judged, Vicinity
from agent_perimeter.prove.projection import REGION, Surroundings, list_symbol
from agent_perimeter.prove.reached import allowed, reached
from agent_perimeter.prove.residual import residuals
from agent_perimeter.reach.addresses import endpoint_parts, members_symbol
from agent_perimeter.reach.dns import dns_layer, unwatched
from agent_perimeter.reach.endpoints import service_of
from agent_perimeter.reach.index import Index
from agent_perimeter.reach.routes import End
from agent_perimeter.reach.workload import Workload, workload
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import AgentVerdict, Layer, LayerVerdict, Proof, Status


def prove(
    network: ObservedNetwork,
    places: Iterable[Placement],
    intent: Intent | None,
    source: str,
    runtimes: Mapping[str, tuple[str, ...]] | None = None,
    *,
    named: bool = False,
    only: Collection[str] | None = None,
    listed: bool = True,
) -> Proof:
    """Hold every agent to its policy. Without an intent, say what each place can reach and judge nothing.

    An agent of the intent that has no place is Unknown; a place without a policy is held to a policy that
    allows nothing. ``runtimes``: what runs an agent (Lambda, AgentCore), which may call some of AWS in its name.
    ``named``: the places were named by hand, not found by tags, so nothing ties a role to them. ``only`` these agents
    are judged, beside all that stand there. ``listed``: whether the proof lists all that each of them can reach, which
    takes as long as judging it.
    """
    known = _Cases(network, places, intent)
    if intent is None:
        verdicts = tuple(_unjudged(known.places[name], known.of(name)) for name in known.standing)
        return Proof(source, False, verdicts, network.doubts)
    verdicts = tuple(
        _judged(known.of(name), known.places[name], (runtimes or {}).get(name, ()), expected=not named, listed=listed)
        if name in known.places
        else _homeless(known.meant[name])
        for name in sorted(known.meant)
        if only is None or name in only
    )
    return Proof(source, True, verdicts, network.doubts)


def judged(network: ObservedNetwork, places: Iterable[Placement], intent: Intent | None, agent: str) -> Judged:
    """One agent in its place, as everything that is judged about it sees it. Raises ``KeyError`` without a place."""
    return _Cases(network, places, intent).of(agent)


def everyone(network: ObservedNetwork, places: Iterable[Placement], intent: Intent) -> dict[str, Judged]:
    """Every agent that has a place, by name, as everything that is judged about it sees it."""
    cases = _Cases(network, places, intent)
    return {name: cases.of(name) for name in cases.standing}


class _Cases:
    """Every agent with its place, what it may, and what it can; worked out once for all that is judged."""

    def __init__(self, network: ObservedNetwork, places: Iterable[Placement], intent: Intent | None) -> None:
        self.index = Index(network)
        self.places = {place.agent: place for place in places}
        self.standing = {name: _stand(self.index, place) for name, place in sorted(self.places.items())}
        self._vicinities: dict[str, Vicinity] = {}
        agents = intent.agents if intent is not None else ()
        self.meant = {name: _nothing(name) for name in self.places} | {agent.name: agent for agent in agents}

    def of(self, name: str) -> Judged:
        """One agent beside its neighbours. Raises ``KeyError`` without a place."""
        return Judged(self.meant[name], self.standing[name], self._vicinity(name))

    def _vicinity(self, name: str) -> Vicinity:
        vpc = self.standing[name].vpc
        key = vpc.id if vpc is not None else f"without a VPC: {name}"
        if key not in self._vicinities:
            beside = {
                other: found
                for other, found in self.standing.items()
                if other == name or (vpc and (found.vpc == vpc or self._belongs(other, vpc)))
            }
            blocks = AddressSet.of(
                standpoint.source.v4
                for other in beside.values()
                for standpoint in other.standpoints
                if isinstance(standpoint.source.v4, Cidr)
            )
            around = _surroundings(self.index, vpc)
            agents = tuple(self.meant[other] for other in beside)
            self._vicinities[key] = Vicinity(self.index, vpc, around, agents, blocks)
        return self._vicinities[key]

    def _belongs(self, agent: str, vpc: Vpc) -> bool:
        """Whether an agent that stands nowhere, having lost its subnets, is this VPC's by its security groups."""
        place = self.places[agent]
        groups = (self.index.groups.get(group) for group in place.groups)
        return not place.subnets and any(group is not None and group.vpc == vpc.id for group in groups)


def _nothing(name: str) -> AgentIntent:
    return AgentIntent(name, (), (), (), Span("", 0, 0))


def _stand(index: Index, place: Placement) -> Workload:
    vpcs = {vpc.id: vpc for vpc in map(index.vpc_of, place.subnets) if vpc is not None}
    resolvable = Bounds(NO_NAMES, ALL_NAMES)
    if len(vpcs) == 1:
        resolvable = dns_layer(index.network, next(iter(vpcs.values()))).resolvable
    return workload(index, place.subnets, place.groups, resolvable)


def _unjudged(place: Placement, case: Judged) -> AgentVerdict:
    doubts = (*place.doubts, *case.workload.doubts, *_foreign(case.index, case.workload.vpc))
    layer = LayerVerdict(Layer.END_TO_END, Status.UNKNOWN if doubts else Status.ABSENT, (), doubts)
    can = reached(case.workload, case.around.known_symbols)
    return AgentVerdict(place.agent, place.subnets, _names(place.groups), (layer,), can, (), ())


def _names(groups: Iterable[Ref]) -> tuple[str, ...]:
    return tuple(group for group in groups if isinstance(group, str))


def _homeless(agent: AgentIntent) -> AgentVerdict:
    doubt = Doubt(
        f"no subnet of the network bears the tag agent-perimeter:agent = {agent.name}",
        remedy="naming where it runs with --subnet and --security-group",
    )
    layer = LayerVerdict(Layer.END_TO_END, Status.UNKNOWN, (), (doubt,))
    return AgentVerdict(agent.name, (), (), (layer,), (), allowed(agent), ())


def _judged(case: Judged, place: Placement, runtimes: tuple[str, ...], *, expected: bool, listed: bool) -> AgentVerdict:
    vpc = case.workload.vpc
    verdicts = (
        services.dns(case),
        layers.security_group(case),
        layers.network_acl(case),
        layers.routes(case),
        layers.firewall(case),
        services.endpoints(case),
        services.boundary(case, runtimes, expected=expected),
        layers.whole_path(case, (*place.doubts, *_foreign(case.index, vpc))),
    )
    risks = residuals(
        case.agent,
        (other for other in case.neighbours if other.name != case.agent.name),
        resolved_ip=_validates(case),
        default_group=vpc is None or _has_open_default(case.index, vpc),
        coarse_acl=layers.is_coarse(case),
        threats=() if vpc is None else unwatched(case.index.network, vpc),
    )
    return AgentVerdict(
        place.agent,
        place.subnets,
        _names(place.groups),
        verdicts,
        reached(case.workload, case.around.known_symbols) if listed else (),
        allowed(case.agent) if listed else (),
        risks,
    )


def _surroundings(index: Index, vpc: Vpc | None) -> Surroundings:
    endpoints: dict[str, list[str]] = {}
    blocks: dict[str, list[Cidr]] = {}
    for endpoint in index.reachable_endpoints:
        service = service_of(endpoint)
        if vpc is None or endpoint.vpc != vpc.id or service is None or endpoint.maybe is not None:
            continue
        endpoints.setdefault(service, []).extend(symbol for symbol, _ in endpoint_parts(endpoint))
        blocks.setdefault(service, []).extend(
            block for block in index.blocks_under(endpoint) if isinstance(block, Cidr)
        )
    return Surroundings(
        local=AddressSet.of(block for block in (vpc.cidrs if vpc is not None else ()) if isinstance(block, Cidr)),
        endpoints={service: tuple(symbols) for service, symbols in endpoints.items()},
        endpoint_blocks={service: AddressSet.of(some) for service, some in blocks.items()},
        lists=tuple(sorted({*map(list_symbol, _gateway_services()), *map(list_symbol, _lists(index))})),
        symbols=(
            *(symbol for endpoint in index.reachable_endpoints for symbol, _ in endpoint_parts(endpoint)),
            *(members_symbol(group) for group in index.groups if index.has_members(group)),
        ),
        region=vpc.region if vpc is not None else REGION,
    )


def _gateway_services() -> Iterator[str]:
    return (name for name, service in SERVICES.items() if service.kind == "gateway")


def _lists(index: Index) -> Iterator[str]:
    """The AWS-managed prefix lists that rules and routes of the network name."""
    for group in index.groups.values():
        for rule in (*group.egress, *group.ingress):
            if isinstance(rule.peer, ManagedList):
                yield rule.peer.service
    for route in index.network.routes:
        if isinstance(route.destination, ManagedList):
            yield route.destination.service


def _foreign(index: Index, vpc: Vpc | None) -> tuple[Doubt, ...]:
    """Resources that touch this VPC in a way that nobody knows."""
    return tuple(
        foreign.doubt
        for foreign in index.network.foreign
        if vpc is None or not foreign.touches or any(_in(index, part, vpc) for part in foreign.touches)
    )


def _in(index: Index, part: str, vpc: Vpc) -> bool:
    """Whether a record is in the VPC, or for all that is known may be."""
    for records in (index.subnets, index.groups, index.tables, index.acls, index.gateways, index.firewalls):
        record = records.get(part)
        if record is not None:
            return not isinstance(record.vpc, str) or record.vpc == vpc.id
    return part == vpc.id or part not in index.vpcs


def _validates(case: Judged) -> bool:
    """Whether nothing leaves for an address that nobody resolved, apart from those that policies name."""
    named = Intervals.union(
        addresses.v4
        for agent in case.neighbours
        for addresses in (*(one.addresses for one in agent.addresses), *(one.pins for one in agent.names))
    )
    elsewhere = Destinations(v4=Destinations.any_v4().v4 - named)
    unresolved = PacketSet.box(elsewhere, resolved=NameSet.exact(""))
    return not any(
        passage.permitted.most & unresolved
        for standpoint in case.workload.standpoints
        for passage in standpoint.passages
        if passage.path.end is not End.SERVICE
    )


def _has_open_default(index: Index, vpc: Vpc) -> bool:
    """Whether the VPC's default group has rules, or may have."""
    group = index.groups.get(f"{vpc.id}/default-group")
    return group is None or bool(group.egress or group.ingress)
