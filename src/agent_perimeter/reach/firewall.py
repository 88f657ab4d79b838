"""A Network Firewall policy as a layer: what leaves it of the packets that one source sends.

The stateless part comes first, then resolved-IP validation, then the stateful rules and their default action
(Network Firewall guide, "How Network Firewall works"). A source is a block of addresses that no rule tells apart;
``source_classes`` cuts a subnet into such blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from agent_perimeter.apps import AppSet
from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Decided, Decision, Link
from agent_perimeter.names import ALL_NAMES, SOME_NAME
from agent_perimeter.observed import (
    DnsAssociation,
    Doubt,
    FirewallPolicy,
    ResolvedIpValidation,
    RuleGroup,
    RulesString,
    StatelessRule,
)
from agent_perimeter.packet_sets import NO_PACKETS, App, Destinations, Packet, PacketSet
from agent_perimeter.reach.stateful import BYTES, RuleBook, Stateful, managed, rule_book, stateful
from agent_perimeter.reach.stateless import Stateless, stateless
from agent_perimeter.reach.suricata_headers import Definition, Headers, Variables, blocks_in
from agent_perimeter.reach.suricata_match import Matcher
from agent_perimeter.reach.suricata_rules import parsed
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome, Step

__all__ = [
    "FirewallContext",
    "FirewallLayer",
    "firewall_layer",
    "firewall_layers",
    "managed",
    "source_boundaries",
    "source_classes",
]


_TLS = PacketSet.box(apps=AppSet.of(App.TLS))
_HTTP = PacketSet.box(apps=AppSet.of(App.HTTP))


@dataclass(frozen=True, slots=True, eq=False)
class FirewallContext:
    """Where a policy stands. ``groups`` by record id; ``vpc_blocks`` are all blocks of the firewall's VPC.

    ``dns_associations``: those that are of this VPC, or may be. ``places``: the blocks in which the addresses behind
    a symbol lie, such as those of an interface endpoint's subnets. A context equals itself only: what is worked out
    in it is remembered by it.
    """

    groups: Mapping[str, RuleGroup]
    vpc_blocks: tuple[Cidr | Doubt, ...]
    dns_associations: tuple[DnsAssociation, ...] = ()
    places: Mapping[str, tuple[Cidr, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class FirewallLayer:
    """The firewall over the packets of one source; packets of the source's IP version, and all symbols."""

    policy: FirewallPolicy
    stateless: Stateless
    stateful: Stateful
    notes: tuple[str, ...]
    layer: Layer = Layer.FIREWALL

    @cached_property
    def permitted(self) -> Bounds[PacketSet]:
        """What leaves the firewall."""
        passed, forwarded = self.stateless.passing.permitted, self.stateless.forwarding.permitted
        permitted = passed | (forwarded & self.stateful.permitted)
        if self._decrypts is not None:
            spoken = (permitted.most & _HTTP).forget_app() & _TLS
            permitted = Bounds(permitted.least - BYTES, permitted.most | spoken)
        return permitted if self.policy.maybe is None else Bounds(NO_PACKETS, self.stateful.everything)

    @property
    def _decrypts(self) -> Doubt | None:
        """Why the rules do not see what was sent: with TLS inspection they see what was inside of it."""
        inspects = self.policy.tls_inspection
        if isinstance(inspects, Doubt) or not inspects:
            return inspects or None
        return Doubt(
            "TLS inspection decrypts, and what the rules make of what is inside is not modelled",
            self.policy.origin.path,
            "a firewall policy without TLSInspectionConfigurationArn",
        )

    @cached_property
    def astray(self) -> PacketSet:
        """Bytes of connections whose answers may not come back as the packets went out."""
        return self.stateless.astray & BYTES

    @property
    def works(self) -> Bounds[PacketSet]:
        """What leaves and is answered, as far as the firewall has a say."""
        return Bounds(self.permitted.least - self.astray, self.permitted.most)

    @cached_property
    def undecided(self) -> PacketSet:
        """Bytes that leave while the engine has not decided what protocol they are; not part of ``permitted``."""
        return self.stateless.forwarding.permitted.most & self.stateful.undecided - self.permitted.most

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """Why ``permitted`` is not known: the doubts of all rules and defaults, once each; none where it is known."""
        if self.permitted.certain:
            return ()
        chains = (self.stateless.passing, self.stateless.forwarding, self.stateful.chain)
        links = [link for chain in chains for link in (*chain.links, chain.default)]
        found = [doubt for link in links for doubt in link.doubts]
        found += (doubt for doubt in (self.stateful.midstream, self.policy.maybe, self._decrypts) if doubt)
        return tuple(dict.fromkeys(found))

    def decide(self, packet: Packet) -> Step:
        """What becomes of a packet, by which rule."""
        permitted = self.permitted
        if packet in permitted.least:
            outcome = Outcome.ALLOWS
        else:
            outcome = Outcome.PERHAPS if packet in permitted.most else Outcome.DENIES
        decision = self._decision(packet)
        doubts = decision.doubts if outcome is Outcome.PERHAPS else ()
        if outcome is Outcome.PERHAPS:
            doubts += tuple(doubt for doubt in (self.policy.maybe, self._decrypts) if doubt is not None)
            doubts += (self.stateful.midstream,) if self.stateful.midstream is not None and not doubts else ()
        if packet not in self.stateful.everything:
            return Step(self.layer, outcome, "a packet of another IP version than its source", self.policy.origin)
        link = decision.links[-1] if outcome is not Outcome.PERHAPS else _telling(decision)
        if outcome is Outcome.PERHAPS and not doubts:
            doubts = (
                Doubt(f"what {link.rule} matches is known from two sides only, which differ here", link.origin.path),
            )
        return Step(self.layer, outcome, link.rule, link.origin, doubts)

    def steps(self, packet: Packet) -> tuple[Step, ...]:
        """What becomes of a packet, and of the answers to it where they may be lost."""
        if packet not in self.astray:
            return (self.decide(packet),)
        doubt = Doubt(
            "a stateless rule takes answers another way than the packets that they answer, so that the stateful rules "
            "may not know the connection",
            self.policy.origin.path,
            "the same action for both directions",
        )
        rule = "answers may not come back through the stateful rules"
        return (self.decide(packet), Step(self.layer, Outcome.PERHAPS, rule, self.policy.origin, (doubt,)))

    def _decision(self, packet: Packet) -> Decision[PacketSet]:
        passed = self.stateless.passing.decide(packet)
        forwarded = self.stateless.forwarding.decide(packet)
        if passed.outcome is Decided.ALLOWS or forwarded.outcome is Decided.DENIES:
            return passed
        inside = self.stateful.decide(packet)
        if passed.outcome is Decided.DENIES and forwarded.outcome is Decided.ALLOWS:
            return inside
        return Decision(Decided.PERHAPS, (*passed.links, *forwarded.links, *inside.links))


