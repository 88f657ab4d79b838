"""A whole check: what was read of an account, held to what was deployed and to what the policies mean today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from agent_perimeter.drift.codes import code_of
from agent_perimeter.drift.compare import compare
from agent_perimeter.drift.expiry import NEVER, expired
from agent_perimeter.drift.judge import Judge, unkept, unknown
from agent_perimeter.drift.model import Departure, Drift, Meaning
from agent_perimeter.drift.parts import Part, tampered
from agent_perimeter.drift.patch import lent
from agent_perimeter.drift.standing import standing
from agent_perimeter.drift.subject import Subject
from agent_perimeter.drift.yardstick import Yardstick
from agent_perimeter.intent import resolve
from agent_perimeter.lift.anchor import anchor, with_owners
from agent_perimeter.lift.placement import placements
from agent_perimeter.lift.snapshot import Live, lift_snapshot
from agent_perimeter.observed import Doubt, ObservedNetwork, Ref
from agent_perimeter.policy.model import Policy
from agent_perimeter.snapshot import Snapshot
from agent_perimeter.verdict import Proof

_NOTHING = ObservedNetwork()


@dataclass(frozen=True, slots=True)
class Meant:
    """What an account is held to: the policies, which have passed the lint without an error, on a day.

    ``runtimes`` is what runs each agent; ``source`` what the deployed network was read from.
    """

    policies: tuple[Policy, ...]
    today: date
    runtimes: Mapping[str, tuple[str, ...]]
    source: str

    @property
    def yardstick(self) -> Yardstick:
        return Yardstick(resolve(self.policies, self.today), resolve(self.policies, NEVER), self.runtimes, self.source)


def check(
    snapshot: Snapshot,
    expected: ObservedNetwork,
    policies: tuple[Policy, ...],
    today: date,
    runtimes: Mapping[str, tuple[str, ...]] | None = None,
    parts: tuple[Part, ...] = (),
    source: str = "the deployed stack",
) -> Drift:
    """Every departure of the account from ``expected``, a lifted template, and from the policies on the day.

    The policies must have passed the lint without an error. ``runtimes`` is what runs each agent, ``parts`` what the
    watch is made of, ``source`` what the expected network was read from. It never raises for what a snapshot holds.
    """
    lifted = lift_snapshot(snapshot)
    anchored, adrift = anchor(expected, snapshot)
    if not _is_anchored(anchored, lifted):
        adrift = (*adrift, Doubt(f"what was deployed could not be found in {snapshot.vpc}"))
    departures, proof = judged(lifted, anchored, Meant(policies, today, runtimes or {}, source))
    return Drift(
        snapshot.perimeter,
        snapshot.stack,
        snapshot.account,
        snapshot.region,
        snapshot.vpc,
        snapshot.taken,
        ordered((*tampered(parts, snapshot), *departures)),
        _unread(snapshot, lifted, adrift),
        proof,
    )


def judged(lifted: Live, expected: ObservedNetwork, meant: Meant) -> tuple[tuple[Departure, ...], Proof]:
    """The departures of a lifted account from an anchored network, and the proof of the account on the day.

    Where no VPC of the expected network is in the account, it could not be anchored: then nothing is compared, and the
    account is held to the policies alone.
    """
    known = expected if _is_anchored(expected, lifted) else _NOTHING
    live = with_owners(lifted.network, known)
    subject = _subject(replace(lifted, network=live), known)
    yardstick = meant.yardstick
    proof = yardstick.proof(subject)
    found = yardstick.found(subject, proof)
    lapsed = expired(meant.policies, meant.today, subject, yardstick)
    unread = {doubt for _, doubt in lifted.unread}
    if known is _NOTHING:
        alone = (unkept(found.certain, found, "what was deployed could not be found in the account"),)
        rest = () if unread else unknown(found, (), unread)
        return (*lapsed, *(alone if found.certain else ()), *rest), proof
    differences = compare(known, live, {field for field, _ in lifted.unread})
    return (*lapsed, *Judge(known, yardstick).departures(differences, found, subject, unread)), proof


def _is_anchored(expected: ObservedNetwork, lifted: Live) -> bool:
    """Whether the deployed records are known by the account's ids: at least a VPC of theirs is there.

    Where the VPCs were not read, the subnets say which there are.
    """
    unread = {field for field, _ in lifted.unread}
    places: tuple[Ref, ...] = tuple(subnet.vpc for subnet in lifted.network.subnets) if "vpcs" in unread else ()
    return bool({vpc.id for vpc in expected.vpcs} & {*(vpc.id for vpc in lifted.network.vpcs), *places})


def _subject(live: Live, expected: ObservedNetwork) -> Subject:
    """The live network, with deployed records that may still be there for those that could not be read.

    Nothing that is certain follows from them, and the proof carries the doubt.
    """
    network = sure = live.network
    for field, doubt in live.unread:
        network, sure = lent(network, field, doubt, expected), lent(sure, field, None, expected)
    doubts = tuple(dict.fromkeys((*network.doubts, *(doubt for _, doubt in live.unread))))
    network = replace(network, doubts=doubts)
    return Subject(network, standing(network, placements(expected)), sure if live.unread else None)


def _unread(snapshot: Snapshot, lifted: Live, adrift: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """What was not read, in words, once each; a call that no record shows, too.

    That a policy is not there is read: it is a departure, if it was deployed.
    """
    known = [*(doubt for _, doubt in lifted.unread), *adrift]
    said = " ".join(map(str, known))
    gone = {one.parameters.get("PolicyArn") for one in snapshot.unread_of("iam:GetPolicy") if one.absent}
    rest = (one for one in snapshot.unread if not (one.absent and one.parameters.get("PolicyArn") in gone))
    calls: Iterator[Doubt] = (Doubt(str(one)) for one in rest if str(one) not in said)
    return tuple(sorted({*known, *calls}))


def ordered(departures: Iterable[Departure]) -> tuple[Departure, ...]:
    """Worst first, what is certain before what is not; then by code and words. Equal ones once."""
    meanings = tuple(Meaning)
    unique = {departure.id: departure for departure in departures}
    return tuple(
        sorted(
            unique.values(),
            key=lambda one: (meanings.index(one.meaning), not one.certain, code_of(one).code, one.sentence),
        )
    )
