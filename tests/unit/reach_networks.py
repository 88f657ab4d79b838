"""Small observed networks, made by hand: one agent's subnet and what a table's sentence adds to it."""

from __future__ import annotations

from agent_perimeter.observed import (
    Acl,
    AclAssociation,
    AclEntry,
    Doubt,
    Endpoint,
    Firewall,
    Gateway,
    GroupRule,
    Icmp,
    Interface,
    ObservedNetwork,
    Peer,
    Ref,
    Route,
    RouteTable,
    RouteTableAssociation,
    SecurityGroup,
    Subnet,
    Target,
    TargetKind,
    Vpc,
)
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange

UNREAD = Doubt("a parameter without a value", "t.json#/X")
ANY = Cidr.parse("0.0.0.0/0")
ANY6 = Cidr.parse("::/0")
OUTSIDE = Cidr.parse("203.0.113.9")


def at(name: str) -> Origin:
    return Origin(path=f"t.json#/Resources/{name}")


def cidr(text: str | Doubt | None) -> Cidr | Doubt | None:
    return Cidr.parse(text) if isinstance(text, str) else text


def vpc(name: str = "vpc", *cidrs: str | Doubt, v6: tuple[str | Doubt, ...] = ()) -> Vpc:
    blocks = cidrs or ("10.0.0.0/16",)
    return Vpc(
        id=name,
        origin=at(name),
        cidrs=tuple(one if isinstance(one, Doubt) else Cidr.parse(one) for one in blocks),
        ipv6_cidrs=tuple(one if isinstance(one, Doubt) else Cidr.parse(one) for one in v6),
        dns_support=True,
        dns_hostnames=True,
    )


def subnet(
    name: str,
    block: str | Doubt | None,
    *,
    of: Ref = "vpc",
    v6: str | Doubt | None = None,
    public: bool | Doubt = False,
    agent: str | Doubt | None = None,
) -> Subnet:
    return Subnet(
        id=name,
        origin=at(name),
        vpc=of,
        zone="a",
        cidr=cidr(block),
        ipv6_cidr=cidr(v6),
        maps_public_ip=public,
        agent=agent,
        role=None,
    )


def table(name: str, *, of: Ref = "vpc", main: bool = False) -> RouteTable:
    return RouteTable(id=name, origin=at(name), vpc=of, main=main)


def uses(
    place: Ref | None, table: Ref, *, edge: Ref | None = None, maybe: Doubt | None = None
) -> RouteTableAssociation:
    name = f"{place or edge}-{table}"
    return RouteTableAssociation(id=name, origin=at(name), subnet=place, table=table, edge=edge, maybe=maybe)


def target(kind: TargetKind, ref: Ref | None = None) -> Target:
    return Target(kind, ref)


def route(
    table: Ref,
    to: Peer | str,
    where: Target | Doubt,
    *,
    propagated: bool = False,
    maybe: Doubt | None = None,
    name: str | None = None,
) -> Route:
    destination = Cidr.parse(to) if isinstance(to, str) else to
    name = name or f"{table}-{to}"
    return Route(
        id=name,
        origin=at(name),
        table=table,
        destination=destination,  # type: ignore[arg-type]  # no group is a route's destination
        target=where,
        propagated=propagated,
        maybe=maybe,
    )


def rule(
    peer: Peer | str,
    protocol: int | Doubt | None = 6,
    ports: PortRange | Icmp | Doubt | int | None = 443,
    *,
    maybe: Doubt | None = None,
) -> GroupRule:
    return GroupRule(
        id=f"{peer}-{protocol}-{ports}",
        origin=at(f"rule-{peer}"),
        protocol=protocol,
        ports=PortRange.single(ports) if isinstance(ports, int) else ports,
        peer=Cidr.parse(peer) if isinstance(peer, str) else peer,
        maybe=maybe,
    )


def group(
    name: str,
    *,
    egress: tuple[GroupRule, ...] = (),
    ingress: tuple[GroupRule, ...] = (),
    agent: str | None = None,
    of: Ref = "vpc",
    maybe: Doubt | None = None,
) -> SecurityGroup:
    return SecurityGroup(
        id=name, origin=at(name), vpc=of, agent=agent, role=None, ingress=ingress, egress=egress, maybe=maybe
    )


