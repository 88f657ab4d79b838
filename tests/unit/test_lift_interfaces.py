"""Interfaces: written out, of instances and scaling groups, of workloads."""

from __future__ import annotations

import pytest

from agent_perimeter.observed import Doubt, Interface
from tests.unit.lifted import AT, MAYBE, SUBNET, Json, Resources, lifted, ref

UNKNOWN: Json = {"Fn::ImportValue": "x"}
NET: Resources = {
    **SUBNET,
    "Open": ("AWS::EC2::Subnet", {"VpcId": ref("Vpc"), "MapPublicIpOnLaunch": True}),
    "Group": ("AWS::EC2::SecurityGroup", {"VpcId": ref("Vpc"), "GroupDescription": "g"}),
}
DEFAULT = ("net/Vpc/default-group",)


def interfaces(resources: Resources, **sections: Json) -> tuple[Interface, ...]:
    return lifted({**NET, **resources}, **sections).interfaces


def test_an_interface_bears_the_default_group_and_drops_what_is_not_for_it() -> None:
    (found,) = interfaces({"Eni": ("AWS::EC2::NetworkInterface", {"SubnetId": ref("Open")})})
    assert (found.id, found.subnet, found.groups, found.public, found.forwards) == (
        "net/Eni",
        "net/Open",
        DEFAULT,
        False,
        False,
    )
    assert found.origin.path == f"{AT}/Eni"


@pytest.mark.parametrize(("written", "forwards"), [(False, True), ("true", False)])
def test_an_interface_without_the_check_forwards(written: Json, forwards: bool) -> None:
    eni: dict[str, Json] = {"SubnetId": ref("Subnet"), "GroupSet": [ref("Group")], "SourceDestCheck": written}
    (found,) = interfaces({"Eni": ("AWS::EC2::NetworkInterface", eni)})
    assert (found.groups, found.forwards) == (("net/Group",), forwards)


def test_an_elastic_address_makes_an_interface_public() -> None:
    eni: Resources = {"Eni": ("AWS::EC2::NetworkInterface", {"SubnetId": ref("Subnet")})}
    for address in (
        {"A": ("AWS::EC2::EIPAssociation", {"NetworkInterfaceId": ref("Eni"), "AllocationId": "a"})},
        {"A": ("AWS::EC2::EIPAssociation", {"NetworkInterfaceId": ref("Eni"), "Condition": "On"})},
    ):
        (found,) = interfaces({**eni, **address}, **MAYBE)
        assert found.public is not False
    host: Resources = {"Host": ("AWS::EC2::Instance", {"SubnetId": ref("Subnet")})}
    assert interfaces(host)[0].public is False
    assert interfaces({**host, "A": ("AWS::EC2::EIP", {"InstanceId": ref("Host")})})[0].public is True


def test_an_address_for_an_interface_that_is_not_known_touches_every_vpc() -> None:
    network = lifted({**NET, "A": ("AWS::EC2::EIPAssociation", {"NetworkInterfaceId": "eni-1", "EIP": "192.0.2.1"})})
    (found,) = network.foreign
    assert (found.id, found.touches) == ("net/A/NetworkInterfaceId", ("net/Vpc",))
    assert "which interface" in found.doubt.reason


def test_an_instance_is_public_where_its_subnet_says_so() -> None:
    (found,) = interfaces(
        {"Host": ("AWS::EC2::Instance", {"SubnetId": ref("Open"), "SecurityGroupIds": [ref("Group")]})}
    )
    assert (found.public, found.groups, found.what) == (True, ("net/Group",), "AWS::EC2::Instance")
    (named,) = interfaces({"Host": ("AWS::EC2::Instance", {"SubnetId": ref("Open"), "SecurityGroups": ["web"]})})
    assert isinstance(named.groups[0], Doubt)
    (lost,) = interfaces({"Host": ("AWS::EC2::Instance", {"SubnetId": "subnet-1"})})
    assert all(isinstance(part, Doubt) for part in (lost.subnet, lost.public, *lost.groups))


