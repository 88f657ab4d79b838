"""What bytes claim to be: the application protocols that firewalls tell apart, with the name that some of them bear.

An ``AppSet`` is a set of such claims. ``Traffic`` joins them to the other name that matters on the way, the one for
which the VPC's resolver gave the address out: it is what may flow between two fixed ends.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet
from agent_perimeter.piecewise import REMEMBERED
from agent_perimeter.tries import Algebra, Trie


class App(StrEnum):
    """The kinds of bytes on a flow.

    ``HANDSHAKE``: the connection opens, no payload yet. ``EARLY``: bytes in the SYN or before the handshake ends.
    ``TLS``: a ClientHello, whose name is the SNI. ``HTTP``: a request, whose name is the Host. ``FRAGMENT``: a
    fragmented datagram. ``OTHER``: bytes of no protocol that the firewall recognises.
    """

    HANDSHAKE = "handshake"
    EARLY = "early bytes"
    TLS = "tls"
    HTTP = "http"
    SSH = "ssh"
    SMTP = "smtp"
    FTP = "ftp"
    DNS = "dns"
    SMB = "smb"
    DCERPC = "dcerpc"
    IMAP = "imap"
    RDP = "rdp"
    QUIC = "quic"
    NTP = "ntp"
    DHCP = "dhcp"
    SNMP = "snmp"
    TFTP = "tftp"
    IKE = "ike"
    KRB5 = "krb5"
    MQTT = "mqtt"
    POP3 = "pop3"
    TELNET = "telnet"
    FRAGMENT = "fragment"
    OTHER = "other bytes"


NAMED = frozenset({App.TLS, App.HTTP})
"""The claims that bear a name."""

_EITHER = frozenset({App.DNS, App.DCERPC, App.KRB5})
_DATAGRAMS = frozenset({App.QUIC, App.NTP, App.DHCP, App.SNMP, App.TFTP, App.IKE})


@dataclass(frozen=True, slots=True)
class AppSet:
    """A set of claims: those without a name, and the names of the TLS and of the HTTP ones.

    Raises ``ValueError`` for TLS or HTTP among those without a name; a ClientHello that has none bears the name "".
    """

    plain: frozenset[App] = frozenset()
    tls: NameSet = NO_NAMES
    http: NameSet = NO_NAMES

    def __post_init__(self) -> None:
        if not self.plain.isdisjoint(NAMED):
            raise ValueError("TLS and HTTP bear names: AppSet.of(App.TLS) is TLS with any name")

    @classmethod
    def of(cls, *apps: App) -> AppSet:
        """These protocols; TLS and HTTP with all names and with none."""
        return cls(
            frozenset(apps) - NAMED,
            ALL_NAMES if App.TLS in apps else NO_NAMES,
            ALL_NAMES if App.HTTP in apps else NO_NAMES,
        )

    @classmethod
    def tls_names(cls, names: NameSet) -> AppSet:
        return cls(tls=names)

    @classmethod
    def http_names(cls, names: NameSet) -> AppSet:
        return cls(http=names)

    @classmethod
    def union(cls, sets: Iterable[AppSet]) -> AppSet:
        listed = list(sets)
        return cls(
            frozenset[App]().union(*(apps.plain for apps in listed)),
            NameSet.union(apps.tls for apps in listed),
            NameSet.union(apps.http for apps in listed),
        )

    def __or__(self, other: AppSet) -> AppSet:
        return AppSet(self.plain | other.plain, self.tls | other.tls, self.http | other.http)

    def __and__(self, other: AppSet) -> AppSet:
        return AppSet(self.plain & other.plain, self.tls & other.tls, self.http & other.http)

    def __sub__(self, other: AppSet) -> AppSet:
        return AppSet(self.plain - other.plain, self.tls - other.tls, self.http - other.http)

    def __le__(self, other: AppSet) -> bool:
        return not self - other

    def __bool__(self) -> bool:
        return bool(self.plain or self.tls or self.http)

    def __str__(self) -> str:
        words = [str(app) for app in App if app in self.plain]
        for app, names in ((App.HTTP, self.http), (App.TLS, self.tls)):
            if names:
                words.insert(0, f"{app}" if names == ALL_NAMES else f"{app} {', '.join(names.patterns())}")
        return "; ".join(words)


NO_APPS = AppSet()
ALL_APPS = AppSet.of(*App)
TCP_APPS = AppSet.of(*(set(App) - _DATAGRAMS - {App.FRAGMENT}))
UDP_APPS = AppSet.of(*_DATAGRAMS, *_EITHER, App.FRAGMENT, App.OTHER)
BARE_APPS = AppSet.of(App.FRAGMENT, App.OTHER)
"""What there is on ICMP and on protocols that the firewall cannot look into."""

# A thousand names that bytes may bear are tied to the same few sets of resolved ones, each of a thousand itself.
_once = lru_cache(maxsize=256)
_RELATION: Algebra[NameSet] = Algebra(
    NO_NAMES, ALL_NAMES, _once(operator.or_), _once(operator.and_), _once(operator.sub)
)
_NEVER: Trie[NameSet] = Trie.always(NO_NAMES)


def _any(names: NameSet) -> NameSet:
    return ALL_NAMES if names else NO_NAMES


class Traffic:
    """An immutable set of pairs: a claim, and the name for which the address was given out ("" where it never was).

    For every claim the set of such names: ``plain`` by App, never empty, sorted; for TLS and HTTP by the name borne.
    Operations are remembered, as those of ``Piecewise`` are.
    """

    __slots__ = ("_code", "http", "plain", "tls")

    _code: int | None

    def __init__(
        self,
        plain: tuple[tuple[App, NameSet], ...] = (),
        tls: Trie[NameSet] = _NEVER,
        http: Trie[NameSet] = _NEVER,
    ) -> None:
        self.plain = plain
        self.tls = tls
        self.http = http
        self._code = None

    @classmethod
    def of(cls, apps: AppSet, resolved: NameSet) -> Traffic:
        """Every claim with every name."""
        if not resolved:
            return cls()

        def worth(borne: bool) -> NameSet:
            return resolved if borne else NO_NAMES

        return cls(
            tuple((app, resolved) for app in sorted(apps.plain)), apps.tls.trie.map(worth), apps.http.trie.map(worth)
        )

    @classmethod
    def union(cls, listed: Iterable[Traffic]) -> Traffic:
        """The union of any number of sets at once."""
        different = tuple(dict.fromkeys(listed))
        return different[0] if len(different) == 1 else _union(different)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Traffic):
            return NotImplemented
        return self.plain == other.plain and self.tls == other.tls and self.http == other.http

    def __hash__(self) -> int:
        if self._code is None:
            self._code = hash((self.plain, self.tls, self.http))
        return self._code

    def __or__(self, other: Traffic) -> Traffic:
        return Traffic.union((self, other))

    def __and__(self, other: Traffic) -> Traffic:
        return self if self is other else _intersection(self, other)

    def __sub__(self, other: Traffic) -> Traffic:
        return _difference(self, other)

    def __bool__(self) -> bool:
        return bool(self.plain) or self.tls != _NEVER or self.http != _NEVER

    def resolved_for(self, app: App, name: str) -> NameSet:
        """The names for which the address may have been given out, when the bytes claim this."""
        if app is App.TLS:
            return self.tls[name.lower()]
        if app is App.HTTP:
            return self.http[name.lower()]
        return NO_NAMES if name else dict(self.plain).get(app, NO_NAMES)

    def products(self) -> Iterator[tuple[AppSet, NameSet]]:
        """The set as disjoint products, one for every different set of resolved names."""
        plain: dict[NameSet, set[App]] = {}
        for app, resolved in self.plain:
            plain.setdefault(resolved, set()).add(app)
        tls, http = self.tls.preimages(), self.http.preimages()
        for resolved in dict.fromkeys([*plain, *tls, *http]):
            if resolved:
                yield (
                    AppSet(
                        frozenset(plain.get(resolved, ())),
                        NameSet(tls[resolved]) if resolved in tls else NO_NAMES,
                        NameSet(http[resolved]) if resolved in http else NO_NAMES,
                    ),
                    resolved,
                )

    def resolved(self, known: dict[int, frozenset[NameSet]]) -> NameSet:
        """The resolved names that occur with any claim. ``known`` as in ``Trie.map``."""
        return NameSet.union({names for _, names in self.plain}.union(self.tls.worths(known), self.http.worths(known)))

    def forget_resolved(self, known: dict[int, Trie[NameSet]]) -> Traffic:
        """Every claim that occurs, with all resolved names. ``known`` as in ``Trie.map``."""
        return Traffic(
            tuple((app, ALL_NAMES) for app, _ in self.plain), self.tls.map(_any, known), self.http.map(_any, known)
        )

    def witness(self) -> tuple[App, str, str]:
        """A claim, the name that it bears and a resolved name. Raises ``ValueError`` for the empty set.

        TLS before HTTP before other bytes before a mere handshake; an address that was never given out, if it may be.
        """
        plain = dict(self.plain)
        for app in dict.fromkeys([App.TLS, App.HTTP, App.OTHER, App.HANDSHAKE, *App]):
            name: str | None = "" if app in plain else None
            if app in NAMED:
                name = NameSet((self.tls if app is App.TLS else self.http).map(bool)).witness()
            if name is not None:
                resolved = self.resolved_for(app, name)
                return app, name, "" if "" in resolved else resolved.witness() or ""
        raise ValueError("nothing flows, so there is nothing to show")


@lru_cache(maxsize=REMEMBERED)
def _union(listed: tuple[Traffic, ...]) -> Traffic:
    plain: dict[App, list[NameSet]] = {}
    for traffic in listed:
        for app, resolved in traffic.plain:
            plain.setdefault(app, []).append(resolved)
    return Traffic(
        tuple((app, NameSet.union(plain[app])) for app in sorted(plain)),
        _RELATION.union(traffic.tls for traffic in listed),
        _RELATION.union(traffic.http for traffic in listed),
    )


@lru_cache(maxsize=REMEMBERED)
def _intersection(left: Traffic, right: Traffic) -> Traffic:
    others = dict(right.plain)
    both = ((app, resolved & others.get(app, NO_NAMES)) for app, resolved in left.plain)
    return Traffic(
        tuple((app, resolved) for app, resolved in both if resolved),
        _RELATION.intersection(left.tls, right.tls),
        _RELATION.intersection(left.http, right.http),
    )


@lru_cache(maxsize=REMEMBERED)
def _difference(left: Traffic, right: Traffic) -> Traffic:
    others = dict(right.plain)
    remaining = ((app, resolved - others.get(app, NO_NAMES)) for app, resolved in left.plain)
    return Traffic(
        tuple((app, resolved) for app, resolved in remaining if resolved),
        _RELATION.difference(left.tls, right.tls),
        _RELATION.difference(left.http, right.http),
    )
