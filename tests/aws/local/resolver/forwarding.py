"""Resolver rules and query logs: what moto has, and what it left out of it."""

from __future__ import annotations

from typing import Any

from moto.route53resolver.models import route53resolver_backends
from moto.route53resolver.responses import Route53ResolverResponse

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.filters import filtered
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation, page
from tests.aws.local.resolver.state import asked_resolver

resolver = operation(Route53ResolverResponse)

_INTERNET = "rslvr-autodefined-rr-internet-resolver"


@resolver
def update_resolver_rule(call: Call) -> Fields:
    rule = _backend(call).resolver_rules.get(call.asked["ResolverRuleId"])
    if rule is None:
        raise Refused(
            "ResourceNotFoundException", f"Resolver rule with ID '{call.asked['ResolverRuleId']}' does not exist"
        )
    config = call.asked["Config"]
    rule.name = config.get("Name", rule.name)
    rule.target_ips = config.get("TargetIps", rule.target_ips)
    rule.resolver_endpoint_id = config.get("ResolverEndpointId", rule.resolver_endpoint_id)
    return {"ResolverRule": rule.description()}


@resolver
def disassociate_resolver_query_log_config(call: Call) -> Fields:
    held = _backend(call)
    wanted = (call.asked["ResolverQueryLogConfigId"], call.asked["ResourceId"])
    for identity, association in held.resolver_query_log_config_associations.items():
        if (association.resolver_query_log_config_id, association.resource_id) == wanted:
            del held.resolver_query_log_config_associations[identity]
            held.resolver_query_log_configs[wanted[0]].association_count -= 1
            return {"ResolverQueryLogConfigAssociation": association.description() | {"Status": "DELETING"}}
    raise Refused("ResourceNotFoundException", f"{wanted[0]} is not associated with {wanted[1]}")


@resolver
def delete_resolver_query_log_config(call: Call) -> Fields:
    held, identity = _backend(call), call.asked["ResolverQueryLogConfigId"]
    config = held.resolver_query_log_configs.get(identity)
    if config is None:
        raise Refused("ResourceNotFoundException", f"The query logging configuration {identity} does not exist")
    if config.association_count:
        raise Refused("InvalidRequestException", f"{identity} is associated with a VPC")
    del held.resolver_query_log_configs[identity]
    return {"ResolverQueryLogConfig": config.description() | {"Status": "DELETING"}}


@resolver
def tag_resource(call: Call) -> Answer:
    arn = call.asked["ResourceArn"]
    if not _is_firewall(arn):
        return call.stock()
    asked_resolver(call).tag(arn, call.asked["Tags"])
    return {}


@resolver
def untag_resource(call: Call) -> Answer:
    arn = call.asked["ResourceArn"]
    if not _is_firewall(arn):
        return call.stock()
    for key in call.asked["TagKeys"]:
        asked_resolver(call).tags.get(arn, {}).pop(key, None)
    return {}


@resolver
def list_tags_for_resource(call: Call) -> Answer:
    arn = call.asked["ResourceArn"]
    if not _is_firewall(arn):
        return call.stock()
    return {
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(asked_resolver(call).tags.get(arn, {}).items())]
    }


@resolver
def list_resolver_rule_associations(call: Call) -> Fields:
    """With the rule that AWS gives to every VPC by itself: what no other rule forwards is resolved on the internet."""
    own = [
        {
            "Id": f"rslvr-autodefined-assoc-{vpc}-internet-resolver",
            "ResolverRuleId": _INTERNET,
            "Name": "System Rule Association",
            "VPCId": vpc,
            "Status": "COMPLETE",
        }
        for vpc in asked_ec2(call).vpcs
    ]
    made = [association.description() for association in _backend(call).resolver_rule_associations.values()]
    found = filtered(call, [*own, *made], {member: member for member in ("Name", "ResolverRuleId", "Status", "VPCId")})
    return {**page(call, "ResolverRuleAssociations", found), "MaxResults": call.get("MaxResults", 100)}


@resolver
def get_resolver_rule(call: Call) -> Answer:
    if call.asked["ResolverRuleId"] != _INTERNET:
        return call.stock()
    return {
        "ResolverRule": {
            "Id": _INTERNET,
            "Arn": f"arn:aws:route53resolver:{call.region}::autodefined-rule/{_INTERNET}",
            "DomainName": ".",
            "Status": "COMPLETE",
            "RuleType": "RECURSIVE",
            "Name": "Internet Resolver",
            "OwnerId": "Route 53 Resolver",
            "ShareStatus": "NOT_SHARED",
        }
    }


def _backend(call: Call) -> Any:
    return route53resolver_backends[call.account][call.region]


def _is_firewall(arn: str) -> bool:
    return arn.partition(":route53resolver:")[2].split(":")[-1].startswith("firewall-")
