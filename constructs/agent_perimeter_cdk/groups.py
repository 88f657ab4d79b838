"""Security groups.

A rule that names another group makes CloudFormation create that group first, so two groups that
name each other would wait for each other. A rule about a group that already stands is written in the
group itself, which is the cheapest in resources; one about a group to come is a resource of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypedDict, assert_never

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from agent_perimeter.network import GroupRef, GroupRule, PrefixList, SecurityGroup
from agent_perimeter.values import Cidr, PortRange, Protocol
from agent_perimeter_cdk.prefix_lists import PrefixLists
from agent_perimeter_cdk.refs import Refs, ipv4

_NO_EGRESS = ec2.CfnSecurityGroup.EgressProperty(
    cidr_ip="255.255.255.255/32",
    ip_protocol="icmp",
    from_port=252,
    to_port=86,
    description="Nothing leaves: EC2 would read an empty list as allow-all",
)
"""The rule that AWS's own tools use to say "no egress": no packet has this address, type and code."""

_DESCRIPTION = re.compile(r"[^A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]")


def render_groups(scope: Construct, groups: Iterable[SecurityGroup], lists: PrefixLists, refs: Refs) -> None:
    """All groups, then the rules that could not be written inside them."""
    later_ingress: list[tuple[SecurityGroup, GroupRule, GroupRef]] = []
    later_egress: list[tuple[SecurityGroup, GroupRule, GroupRef]] = []
    for group in groups:
        ingress, later = _split(group.ingress, refs)
        later_ingress += ((group, rule, peer) for rule, peer in later)
        egress, later = _split(group.egress, refs)
        later_egress += ((group, rule, peer) for rule, peer in later)
        refs[group.id] = ec2.CfnSecurityGroup(
            scope,
            group.id,
            vpc_id=refs.vpc,
            group_description=_described(group.description),
            security_group_ingress=[_ingress(rule, lists, refs) for rule in ingress],
            security_group_egress=[_egress(rule, lists, refs) for rule in egress] or [_NO_EGRESS],
            tags=refs.tags(group.id, group.role, group.agent),
        ).attr_group_id
    for group, rule, peer in later_ingress:
        ec2.CfnSecurityGroupIngress(
            scope,
            f"{group.id}/from/{peer.group}/{_traffic(rule)}",
            group_id=refs[group.id],
            source_security_group_id=refs[peer.group],
            **_header(rule),
        )
    for group, rule, peer in later_egress:
        ec2.CfnSecurityGroupEgress(
            scope,
            f"{group.id}/to/{peer.group}/{_traffic(rule)}",
            group_id=refs[group.id],
            destination_security_group_id=refs[peer.group],
            **_header(rule),
        )


def _split(rules: Iterable[GroupRule], refs: Refs) -> tuple[list[GroupRule], list[tuple[GroupRule, GroupRef]]]:
    """The rules that can stand in the group, and those that name a group not yet made."""
    inside: list[GroupRule] = []
    outside: list[tuple[GroupRule, GroupRef]] = []
    for rule in rules:
        if isinstance(rule.peer, GroupRef) and rule.peer.group not in refs:
            outside.append((rule, rule.peer))
        else:
            inside.append(rule)
    return inside, outside


def _ingress(rule: GroupRule, lists: PrefixLists, refs: Refs) -> ec2.CfnSecurityGroup.IngressProperty:
    header = _header(rule)
    match rule.peer:
        case Cidr():
            return ec2.CfnSecurityGroup.IngressProperty(cidr_ip=ipv4(rule.peer), **header)
        case PrefixList():
            return ec2.CfnSecurityGroup.IngressProperty(source_prefix_list_id=lists.id(rule.peer.service), **header)
        case GroupRef():
            return ec2.CfnSecurityGroup.IngressProperty(source_security_group_id=refs[rule.peer.group], **header)
        case _:
            assert_never(rule.peer)


def _egress(rule: GroupRule, lists: PrefixLists, refs: Refs) -> ec2.CfnSecurityGroup.EgressProperty:
    header = _header(rule)
    match rule.peer:
        case Cidr():
            return ec2.CfnSecurityGroup.EgressProperty(cidr_ip=ipv4(rule.peer), **header)
        case PrefixList():
            return ec2.CfnSecurityGroup.EgressProperty(destination_prefix_list_id=lists.id(rule.peer.service), **header)
        case GroupRef():
            return ec2.CfnSecurityGroup.EgressProperty(destination_security_group_id=refs[rule.peer.group], **header)
        case _:
            assert_never(rule.peer)


class _Header(TypedDict):
    ip_protocol: str
    from_port: int | None
    to_port: int | None
    description: str


def _header(rule: GroupRule) -> _Header:
    first, last = _ports(rule.protocol, rule.ports)
    return {
        "ip_protocol": "-1" if rule.protocol is Protocol.ALL else rule.protocol.lower(),
        "from_port": first,
        "to_port": last,
        "description": _described(rule.description),
    }


def _ports(protocol: Protocol, ports: PortRange | None) -> tuple[int | None, int | None]:
    """The ports; EC2 wants -1 for every type and code of ICMP, and nothing for every protocol."""
    match protocol:
        case Protocol.TCP | Protocol.UDP:
            if ports is None:
                raise ValueError(f"a {protocol} rule needs ports")
            return ports.first, ports.last
        case Protocol.ICMP:
            return -1, -1
        case Protocol.ALL:
            return None, None
        case _:
            assert_never(protocol)


def _traffic(rule: GroupRule) -> str:
    """What a rule lets pass, which is what EC2 knows it by: a change makes a new rule beside the old one."""
    return f"{rule.protocol.lower()}-{rule.ports}" if rule.ports else rule.protocol.lower()


def _described(text: str) -> str:
    """The description in the characters and the length that EC2 takes (SecurityGroup API reference)."""
    return _DESCRIPTION.sub("_", text)[:255]
