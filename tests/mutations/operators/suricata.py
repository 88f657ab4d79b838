"""Operators on Suricata rules, line by line: a rule is an action, a header of six fields, and options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.mutations.mutant import Change
from tests.mutations.operators.place import Place

ACTIONS = ("alert", "drop", "pass", "reject")
PROTOCOLS = ("ip", "tcp", "udp", "tls", "http", "icmp")
WIDE = 'pass ip any any -> any any (msg:"wide"; sid:4294967; rev:1;)'
WIDE_FLOW = 'pass tcp any any -> any any (msg:"wide"; flow:to_server; sid:4294967; rev:1;)'
_RULE = re.compile(r"(\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) \((.*)\)")
_OPTION = re.compile(r'\s*((?:[^;"\\]|\\.|"(?:[^"\\]|\\.)*")*);')
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class Line:
    """A rule taken apart, so that one part can be changed."""

    action: str
    header: tuple[str, ...]
    """Protocol, source, source port, direction, destination, destination port."""
    options: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Line:
        """Raises ``ValueError`` for what is no rule: the generator must not skip in silence."""
        found = _RULE.fullmatch(text)
        if found is None:
            raise ValueError(f"no Suricata rule: {text}")
        action, protocol, source, source_port, direction, destination, port, options = found.groups()
        return cls(
            action,
            (protocol, source, source_port, direction, destination, port),
            tuple(_OPTION.findall(options)),
        )

    def __str__(self) -> str:
        return f"{self.action} {' '.join(self.header)} ({' '.join(f'{option};' for option in self.options)})"


def rules(place: Place) -> Iterator[Change]:
    """Every change of a RulesString."""
    if place.key != "RulesString" or not isinstance(place.value, str):
        return
    lines = [line for line in place.value.splitlines() if line.strip()]
    for index, line in enumerate(lines):
        before, after = lines[:index], lines[index + 1 :]
        yield _rules(place, "rule: delete", [*before, *after], index)
        yield _rules(place, "rule: comment out", [*before, f"# {line}", *after], index)
        yield _rules(place, "rule: truncate", [*before, line[: len(line) // 2], *after], index)
        for operator, detail, changed in _line(Line.read(line)):
            yield _rules(place, operator, [*before, str(changed), *after], index, detail)
        if after:
            yield _rules(place, "rule: swap lines", [*before, after[0], line, *after[1:]], index)
    for wide in (WIDE, WIDE_FLOW):
        yield _rules(place, "rule: add wide pass", [wide, *lines], 0, wide)
        yield _rules(place, "rule: add wide pass", [*lines, wide], len(lines), wide)
    yield _rules(place, "rule: turn round", lines[::-1], 0)


def _rules(place: Place, operator: str, lines: list[str], index: int, detail: str = "") -> Change:
    return place.becomes(operator, "\n".join(lines), f"line {index + 1}{', ' if detail else ''}{detail}")


def _line(line: Line) -> Iterator[tuple[str, str, Line]]:
    for action in ACTIONS:
        if action != line.action:
            yield "rule: change action", action, replace(line, action=action)
    yield from _header(line)
    for index, option in enumerate(line.options):
        keyword = option.partition(":")[0]
        before, after = line.options[:index], line.options[index + 1 :]
        yield "rule: remove option", f"{index} {keyword}", replace(line, options=(*before, *after))
        for detail, other in _option(option):
            yield (
                "rule: change option",
                f"{index} {keyword} to {detail}",
                replace(line, options=(*before, other, *after)),
            )
    yield "rule: add option", "a keyword that nobody knows", replace(line, options=(*line.options, "unheard_of:1"))
    yield "rule: add option", "noalert", replace(line, options=(*line.options, "noalert"))


def _header(line: Line) -> Iterator[tuple[str, str, Line]]:
    names = ("protocol", "source", "source port", "direction", "destination", "destination port")
    for index, (name, value) in enumerate(zip(names, line.header, strict=True)):
        match name:
            case "protocol":
                others = [other for other in PROTOCOLS if other != value]
            case "direction":
                others = ["<>"]
            case "source port" | "destination port":
                others = [*(["any"] if value != "any" else []), "443", f"!{value}", "0:1023", "$UNHEARD_OF"]
            case _:
                others = [
                    *(["any"] if value != "any" else []),
                    f"!{value}",
                    "$HOME_NET",
                    "$EXTERNAL_NET",
                    "$UNHEARD_OF",
                ]
        for other in dict.fromkeys(others):
            if other not in {value, "!any"}:
                header = (*line.header[:index], other, *line.header[index + 1 :])
                yield "rule: change header", f"{name} {other}", replace(line, header=header)


def _option(option: str) -> Iterator[tuple[str, str]]:
    """Other settings of one option: turned round, shorter, without a part."""
    keyword, _, setting = option.partition(":")
    if keyword in {"msg", "metadata", "sid", "rev"}:
        return
    if keyword == "flow":
        parts = setting.split(",")
        for index in range(len(parts)):
            rest = ",".join([*parts[:index], *parts[index + 1 :]])
            if rest:
                yield rest, f"flow:{rest}"
        turned = (
            setting.replace("to_server", "to_client")
            if "to_server" in setting
            else setting.replace("to_client", "to_server")
        )
        yield turned, f"flow:{turned}"
        return
    if setting:
        turned = setting.removeprefix("!") if setting.startswith("!") else f"!{setting}"
        yield turned, f"{keyword}:{turned}"
    quoted = _QUOTED.search(setting)
    if quoted and "." in quoted.group(1):
        name = quoted.group(1)
        parent = name.lstrip(".").partition(".")[2]
        for other in (parent, f".{parent}", f"x{name}", name.upper(), f"{name},evil.example", name[1:], name[:-1]):
            yield other, f"{keyword}:{setting[: quoted.start(1)]}{other}{setting[quoted.end(1) :]}"
    if keyword == "app-layer-protocol":
        for protocol in ("!dns", "!ssh", "tls,final"):
            yield protocol, f"{keyword}:{protocol}"
    if keyword == "dsize":
        for size in (">1", ">1000", "<1"):
            yield size, f"dsize:{size}"
