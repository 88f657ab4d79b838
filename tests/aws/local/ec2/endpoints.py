"""VPC endpoints: their interfaces, the routes of gateway endpoints, and what changes with a modification.

https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.ec2.endpoint_services import service_types
from tests.aws.local.ec2.interfaces import add_service_interface
from tests.aws.local.ec2.state import tags
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation

ec2 = operation(EC2Response)

_FULL_ACCESS = json.dumps(
    {"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
)
"""The policy of an endpoint for which nobody wrote one."""
_KINDS = ("Gateway", "Interface")


@ec2
def create_vpc_endpoint(call: Call) -> Answer:
    backend, kind = asked_ec2(call), call.get("VpcEndpointType", "Gateway")
    backend.get_vpc(call.asked["VpcId"])
    if kind not in _KINDS:
        raise NotImplementedError(f"The local AWS has no endpoints of the type {kind}")
    if kind not in service_types(call.region, call.asked["ServiceName"]):
        raise Refused("InvalidServiceName", f"The Vpc Endpoint Service '{call.asked['ServiceName']}' does not exist")
    endpoint = backend.create_vpc_endpoint(
        vpc_id=call.asked["VpcId"],
        service_name=call.asked["ServiceName"],
        endpoint_type="GatewayLoadBalancer",  # in moto that which adds neither routes nor interfaces
        policy_document=_checked_policy(call) or _FULL_ACCESS,
        route_table_ids=[],
        subnet_ids=[],
        client_token=call.get("ClientToken"),
        tags=tags(call, "vpc-endpoint"),
        private_dns_enabled=call.get("PrivateDnsEnabled", kind == "Interface"),
    )
    endpoint.vpc_endpoint_type = kind
    endpoint.requester_managed = False
    if kind == "Gateway":
        for table in call.get("RouteTableIds", []):
            _add_route(backend, endpoint, table)
    else:
        endpoint.security_group_ids = _groups(call, backend)
        for subnet in call.get("SubnetIds", []):
            _add_interface(backend, endpoint, subnet)
    return ActionResult({"VpcEndpoint": endpoint})


@ec2
def modify_vpc_endpoint(call: Call) -> Fields:
    backend = asked_ec2(call)
    endpoint = backend.get_vpc_end_point(call.asked["VpcEndpointId"])
    _refuse_requester_managed(endpoint)
    policy = _FULL_ACCESS if call.get("ResetPolicy") else _checked_policy(call)
    if policy:
        endpoint.policy_document = policy
    if "PrivateDnsEnabled" in call.asked:
        endpoint.private_dns_enabled = call.asked["PrivateDnsEnabled"]
    for table in call.get("RemoveRouteTableIds", []):
        _remove_route(backend, endpoint, table)
    for table in call.get("AddRouteTableIds", []):
        _add_route(backend, endpoint, table)
    for subnet in call.get("RemoveSubnetIds", []):
        _remove_interface(backend, endpoint, subnet)
    for subnet in call.get("AddSubnetIds", []):
        _add_interface(backend, endpoint, subnet)
    _change_groups(call, backend, endpoint)
    return {"Return": True}


@ec2
def delete_vpc_endpoints(call: Call) -> Fields:
    backend, refused = asked_ec2(call), []
    for identity in call.asked["VpcEndpointIds"]:
        endpoint = backend.vpc_end_points.get(identity)
        if endpoint is None:
            refused.append(_unsuccessful(identity, "InvalidVpcEndpoint.NotFound", "does not exist"))
        elif endpoint.requester_managed:
            refused.append(_unsuccessful(identity, "InvalidParameter", "is managed by its requester"))
        else:
            _delete(backend, endpoint)
    return {"Unsuccessful": refused}


def _delete(backend: Any, endpoint: Any) -> None:
    for table in tuple(endpoint.route_table_ids):
        _remove_route(backend, endpoint, table)
    for interface in endpoint.network_interface_ids:
        backend.enis.pop(interface)
    del backend.vpc_end_points[endpoint.id]


def _unsuccessful(identity: str, code: str, why: str) -> Fields:
    return {"ResourceId": identity, "Error": {"Code": code, "Message": f"The Vpc Endpoint Id '{identity}' {why}"}}


def _refuse_requester_managed(endpoint: Any) -> None:
    if endpoint.requester_managed:
        raise Refused("OperationNotPermitted", f"{endpoint.id} is managed by its requester")


def _checked_policy(call: Call) -> str | None:
    policy: str | None = call.get("PolicyDocument")
    if policy is not None:
        try:
            json.loads(policy)
        except ValueError:
            raise Refused("InvalidPolicyDocument", "The policy document is no JSON") from None
    return policy


def _groups(call: Call, backend: Any) -> list[str]:
    """The default group of the VPC where none is named."""
    return call.get("SecurityGroupIds") or [backend.get_default_security_group(call.asked["VpcId"]).id]


def _add_route(backend: Any, endpoint: Any, table: str) -> None:
    if backend.get_route_table(table).vpc_id != endpoint.vpc_id:
        raise Refused("InvalidParameter", f"The route table {table} belongs to another VPC than {endpoint.id}")
    if table in endpoint.route_table_ids:
        return
    prefix_list = next(
        held.id for held in backend.managed_prefix_lists.values() if held.prefix_list_name == endpoint.service_name
    )
    backend.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
    endpoint.destination_prefix_list_id = prefix_list
    endpoint.route_table_ids.append(table)


def _remove_route(backend: Any, endpoint: Any, table: str) -> None:
    if table not in endpoint.route_table_ids:
        raise Refused("InvalidParameter", f"{endpoint.id} has no route in {table}")
    backend.delete_route(table, None, None, endpoint.destination_prefix_list_id)
    endpoint.route_table_ids.remove(table)


def _add_interface(backend: Any, endpoint: Any, subnet_id: str) -> None:
    subnet = backend.get_subnet(subnet_id)
    if subnet.vpc_id != endpoint.vpc_id:
        raise Refused("InvalidParameter", f"The subnet {subnet_id} belongs to another VPC than {endpoint.id}")
    zones = [backend.get_subnet(other).availability_zone for other in endpoint.subnet_ids]
    if subnet.availability_zone in zones:
        raise Refused("DuplicateSubnetsInSameZone", f"{endpoint.id} has a subnet in {subnet.availability_zone} already")
    interface = add_service_interface(
        backend, subnet, "vpc_endpoint", f"VPC Endpoint Interface {endpoint.id}", endpoint.security_group_ids
    )
    endpoint.subnet_ids.append(subnet_id)
    endpoint.network_interface_ids.append(interface.id)


def _remove_interface(backend: Any, endpoint: Any, subnet_id: str) -> None:
    if subnet_id not in endpoint.subnet_ids:
        raise Refused("InvalidParameter", f"{endpoint.id} has no interface in {subnet_id}")
    place = endpoint.subnet_ids.index(subnet_id)
    endpoint.subnet_ids.pop(place)
    backend.enis.pop(endpoint.network_interface_ids.pop(place))


def _change_groups(call: Call, backend: Any, endpoint: Any) -> None:
    gone = call.get("RemoveSecurityGroupIds", [])
    groups = [group for group in endpoint.security_group_ids if group not in gone]
    groups += [group for group in call.get("AddSecurityGroupIds", []) if group not in groups]
    if groups == endpoint.security_group_ids:
        return
    if not groups:
        raise Refused("InvalidParameter", f"{endpoint.id} needs a security group")
    endpoint.security_group_ids = groups
    for interface in endpoint.network_interface_ids:
        backend.enis[interface]._group_set = [backend.get_security_group_from_id(group) for group in groups]
