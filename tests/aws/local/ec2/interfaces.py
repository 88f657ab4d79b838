"""Interfaces that a service keeps in a customer's subnet, for a NAT gateway or an endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

_RESERVED = 4
"""The first addresses of a subnet are AWS's: the network, the router, DNS, and one for later."""
_FORWARDING = frozenset({"gateway_load_balancer_endpoint", "nat_gateway"})


def add_service_interface(
    ec2: Any, subnet: Any, kind: str, description: str, groups: Iterable[str] = (), address: str | None = None
) -> Any:
    """An interface of this kind (``InterfaceType``), with these security groups and no others."""
    interface = ec2.create_network_interface(subnet, address or free_address(ec2, subnet), description=description)
    interface._group_set = [ec2.get_security_group_from_id(group) for group in groups]
    interface.interface_type = kind
    interface.requester_managed = True
    interface.requester_id = "amazon-aws"
    interface.status = "in-use"
    interface.source_dest_check = kind not in _FORWARDING
    return interface


def free_address(ec2: Any, subnet: Any) -> str:
    """The lowest address of the subnet that nothing has."""
    taken = {eni.private_ip_address for eni in ec2.enis.values()}
    addresses = (str(address) for address in list(ip_network(subnet.cidr_block))[_RESERVED:-1])
    return next(address for address in addresses if address not in taken)
