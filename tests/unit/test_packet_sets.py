"""What sets of packets show to a reader, and that large ones are quick."""

from __future__ import annotations

from time import process_time

import pytest

from agent_perimeter.apps import ALL_APPS, NO_APPS, TCP_APPS, UDP_APPS, App, AppSet, Traffic
from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet
from agent_perimeter.packet_sets import (
    NO_PACKETS,
    UNIVERSE,
    Box,
    Destinations,
    Packet,
    PacketSet,
    SymbolSet,
)
from agent_perimeter.packets import Intervals
from agent_perimeter.values import Cidr

TCP, UDP = Intervals(((6, 6),)), Intervals(((17, 17),))
ICMP, ICMP6, GRE = Intervals(((1, 1),)), Intervals(((58, 58),)), Intervals(((47, 47),))
HTTPS = Intervals(((443, 443),))


def to(*blocks: str) -> Destinations:
    return Destinations.of(map(Cidr.parse, blocks))


def ports(first: int, last: int) -> Intervals:
    return Intervals(((first, last),))


DOCUMENTATION = PacketSet.box(to("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"))
V4 = PacketSet.box(Destinations.any_v4(), TCP, HTTPS, AppSet.of(App.TLS))

WITNESSES: dict[str, tuple[PacketSet, str]] = {
    "of all packets a TLS connection to a documentation address": (UNIVERSE, "tcp://203.0.113.9:443 sni=evil.example"),
    "the next documentation block": (V4 - PacketSet.box(to("203.0.113.9")), "tcp://198.51.100.9:443 sni=evil.example"),
    "and the next": (V4 - PacketSet.box(to("203.0.113.9", "198.51.100.9")), "tcp://192.0.2.9:443 sni=evil.example"),
    "an address inside of what is left": (V4 - DOCUMENTATION, "tcp://96.128.0.255:443 sni=evil.example"),
    "the first host of a block": (V4 & PacketSet.box(to("10.1.2.0/24")), "tcp://10.1.2.1:443 sni=evil.example"),
    "the first of two": (V4 & PacketSet.box(to("10.1.2.0/31")), "tcp://10.1.2.0:443 sni=evil.example"),
    "an unusual address where there is no other": (V4 & PacketSet.box(to("224.0.0.0/4")), "tcp://224.0.0.0:443 sni=evil.example"),
    "a usual address rather than one of a lower block": (V4 & PacketSet.box(to("0.0.0.0/8", "10.0.0.0/30")), "tcp://10.0.0.1:443 sni=evil.example"),
    "port 80 where 443 is closed": (PacketSet.box(protocols=TCP, ports=ports(1, 442), apps=AppSet.of(App.HTTP)), "tcp://203.0.113.9:80 host=evil.example"),
    "port 22 where both are": (PacketSet.box(protocols=TCP, ports=ports(1, 79), apps=AppSet.of(App.OTHER)), "tcp://203.0.113.9:22"),
    "the lowest port": (PacketSet.box(protocols=TCP, ports=ports(5000, 6000), apps=AppSet.of(App.SSH)), "tcp://203.0.113.9:5000 ssh"),
    "no port 0 unless it is the only one": (PacketSet.box(protocols=TCP, ports=ports(0, 1), apps=AppSet.of(App.OTHER)), "tcp://203.0.113.9:1"),
    "port 0 where it is": (PacketSet.box(protocols=TCP, ports=ports(0, 0), apps=AppSet.of(App.OTHER)), "tcp://203.0.113.9:0"),
    "a handshake": (PacketSet.box(protocols=TCP, ports=HTTPS, apps=AppSet.of(App.HANDSHAKE)), "tcp://203.0.113.9:443 handshake"),
    "a ClientHello without a name": (PacketSet.box(protocols=TCP, apps=AppSet.tls_names(NameSet.exact(""))), "tcp://203.0.113.9:443 tls without sni"),
    "a request without a name": (PacketSet.box(protocols=TCP, ports=ports(80, 80), apps=AppSet.http_names(NameSet.exact(""))), "tcp://203.0.113.9:80 http without host"),
    "a datagram": (PacketSet.box(protocols=UDP, ports=ports(53, 53), apps=AppSet.of(App.DNS)), "udp://203.0.113.9:53 dns"),
    "an echo request": (PacketSet.box(Destinations.any_v4(), ICMP), "icmp://203.0.113.9 type 8 code 0"),
    "an echo request of ICMPv6": (PacketSet.box(Destinations.any_v6(), ICMP6), "icmpv6://[2001:db8::9] type 128 code 0"),
    "another ICMP type": (PacketSet.box(Destinations.any_v4(), ICMP, ports(3 * 256 + 4, 3 * 256 + 4)), "icmp://203.0.113.9 type 3 code 4"),
    "GRE of the protocols without ports": (PacketSet.box(protocols=Intervals(((30, 57),))), "ip-47://203.0.113.9"),
    "the lowest of protocols without ports": (PacketSet.box(protocols=Intervals(((50, 51),))), "ip-50://203.0.113.9"),
    "IPv6 in brackets": (PacketSet.box(to("2600::/16"), TCP, HTTPS), "tcp://[2600::1]:443 sni=evil.example"),
    "a list that AWS keeps": (PacketSet.box(Destinations.symbol("list:s3", "list:dynamodb"), TCP), "tcp://list:dynamodb:443 sni=evil.example"),
    "a list that nobody named": (PacketSet.box(Destinations(symbols=SymbolSet.all()), TCP), "tcp://list:unnamed:443 sni=evil.example"),
    "another one where somebody did": (PacketSet.box(Destinations(symbols=~SymbolSet.of("list:unnamed")), TCP), "tcp://list:unnamed0:443 sni=evil.example"),
    "how the address was found, where it matters": (PacketSet.box(to("10.0.0.1"), TCP, HTTPS, AppSet.of(App.TLS), NameSet.below("pypi.org")), "tcp://10.0.0.1:443 sni=evil.example resolved-for=evil.pypi.org"),
    "TCP of all protocols rather than a nicer address by UDP": (PacketSet.box(to("10.0.0.1"), TCP) | PacketSet.box(to("203.0.113.9"), UDP), "tcp://10.0.0.1:443 sni=evil.example"),
    "ICMP rather than ICMPv6 where both are": (PacketSet.box(protocols=Intervals(((1, 1), (58, 58)))), "icmp://203.0.113.9 type 8 code 0"),
}  # fmt: skip


