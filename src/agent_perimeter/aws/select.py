"""Which VPC is meant: by the stack that made it, by its tags, or by its id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import boto3

from agent_perimeter.aws.calls import Clients, ask
from agent_perimeter.aws.paths import objects, texts
from agent_perimeter.aws.read import Read
from agent_perimeter.aws.reads import READS
from agent_perimeter.aws.session import EXPIRED, SIGN_IN, UNSIGNED, CredentialsError
from agent_perimeter.aws.table.deployment import DEPLOYED
from agent_perimeter.forms import Json
from agent_perimeter.snapshot import Answer, Unread

PERIMETER_TAG: Final = "agent-perimeter:perimeter"
"""On the VPC of every perimeter; its value is the perimeter's name."""

_STACK_TAG: Final = "aws:cloudformation:stack-name"
_GONE: Final = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})
_TABLE: Final = {read.call: read for read in READS}


@dataclass(frozen=True, slots=True)
class Target:
    """What to read. The first that is given decides: ``stack``, ``vpc``, ``tags``.

    With none of them every VPC that bears our tag is meant, and there must be one. Tags with an empty value match any.
    ``watch_stack`` names the stack of the watch itself, to read its parts too.
    """

    stack: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    vpc: str | None = None
    watch_stack: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one VPC, the name of its stack (empty where none made it), and what was read to find it."""

    vpc: str
    stack: str
    answers: tuple[Answer, ...]


class TargetError(ValueError):
    """No VPC or several, no such stack, or one without a VPC. The text says what to do."""


class Unanswered(Exception):
    """AWS did not answer before it was known what to read."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(str(unread))
        self.unread = unread


def choose(clients: Clients, target: Target) -> Chosen:
    """Find the VPC. Raises ``TargetError``, ``Unanswered`` or ``CredentialsError``."""
    if target.stack is not None:
        return _of_stack(clients, target.stack)
    if target.vpc is not None:
        return _tagged(clients, [{"Name": "vpc-id", "Values": [target.vpc]}], f"the id {target.vpc}")
    tags = target.tags or {PERIMETER_TAG: ""}
    words = ", ".join(f"{key}={value}" if value else key for key, value in sorted(tags.items()))
    return _tagged(clients, [_filter(key, value) for key, value in sorted(tags.items())], f"the tag {words}")


def deployed_template(session: boto3.Session, stack: str) -> bytes:
    """The template that a stack was deployed from, as CloudFormation processed it (its transforms applied).

    Raises ``TargetError`` for no such stack, ``Unanswered``, ``CredentialsError``.
    """
    answer = _read(Clients(session), DEPLOYED, {"StackName": stack, "TemplateStage": "Processed"}, stack)
    body = answer.result["TemplateBody"]  # botocore parses JSON, and leaves YAML as it is
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _of_stack(clients: Clients, stack: str) -> Chosen:
    answer = _read(clients, _TABLE["cloudformation:ListStackResources"], {"StackName": stack}, stack)
    vpcs = sorted(
        vpc
        for item in objects(answer.result, "StackResourceSummaries")
        if item.get("ResourceType") == "AWS::EC2::VPC" and item.get("ResourceStatus") not in _GONE
        for vpc in texts(item, "PhysicalResourceId")
    )
    if len(vpcs) != 1:
        raise TargetError(_several(vpcs, f"the stack {stack}"))
    return Chosen(vpcs[0], stack, (answer,))


def _tagged(clients: Clients, filters: list[Json], words: str) -> Chosen:
    answer = _read(clients, _TABLE["ec2:DescribeVpcs"], {"Filters": filters}, "")
    vpcs = {vpc: tags_of(item) for item in objects(answer.result, "Vpcs") for vpc in texts(item, "VpcId")}
    if len(vpcs) != 1:
        shown = [f"{vpc} ({tags[_STACK_TAG]})" if _STACK_TAG in tags else vpc for vpc, tags in sorted(vpcs.items())]
        raise TargetError(_several(shown, words))
    ((vpc, tags),) = vpcs.items()
    return Chosen(vpc, tags.get(_STACK_TAG, ""), (answer,))


def _several(vpcs: list[str], words: str) -> str:
    if not vpcs:
        return f"there is no VPC with {words} in this account and region; name another stack, tag or VPC, or region"
    return f"there are {len(vpcs)} VPCs with {words}: {', '.join(vpcs)}; name the stack or the VPC"


def _filter(key: str, value: str) -> Json:
    return {"Name": f"tag:{key}", "Values": [value]} if value else {"Name": "tag-key", "Values": [key]}


def tags_of(item: Mapping[str, Json]) -> dict[str, str]:
    """The tags of an item."""
    tags = objects(item, "Tags")
    return {key: value for tag in tags for key, value in zip(texts(tag, "Key"), texts(tag, "Value"), strict=False)}


def _read(clients: Clients, read: Read, parameters: Mapping[str, Json], stack: str) -> Answer:
    """One call without which nothing can begin. ``stack``: the one that CloudFormation may not know."""
    said = ask(clients, read, parameters)
    if isinstance(said, Answer):
        return said
    if said.code in EXPIRED:
        raise CredentialsError(f"AWS refuses these credentials: {said.message}; sign in anew")
    if said.code in UNSIGNED:
        raise CredentialsError(f"{said.message}: {SIGN_IN}")
    if said.code == "ValidationError" and stack:
        # CloudFormation's code for a stack that is not there.
        raise TargetError(f"{said.message}; name another stack or region")
    raise Unanswered(said)
