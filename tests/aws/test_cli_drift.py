"""``agent-perimeter drift`` against a perimeter that stands in the local AWS."""

from __future__ import annotations

import io
import json
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import botocore.client
import pytest
from botocore.exceptions import ClientError

from agent_perimeter import cli
from agent_perimeter.snapshot import read_snapshot
from tests.aws.conftest import REGION, LocalAws
from tests.aws.deploy import deploy, golden
from tests.aws.local.kept import kept
from tests.aws.local.sessions import session

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "tests" / "golden" / "isolated-agent.template.json"
POLICY = ROOT / "policies" / "isolated-agent.yaml"
STORED = ROOT / "tests" / "fixtures" / "snapshots" / "isolated-agent.snapshot.json"
STACK = "AgentPerimeter-agents"


@pytest.fixture
def deployed(local_aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """The smallest of our perimeters, and an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    _deployed()
    return local_aws


@kept
def _deployed() -> None:
    deploy(session(REGION), STACK, golden("isolated-agent"))


def drift(*arguments: str) -> int:
    return cli.main(["drift", "--policy", str(POLICY), "--no-trail", *arguments])


def opened(aws: LocalAws) -> str:
    """Somebody with a console opens the agent's security group; its id."""
    tagged = [{"Name": "tag:agent-perimeter:role", "Values": ["agent"]}]
    (group,) = aws.client("ec2").describe_security_groups(Filters=tagged)["SecurityGroups"]
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    aws.client("ec2").authorize_security_group_egress(GroupId=group["GroupId"], IpPermissions=[everywhere])
    return str(group["GroupId"])


@pytest.mark.usefixtures("deployed")
def test_what_was_deployed_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert drift(str(TEMPLATE), "--stack", STACK) == 0
    out = capsys.readouterr().out
    assert out.startswith("✓ CLEAN · ")
    assert "proven, 1 agent: 1 proven" in out


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    "which", [(), ("--tag", "agent-perimeter:perimeter"), ("--tag", "agent-perimeter:perimeter=isolated-agent")]
)
def test_the_only_perimeter_needs_no_name_and_its_own_template_no_file(
    which: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(*which) == 0
    assert f"the template that stack {STACK} was deployed from" in capsys.readouterr().out


def test_a_hole_is_found_with_a_packet_to_send(deployed: LocalAws, capsys: pytest.CaptureFixture[str]) -> None:
    group = opened(deployed)
    assert drift(str(TEMPLATE), "--stack", STACK) == 1
    out = capsys.readouterr().out
    assert out.startswith("✗ DRIFT · 1 weakens")
    assert f"✗ weakens  security group rule {group} egress all traffic to 0.0.0.0/0 was added" in out
    assert re.search(r"witness +\S+://203\.0\.113\.9", out)
    assert "DNS firewall, network ACL, routes, endpoint policy, IAM boundary" in out
    assert "Take it away with ec2:RevokeSecurityGroupEgress." in out


@pytest.mark.usefixtures("deployed")
def test_a_refused_call_is_never_clean(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _refuse(monkeypatch, "DescribeRouteTables")
    assert drift(str(TEMPLATE), "--stack", STACK) == 3
    out = capsys.readouterr().out
    assert out.startswith("? UNKNOWN · ")
    assert "ec2:DescribeRouteTables" in out
    assert "UnauthorizedOperation" in out


@pytest.mark.parametrize(
    ("template", "forms"),
    [
        pytest.param((str(TEMPLATE),), ("text", "html"), id="a template"),
        pytest.param((), ("json", "sarif"), id="the deployed template"),
    ],
)
def test_a_stored_snapshot_is_judged_to_the_same_bytes(
    template: tuple[str, ...], forms: tuple[str, ...], deployed: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(deployed)
    for form in forms:
        assert drift(*template, "--stack", STACK, "--store", form, "--format", form, "--output", f"live.{form}") == 1
    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", None)
    for form in forms:
        assert drift(*template, "--snapshot", form, "--format", form, "--output", f"replayed.{form}") == 1
        assert Path(f"replayed.{form}").read_bytes() == Path(f"live.{form}").read_bytes()


def test_who_did_it_is_kept_with_the_snapshot(
    deployed: LocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = opened(deployed)
    _trail(monkeypatch, group)
    arguments = ["drift", str(TEMPLATE), "--policy", str(POLICY)]
    assert cli.main([*arguments, "--stack", STACK, "--store", "it.json"]) == 1
    live = capsys.readouterr().out
    assert "by         arn:aws:iam::123456789012:user/mallory, AuthorizeSecurityGroupEgress," in live
    assert cli.main([*arguments, "--snapshot", "it.json"]) == 1
    assert capsys.readouterr().out == live


def test_a_trail_that_cannot_be_read_changes_nothing_but_a_note(
    deployed: LocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(deployed)
    _refuse(monkeypatch, "LookupEvents")
    assert cli.main(["drift", str(TEMPLATE), "--policy", str(POLICY), "--stack", STACK]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("note: it is not known who did it: cloudtrail:LookupEvents was not read")
    assert said.out.startswith("✗ DRIFT")


@pytest.mark.parametrize(
    ("which", "said"),
    [
        (("--stack", "Nobodys"), "Nobodys"),
        (("--vpc", "vpc-0000"), "vpc-0000"),
        (("--tag", "team=nobody"), "team=nobody"),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_what_is_not_there_is_wrong_usage(
    which: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(str(TEMPLATE), *which) == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("deployed")
def test_a_refusal_before_anything_is_known_is_unknown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _refuse(monkeypatch, "ListStackResources")
    assert drift(str(TEMPLATE), "--stack", STACK) == 3
    assert "cloudformation:ListStackResources" in capsys.readouterr().err


@pytest.mark.usefixtures("deployed")
def test_expired_credentials_are_unknown_and_say_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _refuse(monkeypatch, "ListStackResources", "ExpiredToken")
    assert drift(str(TEMPLATE), "--stack", STACK) == 3
    assert "sign in anew" in capsys.readouterr().err


@pytest.mark.usefixtures("deployed")
def test_a_template_that_cannot_be_had_is_unknown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _refuse(monkeypatch, "GetTemplate")
    assert drift("--stack", STACK, "--store", "it.json") == 3
    assert "cloudformation:GetTemplate" in capsys.readouterr().err
    assert Path("it.json").exists(), "what was read is kept all the same"


@pytest.mark.usefixtures("deployed")
def test_the_stored_snapshot_of_the_fast_tests_is_as_one_that_is_read_now(request: pytest.FixtureRequest) -> None:
    assert drift(str(TEMPLATE), "--stack", STACK, "--store", "it.json") == 0
    if request.config.getoption("--update-golden"):
        STORED.write_text(Path("it.json").read_text())
    now, then = (read_snapshot(path.read_bytes(), path.name) for path in (Path("it.json"), STORED))
    assert [one.call for one in now.answers] == [one.call for one in then.answers]
    assert (then.complete, now.complete) == (True, True)


def _refuse(monkeypatch: pytest.MonkeyPatch, operation: str, code: str = "UnauthorizedOperation") -> None:
    real = botocore.client.BaseClient._make_api_call

    def call(client: botocore.client.BaseClient, name: str, parameters: dict[str, object]) -> object:
        if name == operation:
            raise ClientError({"Error": {"Code": code, "Message": "You are not authorized."}}, name)
        return real(client, name, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)


def _trail(monkeypatch: pytest.MonkeyPatch, group: str) -> None:
    """CloudTrail's event history, which the local AWS does not keep."""
    real = botocore.client.BaseClient._make_api_call
    event = {
        "EventId": "8a9f2c1e-0000-4000-8000-000000000001",
        "EventName": "AuthorizeSecurityGroupEgress",
        "ReadOnly": "false",
        "EventTime": datetime(2026, 11, 22, 9, 14, 3, tzinfo=UTC),
        "CloudTrailEvent": json.dumps({"userIdentity": {"arn": "arn:aws:iam::123456789012:user/mallory"}}),
    }

    def call(client: botocore.client.BaseClient, name: str, parameters: dict[str, object]) -> object:
        if name != "LookupEvents":
            return real(client, name, parameters)
        return {"Events": [event] if group in str(parameters["LookupAttributes"]) else []}

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)


class _Terminal(io.StringIO):
    """Somebody who waits."""

    def isatty(self) -> bool:
        return True


def test_a_person_sees_what_is_read_and_the_line_is_cleared(
    deployed: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(deployed)
    _refuse(monkeypatch, "LookupEvents")
    monkeypatch.setattr(sys, "stderr", shown := _Terminal())
    assert cli.main(["drift", str(TEMPLATE), "--policy", str(POLICY), "--stack", STACK]) == 1
    for part in ("read ec2:DescribeSubnets", "judging what was read", "asking CloudTrail who did it"):
        assert part in shown.getvalue()
    assert "\r\x1b[Knote: it is not known" in shown.getvalue(), "what follows stands on a line of its own"


class TestWatch:
    """``--watch``: between two checks, somebody does something."""

    def run(self, monkeypatch: pytest.MonkeyPatch, *between: Callable[[], object]) -> int:
        """One check more than there are things done; then Ctrl-C."""
        rest = iter(between)
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            done = next(rest, None)
            if done is None:
                raise KeyboardInterrupt
            done()

        monkeypatch.setattr(time, "sleep", sleep)
        code = drift(str(TEMPLATE), "--stack", STACK, "--watch", "300", "--store", "last.json")
        assert waited == [300] * (len(between) + 1)
        return code

    def test_tells_all_first_and_then_what_opened_and_closed(
        self, deployed: LocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        group: list[str] = []
        ec2 = deployed.client("ec2")
        everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        code = self.run(
            monkeypatch,
            lambda: group.append(opened(deployed)),
            lambda: ec2.revoke_security_group_egress(GroupId=group[0], IpPermissions=[everywhere]),
        )
        assert code == 0, "that of the last check"
        first, second, third = re.split(r"^(?=[✓✗?] [A-Z])", capsys.readouterr().out, flags=re.MULTILINE)[1:]
        assert "structure " in first
        assert second.startswith("✗ DRIFT")
        assert f"opened\n✗ weakens  security group rule {group[0]} egress all traffic to 0.0.0.0/0" in second
        assert third.startswith("✓ CLEAN")
        assert f"closed\n  ✓ security group rule {group[0]} egress all traffic to 0.0.0.0/0" in third
        assert read_snapshot(Path("last.json").read_bytes(), "last.json").complete

    @pytest.mark.usefixtures("deployed")
    def test_a_check_that_cannot_be_made_is_said_and_not_the_last(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with monkeypatch.context() as refused:
            code = self.run(
                monkeypatch,
                lambda: _refuse(refused, "ListStackResources"),
                refused.undo,
            )
        assert code == 0
        said = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("✓", "✗", "?"))]
        assert [line.split(" · ")[0] for line in said] == ["✓ CLEAN", "? UNKNOWN", "✓ CLEAN"]
        assert "cloudformation:ListStackResources" in said[1]

    @pytest.mark.usefixtures("deployed")
    def test_that_ends_where_nothing_is_known_is_unknown(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.run(monkeypatch, lambda: _refuse(monkeypatch, "ListStackResources")) == 3
        assert "? UNKNOWN" in capsys.readouterr().out

    @pytest.mark.usefixtures("deployed")
    def test_whose_first_check_cannot_be_made_is_over(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _refuse(monkeypatch, "ListStackResources")
        assert drift(str(TEMPLATE), "--stack", STACK, "--watch", "300") == 3
        assert capsys.readouterr().out == ""
