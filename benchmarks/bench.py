"""Benchmarks: whole processes, timed from outside, pairs interleaved in one run.

Absolute times differ from machine to machine and from minute to minute; the ratio of a pair that
ran side by side does not. Prints one table, with the aim beside each figure; it judges nothing.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))


@dataclass(frozen=True, slots=True)
class Command:
    """A process to time. ``code`` is the exit code it must end with."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    code: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Wall seconds and peak resident mebibytes of one process and its children."""

    seconds: float
    mebibytes: float


def run(command: Command) -> Run:
    """Run to the end. Raises ``SystemExit`` where it ends otherwise than it must: that times nothing."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.argv, cwd=ROOT, env={**os.environ, **command.environment}, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != command.code:
            output.seek(0)
            sys.exit(f"{' '.join(command.argv)} ended with {process.returncode}:\n{output.read().decode()}")
    return Run(seconds, usage.ru_maxrss / 1024)


def interleaved(*commands: Command) -> list[list[Run]]:
    """One warm-up each, then every command once a round, in turn."""
    for command in commands:
        run(command)
    rounds = [[run(command) for command in commands] for _ in range(ROUNDS)]
    return [list(column) for column in zip(*rounds, strict=True)]


def seconds(runs: Sequence[Run]) -> str:
    times = [item.seconds for item in runs]
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})"


def show(title: str, figure: str, aim: str) -> None:
    print(f"{title:<58} {figure:<30} aim {aim}", flush=True)


def names_policy(agent: str, names: int) -> str:
    lines = ["version: 1", f"agent: {agent}", "network_policy:", "  egress:"]
    for number in range(names):
        lines += [f"    - domain: api-{number}.{agent}.example.com", f"      reason: benchmark name {number}"]
    return "\n".join(lines) + "\n"


def app(outdir: Path, policies: Path, *, quotas: Mapping[str, int] | None = None, code: int = 0) -> Command:
    """``app.py`` on a folder of policies, with the settings of cdk.json otherwise."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    chosen = {"policies": str(policies)} | ({"quotas": quotas} if quotas is not None else {})
    context["agent-perimeter"] = {**context.get("agent-perimeter", {}), **chosen}
    environment = {"CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": json.dumps(context)}
    return Command([sys.executable, str(ROOT / "app.py")], environment, code)


def main() -> None:
    """Run every benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        check_names(scratch)
        synth_beside_bare(scratch)
        synth_twenty_agents(scratch)
    for part in ("benchmarks.verify", "benchmarks.watch"):
        subprocess.run([sys.executable, "-m", part], cwd=ROOT, check=True)


def check_names(scratch: Path) -> None:
    policy = scratch / "two-thousand.yaml"
    policy.write_text(names_policy("two-thousand", 2000))
    check = [sys.executable, "-m", "agent_perimeter", "check", "--settings", str(ROOT / "cdk.json"), str(policy)]
    python = Command([sys.executable, "-c", "pass"], {})
    runs, bare = interleaved(Command(check, {}), python)
    show("check, one policy with 2,000 names", seconds(runs), "0.50 s")
    show("  beside an empty Python process", seconds(bare), "-")


def synth_beside_bare(scratch: Path) -> None:
    ours, bare = scratch / "ours", scratch / "bare"
    synth = app(ours, ROOT / "policies")
    run(synth)
    template = next(ours.glob("*.template.json"))
    resources = len(json.loads(template.read_text())["Resources"])
    floor = Command([sys.executable, str(HERE / "bare_app.py"), str(resources), str(bare)], {})
    runs, floors = interleaved(synth, floor)
    ratios = [left.seconds / right.seconds for left, right in zip(runs, floors, strict=True)]
    show(f"app.py on policies/, {resources} resources", seconds(runs), "-")
    show("  bare CDK app, as many L1 resources", seconds(floors), "-")
    show("  ratio, pair by pair, median", f"{statistics.median(ratios):.2f}", "1.30")


def synth_twenty_agents(scratch: Path) -> None:
    folder = scratch / "twenty"
    folder.mkdir()
    for number in range(20):
        agent = f"agent-{number:02}"
        (folder / f"{agent}.yaml").write_text(names_policy(agent, 50))
    (runs,) = interleaved(app(scratch / "out", folder))
    show("app.py, 20 agents with 50 names each", seconds(runs), "5 s")
    show("  peak memory, largest process", f"{max(item.mebibytes for item in runs):.0f} MiB", "400 MiB")


if __name__ == "__main__":
    main()
