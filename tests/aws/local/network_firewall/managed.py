"""AWS's managed rule groups: they stand in no account and may be named by any policy.

Names: https://docs.aws.amazon.com/network-firewall/latest/developerguide/aws-managed-rule-groups-list.html.
What is inside is made up: AWS's rules are its own, and change from day to day.
"""

from __future__ import annotations

from functools import cache

from tests.aws.local.network_firewall.state import RuleGroup

_THREATS = ("ThreatSignaturesBotnet", "ThreatSignaturesMalware", "ThreatSignaturesScanners", "AttackInfrastructure")
_DOMAINS = ("AbusedLegitMalwareDomains", "BotNetCommandAndControlDomains", "MalwareDomains")
_ORDERS = {"StrictOrder": "STRICT_ORDER", "ActionOrder": "DEFAULT_ACTION_ORDER"}


@cache
def managed_rule_groups(region: str) -> tuple[RuleGroup, ...]:
    return tuple(
        RuleGroup(
            arn=f"arn:aws:network-firewall:{region}:aws-managed:stateful-rulegroup/{name}{suffix}",
            name=f"{name}{suffix}",
            type="STATEFUL",
            capacity=1000,
            content={
                "RulesSource": {"RulesString": f'drop ip any any -> 192.0.2.{number} any (msg:"{name}"; sid:1;)'},
                "StatefulRuleOptions": {"RuleOrder": order},
            },
            description=f"Managed by AWS: {name}",
        )
        for number, name in enumerate((*_THREATS, *_DOMAINS), start=1)
        for suffix, order in _ORDERS.items()
    )


def managed_rule_group(region: str, arn: str) -> RuleGroup | None:
    return next((group for group in managed_rule_groups(region) if group.arn == arn), None)
