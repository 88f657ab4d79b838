"""From what files say to what they mean on a day: expiry, holes, ports, repeated rules."""

from __future__ import annotations

from datetime import date

import pytest

from agent_perimeter.intent import (
    AgentIntent,
    Claim,
    Intent,
    NameReach,
    ServiceReach,
    claim_of,
    is_expired,
    origin_of,
    resolve,
)
from agent_perimeter.packets import AddressSet
from agent_perimeter.policy.model import About, AddressRule, Block, DomainRule, Policy, PortRule, Rule, ServiceRule
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol

TODAY = date(2026, 11, 22)


def at(line: int) -> Span:
    return Span("bot.yaml", line, 7)


def ports(*texts: str) -> tuple[PortRule, ...]:
    """``TCP 443`` or ``UDP 8000-8010``."""
    found = []
    for text in texts:
        protocol, _, numbers = text.partition(" ")
        first, _, last = numbers.partition("-")
        found.append(PortRule(Protocol(protocol), PortRange(int(first), int(last or first)), at(99)))
    return tuple(found)


def blocks(*texts: str) -> tuple[Block, ...]:
    return tuple(Block(Cidr.parse(text), at(98)) for text in texts)


def domain(
    line: int, name: str, *port_texts: str, pins: tuple[str, ...] = (), expires: date | None = None
) -> DomainRule:
    pattern = DomainPattern(name.removeprefix("*."), name.startswith("*."))
    about = About(expires=expires)
    return DomainRule(
        pattern, ports(*port_texts or ("TCP 443",)), bool(port_texts), blocks(*pins), about, at(line), at(line)
    )


def address(line: int, block: str, *port_texts: str, holes: tuple[str, ...] = ()) -> AddressRule:
    return AddressRule(blocks(block)[0], blocks(*holes), ports(*port_texts), About(), at(line))


def service(line: int, name: str, actions: tuple[str, ...], resources: tuple[str, ...] = ("*",)) -> ServiceRule:
    return ServiceRule(name, actions, resources, About(), at(line), at(line))


def meant(*rules: Rule) -> AgentIntent:
    return resolve([Policy("bot", rules, at(1))], TODAY).agents[0]


def names(agent: AgentIntent) -> list[tuple[str, str, str, str, str]]:
    """Name, claim, ports, pins, lines: one tuple a reach."""
    return [(str(n.name), n.claim.value, str(n.ports), str(n.pins), n.origin.short) for n in agent.names]


NAMES = {
    "TLS on 443": ([domain(2, "a.example")], [("a.example", "TLS", "443", "", "bot.yaml:2")]),
    "plain HTTP by Host on 80": (
        [domain(2, "a.example", "TCP 80")],
        [("a.example", "HTTP", "80", "", "bot.yaml:2")],
    ),
    "only the resolved address tells on another port": (
        [domain(2, "a.example", "TCP 8443")],
        [("a.example", "RESOLVED", "8443", "", "bot.yaml:2")],
    ),
    "80 and 443 are cut out of a longer range": (
        [domain(2, "a.example", "TCP 79-444")],
        [
            ("a.example", "RESOLVED", "79", "", "bot.yaml:2"),
            ("a.example", "HTTP", "80", "", "bot.yaml:2"),
            ("a.example", "RESOLVED", "81-442", "", "bot.yaml:2"),
            ("a.example", "TLS", "443", "", "bot.yaml:2"),
            ("a.example", "RESOLVED", "444", "", "bot.yaml:2"),
        ],
    ),
    "overlapping ranges of one rule are one": (
        [domain(2, "a.example", "TCP 8000-8010", "TCP 8005-8020")],
        [("a.example", "RESOLVED", "8000-8020", "", "bot.yaml:2")],
    ),
    "UDP never opens the TCP port of that number": ([domain(2, "a.example", "UDP 443")], []),
    "a name written twice names both lines": (
        [domain(3, "a.example"), domain(2, "a.example")],
        [("a.example", "TLS", "443", "", "bot.yaml:2 bot.yaml:3")],
    ),
    "pins of a name written twice add up": (
        [domain(2, "a.example", pins=("192.0.2.0/25",)), domain(3, "a.example", pins=("192.0.2.128/25",))],
        [("a.example", "TLS", "443", "192.0.2.0/24", "bot.yaml:2 bot.yaml:3")],
    ),
    "a name written once without pins has none": (
        [domain(2, "a.example", pins=("192.0.2.0/25",)), domain(3, "a.example")],
        [("a.example", "TLS", "443", "", "bot.yaml:2 bot.yaml:3")],
    ),
    "whichever of the two comes first": (
        [domain(2, "a.example"), domain(3, "a.example", pins=("192.0.2.0/25",))],
        [("a.example", "TLS", "443", "", "bot.yaml:2 bot.yaml:3")],
    ),
    "the wildcard is not the name": (
        [domain(2, "*.a.example"), domain(3, "a.example")],
        [("a.example", "TLS", "443", "", "bot.yaml:3"), ("*.a.example", "TLS", "443", "", "bot.yaml:2")],
    ),
    "the last day counts": (
        [domain(2, "a.example", expires=TODAY)],
        [("a.example", "TLS", "443", "", "bot.yaml:2")],
    ),
    "the day after it is gone": ([domain(2, "a.example", expires=date(2026, 11, 21))], []),
}


