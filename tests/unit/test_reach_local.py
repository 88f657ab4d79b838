"""Inside the VPC: a sentence, what stands there, and whether the agent reaches it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from agent_perimeter.observed import GroupRef, ObservedNetwork, TargetKind
from agent_perimeter.packet_sets import Packet
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.index import Index
from agent_perimeter.reach.local import LocalLayer, local
from agent_perimeter.reach.routes import paths
from agent_perimeter.values import PortRange
from agent_perimeter.verdict import Layer, Outcome
from tests.unit.reach_networks import (
    OPEN_ACL,
    TO_FIREWALL,
    UNREAD,
    acl,
    endpoint,
    entry,
    firewall,
    group,
    interface,
    route,
    rule,
    subnet,
    table,
    target,
    tcp,
    udp,
    uses,
    vpc,
    walled,
)

OPEN_GROUP = group("open", ingress=(rule("10.0.0.0/16"),))
FOR_US = group("service", ingress=(rule(GroupRef("mine")),))
BASE = ObservedNetwork(
    vpcs=(vpc(),),
    subnets=(subnet("agent", "10.0.1.0/24"), subnet("inner", "10.0.2.0/24"), subnet("other", "10.0.3.0/24")),
    route_tables=(table("main", main=True),),
    acls=(OPEN_ACL,),
    security_groups=(group("mine"), FOR_US),
    endpoints=(endpoint("e", "logs", subnets=("inner",), groups=("service",)),),
)
SHUT = acl("shut")
ONE_WAY = acl("one-way", entry(1, True, True), entry(1, False, True, ports=443))


def found(**more: Any) -> LocalLayer:
    network = replace(BASE, **more)
    index = Index(network)
    source = Source.of(index, "agent", ("mine",))
    return local(index, source, paths(index, source))


@dataclass(frozen=True)
class Case:
    layer: LocalLayer
    packet: Packet
    reached: str
    """``surely``, ``perhaps`` or ``never``."""
    rule: str
    """The last step's."""


