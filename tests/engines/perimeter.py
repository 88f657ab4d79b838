"""The perimeter that the engine tests put before Suricata, from policy files to firewall policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from textwrap import dedent

from agent_perimeter.intent import Intent, resolve
from agent_perimeter.lower.firewall import lower_firewall
from agent_perimeter.network import FirewallPolicy
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.settings import Settings
from agent_perimeter.values import Cidr

TODAY = date(2026, 11, 22)

POLICIES = {
    "reader.yaml": """
        version: 1
        network_policy:
          egress:
            - domain: api.example.com
            - domain: "*.wild.example"
            - domain: plain.example
              ports: [{protocol: TCP, port: 80}]
        """,
    "partner.yaml": """
        version: 1
        network_policy:
          egress:
            - domain: api.partner.example
              addresses: [203.0.113.0/28]
            - domain: plain.partner.example
              addresses: [203.0.113.0/28]
              ports: [{protocol: TCP, port: 80}]
        """,
    "database.yaml": """
        version: 1
        network_policy:
          egress:
            - ip_block: 198.51.100.0/24
              except: [198.51.100.128/25]
              ports:
                - {protocol: TCP, port: 5432, end_port: 5440}
                - {protocol: TCP, port: 443}
                - {protocol: UDP, port: 123}
            - domain: broker.example
              ports: [{protocol: TCP, port: 8883}]
        """,
}

SUBNETS: Mapping[str, tuple[Cidr, ...]] = {
    name: tuple(Cidr.parse(block) for block in blocks)
    for name, blocks in {
        "reader": ("10.42.0.0/27", "10.42.64.0/27"),
        "partner": ("10.42.0.32/27", "10.42.64.32/27"),
        "database": ("10.42.0.64/27", "10.42.64.64/27"),
    }.items()
}
READER, READER_B, PARTNER, DATABASE = "10.42.0.4", "10.42.64.30", "10.42.0.36", "10.42.0.68"
NOBODY = "10.42.200.9"
"""An address of the VPC that is no agent's."""

RESOLVED = {"broker.example": ("192.0.2.88",)}
"""What the VPC's resolver gave out for the names that only their addresses hold."""


def load(policies: Mapping[str, str]) -> Intent:
    loaded, findings = load_perimeter((name, dedent(text).encode()) for name, text in sorted(policies.items()))
    assert findings == ()
    return resolve(loaded, TODAY)


def firewall() -> FirewallPolicy:
    policy, _, findings = lower_firewall(load(POLICIES), SUBNETS, Settings())
    assert findings == ()
    return policy


def without(policy: FirewallPolicy, message: str) -> FirewallPolicy:
    """The policy without the one rule that says this."""
    kept = tuple(
        replace(group, rules=tuple(rule for rule in group.rules if f'"agent-perimeter: {message}"' not in rule.text))
        for group in policy.groups
    )
    before, after = (sum(len(group.rules) for group in groups) for groups in (policy.groups, kept))
    assert before - after == 1, f"{before - after} rules say {message!r}"
    return replace(policy, groups=kept)
