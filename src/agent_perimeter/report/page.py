"""A proof as one HTML page for reviewers and auditors: complete, offline, printable, without a script.

The page asks for nothing from anywhere, and its content security policy holds it to that. Everything in it that comes
from a template or policy goes through ``markup``, which escapes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, zip_longest

from agent_perimeter.catalogue.prices import HOURS_PER_MONTH, PRICED_ON, REGION
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.report.costs import NOT_INCLUDED, monthly_costs
from agent_perimeter.report.markup import Child, Markup, join, tag
from agent_perimeter.report.outcome import (
    SharedResidual,
    all_doubts,
    gaps,
    open_doubts,
    shared_residuals,
    tally,
    urgency,
    what_of,
)
from agent_perimeter.report.page_parts import SIGNS, banner, codes, document, pair, section, standing, table
from agent_perimeter.report.places import Locate, nowhere, place, places
from agent_perimeter.report.sending import command_line
from agent_perimeter.report.text import plural
from agent_perimeter.report.topology import pictures
from agent_perimeter.report.topology_svg import legend, topology_svg
from agent_perimeter.source import Origin
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
)

_COMPARED = ("The policy allows", "The network lets through")
_COMPARED_ROWS = 400
"""More rows of one agent than this are counted instead of shown; the JSON has them all."""
_LONG_TEXT = 160


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a quota is used: a row of the page."""

    name: str
    used: int
    limit: int


def proof_page(
    proof: Proof,
    network: ObservedNetwork,
    made: date,
    version: str,
    uses: Iterable[Use] = (),
    locate: Locate = nowhere,
) -> str:
    """The page. The same arguments give the same bytes.

    ``network`` is what was judged, for the picture and the costs; ``uses`` are quota rows, none where nobody
    counted; ``version`` is agent-perimeter's own.
    """
    title = f"Perimeter {'proof' if proof.judged else 'reachability'}: {proof.source}"
    verdict = ProofPage(proof, locate).banner(made)
    return document(title, verdict, proof_sections(proof, network, uses, locate), version, made.isoformat())


def proof_sections(
    proof: Proof, network: ObservedNetwork, uses: Iterable[Use] = (), locate: Locate = nowhere
) -> Iterator[Markup]:
    """Everything below the verdict of a page, in its order."""
    page = ProofPage(proof, locate)
    yield page.summary()
    yield page.network_doubts()
    yield _topology(network, proof)
    numbered = enumerate(proof.agents)
    for number, agent in sorted(numbered, key=lambda item: -urgency(item[1])):
        yield page.agent(agent, number)
    yield page.residuals()
    yield _quotas(tuple(uses))
    yield _costs(network)
    yield _reading()


