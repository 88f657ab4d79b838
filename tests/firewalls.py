"""Firewall policies as they may be found, in as few words as a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent_perimeter.observed import (
    DnsAssociation,
    Doubt,
    FirewallPolicy,
    GroupUse,
    ResolvedIpValidation,
    RuleGroup,
    RuleSource,
    RulesString,
)
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.reach.firewall import FirewallContext, FirewallLayer, firewall_layer
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr

HOME = Cidr.parse("10.42.0.0/16")
AGENT = Cidr.parse("10.42.0.0/27")
STRANGER = "203.0.113.9"
ASSOCIATED = DnsAssociation(
    id="dns-association", origin=Origin(), vpc="vpc", group="dns-group", priority=101, mutation_protection=True
)
DROP_BY_DEFAULT = ("aws:drop_established_app_layer_to_server",)


def rules(*lines: str) -> RulesString:
    """Lines without a sid get their place as one."""
    return RulesString("\n".join(lines), Origin(path="template#/Rules"))


def rule_group(
    name: str,
    source: RuleSource,
    sets: Mapping[str, tuple[str | Doubt, ...]] | None = None,
    ports: Mapping[str, tuple[str | Doubt, ...]] | None = None,
    **changes: Any,
) -> RuleGroup:
    group = RuleGroup(
        id=name,
        origin=Origin(path=f"template#/{name}"),
        stateful=True,
        rule_order="STRICT_ORDER",
        ip_sets=tuple((sets or {}).items()),
        port_sets=tuple((ports or {}).items()),
        source=source,
    )
    return replace(group, **changes)


def firewall_policy(**changes: Any) -> FirewallPolicy:
    """A policy in strict order that drops what no rule passes; nothing in it yet."""
    policy = FirewallPolicy(
        id="policy",
        origin=Origin(path="template#/Policy"),
        stateful=(),
        stateless=(),
        home_net=None,
        stateless_actions=("aws:forward_to_sfe",),
        fragment_actions=("aws:drop",),
        stateful_actions=DROP_BY_DEFAULT,
        custom_actions=(),
        rule_order="STRICT_ORDER",
        stream_exception="DROP",
        resolved_ip=None,
        tls_inspection=False,
    )
    return replace(policy, **changes)


def validation(**changes: Any) -> ResolvedIpValidation:
    found = ResolvedIpValidation("REJECT", "REJECT", "dns-group", (), None, Origin(path="template#/Validation"))
    return replace(found, **changes)


def context(*groups: RuleGroup, **changes: Any) -> FirewallContext:
    return replace(FirewallContext({group.id: group for group in groups}, (HOME,), (ASSOCIATED,)), **changes)


def layer(
    *groups: RuleGroup, source: Cidr = AGENT, surroundings: Mapping[str, Any] | None = None, **changes: Any
) -> FirewallLayer:
    """The layer of a policy with these stateful groups in their order. ``changes`` are the policy's."""
    uses = tuple(GroupUse(group.id, place) for place, group in enumerate(groups, start=1))
    return firewall_layer(
        firewall_policy(**{"stateful": uses, **changes}), context(*groups, **(surroundings or {})), source
    )


def of_rules(*lines: str, **changes: Any) -> FirewallLayer:
    return layer(rule_group("rules", rules(*lines)), **changes)


def tls(name: str = "", to: str = STRANGER, port: int = 443, resolved: str = "") -> Packet:
    return Packet(6, Cidr.parse(to), port, App.TLS, name, resolved)


def http(name: str = "", to: str = STRANGER, port: int = 80) -> Packet:
    return Packet(6, Cidr.parse(to), port, App.HTTP, name, "")


def tcp(app: App, to: str = STRANGER, port: int = 443, resolved: str = "") -> Packet:
    return Packet(6, Cidr.parse(to), port, app, "", resolved)


def udp(app: App = App.OTHER, to: str = STRANGER, port: int = 53) -> Packet:
    return Packet(17, Cidr.parse(to), port, app, "", "")
