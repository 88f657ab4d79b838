"""Each layer held to the intent on its own, and all of them together.

A layer that lets out more than the intent is refuted even where another layer would stop it: perimeters die
by shrinking to one layer without anybody noticing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Chain
from agent_perimeter.intent import AgentIntent
from agent_perimeter.observed import Doubt, Subnet, Vpc
from agent_perimeter.packet_sets import (
    NO_PACKETS,
    UNIVERSE,
    App,
    Destinations,
    Packet,
    PacketSet,
    SymbolSet,
)
from agent_perimeter.packets import AddressSet, Intervals
from agent_perimeter.prove.compare import Explain, gaps, verdict
from agent_perimeter.prove.edges import EPHEMERAL, Edges, expressible, protocols_of
from agent_perimeter.prove.lines import of_packet
from agent_perimeter.prove.projection import (
    ANSWERED_TYPES,
    Held,
    Surroundings,
    addressed,
    blocks,
    destinations,
    end_to_end,
    headers,
    replies,
    through_firewall,
)
from agent_perimeter.prove.words import NOWHERE
from agent_perimeter.queries import Query
from agent_perimeter.reach.acls import Direction, Hop, walls
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.dns import DnsLayer, dns_layer
from agent_perimeter.reach.groups import GroupLayer, step
from agent_perimeter.reach.index import Index
from agent_perimeter.reach.routes import End, Path
from agent_perimeter.reach.workload import NOTHING, AnyFirewall, Standpoint, Workload, firewall_at, firewalls_of
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Gap, Kind, Layer, LayerVerdict, Outcome, Status, Step

_EVERYWHERE = Destinations.anywhere()
_ANY_V4 = Destinations.any_v4()
REPLIES = Doubt("replies may not come back, or not to every port that a client may use (1024-65535)")


class Vicinity:
    """One VPC with all agents that stand in it. What they share is worked out once, when it is first asked for.

    ``blocks``: the IPv4 blocks of all their subnets.
    """

    def __init__(
        self, index: Index, vpc: Vpc | None, around: Surroundings, agents: tuple[AgentIntent, ...], blocks: AddressSet
    ) -> None:
        self.index = index
        self.vpc = vpc
        self.around = around
        self.agents = agents
        self.blocks = blocks
        self._shared: dict[str, tuple[Gap, ...]] = {}

    @cached_property
    def subnets(self) -> tuple[Subnet, ...]:
        """All subnets that are or may be in the VPC."""
        return tuple(self.index.subnets_of_vpc(self.vpc.id)) if self.vpc is not None else ()

    @cached_property
    def unread(self) -> tuple[Doubt, ...]:
        """Why it is not known who has which addresses of the VPC."""
        return tuple(subnet.cidr for subnet in self.subnets if isinstance(subnet.cidr, Doubt))

    @cached_property
    def unoccupied(self) -> PacketSet:
        """Addresses of the VPC in which no subnet lies: nobody is there to talk to."""
        if self.unread:
            return NO_PACKETS
        occupied = AddressSet.of(subnet.cidr for subnet in self.subnets if isinstance(subnet.cidr, Cidr))
        return PacketSet.box(Destinations(v4=(self.around.local - occupied).v4))

    @cached_property
    def resolver(self) -> DnsLayer | None:
        """The VPC's resolver."""
        return dns_layer(self.index.network, self.vpc) if self.vpc is not None else None

    @cached_property
    def tier_edges(self) -> Edges:
        """Firewall and NAT subnets carry what all agents send out, and what comes back to all of them."""
        outward = PacketSet.union(_outward(agent, self.around) for agent in self.agents)
        agents = Destinations(v4=self.blocks.v4)
        ways = [(box.protocols, box.ports) for box in outward.boxes()]
        from_agents = PacketSet.union(PacketSet.box(agents, protocols, ports) for protocols, ports in ways)
        to_agents = PacketSet.union(PacketSet.box(agents, protocols, EPHEMERAL) for protocols, _ in ways)
        exact = Edges(outward | to_agents, from_agents | replies(Held(outward, NO_PACKETS)).allowed)
        held = expressible(exact, self.around.local)
        # Where ports had to be covered on the way out, the same ports come in from the agents.
        covered = protocols_of(outward, agents) if held is not exact else NO_PACKETS
        return Edges(held.out, held.into | covered)

    @cached_property
    def endpoint_edges(self) -> Edges:
        """Subnets of endpoints take in HTTPS from agents and answer them."""
        agents = Destinations(v4=self.blocks.v4)
        tcp, https = Intervals(((6, 6),)), Intervals(((443, 443),))
        return Edges(PacketSet.box(agents, tcp, EPHEMERAL), PacketSet.box(agents, tcp, https))

    def shared(self, subnet: str, judge: Callable[[], Iterable[Gap]]) -> tuple[Gap, ...]:
        """The gaps of a subnet that serves all agents, judged once."""
        if subnet not in self._shared:
            self._shared[subnet] = tuple(judge())
        return self._shared[subnet]


