"""What a workload in some subnets, behind some security groups, can send: all layers put together.

A workload is looked at from each of its *standpoints*: a block of one of its subnets of which no rule
tells two addresses apart. From there a packet meets the security groups, then the route that its
destination selects, the network ACLs of every subnet on that way, and the firewalls that stand on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from agent_perimeter.bounds import Bounds
from agent_perimeter.names import NameSet
from agent_perimeter.observed import DnsAssociation, Doubt, Firewall, Ref, Vpc
from agent_perimeter.packet_sets import NO_PACKETS, UNIVERSE, Packet, PacketSet
from agent_perimeter.reach.acls import AclLayer, walls
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.firewall import FirewallContext, FirewallLayer, firewall_layer, source_classes
from agent_perimeter.reach.groups import GroupLayer, egress
from agent_perimeter.reach.index import Index
from agent_perimeter.reach.local import LocalLayer, local
from agent_perimeter.reach.routes import End, Path, paths
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome, Step

NOTHING = Bounds.exactly(NO_PACKETS)


@dataclass(frozen=True, slots=True)
class UnreadFirewall:
    """A firewall of which not even the policy is known: it may let everything pass, and surely nothing."""

    firewall: str
    doubt: Doubt
    notes: tuple[str, ...] = ()

    @property
    def permitted(self) -> Bounds[PacketSet]:
        return Bounds(NO_PACKETS, UNIVERSE)

    @property
    def works(self) -> Bounds[PacketSet]:
        return self.permitted

    def decide(self, _: Packet) -> Step:
        """Whatever the packet, nobody knows."""
        rule = f"the policy of {self.firewall} is not known"
        return Step(Layer.FIREWALL, Outcome.PERHAPS, rule, Origin(), (self.doubt,))

    def steps(self, packet: Packet) -> tuple[Step, ...]:
        """The one step of it."""
        return (self.decide(packet),)


@dataclass(frozen=True, slots=True)
class DualStackFirewall:
    """A firewall as sources of both IP versions meet it; each part speaks for packets of its own version."""

    parts: tuple[FirewallLayer, ...]

    @property
    def permitted(self) -> Bounds[PacketSet]:
        return Bounds.union(part.permitted for part in self.parts) if self.parts else NOTHING

    @property
    def works(self) -> Bounds[PacketSet]:
        return Bounds.union(part.works for part in self.parts) if self.parts else NOTHING

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(note for part in self.parts for note in part.notes))

    def decide(self, packet: Packet) -> Step:
        """What the part for the packet's IP version does with it; symbols are IPv4."""
        return self._part(packet).decide(packet)

    def steps(self, packet: Packet) -> tuple[Step, ...]:
        """The steps of that part."""
        return self._part(packet).steps(packet)

    def _part(self, packet: Packet) -> FirewallLayer:
        sixth = isinstance(packet.destination, Cidr) and packet.destination.version == 6
        return self.parts[-1 if sixth else 0]


AnyFirewall = FirewallLayer | DualStackFirewall | UnreadFirewall


@dataclass(frozen=True, slots=True)
class Passage:
    """One way out of the standpoint's subnet with everything that stands on it."""

    path: Path
    acls: AclLayer
    firewalls: tuple[AnyFirewall, ...]
    permitted: Bounds[PacketSet]
    """What leaves by this way, security groups included."""
    works: Bounds[PacketSet]
    """What leaves, arrives and is answered: connections that a client can use."""

    def steps(self, packet: Packet) -> tuple[Step, ...]:
        """What each layer of the way does with the packet, in the order in which it meets them."""
        after = tuple(step for firewall in self.firewalls for step in firewall.steps(packet))
        back = () if self.path.back.outcome in (Outcome.SKIPS, Outcome.ALLOWS) else (self.path.back,)
        return (self.acls.decide(packet), self.path.decide(packet), *after, *back)


