"""Intent: who may reach what, as sets, with the policy lines that say so.

A ``Policy`` is what a file says; ``Intent`` is what it means on a given day, over all the agents of
a perimeter. Expired rules are gone, holes are cut, ports are merged. Everything that builds, proves
or watches starts from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from agent_perimeter.packets import AddressSet, PortSet
from agent_perimeter.policy.model import AddressRule, DomainRule, Policy, Rule, ServiceRule
from agent_perimeter.source import Origin, Span, merged
from agent_perimeter.values import DomainPattern, PortRange, Protocol


class Claim(StrEnum):
    """How the network can tell that a connection is for a name.

    ``TLS``: the server name in the ClientHello (RFC 6066). ``HTTP``: the Host header (RFC 9110).
    ``RESOLVED``: nothing in the packets names it; only the address that the VPC resolver gave out.
    """

    TLS = "TLS"
    HTTP = "HTTP"
    RESOLVED = "RESOLVED"


HTTP_PORT = 80
TLS_PORT = 443


def claim_of(ports: PortRange) -> Claim:
    """Port 443 carries TLS and port 80 plain HTTP; on any other port only the resolved address tells."""
    match (ports.first, ports.last):
        case (443, 443):
            return Claim.TLS
        case (80, 80):
            return Claim.HTTP
        case _:
            return Claim.RESOLVED


@dataclass(frozen=True, slots=True)
class NameReach:
    """TCP to any address of a name. Empty ``pins`` means any IPv4 address the name resolves to."""

    name: DomainPattern
    claim: Claim
    ports: PortRange
    pins: AddressSet
    origin: Origin


@dataclass(frozen=True, slots=True)
class AddressReach:
    """TCP or UDP to a set of addresses on a set of ports."""

    addresses: AddressSet
    protocol: Protocol
    ports: PortSet
    origin: Origin


@dataclass(frozen=True, slots=True)
class ServiceReach:
    """IAM actions on resources of one AWS service, through its VPC endpoint."""

    service: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class AgentIntent:
    """All that one agent may reach. All three empty: it reaches nothing."""

    name: str
    names: tuple[NameReach, ...]
    addresses: tuple[AddressReach, ...]
    services: tuple[ServiceReach, ...]
    span: Span

    @property
    def needs_internet(self) -> bool:
        return bool(self.names or self.addresses)


@dataclass(frozen=True, slots=True)
class Intent:
    """The intent of a whole perimeter, agents by name."""

    agents: tuple[AgentIntent, ...]

    @property
    def needs_internet(self) -> bool:
        return any(agent.needs_internet for agent in self.agents)

    @property
    def services(self) -> tuple[str, ...]:
        """The AWS services that any agent uses, sorted."""
        return tuple(sorted({reach.service for agent in self.agents for reach in agent.services}))


def is_expired(rule: Rule, today: date) -> bool:
    """Whether the rule's last day has passed."""
    return rule.about.expires is not None and rule.about.expires < today


def resolve(policies: Iterable[Policy], today: date) -> Intent:
    """What the policies mean on ``today``. The policies must have passed the lint without an error."""
    return Intent(tuple(_agent(policy, today) for policy in sorted(policies, key=lambda policy: policy.agent)))


def _agent(policy: Policy, today: date) -> AgentIntent:
    names: dict[tuple[DomainPattern, PortRange], NameReach] = {}
    addresses: dict[tuple[AddressSet, Protocol], AddressReach] = {}
    services: list[ServiceReach] = []
    for rule in policy.rules:
        if is_expired(rule, today):
            continue
        match rule:
            case DomainRule():
                for reach in _names(rule):
                    _add_name(names, reach)
            case AddressRule():
                for found in _addresses(rule):
                    known = addresses.get((found.addresses, found.protocol))
                    addresses[found.addresses, found.protocol] = (
                        found
                        if known is None
                        else AddressReach(
                            found.addresses, found.protocol, known.ports | found.ports, known.origin | found.origin
                        )
                    )
            case ServiceRule():
                services.append(
                    ServiceReach(
                        rule.service,
                        tuple(sorted(set(rule.actions))),
                        tuple(sorted(set(rule.resources))),
                        Origin((rule.span,)),
                    )
                )
            case _:
                assert_never(rule)
    return AgentIntent(
        name=policy.agent,
        names=tuple(sorted(names.values(), key=lambda reach: (*reach.name.order, reach.ports.first))),
        addresses=tuple(sorted(addresses.values(), key=lambda reach: (reach.origin, reach.protocol))),
        services=tuple(sorted(services, key=lambda reach: (reach.service, reach.origin))),
        span=policy.span,
    )


def _add_name(names: dict[tuple[DomainPattern, PortRange], NameReach], reach: NameReach) -> None:
    """A name written twice reaches the union; where one of the two has no pins, that is every address."""
    known = names.get((reach.name, reach.ports))
    if known is None:
        names[reach.name, reach.ports] = reach
        return
    pins = known.pins | reach.pins if known.pins and reach.pins else AddressSet()
    names[reach.name, reach.ports] = NameReach(reach.name, reach.claim, reach.ports, pins, known.origin | reach.origin)


def _names(rule: DomainRule) -> Iterable[NameReach]:
    """One reach per range of TCP ports; 80 and 443 are cut out of a longer range, for they carry a name."""
    pins = AddressSet.of(block.cidr for block in rule.addresses)
    carriers = (PortRange.single(HTTP_PORT), PortRange.single(TLS_PORT))
    asked = PortSet.of(port.ports for port in rule.ports if port.protocol is Protocol.TCP)
    plain = asked - PortSet.of(carriers)
    carried = tuple(carrier for carrier in carriers if carrier.first in asked)
    for ports in (*carried, *plain.ranges()):
        yield NameReach(rule.name, claim_of(ports), ports, pins, Origin((rule.span,)))


def _addresses(rule: AddressRule) -> Iterable[AddressReach]:
    addresses = AddressSet.of((rule.block.cidr,)) - AddressSet.of(hole.cidr for hole in rule.excepts)
    if not addresses:
        return
    for protocol in sorted({port.protocol for port in rule.ports}):
        ports = PortSet.of(port.ports for port in rule.ports if port.protocol is protocol)
        yield AddressReach(addresses, protocol, ports, Origin((rule.span,)))


def origin_of(*reaches: NameReach | AddressReach | ServiceReach) -> Origin:
    """The policy lines behind several reaches."""
    return merged([reach.origin for reach in reaches])
