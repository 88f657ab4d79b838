"""What is built lets out what the intent says: every wall by itself, for random intents.

The walls are read here as AWS reads them, by an evaluator that shares no code with the builder: a
security group is the union of its rules, a network ACL is the first entry that matches, in both
directions and without memory. All addresses are looked at, as sets, and every port beside which
anything changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agent_perimeter.catalogue.services import SERVICES
from agent_perimeter.finding import Finding
from agent_perimeter.intent import AgentIntent, Intent, origin_of
from agent_perimeter.lower import lower
from agent_perimeter.lower.acls import Walls, lower_acls
from agent_perimeter.lower.addresses import SLOT_MOVED, AddressPlan, plan_addresses
from agent_perimeter.lower.boundaries import lower_boundaries
from agent_perimeter.lower.endpoints import lower_endpoints
from agent_perimeter.lower.groups import lower_groups
from agent_perimeter.lower.routes import Paths, lower_routes
from agent_perimeter.network import (
    Acl,
    Boundary,
    Direction,
    Endpoint,
    GroupRef,
    GroupRule,
    PrefixList,
    Role,
    RouteTable,
    SecurityGroup,
    Statement,
    TargetKind,
    Zone,
)
from agent_perimeter.packets import AddressSet
from agent_perimeter.settings import Settings
from agent_perimeter.source import Span
from agent_perimeter.values import ANY_IPV4, Cidr, Protocol
from tests.strategies import AGENTS, intents, settings

ENTRIES = 20
"""The default quota of entries in a network ACL, the default deny included."""

PROTOCOLS = (Protocol.TCP, Protocol.UDP, Protocol.ICMP)
CLIENT_PORTS = (1024, 40_000, 65_535)
EVERYWHERE = AddressSet.of([ANY_IPV4])
NOTHING = AddressSet()


@dataclass(frozen=True)
class Built:
    """An intent and the walls that were lowered from it."""

    intent: Intent
    plan: AddressPlan
    walls: Walls
    paths: Paths
    groups: dict[str, SecurityGroup]
    endpoints: tuple[Endpoint, ...]
    boundaries: dict[str, Boundary]

    @property
    def vpc(self) -> AddressSet:
        return AddressSet.of([self.plan.vpc])

    def acl_of(self, who: str) -> Acl:
        """The ACL of ``agent/<name>`` or of a tier."""
        return next(acl for acl in self.walls.acls if acl.id == self.walls.assigned[who])

    def covers(self, who: str) -> bool:
        """Whether it was said that the ACL lets through more than the intent."""
        return any(f"the network ACL of {who} " in finding.message for finding in self.walls.findings)


def build(intent: Intent, chosen: Settings, entries: int = ENTRIES) -> Built:
    plan, _, _ = plan_addresses((agent.name for agent in intent.agents), chosen)
    walls = lower_acls(intent, plan, entries)
    return Built(
        intent=intent,
        plan=plan,
        walls=walls,
        paths=lower_routes(intent, plan, walls.assigned),
        groups={group.id: group for group in lower_groups(intent)[0]},
        endpoints=lower_endpoints(intent, plan)[0],
        boundaries={boundary.agent: boundary for boundary in lower_boundaries(intent, chosen.workloads)[0]},
    )


built = st.builds(build, intents(3), settings())


# How AWS reads the walls, and how a person reads the intent.


def meant(agents: Iterable[AgentIntent], protocol: Protocol, port: int | None = None) -> AddressSet:
    """Where the agents may go on this port, or on any."""
    found = NOTHING
    for agent in agents:
        for name in agent.names:
            if protocol is Protocol.TCP and (port is None or port in name.ports):
                found |= name.pins or EVERYWHERE
        for reach in agent.addresses:
            if reach.protocol is protocol and (port is None or port in reach.ports):
                found |= reach.addresses
    return found


def let_through(acl: Acl, direction: Direction, protocol: Protocol, port: int) -> AddressSet:
    """Destinations of packets that leave, or sources of packets that enter, on a destination port."""
    return _first_match(
        tuple(
            (entry.allow, entry.cidr)
            for entry in sorted(acl.entries, key=lambda entry: entry.number)
            if entry.direction is direction
            and entry.protocol in (protocol, Protocol.ALL)
            and (entry.ports is None or port in entry.ports)
        )
    )


@cache
def _first_match(entries: tuple[tuple[bool, Cidr], ...]) -> AddressSet:
    allowed, undecided = NOTHING, EVERYWHERE
    for allow, cidr in entries:
        hit = undecided & AddressSet.of([cidr])
        allowed = allowed | hit if allow else allowed
        undecided -= hit
    return allowed


def let_out(group: SecurityGroup, protocol: Protocol, port: int) -> AddressSet:
    """Where the group's rules for addresses let packets go."""
    return AddressSet.of(
        rule.peer for rule in group.egress if isinstance(rule.peer, Cidr) and _matches(rule, protocol, port)
    )


