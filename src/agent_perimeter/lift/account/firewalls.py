"""Network Firewall: firewalls with their endpoints, policies and rule groups.

Policies and rule groups have one shape in templates and in the API, so the readers of templates read them here, too:
``documents`` hands them over as resources whose references are resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from agent_perimeter.lift import firewalls as templates
from agent_perimeter.lift.account.reading import Account, Standing, elements, standing
from agent_perimeter.lift.account.sites import described_associations, described_firewalls
from agent_perimeter.lift.account.vpc import entries, prefix_lists
from agent_perimeter.lift.firewalls import DNS_GROUP, FIREWALL_POLICY, RULE_GROUP
from agent_perimeter.lift.node import Assembly, Node, Pointer, Resource
from agent_perimeter.lift.properties import Property
from agent_perimeter.lift.resources import Resources
from agent_perimeter.lift.vpc import PREFIX_LIST
from agent_perimeter.observed import Doubt, Firewall, FirewallPolicy, Ref, RuleGroup

POLICY: Final = "network-firewall:DescribeFirewallPolicy"
GROUP: Final = "network-firewall:DescribeRuleGroup"


def firewalls(account: Account) -> tuple[Firewall, ...]:
    """Every firewall of the VPC. One whose configuration is not in sync everywhere enforces what nobody can tell."""
    return tuple(
        _unread(account, arn, answer) if isinstance(answer, Doubt) else _firewall(account, arn, answer)
        for arn, answer in described_firewalls(account)
    )


def _unread(account: Account, arn: str, doubt: Doubt) -> Firewall:
    return Firewall(
        id=arn,
        origin=account.origin(arn),
        maybe=doubt,
        vpc=doubt,
        policy=doubt,
        subnets=(doubt,),
        delete_protection=doubt,
        subnet_protection=doubt,
        policy_protection=doubt,
    )


def _firewall(account: Account, arn: str, answer: Property) -> Firewall:
    written, status = answer.at("Firewall"), answer.at("FirewallStatus")
    mapped = elements(written.at("SubnetMappings")) if written.at("VpcId").text() == account.vpc else ()
    return Firewall(
        id=arn,
        origin=account.origin(arn),
        maybe=standing(status.at("Status"), settled={"ready"}, over=()).maybe,
        vpc=written.at("VpcId").needed_text(),
        policy=_out_of_sync(status.at("ConfigurationSyncStateSummary"))
        or written.at("FirewallPolicyArn").needed_text(),
        subnets=(
            *(_mapped(item, status.at("SyncStates")) for item in mapped),
            *_associated(account, arn),
        ),
        delete_protection=_protection(written.at("DeleteProtection")),
        subnet_protection=_protection(written.at("SubnetChangeProtection")),
        policy_protection=_protection(written.at("FirewallPolicyChangeProtection")),
    )


def _protection(written: Property) -> bool | Doubt:
    return written.truth(written.missing)


def _out_of_sync(summary: Property) -> Doubt | None:
    word = summary.needed_text()
    if isinstance(word, Doubt):
        return word
    return None if word == "IN_SYNC" else Doubt(f"what this firewall enforces is {word}", summary.path)


def _mapped(mapping: Property, zones: Property) -> Ref:
    """The subnet of an endpoint, if the endpoint is ready and takes IPv4 (Network Firewall API, Attachment)."""
    kind = mapping.at("IPAddressType").text()
    if kind not in (None, "IPV4", "DUALSTACK"):
        place = mapping.at("IPAddressType").path
        return kind if isinstance(kind, Doubt) else Doubt("which IP version this endpoint takes is not judged", place)
    subnet = mapping.at("SubnetId").needed_text()
    if mapping.maybe or isinstance(subnet, Doubt):
        return mapping.maybe or subnet
    states = zones.entries()
    for state in states.values() if isinstance(states, Mapping) else ():
        if state.at("Attachment", "SubnetId").text() == subnet:
            return standing(state.at("Attachment", "Status"), settled={"ready", "scaling"}, over=()).maybe or subnet
    return Doubt(f"no endpoint of this firewall stands in {subnet}", zones.path)


def _associated(account: Account, firewall: str) -> Iterator[Ref]:
    """The subnets of endpoints that are associated with the firewall on their own."""
    for _, answer in described_associations(account):
        if isinstance(answer, Doubt):
            yield answer
            continue
        written = answer.at("VpcEndpointAssociation")
        owner = written.at("FirewallArn").needed_text()
        if isinstance(owner, Doubt):
            yield owner
        elif owner == firewall and written.at("VpcId").text() == account.vpc:
            zones = answer.at("VpcEndpointAssociationStatus", "AssociationSyncState")
            yield _mapped(written.at("SubnetMapping"), zones)


def firewall_policies(account: Account) -> tuple[FirewallPolicy, ...]:
    """Every policy that a firewall of the VPC uses. One with errors is enforced in a way that nobody can tell."""
    found = {policy.id: policy for policy in templates.firewall_policies(documents(account))}
    return tuple(
        replace(
            found[arn],
            origin=account.origin(arn),
            maybe=_state(answer.at("FirewallPolicyResponse", "FirewallPolicyStatus")).maybe
            or _errors(answer.at("FirewallPolicyResponse", "Errors")),
        )
        for arn, answer in _answers(account, POLICY, "FirewallPolicyArn")
    )


def _errors(errors: Property) -> Doubt | None:
    """Errors that keep a policy, or a part of it, from being applied (Network Firewall API, FirewallPolicyResponse)."""
    return Doubt("AWS reports errors in this policy", errors.path) if errors.items() else None


def _state(status: Property) -> Standing:
    return standing(status, settled={"active"}, over=())


def rule_groups(account: Account) -> tuple[RuleGroup, ...]:
    """Every rule group that was described."""
    found = {group.id: group for group in templates.rule_groups(documents(account))}
    return tuple(
        replace(
            found[arn],
            origin=account.origin(arn),
            maybe=_state(answer.at("RuleGroupResponse", "RuleGroupStatus")).maybe,
        )
        for arn, answer in _answers(account, GROUP, "RuleGroupArn")
    )


def lost(account: Account) -> Iterator[tuple[str, Doubt]]:
    """Policies and rule groups that were not read: the field, and why."""
    for call, field in ((POLICY, "firewall_policies"), (GROUP, "rule_groups")):
        for one in account.snapshot.unread_of(call):
            yield field, Doubt(str(one), account.path(account.vpc))


def _answers(account: Account, call: str, key: str) -> Iterator[tuple[str, Property]]:
    """The answers to a call by the ARN that it was about."""
    found = {
        str(answer.parameters[key]): answer for answer in account.snapshot.answers_to(call) if key in answer.parameters
    }
    for arn in sorted(found):
        yield arn, account.property(dict(found[arn].result), arn)


def documents(account: Account) -> Resources:
    """Policies and rule groups as resources of an assembly, with the resources that they name."""
    groups = dict(_answers(account, GROUP, "RuleGroupArn"))
    lists = {listed.id: listed for listed in prefix_lists(account)}
    owner = account.snapshot
    arns = {f"arn:{owner.partition}:ec2:{owner.region}:{owner.account}:prefix-list/{name}": name for name in lists}
    dns = {
        name
        for _, one in account.listed("route53resolver:ListFirewallRuleGroupAssociations")
        if isinstance(name := one.at("FirewallRuleGroupId").text(), str)
    }
    named = {
        **{arn: Pointer(arn) for arn in groups},
        **{name: Pointer(name) for name in dns},
        **{arn: Pointer(name) for arn, name in arns.items()},
    }
    return Resources.of_assembly(
        Assembly(
            source=account.vpc,
            resources=(
                *(
                    _resource(account, arn, FIREWALL_POLICY, {"FirewallPolicy": _tied(one.at("FirewallPolicy"), named)})
                    for arn, one in _answers(account, POLICY, "FirewallPolicyArn")
                ),
                *(
                    _resource(
                        account,
                        arn,
                        RULE_GROUP,
                        {
                            "Type": one.at("RuleGroupResponse", "Type").value,
                            "RuleGroup": _tied(one.at("RuleGroup"), named),
                        },
                    )
                    for arn, one in groups.items()
                ),
                *(_resource(account, name, DNS_GROUP, {}) for name in dns),
                *(
                    _resource(
                        account,
                        name,
                        PREFIX_LIST,
                        {
                            "Entries": tuple(
                                {"Cidr": one if isinstance(one, Doubt) else str(one)} for one in entries(account, name)
                            )
                        },
                    )
                    for name in lists
                ),
            ),
            doubts=(),
            files=(),
        )
    )


def _resource(account: Account, name: str, kind: str, properties: Node) -> Resource:
    return Resource(
        id=name,
        stack="",
        logical_id=name,
        type=kind,
        properties=properties,
        path=f"{account.path(name)}#",
        region=account.snapshot.region,
        account=account.snapshot.account,
    )


_REFERENCES: Final = frozenset({"ResourceArn", "DNSFirewallRuleGroupId", "ReferenceArn"})
"""Members that name another resource. Nothing else is looked at: a rule may hold any text."""


def _tied(written: Property, named: Mapping[str, Pointer]) -> Node:
    """The document with a pointer wherever it names a resource that was read, a doubt where it names another."""
    return _pointing(written.value, named)


def _pointing(value: Node, named: Mapping[str, Pointer]) -> Node:
    match value:
        case Mapping():
            return {
                key: _reference(entry, named)
                if key in _REFERENCES and isinstance(entry, str)
                else _pointing(entry, named)
                for key, entry in value.items()
            }
        case tuple():
            return tuple(_pointing(element, named) for element in value)
        case _:
            return value


def _reference(name: str, named: Mapping[str, Pointer]) -> Node:
    """What an id stands for. A group that AWS keeps goes by its ARN."""
    return name if ":aws-managed:" in name else named.get(name, Doubt(f"{name} was not read"))
