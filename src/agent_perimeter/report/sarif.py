"""A proof as SARIF 2.1.0 (OASIS), for code scanning: what fails, at the line of the template or policy that does it.

A certain gap is an error, what is not known a warning, a residual risk a note. Every result carries the witness,
the steps as a code flow, and a fingerprint that survives when lines move. What holds gives no result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

from agent_perimeter.observed import Doubt
from agent_perimeter.report.outcome import gaps, open_doubts, shared_residuals, what_of
from agent_perimeter.report.places import Locate, nowhere
from agent_perimeter.report.sending import command_line
from agent_perimeter.source import Origin, Span
from agent_perimeter.verdict import AgentVerdict, Gap, Kind, Layer, Outcome, Proof, Step

Json = dict[str, object]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_NETWORK = "network"
"""What a doubt concerns that stands above all layers."""


def proof_sarif(proof: Proof, version: str, locate: Locate = nowhere) -> str:
    """One run of one tool. ``version`` is agent-perimeter's own; ``locate`` gives the lines of template paths."""
    log = _Log(proof, locate)
    results = list(log.results())
    used = {str(result["ruleId"]) for result in results}
    rules = [rule for rule in (*_layer_rules(), *_residual_rules(proof)) if rule["id"] in used]
    index = {rule["id"]: position for position, rule in enumerate(rules)}
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "agent-perimeter", "version": version, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True}],
                "results": [{**result, "ruleIndex": index[str(result["ruleId"])]} for result in results],
                "properties": {"source": proof.source, "judged": proof.judged, "status": proof.status.value},
            }
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def uri(path: str) -> str:
    """A file path as a URI reference (RFC 3986): relative stays relative, absolute becomes ``file:``."""
    slashed = path.replace("\\", "/").removeprefix("./")
    drive = len(slashed) > 2 and slashed[1:3] == ":/"
    escaped = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in slashed.encode())
    if drive:
        return f"file:///{slashed[:2]}{escaped[4:]}"
    return f"file://{escaped}" if slashed.startswith("/") else escaped


class _Log:
    """The results of one proof."""

    def __init__(self, proof: Proof, locate: Locate) -> None:
        self.proof = proof
        self.locate = locate

    def results(self) -> Iterator[Json]:
        for doubt in self.proof.doubts:
            yield self.doubt(doubt, _NETWORK, "the whole network")
        for agent in self.proof.agents:
            for gap, layers in gaps(agent).items():
                yield self.gap(agent, gap, layers)
            for doubt, layers in open_doubts(agent).items():
                yield self.doubt(doubt, _slug(layers[0]), f"{agent.agent}: {', '.join(layers)}")
        for item in shared_residuals(self.proof):
            residual = item.residual
            said = f"{residual.sentence} (Residual risk of {', '.join(item.agents)}.)"
            # the sentence is left out of the fingerprint: it counts things that change
            yield self.result(f"residual/{residual.name}", "note", said, residual.origin, [*item.agents])

    def gap(self, agent: AgentVerdict, gap: Gap, layers: tuple[Layer, ...]) -> Json:
        rule = f"{gap.kind}/{_slug(layers[0])}"
        sent = command_line(gap.witness)
        said = (
            f"{agent.agent}: {', '.join(layers)} {what_of(gap)}: {gap.witness}. In all: {gap.scope}."
            + (f" Try it: {sent}" if sent else "")
            + "".join(f" Not known: {_sentence(doubt)}." for doubt in gap.doubts)
        )
        level = "error" if gap.certain else "warning"
        result = self.result(rule, level, said, _shown_at(gap), [agent.agent, str(gap.witness)])
        steps = [{"location": self.step(step)} for step in gap.steps]
        if steps:
            result["codeFlows"] = [
                {"message": _message(f"{gap.witness}, layer by layer"), "threadFlows": [{"locations": steps}]}
            ]
        return result

    def step(self, step: Step) -> Json:
        doubts = "".join(f" Not known: {_sentence(doubt)}." for doubt in step.doubts)
        return {**self.place(step.origin), "message": _message(f"{step.layer} {step.outcome}: {step.rule}.{doubts}")}

    def doubt(self, doubt: Doubt, rule: str, concerns: str) -> Json:
        said = f"Not known ({concerns}): {_sentence(doubt)}."
        return self.result(f"unknown/{rule}", "warning", said, Origin(path=doubt.path), [concerns, doubt.path])

    def result(self, rule: str, level: str, message: str, origin: Origin, identity: Iterable[str]) -> Json:
        """``identity`` is what makes it the same result in another run, whatever happened to the lines."""
        digest = hashlib.sha256("\0".join([rule, *identity, origin.path]).encode()).hexdigest()
        related = [
            {"id": number, "message": {"text": "the policy line"}, "physicalLocation": _physical(span)}
            for number, span in enumerate(origin.spans, 1)
        ]
        found: Json = {
            "ruleId": rule,
            "level": level,
            "message": _message(message),
            "locations": [self.place(origin)],
            "partialFingerprints": {"agentPerimeter/v1": digest[:32]},
        }
        return {**found, "relatedLocations": related} if related else found

    def place(self, origin: Origin) -> Json:
        """The template line, or the file that the path names, or the policy line, or what was verified."""
        span = self.locate(origin.path) if origin.path else None
        file, in_a_file, _ = origin.path.partition("#/")
        if span:
            physical = _physical(span)
        elif in_a_file:
            physical = {"artifactLocation": {"uri": uri(file)}}
        elif origin.spans:
            physical = _physical(origin.spans[0])
        else:
            physical = {"artifactLocation": {"uri": uri(self.proof.source)}}
        named = {"logicalLocations": [{"fullyQualifiedName": origin.path, "kind": "resource"}]} if origin.path else {}
        return {"physicalLocation": physical, **named}


