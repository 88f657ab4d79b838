"""EC2: the VPC, what stands in it, and every way out of it."""

from __future__ import annotations

from typing import Final

from agent_perimeter.aws.read import TAGS, Read, Source, in_stack, of_vpc
from agent_perimeter.aws.shapes import DOCUMENT, VALUES, answer, each, fields

_RULES: Final = each(
    "IpProtocol FromPort ToPort",
    UserIdGroupPairs=each("Description UserId GroupName GroupId VpcId VpcPeeringConnectionId PeeringStatus"),
    IpRanges=each("Description CidrIp"),
    Ipv6Ranges=each("Description CidrIpv6"),
    PrefixListIds=each("Description PrefixListId"),
)
_PUBLIC: Final = fields("PublicIp CarrierIp CustomerOwnedIp IpOwnerId AllocationId")
_PEER: Final = fields("VpcId OwnerId Region CidrBlock", CidrBlockSet=each("CidrBlock"))
_SHARED_GROUPS: Final = answer(SecurityGroupVpcAssociations=each("GroupId VpcId VpcOwnerId State GroupOwnerId"))
_PREFIX_LIST: Final = r"(pl-.+)"

EC2: Final[tuple[Read, ...]] = (
    Read(
        "ec2",
        "DescribeVpcs",
        answer(
            Vpcs=each(
                "VpcId OwnerId State CidrBlock DhcpOptionsId IsDefault",
                CidrBlockAssociationSet=each("AssociationId CidrBlock", CidrBlockState=fields("State")),
                Ipv6CidrBlockAssociationSet=each("AssociationId Ipv6CidrBlock", Ipv6CidrBlockState=fields("State")),
                BlockPublicAccessStates=fields("InternetGatewayBlockMode"),
                EncryptionControl=fields("Mode State"),
                Tags=TAGS,
            )
        ),
        parameters=of_vpc(),
    ),
    Read(
        "ec2",
        "DescribeVpcAttribute",
        # One of the two, whichever was asked for.
        fields(EnableDnsSupport=fields("Value"), EnableDnsHostnames=fields("Value")),
        parameters=(
            {"VpcId": "{vpc}", "Attribute": "enableDnsSupport"},
            {"VpcId": "{vpc}", "Attribute": "enableDnsHostnames"},
        ),
        nonempty=("EnableDnsSupport.Value|EnableDnsHostnames.Value",),
    ),
    Read(
        "ec2",
        "DescribeSubnets",
        answer(
            Subnets=each(
                "SubnetId VpcId OwnerId State CidrBlock AvailabilityZone AvailabilityZoneId MapPublicIpOnLaunch "
                "AssignIpv6AddressOnCreation Ipv6Native OutpostArn",
                Ipv6CidrBlockAssociationSet=each("AssociationId Ipv6CidrBlock", Ipv6CidrBlockState=fields("State")),
                BlockPublicAccessStates=fields("InternetGatewayBlockMode"),
                Tags=TAGS,
            )
        ),
        parameters=of_vpc(),
        about="Subnets.VpcId",
    ),
    Read(
        "ec2",
        "DescribeRouteTables",
        answer(
            RouteTables=each(
                "RouteTableId VpcId OwnerId",
                Associations=each(
                    "Main RouteTableAssociationId RouteTableId SubnetId GatewayId PublicIpv4Pool",
                    AssociationState=fields("State"),
                ),
                Routes=each(
                    "DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId "
                    "EgressOnlyInternetGatewayId GatewayId InstanceId InstanceOwnerId NatGatewayId "
                    "TransitGatewayId LocalGatewayId CarrierGatewayId NetworkInterfaceId Origin State "
                    "VpcPeeringConnectionId CoreNetworkArn OdbNetworkArn IpAddress"
                ),
                PropagatingVgws=each("GatewayId"),
                Tags=TAGS,
            )
        ),
        parameters=of_vpc(),
        nonempty=("RouteTables.Associations.Main=True",),
        about="RouteTables.VpcId",
    ),
    Read(
        "ec2",
        "DescribeNetworkAcls",
        answer(
            NetworkAcls=each(
                "NetworkAclId VpcId OwnerId IsDefault",
                Associations=each("NetworkAclAssociationId NetworkAclId SubnetId"),
                Entries=each(
                    "RuleNumber Egress RuleAction Protocol CidrBlock Ipv6CidrBlock",
                    IcmpTypeCode=fields("Code Type"),
                    PortRange=fields("From To"),
                ),
                Tags=TAGS,
            )
        ),
        parameters=of_vpc(),
        nonempty=("NetworkAcls.IsDefault=True",),
        about="NetworkAcls.VpcId",
    ),
    Read(
        "ec2",
        "DescribeSecurityGroups",
        answer(
            SecurityGroups=each(
                "GroupId GroupName VpcId OwnerId Description",
                IpPermissions=_RULES,
                IpPermissionsEgress=_RULES,
                Tags=TAGS,
            )
        ),
        parameters=of_vpc(),
        nonempty=("SecurityGroups.GroupName=default",),
        about="SecurityGroups.VpcId",
    ),
    Read(
        "ec2",
        "DescribeNetworkInterfaces",
        answer(
            NetworkInterfaces=each(
                "NetworkInterfaceId SubnetId VpcId OwnerId Description InterfaceType RequesterId RequesterManaged "
                "SourceDestCheck Status PrivateIpAddress Ipv6Native",
                Association=_PUBLIC,
                Attachment=fields("AttachmentId InstanceId InstanceOwnerId Status DeviceIndex"),
                Groups=each("GroupId GroupName"),
                PrivateIpAddresses=each("PrivateIpAddress Primary", Association=_PUBLIC),
                Ipv6Addresses=each("Ipv6Address"),
                Ipv4Prefixes=each("Ipv4Prefix"),
                Ipv6Prefixes=each("Ipv6Prefix"),
                Operator=fields("Managed Principal"),
                TagSet=TAGS,
            )
        ),
        parameters=of_vpc(),
        newer={"IncludeManagedResources": True},
        about="NetworkInterfaces.VpcId",
    ),
    Read(
        "ec2",
        "DescribeInstances",
        answer(
            Reservations=each(
                "OwnerId",
                Instances=each(
                    "InstanceId SubnetId VpcId SourceDestCheck PublicIpAddress",
                    State=fields("Name"),
                    IamInstanceProfile=fields("Arn"),
                    # Those of other VPCs, too.
                    NetworkInterfaces=each("NetworkInterfaceId VpcId SubnetId"),
                    Tags=TAGS,
                ),
            )
        ),
        parameters=({"Filters": [{"Name": "instance-id", "Values": ["{all}"]}]},),
        sources=(
            Source(
                "ec2:DescribeNetworkInterfaces",
                "NetworkInterfaces.Attachment",
                {"all": "InstanceId"},
                where={"InstanceOwnerId": r"\d{12}"},
            ),
        ),
        newer={"IncludeManagedResources": True},
        about="Reservations.Instances.InstanceId",
    ),
    Read(
        "ec2",
        "DescribeInternetGateways",
        answer(InternetGateways=each("InternetGatewayId OwnerId", Attachments=each("State VpcId"), Tags=TAGS)),
        parameters=of_vpc("attachment.vpc-id"),
        about="InternetGateways.Attachments.VpcId",
    ),
    Read(
        "ec2",
        "DescribeEgressOnlyInternetGateways",
        answer(
            EgressOnlyInternetGateways=each("EgressOnlyInternetGatewayId", Attachments=each("State VpcId"), Tags=TAGS)
        ),
        only=("EgressOnlyInternetGateways", "Attachments.VpcId"),  # AWS has no filter by VPC
    ),
    Read(
        "ec2",
        "DescribeNatGateways",
        answer(
            NatGateways=each(
                "NatGatewayId VpcId SubnetId State ConnectivityType AvailabilityMode AutoProvisionZones "
                "AutoScalingIps RouteTableId",
                NatGatewayAddresses=each(
                    "AllocationId NetworkInterfaceId PrivateIp PublicIp AssociationId IsPrimary Status AvailabilityZone"
                ),
                AttachedAppliances=each("Type ApplianceArn VpcEndpointId AttachmentState"),
                Tags=TAGS,
            )
        ),
        parameters=of_vpc(key="Filter"),
        about="NatGateways.VpcId",
    ),
    Read(
        "ec2",
        "DescribeVpcPeeringConnections",
        answer(
            VpcPeeringConnections=each(
                "VpcPeeringConnectionId",
                AccepterVpcInfo=_PEER,
                RequesterVpcInfo=_PEER,
                Status=fields("Code"),
                Tags=TAGS,
            )
        ),
        parameters=(*of_vpc("requester-vpc-info.vpc-id"), *of_vpc("accepter-vpc-info.vpc-id")),
    ),
    Read(
        "ec2",
        "DescribeTransitGatewayVpcAttachments",
        answer(
            TransitGatewayVpcAttachments=each(
                "TransitGatewayAttachmentId TransitGatewayId VpcId VpcOwnerId State", SubnetIds=VALUES, Tags=TAGS
            )
        ),
        parameters=of_vpc(),
        about="TransitGatewayVpcAttachments.VpcId",
    ),
    Read(
        "ec2",
        "DescribeVpnGateways",
        answer(VpnGateways=each("VpnGatewayId State Type", VpcAttachments=each("VpcId State"), Tags=TAGS)),
        parameters=of_vpc("attachment.vpc-id"),
    ),
    Read(
        "ec2",
        "DescribeCarrierGateways",
        answer(CarrierGateways=each("CarrierGatewayId VpcId State OwnerId", Tags=TAGS)),
        parameters=of_vpc(),
        about="CarrierGateways.VpcId",
    ),
    Read(
        "ec2",
        "DescribeVpcEndpoints",
        answer(
            VpcEndpoints=each(
                "VpcEndpointId VpcEndpointType VpcId ServiceName ServiceRegion State IpAddressType "
                "PrivateDnsEnabled RequesterManaged OwnerId ServiceNetworkArn ResourceConfigurationArn",
                PolicyDocument=DOCUMENT,
                RouteTableIds=VALUES,
                SubnetIds=VALUES,
                Groups=each("GroupId GroupName"),
                NetworkInterfaceIds=VALUES,
                DnsOptions=fields("PrivateDnsOnlyForInboundResolverEndpoint PrivateDnsPreference"),
                Tags=TAGS,
            )
        ),
        parameters=of_vpc(),
        about="VpcEndpoints.VpcId",
    ),
    Read(
        "ec2",
        "DescribeManagedPrefixLists",
        answer(
            PrefixLists=each(
                "PrefixListId PrefixListName PrefixListArn OwnerId AddressFamily State Version MaxEntries",
                Tags=TAGS,
            )
        ),
        parameters=({"Filters": [{"Name": "prefix-list-id", "Values": ["{all}"]}]},),
        sources=(
            Source("ec2:DescribeRouteTables", "RouteTables.Routes", {"all": "DestinationPrefixListId"}),
            Source("ec2:DescribeSecurityGroups", "SecurityGroups.IpPermissions.PrefixListIds", {"all": "PrefixListId"}),
            Source(
                "ec2:DescribeSecurityGroups",
                "SecurityGroups.IpPermissionsEgress.PrefixListIds",
                {"all": "PrefixListId"},
            ),
            in_stack("AWS::EC2::PrefixList", "all", pattern=_PREFIX_LIST),
        ),
        about="PrefixLists.PrefixListId",
    ),
    Read(
        "ec2",
        "GetManagedPrefixListEntries",
        answer(Entries=each("Cidr Description")),
        parameters=({"PrefixListId": "{list}"},),
        sources=(
            # The addresses of AWS's own lists change by themselves, and are AWS's business.
            Source(
                "ec2:DescribeManagedPrefixLists",
                "PrefixLists",
                {"list": "PrefixListId"},
                where={"OwnerId": r"(?!AWS$).+"},
            ),
        ),
        resources=("arn:${AWS::Partition}:ec2:${AWS::Region}:*:prefix-list/*",),
    ),
    Read(
        "ec2",
        "DescribeDhcpOptions",
        answer(DhcpOptions=each("DhcpOptionsId", DhcpConfigurations=each("Key", Values=each("Value")))),
        parameters=({"Filters": [{"Name": "dhcp-options-id", "Values": ["{all}"]}]},),
        # A VPC with none says "default": AWS's resolver.
        sources=(Source("ec2:DescribeVpcs", "Vpcs", {"all": "DhcpOptionsId"}, pattern=r"(dopt-.+)"),),
        nonempty=("DhcpOptions",),
        about="DhcpOptions.DhcpOptionsId",
    ),
    Read(
        "ec2",
        "DescribeFlowLogs",
        answer(
            FlowLogs=each(
                "FlowLogId ResourceId TrafficType FlowLogStatus DeliverLogsStatus LogGroupName LogDestinationType "
                "LogDestination MaxAggregationInterval",
                Tags=TAGS,
            )
        ),
        parameters=({"Filter": [{"Name": "resource-id", "Values": ["{all}"]}]},),
        sources=(
            Source("ec2:DescribeVpcs", "Vpcs", {"all": "VpcId"}),
            Source("ec2:DescribeSubnets", "Subnets", {"all": "SubnetId"}),
        ),
        about="FlowLogs.ResourceId",
    ),
    Read(
        "ec2",
        "DescribeVpcBlockPublicAccessOptions",
        answer(VpcBlockPublicAccessOptions=fields("State InternetGatewayBlockMode ManagedBy ExclusionsAllowed")),
        nonempty=("VpcBlockPublicAccessOptions.InternetGatewayBlockMode",),
    ),
    Read(
        "ec2",
        "DescribeVpcBlockPublicAccessExclusions",
        answer(VpcBlockPublicAccessExclusions=each("ExclusionId InternetGatewayExclusionMode ResourceArn State")),
    ),
    Read(
        # Groups of other VPCs that this one uses.
        "ec2",
        "DescribeSecurityGroupVpcAssociations",
        _SHARED_GROUPS,
        parameters=of_vpc(),
    ),
    Read(
        # Groups of this VPC that others use.
        "ec2",
        "DescribeSecurityGroupVpcAssociations",
        _SHARED_GROUPS,
        parameters=({"Filters": [{"Name": "group-id", "Values": ["{all}"]}]},),
        sources=(Source("ec2:DescribeSecurityGroups", "SecurityGroups", {"all": "GroupId"}),),
    ),
    Read(
        "ec2",
        "DescribeInstanceConnectEndpoints",
        answer(
            InstanceConnectEndpoints=each(
                "InstanceConnectEndpointId State VpcId SubnetId PreserveClientIp",
                SecurityGroupIds=VALUES,
                NetworkInterfaceIds=VALUES,
                Tags=TAGS,
            )
        ),
        parameters=of_vpc(),
        about="InstanceConnectEndpoints.VpcId",
    ),
)
