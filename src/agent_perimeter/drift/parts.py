"""Who watches the watch: its own function, rules, alarms and outputs, held to what was deployed.

A watch that somebody switched off says nothing, and nothing sounds like "no drift". What is seen here is tampering
that leaves the watch running: a rule that no longer reaches it, an alarm without an action, a topic nobody hears.
Where the function itself is gone or replaced, silence is what tells (an alarm that takes missing figures as bad), and
``agent-perimeter drift``, which judges the same parts from elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from agent_perimeter.drift.model import Alteration, Change, Departure, Meaning
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Snapshot
from agent_perimeter.source import Origin

PartKind = Literal["function", "rule", "schedule", "alarm", "topic", "bucket", "key"]


@dataclass(frozen=True, slots=True)
class Part:
    """A resource that the watch is made of, and what must be true of it.

    ``logical_id`` is its id in the watch's stack. ``attributes`` are (name, value) pairs. A name is a member of AWS's
    answer, a dot leads into an object. Values are text: ``true``, ``900``, lists sorted and joined by commas, the empty
    text for what is not set; ``${LogicalId}`` stands for another resource of the watch's stack.
    """

    kind: PartKind
    logical_id: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A call that describes a part: the parameter that names it, and the member of the answer that describes it."""

    call: str
    parameter: str
    member: str = ""


_READS: Final[Mapping[str, tuple[_Read, ...]]] = {
    "function": (_Read("lambda:GetFunctionConfiguration", "FunctionName"),),
    "rule": (_Read("events:DescribeRule", "Name"), _Read("events:ListTargetsByRule", "Rule")),
    "schedule": (_Read("scheduler:GetSchedule", "Name"),),
    "alarm": (_Read("cloudwatch:DescribeAlarms", "AlarmNames", "MetricAlarms"),),
    "topic": (
        _Read("sns:GetTopicAttributes", "TopicArn", "Attributes"),
        _Read("sns:ListSubscriptionsByTopic", "TopicArn"),
    ),
    "bucket": (
        _Read("s3:GetBucketVersioning", "Bucket"),
        _Read("s3:GetPublicAccessBlock", "Bucket", "PublicAccessBlockConfiguration"),
    ),
    "key": (_Read("kms:DescribeKey", "KeyId", "KeyMetadata"),),
}

_GONE: Final = frozenset(
    {"ResourceNotFoundException", "ResourceNotFound", "NotFound", "NotFoundException", "NoSuchBucket"}
)
"""Codes by which AWS says that a resource does not exist; any other error says nothing about it."""

_HOST: Final = re.compile(r"(https?://[^/,]*)[^,]*")
"""A snapshot keeps no more of a subscriber's URL than its host, for the rest may be a token."""

_SLACK: Final = timedelta(minutes=1)
"""CloudFormation notes an update after the service did; this much their clocks may differ."""


def tampered(parts: tuple[Part, ...], snapshot: Snapshot) -> tuple[Departure, ...]:
    """What departs from the parts, in their order. A part that was not read is passed over: the check is incomplete.

    All of it weakens: no packet leaves by it, but the next one that does may go unseen.
    """
    stack = _Stack.of(snapshot)
    if stack is None:
        return ()
    return tuple(_departure(change) for part in parts for change in _changes(part, stack, snapshot))


def _departure(change: Change) -> Departure:
    return Departure(Meaning.WEAKENS, f"the {change}", change=change, origin=change.origin)


