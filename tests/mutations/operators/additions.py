"""Resources that somebody might add beside a sound perimeter, of each type that carries, filters or redirects egress.

Each is written against what the template already has: its VPC, the agents' subnets, tables, groups and ACLs.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.mutations.mutant import Change, Edit
from tests.mutations.subject import AGENT, ROLE, Subject, at
from tests.mutations.tree import Value

NEW = "Added"

ROUTE_TARGETS: dict[str, Value] = {
    "internet gateway": {"GatewayId": {"Ref": f"{NEW}Gateway"}},
    "NAT gateway": {"NatGatewayId": "nat-0123456789abcdef0"},
    "transit gateway": {"TransitGatewayId": "tgw-0123456789abcdef0"},
    "peering connection": {"VpcPeeringConnectionId": "pcx-0123456789abcdef0"},
    "egress-only gateway": {"EgressOnlyInternetGatewayId": {"Ref": f"{NEW}Gateway"}},
    "virtual private gateway": {"GatewayId": "vgw-0123456789abcdef0"},
    "interface": {"NetworkInterfaceId": "eni-0123456789abcdef0"},
    "instance": {"InstanceId": "i-0123456789abcdef0"},
    "endpoint": {"VpcEndpointId": "vpce-0123456789abcdef0"},
    "carrier gateway": {"CarrierGatewayId": "cagw-0123456789abcdef0"},
    "local gateway": {"LocalGatewayId": "lgw-0123456789abcdef0"},
    "core network": {"CoreNetworkArn": "arn:aws:networkmanager::111122223333:core-network/core-network-0"},
}
DESTINATIONS: dict[str, Value] = {
    "0.0.0.0/1": {"DestinationCidrBlock": "0.0.0.0/1"},
    "a host": {"DestinationCidrBlock": "192.0.2.7/32"},
    "::/0": {"DestinationIpv6CidrBlock": "::/0"},
    "a prefix list": {"DestinationPrefixListId": "pl-0123456789abcdef0"},
    "a block that a parameter gives": {"DestinationCidrBlock": {"Fn::ImportValue": "another-stack:Block"}},
}


def additions(subject: Subject) -> Iterator[Change]:
    """Each new resource, and the pairs and triples that only together open a way."""
    for source in (routes, groups, acls, dns, firewall, endpoints, placements, gateways, boundaries, strangers):
        yield from source(subject)


def _added(detail: str, kind: str, properties: Value, *also: Edit, name: str = NEW) -> Change:
    """A new resource. ``also`` are the others that it comes with."""
    return Change("add resource", name, (), detail, ((("Resources", name), _resource(kind, properties)), *also))


def _resource(kind: str, properties: Value) -> Value:
    full = kind if "::" in kind and kind.startswith(("AWS::", "Custom::")) else f"AWS::{kind}"
    return {"Type": full, "Properties": properties}


def _vpc(subject: Subject) -> Value:
    return {"Ref": subject.of("EC2::VPC")[0]}


def _gateway(subject: Subject, target: str) -> tuple[Edit, ...]:
    """The gateway that a new route needs, where the route does not name one from elsewhere."""
    if target == "internet gateway":
        attachment = {"InternetGatewayId": {"Ref": f"{NEW}Gateway"}, "VpcId": _vpc(subject)}
        return (
            (("Resources", f"{NEW}Gateway"), _resource("EC2::InternetGateway", {})),
            (("Resources", f"{NEW}Attachment"), _resource("EC2::VPCGatewayAttachment", attachment)),
        )
    if target == "egress-only gateway":
        made = _resource("EC2::EgressOnlyInternetGateway", {"VpcId": _vpc(subject)})
        return ((("Resources", f"{NEW}Gateway"), made),)
    return ()


def routes(subject: Subject) -> Iterator[Change]:
    """A route in each agent's table, of each destination that is not there yet, to each kind of target."""
    for table in subject.agent_tables:
        for where, destination in DESTINATIONS.items():
            for target, named in ROUTE_TARGETS.items():
                yield _added(
                    f"route of {table} for {where} to {target}",
                    "EC2::Route",
                    {"RouteTableId": {"Ref": table}, **destination, **named},
                    *_gateway(subject, target),
                )
        if table not in {subject.property(name, "RouteTableId", "Ref") for name in subject.of("EC2::Route")}:
            yield _added(
                f"default route of {table}",
                "EC2::Route",
                {"RouteTableId": {"Ref": table}, "DestinationCidrBlock": "0.0.0.0/0"}
                | ROUTE_TARGETS["internet gateway"],
                *_gateway(subject, "internet gateway"),
            )
        yield _added(
            f"propagation into {table}",
            "EC2::VPNGatewayRoutePropagation",
            {"RouteTableIds": [{"Ref": table}], "VpnGatewayId": {"Ref": f"{NEW}Gateway"}},
            (("Resources", f"{NEW}Gateway"), _resource("EC2::VPNGateway", {"Type": "ipsec.1"})),
            (
                ("Resources", f"{NEW}Attachment"),
                _resource(
                    "EC2::VPCGatewayAttachment", {"VpnGatewayId": {"Ref": f"{NEW}Gateway"}, "VpcId": _vpc(subject)}
                ),
            ),
        )


