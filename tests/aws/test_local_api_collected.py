"""The collector finds every answer that it asks for: whatever it reads of a VPC, the local AWS has."""

from __future__ import annotations

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.select import Target
from tests.aws.conftest import LocalAws


def test_a_vpc_is_read_as_a_whole(local_aws: LocalAws) -> None:
    ec2, firewall = local_aws.client("ec2"), local_aws.client("network-firewall")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    actions = {"StatelessDefaultActions": ["aws:drop"], "StatelessFragmentDefaultActions": ["aws:drop"]}
    policy = firewall.create_firewall_policy(FirewallPolicyName="p", FirewallPolicy=actions)["FirewallPolicyResponse"]
    firewall.create_firewall(
        FirewallName="f",
        FirewallPolicyArn=policy["FirewallPolicyArn"],
        VpcId=vpc,
        SubnetMappings=[{"SubnetId": subnet}],
    )
    snapshot = collect(local_aws.session, Target(vpc=vpc))
    assert snapshot.unread == ()
    asked = {f"{answer.service}:{answer.operation}" for answer in snapshot.answers}
    assert asked >= {
        "ec2:DescribeInstanceConnectEndpoints",
        "ec2:DescribeSecurityGroupVpcAssociations",
        "ec2:DescribeVpcBlockPublicAccessExclusions",
        "network-firewall:DescribeFirewallPolicy",
        "network-firewall:ListVpcEndpointAssociations",
        "route53profiles:ListProfileAssociations",
        "route53resolver:GetFirewallConfig",
    }