@pytest.mark.parametrize(("rules", "expected"), NAMES.values(), ids=NAMES)
def test_a_domain_rule_reaches(rules: list[Rule], expected: list[tuple[str, str, str, str, str]]) -> None:
    assert names(meant(*rules)) == expected


ADDRESSES = {
    "a block on its ports": (
        [address(2, "198.51.100.0/24", "TCP 5432-5440")],
        [("198.51.100.0/24", "TCP", "5432-5440", "bot.yaml:2")],
    ),
    "holes are cut": (
        [address(2, "198.51.100.0/24", "TCP 22", holes=("198.51.100.128/25", "198.51.100.0/26"))],
        [("198.51.100.64/26", "TCP", "22", "bot.yaml:2")],
    ),
    "a block that is all hole reaches nothing": (
        [address(2, "198.51.100.0/24", "TCP 22", holes=("198.51.0.0/16",))],
        [],
    ),
    "a block without ports reaches nothing": ([address(2, "198.51.100.0/24")], []),
    "each protocol by itself": (
        [address(2, "198.51.100.0/24", "UDP 53", "TCP 53", "UDP 54")],
        [("198.51.100.0/24", "TCP", "53", "bot.yaml:2"), ("198.51.100.0/24", "UDP", "53-54", "bot.yaml:2")],
    ),
    "the same addresses twice are one reach of both lines": (
        [address(2, "198.51.100.0/24", "TCP 22"), address(3, "198.51.100.0/24", "TCP 23")],
        [("198.51.100.0/24", "TCP", "22-23", "bot.yaml:2 bot.yaml:3")],
    ),
    "the same addresses by way of a hole": (
        [
            address(2, "198.51.100.0/25", "TCP 22"),
            address(3, "198.51.100.0/24", "TCP 80", holes=("198.51.100.128/25",)),
        ],
        [("198.51.100.0/25", "TCP", "22,80", "bot.yaml:2 bot.yaml:3")],
    ),
    "other addresses are another reach": (
        [address(3, "198.51.100.0/24", "TCP 22"), address(2, "192.0.2.0/24", "TCP 22")],
        [("192.0.2.0/24", "TCP", "22", "bot.yaml:2"), ("198.51.100.0/24", "TCP", "22", "bot.yaml:3")],
    ),
}


