"""A proof for a person at a terminal: what fails comes in full, what holds in a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import assert_never

from agent_perimeter.observed import Doubt
from agent_perimeter.report.outcome import (
    all_doubts,
    gaps,
    open_doubts,
    outcome_of,
    shared_residuals,
    tally,
    urgency,
    what_of,
)
from agent_perimeter.report.places import Locate, nowhere, place, places
from agent_perimeter.report.sending import command_line
from agent_perimeter.report.text import Style, plural
from agent_perimeter.report.visible import visible
from agent_perimeter.verdict import (
    AgentVerdict,
    Gap,
    Kind,
    Layer,
    LayerVerdict,
    Outcome,
    Proof,
    Reached,
    Status,
    Step,
    Witness,
)

_MARKS = {Status.PROVEN: "✓", Status.REFUTED: "✗", Status.UNKNOWN: "?", Status.ABSENT: "·"}
_LAYER_WIDTH = max(map(len, Layer))
_MARK_WIDTH = max(map(len, Status)) + 4
_OUTCOME_WIDTH = max(map(len, Outcome))
_LONG_TEXT = 200
_WHERE_WIDTH = 60
"""A longer destination does not push the other rows' columns to the right."""


def proof_text(proof: Proof, style: Style, locate: Locate = nowhere) -> str:
    """Everything that ``verify`` prints: what holds first, then what does not; the last line is the verdict.

    ``locate`` turns template paths into lines. Sections stand apart by an empty line.
    """
    text = _Text(style, locate)
    sections = [text.doubts("Not known, of the whole network", dict.fromkeys(proof.doubts, ()))]
    sections += (
        text.agent(agent) if proof.judged else text.reach(agent) for agent in sorted(proof.agents, key=urgency)
    )
    sections += [text.residuals(proof), text.verdict(proof)]
    return "\n\n".join(filter(None, sections))


def explain_text(agent: str, witness: Witness, steps: tuple[Step, ...], style: Style, locate: Locate = nowhere) -> str:
    """One witness, layer by layer; the last line says what becomes of it."""
    text = _Text(style, locate)
    outcome = outcome_of(steps)
    sent = command_line(witness)
    lines = [f"{style.strong(visible(str(witness)))} from {style.strong(visible(agent))}"]
    if sent:
        lines.append(f"  try it  {visible(sent)}")
    lines += ["", *text.steps(steps), ""]
    match outcome:
        case Outcome.ALLOWS:
            lines.append(style.odd("leaves") + " · every layer that sees it allows it")
        case Outcome.DENIES:
            by = ", ".join(step.layer for step in steps if step.outcome is Outcome.DENIES)
            lines.append(style.good("stopped") + f" · denied by {by}")
        case Outcome.PERHAPS:
            by = ", ".join(step.layer for step in steps if step.outcome is Outcome.PERHAPS)
            lines.append(style.odd("may leave") + f" · not known: {by}")
        case Outcome.SKIPS:
            lines.append(style.odd("not seen") + " · no layer sees it")
        case _:
            assert_never(outcome)
    return "\n".join(lines)


