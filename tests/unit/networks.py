"""Observed networks made by hand: a perimeter of any size, for whatever draws or prices one."""

from __future__ import annotations

from collections.abc import Sequence

from agent_perimeter.observed import (
    DnsAssociation,
    Endpoint,
    Firewall,
    Gateway,
    ObservedNetwork,
    Route,
    RouteTable,
    RouteTableAssociation,
    Subnet,
    Target,
    TargetKind,
    Vpc,
)
from agent_perimeter.source import Origin
from agent_perimeter.values import ANY_IPV4, Cidr

ZONES = ("us-east-1a", "us-east-1b")
_NOWHERE = Origin()
_BLOCK = Cidr.parse("10.42.0.0/16")


def perimeter(agents: Sequence[str], zones: Sequence[str] = ZONES) -> ObservedNetwork:
    """Ours: agents behind a firewall and a NAT gateway in each zone, with endpoints and a DNS firewall."""
    subnets: list[Subnet] = []
    tables: list[RouteTable] = []
    associations: list[RouteTableAssociation] = []
    routes: list[Route] = []
    gateways: list[Gateway] = []
    firewalls: list[Firewall] = []

    def subnet(identifier: str, zone: str, index: int, role: str, agent: str | None = None) -> None:
        cidr = _BLOCK.subnet(27, index)
        subnets.append(
            Subnet(
                id=f"Perimeter/{identifier}",
                origin=_NOWHERE,
                vpc="Perimeter/vpc",
                zone=zone,
                cidr=cidr,
                ipv6_cidr=None,
                maps_public_ip=False,
                agent=agent,
                role=role,
            )
        )

    def table(identifier: str, *members: str) -> None:
        tables.append(RouteTable(id=identifier, origin=_NOWHERE, vpc="Perimeter/vpc", main=False))
        associations.extend(
            RouteTableAssociation(
                id=f"{identifier}/{member}", origin=_NOWHERE, table=identifier, subnet=f"Perimeter/{member}"
            )
            for member in members
        )

    def route(source: str, destination: Cidr, kind: TargetKind, ref: str) -> None:
        target = Target(kind, ref)
        routes.append(
            Route(id=f"{source}/{destination}", origin=_NOWHERE, table=source, destination=destination, target=target)
        )

    index = 0
    for zone in zones:
        mine = [f"subnet-agent-{agent}-{zone}" for agent in agents]
        for name, agent in zip(mine, agents, strict=True):
            subnet(name, zone, index, "agent", agent)
            index += 1
        for role in ("endpoint", "firewall", "egress"):
            subnet(f"subnet-{role}-{zone}", zone, index, role)
            index += 1
        table(f"table-agent-{zone}", *mine)
        table(f"table-firewall-{zone}", f"subnet-firewall-{zone}")
        table(f"table-egress-{zone}", f"subnet-egress-{zone}")
        table(f"table-endpoint-{zone}", f"subnet-endpoint-{zone}")
        route(f"table-agent-{zone}", ANY_IPV4, TargetKind.FIREWALL, f"firewall-{zone}")
        route(f"table-firewall-{zone}", ANY_IPV4, TargetKind.NAT_GATEWAY, f"nat-{zone}")
        route(f"table-egress-{zone}", ANY_IPV4, TargetKind.INTERNET_GATEWAY, "igw")
        for position in range(len(agents)):
            back = _BLOCK.subnet(27, index - 3 - len(agents) + position)
            route(f"table-egress-{zone}", back, TargetKind.FIREWALL, f"firewall-{zone}")
        gateways.append(
            Gateway(
                id=f"nat-{zone}",
                origin=_NOWHERE,
                kind=TargetKind.NAT_GATEWAY,
                vpc="Perimeter/vpc",
                subnet=f"Perimeter/subnet-egress-{zone}",
                public=True,
            )
        )
        firewalls.append(
            Firewall(
                id=f"firewall-{zone}",
                origin=_NOWHERE,
                vpc="Perimeter/vpc",
                policy="policy",
                subnets=(f"Perimeter/subnet-firewall-{zone}",),
                delete_protection=True,
                subnet_protection=True,
                policy_protection=True,
            )
        )
    gateways.append(Gateway(id="igw", origin=_NOWHERE, kind=TargetKind.INTERNET_GATEWAY, vpc="Perimeter/vpc"))
    return ObservedNetwork(
        vpcs=(
            Vpc(
                id="Perimeter/vpc",
                origin=_NOWHERE,
                cidrs=(_BLOCK,),
                ipv6_cidrs=(),
                dns_support=True,
                dns_hostnames=True,
            ),
        ),
        subnets=tuple(subnets),
        route_tables=tuple(tables),
        table_associations=tuple(associations),
        routes=tuple(routes),
        gateways=tuple(gateways),
        firewalls=tuple(firewalls),
        dns_associations=(
            DnsAssociation(
                id="dns", origin=_NOWHERE, vpc="Perimeter/vpc", group="g", priority=101, mutation_protection=True
            ),
        ),
        endpoints=tuple(
            Endpoint(
                id=service,
                origin=_NOWHERE,
                vpc="Perimeter/vpc",
                service_name=f"com.amazonaws.${{AWS::Region}}.{service}",
                kind="gateway" if service in {"s3", "dynamodb"} else "interface",
                policy=None,
                route_tables=(),
                subnets=()
                if service in {"s3", "dynamodb"}
                else tuple(f"Perimeter/subnet-endpoint-{zone}" for zone in zones),
                groups=(),
                private_dns=True,
            )
            for service in ("bedrock-runtime", "dynamodb", "logs", "s3")
        ),
    )
