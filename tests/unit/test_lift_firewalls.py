"""Network Firewall: firewalls, policies, rule groups and their sources."""

from __future__ import annotations

from typing import cast

import pytest

from agent_perimeter.observed import (
    DomainRules,
    Doubt,
    FirewallPolicy,
    FiveTupleRule,
    GroupUse,
    ResolvedIpValidation,
    RuleGroup,
    RuleSource,
    RulesString,
    StatelessRule,
)
from agent_perimeter.values import Cidr, PortRange
from tests.unit.lifted import AT, MAYBE, SUBNET, Json, Resources, attribute, lifted, ref

UNKNOWN: Json = {"Fn::ImportValue": "x"}
GROUPS: Resources = {
    "Group": ("AWS::NetworkFirewall::RuleGroup", {"Type": "STATEFUL", "RuleGroup": {}}),
    "Dns": ("AWS::Route53Resolver::FirewallRuleGroup", {}),
}


def policy(inside: dict[str, Json], **sections: Json) -> FirewallPolicy:
    resources: Resources = {**GROUPS, "Policy": ("AWS::NetworkFirewall::FirewallPolicy", {"FirewallPolicy": inside})}
    return lifted(resources, **sections).firewall_policies[0]


def test_a_firewall_with_its_subnets_and_protections() -> None:
    written: dict[str, Json] = {
        "VpcId": ref("Vpc"),
        "FirewallPolicyArn": ref("Policy"),
        "SubnetMappings": [{"SubnetId": ref("Subnet")}, {"SubnetId": "subnet-1"}],
        "DeleteProtection": True,
        "SubnetChangeProtection": "false",
    }
    network = lifted(
        {
            **SUBNET,
            "Policy": ("AWS::NetworkFirewall::FirewallPolicy", {"FirewallPolicy": {}}),
            "Firewall": ("AWS::NetworkFirewall::Firewall", written),
            "More": ("AWS::NetworkFirewall::VpcEndpointAssociation", {"FirewallArn": "arn:elsewhere"}),
            "Other": ("AWS::NetworkFirewall::Firewall", {"FirewallPolicyArn": ref("Policy")}),
            "Theirs": ("AWS::NetworkFirewall::VpcEndpointAssociation", {"FirewallArn": ref("Other")}),
        }
    )
    firewall = network.firewalls[0]
    assert len(firewall.subnets) == 3
    assert (firewall.vpc, firewall.policy, firewall.subnets[0]) == ("net/Vpc", "net/Policy", "net/Subnet")
    assert isinstance(firewall.subnets[1], Doubt)
    assert isinstance(firewall.subnets[2], Doubt)  # an endpoint of some firewall, perhaps of this one
    assert (firewall.delete_protection, firewall.subnet_protection) == (True, False)
    assert isinstance(firewall.policy_protection, Doubt)


def test_what_a_policy_that_says_nothing_means() -> None:
    found = policy({})
    assert (found.rule_order, found.stream_exception, found.home_net, found.resolved_ip, found.tls_inspection) == (
        "DEFAULT_ACTION_ORDER",
        "DROP",
        None,
        None,
        False,
    )
    assert (found.stateful, found.stateless, found.stateful_actions, found.custom_actions) == ((), (), (), ())


def test_what_a_policy_holds_back_forgets_and_lets_aws_learn() -> None:
    silent = policy({"StatefulRuleGroupReferences": [{"Priority": 1, "ResourceArn": ref("Group")}]})
    assert (silent.tls_holding, silent.idle_timeout) == (False, 350)
    assert silent.stateful == (GroupUse("net/Group", 1, None, None),)
    use: dict[str, Json] = {"Priority": 1, "ResourceArn": ref("Group")}
    uses: list[Json] = [{**use, "DeepThreatInspection": wish} for wish in (True, "false")]
    found = policy(
        {
            "EnableTLSSessionHolding": "true",
            "StatefulEngineOptions": {"FlowTimeouts": {"TcpIdleTimeoutSeconds": 6000}},
            "StatefulRuleGroupReferences": uses,
        }
    )
    assert (found.tls_holding, found.idle_timeout) == (True, 6000)
    assert [use.deep_inspection for use in found.stateful] == [True, False]
    unclear = policy(
        {
            "EnableTLSSessionHolding": UNKNOWN,
            "StatefulEngineOptions": {"FlowTimeouts": {"TcpIdleTimeoutSeconds": UNKNOWN}},
            "StatefulRuleGroupReferences": [{**use, "DeepThreatInspection": UNKNOWN}],
        }
    )
    doubtful = (unclear.tls_holding, unclear.idle_timeout, unclear.stateful[0].deep_inspection)
    assert all(isinstance(value, Doubt) for value in doubtful)


