"""The judge inside the CDK: what an app has just written, held to the policies before anybody can deploy it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
)

from agent_perimeter.files import UsageError, read_file, read_policies
from agent_perimeter.settings import Settings
from agent_perimeter_cdk.perimeter import PolicyRefused

if TYPE_CHECKING:
    # The judge takes a quarter of a second to load, and an app that only imports the constructs does not need it.
    from agent_perimeter.lift.assembly import Read
    from agent_perimeter.observed import Doubt
    from agent_perimeter.verdict import AgentVerdict, Gap, Layer, Proof
    from agent_perimeter.verification import Lifted

PROOF_OFF: Final = (
    "THE PROOF IS OFF: nothing holds these templates to the policies, whatever they let out "
    '("proof": false in the settings).'
)
"""What an app says at every synth while ``Settings.proof`` is false."""

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Judged:
    """A proof and what it was made of. ``text`` is the report for a person; its last line is the verdict."""

    proof: Proof
    found: Lifted

    @property
    def text(self) -> str:
        from agent_perimeter.report.proof_text import proof_text
        from agent_perimeter.report.text import Style

        return proof_text(self.proof, Style(colour=False), self.found.locate)

    @property
    def verdict(self) -> str:
        """Such as ``proven · 4 agents (4 proven), 10 residual risks, cdk.out``."""
        return self.text.rpartition("\n")[2]


def file_content(path: str) -> bytes | None:
    """The content of a file, None where there is none."""
    file = Path(path)
    return read_file(file) if file.is_file() else None


def judge(
    sources: Sequence[str],
    policies: str | Path,
    settings: Settings,
    today: date,
    read: Read = file_content,
) -> Judged:
    """Hold cloud assemblies or templates to policies.

    Raises ``PolicyRefused`` for policies with errors, ``UsageError`` for files that cannot be read and
    ``TemplateError`` for what is no template.
    """
    from agent_perimeter.verification import lifted, meaning, verify

    meant = meaning(read_policies([policies]), today, resolved_ip_validation=settings.resolved_ip_validation)
    if meant.intent is None:
        raise PolicyRefused(meant.findings)
    found = lifted(sources, read)
    runtimes = {agent: (workload.value,) for agent, workload in settings.workloads.items()}
    return Judged(verify(found, meant.intent, runtimes), found)


@jsii.implements(IPolicyValidationPlugin)
class PerimeterProof:
    """A validation plugin: ``Validations.of(app).add_plugins(PerimeterProof(policies="policies"))``.

    Every gap between the templates and the policies is a violation, with its witness, at the resource that
    makes it; what cannot be known is one too. Their rules are called ``agent-perimeter/<layer>/excess``,
    ``…/missing`` and ``…/unknown``; ``agent-perimeter/verdict`` sums up, and belongs to no resource or stack.

    With ``gate`` they are fatal, which no ``Validations.acknowledge`` takes away: ``cdk synth`` and ``cdk
    deploy`` fail, and the assembly's own report makes ``cdk deploy --app cdk.out`` fail too. Without it they
    are errors, which can be acknowledged rule by rule.

    ``settings`` says what runs each agent, and with ``proof`` false makes the plugin prove nothing and say
    so. ``policies`` is ``Settings.policies`` by default, ``today`` the current day (UTC).
    """

    def __init__(
        self,
        *,
        policies: str | Path | None = None,
        settings: Settings | None = None,
        today: date | None = None,
        gate: bool = True,
    ) -> None:
        self._settings = settings or Settings()
        self._policies = policies or self._settings.policies
        self._today = today
        self._severity = "fatal" if gate else "error"

    @property
    def name(self) -> str:
        return "agent-perimeter"

    @property
    def version(self) -> str | None:
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        return None

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Judge all templates of the context together, nested stacks and what stacks say to each other included."""
        if not self._settings.proof:
            sys.stderr.write(f"{PROOF_OFF}\n")
            return PolicyValidationPluginReport(success=True, violations=[])
        report = None
        try:
            report = self._report(context.template_paths)
        finally:
            # The CDK CLI passes over a plugin that raises (2.1148 takes a report without violations for a success),
            # so a mistake in the judge would open the gate. jsii hands on every Exception; this is none, and ends
            # the app.
            if report is None:
                traceback.print_exc()
                raise SystemExit("agent-perimeter: the judge failed, so nothing is proven")
        return report

    def _report(self, templates: Iterable[str]) -> PolicyValidationPluginReport:
        today = self._today or datetime.now(UTC).date()
        try:
            violations = [*self._violations(judge(assemblies(templates), self._policies, self._settings, today))]
        except (PolicyRefused, UsageError, ValueError) as error:
            violations = [self._violation("verdict", f"nothing is proven: {error}")]
        return PolicyValidationPluginReport(success=not violations, violations=violations)

    def _violations(self, judged: Judged) -> Iterator[PolicyViolation]:
        from agent_perimeter.report.outcome import gaps, open_doubts
        from agent_perimeter.verdict import Status

        proof = judged.proof
        if proof.status is Status.PROVEN:
            return
        yield self._violation("verdict", judged.verdict)
        for doubt in proof.doubts:
            yield self._doubt("network", "the whole network", doubt)
        for agent in proof.agents:
            for gap, layers in gaps(agent).items():
                yield self._gap(agent, gap, layers)
            for doubt, layers in open_doubts(agent).items():
                yield self._doubt(_kebab(layers[0]), f"{agent.agent}, {', '.join(layers)}", doubt)

    def _gap(self, agent: AgentVerdict, gap: Gap, layers: tuple[Layer, ...]) -> PolicyViolation:
        from agent_perimeter.report.outcome import what_of
        from agent_perimeter.verdict import Kind, Outcome

        excess = gap.kind is Kind.EXCESS
        guilty = {Outcome.ALLOWS if excess else Outcome.DENIES, Outcome.PERHAPS}
        remedies = [doubt.remedy for doubt in gap.doubts if doubt.remedy]
        if not gap.certain and remedies:
            fix = "; ".join(remedies)
        elif excess:
            fix = f"take out what allows it, or allow it in the policy of {agent.agent}"
        else:
            fix = f"let it out, or take it out of the policy of {agent.agent}"
        return self._violation(
            f"{_kebab(layers[0])}/{gap.kind if gap.certain else 'unknown'}",
            f"{agent.agent}, {', '.join(layers)}: {what_of(gap)}: {gap.witness} (in all: {gap.scope})",
            fix,
            [step.origin.path for step in gap.steps if step.outcome in guilty],
        )

    def _doubt(self, rule: str, concerns: str, doubt: Doubt) -> PolicyViolation:
        return self._violation(f"{rule}/unknown", f"{concerns}: {doubt.reason}", doubt.remedy, [doubt.path])

    def _violation(self, rule: str, said: str, fix: str = "", paths: Iterable[str] = ()) -> PolicyViolation:
        from agent_perimeter.report.visible import visible

        places = [place for path in dict.fromkeys(paths) if (place := _place(path))]
        return PolicyViolation(
            rule_name=f"agent-perimeter/{rule}",
            description="\n".join(map(visible, said.splitlines())),
            severity=self._severity,
            fix=visible(fix) or None,
            # One without a place is shown whichever stack is asked for; one that is nowhere is not shown at all.
            violating_resources=places or [PolicyViolatingResource(locations=[])],
        )


