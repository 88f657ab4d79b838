"""Boundaries and roles: whose permissions are capped by what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from agent_perimeter.lift.interfaces import INSTANCE, SCALING_GROUP, launched_by, owner_of
from agent_perimeter.lift.node import Pointer, Resource
from agent_perimeter.lift.policies import statements
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.lift.resources import Resources, agent_of, origin
from agent_perimeter.lift.workloads import WORKLOADS
from agent_perimeter.observed import Boundary, Doubt, Interface, Ref, Role, Subnet

MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
PROFILE = "AWS::IAM::InstanceProfile"
ROLE = "AWS::IAM::Role"


def boundaries(resources: Resources) -> tuple[Boundary, ...]:
    """Managed policies that cap somebody, and those that a parameter ``…/boundary`` publishes for an agent."""
    agents, lost = _published(resources)
    capping = {
        owner
        for _, properties in resources.of(ROLE, "AWS::IAM::User")
        if isinstance(owner := resources.optional_ref(properties.at("PermissionsBoundary"), MANAGED_POLICY), str)
    }
    found = list(lost)
    for resource, properties in resources.of(MANAGED_POLICY):
        tagged = agent_of(properties)
        agent = agents.get(resource.id) if tagged is None else tagged
        if agent is not None or resource.id in capping:
            document = properties.at("PolicyDocument")
            found.append(
                Boundary(
                    id=resource.id,
                    origin=document.origin,
                    maybe=resource.maybe,
                    agent=agent,
                    statements=statements(document),
                )
            )
    return tuple(found)


def _published(resources: Resources) -> tuple[Mapping[str, str | Doubt], list[Boundary]]:
    """The agent of each policy that a parameter names, and a boundary for each parameter that names none."""
    agents: dict[str, str | Doubt] = {}
    lost: list[Boundary] = []
    for resource, properties in resources.of("AWS::SSM::Parameter"):
        agent, name = agent_of(properties), properties.at("Name").text()
        if agent is None or not isinstance(name, str) or not name.endswith("/boundary"):
            continue
        policy = resources.ref(properties.at("Value"), MANAGED_POLICY)
        if isinstance(policy, str):
            known = agents.get(policy, agent)
            agents[policy] = agent if known == agent else Doubt("two agents are given this boundary", resource.path)
        else:
            lost.append(
                Boundary(id=resource.id, origin=origin(resource), maybe=resource.maybe, agent=agent, statements=policy)
            )
    return agents, lost


def roles(
    resources: Resources,
    found_boundaries: Iterable[Boundary],
    subnets: Iterable[Subnet],
    interfaces: Iterable[Interface],
) -> tuple[Role, ...]:
    """Roles with a boundary, roles with an agent's tag, and the roles of what stands in an agent's subnets."""
    agents = {boundary.id: boundary.agent for boundary in found_boundaries}
    found: dict[str, Role] = {}
    used = dict(_used(resources, subnets, interfaces))
    for resource, properties in resources.of(ROLE):
        boundary = resources.optional_ref(properties.at("PermissionsBoundary"), MANAGED_POLICY)
        tagged = agent_of(properties)
        agent = agents.get(boundary) if tagged is None and isinstance(boundary, str) else tagged
        if boundary is not None or agent is not None:
            found[resource.id] = _role(resource.id, resource, agent, boundary)
    for (name, agent), (resource, boundary) in sorted(used.items(), key=lambda entry: entry[0]):
        same = found.get(name)
        if same is None or same.agent is None:
            found[name] = _role(name, resource, agent, boundary)
        elif same.agent != agent:
            found[f"{name}/{agent}"] = _role(f"{name}/{agent}", resource, agent, boundary)
    return tuple(found.values())


def _role(name: str, resource: Resource, agent: str | Doubt | None, boundary: Ref | None) -> Role:
    return Role(id=name, origin=origin(resource), maybe=resource.maybe, agent=agent, boundary=boundary)


def _used(
    resources: Resources, subnets: Iterable[Subnet], interfaces: Iterable[Interface]
) -> Iterator[tuple[tuple[str, str], tuple[Resource, Ref | None]]]:
    """The roles of what stands in agents' subnets, by role and agent."""
    agents = {subnet.id: subnet.agent for subnet in subnets if isinstance(subnet.agent, str)}
    for interface in interfaces:
        agent = agents.get(interface.subnet) if isinstance(interface.subnet, str) else None
        if agent is None:
            continue
        owner = owner_of(resources, interface.id)
        for written in role_properties(resources, owner):
            role = resources.pointee(written, ROLE)
            if role is not None:
                boundary = resources.optional_ref(top(role).at("PermissionsBoundary"), MANAGED_POLICY)
                yield (role.id, agent), (role, boundary)
            elif not written.absent:
                yield (f"{owner.id}/role", agent), (owner, Doubt("this role is not in the assembly", written.path))


def role_properties(resources: Resources, owner: Resource) -> Iterator[Property]:
    """Where a workload names its role, through its task definition or instance profile if need be."""
    properties = top(owner)
    if owner.type in {INSTANCE, SCALING_GROUP}:
        given = (source.at("IamInstanceProfile") for source in launched_by(resources, owner))
        for written in islice((found for found in given if not found.absent), 1):
            named = next((part for key in ("Arn", "Name") if not (part := written.at(key)).absent), written)
            profile = resources.pointee(written, PROFILE) or resources.pointee(named, PROFILE)
            yield from top(profile).at("Roles").items() if profile else (named,)
        return
    for seat in WORKLOADS.get(owner.type, ()):
        written = properties.at(*seat.role.split(".")) if seat.role else Property(None, owner.path)
        pointer = written.pointer()
        task = resources.by_id.get(pointer.resource) if isinstance(pointer, Pointer) else None
        yield top(task).at("TaskRoleArn") if task and task.type == "AWS::ECS::TaskDefinition" else written
