"""What touches the network in a way that nobody here can read: unknown types, unknown properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from agent_perimeter.lift.custom import is_custom, why_not_aloof, why_not_narrow
from agent_perimeter.lift.harmless import HARMLESS
from agent_perimeter.lift.interfaces import SCALING_GROUP
from agent_perimeter.lift.node import Node, OneOf, Pointer, Resource, below, choices
from agent_perimeter.lift.properties import Property, pointed, top
from agent_perimeter.lift.resources import Resources, origin
from agent_perimeter.lift.routes import EDGES
from agent_perimeter.lift.shapes import ORDINARY, SHAPES, Shape
from agent_perimeter.lift.vpc import SUBNET, VPC
from agent_perimeter.lift.workloads import SUBNET_GROUPS, WORKLOADS
from agent_perimeter.observed import Doubt, Foreign

REDIRECTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "AWS::EC2::RouteServerPropagation": ("RouteTableId", "a route server writes routes that no template shows"),
        "AWS::EC2::SecurityGroupVpcAssociation": (
            "GroupId",
            "a group that another VPC uses too may be borne there, and rules that name it then mean those interfaces",
        ),
        "AWS::EC2::TrafficMirrorSession": ("NetworkInterfaceId", "it copies packets to wherever its target is"),
        "AWS::Route53::HostedZone": ("VPCs", "a private zone answers names with addresses of its owner's choice"),
        "AWS::Route53Profiles::ProfileAssociation": (
            "ResourceId",
            "a profile brings DNS Firewall groups, private zones and Resolver rules",
        ),
        "AWS::ServiceDiscovery::PrivateDnsNamespace": (
            "Vpc",
            "a private zone answers names with addresses that others register",
        ),
        "AWS::VpcLattice::ServiceNetworkVpcAssociation": (
            "VpcIdentifier",
            "a service network gives a VPC ways to services elsewhere",
        ),
    }
)
"""Types that redirect or copy what leaves a network: by which property, and why no judgement is possible."""

OF_INTERFACES = frozenset({"AWS::EC2::TrafficMirrorSession"})
"""Of these, those that name an interface. Templates seldom make an agent's, so an id from elsewhere may be its."""

SHARE = "AWS::RAM::ResourceShare"
"""Who takes part in a shared VPC makes interfaces of its own in our subnets, behind its own groups."""

SHUTS: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "AWS::EC2::VPCBlockPublicAccessOptions": ("InternetGatewayBlockMode", frozenset({"block-ingress", "off"})),
        "AWS::EC2::VPCEncryptionControl": ("Mode", frozenset({"monitor"})),
    }
)
"""Types that can only forbid, the property that says how much, and the values that forbid nothing that is meant."""

_NOT_PARTS = frozenset(
    {"AWS::EC2::EIP", "AWS::EC2::Instance", "AWS::EC2::LaunchTemplate", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role"}
)
PARTS = frozenset(SHAPES) - _NOT_PARTS
"""What makes up a network: whoever names one of these touches it."""

GO_BETWEENS = SUBNET_GROUPS | {"AWS::EC2::LaunchTemplate"}
"""What only hands on the names of parts: whoever names one of these touches the parts that it names."""

PLACES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **{name: frozenset(place for seat in seats for place in seat.places) for name, seats in WORKLOADS.items()},
        SCALING_GROUP: frozenset({"VPCZoneIdentifier", "LaunchTemplate", "MixedInstancesPolicy"}),
    }
)
"""Where a type that makes interfaces names parts of the network and is read."""

_ONLY_NAMES = frozenset(
    {"Description", "Environment", "EnvironmentVariables", "Tags", "HyperParameters", "TagSpecifications"}
)
"""Properties of workloads that hold text for the program inside."""


def foreign(resources: Resources, boundaries: frozenset[str]) -> tuple[Foreign, ...]:
    """Every resource that is not wholly understood and touches the network, with the reason."""
    found = [
        Foreign(
            id=resource.id,
            origin=origin(resource),
            maybe=resource.maybe,
            type=resource.type,
            touches=touched,
            doubt=doubt,
        )
        for resource in resources.by_id.values()
        for touched, doubt in _strangeness(resources, resource, boundaries)
    ]
    return (*found, *_unknown_addresses(resources), *_unknown_gateways(resources))


def _strangeness(
    resources: Resources, resource: Resource, boundaries: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], Doubt]]:
    """What a resource touches and why it is not understood; nothing where it is."""
    if resource.type in SHAPES:
        doubt = next(_unread(resource), None)
        if doubt:
            yield (resource.id, *touches(resources, resource, boundaries)), doubt
        return
    touched = touches(resources, resource, boundaries)
    if resource.type in PLACES:
        doubt = next(_references(resources, resource, boundaries), None)
        if doubt:
            yield touched, doubt
    elif is_custom(resource):
        doubt = why_not_narrow(resources, resource, touched) if touched else why_not_aloof(resources, resource)
        if doubt:
            yield touched or every_vpc(resources), doubt
    elif resource.type not in HARMLESS:
        yield from _strange_type(resources, resource, touched)


def _strange_type(
    resources: Resources, resource: Resource, touched: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Doubt]]:
    """As ``_strangeness``, by what the type is known to do or to keep from being done."""
    if resource.type in REDIRECTS:
        key, reason = REDIRECTS[resource.type]
        where = top(resource).at(key)
        if touched or resource.type in OF_INTERFACES or not _elsewhere(where.value):
            yield touched or every_vpc(resources), Doubt(reason, where.path)
    elif resource.type == SHARE:
        if shared := tuple(
            name for name in touched if name in resources.by_id and resources.by_id[name].type == SUBNET
        ):
            yield shared, Doubt("whoever this subnet is shared with puts interfaces into it", resource.path)
    elif resource.type in SHUTS:
        key, harmless = SHUTS[resource.type]
        if top(resource).at(key).text() not in harmless:
            reason = f"{resource.type} may keep an agent from what it is allowed"
            yield touched or every_vpc(resources), Doubt(reason, resource.at(key))
    elif isinstance(resource.properties, Doubt):
        yield every_vpc(resources), resource.properties
    elif touched:
        yield touched, Doubt(f"what {resource.type} does to the network is not known", resource.path)


