"""What belongs to an agent and stands elsewhere too: there the agent's walls do not hold what it sends.

A proof is about an agent's subnets. A machine with a second interface in another subnet may send by that one, and
code that runs under an agent's role, or behind its security group, somewhere else is the agent for all that anybody
outside can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from agent_perimeter.lift.identities import ROLE, role_properties
from agent_perimeter.lift.interfaces import INSTANCE, owner_of
from agent_perimeter.lift.node import Resource
from agent_perimeter.lift.properties import Property, pointed, top
from agent_perimeter.lift.resources import Resources, agent_of, origin
from agent_perimeter.lift.workloads import WORKLOADS
from agent_perimeter.observed import Doubt, Foreign, Interface, Role, SecurityGroup, Subnet

_ROLES = ("AgentResourceRoleArn", "ExecutionRoleArn", "InstanceRoleArn", "JobRoleArn", "Role", "RoleArn", "ServiceRole")
"""Where types that are no workloads in a subnet name the role that they run under."""

_PARTS = frozenset({"AWS::ECS::TaskDefinition", "AWS::IAM::InstanceProfile"})
"""Types that name a role for others, whose workload is looked at instead."""


_PUBLISHED = ("/subnets", "/security-group")
"""How the names of parameters end that say where an agent is to be launched."""


def strays(
    resources: Resources,
    subnets: Iterable[Subnet],
    groups: Iterable[SecurityGroup],
    interfaces: Iterable[Interface],
    roles: Iterable[Role],
) -> tuple[Foreign, ...]:
    """A foreign record for everything of an agent's that stands outside of its subnets, or may."""
    homes: dict[str, set[str]] = {}
    for subnet in subnets:
        if subnet.role == "agent" and isinstance(subnet.agent, str):
            homes.setdefault(subnet.agent, set()).add(subnet.id)
    seats: dict[str, list[Interface]] = {}
    for interface in interfaces:
        seats.setdefault(owner_of(resources, interface.id).id, []).append(interface)
    owned = {role.id: role.agent for role in roles if isinstance(role.agent, str) and role.agent in homes}
    worn = {group.id: group.agent for group in groups if group.role == "agent" and isinstance(group.agent, str)}
    found: dict[str, Foreign] = {}
    for resource in resources.by_id.values():
        standing = seats.get(resource.id, [])
        for agent, why in (
            *_apart(homes, standing),
            *_dressed(homes, worn, standing),
            *_abroad(homes, standing, _agents(resources, resource, owned)),
            *_misled(homes, worn, resource),
        ):
            name = f"{resource.id}/stray/{agent}"
            found[name] = Foreign(
                id=name,
                origin=origin(resource),
                maybe=resource.maybe,
                type=resource.type,
                touches=tuple(sorted(homes[agent])),
                doubt=Doubt(f"{resource.id} {why}", resource.path),
            )
    return tuple(found.values())


def _misled(homes: dict[str, set[str]], worn: Mapping[str, str], resource: Resource) -> Iterator[tuple[str, str]]:
    """A parameter that says where an agent is to be launched, and names something else than its place."""
    properties = top(resource)
    name = properties.at("Name").text() if resource.type == "AWS::SSM::Parameter" else None
    agent = agent_of(properties) if isinstance(name, str) and name.endswith(_PUBLISHED) else None
    if not isinstance(agent, str) or agent not in homes:
        return
    theirs = homes[agent] | {group for group, owner in worn.items() if owner == agent}
    named = {pointer.resource for pointer in pointed(properties.at("Value").value)}
    if not named or named - theirs:
        others = ", ".join(sorted(named - theirs)) or "what is not in the assembly"
        yield agent, f"publishes {others} as {agent}'s place"


def _apart(homes: dict[str, set[str]], standing: Iterable[Interface]) -> Iterator[tuple[str, str]]:
    """What stands in an agent's subnet and in another one."""
    places = {interface.subnet for interface in standing if isinstance(interface.subnet, str)}
    for agent, home in homes.items():
        if places & home and places - home:
            yield agent, f"stands in {agent}'s subnets and in {min(places - home)} too, and may send by either"


def _dressed(
    homes: dict[str, set[str]], worn: Mapping[str, str], standing: Iterable[Interface]
) -> Iterator[tuple[str, str]]:
    """What bears an agent's security group in another subnet."""
    for interface in standing:
        for group in interface.groups:
            agent = worn.get(group, "") if isinstance(group, str) else ""
            place = interface.subnet
            if agent in homes and isinstance(place, str) and place not in homes[agent]:
                yield agent, f"bears {agent}'s security group in {place}, which is not {agent}'s"


def _abroad(
    homes: dict[str, set[str]], standing: Iterable[Interface], agents: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """What runs under an agent's role and does not stand in its subnets."""
    places = {interface.subnet for interface in standing}
    for agent in agents:
        if not places or not places <= homes[agent]:
            where = "in no subnet" if not places else "outside of its subnets"
            yield agent, f"runs under {agent}'s role {where}"


def _agents(resources: Resources, resource: Resource, owned: dict[str, str]) -> Iterator[str]:
    """The agents under whose role the resource runs."""
    if not owned or resource.type in _PARTS:
        return
    for written in _written(resources, resource):
        role = resources.pointee(written, ROLE)
        if role is not None and role.id in owned:
            yield owned[role.id]


def _written(resources: Resources, resource: Resource) -> Iterator[Property]:
    if resource.type == INSTANCE or resource.type in WORKLOADS:
        yield from role_properties(resources, resource)
    else:
        yield from (top(resource).at(key) for key in _ROLES)
