"""Network Firewall of the local AWS: what is created is held, and what AWS refuses is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.conftest import ACCOUNT, REGION, LocalAws
from tests.aws.local.network_firewall.policies import set_policy_errors

RULES = 'pass tls any any -> any 443 (tls.sni; content:"a.example"; sid:1;)\ndrop ip any any -> any any (sid:2;)\n'
ARN = f"arn:aws:network-firewall:{REGION}:{ACCOUNT}"
MANAGED = f"arn:aws:network-firewall:{REGION}:aws-managed:stateful-rulegroup/ThreatSignaturesBotnetStrictOrder"


class World:
    """A VPC with two zones, a strict-order policy with one group, and a firewall in the first zone."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.api, self.ec2 = aws.client("network-firewall"), aws.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self._subnet(f"10.0.{number}.0/24", zone)
            for number, zone in enumerate((f"{REGION}a", f"{REGION}b", f"{REGION}a"))
        ]
        self.group = self.create_group("g")["RuleGroupResponse"]["RuleGroupArn"]
        self.policy = self.create_policy("p")["FirewallPolicyResponse"]["FirewallPolicyArn"]
        self.firewall = self.api.create_firewall(
            FirewallName="f",
            FirewallPolicyArn=self.policy,
            VpcId=self.vpc,
            SubnetMappings=[{"SubnetId": self.subnets[0]}],
            DeleteProtection=False,
            SubnetChangeProtection=False,
            FirewallPolicyChangeProtection=False,
        )["Firewall"]["FirewallArn"]

    def _subnet(self, cidr: str, zone: str) -> str:
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=zone)
        subnet: str = made["Subnet"]["SubnetId"]
        return subnet

    def create_group(self, name: str, order: str = "STRICT_ORDER", rules: str = RULES, **more: Any) -> Any:
        group = {"RulesSource": {"RulesString": rules}, "StatefulRuleOptions": {"RuleOrder": order}}
        return self.api.create_rule_group(
            RuleGroupName=name, **({"Type": "STATEFUL", "Capacity": 10, "RuleGroup": group} | more)
        )

    def policy_of(self, **changes: Any) -> dict[str, Any]:
        policy = {
            "StatelessDefaultActions": ["aws:forward_to_sfe"],
            "StatelessFragmentDefaultActions": ["aws:drop"],
            "StatefulRuleGroupReferences": [{"ResourceArn": self.group, "Priority": 1}],
            "StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER"},
            "StatefulDefaultActions": ["aws:drop_established", "aws:alert_established"],
        }
        return policy | changes

    def create_policy(self, name: str, **changes: Any) -> Any:
        return self.api.create_firewall_policy(FirewallPolicyName=name, FirewallPolicy=self.policy_of(**changes))

    def described(self) -> Any:
        return self.api.describe_firewall(FirewallArn=self.firewall)

    def protect(self, member: str, *, on: bool) -> None:
        names = {
            "DeleteProtection": "update_firewall_delete_protection",
            "SubnetChangeProtection": "update_subnet_change_protection",
            "FirewallPolicyChangeProtection": "update_firewall_policy_change_protection",
        }
        getattr(self.api, names[member])(FirewallArn=self.firewall, **{member: on})


@pytest.fixture
def world(local_aws: LocalAws) -> World:
    return World(local_aws)


def test_a_rule_group_is_kept_changed_and_deleted(world: World) -> None:
    made = world.create_group("other", Tags=[{"Key": "k", "Value": "v"}])
    arn, response = made["RuleGroupResponse"]["RuleGroupArn"], made["RuleGroupResponse"]
    assert arn == f"{ARN}:stateful-rulegroup/other"
    assert (response["Capacity"], response["ConsumedCapacity"], response["NumberOfAssociations"]) == (10, 2, 0)
    read = world.api.describe_rule_group(RuleGroupName="other", Type="STATEFUL")
    assert read["RuleGroup"]["RulesSource"]["RulesString"] == RULES
    assert world.api.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    changed = "drop ip any any -> any any (sid:7;)"
    world.api.update_rule_group(RuleGroupArn=arn, UpdateToken=read["UpdateToken"], Rules=changed)
    again = world.api.describe_rule_group(RuleGroupArn=arn)
    assert again["RuleGroup"]["RulesSource"]["RulesString"] == changed
    assert again["UpdateToken"] != read["UpdateToken"]
    assert world.api.describe_rule_group_metadata(RuleGroupArn=arn)["Capacity"] == 10
    world.api.delete_rule_group(RuleGroupArn=arn)
    assert [group["Arn"] for group in world.api.list_rule_groups()["RuleGroups"]] == [world.group]


