"""The address plan: which block of the VPC each subnet gets.

A subnet's CIDR cannot change without replacing the subnet and all that lives in it, so an agent's
place must not move when another agent comes or goes. It is therefore drawn from the agent's name,
not from its rank: the VPC's first three quarters belong to a zone each, the fourth to the tiers
that all agents share, and within a zone's quarter an agent's *slot* is a hash of its name. Two
agents whose names draw the same slot are told so, and can be pinned in the settings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_perimeter.finding import Finding, Severity, code
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import Zone
from agent_perimeter.packets import AddressSet
from agent_perimeter.settings import Settings
from agent_perimeter.values import Cidr

SLOT_MOVED = code(
    "AP501",
    "slot-moved",
    Severity.NOTE,
    "An agent's subnets depend on another agent's presence",
    "An agent's place in the address plan is drawn from its name. Another agent has the place that this name "
    "draws, so this one took the next free place. If an agent leaves or another one comes, the place may change, "
    "and with it the subnets. Pinning it in the settings makes it independent of the others.",
)
SLOT_TAKEN = code(
    "AP303",
    "slot-taken",
    Severity.ERROR,
    "A pinned slot cannot be given",
    "A slot in the settings is outside the address plan, or two agents are pinned to one slot.",
)

_SHARED_QUARTER = 3
_ENDPOINT_AREA = (24, 0)
_FIREWALL_AREA = (26, 4)
_EGRESS_AREA = (26, 5)
"""Prefix and number of each tier's block within the shared quarter. None overlaps another."""

_ENDPOINT_PREFIX = 26
_TIER_PREFIX = 28


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """The subnets' blocks, one per zone in the order of ``zones``. ``agent_area`` holds all agents."""

    vpc: Cidr
    zones: tuple[Zone, ...]
    agents: Mapping[str, tuple[Cidr, ...]]
    endpoint: tuple[Cidr, ...]
    firewall: tuple[Cidr, ...]
    egress: tuple[Cidr, ...]

    @property
    def agent_area(self) -> tuple[Cidr, ...]:
        """The fewest blocks with every place that an agent may ever have in these zones."""
        quarters = (self.vpc.subnet(self.vpc.prefix + 2, zone.index) for zone in self.zones)
        return AddressSet.of(quarters).cidrs()

    @property
    def endpoint_area(self) -> tuple[Cidr, ...]:
        """The endpoint subnets, merged."""
        return AddressSet.of(self.endpoint).cidrs()


def plan_addresses(
    agents: Iterable[str], settings: Settings
) -> tuple[AddressPlan, tuple[Use, ...], tuple[Finding, ...]]:
    """Give every agent and tier its blocks.

    An agent for whom there is no slot, or whose pinned one cannot be given, gets none; then there is
    a quota error or a ``SLOT_TAKEN``.
    """
    vpc = settings.vpc_cidr
    zones = tuple(Zone(index, name) for index, name in enumerate(settings.zones))
    quarter_prefix = vpc.prefix + 2
    count = 1 << (settings.agent_subnet_prefix - quarter_prefix)
    names = sorted(agents)
    slots, findings = _slots(names, count, settings.slots)
    shared = vpc.subnet(quarter_prefix, _SHARED_QUARTER)
    endpoints, firewalls, egress = (shared.subnet(*area) for area in (_ENDPOINT_AREA, _FIREWALL_AREA, _EGRESS_AREA))
    plan = AddressPlan(
        vpc=vpc,
        zones=zones,
        agents={
            name: tuple(
                vpc.subnet(quarter_prefix, zone.index).subnet(settings.agent_subnet_prefix, slot) for zone in zones
            )
            for name, slot in slots.items()
        },
        endpoint=tuple(endpoints.subnet(_ENDPOINT_PREFIX, zone.index) for zone in zones),
        firewall=tuple(firewalls.subnet(_TIER_PREFIX, zone.index) for zone in zones),
        egress=tuple(egress.subnet(_TIER_PREFIX, zone.index) for zone in zones),
    )
    places = f"/{settings.agent_subnet_prefix} subnets in {vpc}"
    return plan, (Use("agent-slots", len(names), places, limit=count),), findings


def _home(name: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % count


def _slots(names: list[str], count: int, pinned: Mapping[str, int]) -> tuple[dict[str, int], tuple[Finding, ...]]:
    """Pins first, then every agent that can have its own place, then those that must move aside.

    So no agent ever moves for one that was itself moved.
    """
    taken: dict[int, str] = {}
    refused: list[tuple[str, str]] = []
    for name in names:
        if name not in pinned:
            continue
        slot = pinned[name]
        if not 0 <= slot < count:
            refused.append((name, "it is outside the plan"))
        elif slot in taken:
            refused.append((name, f"agent {taken[slot]} has it"))
        else:
            taken[slot] = name
    homes = {name: _home(name, count) for name in names if name not in pinned}
    for name, home in homes.items():
        taken.setdefault(home, name)
    findings: list[Finding] = []
    for name, home in homes.items():
        if taken[home] == name:
            continue
        free = _next_free(home, count, taken)
        if free is None:
            break
        taken[free] = name
        findings.append(_moved(name, free, taken[home]))
    findings += (_refused(name, reason, pinned[name], count, taken) for name, reason in refused)
    return {name: slot for slot, name in sorted(taken.items(), key=lambda item: item[1])}, tuple(findings)


def _next_free(home: int, count: int, taken: Mapping[int, str]) -> int | None:
    return next((slot % count for slot in range(home, home + count) if slot % count not in taken), None)


def _moved(name: str, slot: int, owner: str) -> Finding:
    return Finding(
        SLOT_MOVED,
        f"agent {name} moves aside in the address plan: agent {owner} has the place that its name draws",
        hint=f'pinning it: "slots": {{"{name}": {slot}}} in the settings',
    )


def _refused(name: str, reason: str, slot: int, count: int, taken: Mapping[int, str]) -> Finding:
    free = _next_free(_home(name, count), count, taken)
    return Finding(
        SLOT_TAKEN,
        f"agent {name} cannot have slot {slot}: {reason}",
        got=str(slot),
        allowed=f"a free slot from 0 to {count - 1}",
        hint=None if free is None else f'"slots": {{"{name}": {free}}} in the settings',
    )
