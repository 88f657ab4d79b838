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
from agent_perimeter.lower.headers import EVERYWHERE, Cell, count, cover, project
from agent_perimeter.lower.quotas import Use
from agent_perimeter.lower.routes import gateway_services, interface_services
from agent_perimeter.network import Acl, AclEntry, Direction, Role
from agent_perimeter.packets import AddressSet
from agent_perimeter.source import Origin, merged
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
    return hashlib.sha256(plain.encode()).hexdigest()[:8]


def _merge_origins(known: tuple[AclEntry, ...], more: tuple[AclEntry, ...]) -> tuple[AclEntry, ...]:
    return tuple(replace(old, origin=old.origin | new.origin) for old, new in zip(known, more, strict=True))


def _allow(protocol: Protocol, ports: PortRange, blocks: Iterable[Cidr], origin: Origin) -> list[_Entry]:
    return [_Entry(True, protocol, ports, block, origin) for block in blocks]


def _deny_vpc(plan: AddressPlan) -> list[_Entry]:
    return [_Entry(False, Protocol.ALL, None, plan.vpc, Origin())]


def _replies(cells: Iterable[Cell], budget: int) -> tuple[Cell, ...]:
    """Where replies come from: the cells' addresses, on the ephemeral ports of a client."""
    listed = tuple(cells)
    sources = (
        Cell(
            protocol,
            EPHEMERAL_PORTS,
            AddressSet.of(
                block for cell in listed if cell.protocol is protocol for block in cell.addresses.cidrs()
            ),
            merged([cell.origin for cell in listed if cell.protocol is protocol]),
        )
        for protocol in (Protocol.TCP, Protocol.UDP)
    )
    return cover(tuple(cell for cell in sources if cell.addresses), budget)


def _entries(cells: Iterable[Cell]) -> list[_Entry]:
    return [
        entry
        for cell in cells
        for entry in _allow(cell.protocol, cell.ports, cell.addresses.cidrs(), cell.origin)
    ]


def _agent(agent: AgentIntent, plan: AddressPlan, budget: int) -> tuple[tuple[AclEntry, ...], list[Finding]]:
    local = plan.endpoint_area if interface_services(agent) else ()
    local_origin = origin_of(*(reach for reach in agent.services if reach.service in interface_services(agent)))
    exact = project((agent,))
    wanted = _with_gateways(agent, exact)
    room = budget - len(local) - 1
    outward, back = cover(wanted, room), _replies(wanted, room)
    if not local and not outward:
        return (), []
    egress = _number(
        Direction.EGRESS,
        (*_allow(Protocol.TCP, _HTTPS, local, local_origin), *_deny_vpc(plan), *_entries(outward)),
    )
    ingress = _number(
        Direction.INGRESS,
        (*_allow(Protocol.TCP, EPHEMERAL_PORTS, local, local_origin), *_deny_vpc(plan), *_entries(back)),
    )
    return (*egress, *ingress), _superset(f"agent {agent.name}", agent, exact, wanted, outward)


def _with_gateways(agent: AgentIntent, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """ACLs have no prefix lists, so a gateway service takes port 443 to every address."""
    services = gateway_services(agent)
    if not services:
        return cells
    origin = origin_of(*(reach for reach in agent.services if reach.service in services))
    https = [cell for cell in cells if cell.protocol is Protocol.TCP and _HTTPS.first in cell.ports]
    rest = [cell for cell in cells if cell not in https]
    pieces = [
        Cell(cell.protocol, ports, cell.addresses, cell.origin)
        for cell in https
        for first, last in ((cell.ports.first, 442), (444, cell.ports.last))
        if first <= last
        for ports in (PortRange(first, last),)
    ]
    whole = Cell(Protocol.TCP, _HTTPS, EVERYWHERE, merged([origin, *(cell.origin for cell in https)]))
    return tuple(sorted((*rest, *pieces, whole), key=lambda cell: (cell.protocol, cell.ports)))


def _superset(
    who: str, agent: AgentIntent | None, exact: tuple[Cell, ...], wanted: tuple[Cell, ...], covered: tuple[Cell, ...]
) -> list[Finding]:
    findings = []
    span = agent.span if agent else None
    if wanted != exact:
        message = f"the network ACL of {who} allows TCP 443 to any address: it has no prefix lists for gateway endpoints"
        findings.append(Finding(ACL_COVERS, message, span))
    if covered != wanted:
        message = f"the network ACL of {who} covers its address rules with larger blocks"
        findings.append(
            Finding(
                ACL_COVERS,
                message,
                span,
                got=f"{count(wanted)} entries",
                allowed=f"{count(covered)}",
                hint="raising quotas.acl-entries to at most 40, or fewer and larger blocks",
            )
        )
    return findings


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
    to_agents = [
        entry for protocol in protocols for entry in _allow(protocol, EPHEMERAL_PORTS, area, Origin())
    ]
    outward = cover(exact, budget - len(to_agents) - 1)
    inward = cover(
        tuple(Cell(cell.protocol, cell.ports, AddressSet.of(area), cell.origin) for cell in outward),
        budget - 1 - len(protocols),
    )
    back = _replies(exact, budget - 1 - count(inward))
    egress = _number(Direction.EGRESS, (*to_agents, *_deny_vpc(plan), *_entries(outward)))
    ingress = _number(Direction.INGRESS, (*_entries(inward), *_deny_vpc(plan), *_entries(back)))
    return (*egress, *ingress), _superset("the firewall and egress subnets", None, exact, exact, outward)
