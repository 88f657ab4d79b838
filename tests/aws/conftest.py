"""The local AWS for a test, empty at its beginning."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.aws.local import install, install_cloudformation
from tests.aws.local.sessions import session

ACCOUNT = "123456789012"
REGION = "eu-west-1"


@dataclass(frozen=True)
class LocalAws:
    """An account with nothing in it but what AWS puts into every account, such as the default VPC."""

    session: boto3.Session
    region: str = REGION
    account: str = ACCOUNT

    def client(self, service: str) -> Any:
        return _client(service)


@cache
def _session() -> boto3.Session:
    return session(REGION)


@cache
def _client(service: str) -> Any:
    """Of all tests: to load the model of a service takes longer than to use it."""
    return _session().client(service)


@pytest.fixture
def local_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    install()
    install_cloudformation()
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_REGION", REGION)
    with nothing_left_out(), mock_aws():
        yield LocalAws(_session())


@contextmanager
def nothing_left_out() -> Iterator[None]:
    """Moto raises NotImplementedError for an operation that it lacks, but only logs what it leaves out of one."""
    heard = _Warnings()
    logging.getLogger("moto").addHandler(heard)
    yield
    logging.getLogger("moto").removeHandler(heard)
    assert heard.said == [], "moto left something out"


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
