"""What a template meant, in the words of the account that it was deployed to.

A template names its resources by logical ids and leaves holes that only AWS can fill. The stack's own list says which
resource each became (CloudFormation API, ListStackResources); the rest is known from the snapshot's account and region.
After this, a perimeter that nobody has touched is, record by record, what ``snapshot.lift_snapshot`` sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Final, TypeVar, cast, get_type_hints

from agent_perimeter.catalogue.url_suffixes import url_suffix
from agent_perimeter.forms import Form, Json, form_of
from agent_perimeter.lift.account.dns import RESOLVER, name_of
from agent_perimeter.lift.account.endpoints import is_default
from agent_perimeter.lift.logs import normalised
from agent_perimeter.lift.resources import IDENTITY
from agent_perimeter.observed import Acl, AclEntry, DnsRule, Doubt, Endpoint, ObservedNetwork, Record, Role, Subnet, Vpc
from agent_perimeter.snapshot import Answer, Snapshot
from agent_perimeter.source import Origin
from agent_perimeter.values import ANY_IPV6, Cidr

RESOURCES: Final = "cloudformation:ListStackResources"
STACK: Final = "AWS::CloudFormation::Stack"

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a resource of a template became: its physical id and its type."""

    physical: str
    type: str


def anchor(expected: ObservedNetwork, snapshot: Snapshot) -> tuple[ObservedNetwork, tuple[Doubt, ...]]:
    """The expected network by AWS's ids, and why parts of it could not be put so.

    A resource that the stack does not hold keeps its logical id: nothing live will match it. Text with a hole that
    nothing fills becomes a ``Doubt`` where one may stand. What AWS spells in its own way is spelled so; a zone that the
    template leaves to AWS is the one that the subnet got.
    """
    deployed, doubts = _deployed(expected, snapshot)
    anchored = _Anchor(deployed, snapshot).record(expected)
    return _ordered(_as_aws_has_it(anchored, snapshot)), doubts


def with_owners(live: ObservedNetwork, expected: ObservedNetwork) -> ObservedNetwork:
    """The live network with the agents of boundaries and roles, which IAM need not know, from the anchored one."""
    capped = {boundary.id: boundary.agent for boundary in expected.boundaries}
    held = {role.id: role.agent for role in expected.roles}
    boundaries = tuple(replace(one, agent=capped.get(one.id)) if one.agent is None else one for one in live.boundaries)
    owners = {boundary.id: boundary.agent for boundary in boundaries}

    def owned(role: Role) -> Role:
        if role.agent is not None:
            return role
        by_boundary = owners.get(role.boundary) if isinstance(role.boundary, str) else None
        return replace(role, agent=by_boundary or held.get(role.id))

    return replace(live, boundaries=boundaries, roles=tuple(map(owned, live.roles)))


def _deployed(expected: ObservedNetwork, snapshot: Snapshot) -> tuple[Mapping[str, Deployed], tuple[Doubt, ...]]:
    """What each resource became, by ``<stack>/<logical id>``, and why that is not known of all."""
    lists = {str(answer.parameters.get("StackName")): answer for answer in snapshot.answers_to(RESOURCES)}
    lost = [Doubt(str(one)) for one in snapshot.unread_of(RESOURCES)]
    roots = sorted({record.id.partition("/")[0] for record in _records(expected)})
    name = snapshot.stack.rpartition(":stack/")[2].partition("/")[0]
    own = roots[0] if len(roots) == 1 else name
    waiting = [(snapshot.stack, own)] if snapshot.stack in lists else []
    found: dict[str, Deployed] = {}
    while waiting:
        stack, prefix = waiting.pop()
        for logical, became in _summaries(lists[stack]):
            found[f"{prefix}/{logical}"] = became
            if became.type == STACK and became.physical in lists:
                waiting.append((became.physical, f"{prefix}/{logical}"))
    known = {name.partition("/")[0] for name in found}
    unknown = () if lost else (root for root in roots if root not in known)
    silent = (Doubt(f"the snapshot does not say what became of the resources of {root}") for root in unknown)
    return found, (*lost, *silent)


