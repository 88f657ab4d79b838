"""Structural drift: what was added to a deployed network, removed from it, or changed, from what to what.

Records are paired by what they are, not by where they stand or how they are numbered. What AWS or a parameter decides
is no drift, whatever it came to; what could not be read is compared with nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from agent_perimeter.drift.alike import Likeness, canonical, likeness
from agent_perimeter.drift.company import THROUGH_USERS, brought, doubts_in, unseen
from agent_perimeter.drift.model import Alteration, Change, Meaning
from agent_perimeter.drift.table import FIELDS, PARTS, SECTIONS, Part, Place, Section, Shape
from agent_perimeter.drift.words import Piece, Title, between, part_title, title, words
from agent_perimeter.observed import Doubt, Interface, ObservedNetwork, Record, SecurityGroup, Subnet
from agent_perimeter.source import Origin


@dataclass(frozen=True, slots=True)
class Edit:
    """What would make the difference in the deployed network.

    ``index`` is the record's place in ``field`` of the network, None for one more; ``part`` and ``inner`` the same
    for a part of it. ``name`` is the field that is set to ``value``; without one, ``value`` comes, or what was goes.
    """

    field: str
    index: int | None
    inner: str = ""
    part: int | None = None
    name: str = ""
    value: object = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: in words, as an edit, and the least that it means.

    ``decides``: whether it can change what gets out. ``certain`` False: the live side could not be read. ``why``: what
    it weakens where no packet shows it, as the end of a sentence. ``along``: what comes with it, and with it alone.
    """

    change: Change
    edit: Edit
    floor: Meaning
    decides: bool
    certain: bool
    why: str
    along: tuple[Edit, ...] = ()

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Why it is not certain."""
        return () if self.certain else tuple(dict.fromkeys(doubts_in(self.edit.value)))

    @property
    def resource(self) -> tuple[str, str]:
        """What belongs together: differences of the same deployed record, or of the same new one's owner."""
        return (self.edit.field, str(self.edit.index) if self.edit.index is not None else self.change.record)


def compare(expected: ObservedNetwork, live: ObservedNetwork, unread: Collection[str] = ()) -> tuple[Difference, ...]:
    """Every difference, in the order of the network's fields, records and parts.

    Of ``unread`` fields nothing is known to be gone; what was read of them is compared all the same.
    """
    return _in_company(tuple(_compared(expected, live, unread)))


