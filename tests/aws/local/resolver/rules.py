"""Rule groups of DNS Firewall, and their rules."""

from __future__ import annotations

import re
from dataclasses import replace

from moto.route53resolver.responses import Route53ResolverResponse

from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, Function, operation, page
from tests.aws.local.resolver.state import RuleGroup, asked_resolver, new_id, now

resolver = operation(Route53ResolverResponse)

_TYPES = frozenset({"A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"})
_NUMBERED_TYPE = re.compile(r"TYPE([1-9]\d{0,4})")
_LAST_TYPE = 65534
_SOURCES = ("FirewallDomainListId", "DnsThreatProtection", "FirewallRuleType")
_OVERRIDE = ("BlockOverrideDomain", "BlockOverrideDnsType", "BlockOverrideTtl")


@resolver
def create_firewall_rule_group(call: Call) -> Fields:
    held = asked_resolver(call)
    for existing in held.rule_groups.values():
        if existing.request == call.asked["CreatorRequestId"]:
            return {"FirewallRuleGroup": _described(call, existing)}
    identity = new_id("frg")
    arn = call.arn("route53resolver", f"firewall-rule-group/{identity}")
    created = RuleGroup(identity, arn, call.asked["Name"], call.asked["CreatorRequestId"])
    held.rule_groups[identity] = created
    held.tag(arn, call.get("Tags", []))
    return {"FirewallRuleGroup": _described(call, created)}


@resolver
def get_firewall_rule_group(call: Call) -> Fields:
    return {"FirewallRuleGroup": _described(call, asked_group(call))}


@resolver
def list_firewall_rule_groups(call: Call) -> Fields:
    members = ("Id", "Arn", "Name", "OwnerId", "CreatorRequestId", "ShareStatus")
    described = [_described(call, group) for group in asked_resolver(call).rule_groups.values()]
    return page(call, "FirewallRuleGroups", [{member: group[member] for member in members} for group in described])


@resolver
def delete_firewall_rule_group(call: Call) -> Fields:
    held, group = asked_resolver(call), asked_group(call)
    if any(association["FirewallRuleGroupId"] == group.id for association in held.associations.values()):
        raise Refused("ConflictException", f"{group.id} is associated with a VPC")
    del held.rule_groups[group.id]
    return {"FirewallRuleGroup": _described(call, group) | {"Status": "DELETING"}}


@resolver
def put_firewall_rule_group_policy(call: Call) -> Fields:
    _group_of(call).policy = call.asked["FirewallRuleGroupPolicy"]
    return {"ReturnValue": True}


@resolver
def get_firewall_rule_group_policy(call: Call) -> Fields:
    return {"FirewallRuleGroupPolicy": _group_of(call).policy}


@resolver
def create_firewall_rule(call: Call) -> Fields:
    group = asked_group(call)
    rule: Fields = {"FirewallDomainRedirectionAction": "INSPECT_REDIRECTION_DOMAIN"} | call.asked
    if sum(source in rule for source in _SOURCES) != 1:
        raise Refused("ValidationException", f"A rule has one of {', '.join(_SOURCES)}")
    if "FirewallDomainListId" not in rule:
        rule["FirewallThreatProtectionId"] = new_id("ftp")
        del rule["FirewallDomainRedirectionAction"]
    elif rule["FirewallDomainListId"] not in asked_resolver(call).domain_lists:
        raise Refused("ResourceNotFoundException", f"The domain list {rule['FirewallDomainListId']} does not exist")
    _check(rule, group.rules)
    rule |= {"CreationTime": now(), "ModificationTime": now()}
    group.rules.append(rule)
    group.modified = now()
    return {"FirewallRule": rule}


@resolver
def update_firewall_rule(call: Call) -> Fields:
    group, rule = asked_group(call), _asked_rule(call)
    changed = rule | call.asked
    if changed["Action"] != "BLOCK":
        changed = {member: value for member, value in changed.items() if not member.startswith("Block")}
    _check(changed, [other for other in group.rules if other is not rule])
    group.rules[group.rules.index(rule)] = changed | {"ModificationTime": now()}
    group.modified = now()
    return {"FirewallRule": changed | {"ModificationTime": now()}}


@resolver
def delete_firewall_rule(call: Call) -> Fields:
    group, rule = asked_group(call), _asked_rule(call)
    group.rules.remove(rule)
    group.modified = now()
    return {"FirewallRule": rule}


