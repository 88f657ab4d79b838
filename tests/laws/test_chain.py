"""Lists of rules against asking every rule in turn, for every way in which the doubts can turn out."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Chain, Decided, Link
from agent_perimeter.names import NO_NAMES, NameSet

POINTS = "abcd"
UNIVERSE = NameSet.exact(*POINTS)

subsets = st.sets(st.sampled_from(POINTS)).map(lambda points: NameSet.exact(*points))


@st.composite
def bounds(draw: st.DrawFn) -> Bounds[NameSet]:
    least = draw(subsets)
    return Bounds(least, least | draw(st.just(NO_NAMES) | subsets))


links = st.builds(Link, bounds(), st.booleans(), st.just("a rule"))


@st.composite
def chains(draw: st.DrawFn) -> Chain[NameSet]:
    return Chain(
        tuple(draw(st.lists(links, max_size=5))), Link.always(UNIVERSE, "otherwise", allow=draw(st.booleans()))
    )


def resolutions(chain: Chain[NameSet], point: str) -> set[bool]:
    """What can happen to a point: each link that perhaps matches it does or does not."""
    asked = (*chain.links, chain.default)
    choices = [
        [True] if point in link.match.least else [False, True] if point in link.match.most else [False]
        for link in asked
    ]
    return {
        next(link.allow for link, matches in zip(asked, chosen, strict=True) if matches) for chosen in product(*choices)
    }


@given(chains())
def test_permitted_is_exactly_what_passes_in_every_resolution_and_in_some(chain: Chain[NameSet]) -> None:
    permitted = chain.permitted
    for point in POINTS:
        found = resolutions(chain, point)
        assert (point in permitted.least) is (found == {True})
        assert (point in permitted.most) is (True in found)
    assert permitted.least <= permitted.most <= UNIVERSE


@given(chains(), st.sampled_from(POINTS))
def test_a_decision_is_open_only_where_resolutions_differ(chain: Chain[NameSet], point: str) -> None:
    expected = {
        frozenset({True}): Decided.ALLOWS,
        frozenset({False}): Decided.DENIES,
        frozenset({True, False}): Decided.PERHAPS,
    }
    assert chain.decide(point).outcome == expected[frozenset(resolutions(chain, point))]


@given(chains(), st.sampled_from(POINTS))
def test_the_links_of_a_decision_alone_decide_the_same(chain: Chain[NameSet], point: str) -> None:
    decision = chain.decide(point)
    *before, last = decision.links
    assert point in last.match.most
    assert all(point in link.match.most and point not in link.match.least for link in before)
    if decision.outcome is Decided.PERHAPS:
        assert {link.allow for link in decision.links} == {True, False}
        assert point in last.match.least
    else:
        assert {link.allow for link in decision.links} == {decision.outcome is Decided.ALLOWS}


@given(bounds(), bounds(), st.data())
def test_operations_enclose_those_of_every_set_within_the_bounds(
    left: Bounds[NameSet], right: Bounds[NameSet], data: st.DataObject
) -> None:
    one, other = (bound.least | (bound.most & data.draw(subsets)) for bound in (left, right))
    for enclosing, found in (
        (left | right, one | other),
        (left & right, one & other),
        (left - right, one - other),
        (Bounds.union([left, right]), one | other),
    ):
        assert enclosing.least <= found <= enclosing.most
    assert left.certain is (left.least == left.most)
    assert bool(left) is bool(left.most)
