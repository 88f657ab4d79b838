"""One value of a template and all that its operators may want to know about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tests.mutations import schema
from tests.mutations.mutant import Change, Edit
from tests.mutations.subject import Subject
from tests.mutations.tree import ABSENT, Path, Value, get


@dataclass(frozen=True)
class Place:
    """A value at ``path`` below Properties of a resource. The Properties themselves have the empty path."""

    subject: Subject
    resource: str
    kind: str
    path: Path
    value: Value

    @property
    def where(self) -> Path:
        return ("Resources", self.resource, "Properties", *self.path)

    @property
    def key(self) -> str:
        """The nearest property name, also for an element of its list."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")

    @property
    def in_list(self) -> bool:
        return bool(self.path) and isinstance(self.path[-1], int)

    @cached_property
    def schema(self) -> schema.Schema | None:
        return schema.at(self.kind, self.path)

    def sibling(self, name: str) -> Value:
        """Another property of the object that this value belongs to, or ``ABSENT``."""
        return get(self.subject.template, (*self.where[:-1], name)) if self.path else ABSENT

    def becomes(self, operator: str, value: Value, detail: str = "", also: tuple[Edit, ...] = ()) -> Change:
        """The change of this one value."""
        return Change(operator, self.resource, ("Properties", *self.path), detail, ((self.where, value), *also))
