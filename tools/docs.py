"""Write the pages of docs/ that come from the code, or say which are stale: ``tools/docs.py [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

import agent_perimeter.perimeter  # noqa: F401 - registers the codes of every layer
from agent_perimeter.policy.reference import findings_reference, policy_reference

DOCS = Path(__file__).resolve().parent.parent / "docs"


def pages() -> dict[Path, str]:
    """Every generated page and what it must hold."""
    return {
        DOCS / "policy-reference.md": policy_reference(),
        DOCS / "findings.md": findings_reference(),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` only compare. Exit code 1 where one is stale."""
    stale = [page for page, text in pages().items() if not page.exists() or page.read_text() != text]
    if "--check" in arguments:
        for page in stale:
            print(f"{page.relative_to(DOCS.parent)} is stale: run make docs")
        return 1 if stale else 0
    for page in stale:
        page.write_text(pages()[page])
        print(f"wrote {page.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
