"""``python -m agent_perimeter``."""

from __future__ import annotations

import sys

from agent_perimeter.cli import main

if __name__ == "__main__":
    sys.exit(main())