def _matches(rule: GroupRule, protocol: Protocol, port: int) -> bool:
    return rule.protocol in (protocol, Protocol.ALL) and (rule.ports is None or port in rule.ports)


def ports_beside_changes(built: Built) -> list[int]:
    """Every port at which the intent or a wall begins or ends, and the ports beside it."""
    ranges = [
        *(name.ports for agent in built.intent.agents for name in agent.names),
        *(ports for agent in built.intent.agents for reach in agent.addresses for ports in reach.ports.ranges()),
        *(rule.ports for group in built.groups.values() for rule in group.egress if rule.ports),
        *(entry.ports for acl in built.walls.acls for entry in acl.entries if entry.ports),
    ]
    edges = {
        0,
        65_535,
        *(edge for ports in ranges for edge in (ports.first - 1, ports.first, ports.last, ports.last + 1)),
    }
    return sorted(edge for edge in edges if 0 <= edge <= 65_535)


def headers(built: Built) -> Iterator[tuple[Protocol, int]]:
    ports = ports_beside_changes(built)
    return ((protocol, port) for protocol in PROTOCOLS for port in ports)


def services_of(agent: AgentIntent, kind: str) -> set[str]:
    return {reach.service for reach in agent.services if SERVICES[reach.service].kind == kind}


def lines_of(agent: AgentIntent) -> set[Span]:
    return set(origin_of(*agent.names, *agent.addresses, *agent.services).spans)


class TestSecurityGroups:
    @given(built)
    def test_an_agents_group_lets_out_exactly_what_its_intent_says(self, built: Built) -> None:
        for agent in built.intent.agents:
            group = built.groups[f"group/agent/{agent.name}"]
            for protocol, port in headers(built):
                assert let_out(group, protocol, port) == meant([agent], protocol, port), (agent.name, protocol, port)

    @given(built)
    def test_an_agents_group_reaches_its_services_on_https_and_no_others(self, built: Built) -> None:
        for agent in built.intent.agents:
            rules = [
                rule for rule in built.groups[f"group/agent/{agent.name}"].egress if not isinstance(rule.peer, Cidr)
            ]
            assert {rule.peer for rule in rules} == {
                *(PrefixList(service) for service in services_of(agent, "gateway")),
                *(GroupRef(f"group/endpoint/{service}") for service in services_of(agent, "interface")),
            }
            assert all((rule.protocol, str(rule.ports)) == (Protocol.TCP, "443") for rule in rules)

    @given(built)
    def test_nothing_enters_but_https_to_an_endpoint_from_the_agents_that_use_it(self, built: Built) -> None:
        for group in built.groups.values():
            users = {
                GroupRef(f"group/agent/{agent.name}")
                for agent in built.intent.agents
                if group.service in services_of(agent, "interface")
            }
            assert {rule.peer for rule in group.ingress} == users
            assert all((rule.protocol, str(rule.ports)) == (Protocol.TCP, "443") for rule in group.ingress)
            assert group.agent is not None or group.egress == (), "an endpoint opens no connection"

    @given(built)
    def test_no_rule_is_written_twice(self, built: Built) -> None:
        """EC2 refuses a rule whose protocol, ports and peer are there already."""
        for group in built.groups.values():
            for rules in (group.ingress, group.egress):
                assert len({(rule.protocol, rule.ports, rule.peer) for rule in rules}) == len(rules)

    @given(built)
    def test_every_rule_names_the_policy_lines_that_it_follows_from(self, built: Built) -> None:
        for agent in built.intent.agents:
            group = built.groups[f"group/agent/{agent.name}"]
            for rule in group.egress:
                assert set(rule.origin.spans) == set(_lines_behind(rule, agent)), rule
            assert {span for rule in group.egress for span in rule.origin.spans} == lines_of(agent)
        for group in built.groups.values():
            assert all(rule.origin.spans for rule in group.ingress)