@pytest.mark.parametrize("case", WITNESSES)
def test_a_witness_is(case: str) -> None:
    packets, expected = WITNESSES[case]
    witness = packets.witness()
    assert witness is not None
    assert str(witness) == expected
    assert witness in packets


def test_nothing_has_no_witness() -> None:
    assert NO_PACKETS.witness() is None
    assert PacketSet.box(resolved=NO_NAMES) == NO_PACKETS
    with pytest.raises(ValueError, match="nothing flows"):
        Traffic().witness()


NONSENSE = {
    "TLS on UDP": Packet(17, Cidr.parse("10.0.0.1"), 443, App.TLS),
    "a port of GRE": Packet(47, Cidr.parse("10.0.0.1"), 1, App.OTHER),
    "a port past the last": Packet(6, Cidr.parse("10.0.0.1"), 65536, App.OTHER),
    "a protocol past the last": Packet(256, Cidr.parse("10.0.0.1"), 0, App.OTHER),
    "a name that SSH does not bear": Packet(6, Cidr.parse("10.0.0.1"), 22, App.SSH, "a.example"),
    "something else": "tcp://10.0.0.1:443",
}


@pytest.mark.parametrize("case", NONSENSE)
def test_no_packet_is(case: str) -> None:
    assert NONSENSE[case] not in UNIVERSE


def test_a_packet_goes_to_one_address() -> None:
    with pytest.raises(ValueError, match=r"a packet goes to one address, not to 10\.0\.0\.0/31"):
        UNIVERSE.to(Cidr.parse("10.0.0.0/31"))


