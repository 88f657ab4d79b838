"""VPCs and subnets: their blocks, zones and tags; network ACLs."""

from __future__ import annotations

import pytest

from agent_perimeter.observed import Acl, Doubt, Icmp, Subnet, Vpc
from agent_perimeter.values import ALL_PORTS, ANY_IPV4, ANY_IPV6, Cidr, PortRange
from tests.unit.lifted import AT, MAYBE, SUBNET, VPC, Json, Resources, attribute, lifted, ref

OTHER: Resources = {"Other": ("AWS::EC2::VPC", {"CidrBlock": "10.9.0.0/16"})}


def vpc(properties: dict[str, Json], more: Resources | None = None, **sections: Json) -> Vpc:
    network = lifted({"Vpc": ("AWS::EC2::VPC", properties), **(more or {})}, **sections)
    return next(found for found in network.vpcs if found.id == "net/Vpc")


def test_a_vpc_resolves_names_and_gives_none_by_default() -> None:
    found = vpc({"CidrBlock": "10.0.0.0/16"}, {"Odd": ("AWS::EC2::VPCCidrBlock", {"VpcId": ref("Other")}), **OTHER})
    assert (found.cidrs, found.ipv6_cidrs, found.dns_support, found.dns_hostnames) == (
        (Cidr.parse("10.0.0.0/16"),),
        (),
        True,
        False,
    )
    assert found.origin.path == f"{AT}/Vpc"
    switched = vpc({"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": "false", "EnableDnsHostnames": True})
    assert (switched.dns_support, switched.dns_hostnames) == (False, True)


def test_more_blocks_come_from_their_own_resources() -> None:
    block = "AWS::EC2::VPCCidrBlock"
    found = vpc(
        {"CidrBlock": "10.0.0.0/16"},
        {
            "A": (block, {"VpcId": ref("Vpc"), "CidrBlock": "10.1.0.0/16"}),
            "B": (block, {"VpcId": ref("Vpc"), "AmazonProvidedIpv6CidrBlock": True}),
            "C": (block, {"VpcId": ref("Vpc"), "Ipv6CidrBlock": "2001:db8::/56", "Condition": "On"}),
            "D": (block, {"VpcId": "vpc-1", "CidrBlock": "10.2.0.0/16"}),
        },
        **MAYBE,
    )
    assert found.cidrs[:2] == (Cidr.parse("10.0.0.0/16"), Cidr.parse("10.1.0.0/16"))
    assert isinstance(found.cidrs[2], Doubt)  # a block of some VPC, perhaps of this one
    assert [isinstance(cidr, Doubt) for cidr in found.ipv6_cidrs] == [True, True]
    assert found.ipv6_cidrs[0] == Doubt(
        "AWS chooses this block when it deploys", f"{AT}/B/Properties/AmazonProvidedIpv6CidrBlock"
    )


def test_blocks_from_pools_are_not_known() -> None:
    found = vpc(
        {"Ipv4IpamPoolId": "pool"}, {"B": ("AWS::EC2::VPCCidrBlock", {"VpcId": ref("Vpc"), "Ipv6IpamPoolId": "p"})}
    )
    assert [isinstance(cidr, Doubt) for cidr in (*found.cidrs, *found.ipv6_cidrs)] == [True, True]


@pytest.mark.parametrize(
    "properties",
    [
        {"CidrBlock": "10.0.0.0/16", "Ipv4IpamPoolId": "pool"},
        {"CidrBlock": "10.0.0.0/16", "Ipv4NetmaskLength": 16},
    ],
)
def test_a_block_and_a_pool_contradict_each_other(properties: dict[str, Json]) -> None:
    (found,) = vpc(properties).cidrs
    assert isinstance(found, Doubt)
    assert found.reason.startswith("CidrBlock and Ipv4")
    assert found.reason.endswith("both say which block this is")


def test_a_block_of_ones_own_comes_with_its_pool() -> None:
    block: Resources = {
        "A": ("AWS::EC2::VPCCidrBlock", {"VpcId": ref("Vpc"), "Ipv6CidrBlock": "2001:db8::/56", "Ipv6Pool": "pool"}),
        "B": ("AWS::EC2::VPCCidrBlock", {"VpcId": ref("Vpc"), "Ipv6Pool": "pool"}),
    }
    found = vpc({"CidrBlock": "10.0.0.0/16"}, block).ipv6_cidrs
    assert found[0] == Cidr.parse("2001:db8::/56")
    assert isinstance(found[1], Doubt)


