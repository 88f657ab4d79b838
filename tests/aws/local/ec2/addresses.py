"""The addresses of a subnet, given out in order.

moto keeps how far it came in a cache beside the subnet, which nothing empties: of every subnet that ever was, and
lost to a copy of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from moto.ec2.models.subnets import Subnet

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Hosts:
    """What ``IPv4Network.hosts`` gives for networks of the sizes that AWS takes, from a place that can be kept."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._given = 0

    def __iter__(self) -> Iterator[Address]:
        return self

    def __next__(self) -> Address:
        if self._given == self._network.num_addresses - 2:
            raise StopIteration
        self._given += 1
        return self._network[self._given]


def hosts(subnet: Subnet) -> Hosts:
    """The one iterator of a subnet: whatever it has given is taken."""
    found: Hosts = subnet.__dict__.setdefault("_hosts", Hosts(subnet.cidr))
    return found


Subnet._base_avail_ip_iterator = hosts  # type: ignore[method-assign,assignment]
