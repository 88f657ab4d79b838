"""A session whose every answer is written down: what comes over the wire, or what goes wrong on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.loaders import create_loader

Said = str | Mapping[str, Any] | Exception
"""A body (XML as text, JSON as an object), or what is raised instead of an answer."""


_MODELS = create_loader()
"""Read once for all sessions: EC2's alone takes a moment."""


class Refused:
    """An error of AWS's, for protocols with JSON."""

    def __init__(self, code: str, message: str = "no", status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status

    def __str__(self) -> str:
        return json.dumps({"__type": self.code, "message": self.message})


class Wire:
    """What each operation answers, one after the other; the last of them again and again."""

    def __init__(self, **answers: Said | Refused | list[Said | Refused]) -> None:
        self._answers = {
            operation: list(said) if isinstance(said, list) else [said] for operation, said in answers.items()
        }
        self.requests: list[tuple[str, Any]] = []
        core = botocore.session.Session()
        core.register_component("data_loader", _MODELS)
        self.session = boto3.Session("testing", "testing", region_name="eu-west-1", botocore_session=core)
        self.session.events.register_first("before-send", self._send)

    def _send(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.requests.append((operation, request.body))
        left = self._answers[operation]
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, Exception):
            raise said
        status = said.status if isinstance(said, Refused) else 200
        body = json.dumps(said) if isinstance(said, Mapping) else str(said)
        return AWSResponse(request.url, status, {}, _Raw(body.encode()))

    @property
    def calls(self) -> list[str]:
        return [operation for operation, _ in self.requests]


class _Raw:
    """A body as urllib3 hands it over."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body
