"""How much of AWS's quotas a network uses, counted in what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.observed import ObservedNetwork, RulesString
from agent_perimeter.report.page import Use
from agent_perimeter.values import Cidr


def uses(network: ObservedNetwork) -> tuple[Use, ...]:
    """One row for each quota that the network meets, in the order of the table; the fullest resource counts."""
    found = dict(_counts(network))
    return tuple(Use(quota.title, found[name], quota.limit) for name, quota in QUOTAS.items() if found.get(name))


def _counts(network: ObservedNetwork) -> Iterator[tuple[str, int]]:
    yield "vpc-subnets", _most(subnet.vpc for subnet in network.subnets)
    yield "vpc-route-tables", _most(table.vpc for table in network.route_tables)
    yield "vpc-acls", _most(acl.vpc for acl in network.acls)
    yield "vpc-security-groups", len(network.security_groups)
    tables = Counter(str(route.table) for route in network.routes)
    for endpoint in network.endpoints:
        tables.update(str(table) for table in endpoint.route_tables)
    # Every table has the VPC's local route as well.
    yield "route-table-routes", max(tables.values(), default=-1) + 1
    # AWS counts its own last entry, which denies the rest.
    entries = [
        [entry.cidr for entry in acl.entries if entry.egress is not other]
        for acl in network.acls
        for other in (False, True)
    ]
    yield "acl-entries", max(map(_one_family, entries), default=-1) + 1
    groups = [rules for group in network.security_groups for rules in (group.egress, group.ingress)]
    yield "group-rules", max((_one_family(rule.peer for rule in rules) for rules in groups), default=0)
    yield "gateway-endpoints", sum(endpoint.kind == "gateway" for endpoint in network.endpoints)
    yield "interface-endpoints", _most(endpoint.vpc for endpoint in network.endpoints if endpoint.kind == "interface")
    yield "firewall-groups-per-policy", max((len(policy.stateful) for policy in network.firewall_policies), default=0)
    texts = [group.source.text for group in network.rule_groups if isinstance(group.source, RulesString)]
    yield "firewall-rules-string-characters", max(map(len, texts), default=0)
    yield "dns-rules-per-group", max((len(group.rules) for group in network.dns_groups), default=0)
    lists = [rule.domains for group in network.dns_groups for rule in group.rules if isinstance(rule.domains, tuple)]
    yield "dns-domains-per-list", max(map(len, lists), default=0)


def _most(owners: Iterable[object]) -> int:
    return max(Counter(map(str, owners)).values(), default=0)


def _one_family(peers: Iterable[object]) -> int:
    """AWS holds rules for IPv4 and for IPv6 apart; what is neither, such as a group, counts for both."""
    versions = [peer.version if isinstance(peer, Cidr) else None for peer in peers]
    return max(sum(version != other for version in versions) for other in (4, 6))
