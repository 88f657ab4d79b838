"""The proof at synth: the plugin for anybody's app, and the gate of ours. What is not proven does not deploy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Acknowledgment, App, NestedStack, Stack, Validations
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from agent_perimeter.settings import Settings, Workload
from agent_perimeter_cdk import AgentPerimeter, PerimeterProof
from agent_perimeter_cdk.proof import PROOF_OFF, assemblies
from tests.cdk.templates import synthesize
from tests.cdk.test_app import ROOT, STACK, project, run

TODAY = date(2026, 11, 22)
POLICY = """\
version: 1
network_policy:
  egress:
    - domain: api.example.com
"""
WITNESS = "tcp://203.0.113.9:"
"""The beginning of a witness that only a hole lets out."""


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "bot.yaml").write_text(POLICY)
    return folder


def hole(scope: Construct, perimeter: AgentPerimeter, cidr: str = "0.0.0.0/0") -> ec2.CfnSecurityGroupEgress:
    """A rule that somebody adds to the agent's security group."""
    group = perimeter.agents["bot"].security_group.security_group_id
    return ec2.CfnSecurityGroupEgress(scope, "Hole", group_id=group, ip_protocol="-1", cidr_ip=cidr)


Build = Callable[[App, Stack, AgentPerimeter], object]


def synth(folder: Path, policies: Path, proof: PerimeterProof, build: Build = lambda *_: None) -> list[dict[str, Any]]:
    """A perimeter in somebody's app with the plugin. Returns the violations; the app's synth may raise."""

    def whole(app: App) -> None:
        stack = Stack(app, "S")
        perimeter = AgentPerimeter.from_policies(stack, "P", policies=policies, today=TODAY)
        build(app, stack, perimeter)
        Validations.of(app).add_plugins(proof)

    return violations(synthesize(folder / "out", whole))


def violations(assembly: Path) -> list[dict[str, Any]]:
    report = assembly / "validation-report.json"
    found = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    return [
        violation for plugin in found if plugin["pluginName"] == "agent-perimeter" for violation in plugin["violations"]
    ]


def of_plugin(policies: Path, *, gate: bool = True, settings: Settings | None = None) -> PerimeterProof:
    return PerimeterProof(policies=policies, settings=settings, today=TODAY, gate=gate)


def test_a_sound_app_is_synthesized(tmp_path: Path, policies: Path) -> None:
    assert synth(tmp_path, policies, of_plugin(policies)) == []


PLACES: dict[str, tuple[Build, str]] = {
    "in the perimeter's own stack": (lambda _, stack, perimeter: hole(stack, perimeter), "S.template.json"),
    "in another stack": (lambda app, _, perimeter: hole(Stack(app, "Other"), perimeter), "Other.template.json"),
    "in a nested stack": (
        lambda _, stack, perimeter: hole(NestedStack(stack, "N"), perimeter),
        ".nested.template.json",
    ),
}


@pytest.mark.parametrize(("build", "template"), PLACES.values(), ids=PLACES.keys())
def test_a_hole_fails_the_synth_with_its_witness_and_its_place(
    build: Build, template: str, tmp_path: Path, policies: Path
) -> None:
    with pytest.raises(RuntimeError, match="refuted · 1 agent"):
        synth(tmp_path, policies, of_plugin(policies), build)
    found = violations(tmp_path / "out")
    assert {violation["severity"] for violation in found} == {"fatal"}
    assert found[0]["ruleName"] == "agent-perimeter/verdict"
    excess = next(one for one in found if one["ruleName"] == "agent-perimeter/security-group/excess")
    assert WITNESS in excess["description"]
    assert "allow it in the policy of bot" in excess["suggestedFix"]
    (place,) = excess["violatingConstructs"]
    assert place["cloudFormationResource"]["logicalId"] == "Hole"
    assert place["cloudFormationResource"]["templatePath"].endswith(template)


