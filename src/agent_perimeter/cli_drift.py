"""``drift``: a live account, or a snapshot of one, held to what was deployed and to the policies.

Apart from ``cli`` so that other commands load neither what judges nor what calls AWS.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent_perimeter import annex
from agent_perimeter.deployed import SYNTHESIZED, Expected, expected
from agent_perimeter.drift.actors import attributed
from agent_perimeter.drift.check import check
from agent_perimeter.drift.model import Drift
from agent_perimeter.drift.parts import Part
from agent_perimeter.exits import CLEAN, REFUSED, REFUTED, UNKNOWN, Outcome
from agent_perimeter.files import UsageError, read_file, read_policies, write_file
from agent_perimeter.inputs import content, report_style, runtimes_of, settings_of, tags_of, today_of, version_of
from agent_perimeter.lift.snapshot import lift_snapshot
from agent_perimeter.policy.model import Policy
from agent_perimeter.report.drift_text import drift_text, news_text
from agent_perimeter.report.text import findings_text
from agent_perimeter.settings import Settings
from agent_perimeter.snapshot import Snapshot, SnapshotError, read_snapshot, write_snapshot
from agent_perimeter.terminal import progress, settled, style_of
from agent_perimeter.verdict import Status
from agent_perimeter.verification import meaning
from agent_perimeter.watch.frozen import FILE, thaw

if TYPE_CHECKING:
    from agent_perimeter.aws.account import Account

_LOOK_BACK: Final = timedelta(days=90)
"""As far as CloudTrail's event history goes (CloudTrail user guide, event history)."""
_EXTRA: Final = "reading an account takes boto3, which is not installed: pip install 'agent-perimeter[aws]'"


class Unknown(Exception):
    """Nothing can be said, for AWS could not be read; the text says what to do."""


def run_drift(arguments: argparse.Namespace) -> Outcome:
    """One check, or one every so many seconds."""
    _refuse_contradictions(arguments)
    settings = settings_of(arguments.settings)
    meant = meaning(
        read_policies(_policies(arguments, settings)),
        today_of(arguments.today),
        resolved_ip_validation=(settings or Settings()).resolved_ip_validation,
    )
    if meant.intent is None:
        return Outcome(REFUSED, errors=findings_text(meant.findings, style_of(sys.stderr)))
    held = _Held(arguments, meant.policies, runtimes_of(settings or Settings()), _parts(arguments))
    try:
        if arguments.snapshot:
            return held.outcome(held.replayed(Path(arguments.snapshot)))
        account = _account(arguments)
        if arguments.watch is not None:
            return _repeated(lambda: held.live(account), arguments)
        return held.outcome(held.live(account))
    except Unknown as error:
        return Outcome(UNKNOWN, errors=f"agent-perimeter: {error}")


def exit_code(drift: Drift) -> int:
    """0 clean, 1 drift, 3 where nobody knows."""
    match drift.status:
        case Status.PROVEN:
            return CLEAN
        case Status.REFUTED:
            return REFUTED
        case _:
            return UNKNOWN


@dataclass(frozen=True, slots=True)
class Checked:
    """A check, what it was made of, and what else a person should hear."""

    drift: Drift
    snapshot: Snapshot
    expected: Expected
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    """What every snapshot is held to."""

    arguments: argparse.Namespace
    policies: tuple[Policy, ...]
    runtimes: dict[str, tuple[str, ...]]
    parts: tuple[Part, ...]

    def live(self, account: Account) -> Checked:
        """Read the account and judge it. What ``--store`` writes is judged again to the same bytes."""
        from agent_perimeter.aws.account import Unreachable

        try:
            snapshot = account.read()
            self.store(snapshot)
            target = self.expected(snapshot, account.template)
        except Unreachable as error:
            raise Unknown(str(error)) from error
        finally:
            settled()
        if target.kept:
            snapshot = annex.with_deployed(snapshot, target.network)
        drift = self.judged(snapshot, target)
        notes: tuple[str, ...] = ()
        if drift.departures and not self.arguments.no_trail:
            progress("asking CloudTrail who did it")
            trail = account.changes(drift, _moment(snapshot) - _LOOK_BACK)
            snapshot = annex.with_changes(snapshot, ((one.resource, one.actor) for one in trail.changes))
            notes = trail.notes
            settled()
        self.store(snapshot)
        return Checked(_attributed(drift, snapshot, "AWS"), snapshot, target, notes)

    def replayed(self, file: Path) -> Checked:
        try:
            snapshot = read_snapshot(read_file(file), str(file))
            target = self.expected(snapshot, None)
            drift = self.judged(snapshot, target)
            return Checked(_attributed(drift, snapshot, str(file)), snapshot, target)
        except SnapshotError as error:
            raise UsageError(str(error)) from error

    def expected(self, snapshot: Snapshot, template: Callable[[str], bytes] | None) -> Expected:
        try:
            return expected(
                self.arguments.targets, snapshot, content, template, synthesized=not self.arguments.deployed
            )
        except ValueError as error:  # TemplateError and StoredError
            raise UsageError(str(error)) from error

    def judged(self, snapshot: Snapshot, target: Expected) -> Drift:
        progress("judging what was read")
        today = self.arguments.today or _moment(snapshot).date()
        drift = check(snapshot, target.network, self.policies, today, self.runtimes, self.parts, target.source)
        settled()
        return drift

    def store(self, snapshot: Snapshot) -> None:
        if self.arguments.store:
            write_file(Path(self.arguments.store), write_snapshot(snapshot))

    def outcome(self, checked: Checked) -> Outcome:
        notes = "\n".join(f"note: {note}" for note in checked.notes)
        return Outcome(exit_code(checked.drift), self.report(checked), notes, self.arguments.output)

    def report(self, checked: Checked) -> str:
        drift, locate = checked.drift, checked.expected.locate
        match self.arguments.format:
            case "json":
                from agent_perimeter.report.drift_json import drift_json

                return drift_json(drift, locate)
            case "sarif":
                from agent_perimeter.report.drift_sarif import drift_sarif

                return drift_sarif(drift, version_of(), locate)
            case "html":
                from agent_perimeter.report.drift_page import drift_page
                from agent_perimeter.report.quotas import uses

                network = lift_snapshot(checked.snapshot).network
                return drift_page(drift, network, version_of(), uses(network), locate)
            case _:
                return drift_text(drift, report_style(self.arguments), locate)


