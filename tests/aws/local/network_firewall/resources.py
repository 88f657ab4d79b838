"""What every resource of Network Firewall may have: tags, and a policy that shares it with other accounts."""

from __future__ import annotations

from moto.networkfirewall.responses import NetworkFirewallResponse

from tests.aws.local.errors import Refused
from tests.aws.local.network_firewall.state import asked_state
from tests.aws.local.operations import Call, Fields, operation, page

network_firewall = operation(NetworkFirewallResponse)


@network_firewall
def put_resource_policy(call: Call) -> Fields:
    asked_state(call).resource_policies[_asked(call)] = call.asked["Policy"]
    return {}


@network_firewall
def describe_resource_policy(call: Call) -> Fields:
    policy = asked_state(call).resource_policies.get(_asked(call))
    if policy is None:
        raise Refused("ResourceNotFoundException", f"{call.asked['ResourceArn']} has no resource policy")
    return {"Policy": policy}


@network_firewall
def delete_resource_policy(call: Call) -> Fields:
    if asked_state(call).resource_policies.pop(_asked(call), None) is None:
        raise Refused("ResourceNotFoundException", f"{call.asked['ResourceArn']} has no resource policy")
    return {}


@network_firewall
def tag_resource(call: Call) -> Fields:
    asked_state(call).tag(_asked(call), call.asked["Tags"])
    return {}


@network_firewall
def untag_resource(call: Call) -> Fields:
    tags = asked_state(call).tags.get(_asked(call), {})
    for key in call.asked["TagKeys"]:
        tags.pop(key, None)
    return {}


@network_firewall
def list_tags_for_resource(call: Call) -> Fields:
    tags = asked_state(call).tags_of(_asked(call))
    return page(call, "Tags", tags) if tags else {}


def _asked(call: Call) -> str:
    arn: str = call.asked["ResourceArn"]
    if not asked_state(call).has(arn):
        raise Refused("ResourceNotFoundException", f"{arn} does not exist")
    return arn
