"""IAM: who is held by a boundary. Moto knows boundaries, but lists only who has a policy attached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.iam.models import ManagedPolicy, iam_backends
from moto.iam.responses import IamResponse

from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation
from tests.aws.local.shown import shown

iam = operation(IamResponse)


@iam
def list_entities_for_policy(call: Call) -> Fields:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html."""
    backend, arn = _backend(call), call.asked["PolicyArn"]
    if arn not in backend.managed_policies:
        raise Refused("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    usage, prefix, kind = call.get("PolicyUsageFilter"), call.get("PathPrefix", "/"), call.get("EntityFilter")

    def using(entities: Iterable[Any], entity: str) -> list[Any]:
        if kind not in {None, entity}:
            return []
        return [one for one in entities if one.path.startswith(prefix) and _uses(one, arn, usage)]

    return {
        "PolicyRoles": [{"RoleName": role.name, "RoleId": role.id} for role in using(backend.roles.values(), "Role")],
        "PolicyUsers": [{"UserName": user.name, "UserId": user.id} for user in using(backend.users.values(), "User")],
        "PolicyGroups": [
            {"GroupName": group.name, "GroupId": group.id} for group in using(backend.groups.values(), "Group")
        ],
        "IsTruncated": False,
    }


@iam
def put_role_permissions_boundary(call: Call) -> Fields:
    backend, arn = _backend(call), call.asked["PermissionsBoundary"]
    if arn not in backend.managed_policies:
        raise Refused("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")
    backend.put_role_permissions_boundary(call.asked["RoleName"], arn)
    return {}


def _backend(call: Call) -> Any:
    return iam_backends[call.account]["aws"]


def _uses(entity: Any, arn: str, usage: str | None) -> bool:
    attached = arn in entity.managed_policies
    bounded = getattr(entity, "permissions_boundary_arn", None) == arn
    return (attached and usage != "PermissionsBoundary") or (bounded and usage != "PermissionsPolicy")


@shown(ManagedPolicy, "permissions_boundary_usage_count")
def _boundary_usage(policy: Any) -> int:
    backend = iam_backends[policy.account_id]["aws"]
    held = (*backend.roles.values(), *backend.users.values())
    return sum(getattr(entity, "permissions_boundary_arn", None) == policy.arn for entity in held)
