"""Which rule groups of DNS Firewall hold for which VPC, in which order."""

from __future__ import annotations

from moto.route53resolver.responses import Route53ResolverResponse

from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation, page
from tests.aws.local.resolver.rules import asked_group
from tests.aws.local.resolver.state import asked_resolver, check_vpc, new_id, now

resolver = operation(Route53ResolverResponse)

_LOWEST, _HIGHEST = 100, 9900
"""Priorities lie between these two, and are neither."""


@resolver
def associate_firewall_rule_group(call: Call) -> Fields:
    held, group = asked_resolver(call), asked_group(call)
    check_vpc(call, call.asked["VpcId"])
    in_vpc = [other for other in held.associations.values() if other["VpcId"] == call.asked["VpcId"]]
    if any(other["FirewallRuleGroupId"] == group.id for other in in_vpc):
        raise Refused("ConflictException", f"{group.id} is associated with {call.asked['VpcId']} already")
    _check_priority(call.asked["Priority"], in_vpc)
    identity = new_id("frgassoc")
    created = {
        "Id": identity,
        "Arn": call.arn("route53resolver", f"firewall-rule-group-association/{identity}"),
        "FirewallRuleGroupId": group.id,
        "VpcId": call.asked["VpcId"],
        "Name": call.asked["Name"],
        "Priority": call.asked["Priority"],
        "MutationProtection": call.get("MutationProtection", "DISABLED"),
        "Status": "COMPLETE",
        "CreatorRequestId": call.asked["CreatorRequestId"],
        "CreationTime": now(),
        "ModificationTime": now(),
    }
    held.associations[identity] = created
    held.tag(created["Arn"], call.get("Tags", []))
    return {"FirewallRuleGroupAssociation": created}


@resolver
def get_firewall_rule_group_association(call: Call) -> Fields:
    return {"FirewallRuleGroupAssociation": _asked(call)}


@resolver
def list_firewall_rule_group_associations(call: Call) -> Fields:
    by = ("FirewallRuleGroupId", "VpcId", "Priority", "Status")
    found = [
        association
        for association in asked_resolver(call).associations.values()
        if all(call.get(member) in {None, association[member]} for member in by)
    ]
    return page(call, "FirewallRuleGroupAssociations", found)


@resolver
def update_firewall_rule_group_association(call: Call) -> Fields:
    held, association = asked_resolver(call), _asked(call)
    if call.get("MutationProtection") != "DISABLED":
        _refuse_protected(association, {"Name", "Priority"} & set(call.asked))
    if "Priority" in call.asked:
        others = [other for other in held.associations.values() if other["VpcId"] == association["VpcId"]]
        _check_priority(call.asked["Priority"], [other for other in others if other is not association])
    association |= {
        member: call.asked[member] for member in ("Name", "Priority", "MutationProtection") if member in call.asked
    }
    association["ModificationTime"] = now()
    return {"FirewallRuleGroupAssociation": association}


@resolver
def disassociate_firewall_rule_group(call: Call) -> Fields:
    association = _asked(call)
    _refuse_protected(association, {"the association"})
    del asked_resolver(call).associations[association["Id"]]
    return {"FirewallRuleGroupAssociation": association | {"Status": "DELETING"}}


def _asked(call: Call) -> Fields:
    identity = call.asked["FirewallRuleGroupAssociationId"]
    found = asked_resolver(call).associations.get(identity)
    if found is None:
        raise Refused("ResourceNotFoundException", f"The association {identity} does not exist")
    return found


def _refuse_protected(association: Fields, touched: set[str]) -> None:
    if touched and association["MutationProtection"] == "ENABLED":
        raise Refused(
            "ConflictException", f"{association['Id']} is protected against mutation: {', '.join(sorted(touched))}"
        )


def _check_priority(priority: int, others: list[Fields]) -> None:
    if not _LOWEST < priority < _HIGHEST:
        raise Refused("ValidationException", f"A priority lies between {_LOWEST} and {_HIGHEST}")
    if any(other["Priority"] == priority for other in others):
        raise Refused("ConflictException", f"The priority {priority} is taken")
