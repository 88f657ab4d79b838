"""VPC Route Servers, which write routes into tables by BGP. Peers and propagations are left out."""

from __future__ import annotations

from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.filters import filtered
from tests.aws.local.ec2.state import asked_beyond, new_id, tags
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation, page

ec2 = operation(EC2Response)

_FILTERS = {"route-server-id": "RouteServerId", "state": "State"}


@ec2
def create_route_server(call: Call) -> Fields:
    server = {
        "RouteServerId": new_id("rs"),
        "AmazonSideAsn": call.asked["AmazonSideAsn"],
        "State": "available",
        "Tags": [{"Key": key, "Value": value} for key, value in tags(call, "route-server").items()],
        "PersistRoutesState": "enabled" if call.get("PersistRoutes") == "enable" else "disabled",
        "SnsNotificationsEnabled": call.get("SnsNotificationsEnabled", False),
    }
    asked_beyond(call).route_servers[server["RouteServerId"]] = server
    return {"RouteServer": server}


@ec2
def describe_route_servers(call: Call) -> Fields:
    wanted = call.get("RouteServerIds")
    held = asked_beyond(call).route_servers
    found = [server for identity, server in held.items() if not wanted or identity in wanted]
    return page(call, "RouteServers", filtered(call, found, _FILTERS))


@ec2
def delete_route_server(call: Call) -> Fields:
    server = asked_beyond(call).route_servers.pop(call.asked["RouteServerId"], None)
    if server is None:
        raise Refused(
            "InvalidRouteServerId.NotFound", f"The route server '{call.asked['RouteServerId']}' does not exist"
        )
    return {"RouteServer": server | {"State": "deleting"}}
