"""Sets of packets against Python's own sets, on packets few enough to list.

Every box is a product of a few choices, and the packets are all that those choices can tell apart: one address
inside each block and one outside of all, a symbol that is named and one that is not, and so on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_perimeter.names import ALL_NAMES, NO_NAMES, SOME_NAME, NameSet
from agent_perimeter.packet_sets import (
    ALL_APPS,
    BARE_APPS,
    NO_APPS,
    NO_PACKETS,
    TCP_APPS,
    UDP_APPS,
    UNIVERSE,
    App,
    AppSet,
    Destinations,
    Packet,
    PacketSet,
    SymbolSet,
)
from agent_perimeter.packets import Intervals
from agent_perimeter.values import Cidr

few = settings(max_examples=settings().max_examples // 2)

PLACES: dict[str, Cidr | str] = {
    **{
        text: Cidr.parse(text)
        for text in (
            "198.51.100.4",
            "198.51.100.5",
            "198.51.100.6",
            "8.8.8.8",
            "9.9.9.9",
            "2001:db8::4",
            "2001:db8::5",
            "::1",
        )
    },
    **{text: text for text in ("list:s3", "endpoint:logs", "list:unheard-of")},
}
FIRST = Cidr.parse("198.51.100.4").base
INSIDE_V6 = Cidr.parse("2001:db8::4").base

DESTINATIONS: dict[str, tuple[Destinations, set[str]]] = {
    "one": (Destinations.of([Cidr.parse("198.51.100.4")]), {"198.51.100.4"}),
    "a pair": (Destinations.of([Cidr.parse("198.51.100.4/31")]), {"198.51.100.4", "198.51.100.5"}),
    "across": (Destinations(v4=Intervals(((FIRST + 1, FIRST + 2),))), {"198.51.100.5", "198.51.100.6"}),
    "IPv4": (Destinations.any_v4(), {"198.51.100.4", "198.51.100.5", "198.51.100.6", "8.8.8.8", "9.9.9.9"}),
    "one IPv6": (Destinations.of([Cidr(6, INSIDE_V6, 128)]), {"2001:db8::4"}),
    "IPv6": (Destinations.any_v6(), {"2001:db8::4", "2001:db8::5", "::1"}),
    "anywhere": (Destinations.anywhere(), set(PLACES)),
    "a symbol": (Destinations.symbol("list:s3"), {"list:s3"}),
    "two symbols": (Destinations.symbol("list:s3", "endpoint:logs"), {"list:s3", "endpoint:logs"}),
    "all other symbols": (Destinations(symbols=~SymbolSet.of("list:s3")), {"endpoint:logs", "list:unheard-of"}),
    "mixed": (
        Destinations.of([Cidr.parse("8.8.8.0/24"), Cidr.parse("2001:db8::/64")]) | Destinations.symbol("list:s3"),
        {"8.8.8.8", "2001:db8::4", "2001:db8::5", "list:s3"},
    ),
}  # fmt: skip
PROTOCOLS = ((6, 6), (17, 17), (6, 17), (0, 255), (1, 1), (47, 60))
PORTS = ((443, 443), (80, 443), (0, 65535), (0, 0), (444, 3000))
ENDS = (*product((6, 17, 1, 58), (0, 22, 80, 443, 2048, 9999)), (0, 0), (9, 0), (47, 0), (99, 0))
BORNE = {"": "", "a": "a", ".a": ".a", "b.a": "b.a", "ba": "ba", "b": "b"}
NAMES: dict[str, tuple[NameSet, set[str]]] = {
    "a": (NameSet.exact("a"), {"a"}),
    "ends in a": (NameSet.ending("a"), {"a", ".a", "b.a", "ba"}),
    "below a": (NameSet.below("a"), {"b.a"}),
    "any": (ALL_NAMES, set(BORNE)),
    "some": (SOME_NAME, set(BORNE) - {""}),
    "none": (NameSet.exact(""), {""}),
}
PLAIN = (App.HANDSHAKE, App.OTHER, App.DNS, App.FRAGMENT, App.TELNET, App.NTP)
Claim = tuple[App, str]
CLAIMS: tuple[Claim, ...] = (
    *((app, "") for app in PLAIN), *((App.TLS, name) for name in BORNE), (App.HTTP, ""), (App.HTTP, "a"), (App.HTTP, "b"),
)  # fmt: skip

Point = tuple[str, tuple[int, int], Claim, str]
RESOLVED = ("", "a", "b.a", "b")


def real(protocol: int, app: App) -> bool:
    apps = {6: TCP_APPS, 17: UDP_APPS}.get(protocol, BARE_APPS)
    return bool(AppSet.of(app) & apps)


POINTS: frozenset[Point] = frozenset(
    (place, (protocol, port), (app, name), resolved)
    for place, (protocol, port), (app, name), resolved in product(PLACES, ENDS, CLAIMS, RESOLVED)
    if real(protocol, app)
)
PACKETS = {point: Packet(point[1][0], PLACES[point[0]], point[1][1], *point[2], point[3]) for point in POINTS}

apps = st.one_of(
    st.just((ALL_APPS, frozenset(CLAIMS))),
    st.sets(st.sampled_from(PLAIN)).map(lambda found: (AppSet.of(*found), frozenset((app, "") for app in found))),
    st.sampled_from(sorted(NAMES)).map(
        lambda key: (AppSet.tls_names(NAMES[key][0]), frozenset((App.TLS, name) for name in NAMES[key][1]))
    ),
    st.just((AppSet.http_names(NameSet.exact("a")), frozenset({(App.HTTP, "a")}))),
)

Both = tuple[PacketSet, frozenset[Point]]


@st.composite
def boxes(draw: st.DrawFn) -> Both:
    destinations, places = DESTINATIONS[draw(st.sampled_from(sorted(DESTINATIONS)))]
    protocols, ports = draw(st.sampled_from(PROTOCOLS)), draw(st.sampled_from(PORTS))
    app_set, claims = draw(apps)
    resolved, names = NAMES[draw(st.sampled_from(["any", "any", "a", "below a", "none"]))]
    model = frozenset(
        (place, ends, claim, name)
        for place, ends, claim, name in product(places, ENDS, claims, names.intersection(RESOLVED))
        if protocols[0] <= ends[0] <= protocols[1] and ports[0] <= ends[1] <= ports[1] and real(ends[0], claim[0])
    )
    return PacketSet.box(destinations, Intervals((protocols,)), Intervals((ports,)), app_set, resolved), model


OPERATIONS: dict[str, Callable[..., object]] = {
    "union": operator.or_,
    "intersection": operator.and_,
    "difference": operator.sub,
}
by_operation = pytest.mark.parametrize("name", OPERATIONS)


def combined(pair: tuple[str, Both, Both]) -> Both:
    name, (left, left_model), (right, right_model) = pair
    operate: Callable[..., PacketSet] = OPERATIONS[name]  # type: ignore[assignment]
    operate_models: Callable[..., frozenset[Point]] = OPERATIONS[name]  # type: ignore[assignment]
    return operate(left, right), operate_models(left_model, right_model)


sets: st.SearchStrategy[Both] = st.recursive(
    boxes() | st.sampled_from([(UNIVERSE, POINTS), (NO_PACKETS, frozenset())]),
    lambda inner: st.tuples(st.sampled_from(sorted(OPERATIONS)), inner, inner).map(combined),
    max_leaves=5,
)


def members(packets: PacketSet) -> frozenset[Point]:
    return frozenset(point for point, packet in PACKETS.items() if packet in packets)


@by_operation
@few
@given(sets, sets)
def test_an_operation_is_that_of_sets(name: str, left: Both, right: Both) -> None:
    found, model = combined((name, left, right))
    assert members(found) == model


@few
@given(sets, sets)
def test_equal_sets_are_equal_objects_and_others_are_not(left: Both, right: Both) -> None:
    assert (left[0] == right[0]) is (left[1] == right[1])
    assert (left[0] <= right[0]) is (left[1] <= right[1])
    assert bool(left[0]) is bool(left[1])


@few
@given(sets, sets)
def test_the_way_to_a_set_leaves_no_trace(left: Both, right: Both) -> None:
    one, other = left[0], right[0]
    for again in ((one - other) | (one & other), UNIVERSE - (UNIVERSE - one), one | (one & other), one - (other - one)):
        assert again == one
        assert hash(again) == hash(one)
        assert again.witness() == one.witness()
        assert list(again.boxes()) == list(one.boxes())


@few
@given(st.lists(sets, max_size=8))
def test_a_union_of_many_is_one_after_the_other(listed: list[Both]) -> None:
    found = PacketSet.union(packets for packets, _ in listed)
    assert members(found) == frozenset().union(*(model for _, model in listed))
    assert found == reduce(operator.or_, (packets for packets, _ in reversed(listed)), NO_PACKETS)


@few
@given(sets)
def test_boxes_are_disjoint_and_make_up_the_set(both: Both) -> None:
    packets = both[0]
    found = NO_PACKETS
    for box in packets.boxes():
        again = PacketSet.box(box.destinations, box.protocols, box.ports, box.apps, box.resolved)
        assert again
        assert not again & found
        found |= again
        assert str(box)
    assert found == packets


@few
@given(sets)
def test_a_witness_is_in_its_set_and_there_is_one_unless_it_is_empty(both: Both) -> None:
    packets, model = both
    witness = packets.witness()
    assert (witness is None) is (not model)
    if witness is not None:
        assert witness in packets
        assert witness in UNIVERSE


@few
@given(sets)
def test_to_forget_a_dimension_is_to_hold_whatever_agrees_in_the_others(both: Both) -> None:
    packets, model = both
    forgotten: list[tuple[Callable[[], PacketSet], Callable[[Point], object]]] = [
        (packets.forget_app, operator.itemgetter(0, 1, 3)),
        (packets.forget_resolved, operator.itemgetter(0, 1, 2)),
        (packets.headers, operator.itemgetter(0, 1)),
    ]
    for forget, key in forgotten:
        kept = set(map(key, model))
        assert members(forget()) == {point for point in POINTS if key(point) in kept}
        assert forget() <= UNIVERSE


@few
@given(sets)
def test_destinations_are_where_anything_goes(both: Both) -> None:
    packets, model = both
    found = packets.destinations()
    assert {place for place, destination in PLACES.items() if destination in found} == {point[0] for point in model}


def test_the_universe_is_all_real_packets() -> None:
    assert members(UNIVERSE) == POINTS
    assert members(NO_PACKETS) == frozenset()
    assert PacketSet.box(apps=NO_APPS) == NO_PACKETS
    assert PacketSet.box(Destinations()) == NO_PACKETS
    assert PacketSet.box(resolved=NO_NAMES) == NO_PACKETS
    assert PacketSet.union([]) == NO_PACKETS
