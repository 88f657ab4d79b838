"""DNS: DNS Firewall, Resolver rules, DHCP options, and what the resolver does when DNS Firewall is silent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

from agent_perimeter.lift.account.reading import Account, elements, standing
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import (
    DhcpOptions,
    DnsAssociation,
    DnsRule,
    DnsRuleGroup,
    DnsSettings,
    Doubt,
    ResolverRule,
)

ASSOCIATIONS: Final = "route53resolver:ListFirewallRuleGroupAssociations"
RULES: Final = "route53resolver:ListFirewallRules"
DOMAINS: Final = "route53resolver:ListFirewallDomains"
OWN_RULES: Final = "rslvr-autodefined-"
"""How the ids of the Resolver rules begin that AWS makes for every VPC (Route 53 guide, autodefined rules)."""
RESOLVER: Final = "AmazonProvidedDNS"

Other = TypeVar("Other", bound=Doubt | None)


def name_of(written: str | Other) -> str | Other:
    """A domain as it is compared: Resolver answers with a dot at the end of the names that it was given."""
    return written.removesuffix(".").lower() if isinstance(written, str) else written


def dns_groups(account: Account) -> tuple[DnsRuleGroup, ...]:
    """Every DNS Firewall rule group on the VPC whose rules were read."""
    return tuple(
        DnsRuleGroup(id=name, origin=account.origin(name), rules=tuple(_rules(account, name, answer)))
        for name in _groups(account)
        if isinstance(answer := account.about(RULES, "FirewallRuleGroupId", name), Property)
    )


def _groups(account: Account) -> tuple[str, ...]:
    named = (one.at("FirewallRuleGroupId").text() for _, one in account.listed(ASSOCIATIONS))
    return tuple(sorted({name for name in named if isinstance(name, str)}))


def lost(account: Account) -> Iterator[tuple[str, Doubt]]:
    """Rule groups whose rules were not read: nothing is known to be in them or not."""
    for name in _groups(account):
        answer = account.about(RULES, "FirewallRuleGroupId", name)
        if isinstance(answer, Doubt):
            yield "dns_groups", answer


def _rules(account: Account, group: str, answer: Property) -> Iterator[DnsRule]:
    for rule in elements(answer.at("FirewallRules")):
        part = _part(rule)
        yield DnsRule(
            id=f"{group}/{part}",
            origin=account.origin(group, part),
            maybe=rule.maybe or _in_force(rule.at("Status")),
            priority=rule.at("Priority").needed_whole(),
            action=rule.at("Action").needed_text(),
            domains=_domains(account, rule),
            threat=_threat(rule).text(),
            qtype=rule.at("Qtype").text(),
            response=rule.at("BlockResponse").text(),
            override=name_of(rule.at("BlockOverrideDomain").text()),
            trust_redirection=_trust(rule.at("FirewallDomainRedirectionAction")),
            confidence=_either(rule, "ConfidenceThreshold", "ConfidenceThreshold").text(),
        )


def _in_force(status: Property) -> Doubt | None:
    """Why a rule is perhaps not enforced; only those that take time to be made say (Resolver API, FirewallRule)."""
    return None if status.absent else standing(status, settled={"complete"}, over=()).maybe


def _threat(rule: Property) -> Property:
    """The threat that a rule looks for."""
    return _either(rule, "DnsThreatProtection", "Value")


def _either(rule: Property, plain: str, typed: str) -> Property:
    """What a rule against threats says, in either of the two places where the API has it (FirewallRuleType)."""
    written = rule.at(plain)
    return rule.at("FirewallRuleType", "DnsThreatProtection", typed) if written.absent else written


def _part(rule: Property) -> str:
    """What tells a rule from the others of its group: its list or threat, and the type of query."""
    named = (one.text() for one in (rule.at("FirewallDomainListId"), _threat(rule), rule.at("Qtype")))
    found = [name for name in named if isinstance(name, str)]
    return "/".join(found) or rule.path.rpartition("/")[2]


def _domains(account: Account, rule: Property) -> tuple[str | Doubt, ...] | Doubt | None:
    """The names of the list that a rule points at; None where it looks for a threat instead."""
    written, threat = rule.at("FirewallDomainListId"), _threat(rule)
    if threat.absent and not rule.at("FirewallRuleType").absent:
        return Doubt("which names AWS's categories hold is not known", rule.at("FirewallRuleType").path)
    if written.absent:
        return written.missing if threat.absent else None
    if not threat.absent:
        return Doubt("a rule is about a domain list or about a threat, not about both", written.path)
    name = written.needed_text()
    answer = name if isinstance(name, Doubt) else account.about(DOMAINS, "FirewallDomainListId", name)
    if isinstance(answer, Doubt):
        return answer
    listed = answer.at("Domains")
    if listed.absent:
        return listed.missing
    return tuple(map(name_of, listed.texts()))


def _trust(written: Property) -> bool | Doubt:
    text = written.text()
    return text if isinstance(text, Doubt) else text == "TRUST_REDIRECTION_DOMAIN"


def dns_associations(account: Account) -> tuple[DnsAssociation, ...]:
    """Which DNS Firewall rule groups the VPC has."""
    return tuple(
        DnsAssociation(
            id=name,
            origin=account.origin(name),
            maybe=standing(one.at("Status"), settled={"complete"}, over=()).maybe,
            vpc=one.at("VpcId").needed_text(),
            group=one.at("FirewallRuleGroupId").needed_text(),
            priority=one.at("Priority").needed_whole(),
            mutation_protection=_switch(one.at("MutationProtection")),
        )
        for name, one in account.listed(ASSOCIATIONS)
    )


def _switch(written: Property) -> bool | Doubt:
    text = written.needed_text()
    if isinstance(text, Doubt):
        return text
    unknown = Doubt(f"{text} is neither ENABLED nor DISABLED", written.path)
    return {"ENABLED": True, "DISABLED": False}.get(text, unknown)


def dns_settings(account: Account) -> tuple[DnsSettings, ...]:
    """What the resolver of the VPC does while DNS Firewall does not answer."""
    answer = account.about("route53resolver:GetFirewallConfig", "ResourceId", account.vpc)
    open_ = answer if isinstance(answer, Doubt) else _switch(answer.at("FirewallConfig", "FirewallFailOpen"))
    name = f"{account.vpc}/dns-settings"
    return (DnsSettings(id=name, origin=account.origin(name), vpc=account.vpc, fail_open=open_),)


def resolver_rules(account: Account) -> tuple[ResolverRule, ...]:
    """Resolver rules on the VPC apart from AWS's own; a Route 53 profile is one that may hold any."""
    return (*_associated(account), *_profiles(account))


