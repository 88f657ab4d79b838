"""What each difference means: it is made in the deployed network, alone, and the proof says what then gets out.

A proof of the account as it is tells that something gets out; it does not tell which of twenty changes lets it out. So
each is judged by itself; and what only several do together is found in the account, where no single one explains it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from agent_perimeter.drift.compare import Difference, resources
from agent_perimeter.drift.model import AgentGap, Departure, Meaning
from agent_perimeter.drift.patch import applied
from agent_perimeter.drift.standing import standing
from agent_perimeter.drift.subject import Subject
from agent_perimeter.drift.touched import touched
from agent_perimeter.drift.words import brief
from agent_perimeter.drift.yardstick import (
    CLAIMED,
    DEFAULT_GROUP,
    THREAT,
    Found,
    Yardstick,
    alike,
    meaning,
    ordered,
    weight,
    worst,
)
from agent_perimeter.lift.placement import placements
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.prove import everyone
from agent_perimeter.prove.growth import grown
from agent_perimeter.prove.layers import Judged
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Kind, Layer

PROOFS = 40
"""How many proofs the differences of a check may take. Beyond it they are judged together, and the report says so."""

_LISTED = 3

_DEFAULT_GROUP = "the VPC's default security group is not empty, so what is started without a group is not held"

NOTHING = Found(frozenset(), frozenset(), frozenset(), frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is new with a difference, and which others it was judged with, in words."""

    difference: Difference
    new: Found
    beside: str = ""

    @property
    def meaning(self) -> Meaning:
        return worst((self.difference.floor, meaning(self.new)))


class Judge:
    """One check's judge. The deployed network is proven once, when it is first needed."""

    def __init__(self, expected: ObservedNetwork, yardstick: Yardstick, proofs: int = PROOFS) -> None:
        self._expected = expected
        self._places = placements(expected)
        self._yardstick = yardstick
        self._proofs = proofs
        self._base: Found | None = None
        self._standing: dict[str, Judged] | None = None

    @property
    def base(self) -> Found:
        """What the network does as it was deployed."""
        if self._base is None:
            self._base = self._yardstick.found(Subject(self._expected, self._places))
        return self._base

    def departures(
        self, differences: Iterable[Difference], live: Found, subject: Subject, unread: Collection[Doubt] = ()
    ) -> Iterator[Departure]:
        """Every difference with its meaning, and what the live network does that none of them explains.

        ``live`` is what the ``subject`` does; ``unread``: why some of it was not read, which is told beside all this.
        """
        verdicts = tuple(self._verdicts(differences))
        yield from map(_departure, verdicts)
        if sum(one.difference.decides for one in verdicts) > 1 and all(
            one.meaning is not Meaning.WIDENS for one in verdicts
        ):
            live = live.growing(self._grown(subject))
        yield from self._explained(live, verdicts)
        yield from unknown(live, [verdict.new for verdict in verdicts], unread)

    def _explained(self, live: Found, verdicts: tuple[_Verdict, ...]) -> Iterator[Departure]:
        """What is certain of the live network, and no single change's."""
        if not live.certain:
            return
        single = {alike(one) for verdict in verdicts for one in verdict.new.gaps}
        deployed = {alike(one) for one in self.base.gaps}
        together = frozenset(one for one in live.certain if alike(one) not in single | deployed)
        if together:
            yield _together(together, live, verdicts)
        never = frozenset(one for one in live.certain if alike(one) in deployed - single)
        if never:
            yield unkept(never, live, "what was deployed never kept the policies, and no change since explains it")

    def _verdicts(self, differences: Iterable[Difference]) -> Iterator[_Verdict]:
        known = tuple(differences)
        yield from (_Verdict(difference, NOTHING) for difference in known if not difference.decides)
        rest: list[Difference] = []
        for group in resources(difference for difference in known if difference.decides):
            if self._proofs > 0:
                yield from self._resource(group)
            else:
                rest += group
        if rest:
            yield from _as_one(tuple(rest), self._new(tuple(rest)), "")

    def _resource(self, group: tuple[Difference, ...]) -> Iterator[_Verdict]:
        """The differences of one resource: together first, and one by one where together they mean something."""
        new = self._new(group)
        if len(group) == 1 or not new or self._proofs < len(group):
            yield from _as_one(group, new, " of the same resource")
            return
        alone = tuple(_Verdict(difference, self._new((difference,))) for difference in group)
        if any(verdict.new for verdict in alone):
            yield from alone
        else:
            yield from _as_one(group, new, " of the same resource")

    def _new(self, differences: tuple[Difference, ...]) -> Found:
        self._proofs -= 1
        network = applied(self._expected, *differences)
        subject = Subject(network, standing(network, self._places))
        agents = touched(differences, self._expected, self._places)
        new = self._yardstick.found(subject, only=agents).beyond(self.base)
        return new if meaning(new) is Meaning.WIDENS else new.growing(self._grown(subject, agents))

    def _grown(self, subject: Subject, agents: Collection[str] | None = None) -> frozenset[AgentGap]:
        """What surely leaves of some agents and could not as the network was deployed, though no policy forbids it."""
        intent = self._yardstick.before
        if self._standing is None:
            self._standing = everyone(self._expected, self._places, intent)
        return frozenset(
            AgentGap(name, Layer.END_TO_END, gap)
            for name, after in everyone(subject.network, subject.places, intent).items()
            if name in self._standing and (agents is None or name in agents)
            for gap in grown(self._standing[name], after)
        )


def _as_one(group: tuple[Difference, ...], new: Found, of: str) -> Iterator[_Verdict]:
    """All differences with what they do together. Where that is nothing, none of them needs to be told apart."""
    others = f"{len(group) - 1} more{of}" if new and len(group) > 1 else ""
    yield from (_Verdict(difference, new, others) for difference in group)


