"""``verify`` and ``explain``: the commands that hold templates to policies.

Apart from ``cli`` so that commands which judge nothing do not load what judges.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent_perimeter.exits import CLEAN, REFUSED, REFUTED, UNKNOWN, Outcome
from agent_perimeter.explain import question
from agent_perimeter.files import UsageError, read_policies, write_file
from agent_perimeter.inputs import content, parameters_of, report_style, runtimes_of, settings_of, today_of, version_of
from agent_perimeter.lift.stored import network_schema, store
from agent_perimeter.report.outcome import outcome_of
from agent_perimeter.report.proof_json import explain_json, proof_json
from agent_perimeter.report.proof_text import explain_text, proof_text
from agent_perimeter.report.quotas import uses
from agent_perimeter.report.text import findings_text
from agent_perimeter.settings import Settings
from agent_perimeter.terminal import progress, style_of
from agent_perimeter.verdict import Outcome as Passage
from agent_perimeter.verdict import Proof, Status
from agent_perimeter.verification import Lifted, Meant, Named, agents, explain, lifted, meaning, verify


def run_verify(arguments: argparse.Namespace) -> Outcome:
    """Prove a cloud assembly, a template or a stored network, or say what can be reached in it."""
    settings = settings_of(arguments.settings) or Settings()
    meant = _meant(arguments, settings)
    if meant is not None and meant.intent is None:
        return Outcome(REFUSED, errors=findings_text(meant.findings, style_of(sys.stderr)))
    found = _lifted(arguments, meant)
    if arguments.store:
        _store(arguments, found)
    progress(f"proving {len(found.places)} placed agents")
    proof = verify(found, meant.intent if meant is not None else None, runtimes_of(settings))
    return Outcome(of_proof(proof), _report(arguments, found, proof), file=arguments.output)


def _store(arguments: argparse.Namespace, found: Lifted) -> None:
    """Before the proof, so that a network that cannot be stored is known at once."""
    file = Path(arguments.store)
    if any(other and file == Path(other) for other in (*arguments.targets, *arguments.policy, arguments.output)):
        raise UsageError(f"--store {file}: this is a file that the command reads or writes; give another")
    write_file(file, store(found.network, found.source))


def _report(arguments: argparse.Namespace, found: Lifted, proof: Proof) -> str:
    match arguments.format:
        case "json":
            return proof_json(proof, found.locate)
        case "sarif":
            from agent_perimeter.report.sarif import proof_sarif

            return proof_sarif(proof, version_of(), found.locate)
        case "html":
            from agent_perimeter.report.page import proof_page

            return proof_page(
                proof, found.network, today_of(arguments.today), version_of(), uses(found.network), found.locate
            )
        case _:
            return proof_text(proof, report_style(arguments), found.locate)


def run_explain(arguments: argparse.Namespace) -> Outcome:
    """Follow one packet or name through every layer, on a policy alone, on a template or on a stored network."""
    try:
        asked = question(
            arguments.question,
            sni=arguments.sni,
            host=arguments.host,
            resolved=arguments.resolved_for,
            app=arguments.app,
            query_type=arguments.query,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    settings = settings_of(arguments.settings) or Settings()
    meant = _meant(arguments, settings)
    if meant is not None and meant.intent is None:
        return Outcome(REFUSED, errors=findings_text(meant.findings, style_of(sys.stderr)))
    found = _lifted(arguments, meant) if arguments.targets else None
    intent = meant.intent if meant is not None else None
    if found is None and intent is None:
        raise UsageError("nothing to explain it on: give a template, a --policy, or both")
    agent = arguments.agent or _only(agents(found, intent))
    try:
        steps = explain(found, intent, agent, asked)
    except ValueError as error:
        raise UsageError(str(error)) from error
    locate = found.locate if found is not None else (lambda _: None)
    if arguments.format == "json":
        return Outcome(
            of_passage(outcome_of(steps)), explain_json(agent, asked.witness, steps, locate), file=arguments.output
        )
    text = explain_text(agent, asked.witness, steps, report_style(arguments), locate)
    return Outcome(of_passage(outcome_of(steps)), text, file=arguments.output)


def _only(known: tuple[str, ...]) -> str:
    if len(known) != 1:
        raise UsageError(f"which agent? --agent {' | '.join(known) or 'NAME'}")
    return known[0]


def _meant(arguments: argparse.Namespace, settings: Settings) -> Meant | None:
    if not arguments.policy:
        return None
    files = read_policies(arguments.policy)
    return meaning(files, today_of(arguments.today), resolved_ip_validation=settings.resolved_ip_validation)


def _lifted(arguments: argparse.Namespace, meant: Meant | None) -> Lifted:
    progress(f"reading {', '.join(arguments.targets)}")
    intent = meant.intent if meant is not None else None
    named = Named(tuple(arguments.subnet), tuple(arguments.security_group), arguments.agent)
    if named and named.agent is None and intent is not None:
        if len(intent.agents) != 1:
            raise UsageError(f"which agent runs there? --agent {' | '.join(agent.name for agent in intent.agents)}")
        named = Named(named.subnets, named.groups, intent.agents[0].name)
    try:
        return lifted(arguments.targets, content, parameters_of(arguments.parameter), named)
    except ValueError as error:  # TemplateError too
        raise UsageError(str(error)) from error


def schema_of(which: str) -> str:
    """The JSON Schema of what ``verify`` or ``explain`` writes as JSON, or of a stored network."""
    from agent_perimeter.report.proof_schema import explain_schema, proof_schema

    schemas = {"proof": proof_schema, "explain": explain_schema, "network": network_schema}
    return schemas[which]()


def of_proof(proof: Proof) -> int:
    """The exit code of a run. Without a policy nothing is judged, and only what could not be read counts."""
    if not proof.judged:
        doubtful = proof.doubts or any(layer.doubts for agent in proof.agents for layer in agent.layers)
        return UNKNOWN if doubtful or not proof.agents else CLEAN
    match proof.status:
        case Status.PROVEN:
            return CLEAN
        case Status.REFUTED:
            return REFUTED
        case _:
            return UNKNOWN


def of_passage(passage: Passage) -> int:
    """The exit code of an explanation: 0 where it is stopped, 1 where it leaves, 3 where nobody knows.

    So a script that asks for what must not leave can treat it like a test.
    """
    match passage:
        case Passage.DENIES:
            return CLEAN
        case Passage.ALLOWS:
            return REFUTED
        case _:
            return UNKNOWN
