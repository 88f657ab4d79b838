"""Look-ups over an observed network: which table, which ACL, which groups hold for a subnet.

Where AWS has exactly one of a kind, the answer is a ``Choice``: one candidate where it is known, and
several, or an open end, where a doubt is in the way. Readers take what *all* candidates let through for
sure and what *any* of them lets through perhaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from agent_perimeter.observed import (
    Acl,
    Doubt,
    Endpoint,
    Interface,
    ObservedNetwork,
    Record,
    Ref,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from agent_perimeter.values import Cidr

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Choice(Generic[R]):
    """One of ``candidates``; ``open``: or one that nobody has seen. ``doubts`` say why it is not known which."""

    candidates: tuple[R, ...]
    doubts: tuple[Doubt, ...] = ()
    open: bool = False

    @property
    def certain(self) -> bool:
        return len(self.candidates) == 1 and not self.open


class Index:
    """An observed network, ready to be asked. Every look-up by id is a dictionary."""

    def __init__(self, network: ObservedNetwork) -> None:
        self.network = network
        self.vpcs = _by_id(network.vpcs)
        self.subnets = _by_id(network.subnets)
        self.tables = _by_id(network.route_tables)
        self.groups = _by_id(network.security_groups)
        self.acls = _by_id(network.acls)
        self.gateways = _by_id(network.gateways)
        self.interfaces = _by_id(network.interfaces)
        self.firewalls = _by_id(network.firewalls)
        self.policies = _by_id(network.firewall_policies)
        self.endpoints = _by_id(network.endpoints)
        self.prefix_lists = _by_id(network.prefix_lists)
        self.routed_endpoints = tuple(one for one in network.endpoints if one.kind == "gateway")
        """Endpoints that are a route to a prefix list."""
        self.reachable_endpoints = tuple(
            one for one in network.endpoints if one.kind not in ("gateway", "gateway-load-balancer")
        )
        """Endpoints with network interfaces, which have an address in the VPC and security groups."""
        self._table_of = _grouped(_Use.of(one, one.subnet, one.table) for one in network.table_associations)
        self._edge_of = _grouped(_Use.of(one, one.edge, one.table) for one in network.table_associations)
        self._acl_of = _grouped(_Use.of(one, one.subnet, one.acl) for one in network.acl_associations)
        self._routes = _grouped((route, route.table) for route in network.routes)
        bearers: tuple[Endpoint | Interface, ...] = (*self.reachable_endpoints, *network.interfaces)
        self._bearers = _grouped(
            (bearer, group) for bearer in bearers for group in bearer.groups or (default_group(bearer, self),)
        )

    def vpc_of(self, subnet: str) -> Vpc | None:
        """The subnet's VPC; None where it is not known."""
        found = self.subnets.get(subnet)
        return None if found is None or isinstance(found.vpc, Doubt) else self.vpcs.get(found.vpc)

    def table_of(self, subnet: str) -> Choice[RouteTable]:
        """The route table of a subnet: its association's, else the VPC's main one (VPC user guide, route tables)."""

        def main() -> Choice[RouteTable]:
            return self._implied(subnet, self.network.route_tables, lambda table: table.main, "main route table")

        return _chosen(self._table_of(subnet), self.tables, main)

    def edge_table(self, gateway: str) -> Choice[RouteTable] | None:
        """The table that an internet or VPN gateway uses for what comes in; None without an association."""
        if not self._edge_of(gateway):
            return None
        return _chosen(self._edge_of(gateway), self.tables, lambda: Choice((), open=True))

    def acl_of(self, subnet: str) -> Choice[Acl]:
        """The network ACL of a subnet: its association's, otherwise the VPC's default one."""

        def default() -> Choice[Acl]:
            return self._implied(subnet, self.network.acls, lambda acl: acl.default, "default network ACL")

        return _chosen(self._acl_of(subnet), self.acls, default)

    def routes_of(self, table: str) -> tuple[tuple[Route, tuple[Doubt, ...]], ...]:
        """The table's routes, each with what makes it uncertain. A route of an unknown table is perhaps in this one."""
        return tuple((route, doubts_of(route, route.table)) for route in self._routes(table))

    def subnets_of_vpc(self, vpc: str) -> tuple[Subnet, ...]:
        """The subnets that are, or may be, in the VPC."""
        return tuple(one for one in self.network.subnets if one.vpc == vpc or isinstance(one.vpc, Doubt))

    def subnets_of_agent(self, agent: str) -> tuple[Subnet, ...]:
        """The subnets whose tag names the agent, or may."""
        return tuple(one for one in self.network.subnets if one.agent == agent or isinstance(one.agent, Doubt))

    def groups_of_agent(self, agent: str) -> tuple[SecurityGroup, ...]:
        """The security groups whose tag names the agent, or may."""
        return tuple(one for one in self.network.security_groups if one.agent == agent or isinstance(one.agent, Doubt))

    def bearers(self, group: str) -> tuple[tuple[Endpoint | Interface, tuple[Doubt, ...]], ...]:
        """What bears the group, each with what makes it uncertain."""
        return tuple((bearer, doubts_of(bearer, *_doubts(bearer.groups, group))) for bearer in self._bearers(group))

    def has_members(self, group: str) -> bool:
        """Whether interfaces other than endpoints' bear the group, or, for all that is known, may.

        A group that nothing in sight bears was made for something out of sight; a group that only
        endpoints bear has no such purpose left.
        """
        bearers = self._bearers(group)
        surely = [one for one in bearers if isinstance(one, Endpoint) and group in one.groups]
        return not surely or any(isinstance(one, Interface) for one in bearers) or self.groups[group].agent is not None

    def blocks(self, vpc: Vpc, version: int) -> tuple[Cidr | Doubt, ...]:
        """The VPC's blocks of one IP version."""
        return vpc.cidrs if version == 4 else vpc.ipv6_cidrs

    def blocks_under(self, place: Endpoint | Interface) -> tuple[Cidr | Doubt | None, ...]:
        """The IPv4 blocks that hold all interfaces of an endpoint or interface: its subnets', otherwise its VPC's."""
        refs = place.subnets if isinstance(place, Endpoint) else (place.subnet,)
        found = [self.subnets.get(ref) if isinstance(ref, str) else None for ref in refs]
        if found and None not in found:
            return tuple(subnet.cidr for subnet in found if subnet is not None)
        vpc = self.vpcs.get(place.vpc) if isinstance(place, Endpoint) and isinstance(place.vpc, str) else None
        return vpc.cidrs if vpc is not None else (Doubt("it is not known in which subnet this is", place.origin.path),)

    def _implied(self, subnet: str, records: tuple[R, ...], wanted: Callable[[R], bool], what: str) -> Choice[R]:
        """What a VPC has one of for all subnets without an association of their own."""
        vpc = self.vpc_of(subnet)
        found = [one for one in records if wanted(one) and (vpc is None or getattr(one, "vpc", None) == vpc.id)]
        path = self.subnets[subnet].origin.path if subnet in self.subnets else ""
        if vpc is None:
            return Choice(tuple(found), (Doubt(f"it is not known in which VPC {subnet} is", path),), open=True)
        if len(found) != 1:
            return Choice(tuple(found), (Doubt(f"the {what} of {vpc.id} is not known", path),), open=not found)
        return Choice(tuple(found))


