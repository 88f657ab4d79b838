"""Security groups with all their rules: inline, standalone and implied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from agent_perimeter.lift.custom import closed_defaults
from agent_perimeter.lift.lists import prefix_list
from agent_perimeter.lift.node import Resource
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import Resources, agent_of, name_of, origin, role_of
from agent_perimeter.lift.traffic import ICMP, WITH_PORTS, icmp, ports, protocol
from agent_perimeter.lift.vpc import VPC
from agent_perimeter.observed import Doubt, GroupRef, GroupRule, Icmp, Peer, SecurityGroup
from agent_perimeter.source import Origin
from agent_perimeter.values import ANY_IPV4, ANY_IPV6, PortRange

SECURITY_GROUP = "AWS::EC2::SecurityGroup"
Direction = Literal["Ingress", "Egress"]


def security_groups(resources: Resources) -> tuple[SecurityGroup, ...]:
    """Every security group, and each VPC's default group."""
    standalone = {direction: tuple(_standalone(resources, direction)) for direction in ("Ingress", "Egress")}
    closed = {f"{vpc}/default-group" for vpc in closed_defaults(resources)}
    return tuple(
        replace(
            group,
            ingress=(*(group.ingress if group.id not in closed else ()), *_of(group, standalone["Ingress"])),
            egress=(
                *(_implied(group, standalone["Egress"]) if group.id not in closed else ()),
                *_of(group, standalone["Egress"]),
            ),
        )
        for group in (*_written(resources), *_defaults(resources))
    )


def _written(resources: Resources) -> Iterator[SecurityGroup]:
    for resource, properties in resources.of(SECURITY_GROUP):
        yield SecurityGroup(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resources.ref(properties.at("VpcId"), VPC),
            agent=agent_of(properties),
            role=role_of(properties),
            ingress=tuple(_inline(resources, resource, properties.at("SecurityGroupIngress"), "Ingress")),
            egress=tuple(_inline(resources, resource, properties.at("SecurityGroupEgress"), "Egress")),
            name=name_of(properties),
        )


def _defaults(resources: Resources) -> Iterator[SecurityGroup]:
    """A default group lets its members talk to each other and to everyone (VPC user guide, default groups).

    Where a function of known code empties it, its rules are gone.
    """
    for resource, _ in resources.of(VPC):
        name = f"{resource.id}/default-group"
        own = GroupRule(
            id=f"{name}/ingress/implied", origin=origin(resource), protocol=None, ports=None, peer=GroupRef(name)
        )
        yield SecurityGroup(
            id=name,
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resource.id,
            agent=None,
            role=None,
            ingress=(own,),
            egress=_allow_all(name, origin(resource), None),
        )


def _allow_all(group: str, where: Origin, maybe: Doubt | None) -> tuple[GroupRule, ...]:
    return tuple(
        GroupRule(
            id=f"{group}/egress/implied-{peer.version}",
            origin=where,
            maybe=maybe,
            protocol=None,
            ports=None,
            peer=peer,
            description="EC2 adds this rule to a group that is made without egress rules",
        )
        for peer in (ANY_IPV4, ANY_IPV6)
    )


def _implied(group: SecurityGroup, standalone: tuple[tuple[str | Doubt, GroupRule], ...]) -> tuple[GroupRule, ...]:
    """The group's own egress rules, and EC2's allow-all where none of them is sure.

    "If you do not add egress rules, we add egress rules that allow all outbound IPv4 and IPv6 traffic"
    (AWS::EC2::SecurityGroup). No page says whether a standalone rule takes them away again, so they may be there.
    """
    if any(rule.maybe is None for rule in group.egress):
        return group.egress
    where = Origin(path=f"{group.origin.path}/Properties/SecurityGroupEgress") if not group.egress else group.origin
    doubt = next((rule.maybe for rule in group.egress), None)
    if not doubt and any(owner == group.id or isinstance(owner, Doubt) for owner, _ in standalone):
        doubt = Doubt(
            "all egress rules stand alone, and AWS does not say that they replace EC2's allow-all egress rules",
            where.path,
            "an egress rule in the group's own SecurityGroupEgress",
        )
    return (*group.egress, *_allow_all(group.id, where, doubt))


def _inline(resources: Resources, group: Resource, listed: Property, direction: Direction) -> Iterator[GroupRule]:
    for index, item in enumerate(listed.items()):
        name = f"{group.id}/{direction.lower()}/{index}"
        yield from _rules(resources, item, name, item.maybe, direction)


def _standalone(resources: Resources, direction: Direction) -> Iterator[tuple[str | Doubt, GroupRule]]:
    for resource, properties in resources.of(f"AWS::EC2::SecurityGroup{direction}"):
        owner = resources.ref(properties.at("GroupId"), SECURITY_GROUP)
        for rule in _rules(resources, properties, resource.id, resource.maybe, direction):
            yield owner, replace(rule, origin=origin(resource))


def _of(group: SecurityGroup, standalone: tuple[tuple[str | Doubt, GroupRule], ...]) -> Iterator[GroupRule]:
    for owner, rule in standalone:
        if isinstance(owner, Doubt):
            yield replace(rule, id=f"{rule.id}/{group.id}", maybe=rule.maybe or owner)
        elif owner == group.id:
            yield rule


def _rules(
    resources: Resources, written: Property, name: str, maybe: Doubt | None, direction: Direction
) -> Iterator[GroupRule]:
    """One rule per peer that is written; AWS takes exactly one, so more or none is a doubt."""
    number = protocol(written.at("IpProtocol"))
    peers = tuple(_peers(resources, written, direction))
    if not peers:
        peers = (Doubt("a security group rule without a peer", written.path),)
    for index, peer in enumerate(peers):
        doubt = Doubt("a security group rule with several peers", written.path) if len(peers) > 1 else None
        description = written.at("Description").text()
        yield GroupRule(
            id=name if len(peers) == 1 else f"{name}/{index}",
            origin=written.origin,
            maybe=maybe or doubt,
            protocol=number,
            ports=_ports(written, number),
            peer=peer,
            description=description if isinstance(description, str) else "",
        )


def _ports(written: Property, number: int | Doubt | None) -> PortRange | Icmp | Doubt | None:
    first, last = written.at("FromPort"), written.at("ToPort")
    if isinstance(number, Doubt):
        return number
    if number in WITH_PORTS:
        return ports(first, last)
    return icmp(first, last) if number in ICMP else None


def _peers(resources: Resources, written: Property, direction: Direction) -> Iterator[Peer]:
    side = {"Ingress": "Source", "Egress": "Destination"}[direction]
    if isinstance(written.value, Doubt):
        yield written.value
        return
    for key in ("CidrIp", "CidrIpv6"):
        if not written.at(key).absent:
            yield resources.needed_cidr(written.at(key))
    if not (listed := written.at(f"{side}PrefixListId")).absent:
        yield prefix_list(resources, listed)
    if not (group := written.at(f"{side}SecurityGroupId")).absent:
        found = resources.ref(group, SECURITY_GROUP)
        yield found if isinstance(found, Doubt) else GroupRef(found)
    if direction == "Ingress" and not (named := written.at("SourceSecurityGroupName")).absent:
        yield Doubt("a group that is named, not pointed at", named.path, "SourceSecurityGroupId")
