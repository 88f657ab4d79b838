"""moto's stacks on our engine, and how an operation on them ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.cloudformation import models, parsing
from moto.cloudformation.exceptions import CloudFormationError
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult
from moto.s3.models import FakeBucket

from tests.aws.local.cloudformation.refused import Refused
from tests.aws.local.cloudformation.resources import ResourceFailed, Resources
from tests.aws.local.cloudformation.s3 import permission

PAGE = 100

_parse_template = models.Stack.parse_template
_create_stack = CloudFormationBackend.create_stack
_update_stack = CloudFormationBackend.update_stack
_execute_change_set = CloudFormationBackend.execute_change_set
_delete_stack = CloudFormationBackend.delete_stack


def use() -> None:
    """Put the engine in the place of moto's, for every stack that is made from now on."""
    ours: list[tuple[Any, str, Any]] = [
        (models, "ResourceMap", Resources),
        (parsing, "parse_output", output),
        (parsing, "clean_json", resolved),
        (models.Stack, "parse_template", staticmethod(parse_template)),
        *((CloudFormationBackend, each.__name__, each) for each in (create_stack, update_stack)),
        *((CloudFormationBackend, each.__name__, each) for each in (execute_change_set, delete_stack)),
        *((CloudFormationBackend, each.__name__, each) for each in (delete_change_set, describe_change_set)),
        (FakeBucket, "get_permission", permission),
        (CloudFormationResponse, "list_stack_resources", list_stack_resources),
    ]
    for owner, name, own in ours:
        setattr(owner, name, own)


def parse_template(template: str) -> dict[str, Any]:
    """JSON is YAML as well, and moto reads it as that: a hundred times slower."""
    if template.lstrip().startswith("{"):
        found: dict[str, Any] = json.loads(template)
        return found
    return _parse_template(template)


def create_stack(backend: Any, name: str, **arguments: Any) -> Any:
    try:
        stack = _create_stack(backend, name, **arguments)
    except ResourceFailed as failed:
        return _failed(backend.get_stack(name), "CREATE_FAILED", failed)
    return _settled(stack)


def update_stack(backend: Any, name: str, **arguments: Any) -> Any:
    try:
        stack = _update_stack(backend, name, **arguments)
    except ResourceFailed as failed:
        return _failed(backend.get_stack(name), "UPDATE_FAILED", failed)
    return _settled(stack)


def execute_change_set(backend: Any, change_set_name: str, stack_name: str | None = None) -> None:
    change_set = backend.describe_change_set(change_set_name)
    stack = backend.stacks[change_set.stack_id]
    try:
        _execute_change_set(backend, change_set_name, stack_name)
    except ResourceFailed as failed:
        _failed(stack, f"{change_set.change_set_type}_FAILED", failed)
        return
    stack._parse_template()
    _settled(stack)
    # What was executed is gone; moto would find it again by its name, for another stack too.
    backend.change_sets.pop(change_set.change_set_id, None)


def delete_change_set(backend: Any, change_set_name: str) -> None:
    """Deleting what is not there succeeds."""
    for identity, change_set in list(backend.change_sets.items()):
        if change_set_name in {identity, change_set.change_set_name}:
            del backend.change_sets[identity]


def describe_change_set(backend: Any, change_set_name: str) -> Any:
    for identity, change_set in backend.change_sets.items():
        if change_set_name in {identity, change_set.change_set_name}:
            return change_set
    raise CloudFormationError("ChangeSetNotFoundException", f"ChangeSet [{change_set_name}] does not exist")


def delete_stack(backend: Any, name_or_stack_id: str) -> None:
    stacks = [stack for stack in backend.stacks.values() if name_or_stack_id in {stack.name, stack.stack_id}]
    try:
        _delete_stack(backend, name_or_stack_id)
    except ResourceFailed as failed:
        (stack,) = stacks
        backend.stacks[stack.stack_id] = stack  # moto has let go of it already
        _failed(stack, "DELETE_FAILED", failed)


def list_stack_resources(response: Any) -> ActionResult:
    """Moto's is of one page, and gives the stack's birthday for every resource's last change."""
    _, resources = response.cloudformation_backend.list_stack_resources(response._get_param("StackName"))
    summaries = [
        {
            "LogicalResourceId": resource.logical_resource_id,
            "PhysicalResourceId": resource.physical_resource_id,
            "ResourceType": resource.cf_resource_type,
            "ResourceStatus": resource.status,
            "LastUpdatedTimestamp": resource.updated,
        }
        for resource in resources
    ]
    start = int(response._get_param("NextToken") or 0)
    following = str(start + PAGE) if start + PAGE < len(summaries) else None
    return ActionResult({"StackResourceSummaries": summaries[start : start + PAGE], "NextToken": following})


def _settled(stack: Any) -> Any:
    stack.parameters = dict(stack.resource_map.resolved_parameters)
    stack.output_map = stack._create_output_map()
    try:
        list(stack.output_map.values())
    except Refused as refused:
        status = stack.status.replace("COMPLETE", "FAILED")
        failed = ResourceFailed(stack.name, "AWS::CloudFormation::Output", "", str(refused))
        return _failed(stack, status, failed)
    return stack


def _failed(stack: Any, status: str, failed: ResourceFailed) -> Any:
    stack.status = status
    stack.output_map = parsing.OutputMap(stack.resource_map, {}, stack.stack_id)
    stack.events.append(
        models.Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=failed.logical_id,
            physical_resource_id=failed.physical_id,
            resource_type=failed.kind,
            resource_status=status,
            resource_status_reason=failed.reason,
            resource_properties=None,
        )
    )
    stack._add_stack_event(status, resource_status_reason=f"The following resource(s) failed: [{failed.logical_id}]")
    return stack


def resolved(value: Any, resources: Resources) -> Any:
    """For what moto itself resolves: the names and values of exports."""
    return resources.resolved(value)


def output(logical_id: str, record: Mapping[str, Any], resources: Resources) -> parsing.Output | None:
    if not resources.wanted(record.get("Condition")):
        return None
    return parsing.Output(logical_id, resources.resolved(record["Value"]), record.get("Description", ""))