def test_a_whole_policy() -> None:
    found = policy(
        {
            "PolicyVariables": {"RuleVariables": {"HOME_NET": {"Definition": ["10.0.0.0/16", UNKNOWN]}}},
            "StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER", "StreamExceptionPolicy": "REJECT"},
            "StatefulDefaultActions": ["aws:drop_strict"],
            "StatelessDefaultActions": ["aws:forward_to_sfe", "Count"],
            "StatelessFragmentDefaultActions": ["aws:drop"],
            "StatelessCustomActions": [{"ActionName": "Count", "ActionDefinition": {}}, {"ActionName": UNKNOWN}],
            "StatefulRuleGroupReferences": [
                {"Priority": 1, "ResourceArn": attribute("Group", "RuleGroupArn")},
                {"Priority": "2", "ResourceArn": ref("Group"), "Override": {"Action": "DROP_TO_ALERT"}},
                {"ResourceArn": "arn:aws:network-firewall:eu-west-1:aws-managed:stateful-rulegroup/X"},
                {"ResourceArn": "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/Theirs"},
                {"ResourceArn": ref("Group"), "Override": {"Action": UNKNOWN}},
                {"Fn::If": ["On", {"ResourceArn": ref("Group")}, ref("AWS::NoValue")]},
            ],
            "StatelessRuleGroupReferences": [{"Priority": 5, "ResourceArn": ref("Group")}],
            "TLSInspectionConfigurationArn": "arn",
            "Route53ResolvedIPValidation": {
                "Action": "DROP",
                "DNSExpiryExceptionPolicy": "REJECT",
                "DNSFirewallRuleGroupId": attribute("Dns", "Id"),
                "BypassDestinationValidationIPRanges": [{"AddressDefinition": "192.0.2.0/24"}],
                "SourceIPRanges": [],
            },
        },
        **MAYBE,
    )
    assert found.home_net is not None
    assert found.home_net[0] == Cidr.parse("10.0.0.0/16")
    assert isinstance(found.home_net[1], Doubt)
    assert (found.rule_order, found.stream_exception, found.tls_inspection) == ("STRICT_ORDER", "REJECT", True)
    assert (found.stateless_actions, found.fragment_actions) == (("aws:forward_to_sfe", "Count"), ("aws:drop",))
    assert found.custom_actions == ("Count",)
    assert found.stateful[:3] == (
        GroupUse("net/Group", 1),
        GroupUse("net/Group", 2, "DROP_TO_ALERT"),
        GroupUse("arn:aws:network-firewall:eu-west-1:aws-managed:stateful-rulegroup/X", None),
    )
    assert all(isinstance(use.group, Doubt) for use in found.stateful[3:])
    assert found.stateless == (GroupUse("net/Group", 5),)
    checked = cast("ResolvedIpValidation", found.resolved_ip)
    assert (checked.action, checked.expiry, checked.dns_group, checked.bypass, checked.sources) == (
        "DROP",
        "REJECT",
        "net/Dns",
        (Cidr.parse("192.0.2.0/24"),),
        (),
    )
    assert checked.origin.path == f"{AT}/Policy/Properties/FirewallPolicy/Route53ResolvedIPValidation"


@pytest.mark.parametrize("written", [UNKNOWN, {"Fn::If": ["On", {"Action": "DROP"}, ref("AWS::NoValue")]}])
def test_resolved_ip_validation_that_may_not_be_there_is_not_counted_on(written: Json) -> None:
    assert isinstance(policy({"Route53ResolvedIPValidation": written}, **MAYBE).resolved_ip, Doubt)


