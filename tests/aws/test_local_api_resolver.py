"""Route 53 of the local AWS: DNS Firewall, what a VPC's resolver does, and profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.conftest import LocalAws


class World:
    """A VPC, a domain list, a rule group with one rule on it, and its association, unprotected."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.api, self.ec2 = aws.client("route53resolver"), aws.client("ec2")
        self.profiles = aws.client("route53profiles")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.list = self.create_list("l", "a.example")
        self.group = self.create_group("g")
        self.rule = self.create_rule(Priority=1)
        self.association = self.associate(Priority=101)["Id"]

    def create_list(self, name: str, *domains: str) -> str:
        made = self.api.create_firewall_domain_list(CreatorRequestId=f"list-{name}", Name=name)
        identity: str = made["FirewallDomainList"]["Id"]
        if domains:
            self.update(identity, "REPLACE", *domains)
        return identity

    def update(self, identity: str, operation: str, *domains: str) -> None:
        self.api.update_firewall_domains(FirewallDomainListId=identity, Operation=operation, Domains=list(domains))

    def domains(self) -> list[str]:
        pages = self.api.get_paginator("list_firewall_domains").paginate(FirewallDomainListId=self.list)
        return [domain for page in pages for domain in page["Domains"]]

    def create_group(self, name: str) -> str:
        made = self.api.create_firewall_rule_group(CreatorRequestId=f"group-{name}", Name=name)
        identity: str = made["FirewallRuleGroup"]["Id"]
        return identity

    def create_rule(self, **more: Any) -> Any:
        rule = {"CreatorRequestId": "rule", "FirewallRuleGroupId": self.group, "Name": "r", "Action": "ALLOW"}
        source = {} if "DnsThreatProtection" in more else {"FirewallDomainListId": self.list}
        return self.api.create_firewall_rule(**(rule | source | more))["FirewallRule"]

    def rules(self) -> list[Any]:
        rules: list[Any] = self.api.list_firewall_rules(FirewallRuleGroupId=self.group)["FirewallRules"]
        return rules

    def associate(self, **more: Any) -> Any:
        asked = {"CreatorRequestId": "assoc", "FirewallRuleGroupId": self.group, "VpcId": self.vpc, "Name": "n"}
        return self.api.associate_firewall_rule_group(**(asked | more))["FirewallRuleGroupAssociation"]

    def protect(self, *, on: bool) -> None:
        self.api.update_firewall_rule_group_association(
            FirewallRuleGroupAssociationId=self.association, MutationProtection="ENABLED" if on else "DISABLED"
        )


@pytest.fixture
def world(local_aws: LocalAws) -> World:
    return World(local_aws)


def test_domains_come_back_in_lower_case_and_closed_by_a_dot(world: World) -> None:
    world.update(world.list, "REPLACE", "A.example", "*.b.example.", "*")
    assert world.domains() == ["a.example.", "*.b.example.", "*"]


def test_domains_are_added_removed_and_counted(world: World) -> None:
    world.update(world.list, "ADD", "b.example", "a.example")
    world.update(world.list, "REMOVE", "a.example.", "never.example")
    assert world.domains() == ["b.example."]
    read = world.api.get_firewall_domain_list(FirewallDomainListId=world.list)["FirewallDomainList"]
    assert (read["DomainCount"], read["Status"]) == (1, "COMPLETE")


def test_domains_come_in_pages(world: World) -> None:
    world.update(world.list, "REPLACE", *(f"d{number}.example" for number in range(250)))
    assert len(world.api.list_firewall_domains(FirewallDomainListId=world.list)["Domains"]) == 100
    assert len(world.domains()) == 250


def test_domains_are_imported_from_a_file(world: World) -> None:
    store = world.aws.client("s3")
    store.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": world.aws.region})
    store.put_object(Bucket="bucket", Key="domains.txt", Body=b"x.example\ny.example\n")
    world.api.import_firewall_domains(
        FirewallDomainListId=world.list, Operation="REPLACE", DomainFileUrl="s3://bucket/domains.txt"
    )
    assert world.domains() == ["x.example.", "y.example."]


