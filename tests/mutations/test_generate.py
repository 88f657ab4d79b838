"""The generator misses no place, changes one thing at a time and never the template that it was given."""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path

import pytest

from tests.mutations.generate import LOCAL, mutants, sample
from tests.mutations.mutant import fingerprint
from tests.mutations.operators.suricata import Line
from tests.mutations.subject import LAYERS, Subject, at
from tests.mutations.tree import ABSENT, Value, get, pointer, put, walk

HERE = Path(__file__).parent
SUBJECT = Subject.read(HERE / "subjects" / "filtered.template.json")

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "Tags": []}}
SUBNET = {
    "Type": "AWS::EC2::Subnet",
    "Properties": {
        "VpcId": {"Ref": "Vpc"},
        "Tags": [{"Key": "agent-perimeter:agent", "Value": "a"}, {"Key": "agent-perimeter:role", "Value": "agent"}],
    },
}
TABLE = {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}}
JOINED = {
    "Type": "AWS::EC2::SubnetRouteTableAssociation",
    "Properties": {"SubnetId": {"Ref": "Subnet"}, "RouteTableId": {"Ref": "Table"}},
}
AGENT_TAGS = SUBNET["Properties"]["Tags"]  # type: ignore[index]


def _of(resource: Value) -> dict[str, Value]:
    """The mutants of one resource in a small network, by name, each as that resource."""
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Ref": "Vpc"}, "Tags": AGENT_TAGS}}
    network = {"Vpc": VPC, "Subnet": SUBNET, "Table": TABLE, "Joined": JOINED, "Group": group, "It": resource}
    subject = Subject("small", {"Resources": network})
    return {
        mutant.name: get(mutant.template, ("Resources", "It")) for mutant in mutants(subject) if mutant.resource == "It"
    }


ACL_ENTRY = {
    "Type": "AWS::EC2::NetworkAclEntry",
    "Properties": {
        "CidrBlock": "10.2.0.0/15",
        "Egress": True,
        "PortRange": {"From": 443, "To": 443},
        "Protocol": 6,
        "RuleAction": "deny",
        "RuleNumber": 100,
    },
}
POLICY = {
    "Type": "AWS::IAM::ManagedPolicy",
    "Properties": {"PolicyDocument": {"Statement": [{"Effect": "Deny", "Action": ["s3:Get"], "Resource": "a"}]}},
}
STATEMENT = "It/Properties/PolicyDocument/Statement"

EXPECTED: dict[str, tuple[Value, str, Value]] = {
    "a block becomes everything": (
        ACL_ENTRY,
        "widen block It/Properties/CidrBlock: 0.0.0.0/0",
        {"CidrBlock": "0.0.0.0/0"},
    ),
    "a block is doubled": (ACL_ENTRY, "widen block It/Properties/CidrBlock: 10.0.0.0/14", {"CidrBlock": "10.0.0.0/14"}),
    "a block is halved": (ACL_ENTRY, "narrow block It/Properties/CidrBlock: 10.2.0.0/16", {"CidrBlock": "10.2.0.0/16"}),
    "deny becomes allow": (ACL_ENTRY, "other choice It/Properties/RuleAction: allow", {"RuleAction": "allow"}),
    "a boolean is negated": (ACL_ENTRY, "negate It/Properties/Egress", {"Egress": False}),
    "ports are widened": (
        ACL_ENTRY,
        "change ports It/Properties/PortRange: 0 to 65535",
        {"PortRange": {"From": 0, "To": 65535}},
    ),
    "a number is one more": (ACL_ENTRY, "change number It/Properties/RuleNumber: 101", {"RuleNumber": 101}),
    "a protocol becomes all": (ACL_ENTRY, "change protocol It/Properties/Protocol: -1", {"Protocol": -1}),
    "a value stands behind a condition": (
        ACL_ENTRY,
        "behind a condition It/Properties/RuleAction",
        {"RuleAction": {"Fn::If": ["MutationCondition", "deny", {"Ref": "AWS::NoValue"}]}},
    ),
    "a value comes from a parameter": (
        ACL_ENTRY,
        "from a parameter It/Properties/CidrBlock",
        {"CidrBlock": {"Ref": "MutationParameter"}},
    ),
    "a property is taken from the schema": (
        ACL_ENTRY,
        "add property It/Properties: Ipv6CidrBlock=::/0",
        {"Ipv6CidrBlock": "::/0"},
    ),
    "an effect is turned": (
        POLICY,
        f"other choice {STATEMENT}/0/Effect: Allow",
        {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["s3:Get"], "Resource": "a"}]}},
    ),
    "an action becomes all": (
        POLICY,
        f"widen permission {STATEMENT}/0/Action/0: *",
        {"PolicyDocument": {"Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": "a"}]}},
    ),
}


@pytest.mark.parametrize(("resource", "name", "properties"), EXPECTED.values(), ids=EXPECTED)
def test_a_change_is_made(resource: Value, name: str, properties: Value) -> None:
    found = _of(resource)
    assert name in found, sorted(found)
    assert found[name] == {**resource, "Properties": {**resource["Properties"], **properties}}


