"""Lines that send a witness: each is one that a person can paste."""

from __future__ import annotations

import shlex

import pytest

from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.queries import Query
from agent_perimeter.report.sending import command_line
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Call, Witness

V4, V6 = Cidr.parse("203.0.113.9"), Cidr.parse("2001:db8::9")

LINES: dict[str, tuple[Witness, str]] = {
    "a TLS name at an address": (
        Packet(6, V4, 443, App.TLS, "evil.example"),
        "curl --max-time 5 --resolve evil.example:443:203.0.113.9 https://evil.example/",
    ),
    "on another port": (
        Packet(6, V4, 8443, App.TLS, "evil.example"),
        "curl --max-time 5 --resolve evil.example:8443:203.0.113.9 https://evil.example:8443/",
    ),
    "over IPv6": (
        Packet(6, V6, 443, App.TLS, "evil.example"),
        "curl --max-time 5 --resolve 'evil.example:443:[2001:db8::9]' https://evil.example/",
    ),
    "at an address that the resolver gave out": (
        Packet(6, V4, 443, App.TLS, "evil.example", "good.example"),
        "getent ahosts good.example; curl --max-time 5 --resolve evil.example:443:203.0.113.9 https://evil.example/",
    ),
    "TLS without a name": (
        Packet(6, V4, 443, App.TLS),
        "timeout 5 openssl s_client -noservername -connect 203.0.113.9:443",
    ),
    "an HTTP host": (
        Packet(6, V4, 80, App.HTTP, "evil.example"),
        "curl --max-time 5 --resolve evil.example:80:203.0.113.9 http://evil.example/",
    ),
    "HTTP without a host": (
        Packet(6, V4, 80, App.HTTP),
        r"printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 5 203.0.113.9 80",
    ),
    "a handshake": (Packet(6, V4, 443, App.HANDSHAKE), "nc -z -v -w 5 203.0.113.9 443"),
    "bytes before the handshake ends": (
        Packet(6, V4, 443, App.EARLY),
        "hping3 --syn --data 64 --destport 443 --count 1 203.0.113.9",
    ),
    "SSH": (Packet(6, V4, 443, App.SSH), "ssh -o ConnectTimeout=5 -p 443 203.0.113.9"),
    "DNS over TCP": (Packet(6, V4, 53, App.DNS), "dig +tcp +time=3 -p 53 @203.0.113.9 example.com"),
    "other bytes on TCP": (Packet(6, V4, 443, App.OTHER), "echo probe | nc -w 5 203.0.113.9 443"),
    "DNS over UDP": (Packet(17, V4, 53, App.DNS), "dig +time=3 -p 53 @203.0.113.9 example.com"),
    "QUIC": (
        Packet(17, V6, 443, App.QUIC),
        "curl --http3-only --max-time 5 --resolve 'example.com:443:[2001:db8::9]' https://example.com:443/",
    ),
    "other bytes on UDP": (Packet(17, V4, 123, App.NTP), "echo probe | nc -u -w 5 203.0.113.9 123"),
    "a fragmented datagram": (
        Packet(17, V4, 443, App.FRAGMENT),
        "hping3 --udp --destport 443 --frag --data 64 --count 1 203.0.113.9",
    ),
    "a fragmented echo": (Packet(1, V4, 0, App.FRAGMENT), "hping3 --icmp --frag --data 64 --count 1 203.0.113.9"),
    "a fragment of another protocol": (
        Packet(47, V4, 0, App.FRAGMENT),
        "hping3 --rawip --ipproto 47 --frag --data 64 --count 1 203.0.113.9",
    ),
    "a fragment over IPv6 has no common tool": (Packet(17, V6, 443, App.FRAGMENT), ""),
    "an echo request": (Packet(1, V4, 8 * 256, App.OTHER), "ping -c 1 -W 5 203.0.113.9"),
    "an echo request over IPv6": (Packet(58, V6, 128 * 256, App.OTHER), "ping -c 1 -W 5 2001:db8::9"),
    "another ICMP message": (
        Packet(1, V4, 13 * 256 + 1, App.OTHER),
        "hping3 --icmp --icmptype 13 --icmpcode 1 --count 1 203.0.113.9",
    ),
    "another ICMPv6 message has no common tool": (Packet(58, V6, 135 * 256, App.OTHER), ""),
    "another protocol": (Packet(47, V4, 0, App.OTHER), "hping3 --rawip --ipproto 47 --count 1 203.0.113.9"),
    "another protocol over IPv6 has no common tool": (Packet(47, V6, 0, App.OTHER), ""),
    "an AWS service, whose addresses only DNS knows": (
        Packet(6, "list:s3", 443, App.TLS, "bucket.s3.amazonaws.com"),
        "curl --max-time 5 https://bucket.s3.amazonaws.com/",
    ),
    "an AWS service without a name": (Packet(6, "list:s3", 443, App.TLS), ""),
    "an AWS service without a protocol that names it": (Packet(6, "list:s3", 443, App.SSH), ""),
    "an interface of a group": (Packet(17, "members:sg", 443, App.QUIC), ""),
    "a query": (Query("c2.evil.example", "TXT"), "dig +time=3 c2.evil.example TXT"),
    "a query for the root": (Query("", "NS"), "dig +time=3 . NS"),
    "a query of a type that has no name": (Query("evil.example", "OTHER"), "dig +time=3 evil.example TYPE65280"),
    "reading an object": (
        Call("s3", "s3:GetObject", "arn:aws:s3:::bucket/key"),
        "aws s3 cp s3://bucket/key -",
    ),
    "writing an object with somebody else's credentials": (
        Call("s3", "s3:PutObject", "arn:aws:s3:::bucket/key", "another account"),
        "aws s3 cp /etc/hostname s3://bucket/key --profile another-account",
    ),
    "reading an object without credentials": (
        Call("s3", "s3:GetObject", "arn:aws:s3:::bucket/key", "nobody"),
        "aws s3 cp s3://bucket/key - --no-sign-request",
    ),
    "another call": (Call("s3", "s3:DeleteBucket", "arn:aws:s3:::bucket/key"), ""),
    "a call on a bucket": (Call("s3", "s3:GetObject", "arn:aws:s3:::bucket"), ""),
    "a call to another service": (Call("dynamodb", "dynamodb:GetItem", "arn:aws:s3:::bucket/key"), ""),
    "a call on everything": (Call("s3", "s3:GetObject", "*"), ""),
}


@pytest.mark.parametrize("case", LINES)
def test_a_line_that_sends(case: str) -> None:
    witness, line = LINES[case]
    assert command_line(witness) == line


@pytest.mark.parametrize("name", ["$(reboot).example", "a;b", "a'b", "a b", "`id`"])
def test_a_name_cannot_leave_its_word(name: str) -> None:
    words = shlex.split(command_line(Packet(6, V4, 443, App.TLS, name, name)), posix=True)
    assert f"https://{name}/" in words
    assert words[:2] == ["getent", "ahosts"]
