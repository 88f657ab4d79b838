"""What a list of IAM statements lets through, held against what it should let through.

Calls are actions times resources. A statement's ``NotAction`` and ``NotResource`` are the complements; a
deny that matches wins over every allow; what no statement allows is denied (IAM user guide, policy
evaluation logic). Statements that only perhaps apply count for excess where they allow, and for missing
where they deny.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from agent_perimeter.observed import Doubt, Statement
from agent_perimeter.reach.iam_conditions import ANOTHER, NOBODY, Request, Truth, depends, holds, may_hold
from agent_perimeter.reach.iam_patterns import (
    ANYTHING,
    GaveUp,
    covers,
    examples,
    has_variable,
    may_overlap,
    without_variables,
)
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Layer, Outcome, Step


@dataclass(frozen=True, slots=True)
class Grant:
    """Calls that are meant to be let through: actions on resources, and the policy lines that say so."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True, slots=True)
class Telling:
    """Actions and resources that make good examples, where they fit."""

    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """A call that a request of some kind can make and was not meant to, or was meant to and cannot.

    ``statement`` is what lets it through or stops it; None where nothing allows it. ``scope`` are the
    statement's (or the grant's) patterns that the call is an example of.
    """

    action: str
    resource: str
    request: Request
    certain: bool
    scope: str
    statement: Statement | None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the statements do with one call: the rule in words, where it stands, and the doubts it rests on."""

    outcome: Outcome
    rule: str
    origin: Origin = field(default_factory=Origin)
    doubts: tuple[Doubt, ...] = ()

    def step(self, layer: Layer) -> Step:
        return Step(layer, self.outcome, self.rule, self.origin, self.doubts)


@dataclass(frozen=True, slots=True)
class _Calls:
    """A set of calls: (not) these actions on (not) these resources. Actions are lower-cased."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_actions: bool = False
    not_resources: bool = False


# What applies


def applies(statement: Statement, request: Request) -> Truth:
    """Whether a statement is about requests of this kind at all: its principals and its conditions."""
    principal = _principal(statement, request)
    return principal if principal is Truth.FALSE else min(principal, holds(statement.conditions, request))


def relevant(statements: Iterable[Statement], request: Request) -> tuple[Statement, ...]:
    """The statements that can be about requests of this kind on some resource. The others are not worth a look."""
    return tuple(
        statement
        for statement in statements
        if _principal(statement, request) is not Truth.FALSE and may_hold(statement.conditions, request)
    )


def _principal(statement: Statement, request: Request) -> Truth:
    if not statement.principals:
        # A boundary has no principals: it is attached to one.
        return Truth.TRUE if not statement.not_principals else Truth.PERHAPS
    found = max(_is_principal(kind, value, request) for kind, value in statement.principals)
    return found.opposite if statement.not_principals else found


def _is_principal(kind: str, value: str | Doubt, request: Request) -> Truth:
    """Whether the principal is among those that one entry of a Principal element names.

    An account as principal of a gateway endpoint's policy is its root user only (AWS PrivateLink guide,
    endpoint policies), so no account entry surely names an agent's role.
    """
    if isinstance(value, Doubt):
        return Truth.PERHAPS
    if value == ANYTHING and kind in {"*", "AWS"}:
        return Truth.TRUE
    if kind == "Service" or request.principal == NOBODY:
        return Truth.FALSE
    if kind == "AWS" and request.principal == ANOTHER and f":{request.account}:" in f":{value}:":
        return Truth.FALSE
    return Truth.PERHAPS


def doubts_of(statement: Statement, request: Request) -> tuple[Doubt, ...]:
    """Why it is not known what a statement does: values that could not be read, conditions that may hold."""
    read: list[str | bool | Doubt] = [
        statement.allow,
        *(value for _, value in statement.principals),
        *statement.actions,
        *statement.resources,
        *(value for condition in statement.conditions for value in condition.values),
    ]
    unsure = [
        Doubt(f"whether {condition} holds depends on the request", statement.origin.path)
        for condition in depends(statement.conditions, request)
    ]
    return tuple(dict.fromkeys([*(value for value in read if isinstance(value, Doubt)), *unsure]))


