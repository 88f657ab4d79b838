"""A departure and an announcement in the few words that every output of the watch says of them.

The whole of it, with the path of rules and the proof, is in the report that is stored; this is what fits a log line.
"""

from __future__ import annotations

from agent_perimeter.drift.codes import code_of
from agent_perimeter.drift.model import Departure, Drift
from agent_perimeter.forms import Json
from agent_perimeter.report.drift_remedy import remedy
from agent_perimeter.report.sending import command_line
from agent_perimeter.watch.ledger import INCOMPLETE, Announcement, Kind, identity
from agent_perimeter.watch.links import console

LONGEST = 1000
"""Characters of any one text: a rule group's rules can be a million, and no output takes that."""


def place(drift: Drift) -> dict[str, Json]:
    """Which perimeter, and when it was read."""
    return {
        "perimeter": drift.perimeter,
        "stack": drift.stack,
        "account": drift.account,
        "region": drift.region,
        "vpc": drift.vpc,
        "taken": drift.taken,
    }


def about(departure: Departure, region: str) -> dict[str, Json]:
    """One departure. Every key is always there."""
    record = departure.change.record if departure.change else ""
    return {
        "id": identity(departure),
        "code": code_of(departure).code,
        "meaning": departure.meaning.value,
        "certain": departure.certain,
        "sentence": short(departure.sentence),
        "resource": record,
        "from": short(departure.change.before) if departure.change else "",
        "to": short(departure.change.after) if departure.change else "",
        "agents": list(departure.agents),
        "witness": _witness(departure),
        "by": [
            {"who": actor.who, "event": actor.event, "when": actor.when, "address": actor.source_address}
            for actor in departure.actors
        ],
        "remedy": remedy(departure),
        "console": console(record, region),
    }


def news(announcement: Announcement, drift: Drift) -> dict[str, Json]:
    """One announcement: what opened it, or, where it is gone, what is remembered of it."""
    entry = announcement.entry
    gone: dict[str, Json] = {
        "id": entry.id,
        "meaning": entry.meaning.value,
        "sentence": short(entry.sentence),
        "resource": entry.record,
        "console": console(entry.record, drift.region),
    }
    unread: dict[str, Json] = {"unread": [short(str(doubt)) for doubt in drift.unread[:20]]}
    return {
        "kind": announcement.kind.value,
        "opened": entry.opened,
        **(about(announcement.departure, drift.region) if announcement.departure is not None else gone),
        **(unread if entry.id == INCOMPLETE else {}),
    }


def headline(announcement: Announcement) -> str:
    """``widens: security group rule … was added``; what is no longer so says so first."""
    entry = announcement.entry
    prefix = "" if announcement.kind is Kind.OPENED else f"{announcement.kind}: "
    return f"{prefix}{entry.meaning}: {entry.sentence}"


def short(text: str, longest: int = LONGEST) -> str:
    """The text, cut to so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _witness(departure: Departure) -> dict[str, Json] | None:
    """The packet, query or call to send, from which agent, and a shell line that does it."""
    if not departure.gaps:
        return None
    first = departure.gaps[0]
    return {
        "agent": first.agent,
        "layer": first.layer.value,
        "kind": first.gap.kind.value,
        "packet": str(first.gap.witness),
        "try": command_line(first.gap.witness),
    }
