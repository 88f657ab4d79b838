"""Real Suricata 7, offline: what the rules of a firewall policy do to every packet of a capture.

Suricata simulates an inline engine over a capture file and logs each packet that it would drop. Two things
about Network Firewall it cannot do: the keyword of resolved-IP validation is AWS's own, and the policy's
default action is not published as rules. ``set_aside`` and ``Default`` are what stands in for them.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path

from scapy.packet import Packet, Raw

from agent_perimeter.network import FirewallPolicy, SuricataRule
from tests.engines.packets import Capture

CONFIG = Path(__file__).with_name("suricata.yaml")

Resolved = Mapping[str, Iterable[str]]
"""The addresses that the VPC's resolver gave out, by name."""
NOTHING: Resolved = {}

_RESOLVED = re.compile(r' aws_route_53_resolved_domain:"([^"]+)";')
_MESSAGE = re.compile(r'msg:"agent-perimeter: ([^"]*)".*; sid:(\d+);')
_DEFAULT_SID = 4_000_000_000


class Default(StrEnum):
    """What stands in for ``aws:drop_established_app_layer_to_server``.

    AWS says that it drops client packets of established connections that no rule has passed, but waits for
    application data. ``NEVER`` waits for ever: what is stopped then is stopped by our rules alone.
    ``AT_ONCE`` does not wait at all.
    """

    NEVER = "never"
    AT_ONCE = "at once"

    @property
    def rules(self) -> tuple[str, ...]:
        if self is Default.NEVER:
            return ()
        options = f'msg:"agent-perimeter: the default action"; flow:established,to_server; sid:{_DEFAULT_SID};'
        return (f"reject tcp any any -> any any ({options} priority:255;)",)


@dataclass(frozen=True)
class Outcome:
    """What became of a flow's packets, each in its place.

    ``allowed`` and ``denied`` are the messages of the rules that decided, or ``suricata: …`` where the
    engine itself did: it takes nothing from the middle of a stream, for example.
    """

    packets: tuple[Packet, ...]
    forwarded: tuple[bool, ...]
    allowed: frozenset[str]
    denied: frozenset[str]

    @property
    def whole(self) -> bool:
        """Whether every packet got through."""
        return all(self.forwarded)

    @property
    def stopped(self) -> bool:
        """Whether none did."""
        return not any(self.forwarded)

    @cached_property
    def leaked(self) -> bytes:
        """What got through of the bytes that the flow's first sender had to say."""
        first = _source(self.packets[0])
        return b"".join(
            bytes(packet[Raw].load)
            for packet, forwarded in zip(self.packets, self.forwarded, strict=True)
            if forwarded and Raw in packet and _source(packet) == first
        )


def _source(packet: Packet) -> str:
    return str(packet.src)


def set_aside(rule: SuricataRule, resolved: Resolved) -> str:
    """The rule as Suricata can read it, and with a log entry for each packet that a pass lets through.

    AWS's one keyword asks whether the VPC's resolver gave the destination out for a name. ``resolved`` says
    which addresses that would be; they take the keyword's place as the rule's destination. Raises
    ``KeyError`` for a name of which the test does not know.
    """
    text = rule.text
    if (found := _RESOLVED.search(text)) is not None:
        destination = text.split()[5]
        here = [address for address in resolved[found[1]] if _holds(destination, address)]
        # A rule that nothing can match is kept, at an address that nothing is sent to.
        text = _RESOLVED.sub("", text).replace(f" -> {destination} ", f" -> [{','.join(here or ['0.0.0.0'])}] ")
    return text if "alert;" in text or not rule.allow else text.replace("(msg:", "(alert; msg:", 1)


def _holds(destination: str, address: str) -> bool:
    """Whether the destination of a rule, outside or a list of blocks, has this address of the outside."""
    if destination == "$EXTERNAL_NET":
        return True
    return any(ip_address(address) in ip_network(block) for block in destination.strip("[]").split(","))


