"""Refusals, by the codes of the API."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class Refused(ServiceException):
    """AWS would answer with this error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
