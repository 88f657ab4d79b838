"""Random rule groups, and the flows of a small world to put before them.

Nothing here comes from our own lowering: the rules are what other people write, good and bad, and the flows what an
attacker tries. Each flow says for itself which packet of the model it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from scapy.layers.inet import fragment

from agent_perimeter.packet_sets import App
from agent_perimeter.packet_sets import Packet as Point
from agent_perimeter.values import Cidr
from tests.engines.packets import GRE, ICMP, IP, TCP, UDP, Capture, Raw, hello, pieces, request

HOME = Cidr.parse("10.42.0.0/16")
SOURCES = {"10.42.0.5": Cidr.parse("10.42.0.0/27"), "10.42.1.5": Cidr.parse("10.42.1.0/27")}
SERVERS = ("192.0.2.10", "203.0.113.7")
PORTS = (80, 443, 8443)
NAMES = (
    "good.example",
    "a.good.example",
    "evilgood.example",
    "good.example.evil.test",
    "other.example",
)
AFTER = b"what an attacker wants to say"


@dataclass(frozen=True)
class Flow:
    """A flow of the world. ``app`` is what its bytes are, ``name`` the name they bear as the client spells it.

    ``way``: ``whole`` for a request in one segment, ``split`` for one in several.
    """

    client: str
    server: str
    protocol: int
    port: int
    app: App
    name: str = ""
    way: str = "whole"
    resolved: str = ""

    @property
    def point(self) -> Point:
        return self._point(self.app, self.name.lower())

    @property
    def opening(self) -> Point:
        """The packet that opens the connection; of protocols without one, the packet itself."""
        return self._point(App.HANDSHAKE, "") if self.protocol == 6 else self.point

    @property
    def spelled_small(self) -> bool:
        return self.name == self.name.lower()

    def _point(self, app: App, name: str) -> Point:
        return Point(self.protocol, Cidr.parse(self.server), self.port, app, name, self.resolved)


def flows() -> Iterator[Flow]:
    """Every flow of the world."""
    for client, server in product(SOURCES, SERVERS):
        for port in PORTS:
            for name in (*NAMES, "GOOD.Example", ""):
                yield Flow(client, server, 6, port, App.TLS, name)
                yield Flow(client, server, 6, port, App.HTTP, name)
            yield Flow(client, server, 6, port, App.TLS, "good.example", "split")
            yield Flow(client, server, 6, port, App.TLS, "other.example", "split")
            yield Flow(client, server, 6, port, App.HTTP, "other.example", "split")
            yield Flow(client, server, 6, port, App.SSH)
            yield Flow(client, server, 6, port, App.OTHER)
            yield Flow(client, server, 6, port, App.EARLY)
            yield Flow(client, server, 17, port, App.OTHER)
        yield Flow(client, server, 17, 53, App.DNS)
        yield Flow(client, server, 17, 9000, App.FRAGMENT)
        yield Flow(client, server, 1, 8 * 256, App.OTHER)
        yield Flow(client, server, 47, 0, App.OTHER)


_QUERY = bytes.fromhex("123401000001000000000000") + b"\x04good\x07example\x00\x00\x01\x00\x01"


def world(those: Iterable[Flow]) -> tuple[dict[str, Flow], Capture]:
    """The flows by title, and their packets."""
    listed = {f"{number} {flow}": flow for number, flow in enumerate(those)}
    capture = Capture()
    for number, (title, flow) in enumerate(listed.items()):
        _send(capture, title, flow, 2000 + number)
    return listed, capture


def _send(capture: Capture, title: str, flow: Flow, port: int) -> None:
    ip = IP(src=flow.client, dst=flow.server, id=port)
    match flow.app, flow.protocol:
        case App.FRAGMENT, _:
            whole = ip / UDP(sport=port, dport=flow.port) / Raw(AFTER * 40)
            capture.add(title, *fragment(whole, fragsize=400))  # type: ignore[no-untyped-call]
        case App.EARLY, _:
            capture.add(title, ip / TCP(sport=port, dport=flow.port, flags="S", seq=1000) / Raw(AFTER))
        case App.DNS, _:
            capture.add(title, ip / UDP(sport=port, dport=flow.port) / Raw(_QUERY))
        case _, 17:
            capture.add(title, ip / UDP(sport=port, dport=flow.port) / Raw(AFTER))
        case _, 1:
            capture.add(title, ip / ICMP(type=8, id=port) / Raw(AFTER))
        case _, 47:
            capture.add(title, ip / GRE() / Raw(AFTER))
        case _:
            capture.tcp(title, flow.client, flow.port, [*_said(flow), AFTER], flow.server)


def _said(flow: Flow) -> list[bytes]:
    match flow.app:
        case App.TLS:
            said = hello(flow.name or None)
        case App.HTTP:
            said = request(flow.name or None)
        case App.SSH:
            said = b"SSH-2.0-OpenSSH_9.9\r\n"
        case _:
            said = b"\x00\x01\x02 no protocol \xff" * 8
    return pieces(said, 12, 40) if flow.way == "split" else [said]


_CLIENTS = ("$HOME_NET", "any", "10.42.0.0/27", "!10.42.0.0/27", "[10.42.0.0/16,!10.42.1.0/24]", "$SOME_AGENT")
_PLACES = (
    "any", "$EXTERNAL_NET", "192.0.2.0/24", "!192.0.2.0/28", "[192.0.2.0/24,203.0.113.0/24]",
    "[0.0.0.0/0,!203.0.113.0/29]", "!$HOME_NET",
)  # fmt: skip
_PORTS = ("any", "443", "80", "![80,443]", "[80,8443]", "400:500", "!443", "1024:", ":1024")
_FLOWS = (
    "flow:to_server",
    "flow:to_server",
    "flow:established,to_server",
    "flow:to_server,not_established",
    "flow:stateless",
)
_WORDS = ("good.example", ".good.example", "GOOD.example", "example", "good")


def group(random: Random, actions: tuple[str, ...]) -> tuple[str, ...]:
    """Some rules, those of one action after those of another, in the order given."""
    return tuple(
        _rule(random, action, 100 * number + place)
        for number, action in enumerate(actions, start=1)
        for place in range(random.randint(1, 3))
    )


def _rule(random: Random, action: str, sid: int) -> str:
    # A reject needs a protocol that can be told.
    shapes = ("tls", "tls", "http", "tcp", "tcp", "protocol", "bare")
    shape = random.choice(shapes if action == "reject" else (*shapes, "any", "answers"))
    source, place, port = random.choice(_CLIENTS), random.choice(_PLACES), random.choice(_PORTS)
    arrow = random.choice(("->", "->", "->", "<>"))
    options = _options(random, shape)
    protocol = {"tls": "tls", "http": "http", "tcp": "tcp", "protocol": "tcp", "answers": "tcp"}.get(shape)
    if protocol is None:
        choices = ("tls", "http", "ssh") if shape == "bare" else ("ip", "udp", "icmp", "tcp")
        protocol = random.choice(choices)
        port = "any" if protocol in {"ip", "icmp"} else port
    header = f"{source} any {arrow} {place} {port}"
    if shape == "answers":
        header = f"{place} {port} -> {source} any"
    return f'{action} {protocol} {header} (msg:"agent-perimeter: {action} {sid}"; {options}sid:{sid}; rev:1;)'


def _options(random: Random, shape: str) -> str:
    flow = f"{random.choice(_FLOWS)}; "
    match shape:
        case "tls":
            return f"flow:to_server; tls.sni; {_contents(random, lowered=False)}"
        case "http":
            return f"flow:to_server; http.host; {_contents(random, lowered=True)}"
        case "tcp":
            return flow + random.choice(
                ("", "", "dsize:>0; ", "flags:S; ", "flags:S+; ", "ttl:>3; ", 'content:"evil"; ')
            )
        case "protocol":
            wanted = random.choice(("tls", "http", "ssh", "!tls", "!http"))
            return random.choice((flow, "")) + f"app-layer-protocol:{wanted}; "
        case "bare":
            return random.choice(("flow:to_server; ", "flow:established,to_server; ", ""))
        case "answers":
            return random.choice(("", "flow:to_client; ", "flow:established,to_client; ", "flow:established; "))
        case _:
            return random.choice((flow, ""))


def _contents(random: Random, *, lowered: bool) -> str:
    dotted = random.random() < 0.4
    listed = "".join(_content(random, lowered) for _ in range(random.choice((1, 1, 1, 2))))
    return f"{'dotprefix; ' if dotted else ''}{listed}"


def _content(random: Random, lowered: bool) -> str:
    word = random.choice(_WORDS)
    if lowered:
        word = word.lower()
    negated = "!" if random.random() < 0.2 else ""
    anchors = random.choice(
        ("startswith; endswith; ", "endswith; ", "endswith; ", "", "startswith; ", "isdataat:!1,relative; ")
    )
    nocase = "nocase; " if not lowered and random.random() < 0.5 else ""
    return f'content:{negated}"{word}"; {anchors if not negated or "isdata" not in anchors else ""}{nocase}'