def subnet(properties: dict[str, Json], more: Resources | None = None, **sections: Json) -> Subnet:
    return lifted({**VPC, "Subnet": ("AWS::EC2::Subnet", properties), **(more or {})}, **sections).subnets[0]


def test_a_subnet() -> None:
    found = subnet(
        {
            "VpcId": ref("Vpc"),
            "CidrBlock": "10.0.1.0/24",
            "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
            "MapPublicIpOnLaunch": True,
            "Tags": [
                {"Key": "agent-perimeter:agent", "Value": "bot"},
                {"Key": "agent-perimeter:role", "Value": "agent"},
            ],
        }
    )
    assert (found.vpc, found.cidr, found.ipv6_cidr, found.maps_public_ip, found.agent, found.role) == (
        "net/Vpc",
        Cidr.parse("10.0.1.0/24"),
        None,
        True,
        "bot",
        "agent",
    )
    assert not isinstance(found.zone, Doubt)


def test_a_subnet_of_which_little_is_known() -> None:
    found = subnet({"VpcId": "vpc-1", "Ipv4IpamPoolId": "pool", "Ipv6IpamPoolId": "pool"})
    assert all(isinstance(part, Doubt) for part in (found.vpc, found.cidr, found.ipv6_cidr, found.zone))
    assert (found.agent, found.role) == (None, None)


def test_an_ipv6_block_may_come_later() -> None:
    block = "AWS::EC2::SubnetCidrBlock"
    given: Resources = {"B": (block, {"SubnetId": ref("Subnet"), "Ipv6CidrBlock": "2001:db8::/64"})}
    assert subnet({"VpcId": ref("Vpc")}, given).ipv6_cidr == Cidr.parse("2001:db8::/64")
    lost: Resources = {"B": (block, {"SubnetId": "subnet-1", "Ipv6CidrBlock": "2001:db8::/64"})}
    assert isinstance(subnet({"VpcId": ref("Vpc")}, lost).ipv6_cidr, Doubt)


def acls(entry: dict[str, Json], more: Resources | None = None, **sections: Json) -> dict[str, Acl]:
    written: dict[str, Json] = {"NetworkAclId": ref("Acl"), "RuleNumber": 100, "RuleAction": "allow", **entry}
    network = lifted(
        {
            **SUBNET,
            "Acl": ("AWS::EC2::NetworkAcl", {"VpcId": ref("Vpc")}),
            "Entry": ("AWS::EC2::NetworkAclEntry", written),
            **(more or {}),
        },
        **sections,
    )
    return {acl.id: acl for acl in network.acls}


@pytest.mark.parametrize(
    ("written", "protocol", "ports"),
    [
        ({"Protocol": 6, "PortRange": {"From": 443, "To": 443}}, 6, PortRange.single(443)),
        ({"Protocol": "17", "PortRange": {"From": "1024", "To": "65535"}}, 17, PortRange(1024, 65535)),
        ({"Protocol": 6}, 6, ALL_PORTS),
        ({"Protocol": -1, "PortRange": {"From": 1, "To": 2}}, None, None),
        ({"Protocol": 1, "Icmp": {"Type": 8, "Code": -1}}, 1, Icmp(8, None)),
        ({"Protocol": 47}, 47, None),
    ],
)
def test_acl_entries(written: dict[str, Json], protocol: object, ports: object) -> None:
    (entry,) = acls({**written, "CidrBlock": "10.0.0.9/8", "Egress": "true"})["net/Acl"].entries
    assert (entry.protocol, entry.ports, entry.cidr) == (protocol, ports, Cidr.parse("10.0.0.0/8"))
    assert (entry.number, entry.egress, entry.allow) == (100, True, True)
    assert entry.origin.path == f"{AT}/Entry"


def test_an_entry_is_inbound_unless_it_says_otherwise() -> None:
    (entry,) = acls({"Protocol": -1, "Ipv6CidrBlock": "::/0", "RuleAction": "Deny"})["net/Acl"].entries
    assert (entry.egress, entry.allow, entry.cidr) == (False, False, ANY_IPV6)


def test_an_entry_of_which_little_is_known() -> None:
    unknown: Json = {"Fn::ImportValue": "x"}
    written: dict[str, Json] = dict.fromkeys(("RuleNumber", "RuleAction", "Protocol", "Egress"), unknown)
    (entry,) = acls(written)["net/Acl"].entries
    for part in (entry.number, entry.allow, entry.protocol, entry.ports, entry.egress, entry.cidr):
        assert isinstance(part, Doubt)
    (named,) = acls({"RuleAction": "pass", "Protocol": -1, "CidrBlock": "::/0"})["net/Acl"].entries
    assert isinstance(named.allow, Doubt)
    assert "neither allow nor deny" in named.allow.reason


