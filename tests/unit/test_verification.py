"""From files to a proof: policies and templates read, agents placed, template paths found again as lines."""

from __future__ import annotations

from datetime import date

import pytest

from agent_perimeter.lift.document import TemplateError
from agent_perimeter.source import Span
from agent_perimeter.verdict import Status
from agent_perimeter.verification import Named, agents, lifted, meaning, verify
from tests.unit.lifted import FILE, template
from tests.unit.perimeters import POLICY, REGION, SOUND, TODAY, intent, path, read

SAME = Named(("AgentSubnet",), ("AgentGroup",))


class TestWhatPoliciesMean:
    def test_is_an_intent_and_what_was_found(self) -> None:
        meant = meaning([("bot.yaml", POLICY.encode())], TODAY)
        assert meant.intent is not None
        assert [agent.name for agent in meant.intent.agents] == ["bot"]
        assert all(not finding.is_error for finding in meant.findings)

    def test_is_nothing_where_they_are_refused(self) -> None:
        meant = meaning([("bot.yaml", b"version: 7\nagent: bot\n")], TODAY)
        assert meant.intent is None
        assert any(finding.is_error for finding in meant.findings)

    def test_is_less_after_a_rule_has_expired(self) -> None:
        text = POLICY.replace("- domain: api.example.com", "- domain: api.example.com\n      expires: 2026-12-31")
        after = meaning([("bot.yaml", text.encode())], date(2027, 1, 1)).intent
        assert after is not None
        assert "api.example.com" not in {str(reach.name) for reach in after.agents[0].names}

    def test_warns_of_names_that_nobody_validates(self) -> None:
        with_, without = (
            meaning([("bot.yaml", POLICY.encode())], TODAY, resolved_ip_validation=validated).findings
            for validated in (True, False)
        )
        assert {finding.code for finding in without} - {finding.code for finding in with_}


class TestReadingTemplates:
    def test_finds_the_agents_by_their_tags(self) -> None:
        found = read()
        assert [(place.agent, place.subnets) for place in found.places] == [("bot", ("net/AgentSubnet",))]
        assert (found.source, found.by_hand) == (FILE, False)

    def test_takes_a_workload_by_hand_under_the_name_that_is_meant(self) -> None:
        found = read(named=Named(("AgentSubnet",), ("AgentGroup",), "cat"))
        assert [place.agent for place in found.places] == ["cat"]
        assert found.by_hand

    def test_takes_the_name_of_its_tags_where_none_is_meant(self) -> None:
        assert [place.agent for place in read(named=SAME).places] == ["bot"]

    def test_a_name_alone_places_nobody(self) -> None:
        assert not Named(agent="cat")
        assert [place.agent for place in read(named=Named(agent="cat")).places] == ["bot"]

    def test_refuses_what_is_no_template(self) -> None:
        with pytest.raises(TemplateError):
            lifted(["a.json"], {"a.json": b"[]"}.get)

    def test_refuses_a_subnet_that_is_not_there(self) -> None:
        with pytest.raises(ValueError, match="no subnet is called 'Nowhere'"):
            read(named=Named(("Nowhere",)))


class TestLines:
    def test_a_template_path_is_a_line_of_its_file(self) -> None:
        text = "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: 10.0.0.0/16\n"
        found = lifted(["net.yaml"], {"net.yaml": text.encode()}.get)
        assert found.locate("net.yaml#/Resources/Vpc/Properties/CidrBlock") == Span("net.yaml", 5, 7)

    def test_a_line_inside_a_long_string_is_the_strings_own(self) -> None:
        found = read()
        rules = path("Pass", "RuleGroup", "RulesSource", "RulesString")
        assert found.locate(f"{rules}#L2") == found.locate(rules) is not None

    @pytest.mark.parametrize("other", ["", "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1", "other.json#/Resources/Vpc"])
    def test_a_path_of_no_file_that_was_read_has_none(self, other: str) -> None:
        assert read().locate(other) is None


class TestTheProof:
    def test_is_the_same_for_the_same_files(self) -> None:
        text = template(SOUND).encode()
        once, again = (verify(lifted([FILE], {FILE: text}.get, REGION), intent(POLICY)) for _ in range(2))
        assert once == again
        assert once.status is Status.PROVEN

    def test_names_everybody_who_is_known(self) -> None:
        assert agents(None, None) == ()
        assert agents(read(), None) == ("bot",)
        assert agents(read(), intent(POLICY.replace("agent: bot", "agent: ant"))) == ("ant", "bot")