# Which calls


def _least(statement: Statement) -> _Calls:
    """The calls that a statement surely names. A set that leaves nothing surely named is empty."""
    return _Calls(
        _names(statement.actions, wide=statement.not_actions, fold=True),
        _names(statement.resources, wide=statement.not_resources),
        statement.not_actions,
        statement.not_resources,
    )


def _most(statement: Statement) -> _Calls:
    """The calls that a statement may name. Placeholders stay, so that the same text stays the same."""
    return _Calls(
        _names(statement.actions, wide=not statement.not_actions, fold=True),
        _names(statement.resources, wide=not statement.not_resources),
        statement.not_actions,
        statement.not_resources,
    )


def _names(patterns: Iterable[str | Doubt], *, wide: bool, fold: bool = False) -> tuple[str, ...]:
    """The patterns that are sure, or with ``wide`` also those that are not, as wide as they can turn out to be."""
    found = [
        ANYTHING if isinstance(pattern, Doubt) else without_variables(pattern.lower() if fold else pattern)
        for pattern in patterns
        if wide or not (isinstance(pattern, Doubt) or has_variable(pattern))
    ]
    return tuple(dict.fromkeys(found))


def _intended(grants: Iterable[Grant]) -> tuple[_Calls, ...]:
    return tuple(_Calls(tuple(action.lower() for action in grant.actions), grant.resources) for grant in grants)


def _among(text: str, patterns: Iterable[str], *, negated: bool) -> Truth:
    """Whether one string is in a set, whatever its placeholders turn out to be."""
    found = Truth.FALSE
    for pattern in patterns:
        if covers(pattern, text):
            found = Truth.TRUE
            break
        if may_overlap(pattern, text):
            found = Truth.PERHAPS
    return found.opposite if negated else found


def _contains(calls: _Calls, action: str, resource: str) -> Truth:
    return min(
        _among(action, calls.actions, negated=calls.not_actions),
        _among(resource, calls.resources, negated=calls.not_resources),
    )


def _names_call(statement: Statement, action: str, resource: str) -> Truth:
    """Whether a statement names one call."""
    if _contains(_least(statement), action, resource) is Truth.TRUE:
        return Truth.TRUE
    return min(_contains(_most(statement), action, resource), Truth.PERHAPS)


def _inside(calls: _Calls) -> tuple[tuple[tuple[str, str], ...], tuple[_Calls, ...]]:
    """A set of calls as products of one action and one resource pattern, and what of them does not belong."""
    actions = (ANYTHING,) if calls.not_actions else calls.actions
    resources = (ANYTHING,) if calls.not_resources else calls.resources
    excluded = (
        *((_Calls(calls.actions, (ANYTHING,)),) if calls.not_actions else ()),
        *((_Calls((ANYTHING,), calls.resources),) if calls.not_resources else ()),
    )
    return tuple((action, resource) for action in actions for resource in resources), excluded


def _left_over(
    action: str, resource: str, covered: Sequence[_Calls], watched: Sequence[_Calls], telling: Telling = Telling()
) -> Iterator[tuple[str, str]]:
    """Calls of one product that none of ``covered`` holds, and each way of being in ``watched`` among them."""
    sets = (*covered, *watched)
    actions = tuple(name.lower() for name in telling.actions)
    for found_action, in_actions in _combinations(action, [calls.actions for calls in sets], actions):
        about = [calls for calls, found in zip(sets, in_actions, strict=True) if found != calls.not_actions]
        stopping = [calls for calls in about if any(calls is other for other in covered)]
        for found_resource, in_resources in _combinations(
            resource, [calls.resources for calls in about], telling.resources
        ):
            held = [calls for calls, found in zip(about, in_resources, strict=True) if found != calls.not_resources]
            if not any(calls is other for calls in held for other in stopping):
                yield found_action, found_resource


