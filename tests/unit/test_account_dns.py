"""DNS Firewall, Resolver rules, profiles and DHCP options, as an account answers."""

from __future__ import annotations

import pytest

from agent_perimeter.forms import Json
from agent_perimeter.observed import DnsAssociation, DnsRule, DnsRuleGroup, ResolverRule
from agent_perimeter.source import Origin
from tests.unit.accounts import VPC, Answers, live, lived, reason, unread

ASSOCIATION: dict[str, Json] = {
    "Id": "rslvr-frgassoc-0a",
    "FirewallRuleGroupId": "rslvr-frg-0a",
    "VpcId": VPC,
    "Priority": 200,
    "MutationProtection": "ENABLED",
    "Status": "COMPLETE",
}
RULES = "route53resolver:ListFirewallRules FirewallRuleGroupId=rslvr-frg-0a"
DOMAINS = "route53resolver:ListFirewallDomains FirewallDomainListId=rslvr-fdl-0a"
RULE: dict[str, Json] = {
    "FirewallDomainListId": "rslvr-fdl-0a",
    "Priority": 100,
    "Action": "ALLOW",
    "FirewallDomainRedirectionAction": "TRUST_REDIRECTION_DOMAIN",
}
LISTED: Answers = {
    "route53resolver:ListFirewallRuleGroupAssociations": [ASSOCIATION],
    DOMAINS: {"Domains": ["api.example.", "*.Docs.example.", "*"]},
}


def rule(answers: Answers | None = None, **written: Json) -> DnsRule:
    (group,) = live({**LISTED, RULES: {"FirewallRules": [RULE | written]}, **(answers or {})}).dns_groups
    (found,) = group.rules
    return found


def association(**written: Json) -> DnsAssociation:
    (found,) = live({"route53resolver:ListFirewallRuleGroupAssociations": [ASSOCIATION | written]}).dns_associations
    return found


