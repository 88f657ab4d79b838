"""The resource types whose every property is read or known to change nothing about egress.

A property that is missing here is not judged, and the resource that has it becomes a foreign one. The lists
follow the CloudFormation resource schemas; ``NOT_JUDGED`` holds what the schemas have and nobody here reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType


class Shape(Mapping[str, "Shape | None"]):
    """What may stand inside a property: the names, and the shape below each; None is anything. ``*`` is any name."""

    def __init__(self, entries: Mapping[str, Shape | None]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Shape | None:
        return self._entries[name] if name in self._entries else self._entries["*"]

    def __contains__(self, name: object) -> bool:
        return name in self._entries or "*" in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def shape(names: str, **below: Shape) -> Shape:
    """Names with anything below them, and names with a shape of their own."""
    return Shape({**dict.fromkeys(names.split()), **below})


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "AWS::EC2::CarrierGateway": shape("Tags VpcId"),
        "AWS::EC2::DHCPOptions": shape(
            "DomainName DomainNameServers Ipv6AddressPreferredLeaseTime NetbiosNameServers NetbiosNodeType "
            "NtpServers Tags"
        ),
        "AWS::EC2::EIP": shape(
            "Address Domain InstanceId IpamPoolId NetworkBorderGroup PublicIpv4Pool Tags TransferAddress"
        ),
        "AWS::EC2::EIPAssociation": shape("AllocationId EIP InstanceId NetworkInterfaceId PrivateIpAddress"),
        "AWS::EC2::EgressOnlyInternetGateway": shape("Tags VpcId"),
        "AWS::EC2::GatewayRouteTableAssociation": shape("GatewayId RouteTableId"),
        "AWS::EC2::Instance": shape(
            "AdditionalInfo Affinity AvailabilityZone BlockDeviceMappings CpuOptions CreditSpecification "
            "DisableApiTermination EbsOptimized ElasticGpuSpecifications ElasticInferenceAccelerators "
            "EnclaveOptions HibernationOptions HostId HostResourceGroupArn IamInstanceProfile ImageId "
            "InstanceInitiatedShutdownBehavior InstanceType Ipv6AddressCount Ipv6Addresses KernelId KeyName "
            "LaunchTemplate LicenseSpecifications MetadataOptions Monitoring NetworkInterfaces PlacementGroupName "
            "PrivateDnsNameOptions PrivateIpAddress PropagateTagsToVolumeOnCreation RamdiskId SecurityGroupIds "
            "SecurityGroups SourceDestCheck SsmAssociations SubnetId Tags Tenancy UserData Volumes"
        ),
        "AWS::EC2::InternetGateway": shape("Tags"),
        "AWS::EC2::LaunchTemplate": shape("LaunchTemplateData LaunchTemplateName TagSpecifications VersionDescription"),
        "AWS::EC2::NatGateway": shape(
            "AllocationId ConnectivityType MaxDrainDurationSeconds PrivateIpAddress SecondaryAllocationIds "
            "SecondaryPrivateIpAddressCount SecondaryPrivateIpAddresses SubnetId Tags VpcId"
        ),
        "AWS::EC2::NetworkAcl": shape("Tags VpcId"),
        "AWS::EC2::NetworkAclEntry": shape(
            "CidrBlock Egress Ipv6CidrBlock NetworkAclId Protocol RuleAction RuleNumber",
            Icmp=shape("Code Type"),
            PortRange=shape("From To"),
        ),
        "AWS::EC2::NetworkInterface": shape(
            "ConnectionTrackingSpecification Description EnablePrimaryIpv6 GroupSet Ipv4PrefixCount Ipv4Prefixes "
            "Ipv6AddressCount Ipv6Addresses Ipv6PrefixCount Ipv6Prefixes PrivateIpAddress PrivateIpAddresses "
            "PublicIpDnsHostnameTypeSpecification SecondaryPrivateIpAddressCount SourceDestCheck SubnetId Tags"
        ),
        "AWS::EC2::NetworkInterfaceAttachment": shape(
            "DeleteOnTermination DeviceIndex EnaQueueCount EnaSrdSpecification InstanceId NetworkInterfaceId"
        ),
        "AWS::EC2::PrefixList": shape(
            "AddressFamily MaxEntries PrefixListName Tags",
            Entries=shape("Cidr Description"),
        ),
        "AWS::EC2::Route": shape(
            "CarrierGatewayId CoreNetworkArn DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId "
            "EgressOnlyInternetGatewayId GatewayId InstanceId LocalGatewayId NatGatewayId NetworkInterfaceId "
            "RouteTableId TransitGatewayId VpcEndpointId VpcPeeringConnectionId"
        ),
        "AWS::EC2::RouteTable": shape("Tags VpcId"),
        "AWS::EC2::SecurityGroup": shape(
            "GroupDescription GroupName Tags VpcId",
            SecurityGroupEgress=shape(
                "CidrIp CidrIpv6 Description DestinationPrefixListId DestinationSecurityGroupId FromPort IpProtocol "
                "ToPort"
            ),
            SecurityGroupIngress=shape(
                "CidrIp CidrIpv6 Description FromPort IpProtocol SourcePrefixListId SourceSecurityGroupId "
                "SourceSecurityGroupName SourceSecurityGroupOwnerId ToPort"
            ),
        ),
        "AWS::EC2::SecurityGroupEgress": shape(
            "CidrIp CidrIpv6 Description DestinationPrefixListId DestinationSecurityGroupId FromPort GroupId "
            "IpProtocol ToPort"
        ),
        "AWS::EC2::SecurityGroupIngress": shape(
            "CidrIp CidrIpv6 Description FromPort GroupId GroupName IpProtocol SourcePrefixListId "
            "SourceSecurityGroupId SourceSecurityGroupName SourceSecurityGroupOwnerId ToPort"
        ),
        "AWS::EC2::Subnet": shape(
            "AssignIpv6AddressOnCreation AvailabilityZone AvailabilityZoneId CidrBlock Ipv4IpamPoolId "
            "Ipv4NetmaskLength Ipv6CidrBlock Ipv6IpamPoolId Ipv6NetmaskLength MapPublicIpOnLaunch "
            "PrivateDnsNameOptionsOnLaunch Tags VpcId"
        ),
        "AWS::EC2::SubnetCidrBlock": shape("Ipv6CidrBlock Ipv6IpamPoolId Ipv6NetmaskLength SubnetId"),
        "AWS::EC2::SubnetNetworkAclAssociation": shape("NetworkAclId SubnetId"),
        "AWS::EC2::SubnetRouteTableAssociation": shape("RouteTableId SubnetId"),
        "AWS::EC2::TransitGateway": shape(
            "AmazonSideAsn AssociationDefaultRouteTableId AutoAcceptSharedAttachments DefaultRouteTableAssociation "
            "DefaultRouteTablePropagation Description DnsSupport EncryptionSupport MulticastSupport "
            "PropagationDefaultRouteTableId SecurityGroupReferencingSupport Tags TransitGatewayCidrBlocks "
            "VpnEcmpSupport"
        ),
        "AWS::EC2::TransitGatewayAttachment": shape("Options SubnetIds Tags TransitGatewayId VpcId"),
        "AWS::EC2::TransitGatewayVpcAttachment": shape(
            "AddSubnetIds Options RemoveSubnetIds SubnetIds Tags TransitGatewayId VpcId"
        ),
        "AWS::EC2::VPC": shape(
            "CidrBlock EnableDnsHostnames EnableDnsSupport InstanceTenancy Ipv4IpamPoolId Ipv4NetmaskLength Tags "
            "VpcEncryptionControl"
        ),
        "AWS::EC2::VPCCidrBlock": shape(
            "AmazonProvidedIpv6CidrBlock CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength Ipv6CidrBlock "
            "Ipv6CidrBlockNetworkBorderGroup Ipv6IpamPoolId Ipv6NetmaskLength Ipv6Pool VpcId"
        ),
        "AWS::EC2::VPCDHCPOptionsAssociation": shape("DhcpOptionsId VpcId"),
        "AWS::EC2::VPCEndpoint": shape(
            "IpAddressType PolicyDocument PrivateDnsEnabled ResourceConfigurationArn RouteTableIds SecurityGroupIds "
            "ServiceName ServiceNetworkArn SubnetIds Tags VpcEndpointType VpcId"
        ),
        "AWS::EC2::VPCGatewayAttachment": shape("InternetGatewayId VpcId VpnGatewayId"),
        "AWS::EC2::VPCPeeringConnection": shape(
            "AssumeRoleRegion PeerOwnerId PeerRegion PeerRoleArn PeerVpcId Tags VpcId"
        ),
        "AWS::EC2::VPNGateway": shape("AmazonSideAsn Tags Type"),
        "AWS::EC2::VPNGatewayRoutePropagation": shape("RouteTableIds VpnGatewayId"),
        "AWS::NetworkFirewall::Firewall": shape(
            "AvailabilityZoneChangeProtection DeleteProtection Description EnabledAnalysisTypes FirewallName "
            "FirewallPolicyArn FirewallPolicyChangeProtection SubnetChangeProtection Tags VpcId",
            SubnetMappings=shape("IPAddressType SubnetId"),
        ),
        "AWS::NetworkFirewall::FirewallPolicy": shape(
            "Description FirewallPolicyName Tags",
            FirewallPolicy=shape(
                "EnableTLSSessionHolding StatefulDefaultActions StatelessDefaultActions "
                "StatelessFragmentDefaultActions TLSInspectionConfigurationArn",
                PolicyVariables=shape(
                    "",
                    RuleVariables=shape(
                        "",
                        **{"*": shape("Definition")},
                    ),
                ),
                Route53ResolvedIPValidation=shape(
                    "Action DNSExpiryExceptionPolicy DNSFirewallRuleGroupId",
                    BypassDestinationValidationIPRanges=shape("AddressDefinition"),
                    SourceIPRanges=shape("AddressDefinition"),
                ),
                StatefulEngineOptions=shape(
                    "RuleOrder StreamExceptionPolicy",
                    FlowTimeouts=shape("TcpIdleTimeoutSeconds"),
                ),
                StatefulRuleGroupReferences=shape(
                    "DeepThreatInspection Priority ResourceArn",
                    Override=shape("Action"),
                ),
                StatelessCustomActions=shape(
                    "ActionName",
                    ActionDefinition=shape(
                        "",
                        PublishMetricAction=shape(
                            "",
                            Dimensions=shape("Value"),
                        ),
                    ),
                ),
                StatelessRuleGroupReferences=shape("Priority ResourceArn"),
            ),
        ),
        "AWS::NetworkFirewall::RuleGroup": shape(
            "Capacity Description RuleGroupName Tags Type",
            RuleGroup=shape(
                "",
                ReferenceSets=shape(
                    "",
                    IPSetReferences=shape(
                        "",
                        **{"*": shape("ReferenceArn")},
                    ),
                ),
                RuleVariables=shape(
                    "",
                    IPSets=shape(
                        "",
                        **{"*": shape("Definition")},
                    ),
                    PortSets=shape(
                        "",
                        **{"*": shape("Definition")},
                    ),
                ),
                RulesSource=shape(
                    "RulesString",
                    RulesSourceList=shape("GeneratedRulesType TargetTypes Targets"),
                    StatefulRules=shape(
                        "Action",
                        Header=shape("Destination DestinationPort Direction Protocol Source SourcePort"),
                        RuleOptions=shape("Keyword Settings"),
                    ),
                    StatelessRulesAndCustomActions=shape(
                        "",
                        CustomActions=shape(
                            "ActionName",
                            ActionDefinition=shape(
                                "",
                                PublishMetricAction=shape(
                                    "",
                                    Dimensions=shape("Value"),
                                ),
                            ),
                        ),
                        StatelessRules=shape(
                            "Priority",
                            RuleDefinition=shape(
                                "Actions",
                                MatchAttributes=shape(
                                    "Protocols",
                                    DestinationPorts=shape("FromPort ToPort"),
                                    Destinations=shape("AddressDefinition"),
                                    SourcePorts=shape("FromPort ToPort"),
                                    Sources=shape("AddressDefinition"),
                                    TCPFlags=shape("Flags Masks"),
                                ),
                            ),
                        ),
                    ),
                ),
                StatefulRuleOptions=shape("RuleOrder"),
            ),
            SummaryConfiguration=shape("RuleOptions"),
        ),
        "AWS::NetworkFirewall::VpcEndpointAssociation": shape(
            "Description FirewallArn Tags VpcId",
            SubnetMapping=shape("IPAddressType SubnetId"),
        ),
        "AWS::Route53Resolver::FirewallDomainList": shape("DomainFileUrl Domains Name Tags"),
        "AWS::Route53Resolver::FirewallRuleGroup": shape(
            "Name Tags",
            FirewallRules=shape(
                "Action BlockOverrideDnsType BlockOverrideDomain BlockOverrideTtl BlockResponse "
                "ConfidenceThreshold DnsThreatProtection FirewallDomainListId FirewallDomainRedirectionAction "
                "Priority Qtype",
                FirewallRuleType=shape(
                    "",
                    FirewallAdvancedContentCategory=shape("Category"),
                    FirewallAdvancedThreatCategory=shape("Category"),
                    PartnerThreatProtection=shape("Partner"),
                ),
            ),
        ),
        "AWS::Route53Resolver::FirewallRuleGroupAssociation": shape(
            "FirewallRuleGroupId MutationProtection Name Priority Tags VpcId"
        ),
        "AWS::Route53Resolver::ResolverRule": shape(
            "DomainName Name ResolverEndpointId RuleType Tags",
            TargetIps=shape("Ip Ipv6 Port Protocol ServerNameIndication"),
        ),
        "AWS::Route53Resolver::ResolverRuleAssociation": shape("Name ResolverRuleId VPCId"),
        "AWS::IAM::ManagedPolicy": shape("Description Groups ManagedPolicyName Path PolicyDocument Roles Tags Users"),
        "AWS::IAM::Role": shape(
            "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path PermissionsBoundary "
            "Policies RoleName Tags"
        ),
    }
)

NOT_JUDGED: Mapping[str, str] = MappingProxyType(
    {
        "AWS::EC2::NatGateway": "AvailabilityMode AvailabilityZoneAddresses",
        "AWS::EC2::NetworkInterface": "InterfaceType",
        "AWS::EC2::Route": "OdbNetworkArn",
        "AWS::EC2::Subnet": "EnableDns64 EnableLniAtDeviceIndex Ipv6Native OutpostArn",
        "AWS::EC2::VPCEndpoint": "DnsOptions ServiceRegion",
        "AWS::NetworkFirewall::Firewall": (
            "AvailabilityZoneMappings NatGatewayMappings NoSourcePreservation ProxySettings TransitGatewayId "
            "VpcEndpoint"
        ),
        "AWS::Route53Resolver::ResolverRule": "DelegationRecord",
    }
)
"""Properties of these types that exist and that are not read, so that a resource with one is foreign."""

ORDINARY: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {
        ("AWS::EC2::NatGateway", "AvailabilityMode"): frozenset({"zonal"}),
        ("AWS::EC2::NetworkInterface", "InterfaceType"): frozenset({"interface"}),
        ("AWS::EC2::Subnet", "EnableDns64"): frozenset({"false"}),
        ("AWS::EC2::Subnet", "Ipv6Native"): frozenset({"false"}),
        ("AWS::NetworkFirewall::Firewall", "NoSourcePreservation"): frozenset({"false"}),
    }
)
"""Values at which a property that is not judged says what AWS does without it."""
