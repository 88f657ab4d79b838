"""An attacker's hands on a sound template: what a stranger, a careless colleague or a clever agent could wish for.

Every case is one edit, or a few that are harmless each by itself, with what the judge must say of it: refuted by a
layer with a witness that can be sent, unknown with the reason, or proven because it opens nothing. Cases of one
property are in tests/mutations; these are the combinations and the tricks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from agent_perimeter.packet_sets import Packet
from agent_perimeter.queries import Query
from agent_perimeter.verdict import Call, Gap, Kind, Layer, LayerVerdict, Proof, Status
from tests.mutations.judge import prove
from tests.redteam.edited import (
    ACCOUNT,
    ALLOW,
    BOUNDARY,
    CLOSER,
    DENY,
    DNS,
    ENGINE,
    EVERYTHING,
    FIREWALL,
    NAMES,
    NAT,
    NAT_SUBNET,
    NAT_TABLE,
    OTHER_BOUNDARY,
    POLICIES,
    POLICY,
    PORTS,
    READER_GROUP,
    READER_PLACE,
    READER_SUBNET,
    READER_TABLE,
    ROUTE_BACK,
    RULES,
    S3,
    SERVICE_GROUP,
    SERVICE_SUBNET,
    TOLD_BOUNDARY,
    TOLD_GROUP,
    TOLD_SUBNETS,
    VPC,
    WRITER_GROUP,
    WRITER_SUBNET,
    Edited,
    att,
    ref,
    sub,
)

Edit = Callable[[Edited], Edited]


@dataclass(frozen=True, slots=True)
class Case:
    """An edit and what is said of it: by a layer, of a witness of some kind, and in words that name the reason.

    Without a ``layer`` the doubt concerns the whole network; without a ``kind`` a layer has a doubt and no witness.
    """

    edit: Edit
    status: Status
    layer: Layer | None = None
    kind: Kind | None = None
    witness: type[Packet | Query | Call] | None = None
    says: str = ""


def proven(edit: Edit) -> Case:
    return Case(edit, Status.PROVEN)


def refuted(edit: Edit, layer: Layer, kind: Kind, witness: type[Packet | Query | Call], says: str) -> Case:
    return Case(edit, Status.REFUTED, layer, kind, witness, says)


def unknown(
    edit: Edit,
    layer: Layer | None = None,
    kind: Kind | None = None,
    witness: type[Packet | Query | Call] | None = None,
    *,
    says: str,
) -> Case:
    return Case(edit, Status.UNKNOWN, layer, kind, witness, says)


SURICATA_RULES: Mapping[str, Case] = {
    "a wall behind a line separator may be part of the comment before it": unknown(
        lambda t: t.swap(DENY, PORTS, f"# closes\n# the rest\u2028{PORTS}"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="it holds the character",
    ),
    "a wall behind a form feed may be part of the comment before it": unknown(
        lambda t: t.swap(DENY, PORTS, f"# closes\n# the rest\x0c{PORTS}"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="it holds the character",
    ),
    "a wall behind a carriage return may be part of the comment before it": unknown(
        lambda t: t.swap(DENY, PORTS, f"# closes\n# the rest\r{PORTS}"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="it holds the character",
    ),
    "a wall behind a next-line character may be part of the comment before it": unknown(
        lambda t: t.swap(DENY, PORTS, f"# closes\n# the rest\x85{PORTS}"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="it holds the character",
    ),
    "a rule with an invisible character in it is read by nobody in the same way": unknown(
        lambda t: t.swap(DENY, PORTS, f"\u2028{PORTS}"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="it holds the character",
    ),
    "rules with the line ends of another system stay what they are": proven(
        lambda t: t.put(DENY, *RULES, to=t.at(DENY, *RULES).replace("\n", "\r\n"))
    ),
    "a comment that is continued is no comment": unknown(
        lambda t: t.swap(DENY, PORTS, f"{PORTS} \\\n"), Layer.FIREWALL, Kind.EXCESS, Packet, says="no Suricata rule"
    ),
    "an escaped semicolon does not end a message": refuted(
        lambda t: t.rule(
            ALLOW,
            r'pass tls $AGENT_READER any -> any 443 (msg:"a\;b"; flow:to_server; tls.sni; content:"evil|2e|example"; endswith; sid:2;)',
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="a;b",
    ),
    "a name that is spelt in hexadecimal is that name": proven(
        lambda t: t.swap(ALLOW, 'content:"api.anthropic.com"', 'content:"api|2e|anthropic|2E|com"')
    ),
    "a name without its end is a beginning of others": refuted(
        lambda t: t.swap(ALLOW, '"api.anthropic.com"; startswith; endswith', '"api.anthropic.com"; startswith'),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="allow api.anthropic.com",
    ),
    "a depth as long as the name is as good as startswith": proven(
        lambda t: t.swap(ALLOW, '"api.anthropic.com"; startswith', '"api.anthropic.com"; depth:17')
    ),
    "a dot before the name lets all below it in": refuted(
        lambda t: t.swap(
            ALLOW,
            'content:"api.anthropic.com"; startswith; endswith',
            'dotprefix; content:".api.anthropic.com"; endswith',
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="allow api.anthropic.com",
    ),
    "two contents are not one name": unknown(
        lambda t: t.rule(
            ALLOW,
            'pass tls $AGENT_READER any -> any 443 (flow:to_server; tls.sni; content:"api."; content:".com"; endswith; sid:2;)',
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "contents that depend on each other may be anywhere": unknown(
        lambda t: t.rule(
            ALLOW,
            'pass tls $AGENT_READER any -> any 443 (flow:to_server; tls.sni; content:"api.anthropic"; startswith; content:".com"; distance:0; within:4; sid:2;)',
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "all names but one are too many": refuted(
        lambda t: t.rule(
            ALLOW,
            'pass tls $AGENT_READER any -> any 443 (flow:to_server; tls.sni; content:!"evil.example"; endswith; sid:2;)',
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "a modifier that stands behind its content is not the buffer before it": unknown(
        lambda t: t.rule(
            ALLOW,
            'pass http $AGENT_READER any -> any 80 (flow:to_server; content:"plain.reader.example"; http_host; sid:2;)',
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="http_host",
    ),
    "a certificate is shown after the request has left": unknown(
        lambda t: t.rule(
            ALLOW,
            'pass tls any 443 -> $AGENT_READER any (flow:to_client; tls.cert_subject; content:"CN=api.anthropic.com"; sid:2;)',
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "a pass for answers without a direction is one for the flow": unknown(
        lambda t: t.rule(ALLOW, "pass tcp any 443 -> $HOME_NET any (sid:2;)"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "a pass for packets to the client lets nothing out": proven(
        lambda t: t.rule(ALLOW, "pass tcp any 443 -> $HOME_NET any (flow:to_client; sid:2;)")
    ),
    "a header in both directions is a way out": refuted(
        lambda t: t.rule(ALLOW, "pass ip 198.51.100.0/24 any <> any any (sid:2;)"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "a SYN may bear bytes": unknown(
        lambda t: t.rule(ALLOW, "pass tcp $AGENT_READER any -> any 443 (flow:stateless; flags:S; sid:2;)"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "other protocols than TCP need a pass of their own, and GRE has none": refuted(
        lambda t: t.rule(ALLOW, "pass ip $AGENT_READER any -> any any (ip_proto:47; sid:2;)"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "an alert that bypasses the engine passes": unknown(
        lambda t: t.rule(ALLOW, "alert tcp $AGENT_READER any -> any 443 (bypass; flow:to_server; sid:2;)"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "a pass that asks for a mark which is not known here may be any": unknown(
        lambda t: t.rule(
            ALLOW, "pass tcp $HOME_NET any -> any 25 (flow:to_server; xbits:isset,a,track ip_src; sid:2;)"
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="xbits",
    ),
    "an action in capitals is an action": refuted(
        lambda t: t.rule(ALLOW, "PASS tcp $AGENT_READER any -> any 443 (flow:to_server; sid:2;)"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "what is no action makes a group that cannot be read": unknown(
        lambda t: t.rule(ALLOW, "config tcp any any -> any any (config: logging disable; sid:2;)"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="config",
    ),
    "an exception among denied ports is open": refuted(
        lambda t: t.swap(DENY, "![80,443]", "![80,443,8443]"), Layer.FIREWALL, Kind.EXCESS, Packet, says="established"
    ),
    "two negated ports in a list are both excepted": proven(lambda t: t.swap(DENY, "![80,443]", "[!80,!443]")),
    "port 0 is a port": refuted(
        lambda t: t.swap(DENY, "![80,443]", "[1:65535,!80,!443]"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="established",
    ),
    "a wall that waits for a mark is none": unknown(
        lambda t: t.swap(DENY, f"{PORTS} (", f"{PORTS} (flowbits:isset,x; "),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="flowbits",
    ),
    "a wall for one packet in a minute is none": unknown(
        lambda t: t.swap(DENY, f"{PORTS} (", f"{PORTS} (threshold:type limit,track by_src,count 1,seconds 60; "),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="threshold",
    ),
    "a wall that is silent is a wall": proven(lambda t: t.swap(DENY, f"{PORTS} (", f"{PORTS} (noalert; ")),
    "a wall for some countries is none": unknown(
        lambda t: t.swap(DENY, f"{PORTS} (", f"{PORTS} (geoip:dst,US; "),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="geoip",
    ),
    "a wall for usual client ports can be walked around": unknown(
        lambda t: t.swap(DENY, PORTS, PORTS.replace("any ->", "1024: ->")),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="established",
    ),
    "a wall for a variable that nobody defines stands nowhere": unknown(
        lambda t: t.swap(DENY, PORTS, PORTS.replace("HOME_NET", "HOMENET")),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="established",
    ),
    "an alert is no wall": refuted(
        lambda t: t.swap(DENY, PORTS, PORTS.replace("reject", "alert")),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="established",
    ),
    "a home of the group leaves the other agents outside of the walls": refuted(
        lambda t: t.put(
            DENY, "RuleGroup", "RuleVariables", "IPSets", "HOME_NET", to={"Definition": ["10.42.22.64/27"]}
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="established",
    ),
    "a group may call anything external": refuted(
        lambda t: t.put(
            ALLOW, "RuleGroup", "RuleVariables", "IPSets", "EXTERNAL_NET", to={"Definition": ["198.51.100.0/24"]}
        ),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="deny this TLS server name",
    ),
    "a set with the neighbour in it is the neighbour's too": refuted(
        lambda t: t.more(
            ALLOW, "RuleGroup", "RuleVariables", "IPSets", "AGENT_READER", "Definition", item="10.42.22.64/27"
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="for reader",
    ),
    "a set without anybody in it allows nothing": refuted(
        lambda t: t.put(ALLOW, "RuleGroup", "RuleVariables", "IPSets", "AGENT_READER", "Definition", to=[]),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="deny",
    ),
    "a list that AWS fills in may hold everything": unknown(
        lambda t: t.rule(ALLOW, "pass tcp $AGENT_READER any -> @ELSEWHERE 443 (flow:to_server; sid:2;)"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="@ELSEWHERE",
    ),
    "a dropped server answer is a dropped connection": unknown(
        lambda t: t.rule(ALLOW, "drop tcp any 443 -> $AGENT_READER any (flow:to_client; sid:2;)"),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="answers may be dropped",
    ),
    "a domain list beside the rules has names of its own": refuted(
        lambda t: t.add(
            "List",
            "NetworkFirewall::RuleGroup",
            Type="STATEFUL",
            RuleGroup={
                "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
                "RulesSource": {
                    "RulesSourceList": {
                        "GeneratedRulesType": "ALLOWLIST",
                        "TargetTypes": ["TLS_SNI"],
                        "Targets": [".anthropic.com"],
                    }
                },
            },
        ).more(POLICY, *ENGINE, "StatefulRuleGroupReferences", item={"Priority": 50, "ResourceArn": ref("List")}),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="List",
    ),
}

FIREWALL_POLICIES: Mapping[str, Case] = {
    "a parameter inside a rule can be any name": unknown(
        lambda t: t.section("Parameters", Name={"Type": "String", "Default": "api.anthropic.com"}).put(
            ALLOW,
            *RULES,
            to=sub(t.at(ALLOW, *RULES).replace('"api.anthropic.com"; startswith', '"${Name}"; startswith', 1)),
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="parameter Name",
    ),
    "a rule that one region has is a rule": unknown(
        lambda t: t.section("Conditions", There={"Fn::Equals": [ref("AWS::Region"), "eu-west-1"]}).put(
            ALLOW,
            *RULES,
            to={
                "Fn::If": ["There", t.at(ALLOW, *RULES), f"pass tcp any any -> any any (sid:2;)\n{t.at(ALLOW, *RULES)}"]
            },
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="condition There",
    ),
    "rules that are joined are rules": refuted(
        lambda t: t.put(
            ALLOW,
            *RULES,
            to={"Fn::Join": ["\n", ["pass tcp any any -> any 443 (flow:to_server; sid:2;)", t.at(ALLOW, *RULES)]]},
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="rule 2",
    ),
    "a condition may exchange what allows for what denies": unknown(
        lambda t: (
            t.section("Parameters", Mode={"Type": "String", "AllowedValues": ["a", "b"]})
            .section("Conditions", Swap={"Fn::Equals": [ref("Mode"), "a"]})
            .put(
                POLICY,
                *ENGINE,
                "StatefulRuleGroupReferences",
                0,
                "ResourceArn",
                to={"Fn::If": ["Swap", ref(DENY), ref(ALLOW)]},
            )
            .put(
                POLICY,
                *ENGINE,
                "StatefulRuleGroupReferences",
                1,
                "ResourceArn",
                to={"Fn::If": ["Swap", ref(ALLOW), ref(DENY)]},
            )
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="condition Swap",
    ),
    "what denies first lets nothing out": refuted(
        lambda t: t.put(POLICY, *ENGINE, "StatefulRuleGroupReferences", 1, "Priority", to=50),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="deny this TLS server name",
    ),
    "a priority that is text is a number": proven(
        lambda t: t.put(POLICY, *ENGINE, "StatefulRuleGroupReferences", 1, "Priority", to="1000")
    ),
    "a group in another order than its policy is not counted on": unknown(
        lambda t: t.cut(DENY, "RuleGroup", "StatefulRuleOptions"),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="one order",
    ),
    "walls that only alert are none": unknown(
        lambda t: t.put(POLICY, *ENGINE, "StatefulRuleGroupReferences", 1, "Override", to={"Action": "DROP_TO_ALERT"}),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="DROP_TO_ALERT",
    ),
    "a group of somebody else behind all others may still allow": unknown(
        lambda t: t.more(
            POLICY,
            *ENGINE,
            "StatefulRuleGroupReferences",
            item={
                "Priority": 5000,
                "ResourceArn": "arn:aws:network-firewall:us-east-1:111122223333:stateful-rulegroup/x",
            },
        ),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="cannot be read",
    ),
    "a stateless pass is no question for the rules": refuted(
        lambda t: t.stateless("aws:pass", Destinations=[{"AddressDefinition": "192.0.2.0/24"}]),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="Bypass",
    ),
    "whoever picks the client port picks the stateless rule": unknown(
        lambda t: t.stateless("aws:pass", SourcePorts=[{"FromPort": 4444, "ToPort": 4444}], Protocols=[6]),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="Bypass",
    ),
    "answers that a stateless rule drops never come": unknown(
        lambda t: t.stateless("aws:drop", Destinations=[{"AddressDefinition": "10.42.0.0/16"}]),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="another way than the packets",
    ),
    "answers that go around the engine leave it with half a connection": unknown(
        lambda t: t.stateless(
            "aws:pass",
            Sources=[{"AddressDefinition": "0.0.0.0/0"}],
            SourcePorts=[{"FromPort": 443, "ToPort": 443}],
            Protocols=[6],
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="another way than the packets",
    ),
    "fragments that pass are packets that leave": refuted(
        lambda t: t.put(POLICY, *ENGINE, "StatelessFragmentDefaultActions", to=["aws:pass"]),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="fragments",
    ),
    "what TLS inspection makes of the rules is not known": unknown(
        lambda t: t.put(
            POLICY,
            *ENGINE,
            "TLSInspectionConfigurationArn",
            to="arn:aws:network-firewall:us-east-1:111122223333:tls-configuration/x",
        ),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="TLS inspection",
    ),
    "the middle of a connection is not judged alone": unknown(
        lambda t: t.put(POLICY, *ENGINE, "StatefulEngineOptions", "StreamExceptionPolicy", to="CONTINUE"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="CONTINUE",
    ),
    "without resolved-IP validation a rule that leans on it is inactive": refuted(
        lambda t: t.cut(POLICY, *ENGINE, "Route53ResolvedIPValidation"),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="deny TCP to this port",
    ),
    "validation by a DNS Firewall group that is on no VPC drops everything": unknown(
        lambda t: t.add("Elsewhere", "Route53Resolver::FirewallRuleGroup", FirewallRules=[]).put(
            POLICY, *ENGINE, "Route53ResolvedIPValidation", "DNSFirewallRuleGroupId", to=att("Elsewhere", "Id")
        ),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="may not be associated",
    ),
    "without the keyword a port is open to every address": refuted(
        lambda t: t.swap(ALLOW, 'aws_route_53_resolved_domain:"broker.partner.example"; ', ""),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="broker.partner.example",
    ),
    "a keyword for all below a domain is too wide": refuted(
        lambda t: t.swap(ALLOW, '"broker.partner.example"; metadata', '".partner.example"; metadata'),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="broker.partner.example",
    ),
    "home is not everywhere": refuted(
        lambda t: t.put(
            POLICY, *ENGINE, "PolicyVariables", "RuleVariables", "HOME_NET", "Definition", to=["0.0.0.0/0"]
        ),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="deny traffic inside the VPC",
    ),
    "an agent that is not at home is a stranger": refuted(
        lambda t: t.put(
            POLICY, *ENGINE, "PolicyVariables", "RuleVariables", "HOME_NET", "Definition", to=["10.42.22.0/24"]
        ),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="connections from outside",
    ),
    "drop_strict drops handshakes too": refuted(
        lambda t: t.put(POLICY, *ENGINE, "StatefulDefaultActions", to=["aws:drop_strict"]),
        Layer.FIREWALL,
        Kind.MISSING,
        Packet,
        says="aws:drop_strict",
    ),
}

NETWORKS: Mapping[str, Case] = {
    "two halves of the world go around the firewall": refuted(
        lambda t: t.route(DestinationCidrBlock="0.0.0.0/1", NatGatewayId=ref(NAT)).route(
            name="Other", DestinationCidrBlock="128.0.0.0/1", NatGatewayId=ref(NAT)
        ),
        Layer.ROUTES,
        Kind.EXCESS,
        Packet,
        says="0.0.0.0/1",
    ),
    "a narrow block goes around the firewall": refuted(
        lambda t: t.route(DestinationCidrBlock="192.0.2.0/24", NatGatewayId=ref(NAT)),
        Layer.ROUTES,
        Kind.EXCESS,
        Packet,
        says="Way",
    ),
    "a prefix list goes around the firewall": refuted(
        lambda t: t.add("List", "EC2::PrefixList", AddressFamily="IPv4", Entries=[{"Cidr": "192.0.2.0/24"}]).route(
            DestinationPrefixListId=ref("List"), NatGatewayId=ref(NAT)
        ),
        Layer.ROUTES,
        Kind.EXCESS,
        Packet,
        says="prefix list",
    ),
    "a narrow block in the firewall's own table stays behind it": proven(
        lambda t: t.route("Perimetertablefirewall082C35855", DestinationCidrBlock="192.0.2.0/24", NatGatewayId=ref(NAT))
    ),
    "a machine in place of the local route forwards as it likes": unknown(
        lambda t: t.instance(NAT_SUBNET).route(DestinationCidrBlock="10.42.0.0/16", InstanceId=ref("Machine")),
        Layer.ROUTES,
        Kind.EXCESS,
        Packet,
        says="Way",
    ),
    "answers that find no firewall are lost": refuted(
        lambda t: t.drop(ROUTE_BACK), Layer.ROUTES, Kind.MISSING, Packet, says="replies go around"
    ),
    "answers by the local route go around the firewall": refuted(
        lambda t: t.cut(ROUTE_BACK, "VpcEndpointId").put(ROUTE_BACK, "GatewayId", to="local"),
        Layer.ROUTES,
        Kind.MISSING,
        Packet,
        says="replies go around",
    ),
    "an egress-only gateway is a way out for IPv6": refuted(
        lambda t: (
            t.dual_stack()
            .add("Out", "EC2::EgressOnlyInternetGateway", VpcId=ref(VPC))
            .route(DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=ref("Out"))
        ),
        Layer.ROUTES,
        Kind.EXCESS,
        Packet,
        says="::/0",
    ),
    "IPv6 inside the VPC leads nowhere": proven(lambda t: t.dual_stack()),
    "a peering connection with a route is another network": refuted(
        lambda t: (
            t.add("Other", "EC2::VPC", CidrBlock="172.31.0.0/16")
            .add("Peering", "EC2::VPCPeeringConnection", VpcId=ref(VPC), PeerVpcId=ref("Other"))
            .route(DestinationCidrBlock="172.31.0.0/16", VpcPeeringConnectionId=ref("Peering"))
        ),
        Layer.ROUTES,
        Kind.EXCESS,
        Packet,
        says="peering",
    ),
    "a peering connection without a route is none": proven(
        lambda t: t.add("Other", "EC2::VPC", CidrBlock="172.31.0.0/16").add(
            "Peering", "EC2::VPCPeeringConnection", VpcId=ref(VPC), PeerVpcId=ref("Other")
        )
    ),
    "two tables for one subnet are a doubt": unknown(
        lambda t: t.add(
            "Second", "EC2::SubnetRouteTableAssociation", SubnetId=ref(READER_SUBNET), RouteTableId=ref(NAT_TABLE)
        ),
        Layer.ROUTES,
        Kind.EXCESS,
        Packet,
        says="more than one association",
    ),
    "two ACLs for one subnet are a doubt": unknown(
        lambda t: (
            t.add("Open", "EC2::NetworkAcl", VpcId=ref(VPC))
            .entry(NetworkAclId=ref("Open"), CidrBlock="0.0.0.0/0")
            .add("Second", "EC2::SubnetNetworkAclAssociation", SubnetId=ref(READER_SUBNET), NetworkAclId=ref("Open"))
        ),
        Layer.NETWORK_ACL,
        Kind.EXCESS,
        Packet,
        says="Entry",
    ),
    "a subnet without a table has the main one": refuted(
        lambda t: t.drop(READER_PLACE), Layer.ROUTES, Kind.MISSING, Packet, says="main-route-table"
    ),
    "a firewall in the agent's own subnet is a loop": refuted(
        lambda t: t.put(FIREWALL, "SubnetMappings", to=[{"SubnetId": ref(READER_SUBNET)}]),
        Layer.ROUTES,
        Kind.MISSING,
        Packet,
        says="loop",
    ),
    "with two endpoints nobody knows which one a reply passes": unknown(
        lambda t: t.add(
            "Second",
            "NetworkFirewall::VpcEndpointAssociation",
            FirewallArn=att(FIREWALL, "FirewallArn"),
            VpcId=ref(VPC),
            SubnetMapping={"SubnetId": ref(NAT_SUBNET)},
        ),
        Layer.ROUTES,
        Kind.MISSING,
        Packet,
        says="which endpoint",
    ),
    "a second block with subnets is more than the ACLs know": refuted(
        lambda t: t.second_block().add(
            "More",
            "EC2::Subnet",
            VpcId=ref(VPC),
            CidrBlock="100.64.0.0/24",
            Tags=[{"Key": "agent-perimeter:role", "Value": "egress"}],
        ),
        Layer.NETWORK_ACL,
        Kind.EXCESS,
        Packet,
        says="entry 130",
    ),
    "who blocks the internet for all VPCs blocks the agents": unknown(
        lambda t: t.add("Shut", "EC2::VPCBlockPublicAccessOptions", InternetGatewayBlockMode="block-bidirectional"),
        Layer.END_TO_END,
        says="VPCBlockPublicAccessOptions",
    ),
    "who blocks what comes in does agents no harm": proven(
        lambda t: t.add("Shut", "EC2::VPCBlockPublicAccessOptions", InternetGatewayBlockMode="block-ingress")
    ),
    "encryption that is enforced may keep agents from what they need": unknown(
        lambda t: t.add("Shut", "EC2::VPCEncryptionControl", VpcId=ref(VPC), Mode="enforce"),
        Layer.END_TO_END,
        says="VPCEncryptionControl",
    ),
    "a private NAT gateway leads nowhere": refuted(
        lambda t: t.put(NAT, "ConnectivityType", to="private"),
        Layer.ROUTES,
        Kind.MISSING,
        Packet,
        says="private NAT gateway",
    ),
    '"TCP" is a protocol': refuted(
        lambda t: t.egress(IpProtocol="TCP", FromPort=25, ToPort=25, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="TCP",
    ),
    "6 is a protocol": refuted(
        lambda t: t.egress(IpProtocol=6, FromPort=25, ToPort=25, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="TCP",
    ),
    '"6" is a protocol': refuted(
        lambda t: t.egress(IpProtocol="6", FromPort=25, ToPort=25, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="TCP",
    ),
    '"17" is a protocol': refuted(
        lambda t: t.egress(IpProtocol="17", FromPort=25, ToPort=25, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="UDP",
    ),
    "58 is a protocol": refuted(
        lambda t: t.egress(IpProtocol=58, FromPort=25, ToPort=25, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="ICMPv6",
    ),
    '"50" is a protocol': refuted(
        lambda t: t.egress(IpProtocol="50", FromPort=25, ToPort=25, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="protocol 50",
    ),
    "-1 is all protocols on all ports, whatever ports are written beside it": refuted(
        lambda t: t.egress(IpProtocol=-1, FromPort=443, ToPort=443, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="all traffic",
    ),
    "a port of -1 is every port": refuted(
        lambda t: t.egress(IpProtocol="tcp", FromPort=-1, ToPort=-1, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="0-65535",
    ),
    "half a port range is a doubt": unknown(
        lambda t: t.egress(IpProtocol="tcp", FromPort=443, CidrIp="0.0.0.0/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="unknown ports",
    ),
    "bits behind the prefix do not count": refuted(
        lambda t: t.egress(IpProtocol="tcp", FromPort=25, ToPort=25, CidrIp="1.2.3.4/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="0.0.0.0/0",
    ),
    "a rule with two peers is two doubts": unknown(
        lambda t: t.egress(IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="0.0.0.0/0", CidrIpv6="::/0"),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="several peers",
    ),
    "what is taken in from a list of AWS is taken in": refuted(
        lambda t: t.put(
            READER_GROUP,
            "SecurityGroupIngress",
            to=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourcePrefixListId": "pl-63a5400a"}],
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="takes connections in",
    ),
    "two agents that refer to each other can talk": refuted(
        lambda t: t.add(
            "Out",
            "EC2::SecurityGroupEgress",
            GroupId=ref(READER_GROUP),
            DestinationSecurityGroupId=ref(WRITER_GROUP),
            IpProtocol="-1",
        ).add(
            "In",
            "EC2::SecurityGroupIngress",
            GroupId=ref(WRITER_GROUP),
            SourceSecurityGroupId=ref(READER_GROUP),
            IpProtocol="-1",
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="Out",
    ),
    "a group that is read from the parameter store may be the agent's": unknown(
        lambda t: t.add(
            "Out",
            "EC2::SecurityGroupEgress",
            GroupId="{{resolve:ssm:/agent-perimeter/filtered/reader/security-group}}",
            IpProtocol="udp",
            FromPort=53,
            ToPort=53,
            CidrIp="0.0.0.0/0",
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="Out",
    ),
    "a group that is imported from nobody may be the agent's": unknown(
        lambda t: t.add(
            "Out",
            "EC2::SecurityGroupEgress",
            GroupId={"Fn::ImportValue": "elsewhere"},
            IpProtocol="udp",
            FromPort=53,
            ToPort=53,
            CidrIp="0.0.0.0/0",
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="Out",
    ),
    "a group that is written out may be the agent's": unknown(
        lambda t: t.add(
            "Out",
            "EC2::SecurityGroupEgress",
            GroupId="sg-0123456789abcdef0",
            IpProtocol="udp",
            FromPort=53,
            ToPort=53,
            CidrIp="0.0.0.0/0",
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="Out",
    ),
    "a group that is what a parameter holds may be the agent's": unknown(
        lambda t: t.add(
            "Out",
            "EC2::SecurityGroupEgress",
            GroupId=att(TOLD_GROUP, "Value"),
            IpProtocol="udp",
            FromPort=53,
            ToPort=53,
            CidrIp="0.0.0.0/0",
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="Out",
    ),
    "a list of rules that may not be there is allow-all": unknown(
        lambda t: t.section("Conditions", There={"Fn::Equals": [ref("AWS::Region"), "eu-west-1"]}).put(
            READER_GROUP,
            "SecurityGroupEgress",
            to={"Fn::If": ["There", t.at(READER_GROUP, "SecurityGroupEgress"), ref("AWS::NoValue")]},
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="condition There",
    ),
    "a condition that is off by default can be on": unknown(
        lambda t: (
            t.section("Parameters", Open={"Type": "String", "Default": "no"})
            .section("Conditions", On={"Fn::Equals": [ref("Open"), "yes"]})
            .add(
                "Out",
                "EC2::SecurityGroupEgress",
                "On",
                GroupId=ref(READER_GROUP),
                IpProtocol="udp",
                FromPort=53,
                ToPort=53,
                CidrIp="0.0.0.0/0",
            )
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="condition On",
    ),
    'true and "true" are equal': refuted(
        lambda t: t.section("Conditions", On={"Fn::Equals": ["true", True]}).add(
            "Out",
            "EC2::SecurityGroupEgress",
            "On",
            GroupId=ref(READER_GROUP),
            IpProtocol="udp",
            FromPort=53,
            ToPort=53,
            CidrIp="0.0.0.0/0",
        ),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="Out",
    ),
    "numbers of entries may be text": refuted(
        lambda t: t.entry(RuleNumber="99", Protocol="-1", Egress="true", CidrBlock="0.0.0.0/0"),
        Layer.NETWORK_ACL,
        Kind.EXCESS,
        Packet,
        says="Entry",
    ),
    "two entries of one number are a doubt": unknown(
        lambda t: t.entry(RuleNumber=110, CidrBlock="0.0.0.0/0"),
        Layer.NETWORK_ACL,
        Kind.EXCESS,
        Packet,
        says="more than one entry 110",
    ),
    "an entry for IPv6 is one": refuted(
        lambda t: t.entry(Ipv6CidrBlock="::/0"), Layer.NETWORK_ACL, Kind.EXCESS, Packet, says="Entry"
    ),
    "an entry for ICMP is one": refuted(
        lambda t: t.entry(Protocol=1, Icmp={"Type": -1, "Code": -1}, CidrBlock="0.0.0.0/0"),
        Layer.NETWORK_ACL,
        Kind.EXCESS,
        Packet,
        says="Entry",
    ),
    "an entry without a direction is for what comes in": refuted(
        lambda t: t.entry(Egress=False, CidrBlock="0.0.0.0/0"), Layer.NETWORK_ACL, Kind.EXCESS, Packet, says="Entry"
    ),
    "an ACL that keeps one client port from being answered keeps some clients": unknown(
        lambda t: t.entry(
            Protocol=6, RuleAction="deny", Egress=False, CidrBlock="0.0.0.0/0", PortRange={"From": 40000, "To": 40000}
        ),
        Layer.NETWORK_ACL,
        Kind.MISSING,
        Packet,
        says="client",
    ),
}

QUERIES: Mapping[str, Case] = {
    "a list with an empty middle is not known": unknown(
        lambda t: t.more(NAMES, "Domains", item="api.*.example"), Layer.DNS, Kind.EXCESS, Query, says="api.*.example"
    ),
    "a star without a dot is not known": unknown(
        lambda t: t.more(NAMES, "Domains", item="*anthropic.com"), Layer.DNS, Kind.EXCESS, Query, says="*anthropic.com"
    ),
    "a dot at the end is no other name": refuted(
        lambda t: t.more(NAMES, "Domains", item="evil.example."), Layer.DNS, Kind.EXCESS, Query, says="rule 2000"
    ),
    "records with keys for encrypted hellos carry data": refuted(
        lambda t: t.dns(Qtype="TYPE65"), Layer.DNS, Kind.EXCESS, Query, says="TYPE65"
    ),
    "a type in small letters is one": refuted(
        lambda t: t.dns(Qtype="aaaa"), Layer.DNS, Kind.EXCESS, Query, says="aaaa"
    ),
    "a type that is a bare number is not known": unknown(
        lambda t: t.dns(Qtype="28"), Layer.DNS, Kind.EXCESS, Query, says="type 28"
    ),
    "an alert lets out": refuted(
        lambda t: t.dns(Action="ALERT"), Layer.DNS, Kind.EXCESS, Query, says="lets out and reports"
    ),
    "a list of AWS that allows holds nobody knows what": unknown(
        lambda t: t.dns(FirewallDomainListId="rslvr-fdl-2c46f2ecbfec4dcc"),
        Layer.DNS,
        Kind.EXCESS,
        Query,
        says="rslvr-fdl",
    ),
    "a block for one type is none for the others": refuted(
        lambda t: t.put(DNS, "FirewallRules", -1, "Qtype", to="A"),
        Layer.DNS,
        Kind.EXCESS,
        Query,
        says="no DNS Firewall rule matches",
    ),
    "a list of nothing blocks nothing": refuted(
        lambda t: t.put(EVERYTHING, "Domains", to=[]),
        Layer.DNS,
        Kind.EXCESS,
        Query,
        says="no DNS Firewall rule matches",
    ),
    "names that lead on must be allowed as well": unknown(
        lambda t: t.cut(DNS, "FirewallRules", 3, "FirewallDomainRedirectionAction").cut(
            DNS, "FirewallRules", 4, "FirewallDomainRedirectionAction"
        ),
        Layer.DNS,
        Kind.MISSING,
        Query,
        says="redirected",
    ),
    "a group in front of ours decides first": refuted(
        lambda t: t.add(
            "Group",
            "Route53Resolver::FirewallRuleGroup",
            FirewallRules=[{"Action": "ALLOW", "Priority": 1, "FirewallDomainListId": att(EVERYTHING, "Id")}],
        ).add(
            "On",
            "Route53Resolver::FirewallRuleGroupAssociation",
            FirewallRuleGroupId=att("Group", "Id"),
            VpcId=ref(VPC),
            Priority=100,
        ),
        Layer.DNS,
        Kind.EXCESS,
        Query,
        says="rule 1 ",
    ),
    "a private zone answers as its owner likes": unknown(
        lambda t: t.add(
            "Zone",
            "Route53::HostedZone",
            Name="api.anthropic.com",
            VPCs=[{"VPCId": ref(VPC), "VPCRegion": ref("AWS::Region")}],
        ),
        Layer.END_TO_END,
        says="private zone",
    ),
    "a rule of the resolver that nobody sees may forward everything": unknown(
        lambda t: t.add(
            "Rule", "Route53Resolver::ResolverRuleAssociation", ResolverRuleId="rslvr-rr-1", VPCId=ref(VPC)
        ),
        Layer.DNS,
        Kind.EXCESS,
        Query,
        says="was not read",
    ),
    "another name server is another way out": unknown(
        lambda t: t.add("Told", "EC2::DHCPOptions", DomainNameServers=["8.8.8.8"]).add(
            "Tells", "EC2::VPCDHCPOptionsAssociation", DhcpOptionsId=ref("Told"), VpcId=ref(VPC)
        ),
        Layer.DNS,
        says="8.8.8.8",
    ),
    "without a name server nobody resolves anything": unknown(
        lambda t: t.add("Told", "EC2::DHCPOptions", DomainName="example").add(
            "Tells", "EC2::VPCDHCPOptionsAssociation", DhcpOptionsId=ref("Told"), VpcId=ref(VPC)
        ),
        Layer.DNS,
        says="without a resolver",
    ),
    "the VPC's second address is the resolver": proven(
        lambda t: t.add("Told", "EC2::DHCPOptions", DomainNameServers=["10.42.0.2"]).add(
            "Tells", "EC2::VPCDHCPOptionsAssociation", DhcpOptionsId=ref("Told"), VpcId=ref(VPC)
        )
    ),
    "a VPC without a resolver resolves nothing": refuted(
        lambda t: t.put(VPC, "EnableDnsSupport", to=False), Layer.DNS, Kind.MISSING, Query, says="no resolver"
    ),
}

CALLS: Mapping[str, Case] = {
    "strangers may not write to strangers": refuted(
        lambda t: t.allow(
            S3, Condition={"StringNotEquals": {"aws:ResourceAccount": [ACCOUNT], "aws:PrincipalAccount": [ACCOUNT]}}
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "nobody at all may not write to strangers": refuted(
        lambda t: t.allow(
            S3,
            Condition={
                "StringNotEquals": {"aws:ResourceAccount": [ACCOUNT]},
                "StringEquals": {"aws:PrincipalAccount": "anonymous"},
            },
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "a caller's account is always its own": unknown(
        lambda t: t.allow(
            S3,
            Action=["s3:GetObject"],
            Resource=["arn:aws:s3:::example-corpus/*"],
            Condition={"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}},
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="aws:PrincipalAccount",
    ),
    "a stranger's bucket is of the stranger's account": unknown(
        lambda t: t.allow(S3, Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="aws:ResourceAccount",
    ),
    "anybody can name a role after our account": unknown(
        lambda t: (
            t.put(S3, "PolicyDocument", "Statement", to=[])
            .allow(
                S3,
                Action=["s3:GetObject"],
                Resource=["arn:aws:s3:::example-corpus/*"],
                Condition={"IpAddress": {"aws:VpcSourceIp": ["10.42.59.128/27"]}},
            )
            .allow(
                S3,
                Resource=["arn:aws:s3:::example-notes/*"],
                Condition={"IpAddress": {"aws:VpcSourceIp": ["10.42.22.64/27"]}},
            )
            .allow(
                S3,
                Effect="Deny",
                Action=["*"],
                Condition={
                    "ArnNotLike": {
                        "aws:PrincipalArn": [
                            sub("arn:aws:iam::*:role/${AWS::AccountId}-*"),
                            sub("arn:aws:iam::${AWS::AccountId}:*"),
                        ]
                    }
                },
            )
        ),
        Layer.ENDPOINTS,
        Kind.MISSING,
        Call,
        says="aws:PrincipalArn",
    ),
    "all values of none are all": refuted(
        lambda t: t.allow(
            S3,
            Action=["s3:GetObject"],
            Resource=["arn:aws:s3:::example-corpus/*"],
            Condition={"ForAllValues:StringEquals": {"aws:PrincipalAccount": [ACCOUNT]}},
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "what need not exist may be absent": refuted(
        lambda t: t.allow(S3, Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": ["o-1"]}}),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "an empty condition asks for nothing": refuted(
        lambda t: t.allow(S3, Condition={}), Layer.ENDPOINTS, Kind.EXCESS, Call, says="without a Sid"
    ),
    "all actions but one": refuted(
        lambda t: t.allow(S3, NotAction=["s3:DeleteObject"]), Layer.ENDPOINTS, Kind.EXCESS, Call, says="without a Sid"
    ),
    "everybody but ourselves": refuted(
        lambda t: t.allow(S3, NotPrincipal={"AWS": sub("arn:aws:iam::${AWS::AccountId}:root")}),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "all buckets but ours": refuted(
        lambda t: t.allow(S3, Action=["s3:GetObject"], NotResource=["arn:aws:s3:::example-corpus/*"]),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "a document that is text": refuted(
        lambda t: t.put(
            S3,
            "PolicyDocument",
            to=json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}),
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "an action in capitals is an action": refuted(
        lambda t: t.allow(S3, Action=["S3:PUTOBJECT"]), Layer.ENDPOINTS, Kind.EXCESS, Call, says="without a Sid"
    ),
    "the bucket beside ours": refuted(
        lambda t: t.allow(
            S3,
            Action=["s3:GetObject"],
            Resource=["arn:aws:s3:::example-corpus*/*"],
            Condition={
                "StringEquals": {"aws:PrincipalAccount": [ACCOUNT]},
                "IpAddress": {"aws:VpcSourceIp": ["10.42.59.128/27"]},
            },
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "a deny that covers all of it closes it": proven(
        lambda t: t.allow(S3, Resource=["arn:aws:s3:::evil/*"]).allow(
            S3, Effect="Deny", Action=["s3:*"], NotResource=["arn:aws:s3:::example-*/*"]
        )
    ),
    "a deny that needs two things to differ lets one of them pass": refuted(
        lambda t: (
            t.put(S3, "PolicyDocument", "Statement", to=[])
            .allow(
                S3,
                Action=["s3:GetObject"],
                Resource=["arn:aws:s3:::example-corpus/*"],
                Condition={"IpAddress": {"aws:VpcSourceIp": ["10.42.59.128/27"]}},
            )
            .allow(
                S3,
                Resource=["arn:aws:s3:::example-notes/*"],
                Condition={"IpAddress": {"aws:VpcSourceIp": ["10.42.22.64/27"]}},
            )
            .allow(
                S3,
                Effect="Deny",
                Action=["*"],
                Condition={"StringNotEquals": {"aws:PrincipalAccount": [ACCOUNT], "aws:ResourceAccount": [ACCOUNT]}},
            )
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "an endpoint of strangers": refuted(
        lambda t: t.add(
            "Door",
            "EC2::VPCEndpoint",
            VpcId=ref(VPC),
            VpcEndpointType="Interface",
            ServiceName="com.amazonaws.vpce.us-east-1.vpce-svc-0123",
            SubnetIds=[ref(SERVICE_SUBNET)],
            SecurityGroupIds=[ref(SERVICE_GROUP)],
            PrivateDnsEnabled=False,
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="Door",
    ),
    "an endpoint to whatever a service network holds": refuted(
        lambda t: t.add(
            "Door",
            "EC2::VPCEndpoint",
            VpcId=ref(VPC),
            VpcEndpointType="ServiceNetwork",
            ServiceNetworkArn="arn:aws:vpc-lattice:us-east-1:111122223333:servicenetwork/sn-1",
            SubnetIds=[ref(SERVICE_SUBNET)],
            SecurityGroupIds=[ref(SERVICE_GROUP)],
        ),
        Layer.END_TO_END,
        Kind.EXCESS,
        Packet,
        says="Door",
    ),
    "a second endpoint with the default policy": refuted(
        lambda t: t.add(
            "Door",
            "EC2::VPCEndpoint",
            VpcId=ref(VPC),
            ServiceName=sub("com.amazonaws.${AWS::Region}.s3"),
            RouteTableIds=[ref(READER_TABLE)],
        ),
        Layer.ENDPOINTS,
        Kind.EXCESS,
        Call,
        says="Door",
    ),
    "a boundary for the resources of strangers only": refuted(
        lambda t: t.allow(
            BOUNDARY,
            Condition={
                "StringNotEquals": {"aws:ResourceAccount": [ACCOUNT]},
                "StringEquals": {"aws:SourceVpc": ref(VPC)},
            },
        ),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="without a Sid",
    ),
    "a boundary that does not need the VPC to be named": refuted(
        lambda t: t.condition(BOUNDARY, 0, StringEqualsIfExists={"aws:SourceVpc": [ref(VPC)]}),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="outside the VPC",
    ),
    "a boundary with any value of none": proven(
        lambda t: t.condition(BOUNDARY, 0, **{"ForAnyValue:StringEquals": {"aws:SourceVpc": [ref(VPC)]}})
    ),
    "a boundary with all values of none": refuted(
        lambda t: t.condition(BOUNDARY, 0, **{"ForAllValues:StringEquals": {"aws:SourceVpc": [ref(VPC)]}}),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="outside the VPC",
    ),
    "a boundary for any VPC's endpoint": refuted(
        lambda t: t.condition(BOUNDARY, 0, StringLike={"aws:SourceVpce": ["vpce-*"]}),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="another VPC",
    ),
    "a boundary for calls that no service makes": refuted(
        lambda t: t.condition(BOUNDARY, 1, Bool={"aws:ViaAWSService": ["true", "false"]}),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="outside the VPC",
    ),
    "a boundary for a function's own code, and nobody says that there is none": unknown(
        lambda t: t.allow(BOUNDARY, Condition={"ArnLike": {"lambda:SourceFunctionArn": "*"}}),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="lambda:SourceFunctionArn",
    ),
    "a boundary until a day that nobody knows": unknown(
        lambda t: t.allow(BOUNDARY, Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="aws:CurrentTime",
    ),
    "a role under the neighbour's boundary": refuted(
        lambda t: t.role(PermissionsBoundary=ref(OTHER_BOUNDARY)),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="WriterRule0InVpc",
    ),
    "a role without a boundary": refuted(lambda t: t.role(), Layer.BOUNDARY, Kind.EXCESS, Call, says="Role"),
    "a parameter that publishes another boundary": refuted(
        lambda t: t.add(
            "Wide",
            "IAM::ManagedPolicy",
            PolicyDocument={"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
        ).put(TOLD_BOUNDARY, "Value", to=ref("Wide")),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="Wide",
    ),
    "a machine whose launch template names a role without a boundary": refuted(
        lambda t: (
            t.role(Tags=[])
            .add("Profile", "IAM::InstanceProfile", Roles=[ref("Role")])
            .add(
                "Launch",
                "EC2::LaunchTemplate",
                LaunchTemplateData={"IamInstanceProfile": {"Arn": att("Profile", "Arn")}},
            )
            .instance(
                READER_SUBNET, ref(READER_GROUP), LaunchTemplate={"LaunchTemplateId": ref("Launch"), "Version": "1"}
            )
        ),
        Layer.BOUNDARY,
        Kind.EXCESS,
        Call,
        says="Role",
    ),
}

NEIGHBOURS: Mapping[str, Case] = {
    "a machine of the agent in its place": proven(lambda t: t.instance(READER_SUBNET, ref(READER_GROUP))),
    "a machine in the agent's subnet behind another group": refuted(
        lambda t: t.group().instance(READER_SUBNET, ref("Group")),
        Layer.SECURITY_GROUP,
        Kind.EXCESS,
        Packet,
        says="Group",
    ),
    "a machine with a second interface elsewhere": unknown(
        lambda t: t.add(
            "Machine",
            "EC2::Instance",
            NetworkInterfaces=[
                {"DeviceIndex": "0", "SubnetId": ref(READER_SUBNET), "GroupSet": [ref(READER_GROUP)]},
                {"DeviceIndex": "1", "SubnetId": ref(NAT_SUBNET), "GroupSet": [ref(SERVICE_GROUP)]},
            ],
        ),
        Layer.END_TO_END,
        says="may send by either",
    ),
    "a machine with a second interface attached": unknown(
        lambda t: (
            t.instance(READER_SUBNET, ref(READER_GROUP))
            .add("Card", "EC2::NetworkInterface", SubnetId=ref(NAT_SUBNET), GroupSet=[ref(SERVICE_GROUP)])
            .add(
                "Plug",
                "EC2::NetworkInterfaceAttachment",
                InstanceId=ref("Machine"),
                NetworkInterfaceId=ref("Card"),
                DeviceIndex="1",
            )
        ),
        Layer.END_TO_END,
        says="may send by either",
    ),
    "a machine whose interfaces are all written out": unknown(
        lambda t: t.add("Card", "EC2::NetworkInterface", SubnetId=ref(NAT_SUBNET), GroupSet=[ref(SERVICE_GROUP)]).add(
            "Machine",
            "EC2::Instance",
            NetworkInterfaces=[
                {"DeviceIndex": "0", "SubnetId": ref(READER_SUBNET), "GroupSet": [ref(READER_GROUP)]},
                {"DeviceIndex": "1", "NetworkInterfaceId": ref("Card")},
            ],
        ),
        Layer.END_TO_END,
        says="may send by either",
    ),
    "the agent's group in another subnet": unknown(
        lambda t: t.add("Card", "EC2::NetworkInterface", SubnetId=ref(NAT_SUBNET), GroupSet=[ref(READER_GROUP)]),
        Layer.END_TO_END,
        says="bears reader",
    ),
    "the agent's role in a function without a VPC": unknown(
        lambda t: t.role(PermissionsBoundary=ref(BOUNDARY)).function(att("Role", "Arn")),
        Layer.END_TO_END,
        says="in no subnet",
    ),
    "the agent's role in a function of another subnet": unknown(
        lambda t: t.role(PermissionsBoundary=ref(BOUNDARY)).function(
            att("Role", "Arn"), VpcConfig={"SubnetIds": [ref(NAT_SUBNET)], "SecurityGroupIds": [ref(SERVICE_GROUP)]}
        ),
        Layer.END_TO_END,
        says="outside of its subnets",
    ),
    "the agent's role in a runtime that is public": unknown(
        lambda t: t.role(PermissionsBoundary=ref(BOUNDARY)).add(
            "Runtime",
            "BedrockAgentCore::Runtime",
            RoleArn=att("Role", "Arn"),
            NetworkConfiguration={"NetworkMode": "PUBLIC"},
        ),
        Layer.END_TO_END,
        says="in no subnet",
    ),
    "the agent's role in a job that nobody reads": unknown(
        lambda t: t.role(PermissionsBoundary=ref(BOUNDARY)).add(
            "Job", "Glue::Job", Role=att("Role", "Arn"), Command={}
        ),
        Layer.END_TO_END,
        says="in no subnet",
    ),
    "the agent's function in its place": proven(
        lambda t: t.role(PermissionsBoundary=ref(BOUNDARY)).function(
            att("Role", "Arn"), VpcConfig={"SubnetIds": [ref(READER_SUBNET)], "SecurityGroupIds": [ref(READER_GROUP)]}
        )
    ),
    "a parameter that publishes the default group as the agent's": unknown(
        lambda t: t.put(TOLD_GROUP, "Value", to=att(VPC, "DefaultSecurityGroup")), Layer.END_TO_END, says="publishes"
    ),
    "a parameter that publishes the NAT gateway's subnet as the agent's": unknown(
        lambda t: t.put(TOLD_SUBNETS, "Value", to=ref(NAT_SUBNET)), Layer.END_TO_END, says="publishes"
    ),
    "a parameter that publishes what nobody sees": unknown(
        lambda t: t.put(TOLD_SUBNETS, "Value", to="subnet-0123"), Layer.END_TO_END, says="publishes"
    ),
    "a proxy beside the endpoints that takes agents in": refuted(
        lambda t: t.group(
            ingress=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": ref(READER_GROUP)}]
        ).instance(SERVICE_SUBNET, ref("Group")),
        Layer.END_TO_END,
        Kind.EXCESS,
        Packet,
        says="Group",
    ),
    "a proxy that passes for an endpoint": refuted(
        lambda t: t.instance(SERVICE_SUBNET, ref(SERVICE_GROUP)), Layer.END_TO_END, Kind.EXCESS, Packet, says="takes in"
    ),
    "a load balancer without groups takes everything in": unknown(
        lambda t: t.add(
            "Balancer",
            "ElasticLoadBalancingV2::LoadBalancer",
            Type="network",
            Scheme="internal",
            Subnets=[ref(READER_SUBNET)],
        ),
        Layer.END_TO_END,
        Kind.EXCESS,
        Packet,
        says="Balancer",
    ),
    "a subnet that is shared is open to those it is shared with": unknown(
        lambda t: t.add(
            "Share",
            "RAM::ResourceShare",
            Name="all",
            ResourceArns=[sub("arn:aws:ec2:us-east-1:111122223333:subnet/${" + READER_SUBNET + "}")],
        ),
        Layer.END_TO_END,
        says="shared",
    ),
    "a share of something else is not our affair": proven(
        lambda t: t.add(
            "Share",
            "RAM::ResourceShare",
            Name="all",
            ResourceArns=["arn:aws:license-manager:us-east-1:111122223333:license-configuration:x"],
        )
    ),
    "a resource of a type that nobody knows, by a parameter's value": unknown(
        lambda t: t.add("Thing", "Evil::Thing", Where=att(TOLD_SUBNETS, "Value")), Layer.END_TO_END, says="Thing"
    ),
    "a resource of a type that nobody knows, inside a text": unknown(
        lambda t: t.add("Thing", "Evil::Thing", Text=sub("vpc=${" + VPC + "}")), Layer.END_TO_END, says="Thing"
    ),
    "a function that may change the network, whatever it is told": unknown(
        lambda t: (
            t.role(
                Tags=[],
                Policies=[
                    {
                        "PolicyName": "all",
                        "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]},
                    }
                ],
            )
            .function(att("Role", "Arn"))
            .add("Opener", "Custom::Opener", ServiceToken=att("Function", "Arn"), Name="filtered")
        ),
        Layer.END_TO_END,
        says="whatever it is told",
    ),
    "a function that only reads is welcome": proven(
        lambda t: (
            t.role(
                Tags=[],
                Policies=[
                    {
                        "PolicyName": "some",
                        "PolicyDocument": {
                            "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]
                        },
                    }
                ],
            )
            .function(att("Role", "Arn"))
            .add("Reader", "Custom::Reader", ServiceToken=att("Function", "Arn"), Name="filtered")
        )
    ),
    "a function that closes may not open as well": unknown(
        lambda t: t.more(
            CLOSER, "Policies", 0, "PolicyDocument", "Statement", 0, "Action", item="ec2:AuthorizeSecurityGroupEgress"
        ),
        Layer.END_TO_END,
        says="AuthorizeSecurityGroupEgress",
    ),
    "a nested stack that is not here": unknown(
        lambda t: t.add("Inner", "CloudFormation::Stack", TemplateURL="https://example.com/inner.template"),
        says="nested stack",
    ),
    "a macro may write anything": unknown(lambda t: t.rewritten("Evil"), says="macro"),
    "copies of packets go wherever a session sends them": unknown(
        lambda t: t.instance(READER_SUBNET, ref(READER_GROUP)).add(
            "Copy",
            "EC2::TrafficMirrorSession",
            NetworkInterfaceId="eni-1",
            TrafficMirrorTargetId="tmt-1",
            TrafficMirrorFilterId="tmf-1",
            SessionNumber=1,
        ),
        Layer.END_TO_END,
        says="copies packets",
    ),
    "a service network gives ways to elsewhere": unknown(
        lambda t: t.add(
            "Mesh", "VpcLattice::ServiceNetworkVpcAssociation", VpcIdentifier=ref(VPC), ServiceNetworkIdentifier="sn-1"
        ),
        Layer.END_TO_END,
        says="service network",
    ),
    "a subnet of nobody's may be anybody's": unknown(
        lambda t: t.add("More", "EC2::Subnet", VpcId=ref(VPC), CidrBlock="10.42.240.0/24"),
        Layer.END_TO_END,
        says="More",
    ),
    "one more subnet of the agent's with a table that goes around": refuted(
        lambda t: t.add(
            "More",
            "EC2::Subnet",
            VpcId=ref(VPC),
            CidrBlock="10.42.250.0/24",
            Tags=[
                {"Key": "agent-perimeter:role", "Value": "agent"},
                {"Key": "agent-perimeter:agent", "Value": "reader"},
            ],
        ).add("There", "EC2::SubnetRouteTableAssociation", SubnetId=ref("More"), RouteTableId=ref(NAT_TABLE)),
        Layer.NETWORK_ACL,
        Kind.EXCESS,
        Packet,
        says="More",
    ),
    "an agent's tag on a subnet of another role": unknown(
        lambda t: t.more(NAT_SUBNET, "Tags", item={"Key": "agent-perimeter:agent", "Value": "reader"}),
        Layer.END_TO_END,
        says="not agent",
    ),
    "two subnets in one place": refuted(
        lambda t: t.put(WRITER_SUBNET, "CidrBlock", to="10.42.59.128/27"),
        Layer.FIREWALL,
        Kind.EXCESS,
        Packet,
        says="for reader",
    ),
    "a tunnel into the agent's subnet finds nobody who opens": proven(
        lambda t: t.add(
            "Tunnel", "EC2::InstanceConnectEndpoint", SubnetId=ref(READER_SUBNET), SecurityGroupIds=[ref(READER_GROUP)]
        )
    ),
}

TABLES = (SURICATA_RULES, FIREWALL_POLICIES, NETWORKS, QUERIES, CALLS, NEIGHBOURS)
CASES = [pytest.param(case, id=sentence) for table in TABLES for sentence, case in table.items()]


@pytest.mark.parametrize("case", CASES)
def test_the_judge_is_not_deceived(case: Case) -> None:
    proof = prove(case.edit(Edited()).tree, POLICIES)
    assert proof.status is case.status, [said for said in _everything(proof) if case.says in said] or proof.doubts
    if case.status is not Status.PROVEN:
        assert any(case.says in said for said in _said(proof, case)), list(_everything(proof))
        assert list(_silent(proof)) == []


def test_what_is_not_touched_is_proven() -> None:
    assert prove(Edited().tree, POLICIES).status is Status.PROVEN


def _silent(proof: Proof) -> Iterator[str]:
    """The layers that cannot tell and do not say why, neither with every witness nor for themselves."""
    for layer in _layers(proof):
        if layer.status is Status.UNKNOWN and not layer.doubts:
            yield from (f"{layer.layer}: {gap.witness}" for gap in layer.gaps if not gap.doubts)


def _layers(proof: Proof) -> Iterator[LayerVerdict]:
    return (layer for agent in proof.agents for layer in agent.layers)


def _said(proof: Proof, case: Case) -> Iterator[str]:
    """What is said where the case expects it."""
    if case.layer is None:
        yield from map(str, proof.doubts)
    for layer in _layers(proof):
        if layer.layer is not case.layer or layer.status is not case.status:
            continue
        if case.kind is None:
            yield from map(str, layer.doubts)
        for gap in layer.gaps:
            certain = gap.certain is (case.status is Status.REFUTED)
            if certain and gap.kind is case.kind and case.witness and isinstance(gap.witness, case.witness):
                yield from _of_gap(gap)


def _of_gap(gap: Gap) -> Iterator[str]:
    yield gap.scope
    for step in gap.steps:
        yield from (step.rule, step.origin.path, *map(str, step.doubts))


def _everything(proof: Proof) -> Iterator[str]:
    yield from map(str, proof.doubts)
    for layer in _layers(proof):
        yield from map(str, layer.doubts)
        for gap in layer.gaps:
            yield f"{layer.layer} {layer.status}: {gap.kind} {gap.witness}: {' | '.join(_of_gap(gap))}"
