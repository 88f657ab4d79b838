"""DNS Firewall: the names of the intent and the endpoints' own are answered, every other name is not.

DNS Firewall holds the whole VPC; it cannot tell one agent from another. It decides by the first rule
that matches, in the order of priorities (Route 53 developer guide, "Rule actions in DNS Firewall").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.finding import Finding, Severity, code
from agent_perimeter.intent import Intent
from agent_perimeter.lower.partition import digest, partition
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import DnsAction, DnsFirewall, DnsRule, DomainList
from agent_perimeter.settings import Settings
from agent_perimeter.source import Origin, merged

UNDERSCORE = code(
    "AP521",
    "dns-underscore",
    Severity.WARNING,
    "DNS Firewall may refuse this name",
    "AWS documents letters, digits and hyphens for the names of a domain list. A name with an underscore is no "
    "host name either (RFC 1123, 2.1). If AWS refuses it, the deployment fails; nothing is opened by it.",
)

QUERY_TYPE = "A"
"""All that an IPv4 client needs. AAAA is answered with no address, which makes clients take IPv4. TXT, NULL
and the like, the wide channels of DNS tunnels, are closed. So is HTTPS (type 65), which carries the keys
for Encrypted ClientHello: with them a client could hide from the firewall which name it asks for."""

TRUST_REDIRECTION = True
"""A name is allowed with wherever its owner's CNAMEs lead. To inspect each hop, the hops, which content
networks change at will, would have to be on the allowlist themselves, for everyone to ask for. On the last
rule it changes nothing: that one has matched every name before any redirection."""

_Threat = Literal["DGA", "DICTIONARY_DGA", "DNS_TUNNELING"]
_Confidence = Literal["MEDIUM", "HIGH"]

THREATS: tuple[tuple[_Threat, _Confidence], ...] = (
    ("DNS_TUNNELING", "MEDIUM"),
    ("DGA", "HIGH"),
    ("DICTIONARY_DGA", "HIGH"),
)
"""Before the allow rules, for a tunnel runs below a name that is allowed. What is not on the allowlist is
blocked anyway, so a false alarm here always hits a name that somebody wanted: algorithms that only look at
how a name reads must be sure. A tunnel shows in the queries themselves, and is what costs most to miss."""

_THREATS_FROM, _STEP = 100, 10
_SERVICES_FROM, _NAMES_FROM, _WILDCARDS_FROM, _LAST = 1000, 2000, 5000, 9000
_ASSOCIATION = 101
_EVERYTHING = DomainList("domains/everything", ("*",))


def lower_dns(intent: Intent, settings: Settings) -> tuple[DnsFirewall, tuple[Use, ...], tuple[Finding, ...]]:
    """The rule group of the VPC. An intent with no names and no services closes DNS."""
    allowed = (
        *_allow("services", _services(intent), _SERVICES_FROM),
        *_allow("names", _names(intent, wildcard=False), _NAMES_FROM),
        *_allow("wildcards", _names(intent, wildcard=True), _WILDCARDS_FROM),
    )
    firewall = DnsFirewall(
        id="dns-firewall",
        rules=(*(_threats() if allowed else ()), *allowed, _block_the_rest()),
        association_priority=_ASSOCIATION,
        mutation_protection=not settings.maintenance,
    )
    return firewall, tuple(_uses(firewall)), tuple(_findings(intent))


def _services(intent: Intent) -> dict[str, Origin]:
    """What clients of the endpoints ask for: DNS Firewall filters the endpoints' private names too."""
    found: dict[str, Origin] = {}
    for agent in intent.agents:
        for reach in agent.services:
            for host in SERVICES[reach.service].hosts:
                found[host] = found.get(host, Origin()) | reach.origin
    return found


def _names(intent: Intent, *, wildcard: bool) -> dict[str, Origin]:
    """``*.x`` means to DNS Firewall what it means in a policy: all below ``x``, and not ``x``."""
    found: dict[str, Origin] = {}
    for agent in intent.agents:
        for reach in agent.names:
            if reach.name.wildcard is wildcard:
                found[str(reach.name)] = found.get(str(reach.name), Origin()) | reach.origin
    return found


def _allow(kind: str, names: Mapping[str, Origin], priority: int) -> Iterator[DnsRule]:
    shelves = partition(tuple(sorted(names)), digest, _fits)
    for index, (shelf, some) in enumerate(shelves):
        yield DnsRule(
            priority=priority + _STEP * index,
            action=DnsAction.ALLOW,
            domains=DomainList(f"domains/{kind}-{shelf}".rstrip("-"), some),
            threat=None,
            confidence=None,
            qtype=QUERY_TYPE,
            response=None,
            trust_redirection=TRUST_REDIRECTION,
            origin=merged([names[name] for name in some]),
        )


def _fits(names: tuple[str, ...]) -> bool:
    return len(names) <= QUOTAS["dns-domains-per-list"].limit


def _threats() -> Iterator[DnsRule]:
    for index, (threat, confidence) in enumerate(THREATS):
        yield DnsRule(
            priority=_THREATS_FROM + _STEP * index,
            action=DnsAction.BLOCK,
            domains=None,
            threat=threat,
            confidence=confidence,
            qtype=None,
            response="NODATA",
            trust_redirection=False,
            origin=Origin(),
        )


def _block_the_rest() -> DnsRule:
    """No data rather than no such name: this rule also answers the other query types of allowed names.

    A client that hears NXDOMAIN for AAAA may take the name for missing and not ask for A (RFC 8020).
    """
    return DnsRule(
        priority=_LAST,
        action=DnsAction.BLOCK,
        domains=_EVERYTHING,
        threat=None,
        confidence=None,
        qtype=None,
        response="NODATA",
        trust_redirection=TRUST_REDIRECTION,
        origin=Origin(),
    )


def _uses(firewall: DnsFirewall) -> Iterator[Use]:
    yield Use("dns-rules-per-group", len(firewall.rules), firewall.id)
    for rule in firewall.rules:
        if rule.domains is not None:
            yield Use("dns-domains-per-list", len(rule.domains.domains), rule.domains.id)


def _findings(intent: Intent) -> Iterator[Finding]:
    for agent in intent.agents:
        for reach in agent.names:
            if "_" in reach.name.name:
                yield Finding(
                    UNDERSCORE,
                    f"DNS Firewall may refuse {reach.name}",
                    reach.origin.spans[0],
                    got="an underscore",
                    allowed="letters, digits and hyphens",
                )
