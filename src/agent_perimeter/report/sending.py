"""A shell line that sends a witness, so that a reviewer can see for themselves from inside the agent's subnet.

The tools are those of every network engineer: curl, openssl, nc, dig, ping, ssh, hping3, the AWS CLI. Every line
gives up after a few seconds, and changes nothing where it gets through, an ``s3:PutObject`` apart.
"""

from __future__ import annotations

import shlex
from typing import assert_never

from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.queries import Query
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Call, Witness

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
_ECHO_REQUEST = {ICMP: 8, ICMPV6: 128}
_S3_OBJECT = "arn:aws:s3:::"


def command_line(witness: Witness) -> str:
    """A line to paste into a shell, or empty where no common tool sends such a thing."""
    match witness:
        case Packet():
            return _packet(witness)
        case Query():
            return _query(witness)
        case Call():
            return _call(witness)
        case _:
            assert_never(witness)


def _query(query: Query) -> str:
    # ANY number of the private-use range stands for "any other type" (RFC 6895, 3.1).
    qtype = "TYPE65280" if query.type == "OTHER" else query.type
    return shlex.join(["dig", "+time=3", query.name or ".", qtype])


def _call(call: Call) -> str:
    bucket_and_key = call.resource.removeprefix(_S3_OBJECT)
    if call.service != "s3" or bucket_and_key == call.resource or "/" not in bucket_and_key:
        return ""
    match call.action:
        case "s3:GetObject":
            words = ["aws", "s3", "cp", f"s3://{bucket_and_key}", "-"]
        case "s3:PutObject":
            words = ["aws", "s3", "cp", "/etc/hostname", f"s3://{bucket_and_key}"]
        case _:
            return ""
    match call.principal:
        case "nobody":
            words.append("--no-sign-request")
        case "another account":
            words += ["--profile", "another-account"]
        case _:
            pass
    return shlex.join(words)


def _packet(packet: Packet) -> str:
    sent = (
        _to_address(packet, _address(packet.destination)) if isinstance(packet.destination, Cidr) else _by_name(packet)
    )
    if not sent or not packet.resolved:
        return sent
    return f"{shlex.join(['getent', 'ahosts', packet.resolved])}; {sent}"


def _address(destination: Cidr) -> str:
    return str(destination).partition("/")[0]


def _by_name(packet: Packet) -> str:
    """To an AWS service or endpoint, whose addresses only DNS knows."""
    if packet.protocol != TCP or packet.app not in {App.TLS, App.HTTP} or not packet.name:
        return ""
    return shlex.join(["curl", "--max-time", "5", _url(packet)])


def _url(packet: Packet) -> str:
    scheme, default = ("https", 443) if packet.app is App.TLS else ("http", 80)
    return f"{scheme}://{packet.name}" + (f":{packet.port}/" if packet.port != default else "/")


def _to_address(packet: Packet, address: str) -> str:
    if packet.app is App.FRAGMENT:
        return _fragmented(packet, address)
    match packet.protocol:
        case 6:
            return _tcp(packet, address)
        case 17:
            return _udp(packet, address)
        case 1 | 58:
            return _icmp(packet, address)
        case _ if ":" in address:
            return ""  # hping3 speaks IPv4 only
        case _:
            return shlex.join(["hping3", "--rawip", "--ipproto", str(packet.protocol), "--count", "1", address])


def _tcp(packet: Packet, address: str) -> str:
    port = str(packet.port)
    host = f"[{address}]" if ":" in address else address
    match packet.app:
        case App.HANDSHAKE:
            words = ["nc", "-z", "-v", "-w", "5", address, port]
        case App.EARLY:
            words = ["hping3", "--syn", "--data", "64", "--destport", port, "--count", "1", address]
        case App.TLS | App.HTTP if packet.name:
            words = ["curl", "--max-time", "5", "--resolve", f"{packet.name}:{port}:{host}", _url(packet)]
        case App.TLS:
            words = ["timeout", "5", "openssl", "s_client", "-noservername", "-connect", f"{host}:{port}"]
        case App.HTTP:
            return rf"printf 'GET / HTTP/1.0\r\n\r\n' | {shlex.join(['nc', '-w', '5', address, port])}"
        case App.SSH:
            words = ["ssh", "-o", "ConnectTimeout=5", "-p", port, address]
        case App.DNS:
            words = ["dig", "+tcp", "+time=3", "-p", port, f"@{address}", "example.com"]
        case _:
            return f"echo probe | {shlex.join(['nc', '-w', '5', address, port])}"
    return shlex.join(words)


def _udp(packet: Packet, address: str) -> str:
    port = str(packet.port)
    match packet.app:
        case App.DNS:
            return shlex.join(["dig", "+time=3", "-p", port, f"@{address}", "example.com"])
        case App.QUIC:
            host = f"[{address}]" if ":" in address else address
            name = packet.name or "example.com"
            url = f"https://{name}:{port}/"
            return shlex.join(["curl", "--http3-only", "--max-time", "5", "--resolve", f"{name}:{port}:{host}", url])
        case _:
            return f"echo probe | {shlex.join(['nc', '-u', '-w', '5', address, port])}"


def _icmp(packet: Packet, address: str) -> str:
    kind, code = divmod(packet.port, 256)
    if kind == _ECHO_REQUEST[packet.protocol] and code == 0:
        return shlex.join(["ping", "-c", "1", "-W", "5", address])
    if packet.protocol == ICMPV6:
        return ""  # hping3 speaks IPv4 only
    words = ["hping3", "--icmp", "--icmptype", str(kind), "--icmpcode", str(code), "--count", "1", address]
    return shlex.join(words)


def _fragmented(packet: Packet, address: str) -> str:
    if ":" in address:
        return ""
    match packet.protocol:
        case 17:
            mode = ["--udp", "--destport", str(packet.port)]
        case 1:
            mode = ["--icmp"]
        case _:
            mode = ["--rawip", "--ipproto", str(packet.protocol)]
    return shlex.join(["hping3", *mode, "--frag", "--data", "64", "--count", "1", address])
