"""Random perimeters over a small world, in which rules meet, overlap and shadow each other."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from agent_perimeter.intent import Intent, resolve
from agent_perimeter.policy.model import About, AddressRule, Block, DomainRule, Policy, PortRule
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol

AGENTS = ("ann", "bob", "eve")
NAMES = ("one.example", "deep.one.example", "two.example")
TARGETS = ("198.51.100.1", "198.51.100.17", "203.0.113.1")
PORTS = (80, 443, 8443)
BLOCKS = ("198.51.100.0/28", "198.51.100.16/28", "198.51.100.0/24", "203.0.113.0/29")

_lines = st.integers(1, 400)
_blocks = st.sampled_from([Cidr.parse(block) for block in BLOCKS])
_carriers = st.sampled_from([PortRange.single(80), PortRange.single(443)])
_ports = st.one_of(
    st.sampled_from([PortRange.single(port) for port in PORTS]),
    st.just(PortRange(79, 444)),
    st.just(PortRange(8000, 9000)),
)


def _span(agent: str, line: int) -> Span:
    return Span(f"{agent}.yaml", line, 7)


@st.composite
def _domain(draw: st.DrawFn, agent: str) -> DomainRule:
    wildcard = draw(st.booleans())
    # Outside 443 and 80 only an exact name can be held.
    ports = draw(_carriers if wildcard else _ports)
    pattern = DomainPattern(draw(st.sampled_from(NAMES)), wildcard)
    span = _span(agent, draw(_lines))
    pins = draw(st.lists(_blocks, max_size=2, unique=True))
    return DomainRule(
        name=pattern,
        ports=(PortRule(Protocol.TCP, ports, span),),
        ports_given=True,
        addresses=tuple(Block(pin, span) for pin in pins),
        about=About(),
        span=span,
        name_span=span,
    )


@st.composite
def _address(draw: st.DrawFn, agent: str) -> AddressRule:
    span = _span(agent, draw(_lines))
    holes = draw(st.lists(_blocks, max_size=1))
    protocol = draw(st.sampled_from([Protocol.TCP, Protocol.UDP]))
    return AddressRule(
        block=Block(draw(_blocks), span),
        excepts=tuple(Block(hole, span) for hole in holes),
        ports=(PortRule(protocol, draw(_ports), span),),
        about=About(),
        span=span,
    )


def _policy(agent: str) -> st.SearchStrategy[Policy]:
    rules = st.lists(st.one_of(_domain(agent), _domain(agent), _address(agent)), max_size=5)
    return rules.map(lambda listed: Policy(agent, tuple(listed), _span(agent, 1)))


def intents() -> st.SearchStrategy[Intent]:
    """Perimeters of three agents, any of which may have nothing."""
    return st.tuples(*map(_policy, AGENTS)).map(lambda policies: resolve(policies, date(2026, 11, 22)))
