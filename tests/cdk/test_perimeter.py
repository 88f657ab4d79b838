"""``AgentPerimeter`` as somebody meets it in an app of their own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from agent_perimeter.catalogue.prefix_lists import PREFIX_LISTS
from agent_perimeter.files import UsageError
from agent_perimeter.network import (
    DomainList,
    GroupRule,
    Network,
    PrefixList,
    Statement,
    Zone,
)
from agent_perimeter.settings import Settings
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, PortRange, Protocol
from agent_perimeter_cdk import AgentPerimeter, PolicyRefused
from agent_perimeter_cdk.prefix_lists import PrefixLists
from agent_perimeter_cdk.refs import Refs
from tests.cdk.templates import Template, stack, synthesize

TODAY = date(2026, 11, 22)

ALLOWED = """\
version: 1
agent: reader
network_policy:
  egress:
    - domain: api.example.org
      reason: reads
      owner: tests
"""


@pytest.fixture
def perimeter(network: Network) -> AgentPerimeter:
    return AgentPerimeter(stack(App(), "s"), "p", network=network)


def resolved(perimeter: AgentPerimeter, value: Any) -> Any:
    return Stack.of(perimeter).resolve(value)


def logical(perimeter: AgentPerimeter, path: str) -> str:
    """The logical id of a resource of the perimeter."""
    child = perimeter.node.find_child(path.replace("/", "--")).node.default_child
    found = child or perimeter.node.find_child(path.replace("/", "--"))
    name: str = resolved(perimeter, found.ref)["Ref"]  # type: ignore[attr-defined]
    return name


def test_an_agent_s_placement_is_its_subnets_group_and_boundary(perimeter: AgentPerimeter) -> None:
    place = perimeter.agents["reader"]
    assert place.agent == "reader"
    assert [resolved(perimeter, subnet.subnet_id) for subnet in place.subnets] == [
        {"Ref": logical(perimeter, f"subnet/agent/reader/{zone}")} for zone in (0, 1)
    ]
    assert [resolved(perimeter, subnet.availability_zone) for subnet in place.subnets] == [
        {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        "eu-central-1b",
    ]
    assert resolved(perimeter, place.subnets[0].route_table.route_table_id) == {
        "Ref": logical(perimeter, "table/agent/reader/0")
    }
    assert resolved(perimeter, place.security_group.security_group_id) == {
        "Fn::GetAtt": [logical(perimeter, "group/agent/reader"), "GroupId"]
    }
    assert resolved(perimeter, place.boundary.managed_policy_arn) == {"Ref": logical(perimeter, "boundary/reader")}


def test_a_placement_is_made_once_and_only_when_asked_for(perimeter: AgentPerimeter) -> None:
    before = len(perimeter.node.children)
    assert list(perimeter.agents) == ["reader", "writer"]
    assert len(perimeter.agents) == 2
    assert len(perimeter.node.children) == before
    assert perimeter.agents["writer"] is perimeter.agents["writer"]
    assert len(perimeter.node.children) == before + 4


def test_an_unknown_agent_is_told_which_there_are(perimeter: AgentPerimeter) -> None:
    with pytest.raises(KeyError, match="no agent 'wirter' in this perimeter, which has reader, writer"):
        perimeter.agents["wirter"]


def test_the_vpc_offers_its_zones_and_no_subnets_of_its_own(perimeter: AgentPerimeter) -> None:
    assert resolved(perimeter, perimeter.vpc.vpc_id) == {"Ref": logical(perimeter, "vpc")}
    assert len(perimeter.vpc.availability_zones) == 2
    assert not [*perimeter.vpc.public_subnets, *perimeter.vpc.private_subnets, *perimeter.vpc.isolated_subnets]


def test_nobody_can_add_a_rule_to_an_agent_s_group(tmp_path: Path, network: Network) -> None:
    def build(app: App) -> None:
        place = AgentPerimeter(stack(app, "s"), "p", network=network).agents["reader"]
        place.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.all_traffic())
        place.security_group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(22))
        place.security_group.connections.allow_to_any_ipv4(ec2.Port.tcp(22))

    template = Template(synthesize(tmp_path, build), "s", "p")
    assert set(template.of("EC2::SecurityGroupIngress")) == {"group/agent/writer/from/group/endpoint/sts/tcp-443"}
    assert set(template.of("EC2::SecurityGroupEgress")) == {"group/agent/writer/to/group/endpoint/sts/tcp-443"}
    assert len(template["group/agent/reader"].properties["SecurityGroupEgress"]) == 3


def test_apply_puts_a_role_under_the_agent_s_boundary(tmp_path: Path, network: Network) -> None:
    def build(app: App) -> None:
        scope = stack(app, "s")
        role = iam.Role(scope, "role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        AgentPerimeter(scope, "p", network=network).agents["reader"].apply(role)

    template = Template(synthesize(tmp_path, build), "s", "p")
    (role,) = (item for path, item in template.of("IAM::Role").items() if "role/Resource" in path)
    assert role.properties["PermissionsBoundary"] == "<boundary/reader>"


def test_a_folder_of_policies_becomes_a_perimeter(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "reader.yaml").write_text(ALLOWED)
    found: dict[str, AgentPerimeter] = {}

    def build(app: App) -> None:
        found["it"] = AgentPerimeter.from_policies(
            stack(app, "s"), "p", policies=tmp_path / "policies", settings=Settings(name="given"), today=TODAY
        )

    template = Template(synthesize(tmp_path / "out", build), "s", "p")
    assert found["it"].network.name == "given"
    assert found["it"].network.agents == ("reader",)
    assert "api.example.org" in template["firewall/rules/allow"].properties["RuleGroup"]["RulesSource"]["RulesString"]


def test_the_settings_say_where_the_policies_are(tmp_path: Path) -> None:
    (tmp_path / "reader.yaml").write_text(ALLOWED)
    perimeter = AgentPerimeter.from_policies(stack(App(), "s"), "p", settings=Settings(policies=str(tmp_path)))
    assert perimeter.network.agents == ("reader",)


def test_what_has_expired_today_is_not_built(tmp_path: Path) -> None:
    policy = tmp_path / "reader.yaml"
    policy.write_text(ALLOWED + "      expires: 2026-11-22\n    - domain: api.example.net\n      reason: too\n")

    def names(today: date) -> set[str]:
        perimeter = AgentPerimeter.from_policies(stack(App(), "s"), "p", policies=policy, today=today)
        rules = perimeter.network.dns_firewall.rules
        return {name for rule in rules if rule.domains for name in rule.domains.domains} - {"*"}

    assert names(date(2026, 11, 22)) == {"api.example.org", "api.example.net"}
    assert names(date(2026, 11, 23)) == {"api.example.net"}


def test_a_refused_policy_is_an_exception_with_its_findings(tmp_path: Path) -> None:
    policy = tmp_path / "open.yaml"
    policy.write_text(ALLOWED + "    - ip_block: 0.0.0.0/0\n      ports: [{protocol: TCP, port: 443}]\n")
    with pytest.raises(PolicyRefused) as refusal:
        AgentPerimeter.from_policies(stack(App(), "s"), "p", policies=policy, today=TODAY)
    errors = [finding for finding in refusal.value.findings if finding.is_error]
    assert errors
    assert str(refusal.value).splitlines() == [str(finding) for finding in errors]
    assert f"{policy}:8:" in str(refusal.value)


def test_a_refused_perimeter_leaves_nothing_in_the_stack(tmp_path: Path) -> None:
    policy = tmp_path / "open.yaml"
    policy.write_text("version: 1\nnetwork_policy: []\n")
    scope = stack(App(), "s")
    with pytest.raises(PolicyRefused):
        AgentPerimeter.from_policies(scope, "p", policies=policy, today=TODAY)
    assert not scope.node.children


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml: cannot be read"):
        AgentPerimeter.from_policies(stack(App(), "s"), "p", policies=tmp_path / "nowhere.yaml")


def test_a_warning_is_the_cdk_s_warning_unless_accepted(tmp_path: Path) -> None:
    plain = "    - domain: plain.example.org\n      ports: [{protocol: TCP, port: 80}]\n      reason: old\n"
    policy = tmp_path / "reader.yaml"

    def warnings(text: str) -> list[str]:
        policy.write_text(text)
        perimeter = AgentPerimeter.from_policies(stack(App(), "s"), "p", policies=policy, today=TODAY)
        return [entry.data for entry in perimeter.node.metadata if entry.type == "aws:cdk:warning"]

    (warning,) = warnings(ALLOWED + plain)
    assert f"{policy}:9:" in warning
    code = warning.split("[ack: agent-perimeter:")[1].removesuffix("]")
    assert f" {code} " in warning
    assert warnings(f"{ALLOWED}{plain}      accept: {{{code}: the host knows no TLS}}\n") == []


def test_a_perimeter_of_a_region_that_the_table_lacks_needs_the_setting(network: Network) -> None:
    with pytest.raises(ValueError, match="is not known") as refusal:
        AgentPerimeter(stack(App(), "s", "us-gov-west-1"), "p", network=network)
    assert str(refusal.value) == (
        "the id of the s3 prefix list in us-gov-west-1 is not known — find it with `aws ec2 "
        "describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.us-gov-west-1.s3`"
        ' and add it to the settings: "prefix_lists": {"s3": "pl-…"}'
    )
    lists = PrefixLists(
        stack(App(), "s", "us-gov-west-1"), network.security_groups, {"s3": "pl-12345678", "dynamodb": "pl-0"}
    )
    assert lists.id("s3") == "pl-12345678"


def test_an_unknown_region_picks_from_those_that_have_all_the_lists(tmp_path: Path, network: Network) -> None:
    reader = network.security_groups[0]
    both = replace(reader, egress=(*reader.egress, replace(reader.egress[1], peer=PrefixList("dynamodb"))))
    assembly = synthesize(
        tmp_path,
        lambda app: AgentPerimeter(
            stack(app, "s"), "p", network=replace(network, security_groups=(both, *network.security_groups[1:]))
        ),
    )
    (mapping,) = Template(assembly, "s", "p").raw["Mappings"].values()
    assert mapping["eu-central-1"] == {"dynamodb": "pl-66a5400f", "s3": "pl-6ea54007"}
    assert set(mapping) == set(PREFIX_LISTS["s3"]) & set(PREFIX_LISTS["dynamodb"])
    assert set(mapping) < set(PREFIX_LISTS["s3"])


def test_no_table_for_a_service_is_an_error_rather_than_an_empty_mapping(network: Network) -> None:
    groups = [replace(network.security_groups[0], egress=(rule(PrefixList("s3express")),))]
    with pytest.raises(ValueError, match="no region is known to have the prefix lists of s3express"):
        PrefixLists(stack(App(), "s"), groups, {})


def rule(peer: PrefixList | Cidr, protocol: Protocol = Protocol.TCP, ports: PortRange | None = None) -> GroupRule:
    return GroupRule(protocol, ports, peer, "a rule", Origin())


def first_group(network: Network, *rules: GroupRule) -> Network:
    group, *others = network.security_groups
    return replace(network, security_groups=(replace(group, egress=rules), *others))


def broken_networks(network: Network) -> dict[str, tuple[Network, str]]:
    policy = network.firewall_policy
    assert policy
    assert policy.resolved_ip
    boundary, dns = network.boundaries[0], network.dns_firewall
    group, *others = network.security_groups
    twice = replace(boundary.statements[0], conditions=boundary.statements[0].conditions[:1] * 2)
    other_list = replace(dns.rules[1], priority=30, domains=DomainList("domains/names", ("other.example",)))
    return {
        "a subnet of a table that is not there": (
            replace(network, subnets=(replace(network.subnets[0], route_table="table/none"),)),
            r"'table/none' is referred to, but not \(yet\) rendered",
        ),
        "two records of one id": (
            replace(network, acls=(network.acls[0], replace(network.acls[1], id="vpc", entries=()))),
            "two records of the network have the id 'vpc'",
        ),
        "an IPv6 destination": (
            first_group(network, rule(Cidr.parse("2001:db8::/32"), ports=PortRange(1, 1))),
            "2001:db8::/32 is an IPv6 block, and the perimeter is IPv4 only",
        ),
        "a TCP rule without ports": (first_group(network, rule(Cidr.parse("10.0.0.0/8"))), "a TCP rule needs ports"),
        "a boundary that says nothing": (
            replace(network, boundaries=(replace(boundary, statements=()),)),
            "a policy document needs a statement; to allow nothing, deny everything",
        ),
        "a condition that is written twice": (
            replace(network, boundaries=(replace(boundary, statements=(twice,)),)),
            "statement 'Reader0' tests StringEquals aws:PrincipalAccount twice",
        ),
        "resolved-IP validation of nobody": (
            replace(network, firewall_policy=replace(policy, resolved_ip=replace(policy.resolved_ip, sources=()))),
            "validates nothing",
        ),
        "an interface endpoint without a group": (
            replace(network, endpoints=(replace(network.endpoints[1], security_group=None),)),
            "has no security group",
        ),
        "an agent without a group": (
            replace(network, security_groups=(replace(group, agent=None), *others)),
            "the agent 'reader' has 0 security groups, and needs one",
        ),
        "two lists of one id": (
            replace(network, dns_firewall=replace(dns, rules=(*dns.rules, other_list))),
            "two domain lists have the id 'domains/names'",
        ),
    }


@pytest.mark.parametrize(
    "what",
    [
        "a subnet of a table that is not there",
        "two records of one id",
        "an IPv6 destination",
        "a TCP rule without ports",
        "a boundary that says nothing",
        "a condition that is written twice",
        "resolved-IP validation of nobody",
        "an interface endpoint without a group",
        "an agent without a group",
        "two lists of one id",
    ],
)
def test_a_network_that_cannot_be_rendered_is_refused(what: str, network: Network) -> None:
    broken, reason = broken_networks(network)[what]
    with pytest.raises(ValueError, match=reason):
        AgentPerimeter(stack(App(), "s"), "p", network=broken)


TEXTS = {
    "plain text stays": ("api.example.com", "api.example.com"),
    "an IAM variable alone stays": ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${aws:username}"),
    "the VPC alone is a reference": ("${Vpc}", {"Ref": "vpc"}),
    "the account alone is a reference": ("${AWS::AccountId}", {"Ref": "AWS::AccountId"}),
    "a placeholder is left to CloudFormation": ("s3.${AWS::Region}.x", {"Fn::Sub": "s3.${AWS::Region}.x"}),
    "an IAM variable beside one is escaped": (
        "arn:${AWS::Partition}:s3:::b/${aws:username}",
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::b/${!aws:username}"},
    ),
    "the VPC within text is substituted": ("a-${Vpc}", {"Fn::Sub": ["a-${Vpc}", {"Vpc": {"Ref": "vpc"}}]}),
    "a placeholder of nobody's is not ours": ("${AWS::StackName}", "${AWS::StackName}"),
}


@pytest.mark.parametrize(("text", "rendered"), TEXTS.values(), ids=TEXTS)
def test_placeholders(text: str, rendered: object, network: Network) -> None:
    scope = stack(App(), "s")
    vpc = ec2.CfnVPC(scope, "vpc", cidr_block="10.0.0.0/16")
    refs = Refs(network)
    refs["vpc"] = vpc.ref
    assert scope.resolve(refs.text(text)) == rendered
    assert refs.text(text) is refs.text(text)


def test_zones_are_taken_by_name_or_by_place(network: Network) -> None:
    refs, scope = Refs(network), stack(App(), "s")
    assert refs.zone(Zone(0, "eu-central-1c")) == "eu-central-1c"
    assert scope.resolve(refs.zone(Zone(2))) == {"Fn::Select": [2, {"Fn::GetAZs": ""}]}


def test_a_boundary_s_wildcards_are_acknowledged_with_the_policy_line_that_asks_for_them(
    tmp_path: Path, network: Network
) -> None:
    """Only of statements that allow: cdk-nag has nothing to say of the others."""
    asked = Statement("A", True, ("s3:Get*",), ("b",), (), None, Origin((Span("policies/reader.yaml", 12, 7),)))
    needed = Statement("B", True, ("s3:PutObject",), ("arn:${AWS::Partition}:s3:::b/*",), (), None, Origin())
    denied = Statement("C", False, ("*",), ("*",), (), None, Origin())
    boundaries = (replace(network.boundaries[0], statements=(asked, needed, denied)), network.boundaries[1])
    assembly = synthesize(
        tmp_path, lambda app: AgentPerimeter(stack(app, "s"), "p", network=replace(network, boundaries=boundaries))
    )
    metadata = json.loads((assembly / "s.metadata.json").read_text())
    acknowledged = {
        finding.removeprefix("Annotation::"): reason
        for entry in metadata["/s/p/boundary--reader"]
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for finding, reason in entry["data"].items()
    }
    assert acknowledged == {
        "AwsSolutions-IAM5[Action::s3:Get*]": "A boundary grants nothing, it caps; asked for by reader.yaml:12.",
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::b/*]": (
            "A boundary grants nothing, it caps; asked for by what runs the agent."
        ),
    }
