"""Network Firewall: the firewalls of the VPC, their policies and rule groups."""

from __future__ import annotations

from typing import Final

from agent_perimeter.aws.read import HERE, TAGS, Read, Source
from agent_perimeter.aws.shapes import VALUE, VALUES, ByKey, answer, each, fields

_FIREWALL: Final = f"arn:${{AWS::Partition}}:network-firewall:{HERE}"
_VARIABLES: Final = fields(IPSets=ByKey(fields(Definition=VALUES)), PortSets=ByKey(fields(Definition=VALUES)))
_REFERENCES: Final = fields(IPSetReferences=ByKey(fields("ReferenceArn")))
_ATTACHMENT: Final = fields("SubnetId EndpointId Status StatusMessage")
_CUSTOM_ACTIONS: Final = each(
    "ActionName", ActionDefinition=fields(PublishMetricAction=fields(Dimensions=each("Value")))
)
_STATEFUL_RULES: Final = each(
    "Action",
    Header=fields("Protocol Source SourcePort Direction Destination DestinationPort"),
    RuleOptions=each("Keyword", Settings=VALUES),
)
_STATELESS_RULES: Final = each(
    "Priority",
    RuleDefinition=fields(
        MatchAttributes=fields(
            Sources=each("AddressDefinition"),
            Destinations=each("AddressDefinition"),
            SourcePorts=each("FromPort ToPort"),
            DestinationPorts=each("FromPort ToPort"),
            Protocols=VALUES,
            TCPFlags=each(Flags=VALUES, Masks=VALUES),
        ),
        Actions=VALUES,
    ),
)
_DOMAINS: Final = fields("GeneratedRulesType", Targets=VALUES, TargetTypes=VALUES)

