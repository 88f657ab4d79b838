"""Network ACLs and their entries."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from agent_perimeter.network import Acl, AclEntry, Direction
from agent_perimeter.values import ALL_PORTS, Protocol
from agent_perimeter_cdk.linters import acknowledge
from agent_perimeter_cdk.refs import Refs, ipv4

_SECOND_WALL = "Network ACLs are wanted here: generated from the policies, they deny what a security group lets slip."


def render_acls(scope: Construct, acls: Iterable[Acl], refs: Refs) -> None:
    """The ACLs. AWS's own deny ends each; it is not ours to render.

    An entry is known by its number, not by what it says: a changed entry is then updated where it
    stands, where a new one could not take the number before the old one has gone.
    """
    walls = Construct(scope, "acls")
    acknowledge(walls, {"AwsSolutions-VPC3": _SECOND_WALL})
    for acl in acls:
        refs[acl.id] = ec2.CfnNetworkAcl(walls, acl.id, vpc_id=refs.vpc, tags=refs.tags(acl.id, acl.role)).ref
        for entry in acl.entries:
            _render_entry(walls, acl, entry, refs)


def _render_entry(scope: Construct, acl: Acl, entry: AclEntry, refs: Refs) -> None:
    ports = entry.ports
    if ports is None and entry.protocol in (Protocol.TCP, Protocol.UDP):
        ports = ALL_PORTS
    ec2.CfnNetworkAclEntry(
        scope,
        f"{acl.id}/{entry.direction}/{entry.number}",
        network_acl_id=refs[acl.id],
        rule_number=entry.number,
        egress=entry.direction is Direction.EGRESS,
        rule_action="allow" if entry.allow else "deny",
        protocol=entry.protocol.number,
        cidr_block=ipv4(entry.cidr),
        port_range=(
            ec2.CfnNetworkAclEntry.PortRangeProperty(from_=ports.first, to=ports.last) if ports is not None else None
        ),
        # EC2 wants to be told that all of ICMP is meant.
        icmp=(ec2.CfnNetworkAclEntry.IcmpProperty(code=-1, type=-1) if entry.protocol is Protocol.ICMP else None),
    )
