"""Network Firewall: rule groups, one policy, and one firewall per zone that shares it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from aws_cdk import Fn
from aws_cdk import aws_networkfirewall as anf
from aws_cdk import aws_route53resolver as resolver
from constructs import Construct

from agent_perimeter.network import (
    Firewall,
    FirewallPolicy,
    LogKind,
    ResolvedIpValidation,
    Role,
    RuleGroup,
)
from agent_perimeter.values import Cidr
from agent_perimeter_cdk.linters import accept
from agent_perimeter_cdk.logs import LogGroups
from agent_perimeter_cdk.refs import Refs, ipv4

_LOG_TYPES: Mapping[LogKind, str] = {LogKind.FIREWALL_ALERT: "ALERT", LogKind.FIREWALL_FLOW: "FLOW"}


def render_firewall_policy(
    scope: Construct,
    policy: FirewallPolicy,
    dns_firewall: str,
    association: resolver.CfnFirewallRuleGroupAssociation,
    refs: Refs,
) -> None:
    """The policy with its rule groups. ``dns_firewall`` is the record whose answers resolved-IP validation trusts.

    The policy waits for the DNS Firewall's association: Network Firewall checks that group when it
    takes the policy, and lets go of it some time after the policy is gone.
    """
    references = []
    for group in sorted(policy.groups, key=lambda group: group.priority):
        refs[group.id] = _render_group(scope, group, policy.rule_order, refs).attr_rule_group_arn
        references.append(
            anf.CfnFirewallPolicy.StatefulRuleGroupReferenceProperty(
                resource_arn=refs[group.id], priority=group.priority
            )
        )
    rendered = anf.CfnFirewallPolicy(
        scope,
        policy.id,
        firewall_policy_name=_name(policy.id, refs),
        firewall_policy=anf.CfnFirewallPolicy.FirewallPolicyProperty(
            policy_variables=anf.CfnFirewallPolicy.PolicyVariablesProperty(
                rule_variables={
                    "HOME_NET": anf.CfnFirewallPolicy.IPSetProperty(definition=_blocks(policy.home_net)),
                }
            ),
            stateless_default_actions=list(policy.stateless_actions),
            stateless_fragment_default_actions=list(policy.stateless_fragment_actions),
            stateful_default_actions=list(policy.stateful_actions),
            stateful_engine_options=anf.CfnFirewallPolicy.StatefulEngineOptionsProperty(
                rule_order=policy.rule_order,
                stream_exception_policy=policy.stream_exception,
                flow_timeouts=anf.CfnFirewallPolicy.FlowTimeoutsProperty(
                    tcp_idle_timeout_seconds=policy.tcp_idle_seconds
                ),
            ),
            stateful_rule_group_references=references,
        ),
        tags=refs.tags(policy.id, Role.FIREWALL),
    )
    if policy.resolved_ip is not None:
        # CloudFormation documents the property; neither its published schema nor the L1 has it yet.
        accept(rendered, "E3002", "F3002", "The schema does not have Route53ResolvedIPValidation yet.")
        rendered.add_property_override(
            "FirewallPolicy.Route53ResolvedIPValidation", _resolved_ip(policy.resolved_ip, refs[dns_firewall])
        )
    rendered.add_resource_dependency(association)
    refs[policy.id] = rendered.attr_firewall_policy_arn


def _resolved_ip(validation: ResolvedIpValidation, dns_group: str) -> dict[str, object]:
    if not validation.sources:
        raise ValueError("resolved-IP validation with an empty list of sources validates nothing")
    return {
        "Action": validation.action,
        "DNSFirewallRuleGroupId": dns_group,
        "DNSExpiryExceptionPolicy": validation.expiry,
        "SourceIPRanges": _addresses(validation.sources),
        **({"BypassDestinationValidationIPRanges": _addresses(validation.bypass)} if validation.bypass else {}),
    }


def _addresses(blocks: Iterable[Cidr]) -> list[dict[str, str]]:
    """As AWS::NetworkFirewall::FirewallPolicy Address takes them, which is an object and not a text."""
    return [{"AddressDefinition": block} for block in _blocks(blocks)]


def _render_group(scope: Construct, group: RuleGroup, rule_order: str, refs: Refs) -> anf.CfnRuleGroup:
    return anf.CfnRuleGroup(
        scope,
        group.id,
        rule_group_name=refs.text(group.name),
        type="STATEFUL",
        capacity=group.capacity,
        rule_group=anf.CfnRuleGroup.RuleGroupProperty(
            rule_variables=(
                anf.CfnRuleGroup.RuleVariablesProperty(
                    ip_sets={
                        name: anf.CfnRuleGroup.IPSetProperty(definition=_blocks(blocks))
                        for name, blocks in group.variables
                    }
                )
                if group.variables
                else None
            ),
            rules_source=anf.CfnRuleGroup.RulesSourceProperty(
                rules_string="\n".join(refs.text(rule.text) for rule in group.rules)
            ),
            stateful_rule_options=anf.CfnRuleGroup.StatefulRuleOptionsProperty(rule_order=rule_order),
        ),
        tags=refs.tags(group.id, Role.FIREWALL),
    )


def render_firewalls(
    scope: Construct,
    firewalls: Iterable[Firewall],
    policy: FirewallPolicy,
    logs: LogGroups,
    refs: Refs,
) -> None:
    """One firewall per zone, known by its endpoint.

    ``EndpointIds`` comes in no particular order, so that with one firewall for all zones nobody could
    tell which endpoint is whose; the single entry of a single zone reads ``zone:vpce-…``.
    """
    for firewall in firewalls:
        rendered = anf.CfnFirewall(
            scope,
            firewall.id,
            firewall_name=_name(firewall.id, refs),
            firewall_policy_arn=refs[policy.id],
            vpc_id=refs.vpc,
            subnet_mappings=[
                anf.CfnFirewall.SubnetMappingProperty(subnet_id=refs[firewall.subnet], ip_address_type="IPV4")
            ],
            delete_protection=firewall.protected,
            subnet_change_protection=firewall.protected,
            firewall_policy_change_protection=firewall.protected,
            tags=refs.tags(firewall.id, Role.FIREWALL),
        )
        refs[firewall.id] = Fn.select(1, Fn.split(":", Fn.select(0, rendered.attr_endpoint_ids)))
        _render_logging(scope, firewall, rendered.attr_firewall_arn, logs)


def _render_logging(scope: Construct, firewall: Firewall, arn: str, logs: LogGroups) -> None:
    destinations = [
        anf.CfnLoggingConfiguration.LogDestinationConfigProperty(
            log_type=log_type,
            log_destination_type="CloudWatchLogs",
            log_destination={"logGroup": logs.name(log)},
        )
        for kind, log_type in _LOG_TYPES.items()
        for log in logs.of(kind)
    ]
    if destinations:
        anf.CfnLoggingConfiguration(
            scope,
            f"{firewall.id}/logging",
            firewall_arn=arn,
            logging_configuration=anf.CfnLoggingConfiguration.LoggingConfigurationProperty(
                log_destination_configs=destinations
            ),
        )


def _blocks(blocks: Iterable[Cidr]) -> list[str]:
    return [ipv4(block) for block in blocks]


def _name(record: str, refs: Refs) -> str:
    """A name that is unique in the account and the region, as Network Firewall wants it.

    It cannot change without a replacement, and a replacement must not meet the old one's name. Both
    come with a new VPC only, so the name carries the VPC's.
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", f"{refs.perimeter}-{record}").strip("-")
    return refs.text(f"{readable}-${{Vpc}}")
