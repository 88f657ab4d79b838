"""What the names of one stack stand for: parameters, conditions, resources, outputs.

A ``Scope`` resolves the plain tree of one template. Whatever may be different at deployment is a ``OneOf`` or a
``Doubt``: a parameter that nobody gave, a condition that follows from it, what another stack exports.
Results are kept, references that go in circles are doubts, and nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from agent_perimeter.lift import intrinsics
from agent_perimeter.lift.document import Plain
from agent_perimeter.lift.mentions import mentions
from agent_perimeter.lift.node import (
    ABSENT,
    Absent,
    Node,
    OneOf,
    Pointer,
    Resource,
    below,
    choices,
    get,
    placed,
    shown,
    truth,
    written,
)
from agent_perimeter.observed import Doubt

MAX_STEPS: Final = 50
"""How deep references and nesting may go together, through all stacks; a step is up to 13 of Python's 1,000 frames."""

MAX_UNROLLED: Final = 5_000
"""Entries that ``Fn::ForEach`` may make; CloudFormation takes 500 resources."""

PLACEHOLDERS: Final = ("AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::URLSuffix")

STACK: Final = "AWS::CloudFormation::Stack"

_ECHOED: Final = frozenset({"AvailabilityZone", "CidrBlock", "SubnetId", "VpcId"})
"""Attributes of EC2 resources that give back what the property of the same name says."""

_LOOP = "Fn::ForEach::"


class Surroundings(Protocol):
    """What a stack sees of the assembly that it belongs to."""

    def given(self, parameter: str) -> Node:
        """The value that whoever deploys the stack gives to a parameter, ``Absent`` where none is known."""

    def imported(self, export: str, path: str) -> Node:
        """What another stack exports under the name."""

    def output(self, nested: str, name: str, path: str) -> Node:
        """An output of the nested stack with this logical id."""


@dataclass(slots=True)
class Steps:
    """How deep the resolution is at present, through all stacks of an assembly."""

    taken: int = 0


