"""JSON Schemas (draft 2020-12) of the JSON that ``verify`` and ``explain`` write. Public, like the shapes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum

from agent_perimeter.packet_sets import App
from agent_perimeter.report.proof_json import EXPLAIN_FORMAT, PROOF_FORMAT, Json
from agent_perimeter.verdict import Kind, Layer, Outcome, Status


def proof_schema() -> str:
    """The schema of ``proof_json``."""
    properties: Json = {
        "format": {"const": PROOF_FORMAT},
        "source": _text("What was verified, as it was named on the command line."),
        "judged": _flag("False: no policy was given, and `reach` is all there is to say."),
        "status": _ref("status", "Of the whole run: refuted over unknown over proven."),
        "agents": _list("agent"),
        "doubts": _list("doubt", "What is not known of the whole network; any makes the run unknown."),
    }
    return _schema("A proof by agent-perimeter verify", properties, _DEFINITIONS)


def explain_schema() -> str:
    """The schema of ``explain_json``."""
    properties: Json = {
        "format": {"const": EXPLAIN_FORMAT},
        "agent": _text(),
        "witness": _ref("witness"),
        "outcome": _ref("outcome", "Of all layers together: one that denies suffices."),
        "steps": _list("step", "In the order in which the witness meets the layers."),
    }
    used = ("doubt", "line", "origin", "outcome", "layerName", "packet", "query", "call", "step", "witness")
    return _schema("An explanation by agent-perimeter explain", properties, {name: _DEFINITIONS[name] for name in used})


def _schema(title: str, properties: Json, definitions: Json) -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_object(properties),
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=2) + "\n"


def _object(properties: Json, about: str = "") -> Json:
    """Every property is required and no other may be there."""
    return {
        **_about(about),
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _about(text: str) -> Json:
    return {"description": text} if text else {}


def _text(about: str = "") -> Json:
    return {**_about(about), "type": "string"}


def _flag(about: str) -> Json:
    return {"description": about, "type": "boolean"}


def _number(least: int, most: int, about: str) -> Json:
    return {"description": about, "type": "integer", "minimum": least, "maximum": most}


def _ref(name: str, about: str = "") -> Json:
    return {**_about(about), "$ref": f"#/$defs/{name}"}


def _list(name: str, about: str = "") -> Json:
    return {**_about(about), "type": "array", "items": _ref(name)}


def _texts(about: str) -> Json:
    return {"description": about, "type": "array", "items": {"type": "string"}}


def _one_of(values: Iterable[StrEnum], about: str) -> Json:
    return {"description": about, "enum": [value.value for value in values]}


_POSITION: Json = {"type": "integer", "minimum": 1}
_WITNESS: Json = {
    "text": _text("The witness in a line."),
    "send": _text("A shell line that sends it; empty where no common tool does."),
}
_DEFINITIONS: Json = {
    "status": _one_of(Status, "`absent`: the network has no such layer and the intent needs none."),
    "layerName": _one_of(Layer, "In the order in which a packet meets them, and the whole of it."),
    "outcome": _one_of(Outcome, "What one layer does with a witness; `may allow` where a doubt decides."),
    "line": _object({"file": _text(), "line": _POSITION, "column": _POSITION}, "Counted from 1."),
    "origin": _object(
        {
            "path": _text(
                "`file#/Resources/X/…` in a template, or a resource of the account; empty where there is none."
            ),
            "line": {"description": "Where the path stands, if known.", "anyOf": [_ref("line"), {"type": "null"}]},
            "policy": _list("line", "The policy lines behind it."),
        }
    ),
    "doubt": _object(
        {
            "reason": _text("What could not be known."),
            "path": _text("Where, as in an origin."),
            "line": {"anyOf": [_ref("line"), {"type": "null"}]},
            "remedy": _text("A phrase after “try”, or empty."),
        }
    ),
    "packet": _object(
        {
            "kind": {"const": "packet"},
            **_WITNESS,
            "protocol": _number(0, 255, "The IANA protocol number."),
            "destination": _text("A /32 or /128, or a symbol such as `list:s3` where AWS alone knows the addresses."),
            "port": _number(0, 65535, "For ICMP type * 256 + code; 0 where the protocol has none."),
            "app": _one_of(App, "What the payload is."),
            "name": _text("SNI or Host; empty where there is none."),
            "resolved": _text("The name for which the VPC's resolver gave the address out; empty where it never did."),
        }
    ),
    "query": _object({"kind": {"const": "query"}, **_WITNESS, "name": _text(), "type": _text("The DNS query type.")}),
    "call": _object(
        {
            "kind": {"const": "call"},
            **_WITNESS,
            "service": _text("The endpoint's service; empty where no endpoint matters."),
            "action": _text(),
            "resource": _text(),
            "principal": {"enum": ["own account", "another account", "nobody"]},
        }
    ),
    "witness": {"oneOf": [_ref("packet"), _ref("query"), _ref("call")]},
    "step": _object(
        {
            "layer": _ref("layerName"),
            "outcome": _ref("outcome"),
            "rule": _text("The rule that decides, in words."),
            "origin": _ref("origin"),
            "doubts": _list("doubt"),
        }
    ),
    "gap": _object(
        {
            "kind": _one_of(Kind, "`excess`: reachable and not allowed. `missing`: allowed and not reachable."),
            "certain": _flag("False: only a doubt opens (or closes) it."),
            "witness": _ref("witness"),
            "scope": _text("How much is concerned beyond the witness."),
            "steps": _list("step"),
            "origin": _ref("origin", "For excess the rules that let it out, for missing the policy lines."),
        }
    ),
    "layer": _object(
        {
            "layer": _ref("layerName"),
            "status": _ref("status"),
            "note": _text("A sentence for the reader, or empty."),
            "gaps": _list("gap"),
            "doubts": _list("doubt", "Why the layer is unknown, where no single witness shows it."),
        }
    ),
    "reached": _object(
        {
            "where": _text("Such as `203.0.113.0/28` or `*.pypi.org`."),
            "how": _text("Such as `TLS on TCP 443`."),
            "certain": _flag("False: only a doubt opens it."),
            "origin": _ref("origin"),
        }
    ),
    "residual": _object({"name": _text("Stable, in kebab-case."), "sentence": _text(), "origin": _ref("origin")}),
    "agent": _object(
        {
            "agent": _text(),
            "status": _ref("status"),
            "subnets": _texts("Record ids."),
            "securityGroups": _texts("Record ids."),
            "layers": _list("layer"),
            "reach": _list("reached", "What it can reach."),
            "allowed": _list("reached", "What the policy allows, in the same words."),
            "residuals": _list("residual", "What AWS itself leaves open."),
        }
    ),
}
