"""Guards of the house: what the layout, the imports and the words of the code must never become."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "src" / "agent_perimeter"
SOURCES = sorted(
    path
    for folder in (CORE, ROOT / "constructs", ROOT / "stacks", ROOT / "examples", ROOT / "app.py")
    for path in ([folder] if folder.is_file() else folder.rglob("*.py"))
)
CORE_SOURCES = [path for path in SOURCES if CORE in path.parents]

JUDGES = ("drift", "lift", "prove", "reach")
BUILDERS = {"agent_perimeter.lower", "agent_perimeter_cdk"}

AVOIDED_NAMES = {"data", "helper", "helpers", "manager", "util", "utils"}
AVOIDED_WORDS = re.compile(r"\b(white|black)[- ]?list", re.IGNORECASE)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), _name(path))


every_source = pytest.mark.parametrize("path", SOURCES, ids=_name)


def test_the_guards_look_at_something() -> None:
    assert CORE / "values.py" in CORE_SOURCES


class TestConstructsIsASourceRoot:
    """A package called ``constructs`` would hide the one from PyPI, and aws-cdk-lib with it."""

    def test_it_has_no_init_file(self) -> None:
        assert not (ROOT / "constructs" / "__init__.py").exists()

    def test_no_folder_of_tests_has_its_name(self) -> None:
        assert not (ROOT / "tests" / "constructs").exists()

    def test_import_constructs_finds_the_package_from_pypi(self) -> None:
        """From the repository's root, where ``python app.py`` runs. Looked up only: importing it starts Node."""
        program = "import importlib.util as u; print(u.find_spec('constructs').origin)"
        found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        assert found.stdout.strip().endswith("site-packages/constructs/__init__.py")


def _speaks_to_aws(path: Path) -> bool:
    return _module(path) == "agent_perimeter.handler" or _module(path).startswith("agent_perimeter.aws.")


class TestTheCoreStandsAlone:
    """It runs where neither aws-cdk-lib nor boto3 is installed, such as somebody's CI; what speaks to AWS is apart."""

    def test_no_module_of_it_loads_the_cdk_or_boto3(self) -> None:
        program = f"""
import importlib, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {{"aws_cdk", "boto3", "botocore", "constructs", "jsii", "agent_perimeter_cdk"}}:
            raise ImportError(f"the core imported {{name}}")

sys.meta_path.insert(0, Refuse())
sys.path.insert(0, {str(CORE.parent)!r})
for module in {[_module(path) for path in CORE_SOURCES if not _speaks_to_aws(path)]!r}:
    importlib.import_module(module)
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_only_the_edges_read_clock_environment_disk_or_network(self) -> None:
        named = ("cli", "cli_drift", "cli_verify", "files", "inputs", "terminal")
        edges = {f"agent_perimeter.{edge}" for edge in named}
        worldly = {"os", "pathlib.Path", "random", "shutil", "socket", "subprocess", "tempfile", "time", "urllib"}
        reads = {"date.today", "datetime.now", "datetime.today", "datetime.utcnow", "input", "open"}
        found = [
            f"{_name(path)}:{line}: {name}"
            for path in CORE_SOURCES
            if _module(path) not in edges and not _speaks_to_aws(path)
            for line, name in _names_used(path)
            if name in worldly | reads
        ]
        assert found == []


class TestTheJudgeNeverImportsTheBuilder:
    """Otherwise one bug proves itself."""

    def test_every_judge_is_under_the_import_contract_from_its_first_file_on(self) -> None:
        standing = {judge for judge in JUDGES if (CORE / judge).exists() or (CORE / f"{judge}.py").exists()}
        assert {f"agent_perimeter.{judge}" for judge in standing} <= set(_contract()["source_modules"])

    def test_the_contract_forbids_both_builders(self) -> None:
        assert set(_contract()["forbidden_modules"]) >= BUILDERS

    def test_the_contract_has_no_exception(self) -> None:
        assert set(_contract()) == {"name", "type", "source_modules", "forbidden_modules"}


class TestTheCode:
    @every_source
    def test_has_a_docstring_in_every_module(self, path: Path) -> None:
        assert ast.get_docstring(_tree(path)), "say in a sentence what this module is"

    @every_source
    def test_catches_nothing_that_it_does_not_name(self, path: Path) -> None:
        caught = [
            f"{_name(path)}:{node.lineno}"
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.ExceptHandler)
            and (node.type is None or _mentions(node.type, {"Exception", "BaseException"}))
        ]
        assert caught == []

    @every_source
    def test_names_things_in_the_terms_of_the_field(self, path: Path) -> None:
        words = {*re.split(r"[_./]", path.stem)}
        for name in _names_defined(_tree(path)):
            words |= {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
        assert words & AVOIDED_NAMES == set()

    @every_source
    def test_says_allowlist(self, path: Path) -> None:
        assert AVOIDED_WORDS.search(path.read_text(encoding="utf-8")) is None


def _module(path: Path) -> str:
    parts = path.relative_to(CORE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _contract() -> dict[str, list[str]]:
    """The import-linter contract about the judge, from pyproject.toml."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (found,) = (contract for contract in contracts if contract["name"] == "The judge never imports the builder")
    return dict(found)


def _mentions(node: ast.expr, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def _names_defined(tree: ast.Module) -> Iterator[str]:
    """Every name that the module itself gives to something."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def _names_used(path: Path) -> Iterator[tuple[int, str]]:
    """Every plain or dotted name that is read or imported, with its line. ``a.b.c`` also gives ``b.c``."""
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                yield node.lineno, name
            case ast.Attribute(value=ast.Name(id=left) | ast.Attribute(attr=left), attr=name):
                yield node.lineno, f"{left}.{name}"
            case ast.ImportFrom(module="urllib.parse"):
                pass  # it takes text apart, and reads nothing
            case ast.ImportFrom(module=str(module), names=names):
                yield from ((node.lineno, name) for alias in names for name in (alias.name, f"{module}.{alias.name}"))
                yield node.lineno, module.partition(".")[0]
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name.partition(".")[0]) for alias in names)
            case _:
                pass
