"""DNS: DNS Firewall, Resolver rules, DHCP options, and what the resolver does when DNS Firewall is silent."""

from __future__ import annotations

from collections.abc import Iterator

from agent_perimeter.lift.firewalls import DNS_GROUP
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.lift.resources import Resources, origin
from agent_perimeter.lift.vpc import VPC
from agent_perimeter.observed import (
    DhcpOptions,
    DnsAssociation,
    DnsRule,
    DnsRuleGroup,
    DnsSettings,
    Doubt,
    ResolverRule,
)

DOMAIN_LIST = "AWS::Route53Resolver::FirewallDomainList"
RESOLVER_RULE = "AWS::Route53Resolver::ResolverRule"


def dns_groups(resources: Resources) -> tuple[DnsRuleGroup, ...]:
    """Every DNS Firewall rule group with its rules."""
    return tuple(
        DnsRuleGroup(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            rules=tuple(_rules(resources, resource.id, properties.at("FirewallRules"))),
        )
        for resource, properties in resources.of(DNS_GROUP)
    )


def _rules(resources: Resources, group: str, rules: Property) -> Iterator[DnsRule]:
    for index, rule in enumerate(rules.items()):
        yield DnsRule(
            id=f"{group}/rule/{index}",
            origin=rule.origin,
            maybe=rule.maybe,
            priority=rule.at("Priority").needed_whole(),
            action=rule.at("Action").needed_text(),
            domains=_domains(resources, rule),
            threat=rule.at("DnsThreatProtection").text(),
            qtype=rule.at("Qtype").text(),
            response=rule.at("BlockResponse").text(),
            override=rule.at("BlockOverrideDomain").text(),
            trust_redirection=_trust(rule.at("FirewallDomainRedirectionAction")),
            confidence=rule.at("ConfidenceThreshold").text(),
        )


def _domains(resources: Resources, rule: Property) -> tuple[str | Doubt, ...] | Doubt | None:
    """The names of the list that a rule points at; None where it looks for a threat instead."""
    written = rule.at("FirewallDomainListId")
    if not rule.at("FirewallRuleType").absent:
        return Doubt("which names AWS's categories hold is not known", rule.at("FirewallRuleType").path)
    if written.absent:
        return written.missing if rule.at("DnsThreatProtection").absent else None
    if not rule.at("DnsThreatProtection").absent:
        return Doubt("a rule is about a domain list or about a threat, not about both", written.path)
    owner = resources.ref(written, DOMAIN_LIST)
    if isinstance(owner, Doubt):
        return owner
    resource = resources.by_id[owner]
    listed = top(resource)
    if resource.maybe:
        return resource.maybe
    if not listed.at("DomainFileUrl").absent:
        return Doubt("the names are in a file that the template does not hold", listed.at("DomainFileUrl").path)
    return listed.at("Domains").texts()


def _trust(written: Property) -> bool | Doubt:
    """Every name of a redirection chain is inspected unless the rule says otherwise (FirewallRule)."""
    text = written.text()
    if isinstance(text, Doubt):
        return text
    return text == "TRUST_REDIRECTION_DOMAIN"


def dns_associations(resources: Resources) -> tuple[DnsAssociation, ...]:
    """Which DNS Firewall rule groups a VPC has."""
    return tuple(
        DnsAssociation(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resources.ref(properties.at("VpcId"), VPC),
            group=resources.ref(properties.at("FirewallRuleGroupId"), DNS_GROUP),
            priority=properties.at("Priority").needed_whole(),
            mutation_protection=_enabled(properties.at("MutationProtection")),
        )
        for resource, properties in resources.of("AWS::Route53Resolver::FirewallRuleGroupAssociation")
    )


def _enabled(written: Property) -> bool | Doubt:
    text = written.text()
    if isinstance(text, Doubt):
        return text
    return text is None or text == "ENABLED"


def resolver_rules(resources: Resources) -> tuple[ResolverRule, ...]:
    """Resolver rules on VPCs; a Route 53 profile is one that may hold any."""
    rules: list[ResolverRule] = []
    for resource, properties in resources.of("AWS::Route53Resolver::ResolverRuleAssociation"):
        rule = resources.pointee(properties.at("ResolverRuleId"), RESOLVER_RULE)
        unknown = Doubt("this Resolver rule is not in the assembly", properties.at("ResolverRuleId").path)
        written = top(rule) if rule is not None and rule.maybe is None else None
        rules.append(
            ResolverRule(
                id=resource.id,
                origin=origin(resource),
                maybe=resource.maybe,
                vpc=resources.ref(properties.at("VPCId"), VPC),
                domain=written.at("DomainName").needed_text() if written else unknown,
                kind=written.at("RuleType").needed_text() if written else unknown,
                targets=tuple(_targets(written.at("TargetIps"))) if written else (unknown,),
            )
        )
    for resource, properties in resources.of("AWS::Route53Profiles::ProfileAssociation"):
        unknown = Doubt("what a Route 53 profile holds can change without this template", resource.path)
        rules.append(
            ResolverRule(
                id=resource.id,
                origin=origin(resource),
                maybe=resource.maybe,
                vpc=resources.ref(properties.at("ResourceId"), VPC),
                domain=unknown,
                kind=unknown,
                targets=(unknown,),
            )
        )
    return tuple(rules)


def _targets(addresses: Property) -> Iterator[str | Doubt]:
    for item in addresses.items():
        address = item.at("Ip").text()
        yield item.maybe or (item.at("Ipv6").needed_text() if address is None else address)


def dhcp_options(resources: Resources) -> tuple[DhcpOptions, ...]:
    """The DHCP options of VPCs, where a resource sets some. ``default`` is the region's own set."""
    found: list[DhcpOptions] = []
    for resource, properties in resources.of("AWS::EC2::VPCDHCPOptionsAssociation"):
        written = properties.at("DhcpOptionsId")
        options = resources.pointee(written, "AWS::EC2::DHCPOptions")
        servers: tuple[str | Doubt, ...]
        if options is not None and options.maybe is None:
            listed = top(options).at("DomainNameServers")
            silent = Doubt("DHCP options without name servers leave clients without a resolver", listed.path)
            servers = (silent,) if listed.absent else listed.texts()
        elif written.text() == "default":
            servers = ("AmazonProvidedDNS",)
        else:
            servers = (Doubt("these DHCP options are not in the assembly", written.path),)
        found.append(
            DhcpOptions(
                id=resource.id,
                origin=origin(resource),
                maybe=resource.maybe,
                vpc=resources.ref(properties.at("VpcId"), VPC),
                servers=servers,
            )
        )
    return tuple(found)


def dns_settings(resources: Resources) -> tuple[DnsSettings, ...]:
    """No CloudFormation type sets FirewallFailOpen, and it is off by default (Resolver API, FirewallConfig)."""
    return tuple(
        DnsSettings(
            id=f"{resource.id}/dns-settings",
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resource.id,
            fail_open=False,
        )
        for resource, _ in resources.of(VPC)
    )