RULE = (
    'pass tls $HOME_NET any -> any 443 (msg:"a; b"; flow:to_server; tls.sni; content:"api.example"; endswith; sid:1;)'
)

LAST = "drop tcp any any -> any any (flow:to_server; sid:2;)"

RULES: dict[str, tuple[str, str]] = {
    "an anchor is removed": ("rule: remove option", RULE.replace(" endswith;", "")),
    "the name is negated": ("rule: change option", RULE.replace('content:"', 'content:!"')),
    "the destination is any port": ("rule: change header", RULE.replace("any 443", "any any")),
    "pass becomes drop": ("rule: change action", RULE.replace("pass tls", "drop tls")),
    "the rule is gone": ("rule: delete", LAST),
    "another rule is asked first": ("rule: swap lines", f"{LAST}\n{RULE}"),
}


@pytest.mark.parametrize(("operator", "text"), RULES.values(), ids=RULES)
def test_a_rule_is_changed(operator: str, text: str) -> None:
    group = {
        "Type": "AWS::NetworkFirewall::RuleGroup",
        "Properties": {"RuleGroup": {"RulesSource": {"RulesString": f"{RULE}\n{LAST}"}}},
    }
    texts = {
        get(resource, ("Properties", "RuleGroup", "RulesSource", "RulesString"))
        for name, resource in _of(group).items()
        if name.startswith(operator)
    }
    assert {text, f"{text}\n{LAST}"} & texts


def test_a_rule_is_written_as_it_was_read() -> None:
    assert str(Line.read(RULE)) == RULE


def test_what_is_no_rule_is_not_skipped_in_silence() -> None:
    with pytest.raises(ValueError, match="no Suricata rule"):
        Line.read("pass everything")


class TestTheRealTemplate:
    """Generated once for all the tests of this class: it takes a second."""

    found = tuple(mutants(SUBJECT))

    def test_it_is_left_as_it_was(self) -> None:
        before = copy.deepcopy(SUBJECT.template)
        for mutant in self.found[::50]:
            assert mutant.template != before
        assert SUBJECT.template == before

    def test_every_property_of_every_resource_is_removed(self) -> None:
        made = {fingerprint(SUBJECT.template, mutant.template) for mutant in self.found}
        for logical in SUBJECT.resources:
            for path, _ in walk(get(SUBJECT.template, at(logical))):
                removed = put(SUBJECT.template, at(logical, *path), ABSENT)
                assert not path or fingerprint(SUBJECT.template, removed) in made, pointer((logical, *path))

    def test_every_operator_has_something_to_say(self) -> None:
        said = {mutant.operator for mutant in self.found}
        for operator in LOCAL:
            assert said >= OPERATORS_OF[operator.__name__]
        assert {operator.__name__ for operator in LOCAL} == set(OPERATORS_OF)

    def test_every_layer_is_met(self) -> None:
        assert {mutant.layer for mutant in self.found} >= set(LAYERS.values())

    def test_names_are_unique(self) -> None:
        assert [name for name, count in Counter(mutant.name for mutant in self.found).items() if count > 1] == []

    def test_the_order_is_always_the_same(self) -> None:
        assert [mutant.name for mutant in mutants(SUBJECT)] == [mutant.name for mutant in self.found]

    def test_a_sample_holds_every_operator_on_every_type(self) -> None:
        chosen = sample(self.found, 1)
        assert {(m.operator, m.kind) for m in chosen} == {(m.operator, m.kind) for m in self.found}
        assert [m.name for m in chosen] == [m.name for m in sample(self.found, 1)]
        assert [m.name for m in chosen] != [m.name for m in sample(self.found, 1, seed=1)]


OPERATORS_OF: dict[str, set[str]] = {
    "removed": {"remove property"},
    "emptied": {"empty"},
    "negated": {"negate"},
    "counted": {"change number"},
    "reordered": {"reorder"},
    "swapped_numbers": {"swap priorities"},
    "other_choice": {"other choice"},
    "told_more": {"add property"},
    "wider_blocks": {"widen block"},
    "wider_ports": {"change ports"},
    "protocols": {"change protocol"},
    "spellings": {"other choice"},
    "wider_names": {"widen name"},
    "wider_permissions": {"widen permission"},
    "other_tags": {"retag"},
    "retargeted": {"retarget"},
    "other_list": {"retarget"},
    "other_target": {"change target"},
    "rules": {"rule: delete"},
    "conditional": {"behind a condition"},
    "parameter": {"from a parameter"},
    "elsewhere": {"from elsewhere"},
}


def test_put_shares_what_it_leaves_alone() -> None:
    tree = {"a": {"b": [1, 2]}, "c": {"d": 3}}
    changed = put(tree, ("a", "b", 0), ABSENT)
    assert changed == {"a": {"b": [2]}, "c": {"d": 3}}
    assert changed["c"] is tree["c"]
    assert tree["a"] == {"b": [1, 2]}
