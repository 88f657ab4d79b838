"""Private zones of a VPC: those that somebody made, and those by which interface endpoints answer to their names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from moto.route53.models import route53_backends
from moto.route53.responses import Route53

from tests.aws.local.ec2.backend import ec2_backend
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation

route53 = operation(Route53)


@route53
def list_hosted_zones_by_vpc(call: Call) -> Fields:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByVPC.html."""
    vpc, size = call.asked["VPCId"], int(call.get("MaxItems", "100"))
    if vpc not in ec2_backend(call.account, call.asked["VPCRegion"]).vpcs:
        raise Refused("InvalidVPCId", f"The VPC {vpc} does not exist in {call.asked['VPCRegion']}")
    found = [*route53_backends[call.account]["aws"].list_hosted_zones_by_vpc(vpc), *_of_endpoints(call)]
    start = int(call.get("NextToken", "0"))
    more: Fields = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {"HostedZoneSummaries": found[start : start + size], "MaxItems": str(size), **more}


def _of_endpoints(call: Call) -> Iterator[Fields]:
    region = call.asked["VPCRegion"]
    for endpoint in ec2_backend(call.account, region).vpc_end_points.values():
        named = endpoint.vpc_endpoint_type == "Interface" and endpoint.private_dns_enabled
        if named and endpoint.vpc_id == call.asked["VPCId"]:
            identity = hashlib.sha256(endpoint.id.encode()).hexdigest()[:20].upper()
            name = f"{endpoint.service_name.rpartition('.')[2]}.{region}.amazonaws.com."
            yield {"HostedZoneId": f"Z{identity}", "Name": name, "Owner": {"OwningService": "vpce.amazonaws.com"}}
