"""What every network of a check is held to, what it is found to do, and what one does that another does not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from agent_perimeter.drift.model import AgentGap, Meaning
from agent_perimeter.drift.subject import Subject
from agent_perimeter.intent import Intent
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.packet_sets import Packet
from agent_perimeter.queries import Query
from agent_perimeter.reach.dns import unwatched
from agent_perimeter.reach.iam_conditions import OWN, Place
from agent_perimeter.verdict import Call, Gap, Kind, Layer, LayerVerdict, Proof, Status

CLAIMED = "client-asserts-names"
"""The one risk that is about packets: where it is surely new, they leave, and are a gap."""
THREAT = "dns-threat "
"""What the names of risks begin with that are about one threat each."""
DEFAULT_GROUP = "default-group"


@dataclass(frozen=True, slots=True)
class Found:
    """What a network does that it should not, or may do.

    ``doubts`` are those that no gap shows, with the agent; ``risks`` the names of residual risks, with the agent.
    ``open``: the layers of an agent of which it is not known that nothing exceeds them. ``called``: the AWS services
    that its policy lets it call, so that it reaches their endpoints. ``grown``: the gaps that exceed no policy and
    could not leave before.
    """

    gaps: frozenset[AgentGap]
    doubts: frozenset[tuple[str, Doubt]]
    risks: frozenset[tuple[str, str]]
    open: frozenset[tuple[str, Layer]]
    called: frozenset[tuple[str, str]]
    grown: frozenset[AgentGap] = frozenset()

    def beyond(self, other: Found) -> Found:
        """What is found here and not there."""
        known = {_same(one) for one in other.gaps}
        gaps = frozenset(one for one in self.gaps if _same(one) not in known)
        return replace(self, gaps=gaps, doubts=self.doubts - other.doubts, risks=self.risks - other.risks)

    def growing(self, grown: frozenset[AgentGap]) -> Found:
        """The same with what else leaves that could not before. What exceeds a policy is no news twice."""
        known = {alike(one) for one in self.gaps}
        news = frozenset(one for one in grown if alike(one) not in known)
        return replace(self, gaps=self.gaps | news, grown=news)

    @property
    def certain(self) -> frozenset[AgentGap]:
        return frozenset(one for one in self.gaps if one.gap.certain)

    def __bool__(self) -> bool:
        return bool(self.gaps or self.doubts or self.risks)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The policies on the day of the check, and as they were before any rule of them expired.

    What exceeds them is held to the second, so that an expired rule, which is a departure of its own, hides none behind
    it; what falls short of them to the first, for closing what has expired is right.
    """

    today: Intent
    before: Intent
    runtimes: Mapping[str, tuple[str, ...]]
    source: str

    def proof(self, subject: Subject) -> Proof:
        """A network on the day of the check, with all that there is to say."""
        return subject.against(self.today, self.source, self.runtimes, listed=True)

    def against(self, subject: Subject, intent: Intent, only: Collection[str] | None = None) -> Proof:
        """A network against an intent; ``only`` some agents."""
        return subject.against(intent, self.source, self.runtimes, only=only)

    def found(self, subject: Subject, proof: Proof | None = None, only: Collection[str] | None = None) -> Found:
        """What the network does. ``proof``, where there is one already, is the one of the day."""
        today = proof or self.against(subject, self.today, only)
        before = today if self.before == self.today else self.against(subject, self.before, only)
        network = subject.network
        gaps = {
            *(one for one in gaps_of(before) if one.gap.kind is Kind.EXCESS),
            *(one for one in gaps_of(today) if one.gap.kind is Kind.MISSING),
        }
        risks = {("", f"{THREAT}{threat}") for vpc in network.vpcs for threat in unwatched(network, vpc)}
        rest = found(before, self.before)
        return replace(rest, gaps=frozenset(gaps), risks=rest.risks | risks | set(_open_defaults(network)))


def found(proof: Proof, intent: Intent) -> Found:
    """What one proof has found."""
    layers = [(agent.agent, layer) for agent in proof.agents for layer in agent.layers]
    return Found(
        frozenset(gaps_of(proof)),
        frozenset(
            [
                *(("", doubt) for doubt in proof.doubts),
                *((agent, doubt) for agent, layer in layers for doubt in layer.doubts),
            ]
        ),
        frozenset(
            (agent.agent, risk.name)
            for agent in proof.agents
            for risk in agent.residuals
            if agent.subnets and risk.name == CLAIMED
        ),
        frozenset((agent, layer.layer) for agent, layer in layers if not _holds(layer)),
        frozenset((agent.name, reach.service) for agent in intent.agents for reach in agent.services),
    )