def test_the_default_acl_allows_everything_and_takes_entries() -> None:
    found = acls({"NetworkAclId": attribute("Vpc", "DefaultNetworkAcl"), "Protocol": -1, "CidrBlock": "0.0.0.0/0"})
    default = found["net/Vpc/default-acl"]
    assert default.default
    assert [(entry.number, entry.egress, entry.cidr) for entry in default.entries[:4]] == [
        (100, False, ANY_IPV4),
        (101, False, ANY_IPV6),
        (100, True, ANY_IPV4),
        (101, True, ANY_IPV6),
    ]
    assert default.entries[4].id == "net/Entry"
    assert found["net/Acl"].entries == ()


def test_an_entry_of_an_acl_that_is_not_known_may_be_in_every_one() -> None:
    found = acls({"NetworkAclId": "acl-1", "Protocol": -1, "CidrBlock": "0.0.0.0/0"})
    for acl in found.values():
        assert acl.entries[-1].id == f"net/Entry/{acl.id}"
        assert acl.entries[-1].maybe is not None


def test_acl_associations() -> None:
    association: dict[str, Json] = {"SubnetId": ref("Subnet"), "NetworkAclId": ref("Acl"), "Condition": "On"}
    network = lifted(
        {
            **SUBNET,
            "Acl": ("AWS::EC2::NetworkAcl", {"VpcId": ref("Vpc")}),
            "A": ("AWS::EC2::SubnetNetworkAclAssociation", association),
        },
        **MAYBE,
    )
    (found,) = network.acl_associations
    assert (found.subnet, found.acl, found.maybe is not None) == ("net/Subnet", "net/Acl", True)


@pytest.mark.parametrize(
    ("zones", "reason"),
    [
        (
            {"AvailabilityZone": "a", "AvailabilityZoneId": "b"},
            "AvailabilityZone and AvailabilityZoneId both say where this is",
        ),
        ({}, "AvailabilityZone is missing"),
    ],
)
def test_a_zone_that_is_said_twice_or_never_is_not_known(zones: dict[str, Json], reason: str) -> None:
    found = subnet({"VpcId": ref("Vpc"), "CidrBlock": "10.0.0.0/24", **zones}).zone
    assert isinstance(found, Doubt)
    assert found.reason == reason


def test_a_subnet_may_surely_have_ipv6_and_nobody_know_which() -> None:
    unknown: Json = {"Fn::ImportValue": "x"}
    own: dict[str, Json] = {"VpcId": ref("Vpc"), "CidrBlock": "10.0.0.0/24"}
    assert subnet({**own, "Ipv6CidrBlock": unknown}).has_ipv6
    assert not subnet(own).has_ipv6
    perhaps: Json = {"Fn::If": ["On", "2001:db8::/64", ref("AWS::NoValue")]}
    assert not subnet({**own, "Ipv6CidrBlock": perhaps}, None, **MAYBE).has_ipv6
    block: dict[str, Json] = {"SubnetId": ref("Subnet"), "Ipv6CidrBlock": unknown}
    assert subnet(own, {"B": ("AWS::EC2::SubnetCidrBlock", block)}).has_ipv6
    assert not subnet(own, {"B": ("AWS::EC2::SubnetCidrBlock", {**block, "Condition": "On"})}, **MAYBE).has_ipv6


def test_where_two_properties_say_the_same_neither_is_believed() -> None:
    """EC2 refuses both at once, or takes the one that nobody meant."""
    both: dict[str, Json] = {
        "VpcId": ref("Vpc"),
        "CidrBlock": "10.0.1.0/24",
        "Ipv4IpamPoolId": "pool",
        "AvailabilityZone": "eu-1a",
        "AvailabilityZoneId": "euw1-az1",
    }
    found = subnet(both)
    assert isinstance(found.cidr, Doubt)
    assert found.cidr.reason == "CidrBlock and Ipv4IpamPoolId both say which block this is"
    assert isinstance(found.zone, Doubt)
    assert found.zone.reason == "AvailabilityZone and AvailabilityZoneId both say where this is"
    assert subnet({"VpcId": ref("Vpc"), "AvailabilityZoneId": "euw1-az1"}).zone == "euw1-az1"
