"""What every field of an observed network means to a comparison: the table that drift is found by.

A field that is in no row would be drift that nobody sees, so a test holds the table to ``observed`` in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from agent_perimeter.drift.lost import (
    Lost,
    inspection,
    last_resort,
    nothing,
    override,
    stream,
    threats,
    trace,
    validation,
)
from agent_perimeter.drift.model import Meaning
from agent_perimeter.observed import (
    Acl,
    AclAssociation,
    AclEntry,
    Boundary,
    Condition,
    DhcpOptions,
    DnsAssociation,
    DnsRule,
    DnsRuleGroup,
    DnsSettings,
    DomainRules,
    Endpoint,
    Firewall,
    FirewallPolicy,
    FiveTupleRule,
    Foreign,
    Gateway,
    GroupRef,
    GroupRule,
    GroupUse,
    Icmp,
    Interface,
    ListRef,
    Log,
    ManagedList,
    PrefixList,
    ResolvedIpValidation,
    ResolverRule,
    Role,
    Route,
    RouteTable,
    RouteTableAssociation,
    RuleGroup,
    RulesString,
    SecurityGroup,
    StatelessRule,
    Statement,
    Subnet,
    Target,
    Vpc,
)


class Part(StrEnum):
    """What part a field plays.

    ``DECIDES``: what gets out, so the proof says what a change means. ``PROTECTS``: something that no packet shows,
    such as a protection or a log. ``COSMETIC``: for people. ``IGNORED``: no property of the network.
    """

    DECIDES = "decides"
    PROTECTS = "protects"
    COSMETIC = "cosmetic"
    IGNORED = "ignored"


class Shape(Enum):
    """How two values of a field are compared.

    ``SET``: order and repetition say nothing. ``LIST``: the first that matches decides. ``ROWS``: named sets. ``TEXT``:
    lines of rules, without comments. ``POLICY``: IAM statements, where none at all is AWS's own policy. ``PARTS``:
    records within a record, each a difference of its own.
    """

    VALUE = "value"
    SET = "set"
    LIST = "list"
    ROWS = "rows"
    TEXT = "text"
    POLICY = "policy"
    PARTS = "parts"


@dataclass(frozen=True, slots=True)
class Place:
    """A field's row. ``why`` it does not decide; ``kept``: the values that protect; ``noun``: what its items are.

    ``lost``: what a change takes away that no packet shows, of a field that decides.
    """

    part: Part
    shape: Shape = Shape.VALUE
    why: str = ""
    kept: tuple[object, ...] = ()
    noun: str = "entries"
    lost: Lost = nothing


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of record: what it is called, what makes two the same one, and the least that it means.

    ``keys`` are tried in order, each a set of fields. ``appears`` and ``vanishes`` say what one that comes or goes
    means where the proof sees no difference: an internet gateway without a route lets nothing out, and is half a hole.
    Neither has a default, for one that is forgotten would be cosmetic. ``beside`` and ``without`` say why, as the end
    of a sentence.
    """

    of: type
    called: str
    keys: tuple[tuple[str, ...], ...] = (("id",),)
    appears: Meaning = field(kw_only=True)
    vanishes: Meaning = field(kw_only=True)
    beside: str = ""
    without: str = ""


_DECIDES = Place(Part.DECIDES)
_SET = Place(Part.DECIDES, Shape.SET)
_PARTS = Place(Part.DECIDES, Shape.PARTS)
_NAME = Place(Part.COSMETIC, why="a name is for people")
_WHOSE = Place(Part.PROTECTS, why="without the tag nobody can tell whose it is, and the watch finds agents by it")
_KEY = Place(Part.IGNORED, why="it is what the record is found by")
_SOURCE = Place(Part.IGNORED, why="where a thing is written is no part of what it does")
_RECORD: Mapping[str, Place] = {
    "id": _KEY,
    "origin": _SOURCE,
    "maybe": Place(Part.IGNORED, why="a doubt about the reading; the proof carries it"),
}


def _on(why: str) -> Place:
    return Place(Part.PROTECTS, why=why, kept=(True,))


