"""A picture of a network as SVG: zones as columns, tiers as rows, routes as arrows that never cross a box.

Arrows between neighbouring tiers are straight. Longer ones run in the gutters at a column's sides and on the bus
above the gateways. Colours are classes (``page_style``), so that the picture follows the page from light to dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent_perimeter.report.markup import Markup, join, tag
from agent_perimeter.report.topology import Arrow, Beyond, Card, Node, Picture, Place, Tier
from agent_perimeter.verdict import Status

# All lengths are user units; the page shows one as one CSS pixel where there is room.
WIDTH = 1160
_EDGE = 12
_GUTTER = 56
_BAND = 74
_ZONE_TITLE = 30
_TIER_TITLE = 24
_TIER_GAP = 46
_CARD_WIDTH = 190
_CARD_GAP = 8
_ONE_LINE, _TWO_LINES = 28, 46
_BUS_LANE = 11
_LANE = 16
_NODE_WIDTH, _NODE_HEIGHT = 200, 36
_BEYOND_GAP = 50
_LETTER = 6.6
"""The width of a letter of 12 units, generously: what is cut off stands in the element's title."""

_SIGNS = {Status.PROVEN: "✓ ", Status.REFUTED: "✗ ", Status.UNKNOWN: "? ", Status.ABSENT: "", None: ""}
_ZONE_WIDTH = _CARD_WIDTH + 2 * _GUTTER + 40


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle; ``y`` grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def right(self) -> float:
        return self.x + self.width


def topology_svg(picture: Picture, identifier: str) -> Markup:
    """One VPC. ``identifier`` makes the ids of this picture its own on the page."""
    layout = _Layout(picture)
    description = " ".join(_sentences(picture))
    marks = [
        tag(
            "marker",
            tag("path", d="M0 0 L8 4 L0 8 z", class_=f"head {kind}"),
            id=f"{identifier}-{kind}",
            viewBox="0 0 8 8",
            refX=7,
            refY=4,
            markerWidth=8,
            markerHeight=8,
            orient="auto-start-reverse",
            markerUnits="userSpaceOnUse",
        )
        for kind in ("filtered", "unfiltered", "back")
    ]
    return tag(
        "svg",
        tag("title", f"Topology of {picture.name}", id=f"{identifier}-title"),
        tag("desc", description, id=f"{identifier}-desc"),
        tag("defs", *marks),
        *layout.vpc(),
        *(part for place, cards in picture.cards.items() for part in layout.tier(place, cards)),
        *layout.edge(),
        *(part for arrow in layout.lanes() for part in layout.arrow(arrow, identifier)),
        class_="topology",
        viewBox=f"0 0 {layout.width:.0f} {layout.height:.0f}",
        width=f"{layout.width:.0f}",
        height=f"{layout.height:.0f}",
        role="img",
        aria_labelledby=f"{identifier}-title {identifier}-desc",
    )


@dataclass(frozen=True, slots=True)
class _Lane:
    """An arrow with its number among those that leave the same side, so that no two lie on each other."""

    arrow: Arrow
    number: int


@dataclass(frozen=True, slots=True)
class _Label:
    """Where an arrow's words stand; ``turned`` along a line that runs upwards."""

    x: float
    y: float
    anchor: str = ""
    turned: bool = False


