"""Rules of security groups, each with one peer and a description of its own.

Moto drops IPv6 egress rules of a VPC without IPv6 and descriptions of prefix lists, and takes a rule to a group for
another one when its description differs.
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.state import tags
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation
from tests.aws.local.shown import shown

ec2 = operation(EC2Response)

_MOST = 60
_NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_PEERS = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
"""The lists of a permission, and the member of their items that says who the peer is."""
_MODIFIED = {
    "CidrIpv4": "CidrIp",
    "CidrIpv6": "CidrIpv6",
    "PrefixListId": "PrefixListId",
    "ReferencedGroupId": "GroupId",
}


@dataclass(frozen=True)
class Rule:
    """What makes two rules of a direction the same."""

    protocol: str
    first: int | None
    last: int | None
    kind: str
    peer: str


@ec2
def authorize_security_group_egress(call: Call) -> Answer:
    return _authorize(call, egress=True)


@ec2
def authorize_security_group_ingress(call: Call) -> Answer:
    return _authorize(call, egress=False)


@ec2
def revoke_security_group_egress(call: Call) -> Fields:
    return _revoke(call, egress=True)


@ec2
def revoke_security_group_ingress(call: Call) -> Fields:
    return _revoke(call, egress=False)


@ec2
def update_security_group_rule_descriptions_egress(call: Call) -> Fields:
    return _describe(call, egress=True)


@ec2
def update_security_group_rule_descriptions_ingress(call: Call) -> Fields:
    return _describe(call, egress=False)


@ec2
def modify_security_group_rules(call: Call) -> Fields:
    """A rule may be given another protocol, other ports and another peer of the same kind."""
    group = _group(call)
    for change in call.asked["SecurityGroupRules"]:
        rule = _by_id([*group.ingress_rules, *group.egress_rules], change["SecurityGroupRuleId"])
        asked = change["SecurityGroupRule"]
        given = [(member, kind) for member, kind in _MODIFIED.items() if member in asked]
        if len(given) != 1:
            raise Refused("InvalidParameterCombination", f"A rule has one of {', '.join(_MODIFIED)}")
        member, kind = given[0]
        if kind != _key(rule).kind:
            raise Refused("InvalidParameterValue", f"{rule.id} cannot be given a peer of another kind")
        item = {kind: asked[member], "Description": asked.get("Description", _description(rule))}
        _set(rule, next(_rules(call, {**asked, _list_of(kind): [item]}))[0], item)
    return {"Return": True}


@ec2
def delete_security_group(call: Call) -> Answer:
    group, backend = _group(call), asked_ec2(call)
    if group.is_default:
        raise Refused("CannotDelete", "the specified group: default cannot be deleted by a user")
    others = [other for vpc in backend.groups.values() for other in vpc.values() if other is not group]
    referred = any(
        rule.source_group.get("GroupId") == group.id
        for other in others
        for rule in (*other.ingress_rules, *other.egress_rules)
    )
    if referred or any(group.id in {held.id for held in eni.group_set} for eni in backend.enis.values()):
        raise Refused("DependencyViolation", f"resource {group.id} has a dependent object")
    return call.stock()


def _authorize(call: Call, *, egress: bool) -> Answer:
    group, held = _group(call), _direction(_group(call), egress=egress)
    asked = list(_asked_rules(call))
    known = {_key(rule) for rule in held}
    if known & {key for key, _ in asked} or len({key for key, _ in asked}) != len(asked):
        raise Refused("InvalidPermission.Duplicate", "the specified rule already exists")
    if len(held) + len(asked) > _MOST:
        raise Refused(
            "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."
        )
    added = [_new(call, group, key, item, egress=egress) for key, item in asked]
    held.extend(added)
    return ActionResult({"Return": True, "SecurityGroupRules": added})


def _revoke(call: Call, *, egress: bool) -> Fields:
    held = _direction(_group(call), egress=egress)
    named = [_by_id(held, identity) for identity in call.get("SecurityGroupRuleIds", [])]
    for rule in [*named, *(_found(held, key) for key, _ in _asked_rules(call))]:
        held.remove(rule)
    return {"Return": True}


def _describe(call: Call, *, egress: bool) -> Fields:
    held = _direction(_group(call), egress=egress)
    for change in call.get("SecurityGroupRuleDescriptions", []):
        _set_description(_by_id(held, change["SecurityGroupRuleId"]), change.get("Description"))
    for key, item in _asked_rules(call):
        _set_description(_found(held, key), item.get("Description"))
    return {"Return": True}


def _group(call: Call) -> Any:
    name = call.get("GroupId") or call.get("GroupName")
    found = asked_ec2(call).get_security_group_by_name_or_id(name)
    if found is None:
        raise Refused("InvalidGroup.NotFound", f"The security group '{name}' does not exist")
    return found


def _direction(group: Any, *, egress: bool) -> list[Any]:
    rules: list[Any] = group.egress_rules if egress else group.ingress_rules
    return rules


def _by_id(rules: list[Any], identity: str) -> Any:
    for rule in rules:
        if rule.id == identity:
            return rule
    raise Refused("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{identity}' does not exist")


def _found(rules: list[Any], key: Rule) -> Any:
    for rule in rules:
        if _key(rule) == key:
            return rule
    raise Refused("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")


def _asked_rules(call: Call) -> Iterator[tuple[Rule, Fields]]:
    """A rule may be written out in the request itself, without ``IpPermissions``."""
    if "IpProtocol" in call.asked:
        short = {"IpRanges": [{"CidrIp": call.asked["CidrIp"]}]} if "CidrIp" in call.asked else {}
        yield from _rules(call, call.asked | short)
    for permission in call.get("IpPermissions", []):
        yield from _rules(call, permission)


def _rules(call: Call, permission: Fields) -> Iterator[tuple[Rule, Fields]]:
    given = str(permission.get("IpProtocol", "-1")).lower()
    protocol = _NAMES.get(given, given)
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if protocol in {"tcp", "udp"} and (first is None or last is None):
        raise Refused("InvalidParameterValue", "Must specify both from and to ports with TCP/UDP.")
    if protocol not in {"tcp", "udp", "icmp", "icmpv6"}:
        first = last = None
    items = [(member, item) for plural, member in _PEERS.items() for item in permission.get(plural, [])]
    if not items:
        raise Refused("InvalidParameterValue", "A rule has a peer")
    for member, item in items:
        yield Rule(protocol, first, last, member, _CHECKS[member](call, item[member])), item


def _network(_: Call, cidr: str) -> str:
    """Host bits are cleared."""
    try:
        return str(ip_network(cidr, strict=False))
    except ValueError:
        raise Refused("InvalidParameterValue", f"CIDR block {cidr} is malformed") from None


def _prefix_list(call: Call, identity: str) -> str:
    if identity not in asked_ec2(call).managed_prefix_lists:
        raise Refused("InvalidPrefixListID.NotFound", f"The prefix list ID '{identity}' does not exist")
    return identity


def _other_group(call: Call, identity: str) -> str:
    if asked_ec2(call).get_security_group_from_id(identity) is None:
        raise Refused(
            "InvalidGroup.NotFound", f"You have specified two resources that belong to different networks: {identity}"
        )
    return identity


_CHECKS: dict[str, Callable[[Call, str], str]] = {
    "CidrIp": _network,
    "CidrIpv6": _network,
    "PrefixListId": _prefix_list,
    "GroupId": _other_group,
}


def _new(call: Call, group: Any, key: Rule, item: Fields, *, egress: bool) -> Any:
    named = tags(call, "security-group-rule")
    rule = SecurityGroupRule(asked_ec2(call), "-1", group.id, None, None, None, is_egress=egress, tags=named)
    _set(rule, key, item)
    return rule


def _set(rule: Any, key: Rule, item: Fields) -> None:
    rule.ip_protocol, rule.from_port, rule.to_port = key.protocol, key.first, key.last
    rule.ip_range = {key.kind: key.peer} if key.kind.startswith("Cidr") else {}
    rule.prefix_list_id = key.peer if key.kind == "PrefixListId" else None
    account = rule.ec2_backend.account_id
    rule.source_group = {"GroupId": key.peer, "UserId": item.get("UserId", account)} if key.kind == "GroupId" else {}
    _set_description(rule, item.get("Description"))


def _set_description(rule: Any, description: str | None) -> None:
    rule.told = description or None


def _list_of(kind: str) -> str:
    return next(plural for plural, member in _PEERS.items() if member == kind)


def _key(rule: Any) -> Rule:
    """Also of the rule with which moto itself begins a group."""
    peer = {**rule.ip_range, "PrefixListId": rule.prefix_list_id, "GroupId": rule.source_group.get("GroupId")}
    kind = next(kind for kind in _PEERS.values() if peer.get(kind))
    return Rule(rule.ip_protocol, rule.from_port, rule.to_port, kind, peer[kind])


@shown(SecurityGroupRule, "description")
def _description(rule: Any) -> str | None:
    told: str | None = getattr(rule, "told", None)
    return told


@shown(SecurityGroup, "ip_permissions")
def _ingress(group: Any) -> list[Fields]:
    return _permissions(group.ingress_rules)


@shown(SecurityGroup, "ip_permissions_egress")
def _egress(group: Any) -> list[Fields]:
    return _permissions(group.egress_rules)


def _permissions(rules: list[Any]) -> list[Fields]:
    """Rules of one protocol and one range of ports stand together, their peers in lists by kind."""
    grouped: dict[tuple[str, int | None, int | None], Fields] = {}
    for rule in rules:
        key = _key(rule)
        permission = grouped.setdefault(
            (key.protocol, key.first, key.last),
            {"IpProtocol": key.protocol, "FromPort": key.first, "ToPort": key.last} | {plural: [] for plural in _PEERS},
        )
        item = {key.kind: key.peer, "Description": _description(rule)}
        if key.kind == "GroupId":
            item["UserId"] = rule.source_group["UserId"]
        permission[_list_of(key.kind)].append({member: value for member, value in item.items() if value is not None})
    return list(grouped.values())