def _in_company(differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """The differences, each new record that is there for another one's sake along with that one."""
    guests = {one.change.record: (one.edit, one.edit.value) for one in differences if _is_guest(one)}
    hosts = {
        index: brought(one.edit.value, guests) for index, one in enumerate(differences) if guests and not _is_guest(one)
    }
    taken = {name for some in hosts.values() for name in some}
    return tuple(
        replace(one, along=tuple(hosts[index].values())) if hosts.get(index) else one
        for index, one in enumerate(differences)
        if not (_is_guest(one) and one.change.record in taken)
    )


def _is_guest(one: Difference) -> bool:
    """Whether it is a whole new record of a section that is read only through users."""
    return one.edit.field in THROUGH_USERS and one.edit.index is None


def _compared(expected: ObservedNetwork, live: ObservedNetwork, unread: Collection[str]) -> Iterator[Difference]:
    for field, section in SECTIONS.items():
        before, after = _records(expected, field), _records(live, field)
        found = _paired(before, after, section)
        for index, other in found.pairs:
            yield from _changed(field, index, before[index], after[other], section)
        for index in found.gone:
            if field not in unread and _is_missed(field, before[index], live, unread):
                yield _gone(Edit(field, index), title(before[index], section.called), before[index], section)
        for record in (after[other] for other in found.new):
            if not _is_workload(expected, record) and not unseen(field, record, live, unread):
                yield _new(Edit(field, None, value=record), title(record, section.called), record, section)


def _records(network: ObservedNetwork, field: str) -> tuple[Record, ...]:
    found: tuple[Record, ...] = getattr(network, field)
    return found


def _is_missed(field: str, record: Record, live: ObservedNetwork, unread: Collection[str]) -> bool:
    """Whether a record that is not there was surely there, and would still be seen. Workloads come and go."""
    return field != "interfaces" and record.maybe is None and not unseen(field, record, live, unread)


def _is_workload(expected: ObservedNetwork, record: Record) -> bool:
    """Whether it is an interface of an agent's own workload: in its subnets, with its group alone, private, an end.

    Or of one that was deployed: a template has one record for all interfaces of a service.
    """
    if not isinstance(record, Interface) or record.public is not False or record.forwards is not False:
        return False
    if any(likeness(known, record) is Likeness.SAME for known in expected.interfaces):
        return True
    seats: tuple[Subnet | SecurityGroup, ...] = (*expected.subnets, *expected.security_groups)
    own = {one.id: one.agent for one in seats if one.role == "agent"}
    agent = own.get(record.subnet) if isinstance(record.subnet, str) else None
    return (
        agent is not None
        and bool(record.groups)
        and all(isinstance(group, str) and own.get(group) == agent for group in record.groups)
    )


@dataclass(frozen=True, slots=True)
class _Pairing:
    """Places of deployed and live ones that are the same one, of deployed ones that are gone, of live ones alone."""

    pairs: tuple[tuple[int, int], ...]
    gone: tuple[int, ...]
    new: tuple[int, ...]


def _paired(before: Sequence[object], after: Sequence[object], section: Section) -> _Pairing:
    """Which is which: by each key in turn, where it is no id alike in everything first; then what may have the key."""
    left, right = dict(enumerate(before)), dict(enumerate(after))
    pairs: list[tuple[int, int]] = []

    def take(index: int, other: int) -> None:
        pairs.append((index, other))
        del left[index], right[other]

    for names in _phases(section):
        waiting: dict[object, list[int]] = {}
        for other, item in right.items():
            waiting.setdefault(_key(item, names), []).append(other)
        for index, item in list(left.items()):
            same = waiting.get(_key(item, names))
            if same:
                take(index, same.pop(0))
    for index, item in list(left.items()):
        near = next((other for other in right if _perhaps(item, right[other], section.keys[-1])), None)
        if near is not None:
            take(index, near)
    return _Pairing(tuple(sorted(pairs)), tuple(left), tuple(right))


def _phases(section: Section) -> tuple[tuple[str, ...], ...]:
    if ("id",) in section.keys:
        return section.keys
    every = (name for name, place in FIELDS[section.of].items() if place.part is not Part.IGNORED)
    return (tuple({*every, *section.keys[0]}), *section.keys)


def _key(item: object, names: tuple[str, ...]) -> object:
    """Values that are not known are nobody's key."""
    values = [_value(item, name) for name in names]
    if any(isinstance(value, Doubt) for value in values):
        return object()
    return tuple(canonical(value, _shape(item, name)) for value, name in zip(values, names, strict=True))


def _perhaps(item: object, candidate: object, names: tuple[str, ...]) -> bool:
    """Whether a key of the one that is not known may be the key of the other."""
    pairs = [(_value(item, name), _value(candidate, name), _shape(item, name)) for name in names]
    return any(isinstance(value, Doubt) for pair in pairs for value in pair[:2]) and all(
        likeness(one, other, shape) is not Likeness.OTHER for one, other, shape in pairs
    )


def _value(item: object, name: str) -> object:
    found: object = getattr(item, name)
    return found


def _shape(item: object, name: str) -> Shape:
    return FIELDS[type(item)][name].shape


def _changed(field: str, index: int, before: Record, after: Record, section: Section) -> Iterator[Difference]:
    called = title(after, section.called)
    for name, place in FIELDS[section.of].items():
        if place.shape is Shape.PARTS:
            yield from _parts(field, index, name, before, after)
        else:
            yield from _set(Edit(field, index, name=name), called, place, before, after)


def _parts(field: str, index: int, inner: str, before: Record, after: Record) -> Iterator[Difference]:
    section = PARTS[type(before), inner]
    old: tuple[Piece, ...] = getattr(before, inner)
    new: tuple[Piece, ...] = getattr(after, inner)
    found = _paired(old, new, section)
    for part, other in found.pairs:
        called = part_title(after, inner, new[other], section.called)
        for name, place in FIELDS[section.of].items():
            yield from _set(Edit(field, index, inner, part, name), called, place, old[part], new[other])
    for part in found.gone:
        if getattr(old[part], "maybe", None) is None:
            called = part_title(before, inner, old[part], section.called)
            yield _gone(Edit(field, index, inner, part), called, old[part], section)
    for piece in (new[other] for other in found.new):
        called = part_title(after, inner, piece, section.called)
        yield _new(Edit(field, index, inner, value=piece), called, piece, section)


def _set(edit: Edit, called: Title, place: Place, before: object, after: object) -> Iterator[Difference]:
    """The difference in one field, if there is one."""
    if place.part is Part.IGNORED:
        return
    old, new = _value(before, edit.name), _value(after, edit.name)
    like = likeness(old, new, place.shape)
    if like is Likeness.SAME:
        return
    was, is_ = between(old, new, place)
    change = Change(
        Alteration.CHANGED,
        called.called,
        called.record,
        called.detail,
        words(edit.name),
        was,
        is_,
        _origin(before, after),
    )
    certain = like is Likeness.OTHER
    why = _lost(place, old, new) if certain else ""
    floor = Meaning.WEAKENS if why else Meaning.COSMETIC if certain else Meaning.UNCLEAR
    edit = Edit(edit.field, edit.index, edit.inner, edit.part, edit.name, new)
    yield Difference(change, edit, floor, place.part is not Part.COSMETIC, certain, why)


def _lost(place: Place, before: object, after: object) -> str:
    """What is lost that no packet shows, as the end of a sentence."""
    if place.part is Part.PROTECTS and after not in place.kept:
        return place.why
    return place.lost(before, after)


def _gone(edit: Edit, called: Title, record: object, section: Section) -> Difference:
    change = Change(
        Alteration.REMOVED, called.called, called.record, called.detail, "", called.holds, "", _origin(record, record)
    )
    return Difference(change, edit, section.vanishes, decides=True, certain=True, why=section.without)


def _new(edit: Edit, called: Title, record: object, section: Section) -> Difference:
    change = Change(
        Alteration.ADDED, called.called, called.record, called.detail, "", "", called.holds, _origin(record, record)
    )
    certain = getattr(record, "maybe", None) is None
    return Difference(change, edit, section.appears, decides=True, certain=certain, why=section.beside)


def _origin(before: object, after: object) -> Origin:
    """The policy lines of the deployed side, the place in the account."""
    known = [found for found in (getattr(before, "origin", None), getattr(after, "origin", None)) if found is not None]
    spans = next((origin.spans for origin in known if origin.spans), ())
    return Origin(spans, next((origin.path for origin in reversed(known) if origin.path), ""))


def resources(differences: Iterable[Difference]) -> tuple[tuple[Difference, ...], ...]:
    """The differences of each resource together, in their order."""
    found: dict[tuple[str, str], list[Difference]] = {}
    for difference in differences:
        found.setdefault(difference.resource, []).append(difference)
    return tuple(tuple(group) for group in found.values())
