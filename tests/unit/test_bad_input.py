"""Whatever is given to ``verify``: a clear message, exit code 2 or 3, never a traceback and never a proof."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_perimeter.cli import main

ROOT = Path(__file__).resolve().parents[2]
SOUND = ROOT / "tests" / "golden" / "isolated-agent.template.json"
POLICY = ROOT / "policies" / "isolated-agent.yaml"


def _assembly(folder: Path, *, template: str | None, manifest: object = None) -> Path:
    """A cloud assembly of one stack."""
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "a.template.json"},
    }
    folder.mkdir()
    described = {"version": "48.0.0", "artifacts": {"a": stack}} if manifest is None else manifest
    (folder / "manifest.json").write_text(described if isinstance(described, str) else json.dumps(described))
    if template is not None:
        (folder / "a.template.json").write_text(template)
    return folder


def _file(name: str, content: str | bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def _large(folder: Path) -> Path:
    """50 MB of subnets: well-formed, and nothing that anybody can prove."""
    subnet = {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.0.0.0/24", "VpcId": "vpc-1", "Tags": []}}
    one = json.dumps(subnet)
    path = folder / "large.json"
    with path.open("w") as file:
        file.write('{"Resources": {')
        for number in range(50_000_000 // (len(one) + 16)):
            file.write(f'{"," if number else ""}"Subnet{number}": {one}')
        file.write("}}")
    assert path.stat().st_size > 48_000_000
    return path


def _deep(depth: int) -> str:
    return '{"Resources": {"A": {"Type": "AWS::EC2::VPC", "Properties": ' + '{"a": ' * depth + "1" + "}" * depth + "}}}"


CYCLE = {
    "Conditions": {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Not": [{"Condition": "A"}]}},
    "Resources": {
        "Vpc": {
            "Type": "AWS::EC2::VPC",
            "Condition": "A",
            "Properties": {"CidrBlock": {"Fn::GetAtt": ["Subnet", "CidrBlock"]}},
        },
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}},
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "DependsOn": "Group",
            "Properties": {"GroupDescription": {"Ref": "Group"}, "VpcId": {"Fn::Sub": "${Group}"}},
        },
    },
}
SUBNET = '{"Resources": {"S": {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.0.0.0/24", "VpcId": "v"}}}}'

BAD: dict[str, tuple[Callable[[Path], Path], tuple[int, ...], str]] = {
    "JSON that ends too early": (_file("t.json", SOUND.read_text()[:5000]), (2,), "t.json"),
    "JSON with a comma too many": (_file("t.json", '{"Resources": {"A": 1,}}'), (2,), "t.json"),
    "an empty file": (_file("t.json", ""), (2,), "t.json"),
    "an empty YAML file": (_file("t.yaml", ""), (2,), "t.yaml"),
    "bytes that are no text": (_file("t.json", bytes(range(256)) * 40), (2,), "t.json"),
    "YAML that cannot be read": (_file("t.yaml", "Resources:\n  A: [unclosed\n  B: {Type: x\n"), (2,), "t.yaml"),
    "YAML with a tag that runs code": (_file("t.yaml", "Resources: !!python/object/apply:os.system ['true']\n"), (2, 3), "t.yaml"),
    "YAML whose anchors explode": (
        _file("t.yaml", "a: &a [x]\n" + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)) + "Resources: *j\n"),
        (2,),
        "t.yaml",
    ),
    "a list for a template": (_file("t.json", "[]"), (2,), "t.json"),
    "a number for a template": (_file("t.json", "7"), (2,), "t.json"),
    "a template without resources": (_file("t.json", "{}"), (2, 3), ""),
    "resources that are a list": (_file("t.json", '{"Resources": []}'), (2,), "Resources"),
    "a resource that is text": (_file("t.json", '{"Resources": {"A": "AWS::EC2::VPC"}}'), (2, 3), "A"),
    "a resource without a type": (_file("t.json", '{"Resources": {"A": {"Properties": {}}}}'), (2, 3), "A"),
    "a resource whose type is a number": (_file("t.json", '{"Resources": {"A": {"Type": 7}}}'), (2, 3), "A"),
    "properties that are a list": (_file("t.json", '{"Resources": {"A": {"Type": "AWS::EC2::VPC", "Properties": []}}}'), (2, 3), ""),
    "the same resource twice": (_file("t.json", '{"Resources": {"A": {"Type": "AWS::EC2::VPC"}, "A": {"Type": "AWS::EC2::VPC"}}}'), (2, 3), "A"),
    "a template without a VPC": (_file("t.json", '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'), (2, 3), ""),
    "subnets of a VPC that is not there": (_file("t.json", SUBNET), (2, 3), ""),
    "references in a circle": (_file("t.json", json.dumps(CYCLE)), (2, 3), ""),
    "objects a thousand levels deep": (_file("t.json", _deep(1_000)), (2, 3), ""),
    "objects a hundred thousand levels deep": (_file("t.json", _deep(100_000)), (2, 3), ""),
    "a number of a million digits": (_file("t.json", '{"Resources": {"A": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": ' + "9" * 1_000_000 + "}}}}"), (2, 3), ""),
    "NaN": (_file("t.json", '{"Resources": {"A": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": NaN}}}}'), (2, 3), ""),
    "a file that is not there": (lambda folder: folder / "gone.json", (2,), "gone.json"),
    "a folder without a manifest": (lambda folder: folder, (2,), "manifest"),
    "an assembly with a missing template": (lambda folder: _assembly(folder / "cdk.out", template=None), (2, 3), "a.template.json"),
    "an assembly with a truncated template": (lambda folder: _assembly(folder / "cdk.out", template='{"Resources"'), (2,), "a.template.json"),
    "an assembly with a truncated manifest": (lambda folder: _assembly(folder / "cdk.out", template="{}", manifest='{"artifacts"'), (2,), "manifest"),
    "a manifest that is a list": (lambda folder: _assembly(folder / "cdk.out", template="{}", manifest=[]), (2,), "manifest"),
    "an assembly without stacks": (lambda folder: _assembly(folder / "cdk.out", template="{}", manifest={"version": "48.0.0", "artifacts": {}}), (2, 3), ""),
    "a template that leaves its assembly": (
        lambda folder: _assembly(
            folder / "cdk.out",
            template="{}",
            manifest={"version": "48.0.0", "artifacts": {"a": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "../../../etc/passwd"}}}},
        ),
        (2, 3),
        "",
    ),
}  # fmt: skip
"""What is given, the exit codes that will do, and what the message must name."""


@pytest.mark.parametrize(("write", "codes", "named"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("policy", [True, False], ids=["with a policy", "without one"])
def test_it_is_refused_in_words(
    write: Callable[[Path], Path],
    codes: tuple[int, ...],
    named: str,
    policy: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = str(write(tmp_path))
    code = main(["verify", target, *(["--policy", str(POLICY)] if policy else [])])
    said = capsys.readouterr()
    text = said.out + said.err
    assert code in codes, text[:2000]
    assert text.strip()
    assert named in text
    assert "Traceback" not in text
    if code == 2:
        assert said.out == ""
        assert len(said.err) < 2000


ARGUMENTS: dict[str, tuple[list[str], str]] = {
    "a subnet that is not there": ([str(SOUND), "--policy", str(POLICY), "--subnet", "NoSuchSubnet"], "NoSuchSubnet"),
    "a group that is not there": (
        [str(SOUND), "--policy", str(POLICY), "--security-group", "NoSuchGroup"],
        "NoSuchGroup",
    ),
    "a subnet without a policy that is not there": ([str(SOUND), "--subnet", "NoSuchSubnet"], "NoSuchSubnet"),
    "a policy that is not there": ([str(SOUND), "--policy", "no-such-policy.yaml"], "no-such-policy.yaml"),
    "a policy that is a template": ([str(SOUND), "--policy", str(SOUND)], "isolated-agent.template.json"),
    "a parameter without a value": ([str(SOUND), "--parameter", "Stage"], "Stage"),
    "a template for an option": (["--subnet"], "--subnet"),
    "nothing": ([], ""),
}


@pytest.mark.parametrize(("arguments", "named"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_wrong_usage_is_named(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main(["verify", *arguments])
    except SystemExit as stopped:  # argparse's own
        code = stopped.code
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert named in said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file("t.json", "{}")(tmp_path)
    path.chmod(0)
    assert main(["verify", str(path)]) == 2
    assert "t.json: cannot be read: Permission denied" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "JSON that ends too early",
        "bytes that are no text",
        "objects a hundred thousand levels deep",
        "references in a circle",
    ],
)
def test_the_process_ends_as_well(name: str, tmp_path: Path) -> None:
    """As a person starts it: the interpreter's own limits and the exit code of the process count too."""
    write, codes, _ = BAD[name]
    command = [sys.executable, "-m", "agent_perimeter", "verify", str(write(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in codes, done.stderr[-2000:]
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.slow
def test_fifty_megabytes_are_read_or_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agent_perimeter", "verify", str(_large(tmp_path)), "--policy", str(POLICY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in {2, 3}, done.stderr[-2000:]
    assert "Traceback" not in done.stderr + done.stdout
