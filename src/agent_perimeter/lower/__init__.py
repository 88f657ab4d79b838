"""Intent → Network: what has to be built, layer by layer.

``lower`` is the builder's half of the house. Nothing that judges (lift, reach, prove, drift) may
import it, or one mistake would prove itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.finding import Finding, ordered
from agent_perimeter.intent import Intent
from agent_perimeter.lower.acls import lower_acls
from agent_perimeter.lower.addresses import AddressPlan, plan_addresses
from agent_perimeter.lower.boundaries import lower_boundaries
from agent_perimeter.lower.dns import lower_dns
from agent_perimeter.lower.endpoints import lower_endpoints
from agent_perimeter.lower.firewall import lower_firewall
from agent_perimeter.lower.footprint import footprint
from agent_perimeter.lower.groups import lower_groups
from agent_perimeter.lower.quotas import Meter, Use, judge, meter
from agent_perimeter.lower.routes import Paths, firewall_id, lower_routes, tier_subnet
from agent_perimeter.network import Endpoint, Firewall, Log, LogKind, Network, Role, Topology, Vpc
from agent_perimeter.settings import Settings


@dataclass(frozen=True, slots=True)
class Lowered:
    """The network to build, what had to be said on the way, and how much of each quota it uses.

    ``network`` is None where there is no place in the address plan for every agent; ``findings``
    then hold an error.
    """

    network: Network | None
    meters: tuple[Meter, ...]
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        return self.network is None or any(finding.is_error for finding in self.findings)


def lower(intent: Intent, settings: Settings) -> Lowered:
    """Translate the intent of a whole perimeter. Every problem is a finding, never an exception."""
    plan, place_uses, place_findings = plan_addresses((agent.name for agent in intent.agents), settings)
    if any(agent.name not in plan.agents for agent in intent.agents):
        meters = meter(place_uses, settings.quotas)
        return Lowered(None, meters, ordered((*place_findings, *judge(meters))))
    walls = lower_acls(intent, plan, _limit("acl-entries", settings))
    paths = lower_routes(intent, plan, walls.assigned)
    groups, group_uses = lower_groups(intent)
    endpoints, endpoint_uses = lower_endpoints(intent, plan)
    boundaries, boundary_uses = lower_boundaries(intent, settings.workloads)
    dns, dns_uses, dns_findings = lower_dns(intent, settings)
    policy, firewall_uses, firewall_findings = (
        lower_firewall(intent, plan.agents, settings) if intent.needs_internet else (None, (), ())
    )
    network = Network(
        name=settings.name,
        topology=Topology.FILTERED if intent.needs_internet else Topology.ISOLATED,
        vpc=Vpc("vpc", settings.vpc_cidr, dns_support=True, dns_hostnames=True),
        subnets=paths.subnets,
        route_tables=paths.route_tables,
        acls=walls.acls,
        security_groups=groups,
        internet_gateway=paths.internet_gateway,
        nat_gateways=paths.nat_gateways,
        firewalls=_firewalls(intent, plan, settings),
        firewall_policy=policy,
        dns_firewall=dns,
        endpoints=endpoints,
        boundaries=boundaries,
        logs=_logs(intent, settings),
        log_key=settings.log_key,
    )
    meters = meter(
        (
            *place_uses,
            *_path_uses(paths, endpoints),
            *walls.uses,
            *group_uses,
            *endpoint_uses,
            *boundary_uses,
            *dns_uses,
            *firewall_uses,
            *footprint(network),
        ),
        settings.quotas,
    )
    findings = (
        *place_findings,
        *walls.findings,
        *dns_findings,
        *firewall_findings,
        *judge(meters),
    )
    return Lowered(network, meters, ordered(findings))


def _limit(quota: str, settings: Settings) -> int:
    return settings.quotas.get(quota, QUOTAS[quota].limit)


def _path_uses(paths: Paths, endpoints: tuple[Endpoint, ...]) -> tuple[Use, ...]:
    """A table also holds the VPC's local route and one route for each gateway endpoint."""
    own = {table.id: len(table.routes) + 1 for table in paths.route_tables}
    for endpoint in endpoints:
        for table in endpoint.route_tables:
            own[table] += 1
    return (
        Use("vpc-subnets", len(paths.subnets)),
        Use("vpc-route-tables", len(own) + 1),
        *(Use("route-table-routes", routes, table) for table, routes in own.items()),
    )


def _firewalls(intent: Intent, plan: AddressPlan, settings: Settings) -> tuple[Firewall, ...]:
    """One firewall per zone: its single endpoint is then known without a look-up."""
    if not intent.needs_internet:
        return ()
    return tuple(
        Firewall(firewall_id(zone), zone, tier_subnet(Role.FIREWALL, zone), protected=not settings.maintenance)
        for zone in plan.zones
    )


def _logs(intent: Intent, settings: Settings) -> tuple[Log, ...]:
    firewall = (LogKind.FIREWALL_ALERT, LogKind.FIREWALL_FLOW) if intent.needs_internet else ()
    return tuple(
        Log(f"log/{kind}", kind, settings.log_retention_days)
        for kind in (LogKind.DNS_QUERY, *firewall, LogKind.VPC_FLOW)
    )