@pytest.mark.parametrize(("rules", "expected"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_rule_reaches(rules: list[Rule], expected: list[tuple[str, str, str, str]]) -> None:
    found = [(str(r.addresses), r.protocol.value, str(r.ports), r.origin.short) for r in meant(*rules).addresses]
    assert found == expected


def test_a_service_rule_grants_its_actions_and_resources_each_once_and_sorted() -> None:
    agent = meant(
        service(3, "s3", ("s3:PutObject", "s3:GetObject", "s3:GetObject"), ("arn:b", "arn:a", "arn:b")),
        service(2, "dynamodb", ("dynamodb:GetItem",)),
    )
    assert agent.services == (
        ServiceReach("dynamodb", ("dynamodb:GetItem",), ("*",), Origin((at(2),))),
        ServiceReach("s3", ("s3:GetObject", "s3:PutObject"), ("arn:a", "arn:b"), Origin((at(3),))),
    )


def test_two_rules_for_one_service_stay_two_grants() -> None:
    """Merged, the actions of each would hold on the resources of the other."""
    agent = meant(service(2, "s3", ("s3:GetObject",), ("arn:a",)), service(3, "s3", ("s3:PutObject",), ("arn:b",)))
    assert [(r.actions, r.resources) for r in agent.services] == [
        (("s3:GetObject",), ("arn:a",)),
        (("s3:PutObject",), ("arn:b",)),
    ]


@pytest.mark.parametrize(
    ("expires", "gone"),
    [(None, False), (date(2026, 11, 21), True), (TODAY, False), (date(2026, 11, 23), False)],
    ids=["never", "yesterday", "today", "tomorrow"],
)
def test_a_rule_is_expired_once_its_last_day_has_passed(expires: date | None, gone: bool) -> None:
    assert is_expired(domain(2, "a.example", expires=expires), TODAY) is gone


CLAIMS = {
    "TLS": (PortRange.single(443), Claim.TLS),
    "HTTP": (PortRange.single(80), Claim.HTTP),
    "any other port": (PortRange.single(8443), Claim.RESOLVED),
    "a range that begins at 443": (PortRange(443, 444), Claim.RESOLVED),
    "a range that begins at 80": (PortRange(80, 81), Claim.RESOLVED),
    "a range that ends at 80": (PortRange(79, 80), Claim.RESOLVED),
}


@pytest.mark.parametrize(("asked", "claim"), CLAIMS.values(), ids=CLAIMS)
def test_the_port_tells_how_a_name_can_be_seen(asked: PortRange, claim: Claim) -> None:
    assert claim_of(asked) is claim


NEEDS = {
    "nothing": ([], False),
    "only a service": ([service(2, "s3", ("s3:GetObject",))], False),
    "a name": ([domain(2, "a.example")], True),
    "an address": ([address(2, "192.0.2.0/24", "TCP 22")], True),
    "a name that has expired": ([domain(2, "a.example", expires=date(2026, 1, 1))], False),
}


@pytest.mark.parametrize(("rules", "needs"), NEEDS.values(), ids=NEEDS)
def test_an_agent_needs_the_internet_for_names_and_addresses_only(rules: list[Rule], needs: bool) -> None:
    agent = meant(*rules)
    assert agent.needs_internet is needs
    assert Intent((meant(), agent)).needs_internet is needs


def test_agents_stand_by_name_whatever_the_order_of_the_files() -> None:
    policies = [Policy(name, (), at(1)) for name in ("web", "bot", "cat")]
    assert [agent.name for agent in resolve(policies, TODAY).agents] == ["bot", "cat", "web"]


def test_an_intent_lists_each_service_once() -> None:
    policies = [
        Policy("bot", (service(2, "s3", ("s3:GetObject",)), service(3, "dynamodb", ("dynamodb:GetItem",))), at(1)),
        Policy("cat", (service(2, "s3", ("s3:PutObject",)),), at(1)),
    ]
    assert resolve(policies, TODAY).services == ("dynamodb", "s3")
    assert resolve([], TODAY) == Intent(())


def test_the_lines_behind_several_reaches_are_each_named_once() -> None:
    reach = NameReach(
        DomainPattern("a.example"), Claim.TLS, PortRange.single(443), AddressSet(), Origin((at(3), at(2)))
    )
    other = ServiceReach("s3", (), (), Origin((at(2),)))
    assert origin_of(reach, other) == Origin((at(2), at(3)))
