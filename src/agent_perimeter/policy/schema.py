"""The policy language as one table. The loader, the JSON Schema and the reference all follow it."""

from __future__ import annotations

from typing import assert_never

from agent_perimeter.policy.shape import Either, Key, ListOf, MapOf, OneOf, Section, Shape, Text, Truth, Whole

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"

AGENT_NAME = r"[a-z]([a-z0-9-]{0,22}[a-z0-9])?"
"""At most 24 characters: ``AGENT_`` and the name must fit a Suricata variable of 32."""

_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_BLOCK = Text(
    "a block such as 198.51.100.0/24",
    pattern=rf"^({_OCTET}(\.{_OCTET}){{3}}(/([0-9]|[12][0-9]|3[0-2]))?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/[0-9]{{1,3}})?)$",
)
_DOMAIN = Text('a host name such as api.example.com or "*.example.com"', pattern=r"^[^\s/:*]*$|^\*\.[^\s/:*]+$")
_PORT = Whole(0, 65535)

PORT = Section(
    "a port rule",
    (
        Key("protocol", Text("a protocol", choices=("TCP", "UDP")), "The transport protocol.", "TCP", required=True),
        Key("port", _PORT, "The port, or the first one of a range.", "443", required=True),
        Key("end_port", _PORT, "The last port of the range.", "5440", default="`port`"),
    ),
)

ACCEPT = MapOf(
    Text("the code of a warning, AP2xx", pattern=r"^AP2[0-9]{2}$"),
    Text("a reason of at least 10 characters", shortest=10),
)

_ABOUT = (
    Key("reason", Text("text"), "Why the agent needs it.", "model API"),
    Key("owner", Text("text"), "Who answers for it.", "platform-team"),
    Key("ticket", Text("text"), "Where it was decided.", "SEC-1234"),
    Key(
        "expires",
        Text("a date as YYYY-MM-DD", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        "The last day on which the rule holds.",
        "2027-03-31",
    ),
    Key(
        "accept",
        ACCEPT,
        "Warnings about this rule that somebody lives with, each with a reason.",
        "{AP204: our own repository}",
    ),
)

DOMAIN = Section(
    "a domain rule",
    (
        Key(
            "domain",
            _DOMAIN,
            "An exact host name, or a wildcard as the first label: any depth below, never the apex.",
            "api.example.com",
            required=True,
        ),
        Key(
            "ports",
            ListOf(PORT, 1),
            "TCP ports. 443 is TLS, 80 is plain HTTP.",
            "[{protocol: TCP, port: 443}]",
            default="TCP 443",
        ),
        Key(
            "addresses",
            ListOf(_BLOCK, 1),
            "Pins: the only addresses at which the name is reached.",
            "[203.0.113.0/28]",
            default="any that the name resolves to",
        ),
        *_ABOUT,
    ),
)

ADDRESS = Section(
    "an address rule",
    (
        Key("ip_block", _BLOCK, "A block of public IPv4 addresses.", "198.51.100.0/24", required=True),
        Key("except", ListOf(_BLOCK), "Blocks inside it that stay closed.", "[198.51.100.128/25]"),
        Key(
            "ports", ListOf(PORT, 1), "TCP and UDP ports; leaving them out is refused.", "[{protocol: TCP, port: 5432}]"
        ),
        *_ABOUT,
    ),
)

SERVICE = Section(
    "a service rule",
    (
        Key(
            "aws_service",
            Text("the name of an AWS service"),
            "An AWS service, reached through its VPC endpoint only.",
            "s3",
            required=True,
        ),
        Key(
            "actions",
            ListOf(Text("an IAM action such as s3:GetObject", pattern=r"^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$"), 1),
            "The IAM actions that are granted.",
            '["s3:GetObject"]',
            required=True,
        ),
        Key(
            "resources",
            ListOf(Text("an ARN, or *", pattern=r"^(\*|arn:[^\s]+)$"), 1),
            "The resources they are granted on.",
            '["arn:aws:s3:::corpus/*"]',
            required=True,
        ),
        *_ABOUT,
    ),
)

RULE = OneOf("an egress rule", (DOMAIN, ADDRESS, SERVICE))

NETWORK_POLICY = Section(
    "the network policy",
    (
        Key("egress", ListOf(RULE), "The rules: what the agent may reach.", "[]"),
        Key(
            "allowed_domains",
            ListOf(_DOMAIN),
            "The framework's own list of names; each is a domain rule for TLS on TCP 443.",
            "[pypi.org]",
        ),
        Key(
            "accept",
            ACCEPT,
            "Warnings about `allowed_domains`, or about the file, that somebody lives with.",
            "{AP204: our own repository}",
        ),
    ),
)

POLICY = Section(
    "the policy file",
    (
        Key("version", Whole(1, 1), "The version of this language.", "1", default="1"),
        Key(
            "agent",
            Text("small letters, digits and hyphens, a letter first, at most 24", pattern=f"^{AGENT_NAME}$"),
            "The agent's name.",
            "research-bot",
            default="the file's stem",
        ),
        Key("network_policy", NETWORK_POLICY, "What the agent may reach. Empty: nothing.", "{}", required=True),
    ),
    open=True,
)


def json_schema() -> dict[str, object]:
    """The policy file as a JSON Schema (draft 2020-12), for editors.

    It refuses what is wrong in shape. What a value means (a public suffix, an expired rule) only
    ``check`` can tell.
    """
    return {"$schema": SCHEMA_ID, "title": "Agent Perimeter network policy", **schema_of(POLICY)}


def schema_of(shape: Shape) -> dict[str, object]:
    """Any shape as a JSON Schema."""
    match shape:
        case Text():
            return _text_schema(shape)
        case Whole(choices=()):
            return {"type": "integer", "minimum": shape.low, "maximum": shape.high}
        case Whole():
            return {"enum": list(shape.choices)}
        case Truth():
            return {"type": "boolean"}
        case ListOf():
            bounds = {"minItems": shape.shortest, "maxItems": shape.longest}
            return {
                "type": "array",
                "items": schema_of(shape.item),
                **{name: bound for name, bound in bounds.items() if bound},
            }
        case MapOf():
            return {
                "type": "object",
                "propertyNames": _text_schema(shape.key),
                "additionalProperties": schema_of(shape.value),
            }
        case Section():
            return {
                "type": "object",
                "required": [key.name for key in shape.keys if key.required],
                "properties": {key.name: {"description": key.doc, **schema_of(key.shape)} for key in shape.keys},
                "additionalProperties": shape.open,
            }
        case OneOf():
            return {"oneOf": [schema_of(variant) for variant in shape.variants]}
        case Either():
            return {"anyOf": [schema_of(shape.scalar), schema_of(shape.listed)]}
        case _:
            assert_never(shape)


def _text_schema(shape: Text) -> dict[str, object]:
    if shape.choices:
        return {"enum": list(shape.choices)}
    schema: dict[str, object] = {
        "type": ["string", "null"] if shape.nullable else "string",
        "minLength": shape.shortest,
    }
    if shape.pattern:
        schema["pattern"] = shape.pattern
    return schema