@dataclass(frozen=True, slots=True)
class Standpoint:
    """One source class of one subnet. ``lost``: the ways that lead nowhere."""

    source: Source
    groups: GroupLayer
    passages: tuple[Passage, ...]
    lost: tuple[Path, ...]
    inside: LocalLayer
    permitted: Bounds[PacketSet]
    works: Bounds[PacketSet]

    def steps(self, packet: Packet) -> tuple[Step, ...]:
        """Layer by layer, along the way that the packet's destination takes."""
        for passage in self._ways(packet):
            return (self.groups.decide(packet), *passage.steps(packet))
        for path in self.lost:
            if packet in path.permitted.most:
                return (self.groups.decide(packet), path.decide(packet))
        return (self.groups.decide(packet), *self.inside.steps(packet))

    def _ways(self, packet: Packet) -> Iterable[Passage]:
        """The passages that may take the packet, those that let it out first, surely before perhaps."""
        taken = [passage for passage in self.passages if packet in passage.path.permitted.most]
        return sorted(
            taken,
            key=lambda passage: (
                packet not in passage.permitted.least,
                packet not in passage.permitted.most,
                packet not in passage.path.permitted.least,
            ),
        )


@dataclass(frozen=True, slots=True)
class Workload:
    """All standpoints of a workload in one VPC. ``doubts`` are about where it stands."""

    vpc: Vpc | None
    standpoints: tuple[Standpoint, ...]
    doubts: tuple[Doubt, ...]

    @property
    def permitted(self) -> Bounds[PacketSet]:
        """What leaves from some standpoint."""
        return Bounds.union(standpoint.permitted for standpoint in self.standpoints) if self.standpoints else NOTHING


def workload(index: Index, subnets: Iterable[str], groups: Iterable[Ref], resolvable: Bounds[NameSet]) -> Workload:
    """Everything that decides what leaves ``subnets`` behind ``groups``.

    ``resolvable``: the names that the VPC's resolver answers, for no address can have been given out for
    another one.
    """
    listed, attached = tuple(subnets), tuple(groups)
    vpcs = {vpc.id: vpc for vpc in map(index.vpc_of, listed) if vpc is not None}
    doubts = [Doubt(f"the VPC of {subnet} is not known") for subnet in listed if index.vpc_of(subnet) is None]
    if len(vpcs) > 1:
        doubts.append(Doubt(f"the workload stands in {len(vpcs)} VPCs: {', '.join(sorted(vpcs))}"))
    # no reply of the resolver, or one for a name that it answers
    answers = Bounds(_answered(resolvable.least), _answered(resolvable.most))
    doubts += [doubt for vpc in vpcs for doubt in _strangers(index, vpc, attached)]
    standpoints = tuple(
        standpoint for subnet in listed for standpoint in _standpoints(index, subnet, attached, answers)
    )
    return Workload(next(iter(vpcs.values()), None), standpoints, tuple(doubts))


def _strangers(index: Index, vpc: str, groups: Iterable[Ref]) -> Iterable[Doubt]:
    """Groups of another VPC than the subnets': EC2 lets no interface bear them."""
    for ref in groups:
        group = index.groups.get(ref) if isinstance(ref, str) else None
        if group is not None and group.vpc != vpc:
            yield group.vpc if isinstance(group.vpc, Doubt) else Doubt(f"{ref} is no group of {vpc}", group.origin.path)


def _answered(names: NameSet) -> PacketSet:
    return PacketSet.box(resolved=names | NameSet.exact(""))


def firewalls_of(index: Index, vpc: Vpc) -> tuple[Firewall, ...]:
    """The firewalls that surely or perhaps stand in the VPC."""
    return tuple(
        firewall for firewall in index.firewalls.values() if firewall.vpc == vpc.id or isinstance(firewall.vpc, Doubt)
    )


@lru_cache(maxsize=16)
def firewall_context(index: Index, vpc: Vpc) -> FirewallContext:
    """What a firewall policy needs to know of the VPC that it stands in: the same for all who send through it."""
    associations: tuple[DnsAssociation, ...] = tuple(
        association
        for association in index.network.dns_associations
        if association.vpc == vpc.id or isinstance(association.vpc, Doubt)
    )
    return FirewallContext(
        groups={group.id: group for group in index.network.rule_groups},
        vpc_blocks=(*vpc.cidrs, *vpc.ipv6_cidrs),
        dns_associations=associations,
    )


