"""The stack of one perimeter: the constructs, and its addresses for people and other stacks to read."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Environment, Fn, Stack
from constructs import Construct

from agent_perimeter.network import Network
from agent_perimeter_cdk import AgentPerimeter


class PerimeterStack(Stack):
    """One perimeter. It is protected from deletion as its firewalls are: all of them, or (maintenance) none.

    A deletion that only the firewalls refuse would stop half-way, with the agents' routes gone.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        prefix_lists: Mapping[str, str],
        protected: bool,
        env: Environment | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Agent perimeter {network.name}: {len(network.agents)} agents, {network.topology}",
            termination_protection=protected,
            env=env,
        )
        self.perimeter = AgentPerimeter(self, "perimeter", network=network, prefix_lists=prefix_lists)
        CfnOutput(self, "vpc", value=self.perimeter.vpc.vpc_id)
        for agent, placement in self.perimeter.agents.items():
            subnets = Fn.join(",", [subnet.subnet_id for subnet in placement.subnets])
            CfnOutput(self, f"{agent}-subnets", value=subnets)
            CfnOutput(self, f"{agent}-security-group", value=placement.security_group.security_group_id)
            CfnOutput(self, f"{agent}-boundary", value=placement.boundary.managed_policy_arn)
