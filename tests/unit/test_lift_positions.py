"""Where a template path stands in the text."""

from __future__ import annotations

import time

import pytest

from agent_perimeter.lift.positions import locate

JSON = """{
 "Mappings": {"x": {"a\\\\b": "}"}},
 "Resources": {
  "Group": {
   "Type": "AWS::EC2::SecurityGroup",
   "Properties": {
    "SecurityGroupEgress": [
     {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp"},
     {"CidrIp": "10.0.0.0/8"}
    ],
    "Tags": []
   }
  },
  "a/b~c": {"Type": "X"}
 }
}
"""

YAML = """# a comment
Defaults: &defaults
  Type: AWS::EC2::SecurityGroup
Resources:
  Group:
    <<: *defaults
    Properties:
      SecurityGroupEgress:
        - CidrIp: !Sub
            - "${Block}"
            - Block: 0.0.0.0/0
        - !If [Open, {CidrIp: 0.0.0.0/0}, !Ref "AWS::NoValue"]
  Other:
    <<: [*defaults, text]
    Properties: {Ref: [1, 2]}
"""

PLACES: dict[str, tuple[str, str, str]] = {
    "a resource": (JSON, "/Resources/Group", '"Group": {'),
    "a property stands where its key does": (
        JSON,
        "/Resources/Group/Properties/SecurityGroupEgress",
        '"SecurityGroupEgress"',
    ),
    "an element": (JSON, "/Resources/Group/Properties/SecurityGroupEgress/1", '{"CidrIp": "10.'),
    "a key of an element": (JSON, "/Resources/Group/Properties/SecurityGroupEgress/1/CidrIp", '"CidrIp": "10.'),
    "a key behind another": (JSON, "/Resources/Group/Properties/SecurityGroupEgress/0/IpProtocol", '"IpProtocol"'),
    "escaped characters": (JSON, "/Resources/a~1b~0c/Type", '"Type": "X"'),
    "a missing key is its parent": (
        JSON,
        "/Resources/Group/Properties/SecurityGroupEgress/0/FromPort",
        '{"CidrIp": "0.',
    ),
    "a missing element is its list": (
        JSON,
        "/Resources/Group/Properties/SecurityGroupEgress/2",
        '"SecurityGroupEgress"',
    ),
    "an element far beyond": (JSON, "/Resources/Group/Properties/SecurityGroupEgress/9", '"SecurityGroupEgress"'),
    "an element of an empty list": (JSON, "/Resources/Group/Properties/Tags/0", '"Tags"'),
    "a word in a list": (JSON, "/Resources/Group/Properties/Tags/Key", '"Tags"'),
    "a path below text": (JSON, "/Resources/Group/Type/Fn::If/1", '"Type": "AWS'),
    "nothing of it": (JSON, "/Outputs/X", "{\n"),
    "the whole": (JSON, "", "{\n"),
    "a resource in YAML": (YAML, "/Resources/Group", "Group:"),
    "a property in YAML": (YAML, "/Resources/Group/Properties/SecurityGroupEgress", "SecurityGroupEgress:"),
    "an element in YAML": (YAML, "/Resources/Group/Properties/SecurityGroupEgress/0", "CidrIp: !Sub"),
    "below a short tag": (
        YAML,
        "/Resources/Group/Properties/SecurityGroupEgress/0/CidrIp/Fn::Sub/1/Block",
        "Block: 0.0.0.0/0",
    ),
    "a branch of a short tag": (
        YAML,
        "/Resources/Group/Properties/SecurityGroupEgress/1/Fn::If/1",
        "{CidrIp: 0.0.0.0/0}, !Ref",
    ),
    "what a merge brings": (YAML, "/Resources/Group/Type", "Type: AWS::EC2::SecurityGroup"),
    "what a list of merges brings": (YAML, "/Resources/Other/Type", "Type: AWS::EC2::SecurityGroup"),
    "a missing key in YAML": (YAML, "/Resources/Group/Properties/Tags", "Properties:\n      SecurityGroupEgress"),
    "a missing element in YAML": (YAML, "/Resources/Other/Properties/Ref/7", "Ref: [1"),
    "a word in a list in YAML": (YAML, "/Resources/Other/Properties/Ref/x", "Ref: [1"),
    "nothing of it in YAML": (YAML, "/Outputs", "Defaults:"),
    "braces that are YAML": ("{a: 1,\n b: 2}", "/b", "b: 2"),
}


@pytest.mark.parametrize(("text", "pointer", "words"), PLACES.values(), ids=PLACES)
def test_a_path_is_found(text: str, pointer: str, words: str) -> None:
    line, column = locate(text, pointer)
    assert text.split("\n", line - 1)[-1][column - 1 :].startswith(words)


@pytest.mark.parametrize("text", ["", "\x00", "{", '{"a": ', '{"a":' * 50_000, "\n- " + "[" * 60 + "]" * 60])
def test_a_text_that_cannot_be_read_has_only_a_beginning(text: str) -> None:
    assert locate(text, "/0/b") == (1, 1)


def test_a_megabyte_takes_no_time_worth_noticing() -> None:
    entries = ",\n".join(f'"R{number}": {{"Type": "X", "Properties": {{"A": [1, 2, 3]}}}}' for number in range(20_000))
    text = f'{{"Resources": {{\n{entries}\n}}}}'
    assert len(text) > 1_000_000
    started = time.process_time()
    assert locate(text, "/Resources/R19999/Properties/A/2") == (20_001, text.splitlines()[20_000].index("3]") + 1)
    assert time.process_time() - started < 2
