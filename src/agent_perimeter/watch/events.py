"""What programs are told: an event on EventBridge for each announcement, to route, ticket or remediate by.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from agent_perimeter.drift.model import Drift
from agent_perimeter.watch.facts import news, place
from agent_perimeter.watch.ledger import INCOMPLETE, Announcement, Kind

SOURCE: Final = "agent-perimeter"
INCOMPLETE_TYPE: Final = "Check Incomplete"
TYPES: Final = {Kind.OPENED: "Drift Opened", Kind.STILL_OPEN: "Drift Still Open", Kind.CLOSED: "Drift Closed"}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of PutEvents. ``detail`` is JSON; ``resources`` are ids of the VPC and of what departs."""

    type: str
    detail: str
    resources: tuple[str, ...]


def event(announcement: Announcement, drift: Drift, report: str) -> Event:
    """``report`` is where the whole check is stored (``s3://…``)."""
    type_ = INCOMPLETE_TYPE if announcement.entry.id == INCOMPLETE else TYPES[announcement.kind]
    detail = place(drift) | news(announcement, drift) | {"report": report}
    resources = tuple(filter(None, (drift.vpc, announcement.entry.record)))
    return Event(type_, json.dumps(detail, separators=(",", ":")), resources)
