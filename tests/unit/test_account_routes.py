"""Route tables, associations and routes, as an account answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import (
    Doubt,
    ListRef,
    ManagedList,
    ObservedNetwork,
    Route,
    RouteTable,
    RouteTableAssociation,
    Target,
    TargetKind,
)
from agent_perimeter.source import Origin
from tests.unit.accounts import ACCOUNT, VPC, Answers, live, reason

FIREWALL = f"arn:aws:network-firewall:eu-west-1:{ACCOUNT}:firewall/wall"
LOCAL: Json = {
    "DestinationCidrBlock": "10.0.0.0/16",
    "GatewayId": "local",
    "Origin": "CreateRouteTable",
    "State": "active",
}


def table(*routes: Json, **more: Json) -> Json:
    return {"RouteTableId": "rtb-0a", "VpcId": VPC, "Associations": [], "Routes": [LOCAL, *routes], **more}


def route(**written: Json) -> Json:
    return {"DestinationCidrBlock": "0.0.0.0/0", "Origin": "CreateRoute", "State": "active", **written}


def network(*tables: Json, **answers: Json) -> ObservedNetwork:
    return live(
        {"ec2:DescribeRouteTables": list(tables), **{key.replace("_", ":"): one for key, one in answers.items()}}
    )


def one(written: Json, answers: Answers | None = None) -> Route:
    (found,) = live({"ec2:DescribeRouteTables": [table(written)], **(answers or {})}).routes
    return found


def attached(endpoint: str) -> Json:
    return {"eu-west-1a": {"Attachment": {"SubnetId": "subnet-0f", "EndpointId": endpoint, "Status": "READY"}}}


class TestTables:
    def test_the_main_table_goes_by_the_judges_own_id(self) -> None:
        main: Json = [{"Main": True, "RouteTableAssociationId": "rtbassoc-0m"}]
        found = network(
            table(),
            {"RouteTableId": "rtb-0m", "VpcId": VPC, "Associations": main, "Routes": [route(GatewayId="igw-0a")]},
        )
        assert found.route_tables == (
            RouteTable(id="rtb-0a", origin=Origin(path="eu-west-1/rtb-0a"), vpc=VPC, main=False),
            RouteTable(id=f"{VPC}/main-route-table", origin=Origin(path="eu-west-1/rtb-0m"), vpc=VPC, main=True),
        )
        assert [each.table for each in found.routes] == [f"{VPC}/main-route-table"]
        assert found.table_associations == ()

    def test_associations_of_subnets_and_of_gateways(self) -> None:
        given: Json = [
            {
                "RouteTableAssociationId": "rtbassoc-1",
                "SubnetId": "subnet-0a",
                "AssociationState": {"State": "associated"},
            },
            {"RouteTableAssociationId": "rtbassoc-2", "GatewayId": "igw-0a"},
        ]
        assert network(table(Associations=given)).table_associations == (
            RouteTableAssociation(
                id="rtbassoc-1",
                origin=Origin(path="eu-west-1/rtb-0a#/Associations/0"),
                table="rtb-0a",
                subnet="subnet-0a",
            ),
            RouteTableAssociation(
                id="rtbassoc-2",
                origin=Origin(path="eu-west-1/rtb-0a#/Associations/1"),
                table="rtb-0a",
                subnet=None,
                edge="igw-0a",
            ),
        )

    def test_a_main_table_that_a_subnet_names_too_is_associated_with_it(self) -> None:
        given: Json = [{"Main": True}, {"Main": False, "SubnetId": "subnet-0a"}]
        (found,) = network(table(Associations=given)).table_associations
        assert (found.id, found.table, found.subnet) == ("rtb-0a/1", f"{VPC}/main-route-table", "subnet-0a")

    def test_what_was_dissolved_is_no_association(self) -> None:
        given: Json = [{"SubnetId": "subnet-0a", "AssociationState": {"State": "disassociated"}}]
        assert network(table(Associations=given)).table_associations == ()

    def test_what_is_being_dissolved_may_be_one(self) -> None:
        given: Json = [{"SubnetId": "subnet-0a", "AssociationState": {"State": "disassociating"}}]
        (found,) = network(table(Associations=given)).table_associations
        assert reason(found.maybe) == "rtb-0a#/Associations/0/AssociationState/State: its state is disassociating"

    def test_one_of_neither_a_subnet_nor_a_gateway_is_of_any_subnet(self) -> None:
        (found,) = network(table(Associations=[{"Main": False}])).table_associations
        assert reason(found.subnet) == "rtb-0a#/Associations/0/SubnetId: SubnetId is missing"


class TestTargets:
    @pytest.mark.parametrize(
        ("written", "kind", "ref"),
        [
            ({"GatewayId": "igw-0a"}, TargetKind.INTERNET_GATEWAY, "igw-0a"),
            ({"GatewayId": "vgw-0a"}, TargetKind.VPN_GATEWAY, "vgw-0a"),
            ({"NatGatewayId": "nat-0a"}, TargetKind.NAT_GATEWAY, "nat-0a"),
            ({"EgressOnlyInternetGatewayId": "eigw-0a"}, TargetKind.EGRESS_ONLY_GATEWAY, "eigw-0a"),
            ({"VpcPeeringConnectionId": "pcx-0a"}, TargetKind.PEERING, "pcx-0a"),
            ({"TransitGatewayId": "tgw-0a"}, TargetKind.TRANSIT_GATEWAY, "tgw-0a"),
            ({"CarrierGatewayId": "cagw-0a"}, TargetKind.CARRIER_GATEWAY, "cagw-0a"),
            ({"LocalGatewayId": "lgw-0a"}, TargetKind.LOCAL_GATEWAY, "lgw-0a"),
            ({"CoreNetworkArn": "arn:core"}, TargetKind.CORE_NETWORK, "arn:core"),
            ({"InstanceId": "i-0a", "NetworkInterfaceId": "eni-0a"}, TargetKind.INTERFACE, "eni-0a"),
            ({"InstanceId": "i-0a"}, TargetKind.INSTANCE, "i-0a"),
            ({"GatewayId": "local"}, TargetKind.LOCAL, None),
            ({"NatGatewayId": "nat-0a", "State": "blackhole"}, TargetKind.BLACKHOLE, None),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    def test_a_route_names_its_target(self, written: dict[str, Json], kind: TargetKind, ref: str | None) -> None:
        assert one(route(**written)).target == Target(kind, ref)

    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ({}, ": the target of this route is of no kind that is known"),
            ({"OdbNetworkArn": "arn:odb"}, ": the target of this route is of no kind that is known"),
            ({"GatewayId": "vpce-0x"}, "/GatewayId: what vpce-0x is was not read"),
            ({"GatewayId": {}}, "/GatewayId: a mapping is not text"),
            ({"GatewayId": "igw-0a", "State": "filtered"}, ": the state of this route is filtered"),
            ({"GatewayId": "igw-0a", "State": None}, "/State: State is missing"),
        ],
        ids=["none", "a new one", "an endpoint that is not listed", "no text", "filtered", "no state"],
    )
    def test_what_is_not_known_is_a_doubt(self, written: dict[str, Json], why: str) -> None:
        assert reason(one(route(**written)).target) == f"rtb-0a#/Routes/1{why}"

    def test_an_endpoint_of_a_firewall_is_the_firewall(self) -> None:
        answers: Answers = {
            "network-firewall:ListFirewalls": [{"FirewallArn": FIREWALL}],
            f"network-firewall:DescribeFirewall FirewallArn={FIREWALL}": {
                "Firewall": {"VpcId": VPC},
                "FirewallStatus": {"SyncStates": attached("vpce-0f")},
            },
        }
        assert one(route(GatewayId="vpce-0f"), answers).target == Target(TargetKind.FIREWALL, FIREWALL)

    def test_an_endpoint_that_is_associated_with_a_firewall_is_the_firewall(self) -> None:
        answers: Answers = {
            "network-firewall:ListVpcEndpointAssociations": [{"VpcEndpointAssociationArn": "arn:assoc"}],
            "network-firewall:DescribeVpcEndpointAssociation VpcEndpointAssociationArn=arn:assoc": {
                "VpcEndpointAssociation": {"FirewallArn": FIREWALL, "VpcId": VPC},
                "VpcEndpointAssociationStatus": {"AssociationSyncState": attached("vpce-0f")},
            },
        }
        assert one(route(GatewayId="vpce-0f"), answers).target == Target(TargetKind.FIREWALL, FIREWALL)

    def test_an_association_that_names_no_firewall_tells_nothing(self) -> None:
        answers: Answers = {
            "network-firewall:ListVpcEndpointAssociations": [{"VpcEndpointAssociationArn": "arn:assoc"}],
            "network-firewall:DescribeVpcEndpointAssociation VpcEndpointAssociationArn=arn:assoc": {
                "VpcEndpointAssociation": {"VpcId": VPC},
                "VpcEndpointAssociationStatus": {"AssociationSyncState": attached("vpce-0f")},
            },
        }
        assert reason(one(route(GatewayId="vpce-0f"), answers).target).endswith("what vpce-0f is was not read")

    def test_another_endpoint_for_a_load_balancer_is_one(self) -> None:
        endpoints: Json = [{"VpcEndpointId": "vpce-0g", "VpcEndpointType": "GatewayLoadBalancer", "State": "available"}]
        found = one(route(GatewayId="vpce-0g"), {"ec2:DescribeVpcEndpoints": endpoints})
        assert found.target == Target(TargetKind.LOAD_BALANCER_ENDPOINT, "vpce-0g")


class TestDestinations:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ({"DestinationPrefixListId": "pl-6da54004"}, ManagedList("s3")),
            ({"DestinationPrefixListId": "pl-0a"}, ListRef("pl-0a")),
        ],
        ids=["a list that the region is known to have", "a list of the account"],
    )
    def test_a_prefix_list(self, written: dict[str, Json], expected: ManagedList | ListRef) -> None:
        lists: Json = [{"PrefixListId": "pl-0a", "OwnerId": ACCOUNT}]
        written = {"DestinationCidrBlock": None, "GatewayId": "igw-0a", **written}
        found = one(route(**written), {"ec2:DescribeManagedPrefixLists": lists})
        assert found.destination == expected
        assert found.id == f"rtb-0a/{written['DestinationPrefixListId']}"

    def test_an_ipv6_block(self) -> None:
        found = one(route(DestinationCidrBlock=None, DestinationIpv6CidrBlock="::/0", GatewayId="igw-0a"))
        assert (str(found.destination), found.origin.path) == ("::/0", "eu-west-1/rtb-0a#::/0")

    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ({}, "rtb-0a#/Routes/1: a route has one destination, not 0"),
            ({"DestinationCidrBlock": "1.2.3.0/24", "DestinationPrefixListId": "pl-0a"}, "rtb-0a#/Routes/1: a route has one destination, not 2"),
            ({"DestinationPrefixListId": "pl-0x"}, "rtb-0a#/Routes/1/DestinationPrefixListId: which list pl-0x is was not read"),
            ({"DestinationPrefixListId": "pl-6ea54007"}, "rtb-0a#/Routes/1/DestinationPrefixListId: which list pl-6ea54007 is was not read"),
            ({"DestinationPrefixListId": {}}, "rtb-0a#/Routes/1/DestinationPrefixListId: a mapping is not text"),
        ],
        ids=["none", "two", "a list that was not read", "a list of other regions", "no text"],
    )  # fmt: skip
    def test_what_is_not_known_is_a_doubt(self, written: dict[str, Json], why: str) -> None:
        assert reason(one({"GatewayId": "igw-0a", "State": "active", **written}).destination) == why


class TestWhatAwsMakes:
    def test_local_routes_are_left_out(self) -> None:
        assert network(table()).routes == ()

    def test_a_local_route_that_somebody_made_is_a_route(self) -> None:
        found = one(route(DestinationCidrBlock="10.0.1.0/24", GatewayId="local"))
        assert (found.target, found.id) == (Target(TargetKind.LOCAL), "rtb-0a/10.0.1.0/24")

    def gateway(self, *tables: str) -> Answers:
        written: dict[str, Json] = {
            "VpcEndpointId": "vpce-0s",
            "VpcEndpointType": "Gateway",
            "RouteTableIds": list(tables),
        }
        return {
            "ec2:DescribeVpcEndpoints": [written],
            "ec2:DescribeRouteTables": [
                table({"DestinationPrefixListId": "pl-6da54004", "GatewayId": "vpce-0s", "Origin": "CreateRoute", "State": "active"})
            ],
        }  # fmt: skip

    def test_the_route_of_a_gateway_endpoint_goes_by_the_endpoint(self) -> None:
        assert live(self.gateway("rtb-0a")).routes == ()

    def test_one_in_a_table_that_the_endpoint_does_not_name_is_a_route(self) -> None:
        (found,) = live(self.gateway("rtb-0b")).routes
        assert reason(found.target) == "rtb-0a#/Routes/1/GatewayId: what vpce-0s is was not read"

    def test_what_a_gateway_propagates(self) -> None:
        found = network(
            table(
                route(GatewayId="vgw-0a", Origin="EnableVgwRoutePropagation"),
                PropagatingVgws=[{"GatewayId": "vgw-0a"}, {}],
            )
        ).routes
        assert [(each.id, each.propagated) for each in found] == [
            ("rtb-0a/0.0.0.0/0", True),
            ("rtb-0a/propagated/?", True),
            ("rtb-0a/propagated/vgw-0a", True),
        ]
        assert isinstance(found[1].destination, Doubt)
        assert reason(found[2].destination) == (
            "rtb-0a#/PropagatingVgws/0: what a virtual private gateway propagates changes without notice"
        )
        assert found[2].target == Target(TargetKind.VPN_GATEWAY, "vgw-0a")


@pytest.mark.parametrize("key", ["Routes", "Associations"])
def test_a_list_that_is_missing_may_hold_anything(key: str) -> None:
    found = network(table(**{key: None}))
    (unknown,) = found.routes if key == "Routes" else found.table_associations
    assert reason(unknown.maybe) == f"rtb-0a#/{key}: {key} is missing"