def test_the_same_request_makes_one_thing(world: World) -> None:
    assert world.create_list("l") == world.list
    assert world.create_group("g") == world.group


def test_aws_keeps_lists_of_its_own(world: World) -> None:
    listed = world.api.list_firewall_domain_lists()["FirewallDomainLists"]
    managed = [entry for entry in listed if "ManagedOwnerName" in entry]
    assert "AWSManagedDomainsMalwareDomainList" in {entry["Name"] for entry in managed}
    with pytest.raises(ClientError, match="AccessDeniedException"):
        world.api.list_firewall_domains(FirewallDomainListId=managed[0]["Id"])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        world.update(managed[0]["Id"], "ADD", "a.example")


def test_rules_are_kept_in_the_order_of_their_priorities(world: World) -> None:
    threat = world.create_rule(
        Priority=3,
        DnsThreatProtection="DNS_TUNNELING",
        ConfidenceThreshold="LOW",
        Action="BLOCK",
        BlockResponse="NODATA",
    )
    world.create_rule(Priority=2, Qtype="TXT", Action="BLOCK", BlockResponse="NXDOMAIN")
    assert [rule["Priority"] for rule in world.rules()] == [1, 2, 3]
    assert world.rules()[0]["FirewallDomainRedirectionAction"] == "INSPECT_REDIRECTION_DOMAIN"
    assert threat["FirewallThreatProtectionId"].startswith("rslvr-ftp-")
    assert world.api.get_firewall_rule_group(FirewallRuleGroupId=world.group)["FirewallRuleGroup"]["RuleCount"] == 3


def test_rules_are_changed_and_deleted(world: World) -> None:
    key = {"FirewallRuleGroupId": world.group, "FirewallDomainListId": world.list}
    world.create_rule(Priority=2, Qtype="TXT")
    world.api.update_firewall_rule(**key, Action="BLOCK", BlockResponse="NODATA")
    assert [rule["Action"] for rule in world.rules()] == ["BLOCK", "ALLOW"]
    world.api.update_firewall_rule(**key, Action="ALLOW")
    assert "BlockResponse" not in world.rules()[0]
    world.api.delete_firewall_rule(**key)
    assert [rule.get("Qtype") for rule in world.rules()] == ["TXT"]
    threat = world.create_rule(Priority=9, DnsThreatProtection="DGA", ConfidenceThreshold="HIGH", Action="ALERT")
    by_threat = {"FirewallRuleGroupId": world.group, "FirewallThreatProtectionId": threat["FirewallThreatProtectionId"]}
    world.api.update_firewall_rule(**by_threat, ConfidenceThreshold="LOW")
    assert world.rules()[1]["ConfidenceThreshold"] == "LOW"
    world.api.delete_firewall_rule(**by_threat)
    assert len(world.rules()) == 1


def test_a_rule_group_is_associated_changed_and_let_go(world: World) -> None:
    other = world.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    world.associate(VpcId=other, Priority=101)
    listed = world.api.list_firewall_rule_group_associations(VpcId=world.vpc)["FirewallRuleGroupAssociations"]
    assert [(entry["Id"], entry["MutationProtection"]) for entry in listed] == [(world.association, "DISABLED")]
    key = {"FirewallRuleGroupAssociationId": world.association}
    world.api.update_firewall_rule_group_association(**key, Priority=200, Name="m")
    read = world.api.get_firewall_rule_group_association(**key)["FirewallRuleGroupAssociation"]
    assert (read["Priority"], read["Name"]) == (200, "m")
    world.api.disassociate_firewall_rule_group(**key)
    assert not world.api.list_firewall_rule_group_associations(VpcId=world.vpc)["FirewallRuleGroupAssociations"]


