"""SSM parameters: where another stack, or another tool, finds an agent's place in the perimeter."""

from __future__ import annotations

from aws_cdk import Fn
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from agent_perimeter.network import Network
from agent_perimeter_cdk.refs import TAG_AGENT, TAG_PERIMETER, Refs


def render_parameters(scope: Construct, network: Network, refs: Refs) -> None:
    """``/agent-perimeter/<perimeter>/<agent>/`` with ``subnets``, ``security-group`` and ``boundary``."""
    for boundary in network.boundaries:
        agent = boundary.agent
        subnets = [refs[subnet.id] for subnet in network.subnets if subnet.agent == agent]
        groups = [refs[group.id] for group in network.security_groups if group.agent == agent]
        for what, kind, value in (
            ("subnets", "StringList", Fn.join(",", subnets)),
            ("security-group", "String", Fn.join(",", groups)),
            ("boundary", "String", refs[boundary.id]),
        ):
            name = f"/agent-perimeter/{network.name}/{agent}/{what}"
            ssm.CfnParameter(
                scope,
                f"parameter/{agent}/{what}",
                name=name,
                type=kind,
                value=value,
                tags={"Name": name, TAG_AGENT: agent, TAG_PERIMETER: network.name},
            )