def test_a_dry_run_changes_nothing(world: World) -> None:
    world.create_group("dry", DryRun=True)
    world.create_policy("other")
    world.api.create_firewall_policy(FirewallPolicyName="dry", FirewallPolicy=world.policy_of(), DryRun=True)
    assert [group["Name"] for group in world.api.list_rule_groups()["RuleGroups"]] == ["g"]
    assert [policy["Name"] for policy in world.api.list_firewall_policies()["FirewallPolicies"]] == ["p", "other"]


def test_lists_come_in_pages(world: World) -> None:
    for name in "xyz":
        world.create_group(name)
    pages = list(world.api.get_paginator("list_rule_groups").paginate(PaginationConfig={"PageSize": 3}))
    assert [[group["Name"] for group in page["RuleGroups"]] for page in pages] == [["g", "x", "y"], ["z"]]


def test_managed_rule_groups_are_there_for_every_policy(world: World) -> None:
    listed = world.api.list_rule_groups(Scope="MANAGED")["RuleGroups"]
    assert MANAGED in {group["Arn"] for group in listed}
    assert world.api.describe_rule_group(RuleGroupArn=MANAGED)["RuleGroup"]["RulesSource"]["RulesString"]
    references = [{"ResourceArn": world.group, "Priority": 1}, {"ResourceArn": MANAGED, "Priority": 2}]
    world.create_policy("with-managed", StatefulRuleGroupReferences=references)


def test_a_policy_is_kept_and_changed(world: World) -> None:
    read = world.api.describe_firewall_policy(FirewallPolicyName="p")
    assert read["FirewallPolicy"] == world.policy_of()
    assert read["FirewallPolicyResponse"]["NumberOfAssociations"] == 1
    world.api.update_firewall_policy(
        FirewallPolicyArn=world.policy,
        UpdateToken=read["UpdateToken"],
        FirewallPolicy=world.policy_of(StatelessDefaultActions=["aws:pass"]),
    )
    again = world.api.describe_firewall_policy(FirewallPolicyArn=world.policy)
    assert again["FirewallPolicy"]["StatelessDefaultActions"] == ["aws:pass"]


def test_a_policy_reports_errors_that_a_test_gives_it(world: World) -> None:
    error = {"Code": "DNS_FIREWALL_RULE_GROUP_UNAVAILABLE", "Message": "gone"}
    set_policy_errors(ACCOUNT, REGION, world.policy, [error])
    read = world.api.describe_firewall_policy(FirewallPolicyArn=world.policy)
    assert read["FirewallPolicyResponse"]["Errors"] == [error]


def test_a_firewall_has_an_endpoint_to_which_a_route_can_lead(world: World) -> None:
    read = world.described()
    attachment = read["FirewallStatus"]["SyncStates"][f"{REGION}a"]["Attachment"]
    assert attachment["SubnetId"] == world.subnets[0]
    assert set(read["FirewallStatus"]["SyncStates"][f"{REGION}a"]["Config"]) == {world.policy, world.group}
    endpoint = world.ec2.describe_vpc_endpoints(VpcEndpointIds=[attachment["EndpointId"]])["VpcEndpoints"][0]
    assert (endpoint["VpcEndpointType"], endpoint["RequesterManaged"]) == ("GatewayLoadBalancer", True)
    interface = world.ec2.describe_network_interfaces(NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])
    owned = interface["NetworkInterfaces"][0]
    assert (owned["InterfaceType"], owned["RequesterManaged"], owned["SubnetId"]) == (
        "gateway_load_balancer_endpoint",
        True,
        world.subnets[0],
    )
    table = world.ec2.create_route_table(VpcId=world.vpc)["RouteTable"]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    world.ec2.create_route(**route, VpcEndpointId=attachment["EndpointId"])
    assert _default_route(world, table) == (attachment["EndpointId"], "active")
    world.api.delete_firewall(FirewallArn=world.firewall)
    assert _default_route(world, table) == (attachment["EndpointId"], "blackhole")
    assert world.ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def _default_route(world: World, table: str) -> tuple[str, str]:
    routes = world.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    route = next(route for route in routes if route["DestinationCidrBlock"] == "0.0.0.0/0")
    return route["GatewayId"], route["State"]


def test_a_firewall_protects_itself_where_nothing_is_said(world: World) -> None:
    vpc = world.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    firewall = world.api.create_firewall(
        FirewallName="bare", FirewallPolicyArn=world.policy, VpcId=vpc, SubnetMappings=[{"SubnetId": subnet}]
    )["Firewall"]
    protections = ("DeleteProtection", "SubnetChangeProtection", "FirewallPolicyChangeProtection")
    assert all(firewall[protection] for protection in protections)
    assert world.api.list_firewalls(VpcIds=[vpc])["Firewalls"] == [
        {"FirewallName": "bare", "FirewallArn": firewall["FirewallArn"]}
    ]


