"""Text → ``Policy``, with everything that is wrong said at once and no exception on any bytes.

A policy that comes with errors is fit for ``lint`` only, so that a reader sees all findings in one run:
parts that could not be read are missing from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath

from agent_perimeter.catalogue.services import SERVICES, Service
from agent_perimeter.finding import CODES, Finding, Severity, ordered
from agent_perimeter.policy import codes
from agent_perimeter.policy.document import Entry, Mapping, Node, Scalar, decode, parse, shown
from agent_perimeter.policy.indentation import Reindented, reindent
from agent_perimeter.policy.model import (
    About,
    Acceptance,
    AddressRule,
    Block,
    DomainRule,
    Policy,
    PortRule,
    Rule,
    ServiceRule,
)
from agent_perimeter.policy.names import parse_name
from agent_perimeter.policy.schema import AGENT_NAME, NETWORK_POLICY, POLICY
from agent_perimeter.policy.shape import Fields, as_text, check, nearest
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr, DomainPattern, PortRange, Protocol

_AGENT_NAME = re.compile(AGENT_NAME)
_ACTION = re.compile(r"(?P<prefix>[a-z0-9-]+):[A-Za-z0-9*?]+")
_ARN = re.compile(r"arn:[a-z*-]+:[a-z0-9*-]+:[a-z0-9*-]*:([0-9]{12}|aws|\*)?:[^\s]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ACCEPTABLE = re.compile(r"AP2[0-9]{2}")


def load(text: bytes, file: str, stem: str) -> tuple[Policy | None, tuple[Finding, ...]]:
    """Read one policy file. ``stem`` names the agent where the file does not.

    None where nothing could be read. Where the findings hold an error, the policy is for ``lint`` only.
    """
    decoded = decode(text, file)
    if isinstance(decoded, Finding):
        return None, (decoded,)
    lost = reindent(decoded, file)
    root = parse(lost.text, file, added=lost.added) if lost else parse(decoded, file)
    reader = _Reader(file, stem, [_lost(lost)] if lost else [])
    if isinstance(root, Finding):
        return None, ordered((*reader.findings, root))
    policy = reader.policy(root if root is not None else Mapping((), Span(file, 1, 1)))
    return policy, ordered(reader.findings)


def load_perimeter(files: Iterable[tuple[str, bytes]]) -> tuple[tuple[Policy, ...], tuple[Finding, ...]]:
    """Read the files of a perimeter, each as (name to show, content); policies sorted by agent.

    A name that two files give to their agents is an error that names both.
    """
    findings: list[Finding] = []
    policies: list[Policy] = []
    agents: dict[str, Policy] = {}
    for file, text in sorted(files):
        policy, found = load(text, file, PurePath(file).stem)
        findings += found
        if policy is None:
            continue
        policies.append(policy)
        known = agents.setdefault(policy.agent, policy)
        named = not any(finding.code is codes.AGENT_NAME for finding in found)
        if known is not policy and named:
            findings.append(
                Finding(
                    codes.DUPLICATE_AGENT,
                    f"the agent {policy.agent} is already described at {known.span}",
                    policy.span,
                    hint="another name under `agent`, or one file",
                )
            )
    return tuple(sorted(policies, key=lambda policy: (policy.agent, policy.span))), ordered(findings)


def _lost(lost: Reindented) -> Finding:
    return Finding(
        codes.INDENTATION_LOST,
        "the indentation of network_policy was lost",
        lost.span,
        "rules at the left margin, where they are no part of the policy",
        "rules indented below network_policy",
        "the corrected text",
        remedy=lost.section,
    )


@dataclass(slots=True)
class _Reader:
    """Builds one policy and collects what is wrong with it."""

    file: str
    stem: str
    findings: list[Finding] = field(default_factory=list)

    def policy(self, root: Node) -> Policy | None:
        self.findings += check(root, POLICY, "the file")
        if not isinstance(root, Mapping):
            return None
        self._misplaced(root)
        top = Fields(root)
        section = top.section("network_policy")
        return Policy(
            agent=self._agent(top),
            rules=self._rules(section) if section else (),
            span=top.span("agent") if top.has("agent") else Span(self.file, 1, 1),
            accepts=self._accepts(section) if section else (),
        )

    def _agent(self, top: Fields) -> str:
        """The agent's name; where it cannot be used, one that could be."""
        written = top.text("agent")
        name, span = (written.text, written.span) if written else (self.stem, Span(self.file, 1, 1))
        if _AGENT_NAME.fullmatch(name):
            return name
        spelled = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        usable = spelled.lstrip("-0123456789")[:24].strip("-") or "my-agent"
        if written is None and spelled == usable:
            self._say(Finding(codes.NAMED_AFTER_FILE, f"the agent is named {usable} after the file", span, self.stem))
        elif not (written is None and top.has("agent")):
            source = "the agent's name" if written else "the file's stem, which names the agent,"
            self._say(
                Finding(
                    codes.AGENT_NAME,
                    f"{source} cannot be used",
                    span,
                    shown(name),
                    "small letters, digits and hyphens, a letter first, at most 24 characters",
                    f"`agent: {usable}`",
                )
            )
        return usable

    def _misplaced(self, root: Mapping) -> None:
        for key in NETWORK_POLICY.keys:
            entry = root.get(key.name)
            if entry and key.name != "accept":
                self._say(
                    Finding(
                        codes.MISPLACED_KEY,
                        f"`{key.name}` stands at the top level, where nobody reads it",
                        entry.key.span,
                        allowed=f"`network_policy.{key.name}`",
                        hint="indenting it below network_policy",
                    )
                )

    def _rules(self, section: Fields) -> tuple[Rule, ...]:
        written = (self._rule(item) for item in section.items("egress"))
        listed = (self._listed(name) for name in section.texts("allowed_domains"))
        return tuple(rule for rule in (*written, *listed) if rule)

    def _rule(self, node: Node) -> Rule | None:
        if not isinstance(node, Mapping):
            return None
        fields = Fields(node)
        heads = [name for name in ("domain", "ip_block", "aws_service") if fields.has(name)]
        match heads:
            case ["domain"]:
                return self._domain(fields)
            case ["ip_block"]:
                return self._address(fields)
            case ["aws_service"]:
                return self._service(fields)
            case _:
                return None

    def _domain(self, fields: Fields) -> DomainRule | None:
        text = fields.text("domain")
        ports = self._ports(fields)
        addresses = self._blocks(fields, "addresses")
        about = self._about(fields)
        for port in ports:
            if port.protocol is Protocol.UDP:
                self._say(
                    Finding(
                        codes.UDP_DOMAIN,
                        "a domain cannot be reached over UDP",
                        port.span,
                        f"UDP {port.ports}",
                        "TCP",
                        "`ip_block` with the addresses, or leaving it out: clients fall back from QUIC to TCP",
                    )
                )
        name = self._name(text) if text else None
        if name is None or text is None:
            return None
        return DomainRule(
            name=name,
            ports=tuple(port for port in ports if port.protocol is Protocol.TCP)
            or (PortRule(Protocol.TCP, PortRange.single(443), text.span),),
            ports_given=fields.has("ports"),
            addresses=addresses,
            about=about,
            span=fields.node.span,
            name_span=text.span,
        )

    def _listed(self, text: Scalar) -> DomainRule | None:
        name = self._name(text)
        if name is None:
            return None
        ports = (PortRule(Protocol.TCP, PortRange.single(443), text.span),)
        return DomainRule(name, ports, False, (), About(), text.span, text.span, listed=True)

    def _name(self, text: Scalar) -> DomainPattern | None:
        parsed = parse_name(text.text, text.span)
        self.findings += parsed.findings
        return parsed.pattern

    def _address(self, fields: Fields) -> AddressRule | None:
        text = fields.text("ip_block")
        ports = self._ports(fields)
        about = self._about(fields)
        holes = self._blocks(fields, "except")
        block = self._block(text) if text else None
        if block is None:
            return None
        for hole in holes:
            if hole.cidr not in block.cidr:
                self._say(
                    Finding(
                        codes.HOLE_OUTSIDE,
                        "the exception lies outside its block",
                        hole.span,
                        str(hole.cidr),
                        f"blocks inside {block.cidr}",
                    )
                )
        return AddressRule(block, holes, ports, about, fields.node.span)

    def _service(self, fields: Fields) -> ServiceRule | None:
        text = fields.text("aws_service")
        about = self._about(fields)
        resources = tuple(self._resource(resource) for resource in fields.texts("resources"))
        if text is None:
            return None
        service = SERVICES.get(text.text)
        if service is None:
            self._say(
                Finding(
                    codes.UNKNOWN_SERVICE,
                    f"{shown(text.text)} is not a known AWS service",
                    text.span,
                    shown(text.text),
                    ", ".join(sorted(SERVICES)),
                    nearest(text.text.lower(), SERVICES),
                )
            )
            return None
        actions = tuple(granted for action in fields.texts("actions") for granted in self._actions(action, service))
        return ServiceRule(service.name, actions, resources, about, fields.node.span, text.span)

    def _actions(self, text: Scalar, service: Service) -> tuple[str, ...]:
        """The action; a bare ``*`` is held to the service, for in a boundary it would mean all of AWS."""
        if text.text == "*":
            return tuple(f"{prefix}:*" for prefix in service.iam)
        found = _ACTION.fullmatch(text.text)
        if found and found["prefix"] in service.iam:
            return (text.text,)
        prefixes = " or ".join(f"{prefix}:" for prefix in service.iam)
        verb = text.text.rpartition(":")[2]
        self._say(
            Finding(
                codes.BAD_ACTION,
                f"{shown(text.text)} is not an action of {service.name}",
                text.span,
                shown(text.text),
                f"{prefixes} and the name of an action",
                f"{service.iam[0]}:{verb}" if re.fullmatch(r"[A-Za-z0-9*?]+", verb) else None,
            )
        )
        return ()

    def _resource(self, text: Scalar) -> str:
        if text.text != "*" and not _ARN.fullmatch(text.text):
            self._say(
                Finding(
                    codes.BAD_RESOURCE,
                    f"{shown(text.text)} is not an ARN",
                    text.span,
                    shown(text.text),
                    "arn:partition:service:region:account:resource, or *",
                    "arn:aws:s3:::corpus/*, for example",
                )
            )
        return text.text

    def _ports(self, fields: Fields) -> tuple[PortRule, ...]:
        rules: list[PortRule] = []
        for node in fields.items("ports"):
            if not isinstance(node, Mapping):
                continue
            port = Fields(node)
            protocol, first = port.text("protocol"), port.whole("port")
            last = port.whole("end_port") if port.has("end_port") else first
            if protocol is None or protocol.text not in ("TCP", "UDP") or first is None or last is None:
                continue
            if not 0 <= first <= 65535 or not 0 <= last <= 65535:
                continue
            if last < first:
                self._say(
                    Finding(
                        codes.BAD_PORTS,
                        "the port range is reversed",
                        port.span("end_port"),
                        f"{first}-{last}",
                        "`end_port` not smaller than `port`",
                        f"port: {last}, end_port: {first}",
                    )
                )
                continue
            rules.append(PortRule(Protocol(protocol.text), PortRange(first, last), node.span))
        return tuple(rules)

    def _blocks(self, fields: Fields, name: str) -> tuple[Block, ...]:
        return tuple(block for text in fields.texts(name) if (block := self._block(text)))

    def _block(self, text: Scalar) -> Block | None:
        try:
            return Block(Cidr.parse(text.text), text.span)
        except ValueError as error:
            network = re.search(r"the network is (\S+)", str(error))
            if network:
                self._say(
                    Finding(
                        codes.HOST_BITS,
                        "the block has host bits set",
                        text.span,
                        text.text,
                        "a network, or one address as /32",
                        f"{network[1]}, or {text.text.partition('/')[0]}/32",
                    )
                )
            else:
                self._say(
                    Finding(
                        codes.BAD_BLOCK,
                        f"{shown(text.text)} is not an IP block",
                        text.span,
                        shown(text.text),
                        "CIDR notation such as 198.51.100.0/24",
                        _domain_hint(text.text),
                    )
                )
            return None

    def _about(self, fields: Fields) -> About:
        expires = fields.text("expires")
        return About(
            reason=_words(fields.text("reason")),
            owner=_words(fields.text("owner")),
            ticket=_words(fields.text("ticket")),
            expires=self._date(expires) if expires else None,
            expires_span=expires.span if expires else None,
            accepts=self._accepts(fields),
        )

    def _date(self, text: Scalar) -> date | None:
        try:
            if _DATE.fullmatch(text.text) and text.text.isascii():
                return date.fromisoformat(text.text)
            why = "is not a date"
        except ValueError as error:
            why = f"is not a date: {error}"
        self._say(
            Finding(
                codes.BAD_DATE, f"{shown(text.text)} {why}", text.span, shown(text.text), "YYYY-MM-DD", "2027-03-31"
            )
        )
        return None

    def _accepts(self, fields: Fields) -> tuple[Acceptance, ...]:
        accepted: list[Acceptance] = []
        for name, entry in fields.pairs("accept"):
            reason = as_text(entry.value)
            if self._acceptable(name, entry) and reason and len(reason.text.strip()) >= 10:
                accepted.append(Acceptance(name, " ".join(reason.text.split()), entry.key.span))
        return tuple(accepted)

    def _acceptable(self, name: str, entry: Entry) -> bool:
        known = CODES.get(name)
        warnings = {
            code: kind.name
            for code, kind in CODES.items()
            if kind.severity is Severity.WARNING and _ACCEPTABLE.fullmatch(code)
        }
        if name in warnings:
            return True
        why = f"{shown(name)} is no code of a warning"
        if known:
            kind = "an error" if known.severity is Severity.ERROR else "no such warning"
            why = f"{name} is {kind} and cannot be accepted"
        named = next((code for code, other in warnings.items() if other == name), None)
        self._say(
            Finding(
                codes.BAD_ACCEPTANCE,
                why,
                entry.key.span,
                shown(name),
                "the code of a warning, AP2xx",
                None if known else named or nearest(name, warnings),
            )
        )
        return False

    def _say(self, finding: Finding) -> None:
        self.findings.append(finding)


def _words(text: Scalar | None) -> str | None:
    """The text on one line."""
    return " ".join(text.text.split()) if text else None


def _domain_hint(text: str) -> str | None:
    return f"`domain: {text}`" if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]+", text) else None
