"""VPC endpoints: one per AWS service, shared by its agents, with a statement for each of them.

A statement names the agent's actions and resources, the perimeter's own account as the only
principal, and, by ``aws:VpcSourceIp``, the agent's subnets. So credentials of another account that
an attacker brings along open nothing, and neither do another agent's (IAM user guide,
``aws:VpcSourceIp``; AWS PrivateLink guide, endpoint policies).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.intent import AgentIntent, Intent, ServiceReach, origin_of
from agent_perimeter.lower.addresses import AddressPlan
from agent_perimeter.lower.groups import endpoint_group
from agent_perimeter.lower.quotas import Use
from agent_perimeter.lower.routes import agent_table, tier_subnet
from agent_perimeter.network import Condition, Endpoint, Role, Statement
from agent_perimeter.values import Cidr


def lower_endpoints(intent: Intent, plan: AddressPlan) -> tuple[tuple[Endpoint, ...], tuple[Use, ...]]:
    """One endpoint for each service of the intent, sorted by service, and how long its policy is."""
    endpoints = tuple(_endpoint(service, intent, plan) for service in intent.services)
    uses = (
        Use("gateway-endpoints", sum(endpoint.kind == "gateway" for endpoint in endpoints)),
        Use("interface-endpoints", sum(endpoint.kind == "interface" for endpoint in endpoints)),
        *(
            Use("endpoint-policy-characters", policy_length(endpoint.statements, spaced=True), endpoint.id)
            for endpoint in endpoints
        ),
    )
    return endpoints, uses


def policy_document(statements: Iterable[Statement]) -> dict[str, object]:
    """The statements as an IAM JSON policy document (IAM user guide, grammar of the policy language)."""
    return {"Version": "2012-10-17", "Statement": [_statement(statement) for statement in statements]}


def policy_length(statements: Iterable[Statement], *, spaced: bool) -> int:
    """The characters of the policy document once AWS has filled it in, with or without white space."""
    text = json.dumps(policy_document(statements), separators=(", ", ": ") if spaced else (",", ":"))
    for placeholder, longest in _LONGEST.items():
        text = text.replace(placeholder, "x" * longest)
    return len(text)


_LONGEST = {
    "${Vpc}": len("vpc-0123456789abcdef0"),
    "${AWS::AccountId}": 12,
    "${AWS::Partition}": len("aws-us-gov"),
    "${AWS::Region}": len("ap-southeast-2"),
}
"""How long a placeholder's value can be."""


def _statement(statement: Statement) -> dict[str, object]:
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in statement.conditions:
        conditions.setdefault(condition.operator, {})[condition.key] = list(condition.values)
    return {
        "Sid": statement.sid,
        "Effect": "Allow" if statement.allow else "Deny",
        **({"Principal": statement.principal} if statement.principal else {}),
        "Action": list(statement.actions),
        "Resource": list(statement.resources),
        **({"Condition": conditions} if conditions else {}),
    }


def _endpoint(service: str, intent: Intent, plan: AddressPlan) -> Endpoint:
    known = SERVICES[service]
    users = [agent for agent in intent.agents if any(reach.service == service for reach in agent.services)]
    gateway = known.kind == "gateway"
    return Endpoint(
        id=f"endpoint/{service}",
        service=service,
        service_name=known.service_name,
        kind=known.kind,
        statements=tuple(_grants(service, users, plan)),
        route_tables=(
            tuple(sorted({agent_table(agent, zone) for agent in users for zone in plan.zones})) if gateway else ()
        ),
        subnets=() if gateway else tuple(tier_subnet(Role.ENDPOINT, zone) for zone in plan.zones),
        security_group=None if gateway else endpoint_group(service),
        private_dns=not gateway,
        origin=origin_of(*(reach for agent in users for reach in agent.services if reach.service == service)),
    )


def _grants(service: str, users: Iterable[AgentIntent], plan: AddressPlan) -> Iterable[Statement]:
    granted = ((agent, reach) for agent in users for reach in agent.services if reach.service == service)
    for number, (agent, reach) in enumerate(granted):
        yield Statement(
            sid=sid(agent.name, number),
            allow=True,
            actions=reach.actions,
            resources=reach.resources,
            conditions=(*_who(reach), _where(plan.agents[agent.name])),
            principal="*",
            origin=reach.origin,
        )


def sid(agent: str, number: int, suffix: str = "") -> str:
    """A statement id: letters and digits only (IAM JSON policy elements, Sid).

    Unique in a policy that gives each statement another ``number``; names alone are not, once their
    hyphens are gone.
    """
    return "".join(part.capitalize() for part in agent.split("-")) + f"Rule{number}{suffix}"


def _who(reach: ServiceReach) -> tuple[Condition, ...]:
    """The perimeter's account; where a resource may be anybody's, its owner must be the same account."""
    account = ("${AWS::AccountId}",)
    principal = Condition("StringEquals", "aws:PrincipalAccount", account)
    if any(_is_anybodys(resource) for resource in reach.resources):
        return (principal, Condition("StringEquals", "aws:ResourceAccount", account))
    return (principal,)


def _is_anybodys(resource: str) -> bool:
    """Whether a wildcard leaves open who owns the resource.

    That is so for a wildcard account, and without an account (S3 has none in its ARNs) for a
    wildcard in the first part of the resource: anybody can create a bucket that ``arn:aws:s3:::corp-*``
    matches (IAM user guide, Amazon resource names).
    """
    fields = resource.split(":", 5)
    if len(fields) < 6:
        return True
    owner = fields[4] or re.split("[:/]", fields[5])[0]
    return "*" in owner or "?" in owner


def _where(subnets: Iterable[Cidr]) -> Condition:
    return Condition("IpAddress", "aws:VpcSourceIp", tuple(str(block) for block in subnets))
