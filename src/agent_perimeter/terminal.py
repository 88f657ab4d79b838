"""What a stream can show: colour for a person at a terminal, plain text for everything else."""

from __future__ import annotations

import os
from typing import TextIO

from agent_perimeter.report.text import Style


def style_of(stream: TextIO) -> Style:
    """Colour on a terminal only, and never where NO_COLOR is set (no-color.org)."""
    return Style(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
