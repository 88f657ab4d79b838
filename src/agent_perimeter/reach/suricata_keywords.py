"""What the keywords of a Suricata rule mean for which packets it matches.

Every keyword that is known here has a meaning; every other one may narrow the rule in a way that is not known, so
that the rule surely matches nothing and may match what it would without the keyword. That widens a ``pass`` and
takes a ``drop`` its force: neither makes an answer look safer than it is.

Sources: Suricata 7 user guide, "Suricata Rules"; Network Firewall guide, "Examples of stateful rules" and
"Limitations and caveats for stateful rules".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from agent_perimeter.apps import ALL_APPS, BARE_APPS, NO_APPS, TCP_APPS, UDP_APPS, App, AppSet
from agent_perimeter.bounds import Bounds
from agent_perimeter.names import NameSet
from agent_perimeter.packets import Intervals
from agent_perimeter.reach.suricata_names import Content, Spellings, matched
from agent_perimeter.reach.suricata_rules import Rule, pattern, unquoted

TCP, UDP = Intervals(((6, 6),)), Intervals(((17, 17),))
ANY_PROTOCOL = Intervals(((0, 255),))
OTHERS = ANY_PROTOCOL - TCP - UDP


class Haste(Enum):
    """When a rule that decides for a whole flow can do so.

    ``OPENING``: on the flow's first packet, whatever comes later (Suricata's "IP-only" rules, those without
    ``flow``). ``BYTES``: as soon as a protocol or some bytes are seen, before a request is complete. ``LATE``: not
    before the request is complete, or for each packet anew, so that the order of the rules holds.
    """

    OPENING = "opening"
    BYTES = "bytes"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule asks of a packet, apart from its header's addresses and ports.

    ``tcp``, ``udp`` and ``bare`` are the claims that it matches on TCP, UDP and all other protocols. ``resolved``:
    the names for one of which the address must have been given out; None where it does not ask. ``asks`` and
    ``answers``: whether it sees packets of the side that opened the flow, and of the other. ``established``: it
    waits for an answer. ``applies``: it looks at what the bytes say, so that its decision is one for the flow.
    ``contextual``: it depends on what was seen of the flow before. ``unknown``: keywords without a known meaning.
    """

    rule: Rule
    protocols: Bounds[Intervals]
    tcp: Bounds[AppSet]
    udp: Bounds[AppSet]
    bare: Bounds[AppSet]
    versions: frozenset[int]
    resolved: NameSet | None
    asks: bool
    answers: bool
    established: bool
    applies: bool
    contextual: bool
    haste: Haste
    unknown: tuple[str, ...]


@lru_cache(maxsize=65536)
def read(rule: Rule) -> Reading:
    """What the rule asks. Never fails: what cannot be understood is an unknown keyword."""
    asked = _Asked(allow=not rule.action.denies)
    _protocol(asked, rule.protocol)
    for option in rule.options:
        meaning = _KEYWORDS.get(option.keyword)
        if meaning is not None:
            meaning(asked, option.value)
        elif option.keyword in _STICKY or option.keyword.partition(".")[0] in _BUFFER_APPS:
            asked.enter(_STICKY.get(option.keyword, option.keyword))
        else:
            asked.stray(option.keyword)
    _conclude(asked)
    return asked.reading(rule)


