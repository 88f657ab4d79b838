"""Each layer held to the policy: what is proven, what is refuted and by which witness, what is not known and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from agent_perimeter.prove.compare import WITNESSES
from agent_perimeter.queries import Query
from agent_perimeter.verdict import Call, Gap, Kind, Layer, LayerVerdict, Outcome, Status
from tests.unit.lifted import Json, Resources, attribute, ref
from tests.unit.perimeters import (
    ADDRESSES,
    BROKER,
    BUCKET,
    DENYING,
    DNS_RULES,
    EGRESS,
    ENGINE,
    FROM_VPC,
    MODEL,
    NAMES,
    OUTSIDE,
    OWN_ACCOUNT,
    PASSING,
    POLICY,
    RESOLVED,
    SOUND,
    agent_of,
    also,
    dns_rule,
    document,
    entry,
    group_rule,
    having,
    judge,
    lacking,
    layer_of,
    lines,
    path,
    policy,
    rules,
    statement,
    statuses,
    tags,
)

PARAMETER: dict[str, Json] = {"Parameters": {"P": {"Type": "String"}}}
MAYBE: dict[str, Json] = {**PARAMETER, "Conditions": {"C": {"Fn::Equals": [ref("P"), "x"]}}}
UNGIVEN = "parameter P has no value yet"


def letting_out(*more: Json) -> Resources:
    return having("AgentGroup", SecurityGroupEgress=[*EGRESS, *more])


def passing(text: Json) -> Resources:
    return having("Pass", **rules(text))


def engine(**changed: Json) -> Resources:
    return having("Engine", FirewallPolicy={**ENGINE, **changed})


def routed(name: str, to: str, **target: Json) -> Resources:
    return also(name, "EC2::Route", RouteTableId=ref("AgentTable"), DestinationCidrBlock=to, **target)


def without(name: str, *keys: str) -> Resources:
    kind, properties = SOUND[name]
    return {**SOUND, name: (kind, {key: value for key, value in properties.items() if key not in keys})}


def forwarding() -> Resources:
    rule: dict[str, Json] = {
        "RuleType": "FORWARD",
        "DomainName": "corp.example",
        "TargetIps": [{"Ip": "10.0.9.9"}],
    }
    use = {"ResolverRuleId": attribute("Rule", "ResolverRuleId"), "VPCId": ref("Vpc")}
    return {
        **SOUND,
        "Rule": ("AWS::Route53Resolver::ResolverRule", rule),
        "Use": ("AWS::Route53Resolver::ResolverRuleAssociation", use),
    }


def dhcp() -> Resources:
    return {
        **SOUND,
        "Dhcp": ("AWS::EC2::DHCPOptions", {"DomainNameServers": ["10.0.9.9"]}),
        "Use": ("AWS::EC2::VPCDHCPOptionsAssociation", {"DhcpOptionsId": ref("Dhcp"), "VpcId": ref("Vpc")}),
    }


def peered() -> Resources:
    return {
        **routed("More", "10.9.0.0/16", VpcPeeringConnectionId=ref("Peering")),
        "Peering": ("AWS::EC2::VPCPeeringConnection", {"VpcId": ref("Vpc"), "PeerVpcId": "vpc-1"}),
    }


def endpoint(service: str) -> dict[str, Json]:
    return {
        "VpcEndpointType": "Interface",
        "ServiceName": f"com.amazonaws.us-east-1.{service}",
        "VpcId": ref("Vpc"),
        "SubnetIds": [ref("EndpointSubnet")],
        "SecurityGroupIds": [attribute("EndpointGroup", "GroupId")],
        "PrivateDnsEnabled": True,
    }


@dataclass(frozen=True)
class Case:
    """A change, the layer that it breaks first, and what is said of it. ``also``: other layers that break with it."""

    resources: Resources
    layer: Layer
    kind: Kind
    witness: str
    rule: str
    where: str = ""
    scope: str = ""
    lines: tuple[int, ...] = ()
    doubt: str = ""
    also: frozenset[Layer] = frozenset()
    sections: dict[str, Json] = field(default_factory=dict)


GROUP, ACL, ROUTES, FIREWALL = Layer.SECURITY_GROUP, Layer.NETWORK_ACL, Layer.ROUTES, Layer.FIREWALL
DNS, ENDPOINTS, BOUNDARY, WHOLE = Layer.DNS, Layer.ENDPOINTS, Layer.BOUNDARY, Layer.END_TO_END
EXCESS, MISSING = Kind.EXCESS, Kind.MISSING
AND_WHOLE = frozenset({WHOLE})

CASES: dict[str, Case] = {
    # Security groups
    "a group that lets out everything": Case(
        letting_out({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}),
        GROUP,
        EXCESS,
        "udp://203.0.113.9:443",
        "net/AgentGroup lets out all traffic to 0.0.0.0/0",
        path("AgentGroup", "SecurityGroupEgress", "4"),
        "every IPv4 address",
    ),
    "a group that lets out DNS to a server of somebody else's": Case(
        letting_out(group_rule(53, "CidrIp", "203.0.113.53/32", "udp")),
        GROUP,
        EXCESS,
        "udp://203.0.113.53:53",
        "net/AgentGroup lets out UDP 53 to 203.0.113.53/32",
        path("AgentGroup", "SecurityGroupEgress", "4"),
        "203.0.113.53/32 by udp/53",
    ),
    "a group that lets out pings": Case(
        letting_out({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "CidrIp": "0.0.0.0/0"}),
        GROUP,
        EXCESS,
        "icmp://203.0.113.9 type 8 code 0",
        "net/AgentGroup lets out ICMP type 8 to 0.0.0.0/0",
        path("AgentGroup", "SecurityGroupEgress", "4"),
    ),
    "a group that lets out IPv6": Case(
        letting_out(group_rule(443, "CidrIpv6", "::/0")),
        GROUP,
        EXCESS,
        "tcp://[2001:db8::9]:443",
        "net/AgentGroup lets out TCP 443 to ::/0",
        path("AgentGroup", "SecurityGroupEgress", "4"),
        "every IPv6 address by tcp/443",
    ),
    "a group that lets out another group's members": Case(
        letting_out(group_rule(22, "DestinationSecurityGroupId", attribute("EndpointGroup", "GroupId"))),
        GROUP,
        EXCESS,
        "tcp://endpoint:net/Bedrock:22",
        "net/AgentGroup lets out TCP 22 to the group net/EndpointGroup",
        path("AgentGroup", "SecurityGroupEgress", "4"),
    ),
    "a group that takes in SSH": Case(
        having("AgentGroup", SecurityGroupIngress=[group_rule(22, "CidrIp", "0.0.0.0/0")]),
        GROUP,
        EXCESS,
        "tcp://10.0.1.4:443",
        "net/AgentGroup takes connections in",
        path("AgentGroup", "SecurityGroupIngress", "0"),
        "inbound connections to bot, which the intent never allows",
    ),
    "an endpoint's group that takes in more than HTTPS": Case(
        having(
            "EndpointGroup",
            SecurityGroupIngress=[group_rule(22, "SourceSecurityGroupId", attribute("AgentGroup", "GroupId"))],
        ),
        GROUP,
        EXCESS,
        "tcp://endpoint:net/Bedrock:22",
        "net/EndpointGroup takes in TCP 22 from the group net/AgentGroup",
        path("EndpointGroup", "SecurityGroupIngress", "0"),
        also=AND_WHOLE,
    ),
    "a group that may take in SSH": Case(
        also(
            "More",
            "EC2::SecurityGroupIngress",
            GroupId=attribute("AgentGroup", "GroupId"),
            Condition="C",
            **group_rule(22, "CidrIp", "0.0.0.0/0"),
        ),
        GROUP,
        EXCESS,
        "tcp://10.0.1.4:443",
        "net/AgentGroup takes connections in",
        path("More"),
        doubt=UNGIVEN,
        sections=MAYBE,
    ),
    "a group without the addresses of the policy": Case(
        having("AgentGroup", SecurityGroupEgress=EGRESS[:3]),
        GROUP,
        MISSING,
        "tcp://198.51.100.9:5432",
        "net/AgentGroup lets out nothing like it",
        path("AgentGroup").removesuffix("/Properties"),
        "198.51.100.0/25 by tcp/5432",
        (ADDRESSES,),
        also=AND_WHOLE,
    ),
    "a group without HTTPS": Case(
        having("AgentGroup", lacking("AgentToEndpoint"), SecurityGroupEgress=EGRESS[1:]),
        GROUP,
        MISSING,
        "tcp://203.0.113.9:443 sni=api.example.com resolved-for=api.example.com",
        "net/AgentGroup lets out nothing like it",
        path("AgentGroup"),
        "for api.example.com",
        lines=(NAMES,),
        also=AND_WHOLE,
    ),
    "a group with a peer that a parameter gives": Case(
        letting_out(group_rule(5432, "CidrIp", ref("P"))),
        GROUP,
        EXCESS,
        "tcp://203.0.113.9:5432",
        "net/AgentGroup lets out TCP 5432 to an unknown address",
        path("AgentGroup", "SecurityGroupEgress", "4"),
        doubt=UNGIVEN,
        sections=PARAMETER,
    ),
    "a rule that a condition may add": Case(
        also(
            "More",
            "EC2::SecurityGroupEgress",
            GroupId=attribute("AgentGroup", "GroupId"),
            Condition="C",
            **group_rule(22, "CidrIp", "203.0.113.7/32"),
        ),
        GROUP,
        EXCESS,
        "tcp://203.0.113.7:22",
        "net/AgentGroup lets out TCP 22 to 203.0.113.7/32",
        path("More"),
        doubt=f"condition C is open: {UNGIVEN}",
        sections=MAYBE,
    ),
    # Network ACLs
    "an ACL that lets out SSH": Case(
        {**SOUND, "More": entry("AgentAcl", 50, out=True, cidr="203.0.113.0/24", ports=(22, 22))},
        ACL,
        EXCESS,
        "tcp://203.0.113.9:22",
        "net/AgentAcl entry 50 allows TCP 22 to 203.0.113.0/24",
        path("More"),
        "out of net/AgentSubnet: 203.0.113.0/24 by tcp/22",
    ),
    "an ACL that lets in more than replies": Case(
        {**SOUND, "More": entry("AgentAcl", 50, out=False, cidr="203.0.113.0/24", ports=(22, 22))},
        ACL,
        EXCESS,
        "tcp://203.0.113.9:22",
        "net/AgentAcl entry 50 allows TCP 22 from 203.0.113.0/24",
        path("More"),
        "into net/AgentSubnet: 203.0.113.0/24 by tcp/22",
    ),
    "an ACL of the firewall's subnet that lets out SSH": Case(
        {**SOUND, "More": entry("WallAcl", 50, out=True, cidr="203.0.113.0/24", ports=(22, 22))},
        ACL,
        EXCESS,
        "tcp://203.0.113.9:22",
        "net/WallAcl entry 50 allows TCP 22 to 203.0.113.0/24",
        path("More"),
        "out of net/WallSubnet: 203.0.113.0/24 by tcp/22",
    ),
    "an ACL of the endpoints' subnet that lets out SSH": Case(
        {**SOUND, "More": entry("EndpointAcl", 50, out=True, cidr="203.0.113.0/24", ports=(22, 22))},
        ACL,
        EXCESS,
        "tcp://203.0.113.9:22",
        "net/EndpointAcl entry 50 allows TCP 22 to 203.0.113.0/24",
        path("More"),
        "out of net/EndpointSubnet: 203.0.113.0/24 by tcp/22",
    ),
    "a subnet that was left to the VPC's default ACL": Case(
        lacking("AgentUsesAcl"),
        ACL,
        EXCESS,
        "udp://203.0.113.9:443",
        "net/Vpc/default-acl entry 100 allows all traffic to 0.0.0.0/0",
        path("Vpc"),
        "out of net/AgentSubnet",
    ),
    "an ACL that lets no reply in": Case(
        lacking("AgentAclIn3"),
        ACL,
        MISSING,
        "tcp://203.0.113.9:443 sni=api.example.com resolved-for=api.example.com",
        "replies: net/AgentAcl denies what no entry allows",
        path("AgentAcl"),
        lines=(NAMES,),
        also=AND_WHOLE,
    ),
    "an ACL beyond NAT that lets the addresses not out": Case(
        lacking("OutsideAclOut5"),
        ACL,
        MISSING,
        "tcp://198.51.100.9:5432",
        "net/OutsideAcl denies what no entry allows",
        path("OutsideAcl"),
        "198.51.100.0/25 by tcp/5432",
        (ADDRESSES,),
        also=AND_WHOLE,
    ),
    "an ACL between agent and endpoint": Case(
        lacking("AgentAclOut1"),
        ACL,
        MISSING,
        "tcp://endpoint:net/Bedrock:443",
        "net/AgentAcl entry 110 denies all traffic to 10.0.0.0/16",
        path("AgentAclOut2"),
        "the endpoint net/Bedrock by tcp/443",
        (MODEL,),
        also=AND_WHOLE,
    ),
    "an ACL with a block that a parameter gives": Case(
        having("More", {**SOUND, "More": entry("AgentAcl", 50, out=True, ports=(22, 22))}, CidrBlock=ref("P")),
        ACL,
        EXCESS,
        "tcp://203.0.113.9:22",
        "net/AgentAcl entry 50 allows TCP 22 to an unknown address",
        path("More"),
        doubt=UNGIVEN,
        sections=PARAMETER,
    ),
    # Routes
    "a way out that goes around the firewall": Case(
        having("AgentRoute", without("AgentRoute", "VpcEndpointId"), NatGatewayId=ref("Nat")),
        ROUTES,
        EXCESS,
        "tcp://203.0.113.9:443",
        "net/AgentTable: 0.0.0.0/0 to NAT gateway net/Nat; net/OutsideTable: 0.0.0.0/0 to internet gateway net/Gateway: the internet",
        path("AgentRoute"),
        "the internet: every IPv4 address but 10.0.0.0/16",
        also=AND_WHOLE,
    ),
    "a way into another network": Case(
        peered(),
        ROUTES,
        EXCESS,
        "tcp://10.9.0.1:443",
        "net/AgentTable: 10.9.0.0/16 to VPC peering connection net/Peering: another network",
        path("More"),
        "another network: 10.9.0.0/16",
        also=AND_WHOLE,
    ),
    "no way out at all": Case(
        lacking("AgentRoute"),
        ROUTES,
        MISSING,
        "tcp://203.0.113.9:443 sni=api.example.com resolved-for=api.example.com",
        "net/AgentTable: no route: nowhere",
        path("AgentTable"),
        lines=(NAMES,),
        also=AND_WHOLE,
    ),
    "no NAT behind the firewall": Case(
        lacking("WallRoute"),
        ROUTES,
        MISSING,
        "tcp://203.0.113.9:443 sni=api.example.com resolved-for=api.example.com",
        "net/AgentTable: 0.0.0.0/0 to firewall endpoint net/Firewall; net/WallTable: no route: nowhere",
        path("AgentRoute"),
        lines=(NAMES,),
        also=AND_WHOLE,
    ),
    "replies that go around the firewall": Case(
        lacking("BackRoute"),
        ROUTES,
        MISSING,
        "tcp://203.0.113.9:443 sni=api.example.com resolved-for=api.example.com",
        "replies go around net/Firewall: net/OutsideTable: local in net/Vpc",
        path("Vpc"),
        lines=(NAMES,),
        also=AND_WHOLE,
    ),
    "a subnet that was left to the main route table": Case(
        lacking("AgentUsesTable"),
        ROUTES,
        MISSING,
        "tcp://203.0.113.9:443 sni=api.example.com resolved-for=api.example.com",
        "net/Vpc/main-route-table: no route: nowhere",
        path("Vpc"),
        lines=(NAMES,),
        also=frozenset({ENDPOINTS, WHOLE}),
    ),
    "a route whose target a parameter gives": Case(
        routed("More", "203.0.113.0/24", GatewayId=ref("P")),
        ROUTES,
        EXCESS,
        "tcp://203.0.113.9:443",
        "net/AgentTable: 203.0.113.0/24 to a target that is not known: a target that is not known",
        path("More"),
        "a target that is not known: 203.0.113.0/24",
        doubt="the target of this route is not a gateway or endpoint of this assembly",
        also=AND_WHOLE,
        sections=PARAMETER,
    ),
    "a route to the internet gateway in a subnet that may have public addresses": Case(
        routed("More", "203.0.113.0/24", GatewayId=ref("Gateway")),
        ROUTES,
        EXCESS,
        "tcp://203.0.113.9:443",
        "net/AgentTable: 203.0.113.0/24 to internet gateway net/Gateway: the internet",
        path("More"),
        doubt="a public address may be given out in net/AgentSubnet",
        also=AND_WHOLE,
    ),
    # The firewall
    "a firewall that passes a wrong name": Case(
        passing(
            f'{PASSING}pass tls 10.0.1.0/24 any -> any 443 (flow:to_server; tls.sni; content:"evil.example"; startswith; endswith; nocase; sid:4;)'
        ),
        FIREWALL,
        EXCESS,
        "tcp://203.0.113.9:443 sni=evil.example",
        "pass rule 4, line 4: tls to any 443",
        f"{path('Pass', 'RuleGroup', 'RulesSource', 'RulesString')}#L4",
        "for evil.example",
        also=AND_WHOLE,
    ),
    "a firewall that passes every name with the right ending": Case(
        passing(PASSING.replace("startswith; ", "")),
        FIREWALL,
        EXCESS,
        "tcp://203.0.113.9:443 sni=evil.api.example.com",
        "pass rule 1, line 1: tls to $EXTERNAL_NET 443",
        f"{path('Pass', 'RuleGroup', 'RulesSource', 'RulesString')}#L1",
        "for *api.example.com but api.example.com",
        also=AND_WHOLE,
    ),
    "a firewall that passes an address, whatever is said to it": Case(
        passing(f"{PASSING}pass tcp 10.0.1.0/24 any -> 203.0.113.9 443 (flow:to_server; sid:4;)"),
        FIREWALL,
        EXCESS,
        "tcp://203.0.113.9:443",
        "pass rule 4, line 4: tcp to 203.0.113.9 443",
        f"{path('Pass', 'RuleGroup', 'RulesSource', 'RulesString')}#L4",
        "203.0.113.9/32 by tcp/443",
        also=AND_WHOLE,
    ),
    "a firewall that lets handshakes pass on other ports": Case(
        having(
            "Deny", **rules(DENYING.replace("reject tcp $HOME_NET any -> any !443 (flow:to_server; sid:18;)\n", ""))
        ),
        FIREWALL,
        EXCESS,
        "handshake",
        "the default action aws:drop_established_app_layer_to_server waits until a connection is established",
        path("Engine"),
        also=AND_WHOLE,
    ),
    "a firewall that looks at nothing": Case(
        engine(StatelessDefaultActions=["aws:pass"]),
        FIREWALL,
        EXCESS,
        "tcp://203.0.113.9:443",
        "the stateless default action, aws:pass",
        path("Engine"),
        also=AND_WHOLE,
    ),
    "a firewall that lacks the name": Case(
        passing("\n".join(PASSING.splitlines()[1:])),
        FIREWALL,
        MISSING,
        "tcp://203.0.113.9:443 sni=api.example.com resolved-for=api.example.com",
        "reject rule 20, line 11: tls to any 443",
        f"{path('Deny', 'RuleGroup', 'RulesSource', 'RulesString')}#L11",
        "for api.example.com",
        (NAMES,),
        also=AND_WHOLE,
    ),
    "a firewall that never hears which addresses were given out": Case(
        having(
            "Engine",
            FirewallPolicy={key: value for key, value in ENGINE.items() if key != "Route53ResolvedIPValidation"},
        ),
        FIREWALL,
        MISSING,
        "tcp://203.0.113.9:8883",
        "reject rule 18, line 9: tcp to any !443",
        f"{path('Deny', 'RuleGroup', 'RulesSource', 'RulesString')}#L9",
        lines=(BROKER,),
        also=AND_WHOLE,
    ),
    "validation that no address is exempt from": Case(
        engine(Route53ResolvedIPValidation={**RESOLVED, "BypassDestinationValidationIPRanges": []}),
        FIREWALL,
        MISSING,
        "tcp://198.51.100.9:5432",
        "resolved-IP validation: REJECT what the VPC's resolver did not give out",
        path("Engine", "FirewallPolicy", "Route53ResolvedIPValidation"),
        lines=(ADDRESSES,),
        also=AND_WHOLE,
    ),
    "rules that a parameter gives": Case(
        passing({"Fn::Sub": "${P}"}),
        FIREWALL,
        EXCESS,
        "tcp://203.0.113.9:443",
        "a rule group that cannot be read",
        doubt=UNGIVEN,
        also=AND_WHOLE,
        sections=PARAMETER,
    ),
    # DNS
    "a name too many": Case(
        having("Names", Domains=["api.example.com", "broker.example.org", "evil.example"]),
        DNS,
        EXCESS,
        "A evil.example",
        "rule 100 allows A queries for 3 domains",
        path("Dns", "FirewallRules", "0"),
        "A queries for evil.example",
    ),
    "query types that carry what is said": Case(
        having("Dns", FirewallRules=[dns_rule(100, "ALLOW", "Names"), *DNS_RULES[1:]]),
        DNS,
        EXCESS,
        "CNAME broker.example.org",
        "rule 100 allows 2 domains",
        path("Dns", "FirewallRules", "0"),
        "CNAME queries for api.example.com, broker.example.org",
    ),
    "no DNS firewall": Case(
        lacking("DnsUse"),
        DNS,
        EXCESS,
        "A evil.example",
        "no DNS Firewall rule matches, so the query is resolved",
        path("Vpc"),
        also=frozenset({FIREWALL, WHOLE}),
    ),
    "a name too few": Case(
        having("Names", Domains=["api.example.com"]),
        DNS,
        MISSING,
        "A broker.example.org",
        "rule 900 blocks every name",
        path("Dns", "FirewallRules", "2"),
        "A queries for broker.example.org",
        (BROKER,),
        also=AND_WHOLE,
    ),
    "a service's hosts too few": Case(
        having("Dns", FirewallRules=[DNS_RULES[0], DNS_RULES[2]]),
        DNS,
        MISSING,
        "A ",
        "rule 900 blocks every name",
        lines=(BUCKET,),
        scope="bedrock-runtime.us-east-1.",
    ),
    "a domain that a parameter gives": Case(
        having("Names", Domains=["api.example.com", "broker.example.org", ref("P")]),
        DNS,
        EXCESS,
        "A evil.example",
        "rule 100 allows A queries for 3 domains; rule 900 blocks every name",
        doubt=UNGIVEN,
        sections=PARAMETER,
    ),
    # Endpoint policies
    "an endpoint without a policy": Case(
        without("S3", "PolicyDocument"),
        ENDPOINTS,
        EXCESS,
        "s3:PutObject on arn:aws:s3:::any-other-bucket/key through the s3 endpoint with credentials of another account",
        "the statement DefaultEndpointPolicy allows it",
        path("S3"),
        "s3:* on *",
    ),
    "an endpoint that lets the own account do everything": Case(
        having("S3", PolicyDocument=document(statement("s3:*", "*", OWN_ACCOUNT))),
        ENDPOINTS,
        EXCESS,
        "s3:PutObject on arn:aws:s3:::any-other-bucket/key through the s3 endpoint",
        "a statement without a Sid allows it",
        path("S3", "PolicyDocument", "Statement", "0"),
    ),
    "an endpoint of a service that the policy does not name": Case(
        also("Sts", "EC2::VPCEndpoint", **endpoint("sts")),
        ENDPOINTS,
        EXCESS,
        "sts:AssumeRole",
        "the statement DefaultEndpointPolicy allows it",
        path("Sts"),
        also=frozenset({GROUP, WHOLE}),
    ),
    "an endpoint too few": Case(
        lacking("S3"),
        ENDPOINTS,
        MISSING,
        "s3:GetObject on arn:aws:s3:::corpus/* through the s3 endpoint",
        "the network has no endpoint for the service",
        scope="every call to s3",
        lines=(BUCKET,),
        also=AND_WHOLE,
    ),
    "an endpoint that allows a part of the bucket": Case(
        having("S3", PolicyDocument=document(statement("s3:GetObject", "arn:aws:s3:::corpus/some/*", OWN_ACCOUNT))),
        ENDPOINTS,
        MISSING,
        "s3:GetObject on arn:aws:s3:::corpus/anything through the s3 endpoint",
        "no statement allows it",
        lines=(BUCKET,),
    ),
    "an endpoint that is not asked for by the service's name": Case(
        having("Bedrock", PrivateDnsEnabled=False),
        ENDPOINTS,
        MISSING,
        "bedrock:InvokeModel",
        "the endpoint has no private DNS: the service's name leads to public addresses",
        lines=(MODEL,),
    ),
    "an endpoint policy with a resource that a parameter gives": Case(
        having("S3", PolicyDocument=document(statement("s3:GetObject", ref("P"), OWN_ACCOUNT))),
        ENDPOINTS,
        EXCESS,
        "s3:GetObject on arn:aws:s3:::any-other-bucket/key through the s3 endpoint",
        "a statement without a Sid may allow it",
        path("S3", "PolicyDocument", "Statement", "0"),
        doubt=UNGIVEN,
        sections=PARAMETER,
    ),
    # The boundary
    "a boundary that caps nothing": Case(
        having("Boundary", PolicyDocument=document(statement("*", "*", None, None))),
        BOUNDARY,
        EXCESS,
        "s3:PutObject on arn:aws:s3:::any-other-bucket/key",
        "from the VPC: a statement without a Sid allows it",
        path("Boundary", "PolicyDocument", "Statement", "0"),
    ),
    "a boundary that holds outside the VPC, too": Case(
        having(
            "Boundary",
            PolicyDocument=document(
                statement("s3:GetObject", "arn:aws:s3:::corpus/*", None, None),
                statement("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/m", FROM_VPC, None),
            ),
        ),
        BOUNDARY,
        EXCESS,
        "s3:GetObject on arn:aws:s3:::corpus/anything",
        "from outside the VPC: a statement without a Sid allows it",
        path("Boundary", "PolicyDocument", "Statement", "0"),
        "the credentials work outside the VPC",
    ),
    "a boundary that lacks a service": Case(
        having("Boundary", PolicyDocument=document(statement("s3:GetObject", "arn:aws:s3:::corpus/*", FROM_VPC, None))),
        BOUNDARY,
        MISSING,
        "bedrock:InvokeModel on arn:aws:bedrock:us-east-1::foundation-model/m",
        "from the VPC: no statement allows it",
        lines=(MODEL,),
    ),
    "a role of the agent that no boundary caps": Case(
        also("Role", "IAM::Role", AssumeRolePolicyDocument=document(), Tags=tags("agent", "bot")),
        BOUNDARY,
        EXCESS,
        "sts:AssumeRole on *",
        "the role has no permissions boundary",
        path("Role"),
        "every call that the policies of net/Role allow",
    ),
    "a boundary with a resource that a parameter gives": Case(
        having(
            "Boundary",
            PolicyDocument=document(
                statement("s3:GetObject", ["arn:aws:s3:::corpus/*", ref("P")], FROM_VPC, None),
                statement("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/m", FROM_VPC, None),
            ),
        ),
        BOUNDARY,
        EXCESS,
        "s3:GetObject on arn:aws:s3:::any-other-bucket/key",
        "from the VPC: a statement without a Sid may allow it",
        doubt=UNGIVEN,
        sections=PARAMETER,
    ),
    # End to end
    "the endpoint's own group takes nobody in": Case(
        having("EndpointGroup", SecurityGroupIngress=[]),
        WHOLE,
        MISSING,
        "tcp://endpoint:net/Bedrock:443",
        "net/EndpointGroup takes in nothing like it",
        path("EndpointGroup"),
        lines=(MODEL,),
    ),
}


def _gaps(case: Case) -> tuple[LayerVerdict, list[Gap]]:
    found = layer_of(judge(case.resources, sections=case.sections), case.layer)
    return found, [
        gap
        for gap in found.gaps
        if gap.kind is case.kind and str(gap.witness).startswith(case.witness.split("handshake")[0])
    ]


every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


class TestASoundPerimeter:
    def test_is_proven_layer_by_layer_and_end_to_end(self) -> None:
        assert statuses(judge()) == dict.fromkeys((one for one in Layer if one is not Layer.POLICY), Status.PROVEN)
        assert judge().status is Status.PROVEN

    def test_says_where_the_agent_stands(self) -> None:
        agent = agent_of(judge())
        assert (agent.subnets, agent.groups) == (("net/AgentSubnet",), ("net/AgentGroup",))


class TestEveryLayer:
    @every_case
    def test_says_so(self, case: Case) -> None:
        found, gaps = _gaps(case)
        assert found.status is (Status.UNKNOWN if case.doubt else Status.REFUTED)
        assert gaps, [str(gap.witness) for gap in found.gaps]

    @every_case
    def test_shows_a_witness_and_how_much_it_stands_for(self, case: Case) -> None:
        _, gaps = _gaps(case)
        assert case.witness in str(gaps[0].witness)
        assert case.scope in gaps[0].scope

    @every_case
    def test_names_the_rule_that_decides_and_where_it_stands(self, case: Case) -> None:
        _, gaps = _gaps(case)
        deciding = [step for gap in gaps for step in gap.steps if case.rule in step.rule]
        assert deciding, [step.rule for step in gaps[0].steps]
        assert deciding[0].origin.path.startswith(case.where.removesuffix("/Properties"))

    @every_case
    def test_names_the_policy_lines_of_what_is_missing(self, case: Case) -> None:
        _, gaps = _gaps(case)
        assert lines(gaps[0]) == list(case.lines)

    @every_case
    def test_is_certain_unless_a_doubt_opens_it(self, case: Case) -> None:
        _, gaps = _gaps(case)
        assert gaps[0].certain is not bool(case.doubt)
        assert any(case.doubt in str(doubt) for doubt in gaps[0].doubts) or not case.doubt

    @every_case
    def test_is_the_only_one_that_is_at_fault(self, case: Case) -> None:
        found = statuses(judge(case.resources, sections=case.sections))
        broken = {layer for layer, status in found.items() if status is not Status.PROVEN}
        assert broken == {case.layer, *case.also}


class TestEveryGap:
    """What holds for each of them, whatever the case."""

    @every_case
    def test_shows_who_stops_what_is_missing_and_nobody_who_stops_an_excess(self, case: Case) -> None:
        for layer in agent_of(judge(case.resources, sections=case.sections)).layers:
            for gap in layer.gaps:
                outcomes = {step.outcome for step in gap.steps}
                if gap.kind is MISSING:
                    assert outcomes & {Outcome.DENIES, Outcome.PERHAPS}, gap
                else:
                    assert Outcome.DENIES not in outcomes, gap

    @every_case
    def test_gives_a_reason_where_it_is_not_certain(self, case: Case) -> None:
        for layer in agent_of(judge(case.resources, sections=case.sections)).layers:
            for gap in layer.gaps:
                assert gap.certain or gap.doubts, gap

    @every_case
    def test_of_something_missing_has_a_policy_line(self, case: Case) -> None:
        for layer in agent_of(judge(case.resources, sections=case.sections)).layers:
            assert all(lines(gap) for gap in layer.gaps if gap.kind is MISSING)


class TestWhatNoWitnessShows:
    @pytest.mark.parametrize(
        ("resources", "reason"),
        [
            (forwarding(), "queries for corp.example are forwarded to 10.0.9.9"),
            (dhcp(), "DHCP options name other DNS servers, 10.0.9.9, which DNS Firewall does not see"),
        ],
    )
    def test_a_resolver_that_dns_firewall_does_not_stand_before(self, resources: Resources, reason: str) -> None:
        found = layer_of(judge(resources), Layer.DNS)
        assert (found.status, found.gaps) == (Status.UNKNOWN, ())
        assert [doubt.reason for doubt in found.doubts] == [reason]

    def test_a_boundary_that_was_not_found(self) -> None:
        found = layer_of(judge(lacking("BoundaryOf")), Layer.BOUNDARY)
        assert found.status is Status.UNKNOWN
        assert [doubt.reason for doubt in found.doubts] == ["no boundary for the agent bot was found"]

    def test_a_resource_that_touches_the_vpc_in_a_way_nobody_knows(self) -> None:
        found = layer_of(judge(also("Strange", "VpcLattice::Strange", Vpc=ref("Vpc"))), Layer.END_TO_END)
        assert (found.status, found.gaps) == (Status.UNKNOWN, ())
        assert [doubt.reason for doubt in found.doubts] == [
            "what AWS::VpcLattice::Strange does to the network is not known"
        ]


class TestAbsentLayers:
    ISOLATED = policy(
        '{aws_service: s3, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::corpus/*"]}',
    )

    def test_no_firewall_where_nothing_leaves(self) -> None:
        inside = (
            "AgentRoute",
            "BackRoute",
            "WallRoute",
            "OutsideRoute",
            "Firewall",
            "Nat",
            "Address",
            "Gateway",
            "Attachment",
        )
        resources = {name: resource for name, resource in SOUND.items() if name not in inside}
        found = layer_of(judge(resources, (self.ISOLATED,)), Layer.FIREWALL)
        assert (found.status, found.note) == (Status.ABSENT, "no firewall stands in this VPC")

    def test_no_endpoint_where_no_service_is_meant(self) -> None:
        resources = {name: resource for name, resource in SOUND.items() if name not in ("S3", "Bedrock")}
        found = layer_of(judge(resources, (policy("{domain: api.example.com}"),)), Layer.ENDPOINTS)
        assert found.status is Status.ABSENT
        assert found.note == "no VPC endpoint, and the intent needs none"

    def test_without_firewall_the_routes_are_held_to_the_addresses_of_the_intent(self) -> None:
        bare = {
            name: resource
            for name, resource in SOUND.items()
            if name not in ("Firewall", "AgentRoute", "BackRoute", "S3")
        }
        direct = also(
            "Out",
            "EC2::Route",
            bare,
            RouteTableId=ref("AgentTable"),
            DestinationCidrBlock="198.51.100.0/25",
            NatGatewayId=ref("Nat"),
        )
        alone = policy("{ip_block: 198.51.100.0/25, ports: [{protocol: TCP, port: 5432}]}")
        assert layer_of(judge(direct, (alone,)), Layer.ROUTES).status is Status.PROVEN
        wider = having("Out", direct, DestinationCidrBlock="198.51.100.0/24")
        found = layer_of(judge(wider, (alone,)), Layer.ROUTES)
        assert [(gap.kind, gap.scope) for gap in found.gaps] == [(EXCESS, "the internet: 198.51.100.128/25 by tcp")]


class TestKindsOfWitness:
    def test_are_packets_queries_and_calls(self) -> None:
        shown = {
            type(gap.witness)
            for case in CASES.values()
            for layer in agent_of(judge(case.resources, sections=case.sections)).layers
            for gap in layer.gaps
        }
        assert {Query, Call} < shown

    def test_a_layer_that_knows_no_names_shows_one_of_each_protocol(self) -> None:
        found = layer_of(judge(CASES["a group that lets out everything"].resources), Layer.SECURITY_GROUP)
        protocols = [str(gap.witness).partition(":")[0] for gap in found.gaps]
        assert protocols == ["tcp", "udp", "icmp", "icmpv6"]
        assert len(set(protocols)) == len(protocols)

    def test_of_what_nobody_may_ask_four_kinds_are_shown(self) -> None:
        """One query stands for all names of its type; five types, each with a name of its own, are one too many."""
        kinds = ("AAAA", "CNAME", "MX", "NS", "TXT")
        resources: Resources = {
            **having(
                "Dns",
                FirewallRules=[*(dns_rule(n, "ALLOW", f"L{n}", Qtype=k) for n, k in enumerate(kinds)), *DNS_RULES],
            ),
            **{
                f"L{n}": ("AWS::Route53Resolver::FirewallDomainList", {"Domains": [f"{kind.lower()}.example"]})
                for n, kind in enumerate(kinds)
            },
        }
        found = layer_of(judge(resources), Layer.DNS)
        asked = [gap.witness for gap in found.gaps if isinstance(gap.witness, Query)]
        assert len(asked) == WITNESSES < len(kinds)
        assert all(query.name == f"{query.type.lower()}.example" for query in asked)

    def test_a_policy_that_allows_nothing_is_broken_by_every_layer(self) -> None:
        found = statuses(judge(policies=(policy(),)))
        assert set(found.values()) == {Status.REFUTED}
        assert judge(policies=(POLICY,)).status is Status.PROVEN


class TestAliases:
    def test_a_name_whose_aliases_are_looked_at_may_not_be_answered(self) -> None:
        """Without TRUST_REDIRECTION_DOMAIN the firewall asks its rules for what a name is an alias of, too."""
        inspected = dns_rule(
            100, "ALLOW", "Names", Qtype="A", FirewallDomainRedirectionAction="INSPECT_REDIRECTION_DOMAIN"
        )
        found = layer_of(judge(having("Dns", FirewallRules=[inspected, *DNS_RULES[1:]])), Layer.DNS)
        assert found.status is Status.UNKNOWN
        (gap,) = (gap for gap in found.gaps if "api.example.com" in gap.scope)
        assert (gap.kind, gap.certain, gap.steps[0].outcome) == (MISSING, False, Outcome.PERHAPS)
        assert "redirected to is allowed cannot be known" in gap.doubts[0].reason


class TestCoarseAcls:
    """An ACL has 20 entries in a direction. For more blocks than that it is held to the protocols outside the VPC."""

    @staticmethod
    def blocks(count: int) -> list[str]:
        """Blocks that cannot be merged."""
        return [f"198.51.100.{8 * number}/30" for number in range(count)]

    def sound(self, count: int, ports: tuple[int, int] = (5432, 5432)) -> Resources:
        """Every layer has the exact blocks, the ACLs one entry for all of them."""
        listed: list[Json] = [{"AddressDefinition": block} for block in self.blocks(count)]
        resources = having(
            "AgentGroup",
            SecurityGroupEgress=[*EGRESS[:3], *(group_rule(5432, "CidrIp", block) for block in self.blocks(count))],
        )
        resources = having(
            "Pass", resources, **rules(PASSING.replace("198.51.100.0/25", f"[{','.join(self.blocks(count))}]"))
        )
        bypass = {**RESOLVED, "BypassDestinationValidationIPRanges": listed}
        resources = having("Engine", resources, FirewallPolicy={**ENGINE, "Route53ResolvedIPValidation": bypass})
        for acl in ("AgentAcl", "WallAcl", "OutsideAcl"):
            resources = {**resources, f"{acl}Out5": entry(acl, 140, out=True, cidr="198.51.100.0/24", ports=ports)}
        return resources

    def policy(self, count: int) -> str:
        kept, _, rest = POLICY.partition(
            "    - ip_block: 198.51.100.0/25\n      ports: [{protocol: TCP, port: 5432}]\n"
        )
        listed = (
            f"    - {{ip_block: {block}, ports: [{{protocol: TCP, port: 5432}}]}}\n" for block in self.blocks(count)
        )
        return f"{kept}{''.join(listed)}{rest}"

    def test_more_blocks_than_entries_are_proven_with_a_residual_risk(self) -> None:
        proof = judge(self.sound(32), (self.policy(32),))
        assert set(statuses(proof).values()) == {Status.PROVEN}
        (risk,) = (risk for risk in agent_of(proof).residuals if risk.name == "acl-is-coarse")
        assert "more blocks than a network ACL has entries" in risk.sentence
        assert [span.line for span in risk.origin.spans][:3] == [NAMES, BROKER, ADDRESSES]

    def test_any_port_will_do_where_blocks_are_too_many(self) -> None:
        assert set(statuses(judge(self.sound(32, (0, 65535)), (self.policy(32),))).values()) == {Status.PROVEN}

    def test_a_few_blocks_are_held_to_themselves(self) -> None:
        found = judge(self.sound(4), (self.policy(4),))
        assert "acl-is-coarse" not in {risk.name for risk in agent_of(found).residuals}
        (gap, *_) = layer_of(found, ACL).gaps
        assert (gap.kind, gap.certain) == (EXCESS, True)
        assert gap.scope == (
            "out of net/AgentSubnet: 198.51.100.4/30, 198.51.100.12/30, 198.51.100.20/30 and 4 more blocks by tcp/5432"
        )

    WIDER: ClassVar[dict[str, tuple[dict[str, tuple[str, dict[str, Json]]], str]]] = {
        "a protocol more": (
            {"Udp": having("AgentAclOut5", Protocol=17, RuleNumber=150)["AgentAclOut5"]},
            "out of net/AgentSubnet: 198.51.100.0/25 by udp/5432",
        ),
        "every protocol": (
            {"All": entry("AgentAcl", 150, out=True, ports=None)},
            "out of net/AgentSubnet: every IPv4 address but 10.0.0.0/16 by udp",
        ),
        "ports that no client sends from": (
            {"Low": entry("AgentAcl", 150, out=False, ports=(0, 1023))},
            "into net/AgentSubnet: every IPv4 address but 10.0.0.0/16 by tcp/0-1023",
        ),
        "a place inside the VPC": (
            {"Inside": entry("AgentAcl", 90, out=True, cidr=OUTSIDE, ports=(5432, 5432))},
            f"out of net/AgentSubnet: {OUTSIDE} by tcp/5432",
        ),
    }

    @pytest.mark.parametrize(("more", "scope"), WIDER.values(), ids=WIDER)
    def test_but_not(self, more: Resources, scope: str) -> None:
        found = layer_of(judge({**self.sound(32), **more}, (self.policy(32),)), ACL)
        assert found.status is Status.REFUTED
        assert scope in {gap.scope for gap in found.gaps if gap.certain}