def test_subnets_come_and_go(world: World) -> None:
    world.api.associate_subnets(FirewallArn=world.firewall, SubnetMappings=[{"SubnetId": world.subnets[1]}])
    assert set(world.described()["FirewallStatus"]["SyncStates"]) == {f"{REGION}a", f"{REGION}b"}
    world.api.disassociate_subnets(FirewallArn=world.firewall, SubnetIds=[world.subnets[0]])
    read = world.described()
    assert [mapping["SubnetId"] for mapping in read["Firewall"]["SubnetMappings"]] == [world.subnets[1]]
    assert len(world.ec2.describe_vpc_endpoints()["VpcEndpoints"]) == 1


def test_a_firewall_can_be_given_another_policy(world: World) -> None:
    other = world.create_policy("other")["FirewallPolicyResponse"]["FirewallPolicyArn"]
    world.api.associate_firewall_policy(FirewallArn=world.firewall, FirewallPolicyArn=other)
    assert world.described()["Firewall"]["FirewallPolicyArn"] == other


def test_settings_of_a_firewall_change(world: World) -> None:
    world.api.update_firewall_description(FirewallArn=world.firewall, Description="d")
    world.api.update_firewall_analysis_settings(FirewallArn=world.firewall, EnabledAnalysisTypes=["TLS_SNI"])
    world.api.update_availability_zone_change_protection(
        FirewallArn=world.firewall, AvailabilityZoneChangeProtection=True
    )
    own = {"Type": "CUSTOMER_KMS", "KeyId": "key"}
    world.api.update_firewall_encryption_configuration(FirewallArn=world.firewall, EncryptionConfiguration=own)
    read = world.described()["Firewall"]
    assert (read["Description"], read["EnabledAnalysisTypes"]) == ("d", ["TLS_SNI"])
    assert (read["AvailabilityZoneChangeProtection"], read["EncryptionConfiguration"]) == (True, own)


def _log(kind: str, group: str = "g") -> dict[str, Any]:
    return {"LogType": kind, "LogDestinationType": "CloudWatchLogs", "LogDestination": {"logGroup": group}}


def test_logging_changes_by_one_destination_at_a_time(world: World) -> None:
    for configs in ([_log("ALERT")], [_log("ALERT"), _log("FLOW")], [_log("ALERT", "other"), _log("FLOW")]):
        world.api.update_logging_configuration(
            FirewallArn=world.firewall, LoggingConfiguration={"LogDestinationConfigs": configs}
        )
        read = world.api.describe_logging_configuration(FirewallArn=world.firewall)
        assert read["LoggingConfiguration"]["LogDestinationConfigs"] == configs


def test_an_association_is_one_more_endpoint(world: World) -> None:
    made = world.api.create_vpc_endpoint_association(
        FirewallArn=world.firewall, VpcId=world.vpc, SubnetMapping={"SubnetId": world.subnets[2]}
    )
    arn = made["VpcEndpointAssociation"]["VpcEndpointAssociationArn"]
    listed = world.api.list_vpc_endpoint_associations(FirewallArn=world.firewall)["VpcEndpointAssociations"]
    assert [association["VpcEndpointAssociationArn"] for association in listed] == [arn]
    read = world.api.describe_vpc_endpoint_association(VpcEndpointAssociationArn=arn)
    state = read["VpcEndpointAssociationStatus"]["AssociationSyncState"][f"{REGION}a"]["Attachment"]
    assert state["SubnetId"] == world.subnets[2]
    assert world.described()["Firewall"]["NumberOfAssociations"] == 1
    world.api.delete_vpc_endpoint_association(VpcEndpointAssociationArn=arn)
    assert world.api.list_vpc_endpoint_associations()["VpcEndpointAssociations"] == []


def test_a_resource_policy_shares_and_tags_name(world: World) -> None:
    world.api.put_resource_policy(ResourceArn=world.policy, Policy='{"Version": "2012-10-17"}')
    assert world.api.describe_resource_policy(ResourceArn=world.policy)["Policy"] == '{"Version": "2012-10-17"}'
    world.api.delete_resource_policy(ResourceArn=world.policy)
    world.api.tag_resource(ResourceArn=world.policy, Tags=[{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}])
    world.api.untag_resource(ResourceArn=world.policy, TagKeys=["k"])
    assert world.api.list_tags_for_resource(ResourceArn=world.policy)["Tags"] == [{"Key": "l", "Value": "w"}]