FIELDS: Final[Mapping[type, Mapping[str, Place]]] = {
    Vpc: {
        **_RECORD,
        "cidrs": _SET,
        "ipv6_cidrs": Place(Part.PROTECTS, Shape.SET, "IPv6 is a second internet, which no layer here expects", ((),)),
        "dns_support": _DECIDES,
        "dns_hostnames": _DECIDES,
        "account": Place(Part.IGNORED, why="a VPC does not move"),
        "region": Place(Part.IGNORED, why="a VPC does not move"),
    },
    Subnet: {
        **_RECORD,
        "vpc": _DECIDES,
        "zone": _DECIDES,
        "cidr": _DECIDES,
        "ipv6_cidr": Place(Part.PROTECTS, why="IPv6 is a second internet, which no layer here expects", kept=(None,)),
        "maps_public_ip": Place(Part.PROTECTS, why="what starts here gets a public address", kept=(False,)),
        "agent": _WHOSE,
        "role": _WHOSE,
        "name": _NAME,
        "has_ipv6": Place(Part.PROTECTS, why="IPv6 is a second internet, which no layer here expects", kept=(False,)),
    },
    RouteTable: {**_RECORD, "vpc": _DECIDES, "main": _DECIDES},
    RouteTableAssociation: {**_RECORD, "table": _DECIDES, "subnet": _KEY, "edge": _KEY},
    ManagedList: {"service": _DECIDES},
    ListRef: {"id": _DECIDES},
    GroupRef: {"id": _DECIDES},
    Target: {"kind": _DECIDES, "ref": _DECIDES},
    Route: {**_RECORD, "table": _KEY, "destination": _DECIDES, "target": _DECIDES, "propagated": _DECIDES},
    PrefixList: {**_RECORD, "entries": Place(Part.DECIDES, Shape.SET, noun="blocks")},
    Icmp: {"type": _DECIDES, "code": _DECIDES},
    GroupRule: {
        **_RECORD,
        "protocol": _DECIDES,
        "ports": _DECIDES,
        "peer": _DECIDES,
        "description": Place(Part.COSMETIC, why="a description is for people"),
    },
    SecurityGroup: {
        **_RECORD,
        "vpc": _DECIDES,
        "agent": _WHOSE,
        "role": _WHOSE,
        "ingress": _PARTS,
        "egress": _PARTS,
        "name": _NAME,
    },
    AclEntry: {
        **_RECORD,
        "number": _DECIDES,
        "egress": _DECIDES,
        "allow": _DECIDES,
        "protocol": _DECIDES,
        "ports": _DECIDES,
        "cidr": _DECIDES,
    },
    Acl: {**_RECORD, "vpc": _DECIDES, "default": _DECIDES, "entries": _PARTS},
    AclAssociation: {**_RECORD, "subnet": _KEY, "acl": _DECIDES},
    Gateway: {**_RECORD, "kind": _DECIDES, "vpc": _DECIDES, "subnet": _DECIDES, "public": _DECIDES, "peer": _DECIDES},
    Interface: {
        **_RECORD,
        "what": Place(Part.IGNORED, why="a template names the resource's type here, an account its description"),
        "subnet": _DECIDES,
        "groups": _SET,
        "public": Place(Part.PROTECTS, why="it can be reached from the internet, and answer", kept=(False,)),
        "forwards": Place(Part.PROTECTS, why="it takes packets that are not its own", kept=(False,)),
    },
    Firewall: {
        **_RECORD,
        "vpc": _DECIDES,
        "policy": _DECIDES,
        "subnets": _SET,
        "delete_protection": _on("anybody may delete the firewall in one call"),
        "subnet_protection": _on("anybody may take its endpoints away in one call"),
        "policy_protection": _on("anybody may give it another policy in one call"),
    },
    GroupUse: {
        "group": _DECIDES,
        "priority": _DECIDES,
        "override": Place(Part.DECIDES, lost=override),
        "deep_inspection": Place(
            Part.PROTECTS, why="AWS learns no threats from what passes this group", kept=(True, None)
        ),
    },
    ResolvedIpValidation: {
        "action": _DECIDES,
        "expiry": _DECIDES,
        "dns_group": _DECIDES,
        "bypass": _SET,
        "sources": _SET,
        "origin": _SOURCE,
    },
    FirewallPolicy: {
        **_RECORD,
        "stateful": _PARTS,
        "stateless": _PARTS,
        "home_net": _SET,
        "stateless_actions": Place(Part.DECIDES, Shape.SET, lost=inspection),
        "fragment_actions": Place(Part.DECIDES, Shape.SET, lost=inspection),
        "stateful_actions": Place(Part.DECIDES, Shape.SET, lost=last_resort),
        "custom_actions": _SET,
        "rule_order": _DECIDES,
        "stream_exception": Place(Part.DECIDES, lost=stream),
        "resolved_ip": Place(Part.DECIDES, lost=validation),
        "tls_inspection": _DECIDES,
        "tls_holding": _on("packets reach a server before its name was judged, where TLS is inspected"),
        "idle_timeout": Place(Part.COSMETIC, why="what outlasts it meets the stream exception policy, which decides"),
    },
    RulesString: {"text": Place(Part.DECIDES, Shape.TEXT, noun="lines"), "origin": _SOURCE},
    DomainRules: {"action": _DECIDES, "types": _SET, "targets": _SET, "origin": _SOURCE},
    FiveTupleRule: {
        "action": _DECIDES,
        "protocol": _DECIDES,
        "source": _DECIDES,
        "source_port": _DECIDES,
        "direction": _DECIDES,
        "destination": _DECIDES,
        "destination_port": _DECIDES,
        "options": Place(Part.DECIDES, Shape.LIST),
        "origin": _SOURCE,
    },
    StatelessRule: {
        "priority": _DECIDES,
        "actions": _SET,
        "sources": _SET,
        "destinations": _SET,
        "source_ports": _SET,
        "destination_ports": _SET,
        "protocols": _SET,
        "flags": _SET,
        "origin": _SOURCE,
    },
    RuleGroup: {
        **_RECORD,
        "stateful": _DECIDES,
        "rule_order": _DECIDES,
        "ip_sets": Place(Part.DECIDES, Shape.ROWS, noun="variables"),
        "port_sets": Place(Part.DECIDES, Shape.ROWS, noun="variables"),
        "source": Place(Part.DECIDES, Shape.LIST, noun="rules", lost=trace),
    },
    DnsRule: {
        **_RECORD,
        "priority": _DECIDES,
        "action": _DECIDES,
        "domains": Place(Part.DECIDES, Shape.SET, noun="names"),
        "threat": _DECIDES,
        "qtype": _DECIDES,
        "response": _DECIDES,
        "override": Place(Part.PROTECTS, why="who asks is sent to a name of somebody's choice", kept=(None,)),
        "trust_redirection": _DECIDES,
        "confidence": Place(Part.DECIDES, lost=threats),
    },
    DnsRuleGroup: {**_RECORD, "rules": _PARTS},
    DnsAssociation: {
        **_RECORD,
        "vpc": _DECIDES,
        "group": _DECIDES,
        "priority": _DECIDES,
        "mutation_protection": _on("anybody may take the DNS Firewall off the VPC in one call"),
    },
    ResolverRule: {**_RECORD, "vpc": _DECIDES, "domain": _DECIDES, "kind": _DECIDES, "targets": _SET},
    DhcpOptions: {**_RECORD, "vpc": _KEY, "servers": Place(Part.PROTECTS, Shape.SET, "they see every name asked for")},
    DnsSettings: {
        **_RECORD,
        "vpc": _KEY,
        "fail_open": Place(Part.PROTECTS, why="while DNS Firewall does not answer, every query leaves", kept=(False,)),
    },
    Log: {
        **_RECORD,
        "kind": _KEY,
        "watched": _KEY,
        "destination": Place(Part.PROTECTS, why="nobody reads a log that goes elsewhere"),
        "everything": _on("it does not tell what was refused, or what was accepted"),
    },
    Condition: {"operator": _DECIDES, "key": _DECIDES, "values": _SET},
    Statement: {
        "sid": Place(Part.COSMETIC, why="a name of a statement is for people"),
        "allow": _DECIDES,
        "principals": _SET,
        "actions": _SET,
        "resources": _SET,
        "conditions": _SET,
        "not_principals": _DECIDES,
        "not_actions": _DECIDES,
        "not_resources": _DECIDES,
        "origin": _SOURCE,
    },
    Endpoint: {
        **_RECORD,
        "vpc": _DECIDES,
        "service_name": _DECIDES,
        "kind": _DECIDES,
        "policy": Place(Part.DECIDES, Shape.POLICY, noun="statements"),
        "route_tables": _SET,
        "subnets": _SET,
        "groups": _SET,
        "private_dns": _DECIDES,
    },
    Boundary: {**_RECORD, "agent": _WHOSE, "statements": Place(Part.DECIDES, Shape.SET, noun="statements")},
    Role: {**_RECORD, "agent": _WHOSE, "boundary": _DECIDES},
    Foreign: {**_RECORD, "type": _DECIDES, "touches": _SET, "doubt": _SOURCE},
}
"""Every field of every record of ``observed``."""

