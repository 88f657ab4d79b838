"""The resources of an assembly by id and by type, and how their properties name each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agent_perimeter.lift.node import Assembly, Pointer, Resource, placeholder
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.observed import Doubt, Ref
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr

IDENTITY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "AWS::EC2::CarrierGateway": frozenset({"CarrierGatewayId"}),
        "AWS::EC2::DHCPOptions": frozenset({"DhcpOptionsId"}),
        "AWS::EC2::EgressOnlyInternetGateway": frozenset({"Id"}),
        "AWS::EC2::Instance": frozenset({"InstanceId"}),
        "AWS::EC2::InternetGateway": frozenset({"InternetGatewayId"}),
        "AWS::EC2::LaunchTemplate": frozenset({"LaunchTemplateId"}),
        "AWS::EC2::NatGateway": frozenset({"NatGatewayId"}),
        "AWS::EC2::NetworkAcl": frozenset({"Id"}),
        "AWS::EC2::NetworkInterface": frozenset({"Id"}),
        "AWS::EC2::PrefixList": frozenset({"PrefixListId"}),
        "AWS::EC2::RouteTable": frozenset({"RouteTableId"}),
        "AWS::EC2::SecurityGroup": frozenset({"GroupId", "Id"}),
        "AWS::EC2::Subnet": frozenset({"SubnetId"}),
        "AWS::EC2::TransitGateway": frozenset({"Id"}),
        "AWS::EC2::VPC": frozenset({"VpcId"}),
        "AWS::EC2::VPCEndpoint": frozenset({"Id"}),
        "AWS::EC2::VPCPeeringConnection": frozenset({"Id"}),
        "AWS::EC2::VPNGateway": frozenset({"VPNGatewayId"}),
        "AWS::IAM::ManagedPolicy": frozenset({"PolicyArn"}),
        "AWS::IAM::Role": frozenset({"Arn"}),
        "AWS::Lambda::Function": frozenset({"Arn"}),
        "AWS::NetworkFirewall::Firewall": frozenset({"FirewallArn", "FirewallId"}),
        "AWS::NetworkFirewall::FirewallPolicy": frozenset({"FirewallPolicyArn"}),
        "AWS::NetworkFirewall::RuleGroup": frozenset({"RuleGroupArn"}),
        "AWS::NetworkFirewall::VpcEndpointAssociation": frozenset({"EndpointId"}),
        "AWS::Route53Resolver::FirewallDomainList": frozenset({"Id"}),
        "AWS::Route53Resolver::FirewallRuleGroup": frozenset({"Id"}),
        "AWS::Route53Resolver::ResolverRule": frozenset({"ResolverRuleId"}),
    }
)
"""The attributes that stand for the resource itself, beside ``Ref``. Any other attribute is something else."""

_DEFAULTS: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType(
    {
        ("AWS::EC2::VPC", "DefaultSecurityGroup"): ("AWS::EC2::SecurityGroup", "default-group"),
        ("AWS::EC2::VPC", "DefaultNetworkAcl"): ("AWS::EC2::NetworkAcl", "default-acl"),
    }
)
"""What AWS makes with a VPC, by the attribute that names it: its type and the last part of its id."""


@dataclass(frozen=True, slots=True)
class Resources:
    """An assembly, indexed."""

    by_id: Mapping[str, Resource]
    by_path: Mapping[str, Resource]
    by_type: Mapping[str, tuple[Resource, ...]]

    @classmethod
    def of_assembly(cls, assembly: Assembly) -> Resources:
        by_type: dict[str, list[Resource]] = {}
        for resource in assembly.resources:
            by_type.setdefault(resource.type, []).append(resource)
        return cls(
            {resource.id: resource for resource in assembly.resources},
            {resource.path: resource for resource in assembly.resources},
            {name: tuple(found) for name, found in by_type.items()},
        )

    def of(self, *types: str) -> Iterator[tuple[Resource, Property]]:
        """The resources of these types with their properties."""
        for name in types:
            for resource in self.by_type.get(name, ()):
                yield resource, top(resource)

    def region(self, written: Property) -> str | None:
        """The region of the stack that a property stands in, where it is known."""
        resource = self.by_path.get(written.path.partition("/Properties")[0])
        return resource.region if resource else None

    def ref(self, written: Property, *types: str) -> Ref:
        """The record of one of ``types`` that a required property names."""
        found = self.optional_ref(written, *types)
        return written.missing if found is None else found

    def optional_ref(self, written: Property, *types: str) -> Ref | None:
        """As ``ref``; None where nothing stands."""
        pointer = written.pointer()
        return self.target(pointer, written, *types) if isinstance(pointer, Pointer) else pointer

    def refs(self, written: Property, *types: str) -> tuple[Ref, ...]:
        """The records that a list names; one that may not be there is a ``Doubt``."""
        return tuple(item.maybe or self.ref(item, *types) for item in written.items())

    def target(self, pointer: Pointer, written: Property, *types: str) -> Ref:
        """The record that a pointer stands for, if it is of one of ``types``."""
        resource = self.by_id.get(pointer.resource)
        if resource is not None:
            if resource.type in types and (
                not pointer.attribute or pointer.attribute in IDENTITY.get(resource.type, frozenset())
            ):
                return resource.id
            implied, name = _DEFAULTS.get((resource.type, pointer.attribute), ("", ""))
            if implied in types:
                return f"{resource.id}/{name}"
        return Doubt(f"{placeholder(pointer)} is no {' or '.join(types)}", written.path)

    def pointee(self, written: Property, *types: str) -> Resource | None:
        """The resource that a property surely names, if it is of one of ``types``."""
        pointer = written.pointer()
        if not isinstance(pointer, Pointer):
            return None
        resource = self.by_id.get(pointer.resource)
        return resource if resource is not None and resource.type in types else None

    def cidr(self, written: Property) -> Cidr | Doubt | None:
        """A block of addresses, with host bits cleared as EC2 does.

        EC2 API, IpRange: "AWS canonicalizes IPv4 and IPv6 CIDRs".
        """
        return parsed_cidr(written.text(), written.path)

    def needed_cidr(self, written: Property) -> Cidr | Doubt:
        found = self.cidr(written)
        return written.missing if found is None else found

    def cidrs(self, written: Property) -> tuple[Cidr | Doubt, ...]:
        """A list of blocks; one that may not be there is a ``Doubt``."""
        return tuple(item.maybe or self.needed_cidr(item) for item in written.items())


def parsed_cidr(text: str | Doubt | None, path: str) -> Cidr | Doubt | None:
    """A block written out, host bits cleared."""
    if text is None or isinstance(text, Doubt):
        return text
    try:
        return Cidr.parse(text)
    except ValueError as error:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            return Doubt(str(error), path)
        return Cidr.parse(str(network))


def origin(resource: Resource) -> Origin:
    """Where a resource stands."""
    return Origin(path=resource.path)


def tag(tags: Property, key: str) -> str | Doubt | None:
    """The value of a tag, from a list of Key and Value or from a mapping; a ``Doubt`` where tags are not readable."""
    entries = tags.entries() if isinstance(tags.value, Mapping) else None
    if isinstance(entries, Mapping):
        return entries[key].text() if key in entries else None
    unread: Doubt | None = None
    for item in tags.items():
        name = item.at("Key").needed_text()
        if name == key:
            return item.maybe or item.at("Value").text()
        # AWS refuses a key that stands twice: where this one is found, a key that cannot be read is another.
        unread = unread or (name if isinstance(name, Doubt) else None)
    return unread


def agent_of(properties: Property) -> str | Doubt | None:
    """The agent that a resource's tags name."""
    return tag(properties.at("Tags"), "agent-perimeter:agent")


def role_of(properties: Property) -> str | Doubt | None:
    """The part in the perimeter that a resource's tags name."""
    return tag(properties.at("Tags"), "agent-perimeter:role")


def name_of(properties: Property) -> str:
    """The Name tag where it can be read: it is for people only."""
    found = tag(properties.at("Tags"), "Name")
    return found if isinstance(found, str) else ""
