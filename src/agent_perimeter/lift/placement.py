"""Where agents stand in an observed network: their subnets, groups and boundaries.

Agents are found by our tags, or one workload is named. A network from an account serves as well as a lifted one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent_perimeter.observed import Doubt, ObservedNetwork, Ref, SecurityGroup, Subnet

WORKLOAD = "workload"
"""What a named workload is called where no tag names its agent."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One agent. ``subnets`` and ``groups`` are record ids, sorted; ``boundary`` None where it has none.

    ``doubts`` say what about the placement itself is not certain.
    """

    agent: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    boundary: Ref | None
    doubts: tuple[Doubt, ...] = ()


def placements(
    network: ObservedNetwork, subnets: tuple[str, ...] = (), groups: tuple[str, ...] = ()
) -> tuple[Placement, ...]:
    """Every agent that tags name; or the one workload in ``subnets`` with ``groups``, where either is given.

    A subnet or group is named by its logical id, ``<stack>/<logical id>``, physical id or Name tag. Raises
    ``ValueError`` for a name that none bears, with those that exist, closest first, and for one that several bear.
    """
    if subnets or groups:
        return (
            _named(
                network,
                tuple(sorted({_found(name, network.subnets, "subnet").id for name in subnets})),
                tuple(sorted({_found(name, network.security_groups, "security group").id for name in groups})),
            ),
        )
    return tuple(_tagged(network))


def _found(name: str, records: Sequence[Subnet | SecurityGroup], kind: str) -> Subnet | SecurityGroup:
    for same in (
        [record for record in records if record.id == name],
        [record for record in records if record.id.endswith(f"/{name}")],
        [record for record in records if record.name == name],
    ):
        if len(same) == 1:
            return same[0]
        if same:
            ids = ", ".join(record.id for record in same)
            raise ValueError(f"several {kind}s are called {name!r}: {ids}")
    names = {word: record.id for record in records for word in (record.id.rpartition("/")[2], record.name) if word}
    ranked = sorted(names, key=lambda word: (-difflib.SequenceMatcher(None, name.lower(), word.lower()).ratio(), word))
    known = list(dict.fromkeys(names[word] for word in ranked))
    raise ValueError(f"no {kind} is called {name!r}; there {'are ' + ', '.join(known) if known else 'is none'}")


def _named(network: ObservedNetwork, subnets: tuple[str, ...], groups: tuple[str, ...]) -> Placement:
    """The workload; what was not named is completed from the interfaces and tags that go with the rest."""
    doubts: list[Doubt] = []
    agents = {record.agent for record in _taggable(network) if record.id in subnets + groups}
    agent = next(iter(agents)) if len(agents) == 1 else None
    if not subnets:
        subnets = _subnets_of(network, groups, agent)
        if not subnets:
            doubts.append(Doubt("nothing says in which subnets this workload stands", remedy="--subnet"))
    if not groups:
        groups = _groups_of(network, subnets, agent)
        doubts += _unknown_groups(network, subnets)
        if not groups:
            doubts.append(Doubt("nothing says which security groups this workload bears", remedy="--security-group"))
    boundary = _boundary(network, agent) if isinstance(agent, str) else None
    return Placement(agent if isinstance(agent, str) else WORKLOAD, subnets, groups, boundary, tuple(doubts))


def _subnets_of(network: ObservedNetwork, groups: tuple[str, ...], agent: str | Doubt | None) -> tuple[str, ...]:
    found = {
        interface.subnet
        for interface in network.interfaces
        if isinstance(interface.subnet, str) and set(groups) & set(interface.groups)
    }
    found |= {subnet.id for subnet in network.subnets if isinstance(agent, str) and _places(subnet, agent)}
    return tuple(sorted(found))


def _groups_of(network: ObservedNetwork, subnets: tuple[str, ...], agent: str | Doubt | None) -> tuple[str, ...]:
    found = {group for _, group in _borne(network, subnets) if isinstance(group, str)}
    found |= {group.id for group in network.security_groups if isinstance(agent, str) and _places(group, agent)}
    return tuple(sorted(found))


def _places(record: Subnet | SecurityGroup, agent: str) -> bool:
    return record.role == "agent" and record.agent == agent


def _borne(network: ObservedNetwork, subnets: Iterable[str]) -> Iterator[tuple[str, Ref]]:
    """The interfaces in these subnets with each group that they bear."""
    inside = set(subnets)
    for interface in network.interfaces:
        if interface.subnet in inside:
            for group in interface.groups:
                yield interface.id, group


def _unknown_groups(network: ObservedNetwork, subnets: Iterable[str]) -> Iterator[Doubt]:
    for interface, group in _borne(network, subnets):
        if isinstance(group, Doubt):
            yield Doubt(f"which groups {interface} bears is not known: {group.reason}", group.path)


def _taggable(network: ObservedNetwork) -> tuple[Subnet | SecurityGroup, ...]:
    return (*network.subnets, *network.security_groups)


def _tagged(network: ObservedNetwork) -> Iterator[Placement]:
    agents = {record.agent for record in _taggable(network) if record.role == "agent" and isinstance(record.agent, str)}
    shared = tuple(_unreadable(network))
    for agent in sorted(agents):
        subnets = tuple(sorted(subnet.id for subnet in network.subnets if _places(subnet, agent)))
        groups = {group.id for group in network.security_groups if _places(group, agent)}
        doubts = [*shared, *_untagged(network, subnets), *_other_roles(network, agent)]
        if not subnets:
            doubts.append(Doubt(f"{agent} has a security group and no subnet"))
        if not groups:
            doubts.append(Doubt(f"{agent} has subnets and no security group"))
        groups |= {group for _, group in _borne(network, subnets) if isinstance(group, str)}
        doubts += _unknown_groups(network, subnets)
        yield Placement(agent, subnets, tuple(sorted(groups)), _boundary(network, agent), tuple(dict.fromkeys(doubts)))


def _unreadable(network: ObservedNetwork) -> Iterator[Doubt]:
    """Doubts that concern every agent: tags that cannot be read, interfaces that may stand anywhere."""
    for record in _taggable(network):
        for value in (record.agent, record.role):
            if isinstance(value, Doubt):
                yield Doubt(f"the tags of {record.id} cannot be read: {value.reason}", value.path)
        if record.role == "agent" and record.agent is None:
            yield Doubt(f"{record.id} is an agent's and has no agent-perimeter:agent tag", record.origin.path)
    for interface in network.interfaces:
        if isinstance(interface.subnet, Doubt):
            where = interface.subnet
            yield Doubt(f"{interface.id} may stand in an agent's subnet: {where.reason}", where.path)


def _untagged(network: ObservedNetwork, subnets: tuple[str, ...]) -> Iterator[Doubt]:
    vpcs = {subnet.vpc for subnet in network.subnets if subnet.id in subnets}
    for subnet in network.subnets:
        if subnet.vpc in vpcs and subnet.role is None:
            yield Doubt(
                f"{subnet.id} has no agent-perimeter:role tag, so whose subnet it is is not known", subnet.origin.path
            )


def _other_roles(network: ObservedNetwork, agent: str) -> Iterator[Doubt]:
    for record in _taggable(network):
        if record.agent == agent and record.role != "agent" and not isinstance(record.role, Doubt):
            yield Doubt(
                f"{record.id} is tagged for {agent} with the role {record.role or 'none'}, not agent",
                record.origin.path,
            )


def _boundary(network: ObservedNetwork, agent: str) -> Ref | None:
    """The boundary that caps an agent's role; a ``Doubt`` where several might."""
    own = [boundary.id for boundary in network.boundaries if boundary.agent == agent]
    unclear = [boundary for boundary in network.boundaries if isinstance(boundary.agent, Doubt)]
    if len(own) > 1:
        return Doubt(f"{agent} has several boundaries: {', '.join(own)}")
    if unclear:
        return Doubt(f"{unclear[0].id} may cap {agent} too", unclear[0].origin.path)
    return own[0] if own else None
