"""DNS, endpoint policies and the IAM boundary held to the intent: the layers that decide on no packet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from agent_perimeter.intent import AgentIntent
from agent_perimeter.names import NameSet
from agent_perimeter.observed import Doubt, Vpc
from agent_perimeter.prove.compare import WITNESSES, opened_by, status_of
from agent_perimeter.prove.layers import Judged
from agent_perimeter.prove.lines import hosts, of_query
from agent_perimeter.prove.projection import Surroundings, asked
from agent_perimeter.queries import QUERY_TYPES, Query, QuerySet
from agent_perimeter.reach.boundary import boundaries_of, judge_boundary, judge_roles
from agent_perimeter.reach.dns import DnsLayer
from agent_perimeter.reach.endpoints import endpoints_of, judge_endpoint, missing_endpoints, service_of
from agent_perimeter.reach.iam import Grant
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Gap, Kind, Layer, LayerVerdict, Outcome, Status, Step


def dns(judged: Judged) -> LayerVerdict:
    """The VPC's resolver answers the names of its agents and of their services' endpoints, and asks nobody else.

    DNS Firewall cannot tell agents apart, so it is held to all of them; that one agent can resolve another's
    names is a residual risk, not a gap.
    """
    vpc, layer = judged.workload.vpc, judged.vicinity.resolver
    if vpc is None or layer is None:
        return LayerVerdict(Layer.DNS, Status.UNKNOWN, (), judged.workload.doubts)
    allowed = asked(judged.neighbours, _hosts(judged.neighbours, judged.around))
    due = asked((judged.agent,), _hosts((judged.agent,), judged.around), ("A",))
    found = tuple(_dns_gaps(layer, allowed, due, judged))
    doubts = (*layer.doubts, *_elsewhere(layer, vpc))
    status = status_of(found, doubts)
    return LayerVerdict(Layer.DNS, status, found, doubts)


def _hosts(agents: Iterable[AgentIntent], around: Surroundings) -> NameSet:
    return NameSet.union(hosts(reach.service, around) for agent in agents for reach in agent.services)


def _dns_gaps(layer: DnsLayer, allowed: QuerySet, due: QuerySet, judged: Judged) -> Iterator[Gap]:
    permitted = layer.permitted
    excess = permitted.least - allowed
    perhaps = (permitted.most - allowed) - excess
    missing = due - permitted.most
    lacking = (due - permitted.least | due & QuerySet.of(layer.inspected)) - missing
    for kind, certain, queries in (
        (Kind.EXCESS, True, excess),
        (Kind.EXCESS, False, perhaps),
        (Kind.MISSING, True, missing),
        (Kind.MISSING, False, lacking),
    ):
        rest = queries
        for _ in range(WITNESSES):
            query = rest.witness()
            if query is None:
                break
            names = rest.by_type[QUERY_TYPES.index(query.type)]
            step = layer.decide(query)
            if kind is Kind.MISSING and query.name in layer.inspected:
                step = _redirected(step, query)
            origin = opened_by((step,)) if kind is Kind.EXCESS else of_query(judged.agent, query, judged.around)
            # The same names under further types are no news; other names are.
            yield Gap(kind, certain, query, _scope(query.type, names), (step,), origin)
            rest = rest - QuerySet.of(names)


def _redirected(step: Step, query: Query) -> Step:
    """A name that is allowed may be an alias, and the firewall then asks for what it is an alias of, too."""
    doubt = Doubt(
        f"whether every name that {query.name} is redirected to is allowed cannot be known",
        step.origin.path,
        "FirewallDomainRedirectionAction: TRUST_REDIRECTION_DOMAIN",
    )
    return replace(step, outcome=Outcome.PERHAPS, doubts=(*step.doubts, doubt))


def _scope(kind: str, names: NameSet) -> str:
    listed = list(names.patterns())
    return f"{kind} queries for {', '.join(listed[:4])}" + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")


def _elsewhere(layer: DnsLayer, vpc: Vpc) -> Iterator[Doubt]:
    """Resolvers that DNS Firewall does not stand before, and servers that see what is asked."""
    for forward in layer.forwards:
        servers = ", ".join(forward.targets) or "servers that are not known"
        yield Doubt(
            f"queries for {forward.domain} are forwarded to {servers}",
            forward.origin.path,
            "removing the resolver rule from this VPC",
        )
    if layer.other_servers:
        yield Doubt(
            f"DHCP options name other DNS servers, {', '.join(layer.other_servers)}, which DNS Firewall does not see",
            vpc.origin.path,
            "AmazonProvidedDNS",
        )


def endpoints(judged: Judged) -> LayerVerdict:
    """Every endpoint of the VPC lets the agent call what the intent says, with the own account's credentials only."""
    vpc = judged.workload.vpc
    if vpc is None:
        return LayerVerdict(Layer.ENDPOINTS, Status.UNKNOWN, (), judged.workload.doubts)
    found: list[Gap] = []
    sources = tuple(s.source.v4 for s in judged.workload.standpoints if isinstance(s.source.v4, Cidr))
    intended = grants(judged.agent)
    present = endpoints_of(judged.index.network, vpc)
    for endpoint in present:
        service = service_of(endpoint)
        found += judge_endpoint(endpoint, sources, intended.get(service or "", ()), vpc.account)
    subnets = dict.fromkeys(standpoint.source.subnet for standpoint in judged.workload.standpoints)
    found += missing_endpoints(present, intended, vpc, map(judged.index.table_of, subnets))
    if not present and not intended:
        return LayerVerdict(Layer.ENDPOINTS, Status.ABSENT, note="no VPC endpoint, and the intent needs none")
    gaps = tuple(found)
    return LayerVerdict(Layer.ENDPOINTS, status_of(gaps), gaps)


def grants(agent: AgentIntent) -> dict[str, tuple[Grant, ...]]:
    """What the intent lets the agent call, by service."""
    found: dict[str, list[Grant]] = {}
    for reach in agent.services:
        found.setdefault(reach.service, []).append(Grant(reach.actions, reach.resources, reach.origin))
    return {service: tuple(some) for service, some in found.items()}


def boundary(judged: Judged, runtimes: tuple[str, ...], *, expected: bool) -> LayerVerdict:
    """The permissions boundary caps the agent's role at the intent's calls, from inside the VPC.

    ``expected``: whether the network says by its tags that it builds boundaries. Where the workload was named by
    hand, nothing ties a role to it, and the layer is not judged.
    """
    network, vpc = judged.index.network, judged.workload.vpc
    records = boundaries_of(network, judged.agent.name)
    if isinstance(records, Doubt) and not expected:
        note = "nothing ties a role to this workload: its permissions are not judged"
        return LayerVerdict(Layer.BOUNDARY, Status.ABSENT, note=note)
    if isinstance(records, Doubt) or vpc is None:
        doubts = (records,) if isinstance(records, Doubt) else judged.workload.doubts
        return LayerVerdict(Layer.BOUNDARY, Status.UNKNOWN, (), doubts)
    intended = tuple(grant for some in grants(judged.agent).values() for grant in some)
    ids = tuple(endpoint.id for endpoint in endpoints_of(network, vpc))
    found = (
        *(gap for record in records for gap in judge_boundary(record, vpc, ids, intended, runtimes)),
        *judge_roles(network, judged.agent.name),
    )
    gaps = tuple(found)
    return LayerVerdict(Layer.BOUNDARY, status_of(gaps), gaps)
