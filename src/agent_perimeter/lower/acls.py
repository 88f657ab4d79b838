"""Network ACLs: the stateless second wall, on every subnet.

Agents whose entries are equal share an ACL. Entries are few (20 with the default deny), have no
notion of a connection, of prefix lists or of groups; so an ACL covers the intent rather than equals
it, and says where it does. What it adds beside a second opinion is that it denies the VPC's own
block before anything else: no agent reaches another's subnet, even where both may reach ``any``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent_perimeter.finding import Finding, Severity, code
from agent_perimeter.intent import AgentIntent, Intent, origin_of
from agent_perimeter.lower.addresses import AddressPlan
from agent_perimeter.lower.headers import EVERYWHERE, Cell, count, cover, disjoint, project
from agent_perimeter.lower.quotas import Use
from agent_perimeter.lower.routes import gateway_services, interface_services
from agent_perimeter.network import Acl, AclEntry, Direction, Role
from agent_perimeter.packets import AddressSet
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import EPHEMERAL_PORTS, Cidr, PortRange, Protocol

ACL_COVERS = code(
    "AP502",
    "acl-covers",
    Severity.NOTE,
    "A network ACL lets through more than the intent",
    "Network ACLs have few entries and no prefix lists. Where the intent does not fit, the ACL covers a "
    "superset of it. The security group and the firewall stay exact, so nothing more gets out; but for "
    "these packets the ACL is no second wall.",
)

_HTTPS = PortRange.single(443)
_FIRST, _STEP = 100, 10


@dataclass(frozen=True, slots=True)
class Walls:
    """The ACLs, and which one each agent (``agent/<name>``) and tier (its role) has."""

    acls: tuple[Acl, ...]
    assigned: dict[str, str]
    uses: tuple[Use, ...]
    findings: tuple[Finding, ...]


def lower_acls(intent: Intent, plan: AddressPlan, entries_limit: int) -> Walls:
    """ACLs for every tier that the intent needs. ``entries_limit`` counts AWS's own default deny."""
    budget = entries_limit - 1
    acls: dict[str, Acl] = {}
    assigned: dict[str, str] = {}
    findings: list[Finding] = []
    for agent in intent.agents:
        entries, found = _agent(agent, plan, budget)
        acl = f"acl/agent/{_content(entries)}"
        known = acls.get(acl)
        acls[acl] = Acl(acl, Role.AGENT, _merge_origins(known.entries, entries) if known else entries)
        assigned[f"agent/{agent.name}"] = acl
        findings += found
    tiers: list[tuple[Role, tuple[AclEntry, ...]]] = []
    if any(interface_services(agent) for agent in intent.agents):
        tiers.append((Role.ENDPOINT, _endpoint(plan)))
    if intent.needs_internet:
        transit, found = _transit(intent, plan, budget)
        findings += found
        tiers += ((Role.FIREWALL, transit), (Role.EGRESS, transit))
    for role, entries in tiers:
        acl = f"acl/{role}"
        acls[acl] = Acl(acl, role, entries)
        assigned[role] = acl
    ordered = tuple(acls[acl] for acl in sorted(acls))
    uses = (
        Use("vpc-acls", len(ordered) + 1),
        *(
            Use("acl-entries", 1 + sum(entry.direction is direction for entry in acl.entries), f"{acl.id} {direction}")
            for acl in ordered
            for direction in Direction
        ),
    )
    return Walls(ordered, assigned, uses, tuple(findings))


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry before it has its number."""

    allow: bool
    protocol: Protocol
    ports: PortRange | None
    cidr: Cidr
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Wall:
    """What should pass in one direction, in the ``room`` that there is for it."""

    exact: tuple[Cell, ...]
    covered: tuple[Cell, ...]
    room: int


def _wall(exact: tuple[Cell, ...], room: int) -> _Wall:
    return _Wall(exact, cover(exact, room), room)


def _number(direction: Direction, entries: Iterable[_Entry]) -> tuple[AclEntry, ...]:
    return tuple(
        AclEntry(_FIRST + _STEP * index, direction, entry.allow, entry.protocol, entry.ports, entry.cidr, entry.origin)
        for index, entry in enumerate(entries)
    )


def _content(entries: tuple[AclEntry, ...]) -> str:
    plain = "\n".join(
        f"{entry.number} {entry.direction} {entry.allow} {entry.protocol} {entry.ports} {entry.cidr}"
        for entry in entries
    )
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _merge_origins(known: tuple[AclEntry, ...], more: tuple[AclEntry, ...]) -> tuple[AclEntry, ...]:
    return tuple(replace(old, origin=old.origin | new.origin) for old, new in zip(known, more, strict=True))


def _allow(protocol: Protocol, ports: PortRange, blocks: Iterable[Cidr], origin: Origin) -> list[_Entry]:
    return [_Entry(True, protocol, ports, block, origin) for block in blocks]


def _deny_vpc(plan: AddressPlan) -> list[_Entry]:
    return [_Entry(False, Protocol.ALL, None, plan.vpc, Origin())]


def _replies(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Where replies come from: the cells' addresses, on the ephemeral ports of a client."""
    return disjoint(Cell(cell.protocol, EPHEMERAL_PORTS, cell.addresses, cell.origin) for cell in cells)


