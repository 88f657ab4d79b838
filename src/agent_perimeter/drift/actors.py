"""Who made a departure, by the resource that it is about: what CloudTrail knows beside what a proof knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from agent_perimeter.drift.model import Actor, Alteration, Change, Departure, Drift

_BRINGS: Final = ("Accept", "Allocate", "Associate", "Attach", "Authorize", "Create", "Enable", "Run")
_TAKES: Final = (
    "Delete",
    "Deregister",
    "Detach",
    "Disable",
    "Disassociate",
    "Reject",
    "Release",
    "Revoke",
    "Terminate",
)
_OTHERWISE: Final[Mapping[Alteration, tuple[str, ...]]] = {
    Alteration.ADDED: _TAKES,
    Alteration.REMOVED: _BRINGS,
    Alteration.CHANGED: (),
}
"""How events begin that make no such change: whoever revokes a rule added none."""


def attributed(drift: Drift, made: Iterable[tuple[str, Actor]]) -> Drift:
    """The drift with the actors of every departure, latest first.

    ``made`` are pairs of a resource as an event names it (an id, a name or an ARN) and who did it. That somebody
    touched the resource in this way does not prove that it was this change; several may have.
    """
    known: dict[str, set[Actor]] = defaultdict(set)
    for resource, actor in made:
        known[resource].add(actor)
    return replace(drift, departures=tuple(_attributed(departure, known) for departure in drift.departures))


def _attributed(departure: Departure, known: Mapping[str, set[Actor]]) -> Departure:
    change = departure.change
    if change is None:
        return departure
    found = {
        actor
        for name in _names(change)
        for actor in known.get(name, ())
        if not actor.event.startswith(_OTHERWISE[change.alteration])
    }
    latest = sorted(found, key=lambda actor: (actor.when, actor.event, actor.who, actor.event_id), reverse=True)
    return replace(departure, actors=tuple(latest))


def _names(change: Change) -> set[str]:
    """What an event may call the resource: its id, the one that it has in the account, and the name in an ARN."""
    _, _, place = change.origin.path.partition("/")  # <region>/<physical id>#<part>
    ids = {change.record, place.partition("#")[0]}
    return {name for one in ids for name in (one, one.rpartition("/")[2]) if name}