def _open_defaults(network: ObservedNetwork) -> Iterator[tuple[str, str]]:
    """The VPCs whose default group is not known to be empty."""
    empty = {group.id for group in network.security_groups if not (group.egress or group.ingress)}
    return (("", DEFAULT_GROUP) for vpc in network.vpcs if f"{vpc.id}/default-group" not in empty)


def gaps_of(proof: Proof) -> tuple[AgentGap, ...]:
    """Every gap of a proof with its agent and layer."""
    return tuple(
        AgentGap(agent.agent, layer.layer, gap)
        for agent in proof.agents
        for layer in agent.layers
        for gap in layer.gaps
    )


def _holds(layer: LayerVerdict) -> bool:
    """Whether it is known that nothing exceeds a layer. One that is not there holds nothing."""
    exceeded = any(gap.kind is Kind.EXCESS for gap in layer.gaps)
    return layer.status not in (Status.UNKNOWN, Status.ABSENT) and not exceeded


def meaning(new: Found) -> Meaning:
    """The worst of what is new, in the network that it was found in."""
    meanings = {weight(one, new) for one in new.gaps}
    if any(name != CLAIMED for _, name in new.risks):
        meanings.add(Meaning.WEAKENS)
    if new.doubts or new.risks:
        meanings.add(Meaning.UNCLEAR)
    return worst(meanings)


def worst(meanings: Iterable[Meaning]) -> Meaning:
    """The first of them in the order of ``Meaning``; ``COSMETIC`` for none."""
    known = set(meanings)
    return next((one for one in Meaning if one in known), Meaning.COSMETIC)


def weight(one: AgentGap, found: Found) -> Meaning:
    """What one gap means beside the other layers of its network.

    End to end something leaves. A DNS query leaves too: the resolver takes it to whoever serves the name, and what is
    asked for is told there. A call leaves where nothing else stops it: see ``_call``. In all other layers something
    would leave if the layers beside it did not hold.
    """
    if not one.gap.certain:
        return Meaning.UNCLEAR
    if one.gap.kind is Kind.MISSING:
        return Meaning.NARROWS
    if one.layer in (Layer.END_TO_END, Layer.DNS):
        return Meaning.WIDENS
    witness = one.gap.witness
    return _call(one, witness, found) if isinstance(witness, Call) else Meaning.WEAKENS


def _call(one: AgentGap, call: Call, found: Found) -> Meaning:
    """A call of the agent's own role through an endpoint passes two policies, the endpoint's and the boundary.

    With credentials of another account, or none, it passes the endpoint's alone. Neither gets there where the other
    layers keep the agent from the endpoint. A call from outside the VPC, or by an AWS service in the agent's name,
    passes the boundary alone.
    """
    if one.layer is Layer.ENDPOINTS:
        reached = (one.agent, call.service) in found.called or (one.agent, Layer.END_TO_END) in found.open
        held = not reached or (call.principal == OWN and (one.agent, Layer.BOUNDARY) not in found.open)
    else:
        inside = any(step.rule.startswith(f"from {Place.VPC}:") for step in one.gap.steps)
        held = inside and (one.agent, Layer.ENDPOINTS) not in found.open
    return Meaning.WEAKENS if held else Meaning.WIDENS


def ordered(new: Found) -> tuple[AgentGap, ...]:
    """What means most first, so that the first has the witness to show; then end to end, then as the layers stand."""
    meanings = tuple(Meaning)
    layers = (Layer.END_TO_END, *(layer for layer in Layer if layer is not Layer.END_TO_END))
    return tuple(
        sorted(
            new.gaps,
            key=lambda one: (
                meanings.index(weight(one, new)),
                not one.gap.certain,
                one.gap.kind is not Kind.EXCESS,
                layers.index(one.layer),
                one.agent,
                str(one.gap.witness),
                one.gap.scope,
            ),
        )
    )


def _same(one: AgentGap) -> tuple[object, ...]:
    """What makes two gaps of two networks the same one. Where a rule stands and how it is worded is no part of it."""
    return (one.agent, one.layer, one.gap.kind, one.gap.certain, one.gap.witness, one.gap.scope)


def alike(one: AgentGap) -> tuple[object, ...]:
    """What makes two gaps of two networks the same news: of whom, where, and by which kind of bytes or call."""
    return (one.agent, one.layer, one.gap.kind, one.gap.certain, *_kind_of(one.gap))


def _kind_of(gap: Gap) -> tuple[object, ...]:
    match gap.witness:
        case Packet():
            return (gap.witness.protocol, gap.witness.app)
        case Query():
            return ()
        case _:
            return (gap.witness.service, gap.witness.principal)