FIREWALL: Final[tuple[Read, ...]] = (
    Read(
        "network-firewall",
        "ListFirewalls",
        answer(Firewalls=each("FirewallName FirewallArn")),
        parameters=({"VpcIds": ["{vpc}"]},),
    ),
    Read(
        # Of the whole account: a firewall of another VPC can have an endpoint in this one.
        "network-firewall",
        "ListVpcEndpointAssociations",
        answer(VpcEndpointAssociations=each("VpcEndpointAssociationArn")),
    ),
    Read(
        "network-firewall",
        "DescribeVpcEndpointAssociation",
        answer(
            VpcEndpointAssociation=fields(
                "VpcEndpointAssociationId VpcEndpointAssociationArn FirewallArn VpcId",
                SubnetMapping=fields("SubnetId IPAddressType"),
            )
        )
        | fields(
            VpcEndpointAssociationStatus=fields("Status", AssociationSyncState=ByKey(fields(Attachment=_ATTACHMENT)))
        ),
        parameters=({"VpcEndpointAssociationArn": "{association}"},),
        sources=(
            Source(
                "network-firewall:ListVpcEndpointAssociations",
                "VpcEndpointAssociations",
                {"association": "VpcEndpointAssociationArn"},
            ),
        ),
        resources=(f"{_FIREWALL}:vpc-endpoint-association/*",),
        nonempty=("VpcEndpointAssociation.VpcEndpointAssociationArn",),
        about="VpcEndpointAssociation.VpcEndpointAssociationArn",
    ),
    Read(
        "network-firewall",
        "DescribeFirewall",
        answer(
            Firewall=fields(
                "FirewallName FirewallArn FirewallId FirewallPolicyArn VpcId DeleteProtection "
                "SubnetChangeProtection FirewallPolicyChangeProtection AvailabilityZoneChangeProtection "
                "TransitGatewayId TransparentFilteringNatScope",
                SubnetMappings=each("SubnetId IPAddressType"),
                AvailabilityZoneMappings=each("AvailabilityZone"),
                NatGatewayCreateMappings=each("SubnetId", AllocationIds=VALUES, PrivateIps=VALUES),
                ProxySettings=fields("DomainName", ListenerProperties=each("Port Type")),
                VpcEndpoint=fields("VpcId", SubnetMappings=each("SubnetId IPAddressType")),
                EnabledAnalysisTypes=VALUES,
            ),
            FirewallStatus=fields(
                "Status ConfigurationSyncStateSummary",
                SyncStates=ByKey(fields(Attachment=_ATTACHMENT, Config=ByKey(fields("SyncStatus")))),
            ),
        ),
        parameters=({"FirewallArn": "{firewall}"},),
        sources=(
            Source("network-firewall:ListFirewalls", "Firewalls", {"firewall": "FirewallArn"}),
            Source(
                "network-firewall:DescribeVpcEndpointAssociation",
                "VpcEndpointAssociation",
                {"firewall": "FirewallArn"},
                where={"VpcId": "{vpc}"},
            ),
        ),
        resources=(f"{_FIREWALL}:firewall/*",),
        nonempty=("Firewall.FirewallArn",),
        about="Firewall.FirewallArn",
    ),
    Read(
        "network-firewall",
        "DescribeLoggingConfiguration",
        answer(FirewallArn=VALUE)
        | fields(
            LoggingConfiguration=fields(
                LogDestinationConfigs=each("LogType LogDestinationType", LogDestination=ByKey(VALUE))
            )
        ),
        parameters=({"FirewallArn": "{firewall}"},),
        sources=(Source("network-firewall:ListFirewalls", "Firewalls", {"firewall": "FirewallArn"}),),
        resources=(f"{_FIREWALL}:firewall/*",),
        about="FirewallArn",
    ),
    Read(
        "network-firewall",
        "DescribeFirewallPolicy",
        answer(
            FirewallPolicy=fields(
                "TLSInspectionConfigurationArn EnableTLSSessionHolding",
                StatelessRuleGroupReferences=each("ResourceArn Priority"),
                StatelessDefaultActions=VALUES,
                StatelessFragmentDefaultActions=VALUES,
                StatelessCustomActions=_CUSTOM_ACTIONS,
                StatefulRuleGroupReferences=each(
                    "ResourceArn Priority DeepThreatInspection", Override=fields("Action")
                ),
                StatefulDefaultActions=VALUES,
                StatefulEngineOptions=fields(
                    "RuleOrder StreamExceptionPolicy", FlowTimeouts=fields("TcpIdleTimeoutSeconds")
                ),
                PolicyVariables=fields(RuleVariables=ByKey(fields(Definition=VALUES))),
                Route53ResolvedIPValidation=fields(
                    "Action DNSFirewallRuleGroupId DNSExpiryExceptionPolicy",
                    BypassDestinationValidationIPRanges=each("AddressDefinition"),
                    SourceIPRanges=each("AddressDefinition"),
                ),
            ),
            FirewallPolicyResponse=fields(
                "FirewallPolicyName FirewallPolicyArn FirewallPolicyId FirewallPolicyStatus StatusMessage",
                Errors=each("Code Message ResourceId"),
                Tags=TAGS,
            ),
        ),
        parameters=({"FirewallPolicyArn": "{policy}"},),
        sources=(Source("network-firewall:DescribeFirewall", "Firewall", {"policy": "FirewallPolicyArn"}),),
        resources=(f"{_FIREWALL}:firewall-policy/*",),
        nonempty=("FirewallPolicyResponse.FirewallPolicyArn",),
        about="FirewallPolicyResponse.FirewallPolicyArn",
    ),
    Read(
        "network-firewall",
        "DescribeRuleGroup",
        answer(
            RuleGroup=fields(
                RuleVariables=_VARIABLES,
                ReferenceSets=_REFERENCES,
                RulesSource=fields(
                    "RulesString",
                    RulesSourceList=_DOMAINS,
                    StatefulRules=_STATEFUL_RULES,
                    StatelessRulesAndCustomActions=fields(
                        StatelessRules=_STATELESS_RULES, CustomActions=_CUSTOM_ACTIONS
                    ),
                ),
                StatefulRuleOptions=fields("RuleOrder"),
            ),
            RuleGroupResponse=fields("RuleGroupArn RuleGroupName RuleGroupId Type Capacity RuleGroupStatus", Tags=TAGS),
        ),
        parameters=({"RuleGroupArn": "{group}"},),
        sources=(
            Source(
                "network-firewall:DescribeFirewallPolicy",
                "FirewallPolicy.StatefulRuleGroupReferences",
                {"group": "ResourceArn"},
            ),
            Source(
                "network-firewall:DescribeFirewallPolicy",
                "FirewallPolicy.StatelessRuleGroupReferences",
                {"group": "ResourceArn"},
            ),
        ),
        # AWS's managed groups stand in an account called aws-managed.
        resources=(
            "arn:${AWS::Partition}:network-firewall:${AWS::Region}:*:stateful-rulegroup/*",
            "arn:${AWS::Partition}:network-firewall:${AWS::Region}:*:stateless-rulegroup/*",
        ),
        nonempty=("RuleGroupResponse.RuleGroupArn",),
        about="RuleGroupResponse.RuleGroupArn",
    ),
)
