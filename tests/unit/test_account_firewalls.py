"""Firewalls, their policies and rule groups, as an account answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import (
    Firewall,
    FirewallPolicy,
    GroupUse,
    ObservedNetwork,
    ResolvedIpValidation,
    RuleGroup,
    RulesString,
)
from agent_perimeter.source import Origin
from tests.unit.accounts import ACCOUNT, VPC, Answers, live, lived, reason, unread

ARN = f"arn:aws:network-firewall:eu-west-1:{ACCOUNT}"
WALL, POLICY, GROUP = f"{ARN}:firewall/wall", f"{ARN}:firewall-policy/policy", f"{ARN}:stateful-rulegroup/allow"
MANAGED = "arn:aws:network-firewall:eu-west-1:aws-managed:stateful-rulegroup/Botnet"
READY: dict[str, Json] = {"SubnetId": "subnet-0f", "EndpointId": "vpce-0f", "Status": "READY"}
WRITTEN: dict[str, Json] = {
    "FirewallPolicyArn": POLICY,
    "VpcId": VPC,
    "SubnetMappings": [{"SubnetId": "subnet-0f", "IPAddressType": "IPV4"}],
    "DeleteProtection": True,
    "SubnetChangeProtection": False,
    "FirewallPolicyChangeProtection": True,
}
STATUS: dict[str, Json] = {
    "Status": "READY",
    "ConfigurationSyncStateSummary": "IN_SYNC",
    "SyncStates": {"eu-west-1a": {"Attachment": READY}},
}
DESCRIBE = f"network-firewall:DescribeFirewall FirewallArn={WALL}"
LISTED: Answers = {"network-firewall:ListFirewalls": [{"FirewallArn": WALL}]}


def firewall(status: dict[str, Json] | None = None, more: Answers | None = None, **written: Json) -> Firewall:
    described: Json = {"Firewall": WRITTEN | written, "FirewallStatus": STATUS | (status or {})}
    (found,) = live({**LISTED, DESCRIBE: described, **(more or {})}).firewalls
    return found


class TestFirewalls:
    def test_a_firewall_that_is_ready(self) -> None:
        assert firewall() == Firewall(
            id=WALL,
            origin=Origin(path=f"eu-west-1/{WALL}"),
            vpc=VPC,
            policy=POLICY,
            subnets=("subnet-0f",),
            delete_protection=True,
            subnet_protection=False,
            policy_protection=True,
        )

    @pytest.mark.parametrize("status", ["PROVISIONING", "DELETING", "FAILED"])
    def test_one_that_is_not_ready_may_not_stand(self, status: str) -> None:
        assert reason(firewall({"Status": status}).maybe) == f"{WALL}#/FirewallStatus/Status: its state is {status}"

    @pytest.mark.parametrize(
        ("summary", "why"),
        [
            ("PENDING", "what this firewall enforces is PENDING"),
            ("CAPACITY_CONSTRAINED", "what this firewall enforces is CAPACITY_CONSTRAINED"),
            (None, "ConfigurationSyncStateSummary is missing"),
        ],
    )
    def test_one_out_of_sync_enforces_nobody_knows_what(self, summary: Json, why: str) -> None:
        found = firewall({"ConfigurationSyncStateSummary": summary})
        assert reason(found.policy) == f"{WALL}#/FirewallStatus/ConfigurationSyncStateSummary: {why}"

    @pytest.mark.parametrize(
        ("attachment", "why"),
        [
            (READY | {"Status": "FAILED"}, "SyncStates/eu-west-1a/Attachment/Status: its state is FAILED"),
            (READY | {"Status": None}, "SyncStates/eu-west-1a/Attachment/Status: Status is missing"),
            (READY | {"SubnetId": "subnet-0x"}, "SyncStates: no endpoint of this firewall stands in subnet-0f"),
        ],
        ids=["failed", "no state", "elsewhere"],
    )
    def test_an_endpoint_that_is_not_ready_is_a_doubt(self, attachment: Json, why: str) -> None:
        (subnet,) = firewall({"SyncStates": {"eu-west-1a": {"Attachment": attachment}}}).subnets
        assert reason(subnet) == f"{WALL}#/FirewallStatus/{why}"

    def test_one_that_scales_works(self) -> None:
        attachment = READY | {"Status": "SCALING"}
        assert firewall({"SyncStates": {"eu-west-1a": {"Attachment": attachment}}}).subnets == ("subnet-0f",)

    @pytest.mark.parametrize(
        ("mapping", "why"),
        [
            ({"SubnetId": "subnet-0f", "IPAddressType": "IPV6"}, "0/IPAddressType: which IP version this endpoint takes is not judged"),
            ({"SubnetId": "subnet-0f", "IPAddressType": {}}, "0/IPAddressType: a mapping is not text"),
            ({}, "0/SubnetId: SubnetId is missing"),
        ],
        ids=["IPv6", "no text", "no subnet"],
    )  # fmt: skip
    def test_a_mapping_that_is_not_understood_is_a_doubt(self, mapping: Json, why: str) -> None:
        (subnet,) = firewall(SubnetMappings=[mapping]).subnets
        assert reason(subnet) == f"{WALL}#/Firewall/SubnetMappings/{why}"

    def test_states_that_are_no_object_are_a_doubt(self) -> None:
        (subnet,) = firewall({"SyncStates": "all well"}).subnets
        assert reason(subnet).endswith("no endpoint of this firewall stands in subnet-0f")

    def test_a_missing_protection_is_a_doubt(self) -> None:
        assert reason(firewall(DeleteProtection=None).delete_protection).endswith("DeleteProtection is missing")

    def test_one_that_was_not_described_is_all_doubt(self) -> None:
        found = lived(LISTED, unread(DESCRIBE))
        (wall,) = found.network.firewalls
        assert {wall.maybe, wall.vpc, wall.policy, *wall.subnets, wall.delete_protection} == {wall.maybe}
        assert reason(wall.maybe).startswith(f"{WALL}: network-firewall:DescribeFirewall of {WALL} was not read")
        assert {field for field, _ in found.unread} == {"logs"}


class TestAssociatedEndpoints:
    CALL = "network-firewall:DescribeVpcEndpointAssociation VpcEndpointAssociationArn=arn:assoc"
    NAMED: tuple[str, Json] = (
        "network-firewall:ListVpcEndpointAssociations",
        [{"VpcEndpointAssociationArn": "arn:assoc"}],
    )

    def associated(self, **written: Json) -> Answers:
        described: Json = {
            "VpcEndpointAssociation": {
                "FirewallArn": WALL,
                "VpcId": VPC,
                "SubnetMapping": {"SubnetId": "subnet-0g"},
                **written,
            },
            "VpcEndpointAssociationStatus": {
                "AssociationSyncState": {"eu-west-1b": {"Attachment": READY | {"SubnetId": "subnet-0g"}}}
            },
        }
        return {**dict([self.NAMED]), self.CALL: described}

    def test_an_associated_endpoint_is_one_of_the_firewall(self) -> None:
        assert firewall(more=self.associated()).subnets == ("subnet-0f", "subnet-0g")

    def test_one_in_another_vpc_is_not_asked_about(self) -> None:
        assert firewall(more=self.associated(VpcId="vpc-0b")).subnets == ("subnet-0f",)

    def test_one_of_no_firewall_may_be_of_this_one(self) -> None:
        found = firewall(more=self.associated(FirewallArn=None)).subnets
        assert reason(found[1]).endswith("FirewallArn is missing")

    def test_one_that_was_not_read_may_be_of_this_one(self) -> None:
        described: Json = {"Firewall": WRITTEN, "FirewallStatus": STATUS}
        (wall,) = live({**LISTED, DESCRIBE: described, **dict([self.NAMED])}, unread(self.CALL)).firewalls
        assert reason(wall.subnets[1]).startswith("arn:assoc: network-firewall:DescribeVpcEndpointAssociation")

    def test_a_firewall_of_another_vpc_has_the_endpoint_here_alone(self) -> None:
        described: Json = {"Firewall": WRITTEN | {"VpcId": "vpc-0b"}, "FirewallStatus": STATUS}
        (wall,) = live({**self.associated(), DESCRIBE: described}).firewalls
        assert (wall.vpc, wall.subnets) == ("vpc-0b", ("subnet-0g",))


BODY: dict[str, Json] = {
    "StatefulRuleGroupReferences": [{"ResourceArn": GROUP, "Priority": 100}],
    "StatelessDefaultActions": ["aws:forward_to_sfe"],
    "StatelessFragmentDefaultActions": ["aws:drop"],
    "StatefulDefaultActions": ["aws:drop_established"],
    "StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER", "StreamExceptionPolicy": "REJECT"},
    "PolicyVariables": {"RuleVariables": {"HOME_NET": {"Definition": ["10.0.0.0/16"]}}},
}
RULES: dict[str, Json] = {
    "RulesSource": {"RulesString": "pass tls any any -> any 443 (sid:1;)"},
    "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
}
ASKED = f"network-firewall:DescribeFirewallPolicy FirewallPolicyArn={POLICY}"
ASKED_GROUP = f"network-firewall:DescribeRuleGroup RuleGroupArn={GROUP}"


def network(
    *,
    response: dict[str, Json] | None = None,
    rules: dict[str, Json] | None = None,
    more: Answers | None = None,
    **body: Json,
) -> ObservedNetwork:
    state: dict[str, Json] = {"FirewallPolicyStatus": "ACTIVE"}
    described: Json = {"FirewallPolicy": BODY | body, "FirewallPolicyResponse": state | (response or {})}
    group: Json = {
        "RuleGroup": RULES | (rules or {}),
        "RuleGroupResponse": {"Type": "STATEFUL", "RuleGroupStatus": "ACTIVE"},
    }
    return live({ASKED: described, ASKED_GROUP: group, **(more or {})})


class TestPolicies:
    def test_a_policy_is_read_as_in_a_template(self) -> None:
        (found,) = network().firewall_policies
        assert found == FirewallPolicy(
            id=POLICY,
            origin=Origin(path=f"eu-west-1/{POLICY}"),
            stateful=(GroupUse(GROUP, 100),),
            stateless=(),
            home_net=found.home_net,
            stateless_actions=("aws:forward_to_sfe",),
            fragment_actions=("aws:drop",),
            stateful_actions=("aws:drop_established",),
            custom_actions=(),
            rule_order="STRICT_ORDER",
            stream_exception="REJECT",
            resolved_ip=None,
            tls_inspection=False,
        )
        assert list(map(str, found.home_net or ())) == ["10.0.0.0/16"]

    def test_a_group_that_aws_keeps_goes_by_its_arn(self) -> None:
        uses: Json = [{"ResourceArn": MANAGED, "Priority": 1, "Override": {"Action": "DROP_TO_ALERT"}}]
        (found,) = network(StatefulRuleGroupReferences=uses).firewall_policies
        assert found.stateful == (GroupUse(MANAGED, 1, "DROP_TO_ALERT"),)

    def test_a_group_that_was_not_read_is_a_doubt_and_leaves_the_groups_unread(self) -> None:
        described: Json = {"FirewallPolicy": BODY, "FirewallPolicyResponse": {"FirewallPolicyStatus": "ACTIVE"}}
        found = lived({ASKED: described}, unread(ASKED_GROUP))
        (use,) = found.network.firewall_policies[0].stateful
        where = f"{POLICY}#/Properties/FirewallPolicy/StatefulRuleGroupReferences/0/ResourceArn"
        assert reason(use.group) == f"{where}: {GROUP} was not read"
        assert [field for field, _ in found.unread] == ["rule_groups"]

    def test_a_policy_that_was_not_read_leaves_the_policies_unread(self) -> None:
        found = lived({}, unread(ASKED))
        assert found.network.firewall_policies == ()
        assert [field for field, _ in found.unread] == ["firewall_policies"]

    def test_tls_inspection_is_seen(self) -> None:
        assert network(TLSInspectionConfigurationArn="arn:tls").firewall_policies[0].tls_inspection is True

    def test_resolved_ip_validation_names_the_group_of_the_vpc(self) -> None:
        written: Json = {
            "Action": "REJECT",
            "DNSExpiryExceptionPolicy": "DROP",
            "DNSFirewallRuleGroupId": "rslvr-frg-0a",
        }
        associations: Json = [
            {"Id": "rslvr-frgassoc-0a", "FirewallRuleGroupId": "rslvr-frg-0a"},
            {"Id": "rslvr-frgassoc-0b"},
        ]
        more: Answers = {"route53resolver:ListFirewallRuleGroupAssociations": associations}
        (found,) = network(more=more, Route53ResolvedIPValidation=written).firewall_policies
        assert isinstance(found.resolved_ip, ResolvedIpValidation)
        assert (found.resolved_ip.action, found.resolved_ip.dns_group) == ("REJECT", "rslvr-frg-0a")
        (alone,) = network(Route53ResolvedIPValidation=written).firewall_policies
        assert isinstance(alone.resolved_ip, ResolvedIpValidation)
        assert reason(alone.resolved_ip.dns_group).endswith("DNSFirewallRuleGroupId: rslvr-frg-0a was not read")

    @pytest.mark.parametrize(
        ("response", "why"),
        [
            ({"FirewallPolicyStatus": "UPDATING"}, "FirewallPolicyStatus: its state is UPDATING"),
            ({"FirewallPolicyStatus": None}, "FirewallPolicyStatus: FirewallPolicyStatus is missing"),
            (
                {"Errors": [{"Code": "DNS_FIREWALL_RULE_GROUP_UNAVAILABLE"}]},
                "Errors: AWS reports errors in this policy",
            ),
        ],
        ids=["updating", "no state", "errors"],
    )
    def test_one_that_is_not_wholly_in_force_is_there_perhaps(self, response: dict[str, Json], why: str) -> None:
        (found,) = network(response=response).firewall_policies
        assert reason(found.maybe) == f"{POLICY}#/FirewallPolicyResponse/{why}"


class TestRuleGroups:
    def test_a_group_is_read_as_in_a_template(self) -> None:
        (found,) = network().rule_groups
        assert isinstance(found.source, RulesString)
        assert found == RuleGroup(
            id=GROUP,
            origin=Origin(path=f"eu-west-1/{GROUP}"),
            stateful=True,
            rule_order="STRICT_ORDER",
            ip_sets=(),
            port_sets=(),
            source=RulesString(
                "pass tls any any -> any 443 (sid:1;)",
                Origin(path=f"eu-west-1/{GROUP}#/Properties/RuleGroup/RulesSource/RulesString"),
            ),
        )

    def test_one_that_is_being_changed_is_there_perhaps(self) -> None:
        group: Json = {"RuleGroup": RULES, "RuleGroupResponse": {"Type": "STATEFUL", "RuleGroupStatus": "DELETING"}}
        (found,) = live({ASKED_GROUP: group}).rule_groups
        assert reason(found.maybe) == f"{GROUP}#/RuleGroupResponse/RuleGroupStatus: its state is DELETING"

    def test_a_set_of_addresses_by_a_list_of_the_account(self) -> None:
        sets: Json = {
            "IPSetReferences": {"PARTNERS": {"ReferenceArn": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:prefix-list/pl-0a"}}
        }
        more: Answers = {
            "ec2:DescribeManagedPrefixLists": [{"PrefixListId": "pl-0a", "OwnerId": ACCOUNT}],
            "ec2:GetManagedPrefixListEntries PrefixListId=pl-0a": {"Entries": [{"Cidr": "192.0.2.0/24"}]},
        }
        (found,) = network(rules={"ReferenceSets": sets}, more=more).rule_groups
        assert found.ip_sets == (("PARTNERS", ("192.0.2.0/24",)),)

    def test_one_whose_list_was_not_read_is_a_doubt(self) -> None:
        sets: Json = {
            "IPSetReferences": {"PARTNERS": {"ReferenceArn": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:prefix-list/pl-0a"}}
        }
        more: Answers = {"ec2:DescribeManagedPrefixLists": [{"PrefixListId": "pl-0a", "OwnerId": ACCOUNT}]}
        (found,) = network(rules={"ReferenceSets": sets}, more=more).rule_groups
        ((_, (entry,)),) = found.ip_sets
        assert reason(entry) == "pl-0a: ec2:GetManagedPrefixListEntries was not asked about pl-0a"
