"""Changes that open nothing: what people do all day in the account and region of a perimeter."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.aws.mutations.exercises.iam import workload
from tests.aws.mutations.world import REGION, World

Harmless = Callable[[World], None]
HARMLESS: list[Harmless] = []
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
AGENT = "subnet/agent/reader/0"
EVERYWHERE = "0.0.0.0/0"


def harmless(make: Harmless) -> Harmless:
    """Enter a function; its docstring is the sentence."""
    HARMLESS.append(make)
    return make


def another_vpc(world: World) -> tuple[str, str]:
    """A VPC that is none of ours: (VPC, subnet)."""
    vpc = str(world.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"])
    subnet = world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]["SubnetId"]
    return vpc, str(subnet)


@harmless
def tags_and_names(world: World) -> None:
    """Everything of the VPC that has tags gets an owner, and another name."""
    ids = sorted({one for one in world.resources.values() if one.startswith(_TAGGED) and "|" not in one})
    assert len(ids) > 20
    world.ec2.create_tags(Resources=ids, Tags=[{"Key": "owner", "Value": "network"}, {"Key": "Name", "Value": "ours"}])
    for arn in (world["firewall/0"], world["firewall/policy"], world["firewall/rules/allow"]):
        world.firewall.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "network"}])
    world.iam.tag_policy(PolicyArn=world["boundary/reader"], Tags=[{"Key": "owner", "Value": "network"}])


_TAGGED = ("vpc-", "subnet-", "rtb-", "acl-", "sg-", "igw-", "nat-", "vpce-")


@harmless
def another_vpc_wide_open(world: World) -> None:
    """Another VPC has a gateway, public addresses, an open group and a machine with a role that nothing caps."""
    vpc, subnet = another_vpc(world)
    gateway = world.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    world.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = world.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    world.ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
    world.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    world.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    group = world.ec2.create_security_group(GroupName="open", Description="open", VpcId=vpc)["GroupId"]
    world.ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": EVERYWHERE}]}]
    )
    world.iam.create_role(RoleName="operator", AssumeRolePolicyDocument=json.dumps(TRUST))
    world.iam.put_role_policy(RoleName="operator", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    world.iam.create_instance_profile(InstanceProfileName="operator")
    world.iam.add_role_to_instance_profile(InstanceProfileName="operator", RoleName="operator")
    world.ec2.run_instances(
        ImageId=world.ec2.describe_images()["Images"][0]["ImageId"],
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        IamInstanceProfile={"Name": "operator"},
    )


@harmless
def another_vpc_attached(world: World) -> None:
    """Another VPC has a peering, a transit gateway, a VPN, endpoints, a NAT gateway, flow logs and its own resolver."""
    vpc, subnet = another_vpc(world)
    third = world.ec2.create_vpc(CidrBlock="10.78.0.0/16")["Vpc"]["VpcId"]
    peering = world.ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=third)["VpcPeeringConnection"]
    world.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])
    transit = world.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    world.ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=transit, VpcId=vpc, SubnetIds=[subnet])
    private = world.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    world.ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=private)
    world.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway", RouteTableIds=[]
    )
    world.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
    world.ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::elsewhere",
    )
    options = world.ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["203.0.113.53"]}]
    )["DhcpOptions"]["DhcpOptionsId"]
    world.ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)


@harmless
def parts_that_nobody_uses(world: World) -> None:
    """Addresses, gateways, lists, tables and groups that nothing is attached to, of the account and of our VPC."""
    world.ec2.allocate_address(Domain="vpc")
    world.ec2.create_internet_gateway()
    world.ec2.create_vpn_gateway(Type="ipsec.1")
    world.ec2.create_transit_gateway()
    world.ec2.create_managed_prefix_list(
        PrefixListName="everywhere", Entries=[{"Cidr": EVERYWHERE}], MaxEntries=1, AddressFamily="IPv4"
    )
    world.ec2.create_route_table(VpcId=world["vpc"])
    world.ec2.create_network_acl(VpcId=world["vpc"])
    world.ec2.create_security_group(GroupName="open", Description="open", VpcId=world["vpc"])
    world.ec2.create_launch_template(LaunchTemplateName="t", LaunchTemplateData={"InstanceType": "t3.micro"})
    world.ec2.create_key_pair(KeyName="k")


@harmless
def another_firewall(world: World) -> None:
    """Rule groups and policies that pass everything, unused, and a firewall of another VPC that follows one."""
    vpc, subnet = another_vpc(world)
    world.firewall.create_rule_group(
        RuleGroupName="pass",
        Type="STATEFUL",
        Capacity=10,
        RuleGroup={"RulesSource": {"RulesString": "pass ip any any -> any any (sid:1; rev:1;)"}},
    )
    made = world.firewall.create_firewall_policy(
        FirewallPolicyName="open",
        FirewallPolicy={"StatelessDefaultActions": ["aws:pass"], "StatelessFragmentDefaultActions": ["aws:pass"]},
    )["FirewallPolicyResponse"]
    world.firewall.create_firewall(
        FirewallName="other",
        FirewallPolicyArn=made["FirewallPolicyArn"],
        VpcId=vpc,
        SubnetMappings=[{"SubnetId": subnet}],
    )
    world.firewall.update_firewall_description(FirewallArn=world["firewall/0"], Description="ours")


@harmless
def another_resolver(world: World) -> None:
    """Lists and groups that allow every name, unused and on another VPC, which fails open, forwards and logs."""
    vpc, _ = another_vpc(world)
    names = world.resolver.create_firewall_domain_list(CreatorRequestId="l", Name="every")["FirewallDomainList"]["Id"]
    world.resolver.update_firewall_domains(FirewallDomainListId=names, Operation="ADD", Domains=["*"])
    group = world.resolver.create_firewall_rule_group(CreatorRequestId="g", Name="open")["FirewallRuleGroup"]["Id"]
    world.resolver.create_firewall_rule(
        CreatorRequestId="r",
        FirewallRuleGroupId=group,
        FirewallDomainListId=names,
        Priority=1,
        Action="ALLOW",
        Name="open",
    )
    world.resolver.associate_firewall_rule_group(
        CreatorRequestId="a", FirewallRuleGroupId=group, VpcId=vpc, Priority=101, Name="open"
    )
    world.resolver.update_firewall_config(ResourceId=vpc, FirewallFailOpen="ENABLED")
    rule = world.resolver.create_resolver_rule(
        CreatorRequestId="f", Name="there", RuleType="SYSTEM", DomainName="anthropic.com"
    )["ResolverRule"]["Id"]
    world.resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=vpc, Name="there")
    log = world.resolver.create_resolver_query_log_config(
        Name="other", DestinationArn="arn:aws:s3:::elsewhere", CreatorRequestId="q"
    )["ResolverQueryLogConfig"]["Id"]
    world.resolver.associate_resolver_query_log_config(ResolverQueryLogConfigId=log, ResourceId=vpc)
    world.client("route53").create_hosted_zone(
        Name="api.anthropic.com", CallerReference="z", VPC={"VPCRegion": REGION, "VPCId": vpc}
    )


@harmless
def identities_of_others(world: World) -> None:
    """Users, groups, roles and policies of the account, and a version of a boundary that is not the default."""
    world.iam.create_user(UserName="somebody")
    world.iam.create_group(GroupName="everybody")
    every = world.iam.create_policy(PolicyName="every", PolicyDocument=json.dumps(EVERYTHING))["Policy"]["Arn"]
    world.iam.attach_user_policy(UserName="somebody", PolicyArn=every)
    world.iam.create_role(RoleName="admin", AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=every)
    world.iam.attach_role_policy(RoleName="admin", PolicyArn=every)
    world.iam.update_role(RoleName="admin", Description="who does everything", MaxSessionDuration=7200)
    world.iam.create_policy_version(
        PolicyArn=world["boundary/writer"], PolicyDocument=json.dumps(EVERYTHING), SetAsDefault=False
    )


@harmless
def workloads_come_and_go(world: World) -> None:
    """A workload of an agent starts, is renamed, gets a second private address, stops; another one ends."""
    first, _ = workload(world, boundary=True)
    world.ec2.assign_private_ip_addresses(
        NetworkInterfaceId=world.interface_in(AGENT), SecondaryPrivateIpAddressCount=1
    )
    world.ec2.create_tags(Resources=[first], Tags=[{"Key": "Name", "Value": "busy"}])
    second = world.ec2.run_instances(
        ImageId=world.ec2.describe_images()["Images"][0]["ImageId"],
        MinCount=1,
        MaxCount=1,
        SubnetId=world["subnet/agent/writer/0"],
        SecurityGroupIds=[world["group/agent/writer"]],
    )["Instances"][0]["InstanceId"]
    world.ec2.stop_instances(InstanceIds=[first])
    world.ec2.terminate_instances(InstanceIds=[second])


@harmless
def how_long_logs_are_kept(world: World) -> None:
    """The perimeter's logs are kept for another while, tagged and filtered for a metric."""
    logs = world.client("logs")
    for name in ("log/vpc-flow", "log/dns-query", "log/firewall-alert", "log/firewall-flow"):
        logs.put_retention_policy(logGroupName=world[name], retentionInDays=731)
        logs.tag_log_group(logGroupName=world[name], tags={"owner": "network"})
    logs.put_metric_filter(
        logGroupName=world["log/firewall-alert"],
        filterName="refused",
        filterPattern="drop",
        metricTransformations=[{"metricName": "refused", "metricNamespace": "ours", "metricValue": "1"}],
    )
    logs.create_log_group(logGroupName="/others")


@harmless
def words(world: World) -> None:
    """Rules are described in other words, and the parameters that tell where agents run in others."""
    group = world["group/agent/reader"]
    rules = world.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    described = [
        {"SecurityGroupRuleId": one["SecurityGroupRuleId"], "Description": "other words"}
        for one in rules["SecurityGroupRules"]
        if one["IsEgress"]
    ]
    world.ec2.update_security_group_rule_descriptions_egress(GroupId=group, SecurityGroupRuleDescriptions=described)
    world.client("ssm").put_parameter(Name="/others", Value="x", Type="String")
