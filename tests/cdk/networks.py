"""A network with every kind of record, written by hand: what the constructs are shown before any policy is."""

from __future__ import annotations

from typing import Literal

from agent_perimeter.network import (
    Acl,
    AclEntry,
    Boundary,
    Condition,
    Direction,
    DnsAction,
    DnsFirewall,
    DnsRule,
    DomainList,
    Endpoint,
    Firewall,
    FirewallPolicy,
    GroupRef,
    GroupRule,
    InternetGateway,
    Log,
    LogKind,
    NatGateway,
    Network,
    PrefixList,
    ResolvedIpValidation,
    Role,
    Route,
    RouteTable,
    RuleGroup,
    SecurityGroup,
    Statement,
    Subnet,
    SuricataRule,
    TargetKind,
    Topology,
    Vpc,
    Zone,
)
from agent_perimeter.source import Origin
from agent_perimeter.values import ANY_IPV4, EPHEMERAL_PORTS, Cidr, PortRange, Protocol

ZONES = (Zone(0), Zone(1, "eu-central-1b"))
AGENTS = ("reader", "writer")
NOWHERE = Origin()
HTTPS = PortRange.single(443)
VPC = Cidr.parse("10.42.0.0/16")
_TIERS = (Role.EGRESS, Role.ENDPOINT, Role.FIREWALL)


def _subnets() -> tuple[Subnet, ...]:
    agents = (
        Subnet(
            f"subnet/agent/{agent}/{zone.index}",
            Role.AGENT,
            zone,
            VPC.subnet(27, 16 * zone.index + number),
            f"table/agent/{agent}/{zone.index}",
            "acl/agent",
            agent,
            NOWHERE,
        )
        for zone in ZONES
        for number, agent in enumerate(AGENTS)
    )
    tiers = (
        Subnet(
            f"subnet/{role}/{zone.index}",
            role,
            zone,
            VPC.subnet(28, 4000 + 4 * number + zone.index),
            f"table/{role}/{zone.index}",
            "acl/shared",
            None,
            NOWHERE,
        )
        for zone in ZONES
        for number, role in enumerate(_TIERS)
    )
    return tuple(sorted((*agents, *tiers), key=lambda subnet: subnet.id))


def _tables() -> tuple[RouteTable, ...]:
    tables: list[RouteTable] = []
    for zone in ZONES:
        for agent in AGENTS:
            table = f"table/agent/{agent}/{zone.index}"
            out = Route(f"{table}/default", ANY_IPV4, TargetKind.FIREWALL, f"firewall/{zone.index}", NOWHERE)
            tables.append(RouteTable(table, Role.AGENT, zone, (out,)))
        table = f"table/firewall/{zone.index}"
        out = Route(f"{table}/default", ANY_IPV4, TargetKind.NAT_GATEWAY, f"nat/{zone.index}", NOWHERE)
        tables.append(RouteTable(table, Role.FIREWALL, zone, (out,)))
        table = f"table/egress/{zone.index}"
        out = Route(f"{table}/default", ANY_IPV4, TargetKind.INTERNET_GATEWAY, "internet-gateway", NOWHERE)
        back = (
            Route(f"{table}/back/{subnet.agent}", subnet.cidr, TargetKind.FIREWALL, f"firewall/{zone.index}", NOWHERE)
            for subnet in _subnets()
            if subnet.agent and subnet.zone == zone
        )
        tables.append(RouteTable(table, Role.EGRESS, zone, (out, *back)))
        tables.append(RouteTable(f"table/endpoint/{zone.index}", Role.ENDPOINT, zone, ()))
    return tuple(sorted(tables, key=lambda table: table.id))


