"""Security groups: inline, standalone and implied rules, and what their values mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_perimeter.observed import Doubt, GroupRef, GroupRule, Icmp, ListRef, ManagedList, SecurityGroup
from agent_perimeter.values import ALL_PORTS, ANY_IPV4, ANY_IPV6, Cidr, PortRange
from tests.unit.lifted import AT, MAYBE, VPC, Json, Resources, attribute, lifted, lifted_in, lifted_text, ref

HTTPS: dict[str, Json] = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "198.51.100.0/24"}


def group(properties: dict[str, Json], more: Resources | None = None, /, **sections: Json) -> SecurityGroup:
    """The group ``Group`` with these properties, among ``more`` resources."""
    written: dict[str, Json] = {"GroupDescription": "g", "VpcId": ref("Vpc"), **properties}
    network = lifted({**VPC, "Group": ("AWS::EC2::SecurityGroup", written), **(more or {})}, **sections)
    return next(found for found in network.security_groups if found.id == "net/Group")


def egress(rule: dict[str, Json], more: Resources | None = None) -> GroupRule:
    (found,) = group({"SecurityGroupEgress": [rule]}, more).egress
    return found


def implied(found: SecurityGroup) -> list[GroupRule]:
    return [rule for rule in found.egress if "/implied-" in rule.id]


@pytest.mark.parametrize("properties", [{}, {"SecurityGroupEgress": []}, {"SecurityGroupEgress": ref("AWS::NoValue")}])
def test_without_egress_rules_ec2_allows_all(properties: dict[str, Json]) -> None:
    rules = group(properties).egress
    assert [(rule.peer, rule.protocol, rule.ports, rule.maybe) for rule in rules] == [
        (ANY_IPV4, None, None, None),
        (ANY_IPV6, None, None, None),
    ]
    assert rules[0].origin.path == f"{AT}/Group/Properties/SecurityGroupEgress"


def test_one_sure_rule_replaces_what_ec2_implies() -> None:
    (rule,) = group({"SecurityGroupEgress": [{**HTTPS, "Description": "to there"}]}).egress
    assert (rule.id, rule.protocol, rule.ports, rule.peer, rule.maybe, rule.description) == (
        "net/Group/egress/0",
        6,
        PortRange.single(443),
        Cidr.parse("198.51.100.0/24"),
        None,
        "to there",
    )
    assert rule.origin.path == f"{AT}/Group/Properties/SecurityGroupEgress/0"


def test_a_rule_that_may_not_be_there_leaves_the_implied_ones_possible() -> None:
    conditional: Json = {"Fn::If": ["On", HTTPS, ref("AWS::NoValue")]}
    found = group({"SecurityGroupEgress": [conditional]}, **MAYBE)
    assert [rule.maybe is not None for rule in found.egress] == [True, True, True]
    assert len(implied(found)) == 2


STANDALONE: Resources = {"Rule": ("AWS::EC2::SecurityGroupEgress", {"GroupId": attribute("Group", "GroupId"), **HTTPS})}


def test_standalone_rules_alone_may_leave_the_implied_ones() -> None:
    found = group({}, STANDALONE)
    assert [(rule.id, bool(rule.maybe)) for rule in found.egress] == [
        ("net/Group/egress/implied-4", True),
        ("net/Group/egress/implied-6", True),
        ("net/Rule", False),
    ]
    assert found.egress[0].maybe is not None
    assert "stand alone" in found.egress[0].maybe.reason


def test_standalone_rules_join_their_group_and_no_other() -> None:
    more: Resources = {**STANDALONE, "Other": ("AWS::EC2::SecurityGroup", {"GroupDescription": "o"})}
    found = group({"SecurityGroupEgress": [HTTPS]}, more)
    assert [rule.id for rule in found.egress] == ["net/Group/egress/0", "net/Rule"]
    assert found.egress[1].origin.path == f"{AT}/Rule"
    other = lifted({**VPC, **more, "Group": ("AWS::EC2::SecurityGroup", {"GroupDescription": "g"})})
    assert [len(each.egress) for each in other.security_groups if each.id == "net/Other"] == [2]


def test_a_rule_of_a_group_that_is_not_known_may_be_in_every_group() -> None:
    lost: Resources = {"Rule": ("AWS::EC2::SecurityGroupEgress", {"GroupId": "sg-0123", **HTTPS})}
    network = lifted({**VPC, **lost, "Group": ("AWS::EC2::SecurityGroup", {"SecurityGroupEgress": [HTTPS]})})
    for found in network.security_groups:
        (rule,) = [rule for rule in found.egress if rule.id == f"net/Rule/{found.id}"]
        assert rule.maybe is not None
        assert "sg-0123" in rule.maybe.reason


def test_a_rule_behind_a_condition_may_not_be_there() -> None:
    rule: dict[str, Json] = {"GroupId": ref("Group"), **HTTPS, "Condition": "On"}
    found = group({"SecurityGroupEgress": [HTTPS]}, {"Rule": ("AWS::EC2::SecurityGroupEgress", rule)}, **MAYBE)
    assert [rule.maybe is None for rule in found.egress] == [True, False]


def test_the_default_group_allows_out_and_its_own_members_in_and_takes_standalone_rules() -> None:
    network = lifted(
        {
            **VPC,
            "Rule": ("AWS::EC2::SecurityGroupIngress", {"GroupId": attribute("Vpc", "DefaultSecurityGroup"), **HTTPS}),
        }
    )
    (default,) = network.security_groups
    assert [rule.peer for rule in default.egress] == [ANY_IPV4, ANY_IPV6]
    assert [(rule.id, rule.peer) for rule in default.ingress] == [
        ("net/Vpc/default-group/ingress/implied", GroupRef("net/Vpc/default-group")),
        ("net/Rule", Cidr.parse("198.51.100.0/24")),
    ]


@pytest.mark.parametrize(
    ("written", "protocol", "ports"),
    [
        ({"IpProtocol": "-1"}, None, None),
        ({"IpProtocol": -1, "FromPort": 1, "ToPort": 2}, None, None),
        ({"IpProtocol": "tcp"}, 6, ALL_PORTS),
        ({"IpProtocol": "TCP", "FromPort": "80", "ToPort": "90"}, 6, PortRange(80, 90)),
        ({"IpProtocol": "6", "FromPort": -1, "ToPort": -1}, 6, ALL_PORTS),
        ({"IpProtocol": 17, "FromPort": 53, "ToPort": 53}, 17, PortRange.single(53)),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1}, 1, Icmp(8, None)),
        ({"IpProtocol": "1"}, 1, Icmp(None, None)),
        ({"IpProtocol": "icmpv6", "FromPort": 128, "ToPort": 0}, 58, Icmp(128, 0)),
        ({"IpProtocol": "58", "FromPort": -1, "ToPort": -1}, 58, Icmp(None, None)),
        ({"IpProtocol": "50", "FromPort": 1, "ToPort": 1}, 50, None),
    ],
)
def test_protocols_and_ports(written: dict[str, Json], protocol: object, ports: object) -> None:
    rule = egress({**written, "CidrIp": "0.0.0.0/0"})
    assert (rule.protocol, rule.ports) == (protocol, ports)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({}, "IpProtocol is missing"),
        ({"IpProtocol": "gre"}, "'gre' is no IP protocol that EC2 names"),
        ({"IpProtocol": "256"}, "256 is no IP protocol"),
        ({"IpProtocol": "tcp", "FromPort": 90, "ToPort": 80}, "reversed"),
        ({"IpProtocol": "tcp", "FromPort": 90}, "from 0 to 65535"),
        ({"IpProtocol": "tcp", "FromPort": "http", "ToPort": 80}, "not a whole number"),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": {"x": 1}}, "not a whole number"),
        ({"IpProtocol": "icmp", "FromPort": 999}, "0 to 255"),
        ({"IpProtocol": "icmp", "FromPort": "echo"}, "not a whole number"),
    ],
)
def test_protocols_and_ports_that_are_not_known(written: dict[str, Json], reason: str) -> None:
    rule = egress({**written, "CidrIp": "0.0.0.0/0"})
    assert isinstance(rule.ports, Doubt)
    assert reason in rule.ports.reason
    assert rule.ports.path.startswith(f"{AT}/Group/Properties/SecurityGroupEgress/0/")


REGIONS: dict[str, Json] = {
    "eu-west-1": {"s3": "pl-6da54004", "dynamodb": "pl-6fa54006"},
    "us-east-1": {"s3": "pl-63a5400a", "dynamodb": "pl-02cd2c6b"},
}


def in_map(second: str) -> Json:
    return {"Fn::FindInMap": ["Lists", ref("AWS::Region"), second]}


def peer(value: dict[str, Json], rows: dict[str, Json] | None = None, more: Resources | None = None) -> object:
    rule: dict[str, Json] = {"IpProtocol": "tcp", **value}
    (found,) = group({"SecurityGroupEgress": [rule]}, more, Mappings={"Lists": rows or REGIONS}).egress
    return found.peer


LIST: Resources = {"List": ("AWS::EC2::PrefixList", {"Entries": [{"Cidr": "192.0.2.0/24"}]})}
OTHER: Resources = {"Other": ("AWS::EC2::SecurityGroup", {"GroupDescription": "o"})}


def test_peers() -> None:
    assert peer({"CidrIp": "10.1.2.3/8"}) == Cidr.parse("10.0.0.0/8")  # EC2 clears host bits
    assert peer({"CidrIpv6": "::/0"}) == ANY_IPV6
    assert peer({"CidrIp": attribute("Vpc", "CidrBlock")}) == Cidr.parse("10.0.0.0/16")
    assert peer({"DestinationPrefixListId": in_map("s3")}) == ManagedList("s3")
    assert peer({"DestinationPrefixListId": in_map("dynamodb")}) == ManagedList("dynamodb")
    assert peer({"DestinationPrefixListId": "pl-63a5400a"}) == ManagedList("s3")
    assert peer({"DestinationPrefixListId": ref("List")}, more=LIST) == ListRef("net/List")
    assert peer({"DestinationSecurityGroupId": attribute("Other", "GroupId")}, more=OTHER) == GroupRef("net/Other")
    own = attribute("Vpc", "DefaultSecurityGroup")
    assert peer({"DestinationSecurityGroupId": own}) == GroupRef("net/Vpc/default-group")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "without a peer"),
        ({"CidrIp": "everywhere"}, "'everywhere' is not an IPv4 or IPv6 block"),
        ({"CidrIp": attribute("Vpc", "DefaultNetworkAcl")}, "is not an IPv4 or IPv6 block"),
        ({"DestinationPrefixListId": "pl-6ea54007"}, "one of several services'"),
        ({"DestinationPrefixListId": "pl-0123456789abcdef0"}, "no known list"),
        ({"DestinationPrefixListId": ref("Vpc")}, "is no AWS::EC2::PrefixList"),
        ({"DestinationPrefixListId": in_map("nothing")}, "known at deployment only"),
        ({"DestinationSecurityGroupId": "sg-1"}, "sg-1"),
        ({"DestinationSecurityGroupId": ref("Vpc")}, "is no AWS::EC2::SecurityGroup"),
    ],
)
def test_peers_that_are_not_known(value: dict[str, Json], reason: str) -> None:
    found = peer(value)
    assert isinstance(found, Doubt)
    assert reason in found.reason


def test_an_id_that_services_share_is_known_where_the_region_is() -> None:
    rule: Json = {"IpProtocol": "tcp", "DestinationPrefixListId": "pl-6ea54007"}
    written: dict[str, Json] = {"GroupDescription": "g", "SecurityGroupEgress": [rule]}
    resources: Resources = {"Group": ("AWS::EC2::SecurityGroup", written)}
    peers = {region: lifted_in(region, resources).security_groups[0].egress[0].peer for region in IDS}
    assert peers["eu-central-1"] == ManagedList("s3")
    assert peers["us-west-1"] == ManagedList("dynamodb")
    assert isinstance(peers["eu-west-1"], Doubt)


IDS = ("eu-central-1", "us-west-1", "eu-west-1")


@pytest.mark.parametrize(
    "rows",
    [
        {**REGIONS, "eu-west-1": {"s3": "pl-6fa54006"}},  # DynamoDB's in this region, S3's in another
        {**REGIONS, "xx-new-1": {"s3": "pl-63a5400a"}},
        {**REGIONS, "eu-west-1": {"s3": ref("AWS::StackName")}},
    ],
)
def test_one_row_of_another_service_makes_a_mapping_unknown(rows: dict[str, Json]) -> None:
    found = peer({"DestinationPrefixListId": in_map("s3")}, rows)
    assert isinstance(found, Doubt)
    assert "is not known as the list of the same service as the others" in found.reason


def test_a_rule_with_two_peers_may_have_either() -> None:
    found = group({"SecurityGroupEgress": [{"IpProtocol": "tcp", "CidrIp": "192.0.2.0/24", "CidrIpv6": "::/0"}]})
    own = [rule for rule in found.egress if rule not in implied(found)]
    assert [rule.peer for rule in own] == [Cidr.parse("192.0.2.0/24"), ANY_IPV6]
    assert all(rule.maybe and "several peers" in rule.maybe.reason for rule in own)


def test_ingress_reads_sources_and_a_name_is_a_doubt() -> None:
    rules: list[Json] = [
        {"IpProtocol": "-1", "SourceSecurityGroupId": ref("Group")},
        {"IpProtocol": "-1", "SourcePrefixListId": "pl-63a5400a"},
        {"IpProtocol": "-1", "SourceSecurityGroupName": "web"},
    ]
    found = group({"SecurityGroupIngress": rules})
    assert [rule.peer for rule in found.ingress[:2]] == [GroupRef("net/Group"), ManagedList("s3")]
    assert isinstance(found.ingress[2].peer, Doubt)
    assert "named, not pointed at" in found.ingress[2].peer.reason


def test_a_list_of_rules_that_is_not_known_is_one_rule_of_doubts() -> None:
    found = group({"SecurityGroupEgress": {"Fn::ImportValue": "rules"}})
    rule = found.egress[0]
    assert isinstance(rule.peer, Doubt)
    assert isinstance(rule.protocol, Doubt)
    assert rule.maybe is not None
    assert len(implied(found)) == 2


def test_tags_name_the_agent_and_the_role() -> None:
    tags: list[Json] = [
        {"Key": "agent-perimeter:agent", "Value": "bot"},
        {"Key": "agent-perimeter:role", "Value": "agent"},
        {"Key": "Name", "Value": "bots"},
    ]
    found = group({"Tags": tags})
    assert (found.agent, found.role, found.name) == ("bot", "agent", "bots")
    unknown = group({"Tags": {"Fn::ImportValue": "tags"}})
    assert isinstance(unknown.agent, Doubt)
    assert isinstance(unknown.role, Doubt)
    maybe = group({"Tags": {"Fn::If": ["On", tags, ref("AWS::NoValue")]}}, **MAYBE)
    assert isinstance(maybe.agent, Doubt)
    assert maybe.name == ""


CLOSER = Path(__file__).parents[1] / "golden" / "isolated-agent.template.json"
FUNCTION, CUSTOM = "Perimeterdefaultgroupfunction32E1C9FF", "PerimeterdefaultgroupECED3E21"


def default_group(change: Callable[[dict[str, Any]], object]) -> SecurityGroup:
    """The default group of a golden template of ours, after a change of its resources."""
    template = json.loads(CLOSER.read_text(encoding="utf-8"))
    change(template["Resources"])
    return next(one for one in lifted_text(json.dumps(template)).security_groups if one.id.endswith("/default-group"))


def test_a_default_group_that_a_known_function_empties_has_no_rules() -> None:
    found = default_group(lambda _: None)
    assert (found.ingress, found.egress) == ((), ())


NOT_EMPTIED: dict[str, Callable[[dict[str, Any]], object]] = {
    "nobody calls the function": lambda all_: all_.pop(CUSTOM),
    "it is called for another group": lambda all_: all_[CUSTOM]["Properties"].update(GroupId="sg-1"),
    "it is not surely called": lambda all_: all_[CUSTOM].update(Condition="Never heard of"),
    "the function is not surely there": lambda all_: all_[FUNCTION].update(Condition="Never heard of"),
    "other code": lambda all_: all_[FUNCTION]["Properties"]["Code"].update(ZipFile="def handler(*_): pass"),
    "code that is not known": lambda all_: all_[FUNCTION]["Properties"]["Code"].update(
        ZipFile={"Fn::ImportValue": "x"}
    ),
    "another place for code": lambda all_: all_[FUNCTION]["Properties"]["Code"].update(S3Bucket="b"),
    "another handler": lambda all_: all_[FUNCTION]["Properties"].update(Handler="index.other"),
    "another language": lambda all_: all_[FUNCTION]["Properties"].update(Runtime="nodejs22.x"),
    "a layer": lambda all_: all_[FUNCTION]["Properties"].update(Layers=["arn:x"]),
    "a function from elsewhere": lambda all_: all_[CUSTOM]["Properties"].update(ServiceToken="arn:x"),
}


@pytest.mark.parametrize("change", NOT_EMPTIED.values(), ids=NOT_EMPTIED)
def test_a_default_group_that_nothing_known_empties_is_open(change: Callable[[dict[str, Any]], object]) -> None:
    found = default_group(change)
    assert [rule.peer for rule in found.egress] == [ANY_IPV4, ANY_IPV6]
    assert len(found.ingress) == 1
