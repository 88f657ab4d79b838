"""Moto's EC2, which has no types of its own."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends

from tests.aws.local.operations import Call


def ec2_backend(account: str, region: str) -> Any:
    return ec2_backends[account][region]


def asked_ec2(call: Call) -> Any:
    return ec2_backend(call.account, call.region)


def find_subnet(account: str, region: str, subnet: str) -> Any | None:
    """Moto keeps subnets by Availability Zone."""
    by_zone = ec2_backend(account, region).subnets.values()
    return next((zone[subnet] for zone in by_zone if subnet in zone), None)
