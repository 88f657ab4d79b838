"""Rule groups, an account's own and AWS's managed ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from moto.networkfirewall.responses import NetworkFirewallResponse

from tests.aws.local.errors import Refused
from tests.aws.local.network_firewall.managed import managed_rule_group, managed_rule_groups
from tests.aws.local.network_firewall.state import NetworkFirewall, RuleGroup, asked_state, check_token, new_token
from tests.aws.local.operations import Call, Fields, operation, page

network_firewall = operation(NetworkFirewallResponse)

_SID = re.compile(r"\bsid\s*:\s*(\d+)\s*;")


@network_firewall
def create_rule_group(call: Call) -> Fields:
    held = asked_state(call)
    name, kind = call.asked["RuleGroupName"], call.asked["Type"]
    arn = call.arn("network-firewall", f"{kind.lower()}-rulegroup/{name}")
    if arn in held.rule_groups:
        raise Refused("InvalidRequestException", f"A resource with the specified name already exists: {name}")
    group = RuleGroup(arn, name, kind, call.asked["Capacity"], _content(call, kind), call.get("Description"))
    _check(group)
    if not call.get("DryRun"):
        held.rule_groups[arn] = group
        held.tag(arn, call.get("Tags", []))
    return {"UpdateToken": group.token, "RuleGroupResponse": _described(held, group)}


@network_firewall
def describe_rule_group(call: Call) -> Fields:
    held, group = asked_state(call), _asked(call)
    return {
        "UpdateToken": group.token,
        "RuleGroup": group.content or None,
        "RuleGroupResponse": _described(held, group),
    }


@network_firewall
def describe_rule_group_metadata(call: Call) -> Fields:
    group = _asked(call)
    return {
        "RuleGroupArn": group.arn,
        "RuleGroupName": group.name,
        "Description": group.description,
        "Type": group.type,
        "Capacity": group.capacity,
        "StatefulRuleOptions": group.content.get("StatefulRuleOptions"),
        "LastModifiedTime": group.modified,
    }


@network_firewall
def update_rule_group(call: Call) -> Fields:
    held, group = asked_state(call), _own(call)
    check_token(call, group.token)
    changed = RuleGroup(group.arn, group.name, group.type, group.capacity, _content(call, group.type), None)
    _check(changed)
    if not call.get("DryRun"):
        group.content, group.token, group.modified = changed.content, new_token(), datetime.now(UTC)
        group.description = call.get("Description", group.description)
    return {"UpdateToken": group.token, "RuleGroupResponse": _described(held, group)}


@network_firewall
def delete_rule_group(call: Call) -> Fields:
    held, group = asked_state(call), _own(call)
    if _uses(held, group.arn):
        raise Refused("InvalidOperationException", f"{group.arn} is in use by a firewall policy")
    answer = {"RuleGroupResponse": _described(held, group) | {"RuleGroupStatus": "DELETING"}}
    del held.rule_groups[group.arn]
    held.tags.pop(group.arn, None)
    return answer


@network_firewall
def list_rule_groups(call: Call) -> Fields:
    if call.get("Scope") == "MANAGED":
        groups = managed_rule_groups(call.region)
    else:
        groups = tuple(asked_state(call).rule_groups.values())
    kind = call.get("Type")
    listed = [{"Name": group.name, "Arn": group.arn} for group in groups if kind in {None, group.type}]
    return page(call, "RuleGroups", listed)


def referenced_rule_group(held: NetworkFirewall, arn: str) -> RuleGroup:
    """The group that a policy names, or a refusal."""
    found = held.rule_groups.get(arn) or managed_rule_group(held.region_name, arn)
    if found is None:
        raise Refused("InvalidRequestException", f"The rule group {arn} does not exist")
    return found


def _asked(call: Call) -> RuleGroup:
    arn, name, kind = call.get("RuleGroupArn"), call.get("RuleGroupName"), call.get("Type")
    if not arn and not (name and kind):
        raise Refused("InvalidRequestException", "Give the ARN of the rule group, or its name and its type")
    managed = managed_rule_group(call.region, arn) if arn else None
    if managed:
        return managed
    for group in asked_state(call).rule_groups.values():
        if (arn and group.arn == arn) or (not arn and (group.name, group.type) == (name, kind)):
            return group
    raise Refused("ResourceNotFoundException", f"The rule group {arn or name} does not exist")


def _own(call: Call) -> RuleGroup:
    group = _asked(call)
    if group.arn not in asked_state(call).rule_groups:
        raise Refused("InvalidRequestException", f"{group.arn} is managed by AWS")
    return group


def _content(call: Call, kind: str) -> Fields:
    """``Rules`` is a short form of a stateful group of Suricata rules."""
    group: Fields | None = call.get("RuleGroup")
    rules: str | None = call.get("Rules")
    if (group is None) == (rules is None):
        raise Refused("InvalidRequestException", "Give either RuleGroup or Rules")
    if kind not in {"STATEFUL", "STATELESS"}:
        raise Refused("InvalidRequestException", f"The local AWS has no rule groups of type {kind}")
    if group is None:
        group = {"RulesSource": {"RulesString": rules}}
    if (kind == "STATELESS") != ("StatelessRulesAndCustomActions" in group["RulesSource"]):
        raise Refused("InvalidRequestException", f"The rules are none for a group of type {kind}")
    if len(group["RulesSource"]) != 1:
        raise Refused("InvalidRequestException", "A rule group has one source of rules")
    return group


def _check(group: RuleGroup) -> None:
    """Suricata's own grammar is for Suricata to check; the service counts rules and compares their sids as well."""
    text = group.content["RulesSource"].get("RulesString", "")
    sids = _SID.findall(text)
    if len(sids) != len(set(sids)):
        raise Refused("InvalidRequestException", "The rules have duplicate sids")
    if _consumed(group) > group.capacity:
        raise Refused("InvalidRequestException", f"The rules need more than the capacity of {group.capacity}")


def _consumed(group: RuleGroup) -> int:
    """Capacity in use; the sum is AWS's for Suricata rules and standard stateful rules, near it for the rest."""
    source = group.content.get("RulesSource", {})
    lines = source.get("RulesString", "").splitlines()
    listed = source.get("RulesSourceList", {})
    stateless = source.get("StatelessRulesAndCustomActions", {}).get("StatelessRules", [])
    return (
        sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))
        + len(source.get("StatefulRules", []))
        + len(listed.get("Targets", [])) * len(listed.get("TargetTypes", []))
        + len(stateless)
    )


def _uses(held: NetworkFirewall, arn: str) -> int:
    return sum(
        reference["ResourceArn"] == arn
        for policy in held.policies.values()
        for kind in ("StatefulRuleGroupReferences", "StatelessRuleGroupReferences")
        for reference in policy.content.get(kind, [])
    )


def _described(held: NetworkFirewall, group: RuleGroup) -> Fields:
    return {
        "RuleGroupArn": group.arn,
        "RuleGroupName": group.name,
        "RuleGroupId": group.id,
        "Description": group.description,
        "Type": group.type,
        "Capacity": group.capacity,
        "RuleGroupStatus": "ACTIVE",
        "Tags": held.tags_of(group.arn) or None,
        "ConsumedCapacity": _consumed(group),
        "NumberOfAssociations": _uses(held, group.arn),
        "EncryptionConfiguration": {"KeyId": "AWS_OWNED_KMS_KEY", "Type": "AWS_OWNED_KMS_KEY"},
        "LastModifiedTime": group.modified,
    }
