"""Network ACLs, as an account answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import Acl, AclAssociation, AclEntry, Icmp
from agent_perimeter.source import Origin
from agent_perimeter.values import ALL_PORTS, Cidr, PortRange
from tests.unit.accounts import VPC, live, reason

ENTRY: dict[str, Json] = {
    "RuleNumber": 100,
    "Egress": True,
    "RuleAction": "allow",
    "Protocol": "6",
    "CidrBlock": "0.0.0.0/0",
    "PortRange": {"From": 443, "To": 443},
}
LAST: Json = {"RuleNumber": 32767, "Egress": True, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}
LAST_6: Json = {"RuleNumber": 32768, "Egress": False, "RuleAction": "deny", "Protocol": "-1", "Ipv6CidrBlock": "::/0"}


def acl(*entries: Json, **more: Json) -> dict[str, Json]:
    return {
        "NetworkAclId": "acl-0a",
        "VpcId": VPC,
        "IsDefault": False,
        "Entries": list(entries),
        "Associations": [],
        **more,
    }


def entry(**written: Json) -> AclEntry:
    (found,) = live({"ec2:DescribeNetworkAcls": [acl(ENTRY | written)]}).acls
    (one,) = found.entries
    return one


def test_an_acl_without_the_entries_that_end_every_one() -> None:
    assert live({"ec2:DescribeNetworkAcls": [acl(ENTRY, LAST, LAST_6)]}).acls == (
        Acl(
            id="acl-0a",
            origin=Origin(path="eu-west-1/acl-0a"),
            vpc=VPC,
            default=False,
            entries=(
                AclEntry(
                    id="acl-0a/egress/100",
                    origin=Origin(path="eu-west-1/acl-0a#egress/100"),
                    number=100,
                    egress=True,
                    allow=True,
                    protocol=6,
                    ports=PortRange(443, 443),
                    cidr=Cidr.parse("0.0.0.0/0"),
                ),
            ),
        ),
    )


def test_a_last_entry_that_allows_is_one_like_any_other() -> None:
    assert entry(RuleNumber=32767).id == "acl-0a/egress/32767"


def test_the_default_acl_goes_by_the_judges_own_id() -> None:
    listed: Json = [
        acl(ENTRY, IsDefault=True, Associations=[{"NetworkAclAssociationId": "aclassoc-1", "SubnetId": "subnet-0a"}])
    ]
    found = live({"ec2:DescribeNetworkAcls": listed})
    assert [(one.id, one.default, one.origin.path) for one in found.acls] == [
        (f"{VPC}/default-acl", True, "eu-west-1/acl-0a")
    ]
    assert found.acls[0].entries[0].id == f"{VPC}/default-acl/egress/100"
    assert found.acl_associations == ()


def test_the_subnets_of_an_acl() -> None:
    given: Json = [{"NetworkAclAssociationId": "aclassoc-1", "SubnetId": "subnet-0a"}, {"SubnetId": "subnet-0b"}]
    assert live({"ec2:DescribeNetworkAcls": [acl(Associations=given)]}).acl_associations == (
        AclAssociation(id="acl-0a/1", origin=Origin(path="eu-west-1/acl-0a#/Associations/1"), subnet="subnet-0b", acl="acl-0a"),
        AclAssociation(id="aclassoc-1", origin=Origin(path="eu-west-1/acl-0a#/Associations/0"), subnet="subnet-0a", acl="acl-0a"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "protocol", "ports"),
    [
        ({"Protocol": "-1", "PortRange": None}, None, None),
        ({"Protocol": "17", "PortRange": None}, 17, ALL_PORTS),
        ({"Protocol": "1", "IcmpTypeCode": {"Type": 3, "Code": 4}}, 1, Icmp(3, 4)),
        ({"Protocol": "58", "IcmpTypeCode": {"Type": -1, "Code": -1}}, 58, Icmp(None, None)),
        ({"Protocol": "50", "PortRange": None}, 50, None),
    ],
)
def test_protocols_and_ports(written: dict[str, Json], protocol: int | None, ports: object) -> None:
    found = entry(**written)
    assert (found.protocol, found.ports) == (protocol, ports)


def test_an_ipv6_entry_that_comes_in_and_is_denied() -> None:
    found = entry(CidrBlock=None, Ipv6CidrBlock="::/0", Egress=False, RuleAction="deny")
    assert (str(found.cidr), found.egress, found.allow, found.id) == ("::/0", False, False, "acl-0a/ingress/100")


@pytest.mark.parametrize(
    ("written", "field", "why"),
    [
        ({"RuleNumber": None}, "number", "/RuleNumber: RuleNumber is missing"),
        ({"Egress": None}, "egress", "/Egress: Egress is missing"),
        ({"RuleAction": None}, "allow", "/RuleAction: RuleAction is missing"),
        ({"RuleAction": "perhaps"}, "allow", "/RuleAction: 'perhaps' is neither allow nor deny"),
        ({"Protocol": "300"}, "ports", "/Protocol: 300 is no IP protocol"),
        ({"CidrBlock": None}, "cidr", ": a network ACL entry has one block, not 0"),
        ({"Ipv6CidrBlock": "::/0"}, "cidr", ": a network ACL entry has one block, not 2"),
        ({"PortRange": {"From": 443}}, "ports", "/PortRange/From: ports run from 0 to 65535, not 443--1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_a_doubt(written: dict[str, Json], field: str, why: str) -> None:
    assert reason(getattr(entry(**written), field)) == f"acl-0a#/Entries/0{why}"


def test_an_entry_without_a_number_or_a_side_has_an_id_all_the_same() -> None:
    assert entry(RuleNumber=None, Egress=None).id == "acl-0a/?/?"


@pytest.mark.parametrize("key", ["Entries", "Associations"])
def test_a_list_that_is_missing_may_hold_anything(key: str) -> None:
    found = live({"ec2:DescribeNetworkAcls": [acl(Associations=[]) | {key: None}]})
    (unknown,) = found.acls[0].entries if key == "Entries" else found.acl_associations
    assert reason(unknown.maybe) == f"acl-0a#/{key}: {key} is missing"
