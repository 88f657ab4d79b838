"""``verify --store`` and what reads the document again: ``verify`` and ``explain``, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent_perimeter.cli import main

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = str(ROOT / "tests" / "golden" / "isolated-agent.template.json")
POLICY = str(ROOT / "policies" / "isolated-agent.yaml")
HELD = ["--policy", POLICY, "--today", "2026-11-22"]


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees this repository's own cdk.json."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def network(capsys: pytest.CaptureFixture[str]) -> str:
    """The network of the sound template, stored."""
    assert main(["verify", TEMPLATE, *HELD, "--store", "net.json", "--output", "report.txt"]) == 0
    capsys.readouterr()
    return "net.json"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    try:
        code = main(arguments)
    except SystemExit as stopped:
        code = int(str(stopped.code))
    output = capsys.readouterr()
    return code, output.out, output.err


def without_lines(tree: Any) -> Any:
    """A report without the lines of template paths."""
    match tree:
        case dict():
            return {key: without_lines(value) for key, value in tree.items()} | (
                {"line": None} if "path" in tree else {}
            )
        case list():
            return [without_lines(item) for item in tree]
        case _:
            return tree


def test_the_network_is_written_beside_the_report(network: str) -> None:
    document = json.loads(Path(network).read_text())
    assert document["source"] == TEMPLATE
    assert [vpc["cidrs"] for vpc in document["network"]["vpcs"]] == [["10.42.0.0/16"]]
    assert "proven" in Path("report.txt").read_text()


def test_a_refuted_network_is_stored_too(capsys: pytest.CaptureFixture[str]) -> None:
    other = str(ROOT / "policies" / "database-agent.yaml")
    code, _, _ = said(capsys, "verify", TEMPLATE, "--policy", other, "--today", "2026-11-22", "--store", "net.json")
    assert code == 1
    assert json.loads(Path("net.json").read_text())["format"] == "agent-perimeter/network/2"


def test_the_same_is_proved_of_the_stored_network(capsys: pytest.CaptureFixture[str], network: str) -> None:
    before = said(capsys, "verify", TEMPLATE, *HELD, "--format", "json")
    after = said(capsys, "verify", network, *HELD, "--format", "json")
    assert before[0] == after[0] == 0
    assert json.loads(after[1]) == without_lines(json.loads(before[1]))
    assert json.loads(after[1])["agents"]


@pytest.mark.parametrize("form", ["text", "sarif", "html"])
def test_every_report_can_be_made_of_it(capsys: pytest.CaptureFixture[str], network: str, form: str) -> None:
    code, output, errors = said(capsys, "verify", network, *HELD, "--format", form)
    assert (code, errors) == (0, "")
    assert "isolated-agent" in output


def test_stored_again_it_is_the_same_document(capsys: pytest.CaptureFixture[str], network: str) -> None:
    assert said(capsys, "verify", network, *HELD, "--store", "again.json")[0] == 0
    assert Path("again.json").read_bytes() == Path(network).read_bytes()


def test_a_workload_is_named_in_it_as_in_its_template(capsys: pytest.CaptureFixture[str]) -> None:
    wild = str(ROOT / "tests" / "wild" / "templates" / "nat-with-443-open.yaml")
    document = said(capsys, "verify", wild, "--store", "net.json")[0]
    subnet = next(one["id"] for one in json.loads(Path("net.json").read_text())["network"]["subnets"])
    before = said(capsys, "verify", wild, "--subnet", subnet, "--format", "json")
    after = said(capsys, "verify", "net.json", "--subnet", subnet, "--format", "json")
    assert (document, before[0]) == (3, after[0])
    assert json.loads(after[1]) == without_lines(json.loads(before[1]))
    assert json.loads(after[1])["agents"][0]["subnets"] == [subnet]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_packet_is_followed_through_it(capsys: pytest.CaptureFixture[str], network: str, form: str) -> None:
    question = ["explain", "tcp://203.0.113.9:443", "--sni", "evil.example"]
    before = said(capsys, *question, TEMPLATE, *HELD, "--format", form)
    after = said(capsys, *question, network, *HELD, "--format", form)
    assert before[0] == after[0] == 0
    if form == "json":
        assert json.loads(after[1]) == without_lines(json.loads(before[1]))
    assert "Resources/Perimeter" in after[1]  # the place in the template that was, without a line


def test_its_schema_is_printed(capsys: pytest.CaptureFixture[str], network: str) -> None:
    code, output, _ = said(capsys, "schema", "network")
    assert code == 0
    jsonschema.validate(json.loads(Path(network).read_text()), json.loads(output))


ALONE = "agent-perimeter: net.json: a stored network is whole: it is read alone, beside no template and no other\n"
REFUSED: dict[str, tuple[list[str], str]] = {
    "a template beside it": (["verify", "net.json", TEMPLATE], ALONE),
    "it beside a template": (["verify", TEMPLATE, "net.json"], ALONE),
    "two of them": (["verify", "net.json", "net.json"], ALONE),
    "a parameter, for it has none left": (
        ["verify", "net.json", "--parameter", "B=1", "--parameter", "A=1"],
        "agent-perimeter: net.json: a stored network has no parameters left, and A, B was given; try the template with --parameter\n",
    ),
    "a parameter in a question": (
        ["explain", "evil.example", "net.json", "--parameter", "A=1"],
        "agent-perimeter: net.json: a stored network has no parameters left, and A was given; try the template with --parameter\n",
    ),
    "a subnet that is not in it": (["verify", "net.json", "--subnet", "nope"], "no subnet is called 'nope'; there are"),
    "another document of ours": (
        ["verify", "proof.json"],
        "agent-perimeter: proof.json: its format is 'agent-perimeter/proof/1'; what is read here is agent-perimeter/network/2;",
    ),
    "a document that was cut": (["verify", "cut.json"], "agent-perimeter: cut.json: this is not JSON: "),
    "a document that was edited badly": (
        ["verify", "edited.json"],
        "agent-perimeter: edited.json#/network/vpcs/0/cidrs/0: 10.42.0.1/16 has host bits set; the network is 10.42.0.0/16\n",
    ),
    "storing over what is read": (
        ["verify", "net.json", "--store", "./net.json"],
        "agent-perimeter: --store net.json: this is a file that the command reads or writes; give another\n",
    ),
    "storing over a policy": (
        ["verify", "net.json", "--policy", POLICY, "--store", POLICY],
        f"agent-perimeter: --store {POLICY}: this is a file that the command reads or writes; give another\n",
    ),
    "storing over the report": (
        ["verify", "net.json", "--output", "same", "--store", "same"],
        "agent-perimeter: --store same: this is a file that the command reads or writes; give another\n",
    ),
    "storing where nothing can be written": (
        ["verify", "net.json", "--store", "no/such/folder"],
        "agent-perimeter: no/such/folder: cannot be written: No such file or directory\n",
    ),
    "an option that is none": (["explain", "evil.example", "--nay", "net.json"], "unrecognized arguments: --nay"),
    "a file too many where no templates are read": (["schema", "network", "net.json"], "unrecognized arguments: net.json"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_exit_code_2(capsys: pytest.CaptureFixture[str], network: str, case: str) -> None:
    text = Path(network).read_text()
    Path("proof.json").write_text(json.dumps({"format": "agent-perimeter/proof/1"}))
    Path("cut.json").write_text(text[: len(text) // 2])
    Path("edited.json").write_text(text.replace('"10.42.0.0/16"', '"10.42.0.1/16"'))
    arguments, message = REFUSED[case]
    code, output, errors = said(capsys, *arguments)
    assert (code, output) == (2, "")
    assert message in errors
    assert Path(network).read_text() == text
    assert not Path("same").exists()


def test_templates_may_stand_behind_options(capsys: pytest.CaptureFixture[str]) -> None:
    expected = said(capsys, "explain", "tcp://203.0.113.9:443", TEMPLATE, *HELD, "--sni", "evil.example")
    assert said(capsys, "explain", "tcp://203.0.113.9:443", "--sni", "evil.example", TEMPLATE, *HELD) == expected
    assert expected[0] == 0
