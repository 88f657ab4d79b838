"""Write the pages of docs/ that come from the code, or say which are stale: ``tools/docs.py [--check]``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import agent_perimeter.drift.codes
import agent_perimeter.perimeter  # noqa: F401 - both register the finding codes of their layers
from agent_perimeter.aws.permissions import TEMPLATE, TRAIL, Grant, read_actions
from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.lift.stored import network_schema
from agent_perimeter.policy.reference import findings_reference, policy_reference, section_reference
from agent_perimeter.report.drift_remedy import UNDO
from agent_perimeter.report.drift_schema import drift_schema
from agent_perimeter.report.proof_schema import explain_schema, proof_schema
from agent_perimeter.settings import NOTIFY, SETTINGS, WATCH

DOCS = Path(__file__).resolve().parent.parent / "docs"

_SETTINGS = """\
<!-- Generated from the code. Do not edit. -->
# Settings

In `cdk.json`, under `context` → `agent-perimeter`. They are checked like the policies: `agent-perimeter check` reads
them from `./cdk.json` or from `--settings FILE`.

"""
_WATCH = """
## Watch

`watch` says how the deployed perimeter is watched.

"""
_NOTIFY = """
`watch.notify` says who hears of it. Nobody does while all three are empty: findings are then in the log, in the
evidence bucket and on the alarms only.

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
        DOCS / "settings-reference.md": "".join((_SETTINGS, section_reference(SETTINGS), _watch(), _QUOTAS, _quotas())),
        DOCS / "findings.md": findings_reference(),
        DOCS / "proof.schema.json": proof_schema(),
        DOCS / "explain.schema.json": explain_schema(),
        DOCS / "network.schema.json": network_schema(),
        DOCS / "drift.schema.json": drift_schema(),
        DOCS / "operations.md": _filled(DOCS / "operations.md", {"permissions": _permissions(), "restore": _restore()}),
    }


def _filled(page: Path, tables: dict[str, str]) -> str:
    """A page written by hand, with what stands between ``<!-- name -->`` and ``<!-- /name -->`` made anew."""
    text = page.read_text()
    for name, table in tables.items():
        pattern = rf"<!-- {name} -->\n.*?<!-- /{name} -->"
        if len(re.findall(pattern, text, re.DOTALL)) != 1:
            raise SystemExit(f"{page}: the mark {name} has to stand there once")
        before, after = re.split(pattern, text, flags=re.DOTALL)
        text = f"{before}<!-- {name} -->\n{table}<!-- /{name} -->{after}"
    return text


def _permissions() -> str:
    own = {action for grant in read_actions(watch=False) for action in grant.actions}
    rows = [*((grant, _for(grant, own)) for grant in read_actions(watch=True))]
    rows += [(TEMPLATE, "`drift` without a template"), (TRAIL, "who made a change; optional")]
    return _table(
        ("Actions", "Resources", "For"),
        ((_codes(grant.actions), _codes(grant.resources), use) for grant, use in rows),
    )


def _for(grant: Grant, own: set[str]) -> str:
    return "every check" if own & set(grant.actions) else "the watch's own parts (`--watch-stack`)"


def _restore() -> str:
    sides = ((kind, undo.added, undo.removed, undo.changed) for kind, undo in UNDO.items())
    return _table(
        ("What", "Was added", "Was removed", "Was changed"),
        ((str(kind), *(_codes(side) for side in operations)) for kind, *operations in sides),
    )


def _codes(texts: Iterable[str]) -> str:
    return "<br>".join(f"`{text}`" for text in texts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _watch() -> str:
    return _WATCH + section_reference(WATCH) + _NOTIFY + section_reference(NOTIFY)


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