@dataclass
class _Asked:
    """A rule while its options are read, in their order."""

    allow: bool
    protocols: Bounds[Intervals] = field(default_factory=lambda: Bounds.exactly(ANY_PROTOCOL))
    tcp: Bounds[AppSet] = field(default_factory=lambda: Bounds.exactly(TCP_APPS))
    udp: Bounds[AppSet] = field(default_factory=lambda: Bounds.exactly(UDP_APPS))
    bare: Bounds[AppSet] = field(default_factory=lambda: Bounds.exactly(BARE_APPS))
    versions: frozenset[int] = frozenset({4, 6})
    resolved: NameSet | None = None
    flow: frozenset[str] = frozenset()
    buffer: str = ""
    contents: dict[str, list[Content]] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    dotted: set[str] = field(default_factory=set)
    lowered: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    packet: bool = False
    bears: bool = False
    hasty: bool = False

    def wonder(self, keyword: str) -> None:
        """A keyword whose meaning is not known."""
        self.unknown.append(keyword)

    def stray(self, keyword: str) -> None:
        """Not known at all: perhaps a buffer, or a change of one, so that contents from here on are elsewhere."""
        self.wonder(keyword)
        self.buffer = keyword

    def enter(self, buffer: str) -> None:
        """Contents from here on look into this buffer, which only one protocol has."""
        self.buffer = buffer
        self.contents.setdefault(buffer, [])
        self.only(AppSet.of(_BUFFER_APPS[buffer.partition(".")[0]]))

    def only(self, apps: AppSet) -> None:
        """It looks at the bytes, and they must be of these protocols."""
        self.bears = True
        self.tcp &= Bounds.exactly(apps)
        self.udp &= Bounds.exactly(apps)
        self.bare &= Bounds.exactly(NO_APPS)

    def payload(self) -> None:
        """It needs bytes, whatever they are."""
        self.hasty = self.packet = True
        self.tcp &= Bounds.exactly(_LOADED)

    def linger(self) -> None:
        """Unrecognised bytes match late; see ``Stateful.undecided`` for those that a drop lets out until then."""
        if self.allow:
            self.tcp &= Bounds(TCP_APPS - AppSet.of(App.OTHER), TCP_APPS)

    def narrowed(self, apps: AppSet) -> None:
        """Only these on TCP; on other protocols nobody knows."""
        self.tcp &= Bounds.exactly(apps)
        self.udp &= Bounds(NO_APPS, UDP_APPS)
        self.bare &= Bounds(NO_APPS, BARE_APPS)

    def last(self) -> Content | None:
        contents = self.contents.get(self.buffer)
        return contents[-1] if contents else None

    def amend(self, keyword: str, **changes: int | bool | None) -> None:
        """Change the content before; without one the keyword makes no sense."""
        content = self.last()
        if content is None:
            self.wonder(keyword)
            return
        fields = {name: getattr(content, name) for name in Content.__slots__}
        self.contents[self.buffer][-1] = Content(**{**fields, **changes})

    def reading(self, rule: Rule) -> Reading:
        if self.unknown:
            nothing = Bounds(Intervals(), ANY_PROTOCOL)
            self.protocols &= nothing
        waits = self.packet or self.bears or bool(self.flow)
        hasty = Haste.BYTES if self.hasty else Haste.LATE
        return Reading(
            rule=rule,
            protocols=self.protocols,
            tcp=self.tcp,
            udp=self.udp,
            bare=self.bare,
            versions=self.versions,
            resolved=self.resolved,
            asks=not self.flow & {"to_client", "from_server"},
            answers=not self.flow & {"to_server", "from_client"},
            established="established" in self.flow,
            applies=self.bears or self.hasty,
            contextual=self.bears or bool(self.flow - {"stateless"}),
            haste=hasty if waits else Haste.OPENING,
            unknown=tuple(dict.fromkeys(self.unknown)),
        )


_BYTES = AppSet.of(*(set(App) - {App.HANDSHAKE, App.EARLY, App.FRAGMENT}))
"""Bytes after a handshake, or in a whole datagram."""
_LOADED = ALL_APPS - AppSet.of(App.HANDSHAKE)
_OPENING = AppSet.of(App.HANDSHAKE, App.EARLY)

_APPS: Mapping[str, App] = {
    **{app.value: app for app in App if app in _BYTES.plain and app is not App.OTHER},
    "tls": App.TLS,
    "ssl": App.TLS,
    "http": App.HTTP,
    "http1": App.HTTP,
    "ikev2": App.IKE,
}
_RARE = frozenset({App.IMAP, App.POP3, App.TELNET, App.RDP, App.MQTT, App.SNMP, App.TFTP, App.KRB5})
"""What an engine may be built or configured without: then the bytes are of no protocol that it recognises."""

_TRANSPORTS: Mapping[str, tuple[Intervals, frozenset[int]]] = {
    "ip": (ANY_PROTOCOL, frozenset({4, 6})),
    "ip4": (ANY_PROTOCOL, frozenset({4})),
    "ipv4": (ANY_PROTOCOL, frozenset({4})),
    "ip6": (ANY_PROTOCOL, frozenset({6})),
    "ipv6": (ANY_PROTOCOL, frozenset({6})),
    "tcp": (TCP, frozenset({4, 6})),
    "tcp-pkt": (TCP, frozenset({4, 6})),
    "tcp-stream": (TCP, frozenset({4, 6})),
    "udp": (UDP, frozenset({4, 6})),
    "icmp": (Intervals(((1, 1), (58, 58))), frozenset({4, 6})),
    "icmpv4": (Intervals(((1, 1),)), frozenset({4})),
    "icmpv6": (Intervals(((58, 58),)), frozenset({6})),
    "sctp": (Intervals(((132, 132),)), frozenset({4, 6})),
}


