"""The stack of one perimeter: the constructs, and its addresses for people and other stacks to read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from aws_cdk import CfnOutput, Environment, Stack
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
            description=f"Agent perimeter {network.name}, {network.topology}",
            termination_protection=protected,
            env=env,
        )
        self.perimeter = AgentPerimeter(self, "Perimeter", network=network, prefix_lists=prefix_lists)
        CfnOutput(self, "Vpc", value=self.perimeter.vpc_id)
        names = _output_names(network.agents)
        for agent, published in self.perimeter.published.items():
            for what, value in published.items():
                CfnOutput(self, names[agent] + _camel(what), value=value)


def _output_names(agents: Iterable[str]) -> dict[str, str]:
    """``my-agent`` as ``MyAgent``, for an output's name takes letters and digits only.

    Where that makes two agents one (``agent-1`` and ``agent1``), both get a mark of their own.
    """
    names = {agent: _camel(agent) for agent in agents}
    shared = Counter(names.values())
    return {
        agent: name if shared[name] == 1 else f"{name}{hashlib.sha256(agent.encode()).hexdigest()[:8]}"
        for agent, name in names.items()
    }


def _camel(text: str) -> str:
    return "".join(part.capitalize() for part in text.split("-"))
