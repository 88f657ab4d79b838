"""Security groups with all their rules, as EC2 lists them: one permission may stand for many rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from agent_perimeter.lift.account.lists import prefix_list
from agent_perimeter.lift.account.reading import Account, elements
from agent_perimeter.lift.account.vpc import block
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import agent_of, name_of, role_of
from agent_perimeter.lift.traffic import ICMP, WITH_PORTS, icmp, ports, protocol
from agent_perimeter.observed import Doubt, GroupRef, GroupRule, Icmp, Peer, SecurityGroup
from agent_perimeter.values import PortRange

GROUPS: Final = "ec2:DescribeSecurityGroups"
_PEERS: Final = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")


def security_groups(account: Account) -> tuple[SecurityGroup, ...]:
    """Every security group of the VPC; the default one goes by the judge's own id."""
    return tuple(
        SecurityGroup(
            id=account.alias(name),
            origin=account.origin(name),
            vpc=group.at("VpcId").needed_text(),
            agent=agent_of(group),
            role=role_of(group),
            ingress=tuple(_rules(account, name, group.at("IpPermissions"), "ingress")),
            egress=tuple(_rules(account, name, group.at("IpPermissionsEgress"), "egress")),
            name=name_of(group),
        )
        for name, group in account.listed(GROUPS)
    )


def _rules(account: Account, group: str, permissions: Property, direction: str) -> Iterator[GroupRule]:
    """One rule for each peer of each permission."""
    for permission in elements(permissions):
        number = protocol(permission.at("IpProtocol"))
        where = _ports(permission, number)
        for spelled, peer, description in _peers(account, permission):
            part = f"{direction}/{_named(number)}/{_numbered(where)}/{spelled}"
            yield GroupRule(
                id=f"{account.alias(group)}/{part}",
                origin=account.origin(group, part),
                maybe=permission.maybe,
                protocol=number,
                ports=where,
                peer=peer,
                description=description,
            )


def _ports(permission: Property, number: int | Doubt | None) -> PortRange | Icmp | Doubt | None:
    """FromPort and ToPort are the type and the code of ICMP (EC2 API, IpPermission)."""
    if isinstance(number, Doubt):
        return number
    first, last = permission.at("FromPort"), permission.at("ToPort")
    if number in WITH_PORTS:
        return ports(first, last)
    return icmp(first, last) if number in ICMP else None


def _peers(account: Account, permission: Property) -> Iterator[tuple[str, Peer, str]]:
    """Each peer as it is spelled in an id, as it is meant, and its description."""
    read = permission.entries()
    found = [(key, item) for key in _PEERS for item in permission.at(key).items()] if isinstance(read, Mapping) else []
    if not found:
        unknown = Doubt("a security group rule without a peer", permission.path)
        yield "?", read if isinstance(read, Doubt) else unknown, ""
    for key, item in found:
        peer, written = _peer(account, key, item)
        text, description = written.text(), item.at("Description").text()
        yield (
            text if isinstance(text, str) else written.path.partition("#")[2],
            item.maybe or peer,
            description if isinstance(description, str) else "",
        )


def _peer(account: Account, key: str, item: Property) -> tuple[Peer, Property]:
    match key:
        case "IpRanges":
            return block(item.at("CidrIp")), item.at("CidrIp")
        case "Ipv6Ranges":
            return block(item.at("CidrIpv6")), item.at("CidrIpv6")
        case "PrefixListIds":
            return prefix_list(account, item.at("PrefixListId")), item.at("PrefixListId")
        case _:
            return _group(account, item.at("GroupId")), item.at("GroupId")


def _group(account: Account, written: Property) -> GroupRef | Doubt:
    """A group that the rule names: those of peered VPCs and of other accounts are not known here."""
    name = group_id(account, written)
    return name if isinstance(name, Doubt) else GroupRef(name)


def group_id(account: Account, written: Property) -> str | Doubt:
    """The record id of a group of the VPC."""
    name = written.needed_text()
    if isinstance(name, Doubt):
        return name
    own = account.alias(name)
    return own if own in account.groups else Doubt(f"{name} is not a security group of this VPC", written.path)


def _named(number: int | Doubt | None) -> str:
    if isinstance(number, Doubt):
        return "?"
    return "all" if number is None else {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}.get(number, str(number))


def _numbered(where: PortRange | Icmp | Doubt | None) -> str:
    match where:
        case PortRange():
            return str(where)
        case Icmp(kind, code):
            return f"{'all' if kind is None else kind}-{'all' if code is None else code}"
        case Doubt():
            return "?"
        case _:
            return "all"
