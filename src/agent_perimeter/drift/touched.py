"""Whom a change can touch: the agents of which nothing needs to be proven anew."""

from __future__ import annotations

from collections.abc import Iterable

from agent_perimeter.drift.compare import Difference, Edit
from agent_perimeter.lift.placement import Placement
from agent_perimeter.observed import Boundary, Doubt, Endpoint, Interface, ObservedNetwork, Role


def touched(
    differences: Iterable[Difference], expected: ObservedNetwork, places: Iterable[Placement]
) -> frozenset[str] | None:
    """The agents that the differences can touch; None where it may be all of them.

    Only two kinds of change are surely some agents' alone: what a security group lets out, where nothing but agents
    bears it, and what caps an agent's own role. Whatever a packet between two agents crosses is shared.
    """
    known = tuple(places)
    found: set[str] = set()
    for difference in differences:
        some = _touched(difference.edit, expected, known)
        if some is None:
            return None
        found |= some
    return frozenset(found)


def _touched(edit: Edit, expected: ObservedNetwork, places: tuple[Placement, ...]) -> set[str] | None:
    if edit.index is None:
        return None
    if edit.field == "security_groups" and edit.inner == "egress":
        return _bearers(expected.security_groups[edit.index].id, expected, places)
    capping: dict[str, tuple[Boundary | Role, ...]] = {"boundaries": expected.boundaries, "roles": expected.roles}
    if edit.field in capping and edit.name != "agent":
        agent = capping[edit.field][edit.index].agent
        return {agent} if isinstance(agent, str) else None
    return None


def _bearers(group: str, expected: ObservedNetwork, places: tuple[Placement, ...]) -> set[str] | None:
    """The agents that bear the group; None where something else does or may."""
    others: tuple[Endpoint | Interface, ...] = (*expected.endpoints, *expected.interfaces)
    if any(_may_bear(other, group) for other in others):
        return None
    return {place.agent for place in places if group in place.groups}


def _may_bear(other: Endpoint | Interface, group: str) -> bool:
    """An interface without a group bears the VPC's default one."""
    default = not other.groups and group.endswith("/default-group")
    return default or group in other.groups or any(isinstance(one, Doubt) for one in other.groups)
