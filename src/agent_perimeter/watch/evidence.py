"""What is kept: where in the bucket each report and snapshot goes, so that a day's checks stand together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from agent_perimeter.verdict import Status

LEDGER: Final = "state/ledger.json"


def report_key(taken: str, status: Status) -> str:
    """``reports/2026/11/22/200000Z-refuted.json``: when AWS was read, and what the check came to."""
    return f"reports/{_moment(taken)}-{status}.json"


def snapshot_key(taken: str) -> str:
    """``snapshots/2026/11/22/200000Z.json``: what AWS answered, to be judged again."""
    return f"snapshots/{_moment(taken)}.json"


def _moment(taken: str) -> str:
    return datetime.fromisoformat(taken).astimezone(UTC).strftime("%Y/%m/%d/%H%M%SZ")
