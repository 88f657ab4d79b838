"""VPC peering connections, found by their filters, which moto leaves out."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.filters import filtered
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation
from tests.aws.local.shown import shown

ec2 = operation(EC2Response)

_FILTERS = {
    "accepter-vpc-info.owner-id": "accepter-owner",
    "accepter-vpc-info.vpc-id": "accepter",
    "requester-vpc-info.owner-id": "requester-owner",
    "requester-vpc-info.vpc-id": "requester",
    "status-code": "status",
    "vpc-peering-connection-id": "id",
}


@ec2
def describe_vpc_peering_connections(call: Call) -> Answer:
    held, wanted = asked_ec2(call).vpc_pcxs, call.get("VpcPeeringConnectionIds")
    if wanted and not set(wanted) <= set(held):
        raise Refused("InvalidVpcPeeringConnectionID.NotFound", f"{wanted} do not all exist")
    flat = [
        {
            "id": identity,
            "status": connection._status.code,
            "accepter": connection.peer_vpc.id,
            "accepter-owner": connection.peer_vpc.owner_id,
            "requester": connection.vpc.id,
            "requester-owner": connection.vpc.owner_id,
        }
        for identity, connection in held.items()
        if not wanted or identity in wanted
    ]
    found = [held[connection["id"]] for connection in filtered(call, flat, _FILTERS)]
    return ActionResult({"VpcPeeringConnections": found})


def _info(vpc: Any, options: Fields) -> Fields:
    blocks = [block["cidr_block"] for block in vpc.get_cidr_block_association_set(ipv6=False)]
    return {
        "OwnerId": vpc.owner_id,
        "Region": vpc.region,
        "VpcId": vpc.id,
        "CidrBlock": vpc.cidr_block,
        "CidrBlockSet": [{"CidrBlock": block} for block in blocks],
        "PeeringOptions": options,
    }


@shown(VPCPeeringConnection, "requester_vpc_info")
def _requester(connection: Any) -> Fields:
    return _info(connection.vpc, connection.requester_options)


@shown(VPCPeeringConnection, "accepter_vpc_info")
def _accepter(connection: Any) -> Fields:
    return _info(connection.peer_vpc, connection.accepter_options)
