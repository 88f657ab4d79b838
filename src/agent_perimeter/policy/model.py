"""A policy file, parsed: what one agent asks to reach, and where each word of it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agent_perimeter.source import Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol


@dataclass(frozen=True, slots=True)
class PortRule:
    """One entry of ``ports``."""

    protocol: Protocol
    ports: PortRange
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """A CIDR as written in ``ip_block``, ``except`` or ``addresses``."""

    cidr: Cidr
    span: Span


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A warning that somebody accepted in writing: ``accept: {AP204: "why"}``."""

    code: str
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class About:
    """Who wanted a rule, why and until when. ``expires`` is the last day on which it holds."""

    reason: str | None = None
    owner: str | None = None
    ticket: str | None = None
    expires: date | None = None
    expires_span: Span | None = None
    accepts: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainRule:
    """``domain:``, or one of ``allowed_domains``. ``ports`` is TCP 443 where the file says nothing.

    ``ports_given`` tells a written port list from the default one.
    ``addresses`` are pins; empty means that the name may resolve to anything.
    ``listed``: it stands in ``allowed_domains``.
    """

    name: DomainPattern
    ports: tuple[PortRule, ...]
    ports_given: bool
    addresses: tuple[Block, ...]
    about: About
    span: Span
    name_span: Span
    listed: bool = False


@dataclass(frozen=True, slots=True)
class AddressRule:
    """``ip_block:`` with its holes. ``ports`` is empty where the file lists none, which is refused."""

    block: Block
    excepts: tuple[Block, ...]
    ports: tuple[PortRule, ...]
    about: About
    span: Span


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """``aws_service:`` with the IAM actions and resource ARNs it grants."""

    service: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    about: About
    span: Span
    service_span: Span


Rule = DomainRule | AddressRule | ServiceRule


@dataclass(frozen=True, slots=True)
class Policy:
    """One agent's policy file. ``span`` is the place of ``agent``, or of the file's first line.

    ``accepts`` are those written for the file as a whole and its ``allowed_domains``.
    """

    agent: str
    rules: tuple[Rule, ...]
    span: Span
    accepts: tuple[Acceptance, ...] = ()