def _protocol(asked: _Asked, name: str) -> None:
    if name in _TRANSPORTS:
        protocols, asked.versions = _TRANSPORTS[name]
        asked.protocols = Bounds.exactly(protocols)
        return
    asked.protocols = Bounds.exactly(TCP | UDP)
    asked.hasty = True
    if name in _APPS:
        asked.only(AppSet.of(_APPS[name]))
        if _APPS[name] in _RARE:
            asked.wonder(f"the protocol {name}")
    else:
        asked.only(_BYTES if name == "http2" else AppSet.of(App.OTHER))
        asked.wonder(f"the protocol {name}")


def _flow(asked: _Asked, value: str) -> None:
    words = {word.strip().lower() for word in value.split(",")}
    asked.flow |= words
    if "established" in words:
        asked.tcp &= Bounds.exactly(TCP_APPS - _OPENING)
        asked.udp &= Bounds(NO_APPS, UDP_APPS)
    if "not_established" in words:
        asked.tcp &= Bounds.exactly(_OPENING)
    # The engine keeps no flow for a fragment, nor for most protocols that have no ports. These have a direction only.
    if words - _DIRECTIONS:
        asked.bare &= Bounds(NO_APPS, BARE_APPS)
    whole = AppSet.of(App.FRAGMENT)
    asked.udp &= Bounds(UDP_APPS - whole, UDP_APPS)
    asked.bare &= Bounds(BARE_APPS - whole, BARE_APPS)
    if strange := words - _FLOW:
        asked.wonder(f"flow:{','.join(sorted(strange))}")


_DIRECTIONS = frozenset({"to_server", "to_client", "from_client", "from_server"})
_FLOW = _DIRECTIONS | {"established", "not_established", "stateless"}


def _app_layer_protocol(asked: _Asked, value: str) -> None:
    """Matches once the engine has made up its mind; then bytes that it cannot recognise are of another protocol.

    Until then they match neither this nor its contrary: a pass cannot be counted on to let them out.
    """
    name = value.lstrip("! ").lower()
    app = _APPS.get(name)
    asked.hasty = True
    if name == "failed" and not value.startswith("!"):
        asked.only(AppSet.of(App.OTHER))
        asked.linger()
    elif app is None:
        asked.only(_BYTES)
        asked.wonder(f"app-layer-protocol:{value}")
    elif value.startswith("!"):
        asked.only(_BYTES - AppSet.of(app))
        asked.linger()
    else:
        asked.only(AppSet.of(app))
        if app in _RARE:
            asked.wonder(f"app-layer-protocol:{value}")


_PROTOCOL_NUMBERS: Mapping[str, int] = {
    "icmp": 1, "igmp": 2, "ipv4": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51,
    "ipv6-icmp": 58, "icmpv6": 58, "ospf": 89, "pim": 103, "sctp": 132,
}  # fmt: skip


def _ip_proto(asked: _Asked, value: str) -> None:
    """A protocol by name or number, or all but it (IANA, "Protocol Numbers")."""
    sign, name = re.fullmatch(r"([!<>]?)\s*(.*)", value, re.DOTALL).groups()  # type: ignore[union-attr] # always matches
    number = int(name) if name.isdecimal() else _PROTOCOL_NUMBERS.get(name.lower())
    if number is None or number > 255:
        asked.wonder(f"ip_proto:{value}")
        return
    one = Intervals(((number, number),))
    found = {
        "": one,
        "!": ANY_PROTOCOL - one,
        "<": Intervals.of([(0, number - 1)] if number else []),
        ">": Intervals.of([(number + 1, 255)] if number < 255 else []),
    }[sign]
    asked.protocols &= Bounds.exactly(found)


def _dsize(asked: _Asked, value: str) -> None:
    """How many bytes a packet bears. ``>0`` is every packet with any, which a handshake's are not."""
    asked.packet = True
    match value.replace(" ", ""):
        case ">0" | "!0" | ">=1":
            asked.tcp &= Bounds.exactly(_LOADED)
            asked.bare &= Bounds(NO_APPS, BARE_APPS)
        case "0":
            asked.narrowed(AppSet.of(App.HANDSHAKE))
        case _:
            asked.wonder("dsize")


