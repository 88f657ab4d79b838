"""A small perimeter as a template, sound for ``POLICY``, and what it takes to change one thing of it.

Written by hand, as somebody else would who read the same policy: what is built by our own constructs is no
yardstick for the judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from agent_perimeter.intent import AgentIntent, Intent
from agent_perimeter.packet_sets import Packet
from agent_perimeter.verdict import AgentVerdict, Gap, Kind, Layer, LayerVerdict, Proof, Status
from agent_perimeter.verification import Lifted, Named, lifted, meaning, verify
from tests.unit.lifted import AT, FILE, Json, Resources, attribute, ref, template

TODAY = date(2026, 11, 22)

POLICY = """\
version: 1
agent: bot
network_policy:
  egress:
    - domain: api.example.com
    - domain: broker.example.org
      ports: [{protocol: TCP, port: 8883}]
    - ip_block: 198.51.100.0/25
      ports: [{protocol: TCP, port: 5432}]
    - aws_service: s3
      actions: ["s3:GetObject"]
      resources: ["arn:aws:s3:::corpus/*"]
    - aws_service: bedrock-runtime
      actions: ["bedrock:InvokeModel"]
      resources: ["arn:aws:bedrock:us-east-1::foundation-model/m"]
"""
NAMES, BROKER, ADDRESSES, BUCKET, MODEL = 5, 6, 8, 10, 13
"""The lines of the policy's rules."""

AGENT, INSIDE = "10.0.1.0/24", "10.0.0.0/16"
ENDPOINTS, WALL, OUTSIDE = "10.0.2.0/26", "10.0.3.0/28", "10.0.4.0/28"

PASSING = """\
pass tls 10.0.1.0/24 any -> $EXTERNAL_NET 443 (flow:to_server; tls.sni; content:"api.example.com"; startswith; endswith; nocase; sid:1;)
pass tcp 10.0.1.0/24 any -> $EXTERNAL_NET 8883 (flow:to_server; aws_route_53_resolved_domain:"broker.example.org"; sid:2;)
pass tcp 10.0.1.0/24 any -> 198.51.100.0/25 5432 (flow:to_server; sid:3;)
"""
DENYING = """\
drop ip $EXTERNAL_NET any -> any any (flow:to_server; sid:10;)
drop ip $HOME_NET any -> any any (flow:to_client; sid:11;)
drop ip $HOME_NET any -> $HOME_NET any (flow:to_server; sid:12;)
drop ip ::/0 any -> ::/0 any (flow:to_server; sid:13;)
drop udp $HOME_NET any -> any any (flow:to_server; sid:14;)
drop icmp $HOME_NET any -> any any (flow:to_server; sid:15;)
drop ip $HOME_NET any -> any any (ip_proto:!TCP; ip_proto:!UDP; ip_proto:!ICMP; flow:to_server; sid:16;)
drop tcp $HOME_NET any -> any any (dsize:>0; flow:to_server,not_established; sid:17;)
reject tcp $HOME_NET any -> any !443 (flow:to_server; sid:18;)
reject tcp $HOME_NET any -> any 443 (app-layer-protocol:!tls; flow:to_server,established; sid:19;)
reject tls $HOME_NET any -> any 443 (flow:to_server; ja4.hash; content:"_"; sid:20;)
"""

OWN_ACCOUNT: Json = {
    "StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}},
    "IpAddress": {"aws:VpcSourceIp": [AGENT]},
}
FROM_VPC: Json = {"StringEquals": {"aws:SourceVpc": ref("Vpc")}}


def tags(role: str, agent: str | None = None) -> Json:
    own: list[Json] = [] if agent is None else [{"Key": "agent-perimeter:agent", "Value": agent}]
    return [{"Key": "agent-perimeter:role", "Value": role}, *own]


def statement(action: Json, resource: Json, condition: Json = None, principal: Json = "*") -> Json:
    found: dict[str, Json] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if principal is not None:
        found["Principal"] = principal
    return found if condition is None else {**found, "Condition": condition}


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def group_rule(port: int, peer: str, to: Json, protocol: str = "tcp") -> dict[str, Json]:
    return {"IpProtocol": protocol, "FromPort": port, "ToPort": port, peer: to}