@dataclass(frozen=True, slots=True)
class _Stack:
    """The watch's resources as CloudFormation lists them, by logical id: the physical ids, and when it changed them."""

    ids: Mapping[str, str]
    updated: Mapping[str, str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Stack | None:
        """None where the list was not read. Of the stacks in a snapshot, the watch's is the one without the VPC."""
        for answer in snapshot.answers_to("cloudformation:ListStackResources"):
            listed = answer.result.get("StackResourceSummaries")
            if _stack_name(answer.parameters.get("StackName")) == _stack_name(snapshot.stack):
                continue
            rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
            there = [row for row in rows if row.get("ResourceStatus") != "DELETE_COMPLETE"]
            return cls(_column(there, "PhysicalResourceId"), _column(there, "LastUpdatedTimestamp"))
        return None

    def filled(self, text: str) -> str:
        """The text with ``${LogicalId}`` replaced."""
        for logical, physical in self.ids.items():
            text = text.replace(f"${{{logical}}}", physical)
        return text


def _stack_name(name: Json) -> str:
    """The name in a stack's id (``arn:…:stack/name/uuid``), or the name itself."""
    text = name if isinstance(name, str) else ""
    return text.split("/")[1] if text.startswith("arn:") and "/" in text else text


def _column(rows: list[dict[str, Json]], member: str) -> dict[str, str]:
    return {
        logical: value
        for row in rows
        if isinstance(logical := row.get("LogicalResourceId"), str) and isinstance(value := row.get(member), str)
    }


def _changes(part: Part, stack: _Stack, snapshot: Snapshot) -> Iterator[Change]:
    physical = stack.ids.get(part.logical_id)
    described = _described(part, physical, snapshot) if physical is not None else None
    if physical is None or described is None:
        yield _change(part, physical or part.logical_id, snapshot, Alteration.REMOVED)
        return
    for name, value in part.attributes:
        expected = stack.filled(value)
        found = described.text(name)
        if found is not None and not _agree(name, expected, found):
            yield _change(part, physical, snapshot, Alteration.CHANGED, name, expected, found)
    if part.kind == "function":
        yield from _replaced(part, physical, stack, described, snapshot)


def _change(
    part: Part,
    physical: str,
    snapshot: Snapshot,
    alteration: Alteration,
    field: str = "",
    before: str = "",
    after: str = "",
) -> Change:
    origin = Origin(path=f"{snapshot.region}/{physical}")
    return Change(alteration, f"watch {part.kind}", physical, "", field, before, after, origin)


@dataclass(frozen=True, slots=True)
class _Described:
    """What AWS says of one part. ``whole`` False: one of the calls did not answer, so what is absent is unknown."""

    members: Mapping[str, Json]
    whole: bool

    def text(self, name: str) -> str | None:
        """An attribute as text, or None where it is not known."""
        first, *rest = name.split(".")
        if first not in self.members and not self.whole:
            return None
        value = self.members.get(first)
        for key in rest:
            value = value.get(key) if isinstance(value, dict) else None
        return _text(value)


def _described(part: Part, physical: str, snapshot: Snapshot) -> _Described | None:
    """None where AWS says that there is no such thing."""
    members: dict[str, Json] = {}
    whole = True
    for read in _READS[part.kind]:
        found = _answer(read, physical, snapshot)
        if found is None:
            codes = {one.code for one in snapshot.unread_of(read.call) if _names(one.parameters, read, physical)}
            if codes & _GONE:
                return None
            whole = False
        elif part.kind == "alarm" and not found:
            return None
        else:
            members |= found
    return _Described(members, whole)


def _answer(read: _Read, physical: str, snapshot: Snapshot) -> dict[str, Json] | None:
    """What the call answered about this resource; None where it was not asked or did not answer.

    An alarm is looked up in the list that it stands in; one that is not there is an empty answer.
    """
    for answer in snapshot.answers_to(read.call):
        if not _names(answer.parameters, read, physical):
            continue
        value = answer.result.get(read.member) if read.member else dict(answer.result)
        if isinstance(value, list):
            named = [row for row in value if isinstance(row, dict) and row.get("AlarmName") == physical]
            return named[0] if named else {}
        return value if isinstance(value, dict) else {}
    return None


def _names(parameters: Mapping[str, Json], read: _Read, physical: str) -> bool:
    """Whether a call was about this resource. A rule on a bus of its own has the physical id ``bus|rule``."""
    asked = parameters.get(read.parameter)
    names = asked if isinstance(asked, list) else [asked]
    return physical in names or physical.rpartition("|")[2] in names


def _replaced(part: Part, physical: str, stack: _Stack, described: _Described, snapshot: Snapshot) -> Iterator[Change]:
    """The function was changed by somebody else than CloudFormation.

    Lambda notes when code or configuration was last changed, CloudFormation when it last changed the function, which is
    always later where it did so itself. That needs no memory, and holds for an asset whose hash nobody knows at synth.
    """
    noted, modified = _moment(stack.updated.get(part.logical_id)), _moment(described.members.get("LastModified"))
    if noted is not None and modified is not None and modified > noted + _SLACK:
        before = f"as CloudFormation left it at {_iso(noted)}"
        after = f"changed by another hand at {_iso(modified)}"
        yield _change(part, physical, snapshot, Alteration.CHANGED, "code or configuration", before, after)


def _moment(text: Json) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _agree(name: str, expected: str, found: str) -> bool:
    """Whether AWS's words mean what was deployed. A physical id also stands for the ARN that ends in it."""
    if name == "Subscriptions":
        return set(_items(_HOST.sub(r"\1", expected))) <= set(_items(found))
    if name == "EventPattern":
        return _parsed(expected) == _parsed(found)
    wanted, there = _items(expected), _items(found)
    return len(wanted) == len(there) and all(
        one == other or other.endswith((f":{one}", f"/{one}")) for one, other in zip(wanted, there, strict=True)
    )


def _items(joined: str) -> list[str]:
    return sorted(joined.split(",")) if joined else []


def _parsed(text: str) -> Json:
    try:
        tree: Json = json.loads(text)
    except ValueError:
        return text
    return tree


def _text(value: Json) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case list():
            return ",".join(sorted(filter(None, map(_item, value))))
        case dict():
            return _item(value)
        case _:
            return str(value)


def _item(value: Json) -> str:
    """One of a list: a target, a dimension or a subscription in one word. A subscription nobody confirmed is none."""
    match value:
        case {"Arn": str(arn)}:
            return arn
        case {"Name": str(name), "Value": str(of)}:
            return f"{name}={of}"
        case {"Protocol": str(protocol), "Endpoint": str(endpoint), "SubscriptionArn": str(arn)}:
            return f"{protocol}:{endpoint}" if arn.startswith("arn:") else ""
        case dict():
            return json.dumps(value, sort_keys=True)
        case _:
            return _text(value)
