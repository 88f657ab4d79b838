"""The command line: arguments in, text and exit codes out. It alone reads files, the clock and the terminal.

Exit codes are public: 0 clean or proven, 1 refuted, 2 refused policy or wrong usage, 3 not to be known.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from agent_perimeter.exits import CLEAN, REFUSED, UNKNOWN, Outcome
from agent_perimeter.files import UsageError, read_file, read_policies, write_file
from agent_perimeter.finding import Finding
from agent_perimeter.report.json import findings_json
from agent_perimeter.report.text import findings_text, verdict_text
from agent_perimeter.settings import Settings, load_settings
from agent_perimeter.terminal import style_of

if TYPE_CHECKING:
    from agent_perimeter.perimeter import Perimeter
    from agent_perimeter.report.plan import Template

_EPILOG = """\
examples:
  agent-perimeter check policies/                 lint every policy of a folder as one perimeter
  agent-perimeter check agent_runtime.yaml        point it at the file your agent framework ships
  agent-perimeter plan policies/                  what would be built, and what each agent may reach
  agent-perimeter verify cdk.out --policy policies/
                                                  prove that the templates let out what the policies allow
  agent-perimeter verify template.yaml --subnet AppSubnet --security-group AppGroup
                                                  what a workload of anybody's template can reach
  agent-perimeter explain tcp://203.0.113.9:443 --sni evil.example cdk.out --policy policies/ --agent research-agent
                                                  one packet, layer by layer
  agent-perimeter verify cdk.out --policy policies/ --store proved.network.json
                                                  keep what was proved; verify and explain read it like a template
  agent-perimeter drift cdk.out --policy policies/ --stack AgentPerimeter-agents
                                                  what departs in the account, and which packet now gets out
  agent-perimeter schema > policy.schema.json     completion and checks in your editor

exit codes:
  0  accepted, proven, clean, or (explain) stopped; notes and warnings may have been printed
  1  refuted or drift: something leaves that should not, or is stopped that should leave; (explain) it leaves
  2  refused: the policy, a setting, the template or the usage is wrong, or a quota would be exceeded
  3  unknown: something could not be read or depends on what is only known at deployment
"""

_DRIFT_EPILOG = """\
Two answers stand side by side: what was added, removed or changed since it was deployed, and what that means: widens
(with a packet to send), weakens, narrows, unclear or cosmetic. A call that AWS refuses makes the answer unknown, exit
code 3; docs/operations.md lists the permissions.

examples:
  agent-perimeter drift                           the only perimeter of this account and region, from its own folder:
                                                  policies by cdk.json, cdk.out or the deployed template
  agent-perimeter drift cdk.out --policy policies/ --stack AgentPerimeter-agents --region eu-west-1 --profile audit
  agent-perimeter drift --policy policies/ --vpc vpc-0abc123 --deployed
                                                  only what changed behind CloudFormation's back
  agent-perimeter drift cdk.out --policy policies/ --store incident.snapshot.json
  agent-perimeter drift cdk.out --policy policies/ --snapshot incident.snapshot.json --format html --output drift.html
                                                  keep what AWS said, and judge it later, without AWS
  agent-perimeter drift --watch 300               again every five minutes: what opened, what closed

