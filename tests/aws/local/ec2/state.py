"""What moto's EC2 has no place for."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from moto.core.base_backend import BackendDict, BaseBackend

from tests.aws.local.operations import Call, Fields


def new_id(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:17]}"


def now() -> datetime:
    return datetime.now(UTC)


class Beyond(BaseBackend):
    """Moto empties it with its own: when a mock begins and ends, and when the server is reset."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.public_access: Fields = {
            "AwsAccountId": account_id,
            "AwsRegion": region_name,
            "State": "default-state",
            "InternetGatewayBlockMode": "off",
            "LastUpdateTimestamp": now(),
            "ManagedBy": "account",
            "ExclusionsAllowed": "allowed",
        }
        self.exclusions: dict[str, Fields] = {}
        self.group_associations: dict[tuple[str, str], Fields] = {}
        self.connect_endpoints: dict[str, Fields] = {}
        self.route_servers: dict[str, Fields] = {}


_BEYOND = BackendDict(Beyond, "ec2")


def beyond(account: str, region: str) -> Beyond:
    found: Beyond = _BEYOND[account][region]
    return found


def asked_beyond(call: Call) -> Beyond:
    return beyond(call.account, call.region)


def tags(call: Call, resource_type: str) -> dict[str, str]:
    """The tags of the request for the resource that it creates."""
    return {
        tag["Key"]: tag["Value"]
        for specification in call.get("TagSpecifications", [])
        if specification["ResourceType"] == resource_type
        for tag in specification["Tags"]
    }
