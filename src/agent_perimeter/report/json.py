"""Findings as JSON. The shape is public: a change is a changelog entry."""

from __future__ import annotations

import json
from collections.abc import Iterable

from agent_perimeter.finding import Finding


def findings_json(agents: Iterable[str], findings: Iterable[Finding], *, refused: bool) -> str:
    """One document: format version, whether refused, the agents, the findings in file order."""
    document = {
        "format": "agent-perimeter/check/1",
        "refused": refused,
        "agents": sorted(agents),
        "findings": [_finding(finding) for finding in findings],
    }
    return json.dumps(document, indent=2)


def _finding(finding: Finding) -> dict[str, object]:
    span = finding.span
    return {
        "code": finding.code.code,
        "name": finding.code.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "got": finding.got,
        "allowed": finding.allowed,
        "hint": finding.hint,
        "remedy": finding.remedy,
        "accepted": finding.accepted,
    }