def entry(
    number: int | Doubt,
    egress: bool | Doubt,
    allow: bool | Doubt,
    block: str | Doubt = "0.0.0.0/0",
    protocol: int | Doubt | None = 6,
    ports: PortRange | Icmp | Doubt | int | None = None,
    *,
    maybe: Doubt | None = None,
) -> AclEntry:
    return AclEntry(
        id=f"{number}-{egress}-{allow}-{block}-{protocol}-{ports}",
        origin=at(f"entry-{number}"),
        number=number,
        egress=egress,
        allow=allow,
        protocol=protocol,
        ports=PortRange.single(ports) if isinstance(ports, int) else ports,
        cidr=Cidr.parse(block) if isinstance(block, str) else block,
        maybe=maybe,
    )


def acl(name: str, *entries: AclEntry, default: bool = False, of: Ref = "vpc") -> Acl:
    return Acl(id=name, origin=at(name), vpc=of, default=default, entries=entries)


def walled(subnet: Ref, acl: Ref, *, maybe: Doubt | None = None) -> AclAssociation:
    return AclAssociation(id=f"{subnet}-{acl}", origin=at(f"{subnet}-{acl}"), subnet=subnet, acl=acl, maybe=maybe)


OPEN_ACL = acl(
    "open",
    entry(100, True, True, protocol=None),
    entry(100, False, True, protocol=None),
    entry(101, True, True, "::/0", protocol=None),
    entry(101, False, True, "::/0", protocol=None),
    default=True,
)


def gateway(
    name: str,
    kind: TargetKind,
    *,
    of: Ref | None = "vpc",
    place: Ref | None = None,
    public: bool | Doubt = True,
    maybe: Doubt | None = None,
    peer: Ref | None = None,
) -> Gateway:
    return Gateway(id=name, origin=at(name), kind=kind, vpc=of, subnet=place, public=public, maybe=maybe, peer=peer)


def firewall(name: str, *subnets: Ref, maybe: Doubt | None = None) -> Firewall:
    return Firewall(
        id=name,
        origin=at(name),
        vpc="vpc",
        policy="policy",
        subnets=subnets,
        delete_protection=True,
        subnet_protection=True,
        policy_protection=True,
        maybe=maybe,
    )


def endpoint(
    name: str,
    service: str | Doubt,
    *,
    gateway: bool = False,
    tables: tuple[Ref, ...] = (),
    subnets: tuple[Ref, ...] = (),
    groups: tuple[Ref, ...] = (),
    maybe: Doubt | None = None,
    of: Ref = "vpc",
    kind: Doubt | None = None,
) -> Endpoint:
    return Endpoint(
        id=name,
        origin=at(name),
        vpc=of,
        service_name=service,
        kind=kind or ("gateway" if gateway else "interface"),
        policy=None,
        route_tables=tables,
        subnets=subnets,
        groups=groups,
        private_dns=True,
        maybe=maybe,
    )


def interface(
    name: str, place: Ref, *groups: Ref, public: bool | Doubt = False, maybe: Doubt | None = None
) -> Interface:
    return Interface(id=name, origin=at(name), what="instance", subnet=place, groups=groups, public=public, maybe=maybe)


def tcp(to: str, port: int = 443, app: App = App.OTHER) -> Packet:
    return Packet(6, Cidr.parse(to) if to[0].isdigit() else to, port, app)


def udp(to: str, port: int = 53) -> Packet:
    return Packet(17, Cidr.parse(to) if to[0].isdigit() else to, port, App.OTHER)


INTERNET_GATEWAY = gateway("igw", TargetKind.INTERNET_GATEWAY)
TO_INTERNET = target(TargetKind.INTERNET_GATEWAY, "igw")
TO_FIREWALL = target(TargetKind.FIREWALL, "wall")
TO_NAT = target(TargetKind.NAT_GATEWAY, "nat")

FILTERED = ObservedNetwork(
    vpcs=(vpc(),),
    subnets=(
        subnet("agent", "10.0.1.0/24", agent="bot"),
        subnet("egress", "10.0.3.0/28"),
        subnet("firewall", "10.0.2.0/28"),
    ),
    route_tables=(table("agent-table"), table("egress-table"), table("firewall-table"), table("main", main=True)),
    table_associations=(
        uses("agent", "agent-table"),
        uses("egress", "egress-table"),
        uses("firewall", "firewall-table"),
    ),
    routes=(
        route("agent-table", "0.0.0.0/0", TO_FIREWALL),
        route("egress-table", "0.0.0.0/0", TO_INTERNET),
        route("egress-table", "10.0.1.0/24", TO_FIREWALL),
        route("firewall-table", "0.0.0.0/0", TO_NAT),
    ),
    acls=(OPEN_ACL,),
    gateways=(INTERNET_GATEWAY, gateway("nat", TargetKind.NAT_GATEWAY, place="egress")),
    firewalls=(firewall("wall", "firewall"),),
)
"""An agent behind a firewall and a NAT gateway, as AWS draws it."""
