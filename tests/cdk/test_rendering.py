"""Every record of a network is in the template, says there what it says here, and nothing else is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from agent_perimeter.network import (
    Boundary,
    DnsRule,
    DomainList,
    Endpoint,
    GroupRef,
    GroupRule,
    LogKind,
    Network,
    PrefixList,
    Role,
    Statement,
    TargetKind,
)
from agent_perimeter.values import ALL_PORTS, Cidr, Protocol
from agent_perimeter_cdk.groups import _NO_EGRESS
from tests.cdk.conftest import isolated, maintained
from tests.cdk.templates import Resource, Template, Value


def expected(network: Network) -> Iterator[tuple[str, str]]:
    """The (path, type) of every resource that the network's records stand for."""
    yield from expected_vpc(network)
    yield from expected_groups(network)
    yield from expected_firewalls(network)
    yield from expected_access(network)
    yield from expected_logs(network)


def expected_vpc(network: Network) -> Iterator[tuple[str, str]]:
    yield from (
        ("vpc", "EC2::VPC"),
        ("default-group", "Custom::AgentPerimeterClosedDefaultGroup"),
        ("default-group/function", "Lambda::Function"),
        ("default-group/role", "IAM::Role"),
        ("default-group/log", "Logs::LogGroup"),
    )
    for acl in network.acls:
        yield acl.id, "EC2::NetworkAcl"
        for entry in acl.entries:
            yield f"{acl.id}/{entry.direction}/{entry.number}", "EC2::NetworkAclEntry"
    for subnet in network.subnets:
        yield subnet.id, "EC2::Subnet"
        yield f"{subnet.id}/route-table", "EC2::SubnetRouteTableAssociation"
        yield f"{subnet.id}/acl", "EC2::SubnetNetworkAclAssociation"
    for table in network.route_tables:
        yield table.id, "EC2::RouteTable"
        yield from ((route.id, "EC2::Route") for route in table.routes)
    if network.internet_gateway is not None:
        yield network.internet_gateway.id, "EC2::InternetGateway"
        yield f"{network.internet_gateway.id}/attachment", "EC2::VPCGatewayAttachment"
    for nat in network.nat_gateways:
        yield nat.id, "EC2::NatGateway"
        yield f"{nat.id}/address", "EC2::EIP"


def expected_firewalls(network: Network) -> Iterator[tuple[str, str]]:
    if network.firewall_policy is not None:
        yield network.firewall_policy.id, "NetworkFirewall::FirewallPolicy"
        yield from ((group.id, "NetworkFirewall::RuleGroup") for group in network.firewall_policy.groups)
    for firewall in network.firewalls:
        yield firewall.id, "NetworkFirewall::Firewall"
        yield f"{firewall.id}/logging", "NetworkFirewall::LoggingConfiguration"
    yield network.dns_firewall.id, "Route53Resolver::FirewallRuleGroup"
    yield f"{network.dns_firewall.id}/association", "Route53Resolver::FirewallRuleGroupAssociation"
    for names in {rule.domains for rule in network.dns_firewall.rules if rule.domains}:
        yield names.id, "Route53Resolver::FirewallDomainList"


def expected_access(network: Network) -> Iterator[tuple[str, str]]:
    yield from ((endpoint.id, "EC2::VPCEndpoint") for endpoint in network.endpoints)
    for boundary in network.boundaries:
        yield boundary.id, "IAM::ManagedPolicy"
        for what in ("subnets", "security-group", "boundary"):
            yield f"parameter/{boundary.agent}/{what}", "SSM::Parameter"


def expected_logs(network: Network) -> Iterator[tuple[str, str]]:
    for log in network.logs:
        yield log.id, "Logs::LogGroup"
        if log.kind is LogKind.VPC_FLOW:
            yield f"{log.id}/role", "IAM::Role"
            yield f"{log.id}/flow-log", "EC2::FlowLog"
        if log.kind is LogKind.DNS_QUERY:
            yield f"{log.id}/configuration", "Route53Resolver::ResolverQueryLoggingConfig"
            yield f"{log.id}/association", "Route53Resolver::ResolverQueryLoggingConfigAssociation"
    if network.log_key == "create":
        yield "log-key", "KMS::Key"


