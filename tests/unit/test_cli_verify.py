"""``verify`` and ``explain`` as a user runs them: arguments in, text, files and exit codes out."""

from __future__ import annotations

import io
import json
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from agent_perimeter import cli, cli_verify, inputs
from agent_perimeter.verdict import Outcome as Passage
from tests.unit.lifted import Json, Resources, ref, template
from tests.unit.perimeters import EGRESS, POLICY, SOUND, group_rule, having

PARAMETER: dict[str, Json] = {"Parameters": {"P": {"Type": "String"}}}
OPEN: Resources = having("AgentGroup", SecurityGroupEgress=[{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}])
PEER: Resources = having("AgentGroup", SecurityGroupEgress=[*EGRESS, group_rule(5432, "CidrIp", ref("P"))])
REGION = ("--parameter", "AWS::Region=us-east-1")
WEB = "version: 1\nagent: web\nnetwork_policy:\n  egress:\n    - domain: web.example.com\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a sound template, an open one, one with a parameter, and the policy."""
    monkeypatch.chdir(tmp_path)
    Path("sound.json").write_text(template(SOUND))
    Path("open.json").write_text(template(OPEN))
    Path("peer.json").write_text(template(PEER, **PARAMETER))
    Path("bot.yaml").write_text(POLICY)


def run(*arguments: str) -> int:
    return cli.main([arguments[0], *arguments[1:], *REGION, "--today", "2026-11-22"])


class TestExitCodesOfVerify:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("sound.json", "--policy", "bot.yaml"), 0),
            (("open.json", "--policy", "bot.yaml"), 1),
            (("peer.json", "--policy", "bot.yaml"), 3),
            (("peer.json", "--policy", "bot.yaml", "--parameter", "P=198.51.100.0/26"), 0),
            (("peer.json", "--policy", "bot.yaml", "--parameter", "P=203.0.113.0/24"), 1),
            (("sound.json",), 0),
            (("peer.json", "--subnet", "AgentSubnet", "--security-group", "AgentGroup"), 0),
        ],
    )
    def test_say_what_was_found(self, arguments: tuple[str, ...], code: int) -> None:
        assert run("verify", *arguments) == code

    def test_without_a_policy_count_only_what_could_not_be_read(self) -> None:
        Path("strange.json").write_text(
            template({**SOUND, "Strange": ("AWS::VpcLattice::Strange", {"Vpc": ref("Vpc")})})
        )
        assert run("verify", "strange.json") == 3

    def test_without_anybody_to_judge_nothing_is_known(self) -> None:
        Path("empty.json").write_text(template({"Vpc": SOUND["Vpc"]}))
        assert run("verify", "empty.json") == 3


