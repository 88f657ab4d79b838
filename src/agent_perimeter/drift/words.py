"""Records and values of a network as a person would name them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, assert_never

from agent_perimeter.drift.alike import meant, only, settled
from agent_perimeter.drift.model import Change
from agent_perimeter.drift.table import FIELDS, Place, Shape
from agent_perimeter.observed import (
    AclAssociation,
    AclEntry,
    Condition,
    DhcpOptions,
    DnsAssociation,
    DnsRule,
    DnsSettings,
    Doubt,
    Endpoint,
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
    Record,
    ResolverRule,
    Route,
    RouteTableAssociation,
    RulesString,
    Statement,
    Target,
)

_SHOWN = 3
"""How many items of a long list are named; of more, only how many there are."""

_ONE: Final = {
    "blocks": "block",
    "entries": "entry",
    "lines": "line",
    "names": "name",
    "rules": "rule",
    "statements": "statement",
    "variables": "variable",
}
_FIELDS: Final = {
    "cidrs": "blocks of IPv4 addresses",
    "dns_hostnames": "DNS hostnames",
    "dns_support": "DNS support",
    "forwards": "forwarding",
    "home_net": "HOME_NET",
    "ip_sets": "sets of addresses",
    "ipv6_cidr": "IPv6 block",
    "ipv6_cidrs": "blocks of IPv6 addresses",
    "has_ipv6": "IPv6",
    "maps_public_ip": "auto-assigned public IP",
    "private_dns": "private DNS",
    "qtype": "query type",
    "resolved_ip": "resolved-IP validation",
    "tls_inspection": "TLS inspection",
    "vpc": "VPC",
}
"""Names that read badly with their strokes taken out alone."""
_LONG: Final = 160
"""As much of a value as a sentence shows; the change has all of it."""
_ITEM: Final = 100
_ARN = re.compile(r"\barn:[\w-]+:network-firewall:[\w-]*:\w*:[\w-]+/|\barn:[\w-]+:iam::\w*:policy/")
"""What stands before the name of what a sentence says the kind of anyway."""
_WAY: Final = {"on": "egress", "off": "ingress"}
_ACTION: Final = {"on": "allow", "off": "deny"}
_PROTOCOLS: Final = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}


def said(value: object) -> str:
    """Any value of a record. Empty for what is not set."""
    match value:
        case None:
            return ""
        case bool():
            return "on" if value else "off"
        case Doubt():
            return f"not known ({value.reason})"
        case tuple():
            return ", ".join(map(said, value))
        case Statement():
            return _statement(value)
        case _ if type(value) in FIELDS:
            return _part(value)
        case _:
            return str(value)


def _part(value: object) -> str:
    """A value that is a record itself."""
    match value:
        case ManagedList():
            return f"AWS's prefix list {value.service}"
        case ListRef() | GroupRef():
            return value.id
        case Icmp():
            return f"type {_any(value.type)} code {_any(value.code)}"
        case Target():
            return f"{value.kind} {said(value.ref)}".strip()
        case RulesString():
            return said(settled(value.text, Shape.TEXT))
        case Condition():
            return f"{value.operator} {value.key} {said(value.values)}"
        case _:
            known = ((name, said(getattr(value, name))) for name, _ in meant(value))
            return " ".join(f"{words(name)} {text}" for name, text in known if text)


def _any(number: int | None) -> str:
    return "any" if number is None else str(number)


def _statement(statement: Statement) -> str:
    effect = "Allow" if statement.allow is True else "Deny" if statement.allow is False else "Allow or Deny"
    actions = ("all but " if statement.not_actions else "") + said(statement.actions)
    resources = ("all but " if statement.not_resources else "") + said(statement.resources)
    who = ", ".join(f"{kind} {said(name)}" if kind != "*" else "everyone" for kind, name in statement.principals)
    to = f" to {'all but ' if statement.not_principals else ''}{who}" if who else ""
    conditions = " and ".join(map(said, statement.conditions))
    return f"{effect} {actions} on {resources}{to}" + (f" if {conditions}" if conditions else "")


def words(field: str) -> str:
    """A field's name."""
    return _FIELDS.get(field, field.replace("_", " "))


def brief(change: Change) -> str:
    """A change in a line: without the ends of long values, and what is called by an ARN by its name."""
    return _ARN.sub("", str(replace(change, before=_cut(change.before, _LONG), after=_cut(change.after, _LONG))))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def traffic(protocol: object, ports: object) -> str:
    """``tcp 443``, ``icmp type 8 code any``, ``all traffic``."""
    if protocol is None:
        return "all traffic"
    name = _PROTOCOLS.get(protocol, f"protocol {protocol}") if isinstance(protocol, int) else said(protocol)
    return f"{name} {said(ports)}".strip()