def _acls() -> tuple[Acl, ...]:
    def entry(number: int, direction: Direction, protocol: Protocol, ports: PortRange | None, cidr: Cidr) -> AclEntry:
        return AclEntry(number, direction, protocol is not Protocol.ALL, protocol, ports, cidr, NOWHERE)

    return (
        Acl(
            "acl/agent",
            Role.AGENT,
            (
                entry(100, Direction.INGRESS, Protocol.TCP, EPHEMERAL_PORTS, ANY_IPV4),
                entry(100, Direction.EGRESS, Protocol.ALL, None, VPC),
                entry(110, Direction.EGRESS, Protocol.TCP, HTTPS, ANY_IPV4),
                entry(120, Direction.EGRESS, Protocol.ICMP, None, Cidr.parse("198.51.100.0/24")),
                entry(130, Direction.EGRESS, Protocol.UDP, None, Cidr.parse("198.51.100.0/24")),
            ),
        ),
        Acl("acl/shared", Role.FIREWALL, (entry(100, Direction.EGRESS, Protocol.TCP, HTTPS, ANY_IPV4),)),
    )


def _groups() -> tuple[SecurityGroup, ...]:
    to_names = GroupRule(Protocol.TCP, HTTPS, ANY_IPV4, "names; the firewall's “job”: reader.yaml", NOWHERE)
    to_bucket = GroupRule(Protocol.TCP, HTTPS, PrefixList("s3"), "reader to s3", NOWHERE)
    to_host = GroupRule(Protocol.UDP, PortRange(5000, 5010), Cidr.parse("198.51.100.7/32"), "addresses", NOWHERE)
    ping = GroupRule(Protocol.ICMP, None, Cidr.parse("198.51.100.7/32"), "ping", NOWHERE)
    anything = GroupRule(Protocol.ALL, None, Cidr.parse("198.51.100.8/32"), "anything", NOWHERE)
    from_bucket = GroupRule(Protocol.TCP, HTTPS, PrefixList("s3"), "nobody would", NOWHERE)
    from_host = GroupRule(Protocol.TCP, HTTPS, Cidr.parse("10.42.0.0/27"), "nobody would", NOWHERE)

    def toward(group: str) -> GroupRule:
        return GroupRule(Protocol.TCP, HTTPS, GroupRef(group), "an endpoint and its users", NOWHERE)

    return (
        SecurityGroup(
            "group/agent/reader",
            Role.AGENT,
            "reader",
            None,
            "Agent reader",
            (),
            (to_names, to_bucket, to_host),
            NOWHERE,
        ),
        # Its only egress is to another group, and the group it takes ingress from comes after it.
        SecurityGroup(
            "group/agent/writer",
            Role.AGENT,
            "writer",
            None,
            "Agent writer",
            (toward("group/endpoint/sts"),),
            (toward("group/endpoint/sts"),),
            NOWHERE,
        ),
        SecurityGroup(
            "group/endpoint/sts",
            Role.ENDPOINT,
            None,
            "sts",
            "Endpoint of sts",
            (toward("group/agent/writer"), from_bucket, from_host),
            (),
            NOWHERE,
        ),
        # Unlike any that is lowered: odd protocols, and egress to a group that stands before it.
        SecurityGroup(
            "group/odd",
            Role.ENDPOINT,
            None,
            None,
            "Odd rules",
            (),
            (ping, anything, toward("group/agent/reader")),
            NOWHERE,
        ),
    )


def _statements(sid: str, principal: str | None) -> tuple[Statement, ...]:
    return (
        Statement(
            f"{sid}0",
            True,
            ("s3:GetObject", "s3:List*"),
            ("arn:${AWS::Partition}:s3:::corpus/${aws:PrincipalTag/team}/*",),
            (
                Condition("StringEquals", "aws:PrincipalAccount", ("${AWS::AccountId}",)),
                Condition("StringEquals", "aws:SourceVpc", ("${Vpc}",)),
            ),
            principal,
            NOWHERE,
        ),
        Statement(f"{sid}1", False, ("s3:DeleteObject",), ("*",), (), principal, NOWHERE),
    )


