"""VPCs, subnets and customer-managed prefix lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import Resources, agent_of, name_of, origin, role_of
from agent_perimeter.observed import Doubt, PrefixList, Subnet, Vpc
from agent_perimeter.values import Cidr

VPC = "AWS::EC2::VPC"
SUBNET = "AWS::EC2::Subnet"
PREFIX_LIST = "AWS::EC2::PrefixList"


def vpcs(resources: Resources) -> tuple[Vpc, ...]:
    """Every VPC with all its blocks. DNS support is on and host names are off by default (AWS::EC2::VPC)."""
    found: list[Vpc] = []
    for resource, properties in resources.of(VPC):
        v4, v6 = _blocks(resources, properties)
        for block, added in resources.of("AWS::EC2::VPCCidrBlock"):
            owner = resources.ref(added.at("VpcId"), VPC)
            if owner == resource.id or isinstance(owner, Doubt):
                doubt = owner if isinstance(owner, Doubt) else block.maybe
                more_v4, more_v6 = _blocks(resources, added)
                v4 += (doubt,) * len(more_v4) if doubt else more_v4
                v6 += (doubt,) * len(more_v6) if doubt else more_v6
        found.append(
            Vpc(
                id=resource.id,
                origin=origin(resource),
                maybe=resource.maybe,
                cidrs=v4,
                ipv6_cidrs=v6,
                dns_support=properties.at("EnableDnsSupport").truth(default=True),
                dns_hostnames=properties.at("EnableDnsHostnames").truth(default=False),
                account=resource.account or "${AWS::AccountId}",
                region=resource.region or "${AWS::Region}",
            )
        )
    return tuple(found)


def _blocks(resources: Resources, properties: Property) -> tuple[tuple[Cidr | Doubt, ...], tuple[Cidr | Doubt, ...]]:
    """The IPv4 and the IPv6 blocks that a VPC or a VPCCidrBlock asks for; AWS chooses those from pools."""
    v4 = _block(resources, properties, "CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength")
    # An IPv6 block of one's own is written beside the pool that it comes from (EC2 API, AssociateVpcCidrBlock).
    pools = () if not properties.at("Ipv6CidrBlock").absent else ("Ipv6IpamPoolId", "Ipv6Pool", "Ipv6NetmaskLength")
    v6 = _block(resources, properties, "Ipv6CidrBlock", *pools)
    amazon = properties.at("AmazonProvidedIpv6CidrBlock")
    given = (_chosen(amazon),) if amazon.truth(default=False) is not False else ()
    return () if v4 is None else (v4,), (*(() if v6 is None else (v6,)), *given)


def _block(resources: Resources, properties: Property, key: str, *pools: str) -> Cidr | Doubt | None:
    """The block that is written, or that AWS chooses from a pool; a doubt where both stand."""
    written = resources.cidr(properties.at(key))
    chosen = next((_chosen(properties.at(pool)) for pool in pools if not properties.at(pool).absent), None)
    if written is not None and chosen is not None:
        return Doubt(f"{key} and {chosen.path.rsplit('/', 1)[-1]} both say which block this is", chosen.path)
    return chosen if written is None else written


def _chosen(written: Property) -> Doubt:
    return Doubt("AWS chooses this block when it deploys", written.path)


def subnets(resources: Resources) -> tuple[Subnet, ...]:
    """Every subnet. A SubnetCidrBlock gives an IPv6 block to one that has none of its own."""
    later: dict[str, Cidr | Doubt] = {}
    given_one: set[str] = set()
    for block, properties in resources.of("AWS::EC2::SubnetCidrBlock"):
        owner = resources.ref(properties.at("SubnetId"), SUBNET)
        written = block.maybe or resources.cidr(properties.at("Ipv6CidrBlock"))
        given = written or _chosen(properties)
        for subnet in [owner] if isinstance(owner, str) else [resource.id for resource, _ in resources.of(SUBNET)]:
            later[subnet] = given if isinstance(owner, str) else owner
        if isinstance(owner, str) and block.maybe is None:
            given_one.add(owner)
    return tuple(_subnets(resources, later, given_one))


def _subnets(resources: Resources, later: dict[str, Cidr | Doubt], given_one: set[str]) -> Iterator[Subnet]:
    for resource, properties in resources.of(SUBNET):
        zone = _zone(properties)
        ipv6_cidr = _block(resources, properties, "Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength")
        yield Subnet(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            vpc=resources.ref(properties.at("VpcId"), VPC),
            zone=zone,
            cidr=_ipv4(resources, properties),
            ipv6_cidr=later.get(resource.id) if ipv6_cidr is None else ipv6_cidr,
            maps_public_ip=properties.at("MapPublicIpOnLaunch").truth(default=False),
            agent=agent_of(properties),
            role=role_of(properties),
            name=name_of(properties),
            has_ipv6=resource.id in given_one
            or (isinstance(properties.value, Mapping) and not properties.at("Ipv6CidrBlock").optional),
        )


def _ipv4(resources: Resources, subnet: Property) -> Cidr | Doubt | None:
    """The IPv4 block, which only a subnet for IPv6 alone does without."""
    found = _block(resources, subnet, "CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength")
    native = subnet.at("Ipv6Native").truth(default=False)
    return subnet.at("CidrBlock").missing if found is None and native is False else found


def _zone(properties: Property) -> str | Doubt:
    """The zone by name or by id. Where both stand, or neither, AWS decides or refuses."""
    written = [key for key in ("AvailabilityZone", "AvailabilityZoneId") if not properties.at(key).absent]
    if len(written) == 2:
        return Doubt("AvailabilityZone and AvailabilityZoneId both say where this is", properties.path)
    return properties.at(written[0] if written else "AvailabilityZone").needed_text()


def prefix_lists(resources: Resources) -> tuple[PrefixList, ...]:
    """Every customer-managed prefix list."""
    return tuple(
        PrefixList(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            entries=tuple(
                item.maybe or resources.needed_cidr(item.at("Cidr")) for item in properties.at("Entries").items()
            ),
        )
        for resource, properties in resources.of(PREFIX_LIST)
    )
