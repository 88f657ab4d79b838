"""One packet or one name: what is asked, what the policy says of it, what every layer does with it."""

from __future__ import annotations

import pytest

from agent_perimeter.explain import SAMPLE, Question, by_policy, question
from agent_perimeter.packet_sets import App, Packet
from agent_perimeter.queries import Query
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Layer, Outcome, Step
from agent_perimeter.verification import explain
from tests.unit.lifted import Resources, ref
from tests.unit.perimeters import (
    ADDRESSES,
    BROKER,
    EGRESS,
    NAMES,
    POLICY,
    SOUND,
    also,
    having,
    intent,
    only,
    path,
    read,
    tags,
)

EVIL = Cidr.parse("203.0.113.9/32")


def asked(text: str, **more: str) -> Question:
    return question(text, **more)


class TestAPacket:
    @pytest.mark.parametrize(
        ("text", "packet"),
        [
            ("tcp://203.0.113.9:443", Packet(6, EVIL, 443, App.OTHER)),
            ("tcp://203.0.113.9:443/", Packet(6, EVIL, 443, App.OTHER)),
            ("udp://203.0.113.9:53", Packet(17, EVIL, 53, App.OTHER)),
            ("icmp://203.0.113.9", Packet(1, EVIL, 8 << 8, App.OTHER)),
            ("icmpv6://[2001:db8::9]", Packet(58, Cidr.parse("2001:db8::9/128"), 128 << 8, App.OTHER)),
            ("ip-47://203.0.113.9", Packet(47, EVIL, 0, App.OTHER)),
            ("tcp://[2001:db8::9]:443", Packet(6, Cidr.parse("2001:db8::9/128"), 443, App.OTHER)),
        ],
    )
    def test_is_read_from_what_looks_like_an_address(self, text: str, packet: Packet) -> None:
        assert asked(text) == Question(None, packet, packet)

    @pytest.mark.parametrize(
        ("claim", "app", "name"),
        [
            ({"sni": "API.example.com."}, App.TLS, "api.example.com"),
            ({"sni": ""}, App.TLS, ""),
            ({"host": "Api.Example.com"}, App.HTTP, "api.example.com"),
            ({"app": "SSH"}, App.SSH, ""),
            ({"app": "early"}, App.EARLY, ""),
        ],
    )
    def test_claims_what_it_is_told_to(self, claim: dict[str, str], app: App, name: str) -> None:
        packet = asked("tcp://203.0.113.9:443", **claim).packet
        assert packet is not None
        assert (packet.app, packet.name) == (app, name)

    def test_bears_the_name_that_its_address_was_given_out_for(self) -> None:
        packet = asked("tcp://203.0.113.9:443", resolved="API.example.com.").packet
        assert packet is not None
        assert packet.resolved == "api.example.com"

    def test_of_other_protocols_has_bytes_and_no_name(self) -> None:
        packet = asked("udp://203.0.113.9:443", app="quic").packet
        assert packet == Packet(17, EVIL, 443, App.QUIC)

    @pytest.mark.parametrize(
        ("text", "claims", "said"),
        [
            ("http://203.0.113.9:80", {}, "'http://203.0.113.9:80' is no packet; ask for tcp://ADDRESS:PORT"),
            ("tcp://", {}, "'tcp://' is no packet"),
            ("tcp://203.0.113.9:443/path", {}, "is no packet"),
            ("ip-256://203.0.113.9", {}, "is no packet"),
            ("tcp://evil.example:443", {}, "has no address and port: 'evil.example' does not appear to be an IPv4 or IPv6 address"),
            ("tcp://203.0.113.9:70000", {}, "has no address and port: Port out of range"),
            ("tcp://203.0.113.9", {}, "'tcp://203.0.113.9' names no port; ask for tcp://203.0.113.9:443"),
            ("udp://203.0.113.9", {}, "names no port; ask for udp://203.0.113.9:443"),
            ("tcp://203.0.113.9:443", {"sni": "a", "host": "b"}, "a packet claims one thing: give --sni, --host or --app"),
            ("tcp://203.0.113.9:443", {"app": "gopher"}, "gopher is not a kind of bytes known here: dcerpc, dhcp, dns"),
            ("tcp://203.0.113.9:443", {"resolved": "*.example.com"}, "'*.example.com' is neither a packet nor a name"),
            ("not a name", {}, "'not a name' is neither a packet nor a name"),
            ("api.example.com", {"query_type": "AXFR"}, "AXFR is not a query type known here: A, AAAA, CNAME"),
        ],
    )  # fmt: skip
    def test_that_cannot_be_asked_about_is_told_what_can(self, text: str, claims: dict[str, str], said: str) -> None:
        with pytest.raises(ValueError, match=r".") as refused:
            asked(text, **claims)
        assert said in str(refused.value)


