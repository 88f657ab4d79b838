"""What is mutated: a template, with the questions about it that operators ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File

from tests.mutations.tree import ABSENT, Path, Value, get

LAYERS: dict[str, str] = {
    "AWS::EC2::SecurityGroup": "security group",
    "AWS::EC2::SecurityGroupEgress": "security group",
    "AWS::EC2::SecurityGroupIngress": "security group",
    "AWS::EC2::NetworkAcl": "network ACL",
    "AWS::EC2::NetworkAclEntry": "network ACL",
    "AWS::EC2::SubnetNetworkAclAssociation": "network ACL",
    "AWS::EC2::VPC": "routes",
    "AWS::EC2::Subnet": "routes",
    "AWS::EC2::RouteTable": "routes",
    "AWS::EC2::Route": "routes",
    "AWS::EC2::SubnetRouteTableAssociation": "routes",
    "AWS::EC2::InternetGateway": "routes",
    "AWS::EC2::VPCGatewayAttachment": "routes",
    "AWS::EC2::NatGateway": "routes",
    "AWS::EC2::EIP": "routes",
    "AWS::NetworkFirewall::Firewall": "network firewall",
    "AWS::NetworkFirewall::FirewallPolicy": "network firewall",
    "AWS::NetworkFirewall::RuleGroup": "network firewall",
    "AWS::Route53Resolver::FirewallDomainList": "DNS firewall",
    "AWS::Route53Resolver::FirewallRuleGroup": "DNS firewall",
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": "DNS firewall",
    "AWS::EC2::VPCEndpoint": "endpoint policy",
    "AWS::IAM::ManagedPolicy": "IAM boundary",
    "Custom::AgentPerimeterClosedDefaultGroup": "default group",
    "AWS::Lambda::Function": "default group",
    # What follows carries no packet and stops none. Its mutants have a class of their own.
    "AWS::EC2::FlowLog": "evidence",
    "AWS::Logs::LogGroup": "evidence",
    "AWS::NetworkFirewall::LoggingConfiguration": "evidence",
    "AWS::Route53Resolver::ResolverQueryLoggingConfig": "evidence",
    "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation": "evidence",
    "AWS::IAM::Role": "evidence",
    "AWS::SSM::Parameter": "evidence",
}
"""Types to the layer that they belong to. A type that is missing here is mutated too, as ``other``."""

AGENT, ROLE = "agent-perimeter:agent", "agent-perimeter:role"


def layer_of(kind: str) -> str:
    return LAYERS.get(kind, "other")


@dataclass(frozen=True)
class Subject:
    """A template, whole. ``name`` is short, for names of mutants and for the report."""

    name: str
    template: Value

    @classmethod
    def read(cls, path: File) -> Subject:
        return cls(path.name.partition(".")[0], json.loads(path.read_text(encoding="utf-8")))

    @property
    def resources(self) -> dict[str, Value]:
        resources: dict[str, Value] = self.template["Resources"]
        return resources

    @cached_property
    def by_type(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for logical, resource in self.resources.items():
            found.setdefault(resource["Type"], []).append(logical)
        return {kind: tuple(sorted(ids)) for kind, ids in sorted(found.items())}

    def of(self, kind: str, role: str = "") -> tuple[str, ...]:
        """The resources of a type such as ``EC2::Subnet``, all or those with our role tag."""
        ids = self.by_type.get(f"AWS::{kind}", ())
        return tuple(name for name in ids if not role or self.tag(name, ROLE) == role)

    def tag(self, logical: str, key: str) -> str:
        """The value of a tag; empty where it has none."""
        tags = get(self.template, ("Resources", logical, "Properties", "Tags"))
        pairs = tags if isinstance(tags, list) else []
        return next((str(tag["Value"]) for tag in pairs if tag.get("Key") == key), "")

    def property(self, logical: str, *path: str | int) -> Value:
        return get(self.template, ("Resources", logical, "Properties", *path))

    @cached_property
    def tag_values(self) -> dict[str, tuple[str, ...]]:
        """The values that each of our tags has anywhere."""
        found: dict[str, set[str]] = {}
        for logical in self.resources:
            tags = self.property(logical, "Tags")
            for tag in tags if isinstance(tags, list) else []:
                if str(tag.get("Key")).startswith("agent-perimeter:"):
                    found.setdefault(tag["Key"], set()).add(tag["Value"])
        return {key: tuple(sorted(values)) for key, values in found.items()}

    @cached_property
    def agent_tables(self) -> tuple[str, ...]:
        """The route tables of the agents' subnets."""
        subnets = set(self.of("EC2::Subnet", "agent"))
        return tuple(
            sorted(
                {
                    self.property(name, "RouteTableId", "Ref")
                    for name in self.of("EC2::SubnetRouteTableAssociation")
                    if self.property(name, "SubnetId", "Ref") in subnets
                }
                - {ABSENT}
            )
        )

    @cached_property
    def agent_acls(self) -> tuple[str, ...]:
        """The ACLs of the agents' subnets."""
        subnets = set(self.of("EC2::Subnet", "agent"))
        return tuple(
            sorted(
                {
                    self.property(name, "NetworkAclId", "Ref")
                    for name in self.of("EC2::SubnetNetworkAclAssociation")
                    if self.property(name, "SubnetId", "Ref") in subnets
                }
                - {ABSENT}
            )
        )


def at(logical: str, *path: str | int) -> Path:
    """The path of a resource's property."""
    return ("Resources", logical, "Properties", *path)
