"""The one vocabulary: an AWS network as small frozen records.

A ``Network`` comes from a policy (what we want), a template (what we are about to deploy) or an
account (what is). Records refer to each other by ``id``, a name that is unique in the network
whatever its kind; a construct, a template or an account may call the same thing differently.

Text may hold placeholders that only AWS can fill in, spelled as CloudFormation spells them:
``${AWS::Region}``, ``${AWS::Partition}``, ``${AWS::AccountId}``, ``${AWS::URLSuffix}`` and
``${Vpc}`` for the id of the network's VPC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange, Protocol


class Role(StrEnum):
    """The tag ``agent-perimeter:role``: the tier a resource belongs to."""

    AGENT = "agent"
    FIREWALL = "firewall"
    EGRESS = "egress"
    ENDPOINT = "endpoint"


class Topology(StrEnum):
    """``ISOLATED`` has no internet gateway, NAT or firewall; ``FILTERED`` has one firewall per zone."""

    ISOLATED = "isolated"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True, order=True)
class Zone:
    """An availability zone: the ``index``-th of the region, or the one called ``name``."""

    index: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Vpc:
    """The VPC. It has IPv4 blocks only; its default security group is emptied."""

    id: str
    cidr: Cidr
    dns_support: bool
    dns_hostnames: bool


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet in one zone. ``agent`` is set exactly where ``role`` is ``AGENT``."""

    id: str
    role: Role
    zone: Zone
    cidr: Cidr
    route_table: str
    acl: str
    agent: str | None
    origin: Origin


class TargetKind(StrEnum):
    """What a route points at. ``local`` routes are AWS's own and not listed."""

    INTERNET_GATEWAY = "internet-gateway"
    NAT_GATEWAY = "nat-gateway"
    FIREWALL = "firewall"


@dataclass(frozen=True, slots=True)
class Route:
    """Packets to ``destination`` go to the record ``target``; a firewall stands for its endpoint."""

    id: str
    destination: Cidr
    kind: TargetKind
    target: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Routes beside ``local`` and the gateway endpoints' own, which name their tables themselves."""

    id: str
    role: Role
    zone: Zone
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True, order=True)
class PrefixList:
    """The AWS-managed prefix list of a gateway service (``s3`` or ``dynamodb``) in the region."""

    service: str


@dataclass(frozen=True, slots=True, order=True)
class GroupRef:
    """Another security group, by record id."""

    group: str


Peer = Cidr | PrefixList | GroupRef


@dataclass(frozen=True, slots=True)
class GroupRule:
    """A security group rule. ``ports`` is None exactly for protocols without ports."""

    protocol: Protocol
    ports: PortRange | None
    peer: Peer
    description: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group. Empty ``egress`` means that nothing leaves.

    Beware when rendering: EC2 reads an *absent* egress list as allow-all (VPC user guide, default
    and custom security groups), so a renderer must write a rule that matches nothing.
    """

    id: str
    role: Role
    agent: str | None
    service: str | None
    description: str
    ingress: tuple[GroupRule, ...]
    egress: tuple[GroupRule, ...]
    origin: Origin


class Direction(StrEnum):
    """Seen from the subnet."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True)
class AclEntry:
    """A network ACL entry; the lowest ``number`` that matches decides. ``ports`` None: all or none."""

    number: int
    direction: Direction
    allow: bool
    protocol: Protocol
    ports: PortRange | None
    cidr: Cidr
    origin: Origin


@dataclass(frozen=True, slots=True)
class Acl:
    """A network ACL. After the listed entries AWS denies the rest."""

    id: str
    role: Role
    entries: tuple[AclEntry, ...]


@dataclass(frozen=True, slots=True)
class InternetGateway:
    """The gateway at the end of the way out; it is attached to the network's VPC."""

    id: str


@dataclass(frozen=True, slots=True)
class NatGateway:
    """A zonal public NAT gateway with its own Elastic IP."""

    id: str
    zone: Zone
    subnet: str


@dataclass(frozen=True, slots=True)
class SuricataRule:
    """One line of a rule group, whole. ``agents`` are those it lets out; none for a drop."""

    text: str
    sid: int
    allow: bool
    agents: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """A stateful Suricata rule group in strict order. ``variables`` are IP sets by name.

    ``capacity`` cannot change without a replacement, so ``name`` carries it.
    """

    id: str
    name: str
    priority: int
    capacity: int
    variables: tuple[tuple[str, tuple[Cidr, ...]], ...]
    rules: tuple[SuricataRule, ...]


