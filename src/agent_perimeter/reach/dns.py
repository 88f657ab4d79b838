"""DNS: which queries of a VPC get past DNS Firewall, out through the VPC's resolver.

DNS Firewall asks the rule groups of a VPC by priority, and in each its rules by priority; the first rule that
matches decides, and ALLOW, ALERT and BLOCK all end the inspection (Route 53 developer guide, "Rule actions in
DNS Firewall"). What no rule matches is resolved. A query needs no route and no security group: the resolver
answers every instance of the VPC (VPC user guide, "Amazon DNS server").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Chain, Link
from agent_perimeter.names import ALL_NAMES, NO_NAMES, NameSet
from agent_perimeter.observed import DnsAssociation, DnsRule, DnsRuleGroup, Doubt, ObservedNetwork, ResolverRule, Vpc
from agent_perimeter.queries import ALL_QUERIES, QUERY_TYPES, Query, QuerySet
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome, Step

EVERY_NAME = "."
"""The domain of a Resolver rule that forwards everything."""

_AMAZON = "amazonprovideddns"
_LINK_LOCAL = {"169.254.169.253", "fd00:ec2::253"}

_RESOLVES = "no DNS Firewall rule matches, so the query is resolved"


@dataclass(frozen=True, slots=True)
class Forward:
    """A Resolver rule: queries for ``domain`` and below that DNS Firewall lets out go to the servers in ``targets``."""

    domain: str
    targets: tuple[str, ...]
    origin: Origin
    doubts: tuple[Doubt, ...] = ()

    @property
    def names(self) -> NameSet:
        if self.domain == EVERY_NAME:
            return ALL_NAMES
        return NameSet.exact(self.domain) | NameSet.below(self.domain)


@dataclass(frozen=True, slots=True)
class DnsLayer:
    """DNS of one VPC.

    ``permitted``: the queries that the VPC's resolver answers or passes on. ``present``: DNS Firewall has a rule
    group here, or may have. ``inspected``: allowed names whose redirections (CNAME) must be allowed as well, so
    that an answer is not sure. ``forwards``: Resolver rules. ``other_servers``: name servers from DHCP options
    that are not the VPC's resolver; queries to them are packets to port 53, which DNS Firewall never sees.
    ``doubts``: what is not known about the last two.
    """

    permitted: Bounds[QuerySet]
    chain: Chain[QuerySet]
    present: bool
    inspected: NameSet
    forwards: tuple[Forward, ...]
    other_servers: tuple[str, ...]
    doubts: tuple[Doubt, ...]
    threats: tuple[str, ...]

    @property
    def layer(self) -> Layer:
        return Layer.DNS

    @property
    def resolvable(self) -> Bounds[NameSet]:
        """The names that may be asked for an address: what the resolver can have given an address for."""
        return Bounds(_addresses(self.permitted.least), _addresses(self.permitted.most))

    def decide(self, query: Query) -> Step:
        """What happens to one query, and by which rule."""
        asked = Query(query.name.lower().removesuffix("."), query.type)
        decision = self.chain.decide(asked)
        words = [link.rule for link in decision.links]
        outcome = Outcome(decision.outcome.value)
        if self.threats and outcome is not Outcome.DENIES:
            words.append(f"unless it looks like {' or '.join(self.threats)}, which is blocked first")
        doubts = decision.doubts if outcome is Outcome.PERHAPS else ()
        return Step(Layer.DNS, outcome, "; ".join(words), decision.links[-1].origin, doubts)


def _addresses(queries: QuerySet) -> NameSet:
    return queries.names("A") | queries.names("AAAA")


def _in_order(associations: Iterable[DnsAssociation]) -> Iterator[DnsAssociation]:
    """With the place of each in doubt that shares its priority, which AWS never lets two have: either may be first."""
    found = tuple(associations)
    times = Counter(each.priority for each in found)
    for each in found:
        shared = isinstance(each.priority, int) and times[each.priority] > 1
        doubt = Doubt(f"{times[each.priority]} rule groups have the priority {each.priority}", each.origin.path)
        yield replace(each, priority=doubt) if shared else each


def dns_layer(network: ObservedNetwork, vpc: Vpc) -> DnsLayer:
    """The DNS of a VPC, with its DNS Firewall."""
    associations = tuple(_in_order(each for each in network.dns_associations if _may_be(each.vpc, vpc)))
    unread = tuple(_profiles(network, vpc))
    rules = _Rules()
    for association in associations:
        rules.add(association, _group(network, association))
    for rule in unread:
        rules.float_anything(_unknown_rules(rule), rule.origin, "a Route 53 profile or Resolver rule that was not read")
    present = bool(associations or unread)
    links = (*_resolver(vpc), *_fail_open(network, vpc), *rules.links())
    chain = Chain(links, Link.always(ALL_QUERIES, _RESOLVES, allow=True, origin=Origin(path=vpc.origin.path)))
    permitted = chain.permitted
    servers, doubts = _servers(network, vpc)
    forwards = tuple(_forwards(network, vpc))
    return DnsLayer(
        permitted=permitted,
        chain=chain,
        present=present,
        inspected=rules.inspected() & _addresses(permitted.most) if permitted.most != ALL_QUERIES else NO_NAMES,
        forwards=forwards,
        other_servers=servers,
        doubts=tuple(dict.fromkeys((*doubts, *(doubt for forward in forwards for doubt in forward.doubts)))),
        threats=tuple(dict.fromkeys(rules.threats)),
    )


THREATS = ("DGA", "DICTIONARY_DGA", "DNS_TUNNELING")
"""What DNS Firewall Advanced looks for (Route 53 developer guide)."""


def unwatched(network: ObservedNetwork, vpc: Vpc) -> tuple[str, ...]:
    """The threats that no rule surely blocks before the first one that lets a name out."""
    blocking: list[tuple[tuple[int, int], str]] = []
    opening: list[tuple[int, int]] = []
    for association in network.dns_associations:
        group = _group(network, association)
        if isinstance(group, Doubt) or not _may_be(association.vpc, vpc):
            continue
        for rule in group.rules:
            first, second = association.priority, rule.priority
            place = (first, second) if isinstance(first, int) and isinstance(second, int) else None
            unsure = association.vpc != vpc.id or association.maybe or group.maybe or rule.maybe
            if rule.action != "BLOCK":
                opening.append(place or (0, 0))
            elif isinstance(rule.threat, str) and place is not None and not unsure:
                blocking.append((place, rule.threat))
    start = min(opening, default=None)
    stopped = {threat for place, threat in blocking if start is None or place < start}
    return tuple(threat for threat in THREATS if threat not in stopped)


def _may_be(ref: object, vpc: Vpc) -> bool:
    return ref == vpc.id or isinstance(ref, Doubt)


def _group(network: ObservedNetwork, association: DnsAssociation) -> DnsRuleGroup | Doubt:
    if isinstance(association.group, Doubt):
        return association.group
    missing = Doubt(f"the rule group {association.group} was not found", association.origin.path)
    return next((group for group in network.dns_groups if group.id == association.group), missing)


def _resolver(vpc: Vpc) -> Iterator[Link[QuerySet]]:
    """Without DNS support the VPC has no resolver at all (VPC user guide, DNS attributes)."""
    if vpc.dns_support is not True:
        doubt = vpc.dns_support if isinstance(vpc.dns_support, Doubt) else None
        match = Bounds.at_most(ALL_QUERIES) if doubt else Bounds.exactly(ALL_QUERIES)
        rule = "the VPC has no resolver (enableDnsSupport is off)"
        yield Link(match, allow=False, rule=rule, origin=vpc.origin, doubts=(doubt,) if doubt else ())


def _fail_open(network: ObservedNetwork, vpc: Vpc) -> Iterator[Link[QuerySet]]:
    """A VPC that fails open resolves everything while DNS Firewall does not answer (Resolver API, FirewallConfig)."""
    for settings in network.dns_settings:
        if _may_be(settings.vpc, vpc) and settings.fail_open is not False:
            reason = Doubt("DNS Firewall fails open: while it is impaired, every name resolves", settings.origin.path)
            doubts = (settings.fail_open,) if isinstance(settings.fail_open, Doubt) else (reason,)
            rule = "DNS Firewall fails open"
            yield Link(Bounds.at_most(ALL_QUERIES), allow=True, rule=rule, origin=settings.origin, doubts=doubts)


class _Rules:
    """The rules of a VPC as links, in the order in which DNS Firewall asks them.

    A rule whose place in that order is not known may come first: there it may allow, or may block. Wherever it
    stands, what it surely blocks and no other rule allows is blocked, so it also stands at the end.
    """

    def __init__(self) -> None:
        self._placed: list[tuple[tuple[int, str], list[Link[QuerySet]]]] = []
        self._floating: list[Link[QuerySet]] = []
        self._inspecting: set[tuple[str, Origin]] = set()
        self.threats: list[str] = []

    def add(self, association: DnsAssociation, group: DnsRuleGroup | Doubt) -> None:
        """The rules of one group. Whether it is on this VPC may itself be in doubt."""
        doubts = _doubts(association.maybe, association.vpc)
        priority = association.priority
        if isinstance(group, Doubt):
            links = _anything((*doubts, group), association.origin, "a rule group that was not read")
            fixed, floating = (links, []) if isinstance(priority, int) else ([], links)
        else:
            fixed, floating = self._of_group(group, (*doubts, *_doubts(group.maybe)))
        if isinstance(priority, Doubt):
            floating, fixed = [*floating, *(_doubted(link, priority) for link in fixed)], []
        self._floating.extend(floating)
        self._placed.append(((priority if isinstance(priority, int) else 0, association.id), fixed))

    def float_anything(self, doubts: tuple[Doubt, ...], origin: Origin, rule: str) -> None:
        """Rules of which nothing is known, not even whether there are any."""
        self._floating.extend(_anything(doubts, origin, rule))

    def links(self) -> tuple[Link[QuerySet], ...]:
        """All the links, first to last."""
        front = [replace(link, match=Bounds.at_most(link.match.most)) for link in self._floating]
        placed = [link for _, links in sorted(self._placed, key=lambda each: each[0]) for link in links]
        return (*front, *placed, *(link for link in self._floating if not link.allow))

    def inspected(self) -> NameSet:
        """The names whose redirections are inspected too: those that a rule which does so may be the one to decide."""
        left = ALL_QUERIES
        found: list[NameSet] = []
        for link in self.links():
            if (link.rule, link.origin) in self._inspecting:
                found.append(_addresses(link.match.most & left))
            left = left - link.match.least
        return NameSet.union(found)

    def _of_group(
        self, group: DnsRuleGroup, doubts: tuple[Doubt, ...]
    ) -> tuple[list[Link[QuerySet]], list[Link[QuerySet]]]:
        placed: list[tuple[int, str, list[Link[QuerySet]]]] = []
        floating: list[Link[QuerySet]] = []
        for rule in group.rules:
            links = self._of_rule(rule, (*doubts, *_doubts(rule.maybe)))
            if isinstance(rule.priority, int):
                placed.append((rule.priority, rule.id, links))
            else:
                floating.extend(_doubted(link, rule.priority) for link in links)
        return [link for _, _, links in sorted(placed, key=lambda each: each[:2]) for link in links], floating

    def _of_rule(self, rule: DnsRule, doubts: tuple[Doubt, ...]) -> list[Link[QuerySet]]:
        verdicts = {"ALLOW": (True,), "ALERT": (True,), "BLOCK": (False,)}.get(str(rule.action), (True, False))
        if len(verdicts) > 1:
            unread = rule.action if isinstance(rule.action, Doubt) else _unknown(f"the action {rule.action}", rule)
            doubts = (*doubts, unread)
        if False in verdicts and rule.response == "OVERRIDE" and not isinstance(rule.override, str):
            unread = rule.override or _unknown("BLOCK with OVERRIDE and no BlockOverrideDomain", rule)
            doubts = (*doubts, unread)
        if rule.threat is not None and rule.domains is None:
            return self._of_threat(rule, verdicts, doubts)
        match, unsure = _match(rule)
        doubts = (*doubts, *unsure)
        known = len(verdicts) == 1 and len(doubts) == len(unsure)
        links = [
            Link(match if known else Bounds.at_most(match.most), allow, _words(rule, allow=allow), rule.origin, doubts)
            for allow in verdicts
        ]
        for link in links:
            if link.allow and rule.trust_redirection is not True:
                self._inspecting.add((link.rule, link.origin))
        return links

    def _of_threat(self, rule: DnsRule, verdicts: tuple[bool, ...], doubts: tuple[Doubt, ...]) -> list[Link[QuerySet]]:
        """A rule for queries that look like an attack, which nobody can tell of a name beforehand.

        One that blocks makes nothing that is let out safer, and no name that is allowed unreachable. One that
        alerts lets out whatever looks that way, for it ends the inspection.
        """
        threat = "a threat" if isinstance(rule.threat, Doubt) else str(rule.threat)
        if False in verdicts and not doubts:
            self.threats.append(threat)
        if True not in verdicts:
            return []
        looks = Doubt(f"a query that looks like {threat} is let out, whatever it asks for", rule.origin.path)
        words = f"rule {_number(rule)} lets out queries that look like {threat}"
        return [Link(Bounds.at_most(ALL_QUERIES), True, words, rule.origin, (*doubts, looks))]


def _doubts(*found: object) -> tuple[Doubt, ...]:
    return tuple(doubt for doubt in found if isinstance(doubt, Doubt))


def _unknown(what: str, rule: DnsRule) -> Doubt:
    return Doubt(f"{what} is not known to DNS Firewall", rule.origin.path)


def _doubted(link: Link[QuerySet], doubt: Doubt) -> Link[QuerySet]:
    return replace(link, doubts=(*link.doubts, doubt))


def _anything(doubts: tuple[Doubt, ...], origin: Origin, rule: str) -> list[Link[QuerySet]]:
    """Rules that may allow or block anything."""
    anything = Bounds.at_most(ALL_QUERIES)
    return [
        Link(anything, allow=True, rule=f"{rule} may allow it", origin=origin, doubts=doubts),
        Link(anything, allow=False, rule=f"{rule} may block it", origin=origin, doubts=doubts),
    ]


def _match(rule: DnsRule) -> tuple[Bounds[QuerySet], tuple[Doubt, ...]]:
    """The queries that a rule matches by its domains and its query type, and what is not known about them."""
    names, unread = _domains(rule)
    surely, perhaps, untyped = _types(rule)
    return Bounds(QuerySet.of(names.least, surely), QuerySet.of(names.most, perhaps)), (*unread, *untyped)


_LABELS = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


def _domains(rule: DnsRule) -> tuple[Bounds[NameSet], tuple[Doubt, ...]]:
    """The names that a rule matches: ``x`` that name, ``*.x`` every name below it, ``*`` every name.

    Route 53 developer guide, "Creating domain lists": an asterisk may only stand first. What ``*x`` without the
    dot matches is not documented. Placeholders are letters of a name that only AWS can fill in.
    """
    if rule.domains is None or isinstance(rule.domains, Doubt):
        return Bounds.at_most(ALL_NAMES), (rule.domains or _unknown("what the rule matches", rule),)
    exact: list[str] = []
    below: list[str] = []
    doubts: list[Doubt] = []
    least, most = NO_NAMES, NO_NAMES
    for domain in rule.domains:
        name = "" if isinstance(domain, Doubt) else domain.lower().removesuffix(".")
        if name == "*":
            least = ALL_NAMES
        elif _LABELS.fullmatch(_PLACEHOLDER.sub("x", name.removeprefix("*."))):
            (below if name.startswith("*.") else exact).append(name.removeprefix("*."))
        else:
            most = ALL_NAMES
            doubts.append(domain if isinstance(domain, Doubt) else _unknown(f"the domain {domain!r}", rule))
    least = least | NameSet.exact(*exact) | NameSet.below(*below)
    return Bounds(least, least | most), tuple(dict.fromkeys(doubts))


_NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        "TYPE1": "A",
        "TYPE2": "NS",
        "TYPE5": "CNAME",
        "TYPE6": "SOA",
        "TYPE10": "NULL",
        "TYPE12": "PTR",
        "TYPE15": "MX",
        "TYPE16": "TXT",
        "TYPE28": "AAAA",
        "TYPE33": "SRV",
        "TYPE64": "SVCB",
        "TYPE65": "HTTPS",
        "TYPE255": "ANY",
        "TYPE257": "CAA",
    }
)
"""Query types by number (IANA, DNS parameters), as DNS Firewall spells them."""


def _types(rule: DnsRule) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Doubt, ...]]:
    """The query types that a rule matches: surely, perhaps, and why the two differ."""
    if rule.qtype is None:
        return QUERY_TYPES, QUERY_TYPES, ()
    if isinstance(rule.qtype, Doubt):
        return (), QUERY_TYPES, (rule.qtype,)
    text = rule.qtype.upper()
    named = _NUMBERS.get(text, text)
    if named in QUERY_TYPES and named != "OTHER":
        return (named,), (named,), ()
    # One of the types that are not told apart here: some of the rest, not all of it.
    return (), ("OTHER",), (Doubt(f"which queries are of type {text}", rule.origin.path),)


def _number(rule: DnsRule) -> str:
    return "?" if isinstance(rule.priority, Doubt) else str(rule.priority)


def _words(rule: DnsRule, *, allow: bool) -> str:
    if isinstance(rule.domains, tuple) and len(rule.domains) == 1 and isinstance(rule.domains[0], str):
        what = "every name" if rule.domains[0] == "*" else rule.domains[0]
    else:
        what = f"{len(rule.domains)} domains" if isinstance(rule.domains, tuple) else "an unknown domain list"
    type_ = f"{rule.qtype} queries for " if isinstance(rule.qtype, str) else ""
    verb = "blocks" if not allow else "lets out and reports" if rule.action == "ALERT" else "allows"
    return f"rule {_number(rule)} {verb} {type_}{what}{_remark(rule, allow=allow)}"


def _remark(rule: DnsRule, *, allow: bool) -> str:
    if not allow and rule.response == "OVERRIDE":
        return f", and sends the client to {rule.override} instead"
    if allow and rule.trust_redirection is not True:
        return ", where every name that it is redirected to is allowed too"
    return ""


def _profiles(network: ObservedNetwork, vpc: Vpc) -> Iterator[ResolverRule]:
    """Route 53 profiles and rules that could not be read; a profile can bring DNS Firewall rule groups of its own."""
    for rule in network.resolver_rules:
        if _may_be(rule.vpc, vpc) and isinstance(rule.domain, Doubt) and isinstance(rule.kind, Doubt):
            yield rule


def _unknown_rules(rule: ResolverRule) -> tuple[Doubt, ...]:
    return _doubts(rule.domain, rule.maybe)


def _forwards(network: ObservedNetwork, vpc: Vpc) -> Iterator[Forward]:
    """Resolver rules that send queries to other servers. SYSTEM and RECURSIVE rules leave them with the resolver."""
    for rule in network.resolver_rules:
        if _may_be(rule.vpc, vpc) and str(rule.kind) not in {"SYSTEM", "RECURSIVE"}:
            domain = EVERY_NAME if isinstance(rule.domain, Doubt) else rule.domain.lower().removesuffix(".")
            targets = tuple(target for target in rule.targets if isinstance(target, str))
            doubts = _doubts(rule.maybe, rule.vpc, rule.domain, rule.kind, *rule.targets)
            yield Forward(domain or EVERY_NAME, targets, rule.origin, tuple(dict.fromkeys(doubts)))


def _servers(network: ObservedNetwork, vpc: Vpc) -> tuple[tuple[str, ...], tuple[Doubt, ...]]:
    """The name servers that DHCP options hand out beside the VPC's resolver."""
    own = {_AMAZON, *_LINK_LOCAL, *_plus_two(vpc.cidrs)}
    servers: list[str] = []
    doubts: list[Doubt] = []
    for options in network.dhcp_options:
        if _may_be(options.vpc, vpc):
            doubts.extend(_doubts(options.maybe, options.vpc, *options.servers))
            servers.extend(each for each in options.servers if isinstance(each, str) and each.lower() not in own)
    return tuple(dict.fromkeys(servers)), tuple(dict.fromkeys(doubts))


def _plus_two(cidrs: Iterable[Cidr | Doubt]) -> Iterator[str]:
    """The resolver's address: the base of a block of the VPC plus two (VPC user guide, "Amazon DNS server")."""
    for block in cidrs:
        if isinstance(block, Cidr):
            yield str(Cidr(4, block.base + 2, 32)).removesuffix("/32")
