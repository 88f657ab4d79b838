"""What a check adds to a snapshot, so that it can be judged again without AWS and comes to the same report.

The network that the stack was deployed as stands in the place of its template, which may hold code and environment
variables; who made which change stands in the place of CloudTrail's events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, cast

from agent_perimeter.drift.model import Actor
from agent_perimeter.forms import Json, Mismatch, form_of
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.snapshot import Answer, Snapshot, SnapshotError

Made = tuple[tuple[str, Actor], ...]
"""Resources, each with somebody who changed it."""

_TEMPLATE: Final = ("cloudformation", "GetTemplate", "Network")
_TRAIL: Final = ("cloudtrail", "LookupEvents", "Changes")


def with_deployed(snapshot: Snapshot, network: ObservedNetwork) -> Snapshot:
    """The snapshot with the network that its stack's template is."""
    return _with(snapshot, _TEMPLATE, {"StackName": snapshot.stack}, form_of(ObservedNetwork).write(network))


def deployed(snapshot: Snapshot, file: str) -> ObservedNetwork | None:
    """The network that was kept, None where none was. Raises ``SnapshotError`` for one of another version."""
    return cast("ObservedNetwork | None", _read(snapshot, _TEMPLATE, ObservedNetwork, file))


def with_changes(snapshot: Snapshot, made: Iterable[tuple[str, Actor]]) -> Snapshot:
    """The snapshot with who changed what."""
    return _with(snapshot, _TRAIL, {}, form_of(Made).write(tuple(made)))


def changes(snapshot: Snapshot, file: str) -> Made:
    """Who changed what, where it was kept. Raises ``SnapshotError`` for what is not of the form."""
    return cast("Made | None", _read(snapshot, _TRAIL, Made, file)) or ()


def _with(snapshot: Snapshot, where: tuple[str, str, str], parameters: dict[str, Json], kept: Json) -> Snapshot:
    service, operation, member = where
    answer = Answer(service, operation, parameters, {member: kept})
    others = (one for one in snapshot.answers if one.call != answer.call)
    return replace(snapshot, answers=tuple(sorted((*others, answer), key=_order)))


def _order(answer: Answer) -> tuple[str, str]:
    return answer.call, json.dumps(answer.parameters, sort_keys=True)


def _read(snapshot: Snapshot, where: tuple[str, str, str], hint: object, file: str) -> object:
    service, operation, member = where
    for answer in snapshot.answers_to(f"{service}:{operation}"):
        if member in answer.result:
            try:
                return form_of(hint).read(answer.result[member])
            except Mismatch as mismatch:
                place = f"{file}: {member} of {answer.call}{mismatch.pointer}"
                raise SnapshotError(f"{place}: {mismatch.reason}; take the snapshot again") from mismatch
    return None
