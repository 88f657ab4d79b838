"""A mutant: one template that differs from a sound one in one place, and a name for the difference."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from tests.mutations.subject import Subject
from tests.mutations.tree import Path, Value, pointer, put

Edit = tuple[Path, Value]
"""A path of the template and what to put there."""


@dataclass(frozen=True)
class Change:
    """What an operator asks for. ``edits`` are made in order. ``path`` is below the resource."""

    operator: str
    resource: str
    path: Path
    detail: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Mutant:
    """A changed template. ``path`` is where it was changed, below the resource; ``kind`` the resource's type."""

    subject: Subject
    operator: str
    resource: str
    kind: str
    layer: str
    path: Path
    detail: str
    edits: tuple[Edit, ...]

    @cached_property
    def template(self) -> Value:
        """The changed template: made when asked for, and shared with the sound one where it is not changed."""
        return changed(self.subject.template, self.edits)

    @property
    def name(self) -> str:
        """Unique within its subject, and the same in each run."""
        where = pointer((self.resource, *self.path))
        return f"{self.operator} {where}{': ' if self.detail else ''}{self.detail}"


def changed(template: Value, edits: tuple[Edit, ...]) -> Value:
    """The template after all edits."""
    for path, value in edits:
        template = put(template, path, value)
    return template


def fingerprint(before: Value, after: Value) -> str:
    """Equal for equal changes of one template, and empty for a change that changes nothing."""
    parts: list[str] = []
    for section in sorted({*before, *after}):
        old, new = before.get(section), after.get(section)
        if old is new:
            continue
        if not isinstance(old, dict) or not isinstance(new, dict):
            parts.append(f"{section}={json.dumps(new, sort_keys=True)}")
            continue
        for name in sorted({*old, *new}):
            if old.get(name) is not new.get(name):
                was, now = (json.dumps(side.get(name), sort_keys=True) for side in (old, new))
                if was != now:
                    parts.append(f"{section}/{name}={now}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() if parts else ""
