"""A deployed perimeter, everything that somebody may change of it, and what each change means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from agent_perimeter.drift.check import Meant, judged
from agent_perimeter.drift.model import Departure, Meaning
from agent_perimeter.lift.snapshot import Live
from agent_perimeter.observed import (
    AclEntry,
    DhcpOptions,
    Doubt,
    Endpoint,
    Foreign,
    Gateway,
    GroupRule,
    Interface,
    Log,
    LogKind,
    ObservedNetwork,
    Record,
    ResolverRule,
    Role,
    Route,
    Statement,
    Target,
    TargetKind,
)
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import Policy
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange
from agent_perimeter.verdict import Layer, Proof
from tests.unit.perimeters import POLICY, TODAY, read

LIVE = Origin(path="eu-west-1/sg-1")
VPC = "net/Vpc"
FLOW = Log(id="fl-1", origin=LIVE, kind=LogKind.FLOW, watched=VPC, destination="flows")

Change = Callable[[ObservedNetwork], ObservedNetwork]


@cache
def deployed() -> ObservedNetwork:
    """The sound perimeter with what it lacks for a table of changes: a role and a log."""
    network = read().network
    role = Role(id="net/Role", origin=LIVE, agent="bot", boundary="net/Boundary")
    return replace(network, roles=(role,), logs=(FLOW,))


@cache
def policies(text: str = POLICY) -> tuple[Policy, ...]:
    return load_perimeter([("bot.yaml", text.encode())])[0]


def meant(today: date = TODAY, text: str = POLICY) -> Meant:
    return Meant(policies(text), today, {}, "net.template.json")


def departures(
    live: ObservedNetwork, unread: Iterable[tuple[str, Doubt]] = (), expected: ObservedNetwork | None = None
) -> tuple[Departure, ...]:
    return judge(live, unread, expected)[0]


def judge(
    live: ObservedNetwork, unread: Iterable[tuple[str, Doubt]] = (), expected: ObservedNetwork | None = None
) -> tuple[tuple[Departure, ...], Proof]:
    return judged(Live(live, tuple(unread)), expected or deployed(), meant())


def one(network: ObservedNetwork, field: str, name: str) -> Any:
    """The record of this logical id."""
    return next(record for record in getattr(network, field) if record.id == f"net/{name}")


def changed(field: str, name: str, /, **values: object) -> Change:
    """A record with other fields; a function takes the field's value."""

    def change(network: ObservedNetwork) -> ObservedNetwork:
        record = one(network, field, name)
        new = {key: value(getattr(record, key)) if callable(value) else value for key, value in values.items()}
        records = tuple(replace(other, **new) if other is record else other for other in getattr(network, field))
        return replace(network, **{field: records})

    return change


def added(field: str, record: Record) -> Change:
    return lambda network: replace(network, **{field: (*getattr(network, field), record)})


def removed(field: str, name: str) -> Change:
    return lambda network: replace(
        network,
        **{field: tuple(other for other in getattr(network, field) if other is not one(network, field, name))},
    )


def both(*changes: Change) -> Change:
    def change(network: ObservedNetwork) -> ObservedNetwork:
        for step in changes:
            network = step(network)
        return network

    return change


def plus(item: object) -> Callable[[tuple[object, ...]], tuple[object, ...]]:
    return lambda items: (*items, item)


def without(index: int) -> Callable[[tuple[object, ...]], tuple[object, ...]]:
    return lambda items: (*items[:index], *items[index + 1 :])


def at(index: int, **values: object) -> Callable[[tuple[Any, ...]], tuple[object, ...]]:
    return lambda items: (*items[:index], replace(items[index], **values), *items[index + 1 :])


def rule(
    protocol: int | None = None, ports: PortRange | None = None, peer: str = "0.0.0.0/0", description: str = ""
) -> GroupRule:
    return GroupRule(
        id="sgr-1", origin=LIVE, protocol=protocol, ports=ports, peer=Cidr.parse(peer), description=description
    )


def entry(number: int, *, egress: bool = True, allow: bool = True, cidr: str = "0.0.0.0/0") -> AclEntry:
    return AclEntry(
        id="e",
        origin=LIVE,
        number=number,
        egress=egress,
        allow=allow,
        protocol=None,
        ports=None,
        cidr=Cidr.parse(cidr),
    )


def interface(**values: Any) -> Interface:
    known = {"id": "eni-1", "what": "x", "subnet": "net/AgentSubnet", "groups": ("net/AgentGroup",), "public": False}
    return Interface(origin=Origin(path="eu-west-1/eni-1"), **{**known, **values})


def statement(action: str = "*", resource: str = "*", principals: tuple[tuple[str, str], ...] = ()) -> Statement:
    return Statement(
        sid="",
        allow=True,
        principals=principals,
        actions=(action,),
        resources=(resource,),
        conditions=(),
        origin=LIVE,
    )


