"""Write the pages of docs/ that come from the code, or say which are stale: ``tools/docs.py [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

import agent_perimeter.perimeter  # noqa: F401 - registers the finding codes of every layer
from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.lift.stored import network_schema
from agent_perimeter.policy.reference import findings_reference, policy_reference, section_reference
from agent_perimeter.report.proof_schema import explain_schema, proof_schema
from agent_perimeter.settings import SETTINGS

DOCS = Path(__file__).resolve().parent.parent / "docs"

_SETTINGS = """\
<!-- Generated from the code. Do not edit. -->
# Settings

In `cdk.json`, under `context` → `agent-perimeter`. They are checked like the policies: `agent-perimeter check` reads
them from `./cdk.json` or from `--settings FILE`.

"""
_QUOTAS = """
## Quotas

What a perimeter is held to at check and at synth. Those that AWS raises on request can be raised under `quotas` once
the account has them.

"""
_SERVICES = """
## AWS services

What `aws_service` can name, and how it is reached. Only services whose endpoints take a policy are here.

"""


def pages() -> dict[Path, str]:
    """Every generated page and what it must hold."""
    return {
        DOCS / "policy-reference.md": policy_reference() + _SERVICES + _services(),
        DOCS / "settings-reference.md": _SETTINGS + section_reference(SETTINGS) + _QUOTAS + _quotas(),
        DOCS / "findings.md": findings_reference(),
        DOCS / "proof.schema.json": proof_schema(),
        DOCS / "explain.schema.json": explain_schema(),
        DOCS / "network.schema.json": network_schema(),
    }


def _services() -> str:
    rows = (f"| `{item.name}` | {item.kind} | {', '.join(item.iam)} |\n" for item in SERVICES.values())
    return "| Name | Endpoint | IAM prefix of its actions |\n| --- | --- | --- |\n" + "".join(rows)


def _quotas() -> str:
    rows = (
        f"| `{quota.name}` | {quota.title} | {quota.limit:,} | {f'{quota.ceiling:,}' if quota.ceiling else 'fixed'} |\n"
        for quota in QUOTAS.values()
        if quota.limit
    )
    return "| Name | What | Limit | Raised to at most |\n| --- | --- | --- | --- |\n" + "".join(rows)


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` only compare. Exit code 1 where one is stale."""
    stale = {page: text for page, text in pages().items() if not page.exists() or page.read_text() != text}
    for page, text in stale.items():
        if "--check" in arguments:
            print(f"{page.relative_to(DOCS.parent)} is stale: run make docs")
        else:
            page.write_text(text)
            print(f"wrote {page.relative_to(DOCS.parent)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
