"""What touches the VPC in a way that nobody here can read, and what belongs to an agent and stands elsewhere too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from agent_perimeter.lift.account.interfaces import INTERFACES
from agent_perimeter.lift.account.reading import Account, standing
from agent_perimeter.lift.foreign import REDIRECTS, SHUTS
from agent_perimeter.observed import Doubt, Foreign, Interface, SecurityGroup, Subnet

OPTIONS: Final = "ec2:DescribeVpcBlockPublicAccessOptions"
EXCLUSIONS: Final = "ec2:DescribeVpcBlockPublicAccessExclusions"
_BLOCKS: Final = "AWS::EC2::VPCBlockPublicAccessOptions"
_ENCRYPTION: Final = "AWS::EC2::VPCEncryptionControl"
_SHARED: Final = "AWS::EC2::SecurityGroupVpcAssociation"
_PROFILE: Final = "AWS::Route53Profiles::ProfileAssociation"
_ZONE: Final = "AWS::Route53::HostedZone"
_LATTICE: Final = "AWS::VpcLattice::ServiceNetworkVpcAssociation"
_MIRROR: Final = "AWS::EC2::TrafficMirrorSession"
_LENT: Final = "AWS::EC2::NetworkInterfacePermission"
_STRADDLING: Final = "AWS::EC2::NetworkInterfaceAttachment"


def foreign(account: Account) -> tuple[Foreign, ...]:
    """Every resource that is not wholly understood and touches the VPC, with the reason."""
    return (
        *_blocks(account),
        *_encryption(account),
        *_shared(account),
        *_profiles(account),
        *_zones(account),
        *_service_networks(account),
        *_mirrors(account),
        *_lent(account),
        *_straddling(account),
    )


def lost(account: Account) -> Iterator[tuple[str, Doubt]]:
    """Whether public access is blocked was not read."""
    made = (*account.snapshot.answers_to(OPTIONS), *account.snapshot.unread_of(OPTIONS))
    for one in account.snapshot.unread_of(OPTIONS):
        yield "foreign", Doubt(str(one), account.path(account.vpc))
    if not made:
        yield "foreign", Doubt(f"{OPTIONS} was not asked", account.path(account.vpc))


def _blocks(account: Account) -> Iterator[Foreign]:
    """A block of all that goes through internet gateways, unless the VPC is excluded from it (VPC user guide, BPA)."""
    key, harmless = SHUTS[_BLOCKS]
    for answer in account.snapshot.answers_to(OPTIONS):
        name = f"{account.vpc}/block-public-access"
        mode = account.property(dict(answer.result), name).at("VpcBlockPublicAccessOptions", key)
        if mode.text() in harmless or any(_lifted(account)):
            continue
        yield Foreign(
            id=name,
            origin=account.origin(name),
            type=_BLOCKS,
            touches=(account.vpc,),
            doubt=Doubt(f"{_BLOCKS} may keep an agent from what it is allowed", mode.path),
        )


def _encryption(account: Account) -> Iterator[Foreign]:
    """A VPC that lets encrypted traffic alone through (VPC user guide, VPC encryption controls)."""
    key, harmless = SHUTS[_ENCRYPTION]
    for name, vpc in account.listed("ec2:DescribeVpcs"):
        control = vpc.at("EncryptionControl")
        if control.absent or control.at("State").text() == "deleted" or control.at(key).text() in harmless:
            continue
        yield Foreign(
            id=f"{name}/encryption-control",
            origin=account.origin(name),
            type=_ENCRYPTION,
            touches=(name,),
            doubt=Doubt(f"{_ENCRYPTION} may keep an agent from what it is allowed", control.path),
        )


def _lifted(account: Account) -> Iterator[bool]:
    """Whether each exclusion surely frees the whole VPC."""
    for _, one in account.listed(EXCLUSIONS):
        arn = one.at("ResourceArn").text()
        done = one.at("State").text() in {"create-complete", "update-complete"}
        yield done and isinstance(arn, str) and arn.endswith(f":vpc/{account.vpc}")


def _shared(account: Account) -> Iterator[Foreign]:
    """Groups of the VPC that another one uses, and groups of another that this one uses."""
    for index, written in enumerate(
        account.snapshot.items("ec2:DescribeSecurityGroupVpcAssociations", "SecurityGroupVpcAssociations")
    ):
        one = account.property(dict(written), account.vpc)
        state = standing(one.at("State"), settled={"associated"}, over={"disassociated", "association-failed"})
        group, vpc = one.at("GroupId").needed_text(), one.at("VpcId").text()
        own = isinstance(group, str) and account.alias(group) in account.groups
        if state.gone or (own and vpc == account.vpc):
            continue
        name = f"{group if isinstance(group, str) else index}/{vpc if isinstance(vpc, str) else index}"
        yield Foreign(
            id=name,
            origin=account.origin(name),
            maybe=state.maybe,
            type=_SHARED,
            touches=(account.alias(group),) if own and isinstance(group, str) else (account.vpc,),
            doubt=Doubt(REDIRECTS[_SHARED][1], one.at("GroupId").path),
        )


def _profiles(account: Account) -> Iterator[Foreign]:
    for name, one in account.listed("route53profiles:ListProfileAssociations"):
        state = standing(one.at("Status"), settled={"complete"}, over={"deleted"})
        if not state.gone:
            yield Foreign(
                id=name,
                origin=account.origin(name),
                maybe=state.maybe,
                type=_PROFILE,
                touches=(account.vpc,),
                doubt=Doubt(REDIRECTS[_PROFILE][1], one.at("ResourceId").path),
            )


def _zones(account: Account) -> Iterator[Foreign]:
    """Private zones apart from those that an AWS service keeps in an account of its own, such as an endpoint's.

    A zone answers before the internet is asked, so it may give an allowed name any address: DNS Firewall lets the query
    pass, and a firewall that validates resolved addresses has seen the answer. What Cloud Map makes is the account's
    (Route 53 API, HostedZoneOwner).
    """
    for name, zone in account.listed("route53:ListHostedZonesByVPC"):
        if not zone.at("Owner", "OwningService").absent:
            continue
        apex = zone.at("Name").needed_text()
        below = apex.reason if isinstance(apex, Doubt) else f"{apex.removesuffix('.')} and every name below it"
        yield Foreign(
            id=name,
            origin=account.origin(name),
            type=_ZONE,
            touches=(account.vpc,),
            doubt=Doubt(f"{REDIRECTS[_ZONE][1]}: {below}", zone.at("Name").path),
        )


def _service_networks(account: Account) -> Iterator[Foreign]:
    """Service networks, which the VPC reaches by link-local addresses and no route (VPC Lattice user guide)."""
    there = {"active", "update_in_progress", "update_failed", "delete_failed"}
    for name, one in account.listed("vpc-lattice:ListServiceNetworkVpcAssociations"):
        state = standing(one.at("status"), settled=there, over={"create_failed"})
        if not state.gone:
            yield Foreign(
                id=name,
                origin=account.origin(name),
                maybe=state.maybe,
                type=_LATTICE,
                touches=(account.vpc,),
                doubt=Doubt(REDIRECTS[_LATTICE][1], one.at("vpcId").path),
            )


def _mirrors(account: Account) -> Iterator[Foreign]:
    """Sessions that copy the packets of an interface of the VPC; those of other VPCs are listed, too."""
    own = {name for name, _ in account.listed(INTERFACES)}
    for name, session in account.listed("ec2:DescribeTrafficMirrorSessions"):
        source = session.at("NetworkInterfaceId").needed_text()
        if isinstance(source, Doubt) or source in own:
            yield Foreign(
                id=name,
                origin=account.origin(name),
                type=_MIRROR,
                touches=(account.vpc,) if isinstance(source, Doubt) else (source,),
                doubt=Doubt(REDIRECTS[_MIRROR][1], session.at("NetworkInterfaceId").path),
            )


def _lent(account: Account) -> Iterator[Foreign]:
    """Interfaces of the VPC that another account holds, by an interface permission or in a shared subnet.

    Its instance may have interfaces of other VPCs, and its role has no boundary of ours. What AWS itself attaches, such
    as a function's interface or a task's, stands in accounts of AWS, and says so (``RequesterManaged``).
    """
    for name, one in account.listed(INTERFACES):
        machine = one.at("Attachment")
        holders = (one.at("OwnerId"), *(() if machine.at("InstanceId").absent else (machine.at("InstanceOwnerId"),)))
        named = (holder.text() for holder in holders)
        others = [who for who in named if isinstance(who, str) and who != account.snapshot.account]
        if others and one.at("RequesterManaged").truth(default=False) is not True:
            yield Foreign(
                id=f"{name}/holder",
                origin=account.origin(name),
                type=_LENT,
                touches=(account.vpc,),
                doubt=Doubt(f"account {others[0]} holds {name}, and what it does with it is not known", one.path),
            )


def _straddling(account: Account) -> Iterator[Foreign]:
    """Instances with interfaces of other VPCs beside ours (EC2 user guide, multi-VPC network interface attachments)."""
    for reservation in account.snapshot.items("ec2:DescribeInstances", "Reservations"):
        for one in account.property(dict(reservation), account.vpc).at("Instances").items():
            seats = (one, *one.at("NetworkInterfaces").items())
            others = sorted({vpc for seat in seats if isinstance(vpc := seat.at("VpcId").text(), str)} - {account.vpc})
            machine = one.at("InstanceId").text()
            if others and isinstance(machine, str):
                yield Foreign(
                    id=f"{machine}/{others[0]}",
                    origin=account.origin(machine),
                    type=_STRADDLING,
                    touches=(account.vpc,),
                    doubt=Doubt(f"{machine} stands in {others[0]} too, and may send by it", one.path),
                )


def strays(
    account: Account,
    subnets: Iterable[Subnet],
    groups: Iterable[SecurityGroup],
    interfaces: Iterable[Interface],
) -> tuple[Foreign, ...]:
    """A foreign record for everything of an agent's that stands outside of its subnets, as for templates."""
    homes: dict[str, set[str]] = {}
    for subnet in subnets:
        if subnet.role == "agent" and isinstance(subnet.agent, str):
            homes.setdefault(subnet.agent, set()).add(subnet.id)
    worn = {group.id: group.agent for group in groups if group.role == "agent" and isinstance(group.agent, str)}
    instances = _instances(account)
    machines: dict[str, list[Interface]] = {}
    for interface in interfaces:
        machines.setdefault(instances.get(interface.id, interface.id), []).append(interface)
    found = {
        f"{machine}/stray/{agent}": Foreign(
            id=f"{machine}/stray/{agent}",
            origin=account.origin(machine),
            type=seats[0].what,
            touches=tuple(sorted(homes[agent])),
            doubt=Doubt(f"{machine} {why}", account.path(machine)),
        )
        for machine, seats in machines.items()
        for agent, why in (*_apart(homes, seats), *_dressed(homes, worn, seats))
    }
    return tuple(found.values())


def _instances(account: Account) -> dict[str, str]:
    """The instance that each interface is attached to."""
    named = ((name, one.at("Attachment", "InstanceId").text()) for name, one in account.listed(INTERFACES))
    return {name: machine for name, machine in named if isinstance(machine, str)}


def _apart(homes: dict[str, set[str]], seats: Iterable[Interface]) -> Iterator[tuple[str, str]]:
    """What stands in an agent's subnet and in another one."""
    places = {seat.subnet for seat in seats if isinstance(seat.subnet, str)}
    for agent, home in homes.items():
        if places & home and places - home:
            yield agent, f"stands in {agent}'s subnets and in {min(places - home)} too, and may send by either"


def _dressed(homes: dict[str, set[str]], worn: dict[str, str], seats: Iterable[Interface]) -> Iterator[tuple[str, str]]:
    """What bears an agent's security group in another subnet."""
    for seat in seats:
        for group in seat.groups:
            agent = worn.get(group, "") if isinstance(group, str) else ""
            if agent in homes and isinstance(seat.subnet, str) and seat.subnet not in homes[agent]:
                yield agent, f"bears {agent}'s security group in {seat.subnet}, which is not {agent}'s"
