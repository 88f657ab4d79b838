"""Resource types that put network interfaces into subnets: where they name the subnets and the groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a type names its subnets and its groups, as property names with dots.

    ``public`` is the property and the value that give it a public address. Without ``groups`` the groups are
    not read from the template. ``role`` is the role that it runs under.
    """

    subnets: str
    groups: str = ""
    public: str = ""
    role: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """Where parts of the network may be named: beside the subnets too, where the groups are not read."""
        return (self.subnets, self.groups) if self.groups else (self.subnets.rpartition(".")[0] or self.subnets,)


SUBNET_GROUPS = frozenset(
    {
        "AWS::DAX::SubnetGroup",
        "AWS::DMS::ReplicationSubnetGroup",
        "AWS::DocDB::DBSubnetGroup",
        "AWS::ElastiCache::SubnetGroup",
        "AWS::MemoryDB::SubnetGroup",
        "AWS::Neptune::DBSubnetGroup",
        "AWS::RDS::DBSubnetGroup",
        "AWS::Redshift::ClusterSubnetGroup",
    }
)
"""Names for several subnets (SubnetIds), which other resources use in their place."""

_SUBNETS_AND_GROUPS = Seat("SubnetIds", "SecurityGroupIds")
_ECS = "NetworkConfiguration.AwsvpcConfiguration"
_ECS_TASK_SET = "NetworkConfiguration.AwsVpcConfiguration"

