"""The reader's role holds what a whole check needs, on the resources that it names, and nothing besides.

What a call names is said here once more (Service Authorization Reference, resource types), with ARNs of the local AWS,
so that no action and no ARN of the table is held to itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.permissions import TEMPLATE, TRAIL, Grant, read_actions
from agent_perimeter.aws.select import Target, deployed_template
from agent_perimeter.aws.trail import changes_of
from tests.aws.conftest import ACCOUNT, REGION, LocalAws
from tests.aws.deploy import deploy, golden, resources
from tests.aws.test_collect import STACK, VPC
from tests.aws.test_collect_table import WATCH, watch_template, widened

GRANTS: Final = (*read_actions(), TRAIL, TEMPLATE)
NONE: Final = "sts:GetCallerIdentity"
"""Takes no permission."""

UNUSED: Final = {
    "arn:${AWS::Partition}:iam::aws:policy/*": "a boundary may be a policy of AWS's own",
    "arn:${AWS::Partition}:network-firewall:${AWS::Region}:*:stateless-rulegroup/*": "we deploy none, others may",
}
"""Resources that no call of this check is about, each with what it is there for."""


@dataclass(frozen=True)
class Needed:
    """What IAM is asked: may this be done, to that?"""

    action: str
    resource: str


def here(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


Named = Callable[[Mapping[str, Any]], str]


def of(service: str, kind: str, parameter: str) -> Named:
    """An ARN that ends in what a parameter says."""
    return lambda given: here(service, f"{kind}{given[parameter]}")


def itself(parameter: str) -> Named:
    """A parameter that is an ARN."""
    return lambda given: str(given[parameter])


_BUCKET: Final[Named] = lambda given: f"arn:aws:s3:::{given['Bucket']}"  # noqa: E731 - one of a table
_STACK_NAMED: Final = of("cloudformation", "stack/", "StackName")

NAMED: Final[Mapping[str, Named]] = {
    "cloudformation:DescribeStacks": _STACK_NAMED,
    "cloudformation:GetTemplate": _STACK_NAMED,
    "cloudformation:ListStackResources": _STACK_NAMED,
    # IAM has one resource for all alarms where the call names several.
    "cloudwatch:DescribeAlarms": lambda _: here("cloudwatch", "alarm:*"),
    "ec2:GetManagedPrefixListEntries": of("ec2", "prefix-list/", "PrefixListId"),
    "events:DescribeRule": of("events", "rule/", "Name"),
    "events:ListTargetsByRule": of("events", "rule/", "Rule"),
    "iam:GetInstanceProfile": of("iam", "instance-profile/", "InstanceProfileName"),
    "iam:GetPolicy": itself("PolicyArn"),
    "iam:GetPolicyVersion": itself("PolicyArn"),
    "iam:GetRole": of("iam", "role/", "RoleName"),
    "iam:ListEntitiesForPolicy": itself("PolicyArn"),
    "kms:DescribeKey": of("kms", "key/", "KeyId"),
    "lambda:GetFunctionConfiguration": of("lambda", "function:", "FunctionName"),
    "network-firewall:DescribeFirewall": itself("FirewallArn"),
    "network-firewall:DescribeFirewallPolicy": itself("FirewallPolicyArn"),
    "network-firewall:DescribeLoggingConfiguration": itself("FirewallArn"),
    "network-firewall:DescribeRuleGroup": itself("RuleGroupArn"),
    "network-firewall:DescribeVpcEndpointAssociation": itself("VpcEndpointAssociationArn"),
    "route53resolver:GetFirewallConfig": of("route53resolver", "firewall-config/", "ResourceId"),
    "route53resolver:GetResolverQueryLogConfig": of(
        "route53resolver", "resolver-query-log-config/", "ResolverQueryLogConfigId"
    ),
    "route53resolver:GetResolverRule": of("route53resolver", "resolver-rule/", "ResolverRuleId"),
    "route53resolver:ListFirewallDomains": of("route53resolver", "firewall-domain-list/", "FirewallDomainListId"),
    "route53resolver:ListFirewallRules": of("route53resolver", "firewall-rule-group/", "FirewallRuleGroupId"),
    "s3:GetBucketVersioning": _BUCKET,
    "s3:GetPublicAccessBlock": _BUCKET,
    "scheduler:GetSchedule": of("scheduler", "schedule/default/", "Name"),
    "sns:GetTopicAttributes": itself("TopicArn"),
    "sns:ListSubscriptionsByTopic": itself("TopicArn"),
}
"""The resource that a call is about; all others are about none, and need ``*``."""

ACTIONS: Final = {"s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock"}
"""Actions with another name than their call."""


def needed(call: str, given: Mapping[str, Any]) -> Needed:
    named = NAMED.get(call)
    resource = named(given) if named else "*"
    # IAM's own ARNs have no region.
    return Needed(ACTIONS.get(call, call), resource.replace(f":iam:{REGION}:", ":iam::"))


def granted(one: Needed, grants: Iterable[Grant]) -> bool:
    """IAM's evaluation of statements that allow, without conditions: ``*`` in a resource is any text."""
    return any(
        one.action == action and matches(resource, one.resource)
        for grant in grants
        for action in grant.actions
        for resource in grant.resources
    )


