"""Rules whose last day has passed while the account still lets them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from agent_perimeter.drift.check import judged
from agent_perimeter.drift.expiry import PROOFS, lapsed
from agent_perimeter.drift.model import Departure, Meaning
from agent_perimeter.lift.snapshot import Live
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.source import Span
from agent_perimeter.verdict import Kind, Status
from tests.unit.drift_networks import Change, changed, deployed, meant, policies, text
from tests.unit.perimeters import POLICY, TODAY

DAY = "2026-10-31"


def expiring(rule: str) -> str:
    """The policy with a last day for the rule that has this line."""
    assert rule in POLICY
    return POLICY.replace(rule, f"{rule}\n      expires: {DAY}")


NAME = expiring("    - domain: api.example.com")
BLOCK = expiring("    - ip_block: 198.51.100.0/25")
SERVICE = expiring("    - aws_service: bedrock-runtime")


def found(policy: str, live: ObservedNetwork, today: date = TODAY) -> tuple[Departure, ...]:
    return judged(Live(live), deployed(), meant(today, policy))[0]


@pytest.mark.parametrize(
    ("policy", "sentence", "witness"),
    [
        (
            NAME,
            "domain api.example.com (bot.yaml:5:7), which expired on 2026-10-31, of bot still gets out",
            "api.example",
        ),
        (
            BLOCK,
            "ip_block 198.51.100.0/25 (bot.yaml:8:7), which expired on 2026-10-31, of bot still",
            "198.51.100.9:5432",
        ),
        (
            SERVICE,
            "aws_service bedrock-runtime (bot.yaml:13:7), which expired on 2026-10-31, of bot",
            "endpoint:net/Bedrock",
        ),
    ],
    ids=["a name", "addresses", "a service"],
)
def test_a_rule_that_expired_while_nobody_deployed(policy: str, sentence: str, witness: str) -> None:
    (departure,) = found(policy, deployed())
    assert departure.meaning is Meaning.WIDENS
    assert departure.expired
    assert departure.certain
    assert departure.change is None
    assert departure.sentence.startswith(sentence)
    assert witness in str(departure.gaps[0].gap.witness)
    assert {one.gap.kind for one in departure.gaps} == {Kind.EXCESS}
    assert departure.origin.spans == (Span("bot.yaml", int(sentence.partition("bot.yaml:")[2][:2].rstrip(":")), 7),)


def test_on_its_last_day_a_rule_holds() -> None:
    assert found(NAME, deployed(), date(2026, 10, 31)) == ()


CLOSED: Change = changed(
    "rule_groups", "Pass", source=lambda source: replace(source, text="\n".join(source.text.splitlines()[:2]))
)


def test_closing_what_expired_is_no_loss() -> None:
    """The firewall's rule of the addresses is gone: the change narrows nothing that is still meant."""
    told = found(BLOCK, CLOSED(deployed()))
    assert [one.meaning for one in told if one.change is not None] == [Meaning.COSMETIC]
    assert not any(one.gap.kind is Kind.MISSING for departure in told for one in departure.gaps)


def test_an_expired_rule_hides_no_hole_of_the_same_kind() -> None:
    live = changed("rule_groups", "Pass", source=text("api.example.com", "evil.example"))(deployed())
    told = found(NAME, live)
    (change,) = (one for one in told if one.change is not None)
    assert change.meaning is Meaning.WIDENS
    assert "evil.example" in str(change.gaps[0].gap.witness)


UNREAD = Doubt("AWS did not say", "eu-west-1/vpc-1")


def unread(*fields: str) -> tuple[Departure, ...]:
    """The expired departures where these fields were not read."""
    live = replace(deployed(), **dict.fromkeys(fields, ()))
    told = judged(Live(live, tuple((field, UNREAD) for field in fields)), deployed(), meant(TODAY, BLOCK))[0]
    return tuple(one for one in told if one.expired)


def test_a_doubt_about_what_expired_is_no_certain_departure() -> None:
    (told,) = unread("security_groups", "acls", "firewall_policies")
    assert (told.certain, told.meaning) == (False, Meaning.UNCLEAR)
    assert told.sentence.endswith(" of bot may still get out")
    assert UNREAD in told.doubts


def test_what_expired_and_may_be_stopped_elsewhere_is_open_in_the_layers_that_were_read() -> None:
    (told,) = unread("firewall_policies")
    assert (told.certain, told.meaning) == (True, Meaning.WEAKENS)
    assert told.sentence.endswith(" of bot is still open in the security group and the network ACL")


def test_what_another_rule_still_allows_is_no_departure() -> None:
    assert found(f"{NAME}    - domain: api.example.com\n", deployed()) == ()


def test_many_expired_rules_are_judged_by_policy() -> None:
    rules = "".join(f"    - domain: n{number}.example.com\n      expires: {DAY}\n" for number in range(PROOFS + 1))
    (policy,) = policies(POLICY.partition("    - domain")[0] + rules)
    other = replace(policy, agent="other", rules=())
    (one,) = lapsed((other, policy), TODAY)
    assert one.policy is policy
    assert len(one.rules) == PROOFS + 1
    assert len(lapsed((replace(policy, rules=policy.rules[1:]),), TODAY)) == PROOFS


def test_the_proof_of_the_check_is_of_the_day() -> None:
    proof = judged(Live(deployed()), deployed(), meant(TODAY, NAME))[1]
    assert proof.status is Status.REFUTED