def _ordered(network: ObservedNetwork) -> ObservedNetwork:
    """The records by their new ids."""
    changes: dict[str, object] = {}
    for field in fields(network):
        listed: tuple[object, ...] = getattr(network, field.name)
        if field.name != "doubts":
            changes[field.name] = tuple(sorted(listed, key=lambda record: cast("Record", record).id))
    return cast("ObservedNetwork", _with(network, changes))


def _with(record: object, changes: Mapping[str, object]) -> object:
    """The record with other values in some of its fields."""
    kind: type = type(record)
    made: object = kind(**{name: changes.get(name, getattr(record, name)) for name, _ in _forms(kind)})
    return made


def _records(network: ObservedNetwork) -> Iterator[Record]:
    for field in fields(network):
        for record in getattr(network, field.name):
            if isinstance(record, Record):
                yield record


def _summaries(answer: Answer) -> Iterator[tuple[str, Deployed]]:
    listed = answer.result.get("StackResourceSummaries")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict):
            logical, physical = item.get("LogicalResourceId"), item.get("PhysicalResourceId")
            if (
                isinstance(logical, str)
                and isinstance(physical, str)
                and item.get("ResourceStatus") != "DELETE_COMPLETE"
            ):
                yield logical, Deployed(physical, str(item.get("ResourceType")))


_HOLE: Final = re.compile(
    r"\$\{(?P<name>AWS::[A-Za-z]+|[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)+)(?:\.(?P<attribute>[A-Za-z0-9_.:-]+))?\}"
)
"""What only AWS can fill in, as ``observed`` describes it. The variables of IAM are not of this form."""

_PROSE: Final = frozenset({"description", "name", "sid", "what"})
"""Fields with text for people, in which a path is no id."""

_ARNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/{name}",
        "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{name}",
        "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
        "AWS::S3::Bucket": "arn:{partition}:s3:::{name}",
    }
)
"""What ``Arn`` of a resource is whose physical id is a name."""


class _Anchor:
    """Puts records into an account's words."""

    def __init__(self, deployed: Mapping[str, Deployed], snapshot: Snapshot) -> None:
        self._deployed = deployed
        self._snapshot = snapshot
        self._pseudo = {
            "AWS::AccountId": snapshot.account,
            "AWS::Partition": snapshot.partition,
            "AWS::Region": snapshot.region,
            "AWS::URLSuffix": url_suffix(snapshot.region),
            "AWS::StackName": snapshot.stack.rpartition(":stack/")[2].partition("/")[0],
        }

    def record(self, value: Thing) -> Thing:
        """A record or a part of one, with its references and its text filled in."""
        return cast("Thing", self._filled(value))

    def _filled(self, value: object) -> object:
        match value:
            case str():
                return self._text(value)
            case tuple():
                return tuple(map(self._filled, value))
            case Origin() | Doubt() | Cidr() | Enum():
                return value
            case _ if is_dataclass(value) and not isinstance(value, type):
                return _with(value, self._changes(value))
            case _:
                return value

    def _changes(self, value: object) -> dict[str, object]:
        found: dict[str, object] = {}
        kind: type = type(value)
        for name, form in _forms(kind):
            before: object = getattr(value, name)
            after = before if name in _PROSE else self._filled(before)
            if after != before:
                # A hole that stays is a doubt, but for fields that hold text only.
                found[name] = after if form.holds(after) else before
        return found

    def _text(self, text: str) -> str | Doubt:
        if text in self._deployed:
            return self._deployed[text].physical
        if "${" in text:
            return self._whole(text)
        head, below = text.rpartition("/")[0], text.rpartition("/")[2]
        while head and head not in self._deployed:
            head, _, last = head.rpartition("/")
            below = f"{last}/{below}"
        return f"{self._deployed[head].physical}/{below}" if head else text

    def _whole(self, text: str) -> str | Doubt:
        holes = [hole for hole in _HOLE.finditer(text) if self._value(hole) is None]
        if holes:
            return Doubt(f"what {holes[0][0]} is in this account is not known")
        return _HOLE.sub(lambda hole: self._value(hole) or "", text)

    def _value(self, hole: re.Match[str]) -> str | None:
        name, attribute = hole["name"], hole["attribute"]
        became = self._deployed.get(name)
        if became is None or attribute is None:
            return (self._pseudo.get(name) or None) if became is None else became.physical
        if attribute == "Arn" and became.type in _ARNS:
            own = self._snapshot
            if not own.account:
                return None
            return _ARNS[became.type].format(
                partition=own.partition, region=own.region, account=own.account, name=became.physical
            )
        return became.physical if attribute in IDENTITY.get(became.type, frozenset()) else None


