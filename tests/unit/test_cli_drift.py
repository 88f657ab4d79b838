"""``drift`` as a user runs it, on a snapshot of a perimeter that stood in the local AWS (tests/aws read it)."""

from __future__ import annotations

import copy
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_perimeter import cli
from agent_perimeter.drift.parts import Part
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.watch.frozen import FORMAT, Frozen, freeze

ROOT = Path(__file__).parents[2]
SNAPSHOT = ROOT / "tests" / "fixtures" / "snapshots" / "isolated-agent.snapshot.json"
TEMPLATE = ROOT / "tests" / "golden" / "isolated-agent.template.json"
POLICY = ROOT / "policies" / "isolated-agent.yaml"

Document = dict[str, Any]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the template, the policy and what AWS answered, and an environment without AWS."""
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "nobodys"))
    shutil.copy(TEMPLATE, "it.template.json")
    shutil.copy(SNAPSHOT, "it.json")
    Path("policies").mkdir()
    shutil.copy(POLICY, "policies")


def replay(*arguments: str) -> int:
    return cli.main(["drift", "it.template.json", "--policy", "policies", "--snapshot", "it.json", *arguments])


def changed(change: Callable[[Document], object]) -> None:
    """What AWS would have answered otherwise."""
    document = json.loads(Path("it.json").read_text())
    change(document)
    Path("it.json").write_text(json.dumps(document))


def answer(document: Document, operation: str) -> Document:
    (found,) = (one["result"] for one in document["answers"] if one["operation"] == operation)
    return dict(found)


def opened(document: Document) -> None:
    """The agent's security group lets everything out."""
    groups = answer(document, "DescribeSecurityGroups")["SecurityGroups"]
    (group,) = (one for one in groups if {"Key": "agent-perimeter:role", "Value": "agent"} in one["Tags"])
    group["IpPermissionsEgress"].append({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})


def unread(document: Document) -> None:
    """The route tables could not be read."""
    (index,) = (number for number, one in enumerate(document["answers"]) if one["operation"] == "DescribeRouteTables")
    refused = document["answers"].pop(index)
    del refused["result"]
    denied = {"code": "UnauthorizedOperation", "message": "no", "permission": "ec2:DescribeRouteTables"}
    document["unread"].append({**refused, **denied})


def both(document: Document) -> None:
    opened(document)
    unread(document)


