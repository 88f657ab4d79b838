"""What leads out of the VPC, or answers in it, and no route shows: private zones, profiles, service networks, mirrors."""

from __future__ import annotations

from agent_perimeter.drift.model import Meaning
from tests.aws.mutations.exercises.iam import workload
from tests.aws.mutations.world import REGION, World, exercise

UNCLEAR = Meaning.UNCLEAR
ALLOWED = "api.anthropic.com"


def _zone(world: World, vpc: str) -> str:
    """A private zone for an allowed name on a VPC."""
    made = world.client("route53").create_hosted_zone(
        Name=ALLOWED,
        CallerReference="zone",
        VPC={"VPCRegion": REGION, "VPCId": vpc},
        HostedZoneConfig={"PrivateZone": True},
    )
    return str(made["HostedZone"]["Id"]).rpartition("/")[2]


@exercise(
    "route53:CreateHostedZone", UNCLEAR, says=r"a private zone answers .*api\.anthropic\.com and every name below"
)
def a_zone_for_an_allowed_name(world: World) -> str:
    """A private zone of the VPC answers an allowed name with whatever address its owner likes."""
    return _zone(world, world["vpc"])


@exercise("route53:AssociateVPCWithHostedZone", UNCLEAR, says=r"a private zone answers .*api\.anthropic\.com")
def a_zone_of_another_vpc(world: World) -> str:
    """A zone of another VPC comes to answer in this one, too."""
    other = world.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    zone = _zone(world, other)
    world.client("route53").associate_vpc_with_hosted_zone(
        HostedZoneId=zone, VPC={"VPCRegion": REGION, "VPCId": world["vpc"]}
    )
    return zone


@exercise(
    "vpc-lattice:CreateServiceNetworkVpcAssociation",
    UNCLEAR,
    says="a service network gives a VPC ways",
    also=("vpc-lattice:CreateServiceNetwork",),
)
def a_service_network(world: World) -> str:
    """A service network reaches the VPC by addresses that no route shows."""
    lattice = world.client("vpc-lattice")
    network = lattice.create_service_network(name="elsewhere")["id"]
    made = lattice.create_service_network_vpc_association(serviceNetworkIdentifier=network, vpcIdentifier=world["vpc"])
    return str(made["arn"])


def _mirrored(world: World) -> str:
    """A session that copies what a workload of the reader sends."""
    workload(world, boundary=True)
    source = world.interface_in("subnet/agent/reader/0")
    target = world.ec2.create_traffic_mirror_target(NetworkInterfaceId=source)["TrafficMirrorTarget"]
    made = world.ec2.create_traffic_mirror_session(
        NetworkInterfaceId=source,
        TrafficMirrorTargetId=target["TrafficMirrorTargetId"],
        TrafficMirrorFilterId=world.ec2.create_traffic_mirror_filter()["TrafficMirrorFilter"]["TrafficMirrorFilterId"],
        SessionNumber=1,
    )
    return str(made["TrafficMirrorSession"]["TrafficMirrorSessionId"])


@exercise("ec2:CreateTrafficMirrorSession", UNCLEAR, says="it copies packets to wherever its target is")
def a_mirror(world: World) -> str:
    """A mirror session copies what a workload sends."""
    return _mirrored(world)


@exercise("ec2:ModifyTrafficMirrorSession", UNCLEAR, says="it copies packets to wherever its target is")
def another_target(world: World) -> str:
    """A mirror session is pointed somewhere else."""
    session = _mirrored(world)
    target = world.ec2.create_traffic_mirror_target(
        NetworkLoadBalancerArn=f"arn:aws:elasticloadbalancing:{REGION}:123456789012:loadbalancer/net/far/0123456789abcdef"
    )["TrafficMirrorTarget"]["TrafficMirrorTargetId"]
    world.ec2.modify_traffic_mirror_session(TrafficMirrorSessionId=session, TrafficMirrorTargetId=target)
    return session


@exercise("route53profiles:AssociateProfile", Meaning.WEAKENS, also=("route53profiles:CreateProfile",))
def a_profile(world: World) -> str:
    """A profile brings rules, zones and groups of somebody else's into the VPC's DNS."""
    profiles = world.client("route53profiles")
    profile = profiles.create_profile(Name="theirs", ClientToken="theirs")["Profile"]["Id"]
    made = profiles.associate_profile(Name="theirs", ProfileId=profile, ResourceId=world["vpc"])
    return str(made["ProfileAssociation"]["Id"])


@exercise(
    "route53:DeleteHostedZone",
    None,
    also=(
        "route53:DisassociateVPCFromHostedZone",
        "route53profiles:DisassociateProfile",
        "ec2:DeleteTrafficMirrorSession",
    ),
)
def taken_back(world: World) -> str:
    """A zone, a profile and a mirror, each of them taken away again."""
    zone = a_zone_of_another_vpc(world)
    world.client("route53").disassociate_vpc_from_hosted_zone(
        HostedZoneId=zone, VPC={"VPCRegion": REGION, "VPCId": world["vpc"]}
    )
    world.client("route53").delete_hosted_zone(Id=zone)
    profiles = world.client("route53profiles")
    a_profile(world)
    [profile] = profiles.list_profiles()["ProfileSummaries"]
    profiles.disassociate_profile(ProfileId=profile["Id"], ResourceId=world["vpc"])
    world.ec2.delete_traffic_mirror_session(TrafficMirrorSessionId=_mirrored(world))
    return zone
