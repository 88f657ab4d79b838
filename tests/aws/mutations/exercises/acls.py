"""EC2: network ACLs and VPC endpoints."""

from __future__ import annotations

import json
from typing import Any

from agent_perimeter.drift.model import Meaning
from tests.aws.mutations.world import World, exercise

WIDENS, WEAKENS, NARROWS, UNCLEAR = Meaning.WIDENS, Meaning.WEAKENS, Meaning.NARROWS, Meaning.UNCLEAR
AGENT = "subnet/agent/reader/0"


def _entries(world: World, *, egress: bool) -> tuple[str, list[dict[str, Any]]]:
    acl, _ = world.acl_of(AGENT)
    described = world.ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    entries = [one for one in described if one["Egress"] is egress and one["RuleNumber"] < 32767]
    return acl, sorted(entries, key=lambda one: one["RuleNumber"])


@exercise("ec2:CreateNetworkAclEntry", WEAKENS, says="egress 1 was added.*network ACL lets out more")
def everything_first(world: World) -> str:
    """An entry before all others lets everything out; the other layers still stop it."""
    acl, _ = world.acl_of(AGENT)
    world.ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=1, Protocol="-1", RuleAction="allow", Egress=True, CidrBlock="0.0.0.0/0"
    )
    return acl


@exercise("ec2:CreateNetworkAclEntry", NARROWS, says="egress 1 was added.*lost something")
def nothing_first(world: World) -> str:
    """An entry before all others stops everything."""
    acl, _ = world.acl_of(AGENT)
    world.ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=1, Protocol="-1", RuleAction="deny", Egress=True, CidrBlock="0.0.0.0/0"
    )
    return acl


@exercise("ec2:ReplaceNetworkAclEntry", WEAKENS, says="network ACL lets out more")
def an_entry_widened(world: World) -> str:
    """An entry holds for every protocol and everywhere."""
    acl, entries = _entries(world, egress=True)
    number = next(one["RuleNumber"] for one in entries if one["RuleAction"] == "allow")
    world.ec2.replace_network_acl_entry(
        NetworkAclId=acl, RuleNumber=number, Protocol="-1", RuleAction="allow", Egress=True, CidrBlock="0.0.0.0/0"
    )
    return acl


@exercise("ec2:DeleteNetworkAclEntry", NARROWS, says="ingress.*lost something")
def no_replies(world: World) -> str:
    """Replies no longer come in."""
    acl, entries = _entries(world, egress=False)
    for entry in entries:
        if entry["RuleAction"] == "allow":
            world.ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=entry["RuleNumber"], Egress=False)
    return acl


@exercise("ec2:ReplaceNetworkAclAssociation", WEAKENS, says="network ACL lets out more", also=("ec2:CreateNetworkAcl",))
def the_default_acl(world: World) -> str:
    """An agent's subnet stands behind the default ACL, which lets everything through."""
    [default] = world.ec2.describe_network_acls(
        Filters=[{"Name": "vpc-id", "Values": [world["vpc"]]}, {"Name": "default", "Values": ["true"]}]
    )["NetworkAcls"]
    _, association = world.acl_of(AGENT)
    world.ec2.create_network_acl(VpcId=world["vpc"])
    world.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=default["NetworkAclId"])
    return world[AGENT]


def _open(statements: dict[str, Any]) -> dict[str, Any]:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    return {**statements, "Statement": [*statements["Statement"], everything]}


@exercise("ec2:ModifyVpcEndpoint", WIDENS, says="s3:PutObject on arn:aws:s3:::any-other-bucket/key")
def an_endpoint_for_everything(world: World) -> str:
    """The gateway endpoint's policy allows everything to everyone."""
    document = _open(world.endpoint_policy("endpoint/s3"))
    world.ec2.modify_vpc_endpoint(VpcEndpointId=world["endpoint/s3"], PolicyDocument=json.dumps(document))
    return world["endpoint/s3"]


@exercise("ec2:ModifyVpcEndpoint", WIDENS, says="s3:PutObject on arn:aws:s3:::any-other-bucket/key")
def no_endpoint_policy(world: World) -> str:
    """The endpoint's policy is reset to the default, which allows everything."""
    world.ec2.modify_vpc_endpoint(VpcEndpointId=world["endpoint/s3"], ResetPolicy=True)
    return world["endpoint/s3"]


@exercise("ec2:CreateVpcEndpoint", WIDENS, says="tcp://list:dynamodb:443")
def another_service(world: World) -> str:
    """A gateway endpoint to another service, in the agents' table."""
    made = world.ec2.create_vpc_endpoint(
        VpcId=world["vpc"],
        ServiceName="com.amazonaws.us-east-1.dynamodb",
        VpcEndpointType="Gateway",
        RouteTableIds=[world.table_of(AGENT)],
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])


@exercise("ec2:CreateVpcEndpoint", WIDENS, says="tcp://endpoint:vpce-.*:443")
def an_interface_endpoint(world: World) -> str:
    """An interface endpoint to another service, in the endpoints' subnet."""
    made = world.ec2.create_vpc_endpoint(
        VpcId=world["vpc"],
        ServiceName="com.amazonaws.us-east-1.sqs",
        VpcEndpointType="Interface",
        SubnetIds=[world["subnet/endpoint/0"]],
        SecurityGroupIds=[world["group/endpoint/bedrock-runtime"]],
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])


@exercise("ec2:DeleteVpcEndpoints", NARROWS, says="lost something")
def an_endpoint_less(world: World) -> str:
    """The gateway endpoint is gone."""
    world.ec2.delete_vpc_endpoints(VpcEndpointIds=[world["endpoint/s3"]])
    return world["endpoint/s3"]


@exercise("ec2:ModifyVpcEndpoint", WIDENS, says="bedrock:InvokeModel|bedrock:")
def an_interface_endpoint_for_everything(world: World) -> str:
    """The interface endpoint's policy allows everything to everyone."""
    document = _open(world.endpoint_policy("endpoint/bedrock-runtime"))
    world.ec2.modify_vpc_endpoint(VpcEndpointId=world["endpoint/bedrock-runtime"], PolicyDocument=json.dumps(document))
    return world["endpoint/bedrock-runtime"]


@exercise("ec2:ModifyVpcEndpoint", NARROWS, says="lost something")
def no_private_names(world: World) -> str:
    """The interface endpoint is no longer what its service's name resolves to."""
    world.ec2.modify_vpc_endpoint(VpcEndpointId=world["endpoint/bedrock-runtime"], PrivateDnsEnabled=False)
    return world["endpoint/bedrock-runtime"]
