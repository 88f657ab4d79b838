"""Where each agent goes: the ids that a workload needs, and the SSM parameters that publish them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Fn
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from agent_perimeter.network import Boundary, Network, SecurityGroup, Subnet
from agent_perimeter_cdk.refs import TAG_AGENT, TAG_PERIMETER, Refs


@dataclass(frozen=True, slots=True)
class Place:
    """The records that are one agent's own."""

    agent: str
    subnets: tuple[Subnet, ...]
    security_group: SecurityGroup
    boundary: Boundary

    def published(self, refs: Refs) -> dict[str, str]:
        """The ids under the names that are published. Several subnets are one text, with commas between them."""
        return {
            "subnets": Fn.join(",", [refs[subnet.id] for subnet in self.subnets]),
            "security-group": refs[self.security_group.id],
            "boundary": refs[self.boundary.id],
        }


def places(network: Network) -> dict[str, Place]:
    """Each agent's place. Raises ``ValueError`` where an agent has not exactly one security group."""
    found = {}
    for boundary in network.boundaries:
        agent = boundary.agent
        groups = [group for group in network.security_groups if group.agent == agent]
        if len(groups) != 1:
            raise ValueError(f"the agent {agent!r} has {len(groups)} security groups, and needs one")
        subnets = tuple(subnet for subnet in network.subnets if subnet.agent == agent)
        found[agent] = Place(agent, subnets, groups[0], boundary)
    return found


def render_parameters(scope: Construct, published: Mapping[str, Mapping[str, str]], refs: Refs) -> None:
    """``/agent-perimeter/<perimeter>/<agent>/<what>`` for all that is published of each agent's place."""
    for agent, values in published.items():
        for what, value in values.items():
            name = f"/agent-perimeter/{refs.perimeter}/{agent}/{what}"
            ssm.CfnParameter(
                scope,
                f"parameter/{agent}/{what}",
                name=name,
                type="StringList" if what == "subnets" else "String",
                value=value,
                tags={"Name": name, TAG_AGENT: agent, TAG_PERIMETER: refs.perimeter},
            )
