"""Custom resources: judged by what their function may do, never by their name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from agent_perimeter.catalogue.closers import CLOSERS
from agent_perimeter.lift.node import Pointer, Resource
from agent_perimeter.lift.policies import statements
from agent_perimeter.lift.properties import Property, top
from agent_perimeter.lift.resources import Resources
from agent_perimeter.observed import Doubt, Statement

_READS = ("ec2:describe", "ec2:get", "logs:")
_CLOSES = ("ec2:revokesecuritygroupegress", "ec2:revokesecuritygroupingress")
_NETWORK = ("ec2:", "network-firewall:", "route53resolver:")
_LOGS_ONLY = "service-role/AWSLambdaBasicExecutionRole"


def is_custom(resource: Resource) -> bool:
    """Whether a function makes the resource (CloudFormation user guide, custom resources)."""
    return resource.type.startswith("Custom::") or resource.type == "AWS::CloudFormation::CustomResource"


def why_not_narrow(resources: Resources, resource: Resource, touched: tuple[str, ...]) -> Doubt | None:
    """None where all that the function may do is to read, to log, and to revoke rules of a VPC's default group.

    Otherwise what it may do beyond that, or why this is not known. Revoking a rule of any other group could
    take away what an agent is meant to reach.
    """
    token = top(resource).at("ServiceToken")
    function = resources.pointee(token, "AWS::Lambda::Function")
    if function is None:
        return Doubt("the function behind this custom resource is not in the assembly", token.path)
    written = top(function).at("Role")
    role = resources.pointee(written, "AWS::IAM::Role")
    if role is None:
        return Doubt("the role of this custom resource's function is not in the assembly", written.path)
    closes_only_defaults = all(name.endswith("/default-group") for name in touched)
    for document in _documents(resources, role):
        doubt = document if isinstance(document, Doubt) else _beyond(document, closes_only_defaults)
        if doubt:
            return doubt
    return None


def why_not_aloof(resources: Resources, resource: Resource) -> Doubt | None:
    """Why a custom resource that names nothing of the network may change it all the same: by what its function may do.

    None where the function is not in the assembly: it runs there whether this resource is made or not.
    """
    function = resources.pointee(top(resource).at("ServiceToken"), "AWS::Lambda::Function")
    role = None if function is None else resources.pointee(top(function).at("Role"), "AWS::IAM::Role")
    for document in () if role is None else _documents(resources, role):
        found = document if isinstance(document, Doubt) else statements(document)
        for statement in () if isinstance(found, Doubt) else found:
            if statement.allow is not False and (statement.not_actions or any(map(_changes, statement.actions))):
                reason = "the function of this custom resource may change the network, whatever it is told"
                return Doubt(reason, statement.origin.path)
    return None


def _changes(action: str | Doubt) -> bool:
    """Whether an action is, or may be, one that changes a network."""
    head = "" if isinstance(action, Doubt) else re.split("[*?]", action.lower())[0]
    return not head.startswith(_READS) and any(head.startswith(name) or name.startswith(head) for name in _NETWORK)


def closed_defaults(resources: Resources) -> frozenset[str]:
    """The ids of the VPCs whose default group a function of known code empties when the stack is deployed."""
    return frozenset(
        vpc
        for resource in resources.by_id.values()
        if is_custom(resource) and resource.maybe is None
        for vpc in _closed(resources, resource)
    )


def _closed(resources: Resources, resource: Resource) -> Iterator[str]:
    function = resources.pointee(top(resource).at("ServiceToken"), "AWS::Lambda::Function")
    if function is None or function.maybe is not None or not _plain(top(function)):
        return
    code = top(function).at("Code", "ZipFile").needed_text()
    if isinstance(code, Doubt):
        return
    closer = CLOSERS.get(hashlib.sha256(code.encode()).hexdigest())
    handler, runtime = top(function).at("Handler").text(), top(function).at("Runtime").text()
    if closer is None or handler != closer.handler:
        return
    if not isinstance(runtime, str) or not runtime.startswith(closer.runtimes):
        return
    group = top(resource).at(closer.group).pointer()
    if isinstance(group, Pointer) and group.attribute == "DefaultSecurityGroup":
        yield group.resource


_PLAIN = frozenset(
    {"Architectures", "Code", "Description", "FunctionName", "Handler", "LoggingConfig", "MemorySize", "Role"}
    | {"Runtime", "Tags", "Timeout"}
)


def _plain(function: Property) -> bool:
    """Whether nothing beside its code says what a function does: no layer, no variable, no image."""
    written, code = function.entries(), function.at("Code").entries()
    return isinstance(written, Mapping) and set(written) <= _PLAIN and isinstance(code, Mapping) and len(code) == 1


def _documents(resources: Resources, role: Resource) -> Iterator[Property | Doubt]:
    """Every policy of a role: inline, attached from either side, and managed ones."""
    written = top(role)
    for policy in written.at("Policies").items():
        yield policy.at("PolicyDocument")
    for arn in written.at("ManagedPolicyArns").items():
        yield from _managed(resources, arn)
    for _, policy in resources.of("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for attached in policy.at("Roles").items():
            yield from _attached(role, attached, policy)
    for _, policy in resources.of("AWS::IAM::RolePolicy"):
        yield from _attached(role, policy.at("RoleName"), policy)


def _attached(role: Resource, attached: Property, policy: Property) -> Iterator[Property | Doubt]:
    pointer = attached.pointer()
    if isinstance(pointer, Pointer):
        if pointer.resource == role.id:
            yield policy.at("PolicyDocument")
        return
    name, own = attached.text(), top(role).at("RoleName").text()
    if isinstance(name, Doubt):
        yield name
    elif own is not None and (isinstance(own, Doubt) or own == name):
        yield policy.at("PolicyDocument")


def _managed(resources: Resources, arn: Property) -> Iterator[Property | Doubt]:
    policy = resources.pointee(arn, "AWS::IAM::ManagedPolicy")
    if policy is not None:
        yield top(policy).at("PolicyDocument")
        return
    text = arn.needed_text()
    if isinstance(text, Doubt):
        yield text
    elif not text.endswith(f":aws:policy/{_LOGS_ONLY}"):
        yield Doubt(f"what {text} allows is not in the assembly", arn.path)


def _beyond(document: Property, closes_only_defaults: bool) -> Doubt | None:
    """The first permission that does more than read, log or close a default group."""
    found = statements(document)
    if isinstance(found, Doubt):
        return found
    return next((doubt for each in found if (doubt := _wider(each, closes_only_defaults))), None)


def _wider(statement: Statement, closes_only_defaults: bool) -> Doubt | None:
    if statement.allow is False:
        return None
    path = statement.origin.path
    if statement.not_actions:
        return Doubt("the function of this custom resource may do all but what is listed", path)
    narrow = _READS + (_CLOSES if closes_only_defaults else ())
    for action in statement.actions:
        if isinstance(action, Doubt):
            return action
        if not action.lower().partition("*")[0].partition("?")[0].startswith(narrow):
            return Doubt(f"the function of this custom resource may call {action}", path)
    return None
