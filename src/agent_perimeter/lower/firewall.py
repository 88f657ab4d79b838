"""Network Firewall: the policy that all firewalls of a perimeter share, and its rule groups.

The rules stand in two kinds of groups. Allow groups come first, so that every pass stands before every
drop: then the order in which AWS evaluates (strict, as written) and Suricata's own (by action) decide
alike, and what Suricata says about the rules holds for both. The deny group comes last.

Follows the Network Firewall guide ("Strict evaluation order", "Resolved IP validation") and AWS's security
best practices for Network Firewall.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from agent_perimeter.catalogue.quotas import QUOTAS
from agent_perimeter.finding import Finding, Severity, code
from agent_perimeter.intent import AgentIntent, Intent
from agent_perimeter.lower.drops import drops
from agent_perimeter.lower.partition import partition
from agent_perimeter.lower.passes import held, passes
from agent_perimeter.lower.quotas import Use
from agent_perimeter.lower.suricata import expanded, mentioned, variable, written
from agent_perimeter.network import FirewallPolicy, ResolvedIpValidation, RuleGroup, SuricataRule
from agent_perimeter.packets import AddressSet
from agent_perimeter.settings import Settings
from agent_perimeter.source import Origin
from agent_perimeter.values import Cidr

UNHELD_PORT = code(
    "AP511",
    "unheld-port",
    Severity.ERROR,
    "Nothing holds a domain on this port",
    "Outside TLS on 443 and HTTP on 80 no packet carries the name. Only resolved-IP validation ties such a "
    "connection to it, and only for an exact name. Without it the rule would open the port to every address.",
)
IPV6_NOT_BUILT = code(
    "AP512",
    "ipv6-not-built",
    Severity.ERROR,
    "The firewall has no IPv6 to allow",
    "The perimeter's VPC has no IPv6 block, so that nothing has to be closed twice. An IPv6 destination in an "
    "intent can be reached through no layer of it.",
)
NAMES_ASSERTED = code(
    "AP513",
    "names-asserted",
    Severity.WARNING,
    "Names are believed as the client asserts them",
    "The firewall reads the server name of TLS and the Host of HTTP; both are chosen by the client. With "
    "resolved-IP validation off, an agent that claims an allowed name may connect to any address.",
)

ALLOW_SIDS = range(1_000_000_000, 1_900_000_000)
DENY_SIDS = range(1_900_000_000, 2_000_000_000)
"""Where rule numbers are drawn from: so wide that two keys hardly ever meet."""

STATEFUL_DEFAULTS = ("aws:drop_established_app_layer_to_server", "aws:alert_established_app_layer_to_server")
"""Waits for a ClientHello in several segments and leaves replies alone. The twin is what logs the drop."""

FRAGMENTS = ("aws:drop",)
"""These are UDP's; fragments of other protocols AWS drops anyway. All but the first carry no port, so no
rule could tell an allowed one from another. A policy's UDP has to fit into single packets."""

TCP_IDLE_SECONDS = 350
"""As long as the NAT gateway behind the firewall keeps an idle connection."""

_ALLOW_PRIORITY, _ALLOW_STEP, _DENY_PRIORITY = 100, 10, 1000
_SMALLEST_CAPACITY = 100


def lower_firewall(
    intent: Intent, subnets: Mapping[str, tuple[Cidr, ...]], settings: Settings
) -> tuple[FirewallPolicy, tuple[Use, ...], tuple[Finding, ...]]:
    """The policy for an intent that needs the internet. ``subnets`` are the blocks of each agent's subnets."""
    known = {variable(agent): blocks for agent, blocks in subnets.items()}
    allow = written(passes(intent, subnets, settings), ALLOW_SIDS)
    policy = FirewallPolicy(
        id="firewall/policy",
        groups=(
            *(
                _group(f"allow-{shelf}".rstrip("-"), _ALLOW_PRIORITY + _ALLOW_STEP * index, rules, known, settings)
                for index, (shelf, rules) in enumerate(partition(allow, lambda rule: rule.sid, _fits))
            ),
            _group("deny", _DENY_PRIORITY, written(drops(intent), DENY_SIDS), known, settings),
        ),
        home_net=(settings.vpc_cidr,),
        stateless_actions=("aws:forward_to_sfe",),
        stateless_fragment_actions=FRAGMENTS,
        stateful_actions=STATEFUL_DEFAULTS,
        rule_order="STRICT_ORDER",
        stream_exception="REJECT",
        tcp_idle_seconds=TCP_IDLE_SECONDS,
        resolved_ip=_validation(intent, settings),
    )
    return policy, tuple(_uses(policy)), tuple(_findings(intent, settings))


