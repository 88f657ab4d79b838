"""AWS services that a policy can name, and how each is reached through a VPC endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Service:
    """An AWS service with a VPC endpoint.

    ``name`` is what a policy says and, prefixed with ``com.amazonaws.${AWS::Region}.``, the
    endpoint's service name. ``iam`` are the IAM prefixes its actions may have. ``hosts`` are the
    names that a client asks for, in DNS Firewall's spelling, with CloudFormation placeholders.
    """

    name: str
    kind: Literal["gateway", "interface"]
    iam: tuple[str, ...]
    hosts: tuple[str, ...]
    endpoint_policy: bool = True

    @property
    def service_name(self) -> str:
        return f"com.amazonaws.${{AWS::Region}}.{self.name}"


def _interface(name: str, iam: tuple[str, ...] = (), hosts: tuple[str, ...] = ()) -> Service:
    return Service(
        name=name,
        kind="interface",
        iam=iam or (name,),
        hosts=hosts or (f"{name}.${{AWS::Region}}.${{AWS::URLSuffix}}",),
    )


SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        Service("s3", "gateway", ("s3",), ("s3.${AWS::Region}.${AWS::URLSuffix}", "*.s3.${AWS::Region}.${AWS::URLSuffix}")),
        Service("dynamodb", "gateway", ("dynamodb",), ("dynamodb.${AWS::Region}.${AWS::URLSuffix}",)),
        _interface("bedrock-runtime", ("bedrock",)),
        _interface("sts"),
    )
}