exit codes:
  0  clean: everything was read and nothing departs that means anything
  1  drift
  2  wrong usage: no such stack, no region, a policy that is refused, boto3 missing
  3  not to be known: something was not read, no or expired credentials
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code."""
    arguments = _arguments(argv)
    if argv is None:
        gc.disable()  # a process of our own lives for half a second, a tenth of which went into collecting nothing
    outcome = Outcome(UNKNOWN)
    try:
        outcome = _outcome(arguments)
        _print(outcome.errors, sys.stderr)
        if outcome.file:
            write_file(Path(outcome.file), outcome.output)
        else:
            _print(outcome.output, sys.stdout)
    except UsageError as error:
        outcome = Outcome(REFUSED)
        _print(f"agent-perimeter: {error}", sys.stderr)
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Point stdout elsewhere, or Python complains about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return outcome.code


def _outcome(arguments: argparse.Namespace) -> Outcome:
    try:
        outcome: Outcome = arguments.run(arguments)
    except UsageError as error:
        return Outcome(REFUSED, errors=f"agent-perimeter: {error}")
    return outcome


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments. Templates may stand behind options, where argparse has given up looking for them."""
    parser = _parser()
    arguments, more = parser.parse_known_args(argv)
    if more and (any(word.startswith("-") for word in more) or "targets" not in arguments):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    if more:
        arguments.targets += more
    return arguments


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

    verify = commands.add_parser("verify", help="prove templates", description=_verify.__doc__)
    verify.add_argument(
        "targets",
        nargs="+",
        metavar="TEMPLATE",
        help="a cdk.out, CloudFormation in JSON or YAML, or a network that --store wrote",
    )
    _judging_arguments(verify)
    verify.add_argument("--store", metavar="FILE", help="write the network that is proved there, to prove it later")
    verify.add_argument("--format", choices=("text", "json", "sarif", "html"), default="text", help="default: text")
    verify.set_defaults(run=_verify)

    explain = commands.add_parser("explain", help="follow one packet or name", description=_explain.__doc__)
    explain.add_argument(
        "question", metavar="PACKET|NAME", help="tcp://203.0.113.9:443, udp://…:53, icmp://…, ip-47://…, evil.example"
    )
    explain.add_argument(
        "targets",
        nargs="*",
        metavar="TEMPLATE",
        help="a cdk.out, a template or a stored network; none: the policy alone",
    )
    claims = explain.add_argument_group("what the packet says of itself")
    claims.add_argument("--sni", metavar="NAME", help="a TLS ClientHello with this server name ('' for none)")
    claims.add_argument("--host", metavar="NAME", help="an HTTP request with this Host header")
    claims.add_argument("--app", metavar="KIND", help="other bytes: ssh, quic, handshake, early, fragment, …")
    claims.add_argument("--resolved-for", metavar="NAME", help="the VPC's resolver gave the address out for this name")
    claims.add_argument("--query", metavar="TYPE", help="only the DNS query for the name, of this type")
    _judging_arguments(explain)
    explain.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    explain.set_defaults(run=_explain)

    _drift_arguments(
        commands.add_parser(
            "drift",
            help="hold a live account to what was deployed",
            description=_drift.__doc__,
            epilog=_DRIFT_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )

    schema = commands.add_parser("schema", help="print a JSON Schema", description=_schema.__doc__)
    schema.add_argument(
        "which",
        nargs="?",
        choices=("policy", "proof", "explain", "network", "drift"),
        default="policy",
        help="default: policy",
    )
    schema.set_defaults(run=_schema)
    return parser


def _judging_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--policy", nargs="+", action="extend", default=[], metavar="POLICY", help="policy files, or folders of them"
    )
    command.add_argument(
        "--subnet", action="append", default=[], metavar="ID", help="a subnet of the workload, where tags do not say it"
    )
    command.add_argument(
        "--security-group", action="append", default=[], metavar="ID", help="a security group of the workload"
    )
    command.add_argument("--agent", metavar="NAME", help="the agent that is meant, where there are several")
    command.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="a parameter's value, AWS::Region too"
    )
    command.add_argument("--output", metavar="FILE", help="write the report there")
    _common_arguments(command)


def _drift_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "targets",
        nargs="*",
        metavar="TEMPLATE",
        help="what was deployed: a cdk.out, a template or a stored network (default: ./cdk.out where it holds the"
        " stack, else the template that the stack was deployed from)",
    )
    command.add_argument(
        "--policy",
        nargs="+",
        action="extend",
        default=[],
        metavar="POLICY",
        help="policy files, or folders of them (default: those that cdk.json names)",
    )
    which = command.add_argument_group("which perimeter (default: the only one of the account and region)")
    which.add_argument("--stack", metavar="NAME", help="the CloudFormation stack that made its VPC")
    which.add_argument(
        "--tag", action="append", default=[], metavar="KEY=VALUE", help="a tag of the VPC; KEY alone: any value"
    )
    which.add_argument("--vpc", metavar="VPC-ID", help="its VPC")
    which.add_argument("--watch-stack", metavar="NAME", help="the stack of its watch, to judge the watch itself too")
    aws = command.add_argument_group("how to read it")
    aws.add_argument("--region", help="default: AWS_REGION, or the profile's")
    aws.add_argument("--profile", help="default: AWS_PROFILE")
    aws.add_argument(
        "--deployed", action="store_true", help="compare with the deployed template even where there is a cdk.out"
    )
    aws.add_argument("--no-trail", action="store_true", help="do not ask CloudTrail who made a change")
    aws.add_argument("--store", metavar="FILE", help="write there what AWS answered, to judge it again")
    aws.add_argument("--snapshot", metavar="FILE", help="judge what --store wrote; AWS is not asked")
    command.add_argument("--watch", type=_seconds, metavar="SECONDS", help="check again, until Ctrl-C")
    command.add_argument("--format", choices=("text", "json", "sarif", "html"), default="text", help="default: text")
    command.add_argument("--output", metavar="FILE", help="write the report there")
    _common_arguments(command, today="the day of the reading")
    command.set_defaults(run=_drift)


