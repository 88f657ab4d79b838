"""What people are told: one notification for all that a run has to announce, worst first.

E-mail gets text. An HTTPS subscriber gets the custom notification of Amazon Q Developer in chat applications, which
shows it in Slack and Teams and drops what is not in that form.
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Final

from agent_perimeter.drift.model import Departure, Drift
from agent_perimeter.forms import Json
from agent_perimeter.report.drift_remedy import remedy
from agent_perimeter.report.drift_words import by, where_of
from agent_perimeter.report.sending import command_line
from agent_perimeter.report.visible import visible
from agent_perimeter.watch.facts import headline, short
from agent_perimeter.watch.ledger import Announcement, Kind
from agent_perimeter.watch.links import console

SUBJECT: Final = 100
"""SNS takes fewer than this many characters of ASCII in a subject, in one line."""
SHOWN: Final = 20
"""Announcements written out in one notification; SNS takes 256 KiB. The stored report has them all."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification. ``message`` is JSON with a text for each protocol (``MessageStructure=json``)."""

    subject: str
    message: str
    attributes: tuple[tuple[str, str], ...]


def notice(announcements: tuple[Announcement, ...], drift: Drift, report: str) -> Notice:
    """``report`` is where the whole check is stored (``s3://…``). Subscribers filter by the attributes."""
    subject = _subject(announcements, drift)
    text = _text(announcements, drift, report)
    per_protocol: dict[str, Json] = {"default": text, "https": _chat(subject, announcements, drift, report)}
    worst = announcements[0].entry.meaning.value
    kinds = ",".join(sorted({one.kind.value for one in announcements}))
    return Notice(
        subject,
        json.dumps(per_protocol),
        (("kinds", kinds), ("perimeter", drift.perimeter or drift.vpc), ("worst", worst)),
    )


def _subject(announcements: tuple[Announcement, ...], drift: Drift) -> str:
    """The announcement itself where it is the only one, otherwise how many there are of each kind."""
    if len(announcements) == 1:
        said = headline(announcements[0])
    else:
        counts = Counter(one.kind for one in announcements)
        said = ", ".join(f"{counts[kind]} {kind}" for kind in Kind if counts[kind])
        said += f"; worst: {headline(announcements[0])}"
    plain = visible(f"[{drift.perimeter or drift.vpc}] {said}").encode("ascii", "replace").decode()
    return plain if len(plain) < SUBJECT else f"{plain[: SUBJECT - 4]}..."


def _text(announcements: tuple[Announcement, ...], drift: Drift, report: str) -> str:
    blocks = [f"Agent Perimeter: {visible(where_of(drift))}"]
    blocks += ["\n".join(_said(one, drift)) for one in announcements[:SHOWN]]
    if len(announcements) > SHOWN:
        blocks.append(f"and {len(announcements) - SHOWN} more, in the report")
    blocks.append(f"The whole report: {report}")
    return "\n\n".join(blocks) + "\n"


def _said(announcement: Announcement, drift: Drift) -> list[str]:
    entry, departure = announcement.entry, announcement.departure
    rows = [f"{announcement.kind.upper()} · {entry.meaning}", visible(short(entry.sentence))]
    if announcement.kind is not Kind.OPENED:
        rows.append(f"  since: {entry.opened}")
    if departure is not None:
        rows += _details(departure)
    link = console(entry.record, drift.region)
    rows += [f"  open it: {link}"] if link else []
    return [*rows, f"  id: {entry.id}"]


def _details(departure: Departure) -> list[str]:
    """The witness to send, who did it, what to do."""
    rows = [f"  agents: {visible(', '.join(departure.agents))}"] if departure.agents else []
    if departure.gaps:
        first = departure.gaps[0]
        rows.append(f"  {first.gap.kind}, {first.layer}: {visible(str(first.gap.witness))}")
        sent = command_line(first.gap.witness)
        rows += [f"  try it from {visible(first.agent)}: {visible(sent)}"] if sent else []
    rows += [f"  by: {visible(by(actor))}" for actor in departure.actors]
    return [*rows, f"  do: {remedy(departure)}"]


def _chat(subject: str, announcements: tuple[Announcement, ...], drift: Drift, report: str) -> str:
    lines = [
        f"*{one.kind}* · {one.entry.meaning}: {_plain(short(one.entry.sentence))}" for one in announcements[:SHOWN]
    ]
    steps: list[Json] = [
        _plain(remedy(one.departure))
        for one in announcements[:3]
        if one.departure is not None and one.kind is not Kind.CLOSED
    ]
    content: dict[str, Json] = {
        "textType": "client-markdown",
        "title": _plain(subject),
        "description": "\n".join([*lines, _plain(where_of(drift)), report]),
        "nextSteps": steps,
        "keywords": ["agent-perimeter", drift.perimeter or drift.vpc],
    }
    return json.dumps({"version": "1.0", "source": "custom", "content": content})


def _plain(text: str) -> str:
    """Names from an account show as themselves: no mark-up, no mention of a channel, no link in disguise."""
    return visible(text).translate(_MARKUP)


_MARKUP: Final = str.maketrans("<>[]`", "()()'")
