"""Firewall policies: what they refer to exists, and what they say together can be carried out."""

from __future__ import annotations

from datetime import UTC, datetime

from moto.networkfirewall.responses import NetworkFirewallResponse

from tests.aws.local.errors import Refused
from tests.aws.local.network_firewall.rule_groups import referenced_rule_group
from tests.aws.local.network_firewall.state import NetworkFirewall, Policy, asked_state, check_token, new_token, state
from tests.aws.local.operations import Call, Fields, operation, page
from tests.aws.local.resolver.state import asked_resolver

network_firewall = operation(NetworkFirewallResponse)

_STATELESS = {"aws:pass", "aws:drop", "aws:forward_to_sfe"}
_DROPS = {
    "aws:drop_strict",
    "aws:drop_established",
    "aws:drop_established_app_layer",
    "aws:drop_established_app_layer_to_server",
}
_STATEFUL = _DROPS | {action.replace("drop", "alert") for action in _DROPS}


@network_firewall
def create_firewall_policy(call: Call) -> Fields:
    held, name = asked_state(call), call.asked["FirewallPolicyName"]
    arn = call.arn("network-firewall", f"firewall-policy/{name}")
    if arn in held.policies:
        raise Refused("InvalidRequestException", f"A resource with the specified name already exists: {name}")
    _check(call, held, call.asked["FirewallPolicy"])
    policy = Policy(arn, name, call.asked["FirewallPolicy"], call.get("Description"))
    if not call.get("DryRun"):
        held.policies[arn] = policy
        held.tag(arn, call.get("Tags", []))
    return {"UpdateToken": policy.token, "FirewallPolicyResponse": _described(held, policy)}


@network_firewall
def describe_firewall_policy(call: Call) -> Fields:
    held, policy = asked_state(call), _asked(call)
    return {
        "UpdateToken": policy.token,
        "FirewallPolicyResponse": _described(held, policy),
        "FirewallPolicy": policy.content,
    }


@network_firewall
def update_firewall_policy(call: Call) -> Fields:
    held, policy = asked_state(call), _asked(call)
    check_token(call, policy.token)
    content = call.asked["FirewallPolicy"]
    _check(call, held, content)
    if _order(content) != _order(policy.content):
        raise Refused("InvalidRequestException", "The rule order of a policy cannot be changed")
    if not call.get("DryRun"):
        policy.content, policy.token, policy.modified = content, new_token(), datetime.now(UTC)
        policy.description = call.get("Description", policy.description)
    return {"UpdateToken": policy.token, "FirewallPolicyResponse": _described(held, policy)}


@network_firewall
def delete_firewall_policy(call: Call) -> Fields:
    held, policy = asked_state(call), _asked(call)
    if _uses(held, policy):
        raise Refused("InvalidOperationException", f"{policy.arn} is in use by a firewall")
    answer = {"FirewallPolicyResponse": _described(held, policy) | {"FirewallPolicyStatus": "DELETING"}}
    del held.policies[policy.arn]
    held.tags.pop(policy.arn, None)
    return answer


@network_firewall
def list_firewall_policies(call: Call) -> Fields:
    policies = asked_state(call).policies.values()
    return page(call, "FirewallPolicies", [{"Name": policy.name, "Arn": policy.arn} for policy in policies])


def set_policy_errors(account: str, region: str, arn: str, errors: list[Fields]) -> None:
    """For a test: what AWS would report of this policy in ``FirewallPolicyResponse.Errors``."""
    state(account, region).policies[arn].errors = errors


def _asked(call: Call) -> Policy:
    arn, name = call.get("FirewallPolicyArn"), call.get("FirewallPolicyName")
    if not (arn or name):
        raise Refused("InvalidRequestException", "Give the ARN or the name of the firewall policy")
    for policy in asked_state(call).policies.values():
        if arn in {None, policy.arn} and name in {None, policy.name}:
            return policy
    raise Refused("ResourceNotFoundException", f"The firewall policy {arn or name} does not exist")


def _order(content: Fields) -> str:
    order: str = content.get("StatefulEngineOptions", {}).get("RuleOrder", "DEFAULT_ACTION_ORDER")
    return order


def _check(call: Call, held: NetworkFirewall, content: Fields) -> None:
    """The validations of CreateFirewallPolicy."""
    _check_stateful(held, content)
    for reference in content.get("StatelessRuleGroupReferences", []):
        if referenced_rule_group(held, reference["ResourceArn"]).type != "STATELESS":
            raise Refused("InvalidRequestException", f"{reference['ResourceArn']} is no stateless rule group")
    named = {action["ActionName"] for action in content.get("StatelessCustomActions", [])}
    for member in ("StatelessDefaultActions", "StatelessFragmentDefaultActions"):
        actions = set(content[member])
        if len(actions & _STATELESS) != 1 or not actions <= _STATELESS | named:
            raise Refused(
                "InvalidRequestException", f"{member}: one of {', '.join(sorted(_STATELESS))}, and custom actions"
            )
    validation = content.get("Route53ResolvedIPValidation")
    if validation and validation["DNSFirewallRuleGroupId"] not in asked_resolver(call).rule_groups:
        raise Refused("InvalidRequestException", f"{validation['DNSFirewallRuleGroupId']} does not exist")


def _check_stateful(held: NetworkFirewall, content: Fields) -> None:
    strict = _order(content) == "STRICT_ORDER"
    references = content.get("StatefulRuleGroupReferences", [])
    for reference in references:
        group = referenced_rule_group(held, reference["ResourceArn"])
        order = group.content.get("StatefulRuleOptions", {}).get("RuleOrder", "DEFAULT_ACTION_ORDER")
        if group.type != "STATEFUL" or order != _order(content):
            raise Refused("InvalidRequestException", f"{group.arn} is no stateful rule group of {_order(content)}")
    priorities = [reference.get("Priority") for reference in references]
    if strict and (None in priorities or len(set(priorities)) != len(priorities)):
        raise Refused("InvalidRequestException", "In strict order each rule group has a priority of its own")
    if not strict and set(priorities) - {None}:
        raise Refused("InvalidRequestException", "Priorities are for strict order")
    defaults = set(content.get("StatefulDefaultActions", []))
    if defaults and not strict:
        raise Refused("InvalidRequestException", "Stateful default actions are for strict order")
    if not defaults <= _STATEFUL or len(defaults & _DROPS) > 1:
        raise Refused("InvalidRequestException", f"Stateful default actions cannot be {sorted(defaults)}")


def _uses(held: NetworkFirewall, policy: Policy) -> int:
    return sum(firewall.policy == policy.arn for firewall in held.firewalls.values())


def _described(held: NetworkFirewall, policy: Policy) -> Fields:
    references = policy.content.get("StatefulRuleGroupReferences", [])
    return {
        "FirewallPolicyName": policy.name,
        "FirewallPolicyArn": policy.arn,
        "FirewallPolicyId": policy.id,
        "Description": policy.description,
        "FirewallPolicyStatus": "ACTIVE",
        "Tags": held.tags_of(policy.arn) or None,
        "ConsumedStatefulRuleCapacity": sum(
            referenced_rule_group(held, reference["ResourceArn"]).capacity for reference in references
        ),
        "NumberOfAssociations": _uses(held, policy),
        "EncryptionConfiguration": {"KeyId": "AWS_OWNED_KMS_KEY", "Type": "AWS_OWNED_KMS_KEY"},
        "Errors": policy.errors or None,
        "LastModifiedTime": policy.modified,
    }
