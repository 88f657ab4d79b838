"""Route 53 Resolver: DNS Firewall and query logs."""

from __future__ import annotations

import uuid
from typing import Any

from moto.route53resolver.models import route53resolver_backends

from tests.aws.local.cloudformation.calls import Aws
from tests.aws.local.cloudformation.model import Made, Model
from tests.aws.local.cloudformation.properties import Properties

# What tells one rule of a group from another; AWS keeps a rule by its list, or by its threat rule's own id.
MEMBERS = (
    *("Action", "BlockResponse", "BlockOverrideDomain", "BlockOverrideDnsType", "BlockOverrideTtl", "Priority"),
    *("ConfidenceThreshold", "DnsThreatProtection", "FirewallDomainListId", "FirewallDomainRedirectionAction", "Qtype"),
)


class FirewallDomainList(Model, kind="AWS::Route53Resolver::FirewallDomainList"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "route53resolver:CreateFirewallDomainList",
            CreatorRequestId=str(uuid.uuid4()),
            Name=wanted.get("Name") or self.place.name(longest=64),
            Tags=wanted.get("Tags"),
        )["FirewallDomainList"]
        self._put(made["Id"], wanted)
        return Made(made["Id"], {name: made[name] for name in ("Id", "Arn")})

    def update(self, wanted: Properties) -> Made:
        self._put(self.made.id, wanted)
        _retag(self.aws, self.made.attributes["Arn"], self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("route53resolver:DeleteFirewallDomainList", FirewallDomainListId=self.made.id)

    def _put(self, made: str, wanted: Properties) -> None:
        self.aws(
            "route53resolver:UpdateFirewallDomains",
            FirewallDomainListId=made,
            Operation="REPLACE",
            Domains=wanted["Domains"],
        )


class FirewallRuleGroup(Model, kind="AWS::Route53Resolver::FirewallRuleGroup"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "route53resolver:CreateFirewallRuleGroup",
            CreatorRequestId=str(uuid.uuid4()),
            Name=wanted.get("Name") or self.place.name(longest=64),
            Tags=wanted.get("Tags"),
        )["FirewallRuleGroup"]
        self._add(made["Id"], _rules(wanted))
        return Made(made["Id"], {name: made[name] for name in ("Id", "Arn")})

    def update(self, wanted: Properties) -> Made:
        """Rules that changed are taken away and put anew: two of them may have changed places."""
        old, new = _rules(self.before), _rules(wanted)
        self._remove(self.made.id, [rule for rule in old if rule not in new])
        self._add(self.made.id, [rule for rule in new if rule not in old])
        _retag(self.aws, self.made.attributes["Arn"], self.before, wanted)
        return self.made

    def delete(self) -> None:
        self._remove(self.made.id, _rules(self.before))
        self.aws("route53resolver:DeleteFirewallRuleGroup", FirewallRuleGroupId=self.made.id)

    def _add(self, group: str, rules: list[dict[str, Any]]) -> None:
        for rule in rules:
            self.aws(
                "route53resolver:CreateFirewallRule",
                CreatorRequestId=str(uuid.uuid4()),
                FirewallRuleGroupId=group,
                Name=f"{self.place.logical_id[:40]}-{rule['Priority']}",
                **rule,
            )

    def _remove(self, group: str, rules: list[dict[str, Any]]) -> None:
        standing = self.aws("route53resolver:ListFirewallRules", FirewallRuleGroupId=group)["FirewallRules"]
        priorities = {int(rule["Priority"]) for rule in rules}
        for rule in standing:
            if rule["Priority"] in priorities:
                named = ("FirewallDomainListId", "FirewallThreatProtectionId", "Qtype")
                self.aws(
                    "route53resolver:DeleteFirewallRule",
                    FirewallRuleGroupId=group,
                    **{name: rule.get(name) for name in named},
                )


def _rules(wanted: Properties) -> list[dict[str, Any]]:
    return [rule.only(*MEMBERS) for rule in wanted.parts("FirewallRules")]


class FirewallRuleGroupAssociation(Model, kind="AWS::Route53Resolver::FirewallRuleGroupAssociation"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "route53resolver:AssociateFirewallRuleGroup",
            CreatorRequestId=str(uuid.uuid4()),
            Name=wanted.get("Name") or self.place.name(longest=64),
            **wanted.only("FirewallRuleGroupId", "VpcId", "Priority", "MutationProtection", "Tags"),
        )["FirewallRuleGroupAssociation"]
        return Made(made["Id"], {name: made[name] for name in ("Id", "Arn")})

    def update(self, wanted: Properties) -> Made:
        self.before.only("Name", "Priority", "MutationProtection")
        self.aws(
            "route53resolver:UpdateFirewallRuleGroupAssociation",
            FirewallRuleGroupAssociationId=self.made.id,
            MutationProtection=wanted.get("MutationProtection", "DISABLED"),
            **wanted.only("Name", "Priority"),
        )
        _retag(self.aws, self.made.attributes["Arn"], self.before, wanted)
        return self.made

    def delete(self) -> None:
        self.aws("route53resolver:DisassociateFirewallRuleGroup", FirewallRuleGroupAssociationId=self.made.id)


class ResolverQueryLoggingConfig(Model, kind="AWS::Route53Resolver::ResolverQueryLoggingConfig"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "route53resolver:CreateResolverQueryLogConfig",
            CreatorRequestId=str(uuid.uuid4()),
            Name=wanted.get("Name") or self.place.name(longest=64),
            DestinationArn=wanted["DestinationArn"],
        )["ResolverQueryLogConfig"]
        # moto refuses tags that begin with aws:, as AWS does from anyone but itself; CloudFormation's do.
        moto = route53resolver_backends[self.place.account][self.place.region]
        moto.tagger.tag_resource(made["Arn"], wanted.get("Tags", []))
        return Made(made["Id"], {name: made[name] for name in ("Id", "Arn")})

    def delete(self) -> None:
        self.aws("route53resolver:DeleteResolverQueryLogConfig", ResolverQueryLogConfigId=self.made.id)


class ResolverQueryLoggingConfigAssociation(Model, kind="AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation"):
    def create(self, wanted: Properties) -> Made:
        made = self.aws(
            "route53resolver:AssociateResolverQueryLogConfig", **wanted.only("ResolverQueryLogConfigId", "ResourceId")
        )["ResolverQueryLogConfigAssociation"]
        return Made(made["Id"], {"Id": made["Id"]})

    def delete(self) -> None:
        self.aws(
            "route53resolver:DisassociateResolverQueryLogConfig",
            **self.before.only("ResolverQueryLogConfigId", "ResourceId"),
        )


def _retag(aws: Aws, arn: str, before: Properties, wanted: Properties) -> None:
    old, new = before.get("Tags", []), wanted.get("Tags", [])
    keys = {tag["Key"] for tag in new}
    if gone := [tag["Key"] for tag in old if tag["Key"] not in keys]:
        aws("route53resolver:UntagResource", ResourceArn=arn, TagKeys=gone)
    if added := [tag for tag in new if tag not in old]:
        aws("route53resolver:TagResource", ResourceArn=arn, Tags=added)