class ProofPage:
    """The parts of a page that are about a proof."""

    def __init__(self, proof: Proof, locate: Locate) -> None:
        self.proof = proof
        self.locate = locate

    def banner(self, made: date) -> Markup:
        proof = self.proof
        if not proof.judged:
            why = f"{plural(len(proof.agents), 'workload')}: no policy was given, so this is only what is reachable."
            return banner("none", "Not judged", why, f"{proof.source}, {made.isoformat()}")
        counts = ", ".join(f"{count} {status}" for status, count in tally(proof).items()) or "no agent was found"
        found = [gap for agent in proof.agents for gap in gaps(agent)]
        excess = sum(gap.kind is Kind.EXCESS for gap in found)
        said = [f"{plural(len(proof.agents), 'agent')}: {counts}"]
        if found:
            said.append(f"{excess} excess, {len(found) - excess} missing")
        if all_doubts(proof):
            said.append(plural(len(all_doubts(proof)), "doubt"))
        if risks := {item.residual.name for item in shared_residuals(proof)}:
            said.append(plural(len(risks), "residual risk"))
        verdict = f"{SIGNS[proof.status]} {proof.status.capitalize()}"
        return banner(proof.status, verdict, "; ".join(said), f"{proof.source}, {made.isoformat()}")

    def summary(self) -> Markup:
        """Agents by layers at a glance, and the way to each agent's section."""
        if not self.proof.judged or not self.proof.agents:
            return join()
        layers = [
            layer for layer in Layer if any(one.layer is layer for agent in self.proof.agents for one in agent.layers)
        ]
        head = tag("tr", tag("th", "Agent", scope="col"), *(tag("th", layer, scope="col") for layer in layers))
        rows = (
            tag(
                "tr",
                tag("th", tag("a", agent.agent, href=f"#agent-{number}"), scope="row"),
                *(_cell(agent, layer) for layer in layers),
            )
            for number, agent in enumerate(self.proof.agents)
        )
        return section(
            "Verdicts",
            table("Every layer of every agent, each on its own, and the whole path.", head, rows, "summary"),
        )

    def network_doubts(self) -> Markup:
        if not self.proof.doubts:
            return join()
        said = tag("p", "These concern the whole network, so nothing can be proven while they stand.")
        return section("Not known", said, self.doubts(dict.fromkeys(self.proof.doubts, ())))

    def agent(self, agent: AgentVerdict, number: int) -> Markup:
        stands = tag(
            "dl",
            *pair("Subnets", codes(agent.subnets)),
            *pair("Security groups", codes(agent.groups)),
        )
        if not self.proof.judged:
            rows = (tag("tr", tag("td", *self.reached(row))) for row in agent.reach[:_COMPARED_ROWS])
            head = tag("tr", tag("th", "Reachable", scope="col"))
            caption = f"What it can reach.{_more(len(agent.reach))}"
            reach = table(caption, head, rows) if agent.reach else tag("p", "Nothing that is known.")
            notes = [tag("p", f"{one.layer}: {one.note}") for one in agent.layers if one.note]
            parts: list[Child] = [reach, *notes, *self.unknown(agent)]
            title: list[Child] = [agent.agent]
        else:
            found = [self.gap(gap, layers) for gap, layers in gaps(agent).items()]
            shown = [tag("h3", "Departures from the policy"), *found] if found else []
            parts = [self.compare(agent), self.layers(agent), *shown, *self.unknown(agent)]
            title = [standing(agent.status, "pill"), agent.agent]
        attention = self.proof.judged and agent.status is not Status.PROVEN
        return tag(
            "section",
            tag("h2", *title, id=f"agent-{number}"),
            stands,
            *parts,
            class_="agent open" if attention else "agent",
            aria_labelledby=f"agent-{number}",
        )

    def compare(self, agent: AgentVerdict) -> Markup:
        """What the policy allows beside what is reachable; what both say of a destination stands in the same row."""
        allowed, reach = _by_where(agent.allowed), _by_where(agent.reach)
        pairs = [sides for where in {**allowed, **reach} for sides in zip_longest(allowed[where], reach[where])]
        if not pairs:
            return tag("p", "The policy allows nothing, and nothing is known to be reachable.")
        said = "The policy beside the reach. What departs from the policy is shown below with a witness each."
        caption = f"{said}{_more(len(pairs))}"
        head = tag("tr", *(tag("th", name, scope="col") for name in _COMPARED))
        return table(caption, head, (self.compared(*sides) for sides in pairs[:_COMPARED_ROWS]), "compare")

    def compared(self, *sides: Reached | None) -> Markup:
        cells = (
            tag("td", *self.reached(row), class_="" if row.certain else "perhaps", data_column=name)
            if row
            else tag("td", "—", class_="nothing", data_column=name)
            for name, row in zip(_COMPARED, sides, strict=True)
        )
        return tag("tr", *cells)

    def reached(self, row: Reached) -> tuple[Child, ...]:
        doubtful: list[Child] = [] if row.certain else [tag("span", " if what is not known opens it", class_="doubt")]
        return (
            tag("span", _folded(row.where), class_="where"),
            " ",
            _folded(row.how),
            *doubtful,
            *self.origin(row.origin),
        )

    def layers(self, agent: AgentVerdict) -> Markup:
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Layer", "Verdict", "Remarks")))
        rows = (
            tag("tr", tag("th", one.layer, scope="row"), tag("td", standing(one.status)), tag("td", _remarks(one)))
            for one in agent.layers
        )
        every = table("Each layer held to what it can express of the policy.", head, rows, "layers")
        if agent.status is not Status.PROVEN:
            return every
        notes = (tag("span", f"{one.layer}: {one.note}", class_="said") for one in agent.layers if one.note)
        summary = tag("summary", "Every layer that the policy needs holds on its own.", *notes)
        return tag("details", summary, tag("div", every, class_="inside"), class_="proven")

    def gap(self, gap: Gap, layers: tuple[Layer, ...]) -> Markup:
        status = Status.REFUTED if gap.certain else Status.UNKNOWN
        sent = command_line(gap.witness)
        facts = tag(
            "dl",
            *(pair("Try it", tag("code", sent, class_="send")) if sent else ()),
            *pair("In all", gap.scope),
            *(
                pair("Policy", join(*(tag("code", str(span)) for span in gap.origin.spans), between=" "))
                if gap.origin.spans
                else ()
            ),
        )
        return tag(
            "details",
            tag(
                "summary",
                standing(status, text=gap.kind.capitalize()),
                f" {', '.join(layers)}: {what_of(gap)}",
                tag("span", tag("code", str(gap.witness)), class_="said"),
            ),
            tag("div", facts, self.steps(gap.steps) if gap.steps else "", class_="inside"),
            class_=status,
            open=True,
        )

    def steps(self, steps: Iterable[Step]) -> Markup:
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Layer", "Decision", "Rule")))
        rows = (
            tag(
                "tr",
                tag("th", step.layer, scope="row"),
                tag("td", _outcome(step.outcome)),
                tag(
                    "td",
                    step.rule,
                    *self.origin(step.origin),
                    *([self.doubts(dict.fromkeys(step.doubts, ()))] if step.doubts else []),
                ),
            )
            for step in steps
        )
        return table("Layer by layer, as the witness meets them.", head, rows, "steps")

    def unknown(self, agent: AgentVerdict) -> tuple[Markup, ...]:
        doubts = open_doubts(agent)
        return (tag("h3", "Not known"), self.doubts(doubts)) if doubts else ()

    def doubts(self, doubts: dict[Doubt, tuple[Layer, ...]]) -> Markup:
        return tag(
            "ul",
            *(
                tag(
                    "li",
                    tag("span", doubt.reason, class_="doubt"),
                    f" ({', '.join(layers)})" if layers else "",
                    tag("code", place(doubt.path, self.locate), class_="from") if doubt.path else "",
                    tag("span", f"try {doubt.remedy}", class_="from") if doubt.remedy else "",
                )
                for doubt, layers in doubts.items()
            ),
            class_="doubts",
        )

    def origin(self, origin: Origin) -> Iterator[Markup]:
        for found in places(origin, self.locate):
            yield tag("code", found, class_="from")

    def residuals(self) -> Markup:
        shared = shared_residuals(self.proof)
        if not shared:
            return join()
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Risk", "What it means here")))
        rows = (
            tag("tr", tag("th", name, scope="row"), tag("td", *map(self.residual, items)))
            for name, items in groupby(shared, key=lambda item: item.residual.name)
        )
        said = "What AWS itself leaves open. No verdict covers these: accept each of them, or change the policy."
        return section("Residual risks", table(said, head, rows, "layers"))

    def residual(self, item: SharedResidual) -> Markup:
        everyone = len(item.agents) == len(self.proof.agents) > 1
        agents = "every agent" if everyone else ", ".join(item.agents)
        return tag("p", tag("strong", f"{agents}: "), item.residual.sentence, *self.origin(item.residual.origin))