def _associated(account: Account) -> Iterator[ResolverRule]:
    for name, one in account.listed("route53resolver:ListResolverRuleAssociations"):
        rule = one.at("ResolverRuleId").needed_text()
        if isinstance(rule, str) and rule.startswith(OWN_RULES):
            continue
        answer = rule if isinstance(rule, Doubt) else account.about("route53resolver:GetResolverRule", _RULE, rule)
        written = None if isinstance(answer, Doubt) else answer.at("ResolverRule")
        unknown = answer if isinstance(answer, Doubt) else Doubt("a Resolver rule without a domain", answer.path)
        yield ResolverRule(
            id=name,
            origin=account.origin(name),
            maybe=standing(one.at("Status"), settled={"complete"}, over=()).maybe,
            vpc=one.at("VPCId").needed_text(),
            domain=name_of(written.at("DomainName").needed_text()) if written else unknown,
            kind=written.at("RuleType").needed_text() if written else unknown,
            targets=tuple(_targets(written.at("TargetIps"))) if written else (unknown,),
        )


_RULE: Final = "ResolverRuleId"


def _targets(addresses: Property) -> Iterator[str | Doubt]:
    for item in addresses.items():
        address = item.at("Ip").text()
        yield item.maybe or (item.at("Ipv6").needed_text() if address is None else address)


def _profiles(account: Account) -> Iterator[ResolverRule]:
    for name, one in account.listed("route53profiles:ListProfileAssociations"):
        state = standing(one.at("Status"), settled={"complete"}, over={"deleted"})
        if state.gone:
            continue
        unknown = Doubt("what a Route 53 profile holds was not read", account.path(name))
        yield ResolverRule(
            id=name,
            origin=account.origin(name),
            maybe=state.maybe,
            vpc=one.at("ResourceId").needed_text(),
            domain=unknown,
            kind=unknown,
            targets=(unknown,),
        )


def dhcp_options(account: Account) -> tuple[DhcpOptions, ...]:
    """The DHCP options of the VPC, where they name other servers than the VPC's resolver."""
    return tuple(_options(account))


def _options(account: Account) -> Iterator[DhcpOptions]:
    listed = dict(account.listed("ec2:DescribeDhcpOptions"))
    for vpc, written in account.listed("ec2:DescribeVpcs"):
        name = written.at("DhcpOptionsId").needed_text()
        servers = name if isinstance(name, Doubt) else _servers(listed.get(name), name, written)
        if servers != (RESOLVER,):
            own = f"{vpc}/dhcp-options" if isinstance(name, Doubt) else name
            yield DhcpOptions(
                id=own,
                origin=account.origin(own),
                # Where nobody knows the servers, they may be the resolver alone, which is no record.
                maybe=servers if isinstance(servers, Doubt) else None,
                vpc=vpc,
                servers=(servers,) if isinstance(servers, Doubt) else servers,
            )


def _servers(options: Property | None, name: str, vpc: Property) -> tuple[str | Doubt, ...] | Doubt:
    """The name servers of a set of options, or why none is known. ``default`` stands for the region's own."""
    if name == "default":
        return (RESOLVER,)
    if options is None:
        return Doubt(f"{name} was not read", vpc.at("DhcpOptionsId").path)
    for one in options.at("DhcpConfigurations").items():
        if one.at("Key").text() == "domain-name-servers":
            servers = tuple(item.maybe or item.at("Value").needed_text() for item in one.at("Values").items())
            doubts = [each for each in servers if isinstance(each, Doubt)]
            return doubts[0] if doubts and {*servers} <= {RESOLVER, *doubts} else servers
    return (Doubt("DHCP options without name servers leave clients without a resolver", options.path),)
