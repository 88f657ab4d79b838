"""A network ACL evaluated entry by entry, at addresses and ports that stand for all others: no set algebra, no judge."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from tests.mutations.subject import Subject
from tests.mutations.tree import Value

Decisions = dict[tuple[int, int, int], bool]
"""By address at the far end, protocol and port."""


PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")))
"""Private addresses (RFC 1918, RFC 6598). No sound template has a route to those of other networks."""


class Unread(Exception):
    """An entry says something that cannot be evaluated."""


def entries(subject: Subject, template: Value, acl: str, *, egress: bool) -> list[Value]:
    """The entries of an ACL in one direction, in the order of their numbers. Raises ``Unread``."""
    found = []
    for name, resource in template["Resources"].items():
        if "AWS::EC2::NetworkAclEntry" not in (resource.get("Type"), subject.resources.get(name, {}).get("Type")):
            continue
        entry = resource.get("Properties", {})
        if resource["Type"] != "AWS::EC2::NetworkAclEntry" or "Condition" in resource or not isinstance(entry, dict):
            raise Unread(name)
        owner, way = entry.get("NetworkAclId"), entry.get("Egress", False)
        if not isinstance(owner, dict) or not isinstance(owner.get("Ref"), str) or not isinstance(way, bool):
            raise Unread(name)
        if owner["Ref"] == acl and way is egress:
            _check(entry)
            found.append(entry)
    numbers = [entry.get("RuleNumber") for entry in found]
    if not all(type(number) is int for number in numbers) or len(set(numbers)) < len(numbers):
        raise Unread(acl)
    return sorted(found, key=lambda entry: int(entry["RuleNumber"]))


def _check(entry: Value) -> None:
    """Raises ``Unread`` for an entry of which a part is no plain value."""
    if str(entry.get("RuleAction")) not in {"allow", "deny"} or type(entry.get("Protocol")) is not int:
        raise Unread("an entry")
    if entry["Protocol"] == 1 and "Icmp" in entry:
        raise Unread("ICMP types")
    _block(entry)
    _ports(entry)


def decisions(listed: list[Value], probes: tuple[set[int], set[int], set[int]]) -> Decisions:
    """What the first entry that matches does with every combination of an address, a protocol and a port."""
    addresses, protocols, ports = probes
    plain = [_plain(entry) for entry in listed]
    return {
        (address, protocol, port): next(
            (
                allow
                for low, high, number, first, last, allow in plain
                if low <= address <= high and number in (-1, protocol) and first <= port <= last
            ),
            False,
        )
        for address in addresses
        for protocol in protocols
        for port in ports
    }


def _plain(entry: Value) -> tuple[int, int, int, int, int, bool]:
    """An entry as numbers: first and last address, protocol, first and last port, and whether it allows."""
    block = _block(entry)
    ends = int(block.network_address), int(block.broadcast_address)
    return (*ends, int(entry["Protocol"]), *_ports(entry), entry["RuleAction"] == "allow")


def probes(subject: Subject, *lists: list[Value]) -> tuple[set[int], set[int], set[int]]:
    """An address, a protocol and a port on each side of every edge that an entry draws.

    Of the VPC's own addresses only those count that a subnet has, and of private ones outside it none: nobody is there.
    """
    found = [entry for listed in lists for entry in listed]
    blocks = [_block(entry) for entry in found]
    subnets = [IPv4Network(subject.property(name, "CidrBlock")) for name in subject.of("EC2::Subnet")]
    edges = {address for block in (*blocks, *subnets) for address in _edges(block)}
    here = {
        int(edge)
        for edge in edges
        if not any(edge in block for block in PRIVATE) or any(edge in subnet for subnet in subnets)
    }
    protocols = {1, 6, 17, 50, 58, *(entry["Protocol"] for entry in found)} - {-1}
    ports = {0, 80, 443, 1023, 1024, 65535}
    for entry in found:
        first, last = _ports(entry)
        ports |= {port for port in (first - 1, first, last, last + 1) if 0 <= port <= 65535}
    return here | {int(IPv4Address("203.0.113.9"))}, protocols, ports


def _edges(block: IPv4Network) -> Iterator[IPv4Address]:
    first, last = int(block.network_address), int(block.broadcast_address)
    for number in (first - 1, first, last, last + 1):
        if 0 <= number < 1 << 32:
            yield IPv4Address(number)


def _block(entry: Value) -> IPv4Network:
    if "Ipv6CidrBlock" in entry or not isinstance(entry.get("CidrBlock"), str):
        raise Unread("a block")
    try:
        return IPv4Network(entry["CidrBlock"])
    except ValueError as error:
        raise Unread("a block") from error


def _ports(entry: Value) -> tuple[int, int]:
    """EC2 reads a range for TCP and UDP only."""
    ports = entry.get("PortRange")
    if entry.get("Protocol") not in (6, 17) or ports is None:
        return 0, 65535
    if not isinstance(ports, dict) or not all(isinstance(ports.get(key), int) for key in ("From", "To")):
        raise Unread("ports")
    if not 0 <= ports["From"] <= ports["To"] <= 65535:
        raise Unread("ports that EC2 reads in its own way, or refuses")
    return ports["From"], ports["To"]