def expected_groups(network: Network) -> Iterator[tuple[str, str]]:
    """Groups, and beside them their rules about groups further down."""
    order = [group.id for group in network.security_groups]
    for group in network.security_groups:
        yield group.id, "EC2::SecurityGroup"
        for rules, way, kind in ((group.egress, "to", "Egress"), (group.ingress, "from", "Ingress")):
            for rule in rules:
                if isinstance(rule.peer, GroupRef) and order.index(rule.peer.group) >= order.index(group.id):
                    yield f"{group.id}/{way}/{rule.peer.group}/tcp-443", f"EC2::SecurityGroup{kind}"


def rendered(template: Template) -> Counter[tuple[str, str]]:
    return Counter((item.path, item.type.removeprefix("AWS::")) for item in template.resources.values())


def test_a_whole_network_is_rendered_and_nothing_else(network: Network, template: Template) -> None:
    assert rendered(template) == Counter(expected(network))


def test_a_network_under_maintenance_is_rendered_and_nothing_else(
    network: Network, maintained_template: Template
) -> None:
    assert rendered(maintained_template) == Counter(expected(maintained(network)))


def test_an_isolated_network_is_rendered_and_nothing_else(network: Network, isolated_template: Template) -> None:
    assert rendered(isolated_template) == Counter(expected(isolated(network)))


def test_an_isolated_network_has_no_way_to_the_internet(isolated_template: Template) -> None:
    ways = {"EC2::InternetGateway", "EC2::NatGateway", "EC2::EIP", "EC2::Route", "NetworkFirewall::Firewall"}
    assert not [item for kind in ways for item in isolated_template.of(kind)]


def test_the_vpc_is_ipv4_only_and_resolves_names(template: Template) -> None:
    assert template["vpc"].without("Tags") == {
        "CidrBlock": "10.42.0.0/16",
        "EnableDnsHostnames": True,
        "EnableDnsSupport": True,
    }
    assert "Ipv6" not in template.path.read_text()


def test_each_subnet_has_its_block_zone_table_and_acl_and_gives_no_public_address(
    network: Network, template: Template
) -> None:
    zones = {0: "zone 0", 1: "eu-central-1b"}
    assert {path: item.without("Tags") for path, item in template.of("EC2::Subnet").items()} == {
        subnet.id: {
            "VpcId": "${Vpc}",
            "CidrBlock": str(subnet.cidr),
            "AvailabilityZone": zones[subnet.zone.index],
            "MapPublicIpOnLaunch": False,
        }
        for subnet in network.subnets
    }
    for subnet in network.subnets:
        here = {"SubnetId": f"<{subnet.id}>"}
        assert template[f"{subnet.id}/route-table"].properties == {**here, "RouteTableId": f"<{subnet.route_table}>"}
        assert template[f"{subnet.id}/acl"].properties == {**here, "NetworkAclId": f"<{subnet.acl}>"}


def test_each_route_points_where_its_record_does(network: Network, template: Template) -> None:
    targets = {
        TargetKind.INTERNET_GATEWAY: ("GatewayId", "<{}>"),
        TargetKind.NAT_GATEWAY: ("NatGatewayId", "<{}>"),
        TargetKind.FIREWALL: ("VpcEndpointId", "only <{}>.EndpointIds"),
    }
    for table in network.route_tables:
        for route in table.routes:
            name, value = targets[route.kind]
            assert template[route.id].properties == {
                "RouteTableId": f"<{table.id}>",
                "DestinationCidrBlock": str(route.destination),
                name: value.format(route.target),
            }


def test_each_nat_gateway_stands_in_its_subnet_with_an_address_of_its_own(network: Network, template: Template) -> None:
    assert template["internet-gateway/attachment"].properties == {
        "VpcId": "${Vpc}",
        "InternetGatewayId": "<internet-gateway>",
    }
    for nat in network.nat_gateways:
        assert template[f"{nat.id}/address"].without("Tags") == {"Domain": "vpc"}
        assert template[nat.id].without("Tags") == {
            "ConnectivityType": "public",
            "AllocationId": f"<{nat.id}/address>.AllocationId",
            "SubnetId": f"<{nat.subnet}>",
        }