def _lines_behind(rule: GroupRule, agent: AgentIntent) -> Iterator[Span]:
    """The lines that ask for any packet of the rule's ports and addresses."""
    match rule.peer:
        case GroupRef(group):
            wanted = group.rpartition("/")[2]
            yield from (span for reach in agent.services if reach.service == wanted for span in reach.origin.spans)
        case PrefixList(wanted):
            yield from (span for reach in agent.services if reach.service == wanted for span in reach.origin.spans)
        case Cidr():
            asked = [
                *((Protocol.TCP, name.ports, name.origin) for name in agent.names),
                *((reach.protocol, ports, reach.origin) for reach in agent.addresses for ports in reach.ports.ranges()),
            ]
            for protocol, ports, origin in asked:
                if (
                    protocol is rule.protocol
                    and rule.ports
                    and (rule.ports.first in ports or ports.first in rule.ports)
                ):
                    yield from origin.spans


class TestNetworkAcls:
    @given(built)
    def test_every_packet_of_the_intent_leaves_and_its_reply_returns(self, built: Built) -> None:
        for agent in built.intent.agents:
            acl = built.acl_of(f"agent/{agent.name}")
            for protocol, port in headers(built):
                asked = meant([agent], protocol, port) - built.vpc
                assert asked <= let_through(acl, Direction.EGRESS, protocol, port)
                for client in CLIENT_PORTS:
                    assert asked <= let_through(acl, Direction.INGRESS, protocol, client)

    @given(built)
    def test_an_agent_reaches_the_endpoints_of_its_vpc_on_https_and_nothing_else_in_it(self, built: Built) -> None:
        endpoints = AddressSet.of(built.plan.endpoint)
        for agent in built.intent.agents:
            acl = built.acl_of(f"agent/{agent.name}")
            uses = bool(services_of(agent, "interface"))
            for protocol, port in headers(built):
                https = uses and protocol is Protocol.TCP and port == 443
                client = uses and protocol is Protocol.TCP and port >= 1024
                out, back = (let_through(acl, way, protocol, port) for way in (Direction.EGRESS, Direction.INGRESS))
                assert out & built.vpc == (endpoints if https else NOTHING)
                assert back & built.vpc == (endpoints if client else NOTHING)

    @given(built)
    def test_a_gateway_service_is_reached_on_https(self, built: Built) -> None:
        for agent in built.intent.agents:
            if services_of(agent, "gateway"):
                acl = built.acl_of(f"agent/{agent.name}")
                outside = EVERYWHERE - built.vpc
                assert let_through(acl, Direction.EGRESS, Protocol.TCP, 443) - built.vpc == outside
                for client in CLIENT_PORTS:
                    assert outside <= let_through(acl, Direction.INGRESS, Protocol.TCP, client)

    @given(built)
    def test_an_acl_that_lets_through_more_than_the_intent_says_so(self, built: Built) -> None:
        for agent in built.intent.agents:
            if built.covers(f"agent {agent.name}"):
                continue
            acl = built.acl_of(f"agent/{agent.name}")
            for protocol, port in headers(built):
                exact = meant([agent], protocol, port) - built.vpc
                replies = meant([agent], protocol) - built.vpc if port >= 1024 else NOTHING
                if protocol is Protocol.TCP and services_of(agent, "gateway"):
                    https = EVERYWHERE - built.vpc
                    exact = https if port == 443 else exact
                    replies = https if port >= 1024 else NOTHING
                assert let_through(acl, Direction.EGRESS, protocol, port) - built.vpc == exact
                assert let_through(acl, Direction.INGRESS, protocol, port) - built.vpc == replies

    @given(built)
    def test_only_a_port_that_a_client_may_have_is_open_inward(self, built: Built) -> None:
        for agent in built.intent.agents:
            acl = built.acl_of(f"agent/{agent.name}")
            for protocol, port in headers(built):
                if port < 1024 or protocol is Protocol.ICMP:
                    assert let_through(acl, Direction.INGRESS, protocol, port) == NOTHING

    @given(built)
    def test_the_whole_path_lets_requests_out_and_replies_back(self, built: Built) -> None:
        """Agent → firewall → NAT → internet and back: each subnet's ACL on the way in and on the way out."""
        for agent in built.intent.agents:
            if not agent.needs_internet:
                continue
            home = AddressSet.of(built.plan.agents[agent.name])
            for tier in (built.acl_of(Role.FIREWALL), built.acl_of(Role.EGRESS)):
                for protocol, port in headers(built):
                    asked = meant([agent], protocol, port) - built.vpc
                    if not asked:
                        continue
                    assert home <= let_through(tier, Direction.INGRESS, protocol, port)
                    assert asked <= let_through(tier, Direction.EGRESS, protocol, port)
                    for client in CLIENT_PORTS:
                        assert asked <= let_through(tier, Direction.INGRESS, protocol, client)
                        assert home <= let_through(tier, Direction.EGRESS, protocol, client)

    @given(built)
    def test_what_passes_the_firewall_and_egress_subnets_enters_the_vpc_as_a_reply_to_an_agent_only(
        self, built: Built
    ) -> None:
        if not built.intent.needs_internet:
            return
        area = AddressSet.of(built.plan.agent_area)
        said = built.covers("the firewall and egress subnets")
        for tier in (built.acl_of(Role.FIREWALL), built.acl_of(Role.EGRESS)):
            for protocol, port in headers(built):
                asked = meant(built.intent.agents, protocol, port)
                spoken = bool(meant(built.intent.agents, protocol))
                out, inward = (let_through(tier, way, protocol, port) for way in (Direction.EGRESS, Direction.INGRESS))
                assert out & built.vpc == (area if spoken and port >= 1024 else NOTHING)
                if not said:
                    assert out - built.vpc == asked - built.vpc
                    assert inward & built.vpc == (area if asked else NOTHING)
                    replies = meant(built.intent.agents, protocol) if port >= 1024 else NOTHING
                    assert inward - built.vpc == replies - built.vpc

    @given(built)
    def test_an_endpoint_subnet_answers_https_to_where_agents_live_and_does_nothing_else(self, built: Built) -> None:
        if Role.ENDPOINT not in built.walls.assigned:
            assert not any(services_of(agent, "interface") for agent in built.intent.agents)
            return
        acl, area = built.acl_of(Role.ENDPOINT), AddressSet.of(built.plan.agent_area)
        for protocol, port in headers(built):
            tcp = protocol is Protocol.TCP
            assert let_through(acl, Direction.INGRESS, protocol, port) == (area if tcp and port == 443 else NOTHING)
            assert let_through(acl, Direction.EGRESS, protocol, port) == (area if tcp and port >= 1024 else NOTHING)

    @given(intents(3), settings(), st.integers(12, 40))
    def test_entries_stay_within_the_quota_and_are_numbered_apart(
        self, intent: Intent, chosen: Settings, entries: int
    ) -> None:
        made = build(intent, chosen, entries)
        for acl in made.walls.acls:
            for direction in Direction:
                numbers = [entry.number for entry in acl.entries if entry.direction is direction]
                assert len(numbers) + 1 <= entries
                assert numbers == sorted(set(numbers))
                assert all(1 <= number <= 32_766 for number in numbers)
        used = {use.where: use.used for use in made.walls.uses if use.quota == "acl-entries"}
        assert used == {
            f"{acl.id} {direction}": 1 + len([entry for entry in acl.entries if entry.direction is direction])
            for acl in made.walls.acls
            for direction in Direction
        }

    @given(built)
    def test_every_entry_that_follows_from_a_policy_names_its_lines(self, built: Built) -> None:
        sharing: dict[str, list[AgentIntent]] = {}
        for agent in built.intent.agents:
            sharing.setdefault(built.walls.assigned[f"agent/{agent.name}"], []).append(agent)
        for acl in built.walls.acls:
            named = {span for entry in acl.entries for span in entry.origin.spans}
            if acl.role is Role.AGENT:
                assert all(bool(entry.origin.spans) is entry.allow for entry in acl.entries)
                assert named == {span for agent in sharing[acl.id] for span in lines_of(agent)}
            elif acl.role is Role.ENDPOINT:
                assert named == set(), "it follows from where agents live, not from a line"
            else:
                assert named == {
                    span for agent in built.intent.agents for span in origin_of(*agent.names, *agent.addresses).spans
                }

    @given(built)
    def test_agents_share_an_acl_exactly_where_its_entries_are_the_same(self, built: Built) -> None:
        alone = {
            agent.name: _plain(build(Intent((agent,)), _settings_of(built)).acl_of(f"agent/{agent.name}"))
            for agent in built.intent.agents
        }
        for agent in built.intent.agents:
            assert _plain(built.acl_of(f"agent/{agent.name}")) == alone[agent.name]
        assigned = {built.walls.assigned[f"agent/{name}"] for name in alone}
        assert len(assigned) == len(set(alone.values()))