@dataclass(frozen=True, slots=True)
class Judged:
    """One agent in its place: what it may, where it stands, and who else stands in the same VPC."""

    agent: AgentIntent
    workload: Workload
    vicinity: Vicinity

    @property
    def index(self) -> Index:
        return self.vicinity.index

    @property
    def around(self) -> Surroundings:
        return self.vicinity.around

    @property
    def neighbours(self) -> tuple[AgentIntent, ...]:
        """All agents of the VPC, this one among them."""
        return self.vicinity.agents

    def steps(self, standpoint: Standpoint, packet: Packet) -> tuple[Step, ...]:
        """What each layer does with the packet. The resolver comes first where it may not give out its address."""
        steps = standpoint.steps(packet)
        resolver = self.vicinity.resolver
        if resolver is None or not packet.resolved:
            return steps
        told = {
            step.outcome: step for kind in ANSWERED_TYPES for step in [resolver.decide(Query(packet.resolved, kind))]
        }
        if Outcome.ALLOWS in told:
            return steps
        return (told.get(Outcome.PERHAPS) or told[Outcome.DENIES], *steps)

    def lines(self, packet: Packet) -> Origin:
        """The agent's policy lines that speak of the packet."""
        return of_packet(self.agent, packet, self.around)


def security_group(judged: Judged) -> LayerVerdict:
    """Egress holds the ports and peers of the intent; nothing may come in at all."""
    if not judged.workload.standpoints:
        return LayerVerdict(Layer.SECURITY_GROUP, Status.UNKNOWN, (), judged.workload.doubts)
    groups = judged.workload.standpoints[0].groups
    permitted = seen(groups.permitted, judged.around)
    out = gaps(
        permitted,
        permitted,
        headers(judged.agent, judged.around),
        lambda packet: (groups.decide(packet),),
        judged.lines,
        end_to_end(judged.agent, judged.around).required,
    )
    return verdict(Layer.SECURITY_GROUP, (*_by_header(out), *_ingress(judged), *_guards(judged)))


