"""All mutants of a template: every operator at every place, equal ones once, in an order that never changes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from tests.mutations.mutant import Change, Mutant, changed, fingerprint
from tests.mutations.operators import meaning, structure, suricata, unresolved
from tests.mutations.operators.additions import additions
from tests.mutations.operators.place import Place
from tests.mutations.operators.resources import mappings, resources
from tests.mutations.subject import Subject, at, layer_of
from tests.mutations.tree import get, walk

LOCAL: tuple[Callable[[Place], Iterable[Change]], ...] = (
    structure.removed,
    structure.emptied,
    structure.negated,
    structure.counted,
    structure.reordered,
    structure.swapped_numbers,
    structure.other_choice,
    structure.told_more,
    meaning.wider_blocks,
    meaning.wider_ports,
    meaning.protocols,
    meaning.spellings,
    meaning.wider_names,
    meaning.wider_permissions,
    meaning.other_tags,
    meaning.retargeted,
    meaning.other_list,
    meaning.other_target,
    suricata.rules,
    unresolved.conditional,
    unresolved.parameter,
    unresolved.elsewhere,
)
"""What is done to one value. Each is asked at every place and keeps silent where it has nothing to say."""

WHOLE: tuple[Callable[[Subject], Iterable[Change]], ...] = (resources, mappings, additions)
"""What is done to resources, mappings and the template as a whole."""


def mutants(subject: Subject) -> Iterator[Mutant]:
    """Every mutant, one at a time: each shares with the template all that it leaves alone."""
    seen = {""}
    for change in _changes(subject):
        template = changed(subject.template, change.edits)
        mark = fingerprint(subject.template, template)
        if mark not in seen:
            seen.add(mark)
            yield _mutant(subject, change, template)


def _changes(subject: Subject) -> Iterator[Change]:
    for logical, resource in subject.resources.items():
        for path, value in walk(get(subject.template, at(logical))):
            place = Place(subject, logical, resource["Type"], path, value)
            for operator in LOCAL:
                yield from operator(place)
    for whole in WHOLE:
        yield from whole(subject)


def _mutant(subject: Subject, change: Change, template: object) -> Mutant:
    kind = get(subject.template, ("Resources", change.resource, "Type"))
    if not isinstance(kind, str):
        kind = get(template, ("Resources", change.resource, "Type"))
    if not isinstance(kind, str):
        kind = "the template"
    return Mutant(
        subject,
        change.operator,
        change.resource,
        kind,
        layer_of(kind),
        change.path,
        change.detail,
        change.edits,
    )


def sample(found: Iterable[Mutant], each: int, seed: int = 0) -> list[Mutant]:
    """At most ``each`` mutants of every pair of operator and resource type, chosen by chance: the same ones in each run."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    chosen: dict[tuple[str, str], list[Mutant]] = {}
    met: Counter[tuple[str, str]] = Counter()
    for mutant in found:
        pair = (mutant.operator, mutant.kind)
        met[pair] += 1
        kept = chosen.setdefault(pair, [])
        if len(kept) < each:
            kept.append(mutant)
        elif (index := chance.randrange(met[pair])) < each:
            kept[index] = mutant
    return [mutant for kept in chosen.values() for mutant in kept]
