"""Security groups and their rules, as an account answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import GroupRef, GroupRule, Icmp, ListRef, SecurityGroup
from agent_perimeter.source import Origin
from agent_perimeter.values import ALL_PORTS, Cidr, PortRange
from tests.unit.accounts import ACCOUNT, VPC, live, reason, tags

ANY: Json = [{"CidrIp": "0.0.0.0/0"}]


def group(*egress: Json, name: str = "sg-0a", **more: Json) -> dict[str, Json]:
    return {
        "GroupId": name,
        "GroupName": "x",
        "VpcId": VPC,
        "IpPermissions": [],
        "IpPermissionsEgress": list(egress),
        **more,
    }


def rules(*egress: Json) -> tuple[GroupRule, ...]:
    groups: Json = [group(*egress), group(name="sg-0b"), group(name="sg-0d", GroupName="default")]
    lists: Json = [{"PrefixListId": "pl-0a", "OwnerId": ACCOUNT}]
    found = live({"ec2:DescribeSecurityGroups": groups, "ec2:DescribeManagedPrefixLists": lists})
    return found.security_groups[0].egress


def rule(**written: Json) -> GroupRule:
    (found,) = rules({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ANY, **written})
    return found


def test_a_group_with_its_tags_and_no_rule() -> None:
    listed: Json = [group(Tags=tags(agent="bot", role="agent", Name="x/group"))]
    assert live({"ec2:DescribeSecurityGroups": listed}).security_groups == (
        SecurityGroup(
            id="sg-0a",
            origin=Origin(path="eu-west-1/sg-0a"),
            vpc=VPC,
            agent="bot",
            role="agent",
            ingress=(),
            egress=(),
            name="x/group",
        ),
    )


def test_a_rule_of_the_default_group_goes_by_the_judges_own_id() -> None:
    inbound: Json = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0d", "UserId": ACCOUNT}]}]
    listed: Json = [group(name="sg-0d", GroupName="default", IpPermissions=inbound)]
    (found,) = live({"ec2:DescribeSecurityGroups": listed}).security_groups
    assert (found.id, found.origin.path) == (f"{VPC}/default-group", "eu-west-1/sg-0d")
    assert found.ingress == (
        GroupRule(
            id=f"{VPC}/default-group/ingress/all/all/sg-0d",
            origin=Origin(path="eu-west-1/sg-0d#ingress/all/all/sg-0d"),
            protocol=None,
            ports=None,
            peer=GroupRef(f"{VPC}/default-group"),
        ),
    )


def test_every_peer_of_a_permission_is_a_rule() -> None:
    found = rules(
        {
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 444,
            "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "a partner"}],
            "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}],
            "PrefixListIds": [{"PrefixListId": "pl-0a"}],
            "UserIdGroupPairs": [{"GroupId": "sg-0b", "UserId": ACCOUNT}],
        }
    )
    assert [(one.id, one.peer, one.description) for one in found] == [
        ("sg-0a/egress/tcp/443-444/192.0.2.0/24", Cidr.parse("192.0.2.0/24"), "a partner"),
        ("sg-0a/egress/tcp/443-444/2001:db8::/32", Cidr.parse("2001:db8::/32"), ""),
        ("sg-0a/egress/tcp/443-444/pl-0a", ListRef("pl-0a"), ""),
        ("sg-0a/egress/tcp/443-444/sg-0b", GroupRef("sg-0b"), ""),
    ]
    assert {one.ports for one in found} == {PortRange(443, 444)}


@pytest.mark.parametrize(
    ("written", "protocol", "ports", "spelled"),
    [
        ({"IpProtocol": "-1", "FromPort": None, "ToPort": None}, None, None, "all/all"),
        ({"IpProtocol": "udp", "FromPort": 53, "ToPort": 53}, 17, PortRange(53, 53), "udp/53"),
        ({"IpProtocol": "17", "FromPort": -1, "ToPort": -1}, 17, ALL_PORTS, "udp/0-65535"),
        ({"IpProtocol": "tcp", "FromPort": None, "ToPort": None}, 6, ALL_PORTS, "tcp/0-65535"),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1}, 1, Icmp(8, None), "icmp/8-all"),
        ({"IpProtocol": "icmpv6", "FromPort": -1, "ToPort": -1}, 58, Icmp(None, None), "icmpv6/all-all"),
        ({"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}, 1, Icmp(252, 86), "icmp/252-86"),
        ({"IpProtocol": "47", "FromPort": None, "ToPort": None}, 47, None, "47/all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_protocols_and_ports(written: dict[str, Json], protocol: int, ports: object, spelled: str) -> None:
    found = rule(**written)
    assert (found.protocol, found.ports, found.id) == (protocol, ports, f"sg-0a/egress/{spelled}/0.0.0.0/0")


class TestWhatIsNotKnown:
    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ({"IpProtocol": None}, "sg-0a#/IpPermissionsEgress/0/IpProtocol: IpProtocol is missing"),
            (
                {"IpProtocol": "warp"},
                "sg-0a#/IpPermissionsEgress/0/IpProtocol: 'warp' is no IP protocol that EC2 names",
            ),
        ],
    )
    def test_an_unknown_protocol_makes_the_ports_unknown_too(self, written: dict[str, Json], why: str) -> None:
        found = rule(**written)
        assert reason(found.protocol) == why
        assert found.ports == found.protocol
        assert found.id == "sg-0a/egress/?/?/0.0.0.0/0"

    def test_half_a_range_of_ports(self) -> None:
        assert reason(rule(ToPort=None).ports).startswith("sg-0a#/IpPermissionsEgress/0/FromPort: ports run from 0")

    @pytest.mark.parametrize(
        ("peers", "why"),
        [
            ({"IpRanges": []}, ": a security group rule without a peer"),
            ({"IpRanges": [{}]}, "/IpRanges/0/CidrIp: CidrIp is missing"),
            ({"IpRanges": ["0.0.0.0/0"]}, "/IpRanges/0/CidrIp: '0.0.0.0/0' stands where a mapping with CidrIp is expected"),
            ({"IpRanges": [], "UserIdGroupPairs": [{"GroupId": "sg-0x", "VpcId": "vpc-0b"}]}, "/UserIdGroupPairs/0/GroupId: sg-0x is not a security group of this VPC"),
            ({"IpRanges": [], "UserIdGroupPairs": [{"GroupName": "x"}]}, "/UserIdGroupPairs/0/GroupId: GroupId is missing"),
            ({"IpRanges": [], "PrefixListIds": [{"PrefixListId": "pl-0x"}]}, "/PrefixListIds/0/PrefixListId: which list pl-0x is was not read"),
        ],
        ids=["none", "one without a block", "no object", "a group elsewhere", "a group by name", "a list that was not read"],
    )  # fmt: skip
    def test_an_unknown_peer(self, peers: dict[str, Json], why: str) -> None:
        assert reason(rule(**peers).peer) == f"sg-0a#/IpPermissionsEgress/0{why}"

    def test_permissions_that_are_no_list_are_a_rule_that_nobody_knows(self) -> None:
        (found,) = live({"ec2:DescribeSecurityGroups": [group(IpPermissionsEgress="everything")]}).security_groups
        (unknown,) = found.egress
        assert reason(unknown.peer) == "sg-0a#/IpPermissionsEgress: 'everything' is not a mapping"

    @pytest.mark.parametrize("key", ["IpPermissions", "IpPermissionsEgress"])
    def test_permissions_that_are_missing_are_one_too(self, key: str) -> None:
        (found,) = live({"ec2:DescribeSecurityGroups": [group() | {key: None}]}).security_groups
        (unknown,) = (*found.ingress, *found.egress)
        assert reason(unknown.maybe) == f"sg-0a#/{key}: {key} is missing"