def _message(text: str) -> Json:
    """Braces are doubled, for single ones stand around placeholders (SARIF 2.1.0, 3.11.5)."""
    return {"text": text.replace("{", "{{").replace("}", "}}")}


def _shown_at(gap: Gap) -> Origin:
    """For what is missing the rule that stops it: its own origin is the policy line."""
    if gap.origin.path:
        return gap.origin
    stops = (step.origin.path for step in gap.steps if step.outcome in {Outcome.DENIES, Outcome.PERHAPS})
    return Origin(gap.origin.spans, next(stops, ""))


def _physical(span: Span) -> Json:
    region = {"startLine": span.line, "startColumn": span.column}
    return {"artifactLocation": {"uri": uri(span.file)}, "region": region}


def _sentence(doubt: Doubt) -> str:
    return doubt.reason + (f"; try {doubt.remedy}" if doubt.remedy else "")


def _slug(layer: Layer) -> str:
    return layer.lower().replace(" ", "-")


def _layer_rules() -> Iterator[Json]:
    kinds = {
        Kind.EXCESS: ("lets out what the policy does not allow", "Reachable, not allowed.", "error"),
        Kind.MISSING: ("stops what the policy allows", "Allowed, not reachable.", "error"),
    }
    for kind, (what, title, level) in kinds.items():
        for layer in Layer:
            yield _rule(f"{kind}/{_slug(layer)}", f"The perimeter {what}: {layer}.", title, level)
    said = "Something could not be read, so nothing is claimed to be safe."
    for name, slug in [("the whole network", _NETWORK), *((layer.value, _slug(layer)) for layer in Layer)]:
        yield _rule(f"unknown/{slug}", f"Not known: {name}.", said, "warning")


def _residual_rules(proof: Proof) -> Iterator[Json]:
    for name in dict.fromkeys(item.residual.name for item in shared_residuals(proof)):
        yield _rule(f"residual/{name}", f"Residual risk: {name}.", "A risk that AWS itself leaves open.", "note")


def _rule(identifier: str, short: str, full: str, level: str) -> Json:
    return {
        "id": identifier,
        "name": "".join(word.capitalize() for word in identifier.replace("/", "-").split("-")),
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["security", "network"]},
    }
