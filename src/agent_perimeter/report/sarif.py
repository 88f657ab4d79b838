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
    rules = (*_layer_rules(), *_residual_rules(proof))
    properties: Json = {"source": proof.source, "judged": proof.judged, "status": proof.status.value}
    return log_of(_Log(proof, locate).results(), rules, version, properties)


def log_of(results: Iterable[Json], rules: Iterable[Json], version: str, properties: Json) -> str:
    """A log of one run: its results, and of the rules those that they name. ``properties`` are the run's own."""
    listed = list(results)
    used = {str(result["ruleId"]) for result in listed}
    named = [rule for rule in rules if rule["id"] in used]
    index = {rule["id"]: position for position, rule in enumerate(named)}
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "agent-perimeter", "version": version, "rules": named}},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True}],
                "results": [{**result, "ruleIndex": index[str(result["ruleId"])]} for result in listed],
                "properties": properties,
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
            + "".join(f" Not known: {sentence(doubt)}." for doubt in gap.doubts)
        )
        level = "error" if gap.certain else "warning"
        result = self.result(rule, level, said, _shown_at(gap), [agent.agent, str(gap.witness)])
        return {**result, **flow_of(gap, self.locate, self.proof.source)}

    def doubt(self, doubt: Doubt, rule: str, concerns: str) -> Json:
        said = f"Not known ({concerns}): {sentence(doubt)}."
        return self.result(f"unknown/{rule}", "warning", said, Origin(path=doubt.path), [concerns, doubt.path])

    def result(self, rule: str, level: str, message: str, origin: Origin, identity: Iterable[str]) -> Json:
        """``identity`` is what makes it the same result in another run, whatever happened to the lines."""
        digest = hashlib.sha256("\0".join([rule, *identity, origin.path]).encode()).hexdigest()
        place = place_of(origin, self.locate, self.proof.source)
        return result_of(rule, level, message, place, origin.spans, digest[:32])


def result_of(rule: str, level: str, message: str, place: Json, policy: Iterable[Span], fingerprint: str) -> Json:
    """A result (SARIF 2.1.0, 3.27). ``policy``: the lines behind it."""
    related = [
        {"id": number, "message": {"text": "the policy line"}, "physicalLocation": physical(span)}
        for number, span in enumerate(policy, 1)
    ]
    found: Json = {
        "ruleId": rule,
        "level": level,
        "message": message_of(message),
        "locations": [place],
        "partialFingerprints": {"agentPerimeter/v1": fingerprint},
    }
    return {**found, "relatedLocations": related} if related else found


def flow_of(gap: Gap, locate: Locate, source: str) -> Json:
    """The layers that a witness meets, as a code flow (SARIF 2.1.0, 3.36); nothing where no step is known."""
    steps = [{"location": _step(step, locate, source)} for step in gap.steps]
    if not steps:
        return {}
    said = message_of(f"{gap.witness}, layer by layer")
    return {"codeFlows": [{"message": said, "threadFlows": [{"locations": steps}]}]}


def _step(step: Step, locate: Locate, source: str) -> Json:
    doubts = "".join(f" Not known: {sentence(doubt)}." for doubt in step.doubts)
    place = place_of(step.origin, locate, source)
    return {**place, "message": message_of(f"{step.layer} {step.outcome}: {step.rule}.{doubts}")}


def place_of(origin: Origin, locate: Locate, source: str) -> Json:
    """A location (SARIF 2.1.0, 3.28): the template line, or the path's file, or the policy line, or what was read.

    There is always a file, for code scanning shows nothing without one; a path stands beside it as a logical location.
    """
    span = locate(origin.path) if origin.path else None
    file, in_a_file, _ = origin.path.partition("#/")
    if span:
        place = physical(span)
    elif in_a_file:
        place = {"artifactLocation": {"uri": uri(file)}}
    elif origin.spans:
        place = physical(origin.spans[0])
    else:
        place = {"artifactLocation": {"uri": uri(source)}}
    named = {"logicalLocations": [{"fullyQualifiedName": origin.path, "kind": "resource"}]} if origin.path else {}
    return {"physicalLocation": place, **named}


def message_of(text: str) -> Json:
    """Braces are doubled, for single ones stand around placeholders (SARIF 2.1.0, 3.11.5)."""
    return {"text": text.replace("{", "{{").replace("}", "}}")}


def _shown_at(gap: Gap) -> Origin:
    """For what is missing the rule that stops it: its own origin is the policy line."""
    if gap.origin.path:
        return gap.origin
    stops = (step.origin.path for step in gap.steps if step.outcome in {Outcome.DENIES, Outcome.PERHAPS})
    return Origin(gap.origin.spans, next(stops, ""))


def physical(span: Span) -> Json:
    """A line of a file."""
    region = {"startLine": span.line, "startColumn": span.column}
    return {"artifactLocation": {"uri": uri(span.file)}, "region": region}


def sentence(doubt: Doubt) -> str:
    """A doubt without its place."""
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
            yield rule_of(f"{kind}/{_slug(layer)}", f"The perimeter {what}: {layer}.", title, level)
    said = "Something could not be read, so nothing is claimed to be safe."
    for name, slug in [("the whole network", _NETWORK), *((layer.value, _slug(layer)) for layer in Layer)]:
        yield rule_of(f"unknown/{slug}", f"Not known: {name}.", said, "warning")


def _residual_rules(proof: Proof) -> Iterator[Json]:
    for name in dict.fromkeys(item.residual.name for item in shared_residuals(proof)):
        yield rule_of(f"residual/{name}", f"Residual risk: {name}.", "A risk that AWS itself leaves open.", "note")


def rule_of(identifier: str, short: str, full: str, level: str, name: str = "") -> Json:
    """A rule of the driver (SARIF 2.1.0, 3.49). ``name`` is kebab-case; without one, the identifier is."""
    return {
        "id": identifier,
        "name": "".join(word.capitalize() for word in (name or identifier).replace("/", "-").split("-")),
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["security", "network"]},
    }
