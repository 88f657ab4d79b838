"""The engine: moto's stacks, deployed as CloudFormation deploys them.

moto keeps the stacks, change sets, events and exports; it makes resources lazily, skips what it has no model for, and
deletes before it adds. Here a template is resolved strictly and applied in the order of its references; what changed
is updated in place or replaced as AWS's schemas say; what is gone or replaced is deleted last, in reverse.
A failed operation ends as it does under ``--disable-rollback``: CREATE_FAILED, UPDATE_FAILED or DELETE_FAILED, with
the reason in the stack's events, and what was made stays for the next attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap

from tests.aws.local.cloudformation import schemas
from tests.aws.local.cloudformation.calls import Aws
from tests.aws.local.cloudformation.intrinsics import Scope, holds, named, resolve
from tests.aws.local.cloudformation.model import Made, Place, model_of
from tests.aws.local.cloudformation.properties import Properties
from tests.aws.local.cloudformation.refused import Refused

# They configure CloudFormation and the CDK, and nothing that could be asked of AWS.
IGNORED = frozenset({"AWS::CDK::Metadata"})
MEMBERS = frozenset({
    *("Type", "Properties", "DependsOn", "Condition"),
    *("DeletionPolicy", "UpdateReplacePolicy", "Metadata"),
})  # fmt: skip


class ResourceFailed(Exception):
    """A resource that could not be made, changed or deleted: what the stack's event about it says."""

    def __init__(self, logical_id: str, kind: str, physical_id: str, reason: str) -> None:
        super().__init__(f"{logical_id} ({kind}): {reason}")
        self.logical_id, self.kind, self.physical_id, self.reason = logical_id, kind, physical_id, reason


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that stands, under the names by which moto asks for it."""

    logical_resource_id: str
    cf_resource_type: str
    properties: Mapping[str, Any]  # resolved, with CloudFormation's tags
    made: Made
    retained: bool  # by its DeletionPolicy
    retained_when_replaced: bool
    status: str  # CREATE_COMPLETE or UPDATE_COMPLETE
    updated: datetime

    @property
    def physical_resource_id(self) -> str:
        return self.made.id

    def is_created(self) -> bool:
        return True


class Resources(ResourceMap):
    """A stack's resources: moto's interface over `Resource`."""

    def load(self) -> None:
        self._standing: dict[str, Resource] = {}
        self._read_template(self._template)

    def __getitem__(self, key: str) -> Any:
        return self._standing[key] if key in self._standing else self._parsed_resources[key]

    @property
    def resources(self) -> Iterable[str]:
        return list(self._standing)

    def create(self, template: dict[str, Any]) -> bool:
        self._apply(template)
        return True

    def creation_complete(self) -> bool:
        return True

    def update(self, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        self.input_parameters = parameters or {}
        self._apply(template)

    def delete(self) -> None:
        for resource in reversed(list(self._standing.values())):
            if not resource.retained:
                self._remove(resource)
            del self._standing[resource.logical_resource_id]

    def resolved(self, value: Any) -> Any:
        """A value of the template with its functions resolved, for the stack's outputs."""
        return resolve(value, self._scope())

    def wanted(self, condition: str | None) -> bool:
        return condition is None or holds({"Condition": condition}, self._scope())

    # What the template says -------------------------------------------------------------------------------------

    def _read_template(self, template: dict[str, Any]) -> None:
        self._template = template
        self._resource_json_map = template.get("Resources", {})
        self.no_echo_parameter_keys: list[str] = []
        slots = template.get("Parameters", {})
        if template and (unknown := set(self.input_parameters) - set(slots)):
            raise ValidationError(message=f"Parameters: {sorted(unknown)} do not exist in the template")
        # As given, which DescribeStacks shows and "use the previous value" means; what Ref gives stands beside it.
        self.resolved_parameters = {}
        for name, slot in slots.items():
            given = self.input_parameters.get(name, slot.get("Default"))
            if given is None:
                raise ValidationError(message=f"Parameters: [{name}] must have values")
            self.resolved_parameters[name] = given
            self._parsed_resources[name] = self._parameter(slot["Type"], str(given))
        for rule in template.get("Rules", {}).values():
            for assertion in rule["Assertions"]:
                if not holds(assertion["Assert"], self._scope()):
                    raise ValidationError(message=f"Template validation error: {assertion['AssertDescription']}")

    def _parameter(self, kind: str, given: str) -> Any:
        if kind.startswith("AWS::SSM::Parameter::Value<"):
            given = Aws(self._region_name)("ssm:GetParameter", Name=given)["Parameter"]["Value"]
            kind = kind.removeprefix("AWS::SSM::Parameter::Value<").removesuffix(">")
        return given.split(",") if kind == "CommaDelimitedList" or kind.startswith("List<") else given

    def _scope(self) -> Scope:
        return Scope(
            region=self._region_name,
            ref=self._ref,
            attribute=self._attribute,
            conditions=self._template.get("Conditions", {}),
            mappings=self._template.get("Mappings", {}),
            exports={name: export.value for name, export in (self.cross_stack_resources or {}).items()},
        )

    def _ref(self, name: str) -> Any:
        if name in self._standing:
            made = self._standing[name].made
            return made.id if made.ref is None else made.ref
        if name in self._parsed_resources:
            return self._parsed_resources[name]
        raise Refused(f"Ref names {name}, which the template does not have")

    def _attribute(self, name: str, attribute: str) -> Any:
        if name not in self._standing:
            raise Refused(f"Fn::GetAtt names {name}, which the template does not have")
        resource = self._standing[name]
        if attribute not in resource.made.attributes:
            raise Refused(f"{resource.cf_resource_type} has no attribute {attribute}, or its model does not give it")
        return resource.made.attributes[attribute]

    # Making it so -----------------------------------------------------------------------------------------------

    def _apply(self, template: dict[str, Any]) -> None:
        self._read_template(template)
        leaving: list[Resource] = []
        kept: dict[str, Resource] = {}
        before = dict(self._standing)
        for logical_id in self._order():
            resource = self._settled(logical_id, before.get(logical_id), leaving)
            # In the order of deployment, so that deleting goes backwards.
            self._standing.pop(logical_id, None)
            self._standing[logical_id] = kept[logical_id] = resource
        gone = [resource for logical_id, resource in before.items() if logical_id not in kept]
        for resource in reversed(gone):
            if not resource.retained:
                self._remove(resource)
            del self._standing[resource.logical_resource_id]
        for resource in reversed(leaving):
            self._remove(resource)

    def _order(self) -> Iterator[str]:
        records = self._resource_json_map
        needs = {
            logical_id: [name for name in (*named(record.get("Properties", {})), *_depends(record)) if name in records]
            for logical_id, record in records.items()
            if record["Type"] not in IGNORED and self.wanted(record.get("Condition"))
        }
        try:
            yield from (each for each in TopologicalSorter(needs).static_order() if each in needs)
        except CycleError as error:
            raise ValidationError(message=f"Circular dependency between resources: {error.args[1]}") from error

    def _settled(self, logical_id: str, standing: Resource | None, leaving: list[Resource]) -> Resource:
        record = self._resource_json_map[logical_id]
        kind = record["Type"]
        place = self._place(logical_id, kind)
        try:
            _check_members(record)
            properties = self._tagged(logical_id, kind, resolve(record.get("Properties", {}), self._scope()))
            replaced = standing is not None and (
                standing.cf_resource_type != kind or _replaces(kind, standing.properties, properties)
            )
            status, updated = ("UPDATE_COMPLETE" if standing else "CREATE_COMPLETE"), datetime.now(UTC)
            if standing is None or replaced:
                made = _create(place, properties)
            elif standing.properties != properties:
                made = _update(place, standing, properties)
            else:
                made, status, updated = standing.made, standing.status, standing.updated
        except (Refused, ClientError, BotoCoreError) as error:
            raise ResourceFailed(logical_id, kind, standing.made.id if standing else "", str(error)) from error
        if standing and replaced and not standing.retained_when_replaced:
            leaving.append(standing)
        retained = record.get("DeletionPolicy") in {"Retain", "RetainExceptOnCreate"}
        retained_when_replaced = record.get("UpdateReplacePolicy") == "Retain"
        return Resource(logical_id, kind, properties, made, retained, retained_when_replaced, status, updated)

    def _remove(self, resource: Resource) -> None:
        place = self._place(resource.logical_resource_id, resource.cf_resource_type)
        try:
            model_of(place, resource.made, Properties(resource.properties)).delete()
        except (Refused, ClientError, BotoCoreError) as error:
            raise ResourceFailed(place.logical_id, place.kind, resource.made.id, str(error)) from error

    def _place(self, logical_id: str, kind: str) -> Place:
        pseudo = self._parsed_resources
        return Place(
            Aws(self._region_name), self._account_id, pseudo["AWS::StackName"], self.stack_id, logical_id, kind
        )

    def _tagged(self, logical_id: str, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
        if kind.startswith("Custom::") or (member := schemas.system_tags(kind)) is None:
            return properties
        ours = {
            **self.tags,
            "aws:cloudformation:stack-name": self._parsed_resources["AWS::StackName"],
            "aws:cloudformation:logical-id": logical_id,
            "aws:cloudformation:stack-id": self.stack_id,
        }
        if schemas.holds_tags_as_object(kind):
            return {**properties, member: {**ours, **properties.get(member, {})}}
        tags = [{"Key": key, "Value": value} for key, value in ours.items()]
        return {**properties, member: [*properties.get(member, []), *tags]}


def _check_members(record: Mapping[str, Any]) -> None:
    if unknown := set(record) - MEMBERS:
        raise Refused(f"nobody reads {sorted(unknown)} of a resource")


def _depends(record: Mapping[str, Any]) -> list[str]:
    depends = record.get("DependsOn", [])
    return [depends] if isinstance(depends, str) else depends


def _replaces(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    if kind.startswith("Custom::"):
        return False  # its function says so, by the physical id that it answers with
    return schemas.replaces(kind, dict(before), dict(after))


def _create(place: Place, properties: dict[str, Any]) -> Made:
    wanted = Properties(properties)
    made = model_of(place).create(wanted)
    if unread := list(wanted.unread()):
        raise Refused(f"the model of {place.kind} does not read {unread}")
    return made


def _update(place: Place, standing: Resource, properties: dict[str, Any]) -> Made:
    before, wanted = Properties(standing.properties), Properties(properties)
    made = model_of(place, standing.made, before).update(wanted)
    missed = [
        name
        for name in sorted({*before.plain(), *wanted.plain()})
        if before.plain().get(name) != wanted.plain().get(name)
        # What went away must have been looked at where it was.
        and name in {path.split(".")[0] for path in (wanted if name in wanted else before).unread()}
    ]
    if missed:
        raise Refused(f"the model of {place.kind} does not update {missed}")
    return made
