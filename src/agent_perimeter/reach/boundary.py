"""The IAM boundary of an agent: its role can do at most what the intent says, and only from the network.

A permissions boundary caps what the role's other policies can grant (IAM user guide, "Permissions boundaries
for IAM entities"); those are not looked at here, nor are resource policies that name a session of the role,
which a boundary's implicit deny does not limit. A call is meant to come through the VPC's endpoints, or from
an AWS service that acts with the agent's session (``aws:ViaAWSService``), whose calls carry no VPC. Whatever
else a boundary allows works from anywhere, for whoever gets hold of the credentials.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from agent_perimeter.catalogue.runtime_calls import RUNTIME_CALLS
from agent_perimeter.catalogue.telling_calls import TELLING_CALLS
from agent_perimeter.observed import Boundary, Doubt, ObservedNetwork, Statement, Vpc
from agent_perimeter.reach.iam import Crossing, Grant, Telling, allowed, excess, missing, relevant
from agent_perimeter.reach.iam_conditions import ANOTHER, OWN, Place, Request
from agent_perimeter.reach.iam_patterns import ANYTHING
from agent_perimeter.source import Origin
from agent_perimeter.verdict import Call, Gap, Kind, Layer, Outcome, Step

_TELLING = Telling(
    tuple(dict.fromkeys(("s3:PutObject", *(action for calls in TELLING_CALLS.values() for action in calls)))),
    ("arn:aws:s3:::any-other-bucket/key",),
)


def boundaries_of(network: ObservedNetwork, agent: str) -> tuple[Boundary, ...] | Doubt:
    """The boundaries that cap an agent: those made for it, and those that its roles bear.

    A Doubt where there is none, or where one that could not be attributed may be it.
    """
    borne = {role.boundary for role in network.roles if role.agent == agent}
    found = tuple(each for each in network.boundaries if each.agent == agent or each.id in borne)
    if found:
        return found
    unread = [each for each in network.boundaries if isinstance(each.agent, Doubt)]
    path = unread[0].origin.path if unread else ""
    remedy = f"tagging the boundary policy with agent-perimeter:agent={agent}" if unread else ""
    return Doubt(f"no boundary for the agent {agent} was found", path, remedy)


def judge_boundary(
    boundary: Boundary,
    vpc: Vpc,
    endpoints: tuple[str, ...],
    intended: tuple[Grant, ...],
    runtimes: tuple[str, ...] = (),
) -> tuple[Gap, ...]:
    """What a role with this boundary can be given and was not meant to, or cannot be given and was meant to.

    ``endpoints`` are the record ids of the VPC's endpoints; ``runtimes`` what runs the agent: ``lambda``,
    ``fargate``, ``agentcore`` or ``other``. Excess comes at most twice for each statement: for calls that are not
    meant at all, and for calls from outside the VPC.
    """
    written = _statements(boundary)
    own = _runtime_grants(runtimes, vpc.account)
    found: dict[tuple[object, ...], Gap] = {}
    for request in (*_requests(vpc, endpoints, runtimes), *_to_strangers(written, vpc, endpoints, runtimes)):
        statements = relevant(written, request)
        inside = request.place is Place.VPC or request.via_service
        for crossing in excess(statements, (*intended, *own) if inside else own, request, _TELLING):
            origin = crossing.statement.origin if crossing.statement else boundary.origin
            key = (Kind.EXCESS, inside, origin, crossing.statement)
            _keep(found, key, _gap(Kind.EXCESS, statements, crossing, origin))
        if request.place is Place.VPC and request.owner == OWN:
            for grant in intended:
                for crossing in missing(statements, (grant,), request, _TELLING):
                    gap = _gap(Kind.MISSING, statements, crossing, grant.origin)
                    _keep(found, (Kind.MISSING, crossing.scope), gap)
    absent = (_absent(boundary, boundary.maybe),) if boundary.maybe else ()
    return (*found.values(), *absent)


def _absent(boundary: Boundary, doubt: Doubt) -> Gap:
    """A boundary that may not exist caps nothing."""
    step = Step(Layer.BOUNDARY, Outcome.PERHAPS, "the boundary may not be there", boundary.origin, (doubt,))
    call = Call("", "sts:AssumeRole", ANYTHING)
    return Gap(Kind.EXCESS, False, call, "every call that the role's policies allow", (step,), boundary.origin)


def judge_roles(network: ObservedNetwork, agent: str) -> tuple[Gap, ...]:
    """The agent's roles that no known boundary caps: whatever their other policies say, they can do."""
    known = {boundary.id for boundary in network.boundaries}
    found = []
    for role in network.roles:
        if role.agent != agent and not isinstance(role.agent, Doubt):
            continue
        if role.boundary in known:
            continue
        doubts = tuple(doubt for doubt in (role.agent, role.boundary, role.maybe) if isinstance(doubt, Doubt))
        if isinstance(role.boundary, str):
            doubts = (*doubts, Doubt(f"the boundary {role.boundary} was not found", role.origin.path))
        outcome, rule = Outcome.ALLOWS, "the role has no permissions boundary"
        if doubts:
            outcome, rule = Outcome.PERHAPS, "the role may have no permissions boundary"
        step = Step(Layer.BOUNDARY, outcome, rule, role.origin, doubts)
        scope = f"every call that the policies of {role.id} allow"
        found.append(Gap(Kind.EXCESS, not doubts, Call("", "sts:AssumeRole", ANYTHING), scope, (step,), role.origin))
    return tuple(found)


