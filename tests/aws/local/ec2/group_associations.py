"""Security groups of one VPC that may be used in another."""

from __future__ import annotations

from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.filters import filtered
from tests.aws.local.ec2.state import asked_beyond
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation, page

ec2 = operation(EC2Response)

_FILTERS = {
    "group-id": "GroupId",
    "group-owner-id": "GroupOwnerId",
    "vpc-id": "VpcId",
    "vpc-owner-id": "VpcOwnerId",
    "state": "State",
}


@ec2
def associate_security_group_vpc(call: Call) -> Fields:
    backend, key = asked_ec2(call), _key(call)
    group = backend.get_security_group_from_id(key[0])
    if group is None:
        raise Refused("InvalidGroup.NotFound", f"The security group '{key[0]}' does not exist")
    backend.get_vpc(key[1])
    if group.vpc_id == key[1]:
        raise Refused("InvalidParameterValue", f"{key[0]} belongs to {key[1]} already")
    asked_beyond(call).group_associations[key] = {
        "GroupId": key[0],
        "VpcId": key[1],
        "VpcOwnerId": call.account,
        "State": "associated",
        "GroupOwnerId": call.account,
    }
    return {"State": "associating"}


@ec2
def disassociate_security_group_vpc(call: Call) -> Fields:
    if asked_beyond(call).group_associations.pop(_key(call), None) is None:
        raise Refused(
            "InvalidSecurityGroupVpcAssociation.NotFound", "The security group is not associated with the VPC"
        )
    return {"State": "disassociating"}


@ec2
def describe_security_group_vpc_associations(call: Call) -> Fields:
    found = filtered(call, asked_beyond(call).group_associations.values(), _FILTERS)
    return page(call, "SecurityGroupVpcAssociations", found)


def _key(call: Call) -> tuple[str, str]:
    return call.asked["GroupId"], call.asked["VpcId"]
