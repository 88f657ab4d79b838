"""Protocols, ports, CIDR blocks and domain names: what is read, what is refused and in which words."""

from __future__ import annotations

from typing import Literal

import pytest

from agent_perimeter.values import (
    ALL_PORTS,
    ANY_IPV4,
    ANY_IPV6,
    EPHEMERAL_PORTS,
    Cidr,
    DomainPattern,
    PortRange,
    Protocol,
)


@pytest.mark.parametrize(
    ("protocol", "number"), [(Protocol.TCP, 6), (Protocol.UDP, 17), (Protocol.ICMP, 1), (Protocol.ALL, -1)]
)
def test_a_protocol_has_the_number_that_iana_or_ec2_gave_it(protocol: Protocol, number: int) -> None:
    assert protocol.number == number


REFUSED_PORTS = {
    "below the first port": (-1, 80, "ports run from 0 to 65535, not -1-80"),
    "above the last port": (80, 65536, "ports run from 0 to 65535, not 80-65536"),
    "a single port that does not exist": (70000, 70000, "ports run from 0 to 65535, not 70000"),
    "from high to low": (443, 80, "the port range 443-80 is reversed"),
}


@pytest.mark.parametrize(("first", "last", "why"), REFUSED_PORTS.values(), ids=REFUSED_PORTS)
def test_a_port_range_that_cannot_be_is_refused(first: int, last: int, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        PortRange(first, last)


def test_a_port_range_holds_both_its_ends_and_nothing_beside_them() -> None:
    ports = PortRange(5432, 5440)
    assert [port for port in range(5430, 5443) if port in ports] == list(range(5432, 5441))


def test_ports_are_written_as_people_write_them() -> None:
    assert (str(PortRange.single(443)), str(PortRange(80, 81)), str(ALL_PORTS)) == ("443", "80-81", "0-65535")
    assert str(EPHEMERAL_PORTS) == "1024-65535"


BLOCKS = {
    "an IPv4 block": ("198.51.100.0/24", Cidr(4, 0xC6336400, 24)),
    "a bare IPv4 address is that address alone": ("198.51.100.7", Cidr(4, 0xC6336407, 32)),
    "the whole of IPv4": ("0.0.0.0/0", ANY_IPV4),
    "an IPv6 block": ("2001:db8::/32", Cidr(6, 0x20010DB8 << 96, 32)),
    "IPv6 in capitals": ("2001:DB8::/32", Cidr(6, 0x20010DB8 << 96, 32)),
    "a bare IPv6 address is that address alone": ("::1", Cidr(6, 1, 128)),
    "IPv6 that ends in an IPv4 address": ("::ffff:192.0.2.1", Cidr(6, 0xFFFFC0000201, 128)),
    "the whole of IPv6": ("::/0", ANY_IPV6),
}


@pytest.mark.parametrize(("text", "block"), BLOCKS.values(), ids=BLOCKS)
def test_a_block_is_read(text: str, block: Cidr) -> None:
    assert Cidr.parse(text) == block


NO_BLOCKS = {
    "nothing": "",
    "a name": "example.com",
    "three octets": "10.0.0/8",
    "an octet with a leading zero, octal to some": "010.0.0.0/8",
    "an octet too large": "256.0.0.0/8",
    "a prefix too long": "10.0.0.0/33",
    "a prefix too long for IPv6": "::/129",
    "a prefix with a leading zero": "10.0.0.0/08",
    "no prefix after the slash": "10.0.0.0/",
    "a negative prefix": "10.0.0.0/-1",
    "a netmask": "10.0.0.0/255.0.0.0",
    "a hostmask, which reads like a netmask turned round": "10.0.0.0/0.255.255.255",
    "a zone": "fe80::%eth0/64",
    "a number": "167772160",
    "white space before": " 10.0.0.0/8",
    "a line break after": "10.0.0.0/8\n",
    "digits of another script": "１0.0.0.0/8",
    "two slashes": "10.0.0.0/8/8",
    "a range": "10.0.0.0-10.0.0.9",
}


@pytest.mark.parametrize("text", NO_BLOCKS.values(), ids=NO_BLOCKS)
def test_what_is_no_block_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an IPv4 or IPv6 block$") as refusal:
        Cidr.parse(text)
    assert repr(text) in str(refusal.value)


HOST_BITS = {
    "IPv4": ("10.1.2.3/8", "10.1.2.3/8 has host bits set; the network is 10.0.0.0/8"),
    "IPv6": ("2001:db8::1/64", "2001:db8::1/64 has host bits set; the network is 2001:db8::/64"),
    "the whole internet by mistake": ("192.0.2.1/0", "192.0.2.1/0 has host bits set; the network is 0.0.0.0/0"),
}


@pytest.mark.parametrize(("text", "why"), HOST_BITS.values(), ids=HOST_BITS)
def test_host_bits_are_refused_and_the_network_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="host bits") as refusal:
        Cidr.parse(text)
    assert str(refusal.value) == why


