"""What can be reached, in words: each line has the rule that lets it out."""

from __future__ import annotations

import pytest

from agent_perimeter.names import ALL_NAMES, NameSet
from agent_perimeter.packet_sets import App, AppSet, Box, Destinations, PacketSet, SymbolSet
from agent_perimeter.packets import Intervals
from agent_perimeter.prove.compare import scope
from agent_perimeter.prove.reached import SHOWN, _words, allowed
from agent_perimeter.prove.words import how, where
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Reached
from tests.unit.lifted import Json, attribute, ref
from tests.unit.perimeters import (
    EGRESS,
    PASSING,
    agent_of,
    also,
    group_rule,
    having,
    judge,
    only,
    path,
    policy,
    rules,
)

MAYBE: dict[str, Json] = {
    "Parameters": {"P": {"Type": "String"}},
    "Conditions": {"C": {"Fn::Equals": [ref("P"), "x"]}},
}


def lines(*policies: str) -> dict[str, Reached]:
    return {f"{line.where}: {line.how}": line for line in agent_of(judge(policies=policies)).reach}


class TestWhatIsReached:
    def test_names_are_lines_of_their_own(self) -> None:
        found = lines()
        assert "api.example.com: TLS on tcp/443 at every IPv4 address but 10.0.0.0/16, 198.51.100.0/25" in found

    def test_addresses_are_lines_with_all_that_may_be_said_there(self) -> None:
        line = lines()["198.51.100.0/25: tcp/5432, whatever is said"]
        assert line.certain

    def test_a_line_names_the_rule_that_lets_it_out(self) -> None:
        line = lines()["198.51.100.0/25: tcp/5432, whatever is said"]
        assert line.origin.path.startswith(path("Pass"))

    def test_what_is_tied_to_a_name_says_so(self) -> None:
        assert (
            "every IPv4 address but 10.0.0.0/16: tcp/8883, whatever is said, if given out for broker.example.org"
            in lines()
        )

    def test_endpoints_and_lists_are_called_what_they_are(self) -> None:
        found = " ".join(lines())
        assert "the endpoint net/Bedrock: tcp/443, whatever is said" in found
        assert "AWS s3 through its gateway endpoint" in found

    def test_handshakes_are_said_to_be_no_more(self) -> None:
        assert any(line.endswith("tcp/443, handshake only") for line in lines())

    def test_what_only_a_doubt_opens_comes_last_and_says_so(self) -> None:
        fewer = having("AgentGroup", SecurityGroupEgress=EGRESS[:3])
        perhaps = also(
            "More",
            "EC2::SecurityGroupEgress",
            fewer,
            GroupId=attribute("AgentGroup", "GroupId"),
            Condition="C",
            **group_rule(5432, "CidrIp", "198.51.100.0/25"),
        )
        found = agent_of(judge(perhaps, (), sections=MAYBE)).reach
        certain = [line.certain for line in found]
        assert certain == sorted(certain, reverse=True)
        assert [(line.where, line.how) for line in found if not line.certain] == [
            ("198.51.100.0/25", "tcp/5432, whatever is said")
        ]

    def test_of_many_names_the_rest_is_counted(self) -> None:
        many = "".join(
            f'pass tls 10.0.1.0/24 any -> $EXTERNAL_NET 443 (flow:to_server; tls.sni; content:"a{number}.example.com"; startswith; endswith; nocase; sid:{100 + number};)\n'
            for number in range(SHOWN + 3)
        )
        found = agent_of(judge(having("Pass", **rules(many + PASSING)), ())).reach
        assert any(line.where == "and 4 more names" for line in found)

    def test_below_a_wildcard_is_one_line(self) -> None:
        wild = 'pass tls 10.0.1.0/24 any -> $EXTERNAL_NET 443 (flow:to_server; tls.sni; content:".example.net"; endswith; nocase; sid:9;)\n'
        found = agent_of(judge(having("Pass", **rules(wild)), ())).reach
        assert any(line.where == "*.example.net" for line in found)

    def test_a_name_that_is_said_without_a_handshake_is_a_line_alone(self) -> None:
        """Where the handshake is free and the name is tied to what the resolver gave out, it is in a box by itself."""
        said = Box(
            v4("203.0.113.0/24"),
            Intervals(((6, 6),)),
            Intervals(((443, 443),)),
            AppSet.tls_names(NameSet.exact("a.example")),
            NameSet.exact("a.example"),
        )
        assert [(line, way) for line, way, _ in _words(said)] == [
            ("a.example", "TLS on tcp/443 at 203.0.113.0/24, if given out for a.example")
        ]

    def test_where_nobody_stands_nothing_is_reached(self) -> None:
        assert agent_of(judge(policies=(policy(agent="web"),)), "web").reach == ()