@dataclass(frozen=True, slots=True)
class _Use:
    """An association: what it gives to whom is known from the owner's side; ``doubts``: why that may not hold."""

    target: Ref
    path: str
    doubts: tuple[Doubt, ...]

    @classmethod
    def of(cls, association: Record, owner: Ref | None, target: Ref) -> tuple[_Use, Ref | None]:
        return cls(target, association.origin.path, doubts_of(association, owner, target)), owner


def _chosen(uses: tuple[_Use, ...], records: dict[str, R], otherwise: Callable[[], Choice[R]]) -> Choice[R]:
    """The one that associations name; every candidate where several do, or where one may not exist."""
    candidates: dict[str, R] = {}
    doubts: list[Doubt] = []
    unseen = False
    sure = False
    for use in uses:
        found = records.get(use.target) if isinstance(use.target, str) else None
        why = [*use.doubts, *(() if found is None else doubts_of(found))]
        if found is not None:
            candidates[found.id] = found
        elif isinstance(use.target, str):
            why.append(Doubt(f"{use.target} is not in sight", use.path))
        unseen |= found is None
        sure |= not why
        doubts.extend(why)
    if sure and len(candidates) > 1:
        doubts.append(Doubt(f"there is more than one association: {', '.join(sorted(candidates))}", uses[0].path))
    if not sure:
        fallback = otherwise()
        candidates |= {one.id: one for one in fallback.candidates}
        doubts.extend(fallback.doubts)
        unseen |= fallback.open
    return Choice(tuple(candidates[one] for one in sorted(candidates)), tuple(dict.fromkeys(doubts)), open=unseen)


def doubts_of(record: Record, *refs: Ref | None) -> tuple[Doubt, ...]:
    """Why a record may not exist, or may not belong where it is being looked at."""
    maybe = () if record.maybe is None else (record.maybe,)
    return (*maybe, *(ref for ref in refs if isinstance(ref, Doubt)))


def default_group(bearer: Endpoint | Interface, index: Index) -> Ref:
    """What bears no group of its own bears its VPC's default group (VPC user guide, default security groups)."""
    vpc: Ref | None = None
    if isinstance(bearer, Endpoint):
        vpc = bearer.vpc
    elif isinstance(bearer.subnet, str) and bearer.subnet in index.subnets:
        vpc = index.subnets[bearer.subnet].vpc
    group = f"{vpc}/default-group"
    return group if group in index.groups else Doubt("it is not known which group this bears", bearer.origin.path)


def _doubts(refs: Iterable[Ref], wanted: str) -> tuple[Ref, ...]:
    """Nothing where ``wanted`` is surely among the refs; otherwise the doubts that may be it."""
    listed = tuple(refs)
    return () if wanted in listed else tuple(ref for ref in listed if isinstance(ref, Doubt))


def _by_id(records: tuple[R, ...]) -> dict[str, R]:
    return {record.id: record for record in records}


T = TypeVar("T")


def _grouped(pairs: Iterable[tuple[T, Ref | None]]) -> Callable[[str], tuple[T, ...]]:
    """By known owner; what has an unknown owner may be anybody's, and what has none is nobody's."""
    known: dict[str, list[T]] = {}
    anybody: list[T] = []
    for item, owner in pairs:
        if isinstance(owner, Doubt):
            anybody.append(item)
        elif owner is not None:
            known.setdefault(owner, []).append(item)

    def of(owner: str) -> tuple[T, ...]:
        return tuple(dict.fromkeys((*known.get(owner, ()), *anybody)))

    return of
