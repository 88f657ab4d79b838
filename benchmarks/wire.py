"""AWS on a wire of known length: answers recorded from the local AWS, given again after a delay.

What is measured is then our own work and our own number of calls in a row, not how fast the local AWS is.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse


def key_of(event: str, request: AWSPreparedRequest) -> str:
    body = request.body or b""
    return f"{event.partition('.')[2]} {request.url} {body.decode() if isinstance(body, bytes) else body}"


class Raw:
    """A body as urllib3 hands it over."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> list[bytes]:
        return [self._body]


@dataclass
class Recorder:
    """Keeps every answer that a session gets."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    _asked: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def install(self, session: boto3.Session) -> None:
        session.events.register_first("before-send", self._send)

    def _send(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        from moto.core.botocore_stubber import BotocoreStubber
        from moto.core.models import botocore_stubber

        stubber: BotocoreStubber = botocore_stubber
        response = stubber(event_name=event_name, request=request)
        if response is None:
            return None
        body = response.content
        with self._lock:
            self.answers[key_of(event_name, request)] = {
                "status": response.status_code,
                "headers": dict(response.headers),
                "body": body.decode(),
            }
        return AWSResponse(request.url, response.status_code, dict(response.headers), Raw(body))

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(self.answers), encoding="utf-8")


@dataclass
class Player:
    """Gives recorded answers, each after ``delay`` seconds. A call that was not recorded is an error."""

    answers: Mapping[str, Mapping[str, Any]]
    delay: float
    calls: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def read(cls, file: Path, delay: float) -> Player:
        return cls(json.loads(file.read_text(encoding="utf-8")), delay)

    def install(self, session: boto3.Session) -> None:
        session.events.register_first("before-send", self._send)

    def _send(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        answer = self.answers[key_of(event_name, request)]
        with self._lock:
            self.calls[event_name.partition(".")[2]] += 1
        time.sleep(self.delay)
        return AWSResponse(request.url, answer["status"], dict(answer["headers"]), Raw(answer["body"].encode()))
