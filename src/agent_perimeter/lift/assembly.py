"""A cloud assembly or single templates → all resources, with what stacks say to each other resolved.

An assembly is what ``cdk synth`` writes: a folder with ``manifest.json``, which lists stacks and further
assemblies (stages). Nested stacks are found by the CDK's asset metadata, by the asset manifests, or by a
path beside the template as ``aws cloudformation package`` takes it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_perimeter.catalogue.url_suffixes import url_suffix
from agent_perimeter.lift import intrinsics
from agent_perimeter.lift.document import Plain, TemplateError, decoded, parsed
from agent_perimeter.lift.node import ABSENT, Assembly, Node, below, written
from agent_perimeter.lift.positions import locate
from agent_perimeter.lift.scope import PLACEHOLDERS, STACK, Scope, Steps, is_list
from agent_perimeter.observed import Doubt

Read = Callable[[str], bytes | None]
"""The content of a file by its path, None where there is no such file."""

MAX_STACKS: Final = 500
"""With nested ones; beyond, an assembly contains itself in some way."""

_SECTIONS = frozenset(
    {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions"}
    | {"Transform", "Resources", "Outputs"}
)
_NO_STACKS = frozenset({"none", "cdk:tree", "cdk:feature-flag-report"})
_EXTENSIONS = "AWS::LanguageExtensions"
_PSEUDO = frozenset({*PLACEHOLDERS, "AWS::StackName"})


def assembly_of(sources: Sequence[str], read: Read, parameters: Mapping[str, str] | None = None) -> Assembly:
    """Everything that the sources hold: folders of cloud assemblies, or templates.

    ``parameters`` are values given at deployment, pseudo parameters such as ``AWS::Region`` among them.
    Raises ``TemplateError`` where a source, or a template that a manifest lists, is missing or cannot be read,
    and where a parameter is given that no template declares.
    """
    reading = _Reading(read, dict(parameters or {}))
    for source in dict.fromkeys(sources):
        reading.add(source)
    reading.check_parameters(", ".join(sources))
    stacks = list(reading.all_stacks())
    return Assembly(
        source=", ".join(dict.fromkeys(sources)),
        resources=tuple(resource for stack in stacks for resource in stack.scope.lifted()),
        doubts=tuple(dict.fromkeys([*reading.doubts, *(doubt for stack in stacks for doubt in stack.doubts())])),
        files=tuple(reading.files.items()),
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """A stack as its manifest or its parent lists it. ``assets``: the files behind object keys of the asset bucket."""

    file: str
    name: str
    listed_in: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    stack_name: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    assets: Mapping[str, str] = field(default_factory=dict)


class _Reading:
    """The files read so far and the stacks found in them."""

    def __init__(self, read: Read, parameters: Mapping[str, str]) -> None:
        self._read = read
        self.parameters = parameters
        self.files: dict[str, str] = {}
        self.stacks: list[_Stack] = []
        self.doubts: list[Doubt] = []
        self.steps = Steps()
        self.names: set[str] = set()
        self._trees: dict[str, dict[str, Plain]] = {}
        self._manifests: set[str] = set()
        self._exports: dict[str, list[tuple[_Stack, str]]] | None = None

    def add(self, source: str) -> None:
        """A source as it was given: a folder, its manifest, or a template."""
        is_manifest = posixpath.basename(source) == "manifest.json"
        manifest = source if is_manifest else posixpath.join(source, "manifest.json")
        raw = self._read(manifest)
        if raw is not None:
            before = len(self.stacks)
            self._add_manifest(_joined(manifest), raw)
            if len(self.stacks) == before:
                raise TemplateError("this cloud assembly has no stack", manifest)
            return
        if is_manifest or self._read(source) is None:
            remedy = "giving a template, or the folder that cdk synth wrote"
            raise TemplateError("neither a file nor a folder with a manifest.json", source, remedy=remedy)
        name = posixpath.basename(source).split(".", 1)[0]
        tree = self.tree(source)
        if not tree.get("Resources"):
            raise _not_a_template(source)
        self.stacks.append(_Stack(self, _Plan(source, name), None))

    def _add_manifest(self, manifest: str, raw: bytes) -> None:
        if manifest in self._manifests:
            raise TemplateError("this cloud assembly contains itself", manifest)
        self._manifests.add(manifest)
        tree = parsed(decoded(raw, manifest), manifest)
        version = tree.get("version") if isinstance(tree, dict) else None
        artifacts = tree.get("artifacts", {}) if isinstance(tree, dict) else None
        if (
            not isinstance(version, str)
            or not re.fullmatch(r"\d+\.\d+\.\d+", version)
            or not isinstance(artifacts, dict)
        ):
            raise TemplateError("this is not the manifest of a cloud assembly", manifest, remedy="cdk synth")
        if isinstance(tree, dict) and tree.get("missing"):
            reason = "the assembly was made before lookups in the account were done, so it holds invented values"
            self.doubts.append(Doubt(reason, manifest, "cdk synth with access to the account"))
        folder = posixpath.dirname(manifest)
        assets = self._assets(folder, artifacts)
        for name, artifact in artifacts.items():
            kind = _text_at(artifact, "type")
            match kind:
                case "aws:cloudformation:stack":
                    self.stacks.append(_Stack(self, _planned(manifest, name, artifact, assets), None))
                case "cdk:cloud-assembly":
                    inner = _joined(folder, _text_at(artifact, "properties", "directoryName"), "manifest.json")
                    content = self._read(inner)
                    if content is None:
                        raise _missing(inner, manifest)
                    self._add_manifest(inner, content)
                case "cdk:asset-manifest":
                    pass
                case _ if kind in _NO_STACKS:
                    pass
                case _:
                    self.doubts.append(Doubt(f"{name} is a {kind or 'thing'} that is not known here", manifest))

    def _assets(self, folder: str, artifacts: Mapping[str, Plain]) -> dict[str, str]:
        """The files of an assembly by the keys under which they are published."""
        found: dict[str, str] = {}
        for artifact in artifacts.values():
            file = _joined(folder, _text_at(artifact, "properties", "file"))
            raw = self._read(file) if _text_at(artifact, "type") == "cdk:asset-manifest" else None
            tree = parsed(decoded(raw, file), file) if raw is not None else None
            entries = tree.get("files") if isinstance(tree, dict) else None
            for entry in entries.values() if isinstance(entries, dict) else []:
                path = _text_at(entry, "source", "path")
                destinations = entry.get("destinations") if isinstance(entry, dict) else None
                for destination in destinations.values() if isinstance(destinations, dict) else []:
                    if path and (key := _text_at(destination, "objectKey")):
                        found[key] = _joined(folder, path)
        return found

    def has(self, file: str) -> bool:
        return self._read(file) is not None

    def tree(self, file: str, listed_in: str = "") -> dict[str, Plain]:
        """The tree of a template, read once."""
        if file not in self._trees:
            raw = self._read(file)
            if raw is None:
                raise _missing(file, listed_in)
            text = decoded(raw, file)
            tree = parsed(text, file)
            if not isinstance(tree, dict):
                raise _not_a_template(file)
            self.files[file] = text
            self._trees[file] = tree
        return self._trees[file]

    def all_stacks(self) -> Iterator[_Stack]:
        """Every stack, each before those nested in it."""
        return (part for stack in self.stacks for part in stack.family())

    def exported(self, name: str) -> list[tuple[_Stack, str]]:
        """The outputs that are exported under a name. A name that is itself an import finds only those before it."""
        if self._exports is None:
            self._exports = {}
            for stack in self.all_stacks():
                for node, output in stack.scope.exports():
                    text = written(node)
                    if text is not None:
                        self._exports.setdefault(text, []).append((stack, output))
        return self._exports.get(name, [])

    def check_parameters(self, source: str) -> None:
        """Every parameter that was given is declared by a stack, and has one of its allowed values."""
        for name, value in self.parameters.items():
            if name in _PSEUDO:
                continue
            declared = [stack.declared[name] for stack in self.stacks if name in stack.declared]
            if not declared:
                known = ", ".join(sorted({parameter for stack in self.stacks for parameter in stack.declared}))
                raise TemplateError(
                    f"no template declares a parameter {name}", source, remedy=f"one of {known}" if known else ""
                )
            for declaration in declared:
                allowed = declaration.get("AllowedValues") if isinstance(declaration, dict) else None
                texts = [_plain_text(option) for option in allowed] if isinstance(allowed, list) else []
                values = [part.strip() for part in value.split(",")] if is_list(declaration) else [value]
                if texts and not set(values) <= set(texts):
                    raise TemplateError(f"parameter {name} may only be {', '.join(map(str, texts))}", source)


class _Stack:
    """One stack with the stacks nested in it; what ``Scope`` sees of the assembly."""

    def __init__(self, reading: _Reading, plan: _Plan, parent: tuple[_Stack, str] | None) -> None:
        self._reading = reading
        self.plan = plan
        self.parent = parent
        self._children: dict[str, _Stack] = {}
        self._unread: list[Doubt] = []
        tree = reading.tree(plan.file, plan.listed_in)
        sections = {
            name: _section(tree, name, plan.file) for name in ("Parameters", "Mappings", "Conditions", "Outputs")
        }
        sections["Resources"] = _section(tree, "Resources", plan.file)
        self._tree = tree
        self.declared = sections["Parameters"]
        self.name = self._unique(plan.name)
        if len(reading.names) > MAX_STACKS:
            raise TemplateError(f"this has more than {MAX_STACKS} stacks", plan.file)
        self.scope = Scope(
            self.name, plan.file, sections, self, self._pseudo(), final=parent is not None, steps=reading.steps
        )
        for name, body in self.scope.resources.items():
            if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
                line, _ = locate(reading.files[plan.file], below("", "Resources", name))
                raise TemplateError(f"{name} is no resource: it has no Type", plan.file, line)
            if body["Type"] == STACK and self.scope.exists(name) is not False:
                self._nest(name, body)

    def _unique(self, name: str) -> str:
        plain = name if self.parent else re.sub(r"[^A-Za-z0-9-]", "-", name) or "template"
        found, number = plain, 2
        while found in self._reading.names:
            found, number = f"{plain}-{number}", number + 1
        self._reading.names.add(found)
        return found

    def _pseudo(self) -> dict[str, str]:
        given = {name: value for name, value in self._reading.parameters.items() if name in _PSEUDO}
        own = {f"AWS::{part}": f"${{AWS::{part}:{self.name}}}" for part in ("StackName", "StackId")}
        if self.plan.stack_name or self.parent:
            given["AWS::StackName"] = self.plan.stack_name or own["AWS::StackName"]
        found = {**{name: f"${{{name}}}" for name in PLACEHOLDERS}, **own, **given, **self.plan.environment}
        if "AWS::URLSuffix" not in given:
            found["AWS::URLSuffix"] = url_suffix(found["AWS::Region"])
        return found

    def _nest(self, name: str, body: Mapping[str, Plain]) -> None:
        file = self._nested_file(name, body)
        if file is None:
            reason = f"the template of the nested stack {name} is not here"
            self._unread.append(Doubt(reason, self.scope.path(name), "giving the whole cloud assembly"))
            return
        ancestor: _Stack | None = self
        while ancestor:
            if ancestor.plan.file == file:
                raise TemplateError(f"the stack {name} is nested in itself", self.plan.file)
            ancestor = ancestor.parent[0] if ancestor.parent else None
        plan = _Plan(file, self.scope.id(name), self.plan.file, self.plan.environment, assets=self.plan.assets)
        self._children[name] = _Stack(self._reading, plan, (self, name))

    def _nested_file(self, name: str, body: Mapping[str, Plain]) -> str | None:
        folder = posixpath.dirname(self.plan.file)
        asset = _text_at(body, "Metadata", "aws:asset:path")
        if asset:
            return _joined(folder, asset)
        url = written(self.scope.property(name, "TemplateURL")) or ""
        published = self.plan.assets.get(url.rsplit("/", 1)[-1])
        if published:
            return published
        beside = _joined(folder, url)
        return beside if url and self._reading.has(beside) else None

    def family(self) -> Iterator[_Stack]:
        """The stack and all that are nested in it."""
        yield self
        for child in self._children.values():
            yield from child.family()

    def doubts(self) -> Iterator[Doubt]:
        """What concerns the stack as a whole."""
        yield from self.scope.doubts
        yield from self._unread
        top = f"{self.plan.file}#"
        transform = self._tree.get("Transform")
        macros = transform if isinstance(transform, list) else [transform] if transform else []
        names = [macro if isinstance(macro, str) else _text_at(macro, "Name") for macro in macros]
        for name in names:
            if name != _EXTENSIONS:
                reason = f"the macro {name} rewrites the template before it is deployed"
                yield Doubt(reason, below(top, "Transform"), "giving the processed template")
        if _EXTENSIONS not in names and (loop := next(_loops(self._tree), None)):
            yield Doubt(f"{loop} means nothing to CloudFormation here", top, f'"Transform": "{_EXTENSIONS}"')
        for section in self._tree:
            if section not in _SECTIONS:
                yield Doubt(f"the section {section} is not read", below(top, section))
        for name, body in self.scope.resources.items():
            if _text_at(body, "Type").endswith("::MODULE"):
                yield Doubt(f"the module {name} stands for resources that are not here", self.scope.path(name))

    # What Scope sees

    def given(self, parameter: str) -> Node:
        if self.parent:
            stack, name = self.parent
            return stack.scope.property(name, "Parameters", parameter)
        return self._reading.parameters.get(parameter, self.plan.parameters.get(parameter, ABSENT))

    def imported(self, export: str, path: str) -> Node:
        exporting = [
            (stack, output)
            for stack, output in self._reading.exported(export)
            if all(self.plan.environment.get(key, value) == value for key, value in stack.plan.environment.items())
        ]
        if not exporting:
            return Doubt(
                f"{export} is exported by no stack here", path, "giving the assembly or template that exports it"
            )
        return intrinsics.either(
            (stack.scope.output(output, path) for stack, output in exporting),
            Doubt(f"several stacks export {export}", path),
        )

    def output(self, nested: str, name: str, path: str) -> Node:
        child = self._children.get(nested)
        if child is None:
            return Doubt(f"the template of the nested stack {nested} is not here", path)
        return child.scope.output(name, path)


def _planned(manifest: str, name: str, artifact: Plain, assets: Mapping[str, str]) -> _Plan:
    template = _text_at(artifact, "properties", "templateFile")
    if not template:
        raise TemplateError(f"the stack {name} has no templateFile", manifest)
    properties = artifact.get("properties") if isinstance(artifact, dict) else None
    parameters = properties.get("parameters") if isinstance(properties, dict) else None
    found = re.fullmatch(r"aws://([^/]+)/([^/]+)", _text_at(artifact, "environment"))
    environment = dict(zip(("AWS::AccountId", "AWS::Region"), found.groups(), strict=True)) if found else {}
    stack_name = _text_at(artifact, "properties", "stackName") or name
    return _Plan(
        file=_joined(posixpath.dirname(manifest), template),
        name=stack_name,
        listed_in=manifest,
        environment={key: value for key, value in environment.items() if not value.startswith("unknown-")},
        stack_name=stack_name,
        parameters={
            key: text
            for key, value in (parameters.items() if isinstance(parameters, dict) else ())
            if (text := _plain_text(value)) is not None
        },
        assets=assets,
    )


def _loops(plain: Plain | Mapping[str, Plain]) -> Iterator[str]:
    """The keys of all loops, which only AWS::LanguageExtensions unrolls (CloudFormation reference, Fn::ForEach)."""
    if isinstance(plain, Mapping):
        for key, value in plain.items():
            if key.startswith("Fn::ForEach::"):
                yield key
            yield from _loops(value)
    elif isinstance(plain, list):
        for element in plain:
            yield from _loops(element)


def _section(tree: Mapping[str, Plain], name: str, file: str) -> Mapping[str, Plain]:
    section = tree.get(name, {})
    if name != "Resources" and section is None:
        return {}  # YAML with a heading and nothing below it
    if not isinstance(section, dict):
        raise TemplateError(f"{name} is not a mapping, so this is not a CloudFormation template", file)
    return section


def _text_at(plain: Plain | Mapping[str, Plain], *keys: str) -> str:
    """The text below the keys, empty where there is none."""
    for key in keys:
        plain = plain.get(key) if isinstance(plain, Mapping) else None
    return plain if isinstance(plain, str) else ""


def _plain_text(plain: Plain) -> str | None:
    return written(plain) if isinstance(plain, (str, int, float)) else None


def _joined(*parts: str) -> str:
    return posixpath.normpath(posixpath.join(*parts))


def _missing(file: str, listed_in: str) -> TemplateError:
    remedy = "cdk synth again, or giving the whole folder"
    return TemplateError(f"{listed_in} lists this file, and it is not there", file, remedy=remedy)


def _not_a_template(file: str) -> TemplateError:
    return TemplateError("this is not a CloudFormation template: it has no Resources", file)
