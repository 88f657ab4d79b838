"""VPC endpoints: which calls their policies let an agent make, and with whose credentials.

An endpoint carries calls with any credentials that the agent holds: its own account's, another account's
that it brought along, or none at all. Its policy is the only place that tells them apart (AWS PrivateLink
guide, "Control access to VPC endpoints using endpoint policies"). Without a policy it allows everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.catalogue.telling_calls import TELLING_CALLS
from agent_perimeter.observed import Doubt, Endpoint, ObservedNetwork, RouteTable, Statement, Vpc
from agent_perimeter.reach.iam import Crossing, Grant, Telling, allowed, excess, missing, relevant
from agent_perimeter.reach.iam_conditions import (
    ACCOUNT,
    ANOTHER,
    NOBODY,
    OWN,
    Request,
    Truth,
    leaves_owner_open,
    source_classes,
)
from agent_perimeter.reach.iam_patterns import ANYTHING, covers
from agent_perimeter.reach.index import Choice
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Call, Gap, Kind, Layer, Outcome, Step

_WHO = ((OWN, OWN), (OWN, ANOTHER), (ANOTHER, OWN), (ANOTHER, ANOTHER), (NOBODY, OWN), (NOBODY, ANOTHER))
"""Whose credentials, and whose resource."""


def endpoints_of(network: ObservedNetwork, vpc: Vpc) -> tuple[Endpoint, ...]:
    """The endpoints that are, or may be, in a VPC."""
    return tuple(each for each in network.endpoints if each.vpc == vpc.id or isinstance(each.vpc, Doubt))


_SERVICE_NAME = re.compile(r"(?:cn\.)?com\.amazonaws\.(?:\$\{AWS::Region\}|[a-z]+(?:-[a-z]+)+-\d+)\.(.+)")
"""What AWS calls its services' endpoints; anybody else's are ``com.amazonaws.vpce.<region>.vpce-svc-…``."""


def service_of(endpoint: Endpoint) -> str | None:
    """The AWS service that an endpoint is for, such as ``s3``; None for anybody else's and for one not known."""
    found = _SERVICE_NAME.fullmatch(endpoint.service_name) if isinstance(endpoint.service_name, str) else None
    return found[1] if found else None


def carries(endpoint: Endpoint, table: Choice[RouteTable]) -> Truth:
    """Whether traffic of a subnet that uses this route table can go through the endpoint as far as routes go."""
    if endpoint.kind != "gateway":
        return Truth.TRUE
    on = [candidate.id in endpoint.route_tables for candidate in table.candidates]
    if on and all(on) and not table.open:
        return Truth.TRUE
    unsure = any(on) or table.open or any(isinstance(ref, Doubt) for ref in endpoint.route_tables)
    return Truth.PERHAPS if unsure else Truth.FALSE


def judge_endpoint(
    endpoint: Endpoint, sources: Iterable[Cidr], intended: tuple[Grant, ...], account: str = ACCOUNT
) -> tuple[Gap, ...]:
    """What an agent at ``sources`` can do through an endpoint and was not meant to, or cannot and was meant to.

    ``intended`` is empty for an agent that must not use the service; ``account`` is the network's own account,
    as its text names it; no ``sources`` are sources that are not known. Excess comes once for each statement and
    kind of credentials, missing once for each action and resource.
    """
    if endpoint.kind == "gateway-load-balancer":
        return ()  # A route's target for packets: it carries no calls and has no policy.
    if endpoint.kind in {"resource", "service-network"}:
        return (_unjudged(endpoint),)
    statements = _statements(endpoint)
    found: dict[tuple[object, ...], Gap] = {}
    for request in _requests(endpoint, account, sources, statements):
        for key, gap in _gaps(endpoint, relevant(statements, request), request, intended):
            if key not in found or (gap.certain and not found[key].certain):
                found[key] = gap
    return tuple(found.values())


def missing_endpoints(
    endpoints: Iterable[Endpoint],
    intended: Mapping[str, tuple[Grant, ...]],
    vpc: Vpc,
    tables: Iterable[Choice[RouteTable]],
) -> tuple[Gap, ...]:
    """The services of an intent, by name, that no endpoint surely answers for under the service's own name.

    An interface endpoint without private DNS leaves the service's name to public addresses; a gateway endpoint
    answers on its route tables only. ``tables`` are those of the agent's subnets.
    """
    unseen: Choice[RouteTable] = Choice((), (Doubt("it is not known in which subnets the agent runs"),), open=True)
    listed, subnets = tuple(endpoints), tuple(tables) or (unseen,)
    found = []
    for service, grants in sorted(intended.items()):
        own = tuple(endpoint for endpoint in listed if service_of(endpoint) == service)
        unread = tuple(each.service_name for each in listed if isinstance(each.service_name, Doubt))
        # Each subnet has the best of its ways; the agent as a whole has what its worst subnet has.
        truth, rule, doubts = min(_way_to(own, unread, vpc, table) for table in subnets)
        if truth is not Truth.TRUE:
            outcome = Outcome.PERHAPS if truth is Truth.PERHAPS else Outcome.DENIES
            for grant in grants:
                call = Call(service, grant.actions[0], grant.resources[0])
                step = Step(Layer.ENDPOINTS, outcome, rule, doubts=doubts)
                scope = f"every call to {service}"
                found.append(Gap(Kind.MISSING, truth is Truth.FALSE, call, scope, (step,), grant.origin))
    return tuple(found)