def test_what_needs_the_internet_gateway_waits_for_its_attachment(template: Template) -> None:
    attachment = frozenset({"internet-gateway/attachment"})
    waiting = {path for path, item in template.resources.items() if item.depends_on == attachment}
    assert waiting == {
        *(f"nat/{zone}" for zone in (0, 1)),
        *(f"nat/{zone}/address" for zone in (0, 1)),
        *(f"table/egress/{zone}/default" for zone in (0, 1)),
    }


def test_each_acl_entry_says_what_its_record_says(network: Network, template: Template) -> None:
    for acl in network.acls:
        for entry in acl.entries:
            ports = entry.ports or (ALL_PORTS if entry.protocol is Protocol.UDP else None)
            assert template[f"{acl.id}/{entry.direction}/{entry.number}"].properties == {
                "NetworkAclId": f"<{acl.id}>",
                "RuleNumber": entry.number,
                "Egress": entry.direction == "egress",
                "RuleAction": "allow" if entry.allow else "deny",
                "Protocol": entry.protocol.number,
                "CidrBlock": str(entry.cidr),
                **({"PortRange": {"From": ports.first, "To": ports.last}} if ports else {}),
                **({"Icmp": {"Code": -1, "Type": -1}} if entry.protocol is Protocol.ICMP else {}),
            }


def test_no_security_group_lacks_an_egress_list(network: Network, template: Template) -> None:
    """EC2 reads an absent or empty list as allow-all."""
    order = [group.id for group in network.security_groups]
    for group in network.security_groups:
        egress = template[group.id].properties["SecurityGroupEgress"]
        stands = order[: order.index(group.id)]
        inline = [rule for rule in group.egress if not isinstance(rule.peer, GroupRef) or rule.peer.group in stands]
        assert egress
        assert (egress == [NOWHERE]) == (not inline), group.id


NOWHERE = {
    "CidrIp": "255.255.255.255/32",
    "IpProtocol": "icmp",
    "FromPort": 252,
    "ToPort": 86,
    "Description": _NO_EGRESS.description,
}


def test_each_group_rule_is_in_the_group_or_beside_it(network: Network, template: Template) -> None:
    for group in network.security_groups:
        item = template[group.id]
        for rules, inline, direction in (
            (group.ingress, item.properties.get("SecurityGroupIngress", []), "Ingress"),
            (group.egress, item.properties["SecurityGroupEgress"], "Egress"),
        ):
            beside = [
                other.without("GroupId")
                for other in template.of(f"EC2::SecurityGroup{direction}").values()
                if other.properties["GroupId"] == f"<{group.id}>.GroupId"
            ]
            found = [rule for rule in [*inline, *beside] if rule != NOWHERE]
            wanted = [group_rule(rule, direction) for rule in rules]
            assert sorted(map(canonical, found)) == sorted(map(canonical, wanted))


def canonical(value: Value) -> str:
    return json.dumps(value, sort_keys=True)


def group_rule(rule: GroupRule, direction: str) -> dict[str, Value]:
    side = "Source" if direction == "Ingress" else "Destination"
    described = {
        # EC2 takes neither the apostrophe nor the quotes.
        "names; the firewall's “job”: reader.yaml": "names; the firewall_s _job_: reader.yaml",
    }
    header: dict[str, Value] = {"Description": described.get(rule.description, rule.description)}
    match rule.protocol:
        case Protocol.ALL:
            header |= {"IpProtocol": "-1"}
        case Protocol.ICMP:
            header |= {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}
        case _:
            assert rule.ports
            header |= {"IpProtocol": rule.protocol.lower(), "FromPort": rule.ports.first, "ToPort": rule.ports.last}
    match rule.peer:
        case Cidr():
            return {**header, "CidrIp": str(rule.peer)}
        case PrefixList():
            return {**header, f"{side}PrefixListId": f"list of {rule.peer.service}"}
        case GroupRef():
            return {**header, f"{side}SecurityGroupId": f"<{rule.peer.group}>.GroupId"}


