"""Judging blocks of addresses: exact, as sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from agent_perimeter.catalogue.special_ranges import (
    METADATA_SERVICES,
    PUBLIC,
    SPECIAL_RANGES,
)
from agent_perimeter.finding import Finding
from agent_perimeter.packets import AddressSet, Intervals, PortSet
from agent_perimeter.policy import codes
from agent_perimeter.policy.model import AddressRule, Block, DomainRule, Policy, PortRule
from agent_perimeter.values import Cidr, Protocol

OPEN_SHARE = Fraction(1, 4)
"""From this share of the public addresses on, egress is open: a /2 is, and so are a hundred /8s; a /3 is not."""

LOCAL = AddressSet.of(special.cidr for special in (*METADATA_SERVICES, *SPECIAL_RANGES))
WIDEST_BLOCK = 8
WIDEST_PIN = 16
MANY_PORTS = 1024
MOST_PORTS = 32768
RESOLVER_PORTS = {53: "DNS", 853: "DNS over TLS or QUIC"}


def reached(rule: AddressRule) -> AddressSet:
    """The block without its holes."""
    return AddressSet.of((rule.block.cidr,)) - AddressSet.of(hole.cidr for hole in rule.excepts)


def public_share(addresses: AddressSet) -> Fraction:
    """Which share of the public IPv4 or IPv6 addresses the set holds, the larger of the two."""
    found = addresses & PUBLIC
    return max(Fraction(found.v4.size, PUBLIC.v4.size), Fraction(found.v6.size, PUBLIC.v6.size))


@dataclass(frozen=True, slots=True)
class OpenEgress:
    """Why a policy is open egress, and which of its rules, by index, a closed one would not have."""

    findings: tuple[Finding, ...]
    rules: frozenset[int]


def open_egress(policy: Policy) -> OpenEgress | None:
    """Rules that are open egress by themselves; else all together, if they add up to it."""
    rules = {index: rule for index, rule in enumerate(policy.rules) if isinstance(rule, AddressRule)}
    shares = {index: public_share(reached(rule)) for index, rule in rules.items()}
    alone = {index: share for index, share in shares.items() if share >= OPEN_SHARE}
    if alone:
        return OpenEgress(
            tuple(_open(policy, rules[index], f"{rules[index].block.cidr} is", "", alone[index]) for index in alone),
            frozenset(alone),
        )
    share = public_share(_union(rules.values()))
    if share < OPEN_SHARE:
        return None
    widest = min(rules.values(), key=lambda rule: (rule.block.cidr.prefix, rule.block.span))
    together = f"the {len(rules)} address rules of {policy.agent} together are"
    finding = _open(policy, widest, together, f" and {len(rules) - 1} more", share)
    wide = frozenset(index for index, rule in rules.items() if rule.block.cidr.prefix < WIDEST_PIN)
    return OpenEgress((finding,), wide)


def _union(rules: Iterable[AddressRule]) -> AddressSet:
    """All at once, for adding one set after the other is quadratic."""
    sets = [reached(rule) for rule in rules]
    return AddressSet(
        Intervals.of(span for addresses in sets for span in addresses.v4.spans),
        Intervals.of(span for addresses in sets for span in addresses.v6.spans),
    )


def _open(policy: Policy, rule: AddressRule, subject: str, more: str, share: Fraction) -> Finding:
    names = sum(isinstance(other, DomainRule) for other in policy.rules)
    if names:
        listed = f"the list of {names} domains is" if names > 1 else "the one domain listed is"
        enforced = f"the agent may reach any address it likes, and {listed} enforced by nobody"
    else:
        enforced = (
            "the agent may reach any address it likes, and beside it a list of domains would be enforced by nobody"
        )
    return Finding(
        codes.OPEN_EGRESS,
        f"{subject} open egress: {enforced}",
        rule.block.span,
        f"{rule.block.cidr}{more} ({_percent(share)} of the public addresses)",
        f"less than {_percent(OPEN_SHARE)}",
        "naming the hosts that the agent needs, as in the policy below",
    )


def _percent(share: Fraction) -> str:
    return f"{round(share * 100)} %"


def judge_block(rule: AddressRule) -> Iterator[Finding]:
    """One ``ip_block`` rule. That it is open egress is not said here."""
    cidr, span = rule.block.cidr, rule.block.span
    addresses = reached(rule)
    if cidr.version == 6:
        yield _ipv6(rule.block)
    if not addresses:
        yield Finding(
            codes.EMPTY_RULE, f"nothing is left of {cidr}", span, hint="removing the rule, or fewer exceptions"
        )
    yield from _special(rule.block, addresses)
    if cidr.prefix < WIDEST_BLOCK and cidr.version == 4 and addresses and public_share(addresses) < OPEN_SHARE:
        yield Finding(
            codes.WIDE_BLOCK,
            f"{cidr} holds {cidr.size:,} addresses",
            span,
            f"/{cidr.prefix}",
            f"/{WIDEST_BLOCK} or narrower",
            "the blocks that the service publishes",
        )
    if not rule.ports:
        yield Finding(
            codes.ALL_PORTS,
            "without `ports` the rule allows all ports of all protocols",
            rule.span,
            allowed="a list of ports",
            hint="`ports: [{protocol: TCP, port: 443}]`",
        )
    yield from judge_ports(rule.ports)
    for port in rule.ports:
        for number, what in RESOLVER_PORTS.items():
            if number in port.ports and port.ports.last - port.ports.first < MANY_PORTS:
                yield Finding(
                    codes.EXTERNAL_RESOLVER,
                    f"port {number} carries {what} past the VPC resolver",
                    port.span,
                    f"{port.protocol} {port.ports}",
                    hint="the VPC resolver, which needs no rule",
                )


def judge_ports(rules: Iterable[PortRule]) -> Iterator[Finding]:
    """How many ports a rule allows for each protocol."""
    listed = tuple(rules)
    for protocol in (Protocol.TCP, Protocol.UDP):
        written = [port for port in listed if port.protocol is protocol]
        ports = PortSet.of(port.ports for port in written)
        if ports.ports.size >= MOST_PORTS:
            yield Finding(
                codes.ALL_PORTS,
                f"the rule allows all ports of {protocol}, or most of them",
                written[0].span,
                f"{ports.ports.size:,} ports",
                f"fewer than {MOST_PORTS:,}",
                "the ports that the service listens on",
            )
        elif ports.ports.size > MANY_PORTS:
            yield Finding(
                codes.WIDE_PORTS,
                f"the rule allows {ports.ports.size:,} ports of {protocol}",
                written[0].span,
                str(ports),
                f"{MANY_PORTS:,} ports",
                "the ports that the service listens on",
            )


def judge_pins(rule: DomainRule) -> Iterator[Finding]:
    """The ``addresses`` of a domain rule."""
    if not rule.addresses:
        return
    pins = AddressSet.of(block.cidr for block in rule.addresses)
    if public_share(pins) >= OPEN_SHARE:
        yield Finding(
            codes.OPEN_PINS,
            f"the pins of {rule.name} cover {_percent(public_share(pins))} of the public addresses",
            rule.addresses[0].span,
            allowed=f"less than {_percent(OPEN_SHARE)}",
            hint="leaving `addresses` out",
        )
        return
    for block in rule.addresses:
        if block.cidr.version == 6:
            yield _ipv6(block)
        yield from _special(block, AddressSet.of((block.cidr,)))
        if block.cidr.version == 4 and block.cidr.prefix < WIDEST_PIN:
            yield Finding(
                codes.WIDE_PINS,
                f"the pin {block.cidr} holds {block.cidr.size:,} addresses",
                block.span,
                f"/{block.cidr.prefix}",
                f"/{WIDEST_PIN} or narrower",
            )
    if rule.name.wildcard:
        yield Finding(
            codes.WILDCARD_PINS,
            f"all names below {rule.name.name} are pinned to the same addresses",
            rule.addresses[0].span,
            hint="exact names",
        )


def _ipv6(block: Block) -> Finding:
    return Finding(
        codes.IPV6,
        f"{block.cidr} is IPv6, and the perimeter has none",
        block.span,
        str(block.cidr),
        "IPv4",
        "the service's IPv4 addresses, or its name",
    )


def _special(block: Block, addresses: AddressSet) -> Iterator[Finding]:
    """Whatever of ``addresses`` is no internet destination, unless the block is open egress anyway."""
    if not addresses & LOCAL or public_share(addresses) >= OPEN_SHARE:
        return
    for service in METADATA_SERVICES:
        if block.cidr.prefix >= 16 and service.cidr in block.cidr and AddressSet.of((service.cidr,)) <= addresses:
            yield Finding(
                codes.METADATA,
                f"{block.cidr} reaches {service.what} at {_bare(service.cidr)}",
                block.span,
                str(block.cidr),
                "public addresses",
                "removing it: no policy governs that service",
            )
            return
    touched = [special for special in SPECIAL_RANGES if addresses & AddressSet.of((special.cidr,))]
    around = next((special for special in touched if block.cidr in special.cidr), None)
    if around is not None:
        whole = "the whole of " if block.cidr == around.cidr else ""
        yield Finding(
            codes.UNREACHABLE,
            f"{block.cidr} is {whole}{around.what} ({around.source}); there is no peering, so nothing is there",
            block.span,
            str(block.cidr),
            "public addresses",
            "the service's public addresses, its name, or `aws_service`",
        )
    elif touched:
        held = ", ".join(f"{special.cidr} ({special.what}, {special.source})" for special in touched)
        yield Finding(
            codes.UNREACHABLE,
            f"{block.cidr} holds {held}",
            block.span,
            str(block.cidr),
            "public addresses",
            f"`except: [{', '.join(str(special.cidr) for special in touched)}]`, or narrower blocks",
        )


def _bare(cidr: Cidr) -> str:
    return str(cidr).partition("/")[0]
