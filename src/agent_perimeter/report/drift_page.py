"""A drift as one HTML page: what departs in a table, the worst first, and below it the proof of the live network.

Like the page of a proof it is complete, offline, printable and without a script (``page_parts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent_perimeter.drift.codes import code_of
from agent_perimeter.drift.model import AgentGap, Departure, Drift, Meaning
from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.report.drift_remedy import remedy
from agent_perimeter.report.drift_words import by, holding, meaning, standing_gaps, structure, verdict_line, verdict_of
from agent_perimeter.report.markup import Child, Markup, join, tag
from agent_perimeter.report.outcome import what_of
from agent_perimeter.report.page import ProofPage, Use, proof_sections
from agent_perimeter.report.page_parts import SIGNS, banner, document, pair, section, standing, table
from agent_perimeter.report.places import Locate, nowhere
from agent_perimeter.report.sending import command_line
from agent_perimeter.verdict import Status

_COLUMNS = ("Meaning", "What departs", "What it comes to", "What to do")


def drift_page(
    drift: Drift,
    network: ObservedNetwork,
    version: str,
    uses: Iterable[Use] = (),
    locate: Locate = nowhere,
) -> str:
    """The page. ``network`` is the live one, for the picture and the costs; ``version`` is agent-perimeter's own."""
    page = _Page(drift, locate)
    title = f"Perimeter drift: {drift.perimeter or drift.vpc}"
    sections = (
        page.departures(),
        page.deployed_like_this(),
        page.unread(),
        tag("h2", "The live network, held to the policies"),
        *proof_sections(drift.proof, network, uses, locate),
    )
    return document(title, page.banner(), sections, version, drift.taken)


class _Page:
    """The sections that are about the drift."""

    def __init__(self, drift: Drift, locate: Locate) -> None:
        self.drift = drift
        self.proof = ProofPage(drift.proof, locate)

    def banner(self) -> Markup:
        drift = self.drift
        word = verdict_of(drift)
        lines = verdict_line(drift).split(" · ")[1:]
        answers = (f"Structure: {structure(drift)}.", f"Meaning: {meaning(drift)}.")
        return banner(drift.status, f"{SIGNS[drift.status]} {word.capitalize()}", *lines, *answers)

    def departures(self) -> Markup:
        if not self.drift.departures:
            return section("Departures", tag("p", "Nothing that was read departs from what was expected."))
        head = tag("tr", *(tag("th", name, scope="col") for name in _COLUMNS))
        said = "What departs from what was deployed, and what it means for egress. The worst stands first."
        return section("Departures", table(said, head, map(self.departure, self.drift.departures)))

    def departure(self, departure: Departure) -> Markup:
        cosmetic = departure.meaning is Meaning.COSMETIC
        return tag(
            "tr",
            tag("th", _standing(departure), scope="row"),
            tag("td", *self.what(departure)),
            tag("td", *self.comes_to(departure)),
            tag("td", "Nothing." if cosmetic else remedy(departure)),
        )

    def what(self, departure: Departure) -> Iterator[Child]:
        """The structural answer: what it was and is, where, and who made it."""
        code = code_of(departure)
        yield tag("strong", departure.sentence)
        yield tag("span", f"{code.code} {code.name}, {departure.id}", class_="from")
        change = departure.change
        if change is not None:
            sides = (("Was", change.before), ("Is", change.after))
            yield tag("dl", *(part for name, said in sides if said for part in pair(name, said)))
        yield from self.proof.origin(departure.origin)
        for actor in departure.actors:
            yield tag("p", f"By {by(actor)}.")

    def comes_to(self, departure: Departure) -> Iterator[Child]:
        """The other answer: the witness, what is concerned, which layers still hold, and what is not known."""
        if departure.gaps:
            yield self.witness(departure.gaps[0])
        for agent, layers in holding(departure, self.drift.proof):
            yield tag("p", f"Still holding {agent}, each alone: {', '.join(layers) or 'no layer'}.")
        if departure.doubts:
            yield self.doubts(departure.doubts)

    def witness(self, one: AgentGap) -> Markup:
        sent = command_line(one.gap.witness)
        return join(
            tag("p", f"{one.agent}, {one.layer}: {what_of(one.gap)}. ", tag("code", str(one.gap.witness))),
            tag("code", sent, class_="send") if sent else "",
            tag("p", f"In all: {one.gap.scope}."),
        )

    def deployed_like_this(self) -> Markup:
        found = [one for one in standing_gaps(self.drift) if one.gap.certain]
        if not found:
            return join()
        said = "No departure makes these: what was deployed departs from the policies."
        return section("Deployed like this", tag("p", said), *(self.proof.gap(one.gap, one.layers) for one in found))

    def unread(self) -> Markup:
        if not self.drift.unread:
            return join()
        said = "While these stand, nothing is clean."
        return section("Not read", tag("p", said), self.doubts(self.drift.unread))

    def doubts(self, doubts: tuple[Doubt, ...]) -> Markup:
        return self.proof.doubts(dict.fromkeys(doubts, ()))


def _standing(departure: Departure) -> Markup:
    if departure.meaning is Meaning.COSMETIC:
        return standing(Status.ABSENT, text=departure.meaning)
    if not departure.certain:
        return standing(Status.UNKNOWN, text=f"perhaps {departure.meaning}")
    return standing(Status.REFUTED, text=departure.meaning)
