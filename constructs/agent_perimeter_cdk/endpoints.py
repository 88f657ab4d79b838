"""VPC endpoints, each with a policy: without one, AWS lets every caller do everything through it."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from agent_perimeter.network import Endpoint, Role, Statement
from agent_perimeter.source import Origin
from agent_perimeter_cdk.documents import Document, document
from agent_perimeter_cdk.refs import Refs

_NOBODY = Statement("Nobody", False, ("*",), ("*",), (), "*", Origin())


def render_endpoints(scope: Construct, endpoints: Iterable[Endpoint], refs: Refs) -> None:
    """Gateway endpoints on their route tables, interface endpoints in their subnets."""
    for endpoint in endpoints:
        tags = refs.tags(endpoint.id, Role.ENDPOINT)
        service = refs.text(endpoint.service_name)
        policy = _policy(endpoint, refs)
        match endpoint.kind:
            case "gateway":
                ec2.CfnVPCEndpoint(
                    scope,
                    endpoint.id,
                    vpc_id=refs.vpc,
                    vpc_endpoint_type="Gateway",
                    service_name=service,
                    policy_document=policy,
                    route_table_ids=[refs[table] for table in endpoint.route_tables],
                    tags=tags,
                )
            case "interface":
                if endpoint.security_group is None:
                    # EC2 would take the VPC's default group.
                    raise ValueError(f"the interface endpoint {endpoint.id!r} has no security group")
                ec2.CfnVPCEndpoint(
                    scope,
                    endpoint.id,
                    vpc_id=refs.vpc,
                    vpc_endpoint_type="Interface",
                    service_name=service,
                    policy_document=policy,
                    subnet_ids=[refs[subnet] for subnet in endpoint.subnets],
                    security_group_ids=[refs[endpoint.security_group]],
                    private_dns_enabled=endpoint.private_dns,
                    tags=tags,
                )


def _policy(endpoint: Endpoint, refs: Refs) -> Document:
    """The endpoint's policy. Without statements it allows nothing, while an absent one would allow everything."""
    return document(endpoint.statements or (_NOBODY,), refs)
