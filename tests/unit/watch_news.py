"""Drifts and announcements made by hand, for what the watch remembers and says."""

from __future__ import annotations

from agent_perimeter.drift.model import Actor, AgentGap, Alteration, Change, Departure, Drift, Meaning
from agent_perimeter.observed import Doubt
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import AgentVerdict, Gap, Kind, Layer, LayerVerdict, Proof, Status
from agent_perimeter.watch.ledger import Announcement, Entry, identity
from agent_perimeter.watch.ledger import Kind as News

EVE = Actor(
    "arn:aws:iam::111122223333:user/eve", "AuthorizeSecurityGroupEgress", "2026-11-22T19:59:00Z", "198.51.100.7"
)
WITNESS = Packet(6, Cidr.parse("203.0.113.9"), 443, App.TLS, name="evil.example")
GAP = AgentGap("bot", Layer.END_TO_END, Gap(Kind.EXCESS, True, WITNESS, "every address", (), Origin()))
UNREAD = Doubt("ec2:DescribeNetworkAcls was not read: AccessDenied: no; allow ec2:DescribeNetworkAcls")


def departure(
    meaning: Meaning = Meaning.WIDENS,
    *,
    record: str = "sg-1",
    certain: bool = True,
    after: str = "all traffic",
    actors: tuple[Actor, ...] = (),
) -> Departure:
    change = Change(Alteration.ADDED, "security group rule", record, "egress to 0.0.0.0/0", "", "", after, Origin())
    gaps = (GAP,) if meaning is Meaning.WIDENS else ()
    return Departure(meaning, f"{change}", certain, change, gaps, actors=actors)


def drift(
    *departures: Departure,
    unread: tuple[Doubt, ...] = (),
    taken: str = "2026-11-22T20:00:00+00:00",
    proven: Status | None = None,
) -> Drift:
    """A check. The proof is refuted where something widens, unless it is said what it is."""
    status = proven or (Status.REFUTED if any(one.gaps for one in departures) else Status.PROVEN)
    layer = LayerVerdict(Layer.END_TO_END, status)
    proof = Proof("t.json", True, (AgentVerdict("bot", (), (), (layer,), (), (), ()),))
    return Drift("agents", "s", "111122223333", "eu-west-1", "vpc-1", taken, departures, unread, proof)


def announcement(kind: News = News.OPENED, of: Departure | None = None, *, told: tuple[str, ...] = ()) -> Announcement:
    found = of or departure()
    record = found.change.record if found.change else ""
    entry = Entry(identity(found), found.meaning, found.sentence, record, "2026-11-22T20:00:00Z")
    return Announcement(kind, entry, None if kind is News.CLOSED else found, told)
