"""Where a record stands, for people: a line that an editor opens where one is known, the record's path where not."""

from __future__ import annotations

from collections.abc import Callable

from agent_perimeter.report.visible import visible
from agent_perimeter.source import Origin, Span

_SHOWN_LINES = 12

Locate = Callable[[str], Span | None]
"""From a path such as ``app.template.json#/Resources/X/Properties/Y`` to the line that it stands on."""


def nowhere(path: str) -> Span | None:  # noqa: ARG001 - a Locate that knows no file: paths then speak for themselves
    """The ``Locate`` that knows no lines."""
    return None


def place(path: str, locate: Locate) -> str:
    """``file:line:column (Resources/X/…)`` for what can be located, otherwise the path as it is; safe to show."""
    span = locate(path) if path else None
    if span is None:
        return visible(path)
    pointer = path.partition("#/")[2]
    return visible(f"{span} ({pointer})" if pointer else str(span))


def places(origin: Origin, locate: Locate) -> tuple[str, ...]:
    """The place in the template or account, then the policy lines, those of one file together."""
    files: dict[str, list[Span]] = {}
    for span in origin.spans:
        files.setdefault(span.file, []).append(span)
    lines = (visible(_lines(file, spans)) for file, spans in files.items())
    return tuple(filter(None, (place(origin.path, locate), *lines)))


def _lines(file: str, spans: list[Span]) -> str:
    """``policy.yaml:12:7``, which an editor opens, or ``policy.yaml:12, 14, 20``."""
    if len(spans) == 1:
        return str(spans[0])
    numbers = sorted({span.line for span in spans})
    more = f" and {len(numbers) - _SHOWN_LINES} more" if len(numbers) > _SHOWN_LINES else ""
    return f"{file}:{', '.join(map(str, numbers[:_SHOWN_LINES]))}{more}"
