"""How much of AWS's quotas a network uses: counted once by the report, and once in the template itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.report.quotas import uses
from tests.unit.lifted import VPC, Json, Resources, lifted, lifted_text, ref
from tests.unit.networks import perimeter

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
TITLES = {quota.title: name for name, quota in QUOTAS.items()}


class Counted:
    """What a template holds, counted without a look at what was lifted from it."""

    def __init__(self, text: str) -> None:
        self.resources: dict[str, dict[str, Any]] = json.loads(text)["Resources"]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one.get("Properties", {}) for one in self.resources.values() if one["Type"] == f"AWS::{kind}"]

    def most(self, keys: Iterable[object]) -> int:
        return max(Counter(map(str, keys)).values(), default=0)

    def endpoints(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.of("EC2::VPCEndpoint") if one["VpcEndpointType"] == kind]

    def group_rules(self) -> int:
        inline = [
            (one["SecurityGroupEgress"], one.get("SecurityGroupIngress", [])) for one in self.of("EC2::SecurityGroup")
        ]
        alone = Counter(one["GroupId"]["Fn::GetAtt"][0] for one in self.of("EC2::SecurityGroupEgress"))
        named = [name for name, one in self.resources.items() if one["Type"] == "AWS::EC2::SecurityGroup"]
        return max(max(len(out) + alone[name], len(into)) for name, (out, into) in zip(named, inline, strict=True))

    def routes(self) -> list[object]:
        through = [table for one in self.of("EC2::VPCEndpoint") for table in one.get("RouteTableIds", [])]
        return [*(one["RouteTableId"] for one in self.of("EC2::Route")), *through]


# What AWS makes by itself counts as well: the main table, the default ACL and group, a table's local route, and the
# entry of an ACL that denies the rest.
COUNTS: dict[str, Callable[[Counted], int]] = {
    "vpc-subnets": lambda it: len(it.of("EC2::Subnet")),
    "vpc-route-tables": lambda it: len(it.of("EC2::RouteTable")) + 1,
    "vpc-acls": lambda it: len(it.of("EC2::NetworkAcl")) + 1,
    "vpc-security-groups": lambda it: len(it.of("EC2::SecurityGroup")) + 1,
    "route-table-routes": lambda it: it.most(it.routes()) + 1,
    "acl-entries": lambda it: it.most(
        (one["NetworkAclId"], one.get("Egress", False)) for one in it.of("EC2::NetworkAclEntry")
    ) + 1,
    "group-rules": lambda it: it.group_rules(),
    "gateway-endpoints": lambda it: len(it.endpoints("Gateway")),
    "interface-endpoints": lambda it: len(it.endpoints("Interface")),
    "firewall-groups-per-policy": lambda it: max(
        (len(one["FirewallPolicy"]["StatefulRuleGroupReferences"]) for one in it.of("NetworkFirewall::FirewallPolicy")),
        default=0,
    ),
    "dns-rules-per-group": lambda it: max(len(one["FirewallRules"]) for one in it.of("Route53Resolver::FirewallRuleGroup")),
    "dns-domains-per-list": lambda it: max(len(one["Domains"]) for one in it.of("Route53Resolver::FirewallDomainList")),
}  # fmt: skip


def used(network: ObservedNetwork) -> dict[str, int]:
    return {TITLES[use.name]: use.used for use in uses(network)}


@pytest.mark.parametrize("template", ["examples", "isolated-agent", "policies"])
def test_what_is_counted_is_what_the_template_holds(template: str) -> None:
    text = (GOLDEN / f"{template}.template.json").read_text()
    found, held = used(lifted_text(text)), Counted(text)
    assert {name: found.get(name, 0) for name in COUNTS} == {name: count(held) for name, count in COUNTS.items()}
    assert set(found) - set(COUNTS) <= {"firewall-rules-string-characters"}


def test_the_characters_of_rules_are_those_of_the_longest_group() -> None:
    text = (GOLDEN / "policies.template.json").read_text()
    groups = [one["RuleGroup"] for one in Counted(text).of("NetworkFirewall::RuleGroup")]
    written = [group["RulesSource"]["RulesString"] for group in groups]
    assert all(isinstance(rules, str) for rules in written)
    assert used(lifted_text(text))["firewall-rules-string-characters"] == max(map(len, written))


def test_limits_and_order_are_those_of_the_table() -> None:
    shown = uses(perimeter(["coding-agent"]))
    assert [use.limit for use in shown] == [QUOTAS[TITLES[use.name]].limit for use in shown]
    order = list(QUOTAS)
    assert [order.index(TITLES[use.name]) for use in shown] == sorted(order.index(TITLES[use.name]) for use in shown)


def test_a_quota_that_nothing_meets_has_no_row() -> None:
    assert uses(ObservedNetwork()) == ()


def test_two_vpcs_are_not_added_up_but_groups_are() -> None:
    """Subnets, tables and ACLs are counted by VPC, and the fullest one counts; groups by region."""
    resources: Resources = {
        "One": ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
        "Two": ("AWS::EC2::VPC", {"CidrBlock": "10.1.0.0/16"}),
        "A": ("AWS::EC2::Subnet", {"VpcId": ref("One"), "CidrBlock": "10.0.1.0/24"}),
        "B": ("AWS::EC2::Subnet", {"VpcId": ref("Two"), "CidrBlock": "10.1.1.0/24"}),
        "C": ("AWS::EC2::Subnet", {"VpcId": ref("Two"), "CidrBlock": "10.1.2.0/24"}),
    }
    assert used(lifted(resources)) == {
        "vpc-subnets": 2,
        "vpc-route-tables": 1,
        "vpc-acls": 1,
        "vpc-security-groups": 2,
        "acl-entries": 2,
        "group-rules": 1,
    }


def test_rules_for_ipv4_and_ipv6_are_held_apart_and_those_for_groups_count_for_both() -> None:
    peers: list[dict[str, Json]] = [
        {"CidrIp": "192.0.2.0/24"},
        {"CidrIp": "198.51.100.0/24"},
        {"CidrIpv6": "2001:db8::/32"},
        {"DestinationSecurityGroupId": ref("Group")},
    ]
    egress: list[Json] = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **peer} for peer in peers]
    group: dict[str, Json] = {"VpcId": ref("Vpc"), "GroupDescription": "a", "SecurityGroupEgress": egress}
    assert used(lifted({**VPC, "Group": ("AWS::EC2::SecurityGroup", group)}))["group-rules"] == 3


def test_entries_of_one_direction_are_counted_and_those_of_unknown_direction_in_both() -> None:
    acl: dict[str, Json] = {"VpcId": ref("Vpc")}
    resources: dict[str, tuple[str, dict[str, Json]]] = {**VPC, "Acl": ("AWS::EC2::NetworkAcl", acl)}
    for number, egress in enumerate((True, True, False, ref("Way"))):
        entry: dict[str, Json] = {"NetworkAclId": ref("Acl"), "RuleNumber": number + 1, "Egress": egress}
        entry |= {"Protocol": -1, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
        resources[f"Entry{number}"] = ("AWS::EC2::NetworkAclEntry", entry)
    assert used(lifted(resources, Parameters={"Way": {"Type": "String"}}))["acl-entries"] == 3 + 1
