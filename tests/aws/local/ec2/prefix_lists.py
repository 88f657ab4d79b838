"""Managed prefix lists: an account's own change by versions, AWS's change for nobody."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.managed_prefixes import ManagedPrefixList
from moto.ec2.responses import EC2Response

from agent_perimeter.catalogue.prefix_lists import PREFIX_LISTS
from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.errors import Refused
from tests.aws.local.operations import Answer, Call, Fields, operation

ec2 = operation(EC2Response)


@ec2
def create_managed_prefix_list(call: Call) -> Answer:
    _check_size(call.get("Entries", []), call.asked["MaxEntries"])
    return call.stock()


@ec2
def get_managed_prefix_list_entries(call: Call) -> Answer:
    _asked(call)
    return call.stock()


@ec2
def modify_managed_prefix_list(call: Call) -> Answer:
    held = _own(call)
    if call.get("CurrentVersion") not in {None, held.version}:
        raise Refused("PrefixListVersionMismatch", f"The prefix list has the version {held.version}")
    added, removed = call.get("AddEntries", []), {entry["Cidr"] for entry in call.get("RemoveEntries", [])}
    entries = [
        entry
        for entry in held.entries.get(held.version) or []
        if entry["Cidr"] not in removed | {new["Cidr"] for new in added}
    ] + added
    most = call.get("MaxEntries", held.max_entries)
    _check_size(entries, most)
    held.max_entries = most
    held.prefix_list_name = call.get("PrefixListName", held.prefix_list_name)
    if added or removed:
        held.version += 1
        held.entries[held.version] = entries
    held.state = "modify-complete"
    return ActionResult({"PrefixList": held})


@ec2
def restore_managed_prefix_list_version(call: Call) -> Answer:
    """The entries of an earlier version become those of a new one."""
    held = _own(call)
    if call.asked["CurrentVersion"] != held.version:
        raise Refused("PrefixListVersionMismatch", f"The prefix list has the version {held.version}")
    if call.asked["PreviousVersion"] not in range(1, held.version):
        raise Refused("PrefixListVersionNotFound", "The prefix list has no such version")
    entries = held.entries.get(call.asked["PreviousVersion"]) or []
    _check_size(entries, held.max_entries)
    held.version += 1
    held.entries[held.version] = entries
    held.state = "restore-complete"
    return ActionResult({"PrefixList": held})


@ec2
def delete_managed_prefix_list(call: Call) -> Answer:
    held, backend = _own(call), asked_ec2(call)
    routes = [route for table in backend.route_tables.values() for route in table.routes]
    if any(route.destination_prefix_list_id == held.id for route in routes):
        raise Refused("DependencyViolation", f"The prefix list '{held.id}' is in use by a route")
    del backend.managed_prefix_lists[held.id]
    held.state = "delete-complete"
    return ActionResult({"PrefixList": held})


def _asked(call: Call) -> Any:
    identity = call.asked["PrefixListId"]
    found = asked_ec2(call).managed_prefix_lists.get(identity)
    if found is None:
        raise Refused("InvalidPrefixListID.NotFound", f"The prefix list ID '{identity}' does not exist")
    return found


def _own(call: Call) -> Any:
    found = _asked(call)
    if found.owner_id == "AWS":
        raise Refused("OperationNotPermitted", f"{found.id} is managed by AWS")
    return found


def _check_size(entries: list[Fields], most: int) -> None:
    if len(entries) > int(most):
        raise Refused(
            "PrefixListMaxEntriesExceeded", f"{len(entries)} entries are more than the {most} that the list takes"
        )


_first_named = ManagedPrefixList.__init__


def _named_as_in_aws(listed: Any, backend: Any, region: str, **given: Any) -> None:
    """The lists of S3 and DynamoDB have the ids under which templates know them, not random ones."""
    _first_named(listed, backend, region, **given)
    service = str(given.get("prefix_list_name")).removeprefix(f"com.amazonaws.{region}.")
    known = PREFIX_LISTS.get(service, {}).get(region)
    if given.get("owner_id") == "AWS" and known is not None:
        listed.id, listed.prefix_list_arn = known, f"arn:aws:ec2:{region}:aws:prefix-list/{known}"


setattr(ManagedPrefixList, "__init__", _named_as_in_aws)  # noqa: B010 # a method of another class
