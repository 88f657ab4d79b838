"""What a live network is held to: a template that was given, one of ``cdk.out``, or the stack's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent_perimeter import annex
from agent_perimeter.files import UsageError
from agent_perimeter.forms import Json
from agent_perimeter.lift.assembly import Read
from agent_perimeter.lift.document import parsed
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.report.places import Locate, nowhere
from agent_perimeter.snapshot import Snapshot
from agent_perimeter.verification import Lifted, lifted

SYNTHESIZED: Final = "cdk.out"
_BOOTSTRAP: Final = "BootstrapVersion"
"""The CDK's own parameter of every stack; nothing depends on its value but a rule that CloudFormation checks."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The network, what it was read from in words, and the lines of its templates.

    ``kept``: it was asked of AWS, so a snapshot that is stored has to keep it.
    """

    network: ObservedNetwork
    source: str
    locate: Locate = nowhere
    kept: bool = False


def expected(
    sources: Sequence[str],
    snapshot: Snapshot,
    read: Read,
    template: Callable[[str], bytes] | None = None,
    *,
    synthesized: bool = True,
) -> Expected:
    """The network to expect.

    ``sources`` decide where there are any; else ``cdk.out``, where it holds the stack and ``synthesized`` allows it;
    else the template that the stack was deployed from, as the snapshot keeps it or as ``template`` asks AWS for it.

    Raises ``UsageError`` where none of them is there, ``ValueError`` for a template that cannot be read.
    """
    stack = stack_name(snapshot.stack)
    if sources:
        return _given(sources, snapshot, read)
    network = annex.deployed(snapshot, "the snapshot")
    if network is not None:
        return Expected(network, _deployed(stack))
    if synthesized and _holds(read(f"{SYNTHESIZED}/manifest.json"), stack):
        return _given((SYNTHESIZED,), snapshot, read)
    if template is not None and stack:
        body = template(stack)
        file = f"{stack}.template"
        found = lifted((file,), lambda path: body if path == file else None)
        return Expected(found.network, _deployed(stack), kept=True)
    made = f"cdk.out does not hold its stack {stack}" if stack else "no CloudFormation stack made it"
    raise UsageError(f"what was deployed in {snapshot.vpc}? {made}: give its TEMPLATE, a cdk.out or a stored network")


def stack_name(stack: str) -> str:
    """The name in a stack's id (``arn:…:stack/name/uuid``), or the name itself."""
    return stack.split("/")[1] if stack.startswith("arn:") and "/" in stack else stack


def _deployed(stack: str) -> str:
    return f"the template that stack {stack} was deployed from; only what CloudFormation did not do departs from it"


def _given(sources: Sequence[str], snapshot: Snapshot, read: Read) -> Expected:
    """With the parameters that the stack was deployed with, where the templates declare them."""
    found = lifted(sources, read)
    given = _parameters(snapshot)
    declared = _declared(found) if given else frozenset()
    values = {name: value for name, value in given.items() if name in declared}
    if values:
        found = lifted(sources, read, values)
    return Expected(found.network, found.source, found.locate)


def _declared(found: Lifted) -> frozenset[str]:
    names: set[str] = set()
    for file, text in found.files.items():
        tree = parsed(text, file)
        declared = tree.get("Parameters") if isinstance(tree, dict) else None
        names.update(declared if isinstance(declared, dict) else ())
    return frozenset(names)


def _parameters(snapshot: Snapshot) -> Mapping[str, str]:
    """What the stack was deployed with; AWS shows those that are secret as asterisks, which are no value."""
    found: dict[str, str] = {}
    for stack in snapshot.items("cloudformation:DescribeStacks", "Stacks"):
        listed = stack.get("Parameters")
        if stack.get("StackName") != stack_name(snapshot.stack) or not isinstance(listed, list):
            continue
        for item in listed:
            name, value = _pair(item)
            if name not in {"", _BOOTSTRAP} and value != "****":
                found[name] = value
    return found


def _pair(item: Json) -> tuple[str, str]:
    """A parameter's name and value; of one that names an SSM parameter, the value there."""
    if not isinstance(item, dict):
        return "", ""
    name, value = item.get("ParameterKey"), item.get("ResolvedValue", item.get("ParameterValue"))
    return (name, value) if isinstance(name, str) and isinstance(value, str) else ("", "")


def _holds(manifest: bytes | None, stack: str) -> bool:
    """Whether a cloud assembly has the stack. One that cannot be read is left for whoever names it to hear about."""
    try:
        tree: Json = json.loads(manifest or b"null")
    except ValueError:
        return False
    artifacts = tree.get("artifacts") if isinstance(tree, dict) else None
    listed = artifacts.items() if isinstance(artifacts, dict) else ()
    return any(stack in {name, _stack_name_in(artifact)} for name, artifact in listed if _is_stack(artifact))


def _is_stack(artifact: Json) -> bool:
    return isinstance(artifact, dict) and artifact.get("type") == "aws:cloudformation:stack"


def _stack_name_in(artifact: Json) -> Json:
    properties = artifact.get("properties") if isinstance(artifact, dict) else None
    name = properties.get("stackName") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else None