def _standpoints(
    index: Index, subnet: str, groups: tuple[Ref, ...], answers: Bounds[PacketSet]
) -> Iterable[Standpoint]:
    vpc = index.vpc_of(subnet)
    whole = Source.of(index, subnet, groups)
    if vpc is None or not isinstance(whole.v4, Cidr):
        yield _standpoint(index, whole, vpc, answers)
        return
    context = firewall_context(index, vpc)
    blocks = {whole.v4}
    for firewall in firewalls_of(index, vpc):
        policy = index.policies.get(firewall.policy) if isinstance(firewall.policy, str) else None
        if policy is not None:
            blocks = {part for block in blocks for part in source_classes(policy, context, block)}
    for block in sorted(blocks):
        yield _standpoint(index, replace(whole, v4=block), vpc, answers)


def _standpoint(index: Index, source: Source, vpc: Vpc | None, answers: Bounds[PacketSet]) -> Standpoint:
    groups = egress(index, source.groups)
    ways = paths(index, source)
    passages = tuple(
        _passage(index, source, vpc, path, groups, answers) for path in ways if path.end not in (End.LOCAL, End.NOWHERE)
    )
    inside = local(index, source, ways)
    within = groups.permitted & inside.permitted & answers
    answered = groups.permitted & inside.works & answers
    if vpc is None:
        # Whatever is found beside it may be in another VPC.
        within = Bounds(NO_PACKETS, within.most)
    return Standpoint(
        source=source,
        groups=groups,
        passages=passages,
        lost=tuple(path for path in ways if path.end is End.NOWHERE),
        inside=inside,
        permitted=Bounds.union((within, *(passage.permitted for passage in passages))),
        works=Bounds.union((answered, *(passage.works for passage in passages))),
    )


def _passage(
    index: Index, source: Source, vpc: Vpc | None, path: Path, groups: GroupLayer, answers: Bounds[PacketSet]
) -> Passage:
    acls = walls(index, source, path.hops)
    # Beyond a NAT gateway a firewall sees the gateway's address instead of the agent's.
    standing = zip(path.firewalls, path.senders, strict=True)
    firewalls = tuple(firewall_at(index, firewall, sender, vpc) for firewall, sender in standing)
    permitted = groups.permitted & path.permitted & acls.permitted & answers
    for firewall in firewalls:
        permitted = permitted & firewall.permitted
    works = _works(path, acls, permitted)
    for firewall in firewalls:
        works = works & firewall.works
    return Passage(path, acls, firewalls, permitted, works)


def _works(path: Path, acls: AclLayer, permitted: Bounds[PacketSet]) -> Bounds[PacketSet]:
    """A connection works where its packets arrive and the replies find the same way back."""
    answered = permitted & acls.answered
    if not path.leaves or path.back.outcome is Outcome.DENIES:
        return NOTHING
    if not path.delivers or path.back.outcome is Outcome.PERHAPS:
        return Bounds(NO_PACKETS, answered.most)
    return answered


def firewall_at(index: Index, firewall: str, source: Source, vpc: Vpc | None) -> AnyFirewall:
    """The firewall's policy as it applies to packets from ``source``, of each IP version that it has."""
    record = index.firewalls.get(firewall)
    if record is None or vpc is None:
        return UnreadFirewall(firewall, Doubt(f"the firewall {firewall} is not in what was read"))
    policy = index.policies.get(record.policy) if isinstance(record.policy, str) else None
    if policy is None:
        unread = Doubt(f"the policy {record.policy} is not in what was read")
        return UnreadFirewall(firewall, record.policy if isinstance(record.policy, Doubt) else unread)
    unsure = [block for block in (source.v4, source.v6) if isinstance(block, Doubt)]
    if unsure:
        return UnreadFirewall(firewall, unsure[0])
    context = firewall_context(index, vpc)
    by_version = tuple(
        firewall_layer(policy, context, block) for block in (source.v4, source.v6) if isinstance(block, Cidr)
    )
    return by_version[0] if len(by_version) == 1 else DualStackFirewall(by_version)