def decide_call(
    boundary: Boundary,
    vpc: Vpc,
    call: Call,
    endpoints: tuple[str, ...] = (),
    runtimes: tuple[str, ...] = (),
) -> tuple[Step, ...]:
    """What the boundary does with one call, for each way it can be made: from the VPC, by a service, from outside."""
    statements = _statements(boundary)
    steps = []
    for request in _requests(vpc, endpoints, runtimes[:1]):
        step = allowed(call.action, call.resource, statements, request).step(Layer.BOUNDARY)
        steps.append(replace(step, rule=f"{_way(request)}: {step.rule}"))
    return tuple(steps)


def _statements(boundary: Boundary) -> tuple[Statement, ...]:
    if not isinstance(boundary.statements, Doubt):
        return boundary.statements
    return (
        Statement(
            sid="UnknownBoundary",
            allow=boundary.statements,
            principals=(),
            actions=(ANYTHING,),
            resources=(ANYTHING,),
            conditions=(),
            origin=boundary.origin,
        ),
    )


def _runtime_grants(runtimes: Iterable[str], account: str) -> tuple[Grant, ...]:
    return tuple(
        Grant(actions, tuple(resource.replace("{account}", account) for resource in resources))
        for runtime in runtimes
        for actions, resources in RUNTIME_CALLS.get(runtime, ())
    )


def _requests(vpc: Vpc, endpoints: tuple[str, ...], runtimes: tuple[str, ...]) -> Iterator[Request]:
    """The ways to make a call with the agent's credentials, for code of each kind of workload."""
    for function_code in sorted({runtime == "lambda" for runtime in runtimes}) or (None,):
        made = Request(vpc.id, vpc.account, endpoints=endpoints, function_code=function_code)
        yield made
        yield replace(made, place=Place.OUTSIDE, via_service=True)
        yield replace(made, place=Place.OUTSIDE)
        yield replace(made, place=Place.ANOTHER_VPC)


def _to_strangers(
    statements: Iterable[Statement], vpc: Vpc, endpoints: tuple[str, ...], runtimes: tuple[str, ...]
) -> Iterator[Request]:
    """The same calls to resources of other accounts, where a condition tells owners apart."""
    keys = {condition.key.lower() for statement in statements for condition in statement.conditions}
    if "aws:resourceaccount" in keys:
        yield from (replace(made, owner=ANOTHER) for made in _requests(vpc, endpoints, runtimes))


def _way(request: Request) -> str:
    return "by an AWS service for the agent" if request.via_service else f"from {request.place}"


def _keep(found: dict[tuple[object, ...], Gap], key: tuple[object, ...], gap: Gap) -> None:
    """One gap for each key, a certain one before one that rests on a doubt."""
    if key not in found or (gap.certain and not found[key].certain):
        found[key] = gap


def _gap(kind: Kind, statements: tuple[Statement, ...], crossing: Crossing, origin: Origin) -> Gap:
    request = crossing.request
    decision = allowed(crossing.action, crossing.resource, statements, request)
    doubts = () if crossing.certain else (*decision.doubts, *crossing.doubts)
    step = Step(
        Layer.BOUNDARY,
        decision.outcome,
        f"{_way(request)}: {decision.rule}",
        decision.origin,
        tuple(dict.fromkeys(doubts)),
    )
    scope = crossing.scope
    if request.place is not Place.VPC and not request.via_service:
        scope = f"{scope}: the credentials work outside the VPC"
    return Gap(kind, crossing.certain, Call("", crossing.action, crossing.resource), scope, (step,), origin)