def _repeated(check_once: Callable[[], Checked], arguments: argparse.Namespace) -> Outcome:
    """The whole report first, then what opened and closed, until Ctrl-C; the code is that of the last check.

    A check that could not be made is said, and the next one is made all the same.
    """
    gc.enable()  # which a process for one answer goes without
    style = style_of(sys.stdout)
    before: Drift | None = None
    code = UNKNOWN
    try:
        while True:
            try:
                checked = check_once()
            except Unknown as error:
                if before is None:
                    raise
                code = UNKNOWN
                text = f"{style.odd('? UNKNOWN')} · {error} · {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            else:
                drift, locate = checked.drift, checked.expected.locate
                code = exit_code(drift)
                text = drift_text(drift, style, locate) if before is None else news_text(before, drift, style, locate)
                before = drift
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
            progress(f"the next check is in {arguments.watch} seconds; Ctrl-C ends")
            time.sleep(arguments.watch)
    except KeyboardInterrupt:
        settled()
        return Outcome(code)


def _account(arguments: argparse.Namespace) -> Account:
    try:
        from agent_perimeter.aws.account import Unreachable, account
        from agent_perimeter.aws.select import Target
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"boto3", "botocore"}:
            raise
        raise UsageError(_EXTRA) from error
    target = Target(arguments.stack, tags_of(arguments.tag), arguments.vpc, arguments.watch_stack)
    try:
        return account(arguments.profile, arguments.region, target, progress)
    except Unreachable as error:
        raise Unknown(str(error)) from error


def _refuse_contradictions(arguments: argparse.Namespace) -> None:
    """What argparse cannot say. Raises ``UsageError``."""
    asked = [f"--{name}" for name in ("stack", "vpc", "tag") if getattr(arguments, name)]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} both say which perimeter; give one of them")
    live = [*asked, *(f"--{name}" for name in ("region", "profile", "store") if getattr(arguments, name))]
    live += ["--watch"] if arguments.watch is not None else []
    if arguments.snapshot and live:
        raise UsageError(f"{', '.join(live)}: a stored snapshot is judged without AWS; leave it out, or --snapshot")
    if arguments.watch is not None and (arguments.output or arguments.format != "text"):
        raise UsageError("--watch writes text to the terminal; leave --output and --format out")
    if arguments.deployed and arguments.targets:
        raise UsageError("--deployed asks AWS for the template, and one was given; leave one of them out")
    _refuse_overwriting(arguments)


def _refuse_overwriting(arguments: argparse.Namespace) -> None:
    others = (*arguments.targets, *arguments.policy, arguments.output)
    if arguments.store and any(other and Path(arguments.store) == Path(other) for other in others):
        raise UsageError(f"--store {arguments.store}: this is a file that the command reads or writes; give another")


def _policies(arguments: argparse.Namespace, settings: Settings | None) -> list[str]:
    """Those that were given, or those that the settings name."""
    if arguments.policy:
        return list(arguments.policy)
    if settings is None:
        raise UsageError("which policies? give --policy, or --settings with a cdk.json that names them")
    folder = Path(arguments.settings).parent if arguments.settings else Path()
    return [str(folder / settings.policies)]


def _parts(arguments: argparse.Namespace) -> tuple[Part, ...]:
    """What the watch is made of, from the document that its stack was synthesized with."""
    if arguments.watch_stack is None:
        return ()
    for folder in [*arguments.targets, SYNTHESIZED]:
        for file in sorted(Path(folder).glob(f"asset.*/{FILE}")):
            try:
                frozen = thaw(read_file(file).decode())
            except ValueError as error:
                raise UsageError(f"{file}: {error}; synthesize again with this version") from error
            if frozen.watch_stack == arguments.watch_stack:
                return frozen.parts
    raise UsageError(f"--watch-stack {arguments.watch_stack}: no cdk.out here holds it; synthesize, or give its folder")


def _attributed(drift: Drift, snapshot: Snapshot, file: str) -> Drift:
    return attributed(drift, annex.changes(snapshot, file))


def _moment(snapshot: Snapshot) -> datetime:
    """When the snapshot was taken. Raises ``UsageError`` for one that does not say."""
    try:
        found = datetime.fromisoformat(snapshot.taken)
    except ValueError as error:
        raise UsageError(f"the snapshot was taken {snapshot.taken!a}, which is no time") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
