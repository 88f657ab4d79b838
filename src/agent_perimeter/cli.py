"""The command line: arguments in, text and exit codes out. It alone reads files, the clock and the terminal.

Exit codes are public: 0 clean, 2 refused policy or wrong usage. (1 and 3 belong to commands that
prove or watch.)
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO

from agent_perimeter.files import UsageError, read_file, read_policies
from agent_perimeter.finding import Finding
from agent_perimeter.perimeter import Perimeter, design
from agent_perimeter.policy.schema import json_schema
from agent_perimeter.report.json import findings_json
from agent_perimeter.report.plan import Template, plan_text
from agent_perimeter.report.text import Style, findings_text, verdict_text
from agent_perimeter.settings import Settings, load_settings

CLEAN, REFUSED = 0, 2

_EPILOG = """\
examples:
  agent-perimeter check policies/                 lint every policy of a folder as one perimeter
  agent-perimeter check agent_runtime.yaml        point it at the file your agent framework ships
  agent-perimeter plan policies/                  what would be built, and what each agent may reach
  agent-perimeter schema > policy.schema.json     completion and checks in your editor

exit codes:
  0  accepted (notes and warnings may have been printed)
  2  refused: the policy, a setting or the usage is wrong, or a quota would be exceeded
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command comes to: its exit code, whatever becomes of the printing."""

    code: int
    output: str = ""
    errors: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code."""
    arguments = _parser().parse_args(argv)
    if argv is None:
        gc.disable()  # a process of our own lives for half a second, a tenth of which went into collecting nothing
    try:
        outcome: Outcome = arguments.run(arguments)
    except UsageError as error:
        outcome = Outcome(REFUSED, errors=f"agent-perimeter: {error}")
    try:
        _print(outcome.errors, sys.stderr)
        _print(outcome.output, sys.stdout)
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Point stdout elsewhere, or Python complains about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return outcome.code


def _print(text: str, stream: TextIO) -> None:
    if text:
        print(text, file=stream, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agent-perimeter",
        description="An egress perimeter for AI agents on AWS, from the policy file that the agent already has.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="load and lint policies", description=_check.__doc__)
    _policy_arguments(check)
    check.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    check.add_argument("--strict", action="store_true", help="refuse warnings that nobody accepted in the file")
    check.set_defaults(run=_check)

    plan = commands.add_parser("plan", help="show what would be built", description=_plan.__doc__)
    _policy_arguments(plan)
    plan.add_argument("--templates", type=Path, metavar="DIR", help="a synthesized cdk.out, to list its templates")
    plan.set_defaults(run=_plan)

    schema = commands.add_parser("schema", help="print the JSON Schema of a policy", description=_schema.__doc__)
    schema.set_defaults(run=_schema)
    return parser


def _policy_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("policies", nargs="+", metavar="POLICY", help="a policy file, or a folder of them")
    command.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="the cdk.json with the perimeter's settings (default: ./cdk.json where there is one)",
    )
    command.add_argument(
        "--today", type=_date, metavar="YYYY-MM-DD", help="judge expiry as of this day (default: today, UTC)"
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2027-03-31") from error


def _check(arguments: argparse.Namespace) -> Outcome:
    """Load and lint policies as one perimeter: the language, the destinations, the AWS quotas."""
    perimeter, findings, refused = _designed(arguments)
    if arguments.strict and any(finding.severity == "warning" and finding.accepted is None for finding in findings):
        refused = True
    code = REFUSED if refused else CLEAN
    if arguments.format == "json":
        agents = (policy.agent for policy in perimeter.policies)
        return Outcome(code, findings_json(agents, findings, refused=refused))
    return Outcome(code, _report(len(arguments.files), findings, sys.stdout, refused=refused))


def _report(files: int, findings: tuple[Finding, ...], stream: TextIO, *, refused: bool) -> str:
    style = _style(stream)
    return "\n".join(
        filter(None, (findings_text(findings, style), verdict_text(files, findings, style, refused=refused)))
    )


def _plan(arguments: argparse.Namespace) -> Outcome:
    """Show what a perimeter would be: what each agent may reach, the layers that hold it, the quotas it uses."""
    templates = _templates(arguments.templates) if arguments.templates else ()
    perimeter, findings, refused = _designed(arguments)
    intent, lowered, network = perimeter.intent, perimeter.lowered, perimeter.network
    if refused or intent is None or lowered is None or network is None:
        return Outcome(REFUSED, errors=_report(len(arguments.files), findings, sys.stderr, refused=True))
    return Outcome(CLEAN, plan_text(intent, network, lowered.meters, templates, _style(sys.stdout)))


def _schema(_: argparse.Namespace) -> Outcome:
    """Print the JSON Schema (draft 2020-12) of a policy file."""
    return Outcome(CLEAN, json.dumps(json_schema(), indent=2))


def _designed(arguments: argparse.Namespace) -> tuple[Perimeter, tuple[Finding, ...], bool]:
    """The perimeter, all findings of settings and policies, and whether it is refused."""
    files = read_policies(arguments.policies)
    arguments.files = files
    settings, setting_findings = _settings(arguments.settings)
    today = arguments.today or datetime.now(UTC).date()
    perimeter = design(files, settings or Settings(), today)
    findings = (*setting_findings, *perimeter.findings)
    return perimeter, findings, perimeter.refused or any(finding.is_error for finding in findings)


def _settings(path: Path | None) -> tuple[Settings | None, tuple[Finding, ...]]:
    default = Path("cdk.json")
    if path is None and not default.exists():
        return Settings(), ()
    chosen = path or default
    return load_settings(read_file(chosen), str(chosen))


def _templates(folder: Path) -> tuple[Template, ...]:
    """The templates of a cloud assembly. Raises ``UsageError`` where there are none."""
    files = sorted(folder.glob("*.template.json"))
    if not files:
        raise UsageError(f"{folder}: no *.template.json here; synthesize first (make synth)")
    return tuple(_template(file) for file in files)


def _template(path: Path) -> Template:
    content = read_file(path)
    try:
        resources = json.loads(content)["Resources"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not a CloudFormation template") from error
    return Template(str(path), len(content), len(resources))


def _style(stream: TextIO) -> Style:
    """Colour on a terminal only, and never where NO_COLOR is set (no-color.org)."""
    return Style(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