def decide_call(endpoint: Endpoint, source: Cidr, call: Call, account: str = ACCOUNT) -> Step:
    """What the endpoint's policy does with one call from an address."""
    statements = _statements(endpoint)
    request = Request(_vpc(endpoint), account, call.principal, endpoints=(endpoint.id,), source=source)
    step = allowed(call.action, call.resource, statements, request).step(Layer.ENDPOINTS)
    doubts = (*step.doubts, *_presence(endpoint))
    unsure = _presence(endpoint) and step.outcome is Outcome.ALLOWS
    return replace(step, outcome=Outcome.PERHAPS if unsure else step.outcome, doubts=doubts)


Way = tuple[Truth, str, tuple[Doubt, ...]]
"""Whether a service is reached, with the reason where it is not surely so."""

_NO_WAY: Way = (Truth.FALSE, "the network has no endpoint for the service", ())


def _way_to(endpoints: tuple[Endpoint, ...], unread: tuple[Doubt, ...], vpc: Vpc, table: Choice[RouteTable]) -> Way:
    """The best way from one subnet to a service that these endpoints are for."""
    ways = [_answers(endpoint, vpc, table) for endpoint in endpoints]
    if unread:
        ways.append((Truth.PERHAPS, "an endpoint of an unknown service", unread))
    return max(ways, default=_NO_WAY)


def _answers(endpoint: Endpoint, vpc: Vpc, table: Choice[RouteTable]) -> Way:
    """Whether the endpoint is there and answers to the service's name.

    "To use a private hosted zone, you must set the following VPC attributes to true: enableDnsHostnames and
    enableDnsSupport" (EC2 API, CreateVpcEndpoint, PrivateDnsEnabled).
    """
    doubts = _presence(endpoint)
    there: Way = (Truth.PERHAPS if doubts else Truth.TRUE), "the endpoint may not be there", doubts
    if endpoint.kind == "gateway":
        unread = tuple(ref for ref in endpoint.route_tables if isinstance(ref, Doubt))
        on_table = carries(endpoint, table)
        if on_table is Truth.FALSE:
            return Truth.FALSE, "the endpoint is not on the route table of the agent's subnet", ()
        if on_table is Truth.PERHAPS:
            why = (*doubts, *table.doubts, *unread)
            return Truth.PERHAPS, "the endpoint may not be on the route table of the agent's subnet", why
        return there
    asked = (endpoint.private_dns, vpc.dns_support, vpc.dns_hostnames)
    if endpoint.private_dns is False:
        return Truth.FALSE, "the endpoint has no private DNS: the service's name leads to public addresses", ()
    if False in asked:
        return Truth.FALSE, "the VPC has no DNS support or no DNS host names, so the endpoint has no private DNS", ()
    unsure = tuple(one for one in asked if isinstance(one, Doubt))
    if unsure:
        return Truth.PERHAPS, "the endpoint may have no private DNS", (*doubts, *unsure)
    return there


def _presence(endpoint: Endpoint) -> tuple[Doubt, ...]:
    """Why it is not known whether there is such an endpoint, for such a service."""
    read = (endpoint.maybe, endpoint.vpc, endpoint.service_name, endpoint.kind)
    return tuple(doubt for doubt in read if isinstance(doubt, Doubt))


def _vpc(endpoint: Endpoint) -> str:
    return endpoint.vpc if isinstance(endpoint.vpc, str) else f"{endpoint.id}/vpc"


def _requests(
    endpoint: Endpoint, account: str, sources: Iterable[Cidr], statements: tuple[Statement, ...]
) -> Iterator[Request]:
    """The kinds of requests that an agent can send to an endpoint, for each class of its addresses."""
    for source in source_classes(sources, statements) or (None,):
        for principal, owner in _WHO:
            yield Request(_vpc(endpoint), account, principal, endpoints=(endpoint.id,), source=source, owner=owner)