def between(before: object, after: object, place: Place) -> tuple[str, str]:
    """Two values of a field, before and after; of long lists only what is not in the other."""
    first, second = _items(before, place.shape), _items(after, place.shape)
    if first is None or second is None or max(len(first), len(second)) <= _SHOWN:
        return said(before), said(after)
    gone, new = only(first, second), only(second, first)
    told = [f"without {_listed(gone)}"] if gone else []
    told += [f"with {_listed(new)}"] if new else []
    return _counted(first, place), f"{_counted(second, place)}, {' and '.join(told) or 'in another order'}"


def _counted(items: tuple[object, ...], place: Place) -> str:
    return f"{len(items)} {place.noun}" if len(items) != 1 else f"1 {_ONE[place.noun]}"


def _items(value: object, shape: Shape) -> tuple[object, ...] | None:
    if isinstance(value, RulesString):
        value, shape = value.text, Shape.TEXT
    value = settled(value, shape)
    return value if isinstance(value, tuple) else None


def _listed(items: list[object]) -> str:
    shown = "; ".join(_cut(said(item), _ITEM) for item in items[:_SHOWN])
    return shown + (f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else "")


Piece = GroupRule | AclEntry | DnsRule | GroupUse
"""A part of a record that is paired by itself."""


@dataclass(frozen=True, slots=True)
class Title:
    """What a record is called: the resource that a person would open, which part of it, and what it holds."""

    called: str
    record: str
    detail: str = ""
    holds: str = ""


def title(record: Record, called: str) -> Title:
    """What a record of the network is called; ``called`` is its section's word."""
    match record:
        case RouteTableAssociation():
            return Title(called, said(record.subnet or record.edge), holds=said(record.table))
        case AclAssociation():
            return Title(called, said(record.subnet), holds=said(record.acl))
        case Route():
            unknown = isinstance(record.destination, Doubt)
            where = "addresses that are not known" if unknown else said(record.destination)
            return Title(called, said(record.table), f"to {where}", said(record.target))
        case Gateway():
            return Title(record.kind, record.id, holds=_pair("to", record.peer) or _pair("on", record.vpc))
        case Interface():
            groups = _pair(" with", record.groups)
            public = ", with a public address" if record.public is True else ""
            return Title(called, record.id, holds=f"in {said(record.subnet)}{groups}{public}")
        case Endpoint():
            return Title(called, record.id, holds=_pair("to", record.service_name))
        case Log():
            return Title(said(record.kind), said(record.watched), holds=_pair("to", record.destination))
        case Foreign():
            return Title(record.type, record.id, holds=record.doubt.reason)
        case _:
            return _dns_title(record, called)


def _dns_title(record: Record, called: str) -> Title:
    match record:
        case DnsAssociation():
            return Title(called, said(record.group), holds=_pair("on", record.vpc))
        case ResolverRule():
            return Title(called, record.id, f"for {said(record.domain)}", _pair("to", record.targets))
        case DhcpOptions():
            return Title(called, said(record.vpc), holds=said(record.servers))
        case DnsSettings():
            return Title(called, said(record.vpc))
        case _:
            return Title(called, record.id)


def part_title(owner: Record, field: str, part: Piece, called: str) -> Title:
    """What a part of a record is called."""
    match part:
        case GroupRule():
            way = f"{field} {traffic(part.protocol, part.ports)} {'to' if field == 'egress' else 'from'}"
            return Title(called, owner.id, f"{way} {said(part.peer)}")
        case AclEntry():
            way, action = _WAY.get(said(part.egress), ""), _ACTION.get(said(part.allow), "allow or deny")
            holds = f"{action} {traffic(part.protocol, part.ports)} {said(part.cidr)}"
            return Title(called, owner.id, f"{way} {said(part.number)}".strip(), holds)
        case DnsRule():
            about = said(part.threat) or _listed(list(_items(part.domains, Shape.SET) or (part.domains,)))
            kind = f" ({said(part.qtype)})" if part.qtype is not None else ""
            return Title(called, owner.id, f"priority {said(part.priority)}", f"{said(part.action)} {about}{kind}")
        case GroupUse():
            how = f"{_pair('priority', part.priority)} {_pair('overridden by', part.override)}".strip()
            return Title(called, owner.id, f"{field} rule group {said(part.group)}", how)
        case _:
            assert_never(part)


def _pair(word: str, value: object) -> str:
    text = said(value)
    return f"{word} {text}" if text else ""