WORKLOADS: Mapping[str, tuple[Seat, ...]] = MappingProxyType(
    {
        "AWS::AmazonMQ::Broker": (Seat("SubnetIds", "SecurityGroups", public="PubliclyAccessible=true"),),
        "AWS::ApiGatewayV2::VpcLink": (_SUBNETS_AND_GROUPS,),
        "AWS::AppRunner::VpcConnector": (Seat("Subnets", "SecurityGroups"),),
        "AWS::Batch::ComputeEnvironment": (Seat("ComputeResources.Subnets", "ComputeResources.SecurityGroupIds"),),
        "AWS::BedrockAgentCore::BrowserCustom": (
            Seat(
                "NetworkConfiguration.VpcConfig.Subnets",
                "NetworkConfiguration.VpcConfig.SecurityGroups",
                role="ExecutionRoleArn",
            ),
        ),
        "AWS::BedrockAgentCore::CodeInterpreterCustom": (
            Seat(
                "NetworkConfiguration.VpcConfig.Subnets",
                "NetworkConfiguration.VpcConfig.SecurityGroups",
                role="ExecutionRoleArn",
            ),
        ),
        "AWS::BedrockAgentCore::Runtime": (
            Seat(
                "NetworkConfiguration.NetworkModeConfig.Subnets",
                "NetworkConfiguration.NetworkModeConfig.SecurityGroups",
                role="RoleArn",
            ),
        ),
        "AWS::CloudHSM::Cluster": (Seat("SubnetIds"),),
        "AWS::CodeBuild::Project": (Seat("VpcConfig.Subnets", "VpcConfig.SecurityGroupIds", role="ServiceRole"),),
        "AWS::DAX::Cluster": (Seat("SubnetGroupName", "SecurityGroupIds"),),
        "AWS::DMS::ReplicationInstance": (
            Seat("ReplicationSubnetGroupIdentifier", "VpcSecurityGroupIds", public="PubliclyAccessible=true"),
        ),
        "AWS::DirectoryService::MicrosoftAD": (Seat("VpcSettings.SubnetIds"),),
        "AWS::DirectoryService::SimpleAD": (Seat("VpcSettings.SubnetIds"),),
        "AWS::DocDB::DBCluster": (Seat("DBSubnetGroupName", "VpcSecurityGroupIds"),),
        "AWS::EC2::ClientVpnTargetNetworkAssociation": (Seat("SubnetId"),),
        "AWS::EC2::InstanceConnectEndpoint": (Seat("SubnetId", "SecurityGroupIds"),),
        "AWS::ECS::Service": (
            Seat(f"{_ECS}.Subnets", f"{_ECS}.SecurityGroups", f"{_ECS}.AssignPublicIp=ENABLED", "TaskDefinition"),
        ),
        "AWS::ECS::TaskSet": (
            Seat(
                f"{_ECS_TASK_SET}.Subnets",
                f"{_ECS_TASK_SET}.SecurityGroups",
                f"{_ECS_TASK_SET}.AssignPublicIp=ENABLED",
                "TaskDefinition",
            ),
        ),
        "AWS::EFS::MountTarget": (Seat("SubnetId", "SecurityGroups"),),
        "AWS::EKS::Cluster": (Seat("ResourcesVpcConfig.SubnetIds"),),
        "AWS::EKS::FargateProfile": (Seat("Subnets", role="PodExecutionRoleArn"),),
        "AWS::EKS::Nodegroup": (Seat("Subnets", role="NodeRole"),),
        "AWS::EMR::Studio": (Seat("SubnetIds", "EngineSecurityGroupId"),),
        "AWS::EMRServerless::Application": (
            Seat("NetworkConfiguration.SubnetIds", "NetworkConfiguration.SecurityGroupIds"),
        ),
        "AWS::ElastiCache::CacheCluster": (Seat("CacheSubnetGroupName", "VpcSecurityGroupIds"),),
        "AWS::ElastiCache::ReplicationGroup": (Seat("CacheSubnetGroupName", "SecurityGroupIds"),),
        "AWS::ElastiCache::ServerlessCache": (_SUBNETS_AND_GROUPS,),
        "AWS::ElasticLoadBalancing::LoadBalancer": (Seat("Subnets", "SecurityGroups", "Scheme=internet-facing"),),
        "AWS::ElasticLoadBalancingV2::LoadBalancer": (
            Seat("Subnets", "SecurityGroups", "Scheme=internet-facing"),
            Seat("SubnetMappings.SubnetId", "SecurityGroups", "Scheme=internet-facing"),
        ),
        "AWS::Elasticsearch::Domain": (Seat("VPCOptions.SubnetIds", "VPCOptions.SecurityGroupIds"),),
        "AWS::FSx::FileSystem": (_SUBNETS_AND_GROUPS,),
        "AWS::Glue::Connection": (
            Seat(
                "ConnectionInput.PhysicalConnectionRequirements.SubnetId",
                "ConnectionInput.PhysicalConnectionRequirements.SecurityGroupIdList",
            ),
        ),
        "AWS::Glue::DevEndpoint": (Seat("SubnetId", "SecurityGroupIds", role="RoleArn"),),
        "AWS::KafkaConnect::Connector": (
            Seat(
                "KafkaCluster.ApacheKafkaCluster.Vpc.Subnets",
                "KafkaCluster.ApacheKafkaCluster.Vpc.SecurityGroups",
                role="ServiceExecutionRoleArn",
            ),
        ),
        "AWS::Lambda::Function": (Seat("VpcConfig.SubnetIds", "VpcConfig.SecurityGroupIds", role="Role"),),
        "AWS::MSK::Cluster": (Seat("BrokerNodeGroupInfo.ClientSubnets", "BrokerNodeGroupInfo.SecurityGroups"),),
        "AWS::MSK::ServerlessCluster": (Seat("VpcConfigs.SubnetIds"),),
        "AWS::MWAA::Environment": (
            Seat("NetworkConfiguration.SubnetIds", "NetworkConfiguration.SecurityGroupIds", role="ExecutionRoleArn"),
        ),
        "AWS::MemoryDB::Cluster": (Seat("SubnetGroupName", "SecurityGroupIds"),),
        "AWS::Neptune::DBCluster": (Seat("DBSubnetGroupName", "VpcSecurityGroupIds"),),
        "AWS::OpenSearchService::Domain": (Seat("VPCOptions.SubnetIds", "VPCOptions.SecurityGroupIds"),),
        "AWS::RDS::DBCluster": (Seat("DBSubnetGroupName", "VpcSecurityGroupIds", "PubliclyAccessible=true"),),
        "AWS::RDS::DBInstance": (Seat("DBSubnetGroupName", "VPCSecurityGroups", "PubliclyAccessible=true"),),
        "AWS::RDS::DBProxy": (Seat("VpcSubnetIds", "VpcSecurityGroupIds"),),
        "AWS::Redshift::Cluster": (Seat("ClusterSubnetGroupName", "VpcSecurityGroupIds", "PubliclyAccessible=true"),),
        "AWS::RedshiftServerless::Workgroup": (Seat("SubnetIds", "SecurityGroupIds", "PubliclyAccessible=true"),),
        "AWS::Route53Resolver::ResolverEndpoint": (Seat("IpAddresses.SubnetId", "SecurityGroupIds"),),
        "AWS::SageMaker::Model": (Seat("VpcConfig.Subnets", "VpcConfig.SecurityGroupIds", role="ExecutionRoleArn"),),
        "AWS::SageMaker::ProcessingJob": (
            Seat("NetworkConfig.VpcConfig.Subnets", "NetworkConfig.VpcConfig.SecurityGroupIds", role="RoleArn"),
        ),
        "AWS::Synthetics::Canary": (
            Seat("VPCConfig.SubnetIds", "VPCConfig.SecurityGroupIds", role="ExecutionRoleArn"),
        ),
        "AWS::Transfer::Server": (Seat("EndpointDetails.SubnetIds", "EndpointDetails.SecurityGroupIds"),),
    }
)
"""Every other type that puts interfaces into a subnet is unknown: it becomes a foreign resource."""
