"""Protocols and ports as security groups and network ACLs write them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Doubt, Icmp
from agent_perimeter.values import ALL_PORTS, PortRange

_NAMES: Mapping[str, int] = MappingProxyType({"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58})
"""The names that EC2 takes (IpPermission, IpProtocol)."""
ICMP = frozenset({1, 58})
WITH_PORTS = frozenset({6, 17})


def protocol(written: Property) -> int | Doubt | None:
    """The IANA number, None for every protocol (``-1``)."""
    text = written.needed_text()
    if isinstance(text, Doubt):
        return text
    number = _NAMES.get(text.lower())
    if number is None:
        try:
            number = int(text)
        except ValueError:
            return Doubt(f"{text!r} is no IP protocol that EC2 names", written.path)
    if number == -1:
        return None
    return number if 0 <= number <= 255 else Doubt(f"{number} is no IP protocol", written.path)


def ports(first: Property, last: Property) -> PortRange | Doubt:
    """A range of ports. EC2 shows one that was left out as all ports; -1 means the same."""
    low, high = first.whole(), last.whole()
    if isinstance(low, Doubt) or isinstance(high, Doubt):
        return low if isinstance(low, Doubt) else high  # type: ignore[return-value]
    if low in (None, -1) and high in (None, -1):
        return ALL_PORTS
    try:
        return PortRange(-1 if low is None else low, -1 if high is None else high)
    except ValueError as error:
        return Doubt(str(error), first.path)


def icmp(kind: Property, code: Property) -> Icmp | Doubt:
    """An ICMP type and code; -1 and nothing mean any."""
    found = kind.whole(), code.whole()
    for value in found:
        if isinstance(value, Doubt):
            return value
    number, detail = (None if value == -1 or isinstance(value, Doubt) else value for value in found)
    if any(value is not None and not 0 <= value <= 255 for value in (number, detail)):
        return Doubt("an ICMP type or code is a number from 0 to 255", kind.path)
    return Icmp(number, detail)
