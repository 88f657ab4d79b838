"""``app.py`` as it is run: a process of its own, in a folder with a cdk.json and policies."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from agent_perimeter.settings import CONTEXT_KEY, Notify, Settings, Watch, load_settings
from agent_perimeter.verification import lifted
from agent_perimeter.watch.frozen import FILE, thaw
from agent_perimeter_cdk.proof import file_content

ROOT = Path(__file__).resolve().parents[2]
STACK = "AgentPerimeter-agents.template.json"
WATCH = "AgentPerimeterWatch-agents"


def run(folder: Path, script: Path = ROOT / "app.py", **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CDK_")}
    found = os.pathsep.join(str(ROOT / source) for source in ("src", "constructs"))
    return subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env={**inherited, "PYTHONPATH": found, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def project(folder: Path, settings: Mapping[str, object], **policies: str) -> Path:
    """A folder to run the app in. Without policies it has the repository's."""
    folder.mkdir(exist_ok=True)
    where = {} if policies else {"policies": str(ROOT / "policies")}
    (folder / "cdk.json").write_text(json.dumps({"context": {CONTEXT_KEY: {**where, **settings}}}, indent=2))
    (folder / "policies").mkdir()
    for name, text in policies.items():
        (folder / "policies" / f"{name}.yaml").write_text(text)
    return folder