def _endpoints() -> tuple[Endpoint, ...]:
    tables = tuple(f"table/agent/reader/{zone.index}" for zone in ZONES)
    subnets = tuple(f"subnet/endpoint/{zone.index}" for zone in ZONES)
    return (
        Endpoint(
            "endpoint/s3",
            "s3",
            "com.amazonaws.${AWS::Region}.s3",
            "gateway",
            _statements("Reader", "*"),
            tables,
            (),
            None,
            private_dns=False,
            origin=NOWHERE,
        ),
        Endpoint(
            "endpoint/sts",
            "sts",
            "com.amazonaws.${AWS::Region}.sts",
            "interface",
            (),
            (),
            subnets,
            "group/endpoint/sts",
            private_dns=True,
            origin=NOWHERE,
        ),
    )


def _dns() -> DnsFirewall:
    def rule(
        priority: int,
        action: DnsAction,
        domains: DomainList | None,
        *,
        qtype: str | None = None,
        response: Literal["NODATA", "NXDOMAIN"] | None = None,
        threat: Literal["DNS_TUNNELING"] | None = None,
    ) -> DnsRule:
        return DnsRule(
            priority, action, domains, threat, "HIGH" if threat else None, qtype, response, domains is names, NOWHERE
        )

    names = DomainList("domains/names", ("api.example.com", "*.s3.${AWS::Region}.${AWS::URLSuffix}"))
    everything = DomainList("domains/everything", ("*",))
    return DnsFirewall(
        "dns-firewall",
        (
            rule(10, DnsAction.BLOCK, None, threat="DNS_TUNNELING", response="NODATA"),
            rule(20, DnsAction.ALLOW, names, qtype="A"),
            rule(21, DnsAction.ALLOW, names, qtype="CNAME"),
            rule(900, DnsAction.BLOCK, everything, response="NXDOMAIN"),
        ),
        101,
        mutation_protection=True,
    )


def _firewall_policy() -> FirewallPolicy:
    group = RuleGroup(
        "firewall/rules",
        "agents-rules-100",
        10,
        100,
        (("READER", (VPC.subnet(27, 0), VPC.subnet(27, 16))),),
        (
            SuricataRule(
                'pass tls $READER any -> $EXTERNAL_NET 443 (tls.sni; content:"api.example.com"; startswith; endswith; '
                'nocase; flow:to_server; msg:"reader.yaml:3"; sid:1; rev:1;)',
                1,
                True,
                ("reader",),
                NOWHERE,
            ),
            SuricataRule("drop udp $HOME_NET any -> any any (flow:to_server; sid:2; rev:1;)", 2, False, (), NOWHERE),
        ),
    )
    return FirewallPolicy(
        id="firewall/policy",
        groups=(group,),
        home_net=(VPC,),
        stateless_actions=("aws:forward_to_sfe",),
        stateless_fragment_actions=("aws:drop",),
        stateful_actions=(
            "aws:drop_established_app_layer_to_server",
            "aws:alert_established_app_layer_to_server",
        ),
        rule_order="STRICT_ORDER",
        stream_exception="REJECT",
        tcp_idle_seconds=350,
        resolved_ip=ResolvedIpValidation("DROP", "DROP", (Cidr.parse("198.51.100.0/24"),), (VPC,)),
    )


def whole_network() -> Network:
    """Filtered, two zones of which one is named, two agents."""
    return Network(
        name="hand",
        topology=Topology.FILTERED,
        vpc=Vpc("vpc", VPC, dns_support=True, dns_hostnames=True),
        subnets=_subnets(),
        route_tables=_tables(),
        acls=_acls(),
        security_groups=_groups(),
        internet_gateway=InternetGateway("internet-gateway"),
        nat_gateways=tuple(NatGateway(f"nat/{zone.index}", zone, f"subnet/egress/{zone.index}") for zone in ZONES),
        firewalls=tuple(
            Firewall(f"firewall/{zone.index}", zone, f"subnet/firewall/{zone.index}", protected=True) for zone in ZONES
        ),
        firewall_policy=_firewall_policy(),
        dns_firewall=_dns(),
        endpoints=_endpoints(),
        boundaries=tuple(
            Boundary(f"boundary/{agent}", agent, _statements(agent.capitalize(), None), NOWHERE) for agent in AGENTS
        ),
        logs=tuple(Log(f"log/{kind}", kind, 365) for kind in LogKind),
        log_key="create",
    )