@dataclass(frozen=True)
class Engine:
    """A Suricata binary and a folder of its own to work in."""

    binary: Path
    folder: Path
    config: Path = CONFIG

    def complaints(self, policy: FirewallPolicy, resolved: Resolved = NOTHING) -> str:
        """What ``suricata -T`` has against the rules: nothing, if all is well and it counts as many as we do."""
        rules = [set_aside(rule, resolved) for group in policy.groups for rule in group.rules]
        done = self._run(policy, rules, "-T", "-v")
        counted = f"{len(rules)} rules successfully loaded, 0 rules failed, 0 rules skipped"
        complained = re.search(r"^(E|W|Error|Warning): ", done.stderr, re.MULTILINE)
        return "" if done.returncode == 0 and not complained and counted in done.stderr + done.stdout else done.stderr

    def judge(
        self,
        policy: FirewallPolicy,
        capture: Capture,
        default: Default = Default.NEVER,
        resolved: Resolved = NOTHING,
    ) -> dict[str, Outcome]:
        """What the policy makes of each flow of the capture. ``AssertionError`` if Suricata dislikes a rule."""
        listed = [rule for group in policy.groups for rule in group.rules]
        rules = [*(set_aside(rule, resolved) for rule in listed), *default.rules]
        path = self.folder / "flows.pcap"
        capture.write(path)
        log = self.folder / "eve.json"
        log.unlink(missing_ok=True)
        done = self._run(policy, rules, "-r", str(path), "-k", "none", "--runmode", "single")
        assert done.returncode == 0, done.stderr
        assert "E: " not in done.stderr, done.stderr
        said = {int(found[2]): found[1] for rule in rules if (found := _MESSAGE.search(rule))}
        return _outcomes(capture, [json.loads(line) for line in log.read_text().splitlines()], said)

    def _run(self, policy: FirewallPolicy, rules: Iterable[str], *arguments: str) -> subprocess.CompletedProcess[str]:
        file = self.folder / "our.rules"
        file.write_text("".join(f"{rule}\n" for rule in rules))
        variables = {name: blocks for group in policy.groups for name, blocks in group.variables}
        variables["HOME_NET"] = policy.home_net
        sets = [
            f"--set=vars.address-groups.{name}=[{','.join(map(str, blocks))}]" for name, blocks in variables.items()
        ]
        fixed = ["-c", str(self.config), "-S", str(file), "-l", str(self.folder), "--simulate-ips"]
        return subprocess.run(
            [self.binary, *fixed, *sets, *arguments], capture_output=True, text=True, check=False, cwd=self.folder
        )


def _outcomes(capture: Capture, events: Iterable[Mapping[str, object]], said: Mapping[int, str]) -> dict[str, Outcome]:
    """Suricata counts packets from 1. What it makes up itself (reassembled datagrams) has no number."""
    dropped: set[int] = set()
    allowed: dict[int, set[str]] = {}
    denied: dict[int, set[str]] = {}
    for event in events:
        number = event.get("pcap_cnt")
        if not isinstance(number, int):
            continue
        alert = event.get("alert")
        if isinstance(alert, dict):
            verdicts = allowed if alert["action"] == "allowed" else denied
            verdicts.setdefault(number, set()).add(said[alert["signature_id"]])
        if event["event_type"] == "drop":
            dropped.add(number)
            drop = event["drop"]
            assert isinstance(drop, dict)
            if drop["reason"] not in {"rules", "flow drop"}:
                denied.setdefault(number, set()).add(f"suricata: {drop['reason']}")
    places: dict[str, list[int]] = {}
    for number, flow in enumerate(capture.flows, start=1):
        places.setdefault(flow, []).append(number)
    return {
        flow: Outcome(
            packets=tuple(capture.packets[number - 1] for number in numbers),
            forwarded=tuple(number not in dropped for number in numbers),
            allowed=frozenset().union(*(allowed.get(number, set()) for number in numbers)),
            denied=frozenset().union(*(denied.get(number, set()) for number in numbers)),
        )
        for flow, numbers in places.items()
    }