def _by_header(found: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """A layer that knows no application needs no witness for each of them: one for each protocol is enough."""
    shown: dict[tuple[Kind, bool, int | None], Gap] = {}
    for gap in found:
        protocol = gap.witness.protocol if isinstance(gap.witness, Packet) else None
        shown.setdefault((gap.kind, gap.certain, protocol), gap)
    return tuple(shown.values())


def _guards(judged: Judged) -> Iterator[Gap]:
    """The groups of interface endpoints take in what the agent may call, and nothing else that it could send them."""
    allowed = end_to_end(judged.agent, judged.around).allowed
    endpoints = SymbolSet.of(*(symbol for symbol in judged.around.symbols if symbol.startswith("endpoint:")))
    world = Bounds.exactly(PacketSet.box(Destinations(symbols=endpoints)))
    for place in judged.workload.standpoints[0].inside.places:
        taken = place.packets & place.guard.permitted & world
        found = gaps(
            taken, Bounds(NO_PACKETS, UNIVERSE), Held(allowed, NO_PACKETS), _decides(place.guard), judged.lines
        )
        yield from _by_header(found)


def _ingress(judged: Judged) -> Iterator[Gap]:
    """An agent is a client: a rule that takes anything in is a way to drive it from outside."""
    first = judged.workload.standpoints[0]
    for ref in first.source.groups:
        group = judged.index.groups.get(ref) if isinstance(ref, str) else None
        for rule in group.ingress if group is not None else ():
            doubts = () if rule.maybe is None else (rule.maybe,)
            outcome = Outcome.PERHAPS if doubts else Outcome.ALLOWS
            shown = Step(Layer.SECURITY_GROUP, outcome, f"{ref} takes connections in", rule.origin, doubts)
            packet = Packet(6, _address(first.source), 443, App.OTHER)
            scope = f"inbound connections to {judged.agent.name}, which the intent never allows"
            yield Gap(Kind.EXCESS, not doubts, packet, scope, (shown,), rule.origin)


def network_acl(judged: Judged) -> LayerVerdict:
    """The ACL of every subnet that the agent's packets may cross, in both directions."""
    found: list[Gap] = []
    for standpoint in judged.workload.standpoints:
        found += _subnet_acl(judged, standpoint, standpoint.source.subnet, _agent_edges(judged))
    tiers = {
        subnet: judged.vicinity.tier_edges
        for standpoint in judged.workload.standpoints
        for passage in standpoint.passages
        if passage.path.end is not End.SERVICE
        for hop in passage.path.hops
        for subnet in hop.subnets
        if subnet != standpoint.source.subnet
    }
    if judged.workload.standpoints:
        first = judged.workload.standpoints[0]
        hosts = _endpoint_subnets(judged)
        tiers |= {subnet: judged.vicinity.endpoint_edges for subnet in hosts if subnet not in tiers}
        for subnet, edges in tiers.items():
            found += judged.vicinity.shared(subnet, partial(_subnet_acl, judged, first, subnet, edges))
    reaching = [gap for gap in found if gap.kind is Kind.EXCESS]
    return verdict(Layer.NETWORK_ACL, (*reaching, *_walled_off(judged)))


def _agent_edges(judged: Judged) -> Edges:
    return expressible(_exact_edges(judged), judged.around.local)


def _exact_edges(judged: Judged) -> Edges:
    held = blocks(judged.agent, judged.around)
    return Edges(held.allowed.headers(), replies(held).allowed)


def is_coarse(judged: Judged) -> bool:
    """Whether the intent has more blocks than a network ACL has entries."""
    exact = _exact_edges(judged)
    return expressible(exact, judged.around.local) is not exact


def _outward(agent: AgentIntent, around: Surroundings) -> PacketSet:
    """What an agent sends out of the VPC, as an ACL sees it: a name is every address outside."""
    named = destinations(through_firewall(replace(agent, addresses=()), around))
    ports = headers(replace(agent, addresses=(), services=()), around)
    return (named.allowed & ports.allowed | addressed(agent, around).allowed).headers()


def _endpoint_subnets(judged: Judged) -> tuple[str, ...]:
    """The subnets of interface endpoints in the agent's VPC that are no agent's."""
    own = {standpoint.source.subnet for standpoint in judged.workload.standpoints}
    vpc = judged.workload.vpc
    return tuple(
        dict.fromkeys(
            subnet
            for endpoint in judged.index.reachable_endpoints
            if vpc is not None and endpoint.vpc == vpc.id
            for subnet in endpoint.subnets
            if isinstance(subnet, str) and subnet not in own
        )
    )


def _subnet_acl(judged: Judged, standpoint: Standpoint, subnet: str, edges: Edges) -> Iterator[Gap]:
    wall = walls(judged.index, standpoint.source, (Hop((subnet,), Direction.OUT),)).walls[0]
    nobody = judged.vicinity.unoccupied
    for lists, allowed, way in ((wall.out, edges.out, "out of"), (wall.back, edges.into, "into")):
        for acl in lists:
            permitted = _numbered(acl.permitted, judged.around)
            held = Held(allowed | nobody, NO_PACKETS)
            nothing = Bounds(NO_PACKETS, UNIVERSE)
            found = gaps(permitted, nothing, held, _decision(acl.chain), judged.lines)
            which = () if len(lists) == 1 else (Doubt(f"which network ACL {subnet} has is not known"),)
            for gap in _by_header(found):
                doubts = (*which, *(judged.vicinity.unread if _local(gap, judged.around) else ()))
                yield _doubted(replace(gap, scope=f"{way} {subnet}: {gap.scope}"), doubts)


def _local(gap: Gap, around: Surroundings) -> bool:
    """Whether the witness is about an address of the VPC itself."""
    there = gap.witness.destination if isinstance(gap.witness, Packet) else ""
    return isinstance(there, Cidr) and there in Destinations(v4=around.local.v4)


def _doubted(gap: Gap, doubts: tuple[Doubt, ...]) -> Gap:
    """The gap as one that only these doubts open."""
    if not doubts:
        return gap
    last = replace(gap.steps[-1], outcome=Outcome.PERHAPS, doubts=(*gap.steps[-1].doubts, *doubts))
    return replace(gap, certain=False, steps=(*gap.steps[:-1], last))


def _decision(chain: Chain[PacketSet]) -> Explain:
    return lambda packet: (step(Layer.NETWORK_ACL, chain, packet),)


def _walled_off(judged: Judged) -> Iterator[Gap]:
    """What the ACLs of a path keep from the agent, although the intent allows it."""
    required = end_to_end(judged.agent, judged.around).required
    for standpoint in judged.workload.standpoints:
        passed = [
            Bounds(
                passage.path.permitted.least & passage.acls.permitted.least & passage.acls.answered.least,
                passage.path.permitted.most & passage.acls.permitted.most & passage.acls.answered.most,
            )
            for passage in standpoint.passages
        ]
        works = Bounds.union((standpoint.inside.walls, *passed))
        routed = Bounds.union((standpoint.inside.routed, *(one.path.permitted for one in standpoint.passages)))
        # What no route takes anywhere is the routes' fault, not the walls', and so is their doubt.
        due = Held(UNIVERSE, required & routed.most)
        sure = Bounds(works.least | works.most - routed.least, works.most)
        found = gaps(NOTHING, sure, due, _only(Layer.NETWORK_ACL, standpoint), judged.lines)
        yield from _with_reason(found, Layer.NETWORK_ACL, (REPLIES,))


def _with_reason(found: Iterable[Gap], layer: Layer, reasons: tuple[Doubt, ...]) -> Iterator[Gap]:
    """The gaps, each that is not certain with a reason: whoever is told "unknown" is told why."""
    for gap in found:
        if gap.certain or gap.doubts or not reasons:
            yield gap
        else:
            why = Step(layer, Outcome.PERHAPS, "what is not sure", doubts=reasons)
            yield replace(gap, steps=(*gap.steps, why))


def _only(layer: Layer, standpoint: Standpoint) -> Explain:
    """One layer's part of what happens to a packet on its way."""
    return lambda packet: tuple(one for one in standpoint.steps(packet) if one.layer is layer)


def routes(judged: Judged) -> LayerVerdict:
    """The internet only through a firewall, AWS services only through their endpoints, nothing else at all."""
    found: list[Gap] = []
    for standpoint in judged.workload.standpoints:
        for passage in standpoint.passages:
            found += _way_out(judged, passage.path)
        found += _unrouted(judged, standpoint)
    return verdict(Layer.ROUTES, tuple(found))


def _way_out(judged: Judged, path: Path) -> Iterator[Gap]:
    permitted = _numbered(path.permitted, judged.around)
    held = Held(_routable(judged, path), NO_PACKETS)
    nothing = Bounds(NO_PACKETS, UNIVERSE)
    for gap in _by_header(gaps(permitted, nothing, held, _decides(path), judged.lines))[:1]:
        yield replace(gap, scope=f"{path.end}: {gap.scope}")


def _routable(judged: Judged, path: Path) -> PacketSet:
    """Where a way may lead: past a firewall anywhere, for it sees the names; otherwise where the intent leads."""
    intent = destinations(end_to_end(judged.agent, judged.around)).allowed
    if path.end is End.SERVICE:
        return intent
    if path.end is not End.INTERNET or not judged.agent.needs_internet:
        return NO_PACKETS
    if path.firewalls:
        lists = SymbolSet.of(*judged.around.lists)
        return PacketSet.box(Destinations(v4=_ANY_V4.v4, symbols=lists))
    vpc = judged.workload.vpc
    return NO_PACKETS if vpc is not None and firewalls_of(judged.index, vpc) else intent


def _unrouted(judged: Judged, standpoint: Standpoint) -> tuple[Gap, ...]:
    """What the intent allows and no way takes there and back."""
    due = end_to_end(judged.agent, judged.around).required
    least, most = [standpoint.inside.permitted.least.headers()], [standpoint.inside.permitted.most.headers()]
    inside = PacketSet.box(Destinations(symbols=SymbolSet.all()))
    for passage in standpoint.passages:
        path = passage.path
        if path.back.outcome is Outcome.DENIES or not path.leaves:
            continue
        most.append(path.permitted.most)
        if path.delivers and path.back.outcome is not Outcome.PERHAPS:
            least.append(path.permitted.least)
    works = Bounds(PacketSet.union(least), PacketSet.union(most))
    # Interface endpoints are inside the VPC, where `local` always leads.
    local = PacketSet.box(Destinations.symbol(*(s for some in judged.around.endpoints.values() for s in some)))
    works = Bounds(works.least | local & inside, works.most | local & inside)
    meant = end_to_end(judged.agent, judged.around).required
    found = gaps(NOTHING, works, Held(UNIVERSE, due), _only(Layer.ROUTES, standpoint), judged.lines, meant)
    return _by_header(tuple(_with_reason(found, Layer.ROUTES, (REPLIES,))))


def firewall(judged: Judged) -> LayerVerdict:
    """Names and addresses as the intent has them, whatever the layers before let through."""
    found: list[Gap] = []
    notes: list[str] = []
    held = through_firewall(judged.agent, judged.around)
    seen = False
    for standpoint in judged.workload.standpoints:
        for engine in _engines(judged, standpoint):
            seen = True
            permitted = _numbered(engine.permitted, judged.around)
            works = _numbered(engine.works, judged.around)
            found += gaps(permitted, works, held, engine.steps, judged.lines)
            notes += engine.notes
    if not seen:
        return LayerVerdict(Layer.FIREWALL, Status.ABSENT, note="no firewall stands in this VPC")
    return verdict(Layer.FIREWALL, tuple(found), " ".join(dict.fromkeys(notes)))


def _decides(layer: AnyFirewall | GroupLayer | Path) -> Explain:
    return lambda packet: (layer.decide(packet),)


def _engines(judged: Judged, standpoint: Standpoint) -> tuple[AnyFirewall, ...]:
    """The firewalls on the standpoint's ways; where there is no way out, those of the VPC."""
    on_the_way = tuple(engine for passage in standpoint.passages for engine in passage.firewalls)
    vpc = judged.workload.vpc
    if on_the_way or vpc is None:
        return on_the_way
    return tuple(
        firewall_at(judged.index, record.id, standpoint.source, vpc) for record in firewalls_of(judged.index, vpc)
    )


def whole_path(judged: Judged, foreign: Iterable[Doubt]) -> LayerVerdict:
    """Everything together, from every standpoint: what leaves, and what an honest client can use."""
    held = end_to_end(judged.agent, judged.around)
    found: list[Gap] = []
    for standpoint in judged.workload.standpoints:
        permitted = seen(standpoint.permitted, judged.around)
        parts = gaps(permitted, standpoint.works, held, partial(judged.steps, standpoint), judged.lines)
        found += _with_reason(parts, Layer.END_TO_END, (REPLIES,))
    result = verdict(Layer.END_TO_END, tuple(found))
    doubts = tuple(dict.fromkeys((*judged.workload.doubts, *foreign)))
    if not judged.workload.standpoints:
        return LayerVerdict(Layer.END_TO_END, Status.UNKNOWN, (), doubts)
    if doubts and result.status is Status.PROVEN:
        return replace(result, status=Status.UNKNOWN, doubts=doubts)
    return replace(result, doubts=doubts)


def _numbered(permitted: Bounds[PacketSet], around: Surroundings) -> Bounds[PacketSet]:
    """As a layer sees it that knows blocks of addresses only, or that nothing inside the VPC ever passes."""
    return permitted & _world(SymbolSet.of(*around.lists))


def seen(permitted: Bounds[PacketSet], around: Surroundings) -> Bounds[PacketSet]:
    """Without symbols that stand for nothing in this network."""
    return permitted & _world(around.known_symbols)


def _world(symbols: SymbolSet) -> Bounds[PacketSet]:
    """Wherever something can be.

    Groups that let nothing out are written as a rule to such an address, for EC2 reads an empty list as allow-all.
    """
    everywhere = Destinations(_EVERYWHERE.v4, _EVERYWHERE.v6, symbols) - Destinations(NOWHERE.v4, NOWHERE.v6)
    return Bounds.exactly(PacketSet.box(everywhere))


def _address(source: Source) -> Cidr | str:
    return Cidr(4, source.v4.base + 4, 32) if isinstance(source.v4, Cidr) and source.v4.size > 4 else source.subnet
