"""Who made a change, as the CloudTrail event that started a run says.

The event on EventBridge holds CloudTrail's record of one call. Which resource the call was about stands somewhere in
its parameters or its answer, in a place of its own for each call; so every text in them is taken for a possible id.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from agent_perimeter.drift.model import Actor
from agent_perimeter.forms import Json

DETAIL_TYPE: Final = "AWS API Call via CloudTrail"


def made_by(event: Mapping[str, Json]) -> tuple[tuple[str, Actor], ...]:
    """Pairs of a resource's id or ARN and who called; none for any other event, and for a call that AWS refused."""
    detail = event.get("detail")
    if event.get("detail-type") != DETAIL_TYPE or not isinstance(detail, dict) or detail.get("errorCode"):
        return ()
    actor = Actor(
        who=_who(detail.get("userIdentity")),
        event=_text(detail, "eventName"),
        when=_text(detail, "eventTime"),
        source_address=_text(detail, "sourceIPAddress"),
        event_id=_text(detail, "eventID"),
    )
    named = dict.fromkeys([*_texts(detail.get("requestParameters")), *_texts(detail.get("responseElements"))])
    return tuple((text, actor) for text in named)


def happened(event: Mapping[str, Json]) -> datetime | None:
    """When the call was made that CloudTrail tells of, in UTC; None for any other event, and where it does not say."""
    detail = event.get("detail")
    if event.get("detail-type") != DETAIL_TYPE or not isinstance(detail, dict):
        return None
    try:
        return datetime.strptime(_text(detail, "eventTime"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _who(identity: Json) -> str:
    """The ARN; of an AWS service its name, of what has neither whatever it is called by."""
    if isinstance(identity, dict):
        for member in ("arn", "invokedBy", "principalId", "type"):
            if text := _text(identity, member):
                return text
    return "unknown"


def _text(item: Mapping[str, Json], member: str) -> str:
    found = item.get(member)
    return found if isinstance(found, str) else ""


def _texts(json: Json) -> Iterator[str]:
    match json:
        case str():
            yield json
        case list():
            for item in json:
                yield from _texts(item)
        case dict():
            for item in json.values():
                yield from _texts(item)
        case _:
            return
