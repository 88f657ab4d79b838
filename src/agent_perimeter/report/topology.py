"""What a picture of a network shows: zones, subnets by what stands in them, and where their routes lead.

What a subnet is for is told from facts (a firewall endpoint stands in it, an agent is placed in it), never from its
tags alone, so that the picture of a foreign template is as true as that of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from agent_perimeter.observed import (
    Doubt,
    ListRef,
    ManagedList,
    ObservedNetwork,
    Ref,
    Route,
    Subnet,
    TargetKind,
    Vpc,
)
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Proof, Status


class Tier(StrEnum):
    """What stands in a subnet, in the order of the picture from top to bottom."""

    ENDPOINT = "VPC endpoints"
    AGENT = "agents"
    OTHER = "other subnets"
    FIREWALL = "firewall"
    EGRESS = "NAT"


class Beyond(StrEnum):
    """What lies at the other end of a gateway."""

    INTERNET = "Internet"
    NETWORKS = "other networks"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Card:
    """A subnet: what to call it, its block, the verdict of its agent, and what stands in it."""

    name: str
    cidr: str
    status: Status | None
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A tier of a zone."""

    zone: str
    tier: Tier


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """What a route leads to at the VPC's edge."""

    name: str
    beyond: Beyond


@dataclass(frozen=True, slots=True)
class Arrow:
    """Routes of a tier's subnets to one target, with their destinations. ``unfiltered``: past any firewall."""

    source: Place
    target: Place | Node
    label: str
    unfiltered: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """One VPC. ``services`` are its gateway endpoints, ``resolver`` is what filters its DNS."""

    name: str
    cidr: str
    zones: tuple[str, ...]
    cards: Mapping[Place, tuple[Card, ...]]
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    services: tuple[str, ...]
    resolver: str


def pictures(network: ObservedNetwork, proof: Proof) -> tuple[Picture, ...]:
    """One for each VPC that has subnets, those whose VPC is not known last."""
    vpcs: list[Vpc | None] = [*network.vpcs, None]
    drawn = (_Draft(network, proof, vpc) for vpc in vpcs)
    return tuple(draft.picture() for draft in drawn if draft.subnets)