def _telling(decision: Decision[PacketSet]) -> Link[PacketSet]:
    """The link that lets a packet out which may be denied as well."""
    return next((link for link in decision.links if link.allow), decision.links[-1])


@lru_cache(maxsize=64)
def firewall_layer(policy: FirewallPolicy, context: FirewallContext, source: Cidr) -> FirewallLayer:
    """The policy over the packets of one source."""
    headers = Headers(_variables(policy, context, None), source.version, context.places)
    everything = PacketSet.box(headers.everywhere)
    first = _validation(policy, context, source, headers)
    return FirewallLayer(
        policy,
        stateless(policy, context.groups, headers, source),
        stateful(policy, _books(policy, context, source.version), source, first, everything),
        tuple(_notes(policy)),
    )


def firewall_layers(
    policy: FirewallPolicy, context: FirewallContext, sources: Iterable[Cidr]
) -> Iterator[FirewallLayer]:
    """The policy over several sources, in their order."""
    return (firewall_layer(policy, context, source) for source in sources)


@lru_cache(maxsize=16)
def _books(policy: FirewallPolicy, context: FirewallContext, version: Literal[4, 6]) -> tuple[RuleBook, ...]:
    """The rules, read once for all sources."""
    books: list[RuleBook] = []
    for use in policy.stateful:
        group = None if isinstance(use.group, Doubt) else context.groups.get(use.group)
        resolves = policy.resolved_ip if isinstance(policy.resolved_ip, Doubt) else policy.resolved_ip is not None
        headers = Headers(_variables(policy, context, group), version, context.places)
        books.append(rule_book(use, context.groups, policy.rule_order, Matcher(headers, resolves)))
    return tuple(books)


def _variables(policy: FirewallPolicy, context: FirewallContext, group: RuleGroup | None) -> Variables:
    """What a group's headers can name.

    ``EXTERNAL_NET`` is all but the *policy's* ``HOME_NET``, even where the group has a ``HOME_NET`` of its own.
    """
    given = policy.home_net if policy.home_net is not None else context.vpc_blocks
    home: Definition = tuple(block if isinstance(block, Doubt) else str(block) for block in given)
    addresses: dict[str, Definition] = {"HOME_NET": home, "POLICY_HOME": home, "EXTERNAL_NET": ("!$POLICY_HOME",)}
    if group is not None:
        addresses |= dict(group.ip_sets)
    return Variables(addresses, dict(group.port_sets) if group is not None else {})