class TestRuleGroups:
    def test_a_rule_with_its_names_as_they_were_given(self) -> None:
        assert live({**LISTED, RULES: {"FirewallRules": [RULE]}}).dns_groups == (
            DnsRuleGroup(
                id="rslvr-frg-0a",
                origin=Origin(path="eu-west-1/rslvr-frg-0a"),
                rules=(
                    DnsRule(
                        id="rslvr-frg-0a/rslvr-fdl-0a",
                        origin=Origin(path="eu-west-1/rslvr-frg-0a#rslvr-fdl-0a"),
                        priority=100,
                        action="ALLOW",
                        domains=("api.example", "*.docs.example", "*"),
                        threat=None,
                        qtype=None,
                        response=None,
                        override=None,
                        trust_redirection=True,
                    ),
                ),
            ),
        )

    def test_a_rule_about_a_threat(self) -> None:
        found = rule(
            FirewallDomainListId=None, DnsThreatProtection="DGA", Action="BLOCK", BlockResponse="NXDOMAIN", Qtype="TXT"
        )
        assert (found.id, found.domains, found.threat, found.qtype) == ("rslvr-frg-0a/DGA/TXT", None, "DGA", "TXT")
        assert (found.action, found.response, found.confidence) == ("BLOCK", "NXDOMAIN", None)

    def test_a_threat_may_stand_in_the_rules_type(self) -> None:
        kind: Json = {"DnsThreatProtection": {"Value": "DNS_TUNNELING", "ConfidenceThreshold": "HIGH"}}
        found = rule(FirewallDomainListId=None, FirewallRuleType=kind)
        assert (found.id, found.domains, found.threat) == ("rslvr-frg-0a/DNS_TUNNELING", None, "DNS_TUNNELING")
        assert found.confidence == "HIGH"

    def test_how_sure_a_threat_must_be(self) -> None:
        found = rule(FirewallDomainListId=None, DnsThreatProtection="DGA", ConfidenceThreshold="MEDIUM")
        assert found.confidence == "MEDIUM"

    @pytest.mark.parametrize("status", ["CREATING", "CREATION_FAILED"])
    def test_one_that_is_not_enforced_yet_is_there_perhaps(self, status: str) -> None:
        assert rule(Status="COMPLETE").maybe is None
        assert reason(rule(Status=status).maybe) == f"rslvr-frg-0a#/FirewallRules/0/Status: its state is {status}"

    def test_another_answer_loses_its_dot(self) -> None:
        assert rule(BlockOverrideDomain="Sink.example.").override == "sink.example"

    def test_a_chain_is_inspected_unless_the_rule_says_otherwise(self) -> None:
        assert rule(FirewallDomainRedirectionAction=None).trust_redirection is False

    @pytest.mark.parametrize(
        ("written", "field", "why"),
        [
            ({"FirewallDomainListId": None}, "domains", "/FirewallDomainListId: FirewallDomainListId is missing"),
            ({"FirewallDomainListId": {}}, "domains", "/FirewallDomainListId: a mapping is not text"),
            ({"DnsThreatProtection": "DGA"}, "domains", "/FirewallDomainListId: a rule is about a domain list or about a threat, not about both"),
            ({"FirewallRuleType": {"PartnerThreatProtection": {}}}, "domains", "/FirewallRuleType: which names AWS's categories hold is not known"),
            ({"Priority": "first"}, "priority", "/Priority: 'first' is not a whole number"),
            ({"Action": None}, "action", "/Action: Action is missing"),
            ({"BlockOverrideDomain": {}}, "override", "/BlockOverrideDomain: a mapping is not text"),
            ({"FirewallDomainRedirectionAction": {}}, "trust_redirection", "/FirewallDomainRedirectionAction: a mapping is not text"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )  # fmt: skip
    def test_what_cannot_be_read_is_a_doubt(self, written: dict[str, Json], field: str, why: str) -> None:
        assert reason(getattr(rule(None, **written), field)) == f"rslvr-frg-0a#/FirewallRules/0{why}"

    def test_a_rule_without_list_and_threat_goes_by_its_place(self) -> None:
        assert rule(FirewallDomainListId=None).id == "rslvr-frg-0a/0"

    def test_a_list_that_nobody_may_read_is_a_doubt(self) -> None:
        other = "route53resolver:ListFirewallDomains FirewallDomainListId=rslvr-fdl-0m"
        answers: Answers = {**LISTED, RULES: {"FirewallRules": [RULE | {"FirewallDomainListId": "rslvr-fdl-0m"}]}}
        (group,) = live(answers, unread(other)).dns_groups
        assert reason(group.rules[0].domains).startswith(
            "rslvr-fdl-0m: route53resolver:ListFirewallDomains of rslvr-fdl-0m"
        )

    def test_an_answer_without_a_list_is_a_doubt(self) -> None:
        assert reason(rule({DOMAINS: {}}).domains) == "rslvr-fdl-0a#/Domains: Domains is missing"

    def test_a_name_that_is_no_text_is_a_doubt(self) -> None:
        domains = rule({DOMAINS: {"Domains": [{}]}}).domains
        assert isinstance(domains, tuple)
        assert reason(domains[0]) == "rslvr-fdl-0a#/Domains/0: a mapping is not text"

    def test_rules_that_were_not_read_leave_the_groups_unread(self) -> None:
        found = lived(LISTED, unread(RULES))
        assert found.network.dns_groups == ()
        assert found.network.dns_associations[0].group == "rslvr-frg-0a"
        assert [(field, doubt.reason.partition(":")[0]) for field, doubt in found.unread] == [
            ("dns_groups", "route53resolver")
        ]


class TestAssociations:
    def test_an_association(self) -> None:
        assert association() == DnsAssociation(
            id="rslvr-frgassoc-0a",
            origin=Origin(path="eu-west-1/rslvr-frgassoc-0a"),
            vpc=VPC,
            group="rslvr-frg-0a",
            priority=200,
            mutation_protection=True,
        )

    @pytest.mark.parametrize(
        ("written", "field", "why"),
        [
            ({"Status": "UPDATING"}, "maybe", "/Status: its state is UPDATING"),
            ({"MutationProtection": "LATER"}, "mutation_protection", "/MutationProtection: LATER is neither ENABLED nor DISABLED"),
            ({"MutationProtection": None}, "mutation_protection", "/MutationProtection: MutationProtection is missing"),
            ({"FirewallRuleGroupId": None}, "group", "/FirewallRuleGroupId: FirewallRuleGroupId is missing"),
        ],
        ids=["updating", "an unknown word", "no word", "no group"],
    )  # fmt: skip
    def test_what_cannot_be_read_is_a_doubt(self, written: dict[str, Json], field: str, why: str) -> None:
        assert reason(getattr(association(**written), field)) == f"rslvr-frgassoc-0a#{why}"

    def test_one_that_anybody_may_take_away(self) -> None:
        assert association(MutationProtection="DISABLED").mutation_protection is False


class TestFailOpen:
    CALL = f"route53resolver:GetFirewallConfig ResourceId={VPC}"

    @pytest.mark.parametrize(("word", "expected"), [("ENABLED", True), ("DISABLED", False)])
    def test_it_is_as_aws_says(self, word: str, expected: bool) -> None:
        (found,) = live({self.CALL: {"FirewallConfig": {"FirewallFailOpen": word}}}).dns_settings
        assert (found.id, found.vpc, found.fail_open) == (f"{VPC}/dns-settings", VPC, expected)

    def test_a_setting_that_is_left_to_others_is_a_doubt(self) -> None:
        (found,) = live(
            {self.CALL: {"FirewallConfig": {"FirewallFailOpen": "USE_LOCAL_RESOURCE_SETTING"}}}
        ).dns_settings
        assert reason(found.fail_open).endswith("USE_LOCAL_RESOURCE_SETTING is neither ENABLED nor DISABLED")

    def test_what_was_not_read_is_a_doubt(self) -> None:
        (found,) = live({"route53resolver:GetFirewallConfig ResourceId=vpc-0b": {}, self.CALL: {}}).dns_settings
        assert reason(found.fail_open) == f"{VPC}#/FirewallConfig/FirewallFailOpen: FirewallFailOpen is missing"


RESOLVER: dict[str, Json] = {
    "Id": "rslvr-rrassoc-0a",
    "ResolverRuleId": "rslvr-rr-0a",
    "VPCId": VPC,
    "Status": "COMPLETE",
}
GIVEN: dict[str, Json] = {
    "DomainName": "corp.example.",
    "RuleType": "FORWARD",
    "TargetIps": [{"Ip": "192.0.2.53"}, {"Ipv6": "2001:db8::53"}, {}],
}


class TestResolverRules:
    def rules(self, *answers: Json, **written: Json) -> tuple[ResolverRule, ...]:
        given: dict[str, Json] = {}
        for answer in answers:
            given["route53resolver:GetResolverRule ResolverRuleId=rslvr-rr-0a"] = {"ResolverRule": answer}
        return live({"route53resolver:ListResolverRuleAssociations": [RESOLVER | written], **given}).resolver_rules

    def test_a_rule_that_forwards(self) -> None:
        (found,) = self.rules(GIVEN)
        assert (found.id, found.vpc, found.domain, found.kind) == ("rslvr-rrassoc-0a", VPC, "corp.example", "FORWARD")
        assert found.targets[:2] == ("192.0.2.53", "2001:db8::53")
        assert reason(found.targets[2]) == "rslvr-rr-0a#/ResolverRule/TargetIps/2/Ipv6: Ipv6 is missing"

    def test_aws_own_rules_are_left_out(self) -> None:
        assert self.rules(ResolverRuleId="rslvr-autodefined-rr-internet-resolver") == ()

    def test_a_rule_that_was_not_read_is_a_doubt(self) -> None:
        (found,) = self.rules()
        assert reason(found.domain) == "rslvr-rr-0a: route53resolver:GetResolverRule was not asked about rslvr-rr-0a"
        assert (found.kind, found.targets) == (found.domain, (found.domain,))

    def test_an_association_that_names_no_rule_is_a_doubt(self) -> None:
        (found,) = self.rules(GIVEN, ResolverRuleId=None)
        assert reason(found.domain) == "rslvr-rrassoc-0a#/ResolverRuleId: ResolverRuleId is missing"

    def test_one_that_is_on_its_way_may_hold(self) -> None:
        (found,) = self.rules(GIVEN, Status="CREATING")
        assert reason(found.maybe) == "rslvr-rrassoc-0a#/Status: its state is CREATING"

    def test_a_profile_may_hold_any_rule_and_touches_the_vpc(self) -> None:
        listed: Json = [{"Id": "rpassoc-0a", "ResourceId": VPC, "Status": "COMPLETE"}]
        found = live({"route53profiles:ListProfileAssociations": listed})
        (rule_,) = found.resolver_rules
        assert reason(rule_.domain) == "rpassoc-0a: what a Route 53 profile holds was not read"
        (strange,) = found.foreign
        assert (strange.id, strange.type, strange.touches) == (
            "rpassoc-0a",
            "AWS::Route53Profiles::ProfileAssociation",
            (VPC,),
        )

    def test_a_profile_that_is_gone_is_none(self) -> None:
        listed: Json = [{"Id": "rpassoc-0a", "ResourceId": VPC, "Status": "DELETED"}]
        found = live({"route53profiles:ListProfileAssociations": listed})
        assert (found.resolver_rules, found.foreign) == ((), ())


class TestDhcpOptions:
    def servers(self, options: str, *configurations: Json) -> object:
        vpc: Json = [{"VpcId": VPC, "DhcpOptionsId": options or None}]
        listed: Json = [{"DhcpOptionsId": "dopt-0a", "DhcpConfigurations": list(configurations)}]
        found = live({"ec2:DescribeVpcs": vpc, "ec2:DescribeDhcpOptions": listed}).dhcp_options
        return [(one.id, one.vpc, one.servers, one.maybe) for one in found]

    def given(self, *servers: Json) -> Json:
        return {"Key": "domain-name-servers", "Values": list(servers)}

    def test_the_vpcs_own_resolver_needs_no_record(self) -> None:
        name: Json = {"Key": "domain-name", "Values": [{"Value": "ec2.internal"}]}
        assert self.servers("dopt-0a", name, self.given({"Value": "AmazonProvidedDNS"})) == []
        assert self.servers("default") == []

    def test_other_servers_do(self) -> None:
        assert self.servers("dopt-0a", self.given({"Value": "192.0.2.53"})) == [("dopt-0a", VPC, ("192.0.2.53",), None)]
        found = self.servers("dopt-0a", self.given({"Value": "192.0.2.53"}, {}))
        assert isinstance(found, list)
        ((_, _, (_, unknown), maybe),) = found
        assert (reason(unknown), maybe) == ("dopt-0a#/DhcpConfigurations/0/Values/1/Value: Value is missing", None)

    def test_without_servers_there_is_another_set_of_options_for_sure(self) -> None:
        found = self.servers("dopt-0a")
        assert isinstance(found, list)
        ((own, _, (server,), maybe),) = found
        why = "dopt-0a#: DHCP options without name servers leave clients without a resolver"
        assert (own, reason(server), maybe) == ("dopt-0a", why, None)

    @pytest.mark.parametrize(
        ("options", "name", "why"),
        [
            ("dopt-0x", "dopt-0x", f"{VPC}#/DhcpOptionsId: dopt-0x was not read"),
            ("", f"{VPC}/dhcp-options", f"{VPC}#/DhcpOptionsId: DhcpOptionsId is missing"),
            ("dopt-0a", "dopt-0a", "dopt-0a#/DhcpConfigurations/0/Values/1/Value: Value is missing"),
        ],
        ids=["not read", "no options", "a server without an address"],
    )
    def test_servers_that_nobody_knows_may_be_the_resolver_alone(self, options: str, name: str, why: str) -> None:
        found = self.servers(options, self.given({"Value": "AmazonProvidedDNS"}, {}))
        assert isinstance(found, list)
        ((own, _, (server,), maybe),) = found
        assert (own, reason(server), maybe) == (name, why, server)
