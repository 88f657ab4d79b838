"""Suricata's rule language: lists, labels, lengths."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_perimeter.lower.suricata import (
    AGENT_BUDGET,
    LIST_BUDGET,
    PORT_BUDGET,
    Draft,
    agent_width,
    either,
    expanded,
    label,
    mentioned,
    packed,
    port_text,
    variable,
    written,
)
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, PortRange
from tests.unit.lower.agents import at

SIDS = range(100, 200)


def line(number: int) -> Origin:
    return at(number, "policies/reader.yaml")


def draft(*agents: tuple[str, Origin], action: str = "pass", what: str = "a.example") -> Draft:
    return Draft(action, "tls", "$AGENT_A", "any", "443", ("flow:to_server",), what, what, agents)  # type: ignore[arg-type]


class TestARule:
    def test_that_passes_says_who_may_what_and_why(self) -> None:
        (rule,) = written([draft(("a", line(7)))], SIDS)
        assert rule.text == (
            'pass tls $AGENT_A any -> any 443 (msg:"agent-perimeter: allow a.example for a (reader.yaml:7)"; '
            f"flow:to_server; metadata:agent a, policy reader.yaml:7; sid:{rule.sid}; rev:1;)"
        )
        assert (rule.allow, rule.agents, rule.origin) == (True, ("a",), line(7))
        assert rule.sid in SIDS

    def test_that_drops_lets_nobody_out(self) -> None:
        (rule,) = written([draft(action="drop", what="UDP")], SIDS)
        assert rule.text == (
            'drop tls $AGENT_A any -> any 443 (msg:"agent-perimeter: deny UDP"; '
            f"flow:to_server; sid:{rule.sid}; rev:1;)"
        )
        assert (rule.allow, rule.agents, rule.origin) == (False, (), Origin())

    def test_that_rejects_for_an_agent_keeps_its_policy_lines_and_still_lets_nobody_out(self) -> None:
        (rule,) = written([draft(("a", line(7)), action="reject")], SIDS)
        assert "deny a.example for a (reader.yaml:7)" in rule.text
        assert (rule.allow, rule.agents, rule.origin) == (False, (), line(7))

    def test_of_many_agents_names_three_in_its_message_and_all_in_its_metadata(self) -> None:
        (rule,) = written([draft(*((f"a{number}", line(number)) for number in range(1, 6)))], SIDS)
        assert 'for a1, a2, a3 and 2 more (reader.yaml:1, reader.yaml:2, reader.yaml:3 and 2 more)"' in rule.text
        assert all(f"agent a{number}, policy reader.yaml:{number}" in rule.text for number in range(1, 6))
        assert rule.agents == ("a1", "a2", "a3", "a4", "a5")

    def test_of_many_lines_lists_eight_of_an_agent(self) -> None:
        lines = Origin(tuple(Span("a.yaml", number, 1) for number in range(1, 30)))
        (rule,) = written([draft(("a", lines))], SIDS)
        assert rule.text.count("policy a.yaml:") == 8
        assert rule.origin == lines

    def test_keeps_its_number_when_its_agents_change(self) -> None:
        one, two = (written([draft(*agents)], SIDS)[0].sid for agents in ([("a", line(1))], [("b", line(2))]))
        assert one == two


class TestALabel:
    @given(st.text())
    def test_has_no_character_that_means_anything_to_a_parser(self, text: str) -> None:
        assert set(label(text)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")
        assert len(label(text)) <= 64

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("reader.yaml:7", "reader.yaml:7"),
            ('a"; sid:1;) pass ip any any -> any any (x.yaml:7', "a___sid:1___pass_ip_any_any_-__any_any__x.yaml:7"),
            ("a\nb.yaml:7", "a_b.yaml:7"),
            ("$HOME_NET|41|.yaml:7", "_HOME_NET_41_.yaml:7"),
            ("x" * 100 + ".yaml:7", "x" * 57 + ".yaml:7"),
        ],
    )
    def test_keeps_what_a_person_looks_for(self, text: str, shown: str) -> None:
        assert label(text) == shown


class TestAVariable:
    @pytest.mark.parametrize(
        ("agent", "name"), [("research-bot", "AGENT_RESEARCH_BOT"), ("a1", "AGENT_A1"), ('x"; $', "AGENT_X____")]
    )
    def test_is_named_after_its_agent(self, agent: str, name: str) -> None:
        assert variable(agent) == name

    def test_of_the_longest_agent_name_is_one_that_network_firewall_takes(self) -> None:
        """RuleVariableName: at most 32 characters."""
        assert len(variable("a" * 24)) <= 32

    def test_is_found_where_it_is_used(self) -> None:
        assert mentioned("pass tls [$AGENT_A,!$AGENT_B_1] any -> $EXTERNAL_NET 443 (sid:1;)") == {
            "AGENT_A",
            "AGENT_B_1",
            "EXTERNAL_NET",
        }

    def test_is_written_out_to_count_a_line(self) -> None:
        blocks = {
            "AGENT_A": (Cidr.parse("10.42.0.0/27"), Cidr.parse("10.42.1.0/27")),
            "HOME_NET": (Cidr.parse("10.42.0.0/16"),),
        }
        assert (
            expanded("pass tls $AGENT_A any -> $EXTERNAL_NET 443", blocks)
            == "pass tls [10.42.0.0/27,10.42.1.0/27] any -> ![10.42.0.0/16] 443"
        )

    def test_that_nobody_defined_is_an_error(self) -> None:
        with pytest.raises(KeyError, match="AGENT_B"):
            expanded("pass tls $AGENT_B any -> any 443", {})


class TestLists:
    def test_of_one_need_no_brackets(self) -> None:
        assert either(["443"]) == "443"
        assert either(iter(["80", "443"])) == "[80,443]"

    def test_of_none_cannot_be(self) -> None:
        with pytest.raises(ValueError, match="not enough values"):
            either([])

    @pytest.mark.parametrize(
        ("ports", "text"), [(PortRange(443, 443), "443"), (PortRange(5432, 5440), "5432:5440"), (PortRange(0, 0), "0")]
    )
    def test_ports_are_written_suricatas_way(self, ports: PortRange, text: str) -> None:
        assert port_text(ports) == text

    @given(st.lists(st.text(max_size=12)), st.integers(1, 30))
    def test_are_cut_in_order_and_lose_nothing(self, parts: list[str], budget: int) -> None:
        pieces = list(packed(parts, len, budget))
        assert [part for piece in pieces for part in piece] == parts
        assert all(piece for piece in pieces)
        assert all(sum(map(len, piece)) <= budget or len(piece) == 1 for piece in pieces)

    @given(st.lists(st.text(min_size=1, max_size=12)), st.integers(1, 30))
    def test_are_not_cut_before_they_have_to_be(self, parts: list[str], budget: int) -> None:
        pieces = list(packed(parts, len, budget))
        for piece, following in pairwise(pieces):
            assert sum(map(len, piece)) + len(following[0]) > budget

    def test_an_agent_takes_its_blocks_and_its_lines(self) -> None:
        width = agent_width([Cidr.parse("10.42.0.0/27")], "a", line(7))
        assert width == len("10.42.0.0/27,") + len("[],") + len("agent a, ") + len("policy reader.yaml:7, ")

    def test_all_budgets_together_leave_room_for_the_longest_name(self) -> None:
        fixed = 900  # header, message and options
        assert AGENT_BUDGET + LIST_BUDGET + 3 * 253 + fixed <= 8175
        assert AGENT_BUDGET + LIST_BUDGET + PORT_BUDGET + fixed <= 8175
