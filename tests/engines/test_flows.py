"""Every way out that we could think of, before the real engine, with the rule that decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.engines.engine import Default, Engine, Outcome
from tests.engines.packets import GRE, ICMP, IP, TCP, UDP, Capture, IPv6, Packet, Raw, hello, pieces, request
from tests.engines.perimeter import DATABASE, NOBODY, PARTNER, READER, READER_B, RESOLVED, firewall

Build = Callable[[Capture, str], None]

SECRET = b"the secret"
STRANGER = "192.0.2.10"
PIN, BLOCK, HOLE, BROKER = "203.0.113.7", "198.51.100.9", "198.51.100.200", "192.0.2.88"

TLS, HTTP = "deny this TLS server name", "deny this HTTP host"
NOT_TLS, NOT_HTTP = "deny other protocols than TLS on TCP 443", "deny other protocols than HTTP on TCP 80"
PORT = "deny TCP to this port"
NO_NAME_443, NO_NAME_80 = (f"deny TCP {port} to an agent that has no name there" for port in (443, 80))
PINS_443, PINS_80 = (
    f"deny TCP {port} to other addresses than the pins for partner (partner.yaml:{line})"
    for port, line in ((443, 5), (80, 7))
)
EARLY, UDP_, ICMP_, OTHERS = "deny bytes before the handshake", "deny UDP", "deny ICMP", "deny other IP protocols"


def tcp(client: str, port: int, *sends: bytes, to: str = STRANGER) -> Build:
    return lambda capture, flow: capture.tcp(flow, client, port, sends, to)


def plain(*packets: Packet) -> Build:
    return lambda capture, flow: capture.add(flow, *packets)


def out(client: str = READER, to: str = STRANGER) -> IP:
    return IP(src=client, dst=to)


def lone(flags: str, payload: bytes) -> Build:
    """One TCP packet out of nothing."""
    return lambda capture, flow: capture.add(
        flow, out() / TCP(sport=len(capture.flows) + 1, dport=443, flags=flags) / Raw(payload)
    )


ALLOWED: Mapping[str, tuple[Build, str]] = {
    "an exact name": (tcp(READER, 443, hello("api.example.com"), SECRET), "allow api.example.com for reader"),
    "an exact name, from the agent's other zone": (
        tcp(READER_B, 443, hello("api.example.com"), SECRET),
        "allow api.example.com for reader",
    ),
    "an exact name in capitals, for names have no case": (
        tcp(READER, 443, hello("API.Example.COM"), SECRET),
        "allow api.example.com for reader",
    ),
    "a name below a wildcard": (tcp(READER, 443, hello("a.wild.example"), SECRET), "allow *.wild.example for reader"),
    "a name far below a wildcard": (
        tcp(READER, 443, hello("a.b.c.wild.example"), SECRET),
        "allow *.wild.example for reader",
    ),
    "a host over HTTP": (tcp(READER, 80, request("plain.example")), "allow plain.example over HTTP for reader"),
    "a host over HTTP in capitals": (
        tcp(READER, 80, request("PLAIN.Example")),
        "allow plain.example over HTTP for reader",
    ),
    "a host over HTTP with its port": (
        tcp(READER, 80, request("plain.example:80")),
        "allow plain.example over HTTP for reader",
    ),
    "a pinned name at its pins": (
        tcp(PARTNER, 443, hello("api.partner.example"), SECRET, to=PIN),
        "allow api.partner.example for partner",
    ),
    "a pinned host at its pins": (
        tcp(PARTNER, 80, request("plain.partner.example"), to=PIN),
        "allow plain.partner.example over HTTP for partner",
    ),
    "the first port of a block's range": (tcp(DATABASE, 5432, SECRET, to=BLOCK), "allow TCP 443,5432-5440"),
    "the last port of a block's range": (tcp(DATABASE, 5440, SECRET, to=BLOCK), "allow TCP 443,5432-5440"),
    "anything to a block's port 443, for a block has no names": (
        tcp(DATABASE, 443, SECRET, to=BLOCK),
        "allow TCP 443,5432-5440",
    ),
    "any TLS name to a block's port 443": (
        tcp(DATABASE, 443, hello("any.test"), SECRET, SECRET, to=BLOCK),
        "allow TCP 443,5432-5440",
    ),
    "a datagram to a block, and its answer": (
        plain(
            out(DATABASE, BLOCK) / UDP(sport=40, dport=123) / Raw(SECRET),
            out(BLOCK, DATABASE) / UDP(sport=123, dport=40) / Raw(b"the time"),
        ),
        "allow UDP 123",
    ),
    "a name on a port without names, at an address that was resolved for it": (
        tcp(DATABASE, 8883, SECRET, to=BROKER),
        "allow broker.example on TCP 8883 for database",
    ),
}

WITHOUT_HANDSHAKE: Mapping[str, tuple[Build, str]] = {
    "TCP to a port that nobody has": (tcp(READER, 22, SECRET), PORT),
    "TLS with an allowed name to another port": (tcp(READER, 8443, hello("api.example.com"), SECRET), PORT),
    "TCP to a block's port, at somebody else's address": (tcp(DATABASE, 5432, SECRET), PORT),
    "TCP to a block's port, in the hole of the block": (tcp(DATABASE, 5432, SECRET, to=HOLE), PORT),
    "TCP to the block, below its ports": (tcp(DATABASE, 5431, SECRET, to=BLOCK), PORT),
    "TCP to the block, above its ports": (tcp(DATABASE, 5441, SECRET, to=BLOCK), PORT),
    "another agent's block": (tcp(READER, 5432, SECRET, to=BLOCK), PORT),
    "a name on a port without names, at an address that was not resolved for it": (tcp(DATABASE, 8883, SECRET), PORT),
    "another agent's name on a port without names": (tcp(READER, 8883, SECRET, to=BROKER), PORT),
    "TCP 443 from an agent that has no name there": (
        tcp(DATABASE, 443, hello("api.example.com"), SECRET),
        NO_NAME_443,
    ),
    "TCP 443 from no agent": (tcp(NOBODY, 443, hello("api.example.com"), SECRET), NO_NAME_443),
    "TCP 80 from an agent that has no name there": (tcp(DATABASE, 80, request("plain.example")), NO_NAME_80),
    "TCP 443 elsewhere than to the pins": (tcp(PARTNER, 443, hello("api.partner.example"), SECRET), PINS_443),
    "TCP 80 elsewhere than to the pins": (tcp(PARTNER, 80, request("plain.partner.example")), PINS_80),
    "a SYN with bytes in it": (lone("S", SECRET), EARLY),
    "a SYN with an allowed ClientHello in it": (
        lone("S", hello("api.example.com")),
        EARLY,
    ),
    "a packet without flags, with bytes": (lone("", SECRET), EARLY),
    "a reset with bytes, out of nothing": (lone("R", SECRET), "suricata: stream error"),
    "a FIN with bytes, out of nothing": (lone("F", SECRET), "suricata: stream midstream"),
    "a Christmas tree": (lone("FPU", SECRET), "suricata: stream midstream"),
    "bytes from the middle of a stream": (lone("PA", SECRET), "suricata: stream midstream"),
    "a SYN-ACK that nobody asked for, with bytes": (lone("SA", SECRET), "suricata: stream midstream"),
    "UDP 443, which is QUIC's": (plain(out() / UDP(sport=7, dport=443) / Raw(SECRET)), UDP_),
    "UDP 53, past the resolver": (plain(out() / UDP(sport=7, dport=53) / Raw(SECRET)), UDP_),
    "another agent's UDP block": (plain(out(READER, BLOCK) / UDP(sport=7, dport=123) / Raw(SECRET)), UDP_),
    "UDP to the block's TCP port": (plain(out(DATABASE, BLOCK) / UDP(sport=7, dport=5432) / Raw(SECRET)), UDP_),
    "a ping": (plain(out() / ICMP(id=1) / Raw(SECRET)), ICMP_),
    "an answer to a ping that nobody sent": (plain(out(to="192.0.2.77") / ICMP(type=0, id=2) / Raw(SECRET)), ICMP_),
    "an ICMP type that does not exist": (plain(out() / ICMP(type=99) / Raw(SECRET)), ICMP_),
    "an ICMP error about nothing": (
        plain(out() / ICMP(type=3, code=3) / Raw(bytes(IP(src="192.0.2.1", dst=READER) / UDP()) + SECRET)),
        ICMP_,
    ),
    "GRE with bytes in it": (plain(out() / GRE(proto=0x1234) / Raw(SECRET)), OTHERS),
    "GRE with an allowed datagram in it": (
        plain(out() / GRE() / out(DATABASE, BLOCK) / UDP(sport=7, dport=123) / Raw(SECRET)),
        OTHERS,
    ),
    "IP in IP": (plain(IP(src=READER, dst=STRANGER, proto=4) / IP(src="192.0.2.1") / UDP() / Raw(SECRET)), OTHERS),
    "IPv6 in IPv4": (plain(IP(src=READER, dst=STRANGER, proto=41) / IPv6(dst="2001:db8::1") / Raw(SECRET)), OTHERS),
    "ESP": (plain(IP(src=READER, dst=STRANGER, proto=50) / Raw(SECRET * 3)), OTHERS),
    "SCTP": (plain(IP(src=READER, dst=STRANGER, proto=132) / Raw(bytes(12) + SECRET)), OTHERS),
    "a protocol for experiments": (plain(IP(src=READER, dst=STRANGER, proto=253) / Raw(SECRET)), OTHERS),
    "IPv6": (plain(IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=1, dport=2) / Raw(SECRET)), "deny IPv6"),
    "a source that is not the VPC's": (
        plain(out("192.0.2.55") / UDP(sport=1, dport=53) / Raw(SECRET)),
        "deny connections from outside",
    ),
    "TCP to an address of the VPC, through the firewall": (
        tcp(READER, 443, hello("api.example.com"), to="10.42.128.1"),
        "deny traffic inside the VPC",
    ),
    "a connection from outside, and what the agent answers": (
        lambda capture, flow: capture.tcp(flow, "192.0.2.66", 8080, [b"hello, popped agent"], READER),
        "deny connections from outside",
    ),
    "a datagram from outside, and what the agent answers": (
        plain(
            out("192.0.2.67", READER) / UDP(sport=53, dport=4444) / Raw(b"command"),
            out(READER, "192.0.2.67") / UDP(sport=4444, dport=53) / Raw(SECRET),
        ),
        "deny answers to connections from outside",
    ),
    "a ping from outside": (plain(out("192.0.2.68", READER) / ICMP(id=9) / Raw(b"x")), "deny connections from outside"),
}

AFTER_HANDSHAKE: Mapping[str, tuple[Build, str]] = {
    "another name": (tcp(READER, 443, hello("evil.test"), SECRET), TLS),
    "no name": (tcp(READER, 443, hello(None), SECRET), TLS),
    "an empty name": (tcp(READER, 443, hello(""), SECRET), TLS),
    "an address for a name": (tcp(READER, 443, hello("192.0.2.10"), SECRET), TLS),
    "a name below an exact one": (tcp(READER, 443, hello("a.api.example.com"), SECRET), TLS),
    "a name that ends like an exact one": (tcp(READER, 443, hello("evil-api.example.com"), SECRET), TLS),
    "a name that begins like an exact one": (tcp(READER, 443, hello("api.example.com.evil.test"), SECRET), TLS),
    "an exact name with a trailing dot, which RFC 6066 forbids": (
        tcp(READER, 443, hello("api.example.com."), SECRET),
        TLS,
    ),
    "the apex of a wildcard": (tcp(READER, 443, hello("wild.example"), SECRET), TLS),
    "a name that ends like a wildcard": (tcp(READER, 443, hello("evilwild.example"), SECRET), TLS),
    "another agent's name": (tcp(READER, 443, hello("api.partner.example"), SECRET, to=PIN), TLS),
    "another name at the pins": (tcp(PARTNER, 443, hello("evil.test"), SECRET, to=PIN), TLS),
    "an HTTP host over TLS": (tcp(READER, 443, hello("plain.example"), SECRET), TLS),
    "another name first, an allowed one after it": (
        tcp(READER, 443, hello("evil.test") + hello("api.example.com"), SECRET),
        TLS,
    ),
    "another host over HTTP": (tcp(READER, 80, request("evil.test"), SECRET), HTTP),
    "no host over HTTP": (tcp(READER, 80, request(None), SECRET), HTTP),
    "a host over HTTP that ends like an allowed one": (tcp(READER, 80, request("evil-plain.example"), SECRET), HTTP),
    "a host over HTTP with a trailing dot": (tcp(READER, 80, request("plain.example."), SECRET), HTTP),
    "an allowed host, and another one": (
        tcp(READER, 80, request("plain.example", extra="Host: evil.test\r\n"), SECRET),
        HTTP,
    ),
    "another host in the target, which overrides an allowed one (RFC 9112, 3.2.2)": (
        tcp(READER, 80, request("plain.example", target="http://evil.test/"), SECRET),
        HTTP,
    ),
    "an allowed host, folded into another one": (
        tcp(READER, 80, b"GET / HTTP/1.1\r\nHost: plain.example\r\n evil.test\r\n\r\n", SECRET),
        HTTP,
    ),
    "an allowed TLS name over HTTP": (tcp(READER, 80, request("api.example.com"), SECRET), HTTP),
    "TLS with an allowed name on port 80": (tcp(READER, 80, hello("api.example.com"), SECRET), NOT_HTTP),
    "HTTP with an allowed host on port 443": (tcp(READER, 443, request("plain.example"), SECRET), NOT_TLS),
    "SSH on port 443": (tcp(READER, 443, b"SSH-2.0-OpenSSH_9.9\r\n", SECRET), NOT_TLS),
    "SMTP on port 443": (tcp(READER, 443, b"EHLO evil.test\r\n", SECRET), NOT_TLS),
    "SSH on port 80": (tcp(READER, 80, b"SSH-2.0-OpenSSH_9.9\r\n", SECRET), NOT_HTTP),
}


@pytest.fixture(scope="module", params=Default)
def default(request: pytest.FixtureRequest) -> Default:
    return Default(request.param)


@pytest.fixture(scope="module")
def outcomes(engine: Engine, default: Default) -> Mapping[str, Outcome]:
    """All flows in one capture, as on a busy day."""
    capture = Capture()
    for sentence, (build, _) in {**ALLOWED, **WITHOUT_HANDSHAKE, **AFTER_HANDSHAKE}.items():
        build(capture, sentence)
    return engine.judge(firewall(), capture, default, RESOLVED)


@pytest.mark.parametrize("sentence", ALLOWED)
def test_passes(sentence: str, outcomes: Mapping[str, Outcome]) -> None:
    outcome, (_, rule) = outcomes[sentence], ALLOWED[sentence]
    assert outcome.whole
    assert [said for said in outcome.allowed if said.startswith(rule)] == list(outcome.allowed) != []
    assert not outcome.denied


@pytest.mark.parametrize("sentence", WITHOUT_HANDSHAKE)
def test_is_stopped_at_its_first_packet(sentence: str, outcomes: Mapping[str, Outcome]) -> None:
    outcome, (_, rule) = outcomes[sentence], WITHOUT_HANDSHAKE[sentence]
    assert rule in outcome.denied
    assert not outcome.forwarded[0]
    assert outcome.leaked == b""
    assert not outcome.allowed


@pytest.mark.parametrize("sentence", AFTER_HANDSHAKE)
def test_is_stopped_when_it_says_what_it_wants(sentence: str, outcomes: Mapping[str, Outcome]) -> None:
    outcome, (_, rule) = outcomes[sentence], AFTER_HANDSHAKE[sentence]
    assert rule in outcome.denied
    assert outcome.leaked == b""
    assert not outcome.allowed


def test_what_an_agent_answers_to_a_stranger_stays_inside(outcomes: Mapping[str, Outcome]) -> None:
    for sentence in (
        "a connection from outside, and what the agent answers",
        "a datagram from outside, and what the agent answers",
    ):
        outcome = outcomes[sentence]
        assert outcome.stopped
        assert "deny answers to connections from outside" in outcome.denied


HELLO, OTHER_HELLO = hello("api.example.com", padding=1500), hello("evil.test", padding=1500)
REQUEST, OTHER_REQUEST = request("plain.example"), request("evil.test")
CUTS = (1, 2, 3, 5, 6, 9, 43, 60, 1460)


@pytest.fixture(scope="module")
def split(engine: Engine) -> Mapping[str, Outcome]:
    """Requests in many segments, judged by our rules alone: the default action must not be what saves us."""
    capture = Capture()
    for cut in CUTS:
        capture.tcp(f"hello {cut}", READER, 443, [*pieces(HELLO, cut), SECRET])
        capture.tcp(f"other hello {cut}", READER, 443, [*pieces(OTHER_HELLO, cut), SECRET])
    for cut in range(1, len(REQUEST)):
        capture.tcp(f"request {cut}", READER, 80, pieces(REQUEST, cut))
    for cut in range(1, len(OTHER_REQUEST)):
        capture.tcp(f"other request {cut}", READER, 80, [*pieces(OTHER_REQUEST, cut), SECRET])
    capture.tcp("hello, byte by byte", READER, 443, [*pieces(hello("api.example.com"), *range(1, 80)), SECRET])
    capture.tcp("other hello, byte by byte", READER, 443, [*pieces(hello("evil.test"), *range(1, 70)), SECRET])
    return engine.judge(firewall(), capture, Default.NEVER, RESOLVED)


class TestRequestsInManySegments:
    """Post-quantum ClientHellos do not fit one segment. Each piece waits for the next, then one rule decides."""

    @pytest.mark.parametrize("cut", CUTS)
    def test_an_allowed_name_passes(self, cut: int, split: Mapping[str, Outcome]) -> None:
        assert split[f"hello {cut}"].whole
        assert split[f"hello {cut}"].allowed == {"allow api.example.com for reader (reader.yaml:5)"}

    @pytest.mark.parametrize("cut", CUTS)
    def test_another_name_is_stopped_before_what_follows(self, cut: int, split: Mapping[str, Outcome]) -> None:
        outcome = split[f"other hello {cut}"]
        assert outcome.denied == {TLS}
        assert outcome.leaked == OTHER_HELLO[:cut]

    def test_an_allowed_host_passes_wherever_it_is_cut(self, split: Mapping[str, Outcome]) -> None:
        assert [cut for cut in range(1, len(REQUEST)) if not split[f"request {cut}"].whole] == []

    def test_another_host_is_stopped_wherever_it_is_cut(self, split: Mapping[str, Outcome]) -> None:
        outcomes = {cut: split[f"other request {cut}"] for cut in range(1, len(OTHER_REQUEST))}
        assert [cut for cut, outcome in outcomes.items() if outcome.leaked != OTHER_REQUEST[:cut]] == []
        assert {said for outcome in outcomes.values() for said in outcome.denied} == {HTTP}

    def test_it_may_come_byte_by_byte(self, split: Mapping[str, Outcome]) -> None:
        assert split["hello, byte by byte"].whole
        assert split["other hello, byte by byte"].denied == {TLS}
        assert SECRET not in split["other hello, byte by byte"].leaked