def _flags(asked: _Asked, value: str) -> None:
    """TCP flags. A drop that asks for SYN among others catches a SYN whatever else its sender sets; one that asks for
    SYN alone does not. A pass for SYN lets no connection through: the handshake ends without one.
    """  # noqa: D205 - one thought
    asked.packet = True
    flags, _, _ = value.upper().replace(" ", "").partition(",")
    asked.bare &= Bounds.exactly(NO_APPS)
    asked.udp &= Bounds.exactly(NO_APPS)
    if flags in {"S+", "+S"} and not asked.allow:
        asked.tcp &= Bounds(AppSet.of(App.HANDSHAKE), _OPENING)
    elif flags in {"S", "S+", "+S"}:
        asked.tcp &= Bounds(NO_APPS, _OPENING)
    else:
        asked.wonder("flags")


def _content(asked: _Asked, value: str) -> None:
    negated = value.startswith("!")
    try:
        found = Content(pattern(value.lstrip("! ")), negated=negated)
    except ValueError:
        asked.wonder("content")
        return
    asked.contents.setdefault(asked.buffer, []).append(found)
    if not asked.buffer and not negated:
        asked.payload()


def _anchor(name: str) -> Callable[[_Asked, str], None]:
    def meaning(asked: _Asked, _: str) -> None:
        asked.amend(name, **{name: True})

    return meaning


def _place(name: str) -> Callable[[_Asked, str], None]:
    def meaning(asked: _Asked, value: str) -> None:
        if value.isdecimal():
            asked.amend(name, **{name: int(value)})
        else:
            asked.amend(name, relative=True)

    return meaning


def _relative(keyword: str) -> Callable[[_Asked, str], None]:
    def meaning(asked: _Asked, _: str) -> None:
        asked.amend(keyword, relative=True)

    return meaning


def _isdataat(asked: _Asked, value: str) -> None:
    """``!1,relative``: no byte after the content, as ``endswith`` says."""
    if value.replace(" ", "") == "!1,relative":
        asked.amend("isdataat", endswith=True)
    else:
        asked.wonder("isdataat")


def _bsize(asked: _Asked, value: str) -> None:
    if value.isdecimal():
        asked.lengths[asked.buffer] = int(value)
    else:
        asked.strange.add(asked.buffer)


def _pcre(asked: _Asked, _: str) -> None:
    """A regular expression is not compared with names here."""
    asked.strange.add(asked.buffer)
    if not asked.buffer:
        asked.payload()


def _transform(done: Callable[[_Asked], set[str]]) -> Callable[[_Asked, str], None]:
    """A transformation of a buffer; it stands before the contents."""

    def meaning(asked: _Asked, _: str) -> None:
        (asked.strange if asked.contents.get(asked.buffer) else done(asked)).add(asked.buffer)

    return meaning


def _ssl_state(asked: _Asked, value: str) -> None:
    asked.only(AppSet.of(App.TLS))
    if value.strip().lower() != "client_hello":
        asked.wonder("ssl_state")


def _flowbits(asked: _Asked, value: str) -> None:
    """Setting a mark on a flow does not narrow a rule; asking for one does."""
    if value.partition(",")[0].strip() not in {"set", "unset", "toggle", "noalert"}:
        asked.wonder("flowbits")


def _resolved_domain(asked: _Asked, value: str) -> None:
    """Names for one of which the VPC's resolver gave the destination out; ``.name`` is it and all below it.

    What a star in one would mean is not documented.
    """
    names = [name.strip().lower() for name in unquoted(value).split(",")]
    if value.startswith("!") or any("*" in name or not name.strip(".") for name in names):
        asked.wonder("aws_route_53_resolved_domain")
        return
    found = NameSet.union(domain(name) for name in names)
    asked.resolved = found if asked.resolved is None else asked.resolved & found


def domain(target: str) -> NameSet:
    """A domain as Network Firewall spells them: ``a.b`` that name, ``.a.b`` it and all below it."""
    return NameSet.exact(target[1:]) | NameSet.below(target[1:]) if target.startswith(".") else NameSet.exact(target)


def _nothing(_: _Asked, __: str) -> None:
    """Says nothing about what matches."""


