"""Template text → plain tree: what the two notations say, and what is refused."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml

from agent_perimeter.lift import document
from agent_perimeter.lift.document import MAX_BYTES, Plain, TemplateError, decoded, parsed

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def read(text: str | bytes) -> Plain:
    return parsed(decoded(text.encode() if isinstance(text, str) else text, "net.yaml"), "net.yaml")


TREES: dict[str, tuple[str, Plain]] = {
    "JSON": ('{"a": [1, 1.5, true, null, "x"]}', {"a": [1, 1.5, True, None, "x"]}),
    "JSON after a byte order mark": ('\ufeff{"a": 1}', {"a": 1}),
    "braces that are YAML in flow style": ("{a: 1, b: [2]}", {"a": 1, "b": [2]}),
    "JSON with a comma too many is YAML": ('{"a": 1,}', {"a": 1}),
    "YAML": ("a:\n- 1\n- b: x\n", {"a": [1, {"b": "x"}]}),
    "nothing": ("# a comment\n", None),
    "the booleans of YAML 1.1": ("a: [yes, No, ON, off, true]", {"a": [True, False, True, False, True]}),
    "a leading zero is octal": ("a: 010", {"a": 8}),
    "other numbers": ("a: [0x1F, 1_000, -1, 1.5, .5]", {"a": [31, 1000, -1, 1.5, 0.5]}),
    "nulls": ("a: ~\nb:\nc: null\n", {"a": None, "b": None, "c": None}),
    "quoted scalars are text": ("a: ['010', \"yes\"]", {"a": ["010", "yes"]}),
    "a date is text": ("Version: 2012-10-17", {"Version": "2012-10-17"}),
    "addresses are text": ("a: [0.0.0.0/0, '::/0', 10.0.0.1]", {"a": ["0.0.0.0/0", "::/0", "10.0.0.1"]}),
    "a tag of the standard": ("a: !!str 010\nb: !!int '7'\nc: !!map {d: 1}", {"a": "010", "b": 7, "c": {"d": 1}}),
    "a tag that CloudFormation does not read": ("a: !!binary aGk=", {"a": {"Fn::binary": "aGk="}}),
    "the tag that says text": ("a: ! 010", {"a": "010"}),
    "keys are text whatever they look like": ("on: 1\n010: 2", {"on": 1, "010": 2}),
    "!Ref": ("a: !Ref X", {"a": {"Ref": "X"}}),
    "!Condition": ("a: !Condition X", {"a": {"Condition": "X"}}),
    "!GetAtt": ("a: !GetAtt X.Arn", {"a": {"Fn::GetAtt": "X.Arn"}}),
    "a tag on a list": ("a: !Join [',', [x, !Ref Y]]", {"a": {"Fn::Join": [",", ["x", {"Ref": "Y"}]]}}),
    "a tag on a mapping": ("a: !Transform {Name: M}", {"a": {"Fn::Transform": {"Name": "M"}}}),
    "a tag in a flow mapping": ("{a: !Sub x}", {"a": {"Fn::Sub": "x"}}),
    "a tag that nobody knows": ("a: !Foo x", {"a": {"Fn::Foo": "x"}}),
    "an alias": ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
    "a merge, whose own keys win": (
        "a: &x {b: 1, c: 1}\nd: {<<: *x, b: 2}",
        {"a": {"b": 1, "c": 1}, "d": {"b": 2, "c": 1}},
    ),
    "merges, of which the first wins": ("a: {<<: [{b: 1}, {b: 2, c: 3}, text]}", {"a": {"b": 1, "c": 3}}),
}


@pytest.mark.parametrize(("text", "tree"), TREES.values(), ids=TREES)
def test_a_text_is_read_as_cloudformation_reads_it(text: str, tree: Plain) -> None:
    found = read(text)
    assert json.dumps(found) == json.dumps(tree)  # tells 1 from true


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "truncated JSON": ('{"Resources": {"A":\n', "net.yaml:2: this is not JSON: Expecting value, column 1"),
    "a key that stands twice": (
        '{"Resources": {\n"A": 1,\n"B": 2,\n"A": 3}}',
        "net.yaml:4: the key 'A' stands twice in one mapping; try removing one of the two",
    ),
    "a key that stands twice, and elsewhere": (
        '{"A": {"A": 1, "A": 2}}',
        "net.yaml: the key 'A' stands twice in one mapping; try removing one of the two",
    ),
    "a key that stands twice in YAML": (
        "A: 1\nB: 2\nA: 3\n",
        "net.yaml:3: the key 'A' stands twice in one mapping; try removing one of the two",
    ),
    "not a number": ('{"a": NaN}', "net.yaml: a number that cannot be read: NaN is no number in JSON"),
    "a number of 5,000 digits": (
        '{"a": ' + "1" * 5000 + "}",
        "net.yaml: a number that cannot be read: Exceeds the limit",
    ),
    "a number of 5,000 digits in YAML": ("a: " + "1" * 5000, f"net.yaml:1: '{'1' * 60}' is not of the type of its tag"),
    "no integer where a tag says so": ("\na: !!int x", "net.yaml:2: 'x' is not of the type of its tag"),
    "no boolean where a tag says so": ("a: !!bool x", "net.yaml:1: 'x' is not of the type of its tag"),
    "JSON nested too deep": (
        '{"a":' * 61 + "1" + "}" * 61,
        "net.yaml: lists and mappings are nested more than 60 deep",
    ),
    "JSON nested deeper than Python goes": (
        '{"a":' * 90_000 + "1" + "}" * 90_000,
        "net.yaml: lists and mappings are nested more than 60 deep",
    ),
    "YAML nested too deep": ("\n" + "[" * 61, "net.yaml:2: lists and mappings are nested more than 60 deep"),
    "YAML nested too deep by aliases": (
        "".join(f"{'k' * n}: &{'k' * n} [{'*' + 'k' * (n - 1) if n > 1 else 1}]\n" for n in range(1, 70)),
        "net.yaml:60: lists and mappings are nested more than 60 deep",
    ),
    "an alias bomb": (BOMB, "net.yaml:6: aliases make this more than 1,000,000 values"),
    "an alias of itself": ("a: &a [*a]", "net.yaml:1: the alias *a stands for nothing before it"),
    "a tab": ("a:\n\tb: 1", "net.yaml:2: this is not YAML: found character that cannot start any token"),
    "a control character": ("a: \x00", "net.yaml: this is not YAML: control characters are not allowed"),
    "a binary file": (b"PK\x03\x04\n\xff\xfe", "net.yaml:2: this is not UTF-8 text, so no template"),
    "two documents": ("a: 1\n---\nb: 2", "net.yaml:2: a second document; a template is one"),
    "a list for a key": ("? [a]\n: 1", "net.yaml:1: a key is a list or a mapping, where a name is expected"),
    "more bytes than a template has": (
        b" " * (MAX_BYTES + 1),
        "net.yaml: 8,388,609 bytes are too many for a template: CloudFormation takes 1 MB, this reads 8,388,608; "
        "try splitting it into nested stacks",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_template_is_refused_with_its_place(text: str | bytes, message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        read(text)
    assert str(refused.value).startswith(message)
    assert refused.value.file == "net.yaml"


def test_sixty_levels_are_read() -> None:
    assert read('{"a":' * 60 + "1" + "}" * 60) == read("[" * 0 + "{a: " * 60 + "1" + "}" * 60)


def test_fifty_megabytes_are_refused_at_once() -> None:
    raw = b'{"Resources": {' + b" " * 50_000_000
    started = time.process_time()
    with pytest.raises(TemplateError, match="too many for a template"):
        decoded(raw, "net.json")
    assert time.process_time() - started < 1


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.template.json")), ids=lambda path: path.name)
def test_our_own_templates_say_the_same_in_both_notations(path: Path) -> None:
    tree = read(path.read_bytes())
    assert isinstance(tree, dict)
    assert tree == json.loads(path.read_bytes())
    assert read(yaml.safe_dump(tree)) == tree


def test_both_yaml_parsers_give_the_same_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "_LOADER", yaml.SafeLoader)
    for text, tree in TREES.values():
        assert json.dumps(read(text)) == json.dumps(tree)