def entry(
    acl: str, number: int, *, out: bool, cidr: str = "0.0.0.0/0", ports: tuple[int, int] | None, action: str = "allow"
) -> tuple[str, dict[str, Json]]:
    span: dict[str, Json] = {} if ports is None else {"PortRange": {"From": ports[0], "To": ports[1]}}
    return "AWS::EC2::NetworkAclEntry", {
        "NetworkAclId": ref(acl),
        "RuleNumber": number,
        "Egress": out,
        "RuleAction": action,
        "CidrBlock": cidr,
        "Protocol": -1 if ports is None else 6,
        **span,
    }


def _subnet(name: str, cidr: str, role: str, agent: str | None = None) -> Resources:
    """A subnet with a route table and an ACL of its own."""
    return {
        f"{name}Subnet": (
            "AWS::EC2::Subnet",
            {"VpcId": ref("Vpc"), "CidrBlock": cidr, "AvailabilityZone": "eu-1a", "Tags": tags(role, agent)},
        ),
        f"{name}Table": ("AWS::EC2::RouteTable", {"VpcId": ref("Vpc")}),
        f"{name}Acl": ("AWS::EC2::NetworkAcl", {"VpcId": ref("Vpc")}),
        f"{name}UsesTable": (
            "AWS::EC2::SubnetRouteTableAssociation",
            {"RouteTableId": ref(f"{name}Table"), "SubnetId": ref(f"{name}Subnet")},
        ),
        f"{name}UsesAcl": (
            "AWS::EC2::SubnetNetworkAclAssociation",
            {"NetworkAclId": ref(f"{name}Acl"), "SubnetId": ref(f"{name}Subnet")},
        ),
    }


def _tier_acl(acl: str) -> Resources:
    """Both ways between agents and the world; nothing else inside the VPC."""
    high = (1024, 65535)
    return {
        f"{acl}Out1": entry(acl, 100, out=True, cidr=AGENT, ports=high),
        f"{acl}Out2": entry(acl, 110, out=True, cidr=INSIDE, ports=None, action="deny"),
        f"{acl}Out3": entry(acl, 120, out=True, ports=(443, 443)),
        f"{acl}Out4": entry(acl, 130, out=True, ports=(8883, 8883)),
        f"{acl}Out5": entry(acl, 140, out=True, cidr="198.51.100.0/25", ports=(5432, 5432)),
        f"{acl}In1": entry(acl, 100, out=False, cidr=AGENT, ports=(443, 443)),
        f"{acl}In2": entry(acl, 110, out=False, cidr=AGENT, ports=(8883, 8883)),
        f"{acl}In3": entry(acl, 120, out=False, cidr=AGENT, ports=(5432, 5432)),
        f"{acl}In4": entry(acl, 130, out=False, cidr=INSIDE, ports=None, action="deny"),
        f"{acl}In5": entry(acl, 140, out=False, ports=high),
    }


def rules(text: Json) -> dict[str, Json]:
    return {
        "Type": "STATEFUL",
        "Capacity": 100,
        "RuleGroupName": "rules",
        "RuleGroup": {
            "RulesSource": {"RulesString": text},
            "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
        },
    }


def dns_rule(priority: int, action: str, domains: str, **more: Json) -> dict[str, Json]:
    return {
        "Priority": priority,
        "Action": action,
        "FirewallDomainListId": attribute(domains, "Id"),
        "FirewallDomainRedirectionAction": "TRUST_REDIRECTION_DOMAIN",
        **more,
    }


