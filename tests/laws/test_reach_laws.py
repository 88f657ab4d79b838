"""Laws of reach over random networks: an allow never takes away, a deny never adds, a doubt only widens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_perimeter.bounds import Bounds
from agent_perimeter.observed import (
    Acl,
    AclEntry,
    GroupRef,
    GroupRule,
    Icmp,
    ListRef,
    ManagedList,
    ObservedNetwork,
    Peer,
    PrefixList,
    Route,
    SecurityGroup,
    TargetKind,
)
from agent_perimeter.packet_sets import PacketSet
from agent_perimeter.reach.acls import walls
from agent_perimeter.reach.addresses import Source
from agent_perimeter.reach.groups import egress
from agent_perimeter.reach.index import Index
from agent_perimeter.reach.local import local
from agent_perimeter.reach.routes import paths
from agent_perimeter.values import Cidr, PortRange
from tests.unit.reach_networks import (
    FILTERED,
    TO_FIREWALL,
    TO_INTERNET,
    TO_NAT,
    UNREAD,
    acl,
    at,
    endpoint,
    entry,
    gateway,
    group,
    interface,
    route,
    rule,
    target,
    walled,
)

BLOCKS = ("0.0.0.0/0", "203.0.113.0/24", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24", "128.0.0.0/1", "::/0")

blocks = st.sampled_from(BLOCKS)
protocols = st.sampled_from((6, 17, 1, 47, None))
truths = st.booleans()


@st.composite
def endings(draw: st.DrawFn) -> tuple[int | None, PortRange | Icmp | None]:
    """A protocol with ports that it can have."""
    match protocol := draw(protocols):
        case 6 | 17:
            pair = sorted(draw(st.tuples(st.sampled_from((0, 443, 1024)), st.sampled_from((443, 1024, 65535)))))
            return protocol, PortRange(*pair)
        case 1:
            return protocol, draw(st.sampled_from((Icmp(None, None), Icmp(8, 0), None)))
        case _:
            return protocol, None


PEERS: tuple[Peer, ...] = (
    *map(Cidr.parse, BLOCKS),
    GroupRef("mine"),
    GroupRef("theirs"),
    ManagedList("s3"),
    ListRef("list"),
)
TO: tuple[Peer, ...] = (*map(Cidr.parse, BLOCKS[1:6]), ListRef("list"))
WAYS = (TO_INTERNET, TO_NAT, TO_FIREWALL, target(TargetKind.PEERING, "peer"), target(TargetKind.BLACKHOLE))


@st.composite
def rules(draw: st.DrawFn) -> GroupRule:
    return rule(draw(st.sampled_from(PEERS)), *draw(endings()))


@st.composite
def entries(draw: st.DrawFn) -> AclEntry:
    return entry(draw(st.integers(1, 40)), draw(truths), draw(truths), draw(blocks), *draw(endings()))


@st.composite
def routes(draw: st.DrawFn) -> Route:
    where = draw(st.sampled_from(("agent-table", "egress-table", "firewall-table")))
    return route(where, draw(st.sampled_from(TO)), draw(st.sampled_from(WAYS)), propagated=draw(truths))


def numbered(found: list[AclEntry]) -> tuple[AclEntry, ...]:
    """One entry a number and direction, as AWS has it."""
    return tuple({(one.number, one.egress): one for one in found}.values())


@st.composite
def networks(draw: st.DrawFn) -> ObservedNetwork:
    """The usual topology with other routes, ACLs, groups, endpoints and interfaces."""
    more = draw(st.lists(routes(), max_size=2))
    wall = draw(st.lists(entries(), max_size=6))
    open_both = (entry(90, True, True, protocol=None), entry(90, False, True, protocol=None))
    return replace(
        FILTERED,
        routes=tuple({one.id: one for one in (*FILTERED.routes, *more)}.values()),
        prefix_lists=(PrefixList(id="list", origin=at("list"), entries=(Cidr.parse("203.0.113.0/25"),)),),
        gateways=(*FILTERED.gateways, gateway("peer", TargetKind.PEERING)),
        acls=(*FILTERED.acls, acl("drawn", *numbered([*wall, *(open_both if draw(truths) else ())]))),
        acl_associations=(walled(draw(st.sampled_from(("agent", "firewall", "egress"))), "drawn"),),
        security_groups=(
            group("mine", egress=tuple(draw(st.lists(rules(), min_size=1, max_size=3)))),
            group("theirs", ingress=tuple(draw(st.lists(rules(), max_size=3)))),
        ),
        endpoints=(
            endpoint("e", "logs", subnets=("egress",), groups=("theirs",)),
            endpoint("g", "com.amazonaws.x.s3", gateway=True, tables=("agent-table",)),
        ),
        interfaces=(interface("i", draw(st.sampled_from(("agent", "egress"))), "theirs"),) if draw(truths) else (),
    )


def reach(network: ObservedNetwork) -> Bounds[PacketSet]:
    """What leaves the agent's subnet, and what it reaches inside; firewalls let everything through."""
    index = Index(network)
    source = Source.of(index, "agent", ("mine",))
    ways = paths(index, source)
    sent = egress(index, source.groups).permitted
    leaving = [path.permitted & walls(index, source, path.hops).permitted for path in ways if path.leaves]
    return sent & Bounds.union([local(index, source, ways).permitted, *leaving])


