"""The perimeter as AWS CDK constructs."""

from __future__ import annotations

from agent_perimeter_cdk.perimeter import AgentPerimeter, AgentPlacement, PolicyRefused
from agent_perimeter_cdk.proof import PerimeterProof
from agent_perimeter_cdk.watch import DriftWatch

__all__ = ["AgentPerimeter", "AgentPlacement", "DriftWatch", "PerimeterProof", "PolicyRefused"]