def test_groups_that_name_each_other_do_not_wait_for_each_other(template: Template) -> None:
    named = {
        path: {other for other in template.of("EC2::SecurityGroup") if f"<{other}>" in str(item.properties)}
        for path, item in template.of("EC2::SecurityGroup").items()
    }
    assert named == {
        "group/agent/reader": set(),
        "group/agent/writer": set(),
        "group/endpoint/sts": {"group/agent/writer"},
        "group/odd": {"group/agent/reader"},
    }


def test_a_known_region_gets_the_prefix_list_itself(maintained_template: Template) -> None:
    egress = maintained_template["group/agent/reader"].properties["SecurityGroupEgress"]
    assert [rule["DestinationPrefixListId"] for rule in egress if "DestinationPrefixListId" in rule] == ["pl-6ea54007"]
    assert "Mappings" not in maintained_template.raw


def test_the_firewall_policy_says_what_its_record_says(network: Network, template: Template) -> None:
    policy = network.firewall_policy
    assert policy
    assert template[policy.id].properties["FirewallPolicy"] == {
        "PolicyVariables": {"RuleVariables": {"HOME_NET": {"Definition": ["10.42.0.0/16"]}}},
        "StatelessDefaultActions": ["aws:forward_to_sfe"],
        "StatelessFragmentDefaultActions": ["aws:drop"],
        "StatefulDefaultActions": [
            "aws:drop_established_app_layer_to_server",
            "aws:alert_established_app_layer_to_server",
        ],
        "StatefulEngineOptions": {
            "RuleOrder": "STRICT_ORDER",
            "StreamExceptionPolicy": "REJECT",
            "FlowTimeouts": {"TcpIdleTimeoutSeconds": 350},
        },
        "StatefulRuleGroupReferences": [{"Priority": 10, "ResourceArn": "<firewall/rules>.RuleGroupArn"}],
        "Route53ResolvedIPValidation": {
            "Action": "DROP",
            "DNSFirewallRuleGroupId": "<dns-firewall>.Id",
            "DNSExpiryExceptionPolicy": "DROP",
            "BypassDestinationValidationIPRanges": [{"AddressDefinition": "198.51.100.0/24"}],
            "SourceIPRanges": [{"AddressDefinition": "10.42.0.0/16"}],
        },
    }


def test_without_resolved_ip_validation_the_policy_does_not_mention_it(maintained_template: Template) -> None:
    assert "Route53ResolvedIPValidation" not in maintained_template.path.read_text()


def test_the_firewall_policy_waits_until_names_are_filtered(template: Template) -> None:
    assert template["firewall/policy"].depends_on == {"dns-firewall/association"}


def test_a_rule_group_carries_its_rules_line_by_line(network: Network, template: Template) -> None:
    assert network.firewall_policy
    (group,) = network.firewall_policy.groups
    assert template[group.id].without("Tags") == {
        "RuleGroupName": "agents-rules-100",
        "Type": "STATEFUL",
        "Capacity": 100,
        "RuleGroup": {
            "RulesSource": {"RulesString": "\n".join(rule.text for rule in group.rules)},
            "RuleVariables": {"IPSets": {"READER": {"Definition": ["10.42.0.0/27", "10.42.2.0/27"]}}},
            "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
        },
    }


@pytest.mark.parametrize(("chosen", "protected"), [("template", True), ("maintained_template", False)])
def test_each_firewall_stands_in_its_subnet_protected_unless_under_maintenance(
    chosen: str, protected: bool, network: Network, request: pytest.FixtureRequest
) -> None:
    template: Template = request.getfixturevalue(chosen)
    for firewall in network.firewalls:
        assert template[firewall.id].without("Tags") == {
            "FirewallName": f"hand-firewall-{firewall.zone.index}-${{Vpc}}",
            "FirewallPolicyArn": "<firewall/policy>.FirewallPolicyArn",
            "VpcId": "${Vpc}",
            "SubnetMappings": [{"SubnetId": f"<{firewall.subnet}>", "IPAddressType": "IPV4"}],
            "DeleteProtection": protected,
            "FirewallPolicyChangeProtection": protected,
            "SubnetChangeProtection": protected,
        }