SECTIONS: Final[Mapping[str, Section]] = {
    "vpcs": Section(Vpc, "VPC", appears=Meaning.UNCLEAR, vanishes=Meaning.UNCLEAR),
    "subnets": Section(
        Subnet,
        "subnet",
        appears=Meaning.UNCLEAR,
        vanishes=Meaning.NARROWS,
        beside="no agent's layers were deployed for it",
        without="nothing can run there any more",
    ),
    "route_tables": Section(RouteTable, "route table", appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC),
    "table_associations": Section(
        RouteTableAssociation,
        "route table association",
        (("subnet", "edge"),),
        appears=Meaning.COSMETIC,
        vanishes=Meaning.COSMETIC,
    ),
    "routes": Section(Route, "route", (("table", "destination"),), appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC),
    "prefix_lists": Section(PrefixList, "prefix list", appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC),
    "security_groups": Section(SecurityGroup, "security group", appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC),
    "acls": Section(Acl, "network ACL", appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC),
    "acl_associations": Section(
        AclAssociation, "network ACL association", (("subnet",),), appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC
    ),
    "gateways": Section(
        Gateway,
        "gateway",
        appears=Meaning.WEAKENS,
        beside="a way out stands ready, and only a route to it is missing",
        vanishes=Meaning.COSMETIC,
    ),
    "interfaces": Section(
        Interface,
        "network interface",
        appears=Meaning.WEAKENS,
        beside="what stands there is no agent's own workload",
        vanishes=Meaning.COSMETIC,
    ),
    "firewalls": Section(
        Firewall,
        "firewall",
        vanishes=Meaning.WEAKENS,
        without="nothing inspects what leaves, or tells names apart",
        appears=Meaning.COSMETIC,
    ),
    "firewall_policies": Section(
        FirewallPolicy, "firewall policy", appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC
    ),
    "rule_groups": Section(RuleGroup, "rule group", appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC),
    "dns_groups": Section(DnsRuleGroup, "DNS rule group", appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC),
    "dns_associations": Section(
        DnsAssociation,
        "DNS Firewall association",
        (("id",), ("vpc", "group")),
        appears=Meaning.COSMETIC,
        vanishes=Meaning.COSMETIC,
    ),
    "resolver_rules": Section(
        ResolverRule,
        "Resolver rule",
        (("id",), ("vpc", "domain")),
        appears=Meaning.WEAKENS,
        beside="other servers see what is asked for",
        vanishes=Meaning.COSMETIC,
    ),
    "dhcp_options": Section(
        DhcpOptions,
        "DHCP options",
        (("vpc",),),
        appears=Meaning.WEAKENS,
        beside="they name DNS servers that DNS Firewall does not stand before",
        vanishes=Meaning.COSMETIC,
    ),
    "dns_settings": Section(
        DnsSettings, "DNS Firewall configuration", (("vpc",),), appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC
    ),
    "endpoints": Section(
        Endpoint,
        "VPC endpoint",
        appears=Meaning.WEAKENS,
        beside="it is a door to a service that no policy asked for",
        vanishes=Meaning.COSMETIC,
    ),
    "boundaries": Section(
        Boundary,
        "IAM boundary",
        vanishes=Meaning.WEAKENS,
        without="nothing caps what the agent's role may do",
        appears=Meaning.COSMETIC,
    ),
    "roles": Section(Role, "IAM role", appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC),
    "logs": Section(
        Log,
        "log",
        (("kind", "watched", "destination"), ("kind", "watched")),
        vanishes=Meaning.WEAKENS,
        without="what leaves there leaves no trace",
        appears=Meaning.COSMETIC,
    ),
    "foreign": Section(
        Foreign, "resource", (("id",), ("type", "touches")), appears=Meaning.UNCLEAR, vanishes=Meaning.COSMETIC
    ),
}
"""The fields of ``ObservedNetwork`` that hold records. ``doubts`` are about the reading, and the proof carries them."""

