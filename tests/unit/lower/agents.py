"""Agents to lower, written in a line. A reach on line 7 of ``bot.yaml`` says so in its origin."""

from __future__ import annotations

from agent_perimeter.intent import AddressReach, AgentIntent, Intent, NameReach, ServiceReach, claim_of
from agent_perimeter.lower.addresses import AddressPlan, plan_addresses
from agent_perimeter.packets import AddressSet, PortSet
from agent_perimeter.settings import Settings
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol

Reach = NameReach | AddressReach | ServiceReach


def at(line: int, file: str = "policies/bot.yaml") -> Origin:
    return Origin((Span(file, line, 7),))


def blocks(*texts: str) -> AddressSet:
    return AddressSet.of(Cidr.parse(text) for text in texts)


def ports(text: str) -> PortRange:
    first, _, last = text.partition("-")
    return PortRange(int(first), int(last or first))


def name(line: int, domain: str = "api.example.com", port: str = "443", pins: tuple[str, ...] = ()) -> NameReach:
    return NameReach(DomainPattern(domain), claim_of(ports(port)), ports(port), blocks(*pins), at(line))


def address(line: int, *texts: str, port: str = "5432", protocol: Protocol = Protocol.TCP) -> AddressReach:
    return AddressReach(blocks(*texts), protocol, PortSet.of([ports(port)]), at(line))


def service(
    line: int,
    which: str,
    actions: tuple[str, ...] = ("s3:GetObject",),
    resources: tuple[str, ...] = ("arn:aws:s3:::corpus/*",),
) -> ServiceReach:
    return ServiceReach(which, actions, resources, at(line))


def agent(called: str, *reaches: Reach) -> AgentIntent:
    return AgentIntent(
        name=called,
        names=tuple(reach for reach in reaches if isinstance(reach, NameReach)),
        addresses=tuple(reach for reach in reaches if isinstance(reach, AddressReach)),
        services=tuple(reach for reach in reaches if isinstance(reach, ServiceReach)),
        span=Span(f"policies/{called}.yaml", 1, 1),
    )


def intent(*agents: AgentIntent) -> Intent:
    return Intent(tuple(sorted(agents, key=lambda found: found.name)))


def plan(of: Intent, zones: int = 2, vpc: str = "10.42.0.0/16") -> AddressPlan:
    chosen = Settings(vpc_cidr=Cidr.parse(vpc), zones=(None,) * zones)
    return plan_addresses((found.name for found in of.agents), chosen)[0]
