"""Route tables, what they are associated with, and routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from agent_perimeter.lift.account.lists import prefix_list
from agent_perimeter.lift.account.reading import Account, Standing, elements, standing
from agent_perimeter.lift.account.sites import Sites
from agent_perimeter.lift.account.vpc import block
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import (
    Doubt,
    ListRef,
    ManagedList,
    Ref,
    Route,
    RouteTable,
    RouteTableAssociation,
    Target,
    TargetKind,
)
from agent_perimeter.values import Cidr

TABLES: Final = "ec2:DescribeRouteTables"

TARGETS: Final[Mapping[str, TargetKind]] = MappingProxyType(
    {
        "CarrierGatewayId": TargetKind.CARRIER_GATEWAY,
        "CoreNetworkArn": TargetKind.CORE_NETWORK,
        "EgressOnlyInternetGatewayId": TargetKind.EGRESS_ONLY_GATEWAY,
        "LocalGatewayId": TargetKind.LOCAL_GATEWAY,
        "NatGatewayId": TargetKind.NAT_GATEWAY,
        # A route to an instance is one to its interface, and EC2 names both (EC2 API, Route).
        "NetworkInterfaceId": TargetKind.INTERFACE,
        "InstanceId": TargetKind.INSTANCE,
        "TransitGatewayId": TargetKind.TRANSIT_GATEWAY,
        "VpcPeeringConnectionId": TargetKind.PEERING,
    }
)
"""Members of a route that name a target of one kind only, the first that stands decides. GatewayId names several."""

GATEWAYS: Final[Mapping[str, TargetKind]] = MappingProxyType(
    {
        "igw": TargetKind.INTERNET_GATEWAY,
        "vgw": TargetKind.VPN_GATEWAY,
        "eigw": TargetKind.EGRESS_ONLY_GATEWAY,
        "nat": TargetKind.NAT_GATEWAY,
        "tgw": TargetKind.TRANSIT_GATEWAY,
    }
)
"""What stands in GatewayId, by how its id begins."""


def route_tables(account: Account) -> tuple[RouteTable, ...]:
    """Every route table; the main one goes by the judge's own id."""
    return tuple(
        RouteTable(
            id=account.alias(name),
            origin=account.origin(name),
            vpc=table.at("VpcId").needed_text(),
            main=account.alias(name) != name,
        )
        for name, table in account.listed(TABLES)
    )


def table_associations(account: Account) -> tuple[RouteTableAssociation, ...]:
    """The tables of subnets and, as edge tables, of gateways. Being the main table is no association of a subnet."""
    return tuple(_associations(account))


def _associations(account: Account) -> Iterator[RouteTableAssociation]:
    for name, table in account.listed(TABLES):
        for one in elements(table.at("Associations")):
            if one.at("Main").truth(default=False) is True and one.at("SubnetId").absent:
                continue
            state = _associated(one)
            if state.gone:
                continue
            own = one.at("RouteTableAssociationId").text()
            edge = None if one.at("GatewayId").absent else one.at("GatewayId").needed_text()
            yield RouteTableAssociation(
                id=own if isinstance(own, str) else f"{name}/{one.path.rpartition('/')[2]}",
                origin=account.origin(name, one.path.partition("#")[2]),
                maybe=one.maybe or state.maybe,
                table=account.alias(name),
                subnet=one.at("SubnetId").needed_text() if edge is None else None,
                edge=edge,
            )


def _associated(one: Property) -> Standing:
    """EC2 lists what is associated; its state only tells what is about to change."""
    if one.at("AssociationState").absent:
        return Standing()
    return standing(one.at("AssociationState", "State"), settled={"associated"}, over={"disassociated", "failed"})


def routes(account: Account, sites: Sites) -> tuple[Route, ...]:
    """Every route beside ``local``, those that a gateway endpoint makes apart: its record names its tables."""
    return tuple(route for name, table in account.listed(TABLES) for route in _of_table(account, sites, name, table))