def _combinations(
    inside: str, lists: Sequence[tuple[str, ...]], readable: Sequence[str]
) -> Iterator[tuple[str, tuple[bool, ...]]]:
    """Strings of a pattern, one for each way of being matched by lists of patterns."""
    patterns = tuple(dict.fromkeys(pattern for patterns in lists for pattern in patterns))
    seen: set[tuple[bool, ...]] = set()
    for text, matched in examples(inside, patterns, readable):
        hit = {pattern for pattern, found in zip(patterns, matched, strict=True) if found}
        combination = tuple(not hit.isdisjoint(some) for some in lists)
        if combination not in seen:
            seen.add(combination)
            yield text, combination


# Verdicts


def allowed(action: str, resource: str, statements: Iterable[Statement], request: Request) -> Decision:
    """What the statements do with one call, and by which of them."""
    asked = replace(request, resource=resource)
    best: tuple[Truth, Statement | None] = (Truth.FALSE, None)
    worst: tuple[Truth, Statement | None] = (Truth.FALSE, None)
    for statement in statements:
        truth = min(applies(statement, asked), _names_call(statement, action.lower(), resource))
        if isinstance(statement.allow, Doubt):
            truth = min(truth, Truth.PERHAPS)
        if statement.allow is not False and truth > best[0]:
            best = truth, statement
        if statement.allow is not True and truth > worst[0]:
            worst = truth, statement
    denying, allowing = worst[1], best[1]
    if denying is not None and worst[0] is Truth.TRUE:
        return Decision(Outcome.DENIES, f"{named(denying)} denies it", denying.origin)
    if allowing is None:
        return Decision(Outcome.DENIES, "no statement allows it")
    doubts = doubts_of(allowing, asked) if best[0] is Truth.PERHAPS else ()
    if denying is not None:
        return Decision(
            Outcome.PERHAPS,
            f"{named(allowing)} allows it, but {named(denying)} may deny it",
            denying.origin,
            (*doubts, *doubts_of(denying, asked)),
        )
    if best[0] is Truth.PERHAPS:
        return Decision(Outcome.PERHAPS, f"{named(allowing)} may allow it", allowing.origin, doubts)
    return Decision(Outcome.ALLOWS, f"{named(allowing)} allows it", allowing.origin)


def named(statement: Statement) -> str:
    """A statement in words."""
    return f"the statement {statement.sid}" if statement.sid else "a statement without a Sid"


def excess(
    statements: Sequence[Statement], intended: Sequence[Grant], request: Request, telling: Telling = Telling()
) -> Iterator[Crossing]:
    """For each statement that allows requests of this kind more than intended, one call that shows it.

    A call that surely passes is preferred to one that a doubt lets through. ``telling`` are the
    examples to prefer.
    """
    meant = _intended(intended)
    for statement in statements:
        if statement.allow is False:
            continue
        found: Crossing | None = None
        for crossing in _exceeding(statement, statements, meant, request, telling):
            if found is None or (crossing.certain and not found.certain):
                found = crossing
            if found.certain:
                break
        if found is not None:
            yield found


def _exceeding(
    statement: Statement,
    statements: Sequence[Statement],
    meant: tuple[_Calls, ...],
    request: Request,
    telling: Telling,
) -> Iterator[Crossing]:
    products, excluded = _inside(_most(statement))
    for action, resource in products:
        asked = replace(request, resource=resource)
        truth = applies(statement, asked)
        if truth is Truth.FALSE:
            continue
        denying = _denying(statements, asked)
        surely = tuple(_least(deny) for deny, sure in denying if sure)
        perhaps = tuple(_most(deny) for deny, sure in denying if not sure)
        scope = f"{_spelled(action, statement)} on {resource}"
        try:
            for found_action, found_resource in _left_over(
                action, resource, (*meant, *excluded, *surely), perhaps, telling
            ):
                stopping = [deny for deny, _ in denying if _denies(deny, found_action, found_resource)]
                certain = (
                    truth is Truth.TRUE
                    and statement.allow is True
                    and not stopping
                    and _names_call(statement, found_action, found_resource) is Truth.TRUE
                    and all(_contains(calls, found_action, found_resource) is Truth.FALSE for calls in meant)
                )
                doubts = () if certain else _why((statement, *stopping), asked)
                spelled = _spelled(found_action, statement, *telling.actions)
                yield Crossing(spelled, found_resource, asked, certain, scope, statement, doubts)
        except GaveUp:
            yield Crossing(_spelled(action, statement), resource, asked, False, scope, statement, (_TOO_MANY,))