@resolver
def list_firewall_rules(call: Call) -> Fields:
    priority, action = call.get("Priority"), call.get("Action")
    found = [
        rule
        for rule in sorted(asked_group(call).rules, key=lambda rule: int(rule["Priority"]))
        if priority in {None, rule["Priority"]} and action in {None, rule["Action"]}
    ]
    return page(call, "FirewallRules", found)


@resolver
def batch_create_firewall_rule(call: Call) -> Fields:
    return _batch(call, "Create", "Created", create_firewall_rule)


@resolver
def batch_update_firewall_rule(call: Call) -> Fields:
    return _batch(call, "Update", "Updated", update_firewall_rule)


@resolver
def batch_delete_firewall_rule(call: Call) -> Fields:
    return _batch(call, "Delete", "Deleted", delete_firewall_rule)


def _batch(call: Call, verb: str, done: str, one: Function) -> Fields:
    """Each entry for itself: what is refused is told beside what was done."""
    made, errors = [], []
    for entry in call.asked[f"{verb}FirewallRuleEntries"]:
        try:
            answer = one(replace(call, asked=entry))
        except Refused as refused:
            errors.append({"FirewallRule": entry, "Code": refused.code, "Message": refused.message})
        else:
            assert isinstance(answer, dict)
            made.append(answer["FirewallRule"])
    return {f"{done}FirewallRules": made, f"{verb}Errors": errors}


def asked_group(call: Call) -> RuleGroup:
    identity = call.asked["FirewallRuleGroupId"]
    found = asked_resolver(call).rule_groups.get(identity)
    if found is None:
        raise Refused("ResourceNotFoundException", f"The rule group {identity} does not exist")
    return found


def _group_of(call: Call) -> RuleGroup:
    for group in asked_resolver(call).rule_groups.values():
        if group.arn == call.asked["Arn"]:
            return group
    raise Refused("ResourceNotFoundException", f"{call.asked['Arn']} does not exist")


def _asked_rule(call: Call) -> Fields:
    """A rule is named by its domain list and query type, or by the id of its threat protection."""
    for rule in asked_group(call).rules:
        by_threat = call.get("FirewallThreatProtectionId")
        if by_threat:
            if rule.get("FirewallThreatProtectionId") == by_threat:
                return rule
        elif _key(rule) == _key(call.asked):
            return rule
    raise Refused("ResourceNotFoundException", "The rule group has no such rule")


def _key(rule: Fields) -> tuple[str | None, str | None]:
    return rule.get("FirewallDomainListId"), rule.get("Qtype")


def _check(rule: Fields, others: list[Fields]) -> None:
    if any(other["Priority"] == rule["Priority"] for other in others):
        raise Refused("ValidationException", f"The priority {rule['Priority']} is taken")
    if "FirewallDomainListId" in rule and any(_key(other) == _key(rule) for other in others):
        raise Refused("ValidationException", "The rule group has a rule for this domain list and query type")
    if "DnsThreatProtection" in rule and "ConfidenceThreshold" not in rule:
        raise Refused("ValidationException", "DnsThreatProtection needs a ConfidenceThreshold")
    if "FirewallDomainListId" not in rule and rule["Action"] == "ALLOW":
        raise Refused("ValidationException", "A rule against threats alerts or blocks")
    if rule["Action"] == "BLOCK" and "BlockResponse" not in rule:
        raise Refused("ValidationException", "BLOCK needs a BlockResponse")
    if rule["Action"] != "BLOCK" and "BlockResponse" in rule:
        raise Refused("ValidationException", "A BlockResponse is for BLOCK")
    overridden = [member in rule for member in _OVERRIDE]
    if not (all(overridden) if rule.get("BlockResponse") == "OVERRIDE" else not any(overridden)):
        raise Refused("ValidationException", f"{', '.join(_OVERRIDE)} are for OVERRIDE, which needs them all")
    _check_query_type(rule.get("Qtype"))


def _check_query_type(asked: str | None) -> None:
    if asked is None or asked in _TYPES:
        return
    number = _NUMBERED_TYPE.fullmatch(asked)
    if number is None or int(number[1]) > _LAST_TYPE:
        raise Refused("ValidationException", f"{asked} is no query type: a name, or TYPE and a number")


def _described(call: Call, group: RuleGroup) -> Fields:
    return {
        "Id": group.id,
        "Arn": group.arn,
        "Name": group.name,
        "RuleCount": len(group.rules),
        "Status": "COMPLETE",
        "OwnerId": call.account,
        "CreatorRequestId": group.request,
        "ShareStatus": "NOT_SHARED",
        "CreationTime": group.created,
        "ModificationTime": group.modified,
    }
