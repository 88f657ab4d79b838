"""What gets through the rules all the same, so that ``docs/limits.md`` does not promise too much.

Each of these is a fact about the engine that a person should know. If one of them changes, so does a limit.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.engines.engine import Default, Engine, Outcome
from tests.engines.packets import ICMP, IP, UDP, Capture, Raw, hello, pieces, request
from tests.engines.perimeter import DATABASE, READER, RESOLVED, firewall

ELSEWHERE = "192.0.2.99"
UNFINISHED = pieces(hello("evil.test", padding=14_000), *range(40, 14_000, 1000))[:-1]
ALLOWED = hello("api.example.com")


def _flows() -> Capture:
    capture = Capture()
    capture.tcp("an allowed name at any address", READER, 443, [ALLOWED, b"data"], ELSEWHERE)
    capture.tcp("a handshake with any address", READER, 443, [], ELSEWHERE)
    capture.tcp("bytes that are no protocol", READER, 443, [b"\x00\x01\x02data"], ELSEWHERE)
    capture.tcp("a ClientHello that never ends", READER, 443, UNFINISHED, ELSEWHERE)
    capture.tcp("an allowed name with another after a NUL", READER, 443, [hello(b"api.example.com\x00.evil.test")])
    capture.tcp("an allowed host, then another one", READER, 80, [request("plain.example"), request("evil.test")])
    capture.tcp(
        "another host, then an allowed one, at once", READER, 80, [request("evil.test") + request("plain.example")]
    )
    capture.tcp("an allowed connection", READER, 443, [ALLOWED])
    reply = bytes(capture.packets[-1])
    error = IP(src=READER, dst=ELSEWHERE) / ICMP(type=3, code=3) / Raw(reply[:28] + b"data" * 10)
    capture.add("an ICMP error that quotes an allowed connection", error)
    capture.add(
        "a server that speaks first after an idle gap",
        IP(src="198.51.100.9", dst=DATABASE) / UDP(sport=123, dport=50) / Raw(b"the time"),
        IP(src=DATABASE, dst="198.51.100.9") / UDP(sport=50, dport=123) / Raw(b"thanks"),
    )
    return capture


@pytest.fixture(scope="module")
def rules_alone(engine: Engine) -> Mapping[str, Outcome]:
    return engine.judge(firewall(), _flows(), Default.NEVER, RESOLVED)


@pytest.fixture(scope="module")
def with_default(engine: Engine) -> Mapping[str, Outcome]:
    return engine.judge(firewall(), _flows(), Default.AT_ONCE, RESOLVED)


@pytest.mark.parametrize(
    "flow",
    [
        "an allowed name at any address",
        "a handshake with any address",
        "an allowed name with another after a NUL",
        "an allowed host, then another one",
        "another host, then an allowed one, at once",
        "an ICMP error that quotes an allowed connection",
    ],
)
def test_gets_through_whatever_the_default_action_does(
    flow: str, rules_alone: Mapping[str, Outcome], with_default: Mapping[str, Outcome]
) -> None:
    """Resolved-IP validation closes the first two; ACLs and security groups know no ICMP; pins narrow the rest."""
    assert rules_alone[flow].whole
    assert with_default[flow].whole


@pytest.mark.parametrize("flow", ["bytes that are no protocol", "a ClientHello that never ends"])
def test_is_left_to_the_default_action(
    flow: str, rules_alone: Mapping[str, Outcome], with_default: Mapping[str, Outcome]
) -> None:
    """A request is only judged when it is whole. How long AWS waits for that it does not say."""
    assert rules_alone[flow].whole
    assert with_default[flow].denied == {"the default action"}
    assert with_default[flow].leaked == b""


def test_a_datagram_from_a_block_is_lost_if_nobody_asked_and_the_agent_can_still_speak(
    rules_alone: Mapping[str, Outcome],
) -> None:
    outcome = rules_alone["a server that speaks first after an idle gap"]
    assert outcome.forwarded == (False, True)
    assert outcome.denied == {"deny connections from outside"}