@cache
def _forms(kind: type) -> tuple[tuple[str, Form], ...]:
    """The fields of a record, each with the form of what may stand there."""
    hints = get_type_hints(kind)
    return tuple((field.name, form_of(hints[field.name])) for field in fields(kind))


def _as_aws_has_it(expected: ObservedNetwork, snapshot: Snapshot) -> ObservedNetwork:
    """The network as AWS would answer for it, where it spells something in its own way or fills something in."""
    zones = {
        str(item.get("SubnetId")): (item.get("AvailabilityZone"), item.get("AvailabilityZoneId"))
        for item in snapshot.items("ec2:DescribeSubnets", "Subnets")
    }
    return replace(
        expected,
        subnets=tuple(_zoned(subnet, *zones.get(subnet.id, (None, None))) for subnet in expected.subnets),
        # A set of options that names the VPC's resolver alone is what every VPC has.
        dhcp_options=tuple(one for one in expected.dhcp_options if one.servers != (RESOLVER,)),
        acls=tuple(_without_ipv6(acl, expected.vpcs) if acl.default else acl for acl in expected.acls),
        dns_groups=tuple(replace(group, rules=tuple(map(_spelled, group.rules))) for group in expected.dns_groups),
        resolver_rules=tuple(replace(rule, domain=name_of(rule.domain)) for rule in expected.resolver_rules),
        endpoints=tuple(map(_answered, expected.endpoints)),
        logs=tuple(replace(log, destination=normalised(log.destination, snapshot.account)) for log in expected.logs),
    )


_NTH: Final = re.compile(r".*#[0-9]+")
"""How text says that a zone is the n-th of the region's."""


def _zoned(subnet: Subnet, name: Json, number: Json) -> Subnet:
    """The subnet with its zone's name, where the template left the zone to AWS or gave its number."""
    left = isinstance(subnet.zone, Doubt) or subnet.zone == number or _NTH.fullmatch(subnet.zone)
    return replace(subnet, zone=name) if left and isinstance(name, str) else subnet


def _without_ipv6(acl: Acl, vpcs: tuple[Vpc, ...]) -> Acl:
    """A default ACL as AWS makes it: its IPv6 entries come with an IPv6 block (VPC user guide, default network ACL)."""
    if any(vpc.ipv6_cidrs for vpc in vpcs if vpc.id == acl.vpc):
        return acl
    return replace(acl, entries=tuple(one for one in acl.entries if one.cidr != ANY_IPV6 or not _implied(acl, one)))


def _implied(acl: Acl, entry: AclEntry) -> bool:
    """Whether an entry of a default ACL is AWS's own: a template's has a logical id, not one below the ACL's."""
    return entry.id.startswith(f"{acl.id}/")


def _answered(endpoint: Endpoint) -> Endpoint:
    """The endpoint without a policy that says what AWS's own does, and without groups where its kind has none."""
    own = isinstance(endpoint.policy, tuple) and is_default(endpoint.policy)
    return replace(
        endpoint,
        policy=None if own else endpoint.policy,
        groups=() if endpoint.kind == "gateway-load-balancer" else endpoint.groups,
    )


def _spelled(rule: DnsRule) -> DnsRule:
    """The rule with its names as Resolver answers them."""
    domains = rule.domains
    if isinstance(domains, tuple):
        domains = tuple(map(name_of, domains))
    return replace(rule, domains=domains, override=name_of(rule.override))