def _policy_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("policies", nargs="+", metavar="POLICY", help="a policy file, or a folder of them")
    _common_arguments(command)


def _common_arguments(command: argparse.ArgumentParser, today: str = "today, UTC") -> None:
    command.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="the cdk.json with the perimeter's settings (default: ./cdk.json where there is one)",
    )
    command.add_argument(
        "--today", type=_date, metavar="YYYY-MM-DD", help=f"judge expiry as of this day (default: {today})"
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2027-03-31") from error


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds such as 300")
    return int(text)


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
    style = style_of(stream)
    return "\n".join(
        filter(None, (findings_text(findings, style), verdict_text(files, findings, style, refused=refused)))
    )


def _plan(arguments: argparse.Namespace) -> Outcome:
    """Show what a perimeter would be: what each agent may reach, the layers that hold it, the quotas it uses."""
    from agent_perimeter.report.plan import plan_text

    templates = _templates(arguments.templates) if arguments.templates else ()
    perimeter, findings, refused = _designed(arguments)
    intent, lowered, network = perimeter.intent, perimeter.lowered, perimeter.network
    if refused or intent is None or lowered is None or network is None:
        return Outcome(REFUSED, errors=_report(len(arguments.files), findings, sys.stderr, refused=True))
    return Outcome(CLEAN, plan_text(intent, network, lowered.meters, templates, style_of(sys.stdout)))


def _verify(arguments: argparse.Namespace) -> Outcome:
    """Prove that templates let out exactly what the policies allow, with a witness packet where they do not.

    Without --policy, say what each agent (or the workload named by --subnet and --security-group) can reach.
    """
    from agent_perimeter.cli_verify import run_verify

    return run_verify(arguments)


def _explain(arguments: argparse.Namespace) -> Outcome:
    """Follow one packet or one name through every layer, with the rule and the policy line that decide."""
    from agent_perimeter.cli_verify import run_explain

    return run_explain(arguments)


def _drift(arguments: argparse.Namespace) -> Outcome:
    """Hold a live AWS account to what was deployed and to the policies: what departs, and which packet now gets out."""
    from agent_perimeter.cli_drift import run_drift

    return run_drift(arguments)


def _schema(arguments: argparse.Namespace) -> Outcome:
    """Print the JSON Schema (draft 2020-12) of a policy file, or of what verify, explain and drift write."""
    if arguments.which == "policy":
        from agent_perimeter.policy.schema import json_schema

        return Outcome(CLEAN, json.dumps(json_schema(), indent=2))
    if arguments.which == "drift":
        from agent_perimeter.report.drift_schema import drift_schema

        return Outcome(CLEAN, drift_schema())
    from agent_perimeter.cli_verify import schema_of

    return Outcome(CLEAN, schema_of(arguments.which))


def _designed(arguments: argparse.Namespace) -> tuple[Perimeter, tuple[Finding, ...], bool]:
    """The perimeter, all findings of settings and policies, and whether it is refused."""
    from agent_perimeter.perimeter import design

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
    from agent_perimeter.report.plan import Template

    content = read_file(path)
    try:
        resources = json.loads(content)["Resources"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not a CloudFormation template") from error
    return Template(str(path), len(content), len(resources))