def _topology(network: ObservedNetwork, proof: Proof) -> Markup:
    drawn = [
        tag(
            "figure",
            tag(
                "div",
                topology_svg(picture, f"topology-{number}"),
                class_="scroll",
                tabindex=0,
                role="region",
                aria_label="Topology",
            ),
            tag("figcaption", legend()),
        )
        for number, picture in enumerate(pictures(network, proof))
    ]
    return section("Topology", *drawn) if drawn else join()


def _quotas(uses: tuple[Use, ...]) -> Markup:
    if not uses:
        return join()
    head = tag(
        "tr",
        tag("th", "Quota", scope="col"),
        *(tag("th", name, scope="col", class_="number") for name in ("Used", "Limit", "Share")),
    )
    rows = (
        tag(
            "tr",
            tag("th", use.name, scope="row"),
            tag("td", f"{use.used:,}", class_="number"),
            tag("td", f"{use.limit:,}", class_="number"),
            tag("td", f"{use.used / use.limit:.0%}" if use.limit else "—", class_="number"),
        )
        for use in uses
    )
    return section("Quotas", table("AWS quotas that this perimeter comes near, and how near.", head, rows))


def _costs(network: ObservedNetwork) -> Markup:
    costs = monthly_costs(network)
    if not costs:
        return join()
    numbers = ("Count", "Hourly, each", "Monthly")
    head = tag(
        "tr",
        tag("th", "What", scope="col"),
        *(tag("th", name, scope="col", class_="number") for name in numbers),
        tag("th", "By use, on top", scope="col"),
        tag("th", "Price", scope="col"),
    )
    rows = (
        tag(
            "tr",
            tag("th", cost.what, scope="row"),
            tag("td", str(cost.count), class_="number"),
            tag("td", f"${cost.price.hourly:.3f}", class_="number"),
            tag("td", f"${cost.monthly:,.2f}", class_="number"),
            tag("td", cost.price.by_use or "—"),
            tag("td", f"{cost.price.standing}", tag("span", cost.price.source, class_="from")),
        )
        for cost in costs
    )
    total = sum(cost.monthly for cost in costs)
    foot = tag(
        "tr",
        tag("th", "Before traffic", scope="row"),
        tag("td"),
        tag("td"),
        tag("td", f"${total:,.2f}", class_="number"),
        tag("td"),
        tag("td"),
    )
    caption = (
        f"An estimate: {REGION} list prices in US dollars on {PRICED_ON.isoformat()}, {HOURS_PER_MONTH} hours a month."
        f" Not included: {NOT_INCLUDED}."
    )
    return section("Monthly cost", table(caption, head, rows, foot=foot))