class _Layout:
    """Where everything stands."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        zones = len(picture.zones)
        self.width = max(float(WIDTH), 2 * _EDGE + zones * _ZONE_WIDTH)
        self.zone_width = (self.width - 2 * _EDGE) / zones
        self.tiers = tuple(tier for tier in Tier if any(place.tier is tier for place in picture.cards))
        self.top = _EDGE + _BAND
        y = float(self.top + _ZONE_TITLE + 8)
        self.rows: dict[Tier, _Box] = {}
        for tier in self.tiers:
            height = self._tier_height(tier)
            self.rows[tier] = _Box(0, y, 0, height)
            y += height + _TIER_GAP
        self.bus = y - _TIER_GAP + 32
        self.bottom = self.bus + len(picture.nodes) * _BUS_LANE + 36 if picture.nodes else y - _TIER_GAP + 28
        beyond = _NODE_HEIGHT / 2 + _BEYOND_GAP + 40 if picture.nodes else 0
        self.height = self.bottom + beyond + _EDGE

    def columns(self, tier: Tier) -> int:
        """How many cards stand side by side: as many as there is room for, and no more than there are."""
        most = max(len(cards) for place, cards in self.picture.cards.items() if place.tier is tier)
        return max(1, min(most, int((self.zone_width - 2 * _GUTTER - 3 * _CARD_GAP) // (_CARD_WIDTH + _CARD_GAP))))

    def _tier_height(self, tier: Tier) -> float:
        most = max(len(cards) for place, cards in self.picture.cards.items() if place.tier is tier)
        lines = -(-most // self.columns(tier))
        return _TIER_TITLE + lines * (self._card_height(tier) + _CARD_GAP) + 4

    def _card_width(self, tier: Tier) -> float:
        return (self.zone_width - 16 - 2 * _GUTTER - _CARD_GAP) / self.columns(tier) - _CARD_GAP

    def _card_height(self, tier: Tier) -> float:
        """One line where all cards of the tier have room for name and block beside each other, otherwise two."""
        room = self._card_width(tier)
        cards = [card for place, found in self.picture.cards.items() if place.tier is tier for card in found]
        return _TWO_LINES if any(card.holds or _length(card) > room for card in cards) else _ONE_LINE

    def zone(self, name: str) -> _Box:
        index = self.picture.zones.index(name)
        x = _EDGE + index * self.zone_width
        return _Box(x + 8, self.top, self.zone_width - 16, self.rows[self.tiers[-1]].bottom - self.top + 20)

    def box(self, place: Place) -> _Box:
        zone, row = self.zone(place.zone), self.rows[place.tier]
        return _Box(zone.x + _GUTTER, row.y, zone.width - 2 * _GUTTER, row.height)

    def node(self, node: Node) -> _Box:
        index = self.picture.nodes.index(node)
        step = (self.width - 2 * _EDGE) / len(self.picture.nodes)
        middle = _EDGE + step * (index + 0.5)
        return _Box(middle - _NODE_WIDTH / 2, self.bottom - _NODE_HEIGHT / 2, _NODE_WIDTH, _NODE_HEIGHT)

    # what is drawn

    def vpc(self) -> Iterator[Markup]:
        """The VPC, its DNS, its gateway endpoints, the zones."""
        frame = _Box(_EDGE, _EDGE, self.width - 2 * _EDGE, self.bottom - _EDGE)
        yield _rectangle(frame, "vpc", 10)
        yield _words(f"VPC {self.picture.name}  {self.picture.cidr}", _EDGE + 18, _EDGE + 26, 60, "strong")
        chip = _Box(self.width - _EDGE - 18 - 330, _EDGE + 10, 330, 24)
        yield _rectangle(chip, "chip", 12)
        yield _words(self.picture.resolver, chip.middle, chip.y + 16, 46, "label center")
        services = ", ".join(self.picture.services) or "none"
        yield _words(f"gateway endpoints: {services}", _EDGE + 18, _EDGE + 50, 110, "label")
        for zone in self.picture.zones:
            box = self.zone(zone)
            yield _rectangle(box, "zone", 8)
            yield _words(zone, box.x + 12, box.y + 20, int(box.width / _LETTER) - 4, "label")

    def tier(self, place: Place, cards: tuple[Card, ...]) -> Iterator[Markup]:
        box = self.box(place)
        yield _rectangle(box, "tier", 6)
        title = f"{place.tier} ({len(cards)})" if place.tier is Tier.AGENT else str(place.tier)
        yield _words(title, box.x + 10, box.y + 17, 40, "label")
        columns, width, height = self.columns(place.tier), self._card_width(place.tier), self._card_height(place.tier)
        for index, card in enumerate(cards):
            row, column = divmod(index, columns)
            x = box.x + _CARD_GAP + column * (width + _CARD_GAP)
            y = box.y + _TIER_TITLE + row * (height + _CARD_GAP)
            yield _card(card, _Box(x, y, width, height))

    def edge(self) -> Iterator[Markup]:
        """The gateways on the VPC's edge, and what lies beyond."""
        for node in self.picture.nodes:
            box = self.node(node)
            yield _rectangle(box, "gateway" if node.beyond is not Beyond.UNKNOWN else "gateway unknown", 6)
            yield _words(node.name, box.middle, box.y + 23, 32, "center")
        for beyond in Beyond:
            boxes = [self.node(node) for node in self.picture.nodes if node.beyond is beyond]
            if boxes:
                left, right = min(box.x for box in boxes), max(box.right for box in boxes)
                cloud = _Box(left - 20, self.bottom + _NODE_HEIGHT / 2 + _BEYOND_GAP, right - left + 40, 34)
                yield _rectangle(cloud, "beyond", 17)
                yield _words(beyond, cloud.middle, cloud.y + 22, 40, "center strong")
                for box in boxes:
                    yield tag(
                        "path", d=f"M{box.middle:.1f} {box.bottom:.1f} V{cloud.y - 1:.1f}", class_="line beyond-line"
                    )

    def lanes(self) -> Iterator[_Lane]:
        taken: dict[Place, int] = {}
        for arrow in self.picture.arrows:
            number = taken.get(arrow.source, 0)
            taken[arrow.source] = number + 1
            yield _Lane(arrow, number)

    def arrow(self, lane: _Lane, identifier: str) -> Iterator[Markup]:
        arrow = lane.arrow
        source = self.box(arrow.source)
        if isinstance(arrow.target, Node):
            path, label = self._to_edge(arrow.source, source, arrow.target, lane.number)
        elif self._adjacent(arrow.source, arrow.target):
            path, label = _straight(source, self.box(arrow.target), lane.number)
        else:
            path, label = self._around(source, self.box(arrow.target), lane.number)
        back = isinstance(arrow.target, Place) and self.rows[arrow.target.tier].y < source.y
        kind = "unfiltered" if arrow.unfiltered else "back" if back else "filtered"
        yield tag("path", d=path, class_=f"line {kind}", marker_end=f"url(#{identifier}-{kind})")
        turned = f"rotate(-90 {label.x:.1f} {label.y:.1f})" if label.turned else ""
        yield _words(arrow.label, label.x, label.y, 40, f"route {kind} {label.anchor}", turned)

    def _adjacent(self, source: Place, target: Place) -> bool:
        """Whether nothing stands between the two in their column."""
        if source.zone != target.zone:
            return False
        first, last = sorted((self.tiers.index(source.tier), self.tiers.index(target.tier)))
        return not any(Place(source.zone, tier) in self.picture.cards for tier in self.tiers[first + 1 : last])

    def _to_edge(self, place: Place, source: _Box, target: Node, number: int) -> tuple[str, _Label]:
        """On the bus that the target has for itself; down to it from below, or through the gutter past other tiers."""
        node = self.node(target)
        bus = self.bus + _BUS_LANE * self.picture.nodes.index(target)
        below = self.tiers[self.tiers.index(place.tier) + 1 :]
        if not any(Place(place.zone, tier) in self.picture.cards for tier in below):
            x = source.middle - 40 + 26 * number
            path = f"M{x:.1f} {source.bottom:.1f} V{bus:.1f} H{node.middle:.1f} V{node.y - 1:.1f}"
            return path, _Label(x + 6, source.bottom + 13)
        y, x = _way_out(source, number)
        path = f"M{source.right:.1f} {y:.1f} H{x:.1f} V{bus:.1f} H{node.middle:.1f} V{node.y - 1:.1f}"
        return path, _Label(x - 3, (y + bus) / 2, "center", turned=True)

    def _around(self, source: _Box, target: _Box, number: int) -> tuple[str, _Label]:
        """Through the gutter, past what stands between, or across to another zone."""
        y, x = _way_out(source, number)
        into = target.y + target.height / 2 + 8 * (number % 3)
        end = target.right + 1 if target.x <= source.x else target.x - 1
        path = f"M{source.right:.1f} {y:.1f} H{x:.1f} V{into:.1f} H{end:.1f}"
        return path, _Label(x - 3, (y + into) / 2, "center", turned=True)


