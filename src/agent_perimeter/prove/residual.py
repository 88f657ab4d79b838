"""Residual risks: what AWS itself leaves open, computed from this policy in this network.

None of them is a fault of the perimeter, and none may be hidden by a proof: each is named in the
report, with the policy lines that bring it in, and explained in docs/limits.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent_perimeter.catalogue.shared_names import shared_name
from agent_perimeter.intent import AgentIntent, Claim, NameReach, origin_of
from agent_perimeter.names import NameSet
from agent_perimeter.values import DomainPattern
from agent_perimeter.verdict import Residual

NAMES = (
    "acl-is-coarse",
    "allowed-name-is-a-channel",
    "bypass-is-vpc-wide",
    "client-asserts-names",
    "default-group",
    "dns-is-shared",
    "dns-threats",
    "handshake-before-name",
    "hidden-inner-name",
    "link-local-services",
    "pass-ends-inspection",
    "plain-http",
    "session-resource-policies",
    "shared-address",
    "shared-name",
    "wildcard-registration",
)
"""Every name that a residual risk can have. They are public; docs/limits.md explains each under this name."""


def residuals(
    agent: AgentIntent,
    others: Iterable[AgentIntent],
    *,
    resolved_ip: bool,
    default_group: bool,
    threats: tuple[str, ...],
    coarse_acl: bool,
) -> tuple[Residual, ...]:
    """The risks that remain for ``agent`` beside ``others`` of the same VPC, sorted by name.

    ``resolved_ip``: whether resolved-IP validation surely drops destinations that nobody resolved.
    ``default_group``: whether the VPC's default group is not known to be empty. ``threats``: what DNS Firewall
    could look for and is not surely told to stop. ``coarse_acl``: whether the intent has more blocks than a
    network ACL has entries.
    """
    neighbours = tuple(others)
    return tuple(
        sorted(
            (
                *_names(agent, resolved_ip=resolved_ip),
                *_neighbours(agent, neighbours, resolved_ip=resolved_ip),
                *_services(agent),
                *_default_group(agent, default_group),
                *_threats((agent, *neighbours), threats),
                *_coarse_acl(agent, coarse_acl),
                Residual(
                    "link-local-services",
                    "Instance metadata, the time service and DHCP are filtered by no layer: on EC2 require IMDSv2 with "
                    "a hop limit of 1.",
                ),
            ),
            key=lambda risk: (risk.name, risk.sentence),
        )
    )


def _coarse_acl(agent: AgentIntent, coarse: bool) -> Iterator[Residual]:
    if coarse:
        yield Residual(
            "acl-is-coarse",
            f"The addresses of {agent.name} are more blocks than a network ACL has entries. The ACL is held to the "
            "protocols outside the VPC; the addresses and ports are held by the security group and the firewall.",
            origin_of(*agent.addresses, *agent.names),
        )


def _names(agent: AgentIntent, *, resolved_ip: bool) -> Iterator[Residual]:
    if not agent.names:
        return
    spoken = tuple(reach for reach in agent.names if reach.claim is not Claim.RESOLVED)
    open_names = tuple(reach for reach in spoken if not reach.pins)
    yield Residual(
        "allowed-name-is-a-channel",
        f"Whoever answers at {_listed(agent.names)} can receive data.",
        origin_of(*agent.names),
    )
    if spoken:
        yield Residual(
            "pass-ends-inspection",
            f"After a connection is passed for {_listed(spoken)}, what follows in it is not looked at.",
            origin_of(*spoken),
        )
        yield Residual(
            "handshake-before-name",
            f"On port {_ports(spoken)} a TCP handshake completes before the name is known, with "
            + ("any address that the resolver gave out." if resolved_ip else "any address."),
            origin_of(*spoken),
        )
    tls = tuple(reach for reach in spoken if reach.claim is Claim.TLS)
    if tls:
        yield Residual(
            "hidden-inner-name",
            "With Encrypted ClientHello the firewall sees the outer name only; a client that brings its own keys can "
            f"hide another name behind {_listed(tls)}.",
            origin_of(*tls),
        )
    if open_names and resolved_ip:
        yield Residual(
            "shared-address",
            f"{_listed(open_names)} can be claimed towards any address that the resolver gave out for an allowed name, "
            "and two names behind one CDN address cannot be told apart (domain fronting).",
            origin_of(*open_names),
        )
    elif open_names:
        yield Residual(
            "client-asserts-names",
            f"Without resolved-IP validation {_listed(open_names)} can be claimed towards any address at all: an "
            "attacker's server takes the connection under an allowed name.",
            origin_of(*open_names),
        )
    plain = tuple(reach for reach in spoken if reach.claim is Claim.HTTP)
    if plain:
        yield Residual(
            "plain-http",
            f"{_listed(plain)} is reached in plain HTTP: whoever is on the way reads and changes it.",
            origin_of(*plain),
        )
    wild = tuple(reach for reach in agent.names if reach.name.wildcard)
    if wild:
        yield Residual(
            "wildcard-registration",
            f"{_listed(wild)} trusts everyone who can get a name there, and its name servers hear every query below.",
            origin_of(*wild),
        )
    for reach in agent.names:
        shared = shared_name(reach.name.name)
        if shared is not None:
            yield Residual(
                "shared-name",
                f"{reach.name} belongs to a {shared.category}: {shared.category.why}.",
                reach.origin,
            )


def _neighbours(agent: AgentIntent, others: tuple[AgentIntent, ...], *, resolved_ip: bool) -> Iterator[Residual]:
    own = NameSet.of(reach.name for reach in agent.names)
    foreign = tuple(reach for other in others for reach in other.names if not _within(reach.name, own))
    if foreign:
        wild = any(reach.name.wildcard for reach in foreign)
        yield Residual(
            "dns-is-shared",
            f"DNS Firewall holds the VPC, not the agent: {agent.name} can also resolve {_listed(foreign)}"
            + (", and a query under another agent's wildcard carries data." if wild else "."),
            origin_of(*foreign),
        )
    if resolved_ip and any(reach.claim is not Claim.RESOLVED and not reach.pins for reach in agent.names):
        addressed = [reach for other in others for reach in other.addresses]
        pinned = [reach for other in others for reach in other.names if reach.pins]
        if addressed or pinned:
            yield Residual(
                "bypass-is-vpc-wide",
                "Addresses that another agent's policy names are exempt from resolved-IP validation for the whole VPC: "
                f"{agent.name} can claim its own names towards them.",
                origin_of(*addressed, *pinned),
            )


def _within(pattern: DomainPattern, names: NameSet) -> bool:
    return NameSet.of([pattern]) <= names if pattern.wildcard else pattern.name in names


def _threats(agents: Iterable[AgentIntent], unwatched: tuple[str, ...]) -> Iterator[Residual]:
    wild = tuple(reach for agent in agents for reach in agent.names if reach.name.wildcard)
    if wild and unwatched:
        yield Residual(
            "dns-threats",
            f"No rule of DNS Firewall stops queries that look like {', '.join(unwatched)} before it allows "
            f"{_listed(wild)}: their names carry data to its name servers.",
            origin_of(*wild),
        )


def _default_group(agent: AgentIntent, unemptied: bool) -> Iterator[Residual]:
    if unemptied:
        yield Residual(
            "default-group",
            "The VPC's default security group is not known to be empty: an interface that is started beside "
            f"{agent.name} without naming a group bears it, and only the other layers hold what it sends.",
        )


def _services(agent: AgentIntent) -> Iterator[Residual]:
    if agent.services:
        yield Residual(
            "session-resource-policies",
            "A permissions boundary does not cap what a resource policy grants to a role session by name.",
            origin_of(*agent.services),
        )


def _listed(reaches: Iterable[NameReach]) -> str:
    names = list(dict.fromkeys(str(reach.name) for reach in reaches))
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more names"


def _ports(reaches: Iterable[NameReach]) -> str:
    return " and ".join(sorted({str(reach.ports) for reach in reaches}, key=int))