def groups(subject: Subject) -> Iterator[Change]:
    """Rules beside each agent's group, and a second group."""
    rules: dict[str, Value] = {
        "everything": {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"},
        "everything on IPv6": {"IpProtocol": "-1", "CidrIpv6": "::/0"},
        "SSH": {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "203.0.113.0/24"},
        "UDP": {"IpProtocol": "udp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"},
        "a prefix list": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": "pl-0123456789abcdef0"},
        "ping": {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "0.0.0.0/0"},
        "a block from elsewhere": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": {"Fn::ImportValue": "another-stack:Block"}},
    }  # fmt: skip
    for group in subject.of("EC2::SecurityGroup", "agent"):
        reference = {"Fn::GetAtt": [group, "GroupId"]}
        for what, rule in rules.items():
            yield _added(
                f"egress rule of {group} for {what}", "EC2::SecurityGroupEgress", {"GroupId": reference, **rule}
            )
        inward = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
        yield _added(f"ingress rule of {group}", "EC2::SecurityGroupIngress", {"GroupId": reference, **inward})
        other = {
            "GroupDescription": "second group",
            "VpcId": _vpc(subject),
            "Tags": [
                {"Key": AGENT, "Value": subject.tag(group, AGENT)},
                {"Key": ROLE, "Value": "agent"},
            ],
        }
        yield _added(f"second group of the agent of {group}, all egress", "EC2::SecurityGroup", other)
        both = {"VpcId": _vpc(subject), "GroupId": reference}
        yield _added(
            f"{group} in another VPC", "EC2::SecurityGroupVpcAssociation", {**both, "VpcId": "vpc-0123456789abcdef0"}
        )


def acls(subject: Subject) -> Iterator[Change]:
    """Entries before the others, a second ACL for a subnet, and one that replaces it."""
    for acl in subject.agent_acls:
        for number in (1, 105, 32766):
            for egress in (True, False):
                entry = {
                    "NetworkAclId": {"Ref": acl},
                    "RuleNumber": number,
                    "Egress": egress,
                    "RuleAction": "allow",
                    "Protocol": -1,
                    "CidrBlock": "0.0.0.0/0",
                }
                yield _added(f"entry {number} of {acl}, egress {egress}", "EC2::NetworkAclEntry", entry)
                block = {key: value for key, value in entry.items() if key != "CidrBlock"}
                yield _added(
                    f"IPv6 entry {number} of {acl}, egress {egress}",
                    "EC2::NetworkAclEntry",
                    {**block, "Ipv6CidrBlock": "::/0"},
                )
                yield _added(
                    f"deny entry {number} of {acl}, egress {egress}",
                    "EC2::NetworkAclEntry",
                    {**entry, "RuleAction": "deny", "Protocol": 6, "PortRange": {"From": 443, "To": 443}},
                )
    for subnet in subject.of("EC2::Subnet", "agent"):
        association = {"SubnetId": {"Ref": subnet}, "NetworkAclId": "acl-0123456789abcdef0"}
        yield _added(f"another ACL on {subnet}", "EC2::SubnetNetworkAclAssociation", association)


def dns(subject: Subject) -> Iterator[Change]:
    """What answers, or lets out, a query before the perimeter's own rules are asked."""
    vpc = _vpc(subject)
    everything = {"Action": "ALLOW", "Priority": 1, "FirewallDomainListId": {"Fn::GetAtt": [f"{NEW}List", "Id"]}}
    listed: Edit = (("Resources", f"{NEW}List"), _resource("Route53Resolver::FirewallDomainList", {"Domains": ["*"]}))
    group: Edit = (
        ("Resources", f"{NEW}Group"),
        _resource("Route53Resolver::FirewallRuleGroup", {"FirewallRules": [everything]}),
    )
    for priority in (100, 9000):
        association = {"FirewallRuleGroupId": {"Fn::GetAtt": [f"{NEW}Group", "Id"]}, "Priority": priority, "VpcId": vpc}
        yield _added(
            f"DNS rule group that allows everything, at {priority}",
            "Route53Resolver::FirewallRuleGroupAssociation",
            association,
            group,
            listed,
        )
    yield _added(
        "DNS rule group of another account",
        "Route53Resolver::FirewallRuleGroupAssociation",
        {"FirewallRuleGroupId": "rslvr-frg-0123456789abcdef", "Priority": 100, "VpcId": vpc},
    )
    for own in subject.of("Route53Resolver::FirewallRuleGroup"):
        rules = subject.property(own, "FirewallRules")
        for priority in (1, 1500, 9500):
            for action in ("ALLOW", "ALERT"):
                rule = {**everything, "Action": action, "Priority": priority}
                change: Edit = (at(own, "FirewallRules"), [*rules, rule])
                yield Change(
                    "add rule", own, ("Properties", "FirewallRules"), f"{action} * at {priority}", (change, listed)
                )
    for kind in ("FORWARD", "SYSTEM", "RECURSIVE", "DELEGATE"):
        rule = {"RuleType": kind, "DomainName": "."}
        yield _added(
            f"{kind} rule for every name",
            "Route53Resolver::ResolverRule",
            {**rule, **({"TargetIps": [{"Ip": "203.0.113.53"}]} if kind == "FORWARD" else {})},
            (
                ("Resources", f"{NEW}Association"),
                _resource(
                    "Route53Resolver::ResolverRuleAssociation",
                    {"ResolverRuleId": {"Fn::GetAtt": [NEW, "ResolverRuleId"]}, "VPCId": vpc},
                ),
            ),
        )
    yield _added(
        "resolver rule of another account",
        "Route53Resolver::ResolverRuleAssociation",
        {"ResolverRuleId": "rslvr-rr-0123456789abcdef", "VPCId": vpc},
    )
    for servers in (["203.0.113.53"], ["AmazonProvidedDNS", "203.0.113.53"]):
        yield _added(
            f"DHCP options with {', '.join(servers)}",
            "EC2::VPCDHCPOptionsAssociation",
            {"VpcId": vpc, "DhcpOptionsId": {"Ref": f"{NEW}Options"}},
            (("Resources", f"{NEW}Options"), _resource("EC2::DHCPOptions", {"DomainNameServers": servers})),
        )
    yield _added("DHCP options from elsewhere", "EC2::VPCDHCPOptionsAssociation", {"VpcId": vpc, "DhcpOptionsId": "dopt-0123456789abcdef0"})  # fmt: skip
    yield _added("Route 53 profile", "Route53Profiles::ProfileAssociation", {"Name": "p", "ProfileId": "rp-0123456789abcdef", "ResourceId": vpc})  # fmt: skip
    yield _added("private zone", "Route53::HostedZone", {"Name": "anthropic.com", "VPCs": [{"VPCId": vpc, "VPCRegion": {"Ref": "AWS::Region"}}]})  # fmt: skip
    yield _added("resolver endpoint", "Route53Resolver::ResolverEndpoint", {"Direction": "OUTBOUND", "SecurityGroupIds": ["sg-0123456789abcdef0"], "IpAddresses": [{"SubnetId": {"Ref": name}} for name in subject.of("EC2::Subnet", "agent")[:2]]})  # fmt: skip


def firewall(subject: Subject) -> Iterator[Change]:
    """Groups before the perimeter's own, stateful and stateless, own and foreign."""
    for policy in subject.of("NetworkFirewall::FirewallPolicy"):
        body = ("FirewallPolicy",)
        used = subject.property(policy, *body, "StatefulRuleGroupReferences")
        wide = _resource(
            "NetworkFirewall::RuleGroup",
            {
                "RuleGroupName": "wide",
                "Type": "STATEFUL",
                "Capacity": 10,
                "RuleGroup": {
                    "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
                    "RulesSource": {"RulesString": 'pass ip any any -> any any (msg:"wide"; sid:1; rev:1;)'},
                },
            },
        )
        group: Edit = (("Resources", NEW), wide)
        for priority in (1, 500, 5000):
            reference = {"Priority": priority, "ResourceArn": {"Fn::GetAtt": [NEW, "RuleGroupArn"]}}
            change: Edit = (at(policy, *body, "StatefulRuleGroupReferences"), [*used, reference])
            yield Change("add rule", policy, ("Properties", *body), f"pass everything at {priority}", (change, group))
            for arn in (
                "arn:aws:network-firewall:us-east-1:111122223333:stateful-rulegroup/somebody-elses",
                "arn:aws:network-firewall:us-east-1:aws-managed:stateful-rulegroup/MalwareDomainsStrictOrder",
            ):
                foreign: Edit = (
                    at(policy, *body, "StatefulRuleGroupReferences"),
                    [*used, {"Priority": priority, "ResourceArn": arn}],
                )
                yield Change(
                    "add rule", policy, ("Properties", *body), f"{arn.rsplit('/')[-1]} at {priority}", (foreign,)
                )
        for action in ("aws:pass", "aws:drop", "aws:forward_to_sfe"):
            rule = {
                "Priority": 1,
                "RuleDefinition": {
                    "Actions": [action],
                    "MatchAttributes": {
                        "Sources": [{"AddressDefinition": "0.0.0.0/0"}],
                        "Destinations": [{"AddressDefinition": "0.0.0.0/0"}],
                        "Protocols": [6, 17],
                    },
                },
            }
            stateless = _resource(
                "NetworkFirewall::RuleGroup",
                {
                    "RuleGroupName": "stateless",
                    "Type": "STATELESS",
                    "Capacity": 10,
                    "RuleGroup": {
                        "RulesSource": {
                            "StatelessRulesAndCustomActions": {"StatelessRules": [rule], "CustomActions": []}
                        }
                    },
                },
            )
            first = [{"Priority": 1, "ResourceArn": {"Fn::GetAtt": [NEW, "RuleGroupArn"]}}]
            edits: tuple[Edit, ...] = (
                (("Resources", NEW), stateless),
                (at(policy, *body, "StatelessRuleGroupReferences"), first),
            )
            yield Change("add rule", policy, ("Properties", *body), f"stateless {action} for everything", edits)
        endless: Edit = (at(policy, *body, "TLSInspectionConfigurationArn"), "arn:aws:network-firewall:us-east-1:111122223333:tls-configuration/x")  # fmt: skip
        yield Change("add rule", policy, ("Properties", *body), "TLS inspection", (endless,))


def endpoints(subject: Subject) -> Iterator[Change]:
    """Endpoints with the policy that AWS gives where none is written, and the kinds that lead anywhere."""
    vpc = _vpc(subject)
    subnets = [{"Ref": name} for name in subject.of("EC2::Subnet", "agent")]
    tables = [{"Ref": name} for name in subject.agent_tables]
    for service in ("s3", "dynamodb", "s3express"):
        gateway = {"ServiceName": {"Fn::Sub": f"com.amazonaws.${{AWS::Region}}.{service}"}, "VpcEndpointType": "Gateway", "VpcId": vpc, "RouteTableIds": tables}  # fmt: skip
        yield _added(f"gateway endpoint of {service}, default policy", "EC2::VPCEndpoint", gateway)
    for service in ("sts", "secretsmanager", "s3", "execute-api", "bedrock-runtime"):
        name = {"Fn::Sub": f"com.amazonaws.${{AWS::Region}}.{service}"}
        interface = {"ServiceName": name, "VpcEndpointType": "Interface", "VpcId": vpc, "SubnetIds": subnets, "PrivateDnsEnabled": True}  # fmt: skip
        yield _added(f"interface endpoint of {service}, default policy and group", "EC2::VPCEndpoint", interface)
        for group in subject.of("EC2::SecurityGroup", "agent"):
            bearing = {**interface, "SecurityGroupIds": [{"Fn::GetAtt": [group, "GroupId"]}]}
            yield _added(f"interface endpoint of {service} that bears {group}", "EC2::VPCEndpoint", bearing)
        for bearer in subject.of("EC2::SecurityGroup", "endpoint"):
            reached = {**interface, "SecurityGroupIds": [{"Fn::GetAtt": [bearer, "GroupId"]}]}
            yield _added(f"interface endpoint of {service} behind {bearer}", "EC2::VPCEndpoint", reached)
    private = {"ServiceName": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0", "VpcEndpointType": "Interface", "VpcId": vpc, "SubnetIds": subnets}  # fmt: skip
    yield _added("endpoint of somebody's service", "EC2::VPCEndpoint", private)
    network = {"ServiceNetworkArn": "arn:aws:vpc-lattice:us-east-1:111122223333:servicenetwork/sn-0", "VpcEndpointType": "ServiceNetwork", "VpcId": vpc, "SubnetIds": subnets}  # fmt: skip
    yield _added("endpoint of a service network", "EC2::VPCEndpoint", network)
    resource = {"ResourceConfigurationArn": "arn:aws:vpc-lattice:us-east-1:111122223333:resourceconfiguration/rcfg-0", "VpcEndpointType": "Resource", "VpcId": vpc, "SubnetIds": subnets}  # fmt: skip
    yield _added("endpoint of a resource", "EC2::VPCEndpoint", resource)
    yield _added("lattice service network on the VPC", "VpcLattice::ServiceNetworkVpcAssociation", {"VpcIdentifier": vpc, "ServiceNetworkIdentifier": "sn-0123456789abcdef0"})  # fmt: skip
    yield _added("connect endpoint", "EC2::InstanceConnectEndpoint", {"SubnetId": subnets[0]})
    for endpoint in subject.of("EC2::VPCEndpoint"):
        if subject.property(endpoint, "VpcEndpointType") == "Gateway":
            for table in subject.agent_tables:
                joined = {"VpcEndpointId": {"Ref": endpoint}, "RouteTableId": {"Ref": table}}
                yield _added(f"{endpoint} on {table}", "EC2::VPCEndpointRouteTableAssociation", joined)


def placements(subject: Subject) -> Iterator[Change]:
    """Other things among the agents: instances, functions and interfaces, with public addresses and other groups."""
    group = subject.of("EC2::SecurityGroup", "agent")[0]
    reference = {"Fn::GetAtt": [group, "GroupId"]}
    for subnet in subject.of("EC2::Subnet", "agent"):
        interface = {"DeviceIndex": "0", "SubnetId": {"Ref": subnet}, "AssociatePublicIpAddress": True, "GroupSet": [reference]}  # fmt: skip
        yield _added(f"public instance in {subnet}", "EC2::Instance", {"ImageId": "ami-0123456789abcdef0", "NetworkInterfaces": [interface]})  # fmt: skip
        yield _added(f"forwarding instance in {subnet}", "EC2::Instance", {"ImageId": "ami-0123456789abcdef0", "SubnetId": {"Ref": subnet}, "SourceDestCheck": False, "SecurityGroupIds": [reference]})  # fmt: skip
        yield _added(f"interface in {subnet}", "EC2::NetworkInterface", {"SubnetId": {"Ref": subnet}, "GroupSet": ["sg-0123456789abcdef0"]})  # fmt: skip
        yield _added(f"function in {subnet} with another group", "Lambda::Function", {"Code": {"ZipFile": "x"}, "Role": "arn:aws:iam::111122223333:role/x", "VpcConfig": {"SubnetIds": [{"Ref": subnet}], "SecurityGroupIds": ["sg-0123456789abcdef0"]}})  # fmt: skip
        yield _added(f"NAT gateway in {subnet}", "EC2::NatGateway", {"SubnetId": {"Ref": subnet}, "AllocationId": "eipalloc-0123456789abcdef0"})  # fmt: skip
        yield _added(f"IPv6 block of {subnet}", "EC2::SubnetCidrBlock", {"SubnetId": {"Ref": subnet}, "Ipv6CidrBlock": "2001:db8::/64"})  # fmt: skip
        yield _added(f"second table of {subnet}", "EC2::SubnetRouteTableAssociation", {"SubnetId": {"Ref": subnet}, "RouteTableId": "rtb-0123456789abcdef0"})  # fmt: skip
        yield _added(f"reservation in {subnet}", "EC2::SubnetCidrReservation", {"SubnetId": {"Ref": subnet}, "Cidr": "10.0.0.0/28", "ReservationType": "explicit"})  # fmt: skip
    yield _added("public address on an instance", "EC2::EIPAssociation", {"AllocationId": "eipalloc-0123456789abcdef0", "InstanceId": {"Ref": f"{NEW}Instance"}}, (("Resources", f"{NEW}Instance"), _resource("EC2::Instance", {"SubnetId": {"Ref": subject.of("EC2::Subnet", "agent")[0]}, "SecurityGroupIds": [reference]})))  # fmt: skip
    own = {"AvailabilityZone": "us-east-1a", "CidrBlock": "10.42.250.0/28", "VpcId": _vpc(subject)}
    yield _added("subnet without tags", "EC2::Subnet", own)
    name = subject.tag(subject.of("EC2::Subnet", "agent")[0], AGENT)
    tags = [{"Key": AGENT, "Value": name}, {"Key": ROLE, "Value": "agent"}]
    yield _added("another subnet of the agent", "EC2::Subnet", {**own, "Tags": tags})
    yield _added("a public subnet of the agent", "EC2::Subnet", {**own, "Tags": tags, "MapPublicIpOnLaunch": True})
    yield _added(
        "another block of the VPC", "EC2::VPCCidrBlock", {"VpcId": _vpc(subject), "CidrBlock": "100.64.0.0/16"}
    )
    six = {"VpcId": _vpc(subject), "AmazonProvidedIpv6CidrBlock": True}
    yield _added("an IPv6 block of the VPC", "EC2::VPCCidrBlock", six)
    for table in subject.agent_tables:
        subnet = subject.of("EC2::Subnet", "agent")[0]
        edits: tuple[Edit, ...] = (
            (("Resources", f"{NEW}Gateway"), _resource("EC2::EgressOnlyInternetGateway", {"VpcId": _vpc(subject)})),
            (
                ("Resources", f"{NEW}Route"),
                _resource(
                    "EC2::Route",
                    {
                        "RouteTableId": {"Ref": table},
                        "DestinationIpv6CidrBlock": "::/0",
                        "EgressOnlyInternetGatewayId": {"Ref": f"{NEW}Gateway"},
                    },
                ),
            ),
            (at(subnet, "Ipv6CidrBlock"), "2001:db8::/64"),
        )
        yield _added(f"IPv6 beside the firewall, by {table}", "EC2::VPCCidrBlock", six, *edits)


def gateways(subject: Subject) -> Iterator[Change]:
    """Ways out of the VPC that no route leads to yet, and what somebody else may route."""
    vpc, subnets = _vpc(subject), [{"Ref": name} for name in subject.of("EC2::Subnet", "agent")]
    yield _added("peering connection", "EC2::VPCPeeringConnection", {"VpcId": vpc, "PeerVpcId": "vpc-0123456789abcdef0"})  # fmt: skip
    yield _added("transit gateway attachment", "EC2::TransitGatewayAttachment", {"VpcId": vpc, "SubnetIds": subnets, "TransitGatewayId": "tgw-0123456789abcdef0"})  # fmt: skip
    yield _added("client VPN", "EC2::ClientVpnTargetNetworkAssociation", {"ClientVpnEndpointId": "cvpn-endpoint-0", "SubnetId": subnets[0]})  # fmt: skip
    yield _added("core network attachment", "NetworkManager::VpcAttachment", {"CoreNetworkId": "core-network-0", "VpcArn": {"Fn::Sub": "arn:aws:ec2:us-east-1:111122223333:vpc/${Vpc}"}, "SubnetArns": []})  # fmt: skip
    yield _added("traffic mirror", "EC2::TrafficMirrorSession", {"NetworkInterfaceId": "eni-0123456789abcdef0", "TrafficMirrorTargetId": "tmt-0123456789abcdef0", "TrafficMirrorFilterId": "tmf-0123456789abcdef0", "SessionNumber": 1})  # fmt: skip
    yield _added("route server propagation", "EC2::RouteServerPropagation", {"RouteServerId": "rs-0123456789abcdef0", "RouteTableId": {"Ref": subject.agent_tables[0]}})  # fmt: skip
    yield _added("route table of a gateway", "EC2::GatewayRouteTableAssociation", {"GatewayId": "igw-0123456789abcdef0", "RouteTableId": {"Ref": subject.agent_tables[0]}})  # fmt: skip
    yield _added("exclusion from Block Public Access", "EC2::VPCBlockPublicAccessExclusion", {"InternetGatewayExclusionMode": "allow-bidirectional", "VpcId": vpc})  # fmt: skip
    for name in subject.of("NetworkFirewall::Firewall"):
        yield _added(f"second endpoint of {name}", "NetworkFirewall::VpcEndpointAssociation", {"FirewallArn": {"Fn::GetAtt": [name, "FirewallArn"]}, "VpcId": vpc, "SubnetMapping": {"SubnetId": subnets[0]}})  # fmt: skip


def boundaries(subject: Subject) -> Iterator[Change]:
    """Roles and policies of an agent beside its boundary."""
    name = subject.tag(subject.of("EC2::Subnet", "agent")[0], AGENT)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    tags = [{"Key": AGENT, "Value": name}]
    yield _added("role of the agent without a boundary", "IAM::Role", {"AssumeRolePolicyDocument": trust, "Tags": tags})
    foreign = {"AssumeRolePolicyDocument": trust, "Tags": tags, "PermissionsBoundary": "arn:aws:iam::111122223333:policy/x"}  # fmt: skip
    yield _added("role of the agent with somebody's boundary", "IAM::Role", foreign)
    for boundary in subject.of("IAM::ManagedPolicy"):
        bound = {"AssumeRolePolicyDocument": trust, "Tags": tags, "PermissionsBoundary": {"Ref": boundary}}
        yield _added(f"role of {name} with the boundary {boundary}", "IAM::Role", bound)


def strangers(subject: Subject) -> Iterator[Change]:
    """What nobody can read: types that are not known, custom resources, macros and nested stacks."""
    vpc, table = _vpc(subject), {"Ref": subject.agent_tables[0]}
    group = {"Fn::GetAtt": [subject.of("EC2::SecurityGroup", "agent")[0], "GroupId"]}
    token = "arn:aws:lambda:us-east-1:111122223333:function:x"  # noqa: S105 - the name of CloudFormation's property
    yield _added("unknown type with the VPC", "AWS::EC2::NobodyKnowsThis", {"VpcId": vpc})
    yield _added("unknown type with a table", "AWS::EC2::NobodyKnowsThis", {"Table": table})
    yield _added("third party type with a group", "AWS::CloudFormation::CustomResource", {"ServiceToken": token, "Group": group})  # fmt: skip
    yield _added("custom resource with the VPC", "Custom::Anything", {"ServiceToken": token, "Vpc": vpc})
    yield _added("custom resource with a text about a table", "Custom::Anything", {"ServiceToken": token, "Call": {"Fn::Join": ["", ["rtb=", table]]}})  # fmt: skip
    yield _added("nested stack with the VPC", "CloudFormation::Stack", {"TemplateURL": "https://example.com/x", "Parameters": {"Vpc": vpc}})  # fmt: skip
    yield _added("include", "AWS::CloudFormation::WaitConditionHandle", {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://x/y"}}})  # fmt: skip
    for transform in ("SomebodysMacro", "AWS::Serverless-2016-10-31", "AWS::LanguageExtensions", ["A", "B"]):
        yield Change("add transform", "Transform", (), str(transform), ((("Transform",), transform),))
    yield Change("add hook", "Hooks", (), "", ((("Hooks",), {"H": {"Type": "AWS::CodeDeploy::BlueGreen"}}),))
    yield Change("add transform", "Resources", (), "Fn::Transform among resources", ((("Resources", "Fn::Transform"), {"Name": "SomebodysMacro", "Parameters": {}}),))  # fmt: skip
