"""A snapshot: what AWS answered when it was asked about one VPC and everything that decides its egress.

It is kept as AWS said it, so that it can be stored, attached to a ticket and judged again by a later version that
knows more. Only fields that are asked for by name are kept (``aws.reads``): no user data, no environment of a function,
no pre-shared key of a VPN. What could not be read stands beside the answers; a snapshot with any of it is incomplete,
and whatever is judged on it is Unknown at best.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from agent_perimeter.forms import Json

FORMAT: Final = "agent-perimeter/snapshot/1"
"""An answer that is kept in another shape changes the format: count on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call came to, all pages of it.

    ``service`` is botocore's name (``ec2``, ``network-firewall``, ``route53resolver``, ``iam``), ``operation`` AWS's
    (``DescribeSubnets``). ``parameters`` are those of the call, ``result`` the members of the response that are kept,
    lists of all pages joined, times as ISO 8601 text, without tokens and metadata.
    """

    service: str
    operation: str
    parameters: Mapping[str, Json]
    result: Mapping[str, Json]

    @property
    def call(self) -> str:
        """``ec2:DescribeSubnets``."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Unread:
    """A call that did not answer, or not wholly.

    ``code`` is AWS's error code (``AccessDenied``), or one of ours: ``TimedOut``, ``Unreachable``, ``Malformed``,
    ``Truncated``, ``Skipped`` (a call that needs the answer of one that failed). ``permission`` is the IAM action that
    the call takes. ``message`` is for people and holds no secret.
    """

    service: str
    operation: str
    parameters: Mapping[str, Json]
    code: str
    message: str
    permission: str

    @property
    def call(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def absent(self) -> bool:
        """Whether AWS said that there is no such identity or policy: what needs the answer has nothing to ask about."""
        return self.service == "iam" and self.code == "NoSuchEntity"

    def __str__(self) -> str:
        about = " ".join(str(value) for value in self.parameters.values() if isinstance(value, str))
        denied = self.code in DENIED
        remedy = f"; allow {self.permission}" if denied else ""
        return f"{self.call}{f' of {about}' if about else ''} was not read: {self.code}: {self.message}{remedy}"


DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"})
"""Error codes that say that a permission is missing."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One VPC as AWS described it.

    ``taken`` is when the first call was made, as ISO 8601 in UTC. ``perimeter`` is the value of the VPC's
    ``agent-perimeter:perimeter`` tag, or empty. ``stack`` is the name or id of the CloudFormation stack that made the
    VPC, empty where none did. Answers and unread calls are sorted by call and parameters.
    """

    taken: str
    account: str
    region: str
    partition: str
    vpc: str
    stack: str
    perimeter: str
    answers: tuple[Answer, ...] = ()
    unread: tuple[Unread, ...] = ()
    _by_call: dict[str, tuple[Answer, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for answer in self.answers:
            self._by_call[answer.call] = (*self._by_call.get(answer.call, ()), answer)

    @property
    def complete(self) -> bool:
        return not self.unread

    def answers_to(self, call: str) -> tuple[Answer, ...]:
        """The answers to ``ec2:DescribeSubnets``, one for each set of parameters; empty where it was not read."""
        return self._by_call.get(call, ())

    def items(self, call: str, member: str) -> Iterator[Mapping[str, Json]]:
        """The objects in a list member of every answer to a call. What is no object was refused when it was read."""
        for answer in self.answers_to(call):
            listed = answer.result.get(member)
            for item in listed if isinstance(listed, list) else ():
                if isinstance(item, dict):
                    yield item

    def unread_of(self, call: str) -> tuple[Unread, ...]:
        return tuple(one for one in self.unread if one.call == call)


class SnapshotError(ValueError):
    """A document that is no snapshot of this version; the text says why and what to do."""


def write_snapshot(snapshot: Snapshot) -> str:
    """The document of a snapshot, the same for the same snapshot."""
    document: dict[str, Json] = {
        "format": FORMAT,
        "taken": snapshot.taken,
        "account": snapshot.account,
        "region": snapshot.region,
        "partition": snapshot.partition,
        "vpc": snapshot.vpc,
        "stack": snapshot.stack,
        "perimeter": snapshot.perimeter,
        "answers": [
            {
                "service": answer.service,
                "operation": answer.operation,
                "parameters": dict(answer.parameters),
                "result": dict(answer.result),
            }
            for answer in snapshot.answers
        ],
        "unread": [
            {
                "service": one.service,
                "operation": one.operation,
                "parameters": dict(one.parameters),
                "code": one.code,
                "message": one.message,
                "permission": one.permission,
            }
            for one in snapshot.unread
        ],
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def read_snapshot(raw: bytes, file: str) -> Snapshot:
    """Read a document that ``write_snapshot`` made. Raises ``SnapshotError`` for anything else.

    Nothing is filled in: a key that is not there, or one too many, refuses the document.
    """
    try:
        tree: Json = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"{file}: this is not JSON: {error}") from error
    document = _object(tree, file, _KEYS)
    if document["format"] != FORMAT:
        raise SnapshotError(f"{file}: its format is {document['format']!a}; what is read here is {FORMAT}")
    texts = {key: _text(document, key, file) for key in _TEXTS}
    return Snapshot(
        **texts,
        answers=tuple(_answer(item, f"{file}#/answers/{index}") for index, item in _list(document, "answers", file)),
        unread=tuple(_unread(item, f"{file}#/unread/{index}") for index, item in _list(document, "unread", file)),
    )


_TEXTS: Final = ("taken", "account", "region", "partition", "vpc", "stack", "perimeter")
_KEYS: Final = frozenset({"format", "answers", "unread", *_TEXTS})


def _answer(json_: Json, place: str) -> Answer:
    item = _object(json_, place, frozenset({"service", "operation", "parameters", "result"}))
    return Answer(
        _text(item, "service", place),
        _text(item, "operation", place),
        _mapping(item, "parameters", place),
        _mapping(item, "result", place),
    )


def _unread(json_: Json, place: str) -> Unread:
    keys = frozenset({"service", "operation", "parameters", "code", "message", "permission"})
    item = _object(json_, place, keys)
    return Unread(
        _text(item, "service", place),
        _text(item, "operation", place),
        _mapping(item, "parameters", place),
        _text(item, "code", place),
        _text(item, "message", place),
        _text(item, "permission", place),
    )


def _object(json_: Json, place: str, keys: frozenset[str]) -> dict[str, Json]:
    if not isinstance(json_, dict):
        raise SnapshotError(f"{place}: an object was expected")
    wrong = sorted(keys ^ json_.keys())
    if wrong:
        raise SnapshotError(f"{place}: {'unknown' if wrong[0] in json_ else 'missing'} key {wrong[0]!a}")
    return json_


def _text(item: Mapping[str, Json], key: str, place: str) -> str:
    found = item[key]
    if not isinstance(found, str):
        raise SnapshotError(f"{place}: {key} is text")
    return found


def _mapping(item: Mapping[str, Json], key: str, place: str) -> Mapping[str, Json]:
    found = item[key]
    if not isinstance(found, dict):
        raise SnapshotError(f"{place}: {key} is an object")
    return found


def _list(item: Mapping[str, Json], key: str, place: str) -> Iterator[tuple[int, Json]]:
    found = item[key]
    if not isinstance(found, list):
        raise SnapshotError(f"{place}: {key} is a list")
    return enumerate(found)
