"""Everything that the intent does not allow, as Suricata ``drop`` and ``reject`` rules.

The policy's default action alone lets a TCP handshake with any address and port complete, and AWS does
not publish it as rules. So these do not lean on it: a connection outside the intent gets no handshake,
and where only the name can tell, the whole ClientHello or request is rejected. What is left to the
default action are bytes after a handshake on port 443 or 80 that never become a request.

Drops stand before rejects, which is Suricata's own order too. TCP from an agent is rejected: its runtime
gets an error at once instead of a timeout, and the reset goes to nobody but the agent.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent_perimeter.intent import HTTP_PORT, TLS_PORT, AgentIntent, Claim, Intent, NameReach, origin_of
from agent_perimeter.lower.suricata import ANY, EXTERNAL, HOME, Draft, either, variable
from agent_perimeter.packets import AddressSet
from agent_perimeter.values import Cidr

_CARRIERS = ((HTTP_PORT, Claim.HTTP), (TLS_PORT, Claim.TLS))
_TO_SERVER = ("flow:to_server",)


def drops(intent: Intent) -> Iterator[Draft]:
    """The drops, then the rejects. Only those about ports depend on the intent."""
    yield from _whatever_it_is()
    yield from _closed_ports(intent)
    yield from _other_than_claimed()


def _whatever_it_is() -> Iterator[Draft]:
    yield Draft("drop", "ip", EXTERNAL, ANY, ANY, _TO_SERVER, "connections from outside", "inbound")
    yield Draft("drop", "ip", HOME, ANY, ANY, ("flow:to_client",), "answers to connections from outside", "answers")
    yield Draft("drop", "ip", HOME, HOME, ANY, _TO_SERVER, "traffic inside the VPC", "inside")
    # EXTERNAL_NET is the inverse of an IPv4 block, and so holds no IPv6 address.
    yield Draft("drop", "ip", "::/0", "::/0", ANY, _TO_SERVER, "IPv6", "ipv6")
    yield Draft("drop", "udp", HOME, ANY, ANY, _TO_SERVER, "UDP", "udp")
    yield Draft("drop", "icmp", HOME, ANY, ANY, _TO_SERVER, "ICMP", "icmp")
    others = ("ip_proto:!TCP", "ip_proto:!UDP", "ip_proto:!ICMP", *_TO_SERVER)
    yield Draft("drop", "ip", HOME, ANY, ANY, others, "other IP protocols", "others")
    # A SYN with bytes in it, or bytes that do not wait for the SYN's answer.
    early = ("dsize:>0", "flow:to_server,not_established")
    yield Draft("drop", "tcp", HOME, ANY, ANY, early, "bytes before the handshake", "early")


def _closed_ports(intent: Intent) -> Iterator[Draft]:
    """No handshake on a port that carries no names, nor for an agent without a name there.

    The reject waits for no name, so it falls on the SYN. An agent whose names on the port are all pinned
    gets a handshake with the pins only.
    """
    carriers = either(str(port) for port, _ in _CARRIERS)
    yield Draft("reject", "tcp", HOME, ANY, f"!{carriers}", _TO_SERVER, "TCP to this port", "ports")
    for port, claim in _CARRIERS:
        named = {agent.name: _names(agent, claim) for agent in intent.agents}
        but = [f"!${variable(agent)}" for agent, names in named.items() if names]
        what = f"TCP {port} to an agent that has no name there"
        yield Draft("reject", "tcp", either((HOME, *but)), ANY, str(port), _TO_SERVER, what, f"no name {port}")
        for agent, names in named.items():
            if names and all(name.pins for name in names):
                yield Draft(
                    action="reject",
                    protocol="tcp",
                    source=f"${variable(agent)}",
                    destination=f"!{either(map(str, _pins(names)))}",
                    port=str(port),
                    match=_TO_SERVER,
                    what=f"TCP {port} to other addresses than the pins",
                    key=f"pinned {port} {agent}",
                    agents=((agent, origin_of(*names)),),
                )


def _names(agent: AgentIntent, claim: Claim) -> tuple[NameReach, ...]:
    """The agent's names of a kind that some IPv4 address can have."""
    return tuple(name for name in agent.names if name.claim is claim and (name.pins.v4 or not name.pins))


def _pins(names: tuple[NameReach, ...]) -> tuple[Cidr, ...]:
    return AddressSet.of(block for name in names for block in AddressSet(v4=name.pins.v4).cidrs()).cidrs()


def _other_than_claimed() -> Iterator[Draft]:
    """Connections that had to be opened, and turned out to be for something else.

    Each rule waits until Suricata has seen enough: a request in many segments is judged when it is whole.
    """
    for port, protocol in ((HTTP_PORT, "http"), (TLS_PORT, "tls")):
        wrong = (f"app-layer-protocol:!{protocol}", "flow:to_server,established")
        what = f"other protocols than {protocol.upper()} on TCP {port}"
        yield Draft("reject", "tcp", HOME, ANY, str(port), wrong, what, f"not {protocol}")
    # The list of header names ends in an empty line once all headers have come.
    request = ("flow:to_server", "http.header_names", 'content:"|0d 0a 0d 0a|"', "endswith")
    yield Draft("reject", "http", HOME, ANY, str(HTTP_PORT), request, "this HTTP host", "http")
    # JA4 is made from a whole ClientHello, with a server name or without, and always has this mark.
    hello = ("flow:to_server", "ja4.hash", 'content:"_"')
    yield Draft("reject", "tls", HOME, ANY, str(TLS_PORT), hello, "this TLS server name", "tls")