DNS_RULES: list[Json] = [
    dns_rule(100, "ALLOW", "Names", Qtype="A"),
    dns_rule(110, "ALLOW", "Hosts", Qtype="A"),
    dns_rule(900, "BLOCK", "Everything", BlockResponse="NODATA"),
]
RESOLVED: dict[str, Json] = {
    "Action": "REJECT",
    "DNSFirewallRuleGroupId": attribute("Dns", "Id"),
    "DNSExpiryExceptionPolicy": "REJECT",
    "SourceIPRanges": [{"AddressDefinition": INSIDE}],
    "BypassDestinationValidationIPRanges": [{"AddressDefinition": "198.51.100.0/25"}],
}
ENGINE: dict[str, Json] = {
    "StatelessDefaultActions": ["aws:forward_to_sfe"],
    "StatelessFragmentDefaultActions": ["aws:drop"],
    "StatefulDefaultActions": ["aws:drop_established_app_layer_to_server"],
    "StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER", "StreamExceptionPolicy": "REJECT"},
    "StatefulRuleGroupReferences": [
        {"Priority": 100, "ResourceArn": attribute("Pass", "RuleGroupArn")},
        {"Priority": 200, "ResourceArn": attribute("Deny", "RuleGroupArn")},
    ],
    "PolicyVariables": {"RuleVariables": {"HOME_NET": {"Definition": [INSIDE]}}},
    "Route53ResolvedIPValidation": RESOLVED,
}
TO_FIREWALL: Json = {"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, attribute("Firewall", "EndpointIds")]}]}]}
EGRESS: list[Json] = [
    group_rule(443, "CidrIp", "0.0.0.0/0"),
    group_rule(443, "DestinationPrefixListId", "pl-63a5400a"),
    group_rule(8883, "CidrIp", "0.0.0.0/0"),
    group_rule(5432, "CidrIp", "198.51.100.0/25"),
]
NOTHING_LEAVES: list[Json] = [{"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}]

SOUND: Resources = {
    "Vpc": ("AWS::EC2::VPC", {"CidrBlock": INSIDE, "EnableDnsSupport": True, "EnableDnsHostnames": True}),
    **_subnet("Agent", AGENT, "agent", "bot"),
    **_subnet("Endpoint", ENDPOINTS, "endpoint"),
    **_subnet("Wall", WALL, "firewall"),
    **_subnet("Outside", OUTSIDE, "egress"),
    "AgentRoute": (
        "AWS::EC2::Route",
        {"RouteTableId": ref("AgentTable"), "DestinationCidrBlock": "0.0.0.0/0", "VpcEndpointId": TO_FIREWALL},
    ),
    "WallRoute": (
        "AWS::EC2::Route",
        {"RouteTableId": ref("WallTable"), "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": ref("Nat")},
    ),
    "OutsideRoute": (
        "AWS::EC2::Route",
        {"RouteTableId": ref("OutsideTable"), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": ref("Gateway")},
    ),
    "BackRoute": (
        "AWS::EC2::Route",
        {"RouteTableId": ref("OutsideTable"), "DestinationCidrBlock": AGENT, "VpcEndpointId": TO_FIREWALL},
    ),
    "Gateway": ("AWS::EC2::InternetGateway", {}),
    "Attachment": ("AWS::EC2::VPCGatewayAttachment", {"VpcId": ref("Vpc"), "InternetGatewayId": ref("Gateway")}),
    "Address": ("AWS::EC2::EIP", {"Domain": "vpc"}),
    "Nat": (
        "AWS::EC2::NatGateway",
        {"SubnetId": ref("OutsideSubnet"), "AllocationId": attribute("Address", "AllocationId")},
    ),
    "AgentAclOut1": entry("AgentAcl", 100, out=True, cidr=ENDPOINTS, ports=(443, 443)),
    "AgentAclOut2": entry("AgentAcl", 110, out=True, cidr=INSIDE, ports=None, action="deny"),
    "AgentAclOut3": entry("AgentAcl", 120, out=True, ports=(443, 443)),
    "AgentAclOut4": entry("AgentAcl", 130, out=True, ports=(8883, 8883)),
    "AgentAclOut5": entry("AgentAcl", 140, out=True, cidr="198.51.100.0/25", ports=(5432, 5432)),
    "AgentAclIn1": entry("AgentAcl", 100, out=False, cidr=ENDPOINTS, ports=(1024, 65535)),
    "AgentAclIn2": entry("AgentAcl", 110, out=False, cidr=INSIDE, ports=None, action="deny"),
    "AgentAclIn3": entry("AgentAcl", 120, out=False, ports=(1024, 65535)),
    "EndpointAclOut": entry("EndpointAcl", 100, out=True, cidr=AGENT, ports=(1024, 65535)),
    "EndpointAclIn": entry("EndpointAcl", 100, out=False, cidr=AGENT, ports=(443, 443)),
    **_tier_acl("WallAcl"),
    **_tier_acl("OutsideAcl"),
    "AgentGroup": (
        "AWS::EC2::SecurityGroup",
        {
            "GroupDescription": "bot",
            "VpcId": ref("Vpc"),
            "SecurityGroupEgress": EGRESS,
            "SecurityGroupIngress": [],
            "Tags": tags("agent", "bot"),
        },
    ),
    "EndpointGroup": (
        "AWS::EC2::SecurityGroup",
        {
            "GroupDescription": "endpoints",
            "VpcId": ref("Vpc"),
            "SecurityGroupEgress": NOTHING_LEAVES,
            "SecurityGroupIngress": [group_rule(443, "SourceSecurityGroupId", attribute("AgentGroup", "GroupId"))],
            "Tags": tags("endpoint"),
        },
    ),
    "AgentToEndpoint": (
        "AWS::EC2::SecurityGroupEgress",
        {
            "GroupId": attribute("AgentGroup", "GroupId"),
            **group_rule(443, "DestinationSecurityGroupId", attribute("EndpointGroup", "GroupId")),
        },
    ),
    "Pass": ("AWS::NetworkFirewall::RuleGroup", rules(PASSING)),
    "Deny": ("AWS::NetworkFirewall::RuleGroup", rules(DENYING)),
    "Engine": ("AWS::NetworkFirewall::FirewallPolicy", {"FirewallPolicyName": "engine", "FirewallPolicy": ENGINE}),
    "Firewall": (
        "AWS::NetworkFirewall::Firewall",
        {
            "FirewallName": "wall",
            "FirewallPolicyArn": attribute("Engine", "FirewallPolicyArn"),
            "VpcId": ref("Vpc"),
            "SubnetMappings": [{"SubnetId": ref("WallSubnet")}],
            "DeleteProtection": True,
            "SubnetChangeProtection": True,
            "FirewallPolicyChangeProtection": True,
        },
    ),
    "Names": ("AWS::Route53Resolver::FirewallDomainList", {"Domains": ["api.example.com", "broker.example.org"]}),
    "Hosts": (
        "AWS::Route53Resolver::FirewallDomainList",
        {
            "Domains": [
                {"Fn::Sub": f"{host}.${{AWS::URLSuffix}}"}
                for host in (
                    "*.s3-accesspoint.${AWS::Region}",
                    "*.s3.${AWS::Region}",
                    "*.s3",
                    "bedrock-runtime.${AWS::Region}",
                    "s3.${AWS::Region}",
                    "s3",
                )
            ]
        },
    ),
    "Everything": ("AWS::Route53Resolver::FirewallDomainList", {"Domains": ["*"]}),
    "Dns": ("AWS::Route53Resolver::FirewallRuleGroup", {"FirewallRules": DNS_RULES}),
    "DnsUse": (
        "AWS::Route53Resolver::FirewallRuleGroupAssociation",
        {
            "FirewallRuleGroupId": attribute("Dns", "Id"),
            "VpcId": ref("Vpc"),
            "Priority": 101,
            "MutationProtection": "ENABLED",
        },
    ),
    "S3": (
        "AWS::EC2::VPCEndpoint",
        {
            "VpcEndpointType": "Gateway",
            "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"},
            "VpcId": ref("Vpc"),
            "RouteTableIds": [ref("AgentTable")],
            "PolicyDocument": document(statement("s3:GetObject", "arn:aws:s3:::corpus/*", OWN_ACCOUNT)),
        },
    ),
    "Bedrock": (
        "AWS::EC2::VPCEndpoint",
        {
            "VpcEndpointType": "Interface",
            "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.bedrock-runtime"},
            "VpcId": ref("Vpc"),
            "SubnetIds": [ref("EndpointSubnet")],
            "SecurityGroupIds": [attribute("EndpointGroup", "GroupId")],
            "PrivateDnsEnabled": True,
            "PolicyDocument": document(
                statement("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/m", OWN_ACCOUNT)
            ),
        },
    ),
    "Boundary": (
        "AWS::IAM::ManagedPolicy",
        {
            "PolicyDocument": document(
                statement("s3:GetObject", "arn:aws:s3:::corpus/*", FROM_VPC, None),
                statement("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/m", FROM_VPC, None),
            ),
        },
    ),
    "BoundaryOf": (
        "AWS::SSM::Parameter",
        {
            "Type": "String",
            "Name": "/agent-perimeter/net/bot/boundary",
            "Value": ref("Boundary"),
            "Tags": {"agent-perimeter:agent": "bot"},
        },
    ),
}

REGION = {"AWS::Region": "us-east-1"}
NONE: Mapping[str, str] = {}


def having(name: str, resources: Resources = SOUND, /, **properties: Json) -> Resources:
    """With other properties of one resource."""
    kind, known = resources[name]
    return {**resources, name: (kind, {**known, **properties})}


def lacking(name: str, resources: Resources = SOUND) -> Resources:
    """Without one resource."""
    return {other: resource for other, resource in resources.items() if other != name}


def also(name: str, kind: str, resources: Resources = SOUND, /, **properties: Json) -> Resources:
    """With one resource more."""
    return {**resources, name: (f"AWS::{kind}", properties)}


def policy(*rules: str, agent: str = "bot") -> str:
    """A policy of these rules, one a line from line 5 on, each in YAML's flow form."""
    listed = "".join(f"    - {rule}\n" for rule in rules)
    return f"version: 1\nagent: {agent}\nnetwork_policy:\n  egress:{' []' if not rules else ''}\n{listed}"


def intent(*policies: str) -> Intent:
    files = ((f"{number}.yaml" if number else "bot.yaml", text.encode()) for number, text in enumerate(policies))
    meant = meaning(files, TODAY)
    assert meant.intent is not None, [str(finding) for finding in meant.findings]
    return meant.intent


def only(policy: str) -> AgentIntent:
    """The one agent of a policy."""
    return intent(policy).agents[0]


def read(
    resources: Resources = SOUND,
    parameters: Mapping[str, str] = NONE,
    named: Named | None = None,
    sections: Mapping[str, Json] = NONE,
) -> Lifted:
    """The network of a template, in a region that is known."""
    return _read(template(resources, **sections), tuple(sorted(parameters.items())), named)


def _read(text: str, parameters: tuple[tuple[str, str], ...], named: Named | None) -> Lifted:
    return lifted([FILE], {FILE: text.encode()}.get, {**REGION, **dict(parameters)}, named)


def judge(
    resources: Resources = SOUND,
    policies: Sequence[str] = (POLICY,),
    *,
    named: Named | None = None,
    parameters: Mapping[str, str] = NONE,
    sections: Mapping[str, Json] = NONE,
) -> Proof:
    """The proof of a template for policies; the same one is worked out once, however many tests ask for it."""
    text = template(resources, **sections)
    return _judge(text, tuple(policies), named, tuple(sorted(parameters.items())))


@cache
def _judge(text: str, policies: tuple[str, ...], named: Named | None, parameters: tuple[tuple[str, str], ...]) -> Proof:
    return verify(_read(text, parameters, named), intent(*policies) if policies else None)


def agent_of(proof: Proof, name: str = "bot") -> AgentVerdict:
    return next(agent for agent in proof.agents if agent.agent == name)


def layer_of(proof: Proof, layer: Layer, agent: str = "bot") -> LayerVerdict:
    return next(one for one in agent_of(proof, agent).layers if one.layer is layer)


def gap_of(found: LayerVerdict, kind: Kind, *, certain: bool = True) -> Gap:
    """The first gap of a kind."""
    return next(gap for gap in found.gaps if gap.kind is kind and gap.certain is certain)


def statuses(proof: Proof, agent: str = "bot") -> dict[Layer, Status]:
    return {one.layer: one.status for one in agent_of(proof, agent).layers}


def path(name: str, *parts: str) -> str:
    return "/".join((f"{AT}/{name}", *(("Properties", *parts) if parts else ())))


def lines(gap: Gap) -> list[int]:
    return sorted(span.line for span in gap.origin.spans)


def packets(found: LayerVerdict) -> list[Packet]:
    return [gap.witness for gap in found.gaps if isinstance(gap.witness, Packet)]
