"""Security groups and ACLs against a second opinion: a plain packet filter in Python, and the kernel's own.

Rules are drawn at random, and every packet of a small universe is put before our sets and before the other
side. The plain filter looks at one packet and one rule at a time. The kernel is nftables between three network
namespaces, with connection tracking for the groups and none for the ACLs; it needs root and is skipped without.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from agent_perimeter.observed import AclEntry, GroupRule, Icmp, ObservedNetwork
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.reach.acls import AclLayer, Direction, Hop, walls
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.groups import GroupLayer, egress
from agent_perimeter.reach.index import Index
from agent_perimeter.values import Cidr, PortRange
from tests.unit.reach_networks import acl, entry, group, rule, subnet, vpc, walled

BLOCKS = ("0.0.0.0/0", "203.0.113.0/24", "203.0.113.8/29", "203.0.113.9/32", "198.51.100.0/24", "128.0.0.0/1")
REMOTES = ("203.0.113.9", "203.0.113.200", "198.51.100.7", "100.0.0.1")
RANGES = ((443, 443), (0, 65535), (400, 500), (1024, 65535), (32768, 60999), (22, 80))
PORTS = (22, 53, 443, 499, 1024, 50000)
CLIENTS = (10, 80, 100, 443, 499, 1023, 1024, 40000, 61000)
"""One port of every piece into which the ranges cut the line, so that some or all of these is some or all of any."""
ECHO, ECHO_REPLY, TIMESTAMP, TIMESTAMP_REPLY = 8, 0, 13, 14
TCP, UDP, ICMP, BARE = 6, 17, 1, 99
SEEDS = range(1, 7)
"""Each draws rules that let out something and not everything."""


def sender(seed: int) -> str:
    """An agent's address for every set of rules: what the kernel tracked under the others does not concern it."""
    return f"10.0.1.{10 + seed}"


def some_ports(dice: random.Random, protocol: int | None) -> PortRange | Icmp | None:
    match protocol:
        case 6 | 17:
            return PortRange(*dice.choice(RANGES))
        case 1:
            return dice.choice((Icmp(None, None), Icmp(ECHO, 0), Icmp(TIMESTAMP, None), Icmp(ECHO_REPLY, None)))
        case _:
            return None


def some_entries(dice: random.Random) -> tuple[AclEntry, ...]:
    drawn = []
    for outward in (True, False):
        for number in dice.sample(range(1, 100), 6):
            protocol = dice.choice((TCP, TCP, UDP, ICMP, BARE, None))
            block = dice.choice(BLOCKS)
            drawn.append(entry(number, outward, dice.random() < 0.6, block, protocol, some_ports(dice, protocol)))
    return tuple(dice.sample(drawn, len(drawn)))


def some_rules(dice: random.Random) -> tuple[GroupRule, ...]:
    protocols = [dice.choice((TCP, TCP, UDP, ICMP, BARE, None)) for _ in range(dice.randint(1, 5))]
    return tuple(rule(dice.choice(BLOCKS), protocol, some_ports(dice, protocol)) for protocol in protocols)


@dataclass(frozen=True)
class Drawn:
    """Random rules, and what we make of them."""

    entries: tuple[AclEntry, ...]
    rules: tuple[GroupRule, ...]
    acls: AclLayer
    groups: GroupLayer

    @classmethod
    def by(cls, seed: int) -> Drawn:
        dice = random.Random(seed)  # noqa: S311  # the same rules every time
        entries, rules = some_entries(dice), some_rules(dice)
        network = ObservedNetwork(
            vpcs=(vpc(),),
            subnets=(subnet("agent", "10.0.1.0/24"),),
            acls=(acl("acl", *entries),),
            acl_associations=(walled("agent", "acl"),),
            security_groups=(group("mine", egress=rules),),
        )
        index = Index(network)
        source = Source.of(index, "agent", ("mine",))
        hops = (Hop(("agent",), Direction.OUT),)
        return cls(entries, rules, walls(index, source, hops), egress(index, source.groups))


