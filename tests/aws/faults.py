"""Faults: what can go wrong with one call to AWS, made on the wire or in the answer, over and over at little cost.

``Line`` gives again what the local AWS answered once, to real botocore clients: requests are made, retried, parsed and
paged as ever, and any of them can be broken.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import local
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from benchmarks.wire import Raw, key_of
from tests.aws.local.sessions import session

MORE = "more-of-it"
"""A page token that AWS never gave."""


@dataclass(frozen=True)
class Called:
    """An operation as a fault sees it: ``ec2``, ``DescribeSubnets``, and botocore's protocol for the service."""

    service: str
    operation: str
    protocol: str


Parsed = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """One way to fail. ``send`` answers or raises instead of AWS; ``spoil`` changes what botocore read.

    ``after`` answers the request for a page that ``spoil`` promised; without it, the same page comes again.
    """

    name: str
    send: Callable[[Called, str], AWSResponse] | None = None
    spoil: Callable[[Parsed], None] | None = None
    after: Callable[[Called, str], AWSResponse] | None = None


def _response(url: str, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> AWSResponse:
    return AWSResponse(url, status, dict(headers or {}), Raw(body))


def error(status: int, code: str, **by_service: str) -> Callable[[Called, str], AWSResponse]:
    """An error as each protocol spells it; some services have their own code."""

    def send(called: Called, url: str) -> AWSResponse:
        own = by_service.get(called.service, code)
        match called.protocol:
            case "ec2":
                body = f"<Response><Errors><Error><Code>{own}</Code><Message>no</Message></Error></Errors></Response>"
            case "query" | "rest-xml":
                body = f"<ErrorResponse><Error><Code>{own}</Code><Message>no</Message></Error></ErrorResponse>"
            case _:
                body = json.dumps({"__type": own, "message": "no"})
        return _response(url, status, body.encode(), {"x-amzn-ErrorType": own})

    return send


def _bare(called: Called, url: str) -> AWSResponse:
    match called.protocol:
        case "ec2":
            return _response(url, 200, f"<{called.operation}Response/>".encode())
        case "query":
            name = called.operation
            return _response(url, 200, f"<{name}Response><{name}Result/></{name}Response>".encode())
        case _:
            return _response(url, 200, b"{}")


def _timeout(called: Called, url: str) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=url, error=called.operation)


def _reset(called: Called, url: str) -> AWSResponse:
    raise ConnectionClosedError(endpoint_url=url, request=None, error=called.operation)


def _garbage(called: Called, url: str) -> AWSResponse:
    del called
    return _response(url, 200, b"<html>the proxy says hello")


def _members(parsed: Parsed) -> Iterator[str]:
    return (key for key in parsed if key != "ResponseMetadata")


def _empty(parsed: Parsed) -> None:
    """As AWS answers where there is nothing: lists with nothing in them, objects without members."""
    for key in _members(parsed):
        if isinstance(parsed[key], list | dict):
            parsed[key] = type(parsed[key])()


def _numbers(parsed: Parsed) -> None:
    """Every member becomes a number, which none of them is."""
    for key in _members(parsed):
        parsed[key] = 17


def _unheard_of(parsed: Parsed) -> None:
    """Every text deep inside becomes one that nobody has seen."""
    for key in _members(parsed):
        parsed[key] = _strange(parsed[key])


def _strange(value: Any) -> Any:
    match value:
        case dict():
            return {key: _strange(one) for key, one in value.items()}
        case list():
            return [_strange(one) for one in value]
        case str() | bool():
            return "\u2603"
        case _:
            return value