class TestWhatIsAllowed:
    def test_is_said_in_the_same_words(self) -> None:
        agent = only(
            policy(
                "{domain: api.example.com, ports: [{protocol: TCP, port: 443}, {protocol: TCP, port: 80}, {protocol: TCP, port: 8883}]}",
                "{domain: pinned.example.com, addresses: [203.0.113.0/28]}",
                "{ip_block: 198.51.100.0/25, ports: [{protocol: UDP, port: 5432}]}",
                '{aws_service: s3, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::corpus/*"]}',
            )
        )
        assert [(line.where, line.how) for line in allowed(agent)] == [
            ("api.example.com", "HTTP on tcp/80"),
            ("api.example.com", "TLS on tcp/443"),
            ("api.example.com", "tcp/8883"),
            ("pinned.example.com at 203.0.113.0/28", "TLS on tcp/443"),
            ("198.51.100.0/25", "udp/5432"),
            ("AWS s3", "s3:GetObject on arn:aws:s3:::corpus/*"),
        ]
        assert [line.origin.spans[0].line for line in allowed(agent)] == [5, 5, 5, 6, 7, 8]
        assert all(line.certain for line in allowed(agent))


def v4(*blocks: str) -> Destinations:
    return Destinations.of(map(Cidr.parse, blocks))


EVERY = Destinations.any_v4()


class TestWhere:
    @pytest.mark.parametrize(
        ("destinations", "words"),
        [
            (Destinations(v4=EVERY.v4), "every IPv4 address"),
            (Destinations(v4=(EVERY - v4("127.0.0.0/8")).v4), "every IPv4 address"),
            (Destinations(v4=(EVERY - v4("10.0.0.0/8")).v4), "every IPv4 address but 10.0.0.0/8"),
            (v4("203.0.113.0/28", "198.51.100.7/32"), "198.51.100.7/32, 203.0.113.0/28"),
            (v4("10.0.0.0/32", "10.0.0.2/32", "10.0.0.4/32", "10.0.0.6/32"), "10.0.0.0/32, 10.0.0.2/32, 10.0.0.4/32 and 1 more blocks"),
            (v4("0.0.0.0/2"), "0.0.0.0/2"),
            (Destinations(v6=Destinations.any_v6().v6), "every IPv6 address"),
            (v4("2001:db8::/32"), "2001:db8::/32"),
            (Destinations(symbols=SymbolSet.all()), "interfaces in the VPC"),
            (Destinations.symbol("list:s3"), "AWS s3 through its gateway endpoint"),
            (Destinations(v4=EVERY.v4, symbols=SymbolSet.of("list:s3")), "every IPv4 address"),
            (Destinations.symbol("endpoint:net/A", "members:net/B"), "the endpoint net/A, interfaces that bear net/B"),
        ],
    )  # fmt: skip
    def test_is_what_a_person_would_say(self, destinations: Destinations, words: str) -> None:
        assert where(destinations) == words

    def test_how_is_protocol_and_ports(self) -> None:
        box = Box(EVERY, Intervals(((6, 6),)), Intervals(((443, 443),)), AppSet.of(App.TLS), ALL_NAMES)
        assert how(box) == "tcp/443"


class TestScope:
    def test_lists_three_places_and_then_that_there_are_more(self) -> None:
        packets = PacketSet.union(
            PacketSet.box(v4(f"203.0.113.{number}/32"), Intervals(((6, 6),)), Intervals(((number, number),)))
            for number in range(5)
        )
        words = scope(packets)
        assert words.count(";") == 3
        assert words.endswith("; and more")

    def test_lists_three_names_and_then_that_there_are_more(self) -> None:
        names = NameSet.exact(*(f"a{number}.example.com" for number in range(5)))
        packets = PacketSet.box(v4("203.0.113.9/32"), Intervals(((6, 6),)), apps=AppSet.tls_names(names))
        assert scope(packets).endswith("for a0.example.com, a1.example.com, a2.example.com and more")

    def test_says_the_same_place_once(self) -> None:
        to = v4("203.0.113.9/32")
        packets = PacketSet.box(to, Intervals(((6, 6),)), apps=AppSet.of(App.SSH), resolved=NameSet.exact("a.example"))
        packets |= PacketSet.box(
            to, Intervals(((6, 6),)), apps=AppSet.of(App.SMTP), resolved=NameSet.exact("b.example")
        )
        assert scope(packets) == "203.0.113.9/32 by tcp"
