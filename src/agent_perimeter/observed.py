"""The judge's vocabulary: an AWS network as it was found, in a template or in an account.

``network`` says what to build and is always complete. What is found is not: a value may depend on a
parameter, a resource may stand behind a condition, a type may be one that nobody knows. So every value
here is either known or a ``Doubt``, and every record says whether it surely exists. Readers widen on a
doubt; none of them may take it for a safe value (docs/adr/0008).

Records refer to each other by ``id``: in a template ``<stack>/<logical id>``, in an account the resource's
own id. What AWS makes by itself is a record too, with an id below its owner's (``<vpc>/main-route-table``,
``<vpc>/default-acl``, ``<vpc>/default-group``), so nobody downstream has to remember defaults.

Text may hold placeholders that only AWS can fill in: ``${AWS::Region}``, ``${AWS::Partition}``,
``${AWS::AccountId}``, ``${AWS::URLSuffix}``, and ``${<record id>}`` for the physical id of a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, PortRange


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """Something that could not be read: where, why, and what a person can do about it.

    ``path`` is where it stands, as in ``Origin.path``; ``remedy`` is a phrase after "try", or empty.
    """

    reason: str
    path: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.reason}" + (f"; try {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all records have: an id, where it was found, and None or why it may not exist at all."""

    id: str
    origin: Origin
    maybe: Doubt | None = None


Ref = str | Doubt
"""The id of another record, or why it is not known which one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc(Record):
    """A VPC with all its blocks, those of VPCCidrBlock resources too.

    ``account`` and ``region`` are those that it stands in, as text in the network names them.
    """

    cidrs: tuple[Cidr | Doubt, ...]
    ipv6_cidrs: tuple[Cidr | Doubt, ...]
    dns_support: bool | Doubt
    dns_hostnames: bool | Doubt
    account: str = "${AWS::AccountId}"
    region: str = "${AWS::Region}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet(Record):
    """A subnet. ``agent`` and ``role`` are our tags' values. ``zone`` is compared, never interpreted.

    ``has_ipv6``: it surely has an IPv6 block, though its ``ipv6_cidr`` may be a doubt about which.
    """

    vpc: Ref
    zone: str | Doubt
    cidr: Cidr | Doubt | None
    ipv6_cidr: Cidr | Doubt | None
    maps_public_ip: bool | Doubt
    agent: str | Doubt | None
    role: str | Doubt | None
    name: str = ""
    """The Name tag, for people."""
    has_ipv6: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable(Record):
    """A route table. ``main``: what subnets without an association of their own use."""

    vpc: Ref
    main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTableAssociation(Record):
    """A table for a subnet, or for a gateway's incoming traffic (``edge``); exactly one of the two is set."""

    table: Ref
    subnet: Ref | None
    edge: Ref | None = None


@dataclass(frozen=True, slots=True, order=True)
class ManagedList:
    """A prefix list that AWS keeps, such as ``s3`` or ``dynamodb``; its addresses are not known here."""

    service: str


@dataclass(frozen=True, slots=True, order=True)
class ListRef:
    """A customer-managed prefix list, by record id."""

    id: str


@dataclass(frozen=True, slots=True, order=True)
class GroupRef:
    """A security group, by record id: the addresses of the interfaces that bear it."""

    id: str


class TargetKind(StrEnum):
    """What a route points at."""

    LOCAL = "local"
    INTERNET_GATEWAY = "internet gateway"
    EGRESS_ONLY_GATEWAY = "egress-only internet gateway"
    NAT_GATEWAY = "NAT gateway"
    FIREWALL = "firewall endpoint"
    LOAD_BALANCER_ENDPOINT = "Gateway Load Balancer endpoint"
    PEERING = "VPC peering connection"
    TRANSIT_GATEWAY = "transit gateway"
    VPN_GATEWAY = "virtual private gateway"
    INTERFACE = "network interface"
    INSTANCE = "instance"
    CARRIER_GATEWAY = "carrier gateway"
    LOCAL_GATEWAY = "local gateway"
    CORE_NETWORK = "core network"
    BLACKHOLE = "blackhole"


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A route's target. ``ref`` is the record of the gateway or firewall; None only for LOCAL and BLACKHOLE."""

    kind: TargetKind
    ref: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Record):
    """A route beside ``local``. ``propagated``: by a virtual private gateway; static routes win over it."""

    table: Ref
    destination: Cidr | ManagedList | ListRef | Doubt
    target: Target | Doubt
    propagated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixList(Record):
    """A customer-managed prefix list."""

    entries: tuple[Cidr | Doubt, ...]


