"""The plan of a perimeter: who may reach what, which layers hold it, and what it uses up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent_perimeter.intent import AgentIntent, Claim, Intent
from agent_perimeter.lower.quotas import Meter
from agent_perimeter.network import DnsAction, Network, Topology
from agent_perimeter.report.text import Style, plural, table


@dataclass(frozen=True, slots=True)
class Template:
    """A synthesized template on disk."""

    path: str
    bytes: int
    resources: int


def plan_text(
    intent: Intent, network: Network, meters: Iterable[Meter], templates: Iterable[Template], style: Style
) -> str:
    """The whole plan as text, sections apart by an empty line."""
    zones = len({subnet.zone for subnet in network.subnets})
    head = style.strong(f"Perimeter {network.name!r}") + (
        f": {plural(len(intent.agents), 'agent')}, {network.topology} topology,"
        f" {plural(zones, 'availability zone')}, VPC {network.vpc.cidr}"
    )
    sections = [
        head,
        style.strong("Agents and what each may reach"),
        *(_agent(agent, style) for agent in intent.agents),
        style.strong("Layers that hold it") + "\n" + table(_layers(network)),
        style.strong("Quotas used") + "\n" + table(_quota(meter) for meter in meters),
    ]
    written = tuple(templates)
    if written:
        rows = ((item.path, f"{item.bytes:,} bytes", plural(item.resources, "resource")) for item in written)
        sections.append(style.strong("Templates") + "\n" + table(rows))
    return "\n\n".join(sections)


def _agent(agent: AgentIntent, style: Style) -> str:
    title = f"  {style.strong(agent.name)}"
    tables = (table((*_names(agent), *_addresses(agent)), "    "), table(_services(agent), "    "))
    return "\n".join((title, *filter(None, tables))) if any(tables) else f"{title}\n    nothing"


def _names(agent: AgentIntent) -> Iterable[tuple[str, str, str]]:
    for reach in agent.names:
        how = {Claim.TLS: "TLS", Claim.HTTP: "HTTP, unencrypted", Claim.RESOLVED: "TCP, by resolved address"}
        pins = f" at {reach.pins}" if reach.pins else ""
        yield f"{reach.name}{pins}", f"{how[reach.claim]} on {reach.ports}", reach.origin.short


def _addresses(agent: AgentIntent) -> Iterable[tuple[str, str, str]]:
    for reach in agent.addresses:
        blocks = reach.addresses.cidrs()
        shown = ", ".join(map(str, blocks[:3])) + (f" and {len(blocks) - 3} more" if len(blocks) > 3 else "")
        yield shown, f"{reach.protocol} {reach.ports}", reach.origin.short


def _services(agent: AgentIntent) -> Iterable[tuple[str, str, str]]:
    for reach in agent.services:
        on = reach.resources[0] + (f" and {len(reach.resources) - 1} more" if len(reach.resources) > 1 else "")
        yield f"AWS {', '.join(reach.actions)}", f"on {on}", reach.origin.short


def _layers(network: Network) -> Iterable[tuple[str, str]]:
    agents = len(network.agents)
    groups = len(network.security_groups) - agents
    yield (
        "security groups",
        f"{plural(agents, 'agent')} and {plural(groups, 'endpoint')}, no ingress; the default group is emptied",
    )
    yield "network ACLs", f"{plural(len(network.acls), 'ACL')} on {plural(len(network.subnets), 'subnet')}"
    if network.topology is Topology.ISOLATED:
        yield "routes", "no internet gateway, no NAT gateway, no route out of the VPC"
    else:
        yield "routes", "the internet only through the firewall of the agent's own zone"
    yield from _firewall(network)
    yield "DNS firewall", _dns(network)
    services = ", ".join(endpoint.service for endpoint in network.endpoints)
    yield "VPC endpoints", services or "none"
    yield "IAM boundaries", f"{agents}, one per agent"
    yield "logs", ", ".join(log.kind for log in network.logs) + f", kept {network.logs[0].retention_days} days"


def _firewall(network: Network) -> Iterable[tuple[str, str]]:
    policy = network.firewall_policy
    if policy is None:
        return
    passes = sum(rule.allow for group in policy.groups for rule in group.rules)
    drops = sum(not rule.allow for group in policy.groups for rule in group.rules)
    protected = all(firewall.protected for firewall in network.firewalls)
    rules = f"{plural(len(network.firewalls), 'endpoint')}, {passes} pass and {drops} drop rules, the rest dropped"
    yield "network firewall", f"{rules}; protections {'on' if protected else 'OFF for maintenance'}"
    resolved = policy.resolved_ip
    yield (
        "resolved-IP validation",
        f"{resolved.action.lower()}s destinations that the VPC resolver did not give out" if resolved else "OFF",
    )


def _dns(network: Network) -> str:
    allowed = sum(
        len(rule.domains.domains)
        for rule in network.dns_firewall.rules
        if rule.domains and rule.action is DnsAction.ALLOW
    )
    return f"{plural(allowed, 'name')} answered, every other name blocked" if allowed else "closed: no name is answered"


def _quota(meter: Meter) -> tuple[str, str, str]:
    return meter.quota.name, f"{meter.used:,} of {meter.limit:,}", meter.where
