"""What one account has of Network Firewall in one region."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields


def new_token() -> str:
    return str(uuid.uuid4())


@dataclass
class RuleGroup:
    arn: str
    name: str
    type: str
    capacity: int
    content: Fields
    description: str | None
    id: str = field(default_factory=new_token)
    token: str = field(default_factory=new_token)
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Policy:
    arn: str
    name: str
    content: Fields
    description: str | None
    id: str = field(default_factory=new_token)
    token: str = field(default_factory=new_token)
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    errors: list[Fields] = field(default_factory=list)


@dataclass
class Endpoint:
    """A firewall endpoint: in EC2 a VPC endpoint of the type GatewayLoadBalancer."""

    id: str
    subnet: str
    zone: str


@dataclass
class Firewall:
    arn: str
    name: str
    policy: str
    vpc: str
    mappings: list[Fields]
    settings: Fields
    """DeleteProtection and the like, by the name of the member."""
    endpoints: list[Endpoint] = field(default_factory=list)
    logs: list[Fields] = field(default_factory=list)
    dashboard: bool = False
    id: str = field(default_factory=new_token)
    token: str = field(default_factory=new_token)


@dataclass
class Association:
    """A firewall's endpoint in a subnet that is none of the firewall's own, even of another VPC."""

    id: str
    arn: str
    firewall: str
    vpc: str
    mapping: Fields
    description: str | None
    endpoint: Endpoint


class NetworkFirewall(BaseBackend):
    """Moto empties it with its own: when a mock begins and ends, and when the server is reset."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.rule_groups: dict[str, RuleGroup] = {}
        self.policies: dict[str, Policy] = {}
        self.firewalls: dict[str, Firewall] = {}
        self.associations: dict[str, Association] = {}
        self.resource_policies: dict[str, str] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def tags_of(self, arn: str) -> list[Fields]:
        return [{"Key": key, "Value": value} for key, value in sorted(self.tags.get(arn, {}).items())]

    def tag(self, arn: str, tags: list[Fields]) -> None:
        self.tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})

    def has(self, arn: str) -> bool:
        kinds: tuple[dict[str, Any], ...] = (self.rule_groups, self.policies, self.firewalls, self.associations)
        return any(arn in kind for kind in kinds)


_NETWORK_FIREWALLS = BackendDict(NetworkFirewall, "network-firewall")


def state(account: str, region: str) -> NetworkFirewall:
    found: NetworkFirewall = _NETWORK_FIREWALLS[account][region]
    return found


def asked_state(call: Call) -> NetworkFirewall:
    return state(call.account, call.region)


def check_token(call: Call, token: str) -> None:
    """Optimistic locking: an update that began from an older reading is refused."""
    given = call.get("UpdateToken")
    if given is not None and given != token:
        raise Refused("InvalidTokenException", "The token that you provided is stale: retrieve the resource again")