def test_a_fixed_name_changes_with_the_vpc_so_that_a_replacement_finds_it_free(template: Template) -> None:
    names = {
        item.properties[name]
        for item in template.resources.values()
        for name in ("FirewallName", "FirewallPolicyName")
        if name in item.properties
    }
    assert names == {"hand-firewall-0-${Vpc}", "hand-firewall-1-${Vpc}", "hand-firewall-policy-${Vpc}"}


def test_no_other_resource_has_a_name_that_a_replacement_would_collide_with(template: Template) -> None:
    fixed = {
        "EC2::SecurityGroup": "GroupName",
        "IAM::ManagedPolicy": "ManagedPolicyName",
        "IAM::Role": "RoleName",
        "Lambda::Function": "FunctionName",
        "Logs::LogGroup": "LogGroupName",
        "Route53Resolver::FirewallDomainList": "Name",
        "Route53Resolver::FirewallRuleGroup": "Name",
    }
    for kind, name in fixed.items():
        assert template.of(kind)
        assert not [path for path, item in template.of(kind).items() if name in item.properties]


def test_each_firewall_logs_alerts_and_flows(network: Network, template: Template) -> None:
    for firewall in network.firewalls:
        assert template[f"{firewall.id}/logging"].properties == {
            "FirewallArn": f"<{firewall.id}>.FirewallArn",
            "LoggingConfiguration": {
                "LogDestinationConfigs": [
                    {
                        "LogType": kind,
                        "LogDestinationType": "CloudWatchLogs",
                        "LogDestination": {"logGroup": f"<log/firewall-{kind.lower()}>"},
                    }
                    for kind in ("ALERT", "FLOW")
                ]
            },
        }


def test_the_dns_firewall_says_what_its_record_says(network: Network, template: Template) -> None:
    assert template["dns-firewall"].properties["FirewallRules"] == [
        dns_rule(rule) for rule in network.dns_firewall.rules
    ]
    assert template["dns-firewall/association"].without("Tags") == {
        "FirewallRuleGroupId": "<dns-firewall>.Id",
        "VpcId": "${Vpc}",
        "Priority": 101,
        "MutationProtection": "ENABLED",
    }
    for names in template.of("Route53Resolver::FirewallDomainList").values():
        assert names.properties["Domains"] == domains(network)[names.path]


def dns_rule(rule: DnsRule) -> dict[str, Value]:
    said = {
        "Priority": rule.priority,
        "Action": rule.action.value,
        "BlockResponse": rule.response,
        "Qtype": rule.qtype,
        "DnsThreatProtection": rule.threat,
        "ConfidenceThreshold": rule.confidence,
        "FirewallDomainListId": f"<{rule.domains.id}>.Id" if rule.domains else None,
        "FirewallDomainRedirectionAction": None
        if rule.domains is None
        else ("TRUST_REDIRECTION_DOMAIN" if rule.trust_redirection else "INSPECT_REDIRECTION_DOMAIN"),
    }
    return {name: value for name, value in said.items() if value is not None}


def domains(network: Network) -> dict[str, list[str]]:
    lists: list[DomainList] = [rule.domains for rule in network.dns_firewall.rules if rule.domains]
    return {names.id: list(names.domains) for names in lists}


def test_under_maintenance_the_dns_firewall_lets_itself_be_taken_off(maintained_template: Template) -> None:
    assert maintained_template["dns-firewall/association"].properties["MutationProtection"] == "DISABLED"


def test_each_endpoint_says_what_its_record_says(network: Network, template: Template) -> None:
    gateway, interface = network.endpoints
    assert template[gateway.id].without("Tags") == {
        "VpcId": "${Vpc}",
        "VpcEndpointType": "Gateway",
        "ServiceName": "com.amazonaws.${AWS::Region}.s3",
        "RouteTableIds": [f"<{table}>" for table in gateway.route_tables],
        "PolicyDocument": document(gateway),
    }
    assert template[interface.id].without("Tags") == {
        "VpcId": "${Vpc}",
        "VpcEndpointType": "Interface",
        "ServiceName": "com.amazonaws.${AWS::Region}.sts",
        "SubnetIds": [f"<{subnet}>" for subnet in interface.subnets],
        "SecurityGroupIds": ["<group/endpoint/sts>.GroupId"],
        "PrivateDnsEnabled": True,
        # It has no statements: without a policy it would be open to everybody.
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Sid": "Nobody", "Effect": "Deny", "Principal": "*", "Action": ["*"], "Resource": ["*"]}],
        },
    }