class TestFormatsOfVerify:
    def test_text_is_for_people(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("verify", "open.json", "--policy", "bot.yaml") == 1
        out = capsys.readouterr().out
        assert "refuted" in out
        assert "open.json:" in out
        assert "\x1b[" not in out

    def test_json_is_for_programs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("verify", "open.json", "--policy", "bot.yaml", "--format", "json") == 1
        written = json.loads(capsys.readouterr().out)
        assert (written["status"], written["judged"]) == ("refuted", True)

    def test_sarif_is_for_code_scanning(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("verify", "open.json", "--policy", "bot.yaml", "--format", "sarif") == 1
        written = json.loads(capsys.readouterr().out)
        assert written["version"] == "2.1.0"
        assert written["runs"][0]["results"]

    def test_html_is_a_page(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("verify", "sound.json", "--policy", "bot.yaml", "--format", "html") == 0
        out = capsys.readouterr().out
        assert out.lower().startswith("<!doctype html>")
        assert "2026-11-22" in out

    def test_of_a_checkout_that_was_never_installed_have_a_version_too(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def missing(name: str) -> str:
            raise PackageNotFoundError(name)

        monkeypatch.setattr(inputs, "version", missing)
        assert run("verify", "sound.json", "--policy", "bot.yaml", "--format", "sarif") == 0
        assert json.loads(capsys.readouterr().out)["runs"][0]["tool"]["driver"]["version"] == "0"


class TestOutput:
    @pytest.mark.parametrize("command", [("verify",), ("explain", "tcp://203.0.113.9:443")])
    def test_goes_to_the_file_and_not_to_the_terminal(
        self, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(*command, "open.json", "--policy", "bot.yaml", "--output", "report.txt")
        assert capsys.readouterr().out == ""
        written = Path("report.txt").read_text()
        assert "security group" in written
        assert written.endswith("\n")

    @pytest.mark.parametrize("command", [("verify",), ("explain", "tcp://203.0.113.9:443")])
    def test_has_no_colour_in_a_file_whatever_the_terminal_is(
        self, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdout", _Terminal())
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        run(*command, "open.json", "--policy", "bot.yaml", "--output", "report.txt")
        assert "\x1b[" not in Path("report.txt").read_text()

    def test_that_cannot_be_written_is_said_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("verify", "sound.json", "--policy", "bot.yaml", "--output", "none/report.txt") == 2
        assert "none/report.txt: cannot be written: No such file or directory" in capsys.readouterr().err

    def test_shows_progress_at_a_terminal_only(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("verify", "sound.json", "--policy", "bot.yaml")
        assert capsys.readouterr().err == ""
        terminal = _Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        run("verify", "sound.json", "--policy", "bot.yaml")
        assert "reading sound.json" in terminal.getvalue()
        assert "proving 1 placed agents" in terminal.getvalue()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("verify", "none.json"), "none.json"),
            (("verify", "bot.yaml"), "bot.yaml"),
            (("verify", "sound.json", "--policy", "none.yaml"), "none.yaml: cannot be read"),
            (("verify", "sound.json", "--parameter", "P"), "--parameter P: give NAME=VALUE"),
            (("verify", "sound.json", "--parameter", "=x"), "--parameter =x: give NAME=VALUE"),
            (("verify", "sound.json", "--parameter", "P=x"), "no template declares a parameter P"),
            (("verify", "sound.json", "--subnet", "Nowhere"), "no subnet is called 'Nowhere'; there are "),
            (("verify", "sound.json", "--security-group", "Nobody"), "no security group is called 'Nobody'"),
            (("verify", "sound.json", "--settings", "none.json"), "none.json: cannot be read"),
            (("verify", "sound.json", "--subnet", "AgentSubnet", "--policy", "bot.yaml", "web.yaml"), "which agent runs there? --agent bot | web"),
            (("explain", "nonsense!", "sound.json"), "is neither a packet nor a name"),
            (("explain", "tcp://203.0.113.9:443"), "nothing to explain it on: give a template, a --policy, or both"),
            (("explain", "tcp://203.0.113.9:443", "sound.json", "--policy", "web.yaml"), "which agent? --agent bot | web"),
            (("explain", "tcp://203.0.113.9:443", "empty.json"), "which agent? --agent NAME"),
            (("explain", "tcp://203.0.113.9:443", "sound.json", "--agent", "cat"), "no agent is called cat; known are bot"),
        ],
    )  # fmt: skip
    def test_says_what_to_do_and_exits_2(
        self, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("web.yaml").write_text(WEB)
        Path("empty.json").write_text(template({"Vpc": SOUND["Vpc"]}))
        assert run(*arguments) == 2
        printed = capsys.readouterr()
        assert said in printed.err
        assert printed.out == ""
        assert "Traceback" not in printed.err

    def test_settings_that_are_refused_are_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("cdk.json").write_text(json.dumps({"context": {"agent-perimeter": {"zones": 9}}}))
        assert run("verify", "sound.json") == 2
        assert "settings.zones is out of range" in capsys.readouterr().err

    @pytest.mark.parametrize("command", [("verify",), ("explain", "tcp://203.0.113.9:443")])
    def test_a_refused_policy_judges_nothing(
        self, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("wide.yaml").write_text(
            "version: 1\nagent: bot\nnetwork_policy:\n  egress:\n    - ip_block: 0.0.0.0/0\n      ports: [{protocol: TCP, port: 443}]\n"
        )
        assert run(*command, "sound.json", "--policy", "wide.yaml") == 2
        printed = capsys.readouterr()
        assert "AP101" in printed.err
        assert printed.out == ""


class TestWhatIsGiven:
    def test_two_templates_are_one_network(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("more.json").write_text(template({"Topic": ("AWS::SNS::Topic", {})}))
        assert run("verify", "sound.json", "more.json", "--policy", "bot.yaml") == 0
        assert "proven" in capsys.readouterr().out

    def test_a_workload_named_by_hand_is_the_only_agent_of_the_policy(self, capsys: pytest.CaptureFixture[str]) -> None:
        named = ("--subnet", "AgentSubnet", "--security-group", "AgentGroup")
        assert run("verify", "sound.json", "--policy", "bot.yaml", *named, "--format", "json") == 0
        assert [agent["agent"] for agent in json.loads(capsys.readouterr().out)["agents"]] == ["bot"]

    def test_the_day_decides_what_has_expired(self) -> None:
        Path("bot.yaml").write_text(
            POLICY.replace("- domain: api.example.com", "- domain: api.example.com\n      expires: 2026-12-31")
        )
        arguments = ["verify", "sound.json", "--policy", "bot.yaml", *REGION]
        assert cli.main([*arguments, "--today", "2026-12-31"]) == 0
        assert cli.main([*arguments, "--today", "2027-01-01"]) == 1

    def test_without_a_day_it_is_today(self) -> None:
        assert cli.main(["verify", "sound.json", "--policy", "bot.yaml", *REGION]) == 0

    def test_settings_say_what_runs_an_agent(self) -> None:
        """Lambda writes its log in the agent's name: what the boundary allows for that is no excess."""
        own: Json = {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::Sub": "arn:aws:logs:us-east-1:${AWS::AccountId}:log-group:/aws/lambda/*"},
        }
        written = SOUND["Boundary"][1]["PolicyDocument"]
        assert isinstance(written, dict)
        assert isinstance(written["Statement"], list)
        changed: Json = {**written, "Statement": [*written["Statement"], own]}
        Path("logs.json").write_text(template(having("Boundary", PolicyDocument=changed)))
        assert run("verify", "logs.json", "--policy", "bot.yaml") == 1
        Path("run.json").write_text(json.dumps({"context": {"agent-perimeter": {"workloads": {"bot": "lambda"}}}}))
        assert run("verify", "logs.json", "--policy", "bot.yaml", "--settings", "run.json") == 0


class TestExplain:
    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            (("tcp://203.0.113.9:443", "--sni", "evil.example"), 0, "stopped"),
            (("tcp://198.51.100.7:5432",), 1, "leaves"),
            (("evil.example", "--query", "txt"), 0, "blocks every name"),
            (("api.example.com",), 1, "DNS firewall"),
            (("icmp://203.0.113.9",), 0, "security group"),
            (("tcp://[2001:db8::9]:443",), 0, "security group"),
            (("api.example.com", "--host", "api.example.com"), 0, "tcp://203.0.113.9:80 host=api.example.com"),
            (("udp://203.0.113.9:443", "--app", "quic"), 0, "quic"),
            (("tcp://203.0.113.9:8883", "--resolved-for", "broker.example.org"), 1, "resolved-for=broker.example.org"),
        ],
    )
    def test_says_who_stops_it_or_that_nobody_does(
        self, arguments: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("explain", *arguments[:1], "sound.json", *arguments[1:], "--policy", "bot.yaml") == code
        assert said in capsys.readouterr().out

    def test_exits_3_where_nobody_knows(self) -> None:
        Path("peer2.json").write_text(
            template(having("AgentGroup", SecurityGroupEgress=[group_rule(5432, "CidrIp", ref("P"))]), **PARAMETER)
        )
        assert run("explain", "tcp://198.51.100.7:5432", "peer2.json") == 3

    def test_works_on_a_policy_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("explain", "tcp://198.51.100.7:5432", "--policy", "bot.yaml") == 1
        assert "the policy allows tcp://198.51.100.7:5432" in capsys.readouterr().out

    def test_prints_json_for_programs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("explain", "tcp://198.51.100.7:5432", "sound.json", "--format", "json") == 1
        written = json.loads(capsys.readouterr().out)
        assert (written["agent"], written["outcome"]) == ("bot", "allows")

    @pytest.mark.parametrize(
        ("passage", "code"),
        [(Passage.DENIES, 0), (Passage.ALLOWS, 1), (Passage.PERHAPS, 3), (Passage.SKIPS, 3)],
    )
    def test_has_an_exit_code_for_every_outcome(self, passage: Passage, code: int) -> None:
        assert cli_verify.of_passage(passage) == code


class TestSchemas:
    @pytest.mark.parametrize("which", ["proof", "explain"])
    def test_are_printed_by_name(self, which: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["schema", which]) == 0
        assert json.loads(capsys.readouterr().out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


class TestHelp:
    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ("verify", "Prove that templates let out exactly what the policies allow"),
            ("explain", "Follow one packet or one name through every layer"),
            ("schema", "Print the JSON Schema"),
        ],
    )
    def test_says_what_the_command_is_for(self, command: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            cli.main([command, "--help"])
        assert stopped.value.code == 0
        assert said in " ".join(capsys.readouterr().out.split())
