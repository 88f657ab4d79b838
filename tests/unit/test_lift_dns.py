"""DNS Firewall, Resolver rules and DHCP options."""

from __future__ import annotations

import pytest

from agent_perimeter.observed import DnsRule, Doubt
from tests.unit.lifted import AT, MAYBE, VPC, Json, Resources, attribute, lifted, ref

UNKNOWN: Json = {"Fn::ImportValue": "x"}
LISTS: Resources = {
    "List": ("AWS::Route53Resolver::FirewallDomainList", {"Domains": ["a.example", "*.b.example", UNKNOWN]}),
    "File": ("AWS::Route53Resolver::FirewallDomainList", {"DomainFileUrl": "s3://names"}),
    "Perhaps": ("AWS::Route53Resolver::FirewallDomainList", {"Domains": ["c.example"], "Condition": "On"}),
}


def rule(written: dict[str, Json]) -> DnsRule:
    group: Resources = {"Group": ("AWS::Route53Resolver::FirewallRuleGroup", {"FirewallRules": [written]})}
    return lifted({**LISTS, **group}, **MAYBE).dns_groups[0].rules[0]


def test_a_rule_with_its_names() -> None:
    found = rule(
        {
            "Priority": "10",
            "Action": "ALLOW",
            "FirewallDomainListId": attribute("List", "Id"),
            "FirewallDomainRedirectionAction": "TRUST_REDIRECTION_DOMAIN",
            "Qtype": "A",
        }
    )
    assert isinstance(found.domains, tuple)
    assert (found.id, found.priority, found.action, found.domains[:2], found.qtype, found.trust_redirection) == (
        "net/Group/rule/0",
        10,
        "ALLOW",
        ("a.example", "*.b.example"),
        "A",
        True,
    )
    assert isinstance(found.domains[2], Doubt)
    assert found.origin.path == f"{AT}/Group/Properties/FirewallRules/0"


def test_a_rule_against_a_threat_has_no_names() -> None:
    written: dict[str, Json] = {
        "Priority": 1,
        "Action": "BLOCK",
        "BlockResponse": "NODATA",
        "DnsThreatProtection": "DGA",
    }
    found = rule({**written, "ConfidenceThreshold": "LOW"})
    assert (found.domains, found.threat, found.response, found.trust_redirection) == (None, "DGA", "NODATA", False)
    assert (found.confidence, rule(written).confidence) == ("LOW", None)
    assert isinstance(rule({**written, "ConfidenceThreshold": UNKNOWN}).confidence, Doubt)


def test_an_override_says_what_it_answers_with() -> None:
    found = rule({"Action": "BLOCK", "BlockResponse": "OVERRIDE", "BlockOverrideDomain": "evil.example"})
    assert found.override == "evil.example"
    assert isinstance(found.priority, Doubt)
    assert isinstance(rule({"FirewallDomainRedirectionAction": UNKNOWN}).trust_redirection, Doubt)


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"FirewallDomainListId": "rslvr-fdl-1"},
        {"FirewallDomainListId": ref("File")},
        {"FirewallDomainListId": ref("Perhaps")},
        {"FirewallRuleType": {"PartnerThreatProtection": {"Partner": "x"}}},
        {"FirewallDomainListId": attribute("List", "Id"), "DnsThreatProtection": "DGA"},
    ],
)
def test_names_that_are_not_known(written: dict[str, Json]) -> None:
    assert isinstance(rule({"Priority": 1, "Action": "ALLOW", **written}).domains, Doubt)


@pytest.mark.parametrize(("written", "expected"), [({}, True), ({"MutationProtection": "DISABLED"}, False)])
def test_associations(written: dict[str, Json], expected: bool) -> None:
    association: dict[str, Json] = {
        "VpcId": ref("Vpc"),
        "FirewallRuleGroupId": ref("Group"),
        "Priority": 101,
        **written,
    }
    network = lifted(
        {
            **VPC,
            "Group": ("AWS::Route53Resolver::FirewallRuleGroup", {}),
            "A": ("AWS::Route53Resolver::FirewallRuleGroupAssociation", association),
        }
    )
    (found,) = network.dns_associations
    assert (found.vpc, found.group, found.priority, found.mutation_protection) == (
        "net/Vpc",
        "net/Group",
        101,
        expected,
    )
    unknown = lifted({"A": ("AWS::Route53Resolver::FirewallRuleGroupAssociation", {"MutationProtection": UNKNOWN})})
    assert isinstance(unknown.dns_associations[0].mutation_protection, Doubt)


def test_resolver_rules_are_of_the_vpcs_that_they_are_associated_with() -> None:
    forward: dict[str, Json] = {
        "DomainName": "corp.example",
        "RuleType": "FORWARD",
        "TargetIps": [{"Ip": "192.0.2.53"}, {"Ipv6": "2001:db8::53"}, UNKNOWN],
    }
    network = lifted(
        {
            **VPC,
            "Rule": ("AWS::Route53Resolver::ResolverRule", forward),
            "Idle": ("AWS::Route53Resolver::ResolverRule", forward),
            "A": (
                "AWS::Route53Resolver::ResolverRuleAssociation",
                {"VPCId": ref("Vpc"), "ResolverRuleId": ref("Rule")},
            ),
            "B": (
                "AWS::Route53Resolver::ResolverRuleAssociation",
                {"VPCId": ref("Vpc"), "ResolverRuleId": "rslvr-rr-1"},
            ),
            "C": ("AWS::Route53Profiles::ProfileAssociation", {"ResourceId": ref("Vpc"), "ProfileId": "rp-1"}),
        }
    )
    known, lost, profile = network.resolver_rules
    assert (known.vpc, known.domain, known.kind, known.targets[:2]) == (
        "net/Vpc",
        "corp.example",
        "FORWARD",
        ("192.0.2.53", "2001:db8::53"),
    )
    assert isinstance(known.targets[2], Doubt)
    assert all(isinstance(part, Doubt) for part in (lost.domain, lost.kind, *lost.targets))
    assert profile.vpc == "net/Vpc"
    assert isinstance(profile.domain, Doubt)
    (foreign,) = network.foreign
    assert (foreign.id, foreign.touches) == ("net/C", ("net/Vpc",))
    assert "a profile brings" in foreign.doubt.reason


def test_dhcp_options() -> None:
    association = "AWS::EC2::VPCDHCPOptionsAssociation"
    network = lifted(
        {
            **VPC,
            "Options": ("AWS::EC2::DHCPOptions", {"DomainNameServers": ["192.0.2.53", UNKNOWN]}),
            "A": (association, {"VpcId": ref("Vpc"), "DhcpOptionsId": ref("Options")}),
            "B": (association, {"VpcId": ref("Vpc"), "DhcpOptionsId": "default"}),
            "C": (association, {"VpcId": ref("Vpc"), "DhcpOptionsId": "dopt-1"}),
        }
    )
    own, default, lost = network.dhcp_options
    assert (own.vpc, own.servers[0]) == ("net/Vpc", "192.0.2.53")
    assert isinstance(own.servers[1], Doubt)
    assert default.servers == ("AmazonProvidedDNS",)
    assert isinstance(lost.servers[0], Doubt)