def test_each_boundary_says_what_its_record_says(network: Network, template: Template) -> None:
    for boundary in network.boundaries:
        assert template[boundary.id].properties == {
            "Path": "/agent-perimeter/",
            "Description": f"Boundary of the agent {boundary.agent} in the perimeter hand",
            "PolicyDocument": document(boundary),
        }


def document(record: Boundary | Endpoint) -> dict[str, Value]:
    return {"Version": "2012-10-17", "Statement": [statement(item) for item in record.statements]}


def statement(record: Statement) -> dict[str, Value]:
    tests: dict[str, dict[str, list[str]]] = {}
    for test in record.conditions:
        tests.setdefault(test.operator, {})[test.key] = list(test.values)
    said = {
        "Sid": record.sid,
        "Effect": "Allow" if record.allow else "Deny",
        "Principal": record.principal,
        "Action": list(record.actions),
        "Resource": list(record.resources),
        "Condition": tests or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def test_evidence_is_kept_as_long_as_asked_and_outlives_the_stack(network: Network, template: Template) -> None:
    for log in network.logs:
        item = template[log.id]
        assert item.without("Tags") == {"RetentionInDays": log.retention_days, "KmsKeyId": "<log-key>.Arn"}
        assert kept(item)
    assert kept(template["log-key"])
    assert not kept(template["default-group/log"])


def kept(item: Resource) -> bool:
    return (item.raw.get("DeletionPolicy"), item.raw.get("UpdateReplacePolicy")) == ("Retain", "Retain")


def test_logs_take_a_key_from_elsewhere_or_none(
    maintained_template: Template, isolated_template: Template, network: Network
) -> None:
    elsewhere = maintained(network).log_key
    assert {item.properties.get("KmsKeyId") for item in logs(maintained_template)} == {elsewhere}
    assert {item.properties.get("KmsKeyId") for item in logs(isolated_template)} == {None}


def logs(template: Template) -> list[Resource]:
    return [item for path, item in template.of("Logs::LogGroup").items() if path.startswith("log/")]


def test_the_log_key_rotates_and_serves_this_stack_s_log_groups_only(template: Template) -> None:
    key = template["log-key"].properties
    assert key["EnableKeyRotation"] is True
    assert key["Description"] == "Logs of the perimeter hand"
    groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AWS::StackName}-*"
    assert key["KeyPolicy"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccountAdministers",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "LogsEncrypt",
                "Effect": "Allow",
                "Principal": {"Service": "logs.${AWS::Region}.${AWS::URLSuffix}"},
                "Action": ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            },
        ],
    }


