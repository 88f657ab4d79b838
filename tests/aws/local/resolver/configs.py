"""What a VPC's resolver does of itself: fail open or closed, and answer for private reverse zones."""

from __future__ import annotations

from moto.route53resolver.responses import Route53ResolverResponse

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.operations import Call, Fields, operation, page
from tests.aws.local.resolver.state import asked_resolver, check_vpc, new_id

resolver = operation(Route53ResolverResponse)

_REVERSE = {"ENABLE": "ENABLED", "DISABLE": "DISABLED"}


@resolver
def get_firewall_config(call: Call) -> Fields:
    return {"FirewallConfig": _firewall(call, call.asked["ResourceId"])}


@resolver
def update_firewall_config(call: Call) -> Fields:
    config = _firewall(call, call.asked["ResourceId"])
    config["FirewallFailOpen"] = call.asked["FirewallFailOpen"]
    return {"FirewallConfig": config}


@resolver
def list_firewall_configs(call: Call) -> Fields:
    return page(call, "FirewallConfigs", [_firewall(call, vpc) for vpc in _vpcs(call)])


@resolver
def get_resolver_config(call: Call) -> Fields:
    return {"ResolverConfig": _resolver(call, call.asked["ResourceId"])}


@resolver
def update_resolver_config(call: Call) -> Fields:
    config, flag = _resolver(call, call.asked["ResourceId"]), call.asked["AutodefinedReverseFlag"]
    config["AutodefinedReverse"] = _REVERSE.get(flag, flag)
    return {"ResolverConfig": config}


@resolver
def list_resolver_configs(call: Call) -> Fields:
    return page(call, "ResolverConfigs", [_resolver(call, vpc) for vpc in _vpcs(call)])


def _vpcs(call: Call) -> tuple[str, ...]:
    return tuple(asked_ec2(call).vpcs)


def _firewall(call: Call, vpc: str) -> Fields:
    """Closed where nobody said otherwise."""
    check_vpc(call, vpc)
    initial = {"Id": new_id("fc"), "ResourceId": vpc, "OwnerId": call.account, "FirewallFailOpen": "DISABLED"}
    return asked_resolver(call).firewall_configs.setdefault(vpc, initial)


def _resolver(call: Call, vpc: str) -> Fields:
    check_vpc(call, vpc)
    initial = {"Id": new_id("rc"), "ResourceId": vpc, "OwnerId": call.account, "AutodefinedReverse": "ENABLED"}
    return asked_resolver(call).resolver_configs.setdefault(vpc, initial)