def test_sources_and_inspection_that_may_not_be_set() -> None:
    either: Json = {"Fn::If": ["On", [{"AddressDefinition": "10.0.0.0/16"}], ref("AWS::NoValue")]}
    found = policy(
        {
            "Route53ResolvedIPValidation": {"Action": "DROP", "SourceIPRanges": either},
            "TLSInspectionConfigurationArn": {"Fn::If": ["On", "arn", ref("AWS::NoValue")]},
        },
        **MAYBE,
    )
    checked = cast("ResolvedIpValidation", found.resolved_ip)
    assert checked.sources is not None
    assert isinstance(checked.sources[0], Doubt)
    assert isinstance(checked.dns_group, Doubt)
    assert isinstance(found.tls_inspection, Doubt)


def rule_group(inside: dict[str, Json], kind: Json = "STATEFUL", **sections: Json) -> RuleGroup:
    resources: Resources = {
        **SUBNET,
        "List": ("AWS::EC2::PrefixList", {"Entries": [{"Cidr": "192.0.2.0/24"}]}),
        "Group": ("AWS::NetworkFirewall::RuleGroup", {"Type": kind, "RuleGroup": inside}),
    }
    return lifted(resources, **sections).rule_groups[0]


def source(rules: dict[str, Json], **sections: Json) -> RuleSource:
    return rule_group({"RulesSource": rules}, **sections).source


def test_a_rule_group_with_its_variables() -> None:
    found = rule_group(
        {
            "RuleVariables": {
                "IPSets": {"B": {"Definition": ["10.0.0.0/8", "!10.1.0.0/16", attribute("Subnet", "CidrBlock")]}},
                "PortSets": {"WEB": {"Definition": ["80", UNKNOWN, ref("AWS::Region")]}},
            },
            "ReferenceSets": {
                "IPSetReferences": {
                    "OURS": {"ReferenceArn": attribute("List", "Arn")},
                    "THEIRS": {"ReferenceArn": "arn:elsewhere"},
                }
            },
            "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
            "RulesSource": {"RulesString": "pass ip any any -> any any (sid:1;)"},
        }
    )
    assert (found.stateful, found.rule_order) == (True, "STRICT_ORDER")
    assert found.ip_sets[0] == ("B", ("10.0.0.0/8", "!10.1.0.0/16", "10.0.1.0/24"))
    assert found.ip_sets[1] == ("OURS", ("192.0.2.0/24",))
    assert found.ip_sets[2][0] == "THEIRS"
    assert isinstance(found.ip_sets[2][1][0], Doubt)
    assert found.port_sets[0][1][0] == "80"
    assert isinstance(found.port_sets[0][1][1], Doubt)
    assert isinstance(found.port_sets[0][1][2], Doubt)
    rules = cast("RulesString", found.source)
    assert rules.text.startswith("pass ip")
    assert rules.origin.path == f"{AT}/Group/Properties/RuleGroup/RulesSource/RulesString"


@pytest.mark.parametrize(("kind", "stateful"), [("STATELESS", False), ("STATEFUL", True)])
def test_the_type_of_a_group(kind: str, stateful: bool) -> None:
    assert rule_group({}, kind).stateful is stateful
    assert rule_group({}, kind).rule_order == "DEFAULT_ACTION_ORDER"


@pytest.mark.parametrize("kind", ["BOTH", UNKNOWN])
def test_the_type_of_a_group_that_is_not_known(kind: Json) -> None:
    found = rule_group({"RuleVariables": {"IPSets": UNKNOWN}, "ReferenceSets": {"IPSetReferences": UNKNOWN}}, kind)
    assert isinstance(found.stateful, Doubt)
    assert [isinstance(values[0], Doubt) for _, values in found.ip_sets] == [True, True]


def test_a_domain_list() -> None:
    found = source(
        {"RulesSourceList": {"GeneratedRulesType": "ALLOWLIST", "TargetTypes": ["TLS_SNI"], "Targets": [".a.b"]}}
    )
    assert isinstance(found, DomainRules)
    assert (found.action, found.types, found.targets) == ("ALLOWLIST", ("TLS_SNI",), (".a.b",))


HEADER: dict[str, Json] = {
    "Protocol": "TCP",
    "Source": "ANY",
    "SourcePort": "ANY",
    "Direction": "FORWARD",
    "Destination": "192.0.2.1",
    "DestinationPort": "443",
}