def with_rule(network: ObservedNetwork, name: str, more: GroupRule) -> ObservedNetwork:
    """With an egress rule for the agent's group, an ingress rule for another."""

    def changed(one: SecurityGroup) -> SecurityGroup:
        if one.id != name:
            return one
        return (
            replace(one, egress=(*one.egress, more)) if name == "mine" else replace(one, ingress=(*one.ingress, more))
        )

    return replace(network, security_groups=tuple(map(changed, network.security_groups)))


def number(one: AclEntry) -> int:
    assert isinstance(one.number, int)
    return one.number


def with_entry(network: ObservedNetwork, more: AclEntry) -> ObservedNetwork:
    """With an entry of a number that no other one has."""

    def changed(one: Acl) -> Acl:
        spread = (replace(old, number=number(old) * 100 + 50) for old in one.entries)
        return replace(one, entries=(*spread, replace(more, number=number(more) * 100))) if one.id == "drawn" else one

    return replace(network, acls=tuple(map(changed, network.acls)))


@settings(max_examples=30)
@given(networks(), rules(), st.sampled_from(("mine", "theirs")))
def test_a_group_rule_never_shrinks_reach(network: ObservedNetwork, more: GroupRule, name: str) -> None:
    before, after = reach(network), reach(with_rule(network, name, more))
    assert before.least <= after.least
    assert before.most <= after.most


@settings(max_examples=30)
@given(networks(), entries())
def test_an_allow_never_shrinks_reach_and_a_deny_never_grows_it(network: ObservedNetwork, more: AclEntry) -> None:
    before, after = reach(network), reach(with_entry(network, more))
    smaller, larger = (before, after) if more.allow else (after, before)
    assert smaller.least <= larger.least
    assert smaller.most <= larger.most


# --- doubts ---

_FIXED = {"id", "origin", "description", "what", "kind", "main", "default", "propagated", "agent", "role", "zone"}
_COLLECTIONS = (
    "vpcs", "subnets", "route_tables", "table_associations", "routes", "prefix_lists", "security_groups", "acls",
    "acl_associations", "gateways", "interfaces", "firewalls", "endpoints",
)  # fmt: skip


def doubtful(network: ObservedNetwork) -> Iterator[tuple[str, ObservedNetwork]]:
    """The network with one value after the other replaced by a doubt, each with a name for it."""
    for collection in _COLLECTIONS:
        records = getattr(network, collection)
        for place, record in enumerate(records):
            for name, changed in _doubted(record):
                listed = (*records[:place], changed, *records[place + 1 :])
                yield f"{record.id}: {name}", replace(network, **{collection: listed})


def _doubted(record: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name in _FIXED or (value is None and field.name != "maybe"):
            continue
        if field.name in {"ingress", "egress", "entries"} and isinstance(value, tuple):
            for at_, item in enumerate(value):
                if isinstance(item, Cidr):
                    yield field.name, replace(record, **{field.name: (*value[:at_], UNREAD, *value[at_ + 1 :])})
                    continue
                for name, changed in _doubted(item):
                    yield (
                        f"{field.name} {item.id} {name}",
                        replace(record, **{field.name: (*value[:at_], changed, *value[at_ + 1 :])}),
                    )
        elif isinstance(value, tuple):
            for at_ in range(len(value)):
                yield field.name, replace(record, **{field.name: (*value[:at_], UNREAD, *value[at_ + 1 :])})
        else:
            yield field.name, replace(record, **{field.name: UNREAD})


EXAMPLE = replace(
    FILTERED,
    routes=(*FILTERED.routes, route("agent-table", ListRef("list"), TO_INTERNET)),
    prefix_lists=(PrefixList(id="list", origin=at("list"), entries=(Cidr.parse("203.0.113.0/25"),)),),
    acls=(
        *FILTERED.acls,
        acl(
            "drawn",
            entry(10, True, False, "10.0.0.0/16", None),
            entry(20, True, True, "0.0.0.0/0", 6, 443),
            entry(20, False, True, "0.0.0.0/0", 6, PortRange(1024, 65535)),
        ),
    ),
    acl_associations=(walled("agent", "drawn"),),
    security_groups=(
        group("mine", egress=(rule("0.0.0.0/0"), rule(GroupRef("theirs"), None, None), rule(ManagedList("s3")))),
        group("theirs", ingress=(rule(GroupRef("mine")), rule("10.0.1.0/24", 17, 53))),
    ),
    endpoints=(
        endpoint("e", "logs", subnets=("egress",), groups=("theirs",)),
        endpoint("g", "com.amazonaws.x.s3", gateway=True, tables=("agent-table",)),
    ),
    interfaces=(interface("i", "agent", "theirs"),),
)


def test_every_value_may_be_a_doubt_and_only_widens() -> None:
    known = reach(EXAMPLE)
    names = []
    for name, changed in doubtful(EXAMPLE):
        unknown = reach(changed)
        assert unknown.least <= known.least, name
        assert known.most <= unknown.most, name
        names.append(name)
    assert len(names) > 100
    assert "i: groups" in names


@settings(max_examples=15)
@given(networks(), st.data())
def test_a_doubt_only_widens(network: ObservedNetwork, data: st.DataObject) -> None:
    known = reach(network)
    assert known.least <= known.most
    listed = dict(doubtful(network))
    for name in data.draw(st.lists(st.sampled_from(sorted(listed)), min_size=4, max_size=4, unique=True)):
        unknown = reach(listed[name])
        assert unknown.least <= known.least, name
        assert known.most <= unknown.most, name
