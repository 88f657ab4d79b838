"""The small values of the field: protocols, ports, CIDR blocks and domain names.

Each is parsed once, at the edge, and is valid from then on. Every parser raises ``ValueError``
with a sentence that says what was wrong; callers add the position.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self, assert_never


class Protocol(StrEnum):
    """A transport that a rule can name. ``ALL`` is every IP protocol (EC2's ``-1``)."""

    TCP = "TCP"
    UDP = "UDP"
    ICMP = "ICMP"
    ALL = "ALL"

    @property
    def number(self) -> int:
        """The IANA protocol number, or EC2's -1 for all of them."""
        match self:
            case Protocol.TCP:
                return 6
            case Protocol.UDP:
                return 17
            case Protocol.ICMP:
                return 1
            case Protocol.ALL:
                return -1
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True, order=True)
class PortRange:
    """An inclusive range of TCP or UDP ports, 0 to 65535."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= 65535 or not 0 <= self.last <= 65535:
            raise ValueError(f"ports run from 0 to 65535, not {self}")
        if self.last < self.first:
            raise ValueError(f"the port range {self} is reversed")

    @classmethod
    def single(cls, port: int) -> Self:
        return cls(port, port)

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


ALL_PORTS = PortRange(0, 65535)
EPHEMERAL_PORTS = PortRange(1024, 65535)
"""Where a client's replies land. NAT gateways use the whole of it (VPC user guide, ephemeral ports)."""

_MAX: dict[int, int] = {4: 32, 6: 128}

_CIDR_NOTATION = re.compile(r"[0-9A-Fa-f:.]+(/(0|[1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Cidr:
    """An IP network: ``base`` is the first address as an integer, host bits are zero."""

    version: Literal[4, 6]
    base: int
    prefix: int

    def __post_init__(self) -> None:
        bits = _MAX[self.version]
        if not 0 <= self.prefix <= bits:
            raise ValueError(f"an IPv{self.version} prefix is 0 to {bits} bits long, not {self.prefix}")
        if not 0 <= self.base < 1 << bits or self.base % self.size:
            raise ValueError(f"no IPv{self.version} block of prefix {self.prefix} begins at {self.base:#x}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``a.b.c.d/n`` or ``x:y::z/n`` (RFC 4632, RFC 4291). A bare address is a /32 or /128.

        Raises ``ValueError`` when it is neither, or when host bits are set (the sentence then names
        the network that was probably meant). Netmasks, hostmasks and zones (``%eth0``), which
        ``ipaddress`` also reads, are no CIDR notation.
        """
        if not _CIDR_NOTATION.fullmatch(text):
            raise ValueError(f"{text!r} is not an IPv4 or IPv6 block")
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise ValueError(f"{text!r} is not an IPv4 or IPv6 block") from None
        if network.network_address != ipaddress.ip_address(text.partition("/")[0]):
            raise ValueError(f"{text} has host bits set; the network is {network}")
        return cls(network.version, int(network.network_address), network.prefixlen)

    @classmethod
    def of_range(cls, version: Literal[4, 6], first: int, last: int) -> tuple[Self, ...]:
        """The fewest blocks that hold exactly ``first`` to ``last``, ascending."""
        blocks: list[Self] = []
        bits = _MAX[version]
        while first <= last:
            size = min(first & -first or 1 << bits, 1 << ((last - first + 1).bit_length() - 1))
            blocks.append(cls(version, first, bits - size.bit_length() + 1))
            first += size
        return tuple(blocks)

    @property
    def size(self) -> int:
        """How many addresses it holds."""
        return 1 << (_MAX[self.version] - self.prefix)

    @property
    def last(self) -> int:
        return self.base + self.size - 1

    def __contains__(self, other: Cidr) -> bool:
        return self.version == other.version and self.base <= other.base and other.last <= self.last

    def overlaps(self, other: Cidr) -> bool:
        return self in other or other in self

    def subnet(self, prefix: int, index: int) -> Cidr:
        """The ``index``-th block of length ``prefix`` inside this one. Raises ``ValueError`` past its end."""
        if prefix < self.prefix or not 0 <= index < 1 << (prefix - self.prefix):
            raise ValueError(f"{self} has no /{prefix} number {index}")
        return Cidr(self.version, self.base + index * (1 << (_MAX[self.version] - prefix)), prefix)

    def supernet(self) -> Cidr:
        """The block twice as large that holds this one. ``/0`` is its own."""
        if self.prefix == 0:
            return self
        size = self.size * 2
        return Cidr(self.version, self.base // size * size, self.prefix - 1)

    def common(self, other: Cidr) -> Cidr:
        """The smallest block that holds both. Raises ``ValueError`` for two IP versions."""
        if self.version != other.version:
            raise ValueError(f"no block holds both {self} and {other}")
        host_bits = (min(self.base, other.base) ^ max(self.last, other.last)).bit_length()
        return Cidr(self.version, self.base >> host_bits << host_bits, _MAX[self.version] - host_bits)

    def __str__(self) -> str:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address
        address = ipaddress.IPv4Address(self.base) if self.version == 4 else ipaddress.IPv6Address(self.base)
        return f"{address}/{self.prefix}"


ANY_IPV4 = Cidr(4, 0, 0)
ANY_IPV6 = Cidr(6, 0, 0)

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True, order=True)
class DomainPattern:
    """A domain name in lower-case A-labels without the trailing dot (RFC 1035, RFC 5890).

    ``wildcard`` means any name below ``name`` at any depth and never ``name`` itself, which is
    what DNS Firewall means by ``*.name``.
    """

    name: str
    wildcard: bool = False

    def __post_init__(self) -> None:
        if len(str(self)) > 253:
            raise ValueError("a domain name has at most 253 characters")
        for label in self.name.split("."):
            if not _LABEL.fullmatch(label):
                raise ValueError(f"{label!r} is not a domain label")

    @property
    def order(self) -> tuple[str, bool]:
        """What patterns are sorted by: the name, and itself before what is below it."""
        return self.name, self.wildcard

    def covers(self, other: DomainPattern) -> bool:
        """Whether every name that ``other`` stands for is one that this stands for."""
        if not self.wildcard:
            return self == other
        return other.name.endswith("." + self.name) or (other.wildcard and other.name == self.name)

    def __str__(self) -> str:
        return f"*.{self.name}" if self.wildcard else self.name
