"""Benchmarks of the judge: whole processes of ``verify``, and how they grow.

Part of ``bench.py``, which runs them; alone: ``python -m benchmarks.verify``.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.bench import ROOT, Command, Run, app, interleaved, names_policy, run, seconds, show

NAMES = (50, 200, 1000, 2000)
BLOCKS = (10, 30, 100)
QUOTAS = {"group-rules": 200, "acl-entries": 40}
"""As high as AWS raises them. For 100 blocks the ACL has too few entries: it covers more, and is refuted."""


def main() -> None:
    """Run every benchmark of the judge."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        verify_examples(scratch)
        verify_twenty_agents(scratch)
        growth(scratch, "names", NAMES, names_policy)
        growth(scratch, "blocks", BLOCKS, blocks_policy)


def verify(target: Path, policies: Path, code: int = 0) -> Command:
    """``verify`` as people run it: with the compiled modules that the first run leaves behind."""
    argv = [sys.executable, "-m", "agent_perimeter", "verify", str(target), "--policy", str(policies)]
    return Command([*argv, "--settings", str(ROOT / "cdk.json")], {"PYTHONDONTWRITEBYTECODE": ""}, code)


def verify_examples(scratch: Path) -> None:
    """The repository's own assembly, and the linters that other people would run on its template."""
    out = scratch / "examples"
    run(app(out, ROOT / "policies"))
    template = next(out.glob("*.template.json"))
    resources = len(json.loads(template.read_text())["Resources"])
    rows = [
        (f"verify, the example assembly, {resources} resources", verify(out, ROOT / "policies"), "1 s"),
        ("  beside an empty Python process", Command([sys.executable, "-c", "pass"], {}), "-"),
    ]
    cfn_lint = shutil.which("cfn-lint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if cfn_lint is None:
        print("cfn-lint is not installed here, and not timed", flush=True)
    else:
        rows.append(("  cfn-lint on its template", Command([cfn_lint, str(template)], {}), "-"))
    checkov = _checkov(scratch)
    if checkov is None:
        print("checkov cannot be installed here, and is not timed", flush=True)
    else:
        words = ["--file", str(template), "--framework", "cloudformation", "--quiet", "--compact", "--soft-fail"]
        rows.append(("  checkov on its template", Command([checkov, *words], {}), "-"))
    timed = interleaved(*(command for _, command, _ in rows))
    for (title, _, aim), runs in zip(rows, timed, strict=True):
        show(title, seconds(runs), aim)


def _checkov(scratch: Path) -> str | None:
    """Checkov as it is here, or from PyPI in an environment of its own, for its pins are not ours."""
    found = shutil.which("checkov")
    if found is not None:
        return found
    home = scratch / "checkov"
    try:
        for argv in ([sys.executable, "-m", "venv", str(home)], [f"{home}/bin/pip", "install", "-q", "checkov"]):
            subprocess.run(argv, check=True, capture_output=True, timeout=600)
    except (OSError, subprocess.SubprocessError):
        return None
    return str(home / "bin" / "checkov")


def verify_twenty_agents(scratch: Path) -> None:
    """A large perimeter: 1,000 names."""
    folder, out = scratch / "twenty", scratch / "twenty-out"
    folder.mkdir()
    for number in range(20):
        agent = f"agent-{number:02}"
        (folder / f"{agent}.yaml").write_text(names_policy(agent, 50))
    run(app(out, folder))
    (runs,) = interleaved(verify(out, folder))
    show("verify, 20 agents with 50 names each", seconds(runs), "5 s")
    show("  peak memory", f"{max(item.mebibytes for item in runs):.0f} MiB", "400 MiB")


def growth(scratch: Path, what: str, sizes: Sequence[int], policy: Callable[[str, int], str]) -> None:
    """One agent with more and more of something."""
    commands = [_sized(scratch / f"{what}-{size}", size, policy) for size in sizes]
    timed = interleaved(*commands)
    for size, runs in zip(sizes, timed, strict=True):
        show(f"verify, one agent with {size:,} {what}", seconds(runs), "-")
    show(f"  exponent of growth, {sizes[-2]:,} to {sizes[-1]:,} {what}", f"{_exponent(sizes, timed):.2f}", "1.2")


def _sized(folder: Path, size: int, policy: Callable[[str, int], str]) -> Command:
    policies, out = folder / "policies", folder / "out"
    policies.mkdir(parents=True)
    (policies / "one-agent.yaml").write_text(policy("one-agent", size))
    code = 1 if policy is blocks_policy and size > QUOTAS["acl-entries"] else 0
    run(app(out, policies, quotas=QUOTAS, code=code))
    return verify(next(out.glob("*.template.json")), policies, code)


def _exponent(sizes: Sequence[int], timed: Sequence[Sequence[Run]]) -> float:
    """Of the time above that of the smallest size, which is mostly Python's own: n log n is 1.1 to 1.2."""
    floor, before, after = (min(runs, key=_seconds).seconds for runs in (timed[0], timed[-2], timed[-1]))
    ratio = max(after - floor, 0.01) / max(before - floor, 0.01)
    return math.log(ratio) / math.log(sizes[-1] / sizes[-2])


def _seconds(item: Run) -> float:
    return item.seconds


def blocks_policy(agent: str, blocks: int) -> str:
    """Blocks that lie apart, on one port: nothing that could be merged."""
    lines = ["version: 1", f"agent: {agent}", "network_policy:", "  egress:"]
    for number in range(blocks):
        lines += [f"    - ip_block: 52.18.{number}.{number % 32 * 8}/29", f"      reason: benchmark block {number}"]
        lines += ["      ports:", "        - protocol: TCP", "          port: 8443"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