def _way_out(source: _Box, number: int) -> tuple[float, float]:
    """Where an arrow leaves a tier's right side, and its lane in the gutter."""
    return source.y + source.height / 2 + 10 * number, source.right + 14 + _LANE * (number % 3)


def _straight(source: _Box, target: _Box, number: int) -> tuple[str, _Label]:
    """Down on one side of the middle, up on the other: the way back then stands beside the way out."""
    if target.y > source.y:
        x = source.middle - 26 - 14 * number
        path = f"M{x:.1f} {source.bottom:.1f} V{target.y - 1:.1f}"
        return path, _Label(x - 8, (source.bottom + target.y) / 2 + 4, "end")
    x = source.middle + 26 + 14 * number
    return f"M{x:.1f} {source.y:.1f} V{target.bottom + 1:.1f}", _Label(x + 8, (source.y + target.bottom) / 2 + 4)


def _rectangle(box: _Box, kind: str, radius: float) -> Markup:
    return tag("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=radius, class_=kind)


def _length(card: Card) -> float:
    """How much room a card's name and block need on one line."""
    return (len(_SIGNS[card.status]) + len(card.name) + len(card.cidr)) * _LETTER + 30


def _card(card: Card, box: _Box) -> Markup:
    full = f"{card.name} {card.cidr}" + (f": {card.status}" if card.status else "")
    name = f"{_SIGNS[card.status]}{card.name}"
    parts = [tag("title", full), _rectangle(box, f"card {card.status or 'plain'}", 5)]
    if box.height > _ONE_LINE:
        below = " · ".join(filter(None, (card.cidr, ", ".join(card.holds))))
        room = int((box.width - 16) / _LETTER)
        parts += [
            _words(name, box.x + 10, box.y + 19, room, "name"),
            _words(below, box.x + 10, box.y + 36, room, "cidr"),
        ]
    else:
        parts += [
            _words(name, box.x + 10, box.y + 18, len(name), "name"),
            _words(card.cidr, box.right - 8, box.y + 18, len(card.cidr), "cidr end"),
        ]
    return tag("g", *parts)


def _words(text: str, x: float, y: float, most: int, kind: str, turn: str = "") -> Markup:
    shown = text if len(text) <= most else text[: max(most - 1, 1)] + "…"
    title = [tag("title", text)] if shown != text else []
    return tag("text", *title, shown, x=x, y=y, class_=kind.strip(), transform=turn)


def _sentences(picture: Picture) -> Iterator[str]:
    """The picture in words, for those who do not see it."""
    yield f"{len(picture.zones)} zones; {picture.resolver}."
    for place, cards in picture.cards.items():
        yield f"{place.zone}, {place.tier}: {', '.join(map(_card_words, cards))}."
    for arrow in picture.arrows:
        yield f"{_arrow_words(arrow)}."


def _card_words(card: Card) -> str:
    verdict = (str(card.status) if isinstance(card.status, Status) else "",)
    said = [*filter(None, (card.cidr, *card.holds, *verdict))]
    return f"{card.name} ({', '.join(said)})" if said else card.name


def _arrow_words(arrow: Arrow) -> str:
    target = arrow.target.name if isinstance(arrow.target, Node) else f"{arrow.target.tier} of {arrow.target.zone}"
    past = ", past any firewall" if arrow.unfiltered else ""
    return f"From {arrow.source.tier} of {arrow.source.zone} to {target}: {arrow.label}{past}"


def legend() -> Markup:
    """What the colours and lines mean."""
    cards: Iterable[tuple[str, str]] = (
        ("card proven", "proven"),
        ("card refuted", "refuted"),
        ("card unknown", "unknown"),
    )
    lines = (
        ("line filtered", "route"),
        ("line back", "way back to the agents"),
        ("line unfiltered", "way out past any firewall"),
    )
    boxes = (_key(tag("rect", x=1, y=2, width=22, height=12, rx=3, class_=kind), text) for kind, text in cards)
    strokes = (_key(tag("path", d="M1 8 H23", class_=kind), text) for kind, text in lines)
    return tag("ul", *boxes, *strokes, class_="legend")


def _key(sign: Markup, text: str) -> Markup:
    drawn = tag("svg", sign, width=24, height=16, viewBox="0 0 24 16", aria_hidden="true", class_="topology key")
    return tag("li", join(drawn, f" {text}"))