def written(assembly: Path) -> dict[str, bytes]:
    return {str(path.relative_to(assembly)): path.read_bytes() for path in assembly.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = project(tmp_path_factory.mktemp("app") / "first", {})
    done = run(folder, PYTHONHASHSEED="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"proven · 4 agents \(4 proven\), \d+ residual risks, cdk.out\n", done.stdout)
    return folder / "cdk.out"


def test_without_the_cli_the_assembly_goes_to_cdk_out(synthesized: Path) -> None:
    assert (synthesized / STACK).exists()
    assert (synthesized / "manifest.json").exists()


def test_two_runs_write_the_same_bytes(synthesized: Path, tmp_path: Path) -> None:
    """In another folder, with another hash seed, and as the CLI runs it."""
    settings = json.loads((synthesized.parent / "cdk.json").read_text())["context"]
    folder = project(tmp_path / "second", {"name": "not-this-one"})
    outdir = tmp_path / "elsewhere"
    done = run(folder, PYTHONHASHSEED="2", CDK_OUTDIR=str(outdir), CDK_CONTEXT_JSON=json.dumps(settings))
    assert (done.returncode, done.stdout) == (0, ""), "on stdout the CLI prints templates"
    assert done.stderr.startswith("proven · 4 agents")
    assert written(outdir) == written(synthesized)


def test_nothing_in_the_assembly_names_this_machine(synthesized: Path) -> None:
    assert str(synthesized.parent).encode() not in b"".join(written(synthesized).values())
    text = "".join(path.read_text() for path in synthesized.iterdir() if path.is_file())
    assert "AWS::CDK::Metadata" not in text
    assert "aws:cdk:path" not in text
    assert not (synthesized / "tree.json").exists()


def test_the_stack_is_of_no_account_and_no_region(synthesized: Path) -> None:
    stack = json.loads((synthesized / "manifest.json").read_text())["artifacts"]["AgentPerimeter-agents"]
    assert stack["environment"] == "aws://unknown-account/unknown-region"
    assert stack["properties"]["terminationProtection"] is True


def test_the_outputs_say_where_each_agent_goes(synthesized: Path) -> None:
    outputs = json.loads((synthesized / STACK).read_text())["Outputs"]
    agents = ("CodingAgent", "DatabaseAgent", "IsolatedAgent", "ResearchAgent")
    places = ("Boundary", "SecurityGroup", "Subnets")
    assert sorted(outputs) == sorted(["Vpc", *(agent + place for agent in agents for place in places)])


def test_the_watch_is_deployed_after_what_it_watches(synthesized: Path) -> None:
    stack = json.loads((synthesized / "manifest.json").read_text())["artifacts"][WATCH]
    assert stack["dependencies"] == ["AgentPerimeter-agents", f"{WATCH}.assets"]
    assert stack["properties"]["terminationProtection"] is True
    outputs = json.loads((synthesized / f"{WATCH}.template.json").read_text())["Outputs"]
    assert sorted(outputs) == ["Evidence", "Function", "Log", "Topic"]


def test_the_watch_carries_the_network_that_is_deployed(synthesized: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lifted again from what was written, and its policies as they were read: the account is held to nothing else."""
    (asset,) = synthesized.glob("asset.*")
    frozen = thaw((asset / FILE).read_text())
    monkeypatch.chdir(synthesized.parent)
    assert frozen.expected == lifted(["cdk.out"], file_content).network
    assert frozen.expected.firewalls
    assert (frozen.perimeter, frozen.stack, frozen.watch_stack) == ("agents", "AgentPerimeter-agents", WATCH)
    assert [policy.agent for policy in frozen.policies] == [
        "coding-agent",
        "database-agent",
        "isolated-agent",
        "research-agent",
    ]


def test_the_perimeter_is_the_same_with_a_watch_and_without(synthesized: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", {"watch": {"enabled": False}})
    done = run(folder)
    assert done.returncode == 0
    assert "AP314 warning [watch-off]" in done.stderr
    assert (folder / "cdk.out" / STACK).read_bytes() == (synthesized / STACK).read_bytes()
    assert list((folder / "cdk.out").glob("*Watch*")) == []
    assert WATCH not in (folder / "cdk.out" / "manifest.json").read_text()


MEDDLED = """
import sys
sys.path.insert(0, {root!r})
import app
from aws_cdk import aws_ec2 as ec2
from stacks import watch

class Meddled(watch.WatchStack):
    def __init__(self, scope, *arguments, **named):
        super().__init__(scope, *arguments, **named)
        {meddles}

watch.WatchStack = Meddled
sys.exit(app.main())
"""


def meddled(folder: Path, meddles: str) -> subprocess.CompletedProcess[str]:
    """``app.py``, and something that happens between the perimeter and the proof."""
    project(folder, {})
    script = folder / "meddled.py"
    script.write_text(MEDDLED.format(root=str(ROOT), meddles=meddles))
    return run(folder, script=script)


def test_a_perimeter_that_changes_after_the_watch_was_given_it_is_not_deployed(tmp_path: Path) -> None:
    changes = 'ec2.CfnInternetGateway(scope.node.find_child("AgentPerimeter-agents"), "Another")'
    done = meddled(tmp_path / "p", changes)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("The watch was given another network than cdk.out builds: ")
    assert not (tmp_path / "p/cdk.out/manifest.json").exists()


def test_a_run_that_is_interrupted_before_the_proof_leaves_nothing_to_deploy(tmp_path: Path) -> None:
    done = meddled(tmp_path / "p", "raise KeyboardInterrupt")
    assert done.returncode != 0
    assert (tmp_path / "p/cdk.out" / STACK).exists()
    assert not (tmp_path / "p/cdk.out/manifest.json").exists()


def test_under_maintenance_the_stacks_can_be_deleted(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", {"maintenance": True})
    done = run(folder)
    assert done.returncode == 0
    stacks = json.loads((folder / "cdk.out" / "manifest.json").read_text())["artifacts"]
    for stack in ("AgentPerimeter-agents", WATCH):
        assert stacks[stack]["properties"]["terminationProtection"] is False


def test_every_error_is_printed_and_nothing_is_built(tmp_path: Path) -> None:
    one = (
        "version: 1\nnetwork_policy:\n  egress:\n    - ip_block: 0.0.0.0/0\n      ports: [{protocol: TCP, port: 443}]\n"
    )
    two = 'version: 1\nnetwork_policy:\n  egress:\n    - domain: "*"\n'
    folder = project(tmp_path / "p", {}, one=one, two=two)
    done = run(folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "policies/one.yaml:4:" in done.stderr
    assert "policies/two.yaml:4:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "cdk.out" / STACK).exists()


def test_an_error_in_the_settings_has_its_place(tmp_path: Path) -> None:
    done = run(project(tmp_path / "p", {"vpc_cidr": "10.0.0.0/8"}))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cdk.json:5:")
    assert "Traceback" not in done.stderr


def test_an_error_in_the_cli_s_context_is_found_too(tmp_path: Path) -> None:
    context = json.dumps({CONTEXT_KEY: {"vpc_cidr": "10.0.0.0/8"}})
    done = run(project(tmp_path / "p", {}), CDK_OUTDIR=str(tmp_path / "out"), CDK_CONTEXT_JSON=context)
    assert done.returncode == 2
    assert done.stderr.startswith("cdk.json:1:1: ")


@pytest.mark.parametrize(
    ("missing", "complaint"), [("cdk.json", "app.py: cdk.json: cannot be read"), ("policies", "app.py: policies")]
)
def test_what_is_missing_is_named(missing: str, complaint: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", {"policies": "policies"})
    path = folder / missing
    path.rmdir() if path.is_dir() else path.unlink()
    done = run(folder)
    assert done.returncode == 2
    assert done.stderr.startswith(complaint)
    assert "Traceback" not in done.stderr


def test_the_repository_s_settings_are_the_defaults_and_name_every_setting() -> None:
    text = (ROOT / "cdk.json").read_bytes()
    settings, findings = load_settings(text, "cdk.json")
    assert (settings, findings) == (Settings(), ())
    written = json.loads(text)["context"][CONTEXT_KEY]
    assert list(written) == [field.name for field in fields(Settings)]
    assert list(written["watch"]) == [field.name for field in fields(Watch)]
    assert list(written["watch"]["notify"]) == [field.name for field in fields(Notify)]


def test_the_cli_writes_what_the_app_writes() -> None:
    """The CLI would otherwise add metadata of its own to the templates."""
    written = json.loads((ROOT / "cdk.json").read_text())
    assert written["app"] == ".venv/bin/python app.py"
    assert [written[key] for key in ("versionReporting", "pathMetadata", "assetMetadata")] == [False] * 3
