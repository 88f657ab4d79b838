"""Where agents stand in an account: where its tags say, and where they were deployed.

Whoever takes a tag off a subnet takes no agent out of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent_perimeter.lift.placement import Placement, placements
from agent_perimeter.observed import Doubt, ObservedNetwork


def standing(network: ObservedNetwork, deployed: Iterable[Placement]) -> tuple[Placement, ...]:
    """Every agent that the tags of the network name, or that was deployed, by name."""
    tagged = {place.agent: place for place in placements(network)}
    known = {place.agent: place for place in deployed}
    subnets = {subnet.id for subnet in network.subnets}
    groups = {group.id for group in network.security_groups}
    return tuple(
        _both(name, tagged.get(name), known.get(name), subnets, groups) for name in sorted(tagged.keys() | known.keys())
    )


def _both(
    name: str, tagged: Placement | None, known: Placement | None, subnets: set[str], groups: set[str]
) -> Placement:
    untagged = Doubt(f"no tag of the account names {name} any more", remedy="deploying the stack again")
    found = tagged or Placement(name, (), (), None, (untagged,))
    if known is None:
        return found
    return Placement(
        name,
        tuple(sorted({*found.subnets, *(one for one in known.subnets if one in subnets)})),
        tuple(sorted({*found.groups, *(one for one in known.groups if one in groups)})),
        found.boundary or known.boundary,
        found.doubts,
    )
