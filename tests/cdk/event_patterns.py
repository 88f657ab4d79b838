"""What an event pattern matches (EventBridge user guide, comparison operators), as far as our rules use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Value = Any  # JSON


def matches(pattern: Mapping[str, Value], event: Mapping[str, Value]) -> bool:
    """Whether every field of the pattern matches; ``$or`` takes one of its patterns."""
    return all(
        any(matches(one, event) for one in wanted) if field == "$or" else _field(wanted, event, field)
        for field, wanted in pattern.items()
    )


def _field(wanted: Value, event: Mapping[str, Value], field: str) -> bool:
    found = event.get(field)
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and matches(wanted, found)
    values = found if isinstance(found, list) else [found] if field in event else []
    return any(_operator(one, values) for one in wanted)


def _operator(wanted: Value, values: list[Value]) -> bool:
    match wanted:
        case {"exists": bool(there)}:
            return bool(values) is there
        case {"prefix": str(start)}:
            return any(isinstance(value, str) and value.startswith(start) for value in values)
        case {"suffix": str(end)}:
            return any(isinstance(value, str) and value.endswith(end) for value in values)
        case {"anything-but": list(others)}:
            return any(value not in others for value in values)
        case dict():
            raise NotImplementedError(f"an operator that no rule of ours had: {wanted}")
        case _:
            return wanted in values