class Scope:
    """One stack. ``final``: a parameter that is not given keeps its default, as in a nested stack."""

    def __init__(
        self,
        stack: str,
        file: str,
        sections: Mapping[str, Mapping[str, Plain]],
        surroundings: Surroundings,
        pseudo: Mapping[str, str],
        *,
        final: bool,
        steps: Steps,
    ) -> None:
        self.stack = stack
        self.file = file
        self.doubts: list[Doubt] = []
        self._surroundings = surroundings
        self._pseudo = pseudo
        self._final = final
        self._known: dict[str, Node] = {}
        self._decided: dict[str, bool | Doubt] = {}
        self._mapped: dict[str, Mapping[str, Mapping[str, Node]]] = {}
        self._active: set[str] = set()
        self._steps = steps
        self._functions: Mapping[str, Callable[[Plain, str], Node]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._attribute,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::FindInMap": self._find,
            "Fn::If": self._if,
            "Fn::Cidr": self._cidr,
            "Fn::GetAZs": self._zones,
            "Fn::Base64": self._base64,
            "Fn::ImportValue": self._import,
            "Fn::ToJsonString": self._json,
            "Fn::Length": self._length,
            "Fn::Transform": self._macro,
        }
        self._parameters = sections["Parameters"]
        self._mappings = sections["Mappings"]
        self._conditions: Mapping[str, Plain] = {}
        self.resources: Mapping[str, Plain] = {}
        # A loop may run over anything, so what it asks for must be there, if only empty.
        self._conditions = self._section(sections, "Conditions")
        self.resources = self._section(sections, "Resources")
        self._outputs = self._section(sections, "Outputs")
        for logical, body in self.resources.items():
            if isinstance(body, dict) and "Fn::Transform" in body:
                where = below(self.path(logical), "Fn::Transform")
                self.doubts.append(Doubt(f"a macro may make {logical} a resource of another type", where))

    def _section(self, sections: Mapping[str, Mapping[str, Plain]], name: str) -> Mapping[str, Plain]:
        """A section with its loops unrolled; what cannot be is a doubt about the whole stack."""
        path = below(f"{self.file}#", name)
        entries = dict(sections[name])
        for key in [key for key in entries if key.startswith("Fn::") and not key.startswith(_LOOP)]:
            del entries[key]
            self.doubts.append(Doubt(f"{key} adds to {name} what cannot be seen here", below(path, key)))
        unrolled = self._unrolled(entries, path)
        if isinstance(unrolled, Doubt):
            self.doubts.append(unrolled)
            return {key: value for key, value in entries.items() if not key.startswith(_LOOP)}
        return unrolled

    # What the assembly asks for

    def lifted(self) -> Iterator[Resource]:
        """The resources that exist or may exist, resolved."""
        for name, body in self.resources.items():
            exists = self.exists(name)
            if exists is False or not isinstance(body, dict):
                continue
            path = self.path(name)
            yield Resource(
                id=self.id(name),
                stack=self.stack,
                logical_id=name,
                type=str(body["Type"]),
                properties=self._properties(body, path),
                path=path,
                maybe=exists if isinstance(exists, Doubt) else None,
                region=self._deployed("AWS::Region"),
                account=self._deployed("AWS::AccountId"),
                mentions=self._mentions(body.get("Properties")),
            )

    def _mentions(self, plain: Plain) -> tuple[Pointer, ...]:
        """The resources that are named as written, whatever comes of it."""
        return tuple(Pointer(self.id(name), attribute) for name, attribute in mentions(plain) if name in self.resources)

    def _deployed(self, pseudo: str) -> str | None:
        """The region or account that the stack is deployed to, where it is known."""
        value = self._pseudo.get(pseudo, "${}")
        return None if intrinsics.is_open(value) else value

    def _properties(self, body: Mapping[str, Plain], path: str) -> Node:
        if "Fn::Transform" in body:
            return Doubt("a macro writes this resource", below(path, "Fn::Transform"))
        return self.resolve(body.get("Properties") or {}, below(path, "Properties"))

    def id(self, name: str) -> str:
        """The id of the resource with this logical id."""
        return f"{self.stack}/{name}"

    def path(self, name: str) -> str:
        return below(f"{self.file}#", "Resources", name)

    def exists(self, name: str) -> bool | Doubt:
        """Whether the resource is created."""
        body = self.resources.get(name)
        return self._allowed(body, self.path(name))

    def _allowed(self, body: Plain, path: str) -> bool | Doubt:
        if not isinstance(body, dict) or "Condition" not in body:
            return True
        name = body["Condition"]
        path = below(path, "Condition")
        return self.condition(name, path) if isinstance(name, str) else Doubt("this is no name of a condition", path)

    def property(self, name: str, *keys: str) -> Node:
        """A property of a resource; only as much of it is resolved as is asked for."""
        body = self.resources.get(name)
        path = below(self.path(name), "Properties")
        plain: Plain = body.get("Properties") if isinstance(body, dict) else None
        for index, key in enumerate(keys):
            if not isinstance(plain, dict):
                return ABSENT
            if any(entry == "Ref" or entry.startswith("Fn::") for entry in plain):
                return get(self.resolve(plain, path), *keys[index:])
            if key not in plain:
                return ABSENT
            plain, path = plain[key], below(path, key)
        return self.resolve(plain, path)

    def output(self, name: str, path: str) -> Node:
        """The value of an output."""
        body = self._outputs.get(name)
        if not isinstance(body, dict):
            return Doubt(f"{self.file} has no output {name}", path)
        place = below(f"{self.file}#", "Outputs", name, "Value")
        return self._once(f"output {name}", place, lambda: self.resolve(body.get("Value"), place))

    def exports(self) -> Iterator[tuple[Node, str]]:
        """The names under which outputs are exported, and the outputs'."""
        for name, body in self._outputs.items():
            export = body.get("Export") if isinstance(body, dict) else None
            path = below(f"{self.file}#", "Outputs", name)
            if isinstance(export, dict) and self._allowed(body, path) is not False:
                yield self.resolve(export.get("Name"), below(path, "Export", "Name")), name

    # Values

    def resolve(self, plain: Plain, path: str) -> Node:
        """The value of a part of the template that stands at ``path``."""
        if isinstance(plain, str):
            return plain if "{{resolve:" not in plain else intrinsics.settled(plain, path)
        if not isinstance(plain, (dict, list)):
            return plain
        if self._steps.taken >= MAX_STEPS:
            return Doubt(f"references and nesting go more than {MAX_STEPS} deep", path)
        self._steps.taken += 1
        try:
            if isinstance(plain, list):
                elements = (self.resolve(part, f"{path}/{index}") for index, part in enumerate(plain))
                return tuple(element for element in elements if not isinstance(element, Absent))
            return self._mapping(plain, path)
        finally:
            self._steps.taken -= 1

    def _mapping(self, plain: dict[str, Plain], path: str) -> Node:
        functions = [key for key in plain if key.startswith("Fn::")]
        if len(plain) == 1 and ("Ref" in plain or (functions and not functions[0].startswith(_LOOP))):
            ((name, argument),) = plain.items()
            function = self._functions.get(name)
            if function is None:
                return Doubt(f"{name} is not a function that is known here", path)
            return function(argument, below(path, name))
        if functions:
            unrolled = self._unrolled(plain, path)
            if isinstance(unrolled, Doubt):
                return unrolled
            if any(key.startswith("Fn::") for key in unrolled):
                return Doubt(f"{functions[0]} writes part of this", path)
            plain = unrolled
        fields = ((key, self.resolve(value, below(path, key))) for key, value in plain.items())
        return {key: value for key, value in fields if not isinstance(value, Absent)}

    def _once(self, key: str, path: str, compute: Callable[[], Node]) -> Node:
        if key in self._known:
            return self._known[key]
        if key in self._active:
            return Doubt(f"cyclic reference through {key}", path)
        self._active.add(key)
        try:
            self._known[key] = compute()
        finally:
            self._active.remove(key)
        return self._known[key]

    def _arguments(self, plain: Plain, path: str, least: int, most: int) -> tuple[Node, ...] | Doubt:
        if not isinstance(plain, list) or not least <= len(plain) <= most:
            return Doubt(f"{path.rsplit('/', 1)[-1]} takes a list of {least} to {most}", path)
        return tuple(self.resolve(part, f"{path}/{index}") for index, part in enumerate(plain))

    # Names

    def _ref(self, plain: Plain, path: str) -> Node:
        return self._named(self.resolve(plain, path), path)

    def _named(self, name: Node, path: str) -> Node:
        def compute(known: tuple[Node, ...]) -> Node:
            match known[0]:
                case "AWS::NoValue":
                    return ABSENT
                case str(text) if text in self._pseudo:
                    return self._pseudo[text]
                case str(text) if text in self._parameters:
                    return self.parameter(text)
                case str(text) if text in self.resources:
                    return self._resource(text, "", path)
                case other:
                    return Doubt(f"{shown(other)} is neither a parameter nor a resource of the template", path)

        return intrinsics.over((name,), path, compute)

    def _resource(self, name: str, attribute: str, path: str) -> Node:
        if self.exists(name) is False:
            return Doubt(f"{name} does not exist: its condition is false", path)
        body = self.resources[name]
        kind = body.get("Type") if isinstance(body, dict) else None
        if kind == STACK and attribute.startswith("Outputs."):
            return self._surroundings.output(name, attribute.removeprefix("Outputs."), path)
        if attribute in _ECHOED and isinstance(kind, str) and kind.startswith("AWS::EC2::"):
            echo = self._once(f"{name}.{attribute}", path, lambda: self.property(name, attribute))
            if not any(choice is None or isinstance(choice, Absent) for choice in choices(echo)):
                return echo
        return Pointer(self.id(name), attribute)

    def _attribute(self, plain: Plain, path: str) -> Node:
        if isinstance(plain, str):
            plain = list[Plain](plain.split(".", 1))
        known = self._arguments(plain, path, 2, 2)
        if isinstance(known, Doubt):
            return known

        def compute(parts: tuple[Node, ...]) -> Node:
            name, attribute = parts
            if not isinstance(name, str) or not isinstance(attribute, str) or name not in self.resources:
                return Doubt(f"{shown(name)} is no resource of the template", path)
            return self._resource(name, attribute, path)

        return intrinsics.over(known, path, compute)

    def parameter(self, name: str) -> Node:
        """What a parameter stands for."""
        path = below(f"{self.file}#", "Parameters", name)
        return self._once(f"parameter {name}", path, lambda: self._parameter(name, path))

    def _parameter(self, name: str, path: str) -> Node:
        declared = self._parameters[name]
        declared = declared if isinstance(declared, dict) else {}
        kind = declared.get("Type")
        listed = is_list(declared)
        remedy = f"--parameter {name}=…"
        if isinstance(kind, str) and kind.startswith("AWS::SSM::Parameter::Value"):
            return Doubt(f"parameter {name} is read from the SSM parameter store at deployment", path)
        if truth(self.resolve(declared.get("NoEcho"), path), path, default=False) is not False:
            return Doubt(f"parameter {name} is secret (NoEcho)", path)
        given = self._surroundings.given(name)
        if not isinstance(given, Absent):
            return _typed(given, path, listed=listed)
        default = (
            _typed(self.resolve(declared["Default"], path), path, listed=listed) if "Default" in declared else None
        )
        if self._final:
            return Doubt(f"parameter {name} has no value", path) if default is None else default
        allowed = declared.get("AllowedValues")
        if isinstance(allowed, list) and allowed and not listed:
            options = [_typed(self.resolve(value, path), path, listed=False) for value in allowed]
            may_be = ", ".join(shown(option) for option in options)
            return intrinsics.either(options, Doubt(f"parameter {name} may be any of {may_be}", path, remedy))
        if default is None:
            return Doubt(f"parameter {name} has no value yet", path, remedy)
        usual = declared["Default"]
        reason = f"parameter {name} may be changed at deployment; by default it is {shown(self.resolve(usual, path))}"
        return Doubt(reason, path, f"--parameter {name}={usual}")

    def _import(self, plain: Plain, path: str) -> Node:
        def compute(known: tuple[Node, ...]) -> Node:
            name = written(known[0])
            if name is None:
                return Doubt(f"{shown(known[0])} is no name of an export", path)
            return self._surroundings.imported(name, path)

        return intrinsics.over((self.resolve(plain, path),), path, compute)

    # Conditions

    def condition(self, name: str, path: str) -> bool | Doubt:
        """Whether a condition holds."""
        if name not in self._conditions:
            return Doubt(f"condition {name} is not declared", path)
        if name not in self._decided:
            key = f"condition {name}"
            if key in self._active:
                return Doubt(f"cyclic reference through {key}", path)
            self._active.add(key)
            try:
                decided = self._holds(self._conditions[name], below(f"{self.file}#", "Conditions", name))
            finally:
                self._active.remove(key)
            if isinstance(decided, Doubt):
                decided = replace(decided, reason=f"condition {name} is open: {decided.reason}")
            self._decided[name] = decided
        return self._decided[name]

    def _holds(self, plain: Plain, path: str) -> bool | Doubt:
        if not isinstance(plain, dict) or len(plain) != 1:
            return Doubt("this is no condition", path)
        if self._steps.taken >= MAX_STEPS:
            return Doubt(f"conditions go more than {MAX_STEPS} deep", path)
        ((name, argument),) = plain.items()
        path = below(path, name)
        self._steps.taken += 1
        try:
            match name, argument:
                case "Condition", str():
                    return self.condition(argument, path)
                case "Fn::Equals", [first, second]:
                    return _equal(self.resolve(first, below(path, 0)), self.resolve(second, below(path, 1)), path)
                case "Fn::Not", [part]:
                    holds = self._holds(part, below(path, 0))
                    return holds if isinstance(holds, Doubt) else not holds
                case "Fn::And" | "Fn::Or", [*parts]:
                    settles = name == "Fn::Or"
                    held = [self._holds(part, below(path, index)) for index, part in enumerate(parts)]
                    if settles in held:
                        return settles
                    return next((part for part in held if isinstance(part, Doubt)), not settles)
                case _:
                    return Doubt(f"{name} is not a condition that is known here", path)
        finally:
            self._steps.taken -= 1

    def _if(self, plain: Plain, path: str) -> Node:
        match plain:
            case [str(name), then, otherwise]:
                holds = self.condition(name, path)
                if holds is True:
                    return self.resolve(then, below(path, 1))
                if holds is False:
                    return self.resolve(otherwise, below(path, 2))
                return intrinsics.either(
                    (self.resolve(then, below(path, 1)), self.resolve(otherwise, below(path, 2))), holds
                )
            case _:
                return Doubt("Fn::If takes a condition and two values", path)

    # Functions of values, given their arguments

    def _sub(self, plain: Plain, path: str) -> Node:
        template = plain
        variables: dict[str, Plain] = {}
        if isinstance(plain, list) and len(plain) == 2 and isinstance(plain[1], dict):
            template, variables = plain[0], plain[1]
        text = template if isinstance(template, str) else written(self.resolve(template, path))
        if text is None:
            return Doubt(f"Fn::Sub takes text, not {shown(self.resolve(plain, path))}", path)
        parts: list[Node] = []
        for index, piece in enumerate(re.split(r"\$\{([^}]*)\}", text)):
            if index % 2 == 0:
                parts.append(piece)
            elif piece.startswith("!"):
                parts.append(f"${{{piece[1:]}}}")
            elif piece in variables:
                parts.append(self.resolve(variables[piece], below(path, 1, piece)))
            elif "." in piece:
                parts.append(self._attribute(piece, path))
            else:
                parts.append(self._named(piece, path))
        if any(isinstance(choice, Absent) for part in parts for choice in choices(part)):
            return Doubt("AWS::NoValue stands inside text", path)
        return intrinsics.concatenated(parts, path)

    def _join(self, plain: Plain, path: str) -> Node:
        known = self._arguments(plain, path, 2, 2)
        return known if isinstance(known, Doubt) else intrinsics.join(known[0], known[1], path)

    def _split(self, plain: Plain, path: str) -> Node:
        known = self._arguments(plain, path, 2, 2)
        return known if isinstance(known, Doubt) else intrinsics.split(known[0], known[1], path)

    def _select(self, plain: Plain, path: str) -> Node:
        match plain:
            case [index, {"Fn::GetAZs": region}]:
                return self._zone(self.resolve(index, below(path, 0)), region, path)
            case _:
                known = self._arguments(plain, path, 2, 2)
                return known if isinstance(known, Doubt) else intrinsics.select(known[0], known[1], path)

    def _zone(self, index: Node, region: Plain, path: str) -> Node:
        """A zone of a region by its place, ``<region>#<place>``: the order is AWS's, the same in a whole stack."""
        here = region in ("", None)
        name = self._named("AWS::Region", path) if here else self.resolve(region, below(path, 1, "Fn::GetAZs"))
        return intrinsics.concatenated((name, index), path, "#")

    def _zones(self, _: Plain, path: str) -> Node:
        return Doubt("how many zones a region has is known at deployment only", path)

    def _find(self, plain: Plain, path: str) -> Node:
        known = self._arguments(plain, path, 3, 4)
        if isinstance(known, Doubt):
            return known
        name = known[0]
        mapping = self._mappings.get(name) if isinstance(name, str) else None
        if not isinstance(mapping, dict):
            return Doubt(f"{shown(name)} is no mapping of the template", path)
        default = get(known[3], "DefaultValue") if len(known) == 4 else ABSENT
        return intrinsics.find(self._rows(str(name), mapping), known[1], known[2], default, path)

    def _rows(self, name: str, mapping: Mapping[str, Plain]) -> Mapping[str, Mapping[str, Node]]:
        """A mapping's rows, resolved once."""
        if name not in self._mapped:
            path = below(f"{self.file}#", "Mappings", name)
            self._mapped[name] = {
                key: {column: self.resolve(value, below(path, key, column)) for column, value in row.items()}
                for key, row in mapping.items()
                if isinstance(row, dict)
            }
        return self._mapped[name]

    def _cidr(self, plain: Plain, path: str) -> Node:
        known = self._arguments(plain, path, 3, 3)
        return known if isinstance(known, Doubt) else intrinsics.cidr(known[0], known[1], known[2], path)

    def _base64(self, plain: Plain, path: str) -> Node:
        return intrinsics.encoded(self.resolve(plain, path), path)

    def _length(self, plain: Plain, path: str) -> Node:
        return intrinsics.length(self.resolve(plain, path), path)

    def _json(self, plain: Plain, path: str) -> Node:
        found = intrinsics.as_json(self.resolve(plain, path))
        return placed(found, path) if isinstance(found, Doubt) else found

    def _macro(self, plain: Plain, path: str) -> Node:
        name = plain.get("Name") if isinstance(plain, dict) else None
        return Doubt(f"the macro {name} writes this" if isinstance(name, str) else "a macro writes this", path)

    # Loops

    def _unrolled(self, entries: Mapping[str, Plain], path: str) -> dict[str, Plain] | Doubt:
        """The entries with every ``Fn::ForEach`` in place of what it makes (AWS::LanguageExtensions)."""
        found: dict[str, Plain] = {}
        for key, value in entries.items():
            if not key.startswith(_LOOP):
                found[key] = value
                continue
            place = below(path, key)
            match value:
                case [str(variable), collection, dict(body)]:
                    listed = self.resolve(collection, below(place, 1))
                    texts = (
                        [element for element in listed if isinstance(element, str)] if isinstance(listed, tuple) else []
                    )
                    if not isinstance(listed, tuple) or len(texts) != len(listed):
                        return Doubt(f"{key} runs over a list that is not known", place)
                    for text in texts:
                        inner = self._unrolled(_substituted(body, variable, text), place)
                        if isinstance(inner, Doubt):
                            return inner
                        found |= inner
                        if len(found) > MAX_UNROLLED:
                            return Doubt(f"{key} makes more than {MAX_UNROLLED:,} entries", place)
                case _:
                    return Doubt(f"{key} takes a name, a list and a mapping", place)
        return found


