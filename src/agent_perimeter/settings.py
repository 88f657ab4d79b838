"""Settings: how a perimeter is built, apart from who may reach what.

They live in ``cdk.json`` under ``context`` → ``agent-perimeter``, and are read with the same care as a
policy: every key known, every value in range, every finding with its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.finding import Code, Finding, Severity, code, ordered
from agent_perimeter.packets import AddressSet
from agent_perimeter.policy import codes
from agent_perimeter.policy.document import Mapping as MappingNode
from agent_perimeter.policy.document import Node, Scalar, decode, describe, parse, shown
from agent_perimeter.policy.schema import AGENT_NAME
from agent_perimeter.policy.shape import (
    Either,
    Fields,
    Key,
    ListOf,
    MapOf,
    Section,
    Text,
    Truth,
    Whole,
    as_text,
    as_whole,
    check,
    nearest,
)
from agent_perimeter.source import Span
from agent_perimeter.values import Cidr

CONTEXT_KEY = "agent-perimeter"

BAD_SETTING = code(
    "AP301",
    "bad-setting",
    Severity.ERROR,
    "A setting's value cannot be used",
    "The value has the right type, but no perimeter can be built with it.",
)
VPC_BLOCK = code(
    "AP302",
    "vpc-block",
    Severity.ERROR,
    "The VPC's block cannot be used",
    "The VPC takes one private IPv4 block from /16 to /20 (RFC 1918, or RFC 6598 for 100.64.0.0/10). Smaller ones "
    "leave no room for firewall, egress and agent subnets in each zone; larger ones AWS does not allow.",
)
MAINTENANCE_ON = code(
    "AP312",
    "maintenance-on",
    Severity.WARNING,
    "The perimeter is in maintenance",
    "Delete, subnet and policy-change protections are off so that the perimeter can be rebuilt or torn down. Turn "
    "maintenance off afterwards.",
)
PROOF_OFF = code(
    "AP313",
    "proof-off",
    Severity.WARNING,
    "Nothing proves the templates",
    "What is synthesized is not held to the policies, and it can be deployed whatever it lets out. Turn the proof on "
    "again as soon as you can; until then `agent-perimeter verify cdk.out --policy policies` is all there is.",
)
WATCH_OFF = code(
    "AP314",
    "watch-off",
    Severity.WARNING,
    "Nothing watches the account",
    "What somebody changes by hand after the deployment is not seen. Turn the watch on again; until then "
    "`agent-perimeter drift` is all there is.",
)
SECRET_IN_SETTINGS = code(
    "AP315",
    "secret-in-settings",
    Severity.WARNING,
    "An endpoint seems to carry a secret",
    "Whoever reads the settings or the template can use it, and CloudFormation keeps both. Subscribe such an endpoint "
    "to the watch's topic by hand, or give a topic of your own under `topics`.",
)


class Workload(StrEnum):
    """What runs an agent, where AWS itself then acts with the agent's role."""

    OTHER = "other"
    LAMBDA = "lambda"
    FARGATE = "fargate"
    AGENTCORE = "agentcore"


@dataclass(frozen=True, slots=True)
class Notify:
    """Who hears of drift and of a failing watch: subscribers of its topic, and topics that exist already."""

    emails: tuple[str, ...] = ()
    https: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """How a deployed perimeter is watched.

    ``every_minutes`` is the schedule's rate; with ``on_change`` CloudTrail's events start a check besides.
    After ``silence_periods`` of that rate without a complete check the alarm on silence goes off. ``trail``:
    findings say who made a change, from CloudTrail's event history.
    """

    enabled: bool = True
    every_minutes: int = 15
    on_change: bool = True
    silence_periods: int = 3
    trail: bool = True
    security_hub: bool = False
    evidence_retention_days: int = 365
    notify: Notify = field(default_factory=Notify)


@dataclass(frozen=True, slots=True)
class Settings:
    """Validated settings. Defaults are what a perimeter should have unless someone says otherwise.

    ``zones`` are availability zone names, or None in each place to take the region's n-th zone.
    ``slots`` pins an agent's place in the address plan. ``quotas`` raises an adjustable limit that
    AWS has raised for the account. ``log_key`` is a KMS key ARN, ``create``, or None.
    ``prefix_lists`` gives the id of an AWS-managed list where our table lacks the region.
    """

    name: str = "agents"
    policies: str = "policies"
    vpc_cidr: Cidr = field(default_factory=lambda: Cidr.parse("10.42.0.0/16"))
    zones: tuple[str | None, ...] = (None, None)
    agent_subnet_prefix: int = 27
    slots: Mapping[str, int] = field(default_factory=dict)
    workloads: Mapping[str, Workload] = field(default_factory=dict)
    resolved_ip_validation: bool = True
    maintenance: bool = False
    proof: bool = True
    log_retention_days: int = 365
    log_key: str | None = None
    quotas: Mapping[str, int] = field(default_factory=dict)
    prefix_lists: Mapping[str, str] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)


RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""The values that CloudWatch Logs takes (PutRetentionPolicy)."""

_AGENT = Text("an agent's name", pattern=f"^{AGENT_NAME}$")
_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9][a-z]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,31}")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")
_PREFIX_LIST = re.compile(r"pl-[0-9a-f]{8,17}")
_EMAIL = re.compile(r"[^@\s\"<>]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}")
"""A part of a path that nobody reads aloud: as long as the tokens in the addresses of chat webhooks."""
_ROOM = AddressSet.of(map(Cidr.parse, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


def _with_defaults(title: str, keys: tuple[Key, ...], defaults: object) -> Section:
    """Each key with the default that the dataclass gives it, as cdk.json would write it."""
    return Section(title, tuple(replace(key, default=_json(getattr(defaults, key.name))) for key in keys))


def _json(value: object) -> str:
    """A default as JSON: zones as their number, a block as text; what has keys of its own has a table of its own."""
    match value:
        case (None, *_):
            return str(len(value))
        case tuple():
            return json.dumps(list(value))
        case Watch() | Notify():
            return "see below"
        case Mapping():
            return json.dumps(dict(value))
        case Cidr():
            return f'"{value}"'
        case _:
            return json.dumps(value)


NOTIFY = _with_defaults(
    "who is notified",
    (
        Key(
            "emails",
            ListOf(Text("an e-mail address")),
            "Subscribers of the watch's topic; each confirms by a link in the first message.",
            '["oncall@example.com"]',
        ),
        Key(
            "https",
            ListOf(Text("an address, https://…, without a secret in it")),
            "Endpoints that take and confirm SNS messages.",
            '["https://hooks.example.com/drift"]',
        ),
        Key(
            "topics",
            ListOf(Text("the ARN of a topic")),
            "SNS topics that exist already and that the alarms tell too, such as one that a chat channel listens to.",
            '["arn:aws:sns:eu-west-1:111122223333:security-alerts"]',
        ),
    ),
    Notify(),
)
"""``watch.notify``, for the loader and the documentation."""

WATCH = _with_defaults(
    "how the perimeter is watched",
    (
        Key("enabled", Truth(), "Whether the watch's stack is built.", "true"),
        Key("every_minutes", Whole(1, 60), "How often the account is checked, whatever happens.", "15"),
        Key("on_change", Truth(), "Whether a change that CloudTrail reports starts a check besides.", "true"),
        Key(
            "silence_periods",
            Whole(2, 24),
            "After how many of these intervals without a complete check the alarm on silence goes off.",
            "3",
        ),
        Key("trail", Truth(), "Whether findings say who made a change, from CloudTrail's event history.", "true"),
        Key("security_hub", Truth(), "Whether findings go to Security Hub, which must be on in the account.", "false"),
        Key("evidence_retention_days", Whole(1, 3650), "How long reports are kept as evidence.", "365"),
        Key("notify", NOTIFY, "Who hears of it.", '{"emails": ["oncall@example.com"]}'),
    ),
    Watch(),
)
"""``watch``, for the loader and the documentation."""

SETTINGS = _with_defaults(
    "the settings",
    (
        Key(
            "name",
            Text("letters, digits and hyphens, a letter first, at most 32"),
            "The perimeter's name, part of the name of every resource.",
            '"agents"',
        ),
        Key("policies", Text("a path"), "The folder with the policy files.", '"policies"'),
        Key("vpc_cidr", Text("a private IPv4 block from /16 to /20"), "The VPC's addresses.", '"10.42.0.0/16"'),
        Key(
            "zones",
            Either(Whole(1, 3), ListOf(Text("a zone such as us-east-1a, or null", nullable=True), 1, 3)),
            "How many availability zones, or which ones; null takes the region's next.",
            "2",
        ),
        Key("agent_subnet_prefix", Whole(24, 28), "The size of an agent's subnet in each zone.", "27"),
        Key("slots", MapOf(_AGENT, Whole(0, 4095)), "Agents' fixed places in the address plan.", '{"my-agent": 3}'),
        Key(
            "workloads",
            MapOf(_AGENT, Text("what runs it", choices=tuple(Workload))),
            "What runs an agent.",
            '{"my-agent": "lambda"}',
        ),
        Key(
            "resolved_ip_validation",
            Truth(),
            "Whether an address must have been resolved for an allowed name.",
            "true",
        ),
        Key("maintenance", Truth(), "Whether protections are off, for a rebuild or tear-down.", "false"),
        Key(
            "proof",
            Truth(),
            "Whether templates that are not proven to let out exactly what the policies allow are refused at synth.",
            "true",
        ),
        Key("log_retention_days", Whole(1, 3653, RETENTION_DAYS), "How long logs are kept.", "365"),
        Key(
            "log_key",
            Text("a KMS key ARN, create, or null", nullable=True),
            "The KMS key that encrypts the logs.",
            '"create"',
        ),
        Key(
            "quotas",
            MapOf(Text("a quota's name"), Whole(1, 10_000_000)),
            "Limits that AWS has raised for the account.",
            '{"acl-entries": 40}',
        ),
        Key(
            "prefix_lists",
            MapOf(Text("s3 or dynamodb", choices=("s3", "dynamodb")), Text("the id of a prefix list, pl-…")),
            "AWS-managed prefix lists, for a region that is not in the table.",
            '{"s3": "pl-63a5400a"}',
        ),
        Key("watch", WATCH, "How the deployed perimeter is watched.", '{"every_minutes": 5}'),
    ),
    Settings(),
)
"""The settings as one table, for the loader and the documentation."""


def load_settings(text: bytes, file: str) -> tuple[Settings | None, tuple[Finding, ...]]:
    """Read ``cdk.json``. Without our key the settings are the defaults; with an error there are none."""
    decoded = decode(text, file)
    if isinstance(decoded, Finding):
        return None, (decoded,)
    problem = _not_json(decoded, file)
    if problem is not None:
        return None, (problem,)
    # JSON may be indented with tabs, which YAML forbids. Inside a string JSON itself forbids them.
    root = parse(decoded.replace("\t", " "), file)
    if isinstance(root, Finding):
        return None, (root,)
    section: Node | None = root
    for holder, step in (("the file", "context"), ("context", CONTEXT_KEY)):
        if section is None:
            return Settings(), ()
        if not isinstance(section, MappingNode):
            finding = Finding(
                codes.WRONG_TYPE, f"{holder} has the wrong type", section.span, describe(section), "a mapping"
            )
            return None, (finding,)
        repeated = [entry for entry in section.entries if entry.name == step]
        if len(repeated) > 1:
            finding = Finding(
                codes.DUPLICATE_KEY,
                f"the key {step!r} is written twice, first at {repeated[0].key.span}",
                repeated[1].key.span,
                hint="removing one of the two",
            )
            return None, (finding,)
        section = repeated[0].value if repeated else None
    return (Settings(), ()) if section is None else _settings(section)


def settings_from_mapping(value: object, file: str) -> tuple[Settings | None, tuple[Finding, ...]]:
    """Read the value that the CDK hands over for our key. It has no places, so all findings name line 1."""
    try:
        text = json.dumps({"context": {CONTEXT_KEY: value}})
    except (TypeError, ValueError, RecursionError) as error:
        return None, (Finding(codes.WRONG_TYPE, f"the settings are no JSON value: {error}", Span(file, 1, 1)),)
    settings, findings = load_settings(text.encode(), file)
    return settings, ordered(replace(finding, span=Span(file, 1, 1)) for finding in findings)


def _not_json(text: str, file: str) -> Finding | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        place = Span(file, error.lineno, error.colno)
        return Finding(codes.SYNTAX, f"the file is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", place)
    except RecursionError:
        return Finding(codes.TOO_DEEP, "the file is nested too deeply", Span(file, 1, 1))
    except ValueError as error:
        return Finding(codes.SYNTAX, f"the file is not JSON: {error}", Span(file, 1, 1))
    return None


def _settings(section: Node) -> tuple[Settings | None, tuple[Finding, ...]]:
    findings = list(check(section, SETTINGS, "settings"))
    if not isinstance(section, MappingNode):
        return None, ordered(findings)
    reader = _Reader(Fields(section), findings)
    settings = reader.settings()
    refused = any(finding.is_error for finding in reader.findings)
    return None if refused else settings, ordered(reader.findings)


@dataclass(slots=True)
class _Reader:
    """Builds settings from a section and collects what is wrong with it."""

    fields: Fields
    findings: list[Finding]

    def settings(self) -> Settings:
        defaults = Settings()
        name, policies = self.fields.text("name"), self.fields.text("policies")
        if name and not _NAME.fullmatch(name.text):
            self._bad("name", name, "letters, digits and hyphens, a letter first, at most 32", "agents")
        validation = self.fields.truth("resolved_ip_validation")
        maintenance = self.fields.truth("maintenance")
        if maintenance:
            self._say(
                MAINTENANCE_ON, "maintenance", "the perimeter's protections are off", "false when the work is done"
            )
        proof = self.fields.truth("proof")
        if proof is False:
            self._say(PROOF_OFF, "proof", "nothing holds the templates to the policies", "true")
        prefix, retention = self.fields.whole("agent_subnet_prefix"), self.fields.whole("log_retention_days")
        return Settings(
            name=name.text if name else defaults.name,
            policies=policies.text if policies else defaults.policies,
            vpc_cidr=self._vpc_cidr() or defaults.vpc_cidr,
            zones=self._zones() or defaults.zones,
            agent_subnet_prefix=_or(prefix, defaults.agent_subnet_prefix),
            slots=self._slots(),
            workloads=self._workloads(),
            resolved_ip_validation=_or(validation, defaults.resolved_ip_validation),
            maintenance=bool(maintenance),
            proof=_or(proof, defaults.proof),
            log_retention_days=_or(retention, defaults.log_retention_days),
            log_key=self._log_key(),
            quotas=self._quotas(),
            prefix_lists=self._prefix_lists(),
            watch=self._watch(),
        )

    def _vpc_cidr(self) -> Cidr | None:
        text = self.fields.text("vpc_cidr")
        if text is None:
            return None
        try:
            cidr = Cidr.parse(text.text)
        except ValueError as error:
            self._block(text, str(error))
            return None
        if not 16 <= cidr.prefix <= 20 or cidr.version == 6:
            self._block(text, f"{cidr} is not an IPv4 block from /16 to /20")
        elif not AddressSet.of((cidr,)) <= _ROOM:
            self._block(text, f"{cidr} is not private address space")
        return cidr

    def _block(self, text: Scalar, message: str) -> None:
        self.findings.append(
            Finding(
                VPC_BLOCK, message, text.span, shown(text.text), "a private IPv4 block from /16 to /20", "10.42.0.0/16"
            )
        )

    def _zones(self) -> tuple[str | None, ...]:
        count = self.fields.whole("zones")
        if count is not None:
            return (None,) * min(max(count, 1), 3)
        zones = tuple(as_text(item) for item in self.fields.items("zones"))
        names = [zone for zone in zones if zone]
        for index, zone in enumerate(names):
            if not _ZONE.fullmatch(zone.text):
                self._bad("zones", zone, "the name of an availability zone", "us-east-1a")
            elif zone.text in (earlier.text for earlier in names[:index]):
                self._bad("zones", zone, "each zone once", None)
            elif zone.text[:-1] != names[0].text[:-1]:
                self._bad("zones", zone, f"zones of one region, as {names[0].text} is", None)
        return tuple(zone.text if zone else None for zone in zones)

    def _slots(self) -> dict[str, int]:
        slots: dict[str, int] = {}
        for agent, entry in self.fields.pairs("slots"):
            self._agent("slots", agent, entry.key.span)
            slot = as_whole(entry.value)
            if slot is None:
                continue
            taken = next((other for other, used in slots.items() if used == slot), None)
            if taken is not None:
                self.findings.append(
                    Finding(
                        BAD_SETTING,
                        f"slot {slot} is already taken by {taken}",
                        entry.value.span,
                        str(slot),
                        "each slot once",
                    )
                )
            slots[agent] = slot
        return slots

    def _workloads(self) -> dict[str, Workload]:
        workloads: dict[str, Workload] = {}
        for agent, entry in self.fields.pairs("workloads"):
            self._agent("workloads", agent, entry.key.span)
            text = as_text(entry.value)
            if text and text.text in tuple(Workload):
                workloads[agent] = Workload(text.text)
        return workloads

    def _log_key(self) -> str | None:
        text = self.fields.text("log_key")
        if text and text.text != "create" and not _KEY_ARN.fullmatch(text.text):
            self._bad("log_key", text, "a KMS key ARN, create, or null", "arn:aws:kms:us-east-1:111122223333:key/…")
        return text.text if text else None

    def _quotas(self) -> dict[str, int]:
        quotas: dict[str, int] = {}
        raisable = {name: quota for name, quota in QUOTAS.items() if quota.ceiling is not None}
        for name, entry in self.fields.pairs("quotas"):
            limit = as_whole(entry.value)
            quota = raisable.get(name)
            if name not in QUOTAS:
                self._quota(
                    f"{shown(name)} is not a quota", entry.key.span, ", ".join(raisable), nearest(name, raisable)
                )
            elif quota is None or quota.ceiling is None:
                self._quota(f"{name} cannot be raised", entry.key.span, ", ".join(raisable), None)
            elif limit is not None and limit > quota.ceiling:
                self._quota(
                    f"AWS raises {name} to {quota.ceiling} at most",
                    entry.value.span,
                    f"up to {quota.ceiling}",
                    str(quota.ceiling),
                )
            elif limit is not None:
                quotas[name] = limit
        return quotas

    def _quota(self, message: str, span: Span, allowed: str, hint: str | None) -> None:
        self.findings.append(Finding(BAD_SETTING, message, span, allowed=allowed, hint=hint))

    def _prefix_lists(self) -> dict[str, str]:
        lists: dict[str, str] = {}
        for service, entry in self.fields.pairs("prefix_lists"):
            text = as_text(entry.value)
            if text and not _PREFIX_LIST.fullmatch(text.text):
                self._bad(f"prefix_lists.{service}", text, "the id of a prefix list, pl-…", "pl-63a5400a")
            if text:
                lists[service] = text.text
        return lists

    def _watch(self) -> Watch:
        fields, defaults = self.fields.section("watch"), Watch()
        if fields is None:
            return defaults
        enabled = fields.truth("enabled")
        if enabled is False:
            self.findings.append(
                Finding(WATCH_OFF, "nothing watches the deployed perimeter", fields.span("enabled"), hint="true")
            )
        return Watch(
            enabled=_or(enabled, defaults.enabled),
            every_minutes=_or(fields.whole("every_minutes"), defaults.every_minutes),
            on_change=_or(fields.truth("on_change"), defaults.on_change),
            silence_periods=_or(fields.whole("silence_periods"), defaults.silence_periods),
            trail=_or(fields.truth("trail"), defaults.trail),
            security_hub=_or(fields.truth("security_hub"), defaults.security_hub),
            evidence_retention_days=_or(fields.whole("evidence_retention_days"), defaults.evidence_retention_days),
            notify=self._notify(fields.section("notify")),
        )

    def _notify(self, fields: Fields | None) -> Notify:
        if fields is None:
            return Notify()
        for email in fields.texts("emails"):
            if not _EMAIL.fullmatch(email.text):
                self._bad("watch.notify.emails", email, "an e-mail address", "oncall@example.com")
        for endpoint in fields.texts("https"):
            self._endpoint(endpoint)
        for topic in fields.texts("topics"):
            if not _TOPIC_ARN.fullmatch(topic.text):
                allowed = "the ARN of a standard topic, for alarms know no FIFO topics"
                self._bad("watch.notify.topics", topic, allowed, "arn:aws:sns:eu-west-1:111122223333:security-alerts")
        return Notify(*(tuple(text.text for text in fields.texts(key)) for key in ("emails", "https", "topics")))

    def _endpoint(self, text: Scalar) -> None:
        try:
            address = urlsplit(text.text)
        except ValueError:
            address = urlsplit("")
        if address.scheme != "https" or not address.hostname or re.search(r"\s", text.text):
            self._bad("watch.notify.https", text, "an address, https://…", "https://hooks.example.com/drift")
        elif address.username or address.query or any(map(_TOKEN.fullmatch, address.path.split("/"))):
            # The endpoint itself is not repeated: a finding goes to logs.
            self.findings.append(
                Finding(
                    SECRET_IN_SETTINGS,
                    f"an endpoint at {address.hostname} has what looks like a secret in it",
                    text.span,
                    hint="a topic of your own under watch.notify.topics",
                )
            )

    def _agent(self, key: str, agent: str, span: Span) -> None:
        if not re.fullmatch(AGENT_NAME, agent):
            self.findings.append(
                Finding(
                    BAD_SETTING,
                    f"{shown(agent)} in {key} is no agent's name",
                    span,
                    shown(agent),
                    "small letters, digits and hyphens, a letter first, at most 24",
                )
            )

    def _bad(self, key: str, text: Scalar, allowed: str, hint: str | None) -> None:
        self.findings.append(Finding(BAD_SETTING, f"{key} cannot be used", text.span, shown(text.text), allowed, hint))

    def _say(self, kind: Code, key: str, message: str, hint: str) -> None:
        self.findings.append(Finding(kind, message, self.fields.span(key), hint=hint))


_Value = TypeVar("_Value")


def _or(found: _Value | None, default: _Value) -> _Value:
    return default if found is None else found
