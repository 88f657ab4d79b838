"""Findings: one frozen record for everything the tool has to say about a policy, setting or limit.

A code is public and never changes its meaning. ``CODES`` is the registry that ``docs/findings.md``
is generated from, so codes are made with ``code`` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from agent_perimeter.source import Span


class Severity(StrEnum):
    """``ERROR`` refuses the policy, ``WARNING`` can be accepted in writing, ``NOTE`` only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding: its stable code, its name, and what a person should know about it."""

    code: str
    name: str
    severity: Severity
    title: str
    explanation: str


CODES: dict[str, Code] = {}


def code(identifier: str, name: str, severity: Severity, title: str, explanation: str) -> Code:
    """Register a code. Raises ``ValueError`` if the identifier or name is taken."""
    if identifier in CODES or any(known.name == name for known in CODES.values()):
        raise ValueError(f"finding code {identifier} ({name}) is registered twice")
    CODES[identifier] = Code(identifier, name, severity, title, explanation)
    return CODES[identifier]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where, what was got, what is allowed and what to try.

    ``remedy`` is text to paste, such as a corrected policy; it may have several lines.
    ``accepted`` is the reason that somebody wrote in the file for living with a warning.
    """

    code: Code
    message: str
    span: Span | None = None
    got: str | None = None
    allowed: str | None = None
    hint: str | None = None
    remedy: str | None = None
    accepted: str | None = None

    @property
    def severity(self) -> Severity:
        return self.code.severity

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def accept(self, reason: str) -> Finding:
        """The same warning, accepted. Raises ``ValueError`` for anything but a warning."""
        if self.severity is not Severity.WARNING:
            raise ValueError(f"{self.code.code} is a {self.severity} and cannot be accepted")
        return replace(self, accepted=reason)

    def __str__(self) -> str:
        """``file:line:col: CODE message — got X, allowed Y; try Z``, on one line."""
        place = f"{self.span}: " if self.span else ""
        facts = ", ".join(
            f"{label} {value}" for label, value in (("got", self.got), ("allowed", self.allowed)) if value
        )
        tail = f" — {facts}" if facts else ""
        if self.hint:
            tail += f"; try {self.hint}" if facts else f" — try {self.hint}"
        return f"{place}{self.code.code} {self.message}{tail}"


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sorted by place, then code, then message; equal findings once."""

    def key(finding: Finding) -> tuple[str, int, int, str, str]:
        span = finding.span or Span("", 0, 0)
        return (span.file, span.line, span.column, finding.code.code, str(finding))

    return tuple(sorted(dict.fromkeys(findings), key=key))