BOXES: dict[str, tuple[PacketSet, list[str]]] = {
    "one pin": (
        PacketSet.box(to("203.0.113.4"), TCP, HTTPS, AppSet.tls_names(NameSet.below("pypi.org")), NameSet.exact("pypi.org")),
        ["203.0.113.4/32 by tcp/443 tls *.pypi.org resolved for pypi.org"],
    ),
    "claims of several kinds": (
        PacketSet.box(to("2001:db8::/32"), TCP, ports(80, 90), AppSet.of(App.SSH, App.OTHER, App.HTTP)),
        ["2001:db8::/32 by tcp/80-90 http; ssh; other bytes"],
    ),
    "protocols without ports": (
        PacketSet.box(Destinations.any_v4(), Intervals(((47, 47), (50, 51)))),
        ["every IPv4 address by ip-47,ip-50-51 fragment; other bytes"],
    ),
    "everything that has no ports and ICMP": (
        PacketSet.box(Destinations.any_v6(), apps=AppSet.of(App.FRAGMENT)),
        [
            "every IPv6 address by other protocols fragment",
            "every IPv6 address by udp fragment",
            "every IPv6 address by icmp fragment",
            "every IPv6 address by icmpv6 fragment",
        ],
    ),
    "symbols": (
        PacketSet.box(Destinations.symbol("list:s3"), TCP, HTTPS, AppSet.of(App.HANDSHAKE)),
        ["list:s3 by tcp/443 handshake"],
    ),
    "destinations of the same fate together": (
        PacketSet.box(to("10.0.0.1", "10.0.0.3"), UDP, ports(53, 53), AppSet.of(App.DNS))
        | PacketSet.box(to("10.0.0.9"), UDP, ports(53, 53), AppSet.of(App.DNS)),
        ["10.0.0.1/32, 10.0.0.3/32, 10.0.0.9/32 by udp/53 dns"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BOXES)
def test_boxes_read(case: str) -> None:
    packets, expected = BOXES[case]
    assert [str(box) for box in packets.boxes()] == expected


def test_a_box_knows_its_sides() -> None:
    sides = Box(to("10.0.0.0/8"), TCP, HTTPS, AppSet.of(App.TLS), ALL_NAMES)
    assert list(PacketSet.box(sides.destinations, sides.protocols, sides.ports, sides.apps).boxes()) == [sides]


def test_protocols_without_ports_have_port_0_alone() -> None:
    [box] = PacketSet.box(to("10.0.0.1"), GRE).boxes()
    assert box.protocols == GRE
    assert box.ports == ports(0, 0)


class TestOperations:
    """Every side of two boxes that overlap in all of them; the laws are in ``tests/laws/test_packet_sets.py``."""

    ONE = PacketSet.box(
        to("10.0.0.0/30") | Destinations.symbol("list:s3"), TCP, ports(80, 443),
        AppSet.of(App.TLS, App.SSH), ~NameSet.exact("a"),
    )  # fmt: skip
    OTHER = PacketSet.box(
        to("10.0.0.2/31", "10.0.0.8/29") | Destinations(symbols=SymbolSet.all()), TCP, ports(443, 500),
        AppSet.tls_names(NameSet.exact("b")) | AppSet.of(App.SSH), NameSet.exact("a", "c"),
    )  # fmt: skip
    SETS = (NO_PACKETS, UNIVERSE, ONE, OTHER)
    PACKETS = tuple(
        Packet(6, destination, port, app, name, resolved)
        for destination in (Cidr.parse("10.0.0.1"), Cidr.parse("10.0.0.2"), Cidr.parse("10.0.0.9"), "list:s3", "list:x")
        for port in (80, 443, 500, 501)
        for app, name in ((App.TLS, "b"), (App.TLS, ""), (App.SSH, ""), (App.HTTP, "b"))
        for resolved in ("", "a", "c")
    )

    def members(self, packets: PacketSet) -> set[Packet]:
        return {packet for packet in self.PACKETS if packet in packets}

    @pytest.mark.parametrize("left", range(len(SETS)))
    @pytest.mark.parametrize("right", range(len(SETS)))
    def test_they_are_those_of_sets(self, left: int, right: int) -> None:
        one, other = self.SETS[left], self.SETS[right]
        assert self.members(one | other) == self.members(one) | self.members(other)
        assert self.members(one & other) == self.members(one) & self.members(other)
        assert self.members(one - other) == self.members(one) - self.members(other)
        assert PacketSet.union([one, other]) == one | other
        assert (one == other) is (left == right)
        assert (one <= other) is (self.members(one) <= self.members(other))
        assert bool(one) is bool(self.members(one))

    def test_to_forget_what_is_claimed_keeps_how_the_address_was_found(self) -> None:
        sides = to("10.0.0.2/31", "10.0.0.8/29") | Destinations(symbols=SymbolSet.all())
        assert self.OTHER.forget_app() == PacketSet.box(sides, TCP, ports(443, 500), resolved=NameSet.exact("a", "c"))
        assert self.OTHER.headers() == PacketSet.box(sides, TCP, ports(443, 500))
        assert self.OTHER.destinations() == sides

    def test_to_forget_how_the_address_was_found_keeps_what_is_claimed(self) -> None:
        assert self.ONE.forget_resolved() == PacketSet.box(
            to("10.0.0.0/30") | Destinations.symbol("list:s3"), TCP, ports(80, 443), AppSet.of(App.TLS, App.SSH)
        )


class TestSymbolSet:
    SETS = (
        SymbolSet.none(), SymbolSet.all(), SymbolSet.of("a"), SymbolSet.of("a", "b"), ~SymbolSet.of("a"), ~SymbolSet.of("b", "c"),
    )  # fmt: skip
    SYMBOLS = ("a", "b", "c", "z")

    def members(self, symbols: SymbolSet) -> set[str]:
        return {symbol for symbol in self.SYMBOLS if symbol in symbols}

    @pytest.mark.parametrize("left", SETS, ids=str)
    @pytest.mark.parametrize("right", SETS, ids=str)
    def test_operations_are_those_of_sets(self, left: SymbolSet, right: SymbolSet) -> None:
        one, other = self.members(left), self.members(right)
        assert self.members(left | right) == one | other
        assert self.members(left & right) == one & other
        assert self.members(left - right) == one - other
        assert (left <= right) is (one <= other)
        assert bool(left) is bool(one)
        assert (left == right) is (one == other)

    def test_it_reads(self) -> None:
        assert str(SymbolSet.of("b", "a")) == "a, b"
        assert str(SymbolSet.all()) == "every symbol"
        assert str(~SymbolSet.of("a")) == "every symbol but a"


class TestDestinations:
    def test_operations_are_those_of_each_kind(self) -> None:
        one = to("10.0.0.0/8", "2001:db8::/32") | Destinations.symbol("list:s3")
        other = to("10.0.0.0/9") | Destinations.symbol("list:s3", "list:dynamodb")
        assert one & other == to("10.0.0.0/9") | Destinations.symbol("list:s3")
        assert one - other == to("10.128.0.0/9", "2001:db8::/32")
        assert Destinations.union([one, other]) == to("10.0.0.0/8", "2001:db8::/32") | Destinations.symbol(
            "list:s3", "list:dynamodb"
        )
        assert one & other <= one
        assert not one <= other
        assert bool(one)
        assert not one - Destinations.anywhere()

    def test_it_holds_symbols_and_whole_blocks(self) -> None:
        found = to("10.0.0.0/8") | Destinations.symbol("list:s3")
        assert "list:s3" in found
        assert "list:dynamodb" not in found
        assert Cidr.parse("10.1.0.0/16") in found
        assert Cidr.parse("10.0.0.0/7") not in found
        assert 10 not in found

    def test_it_reads(self) -> None:
        assert str(Destinations.anywhere()) == "every IPv4 address, every IPv6 address, every symbol"
        assert str(to("10.0.0.0/8", "2001:db8::/32")) == "10.0.0.0/8, 2001:db8::/32"


class TestAppSet:
    PYPI, ALL = AppSet.tls_names(NameSet.below("pypi.org")), AppSet.of(App.TLS, App.HTTP, App.SSH)

    def test_operations_are_those_of_each_claim(self) -> None:
        assert self.PYPI | AppSet.of(App.SSH) == AppSet(frozenset({App.SSH}), NameSet.below("pypi.org"))
        assert AppSet.union([self.PYPI, AppSet.http_names(NameSet.exact("a")), AppSet.of(App.SSH)]) <= self.ALL
        assert self.ALL & self.PYPI == self.PYPI
        assert AppSet(frozenset({App.SSH}), ~NameSet.below("pypi.org"), ALL_NAMES) == self.ALL - self.PYPI
        assert not self.ALL <= self.PYPI
        assert not NO_APPS
        assert AppSet.of(App.TLS).http == NO_NAMES
        assert ALL_APPS == TCP_APPS | UDP_APPS

    def test_tls_and_http_are_not_without_names(self) -> None:
        with pytest.raises(ValueError, match="TLS and HTTP bear names"):
            AppSet(frozenset({App.TLS, App.SSH}))

    def test_it_reads(self) -> None:
        assert str(self.ALL) == "tls; http; ssh"
        assert str(self.PYPI) == "tls *.pypi.org"


@pytest.mark.no_cover
def test_the_sets_of_a_large_perimeter_are_quick() -> None:
    """A thousand names at one port, and a thousand addresses each with a name of its own: well under a second each."""
    names = [f"{number * 7919:x}.host-{number % 13}.example" for number in range(1000)]
    began = process_time()
    named = PacketSet.union(
        PacketSet.box(protocols=TCP, ports=HTTPS, apps=AppSet.tls_names(NameSet.exact(name))) for name in names
    )
    pinned = PacketSet.union(
        PacketSet.box(
            Destinations.of([Cidr(4, 0x0B000000 + 7 * number, 32)]), TCP, HTTPS,
            AppSet.tls_names(NameSet.exact(name)), NameSet.exact(name),
        )
        for number, name in enumerate(names)
    )  # fmt: skip
    assert pinned <= named <= UNIVERSE
    assert str((named - pinned).witness()).startswith("tcp://203.0.113.9:443 sni=")
    assert len(list(pinned.boxes())) == 1000
    assert UNIVERSE - (UNIVERSE - pinned) == pinned
    assert process_time() - began < 5