def test_an_instance_with_its_interfaces_inside() -> None:
    listed: list[Json] = [
        {"DeviceIndex": "0", "SubnetId": ref("Subnet"), "GroupSet": [ref("Group")], "AssociatePublicIpAddress": True},
        {"DeviceIndex": "1", "NetworkInterfaceId": "eni-1"},
        {"DeviceIndex": "2", "SubnetId": ref("Open")},
    ]
    host: dict[str, Json] = {"NetworkInterfaces": listed, "SourceDestCheck": False}
    first, third = interfaces({"Host": ("AWS::EC2::Instance", host)})
    assert (first.id, first.subnet, first.groups, first.public, first.forwards) == (
        "net/Host",
        "net/Subnet",
        ("net/Group",),
        True,
        True,
    )
    assert (third.id, third.subnet, third.groups, third.public) == ("net/Host/2", "net/Open", DEFAULT, True)


TEMPLATE: Resources = {
    "Template": ("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"SecurityGroupIds": [ref("Group")]}}),
    "Nics": (
        "AWS::EC2::LaunchTemplate",
        {"LaunchTemplateData": {"NetworkInterfaces": [{"Groups": [ref("Group")], "AssociatePublicIpAddress": True}]}},
    ),
}


def test_an_instance_from_a_template_has_its_own_word_first() -> None:
    host: dict[str, Json] = {"SubnetId": ref("Subnet"), "LaunchTemplate": {"LaunchTemplateId": ref("Template")}}
    (found,) = interfaces({**TEMPLATE, "Host": ("AWS::EC2::Instance", host)})
    assert (found.subnet, found.groups) == ("net/Subnet", ("net/Group",))
    own: dict[str, Json] = {**host, "SecurityGroupIds": [{"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}]}
    assert interfaces({**TEMPLATE, "Host": ("AWS::EC2::Instance", own)})[0].groups == DEFAULT
    lost: dict[str, Json] = {"SubnetId": ref("Subnet"), "LaunchTemplate": {"LaunchTemplateId": "lt-1"}}
    (unknown,) = interfaces({"Host": ("AWS::EC2::Instance", lost)})
    assert unknown.subnet == "net/Subnet"
    assert all(isinstance(part, Doubt) for part in (*unknown.groups, unknown.public, unknown.forwards))


def test_a_scaling_group_has_an_interface_in_each_subnet() -> None:
    scaled = "AWS::AutoScaling::AutoScalingGroup"
    zones: Json = [ref("Subnet"), ref("Open")]
    network = lifted(
        {
            **NET,
            **TEMPLATE,
            "Scaled": (scaled, {"VPCZoneIdentifier": zones, "LaunchTemplate": {"LaunchTemplateId": ref("Nics")}}),
        }
    )
    assert [(each.id, each.subnet, each.groups, each.public) for each in network.interfaces] == [
        ("net/Scaled/subnet/0", "net/Subnet", ("net/Group",), True),
        ("net/Scaled/subnet/1", "net/Open", ("net/Group",), True),
    ]
    assert network.foreign == ()
    inside: Json = {"NetworkInterfaces": [{"SubnetId": ref("Open"), "Groups": [ref("Group")]}]}
    node_group: dict[str, Json] = {"Subnets": [ref("Subnet")], "LaunchTemplate": {"Id": ref("Deep")}}
    deep: Resources = {"Deep": ("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": inside})}
    (unread,) = lifted({**NET, **deep, "Nodes": ("AWS::EKS::Nodegroup", node_group)}).foreign
    assert unread.touches == ("net/Group", "net/Open", "net/Subnet")
    specification: dict[str, Json] = {"LaunchTemplateSpecification": {"LaunchTemplateId": ref("Template")}}
    mixed: dict[str, Json] = {"LaunchTemplate": {**specification, "Overrides": [{"InstanceType": "m8g.large"}]}}
    (found,) = interfaces(
        {**TEMPLATE, "Scaled": (scaled, {"VPCZoneIdentifier": [ref("Subnet")], "MixedInstancesPolicy": mixed})}
    )
    assert found.groups == ("net/Group",)
    mixed["LaunchTemplate"] = {**specification, "Overrides": [specification]}
    (other,) = interfaces(
        {**TEMPLATE, "Scaled": (scaled, {"VPCZoneIdentifier": [ref("Subnet")], "MixedInstancesPolicy": mixed})}
    )
    assert isinstance(other.groups[0], Doubt)


def test_workloads_of_many_kinds() -> None:
    balancer: dict[str, Json] = {
        "SubnetMappings": [{"SubnetId": ref("Subnet")}, {"SubnetId": ref("Open")}],
        "SecurityGroups": [ref("Group")],
        "Scheme": "internet-facing",
    }
    database: dict[str, Json] = {"DBSubnetGroupName": ref("Names"), "VPCSecurityGroups": [ref("Group")]}
    runtime: dict[str, Json] = {
        "NetworkConfiguration": {
            "NetworkMode": "VPC",
            "NetworkModeConfig": {"Subnets": [ref("Subnet")], "SecurityGroups": [ref("Group")]},
        }
    }
    network = lifted(
        {
            **NET,
            "Names": ("AWS::RDS::DBSubnetGroup", {"SubnetIds": [ref("Subnet"), ref("Open")]}),
            "Balancer": ("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer),
            "Database": ("AWS::RDS::DBInstance", database),
            "Runtime": ("AWS::BedrockAgentCore::Runtime", runtime),
            "Cluster": ("AWS::EKS::Cluster", {"ResourcesVpcConfig": {"SubnetIds": [ref("Subnet")]}}),
            "Apart": ("AWS::Lambda::Function", {"Environment": {"Variables": {"NET": ref("Subnet")}}}),
        }
    )
    found = {each.id: each for each in network.interfaces}
    assert {name: (each.subnet, each.groups) for name, each in found.items() if "Cluster" not in name} == {
        "net/Balancer/interface/1.0": ("net/Subnet", ("net/Group",)),
        "net/Balancer/interface/1.1": ("net/Open", ("net/Group",)),
        "net/Database/interface/0.0": ("net/Subnet", ("net/Group",)),
        "net/Database/interface/0.1": ("net/Open", ("net/Group",)),
        "net/Runtime/interface/0.0": ("net/Subnet", ("net/Group",)),
    }
    assert found["net/Balancer/interface/1.0"].public is True
    assert isinstance(found["net/Database/interface/0.0"].public, Doubt)  # RDS decides by the subnets
    assert isinstance(found["net/Cluster/interface/0.0"].groups[0], Doubt)  # EKS makes a group of its own
    assert network.foreign == ()


def test_a_workload_in_subnets_that_are_not_known() -> None:
    (found,) = interfaces({"Fn": ("AWS::Lambda::Function", {"VpcConfig": {"SubnetIds": UNKNOWN}})})
    assert isinstance(found.subnet, Doubt)
    assert isinstance(found.groups[0], Doubt)


def test_an_interface_that_is_attached_to_an_instance_is_the_instances_as_well() -> None:
    """Whatever runs on the instance sends by it, so it is an interface of its own kind and of the instance's."""
    nic: dict[str, Json] = {"SubnetId": ref("Subnet"), "GroupSet": [ref("Group")]}
    found = interfaces(
        {
            "Nic": ("AWS::EC2::NetworkInterface", nic),
            "Late": ("AWS::EC2::NetworkInterface", nic),
            "Loose": ("AWS::EC2::NetworkInterface", nic),
            "Host": ("AWS::EC2::Instance", {"NetworkInterfaces": [{"NetworkInterfaceId": ref("Nic")}]}),
            "Join": (
                "AWS::EC2::NetworkInterfaceAttachment",
                {"InstanceId": ref("Host"), "NetworkInterfaceId": ref("Late"), "DeviceIndex": "1"},
            ),
            "Lost": (
                "AWS::EC2::NetworkInterfaceAttachment",
                {"InstanceId": "i-1", "NetworkInterfaceId": ref("Loose"), "DeviceIndex": "1"},
            ),
        }
    )
    assert {each.id: (each.what, each.subnet, each.groups) for each in found} == {
        **{
            f"net/{name}": ("AWS::EC2::NetworkInterface", "net/Subnet", ("net/Group",))
            for name in ("Nic", "Late", "Loose")
        },
        "net/Host/attached/0": ("AWS::EC2::Instance", "net/Subnet", ("net/Group",)),
        "net/Host/attached/Join": ("AWS::EC2::Instance", "net/Subnet", ("net/Group",)),
    }


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"Type": "network"}, "a Network Load Balancer without groups takes everything in"),
        ({"Type": "network", "SecurityGroups": [ref("Group")]}, ""),
        ({}, ""),
    ],
)
def test_a_network_load_balancer_without_groups_takes_everything_in(properties: dict[str, Json], reason: str) -> None:
    (found,) = interfaces(
        {"It": ("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Subnets": [ref("Subnet")], **properties})}
    )
    assert [one.reason for one in found.groups if isinstance(one, Doubt)] == ([reason] if reason else [])
