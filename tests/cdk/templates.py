"""Reading a template back: resources and references by construct path, text as the network spells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack

Value = Any  # JSON


@dataclass(frozen=True)
class Resource:
    """A resource. In ``properties`` a Ref is ``<path>``, a GetAtt ``<path>.Attribute``, an Fn::Sub its text."""

    path: str
    type: str
    properties: Mapping[str, Value]
    depends_on: frozenset[str]
    raw: Mapping[str, Value]

    def without(self, *names: str) -> dict[str, Value]:
        return {name: value for name, value in self.properties.items() if name not in names}


class Template:
    """One stack of a cloud assembly. Paths are below ``scope``, with the slashes of the record ids."""

    def __init__(self, assembly: Path, stack: str, scope: str) -> None:
        self.path = assembly / f"{stack}.template.json"
        self.raw: Mapping[str, Value] = json.loads(self.path.read_text())
        metadata = json.loads((assembly / f"{stack}.metadata.json").read_text())
        prefix = f"/{stack}/{scope}/"
        self._paths = {
            entry["data"]: path.removeprefix(prefix).removeprefix("acls/").replace("--", "/")
            for path, entries in metadata.items()
            for entry in entries
            if entry["type"] == "aws:cdk:logicalId"
        }
        self.resources = {
            self._paths[logical]: Resource(
                self._paths[logical],
                resource["Type"],
                self.read(resource.get("Properties", {})),
                frozenset(self._paths[target] for target in _listed(resource.get("DependsOn", []))),
                resource,
            )
            for logical, resource in self.raw["Resources"].items()
        }

    def __getitem__(self, path: str) -> Resource:
        return self.resources[path]

    def of(self, kind: str) -> dict[str, Resource]:
        """The resources of a type, such as ``EC2::Subnet``."""
        return {path: item for path, item in self.resources.items() if item.type == f"AWS::{kind}"}

    def read(self, value: Value) -> Value:
        """The value with references and text as this module spells them."""
        match value:
            case {"Ref": str(name)} if self._paths.get(name) == "vpc":
                return "${Vpc}"
            case {"Ref": str(name)}:
                return f"<{self._paths[name]}>" if name in self._paths else f"${{{name}}}"
            case {"Fn::GetAtt": [name, attribute]}:
                return f"<{self._paths[name]}>.{attribute}"
            case {"Fn::Sub": str(text)}:
                return text.replace("${!", "${")
            case {"Fn::Sub": [text, variables]}:
                return "".join([text.replace("${!", "${"), *self._variables(variables)])
            case {"Fn::Select": [number, {"Fn::GetAZs": ""}]}:
                return f"zone {number}"
            case {"Fn::Select": ["1", {"Fn::Split": [":", {"Fn::Select": ["0", ids]}]}]} | {
                "Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, ids]}]}]
            }:
                return f"only {self.read(ids)}"
            case {"Fn::Join": [separator, parts]}:
                return separator.join(map(str, self.read(parts)))
            case {"Fn::FindInMap": [_, {"Ref": "AWS::Region"}, name]}:
                return f"list of {name}"
            case dict():
                return {key: self.read(item) for key, item in value.items()}
            case list():
                return [self.read(item) for item in value]
            case _:
                return value

    def _variables(self, variables: Mapping[str, Value]) -> list[str]:
        """What a text's own variables stand for; ``${Vpc}`` speaks for itself where it is the VPC."""
        read = {name: self.read(value) for name, value in variables.items()}
        return [f" where {name} is {value}" for name, value in read.items() if (name, value) != ("Vpc", "${Vpc}")]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def synthesize(outdir: Path, build: Callable[[App], object]) -> Path:
    """What ``build`` puts into an app, as a cloud assembly on disk."""
    app = App(
        outdir=str(outdir),
        analytics_reporting=False,
        tree_metadata=False,
        stack_traces=False,
        builtin_cloud_formation_validation=False,
    )
    build(app)
    app.synth()
    return outdir


def stack(app: App, name: str, region: str | None = None) -> Stack:
    """A stack to put a perimeter in, of no environment unless a region is given."""
    return Stack(app, name, env={"region": region} if region else None)
