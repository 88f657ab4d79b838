"""Whole templates lifted: our own without a doubt, and every type of AWS's network services accounted for."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.foreign import PLACES, REDIRECTS, SHUTS
from agent_perimeter.lift.harmless import HARMLESS
from agent_perimeter.lift.placement import placements
from agent_perimeter.lift.shapes import NOT_JUDGED, SHAPES, Shape
from agent_perimeter.lift.template import lift
from agent_perimeter.lift.workloads import SUBNET_GROUPS, WORKLOADS
from agent_perimeter.observed import ManagedList, ObservedNetwork, Target, TargetKind
from tests.unit.lifted import SUBNET, VPC, doubts, lifted

GOLDEN = Path(__file__).parent.parent / "golden"


def golden(name: str) -> ObservedNetwork:
    path = GOLDEN / f"{name}.template.json"
    return lift(assembly_of([str(path)], lambda wanted: path.read_bytes() if wanted == str(path) else None))


@pytest.mark.parametrize("name", ["examples", "isolated-agent", "policies"])
def test_our_own_templates_hold_nothing_that_is_not_understood(name: str) -> None:
    network = golden(name)
    assert list(doubts(network)) == []
    assert network.foreign == ()
    assert [placement.doubts for placement in placements(network)] == [()] * len(placements(network))


def test_policies_is_translated_record_by_record() -> None:
    network = golden("policies")
    counts = {
        field.name: len(found) for field in dataclasses.fields(network) if (found := getattr(network, field.name))
    }
    assert counts == {
        "vpcs": 1,
        "subnets": 14,
        "route_tables": 13,
        "table_associations": 14,
        "routes": 14,
        "security_groups": 7,
        "acls": 7,
        "acl_associations": 14,
        "gateways": 3,
        "firewalls": 2,
        "firewall_policies": 1,
        "rule_groups": 2,
        "dns_groups": 1,
        "dns_associations": 1,
        "dns_settings": 1,
        "endpoints": 4,
        "boundaries": 4,
        "logs": 6,
    }
    assert sum(len(acl.entries) for acl in network.acls) == 38 + 4
    assert {route.target.kind for route in network.routes if isinstance(route.target, Target)} >= {
        TargetKind.FIREWALL,
        TargetKind.NAT_GATEWAY,
        TargetKind.INTERNET_GATEWAY,
    }
    lists = {rule.peer for group in network.security_groups for rule in group.egress}
    assert {ManagedList("s3"), ManagedList("dynamodb")} <= lists
    assert {boundary.agent for boundary in network.boundaries} == {placement.agent for placement in placements(network)}
    assert all(placement.boundary for placement in placements(network))


def test_every_record_says_where_it_stands() -> None:
    network = golden("policies")
    for field in dataclasses.fields(network):
        for record in getattr(network, field.name):
            assert "policies.template.json#/Resources/" in record.origin.path, record.id


def test_records_are_sorted_and_lifting_twice_gives_the_same() -> None:
    network = golden("policies")
    assert network == golden("policies")
    for field in dataclasses.fields(network):
        ids = [record.id for record in getattr(network, field.name)]
        assert ids == sorted(ids), field.name


def test_a_vpc_brings_what_aws_makes_with_it() -> None:
    network = lifted(VPC)
    assert [table.id for table in network.route_tables] == ["net/Vpc/main-route-table"]
    assert [acl.id for acl in network.acls] == ["net/Vpc/default-acl"]
    assert [group.id for group in network.security_groups] == ["net/Vpc/default-group"]
    assert [settings.fail_open for settings in network.dns_settings] == [False]
    assert all(found[0].vpc == "net/Vpc" for found in (network.route_tables, network.acls, network.security_groups))
    assert network.route_tables[0].main
    assert network.acls[0].default


def test_a_template_without_a_network_is_an_empty_network() -> None:
    assert lifted({"Bucket": ("AWS::S3::Bucket", {})}) == ObservedNetwork()


def test_four_hundred_resources_lift_in_a_fifth_of_a_second() -> None:
    path = str(GOLDEN / "policies.template.json")
    assembly = assembly_of([path], lambda wanted: Path(wanted).read_bytes() if Path(wanted).is_file() else None)
    many = dataclasses.replace(
        assembly,
        resources=tuple(
            dataclasses.replace(resource, id=f"{resource.id}{copy}", path=f"{resource.path}{copy}")
            for copy in range(3)
            for resource in assembly.resources
        ),
    )
    began = time.process_time()
    lift(many)
    assert time.process_time() - began < 0.2 * 3  # three times the room, for a machine that is busy


TYPES = {name for name in PROVIDER_SCHEMA_MANAGER.get_resource_types("us-east-1") if name.startswith("AWS::")}


def test_the_tables_name_types_that_exist_and_each_only_once() -> None:
    tables = [set(SHAPES), set(PLACES), set(HARMLESS), set(REDIRECTS), set(SHUTS)]
    assert set().union(*tables, SUBNET_GROUPS) <= TYPES | {"AWS::CDK::Metadata"}
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names))
    assert all(HARMLESS.values())


UNREAD = """
AWS::EC2::ApplicationStatusCheck AWS::EC2::CapacityManagerDataExport AWS::EC2::CapacityReservation
AWS::EC2::CapacityReservationFleet AWS::EC2::EC2Fleet AWS::EC2::EnclaveCertificateIamRoleAssociation
AWS::EC2::FpgaImage AWS::EC2::Host AWS::EC2::IPAM AWS::EC2::IPAMAllocation AWS::EC2::IPAMPool
AWS::EC2::IPAMPoolCidr AWS::EC2::IPAMPrefixListResolver AWS::EC2::IPAMPrefixListResolverTarget
AWS::EC2::IPAMResourceDiscovery AWS::EC2::IPAMResourceDiscoveryAssociation AWS::EC2::IPAMScope
AWS::EC2::IPv4Pool AWS::EC2::InstanceEventWindow AWS::EC2::IpPoolRouteTableAssociation
AWS::EC2::IpamExternalResourceVerificationToken AWS::EC2::IpamInternetRegistryAssociation AWS::EC2::KeyPair
AWS::EC2::LocalGatewayVirtualInterface AWS::EC2::LocalGatewayVirtualInterfaceGroup
AWS::EC2::NetworkInterfacePermission AWS::EC2::NetworkPerformanceMetricSubscription AWS::EC2::PlacementGroup
AWS::EC2::RouteServer AWS::EC2::RouteServerAssociation AWS::EC2::RouteServerEndpoint AWS::EC2::RouteServerPeer
AWS::EC2::SecondaryNetwork AWS::EC2::SnapshotBlockPublicAccess AWS::EC2::SpotFleet
AWS::EC2::SqlHaStandbyDetectedInstance AWS::EC2::TrafficMirrorTarget AWS::EC2::TransitGatewayConnect
AWS::EC2::TransitGatewayConnectPeer AWS::EC2::TransitGatewayMeteringPolicy
AWS::EC2::TransitGatewayMeteringPolicyEntry AWS::EC2::TransitGatewayMulticastDomain
AWS::EC2::TransitGatewayMulticastDomainAssociation AWS::EC2::TransitGatewayMulticastGroupMember
AWS::EC2::TransitGatewayMulticastGroupSource AWS::EC2::TransitGatewayPeeringAttachment
AWS::EC2::TransitGatewayPolicyTable AWS::EC2::TransitGatewayPolicyTableAssociation
AWS::EC2::TransitGatewayPolicyTableEntry AWS::EC2::VPNConcentrator AWS::EC2::VerifiedAccessEndpoint
AWS::EC2::VerifiedAccessGroup AWS::EC2::VerifiedAccessInstance AWS::EC2::VerifiedAccessTrustProvider
AWS::EC2::Volume AWS::EC2::VolumeAttachment AWS::NetworkFirewall::ContainerAssociation
AWS::Route53Resolver::OutpostResolver
"""
"""Types of the network services that no table holds: foreign as soon as they name part of a network."""


def test_a_new_type_of_the_network_services_is_noticed() -> None:
    services = ("AWS::EC2::", "AWS::NetworkFirewall::", "AWS::Route53Resolver::")
    known = {*SHAPES, *PLACES, *HARMLESS, *REDIRECTS, *SHUTS, *UNREAD.split()}
    assert {name for name in TYPES if name.startswith(services)} <= known


def properties_of(kind: str) -> dict[str, object]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    hidden = {path.rpartition("/properties/")[2] for path in schema.get("readOnlyProperties", [])}
    top = {path for path in hidden if "/" not in path}
    return {name: value for name, value in schema["properties"].items() if name not in top}


BEYOND_THE_SCHEMA = {"AWS::IAM::ManagedPolicy": {"Tags"}}


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_a_new_property_of_a_known_type_is_noticed(kind: str) -> None:
    judged = set(SHAPES[kind]) | set(NOT_JUDGED.get(kind, "").split())
    # read-only properties that the schema marks deeper down are not top-level ones
    assert set(properties_of(kind)) - judged == set()
    assert judged - set(properties_of(kind)) == BEYOND_THE_SCHEMA.get(kind, set())


def inner(schema: dict[str, object], node: object) -> dict[str, object]:
    """The properties below a node of a schema, through references and lists."""
    while isinstance(node, dict):
        if "$ref" in node:
            target: object = schema
            for part in str(node["$ref"]).removeprefix("#/").split("/"):
                assert isinstance(target, dict)
                target = target[part]
            node = target
        elif "items" in node:
            node = node["items"]
        else:
            break
    found = node.get("properties", {}) if isinstance(node, dict) else {}
    assert isinstance(found, dict)
    return found


def uncovered(schema: dict[str, object], node: object, shape: Shape, where: str) -> list[str]:
    missing: list[str] = []
    for name, below in inner(schema, node).items():
        if name not in shape:
            missing.append(f"{where}/{name}")
        elif (deeper := shape[name]) is not None:
            missing += uncovered(schema, below, deeper, f"{where}/{name}")
    return missing


@pytest.mark.parametrize("kind", sorted(kind for kind, shape in SHAPES.items() if any(shape[name] for name in shape)))
def test_a_new_property_inside_a_known_one_is_noticed(kind: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    read_only = {path.removeprefix("/properties/") for path in schema.get("readOnlyProperties", [])}
    found = []
    for name, below in SHAPES[kind].items():
        if below is not None:
            found += uncovered(schema, schema["properties"][name], below, name)
    assert [path for path in found if path.replace("FirewallRules/", "FirewallRules/*/") not in read_only] == []


@pytest.mark.parametrize("kind", sorted(WORKLOADS))
def test_the_places_of_subnets_and_groups_are_in_the_schema(kind: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    for seat in WORKLOADS[kind]:
        for place in (seat.subnets, seat.groups, seat.public.partition("=")[0], seat.role):
            node: object = {"properties": schema["properties"]}
            for key in place.split(".") if place else ():
                node = inner(schema, node)[key]


def test_what_stands_in_a_subnet_is_an_interface() -> None:
    network = lifted(
        {
            **SUBNET,
            "Fn": (
                "AWS::Lambda::Function",
                {"VpcConfig": {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [{"Ref": "Group"}]}},
            ),
            "Group": ("AWS::EC2::SecurityGroup", {"VpcId": {"Ref": "Vpc"}, "GroupDescription": "g"}),
        }
    )
    (interface,) = network.interfaces
    assert (interface.what, interface.subnet, interface.groups) == (
        "AWS::Lambda::Function",
        "net/Subnet",
        ("net/Group",),
    )
    assert network.foreign == ()
