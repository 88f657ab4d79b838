"""VPC Block Public Access: one mode for a region, and exclusions from it."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2, find_subnet
from tests.aws.local.ec2.filters import filtered
from tests.aws.local.ec2.state import asked_beyond, beyond, new_id, now, tags
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation, page
from tests.aws.local.shown import shown

ec2 = operation(EC2Response)

_FILTERS = {
    "resource-arn": "ResourceArn",
    "internet-gateway-exclusion-mode": "InternetGatewayExclusionMode",
    "state": "State",
}


@ec2
def describe_vpc_block_public_access_options(call: Call) -> Fields:
    return {"VpcBlockPublicAccessOptions": asked_beyond(call).public_access}


@ec2
def modify_vpc_block_public_access_options(call: Call) -> Fields:
    options = asked_beyond(call).public_access
    options |= {
        "InternetGatewayBlockMode": call.asked["InternetGatewayBlockMode"],
        "State": "update-complete",
        "LastUpdateTimestamp": now(),
    }
    return {"VpcBlockPublicAccessOptions": options}


@ec2
def create_vpc_block_public_access_exclusion(call: Call) -> Fields:
    vpc, subnet = call.get("VpcId"), call.get("SubnetId")
    if (vpc is None) == (subnet is None):
        raise Refused("InvalidParameterCombination", "Give either a VPC or a subnet")
    if vpc is not None:
        asked_ec2(call).get_vpc(vpc)
    elif find_subnet(call.account, call.region, subnet) is None:
        raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{subnet}' does not exist")
    exclusion = {
        "ExclusionId": new_id("vpcbpa-exclude"),
        "InternetGatewayExclusionMode": call.asked["InternetGatewayExclusionMode"],
        "ResourceArn": call.arn("ec2", f"vpc/{vpc}" if vpc else f"subnet/{subnet}"),
        "State": "create-complete",
        "CreationTimestamp": now(),
        "LastUpdateTimestamp": now(),
        "Tags": [
            {"Key": key, "Value": value} for key, value in tags(call, "vpc-block-public-access-exclusion").items()
        ],
    }
    asked_beyond(call).exclusions[exclusion["ExclusionId"]] = exclusion
    return {"VpcBlockPublicAccessExclusion": exclusion}


@ec2
def describe_vpc_block_public_access_exclusions(call: Call) -> Fields:
    wanted = call.get("ExclusionIds")
    held = asked_beyond(call).exclusions
    if wanted and not set(wanted) <= set(held):
        raise Refused("InvalidVpcBlockPublicAccessExclusionId.NotFound", f"{wanted} do not all exist")
    found = [exclusion for identity, exclusion in held.items() if not wanted or identity in wanted]
    return page(call, "VpcBlockPublicAccessExclusions", filtered(call, found, _FILTERS))


@ec2
def modify_vpc_block_public_access_exclusion(call: Call) -> Fields:
    exclusion = _asked(call)
    exclusion |= {
        "InternetGatewayExclusionMode": call.asked["InternetGatewayExclusionMode"],
        "State": "update-complete",
        "LastUpdateTimestamp": now(),
    }
    return {"VpcBlockPublicAccessExclusion": exclusion}


@ec2
def delete_vpc_block_public_access_exclusion(call: Call) -> Fields:
    exclusion = _asked(call)
    del asked_beyond(call).exclusions[exclusion["ExclusionId"]]
    gone = {"State": "delete-complete", "DeletionTimestamp": now()}
    return {"VpcBlockPublicAccessExclusion": exclusion | gone}


def _asked(call: Call) -> Fields:
    identity = call.asked["ExclusionId"]
    found = asked_beyond(call).exclusions.get(identity)
    if found is None:
        raise Refused("InvalidVpcBlockPublicAccessExclusionId.NotFound", f"The exclusion '{identity}' does not exist")
    return found


_LEAVES = {
    ("block-bidirectional", "allow-bidirectional"): "off",
    ("block-bidirectional", "allow-egress"): "block-ingress",
    ("block-ingress", "allow-bidirectional"): "off",
}
"""What an exclusion leaves of the region's mode."""


@shown(VPC, "block_public_access_states")
def _states(vpc: Any) -> Fields:
    return _state(vpc, f"vpc/{vpc.id}")


@shown(Subnet, "block_public_access_states")
def _subnet_states(subnet: Any) -> Fields:
    return _state(subnet, f"subnet/{subnet.id}", f"vpc/{subnet.vpc_id}")


def _state(resource: Any, *named: str) -> Fields:
    held = beyond(resource.ec2_backend.account_id, resource.ec2_backend.region_name)
    mode = held.public_access["InternetGatewayBlockMode"]
    for exclusion in held.exclusions.values():
        if exclusion["ResourceArn"].endswith(tuple(f":{name}" for name in named)):
            mode = _LEAVES.get((mode, exclusion["InternetGatewayExclusionMode"]), mode)
    return {"InternetGatewayBlockMode": mode}
