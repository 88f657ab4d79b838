"""The reader's role, rendered from the table of calls."""

from __future__ import annotations

import json
import re

import botocore.session

from agent_perimeter.aws.permissions import TEMPLATE, TRAIL, Grant, read_actions
from agent_perimeter.aws.reads import READS


def test_the_grants_are_the_calls_of_the_table_and_no_others() -> None:
    allowed = {action for grant in read_actions() for action in grant.actions}
    assert allowed == {read.permission for read in READS} - {"sts:GetCallerIdentity"}
    assert "s3:GetBucketPublicAccessBlock" in allowed


def test_without_the_watch_its_parts_cannot_be_read() -> None:
    every = {action for grant in read_actions() for action in grant.actions}
    some = {action for grant in read_actions(watch=False) for action in grant.actions}
    assert every - some == {
        "cloudwatch:DescribeAlarms",
        "events:DescribeRule",
        "events:ListTargetsByRule",
        "kms:DescribeKey",
        "lambda:GetFunctionConfiguration",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "scheduler:GetSchedule",
        "sns:GetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
    }


def test_no_action_has_a_wildcard_and_none_writes() -> None:
    for grant in (*read_actions(), TRAIL, TEMPLATE):
        for action in grant.actions:
            assert re.fullmatch(r"[a-z0-9-]+:(Describe|Get|List|Lookup)[A-Za-z0-9]+", action)


def test_everything_that_aws_lets_narrow_is_narrowed() -> None:
    everywhere = {action for grant in read_actions() for action in grant.actions if grant.resources == ("*",)}
    assert {action for action in everywhere if not action.startswith("ec2:Describe")} == {
        # each lists a whole account, or a VPC's part of it
        "lambda:ListFunctions",
        "network-firewall:ListFirewalls",
        "network-firewall:ListVpcEndpointAssociations",
        "route53:ListHostedZonesByVPC",
        "route53profiles:ListProfileAssociations",
        "route53resolver:ListFirewallRuleGroupAssociations",
        "route53resolver:ListResolverEndpoints",
        "route53resolver:ListResolverQueryLogConfigAssociations",
        "route53resolver:ListResolverRuleAssociations",
        "vpc-lattice:ListServiceNetworkVpcAssociations",
    }


def test_resources_are_arns_of_services_that_exist() -> None:
    services = set(botocore.session.get_session().get_available_services())
    for grant in read_actions():
        for resource in grant.resources:
            if resource != "*":
                assert re.match(
                    r"arn:\$\{AWS::Partition\}:[a-z0-9-]+:(\$\{AWS::Region\})?:(\$\{AWS::AccountId\}|\*|aws)?:",
                    resource,
                )
                assert resource.split(":")[4] in services


def test_statements_have_names_of_their_own_and_fit_into_a_policy() -> None:
    grants = read_actions()
    assert len({grant.sid for grant in grants}) == len(grants)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", grant.sid) for grant in (*grants, TRAIL, TEMPLATE))
    statements = [
        {"Sid": one.sid, "Effect": "Allow", "Action": one.actions, "Resource": one.resources} for one in grants
    ]
    assert len(json.dumps(statements)) < 6144  # characters of a managed policy; a role's inline policies have 10,240


def test_who_did_it_is_a_grant_of_its_own() -> None:
    assert Grant("ReadWhoDidIt", ("cloudtrail:LookupEvents",), ("*",)) == TRAIL
    assert all("cloudtrail" not in action for grant in read_actions() for action in grant.actions)