def test_a_resolver_fails_closed_until_somebody_opens_it(world: World) -> None:
    assert world.api.get_firewall_config(ResourceId=world.vpc)["FirewallConfig"]["FirewallFailOpen"] == "DISABLED"
    world.api.update_firewall_config(ResourceId=world.vpc, FirewallFailOpen="ENABLED")
    configs = world.api.list_firewall_configs()["FirewallConfigs"]
    assert ("ENABLED", world.vpc) in {(config["FirewallFailOpen"], config["ResourceId"]) for config in configs}


def test_a_resolver_knows_reverse_zones_until_somebody_says_otherwise(world: World) -> None:
    assert world.api.get_resolver_config(ResourceId=world.vpc)["ResolverConfig"]["AutodefinedReverse"] == "ENABLED"
    world.api.update_resolver_config(ResourceId=world.vpc, AutodefinedReverseFlag="DISABLE")
    configs = world.api.list_resolver_configs()["ResolverConfigs"]
    assert ("DISABLED", world.vpc) in {(config["AutodefinedReverse"], config["ResourceId"]) for config in configs}


def test_a_rule_group_can_be_shared_and_deleted(world: World) -> None:
    other = world.create_group("h")
    arn = world.api.get_firewall_rule_group(FirewallRuleGroupId=other)["FirewallRuleGroup"]["Arn"]
    world.api.put_firewall_rule_group_policy(Arn=arn, FirewallRuleGroupPolicy="{}")
    assert world.api.get_firewall_rule_group_policy(Arn=arn)["FirewallRuleGroupPolicy"] == "{}"
    world.api.tag_resource(ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}])
    world.api.untag_resource(ResourceArn=arn, TagKeys=["k"])
    assert world.api.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "l", "Value": "w"}]
    world.api.delete_firewall_rule_group(FirewallRuleGroupId=other)
    assert [group["Id"] for group in world.api.list_firewall_rule_groups()["FirewallRuleGroups"]] == [world.group]


