"""One packet or one name, layer by layer: who lets it through, who stops it, and by which line.

On a policy alone the answer is what the policy means; on a network it is what every layer does, and then
whether the policy says so too.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from agent_perimeter.intent import AgentIntent
from agent_perimeter.names import NameSet
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.packets import AddressSet
from agent_perimeter.prove.layers import Judged
from agent_perimeter.prove.lines import hosts, of_packet, of_query
from agent_perimeter.prove.projection import Surroundings, asked, end_to_end
from agent_perimeter.queries import QUERY_TYPES, Query
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr, DomainPattern
from agent_perimeter.verdict import Layer, Outcome, Step

SAMPLE = Cidr.parse("203.0.113.9/32")
"""Stands for whatever address a name resolves to (TEST-NET-3, RFC 5737)."""

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
_FORM = "tcp://ADDRESS:PORT, udp://ADDRESS:PORT, icmp://ADDRESS, ip-NUMBER://ADDRESS or a domain name"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked about: a packet, a query, or a name, which is a query and then a connection.

    ``witness`` is the last of them, for a person to send.
    """

    query: Query | None
    packet: Packet | None
    witness: Packet | Query


def question(
    text: str,
    *,
    sni: str | None = None,
    host: str | None = None,
    resolved: str | None = None,
    app: str | None = None,
    query_type: str | None = None,
) -> Question:
    """Read a question. Raises ``ValueError`` with what is wrong and what can be asked.

    A packet says what it claims (``sni``, ``host`` or ``app``) and for which name the VPC's resolver gave its
    address out (``resolved``). A bare name is its query, and TLS on port 443 to where it resolves.
    """
    if "://" in text:
        packet = _packet(text, sni, host, resolved, app)
        return Question(None, packet, packet)
    name = _name(text)
    kind = (query_type or "A").upper()
    if kind not in QUERY_TYPES:
        raise ValueError(f"{query_type} is not a query type known here: {', '.join(QUERY_TYPES)}")
    if query_type is not None:
        query = Query(name, kind)
        return Question(query, None, query)
    claims = _claim(sni if sni is not None or host is not None or app is not None else name, host, app)
    port = 80 if claims[0] is App.HTTP else 443
    packet = Packet(6, SAMPLE, port, *claims, resolved=name)
    return Question(Query(name, kind), packet, packet)


def _packet(text: str, sni: str | None, host: str | None, resolved: str | None, app: str | None) -> Packet:
    parts = urlsplit(text)
    numbered = re.fullmatch(r"ip-(\d{1,3})", parts.scheme)
    protocol = _PROTOCOLS.get(parts.scheme, int(numbered[1]) if numbered else None)
    if protocol is None or protocol > 255 or parts.path not in ("", "/") or parts.hostname is None:
        raise ValueError(f"{text!r} is no packet; ask for {_FORM}")
    try:
        address = ipaddress.ip_address(parts.hostname)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} has no address and port: {error}; ask for {_FORM}") from error
    if protocol in (6, 17) and port is None:
        raise ValueError(f"{text!r} names no port; ask for {parts.scheme}://{parts.hostname}:443")
    destination = Cidr(4, int(address), 32) if address.version == 4 else Cidr(6, int(address), 128)
    echo = {1: 8 << 8, 58: 128 << 8}.get(protocol, 0)
    kind, name = _claim(sni, host, app) if protocol == 6 else (_app(app), "")
    place = port if protocol in (6, 17) and port is not None else echo
    return Packet(protocol, destination, place, kind, name, _name(resolved) if resolved else "")


def _claim(sni: str | None, host: str | None, app: str | None) -> tuple[App, str]:
    if sum(given is not None for given in (sni, host, app)) > 1:
        raise ValueError("a packet claims one thing: give --sni, --host or --app")
    if sni is not None:
        return App.TLS, sni.lower().removesuffix(".")
    if host is not None:
        return App.HTTP, host.lower().removesuffix(".")
    return _app(app), ""


def _app(app: str | None) -> App:
    known = {kind.name.lower(): kind for kind in App}
    if app is None:
        return App.OTHER
    if app.lower() not in known:
        raise ValueError(f"{app} is not a kind of bytes known here: {', '.join(sorted(known))}")
    return known[app.lower()]


def _name(text: str) -> str:
    try:
        return DomainPattern(text.lower().removesuffix(".")).name
    except ValueError as error:
        raise ValueError(f"{text!r} is neither a packet nor a name ({error}); ask for {_FORM}") from error


def by_policy(agent: AgentIntent, asked_for: Question, around: Surroundings | None = None) -> tuple[Step, ...]:
    """What the policy says, and on which line."""
    where = around or Surroundings(AddressSet(), {}, {}, (), ())
    steps: list[Step] = []
    if asked_for.query is not None:
        services = NameSet.union(hosts(reach.service, where) for reach in agent.services)
        allowed = asked_for.query in asked((agent,), services)
        steps.append(_said(allowed, f"{asked_for.query}", of_query(agent, asked_for.query, where)))
    if asked_for.packet is not None:
        packet = asked_for.packet
        allowed = packet in end_to_end(agent, where).allowed
        steps.append(_said(allowed, f"{packet}", of_packet(agent, packet, where)))
    return tuple(steps)


def _said(allowed: bool, what: str, origin: Origin) -> Step:
    outcome = Outcome.ALLOWS if allowed else Outcome.DENIES
    says = "allows" if allowed else "does not allow"
    return Step(Layer.POLICY, outcome, f"the policy {says} {what}", origin if allowed else Origin())


def by_network(judged: Judged, asked_for: Question) -> tuple[Step, ...]:
    """What every layer does with the query and with the packet, from the first standpoint that lets it furthest."""
    steps: list[Step] = []
    resolver = judged.vicinity.resolver
    if asked_for.query is not None and resolver is not None:
        steps.append(resolver.decide(asked_for.query))
    packet = asked_for.packet
    if packet is not None and judged.workload.standpoints:
        best = min(
            judged.workload.standpoints,
            key=lambda standpoint: (packet not in standpoint.permitted.least, packet not in standpoint.permitted.most),
        )
        # The resolver has had its say where a query was asked.
        steps.extend(best.steps(packet) if asked_for.query is not None else judged.steps(best, packet))
    return tuple(steps)


def traced(
    steps: tuple[Step, ...], agent: AgentIntent | None, asked_for: Question, around: Surroundings
) -> tuple[Step, ...]:
    """The steps with the policy lines that speak of the question beside those of the template."""
    if agent is None:
        return steps
    lines = Origin()
    if asked_for.packet is not None:
        lines |= of_packet(agent, asked_for.packet, around)
    if asked_for.query is not None:
        lines |= of_query(agent, asked_for.query, around)
    return tuple(replace(step, origin=step.origin | Origin(lines.spans)) for step in steps)