PARTS: Final[Mapping[tuple[type, str], Section]] = {
    (SecurityGroup, "ingress"): Section(
        GroupRule,
        "security group rule",
        (("protocol", "ports", "peer"),),
        appears=Meaning.WEAKENS,
        beside="it takes connections in",
        vanishes=Meaning.COSMETIC,
    ),
    (SecurityGroup, "egress"): Section(
        GroupRule,
        "security group rule",
        (("protocol", "ports", "peer"),),
        appears=Meaning.COSMETIC,
        vanishes=Meaning.COSMETIC,
    ),
    (Acl, "entries"): Section(
        AclEntry, "network ACL entry", (("egress", "number"),), appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC
    ),
    (FirewallPolicy, "stateful"): Section(
        GroupUse, "firewall policy", (("group",),), appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC
    ),
    (FirewallPolicy, "stateless"): Section(
        GroupUse, "firewall policy", (("group",),), appears=Meaning.COSMETIC, vanishes=Meaning.COSMETIC
    ),
    (DnsRuleGroup, "rules"): Section(
        DnsRule,
        "DNS rule",
        (("threat", "qtype", "domains"), ("priority",)),
        appears=Meaning.COSMETIC,
        vanishes=Meaning.COSMETIC,
    ),
}
"""The fields of records that hold records."""
