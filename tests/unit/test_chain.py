"""Which rules a decision names, and what doubts do to a list of rules."""

from __future__ import annotations

import pytest

from agent_perimeter.bounds import Bounds
from agent_perimeter.chain import Chain, Decided, Link
from agent_perimeter.names import NO_NAMES, NameSet
from agent_perimeter.observed import Doubt
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Outcome

UNIVERSE = NameSet.exact("a", "b", "c")
WHY, WHEN = Doubt("a parameter without a default"), Doubt("a condition")


def surely(*names: str, allow: bool, rule: str) -> Link[NameSet]:
    return Link(Bounds.exactly(NameSet.exact(*names)), allow, rule)


def perhaps(*names: str, allow: bool, rule: str, doubt: Doubt = WHY) -> Link[NameSet]:
    return Link(Bounds.at_most(NameSet.exact(*names)), allow, rule, doubts=(doubt,))


DEFAULT = Link.always(UNIVERSE, "nothing allows it", origin=Origin(path="t.json#/Resources/Acl"))

CASES: dict[str, tuple[list[Link[NameSet]], Decided, list[str], list[Doubt]]] = {
    "the default, where nothing matches": ([], Decided.DENIES, ["nothing allows it"], []),
    "the first rule that matches": (
        [surely("b", allow=False, rule="1"), surely("a", allow=True, rule="2"), surely("a", allow=False, rule="3")],
        Decided.ALLOWS, ["2"], [],
    ),
    "an uncertain pass may pass": (
        [perhaps("a", allow=True, rule="1")], Decided.PERHAPS, ["1", "nothing allows it"], [WHY],
    ),
    "an uncertain drop may drop": (
        [perhaps("a", allow=False, rule="1"), surely("a", allow=True, rule="2")], Decided.PERHAPS, ["1", "2"], [WHY],
    ),
    "uncertain passes before a pass agree": (
        [perhaps("a", allow=True, rule="1"), surely("a", allow=True, rule="2")], Decided.ALLOWS, ["2"], [],
    ),
    "uncertain drops before the default agree": (
        [perhaps("a", allow=False, rule="1")], Decided.DENIES, ["nothing allows it"], [],
    ),
    "every doubt that can decide is told": (
        [perhaps("a", allow=False, rule="1"), perhaps("b", allow=True, rule="2"), perhaps("a", allow=True, rule="3", doubt=WHEN)],
        Decided.PERHAPS, ["1", "3", "nothing allows it"], [WHY, WHEN],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_decides_is(case: str) -> None:
    links, outcome, rules, doubts = CASES[case]
    decision = Chain(tuple(links), DEFAULT).decide("a")
    assert decision.outcome is outcome
    assert [link.rule for link in decision.links] == rules
    assert list(decision.doubts) == doubts


def test_an_uncertain_pass_widens_and_an_uncertain_drop_narrows() -> None:
    chain = Chain(
        (
            perhaps("a", allow=True, rule="1"),
            perhaps("b", allow=False, rule="2"),
            surely("b", "c", allow=True, rule="3"),
        ),
        DEFAULT,
    )
    assert chain.permitted == Bounds(NameSet.exact("c"), UNIVERSE)


def test_a_list_that_passes_by_default_passes_what_no_rule_takes() -> None:
    chain = Chain((surely("a", allow=False, rule="1"),), Link.always(UNIVERSE, "otherwise", allow=True))
    assert chain.permitted == Bounds.exactly(NameSet.exact("b", "c"))
    assert chain.decide("b").links == (chain.default,)


def test_what_no_link_matches_is_denied() -> None:
    decision = Chain((), DEFAULT).decide("elsewhere")
    assert decision.outcome is Decided.DENIES
    assert decision.links == ()


def test_a_decision_speaks_the_words_of_an_outcome() -> None:
    assert [Outcome(decided.value) for decided in Decided] == [Outcome.ALLOWS, Outcome.DENIES, Outcome.PERHAPS]


def test_the_origin_of_a_default_is_kept() -> None:
    assert DEFAULT.origin == Origin(path="t.json#/Resources/Acl")
    assert Link.always(UNIVERSE, "otherwise").origin == Origin()


def test_what_may_be_in_both_is_what_may_be_in_each() -> None:
    one, other = Bounds(NameSet.exact("a"), NameSet.exact("a", "b")), Bounds(NameSet.exact("b"), UNIVERSE)
    assert one & other == Bounds(NO_NAMES, NameSet.exact("a", "b"))
    assert one | other == Bounds(NameSet.exact("a", "b"), UNIVERSE)
    assert one - other == Bounds(NO_NAMES, NameSet.exact("a"))


def test_no_bounds_have_no_union() -> None:
    with pytest.raises(ValueError, match="the union of no bounds"):
        Bounds.union(list[Bounds[NameSet]]())
    assert not Bounds.exactly(NO_NAMES)
    assert Bounds.exactly(UNIVERSE).certain
