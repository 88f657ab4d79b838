"""The VPC, its subnets and its prefix lists, as an account answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.lift.snapshot import lift_snapshot
from agent_perimeter.observed import Doubt, ManagedList, PrefixList, Subnet, Vpc
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from tests.unit.accounts import ACCOUNT, REGION, VPC, live, reason, snapshot, tags, unread

SUBNET: dict[str, Json] = {
    "SubnetId": "subnet-0a",
    "VpcId": VPC,
    "AvailabilityZone": "eu-west-1a",
    "CidrBlock": "10.0.1.0/24",
    "MapPublicIpOnLaunch": False,
    "Ipv6Native": False,
    "Tags": tags(agent="bot", role="agent", Name="x/agent/0"),
}


def block(cidr: str, state: str, key: str = "CidrBlock") -> Json:
    return {key: cidr, f"{key}State": {"State": state}}


def vpc(*v4: Json, v6: Json = None) -> Vpc:
    written: Json = [
        {
            "VpcId": VPC,
            "DhcpOptionsId": "default",
            "CidrBlockAssociationSet": list(v4),
            "Ipv6CidrBlockAssociationSet": v6,
        }
    ]
    (found,) = live({"ec2:DescribeVpcs": written}).vpcs
    return found


def subnet(**changes: Json) -> Subnet:
    (found,) = live({"ec2:DescribeSubnets": [SUBNET | changes]}).subnets
    return found


def test_a_vpc_with_its_block_attributes_account_and_region() -> None:
    assert live({}).vpcs == (
        Vpc(
            id=VPC,
            origin=Origin(path=f"{REGION}/{VPC}"),
            cidrs=(Cidr.parse("10.0.0.0/16"),),
            ipv6_cidrs=(),
            dns_support=True,
            dns_hostnames=False,
            account=ACCOUNT,
            region=REGION,
        ),
    )


class TestBlocks:
    def test_added_blocks_of_both_versions_count(self) -> None:
        found = vpc(
            block("10.0.0.0/16", "associated"),
            block("10.1.0.0/16", "associated"),
            v6=[block("2001:db8::/56", "associated", "Ipv6CidrBlock")],
        )
        assert list(map(str, found.cidrs)) == ["10.0.0.0/16", "10.1.0.0/16"]
        assert list(map(str, found.ipv6_cidrs)) == ["2001:db8::/56"]

    @pytest.mark.parametrize("state", ["disassociated", "failed"])
    def test_what_is_not_associated_is_no_block(self, state: str) -> None:
        assert vpc(block("10.0.0.0/16", state)).cidrs == ()

    @pytest.mark.parametrize("state", ["associating", "disassociating", "failing", "sleeping"])
    def test_what_is_between_may_be_one(self, state: str) -> None:
        (found,) = vpc(block("10.0.0.0/16", state)).cidrs
        assert reason(found) == f"{VPC}#/CidrBlockAssociationSet/0/CidrBlockState/State: its state is {state}"

    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ({"CidrBlockState": {"State": "associated"}}, "/0/CidrBlock: CidrBlock is missing"),
            ({"CidrBlock": "10.0.0.0/16"}, "/0/CidrBlockState/State: State is missing"),
            (block("anything", "associated"), "/0/CidrBlock: 'anything' is not an IPv4 or IPv6 block"),
            ("10.0.0.0/16", "/0/CidrBlockState/State: '10.0.0.0/16' stands where a mapping with CidrBlockState is expected"),
        ],
        ids=["no block", "no state", "no CIDR", "no object"],
    )  # fmt: skip
    def test_what_cannot_be_read_is_a_doubt(self, written: Json, why: str) -> None:
        (found,) = vpc(written).cidrs
        assert reason(found) == f"{VPC}#/CidrBlockAssociationSet{why}"

    def test_a_vpc_that_does_not_tell_its_blocks_may_have_any(self) -> None:
        (found,) = live({"ec2:DescribeVpcs": [{"VpcId": VPC}]}).vpcs[0].cidrs
        assert reason(found) == f"{VPC}#/CidrBlockAssociationSet: CidrBlockAssociationSet is missing"


class TestAttributes:
    CALL = f"ec2:DescribeVpcAttribute VpcId={VPC} Attribute=enableDnsSupport"

    def test_a_denied_call_is_a_doubt_that_names_the_permission(self) -> None:
        found = lift_snapshot(snapshot({}, unread(self.CALL), without={self.CALL})).network.vpcs[0]
        assert reason(found.dns_support) == (
            f"{VPC}: ec2:DescribeVpcAttribute of {VPC} enableDnsSupport was not read: AccessDenied: no; "
            "allow ec2:DescribeVpcAttribute"
        )
        assert found.dns_hostnames is False

    def test_a_call_that_was_not_made_is_a_doubt(self) -> None:
        found = lift_snapshot(snapshot({}, without={self.CALL})).network.vpcs[0]
        assert reason(found.dns_support) == f"{VPC}: enableDnsSupport was not asked for"

    def test_an_answer_without_a_value_is_a_doubt(self) -> None:
        (found,) = live({self.CALL: {"EnableDnsSupport": {}}}).vpcs
        assert reason(found.dns_support) == f"{VPC}#/EnableDnsSupport/Value: Value is missing"


class TestSubnets:
    def test_a_subnet_with_its_tags(self) -> None:
        assert subnet() == Subnet(
            id="subnet-0a",
            origin=Origin(path="eu-west-1/subnet-0a"),
            vpc=VPC,
            zone="eu-west-1a",
            cidr=Cidr.parse("10.0.1.0/24"),
            ipv6_cidr=None,
            maps_public_ip=False,
            agent="bot",
            role="agent",
            name="x/agent/0",
        )

    def test_an_ipv6_block(self) -> None:
        found = subnet(Ipv6CidrBlockAssociationSet=[block("2001:db8::/64", "associated", "Ipv6CidrBlock")])
        assert (str(found.ipv6_cidr), found.has_ipv6) == ("2001:db8::/64", True)

    def test_two_ipv6_blocks_are_a_doubt(self) -> None:
        both: list[Json] = [block(f"2001:db8:{n}::/64", "associated", "Ipv6CidrBlock") for n in (1, 2)]
        found = subnet(Ipv6CidrBlockAssociationSet=both)
        assert reason(found.ipv6_cidr) == "subnet-0a#/Ipv6CidrBlockAssociationSet: a subnet has one IPv6 block"

    def test_one_for_ipv6_alone_has_no_ipv4_block(self) -> None:
        assert subnet(Ipv6Native=True, CidrBlock=None).cidr is None

    @pytest.mark.parametrize(
        ("key", "field"),
        [
            ("CidrBlock", "cidr"),
            ("MapPublicIpOnLaunch", "maps_public_ip"),
            ("AvailabilityZone", "zone"),
            ("VpcId", "vpc"),
        ],
    )
    def test_a_missing_member_is_a_doubt(self, key: str, field: str) -> None:
        assert reason(getattr(subnet(**{key: None}), field)) == f"subnet-0a#/{key}: {key} is missing"


OWN: Json = {"PrefixListId": "pl-0a", "OwnerId": ACCOUNT, "PrefixListName": "partners"}


class TestPrefixLists:
    ENTRIES = "ec2:GetManagedPrefixListEntries PrefixListId=pl-0a"

    def test_a_list_of_the_account_with_its_entries(self) -> None:
        found = live({"ec2:DescribeManagedPrefixLists": [OWN], self.ENTRIES: {"Entries": [{"Cidr": "192.0.2.0/24"}]}})
        assert found.prefix_lists == (
            PrefixList(id="pl-0a", origin=Origin(path="eu-west-1/pl-0a"), entries=(Cidr.parse("192.0.2.0/24"),)),
        )

    def test_entries_that_were_not_read_are_a_doubt(self) -> None:
        (found,) = live({"ec2:DescribeManagedPrefixLists": [OWN]}, unread(self.ENTRIES)).prefix_lists
        (entry,) = found.entries
        assert reason(entry).startswith("pl-0a: ec2:GetManagedPrefixListEntries of pl-0a was not read: AccessDenied")

    def test_entries_of_another_list_that_were_not_read_are_no_reason(self) -> None:
        other = unread("ec2:GetManagedPrefixListEntries PrefixListId=pl-0b")
        (found,) = live({"ec2:DescribeManagedPrefixLists": [OWN]}, other).prefix_lists
        (entry,) = found.entries
        assert reason(entry) == "pl-0a: ec2:GetManagedPrefixListEntries was not asked about pl-0a"

    @pytest.mark.parametrize(
        ("listed", "expected"),
        [
            ({"PrefixListName": "com.amazonaws.eu-west-1.s3"}, ManagedList("s3")),
            ({"PrefixListName": "com.amazonaws.global.cloudfront.origin-facing"}, ManagedList("global.cloudfront.origin-facing")),
            ({}, Doubt("PrefixListName is missing", "eu-west-1/pl-0b#/PrefixListName")),
        ],
        ids=["a service's", "everywhere's", "one without a name"],
    )  # fmt: skip
    def test_a_list_of_aws_is_known_by_its_service_and_is_no_record(
        self, listed: dict[str, Json], expected: ManagedList | Doubt
    ) -> None:
        own: dict[str, Json] = {"PrefixListId": "pl-0b", "OwnerId": "AWS"}
        found = live(
            {
                "ec2:DescribeManagedPrefixLists": [own | listed],
                "ec2:DescribeSecurityGroups": [
                    {
                        "GroupId": "sg-0a",
                        "GroupName": "x",
                        "VpcId": VPC,
                        "IpPermissionsEgress": [{"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-0b"}]}],
                    }
                ],
            }
        )
        assert found.prefix_lists == ()
        assert found.security_groups[0].egress[0].peer == expected
