"""Findings for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from agent_perimeter.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class Style:
    """How to emphasise; without colour every method returns its text as it came."""

    colour: bool

    def _wrap(self, codes: str, text: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour else text

    def strong(self, text: str) -> str:
        return self._wrap("1", text)

    def faint(self, text: str) -> str:
        return self._wrap("2", text)

    def bad(self, text: str) -> str:
        return self._wrap("1;31", text)

    def odd(self, text: str) -> str:
        return self._wrap("33", text)

    def good(self, text: str) -> str:
        return self._wrap("32", text)

    def severity(self, severity: Severity, text: str) -> str:
        match severity:
            case Severity.ERROR:
                return self.bad(text)
            case Severity.WARNING:
                return self.odd(text)
            case Severity.NOTE:
                return self.faint(text)
            case _:
                assert_never(severity)


def plural(number: int, noun: str) -> str:
    """``1 name``, ``2 names``, ``2 policies``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def table(rows: Iterable[tuple[str, ...]], indent: str = "  ") -> str:
    """Rows in columns as wide as their widest cell; no trailing blanks."""
    listed = tuple(rows)
    if not listed:
        return ""
    widths = [max(len(row[column]) for row in listed) for column in range(len(listed[0]))]
    return "\n".join(
        (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in listed
    )


def findings_text(findings: Iterable[Finding], style: Style) -> str:
    """One line a finding, as compilers print them, and under it what to paste instead."""
    lines: list[str] = []
    for finding in findings:
        place, mark, rest = str(finding).partition(f"{finding.code.code} ")
        label = f"{finding.severity} [{finding.code.name}]"
        lines.append(place + style.severity(finding.severity, f"{mark}{label}") + f" {rest}")
        if finding.accepted is not None:
            lines.append(style.faint(f"    accepted: {finding.accepted}"))
        if finding.remedy:
            lines += (f"    {line}".rstrip() for line in finding.remedy.rstrip().splitlines())
    return "\n".join(lines)


def verdict_text(files: int, findings: Iterable[Finding], style: Style, *, refused: bool) -> str:
    """The last line of a check."""
    counts = dict.fromkeys(Severity, 0)
    accepted = 0
    for finding in findings:
        if finding.accepted is None:
            counts[finding.severity] += 1
        else:
            accepted += 1
    tally = [plural(number, severity) for severity, number in counts.items() if number]
    tally += [f"{accepted} accepted"] if accepted else []
    checked = f"{plural(files, 'policy')} checked"
    summary = f"{checked}: {', '.join(tally) or 'no findings'}"
    if refused:
        return style.bad("refused") + f" · {summary}"
    return style.good("accepted") + f" · {summary}"