BROKEN_BLOCKS: dict[str, tuple[Literal[4, 6], int, int, str]] = {
    "host bits": (4, 1, 24, "no IPv4 block of prefix 24 begins at 0x1"),
    "a base past the last address": (4, 1 << 32, 32, "no IPv4 block of prefix 32 begins at 0x100000000"),
    "a base below the first": (4, -256, 24, "no IPv4 block of prefix 24 begins at -0x100"),
    "a prefix too long": (4, 0, 33, "an IPv4 prefix is 0 to 32 bits long, not 33"),
    "a negative prefix": (6, 0, -1, "an IPv6 prefix is 0 to 128 bits long, not -1"),
}


@pytest.mark.parametrize(("version", "base", "prefix", "why"), BROKEN_BLOCKS.values(), ids=BROKEN_BLOCKS)
def test_a_block_that_is_none_cannot_be_made(version: Literal[4, 6], base: int, prefix: int, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        Cidr(version, base, prefix)


def test_a_block_knows_its_size_and_its_last_address() -> None:
    block = Cidr.parse("198.51.100.0/30")
    assert (block.size, block.last) == (4, 0xC6336403)
    assert ANY_IPV6.size == 1 << 128


INSIDE = {
    "itself": ("10.0.0.0/8", "10.0.0.0/8", True),
    "its first address": ("10.0.0.0/8", "10.0.0.0/32", True),
    "its last address": ("10.0.0.0/8", "10.255.255.255/32", True),
    "the next address": ("10.0.0.0/8", "11.0.0.0/32", False),
    "a larger block": ("10.0.0.0/8", "10.0.0.0/7", False),
    "the same numbers of the other version": ("0.0.0.0/0", "::/128", False),
}


@pytest.mark.parametrize(("outer", "inner", "holds"), INSIDE.values(), ids=INSIDE)
def test_a_block_holds_another(outer: str, inner: str, holds: bool) -> None:
    assert (Cidr.parse(inner) in Cidr.parse(outer)) is holds


def test_blocks_overlap_whichever_of_them_is_larger() -> None:
    narrow, wide, apart = Cidr.parse("10.0.0.0/24"), Cidr.parse("10.0.0.0/8"), Cidr.parse("11.0.0.0/8")
    assert (narrow.overlaps(wide), wide.overlaps(narrow), wide.overlaps(apart)) == (True, True, False)


def test_a_block_is_cut_into_numbered_subnets() -> None:
    vpc = Cidr.parse("10.42.0.0/16")
    assert [str(vpc.subnet(18, index)) for index in range(4)] == [
        "10.42.0.0/18",
        "10.42.64.0/18",
        "10.42.128.0/18",
        "10.42.192.0/18",
    ]
    assert vpc.subnet(16, 0) == vpc


@pytest.mark.parametrize(("prefix", "index"), [(18, 4), (18, -1), (15, 0)])
def test_there_is_no_subnet_past_the_end_or_larger_than_the_block(prefix: int, index: int) -> None:
    with pytest.raises(ValueError, match=f"^10.42.0.0/16 has no /{prefix} number {index}$"):
        Cidr.parse("10.42.0.0/16").subnet(prefix, index)


def test_the_supernet_is_the_aligned_block_twice_as_large() -> None:
    assert str(Cidr.parse("10.0.1.0/24").supernet()) == "10.0.0.0/23"
    assert str(Cidr.parse("10.0.2.0/24").supernet()) == "10.0.2.0/23"
    assert ANY_IPV4.supernet() == ANY_IPV4


COMMON = {
    "neighbours that are halves of one block": ("10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/23"),
    "neighbours that are not": ("10.0.1.0/24", "10.0.2.0/24", "10.0.0.0/22"),
    "one inside the other": ("10.0.0.0/8", "10.9.0.0/16", "10.0.0.0/8"),
    "the order does not matter": ("10.9.0.0/16", "10.0.0.0/8", "10.0.0.0/8"),
    "the two ends of the internet": ("0.0.0.0/32", "255.255.255.255/32", "0.0.0.0/0"),
    "IPv6": ("2001:db8::/33", "2001:db8:8000::/33", "2001:db8::/32"),
}


@pytest.mark.parametrize(("one", "other", "common"), COMMON.values(), ids=COMMON)
def test_the_common_block_is_the_smallest_that_holds_both(one: str, other: str, common: str) -> None:
    assert str(Cidr.parse(one).common(Cidr.parse(other))) == common


def test_blocks_of_two_ip_versions_have_no_common_block() -> None:
    with pytest.raises(ValueError, match=r"^no block holds both 0\.0\.0\.0/0 and ::/0$"):
        ANY_IPV4.common(ANY_IPV6)


def test_the_blocks_of_a_range_are_the_fewest() -> None:
    def blocks(version: Literal[4, 6], first: int, last: int) -> list[str]:
        return [str(block) for block in Cidr.of_range(version, first, last)]

    assert blocks(4, 0, 0xFFFFFFFF) == ["0.0.0.0/0"]
    assert blocks(4, 1, 6) == ["0.0.0.1/32", "0.0.0.2/31", "0.0.0.4/31", "0.0.0.6/32"]
    assert blocks(6, 0, (1 << 128) - 1) == ["::/0"]
    assert blocks(4, 5, 4) == []


def test_ipv4_blocks_sort_before_ipv6_and_by_address() -> None:
    listed = [Cidr.parse(text) for text in ("::/0", "10.0.0.0/8", "9.0.0.0/8", "9.0.0.0/16")]
    assert [str(block) for block in sorted(listed)] == ["9.0.0.0/8", "9.0.0.0/16", "10.0.0.0/8", "::/0"]


LABEL_63, NAME_253 = "a" * 63, ".".join(["a" * 63] * 3 + ["a" * 61])

NAMES = {
    "a host": DomainPattern("api.example.com"),
    "a label of 63 characters": DomainPattern(f"{LABEL_63}.example"),
    "a name of 253 characters": DomainPattern(NAME_253),
    "an A-label": DomainPattern("xn--bcher-kva.example"),
    "an underscore, which services use": DomainPattern("_dmarc.example.com"),
    "digits first": DomainPattern("1password.com"),
}


@pytest.mark.parametrize("pattern", NAMES.values(), ids=NAMES)
def test_a_name_is_shown_as_it_was_read(pattern: DomainPattern) -> None:
    assert str(pattern) == pattern.name


NO_NAMES = {
    "nothing": ("", False, "'' is not a domain label"),
    "a trailing dot": ("example.com.", False, "'' is not a domain label"),
    "a leading dot": (".example.com", False, "'' is not a domain label"),
    "capitals": ("Example.com", False, "'Example' is not a domain label"),
    "a star inside": ("a.*.example.com", False, "'\\*' is not a domain label"),
    "a hyphen first": ("-a.example", False, "'-a' is not a domain label"),
    "a hyphen last": ("a-.example", False, "'a-' is not a domain label"),
    "a label of 64 characters": (f"{LABEL_63}a.example", False, f"'{LABEL_63}a' is not a domain label"),
    "a U-label": ("bücher.example", False, "'bücher' is not a domain label"),
    "a line break last": ("example.com\n", False, r"'com\\n' is not a domain label"),
    "a quote, which would end a Suricata content": ('a".example', False, "'a\"' is not a domain label"),
    "a semicolon, which would end a Suricata option": ("a;b.example", False, "'a;b' is not a domain label"),
    "254 characters": (f"{NAME_253}a", False, "a domain name has at most 253 characters"),
    "a wildcard below which no name fits": (NAME_253, True, "a domain name has at most 253 characters"),
}


@pytest.mark.parametrize(("name", "wildcard", "why"), NO_NAMES.values(), ids=NO_NAMES)
def test_what_is_no_name_is_refused(name: str, wildcard: bool, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        DomainPattern(name, wildcard)


COVERS = {
    "a name covers itself": ("a.example", "a.example", True),
    "a name covers no other": ("a.example", "b.example", False),
    "a name covers nothing below it": ("example.com", "a.example.com", False),
    "a name is not covered as a wildcard": ("example.com", "*.example.com", False),
    "a wildcard covers what is below": ("*.example.com", "a.example.com", True),
    "a wildcard covers any depth": ("*.example.com", "a.b.c.example.com", True),
    "a wildcard never covers the apex": ("*.example.com", "example.com", False),
    "a wildcard covers itself": ("*.example.com", "*.example.com", True),
    "a wildcard covers a narrower one": ("*.example.com", "*.a.example.com", True),
    "a wildcard does not cover a wider one": ("*.a.example.com", "*.example.com", False),
    "a shared ending is not a shared label": ("*.example.com", "badexample.com", False),
}


def pattern(text: str) -> DomainPattern:
    return DomainPattern(text.removeprefix("*."), text.startswith("*."))


@pytest.mark.parametrize(("wide", "narrow", "covered"), COVERS.values(), ids=COVERS)
def test_a_pattern_covers_another(wide: str, narrow: str, covered: bool) -> None:
    assert pattern(wide).covers(pattern(narrow)) is covered


def test_a_wildcard_is_shown_with_its_star() -> None:
    assert str(DomainPattern("example.com", wildcard=True)) == "*.example.com"
