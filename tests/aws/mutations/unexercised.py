"""Mutating operations that the catalogue does not exercise, each with the reason.

``APART`` cannot touch what is watched. ``UNEXERCISED`` can, and the reason says where it would show, or that it would not.
The lists name every operation, so that one that AWS adds belongs to neither until somebody has looked at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some operations are not exercised, by service."""

    sentence: str
    operations: Mapping[str, tuple[str, ...]]


def _reason(sentence: str, **operations: str) -> Reason:
    """Services with a dash in their name are spelled with an underscore."""
    return Reason(sentence, {service.replace("_", "-"): tuple(names.split()) for service, names in operations.items()})


APART: tuple[Reason, ...] = (
    _reason(
        "Checks, collections, keys, comments, tags and logs of zones, and what no zone uses yet: none of them answers a name.",
        route53="""
            ActivateKeySigningKey ChangeCidrCollection ChangeTagsForResource CreateCidrCollection
            CreateHealthCheck CreateKeySigningKey CreateQueryLoggingConfig
            CreateResourceRecordSetProtections CreateReusableDelegationSet CreateTrafficPolicy
            CreateVPCAssociationAuthorization DeactivateKeySigningKey DeleteCidrCollection
            DeleteHealthCheck DeleteKeySigningKey DeleteQueryLoggingConfig
            DeleteResourceRecordSetProtections DeleteReusableDelegationSet DeleteTrafficPolicy
            DeleteVPCAssociationAuthorization DisableHostedZoneDNSSEC EnableHostedZoneDNSSEC
            TestDNSAnswer UpdateHealthCheck UpdateHostedZoneComment UpdateHostedZoneFeatures
            UpdateTrafficPolicyComment
        """,
        route53profiles="""
            TagResource UntagResource
        """,
        vpc_lattice="""
            CreateAccessLogSubscription DeleteAccessLogSubscription DeleteDomainVerification
            StartDomainVerification TagResource UntagResource UpdateAccessLogSubscription
        """,
    ),
    _reason(
        "It takes a profile or a service network away, which a perimeter never has and whose appearance is exercised.",
        route53profiles="""
            DeleteProfile
        """,
        vpc_lattice="""
            DeleteResourceGateway DeleteServiceNetwork DeleteServiceNetworkVpcAssociation
        """,
    ),
    _reason(
        "Machines, images, disks, capacity: none of them carries a route, a rule or a name. What runs in an agent's subnet shows as its interface, and RunInstances is exercised.",
        ec2="""
            AcceptCapacityReservationBillingOwnership AcceptReservedInstancesExchangeQuote
            AllocateHosts AssociateApplicationStatusCheck AssociateCapacityReservationBillingOwner
            AssociateEnclaveCertificateIamRole AssociateInstanceEventWindow AssociateKmsKeyId
            AttachImageWatermark AttachVolume BundleInstance CancelBundleTask
            CancelCapacityReservation CancelCapacityReservationFleets CancelConversionTask
            CancelExportTask CancelImageLaunchPermission CancelImportTask
            CancelReservedInstancesListing CancelSpotFleetRequests CancelSpotInstanceRequests
            ConfirmProductInstance CopyFpgaImage CopyImage CopySnapshot CopyVolumes
            CreateApplicationStatusCheck CreateCapacityManagerDataExport CreateCapacityReservation
            CreateCapacityReservationBySplitting CreateCapacityReservationCancellationQuote
            CreateCapacityReservationDateChangeQuote CreateCapacityReservationFleet
            CreateDelegateMacVolumeOwnershipTask CreateFleet CreateFpgaImage CreateImage
            CreateImageUsageReport CreateInstanceEventWindow CreateInstanceExportTask
            CreateInterruptibleCapacityReservationAllocation CreateKeyPair CreateLaunchTemplate
            CreateLaunchTemplateVersion CreateMacSystemIntegrityProtectionModificationTask
            CreateMetricCategory CreatePlacementGroup CreateReplaceRootVolumeTask
            CreateReservedInstancesListing CreateRestoreImageTask CreateSnapshot CreateSnapshots
            CreateSpotDatafeedSubscription CreateStoreImageTask CreateVolume
            DeleteApplicationStatusCheck DeleteCapacityManagerDataExport DeleteFleets
            DeleteFpgaImage DeleteImageUsageReport DeleteInstanceEventWindow DeleteKeyPair
            DeleteLaunchTemplate DeleteLaunchTemplateVersions DeleteMetricCategory
            DeletePlacementGroup DeleteQueuedReservedInstances DeleteSnapshot
            DeleteSpotDatafeedSubscription DeleteVolume DeregisterImage
            DeregisterInstanceEventNotificationAttributes DetachImageWatermark DetachVolume
            DisableAllowedImagesSettings DisableApplicationStatusCheckSuppression
            DisableCapacityManager DisableEbsEncryptionByDefault DisableFastLaunch
            DisableFastSnapshotRestores DisableImage DisableImageBlockPublicAccess
            DisableImageDeprecation DisableImageDeregistrationProtection
            DisableInstanceSqlHaStandbyDetections DisableSerialConsoleAccess
            DisableSnapshotBlockPublicAccess DisassociateApplicationStatusCheck
            DisassociateCapacityReservationBillingOwner DisassociateEnclaveCertificateIamRole
            DisassociateInstanceEventWindow DisassociateKmsKeyId EnableAllowedImagesSettings
            EnableApplicationStatusCheckSuppression EnableCapacityManager
            EnableEbsEncryptionByDefault EnableFastLaunch EnableFastSnapshotRestores EnableImage
            EnableImageBlockPublicAccess EnableImageDeprecation EnableImageDeregistrationProtection
            EnableInstanceSqlHaStandbyDetections EnableReachabilityAnalyzerOrganizationSharing
            EnableSerialConsoleAccess EnableSnapshotBlockPublicAccess EnableVolumeIO ExportImage
            ImportImage ImportInstance ImportKeyPair ImportSnapshot ImportVolume LockSnapshot
            ModifyApplicationStatusCheck ModifyAvailabilityZoneGroup ModifyCapacityReservation
            ModifyCapacityReservationFleet ModifyDefaultCreditSpecification ModifyEbsDefaultKmsKeyId
            ModifyFleet ModifyFpgaImageAttribute ModifyHosts ModifyIdFormat ModifyIdentityIdFormat
            ModifyImageAttribute ModifyInstanceCapacityReservationAttributes
            ModifyInstanceCpuOptions ModifyInstanceCreditSpecification ModifyInstanceEventStartTime
            ModifyInstanceEventWindow ModifyInstanceMaintenanceOptions
            ModifyInstanceMetadataDefaults ModifyInstanceMetadataOptions
            ModifyInstanceNetworkPerformanceOptions ModifyInstancePlacement ModifyLaunchTemplate
            ModifyMetricCategory ModifyReservedInstances ModifySnapshotAttribute ModifySnapshotTier
            ModifySpotFleetRequest ModifyVolume ModifyVolumeAttribute MonitorInstances
            MoveCapacityReservationInstances PurchaseCapacityBlock PurchaseCapacityBlockExtension
            PurchaseHostReservation PurchaseReservedInstancesOffering PurchaseScheduledInstances
            RebootInstances RegisterImage RegisterInstanceEventNotificationAttributes
            RejectCapacityReservationBillingOwnership ReleaseHosts
            ReplaceImageCriteriaInAllowedImagesSettings ReplaceImageInstanceTypeSpecification
            ReportInstanceStatus RequestSpotFleet RequestSpotInstances ResetEbsDefaultKmsKeyId
            ResetFpgaImageAttribute ResetImageAttribute ResetInstanceAttribute
            ResetSnapshotAttribute RestoreImageFromRecycleBin RestoreSnapshotFromRecycleBin
            RestoreSnapshotTier RestoreVolumeFromRecycleBin RunScheduledInstances
            SendDiagnosticInterrupt UnlockSnapshot UnmonitorInstances
            UpdateCapacityManagerMonitoredTagKeys UpdateCapacityManagerOrganizationsAccess
            UpdateInterruptibleCapacityReservationAllocation
        """,
    ),
    _reason(
        "It plans, brings or hands over addresses; a VPC or subnet takes a block by an Associate call only, an interface an address by AssociateAddress: these are exercised.",
        ec2="""
            AcceptAddressTransfer AdvertiseByoipCidr AllocateIpamPoolCidr AssociateIpamByoasn
            AssociateIpamResourceDiscovery BatchModifyIpamRoutingPolicyRegistrations CreateCoipCidr
            CreateCoipPool CreateIpam CreateIpamExternalResourceVerificationToken
            CreateIpamInternetRegistryAssociation CreateIpamPolicy CreateIpamPool
            CreateIpamResourceDiscovery CreateIpamRoutingPolicyRegistration CreateIpamScope
            CreatePublicIpv4Pool CreateSubnetCidrReservation DeleteCoipCidr DeleteCoipPool
            DeleteIpam DeleteIpamExternalResourceVerificationToken
            DeleteIpamInternetRegistryAssociation DeleteIpamPolicy DeleteIpamPool
            DeleteIpamResourceDiscovery DeleteIpamRoutingPolicyRegistration DeleteIpamScope
            DeletePublicIpv4Pool DeleteSubnetCidrReservation DeprovisionByoipCidr
            DeprovisionIpamByoasn DeprovisionIpamPoolCidr DeprovisionPublicIpv4PoolCidr
            DisableAddressTransfer DisableIpamOrganizationAdminAccount DisableIpamPolicy
            DisassociateIpamByoasn DisassociateIpamResourceDiscovery EnableAddressTransfer
            EnableIpamInternetRegistryAssociation EnableIpamOrganizationAdminAccount
            EnableIpamPolicy ModifyAddressAttribute ModifyIpam ModifyIpamPolicyAllocationRules
            ModifyIpamPool ModifyIpamPoolAllocation ModifyIpamResourceCidr
            ModifyIpamResourceDiscovery ModifyIpamRoutingPolicyRegistration ModifyIpamScope
            MoveAddressToVpc MoveByoipCidrToIpam ProvisionByoipCidr ProvisionIpamByoasn
            ProvisionIpamPoolCidr ProvisionPublicIpv4PoolCidr ReleaseIpamPoolAllocation
            ResetAddressAttribute RestoreAddressToClassic WithdrawByoipCidr
        """,
    ),
    _reason(
        "An address that nobody bears, or bears no more, carries no traffic; AssociateAddress is exercised.",
        ec2="""
            AllocateAddress ReleaseAddress UnassignIpv6Addresses UnassignPrivateIpAddresses
        """,
    ),
    _reason(
        "It changes which addresses a NAT gateway speaks from, not what it lets through.",
        ec2="""
            AssignPrivateNatGatewayAddress AssociateNatGatewayAddress DisassociateNatGatewayAddress
            UnassignPrivateNatGatewayAddress
        """,
    ),
    _reason(
        "It happens inside a transit gateway. An agent's packet gets there by an attachment of the VPC only, which is found by itself (CreateTransitGatewayVpcAttachment), and by a route.",
        ec2="""
            AcceptTransitGatewayClientVpnAttachment AcceptTransitGatewayPeeringAttachment
            AssociateTransitGatewayPolicyTable AssociateTransitGatewayRouteTable
            CreateTransitGateway CreateTransitGatewayConnect CreateTransitGatewayConnectPeer
            CreateTransitGatewayMeteringPolicy CreateTransitGatewayMeteringPolicyEntry
            CreateTransitGatewayNetworkFunctionAttachment CreateTransitGatewayPeeringAttachment
            CreateTransitGatewayPolicyTable CreateTransitGatewayPolicyTableEntry
            CreateTransitGatewayPrefixListReference CreateTransitGatewayRoute
            CreateTransitGatewayRouteTable CreateTransitGatewayRouteTableAnnouncement
            DeleteTransitGateway DeleteTransitGatewayClientVpnAttachment DeleteTransitGatewayConnect
            DeleteTransitGatewayConnectPeer DeleteTransitGatewayMeteringPolicy
            DeleteTransitGatewayMeteringPolicyEntry DeleteTransitGatewayNetworkFunctionAttachment
            DeleteTransitGatewayPeeringAttachment DeleteTransitGatewayPolicyTable
            DeleteTransitGatewayPolicyTableEntry DeleteTransitGatewayPrefixListReference
            DeleteTransitGatewayRoute DeleteTransitGatewayRouteTable
            DeleteTransitGatewayRouteTableAnnouncement DisableTransitGatewayRouteTablePropagation
            DisassociateTransitGatewayPolicyTable DisassociateTransitGatewayRouteTable
            EnableTransitGatewayRouteTablePropagation ExportTransitGatewayRoutes
            ModifyTransitGateway ModifyTransitGatewayAttachmentNatConfiguration
            ModifyTransitGatewayMeteringPolicy ModifyTransitGatewayNetworkFunctionAttachment
            ModifyTransitGatewayPeeringAttachment ModifyTransitGatewayPolicyTableEntry
            ModifyTransitGatewayPrefixListReference RejectTransitGatewayClientVpnAttachment
            RejectTransitGatewayPeeringAttachment ReplaceTransitGatewayRoute
        """,
    ),
    _reason(
        "It is about who comes in through a Client VPN, not about what leaves.",
        ec2="""
            AuthorizeClientVpnIngress CreateClientVpnEndpoint CreateClientVpnRoute
            DeleteClientVpnEndpoint DeleteClientVpnEndpointAuthorizationPolicy DeleteClientVpnRoute
            DisassociateClientVpnTargetNetwork ExportClientVpnClientCertificateRevocationList
            ExportClientVpnClientConfiguration ImportClientVpnClientCertificateRevocationList
            ModifyClientVpnEndpoint ModifyClientVpnEndpointAuthorizationPolicy
            RevokeClientVpnIngress TerminateClientVpnConnections
        """,
    ),
    _reason(
        "It happens at the far side of a virtual private gateway; AttachVpnGateway, EnableVgwRoutePropagation and CreateRoute are what lets an agent get there, and they are exercised.",
        ec2="""
            CreateCustomerGateway CreateVpnConcentrator CreateVpnConnection CreateVpnConnectionRoute
            CreateVpnGateway DeleteCustomerGateway DeleteVpnConcentrator DeleteVpnConnection
            DeleteVpnConnectionRoute DeleteVpnGateway ModifyVpnConnection ModifyVpnConnectionOptions
            ModifyVpnTunnelCertificate ModifyVpnTunnelOptions ReplaceVpnTunnel
        """,
    ),
    _reason(
        "It lets people in; nothing leaves by it.",
        ec2="""
            AttachVerifiedAccessTrustProvider CreateVerifiedAccessEndpoint CreateVerifiedAccessGroup
            CreateVerifiedAccessInstance CreateVerifiedAccessTrustProvider
            DeleteVerifiedAccessEndpoint DeleteVerifiedAccessGroup DeleteVerifiedAccessInstance
            DeleteVerifiedAccessTrustProvider DetachVerifiedAccessTrustProvider
            ExportVerifiedAccessInstanceClientConfiguration ModifyVerifiedAccessEndpoint
            ModifyVerifiedAccessEndpointPolicy ModifyVerifiedAccessGroup
            ModifyVerifiedAccessGroupPolicy ModifyVerifiedAccessInstance
            ModifyVerifiedAccessInstanceLoggingConfiguration ModifyVerifiedAccessTrustProvider
        """,
    ),
    _reason(
        "A mirror session is drift whatever its filter and target are, and CreateTrafficMirrorSession is exercised; without a session nothing is copied.",
        ec2="""
            CreateTrafficMirrorFilter CreateTrafficMirrorFilterRule CreateTrafficMirrorTarget
            DeleteTrafficMirrorFilter DeleteTrafficMirrorFilterRule
            DeleteTrafficMirrorTarget ModifyTrafficMirrorFilterNetworkServices
            ModifyTrafficMirrorFilterRule
        """,
    ),
    _reason(
        "Outposts and their local gateways: a VPC gets there by a route of its own, and routes are read whatever their target.",
        ec2="""
            CreateLocalGatewayRoute CreateLocalGatewayRouteTable
            CreateLocalGatewayRouteTableVirtualInterfaceGroupAssociation
            CreateLocalGatewayRouteTableVpcAssociation CreateLocalGatewayVirtualInterface
            CreateLocalGatewayVirtualInterfaceGroup DeleteLocalGatewayRoute
            DeleteLocalGatewayRouteTable
            DeleteLocalGatewayRouteTableVirtualInterfaceGroupAssociation
            DeleteLocalGatewayRouteTableVpcAssociation DeleteLocalGatewayVirtualInterface
            DeleteLocalGatewayVirtualInterfaceGroup ModifyLocalGatewayRoute
        """,
        route53resolver="""
            CreateOutpostResolver DeleteOutpostResolver UpdateOutpostResolver
        """,
    ),
    _reason(
        "A route server writes no route before it is associated, has a peer and is propagated to a table.",
        ec2="""
            CreateRouteServer CreateRouteServerEndpoint DeleteRouteServer DeleteRouteServerEndpoint
            DeleteRouteServerPeer DisableRouteServerPropagation DisassociateRouteServer
            ModifyRouteServer
        """,
    ),
    _reason(
        "It measures, reports or bills.",
        ec2="""
            AssociateNetworkingFlexCostAllocationPolicy CancelDeclarativePoliciesReport
            CreateNetworkInsightsAccessScope CreateNetworkInsightsPath
            CreateNetworkingFlexCostAllocationPolicy CreateVpcEndpointConnectionNotification
            DeleteNetworkInsightsAccessScope DeleteNetworkInsightsAccessScopeAnalysis
            DeleteNetworkInsightsAnalysis DeleteNetworkInsightsPath
            DeleteNetworkingFlexCostAllocationPolicies DeleteVpcEndpointConnectionNotifications
            DisableAwsNetworkPerformanceMetricSubscription
            DisassociateNetworkingFlexCostAllocationPolicy
            EnableAwsNetworkPerformanceMetricSubscription ModifyNetworkingFlexCostAllocationPolicy
            ModifyVpcEndpointConnectionNotification ModifyVpcEndpointPayerResponsibility
            ModifyVpcEndpointServicePayerResponsibility StartDeclarativePoliciesReport
            StartNetworkInsightsAccessScopeAnalysis StartNetworkInsightsAnalysis
        """,
        network_firewall="""
            StartAnalysisReport StartFlowCapture UpdateFirewallAnalysisSettings
        """,
    ),
    _reason(
        "It offers a service of ours to others, who then reach it; an agent reaches nothing by it.",
        ec2="""
            AcceptVpcEndpointConnections CreateVpcEndpointServiceConfiguration
            DeleteVpcEndpointServiceConfigurations ModifyVpcEndpointServiceConfiguration
            ModifyVpcEndpointServicePermissions RejectVpcEndpointConnections
            StartVpcEndpointServicePrivateDnsVerification
        """,
    ),
    _reason(
        "EC2-Classic is retired.",
        ec2="""
            AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink
            DisableVpcClassicLinkDnsSupport EnableVpcClassicLink EnableVpcClassicLinkDnsSupport
        """,
    ),
    _reason(
        "It changes nothing, whatever its name begins with.",
        ec2="""
            ValidateSecurityGroupQuotasForInterface
        """,
    ),
    _reason(
        "What it makes carries nothing in this VPC until it is attached, associated, or named by a route or rule; those operations are exercised.",
        ec2="""
            CreateDefaultSubnet CreateDefaultVpc CreateDhcpOptions CreateInternetGateway
            CreateManagedPrefixList CreateVpc
        """,
        network_firewall="""
            CreateFirewallPolicy CreateFirewallPolicyV2 CreateRuleGroup
            CreateTLSInspectionConfiguration
        """,
        route53resolver="""
            CreateFirewallDomainList CreateFirewallRuleGroup CreateResolverQueryLogConfig
            CreateResolverRule
        """,
    ),
    _reason(
        "AWS refuses it for what is in use (in rare cases Network Firewall does not notice, says its developer guide: then reading it fails, and the check is incomplete); what is not in use carries nothing.",
        ec2="""
            DeleteDhcpOptions DeleteManagedPrefixList DeleteVpc
        """,
        network_firewall="""
            DeleteFirewallPolicy DeleteFirewallPolicyV2 DeleteRuleGroup
            DeleteTLSInspectionConfiguration
        """,
        route53resolver="""
            DeleteFirewallDomainList DeleteFirewallRuleGroup DeleteResolverQueryLogConfig
            DeleteResolverRule
        """,
    ),
    _reason(
        "It changes how a machine is named or whose hardware it runs on.",
        ec2="""
            ModifyInstanceConnectEndpoint ModifyPrivateDnsNameOptions ModifyPublicIpDnsNameOptions
            ModifyVpcTenancy
        """,
    ),
    _reason(
        "It is for firewalls of a transit gateway or in proxy mode; ours stand in the VPC.",
        network_firewall="""
            AcceptNetworkFirewallTransitGatewayAttachment AssociateAvailabilityZones
            DeleteNetworkFirewallTransitGatewayAttachment DeleteProxy DisassociateAvailabilityZones
            RejectNetworkFirewallTransitGatewayAttachment UpdateAvailabilityZoneChangeProtection
            UpdateProxySettings
        """,
    ),
    _reason(
        "It shares a resource with other accounts, who cannot change it.",
        network_firewall="""
            DeleteResourcePolicy PutResourcePolicy
        """,
        route53resolver="""
            PutFirewallRuleGroupPolicy PutResolverQueryLogConfigPolicy PutResolverRulePolicy
        """,
    ),
    _reason(
        "It changes the key that a resource is encrypted with.",
        network_firewall="""
            UpdateFirewallEncryptionConfiguration
        """,
    ),
    _reason(
        "An endpoint forwards only what a resolver rule on the VPC sends to it; AssociateResolverRule and UpdateResolverRule are exercised.",
        route53resolver="""
            AssociateResolverEndpointIpAddress DeleteResolverEndpoint
            DisassociateResolverEndpointIpAddress UpdateResolverEndpoint
        """,
    ),
    _reason(
        "It changes how answers are made or checked (reverse lookups, DNSSEC), not which names may be asked for.",
        route53resolver="""
            UpdateResolverConfig UpdateResolverDnssecConfig
        """,
    ),
    _reason(
        "It changes what a role is called, described or tagged as.",
        iam="""
            TagInstanceProfile TagRole UntagInstanceProfile UntagRole UpdateRole
            UpdateRoleDescription
        """,
    ),
    _reason(
        "Users, groups, keys, federation, certificates and account settings: an agent runs as a role, and is capped by its boundary.",
        iam="""
            AcceptDelegationRequest AddClientIDToOpenIDConnectProvider AddUserToGroup
            AssociateDelegationRequest AttachGroupPolicy AttachUserPolicy ChangePassword
            CreateAccessKey CreateAccountAlias CreateDelegationRequest CreateGroup
            CreateLoginProfile CreateOpenIDConnectProvider CreateSAMLProvider
            CreateServiceLinkedRole CreateServiceSpecificCredential CreateUser
            CreateVirtualMFADevice DeactivateMFADevice DeleteAccessKey DeleteAccountAlias
            DeleteAccountPasswordPolicy DeleteGroup DeleteGroupPolicy DeleteLoginProfile
            DeleteOpenIDConnectProvider DeleteSAMLProvider DeleteSSHPublicKey
            DeleteServerCertificate DeleteServiceLinkedRole DeleteServiceSpecificCredential
            DeleteSigningCertificate DeleteUser DeleteUserPermissionsBoundary DeleteUserPolicy
            DeleteVirtualMFADevice DetachGroupPolicy DetachUserPolicy
            DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions
            DisableOutboundWebIdentityFederation EnableMFADevice
            EnableOrganizationsRootCredentialsManagement EnableOrganizationsRootSessions
            EnableOutboundWebIdentityFederation GenerateCredentialReport
            GenerateOrganizationsAccessReport GenerateServiceLastAccessedDetails
            PutAccountProperties PutGroupPolicy PutUserPermissionsBoundary PutUserPolicy
            RejectDelegationRequest RemoveClientIDFromOpenIDConnectProvider RemoveUserFromGroup
            ResetServiceSpecificCredential ResyncMFADevice SendDelegationToken
            SetSecurityTokenServicePreferences TagMFADevice TagOpenIDConnectProvider TagSAMLProvider
            TagServerCertificate TagUser UntagMFADevice UntagOpenIDConnectProvider UntagSAMLProvider
            UntagServerCertificate UntagUser UpdateAccessKey UpdateAccountPasswordPolicy
            UpdateDelegationRequest UpdateGroup UpdateLoginProfile
            UpdateOpenIDConnectProviderThumbprint UpdateSAMLProvider UpdateSSHPublicKey
            UpdateServerCertificate UpdateServiceSpecificCredential UpdateSigningCertificate
            UpdateUser UploadSSHPublicKey UploadServerCertificate UploadSigningCertificate
        """,
    ),
    _reason(
        "A subnet joins a multicast domain by an attachment of the VPC, which is found by itself; without one nothing is carried.",
        ec2="""
            AcceptTransitGatewayMulticastDomainAssociations AssociateTransitGatewayMulticastDomain
            CreateTransitGatewayMulticastDomain DeleteTransitGatewayMulticastDomain
            DeregisterTransitGatewayMulticastGroupMembers
            DeregisterTransitGatewayMulticastGroupSources DisassociateTransitGatewayMulticastDomain
            RegisterTransitGatewayMulticastGroupMembers RegisterTransitGatewayMulticastGroupSources
            RejectTransitGatewayMulticastDomainAssociations
        """,
    ),
    _reason(
        "An interface permission lets another account attach an interface that is there already; interfaces are read whoever attaches them.",
        ec2="""
            CreateNetworkInterfacePermission DeleteNetworkInterfacePermission
        """,
    ),
    _reason(
        "It hides what AWS services run for an account from answers that do not ask for it; the reads ask for it (IncludeManagedResources).",
        ec2="""
            ModifyManagedResourceVisibility
        """,
    ),
    _reason(
        "It is about a peering connection or an exclusion that would already be drift, or the default that it returns to is the stricter one.",
        ec2="""
            ModifyVpcBlockPublicAccessExclusion ModifyVpcPeeringConnectionOptions
            ResetNetworkInterfaceAttribute
        """,
    ),
    _reason(
        "It asks for encryption between machines of a VPC, and may refuse what is not encrypted; it opens nothing.",
        ec2="""
            CreateVpcEncryptionControl DeleteVpcEncryptionControl ModifyAccountVpcEncryptionControl
            ModifyVpcEncryptionControl
        """,
    ),
    _reason(
        "It forgets connections that the firewall has passed; what is left of them is for the stream exception policy, which UpdateFirewallPolicy sets.",
        network_firewall="""
            StartFlowFlush
        """,
    ),
    _reason(
        "It makes a role. A role is an agent's when a workload of the agent runs as it: AssociateIamInstanceProfile and AddRoleToInstanceProfile are exercised.",
        iam="""
            AcquireRole
        """,
    ),
)

