"""The IAM boundary of an agent: what it caps, from where, and what the golden templates make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agent_perimeter.files import read_policies
from agent_perimeter.intent import AgentIntent, resolve
from agent_perimeter.lift.assembly import assembly_of
from agent_perimeter.lift.template import lift
from agent_perimeter.observed import Boundary, Condition, Doubt, ObservedNetwork, Role, Statement, Vpc
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.queries import Query
from agent_perimeter.reach.boundary import boundaries_of, decide_call, judge_boundary, judge_roles
from agent_perimeter.reach.dns import dns_layer
from agent_perimeter.reach.endpoints import endpoints_of, judge_endpoint, missing_endpoints, service_of
from agent_perimeter.reach.iam import Grant
from agent_perimeter.reach.index import Index
from agent_perimeter.source import Origin, Span
from agent_perimeter.values import Cidr
from agent_perimeter.verdict import Call, Gap, Layer, Outcome

ROOT = Path(__file__).resolve().parents[2]

LOST = Doubt("a parameter decides", "t#/Parameters/X")
LINES = Origin((Span("policies/a.yaml", 7, 3),))
CORPUS = Grant(("s3:GetObject",), ("arn:aws:s3:::corpus/*",), LINES)
VPC = Vpc(id="stack/Vpc", origin=Origin(), cidrs=(), ipv6_cidrs=(), dns_support=True, dns_hostnames=True)
ENDPOINTS = ("stack/S3",)

IN_VPC = Condition("StringEquals", "aws:SourceVpc", ("${stack/Vpc}",))
VIA_SERVICE = Condition("Bool", "aws:ViaAWSService", ("true",))
OF_OURS = Condition("StringEquals", "aws:ResourceAccount", ("${AWS::AccountId}",))
OF_STRANGERS = Condition("StringNotEquals", "aws:ResourceAccount", ("${AWS::AccountId}",))
NOT_CODE = Condition("Null", "lambda:SourceFunctionArn", ("true",))


def allow(
    *conditions: Condition,
    actions: tuple[str | Doubt, ...] = CORPUS.actions,
    resources: tuple[str | Doubt, ...] = CORPUS.resources,
    sid: str = "Corpus",
) -> Statement:
    return Statement(
        sid=sid,
        allow=True,
        principals=(),
        actions=actions,
        resources=resources,
        conditions=conditions,
        origin=Origin(path=f"t#/{sid}"),
    )


def boundary(*statements: Statement, agent: str | Doubt | None = "a", name: str = "stack/Boundary") -> Boundary:
    return Boundary(id=name, origin=Origin(path=f"t#/{name}"), agent=agent, statements=statements)


SOUND = boundary(allow(IN_VPC), allow(VIA_SERVICE, sid="Via"))


def shown(gaps: tuple[Gap, ...]) -> list[str]:
    """Every gap as a person reads it."""
    return [f"{gap.kind}{'' if gap.certain else ' perhaps'}: {gap.witness}" for gap in gaps]


READS = "s3:GetObject on arn:aws:s3:::corpus/anything"
WRITES = "s3:PutObject on arn:aws:s3:::corpus/anything"
LOGS = allow(
    actions=("logs:PutLogEvents",),
    resources=("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/*",),
    sid="Logs",
)
INTERFACES = allow(actions=("ec2:CreateNetworkInterface",), resources=("*",), sid="Interfaces")

JUDGED: dict[str, tuple[Boundary, tuple[str, ...], list[str]]] = {
    "just what is meant": (SOUND, (), []),
    "from the VPC's endpoint": (
        boundary(allow(Condition("StringEquals", "aws:SourceVpce", ("${stack/S3}",)))),
        (),
        ["excess perhaps: " + READS],
    ),
    "only a deny": (
        boundary(replace(allow(), allow=False)),
        (),
        ["missing: " + READS],
    ),
    "without a tie to the VPC": (boundary(allow()), (), ["excess: " + READS]),
    "tied to a VPC that was not read": (
        boundary(allow(replace(IN_VPC, values=(LOST,)))),
        (),
        ["missing perhaps: " + READS, "excess perhaps: " + READS],
    ),
    "tied to another VPC": (
        boundary(allow(replace(IN_VPC, values=("${stack/Other}",)))),
        (),
        ["missing perhaps: " + READS, "excess perhaps: " + READS],
    ),
    "not from this VPC": (
        boundary(allow(replace(IN_VPC, operator="StringNotEquals"))),
        (),
        ["missing: " + READS, "excess: " + READS],
    ),
    "from this VPC, if from any": (
        boundary(allow(replace(IN_VPC, operator="StringEqualsIfExists"))),
        (),
        ["excess: " + READS],
    ),
    "one action more": (
        boundary(allow(IN_VPC, actions=("s3:GetObject", "s3:PutObject"))),
        (),
        ["excess: " + WRITES],
    ),
    "one action more by a service": (
        boundary(allow(IN_VPC), allow(VIA_SERVICE, actions=("s3:PutObject",), sid="Via")),
        (),
        ["excess: " + WRITES],
    ),
    "everything": (
        boundary(allow(actions=("*",), resources=("*",))),
        (),
        [
            "excess: s3:PutObject on arn:aws:s3:::any-other-bucket/key",
            "excess: s3:PutObject on arn:aws:s3:::any-other-bucket/key",
        ],
    ),
    "just the account's own": (boundary(allow(IN_VPC, OF_OURS), allow(VIA_SERVICE, OF_OURS, sid="Via")), (), []),
    "strangers' resources as well": (
        boundary(allow(IN_VPC, OF_OURS), allow(IN_VPC, OF_STRANGERS, actions=("s3:PutObject",), sid="Strangers")),
        (),
        ["excess: " + WRITES],
    ),
    "another resource": (
        boundary(allow(IN_VPC, resources=("arn:aws:s3:::other/*",))),
        (),
        ["excess: s3:GetObject on arn:aws:s3:::other/anything", "missing: " + READS],
    ),
    "not read": (
        replace(SOUND, statements=LOST),
        (),
        [
            "excess perhaps: s3:PutObject on arn:aws:s3:::any-other-bucket/key",
            "missing perhaps: " + READS,
            "excess perhaps: s3:PutObject on arn:aws:s3:::any-other-bucket/key",
        ],
    ),
    "perhaps not there": (replace(SOUND, maybe=LOST), (), ["excess perhaps: sts:AssumeRole on *"]),
    "a function's logs": (boundary(allow(IN_VPC), LOGS), ("lambda",), []),
    "logs of no function": (
        boundary(allow(IN_VPC), LOGS),
        ("fargate",),
        [
            "excess: logs:PutLogEvents on "
            "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/anything",
        ]
        * 2,
    ),
    "a function's interfaces, out of its code's reach": (
        boundary(allow(IN_VPC), replace(INTERFACES, conditions=(NOT_CODE,))),
        ("lambda",),
        [],
    ),
    "a function's interfaces, within its code's reach": (
        boundary(allow(IN_VPC), INTERFACES),
        ("lambda",),
        ["excess: ec2:CreateNetworkInterface on arn:aws:s3:::any-other-bucket/key"] * 2,
    ),
    "interfaces of no function": (
        boundary(allow(IN_VPC), replace(INTERFACES, conditions=(NOT_CODE,))),
        ("lambda", "fargate"),
        ["excess: ec2:CreateNetworkInterface on arn:aws:s3:::any-other-bucket/key"] * 2,
    ),
}


@pytest.mark.parametrize(("judged", "runtimes", "expected"), JUDGED.values(), ids=JUDGED)
def test_a_boundary_is_held_to_the_intent(judged: Boundary, runtimes: tuple[str, ...], expected: list[str]) -> None:
    gaps = judge_boundary(judged, VPC, ENDPOINTS, (CORPUS,), runtimes)
    assert shown(gaps) == expected
    for gap in gaps:
        assert [step.layer for step in gap.steps] == [Layer.BOUNDARY]
        assert gap.certain is not bool(gap.doubts)


def test_a_gap_says_from_where_and_by_which_statement() -> None:
    [outside] = judge_boundary(boundary(allow()), VPC, ENDPOINTS, (CORPUS,))
    assert outside.scope == "s3:GetObject on arn:aws:s3:::corpus/*: the credentials work outside the VPC"
    assert outside.steps[0].rule == "from outside the VPC: the statement Corpus allows it"
    assert outside.origin.path == "t#/Corpus"
    [missing] = judge_boundary(boundary(), VPC, ENDPOINTS, (CORPUS,))
    assert missing.steps[0].rule == "from the VPC: no statement allows it"
    assert missing.origin == LINES


def test_one_call_is_explained_for_each_way_it_can_be_made() -> None:
    steps = decide_call(SOUND, VPC, Call("", "s3:GetObject", "arn:aws:s3:::corpus/a"), ENDPOINTS)
    assert [(step.outcome, step.rule) for step in steps] == [
        (Outcome.ALLOWS, "from the VPC: the statement Corpus allows it"),
        (Outcome.ALLOWS, "by an AWS service for the agent: the statement Via allows it"),
        (Outcome.DENIES, "from outside the VPC: no statement allows it"),
        (Outcome.DENIES, "from another VPC: no statement allows it"),
    ]


def role(name: str, agent: str | Doubt | None, capped: str | Doubt | None, maybe: Doubt | None = None) -> Role:
    return Role(id=name, origin=Origin(path=f"t#/{name}"), maybe=maybe, agent=agent, boundary=capped)


class TestBoundariesOf:
    OTHER = boundary(agent="b", name="stack/Other")

    def test_those_made_for_it_and_those_that_its_roles_bear(self) -> None:
        network = ObservedNetwork(
            boundaries=(SOUND, self.OTHER, boundary(agent="c", name="stack/Third")),
            roles=(role("r", "a", self.OTHER.id),),
        )
        assert boundaries_of(network, "a") == (SOUND, self.OTHER)

    def test_none(self) -> None:
        found = boundaries_of(ObservedNetwork(boundaries=(self.OTHER,)), "a")
        assert found == Doubt("no boundary for the agent a was found")

    def test_one_that_may_be_it(self) -> None:
        unread = boundary(agent=LOST, name="stack/Unread")
        found = boundaries_of(ObservedNetwork(boundaries=(self.OTHER, unread)), "a")
        assert found == Doubt(
            "no boundary for the agent a was found",
            "t#/stack/Unread",
            "tagging the boundary policy with agent-perimeter:agent=a",
        )


ROLES: dict[str, tuple[Role, bool | None, str, tuple[Doubt, ...]]] = {
    "with the boundary": (role("r", "a", SOUND.id), None, "", ()),
    "of another agent": (role("r", "b", None), None, "", ()),
    "of nobody": (role("r", None, None), None, "", ()),
    "without one": (role("r", "a", None), True, "the role has no permissions boundary", ()),
    "with one that was not read": (
        role("r", "a", LOST),
        False,
        "the role may have no permissions boundary",
        (LOST,),
    ),
    "with one that was not found": (
        role("r", "a", "stack/Lost"),
        False,
        "the role may have no permissions boundary",
        (Doubt("the boundary stack/Lost was not found", "t#/r"),),
    ),
    "perhaps the agent's": (role("r", LOST, None), False, "the role may have no permissions boundary", (LOST,)),
    "perhaps not there": (
        role("r", "a", None, maybe=LOST),
        False,
        "the role may have no permissions boundary",
        (LOST,),
    ),
}


@pytest.mark.parametrize(("found", "certain", "rule", "doubts"), ROLES.values(), ids=ROLES)
def test_a_role_needs_a_boundary(found: Role, *, certain: bool | None, rule: str, doubts: tuple[Doubt, ...]) -> None:
    gaps = judge_roles(ObservedNetwork(boundaries=(SOUND,), roles=(found,)), "a")
    if certain is None:
        assert not gaps
        return
    [gap] = gaps
    assert (gap.certain, gap.steps[0].rule, gap.doubts) == (certain, rule, doubts)
    assert gap.scope == "every call that the policies of r allow"
    assert gap.origin.path == "t#/r"


GOLDEN = {
    "policies.template.json": ROOT / "policies",
    "isolated-agent.template.json": ROOT / "policies" / "isolated-agent.yaml",
    "examples.template.json": ROOT / "examples" / "policies",
}


@pytest.mark.parametrize(("template", "policies"), GOLDEN.items(), ids=GOLDEN)
class TestSoundTemplates:
    """What we build ourselves has no gap in these layers, and every call of the intent gets through both."""

    @staticmethod
    def read(template: str, policies: Path) -> tuple[ObservedNetwork, tuple[AgentIntent, ...]]:
        assembly = assembly_of(
            [template], lambda name: path.read_bytes() if (path := ROOT / "tests/golden" / name).is_file() else None
        )
        found, _ = load_perimeter(read_policies([policies]))
        return lift(assembly), resolve(found, date(2026, 11, 22)).agents

    def test_have_no_gap(self, template: str, policies: Path) -> None:
        network, agents = self.read(template, policies)
        [vpc] = network.vpcs
        endpoints = endpoints_of(network, vpc)
        ids = tuple(endpoint.id for endpoint in endpoints)
        index = Index(network)
        assert agents
        assert endpoints
        for agent in agents:
            intended: dict[str, tuple[Grant, ...]] = {}
            for reach in agent.services:
                grant = Grant(reach.actions, reach.resources, reach.origin)
                intended[reach.service] = (*intended.get(reach.service, ()), grant)
            own = [subnet for subnet in network.subnets if subnet.agent == agent.name]
            sources = [subnet.cidr for subnet in own]
            blocks = [block for block in sources if isinstance(block, Cidr)]
            assert len(blocks) == len(sources) > 0
            capping = boundaries_of(network, agent.name)
            assert isinstance(capping, tuple)
            everything = tuple(grant for grants in intended.values() for grant in grants)
            gaps = [
                *(
                    gap
                    for one in endpoints
                    for gap in judge_endpoint(one, blocks, intended.get(str(service_of(one)), ()))
                ),
                *missing_endpoints(endpoints, intended, vpc, (index.table_of(one.id) for one in own)),
                *(gap for one in capping for gap in judge_boundary(one, vpc, ids, everything)),
                *judge_roles(network, agent.name),
            ]
            assert not gaps

    def test_let_out_a_names_of_the_intent_and_nothing_else(self, template: str, policies: Path) -> None:
        network, agents = self.read(template, policies)
        [vpc] = network.vpcs
        dns = dns_layer(network, vpc)
        assert dns.permitted.certain
        assert not dns.inspected
        assert dns.decide(Query("evil.example", "A")).outcome is Outcome.DENIES
        for agent in agents:
            for reach in agent.names:
                name = f"a.{reach.name.name}" if reach.name.wildcard else reach.name.name
                assert dns.decide(Query(name, "A")).outcome is Outcome.ALLOWS
                assert dns.decide(Query(name, "TXT")).outcome is Outcome.DENIES
                assert name in dns.resolvable.least


def test_the_own_account_can_be_known_by_its_number() -> None:
    numbered = replace(LOGS, resources=("arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/*",))
    others = replace(LOGS, resources=("arn:aws:logs:us-east-1:444455556666:log-group:/aws/lambda/*",))
    known = replace(VPC, account="111122223333")
    assert not judge_boundary(boundary(allow(IN_VPC), numbered), known, ENDPOINTS, (CORPUS,), ("lambda",))
    gaps = judge_boundary(boundary(allow(IN_VPC), others), known, ENDPOINTS, (CORPUS,), ("lambda",))
    assert [gap.certain for gap in gaps] == [True, True]
    unsure = judge_boundary(boundary(allow(IN_VPC), numbered), VPC, ENDPOINTS, (CORPUS,), ("lambda",))
    assert {gap.certain for gap in unsure} == {False}
    assert unsure[0].doubts == (Doubt("it depends on what AWS fills in for the placeholders in the policy"),)
