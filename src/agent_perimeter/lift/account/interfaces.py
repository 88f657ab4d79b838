"""Network interfaces that somebody made: those in the name of a NAT gateway, an endpoint or a firewall are its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent_perimeter.lift.account.groups import group_id
from agent_perimeter.lift.account.reading import Account, elements
from agent_perimeter.lift.account.sites import Sites
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Doubt, Interface, Ref

INTERFACES: Final = "ec2:DescribeNetworkInterfaces"
OWNER: Final = re.compile(
    r"(?:(?<=^Interface for NAT Gateway )|(?<=^VPC Endpoint Interface )"
    r"|(?<=^Network Interface for Transit Gateway Attachment ))(?P<kind>nat|vpce|tgw-attach)-[0-9a-f]+\Z"
)
"""How AWS names, in the description of an interface that it keeps itself, what the interface is for.

The whole description counts. Those of load balancers and functions hold names that a user chose, and ``nat-0abc`` is
one that anybody may choose.
"""


def interfaces(account: Account, sites: Sites) -> tuple[Interface, ...]:
    """Every interface of the VPC that is not wholly told by the record of what it serves."""
    return tuple(_interfaces(account, sites))


def _interfaces(account: Account, sites: Sites) -> Iterator[Interface]:
    for name, written in account.listed(INTERFACES):
        if _served(sites, name, written):
            continue
        what = written.at("Description").text() or written.at("InterfaceType").text()
        checks = written.at("SourceDestCheck").truth(written.at("SourceDestCheck").missing)
        yield Interface(
            id=name,
            origin=account.origin(name),
            maybe=_served_perhaps(sites, written),
            what=what if isinstance(what, str) else "network interface",
            subnet=written.at("SubnetId").needed_text(),
            groups=tuple(_groups(account, written.at("Groups"))),
            public=_public(written),
            forwards=checks if isinstance(checks, Doubt) else not checks,
        )


def _groups(account: Account, listed: Property) -> Iterator[Ref]:
    """Its groups. One without any, such as a Network Load Balancer's may be, has no default group instead."""
    for item in elements(listed):
        yield item.maybe or group_id(account, item.at("GroupId"))
    if not listed.absent and not listed.items():
        yield Doubt("an interface without groups takes everything in", listed.path)


def _served(sites: Sites, name: str, written: Property) -> bool:
    """Whether AWS keeps it for a gateway or endpoint that has a record: nobody else can change such an interface."""
    if any(name in own for own in sites.owners.values()):
        return True
    return any(owner in sites.owners for owner in _owners(written))


def _served_perhaps(sites: Sites, written: Property) -> Doubt | None:
    """Why it may be kept for a gateway or endpoint all the same: those were not read."""
    kinds = (owner.rpartition("-")[0] for owner in _owners(written))
    return next((sites.unread[kind] for kind in kinds if kind in sites.unread), None)


def _owners(written: Property) -> tuple[str, ...]:
    """For what AWS keeps it, as AWS says."""
    description = written.at("Description").text()
    kept = written.at("RequesterManaged").truth(default=False) is True
    return tuple(one[0] for one in OWNER.finditer(description)) if kept and isinstance(description, str) else ()


def _public(written: Property) -> bool | Doubt:
    """Whether a public address belongs to it: its own, or an Elastic IP address of any of its private ones."""
    found = [written.at("Association"), *(item.at("Association") for item in written.at("PrivateIpAddresses").items())]
    for association in found:
        if not association.absent:
            address = next(
                (one for key in _PUBLIC if not (one := association.at(key)).absent), association.at("PublicIp")
            )
            text = address.needed_text()
            return text if isinstance(text, Doubt) else True
    return False


_PUBLIC: Final = ("PublicIp", "CarrierIp", "CustomerOwnedIp")
