"""Names and services as DNS Firewall rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings

from agent_perimeter.finding import Severity
from agent_perimeter.intent import Intent, NameReach
from agent_perimeter.lower.dns import UNDERSCORE, lower_dns
from agent_perimeter.lower.partition import digest
from agent_perimeter.network import DnsAction, DnsFirewall, DnsRule
from agent_perimeter.settings import Settings
from agent_perimeter.values import DomainPattern
from tests.strategies import intents
from tests.unit.lower.agents import address, agent, intent, name, service


def wildcard(line: int, parent: str) -> NameReach:
    return replace(name(line, parent), name=DomainPattern(parent, wildcard=True))


def lowered(of: Intent, settings: Settings | None = None) -> DnsFirewall:
    return lower_dns(of, settings or Settings())[0]


def shown(rules: Iterable[DnsRule]) -> list[str]:
    return [
        f"{rule.priority} {rule.action} "
        + (f"{rule.domains.id} {rule.qtype or 'any type'}" if rule.domains else f"{rule.threat} {rule.confidence}")
        + (f" {rule.response}" if rule.response else "")
        for rule in rules
    ]


THREATS = [
    "100 BLOCK DNS_TUNNELING MEDIUM NODATA",
    "110 BLOCK DGA HIGH NODATA",
    "120 BLOCK DICTIONARY_DGA HIGH NODATA",
]
LAST = "9000 BLOCK domains/everything any type NODATA"


class TestRules:
    @pytest.mark.parametrize(
        "of",
        [intent(), intent(agent("a")), intent(agent("a", address(9, "198.51.100.0/25")))],
        ids=["none", "idle", "addresses"],
    )
    def test_without_names_and_services_close_dns(self, of: Intent) -> None:
        assert shown(lowered(of).rules) == [LAST]

    def test_put_threats_before_what_is_allowed_and_block_the_rest(self) -> None:
        of = intent(agent("a", name(7), wildcard(8, "wild.example"), service(9, "sts")))
        assert shown(lowered(of).rules) == [
            *THREATS,
            "1000 ALLOW domains/services A",
            "2000 ALLOW domains/names A",
            "5000 ALLOW domains/wildcards A",
            LAST,
        ]

    def test_trust_where_the_owner_of_a_name_sends_its_clients(self) -> None:
        """Threat rules have no list, and AWS refuses them a word on redirection."""
        of = intent(agent("a", name(7)))
        assert [rule.trust_redirection for rule in lowered(of).rules] == [False, False, False, True, True]

    def test_with_a_list_know_no_threat_and_the_other_way_round(self) -> None:
        for rule in lowered(intent(agent("a", name(7)))).rules:
            assert (rule.domains is None) is (rule.threat is not None) is (rule.confidence is not None)
            assert (rule.response is not None) is (rule.action is DnsAction.BLOCK)

    def test_carry_the_policy_lines_of_their_names(self) -> None:
        of = intent(
            agent("a", name(7), name(8, port="80"), service(9, "sts")),
            agent("b", name(5, "b.example"), name(6), service(3, "s3"), service(4, "sts")),
        )
        lines = {
            rule.domains.id: [span.line for span in rule.origin.spans] for rule in lowered(of).rules if rule.domains
        }
        assert lines == {"domains/services": [3, 4, 9], "domains/names": [5, 6, 7, 8], "domains/everything": []}


class TestLists:
    def test_hold_each_name_once_in_dns_firewalls_spelling(self) -> None:
        of = intent(
            agent("a", name(7), name(8, port="80"), name(9, "a.example", port="5432"), wildcard(10, "example.com")),
            agent("b", name(7), wildcard(8, "b.example")),
        )
        assert _lists(lowered(of)) == {
            "domains/names": ("a.example", "api.example.com"),
            "domains/wildcards": ("*.b.example", "*.example.com"),
            "domains/everything": ("*",),
        }

    def test_of_a_wildcard_do_not_hold_its_apex(self) -> None:
        assert "example.com" not in str(
            _lists(lowered(intent(agent("a", wildcard(7, "example.com"))))).get("domains/names")
        )

    def test_of_services_hold_what_their_clients_ask_for_placeholders_and_all(self) -> None:
        of = intent(agent("a", service(7, "sts"), service(8, "dynamodb")), agent("b", service(7, "sts")))
        assert _lists(lowered(of))["domains/services"] == (
            "*.ddb.${AWS::Region}.${AWS::URLSuffix}",
            "dynamodb.${AWS::Region}.${AWS::URLSuffix}",
            "sts.${AWS::Region}.${AWS::URLSuffix}",
        )

    def test_too_long_for_one_request_become_two_by_the_names_own_bits(self) -> None:
        of = intent(agent("a", *(name(7, f"n{number}.example") for number in range(1500))))
        firewall = lowered(of)
        lists = _lists(firewall)
        assert list(lists) == ["domains/names-0", "domains/names-1", "domains/everything"]
        assert all(digest(found) % 2 == bit for bit in (0, 1) for found in lists[f"domains/names-{bit}"])
        assert sorted([*lists["domains/names-0"], *lists["domains/names-1"]]) == sorted(
            f"n{n}.example" for n in range(1500)
        )
        assert [rule.priority for rule in firewall.rules if rule.qtype] == [2000, 2010]

    def test_of_a_thousand_names_are_one(self) -> None:
        of = intent(agent("a", *(name(7, f"n{number}.example") for number in range(1000))))
        assert list(_lists(lowered(of))) == ["domains/names", "domains/everything"]


def _lists(firewall: DnsFirewall) -> dict[str, tuple[str, ...]]:
    return {rule.domains.id: rule.domains.domains for rule in firewall.rules if rule.domains}


class TestTheAssociation:
    def test_is_protected_from_changes(self) -> None:
        firewall = lowered(intent())
        assert (firewall.id, firewall.association_priority, firewall.mutation_protection) == ("dns-firewall", 101, True)

    def test_is_not_under_maintenance(self) -> None:
        assert not lowered(intent(), Settings(maintenance=True)).mutation_protection


class TestUsesAndFindings:
    def test_uses_count_the_rules_and_each_list(self) -> None:
        _, uses, _ = lower_dns(intent(agent("a", name(7), service(8, "dynamodb"))), Settings())
        assert [(use.quota, use.used, use.where) for use in uses] == [
            ("dns-rules-per-group", 6, "dns-firewall"),
            ("dns-domains-per-list", 2, "domains/services"),
            ("dns-domains-per-list", 1, "domains/names"),
            ("dns-domains-per-list", 1, "domains/everything"),
        ]

    def test_a_name_with_an_underscore_may_be_refused_by_aws(self) -> None:
        _, _, findings = lower_dns(intent(agent("a", name(7, "a_b.example"), name(8))), Settings())
        (finding,) = findings
        assert (finding.code, finding.severity) == (UNDERSCORE, Severity.WARNING)
        assert str(finding) == (
            "policies/bot.yaml:7:7: AP521 DNS Firewall may refuse a_b.example "
            "— got an underscore, allowed letters, digits and hyphens"
        )


class TestLaws:
    """DNS Firewall, read as its documents say: the first rule that matches decides."""

    @settings(max_examples=40)
    @given(intents())
    def test_priorities_rise_and_no_list_is_asked_twice_for_a_type(self, of: Intent) -> None:
        rules = lowered(of).rules
        priorities = [rule.priority for rule in rules]
        assert priorities == sorted(set(priorities))
        asked = [(rule.domains.id, rule.qtype) for rule in rules if rule.domains]
        assert len(asked) == len(set(asked))

    @settings(max_examples=40)
    @given(intents())
    def test_a_name_is_answered_if_an_agent_asked_for_it_and_only_with_an_address(self, of: Intent) -> None:
        firewall = lowered(of)
        patterns = {reach.name for one in of.agents for reach in one.names}
        for asked in (
            "api.example.com",
            "example.com",
            "a.b.example.com",
            "files.example.net",
            "x.files.example.net",
            "evil.test",
        ):
            wanted = any(pattern.covers(DomainPattern(asked)) for pattern in patterns)
            assert _answer(firewall, asked, "A") is (DnsAction.ALLOW if wanted else DnsAction.BLOCK)
            for qtype in ("AAAA", "TXT", "HTTPS", "NULL", "MX"):
                assert _answer(firewall, asked, qtype) is DnsAction.BLOCK


def _answer(firewall: DnsFirewall, asked: str, qtype: str) -> DnsAction:
    for rule in sorted(firewall.rules, key=lambda rule: rule.priority):
        if (
            rule.domains
            and rule.qtype in {None, qtype}
            and any(_matches(entry, asked) for entry in rule.domains.domains)
        ):
            return rule.action
    raise AssertionError("no rule is the last one")


def _matches(entry: str, asked: str) -> bool:
    return entry == "*" or (asked.endswith(entry.removeprefix("*")) if entry.startswith("*.") else asked == entry)
