"""DHCP options: a VPC for which nobody chose any has the region's default, which is a set like any other.

https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.vpcs import VPC
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.state import tags
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation
from tests.aws.local.shown import shown

ec2 = operation(EC2Response)


@ec2
def create_dhcp_options(call: Call) -> Answer:
    given = {option["Key"]: option["Values"] for option in call.get("DhcpConfigurations", [])}
    options = asked_ec2(call).create_dhcp_options(**{key.replace("-", "_"): given.get(key) for key in _KEYS})
    options.add_tags(tags(call, "dhcp-options"))
    return ActionResult({"DhcpOptions": options})


@ec2
def associate_dhcp_options(call: Call) -> Fields:
    backend, identity = asked_ec2(call), call.asked["DhcpOptionsId"]
    vpc = backend.get_vpc(call.asked["VpcId"])
    _default(backend)
    if identity != "default" and identity not in backend.dhcp_options_sets:
        raise Refused("InvalidDhcpOptionID.NotFound", f"The dhcpOption ID '{identity}' does not exist")
    vpc.chosen_dhcp_options = None if identity == "default" else identity
    return {}


@ec2
def delete_dhcp_options(call: Call) -> Fields:
    backend, identity = asked_ec2(call), call.asked["DhcpOptionsId"]
    if identity not in backend.dhcp_options_sets:
        raise Refused("InvalidDhcpOptionID.NotFound", f"The dhcpOption ID '{identity}' does not exist")
    if any(vpc.dhcp_options_id == identity for vpc in backend.vpcs.values()):
        raise Refused("DependencyViolation", f"The dhcpOptions '{identity}' has dependencies and cannot be deleted.")
    del backend.dhcp_options_sets[identity]
    return {}


@ec2
def describe_dhcp_options(call: Call) -> Answer:
    _default(asked_ec2(call))
    return call.stock()


_KEYS = ("domain-name-servers", "domain-name", "ntp-servers", "netbios-name-servers", "netbios-node-type")


def _default(backend: Any) -> str:
    identity: str | None = getattr(backend, "default_dhcp_options", None)
    if identity is None:
        region = backend.region_name
        name = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
        identity = backend.create_dhcp_options(domain_name=[name], domain_name_servers=["AmazonProvidedDNS"]).id
        backend.default_dhcp_options = identity
    return identity


@shown(VPC, "dhcp_options_id")
def _of(vpc: Any) -> str:
    return getattr(vpc, "chosen_dhcp_options", None) or _default(vpc.ec2_backend)