def _of_table(account: Account, sites: Sites, name: str, table: Property) -> Iterator[Route]:
    own = account.alias(name)
    for written in elements(table.at("Routes")):
        local = written.at("GatewayId").text() == "local" and written.at("Origin").text() != "CreateRoute"
        if local or _of_endpoint(sites, own, written):
            continue
        destination = _destination(account, written)
        yield Route(
            id=f"{own}/{_spelled(written)}",
            origin=account.origin(name, _spelled(written)),
            maybe=written.maybe or _of_endpoint_perhaps(sites, written),
            table=own,
            destination=destination,
            target=_target(sites, written),
            propagated=written.at("Origin").text() == "EnableVgwRoutePropagation",
        )
    for gateway in table.at("PropagatingVgws").items():
        source: Ref = gateway.at("GatewayId").needed_text()
        yield Route(
            id=f"{own}/propagated/{source if isinstance(source, str) else '?'}",
            origin=account.origin(name, gateway.path.partition("#")[2]),
            maybe=gateway.maybe,
            table=own,
            destination=Doubt("what a virtual private gateway propagates changes without notice", gateway.path),
            target=Target(TargetKind.VPN_GATEWAY, source),
            propagated=True,
        )


def _of_endpoint(sites: Sites, table: str, written: Property) -> bool:
    """Whether a gateway endpoint has put this route there."""
    if written.at("DestinationPrefixListId").absent:
        return False
    gateway = written.at("GatewayId").text()
    return isinstance(gateway, str) and table in sites.tables_of_endpoint.get(gateway, ())


def _of_endpoint_perhaps(sites: Sites, written: Property) -> Doubt | None:
    """Why a gateway endpoint may have put it there all the same: the endpoints were not read."""
    gateway = written.at("GatewayId").text()
    if written.at("DestinationPrefixListId").absent or not isinstance(gateway, str):
        return None
    return sites.unread.get(gateway.partition("-")[0])


def _spelled(written: Property) -> str:
    """The destination as EC2 spells it."""
    for key in _DESTINATIONS:
        found = written.at(key).text()
        if isinstance(found, str):
            return found
    return written.path.rpartition("/")[2]


_DESTINATIONS: Final = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def _destination(account: Account, written: Property) -> Cidr | ManagedList | ListRef | Doubt:
    given = [written.at(key) for key in _DESTINATIONS if not written.at(key).absent]
    if len(given) != 1:
        return Doubt(f"a route has one destination, not {len(given)}", written.path)
    return prefix_list(account, given[0]) if given[0].path.endswith("PrefixListId") else block(given[0])


def _target(sites: Sites, written: Property) -> Target | Doubt:
    state = written.at("State").needed_text()
    if state == "blackhole":
        # What it led to is gone, and its packets are dropped (EC2 API, Route).
        return Target(TargetKind.BLACKHOLE)
    if state != "active":
        return state if isinstance(state, Doubt) else Doubt(f"the state of this route is {state}", written.path)
    if not written.at("GatewayId").absent:
        return _gateway(sites, written.at("GatewayId"))
    for key, kind in TARGETS.items():
        if not written.at(key).absent:
            return Target(kind, written.at(key).needed_text())
    return Doubt("the target of this route is of no kind that is known", written.path)


def _gateway(sites: Sites, written: Property) -> Target | Doubt:
    """The target that GatewayId names: endpoints stand there, too (EC2 API, Route)."""
    name = written.needed_text()
    if isinstance(name, Doubt):
        return name
    if name == "local":
        return Target(TargetKind.LOCAL)
    if name in sites.firewall_of_endpoint:
        return Target(TargetKind.FIREWALL, sites.firewall_of_endpoint[name])
    if name in sites.load_balancer_endpoints:
        perhaps = sites.firewall_perhaps(name)
        return perhaps or Target(TargetKind.LOAD_BALANCER_ENDPOINT, name)
    kind = GATEWAYS.get(name.partition("-")[0])
    if kind is None:
        return Doubt(f"what {name} is was not read", written.path)
    return Target(kind, name)
