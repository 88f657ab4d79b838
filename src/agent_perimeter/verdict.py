"""Verdicts: what was proven, what was refuted and with which witness, and what could not be known.

These records are the end of the pure core and the beginning of every report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from agent_perimeter.observed import Doubt
from agent_perimeter.packet_sets import Packet
from agent_perimeter.queries import Query
from agent_perimeter.source import Origin


class Layer(StrEnum):
    """The layers that hold a perimeter, in the order in which a packet meets them, and the whole of it.

    ``POLICY`` is no layer but what an explanation says beside them: what the policy means.
    """

    DNS = "DNS firewall"
    SECURITY_GROUP = "security group"
    NETWORK_ACL = "network ACL"
    ROUTES = "routes"
    FIREWALL = "network firewall"
    ENDPOINTS = "endpoint policy"
    BOUNDARY = "IAM boundary"
    END_TO_END = "end to end"
    POLICY = "policy"


class Status(StrEnum):
    """Of a layer, an agent or a whole run. ``ABSENT``: the network has no such layer and the intent needs none."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNKNOWN = "unknown"
    ABSENT = "absent"


class Kind(StrEnum):
    """``EXCESS``: reachable and not allowed. ``MISSING``: allowed and not reachable."""

    EXCESS = "excess"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """An AWS API call by an agent's credentials or by somebody else's that the agent carries.

    ``principal`` is ``own account``, ``another account`` or ``nobody`` (unsigned). ``service`` is the
    endpoint's, such as ``s3``; empty where no endpoint matters (a boundary).
    """

    service: str
    action: str
    resource: str
    principal: str = "own account"

    def __str__(self) -> str:
        where = f" through the {self.service} endpoint" if self.service else ""
        others = " unsigned" if self.principal == "nobody" else f" with credentials of {self.principal}"
        who = "" if self.principal == "own account" else others
        return f"{self.action} on {self.resource}{where}{who}"


Witness = Packet | Query | Call
"""Something that a person can send to see for themselves."""


class Outcome(StrEnum):
    """What one layer does with a witness. ``PERHAPS`` where a doubt decides."""

    ALLOWS = "allows"
    DENIES = "denies"
    PERHAPS = "may allow"
    SKIPS = "does not see it"


@dataclass(frozen=True, slots=True)
class Step:
    """One layer's decision on a witness: the rule in words, where it stands, and the doubts it rests on.

    ``origin.path`` is a template path (``file#/Resources/X/Properties/Y``) or an account's resource;
    ``origin.spans`` are policy lines, where the rule can be traced to some.
    """

    layer: Layer
    outcome: Outcome
    rule: str
    origin: Origin = field(default_factory=Origin)
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """One departure from the intent.

    ``certain`` False means that only a doubt opens (or closes) it. ``scope`` says in words how much is
    concerned beyond the witness. ``origin``: for excess the rules that let it out, for missing the policy lines.
    """

    kind: Kind
    certain: bool
    witness: Witness
    scope: str
    steps: tuple[Step, ...]
    origin: Origin

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """The doubts of all steps, once each."""
        return tuple(dict.fromkeys(doubt for step in self.steps for doubt in step.doubts))


@dataclass(frozen=True, slots=True)
class LayerVerdict:
    """One layer held to the intent projected onto what it can express.

    ``doubts`` are reasons for UNKNOWN that no single witness shows. ``note``: a sentence for the reader.
    """

    layer: Layer
    status: Status
    gaps: tuple[Gap, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Residual:
    """A risk that AWS itself leaves open, computed from this policy and network. ``name`` is stable kebab-case."""

    name: str
    sentence: str
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True, slots=True)
class Reached:
    """One line of what an agent can reach, for the report without a policy and beside the policy.

    ``where`` such as ``203.0.113.0/28``, ``*.pypi.org`` or ``every IPv4 address``; ``how`` such as
    ``TLS on TCP 443``; ``certain`` False where only a doubt opens it; ``origin`` the rules that let it out.
    """

    where: str
    how: str
    certain: bool
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True, slots=True)
class AgentVerdict:
    """Everything about one agent (or one workload named by subnet and security group)."""

    agent: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    layers: tuple[LayerVerdict, ...]
    reach: tuple[Reached, ...]
    allowed: tuple[Reached, ...]
    """What the policy allows, in the same words; empty where there is no policy."""
    residuals: tuple[Residual, ...]

    @property
    def status(self) -> Status:
        """Refuted beats unknown beats proven; ABSENT layers do not count."""
        return worst(layer.status for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Proof:
    """A whole run. ``judged`` False: no policy was given, and ``reach`` is all there is to say.

    ``doubts`` concern the whole network; any makes the run unknown.
    """

    source: str
    judged: bool
    agents: tuple[AgentVerdict, ...]
    doubts: tuple[Doubt, ...] = ()

    @property
    def status(self) -> Status:
        if self.doubts or not self.agents:
            return worst([Status.UNKNOWN, *(agent.status for agent in self.agents)])
        return worst(agent.status for agent in self.agents)


def worst(statuses: Iterable[Status]) -> Status:
    """REFUTED over UNKNOWN over PROVEN; PROVEN only where something was proven, otherwise UNKNOWN."""
    found = set(statuses)
    for status in (Status.REFUTED, Status.UNKNOWN, Status.PROVEN):
        if status in found:
            return status
    return Status.UNKNOWN
