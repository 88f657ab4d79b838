"""JSON Schemas (draft 2020-12) of the JSON that ``verify`` and ``explain`` write. Public, like the shapes."""

from __future__ import annotations

from agent_perimeter.packet_sets import App
from agent_perimeter.report.json_schema import (
    Json,
    document,
    flag,
    list_of,
    number,
    one_of,
    record,
    ref,
    ref_or_null,
    text,
    texts,
)
from agent_perimeter.report.proof_json import EXPLAIN_FORMAT, PROOF_FORMAT
from agent_perimeter.verdict import Kind, Layer, Outcome, Status


def proof_schema() -> str:
    """The schema of ``proof_json``."""
    return document("A proof by agent-perimeter verify", {"format": {"const": PROOF_FORMAT}, **PROOF}, DEFINITIONS)


def explain_schema() -> str:
    """The schema of ``explain_json``."""
    properties: Json = {
        "format": {"const": EXPLAIN_FORMAT},
        "agent": text(),
        "witness": ref("witness"),
        "outcome": ref("outcome", "Of all layers together: one that denies suffices."),
        "steps": list_of("step", "In the order in which the witness meets the layers."),
    }
    used = ("doubt", "line", "origin", "outcome", "layerName", "packet", "query", "call", "step", "witness")
    return document("An explanation by agent-perimeter explain", properties, {name: DEFINITIONS[name] for name in used})


PROOF: Json = {
    "source": text("What was verified, as it was named on the command line."),
    "judged": flag("False: no policy was given, and `reach` is all there is to say."),
    "status": ref("status", "Of the whole run: refuted over unknown over proven."),
    "agents": list_of("agent"),
    "doubts": list_of("doubt", "What is not known of the whole network; any makes the run unknown."),
}
"""The properties of a proof, wherever one stands."""
_POSITION: Json = {"type": "integer", "minimum": 1}
_WITNESS: Json = {
    "text": text("The witness in a line."),
    "send": text("A shell line that sends it; empty where no common tool does."),
}
DEFINITIONS: Json = {
    "status": one_of(Status, "`absent`: the network has no such layer and the intent needs none."),
    "layerName": one_of(Layer, "In the order in which a packet meets them, and the whole of it."),
    "outcome": one_of(Outcome, "What one layer does with a witness; `may allow` where a doubt decides."),
    "line": record({"file": text(), "line": _POSITION, "column": _POSITION}, "Counted from 1."),
    "origin": record(
        {
            "path": text(
                "`file#/Resources/X/…` in a template, or a resource of the account; empty where there is none."
            ),
            "line": ref_or_null("line", "Where the path stands, if known."),
            "policy": list_of("line", "The policy lines behind it."),
        }
    ),
    "doubt": record(
        {
            "reason": text("What could not be known."),
            "path": text("Where, as in an origin."),
            "line": ref_or_null("line"),
            "remedy": text("A phrase after “try”, or empty."),
        }
    ),
    "packet": record(
        {
            "kind": {"const": "packet"},
            **_WITNESS,
            "protocol": number(0, 255, "The IANA protocol number."),
            "destination": text("A /32 or /128, or a symbol such as `list:s3` where AWS alone knows the addresses."),
            "port": number(0, 65535, "For ICMP type * 256 + code; 0 where the protocol has none."),
            "app": one_of(App, "What the payload is."),
            "name": text("SNI or Host; empty where there is none."),
            "resolved": text("The name for which the VPC's resolver gave the address out; empty where it never did."),
        }
    ),
    "query": record({"kind": {"const": "query"}, **_WITNESS, "name": text(), "type": text("The DNS query type.")}),
    "call": record(
        {
            "kind": {"const": "call"},
            **_WITNESS,
            "service": text("The endpoint's service; empty where no endpoint matters."),
            "action": text(),
            "resource": text(),
            "principal": {"enum": ["own account", "another account", "nobody"]},
        }
    ),
    "witness": {"oneOf": [ref("packet"), ref("query"), ref("call")]},
    "step": record(
        {
            "layer": ref("layerName"),
            "outcome": ref("outcome"),
            "rule": text("The rule that decides, in words."),
            "origin": ref("origin"),
            "doubts": list_of("doubt"),
        }
    ),
    "gap": record(
        {
            "kind": one_of(Kind, "`excess`: reachable and not allowed. `missing`: allowed and not reachable."),
            "certain": flag("False: only a doubt opens (or closes) it."),
            "witness": ref("witness"),
            "scope": text("How much is concerned beyond the witness."),
            "steps": list_of("step"),
            "origin": ref("origin", "For excess the rules that let it out, for missing the policy lines."),
        }
    ),
    "layer": record(
        {
            "layer": ref("layerName"),
            "status": ref("status"),
            "note": text("A sentence for the reader, or empty."),
            "gaps": list_of("gap"),
            "doubts": list_of("doubt", "Why the layer is unknown, where no single witness shows it."),
        }
    ),
    "reached": record(
        {
            "where": text("Such as `203.0.113.0/28` or `*.pypi.org`."),
            "how": text("Such as `TLS on TCP 443`."),
            "certain": flag("False: only a doubt opens it."),
            "origin": ref("origin"),
        }
    ),
    "residual": record({"name": text("Stable, in kebab-case."), "sentence": text(), "origin": ref("origin")}),
    "agent": record(
        {
            "agent": text(),
            "status": ref("status"),
            "subnets": texts("Record ids."),
            "securityGroups": texts("Record ids."),
            "layers": list_of("layer"),
            "reach": list_of("reached", "What it can reach."),
            "allowed": list_of("reached", "What the policy allows, in the same words."),
            "residuals": list_of("residual", "What AWS itself leaves open."),
        }
    ),
}
