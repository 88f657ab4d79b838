"""VPC endpoints and their policies, without those that AWS makes for firewalls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal

from agent_perimeter.lift.account.groups import group_id
from agent_perimeter.lift.account.reading import Account, elements, standing
from agent_perimeter.lift.account.sites import Sites
from agent_perimeter.lift.policies import statements
from agent_perimeter.lift.properties import Property
from agent_perimeter.observed import Doubt, Endpoint, Ref, Statement

Kind = Literal["gateway", "interface", "gateway-load-balancer", "resource", "service-network"]

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "Gateway": "gateway",
        "GatewayLoadBalancer": "gateway-load-balancer",
        "Interface": "interface",
        "Resource": "resource",
        "ServiceNetwork": "service-network",
    }
)


def endpoints(account: Account, sites: Sites) -> tuple[Endpoint, ...]:
    """Every endpoint of the VPC's own. One that was refused or is deleted carries nothing."""
    return tuple(_endpoints(account, sites))


def _endpoints(account: Account, sites: Sites) -> Iterator[Endpoint]:
    for name, written in account.listed("ec2:DescribeVpcEndpoints"):
        over = {"deleted", "rejected", "failed", "expired"}
        state = standing(written.at("State"), settled={"available"}, over=over)
        if state.gone or name in sites.firewall_of_endpoint:
            continue
        kind = _kind(written)
        yield Endpoint(
            id=name,
            origin=account.origin(name),
            maybe=state.maybe or (sites.firewall_perhaps(name) if kind == "gateway-load-balancer" else None),
            vpc=written.at("VpcId").needed_text(),
            service_name=_service(written),
            kind=kind,
            policy=_policy(written.at("PolicyDocument")),
            route_tables=tuple(_tables(account, _given(written.at("RouteTableIds"), kind == "gateway"))),
            subnets=tuple(
                item.maybe or item.needed_text() for item in _given(written.at("SubnetIds"), kind == "interface")
            ),
            groups=()
            if kind == "gateway"
            else tuple(
                item.maybe or group_id(account, item.at("GroupId"))
                for item in _given(written.at("Groups"), kind == "interface")
            ),
            private_dns=_private_dns(written.at("PrivateDnsEnabled"), kind),
        )


def _kind(written: Property) -> Kind | Doubt:
    """What kind it is, if it takes IPv4."""
    address, text = written.at("IpAddressType").text(), written.at("VpcEndpointType").needed_text()
    if isinstance(address, Doubt) or isinstance(text, Doubt):
        return address if isinstance(address, Doubt) else text  # type: ignore[return-value]
    if address not in {None, "ipv4", "dualstack"}:
        place = written.at("IpAddressType").path
        return Doubt(f"whether an endpoint of type {address} takes IPv4 is not judged", place)
    unknown = Doubt(f"{text!r} is no type of VPC endpoint that is known", written.at("VpcEndpointType").path)
    return KINDS.get(text, unknown)


def _service(written: Property) -> str | Doubt:
    keys = ("ServiceName", "ResourceConfigurationArn", "ServiceNetworkArn")
    given = [written.at(key) for key in keys if not written.at(key).absent]
    return given[0].needed_text() if given else written.at("ServiceName").missing


def _policy(document: Property) -> tuple[Statement, ...] | Doubt | None:
    """The statements of a policy; None for the one that AWS gives to an endpoint made without any."""
    if document.absent:
        return None
    found = statements(document)
    if isinstance(found, Doubt):
        return found
    nobody = next((one for one in found if not one.principals), None)
    if nobody is not None:
        return Doubt("a statement of an endpoint's policy names no principal", nobody.origin.path)
    return None if is_default(found) else found


def is_default(policy: tuple[Statement, ...]) -> bool:
    """Whether a policy is the one that allows everything to everybody (PrivateLink guide, default endpoint policy)."""
    return (
        any(
            one.allow is True
            and one.principals == (("*", "*"),)
            and one.actions == ("*",)
            and one.resources == ("*",)
            and not (one.conditions or one.not_principals or one.not_actions or one.not_resources)
            for one in policy
        )
        and len(policy) == 1
    )


def _given(listed: Property, always: bool) -> tuple[Property, ...]:
    """The elements of a list that only some kinds of endpoint have."""
    return elements(listed) if always else listed.items()


def _tables(account: Account, listed: Iterable[Property]) -> Iterator[Ref]:
    for item in listed:
        name = item.needed_text()
        yield item.maybe or (name if isinstance(name, Doubt) else account.alias(name))


def _private_dns(written: Property, kind: Kind | Doubt) -> bool | Doubt:
    return False if kind == "gateway" else written.truth(written.missing)
