"""The policy to write instead: what is left of a refused one, as text that loads."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from typing import assert_never

from agent_perimeter.finding import Finding
from agent_perimeter.policy.model import (
    About,
    AddressRule,
    Block,
    DomainRule,
    Policy,
    PortRule,
    Rule,
    ServiceRule,
)

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*( [A-Za-z0-9_.]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})

_SKELETON = (
    "  # Name each host that the agent needs, for example:",
    "  # egress:",
    "  #   - domain: api.example.com",
    "  #     reason: model API",
    "  #   - ip_block: 198.51.100.0/24",
    "  #     ports: [{protocol: TCP, port: 5432}]",
    "  #   - aws_service: s3",
    '  #     actions: ["s3:GetObject"]',
    '  #     resources: ["arn:aws:s3:::corpus/*"]',
)


def policy_to_write(policy: Policy, refused: Mapping[int, Finding], dropped: Container[int]) -> str:
    """``policy`` without the rules ``dropped``, by index; ``refused`` ones stay as comments that say why.

    Names of ``allowed_domains`` become ``domain:`` rules.
    """
    kept: list[str] = []
    lines: list[str] = []
    for index, rule in enumerate(policy.rules):
        if index in dropped:
            continue
        text = tuple(_rule(rule))
        if index in refused:
            finding = refused[index]
            lines.append(f"    # {finding.code.code}: {finding.message}")
            lines += [f"    # {line}" for line in text]
        else:
            kept += text
            lines += [f"    {line}" for line in text]
    head = ["version: 1", f"agent: {policy.agent}", "network_policy:"]
    if not kept:
        return "\n".join([*head, "  egress: []", *_SKELETON, *lines, ""])
    return "\n".join([*head, "  egress:", *lines, ""])


def _rule(rule: Rule) -> Iterator[str]:
    """The lines of one entry, without the list's own indentation."""
    keys = dict(_keys(rule))
    for index, (key, value) in enumerate(keys.items()):
        yield f"{'  ' if index else '- '}{key}: {value}"


def _keys(rule: Rule) -> Iterator[tuple[str, str]]:
    match rule:
        case DomainRule():
            yield "domain", _scalar(str(rule.name))
            if rule.ports_given:
                yield "ports", _ports(rule.ports)
            if rule.addresses:
                yield "addresses", _blocks(rule.addresses)
        case AddressRule():
            yield "ip_block", str(rule.block.cidr)
            if rule.excepts:
                yield "except", _blocks(rule.excepts)
            if rule.ports:
                yield "ports", _ports(rule.ports)
        case ServiceRule():
            yield "aws_service", rule.service
            yield "actions", _texts(rule.actions)
            yield "resources", _texts(rule.resources)
        case _:
            assert_never(rule)
    yield from _about(rule.about)


def _about(about: About) -> Iterator[tuple[str, str]]:
    for key, text in (("reason", about.reason), ("owner", about.owner), ("ticket", about.ticket)):
        if text is not None:
            yield key, _scalar(text)
    if about.expires is not None:
        yield "expires", about.expires.isoformat()
    if about.accepts:
        accepts = ", ".join(f"{accepted.code}: {_quoted(accepted.reason)}" for accepted in about.accepts)
        yield "accept", f"{{{accepts}}}"


def _ports(ports: tuple[PortRule, ...]) -> str:
    return "[" + ", ".join(_port(port) for port in ports) + "]"


def _port(port: PortRule) -> str:
    last = f", end_port: {port.ports.last}" if port.ports.last != port.ports.first else ""
    return f"{{protocol: {port.protocol}, port: {port.ports.first}{last}}}"


def _blocks(blocks: tuple[Block, ...]) -> str:
    return "[" + ", ".join(f'"{block.cidr}"' if block.cidr.version == 6 else str(block.cidr) for block in blocks) + "]"


def _texts(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


def _scalar(text: str) -> str:
    """Plain where no YAML reader could take it for anything but this text."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """A JSON string, which is a YAML one."""
    return json.dumps(text, ensure_ascii=False)
