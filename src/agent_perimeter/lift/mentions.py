"""The names in a template as written, before anything is resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent_perimeter.lift.document import Plain

_VARIABLE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}")


def mentions(plain: Plain) -> Iterator[tuple[str, str]]:
    """(name, attribute) of every ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub`` variable, wherever it stands."""
    if isinstance(plain, list):
        for element in plain:
            yield from mentions(element)
    elif isinstance(plain, dict):
        for key, value in plain.items():
            yield from _named(key, value)
            yield from mentions(value)


def _named(key: str, value: Plain) -> Iterator[tuple[str, str]]:
    match key, value:
        case "Ref", str():
            yield value, ""
        case "Fn::GetAtt", str():
            name, _, attribute = value.partition(".")
            yield name, attribute
        case "Fn::GetAtt", [str(name), str(attribute), *_]:
            yield name, attribute
        case "Fn::GetAtt", [str(name), *_]:
            yield name, ""
        case ("Fn::Sub", str(text)) | ("Fn::Sub", [str(text), *_]):
            for found in _VARIABLE.finditer(text):
                yield found[1], found[2] or ""
        case _:
            return
