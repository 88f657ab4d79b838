"""What one account has of DNS Firewall in one region."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from moto.core.base_backend import BackendDict, BaseBackend

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields


def new_id(kind: str) -> str:
    return f"rslvr-{kind}-{uuid.uuid4().hex[:17]}"


def now() -> str:
    return datetime.now(UTC).isoformat()


@dataclass
class DomainList:
    id: str
    arn: str
    name: str
    request: str
    domains: list[str] = field(default_factory=list)
    owner: str | None = None
    """The service, where AWS manages the list."""
    created: str = field(default_factory=now)
    modified: str = field(default_factory=now)


@dataclass
class RuleGroup:
    id: str
    arn: str
    name: str
    request: str
    rules: list[Fields] = field(default_factory=list)
    policy: str | None = None
    created: str = field(default_factory=now)
    modified: str = field(default_factory=now)


class Resolver(BaseBackend):
    """Moto empties it with its own: when a mock begins and ends, and when the server is reset."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.domain_lists = _managed_lists(region_name)
        self.rule_groups: dict[str, RuleGroup] = {}
        self.associations: dict[str, Fields] = {}
        self.firewall_configs: dict[str, Fields] = {}
        self.resolver_configs: dict[str, Fields] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def tag(self, arn: str, tags: list[Fields]) -> None:
        self.tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})


_RESOLVERS = BackendDict(Resolver, "route53resolver")


def asked_resolver(call: Call) -> Resolver:
    found: Resolver = _RESOLVERS[call.account][call.region]
    return found


def check_vpc(call: Call, vpc: str) -> None:
    if vpc not in asked_ec2(call).vpcs:
        raise Refused("ResourceNotFoundException", f"The VPC {vpc} does not exist")


def _managed_lists(region: str) -> dict[str, DomainList]:
    """https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-managed-domain-lists.html."""
    names = (
        "AWSManagedDomainsMalwareDomainList",
        "AWSManagedDomainsBotnetCommandandControl",
        "AWSManagedDomainsAggregateThreatList",
        "AWSManagedDomainsAmazonGuardDutyThreatList",
    )
    lists = (
        DomainList(
            id=f"rslvr-fdl-{number:017x}",
            arn=f"arn:aws:route53resolver:{region}::firewall-domain-list/rslvr-fdl-{number:017x}",
            name=name,
            request="",
            owner="Route 53 Resolver DNS Firewall",
        )
        for number, name in enumerate(names, start=1)
    )
    return {managed.id: managed for managed in lists}
