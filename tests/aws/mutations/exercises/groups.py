"""EC2: security groups and the interfaces that bear them."""

from __future__ import annotations

from typing import Any

from agent_perimeter.drift.model import Meaning
from tests.aws.mutations.exercises.iam import free, workload
from tests.aws.mutations.world import World, exercise

WIDENS, WEAKENS, NARROWS, UNCLEAR = Meaning.WIDENS, Meaning.WEAKENS, Meaning.NARROWS, Meaning.UNCLEAR
GROUP = "group/agent/reader"
AGENT = "subnet/agent/reader/0"
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ALL = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _rules(world: World, *, egress: bool) -> list[dict[str, Any]]:
    listed = world.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [world[GROUP]]}])
    return [rule for rule in listed["SecurityGroupRules"] if rule["IsEgress"] is egress]


@exercise("ec2:AuthorizeSecurityGroupEgress", WEAKENS, says="egress tcp 22 to 0.0.0.0/0.*security group lets out more")
def ssh_out(world: World) -> str:
    """SSH to everywhere; the other layers still stop it."""
    world.ec2.authorize_security_group_egress(GroupId=world[GROUP], IpPermissions=[SSH])
    return world[GROUP]


@exercise(
    "ec2:AuthorizeSecurityGroupEgress", WEAKENS, says="egress all traffic to 0.0.0.0/0.*security group lets out more"
)
def everything_out(world: World) -> str:
    """Everything to everywhere; the other layers still stop it."""
    world.ec2.authorize_security_group_egress(GroupId=world[GROUP], IpPermissions=[ALL])
    return world[GROUP]


@exercise("ec2:RevokeSecurityGroupEgress", NARROWS, says="egress tcp 443.*lost something")
def no_https_out(world: World) -> str:
    """The rule for TLS is gone."""
    world.ec2.revoke_security_group_egress(
        GroupId=world[GROUP],
        SecurityGroupRuleIds=[
            rule["SecurityGroupRuleId"]
            for rule in _rules(world, egress=True)
            if rule.get("FromPort") == 443 and rule.get("CidrIpv4") == "0.0.0.0/0"
        ],
    )
    return world[GROUP]


@exercise("ec2:AuthorizeSecurityGroupIngress", WEAKENS, says="ingress tcp 22")
def ssh_in(world: World) -> str:
    """SSH from everywhere to an agent."""
    world.ec2.authorize_security_group_ingress(GroupId=world[GROUP], IpPermissions=[SSH])
    return world[GROUP]


@exercise("ec2:RevokeSecurityGroupIngress", NARROWS, says="lost something")
def endpoint_closed(world: World) -> str:
    """The interface endpoint's group lets nobody in."""
    group = world["group/endpoint/bedrock-runtime"]
    described = world.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    world.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=described["IpPermissions"])
    return group


@exercise("ec2:ModifySecurityGroupRules", WEAKENS, says="egress tcp 0-65535")
def a_rule_widened(world: World) -> str:
    """The rule for the partner's ports holds for all ports."""
    [rule] = [rule for rule in _rules(world, egress=True) if rule.get("FromPort") == 8883]
    world.ec2.modify_security_group_rules(
        GroupId=world[GROUP],
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
                "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIpv4": "0.0.0.0/0"},
            }
        ],
    )
    return world[GROUP]


@exercise("ec2:UpdateSecurityGroupRuleDescriptionsEgress", None)
def words_of_a_rule(world: World) -> str:
    """A rule is described in other words."""
    rule = _rules(world, egress=True)[0]
    world.ec2.update_security_group_rule_descriptions_egress(
        GroupId=world[GROUP],
        SecurityGroupRuleDescriptions=[
            {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "Description": "other words"}
        ],
    )
    return world[GROUP]


@exercise("ec2:UpdateSecurityGroupRuleDescriptionsIngress", None)
def words_of_another_rule(world: World) -> str:
    """A rule of the endpoint's group is described in other words."""
    group = world["group/endpoint/bedrock-runtime"]
    [rule] = [
        rule
        for rule in world.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])[
            "SecurityGroupRules"
        ]
        if not rule["IsEgress"]
    ][:1]
    world.ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group,
        SecurityGroupRuleDescriptions=[
            {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "Description": "other words"}
        ],
    )
    return group


def _open_group(world: World) -> str:
    return str(world.ec2.create_security_group(GroupName="open", Description="open", VpcId=world["vpc"])["GroupId"])


@exercise("ec2:CreateSecurityGroup", None)
def a_group_more(world: World) -> str:
    """A group that lets everything out, for whoever bears it; nobody does yet."""
    return _open_group(world)


@exercise("ec2:DeleteSecurityGroup", NARROWS, says="was removed")
def a_group_less(world: World) -> str:
    """An agent's group is gone, so nothing can be started as that agent."""
    world.ec2.delete_security_group(GroupId=world["group/agent/writer"])
    return world["group/agent/writer"]


@exercise("ec2:AssociateSecurityGroupVpc", UNCLEAR)
def a_group_elsewhere(world: World) -> str:
    """An agent's group may be borne in another VPC."""
    other = world.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    world.ec2.associate_security_group_vpc(GroupId=world[GROUP], VpcId=other)
    return f"{world[GROUP]}/{other}"


@exercise("ec2:RunInstances", None)
def a_workload(world: World) -> str:
    """An agent's own workload starts, as it should."""
    return workload(world, boundary=True)[0]


@exercise("ec2:ModifyNetworkInterfaceAttribute", WEAKENS)
def an_open_group_on_a_workload(world: World) -> str:
    """A workload bears a group that lets everything out."""
    workload(world, boundary=True)
    world.ec2.modify_network_interface_attribute(
        NetworkInterfaceId=world.interface_in(AGENT), Groups=[world[GROUP], _open_group(world)]
    )
    return world.interface_in(AGENT)


