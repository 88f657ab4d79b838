"""What a command comes to: its exit code and what it prints. The codes are public."""

from __future__ import annotations

from dataclasses import dataclass

CLEAN, REFUTED, REFUSED, UNKNOWN = 0, 1, 2, 3
"""Clean or proven; refuted or drifted; bad policy, settings or usage; not to be known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An exit code, whatever becomes of the printing. ``file``: where the output goes instead of the terminal."""

    code: int
    output: str = ""
    errors: str = ""
    file: str | None = None
