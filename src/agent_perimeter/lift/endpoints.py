"""VPC endpoints and their policies."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from agent_perimeter.lift.gateways import vpc_of
from agent_perimeter.lift.groups import SECURITY_GROUP
from agent_perimeter.lift.policies import statements
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import Resources, origin
from agent_perimeter.lift.routes import ROUTE_TABLE
from agent_perimeter.lift.vpc import SUBNET, VPC
from agent_perimeter.observed import Doubt, Endpoint, Ref, Statement

VPC_ENDPOINT = "AWS::EC2::VPCEndpoint"
Kind = Literal["gateway", "interface", "gateway-load-balancer", "resource", "service-network"]

_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "gateway": "gateway",
        "gatewayloadbalancer": "gateway-load-balancer",
        "interface": "interface",
        "resource": "resource",
        "servicenetwork": "service-network",
    }
)


def endpoints(resources: Resources) -> tuple[Endpoint, ...]:
    """Every VPC endpoint. One without a type is a gateway, one without a policy allows everything."""
    found: list[Endpoint] = []
    for resource, properties in resources.of(VPC_ENDPOINT):
        document = properties.at("PolicyDocument")
        vpc = resources.ref(properties.at("VpcId"), VPC)
        kind = _for_ipv4(properties.at("IpAddressType")) or _kind(properties.at("VpcEndpointType"))
        found.append(
            Endpoint(
                id=resource.id,
                origin=origin(resource),
                maybe=resource.maybe,
                vpc=vpc,
                service_name=_service(properties),
                kind=kind,
                policy=None if document.absent else _policy(document),
                route_tables=resources.refs(properties.at("RouteTableIds"), ROUTE_TABLE),
                subnets=resources.refs(properties.at("SubnetIds"), SUBNET),
                groups=groups_or_default(resources, properties.at("SecurityGroupIds"), vpc)
                if kind != "gateway"
                else (),
                private_dns=_private_dns(properties.at("PrivateDnsEnabled"), kind),
            )
        )
    return tuple(found)


def _kind(written: Property) -> Kind | Doubt:
    text = written.text()
    if text is None or isinstance(text, Doubt):
        return "gateway" if text is None else text
    return _KINDS.get(text.lower()) or Doubt(f"{text!r} is no type of VPC endpoint that is known", written.path)


def _for_ipv4(written: Property) -> Doubt | None:
    """Why an endpoint may not take IPv4, as it does by default."""
    text = written.text()
    if text is None or isinstance(text, Doubt):
        return text
    known = text.lower() in {"ipv4", "dualstack"}
    return None if known else Doubt(f"whether an endpoint of type {text} takes IPv4 is not judged", written.path)


def _policy(document: Property) -> tuple[Statement, ...] | Doubt:
    """The statements of an endpoint's policy, which name their principals (PrivateLink guide, endpoint policies)."""
    found = statements(document)
    if isinstance(found, Doubt):
        return found
    nobody = next((one for one in found if not one.principals), None)
    if nobody is not None:
        return Doubt("a statement of an endpoint's policy names no principal", nobody.origin.path)
    return found


def _private_dns(written: Property, kind: Kind | Doubt) -> bool | Doubt:
    if kind == "gateway":
        return False
    return written.truth(Doubt("what AWS takes where PrivateDnsEnabled is not set is not documented", written.path))


def _service(properties: Property) -> str | Doubt:
    """The service's name; the ARN of what a resource or service-network endpoint leads to."""
    leads = [properties.at(key) for key in ("ServiceName", "ResourceConfigurationArn", "ServiceNetworkArn")]
    written = [lead for lead in leads if not lead.absent]
    if len(written) > 1:
        return Doubt("an endpoint leads to a service, a resource or a service network, not to several", written[1].path)
    return written[0].needed_text() if written else leads[0].missing


def groups_or_default(resources: Resources, written: Property, vpc: Ref | None) -> tuple[Ref, ...]:
    """The groups that are written; the VPC's default group where none is."""
    found = resources.refs(written, SECURITY_GROUP)
    if found:
        return found
    return (f"{vpc}/default-group",) if isinstance(vpc, str) else (Doubt("some VPC's default group", written.path),)


def groups_in(resources: Resources, written: Property, subnet: Ref) -> tuple[Ref, ...]:
    """The groups of an interface in a subnet."""
    return groups_or_default(resources, written, vpc_of(resources, subnet))
