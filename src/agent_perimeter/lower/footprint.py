"""How large the stack will be, known before anything is synthesized.

CloudFormation limits the resources of a stack and the bytes of its template. Both follow from the
network: the renderer makes one resource of each record, and a few more that each layer needs. A test
holds the count to what is really synthesized.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import GroupRef, LogKind, Network

_PER_VPC = 5
"""The VPC, and what empties its default group: function, role, log group and the custom resource."""
_PER_SUBNET = 3
"""The subnet with its route table and ACL associations."""
_PER_BOUNDARY = 4
"""The managed policy and three parameters that tell where the agent goes."""
_PER_FIREWALL = 2
"""The firewall and its logging."""
_PER_NAT = 2
"""The gateway and its Elastic IP."""
_PER_INTERNET_GATEWAY = 2
"""The gateway and its attachment."""
_BESIDES_LOG_GROUP = {
    LogKind.VPC_FLOW: 2,
    LogKind.DNS_QUERY: 2,
    LogKind.FIREWALL_ALERT: 0,
    LogKind.FIREWALL_FLOW: 0,
}
"""The flow log and its role; the query log's configuration and association."""

_BYTES_PER_RESOURCE = 650
_BYTES_PER_LISTED = 40
"""Generous means: the tests hold them between the real size and twice that."""


def footprint(network: Network) -> Iterator[Use]:
    """The resources of the stack, exactly, and the bytes of its template, at most."""
    resources = sum(_resources(network))
    yield Use("stack-resources", resources)
    yield Use("template-bytes", resources * _BYTES_PER_RESOURCE + sum(_text(network)))


def _resources(network: Network) -> Iterator[int]:
    yield _PER_VPC
    yield len(network.subnets) * _PER_SUBNET
    yield sum(1 + len(table.routes) for table in network.route_tables)
    yield sum(1 + len(acl.entries) for acl in network.acls)
    yield sum(1 + sum(isinstance(rule.peer, GroupRef) for rule in group.egress) for group in network.security_groups)
    yield _PER_INTERNET_GATEWAY if network.internet_gateway else 0
    yield len(network.nat_gateways) * _PER_NAT
    yield len(network.firewalls) * _PER_FIREWALL
    yield 1 + len(network.firewall_policy.groups) if network.firewall_policy else 0
    yield 2 + len({rule.domains.id for rule in network.dns_firewall.rules if rule.domains})
    yield len(network.endpoints)
    yield len(network.boundaries) * _PER_BOUNDARY
    yield sum(1 + _BESIDES_LOG_GROUP[log.kind] for log in network.logs)
    yield 1 if network.log_key == "create" else 0


def _text(network: Network) -> Iterator[int]:
    """What is long inside a resource: firewall rules (quotes take a second byte), names, policies."""
    for group in network.firewall_policy.groups if network.firewall_policy else ():
        yield sum(len(rule.text) + rule.text.count('"') + 2 for rule in group.rules)
    for rule in network.dns_firewall.rules:
        yield sum(len(domain) + 8 for domain in rule.domains.domains) if rule.domains else 0
    for security_group in network.security_groups:
        yield (len(security_group.egress) + len(security_group.ingress)) * 4 * _BYTES_PER_LISTED
    documents = [*(item.statements for item in network.endpoints), *(item.statements for item in network.boundaries)]
    for statement in (statement for statements in documents for statement in statements):
        listed = (*statement.actions, *statement.resources, *(item.key for item in statement.conditions))
        yield sum(len(item) + _BYTES_PER_LISTED for item in listed) + 6 * _BYTES_PER_LISTED
