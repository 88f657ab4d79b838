"""The local AWS begins again exactly where it was left, and nothing that a test does reaches the next."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from datetime import date, datetime, tzinfo
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import WeakValueDictionary

import boto3
import moto.core.responses
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from moto.core.base_backend import BackendDict

from agent_perimeter.aws.collect import collect
from agent_perimeter.aws.select import Target
from agent_perimeter.snapshot import Snapshot
from tests.aws.conftest import REGION, LocalAws
from tests.aws.deploy import deploy, golden, resources
from tests.aws.local import kept as module
from tests.aws.local.kept import Kept, kept, running
from tests.aws.local.sessions import session
from tests.aws.test_collect_table import watch_template

STACK = "AgentPerimeter-agents"
WATCH = "AgentPerimeterWatch"
ELSEWHERE = "eu-central-1"
GROUP = "Perimetergroupagentisolatedagent8B895DE3"
PLAIN = (str, bytes, int, float, complex, type(None), type, date, datetime, tzinfo, Enum, re.Pattern)
CODE = (FunctionType, BuiltinFunctionType, ModuleType, BackendDict, RSAPrivateKey)
"""What has no state that a test could change."""


@kept
def perimeter() -> dict[str, str]:
    """A small perimeter, a watch, and a VPC in another region."""
    here = session(REGION)
    deploy(here, STACK, golden("isolated-agent"))
    deploy(here, WATCH, watch_template())
    session(ELSEWHERE).client("ec2").create_vpc(CidrBlock="10.99.0.0/16")
    read()  # for some things have no id before somebody asks for them
    return resources(here, STACK)


def ec2(region: str = REGION) -> Any:
    return session(region).client("ec2")


def read() -> Snapshot:
    return replace(collect(session(REGION), Target(stack=STACK, watch_stack=WATCH)), taken="")


def differences(one: Any, other: Any) -> Iterator[str]:
    """Where two things differ, or share what could be changed: by everything that a copy of them is made from."""
    met: dict[int, int] = {}
    alive: list[Any] = []  # or an id would be given again
    pending = [("", one, other)]
    while pending:
        path, a, b = pending.pop()
        alive += [a, b]
        if isinstance(a, PLAIN):
            if a != b:
                yield f"{path}: {a!r} and {b!r}"
        elif isinstance(a, CODE):
            if a is not b:
                yield f"{path}: {a!r} and {b!r}"
        elif type(a) is not type(b) or met.get(id(a), id(b)) != id(b):
            yield f"{path}: {a!r} and {b!r}"
        elif a is b and a not in ((), frozenset()):
            yield f"{path}: {a!r} is shared"
        elif id(a) not in met:
            met[id(a)] = id(b)
            pending += [(f"{path}.{name}", *pair) for name, *pair in _parts(a, b)]


def _parts(a: Any, b: Any) -> Iterator[tuple[Any, Any, Any]]:
    match a:
        case tuple() | list():
            yield "length", len(a), len(b)
            yield from ((place, *pair) for place, pair in enumerate(zip(a, b, strict=False)))
        case set() | frozenset():
            yield "members", sorted(a, key=repr), sorted(b, key=repr)
        case dict():
            yield "keys", list(a), list(b)
            yield from ((key, a[key], value) for key, value in zip(a, b.values(), strict=False))
            if type(a) is not dict:
                yield "attributes", vars(a) if hasattr(a, "__dict__") else (), vars(b) if hasattr(b, "__dict__") else ()
            if isinstance(a, defaultdict):
                yield "default", a.default_factory, b.default_factory
        case WeakValueDictionary():
            yield "entries", dict(a), dict(b)
        case MethodType():
            yield "of", a.__self__, b.__self__
            yield "name", a.__name__, b.__name__
        case _ if type(a) in module._LOCKS:
            pass
        case _:
            yield "state", _state(a), _state(b)


def _state(one: Any) -> list[Any]:
    made = one.__reduce_ex__(4)
    return [list(part) if isinstance(part, Iterator) else part for part in (*made[1:],)]


@pytest.mark.usefixtures("local_aws")
def test_a_copy_is_equal_to_the_local_aws_and_shares_nothing_with_it() -> None:
    perimeter.__wrapped__()  # type: ignore[attr-defined]
    world = Kept.of(None)
    one, _ = world.copy()
    other, _ = world.copy()
    assert sum(1 for service, _ in one if service.service_name == "ec2") == 2, "moto's and ours"
    assert list(differences(running(), one)) == []
    assert list(differences(one, other)) == []


@pytest.mark.usefixtures("local_aws")
def test_what_differs_or_is_shared_is_seen() -> None:
    """The measure itself."""
    there = perimeter()
    one, other = Kept.of(None), running()
    ec2().create_tags(Resources=[there[GROUP]], Tags=[{"Key": "k", "Value": "v"}])
    assert any(".tags." in said for said in differences(one.copy()[0], other))
    mine: list[Hashable] = []
    assert list(differences([mine], [mine])) == [".0: [] is shared"]


def opened() -> None:
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2().authorize_security_group_egress(GroupId=perimeter_now()[GROUP], IpPermissions=[everywhere])


def perimeter_now() -> dict[str, str]:
    return resources(session(REGION), STACK)


def deaf() -> None:
    sns = session(REGION).client("sns")
    for one in sns.list_topics()["Topics"]:
        sns.delete_topic(TopicArn=one["TopicArn"])


CHANGES: tuple[Callable[[], None], ...] = (opened, deaf)


@pytest.mark.usefixtures("local_aws")
def test_a_change_is_gone_when_it_begins_again_in_whatever_order_they_are_made() -> None:
    perimeter()
    untouched = read()
    after: list[list[Snapshot]] = []
    for order in (CHANGES, CHANGES[::-1]):
        after.append([])
        for change in order:
            perimeter()
            assert read() == untouched
            change()
            after[-1].append(read())
    there, back = after
    assert there == back[::-1]
    assert untouched not in there
    assert there[0] != there[1]


@pytest.mark.usefixtures("local_aws")
def test_nothing_stays_of_what_was_there_before_and_the_result_is_a_copy_as_well() -> None:
    there = perimeter()
    whole = dict(there)
    there.clear()
    ec2("ap-south-1").create_vpc(CidrBlock="10.1.0.0/16")
    assert perimeter() == whole
    assert [one["IsDefault"] for one in ec2("ap-south-1").describe_vpcs()["Vpcs"]] == [True]


@pytest.mark.usefixtures("local_aws")
def test_the_next_address_of_a_subnet_is_the_next_one_each_time() -> None:
    perimeter.__wrapped__()  # type: ignore[attr-defined]
    world = Kept.of(None)

    def following() -> list[str]:
        subnet = next(physical for physical in perimeter_now().values() if physical.startswith("subnet-"))
        image = ec2().describe_images()["Images"][0]["ImageId"]
        run = ec2().run_instances(ImageId=image, SubnetId=subnet, MinCount=2, MaxCount=2)
        return [one["PrivateIpAddress"] for one in run["Instances"]]

    first = following()
    assert len(set(first)) == 2
    for _ in range(2):
        module._put(world.copy()[0])
        assert following() == first


@pytest.mark.usefixtures("local_aws")
def test_regions_find_each_other_in_a_copy() -> None:
    perimeter()
    mine, theirs = (
        next(one["VpcId"] for one in ec2(region).describe_vpcs()["Vpcs"] if not one["IsDefault"])
        for region in (REGION, ELSEWHERE)
    )
    made = ec2().create_vpc_peering_connection(VpcId=mine, PeerVpcId=theirs, PeerRegion=ELSEWHERE)
    peering = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2(ELSEWHERE).accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    (seen,) = ec2().describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert seen["Status"]["Code"] == "active"
    perimeter()
    assert ec2(ELSEWHERE).describe_vpc_peering_connections()["VpcPeeringConnections"] == []


@pytest.mark.usefixtures("local_aws")
def test_what_cannot_be_copied_is_refused() -> None:
    with pytest.raises(TypeError, match="generator"):
        Kept.of(one for one in "no")


def test_sessions_share_the_models_of_services(local_aws: LocalAws) -> None:
    models = [
        boto3.Session(region_name=REGION)._session.get_component("data_loader").load_service_model("ec2", "service-2")
        for _ in range(2)
    ]
    assert models[0] is models[1]
    assert local_aws.region == REGION


def test_moto_sees_the_operations_that_a_class_has_now() -> None:
    class Service:
        shape = "round"

        def made_first(self) -> None: ...

    names = vars(moto.core.responses)["method_names_from_class"](Service)
    assert "made_first" in names
    assert "shape" not in names
    assert "made_later" not in names
    setattr(Service, "made_later", Service.made_first)  # noqa: B010
    assert "made_later" in names