E, MEMBER, X = tcp("endpoint:e"), tcp("members:open"), tcp("10.0.2.9")
CASES = {
    "an endpoint whose group takes us in": Case(found(), E, "surely", "service takes in TCP 443 from the group mine"),
    "on its own ports only": Case(found(), tcp("endpoint:e", 80), "never", "service takes in nothing like it"),
    "an endpoint whose group takes in others": Case(
        found(security_groups=(group("mine"), group("service", ingress=(rule(GroupRef("other")),)))),
        E,
        "never",
        "service takes in nothing like it",
    ),
    "an endpoint behind an ACL that denies": Case(
        found(acls=(OPEN_ACL, SHUT), acl_associations=(walled("inner", "shut"),)),
        E,
        "never",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint in our own subnet meets no ACL": Case(
        found(
            acls=(OPEN_ACL, SHUT),
            acl_associations=(walled("agent", "shut"),),
            endpoints=(endpoint("e", "logs", subnets=("agent",), groups=("service",)),),
        ),
        E,
        "surely",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint in two subnets, at its open interface": Case(
        found(
            acls=(OPEN_ACL, SHUT),
            acl_associations=(walled("other", "shut"),),
            endpoints=(endpoint("e", "logs", subnets=("inner", "other"), groups=("service",)),),
        ),
        tcp("endpoint:e in inner"),
        "surely",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint in two subnets, at its walled one": Case(
        found(
            acls=(OPEN_ACL, SHUT),
            acl_associations=(walled("other", "shut"),),
            endpoints=(endpoint("e", "logs", subnets=("inner", "other"), groups=("service",)),),
        ),
        tcp("endpoint:e in other"),
        "never",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint in our own subnet, at its open interface": Case(
        found(
            acls=(OPEN_ACL, SHUT),
            acl_associations=(walled("other", "shut"),),
            endpoints=(endpoint("e", "logs", subnets=("agent", "other"), groups=("service",)),),
        ),
        tcp("endpoint:e in agent"),
        "surely",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint in our own subnet, at its walled one": Case(
        found(
            acls=(OPEN_ACL, SHUT),
            acl_associations=(walled("other", "shut"),),
            endpoints=(endpoint("e", "logs", subnets=("agent", "other"), groups=("service",)),),
        ),
        tcp("endpoint:e in other"),
        "never",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint in a subnet that cannot be read": Case(
        found(endpoints=(endpoint("e", "logs", subnets=(UNREAD,), groups=("service",)),)),
        E,
        "perhaps",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint that may not exist": Case(
        found(endpoints=(endpoint("e", "logs", subnets=("inner",), groups=("service",), maybe=UNREAD),)),
        E,
        "perhaps",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint of unknown kind": Case(
        found(endpoints=(endpoint("e", "logs", subnets=("inner",), groups=("service",), kind=UNREAD),)),
        E,
        "perhaps",
        "service takes in TCP 443 from the group mine",
    ),
    "an endpoint without a group bears the default group": Case(
        found(
            security_groups=(group("mine"), group("vpc/default-group", ingress=(rule("10.0.0.0/16"),))),
            endpoints=(endpoint("e", "logs", subnets=("inner",)),),
        ),
        E,
        "surely",
        "vpc/default-group takes in TCP 443 from 10.0.0.0/16",
    ),
    "an endpoint without a group, and no default group in sight": Case(
        found(endpoints=(endpoint("e", "logs", subnets=("inner",)),)),
        E,
        "perhaps",
        "a security group that is not known takes in what it likes",
    ),
    "another VPC's endpoint is not ours to reach": Case(
        found(endpoints=(endpoint("e", "logs", of="elsewhere", groups=("service",)),)),
        E,
        "never",
        "nothing in the VPC that is known to take anything in has this address",
    ),
    "an instance with an open group": Case(
        found(security_groups=(group("mine"), OPEN_GROUP), interfaces=(interface("i", "inner", "open"),), endpoints=()),
        MEMBER,
        "surely",
        "open takes in TCP 443 from 10.0.0.0/16",
    ),
    "an instance that may not exist": Case(
        found(
            security_groups=(group("mine"), OPEN_GROUP),
            interfaces=(interface("i", "inner", "open", maybe=UNREAD),),
            endpoints=(),
        ),
        MEMBER,
        "perhaps",
        "open takes in TCP 443 from 10.0.0.0/16",
    ),
    "an instance takes in by its other groups too": Case(
        found(
            security_groups=(group("mine"), OPEN_GROUP, group("more", ingress=(rule("10.0.0.0/16", 17, 53),))),
            interfaces=(interface("i", "inner", "open", "more"),),
            endpoints=(),
        ),
        udp("members:open"),
        "surely",
        "more takes in UDP 53 from 10.0.0.0/16",
    ),
    "an open group that nothing in sight bears": Case(
        found(security_groups=(group("mine"), OPEN_GROUP), endpoints=()),
        MEMBER,
        "perhaps",
        "open takes in TCP 443 from 10.0.0.0/16",
    ),
    "behind an address there may be something with an open group": Case(
        found(security_groups=(group("mine"), OPEN_GROUP), endpoints=()),
        X,
        "perhaps",
        "open takes in TCP 443 from 10.0.0.0/16",
    ),
    "but not where an ACL denies it": Case(
        found(
            security_groups=(group("mine"), OPEN_GROUP),
            endpoints=(),
            acls=(OPEN_ACL, SHUT),
            acl_associations=(walled("inner", "shut"),),
        ),
        X,
        "never",
        "open takes in TCP 443 from 10.0.0.0/16",
    ),
    "and not where no subnet is": Case(
        found(security_groups=(group("mine"), OPEN_GROUP), endpoints=()),
        tcp("10.0.77.9"),
        "never",
        "nothing in the VPC that is known to take anything in has this address",
    ),
    "a subnet whose block cannot be read may be anywhere": Case(
        found(
            security_groups=(group("mine"), OPEN_GROUP),
            endpoints=(),
            subnets=(subnet("agent", "10.0.1.0/24"), subnet("inner", UNREAD)),
        ),
        tcp("10.0.77.9"),
        "perhaps",
        "open takes in TCP 443 from 10.0.0.0/16",
    ),
    "what only endpoints bear is behind no other address": Case(
        found(security_groups=(group("mine"), group("service", ingress=(rule("10.0.0.0/16"),)))),
        X,
        "never",
        "mine takes in nothing like it",
    ),
    "a group's own ingress is for its members": Case(
        found(security_groups=(group("mine", ingress=(rule(GroupRef("mine")),)),), endpoints=()),
        tcp("members:mine"),
        "perhaps",
        "mine takes in TCP 443 from the group mine",
    ),
    "an instance with a group that cannot be read": Case(
        found(interfaces=(interface("i", "inner", UNREAD),)),
        tcp("10.0.2.9", 80),
        "perhaps",
        "a security group that is not known takes in what it likes",
    ),
    "a request without a reply is no connection": Case(
        found(
            acls=(OPEN_ACL, ONE_WAY),
            acl_associations=(walled("inner", "one-way"),),
            security_groups=(
                group("mine"),
                group("service", ingress=(rule(GroupRef("mine"), 6, PortRange(1, 500)),)),
            ),
        ),
        tcp("endpoint:e", 80),
        "never",
        "service takes in TCP 1-500 from the group mine",
    ),
    "a route elsewhere takes it out of the VPC": Case(
        found(routes=(route("main", "10.0.2.0/24", target(TargetKind.BLACKHOLE)),)),
        E,
        "never",
        "service takes in TCP 443 from the group mine",
    ),
    "a route through a firewall leaves it open": Case(
        found(
            routes=(route("main", "10.0.2.0/24", TO_FIREWALL),),
            route_tables=(table("main", main=True), table("side")),
            table_associations=(uses("other", "side"),),
            firewalls=(firewall("wall", "other"),),
        ),
        E,
        "perhaps",
        "service takes in TCP 443 from the group mine",
    ),
}


@pytest.mark.parametrize("sentence", CASES)
def test_what_is_reached(sentence: str) -> None:
    case = CASES[sentence]
    least, most = case.packet in case.layer.permitted.least, case.packet in case.layer.permitted.most
    assert {(True, True): "surely", (False, True): "perhaps", (False, False): "never"}[least, most] == case.reached
    assert case.layer.steps(case.packet)[-1].rule == case.rule


def test_the_steps_are_acl_and_group() -> None:
    steps = found().steps(E)
    assert [step.layer for step in steps] == [Layer.NETWORK_ACL, Layer.SECURITY_GROUP]
    assert [step.outcome for step in steps] == [Outcome.ALLOWS, Outcome.ALLOWS]
    assert steps[0].rule == "open entry 100 allows all traffic to 0.0.0.0/0"


def test_the_acls_are_known_alone() -> None:
    layer = found()
    assert tcp("endpoint:e", 80) in layer.walls.least
    assert tcp("endpoint:e", 80) not in layer.permitted.most


def test_in_a_vpc_out_of_sight_anything_may_be_reached() -> None:
    layer = found(vpcs=())
    assert X in layer.permitted.most
    assert not layer.permitted.least
    assert layer.steps(X)[-1].doubts[0].reason == "it is not known what is in the VPC of agent"
