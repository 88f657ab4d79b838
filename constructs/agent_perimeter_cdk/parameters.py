"""SSM parameters: where another stack, or another tool, finds an agent's place in the perimeter."""

from __future__ import annotations

from aws_cdk import Fn, aws_ssm as ssm
from constructs import Construct

from agent_perimeter.network import Boundary, Network
from agent_perimeter_cdk.refs import TAG_AGENT, TAG_PERIMETER, Refs


def render_parameters(scope: Construct, network: Network, refs: Refs) -> None:
    """``/agent-perimeter/<perimeter>/<agent>/`` with ``subnets``, ``security-group`` and ``boundary``."""
    for boundary in network.boundaries:
        agent = boundary.agent
        subnets = [refs[subnet.id] for subnet in network.subnets if subnet.agent == agent]
        groups = [refs[group.id] for group in network.security_groups if group.agent == agent]
        _render(scope, boundary, "subnets", "StringList", Fn.join(",", subnets), refs)
        _render(scope, boundary, "security-group", "String", Fn.join(",", groups), refs)
        _render(scope, boundary, "boundary", "String", refs[boundary.id], refs)


def _render(scope: Construct, boundary: Boundary, what: str, kind: str, value: str, refs: Refs) -> None:
    name = f"/agent-perimeter/{refs.perimeter}/{boundary.agent}/{what}"
    ssm.CfnParameter(
        scope,
        f"parameter/{boundary.agent}/{what}",
        name=name,
        type=kind,
        value=value,
        tags={"Name": name, TAG_AGENT: boundary.agent, TAG_PERIMETER: refs.perimeter},
    )
