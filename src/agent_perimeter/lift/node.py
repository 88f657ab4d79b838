"""Property values as they come out of a template: resolved as far as a template alone allows.

Reading is the only way to a value: ``text``, ``whole``, ``truth`` and the rest give the value or a
``Doubt``, never a guess, and say in the doubt what was found and where. All of them are total.

Paths are ``<file>#/Resources/<logical id>/Properties/…``, a JSON pointer (RFC 6901) behind the ``#``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar, assert_never, overload

from agent_perimeter.observed import Doubt


@dataclass(frozen=True, slots=True)
class Pointer:
    """``Ref`` (attribute ``""``) or ``Fn::GetAtt`` of the resource with the id ``<stack>/<logical id>``."""

    resource: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several values: the branches of ``Fn::If``, or what a parameter may be. ``doubt`` says what decides.

    ``regions`` names the region of each option where they are the rows of a mapping by ``AWS::Region``.
    """

    options: tuple[Node, ...]
    doubt: Doubt
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """``AWS::NoValue``, or a property that is not there."""


Node = str | int | float | bool | None | tuple["Node", ...] | Mapping[str, "Node"] | Pointer | OneOf | Absent | Doubt
"""Text may hold placeholders as ``observed`` describes: ``${AWS::Region}``, ``${<resource id>}``, and
``${<resource id>.<attribute>}``.

In a list an element may be a ``OneOf`` of which an option is ``Absent``: that element may not be there.
"""

ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of an assembly. ``path`` is ``<file>#/Resources/<logical id>``; properties hang below it.

    ``maybe`` is set where a condition may leave the resource out. ``stack`` is the stack's name, or the
    template's file name up to the first dot; a nested stack's is the id of its ``AWS::CloudFormation::Stack``.
    ``properties`` is a mapping, or a ``Doubt`` where a macro writes it. ``region`` and ``account`` are set where known.
    ``mentions`` are the resources of its stack that it names as written, also inside values that became a ``Doubt``.
    """

    id: str
    stack: str
    logical_id: str
    type: str
    properties: Node
    path: str
    maybe: Doubt | None = None
    region: str | None = None
    account: str | None = None
    mentions: tuple[Pointer, ...] = ()

    def get(self, *keys: str) -> Node:
        """The property below ``keys``, ``Absent`` where there is none."""
        return get(self.properties, *keys)

    def at(self, *keys: str | int) -> str:
        """The path of the property below ``keys``."""
        return below(self.path, "Properties", *keys)


@dataclass(frozen=True, slots=True)
class Assembly:
    """All resources of all stacks, nested ones too, in a stable order. ``doubts`` concern the whole of it.

    ``files`` are (path to show, text) of every template read, for finding the line of a template path.
    """

    source: str
    resources: tuple[Resource, ...]
    doubts: tuple[Doubt, ...]
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An element of a list, its path, and None or why it may not be there; never ``Absent`` or ``OneOf``."""

    node: Node
    path: str
    maybe: Doubt | None = None


def below(path: str, *keys: str | int) -> str:
    """The path of what is at ``keys`` below ``path``."""
    return "/".join([path, *(str(key).replace("~", "~0").replace("/", "~1") for key in keys)])


def choices(node: Node) -> Iterator[Node]:
    """Every value that the node may have: itself, or a ``OneOf``'s options, theirs too."""
    if isinstance(node, OneOf):
        for option in node.options:
            yield from choices(option)
    else:
        yield node


def get(node: Node, *keys: str) -> Node:
    """What stands below ``keys``: ``Absent`` where nothing does, a ``OneOf`` below a ``OneOf``, else a ``Doubt``."""
    for key in keys:
        node = _child(node, key)
    return node


def _child(node: Node, key: str) -> Node:
    match node:
        case Mapping():
            return node.get(key, ABSENT)
        case Absent() | None:
            return ABSENT
        case OneOf(options, doubt):
            return OneOf(tuple(_child(option, key) for option in options), doubt)
        case Doubt():
            return node
        case _:
            return Doubt(f"{shown(node)} stands where a mapping with {key} is expected")


