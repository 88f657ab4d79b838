"""The text of a drift: the verdict first, the worst first, nothing that moves a cursor."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agent_perimeter.drift.model import Drift
from agent_perimeter.report.drift_text import drift_text, news_text
from agent_perimeter.report.text import Style
from agent_perimeter.verdict import Proof
from tests.unit import drifts, proofs

PLAIN = Style(colour=False)


def text(drift: Drift) -> str:
    return drift_text(drift, PLAIN)


WHERE = "vpc-0123456789abcdef0, account 111122223333, eu-west-1, 2026-11-22T12:00:00+00:00"


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("clean", f"✓ CLEAN · no departure · perimeter agents, {WHERE}"),
        ("cosmetic", f"✓ CLEAN · 1 cosmetic · perimeter agents, {WHERE}"),
        (
            "opened",
            f"✗ DRIFT · 2 widens, 3 weakens, 1 narrows, 1 unclear, 1 cosmetic · perimeter agents, {WHERE}",
        ),
        ("incomplete", f"? UNKNOWN · no departure, 1 not read · perimeter agents, {WHERE}"),
        ("deployed open", f"✗ DRIFT · no departure, 2 deployed like this · {WHERE}"),
    ],
)
def test_the_first_line_is_the_verdict(case: str, line: str) -> None:
    assert text(drifts.ALL[case]).partition("\n")[0] == line


def test_two_answers_stand_below_it_side_by_side() -> None:
    lines = text(drifts.opened()).splitlines()[1:3]
    assert lines == [
        "  structure  2 added, 1 removed, 3 changed, 2 in meaning alone, compared with cdk.out",
        "  meaning    refuted, 2 agents: 1 proven, 1 refuted",
    ]


def test_what_it_was_and_is_who_did_it_and_what_still_holds_stand_below_a_departure() -> None:
    found = text(drifts.drift(drifts.WIDENED, proof=Proof("cdk.out", True, (drifts.refuted(),))))
    for row in (
        "  to         all traffic to 0.0.0.0/0",
        "  witness    tcp://203.0.113.9:443 sni=evil.example",
        "  try it     curl --max-time 5 --resolve evil.example:443:203.0.113.9 https://evil.example/",
        "  and        coding-agent: security group",
        "  alone      research-agent: DNS firewall, network ACL, network firewall still hold",
        "  at         policies/research-agent.yaml:7:7",
        "  by         arn:aws:sts::111122223333:assumed-role/Admin/mallory, AuthorizeSecurityGroupEgress,"
        " 2026-11-22T09:14:03+00:00 from 198.51.100.7",
    ):
        assert row in found.splitlines()
    assert "alone      coding-agent" not in found, "the proof knows no such agent"


def test_what_was_lost_is_said_beside_what_was_opened() -> None:
    both = replace(drifts.WIDENED, gaps=(*drifts.WIDENED.gaps, *drifts.NARROWED.gaps))
    lost = drifts.NARROWED.gaps[0]
    row = f"  also       {lost.agent}, {lost.layer}: stops what the policy allows: {lost.gap.witness}"
    assert row in text(drifts.drift(both)).splitlines()
    assert "  also       " not in text(drifts.drift(drifts.WIDENED))


def test_an_agent_that_nothing_holds_any_more_is_said_so() -> None:
    nothing = replace(drifts.refuted(), layers=())
    found = text(drifts.drift(drifts.NARROWED, proof=Proof("cdk.out", True, (nothing,))))
    assert "  alone      research-agent: no layer still holds" in found.splitlines()


def test_only_the_latest_three_who_touched_it_are_named() -> None:
    many = tuple(replace(drifts.OPS, event=f"Event{number}") for number in range(5))
    found = text(drifts.drift(replace(drifts.WIDENED, actors=many)))
    assert [line for line in found.splitlines() if "  by " in line][-1].split(", ")[1] == "Event2"


def test_what_was_not_read_and_what_is_not_known_come_with_a_remedy() -> None:
    found = text(drifts.incomplete())
    assert "\nNot read\n  ? route53resolver:ListFirewallRules of rslvr-frg-1 was not read" in found
    assert "    try allowing route53resolver:ListFirewallRules" in found
    assert "\nNot known\n  ? AWS::Lattice::Gateway is a type that is not known" in found
    assert found.count("ListFirewallRules of rslvr-frg-1 was not read") == 1, "the proof says it once more"
    assert "Not known to hold, while something is not known\n  database-agent  end to end, security group" in found


def test_what_was_deployed_like_this_is_shown_once_with_all_its_layers() -> None:
    found = text(drifts.deployed_open())
    assert found.count("witness    tcp://203.0.113.9:443 sni=evil.example") == 1
    assert "research-agent, end to end, security group: lets out what the policy does not allow" in found


@pytest.mark.parametrize("case", drifts.ALL)
def test_the_same_drift_is_the_same_text_and_nothing_in_it_moves_the_cursor(case: str) -> None:
    found = text(drifts.ALL[case])
    assert found == text(drifts.ALL[case])
    assert all(letter.isprintable() or letter == "\n" for letter in found)


def test_only_colour_tells_a_terminal_from_a_file() -> None:
    coloured = drift_text(drifts.opened(), Style(colour=True), proofs.locate)
    assert "\x1b[1;31m✗ widens\x1b[0m" in coloured
    assert "\x1b[33m✗ narrows\x1b[0m" in coloured
    assert "\x1b[2m· cosmetic\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == drift_text(drifts.opened(), PLAIN, proofs.locate)


class TestNews:
    def test_shows_what_opened_in_full_and_what_closed_in_a_line(self) -> None:
        before, after = drifts.drift(drifts.COSMETIC, drifts.WEAKENED), drifts.drift(drifts.WIDENED, drifts.COSMETIC)
        found = news_text(before, after, PLAIN)
        assert "opened\n✗ widens  egress of all traffic" in found
        assert "closed\n  ✓ delete protection of firewall agents-eu-west-1a is off" in found
        assert "lab" not in found, "it was known before"

    def test_is_the_verdict_alone_where_nothing_happened(self) -> None:
        assert news_text(drifts.opened(), drifts.opened(), PLAIN) == text(drifts.opened()).partition("\n")[0]

    def test_says_what_is_not_read_any_more(self) -> None:
        found = news_text(drifts.clean(), drifts.incomplete(), PLAIN)
        assert "Not read\n  ? route53resolver:ListFirewallRules" in found
        assert "Not read" not in news_text(drifts.incomplete(), drifts.incomplete(), PLAIN)
