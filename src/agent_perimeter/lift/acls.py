"""Network ACLs, their entries and their subnets."""

from __future__ import annotations

from collections.abc import Iterator

from agent_perimeter.lift.node import Resource
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import Resources, origin
from agent_perimeter.lift.traffic import ICMP, WITH_PORTS, icmp, ports, protocol
from agent_perimeter.lift.vpc import SUBNET, VPC
from agent_perimeter.observed import Acl, AclAssociation, AclEntry, Doubt, Icmp, Ref
from agent_perimeter.source import Origin
from agent_perimeter.values import ANY_IPV4, ANY_IPV6, Cidr, PortRange

NETWORK_ACL = "AWS::EC2::NetworkAcl"


def acls(resources: Resources) -> tuple[Acl, ...]:
    """Every network ACL with its entries, and each VPC's default one, which allows everything."""
    entries = tuple(_entries(resources))
    written = [
        Acl(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resources.ref(properties.at("VpcId"), VPC),
            default=False,
            entries=tuple(_of(resource.id, entries)),
        )
        for resource, properties in resources.of(NETWORK_ACL)
    ]
    return (*written, *(_default(resource, entries) for resource, _ in resources.of(VPC)))


def _default(vpc: Resource, entries: tuple[tuple[Ref, AclEntry], ...]) -> Acl:
    """A VPC's default ACL: number 100 allows all IPv4, 101 all IPv6, both ways (VPC user guide, default ACL)."""
    name = f"{vpc.id}/default-acl"
    own = tuple(
        AclEntry(
            id=f"{name}/{'egress' if egress else 'ingress'}/{number}",
            origin=origin(vpc),
            number=number,
            egress=egress,
            allow=True,
            protocol=None,
            ports=None,
            cidr=cidr,
        )
        for egress in (False, True)
        for number, cidr in ((100, ANY_IPV4), (101, ANY_IPV6))
    )
    return Acl(
        id=name,
        origin=origin(vpc),
        maybe=vpc.maybe,
        vpc=vpc.id,
        default=True,
        entries=(*own, *_of(name, entries)),
    )


def _entries(resources: Resources) -> Iterator[tuple[Ref, AclEntry]]:
    for resource, properties in resources.of("AWS::EC2::NetworkAclEntry"):
        number = protocol(properties.at("Protocol"))
        action = properties.at("RuleAction").needed_text()
        yield (
            resources.ref(properties.at("NetworkAclId"), NETWORK_ACL),
            AclEntry(
                id=resource.id,
                origin=origin(resource),
                maybe=resource.maybe,
                number=properties.at("RuleNumber").needed_whole(),
                egress=properties.at("Egress").truth(default=False),
                allow=_allows(action, properties.at("RuleAction").path),
                protocol=number,
                ports=_ports(properties, number),
                cidr=_cidr(resources, properties),
            ),
        )


def _of(acl: str, entries: tuple[tuple[Ref, AclEntry], ...]) -> Iterator[AclEntry]:
    """An ACL's entries; one whose ACL is not known may be in every one."""
    for owner, entry in entries:
        if owner == acl:
            yield entry
        elif isinstance(owner, Doubt):
            yield AclEntry(
                id=f"{entry.id}/{acl}",
                origin=entry.origin,
                maybe=entry.maybe or owner,
                number=entry.number,
                egress=entry.egress,
                allow=entry.allow,
                protocol=entry.protocol,
                ports=entry.ports,
                cidr=entry.cidr,
            )


def _allows(action: str | Doubt, path: str) -> bool | Doubt:
    if isinstance(action, Doubt):
        return action
    found = {"allow": True, "deny": False}.get(action.lower())
    return Doubt(f"{action!r} is neither allow nor deny", path) if found is None else found


def _ports(properties: Property, number: int | Doubt | None) -> PortRange | Icmp | Doubt | None:
    if isinstance(number, Doubt):
        return number
    if number in WITH_PORTS:
        return ports(properties.at("PortRange", "From"), properties.at("PortRange", "To"))
    if number in ICMP:
        return icmp(properties.at("Icmp", "Type"), properties.at("Icmp", "Code"))
    return None


def _cidr(resources: Resources, properties: Property) -> Doubt | Cidr:
    written = [properties.at(key) for key in ("CidrBlock", "Ipv6CidrBlock") if not properties.at(key).absent]
    if len(written) != 1:
        return Doubt(f"a network ACL entry has one block, not {len(written)}", properties.path)
    return resources.needed_cidr(written[0])


def acl_associations(resources: Resources) -> tuple[AclAssociation, ...]:
    """Which ACL a subnet has instead of the default one."""
    return tuple(
        AclAssociation(
            id=resource.id,
            origin=Origin(path=resource.path),
            maybe=resource.maybe,
            subnet=resources.ref(properties.at("SubnetId"), SUBNET),
            acl=resources.ref(properties.at("NetworkAclId"), NETWORK_ACL),
        )
        for resource, properties in resources.of("AWS::EC2::SubnetNetworkAclAssociation")
    )
