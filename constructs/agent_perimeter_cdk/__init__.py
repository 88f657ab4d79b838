"""The perimeter as AWS CDK constructs."""

from __future__ import annotations

from agent_perimeter_cdk.perimeter import AgentPerimeter, AgentPlacement, PolicyRefused

__all__ = ["AgentPerimeter", "AgentPlacement", "PolicyRefused"]