def test_standard_stateful_rules() -> None:
    options: list[Json] = [{"Keyword": "sid", "Settings": ["1"]}, {"Keyword": "noalert"}]
    found = source({"StatefulRules": [{"Action": "PASS", "Header": HEADER, "RuleOptions": options}]})
    (rule,) = cast("tuple[FiveTupleRule, ...]", found)
    assert (rule.action, rule.protocol, rule.destination, rule.destination_port) == ("PASS", "TCP", "192.0.2.1", "443")
    assert rule.options == (("sid", ("1",)), ("noalert", ()))


def test_stateless_rules() -> None:
    matching: dict[str, Json] = {
        "Sources": [{"AddressDefinition": "10.0.0.0/8"}],
        "Destinations": [{"AddressDefinition": UNKNOWN}],
        "SourcePorts": [{"FromPort": 1, "ToPort": 2}, {"FromPort": 2, "ToPort": 1}],
        "DestinationPorts": [{"FromPort": UNKNOWN, "ToPort": 2}],
        "Protocols": [6, UNKNOWN],
        "TCPFlags": [{"Flags": ["SYN"], "Masks": ["SYN", UNKNOWN]}],
    }
    rules: list[Json] = [
        {"Priority": 1, "RuleDefinition": {"Actions": ["aws:pass"], "MatchAttributes": matching}},
        {"Priority": 2, "RuleDefinition": {"Actions": ["aws:drop"], "MatchAttributes": {}}},
    ]
    found = source({"StatelessRulesAndCustomActions": {"StatelessRules": rules}})
    first, second = cast("tuple[StatelessRule, ...]", found)
    assert (first.priority, first.actions, first.sources) == (1, ("aws:pass",), (Cidr.parse("10.0.0.0/8"),))
    assert isinstance(first.destinations[0], Doubt)
    assert first.source_ports[0] == PortRange(1, 2)
    assert isinstance(first.source_ports[1], Doubt)
    assert isinstance(first.destination_ports[0], Doubt)
    assert first.protocols[0] == 6
    assert isinstance(first.protocols[1], Doubt)
    assert first.flags == ("SYN/SYN?",)
    assert (second.sources, second.flags) == ((), ())


CONDITIONAL: Json = {"Fn::If": ["On", {"Action": "PASS"}, ref("AWS::NoValue")]}


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"RulesString": "a", "StatefulRules": []},
        {"RulesString": UNKNOWN},
        {"RulesString": {"Fn::If": ["On", "pass", ref("AWS::NoValue")]}},
        {"StatefulRules": [CONDITIONAL]},
        {"StatefulRules": [{"Action": "PASS", "Header": HEADER, "RuleOptions": [{"Keyword": UNKNOWN}]}]},
        {
            "StatefulRules": [
                {"Action": "PASS", "Header": HEADER, "RuleOptions": [{"Keyword": "a", "Settings": UNKNOWN}]}
            ]
        },
        {"StatelessRulesAndCustomActions": {"StatelessRules": [CONDITIONAL]}},
        {"StatelessRulesAndCustomActions": {"StatelessRules": UNKNOWN}},
    ],
)
def test_sources_that_are_not_known(rules: dict[str, Json]) -> None:
    assert isinstance(source(rules, **MAYBE), Doubt)


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"SubnetId": ref("Subnet")}, "net/Subnet"),
        ({"SubnetId": ref("Subnet"), "IPAddressType": "DUALSTACK"}, "net/Subnet"),
        ({"SubnetId": ref("Subnet"), "IPAddressType": "IPV6"}, "which IP version this endpoint takes is not judged"),
        ({"SubnetId": ref("Subnet"), "IPAddressType": UNKNOWN}, "x is exported by no stack here"),
    ],
)
def test_an_endpoint_for_ipv6_alone_is_no_endpoint_for_ipv4(mapping: Json, expected: str) -> None:
    network = lifted(
        {
            **SUBNET,
            "Policy": ("AWS::NetworkFirewall::FirewallPolicy", {"FirewallPolicy": {}}),
            "Firewall": (
                "AWS::NetworkFirewall::Firewall",
                {"FirewallPolicyArn": ref("Policy"), "SubnetMappings": [mapping]},
            ),
        }
    )
    (found,) = network.firewalls[0].subnets
    assert (found.reason if isinstance(found, Doubt) else found) == expected
