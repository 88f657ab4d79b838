"""Profiles, what they carry, and the VPCs that they are associated with."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from moto.core.responses import BaseResponse

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation, page
from tests.aws.local.route53profiles.models import Route53Profiles, route53profiles_backends


class Route53ProfilesResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="route53profiles")
        self.automated_parameter_parsing = True


profiles = operation(Route53ProfilesResponse)


@profiles
def create_profile(call: Call) -> Fields:
    identity = _new_id("rp")
    profile = {
        "Id": identity,
        "Arn": call.arn("route53profiles", f"profile/{identity}"),
        "Name": call.asked["Name"],
        "OwnerId": call.account,
        "Status": "COMPLETE",
        "ShareStatus": "NOT_SHARED",
        "CreationTime": _now(),
        "ModificationTime": _now(),
        "ClientToken": call.asked["ClientToken"],
    }
    _held(call).profiles[identity] = profile
    return {"Profile": profile}


@profiles
def get_profile(call: Call) -> Fields:
    return {"Profile": _profile(call)}


@profiles
def list_profiles(call: Call) -> Fields:
    members = ("Id", "Arn", "Name", "ShareStatus")
    found = [{member: profile[member] for member in members} for profile in _held(call).profiles.values()]
    return page(call, "ProfileSummaries", found)


@profiles
def delete_profile(call: Call) -> Fields:
    held, profile = _held(call), _profile(call)
    if any(association["ProfileId"] == profile["Id"] for association in held.associations.values()):
        raise Refused("ConflictException", f"{profile['Id']} is associated with a VPC")
    del held.profiles[profile["Id"]]
    return {"Profile": profile | {"Status": "DELETED"}}


@profiles
def associate_profile(call: Call) -> Fields:
    held, profile, vpc = _held(call), _profile(call), call.asked["ResourceId"]
    if vpc not in asked_ec2(call).vpcs:
        raise Refused("ResourceNotFoundException", f"The VPC {vpc} does not exist")
    if any((other["ProfileId"], other["ResourceId"]) == (profile["Id"], vpc) for other in held.associations.values()):
        raise Refused("ResourceExistsException", f"{profile['Id']} is associated with {vpc} already")
    association = {
        "Id": _new_id("rpassoc"),
        "Name": call.asked["Name"],
        "OwnerId": call.account,
        "ProfileId": profile["Id"],
        "ResourceId": vpc,
        "Status": "COMPLETE",
        "CreationTime": _now(),
        "ModificationTime": _now(),
        "Priority": call.get("Priority"),
    }
    held.associations[association["Id"]] = association
    return {"ProfileAssociation": association}


@profiles
def get_profile_association(call: Call) -> Fields:
    found = _held(call).associations.get(call.asked["ProfileAssociationId"])
    if found is None:
        raise Refused("ResourceNotFoundException", f"{call.asked['ProfileAssociationId']} does not exist")
    return {"ProfileAssociation": found}


@profiles
def list_profile_associations(call: Call) -> Fields:
    by = ("ResourceId", "ProfileId")
    found = [
        association
        for association in _held(call).associations.values()
        if all(call.get(member) in {None, association[member]} for member in by)
    ]
    return page(call, "ProfileAssociations", found)


@profiles
def disassociate_profile(call: Call) -> Fields:
    held, wanted = _held(call), (call.asked["ProfileId"], call.asked["ResourceId"])
    for identity, association in held.associations.items():
        if (association["ProfileId"], association["ResourceId"]) == wanted:
            del held.associations[identity]
            return {"ProfileAssociation": association | {"Status": "DELETING"}}
    raise Refused("ResourceNotFoundException", f"{wanted[0]} is not associated with {wanted[1]}")


@profiles
def associate_resource_to_profile(call: Call) -> Fields:
    profile, arn = _profile(call), call.asked["ResourceArn"]
    resource = {
        "Id": _new_id("rpr"),
        "Name": call.asked["Name"],
        "OwnerId": call.account,
        "ProfileId": profile["Id"],
        "ResourceArn": arn,
        "ResourceType": arn.split(":")[5].split("/")[0].upper().replace("-", "_"),
        "ResourceProperties": call.get("ResourceProperties"),
        "Status": "COMPLETE",
        "CreationTime": _now(),
        "ModificationTime": _now(),
    }
    _held(call).resources[resource["Id"]] = resource
    return {"ProfileResourceAssociation": resource}


@profiles
def list_profile_resource_associations(call: Call) -> Fields:
    profile = _profile(call)
    found = [resource for resource in _held(call).resources.values() if resource["ProfileId"] == profile["Id"]]
    return page(call, "ProfileResourceAssociations", found)


@profiles
def disassociate_resource_from_profile(call: Call) -> Fields:
    held, wanted = _held(call), (call.asked["ProfileId"], call.asked["ResourceArn"])
    for identity, resource in held.resources.items():
        if (resource["ProfileId"], resource["ResourceArn"]) == wanted:
            del held.resources[identity]
            return {"ProfileResourceAssociation": resource | {"Status": "DELETING"}}
    raise Refused("ResourceNotFoundException", f"{wanted[0]} does not carry {wanted[1]}")


def _held(call: Call) -> Route53Profiles:
    found: Route53Profiles = route53profiles_backends[call.account][call.region]
    return found


def _profile(call: Call) -> Fields:
    found = _held(call).profiles.get(call.asked["ProfileId"])
    if found is None:
        raise Refused("ResourceNotFoundException", f"The profile {call.asked['ProfileId']} does not exist")
    return found


def _new_id(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:17]}"


def _now() -> datetime:
    return datetime.now(UTC)
