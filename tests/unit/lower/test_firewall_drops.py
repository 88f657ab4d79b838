"""What the deny group is made of. What each rule does is for Suricata to say, in tests/engines."""

from __future__ import annotations

from agent_perimeter.intent import Intent
from agent_perimeter.lower.drops import drops
from agent_perimeter.lower.suricata import Draft
from tests.unit.lower.agents import address, agent, intent, name

CLOSED = "that has no name there"
PINNED = "to other addresses than the pins"


def about(of: Intent, words: str) -> list[str]:
    return [f"{draft.source} -> {draft.destination} {draft.port}" for draft in drops(of) if words in draft.what]


def test_drops_stand_before_rejects_as_they_do_for_suricata() -> None:
    actions = [draft.action for draft in drops(intent(agent("a", name(7, pins=("203.0.113.0/28",)))))]
    assert actions == sorted(actions)
    assert set(actions) == {"drop", "reject"}


def test_rejects_are_for_tcp_and_what_runs_on_it() -> None:
    """Network Firewall takes no other; for UDP there is nothing to reset."""
    rejects = [draft for draft in drops(intent()) if draft.action == "reject"]
    assert {draft.protocol for draft in rejects} == {"tcp", "http", "tls"}


def test_an_intent_of_nothing_is_denied_everything() -> None:
    assert [f"{draft.action} {draft.protocol} {draft.source} -> {draft.destination} {draft.port}: {draft.what}" for draft in drops(intent())] == [
        "drop ip $EXTERNAL_NET -> any any: connections from outside",
        "drop ip $HOME_NET -> any any: answers to connections from outside",
        "drop ip $HOME_NET -> $HOME_NET any: traffic inside the VPC",
        "drop ip ::/0 -> ::/0 any: IPv6",
        "drop udp $HOME_NET -> any any: UDP",
        "drop icmp $HOME_NET -> any any: ICMP",
        "drop ip $HOME_NET -> any any: other IP protocols",
        "drop tcp $HOME_NET -> any any: bytes before the handshake",
        "reject tcp $HOME_NET -> any ![80,443]: TCP to this port",
        "reject tcp $HOME_NET -> any 80: TCP 80 to an agent that has no name there",
        "reject tcp $HOME_NET -> any 443: TCP 443 to an agent that has no name there",
        "reject tcp $HOME_NET -> any 80: other protocols than HTTP on TCP 80",
        "reject tcp $HOME_NET -> any 443: other protocols than TLS on TCP 443",
        "reject http $HOME_NET -> any 80: this HTTP host",
        "reject tls $HOME_NET -> any 443: this TLS server name",
    ]  # fmt: skip


class TestAPortThatCarriesNames:
    def test_is_closed_but_for_agents_with_a_name_there(self) -> None:
        of = intent(
            agent("a", name(7)), agent("b", name(7, port="80")), agent("c", name(7), name(8, port="80")), agent("d")
        )
        assert about(of, CLOSED) == [
            "[$HOME_NET,!$AGENT_B,!$AGENT_C] -> any 80",
            "[$HOME_NET,!$AGENT_A,!$AGENT_C] -> any 443",
        ]

    def test_is_closed_to_an_agent_that_has_a_name_on_another_port_or_a_block(self) -> None:
        of = intent(agent("a", name(7, port="8443"), address(9, "198.51.100.0/25", port="443")))
        assert about(of, CLOSED) == ["$HOME_NET -> any 80", "$HOME_NET -> any 443"]

    def test_is_open_to_the_pins_only_where_all_names_are_pinned(self) -> None:
        of = intent(
            agent("a", name(7, "a.example", pins=("203.0.113.0/28",)), name(8, "b.example", pins=("203.0.113.16/28",)))
        )
        assert about(of, PINNED) == ["$AGENT_A -> !203.0.113.0/27 443"]
        assert about(of, CLOSED) == ["$HOME_NET -> any 80", "[$HOME_NET,!$AGENT_A] -> any 443"]

    def test_is_open_to_every_address_where_one_name_is_not_pinned(self) -> None:
        of = intent(agent("a", name(7, "a.example", pins=("203.0.113.0/28",)), name(8, "b.example")))
        assert about(of, PINNED) == []

    def test_is_closed_where_all_pins_are_ipv6(self) -> None:
        of = intent(agent("a", name(7, pins=("2001:db8::/64",))))
        assert about(of, PINNED) == []
        assert about(of, CLOSED) == ["$HOME_NET -> any 80", "$HOME_NET -> any 443"]

    def test_is_closed_beyond_the_ipv4_half_of_pins(self) -> None:
        of = intent(agent("a", name(7, pins=("2001:db8::/64", "203.0.113.0/28", "198.51.100.0/28"))))
        assert about(of, PINNED) == ["$AGENT_A -> ![198.51.100.0/28,203.0.113.0/28] 443"]

    def test_says_whose_pins_they_are_and_where_they_are_written(self) -> None:
        of = intent(
            agent("a", name(9, "a.example", pins=("203.0.113.0/28",)), name(7, "b.example", pins=("203.0.113.0/28",)))
        )
        (draft,) = (draft for draft in drops(of) if PINNED in draft.what)
        assert [(who, [span.line for span in origin.spans]) for who, origin in draft.agents] == [("a", [7, 9])]


def test_every_rule_that_suricata_might_decide_on_a_first_packet_has_a_flow() -> None:
    def has_flow(draft: Draft) -> bool:
        return any(option.startswith("flow:") for option in draft.match)

    assert [draft.what for draft in drops(intent()) if not has_flow(draft)] == []