class _Draft:
    """The picture of one VPC while it is put together."""

    def __init__(self, network: ObservedNetwork, proof: Proof, vpc: Vpc | None) -> None:
        known = {found.id for found in network.vpcs}
        self.network = network
        self.vpc = vpc
        self.subnets = {
            subnet.id: subnet
            for subnet in network.subnets
            if (subnet.vpc == vpc.id if vpc else subnet.vpc not in known)
        }
        self.agents = {subnet: agent for agent in proof.agents for subnet in agent.subnets}
        self.holds = self._holds()
        self.places = {subnet.id: Place(_zone(subnet), self._tier(subnet)) for subnet in self.subnets.values()}

    def picture(self) -> Picture:
        arrows = tuple(self._arrows())
        nodes = sorted({arrow.target for arrow in arrows if isinstance(arrow.target, Node)})
        cards: dict[Place, list[Card]] = {}
        for subnet in self.subnets.values():
            cards.setdefault(self.places[subnet.id], []).append(self._card(subnet))
        gateway_endpoints = {
            _service(endpoint.service_name)
            for endpoint in self.network.endpoints
            if endpoint.kind == "gateway" and self._here(endpoint.vpc)
        }
        return Picture(
            name=_short(self.vpc.id) if self.vpc else "a VPC that is not known",
            cidr=", ".join(map(_text, self.vpc.cidrs)) if self.vpc else "",
            zones=tuple(sorted({place.zone for place in self.places.values()})),
            cards={place: tuple(sorted(found, key=lambda card: card.name)) for place, found in sorted(cards.items())},
            nodes=tuple(nodes),
            arrows=arrows,
            services=tuple(sorted(gateway_endpoints)),
            resolver=self._resolver(),
        )

    def _here(self, ref: Ref) -> bool:
        return ref == self.vpc.id if self.vpc else isinstance(ref, Doubt)

    def _resolver(self) -> str:
        groups = sum(self._here(association.vpc) for association in self.network.dns_associations)
        if not groups:
            return "VPC resolver without a DNS firewall"
        return "VPC resolver behind a DNS firewall" + (f" of {groups} rule groups" if groups > 1 else "")

    def _holds(self) -> dict[str, dict[Tier, list[str]]]:
        """What stands in each subnet."""
        found: dict[str, dict[Tier, list[str]]] = {subnet: {} for subnet in self.subnets}

        def stands(refs: Iterable[Ref | None], tier: Tier, what: str) -> None:
            for ref in refs:
                if isinstance(ref, str) and ref in found:
                    found[ref].setdefault(tier, []).append(what)

        for firewall in self.network.firewalls:
            stands(firewall.subnets, Tier.FIREWALL, "firewall endpoint")
        for gateway in self.network.gateways:
            if gateway.kind is TargetKind.NAT_GATEWAY:
                stands([gateway.subnet], Tier.EGRESS, "NAT gateway")
        for endpoint in self.network.endpoints:
            stands(endpoint.subnets, Tier.ENDPOINT, _service(endpoint.service_name))
        return found

    def _tier(self, subnet: Subnet) -> Tier:
        if subnet.id in self.agents or isinstance(subnet.agent, str):
            return Tier.AGENT
        held = self.holds[subnet.id]
        return next((tier for tier in (Tier.FIREWALL, Tier.EGRESS, Tier.ENDPOINT) if tier in held), Tier.OTHER)

    def _card(self, subnet: Subnet) -> Card:
        agent = self.agents.get(subnet.id)
        tagged = subnet.agent if isinstance(subnet.agent, str) else None
        held = [what for found in self.holds[subnet.id].values() for what in found]
        return Card(
            name=agent.agent if agent else tagged or _short(subnet.id),
            cidr=", ".join(_text(cidr) for cidr in (subnet.cidr, subnet.ipv6_cidr) if cidr is not None),
            status=agent.status if agent else None,
            holds=tuple(held),
        )

    def _arrows(self) -> Iterable[Arrow]:
        tables = self._tables()
        destinations: dict[tuple[Place, Place | Node], set[str]] = {}
        subnets: dict[tuple[Place, Place | Node], set[str]] = {}
        for route in self.network.routes:
            for subnet, table in tables.items():
                target = self._target(route, self.places[subnet]) if table == route.table else None
                if target is not None and target != self.places[subnet]:
                    key = (self.places[subnet], target)
                    destinations.setdefault(key, set()).add(_destination(route))
                    subnets.setdefault(key, set()).add(subnet)
        for subnet in (subnet for subnet, table in tables.items() if not table):
            key = (self.places[subnet], Node("route table not known", Beyond.UNKNOWN))
            destinations.setdefault(key, set()).add("not known where")
            subnets.setdefault(key, set()).add(subnet)
        for (source, target), found in sorted(destinations.items(), key=lambda item: (item[0][0], str(item[0][1]))):
            everyone = sum(place == source for place in self.places.values())
            concerned = len(subnets[source, target])
            label = _destinations(found) + (f" ({concerned} of {everyone} subnets)" if concerned < everyone else "")
            passes_none = isinstance(target, Node) or target.tier is Tier.EGRESS
            yield Arrow(source, target, label, unfiltered=source.tier in {Tier.AGENT, Tier.OTHER} and passes_none)

    def _tables(self) -> dict[str, str]:
        """The route table of each subnet: its association's, otherwise the VPC's main one; empty where not known."""
        main = {table.vpc: table.id for table in self.network.route_tables if table.main and isinstance(table.vpc, str)}
        found = {
            subnet.id: main[subnet.vpc]
            for subnet in self.subnets.values()
            if isinstance(subnet.vpc, str) and subnet.vpc in main
        }
        for association in self.network.table_associations:
            if association.subnet in self.subnets and isinstance(association.subnet, str):
                found[association.subnet] = association.table if isinstance(association.table, str) else ""
        return found

    def _target(self, route: Route, source: Place) -> Place | Node | None:
        target = route.target
        if isinstance(target, Doubt):
            return Node("not known", Beyond.UNKNOWN)
        match target.kind:
            case TargetKind.LOCAL | TargetKind.BLACKHOLE:
                return None
            case TargetKind.FIREWALL:
                stands: Iterable[Ref] = (
                    subnet for found in self.network.firewalls if found.id == target.ref for subnet in found.subnets
                )
            case TargetKind.NAT_GATEWAY:
                stands = (
                    gateway.subnet
                    for gateway in self.network.gateways
                    if gateway.id == target.ref and gateway.subnet is not None
                )
            case TargetKind.INTERNET_GATEWAY | TargetKind.EGRESS_ONLY_GATEWAY | TargetKind.CARRIER_GATEWAY:
                return Node(target.kind, Beyond.INTERNET)
            case _:
                return Node(target.kind, Beyond.NETWORKS)
        placed = [self.places[subnet] for subnet in stands if isinstance(subnet, str) and subnet in self.places]
        elsewhere = placed[0] if placed else Node(target.kind, Beyond.UNKNOWN)
        return next((place for place in placed if place.zone == source.zone), elsewhere)


def _zone(subnet: Subnet) -> str:
    return "zone not known" if isinstance(subnet.zone, Doubt) else subnet.zone


def _short(identifier: str) -> str:
    """A record id without its stack."""
    return identifier.rpartition("/")[2]


def _text(cidr: Cidr | Doubt) -> str:
    return "block not known" if isinstance(cidr, Doubt) else str(cidr)


def _service(name: str | Doubt) -> str:
    """``com.amazonaws.${AWS::Region}.s3`` is ``s3``."""
    if isinstance(name, Doubt):
        return "service not known"
    parts = name.split(".", 3)
    return parts[3] if len(parts) == 4 and parts[:2] == ["com", "amazonaws"] else name


def _destination(route: Route) -> str:
    match route.destination:
        case Cidr():
            return str(route.destination)
        case ManagedList(service):
            return service
        case ListRef():
            return "a prefix list"
        case Doubt():
            return "not known where"
        case _:
            assert_never(route.destination)


def _destinations(found: set[str]) -> str:
    """The widest first: what matters is whether everything goes there."""
    ordered = sorted(found, key=lambda text: (not text.endswith("/0"), text))
    return ordered[0] + (f" and {len(ordered) - 1} more" if len(ordered) > 1 else "")
