"""Suricata rules: their grammar, their headers, and what their keywords match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from agent_perimeter.observed import Doubt
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.reach.suricata_rules import Action, Option, parsed, pattern
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Outcome
from tests.firewalls import HOME, http, layer, of_rules, rule_group, rules, tcp, tls, udp, validation

A, D, P = Outcome.ALLOWS, Outcome.DENIES, Outcome.PERHAPS


class TestGrammar:
    def test_a_rule_has_seven_words_and_options(self) -> None:
        (rule,) = parsed('pass  tcp [10.0.0.0/8, !10.1.0.0/16] any -> any [80,443] ( msg : "a\\; b" ; NOCASE;sid:7; )')
        assert (rule.action, rule.protocol, rule.both, rule.line) == (Action.PASS, "tcp", False, 1)
        assert (rule.source, rule.destination_port) == ("[10.0.0.0/8,!10.1.0.0/16]", "[80,443]")
        assert rule.options == (Option("msg", '"a\\; b"'), Option("nocase"), Option("sid", "7"))
        assert (rule.sid, rule.message) == ("7", "a; b")

    def test_lines_keep_their_numbers_past_comments_and_blanks(self) -> None:
        text = "# a comment\n\npass ip any any <> any any (sid:1;)\r\n  \nrejectboth tcp any any -> any any (sid:2;)\n"
        found = [(rule.line, rule.sid, rule.action, rule.both) for rule in parsed(text)]
        assert found == [(3, "1", Action.PASS, True), (5, "2", Action.REJECT, False)]

    def test_a_rule_without_sid_and_message_still_has_words(self) -> None:
        (rule,) = parsed("pass ip any any -> any any (rev:1;)")
        assert (rule.sid, rule.message) == ("?", "")

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("pass tcp any any -> any 443", "its options do not stand in parentheses"),
            ("pass tcp any any -> any 443 (sid:1;", "its options do not stand in parentheses"),
            ("pass tcp any any -> 443 (sid:1;)", "its header has 6 parts instead of 7"),
            ("permit tcp any any -> any 443 (sid:1;)", "'permit' is no action"),
            ("pass tcp any any <- any 443 (sid:1;)", "'<-' is no direction"),
            ("pass tcp [10.0.0.0/8 any -> any 443 (sid:1;)", "a bracket is not closed"),
            ("pass tcp 10.0.0.0/8] any -> any 443 (sid:1;)", "a bracket is closed that was never opened"),
            ("pass tcp any any -> any 443 (sid:1)", "'sid:1' does not end in a semicolon"),
            ("pass tcp any any -> any 443 (sid:;)", "'sid:' is no option"),
            ("pass tcp any any -> any 443 (;)", "'' is no option"),
            ('pass tcp any any -> any 443 (msg:"a; b"; sid:1;)', "the quotes of msg do not close"),
            ('pass tcp any any -> any 443 (content:!"; sid:1;)', "the quotes of content do not close"),
        ],
    )
    def test_what_is_no_rule_is_refused_with_its_line(self, line: str, why: str) -> None:
        with pytest.raises(ValueError, match="line 2 is no Suricata rule: ") as refused:
            parsed(f"# before\n{line}")
        assert str(refused.value) == f"line 2 is no Suricata rule: {why}"

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ('"plain"', "plain"),
            ('"|0d 0A|x|00|"', "\r\nx\0"),
            (r'"a\"b\;c\\d\:"', 'a"b;c\\d:'),
            ("bare", "bare"),
        ],
    )
    def test_a_content_is_decoded(self, written: str, meant: str) -> None:
        assert pattern(written) == meant

    @pytest.mark.parametrize(("written", "why"), [('""', "matches nothing"), ('"|0g|"', "no hexadecimal pattern")])
    def test_a_content_that_is_none_is_refused(self, written: str, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            pattern(written)

    def test_a_group_with_a_line_that_is_no_rule_may_do_anything(self) -> None:
        found = of_rules("drop ip any any -> any any (flow:to_server; sid:1;)", "nonsense")
        step = found.decide(tls("evil.example"))
        assert step.outcome is P
        assert [doubt.reason for doubt in step.doubts] == [
            "line 2 is no Suricata rule: its options do not stand in parentheses"
        ]
        assert step.doubts[0].path == "template#/rules"


@dataclass(frozen=True)
class Header:
    """A header before ``(flow:to_server; sid:1;)`` of a pass, and what becomes of packets."""

    header: str
    wanted: tuple[tuple[Packet, Outcome], ...]
    sets: dict[str, tuple[str | Doubt, ...]] | None = None
    ports: dict[str, tuple[str | Doubt, ...]] | None = None
    home: tuple[Cidr, ...] | None = None


HANDSHAKE = tcp(App.HANDSHAKE)
UNKNOWN = Doubt("the parameter has no default", "template#/Parameters/Peers")

HEADERS = {
    "a list without what it negates": Header(
        "any any -> [203.0.113.0/24, !203.0.113.0/28 ] any",
        ((udp(to="203.0.113.16"), A), (udp(to="203.0.113.9"), D), (udp(to="198.51.100.1"), D)),
    ),
    "a negation alone begins from everywhere": Header(
        "any any -> !203.0.113.0/28 any", ((udp(to="203.0.113.16"), A), (udp(to="203.0.113.9"), D))
    ),
    "a negated list": Header(
        "any any -> ![203.0.113.0/28,!203.0.113.9] any",
        ((udp(to="203.0.113.9"), A), (udp(to="203.0.113.8"), D), (udp(to="198.51.100.1"), A)),
    ),
    "everything but a block": Header(
        "0.0.0.0/0 any -> [0.0.0.0/0,!203.0.113.0/28] any", ((udp(), D), (udp(to="198.51.100.1"), A))
    ),
    "a list in a list counts as if written out": Header(
        "any any -> [198.51.100.0/24,[203.0.113.0/24,!198.51.100.1]] any",
        ((udp(to="198.51.100.1"), D), (udp(to="198.51.100.2"), A), (udp(to="203.0.113.9"), A)),
    ),
    "a range, a bare address and one with host bits": Header(
        "any any -> [203.0.113.1-203.0.113.3,203.0.113.9,198.51.100.7/24] any",
        (
            (udp(to="203.0.113.3"), A),
            (udp(to="203.0.113.4"), D),
            (udp(), A),
            (udp(to="198.51.100.1"), A),
        ),
    ),
    "EXTERNAL_NET is all but the policy's HOME_NET, whatever the group's is": Header(
        "any any -> $EXTERNAL_NET any",
        ((udp(), A), (udp(to="10.42.7.7"), D), (udp(to="10.9.9.9"), A)),
        sets={"HOME_NET": ("10.0.0.0/8",)},
    ),
    "a group's own HOME_NET": Header("$HOME_NET any -> any any", ((udp(), D),), sets={"HOME_NET": ("10.9.0.0/16",)}),
    "a policy's HOME_NET": Header("$HOME_NET any -> any any", ((udp(), D),), home=(Cidr.parse("10.9.0.0/16"),)),
    "a variable that is negated twice over": Header(
        "any any -> !$OUTSIDE any", ((udp(to="10.42.0.1"), A), (udp(), D)), sets={"OUTSIDE": ("!10.0.0.0/8",)}
    ),
    "a variable that is not known may hold anything": Header(
        "any any -> $PEERS any", ((udp(), P),), sets={"PEERS": (UNKNOWN,)}
    ),
    "a negated variable that is not known may hold nothing": Header(
        "any any -> [203.0.113.0/24,!$PEERS] any",
        ((udp(), P), (udp(to="198.51.100.1"), D)),
        sets={"PEERS": (UNKNOWN,)},
    ),
    "a variable that nobody defined": Header("any any -> $PEERS any", ((udp(), P),)),
    "a variable that is defined by itself": Header("any any -> $PEERS any", ((udp(), P),), sets={"PEERS": ("$PEERS",)}),
    "a reference to a set that only AWS knows": Header("any any -> @PEERS any", ((udp(), P),)),
    "what is no address": Header("any any -> nowhere any", ((udp(), P),)),
    "a range over two IP versions": Header("any any -> 203.0.113.1-2001:db8::1 any", ((udp(), P),)),
    "IPv6 addresses say nothing about an IPv4 source": Header("any any -> ::/0 any", ((udp(), D),)),
    "ports: single, ranges, open ends": Header(
        "any any -> any [53,80:90,60000:,:10]",
        (
            (udp(), A),
            (udp(port=85), A),
            (udp(port=65535), A),
            (udp(port=0), A),
            (udp(port=54), D),
            (udp(port=91), D),
        ),
    ),
    "ports: a negated list": Header("any any -> any ![53,!54]", ((udp(), D), (udp(port=54), A), (udp(port=55), D))),
    "ports: a variable": Header(
        "any any -> any $WEB", ((udp(port=80), A), (udp(port=81), D)), ports={"WEB": ("80", "443")}
    ),
    "ports: a negated variable": Header(
        "any any -> any !$WEB", ((udp(port=80), D), (udp(port=81), A)), ports={"WEB": ("80", "443")}
    ),
    "ports: a variable that is not known": Header("any any -> any $WEB", ((udp(), P),), ports={"WEB": (UNKNOWN,)}),
    "ports: a variable that nobody defined": Header("any any -> any $WEB", ((udp(), P),)),
    "ports: what is none": Header("any any -> any [http,70000,9:8]", ((udp(), P),)),
    "a source port that clients send from": Header("any 1024: -> any any", ((udp(), A),)),
    "a source port that a client has to choose": Header("any 53 -> any any", ((udp(), P),)),
    "a source that is another's": Header("10.42.0.32/27 any -> any any", ((udp(), D),)),
    "a source that holds some of the agent's addresses": Header("10.42.0.0/28 any -> any any", ((udp(), P),)),
    "read in both directions": Header("203.0.113.0/24 53 <> 10.42.0.0/16 any", ((udp(), A), (udp(port=54), D))),
    "the other direction": Header("203.0.113.0/24 53 -> 10.42.0.0/16 any", ((udp(), D),)),
}


@pytest.mark.parametrize("case", HEADERS.values(), ids=HEADERS)
def test_headers(case: Header) -> None:
    line = f"pass udp {case.header} (flow:to_server; sid:1;)"
    changes: dict[str, Any] = {"home_net": case.home} if case.home else {}
    found = layer(rule_group("rules", rules(line), case.sets, case.ports), **changes)
    assert [(str(packet), found.decide(packet).outcome) for packet, _ in case.wanted] == [
        (str(packet), wanted) for packet, wanted in case.wanted
    ]


def test_a_set_that_could_not_be_read_says_why() -> None:
    line = "pass udp any any -> [$PEERS,@LIST] $WEB (flow:to_server; sid:1;)"
    step = layer(rule_group("rules", rules(line), {"PEERS": (UNKNOWN,)}, {"WEB": (UNKNOWN,)})).decide(udp())
    assert [str(doubt) for doubt in step.doubts] == [
        "template#/Parameters/Peers: the parameter has no default",
        "template#/Rules#L1: @LIST holds addresses that only AWS knows",
    ]


def test_symbols_belong_to_the_block_of_everything_and_to_the_blocks_of_their_places() -> None:
    places = {"endpoint:logs": (Cidr.parse("10.42.64.0/24"),), "members:db": (Cidr.parse("10.42.0.0/18"),)}

    def outcomes(header: str) -> dict[str, Outcome]:
        found = of_rules(f"pass udp any any -> {header} any (flow:to_server; sid:1;)", surroundings={"places": places})
        symbols = ("list:s3", "endpoint:logs", "members:db")
        return {symbol: found.decide(Packet(17, symbol, 53, App.OTHER)).outcome for symbol in symbols}

    assert outcomes("any") == {"list:s3": A, "endpoint:logs": A, "members:db": A}
    assert outcomes("$EXTERNAL_NET") == {"list:s3": A, "endpoint:logs": D, "members:db": D}
    assert outcomes("10.42.64.0/20") == {"list:s3": D, "endpoint:logs": A, "members:db": D}
    assert outcomes("10.42.0.0/24") == {"list:s3": D, "endpoint:logs": D, "members:db": P}


NAMES = ("good.example", "a.good.example", "evilgood.example", "good.example.evil.example", "evil.example", "")

# What becomes of these names over TLS under a pass and, where no rule denies, under a drop.
CONTENTS: dict[str, tuple[str, str, str]] = {
    "exact": ('content:"good.example"; startswith; endswith; nocase;', "ADDDDD", "DAAAAA"),
    "exact by depth and no byte after": (
        'content:"good.example"; depth:12; isdataat:!1,relative; nocase;',
        "ADDDDD",
        "DAAAAA",
    ),
    "exact by length": ('content:"good.example"; bsize:12; nocase;', "ADDDDD", "DAAAAA"),
    "another length": ('content:"good.example"; endswith; bsize:14; nocase;', "PPPDDD", "PPPAAA"),
    "a range of lengths": ('content:"good.example"; endswith; bsize:>3; nocase;', "PPPDDD", "PPPAAA"),
    "an end": ('content:"good.example"; endswith; nocase;', "AAADDD", "DDDAAA"),
    "below the name": ('content:".good.example"; endswith; nocase;', "DADDDD", "ADAAAA"),
    "the name and below": ('dotprefix; content:".good.example"; nocase; endswith;', "AADDDD", "DDAAAA"),
    "a whole name behind the dot": (
        'dotprefix; content:".good.example"; startswith; endswith; nocase;',
        "ADDDDD",
        "DAAAAA",
    ),
    "what cannot begin behind a dot": ('dotprefix; content:"good"; startswith; nocase;', "DDDDDD", "AAAAAA"),
    "not anchored": ('content:"good.example"; nocase;', "AAAAPD", "DDDDPA"),
    "not anchored behind a dot": ('dotprefix; content:".good.example"; nocase;', "AAPAPD", "DDPDPA"),
    "a beginning": ('content:"good.example"; startswith; nocase;', "APPAPD", "DPPDPA"),
    "at some other place": ('content:"good"; offset:2; nocase;', "PPPPPD", "PPPPPA"),
    "relative to another": ('content:"a"; nocase; content:"good.example"; distance:1; nocase;', "PPPPPD", "PPPPPA"),
    "within another": ('content:"a"; nocase; content:"good.example"; within:20; nocase;', "PPPPPD", "PPPPPA"),
    "at a place that is a variable": ('content:"good"; offset:place; nocase;', "PPPPPD", "PPPPPA"),
    "too long for a name": (f'content:"{"x" * 250}"; nocase;', "PPPPPD", "PPPPPA"),
    "both of two contents": (
        'content:"good.example"; endswith; nocase; content:!"evil"; startswith; nocase;',
        "PPPDDD",
        "PPPAAA",
    ),
    "not this name": ('content:!"good.example"; startswith; endswith; nocase;', "DAAAAP", "ADDDDP"),
    "not this end": ('content:!"good.example"; endswith; nocase;', "DDDAAP", "AAADDP"),
    "not behind the dot": ('dotprefix; content:!".good.example"; endswith; nocase;', "DDAAAP", "AADDDP"),
    "not at the start behind the dot": ('dotprefix; content:!"good.example"; startswith; nocase;', "PPPPPP", "PPPPPP"),
    "small letters alone": ('content:"good.example"; startswith; endswith;', "ADDDDD", "PAAAAA"),
    "capitals alone": ('content:"GOOD.example"; startswith; endswith;', "PDDDDD", "PAAAAA"),
    "capitals that do not matter": ('content:"GOOD.example"; startswith; endswith; nocase;', "ADDDDD", "DAAAAA"),
    "no capitals, negated": ('content:!"good.example"; startswith; endswith;', "PAAAAP", "PDDDDP"),
    "capitals, negated": ('content:!"GOOD.example"; startswith; endswith;', "AAAAAP", "PDDDDP"),
    "capitals of a buffer that is made small first": (
        'to_lowercase; content:"GOOD.example"; startswith; endswith;',
        "DDDDDD",
        "AAAAAA",
    ),
    "a transformation that comes too late": (
        'content:"good.example"; endswith; nocase; dotprefix;',
        "PPPDDD",
        "PPPAAA",
    ),
    "a regular expression": ('content:"good.example"; endswith; nocase; pcre:"/x/";', "PPPDDD", "PPPAAA"),
    "a buffer that is not known behind one that is": (
        'content:"good.example"; endswith; nocase; new.buffer; content:"evil"; startswith; nocase;',
        "PPPDDD",
        "PPPAAA",
    ),
    "a transformation that is not known": ('new_transform; content:"good.example"; endswith;', "PPPPPP", "PPPPPP"),
    "nothing at all": ("", "PPPPPP", "PPPPPP"),
    "an empty content": ('content:"";', "PPPPPP", "PPPPPP"),
    "an amendment to nothing": ("nocase; startswith;", "PPPPPP", "PPPPPP"),
}
LETTERS = {"A": A, "D": D, "P": P}


@pytest.mark.parametrize(("options", "passed", "dropped"), CONTENTS.values(), ids=CONTENTS)
def test_names_in_tls(options: str, passed: str, dropped: str) -> None:
    tail = f"(flow:to_server; tls.sni; {options} sid:1;)"
    opened = "pass tcp any any -> any any (flow:to_server,not_established; sid:2;)"
    found = of_rules(f"pass tls any any -> any 443 {tail}", opened)
    assert [found.decide(tls(name)).outcome for name in NAMES] == [LETTERS[letter] for letter in passed]
    found = of_rules(f"drop tls any any -> any 443 {tail}", opened, stateful_actions=())
    assert [found.decide(tls(name)).outcome for name in NAMES] == [LETTERS[letter] for letter in dropped]


HOSTS = {
    "exact": ('http.host; content:"good.example"; startswith; endswith;', "ADDDDD", "DAAAAA"),
    "capitals never match": ('http.host; content:"GOOD.example"; startswith; endswith;', "DDDDDD", "AAAAAA"),
    "capitals never match, negated": ('http.host; content:!"GOOD.example"; startswith; endswith;', "AAAAAP", "DDDDDP"),
    "the old way to name the buffer, which is not known here": ('content:"x"; http_host;', "PPPPPP", "PPPPPP"),
    "as it was sent, perhaps with a port": (
        'http.host.raw; content:"good.example"; endswith; nocase;',
        "PPPDDD",
        "PPPAAA",
    ),
    "a path too": ('http.uri; content:"/in"; http.host; content:"good.example"; endswith;', "PPPDDD", "PPPAAA"),
}


@pytest.mark.parametrize(("options", "passed", "dropped"), HOSTS.values(), ids=HOSTS)
def test_names_in_http(options: str, passed: str, dropped: str) -> None:
    tail = f"(flow:to_server; {options} sid:1;)"
    opened = "pass tcp any any -> any any (flow:to_server,not_established; sid:2;)"
    found = of_rules(f"pass http any any -> any 80 {tail}", opened)
    assert [found.decide(http(name)).outcome for name in NAMES] == [LETTERS[letter] for letter in passed]
    found = of_rules(f"drop http any any -> any 80 {tail}", opened, stateful_actions=())
    assert [found.decide(http(name)).outcome for name in NAMES] == [LETTERS[letter] for letter in dropped]


KINDS: dict[str, Packet] = {
    "syn": HANDSHAKE,
    "early": tcp(App.EARLY),
    "tls": tls("evil.example"),
    "http": Packet(6, HANDSHAKE.destination, 443, App.HTTP, "evil.example"),
    "ssh": tcp(App.SSH),
    "other": tcp(App.OTHER),
    "udp": udp(port=443),
    "dns": udp(App.DNS, port=443),
    "ping": Packet(1, HANDSHAKE.destination, 2048, App.OTHER),
    "gre": Packet(47, HANDSHAKE.destination, 0, App.OTHER),
}

# What a drop with these options takes of KINDS, everything else passing: A is not dropped, D is, P may be.
KEYWORDS: dict[str, tuple[str, str]] = {
    "ip any (flow:to_server;": ("DDDDDDDDDD", ""),
    "tcp any (flow:to_server;": ("DDDDDDAAAA", ""),
    "tcp-pkt 443 (flow:stateless;": ("DDDDDDAAAA", ""),
    "udp any (flow:to_server;": ("AAAAAADDAA", ""),
    "icmp any (flow:to_server;": ("AAAAAAAADA", ""),
    "icmpv4 any (flow:to_server;": ("AAAAAAAADA", ""),
    "icmpv6 any (flow:to_server;": ("AAAAAAAAAA", ""),
    "ip6 any (flow:to_server;": ("AAAAAAAAAA", ""),
    "ip 443 (flow:to_server;": ("DDDDDDDDPP", ""),
    "ip any (flow:to_client;": ("AAAAAAAAAA", ""),
    "ip any (flow:from_server;": ("AAAAAAAAAA", ""),
    "ip any (flow:established,to_server;": ("AADDDDPPPP", ""),
    "ip any (flow:not_established;": ("DDAAAADDPP", ""),
    "ip any (flow:stateless;": ("DDDDDDDDPP", ""),
    "tcp any (flow:to_server,only_stream;": ("PPPPPPAAAA", "flow:only_stream"),
    "tls any (flow:to_server;": ("AADAAAAAAA", ""),
    "http any (flow:to_server;": ("AAADAAAAAA", ""),
    "http2 any (flow:to_server;": ("AAPPPPPPAA", "the protocol http2"),
    "ssh any (flow:to_server;": ("AAAADAAAAA", ""),
    "dns any (flow:to_server;": ("AAAAAAADAA", ""),
    "telnet any (flow:to_server;": ("AAAAAAAAAA", "the protocol telnet"),
    "sip any (flow:to_server;": ("AAAAAPPAAA", "the protocol sip"),
    "tcp any (app-layer-protocol:tls;": ("AADAAAAAAA", ""),
    "tcp any (app-layer-protocol:!tls;": ("AAADDDAAAA", ""),
    "ip any (app-layer-protocol:!tls; flow:to_server;": ("AAADDDDDAA", ""),
    "tcp any (app-layer-protocol:failed;": ("AAAAADAAAA", ""),
    "tcp any (app-layer-protocol:mqtt;": ("AAAAAAAAAA", "app-layer-protocol:mqtt"),
    "tcp any (app-layer-protocol:sip;": ("AAPPPPAAAA", "app-layer-protocol:sip"),
    "ip any (ip_proto:!TCP; ip_proto:!udp; flow:to_server;": ("AAAAAAAADD", ""),
    "ip any (ip_proto:47; flow:to_server;": ("AAAAAAAAAD", ""),
    "ip any (ip_proto:>17; flow:to_server;": ("AAAAAAAAAD", ""),
    "ip any (ip_proto:<6; flow:to_server;": ("AAAAAAAADA", ""),
    "ip any (ip_proto:<0; flow:to_server;": ("AAAAAAAAAA", ""),
    "ip any (ip_proto:>255; flow:to_server;": ("AAAAAAAAAA", ""),
    "ip any (ip_proto:nonsense; flow:to_server;": ("PPPPPPPPPP", "ip_proto:nonsense"),
    "ip any (dsize:>0; flow:to_server;": ("ADDDDDDDPP", ""),
    "tcp any (dsize:>0; flow:to_server,not_established;": ("ADAAAAAAAA", ""),
    "ip any (dsize:0; flow:to_server;": ("DAAAAAPPPP", ""),
    "tcp any (dsize:>100; flow:to_server;": ("PPPPPPAAAA", "dsize"),
    "tcp any (flags:S+; flow:to_server;": ("DPAAAAAAAA", ""),
    "tcp any (tcp.flags:S,CE; flow:to_server;": ("PPAAAAAAAA", ""),
    "tcp any (flags:A; flow:to_server;": ("PPPPPPAAAA", "flags"),
    'tcp any (content:"x"; flow:to_server;': ("APPPPPAAAA", "what the payload holds"),
    'tcp any (content:!"x"; flow:to_server;': ("PPPPPPAAAA", "what the payload holds"),
    'tcp any (pcre:"/x/"; flow:to_server;': ("APPPPPAAAA", "what the payload holds"),
    'tls any (ja4.hash; content:"_"; flow:to_server;': ("AADAAAAAAA", ""),
    'tls any (ja4.hash; content:"_"; startswith; flow:to_server;': ("AAPAAAAAAA", "what ja4.hash holds"),
    'tls any (ja4.hash; content:!"_"; flow:to_server;': ("AAPAAAAAAA", "what ja4.hash holds"),
    'tls any (ja3_hash; content:"00"; flow:to_server;': ("AAPAAAAAAA", "what ja3.hash holds"),
    'http any (http.header_names; content:"|0d 0a 0d 0a|"; endswith; flow:to_server;': ("AAADAAAAAA", ""),
    'http any (http.header_names; content:"Accept"; flow:to_server;': ("AAAPAAAAAA", "what http.header_names holds"),
    'http any (http.header_names; content:"|0d 0a|"; bsize:9; flow:to_server;': (
        "AAAPAAAAAA",
        "what http.header_names holds",
    ),
    "tls any (ssl_state:client_hello; flow:to_server;": ("AADAAAAAAA", ""),
    "tls any (ssl_state:server_hello; flow:to_server;": ("AAPAAAAAAA", "ssl_state"),
    "tcp any (flowbits:set,seen; flow:to_server;": ("DDDDDDAAAA", ""),
    "tcp any (flowbits:isset,seen; flow:to_server;": ("PPPPPPAAAA", "flowbits"),
    "tcp any (isdataat:10; flow:to_server;": ("PPPPPPAAAA", "isdataat"),
    "tcp any (geoip:dst,US; flow:to_server;": ("PPPPPPAAAA", "geoip"),
    "tls any (aws_domain_category:Malware; flow:to_server;": ("AAPAAAAAAA", "aws_domain_category"),
    "tcp any (classtype:misc; reference:url,x; priority:1; noalert; target:dest_ip; flow:to_server;": (
        "DDDDDDAAAA",
        "",
    ),
}


@pytest.mark.parametrize(("wanted", "unknown"), KEYWORDS.values(), ids=KEYWORDS)
def test_what_a_drop_takes(wanted: str, unknown: str, request: pytest.FixtureRequest) -> None:
    """Each packet is asked for alone: whether its handshake gets through is another matter."""
    protocol, _, rest = request.node.callspec.id.partition(" ")
    port, _, options = rest.partition(" ")
    found = of_rules(f"drop {protocol} any any -> any {port} {options} sid:1;)", stateful_actions=())
    chain = found.stateful.chain
    outcomes = [Outcome(chain.decide(packet).outcome.value) for packet in KINDS.values()]
    assert dict(zip(KINDS, outcomes, strict=True)) == {
        kind: LETTERS[letter] for kind, letter in zip(KINDS, wanted, strict=True)
    }
    said = {doubt.reason for doubt in found.doubts}
    reason = f"rule 1: what {unknown} matches is not known here, so the rule cannot be counted on to deny"
    assert said == ({reason} if unknown else set())


def test_an_unknown_keyword_in_a_pass_widens() -> None:
    found = of_rules("pass tcp any any -> any 443 (flow:to_server; entropy:3; sid:9;)")
    assert {kind: found.decide(packet).outcome for kind, packet in KINDS.items()} == {
        "syn": A, "early": P, "tls": P, "http": P, "ssh": P, "other": P, "udp": D, "dns": D, "ping": D, "gre": P,
    }  # fmt: skip
    step = found.decide(tls("evil.example"))
    assert step.rule == "pass rule 9, line 1: tcp to any 443"
    assert [str(doubt) for doubt in step.doubts] == [
        "template#/Rules#L1: rule 9: what entropy matches is not known here, so the rule may allow more than it says"
    ]


def test_a_pass_for_what_the_engine_cannot_recognise_cannot_be_counted_on() -> None:
    found = of_rules(
        "pass tcp any any -> any any (flow:to_server; app-layer-protocol:!tls; sid:1;)",
        "pass tcp any any -> any any (flow:to_server,not_established; sid:2;)",
        stateful_actions=("aws:drop_established",),
    )
    assert [found.decide(tcp(app)).outcome for app in (App.SSH, App.OTHER)] == [A, P]


def test_a_pass_for_syn_alone_opens_no_connection() -> None:
    found = of_rules(
        "pass tcp any any -> any any (flow:to_server; flags:S; sid:1;)", stateful_actions=("aws:drop_strict",)
    )
    assert found.decide(HANDSHAKE).outcome is P


class TestResolvedDomain:
    LINE = 'pass tcp any any -> any 8883 (flow:to_server; aws_route_53_resolved_domain:"{}"; sid:1;)'

    @pytest.mark.parametrize(
        ("names", "wanted"),
        [
            ("good.example", "ADDD"),
            ("good.example, a.good.example", "AADD"),
            (".good.example", "AADD"),
            ("*.good.example", "PPPP"),
            ("", "PPPP"),
        ],
    )
    def test_ties_the_destination_to_names(self, names: str, wanted: str) -> None:
        found = of_rules(self.LINE.format(names), resolved_ip=validation(action="ALERT"))
        resolved = ("good.example", "a.good.example", "evil.example", "")
        packets = [tcp(App.TLS, port=8883, resolved=name) for name in resolved]
        chain = found.stateful.chain
        assert [chain.decide(packet).outcome.value for packet in packets] == [
            LETTERS[letter].value for letter in wanted
        ]

    def test_is_inactive_without_the_policy_s_setting(self) -> None:
        found = of_rules(self.LINE.format("good.example"))
        assert found.decide(tcp(App.TLS, port=8883, resolved="good.example")).outcome is D

    def test_is_open_where_the_setting_could_not_be_read(self) -> None:
        found = of_rules(self.LINE.format("good.example"), resolved_ip=UNKNOWN)
        step = found.decide(tcp(App.TLS, port=8883, resolved="good.example"))
        assert (step.outcome, step.doubts) == (P, (UNKNOWN,))


def test_a_rule_is_traced_to_the_policy_lines_in_its_metadata() -> None:
    line = (
        'pass tls any any -> any 443 (msg:"says so"; flow:to_server; tls.sni; content:"good.example"; startswith; '
        "endswith; nocase; metadata:agent reader, policy reader.yaml:7, policy other.yaml:12; sid:5;)"
    )
    step = of_rules("# ours", line).decide(tls("good.example"))
    assert step.rule == "pass rule 5, line 2: says so"
    assert step.origin.path == "template#/Rules#L2"
    assert step.origin.spans == (Span("other.yaml", 12, 1), Span("reader.yaml", 7, 1))


def test_outcomes_of_every_kind_are_asked_for() -> None:
    def letters(rows: Sequence[str]) -> set[str]:
        return set("".join(rows))

    assert letters([row[0] for row in KEYWORDS.values()]) == {"A", "D", "P"}
    assert HOME.version == 4