def _cut(parsed: Parsed) -> None:
    """Half of each list, and the word that there is more."""
    for key in _members(parsed):
        if isinstance(parsed[key], list):
            parsed[key] = parsed[key][: len(parsed[key]) // 2]
    _promise(parsed, MORE)


def _again(parsed: Parsed) -> None:
    _promise(parsed, MORE)


def _endless(parsed: Parsed) -> None:
    """A new token each time."""
    _promise(parsed, f"{MORE}{random.random()}")  # noqa: S311 - no secret


def _promise(parsed: Parsed, token: str) -> None:
    """The services have three names for a token."""
    parsed.update(NextToken=token, NextMarker=token, Marker=token, IsTruncated=True)


_failure = error(500, "InternalFailure")

FAULTS = (
    Fault("throttled", error(400, "ThrottlingException", ec2="RequestLimitExceeded", iam="Throttling")),
    Fault("denied", error(403, "AccessDeniedException", ec2="UnauthorizedOperation", iam="AccessDenied")),
    Fault("failed", _failure),
    Fault("timed out", _timeout),
    Fault("reset", _reset),
    Fault("no XML and no JSON", _garbage),
    Fault("an answer without anything", _bare),
    Fault("an empty page", spoil=_empty),
    Fault("values of the wrong type", spoil=_numbers),
    Fault("values that nobody has seen", spoil=_unheard_of),
    Fault("half a page, and the other does not come", spoil=_cut, after=_failure),
    Fault("a page that comes again and again", spoil=_again),
    Fault("pages without end", spoil=_endless),
    Fault(
        "deleted between two calls",
        error(404, "ResourceNotFoundException", ec2="InvalidVpcID.NotFound", iam="NoSuchEntity"),
    ),
)
BY_NAME = {fault.name: fault for fault in FAULTS}

Broken = Callable[[str], Fault | None]
"""How the request with this key fails, if it does."""


def sound(key: str) -> None:
    """No request fails."""
    del key


def only(fault: Fault, keys: Collection[str]) -> Broken:
    """These requests fail."""
    return lambda key: fault if key in keys else None


def at_random(seed: int, share: float, faults: Sequence[Fault], keys: Iterable[str]) -> Broken:
    """Any of these requests, with a probability, in any way; the same for the same seed.

    A request is known by its operation and its place among those of it: AWS names resources anew each time.
    """
    chosen: dict[str, Fault] = {}
    count: Counter[str] = Counter()
    for key in sorted(keys):
        operation = key.partition(" ")[0]
        chance = random.Random(f"{seed} {operation} {count[operation]}")  # noqa: S311 - no secret
        count[operation] += 1
        if chance.random() < share:
            chosen[key] = chance.choice(faults)
    return chosen.get


@dataclass
class Line:
    """AWS as it was recorded. ``hit`` are the keys of the requests that a fault met."""

    answers: Mapping[str, Mapping[str, Any]]
    region: str
    hit: set[str] = field(default_factory=set)
    _broken: Broken = sound
    _call: local = field(default_factory=local)
    """A call is made from beginning to end, with all its attempts and pages, in one thread."""

    def __post_init__(self) -> None:
        self.session: boto3.Session = _Lasting(botocore_session=session(self.region)._session)
        self.session.events.register("before-call", self._begin)
        self.session.events.register_first("before-send", self._send)
        self.session.events.register("after-call", self._answered)

    @contextmanager
    def fails(self, broken: Broken) -> Iterator[None]:
        self._broken = broken
        self.hit.clear()
        yield
        self._broken = sound

    def _begin(self, model: Any, **_: object) -> None:
        self._call.called = Called(model.service_model.service_name, model.name, model.service_model.protocol)

    def _send(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        key = key_of(event_name, request)
        further = MORE in key
        if not further:
            self._call.key = key
            self._call.broken = self._broken(key)
        fault: Fault | None = self._call.broken
        if fault is not None:
            self.hit.add(self._call.key)
            send = fault.after if further else fault.send
            if send is not None:
                return send(self._call.called, request.url)
        answer = self.answers.get(self._call.key)
        if answer is None:
            # Nobody asked this of the local AWS: it is about something that was made up here.
            return error(400, "ValidationError")(self._call.called, request.url)
        return _response(request.url, answer["status"], answer["body"].encode(), answer["headers"])

    def _answered(self, parsed: Parsed, **_: object) -> None:
        fault: Fault | None = self._call.broken
        if fault is not None and fault.spoil is not None and "Error" not in parsed:
            fault.spoil(parsed)


class _Lasting(boto3.Session):  # type: ignore[misc] # boto3 has no types
    """A session whose clients stay: to make one takes longer than to use it."""

    def client(self, service_name: str, *args: Any, **named: Any) -> Any:
        made: dict[str, Any] = self.__dict__.setdefault("made", {})
        if service_name not in made:
            made[service_name] = super().client(service_name, *args, **named)
        return made[service_name]