def _validation(
    policy: FirewallPolicy, context: FirewallContext, source: Cidr, headers: Headers
) -> Iterator[Link[PacketSet]]:
    """Resolved-IP validation: what the VPC's resolver never gave out is denied, whatever the rules say."""
    validation = policy.resolved_ip
    if isinstance(validation, Doubt):
        match = Bounds(NO_PACKETS, PacketSet.box(headers.everywhere, resolved=ALL_NAMES - SOME_NAME))
        yield Link(match, False, "resolved-IP validation that cannot be read", policy.origin, (validation,))
        return
    if validation is None or validation.action == "ALERT":
        return
    doubts: list[Doubt] = []
    sources = validation.sources if validation.sources is not None else context.vpc_blocks
    asking = _blocks(sources, headers, doubts)
    exempt = _blocks(validation.bypass, headers, doubts)
    block = Destinations.of([source])
    if not block & asking.most:
        return
    certain = block <= asking.least
    if validation.action not in {"DROP", "REJECT"}:
        said = validation.action
        doubts.append(said if isinstance(said, Doubt) else Doubt(f"{said} is no action", validation.origin.path))
        certain = False
    unheard = _unheard(validation, context)
    if unheard is not None:
        doubts.append(unheard)
    named = ALL_NAMES - SOME_NAME
    least = PacketSet.box(headers.everywhere - exempt.most, resolved=named) if certain else NO_PACKETS
    most = PacketSet.box(headers.everywhere - exempt.least, resolved=named if unheard is None else ALL_NAMES)
    rule = f"resolved-IP validation: {validation.action} what the VPC's resolver did not give out"
    yield Link(Bounds(least, most), False, rule, validation.origin, tuple(doubts))


def _unheard(validation: ResolvedIpValidation, context: FirewallContext) -> Doubt | None:
    """Why nothing that the VPC's resolver gives out may count: its DNS Firewall group is not the VPC's."""
    if isinstance(validation.dns_group, Doubt):
        return validation.dns_group
    for association in context.dns_associations:
        if association.group == validation.dns_group and association.maybe is None:
            return None
    return Doubt(
        "the DNS Firewall rule group of resolved-IP validation may not be associated with the VPC, and then no "
        "destination counts as resolved",
        validation.origin.path,
        "an association of that group with the VPC",
    )


def _blocks(blocks: tuple[Cidr | Doubt, ...], headers: Headers, doubts: list[Doubt]) -> Bounds[Destinations]:
    found = Bounds.exactly(Destinations())
    for block in blocks:
        if isinstance(block, Doubt):
            doubts.append(block)
            found |= Bounds(Destinations(), headers.everywhere)
        else:
            found |= headers.addresses(str(block)).addresses
    return found


def _notes(policy: FirewallPolicy) -> Iterator[str]:
    if policy.tls_inspection is True or isinstance(policy.tls_inspection, Doubt):
        yield "TLS inspection may deny more than is shown here: what it decrypts is not modelled"
    validation = policy.resolved_ip
    if isinstance(validation, ResolvedIpValidation) and validation.expiry not in {"DROP", "REJECT"}:
        yield "resolved-IP validation goes on after a resolution has expired: the address may be another's by then"
    if policy.rule_order == "STRICT_ORDER" and "aws:drop_established" in policy.stateful_actions:
        yield "aws:drop_established also drops a ClientHello that comes in several segments"


@lru_cache(maxsize=16)
def source_boundaries(policy: FirewallPolicy, context: FirewallContext) -> tuple[Cidr, ...]:
    """Blocks at whose edges some rule may tell sources apart, sorted, once each."""
    return tuple(sorted(set(_edges(policy, context))))


def _edges(policy: FirewallPolicy, context: FirewallContext) -> Iterator[Cidr]:
    given: list[Cidr | Doubt] = [*context.vpc_blocks, *(policy.home_net or ())]
    if isinstance(policy.resolved_ip, ResolvedIpValidation):
        given += policy.resolved_ip.sources or ()
    for use in (*policy.stateful, *policy.stateless):
        group = None if isinstance(use.group, Doubt) else context.groups.get(use.group)
        if group is None:
            continue
        for _, definition in group.ip_sets:
            for element in definition:
                given += () if isinstance(element, Doubt) else blocks_in(element)
        match group.source:
            case RulesString(text):
                given += _written(text)
            case tuple() as rules:
                for rule in rules:
                    if isinstance(rule, StatelessRule):
                        given += rule.sources
                    else:
                        for side in (rule.source, rule.destination):
                            given += () if isinstance(side, Doubt) else blocks_in(side)
            case _:
                pass
    yield from (block for block in given if isinstance(block, Cidr))


def _written(text: str) -> Iterator[Cidr]:
    try:
        rules = parsed(text)
    except ValueError:
        return
    for field_of in dict.fromkeys(word for rule in rules for word in (rule.source, rule.destination)):
        yield from blocks_in(field_of)


def source_classes(policy: FirewallPolicy, context: FirewallContext, subnet: Cidr) -> tuple[Cidr, ...]:
    """The subnet cut into the fewest blocks of which no rule tells the addresses apart, ascending."""
    edges = {subnet.base, subnet.last + 1}
    for block in source_boundaries(policy, context):
        if block.version == subnet.version:
            edges |= {edge for edge in (block.base, block.last + 1) if subnet.base < edge <= subnet.last}
    return tuple(
        block for first, after in pairwise(sorted(edges)) for block in Cidr.of_range(subnet.version, first, after - 1)
    )
