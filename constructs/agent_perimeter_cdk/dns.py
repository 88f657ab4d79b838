"""DNS Firewall: domain lists, one rule group, its association with the VPC; and the query log."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_route53resolver as resolver
from constructs import Construct

from agent_perimeter.network import DnsFirewall, DnsRule, DomainList, Log
from agent_perimeter_cdk.logs import LogGroups
from agent_perimeter_cdk.refs import Refs


def render_dns(scope: Construct, firewall: DnsFirewall, refs: Refs) -> resolver.CfnFirewallRuleGroupAssociation:
    """The rule group with its lists. Returns the association: only then are names filtered.

    Neither lists nor group get a fixed name, for a name cannot change without a replacement.
    """
    for domains in _lists(firewall.rules):
        refs[domains.id] = resolver.CfnFirewallDomainList(
            scope,
            domains.id,
            domains=[refs.text(domain) for domain in domains.domains],
            tags=refs.tags(domains.id),
        ).attr_id
    group = resolver.CfnFirewallRuleGroup(
        scope,
        firewall.id,
        firewall_rules=[_rule(rule, refs) for rule in firewall.rules],
        tags=refs.tags(firewall.id),
    )
    refs[firewall.id] = group.attr_id
    return resolver.CfnFirewallRuleGroupAssociation(
        scope,
        f"{firewall.id}/association",
        firewall_rule_group_id=refs[firewall.id],
        vpc_id=refs.vpc,
        priority=firewall.association_priority,
        mutation_protection="ENABLED" if firewall.mutation_protection else "DISABLED",
        tags=refs.tags(f"{firewall.id}/association"),
    )


def _lists(rules: Iterable[DnsRule]) -> Iterable[DomainList]:
    """Each list once, though several rules may ask for it. Raises ``ValueError`` where two share an id."""
    found: dict[str, DomainList] = {}
    for rule in rules:
        if rule.domains is not None and found.setdefault(rule.domains.id, rule.domains) != rule.domains:
            raise ValueError(f"two domain lists have the id {rule.domains.id!r}")
    return found.values()


def _rule(rule: DnsRule, refs: Refs) -> resolver.CfnFirewallRuleGroup.FirewallRuleProperty:
    names = rule.domains
    return resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
        priority=rule.priority,
        action=rule.action.value,
        block_response=rule.response,
        qtype=rule.qtype,
        firewall_domain_list_id=refs[names.id] if names else None,
        # A rule about a threat has no list, and AWS refuses it a word on redirection.
        firewall_domain_redirection_action=(
            None
            if names is None
            else "TRUST_REDIRECTION_DOMAIN"
            if rule.trust_redirection
            else "INSPECT_REDIRECTION_DOMAIN"
        ),
        dns_threat_protection=rule.threat,
        confidence_threshold=rule.confidence,
    )


def render_query_log(scope: Construct, log: Log, logs: LogGroups, refs: Refs) -> None:
    """Every query that the VPC makes, with the answer and the rule that decided.

    AWS cannot change a configuration's tags in place, and they name the perimeter and nothing that moves.
    """
    configuration = resolver.CfnResolverQueryLoggingConfig(
        scope, f"{log.id}/configuration", destination_arn=logs.arn(log), tags=refs.tags(f"{log.id}/configuration")
    )
    resolver.CfnResolverQueryLoggingConfigAssociation(
        scope,
        f"{log.id}/association",
        resolver_query_log_config_id=configuration.attr_id,
        resource_id=refs.vpc,
    )
