"""The JSON form of frozen records, made from their type hints alone: a new record or field needs no code here.

- text, whole numbers, booleans and None stand as they are; an enumeration as its value;
- ``Cidr``, ``PortRange`` and days are text as people write it: ``"10.0.0.0/16"``, ``"1024-65535"``, ``"2027-03-31"``;
- a tuple is a list; a record is an object with every field, its names in camelCase;
- where a field may hold several kinds of things, records say which they are: ``{"doubt": {"reason": …}}``. So do lists,
  where there may be lists of several things: ``{"statelessRules": […]}``.

Reading is strict. Nothing is converted, guessed, left out or filled in: what is written is what was there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Final, Literal, Protocol, Union, get_args, get_origin, get_type_hints

from agent_perimeter.values import Cidr, PortRange

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

_SHOWN = 60


class Mismatch(ValueError):
    """JSON that is not of the form: what is wrong, and the JSON pointer (RFC 6901) to it."""

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer

    def below(self, key: str | int) -> Mismatch:
        """The same, seen from one level higher. Keys are names of fields, so none needs an escape."""
        return Mismatch(self.reason, f"/{key}{self.pointer}")


class Form(Protocol):
    """How the values of one type stand in JSON.

    ``write`` raises ``TypeError`` for what is not of the type, ``read`` raises ``Mismatch``; ``read(write(x)) == x``.
    """

    @property
    def json(self) -> type:
        """What ``json.loads`` makes of it."""

    @property
    def words(self) -> str:
        """What is expected, for people."""

    def holds(self, value: object) -> bool:
        """Whether the value is of the type."""

    def write(self, value: object) -> Json: ...

    def read(self, json: Json) -> object: ...

    def schema(self, definitions: dict[str, Json]) -> dict[str, Json]:
        """Its JSON Schema. Those of records are added to the definitions."""


@cache
def form_of(hint: object) -> Form:
    """The form of a type: a record, an enumeration, text, a number, a tuple or a union of these.

    Raises ``TypeError`` for a type that has no form, and for a union whose alternatives look the same in JSON.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _union(arguments)
    if origin is Literal:
        return _Choice({argument: argument for argument in arguments})
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is ...:
            return _List(form_of(arguments[0]))
        return _Row(tuple(map(form_of, arguments)))
    if isinstance(hint, type):
        if hint in _SCALARS:
            return _Scalar(hint)
        if hint in _TEXTS:
            return _Text(hint, *_TEXTS[hint])
        if issubclass(hint, Enum):
            return _Choice({member.value: member for member in hint})
        if is_dataclass(hint):
            hints = get_type_hints(hint)
            return _Record(hint, tuple((one.name, _camel(one.name), form_of(hints[one.name])) for one in fields(hint)))
    raise TypeError(f"{hint} has no form in JSON")


_SCALARS: Final[Mapping[type, tuple[str, str]]] = {
    str: ("text", "string"),
    int: ("a whole number", "integer"),
    bool: ("true or false", "boolean"),
    NoneType: ("null", "null"),
}


@dataclass(frozen=True, slots=True)
class _Scalar:
    """What JSON has too. A boolean is no number here, and 1.0 no whole one."""

    json: type

    @property
    def words(self) -> str:
        return _SCALARS[self.json][0]

    def holds(self, value: object) -> bool:
        return type(value) is self.json

    def write(self, value: object) -> Json:
        if type(value) is self.json and (value is None or isinstance(value, (str, int))):
            return value
        raise TypeError(f"{value!r} is not {self.words}")

    def read(self, json: Json) -> object:
        if type(json) is not self.json:
            raise _unlike(json, self.words)
        return json

    def schema(self, definitions: dict[str, Json]) -> dict[str, Json]:  # noqa: ARG002 - as every form's
        return {"type": _SCALARS[self.json][1]}


def _ports(text: str) -> PortRange:
    if not re.fullmatch(r"[0-9]{1,5}(-[0-9]{1,5})?", text):
        raise ValueError(f"{text!r} is not a port, nor a range such as 1024-65535")
    first, _, last = text.partition("-")
    return PortRange(int(first), int(last or first))


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text!r} is not a day such as 2027-03-31")
    return date.fromisoformat(text)


_TEXTS: Final[Mapping[type, tuple[str, Callable[[str], object]]]] = {
    # The same blocks and ranges stand in many rules.
    Cidr: ("a block such as 10.0.0.0/16", lru_cache(4096)(Cidr.parse)),
    PortRange: ("a port or a range such as 1024-65535", lru_cache(4096)(_ports)),
    date: ("a day such as 2027-03-31", _day),
}