class _Text:
    """The parts of a report, in one style."""

    def __init__(self, style: Style, locate: Locate) -> None:
        self.style = style
        self.locate = locate

    def status(self, status: Status, text: str) -> str:
        match status:
            case Status.PROVEN:
                return self.style.good(text)
            case Status.REFUTED:
                return self.style.bad(text)
            case Status.UNKNOWN:
                return self.style.odd(text)
            case Status.ABSENT:
                return self.style.faint(text)
            case _:
                assert_never(status)

    def outcome(self, outcome: Outcome, text: str) -> str:
        match outcome:
            case Outcome.ALLOWS:
                return self.style.odd(text)
            case Outcome.DENIES:
                return self.style.good(text)
            case Outcome.PERHAPS:
                return self.style.odd(text)
            case Outcome.SKIPS:
                return self.style.faint(text)
            case _:
                assert_never(outcome)

    def agent(self, agent: AgentVerdict) -> str:
        verdict = self.status(agent.status, f"{_MARKS[agent.status]} {agent.status}")
        head = f"{verdict}  {self.style.strong(visible(agent.agent))}{self.style.faint(f'  {_stands(agent)}')}"
        if agent.status is Status.PROVEN:
            return "\n".join([head, *self.holds(agent)])
        lines = [head, *map(self.layer, agent.layers)]
        shown: set[tuple[Step, ...]] = set()
        for gap, layers in gaps(agent).items():
            lines += ["", *self.gap(gap, layers, repeated=gap.steps in shown)]
            shown.add(gap.steps)
        unknown = self.doubts("  Not known", open_doubts(agent))
        return "\n".join([*lines, "", unknown] if unknown else lines)

    def holds(self, agent: AgentVerdict) -> Iterator[str]:
        """A proven agent: its layers in one line, and one line for each that has something to say."""
        held = [verdict.layer for verdict in agent.layers if verdict.status is Status.PROVEN]
        yield f"    each on its own: {', '.join(layer for layer in held if layer is not Layer.END_TO_END)}"
        for verdict in agent.layers:
            if verdict.note:
                yield f"    {verdict.layer}: {visible(verdict.note)}"

    def layer(self, verdict: LayerVerdict) -> str:
        counts = [(kind.value, sum(gap.certain and gap.kind is kind for gap in verdict.gaps)) for kind in Kind]
        counts.append(("not known", sum(not gap.certain for gap in verdict.gaps) + len(verdict.doubts)))
        counted = (f"{count} {what}" for what, count in counts if count)
        said = ", ".join(filter(None, (*counted, visible(verdict.note))))
        mark = f"{_MARKS[verdict.status]} {verdict.status}"
        shown = self.status(verdict.status, mark) + (" " * (_MARK_WIDTH - len(mark)) + said if said else "")
        return f"    {verdict.layer:<{_LAYER_WIDTH}}  {shown}"

    def gap(self, gap: Gap, layers: tuple[Layer, ...], *, repeated: bool) -> Iterator[str]:
        label = self.status(Status.REFUTED if gap.certain else Status.UNKNOWN, f"{gap.kind}")
        yield f"  {label}  {', '.join(layers)}: {what_of(gap)}"
        rows = [
            ("witness", self.style.strong(visible(str(gap.witness)))),
            ("try it", visible(command_line(gap.witness))),
            ("in all", visible(gap.scope)),
        ]
        rows += [("policy", visible(str(span))) for span in gap.origin.spans]
        for name, value in rows:
            if value:
                yield f"    {name:<7}  {value}"
        if repeated:
            yield self.style.faint("    the same steps as above")
        else:
            yield from self.steps(gap.steps)

    def steps(self, steps: Iterable[Step]) -> Iterator[str]:
        """Layer, outcome and rule in a line; below it where the rule stands and what is not known."""
        indent = " " * (4 + _LAYER_WIDTH + 2 + _OUTCOME_WIDTH + 2)
        for step in steps:
            outcome = self.outcome(step.outcome, f"{step.outcome:<{_OUTCOME_WIDTH}}")
            yield f"    {step.layer:<{_LAYER_WIDTH}}  {outcome}  {visible(step.rule)}".rstrip()
            for where in places(step.origin, self.locate):
                yield self.style.faint(f"{indent}{where}")
            for doubt in step.doubts:
                yield from self.doubt(doubt, indent, said=step.origin.path)

    def doubts(self, title: str, doubts: dict[Doubt, tuple[Layer, ...]]) -> str:
        if not doubts:
            return ""
        lines = [self.style.strong(title)]
        indent = " " * (len(title) - len(title.lstrip()) + 2)
        for doubt, layers in doubts.items():
            lines += self.doubt(doubt, indent, concerns=f" ({', '.join(layers)})" if layers else "")
        return "\n".join(lines)

    def doubt(self, doubt: Doubt, indent: str, *, concerns: str = "", said: str = "") -> Iterator[str]:
        """The reason, where it stands (unless that was just ``said``) and the remedy."""
        yield f"{indent}{self.style.odd('?')} {visible(doubt.reason)}{concerns}"
        if doubt.path not in {"", said}:
            yield self.style.faint(f"{indent}  {place(doubt.path, self.locate)}")
        if doubt.remedy:
            yield f"{indent}  try {visible(doubt.remedy)}"

    def reach(self, agent: AgentVerdict) -> str:
        """Without a policy: what it can reach, and by which rules."""
        head = f"{self.style.strong(visible(agent.agent))}{self.style.faint(f'  {_stands(agent)}')}"
        unknown = self.doubts("  Not known", open_doubts(agent))
        nothing = "    nothing that is known" if unknown else "    nothing"
        rows = [self.reached(agent.reach)] if agent.reach else [nothing]
        noted = [f"    {verdict.layer}: {visible(verdict.note)}" for verdict in agent.layers if verdict.note]
        return "\n".join([f"{head}\n  can reach", *rows, *noted, *([unknown] if unknown else [])])

    def reached(self, rows: Iterable[Reached]) -> str:
        listed = [Reached(_clipped(row.where), _clipped(row.how), row.certain, row.origin) for row in rows]
        where = min(max(len(row.where) for row in listed), _WHERE_WIDTH)
        how = min(max(len(row.how) for row in listed), _WHERE_WIDTH)
        lines = []
        for row in listed:
            doubtful = "" if row.certain else self.style.odd("  if what is not known opens it")
            line = f"    {row.where:<{where}}  {row.how:<{how}}"
            lines.append((line + doubtful).rstrip())
            where_from = "; ".join(places(row.origin, self.locate))
            lines += [self.style.faint(f"      {where_from}")] if where_from else []
        return "\n".join(lines)

    def residuals(self, proof: Proof) -> str:
        shared = shared_residuals(proof)
        if not shared:
            return ""
        lines = [self.style.strong("Residual risks: what AWS itself leaves open")]
        for name, items in groupby(shared, key=lambda item: item.residual.name):
            lines.append(f"  {self.style.odd(visible(name))}")
            for item in items:
                everyone = len(item.agents) == len(proof.agents) > 1
                agents = "every agent" if everyone else visible(", ".join(item.agents))
                lines.append(f"    {agents}: {visible(item.residual.sentence)}")
                where = "; ".join(places(item.residual.origin, self.locate))
                lines += [self.style.faint(f"      {where}")] if where else []
        return "\n".join(lines)

    def verdict(self, proof: Proof) -> str:
        if not proof.judged:
            counted = f"{plural(len(proof.agents), 'workload')}, {visible(proof.source)}"
            said = f"{counted}: no policy was given, so nothing was judged"
            return self.style.odd("not judged") + f" · {said}"
        counts = ", ".join(f"{count} {status}" for status, count in tally(proof).items()) or "no agent was found"
        found = [gap for agent in proof.agents for gap in gaps(agent)]
        risks = {item.residual.name for item in shared_residuals(proof)}
        parts = [
            f"{plural(len(proof.agents), 'agent')} ({counts})" if proof.agents else counts,
            f"{sum(gap.kind is Kind.EXCESS for gap in found)} excess" if found else "",
            f"{sum(gap.kind is Kind.MISSING for gap in found)} missing" if found else "",
            plural(len(all_doubts(proof)), "doubt") if all_doubts(proof) else "",
            plural(len(risks), "residual risk") if risks else "",
            visible(proof.source),
        ]
        return self.status(proof.status, f"{proof.status}") + f" · {', '.join(filter(None, parts))}"


def _clipped(text: str) -> str:
    """The beginning of a long enumeration; the JSON has the whole of it."""
    shown = visible(text)
    return shown if len(shown) <= _LONG_TEXT else f"{shown[:_LONG_TEXT]} … ({len(shown) - _LONG_TEXT} letters more)"


def _stands(agent: AgentVerdict) -> str:
    return f"{plural(len(agent.subnets), 'subnet')}, {plural(len(agent.groups), 'security group')}"