def _entries(cells: Iterable[Cell]) -> list[_Entry]:
    return [entry for cell in cells for entry in _allow(cell.protocol, cell.ports, cell.addresses.cidrs(), cell.origin)]


def _agent(agent: AgentIntent, plan: AddressPlan, budget: int) -> tuple[tuple[AclEntry, ...], list[Finding]]:
    services = interface_services(agent)
    local = plan.endpoint_area if services else ()
    local_origin = origin_of(*(reach for reach in agent.services if reach.service in services))
    wanted = _with_gateways(agent, project((agent,)))
    room = budget - len(local) - 1
    outward, back = _wall(wanted, room), _wall(_replies(wanted), room)
    if not local and not wanted:
        return (), []
    egress = _number(
        Direction.EGRESS,
        (*_allow(Protocol.TCP, _HTTPS, local, local_origin), *_deny_vpc(plan), *_entries(outward.covered)),
    )
    ingress = _number(
        Direction.INGRESS,
        (*_allow(Protocol.TCP, EPHEMERAL_PORTS, local, local_origin), *_deny_vpc(plan), *_entries(back.covered)),
    )
    who = f"agent {agent.name}"
    findings = [*_without_prefix_lists(agent), *_covered(who, agent.span, (outward, back))]
    return (*egress, *ingress), findings


def _with_gateways(agent: AgentIntent, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """ACLs have no prefix lists, so a gateway service takes port 443 to every address."""
    services = gateway_services(agent)
    if not services:
        return cells
    origin = origin_of(*(reach for reach in agent.services if reach.service in services))
    return disjoint((*cells, Cell(Protocol.TCP, _HTTPS, EVERYWHERE, origin)))


def _without_prefix_lists(agent: AgentIntent) -> Iterable[Finding]:
    """A note where the gateway services alone open port 443: an agent with a name on it has that anyway."""
    services = gateway_services(agent)
    names = any(_HTTPS.first in reach.ports and not reach.pins for reach in agent.names)
    if services and not names:
        message = (
            f"the network ACL of agent {agent.name} allows TCP 443 to any address, "
            f"for ACLs cannot name the prefix list of {' or '.join(services)}"
        )
        yield Finding(ACL_COVERS, message, agent.span)


def _covered(who: str, span: Span | None, walls: Iterable[_Wall]) -> Iterable[Finding]:
    """A note where exact cells had to be covered by fewer."""
    wider = [wall for wall in walls if wall.covered != wall.exact]
    if wider:
        tightest = max(wider, key=lambda wall: count(wall.exact) - wall.room)
        yield Finding(
            ACL_COVERS,
            f"the network ACL of {who} covers its rules with larger blocks or port ranges",
            span,
            got=f"{count(tightest.exact)} entries in one direction",
            allowed=f"{tightest.room} beside its fixed ones",
            hint="raising quotas.acl-entries to at most 40, or fewer and larger blocks",
        )


def _endpoint(plan: AddressPlan) -> tuple[AclEntry, ...]:
    """HTTPS from where agents live, and its replies. Which agent may is for the endpoint's group."""
    return (
        *_number(Direction.INGRESS, _allow(Protocol.TCP, _HTTPS, plan.agent_area, Origin())),
        *_number(Direction.EGRESS, _allow(Protocol.TCP, EPHEMERAL_PORTS, plan.agent_area, Origin())),
    )


def _transit(intent: Intent, plan: AddressPlan, budget: int) -> tuple[tuple[AclEntry, ...], list[Finding]]:
    """Firewall and egress subnets see the same packets: agents' requests out, the internet's replies in."""
    exact = project(intent.agents)
    protocols = tuple(dict.fromkeys(cell.protocol for cell in exact))
    area = plan.agent_area
    to_agents = [entry for protocol in protocols for entry in _allow(protocol, EPHEMERAL_PORTS, area, Origin())]
    room = budget - 1
    outward = _wall(exact, room - len(to_agents))
    requests = tuple(replace(cell, addresses=AddressSet.of(area)) for cell in outward.covered)
    inward = _wall(requests, room - len(protocols))
    back = _wall(_replies(exact), room - count(inward.covered))
    egress = _number(Direction.EGRESS, (*to_agents, *_deny_vpc(plan), *_entries(outward.covered)))
    ingress = _number(Direction.INGRESS, (*_entries(inward.covered), *_deny_vpc(plan), *_entries(back.covered)))
    return (*egress, *ingress), [*_covered("the firewall and egress subnets", None, (outward, inward, back))]