def _plain(acl: Acl) -> tuple[tuple[object, ...], ...]:
    return tuple(
        (entry.number, entry.direction, entry.allow, entry.protocol, entry.ports, entry.cidr) for entry in acl.entries
    )


def _settings_of(built: Built) -> Settings:
    return Settings(vpc_cidr=built.plan.vpc, zones=tuple(zone.name for zone in built.plan.zones))


class TestRoutes:
    @given(built)
    def test_subnets_lie_in_the_vpc_apart_from_each_other(self, built: Built) -> None:
        blocks = [subnet.cidr for subnet in built.paths.subnets]
        assert all(block in built.plan.vpc and 16 <= block.prefix <= 28 for block in blocks)
        assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))

    @given(built)
    def test_every_subnet_has_a_table_of_its_zone_and_an_acl_of_its_role(self, built: Built) -> None:
        tables = {table.id: table for table in built.paths.route_tables}
        acls = {acl.id: acl for acl in built.walls.acls}
        for subnet in built.paths.subnets:
            assert tables[subnet.route_table].zone == subnet.zone
            assert tables[subnet.route_table].role is subnet.role
            assert acls[subnet.acl].role is subnet.role
            assert (subnet.agent is not None) is (subnet.role is Role.AGENT)
        assert {subnet.route_table for subnet in built.paths.subnets} == set(tables), "no table without a subnet"
        assert {subnet.acl for subnet in built.paths.subnets} == set(acls), "no ACL without a subnet"

    @given(built)
    def test_every_agent_has_a_subnet_in_every_zone(self, built: Built) -> None:
        homes = {(subnet.agent, subnet.zone): subnet.cidr for subnet in built.paths.subnets if subnet.agent}
        assert homes == {
            (agent.name, zone): built.plan.agents[agent.name][zone.index]
            for agent in built.intent.agents
            for zone in built.plan.zones
        }

    @given(built)
    def test_an_agent_leaves_through_the_firewall_of_its_own_zone_or_not_at_all(self, built: Built) -> None:
        for agent in built.intent.agents:
            for table in _tables_of(built, agent.name):
                leaving = [(route.destination, route.kind, route.target) for route in table.routes]
                through = (ANY_IPV4, TargetKind.FIREWALL, f"firewall/{table.zone.index}")
                assert leaving == ([through] if agent.needs_internet else [])

    @given(built)
    def test_replies_come_back_through_the_same_firewall_once_per_agent_with_internet(self, built: Built) -> None:
        online = [agent.name for agent in built.intent.agents if agent.needs_internet]
        for table in built.paths.route_tables:
            if table.role is not Role.EGRESS:
                continue
            default, *back = table.routes
            assert (default.destination, default.kind) == (ANY_IPV4, TargetKind.INTERNET_GATEWAY)
            assert [route.destination for route in back] == [
                built.plan.agents[name][table.zone.index] for name in online
            ]
            assert {(route.kind, route.target) for route in back} == {
                (TargetKind.FIREWALL, f"firewall/{table.zone.index}")
            }
            assert len({route.id for route in table.routes}) == len(table.routes)

    @given(built)
    def test_only_the_firewall_reaches_nat_and_only_egress_the_internet(self, built: Built) -> None:
        zones = set(built.plan.zones) if built.intent.needs_internet else set[Zone]()
        kinds = {(table.role, table.zone, route.kind) for table in built.paths.route_tables for route in table.routes}
        assert {zone for role, zone, kind in kinds if (role, kind) == (Role.FIREWALL, TargetKind.NAT_GATEWAY)} == zones
        assert {role for role, _, kind in kinds if kind is TargetKind.NAT_GATEWAY} <= {Role.FIREWALL}
        assert {role for role, _, kind in kinds if kind is TargetKind.INTERNET_GATEWAY} <= {Role.EGRESS}
        assert {nat.zone for nat in built.paths.nat_gateways} == zones
        assert (built.paths.internet_gateway is not None) is built.intent.needs_internet
        subnets = {subnet.id: subnet for subnet in built.paths.subnets}
        assert all(
            (subnets[nat.subnet].role, subnets[nat.subnet].zone) == (Role.EGRESS, nat.zone)
            for nat in built.paths.nat_gateways
        )


