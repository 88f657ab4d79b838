"""Network interfaces, as an account answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import Interface
from agent_perimeter.source import Origin
from tests.unit.accounts import ACCOUNT, VPC, Answers, live, reason

INTERFACE: dict[str, Json] = {
    "NetworkInterfaceId": "eni-0a",
    "Description": "a worker",
    "InterfaceType": "interface",
    "RequesterManaged": False,
    "SubnetId": "subnet-0a",
    "Groups": [{"GroupId": "sg-0a"}],
    "SourceDestCheck": True,
    "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5"}],
}
GROUPS: Answers = {"ec2:DescribeSecurityGroups": [{"GroupId": "sg-0a", "GroupName": "x", "VpcId": VPC}]}
FIREWALL = f"arn:aws:network-firewall:eu-west-1:{ACCOUNT}:firewall/wall"


def found(answers: Answers | None = None, **written: Json) -> tuple[Interface, ...]:
    return live({**GROUPS, "ec2:DescribeNetworkInterfaces": [INTERFACE | written], **(answers or {})}).interfaces


def one(**written: Json) -> Interface:
    (interface,) = found(None, **written)
    return interface


def test_a_private_interface() -> None:
    assert found() == (
        Interface(
            id="eni-0a",
            origin=Origin(path="eu-west-1/eni-0a"),
            what="a worker",
            subnet="subnet-0a",
            groups=("sg-0a",),
            public=False,
        ),
    )


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ({"Description": ""}, "interface"),
        ({"Description": None, "InterfaceType": "lambda"}, "lambda"),
        ({"Description": None, "InterfaceType": None}, "network interface"),
    ],
)
def test_what_has_no_description_is_called_by_its_type(written: dict[str, Json], what: str) -> None:
    assert one(**written).what == what


@pytest.mark.parametrize(
    "written",
    [
        {"Association": {"PublicIp": "192.0.2.1"}},
        {"Association": {"CarrierIp": "192.0.2.1"}},
        {"Association": {"CustomerOwnedIp": "192.0.2.1"}},
        {"PrivateIpAddresses": [{}, {"Association": {"PublicIp": "192.0.2.1"}}]},
    ],
    ids=["a public address", "a carrier's", "an owned one", "one of a second private address"],
)
def test_a_public_address(written: dict[str, Json]) -> None:
    assert one(**written).public is True


def test_an_association_without_an_address_may_be_public() -> None:
    assert reason(one(Association={}).public) == "eni-0a#/Association/PublicIp: PublicIp is missing"


def test_one_whose_check_is_off_forwards() -> None:
    assert one(SourceDestCheck=False).forwards is True


@pytest.mark.parametrize(
    ("written", "field", "why"),
    [
        ({"SourceDestCheck": None}, "forwards", "/SourceDestCheck: SourceDestCheck is missing"),
        ({"SubnetId": None}, "subnet", "/SubnetId: SubnetId is missing"),
    ],
)
def test_what_is_missing_is_a_doubt(written: dict[str, Json], field: str, why: str) -> None:
    assert reason(getattr(one(**written), field)) == f"eni-0a#{why}"


def test_a_group_of_another_vpc_is_a_doubt() -> None:
    (group,) = one(Groups=[{"GroupId": "sg-0x"}]).groups
    assert reason(group) == "eni-0a#/Groups/0/GroupId: sg-0x is not a security group of this VPC"


def test_groups_that_are_missing_may_be_any() -> None:
    (group,) = one(Groups=None).groups
    assert reason(group) == "eni-0a#/Groups: Groups is missing"


def test_one_without_groups_takes_everything_in() -> None:
    (group,) = one(Groups=[]).groups
    assert reason(group) == "eni-0a#/Groups: an interface without groups takes everything in"


OWNERS: dict[str, tuple[Answers, dict[str, Json]]] = {
    "a NAT gateway that names it": (
        {
            "ec2:DescribeNatGateways": [
                {"NatGatewayId": "nat-0a", "NatGatewayAddresses": [{"NetworkInterfaceId": "eni-0a"}, {}]}
            ]
        },
        {},
    ),
    "an endpoint that names it": (
        {"ec2:DescribeVpcEndpoints": [{"VpcEndpointId": "vpce-0a", "NetworkInterfaceIds": ["eni-0a"]}]},
        {},
    ),
    "a firewall's endpoint that its description names": (
        {
            "network-firewall:ListFirewalls": [{"FirewallArn": FIREWALL}],
            f"network-firewall:DescribeFirewall FirewallArn={FIREWALL}": {
                "FirewallStatus": {"SyncStates": {"a": {"Attachment": {"EndpointId": "vpce-0f"}}, "b": {}}}
            },
        },
        {"RequesterManaged": True, "Description": "VPC Endpoint Interface vpce-0f"},
    ),
    "a transit gateway's attachment": (
        {"ec2:DescribeTransitGatewayVpcAttachments": [{"TransitGatewayAttachmentId": "tgw-attach-0a"}]},
        {"RequesterManaged": True, "Description": "Network Interface for Transit Gateway Attachment tgw-attach-0a"},
    ),
}


@pytest.mark.parametrize("name", OWNERS)
def test_the_interface_of_something_with_a_record_is_none_of_its_own(name: str) -> None:
    answers, written = OWNERS[name]
    assert found(answers, **written) == ()


@pytest.mark.parametrize(
    "written",
    [
        {"RequesterManaged": True, "Description": "VPC Endpoint Interface vpce-0x"},
        {"RequesterManaged": True, "Description": None},
        {"RequesterManaged": False, "Description": "VPC Endpoint Interface vpce-0a"},
    ],
    ids=["of an endpoint that is not listed", "without a description", "of somebody who says so"],
)
def test_any_other_interface_is_a_record(written: dict[str, Json]) -> None:
    answers: Answers = {"ec2:DescribeVpcEndpoints": [{"VpcEndpointId": "vpce-0a", "NetworkInterfaceIds": []}]}
    assert [interface.id for interface in found(answers, **written)] == ["eni-0a"]