def _departure(verdict: _Verdict) -> Departure:
    difference = verdict.difference
    gaps = ordered(verdict.new)
    others = f", judged together with {verdict.beside}" if verdict.beside else ""
    return Departure(
        verdict.meaning,
        f"{brief(difference.change)}: {_clause(verdict)}{others}",
        certain=difference.certain,
        change=difference.change,
        gaps=gaps,
        doubts=tuple(sorted({*_doubts(verdict.new), *difference.doubts})),
        origin=_origin(difference.change.origin, gaps),
    )


def _clause(verdict: _Verdict) -> str:
    telling = tuple(one for one in verdict.new.gaps if weight(one, verdict.new) is verdict.meaning)
    match verdict.meaning:
        case Meaning.WIDENS:
            news = "what it could not before" if verdict.new.grown else "what no policy allows"
            return f"{_agents(telling)} can send {news}"
        case Meaning.WEAKENS:
            return "; ".join([*_layers(telling), *_risks(verdict.new), *filter(None, [verdict.difference.why])])
        case Meaning.NARROWS:
            return f"{_agents(telling)} lost something that the policy allows" if telling else verdict.difference.why
        case Meaning.UNCLEAR:
            return f"what it means for egress is not known{_reason(verdict)}"
        case _:
            return "what gets out is the same"


def _reason(verdict: _Verdict) -> str:
    """Why a meaning is not known, where the change itself does not say."""
    doubts = tuple(doubt for doubt in _doubts(verdict.new) if doubt.reason not in str(verdict.difference.change))
    if doubts:
        return _because(doubts)
    claimed = any(name == CLAIMED for _, name in verdict.new.risks)
    why = "whether a name can be claimed towards any address is open" if claimed else verdict.difference.why
    return f": {why}" if why else ""


def _layers(gaps: tuple[AgentGap, ...]) -> Iterator[str]:
    layers = sorted({one.layer for one in gaps}, key=tuple(Layer).index)
    if layers:
        more = f"{_agents(gaps)} is held by the other layers alone" if len(_names(gaps)) == 1 else ""
        more = more or f"{_agents(gaps)} are held by the other layers alone"
        yield f"the {' and the '.join(layers)} let{'s' if len(layers) == 1 else ''} out more, and {more}"


def _risks(new: Found) -> Iterator[str]:
    names = {name for _, name in new.risks}
    threats = sorted(name.removeprefix(THREAT) for name in names if name.startswith(THREAT))
    if threats:
        yield f"queries that look like {' or '.join(threats)} are no longer stopped"
    if DEFAULT_GROUP in names:
        yield _DEFAULT_GROUP


def _names(gaps: Iterable[AgentGap]) -> list[str]:
    return sorted({one.agent for one in gaps})


def _agents(gaps: Iterable[AgentGap]) -> str:
    return ", ".join(_names(gaps))


def _together(gaps: frozenset[AgentGap], live: Found, verdicts: tuple[_Verdict, ...]) -> Departure:
    """What several changes do, none of which does it alone."""
    changes = [verdict.difference.change for verdict in verdicts if verdict.difference.decides]
    if not changes:
        return unkept(gaps, live, "no difference that was read explains it")
    more = f"; and {len(changes) - _LISTED} more" if len(changes) > _LISTED else ""
    named = "; ".join(map(brief, changes[:_LISTED])) + more
    return unkept(gaps, live, f"together these changes mean more than each alone: {named}")


def unkept(gaps: frozenset[AgentGap], live: Found, said: str) -> Departure:
    """Gaps of the live network that are no single change's."""
    new = replace(live, gaps=gaps, doubts=frozenset(), risks=frozenset())
    shown = ordered(new)
    exceeds = any(one.gap.kind is Kind.EXCESS for one in gaps)
    what = (
        "what it could not before" if gaps <= live.grown else f"{'more' if exceeds else 'less'} than the policies allow"
    )
    sentence = f"{said}: {_agents(gaps)} can send {what}"
    return Departure(meaning(new), sentence, gaps=shown, origin=_origin(Origin(), shown))


def unknown(live: Found, explained: Iterable[Found], unread: Collection[Doubt]) -> Iterator[Departure]:
    """What may get out of the live network, or may not, where no difference and nothing unread says why it is open."""
    known = set(unread)
    shown: set[tuple[object, ...]] = set()
    for one in explained:
        known.update(_doubts(one))
        shown.update(map(alike, one.gaps))
    gaps = frozenset(
        one for one in live.gaps - live.certain if alike(one) not in shown and not known.intersection(one.gap.doubts)
    )
    doubts = frozenset(one for one in live.doubts if one[1] not in known)
    if gaps or doubts:
        new = replace(live, gaps=gaps, doubts=doubts, risks=frozenset())
        why = _doubts(new)
        yield Departure(
            Meaning.UNCLEAR,
            f"what gets out cannot be known{_because(why)}",
            certain=False,
            gaps=ordered(new),
            doubts=why,
        )


def _because(doubts: tuple[Doubt, ...]) -> str:
    """The first reason, and how many more there are; nothing for none."""
    more = f", and {len(doubts) - 1} more" if len(doubts) > 1 else ""
    return "".join(f": {doubt.reason}{more}" for doubt in doubts[:1])


def _doubts(new: Found) -> tuple[Doubt, ...]:
    behind = (doubt for one in new.gaps for doubt in one.gap.doubts)
    return tuple(sorted({*behind, *(doubt for _, doubt in new.doubts)}))


def _origin(own: Origin, gaps: tuple[AgentGap, ...]) -> Origin:
    """The change's place, with the policy lines of what it is about."""
    for one in gaps:
        own |= Origin(one.gap.origin.spans)
    return own
