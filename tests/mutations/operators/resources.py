"""Operators on whole resources: gone, conditional, of another type, or no longer what it is taken for."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mutations.mutant import Change, Edit
from tests.mutations.operators.unresolved import CONDITION, SWITCHED
from tests.mutations.subject import Subject
from tests.mutations.tree import ABSENT, Value, is_intrinsic, references


def resources(subject: Subject) -> Iterator[Change]:
    """Every change of every resource as a whole."""
    for logical, resource in subject.resources.items():
        place = ("Resources", logical)
        gone = (place, ABSENT)
        yield Change("remove resource", logical, (), "references left", (gone,))
        yield Change("remove resource", logical, (), "with its references", (gone, *_forgotten(subject, logical)))
        yield Change("resource behind a condition", logical, (), "", (((*place, "Condition"), CONDITION), *SWITCHED))
        yield Change("resource of an unknown type", logical, (), "", (((*place, "Type"), "AWS::EC2::NobodyKnowsThis"),))
        yield Change("resource of a module", logical, (), "", (((*place, "Type"), "Somebody::EC2::Thing::MODULE"),))
        if "DependsOn" in resource:
            yield Change("remove property", logical, ("DependsOn",), "", (((*place, "DependsOn"), ABSENT),))
        yield Change(
            "resource behind a loop",
            logical,
            (),
            "",
            (gone, (("Resources", f"Fn::ForEach::{logical}"), ["Each", ["A", "B"], {f"{logical}${{Each}}": resource}])),
        )


def _forgotten(subject: Subject, logical: str) -> Iterator[Edit]:
    """What is left of all that referred to a resource: properties and list elements that named it are gone."""
    for section in ("Resources", "Outputs"):
        for name, item in subject.template.get(section, {}).items():
            if name == logical:
                continue
            left = _without(item, logical)
            if left is ABSENT:
                yield (section, name), ABSENT
            elif left != item:
                yield (section, name), left


def _without(value: Value, logical: str) -> Value:
    if is_intrinsic(value):
        return ABSENT if any(name == logical for _, name in references(value)) else value
    match value:
        case dict():
            left = {key: _without(item, logical) for key, item in value.items()}
            depends = left.get("DependsOn")
            if isinstance(depends, list) and logical in depends:
                left["DependsOn"] = [name for name in depends if name != logical] or ABSENT
            elif depends == logical:
                left["DependsOn"] = ABSENT
            return {key: item for key, item in left.items() if item is not ABSENT}
        case list():
            items = [_without(item, logical) for item in value]
            return [item for item in items if item is not ABSENT]
        case _:
            return value


def mappings(subject: Subject) -> Iterator[Change]:
    """Every value of every mapping: gone, and exchanged with each other value of its row."""
    for name, rows in subject.template.get("Mappings", {}).items():
        for row, values in rows.items():
            for key, value in values.items():
                place = ("Mappings", name, row, key)
                yield Change("remove property", name, (row, key), "", ((place, ABSENT),))
                for other, taken in values.items():
                    if other != key and taken != value:
                        yield Change("retarget", name, (row, key), str(taken), ((place, taken),))