_KEYWORDS: Mapping[str, Callable[[_Asked, str], None]] = {
    **dict.fromkeys(
        (
            "alert", "classtype", "fast_pattern", "gid", "metadata", "msg", "noalert", "prefilter", "priority",
            "reference", "rev", "sid", "target",
        ),
        _nothing,
    ),
    "app-layer-protocol": _app_layer_protocol,
    "aws_route_53_resolved_domain": _resolved_domain,
    "bsize": _bsize,
    "content": _content,
    "depth": _place("depth"),
    "distance": _relative("distance"),
    "dotprefix": _transform(lambda asked: asked.dotted),
    "dsize": _dsize,
    "endswith": _anchor("endswith"),
    "flags": _flags,
    "flow": _flow,
    "flowbits": _flowbits,
    "ip_proto": _ip_proto,
    "isdataat": _isdataat,
    "nocase": _anchor("nocase"),
    "offset": _place("offset"),
    "pcre": _pcre,
    "ssl_state": _ssl_state,
    "startswith": _anchor("startswith"),
    "tcp.flags": _flags,
    "to_lowercase": _transform(lambda asked: asked.lowered),
    "within": _relative("within"),
}  # fmt: skip

_STICKY: Mapping[str, str] = {
    "tls_sni": "tls.sni",
    "dns_query": "dns.query",
    "ja3_hash": "ja3.hash",
}
_BUFFER_APPS: Mapping[str, App] = {
    "tls": App.TLS, "ja3": App.TLS, "ja3s": App.TLS, "ja4": App.TLS, "http": App.HTTP, "dns": App.DNS,
    "ssh": App.SSH, "smtp": App.SMTP, "ftp": App.FTP, "smb": App.SMB, "dcerpc": App.DCERPC, "quic": App.QUIC,
    "krb5": App.KRB5, "mqtt": App.MQTT, "snmp": App.SNMP, "ike": App.IKE, "dhcp": App.DHCP, "rdp": App.RDP,
}  # fmt: skip

_COMPLETE = frozenset(
    {"tls.sni", "http.host", "http.host.raw", "http.header_names", "http.header", "ja3.hash", "ja4.hash"}
)
"""Buffers that are filled when the request is complete, and not before."""
_NAMES = frozenset({"tls.sni", "http.host", "http.host.raw"})


def _conclude(asked: _Asked) -> None:
    """Apply what was gathered about each buffer."""
    if asked.contents.keys() & _COMPLETE:
        asked.hasty = False
    for buffer in dict.fromkeys((*asked.contents, *asked.strange, *asked.dotted, *asked.lowered, *asked.lengths)):
        if buffer in _NAMES:
            _name(asked, buffer)
        elif not _is_always_there(asked, buffer):
            asked.wonder(f"what {buffer or 'the payload'} holds")


def _name(asked: _Asked, buffer: str) -> None:
    contents = tuple(asked.contents.get(buffer, ()))
    spellings = matched(
        contents,
        dotted=buffer in asked.dotted,
        lowered=buffer == "http.host" or buffer in asked.lowered,
        length=asked.lengths.get(buffer),
        whole=bool(contents) and buffer != "http.host.raw" and buffer not in asked.strange,
    )
    names = _bounds(spellings, asked.allow)
    of = AppSet.tls_names if buffer == "tls.sni" else AppSet.http_names
    asked.tcp &= Bounds(of(names.least), of(names.most))


def _bounds(spellings: Spellings, allow: bool) -> Bounds[NameSet]:
    return Bounds(spellings.usual if allow else spellings.every, spellings.some)


_MARKS: Mapping[str, frozenset[tuple[str, bool]]] = {
    # A JA4 fingerprint is made from every complete ClientHello and has underscores in it, though not at its ends.
    "ja4.hash": frozenset({("_", False)}),
    # The list of a request's header names begins with an empty line's end and ends with an empty line.
    "http.header_names": frozenset({("\r\n\r\n", False), ("\r\n\r\n", True), ("\r\n", False), ("\r\n", True)}),
}


def _is_always_there(asked: _Asked, buffer: str) -> bool:
    """Whether the contents only ask for what every such buffer holds."""
    special = buffer in asked.strange | asked.dotted | asked.lowered or buffer in asked.lengths
    contents = asked.contents.get(buffer, [])
    return (
        not special
        and bool(contents)
        and all(
            (content.pattern, content.endswith) in _MARKS.get(buffer, frozenset())
            and not (content.negated or content.startswith or content.floats)
            for content in contents
        )
    )