def _tables_of(built: Built, agent: str) -> list[RouteTable]:
    mine = {subnet.route_table for subnet in built.paths.subnets if subnet.agent == agent}
    return [table for table in built.paths.route_tables if table.id in mine]


names = st.lists(st.text("abcdefgh-12", min_size=1, max_size=6), min_size=1, max_size=10, unique=True)
crowded = Settings(vpc_cidr=Cidr.parse("10.42.0.0/20"), agent_subnet_prefix=26)
"""Sixteen places: names meet."""


class TestAddressPlan:
    @given(names, st.text("ijkl-34", min_size=1, max_size=6))
    def test_a_newcomer_moves_nobody_of_whom_no_note_speaks(self, residents: list[str], newcomer: str) -> None:
        before, _, notes_before = plan_addresses(residents, crowded)
        after, _, notes_after = plan_addresses([*residents, newcomer], crowded)
        for name in residents:
            if before.agents[name] != after.agents[name]:
                assert _moved(name, (*notes_before, *notes_after))

    @given(names)
    def test_who_is_not_spoken_of_lives_where_it_would_live_alone(self, residents: list[str]) -> None:
        plan, _, notes = plan_addresses(residents, crowded)
        for name in residents:
            alone = plan_addresses([name], crowded)[0].agents[name]
            assert (plan.agents[name] == alone) is not _moved(name, notes)

    @given(names)
    def test_a_note_names_the_agent_that_has_the_place(self, residents: list[str]) -> None:
        plan, _, notes = plan_addresses(residents, crowded)
        for note in notes:
            mover, owner = re.findall(r"agent (\S+) ", note.message)
            assert plan.agents[owner] == plan_addresses([mover], crowded)[0].agents[mover]

    @given(names)
    def test_pinning_as_the_notes_say_keeps_the_plan_and_ends_the_notes(self, residents: list[str]) -> None:
        plan, _, notes = plan_addresses(residents, crowded)
        pins = dict(re.findall(r'"(\S+)": (\d+)', " ".join(note.hint or "" for note in notes)))
        pinned = Settings(
            vpc_cidr=crowded.vpc_cidr,
            agent_subnet_prefix=crowded.agent_subnet_prefix,
            slots={name: int(slot) for name, slot in pins.items()},
        )
        again, _, still = plan_addresses(residents, pinned)
        assert (again.agents, still) == (plan.agents, ())

    @given(st.data(), names)
    def test_the_plan_does_not_depend_on_the_order_of_the_agents(
        self, data: st.DataObject, residents: list[str]
    ) -> None:
        shuffled = data.draw(st.permutations(residents))
        assert plan_addresses(shuffled, crowded) == plan_addresses(residents, crowded)


