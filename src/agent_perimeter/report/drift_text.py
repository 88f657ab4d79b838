"""A drift for a person at a terminal: the verdict first, then what departs, the worst first and in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent_perimeter.drift.codes import code_of
from agent_perimeter.drift.model import AgentGap, Departure, Drift, Meaning
from agent_perimeter.observed import Doubt
from agent_perimeter.report.drift_remedy import remedy
from agent_perimeter.report.drift_words import (
    Standing,
    by,
    holding,
    meaning,
    open_doubts,
    standing_gaps,
    structure,
    verdict_line,
    verdict_of,
)
from agent_perimeter.report.outcome import what_of
from agent_perimeter.report.places import Locate, nowhere, place, places
from agent_perimeter.report.sending import command_line
from agent_perimeter.report.text import Style
from agent_perimeter.report.visible import visible
from agent_perimeter.verdict import Gap, Proof, Status

_MARKS = {Status.PROVEN: "✓", Status.REFUTED: "✗", Status.UNKNOWN: "?", Status.ABSENT: "?"}
_COLUMN = 9
"""As wide as the longest name of a row."""
_ACTORS = 3
"""The latest; the JSON has them all."""

Rows = Iterator[tuple[str, str]]
"""What a line is about, and what it says; a line that says nothing is left out."""


def drift_text(drift: Drift, style: Style, locate: Locate = nowhere) -> str:
    """The whole report. ``locate`` turns template paths into lines; sections stand apart by an empty line."""
    text = _Text(style, locate)
    answers = "\n".join(text.rows((("structure", structure(drift)), ("meaning", meaning(drift)))))
    sections = [f"{text.verdict(drift)}\n{answers}"]
    sections += (text.departure(departure, drift.proof) for departure in drift.departures)
    sections += [
        text.standing(standing_gaps(drift)),
        text.doubts("Not read", drift.unread),
        text.doubts("Not known", open_doubts(drift)),
    ]
    return "\n\n".join(filter(None, sections))


def news_text(before: Drift, after: Drift, style: Style, locate: Locate = nowhere) -> str:
    """What opened, in full, and what closed, in a line each, since the check before; below the verdict."""
    text = _Text(style, locate)
    known, now = ({departure.id for departure in drift.departures} for drift in (before, after))
    opened = [departure for departure in after.departures if departure.id not in known]
    closed = [departure for departure in before.departures if departure.id not in now]
    sections = [text.verdict(after)]
    sections += (f"opened\n{text.departure(departure, after.proof)}" for departure in opened)
    sections += (f"closed\n  {style.good('✓')} {visible(departure.sentence)}" for departure in closed)
    sections.append(text.doubts("Not read", tuple(doubt for doubt in after.unread if doubt not in before.unread)))
    return "\n\n".join(filter(None, sections))


class _Text:
    """The parts of a report, in one style."""

    def __init__(self, style: Style, locate: Locate) -> None:
        self.style = style
        self.locate = locate

    def verdict(self, drift: Drift) -> str:
        word = verdict_of(drift)
        return self.status(drift.status, f"{_MARKS[drift.status]} {word}") + visible(
            verdict_line(drift).removeprefix(word)
        )

    def status(self, status: Status, text: str) -> str:
        match status:
            case Status.PROVEN:
                return self.style.good(text)
            case Status.REFUTED:
                return self.style.bad(text)
            case _:
                return self.style.odd(text)

    def departure(self, departure: Departure, proof: Proof) -> str:
        head = f"{self.mark(departure)}  {self.style.strong(visible(departure.sentence))}"
        return "\n".join([head, *self.rows(self.said(departure, proof))])

    def mark(self, departure: Departure) -> str:
        """The meaning, coloured by how bad it is; ``perhaps`` where only a doubt makes it."""
        if departure.meaning is Meaning.COSMETIC:
            return self.style.faint(f"· {departure.meaning}")
        if not departure.certain:
            return self.style.odd(f"? perhaps {departure.meaning}")
        bad = departure.meaning in {Meaning.WIDENS, Meaning.WEAKENS}
        return (self.style.bad if bad else self.style.odd)(f"✗ {departure.meaning}")

    def said(self, departure: Departure, proof: Proof) -> Rows:
        """What stands below a departure: how it is, what it means, who did it, what to do."""
        change = departure.change
        if change is not None:
            yield "from", change.before
            yield "to", change.after
        yield "agents", ", ".join(departure.agents)
        yield from self.witness(departure.gaps)
        for agent, layers in holding(departure, proof):
            yield "alone", f"{agent}: {', '.join(layers) or 'no layer'} still {'hold' if len(layers) > 1 else 'holds'}"
        for where in places(departure.origin, self.locate):
            yield "at", where
        for actor in departure.actors[:_ACTORS]:
            yield "by", by(actor)
        for doubt in departure.doubts:
            yield "not known", str(doubt)
        if departure.meaning is not Meaning.COSMETIC:
            yield "do", remedy(departure)
        code = code_of(departure)
        yield "id", f"{code.code} {code.name} {departure.id}"

    def witness(self, gaps: tuple[AgentGap, ...]) -> Rows:
        """The first gap of each kind, the worst in full; of its like, which layers of which agents have one too."""
        if not gaps:
            return
        first = gaps[0]
        yield "means", f"{first.agent}, {first.layer}: {what_of(first.gap)}"
        yield from self.sent(first.gap)
        unlike = next((one for one in gaps if one.gap.kind is not first.gap.kind), None)
        if unlike is not None:
            yield "also", f"{unlike.agent}, {unlike.layer}: {what_of(unlike.gap)}: {unlike.gap.witness}"
        others: dict[str, list[str]] = {}
        for one in gaps[1:]:
            if one.gap.kind is first.gap.kind:
                others.setdefault(one.agent, []).append(one.layer)
        for agent, layers in others.items():
            yield "and", f"{agent}: {', '.join(dict.fromkeys(layers))}"

    def sent(self, gap: Gap) -> Rows:
        yield "witness", str(gap.witness)
        yield "try it", command_line(gap.witness)
        yield "in all", gap.scope

    def standing(self, found: tuple[Standing, ...]) -> str:
        """Gaps that no departure makes: the certain ones in full, of the others who and where."""
        lines: list[str] = []
        certain = [one for one in found if one.gap.certain]
        if certain:
            lines.append(self.style.strong("Deployed like this, against the policies"))
        for one in certain:
            said = f"{one.agent}, {', '.join(one.layers)}: {what_of(one.gap)}"
            lines += self.rows((("means", said), *self.sent(one.gap)))
        open_layers: dict[str, list[str]] = {}
        for one in found:
            if not one.gap.certain:
                open_layers.setdefault(one.agent, []).extend(one.layers)
        if open_layers:
            lines.append(self.style.strong("Not known to hold, while something is not known"))
        for agent, layers in open_layers.items():
            lines += self.rows(((visible(agent), ", ".join(dict.fromkeys(layers))),))
        return "\n".join(lines)

    def doubts(self, title: str, doubts: tuple[Doubt, ...]) -> str:
        if not doubts:
            return ""
        lines = [self.style.strong(title)]
        for doubt in doubts:
            lines.append(f"  {self.style.odd('?')} {visible(doubt.reason)}")
            lines += [self.style.faint(f"    {place(doubt.path, self.locate)}")] if doubt.path else []
            lines += [f"    try {visible(doubt.remedy)}"] if doubt.remedy else []
        return "\n".join(lines)

    def rows(self, said: Iterable[tuple[str, str]]) -> Iterator[str]:
        for name, value in said:
            if value:
                yield f"  {self.style.faint(f'{name:<{_COLUMN}}')}  {visible(value)}"
