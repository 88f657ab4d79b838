"""Which policy lines speak of a packet."""

from __future__ import annotations

import pytest

from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.packets import AddressSet
from agent_perimeter.prove.lines import of_packet
from agent_perimeter.prove.projection import Surroundings
from agent_perimeter.values import Cidr
from tests.unit.perimeters import only, policy

AGENT = only(
    policy(
        "{domain: api.example.com}",
        "{domain: pinned.example.com, addresses: [203.0.113.0/28]}",
        "{domain: plain.example.com, ports: [{protocol: TCP, port: 80}]}",
        "{domain: broker.example.org, ports: [{protocol: TCP, port: 8883}]}",
        "{ip_block: 198.51.100.0/25, ports: [{protocol: TCP, port: 5432}]}",
        "{ip_block: 198.51.100.128/25, ports: [{protocol: UDP, port: 5432}]}",
        '{aws_service: bedrock-runtime, actions: ["bedrock:InvokeModel"], resources: ["*"], accept: {AP213: "all models"}}',
    )
)
AROUND = Surroundings(AddressSet(), {"bedrock-runtime": ("endpoint:Bedrock",)}, {}, (), ())


def tcp(to: str, port: int, app: App, name: str = "", resolved: str = "") -> Packet:
    there = to if ":" in to else Cidr.parse(to)
    return Packet(6, there, port, app, name=name, resolved=resolved)


LINES: dict[str, tuple[Packet, tuple[int, ...]]] = {
    "a name that is said": (tcp("192.0.2.1", 443, App.TLS, "api.example.com"), (5,)),
    "a name that nobody allows": (tcp("192.0.2.1", 443, App.TLS, "evil.example"), ()),
    "a name that is said in another protocol": (tcp("192.0.2.1", 443, App.HTTP, "api.example.com"), ()),
    "a name on another port": (tcp("192.0.2.1", 8443, App.TLS, "api.example.com"), ()),
    "a pinned name at its addresses": (tcp("203.0.113.3", 443, App.TLS, "pinned.example.com"), (6,)),
    "a pinned name elsewhere": (tcp("192.0.2.1", 443, App.TLS, "pinned.example.com"), ()),
    "a handshake, before any name is said": (tcp("192.0.2.1", 443, App.HANDSHAKE), (5,)),
    "a handshake with what was resolved for a name": (
        tcp("203.0.113.3", 443, App.HANDSHAKE, resolved="pinned.example.com"),
        (6,),
    ),
    "a request": (tcp("192.0.2.1", 80, App.HTTP, "plain.example.com"), (7,)),
    "any bytes to what was resolved": (tcp("192.0.2.1", 8883, App.MQTT, resolved="broker.example.org"), (8,)),
    "any bytes to what was resolved for another name": (
        tcp("192.0.2.1", 8883, App.MQTT, resolved="api.example.com"),
        (),
    ),
    "an address": (tcp("198.51.100.9", 5432, App.OTHER), (9,)),
    "an address on another port": (tcp("198.51.100.9", 5433, App.OTHER), ()),
    "an address by another protocol": (tcp("198.51.100.200", 5432, App.OTHER), ()),
    "the same by its own": (Packet(17, Cidr.parse("198.51.100.200"), 5432, App.OTHER), (10,)),
    "the same address without TCP": (Packet(17, Cidr.parse("192.0.2.1"), 443, App.QUIC), ()),
    "the endpoint of a service": (tcp("endpoint:Bedrock", 443, App.TLS, "any"), (11,)),
    "the endpoint on another port": (tcp("endpoint:Bedrock", 80, App.OTHER), ()),
}


@pytest.mark.parametrize(("packet", "lines"), LINES.values(), ids=LINES)
def test_the_lines_that_speak_of_a_packet(packet: Packet, lines: tuple[int, ...]) -> None:
    assert tuple(span.line for span in of_packet(AGENT, packet, AROUND).spans) == lines