def _moved(name: str, notes: Iterable[Finding]) -> bool:
    return any(note.code is SLOT_MOVED and f"agent {name} moves aside" in note.message for note in notes)


class TestEndpoints:
    @given(built)
    def test_each_service_has_one_endpoint_where_its_agents_can_use_it(self, built: Built) -> None:
        assert [endpoint.service for endpoint in built.endpoints] == list(built.intent.services)
        for endpoint in built.endpoints:
            users = [agent for agent in built.intent.agents if endpoint.service in _services(agent)]
            tables = {table.id for agent in users for table in _tables_of(built, agent.name)}
            if endpoint.kind == "gateway":
                assert (set(endpoint.route_tables), endpoint.subnets, endpoint.security_group) == (tables, (), None)
                assert not endpoint.private_dns
            else:
                assert endpoint.route_tables == ()
                assert list(endpoint.subnets) == [f"subnet/endpoint/{zone.index}" for zone in built.plan.zones]
                assert endpoint.security_group in built.groups
                assert endpoint.private_dns

    @given(built)
    def test_an_agent_without_a_gateway_service_shares_no_table_with_its_route(self, built: Built) -> None:
        for endpoint in built.endpoints:
            for agent in built.intent.agents:
                if endpoint.service not in _services(agent):
                    assert not {table.id for table in _tables_of(built, agent.name)} & set(endpoint.route_tables)

    @given(built)
    def test_each_agent_has_exactly_its_grants_from_its_own_subnets_with_its_own_account(self, built: Built) -> None:
        for endpoint in built.endpoints:
            granted = set()
            for statement in endpoint.statements:
                conditions = {(item.operator, item.key): item.values for item in statement.conditions}
                assert len(conditions) == len(statement.conditions)
                assert statement.allow
                assert statement.principal == "*"
                assert conditions["StringEquals", "aws:PrincipalAccount"] == ("${AWS::AccountId}",)
                sources = conditions["IpAddress", "aws:VpcSourceIp"]
                granted.add((sources, statement.actions, statement.resources, statement.origin))
            assert granted == {
                (tuple(map(str, built.plan.agents[agent.name])), reach.actions, reach.resources, reach.origin)
                for agent in built.intent.agents
                for reach in agent.services
                if reach.service == endpoint.service
            }

    @given(built)
    def test_statement_ids_are_what_iam_takes_and_none_is_given_twice(self, built: Built) -> None:
        for statements in (
            *(endpoint.statements for endpoint in built.endpoints),
            *(boundary.statements for boundary in built.boundaries.values()),
        ):
            sids = [statement.sid for statement in statements]
            assert len(set(sids)) == len(sids)
            assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)