class TestExitCodes:
    def test_clean_is_0(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert replay() == 0
        assert capsys.readouterr().out.startswith("✓ CLEAN · ")

    def test_drift_is_1_with_the_packet_that_shows_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        changed(opened)
        assert replay() == 1
        out = capsys.readouterr().out
        assert out.startswith("✗ DRIFT · ")
        assert "egress all traffic to 0.0.0.0/0 was added" in out
        assert "witness" in out

    def test_what_was_not_read_is_3_and_names_the_permission(self, capsys: pytest.CaptureFixture[str]) -> None:
        changed(unread)
        assert replay() == 3
        out = capsys.readouterr().out
        assert out.startswith("? UNKNOWN · ")
        assert "ec2:DescribeRouteTables" in out

    def test_certain_drift_beats_what_was_not_read(self, capsys: pytest.CaptureFixture[str]) -> None:
        changed(both)
        assert replay() == 1
        assert "1 not read" in capsys.readouterr().out.partition("\n")[0]


class TestFormats:
    def test_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert replay("--format", "json") == 0
        assert json.loads(capsys.readouterr().out)["verdict"] == "clean"

    def test_sarif(self, capsys: pytest.CaptureFixture[str]) -> None:
        changed(opened)
        assert replay("--format", "sarif") == 1
        rules = {one["ruleId"] for one in json.loads(capsys.readouterr().out)["runs"][0]["results"]}
        assert "AP602" in rules

    def test_html_to_a_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert replay("--format", "html", "--output", "drift.html") == 0
        assert capsys.readouterr().out == ""
        assert Path("drift.html").read_text().startswith("<!doctype html>")

    def test_the_same_twice(self, capsys: pytest.CaptureFixture[str]) -> None:
        replay("--format", "json")
        first = capsys.readouterr().out
        replay("--format", "json")
        assert capsys.readouterr().out == first


class TestTheDay:
    POLICY = POLICY.read_text()

    def expiring(self) -> None:
        """The policy with a last day, which was not over when the snapshot was taken."""
        (line,) = (line for line in self.POLICY.splitlines() if "aws_service: s3" in line)
        text = self.POLICY.replace(line, f"{line}\n      expires: 2026-12-31")
        Path("policies/isolated-agent.yaml").write_text(text)

    def test_is_that_of_the_reading(self) -> None:
        self.expiring()
        assert replay() == 0

    def test_may_be_another(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.expiring()
        assert replay("--today", "2027-01-01") == 1
        assert "AP606 drift-expired" in capsys.readouterr().out


class TestDefaults:
    @pytest.fixture(autouse=True)
    def settings(self) -> None:
        Path("cdk.json").write_text('{"context": {"agent-perimeter": {"policies": "policies"}}}')

    def test_the_policies_are_those_of_the_settings(self) -> None:
        assert cli.main(["drift", "it.template.json", "--snapshot", "it.json"]) == 0

    def test_of_settings_elsewhere_the_folder_is_theirs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        Path("inner").mkdir()
        monkeypatch.chdir("inner")
        given = ["drift", "../it.template.json", "--snapshot", "../it.json"]
        assert cli.main([*given, "--settings", str(tmp_path / "cdk.json")]) == 0
        assert cli.main(given) == 2

    def test_the_template_is_that_of_cdk_out(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("cdk.out").mkdir()
        shutil.copy("it.template.json", "cdk.out")
        stack = {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region"}
        artifacts = {"AgentPerimeter-agents": {**stack, "properties": {"templateFile": "it.template.json"}}}
        Path("cdk.out/manifest.json").write_text(json.dumps({"version": "48.0.0", "artifacts": artifacts}))
        assert cli.main(["drift", "--snapshot", "it.json"]) == 0
        assert "compared with cdk.out" in capsys.readouterr().out


def no_time(document: Document) -> None:
    document["taken"] = "yesterday"


def no_snapshot(document: Document) -> None:
    document["format"] = "agent-perimeter/snapshot/99"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "which policies? give --policy, or --settings with a cdk.json that names them"),
        (("--policy", "policies", "--snapshot", "it.json"), "what was deployed in vpc-"),
        (("--policy", "nowhere", "--snapshot", "it.json"), "nowhere: cannot be read"),
        (("--policy", "policies", "--snapshot", "nowhere"), "nowhere: cannot be read"),
        (("nowhere.json", "--policy", "policies", "--snapshot", "it.json"), "nowhere.json"),
        (("--stack", "a", "--vpc", "vpc-1"), "--stack and --vpc both say which perimeter; give one of them"),
        (("--stack", "a", "--tag", "a=b"), "--stack and --tag both say which perimeter; give one of them"),
        (
            ("--snapshot", "it.json", "--stack", "a", "--region", "eu-west-1", "--watch", "1"),
            "--stack, --region, --watch: a stored snapshot is judged without AWS; leave it out, or --snapshot",
        ),
        (("--watch", "5", "--format", "json"), "--watch writes text to the terminal; leave --output and --format out"),
        (("--watch", "5", "--output", "x"), "--watch writes text to the terminal; leave --output and --format out"),
        (("it.template.json", "--deployed"), "--deployed asks AWS for the template, and one was given"),
        (("it.json", "--store", "it.json"), "--store it.json: this is a file that the command reads or writes"),
        (("--store", "x", "--output", "./x"), "--store x: this is a file that the command reads or writes"),
        (("--tag", "=x", "--policy", "policies"), "--tag =x: give NAME=VALUE"),
        (("--policy", "policies", "--watch-stack", "Watch"), "--watch-stack Watch: no cdk.out here holds it"),
        (("--policy", "policies", "--stack", "a"), "no region: give --region, or set AWS_REGION"),
        (("--policy", "policies", "--region", "eu-west-1", "--profile", "nobody"), "nobody"),
    ],
)
def test_wrong_usage_is_2_and_says_what_to_do(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["drift", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", "soon", "²"])
def test_a_number_of_seconds_is_a_whole_one(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["drift", f"--watch={seconds}"])
    assert stopped.value.code == 2
    assert "is not a number of seconds such as 300" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [(no_time, "the snapshot was taken 'yesterday', which is no time"), (no_snapshot, "agent-perimeter/snapshot/99")],
)
def test_a_snapshot_that_is_none_is_wrong_usage(
    change: Callable[[Document], None], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(change)
    assert replay() == 2
    assert said in capsys.readouterr().err


def test_a_time_without_a_zone_is_taken_for_utc() -> None:
    changed(lambda document: document.update(taken="2026-11-22T23:30:00"))
    assert replay() == 0


def test_a_refused_policy_is_2_with_its_findings(capsys: pytest.CaptureFixture[str]) -> None:
    Path("policies/open.yaml").write_text("network_policy:\n  egress:\n    - ip_block: 0.0.0.0/0\n")
    assert replay() == 2
    assert "AP101 error [open-egress]" in capsys.readouterr().err


def test_no_credentials_is_3_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "nobodys")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert cli.main(["drift", "--policy", "policies", "--region", "eu-west-1"]) == 3
    assert "no credentials: give --profile" in capsys.readouterr().err


class TestWithoutBoto3:
    @pytest.fixture(autouse=True)
    def missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in sys.modules if name.startswith("agent_perimeter.aws.")]:
            monkeypatch.delitem(sys.modules, name)
        for name in ("account", "select", "session", "collect", "trail"):
            monkeypatch.delattr(importlib.import_module("agent_perimeter.aws"), name, raising=False)

    def test_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setitem(sys.modules, "boto3", None)
        assert cli.main(["drift", "--policy", "policies", "--stack", "a"]) == 2
        assert "pip install 'agent-perimeter[aws]'" in capsys.readouterr().err

    def test_another_missing_module_is_not_taken_for_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "agent_perimeter.aws.collect", None)
        with pytest.raises(ModuleNotFoundError, match=r"agent_perimeter\.aws\.collect"):
            cli.main(["drift", "--policy", "policies", "--stack", "a"])


