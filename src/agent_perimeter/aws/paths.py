"""Paths into answers: ``RouteTables.Routes.GatewayId``. Dots go into objects, lists are passed through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent_perimeter.forms import Json


def found(value: Json | Mapping[str, Json], path: str) -> Iterator[Json]:
    """Everything at a path; nothing where the answer has nothing there. The empty path is the value itself."""
    if isinstance(value, list):
        for item in value:
            yield from found(item, path)
    elif not path:
        yield dict(value) if isinstance(value, Mapping) else value
    elif isinstance(value, Mapping):
        name, _, rest = path.partition(".")
        if name in value:
            yield from found(value[name], rest)


def objects(value: Json | Mapping[str, Json], path: str) -> Iterator[Mapping[str, Json]]:
    """The objects at a path."""
    return (one for one in found(value, path) if isinstance(one, dict))


def texts(value: Json | Mapping[str, Json], path: str) -> Iterator[str]:
    """The texts at a path."""
    return (one for one in found(value, path) if isinstance(one, str))