# --- a plain packet filter ---


def matches(found: AclEntry | GroupRule, block: object, address: str, protocol: int, port: int) -> bool:
    if ipaddress.ip_address(address) not in ipaddress.ip_network(str(block)):
        return False
    if found.protocol is None:
        return True
    if found.protocol != protocol:
        return False
    match found.ports:
        case PortRange(first, last):
            return first <= port <= last
        case Icmp(kind, code):
            return (kind is None or kind == port // 256) and (kind is None or code is None or code == port % 256)
        case _:
            return True


def in_order(entries: tuple[AclEntry, ...], outward: bool) -> list[AclEntry]:
    return sorted((one for one in entries if one.egress is outward), key=lambda one: int(str(one.number)))


def acl_lets(entries: tuple[AclEntry, ...], outward: bool, address: str, protocol: int, port: int) -> bool:
    for found in in_order(entries, outward):
        if matches(found, found.cidr, address, protocol, port):
            return bool(found.allow)
    return False


def group_lets(rules: tuple[GroupRule, ...], address: str, protocol: int, port: int) -> bool:
    return any(matches(one, one.peer, address, protocol, port) for one in rules)


def universe() -> Iterator[Packet]:
    for remote in map(Cidr.parse, REMOTES):
        for port, app in product(PORTS, (App.HANDSHAKE, App.EARLY, App.OTHER)):
            yield Packet(TCP, remote, port, app)
        yield from (Packet(UDP, remote, port, App.OTHER) for port in PORTS)
        yield from (Packet(ICMP, remote, kind * 256, App.OTHER) for kind in (ECHO, TIMESTAMP))
        yield Packet(BARE, remote, 0, App.OTHER)


@pytest.mark.parametrize("seed", range(25))
def test_a_plain_filter_agrees(seed: int) -> None:
    drawn = Drawn.by(seed)
    for packet in universe():
        address = str(packet.destination).partition("/")[0]
        reply_ports = CLIENTS if packet.protocol in {TCP, UDP} else (0,)
        replies = [acl_lets(drawn.entries, False, address, packet.protocol, port) for port in reply_ports]
        needs_reply = packet.protocol == TCP and packet.app is App.OTHER
        passes = acl_lets(drawn.entries, True, address, packet.protocol, packet.port) and (
            any(replies) or not needs_reply
        )
        assert (packet in drawn.acls.permitted.least) is passes, f"{packet}: {drawn.acls.decide(packet)}"
        assert (packet in drawn.acls.permitted.most) is passes
        assert (drawn.acls.decide(packet).outcome == "allows") is passes
        ephemeral = [came for port, came in zip(reply_ports, replies, strict=True) if port >= 1024 or port == 0]
        assert (packet in drawn.acls.answered.least) is all(ephemeral)
        sent = group_lets(drawn.rules, address, packet.protocol, packet.port)
        assert (packet in drawn.groups.permitted.least) is sent
        assert (packet in drawn.groups.permitted.most) is sent
        assert (drawn.groups.decide(packet).outcome == "allows") is sent


# --- the kernel ---

SEND = """
import json, socket, sys
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for to, packet in json.load(sys.stdin):
    out.sendto(bytes.fromhex(packet), (to, 0))
"""

LISTEN = """
import socket, sys, threading
seen = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
seen.settimeout(0.05)
found, stop = set(), threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
print("listening", flush=True)
while True:
    try:
        packet, where = seen.recvfrom(65535)
    except TimeoutError:
        if stop.is_set():
            break
        continue
    if where[2] != socket.PACKET_OUTGOING:
        found.add(int.from_bytes(packet[4:6], "big"))
print(*sorted(found))
"""


@dataclass(frozen=True)
class Probe:
    """A packet from the agent to a remote port, and the reply to it."""

    number: int
    protocol: int
    remote: str
    port: int
    client: int
    agent: str

    @property
    def reply_port(self) -> int:
        """In the terms of an ingress entry."""
        if self.protocol == ICMP:
            return {ECHO: ECHO_REPLY, TIMESTAMP: TIMESTAMP_REPLY}[self.port // 256] * 256
        return self.client

    def sent(self) -> str:
        return self._packet(self.agent, self.remote, self.client, self.port, "S")

    def answer(self) -> str:
        return self._packet(self.remote, self.agent, self.port, self.client, "SA")

    def _packet(self, source: str, to: str, source_port: int, port: int, flags: str) -> str:
        from scapy.layers import inet
        from scapy.packet import Raw

        head = inet.IP(src=source, dst=to, id=self.number, proto=self.protocol)
        match self.protocol:
            case 6:
                packet = head / inet.TCP(
                    sport=source_port, dport=port, flags=flags, seq=1, ack=2 if "A" in flags else 0
                )
            case 17:
                packet = head / inet.UDP(sport=source_port, dport=port) / Raw(b"x")
            case 1:
                kind = self.port // 256 if flags == "S" else self.reply_port // 256
                packet = head / inet.ICMP(type=kind, id=self.number, seq=1)
            case _:
                packet = head / Raw(b"x" * 8)
        return bytes(packet).hex()


def probes(seed: int) -> list[Probe]:
    drawn: list[tuple[int, str, int, int]] = []
    for remote in REMOTES:
        drawn += [(TCP, remote, port, client) for port in PORTS for client in CLIENTS]
        drawn += [(UDP, remote, port, client) for port in PORTS for client in (1023, 40000)]
        drawn += [(ICMP, remote, kind * 256, 0) for kind in (ECHO, TIMESTAMP)]
        drawn.append((BARE, remote, 0, 0))
    return [Probe(number, *one, sender(seed)) for number, one in enumerate(drawn, 1000)]


def nft_match(found: AclEntry | GroupRule, block: object, far: str) -> str:
    """The rule as nftables spells it, ``far`` being saddr or daddr."""
    words = [] if str(block) == "0.0.0.0/0" else [f"ip {far} {block}"]
    match found.protocol, found.ports:
        case None, _:
            pass
        case 6 | 17, PortRange(first, last):
            words.append(f"{'tcp' if found.protocol == TCP else 'udp'} dport {first}-{last}")
        case 1, Icmp(kind, code) if kind is not None:
            words.append(f"icmp type {kind}" + ("" if code is None else f" icmp code {code}"))
        case number, _:
            words.append(f"ip protocol {number}")
    return " ".join(words)


def ruleset(drawn: Drawn) -> str:
    def listed(outward: bool) -> str:
        far = "daddr" if outward else "saddr"
        return "\n".join(
            f"{nft_match(one, one.cidr, far)} {'accept' if one.allow else 'drop'}"
            for one in in_order(drawn.entries, outward)
        )

    group_rules = "\n".join(f'iifname "near" {nft_match(one, one.peer, "daddr")} accept' for one in drawn.rules)
    return f"""
flush ruleset
table ip perimeter {{
  chain outward {{
    {listed(True)}
    drop
  }}
  chain inward {{
    {listed(False)}
    drop
  }}
  chain acl {{
    type filter hook forward priority -10; policy drop;
    iifname "near" jump outward
    iifname "far" jump inward
  }}
  chain group {{
    type filter hook forward priority 0; policy drop;
    ct state established accept
    {group_rules}
  }}
}}
"""


@dataclass(frozen=True)
class Wire:
    """An agent, a router that filters, and everybody else, in three network namespaces."""

    name: str

    def run(self, place: str, *command: str, text: str = "") -> str:
        called = ["ip", "netns", "exec", f"{self.name}-{place}", *command]
        return subprocess.run(called, input=text, capture_output=True, text=True, check=True, timeout=20).stdout

    def arrivals(self, start: str, end: str, packets: list[tuple[str, str]]) -> set[int]:
        """Send packets from one namespace and give the numbers of those that came to the other."""
        called = ["ip", "netns", "exec", f"{self.name}-{end}", sys.executable, "-S", "-c", LISTEN]
        with subprocess.Popen(called, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listener:
            assert listener.stdout is not None
            assert listener.stdout.readline() == "listening\n"
            self.run(start, sys.executable, "-S", "-c", SEND, text=json.dumps(packets))
            time.sleep(0.1)
            shown, _ = listener.communicate(timeout=20)
        return {int(number) for number in shown.split()}


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    if os.geteuid() != 0 or not shutil.which("nft") or not shutil.which("ip"):
        pytest.skip("the kernel's packet filter needs root, nft and ip")
    found = Wire(f"perimeter-{os.getpid()}")
    steps = [
        *(f"ip netns add {found.name}-{place}" for place in ("agent", "router", "world")),
        f"ip link add near netns {found.name}-router type veth peer name eth0 netns {found.name}-agent",
        f"ip link add far netns {found.name}-router type veth peer name eth0 netns {found.name}-world",
        *(f"ip -n {found.name}-agent addr add {sender(seed)}/24 dev eth0" for seed in SEEDS),
        f"ip -n {found.name}-router addr add 10.0.1.1/24 dev near",
        f"ip -n {found.name}-router addr add 192.0.2.1/24 dev far",
        f"ip -n {found.name}-world addr add 192.0.2.2/24 dev eth0",
        *(f"ip -n {found.name}-{end} link set eth0 up" for end in ("agent", "world")),
        *(f"ip -n {found.name}-router link set {end} up" for end in ("near", "far")),
        f"ip -n {found.name}-agent route add default via 10.0.1.1",
        f"ip -n {found.name}-router route add default via 192.0.2.2",
        f"ip -n {found.name}-world route add default via 192.0.2.1",
        f"ip netns exec {found.name}-router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0",
    ]
    with contextlib.ExitStack() as clean:
        for place in ("agent", "router", "world"):
            clean.callback(
                subprocess.run, ["ip", "netns", "del", f"{found.name}-{place}"], check=False, capture_output=True
            )
        for step in steps:
            done = subprocess.run(step.split(), capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"no network namespaces here: {step}: {done.stderr.strip()}")
        done = subprocess.run(
            ["ip", "netns", "exec", f"{found.name}-router", "nft", "-f", "-"],  # noqa: S607  # found above
            input="table ip try {\n chain tracked {\n ct state established accept\n }\n}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"no nftables with connection tracking here: {done.stderr.strip()}")
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_kernel_agrees(wire: Wire, seed: int) -> None:
    drawn, sent = Drawn.by(seed), probes(seed)
    wire.run("router", "nft", "-f", "-", text=ruleset(drawn))
    left = wire.arrivals("agent", "world", [(probe.remote, probe.sent()) for probe in sent])
    back = wire.arrivals("world", "agent", [(probe.agent, probe.answer()) for probe in sent])
    assert 0 < len(left) < len(sent), "were nothing sent or nothing seen, all would agree on silence"
    (wall,) = drawn.acls.walls
    (replies,) = wall.back
    talked: dict[tuple[str, int], bool] = {}
    for probe in sent:
        remote = Cidr.parse(probe.remote)
        packet = Packet(probe.protocol, remote, probe.port, App.HANDSHAKE if probe.protocol == TCP else App.OTHER)
        permitted = packet in drawn.acls.permitted.least and packet in drawn.groups.permitted.least
        assert (probe.number in left) is permitted, probe
        reply = Packet(probe.protocol, remote, probe.reply_port, App.OTHER)
        assert (probe.number in back) is (permitted and reply in replies.permitted.least), probe
        if probe.protocol == TCP:
            talked[probe.remote, probe.port] = talked.get((probe.remote, probe.port), False) or probe.number in back
    for (address, port), answered in talked.items():
        payload = Packet(TCP, Cidr.parse(address), port, App.OTHER)
        assert (payload in drawn.acls.permitted.least and payload in drawn.groups.permitted.least) is answered
