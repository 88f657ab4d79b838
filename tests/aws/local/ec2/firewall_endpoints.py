"""The endpoints that a firewall makes for itself: in EC2 they are Gateway Load Balancer endpoints.

A route may lead to one. Its interface stands in the subnet and belongs to the service.
https://docs.aws.amazon.com/network-firewall/latest/developerguide/vpc-config-route-tables.html
"""

from __future__ import annotations

from tests.aws.local.ec2.backend import ec2_backend
from tests.aws.local.ec2.interfaces import add_service_interface


def create_firewall_endpoint(account: str, region: str, subnet_id: str, firewall: str) -> str:
    """The id of a new endpoint in the subnet."""
    ec2 = ec2_backend(account, region)
    subnet = ec2.get_subnet(subnet_id)
    endpoint = ec2.create_vpc_endpoint(
        vpc_id=subnet.vpc_id,
        service_name=f"com.amazonaws.vpce.{region}.vpce-svc-0{'f' * 16}",
        endpoint_type="GatewayLoadBalancer",
        policy_document=None,
        route_table_ids=[],
        subnet_ids=[subnet_id],
        tags={"AWSNetworkFirewallManaged": "true", "Firewall": firewall},
    )
    interface = add_service_interface(
        ec2, subnet, "gateway_load_balancer_endpoint", f"VPC Endpoint Interface {endpoint.id}"
    )
    endpoint.requester_managed = True
    endpoint.private_dns_enabled = False
    endpoint.policy_document = None
    endpoint.network_interface_ids = [interface.id]
    endpoint_id: str = endpoint.id
    return endpoint_id


def delete_firewall_endpoint(account: str, region: str, endpoint_id: str) -> None:
    """The endpoint and its interface go; a route to it stays, and leads nowhere."""
    ec2 = ec2_backend(account, region)
    endpoint = ec2.vpc_end_points.pop(endpoint_id)
    for interface in endpoint.network_interface_ids:
        ec2.enis.pop(interface)
