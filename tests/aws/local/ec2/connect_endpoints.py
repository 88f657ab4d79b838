"""EC2 Instance Connect Endpoints: a way in to private addresses that passes no gateway."""

from __future__ import annotations

from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2, find_subnet
from tests.aws.local.ec2.filters import filtered
from tests.aws.local.ec2.interfaces import add_service_interface
from tests.aws.local.ec2.state import asked_beyond, new_id, now, tags
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Call, Fields, operation, page

ec2 = operation(EC2Response)

_FILTERS = {
    "instance-connect-endpoint-id": "InstanceConnectEndpointId",
    "state": "State",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}


@ec2
def create_instance_connect_endpoint(call: Call) -> Fields:
    backend = asked_ec2(call)
    subnet = find_subnet(call.account, call.region, call.asked["SubnetId"])
    if subnet is None:
        raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{call.asked['SubnetId']}' does not exist")
    identity = new_id("eice")
    groups = call.get("SecurityGroupIds") or [backend.get_default_security_group(subnet.vpc_id).id]
    interface = add_service_interface(backend, subnet, "interface", f"EC2 Instance Connect Endpoint {identity}", groups)
    endpoint = {
        "OwnerId": call.account,
        "InstanceConnectEndpointId": identity,
        "InstanceConnectEndpointArn": call.arn("ec2", f"instance-connect-endpoint/{identity}"),
        "State": "create-complete",
        "DnsName": f"{identity}.{call.region}.ec2-instance-connect-endpoint.amazonaws.com",
        "NetworkInterfaceIds": [interface.id],
        "VpcId": subnet.vpc_id,
        "AvailabilityZone": subnet.availability_zone,
        "CreatedAt": now(),
        "SubnetId": subnet.id,
        "PreserveClientIp": call.get("PreserveClientIp", False),
        "SecurityGroupIds": groups,
        "Tags": [{"Key": key, "Value": value} for key, value in tags(call, "instance-connect-endpoint").items()],
    }
    asked_beyond(call).connect_endpoints[identity] = endpoint
    return {"InstanceConnectEndpoint": endpoint}


@ec2
def describe_instance_connect_endpoints(call: Call) -> Fields:
    wanted = call.get("InstanceConnectEndpointIds")
    held = asked_beyond(call).connect_endpoints
    found = [endpoint for identity, endpoint in held.items() if not wanted or identity in wanted]
    return page(call, "InstanceConnectEndpoints", filtered(call, found, _FILTERS))


@ec2
def delete_instance_connect_endpoint(call: Call) -> Fields:
    identity = call.asked["InstanceConnectEndpointId"]
    endpoint = asked_beyond(call).connect_endpoints.pop(identity, None)
    if endpoint is None:
        raise Refused("InvalidInstanceConnectEndpointId.NotFound", f"The endpoint '{identity}' does not exist")
    for interface in endpoint["NetworkInterfaceIds"]:
        asked_ec2(call).enis.pop(interface)
    return {"InstanceConnectEndpoint": endpoint | {"State": "delete-in-progress"}}