UNEXERCISED: tuple[Reason, ...] = (
    _reason(
        "It changes what a zone answers; a private zone on the VPC is a departure by itself, whatever it answers.",
        route53="""
            ChangeResourceRecordSets CreateTrafficPolicyInstance CreateTrafficPolicyVersion
            DeleteTrafficPolicyInstance UpdateTrafficPolicyInstance
        """,
    ),
    _reason(
        "It changes what a profile holds; a profile on the VPC is a departure by itself, whatever it holds.",
        route53profiles="""
            AssociateResourceToProfile DisassociateResourceFromProfile UpdateProfileAssociation
            UpdateProfileResourceAssociation
        """,
    ),
    _reason(
        "It changes what stands behind a service network; the network on the VPC is a departure by itself.",
        vpc_lattice="""
            BatchUpdateRule CreateListener CreateResourceConfiguration CreateRule CreateService
            CreateServiceNetworkResourceAssociation CreateServiceNetworkServiceAssociation
            CreateTargetGroup DeleteAuthPolicy DeleteListener DeleteResourceConfiguration
            DeleteResourceEndpointAssociation DeleteResourcePolicy DeleteRule DeleteService
            DeleteServiceNetworkResourceAssociation DeleteServiceNetworkServiceAssociation
            DeleteTargetGroup DeregisterTargets PutAuthPolicy PutResourcePolicy RegisterTargets
            UpdateListener UpdateResourceConfiguration UpdateRule UpdateService UpdateServiceNetwork
            UpdateServiceNetworkVpcAssociation UpdateTargetGroup
        """,
    ),
    _reason(
        "A resource gateway lets others into the VPC by interfaces of its subnets, which are read; the local AWS has none.",
        vpc_lattice="""
            CreateResourceGateway UpdateResourceGateway
        """,
    ),
    _reason(
        "It fills a customer prefix list in the background; the entries are read as they are, and ModifyManagedPrefixList is exercised.",
        ec2="""
            CreateIpamPrefixListResolver CreateIpamPrefixListResolverTarget
            DeleteIpamPrefixListResolver DeleteIpamPrefixListResolverTarget
            ModifyIpamPrefixListResolver ModifyIpamPrefixListResolverTarget
        """,
    ),
    _reason(
        "It changes an attachment that would already be drift; the attachment and the route to it are exercised.",
        ec2="""
            AcceptTransitGatewayVpcAttachment ModifyTransitGatewayVpcAttachment
            RejectTransitGatewayVpcAttachment
        """,
    ),
    _reason(
        "A Client VPN stands in the VPC as interfaces of its target subnets, which are read; the local AWS has no Client VPN.",
        ec2="""
            ApplySecurityGroupsToClientVpnTargetNetwork AssociateClientVpnTargetNetwork
        """,
    ),
    _reason(
        "A branch interface is an interface of its subnet, and is read as such; the local AWS has no trunks.",
        ec2="""
            AssociateTrunkInterface DisassociateTrunkInterface
        """,
    ),
    _reason(
        "A route server writes routes into tables, and they are read as they are (CreateRoute is exercised); the local AWS has none.",
        ec2="""
            AssociateRouteServer CreateRouteServerPeer EnableRouteServerPropagation
        """,
    ),
    _reason(
        "It changes the addresses behind a variable of a rule group, which AWS fills in: a rule group that uses one is Unknown, and none of ours does.",
        network_firewall="""
            CreateContainerAssociation DeleteContainerAssociation UpdateContainerAssociation
        """,
    ),
    _reason(
        "A policy that inspects TLS is read as such (UpdateFirewallPolicy is exercised); what the inspection configuration holds is not judged.",
        network_firewall="""
            UpdateTLSInspectionConfiguration
        """,
    ),
    _reason(
        "A next-generation policy has no CloudFormation type and another engine: a firewall that uses one cannot be read and is Unknown.",
        network_firewall="""
            UpdateFirewallPolicyV2
        """,
    ),
    _reason(
        "It says who may take on a role. Of an agent's role that opens nothing. The role that delivers flow logs stops to: DescribeFlowLogs says so hours later, and that is read (DeliverLogsStatus); the local AWS delivers no logs.",
        iam="""
            UpdateAssumeRolePolicy
        """,
    ),
    _reason(
        "A secondary network links instances beside the VPC, behind no security group of it. An instance gets into one at its start alone, of select types with a reservation of capacity. It is not read: docs/limits.md.",
        ec2="""
            CreateSecondaryNetwork CreateSecondarySubnet DeleteSecondaryNetwork
            DeleteSecondarySubnet
        """,
    ),
    _reason(
        "A resolver endpoint stands in a subnet as interfaces, which are read; what it forwards a resolver rule decides (AssociateResolverRule is exercised). The local AWS makes no interfaces for it.",
        route53resolver="""
            CreateResolverEndpoint
        """,
    ),
)
