"""Network interfaces: those written out, and those that a workload, a database or a load balancer makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from agent_perimeter.lift.endpoints import groups_in
from agent_perimeter.lift.node import Pointer, Resource
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.lift.resources import Resources, origin
from agent_perimeter.lift.vpc import SUBNET
from agent_perimeter.lift.workloads import SUBNET_GROUPS, WORKLOADS, Seat
from agent_perimeter.observed import Doubt, Interface, Ref

NETWORK_INTERFACE = "AWS::EC2::NetworkInterface"
INSTANCE = "AWS::EC2::Instance"
SCALING_GROUP = "AWS::AutoScaling::AutoScalingGroup"


def interfaces(resources: Resources) -> tuple[Interface, ...]:
    """Every interface that the assembly makes or has made for it. An address of an EIP makes one public."""
    written = tuple(_written(resources))
    found = [*written, *_attached(resources, written), *_instances(resources), *_scaled(resources), *_placed(resources)]
    public = _addresses(resources)
    return tuple(replace(each, public=public[each.id]) if each.id in public else each for each in found)


def _written(resources: Resources) -> Iterator[Interface]:
    for resource, properties in resources.of(NETWORK_INTERFACE):
        subnet = resources.ref(properties.at("SubnetId"), SUBNET)
        yield Interface(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            what=resource.type,
            subnet=subnet,
            groups=groups_in(resources, properties.at("GroupSet"), subnet),
            public=False,  # MapPublicIpOnLaunch does not concern an interface that is made on its own
            forwards=_forwards(properties.at("SourceDestCheck")),
        )


def owner_of(resources: Resources, interface: str) -> Resource:
    """The resource that an interface is made for. The interface's id is that resource's, or stands below it."""
    while interface not in resources.by_id:
        interface = interface[: interface.rindex("/")]
    return resources.by_id[interface]


def _attached(resources: Resources, written: Iterable[Interface]) -> Iterator[Interface]:
    """Interfaces that are written out on their own, once more as those of the instance that they are attached to."""
    by_id = {interface.id: interface for interface in written}
    for instance, properties in resources.of(INSTANCE):
        for index, item in enumerate(properties.at("NetworkInterfaces").items()):
            end = resources.optional_ref(item.at("NetworkInterfaceId"), NETWORK_INTERFACE)
            if isinstance(end, str):
                yield replace(by_id[end], id=f"{instance.id}/attached/{index}", what=instance.type)
    for attachment, properties in resources.of("AWS::EC2::NetworkInterfaceAttachment"):
        owner = resources.pointee(properties.at("InstanceId"), INSTANCE)
        end = resources.optional_ref(properties.at("NetworkInterfaceId"), NETWORK_INTERFACE)
        if owner is not None and isinstance(end, str):
            yield replace(by_id[end], id=f"{owner.id}/attached/{attachment.logical_id}", what=owner.type)


def _forwards(checked: Property) -> bool | Doubt:
    checks = checked.truth(default=True)
    return checks if isinstance(checks, Doubt) else not checks


def _instances(resources: Resources) -> Iterator[Interface]:
    for resource, properties in resources.of(INSTANCE):
        yield from _launched(resources, resource, launched_by(resources, resource), properties.at("SubnetId"))


def _scaled(resources: Resources) -> Iterator[Interface]:
    """Auto Scaling groups: one interface per subnet stands for all instances there."""
    for resource, properties in resources.of(SCALING_GROUP):
        launch = launched_by(resources, resource)
        for index, subnet in enumerate(properties.at("VPCZoneIdentifier").items()):
            for made in _launched(resources, resource, launch, subnet):
                yield replace(made, id=f"{made.id}/subnet/{index}", maybe=made.maybe or subnet.maybe)


def launched_by(resources: Resources, resource: Resource) -> tuple[Property, ...]:
    """What says how an instance, or those of a scaling group, are launched; what comes first wins."""
    properties = top(resource)
    if resource.type == INSTANCE:
        template = properties.at("LaunchTemplate")
        return (properties, *(() if template.absent else (_launch(resources, template),)))
    mixed = properties.at("MixedInstancesPolicy", "LaunchTemplate")
    template = properties.at("LaunchTemplate") if mixed.absent else mixed.at("LaunchTemplateSpecification")
    other = [item for item in mixed.at("Overrides").items() if not item.at("LaunchTemplateSpecification").absent]
    return (_unknown(other[0]) if other else _launch(resources, template),)


def _launch(resources: Resources, template: Property) -> Property:
    """What a launch template says, if it is surely in the assembly."""
    owner = resources.pointee(template.at("LaunchTemplateId"), "AWS::EC2::LaunchTemplate")
    return _unknown(template) if owner is None or owner.maybe else top(owner).at("LaunchTemplateData")


def _unknown(template: Property) -> Property:
    return Property(Doubt("this launch template is not in the assembly", template.path), template.path)


def _launched(
    resources: Resources, resource: Resource, sources: tuple[Property, ...], subnet: Property
) -> Iterator[Interface]:
    """The interfaces of an instance; the first one's id is the instance's. What comes first in ``sources`` wins."""

    def given(key: str) -> Property:
        return next((found for source in sources if not (found := source.at(key)).absent), sources[0].at(key))

    listed = given("NetworkInterfaces")
    if listed.absent or isinstance(listed.value, Doubt):
        where = resources.ref(given("SubnetId") if subnet.absent else subnet, SUBNET)
        named = given("SecurityGroups")
        groups = groups_in(resources, given("SecurityGroupIds"), where)
        if not named.absent:
            groups = (Doubt("groups that are named, not pointed at", named.path, "SecurityGroupIds"),)
        yield Interface(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            what=resource.type,
            subnet=where,
            groups=groups,
            public=_maps(resources, where) if listed.absent else listed.truth(default=False),
            forwards=_forwards(given("SourceDestCheck")),
        )
        return
    for index, item in enumerate(listed.items()):
        if not item.at("NetworkInterfaceId").absent:
            continue  # it is written out on its own
        own = item.at("SubnetId")
        where = resources.ref(subnet if own.absent else own, SUBNET)
        groups_at = next(
            (found for key in ("GroupSet", "Groups") if not (found := item.at(key)).absent), Property(None, item.path)
        )
        yield Interface(
            id=resource.id if index == 0 else f"{resource.id}/{index}",
            origin=item.origin,
            maybe=resource.maybe or item.maybe,
            what=resource.type,
            subnet=where,
            groups=groups_in(resources, groups_at, where),
            public=item.at("AssociatePublicIpAddress").truth(_maps(resources, where)),
            forwards=_forwards(given("SourceDestCheck")),
        )


def _placed(resources: Resources) -> Iterator[Interface]:
    for name, seats in WORKLOADS.items():
        for resource, properties in resources.of(name):
            for number, seat in enumerate(seats):
                for index, made in enumerate(_seated(resources, resource, properties, seat)):
                    yield replace(made, id=f"{resource.id}/interface/{number}.{index}")


def _seated(resources: Resources, resource: Resource, properties: Property, seat: Seat) -> Iterator[Interface]:
    for subnets in _walk(properties, seat.subnets.split(".")):
        groups = properties.at(*seat.groups.split(".")) if seat.groups else None
        for item in subnets.items():
            for written in _expanded(resources, item):
                where = item.maybe or resources.ref(written, SUBNET)
                borne: tuple[Ref, ...]
                if groups is not None and _open(resource, properties, groups):
                    borne = (Doubt("a Network Load Balancer without groups takes everything in", groups.path),)
                elif groups is not None:
                    borne = groups_in(resources, groups, where)
                else:
                    borne = (Doubt(f"which groups {resource.type} bears is not read", properties.path),)
                yield Interface(
                    id=resource.id,
                    origin=subnets.origin,
                    maybe=resource.maybe,
                    what=resource.type,
                    subnet=where,
                    groups=borne,
                    public=_public(properties, seat),
                )


def _open(resource: Resource, properties: Property, groups: Property) -> bool:
    """Whether it has no group at all, not even the default one, or may have none.

    So it is with a Network Load Balancer that is made without groups (ELB user guide, "Update the security groups
    for your Network Load Balancer").
    """
    kind = properties.at("Type")
    plain = kind.absent or kind.text() == "application"
    return resource.type == "AWS::ElasticLoadBalancingV2::LoadBalancer" and groups.optional and not plain


def _walk(properties: Property, keys: list[str]) -> Iterator[Property]:
    """What stands below the keys, through every element of a list on the way."""
    if not keys:
        yield properties
        return
    parts = (properties,) if not isinstance(properties.value, tuple) else properties.items()
    for part in parts:
        below = part.at(keys[0])
        if not below.absent:
            yield from _walk(below, keys[1:])


def _expanded(resources: Resources, written: Property) -> Iterator[Property]:
    """A subnet, or all subnets of the subnet group that stands in its place."""
    pointer = written.pointer()
    owner = resources.by_id.get(pointer.resource) if isinstance(pointer, Pointer) else None
    if owner is None or owner.type not in SUBNET_GROUPS:
        yield written
        return
    yield from top(owner).at("SubnetIds").items()


def _public(properties: Property, seat: Seat) -> bool | Doubt:
    if not seat.public:
        return False
    key, _, value = seat.public.partition("=")
    text = properties.at(*key.split(".")).needed_text()
    return text if isinstance(text, Doubt) else text.lower() == value.lower()


def _maps(resources: Resources, subnet: Ref) -> bool | Doubt:
    if isinstance(subnet, Doubt):
        return subnet
    return top(resources.by_id[subnet]).at("MapPublicIpOnLaunch").truth(default=False)


def _addresses(resources: Resources) -> dict[str, bool | Doubt]:
    """Which interfaces an elastic IP address makes public, by record id."""
    found: dict[str, bool | Doubt] = {}
    for resource, properties in resources.of("AWS::EC2::EIP", "AWS::EC2::EIPAssociation"):
        for key, name in (("InstanceId", INSTANCE), ("NetworkInterfaceId", NETWORK_INTERFACE)):
            end = resources.optional_ref(properties.at(key), name)
            if isinstance(end, str):
                found[end] = resource.maybe or True
    return found
