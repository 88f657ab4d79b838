"""Network ACLs, their entries and their subnets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agent_perimeter.lift.account.reading import Account, elements
from agent_perimeter.lift.account.vpc import block
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.traffic import ICMP, WITH_PORTS, icmp, ports, protocol
from agent_perimeter.observed import Acl, AclAssociation, AclEntry, Doubt, Icmp
from agent_perimeter.values import Cidr, PortRange

ACLS: Final = "ec2:DescribeNetworkAcls"
IMPLIED: Final = frozenset({32767, 32768})
"""The numbers of the entries, for IPv4 and IPv6, by which AWS denies what no other entry decides."""


def acls(account: Account) -> tuple[Acl, ...]:
    """Every network ACL; the default one goes by the judge's own id."""
    return tuple(
        Acl(
            id=account.alias(name),
            origin=account.origin(name),
            vpc=acl.at("VpcId").needed_text(),
            default=account.alias(name) != name,
            entries=tuple(_entries(account, name, acl.at("Entries"))),
        )
        for name, acl in account.listed(ACLS)
    )


def _entries(account: Account, acl: str, entries: Property) -> Iterator[AclEntry]:
    for entry in elements(entries):
        number, allow = entry.at("RuleNumber").needed_whole(), _allows(entry.at("RuleAction"))
        if number in IMPLIED and allow is False:
            continue
        kind = protocol(entry.at("Protocol"))
        out = entry.at("Egress").truth(entry.at("Egress").missing)
        side = "?" if isinstance(out, Doubt) else "egress" if out else "ingress"
        part = f"{side}/{'?' if isinstance(number, Doubt) else number}"
        yield AclEntry(
            id=f"{account.alias(acl)}/{part}",
            origin=account.origin(acl, part),
            maybe=entry.maybe,
            number=number,
            egress=out,
            allow=allow,
            protocol=kind,
            ports=_ports(entry, kind),
            cidr=_cidr(entry),
        )


def _allows(action: Property) -> bool | Doubt:
    text = action.needed_text()
    if isinstance(text, Doubt):
        return text
    unknown = Doubt(f"{text!r} is neither allow nor deny", action.path)
    return {"allow": True, "deny": False}.get(text.lower(), unknown)


def _ports(entry: Property, number: int | Doubt | None) -> PortRange | Icmp | Doubt | None:
    if isinstance(number, Doubt):
        return number
    if number in WITH_PORTS:
        return ports(entry.at("PortRange", "From"), entry.at("PortRange", "To"))
    return icmp(entry.at("IcmpTypeCode", "Type"), entry.at("IcmpTypeCode", "Code")) if number in ICMP else None


def _cidr(entry: Property) -> Cidr | Doubt:
    given = [entry.at(key) for key in ("CidrBlock", "Ipv6CidrBlock") if not entry.at(key).absent]
    if len(given) != 1:
        return Doubt(f"a network ACL entry has one block, not {len(given)}", entry.path)
    return block(given[0])


def acl_associations(account: Account) -> tuple[AclAssociation, ...]:
    """Which ACL a subnet has, where it is not the default one."""
    return tuple(_associations(account))


def _associations(account: Account) -> Iterator[AclAssociation]:
    for name, acl in account.listed(ACLS):
        for one in elements(acl.at("Associations")) if account.alias(name) == name else ():
            own = one.at("NetworkAclAssociationId").text()
            yield AclAssociation(
                id=own if isinstance(own, str) else f"{name}/{one.path.rpartition('/')[2]}",
                origin=account.origin(name, one.path.partition("#")[2]),
                maybe=one.maybe,
                subnet=one.at("SubnetId").needed_text(),
                acl=name,
            )
