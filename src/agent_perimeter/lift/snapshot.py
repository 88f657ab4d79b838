"""A snapshot as a network: the records that a template lifts to, from what AWS answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from agent_perimeter.lift.account import dns, firewalls, foreign, identities, logs
from agent_perimeter.lift.account.acls import acl_associations, acls
from agent_perimeter.lift.account.contradictions import contradictions
from agent_perimeter.lift.account.endpoints import endpoints
from agent_perimeter.lift.account.gateways import gateways
from agent_perimeter.lift.account.groups import security_groups
from agent_perimeter.lift.account.interfaces import interfaces
from agent_perimeter.lift.account.reading import FIELDS, Account
from agent_perimeter.lift.account.routes import route_tables, routes, table_associations
from agent_perimeter.lift.account.sites import Sites
from agent_perimeter.lift.account.vpc import prefix_lists, subnets, vpcs
from agent_perimeter.observed import Doubt, ObservedNetwork, Record
from agent_perimeter.snapshot import Snapshot

Found = TypeVar("Found", bound=Record)


@dataclass(frozen=True, slots=True)
class Live:
    """The network of an account. ``unread``: fields of it that are perhaps not whole, each with why, sorted."""

    network: ObservedNetwork
    unread: tuple[tuple[str, Doubt], ...] = ()


def lift_snapshot(snapshot: Snapshot) -> Live:
    """The network that a snapshot shows. It never fails: what was not understood is a ``Doubt``, what was not read too.

    Records refer to each other by AWS's ids; the main route table, the default ACL and the default group of the VPC by
    the judge's own. What AWS adds by itself and nobody can change is left out: the ``local`` routes, the entries that
    end every ACL, the interfaces and endpoints of firewalls and gateways.
    """
    account = Account(snapshot)
    conflicts = tuple(contradictions(account))
    sites = Sites.of(account, conflicts)
    places, borne, seats = subnets(account), security_groups(account), interfaces(account, sites)
    capping = identities.boundaries(account)
    strange = (*foreign.foreign(account), *foreign.strays(account, places, borne, seats))
    network = ObservedNetwork(
        vpcs=_sorted(vpcs(account)),
        subnets=_sorted(places),
        route_tables=_sorted(route_tables(account)),
        table_associations=_sorted(table_associations(account)),
        routes=_sorted(routes(account, sites)),
        prefix_lists=_sorted(prefix_lists(account)),
        security_groups=_sorted(borne),
        acls=_sorted(acls(account)),
        acl_associations=_sorted(acl_associations(account)),
        gateways=_sorted(gateways(account)),
        interfaces=_sorted(seats),
        firewalls=_sorted(firewalls.firewalls(account)),
        firewall_policies=_sorted(firewalls.firewall_policies(account)),
        rule_groups=_sorted(firewalls.rule_groups(account)),
        dns_groups=_sorted(dns.dns_groups(account)),
        dns_associations=_sorted(dns.dns_associations(account)),
        resolver_rules=_sorted(dns.resolver_rules(account)),
        dhcp_options=_sorted(dns.dhcp_options(account)),
        dns_settings=_sorted(dns.dns_settings(account)),
        endpoints=_sorted(endpoints(account, sites)),
        boundaries=_sorted(capping),
        roles=_sorted(identities.roles(account, capping, places)),
        logs=_sorted(logs.logs(account)),
        foreign=_sorted(strange),
        doubts=account.nameless(),
    )
    missing = {
        *account.unread(),
        *firewalls.lost(account),
        *dns.lost(account),
        *identities.lost(account),
        *logs.lost(account),
        *foreign.lost(account),
        *((field, doubt) for call, doubt in conflicts for field in FIELDS[call]),
    }
    return Live(network, tuple(sorted(missing)))


def _sorted(records: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(sorted(records, key=lambda record: record.id))
