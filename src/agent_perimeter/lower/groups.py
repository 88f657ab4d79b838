"""Security groups: one per agent and one per interface endpoint, exact to the intent.

A group knows addresses and ports. Where the intent has a name without pins, that is any address on
the name's port; everything else is as narrow as written. No group takes anything in, but an
endpoint's from the groups of the agents that use it.
"""

from __future__ import annotations

from agent_perimeter.intent import AgentIntent, Intent, origin_of
from agent_perimeter.lower.headers import EVERYWHERE, Cell, project
from agent_perimeter.lower.quotas import Use
from agent_perimeter.lower.routes import gateway_services, interface_services
from agent_perimeter.network import GroupRef, GroupRule, Peer, PrefixList, Role, SecurityGroup
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange, Protocol

HTTPS = PortRange.single(443)


def agent_group(agent: str) -> str:
    """The record id of an agent's security group."""
    return f"group/agent/{agent}"


def endpoint_group(service: str) -> str:
    """The record id of the security group of a service's endpoint."""
    return f"group/endpoint/{service}"


def lower_groups(intent: Intent) -> tuple[tuple[SecurityGroup, ...], tuple[Use, ...]]:
    """All security groups of the perimeter, and how many rules each has."""
    services = sorted({service for agent in intent.agents for service in interface_services(agent)})
    groups = tuple(
        sorted(
            (
                *(_agent(agent) for agent in intent.agents),
                *(_endpoint(service, intent) for service in services),
            ),
            key=lambda group: group.id,
        )
    )
    uses = tuple(Use("group-rules", max(len(group.egress), len(group.ingress)), group.id) for group in groups)
    return groups, (Use("vpc-security-groups", len(groups) + 1), *uses)


def _agent(agent: AgentIntent) -> SecurityGroup:
    internet = (_rule(cell, block) for cell in project((agent,)) for block in cell.addresses.cidrs())
    interfaces = (
        _https(GroupRef(endpoint_group(service)), f"to the {service} endpoint", agent, service)
        for service in interface_services(agent)
    )
    gateways = (
        _https(PrefixList(service), f"to {service} through its gateway endpoint", agent, service)
        for service in gateway_services(agent)
    )
    return SecurityGroup(
        id=agent_group(agent.name),
        role=Role.AGENT,
        agent=agent.name,
        service=None,
        description=f"Agent {agent.name}: no ingress, egress as its policy says",
        ingress=(),
        egress=(*interfaces, *gateways, *internet),
        origin=Origin((agent.span,)),
    )


def _rule(cell: Cell, block: Cidr) -> GroupRule:
    what = "names on the allowlist, held by the firewall" if cell.addresses == EVERYWHERE else "addresses"
    files = ", ".join(sorted({span.file.rsplit("/", 1)[-1] for span in cell.origin.spans}))
    return GroupRule(cell.protocol, cell.ports, block, f"{what}: {files}", cell.origin)


def _https(peer: Peer, what: str, agent: AgentIntent, service: str) -> GroupRule:
    origin = origin_of(*(reach for reach in agent.services if reach.service == service))
    return GroupRule(Protocol.TCP, HTTPS, peer, f"{agent.name} {what}", origin)


def _endpoint(service: str, intent: Intent) -> SecurityGroup:
    users = [agent for agent in intent.agents if service in interface_services(agent)]
    ingress = tuple(
        _https(GroupRef(agent_group(agent.name)), f"to the {service} endpoint", agent, service) for agent in users
    )
    return SecurityGroup(
        id=endpoint_group(service),
        role=Role.ENDPOINT,
        agent=None,
        service=service,
        description=f"Endpoint of {service}: HTTPS from the agents that use it, no egress",
        ingress=ingress,
        egress=(),
        origin=origin_of(*(reach for agent in users for reach in agent.services if reach.service == service)),
    )
