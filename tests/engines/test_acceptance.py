"""Suricata takes every rule that we write, whatever a policy file is called or holds."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_perimeter.intent import AddressReach, AgentIntent, Claim, Intent, NameReach, resolve
from agent_perimeter.lower.addresses import plan_addresses
from agent_perimeter.lower.firewall import lower_firewall
from agent_perimeter.packets import AddressSet, PortSet
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.settings import Settings
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol
from tests.engines.engine import Engine
from tests.engines.perimeter import RESOLVED, SUBNETS, TODAY, firewall
from tests.strategies import intents

EXAMPLES = Path(__file__).resolve().parents[2] / "policies"


def test_the_example_policies(engine: Engine) -> None:
    files = [(path.name, path.read_bytes()) for path in sorted(EXAMPLES.glob("*.yaml"))]
    policies, _ = load_perimeter(files)
    intent = resolve(policies, TODAY)
    plan, _, _ = plan_addresses((agent.name for agent in intent.agents), Settings())
    policy, _, findings = lower_firewall(intent, plan.agents, Settings())
    assert findings == ()
    assert engine.complaints(policy, {"broker.partner.example": ["192.0.2.1"]}) == ""


def test_the_policies_of_these_tests(engine: Engine) -> None:
    assert engine.complaints(firewall(), RESOLVED) == ""


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(intent=intents())
def test_the_policies_of_any_perimeter(intent: Intent, engine: Engine) -> None:
    plan, _, _ = plan_addresses((agent.name for agent in intent.agents), Settings())
    policy, _, _ = lower_firewall(intent, plan.agents, Settings())
    assert engine.complaints(policy, defaultdict(lambda: ["192.0.2.1"])) == ""


def test_it_would_say_so_if_it_did_not(engine: Engine) -> None:
    """RESOLVED is what keeps AWS's own keyword away from Suricata; without it there is nothing to put there."""
    with pytest.raises(KeyError, match=r"broker\.example"):
        engine.complaints(firewall(), {})


def _one_agent(file: str, names: int = 1, agent: str = "reader") -> Intent:
    origin = Origin((Span(file, 7, 3),))
    everything = PortRange.single(443)
    reaches = tuple(
        NameReach(DomainPattern(f"n{number}.example"), Claim.TLS, everything, AddressSet(), origin)
        for number in range(names)
    )
    block = AddressReach(
        AddressSet.of((Cidr.parse("198.51.100.0/24"),)), Protocol.TCP, PortSet.of((PortRange(5432, 5440),)), origin
    )
    return Intent((AgentIntent(agent, reaches, (block,), (), origin.spans[0]),))


HOSTILE = {
    "a quote and a whole rule": 'a"; sid:1;) pass ip any any -> any any (msg:"x.yaml',
    "a line break and a whole rule": "a\npass ip any any -> any any (sid:1;)\n#.yaml",
    "a carriage return": "a\rpass ip any any -> any any (sid:1;).yaml",
    "a variable": "$HOME_NET ${Vpc} ${AWS::AccountId}.yaml",
    "hexadecimal and a backslash": "|41 42|\\\\;.yaml",
    "a comma and a key": "x, agent root.yaml",
    "letters of another alphabet": "агент-«ё».yaml",
    "a right-to-left mark and a null": "a\u202eb\x00c.yaml",
    "nothing at all": "",
    "very many letters": "x" * 10_000,
}


@pytest.mark.parametrize("file", HOSTILE.values(), ids=HOSTILE)
def test_whatever_the_file_is_called(file: str, engine: Engine) -> None:
    """One rule in, one rule out: Suricata counts as many as we wrote."""
    policy, _, _ = lower_firewall(_one_agent(file), SUBNETS, Settings())
    assert engine.complaints(policy) == ""


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=st.text(max_size=80))
def test_whatever_else_the_file_is_called(file: str, engine: Engine) -> None:
    policy, _, _ = lower_firewall(_one_agent(file), SUBNETS, Settings())
    assert engine.complaints(policy) == ""


def test_two_thousand_names(engine: Engine) -> None:
    policy, _, _ = lower_firewall(_one_agent("big.yaml", names=2000), SUBNETS, Settings())
    assert engine.complaints(policy) == ""


def test_many_agents_blocks_and_ports(engine: Engine) -> None:
    """Lists that fill several lines, and a hundred agents to except from one."""
    agents = [f"agent-{number}" for number in range(100)]
    subnets = {
        name: (Cidr.parse("10.42.0.0/17").subnet(27, place), Cidr.parse("10.42.128.0/17").subnet(27, place))
        for place, name in enumerate(agents)
    }
    origin = Origin((Span("shared.yaml", 7, 3),))
    name = NameReach(DomainPattern("api.example.com"), Claim.TLS, PortRange.single(443), AddressSet(), origin)
    scattered = AddressReach(
        AddressSet.of(Cidr.parse(f"198.51.{third}.{fourth}") for third in range(4) for fourth in range(0, 256, 2)),
        Protocol.TCP,
        PortSet.of(PortRange.single(port) for port in range(1, 400, 2)),
        origin,
    )
    intent = Intent(tuple(AgentIntent(agent, (name,), (scattered,), (), origin.spans[0]) for agent in agents))
    policy, uses, _ = lower_firewall(intent, subnets, Settings())
    assert engine.complaints(policy) == ""
    assert max(use.used for use in uses if use.quota == "firewall-rule-line-characters") <= 8175
