"""Random policies and intents for Hypothesis, drawn from small pools so that rules overlap and repeat.

They are what the loader and the lint let through: TCP and UDP, IPv4, ports where they are needed. The
pools hold the awkward cases: adjacent blocks, holes, ranges across 80 and 443, more blocks than a network
ACL has entries, the neighbourhood of the VPC itself.
"""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.intent import Intent, resolve
from agent_perimeter.policy.model import About, AddressRule, Block, DomainRule, Policy, PortRule, Rule, ServiceRule
from agent_perimeter.settings import Settings
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol

TODAY = date(2026, 11, 22)

AGENTS = ("a-1", "a1", "bot", "bot-1", "coder", "db-agent", "research-bot", "web")
"""``a-1`` and ``a1`` are one word without the hyphen."""

NAMES = tuple(
    DomainPattern(name.removeprefix("*."), name.startswith("*."))
    for name in (
        "api.example.com",
        "*.example.com",
        "example.com",
        "pypi.org",
        "*.files.example.net",
        "xn--bcher-kva.example",
    )
)

_WIDE = tuple(
    Cidr.parse(text)
    for text in (
        "198.51.100.0/24", "198.51.100.0/25", "198.51.100.128/25", "198.51.101.0/24", "203.0.113.0/28", "192.0.2.77/32",
        "8.0.0.0/7", "10.41.0.0/16", "10.43.0.0/16", "10.0.0.0/8", "255.255.255.255/32", "0.0.0.0/32",
    )
)  # fmt: skip
_SPREAD = tuple(Cidr(4, 0xC6336600 + 8 * number, 32) for number in range(32))
"""Single addresses that no two share a block of 8: as many rules as there are addresses."""

_PORTS = tuple(
    PortRange(first, last)
    for first, last in (
        (22, 22), (53, 53), (79, 81), (80, 80), (440, 450), (443, 443), (444, 444), (1000, 1050), (1023, 1024),
        (5432, 5440), (5440, 5450), (0, 0), (65535, 65535), (32768, 65535),
    )
)  # fmt: skip

_RESOURCES = (
    "*",
    "arn:aws:s3:::corpus/*",
    "arn:aws:s3:::corp-*",
    "arn:aws:dynamodb:*:111122223333:table/t",
    "arn:aws:bedrock:us-east-1::foundation-model/m",
)


@st.composite
def _ports(draw: st.DrawFn, protocols: tuple[Protocol, ...]) -> tuple[PortRule, ...]:
    chosen = draw(st.lists(st.tuples(st.sampled_from(protocols), st.sampled_from(_PORTS)), min_size=1, max_size=3))
    return tuple(PortRule(protocol, ports, Span("ports", 1, 1)) for protocol, ports in chosen)


@st.composite
def cidrs(draw: st.DrawFn) -> Cidr:
    """An IPv4 block: from the pool, or any of /20 or smaller around 198.51.96.0."""
    if draw(st.booleans()):
        return draw(st.sampled_from(_WIDE))
    prefix = draw(st.integers(20, 32))
    return Cidr.parse("198.51.96.0/20").subnet(prefix, draw(st.integers(0, (1 << (prefix - 20)) - 1)))


def _blocks(cidr: st.SearchStrategy[Cidr], most: int) -> st.SearchStrategy[tuple[Block, ...]]:
    return st.lists(cidr, max_size=most).map(lambda found: tuple(Block(block, Span("block", 1, 1)) for block in found))


@st.composite
def domain_rules(draw: st.DrawFn, span: Span) -> DomainRule:
    ports = draw(st.just(()) | _ports((Protocol.TCP,)))
    https = (PortRule(Protocol.TCP, PortRange.single(443), span),)
    return DomainRule(
        name=draw(st.sampled_from(NAMES)),
        ports=ports or https,
        ports_given=bool(ports),
        addresses=draw(_blocks(cidrs(), 2)),
        about=About(),
        span=span,
        name_span=span,
    )


@st.composite
def address_rules(draw: st.DrawFn, span: Span) -> AddressRule:
    block = draw(cidrs())
    return AddressRule(
        block=Block(block, span),
        excepts=draw(_blocks(cidrs().filter(lambda hole: hole in block and hole != block), 2)),
        ports=draw(_ports((Protocol.TCP, Protocol.UDP))),
        about=About(),
        span=span,
    )


@st.composite
def service_rules(draw: st.DrawFn, span: Span) -> ServiceRule:
    """One of four services, two of them behind gateway endpoints."""
    service = SERVICES[draw(st.sampled_from(("bedrock-runtime", "dynamodb", "s3", "sts")))]
    verbs = draw(st.lists(st.sampled_from(("Get", "List", "Put")), min_size=1, max_size=2))
    resources = draw(st.lists(st.sampled_from(_RESOURCES), min_size=1, max_size=2))
    actions = tuple(f"{service.iam[0]}:{verb}" for verb in verbs)
    return ServiceRule(service.name, actions, tuple(resources), About(), span, span)


@st.composite
def policies(draw: st.DrawFn, agent: str) -> Policy:
    """One agent's policy of up to five rules; now and then one rule a line for many single addresses."""
    file = f"policies/{agent}.yaml"
    rules: list[Rule] = []
    for line in range(2, 2 + draw(st.integers(0, 5))):
        span = Span(file, line, 7)
        rules.append(draw(st.one_of(domain_rules(span), address_rules(span), service_rules(span))))
    if draw(st.integers(0, 4)) == 0:
        ports = (PortRule(Protocol.TCP, draw(st.sampled_from(_PORTS)), Span(file, 99, 9)),)
        for line, block in enumerate(_SPREAD[: draw(st.integers(10, 32))], start=100):
            span = Span(file, line, 7)
            rules.append(AddressRule(Block(block, span), (), ports, About(), span))
    return Policy(agent, tuple(rules), Span(file, 1, 1))


@st.composite
def perimeters(draw: st.DrawFn, most: int = 4) -> tuple[Policy, ...]:
    """The policies of up to ``most`` agents."""
    agents = draw(st.lists(st.sampled_from(AGENTS), max_size=most, unique=True))
    return tuple(draw(policies(agent)) for agent in agents)


def intents(most: int = 4) -> st.SearchStrategy[Intent]:
    """What the policies of up to ``most`` agents mean."""
    return perimeters(most).map(lambda found: resolve(found, TODAY))


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    """One to three zones in a VPC of /16 to /20."""
    return Settings(
        vpc_cidr=Cidr.parse(f"10.42.0.0/{draw(st.sampled_from((16, 18, 20)))}"),
        zones=(None,) * draw(st.integers(1, 3)),
    )
