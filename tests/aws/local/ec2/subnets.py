"""Subnets: what stands in one keeps it from being deleted, and what points to it goes with it."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import elastic_ip_addresses
from moto.ec2.responses import EC2Response
from moto.ec2.utils import random_public_ip

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, operation

ec2 = operation(EC2Response)


@ec2
def delete_subnet(call: Call) -> Answer:
    backend, identity = asked_ec2(call), call.asked["SubnetId"]
    if any(eni.subnet.id == identity for eni in backend.enis.values()):
        raise Refused("DependencyViolation", f"The subnet '{identity}' has dependencies and cannot be deleted.")
    answered = call.stock()
    for table in backend.route_tables.values():
        _forget(table._associations, [key for key, subnet in table._associations.items() if subnet == identity])
    for acl in backend.network_acls.values():
        _forget(acl._associations, [key for key, held in acl._associations.items() if held.subnet_id == identity])
    return answered


@ec2
def modify_instance_attribute(call: Call) -> Answer:
    """The check of source and destination is that of the first interface; the instance only shows it."""
    answered = call.stock()
    check = call.get("SourceDestCheck")
    if check is not None:
        instance = asked_ec2(call).get_instance(call.asked["InstanceId"])
        instance.nics[0].source_dest_check = instance.source_dest_check = check["Value"]
    return answered


def _forget(associations: dict[str, Any], keys: list[str]) -> None:
    for key in keys:
        del associations[key]


setattr(elastic_ip_addresses, "random_ip", random_public_ip)  # noqa: B010 # moto's are loopback addresses, from which nothing follows
