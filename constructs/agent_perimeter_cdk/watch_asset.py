"""The watch's code: what its handler imports, and nothing else, beside what it was given at synth.

No container builds it and nothing is installed: the function runs on the standard library and on the AWS SDK that its
runtime brings along. Whatever else a module on the way asked for would fail on the first event; here it fails synth.
That SDK may be months behind AWS, so the models of the services that tell ways out come along, as far as they are read.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import agent_perimeter

if TYPE_CHECKING:
    from agent_perimeter.forms import Json

ENTRY: Final = "agent_perimeter.handler"
HANDLER: Final = f"{ENTRY}.handler"

_PACKAGE: Final = "agent_perimeter"
_PROJECT: Final = "agent-perimeter"
_RUNTIME: Final = frozenset({"boto3", "botocore"})
"""What AWS Lambda's Python runtimes hold besides the standard library (Lambda developer guide, Python runtimes)."""

MODELS: Final = "models"
"""The folder of the asset in which botocore looks before its own (``AWS_DATA_PATH``; botocore, loaders)."""
_MODELLED: Final = ("ec2", "network-firewall", "route53profiles", "route53resolver", "vpc-lattice")
"""Services that the function only reads: in a model of these nothing is missing that it writes with."""


class Unbundled(ValueError):
    """A module of the function asks for something that its runtime does not have, or synth lacks what it carries."""


def closure(entry: str = ENTRY, package: Path | None = None) -> Mapping[str, bytes]:
    """The source of every module that the entry imports, at any depth and whenever, by its path in the asset.

    ``package`` is the folder of ``agent_perimeter``. Raises ``Unbundled`` for an import from outside.
    """
    folder = package or Path(agent_perimeter.__file__).parent
    if _file(entry, folder) is None:
        raise Unbundled(f"{entry} is no module of {_PACKAGE}")
    found: dict[str, bytes] = {}
    named: set[str] = set()
    waiting = [entry]
    while waiting:
        fresh = set(_with_packages(waiting.pop())) - named
        named |= fresh
        for file in filter(None, (_file(name, folder) for name in fresh)):
            path = str(Path(_PACKAGE, file.relative_to(folder)))
            found[path] = file.read_bytes()
            for name in _imported(found[path], path):
                if _ours(name):
                    waiting.append(name)
                elif not _brought(name):
                    raise Unbundled(f"{path} imports {name}, which the function's runtime does not have")
    return dict(sorted(found.items()))


@cache
def models() -> Mapping[str, bytes]:
    """What this machine's botocore knows of the calls that the function makes, by its path in the asset.

    Paginators, endpoints and whatever is not here the function's own botocore has. Raises ``Unbundled`` without one.
    """
    try:
        from botocore.loaders import create_loader
    except ImportError as error:
        raise Unbundled(f"the watch carries botocore's models: pip install '{_PROJECT}[aws]'") from error
    from agent_perimeter.aws.reads import READS

    loader = create_loader()
    found: dict[str, bytes] = {}
    for service in _MODELLED:
        version = loader.determine_latest_version(service, "service-2")
        model = loader.load_service_model(service, "service-2", version)
        made = {read.operation for read in READS if read.service == service}
        pruned = {
            "version": model["version"],
            "metadata": model["metadata"],
            **_reached(model["operations"], model["shapes"], made),
        }
        text = json.dumps(pruned, sort_keys=True, separators=(",", ":"))
        found[f"{MODELS}/{service}/{version}/service-2.json"] = text.encode()
    return found


def _reached(
    operations: Mapping[str, Json], shapes: Mapping[str, Json], read: set[str]
) -> Mapping[str, Mapping[str, Json]]:
    """These operations and the shapes that they reach, without a word of documentation."""
    kept = {name: _undocumented(operations[name]) for name in read}
    found: dict[str, Json] = {}
    waiting = [name for operation in kept.values() for name in _shapes(operation)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _undocumented(shapes[name])
            waiting += _shapes(found[name])
    return {"operations": kept, "shapes": found}


def _shapes(node: Json) -> Iterator[str]:
    """The names of the shapes that an operation or a shape refers to: ``{"shape": name}``, at any depth."""
    if isinstance(node, list):
        for one in node:
            yield from _shapes(one)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from _shapes(value)


def _undocumented(node: Json) -> Json:
    """Documentation is text; what bears that name and is an object is a member of a shape."""
    if isinstance(node, list):
        return [_undocumented(one) for one in node]
    if isinstance(node, dict):
        return {
            key: _undocumented(value)
            for key, value in node.items()
            if not (key.startswith("documentation") and isinstance(value, str))
        }
    return node


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Lay the files out. Their content alone makes the asset's hash: no time, no owner, no order."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _file(module: str, folder: Path) -> Path | None:
    """The file of a module of ours; None for a name inside one."""
    place = folder.joinpath(*module.split(".")[1:])
    candidates = (place / "__init__.py", place.with_suffix(".py"))
    return next((file for file in candidates if file.is_file()), None)


def _with_packages(name: str) -> Iterator[str]:
    """``a``, ``a.b`` and ``a.b.c`` for ``a.b.c``: Python runs every package on the way."""
    steps = name.split(".")
    return (".".join(steps[: count + 1]) for count in range(len(steps)))


def _ours(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] == _PACKAGE


def _brought(name: str) -> bool:
    top = name.split(".", maxsplit=1)[0]
    return top in sys.stdlib_module_names or top in _RUNTIME


def _imported(source: bytes, path: str) -> Iterator[str]:
    """The names that a module imports, inside functions too; for ``from a import b`` both ``a`` and ``a.b``."""
    for node in _executed(_read(source, path)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom():
                raise Unbundled(f"{path} has a relative import")
            case _:
                pass


_TOP: Final = re.compile(rb"^(?:from\s+\S+\s+import\s+(?:\([^)]*\)|[^(\n]+)|import\s[^\n]+)\n", re.MULTILINE)
_WORD: Final = re.compile(rb"\bimport\b")


def _read(source: bytes, path: str) -> Sequence[ast.stmt]:
    """The statements of a module, down to its last import: to read all of every module takes half a second.

    No statement imports without the word, so where it comes again further down, everything is read.
    """
    last = max((match.end() for match in _TOP.finditer(source)), default=0)
    try:
        return ast.parse(source if _WORD.search(source, last) else source[:last], path).body
    except SyntaxError:
        # The last of them stands in a text, and what was read ends in the middle of it.
        return ast.parse(source, path).body


def _executed(block: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """Every statement but those that only a type checker reads. Expressions hold none, and are most of a module."""
    for node in block:
        if isinstance(node, ast.stmt):
            yield node
        for part in _BLOCKS:
            if part != "body" or not _is_for_types(node):
                yield from _executed(getattr(node, part, ()))


_BLOCKS: Final = ("body", "orelse", "finalbody", "handlers", "cases")


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