STALE = "00000000-0000-0000-0000-000000000000"
Act = Callable[[World], object]

REFUSED: dict[str, tuple[Act, str, str]] = {
    "a second rule group of the same name": (
        lambda world: world.create_group("g"),
        "InvalidRequestException",
        "already exists",
    ),
    "rules beyond the capacity": (
        lambda world: world.create_group("h", Capacity=1),
        "InvalidRequestException",
        "more than the capacity of 1",
    ),
    "two rules with one sid": (
        lambda world: world.create_group("h", rules="drop ip any any -> any any (sid:1;)\n" * 2),
        "InvalidRequestException",
        "duplicate sids",
    ),
    "stateless rules in a stateful group": (
        lambda world: world.create_group(
            "h",
            RuleGroup={"RulesSource": {"StatelessRulesAndCustomActions": {"StatelessRules": []}}},
        ),
        "InvalidRequestException",
        "none for a group of type STATEFUL",
    ),
    "an update of a rule group by a stale token": (
        lambda world: world.api.update_rule_group(RuleGroupArn=world.group, UpdateToken=STALE, Rules=RULES),
        "InvalidTokenException",
        "stale",
    ),
    "deleting a rule group in use": (
        lambda world: world.api.delete_rule_group(RuleGroupArn=world.group),
        "InvalidOperationException",
        "in use by a firewall policy",
    ),
    "changing a managed rule group": (
        lambda world: world.api.update_rule_group(RuleGroupArn=MANAGED, UpdateToken=STALE, Rules=RULES),
        "InvalidRequestException",
        "managed by AWS",
    ),
    "a rule group that is not there": (
        lambda world: world.api.describe_rule_group(RuleGroupName="h", Type="STATEFUL"),
        "ResourceNotFoundException",
        "does not exist",
    ),
    "a policy that refers to nothing": (
        lambda world: world.create_policy(
            "q", StatefulRuleGroupReferences=[{"ResourceArn": f"{ARN}:stateful-rulegroup/none", "Priority": 1}]
        ),
        "InvalidRequestException",
        "does not exist",
    ),
    "a group in another order than the policy": (
        lambda world: world.create_policy(
            "q",
            StatefulRuleGroupReferences=[
                {
                    "ResourceArn": world.create_group("h", "DEFAULT_ACTION_ORDER")["RuleGroupResponse"]["RuleGroupArn"],
                    "Priority": 1,
                }
            ],
        ),
        "InvalidRequestException",
        "no stateful rule group of STRICT_ORDER",
    ),
    "strict order without priorities": (
        lambda world: world.create_policy("q", StatefulRuleGroupReferences=[{"ResourceArn": world.group}]),
        "InvalidRequestException",
        "a priority of its own",
    ),
    "a stateful default action that is none": (
        lambda world: world.create_policy("q", StatefulDefaultActions=["aws:bogus"]),
        "InvalidRequestException",
        "cannot be ['aws:bogus']",
    ),
    "two ways to drop by default": (
        lambda world: world.create_policy("q", StatefulDefaultActions=["aws:drop_strict", "aws:drop_established"]),
        "InvalidRequestException",
        "Stateful default actions cannot be",
    ),
    "stateful default actions without strict order": (
        lambda world: world.create_policy("q", StatefulEngineOptions={}, StatefulRuleGroupReferences=[]),
        "InvalidRequestException",
        "are for strict order",
    ),
    "two stateless default actions": (
        lambda world: world.create_policy("q", StatelessDefaultActions=["aws:pass", "aws:drop"]),
        "InvalidRequestException",
        "StatelessDefaultActions: one of",
    ),
    "resolved-IP validation by a DNS Firewall rule group that is not there": (
        lambda world: world.create_policy(
            "q",
            Route53ResolvedIPValidation={
                "Action": "DROP",
                "DNSFirewallRuleGroupId": "rslvr-frg-0123456789abcdef0",
                "DNSExpiryExceptionPolicy": "DROP",
            },
        ),
        "InvalidRequestException",
        "rslvr-frg-0123456789abcdef0 does not exist",
    ),
    "another rule order for a policy": (
        lambda world: world.api.update_firewall_policy(
            FirewallPolicyArn=world.policy,
            UpdateToken=world.api.describe_firewall_policy(FirewallPolicyArn=world.policy)["UpdateToken"],
            FirewallPolicy={
                "StatelessDefaultActions": ["aws:pass"],
                "StatelessFragmentDefaultActions": ["aws:pass"],
            },
        ),
        "InvalidRequestException",
        "rule order of a policy cannot be changed",
    ),
    "an update of a policy by a stale token": (
        lambda world: world.api.update_firewall_policy(
            FirewallPolicyArn=world.policy, UpdateToken=STALE, FirewallPolicy=world.policy_of()
        ),
        "InvalidTokenException",
        "stale",
    ),
    "deleting a policy in use": (
        lambda world: world.api.delete_firewall_policy(FirewallPolicyArn=world.policy),
        "InvalidOperationException",
        "in use by a firewall",
    ),
    "a firewall of the same name": (
        lambda world: world.api.create_firewall(
            FirewallName="f",
            FirewallPolicyArn=world.policy,
            VpcId=world.vpc,
            SubnetMappings=[{"SubnetId": world.subnets[1]}],
        ),
        "InvalidRequestException",
        "already exists",
    ),
    "a firewall with a subnet of another VPC": (
        lambda world: world.api.create_firewall(
            FirewallName="h",
            FirewallPolicyArn=world.policy,
            VpcId=world.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"],
            SubnetMappings=[{"SubnetId": world.subnets[1]}],
        ),
        "InvalidRequestException",
        "is no subnet of",
    ),
    "two subnets in one zone": (
        lambda world: world.api.associate_subnets(
            FirewallArn=world.firewall, SubnetMappings=[{"SubnetId": world.subnets[2]}]
        ),
        "InvalidRequestException",
        "one subnet per Availability Zone",
    ),
    "a policy that is not there": (
        lambda world: world.api.associate_firewall_policy(
            FirewallArn=world.firewall, FirewallPolicyArn=f"{ARN}:firewall-policy/none"
        ),
        "InvalidRequestException",
        "does not exist",
    ),
    "a change of a firewall by a stale token": (
        lambda world: world.api.update_firewall_delete_protection(
            FirewallArn=world.firewall, DeleteProtection=True, UpdateToken=STALE
        ),
        "InvalidTokenException",
        "stale",
    ),
    "two log destinations at once": (
        lambda world: world.api.update_logging_configuration(
            FirewallArn=world.firewall, LoggingConfiguration={"LogDestinationConfigs": [_log("ALERT"), _log("FLOW")]}
        ),
        "InvalidRequestException",
        "one log destination at a time",
    ),
    "two destinations of one type of log": (
        lambda world: world.api.update_logging_configuration(
            FirewallArn=world.firewall,
            LoggingConfiguration={"LogDestinationConfigs": [_log("ALERT"), _log("ALERT", "other")]},
        ),
        "InvalidRequestException",
        "one destination for a type of log",
    ),
    "an association in a zone without an endpoint of the firewall": (
        lambda world: world.api.create_vpc_endpoint_association(
            FirewallArn=world.firewall, VpcId=world.vpc, SubnetMapping={"SubnetId": world.subnets[1]}
        ),
        "InvalidRequestException",
        "no endpoint in this Availability Zone",
    ),
    "a resource policy that nobody put": (
        lambda world: world.api.describe_resource_policy(ResourceArn=world.policy),
        "ResourceNotFoundException",
        "has no resource policy",
    ),
}


