"""The table of calls, held to botocore's model of every API in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.model import OperationModel, ServiceModel

from agent_perimeter.aws.read import Read, Source
from agent_perimeter.aws.reads import READS
from agent_perimeter.aws.shapes import ByKey, Document, Each, Fields, Kept, Value, lacking
from agent_perimeter.aws.table.deployment import DEPLOYED, EVENTS
from agent_perimeter.forms import Json

TABLE = {read.call: read for read in READS}
ALL = [*READS, DEPLOYED, EVENTS]
PLACES = {"vpc", "region", "stack", "watch_stack", "resource"}


@cache
def service(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


def operation(read: Read) -> OperationModel:
    return service(read.service).operation_model(read.operation)


@pytest.mark.parametrize("read", ALL, ids=lambda read: read.call)
def test_every_kept_field_is_one_that_aws_has(read: Read) -> None:
    assert lacking(read.result, operation(read).output_shape) == ()
    assert required(read.result) == []


def required(shape: Kept) -> list[str]:
    """What must be there and is not kept."""
    match shape:
        case Each(inner) | ByKey(inner):
            return required(inner)
        case Fields(members, needed):
            return [*(needed - members.keys()), *(name for inner in members.values() for name in required(inner))]
        case _:
            return []


def test_a_field_that_aws_does_not_have_is_noticed() -> None:
    model = operation(TABLE["ec2:DescribeVpcs"]).output_shape
    wrong = Fields(
        {"Vpcs": Each(Fields({"VpcId": Each(Value()), "Vpc": Value(), "Tags": Value(), "State": Fields({})}))}
    )
    assert lacking(wrong, model) == ("Vpcs.VpcId", "Vpcs.Vpc", "Vpcs.Tags", "Vpcs.State")
    assert lacking(ByKey(Value()), model) == ("*",)
    assert lacking(Fields({"Nets": Document()}), model) == ("Nets",)
    assert lacking(Fields({}), None) == ("*",)


@pytest.mark.parametrize("read", ALL, ids=lambda read: read.call)
def test_every_parameter_is_one_that_aws_takes(read: Read) -> None:
    shape = operation(read).input_shape
    for template in read.parameters:
        assert {*template, *read.newer} <= (shape.members.keys() if shape else set())
        assert set(shape.required_members if shape else ()) <= template.keys()
        for key, value in template.items():
            for name in filter_names(value):
                described = (
                    shape.members[key].documentation
                    + service(read.service).shape_for("Filter").members["Name"].documentation
                )
                assert f"<code>{name}</code>" in described, f"{read.call} has no filter {name}"


def filter_names(value: Json) -> Iterator[str]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and "Name" in item:
            yield str(item["Name"])


@pytest.mark.parametrize("read", ALL, ids=lambda read: read.call)
def test_every_placeholder_is_filled_by_the_target_or_by_every_source(read: Read) -> None:
    named = {name for template in read.parameters for name in re.findall(r"\{(\w+)\}", str(template))}
    for source in read.sources:
        assert named - PLACES <= source.take.keys()
    if not read.sources:
        assert named <= PLACES


def source_ids() -> list[tuple[Read, Source]]:
    return [(read, source) for read in READS for source in read.sources]


@pytest.mark.parametrize(("read", "source"), source_ids(), ids=lambda one: getattr(one, "call", ""))
def test_every_source_reads_what_is_kept(read: Read, source: Source) -> None:
    assert source.call in TABLE, f"{read.call} needs {source.call}, which is never made"
    assert source.stack in {"", "{stack}", "{watch_stack}"}
    for path in (*source.take.values(), *source.where):
        assert is_kept(TABLE[source.call].result, f"{source.at}.{path}"), f"{source.call} keeps no {source.at}.{path}"


def is_kept(shape: Kept, path: str) -> bool:
    match shape:
        case Each(item):
            return is_kept(item, path)
        case Fields(members):
            name, _, rest = path.partition(".")
            return name in members and (not rest or is_kept(members[name], rest))
        case _:
            return False


@pytest.mark.parametrize("read", READS, ids=lambda read: read.call)
def test_what_is_checked_and_picked_is_kept(read: Read) -> None:
    paths = [path.partition("=")[0] for one in (*read.nonempty, read.about) for path in one.split("|") if path]
    picked = [] if read.only is None else [".".join(read.only)]
    for path in (*paths, *picked):
        assert is_kept(read.result, path), f"{read.call} keeps no {path}"


def test_no_call_waits_for_itself() -> None:
    left = dict(TABLE)
    while ready := [call for call, read in left.items() if not read.needs & left.keys()]:
        for call in ready:
            del left[call]
    assert not left


def test_no_call_stands_twice_in_the_table() -> None:
    calls = [(read.call, parameters) for read in READS for parameters in read.parameters]
    assert [one for one in calls if calls.count(one) > 1] == []


SECRETS = {
    "CustomerGatewayConfiguration": "holds the pre-shared keys of a VPN",
    "Environment": "functions have secrets there",
    "UserData": "instances have secrets there",
    "Variables": "a function's environment",
    "Parameter": "an SSM parameter",
    "overrides": "a task's environment",
}


def names(shape: Kept) -> Iterator[str]:
    match shape:
        case Each(inner) | ByKey(inner):
            yield from names(inner)
        case Fields(members):
            for name, inner in members.items():
                yield name
                yield from names(inner)
        case _:
            return


def test_nothing_that_can_be_a_secret_is_kept() -> None:
    found = {
        f"{read.call} keeps {name}: {SECRETS[name]}" for read in ALL for name in names(read.result) if name in SECRETS
    }
    assert found == set()


@pytest.mark.parametrize("read", ALL, ids=lambda read: read.call)
def test_no_call_changes_anything(read: Read) -> None:
    assert re.match(r"(Describe|List|Get|Lookup)[A-Z]", read.operation)


def test_the_calls_for_the_watch_are_told_from_those_for_the_perimeter() -> None:
    watch = {read.service for read in READS if read.watch_only}
    assert watch == {"cloudwatch", "events", "kms", "lambda", "s3", "scheduler", "sns"}
    assert not TABLE["lambda:ListFunctions"].watch_only
    assert not TABLE["cloudformation:ListStackResources"].watch_only


def test_every_list_that_can_have_several_pages_is_read_by_a_token_that_botocore_knows() -> None:
    """What has a token and no paginator is paged by ``NextToken``: nothing else."""
    odd = []
    for read in ALL:
        shape = operation(read)
        tokens = {
            name
            for name in (shape.output_shape.members if shape.output_shape else ())
            if "oken" in name or "arker" in name
        }
        paged: Mapping[str, Any] = paginators(read.service)
        if tokens and read.operation not in paged and tokens != {"NextToken"}:
            odd.append(read.call)
    # An update token is for writing.
    assert odd == [
        "network-firewall:DescribeFirewall",
        "network-firewall:DescribeFirewallPolicy",
        "network-firewall:DescribeRuleGroup",
    ]


@cache
def paginators(name: str) -> Mapping[str, Any]:
    loader = botocore.session.get_session().get_component("data_loader")
    try:
        found: Mapping[str, Any] = loader.load_service_model(name, "paginators-1")["pagination"]
    except botocore.exceptions.UnknownServiceError:
        return {}
    return found