class TestAName:
    def test_is_its_query_and_tls_to_where_it_resolves(self) -> None:
        packet = Packet(6, SAMPLE, 443, App.TLS, "api.example.com", "api.example.com")
        assert asked("API.example.com.") == Question(Query("api.example.com", "A"), packet, packet)

    @pytest.mark.parametrize("kind", ["TXT", "txt", "A"])
    def test_is_its_query_alone_where_a_type_is_asked_for(self, kind: str) -> None:
        query = Query("api.example.com", kind.upper())
        assert asked("api.example.com", query_type=kind) == Question(query, None, query)

    @pytest.mark.parametrize(
        ("claim", "port", "app", "name"),
        [
            ({"host": "api.example.com"}, 80, App.HTTP, "api.example.com"),
            ({"sni": "evil.example"}, 443, App.TLS, "evil.example"),
            ({"app": "ssh"}, 443, App.SSH, ""),
        ],
    )
    def test_is_connected_to_with_another_claim_where_one_is_given(
        self, claim: dict[str, str], port: int, app: App, name: str
    ) -> None:
        packet = asked("api.example.com", **claim).packet
        assert packet == Packet(6, SAMPLE, port, app, name, "api.example.com")


class TestThePolicyAlone:
    @pytest.mark.parametrize(
        ("text", "more", "outcome", "lines"),
        [
            ("tcp://198.51.100.7:5432", {}, Outcome.ALLOWS, [ADDRESSES]),
            ("tcp://198.51.100.7:5433", {}, Outcome.DENIES, []),
            ("udp://198.51.100.7:5432", {}, Outcome.DENIES, []),
            ("tcp://203.0.113.9:443", {"sni": "api.example.com"}, Outcome.ALLOWS, [NAMES]),
            ("tcp://203.0.113.9:443", {"sni": "evil.example"}, Outcome.DENIES, []),
            ("tcp://203.0.113.9:443", {"app": "handshake"}, Outcome.ALLOWS, [NAMES]),
            ("tcp://203.0.113.9:8883", {"resolved": "broker.example.org"}, Outcome.ALLOWS, [BROKER]),
            ("tcp://203.0.113.9:8883", {}, Outcome.DENIES, []),
            ("icmp://198.51.100.7", {}, Outcome.DENIES, []),
            ("tcp://[2001:db8::9]:443", {"sni": "api.example.com"}, Outcome.DENIES, []),
            ("api.example.com", {"query_type": "AAAA"}, Outcome.ALLOWS, [NAMES]),
            ("api.example.com", {"query_type": "TXT"}, Outcome.DENIES, []),
            ("evil.example", {"query_type": "A"}, Outcome.DENIES, []),
        ],
    )  # fmt: skip
    def test_says_whether_it_allows_and_on_which_line(
        self, text: str, more: dict[str, str], outcome: Outcome, lines: list[int]
    ) -> None:
        (step,) = by_policy(only(POLICY), asked(text, **more))
        assert step.layer is Layer.POLICY
        assert step.outcome is outcome
        assert [span.line for span in step.origin.spans] == lines
        assert ("allows" if lines else "does not allow") in step.rule

    def test_of_a_name_speaks_of_the_query_and_of_the_connection(self) -> None:
        query, packet = by_policy(only(POLICY), asked("api.example.com"))
        assert query.rule == "the policy allows A api.example.com"
        assert packet.rule.startswith("the policy allows tcp://203.0.113.9:443 sni=api.example.com")

    def test_does_not_need_a_network(self) -> None:
        (step,) = explain(None, intent(POLICY), "bot", asked("tcp://203.0.113.9:443"))
        assert step.layer is Layer.POLICY

    def test_answers_for_an_agent_that_the_network_does_not_place(self) -> None:
        meant = intent(POLICY, "version: 1\nagent: web\nnetwork_policy:\n  egress:\n    - domain: web.example.com\n")
        (step,) = explain(read(), meant, "web", asked("tcp://203.0.113.9:443", sni="web.example.com"))
        assert (step.layer, step.outcome) == (Layer.POLICY, Outcome.ALLOWS)


def layers(steps: tuple[Step, ...]) -> list[tuple[Layer, Outcome]]:
    return [(step.layer, step.outcome) for step in steps]