@dataclass(frozen=True, slots=True)
class _Text:
    """A value that reads best as people write it."""

    of: type
    words: str
    parse: Callable[[str], object]
    json: type = str

    def holds(self, value: object) -> bool:
        return isinstance(value, self.of)

    def write(self, value: object) -> Json:
        if not self.holds(value):
            raise TypeError(f"{value!r} is not {self.words}")
        return str(value)

    def read(self, json: Json) -> object:
        if not isinstance(json, str):
            raise _unlike(json, self.words)
        try:
            return self.parse(json)
        except ValueError as error:
            raise (Mismatch(str(error)) if len(json) <= _SHOWN else _unlike(json, self.words)) from None

    def schema(self, definitions: dict[str, Json]) -> dict[str, Json]:  # noqa: ARG002 - as every form's
        return {"type": "string", "description": self.words}


class _Choice:
    """One of a few words: an enumeration's values, or a Literal's."""

    json: type = str

    def __init__(self, values: Mapping[object, object]) -> None:
        self._values = {word: value for word, value in values.items() if isinstance(word, str)}
        if len(self._values) < len(values):
            raise TypeError(f"{values} are not all text")
        self._words = {value: word for word, value in self._values.items()}
        self._type = type(next(iter(self._words)))

    @property
    def words(self) -> str:
        return f"one of {', '.join(self._values)}"

    def holds(self, value: object) -> bool:
        return type(value) is self._type and value in self._words

    def write(self, value: object) -> Json:
        if not self.holds(value):
            raise TypeError(f"{value!r} is not {self.words}")
        return self._words[value]

    def read(self, json: Json) -> object:
        if not isinstance(json, str) or json not in self._values:
            raise _unlike(json, self.words)
        return self._values[json]

    def schema(self, definitions: dict[str, Json]) -> dict[str, Json]:  # noqa: ARG002 - as every form's
        return {"enum": list(self._values)}


@dataclass(frozen=True, slots=True)
class _List:
    """A tuple of any length."""

    item: Form
    json: type = list
    words: str = "a list"

    def holds(self, value: object) -> bool:
        return isinstance(value, tuple) and all(map(self.item.holds, value))

    def write(self, value: object) -> Json:
        if not isinstance(value, tuple):
            raise TypeError(f"{value!r} is not a tuple")
        return [self.item.write(item) for item in value]

    def read(self, json: Json) -> object:
        if not isinstance(json, list):
            raise _unlike(json, self.words)
        return _each((self.item for _ in json), json)

    def schema(self, definitions: dict[str, Json]) -> dict[str, Json]:
        return {"type": "array", "items": self.item.schema(definitions)}


@dataclass(frozen=True, slots=True)
class _Row:
    """A tuple of a known length, such as a name and its values."""

    items: tuple[Form, ...]
    json: type = list

    @property
    def words(self) -> str:
        return f"a list of {len(self.items)}: {', '.join(item.words for item in self.items)}"

    def holds(self, value: object) -> bool:
        return (
            isinstance(value, tuple)
            and len(value) == len(self.items)
            and all(item.holds(part) for item, part in zip(self.items, value, strict=True))
        )

    def write(self, value: object) -> Json:
        if not isinstance(value, tuple) or len(value) != len(self.items):
            raise TypeError(f"{value!r} is not {self.words}")
        return [item.write(part) for item, part in zip(self.items, value, strict=True)]

    def read(self, json: Json) -> object:
        if not isinstance(json, list) or len(json) != len(self.items):
            raise _unlike(json, self.words)
        return _each(self.items, json)

    def schema(self, definitions: dict[str, Json]) -> dict[str, Json]:
        items: list[Json] = [item.schema(definitions) for item in self.items]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


def _each(forms: Iterable[Form], items: list[Json]) -> tuple[object, ...]:
    found: list[object] = []
    try:
        for form, item in zip(forms, items, strict=True):
            found.append(form.read(item))
    except Mismatch as mismatch:
        raise mismatch.below(len(found)) from None
    return tuple(found)


