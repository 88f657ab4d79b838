"""A local AWS: moto, and what it lacks for the parts of AWS that hold agents in.

Nothing here is a fixed answer: what is created can be described, changed and deleted, and is refused where AWS's
documentation says that it is refused. ``install`` works for calls in process (``moto.mock_aws``) and for the
server of ``tests.aws.local.server`` alike.
"""

from __future__ import annotations

import importlib
from functools import cache

from moto.core.base_backend import BackendDict

from tests.aws.local import faster
from tests.aws.local.operations import attach, operations

_PARTS = (
    "ec2.addresses",
    "ec2.connect_endpoints",
    "ec2.dhcp",
    "ec2.endpoint_services",
    "ec2.endpoints",
    "ec2.group_associations",
    "ec2.group_rules",
    "ec2.images",
    "ec2.instance_profiles",
    "ec2.nat_gateways",
    "ec2.network_acls",
    "ec2.peering",
    "ec2.prefix_lists",
    "ec2.public_access",
    "ec2.route_servers",
    "ec2.route_states",
    "ec2.routes",
    "ec2.subnets",
    "ec2.transit_gateways",
    "iam",
    "network_firewall.associations",
    "network_firewall.firewalls",
    "network_firewall.logs",
    "network_firewall.policies",
    "network_firewall.resources",
    "network_firewall.rule_groups",
    "resolver.associations",
    "resolver.configs",
    "resolver.domain_lists",
    "resolver.forwarding",
    "resolver.rules",
    "route53",
    "route53profiles",
)


@cache
def install() -> None:
    """Add our operations to moto, once in a process."""
    faster.use()
    for part in _PARTS:
        importlib.import_module(f"tests.aws.local.{part}")
    for added in operations():
        attach(added)


def install_cloudformation() -> None:
    """Let CloudFormation deploy into it. It takes a moment longer to load than the rest."""
    importlib.import_module("tests.aws.local.cloudformation").install()


def reset() -> None:
    """Forget everything, as if the test began anew."""
    BackendDict.reset()
