"""What touches the VPC in ways that nobody can read, and what of an agent's stands elsewhere."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import Foreign
from tests.unit.accounts import VPC, Answers, live, lived, reason, tags, unread

OPTIONS = "ec2:DescribeVpcBlockPublicAccessOptions"
EXCLUSIONS = "ec2:DescribeVpcBlockPublicAccessExclusions"
SHARED = "ec2:DescribeSecurityGroupVpcAssociations"
GROUPS: Json = [
    {"GroupId": "sg-0a", "GroupName": "x", "VpcId": VPC, "Tags": tags(agent="bot", role="agent")},
    {"GroupId": "sg-0d", "GroupName": "default", "VpcId": VPC},
]


def blocked(mode: Json, *exclusions: Json) -> tuple[Foreign, ...]:
    options: Json = {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": mode}}
    return live({OPTIONS: options, EXCLUSIONS: list(exclusions)}).foreign


def exclusion(vpc: str = VPC, state: str = "create-complete") -> Json:
    return {"ExclusionId": "vpcbpa-exclude-0a", "ResourceArn": f"arn:aws:ec2:eu-west-1:1:vpc/{vpc}", "State": state}


class TestBlockedPublicAccess:
    @pytest.mark.parametrize("mode", ["off", "block-ingress"])
    def test_what_lets_egress_alone_touches_nothing(self, mode: str) -> None:
        assert blocked(mode) == ()

    @pytest.mark.parametrize("mode", ["block-bidirectional", "block-everything", None])
    def test_what_may_block_egress_touches_the_vpc(self, mode: Json) -> None:
        (found,) = blocked(mode)
        assert (found.type, found.touches) == ("AWS::EC2::VPCBlockPublicAccessOptions", (VPC,))
        assert reason(found.doubt) == (
            f"{VPC}/block-public-access#/VpcBlockPublicAccessOptions/InternetGatewayBlockMode: "
            "AWS::EC2::VPCBlockPublicAccessOptions may keep an agent from what it is allowed"
        )

    def test_a_vpc_that_is_excluded_is_not_touched(self) -> None:
        assert blocked("block-bidirectional", exclusion()) == ()

    @pytest.mark.parametrize(
        "other",
        [exclusion("vpc-0b"), exclusion(state="delete-in-progress"), {"ExclusionId": "x", "State": "create-complete"}],
        ids=["another VPC's", "one that ends", "one of nothing"],
    )
    def test_any_other_exclusion_helps_nothing(self, other: Json) -> None:
        assert len(blocked("block-bidirectional", other)) == 1

    def test_what_was_not_read_leaves_it_open(self) -> None:
        found = lived({}, unread(OPTIONS))
        assert [field for field, _ in found.unread] == ["foreign"]
        assert found.network.foreign == ()


class TestEncryptionControl:
    def control(self, control: Json) -> list[tuple[str, tuple[str, ...], str]]:
        vpc: Json = [{"VpcId": VPC, "DhcpOptionsId": "default", "EncryptionControl": control}]
        return [(one.type, one.touches, reason(one.doubt)) for one in live({"ec2:DescribeVpcs": vpc}).foreign]

    @pytest.mark.parametrize("control", [None, {"Mode": "monitor"}, {"Mode": "enforce", "State": "deleted"}])
    def test_what_forbids_nothing_touches_nothing(self, control: Json) -> None:
        assert self.control(control) == []

    @pytest.mark.parametrize("mode", ["enforce", "forbid", None])
    def test_what_may_forbid_touches_the_vpc(self, mode: Json) -> None:
        kind = "AWS::EC2::VPCEncryptionControl"
        why = f"{VPC}#/EncryptionControl: {kind} may keep an agent from what it is allowed"
        assert self.control({"Mode": mode, "State": "available"}) == [(kind, (VPC,), why)]


def shared(**written: Json) -> tuple[Foreign, ...]:
    one: dict[str, Json] = {"GroupId": "sg-0a", "VpcId": "vpc-0b", "State": "associated"}
    return live({"ec2:DescribeSecurityGroups": GROUPS, SHARED: [one | written]}).foreign


class TestSharedGroups:
    def test_a_group_that_another_vpc_uses_is_touched(self) -> None:
        (found,) = shared()
        assert (found.id, found.touches) == ("sg-0a/vpc-0b", ("sg-0a",))
        assert found.doubt.reason.startswith("a group that another VPC uses too may be borne there")

    def test_the_default_group_goes_by_the_judges_own_id(self) -> None:
        assert shared(GroupId="sg-0d")[0].touches == (f"{VPC}/default-group",)

    def test_a_group_of_another_vpc_that_is_used_here_touches_the_vpc(self) -> None:
        assert shared(GroupId="sg-0x", VpcId=VPC)[0].touches == (VPC,)

    def test_one_that_cannot_be_read_touches_the_vpc(self) -> None:
        (found,) = shared(GroupId=None, VpcId=None)
        assert (found.id, found.touches) == ("0/0", (VPC,))

    @pytest.mark.parametrize("written", [{"VpcId": VPC}, {"State": "disassociated"}, {"State": "association-failed"}])
    def test_what_is_at_home_or_gone_touches_nothing(self, written: dict[str, Json]) -> None:
        assert shared(**written) == ()

    def test_what_is_between_may_touch(self) -> None:
        assert reason(shared(State="associating")[0].maybe) == f"{VPC}#/State: its state is associating"


ZONES = "route53:ListHostedZonesByVPC"


class TestPrivateZones:
    @pytest.mark.parametrize(
        ("zone", "where", "why"),
        [
            ({"Name": "api.example."}, "/Name", "api.example and every name below it"),
            ({"Name": "corp"}, "/Name", "corp and every name below it"),
            ({}, "/Name", "Name is missing"),
        ],
        ids=["a zone", "one without a dot", "one without a name"],
    )
    def test_one_that_an_account_owns_answers_what_it_likes(self, zone: dict[str, Json], where: str, why: str) -> None:
        owned: Json = {"HostedZoneId": "Z0A", "Owner": {"OwningAccount": "111122223333"}, **zone}
        (found,) = live({ZONES: [owned]}).foreign
        assert (found.id, found.type, found.touches) == ("Z0A", "AWS::Route53::HostedZone", (VPC,))
        assert reason(found.doubt) == (
            f"Z0A#{where}: a private zone answers names with addresses of its owner's choice: {why}"
        )

    def test_one_without_an_owner_is_somebodys(self) -> None:
        assert [one.id for one in live({ZONES: [{"HostedZoneId": "Z0A", "Name": "a."}]}).foreign] == ["Z0A"]

    def test_what_a_service_keeps_for_its_endpoints_is_awss(self) -> None:
        owned: Json = {"HostedZoneId": "Z0A", "Name": "sts.", "Owner": {"OwningService": "vpce.amazonaws.com"}}
        assert live({ZONES: [owned]}).foreign == ()

    def test_what_was_not_read_leaves_it_open(self) -> None:
        assert [field for field, _ in lived({}, unread(ZONES)).unread] == ["foreign"]


LATTICE = "vpc-lattice:ListServiceNetworkVpcAssociations"


class TestServiceNetworks:
    def association(self, status: Json) -> tuple[Foreign, ...]:
        return live({LATTICE: [{"arn": "arn:aws:vpc-lattice:a", "status": status, "vpcId": VPC}]}).foreign

    @pytest.mark.parametrize("status", ["ACTIVE", "UPDATE_IN_PROGRESS", "UPDATE_FAILED", "DELETE_FAILED"])
    def test_one_on_the_vpc_leads_elsewhere(self, status: str) -> None:
        (found,) = self.association(status)
        kind = "AWS::VpcLattice::ServiceNetworkVpcAssociation"
        assert (found.id, found.type, found.touches, found.maybe) == ("arn:aws:vpc-lattice:a", kind, (VPC,), None)
        assert found.doubt.reason == "a service network gives a VPC ways to services elsewhere"

    @pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS"])
    def test_what_is_between_may_lead_there(self, status: str) -> None:
        assert reason(self.association(status)[0].maybe).endswith(f"#/status: its state is {status}")

    def test_what_was_never_made_leads_nowhere(self) -> None:
        assert self.association("CREATE_FAILED") == ()

    def test_what_was_not_read_leaves_it_open(self) -> None:
        assert [field for field, _ in lived({}, unread(LATTICE)).unread] == ["foreign"]


MIRRORS = "ec2:DescribeTrafficMirrorSessions"


class TestMirrors:
    def mirrored(self, source: Json) -> tuple[Foreign, ...]:
        session: Json = {"TrafficMirrorSessionId": "tms-0a", "NetworkInterfaceId": source}
        own: Json = [{**_an_interface(), "NetworkInterfaceId": "eni-0a"}]
        return live({MIRRORS: [session], "ec2:DescribeNetworkInterfaces": own}).foreign

    def test_one_of_an_interface_of_the_vpc_copies_what_it_sends(self) -> None:
        (found,) = self.mirrored("eni-0a")
        assert (found.id, found.type, found.touches) == ("tms-0a", "AWS::EC2::TrafficMirrorSession", ("eni-0a",))
        assert reason(found.doubt) == "tms-0a#/NetworkInterfaceId: it copies packets to wherever its target is"

    def test_one_of_another_vpc_copies_nothing_of_ours(self) -> None:
        assert self.mirrored("eni-0b") == ()

    def test_one_of_nobody_knows_what_may_be_ours(self) -> None:
        assert [one.touches for one in self.mirrored(None)] == [(VPC,)]

    @pytest.mark.parametrize("call", [MIRRORS, "ec2:DescribeNetworkInterfaces"])
    def test_what_was_not_read_leaves_it_open(self, call: str) -> None:
        assert "foreign" in [field for field, _ in lived({}, unread(call)).unread]


def _an_interface() -> dict[str, Json]:
    return {"SubnetId": "subnet-0a", "Groups": [{"GroupId": "sg-0a"}], "SourceDestCheck": True}


SUBNETS: Json = [
    {"SubnetId": "subnet-0a", "VpcId": VPC, "Tags": tags(agent="bot", role="agent")},
    {"SubnetId": "subnet-0b", "VpcId": VPC, "Tags": tags(role="egress")},
]


def interface(name: str, subnet: Json, *groups: str, instance: str | None = None) -> Json:
    return {
        "NetworkInterfaceId": name,
        "Description": "a worker",
        "SubnetId": subnet,
        "Groups": [{"GroupId": group} for group in groups],
        "Attachment": {"InstanceId": instance} if instance else None,
        "SourceDestCheck": True,
    }


def strays(*interfaces: Json) -> list[tuple[str, tuple[str, ...], str]]:
    answers: Answers = {
        "ec2:DescribeSecurityGroups": GROUPS,
        "ec2:DescribeSubnets": SUBNETS,
        "ec2:DescribeNetworkInterfaces": list(interfaces),
    }
    return [(one.id, one.touches, one.doubt.reason) for one in live(answers).foreign]


class TestStrays:
    def test_a_worker_at_home_is_none(self) -> None:
        assert strays(interface("eni-0a", "subnet-0a", "sg-0a"), interface("eni-0b", "subnet-0b", "sg-0d")) == []

    def test_a_machine_with_a_second_seat_elsewhere(self) -> None:
        found = strays(
            interface("eni-0a", "subnet-0a", "sg-0d", instance="i-0a"),
            interface("eni-0b", "subnet-0b", "sg-0d", instance="i-0a"),
        )
        why = "i-0a stands in bot's subnets and in subnet-0b too, and may send by either"
        assert found == [("i-0a/stray/bot", ("subnet-0a",), why)]

    def test_an_agents_group_worn_elsewhere(self) -> None:
        why = "eni-0b bears bot's security group in subnet-0b, which is not bot's"
        assert strays(interface("eni-0b", "subnet-0b", "sg-0x", "sg-0a")) == [("eni-0b/stray/bot", ("subnet-0a",), why)]

    def test_what_stands_nobody_knows_where_is_for_the_placement_to_doubt(self) -> None:
        assert strays(interface("eni-0b", None, "sg-0a")) == []