@exercise("ec2:ModifyInstanceAttribute", WEAKENS)
def a_workload_that_forwards(world: World) -> str:
    """A workload's source/destination check is off."""
    instance, _ = workload(world, boundary=True)
    world.ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    return world.interface_in(AGENT)


@exercise("ec2:CreateNetworkInterface", WEAKENS, says="no agent's own workload")
def a_strange_interface(world: World) -> str:
    """An interface in an agent's subnet with the default group."""
    made = world.ec2.create_network_interface(SubnetId=world[AGENT])
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


@exercise("ec2:AttachNetworkInterface", WEAKENS, says="no agent's own workload")
def an_interface_of_a_workload(world: World) -> str:
    """A workload gets a second interface with an open group."""
    instance, _ = workload(world, boundary=True)
    made = world.ec2.create_network_interface(SubnetId=world[AGENT], Groups=[_open_group(world)])
    interface = str(made["NetworkInterface"]["NetworkInterfaceId"])
    world.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=1)
    return interface


@exercise("ec2:AssignPrivateIpAddresses", None)
def an_address_more(world: World) -> str:
    """A workload gets a second private address of its subnet."""
    workload(world, boundary=True)
    world.ec2.assign_private_ip_addresses(
        NetworkInterfaceId=world.interface_in(AGENT), SecondaryPrivateIpAddressCount=1
    )
    return world.interface_in(AGENT)


@exercise("ec2:AssignIpv6Addresses", WEAKENS, says="IPv6 is a second internet")
def an_ipv6_address(world: World) -> str:
    """A workload speaks IPv6."""
    workload(world, boundary=True)
    world.ec2.associate_vpc_cidr_block(VpcId=world["vpc"], AmazonProvidedIpv6CidrBlock=True)
    vpc = world.ec2.describe_vpcs(VpcIds=[world["vpc"]])["Vpcs"][0]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    world.ec2.associate_subnet_cidr_block(SubnetId=world[AGENT], Ipv6CidrBlock=block)
    world.ec2.assign_ipv6_addresses(NetworkInterfaceId=world.interface_in(AGENT), Ipv6AddressCount=1)
    return world[AGENT]


@exercise("ec2:AssociateIamInstanceProfile", Meaning.WIDENS, says=r"sts:AssumeRole on \*")
def a_role_without_boundary(world: World) -> str:
    """A running workload gets a role that nothing caps."""
    image = world.ec2.describe_images()["Images"][0]["ImageId"]
    instance = world.ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        SubnetId=world[AGENT],
        SecurityGroupIds=[world[GROUP]],
    )["Instances"][0]["InstanceId"]
    _free_profile(world)
    world.ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": "free"}, InstanceId=instance)
    return "free"


def _free_profile(world: World) -> None:
    world.iam.create_instance_profile(InstanceProfileName="free")
    world.iam.add_role_to_instance_profile(InstanceProfileName="free", RoleName=free(world))


@exercise("ec2:ReplaceIamInstanceProfileAssociation", Meaning.WIDENS, says=r"sts:AssumeRole on \*")
def another_role(world: World) -> str:
    """A workload's role is exchanged for one that nothing caps."""
    workload(world, boundary=True)
    _free_profile(world)
    [association] = world.ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    world.ec2.replace_iam_instance_profile_association(
        IamInstanceProfile={"Name": "free"}, AssociationId=association["AssociationId"]
    )
    return "free"


@exercise("ec2:CreateInstanceConnectEndpoint", None)
def a_way_in(world: World) -> str:
    """An instance connect endpoint in an agent's subnet lets people in; nothing leaves by it."""
    made = world.ec2.create_instance_connect_endpoint(SubnetId=world[AGENT], SecurityGroupIds=[world[GROUP]])
    return str(made["InstanceConnectEndpoint"]["InstanceConnectEndpointId"])


def _list_rule(world: World, *blocks: str) -> str:
    made = world.ec2.create_managed_prefix_list(
        PrefixListName="partners",
        Entries=[{"Cidr": block} for block in blocks],
        MaxEntries=5,
        AddressFamily="IPv4",
    )["PrefixList"]["PrefixListId"]
    world.ec2.authorize_security_group_egress(
        GroupId=world[GROUP],
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5440, "PrefixListIds": [{"PrefixListId": made}]}
        ],
    )
    return str(made)


@exercise("ec2:ModifyManagedPrefixList", WEAKENS, says=r"203\.0\.113")
def an_entry_more(world: World) -> str:
    """A rule names a prefix list, and the list grows."""
    made = _list_rule(world, "198.51.100.0/25")
    version = world.ec2.describe_managed_prefix_lists(PrefixListIds=[made])["PrefixLists"][0]["Version"]
    world.ec2.modify_managed_prefix_list(
        PrefixListId=made, CurrentVersion=version, AddEntries=[{"Cidr": "203.0.113.0/24"}]
    )
    return world[GROUP]


@exercise("ec2:RestoreManagedPrefixListVersion", WEAKENS, says=r"203\.0\.113")
def entries_as_they_were(world: World) -> str:
    """A list that a rule names had shrunk, and gets its old entries back."""
    made = _list_rule(world, "198.51.100.0/25", "203.0.113.0/24")
    world.ec2.modify_managed_prefix_list(
        PrefixListId=made, CurrentVersion=1, RemoveEntries=[{"Cidr": "203.0.113.0/24"}]
    )
    world.ec2.restore_managed_prefix_list_version(PrefixListId=made, PreviousVersion=1, CurrentVersion=2)
    return world[GROUP]