def test_every_vpc_has_the_rule_that_resolves_on_the_internet_and_those_that_people_add(world: World) -> None:
    subnets = [
        world.ec2.create_subnet(VpcId=world.vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
        for number in range(2)
    ]
    group = world.ec2.create_security_group(GroupName="dns", Description="d", VpcId=world.vpc)["GroupId"]
    endpoint = world.api.create_resolver_endpoint(
        CreatorRequestId="e",
        Name="e",
        SecurityGroupIds=[group],
        Direction="OUTBOUND",
        IpAddresses=[{"SubnetId": subnet, "Ip": f"10.0.{at}.9"} for at, subnet in enumerate(subnets)],
    )["ResolverEndpoint"]["Id"]
    rule = world.api.create_resolver_rule(
        CreatorRequestId="r",
        Name="r",
        RuleType="FORWARD",
        DomainName="evil.example",
        TargetIps=[{"Ip": "203.0.113.53", "Port": 53}],
        ResolverEndpointId=endpoint,
    )["ResolverRule"]["Id"]
    world.api.associate_resolver_rule(ResolverRuleId=rule, Name="r", VPCId=world.vpc)
    filters = [{"Name": "VPCId", "Values": [world.vpc]}]
    listed = world.api.list_resolver_rule_associations(Filters=filters)["ResolverRuleAssociations"]
    assert [entry["ResolverRuleId"] for entry in listed] == ["rslvr-autodefined-rr-internet-resolver", rule]
    own = world.api.get_resolver_rule(ResolverRuleId=listed[0]["ResolverRuleId"])["ResolverRule"]
    assert (own["DomainName"], own["RuleType"]) == (".", "RECURSIVE")
    world.api.update_resolver_rule(ResolverRuleId=rule, Config={"TargetIps": [{"Ip": "198.51.100.53", "Port": 53}]})
    targets = world.api.get_resolver_rule(ResolverRuleId=rule)["ResolverRule"]["TargetIps"]
    assert [target["Ip"] for target in targets] == ["198.51.100.53"]
    world.api.disassociate_resolver_rule(ResolverRuleId=rule, VPCId=world.vpc)
    assert len(world.api.list_resolver_rule_associations(Filters=filters)["ResolverRuleAssociations"]) == 1


def test_queries_are_logged_until_somebody_stops_it(world: World) -> None:
    world.aws.client("logs").create_log_group(logGroupName="dns")
    log = world.api.create_resolver_query_log_config(
        Name="q",
        CreatorRequestId="q",
        DestinationArn=f"arn:aws:logs:{world.aws.region}:{world.aws.account}:log-group:dns",
    )["ResolverQueryLogConfig"]["Id"]
    world.api.associate_resolver_query_log_config(ResolverQueryLogConfigId=log, ResourceId=world.vpc)
    filters = [{"Name": "ResourceId", "Values": [world.vpc]}]
    listed = world.api.list_resolver_query_log_config_associations(Filters=filters)
    assert [entry["Status"] for entry in listed["ResolverQueryLogConfigAssociations"]] == ["ACTIVE"]
    with pytest.raises(ClientError, match="is associated with a VPC"):
        world.api.delete_resolver_query_log_config(ResolverQueryLogConfigId=log)
    world.api.disassociate_resolver_query_log_config(ResolverQueryLogConfigId=log, ResourceId=world.vpc)
    listed = world.api.list_resolver_query_log_config_associations(Filters=filters)
    assert listed["ResolverQueryLogConfigAssociations"] == []
    world.api.delete_resolver_query_log_config(ResolverQueryLogConfigId=log)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        world.api.get_resolver_query_log_config(ResolverQueryLogConfigId=log)


def test_a_profile_comes_to_hold_for_a_vpc(world: World) -> None:
    profile = world.profiles.create_profile(Name="p", ClientToken="t")["Profile"]["Id"]
    made = world.profiles.associate_profile(ProfileId=profile, ResourceId=world.vpc, Name="n")["ProfileAssociation"]
    listed = world.profiles.list_profile_associations(ResourceId=world.vpc)["ProfileAssociations"]
    assert [entry["ProfileId"] for entry in listed] == [profile]
    assert world.profiles.get_profile_association(ProfileAssociationId=made["Id"])["ProfileAssociation"] == listed[0]
    assert world.profiles.list_profile_associations(ResourceId="vpc-other")["ProfileAssociations"] == []
    with pytest.raises(ClientError, match="ConflictException"):
        world.profiles.delete_profile(ProfileId=profile)
    arn = world.api.get_firewall_rule_group(FirewallRuleGroupId=world.group)["FirewallRuleGroup"]["Arn"]
    world.profiles.associate_resource_to_profile(ProfileId=profile, ResourceArn=arn, Name="r")
    carried = world.profiles.list_profile_resource_associations(ProfileId=profile)["ProfileResourceAssociations"]
    assert [entry["ResourceArn"] for entry in carried] == [arn]
    world.profiles.disassociate_resource_from_profile(ProfileId=profile, ResourceArn=arn)
    world.profiles.disassociate_profile(ProfileId=profile, ResourceId=world.vpc)
    world.profiles.delete_profile(ProfileId=profile)
    assert world.profiles.list_profiles()["ProfileSummaries"] == []


Act = Callable[[World], object]
REFUSED: dict[str, tuple[Act, str, str]] = {
    "a domain with a star in the middle": (
        lambda world: world.update(world.list, "ADD", "a.*.example"),
        "ValidationException",
        "no domain specification",
    ),
    "more than a thousand domains at once": (
        lambda world: world.update(world.list, "ADD", *(f"d{number}.example" for number in range(1001))),
        "LimitExceededException",
        "At most 1000",
    ),
    "deleting a list in use": (
        lambda world: world.api.delete_firewall_domain_list(FirewallDomainListId=world.list),
        "ConflictException",
        "in use by a firewall rule",
    ),
    "a list that is not there": (
        lambda world: world.create_rule(Priority=2, FirewallDomainListId="rslvr-fdl-none"),
        "ResourceNotFoundException",
        "rslvr-fdl-none does not exist",
    ),
    "a priority that is taken": (
        lambda world: world.create_rule(Priority=1, Qtype="A"),
        "ValidationException",
        "priority 1 is taken",
    ),
    "a second rule for a list and query type": (
        lambda world: world.create_rule(Priority=2),
        "ValidationException",
        "a rule for this domain list and query type",
    ),
    "a query type that is none": (
        lambda world: world.create_rule(Priority=2, Qtype="TYPE70000"),
        "ValidationException",
        "no query type",
    ),
    "a block without a response": (
        lambda world: world.create_rule(Priority=2, Qtype="A", Action="BLOCK"),
        "ValidationException",
        "BLOCK needs a BlockResponse",
    ),
    "an override without an answer": (
        lambda world: world.create_rule(Priority=2, Qtype="A", Action="BLOCK", BlockResponse="OVERRIDE"),
        "ValidationException",
        "OVERRIDE, which needs them all",
    ),
    "allowing a threat": (
        lambda world: world.create_rule(Priority=2, DnsThreatProtection="DGA", ConfidenceThreshold="LOW"),
        "ValidationException",
        "alerts or blocks",
    ),
    "a threat without a confidence": (
        lambda world: world.create_rule(Priority=2, DnsThreatProtection="DGA", Action="ALERT"),
        "ValidationException",
        "needs a ConfidenceThreshold",
    ),
    "two sources for a rule": (
        lambda world: world.create_rule(
            Priority=2, DnsThreatProtection="DGA", ConfidenceThreshold="LOW", FirewallDomainListId=world.list
        ),
        "ValidationException",
        "A rule has one of",
    ),
    "a rule that is not there": (
        lambda world: world.api.delete_firewall_rule(
            FirewallRuleGroupId=world.group, FirewallDomainListId=world.list, Qtype="A"
        ),
        "ResourceNotFoundException",
        "no such rule",
    ),
    "deleting a rule group in use": (
        lambda world: world.api.delete_firewall_rule_group(FirewallRuleGroupId=world.group),
        "ConflictException",
        "is associated with a VPC",
    ),
    "a group twice in one VPC": (
        lambda world: world.associate(Priority=102),
        "ConflictException",
        "already",
    ),
    "a priority that an association has": (
        lambda world: world.associate(FirewallRuleGroupId=world.create_group("h"), Priority=101),
        "ConflictException",
        "priority 101 is taken",
    ),
    "a priority that is AWS's own": (
        lambda world: world.associate(FirewallRuleGroupId=world.create_group("h"), Priority=100),
        "ValidationException",
        "between 100 and 9900",
    ),
    "a VPC that is not there": (
        lambda world: world.associate(VpcId="vpc-none", Priority=102),
        "ResourceNotFoundException",
        "vpc-none does not exist",
    ),
    "the configuration of a VPC that is not there": (
        lambda world: world.api.get_firewall_config(ResourceId="vpc-none"),
        "ResourceNotFoundException",
        "vpc-none does not exist",
    ),
}


@pytest.mark.parametrize(("act", "code", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(world: World, act: Act, code: str, says: str) -> None:
    with pytest.raises(ClientError) as refused:
        act(world)
    assert refused.value.response["Error"]["Code"] == code
    assert says in refused.value.response["Error"]["Message"]


PROTECTED: dict[str, Act] = {
    "letting it go": lambda world: world.api.disassociate_firewall_rule_group(
        FirewallRuleGroupAssociationId=world.association
    ),
    "another priority": lambda world: world.api.update_firewall_rule_group_association(
        FirewallRuleGroupAssociationId=world.association, Priority=500
    ),
}


@pytest.mark.parametrize("act", PROTECTED.values(), ids=PROTECTED.keys())
def test_protection_against_mutation_holds_until_it_is_turned_off(world: World, act: Act) -> None:
    world.protect(on=True)
    with pytest.raises(ClientError, match="protected against mutation"):
        act(world)
    world.protect(on=False)
    act(world)


def test_rules_are_made_changed_and_deleted_in_batches_and_what_is_refused_is_told(world: World) -> None:
    entry = {"CreatorRequestId": "b", "FirewallRuleGroupId": world.group, "Name": "n", "Action": "ALLOW"}
    other = world.create_list("m", "b.example")
    made = world.api.batch_create_firewall_rule(
        CreateFirewallRuleEntries=[
            {**entry, "FirewallDomainListId": other, "Priority": 2},
            {**entry, "FirewallDomainListId": other, "Priority": 1},
        ]
    )
    assert [rule["Priority"] for rule in made["CreatedFirewallRules"]] == [2]
    assert [(error["FirewallRule"]["Priority"], error["Code"]) for error in made["CreateErrors"]] == [
        (1, "ValidationException")
    ]
    key = {"FirewallRuleGroupId": world.group, "FirewallDomainListId": other}
    missing = {"FirewallRuleGroupId": world.group, "FirewallDomainListId": "rslvr-fdl-0"}
    changed = world.api.batch_update_firewall_rule(
        UpdateFirewallRuleEntries=[{**key, "Action": "ALERT"}, {**missing, "Action": "ALERT"}]
    )
    assert [rule["Action"] for rule in changed["UpdatedFirewallRules"]] == ["ALERT"]
    assert [error["Code"] for error in changed["UpdateErrors"]] == ["ResourceNotFoundException"]
    assert [rule["Action"] for rule in world.rules()] == ["ALLOW", "ALERT"]
    gone = world.api.batch_delete_firewall_rule(DeleteFirewallRuleEntries=[key, key])
    assert [rule["Priority"] for rule in gone["DeletedFirewallRules"]] == [2]
    assert [error["Code"] for error in gone["DeleteErrors"]] == ["ResourceNotFoundException"]
    assert [rule["Priority"] for rule in world.rules()] == [1]


def test_the_private_zones_of_a_vpc_are_those_that_people_make_and_those_of_its_endpoints(world: World) -> None:
    zones, region = world.aws.client("route53"), world.aws.region

    def listed(**asked: str) -> list[tuple[str, str]]:
        found = zones.list_hosted_zones_by_vpc(VPCId=world.vpc, VPCRegion=region, **asked)
        return [(zone["Name"], *zone["Owner"].values()) for zone in found["HostedZoneSummaries"]]

    assert listed() == []
    for service in ("sts", "kms"):
        world.ec2.create_vpc_endpoint(
            VpcId=world.vpc,
            VpcEndpointType="Interface",
            ServiceName=f"com.amazonaws.{region}.{service}",
            PrivateDnsEnabled=service == "sts",
        )
    zones.create_hosted_zone(
        Name="a.example",
        CallerReference="z",
        VPC={"VPCRegion": region, "VPCId": world.vpc},
        HostedZoneConfig={"PrivateZone": True},
    )
    assert listed() == [("a.example.", world.aws.account), (f"sts.{region}.amazonaws.com.", "vpce.amazonaws.com")]
    first = zones.list_hosted_zones_by_vpc(VPCId=world.vpc, VPCRegion=region, MaxItems="1")
    assert listed(MaxItems="1", NextToken=first["NextToken"]) == listed()[1:]
    with pytest.raises(ClientError, match="InvalidVPCId"):
        zones.list_hosted_zones_by_vpc(VPCId="vpc-0", VPCRegion=region)
