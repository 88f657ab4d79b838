"""What is proven: a network with the agents that stand in it, of which some may not have been read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from agent_perimeter.intent import Intent
from agent_perimeter.lift.placement import Placement
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.prove import prove
from agent_perimeter.prove.compare import status_of
from agent_perimeter.verdict import AgentVerdict, Gap, Kind, Layer, LayerVerdict, Outcome, Proof, Status, Step, Witness


@dataclass(frozen=True, slots=True)
class Subject:
    """A network and where its agents stand.

    ``sure``, where not everything was read: the same with what was deployed in the place of what was not read, as if it
    were surely there. In ``network`` it only may be. A gap is certain where it is in both: an ACL's entry for an
    endpoint is no hole because nobody could read the endpoints.
    """

    network: ObservedNetwork
    places: tuple[Placement, ...]
    sure: ObservedNetwork | None = None

    def against(
        self,
        intent: Intent,
        source: str,
        runtimes: Mapping[str, tuple[str, ...]],
        *,
        only: Collection[str] | None = None,
        listed: bool = False,
    ) -> Proof:
        """The proof of the network against an intent; ``only`` and ``listed`` as ``prove`` has them."""
        proof = prove(self.network, self.places, intent, source, runtimes, only=only, listed=listed)
        if self.sure is None:
            return proof
        sure = prove(self.sure, self.places, intent, source, runtimes, only=only, listed=False)
        certain = {
            _key(agent, layer, gap)
            for agent in sure.agents
            for layer in agent.layers
            for gap in layer.gaps
            if gap.certain
        }
        return replace(proof, agents=tuple(self._agent(agent, certain) for agent in proof.agents))

    def _agent(self, agent: AgentVerdict, certain: set[_Key]) -> AgentVerdict:
        return replace(agent, layers=tuple(self._layer(agent, layer, certain) for layer in agent.layers))

    def _layer(self, agent: AgentVerdict, layer: LayerVerdict, certain: set[_Key]) -> LayerVerdict:
        gaps = tuple(
            gap
            if not gap.certain or _key(agent, layer, gap) in certain
            else _unsure(gap, layer.layer, self.network.doubts)
            for gap in layer.gaps
        )
        status = status_of(gaps, layer.doubts) if layer.status is Status.REFUTED else layer.status
        return replace(layer, status=status, gaps=gaps)


_Key = tuple[str, Layer, Kind, Witness]


def _key(agent: AgentVerdict, layer: LayerVerdict, gap: Gap) -> _Key:
    return (agent.agent, layer.layer, gap.kind, gap.witness)


def _unsure(gap: Gap, layer: Layer, why: tuple[Doubt, ...]) -> Gap:
    """The gap as one that what was not read may explain."""
    said = Step(layer, Outcome.PERHAPS, "what was not read", doubts=why)
    return replace(gap, certain=False, steps=(*gap.steps, said))