class _Record:
    """A dataclass: an object with all its fields, in the order of their definition."""

    json: type = dict

    def __init__(self, of: type, forms: tuple[tuple[str, str, Form], ...]) -> None:
        self.name = _camel(of.__name__.strip("_"))
        self._of = of
        self._forms = forms
        self._keys = {key for _, key, _ in forms}

    @property
    def words(self) -> str:
        return f"an object with {', '.join(key for _, key, _ in self._forms)}"

    def holds(self, value: object) -> bool:
        return type(value) is self._of

    def write(self, value: object) -> Json:
        if not self.holds(value):
            raise TypeError(f"{value!r} is not a {self._of.__name__}")
        return {key: form.write(getattr(value, name)) for name, key, form in self._forms}

    def read(self, json: Json) -> object:
        if not isinstance(json, dict):
            raise _unlike(json, self.words)
        if json.keys() != self._keys:
            raise self._other_keys(json)
        values: dict[str, object] = {}
        reading = ""
        try:
            for name, key, form in self._forms:
                reading = key
                values[name] = form.read(json[key])
        except Mismatch as mismatch:
            raise mismatch.below(reading) from None
        try:
            made: object = self._of(**values)
        except ValueError as error:
            raise Mismatch(str(error)) from None
        return made

    def _other_keys(self, json: dict[str, Json]) -> Mismatch:
        missing = [key for _, key, _ in self._forms if key not in json]
        unknown = [_shown(key) for key in json if key not in self._keys]
        said = [f"{word} {', '.join(keys)}" for word, keys in (("missing", missing), ("unknown", unknown)) if keys]
        return Mismatch("; ".join(said))

    def schema(self, definitions: dict[str, Json]) -> dict[str, Json]:
        if self.name not in definitions:
            properties: dict[str, Json] = {key: form.schema(definitions) for _, key, form in self._forms}
            definitions[self.name] = _object(properties)
        return {"$ref": f"#/$defs/{self.name}"}


class _Union:
    """One of several. Alternatives that JSON cannot tell apart by their kind are objects with one key, their tag."""

    json: type = object

    def __init__(self, plain: Mapping[type, Form], tagged: Mapping[str, Form]) -> None:
        self._plain = plain
        self._tagged = tagged

    @property
    def words(self) -> str:
        tags = (f'{{"{tag}": …}}' for tag in self._tagged)
        return " or ".join([*(form.words for form in self._plain.values()), *tags])

    def holds(self, value: object) -> bool:
        return any(form.holds(value) for form in (*self._plain.values(), *self._tagged.values()))

    def write(self, value: object) -> Json:
        for form in self._plain.values():
            if form.holds(value):
                return form.write(value)
        for tag, form in self._tagged.items():
            if form.holds(value):
                return {tag: form.write(value)}
        raise TypeError(f"{value!r} is not {self.words}")

    def read(self, json: Json) -> object:
        plain = self._plain.get(type(json))
        if plain is not None:
            return plain.read(json)
        if isinstance(json, dict) and len(json) == 1:
            ((tag, inner),) = json.items()
            if tag in self._tagged:
                try:
                    return self._tagged[tag].read(inner)
                except Mismatch as mismatch:
                    raise mismatch.below(tag) from None
        raise _unlike(json, self.words)

    def schema(self, definitions: dict[str, Json]) -> dict[str, Json]:
        options: list[Json] = [form.schema(definitions) for form in self._plain.values()]
        for tag, form in self._tagged.items():
            definitions[f"tagged-{tag}"] = _object({tag: form.schema(definitions)})
            options.append({"$ref": f"#/$defs/tagged-{tag}"})
        return {"anyOf": options}


def _union(alternatives: tuple[object, ...]) -> _Union:
    plain: dict[type, Form] = {}
    tagged: dict[str, Form] = {}
    lists = [alternative for alternative in alternatives if get_origin(alternative) is tuple]
    for alternative in alternatives:
        form = form_of(alternative)
        if isinstance(form, _Record):
            tag = form.name
        elif isinstance(form, _List) and isinstance(form.item, _Record) and len(lists) > 1:
            tag = f"{form.item.name}s"
        else:
            if form.json in plain:
                raise TypeError(f"JSON cannot tell {form.words} from {plain[form.json].words}")
            plain[form.json] = form
            continue
        if tag in tagged:
            raise TypeError(f"two alternatives are called {tag}")
        tagged[tag] = form
    return _Union(plain, tagged)


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    """The schema of an object with these keys and no others."""
    required: list[Json] = list(properties)
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _unlike(json: Json, words: str) -> Mismatch:
    return Mismatch(f"{_shown(json)} is not {words}")


def _shown(json: Json) -> str:
    """What was found, short. Never a whole document in a message."""
    match json:
        case dict():
            return "an object" if len(json) != 1 else f"an object with {_shown(next(iter(json)))}"
        case list():
            return f"a list of {len(json)}"
        case bool():
            return str(json).lower()
        case None:
            return "null"
        case _:
            text = ascii(json)
            return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return "".join([first[:1].lower() + first[1:], *(part.capitalize() for part in rest)])
