"""The firewall policy around the rules: settings, groups, capacity, validation, findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.finding import Severity
from agent_perimeter.intent import Intent
from agent_perimeter.lower.firewall import IPV6_NOT_BUILT, NAMES_ASSERTED, UNHELD_PORT, lower_firewall
from agent_perimeter.lower.quotas import Use
from agent_perimeter.network import FirewallPolicy, ResolvedIpValidation
from agent_perimeter.settings import Settings
from agent_perimeter.values import Cidr, DomainPattern
from tests.unit.lower.agents import address, agent, intent, name, plan, service

VPC = Cidr.parse("10.42.0.0/16")
READER = intent(agent("reader", name(7)))


def lowered(of: Intent, settings: Settings | None = None) -> FirewallPolicy:
    return lower_firewall(of, plan(of).agents, settings or Settings())[0]


def uses(of: Intent) -> dict[tuple[str, str], int]:
    found: tuple[Use, ...] = lower_firewall(of, plan(of).agents, Settings())[1]
    return {(use.quota, use.where.partition(", sid")[0]): use.used for use in found}


class TestThePolicy:
    def test_hands_every_packet_to_the_rules_and_drops_fragments(self) -> None:
        policy = lowered(READER)
        assert policy.stateless_actions == ("aws:forward_to_sfe",)
        assert policy.stateless_fragment_actions == ("aws:drop",)

    def test_drops_what_no_rule_matches_and_logs_it(self) -> None:
        """Without the alert twin AWS drops silently."""
        assert lowered(READER).stateful_actions == (
            "aws:drop_established_app_layer_to_server",
            "aws:alert_established_app_layer_to_server",
        )

    def test_evaluates_in_order_and_fails_closed(self) -> None:
        policy = lowered(READER)
        assert (policy.rule_order, policy.stream_exception, policy.tcp_idle_seconds) == ("STRICT_ORDER", "REJECT", 350)

    def test_has_the_vpc_for_its_home(self) -> None:
        settings = Settings(vpc_cidr=Cidr.parse("10.7.0.0/20"))
        assert lowered(READER, settings).home_net == (settings.vpc_cidr,)


class TestGroups:
    def test_allow_before_they_deny(self) -> None:
        policy = lowered(READER)
        assert [(group.id, group.priority) for group in policy.groups] == [
            ("firewall/rules/allow", 100),
            ("firewall/rules/deny", 1000),
        ]
        assert [{rule.allow for rule in group.rules} for group in policy.groups] == [{True}, {False}]

    def test_are_named_after_the_perimeter_their_capacity_and_the_vpc(self) -> None:
        policy = lowered(READER, Settings(name="lab"))
        assert [group.name for group in policy.groups] == ["lab-allow-100-${Vpc}", "lab-deny-100-${Vpc}"]

    def test_know_the_subnets_of_the_agents_that_they_mention_and_of_no_others(self) -> None:
        of = intent(
            agent("idle", service(3, "s3")), agent("reader", name(7)), agent("web", address(9, "198.51.100.0/25"))
        )
        allow, deny = lowered(of).groups
        subnets = plan(of).agents
        assert allow.variables == (("AGENT_READER", subnets["reader"]), ("AGENT_WEB", subnets["web"]))
        assert deny.variables == (("AGENT_READER", subnets["reader"]),)

    def test_that_would_be_empty_are_not_there(self) -> None:
        of = intent(agent("reader", name(7, pins=("2001:db8::/64",))))
        assert [group.id for group in lowered(of).groups] == ["firewall/rules/deny"]

    @pytest.mark.parametrize(
        ("names", "capacity"), [(1, 100), (50, 100), (51, 200), (100, 200), (101, 400), (1000, 3200)]
    )
    def test_have_room_for_twice_their_rules(self, names: int, capacity: int) -> None:
        of = intent(agent("reader", *(name(7, f"n{number}.example") for number in range(names))))
        allow = lowered(of).groups[0]
        assert (len(allow.rules), allow.capacity) == (names, capacity)
        assert allow.name == f"agents-allow-{capacity}-${{Vpc}}"

    def test_that_are_too_long_for_cloudformation_become_two_each_with_its_own_bits(self) -> None:
        of = intent(agent("reader", *(name(7, f"n{number}.{'x' * 60}.example") for number in range(2800))))
        policy = lowered(of)
        first, second, deny = policy.groups
        assert [group.id.rpartition("/")[2] for group in policy.groups] == ["allow-0", "allow-1", "deny"]
        assert [group.priority for group in policy.groups] == [100, 110, 1000]
        assert first.name == "agents-allow-0-3200-${Vpc}"
        assert [{rule.sid % 2 for rule in group.rules} for group in (first, second)] == [{0}, {1}]
        assert len(first.rules) + len(second.rules) == 2800
        assert all(len("\n".join(rule.text for rule in group.rules)) < 1_000_000 for group in policy.groups)
        assert deny.rules


class TestResolvedIpValidation:
    def test_rejects_for_every_address_of_the_vpc_also_after_expiry(self) -> None:
        """An empty list of sources would validate nothing at all."""
        assert lowered(READER).resolved_ip == ResolvedIpValidation("REJECT", "REJECT", bypass=(), sources=(VPC,))

    def test_exempts_what_the_intent_names_by_address_merged_and_nothing_else(self) -> None:
        of = intent(
            agent("a", address(9, "198.51.100.0/25"), name(7)),
            agent("b", address(9, "198.51.100.128/25"), name(7, pins=("203.0.113.0/28", "2001:db8::/64"))),
        )
        validation = lowered(of).resolved_ip
        assert validation is not None
        assert list(map(str, validation.bypass)) == ["198.51.100.0/24", "203.0.113.0/28"]

    def test_is_absent_when_it_is_off(self) -> None:
        assert lowered(READER, Settings(resolved_ip_validation=False)).resolved_ip is None


class TestFindings:
    def test_there_are_none_for_an_intent_that_can_be_built(self) -> None:
        of = intent(agent("a", name(7), name(8, port="80"), name(9, port="5432"), address(10, "198.51.100.0/25")))
        assert lower_firewall(of, plan(of).agents, Settings())[2] == ()

    def test_a_name_on_another_port_without_validation_is_an_error_with_its_line(self) -> None:
        of = intent(agent("a", name(7, port="5432")))
        finding, warning = lower_firewall(of, plan(of).agents, Settings(resolved_ip_validation=False))[2]
        assert (finding.code, finding.severity, warning.code) == (UNHELD_PORT, Severity.ERROR, NAMES_ASSERTED)
        assert str(finding) == (
            "policies/bot.yaml:7:7: AP511 the firewall cannot hold api.example.com on TCP 5432 "
            "— got resolved_ip_validation off, allowed TCP 443 and 80; other ports for an exact name under "
            "resolved-IP validation; try `ip_block` with the service's addresses"
        )

    def test_a_wildcard_on_another_port_is_an_error_even_with_it(self) -> None:
        wild = replace(name(7, port="5432"), name=DomainPattern("example.com", wildcard=True))
        of = intent(agent("a", wild))
        (finding,) = lower_firewall(of, plan(of).agents, Settings())[2]
        assert (finding.code, finding.got) == (UNHELD_PORT, "a wildcard")
        assert finding.message == "the firewall cannot hold *.example.com on TCP 5432"

    def test_ipv6_is_an_error_in_blocks_and_in_pins(self) -> None:
        of = intent(agent("a", address(9, "2001:db8::/64", "198.51.100.0/25"), name(7, pins=("2001:db8:1::/64",))))
        findings = lower_firewall(of, plan(of).agents, Settings())[2]
        assert {finding.code for finding in findings} == {IPV6_NOT_BUILT}
        assert [str(finding) for finding in findings] == [
            "policies/bot.yaml:9:7: AP512 a cannot reach IPv6 addresses — got 2001:db8::/64, allowed IPv4; "
            "try the service's IPv4 addresses",
            "policies/bot.yaml:7:7: AP512 api.example.com cannot be reached at IPv6 addresses — got 2001:db8:1::/64, "
            "allowed IPv4; try the service's IPv4 addresses",
        ]
        assert all(finding.is_error for finding in findings)

    def test_validation_that_is_off_is_a_warning_where_there_are_names(self) -> None:
        (finding,) = lower_firewall(READER, plan(READER).agents, Settings(resolved_ip_validation=False))[2]
        assert (finding.severity, finding.span) == (Severity.WARNING, None)
        assert str(finding) == (
            "AP513 an agent that claims an allowed name reaches any address — got resolved_ip_validation off; "
            'try "resolved_ip_validation": true in the settings'
        )

    def test_and_none_where_there_are_only_addresses(self) -> None:
        of = intent(agent("a", address(9, "198.51.100.0/25")))
        assert lower_firewall(of, plan(of).agents, Settings(resolved_ip_validation=False))[2] == ()


class TestUses:
    def test_are_measured_for_each_group_and_the_policy(self) -> None:
        of = intent(agent("reader", *(name(7, f"n{number}.example") for number in range(60))))
        allow, deny = lowered(of).groups
        found = uses(of)
        assert found["firewall-rule-group-capacity", allow.id] == 200
        assert found["firewall-rule-group-capacity", deny.id] == 100
        assert found["firewall-policy-capacity", ""] == 300
        assert found["firewall-groups-per-policy", ""] == 2
        assert found["firewall-rules-string-characters", allow.id] == sum(len(rule.text) + 1 for rule in allow.rules)

    def test_of_a_line_count_its_variables_written_out(self) -> None:
        allow, _ = lowered(READER).groups
        blocks = ",".join(map(str, plan(READER).agents["reader"]))
        grown = len(f"[{blocks}]") - len("$AGENT_READER") + len(f"![{VPC}]") - len("$EXTERNAL_NET")
        assert uses(READER)["firewall-rule-line-characters", allow.id] == len(allow.rules[0].text) + grown

    def test_of_a_deny_line_grow_with_the_pins_so_that_too_many_are_noticed(self) -> None:
        pins = tuple(f"198.51.{third}.{fourth}/32" for third in range(4) for fourth in range(0, 256, 2))
        of = intent(agent("reader", name(7, pins=pins)))
        assert uses(of)["firewall-rule-line-characters", "firewall/rules/deny"] > 8175
        assert uses(of)["firewall-rule-line-characters", "firewall/rules/allow"] <= 8175
        assert uses(of)["firewall-bypass-ranges", ""] == 512

    def test_of_bypass_ranges_are_not_counted_when_there_is_no_validation(self) -> None:
        _, found, _ = lower_firewall(READER, plan(READER).agents, Settings(resolved_ip_validation=False))
        assert "firewall-bypass-ranges" not in {use.quota for use in found}
