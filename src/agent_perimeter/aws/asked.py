"""The calls that a line of the table comes to, given what is known so far."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent_perimeter.aws.paths import objects, texts
from agent_perimeter.aws.read import Read, Source
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Answer, Unread

Outcome = Answer | Unread
Parameters = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters, one set for each call, and what cannot be asked because something else was not read."""

    parameters: tuple[Parameters, ...]
    skipped: tuple[Unread, ...]


def asked(read: Read, places: Mapping[str, str], known: Sequence[Outcome]) -> Asked:
    """All calls of one line, in a stable order and each once. ``places`` fill the target's placeholders."""
    sources = [source for source in read.sources if not source.stack or _place(source.stack, places)]
    given = [one for source in sources for one in _given(source, places, known)]
    calls: dict[str, Parameters] = {}
    for template in read.parameters:
        for values in _values(read, template, places, given):
            filled = _filled(template, values)
            if isinstance(filled, dict):
                calls[text_of(filled)] = filled
    unread = sorted({f"{one.call} ({one.code})" for source in sources for one in _unread(source, places, known)})
    because = f"it needs the answer of {', '.join(unread)}"
    skipped = (Unread(read.service, read.operation, {}, "Skipped", because, read.permission),) if unread else ()
    return Asked(tuple(calls[key] for key in sorted(calls)), skipped)


def text_of(parameters: Parameters) -> str:
    """The same text for the same parameters: a key, and an order."""
    return json.dumps(parameters, sort_keys=True)


def _values(
    read: Read, template: Parameters, places: Mapping[str, str], given: Sequence[Mapping[str, str]]
) -> Iterator[Mapping[str, Sequence[str]]]:
    """What fills a template, once for each call: places and given texts alone, ``all`` as many as a batch holds."""
    fixed = {name: [place] for name, place in places.items() if place}
    if not read.sources:
        yield fixed
    elif '"{all}"' in json.dumps(template):
        every = sorted({text for one in given for text in one.values()})
        for start in range(0, len(every), read.batch):
            yield fixed | {"all": every[start : start + read.batch]}
    else:
        for one in given:
            yield fixed | {name: [text] for name, text in one.items()}


def _filled(template: Json | Parameters, values: Mapping[str, Sequence[str]]) -> Json:
    """A template with its placeholders filled; None where nothing fills one."""
    if isinstance(template, Mapping):
        members = {key: _filled(value, values) for key, value in template.items()}
        return None if None in members.values() else members
    if isinstance(template, list):
        if template == ["{all}"]:
            return list(values["all"])
        items = [_filled(item, values) for item in template]
        return None if None in items else items
    if isinstance(template, str) and template.startswith("{"):
        return next(iter(values.get(template[1:-1], ())), None)
    return template


def _given(source: Source, places: Mapping[str, str], known: Iterable[Outcome]) -> Iterator[Mapping[str, str]]:
    for one in _about(source, places, known):
        if isinstance(one, Answer):
            for item in objects(one.result, source.at):
                if _meant(source, item, places):
                    taken = {name: _taken(item, path, source.pattern) for name, path in source.take.items()}
                    if all(taken.values()):
                        yield taken


def _meant(source: Source, item: Mapping[str, Json], places: Mapping[str, str]) -> bool:
    return all(
        any(re.fullmatch(_place(pattern, places), text) for text in texts(item, path))
        for path, pattern in source.where.items()
    )


def _taken(item: Mapping[str, Json], path: str, pattern: str) -> str:
    matches = (re.fullmatch(pattern, text) for text in texts(item, path))
    return next((match[1] for match in matches if match), "")


def _unread(source: Source, places: Mapping[str, str], known: Iterable[Outcome]) -> Iterator[Unread]:
    return (one for one in _about(source, places, known) if isinstance(one, Unread) and not one.absent)


def _about(source: Source, places: Mapping[str, str], known: Iterable[Outcome]) -> Iterator[Outcome]:
    """What is known of the source's call; with a stack, about that stack."""
    stack = _place(source.stack, places)
    for one in known:
        if one.call == source.call and (not stack or one.parameters.get("StackName") == stack):
            yield one


def _place(text: str, places: Mapping[str, str]) -> str:
    """A place by its placeholder; any other text is itself."""
    return places[text[1:-1]] if text.startswith("{") else text