def touches(resources: Resources, resource: Resource, boundaries: frozenset[str]) -> tuple[str, ...]:
    """The records of the network that a resource names, sorted."""
    named = (*pointed(resource.properties), *resource.mentions)
    return tuple(sorted({name for name in _parts(resources, named, boundaries) if name != resource.id}))


def _handed_on(resources: Resources, named: Iterable[Pointer]) -> Iterator[Pointer]:
    """What is named, and what the launch templates and subnet groups among it name."""
    for pointer in named:
        yield pointer
        between = resources.by_id.get(pointer.resource)
        named_by = between is not None and between.type == "AWS::SSM::Parameter" and pointer.attribute == "Value"
        if between is not None and (between.type in GO_BETWEENS or named_by):
            yield from pointed(between.properties)


def _parts(resources: Resources, named: Iterable[Pointer], boundaries: frozenset[str]) -> Iterator[str]:
    for pointer in _handed_on(resources, named):
        target = resources.by_id.get(pointer.resource)
        if target is None or (target.type not in PARTS and target.id not in boundaries):
            continue
        part = resources.target(pointer, top(target), "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkAcl")
        yield target.id if isinstance(part, Doubt) else part


def every_vpc(resources: Resources) -> tuple[str, ...]:
    """The ids of all VPCs: what something touches that does not say which."""
    return tuple(sorted(resource.id for resource, _ in resources.of(VPC)))


def _elsewhere(value: Node) -> bool:
    """Whether a value surely names nothing of this assembly: it is absent, or literal ids only."""
    match value:
        case tuple():
            return all(map(_elsewhere, value))
        case Mapping():
            return all(map(_elsewhere, value.values()))
        case Doubt() | OneOf() | Pointer():
            return False
        case _:
            return not any(True for _ in pointed(value))


def _unread(resource: Resource) -> Iterator[Doubt]:
    """A doubt for each property of a known type that is not read."""
    yield from _beside(resource.properties, SHAPES[resource.type], resource.at(), resource.type)


def _beside(value: Node, shape: Shape, path: str, type_name: str) -> Iterator[Doubt]:
    for choice in choices(value):
        if isinstance(choice, tuple):
            for index, element in enumerate(choice):
                yield from _beside(element, shape, below(path, index), type_name)
        if not isinstance(choice, Mapping):
            continue
        for name, entry in choice.items():
            where = below(path, name)
            if name not in shape:
                if not _ordinary(entry, ORDINARY.get((type_name, name), frozenset()), where):
                    yield Doubt(f"the property {name} of {type_name} is not judged", where)
            elif (inner := shape[name]) is not None:
                yield from _beside(entry, inner, where, type_name)


def _ordinary(value: Node, values: frozenset[str], path: str) -> bool:
    text = Property(value, path).text()
    return text is None or (isinstance(text, str) and text in values)


def _references(resources: Resources, resource: Resource, boundaries: frozenset[str]) -> Iterator[Doubt]:
    """A doubt for each part of the network that a workload names outside the places that are read."""
    yield from _outside(resources, resource.properties, (), PLACES[resource.type], resource, boundaries)


def _outside(
    resources: Resources,
    value: Node,
    keys: tuple[str, ...],
    read: frozenset[str],
    resource: Resource,
    boundaries: frozenset[str],
) -> Iterator[Doubt]:
    if ".".join(keys) in read or (keys and keys[0] in _ONLY_NAMES):
        return
    match value:
        case Mapping():
            for name, entry in value.items():
                yield from _outside(resources, entry, (*keys, name), read, resource, boundaries)
        case tuple():
            for element in value:
                yield from _outside(resources, element, keys, read, resource, boundaries)
        case _:
            for name in _parts(resources, pointed(value), boundaries):
                yield Doubt(f"what {resource.type} does with {name} is not read", resource.at(*keys))


def _unknown_addresses(resources: Resources) -> Iterator[Foreign]:
    """Elastic IP addresses of interfaces that are not known: any interface may be public through one."""
    for resource, _ in resources.of("AWS::EC2::EIP", "AWS::EC2::EIPAssociation"):
        for key, names in (
            ("InstanceId", ("AWS::EC2::Instance",)),
            ("NetworkInterfaceId", ("AWS::EC2::NetworkInterface",)),
        ):
            end = resources.optional_ref(top(resource).at(key), *names)
            if isinstance(end, Doubt):
                yield Foreign(
                    id=f"{resource.id}/{key}",
                    origin=origin(resource),
                    maybe=resource.maybe,
                    type=resource.type,
                    touches=every_vpc(resources),
                    doubt=Doubt("which interface this public address is for is not known", end.path),
                )


def _unknown_gateways(resources: Resources) -> Iterator[Foreign]:
    """Tables for what comes in through a gateway that is not known: it may be any VPC's."""
    for resource, properties in resources.of("AWS::EC2::GatewayRouteTableAssociation"):
        gateway = resources.ref(properties.at("GatewayId"), *EDGES)
        if isinstance(gateway, Doubt):
            yield Foreign(
                id=f"{resource.id}/GatewayId",
                origin=origin(resource),
                maybe=resource.maybe,
                type=resource.type,
                touches=touches(resources, resource, frozenset()) or every_vpc(resources),
                doubt=Doubt("which gateway this table is for is not known", gateway.path),
            )