Value = TypeVar("Value")
Default = TypeVar("Default")


def _read(
    node: Node, path: str, convert: Callable[[Node], Value | None], expected: str, default: Default
) -> Value | Default | Doubt:
    """The one value that all choices convert to; ``default`` stands for absent ones."""
    found: list[Value | Default] = []
    for choice in choices(node):
        if isinstance(choice, Doubt):
            return placed(choice, path)
        if choice is None or isinstance(choice, Absent):
            value: Value | Default = default
        else:
            converted = convert(choice)
            if converted is None:
                return Doubt(f"{shown(choice)} is not {expected}", path)
            value = converted
        if value not in found:
            found.append(value)
    if len(found) == 1:
        return found[0]
    return placed(node.doubt, path) if isinstance(node, OneOf) else Doubt(f"no value is {expected}", path)


def placed(doubt: Doubt, path: str) -> Doubt:
    """The doubt, at ``path`` where it does not say where."""
    return doubt if doubt.path else replace(doubt, path=path)


@overload
def text(node: Node, path: str) -> str | Doubt | None: ...
@overload
def text(node: Node, path: str, default: str) -> str | Doubt: ...
@overload
def text(node: Node, path: str, default: Doubt) -> str | Doubt: ...
def text(node: Node, path: str, default: str | Doubt | None = None) -> str | Doubt | None:
    """Text, with placeholders for what only AWS knows; numbers and booleans as CloudFormation writes them."""
    return _read(node, path, written, "text", default)


@overload
def whole(node: Node, path: str) -> int | Doubt | None: ...
@overload
def whole(node: Node, path: str, default: int) -> int | Doubt: ...
@overload
def whole(node: Node, path: str, default: Doubt) -> int | Doubt: ...
def whole(node: Node, path: str, default: int | Doubt | None = None) -> int | Doubt | None:
    """A whole number, also where it is written as text, as CloudFormation takes it."""
    return _read(node, path, _whole, "a whole number", default)


@overload
def truth(node: Node, path: str) -> bool | Doubt | None: ...
@overload
def truth(node: Node, path: str, default: bool) -> bool | Doubt: ...
@overload
def truth(node: Node, path: str, default: Doubt) -> bool | Doubt: ...
def truth(node: Node, path: str, default: bool | Doubt | None = None) -> bool | Doubt | None:
    """A boolean, also where it is written as text."""
    return _read(node, path, _truth, "true or false", default)


def pointer(node: Node, path: str) -> Pointer | Doubt | None:
    """The resource of the assembly, and its attribute, that a ``Ref``, ``Fn::GetAtt`` or the same inside text names.

    None where nothing stands. Text that names no resource of the assembly is a ``Doubt``.
    """
    return _read(node, path, _pointer, "a resource of this assembly", None)


def ref(node: Node, path: str) -> str | Doubt | None:
    """The id of the record that the node names: a resource's, whatever the attribute; or a literal (``vpc-0a1b``).

    None where nothing stands. A literal is the id of something outside the assembly.
    """
    return _read(node, path, _ref, "the id of a resource", None)


def items(node: Node, path: str) -> tuple[Item, ...] | Doubt:
    """The elements of a list; none where there is no list; a single value is a list of itself, as for CloudFormation.

    Every option of a ``OneOf``, in place of the list or of an element, becomes elements that may not be there.
    """
    match node:
        case Absent() | None:
            return ()
        case Doubt():
            return placed(node, path)
        case OneOf(doubt=doubt):
            found: list[Item] = []
            for choice in choices(node):
                part = items(choice, path)
                if isinstance(part, Doubt):
                    return part
                found += [replace(item, path=path, maybe=item.maybe or placed(doubt, path)) for item in part]
            return tuple(found)
        case tuple():
            return tuple(item for index, element in enumerate(node) for item in _possible(element, below(path, index)))
        case _:
            return (Item(node, path),)


