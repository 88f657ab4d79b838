"""What a template meant, by the ids and the spelling of the account that it was deployed to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.lift.anchor import anchor, with_owners
from agent_perimeter.observed import (
    Boundary,
    Doubt,
    ObservedNetwork,
    ResolverRule,
    Role,
)
from agent_perimeter.snapshot import Unread
from agent_perimeter.source import Origin
from tests.unit.accounts import ACCOUNT, Answers, snapshot, unread
from tests.unit.lifted import VPC as VPC_RESOURCE
from tests.unit.lifted import Resources, attribute, lifted, ref

STACK = "cloudformation:ListStackResources StackName=net"
WHERE = "us-east-1"


def became(*rows: tuple[str, str, str], **more: Json) -> list[Json]:
    """What resources became: (logical id, type, physical id)."""
    return [
        {"LogicalResourceId": logical, "ResourceType": kind, "PhysicalResourceId": physical, **more}
        for logical, kind, physical in rows
    ]


def stack(*rows: tuple[str, str, str], name: str = "net") -> Answers:
    return {f"cloudformation:ListStackResources StackName={name}": {"StackResourceSummaries": became(*rows)}}


def anchored(
    expected: ObservedNetwork,
    *rows: tuple[str, str, str],
    answers: Answers | None = None,
    lost: tuple[Unread, ...] = (),
) -> ObservedNetwork:
    found, doubts = anchor(expected, snapshot({**stack(*rows), **(answers or {})}, *lost))
    assert doubts == ()
    return found


VPC = ("Vpc", "AWS::EC2::VPC", "vpc-0a")
ROLE: Resources = {"Worker": ("AWS::IAM::Role", {"Tags": [{"Key": "agent-perimeter:agent", "Value": "bot"}]})}


class TestIds:
    def test_records_and_references_get_physical_ids_and_are_sorted_by_them(self) -> None:
        subnets: Resources = {
            name: (
                "AWS::EC2::Subnet",
                {"VpcId": ref("Vpc"), "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": "a"},
            )
            for number, name in enumerate(("First", "Second"))
        }
        found = anchored(
            lifted({**VPC_RESOURCE, **subnets}),
            VPC,
            ("First", "AWS::EC2::Subnet", "subnet-0b"),
            ("Second", "AWS::EC2::Subnet", "subnet-0a"),
        )
        assert [(one.id, one.vpc) for one in found.subnets] == [("subnet-0a", "vpc-0a"), ("subnet-0b", "vpc-0a")]

    def test_what_aws_makes_with_a_vpc_hangs_below_its_physical_id(self) -> None:
        found = anchored(lifted({**VPC_RESOURCE}), VPC)
        assert [one.id for one in found.route_tables] == ["vpc-0a/main-route-table"]
        assert [one.id for one in found.security_groups] == ["vpc-0a/default-group"]
        assert [one.id for one in found.dns_settings] == ["vpc-0a/dns-settings"]

    def test_a_doubt_about_everything_stays(self) -> None:
        unclear = Doubt("a macro may add resources")
        assert anchored(replace(lifted({**VPC_RESOURCE}), doubts=(unclear,)), VPC).doubts == (unclear,)

    def test_where_it_was_written_stays(self) -> None:
        found = anchored(lifted({**VPC_RESOURCE}), VPC)
        assert found.vpcs[0].origin == Origin(path="net.template.json#/Resources/Vpc")

    def test_a_name_for_people_is_no_id(self) -> None:
        subnet: Resources = {
            "Subnet": ("AWS::EC2::Subnet", {"VpcId": ref("Vpc"), "Tags": [{"Key": "Name", "Value": "net/Vpc"}]})
        }
        found = anchored(lifted({**VPC_RESOURCE, **subnet}), VPC)
        assert found.subnets[0].name == "net/Vpc"

    def test_what_the_stack_does_not_hold_keeps_its_logical_id(self) -> None:
        assert anchored(lifted({**VPC_RESOURCE, **ROLE}), VPC).roles[0].id == "net/Worker"

    def test_what_the_stack_has_deleted_is_not_held(self) -> None:
        worker = ("Worker", "AWS::IAM::Role", "worker")
        listed: Json = [
            *became(VPC),
            *became(worker, ResourceStatus="DELETE_COMPLETE"),
            {"LogicalResourceId": "Worker"},
            "?",
        ]
        rows: Answers = {STACK: {"StackResourceSummaries": listed}}
        found, _ = anchor(lifted({**VPC_RESOURCE, **ROLE}), snapshot(rows))
        assert found.roles[0].id == "net/Worker"

    def test_a_stack_of_another_name_is_the_templates(self) -> None:
        found, doubts = anchor(lifted({**VPC_RESOURCE}), replace(snapshot(stack(VPC, name="Prod")), stack="Prod"))
        assert (found.vpcs[0].id, doubts) == ("vpc-0a", ())

    def test_a_nested_stack_is_followed_where_its_resources_are_listed(self) -> None:
        network = lifted({**VPC_RESOURCE})
        nested = replace(network, vpcs=tuple(replace(one, id="net/Inner/Vpc") for one in network.vpcs))
        inner = "arn:aws:cloudformation:eu-west-1:1:stack/net-Inner/1"
        answers = {**stack(("Inner", "AWS::CloudFormation::Stack", inner)), **stack(VPC, name=inner)}
        found, doubts = anchor(nested, snapshot(answers))
        assert ([one.id for one in found.vpcs], doubts) == (["vpc-0a"], ())
        alone, _ = anchor(nested, snapshot(stack(("Inner", "AWS::CloudFormation::Stack", inner))))
        assert [one.id for one in alone.vpcs] == [f"{inner}/Vpc"]


class TestWhatIsNotKnown:
    def test_a_list_that_was_not_read_is_a_doubt_about_everything(self) -> None:
        found, doubts = anchor(lifted({**VPC_RESOURCE}), snapshot({}, unread(STACK)))
        assert found.vpcs[0].id == "net/Vpc"
        assert [doubt.reason for doubt in doubts] == [
            "cloudformation:ListStackResources of net was not read: AccessDenied: no; allow cloudformation:ListStackResources"
        ]

    @pytest.mark.parametrize("answer", [{}, {STACK: {"StackResourceSummaries": None}}], ids=["not asked", "no list"])
    def test_a_stack_that_nobody_listed_is_a_doubt(self, answer: Answers) -> None:
        _, doubts = anchor(lifted({**VPC_RESOURCE}), snapshot(answer))
        assert [doubt.reason for doubt in doubts] == ["the snapshot does not say what became of the resources of net"]

    def test_of_several_stacks_those_that_are_not_listed_are_doubts(self) -> None:
        network = lifted({**VPC_RESOURCE})
        other = Role(id="other/Worker", origin=Origin(), agent=None, boundary=None)
        found, doubts = anchor(replace(network, roles=(other,)), snapshot(stack(VPC)))
        assert (found.vpcs[0].id, found.roles[0].id) == ("vpc-0a", "other/Worker")
        assert [doubt.reason for doubt in doubts] == ["the snapshot does not say what became of the resources of other"]

    def test_every_stack_that_is_not_listed_is_one(self) -> None:
        others = tuple(Role(id=f"{name}/Worker", origin=Origin(), agent=None, boundary=None) for name in ("a", "b"))
        _, doubts = anchor(ObservedNetwork(roles=others), snapshot(stack(VPC)))
        assert [doubt.reason.rpartition(" ")[2] for doubt in doubts] == ["a", "b"]

    def test_a_stack_may_go_by_its_arn(self) -> None:
        arn = "arn:aws:cloudformation:eu-west-1:1:stack/net/8a7b"
        other = Role(id="other/Worker", origin=Origin(), agent=None, boundary=None)
        network = replace(lifted({**VPC_RESOURCE}), roles=(other,))
        found, doubts = anchor(network, replace(snapshot(stack(VPC, name=arn)), stack=arn))
        assert found.vpcs[0].id == "vpc-0a"
        assert len(doubts) == 1

    def test_an_empty_network_needs_no_list(self) -> None:
        assert anchor(ObservedNetwork(), snapshot({})) == (ObservedNetwork(), ())


def service(text: Json, *rows: tuple[str, str, str], **resources: tuple[str, dict[str, Json]]) -> str | Doubt:
    """A text of an endpoint, filled in."""
    endpoint: Resources = {"Endpoint": ("AWS::EC2::VPCEndpoint", {"VpcId": ref("Vpc"), "ServiceName": text})}
    return anchored(lifted({**VPC_RESOURCE, **resources, **endpoint}), VPC, *rows).endpoints[0].service_name


class TestHoles:
    def test_the_vpc_stands_in_the_snapshots_account_and_region(self) -> None:
        (found,) = anchored(lifted({**VPC_RESOURCE}), VPC).vpcs
        assert (found.account, found.region) == (ACCOUNT, "eu-west-1")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("com.amazonaws.${AWS::Region}.s3", "com.amazonaws.eu-west-1.s3"),
            ("${AWS::Partition}/${AWS::AccountId}/${AWS::URLSuffix}", f"aws/{ACCOUNT}/amazonaws.com"),
            ("x-${Vpc}", "x-vpc-0a"),
            ("x-${Vpc.VpcId}", "x-vpc-0a"),
            ("${Worker}", "worker-1"),
            ("${Worker.Arn}", f"arn:aws:iam::{ACCOUNT}:role/worker-1"),
            ("${Group.Arn}", f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:group-1:*"),
            ("${!aws:username}", "${aws:username}"),
        ],
        ids=lambda value: value,
    )
    def test_they_are_filled_where_the_account_tells(self, text: str, expected: str) -> None:
        rows = ("Worker", "AWS::IAM::Role", "worker-1"), ("Group", "AWS::Logs::LogGroup", "group-1")
        made: Resources = {"Worker": ("AWS::IAM::Role", {}), "Group": ("AWS::Logs::LogGroup", {})}
        assert service({"Fn::Sub": text}, *rows, **made) == expected

    @pytest.mark.parametrize(
        ("text", "hole"), [("${Vpc.Ipv6CidrBlocks}", "${net/Vpc.Ipv6CidrBlocks}"), ("${Lost}", "${net/Lost}")]
    )
    def test_a_hole_that_nothing_fills_is_a_doubt(self, text: str, hole: str) -> None:
        found = service({"Fn::Sub": f"x-{text}"}, Lost=("AWS::SNS::Topic", {}))
        assert found == Doubt(f"what {hole} is in this account is not known")

    @pytest.mark.parametrize(
        ("text", "hole"), [("${AWS::AccountId}", "AWS::AccountId"), ("${Worker.Arn}", "net/Worker.Arn")]
    )
    def test_an_account_that_was_not_read_fills_nothing(self, text: str, hole: str) -> None:
        worker: Resources = {"Worker": ("AWS::IAM::Role", {})}
        endpoint: Resources = {"Endpoint": ("AWS::EC2::VPCEndpoint", {"ServiceName": {"Fn::Sub": f"x-{text}"}})}
        nobodys = replace(snapshot(stack(("Worker", "AWS::IAM::Role", "worker-1"))), account="")
        found, _ = anchor(lifted({**VPC_RESOURCE, **worker, **endpoint}), nobodys)
        assert found.endpoints[0].service_name == Doubt(f"what ${{{hole}}} is in this account is not known")

    def test_where_only_text_may_stand_the_hole_stays(self) -> None:
        network = lifted({**VPC_RESOURCE})
        open_ = replace(network, vpcs=(replace(network.vpcs[0], region="${net/Lost}"),))
        assert anchored(open_, VPC).vpcs[0].region == "${net/Lost}"


ANSWERED: Answers = {
    "ec2:DescribeSubnets": [
        {"SubnetId": "subnet-0a", "AvailabilityZone": "eu-west-1a", "AvailabilityZoneId": "euw1-az3"},
    ]
}


class TestAwsSpelling:
    def zone(self, **written: Json) -> str | Doubt:
        subnet: Resources = {
            "Subnet": ("AWS::EC2::Subnet", {"VpcId": ref("Vpc"), "CidrBlock": "10.0.0.0/24", **written})
        }
        rows = (VPC, ("Subnet", "AWS::EC2::Subnet", "subnet-0a"))
        return anchored(lifted({**VPC_RESOURCE, **subnet}), *rows, answers=ANSWERED).subnets[0].zone

    @pytest.mark.parametrize(
        ("written", "zone"),
        [
            ({}, "eu-west-1a"),
            ({"AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}, "eu-west-1a"),
            ({"AvailabilityZoneId": "euw1-az3"}, "eu-west-1a"),
            ({"AvailabilityZone": "eu-west-1b"}, "eu-west-1b"),
            ({"AvailabilityZoneId": "euw1-az1"}, "euw1-az1"),
        ],
        ids=["left to AWS", "the first", "the same by its id", "another", "another by its id"],
    )
    def test_a_zone_that_is_left_to_aws_is_the_one_it_chose(self, written: dict[str, Json], zone: str) -> None:
        assert self.zone(**written) == zone

    def test_a_zone_that_nobody_read_stays_open(self) -> None:
        subnet: Resources = {"Subnet": ("AWS::EC2::Subnet", {"VpcId": ref("Vpc"), "CidrBlock": "10.0.0.0/24"})}
        assert isinstance(anchored(lifted({**VPC_RESOURCE, **subnet}), VPC).subnets[0].zone, Doubt)

    def test_the_vpcs_own_resolver_is_no_dhcp_option(self) -> None:
        def tied(servers: Json) -> Resources:
            return {
                **VPC_RESOURCE,
                "Options": ("AWS::EC2::DHCPOptions", {"DomainNameServers": [servers]}),
                "Tie": ("AWS::EC2::VPCDHCPOptionsAssociation", {"VpcId": ref("Vpc"), "DhcpOptionsId": ref("Options")}),
            }

        assert anchored(lifted(tied("AmazonProvidedDNS")), VPC).dhcp_options == ()
        assert [one.servers for one in anchored(lifted(tied("192.0.2.53")), VPC).dhcp_options] == [("192.0.2.53",)]

    def test_names_lose_their_last_dot_and_their_capitals(self) -> None:
        group: Resources = {
            "Names": ("AWS::Route53Resolver::FirewallDomainList", {"Domains": ["Api.example.", "*"]}),
            "Group": (
                "AWS::Route53Resolver::FirewallRuleGroup",
                {
                    "FirewallRules": [
                        {"FirewallDomainListId": attribute("Names", "Id"), "Priority": 1, "Action": "ALLOW"},
                        {
                            "DnsThreatProtection": "DGA",
                            "Priority": 2,
                            "Action": "BLOCK",
                            "BlockOverrideDomain": "Sink.example.",
                        },
                    ]
                },
            ),
        }
        (found,) = anchored(lifted({**VPC_RESOURCE, **group}), VPC).dns_groups
        assert [(rule.domains, rule.override) for rule in found.rules] == [
            (("api.example", "*"), None),
            (None, "sink.example"),
        ]

    def test_a_resolver_rule_too(self) -> None:
        rule = ResolverRule(
            id="net/Tie", origin=Origin(), vpc="net/Vpc", domain="corp.example.", kind="FORWARD", targets=()
        )
        found = anchored(replace(lifted({**VPC_RESOURCE}), resolver_rules=(rule,)), VPC)
        assert found.resolver_rules[0].domain == "corp.example"

    @pytest.mark.parametrize(
        ("principal", "default"), [("*", True), ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, False)], ids=["all", "some"]
    )
    def test_the_policy_that_allows_everything_is_none(self, principal: Json, default: bool) -> None:
        document: Json = {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}}
        properties: dict[str, Json] = {"VpcId": ref("Vpc"), "ServiceName": "s3", "PolicyDocument": document}
        network = lifted({**VPC_RESOURCE, "Endpoint": ("AWS::EC2::VPCEndpoint", properties)})
        assert (anchored(network, VPC).endpoints[0].policy is None) is default

    def test_an_endpoint_without_a_policy_stays_so(self) -> None:
        properties: dict[str, Json] = {"VpcId": ref("Vpc"), "ServiceName": "s3"}
        network = lifted({**VPC_RESOURCE, "Endpoint": ("AWS::EC2::VPCEndpoint", properties)})
        assert anchored(network, VPC).endpoints[0].policy is None

    def test_an_endpoint_for_a_load_balancer_has_no_groups(self) -> None:
        properties: dict[str, Json] = {
            "VpcId": ref("Vpc"),
            "ServiceName": "x",
            "VpcEndpointType": "GatewayLoadBalancer",
        }
        network = lifted({**VPC_RESOURCE, "Endpoint": ("AWS::EC2::VPCEndpoint", properties)})
        assert network.endpoints[0].groups == ("net/Vpc/default-group",)
        assert anchored(network, VPC).endpoints[0].groups == ()

    def test_a_default_acl_has_ipv6_entries_where_the_vpc_has_ipv6(self) -> None:
        def numbers(network: ObservedNetwork) -> list[object]:
            (acl,) = anchored(network, VPC).acls
            return [(entry.number, entry.egress) for entry in acl.entries]

        plain = lifted({**VPC_RESOURCE})
        assert numbers(plain) == [(100, False), (100, True)]
        both = lifted(
            {"Vpc": (VPC_RESOURCE["Vpc"][0], {**VPC_RESOURCE["Vpc"][1], "AmazonProvidedIpv6CidrBlock": True})}
        )
        assert numbers(replace(plain, vpcs=(replace(plain.vpcs[0], ipv6_cidrs=(Doubt("AWS chooses"),)),))) == [
            (100, False), (101, False), (100, True), (101, True),
        ]  # fmt: skip
        assert len(both.acls) == 1

    def test_an_ipv6_entry_that_the_template_writes_stays(self) -> None:
        entry: Resources = {
            "Entry": (
                "AWS::EC2::NetworkAclEntry",
                {"NetworkAclId": attribute("Vpc", "DefaultNetworkAcl"), "RuleNumber": 50, "Protocol": -1, "RuleAction": "deny", "Ipv6CidrBlock": "::/0"},
            )
        }  # fmt: skip
        (acl,) = anchored(lifted({**VPC_RESOURCE, **entry}), VPC, ("Entry", "AWS::EC2::NetworkAclEntry", "x")).acls
        assert sorted(str(one.number) for one in acl.entries) == ["100", "100", "50"]

    def test_a_log_group_goes_by_its_name(self) -> None:
        log: Resources = {
            "Group": ("AWS::Logs::LogGroup", {}),
            "Config": (
                "AWS::Route53Resolver::ResolverQueryLoggingConfig",
                {"DestinationArn": attribute("Group", "Arn")},
            ),
            "Tie": (
                "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation",
                {"ResolverQueryLogConfigId": ref("Config"), "ResourceId": ref("Vpc")},
            ),
        }
        found = anchored(lifted({**VPC_RESOURCE, **log}), VPC, ("Group", "AWS::Logs::LogGroup", "queries"))
        assert [(one.watched, one.destination) for one in found.logs] == [("vpc-0a", "queries")]


def cap(agent: str | Doubt | None) -> Boundary:
    return Boundary(id="arn:cap", origin=Origin(), agent=agent, statements=())


def worker(agent: str | Doubt | None, boundary: str | Doubt | None) -> Role:
    return Role(id="worker", origin=Origin(), agent=agent, boundary=boundary)


class TestOwners:
    def owned(self, boundary: Boundary, role: Role, *expected: Boundary | Role) -> tuple[object, object]:
        found = with_owners(
            ObservedNetwork(boundaries=(boundary,), roles=(role,)),
            ObservedNetwork(
                boundaries=tuple(one for one in expected if isinstance(one, Boundary)),
                roles=tuple(one for one in expected if isinstance(one, Role)),
            ),
        )
        return found.boundaries[0].agent, found.roles[0].agent

    def test_a_boundary_and_the_role_that_bears_it_are_the_agents_that_the_template_says(self) -> None:
        assert self.owned(cap(None), worker(None, "arn:cap"), cap("bot")) == ("bot", "bot")

    def test_a_role_without_a_boundary_is_too(self) -> None:
        assert self.owned(cap(None), worker(None, None), worker("bot", "arn:cap")) == (None, "bot")

    def test_what_the_account_says_holds(self) -> None:
        assert self.owned(cap("rogue"), worker("rogue", None), cap("bot"), worker("bot", None)) == ("rogue", "rogue")

    def test_what_nobody_says_stays_open(self) -> None:
        unknown = Doubt("not read")
        assert self.owned(cap(None), worker(None, unknown)) == (None, None)
