"""Captures to put before a firewall: connections as a client, an attacker or a stranger would make them.

``Capture`` writes whole connections, both sides of them, as if nothing stood between: what the firewall
lets through of each packet is for the engine to say.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import count, pairwise
from pathlib import Path

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

__all__ = ["GRE", "ICMP", "IP", "TCP", "UDP", "Capture", "IPv6", "Packet", "Raw", "hello", "pieces", "request"]

SERVER = "192.0.2.10"
"""Somebody else's server, unless a test says otherwise."""


def hello(name: str | bytes | None, padding: int = 0) -> bytes:
    """A TLS 1.3 ClientHello in one record, with a server name or without (RFC 8446, 4.1.2; RFC 6066, 3)."""
    extensions = struct.pack("!HH", 43, 3) + b"\x02\x03\x04"
    if name is not None:
        host = name.encode() if isinstance(name, str) else name
        entry = b"\x00" + struct.pack("!H", len(host)) + host
        extensions = struct.pack("!HHH", 0, len(entry) + 2, len(entry)) + entry + extensions
    if padding:
        extensions += struct.pack("!HH", 21, padding) + bytes(padding)
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    body += struct.pack("!H", len(extensions)) + extensions
    handshake = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack("!H", len(handshake)) + handshake


def request(host: str | None, target: str = "/", extra: str = "") -> bytes:
    """An HTTP/1.1 request with a Host header or without."""
    named = "" if host is None else f"Host: {host}\r\n"
    return f"GET {target} HTTP/1.1\r\n{named}{extra}Accept: */*\r\n\r\n".encode()


def pieces(payload: bytes, *cuts: int) -> list[bytes]:
    """The payload in several segments, cut at these offsets."""
    edges = [0, *cuts, len(payload)]
    return [payload[first:last] for first, last in pairwise(edges)]


class Capture:
    """Packets in the order in which they were sent, and which flow of the test each belongs to."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.flows: list[str] = []
        self._ports = count(20_000)
        self._file: bytes | None = None

    def add(self, flow: str, *packets: Packet) -> None:
        """Packets as they are. Raises ``ValueError`` for a flow that is there already."""
        if flow in self.flows:
            raise ValueError(f"the flow {flow!r} is there already")
        self._file = None
        self.packets += packets
        self.flows += [flow] * len(packets)

    def tcp(self, flow: str, client: str, port: int, sends: Iterable[bytes] = (), server: str = SERVER) -> None:
        """A connection with its handshake; the client sends, the server acknowledges."""
        source, ours, theirs = next(self._ports), 1000, 5000

        def up(flags: str, payload: bytes = b"") -> Packet:
            header = IP(src=client, dst=server) / TCP(sport=source, dport=port, flags=flags, seq=ours, ack=theirs)
            return header / Raw(payload) if payload else header

        def down(flags: str) -> Packet:
            return IP(src=server, dst=client) / TCP(sport=port, dport=source, flags=flags, seq=theirs, ack=ours)

        packets = [up("S")]
        ours += 1
        packets.append(down("SA"))
        theirs += 1
        packets.append(up("A"))
        for payload in sends:
            packets.append(up("PA", payload))
            ours += len(payload)
            packets.append(down("A"))
        self.add(flow, *packets)

    def write(self, path: Path) -> None:
        """Write a pcap file; built once, for that takes longer than Suricata needs to judge it."""
        if self._file is None:
            wrpcap(str(path), self.packets)
            self._file = path.read_bytes()
        path.write_bytes(self._file)