def assemblies(templates: Iterable[str]) -> tuple[str, ...]:
    """What to read for these templates: the outermost folders with a manifest, which names nested stacks too.

    A template whose folder has no manifest stands for itself.
    """
    paths = sorted(map(Path, templates))
    folders = {path.parent for path in paths if (path.parent / _MANIFEST).is_file()}
    outermost = {folder for folder in folders if folders.isdisjoint(folder.parents)}
    alone = (path for path in paths if path.parent not in folders)
    return tuple(map(str, (*sorted(outermost), *alone)))


def _place(path: str) -> PolicyViolatingResource | None:
    """``out/S.template.json#/Resources/X/Properties/Y`` as the CDK's report spells it; None for other paths.

    Lines inside one long string follow a second mark, and the CDK has no place for them.
    """
    template, mark, rest = path.partition("#")
    section, *steps = (
        step.replace("~1", "/").replace("~0", "~") for step in rest.partition("#")[0].removeprefix("/").split("/")
    )
    if not mark or not steps:
        return None
    if section != "Resources":
        return PolicyViolatingResource(template_path=template, locations=["/".join((section, *steps))])
    return PolicyViolatingResource(
        template_path=template, resource_logical_id=steps[0], locations=["/".join(steps[1:])] if steps[1:] else []
    )


def _kebab(layer: Layer) -> str:
    return layer.lower().replace(" ", "-")