def test_the_flow_log_records_everything_and_its_role_can_write_only_there(template: Template) -> None:
    assert template["log/vpc-flow/flow-log"].without("Tags") == {
        "ResourceType": "VPC",
        "ResourceId": "${Vpc}",
        "TrafficType": "ALL",
        "MaxAggregationInterval": 60,
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": "<log/vpc-flow>",
        "DeliverLogsPermissionArn": "<log/vpc-flow/role>.Arn",
    }
    flow_logs = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-flow-log/*"
    assert template["log/vpc-flow/role"].without("Tags") == {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
                        "ArnLike": {"aws:SourceArn": flow_logs},
                    },
                }
            ],
        },
        "Policies": [
            {
                "PolicyName": "write-flow-log",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "WriteFlowLog",
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                            "Resource": ["<log/vpc-flow>.Arn"],
                        }
                    ],
                },
            }
        ],
    }


def test_every_query_of_the_vpc_is_logged(template: Template) -> None:
    assert template["log/dns-query/configuration"].without("Tags") == {"DestinationArn": "<log/dns-query>.Arn"}
    assert template["log/dns-query/association"].properties == {
        "ResolverQueryLogConfigId": "<log/dns-query/configuration>.Id",
        "ResourceId": "${Vpc}",
    }


def test_an_agent_s_place_is_published_as_parameters(template: Template) -> None:
    found = {item.properties["Name"]: item.without("Name", "Tags") for item in template.of("SSM::Parameter").values()}
    assert found == {
        f"/agent-perimeter/hand/{agent}/{what}": {"Type": kind, "Value": value}
        for agent in ("reader", "writer")
        for what, kind, value in (
            ("subnets", "StringList", f"<subnet/agent/{agent}/0>,<subnet/agent/{agent}/1>"),
            ("security-group", "String", f"<group/agent/{agent}>.GroupId"),
            ("boundary", "String", f"<boundary/{agent}>"),
        )
    }


TAGLESS = {
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::IAM::ManagedPolicy",
    "AWS::NetworkFirewall::LoggingConfiguration",
    "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation",
    "Custom::AgentPerimeterClosedDefaultGroup",
}
"""The types that CloudFormation gives no tags (cfn-lint's schemas say which; a test compares)."""


def test_everything_that_can_be_tagged_names_its_perimeter(template: Template) -> None:
    untagged = {item.type for item in template.resources.values() if "Tags" not in item.properties}
    assert untagged == TAGLESS
    for item in template.resources.values():
        if item.type not in TAGLESS:
            assert tags(item)["agent-perimeter:perimeter"] == "hand"
            assert tags(item)["Name"] == item.properties.get("Name", f"hand/{item.path}")


def test_what_is_an_agent_s_own_carries_its_name(network: Network, template: Template) -> None:
    for agent in network.agents:
        found = {path for path, item in template.resources.items() if tags(item).get("agent-perimeter:agent") == agent}
        assert found == {
            *(f"{what}/agent/{agent}/{zone}" for what in ("subnet", "table") for zone in (0, 1)),
            f"group/agent/{agent}",
            *(f"parameter/{agent}/{what}" for what in ("subnets", "security-group", "boundary")),
        }


def test_every_tier_carries_its_role(network: Network, template: Template) -> None:
    found = {path: tags(item).get("agent-perimeter:role") for path, item in template.resources.items()}
    for tier in (network.subnets, network.route_tables, network.acls, network.security_groups):
        for record in tier:
            assert found[record.id] == record.role
    assert found["firewall/0"] == found["firewall/policy"] == found["firewall/rules"] == Role.FIREWALL
    assert found["nat/0"] == found["nat/0/address"] == found["internet-gateway"] == Role.EGRESS
    assert found["endpoint/s3"] == found["endpoint/sts"] == Role.ENDPOINT


def tags(item: Resource) -> dict[str, str]:
    given = item.properties.get("Tags", [])
    return given if isinstance(given, dict) else {tag["Key"]: tag["Value"] for tag in given}


def test_whatever_belongs_to_a_vpc_names_ours(template: Template) -> None:
    """EC2 would put a security group that names none into the account's default VPC."""
    kinds = ("EC2::Subnet", "EC2::RouteTable", "EC2::NetworkAcl", "EC2::SecurityGroup", "EC2::VPCEndpoint",
             "EC2::VPCGatewayAttachment", "NetworkFirewall::Firewall",
             "Route53Resolver::FirewallRuleGroupAssociation")  # fmt: skip
    for kind in kinds:
        found = template.of(kind)
        assert found, kind
        assert {item.properties.get("VpcId") for item in found.values()} == {"${Vpc}"}, kind


def test_the_way_out_hangs_together(network: Network, template: Template) -> None:
    """Each NAT gateway stands in its zone's egress subnet with an address of its own; the gateway is attached."""
    for nat in network.nat_gateways:
        properties = template[nat.id].properties
        assert properties["SubnetId"] == f"<{nat.subnet}>"
        assert properties["AllocationId"] == f"<{nat.id}/address>.AllocationId"
    assert network.nat_gateways
    (attachment,) = template.of("EC2::VPCGatewayAttachment").values()
    assert network.internet_gateway
    assert attachment.properties["InternetGatewayId"] == f"<{network.internet_gateway.id}>"


def test_every_log_group_forgets_after_a_time_that_somebody_chose(template: Template) -> None:
    for path, group in template.of("Logs::LogGroup").items():
        assert group.properties["RetentionInDays"] >= 1, path