@dataclass(frozen=True, slots=True)
class ResolvedIpValidation:
    """A destination must have been given out by the VPC resolver.

    ``bypass`` are destinations that the intent names by address, which nobody resolves: only this
    check is lifted for them. ``sources`` are where it applies (Network Firewall API,
    Route53ResolvedIPValidation).
    """

    action: Literal["ALERT", "DROP", "REJECT"]
    expiry: Literal["CONTINUE", "DROP", "REJECT"]
    bypass: tuple[Cidr, ...]
    sources: tuple[Cidr, ...]


@dataclass(frozen=True, slots=True)
class FirewallPolicy:
    """The policy that all firewalls share; ``groups`` by priority, ``home_net`` at policy level."""

    id: str
    groups: tuple[RuleGroup, ...]
    home_net: tuple[Cidr, ...]
    stateless_actions: tuple[str, ...]
    stateless_fragment_actions: tuple[str, ...]
    stateful_actions: tuple[str, ...]
    rule_order: Literal["STRICT_ORDER", "DEFAULT_ACTION_ORDER"]
    stream_exception: Literal["DROP", "CONTINUE", "REJECT"]
    tcp_idle_seconds: int
    resolved_ip: ResolvedIpValidation | None


@dataclass(frozen=True, slots=True)
class Firewall:
    """One Network Firewall with one endpoint. ``protected``: delete, subnet and policy change."""

    id: str
    zone: Zone
    subnet: str
    protected: bool


class DnsAction(StrEnum):
    """What DNS Firewall does with a query that a rule matches."""

    ALLOW = "ALLOW"
    BLOCK = "BLOCK"
    ALERT = "ALERT"


@dataclass(frozen=True, slots=True)
class DomainList:
    """A DNS Firewall domain list: ``x`` is that name, ``*.x`` all below it, ``*`` everything."""

    id: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DnsRule:
    """A DNS Firewall rule: a domain list, or a threat with its confidence threshold.

    ``qtype`` None is every query type. ``response`` is set exactly for BLOCK.
    ``trust_redirection``: only the asked name must match, not each CNAME on the way.
    """

    priority: int
    action: DnsAction
    domains: DomainList | None
    threat: Literal["DGA", "DICTIONARY_DGA", "DNS_TUNNELING"] | None
    confidence: Literal["LOW", "MEDIUM", "HIGH"] | None
    qtype: str | None
    response: Literal["NODATA", "NXDOMAIN"] | None
    trust_redirection: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class DnsFirewall:
    """The DNS Firewall rule group and its one association with the VPC."""

    id: str
    rules: tuple[DnsRule, ...]
    association_priority: int
    mutation_protection: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """An IAM condition: all of an operator's keys must hold, any of a key's values suffices."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """An IAM statement. ``principal`` is set in endpoint policies and None in a boundary."""

    sid: str
    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    principal: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A VPC endpoint. Gateway endpoints have ``route_tables``, interface endpoints the rest."""

    id: str
    service: str
    service_name: str
    kind: Literal["gateway", "interface"]
    statements: tuple[Statement, ...]
    route_tables: tuple[str, ...]
    subnets: tuple[str, ...]
    security_group: str | None
    private_dns: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Boundary:
    """The permissions boundary that caps an agent's role (IAM user guide, permissions boundaries)."""

    id: str
    agent: str
    statements: tuple[Statement, ...]
    origin: Origin


class LogKind(StrEnum):
    """A kind of evidence."""

    VPC_FLOW = "vpc-flow"
    DNS_QUERY = "dns-query"
    FIREWALL_ALERT = "firewall-alert"
    FIREWALL_FLOW = "firewall-flow"


@dataclass(frozen=True, slots=True)
class Log:
    """A CloudWatch log group that keeps one kind of evidence for ``retention_days``."""

    id: str
    kind: LogKind
    retention_days: int


@dataclass(frozen=True, slots=True)
class Network:
    """A whole perimeter. Every tuple is sorted by id or by the order that AWS evaluates."""

    name: str
    topology: Topology
    vpc: Vpc
    subnets: tuple[Subnet, ...]
    route_tables: tuple[RouteTable, ...]
    acls: tuple[Acl, ...]
    security_groups: tuple[SecurityGroup, ...]
    internet_gateway: InternetGateway | None
    nat_gateways: tuple[NatGateway, ...]
    firewalls: tuple[Firewall, ...]
    firewall_policy: FirewallPolicy | None
    dns_firewall: DnsFirewall
    endpoints: tuple[Endpoint, ...]
    boundaries: tuple[Boundary, ...]
    logs: tuple[Log, ...]
    log_key: str | None

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents that have a boundary, sorted."""
        return tuple(sorted(boundary.agent for boundary in self.boundaries))