Peer = Cidr | ManagedList | ListRef | GroupRef | Doubt


@dataclass(frozen=True, slots=True)
class Icmp:
    """ICMP type and code; None is any."""

    type: int | None
    code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule(Record):
    """A security group rule, inline, standalone or implied by AWS.

    ``protocol`` is an IANA number, None for all (-1). ``ports`` is a range for protocols that have ports
    (an absent range is all of them), an ``Icmp`` for 1 and 58, and None for all others.
    """

    protocol: int | Doubt | None
    ports: PortRange | Icmp | Doubt | None
    peer: Peer
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup(Record):
    """A security group with *all* its rules. Where EC2 implies an allow-all egress rule, it is in ``egress``."""

    vpc: Ref
    agent: str | Doubt | None
    role: str | Doubt | None
    ingress: tuple[GroupRule, ...]
    egress: tuple[GroupRule, ...]
    name: str = ""
    """The Name tag, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AclEntry(Record):
    """A network ACL entry; the lowest ``number`` that matches decides. Fields as in ``GroupRule``."""

    number: int | Doubt
    egress: bool | Doubt
    allow: bool | Doubt
    protocol: int | Doubt | None
    ports: PortRange | Icmp | Doubt | None
    cidr: Cidr | Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Acl(Record):
    """A network ACL; after its entries AWS denies the rest. A default ACL's own allow-all entries are listed."""

    vpc: Ref
    default: bool
    entries: tuple[AclEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AclAssociation(Record):
    """A subnet has one ACL; without an association it is the VPC's default ACL."""

    subnet: Ref
    acl: Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway(Record):
    """Whatever a route can point at apart from firewalls: of one VPC (or of none, while not attached).

    ``subnet`` is where a NAT gateway stands. ``public``: a NAT gateway with a public address.
    ``peer``: what is at the other end of a peering connection or attachment, where known.
    """

    kind: TargetKind
    vpc: Ref | None
    subnet: Ref | None = None
    public: bool | Doubt = False
    peer: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface(Record):
    """Network interfaces that the template or account creates: an instance, a function in the VPC, a task, a database.

    ``what`` is the resource type or the interface's description. ``public``: has or gets a public IPv4 address.
    ``forwards``: its source/destination check is off.
    """

    what: str
    subnet: Ref
    groups: tuple[Ref, ...]
    public: bool | Doubt
    forwards: bool | Doubt = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall(Record):
    """A Network Firewall with its endpoints' subnets, those of VpcEndpointAssociation resources too."""

    vpc: Ref
    policy: Ref
    subnets: tuple[Ref, ...]
    delete_protection: bool | Doubt
    subnet_protection: bool | Doubt
    policy_protection: bool | Doubt


@dataclass(frozen=True, slots=True)
class GroupUse:
    """A rule group in a firewall policy. ``override``: the managed group's override action, if any.

    ``deep_inspection``: whether AWS may learn threats from what the group sees (DeepThreatInspection); None leaves it
    to AWS.
    """

    group: Ref
    priority: int | Doubt | None
    override: str | None = None
    deep_inspection: bool | Doubt | None = None


@dataclass(frozen=True, slots=True)
class ResolvedIpValidation:
    """A destination must have been given out by the resolver of a VPC associated with ``dns_group``.

    ``sources`` None: the VPC's blocks (Network Firewall API, Route53ResolvedIPValidation).
    """

    action: str | Doubt
    expiry: str | Doubt
    dns_group: Ref
    bypass: tuple[Cidr | Doubt, ...]
    sources: tuple[Cidr | Doubt, ...] | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallPolicy(Record):
    """A firewall policy. ``home_net`` None: the VPC's blocks. ``tls_inspection``: it decrypts.

    ``tls_holding``: with inspection, nothing reaches a server before its name was judged (EnableTLSSessionHolding).
    ``idle_timeout``: the seconds after which a silent TCP connection is forgotten.
    """

    stateful: tuple[GroupUse, ...]
    stateless: tuple[GroupUse, ...]
    home_net: tuple[Cidr | Doubt, ...] | None
    stateless_actions: tuple[str | Doubt, ...]
    fragment_actions: tuple[str | Doubt, ...]
    stateful_actions: tuple[str | Doubt, ...]
    custom_actions: tuple[str, ...]
    rule_order: str | Doubt
    stream_exception: str | Doubt
    resolved_ip: ResolvedIpValidation | Doubt | None
    tls_inspection: bool | Doubt
    tls_holding: bool | Doubt = False
    idle_timeout: int | Doubt = 350


@dataclass(frozen=True, slots=True)
class RulesString:
    """Suricata rules as written."""

    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class DomainRules:
    """A stateful domain list (RulesSourceList): ``a.b`` that name, ``.a.b`` it and all below it."""

    action: str | Doubt
    """ALLOWLIST, DENYLIST, REJECTLIST or ALERTLIST."""
    types: tuple[str | Doubt, ...]
    """TLS_SNI, HTTP_HOST, AWS_ROUTE_53_RESOLVED_DOMAIN."""
    targets: tuple[str | Doubt, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class FiveTupleRule:
    """A standard stateful rule (StatefulRule): header as Suricata spells it, options as (keyword, settings)."""

    action: str | Doubt
    protocol: str | Doubt
    source: str | Doubt
    source_port: str | Doubt
    direction: str | Doubt
    destination: str | Doubt
    destination_port: str | Doubt
    options: tuple[tuple[str, tuple[str, ...]], ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class StatelessRule:
    """A stateless rule; the lowest priority that matches decides. Empty tuples match everything.

    ``flags``: (flags, masks) pairs as given; non-empty means that only some TCP packets match.
    """

    priority: int | Doubt
    actions: tuple[str | Doubt, ...]
    sources: tuple[Cidr | Doubt, ...]
    destinations: tuple[Cidr | Doubt, ...]
    source_ports: tuple[PortRange | Doubt, ...]
    destination_ports: tuple[PortRange | Doubt, ...]
    protocols: tuple[int | Doubt, ...]
    flags: tuple[str, ...]
    origin: Origin


RuleSource = RulesString | DomainRules | tuple[FiveTupleRule, ...] | tuple[StatelessRule, ...] | Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup(Record):
    """A rule group. ``ip_sets`` and ``port_sets`` by variable name; a Doubt for a set that AWS fills in."""

    stateful: bool | Doubt
    rule_order: str | Doubt
    ip_sets: tuple[tuple[str, tuple[str | Doubt, ...]], ...]
    port_sets: tuple[tuple[str, tuple[str | Doubt, ...]], ...]
    source: RuleSource


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRule(Record):
    """A DNS Firewall rule. ``domains`` None where a ``threat`` is what it matches. ``qtype`` None: every type.

    ``confidence``: how sure a threat must be, LOW, MEDIUM or HIGH; LOW stops the most.
    """

    priority: int | Doubt
    action: str | Doubt
    domains: tuple[str | Doubt, ...] | Doubt | None
    threat: str | Doubt | None
    qtype: str | Doubt | None
    response: str | Doubt | None
    override: str | Doubt | None
    """The name that a BLOCK with response OVERRIDE answers with."""
    trust_redirection: bool | Doubt
    confidence: str | Doubt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRuleGroup(Record):
    """A DNS Firewall rule group."""

    rules: tuple[DnsRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAssociation(Record):
    """A DNS Firewall rule group on a VPC."""

    vpc: Ref
    group: Ref
    priority: int | Doubt
    mutation_protection: bool | Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverRule(Record):
    """A Resolver rule on a VPC, or a Route 53 profile that may carry some (``domain`` is then a Doubt)."""

    vpc: Ref
    domain: str | Doubt
    kind: str | Doubt
    """FORWARD, SYSTEM, RECURSIVE or DELEGATE."""
    targets: tuple[str | Doubt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpOptions(Record):
    """DHCP options on a VPC. ``servers`` as given; ``AmazonProvidedDNS`` is the VPC's resolver."""

    vpc: Ref
    servers: tuple[str | Doubt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings(Record):
    """What a VPC's resolver does while DNS Firewall does not answer (FirewallFailOpen)."""

    vpc: Ref
    fail_open: bool | Doubt


class LogKind(StrEnum):
    """What a log tells. Without it an attack leaves no trace, though it is stopped all the same."""

    FLOW = "flow log"
    FIREWALL_ALERT = "firewall alert log"
    FIREWALL_FLOW = "firewall flow log"
    FIREWALL_TLS = "firewall TLS log"
    DNS_QUERY = "DNS query log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Log(Record):
    """A log of what left or was refused. ``watched`` is the VPC, subnet or firewall that it is about.

    ``everything``: a flow log of accepted *and* refused traffic; True for all other kinds. ``destination`` is where it
    goes, as given: a log group's name or ARN, a bucket, a stream.
    """

    kind: LogKind | Doubt
    watched: Ref
    destination: str | Doubt
    everything: bool | Doubt = True


@dataclass(frozen=True, slots=True)
class Condition:
    """An IAM condition: all of a statement's must hold, any of its values suffices."""

    operator: str
    key: str
    values: tuple[str | Doubt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An IAM statement. ``principals`` as (type, value), ``("*", "*")`` for everyone; empty in a boundary.

    ``not_*`` say that the list is of what is excepted (NotPrincipal, NotAction, NotResource).
    """

    sid: str
    allow: bool | Doubt
    principals: tuple[tuple[str, str | Doubt], ...]
    actions: tuple[str | Doubt, ...]
    resources: tuple[str | Doubt, ...]
    conditions: tuple[Condition, ...]
    not_principals: bool = False
    not_actions: bool = False
    not_resources: bool = False
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Record):
    """A VPC endpoint. ``policy`` None: the default policy, which allows everything."""

    vpc: Ref
    service_name: str | Doubt
    kind: Literal["gateway", "interface", "gateway-load-balancer", "resource", "service-network"] | Doubt
    policy: tuple[Statement, ...] | Doubt | None
    route_tables: tuple[Ref, ...]
    subnets: tuple[Ref, ...]
    groups: tuple[Ref, ...]
    private_dns: bool | Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary(Record):
    """A managed policy that caps the role of ``agent``."""

    agent: str | Doubt | None
    statements: tuple[Statement, ...] | Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Record):
    """An IAM role of ``agent``, as far as the template or account ties one to it. ``boundary`` None: it has none."""

    agent: str | Doubt | None
    boundary: Ref | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign(Record):
    """A resource that touches the network in a way that is not known. ``touches`` are record ids."""

    type: str
    touches: tuple[str, ...]
    doubt: Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedNetwork:
    """Everything found. Tuples are sorted by id. ``doubts`` are those that touch everything (a macro, a lost file)."""

    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    table_associations: tuple[RouteTableAssociation, ...] = ()
    routes: tuple[Route, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    acls: tuple[Acl, ...] = ()
    acl_associations: tuple[AclAssociation, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    firewalls: tuple[Firewall, ...] = ()
    firewall_policies: tuple[FirewallPolicy, ...] = ()
    rule_groups: tuple[RuleGroup, ...] = ()
    dns_groups: tuple[DnsRuleGroup, ...] = ()
    dns_associations: tuple[DnsAssociation, ...] = ()
    resolver_rules: tuple[ResolverRule, ...] = ()
    dhcp_options: tuple[DhcpOptions, ...] = ()
    dns_settings: tuple[DnsSettings, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    roles: tuple[Role, ...] = ()
    logs: tuple[Log, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    doubts: tuple[Doubt, ...] = ()
