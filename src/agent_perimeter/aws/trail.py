"""Who made a change: CloudTrail's management events of the last 90 days, by the resource that they are about.

It only adds to what is known. Where it cannot be read, is slow or says nothing, everything else stands, and a note says
why there is no name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import boto3

from agent_perimeter.aws.calls import Clients, ask
from agent_perimeter.aws.paths import objects, texts
from agent_perimeter.aws.table.deployment import EVENTS
from agent_perimeter.drift.model import Actor
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Unread

MOST_LOOKUPS: Final = 10
"""CloudTrail answers two lookups a second in an account and region, whoever asks."""


@dataclass(frozen=True, slots=True)
class Change:
    """A call that changed something about a resource, and who made it. ``resource`` is the id that was looked up."""

    resource: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Trail:
    """Changes, newest first for each resource, and what could not be found out, in words."""

    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


def changes_of(
    session: boto3.Session, resources: Iterable[str], since: datetime, until: datetime | None = None
) -> Trail:
    """Successful calls that are not reads, about these resources, since a time. Never raises for what AWS does.

    Of the last 50 events of each resource, for the first ``MOST_LOOKUPS`` of them.
    """
    wanted = list(dict.fromkeys(resources))
    notes = [f"CloudTrail was asked about {MOST_LOOKUPS} of {len(wanted)} resources"][: len(wanted) > MOST_LOOKUPS]
    between = {"StartTime": since.isoformat()} | ({} if until is None else {"EndTime": until.isoformat()})
    clients = Clients(session)
    changes: list[Change] = []
    for resource in wanted[:MOST_LOOKUPS]:
        about: Json = [{"AttributeKey": "ResourceName", "AttributeValue": resource}]
        said = ask(clients, EVENTS, {"LookupAttributes": about, "MaxResults": 50, **between})
        if isinstance(said, Unread):
            notes.append(f"it is not known who did it: {replace(said, parameters={})}")
            break  # the next one would fail too, and take its time
        changes.extend(Change(resource, actor) for actor in _actors(said.result))
    return Trail(tuple(changes), tuple(notes))


def _actors(result: Mapping[str, Json]) -> Iterator[Actor]:
    """Of the events those that can have changed something: writes that AWS did not refuse."""
    for event in objects(result, "Events"):
        if _first(event, "ReadOnly") == "false":
            record = _record(_first(event, "CloudTrailEvent"))
            if "errorCode" not in record:
                yield Actor(
                    who=_first(record, "userIdentity.arn", "userIdentity.invokedBy") or _first(event, "Username"),
                    event=_first(event, "EventName"),
                    when=_first(event, "EventTime"),
                    source_address=_first(record, "sourceIPAddress"),
                    event_id=_first(event, "EventId"),
                )


def _record(text: str) -> Mapping[str, Json]:
    """The event itself, which CloudTrail gives as JSON text; of it only who and from where is used."""
    try:
        record: Json = json.loads(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _first(record: Mapping[str, Json], *paths: str) -> str:
    return next((text for path in paths for text in texts(record, path)), "")
