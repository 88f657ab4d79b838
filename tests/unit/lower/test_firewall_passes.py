"""Names and blocks as pass rules, word for word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from agent_perimeter.intent import Intent, NameReach
from agent_perimeter.lower import passes as module
from agent_perimeter.lower.passes import passes
from agent_perimeter.lower.suricata import Draft
from agent_perimeter.packets import PortSet
from agent_perimeter.settings import Settings
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol
from tests.unit.lower.agents import Reach, address, agent, intent, name


def wildcard(line: int, parent: str, port: str = "443", pins: tuple[str, ...] = ()) -> NameReach:
    return replace(name(line, parent, port, pins), name=DomainPattern(parent, wildcard=True))


def places(of: Intent) -> Mapping[str, tuple[Cidr, ...]]:
    return {found.name: (Cidr.parse("10.42.0.0/16").subnet(27, place),) for place, found in enumerate(of.agents)}


def drafts(of: Intent, settings: Settings | None = None) -> list[Draft]:
    return list(passes(of, places(of), settings or Settings()))


def shown(of: Intent) -> list[str]:
    return [
        f"{draft.protocol} {draft.source} -> {draft.destination} {draft.port} ({'; '.join(draft.match)})"
        for draft in drafts(of)
    ]


RULES: Mapping[str, tuple[Reach, str, str]] = {
    "an exact name on 443 is the whole server name, in any case": (
        name(7, "api.example.com"),
        'tls $AGENT_BOT -> $EXTERNAL_NET 443 (alert; flow:to_server; tls.sni; content:"api.example.com"; startswith; endswith; nocase)',
        "api.example.com",
    ),
    "a wildcard on 443 is what ends in a dot and the name, never the name": (
        wildcard(7, "example.com"),
        'tls $AGENT_BOT -> $EXTERNAL_NET 443 (alert; flow:to_server; tls.sni; content:".example.com"; endswith; nocase)',
        "*.example.com",
    ),
    "an exact name on 80 is the whole host, which Suricata inspects in small letters": (
        name(7, "api.example.com", "80"),
        'http $AGENT_BOT -> $EXTERNAL_NET 80 (alert; flow:to_server; http.host; content:"api.example.com"; startswith; endswith)',
        "api.example.com over HTTP",
    ),
    "a wildcard on 80 is what ends in a dot and the name": (
        wildcard(7, "example.com", "80"),
        'http $AGENT_BOT -> $EXTERNAL_NET 80 (alert; flow:to_server; http.host; content:".example.com"; endswith)',
        "*.example.com over HTTP",
    ),
    "a name on another port is the address that was resolved for it": (
        name(7, "db.example.com", "5432-5440"),
        'tcp $AGENT_BOT -> $EXTERNAL_NET 5432:5440 (flow:to_server; aws_route_53_resolved_domain:"db.example.com")',
        "db.example.com on TCP 5432-5440",
    ),
    "pins take the place of anywhere": (
        name(7, "api.example.com", pins=("203.0.113.0/28", "198.51.100.7/32")),
        "tls $AGENT_BOT -> [198.51.100.7/32,203.0.113.0/28] 443 "
        '(alert; flow:to_server; tls.sni; content:"api.example.com"; startswith; endswith; nocase)',
        "api.example.com",
    ),
    "pins narrow a name on another port, and do not stand in for its resolution": (
        name(7, "db.example.com", "5432", pins=("203.0.113.0/28",)),
        'tcp $AGENT_BOT -> 203.0.113.0/28 5432 (flow:to_server; aws_route_53_resolved_domain:"db.example.com")',
        "db.example.com on TCP 5432",
    ),
    "a block is its addresses and ports": (
        address(9, "198.51.100.0/25", port="5432-5440"),
        "tcp $AGENT_BOT -> 198.51.100.0/25 5432:5440 (flow:to_server)",
        "TCP 5432-5440 to 198.51.100.0/25",
    ),
    "a block with holes is the blocks around them": (
        address(9, "198.51.100.0/26", "198.51.100.128/25"),
        "tcp $AGENT_BOT -> [198.51.100.0/26,198.51.100.128/25] 5432 (flow:to_server)",
        "TCP 5432 to 198.51.100.0/26 and 1 more",
    ),
    "a block over UDP passes both ways": (
        address(9, "198.51.100.0/25", port="123", protocol=Protocol.UDP),
        "udp $AGENT_BOT -> 198.51.100.0/25 123 (flow:stateless)",
        "UDP 123 to 198.51.100.0/25",
    ),
    "several port ranges are one list": (
        replace(address(9, "198.51.100.0/25"), ports=PortSet.of([PortRange(22, 22), PortRange(80, 90)])),
        "tcp $AGENT_BOT -> 198.51.100.0/25 [22,80:90] (flow:to_server)",
        "TCP 22,80-90 to 198.51.100.0/25",
    ),
    "many port ranges are counted in the message": (
        replace(address(9, "198.51.100.0/25"), ports=PortSet.of(PortRange.single(port) for port in (1, 3, 5, 7))),
        "tcp $AGENT_BOT -> 198.51.100.0/25 [1,3,5,7] (flow:to_server)",
        "TCP 4 port ranges to 198.51.100.0/25",
    ),
}


@pytest.mark.parametrize("sentence", RULES)
def test_one_reach_is_one_pass(sentence: str) -> None:
    reach, rule, what = RULES[sentence]
    of = intent(agent("bot", reach))
    assert shown(of) == [rule]
    (draft,) = drafts(of)
    assert (draft.action, draft.what) == ("pass", what)
    assert draft.agents == (("bot", reach.origin),)


class TestAgents:
    def test_that_may_use_one_name_share_its_rule_each_with_its_own_lines(self) -> None:
        of = intent(agent("b", name(7)), agent("a", name(9)), agent("c"))
        (draft,) = drafts(of)
        assert draft.source == "[$AGENT_A,$AGENT_B]"
        assert [(who, origin.spans[0].line) for who, origin in draft.agents] == [("a", 9), ("b", 7)]

    def test_that_pin_a_name_differently_do_not_share_a_rule(self) -> None:
        of = intent(agent("a", name(7)), agent("b", name(7, pins=("203.0.113.0/28",))))
        assert [(draft.source, draft.destination) for draft in drafts(of)] == [
            ("$AGENT_A", "$EXTERNAL_NET"),
            ("$AGENT_B", "203.0.113.0/28"),
        ]

    def test_that_share_a_block_share_its_rule(self) -> None:
        of = intent(agent("a", address(7, "198.51.100.0/25")), agent("b", address(9, "198.51.100.0/25")))
        assert [draft.source for draft in drafts(of)] == ["[$AGENT_A,$AGENT_B]"]

    def test_too_many_for_a_line_come_in_crowds_with_keys_of_their_own(self) -> None:
        of = intent(*(agent(f"agent-{number}", name(7)) for number in range(120)))
        found = drafts(of)
        assert 1 < len(found) < 5
        assert [who for draft in found for who, _ in draft.agents] == sorted(one.name for one in of.agents)
        assert len({draft.key for draft in found}) == len(found)


def test_lists_too_long_for_a_line_are_cut_into_rules_that_together_are_the_whole() -> None:
    many = [f"198.51.{third}.{fourth}/32" for third in range(2) for fourth in range(0, 256, 2)]
    ports = PortSet.of(PortRange.single(port) for port in range(1, 600, 2))
    of = intent(agent("bot", replace(address(9, *many), ports=ports)))
    found = drafts(of)
    assert {(block, port) for draft in found for block in _parts(draft.destination) for port in _parts(draft.port)} == {
        (block, str(port)) for block in many for port in range(1, 600, 2)
    }
    assert len({draft.key for draft in found}) == len(found) > 4


def test_pins_too_many_for_a_line_are_cut_into_rules_of_their_own() -> None:
    pins = tuple(f"198.51.{third}.{fourth}/32" for third in range(2) for fourth in range(0, 256, 2))
    found = drafts(intent(agent("bot", name(7, pins=pins))))
    assert [block for draft in found for block in _parts(draft.destination)] == list(pins)
    assert len({draft.key for draft in found}) == len(found) == 2


def _parts(text: str) -> Iterable[str]:
    return text.strip("[]").split(",")


class TestWhatCannotBeHeld:
    def test_a_name_on_another_port_is_not_passed_without_validation(self) -> None:
        of = intent(agent("bot", name(7, port="5432"), name(8)))
        assert [draft.protocol for draft in drafts(of, Settings(resolved_ip_validation=False))] == ["tls"]

    def test_a_wildcard_on_another_port_is_not_passed_at_all(self) -> None:
        assert drafts(intent(agent("bot", wildcard(7, "example.com", "5432")))) == []

    def test_a_wildcard_on_443_or_80_is(self) -> None:
        assert len(drafts(intent(agent("bot", wildcard(7, "example.com"), wildcard(7, "example.com", "80"))))) == 2

    def test_a_name_pinned_to_ipv6_only_is_not_passed_to_everywhere(self) -> None:
        assert drafts(intent(agent("bot", name(7, pins=("2001:db8::/64",))))) == []

    def test_the_ipv6_half_of_pins_and_blocks_is_left_out(self) -> None:
        of = intent(
            agent(
                "bot", name(7, pins=("2001:db8::/64", "203.0.113.0/28")), address(9, "2001:db8::/64", "198.51.100.0/25")
            )
        )
        assert [draft.destination for draft in drafts(of)] == ["203.0.113.0/28", "198.51.100.0/25"]

    @pytest.mark.parametrize("protocol", [Protocol.ICMP, Protocol.ALL])
    def test_a_block_by_another_protocol_than_tcp_or_udp_is_a_mistake_of_the_caller(self, protocol: Protocol) -> None:
        with pytest.raises(ValueError, match=f"not by {protocol}"):
            drafts(intent(agent("bot", address(9, "198.51.100.0/25", protocol=protocol))))


class TestTyingNamesToAddresses:
    def test_is_off_until_aws_says_how_cnames_are_attributed(self) -> None:
        assert not any(
            "aws_route" in option for draft in drafts(intent(agent("bot", name(7)))) for option in draft.match
        )

    def test_asks_of_an_exact_name_that_the_address_was_resolved_for_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "TIE_NAMES_TO_ADDRESSES", True)
        of = intent(agent("bot", name(7), name(7, port="80"), wildcard(7, "wild.example")))
        tied = 'aws_route_53_resolved_domain:"api.example.com"'
        assert [tied in draft.match for draft in drafts(of)] == [True, True, False]


def test_names_come_before_blocks_and_both_in_order() -> None:
    of = intent(
        agent("b", address(9, "198.51.100.0/25"), name(7, "b.example")),
        agent("a", address(9, "192.0.2.0/25"), name(7, "a.example", "80"), name(7, "a.example")),
    )
    assert [draft.what for draft in drafts(of)] == [
        "a.example over HTTP",
        "a.example",
        "b.example",
        "TCP 5432 to 192.0.2.0/25",
        "TCP 5432 to 198.51.100.0/25",
    ]
