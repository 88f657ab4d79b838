"""Resource types that may name a network and cannot change what leaves it, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_RECORDS = "it records what passes and decides nothing"
_NAMES = "it tells others the names of parts of the network"
_ACCESS = "it says who may call AWS, and a boundary caps that"
_TARGETS = "it distributes what arrives; where its targets may connect is for their own groups to say"
_SUBNET_GROUP = "it is a name for subnets; the interfaces are of the resources that use it"
_INBOUND = "it opens ways in, and answers to what comes in pass anyway"
_SPLIT = "only a route of the VPC sends packets there"
_TEMPLATE = "its resources are read one by one"
_BUILD = "it orders the deployment and makes nothing"
_STRICTER = "it can only forbid"
_CHECKS = "it looks at settings and changes none"

HARMLESS: Mapping[str, str] = MappingProxyType(
    {
        "AWS::ApiGateway::VpcLink": _INBOUND,
        "AWS::AutoScaling::LifecycleHook": _BUILD,
        "AWS::AutoScaling::ScalingPolicy": _BUILD,
        "AWS::CDK::Metadata": "it is for statistics of the CDK",
        "AWS::CloudFormation::Stack": _TEMPLATE,
        "AWS::CloudFormation::WaitCondition": _BUILD,
        "AWS::CloudFormation::WaitConditionHandle": _BUILD,
        "AWS::CloudWatch::Alarm": _RECORDS,
        "AWS::CloudWatch::CompositeAlarm": _RECORDS,
        "AWS::CloudWatch::Dashboard": _RECORDS,
        "AWS::Config::ConfigRule": _CHECKS,
        "AWS::DAX::SubnetGroup": _SUBNET_GROUP,
        "AWS::DMS::ReplicationSubnetGroup": _SUBNET_GROUP,
        "AWS::DocDB::DBSubnetGroup": _SUBNET_GROUP,
        "AWS::EC2::ClientVpnAuthorizationRule": _INBOUND,
        "AWS::EC2::ClientVpnEndpoint": _INBOUND,
        "AWS::EC2::ClientVpnRoute": _INBOUND,
        "AWS::EC2::CustomerGateway": _SPLIT,
        "AWS::EC2::FlowLog": _RECORDS,
        "AWS::EC2::LocalGatewayRoute": _SPLIT,
        "AWS::EC2::LocalGatewayRouteTable": _SPLIT,
        "AWS::EC2::LocalGatewayRouteTableVPCAssociation": _SPLIT,
        "AWS::EC2::LocalGatewayRouteTableVirtualInterfaceGroupAssociation": _SPLIT,
        "AWS::EC2::NetworkInsightsAccessScope": _CHECKS,
        "AWS::EC2::NetworkInsightsAccessScopeAnalysis": _CHECKS,
        "AWS::EC2::NetworkInsightsAnalysis": _CHECKS,
        "AWS::EC2::NetworkInsightsPath": _CHECKS,
        "AWS::EC2::SubnetCidrReservation": "it keeps addresses free",
        "AWS::EC2::TrafficMirrorFilter": "only a session copies packets",
        "AWS::EC2::TrafficMirrorFilterRule": "only a session copies packets",
        "AWS::EC2::TransitGatewayRoute": _SPLIT,
        "AWS::EC2::TransitGatewayRouteTable": _SPLIT,
        "AWS::EC2::TransitGatewayRouteTableAssociation": _SPLIT,
        "AWS::EC2::TransitGatewayRouteTablePropagation": _SPLIT,
        "AWS::EC2::VPCBlockPublicAccessExclusion": "it lifts a block that nothing here counts on",
        "AWS::EC2::VPCEndpointConnectionNotification": _RECORDS,
        "AWS::EC2::VPCEndpointService": _INBOUND,
        "AWS::EC2::VPCEndpointServicePermissions": _INBOUND,
        "AWS::EC2::VPNConnection": _SPLIT,
        "AWS::EC2::VPNConnectionRoute": _SPLIT,
        "AWS::ElastiCache::SubnetGroup": _SUBNET_GROUP,
        "AWS::ElasticLoadBalancingV2::Listener": _TARGETS,
        "AWS::ElasticLoadBalancingV2::ListenerRule": _TARGETS,
        "AWS::ElasticLoadBalancingV2::TargetGroup": _TARGETS,
        "AWS::IAM::Group": _ACCESS,
        "AWS::IAM::InstanceProfile": _ACCESS,
        "AWS::IAM::Policy": _ACCESS,
        "AWS::IAM::RolePolicy": _ACCESS,
        "AWS::IAM::User": _ACCESS,
        "AWS::Lambda::Permission": _ACCESS,
        "AWS::Logs::LogGroup": _RECORDS,
        "AWS::Logs::MetricFilter": _RECORDS,
        "AWS::MemoryDB::SubnetGroup": _SUBNET_GROUP,
        "AWS::Neptune::DBSubnetGroup": _SUBNET_GROUP,
        "AWS::NetworkFirewall::LoggingConfiguration": _RECORDS,
        "AWS::NetworkFirewall::TLSInspectionConfiguration": "a firewall policy that uses it says so",
        "AWS::RDS::DBSubnetGroup": _SUBNET_GROUP,
        "AWS::Redshift::ClusterSubnetGroup": _SUBNET_GROUP,
        "AWS::Route53Resolver::ResolverConfig": "it answers reverse lookups of private addresses",
        "AWS::Route53Resolver::ResolverDNSSECConfig": _STRICTER,
        "AWS::Route53Resolver::ResolverQueryLoggingConfig": _RECORDS,
        "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation": _RECORDS,
        "AWS::S3::AccessPoint": _ACCESS,
        "AWS::S3::BucketPolicy": _ACCESS,
        "AWS::SSM::Parameter": _NAMES,
        "AWS::SecretsManager::Secret": _NAMES,
        "AWS::ServiceCatalogAppRegistry::ResourceAssociation": _NAMES,
    }
)
