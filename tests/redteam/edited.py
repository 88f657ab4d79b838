"""A sound template under an attacker's hands: short words for the edits that the cases are made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, TypeAlias

Json: TypeAlias = Any

SUBJECTS = Path(__file__).parents[1] / "mutations" / "subjects"
SOUND = json.loads((SUBJECTS / "filtered.template.json").read_text())
POLICIES = tuple(sorted((SUBJECTS / "filtered").glob("*.yaml")))


def _id(kind: str, name: str) -> str:
    """The logical id of the one resource of a type with this in it."""
    found = [key for key, body in SOUND["Resources"].items() if body["Type"] == f"AWS::{kind}" and name in key]
    assert len(found) == 1, (kind, name, found)
    return str(found[0])


def ref(name: str) -> Json:
    return {"Ref": name}


def att(name: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [name, attribute]}


def sub(text: str) -> Json:
    return {"Fn::Sub": text}


VPC = _id("EC2::VPC", "vpc")
READER_SUBNET = _id("EC2::Subnet", "subnetagentreader0")
WRITER_SUBNET = _id("EC2::Subnet", "subnetagentwriter0")
NAT_SUBNET = _id("EC2::Subnet", "subnetegress0")
WALL_SUBNET = _id("EC2::Subnet", "subnetfirewall0")
SERVICE_SUBNET = _id("EC2::Subnet", "subnetendpoint0")
READER_GROUP = _id("EC2::SecurityGroup", "groupagentreader")
WRITER_GROUP = _id("EC2::SecurityGroup", "groupagentwriter")
SERVICE_GROUP = _id("EC2::SecurityGroup", "groupendpointbedrockruntime")
READER_TABLE = _id("EC2::RouteTable", "tableagentinternets30")
NAT_TABLE = _id("EC2::RouteTable", "tableegress0")
READER_ROUTE = _id("EC2::Route", "tableagentinternets30default")
ROUTE_BACK = _id("EC2::Route", "tableegress0backreader")
READER_PLACE = _id("EC2::SubnetRouteTableAssociation", "subnetagentreader0")
READER_ACL = _id("EC2::SubnetNetworkAclAssociation", "subnetagentreader0")
ACL = SOUND["Resources"][READER_ACL]["Properties"]["NetworkAclId"]["Ref"]
GATEWAY = _id("EC2::InternetGateway", "internetgateway")
NAT = _id("EC2::NatGateway", "nat0")
FIREWALL = _id("NetworkFirewall::Firewall", "firewall0")
POLICY = _id("NetworkFirewall::FirewallPolicy", "firewallpolicy")
ALLOW = _id("NetworkFirewall::RuleGroup", "firewallrulesallow")
DENY = _id("NetworkFirewall::RuleGroup", "firewallrulesdeny")
DNS = _id("Route53Resolver::FirewallRuleGroup", "dnsfirewall")
NAMES = _id("Route53Resolver::FirewallDomainList", "domainsnames")
EVERYTHING = _id("Route53Resolver::FirewallDomainList", "domainseverything")
S3 = _id("EC2::VPCEndpoint", "endpoints3")
BEDROCK = _id("EC2::VPCEndpoint", "endpointbedrockruntime")
CLOSER = _id("IAM::Role", "defaultgrouprole")
BOUNDARY = _id("IAM::ManagedPolicy", "boundaryreader")
OTHER_BOUNDARY = _id("IAM::ManagedPolicy", "boundarywriter")
TOLD_GROUP = _id("SSM::Parameter", "readersecuritygroup")
TOLD_SUBNETS = _id("SSM::Parameter", "readersubnets")
TOLD_BOUNDARY = _id("SSM::Parameter", "readerboundary")

ACCOUNT = ref("AWS::AccountId")
ENGINE = ("FirewallPolicy",)
RULES = ("RuleGroup", "RulesSource", "RulesString")
PORTS = "reject tcp $HOME_NET any -> any ![80,443]"
"""The beginning of a rule that nothing else stands in for."""


class Edited:
    """The sound template and what was done to it."""

    def __init__(self) -> None:
        self.tree: Json = json.loads(json.dumps(SOUND))

    def add(self, name: str, kind: str, condition: str = "", **properties: Json) -> Self:
        """One more resource; ``kind`` without ``AWS::``, unless it is a custom one."""
        body: Json = {"Type": kind if kind.startswith("Custom::") else f"AWS::{kind}", "Properties": properties}
        self.tree["Resources"][name] = body | ({"Condition": condition} if condition else {})
        return self

    def drop(self, name: str) -> Self:
        del self.tree["Resources"][name]
        return self

    def section(self, name: str, **entries: Json) -> Self:
        """Entries of another section, such as Parameters."""
        self.tree.setdefault(name, {}).update(entries)
        return self

    def rewritten(self, macro: str) -> Self:
        """Handed to a macro before it is deployed."""
        self.tree["Transform"] = macro
        return self

    def at(self, name: str, *path: str | int) -> Json:
        """What stands there."""
        node = self.tree["Resources"][name]["Properties"]
        for key in path:
            node = node[key]
        return node

    def put(self, name: str, *path: str | int, to: Json) -> Self:
        """Set a property."""
        self.at(name, *path[:-1])[path[-1]] = to
        return self

    def cut(self, name: str, *path: str | int) -> Self:
        """Take a property away."""
        del self.at(name, *path[:-1])[path[-1]]
        return self

    def more(self, name: str, *path: str | int, item: Json) -> Self:
        """One more element of a list."""
        self.at(name, *path).append(item)
        return self

    def rule(self, group: str, line: str) -> Self:
        """One more Suricata rule, before all others of its group."""
        return self.put(group, *RULES, to=f"{line}\n{self.at(group, *RULES)}")

    def swap(self, group: str, old: str, new: str) -> Self:
        """Suricata rules with one text in place of another."""
        text = self.at(group, *RULES)
        assert old in text, old
        return self.put(group, *RULES, to=text.replace(old, new, 1))

    def stateless(self, action: str, **match: Json) -> Self:
        """A stateless rule."""
        rule = {"Priority": 1, "RuleDefinition": {"Actions": [action], "MatchAttributes": match}}
        source = {"StatelessRulesAndCustomActions": {"StatelessRules": [rule]}}
        group = {"RulesSource": source}
        self.add(
            "Bypass",
            "NetworkFirewall::RuleGroup",
            Capacity=10,
            RuleGroupName="bypass",
            Type="STATELESS",
            RuleGroup=group,
        )
        return self.put(
            POLICY, *ENGINE, "StatelessRuleGroupReferences", to=[{"Priority": 1, "ResourceArn": ref("Bypass")}]
        )

    def allow(self, document: str, **parts: Json) -> Self:
        """One more statement that allows, in the policy of an endpoint or in a boundary."""
        everyone = {"Principal": "*"} if document in {S3, BEDROCK} else {}
        statement = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["*"], **everyone, **parts}
        if "NotPrincipal" in parts:
            del statement["Principal"]
        if "NotAction" in parts:
            del statement["Action"]
        if "NotResource" in parts:
            del statement["Resource"]
        return self.more(document, "PolicyDocument", "Statement", item=statement)

    def condition(self, document: str, index: int, **condition: Json) -> Self:
        """Another condition for a statement that is there."""
        return self.put(document, "PolicyDocument", "Statement", index, "Condition", to=condition)

    def egress(self, **rule: Json) -> Self:
        """One more rule of the reader's group."""
        return self.more(READER_GROUP, "SecurityGroupEgress", item=rule)

    def entry(self, **entry: Json) -> Self:
        """One more entry of the reader's ACL."""
        written = {"NetworkAclId": ref(ACL), "RuleNumber": 99, "Protocol": -1, "RuleAction": "allow", "Egress": True}
        return self.add("Entry", "EC2::NetworkAclEntry", **{**written, **entry})

    def route(self, table: str = READER_TABLE, name: str = "Way", **route: Json) -> Self:
        """One more route."""
        return self.add(name, "EC2::Route", RouteTableId=ref(table), **route)

    def dns(self, **rule: Json) -> Self:
        """One more DNS Firewall rule, before all that allow."""
        made = {"Action": "ALLOW", "Priority": 10, "FirewallDomainListId": att(EVERYTHING, "Id"), **rule}
        return self.more(DNS, "FirewallRules", item=made)

    def instance(self, subnet: str, *groups: Json, **properties: Json) -> Self:
        """A machine."""
        return self.add(
            "Machine",
            "EC2::Instance",
            ImageId="ami-1",
            SubnetId=ref(subnet),
            SecurityGroupIds=list(groups),
            **properties,
        )

    def group(self, ingress: Sequence[Json] = (), egress: Sequence[Json] = ()) -> Self:
        """A security group that nobody asked for."""
        return self.add(
            "Group",
            "EC2::SecurityGroup",
            VpcId=ref(VPC),
            GroupDescription="another one",
            SecurityGroupIngress=list(ingress),
            SecurityGroupEgress=list(egress),
        )

    def role(self, **properties: Json) -> Self:
        """A role of the reader's."""
        given = {"AssumeRolePolicyDocument": {}, "Tags": [{"Key": "agent-perimeter:agent", "Value": "reader"}]}
        return self.add("Role", "IAM::Role", **{**given, **properties})

    def function(self, role: Json, **properties: Json) -> Self:
        """A function with code of its own."""
        return self.add("Function", "Lambda::Function", Role=role, Code={"ZipFile": "…"}, **properties)

    def second_block(self) -> Self:
        return self.add("Block", "EC2::VPCCidrBlock", VpcId=ref(VPC), CidrBlock="100.64.0.0/16")

    def dual_stack(self) -> Self:
        """IPv6 for the VPC and the reader's subnet."""
        self.add("Block", "EC2::VPCCidrBlock", VpcId=ref(VPC), AmazonProvidedIpv6CidrBlock=True)
        return self.put(READER_SUBNET, "Ipv6CidrBlock", to="2600:1f18::/64")
