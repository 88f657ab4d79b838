"""Who is judged and where: agents without a place, places without a policy, neighbours, workloads named by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_perimeter.observed import Doubt, ObservedNetwork
from agent_perimeter.prove import judged, prove
from agent_perimeter.verdict import Kind, Layer, Reached, Status
from agent_perimeter.verification import Named
from tests.unit.lifted import Json, Resources, attribute, ref
from tests.unit.perimeters import (
    AGENT,
    EGRESS,
    INSIDE,
    NAMES,
    PASSING,
    POLICY,
    SOUND,
    agent_of,
    also,
    entry,
    gap_of,
    having,
    intent,
    judge,
    lacking,
    layer_of,
    path,
    policy,
    read,
    rules,
    statuses,
    tags,
)

BY_HAND = Named(("AgentSubnet",), ("AgentGroup",), "bot")


def untagged() -> Resources:
    """As somebody else would write it: no tag of ours, no boundary."""
    changed = {
        name: (kind, {key: value for key, value in properties.items() if key != "Tags"})
        for name, (kind, properties) in SOUND.items()
    }
    return lacking("Boundary", lacking("BoundaryOf", changed))


def neighbours() -> Resources:
    """A second agent in the same VPC, in a subnet beside the first, without any way out."""
    return {
        **SOUND,
        "WebSubnet": (
            "AWS::EC2::Subnet",
            {
                "VpcId": ref("Vpc"),
                "CidrBlock": "10.0.5.0/24",
                "AvailabilityZone": "eu-1a",
                "Tags": tags("agent", "web"),
            },
        ),
        "WebGroup": (
            "AWS::EC2::SecurityGroup",
            {
                "GroupDescription": "web",
                "VpcId": ref("Vpc"),
                "SecurityGroupEgress": [
                    {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}
                ],
                "Tags": tags("agent", "web"),
            },
        ),
    }


class TestAnAgentWithoutAPlace:
    def test_is_unknown_and_told_how_to_name_one(self) -> None:
        verdict = agent_of(judge(policies=(POLICY, policy("{domain: web.example.com}", agent="web"))), "web")
        assert (verdict.status, verdict.subnets, verdict.reach) == (Status.UNKNOWN, (), ())
        (layer,) = verdict.layers
        assert layer.layer is Layer.END_TO_END
        assert [str(doubt) for doubt in layer.doubts] == [
            "no subnet of the network bears the tag agent-perimeter:agent = web; "
            "try naming where it runs with --subnet and --security-group"
        ]

    def test_is_shown_with_what_it_may(self) -> None:
        verdict = agent_of(judge(policies=(POLICY, policy("{domain: web.example.com}", agent="web"))), "web")
        assert [(line.where, line.how) for line in verdict.allowed] == [("web.example.com", "TLS on tcp/443")]

    def test_keeps_the_run_from_being_proven(self) -> None:
        proof = judge(policies=(POLICY, policy("{domain: api.example.com}", agent="web")))
        assert statuses(proof)[Layer.SECURITY_GROUP] is Status.PROVEN
        assert proof.status is not Status.PROVEN


class TestAPlaceWithoutAPolicy:
    def test_is_held_to_a_policy_that_allows_nothing(self) -> None:
        proof = judge(policies=(policy(agent="web"),))
        assert [agent.agent for agent in proof.agents] == ["bot", "web"]
        assert agent_of(proof).allowed == ()
        gap = gap_of(layer_of(proof, Layer.END_TO_END), Kind.EXCESS)
        assert str(gap.witness).startswith("tcp://203.0.113.9:443 sni=api.example.com")

    def test_is_judged_for_nobody_where_there_is_no_policy_at_all(self) -> None:
        proof = judge(policies=())
        verdict = agent_of(proof)
        assert not proof.judged
        assert [(layer.layer, layer.status) for layer in verdict.layers] == [(Layer.END_TO_END, Status.ABSENT)]
        assert verdict.residuals == ()
        assert Reached(
            "198.51.100.0/25",
            "tcp/5432, whatever is said",
            certain=True,
            origin=verdict.reach[-1].origin,
        ).where in {line.where for line in verdict.reach}

    def test_says_what_is_not_known_of_it_even_then(self) -> None:
        proof = judge(also("Strange", "VpcLattice::Strange", Vpc=ref("Vpc")), ())
        (layer,) = agent_of(proof).layers
        assert layer.status is Status.UNKNOWN
        assert [doubt.reason for doubt in layer.doubts] == [
            "what AWS::VpcLattice::Strange does to the network is not known"
        ]


class TestNeighbours:
    BOTH = (POLICY, policy(agent="web"))

    def test_are_judged_side_by_side(self) -> None:
        proof = judge(neighbours(), self.BOTH)
        assert [agent.agent for agent in proof.agents] == ["bot", "web"]
        assert statuses(proof)[Layer.SECURITY_GROUP] is Status.PROVEN
        assert statuses(proof, "web")[Layer.SECURITY_GROUP] is Status.PROVEN

    def test_share_the_resolver_which_is_no_gap(self) -> None:
        proof = judge(neighbours(), self.BOTH)
        assert layer_of(proof, Layer.DNS, "web").status is Status.PROVEN
        risk = next(risk for risk in agent_of(proof, "web").residuals if risk.name == "dns-is-shared")
        assert "web can also resolve api.example.com, broker.example.org" in risk.sentence

    def test_share_the_firewalls_subnet_which_may_carry_what_both_may(self) -> None:
        two = neighbours()
        wider = {**two, "More": entry("WallAcl", 50, out=True, cidr="203.0.113.0/24", ports=(8443, 8443))}
        web = policy("{ip_block: 203.0.113.0/24, ports: [{protocol: TCP, port: 8443}]}", agent="web")
        scopes = [gap.scope for gap in layer_of(judge(wider, (POLICY, web)), Layer.NETWORK_ACL).gaps]
        assert not any("WallSubnet" in scope for scope in scopes)
        alone = [gap.scope for gap in layer_of(judge(wider, self.BOTH), Layer.NETWORK_ACL).gaps]
        assert "out of net/WallSubnet: 203.0.113.0/24 by tcp/8443" in alone

    def test_who_lost_their_subnets_still_resolve_their_names_here(self) -> None:
        web = policy("{domain: api.example.com}", agent="bot")
        both = (web, policy("{domain: broker.example.org}", agent="web"))
        standing = layer_of(judge(neighbours(), both), Layer.DNS)
        lost = layer_of(judge(lacking("WebSubnet", neighbours()), both), Layer.DNS)
        assert lost.gaps == standing.gaps
        gone = layer_of(judge(lacking("WebGroup", lacking("WebSubnet", neighbours())), both), Layer.DNS)
        assert [gap.scope[-10:] for gap in (*lost.gaps, *gone.gaps)] == ["and 2 more", "and 3 more"]

    def test_in_two_vpcs_have_nothing_to_do_with_each_other(self) -> None:
        apart: Resources = {
            **neighbours(),
            "Other": ("AWS::EC2::VPC", {"CidrBlock": "10.1.0.0/16"}),
        }
        for name in ("WebSubnet", "WebGroup"):
            apart = having(name, apart, VpcId=ref("Other"))
        apart = having("WebSubnet", apart, CidrBlock="10.1.0.0/24")
        proof = judge(apart, (POLICY, policy("{domain: web.example.com}", agent="web")))
        assert layer_of(proof, Layer.DNS).status is Status.PROVEN
        assert "dns-is-shared" not in {risk.name for risk in agent_of(proof).residuals}
        assert gap_of(layer_of(proof, Layer.DNS, "web"), Kind.EXCESS).steps[0].origin.path == path(
            "Other"
        ).removesuffix("/Properties")

    def test_do_not_hear_of_resources_that_touch_another_vpc(self) -> None:
        apart = also(
            "Strange", "VpcLattice::Strange", also("Other", "EC2::VPC", CidrBlock="10.1.0.0/16"), Vpc=ref("Other")
        )
        assert layer_of(judge(apart), Layer.END_TO_END).status is Status.PROVEN

    @pytest.mark.parametrize("part", ["AgentSubnet", "AgentGroup", "AgentTable", "AgentAcl", "Firewall"])
    def test_hear_of_resources_that_touch_a_part_of_their_vpc(self, part: str) -> None:
        found = layer_of(judge(also("Strange", "VpcLattice::Strange", Part=ref(part))), Layer.END_TO_END)
        assert [doubt.reason for doubt in found.doubts] == [
            "what AWS::VpcLattice::Strange does to the network is not known"
        ]

    def test_do_not_hear_of_resources_that_touch_a_part_of_another_vpc(self) -> None:
        apart = also("Other", "EC2::VPC", CidrBlock="10.1.0.0/16")
        apart = also("OtherTable", "EC2::RouteTable", apart, VpcId=ref("Other"))
        apart = also("Strange", "VpcLattice::Strange", apart, Part=ref("OtherTable"))
        assert layer_of(judge(apart), Layer.END_TO_END).status is Status.PROVEN


class TestAWorkloadNamedByHand:
    def test_is_judged_without_a_boundary_for_nothing_ties_a_role_to_it(self) -> None:
        proof = judge(untagged(), named=BY_HAND)
        layer = layer_of(proof, Layer.BOUNDARY)
        assert (layer.status, layer.note) == (
            Status.ABSENT,
            "nothing ties a role to this workload: its permissions are not judged",
        )
        assert proof.status is Status.PROVEN

    def test_is_refuted_as_any_other(self) -> None:
        open_group = having("AgentGroup", untagged(), SecurityGroupEgress=[{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}])
        assert layer_of(judge(open_group, named=BY_HAND), Layer.SECURITY_GROUP).status is Status.REFUTED

    def test_in_two_vpcs_is_unknown(self) -> None:
        two = also("Other", "EC2::VPC", untagged(), CidrBlock="10.1.0.0/16")
        two = also(
            "OtherSubnet", "EC2::Subnet", two, VpcId=ref("Other"), CidrBlock="10.1.0.0/24", AvailabilityZone="eu-1a"
        )
        proof = judge(two, named=Named(("AgentSubnet", "OtherSubnet"), ("AgentGroup",), "bot"))
        found = layer_of(proof, Layer.END_TO_END)
        assert "the workload stands in 2 VPCs: net/Other, net/Vpc" in [doubt.reason for doubt in found.doubts]
        assert proof.status is not Status.PROVEN

    def test_in_a_subnet_of_no_known_vpc_is_unknown_in_every_layer(self) -> None:
        loose: Resources = {
            "S": ("AWS::EC2::Subnet", {"CidrBlock": "10.0.1.0/24"}),
            "AgentGroup": untagged()["AgentGroup"],
        }
        proof = judge(loose, named=Named(("S",), ("AgentGroup",), "bot"))
        found = statuses(proof)
        assert found[Layer.DNS] is found[Layer.ENDPOINTS] is found[Layer.END_TO_END] is Status.UNKNOWN
        assert Status.PROVEN not in {found[Layer.DNS], proof.status}
        doubts = [doubt.reason for doubt in layer_of(proof, Layer.END_TO_END).doubts]
        assert "the VPC of net/S is not known" in doubts

    def test_with_a_boundary_and_no_known_vpc_is_unknown_there_too(self) -> None:
        loose: Resources = {
            "AgentSubnet": ("AWS::EC2::Subnet", {"CidrBlock": AGENT, "Tags": tags("agent", "bot")}),
            **{name: SOUND[name] for name in ("AgentGroup", "Boundary", "BoundaryOf")},
        }
        layer = layer_of(judge(loose), Layer.BOUNDARY)
        assert layer.status is Status.UNKNOWN
        assert [doubt.reason for doubt in layer.doubts] == ["the VPC of net/AgentSubnet is not known"]


class TestAnAgentWithoutASubnet:
    HOMELESS = lacking("AgentSubnet")

    def test_is_unknown_where_packets_would_be_judged(self) -> None:
        found = statuses(judge(self.HOMELESS))
        assert found[Layer.SECURITY_GROUP] is found[Layer.END_TO_END] is Status.UNKNOWN

    def test_says_why(self) -> None:
        doubts = layer_of(judge(self.HOMELESS), Layer.END_TO_END).doubts
        assert any("bot has a security group and no subnet" in doubt.reason for doubt in doubts)


class TestDoubtsAboutTheWholeNetwork:
    def test_a_macro_makes_the_run_unknown_whatever_the_agents_are(self) -> None:
        proof = judge(sections={"Transform": "MyMacro"})
        assert agent_of(proof).status is Status.PROVEN
        assert proof.status is Status.UNKNOWN
        assert [doubt.reason for doubt in proof.doubts] == [
            "the macro MyMacro rewrites the template before it is deployed"
        ]

    def test_a_network_in_which_nobody_stands_proves_nothing(self) -> None:
        proof = prove(ObservedNetwork(), (), intent(POLICY), "nothing")
        assert proof.status is Status.UNKNOWN

    def test_nobody_at_all_is_unknown_too(self) -> None:
        assert prove(ObservedNetwork(), (), None, "nothing").status is Status.UNKNOWN


class TestSeveralSubnetsOfOneAgent:
    def test_are_judged_each_and_the_gaps_of_one_are_enough(self) -> None:
        second: dict[str, Json] = {
            "VpcId": ref("Vpc"),
            "CidrBlock": "10.0.6.0/24",
            "AvailabilityZone": "eu-1b",
            "Tags": tags("agent", "bot"),
        }
        proof = judge(also("SecondSubnet", "EC2::Subnet", **second))
        assert agent_of(proof).subnets == ("net/AgentSubnet", "net/SecondSubnet")
        missing = gap_of(layer_of(proof, Layer.ROUTES), Kind.MISSING)
        assert missing.steps[-1].rule == "net/Vpc/main-route-table: no route: nowhere"
        excess = gap_of(layer_of(proof, Layer.NETWORK_ACL), Kind.EXCESS)
        assert "net/SecondSubnet" in excess.scope


class TestOneAgentAsEverythingSeesIt:
    def test_has_its_lines_and_its_surroundings(self) -> None:
        found = read()
        case = judged(found.network, found.places, intent(POLICY), "bot")
        assert case.agent.name == "bot"
        assert case.around.region == "us-east-1"
        assert case.around.endpoints == {"bedrock-runtime": ("endpoint:net/Bedrock",)}
        assert str(case.around.endpoint_blocks["bedrock-runtime"]) == "10.0.2.0/26"
        assert str(case.around.local) == INSIDE
        assert case.around.lists == ("list:dynamodb", "list:s3")
        assert "endpoint:net/Bedrock" in case.around.known_symbols

    def test_without_a_place_is_a_key_error(self) -> None:
        found = read()
        with pytest.raises(KeyError):
            judged(found.network, found.places, intent(POLICY), "web")

    def test_knows_the_lists_that_rules_and_routes_name(self) -> None:
        listed = having(
            "AgentGroup",
            SecurityGroupEgress=[
                *EGRESS,
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": "pl-3b927c52"},
            ],
        )
        found = read(listed)
        case = judged(found.network, found.places, intent(POLICY), "bot")
        assert len(case.around.lists) >= 2

    def test_takes_no_endpoint_that_may_not_be_there_for_granted(self) -> None:
        sections: dict[str, Json] = {
            "Parameters": {"P": {"Type": "String"}},
            "Conditions": {"C": {"Fn::Equals": [ref("P"), "x"]}},
        }
        proof = judge(having("Bedrock", Condition="C"), sections=sections)
        gap = gap_of(layer_of(proof, Layer.ENDPOINTS), Kind.MISSING, certain=False)
        assert "condition C is open" in str(gap.doubts[0])


PARAMETER: dict[str, Json] = {"Parameters": {"P": {"Type": "String"}}}


class TestUnknownAddressPlans:
    def test_an_agents_subnet_of_unknown_addresses_is_not_proven(self) -> None:
        proof = judge(having("AgentSubnet", CidrBlock=ref("P")), sections=PARAMETER)
        assert proof.status is not Status.PROVEN

    def test_nor_is_one_beside_a_subnet_of_unknown_addresses(self) -> None:
        unknown: dict[str, Json] = {
            "VpcId": ref("Vpc"),
            "CidrBlock": ref("P"),
            "AvailabilityZone": "eu-1a",
            "Tags": tags("endpoint"),
        }
        proof = judge(also("More", "EC2::Subnet", **unknown), sections=PARAMETER)
        assert layer_of(proof, Layer.SECURITY_GROUP).status is Status.PROVEN
        assert proof.status is not Status.REFUTED

    def test_an_open_cidr_of_the_vpc_leaves_its_addresses_open(self) -> None:
        proof = judge(having("Vpc", CidrBlock=ref("P")), sections=PARAMETER)
        assert proof.status is not Status.PROVEN

    def test_a_firewall_whose_policy_is_not_there_may_pass_everything(self) -> None:
        proof = judge(having("Firewall", FirewallPolicyArn=ref("P")), sections=PARAMETER)
        found = layer_of(proof, Layer.FIREWALL)
        assert found.status is Status.UNKNOWN
        gap = gap_of(found, Kind.EXCESS, certain=False)
        assert gap.steps[0].rule == "the policy of net/Firewall is not known"


class TestKnownRegionsAndAccounts:
    """A stack with an environment of its own is lifted with numbers and names in place of placeholders."""

    def test_are_the_networks_own_whatever_they_are(self) -> None:
        german = [
            {**rule, "DestinationPrefixListId": "pl-6ea54007"} if "DestinationPrefixListId" in rule else rule
            for rule in EGRESS
            if isinstance(rule, dict)
        ]
        given = {"AWS::Region": "eu-central-1", "AWS::AccountId": "111122223333"}
        assert judge(having("AgentGroup", SecurityGroupEgress=list(german)), parameters=given).status is Status.PROVEN

    def test_are_not_taken_for_granted(self) -> None:
        named = having("Hosts", Domains=["bedrock-runtime.us-west-2.${AWS::URLSuffix}"])
        assert layer_of(judge(named), Layer.DNS).status is Status.REFUTED


class TestPlacesGivenByHand:
    def test_doubts_about_a_place_are_doubts_about_the_whole_path(self) -> None:
        found = read()
        (place,) = found.places
        doubtful = replace(place, doubts=(Doubt("half of it is hidden"),))
        proof = prove(found.network, (doubtful,), intent(POLICY), "net")
        whole = layer_of(proof, Layer.END_TO_END)
        assert (whole.status, [str(doubt) for doubt in whole.doubts]) == (Status.UNKNOWN, ["half of it is hidden"])

    def test_an_excess_stays_certain_beside_a_doubt(self) -> None:
        evil = (
            f'{PASSING}pass tls any any -> any 443 (flow:to_server; tls.sni; content:"evil.example"; endswith; sid:4;)'
        )
        strange = also("Strange", "VpcLattice::Strange", having("Pass", **rules(evil)), Vpc=ref("Vpc"))
        whole = layer_of(judge(strange), Layer.END_TO_END)
        assert whole.status is Status.REFUTED
        assert whole.doubts

    def test_groups_that_cannot_be_read_are_left_out_of_the_names(self) -> None:
        found = read()
        (place,) = found.places
        unread = replace(place, groups=(*place.groups, Doubt("a parameter")))  # type: ignore[arg-type]
        proof = prove(found.network, (unread,), intent(POLICY), "net")
        assert agent_of(proof).groups == ("net/AgentGroup",)
        assert layer_of(proof, Layer.SECURITY_GROUP).status is Status.UNKNOWN


class TestRuntimes:
    LAMBDA_LOGS = ("arn:*:logs:*:${AWS::AccountId}:log-group:/aws/lambda/*",)

    def test_what_runs_the_agent_may_call_in_its_name(self) -> None:
        own: Json = {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::Sub": "arn:aws:logs:us-east-1:${AWS::AccountId}:log-group:/aws/lambda/*"},
        }
        _, boundary = SOUND["Boundary"]
        written = boundary["PolicyDocument"]
        assert isinstance(written, dict)
        listed = written["Statement"]
        assert isinstance(listed, list)
        found = read(having("Boundary", PolicyDocument={**written, "Statement": [*listed, own]}))
        asked = intent(POLICY)
        plain = prove(found.network, found.places, asked, "net")
        run = prove(found.network, found.places, asked, "net", {"bot": ("lambda",)})
        assert layer_of(plain, Layer.BOUNDARY).status is Status.REFUTED
        assert layer_of(run, Layer.BOUNDARY).status is Status.PROVEN


def test_lines_of_the_policy_come_with_what_it_allows() -> None:
    assert next(span.line for line in agent_of(judge()).allowed for span in line.origin.spans) == NAMES


def test_attribute_and_ref_name_the_same_group() -> None:
    """Both spellings stand in templates in the wild."""
    spelled = having("AgentToEndpoint", GroupId=attribute("AgentGroup", "GroupId"))
    assert judge(spelled).status is judge(having("AgentToEndpoint", GroupId=ref("AgentGroup"))).status


class TestListsThatRoutesName:
    def test_are_known_to_the_proof(self) -> None:
        listed: Resources = also(
            "ToS3",
            "EC2::Route",
            RouteTableId=ref("AgentTable"),
            DestinationPrefixListId="pl-63a5400a",
            GatewayId=ref("Gateway"),
        )
        found = read(listed)
        assert "list:s3" in judged(found.network, found.places, intent(POLICY), "bot").around.lists
