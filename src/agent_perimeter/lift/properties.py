"""A property with its path: what readers walk through, so that every value and every doubt says where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent_perimeter.lift import node
from agent_perimeter.lift.node import Absent, Node, Pointer, Resource
from agent_perimeter.observed import Doubt
from agent_perimeter.source import Origin


@dataclass(frozen=True, slots=True)
class Property:
    """A value of a template and its path; ``maybe`` is why it may not be there, for an element of a list.

    Reading is three-valued, as in ``node``: None where nothing stands, a ``Doubt`` where it is not known.
    """

    value: Node
    path: str
    maybe: Doubt | None = None

    def at(self, *keys: str) -> Property:
        """What stands below ``keys``."""
        return Property(node.get(self.value, *keys), node.below(self.path, *keys))

    @property
    def origin(self) -> Origin:
        return Origin(path=self.path)

    @property
    def absent(self) -> bool:
        """Whether surely nothing stands here."""
        return all(choice is None or isinstance(choice, Absent) for choice in node.choices(self.value))

    @property
    def optional(self) -> bool:
        """Whether perhaps nothing stands here."""
        return any(choice is None or isinstance(choice, Absent) for choice in node.choices(self.value))

    @property
    def missing(self) -> Doubt:
        """The doubt about a value that must be here and is not."""
        return Doubt(f"{self.path.rsplit('/', 1)[-1]} is missing", self.path)

    def text(self) -> str | Doubt | None:
        return node.text(self.value, self.path)

    def needed_text(self) -> str | Doubt:
        """Text that AWS requires."""
        return node.text(self.value, self.path, self.missing)

    def whole(self) -> int | Doubt | None:
        return node.whole(self.value, self.path)

    def needed_whole(self) -> int | Doubt:
        """A number that AWS requires."""
        return node.whole(self.value, self.path, self.missing)

    def truth(self, default: bool | Doubt) -> bool | Doubt:
        """A boolean; ``default`` is what AWS takes where nothing stands."""
        if isinstance(default, Doubt):
            return node.truth(self.value, self.path, default)
        return node.truth(self.value, self.path, default)

    def pointer(self) -> Pointer | Doubt | None:
        return node.pointer(self.value, self.path)

    def items(self) -> tuple[Property, ...]:
        """The elements of a list. A list that is not known is one element that is not known and may not be there."""
        found = node.items(self.value, self.path)
        if isinstance(found, Doubt):
            return (Property(found, self.path, found),)
        return tuple(Property(item.node, item.path, item.maybe) for item in found)

    def texts(self) -> tuple[str | Doubt, ...]:
        """A list of text; a list that is not known is one ``Doubt``."""
        found = node.texts(self.value, self.path)
        return (found,) if isinstance(found, Doubt) else found

    def entries(self) -> Mapping[str, Property] | Doubt | None:
        """The entries of a mapping by name, without those that are surely absent."""
        found = node.fields(self.value, self.path)
        if found is None or isinstance(found, Doubt):
            return found
        below = {key: Property(value, node.below(self.path, key)) for key, value in found.items()}
        return {key: entry for key, entry in below.items() if not entry.absent}


def top(resource: Resource) -> Property:
    """All properties of a resource."""
    return Property(resource.properties, resource.at())


def pointed(value: Node) -> Iterator[Pointer]:
    """Every resource that a value names anywhere in it, in order."""
    match value:
        case Pointer():
            yield value
        case str():
            if "${" in value:
                yield from node.pointers(value)
        case tuple():
            for element in value:
                yield from pointed(element)
        case Mapping():
            for entry in value.values():
                yield from pointed(entry)
        case node.OneOf(options=options):
            for option in options:
                yield from pointed(option)
        case _:
            return
