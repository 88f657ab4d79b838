"""The services for which a VPC endpoint may be made.

Moto has the list, but asks of every service that it knows, and so would load packages that nothing else needs.
"""

from __future__ import annotations

from functools import cache

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.vpcs import AWS_ENDPOINT_SERVICES, COVERED_ENDPOINT_SERVICES
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.filters import filtered
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation, page

ec2 = operation(EC2Response)

_GATEWAY = ("dynamodb", "s3")
_LATER = ("bedrock-agentcore", "bedrock-agentcore-control", "bedrock-agentcore.gateway")
"""Newer than moto's list."""


@ec2
def describe_vpc_endpoint_services(call: Call) -> Fields:
    services = _services(call.region)
    names = call.get("ServiceNames")
    if names:
        services = tuple(service for service in services if service["ServiceName"] in names)
        missing = set(names) - {service["ServiceName"] for service in services}
        if missing:
            raise Refused("InvalidServiceName", f"The Vpc Endpoint Service '{min(missing)}' does not exist")
    flat = [service | {"type": service["ServiceType"][0]["ServiceType"]} for service in services]
    found = filtered(call, flat, {"service-name": "ServiceName", "service-type": "type", "owner": "Owner"})
    details = page(call, "ServiceDetails", [_without_type(service) for service in found], size=1000)
    return {"ServiceNames": sorted({service["ServiceName"] for service in details["ServiceDetails"]}), **details}


def service_types(region: str, name: str) -> frozenset[str]:
    """The types of endpoint that the service of this name takes; none where there is no such service."""
    return frozenset(
        service["ServiceType"][0]["ServiceType"] for service in _services(region) if service["ServiceName"] == name
    )


@cache
def _services(region: str) -> tuple[Fields, ...]:
    interface = sorted({*AWS_ENDPOINT_SERVICES, *COVERED_ENDPOINT_SERVICES, *_LATER})
    kinds = [(name, "Interface") for name in interface] + [(name, "Gateway") for name in _GATEWAY]
    return tuple(_service(region, name, kind) for name, kind in kinds)


def _service(region: str, name: str, kind: str) -> Fields:
    zones = [zone.name for zone in RegionsAndZonesBackend.zones[region]]
    host = f"{name}.{region}.amazonaws.com"
    private = {"PrivateDnsName": host, "PrivateDnsNames": [{"PrivateDnsName": host}]} if kind == "Interface" else {}
    return {
        "ServiceName": f"com.amazonaws.{region}.{name}",
        "ServiceType": [{"ServiceType": kind}],
        "AvailabilityZones": zones,
        "Owner": "amazon",
        "BaseEndpointDnsNames": [f"{name}.{region}.vpce.amazonaws.com"],
        "VpcEndpointPolicySupported": True,
        "AcceptanceRequired": False,
        "ManagesVpcEndpoints": False,
        "Tags": [],
        **private,
    }


def _without_type(service: Fields) -> Fields:
    return {member: value for member, value in service.items() if member != "type"}