class TestTheNetwork:
    def test_is_followed_layer_by_layer_and_the_policy_has_the_last_word(self) -> None:
        steps = explain(
            read(),
            intent(POLICY),
            "bot",
            asked("tcp://203.0.113.9:443", sni="api.example.com", resolved="api.example.com"),
        )
        assert layers(steps) == [
            (Layer.SECURITY_GROUP, Outcome.ALLOWS),
            (Layer.NETWORK_ACL, Outcome.ALLOWS),
            (Layer.ROUTES, Outcome.ALLOWS),
            (Layer.FIREWALL, Outcome.ALLOWS),
            (Layer.POLICY, Outcome.ALLOWS),
        ]
        assert steps[3].origin.path == f"{path('Pass', 'RuleGroup', 'RulesSource', 'RulesString')}#L1"

    def test_shows_the_policy_line_beside_the_rules_of_the_template(self) -> None:
        steps = explain(read(), intent(POLICY), "bot", asked("tcp://203.0.113.9:443", sni="api.example.com"))
        assert all([span.line for span in step.origin.spans] == [NAMES] for step in steps)

    def test_names_who_stops_it(self) -> None:
        steps = explain(
            read(),
            intent(POLICY),
            "bot",
            asked("tcp://203.0.113.9:443", sni="evil.example", resolved="api.example.com"),
        )
        (stopped,) = (step for step in steps if step.outcome is Outcome.DENIES and step.layer is not Layer.POLICY)
        assert (stopped.layer, stopped.rule) == (Layer.FIREWALL, "reject rule 20, line 11: tls to any 443")

    def test_begins_with_the_query_for_a_name(self) -> None:
        steps = explain(read(), intent(POLICY), "bot", asked("api.example.com"))
        assert layers(steps)[0] == (Layer.DNS, Outcome.ALLOWS)
        assert layers(steps)[-2:] == [(Layer.POLICY, Outcome.ALLOWS)] * 2

    def test_begins_with_the_resolver_where_it_gives_no_address_out(self) -> None:
        steps = explain(read(), None, "bot", asked("tcp://203.0.113.9:8883", resolved="evil.example"))
        assert layers(steps)[0] == (Layer.DNS, Outcome.DENIES)

    def test_is_asked_about_a_query_alone(self) -> None:
        steps = explain(read(), intent(POLICY), "bot", asked("evil.example", query_type="TXT"))
        assert layers(steps) == [(Layer.DNS, Outcome.DENIES), (Layer.POLICY, Outcome.DENIES)]

    def test_without_a_policy_says_what_the_layers_do_and_no_more(self) -> None:
        steps = explain(read(), None, "bot", asked("tcp://198.51.100.7:5432"))
        assert Layer.POLICY not in [step.layer for step in steps]
        assert {span for step in steps for span in step.origin.spans} == set()

    def test_that_may_let_it_out_says_why(self) -> None:
        more = [*EGRESS, {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": ref("P")}]
        found = read(
            having("AgentGroup", SecurityGroupEgress=list(more)), sections={"Parameters": {"P": {"Type": "String"}}}
        )
        steps = explain(found, None, "bot", asked("tcp://203.0.113.9:22"))
        assert layers(steps)[0] == (Layer.SECURITY_GROUP, Outcome.PERHAPS)
        assert "parameter P has no value yet" in str(steps[0].doubts[0])

    def test_is_followed_from_the_subnet_that_lets_it_furthest(self) -> None:
        blind: Resources = also(
            "ASubnet",
            "EC2::Subnet",
            VpcId=ref("Vpc"),
            CidrBlock="10.0.6.0/24",
            AvailabilityZone="eu-1b",
            Tags=tags("agent", "bot"),
        )
        steps = explain(read(blind), None, "bot", asked("tcp://198.51.100.7:5432"))
        assert {step.outcome for step in steps} == {Outcome.ALLOWS}

    def test_in_no_known_vpc_says_nothing_about_queries(self) -> None:
        loose: Resources = {
            "AgentSubnet": ("AWS::EC2::Subnet", {"CidrBlock": "10.0.1.0/24", "Tags": tags("agent", "bot")}),
            "AgentGroup": SOUND["AgentGroup"],
        }
        steps = explain(read(loose), None, "bot", asked("api.example.com"))
        assert Layer.DNS not in [step.layer for step in steps]

    def test_where_nobody_stands_says_nothing_about_packets(self) -> None:
        found = read({name: resource for name, resource in SOUND.items() if name != "AgentSubnet"})
        assert explain(found, None, "bot", asked("tcp://203.0.113.9:443")) == ()

    @pytest.mark.parametrize(("on", "known"), [(True, "bot"), (False, "none")])
    def test_knows_its_agents(self, on: bool, known: str) -> None:
        with pytest.raises(ValueError, match=f"no agent is called web; known are {known}"):
            explain(read() if on else None, None, "web", asked("tcp://203.0.113.9:443"))
