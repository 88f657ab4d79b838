"""Members that moto's records lack, or show otherwise than AWS does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Shown = Callable[[Any], Any]


def shown(record: type, member: str) -> Callable[[Shown], Shown]:
    """The decorated function says what the member of this record is, at the moment at which it is described."""

    def show(function: Shown) -> Shown:
        setattr(record, member, property(function))
        return function

    return show
