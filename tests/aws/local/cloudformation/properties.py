"""A resource's properties, which remember what was read of them: a property that nobody reads is never lost silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.aws.local.cloudformation.refused import Refused


class Properties:
    """Properties with every intrinsic function resolved.

    Whoever takes a value whole passes it on whole; records whose members are taken one by one go through `part` and
    `parts`, so that their members are watched as well.
    """

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path
        self._read: set[str] = set()
        self._parts: list[Properties] = []

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise Refused(f"the property {self._path}{name} is required")
        self._read.add(name)
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self._values else default

    def only(self, *names: str) -> dict[str, Any]:
        """Those of these properties that are there, by name: for an operation that spells them alike."""
        return {name: self[name] for name in names if name in self._values}

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean; CloudFormation takes its text as well."""
        return str(self.get(name, default)).lower() == "true"

    def part(self, name: str) -> Properties:
        """A record within; empty where it is absent."""
        return self._watched(self.get(name, {}), f"{name}.")

    def parts(self, name: str) -> list[Properties]:
        """The records of a list; none where it is absent."""
        return [self._watched(values, f"{name}.{index}.") for index, values in enumerate(self.get(name, []))]

    def unread(self) -> Iterator[str]:
        """The paths of what was read by nobody, such as ``SecurityGroupEgress.0.Description``."""
        for name in self._values:
            if name not in self._read:
                yield self._path + name
        for part in self._parts:
            yield from part.unread()

    def plain(self) -> Mapping[str, Any]:
        """All of it, read or not, to compare or to hand to another model."""
        return self._values

    def _watched(self, values: Any, path: str) -> Properties:
        if not isinstance(values, Mapping):
            raise Refused(f"{self._path}{path[:-1]} should be an object, but is {values!r}")
        part = Properties(values, self._path + path)
        self._parts.append(part)
        return part
