"""For any intent: what Suricata makes of the rules is what the intent says.

The intent is read here in the plainest way, packet by packet, by code that shares nothing with the
lowering. Every flow of a small world is put before the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings

from agent_perimeter.intent import AgentIntent, Intent
from agent_perimeter.lower.firewall import lower_firewall
from agent_perimeter.packets import AddressSet
from agent_perimeter.settings import Settings
from agent_perimeter.values import Cidr, DomainPattern, Protocol
from tests.engines.engine import Default, Engine
from tests.engines.intents import AGENTS, NAMES, PORTS, TARGETS, intents
from tests.engines.packets import IP, UDP, Capture, Raw, hello, request

SUBNETS = {agent: (Cidr.parse(f"10.42.{number}.0/27"),) for number, agent in enumerate(AGENTS)}
RESOLVED = {"one.example": TARGETS[:1], "deep.one.example": TARGETS[1:2], "two.example": TARGETS[1:]}
SAYS = ("nothing", "raw", *NAMES, "a.one.example", "evil-one.example")
AFTER = b"what an attacker wants to say"


@dataclass(frozen=True)
class Flow:
    """A connection that says a name in the way of its port, or a datagram where ``protocol`` is UDP."""

    agent: str
    protocol: Protocol
    target: str
    port: int
    says: str

    @property
    def client(self) -> str:
        return f"10.42.{AGENTS.index(self.agent)}.5"

    @property
    def name(self) -> str | None:
        return None if self.says in {"nothing", "raw"} else self.says

    def allowed_by(self, intent: Intent) -> bool:
        (agent,) = (agent for agent in intent.agents if agent.name == self.agent)
        return self._by_address(agent) or (self.protocol is Protocol.TCP and self._by_name(agent))

    def begun_by(self, intent: Intent) -> bool:
        """Whether a first packet may leave: where a name will tell, it may to wherever any of the names can be."""
        (agent,) = (agent for agent in intent.agents if agent.name == self.agent)
        if self.port not in (80, 443) or self.protocol is not Protocol.TCP:
            return self.allowed_by(intent)
        names = [reach for reach in agent.names if self.port in reach.ports]
        return self._by_address(agent) or any(not reach.pins or _holds(reach.pins, self.target) for reach in names)

    def _by_address(self, agent: AgentIntent) -> bool:
        return any(
            reach.protocol is self.protocol and self.port in reach.ports and _holds(reach.addresses, self.target)
            for reach in agent.addresses
        )

    def _by_name(self, agent: AgentIntent) -> bool:
        for reach in agent.names:
            if self.port not in reach.ports or (reach.pins and not _holds(reach.pins, self.target)):
                continue
            if self.port in (80, 443):
                if self.says != "raw" and self.name is not None and _covers(reach.name, self.name):
                    return True
            elif self.target in RESOLVED[reach.name.name]:
                return True
        return False


def _holds(addresses: AddressSet, address: str) -> bool:
    return AddressSet.of((Cidr.parse(address),)) <= addresses


def _covers(pattern: DomainPattern, name: str) -> bool:
    return name.endswith("." + pattern.name) if pattern.wildcard else name == pattern.name


def _flows() -> Iterator[Flow]:
    for agent, target, port in product(AGENTS, TARGETS, PORTS):
        yield Flow(agent, Protocol.UDP, target, port, "raw")
        for says in SAYS if port in (80, 443) else ("raw",):
            yield Flow(agent, Protocol.TCP, target, port, says)


def _sent(flow: Flow) -> bytes:
    if flow.says == "raw":
        return b"SSH-2.0-OpenSSH_9.9\r\n"
    return request(flow.name) if flow.port == 80 else hello(flow.name)


FLOWS = {str(flow): flow for flow in _flows()}


@pytest.fixture(scope="module")
def world() -> Capture:
    capture = Capture()
    for title, flow in FLOWS.items():
        if flow.protocol is Protocol.UDP:
            capture.add(title, IP(src=flow.client, dst=flow.target) / UDP(sport=99, dport=flow.port) / Raw(AFTER))
        else:
            capture.tcp(title, flow.client, flow.port, [_sent(flow), AFTER], flow.target)
    return capture


def test_the_world_has_what_the_law_needs() -> None:
    assert {flow.protocol for flow in FLOWS.values()} == {Protocol.TCP, Protocol.UDP}
    assert len(FLOWS) > 150


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(intent=intents())
def test_suricata_lets_out_what_the_intent_allows_and_nothing_else(
    intent: Intent, engine: Engine, world: Capture
) -> None:
    policy, _, findings = lower_firewall(intent, SUBNETS, Settings())
    assert findings == ()
    outcomes = engine.judge(policy, world, Default.NEVER, RESOLVED)
    allowed = {title for title, flow in FLOWS.items() if flow.allowed_by(intent)}
    assert {title for title, outcome in outcomes.items() if outcome.whole} == allowed
    assert {title for title, outcome in outcomes.items() if outcome.leaked} == allowed
    begun = {title for title, flow in FLOWS.items() if flow.begun_by(intent)}
    assert {title for title, outcome in outcomes.items() if outcome.forwarded[0]} == begun