def _group(
    name: str,
    priority: int,
    rules: tuple[SuricataRule, ...],
    known: Mapping[str, tuple[Cidr, ...]],
    settings: Settings,
) -> RuleGroup:
    names = sorted({name for rule in rules for name in mentioned(rule.text)} & known.keys())
    capacity = _capacity(len(rules))
    return RuleGroup(
        id=f"firewall/rules/{name}",
        name=f"{settings.name}-{name}-{capacity}-${{Vpc}}",
        priority=priority,
        capacity=capacity,
        variables=tuple((name, known[name]) for name in names),
        rules=rules,
    )


def _capacity(rules: int) -> int:
    """Room for at least twice the rules, in doubling steps, since AWS cannot change it without a replacement."""
    capacity = _SMALLEST_CAPACITY
    while capacity < 2 * rules:
        capacity *= 2
    return capacity


def _length(rules: Iterable[SuricataRule]) -> int:
    return sum(len(rule.text) + 1 for rule in rules)


def _fits(rules: tuple[SuricataRule, ...]) -> bool:
    return _length(rules) <= QUOTAS["firewall-rules-string-characters"].limit


def _validation(intent: Intent, settings: Settings) -> ResolvedIpValidation | None:
    """A destination that the VPC's resolver did not give out is rejected, whatever address asks.

    Expiry rejects too: what was an allowed name's address once may be somebody else's today. AWS keeps a
    resolution longer than its TTL, and a client that is reset resolves again. Only what the intent names
    by address is exempt, and from this check alone.
    """
    if not settings.resolved_ip_validation:
        return None
    named = AddressSet()
    for agent in intent.agents:
        for reach in agent.addresses:
            named |= AddressSet(v4=reach.addresses.v4)
        for name in agent.names:
            named |= AddressSet(v4=name.pins.v4)
    return ResolvedIpValidation("REJECT", "REJECT", bypass=named.cidrs(), sources=(settings.vpc_cidr,))


def _uses(policy: FirewallPolicy) -> Iterator[Use]:
    for group in policy.groups:
        variables = {**dict(group.variables), "HOME_NET": policy.home_net}
        length, sid = max((len(expanded(rule.text, variables)), rule.sid) for rule in group.rules)
        yield Use("firewall-rule-group-capacity", group.capacity, group.id)
        yield Use("firewall-rules-string-characters", _length(group.rules), group.id)
        yield Use("firewall-rule-line-characters", length, f"{group.id}, sid {sid}")
    yield Use("firewall-groups-per-policy", len(policy.groups))
    yield Use("firewall-policy-capacity", sum(group.capacity for group in policy.groups))
    if policy.resolved_ip is not None:
        yield Use("firewall-bypass-ranges", len(policy.resolved_ip.bypass))


def _findings(intent: Intent, settings: Settings) -> Iterator[Finding]:
    for agent in intent.agents:
        yield from _unheld(agent, settings)
        for reach in agent.addresses:
            yield from _ipv6(f"{agent.name} cannot reach IPv6 addresses", reach.addresses, reach.origin)
        for name in agent.names:
            yield from _ipv6(f"{name.name} cannot be reached at IPv6 addresses", name.pins, name.origin)
    if not settings.resolved_ip_validation and any(agent.names for agent in intent.agents):
        yield Finding(
            NAMES_ASSERTED,
            "an agent that claims an allowed name reaches any address",
            got="resolved_ip_validation off",
            hint='"resolved_ip_validation": true in the settings',
        )


def _unheld(agent: AgentIntent, settings: Settings) -> Iterator[Finding]:
    for name in agent.names:
        if not held(name, settings):
            yield Finding(
                UNHELD_PORT,
                f"the firewall cannot hold {name.name} on TCP {name.ports}",
                name.origin.spans[0],
                got="a wildcard" if settings.resolved_ip_validation else "resolved_ip_validation off",
                allowed="TCP 443 and 80; other ports for an exact name under resolved-IP validation",
                hint="`ip_block` with the service's addresses",
            )


def _ipv6(message: str, addresses: AddressSet, origin: Origin) -> Iterator[Finding]:
    if addresses.v6:
        yield Finding(
            IPV6_NOT_BUILT,
            message,
            origin.spans[0],
            got=str(AddressSet(v6=addresses.v6)),
            allowed="IPv4",
            hint="the service's IPv4 addresses",
        )
