"""What becomes of a route whose target is gone: it stays, and takes traffic nowhere."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.route_tables import Route

from tests.aws.local.shown import shown


@shown(Route, "state")
def _state(route: Any) -> str:
    """``blackhole`` where the target no longer takes traffic."""
    return "active" if route.local or _works(route, route.route_table.ec2_backend) else "blackhole"


def _works(route: Any, backend: Any) -> bool:
    vpc = route.route_table.vpc_id
    if route.gateway_id:
        return _gateway_works(route.gateway_id, backend, vpc)
    if route.nat_gateway:
        return bool(backend.nat_gateways[route.nat_gateway.id].state == "available")
    if route.vpc_pcx:
        return bool(route.vpc_pcx._status.code == "active")
    if route.transit_gateway:
        attachments = backend.transit_gateway_attachments.values()
        return any(
            (attachment.transit_gateway_id, attachment.resource_id, attachment.state)
            == (route.transit_gateway.id, vpc, "available")
            for attachment in attachments
        )
    if route.instance:
        return bool(route.instance.state == "running")
    if route.interface:
        return route.interface.id in backend.enis
    if route.egress_only_igw:
        return route.egress_only_igw.id in backend.egress_only_internet_gateways
    if route.carrier_gateway:
        return route.carrier_gateway.id in backend.carrier_gateways
    return True


def _gateway_works(identity: str, backend: Any, vpc: str) -> bool:
    if identity.startswith("igw-"):
        gateway = backend.internet_gateways.get(identity)
        return bool(gateway and gateway.vpc and gateway.vpc.id == vpc)
    if identity.startswith("vgw-"):
        gateway = backend.vpn_gateways.get(identity)
        return bool(gateway and vpc in gateway.attachments and gateway.attachments[vpc].state == "attached")
    return identity in backend.vpc_end_points