def is_list(declared: Plain) -> bool:
    """Whether a parameter so declared is a list."""
    kind = declared.get("Type") if isinstance(declared, dict) else None
    return isinstance(kind, str) and (kind == "CommaDelimitedList" or kind.startswith("List<"))


def _typed(value: Node, path: str, *, listed: bool) -> Node:
    """A parameter's value: text, or a list of texts where commas separate them."""

    def compute(known: tuple[Node, ...]) -> Node:
        text = written(known[0])
        if text is None or isinstance(known[0], Pointer):
            return known[0]
        if not listed:
            return text
        parts = intrinsics.split(",", text, path)
        return (
            tuple(part.strip() if isinstance(part, str) else part for part in parts)
            if isinstance(parts, tuple)
            else parts
        )

    return intrinsics.over((value,), path, compute)


def _equal(first: Node, second: Node, path: str) -> bool | Doubt:
    """``Fn::Equals``: case-sensitive, of texts."""
    answers: list[bool | Doubt] = []
    for one in choices(first):
        for other in choices(second):
            texts = written(one), written(other)
            if isinstance(one, Doubt) or isinstance(other, Doubt):
                answers.append(one if isinstance(one, Doubt) else other if isinstance(other, Doubt) else False)
            elif texts[0] is None or texts[1] is None:
                answers.append(Doubt(f"{shown(one)} and {shown(other)} are not compared here", path))
            elif texts[0] == texts[1]:
                answers.append(True)
            else:
                unknown = next((text for text in texts if text and intrinsics.is_open(text)), None)
                answers.append(intrinsics.deployment(unknown, path) if unknown else False)
    if all(answer is answers[0] for answer in answers):
        return answers[0]
    doubts = [answer for answer in answers if isinstance(answer, Doubt)]
    doubts += [node.doubt for node in (first, second) if isinstance(node, OneOf)]
    return doubts[0]


def _substituted(plain: Plain, variable: str, value: str) -> dict[str, Plain]:
    """The body of a loop for one value; ``&{X}`` is the value without what a logical id may not hold."""
    plainly = re.sub(r"[^A-Za-z0-9]", "", value)

    def text(written: str) -> str:
        return written.replace(f"${{{variable}}}", value).replace(f"&{{{variable}}}", plainly)

    def replaced(part: Plain) -> Plain:
        match part:
            case {"Ref": str(name), **rest} if name == variable and not rest:
                return value
            case dict():
                return {text(key): replaced(inner) for key, inner in part.items()}
            case list():
                return [replaced(inner) for inner in part]
            case str():
                return text(part)
            case _:
                return part

    done = replaced(plain)
    return done if isinstance(done, dict) else {}
