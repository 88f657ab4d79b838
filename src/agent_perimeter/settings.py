"""Settings: how a perimeter is built, apart from who may reach what.

They live in ``cdk.json`` under ``context`` → ``agent-perimeter``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agent_perimeter.values import Cidr


class Workload(StrEnum):
    """What runs an agent, where AWS itself then acts with the agent's role."""

    OTHER = "other"
    LAMBDA = "lambda"
    FARGATE = "fargate"
    AGENTCORE = "agentcore"


@dataclass(frozen=True, slots=True)
class Settings:
    """Validated settings. Defaults are what a perimeter should have unless someone says otherwise.

    ``zones`` are availability zone names, or None in each place to take the region's n-th zone.
    ``slots`` pins an agent's place in the address plan. ``quotas`` raises an adjustable limit that
    AWS has raised for the account. ``log_key`` is a KMS key ARN, ``create``, or None.
    ``prefix_lists`` gives the id of an AWS-managed list where our table lacks the region.
    """

    name: str = "agents"
    policies: str = "policies"
    vpc_cidr: Cidr = field(default_factory=lambda: Cidr.parse("10.42.0.0/16"))
    zones: tuple[str | None, ...] = (None, None)
    agent_subnet_prefix: int = 27
    slots: Mapping[str, int] = field(default_factory=dict)
    workloads: Mapping[str, Workload] = field(default_factory=dict)
    resolved_ip_validation: bool = True
    maintenance: bool = False
    log_retention_days: int = 365
    log_key: str | None = None
    quotas: Mapping[str, int] = field(default_factory=dict)
    prefix_lists: Mapping[str, str] = field(default_factory=dict)