@pytest.mark.parametrize(("act", "code", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(world: World, act: Act, code: str, says: str) -> None:
    with pytest.raises(ClientError) as refused:
        act(world)
    assert refused.value.response["Error"]["Code"] == code
    assert says in refused.value.response["Error"]["Message"]


PROTECTED: dict[str, tuple[str, Act]] = {
    "deletion": ("DeleteProtection", lambda world: world.api.delete_firewall(FirewallArn=world.firewall)),
    "another subnet": (
        "SubnetChangeProtection",
        lambda world: world.api.associate_subnets(
            FirewallArn=world.firewall, SubnetMappings=[{"SubnetId": world.subnets[1]}]
        ),
    ),
    "a subnet less": (
        "SubnetChangeProtection",
        lambda world: world.api.disassociate_subnets(FirewallArn=world.firewall, SubnetIds=[world.subnets[0]]),
    ),
    "another policy": (
        "FirewallPolicyChangeProtection",
        lambda world: world.api.associate_firewall_policy(FirewallArn=world.firewall, FirewallPolicyArn=world.policy),
    ),
}


@pytest.mark.parametrize(("protection", "act"), PROTECTED.values(), ids=PROTECTED.keys())
def test_protection_holds_until_it_is_turned_off(world: World, protection: str, act: Act) -> None:
    world.protect(protection, on=True)
    with pytest.raises(ClientError, match="InvalidOperationException"):
        act(world)
    world.protect(protection, on=False)
    act(world)