def test_what_the_policy_allows_and_the_templates_do_not_fails_too(tmp_path: Path, policies: Path) -> None:
    def build(_: App, __: Stack, perimeter: AgentPerimeter) -> None:
        nowhere = {"CidrIp": "127.0.0.1/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}
        for group in perimeter.node.find_all():
            if isinstance(group, ec2.CfnSecurityGroup):
                group.add_property_override("SecurityGroupEgress", [nowhere])

    with pytest.raises(RuntimeError, match="refuted · 1 agent"):
        synth(tmp_path, policies, of_plugin(policies), build)
    found = violations(tmp_path / "out")
    missing = next(one for one in found if one["ruleName"] == "agent-perimeter/security-group/missing")
    assert "stops what the policy allows" in missing["description"]
    whole = next(one for one in found if one["ruleName"] == "agent-perimeter/end-to-end/missing")
    assert "api.example.com" in whole["description"]
    assert missing["suggestedFix"] == "let it out, or take it out of the policy of bot"


def test_the_settings_say_what_else_the_agent_s_role_may_do(tmp_path: Path, policies: Path) -> None:
    """What runs the agent acts with its role: a boundary that lets it is no gap, and without the setting it is one."""
    runs = Settings(workloads={"bot": Workload.LAMBDA})

    def build(app: App, proof: PerimeterProof) -> None:
        AgentPerimeter.from_policies(Stack(app, "S"), "P", policies=policies, settings=runs, today=TODAY)
        Validations.of(app).add_plugins(proof)

    synthesize(tmp_path / "said", lambda app: build(app, of_plugin(policies, settings=runs)))
    with pytest.raises(RuntimeError, match="IAM boundary: lets out what the policy does not allow"):
        synthesize(tmp_path / "unsaid", lambda app: build(app, of_plugin(policies)))


def acknowledged(app: App, stack: Stack, perimeter: AgentPerimeter) -> None:
    """The hole, and somebody who does not want to hear of it."""
    rule = hole(stack, perimeter)
    for rules in ("verdict", *(f"{layer}/{kind}" for layer in LAYERS for kind in ("excess", "missing", "unknown"))):
        for scope in (app, stack, rule):
            Validations.of(scope).acknowledge(
                Acknowledgment(id=f"agent-perimeter::agent-perimeter/{rules}", reason="it is only a test")
            )


LAYERS = ("network", "security-group", "end-to-end")


def test_the_gate_cannot_be_acknowledged_away(tmp_path: Path, policies: Path) -> None:
    with pytest.raises(RuntimeError, match="refuted · 1 agent"):
        synth(tmp_path, policies, of_plugin(policies), acknowledged)
    assert "agent-perimeter/security-group/excess" in {one["ruleName"] for one in violations(tmp_path / "out")}


def test_without_the_gate_the_same_acknowledgements_do(tmp_path: Path, policies: Path) -> None:
    assert synth(tmp_path, policies, of_plugin(policies, gate=False), acknowledged) == []


def test_without_the_gate_a_hole_is_reported_all_the_same(tmp_path: Path, policies: Path) -> None:
    with pytest.raises(RuntimeError, match=WITNESS):
        synth(tmp_path, policies, of_plugin(policies, gate=False), lambda _, stack, perimeter: hole(stack, perimeter))
    assert {violation["severity"] for violation in violations(tmp_path / "out")} == {"error"}


def test_what_is_not_known_fails_too(tmp_path: Path, policies: Path) -> None:
    def build(_: App, stack: Stack, perimeter: AgentPerimeter) -> None:
        from aws_cdk import CfnParameter

        hole(stack, perimeter, CfnParameter(stack, "Where").value_as_string)

    with pytest.raises(RuntimeError, match="unknown · 1 agent"):
        synth(tmp_path, policies, of_plugin(policies), build)
    unknown = [
        one for one in violations(tmp_path / "out") if one["ruleName"] == "agent-perimeter/security-group/unknown"
    ]
    assert any("Where" in one["suggestedFix"] for one in unknown), unknown


def test_what_cannot_be_judged_fails_too(tmp_path: Path, policies: Path) -> None:
    refused = tmp_path / "refused"
    refused.mkdir()
    (refused / "bot.yaml").write_text(POLICY.replace("domain", "domian"))
    with pytest.raises(RuntimeError, match=r"nothing is proven: .*bot\.yaml:4:7: AP012"):
        synth(tmp_path, policies, of_plugin(refused))
    (found,) = violations(tmp_path / "out")
    assert (found["ruleName"], found["severity"]) == ("agent-perimeter/verdict", "fatal")


def test_a_judge_that_fails_ends_the_app(tmp_path: Path) -> None:
    """The CDK CLI passes over a plugin that raises, so this one does not. In a process of its own, for jsii's sake."""
    script = tmp_path / "somebody.py"
    script.write_text(
        "from aws_cdk import App, Stack, Validations\n"
        "from agent_perimeter_cdk import PerimeterProof, proof\n"
        "def mistake(*_):\n"
        '    raise KeyError("a mistake of ours")\n'
        "proof.judge = mistake\n"
        "app = App(context={'@aws-cdk/core:failSynthOnValidationErrors': False})\n"
        'Stack(app, "S")\n'
        "Validations.of(app).add_plugins(PerimeterProof())\n"
        "app.synth()\n"
    )
    done = run(tmp_path, script=script)
    assert done.returncode == 1
    assert "KeyError: 'a mistake of ours'" in done.stderr
    assert done.stderr.endswith("agent-perimeter: the judge failed, so nothing is proven\n")


def test_a_proof_that_is_off_says_so(tmp_path: Path, policies: Path, capsys: pytest.CaptureFixture[str]) -> None:
    off = of_plugin(policies, settings=Settings(proof=False))
    assert synth(tmp_path, policies, off, lambda _, stack, perimeter: hole(stack, perimeter)) == []
    assert capsys.readouterr().err == f"{PROOF_OFF}\n"


def test_nested_assemblies_are_read_with_the_one_that_lists_them(tmp_path: Path) -> None:
    for folder in ("out/assembly-A/assembly-B", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("out", "out/assembly-A", "out/assembly-A/assembly-B"):
        (tmp_path / folder / "manifest.json").write_text("{}")
    templates = ["out/S.json", "out/assembly-A/T.json", "out/assembly-A/assembly-B/U.json", "elsewhere/V.json"]
    found = assemblies(str(tmp_path / template) for template in templates)
    assert found == (str(tmp_path / "out"), str(tmp_path / "elsewhere/V.json"))


# --- app.py ---

BREAKS = {
    "a hole": """
        ec2.CfnSecurityGroupEgress(self, "Hole", group_id=group, ip_protocol="-1", cidr_ip="0.0.0.0/0")
    """,
    "an address that a parameter gives": """
        where = CfnParameter(self, "Where").value_as_string
        ec2.CfnSecurityGroupEgress(self, "Hole", group_id=group, ip_protocol="tcp", from_port=1, to_port=9, cidr_ip=where)
    """,
    "a firewall that lets the rest pass": """
        (policy,) = (one for one in self.node.find_all() if isinstance(one, firewall.CfnFirewallPolicy))
        policy.add_property_override("FirewallPolicy.StatelessDefaultActions", ["aws:pass"])
    """,
}
APP = """
import sys
sys.path.insert(0, {root!r})
import app
from aws_cdk import CfnParameter
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_networkfirewall as firewall

class Broken(app.PerimeterStack):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        group = self.perimeter.agents["bot"].security_group.security_group_id
        {breaks}

app.PerimeterStack = Broken
sys.exit(app.main())
"""


def broken(folder: Path, breaks: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """``app.py`` with a stack that somebody has changed."""
    project(folder, settings, bot=POLICY)
    script = folder / "broken.py"
    script.write_text(APP.format(root=str(ROOT), breaks=BREAKS[breaks].strip()))
    return run(folder, script=script)


FAILURES = {
    "a hole": (1, "refuted", WITNESS, "(Resources/Hole)"),
    "a firewall that lets the rest pass": (1, "refuted", WITNESS, "the stateless default action, aws:pass"),
    "an address that a parameter gives": (3, "unknown", "Where", "(Resources/Hole"),
}


@pytest.mark.parametrize(("breaks", "expected"), FAILURES.items(), ids=FAILURES.keys())
def test_what_is_not_proven_fails_and_leaves_nothing_to_deploy(
    breaks: str, expected: tuple[int, str, str, str], tmp_path: Path
) -> None:
    code, verdict, witness, place = expected
    done = broken(tmp_path / "p", breaks)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert witness in done.stderr
    assert place in done.stderr
    assert f"\n{verdict} · 1 agent (1 {verdict})" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "p/cdk.out" / STACK).exists(), "to be looked at"
    assert not (tmp_path / "p/cdk.out/manifest.json").exists()


def test_with_the_proof_off_a_hole_is_built_and_the_app_says_so(tmp_path: Path) -> None:
    done = broken(tmp_path / "p", "a hole", proof=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "AP313 warning [proof-off]" in done.stderr
    assert done.stderr.endswith(f"{PROOF_OFF}\n")
    assert (tmp_path / "p/cdk.out/manifest.json").exists()


# --- the CDK CLI ---


@pytest.mark.slow
def test_the_cli_fails_on_the_plugin_and_on_what_it_left(tmp_path: Path) -> None:
    """Whatever is acknowledged, whichever stack is asked for, and in an assembly that is already there."""
    (tmp_path / "bot.yaml").write_text(POLICY)
    script = tmp_path / "somebody.py"
    script.write_text(
        "from aws_cdk import App, CfnWaitConditionHandle, Stack\n"
        "from tests.cdk.test_proof import PerimeterProof, Validations, acknowledged, AgentPerimeter, TODAY\n"
        "app = App()\n"
        'stack = Stack(app, "S")\n'
        'CfnWaitConditionHandle(Stack(app, "Innocent"), "W")\n'
        'acknowledged(app, stack, AgentPerimeter.from_policies(stack, "P", policies="bot.yaml", today=TODAY))\n'
        'Validations.of(app).add_plugins(PerimeterProof(policies="bot.yaml", today=TODAY))\n'
        "app.synth()\n"
    )
    for app, stack in ((f"{sys.executable} {script}", "S"), ("cdk.out", "S"), ("cdk.out", "Innocent")):
        done = cdk(tmp_path, "synth", stack, "--quiet", "--app", app)
        assert done.returncode == 1
        assert "refuted · 1 agent" in done.stderr


@pytest.mark.slow
def test_the_cli_has_nothing_to_deploy_where_our_app_is_not_proven(tmp_path: Path) -> None:
    assert broken(tmp_path / "p", "a hole").returncode == 1
    synthesized = cdk(tmp_path / "p", "synth", "--quiet", "--app", f"{sys.executable} broken.py")
    assert synthesized.returncode == 1
    assert "refuted · 1 agent" in synthesized.stderr
    done = cdk(tmp_path / "p", "deploy", "--all", "--app", "cdk.out")
    assert done.returncode == 1
    assert "manifest.json" in done.stderr


def cdk(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    cli = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    assert cli.exists(), "run `make test`, which installs it, or `make node_modules/.cdk`"
    found = os.pathsep.join(str(ROOT / source) for source in ("src", "constructs", ""))
    return subprocess.run(
        [os.environ["JSII_NODE"], str(cli), *arguments, "--no-notices"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": found, "CDK_DISABLE_CLI_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
