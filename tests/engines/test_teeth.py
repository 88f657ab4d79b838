"""Each deny rule stops something that nothing else stops: without it, that gets further."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.engines.engine import Default, Engine
from tests.engines.packets import Capture
from tests.engines.perimeter import RESOLVED, firewall, without
from tests.engines.test_flows import AFTER_HANDSHAKE, WITHOUT_HANDSHAKE

BITES: Mapping[str, str] = {
    "deny connections from outside": "a ping from outside",
    "deny answers to connections from outside": "a datagram from outside, and what the agent answers",
    "deny traffic inside the VPC": "TCP to an address of the VPC, through the firewall",
    "deny IPv6": "IPv6",
    "deny UDP": "UDP 443, which is QUIC's",
    "deny ICMP": "a ping",
    "deny other IP protocols": "a protocol for experiments",
    "deny bytes before the handshake": "a SYN with bytes in it",
    "deny TCP to this port": "TCP to a port that nobody has",
    "deny TCP 443 to an agent that has no name there": "TCP 443 from an agent that has no name there",
    "deny TCP 80 to an agent that has no name there": "TCP 80 from an agent that has no name there",
    "deny TCP 443 to other addresses than the pins for partner (partner.yaml:5)": "TCP 443 elsewhere than to the pins",
    "deny TCP 80 to other addresses than the pins for partner (partner.yaml:7)": "TCP 80 elsewhere than to the pins",
    "deny other protocols than TLS on TCP 443": "SSH on port 443",
    "deny other protocols than HTTP on TCP 80": "SSH on port 80",
    "deny this TLS server name": "another name",
    "deny this HTTP host": "another host over HTTP",
}


def test_every_deny_rule_is_asked_to_bite() -> None:
    said = {
        rule.text.partition('msg:"agent-perimeter: ')[2].partition('"')[0]
        for group in firewall().groups
        for rule in group.rules
        if not rule.allow
    }
    assert said == set(BITES)


@pytest.mark.parametrize("rule", BITES)
def test_without_it_more_gets_out(rule: str, engine: Engine) -> None:
    build, _ = {**WITHOUT_HANDSHAKE, **AFTER_HANDSHAKE}[BITES[rule]]
    capture = Capture()
    build(capture, "flow")
    policy = firewall()
    before = engine.judge(policy, capture, Default.NEVER, RESOLVED)["flow"]
    after = engine.judge(without(policy, rule), capture, Default.NEVER, RESOLVED)["flow"]
    assert rule in before.denied
    assert sum(after.forwarded) > sum(before.forwarded)