def text(before: str, after: str) -> Callable[[Any], Any]:
    return lambda source: replace(source, text=source.text.replace(before, after))


@dataclass(frozen=True)
class Case:
    """``layer``: that of the first gap, whose witness is shown; None where there is none, or none that is certain."""

    change: Change
    meaning: Meaning
    sentence: str
    layer: Layer | None = None
    witness: str = ""


PEERING = Gateway(id="pcx-1", origin=LIVE, kind=TargetKind.PEERING, vpc=VPC, peer="vpc-2")
EVIL_RULE = "pass tcp 10.0.1.0/24 any -> any any (flow:to_server; sid:99;)\n"

CASES: dict[str, Case] = {
    "a pass rule for everything lets packets out": Case(
        changed("rule_groups", "Pass", source=text("pass tls", EVIL_RULE + "pass tls")),
        Meaning.WIDENS,
        "rule group net/Pass: source is 4 rules, with pass tcp 10.0.1.0/24 any -> any any (flow:to_server; sid:99;), was "
        "3 rules: bot can send what no policy allows",
        Layer.END_TO_END,
        "tcp://203.0.113.9:443",
    ),
    "a name more on a domain list lets queries out": Case(
        changed("dns_groups", "Dns", rules=at(0, domains=("api.example.com", "broker.example.org", "evil.example"))),
        Meaning.WIDENS,
        "DNS rule net/Dns priority 100: domains are api.example.com, broker.example.org, evil.example, were "
        "api.example.com, broker.example.org: bot can send what no policy allows",
        Layer.DNS,
        "A evil.example",
    ),
    "without its association DNS Firewall stands nowhere": Case(
        removed("dns_associations", "DnsUse"),
        Meaning.WIDENS,
        "DNS Firewall association net/Dns was removed: on net/Vpc: bot can send what no policy allows",
        Layer.DNS,
        "A evil.example",
    ),
    "an endpoint's policy that takes everybody's credentials": Case(
        changed("endpoints", "Bedrock", policy=None),
        Meaning.WIDENS,
        "VPC endpoint net/Bedrock: policy is not set, was Allow bedrock:InvokeModel on ",
        Layer.ENDPOINTS,
        "unsigned",
    ),
    "a boundary that allows everything": Case(
        changed("boundaries", "Boundary", statements=(statement(),)),
        Meaning.WIDENS,
        "IAM boundary net/Boundary: statements are Allow * on *, were Allow s3:GetObject on arn:aws:s3:::corpus/* if "
        "StringEquals aws:SourceVpc ",
        Layer.BOUNDARY,
        "s3:",
    ),
    "a role without its boundary": Case(
        changed("roles", "Role", boundary=None),
        Meaning.WIDENS,
        "IAM role net/Role: boundary is not set, was net/Boundary: bot can send what no policy allows",
        Layer.BOUNDARY,
        "sts:AssumeRole",
    ),
    "a security group opened while the firewall holds": Case(
        changed("security_groups", "AgentGroup", egress=plus(rule())),
        Meaning.WEAKENS,
        "security group rule net/AgentGroup egress all traffic to 0.0.0.0/0 was added: the security group lets out "
        "more, and bot is held by the other layers alone",
        Layer.SECURITY_GROUP,
        "icmp://",
    ),
    "a security group that takes connections in": Case(
        changed("security_groups", "AgentGroup", ingress=plus(rule(6, PortRange(22, 22)))),
        Meaning.WEAKENS,
        "security group rule net/AgentGroup ingress tcp 22 from 0.0.0.0/0 was added: the security group lets out more, "
        "and bot is held by the other layers alone; it takes connections in",
        Layer.SECURITY_GROUP,
    ),
    "an ACL entry before all others": Case(
        changed("acls", "AgentAcl", entries=plus(entry(1))),
        Meaning.WEAKENS,
        "network ACL entry net/AgentAcl egress 1 was added: allow all traffic 0.0.0.0/0: the network ACL lets out more",
        Layer.NETWORK_ACL,
    ),
    "a subnet that falls back to the default ACL": Case(
        removed("acl_associations", "AgentUsesAcl"),
        Meaning.WEAKENS,
        "network ACL association net/AgentSubnet was removed: net/AgentAcl: the network ACL lets out more",
        Layer.NETWORK_ACL,
    ),
    "a firewall that anybody may delete": Case(
        changed("firewalls", "Firewall", delete_protection=False),
        Meaning.WEAKENS,
        "firewall net/Firewall: delete protection is off, was on: anybody may delete the firewall in one call",
    ),
    "a DNS Firewall that opens when it fails": Case(
        changed("dns_settings", "Vpc/dns-settings", fail_open=True),
        Meaning.WEAKENS,
        "DNS Firewall configuration net/Vpc: fail open is on, was off: while DNS Firewall does not answer",
    ),
    "a DNS Firewall association that anybody may take away": Case(
        changed("dns_associations", "DnsUse", mutation_protection=False),
        Meaning.WEAKENS,
        "DNS Firewall association net/Dns: mutation protection is off, was on: anybody may take",
    ),
    "a peering connection without a route": Case(
        added("gateways", PEERING),
        Meaning.WEAKENS,
        "VPC peering connection pcx-1 was added: to vpc-2: a way out stands ready",
    ),
    "an endpoint that nobody asked for": Case(
        added(
            "endpoints",
            Endpoint(
                id="vpce-9",
                origin=LIVE,
                vpc=VPC,
                service_name="com.amazonaws.us-east-1.sqs",
                kind="interface",
                policy=(),
                route_tables=(),
                subnets=("net/EndpointSubnet",),
                groups=("net/EndpointGroup",),
                private_dns=True,
            ),
        ),
        Meaning.WIDENS,
        "VPC endpoint vpce-9 was added: to com.amazonaws.us-east-1.sqs: bot can send what no policy allows",
        Layer.END_TO_END,
        "tcp://endpoint:vpce-9:443",
    ),
    "a public interface in an agent's subnet": Case(
        added("interfaces", interface(public=True)),
        Meaning.WEAKENS,
        "network interface eni-1 was added: in net/AgentSubnet with net/AgentGroup, with a public address: what stands",
    ),
    "an interface of somebody else's in the egress subnet": Case(
        added("interfaces", interface(id="eni-2", subnet="net/OutsideSubnet", groups=("net/Vpc/default-group",))),
        Meaning.WEAKENS,
        "network interface eni-2 was added: in net/OutsideSubnet with net/Vpc/default-group: what stands there is no "
        "agent's own workload",
    ),
    "an interface that an agent may talk to": Case(
        added("interfaces", interface(id="eni-3", groups=("net/EndpointGroup",))),
        Meaning.WIDENS,
        "network interface eni-3 was added: in net/AgentSubnet with net/EndpointGroup: bot can send what no policy",
        Layer.END_TO_END,
        "tcp://members:net/EndpointGroup:443",
    ),
    "a tag taken off a security group": Case(
        changed("security_groups", "AgentGroup", role=None),
        Meaning.WEAKENS,
        "security group net/AgentGroup: role is not set, was agent: without the tag nobody can tell whose it is",
    ),
    "a subnet whose instances get public addresses": Case(
        changed("subnets", "AgentSubnet", maps_public_ip=True),
        Meaning.WEAKENS,
        "subnet net/AgentSubnet: auto-assigned public IP is on, was off: what starts here gets",
    ),
    "DNS servers of somebody's choice": Case(
        added("dhcp_options", DhcpOptions(id="dopt-1", origin=LIVE, vpc=VPC, servers=("192.0.2.53",))),
        Meaning.WEAKENS,
        "DHCP options net/Vpc was added: 192.0.2.53: they name DNS servers that DNS Firewall does not stand before",
    ),
    "a Resolver rule that forwards queries": Case(
        added(
            "resolver_rules",
            ResolverRule(
                id="rslvr-1", origin=LIVE, vpc=VPC, domain="example.net", kind="FORWARD", targets=("192.0.2.53",)
            ),
        ),
        Meaning.WEAKENS,
        "Resolver rule rslvr-1 for example.net was added: to 192.0.2.53: other servers see what is asked for",
    ),
    "names that can be claimed towards any address": Case(
        changed("firewall_policies", "Engine", resolved_ip=None),
        Meaning.WIDENS,
        "firewall policy net/Engine: resolved-IP validation is not set, was action REJECT expiry REJECT dns group net/Dns "
        "bypass 198.51.100.0/25 sources 10.0.0.0/16: bot can send what it could not before",
        Layer.END_TO_END,
        "tcp://203.0.113.9:443 sni=api.example.com",
    ),
    "addresses that nobody needs to resolve": Case(
        changed(
            "firewall_policies",
            "Engine",
            resolved_ip=lambda known: replace(known, bypass=(*known.bypass, Cidr.parse("192.0.2.0/24"))),
        ),
        Meaning.WIDENS,
        "firewall policy net/Engine: resolved-IP validation is action REJECT ",
        Layer.END_TO_END,
        "tcp://192.0.2.9:443 sni=api.example.com",
    ),
    "a firewall without its last resort": Case(
        changed("firewall_policies", "Engine", stateful_actions=("aws:alert_strict",)),
        Meaning.WEAKENS,
        "firewall policy net/Engine: stateful actions are aws:alert_strict, were aws:drop_established_app_layer_to_server: "
        "the firewall's last resort is gone: what no rule stops passes",
    ),
    "fragments that pass without inspection": Case(
        changed("firewall_policies", "Engine", fragment_actions=("aws:pass",)),
        Meaning.WEAKENS,
        "firewall policy net/Engine: fragment actions are aws:pass, were aws:drop: the network firewall lets out more, "
        "and bot is held by the other layers alone; what no stateless rule decides about passes without inspection",
        Layer.FIREWALL,
        "fragment",
    ),
    "a rule group that only reports": Case(
        changed("firewall_policies", "Engine", stateful=at(1, override="DROP_TO_ALERT")),
        Meaning.WEAKENS,
        "firewall policy net/Engine stateful rule group net/Deny: override is DROP_TO_ALERT, was not set: the rule group "
        "only reports what it was there to drop",
    ),
    "a firewall with another policy": Case(
        lambda network: replace(
            changed("firewalls", "Firewall", policy="net/Open")(network),
            firewall_policies=(
                replace(one(network, "firewall_policies", "Engine"), id="net/Open", stateful=(), stateful_actions=()),
            ),
            rule_groups=(),
        ),
        Meaning.WIDENS,
        "firewall net/Firewall: policy is net/Open, was net/Engine: bot can send what no policy allows",
        Layer.END_TO_END,
        "tcp://203.0.113.9:443",
    ),
    "a subnet that is gone": Case(
        removed("subnets", "EndpointSubnet"),
        Meaning.NARROWS,
        "subnet net/EndpointSubnet was removed: ",
    ),
    "a flow log that is gone": Case(
        lambda network: replace(network, logs=()),
        Meaning.WEAKENS,
        "flow log net/Vpc was removed: to flows: what leaves there leaves no trace",
    ),
    "a flow log that goes elsewhere": Case(
        lambda network: replace(network, logs=(replace(FLOW, destination="elsewhere"),)),
        Meaning.WEAKENS,
        "flow log net/Vpc: destination is elsewhere, was flows: nobody reads a log that goes elsewhere",
    ),
    "a security group rule that is gone": Case(
        changed("security_groups", "AgentGroup", egress=without(3)),
        Meaning.NARROWS,
        "security group rule net/AgentGroup egress tcp 5432 to 198.51.100.0/25 was removed: bot lost something that the "
        "policy allows",
        Layer.END_TO_END,
    ),
    "a route that is gone": Case(
        removed("routes", "AgentRoute"),
        Meaning.NARROWS,
        "route net/AgentTable to 0.0.0.0/0 was removed: firewall endpoint net/Firewall: bot lost something",
        Layer.END_TO_END,
    ),
    "a resource that touches the VPC in an unknown way": Case(
        added(
            "foreign",
            Foreign(
                id="lattice-1",
                origin=LIVE,
                type="lattice",
                touches=(VPC,),
                doubt=Doubt("nobody knows what it does", "eu-west-1/lattice-1"),
            ),
        ),
        Meaning.UNCLEAR,
        "lattice lattice-1 was added: nobody knows what it does: what it means for egress is not known",
    ),
    "a group rule's description": Case(
        changed("security_groups", "AgentGroup", egress=at(0, description="reviewed")),
        Meaning.COSMETIC,
        "security group rule net/AgentGroup egress tcp 443 to 0.0.0.0/0: description is reviewed, was not set: what "
        "gets out is the same",
    ),
    "a security group's name": Case(
        changed("security_groups", "AgentGroup", name="other"),
        Meaning.COSMETIC,
        "security group net/AgentGroup: name is other, was not set: what gets out is the same",
    ),
    "a second flow log": Case(
        added("logs", replace(FLOW, id="fl-2", destination="bucket")),
        Meaning.COSMETIC,
        "flow log net/Vpc was added: to bucket: what gets out is the same",
    ),
    "a route that nothing uses": Case(
        both(
            added("gateways", replace(PEERING, id="pcx-2")),
            added(
                "routes",
                Route(
                    id="rtb-1/10.9.0.0/16",
                    origin=LIVE,
                    table="net/Vpc/main-route-table",
                    destination=Cidr.parse("10.9.0.0/16"),
                    target=Target(TargetKind.PEERING, "pcx-2"),
                ),
            ),
        ),
        Meaning.COSMETIC,
        "route net/Vpc/main-route-table to 10.9.0.0/16 was added: VPC peering connection pcx-2: what gets out is the",
    ),
}
"""A change each, with what the departure that it makes means and how it is told."""


@cache
def told(name: str) -> tuple[Departure, ...]:
    """The departures of one case."""
    return departures(CASES[name].change(deployed()))
