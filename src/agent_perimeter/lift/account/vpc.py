"""The VPC with its blocks, its subnets, and the prefix lists that the account keeps itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent_perimeter.lift.account.reading import Account, elements, standing
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import agent_of, name_of, parsed_cidr, role_of
from agent_perimeter.observed import Doubt, PrefixList, Subnet, Vpc
from agent_perimeter.values import Cidr

AWS_OWNED = "AWS"
"""The owner of the prefix lists that AWS keeps (EC2 API, ManagedPrefixList)."""


def vpcs(account: Account) -> tuple[Vpc, ...]:
    """The VPC with the blocks that are associated with it."""
    return tuple(
        Vpc(
            id=name,
            origin=account.origin(name),
            cidrs=tuple(_blocks(elements(vpc.at("CidrBlockAssociationSet")), "CidrBlock")),
            ipv6_cidrs=tuple(_blocks(vpc.at("Ipv6CidrBlockAssociationSet").items(), "Ipv6CidrBlock")),
            dns_support=_attribute(account, name, "EnableDnsSupport"),
            dns_hostnames=_attribute(account, name, "EnableDnsHostnames"),
            account=account.snapshot.account or "${AWS::AccountId}",
            region=account.snapshot.region,
        )
        for name, vpc in account.listed("ec2:DescribeVpcs")
    )


def _blocks(associations: Iterable[Property], key: str) -> Iterator[Cidr | Doubt]:
    """The blocks that are, or may be, associated."""
    for one in associations:
        state = standing(one.at(f"{key}State", "State"), settled={"associated"}, over={"disassociated", "failed"})
        if not state.gone:
            yield one.maybe or state.maybe or block(one.at(key))


def block(written: Property) -> Cidr | Doubt:
    """A block of addresses, which EC2 writes with host bits cleared."""
    found = parsed_cidr(written.needed_text(), written.path)
    return written.missing if found is None else found


def _attribute(account: Account, vpc: str, name: str) -> bool | Doubt:
    """An attribute of the VPC: each takes a call of its own (EC2 API, DescribeVpcAttribute)."""
    wanted = f"{name[:1].lower()}{name[1:]}"
    for answer in account.snapshot.answers_to("ec2:DescribeVpcAttribute"):
        if answer.parameters.get("Attribute") == wanted:
            value = account.property(dict(answer.result), vpc).at(name, "Value")
            return value.truth(value.missing)
    lost = account.snapshot.unread_of("ec2:DescribeVpcAttribute")
    why = next((str(one) for one in lost if one.parameters.get("Attribute") == wanted), f"{wanted} was not asked for")
    return Doubt(why, account.path(vpc))


def subnets(account: Account) -> tuple[Subnet, ...]:
    """Every subnet. ``zone`` is the zone's name."""
    return tuple(_subnets(account))


def _subnets(account: Account) -> Iterator[Subnet]:
    for name, subnet in account.listed("ec2:DescribeSubnets"):
        native = subnet.at("Ipv6Native").truth(default=False)
        ipv6 = tuple(_blocks(subnet.at("Ipv6CidrBlockAssociationSet").items(), "Ipv6CidrBlock"))
        several = Doubt("a subnet has one IPv6 block", subnet.at("Ipv6CidrBlockAssociationSet").path)
        maps = subnet.at("MapPublicIpOnLaunch")
        yield Subnet(
            id=name,
            origin=account.origin(name),
            vpc=subnet.at("VpcId").needed_text(),
            zone=subnet.at("AvailabilityZone").needed_text(),
            cidr=None if native is True else block(subnet.at("CidrBlock")),
            ipv6_cidr=(ipv6[0] if len(ipv6) == 1 else several) if ipv6 else None,
            maps_public_ip=maps.truth(maps.missing),
            agent=agent_of(subnet),
            role=role_of(subnet),
            name=name_of(subnet),
            has_ipv6=bool(ipv6),
        )


def prefix_lists(account: Account) -> tuple[PrefixList, ...]:
    """The lists that the account keeps, with the blocks in them; those that AWS keeps are known by their service."""
    return tuple(
        PrefixList(id=name, origin=account.origin(name), entries=entries(account, name))
        for name, listed in account.listed("ec2:DescribeManagedPrefixLists")
        if listed.at("OwnerId").text() != AWS_OWNED
    )


def entries(account: Account, name: str) -> tuple[Cidr | Doubt, ...]:
    """The blocks in a list."""
    found = account.about("ec2:GetManagedPrefixListEntries", "PrefixListId", name)
    if isinstance(found, Doubt):
        return (found,)
    return tuple(item.maybe or block(item.at("Cidr")) for item in elements(found.at("Entries")))