_TOO_MANY = Doubt("the policy has too many wildcards to compare exactly")


def _why(statements: Iterable[Statement], request: Request) -> tuple[Doubt, ...]:
    """Why a gap is not certain: what is not known of the statements, or else what their placeholders stand for."""
    found = tuple(dict.fromkeys(doubt for statement in statements for doubt in doubts_of(statement, request)))
    return found or (Doubt("it depends on what AWS fills in for the placeholders in the policy"),)


def _denying(statements: Sequence[Statement], request: Request) -> list[tuple[Statement, bool]]:
    """The statements that may deny requests of this kind, and whether they surely do."""
    found = []
    for statement in statements:
        if statement.allow is not True:
            truth = applies(statement, request)
            if truth is not Truth.FALSE:
                found.append((statement, truth is Truth.TRUE and statement.allow is False))
    return found


def _denies(deny: Statement, action: str, resource: str) -> bool:
    """Whether a deny may be about the call. Surely denied calls never get here."""
    return _names_call(deny, action, resource) is not Truth.FALSE


def _spelled(action: str, statement: Statement, *known: str) -> str:
    """The action as the policy or AWS spells it; comparing was done in lower case."""
    return _as_known(action, (*(name for name in statement.actions if isinstance(name, str)), *known))


def _as_known(action: str, names: Iterable[str]) -> str:
    return next((name for name in names if name.lower() == action), action)


def missing(
    statements: Sequence[Statement], intended: Sequence[Grant], request: Request, telling: Telling = Telling()
) -> Iterator[Crossing]:
    """For each intended action and resource that requests of this kind cannot surely have, one call that shows it."""
    for grant in intended:
        for action in grant.actions:
            for resource in grant.resources:
                asked = replace(request, resource=resource)
                found = _first_certain(_stopped(action, resource, statements, asked, telling))
                if found is not None:
                    yield found


def _first_certain(crossings: Iterable[Crossing]) -> Crossing | None:
    first: Crossing | None = None
    for crossing in crossings:
        if crossing.certain:
            return crossing
        first = first or crossing
    return first


def _stopped(
    action: str, resource: str, statements: Sequence[Statement], asked: Request, telling: Telling
) -> Iterator[Crossing]:
    scope = f"{action} on {resource}"
    allowing = [(statement, applies(statement, asked)) for statement in statements if statement.allow is not False]
    surely = tuple(_least(allow) for allow, truth in allowing if truth is Truth.TRUE and allow.allow is True)
    perhaps = [allow for allow, truth in allowing if truth is not Truth.FALSE]
    watched = tuple(most for allow in perhaps if (most := _most(allow)) not in surely)
    denying = _denying(statements, asked)
    try:
        for found_action, found_resource in _left_over(action.lower(), resource, surely, watched, telling):
            may = [allow for allow in perhaps if _names_call(allow, found_action, found_resource) is not Truth.FALSE]
            doubts = _why(may, asked) if may else ()
            spelled = _as_known(found_action, (action, *telling.actions))
            yield Crossing(spelled, found_resource, asked, not may, scope, may[0] if may else None, doubts)
        for deny, sure in denying:
            most = _most(deny)
            for found_action, found_resource in _left_over(action.lower(), resource, (), (most,), telling):
                truth = _names_call(deny, found_action, found_resource)
                if truth is not Truth.FALSE:
                    spelled = _as_known(found_action, (action, *telling.actions))
                    certain = sure and truth is Truth.TRUE
                    doubts = () if certain else _why((deny,), asked)
                    yield Crossing(spelled, found_resource, asked, certain, scope, deny, doubts)
    except GaveUp:
        yield Crossing(action, resource, asked, False, scope, None, (_TOO_MANY,))