def _gaps(
    endpoint: Endpoint, statements: tuple[Statement, ...], request: Request, intended: tuple[Grant, ...]
) -> Iterator[tuple[tuple[object, ...], Gap]]:
    """The gaps that one kind of request shows, each with what makes it the same gap as another's."""
    for crossing in excess(statements, _meant(intended, request), request, _telling(endpoint, request)):
        # With resources that name their owner, the own account's case has said it all.
        if request.owner == OWN or leaves_owner_open(crossing.request.resource):
            origin = crossing.statement.origin if crossing.statement else endpoint.origin
            key = (Kind.EXCESS, request.principal, origin, crossing.statement)
            yield key, _gap(Kind.EXCESS, endpoint, statements, crossing, origin)
    if (request.principal, request.owner) == (OWN, OWN):
        for grant in intended:
            for crossing in missing(statements, (grant,), request, _telling(endpoint, request)):
                yield (Kind.MISSING, crossing.scope), _gap(Kind.MISSING, endpoint, statements, crossing, grant.origin)


def _meant(intended: tuple[Grant, ...], request: Request) -> tuple[Grant, ...]:
    """What requests of a kind are meant to do: only the own account's credentials are meant to do anything.

    Of another account's resources only those that the policy names: a wildcard that leaves the owner open is
    not an invitation to everybody's.
    """
    if request.principal != OWN:
        return ()
    if request.owner == OWN:
        return intended
    return tuple(
        replace(grant, resources=tuple(name for name in grant.resources if not leaves_owner_open(name)))
        for grant in intended
    )


def _gap(kind: Kind, endpoint: Endpoint, statements: tuple[Statement, ...], crossing: Crossing, origin: Origin) -> Gap:
    call = Call(
        service_of(endpoint) or str(endpoint.service_name),
        crossing.action,
        crossing.resource,
        crossing.request.principal,
    )
    certain = crossing.certain and not _presence(endpoint)
    decision = allowed(crossing.action, crossing.resource, statements, crossing.request)
    doubts = () if certain else (*decision.doubts, *crossing.doubts, *_presence(endpoint))
    step = Step(Layer.ENDPOINTS, decision.outcome, decision.rule, decision.origin, tuple(dict.fromkeys(doubts)))
    owned = ", also where another account owns it" if crossing.request.owner == ANOTHER else ""
    return Gap(kind, certain, call, crossing.scope + owned, (step,), origin)


def _unjudged(endpoint: Endpoint) -> Gap:
    """An endpoint to a resource or a service network of VPC Lattice: behind it is whatever somebody shares there."""
    doubt = Doubt(f"what a {endpoint.kind} endpoint leads to is not known", endpoint.origin.path)
    step = Step(Layer.ENDPOINTS, Outcome.PERHAPS, f"a {endpoint.kind} endpoint", endpoint.origin, (doubt,))
    call = Call(str(endpoint.service_name), "any connection", "anything behind it")
    return Gap(Kind.EXCESS, False, call, "everything behind the endpoint", (step,), endpoint.origin)


def _statements(endpoint: Endpoint) -> tuple[Statement, ...]:
    """The policy as statements: the default policy allows everything, one that could not be read perhaps does."""
    match endpoint.policy:
        case None:
            return (_everything(endpoint, "DefaultEndpointPolicy", allow=True),)
        case Doubt() as doubt:
            return (_everything(endpoint, "UnknownEndpointPolicy", allow=doubt),)
        case statements:
            return tuple(_of_service(endpoint, statement) for statement in statements)


def _everything(endpoint: Endpoint, sid: str, *, allow: bool | Doubt) -> Statement:
    statement = Statement(
        sid=sid,
        allow=allow,
        principals=(("*", ANYTHING),),
        actions=(ANYTHING,),
        resources=(ANYTHING,),
        conditions=(),
        origin=endpoint.origin,
    )
    return _of_service(endpoint, statement)


def _of_service(endpoint: Endpoint, statement: Statement) -> Statement:
    """The statement with ``*`` as the actions that the endpoint can carry: those of its service."""
    prefixes = _prefixes(endpoint)
    if not prefixes or statement.not_actions:
        return statement
    actions: list[str | Doubt] = []
    for action in statement.actions:
        own = [f"{prefix}:*" for prefix in prefixes]
        every = isinstance(action, str) and all(covers(action.lower(), name) for name in own)
        actions.extend(own if every else [action])
    return replace(statement, actions=tuple(actions))


def _prefixes(endpoint: Endpoint) -> tuple[str, ...]:
    """The IAM prefixes of the actions that an endpoint carries; empty where it is not known."""
    service = service_of(endpoint)
    return SERVICES[service].iam if service is not None and service in SERVICES else ()


def _telling(endpoint: Endpoint, request: Request) -> Telling:
    prefixes = _prefixes(endpoint)
    actions = tuple(action for prefix in prefixes for action in TELLING_CALLS.get(prefix, ()))
    if prefixes == ("s3",):
        own, others = "arn:aws:s3:::any-other-bucket/key", "arn:aws:s3:::bucket-of-another-account/key"
        return Telling(actions, (own if request.owner == OWN else others,))
    account = request.account if request.owner == OWN else "999999999999"
    return Telling(
        actions, tuple(f"arn:${{AWS::Partition}}:{prefix}:${{AWS::Region}}:{account}:anything" for prefix in prefixes)
    )
