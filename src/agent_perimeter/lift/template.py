"""An assembly as a network: every resource that can carry, filter or redirect egress, translated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from agent_perimeter.lift.acls import acl_associations, acls
from agent_perimeter.lift.dns import dhcp_options, dns_associations, dns_groups, dns_settings, resolver_rules
from agent_perimeter.lift.endpoints import endpoints
from agent_perimeter.lift.firewalls import firewall_policies, firewalls, rule_groups
from agent_perimeter.lift.foreign import foreign
from agent_perimeter.lift.gateways import gateways
from agent_perimeter.lift.groups import security_groups
from agent_perimeter.lift.identities import boundaries, roles
from agent_perimeter.lift.interfaces import interfaces
from agent_perimeter.lift.logs import logs
from agent_perimeter.lift.node import Assembly
from agent_perimeter.lift.resources import Resources
from agent_perimeter.lift.routes import route_tables, routes, table_associations
from agent_perimeter.lift.strays import strays
from agent_perimeter.lift.vpc import prefix_lists, subnets, vpcs
from agent_perimeter.observed import ObservedNetwork, Record

Found = TypeVar("Found", bound=Record)


def lift(assembly: Assembly) -> ObservedNetwork:
    """The network that an assembly makes. It never fails: what is not understood is a ``Doubt`` or ``Foreign``."""
    resources = Resources.of_assembly(assembly)
    capping = boundaries(resources)
    seats, zones, borne = interfaces(resources), subnets(resources), security_groups(resources)
    held = roles(resources, capping, zones, seats)
    strange = foreign(resources, frozenset(boundary.id for boundary in capping))
    return ObservedNetwork(
        vpcs=_sorted(vpcs(resources)),
        subnets=_sorted(zones),
        route_tables=_sorted(route_tables(resources)),
        table_associations=_sorted(table_associations(resources)),
        routes=_sorted(routes(resources)),
        prefix_lists=_sorted(prefix_lists(resources)),
        security_groups=_sorted(borne),
        acls=_sorted(acls(resources)),
        acl_associations=_sorted(acl_associations(resources)),
        gateways=_sorted(gateways(resources)),
        interfaces=_sorted(seats),
        firewalls=_sorted(firewalls(resources)),
        firewall_policies=_sorted(firewall_policies(resources)),
        rule_groups=_sorted(rule_groups(resources)),
        dns_groups=_sorted(dns_groups(resources)),
        dns_associations=_sorted(dns_associations(resources)),
        resolver_rules=_sorted(resolver_rules(resources)),
        dhcp_options=_sorted(dhcp_options(resources)),
        dns_settings=_sorted(dns_settings(resources)),
        endpoints=_sorted(endpoints(resources)),
        boundaries=_sorted(capping),
        roles=_sorted(held),
        logs=_sorted(logs(resources)),
        foreign=_sorted((*strange, *strays(resources, zones, borne, seats, held))),
        doubts=assembly.doubts,
    )


def _sorted(records: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(sorted(records, key=lambda record: record.id))
