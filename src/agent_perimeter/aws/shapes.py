"""Which fields of an answer are kept, and the check that they are what AWS says they are.

What is not named is not kept, so a field that AWS adds tomorrow, or one that holds a secret, never lands in a snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, assert_never

from agent_perimeter.forms import Json

if TYPE_CHECKING:
    # The table of calls stands on this module, and is read where no SDK is installed.
    from botocore.model import Shape


@dataclass(frozen=True, slots=True)
class Value:
    """Text, a number, a boolean or a time, which becomes ISO 8601 text in UTC."""


@dataclass(frozen=True, slots=True)
class Address:
    """Text; of a URL only scheme and host, for what is behind them may be a token (a chat's webhook)."""


@dataclass(frozen=True, slots=True)
class Document:
    """Kept whole, whatever it is: an IAM policy, which AWS gives as text or botocore as an object."""


@dataclass(frozen=True, slots=True)
class Each:
    """A list."""

    item: Kept


@dataclass(frozen=True, slots=True)
class ByKey:
    """An object with free keys, such as one zone's state by the zone's name."""

    value: Kept


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of which these members are kept, where it has them. ``required`` ones it must have."""

    members: Mapping[str, Kept]
    required: frozenset[str] = frozenset()

    def __or__(self, other: Fields) -> Fields:
        return Fields({**self.members, **other.members}, self.required | other.required)


Kept = Value | Address | Document | Each | ByKey | Fields

VALUE: Final = Value()
VALUES: Final = Each(VALUE)
DOCUMENT: Final = Document()


def fields(names: str = "", /, **nested: Kept) -> Fields:
    """An object with these plain members, and those with a shape of their own."""
    return Fields(dict.fromkeys(names.split(), VALUE) | nested)


def answer(**required: Kept) -> Fields:
    """An answer that has all of these members, always."""
    return Fields(required, frozenset(required))


def each(names: str = "", /, **nested: Kept) -> Each:
    """A list of such objects."""
    return Each(fields(names, **nested))


class Malformed(ValueError):
    """An answer that is not of the shape that the API's model gives it."""


def kept(value: object, shape: Kept, place: str) -> Json:
    """The part of an answer that is kept. ``place`` is its name, for people.

    Raises ``Malformed`` for what is of another kind, or lacks a required member.
    """
    match shape:
        case Value():
            return _plain(value, place)
        case Address():
            text = _plain(value, place)
            return re.sub(r"(?<=://)([^/?#]*@)?([^/?#]*).*", r"\2", text) if isinstance(text, str) else text
        case Document():
            return _whole(value, place)
        case Each(item):
            return [kept(one, item, f"{place}[{index}]") for index, one in enumerate(_list(value, place))]
        case ByKey(item):
            return {key: kept(one, item, f"{place}.{key}") for key, one in _object(value, place).items()}
        case Fields(members, required):
            found = _object(value, place)
            missing = sorted(required - found.keys())
            if missing:
                raise Malformed(f"{place} has no {missing[0]}")
            return {name: kept(found[name], one, f"{place}.{name}") for name, one in members.items() if name in found}
        case other:
            assert_never(other)


def lacking(shape: Kept, model: Shape | None) -> tuple[str, ...]:
    """What is to be kept and a model of the API does not have, or has as another kind of thing.

    ``model`` is botocore's output shape, None where it has none. botocore's parsers drop a field that it lacks, and
    then an answer looks as if AWS had not sent it. Paths as in ``FirewallPolicy.StatefulEngineOptions``, lists and free
    keys passed through; ``*`` for the whole.
    """
    return ("*",) if model is None else tuple(_lacking(shape, model, ()))


def _lacking(shape: Kept, model: Shape, way: tuple[str, ...]) -> Iterator[str]:
    match shape, model.type_name:
        case Document(), _:
            pass
        case Each(item), "list":
            yield from _lacking(item, model.member, way)
        case ByKey(value), "map":
            yield from _lacking(value, model.value, way)
        case Fields(members), "map":  # SNS answers with free keys, of which a few are kept
            for name, one in members.items():
                yield from _lacking(one, model.value, (*way, name))
        case Fields(members), "structure":
            for name, one in members.items():
                if name in model.members:
                    yield from _lacking(one, model.members[name], (*way, name))
                else:
                    yield ".".join((*way, name))
        case ((Value() | Address()), kind) if kind not in {"list", "map", "structure"}:
            pass
        case _:
            yield ".".join(way) or "*"


def _plain(value: object, place: str) -> Json:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, str | int | float):
        return value
    raise Malformed(f"{place} is {_kind(value)}, not a plain value")


def _whole(value: object, place: str) -> Json:
    if isinstance(value, dict):
        return {str(key): _whole(one, f"{place}.{key}") for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one, place) for one in value]
    return None if value is None else _plain(value, place)


def _list(value: object, place: str) -> list[object]:
    if not isinstance(value, list):
        raise Malformed(f"{place} is {_kind(value)}, not a list")
    return value


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Malformed(f"{place} is {_kind(value)}, not an object")
    return value


def _kind(value: object) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case None:
            return "nothing"
        case _:
            return "a plain value"