def _reading() -> Markup:
    terms = (
        (
            "Proven",
            "only what the policy allows passes, and all of it; of a layer, as far as it can tell.",
        ),
        ("Refuted", "a witness shows the contrary. Excess: reachable, not allowed. Missing: allowed, not reachable."),
        ("Unknown", "something could not be read, and it matters. Unknown is never counted as safe."),
        ("Absent", "the network has no such layer, and the policy needs none."),
    )
    rows = (part for name, meaning in terms for part in pair(name, meaning))
    return section("How to read this page", tag("dl", *rows))


def _more(rows: int) -> str:
    return f" {rows - _COMPARED_ROWS} more rows are in the JSON." if rows > _COMPARED_ROWS else ""


def _by_where(rows: Iterable[Reached]) -> defaultdict[str, list[Reached]]:
    """Rows by destination, in their order."""
    found: defaultdict[str, list[Reached]] = defaultdict(list)
    for row in rows:
        found[row.where].append(row)
    return found


def _folded(text: str) -> Markup:
    """A long enumeration shows its beginning, and the whole of it on demand and on paper."""
    if len(text) <= _LONG_TEXT:
        return join(text)
    return tag("details", tag("summary", f"{text[: _LONG_TEXT - 40]} …"), text, class_="long")


def _cell(agent: AgentVerdict, layer: Layer) -> Markup:
    found = next((one.status for one in agent.layers if one.layer is layer), None)
    if found is None:
        return tag("td")
    sign = tag("span", SIGNS[found], aria_hidden="true")
    return tag("td", tag("span", sign, f" {found}", class_=f"status {found}"))


def _outcome(outcome: Outcome) -> Markup:
    kinds = {Outcome.ALLOWS: "allows", Outcome.DENIES: "denies", Outcome.PERHAPS: "unknown", Outcome.SKIPS: "none"}
    return tag("span", outcome, class_=f"status {kinds[outcome]}")


def _remarks(verdict: LayerVerdict) -> str:
    counts = [(kind.value, sum(gap.certain and gap.kind is kind for gap in verdict.gaps)) for kind in Kind]
    counts.append(("not known", sum(not gap.certain for gap in verdict.gaps) + len(verdict.doubts)))
    return "; ".join(
        [*(f"{count} {what}" for what, count in counts if count), *([verdict.note] if verdict.note else [])]
    )