class TestTheWatchItself:
    def asset(self, folder: str, watch_stack: str, text: str | None = None) -> None:
        parts = (Part("alarm", "DriftAlarm", (("ActionsEnabled", "true"),)),)
        frozen = Frozen(FORMAT, "agents", "AgentPerimeter-agents", watch_stack, "it", (), ObservedNetwork(), (), parts)
        file = Path(folder, "asset.0a1b", "frozen.json")
        file.parent.mkdir(parents=True)
        file.write_text(freeze(frozen) if text is None else text)

    def listed(self, document: Document) -> None:
        """The watch's stack, in which somebody deleted the alarm."""
        (index,) = (n for n, one in enumerate(document["answers"]) if one["operation"] == "ListStackResources")
        listing = copy.deepcopy(document["answers"][index])
        listing["parameters"]["StackName"] = "Watch"
        listing["result"] = {"StackResourceSummaries": []}
        document["answers"].append(listing)

    @pytest.mark.parametrize("folder", ["cdk.out", "elsewhere"])
    def test_is_judged_by_the_parts_that_its_stack_was_synthesized_with(
        self, folder: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.asset(folder, "Watch")
        changed(self.listed)
        given = ["drift", "--policy", "policies", "--snapshot", "it.json", "--watch-stack", "Watch"]
        shutil.move("it.template.json", f"{folder}/it.template.json")
        stack = {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region"}
        artifacts = {"AgentPerimeter-agents": {**stack, "properties": {"templateFile": "it.template.json"}}}
        Path(folder, "manifest.json").write_text(json.dumps({"version": "48.0.0", "artifacts": artifacts}))
        assert cli.main([*given, *([folder] if folder != "cdk.out" else [])]) == 1
        assert "AP608 drift-watch-tampered" in capsys.readouterr().out

    def test_of_another_watch_is_not_taken_for_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.asset("cdk.out", "Another")
        assert replay("--watch-stack", "Watch") == 2
        assert "--watch-stack Watch: no cdk.out here holds it" in capsys.readouterr().err

    def test_of_another_version_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.asset("cdk.out", "Watch", "{}")
        assert replay("--watch-stack", "Watch") == 2
        assert "synthesize again with this version" in capsys.readouterr().err


LOADED = """
import sys
from agent_perimeter import cli
try:
    cli.main({arguments!r})
except SystemExit:
    pass
for name in {never!r}:
    if name in sys.modules:
        raise SystemExit(f"{{name}} was loaded")
"""


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (["--help"], ["boto3", "botocore", "agent_perimeter.drift.model", "agent_perimeter.prove"]),
        (["drift", "--help"], ["boto3", "botocore", "agent_perimeter.drift.model", "agent_perimeter.prove"]),
        (["check", "policies"], ["boto3", "botocore", "agent_perimeter.drift.model", "agent_perimeter.prove"]),
        (["verify", "it.template.json", "--policy", "policies"], ["boto3", "botocore", "agent_perimeter.drift.check"]),
        (
            ["drift", "it.template.json", "--policy", "policies", "--snapshot", "it.json"],
            ["boto3", "botocore", "agent_perimeter.aws.collect"],
        ),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], never: list[str]) -> None:
    program = LOADED.format(arguments=arguments, never=never)
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


def test_the_schema_of_its_json_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema", "drift"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["format"] == {"const": "agent-perimeter/drift/1"}
