"""The command line, run in process as a user would: files on disk, arguments in, text and exit code out."""

from __future__ import annotations

import gc
import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from agent_perimeter import cli

ROOT = Path(__file__).resolve().parents[2]

SOUND = """\
version: 1
agent: sound-agent
network_policy:
  egress:
    - domain: api.anthropic.com
"""
OPEN = """\
version: 1
agent: open-agent
network_policy:
  egress:
    - ip_block: 0.0.0.0/0
      ports: [{protocol: TCP, port: 443}]
"""
WARNED = """\
version: 1
agent: warned-agent
network_policy:
  egress:
    - domain: api.anthropic.com
      ports: [{protocol: TCP, port: 80}]
"""
EXPIRING = """\
version: 1
agent: expiring-agent
network_policy:
  egress:
    - domain: api.anthropic.com
      expires: 2027-03-31
"""


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees this repository's own cdk.json."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, text: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
    return name


class TestCheck:
    def test_accepts_a_sound_policy_with_exit_code_0(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", written("a.yaml", SOUND)]) == 0
        assert capsys.readouterr().out == "accepted · 1 policy checked: no findings\n"

    def test_refuses_open_egress_with_exit_code_2_and_its_place(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", written("open.yaml", OPEN)]) == 2
        out = capsys.readouterr().out
        assert "open.yaml:5:17: AP101 error [open-egress]" in out
        assert "refused · 1 policy checked: 1 error" in out

    def test_takes_a_folder_as_one_perimeter(self, capsys: pytest.CaptureFixture[str]) -> None:
        written("policies/a.yaml", SOUND)
        written("policies/b.yml", SOUND.replace("sound-agent", "other-agent"))
        written("policies/notes.txt", "not a policy")
        assert cli.main(["check", "policies"]) == 0
        assert "2 policies checked" in capsys.readouterr().out

    def test_a_file_given_twice_is_read_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        name = written("a.yaml", SOUND)
        assert cli.main(["check", name, name]) == 0
        assert "1 policy checked" in capsys.readouterr().out

    def test_lets_warnings_pass_unless_strict(self, capsys: pytest.CaptureFixture[str]) -> None:
        name = written("warned.yaml", WARNED)
        assert cli.main(["check", name]) == 0
        assert "accepted · 1 policy checked: 1 warning" in capsys.readouterr().out
        assert cli.main(["check", "--strict", name]) == 2
        assert "refused · 1 policy checked: 1 warning" in capsys.readouterr().out

    def test_strict_lives_with_a_warning_that_was_accepted_in_writing(self) -> None:
        accepted = WARNED + '      accept: {AP203: "a status page that has no TLS"}\n'
        assert cli.main(["check", "--strict", written("warned.yaml", accepted)]) == 0

    @pytest.mark.parametrize(
        ("today", "said"), [("2027-01-01", "no findings"), ("2027-03-15", "1 warning"), ("2027-04-01", "1 warning")]
    )
    def test_judges_expiry_as_of_the_day_it_is_given(
        self, today: str, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["check", "--today", today, written("a.yaml", EXPIRING)]) == 0
        assert said in capsys.readouterr().out

    def test_prints_json_for_programs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", "--format", "json", written("open.yaml", OPEN)]) == 2
        document = json.loads(capsys.readouterr().out)
        assert document["format"] == "agent-perimeter/check/1"
        assert document["refused"] is True
        (found,) = [finding for finding in document["findings"] if finding["severity"] == "error"]
        assert (found["code"], found["file"], found["line"], found["column"]) == ("AP101", "open.yaml", 5, 17)
        assert "network_policy" in found["remedy"]

    def test_reads_the_settings_beside_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        written("cdk.json", json.dumps({"context": {"agent-perimeter": {"resolved_ip_validatoin": False}}}))
        assert cli.main(["check", written("a.yaml", SOUND)]) == 2
        assert "cdk.json:1:" in (out := capsys.readouterr().out)
        assert "resolved_ip_validation" in out

    def test_reads_the_settings_it_is_given(self, capsys: pytest.CaptureFixture[str]) -> None:
        written("other.json", json.dumps({"context": {"agent-perimeter": {"resolved_ip_validation": False}}}))
        assert cli.main(["check", "--settings", "other.json", written("a.yaml", SOUND)]) == 0
        assert "AP513 warning [names-asserted]" in capsys.readouterr().out

    def test_refuses_what_would_exceed_a_quota_with_number_limit_name_and_advice(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        blocks = "".join(
            f"    - ip_block: 198.51.{number}.1/32\n      ports: [{{protocol: TCP, port: 5432}}]\n"
            for number in range(70)
        )
        text = f"version: 1\nagent: wide-agent\nnetwork_policy:\n  egress:\n{blocks}"
        assert cli.main(["check", written("wide.yaml", text)]) == 2
        out = capsys.readouterr().out
        assert "AP401 error [quota-exceeded] the quota group-rules" in out
        assert "got 70, allowed 60" in out
        assert "try writing larger or adjacent blocks" in out


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["check", "missing.yaml"], "agent-perimeter: missing.yaml: cannot be read: No such file or directory"),
            (["check", "empty"], "agent-perimeter: empty: no *.yaml or *.yml file here"),
            (["check", "--settings", "none.json", "a.yaml"], "agent-perimeter: none.json: cannot be read"),
            (["plan", "a.yaml", "--templates", "empty"], "agent-perimeter: empty: no *.template.json here"),
            (["plan", "a.yaml", "--templates", "broken"], "x.template.json: not a CloudFormation template"),
        ],
    )
    def test_says_what_to_do_and_exits_2(
        self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        written("a.yaml", SOUND)
        written("broken/x.template.json", "[]")
        Path("empty").mkdir()
        assert cli.main(arguments) == 2
        printed = capsys.readouterr()
        assert said in printed.err
        assert printed.out == ""

    def test_a_folder_that_cannot_be_listed_is_said_so(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("closed").mkdir()

        def refuse(_: Path) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "iterdir", refuse)
        assert cli.main(["check", "closed"]) == 2
        assert "closed: cannot be listed: Permission denied" in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", [[], ["chekc"], ["check"], ["check", "--today", "tomorrow", "a.yaml"]])
    def test_argparse_exits_2_too(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert stopped.value.code == 2
        assert "usage: agent-perimeter" in capsys.readouterr().err


class TestPlan:
    def test_shows_agents_layers_quotas_and_templates(self, capsys: pytest.CaptureFixture[str]) -> None:
        written("out/agents.template.json", json.dumps({"Resources": {"A": {}, "B": {}}}))
        assert cli.main(["plan", written("a.yaml", SOUND), "--templates", "out"]) == 0
        out = capsys.readouterr().out
        assert "Perimeter 'agents': 1 agent, filtered topology, 2 availability zones" in out
        assert "api.anthropic.com  TLS on 443  a.yaml:5" in out
        assert "network firewall" in out
        assert "stack-resources" in out
        assert "out/agents.template.json  33 bytes  2 resources" in out

    def test_plans_nothing_that_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["plan", written("open.yaml", OPEN)]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "AP101" in printed.err
        assert "refused · 1 policy checked" in printed.err


class TestSchema:
    def test_is_a_json_schema_that_names_its_draft(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["schema"]) == 0
        assert json.loads(capsys.readouterr().out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


class TestHelp:
    def test_teaches_by_example_and_lists_the_exit_codes(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            cli.main(["--help"])
        assert stopped.value.code == 0
        out = capsys.readouterr().out
        assert "agent-perimeter check policies/" in out
        assert "exit codes:" in out


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestColour:
    @pytest.mark.parametrize(
        ("environment", "coloured"),
        [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    )
    def test_only_on_a_terminal_that_wants_it(
        self, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("TERM", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        terminal = _Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        cli.main(["check", written("a.yaml", SOUND)])
        assert ("\x1b[" in terminal.getvalue()) is coloured

    def test_never_into_a_pipe(self, capsys: pytest.CaptureFixture[str]) -> None:
        cli.main(["check", written("open.yaml", OPEN)])
        assert "\x1b[" not in capsys.readouterr().out


class TestAsAProcess:
    def test_a_reader_that_stops_early_gets_no_traceback(self) -> None:
        names = "".join(
            f"    - domain: api-{number}.example.com\n      ports: [{{port: 80}}]\n" for number in range(2000)
        )
        name = written("many.yaml", f"version: 1\nagent: many\nnetwork_policy:\n  egress:\n{names}")
        command = [sys.executable, "-m", "agent_perimeter", "check", name]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait() == 2  # the policy is refused, whoever stopped reading

    def test_the_exit_code_does_not_depend_on_the_reader(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as stream:
            monkeypatch.setattr(sys, "stdout", stream)
            assert cli.main(["check", written("open.yaml", OPEN)]) == 2

    def test_run_as_a_program_it_takes_the_arguments_of_the_process_and_collects_no_garbage(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["agent-perimeter", "check", written("a.yaml", SOUND)])
        try:
            with pytest.raises(SystemExit) as stopped:
                runpy.run_module("agent_perimeter", run_name="__main__")
            assert not gc.isenabled()
        finally:
            gc.enable()
        assert stopped.value.code == 0
        assert capsys.readouterr().out.startswith("accepted")

    def test_the_module_runs_as_a_script(self) -> None:
        command = [sys.executable, "-m", "agent_perimeter", "check", written("open.yaml", OPEN)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 2
        assert done.stderr == ""
