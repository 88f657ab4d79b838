"""What a stream can show: colour for a person at a terminal, plain text for everything else."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from agent_perimeter.report.text import Style


def style_of(stream: TextIO) -> Style:
    """Colour on a terminal only, and never where NO_COLOR is set (no-color.org)."""
    return Style(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def progress(text: str) -> None:
    """To a person who waits; never into a pipe. The next text takes its place."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text} …\r")
        sys.stderr.flush()


def settled() -> None:
    """No more progress: the line is a person's again."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