def matches(pattern: str, resource: str) -> bool:
    for name, value in (("Partition", "aws"), ("Region", REGION), ("AccountId", ACCOUNT)):
        pattern = pattern.replace(f"${{AWS::{name}}}", value)
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), resource) is not None


@pytest.fixture
def check(local_aws: LocalAws) -> set[Needed]:
    """What a whole check asks of IAM: of a perimeter with one of everything, its watch, its template and its trail."""
    deploy(local_aws.session, STACK, golden())
    deploy(local_aws.session, WATCH, watch_template())
    widened(local_aws)
    found: set[Needed] = set()

    def made(params: Mapping[str, Any], model: Any, **_: object) -> None:
        found.add(needed(f"{model.service_model.service_name}:{model.name}", params))

    session = boto3.Session(region_name=REGION)
    session.events.register("before-parameter-build", made)
    # moto keeps no events.
    session.events.register(
        "before-call.cloudtrail.LookupEvents", lambda **_: (AWSResponse("", 200, {}, None), {"Events": []})
    )
    vpc = resources(local_aws.session, STACK)[VPC]
    for target in (Target(stack=STACK, watch_stack=WATCH), Target(vpc=vpc), Target()):
        assert collect(session, target).unread == ()
    deployed_template(session, STACK)
    assert changes_of(session, [vpc], datetime.now(UTC)).notes == ()
    return {one for one in found if one.action != NONE}


def test_the_role_may_do_what_a_check_does_and_nothing_else(check: set[Needed]) -> None:
    assert sorted(map(str, (one for one in check if not granted(one, GRANTS)))) == []
    needless = {
        (action, resource)
        for grant in GRANTS
        for action in grant.actions
        for resource in grant.resources
        if all(granted(one, without(grant, action, resource)) for one in check)
    }
    assert {resource for _, resource in needless} == set(UNUSED)
    # Of each action, one resource at least is asked for.
    assert {action for grant in GRANTS for action in grant.actions} == {one.action for one in check}


def without(grant: Grant, action: str, resource: str) -> tuple[Grant, ...]:
    """All grants but for one action on one resource."""
    others = tuple(one for one in grant.actions if one != action)
    rest = tuple(one for one in grant.resources if one != resource)
    less = (replace(grant, actions=others), replace(grant, actions=(action,), resources=rest))
    return (*(one for one in GRANTS if one is not grant), *less)


@pytest.mark.parametrize(
    ("resource", "wanted"),
    [
        ("arn:aws:iam::123456789012:role/a/r", True),
        ("arn:aws:iam::210987654321:role/a/r", False),
        ("arn:aws:iam::123456789012:user/r", False),
        ("*", False),
    ],
)
def test_a_grant_is_for_what_its_resource_says(resource: str, wanted: bool) -> None:
    grant = Grant("A", ("iam:GetRole",), ("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*",))
    assert granted(Needed("iam:GetRole", resource), [grant]) is wanted
    assert not granted(Needed("iam:GetUser", resource), [grant])
