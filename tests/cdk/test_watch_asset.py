"""The watch's code: the whole import closure of its handler, nothing from outside, the same bytes every time."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import botocore.session
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from agent_perimeter.aws.reads import READS
from agent_perimeter.aws.shapes import lacking
from agent_perimeter_cdk import watch_asset
from agent_perimeter_cdk.watch_asset import ENTRY, HANDLER, MODELS, Unbundled, closure, models, write

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "agent_perimeter"


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return closure()


def package(folder: Path, modules: Mapping[str, str]) -> Path:
    """A package to take closures of."""
    write({name: text.encode() for name, text in modules.items()}, folder)
    return folder


def test_the_handler_and_what_it_stands_on_are_there(files: Mapping[str, bytes]) -> None:
    assert HANDLER.rpartition(".")[0] == ENTRY
    judge = ("handler.py", "drift/check.py", "prove/__init__.py", "lift/snapshot.py", "aws/collect.py", "__init__.py")
    assert {f"agent_perimeter/{name}" for name in judge} <= set(files)
    assert all((ROOT / "src" / path).read_bytes() == content for path, content in files.items())


def test_what_only_people_and_templates_need_is_not(files: Mapping[str, bytes]) -> None:
    """Neither the builder nor the command line, nor anything that reads YAML."""
    absent = ("cli", "lower", "settings", "policy/load", "policy/document", "lift/document", "lift/template")
    assert [path for path in files for name in absent if path.startswith(f"agent_perimeter/{name}")] == []


def test_two_closures_are_the_same_in_the_same_order(files: Mapping[str, bytes]) -> None:
    assert list(closure().items()) == list(files.items())
    assert list(files) == sorted(files)


def test_reading_the_top_of_a_module_finds_what_reading_all_of_it_does(
    files: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_asset, "_read", lambda source, path: ast.parse(source, path).body)
    assert closure() == files


@pytest.mark.slow
def test_it_runs_alone_with_the_standard_library_and_the_sdk(tmp_path: Path, files: Mapping[str, bytes]) -> None:
    """As Lambda unpacks it: nothing else of ours or of anybody's on the path but boto3 and what it stands on."""
    write(files, tmp_path)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import agent_perimeter.handler as h;"
        "found = {n.partition('.')[0] for n in sys.modules if getattr(sys.modules[n], '__file__', None)};"
        "print(h.__file__); print(sorted(found - sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    where, loaded = done.stdout.splitlines()
    assert where == str(tmp_path / "agent_perimeter" / "handler.py")
    sdk = {"boto3", "botocore", "certifi", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
    of_python_s_own = {"_distutils_hack", "_virtualenv", "sitecustomize"}
    assert set(ast.literal_eval(loaded)) - sdk - of_python_s_own == {"agent_perimeter"}


IMPORTS: dict[str, tuple[str, set[str]]] = {
    "a module": ("import agent_perimeter.a\n", {"a.py"}),
    "a name in a module": ("from agent_perimeter.a import thing\n", {"a.py"}),
    "a module of a package, and the package": (
        "from agent_perimeter.sub import b\n",
        {"sub/__init__.py", "sub/b.py"},
    ),
    "within a function": ("def f():\n    from agent_perimeter import a\n", {"a.py"}),
    "within try, with, match and a class": (
        "try:\n    pass\nexcept ValueError:\n    import agent_perimeter.a\nfinally:\n    import agent_perimeter.sub.b\n"
        "match 1:\n    case 1:\n        import agent_perimeter.c\n",
        {"a.py", "sub/__init__.py", "sub/b.py", "c.py"},
    ),
    "on one line with something else": ("x = 1; import agent_perimeter.a\n", {"a.py"}),
    "for a type checker": ("if TYPE_CHECKING:\n    import yaml\n    import agent_perimeter.a\n", set()),
    "otherwise than for a type checker": (
        "if TYPE_CHECKING:\n    import yaml\nelse:\n    import agent_perimeter.a\n",
        {"a.py"},
    ),
    "what the text of a module says": (
        'X = """\nfrom agent_perimeter.c import x\n"""\nimport agent_perimeter.a\nY = """\nimport yaml\n"""\n',
        {"a.py"},
    ),
    "over several lines": ("from agent_perimeter import (\n    a,\n    c,\n)\nX = 1\n", {"a.py", "c.py"}),
    "the standard library and the SDK": ("import json, boto3.session\nfrom botocore import config\n", set()),
}


@pytest.mark.parametrize(("source", "found"), IMPORTS.values(), ids=IMPORTS.keys())
def test_an_import_is_found(source: str, found: set[str], tmp_path: Path) -> None:
    empty = dict.fromkeys(("__init__.py", "a.py", "c.py", "sub/__init__.py", "sub/b.py"), "")
    bundled = closure(package=package(tmp_path, {**empty, "handler.py": source}))
    assert {path.removeprefix("agent_perimeter/") for path in bundled} == {"__init__.py", "handler.py", *found}


REFUSED = {
    "a library": (
        "import yaml\n",
        "agent_perimeter/handler.py imports yaml, which the function's runtime does not have",
    ),
    "a library in a function": ("def f():\n    from idna import encode\n", "imports idna.encode, which"),
    "a library further down": (
        "from agent_perimeter import a\n",
        "agent_perimeter/a.py imports publicsuffixlist, which",
    ),
    "a library of ours for the CDK": ("import agent_perimeter_cdk\n", "imports agent_perimeter_cdk, which"),
    "a neighbour by its place": ("from . import a\n", "agent_perimeter/handler.py has a relative import"),
}


@pytest.mark.parametrize(("source", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_runtime_does_not_have_fails_synth(source: str, said: str, tmp_path: Path) -> None:
    where = package(tmp_path, {"__init__.py": "", "handler.py": source, "a.py": "import publicsuffixlist\n"})
    with pytest.raises(Unbundled) as refused:
        closure(package=where)
    assert said in str(refused.value)


def test_a_handler_that_is_not_there_fails_synth(tmp_path: Path) -> None:
    with pytest.raises(Unbundled, match=r"agent_perimeter.handler is no module of agent_perimeter"):
        closure(package=package(tmp_path, {"__init__.py": ""}))


# The models of what it reads

MODELLED = ("ec2", "network-firewall", "route53profiles", "route53resolver", "vpc-lattice")


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Loader:
    """A loader of botocore's that has nothing but what the asset brings."""
    folder = tmp_path_factory.mktemp("models")
    write(models(), folder)
    return Loader(extra_search_paths=[str(folder / MODELS)], include_default_search_paths=False)


def test_the_models_are_of_services_that_are_only_read(carried: Loader) -> None:
    assert tuple(carried.list_available_services("service-2")) == MODELLED
    written = {"events", "s3", "securityhub", "sns"}
    assert written.isdisjoint(MODELLED)


@pytest.mark.parametrize("service", MODELLED)
def test_a_model_knows_every_call_and_field_as_botocore_does_and_no_other_call(service: str, carried: Loader) -> None:
    ours = ServiceModel(carried.load_service_model(service, "service-2"), service)
    whole = botocore.session.get_session().get_service_model(service)
    reads = [read for read in READS if read.service == service]
    assert set(ours.operation_names) == {read.operation for read in reads}
    assert dict(ours.metadata) == dict(whole.metadata)
    for read in reads:
        here, there = (model.operation_model(read.operation) for model in (ours, whole))
        assert lacking(read.result, here.output_shape) == ()
        assert (here.input_shape.members.keys(), here.output_shape.members.keys()) == (
            there.input_shape.members.keys(),
            there.output_shape.members.keys(),
        )
        assert [shape.name for shape in here.error_shapes] == [shape.name for shape in there.error_shapes]


def test_the_models_are_small_and_the_same_every_time() -> None:
    first = dict(models())
    models.cache_clear()
    assert models() == first
    assert list(models()) == sorted(first)
    assert sum(map(len, first.values())) < 400_000
    assert all(
        json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text.decode() for text in first.values()
    )
    assert not any(b'"documentation":"' in text for text in first.values())


def test_synth_without_an_sdk_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    models.cache_clear()
    monkeypatch.setitem(sys.modules, "botocore.loaders", None)
    with pytest.raises(Unbundled, match=r"pip install 'agent-perimeter\[aws\]'"):
        models()
