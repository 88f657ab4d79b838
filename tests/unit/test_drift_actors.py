"""Who made a departure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.drift.actors import attributed
from agent_perimeter.drift.model import Actor, Alteration, Change, Departure, Drift, Meaning
from agent_perimeter.source import Origin
from tests.unit.proofs import sound

WHO = "arn:aws:iam::123456789012:user/somebody"


def actor(event: str, when: str = "2026-11-22T10:00:00Z") -> Actor:
    return Actor(WHO, event, when)


def drift(change: Change | None) -> Drift:
    found = Departure(Meaning.WEAKENS, "something", change=change)
    return Drift("agents", "Perimeter", "123456789012", "eu-west-1", "vpc-1", "2026-11-22", (found,), (), sound())


ADDED = Change(
    Alteration.ADDED, "security group rule", "sg-1", "egress", "", "", "", Origin(path="eu-west-1/sg-1#egress")
)
REMOVED = replace(ADDED, alteration=Alteration.REMOVED)
CHANGED = replace(ADDED, alteration=Alteration.CHANGED, field="description")
AUTHORIZED, REVOKED = actor("AuthorizeSecurityGroupEgress"), actor("RevokeSecurityGroupEgress")
MODIFIED = actor("ModifySecurityGroupRules", "2026-11-22T11:00:00Z")
ALL = tuple(("sg-1", one) for one in (AUTHORIZED, REVOKED, MODIFIED))


@pytest.mark.parametrize(
    ("change", "made", "found"),
    [
        pytest.param(ADDED, ALL, (MODIFIED, AUTHORIZED), id="whoever revokes a rule added none; the latest first"),
        pytest.param(REMOVED, ALL, (MODIFIED, REVOKED), id="whoever authorizes a rule removed none"),
        pytest.param(CHANGED, ALL, (MODIFIED, REVOKED, AUTHORIZED), id="a change can be made in any way"),
        pytest.param(ADDED, (("sg-2", AUTHORIZED),), (), id="another resource is another's"),
        pytest.param(None, ALL, (), id="what no change makes nobody made"),
        pytest.param(ADDED, (("sg-1", AUTHORIZED), ("sg-1", AUTHORIZED)), (AUTHORIZED,), id="the same event once"),
        pytest.param(
            replace(ADDED, record="vpc-1/main-route-table", origin=Origin(path="eu-west-1/rtb-1#10.0.0.0/8")),
            (("rtb-1", AUTHORIZED),),
            (AUTHORIZED,),
            id="a main route table by the id that it has in the account",
        ),
        pytest.param(
            replace(ADDED, record="arn:aws:network-firewall:eu-west-1:1:stateful-rulegroup/pass", origin=Origin()),
            (("pass", AUTHORIZED),),
            (AUTHORIZED,),
            id="a rule group by its name",
        ),
    ],
)
def test_actors_of(change: Change | None, made: tuple[tuple[str, Actor], ...], found: tuple[Actor, ...]) -> None:
    (departure,) = attributed(drift(change), made).departures
    assert departure.actors == found


def test_actors_make_no_other_departure() -> None:
    before = drift(ADDED)
    after = attributed(before, ALL)
    assert [one.id for one in after.departures] == [one.id for one in before.departures]
    assert replace(after, departures=()) == replace(before, departures=())
