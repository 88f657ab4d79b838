"""AWS Network Firewall: rule groups, policies, firewalls and their logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.aws.local.cloudformation.calls import Aws
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties


class RuleGroup(Model, kind="AWS::NetworkFirewall::RuleGroup"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "network-firewall:CreateRuleGroup",
            **wanted.only("RuleGroupName", "Type", "Capacity", "RuleGroup", "Description", "Tags"),
        )["RuleGroupResponse"]
        return Made(made["RuleGroupArn"], {name: made[name] for name in ("RuleGroupArn", "RuleGroupId")})

    def update(self, wanted: Properties) -> Made:
        token = self.aws("network-firewall:DescribeRuleGroup", RuleGroupArn=self.made.id)["UpdateToken"]
        self.aws(
            "network-firewall:UpdateRuleGroup",
            RuleGroupArn=self.made.id,
            UpdateToken=token,
            **wanted.only("RuleGroup", "Description"),
        )
        self.before.get("Description")
        _retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("network-firewall:DeleteRuleGroup", RuleGroupArn=self.made.id)


class FirewallPolicy(Model, kind="AWS::NetworkFirewall::FirewallPolicy"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "network-firewall:CreateFirewallPolicy",
            **wanted.only("FirewallPolicyName", "FirewallPolicy", "Description", "Tags"),
        )["FirewallPolicyResponse"]
        attributes = {name: made[name] for name in ("FirewallPolicyArn", "FirewallPolicyId")}
        return Made(made["FirewallPolicyArn"], attributes)

    def update(self, wanted: Properties) -> Made:
        token = self.aws("network-firewall:DescribeFirewallPolicy", FirewallPolicyArn=self.made.id)["UpdateToken"]
        self.aws(
            "network-firewall:UpdateFirewallPolicy",
            FirewallPolicyArn=self.made.id,
            UpdateToken=token,
            **wanted.only("FirewallPolicy", "Description"),
        )
        self.before.get("Description")
        _retag(self.aws, self.made.id, self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("network-firewall:DeleteFirewallPolicy", FirewallPolicyArn=self.made.id)


class Firewall(Model, kind="AWS::NetworkFirewall::Firewall"):
    # Each protection and the operation that sets it. Those that go off do so before anything else changes, those that
    # come on do so last.
    protections: ClassVar[Mapping[str, str]] = {
        "DeleteProtection": "UpdateFirewallDeleteProtection",
        "SubnetChangeProtection": "UpdateSubnetChangeProtection",
        "FirewallPolicyChangeProtection": "UpdateFirewallPolicyChangeProtection",
    }

    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "network-firewall:CreateFirewall",
            **wanted.only("FirewallName", "FirewallPolicyArn", "VpcId", "SubnetMappings", "Description", "Tags"),
            **wanted.only(*self.protections),
        )["Firewall"]
        return Made(made["FirewallArn"], self._attributes(made["FirewallArn"]))

    def update(self, wanted: Properties) -> Made:
        self._protect(self.made.id, self.before, wanted, on=False)
        if self.before["FirewallPolicyArn"] != wanted["FirewallPolicyArn"]:
            self.aws(
                "network-firewall:AssociateFirewallPolicy",
                FirewallArn=self.made.id,
                FirewallPolicyArn=wanted["FirewallPolicyArn"],
            )
        self._move(self.made.id, self.before["SubnetMappings"], wanted["SubnetMappings"])
        if self.before.get("Description") != wanted.get("Description"):
            self.aws(
                "network-firewall:UpdateFirewallDescription",
                FirewallArn=self.made.id,
                Description=wanted.get("Description", ""),
            )
        _retag(self.aws, self.made.id, self.before, wanted)
        self._protect(self.made.id, self.before, wanted, on=True)
        return Made(self.made.id, self._attributes(self.made.id))

    def delete(self) -> None:
        self.aws("network-firewall:DeleteFirewall", FirewallArn=self.made.id)

    def _move(self, firewall: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
        if added := [mapping for mapping in new if mapping not in old]:
            self.aws("network-firewall:AssociateSubnets", FirewallArn=firewall, SubnetMappings=added)
        if gone := [mapping["SubnetId"] for mapping in old if mapping not in new]:
            self.aws("network-firewall:DisassociateSubnets", FirewallArn=firewall, SubnetIds=gone)

    def _protect(self, firewall: str, before: Properties, wanted: Properties, *, on: bool) -> None:
        for name, operation in self.protections.items():
            old, new = before.flag(name, default=False), wanted.flag(name, default=False)
            if old != new and new is on:
                self.aws(f"network-firewall:{operation}", FirewallArn=firewall, **{name: new})

    def _attributes(self, arn: str) -> dict[str, Any]:
        described = self.aws("network-firewall:DescribeFirewall", FirewallArn=arn)
        zones = described["FirewallStatus"]["SyncStates"]
        return {
            "FirewallArn": arn,
            "FirewallId": described["Firewall"]["FirewallId"],
            "EndpointIds": [f"{zone}:{state['Attachment']['EndpointId']}" for zone, state in sorted(zones.items())],
        }


class LoggingConfiguration(Model, kind="AWS::NetworkFirewall::LoggingConfiguration"):
    """AWS takes one change of a destination at a time (UpdateLoggingConfiguration); CloudFormation makes them so."""

    def create(self, wanted: Properties) -> Made:
        self._settle(wanted["FirewallArn"], wanted)
        return Made(wanted["FirewallArn"])

    def update(self, wanted: Properties) -> Made:
        self._settle(self.made.id, wanted)
        return self.made

    def delete(self) -> None:
        self._step_by_step(self.made.id, [])

    def _settle(self, firewall: str, wanted: Properties) -> None:
        self._step_by_step(firewall, wanted["LoggingConfiguration"]["LogDestinationConfigs"])

    def _step_by_step(self, firewall: str, wanted: list[dict[str, Any]]) -> None:
        described = self.aws("network-firewall:DescribeLoggingConfiguration", FirewallArn=firewall)
        standing = list(described.get("LoggingConfiguration", {}).get("LogDestinationConfigs", []))
        for gone in [each for each in standing if each not in wanted]:
            standing.remove(gone)
            self._put(firewall, standing)
        for added in [each for each in wanted if each not in standing]:
            standing.append(added)
            self._put(firewall, standing)

    def _put(self, firewall: str, destinations: list[dict[str, Any]]) -> None:
        self.aws(
            "network-firewall:UpdateLoggingConfiguration",
            FirewallArn=firewall,
            LoggingConfiguration={"LogDestinationConfigs": list(destinations)},
        )


def _retag(aws: Aws, arn: str, before: Properties, wanted: Properties) -> None:
    old, new = before.get("Tags", []), wanted.get("Tags", [])
    keys = {tag["Key"] for tag in new}
    if gone := [tag["Key"] for tag in old if tag["Key"] not in keys]:
        aws("network-firewall:UntagResource", ResourceArn=arn, TagKeys=gone)
    if added := [tag for tag in new if tag not in old]:
        aws("network-firewall:TagResource", ResourceArn=arn, Tags=added)