def _possible(element: Node, path: str) -> Iterator[Item]:
    doubt = placed(element.doubt, path) if isinstance(element, OneOf) else None
    return (Item(choice, path, doubt) for choice in choices(element) if not isinstance(choice, Absent))


def texts(node: Node, path: str) -> tuple[str | Doubt, ...] | Doubt:
    """The elements of a list of text; one that may not be there is a ``Doubt``."""
    found = items(node, path)
    if isinstance(found, Doubt):
        return found
    missing = Doubt("null stands where text is expected")
    return tuple(item.maybe or text(item.node, item.path, placed(missing, item.path)) for item in found)


def fields(node: Node, path: str) -> Mapping[str, Node] | Doubt | None:
    """The entries of a mapping, in order. Options are merged: what only some of them have may be ``Absent``."""
    options: list[Mapping[str, Node]] = []
    for choice in choices(node):
        match choice:
            case Mapping():
                options.append(choice)
            case Absent() | None:
                options.append({})
            case Doubt():
                return placed(choice, path)
            case _:
                return Doubt(f"{shown(choice)} is not a mapping", path)
    if not isinstance(node, OneOf):
        return options[0] if isinstance(node, Mapping) else None
    keys = dict.fromkeys(key for option in options for key in option)
    return {key: OneOf(tuple(option.get(key, ABSENT) for option in options), node.doubt) for key in keys}


def placeholder(target: Pointer) -> str:
    """How text names a resource or its attribute."""
    return f"${{{target.resource}.{target.attribute}}}" if target.attribute else f"${{{target.resource}}}"


_PLACEHOLDER = re.compile(
    r"\$\{(?P<resource>[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)+)(?:\.(?P<attribute>[A-Za-z0-9_.:-]+))?\}"
)


def pointers(written: str) -> tuple[Pointer, ...]:
    """The resources that text names, in order."""
    return tuple(Pointer(found["resource"], found["attribute"] or "") for found in _PLACEHOLDER.finditer(written))


def _pointer(node: Node) -> Pointer | None:
    if isinstance(node, Pointer):
        return node
    found = _PLACEHOLDER.fullmatch(node) if isinstance(node, str) else None
    return Pointer(found["resource"], found["attribute"] or "") if found else None


def _ref(node: Node) -> str | None:
    target = _pointer(node)
    if target:
        return target.resource
    return node if isinstance(node, str) else None


def written(node: Node) -> str | None:
    """A single value as text, as CloudFormation writes it; None for a list, a mapping and all that is not known."""
    match node:
        case str():
            return node
        case bool():
            return "true" if node else "false"
        case int() | float():
            return str(node)
        case Pointer():
            return placeholder(node)
        case _:
            return None


def _whole(node: Node) -> int | None:
    match node:
        case bool():
            return None
        case int():
            return node
        case float():
            return int(node) if node.is_integer() else None
        case str():
            # int() also takes underscores, blanks and other scripts' digits
            return int(node) if re.fullmatch(r"[-+]?[0-9]{1,20}", node, re.ASCII) else None
        case _:
            return None


def _truth(node: Node) -> bool | None:
    match node:
        case bool():
            return node
        case str():
            return {"true": True, "false": False}.get(node.lower())
        case _:
            return None


def shown(node: Node) -> str:
    """The node in a few words, for a message."""
    match node:
        case str():
            return repr(node if len(node) <= 60 else node[:57] + "...")
        case bool():
            return "true" if node else "false"
        case None:
            return "null"
        case int() | float():
            return f"the number {node}"
        case Pointer():
            return placeholder(node)
        case Mapping():
            return "a mapping"
        case tuple():
            return "a list"
        case OneOf():
            return " or ".join(dict.fromkeys(shown(choice) for choice in choices(node)))
        case Absent():
            return "nothing"
        case Doubt():
            return "something unknown"
        case _:
            assert_never(node)