def _services(agent: AgentIntent) -> set[str]:
    return {reach.service for reach in agent.services}


class TestBoundaries:
    @given(built)
    def test_a_role_can_do_its_grants_from_this_vpc_or_through_a_service_and_nothing_else(self, built: Built) -> None:
        assert set(built.boundaries) == {agent.name for agent in built.intent.agents}
        for agent in built.intent.agents:
            statements = built.boundaries[agent.name].statements
            if not agent.services:
                assert [_what(statement) for statement in statements] == [(False, ("*",), ("*",), ())]
                continue
            ways = (
                (("StringEquals", "aws:SourceVpc", ("${Vpc}",)),),
                (("Bool", "aws:ViaAWSService", ("true",)),),
            )
            assert {_what(statement) for statement in statements} == {
                (True, reach.actions, reach.resources, way) for reach in agent.services for way in ways
            }
            assert {span for statement in statements for span in statement.origin.spans} == {
                span for reach in agent.services for span in reach.origin.spans
            }


def _what(statement: Statement) -> tuple[object, ...]:
    conditions = tuple((item.operator, item.key, item.values) for item in statement.conditions)
    assert statement.principal is None, "a permissions boundary names no principal"
    return statement.allow, statement.actions, statement.resources, conditions


class TestTheWhole:
    @given(intents(3), settings())
    @hypothesis_settings(max_examples=50)
    def test_every_intent_is_built_or_refused_with_an_error_and_always_alike(
        self, intent: Intent, chosen: Settings
    ) -> None:
        lowered = lower(intent, chosen)
        assert lowered == lower(intent, chosen)
        exceeded = [meter.quota.name for meter in lowered.meters if meter.exceeded]
        assert lowered.refused is any(finding.is_error for finding in lowered.findings)
        assert all(any(f"quota {quota}," in str(finding) for finding in lowered.findings) for quota in exceeded)

    @given(intents(3), settings())
    @hypothesis_settings(max_examples=50)
    def test_every_record_has_an_id_of_its_own(self, intent: Intent, chosen: Settings) -> None:
        network = lower(intent, chosen).network
        assert network is not None
        ids = [
            record.id
            for records in (network.subnets, network.route_tables, network.acls, network.security_groups)
            for record in records
        ]
        ids += [record.id for records in (network.nat_gateways, network.firewalls, network.logs) for record in records]
        ids += [record.id for records in (network.endpoints, network.boundaries) for record in records]
        ids += [route.id for table in network.route_tables for route in table.routes]
        assert len(set(ids)) == len(ids)


def test_the_pool_of_agents_holds_names_that_differ_in_hyphens_only() -> None:
    """Or the law on statement ids would say little."""
    assert len({name.replace("-", "") for name in AGENTS}) < len(AGENTS)
