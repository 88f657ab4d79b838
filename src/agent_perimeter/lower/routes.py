"""Subnets, their route tables, and the gateways that the routes point at.

Agents with the same routes in the same zone share a table: what matters is that an agent's default
route goes to the firewall endpoint of its own zone, and that replies come back through the same one
(Network Firewall guide, asymmetric routing). An agent that needs no internet has no default route.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.intent import AgentIntent, Intent
from agent_perimeter.lower.addresses import AddressPlan
from agent_perimeter.network import InternetGateway, NatGateway, Role, Route, RouteTable, Subnet, TargetKind, Zone
from agent_perimeter.source import Origin
from agent_perimeter.values import ANY_IPV4, Cidr


@dataclass(frozen=True, slots=True)
class Paths:
    """The routed part of a network. Only a filtered topology has gateways."""

    subnets: tuple[Subnet, ...]
    route_tables: tuple[RouteTable, ...]
    internet_gateway: InternetGateway | None
    nat_gateways: tuple[NatGateway, ...]


def gateway_services(agent: AgentIntent) -> tuple[str, ...]:
    """The agent's services that are reached by a route to a prefix list, sorted."""
    return tuple(sorted({reach.service for reach in agent.services if SERVICES[reach.service].kind == "gateway"}))


def interface_services(agent: AgentIntent) -> tuple[str, ...]:
    """The agent's services that are reached at an address in the VPC, sorted."""
    return tuple(sorted({reach.service for reach in agent.services if SERVICES[reach.service].kind == "interface"}))


def agent_table(agent: AgentIntent, zone: Zone) -> str:
    """The record id of the agent's route table: agents with the same routes have the same one."""
    parts = (*(("internet",) if agent.needs_internet else ()), *gateway_services(agent))
    return f"table/agent/{'+'.join(parts) or 'local'}/{zone.index}"


def tier_table(role: Role, zone: Zone) -> str:
    """The record id of a tier's route table."""
    return f"table/{role}/{zone.index}"


def tier_subnet(role: Role, zone: Zone) -> str:
    """The record id of a tier's subnet."""
    return f"subnet/{role}/{zone.index}"


def agent_subnet(agent: str, zone: Zone) -> str:
    """The record id of an agent's subnet."""
    return f"subnet/agent/{agent}/{zone.index}"


def firewall_id(zone: Zone) -> str:
    """The record id of a zone's firewall, which stands for its one endpoint."""
    return f"firewall/{zone.index}"


def nat_id(zone: Zone) -> str:
    """The record id of a zone's NAT gateway."""
    return f"nat/{zone.index}"


GATEWAY_ID = "internet-gateway"


def lower_routes(intent: Intent, plan: AddressPlan, acls: dict[str, str]) -> Paths:
    """Lay out subnets and routes. ``acls`` maps ``agent/<name>`` and each tier's role to an ACL's id."""
    subnets: list[Subnet] = []
    tables: dict[str, RouteTable] = {}
    for zone in plan.zones:
        for agent in intent.agents:
            table = agent_table(agent, zone)
            subnets.append(
                Subnet(
                    id=agent_subnet(agent.name, zone),
                    role=Role.AGENT,
                    zone=zone,
                    cidr=plan.agents[agent.name][zone.index],
                    route_table=table,
                    acl=acls[f"agent/{agent.name}"],
                    agent=agent.name,
                    origin=Origin((agent.span,)),
                )
            )
            tables[table] = RouteTable(table, Role.AGENT, zone, _default_route(agent, table, zone))
        for role, blocks, needed in (
            (Role.ENDPOINT, plan.endpoint, any(interface_services(agent) for agent in intent.agents)),
            (Role.FIREWALL, plan.firewall, intent.needs_internet),
            (Role.EGRESS, plan.egress, intent.needs_internet),
        ):
            if needed:
                table = tier_table(role, zone)
                subnets.append(_tier(role, zone, blocks[zone.index], acls[role]))
                tables[table] = RouteTable(table, role, zone, _tier_routes(role, table, zone, intent, plan))
    return Paths(
        subnets=tuple(sorted(subnets, key=lambda subnet: subnet.id)),
        route_tables=tuple(tables[table] for table in sorted(tables)),
        internet_gateway=InternetGateway(GATEWAY_ID) if intent.needs_internet else None,
        nat_gateways=tuple(
            NatGateway(nat_id(zone), zone, tier_subnet(Role.EGRESS, zone))
            for zone in plan.zones
            if intent.needs_internet
        ),
    )


def _tier(role: Role, zone: Zone, block: Cidr, acl: str) -> Subnet:
    return Subnet(
        id=tier_subnet(role, zone),
        role=role,
        zone=zone,
        cidr=block,
        route_table=tier_table(role, zone),
        acl=acl,
        agent=None,
        origin=Origin(),
    )


def _default_route(agent: AgentIntent, table: str, zone: Zone) -> tuple[Route, ...]:
    if not agent.needs_internet:
        return ()
    return (Route(f"{table}/default", ANY_IPV4, TargetKind.FIREWALL, firewall_id(zone), Origin()),)


def _tier_routes(role: Role, table: str, zone: Zone, intent: Intent, plan: AddressPlan) -> tuple[Route, ...]:
    """Out: firewall → NAT → internet. Back: NAT → the same firewall, one route per agent subnet.

    A route inside the VPC's own block must name a whole subnet (VPC user guide, subnet route tables).
    """
    match role:
        case Role.FIREWALL:
            return (Route(f"{table}/default", ANY_IPV4, TargetKind.NAT_GATEWAY, nat_id(zone), Origin()),)
        case Role.EGRESS:
            back = (
                Route(
                    f"{table}/back/{agent.name}",
                    plan.agents[agent.name][zone.index],
                    TargetKind.FIREWALL,
                    firewall_id(zone),
                    Origin((agent.span,)),
                )
                for agent in intent.agents
                if agent.needs_internet
            )
            return (Route(f"{table}/default", ANY_IPV4, TargetKind.INTERNET_GATEWAY, GATEWAY_ID, Origin()), *back)
        case _:
            return ()
